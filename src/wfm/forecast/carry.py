"""What the hours that came say of the rest of the day, and of the days after it.

A day that runs high in the morning need not run high in the afternoon: how much of a surprise is carried on is learned
from past days, each forecast the evening before, and may be nothing at all. The full ratio of what came to what was
expected, as spreadsheets carry it on, makes the rest of most days worse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.forecast.grid import DayGrid
from wfm.forecast.level import DayLevel

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
MOMENTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Parts of the day's contacts that have come when the forecast is looked at again."""
SILENT = 10.0
"""Days that show nothing, with which the past days are mixed."""
LEAST = 20
"""Past days below which nothing is carried on."""
WILD = 2.5
"""Surprises are drawn in to so many standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """How much of the log surprise of a day's first part its rest takes over.

    Attributes
    ----------
    moments : array     Part of the day's expected contacts that have come.
    factor : array      Share of the log surprise that the rest takes over, never negative.
    left : array        Share of the variance of the rest's level that is still unknown then.
    """

    moments: Floats
    factor: Floats
    left: Floats

    def at(self, passed: float) -> tuple[float, float]:
        """Factor and share left when a part of the day has passed; at its start nothing is known."""
        grid = np.append(0.0, self.moments)
        factor = float(np.interp(passed, grid, np.append(0.0, self.factor)))
        return factor, float(np.interp(passed, grid, np.append(1.0, self.left)))


def learn_carry(grid: DayGrid, rows: Bools, shares: Floats, level: DayLevel) -> Carry:
    """Learn from past days, forecast from the evening before with the shape of earlier weeks (`earlier_shares`)."""
    moments = np.array(MOMENTS)
    kept = np.flatnonzero(rows)[-len(level.days) :]
    checked = [
        place
        for place in range(25, len(kept))
        if not np.isnan(shares[kept[place]]).any() and grid.seen[kept[place]].all()
    ]
    if len(checked) < LEAST or len(grid.slots) < 4:
        return Carry(moments=moments, factor=np.zeros(len(moments)), left=np.ones(len(moments)))
    early, late = np.array([_surprises(grid, kept[p], p, shares, level, moments) for p in checked]).transpose(1, 0, 2)
    early, late = _drawn_in(early), _drawn_in(late)
    own, rest = (early**2).sum(axis=0), (late**2).sum(axis=0)
    silent = SILENT / len(checked)
    factor = np.clip((early * late).sum(axis=0) / np.maximum(own * (1 + silent), 1e-12), 0.0, 1.0)
    missed = ((late - factor * early) ** 2).sum(axis=0)
    left = (missed + silent * rest) / np.maximum(rest * (1 + silent), 1e-12)
    return Carry(moments=moments, factor=factor, left=np.clip(left, 0.1, 1.0))


def _surprises(
    grid: DayGrid, day: int, place: int, shares: Floats, level: DayLevel, moments: Floats
) -> tuple[Floats, Floats]:
    """Log of what came over what was expected, before and after each moment of one day."""
    log_rate = level.middle + float(level.factor[place, :place] @ level.surprise[:place])
    expected = np.append(0.0, np.cumsum(np.exp(log_rate) * shares[day]))
    came = np.append(0.0, np.cumsum(grid.offered[day]))
    at = np.clip(np.searchsorted(expected, moments * expected[-1]), 1, len(expected) - 2)
    before = np.log((came[at] + 1) / (expected[at] + 1))
    return before, np.log((came[-1] - came[at] + 1) / (expected[-1] - expected[at] + 1))


def _drawn_in(surprise: Floats) -> Floats:
    limit = WILD * 1.4826 * np.median(np.abs(surprise), axis=0)
    return np.asarray(np.clip(surprise, -limit, limit))
