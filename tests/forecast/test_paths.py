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
