from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError, SettingError, WfmWarning
from wfm.forecast import Forecaster, forecast_many
from wfm.forecast.learned.workers import each


def _history(queues=4, days=90, seed=0):
    rng = np.random.default_rng(seed)
    starts = pd.date_range("2026-01-05", periods=days * 4, freq="6h")
    tables = []
    for number in range(queues):
        rate = 100 * (number + 1) * np.exp(0.2 * (starts.day_of_week < 5)) * (1 + (starts.hour == 12))
        tables.append(
            pd.DataFrame({"queue": f"q{number}", "start": starts, "offered": rng.poisson(rate).astype(float)})
        )
    return pd.concat(tables, ignore_index=True)


def test_workers_change_nothing_but_the_time():
    history = _history()
    one, two = (Forecaster(workers=n, groups={"g": ("q0", "q1")}).fit(history) for n in (1, 2))
    pd.testing.assert_frame_equal(two.predict(days=5), one.predict(days=5), check_exact=True)
    pd.testing.assert_frame_equal(two.simulate(days=5, paths=3), one.simulate(days=5, paths=3), check_exact=True)


def test_many_queues_at_once_are_as_each_by_itself():
    history = _history()
    by_two = forecast_many(history, days=5, paths=3, workers=2)
    by_one = forecast_many(history, days=5, paths=3, workers=1)
    for ours, theirs in zip(by_two, by_one, strict=True):
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    alone = history[history["queue"] == "q2"].reset_index(drop=True)
    model = Forecaster().fit(alone)
    forecast = by_two[0][by_two[0]["queue"] == "q2"].reset_index(drop=True)
    pd.testing.assert_frame_equal(forecast, model.predict(days=5), check_exact=True)


def test_a_queue_that_cannot_be_forecast_stops_no_other():
    history = _history(queues=2)
    begun = history[history["queue"] == "q0"].tail(8).assign(queue="new")
    forecast, _, failed = forecast_many(pd.concat([history, begun], ignore_index=True), days=2, workers=1)
    assert forecast["queue"].unique().tolist() == ["q0", "q1"]
    assert failed["queue"].tolist() == ["new"]
    assert "at least three weeks" in failed["reason"].iloc[0]


def test_warnings_of_workers_are_heard():
    def warns(number):
        warnings.warn(f"doubt {number}", WfmWarning, stacklevel=2)
        return number

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert each(warns, [(3,), (1,)], workers=2) == [3, 1]
    assert [str(found.message) for found in heard if found.category is WfmWarning] == ["doubt 3", "doubt 1"]


def test_errors_of_workers_are_raised():
    with pytest.raises(DataError, match="no rows"):
        each(Forecaster().fit, [(_history(queues=1).head(0),), (_history(queues=1),)], workers=2)


def test_no_workers_are_refused():
    for wrong in (0, -2):
        with pytest.raises(SettingError, match="workers must be a number"):
            each(abs, [(1,)], workers=wrong)
    with pytest.raises(DataError, match="history has no rows"):
        forecast_many(_history().head(0))


@pytest.mark.parametrize(
    ("asked", "words"), [({"days": 0}, "days"), ({"quantiles": (80,)}, "quantiles"), ({"paths": -1}, "paths")]
)
def test_what_is_wrong_for_all_queues_is_refused_and_no_failure_of_each(asked, words):
    with pytest.raises(SettingError, match=words):
        forecast_many(_history(queues=1), workers=1, **asked)
