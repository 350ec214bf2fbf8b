"""The time axis of a design: equal slots fine enough for every start, length and break."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY
from wfm.errors import DataError, SettingError
from wfm.schedule.shifts.shift_types import ShiftType

MOST_SLOTS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAxis:
    """Slots of `step` seconds counted from `origin`; on a cyclic axis slot `slots` is slot 0 again.

    Attributes
    ----------
    origin : Timestamp      Start of slot 0.
    step : int              Width of a slot [s].
    slots : int             Slots of the horizon.
    cyclic : bool           Whether the horizon's end runs into its beginning.
    """

    origin: pd.Timestamp
    step: int
    slots: int
    cyclic: bool

    @property
    def hours(self) -> float:
        """Width of a slot [h]."""
        return self.step / 3600

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The days on which a shift may start."""
        last = self.origin + pd.Timedelta(seconds=self.step * self.slots) - pd.Timedelta(seconds=1)
        return pd.date_range(self.origin.normalize(), last.normalize(), freq="D")

    def slot_of(self, moment: pd.Timestamp) -> int:
        """The slot that starts at a moment; negative before the origin."""
        return round((moment - self.origin).total_seconds() / self.step)

    def slots_of(self, moments: pd.Series) -> npt.NDArray[np.int64]:
        """The slots that start at the moments."""
        seconds = (moments - self.origin).dt.total_seconds().to_numpy()
        return np.asarray(np.rint(seconds / self.step), dtype=np.int64)

    def wrapped(self, slots: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The same slots inside the horizon where the axis is cyclic."""
        return slots % self.slots if self.cyclic else slots


def time_axis(
    requirement: pd.DataFrame, shift_types: Sequence[ShiftType], interval: float, *, cyclic: bool
) -> TimeAxis:
    """The axis for one queue: its slot is the greatest step common to intervals, starts, lengths and breaks."""
    first, last = requirement["start"].min(), requirement["end"].max()
    origin, until = first.normalize(), last
    if cyclic:
        origin, until = _cycle(first, last)
    moments = {
        *_seconds_after(requirement["start"], origin),
        *_seconds_after(requirement["end"], origin),
        _whole(DAY),
        _whole((until - origin).total_seconds()),
        *(_whole((day - origin).total_seconds()) for day in (first.normalize(), last.normalize())),
    }
    step = gcd(*moments, *(part for kind in shift_types for part in _parts(kind, interval)))
    slots = _whole((until - origin).total_seconds()) // step
    if slots > MOST_SLOTS:
        raise SettingError(
            f"starts, lengths and breaks have only {step} s in common, which makes {slots} slots of the "
            f"horizon (at most {MOST_SLOTS}). Choose times on a common grid such as 15 minutes.",
            name="shift_types",
            value=step,
        )
    return TimeAxis(origin=origin, step=step, slots=slots, cyclic=cyclic)


def _cycle(first: pd.Timestamp, last: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Whole days that hold the requirement: from midnight where that takes no more days, else from its first start."""
    days = -(-(last - first) // pd.Timedelta(days=1))
    whole = pd.Timedelta(days=int(days))
    midnight = first.normalize()
    origin = midnight if midnight + whole >= last else first
    return origin, origin + whole


def _seconds_after(moments: pd.Series, origin: pd.Timestamp) -> Iterable[int]:
    seconds = np.unique((moments - origin).dt.total_seconds().to_numpy())
    whole = np.rint(seconds).astype(np.int64)
    if np.abs(seconds - whole).max(initial=0.0) > 1e-6:
        raise DataError(
            "requirement.start and end must lie on whole seconds. Round the times.", table="requirement", column="start"
        )
    return [int(value) for value in whole]


def _parts(kind: ShiftType, interval: float) -> Iterable[int]:
    yield _whole(kind.length)
    for start in kind.starts:
        yield _whole(start)
        for pause in kind.breaks:
            yield _whole(pause.length)
            yield from (_whole(moment) for moment in pause.starts(start, kind.length, interval))


def _whole(seconds: float) -> int:
    if abs(seconds - round(seconds)) > 1e-6:
        raise SettingError(
            f"times and lengths of shifts must be whole seconds, got {seconds!r}.", name="shift_types", value=seconds
        )
    return round(seconds)
