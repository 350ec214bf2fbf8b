"""The shape of a day: the share of its contacts that each slot gets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.durations import DAY
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.waves import Waves, fit_waves

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
HALF_LIFE = 84.0
"""Days after which a day counts half: twelve weeks."""
QUIET = 0.85
"""A weekday with less than this share of the usual day's contacts is a quiet one."""
BLOCK = 3600.0
"""Width of the blocks in which special days may bend the shape [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Shares of the slots by weekday, and how special days bend them.

    Attributes
    ----------
    slots : array       Seconds after midnight.
    shares : array      (7, slots), each row adds up to 1.
    bends : tuple       (name of the kind of day, factor of each slot).
    waves : Waves       How the shape leans besides; None = it does not.
    """

    slots: Floats
    interval: float
    shares: Floats
    bends: tuple[tuple[str, Floats], ...] = ()
    waves: Waves | None = None

    def of(self, days: DayFeatures) -> Floats:
        """(days, slots) share of each slot, each row adding up to 1."""
        shares = self.shares[days.weekday]
        for name, factor in self.bends:
            shares = np.where(special(days, name)[:, None], shares * factor, shares)
        shares = np.asarray(shares / shares.sum(axis=1, keepdims=True))
        return shares if self.waves is None else self.waves.on(days, shares)

    def at(self, days: DayFeatures, second: Floats) -> Floats:
        """Share of the slot that begins at `second` on each of the days; between known slots by straight lines."""
        shares = self.of(days)
        place = np.clip(np.searchsorted(self.slots, second), 0, len(self.slots) - 1)
        known = self.slots[place] == second
        found = shares[np.arange(len(days)), place]
        for row in np.flatnonzero(~known):
            found[row] = np.interp(second[row], self.slots, shares[row], period=DAY)
        return found


def special(days: DayFeatures, name: str) -> Bools:
    """Which days are of a kind: `after closure`, `holiday` or `season k`."""
    if name == "after closure":
        return days.after_gap > 0
    if name == "holiday":
        return days.holiday > 0
    return days.seasons[:, int(name.split()[1])] > 0


def kinds_of_days(days: DayFeatures) -> list[str]:
    """The kinds of days that may have a shape of their own."""
    return ["after closure", "holiday", *(f"season {k}" for k in range(days.seasons.shape[1]))]


def weekday_shares(grid: DayGrid, today: float, *, rounds: int = 4) -> Floats:
    """Shares of the slots by weekday, recent days counting more, shrunk to the common shape.

    Days that were seen in part count for the slots that were seen: shares and day totals are found in turn.
    """
    seen = grid.seen
    counts = np.where(seen, grid.offered, 0.0)
    age = today - np.arange(len(grid.days))
    weight = np.where((age >= 0) & seen.any(axis=1), 0.5 ** (np.maximum(age, 0) / HALF_LIFE), 0.0)
    whole, weekday = seen[weight > 0], grid.weekday
    rounds = 1 if whole.all() else rounds
    shares = np.full((7, len(grid.slots)), 1 / len(grid.slots))
    for _ in range(rounds):
        totals = counts.sum(axis=1) / np.maximum((shares[weekday] * seen).sum(axis=1), 1e-9)
        if rounds == 1:
            totals = counts.sum(axis=1)
        shares = _shares(counts, seen, totals, weight, weekday, grid.slots)
    return shares


def _shares(
    counts: Floats, seen: Bools, totals: Floats, weight: Floats, weekday: npt.NDArray[np.int64], slots: Floats
) -> Floats:
    """The common shape, bent for busy and quiet weekdays and then for each weekday, as far as the data say so."""
    base = totals[:, None] * seen
    common = (weight @ counts) / np.maximum(weight @ base, 1e-12)
    common = common / max(common.sum(), 1e-12)
    if len(slots) == 1:
        return np.ones((7, 1))
    block = np.unique(slots // BLOCK, return_inverse=True)[1]
    shares, expected = np.tile(common, (7, 1)), base * common
    for group in [*_quiet_and_busy(totals, weight, weekday), *([day] for day in range(7))]:
        mine = np.equal.outer(group, weekday).any(axis=0) & (weight > 0)
        if mine.any():
            bent = by_hour(counts[mine], expected[mine], weight[mine], slots, block)
            bent = bent * _shrunk_ratio(counts[mine], expected[mine] * bent, weight[mine])
            shares[group] *= bent
            expected[mine] *= bent
    return np.asarray(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12))


