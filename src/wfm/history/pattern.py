"""In which hours of the week a queue is open, told by the rows that a file has."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY

_FURTHEST = 8  # weeks: hours that were not seen for longer are taken as not open in between
_OFTEN = 0.25  # share of the weeks in which an hour of the week must have a row to count as open
_MOST = 0.5  # share of the days in which a time of day must have a row to be usual

Flags = npt.NDArray[np.bool_]


def open_by_pattern(starts: pd.DatetimeIndex, asked: pd.DatetimeIndex, width: float) -> Flags:
    """Which moments lie in hours of the week that often have rows, before as well as after.

    Hours are blocks of half an hour (or one interval) of a weekday. Looking at both sides keeps hours that opened
    later, or closed since, out of the time when they were not; asking for a share of the weeks keeps out hours in which
    a stray contact came.

    >>> mondays = pd.date_range("2026-11-02 08:00", periods=4, freq="7D")
    >>> asked = pd.DatetimeIndex(["2026-11-09 08:00", "2026-11-09 12:00", "2026-11-10 08:00"])
    >>> open_by_pattern(mondays, asked, 1800).tolist()
    [True, False, False]
    """
    block = max(width, 1800.0)
    blocks = int(np.ceil(DAY / block)) * 7
    origin = starts[0].normalize() - pd.Timedelta(days=starts[0].day_of_week)

    def place(moments: pd.DatetimeIndex) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        week = np.asarray((moments - origin).days, dtype=np.int64) // 7
        second = np.asarray((moments - moments.normalize()).total_seconds(), dtype=float)
        weekday = np.asarray(moments.day_of_week, dtype=np.int64)
        return week, weekday * (blocks // 7) + (second // block).astype(np.int64)

    week, slot = place(starts)
    used, week = np.unique(week, return_inverse=True)  # weeks without any row do not count as time gone by
    seen = np.zeros((len(used), blocks), dtype=bool)
    seen[week, slot] = True
    order = np.arange(len(used))[:, None]
    last = np.maximum.accumulate(np.where(seen, order, -_FURTHEST * 10), axis=0)
    following = np.minimum.accumulate(np.where(seen, order, 10 * _FURTHEST + len(used))[::-1], axis=0)[::-1]
    asked_week, asked_slot = place(asked)
    before = np.searchsorted(used, asked_week, side="right") - 1
    after = np.minimum(np.searchsorted(used, asked_week, side="left"), len(used) - 1)
    near = following[after, asked_slot] - last[before, asked_slot] <= _FURTHEST
    often = _share_seen(seen, before, after, asked_slot) >= _OFTEN
    inside = _in_block(starts, asked, slot, asked_slot, blocks)
    # Between two rows of a day, a time of day that most other days have is open, whatever the weekday.
    return (near & often & inside) | (_within_day(starts, asked) & _usual_time(starts, asked, block))


def _usual_time(starts: pd.DatetimeIndex, asked: pd.DatetimeIndex, block: float) -> Flags:
    """Which moments lie in a block of the day in which at least half of the days have rows."""

    def place(moments: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
        second = np.asarray((moments - moments.normalize()).total_seconds(), dtype=float)
        return (second // block).astype(np.int64)

    days, day = np.unique(np.asarray(starts.normalize()), return_inverse=True)
    seen = np.zeros((len(days), int(np.ceil(DAY / block))), dtype=bool)
    seen[day, place(starts)] = True
    return np.asarray((seen.mean(axis=0) >= _MOST)[place(asked)])


def _share_seen(
    seen: Flags, before: npt.NDArray[np.int64], after: npt.NDArray[np.int64], slot: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Share of the weeks around that have a row in the slot; a stray contact a month opens no hour."""
    total = np.vstack([np.zeros((1, seen.shape[1]), dtype=np.int64), np.cumsum(seen, axis=0)])
    low, high = np.maximum(before - _FURTHEST, 0), np.minimum(after + _FURTHEST + 1, len(seen))
    share: npt.NDArray[np.float64] = (total[high, slot] - total[low, slot]) / (high - low)
    return share


def _within_day(starts: pd.DatetimeIndex, asked: pd.DatetimeIndex) -> Flags:
    """Which moments have a row earlier and a row later on their day."""
    ordered = starts.sort_values()
    place = ordered.searchsorted(asked)
    earlier = ordered[np.maximum(place - 1, 0)].normalize() == asked.normalize()
    later = ordered[np.minimum(place, len(ordered) - 1)].normalize() == asked.normalize()
    return np.asarray(earlier & later & (place > 0) & (place < len(ordered)))


def _in_block(
    starts: pd.DatetimeIndex,
    asked: pd.DatetimeIndex,
    slot: npt.NDArray[np.int64],
    asked_slot: npt.NDArray[np.int64],
    blocks: int,
) -> Flags:
    """Which moments lie between the first and the last time of day seen in their block."""
    second = np.asarray((starts - starts.normalize()).total_seconds(), dtype=float)
    low, high = np.full(blocks, np.inf), np.full(blocks, -np.inf)
    np.minimum.at(low, slot, second)
    np.maximum.at(high, slot, second)
    moment = np.asarray((asked - asked.normalize()).total_seconds(), dtype=float)
    return np.asarray((moment >= low[asked_slot]) & (moment <= high[asked_slot]))
