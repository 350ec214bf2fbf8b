from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.forecast import Forecaster
from wfm.forecast.learned.components import day_components
from wfm.forecast.learned.days import YEAR, DayReader
from wfm.forecast.learned.fitting import fit_level
from wfm.forecast.learned.growth import GROWTH, PACES, Growth, growth_component, steady_growth
from wfm.forecast.learned.variances import Sample

WEEKDAY = np.array((0.1, 0.05, 0.0, 0.0, -0.05, -0.4, -0.6))


def _history(seed, days, yearly, until=None, size=2000):
    """Daily counts that grow by `yearly` on the log scale, until a day, with days that resemble the day before."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2026-01-05", periods=days)
    stray = np.zeros(days)
    for day in range(1, days):
        stray[day] = 0.6 * stray[day - 1] + rng.normal(0, 0.028)
    grown = yearly / YEAR * np.minimum(np.arange(days), days if until is None else until)
    log = np.log(size) + WEEKDAY[dates.day_of_week] + grown + stray + rng.normal(0, 0.03, days)
    offered = rng.poisson(np.exp(log)).astype(float)
    return pd.DataFrame({"queue": "voice", "start": dates, "end": dates + pd.Timedelta(days=1), "offered": offered})


def _expected(history, known):
    """Errors of the log forecast in the third and fourth week after the first `known` days, and the level."""
    model = Forecaster().fit(history[:known])
    coming = pd.DatetimeIndex(history["start"][known + 14 : known + 28])
    forecast = model.predict(starts=coming)["offered_q0.5"].to_numpy()
    return np.log(forecast / history["offered"].to_numpy()[known + 14 : known + 28]), model.models_["voice"].level


@pytest.mark.parametrize("yearly", [0.48, -0.48])
def test_a_steady_growth_goes_on_in_the_weeks_to_come(yearly):
    found = [_expected(_history(seed, 148, yearly), 120) for seed in range(10)]
    bias = np.mean([error.mean() for error, _ in found]) / yearly
    assert -0.069 < bias < 0.02  # of a year's growth; a level that bends to one that stays is 0.073 to 0.088 behind
    assert sum(GROWTH in level.learned for _, level in found) >= 7


def test_days_that_do_not_grow_leave_the_forecast_as_it_is():
    found = [_expected(_history(seed, 148, 0.0), 120)[1] for seed in range(10)]
    assert sum(GROWTH in level.learned for level in found) <= 1


@pytest.mark.parametrize("yearly", [2.4, -2.4])
def test_a_steep_rise_of_some_months_is_a_slope_and_no_straying_that_comes_back(yearly):
    errors = [_expected(_history(seed, 118, yearly), 90)[0].mean() for seed in range(6)]
    assert abs(np.mean(errors)) < 0.06 * abs(yearly)  # a level that comes back is 0.09 of a year's growth behind


def test_beyond_a_year_the_lasting_trend_stands_for_it():
    _, level = _expected(_history(1, 460, 0.48), 430)
    assert "lasting trend" in level.learned
    assert GROWTH not in level.learned


def test_what_grows_is_told_as_trend_and_explains_the_forecast():
    model = Forecaster().fit(_history(2, 120, 0.6))
    table = model.explain(28).pivot_table(index="day", columns="component", values="factor")
    assert GROWTH in model.models_["voice"].level.learned
    assert table["trend"].iloc[-1] > table["trend"].iloc[0] > 1.0
    np.testing.assert_allclose(
        table.prod(axis=1), model.predict(28).groupby("start")["offered"].sum().to_numpy(), rtol=1e-6
    )


def _said(slope, wander=0.002, noise=0.0004):
    """Levels at nodes, 5 days apart over 120 days, that follow a line."""
    since = np.arange(-120.0, 1.0, 5.0)
    kernel = np.exp(-np.abs(np.subtract.outer(since, since)) / 40)
    nothing = np.zeros(len(since))
    known = 1.0 + noise * np.eye(len(since))
    sample = Sample(
        y=slope * since / YEAR, noise=nothing, odd=nothing, kernels=kernel[None].astype(np.float32), known=known
    )
    return sample, since, np.array([wander])


def test_the_variance_of_a_line_is_that_of_the_slope_which_both_accounts_expect():
    said, since, wander = _said(0.4)
    growth = steady_growth(said, since, wander, wander)
    line = since / YEAR

    def account(less, pace=0.0):
        covariance = said.known + less * wander[0] * said.kernels[0] + pace * np.outer(line, line)
        prior = -0.5 * (np.log(less) / 2.5) ** 2
        likelihood = -0.5 * said.y @ np.linalg.solve(covariance, said.y) - 0.5 * np.linalg.slogdet(covariance)[1]
        return np.exp(prior + likelihood), pace * line @ np.linalg.solve(covariance, said.y)

    parts = (1.0, 0.22, 0.05, 0.011)
    with_line = [(share * w, s) for pace, share in PACES.items() for w, s in (account(less, pace) for less in parts)]
    chance, none = sum(w for w, _ in with_line), sum(account(less)[0] for less in parts)
    added = (chance - none) / (chance + none)
    slope = sum(w * s for w, s in with_line) / chance
    covariance = said.known + wander[0] * said.kernels[0] + growth.variance * np.outer(line, line)
    assert 0.3 < added < 1.0
    assert growth.slope == pytest.approx(added * slope, rel=1e-3)
    assert growth.variance * line @ np.linalg.solve(covariance, said.y) == pytest.approx(growth.slope, rel=1e-3)


def test_days_that_speak_against_a_line_give_it_no_variance():
    said, since, wander = _said(0.01)
    assert steady_growth(said, since, wander, wander) is None


def test_the_line_goes_through_the_last_day_and_rises_by_its_slope_in_a_year():
    dates = pd.date_range("2025-01-06", periods=400)
    days = DayReader.of(Calendar(), dates).read(dates, dates)
    line = growth_component(Growth(slope=0.2, variance=0.1), 399.0, days.day[-1]).kernel(days, days)
    assert line[-1, -1] == 0.0
    assert line[0, 0] == pytest.approx((399 / YEAR) ** 2)


def test_growth_to_come_lasts_as_long_again_as_chance_says():
    dates = pd.date_range("2026-01-05", periods=150)
    days = DayReader.of(Calendar(), dates).read(dates, dates)
    seen, coming = days.take(np.arange(60)), days.take(np.array([80, 149]))
    component = growth_component(Growth(slope=0.3, variance=0.1), 60.0, seen.day[-1])
    lasts = 60 * (1 / np.random.default_rng(0).uniform(size=400_000) - 1)  # t days more with a chance of 60 / (60 + t)
    rises = np.minimum.outer(coming.day - seen.day[-1], lasts) / YEAR
    np.testing.assert_allclose(component.kernel(coming, coming), rises @ rises.T / len(lasts), rtol=0.01)
    begun = (seen.day[:1] - seen.day[-1]) / YEAR
    np.testing.assert_allclose(component.kernel(seen.take([0]), coming), np.outer(begun, rises.mean(axis=1)), rtol=0.01)


@pytest.mark.parametrize("yearly", [1.2, -1.2])
def test_a_tenth_a_month_moves_the_forecast_within_two_months(yearly):
    errors = [_expected(_history(seed, 88, yearly), 60)[0].mean() for seed in range(12)]
    assert abs(np.mean(errors)) < 0.065 * abs(yearly)  # a level that stays is 0.09 of a year's growth behind


def test_a_rise_of_some_weeks_is_not_drawn_out_for_a_year():
    history = _history(3, 60, 2.2)
    forecast = Forecaster().fit(history).predict(days=365)["offered"].to_numpy()
    assert 1.0 < forecast[-28:].mean() / history["offered"].to_numpy()[-14:].mean() < 4.0  # the line would say 8


def test_only_levels_whose_changes_are_looked_for_grow():
    history = _history(2, 120, 0.6)
    dates = pd.DatetimeIndex(history["start"])
    days, counts = DayReader.of(Calendar(), dates).read(dates, dates), history["offered"].to_numpy()
    looked, not_looked = (
        fit_level(days, counts, day_components(days, ()), changing=changing) for changing in (True, False)
    )
    assert GROWTH in looked.learned
    assert GROWTH not in not_looked.learned
