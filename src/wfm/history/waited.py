"""Contacts that came while nobody was there and waited for the next opening: e-mails of the night, of the weekend."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.hours import OpeningHours

from .bins import combine
from .gaps import open_during


def next_opening(starts: pd.DatetimeIndex, width: float, hours: OpeningHours) -> pd.DatetimeIndex:
    """Each start that is open itself, else the start of the first open interval after it; NaT where it still waits.

    It waits where no interval has been open since, up to the last start of all.

    >>> starts = pd.DatetimeIndex(["2026-11-20 09:00", "2026-11-20 19:00", "2026-11-23 09:00", "2026-11-23 20:00"])
    >>> opening = next_opening(starts, 3600, OpeningHours.read({"mon-fri": "08:00-18:00"}))
    >>> [str(start) for start in opening[1:]]
    ['2026-11-23 08:00:00', '2026-11-23 09:00:00', 'NaT']
    """
    if not len(starts):
        return starts
    midnight = starts.min().normalize()
    phase = pd.Timedelta(seconds=(starts[0] - starts[0].normalize()).total_seconds() % width)
    grid = pd.date_range(midnight + phase, starts.max(), freq=pd.Timedelta(seconds=width))
    open_ = grid[open_during(grid, width, hours)]
    following = pd.Series(open_).reindex(np.searchsorted(open_, starts)).to_numpy()
    return pd.DatetimeIndex(np.where(open_during(starts, width, hours), starts, following))


def with_what_waited(history: pd.DataFrame, hours: OpeningHours) -> pd.DataFrame:
    """The history of one queue within its hours, what came outside of them counted where the next opening begins.

    What came after the last opening of the history still waits, and is left out.
    """
    if history.empty:
        return history
    length = (history["end"] - history["start"]).iloc[0]
    starts = pd.DatetimeIndex(history["start"])
    opening = next_opening(starts, length.total_seconds(), hours)
    if (opening == starts).all():
        return history
    end = history["end"].where(opening == starts, opening + length)
    waited = history.assign(start=opening, end=end)[opening.notna()]
    return combine(waited) if len(waited) else waited
