"""Why nothing is lawful for a person: the locks alone, held against each hard rule, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from wfm.durations import clock
from wfm.hours import OpeningHours
from wfm.schedule.lawful.absences import as_roster
from wfm.schedule.lawful.options import Patterns
from wfm.schedule.people.people import People
from wfm.schedule.rules import LocksKept, Rule
from wfm.schedule.rules.rule import with_kinds
from wfm.schedule.shifts.demand import Demand


def contradictions_of(
    agent: str,
    people: People,
    demand: Demand,
    patterns: Patterns,
    rules: Sequence[Rule],
    hours: Mapping[str, OpeningHours],
) -> list[str]:
    """The hard rules that the locks of a person break by themselves; never empty."""
    roster = _locked(agent, people, demand, patterns, hours)
    span = (demand.first, demand.last)
    found: list[str] = []
    for rule in rules:
        if not rule.hard or isinstance(rule, LocksKept) or not len(roster):
            continue
        table = with_kinds(rule, patterns.types).violations(roster, people, span)
        mine = table[(table["agent"] == agent) & table["hard"].astype(bool)]
        found += [
            f"locks of {agent} against {rule.name}: {message}"
            for message in mine["message"]
            if " of at least " not in message
        ]
    found += _doubled(agent, people, demand)
    found += _closed(roster, patterns, hours)
    if not found:
        names = ", ".join(dict.fromkeys(rule.name for rule in rules if rule.hard))
        found.append(f"{agent} has no lawful sequence of days under {names} with {_said(roster)}")
    return list(dict.fromkeys(found))


def _locked(
    agent: str, people: People, demand: Demand, patterns: Patterns, hours: Mapping[str, OpeningHours]
) -> pd.DataFrame:
    """A roster of nothing but the locked shifts; a lock that names a day only takes the first start of its type."""
    assert people.locks is not None
    locks = people.locks[(people.locks["agent"] == agent) & (people.locks["type"] != "off")]
    rows = []
    for start, name, queue in zip(locks["start"], locks["type"], locks["queue"], strict=True):
        if not demand.first <= start < demand.last:
            continue
        begin = start
        own = patterns.is_type([name])
        if start == start.normalize() and 0.0 not in patterns.starts[own]:
            begin = start + pd.Timedelta(seconds=float(patterns.starts[own].min()))
        length = next(kind.length for kind in patterns.types if kind.name == name)
        served = queue if isinstance(queue, str) else (people.skills[agent] or demand.queues)[0]
        rows.append((agent, begin, begin + pd.Timedelta(seconds=length), "work", True, name, served))
    return as_roster(rows)


def _doubled(agent: str, people: People, demand: Demand) -> list[str]:
    """A day that is locked to work and to off, or to two types."""
    assert people.locks is not None
    locks = people.locks[people.locks["agent"] == agent]
    found = []
    taken: dict[pd.Timestamp, str] = {}
    for start, end, name in zip(locks["start"], locks["end"], locks["type"], strict=True):
        last = end if name == "off" and not pd.isna(end) else start.normalize() + pd.Timedelta(days=1)
        for day in pd.date_range(start.normalize(), last - pd.Timedelta(seconds=1), freq="D"):
            if taken.setdefault(day, name) != name and demand.first <= day < demand.last:
                found.append(f"locks of {agent} name both {taken[day]!r} and {name!r} on {day:%a %d %b}")
    return found


def _closed(roster: pd.DataFrame, patterns: Patterns, hours: Mapping[str, OpeningHours]) -> list[str]:
    types = {kind.name: kind for kind in patterns.types}
    found = []
    for agent, start, end, name, queue in zip(
        *(roster[c] for c in ("agent", "start", "end", "shift", "queue")), strict=True
    ):
        if not types[name].starts_on(start):
            found.append(f"the lock of {agent} on {start:%a %d %b}: shift {name!r} does not start on that weekday")
        grid = pd.date_range(start, end, freq="5min", inclusive="left")
        if queue in hours and not types[name].outside_hours and not hours[queue].is_open(grid).all():
            found.append(
                f"the lock of {agent} on {start:%a %d %b} "
                f"{clock((start - start.normalize()).total_seconds())}: "
                f"{queue} is not open all along"
            )
    return found


def _said(roster: pd.DataFrame) -> str:
    if not len(roster):
        return "no locks at all: a hard least cannot be reached"
    return "locks " + ", ".join(
        f"{kind} on {start:%a %d %b %H:%M}" for kind, start in zip(roster["shift"], roster["start"], strict=True)
    )