def _quiet_and_busy(totals: Floats, weight: Floats, weekday: npt.NDArray[np.int64]) -> list[list[int]]:
    """Weekdays in two groups, if some are clearly quieter than most: days of rest have a shape of their own."""
    seen = [day for day in range(7) if weight[weekday == day].any()]
    sums = np.bincount(weekday, weights=totals * weight, minlength=7) / np.maximum(
        np.bincount(weekday, weights=weight, minlength=7), 1e-300
    )
    means = {day: float(sums[day]) for day in seen}
    middle = float(np.median(list(means.values()))) if means else 0.0
    quiet = [day for day in seen if means[day] < QUIET * middle]
    return [quiet, [day for day in seen if day not in quiet]] if len(quiet) > 0 else []


def by_hour(counts: Floats, expected: Floats, weight: Floats, slots: Floats, block: npt.NDArray[np.int64]) -> Floats:
    """Factor of each slot by blocks of an hour, straight lines between their middles."""
    sums = np.zeros((2, len(counts), block.max() + 1))
    for k, cells in enumerate((counts, expected)):
        np.add.at(sums[k].T, block, cells.T)
    factor = _shrunk_ratio(sums[0], sums[1], weight)
    middles = np.bincount(block, weights=slots) / np.bincount(block)
    return np.maximum(np.interp(slots, middles, factor), 0.0)


def _shrunk_ratio(counts: Floats, expected: Floats, weight: Floats) -> Floats:
    """Ratio of each column's counts to what was expected, shrunk to 1.

    The variance of the ratios between columns beyond what the scatter from day to day explains says how much of them to
    believe (empirical Bayes): a Friday of another shape keeps it, a Tuesday like all others borrows theirs.
    """
    whole = np.maximum(weight @ expected, 1e-9)
    ratio = np.where(weight @ expected > 0, (weight @ counts) / whole, 1.0)
    days = weight.sum() ** 2 / (weight**2).sum()
    scatter = (weight**2) @ (counts - expected * ratio) ** 2 / whole**2
    # one more day of a usual scatter of 5% keeps a few days that happen to agree from being believed too much
    chance = np.maximum(scatter * days / max(days - 1, 0.5), weight**2 @ expected / whole**2) + 0.0025 / days**2
    share = whole / whole.sum()
    between = max(float((share * ((ratio - 1) ** 2 - chance)).sum()), 0.0)
    return np.asarray(1 + (ratio - 1) * between / (between + chance))


def day_totals(grid: DayGrid, shares: Floats) -> tuple[Floats, Floats]:
    """Contacts seen on each day, and the share of the day that was seen."""
    seen = grid.seen
    exposure = np.where(seen, shares[grid.weekday], 0.0).sum(axis=1)
    return np.where(seen, grid.offered, 0.0).sum(axis=1), exposure


def fit_profile(grid: DayGrid, rows: Bools, days: DayFeatures) -> Profile:
    """The shape of ordinary days, and of special days where there is enough evidence of another shape.

    Parameters
    ----------
    rows : array            Which days of the grid are open and ordinary.
    days : DayFeatures      Features of those days.
    """
    learn = grid.without(~rows[:, None] | np.zeros(grid.offered.shape, dtype=bool))
    shares = weekday_shares(learn, float(np.flatnonzero(rows)[-1]))
    profile = Profile(slots=grid.slots, interval=grid.interval, shares=shares)
    if len(grid.slots) < 3:
        return profile
    bends = []
    for name in kinds_of_days(days):
        mine = special(days, name)
        if mine.sum() >= 3 and (~mine).sum() >= 10:
            factor = _bend(learn.offered[rows][mine], profile.of(days.take(mine)), grid.slots)
            if factor is not None:
                bends.append((name, factor))
    bent = Profile(slots=grid.slots, interval=grid.interval, shares=shares, bends=tuple(bends))
    return replace(bent, waves=fit_waves(learn, np.flatnonzero(rows), days, bent.of(days)))


def _bend(offered: Floats, shares: Floats, slots: Floats) -> Floats | None:
    """Factor of each slot on special days beside the weekday's own shape; None where there is no evidence of one."""
    seen = ~np.isnan(offered)
    counts = np.where(seen, offered, 0.0)
    totals = counts.sum(axis=1) / np.maximum((shares * seen).sum(axis=1), 1e-9)
    block = np.unique(slots // BLOCK, return_inverse=True)[1]
    factor = by_hour(counts, shares * seen * totals[:, None], np.ones(len(counts)), slots, block)
    return None if np.allclose(factor, 1.0) else np.maximum(factor, 0.05)
