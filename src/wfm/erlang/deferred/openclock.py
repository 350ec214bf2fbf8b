"""A clock that runs only while a queue is open: when so many open seconds have passed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from wfm.durations import DAY, seconds
from wfm.errors import SettingError
from wfm.hours import OpeningHours

_STEP = 900.0  # opening hours are known to the quarter of an hour where no interval is given
_MOST_DAYS = 370


class OpenClock:
    """Starts of the open intervals, and their width [s]; beyond the last start time runs on by itself.

    >>> clock = OpenClock(pd.DatetimeIndex(["2026-11-21 15:00", "2026-11-22 08:00"]), 3600)
    >>> clock.after(pd.Series(pd.to_datetime(["2026-11-21 15:30"])), 3600).strftime("%d %H:%M").tolist()
    ['22 08:30']
    """

    def __init__(self, starts: pd.DatetimeIndex, width: float) -> None:
        self.starts = pd.DatetimeIndex(starts).sort_values().as_unit("ns")
        if not len(self.starts):
            raise SettingError("open_starts must hold at least one start.", name="open_starts")
        self.width = width

    def after(self, moments: pd.Series, allowance: float) -> pd.DatetimeIndex:
        """The moments at which so many open seconds have passed."""
        at = pd.DatetimeIndex(moments).as_unit("ns")
        place = self.starts.searchsorted(at, side="right") - 1
        inside = np.zeros(len(at))
        held = place >= 0
        inside[held] = (at[held] - self.starts[place[held]]).total_seconds()
        closed = inside >= self.width
        open_now = np.where(closed | ~held, (place + 1) * self.width, place * self.width + inside)
        target = open_now + allowance
        slot = np.maximum(np.ceil(target / self.width - 1e-9).astype(int) - 1, 0)
        last = np.minimum(slot, len(self.starts) - 1)
        due = self.starts[last] + pd.to_timedelta(target - last * self.width, unit="s")
        return pd.DatetimeIndex(np.maximum(due.to_numpy(), (at + pd.Timedelta(seconds=1)).to_numpy()))


def clock_of(
    *,
    hours: OpeningHours | None,
    open_starts: pd.DatetimeIndex | None,
    interval: Any,
    moments: pd.DatetimeIndex,
    longest: float,
) -> OpenClock | None:
    """The clock of opening hours, or of open starts; None = elapsed time.

    Opening hours are followed from the first moment until so long a time has passed in them after the last one: work
    that waits since yesterday, and work that is due after the horizon, are dated by the same hours.
    """
    if hours is None:
        return None if open_starts is None else OpenClock(open_starts, seconds(interval, name="interval"))
    width = _STEP if interval is None else seconds(interval, name="interval")
    begin = moments.min().normalize()
    enough = longest + width
    days = int((moments.max().normalize() - begin).days) + 1 + int(np.ceil(enough / DAY))
    while True:
        starts = hours.starts(begin, days, width)
        if len(starts[starts >= moments.max()]) * width >= enough:
            return OpenClock(starts, width)
        if days > _MOST_DAYS:
            raise SettingError(
                f"hours must open for {longest / 3600:g} h within a year after {moments.max()}; a deadline in "
                "opening hours would never come.",
                name="hours",
            )
        days *= 2
