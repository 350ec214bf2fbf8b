from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.calendars import Calendar
from wfm.forecast import Forecaster
from wfm.forecast.days import DayReader
from wfm.forecast.grid import day_grid
from wfm.forecast.profile import fit_profile, weekday_shares


def _grid(rate, days=84, seed=0, seen=None):
    dates = pd.date_range("2026-01-05", periods=days)
    slots = rate.shape[-1]
    starts = pd.DatetimeIndex([d + pd.Timedelta(hours=8 + k) for d in dates for k in range(slots)])
    mean = np.array([rate[d.day_of_week] if rate.ndim == 2 else rate for d in dates]).ravel()
    offered = np.random.default_rng(seed).poisson(mean).astype(float)
    history = pd.DataFrame({"queue": "q", "start": starts, "end": starts + pd.Timedelta(hours=1), "offered": offered})
    if seen is not None:
        history = history[seen(history["start"])]
    return day_grid(history.reset_index(drop=True), "q")


def test_shares_of_every_weekday_add_up_to_one():
    shares = weekday_shares(_grid(np.array([10.0, 50, 30, 20])), 83.0)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)


def test_a_weekday_of_another_shape_keeps_it_and_alike_ones_are_pooled():
    rate = np.tile([20.0, 60, 40, 30], (7, 1))
    rate[4] = [60.0, 20, 10, 5]
    shares = weekday_shares(_grid(rate), 83.0)
    np.testing.assert_allclose(shares[4], rate[4] / rate[4].sum(), atol=0.03)
    assert np.ptp(shares[[0, 1, 2, 3, 5, 6]], axis=0).max() < 0.05


def test_recent_weeks_weigh_more():
    old, new = np.array([30.0, 10, 10]), np.array([10.0, 10, 30])
    grid = _grid(old, days=168)
    grid.offered[84:] = _grid(new, days=84).offered
    shares = weekday_shares(grid, 167.0)
    assert shares[:, 2].mean() > shares[:, 0].mean()


def test_hours_that_were_not_seen_do_not_bend_the_shape():
    rate = np.array([20.0, 60, 40, 30])
    late = _grid(rate, seen=lambda start: (start < "2026-02-10") | (start.dt.hour < 11))
    np.testing.assert_allclose(weekday_shares(late, 83.0), weekday_shares(_grid(rate), 83.0), atol=0.02)


def test_special_days_bend_the_shape_only_where_they_are_special():
    dates = pd.date_range("2026-01-05", periods=84)
    feasts = dates[[10, 25, 40, 55, 70]]
    calendar = Calendar(holidays=dict.fromkeys(feasts, "Feast"))
    reader = DayReader.of(calendar, dates)
    days, rows = reader.read(dates, dates), np.ones(84, dtype=bool)
    grid = _grid(np.array([200.0, 600, 400, 300]))
    plain = fit_profile(grid, rows, days)
    assert "holiday" not in [name for name, _ in plain.bends]
    special = calendar.is_holiday(dates)
    grid.offered[special] = np.random.default_rng(1).poisson([600.0, 400, 300, 200], size=(5, 4))
    bent = fit_profile(grid, rows, days)
    found = bent.of(days)
    np.testing.assert_allclose(found[special].mean(axis=0), np.array([6, 4, 3, 2]) / 15, atol=0.03)
    assert np.abs(found[11] - np.array([2, 6, 4, 3]) / 15).max() < 0.05


def test_times_between_known_slots_are_read_from_straight_lines():
    dates = pd.date_range("2026-01-05", periods=84)
    reader = DayReader.of(Calendar(), dates)
    profile = fit_profile(_grid(np.array([100.0, 300, 100])), np.ones(84, dtype=bool), reader.read(dates, dates))
    day = reader.read(dates[:1], dates)
    between = profile.at(day, np.array([8.5 * 3600]))[0]
    ends = [profile.at(day, np.array([h * 3600.0]))[0] for h in (8, 9)]
    assert between == np.mean(ends)


def test_a_shift_past_midnight_is_two_days(draw):
    centre = draw(days=70, month_start=False)
    night = centre.history[(centre.history["start"].dt.hour >= 22) | (centre.history["start"].dt.hour < 4)]
    forecast = Forecaster(calendar=centre.calendar).fit(night).predict(days=3)
    assert sorted(forecast["start"].dt.hour.unique().tolist()) == [0, 1, 2, 3, 22, 23]
    truth = centre.rates.merge(forecast, on="start")
    assert abs(truth["offered"].sum() / truth["rate"].sum() - 1) < 0.1
