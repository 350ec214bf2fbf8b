"""The rows of a shift that a planner wrote as a time: its breaks from a shift of the same type, or from the type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from wfm.schedule import ShiftType
from wfm.schedule.cover.lines import activity_of
from wfm.schedule.shifts.breaks import clusters_of
from wfm.versions.cells import Duty, Part, duties

Row = tuple[str, pd.Timestamp, pd.Timestamp, str, bool, str | None, str | None]
COLUMNS = ("agent", "start", "end", "activity", "paid", "shift", "queue")
SECOND = pd.Timedelta(seconds=1)
Away = tuple[pd.Timedelta, pd.Timedelta, str, bool]  # from, until (since the shift's start), activity, paid


class ShiftBook:
    """What shifts of a centre look like: learned from a roster, and from its shift types where they are given."""

    def __init__(self, roster: pd.DataFrame, shift_types: Sequence[ShiftType] = ()) -> None:
        """Learn the pattern of every shift of the roster."""
        self.types = {kind.name: kind for kind in shift_types}
        self.known: list[tuple[Duty, list[Away]]] = []
        paid = roster.set_index(["agent", "start"])["paid"]
        for duty in duties(roster):
            if duty.kind == "work" and duty.type:
                away = [
                    (start - duty.start, end - duty.start, what, bool(paid[duty.agent, start]))
                    for what, start, end in duty.parts
                    if what in ("break", "meal")
                ]
                self.known.append((duty, away))

    def type_of(self, agent: str, start: pd.Timestamp, end: pd.Timestamp, first: str = "") -> str | None:
        """The type of a shift with these times: `first` if it fits, else one that the person works, else any."""
        length, second = end - start, (start - start.normalize()).total_seconds()
        fitting = [duty for duty, _ in self.known if duty.end - duty.start == length]
        exact = [
            kind.name for kind in self.types.values() if kind.length == length.total_seconds() and second in kind.starts
        ]
        own = [duty.type for duty in fitting if duty.agent == agent]
        others = sorted(
            {duty.type for duty in fitting}
            | {kind.name for kind in self.types.values() if kind.length == length.total_seconds()}
        )
        for candidates in (
            [first] if first in {*exact, *others} else [],
            [name for name in own if name in exact],
            exact,
            own,
            others,
        ):
            if candidates:
                return candidates[0]
        return None

    def rows(
        self,
        agent: str,
        span: tuple[pd.Timestamp, pd.Timestamp],
        kind: str,
        queue: str | None,
        placed: Sequence[Part] = (),
    ) -> list[Row]:
        """The rows of a shift, with trainings at their own times and breaks where such shifts have them."""
        start, end = span
        away = [(start + begin, start + until, what, paid) for begin, until, what, paid in self._away(kind, start, end)]
        inside = [(begin, until, what, True) for what, begin, until in placed if begin >= start and until <= end]
        away = [pause for pause in away if not any(pause[0] < p[1] and pause[1] > p[0] for p in inside)]
        rows: list[Row] = []
        reached = start
        for begin, until, what, paid in sorted([*away, *inside]):
            if begin > reached:
                rows.append((agent, reached, begin, "work", True, kind, queue))
            rows.append((agent, begin, until, what, paid, kind, queue))
            reached = until
        if end > reached:
            rows.append((agent, reached, end, "work", True, kind, queue))
        return rows

    def _away(self, kind: str, start: pd.Timestamp, end: pd.Timestamp) -> list[Away]:
        """Breaks of the published shift of this type that starts nearest by the clock; else the earliest allowed."""
        same = [(duty, away) for duty, away in self.known if duty.type == kind and duty.end - duty.start == end - start]
        if same:
            clock = start - start.normalize()
            return min(same, key=lambda one: abs(one[0].start - one[0].start.normalize() - clock))[1]
        return _earliest(self.types[kind], start) if kind in self.types else []


def _earliest(kind: ShiftType, start: pd.Timestamp) -> list[Away]:
    begin, step = (start - start.normalize()).total_seconds(), 60
    clusters = clusters_of(kind, begin, 900.0, step)
    found: list[Any] = []
    for cluster in clusters or ():
        for pause, slot in zip(cluster.breaks, cluster.placements[0], strict=True):
            after = (slot * step - begin) * SECOND
            found.append((after, after + pause.length * SECOND, activity_of(pause), pause.paid))
    return found
