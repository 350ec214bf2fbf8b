from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.forecast.learned.days import DayReader
from wfm.forecast.learned.grid import DayGrid, day_grid
from wfm.forecast.learned.noise import earlier_shares
from wfm.forecast.learned.profile import fit_profile
from wfm.recurring import MonthlyDay

SHAPE = np.array([300.0, 500, 700, 650, 500, 450, 400, 300])
EARLY = SHAPE * np.linspace(1.25, 0.8, 8)


def _learned(lean, days=150, per_day=1.0, seed=0):
    """A profile of days whose shape is SHAPE times `lean(date)`, with its grid and features."""
    dates = pd.date_range("2026-01-05", periods=days)
    starts = pd.DatetimeIndex([d + pd.Timedelta(hours=8 + k) for d in dates for k in range(8)])
    mean = per_day * np.array([SHAPE * lean(d) for d in dates]).ravel()
    offered = np.random.default_rng(seed).poisson(mean).astype(float)
    table = pd.DataFrame({"queue": "q", "start": starts, "end": starts + pd.Timedelta(hours=1), "offered": offered})
    grid, rows = day_grid(table, "q"), np.ones(days, dtype=bool)
    reader = DayReader.of(Calendar(), dates)
    features = reader.read(dates, dates)
    return fit_profile(grid, rows, features), grid, rows, features, reader, dates


def _ahead(reader, dates, count=40):
    ahead = pd.date_range(dates[-1] + pd.Timedelta(days=1), periods=count)
    return ahead, reader.read(ahead, dates)


def test_a_month_that_starts_early_in_the_day_does_so_again():
    profile, _, _, _, reader, dates = _learned(lambda d: EARLY / SHAPE if d.day <= 4 else 1.0)
    ahead, features = _ahead(reader, dates)
    found = profile.of(features)
    starts = np.asarray((ahead.day <= 4) & (ahead.month > ahead[0].month))
    rest = np.asarray(ahead.day > 4)
    wanted, usual = EARLY / EARLY.sum(), SHAPE / SHAPE.sum()
    assert np.abs(found[starts] - wanted).sum(axis=1).mean() < 0.35 * np.abs(wanted - usual).sum()
    assert np.abs(found[rest] - usual).sum(axis=1).mean() < 0.2 * np.abs(wanted - usual).sum()


def test_a_shape_that_drifts_is_followed():
    profile, _, _, _, reader, dates = _learned(
        lambda d: np.linspace(1 + 0.3 * d.day_of_year / 150, 1 - 0.3 * d.day_of_year / 150, 8)
    )
    _, features = _ahead(reader, dates, 7)
    found, last = profile.of(features).mean(axis=0), SHAPE * np.linspace(1.3, 0.7, 8)
    weekly = profile.shares.mean(axis=0)
    wanted = last / last.sum()
    assert np.abs(found - wanted).sum() < 0.6 * np.abs(weekly - wanted).sum()


HOURS = np.arange(8, 20, 0.5) + 0.25


def _moved(by):
    """Shape of half hours, so many hours later than usual."""
    return 0.15 + 1.5 * np.exp(-(((HOURS - by - 10.5) / 1.5) ** 2)) + 0.9 * np.exp(-(((HOURS - by - 15) / 2) ** 2))


def _half_hours(moved, fault=None, per_day=5000.0, days=240, recurring=None):
    """A profile of half hours in which some days of the month come three hours later, with its reader and dates."""
    dates = pd.date_range("2025-06-02", periods=days)
    shapes = np.where(np.isin(dates.day, moved)[:, None], _moved(3.0), _moved(0.0))
    offered = np.random.default_rng(3).poisson(per_day * shapes / shapes.sum(axis=1, keepdims=True)).astype(float)
    if fault is not None:
        offered[dates == fault, :10] = 0.0
    nothing = np.full_like(offered, np.nan)
    slots = (HOURS - 0.25) * 3600
    grid = DayGrid(queue="q", days=dates, slots=slots, interval=1800.0, offered=offered, aht=nothing, handled=nothing)
    reader = DayReader.of(Calendar(weekend=(), recurring=recurring or {}), dates)
    return fit_profile(grid, np.ones(days, dtype=bool), reader.read(dates, dates)), reader, dates


