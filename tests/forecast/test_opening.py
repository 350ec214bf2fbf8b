from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.forecast import Forecaster
from wfm.forecast.learned.grid import day_grid
from wfm.forecast.learned.opening import outside_opening

DAYS = pd.date_range("2026-01-05", periods=112)
RATE = np.array([5.0, 20, 60, 40, 30, 15])


def _history(is_open, rate=RATE, seed=0):
    """Hours from 8 on, with zeros where `is_open(day, hour)` is not."""
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=8 + k) for day in DAYS for k in range(len(rate))])
    seen = np.array([is_open(start.normalize(), start.hour) for start in starts])
    offered = np.random.default_rng(seed).poisson(np.tile(rate, len(DAYS))) * seen
    ends = starts + pd.Timedelta(hours=1)
    return pd.DataFrame({"queue": "q", "start": starts, "end": ends, "offered": offered.astype(float)})


def _outside(is_open, special=None, rate=RATE):
    grid = day_grid(_history(is_open, rate), "q")
    return outside_opening(grid, np.zeros(len(DAYS), dtype=bool) if special is None else special)


@pytest.mark.parametrize("ago", [5, 30, 80])
def test_zeros_from_before_an_hour_was_opened_are_no_contacts(ago):
    outside = _outside(lambda day, hour: hour != 9 or day > DAYS[-1] - pd.Timedelta(days=ago))
    assert outside[: 112 - ago, 1].all()
    assert outside.sum() == 112 - ago


def test_contacts_from_before_an_hour_was_closed_are_not_learned():
    outside = _outside(lambda day, hour: hour != 9 or day < DAYS[-30])
    assert outside[:82, 1].all()
    assert outside.sum() == 82


def test_an_hour_without_contacts_for_a_week_may_open_again():
    assert not _outside(lambda day, hour: hour != 9 or day < DAYS[-7]).any()


def test_zeros_in_the_middle_are_left_as_they_are():
    assert not _outside(lambda day, hour: hour != 9 or not DAYS[40] <= day < DAYS[60]).any()


def test_one_weekday_may_open_longer_by_itself():
    outside = _outside(lambda day, hour: hour < 11 or day.day_of_week != 5 or day >= DAYS[70])
    saturdays = DAYS.day_of_week == 5
    assert outside[np.ix_(saturdays & (DAYS[70] > DAYS), [3, 4, 5])].all()
    assert not outside[~saturdays].any()
    assert not outside[:, :3].any()


def test_hours_in_which_a_weekday_is_always_closed_are_as_they_are():
    assert not _outside(lambda day, hour: hour < 11 or day.day_of_week < 5).any()


def test_zeros_of_a_quiet_hour_are_chance():
    assert not _outside(lambda day, hour: True, rate=np.array([0.05, 20, 60, 0.3, 1.5])).any()


def test_days_of_a_season_say_nothing_of_opening_hours():
    season = DAYS[25] > DAYS
    assert not _outside(lambda day, hour: hour != 9 or day >= DAYS[25], season).any()


def test_a_call_that_strays_into_a_closed_hour_opens_nothing():
    def is_open(day, hour):
        return hour != 10 or day >= DAYS[60]

    history = _history(is_open)
    history.loc[history["start"] == DAYS[20] + pd.Timedelta(hours=10), "offered"] = 1.0
    outside = outside_opening(day_grid(history, "q"), np.zeros(len(DAYS), dtype=bool))
    assert outside[:60, 2].all()


def _forecast(history, calendar=None):
    starts = pd.DatetimeIndex(
        [d + pd.Timedelta(hours=8 + k) for d in pd.date_range("2026-04-27", periods=7) for k in range(6)]
    )
    model = Forecaster(calendar=calendar or Calendar()).fit(history)
    return model.predict(starts=starts)["offered"].to_numpy().reshape(7, 6)


def test_an_hour_that_opened_lately_is_forecast_as_it_is_now():
    forecast = _forecast(_history(lambda day, hour: hour != 9 or day >= DAYS[-12]))
    np.testing.assert_allclose(forecast.mean(axis=0), RATE, rtol=0.2)  # 240 contacts came in that hour


def test_an_hour_that_was_closed_is_forecast_without_contacts():
    forecast = _forecast(_history(lambda day, hour: hour != 9 or day < DAYS[-20]))
    assert forecast[:, 1].max() < 0.5
    np.testing.assert_allclose(np.delete(forecast.mean(axis=0), 1), np.delete(RATE, 1), rtol=0.12)


def test_zeros_and_missing_rows_tell_the_same_of_hours_that_were_not_open():
    zeros = _history(lambda day, hour: hour != 9 or day >= DAYS[60])
    closed = (zeros["start"].dt.hour == 9) & (zeros["start"] < DAYS[60])
    np.testing.assert_allclose(_forecast(zeros), _forecast(zeros[~closed].reset_index(drop=True)))


def test_hours_that_opened_lately_are_among_those_that_come():
    model = Forecaster().fit(_history(lambda day, hour: hour != 9 or day >= DAYS[-12]))
    assert 9 in set(model.predict(days=7)["start"].dt.hour)
