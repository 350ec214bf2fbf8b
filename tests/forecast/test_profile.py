from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.calendars import Calendar
from wfm.forecast import Forecaster
from wfm.forecast.learned.days import DayReader
from wfm.forecast.learned.grid import day_grid
from wfm.forecast.learned.profile import fit_profile, weekday_shares


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


def test_a_season_of_another_shape_leaves_the_usual_shape_as_it_was():
    dates = pd.date_range("2026-01-05", periods=84)
    calendar = Calendar(seasons={"fast": [("2026-01-05", "2026-02-08")]})
    reader = DayReader.of(calendar, dates)
    days, rows = reader.read(dates, dates), np.ones(84, dtype=bool)
    usual, bent = np.array([200.0, 600, 400, 300]), np.array([100.0, 300, 400, 700])
    grid = _grid(usual)
    grid.offered[:35] = np.random.default_rng(1).poisson(bent, size=(35, 4))
    profile = fit_profile(grid, rows, days)
    found = profile.of(days)
    np.testing.assert_allclose(found[35:].mean(axis=0), usual / 1500, atol=0.005)
    np.testing.assert_allclose(found[:35].mean(axis=0), bent / 1500, atol=0.01)
    morning = np.arange(4) < np.where(np.arange(84) < 40, 2, 4)[:, None]
    np.testing.assert_allclose(profile.bent(days, found, morning).sum(axis=1, where=morning), 1.0)
    straight = profile.straightened(grid, rows, days).offered
    np.testing.assert_allclose(straight.sum(axis=1), grid.offered.sum(axis=1))
    np.testing.assert_allclose(straight[:35].mean(axis=0) / 1500, usual / 1500, atol=0.01)


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


def _leaned(dates, moved, by=1.5):
    """History of hours whose shape comes so many hours later on some of the days, and the shares of both kinds of day."""
    hours = np.arange(24.0)
    shapes = [0.1 + np.exp(-(((hours - noon) / 3) ** 2)) for noon in (12.0, 12.0 + by)]
    shares = [shape / shape.sum() for shape in shapes]
    rate = 3000 * np.where(moved[:, None], shares[1], shares[0])
    starts = (dates.to_numpy()[:, None] + pd.to_timedelta(hours, unit="h").to_numpy()[None, :]).ravel()
    counts = np.random.default_rng(4).poisson(rate).ravel().astype(float)
    return pd.DataFrame({"queue": "q", "start": starts, "offered": counts}), shares


def _day_shares(calendar, history, days):
    """Shares of the hours of single days, as they are forecast."""
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=hour) for day in days for hour in range(24)])
    found = Forecaster(calendar=calendar).fit(history).predict(starts=starts)["offered"].to_numpy().reshape(-1, 24)
    return found / found.sum(axis=1, keepdims=True)


def test_a_fasting_month_that_moves_the_day_does_so_again():
    calendar = Calendar(seasons={"ramadan": (("2025-03-01", "2025-03-29"), ("2026-02-18", "2026-03-19"))})
    dates = pd.date_range("2025-01-06", "2026-02-15")
    history, shares = _leaned(dates, calendar.in_season(dates, "ramadan"))
    found = _day_shares(calendar, history, [pd.Timestamp("2026-02-16"), pd.Timestamp("2026-02-20")])
    assert np.abs(found[0] - shares[0]).max() < 0.01
    assert np.abs(found[1] - shares[1]).max() < 0.01


def test_days_after_holidays_and_the_start_of_a_month_have_a_shape_of_their_own():
    dates = pd.date_range("2025-06-02", "2026-02-01")
    feasts = dates[10::23]
    calendar = Calendar(holidays=dict.fromkeys([*feasts, pd.Timestamp("2026-02-10")], "Feast"))
    moved = dates.isin(feasts + pd.Timedelta(days=1)) | (dates.day <= 3)
    history, shares = _leaned(dates, np.asarray(moved))
    ahead = [pd.Timestamp(f"2026-02-{day:02d}") for day in (2, 6, 11)]
    found = _day_shares(calendar, history, ahead)
    assert np.abs(found[1] - shares[0]).max() < 0.01
    for special in found[[0, 2]]:
        assert np.abs(special - shares[1]).sum() < 0.5 * np.abs(shares[0] - shares[1]).sum()
