"""Who comes of those who are rostered: absence by person, with days on which many are away at once.

Each person has a number of their own on every path, and comes where it lies above the absence of the day. Two plans are
judged with the same people absent, as far as both have them: what tells them apart is the plan, not another draw.
"""

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
    people: npt.ArrayLike,
    day: npt.ArrayLike,
    unplanned: float,
    *,
    paths: int,
    seed: int,
    names: npt.ArrayLike | None = None,
) -> npt.NDArray[np.float64]:
    """How many of the `people` of each line come on each path [paths x lines].

    Parameters
    ----------
    people : array [lines]      People of each line (1 for a named person).
    day : array [lines]         Number of the day on which the line starts, from 0.
    names : array [lines]       A whole number for each line, by which its people are known in another plan as well;
                                without them a line's place is its name.

    >>> who_comes([20, 1], [0, 0], 0.06, paths=2000, seed=1).mean(axis=0).round(2).tolist()
    [18.83, 0.94]
    """
    count, on = np.asarray(people, dtype=np.int64), np.asarray(day, dtype=np.int64)
    if unplanned == 0 or count.size == 0:
        return np.broadcast_to(count.astype(float), (paths, count.size)).copy()
    rng = np.random.default_rng(seed)
    away = absence_rates(unplanned, days=int(on.max()) + 1, paths=paths, rng=rng)
    line, person = _people(count, np.arange(count.size) if names is None else np.asarray(names), seed)
    worked = np.flatnonzero(count)
    begins = (np.cumsum(count) - count)[worked]
    come = np.zeros((paths, count.size))
    for path in range(paths if line.size else 0):
        own = (_hashed(person + np.uint64(path)) >> np.uint64(11)) * 2.0**-53  # uniform on [0, 1)
        come[path, worked] = np.add.reduceat(own >= away[path, on[line]], begins)
    return come


def _people(
    count: npt.NDArray[np.int64], names: npt.NDArray[np.int64], seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """The line of every person, and a number that is the person's own in every plan with that line."""
    line = np.repeat(np.arange(count.size), count)
    place = np.arange(line.size) - np.repeat(np.cumsum(count) - count, count)
    own = _hashed(_hashed(names) ^ _hashed(np.array([seed])))
    return line, _hashed(own[line] + place.astype(np.uint64))


def _hashed(values: npt.NDArray[np.integer]) -> npt.NDArray[np.uint64]:
    """Numbers that look random, the same for the same value: the mixing of SplitMix64 (Steele, Lea, Flood 2014)."""
    mixed = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)
