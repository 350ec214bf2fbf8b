from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.forecast import Forecaster
from wfm.forecast.outlook.together import surprise_correlation


def _centre(shared, days=150, ahead=14, seed=0, queues=("a", "b", "c"), per_day=3000, stray=0.06, drift=0.0):
    """Queues whose daily log levels stray and correlate by `shared`; the last days are the future.

    `drift` is the size of daily steps of a level that all of them have in common.
    """
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2026-01-05", periods=days + ahead)
    common = rng.normal(size=len(dates))
    level = np.cumsum(rng.normal(0, drift, len(dates))) if drift else np.zeros(len(dates))
    tables = []
    for queue in queues:
        own = stray * (np.sqrt(shared) * common + np.sqrt(1 - shared) * rng.normal(size=len(dates)))
        counts = rng.poisson(per_day * np.exp(0.2 * (dates.day_of_week < 5) + own + level)).astype(float)
        tables.append(
            pd.DataFrame({"queue": queue, "start": dates, "end": dates + pd.Timedelta(days=1), "offered": counts})
        )
    whole = pd.concat(tables, ignore_index=True)
    past = whole["start"] < dates[days]
    return whole[past].reset_index(drop=True), whole[~past].reset_index(drop=True)


def _drawn(model, future, paths=300):
    """(paths, queues, days) rates."""
    starts = pd.DatetimeIndex(future["start"].unique())
    rate = model.simulate(starts=starts, paths=paths)["rate"].to_numpy()
    return rate.reshape(paths, future["queue"].nunique(), len(starts))


@pytest.mark.parametrize(("shared", "low", "high"), [(0.8, 0.5, 0.85), (0.0, -0.15, 0.2)])
def test_queues_are_busy_together_as_far_as_they_were(shared, low, high):
    past, future = _centre(shared)
    drawn = np.log(_drawn(Forecaster().fit(past), future))
    correlation = np.mean([np.corrcoef(drawn[:, 0, day], drawn[:, 2, day])[0, 1] for day in range(14)])
    assert low < correlation < high


def test_a_queue_alone_has_the_paths_that_it_had():
    past, future = _centre(0.8, queues=("a", "b"))
    alone = past[past["queue"] == "a"].reset_index(drop=True)
    starts = pd.DatetimeIndex(future["start"].unique())
    both = Forecaster().fit(past).simulate(starts=starts, paths=5)
    one = Forecaster().fit(alone).simulate(starts=starts, paths=5)
    first = both[both["queue"] == "a"].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, one)


def test_the_mean_of_the_paths_is_still_the_forecast():
    past, future = _centre(0.8)
    model = Forecaster().fit(past)
    mean = _drawn(model, future, paths=2000).mean(axis=0)
    forecast = model.predict(starts=pd.DatetimeIndex(future["start"].unique()))["offered"].to_numpy()
    np.testing.assert_allclose(mean.ravel(), forecast, rtol=0.01)


def test_a_correlation_of_many_queues_with_gaps_can_be_drawn_from():
    past, _ = _centre(0.9, queues=tuple("abcdef"))
    holes = np.random.default_rng(1).random(len(past)) < 0.3
    models = Forecaster().fit(past[~holes].reset_index(drop=True)).models_
    found = surprise_correlation(list(models.values()))
    np.testing.assert_allclose(np.diag(found), 1.0)
    np.testing.assert_allclose(found, found.T)
    assert np.linalg.eigvalsh(found).min() > 0


def _found(past):
    """Correlations of the pairs of queues."""
    models = list(Forecaster().fit(past).models_.values())
    return surprise_correlation(models)[np.triu_indices(len(models), 1)]


def test_chance_does_not_hide_what_small_queues_have_in_common():
    past, _ = _centre(0.8, queues=tuple("abcdef"), per_day=15, stray=0.12)
    assert 0.5 < _found(past).mean() < 1.0


def test_queues_that_learn_their_week_side_by_side_are_not_taken_for_alike():
    found = np.concatenate([_found(_centre(0.0, seed=seed, days=100)[0]) for seed in range(6)])
    assert abs(found.mean()) < 0.05


def test_levels_that_wander_together_are_told_from_levels_that_stay():
    wander, stay = (_found(_centre(0.0, seed=2, drift=drift)[0]).mean() for drift in (0.012, 0.0))
    assert stay < 0.1
    assert wander > stay + 0.1


@pytest.mark.slow
@pytest.mark.parametrize("shared", [0.8, 0.4, 0.0])
def test_the_range_of_the_sum_of_queues_holds_what_it_says(shared):
    held = []
    for seed in range(40):
        past, future = _centre(shared, seed=seed)
        drawn = np.random.default_rng(seed).poisson(_drawn(Forecaster().fit(past), future)).sum(axis=1)
        came = future.groupby("start")["offered"].sum().to_numpy()
        low, high = np.quantile(drawn, (0.1, 0.9), axis=0)
        held.append(((came >= low) & (came <= high)).mean())
    assert 0.74 <= np.mean(held) <= 0.87
