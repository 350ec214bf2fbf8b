from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import DataError, SettingError
from wfm.forecast import Forecaster, totals


def _centre(together, days=70, paths=600, seed=0):
    """Two queues of 1000 contacts a day whose rates stray by a tenth, all days and queues together or each alone."""
    rng = np.random.default_rng(seed)
    starts = pd.date_range("2026-11-21", periods=days)
    forecast = pd.DataFrame({"queue": np.repeat(["chat", "voice"], days), "start": [*starts, *starts]})
    forecast = forecast.assign(end=forecast["start"] + pd.Timedelta(days=1), offered=1000.0)
    forecast["aht"] = np.repeat([600.0, 200.0], days)
    forecast = forecast.assign(**{"offered_q0.1": 800.0, "offered_q0.9": 1200.0})
    stray = rng.normal(size=(paths, 1 if together else 2 * days)) * np.ones(2 * days)
    drawn = pd.concat([forecast[["queue", "start", "end", "aht"]]] * paths, ignore_index=True)
    drawn.insert(0, "path", np.repeat(np.arange(paths), 2 * days))
    return forecast, drawn.assign(rate=np.exp(0.1 * stray.ravel()) * 1000)


@pytest.mark.parametrize(("together", "spread"), [(True, 0.1), (False, 0.1 / np.sqrt(14))])
def test_the_range_of_a_week_of_two_queues_knows_what_moves_together(together, spread):
    week = totals(*_centre(together), groups={"all": ("chat", "voice")}, by="week", week_start="sat").iloc[0]
    assert week["offered"] == 14_000
    assert week["aht"] == 400
    chance = np.sqrt(spread**2 + 1 / 14_000)
    width = (week["offered_q0.9"] - week["offered_q0.1"]) / 14_000 / 2.563
    assert width == pytest.approx(chance, rel=0.1)


def test_periods_are_those_of_the_calendar():
    forecast, paths = _centre(True, paths=5)
    mine = forecast["queue"].eq("voice")
    by_week = totals(forecast[mine].reset_index(drop=True), paths, by="week")
    assert by_week["start"].dt.day_name().unique().tolist() == ["Saturday", "Monday"]  # the first week is cut
    assert by_week["offered"].tolist() == [2000.0, *[7000.0] * 9, 5000.0]
    by_month = totals(forecast, paths, by="month", calendar=Calendar(months="solar-hijri"))
    assert by_month[by_month["queue"] == "voice"]["offered"].tolist() == [1000.0, 30_000.0, 30_000.0, 9000.0]
    assert totals(forecast, paths, by="interval")["offered"].tolist() == forecast["offered"].tolist()


def test_means_add_up():
    forecast, paths = _centre(False, days=9, paths=3)
    parts, whole = (totals(forecast, paths, groups=g)["offered"].to_numpy() for g in (None, {"all": ("chat", "voice")}))
    np.testing.assert_allclose(parts.reshape(2, -1).sum(axis=0), whole)


def test_what_cannot_be_summed_is_refused():
    forecast, paths = _centre(True, days=3, paths=2)
    with pytest.raises(DataError, match="'fax' is not there"):
        totals(forecast, paths, groups={"all": ("chat", "fax")})
    with pytest.raises(DataError, match="paths must hold every interval of the forecast"):
        totals(forecast, paths.head(8))
    with pytest.raises(SettingError, match="by must be one of"):
        totals(forecast, paths, by="year")


def _weeks_held(seed):
    """Whether the 80% ranges of four week sums held, after seven months of a growth by half a year."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2026-01-05", periods=238)
    weekday = np.array((0.1, 0.05, 0.0, 0.0, -0.05, -0.4, -0.6))[dates.day_of_week]
    level = np.log(3000) + weekday + 0.5 * np.arange(238) / 365 + rng.normal(0, 0.04, 238)
    history = pd.DataFrame({"queue": "voice", "start": dates, "offered": rng.poisson(np.exp(level)).astype(float)})
    model = Forecaster().fit(history[:210])
    forecast, paths = model.predict(starts=dates[210:]), model.simulate(starts=dates[210:], paths=100)
    told = totals(forecast, paths, by="week")
    came = history["offered"].to_numpy()[210:].reshape(4, 7).sum(axis=1)
    return (came >= told["offered_q0.1"]) & (came <= told["offered_q0.9"])


def test_ranges_of_week_sums_hold_while_a_queue_grows():
    held = np.array([_weeks_held(seed) for seed in range(12)])
    assert 0.65 < held.mean() < 0.95  # 48 weeks that go together: two standard errors of 0.075 about 0.8