def _misplaced(found, by):
    """Part of the day's contacts that is at the wrong time, in a mean over days."""
    wanted = _moved(by) / _moved(by).sum()
    return float(np.abs(found - wanted).sum(axis=1).mean() / 2)


@pytest.mark.parametrize("moved", [(1,), (1, 2, 3)])
def test_month_starts_that_begin_hours_later_are_learned_in_full(moved):
    profile, reader, dates = _half_hours(moved)
    ahead, features = _ahead(reader, dates)
    found, special = profile.of(features), np.isin(ahead.day, moved)
    assert special.sum() >= 1
    assert _misplaced(found[special], 3.0) < 0.03  # chance alone misplaces 0.01, the usual shape 0.43
    assert _misplaced(found[~special], 0.0) < 0.01


def test_pay_days_have_a_shape_of_their_own():
    profile, reader, dates = _half_hours((17, 18), recurring={"wages": MonthlyDay(day=17)})
    ahead, features = _ahead(reader, dates)
    found, special = profile.of(features), np.isin(ahead.day, (17, 18))
    assert _misplaced(found[special], 3.0) < 0.03
    assert _misplaced(found[~special], 0.0) < 0.01


def test_a_fault_on_the_first_of_a_month_is_no_shape():
    profile, reader, dates = _half_hours((), fault=pd.Timestamp("2025-11-01"))
    ahead, features = _ahead(reader, dates)
    assert _misplaced(profile.of(features)[ahead.day == 1], 0.0) < 0.015


def test_chance_gives_kinds_of_days_no_waves_of_their_own():
    profile, _, _ = _half_hours(())
    assert profile.waves is None


@pytest.mark.parametrize("per_day", [1.0, 0.02])
def test_chance_is_not_taken_for_a_shape(per_day):
    profile, _, _, _, reader, dates = _learned(lambda _: 1.0, per_day=per_day)
    _, features = _ahead(reader, dates)
    assert np.abs(profile.of(features) - SHAPE / SHAPE.sum()).sum(axis=1).max() < 0.02 / np.sqrt(per_day)


@pytest.mark.parametrize("seed", [17, 43, 63])
def test_a_queue_whose_contacts_come_in_few_of_its_slots_has_a_shape(seed):
    shape = np.random.default_rng(seed).gamma(0.1, 1, 24)
    dates = pd.date_range("2026-01-05", periods=60)
    offered = np.tile(5000 * shape / shape.sum(), (60, 1))
    nothing, slots = np.full_like(offered, np.nan), np.arange(24) * 1800.0
    grid = DayGrid(queue="q", days=dates, slots=slots, interval=1800.0, offered=offered, aht=nothing, handled=nothing)
    features = DayReader.of(Calendar(), dates).read(dates, dates)
    found = fit_profile(grid, np.ones(60, dtype=bool), features).of(features)
    np.testing.assert_allclose(found, offered / 5000, atol=1e-3)


def test_leaned_shares_are_shares():
    profile, _, _, features, _, _ = _learned(lambda d: np.linspace(3, 0.1, 8) if d.day <= 2 else 1.0)
    found = profile.of(features)
    assert (found > 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def test_days_seen_in_part_or_too_few_leave_the_weekdays_shape_alone():
    assert _learned(lambda _: 1.0, days=24)[0].waves is None
    _, grid, rows, features, _, _ = _learned(lambda _: 1.0)
    grid.offered[:, 7] = np.nan
    assert fit_profile(grid, rows, features).waves is None


def test_what_was_known_earlier_does_not_hang_on_what_came_later():
    profile, grid, rows, features, _, _ = _learned(lambda d: EARLY / SHAPE if d.day <= 4 else 1.0)
    before = earlier_shares(grid, rows, features, profile.waves)
    cut = len(grid.days) - 14
    grid.offered[cut:] *= np.linspace(2, 0.3, 8)
    profile.waves.seen[cut:] *= np.linspace(2, 0.3, 8)
    after = earlier_shares(grid, rows, features, profile.waves)
    np.testing.assert_array_equal(before[: cut + 7], after[: cut + 7])
    assert not np.allclose(before[cut + 7 :], after[cut + 7 :])
