"""One queue's history as a matrix of days and slots of the day."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY
from wfm.errors import DataError
from wfm.tables import interval_of, with_end

Floats = npt.NDArray[np.float64]


FEWEST_SLOTS = 8  # of a day, from which a cell can be told from its day


@dataclass(frozen=True, slots=True, kw_only=True)
class DayGrid:
    """What one queue saw, a row a day and a column a slot of the day.

    Attributes
    ----------
    days : DatetimeIndex    Every calendar day of the span.
    slots : array           Start of each slot that was ever seen [s after midnight].
    interval : float        Width of a slot [s].
    offered : array         (days, slots) contacts; nan = not observed, closed or left out.
    aht : array             (days, slots) handle time [s]; nan = unknown.
    handled : array         (days, slots) contacts behind `aht`.
    """

    queue: str
    days: pd.DatetimeIndex
    slots: Floats
    interval: float
    offered: Floats
    aht: Floats
    handled: Floats

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """Where there are data."""
        return ~np.isnan(self.offered)

    @property
    def weekday(self) -> npt.NDArray[np.int64]:
        """Weekday of each day, Monday = 0."""
        return (self.days.to_numpy().astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1970 began on a Thursday

    def moments(self) -> npt.NDArray[np.datetime64]:
        """(days, slots) start of every cell."""
        first = self.days.to_numpy().astype("datetime64[s]")
        return np.asarray(first[:, None] + self.slots.astype("timedelta64[s]")[None, :])

    def freaks(self) -> npt.NDArray[np.bool_]:
        """Cells so far above what their day and slot are like that they are a slip of the data: a digit too many.

        The usual cell is the slot's median times the day's median over it, or what its weekday has in the slot where
        that is more: a day of rest may open in the evening only. A spike of calls, some times that, stays.
        """
        if self.offered.shape[1] < FEWEST_SLOTS or not self.seen.any():
            return np.zeros(self.offered.shape, dtype=bool)
        told = np.flatnonzero(self.seen.any(axis=1))
        cells, weekday = self.offered[told], self.weekday[told]
        slot = _median(cells, axis=0)
        busy = slot >= 1
        day = _median(cells[:, busy] / slot[busy], axis=1, missing=1.0) if busy.any() else np.ones(len(cells))
        same = np.array([_median(cells[weekday == one], axis=0) for one in range(7)])
        usual = np.maximum(day[:, None] * slot, same[weekday])
        found = np.zeros(self.offered.shape, dtype=bool)
        found[told] = cells > 8 * usual + 10 * np.sqrt(usual) + 15  # nan is not
        return found

    def without(self, cells: npt.NDArray[np.bool_]) -> DayGrid:
        """The grid with some cells left out of learning."""
        return replace(self, offered=np.where(cells, np.nan, self.offered), aht=np.where(cells, np.nan, self.aht))


def day_grid(history: pd.DataFrame, queue: str) -> DayGrid:
    """The history of one queue on its grid; `history` is a checked table.

    Raises
    ------
    DataError       The width of the intervals differs, or is longer than a day.
    """
    mine = history[history["queue"] == queue]
    interval = _interval(mine)
    if interval > DAY:
        raise DataError(
            f"history of queue {queue!r} must have intervals of at most a day, got {interval:g} s. "
            "Hand in daily or finer data.",
            table="history",
            column="end",
        )
    starts = pd.DatetimeIndex(mine["start"])
    days = pd.date_range(starts.min().normalize(), starts.max().normalize(), freq="D")
    slots, column = np.unique(slot_of(starts), return_inverse=True)
    dates = starts.to_numpy().astype("datetime64[D]")
    row = (dates - dates.min()).astype(np.int64)
    left_out = _flag(mine)
    values = {}
    for name in ("offered", "aht", "handled"):
        cells = np.full((len(days), len(slots)), np.nan)
        cells[row, column] = np.where(left_out, np.nan, _column(mine, name))
        values[name] = cells
    return DayGrid(queue=queue, days=days, slots=slots, interval=interval, **values)


def _interval(table: pd.DataFrame) -> float:
    """Width of a queue's intervals [s]: where no end is told, the smallest step between starts, which are in order."""
    steps = np.diff(table["start"].to_numpy()) if "end" not in table else np.zeros(0, dtype="timedelta64[s]")
    return float(steps.min() / np.timedelta64(1, "s")) if len(steps) else interval_of(with_end(table))


def _median(cells: Floats, *, axis: int, missing: float = 0.0) -> Floats:
    """Median of what was observed, and `missing` where nothing was."""
    if not cells.shape[axis]:
        return np.full(cells.shape[1 - axis], missing)
    if not np.isnan(cells).any():
        return np.asarray(np.median(cells, axis=axis))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nan_to_num(np.nanmedian(cells, axis=axis), nan=missing)


def _column(table: pd.DataFrame, name: str) -> Floats:
    """A column as numbers; contacts handled are the answered, else the offered."""
    if name == "handled":
        offered = table["offered"].to_numpy(dtype=float, na_value=np.nan)
        answered = _column(table, "answered")
        return np.where(np.isnan(answered), offered, answered)
    if name not in table:
        return np.full(len(table), np.nan)
    return table[name].to_numpy(dtype=float, na_value=np.nan)


def _flag(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    if "excluded" not in table:
        return np.zeros(len(table), dtype=bool)
    return table["excluded"].eq(True).to_numpy(dtype=bool)


def slot_of(starts: pd.DatetimeIndex) -> Floats:
    """Seconds after midnight of each start."""
    moment = starts.to_numpy()
    return np.asarray((moment - moment.astype("datetime64[D]")) / np.timedelta64(1, "s"))
