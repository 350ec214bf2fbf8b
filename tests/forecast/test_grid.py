from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.forecast import Forecaster
from wfm.forecast.learned.grid import day_grid

WORKDAY = np.array([60.0, 90, 110, 100, 90, 80, 70, 60, 50, 40, 30, 20, 10])
EVENING = np.array([0.0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 90, 110, 80])


def _history(weeks=20, seed=0):
    """Weekdays from 8 to 21 h, and Saturdays that open at 18 h."""
    dates = pd.date_range("2026-01-05", periods=7 * weeks)
    mean = np.array([EVENING if date.day_of_week == 5 else WORKDAY for date in dates])
    starts = pd.DatetimeIndex([date + pd.Timedelta(hours=8 + k) for date in dates for k in range(13)])
    offered = np.random.default_rng(seed).poisson(mean).ravel().astype(float)
    table = pd.DataFrame({"queue": "q", "start": starts, "end": starts + pd.Timedelta(hours=1), "offered": offered})
    return table, dates


def test_an_evening_that_only_one_weekday_has_is_no_slip():
    table, _ = _history()
    assert not day_grid(table, "q").freaks().any()


@pytest.mark.parametrize("row", [3 * 13 + 2, 5 * 13 + 11])  # a Thursday's morning, a Saturday's evening
def test_a_digit_too_many_is_a_slip_on_every_weekday(row):
    table, _ = _history()
    table.loc[row, "offered"] *= 20
    freaks = day_grid(table, "q").freaks()
    assert np.argwhere(freaks).tolist() == [[row // 13, row % 13]]


def test_a_day_that_opens_in_the_evening_only_is_forecast_as_it_is():
    table, _ = _history()
    forecast = Forecaster().fit(table).predict(starts=pd.date_range("2026-05-30 08:00", periods=13, freq="h"))
    assert forecast["offered"].sum() == pytest.approx(EVENING.sum(), rel=0.08)
    assert np.abs(forecast["offered"] - EVENING).sum() < 0.15 * EVENING.sum()


def test_a_history_whose_intervals_changed_is_not_read_as_one_width():
    halves, quarters = (
        pd.date_range(day, periods=24 * 60 * 3600 // step, freq=f"{step}s")
        for day, step in (("2026-01-05", 1800), ("2026-01-25", 900))
    )
    both = pd.DataFrame({"queue": "q", "start": halves[halves < "2026-01-25"].append(quarters), "offered": 5.0})
    words = (
        "'q' has intervals of 30 min until 2026-01-24 and of 15 min from 2026-01-25 on. Give the column `end`, or sum"
    )
    with pytest.raises(DataError, match=words):
        Forecaster().fit(both)
    often = pd.DataFrame({"queue": "q", "start": quarters, "offered": 5.0})
    coarse = (quarters.day_of_week >= 5) & (quarters.minute % 30 == 15)  # a weekend in half hours, week after week
    assert Forecaster().fit(often[~coarse].reset_index(drop=True)).models_["q"].profile.interval == 900
