"""When a person must or must not be there: absences and locks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from wfm.schedule.people.people import People
from wfm.schedule.rules.hours import employed
from wfm.schedule.rules.rule import DAY, Rule, Span, shifts_of, span_of, spoken_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NotWhileAbsent(Rule):
    """No shift overlaps `off` or `leave`; a shift that meets a training or meeting holds it whole, off contacts.

    A person with `only` rows works inside them alone; nobody works before the first or after the last day with the
    centre.
    """

    name: ClassVar[str] = "not_while_absent"
    example: ClassVar[str] = "{type: not_while_absent}"

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every shift that meets an absence; amount = hours of the overlap."""
        shifts = spoken_of(shifts_of(roster), people, self)
        assert people.availability is not None
        away = people.availability
        rows = [
            *_over(shifts, away[away["kind"].isin(["off", "leave"])]),
            *_cut(shifts, roster, away[away["kind"].isin(["training", "meeting"])]),
            *_outside_only(shifts, away[away["kind"] == "only"]),
            *_not_with_us(shifts, people),
        ]
        return self.table(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocksKept(Rule):
    """Every lock holds: the shift type starts then (at any time where the lock names a day only), or the day is off."""

    name: ClassVar[str] = "locks_kept"
    example: ClassVar[str] = "{type: locks_kept}"

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every lock that the roster does not keep; amount = 1."""
        first, last = span_of(roster, span)
        shifts = spoken_of(shifts_of(roster), people, self)
        assert people.locks is not None
        rows = []
        locks = people.locks[people.locks["agent"].isin(self.of(people)["agent"])]
        for lock in locks[(locks["start"] >= first) & (locks["start"] < last)].itertuples():
            kept, wanted = _kept(shifts[shifts["agent"] == lock.agent], lock)
            if not kept:
                rows.append(
                    (lock.agent, lock.start, 1, f"{lock.agent} is locked to {wanted}, which the roster does not keep")
                )
        return self.table(rows)


Row = tuple[Any, Any, float, str]


def _over(shifts: pd.DataFrame, away: pd.DataFrame) -> list[Row]:
    met = shifts.merge(away, on="agent", suffixes=("", "_away"))
    met = met[(met["start"] < met["end_away"]) & (met["end"] > met["start_away"])]
    hours = (met[["end", "end_away"]].min(axis=1) - met[["start", "start_away"]].max(axis=1)).dt.total_seconds() / 3600
    return [
        (a, s, h, f"{a} works on {s:%a %d %b %H:%M} during {kind}")
        for a, s, h, kind in zip(met["agent"], met["start"], hours, met["kind"], strict=True)
    ]


def _cut(shifts: pd.DataFrame, roster: pd.DataFrame, away: pd.DataFrame) -> list[Row]:
    """Trainings that a shift holds in part, or during which the person is on contacts or at a break."""
    met = shifts.merge(away, on="agent", suffixes=("", "_away"))
    met = met[
        (met["start"] < met["end_away"])
        & (met["end"] > met["start_away"])
        & ((met["start"] > met["start_away"]) | (met["end"] < met["end_away"]))
    ]
    rows = [
        (a, s, 1.0, f"{a} starts a shift on {s:%a %d %b %H:%M} that holds only a part of the {kind}")
        for a, s, kind in zip(met["agent"], met["start"], met["kind"], strict=True)
    ]
    other = roster[roster["shift"].notna() & roster["activity"].isin(["work", "break", "meal"])]
    busy = other[["agent", "start", "end"]].merge(away, on="agent", suffixes=("", "_away"))
    busy = busy[(busy["start"] < busy["end_away"]) & (busy["end"] > busy["start_away"])]
    return rows + [
        (a, s, 1.0, f"{a} is at work or at a break during the {kind} of {s:%a %d %b %H:%M}")
        for a, s, kind in zip(busy["agent"], busy["start"], busy["kind"], strict=True)
    ]


def _outside_only(shifts: pd.DataFrame, only: pd.DataFrame) -> list[Row]:
    rows = []
    for agent, spans in only.groupby("agent"):
        own = shifts[shifts["agent"] == agent]
        for start, end in zip(own["start"], own["end"], strict=True):
            if not ((spans["start"] <= start) & (spans["end"] >= end)).any():
                hours = (end - start).total_seconds() / 3600
                rows.append(
                    (
                        str(agent),
                        start,
                        hours,
                        f"{agent} works on {start:%a %d %b %H:%M} outside the times that the person is available for",
                    )
                )
    return rows


def _not_with_us(shifts: pd.DataFrame, people: People) -> list[Row]:
    spans = employed(people)
    rows = []
    for agent, start in zip(shifts["agent"], shifts["start"], strict=True):
        if agent not in spans:
            rows.append((agent, start, 1.0, f"{agent} is not among the people"))
        elif not spans[agent][0] <= start < spans[agent][1]:
            rows.append((agent, start, 1.0, f"{agent} works on {start:%a %d %b} but is not with the centre then"))
    return rows


def _kept(own: pd.DataFrame, lock: Any) -> tuple[bool, str]:
    kind, start, end, queue = lock.type, lock.start, lock.end, lock.queue
    day = start.normalize()
    if kind == "off":
        until = day + DAY if pd.isna(end) else end
        words = f"off on {day:%a %d %b}" if until <= day + DAY else f"off from {start:%a %d %b} to {until:%a %d %b}"
        return not ((own["day"] >= day) & (own["day"] < until)).any(), words
    at = "" if start == day else f" at {start:%H:%M}"
    right = (own["shift"] == kind) & (own["day"] == day) & ((own["start"] == start) if at else True)
    if isinstance(queue, str):
        right &= own["queue"] == queue
    return bool(right.any()), f"{kind!r} on {day:%a %d %b}{at}" + (f" for {queue}" if isinstance(queue, str) else "")
