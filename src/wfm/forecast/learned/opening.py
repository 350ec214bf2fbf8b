"""Opening hours that changed, where a file has zeros for closed hours: an hour is learned as it is now."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.grid import DayGrid

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
NO_CHANCE = 15.0
"""Minus the logarithm of the probability of zeros in a row that are no chance: one of many hours is always odd."""
RUN = 3
"""Fewest days of such zeros, and of contacts beside them."""
SCATTER = 0.1
"""Least squared coefficient of variation of the rate of an hour."""
BESIDE = 20
"""Most days next to the zeros that tell how many contacts they lack."""
CONTACTS = 15.0
"""Fewest contacts on these days."""
SHUT = 14
"""Days of zeros from which on an hour is closed for good."""
STRAY = 0.05
"""Part of the usual contacts that may reach a closed centre."""


def outside_opening(grid: DayGrid, special: Bools) -> Bools:
    """(days, slots) cells from before an hour was opened, or before it was closed for good.

    A centre that opens an hour earlier since May has zeros there until April: no day of now is like these. All days are
    looked at together, then each weekday by itself. Gaps in the middle of history are left as they are, they may be a
    season's.

    Parameters
    ----------
    special : array     Days that may have hours of their own; they neither tell nor are told of.
    """
    found = np.zeros(grid.offered.shape, dtype=bool)
    worked = np.flatnonzero((np.nansum(grid.offered, axis=1) > 0) & ~special)
    if len(grid.slots) < 2 or not (grid.offered[worked] == 0).any():
        return found
    cells, weekday = grid.offered[worked], grid.weekday[worked]
    doubtful = np.flatnonzero((cells == 0).any(axis=0))
    cells, day = cells[:, doubtful].copy(), worked.astype(float)
    for one in range(7):  # an hour in which a weekday is always closed says nothing of when others opened it
        mine = weekday == one
        cells[np.ix_(mine, ~(cells[mine] > 0).any(axis=0))] = np.nan
    outside = np.zeros(cells.shape, dtype=bool)
    for mine in (weekday >= 0, *(weekday == one for one in range(7))):
        rows = np.flatnonzero(mine)
        if len(rows) >= 2 * RUN:
            outside[rows] |= _before_it_was_so(cells[rows], day[rows])
            cells[outside] = np.nan
    found[np.ix_(worked, doubtful)] = outside
    return found


def _before_it_was_so(cells: Floats, day: Floats) -> Bools:
    """(days, slots) cells before a slot was opened, or before it was closed."""
    row, usual = np.arange(len(cells))[:, None], _usual(cells)
    opened, is_opened = _first_contacts(cells, usual)
    after, is_closed = _first_contacts(cells[::-1], usual)
    last = len(cells) - 1 - after
    is_closed &= day[-1] - day[last] >= SHUT
    return np.asarray((row < opened) & is_opened | (row <= last) & is_closed)


def _usual(cells: Floats) -> Floats:
    """Mean of each slot's cells with contacts."""
    busy = cells > 0  # nan is not
    return np.asarray(np.where(busy, cells, 0.0).sum(axis=0) / np.maximum(busy.sum(axis=0), 1))


def _first_contacts(cells: Floats, usual: Floats) -> tuple[Ints, Bools]:
    """Row in which the contacts of each slot begin, and whether the zeros before it are no chance."""
    row, seen = np.arange(len(cells))[:, None], ~np.isnan(cells)
    busy = cells > STRAY * usual
    at = busy.argmax(axis=0)
    before, after = seen & (row < at), seen & (row >= at)
    beside = after & (np.cumsum(after, axis=0) <= BESIDE)
    number = np.maximum(beside.sum(axis=0), 1)
    came = np.where(beside, cells, 0.0).sum(axis=0) / number
    square = (np.where(beside, cells - came, 0.0) ** 2).sum(axis=0) / number
    scatter = np.maximum((square - came) / np.maximum(came, 1e-9) ** 2, SCATTER)  # of a gamma rate
    none = np.log1p(scatter * came) / scatter  # minus the logarithm of the probability of a zero
    often = (busy & beside).sum(axis=0) >= np.maximum(RUN, beside.sum(axis=0) / 2)
    run = before.sum(axis=0)
    enough = often & (run >= RUN) & (number * came >= CONTACTS)
    return at, enough & (run * none >= NO_CHANCE)
