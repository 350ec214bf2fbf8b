"""Which days of history had service, and which hours of the week are open by now."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import Calendar
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.opening import RUN, SHUT, STRAY

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
ABOUT = 10
"""Days to either side that tell whether a low day is one of many."""
LOST = 0.5
"""Share of the usual contacts below which days about a low one make it no exception."""
LATELY = 56
"""Days whose hours are those of now."""
OPENED = 5
"""Days on which a new hour was open that are no exception, and days before them without it."""
MOSTLY = 0.8
"""Share of the days since then on which a new hour was open."""


def open_rows(days: pd.DatetimeIndex, totals: Floats, exposure: Floats, calendar: Calendar) -> Bools:
    """Days with service: seen for at least a quarter of their contacts, and not far below what their weekday has then.

    A closed day that was recorded as zeros, or as a handful of calls that reached a machine, is no ordinary day. A
    small queue's quiet days are chance: a day is closed only where Poisson chance cannot explain it. Where most days
    about it are as low, a queue has lost contacts and is not closed.
    """
    seen = exposure >= 0.25
    whole = np.where(seen, totals / np.maximum(exposure, 1e-9), np.nan)
    usual = np.full(len(days), np.nan)
    weekdays = np.asarray(days.day_of_week)
    for weekday in range(7):
        mine = np.flatnonzero(weekdays == weekday)
        if len(mine):
            usual[mine] = _running_median(whole[mine], 8)
    limit = np.where(calendar.is_holiday(days), STRAY, 0.35)
    with np.errstate(invalid="ignore"):
        about = _running_median(np.where(usual > 0, whole / np.maximum(usual, 1e-9), np.nan), ABOUT)
        limit = np.where(about < LOST, np.maximum(limit * about, STRAY), limit)
        closed = (whole < limit * usual) & (usual - whole > 4 * np.sqrt(usual))
        # a weekday that is mostly closed has a usual day of nothing
        idle = usual < 0.02 * np.nanmedian(whole[whole > 0]) if (whole > 0).any() else seen
        idle &= ~_rarely(whole, weekdays)
        return np.asarray(seen & ~closed & ~(idle & (whole <= usual)))


def _rarely(whole: Floats, weekdays: npt.NDArray[np.int64]) -> Bools:
    """Days of weekdays whose days of nothing are Poisson chance: so little comes, and not that they are closed.

    On a weekday on which nothing ever came, a tenth of what the queue has a day must have brought something by now.
    """
    rare, told = np.zeros(len(whole), dtype=bool), ~np.isnan(whole)
    tenth = 0.1 * float(whole[told].mean()) if told.any() else 0.0
    for weekday in np.unique(weekdays):
        mine = weekdays == weekday
        known = whole[mine & told]
        if len(known):
            least = max(float(known.mean()), tenth)
            nothing = len(known) * np.exp(-least)
            rare[mine] = (known == 0).sum() <= nothing + 3 * np.sqrt(nothing * (1 - np.exp(-least)))
    return rare


def _running_median(values: Floats, reach: int) -> Floats:
    """Median of each value and of so many to either side; nan = missing, and where all are."""
    padded = np.full(len(values) + 2 * reach, np.nan)
    padded[reach : reach + len(values)] = values
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)  # nan go last
    last = np.maximum((~np.isnan(windows)).sum(axis=1) - 1, 0)
    rows = np.arange(len(values))
    return np.asarray((windows[rows, last // 2] + windows[rows, (last + 1) // 2]) / 2)


def open_by_now(grid: DayGrid, rows: Bools) -> Bools:
    """(7, slots) slots that were open on at least half of the recent open days of the weekday.

    Hours that were opened since then are open, those that were closed for good are not, once it is no exception. After
    weeks without data or service a week tells.
    """
    known, number = np.flatnonzero(rows), np.arange(len(rows))
    last = known[-1]
    lately = (number > last - LATELY) & (number <= last)
    again = known[1:][np.diff(known) > SHUT]
    if len(again) and last - again[-1] >= 6:
        lately &= number >= again[-1]
    of_late, day = np.bincount(grid.weekday[lately], minlength=7), np.flatnonzero(rows & lately)
    seen, weekday = grid.seen[day], grid.weekday[day]
    open_ = np.zeros((7, len(grid.slots)), dtype=bool)
    for one in range(7):
        same = weekday == one
        if same.sum() * 2 >= of_late[one] > 0:
            open_[one] = seen[same].mean(axis=0) >= 0.5
    for slot in np.flatnonzero(seen.any(axis=0) & ~seen.all(axis=0)):
        at = np.flatnonzero(seen[:, slot])
        mine = np.flatnonzero(np.isin(weekday, weekday[at]))
        if last - day[at[-1]] >= SHUT and (mine > at[-1]).sum() >= RUN:
            open_[:, slot] = False
        if min(at[0], len(at)) >= OPENED and len(at) >= MOSTLY * (mine >= at[0]).sum():
            open_[weekday[at], slot] = True
    return open_
