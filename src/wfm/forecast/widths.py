"""Histories whose intervals became wider or narrower on some day, where no `end` tells it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import spoken
from wfm.errors import DataError

Times = npt.NDArray[np.datetime64]
ROWS = 8
"""Rows of a day from which its smallest step tells the width of its intervals."""
DAYS = 7
"""Days of one width from which they are no chance."""


def refuse_two_widths(history: pd.DataFrame) -> None:
    """Refuse a history without `end` that has, say, half hours until some day and quarters of an hour from then on.

    >>> wide, narrow = (pd.date_range(day, periods=10 * 86400 // step, freq=f"{step}s")
    ...                 for day, step in (("2026-01-05", 1800), ("2026-01-15", 900)))
    >>> starts = wide.append(narrow)
    >>> refuse_two_widths(pd.DataFrame({"queue": "voice", "start": starts, "offered": 5.0}))
    Traceback (most recent call last):
    wfm.errors.DataError: history of queue 'voice' has intervals of 30 min until 2026-01-14 and of 15 min from ...
    """
    dates = history["start"].to_numpy().astype("datetime64[D]")
    later = dates[ROWS - 1 :]
    if "end" in history or not (later == dates[: len(later)]).any():
        return  # told, or no day has rows enough to tell
    for queue, mine in history.groupby("queue", sort=False)["start"]:
        days, width = _widths(mine.to_numpy())
        changed = np.flatnonzero(np.diff(width)) + 1
        if len(changed) != 1 or min(changed[0], len(width) - changed[0]) < DAYS:
            continue
        day = pd.Timestamp(days[changed[0]])
        before, after = spoken(float(width[0])), spoken(float(width[-1]))
        raise DataError(
            f"history of queue {queue!r} has intervals of {before} until {day - pd.Timedelta(days=1):%Y-%m-%d} and of "
            f"{after} from {day:%Y-%m-%d} on. Give the column `end`, or sum all of it to the wider ones.",
            table="history",
            column="start",
        )


def _widths(starts: Times) -> tuple[Times, npt.NDArray[np.float64]]:
    """The days that have many intervals, and the smallest step between the starts of each [s]."""
    days = starts.astype("datetime64[D]")
    first = np.flatnonzero(np.append(True, days[1:] != days[:-1]))
    step = np.append(np.diff(starts) / np.timedelta64(1, "s"), np.inf)
    step[first[1:] - 1] = np.inf  # from the last of one day to the first of the next
    many = np.diff(np.append(first, len(days))) >= ROWS
    return days[first][many], np.minimum.reduceat(step, first)[many]
