"""An independent checker: whether a roster keeps every rule, told from its table and the rules' text alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from wfm.durations import clock
from wfm.errors import listed
from wfm.hours import OpeningHours
from wfm.schedule.people.people import People
from wfm.schedule.rules import ALWAYS, Rule, rules_of, with_breaks_apart
from wfm.schedule.rules.rule import Span, joined, no_violations, read_once, shifts_of, with_kinds
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.tables import ROSTER

AWAY = ("break", "meal")
Found = tuple[str, str, pd.Timestamp, float, str]


def check_roster(
    roster: pd.DataFrame,
    people: People,
    rules: Iterable[Rule] | None,
    shift_types: Sequence[ShiftType],
    *,
    hours: Mapping[str, OpeningHours] | None = None,
    span: Span | None = None,
    interval: float = 900.0,
) -> pd.DataFrame:
    """Everything in a roster that is not as it must be; an empty table where all is well.

    Structure first: rows of a shift follow one another, the type is known and may start then, every break lies in its
    window, nothing overlaps, shifts lie inside the opening hours. Then every rule's own `violations`. No code is shared
    with the solver.

    Parameters
    ----------
    roster : roster table
    rules : rules that hold on top of those that always hold; None = those of the contracts. Breaks with
        `most_at_once` are watched in any case.
    span : (first day, first day after)     What the roster plans; None = from its first to its last day.
    interval : float                        Grid of breaks that have none of their own [s].

    Returns
    -------
    table : rule, agent, start, amount, message, hard, cost
    """
    given = list(rules_of(people.contracts) if rules is None else rules)
    always = [kind() for kind in ALWAYS if not any(isinstance(rule, kind) for rule in given)]
    faults = _column_faults(roster)
    if faults:
        return _as_table(faults)  # nothing else can be read
    faults = _overlaps(roster)
    every = with_breaks_apart([*always, *given], shift_types)
    with read_once(roster, people.previous, people.published):
        if not faults:
            faults = [*_shift_faults(roster, shift_types, interval), *_outside_hours(roster, shift_types, hours or {})]
        broken = [with_kinds(rule, shift_types).violations(roster, people, span) for rule in every]
    return joined([_as_table(faults), *broken])


def hard_only(violations: pd.DataFrame) -> pd.DataFrame:
    """The broken hard rules of a table of violations."""
    return violations[violations["hard"].astype(bool)].reset_index(drop=True)


def _as_table(faults: list[Found]) -> pd.DataFrame:
    if not faults:
        return no_violations()
    table = pd.DataFrame(faults, columns=["rule", "agent", "start", "amount", "message"])
    return table.assign(hard=True, cost=0.0)


def _column_faults(roster: pd.DataFrame) -> list[Found]:
    missing = [name for name in (*ROSTER.required, "shift") if name not in roster]
    if missing:
        return [("structure", "", pd.Timestamp(0), 1.0, f"roster has no column {listed(missing)}")]
    bad = roster[roster["end"] <= roster["start"]]
    return [
        ("structure", a, s, 1.0, f"{a} has a row at {s} that ends before it starts")
        for a, s in zip(bad["agent"], bad["start"], strict=True)
    ]


def _overlaps(roster: pd.DataFrame) -> list[Found]:
    rows = roster.sort_values(["agent", "start"], kind="stable")
    latest = rows.groupby("agent")["end"].cummax().groupby(rows["agent"]).shift(1)
    bad = rows[(rows["start"] < latest).to_numpy(dtype=bool)]
    return [
        ("structure", a, s, 1.0, f"{a} does two things at once on {s:%a %d %b %H:%M}")
        for a, s in zip(bad["agent"], bad["start"], strict=True)
    ]


def _shift_faults(roster: pd.DataFrame, shift_types: Sequence[ShiftType], interval: float) -> list[Found]:
    types = {kind.name: kind for kind in shift_types}
    rows = roster[roster["shift"].notna()].sort_values(["agent", "start"], kind="stable")
    before = rows.shift(1)
    fresh = (rows["agent"] != before["agent"]) | (rows["start"] != before["end"]) | (rows["shift"] != before["shift"])
    number = fresh.cumsum().to_numpy()
    agent, kind = rows["agent"].to_numpy(), rows["shift"].to_numpy()
    activity, paid = rows["activity"].to_numpy(), rows["paid"].to_numpy(dtype=bool)
    start, end = rows["start"].astype("datetime64[ns]"), rows["end"].astype("datetime64[ns]")
    day = start.dt.normalize()
    begins = pd.Index(start)
    since = start.astype("int64").to_numpy() / 1e9
    until = end.astype("int64").to_numpy() / 1e9
    midnight = day.astype("int64").to_numpy() / 1e9
    faults: list[Found] = []
    bounds = [int(k) for k in np.flatnonzero(np.diff(np.r_[-1, number]))]
    for first, last in zip(bounds, [*bounds, len(number)][1:], strict=True):
        own = slice(first, last)
        parts = list(
            zip(activity[own], paid[own], since[own] - midnight[first], until[own] - midnight[first], strict=True)
        )
        what = (
            f"shift {kind[first]!r} is not a known type ({listed(types)})"
            if kind[first] not in types
            else _fault(types[kind[first]], parts, pd.Timestamp(begins[first]), interval)
        )
        if what:
            moment = pd.Timestamp(begins[first])
            faults.append(
                ("structure", agent[first], moment, 1.0, f"{agent[first]} on {moment:%a %d %b %H:%M}: {what}")
            )
    return faults


Part = tuple[str, bool, float, float]


def _fault(kind: ShiftType, parts: list[Part], moment: pd.Timestamp, interval: float) -> str | None:
    """What is wrong with one shift, given as (activity, paid, start, end) in seconds after midnight."""
    begin, end = parts[0][2], parts[-1][3]
    if not any(abs(begin - start) < 1e-6 for start in kind.starts):
        return f"{kind.name} may not start at {clock(begin)}"
    if not kind.starts_on(moment):
        return f"{kind.name} may not start on a {moment:%A}"
    if abs(end - begin - kind.length) > 1e-6:
        return f"{kind.name} lasts {kind.length / 3600:g} h, here {(end - begin) / 3600:g} h"
    return _break_fault(kind, parts, begin, interval)


def _break_fault(kind: ShiftType, parts: list[Part], begin: float, interval: float) -> str | None:
    taken = _parted([part for part in parts if part[0] in AWAY], kind)
    if any(not paid for activity, paid, *_ in parts if activity not in AWAY):
        return "work is not paid"
    if len(taken) != len(kind.breaks):
        return f"{kind.name} has {len(kind.breaks)} breaks, here {len(taken)}"
    for pause, (_, paid, start, end) in zip(kind.breaks, taken, strict=True):
        if abs(end - start - pause.length) > 1e-6:
            return f"break {pause.name} lasts {pause.length / 60:g} min, here {(end - start) / 60:g} min"
        if paid != pause.paid:
            return f"break {pause.name} is {'paid' if pause.paid else 'unpaid'}"
        after, of_day = start - begin, start % 86_400
        if pause.between is not None and not pause.between[0] - 1e-6 <= after <= pause.between[1] + 1e-6:
            return f"break {pause.name} starts {after / 60:g} min into the shift, outside its window"
        if pause.clock is not None and not _in_clock(of_day, pause.clock):
            return f"break {pause.name} starts at {clock(of_day)}, outside its window"
        grid = pause.grid or interval
        if abs(start / grid - round(start / grid)) > 1e-6:
            return f"break {pause.name} starts at {clock(of_day)}, off the grid of {grid / 60:g} min"
    return None


def _parted(taken: list[Part], kind: ShiftType) -> list[Part]:
    """The breaks of a shift; a row that holds several breaks which follow at once is cut into them."""
    if len(taken) == len(kind.breaks):
        return taken
    parts: list[Part] = []
    queue = list(kind.breaks)
    for activity, paid, start, end in taken:
        while end - start > 1e-6:
            length = queue.pop(0).length if queue else end - start
            parts.append((activity, paid, start, min(end, start + length)))
            start += length
    return parts


def _in_clock(of_day: float, window: tuple[float, float]) -> bool:
    first, last = window
    return first <= of_day <= last if first <= last else of_day >= first or of_day <= last


def _outside_hours(roster: pd.DataFrame, shift_types: Sequence[ShiftType], hours: Mapping[str, Any]) -> list[Found]:
    free = {kind.name for kind in shift_types if kind.outside_hours}
    shifts = shifts_of(roster)
    faults: list[Found] = []
    for queue, opening in hours.items():
        own = shifts[(shifts["queue"] == queue) & ~shifts["shift"].isin(free)]
        for agent, start, end in zip(own["agent"], own["start"], own["end"], strict=True):
            if not _open_all_along(opening, start, end):
                faults.append(
                    (
                        "opening_hours",
                        agent,
                        start,
                        1.0,
                        f"{agent} works on {start:%a %d %b %H:%M}-{end:%H:%M} outside the hours of {queue}",
                    )
                )
    return faults


def _open_all_along(opening: OpeningHours, start: pd.Timestamp, end: pd.Timestamp) -> bool:
    """Whether the open spans around a shift leave no moment of it uncovered."""
    reached = start
    day = start.normalize()
    spans = [
        (day + pd.Timedelta(days=k, seconds=a), day + pd.Timedelta(days=k, seconds=b))
        for k in (-1, 0, 1)
        for a, b in opening.of(day + pd.Timedelta(days=k))
    ]
    for first, last in sorted(spans):
        if first <= reached < last:
            reached = last
    return reached >= end
