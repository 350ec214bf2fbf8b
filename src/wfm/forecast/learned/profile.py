"""The shape of a day: the share of its contacts that each slot gets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.durations import DAY
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.waves import Waves, blocks, fine, fit_waves

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
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
        shares = self.bent(days, self.shares[days.weekday])
        return shares if self.waves is None else self.waves.on(days, shares)

    def bent(self, days: DayFeatures, shares: Floats, seen: Bools | bool = True) -> Floats:
        """Shares of usual days made those of these days, of which some are special; where `seen` they add up to 1."""
        shares = shares * self._factor(days)
        return np.asarray(shares / np.maximum(shares.sum(axis=1, keepdims=True, where=seen), 1e-12))

    def straightened(self, grid: DayGrid, rows: Bools, days: DayFeatures) -> DayGrid:
        """The grid as if its special days had been usual ones; `days` are the features of its open `rows`."""
        if not self.bends:
            return grid
        offered = grid.offered.copy()
        straight = offered[rows] / self._factor(days)
        kept = np.nansum(offered[rows], axis=1) / np.maximum(np.nansum(straight, axis=1), 1e-9)
        offered[rows] = straight * kept[:, None]
        return replace(grid, offered=offered)

    def _factor(self, days: DayFeatures) -> Floats:
        """(days, slots) by how much each slot is bent."""
        factor = np.ones((len(days), len(self.slots)))
        for name, bend in self.bends:
            factor[special(days, name)] *= bend
        return factor

    def at(self, days: DayFeatures, second: Floats) -> Floats:
        """Share of the slot that begins at `second` on each of the days; between known slots by straight lines."""
        _, first, back = np.unique(days.day, return_index=True, return_inverse=True)
        shares = self.of(days.take(first))[back]
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
    age = today - np.arange(len(grid.days))
    told = np.flatnonzero(grid.seen.any(axis=1) & (age >= 0))
    seen, weekday = grid.seen[told], grid.weekday[told]
    weight = np.asarray(0.5 ** (age[told] / HALF_LIFE))
    counts = np.where(seen, grid.offered[told], 0.0)
    rounds = 1 if seen.all() else rounds
    shares = np.full((7, len(grid.slots)), 1 / len(grid.slots))
    for _ in range(rounds):
        totals = counts.sum(axis=1) / np.maximum((shares[weekday] * seen).sum(axis=1), 1e-9)
        if rounds == 1:
            totals = counts.sum(axis=1)
        shares = _shares(counts, seen, totals, weight, weekday, grid.slots)
    return shares


def _shares(counts: Floats, seen: Bools, totals: Floats, weight: Floats, weekday: Ints, slots: Floats) -> Floats:
    """The common shape, bent for busy and quiet weekdays and then for each weekday, as far as the data say so."""
    base = totals[:, None] * seen
    common = (weight @ counts) / np.maximum(weight @ base, 1e-12)
    common = common / max(common.sum(), 1e-12)
    if len(slots) == 1:
        return np.ones((7, 1))
    shares, expected = np.tile(common, (7, 1)), base * common
    for of_weekday in (_quiet_and_busy(totals, weight, weekday), np.arange(7)):
        if of_weekday is None:
            continue
        group = of_weekday[weekday]
        mine = np.equal.outer(np.arange(of_weekday.max() + 1), group) * weight
        bent = by_hour(counts, expected, mine, group, slots)
        bent = bent * _shrunk_ratio(counts, expected * bent[group], mine, group)
        shares *= bent[of_weekday]
        expected *= bent[group]
    return np.asarray(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12))


def _quiet_and_busy(totals: Floats, weight: Floats, weekday: Ints) -> Ints | None:
    """The weekdays in two groups, if some are clearly quieter than most: days of rest have a shape of their own.

    Those without days are in a third.
    """
    worked = np.bincount(weekday, weights=weight, minlength=7)
    sums = np.bincount(weekday, weights=totals * weight, minlength=7)
    means = np.sort(sums[worked > 0] / worked[worked > 0])
    middle = float(means[(len(means) - 1) // 2] + means[len(means) // 2]) / 2 if len(means) else 0.0
    quiet = (worked > 0) & (sums < QUIET * middle * worked)
    return np.where(worked > 0, np.where(quiet, 0, 1), 2) if quiet.any() else None


def by_hour(
    counts: Floats, expected: Floats, weights: Floats, group: Ints, slots: Floats, *, block: float = BLOCK
) -> Floats:
    """(groups, slots) factor of each slot by blocks of an hour, straight lines between their middles.

    Parameters
    ----------
    weights : array     (groups, days) of each day in its group, 0 in others.
    group : array       Of each day.
    block : float       Width of the blocks, where not an hour [s].
    """
    first, middles = blocks(slots, block)
    came, due = (np.add.reduceat(cells, first, axis=1) for cells in (counts, expected))
    factors = _shrunk_ratio(came, due, weights, group)
    return np.array([np.maximum(np.interp(slots, middles, factor), 0.0) for factor in factors])


def _shrunk_ratio(counts: Floats, expected: Floats, weights: Floats, group: Ints) -> Floats:
    """(groups, columns) ratio of each column's counts to what was expected, shrunk to 1; 1 in a group without days.

    The variance of the ratios between columns beyond what the scatter from day to day explains says how much of them to
    believe (empirical Bayes): a Friday of another shape keeps it, a Tuesday like all others borrows theirs.
    """
    sums, squares = weights @ expected, weights**2
    whole = np.maximum(sums, 1e-9)
    ratio = np.where(sums > 0, (weights @ counts) / whole, 1.0)
    days = weights.sum(axis=1, keepdims=True) ** 2 / np.maximum(squares.sum(axis=1, keepdims=True), 1e-300)
    scatter = squares @ (counts - expected * ratio[group]) ** 2 / whole**2
    # one more day of a usual scatter of 5% keeps a few days that happen to agree from being believed too much
    usual = 0.0025 / np.maximum(days, 1e-9) ** 2
    chance = np.maximum(scatter * days / np.maximum(days - 1, 0.5), squares @ expected / whole**2) + usual
    share = whole / whole.sum(axis=1, keepdims=True)
    between = np.maximum((share * ((ratio - 1) ** 2 - chance)).sum(axis=1, keepdims=True), 0.0)
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
    today = float(np.flatnonzero(rows)[-1])
    usual = Profile(slots=grid.slots, interval=grid.interval, shares=weekday_shares(learn, today))
    if len(grid.slots) < 3:
        return usual
    bends = _bends(learn.offered[rows], days, usual)
    if bends:  # usual days are those without them, and special ones are seen beside those
        ordinary = ~np.any([special(days, name) for name, _ in bends], axis=0)
        if _enough(days, ordinary):
            unbent = rows.copy()
            unbent[rows] = ordinary
            shares = weekday_shares(learn.without(~unbent[:, None] | np.zeros(grid.offered.shape, dtype=bool)), today)
            usual = replace(usual, shares=shares)
            bends = _bends(learn.offered[rows], days, usual)
    bent = replace(usual, bends=tuple(bends))
    straight = bent.straightened(learn, rows, days)
    return replace(bent, waves=fit_waves(straight, np.flatnonzero(rows), days, usual.of(days)))


def _enough(days: DayFeatures, ordinary: Bools) -> bool:
    """Whether each weekday that is worked has some weeks of ordinary days."""
    return all((ordinary & (days.weekday == weekday)).sum() >= 4 for weekday in set(days.weekday.tolist()))


def _bends(offered: Floats, days: DayFeatures, usual: Profile) -> list[tuple[str, Floats]]:
    """How the kinds of special days bend the shape, where there is evidence of it."""
    bends = []
    for name in kinds_of_days(days):
        mine = special(days, name)
        if mine.sum() >= 3 and (~mine).sum() >= 10:
            factor = _bend(offered[mine], usual.of(days.take(mine)), usual.slots)
            if factor is not None:
                bends.append((name, factor))
    return bends


def _bend(offered: Floats, shares: Floats, slots: Floats) -> Floats | None:
    """Factor of each slot on special days beside the weekday's own shape; None where there is no evidence of one."""
    seen = ~np.isnan(offered)
    counts = np.where(seen, offered, 0.0)
    totals = counts.sum(axis=1) / np.maximum((shares * seen).sum(axis=1), 1e-9)
    alike, mine = np.zeros(len(counts), dtype=np.int64), np.ones((1, len(counts)))
    expected = shares * seen * totals[:, None]
    factor = by_hour(counts, expected, mine, alike, slots)[0]
    factor = factor * by_hour(counts, expected * factor, mine, alike, slots, block=fine(totals, slots))[0]
    return None if np.allclose(factor, 1.0) else np.maximum(factor, 0.05)
