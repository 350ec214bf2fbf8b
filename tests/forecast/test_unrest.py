"""Days of different kinds stray by different amounts, and their ranges say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.forecast import Forecaster
from wfm.forecast.learned.days import DayReader
from wfm.forecast.learned.unrest import learn_unrest, unruly_alike

NOISE = 0.002
LEVEL = 0.001
"""Doubt about the level itself, beside the noise of each day."""


def _days(count):
    dates = pd.date_range("2026-01-05", periods=count)
    return DayReader.of(Calendar(), dates).read(dates, dates)


def _learned(days, factor, seed=0):
    """What is learned from days whose noise is `factor` times what the model takes it to be."""
    error = np.random.default_rng(seed).normal(size=len(days)) * np.sqrt(LEVEL + NOISE * factor)
    return learn_unrest(days, error, np.full(len(days), LEVEL + NOISE), NOISE)


def test_days_that_are_alike_add_next_to_nothing():
    days = _days(250)
    added = np.array([_learned(days, 1.0, seed).of(days) for seed in range(20)])
    assert np.abs(added).mean() < 0.1 * (LEVEL + NOISE)


def test_wild_weekends_are_found_and_weekdays_told_calmer():
    days = _days(250)
    weekend = days.weekday >= 5
    factor = np.where(weekend, 2.8, 0.28)
    added = np.array([_learned(days, factor, seed).of(days) for seed in range(20)]).mean(axis=0)
    told = LEVEL + NOISE + added
    ratio = told[weekend].mean() / told[~weekend].mean()
    assert ratio == pytest.approx((LEVEL + 2.8 * NOISE) / (LEVEL + 0.28 * NOISE), rel=0.25)


def test_the_first_days_of_months_may_stray_farther():
    days = _days(300)
    start = days.since_start > 0
    unrest = _learned(days, np.where(start, 6.0, 1.0))
    assert unrest.start[1] > 2 * NOISE
    assert unrest.of(days)[start].mean() > unrest.of(days)[~start].mean() + NOISE


def test_no_day_loses_more_than_its_noise():
    days = _days(400)
    calm = learn_unrest(days, np.where(days.weekday >= 5, 1.0, 1e-4), np.full(400, LEVEL + NOISE), NOISE)
    assert calm.of(days).min() == pytest.approx(-0.9 * NOISE)
    covariance = np.full((400, 400), LEVEL) + NOISE * np.eye(400)
    assert np.linalg.eigvalsh(calm.on(covariance, days)).min() > 0


def test_a_short_history_says_nothing_of_kinds():
    days = _days(28)
    assert not _learned(days, np.where(days.weekday >= 5, 9.0, 1.0)).of(days).any()
    assert not unruly_alike().of(days).any()


def _covered(seed):
    """Whether the 80% ranges of four weeks held, after half a year whose weekends stray four times as far."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2026-01-05", periods=210)
    weekend = dates.day_of_week >= 5
    level = np.log(3000) - 0.5 * weekend + rng.normal(0, np.where(weekend, 0.16, 0.04))
    history = pd.DataFrame({"queue": "voice", "start": dates, "offered": rng.poisson(np.exp(level)).astype(float)})
    model = Forecaster().fit(history[:182])
    told = model.predict(starts=dates[182:])
    came = history["offered"].to_numpy()[182:]
    return ((came >= told["offered_q0.1"]) & (came <= told["offered_q0.9"])).to_numpy(), weekend[182:]


def test_ranges_of_wild_weekends_are_wide_and_those_of_calm_weekdays_narrow():
    held, weekend = (np.concatenate(parts) for parts in zip(*map(_covered, range(16)), strict=True))
    assert 0.7 < held[weekend].mean() < 0.9  # 128 days: two standard errors of 0.035 about 0.8
    assert 0.7 < held[~weekend].mean() < 0.9
