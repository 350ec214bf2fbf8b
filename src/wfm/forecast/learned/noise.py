"""How slots stray from the day's level times its shape, beyond Poisson chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.profile import weekday_shares
from wfm.forecast.learned.waves import Waves

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
RECENT = 17
"""Weeks in which the forecast of the shape is checked."""
BLOCK = 3600.0
"""Width of the blocks in which a slot's own noise is learned [s]."""
FAMILIAR = 20.0
"""Cells that the noise of the whole day is worth beside that of one block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotNoise:
    """How slots stray from the day's level times its shape, beyond Poisson chance.

    Attributes
    ----------
    variance : array    Relative variance of each slot.
    along : float       Correlation between neighbouring slots of a day, per slot.
    lasting : float     Share of the variance that comes back on the same weekday of the next week.
    """

    variance: Floats
    along: float
    lasting: float


def slot_noise(grid: DayGrid, earlier: Floats) -> SlotNoise:
    """Learn the slots' own noise from shapes that knew only earlier weeks (`earlier_shares`), as a forecast does."""
    count = len(grid.slots)
    if count == 1:
        return SlotNoise(variance=np.zeros(1), along=0.0, lasting=0.0)
    expected = earlier * _day_totals(grid)[:, None]
    seen = grid.seen & ~np.isnan(expected)
    if seen.sum() < 5 * count:
        return SlotNoise(variance=np.full(count, 0.01), along=0.5, lasting=0.3)
    base = np.where(seen, expected, 0.0)
    error = _bounded(np.where(seen, grid.offered - expected, 0.0), base)
    variance = _by_time_of_day(np.where(seen, error**2 - base, 0.0), base**2, seen, grid.slots)
    overall = max(float((error**2 - base).sum() / (base**2).sum()), 1e-6)
    return SlotNoise(
        variance=variance, along=_repeats(error, base, overall, (0, 1)), lasting=_repeats(error, base, overall, (7, 0))
    )


def _bounded(error: Floats, base: Floats) -> Floats:
    """Errors with the wildest drawn in to 2.5 standard deviations: a fault of one hour is no noise of every day."""
    for _ in range(2):
        variance = max(float((error**2 - base).sum() / (base**2).sum()), 1e-6)
        limit = 2.5 * np.sqrt(base + variance * base**2)
        error = np.clip(error, -limit, limit)
    return error


def earlier_shares(grid: DayGrid, rows: Bools, days: DayFeatures, waves: Waves | None = None) -> Floats:
    """(days, slots) shares of the day's contacts by what earlier weeks showed; nan where not checked.

    They add up to 1 over the slots that were seen. `days` are the features of the open rows.
    """
    shares = np.full(grid.offered.shape, np.nan)
    if len(grid.slots) == 1:
        return np.where(rows[:, None], 1.0, np.nan)
    last = len(grid.days)
    learn = grid.without(np.broadcast_to(~rows[:, None], grid.offered.shape))
    factors = [] if waves is None else waves.factors()
    for week in range(RECENT):
        end, begin = last - 7 * week, max(last - 7 * week - 7, 0)
        if rows[:begin].sum() < 15:
            break
        old = replace(
            learn,
            days=grid.days[:begin],
            offered=learn.offered[:begin],
            aht=grid.aht[:begin],
            handled=grid.handled[:begin],
        )
        usual = weekday_shares(old, float(begin - 1), rounds=2)
        mine = usual[grid.weekday[begin:end]]
        if waves is not None and rows[begin:end].any():
            ahead = days.take(np.arange(rows[:begin].sum(), rows[:end].sum()))
            open_ = rows[begin:end]
            mine[open_] = waves.earlier(begin, usual, ahead, mine[open_], factors)
        exposure = np.where(learn.seen[begin:end], mine, 0.0).sum(axis=1)
        checked = rows[begin:end] & (exposure > 0.5)
        shares[begin:end][checked] = mine[checked] / exposure[checked, None]
    return shares


def _day_totals(grid: DayGrid) -> Floats:
    return np.asarray(np.where(grid.seen, grid.offered, 0.0).sum(axis=1))


def _by_time_of_day(excess: Floats, base: Floats, seen: Bools, slots: Floats) -> Floats:
    """Excess over base by blocks of an hour, shrunk to that of the whole day by the number of cells."""
    block = np.unique(slots // BLOCK, return_inverse=True)[1]
    top = np.bincount(block, weights=excess.sum(axis=0))
    bottom = np.bincount(block, weights=base.sum(axis=0))
    cells = np.bincount(block, weights=seen.sum(axis=0))
    overall = max(float(excess.sum() / max(base.sum(), 1e-12)), 1e-6)
    own = top / np.maximum(bottom, 1e-12)
    mixed = (own * cells + overall * FAMILIAR) / (cells + FAMILIAR)
    return np.asarray(np.maximum(mixed, 0.25 * overall)[block])


def _repeats(error: Floats, base: Floats, variance: float, shift: tuple[int, int]) -> float:
    """Correlation of the noise with itself some days or slots away, Poisson chance taken out."""
    rows, columns = shift
    ahead = error[rows:, columns:], base[rows:, columns:]
    behind = (
        error[: len(error) - rows, : error.shape[1] - columns],
        base[: len(base) - rows, : base.shape[1] - columns],
    )
    weight = float((ahead[1] * behind[1]).sum())
    if weight <= 0:
        return 0.0
    return float(np.clip((ahead[0] * behind[0]).sum() / weight / variance, 0.0, 0.95))
