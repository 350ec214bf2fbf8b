from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.forecast import Forecaster
from wfm.forecast.learned.ranges import Tails
from wfm.forecast.outlook.paths import with_tails


def _sums(model, starts, paths=400):
    drawn = model.simulate(starts=starts, paths=paths, seed=3)
    daily = drawn.groupby(["path", drawn["start"].dt.normalize()])["rate"].sum()
    return daily.to_numpy().reshape(paths, -1)


def test_days_of_the_paths_stray_as_far_as_the_level_says(draw):
    centre = draw(days=150, freq="30min", per_day=6000, noise=0.06)
    model = Forecaster(calendar=centre.calendar).fit(centre.history)
    starts = pd.DatetimeIndex(centre.future["start"])
    from wfm.forecast.outlook.slots import outlook

    said = np.sqrt(outlook(model.models_["voice"], starts).day_doubt)
    drawn = np.log(_sums(model, starts)).std(axis=0)
    np.testing.assert_allclose(drawn, said, rtol=0.15)


def test_tails_reach_farther_and_keep_the_mean():
    rng = np.random.default_rng(2)
    variance = np.array([0.01, 0.09])
    levels = rng.standard_normal((200_000, 2)) * np.sqrt(variance) - variance / 2
    assert with_tails(levels, variance, Tails()) is levels
    far = with_tails(levels, variance, Tails(inner=1.0, outer=1.5))
    np.testing.assert_allclose(np.exp(far).mean(axis=0), 1.0, atol=0.006)
    centred = far - np.median(far, axis=0)
    for level, deviate in ((0.9, 1.2816), (0.975, 1.5 * 1.96)):
        np.testing.assert_allclose(np.quantile(centred, level, axis=0), deviate * np.sqrt(variance), rtol=0.03)


def test_past_days_with_a_wild_one_now_and_then_give_the_paths_their_tails(draw):
    centre = draw(days=200, freq="24h", per_day=6000, noise=0.05, month_start=False)
    rng = np.random.default_rng(4)
    wild = np.where(rng.random(len(centre.history)) < 0.08, rng.choice([0.75, 1.33], len(centre.history)), 1.0)
    calm = Forecaster(calendar=centre.calendar).fit(centre.history)
    told = Forecaster(calendar=centre.calendar).fit(centre.history.assign(offered=centre.history["offered"] * wild))
    outer = [model.models_["voice"].calibration.days.outer for model in (calm, told)]
    assert outer[0] < 1.12
    assert outer[1] > 1.15


def _covered(centre):
    """Shares of day and week sums inside the 80% range of the paths' counts."""
    model = Forecaster(calendar=centre.calendar).fit(centre.history)
    rate = _sums(model, pd.DatetimeIndex(centre.future["start"]), paths=300)
    counts = np.random.default_rng(5).poisson(rate)
    came = centre.future.groupby(centre.future["start"].dt.normalize())["offered"].sum().to_numpy()
    found = []
    for width in (1, 7):
        drawn, real = (x.reshape(*x.shape[:-1], -1, width).sum(axis=-1) for x in (counts, came))
        low, high = np.quantile(drawn, (0.1, 0.9), axis=0)
        found.append(((real >= low) & (real <= high)).mean())
    return found


@pytest.mark.slow
def test_ranges_of_day_and_week_sums_hold_what_they_say(draw):
    day, week = np.mean([_covered(draw(days=180, noise=0.05, seed=seed)) for seed in range(24)], axis=0)
    assert 0.75 <= day <= 0.87
    assert 0.72 <= week <= 0.92  # 96 weeks: two standard errors of 0.04 about the band


def _series(rng, *, per_day, noise, memory=0.0, step=0.0, growth=0.0, workdays=False):
    """Daily counts about a level with known ways: how much history is random, the last 28 days are the future."""
    weeks = int(rng.integers(20, 70))
    days = pd.date_range("2025-01-06", periods=7 * weeks + 28)
    shock = rng.standard_normal(len(days))
    for k in range(1, len(days)):
        shock[k] = memory * shock[k - 1] + np.sqrt(1 - memory**2) * shock[k]
    week = np.array([0.12, 0.03, -0.02, -0.05, -0.08, -0.4, -0.6])[days.day_of_week]
    level = np.cumsum(rng.normal(0, step, len(days))) + growth * np.arange(len(days)) / 365.25
    counts = rng.poisson(per_day * np.exp(week + level - level[-29] + noise * shock)).astype(float)
    table = pd.DataFrame({"queue": "voice", "start": days, "end": days + pd.Timedelta(days=1), "offered": counts})
    table = table[(days.day_of_week < 5) | (not workdays)]
    past = table["start"] < days[-28]
    return table[past].reset_index(drop=True), table[~past].reset_index(drop=True)


@pytest.mark.slow
def test_sums_of_weeks_and_months_hold_over_centres_of_many_kinds():
    kinds = (
        {"per_day": 200, "noise": 0.08},
        {"per_day": 20, "noise": 0.1, "step": 0.006},
        {"per_day": 3000, "noise": 0.05, "step": 0.004},
        {"per_day": 3000, "noise": 0.05, "step": 0.01},
        {"per_day": 30_000, "noise": 0.03, "memory": 0.5, "step": 0.005, "workdays": True},
        {"per_day": 300_000, "noise": 0.03, "step": 0.004, "workdays": True},
        {"per_day": 3000, "noise": 0.04, "memory": 0.7},
        {"per_day": 5000, "noise": 0.04, "step": 0.003, "growth": 0.5},
    )
    held = []
    for number, kind in enumerate(kinds):
        for seed in range(25):
            past, future = _series(np.random.default_rng([number, seed]), **kind)
            rate = _sums(Forecaster().fit(past), pd.DatetimeIndex(future["start"]))
            counts, came = np.random.default_rng(seed).poisson(rate), future["offered"].to_numpy()
            within = []
            for parts in (4, 1):
                drawn, real = (x.reshape(*x.shape[:-1], parts, -1).sum(axis=-1) for x in (counts, came))
                low, high = np.quantile(drawn, (0.1, 0.9), axis=0)
                within.append(((real >= low) & (real <= high)).mean())
            held.append(within)
    weeks, months = np.mean(held, axis=0)
    assert 0.75 <= weeks <= 0.87
    assert 0.74 <= months <= 0.90  # one sum of 28 days for each of 200 series: two standard errors of 0.03
