"""Histories whose intervals became wider or narrower on some day, where no `end` tells it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.durations import spoken
from wfm.errors import DataError

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
    if "end" in history:
        return
    for queue, mine in history.groupby("queue", sort=False):
        width = _widths(pd.DatetimeIndex(mine["start"]))
        changed = width.ne(width.shift()).cumsum()
        spans = width.groupby(changed).agg(["first", "size"])
        if len(spans) != 2 or spans["size"].min() < DAYS:
            continue
        day = width.index[changed.to_numpy() == changed.iloc[-1]][0]
        before, after = (spoken(float(step)) for step in spans["first"])
        raise DataError(
            f"history of queue {queue!r} has intervals of {before} until {day - pd.Timedelta(days=1):%Y-%m-%d} and of "
            f"{after} from {day:%Y-%m-%d} on. Give the column `end`, or sum all of it to the wider ones.",
            table="history",
            column="start",
        )


def _widths(starts: pd.DatetimeIndex) -> pd.Series:
    """Smallest step between the starts of each day that has many [s]."""
    days = starts.normalize()
    step = np.diff(starts.to_numpy()) / np.timedelta64(1, "s")
    within = np.asarray(days[1:] == days[:-1])
    found = pd.Series(step[within], index=days[1:][within]).groupby(level=0).agg(["min", "size"])
    return found.loc[found["size"] >= ROWS - 1, "min"]
