"""Covariances that are made of products and of waves are those that their formulas say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.calendars import Calendar
from wfm.forecast.learned.change_view import Shapes
from wfm.forecast.learned.changes import FADING, faded
from wfm.forecast.learned.components import day_components
from wfm.forecast.learned.days import YEAR, DayReader


def _features(dates):
    return DayReader.of(Calendar(), dates).read(dates, dates)


def _kernel(name, days):
    return next(component.kernel for component in day_components(days, ()) if component.name == name)


@pytest.mark.parametrize("years", [0.3, 3, 25])
@pytest.mark.parametrize(("name", "memory"), [("short memory", 2), ("drifting weekday", 120)])
def test_memory_fades_by_the_same_share_each_day_over_any_span(name, memory, years):
    dates = pd.date_range("2000-01-03", periods=int(years * 365))[:: max(1, int(years))]
    days = _features(dates)
    told = _kernel(name, days)(days, days)
    apart = np.abs(np.subtract.outer(days.day, days.day))
    alike = np.equal.outer(days.weekday, days.weekday) if name == "drifting weekday" else 1.0
    np.testing.assert_allclose(told, np.exp(-apart / memory) * alike, rtol=1e-9, atol=1e-25)


@given(rows=st.lists(st.integers(0, 999), min_size=1, max_size=40), others=st.lists(st.integers(0, 999), max_size=40))
@settings(max_examples=25, deadline=None)
def test_memory_is_told_of_any_days_in_any_order(rows, others):
    days = _features(pd.date_range("2020-01-01", periods=1000))
    some, more = days.take(np.array(rows)), days.take(np.array(others, dtype=np.int64))
    told = _kernel("slow level", days)(some, more)
    np.testing.assert_allclose(told, np.exp(-np.abs(np.subtract.outer(some.day, more.day)) / 90))


@given(rows=st.lists(st.integers(0, 899), max_size=40), others=st.lists(st.integers(0, 899), min_size=1, max_size=40))
@settings(max_examples=10, deadline=None)
def test_two_days_are_as_alike_in_any_company(rows, others):
    dates = pd.date_range("2022-01-01", periods=900)
    calendar = Calendar(
        holidays={dates[50]: "one", dates[415]: "one", dates[500]: "other"},
        recurring={"wages": 25},
        seasons={"feast": [("2022-03-01", "2022-03-20"), ("2023-02-20", "2023-03-10")]},
    )
    days = DayReader.of(calendar, dates).read(dates, dates)
    rows, others = np.array(rows, dtype=np.int64), np.array(others)
    some, more = days.take(rows), days.take(others)
    for component in day_components(days, ()):
        told = component.kernel(days, days)
        np.testing.assert_allclose(component.kernel(some, more), told[np.ix_(rows, others)], atol=1e-9)
        both = component.kernel(more, some.then(more))
        np.testing.assert_allclose(both, told[np.ix_(others, np.append(rows, others))], atol=1e-9)


@pytest.mark.parametrize(("name", "width"), [("yearly, broad", 0.8), ("yearly, smooth", 0.3), ("yearly, sharp", 0.05)])
def test_a_season_is_the_periodic_kernel_of_its_width(name, width):
    days = _features(pd.date_range("2022-01-01", periods=900))
    told = _kernel(name, days)(days, days)
    turned = np.subtract.outer(days.year_phase, days.year_phase)
    np.testing.assert_allclose(told, np.exp(-2 * np.sin(turned / 2) ** 2 / width**2), atol=1e-7)


def test_a_trend_is_a_slope_that_forgets_itself():
    days = _features(pd.date_range("2022-01-01", periods=900))
    told, fading = _kernel("trend", days)(days, days), 180.0
    middle = np.arange(900) + 0.5  # of the days that have passed since, seen from the last
    slopes = np.exp(-np.abs(np.subtract.outer(middle, middle)) / fading) / YEAR**2
    for sooner, later in ((30, 30), (200, 200), (800, 800), (800, 30), (5, 300)):
        summed = slopes[:sooner, :later].sum()
        assert told[899 - sooner, 899 - later] == pytest.approx(summed, rel=1e-3)
    assert told[-1, -1] == pytest.approx(0.0, abs=1e-9)


@given(gaps=st.lists(st.integers(1, 9), min_size=30, max_size=200), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_bursts_and_steps_are_summed_up_as_they_are_felt(gaps, seed):
    day = np.cumsum(np.array(gaps, dtype=float))
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(len(day), len(day))) / len(day) ** 0.5
    inverse = (root @ root.T + np.eye(len(day))).astype(np.float32)
    shapes = Shapes.of(day)
    felt = np.column_stack([shapes.column(shape) for shape in range(2 * len(day))])
    apart = np.subtract.outer(day, day)
    np.testing.assert_allclose(felt, np.hstack([apart < 0, faded(apart)]), rtol=1e-5, atol=1e-7)
    values = rng.normal(size=(len(day), 3)).astype(np.float32)
    np.testing.assert_allclose(shapes.along(values), felt.T @ values, atol=2e-4 * FADING)
    before = np.tril(inverse).sum(axis=1)
    squares = np.einsum("ik,ik->k", felt, inverse @ felt)
    np.testing.assert_allclose(shapes.squares(inverse, before), squares, rtol=2e-3, atol=2e-3)
