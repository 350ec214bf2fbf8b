from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.calendars import Calendar
from wfm.errors import WfmWarning
from wfm.forecast import Forecaster
from wfm.forecast.learned.components import day_components
from wfm.forecast.learned.days import DayReader
from wfm.forecast.learned.fitting import fit_level
from wfm.forecast.learned.ranges import Tails, _rehearsed, _scores, calibrate, count_quantiles
from wfm.forecast.outlook.slots import outlook


def test_quantiles_of_pure_chance_are_those_of_the_poisson_law():
    # Poisson quantiles 0.1, 0.5, 0.9 of means 0.5, 3 and 20 by summing the law
    found = count_quantiles(np.array([0.5, 3.0, 20.0]), np.zeros(3), (0.1, 0.5, 0.9))
    assert found.tolist() == [[0, 1, 14], [0, 3, 20], [1, 5, 26]]


def test_counts_of_a_rate_of_which_nothing_is_known_have_scores():
    counts, rate = np.array([0.0, 5.0, 90.0]), np.array([0.4, 1.7, 60.0])
    found = _scores(counts, rate, np.full(3, 900.0), np.zeros(3))  # warnings are errors here
    assert np.isfinite(found).all()


@pytest.mark.parametrize(("mean", "doubt"), [(4.0, 0.3), (30.0, 0.05), (80.0, 0.02), (3000.0, 0.01)])
def test_quantiles_hold_their_share_of_drawn_counts(mean, doubt):
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(1 / doubt, mean * doubt, 40_000))
    low, high = count_quantiles(np.array([mean]), np.array([doubt]), (0.1, 0.9))[:, 0]
    assert (counts < low).mean() <= 0.12
    assert (counts > high).mean() <= 0.12
    assert ((counts >= low) & (counts <= high)).mean() == pytest.approx(0.82, abs=0.05)


@settings(max_examples=40, deadline=None)
@given(mean=st.floats(0, 1e5), doubt=st.floats(0, 1))
def test_more_doubt_never_makes_a_range_narrower(mean, doubt):
    narrow, wide = (count_quantiles(np.array([mean]), np.array([d]), (0.05, 0.95))[:, 0] for d in (doubt, doubt + 0.3))
    assert (narrow >= 0).all()
    assert wide[0] <= narrow[0] + 1
    assert wide[1] - wide[0] >= narrow[1] - narrow[0] - 1


def test_tails_stretch_what_they_were_learned_for():
    tails = Tails(inner=0.9, outer=1.2)
    assert tails.deviate(0.9) == pytest.approx(1.2816 * 0.9, rel=1e-3)
    assert tails.deviate(0.025) == pytest.approx(-1.96 * 1.2, rel=1e-3)
    assert tails.deviate(0.5) == 0.0


def test_wild_days_now_and_then_reach_the_95_percent_range_and_leave_the_80_percent_range_alone():
    dates = pd.date_range("2026-01-05", periods=200)
    days = DayReader.of(Calendar(), dates).read(dates, dates)
    rng = np.random.default_rng(3)
    counts = np.exp(7 + rng.normal(0, 0.05, 200))
    wild = np.where(rng.random(200) < 0.07, rng.choice([0.75, 1.33], 200), 1.0)
    calm, told = (calibrate(fit_level(days, c, day_components(days, ()))) for c in (counts, counts * wild))
    assert told.near < 1.15 * calm.near
    assert told.days.outer > 1.2 * calm.days.outer


def test_past_forecasts_are_judged_by_what_was_known_before_them():
    dates = pd.date_range("2026-01-05", periods=110)
    dates = dates[~np.isin(np.arange(110), [40, 41, 77])]
    days = DayReader.of(Calendar(), dates).read(dates, dates)
    counts = np.random.default_rng(3).poisson(np.exp(6 + 0.3 * (days.weekday < 5))).astype(float)
    level = fit_level(days, counts, day_components(days, ()))
    own = np.full(len(days), 0.001)
    squares, lead, weeks = _rehearsed(level, np.array([60]), own)
    past = days.take(np.arange(60))
    ahead = days.take(np.arange(60, 84))
    prior = level.covariance(past, past) + np.diag(level.noise * level.oddness[:60] + 1 / counts[:60])
    across = level.covariance(ahead, past)
    response = np.log(counts + 0.5) - level.middle
    error = response[60:84] - across @ np.linalg.solve(prior, response[:60])
    covariance = level.covariance(ahead, ahead) - across @ np.linalg.solve(prior, across.T)
    covariance += np.diag(level.noise * level.oddness[60:84] + 1 / counts[60:84] + own[60:84])
    np.testing.assert_allclose(squares, error**2 / np.diag(covariance), rtol=2e-3, atol=1e-4)
    assert lead.tolist() == (ahead.day - past.day[-1]).tolist()
    inside = lead <= 7
    assert weeks[0] == pytest.approx(error[inside].mean() ** 2 / covariance[np.ix_(inside, inside)].mean(), rel=2e-3)


def test_a_change_that_nobody_announced_leaves_ranges_wider_for_the_next_one():
    dates = pd.date_range("2026-01-05", periods=240)
    days = DayReader.of(Calendar(), dates).read(dates, dates)
    rng = np.random.default_rng(8)
    level = 7 + 0.2 * (days.weekday < 5) + 0.4 * (np.arange(240) >= 160) + rng.normal(0, 0.04, 240)
    fitted = fit_level(days, rng.poisson(np.exp(level)).astype(float), day_components(days, ()), changing=True)
    assert len(fitted.changes) == 1
    told, foreknown = calibrate(fitted), calibrate(replace(fitted, changes=()))
    assert told.far > 1.03 * foreknown.far
    assert told.near >= foreknown.near


def test_ranges_of_a_short_history_cover_days_and_weeks_of_a_level_that_moves_as_levels_do():
    days = pd.date_range("2026-03-02", periods=58)
    weekday = np.array([0.2, 0.1, 0.05, 0.0, -0.05, -0.5, -0.7])[days.day_of_week]
    fading = np.exp(-np.abs(np.subtract.outer(np.arange(58), np.arange(58))) / 40)
    root = np.linalg.cholesky(0.15**2 * fading)
    far_days, far_weeks = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        log = weekday + root @ rng.standard_normal(58) + 0.05 * rng.standard_normal(58)
        offered = rng.poisson(2000 * np.exp(log)).astype(float)
        history = pd.DataFrame({"queue": "q", "start": days, "end": days + pd.Timedelta(days=1), "offered": offered})
        with pytest.warns(WfmWarning, match="weeks of history"):
            model = Forecaster().fit(history[:30])
        seen = outlook(model.models_["q"], days[30:])
        error = np.log(offered[30:]) - seen.mean
        week = np.kron(np.eye(4), np.full(7, 1 / 7))
        far_days.append(np.abs(error) / np.sqrt(np.diag(seen.covariance)) < 1.28)
        far_weeks.append(np.abs(week @ error) / np.sqrt(np.diag(week @ seen.covariance @ week.T)) < 1.28)
    assert 0.65 < np.mean(far_days) < 0.93
    assert 0.6 < np.mean(far_weeks) < 0.93
