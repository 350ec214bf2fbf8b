"""Who comes of those who are rostered: absence by person, with days on which many are away at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wfm.checks import fraction

# Sickness clusters: the standard deviation of a day's absence rate is this part of its mean, so that of 20 people with
# 6% absence 18.8 +- 1.1 come, of which the persons' own chance alone makes +- 1.06.
DAY_SPREAD = 0.25


def absence_rates(unplanned: float, *, days: int, paths: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Absence rate of each day on each path, Beta distributed around `unplanned` [paths x days].

    >>> rates = absence_rates(0.06, days=7, paths=1000, rng=np.random.default_rng(0))
    >>> rates.shape, round(float(rates.mean()), 3), round(float(rates.std()), 3)
    ((1000, 7), 0.06, 0.015)
    """
    mean = fraction(unplanned, name="unplanned", one=False)
    if mean == 0:
        return np.zeros((paths, days))
    strength = max((1 - mean) / (DAY_SPREAD**2 * mean) - 1, 1.0)
    return rng.beta(mean * strength, (1 - mean) * strength, size=(paths, days))


def who_comes(
    people: npt.ArrayLike, day: npt.ArrayLike, unplanned: float, *, paths: int, seed: int
) -> npt.NDArray[np.float64]:
    """How many of the `people` of each line come on each path [paths x lines].

    Parameters
    ----------
    people : array [lines]      People of each line (1 for a named person).
    day : array [lines]         Number of the day on which the line starts, from 0.

    >>> who_comes([20, 1], [0, 0], 0.06, paths=2000, seed=1).mean(axis=0).round(2).tolist()
    [18.84, 0.93]
    """
    count, on = np.asarray(people, dtype=np.int64), np.asarray(day, dtype=np.int64)
    if unplanned == 0 or count.size == 0:
        return np.broadcast_to(count.astype(float), (paths, count.size)).copy()
    rng = np.random.default_rng(seed)
    away = absence_rates(unplanned, days=int(on.max()) + 1, paths=paths, rng=rng)[:, on]
    return rng.binomial(count, 1 - away).astype(float)
