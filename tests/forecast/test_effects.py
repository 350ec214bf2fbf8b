from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import SettingError
from wfm.forecast import Forecaster


def _start_effects(centre):
    effects = Forecaster(calendar=centre.calendar).fit(centre.history).effects("month_day")
    return effects[effects["name"].isin(list("123456"))].assign(truth=list(centre.month_start))


def test_the_days_from_the_month_start_are_found(draw):
    effects = _start_effects(draw(days=420, freq="24h", per_day=5000, first="2025-01-01"))
    np.testing.assert_allclose(effects["effect"], effects["truth"], atol=0.05)


@pytest.mark.slow
def test_intervals_of_the_month_start_hold_the_truth_and_are_narrow(draw):
    found = pd.concat(
        [_start_effects(draw(days=730, freq="24h", per_day=5000, first="2024-03-01", seed=seed)) for seed in range(20)]
    )
    inside = (found["truth"] >= found["low"]) & (found["truth"] <= found["high"])
    assert 0.80 <= inside.mean() <= 0.98
    assert ((found["high"] - found["low"]) < 0.5 * found["truth"]).all()


def test_the_weekday_and_a_holiday_are_found(draw):
    centre = draw(days=200, freq="24h", per_day=5000, month_start=False)
    calendar = Calendar(
        months="solar-hijri",
        weekend=("thu", "fri"),
        holidays={"2025-10-14": "Feast", "2025-12-03": "Feast", "2026-01-20": "Feast"},
    )
    feast = calendar.is_holiday(pd.DatetimeIndex(centre.history["start"]))
    history = centre.history.assign(offered=np.where(feast, 0.6, 1.0) * centre.history["offered"])
    model = Forecaster(calendar=calendar).fit(history)
    holiday = model.effects("holiday").iloc[0]
    assert holiday["name"] == "Feast"
    assert holiday["low"] < np.log(0.6) < holiday["high"]
    weekday = model.effects("weekday").set_index("name")["effect"]
    assert weekday.idxmin() == "fri"
    assert weekday["sat"] - weekday["fri"] == pytest.approx(0.5, abs=0.06)


def test_a_season_is_found(draw):
    centre = draw(days=200, freq="24h", per_day=5000, month_start=False)
    calendar = Calendar(
        months="solar-hijri", weekend=("thu", "fri"), seasons={"quiet": (("2025-11-01", "2025-11-25"),)}
    )
    quiet = calendar.in_season(pd.DatetimeIndex(centre.history["start"]), "quiet")
    history = centre.history.assign(offered=np.where(quiet, 0.8, 1.0) * centre.history["offered"])
    season = Forecaster(calendar=calendar).fit(history).effects("season").iloc[0]
    assert season["name"] == "quiet"
    assert season["effect"] == pytest.approx(np.log(0.8), abs=0.08)


def test_what_a_season_does_to_the_start_of_a_month_is_part_of_what_it_does(draw):
    centre = draw(days=420, freq="24h", per_day=5000, first="2024-12-01")
    spans = (("2025-03-15", "2025-03-27"), ("2026-01-10", "2026-01-22"))
    calendar = Calendar(months="solar-hijri", weekend=("thu", "fri"), seasons={"feast": spans, "to come": ()})
    days = pd.DatetimeIndex(centre.history["start"])
    inside = calendar.in_season(days, "feast")
    starting = inside & (calendar.month_day(days)["day"].to_numpy() <= 6)
    factor = np.where(inside, np.where(starting, 0.5, 0.8), 1.0)
    model = Forecaster(calendar=calendar).fit(centre.history.assign(offered=factor * centre.history["offered"]))
    season = model.effects("season").set_index("name")
    truth = np.log(factor[inside]).mean()
    assert season.loc["feast", "low"] < truth < season.loc["feast", "high"]
    assert season.loc["feast", "effect"] < np.log(0.75)
    assert season.loc["to come", "effect"] == 0.0


def test_the_days_before_a_season_are_no_part_of_the_season_that_they_fall_into(draw):
    centre = draw(days=420, freq="24h", per_day=5000, month_start=False, first="2024-12-01")
    fast = (("2025-03-01", "2025-03-29"), ("2026-02-18", "2026-03-19"))
    feast = (("2025-03-21", "2025-04-02"), ("2026-03-21", "2026-04-02"))
    calendar = Calendar(months="solar-hijri", weekend=("thu", "fri"), seasons={"fast": fast, "feast": feast})
    days = pd.DatetimeIndex(centre.history["start"])
    busy = (days >= "2025-03-11") & (days < "2025-03-21")
    factor = np.where(calendar.in_season(days, "fast"), 0.9, 1.0) * np.where(busy, 1.15, 1.0)
    history = centre.history.assign(offered=factor * centre.history["offered"])
    model = Forecaster(calendar=calendar).fit(history)
    season = model.effects("season").set_index("name").loc["fast"]
    assert season["low"] < np.log(0.9) < season["high"]
    ahead = pd.date_range("2026-03-01", "2026-03-19")
    told = model.explain(starts=ahead)
    before = told[told["component"] == "season"].set_index("day")["factor"]
    assert before["2026-03-17":].mean() > 1.05 * before[:"2026-03-05"].mean()


def test_an_unknown_kind_of_effect_is_refused(centre):
    model = Forecaster(calendar=centre.calendar).fit(centre.history)
    with pytest.raises(SettingError, match=r"kind must be one of .* Did you mean 'weekday'"):
        model.effects("weekdays")
    assert model.effects("holiday").empty
