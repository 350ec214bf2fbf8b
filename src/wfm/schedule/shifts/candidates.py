"""Every shift that may be worked: type x day x start, inside opening hours, with the groups of its breaks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import clock
from wfm.errors import SettingError, WfmWarning, listed
from wfm.hours import OpeningHours
from wfm.schedule.shifts.axis import TimeAxis
from wfm.schedule.shifts.breaks import Cluster, clusters_of
from wfm.schedule.shifts.shift_types import ShiftType

Key = tuple[str, float]
"""Shift type and start [s after midnight]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One shift that may be worked by any number of people.

    Attributes
    ----------
    kind : ShiftType
    day : Timestamp                     The day on which it starts.
    clock : float                       Its start [s after midnight].
    start, length : int                 [slots from the axis' origin], [slots].
    clusters : tuple of Cluster         Its breaks, in slots after `midnight`.
    midnight : int                      Slot of the day's midnight.
    groups : tuple of int               The group of each cluster.
    """

    kind: ShiftType
    day: pd.Timestamp
    clock: float
    start: int
    length: int
    clusters: tuple[Cluster, ...]
    midnight: int
    groups: tuple[int, ...]

    @property
    def paid_hours(self) -> float:
        """Paid hours of one person."""
        return self.kind.paid_seconds / 3600

    @property
    def key(self) -> Key:
        """What makes two shifts of different days the same distinct shift."""
        return self.kind.name, self.clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Break clusters of several candidates that share all their absolute places: only their sum matters.

    Every way to hand the chosen places to the members is feasible, so the model keeps one set of numbers per group
    rather than per shift. The linear bound stays that of the model with breaks per shift, with far fewer columns.
    (Implicit breaks: Bechtold and Jacobs 1990, Management Science 36; Aykin 1996, Management Science 42.)
    """

    cluster: Cluster
    places: tuple[tuple[int, ...], ...]  # start slots from the origin, in the order of the cluster's placements
    members: tuple[int, ...]  # candidates, in order


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """All shifts of one queue and the groups of their breaks."""

    axis: TimeAxis
    shifts: tuple[Candidate, ...]
    groups: tuple[Group, ...]

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Start slot of every shift."""
        return np.array([shift.start for shift in self.shifts], dtype=np.int64)


def candidates_for(
    axis: TimeAxis, shift_types: Sequence[ShiftType], interval: float, hours: OpeningHours | None
) -> Candidates:
    """The candidates of a queue on its axis; a shift starts on a day of the horizon.

    Raises
    ------
    SettingError    Where a break has no place in any start of its shift type.
    """
    open_spans = _open_slots(axis, hours)
    keys: dict[tuple[object, ...], int] = {}
    groups: list[tuple[Cluster, int]] = []
    members: list[list[int]] = []
    shifts: list[Candidate] = []
    for kind in shift_types:
        placed = _placed(kind, interval, axis.step)
        for day in axis.dates:
            if not kind.starts_on(day):
                continue
            midnight = axis.slot_of(day)
            for start, clusters in placed:
                begin, length = midnight + round(start / axis.step), round(kind.length / axis.step)
                if not _may_lie(axis, begin, length, None if kind.outside_hours else open_spans):
                    continue
                own = []
                for cluster in clusters:
                    shift = int(axis.wrapped(np.array(midnight + cluster.first))) - cluster.first
                    key = (shift + cluster.first, cluster.pattern)
                    number = keys.setdefault(key, len(keys))
                    if number == len(groups):
                        groups.append((cluster, shift))
                        members.append([])
                    members[number].append(len(shifts))
                    own.append(number)
                shifts.append(
                    Candidate(
                        kind=kind,
                        day=day,
                        clock=start,
                        start=begin,
                        length=length,
                        clusters=clusters,
                        midnight=midnight,
                        groups=tuple(own),
                    )
                )
    return Candidates(
        axis=axis,
        shifts=tuple(shifts),
        groups=tuple(
            Group(
                cluster=cluster,
                members=tuple(own),
                places=tuple(tuple(start + shift for start in placement) for placement in cluster.placements),
            )
            for (cluster, shift), own in zip(groups, members, strict=True)
        ),
    )


def _placed(kind: ShiftType, interval: float, step: int) -> list[tuple[float, tuple[Cluster, ...]]]:
    """The starts of a shift type that leave every break a place."""
    found = [(start, clusters_of(kind, start, interval, step)) for start in kind.starts]
    lost = [clock(start) for start, clusters in found if clusters is None]
    if len(lost) == len(found):
        raise SettingError(
            f"shift {kind.name!r} has no start at which all its breaks find a place, on a grid of "
            f"{interval / 60:g} min and in their order. Widen the windows, or give the breaks a finer "
            "`grid`.",
            name="breaks",
            value=kind.name,
        )
    if lost:
        warnings.warn(
            f"shift {kind.name!r} is not used at {listed(lost)}: some break has no place there. Widen its "
            "window or drop these starts.",
            WfmWarning,
            stacklevel=2,
        )
    return [(start, clusters) for start, clusters in found if clusters is not None]


def _may_lie(axis: TimeAxis, begin: int, length: int, open_spans: list[tuple[int, int]] | None) -> bool:
    if not 0 <= begin < axis.slots:
        return False
    return open_spans is None or any(first <= begin and begin + length <= last for first, last in open_spans)


def _open_slots(axis: TimeAxis, hours: OpeningHours | None) -> list[tuple[int, int]] | None:
    """Opening hours as spans of slots, joined where one runs into the next."""
    if hours is None:
        return None
    joined: list[tuple[int, int]] = []
    days = pd.date_range(axis.dates[0] - pd.Timedelta(days=1), axis.dates[-1] + pd.Timedelta(days=2), freq="D")
    for day in days:
        midnight = axis.slot_of(day)
        for first, last in sorted(hours.of(day)):
            begin, end = midnight + -int(-first // axis.step), midnight + int(last // axis.step)
            if joined and begin <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((begin, end))
    return joined
