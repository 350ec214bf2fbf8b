"""Which few relaxations make contradictory locks, absences and rules lawful again, each confirmed by solving."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from wfm.errors import InfeasibleError
from wfm.schedule.desk.gains import Late, lawful_of, only
from wfm.schedule.desk.loosening import LEASTS, STEPS, Loosening, line_of, loosenings
from wfm.schedule.lawful.absences import absence_rows
from wfm.schedule.people.people import People
from wfm.schedule.results import Roster
from wfm.schedule.roster.rosters import _Case, _case, _people, build_roster
from wfm.schedule.rules.rule import Rule, each, with_exceptions

MOST_STEPS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What makes a contradictory roster lawful, and that roster.

    Attributes
    ----------
    relaxations : DataFrame     agent, relaxation, line (of the week's file; none for a lock or an absence that goes).
    roster : Roster             Built again with all of them: it keeps every other hard rule.
    """

    relaxations: pd.DataFrame
    roster: Roster

    @property
    def text(self) -> str:
        """The relaxations in plain words."""
        if not len(self.relaxations):
            return "Nothing contradicts."
        return "\n".join(f"{row.agent}: {row.relaxation}" for row in each(self.relaxations))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One thing that gives way: rules of a person, or a row of the locks or absences."""

    words: str
    rules: tuple[Rule, ...] = ()
    table: str | None = None
    entry: tuple[str, pd.Timestamp, str] | None = None  # agent, start, and what it says


def mend_contradictions(given: Mapping[str, Any], *, time_limit: float = 60.0) -> Mended:
    """The fewest and smallest relaxations for each person for whom nothing is lawful, confirmed by building the roster.

    Steps of a rule first, then a lock or an absence that gives way, then pairs of them. Nothing is relaxed for anybody
    for whom something is lawful.

    Parameters
    ----------
    given : mapping         The arguments of `build_roster` by name.
    time_limit : float      Wall seconds to look for relaxations; the roster has its own.

    Raises
    ------
    InfeasibleError     No two relaxations help somebody, or none was found in time.

    >>> from wfm.schedule import Contract, ShiftType
    >>> locks = pd.DataFrame({"agent": "Ada", "start": pd.date_range("2026-11-23", periods=3), "type": "day"})
    >>> people = People(agents=pd.DataFrame({"agent": ["Ada"], "contract": "pt"}), locks=locks,
    ...                 contracts={"pt": Contract(name="pt", max_consecutive_days=2)})
    >>> needed = pd.DataFrame({"day": pd.date_range("2026-11-23", periods=3), "type": "day", "people": 1})
    >>> mended = mend_contradictions({"demand": needed, "agents": people,
    ...                               "shift_types": [ShiftType(name="day", length="8h", starts="08:00")]})
    >>> mended.relaxations[["agent", "relaxation"]].values.tolist(), mended.roster.objective
    ([['Ada', 'max_consecutive_days 2->3']], 0.0)
    """
    began = time.perf_counter()
    people = _people(given["agents"], given.get("contracts"), given.get("week_start"))
    case = _case_of(given, people)

    def late() -> bool:
        return time.perf_counter() - began > time_limit

    found = {agent: _smallest(case, agent, late) for agent in _contradictory(case)}
    changes = [change for own in found.values() for change in own]
    again = {
        **given,
        "agents": _without(people, changes),
        "rules": [*given.get("rules", ()), *(rule for change in changes for rule in change.rules)],
    }
    rows = [
        (agent, change.words, "; ".join(line_of(rule) for rule in change.rules) or None)
        for agent, own in found.items()
        for change in own
    ]
    table = pd.DataFrame(rows, columns=["agent", "relaxation", "line"])
    return Mended(relaxations=table, roster=build_roster(**again))


def _case_of(given: Mapping[str, Any], people: People) -> _Case:
    return _case(
        given["demand"],
        people,
        given.get("rules", ()),
        given["shift_types"],
        given.get("hours") or {},
        given.get("start"),
        bool(given.get("cyclic", False)),
        given.get("end"),
    )


def _contradictory(case: _Case) -> list[str]:
    return [agent for k, agent in enumerate(case.people.names) if not _possible(case, k)]


def _possible(case: _Case, person: int) -> bool:
    """Whether anything at all is lawful for a person."""
    own = case.choices[person]
    return bool(np.isfinite(case.lawful.tours[person].solve(_open(case, person), own.off)[0]))


def _open(case: _Case, person: int) -> Any:
    """Cost of each day and pattern, infinite where no queue is served then."""
    own = case.choices[person]
    served = np.isfinite(own.queue_cost)[:, None, None] & case.patterns.open
    for day in np.flatnonzero(own.queue_locked >= 0):
        served[np.arange(len(served)) != own.queue_locked[day], day] = False
    return np.where(served.any(axis=0), own.cost, np.inf)


def _smallest(case: _Case, agent: str, late: Late) -> tuple[_Change, ...]:
    """The first relaxation, or pair, with which something is lawful for a person."""
    alone = replace(case, people=only(case.people, [agent]))
    changes = list(_changes(alone, agent))
    for change in changes:
        if late():
            break
        if _helps(alone, (change,)):
            return (change,)
    widest = [change for change in changes if change.table is not None or _is_last(change, changes)]
    for pair in combinations(widest, 2):
        if late():
            break
        if _helps(alone, pair):
            return pair
    raise InfeasibleError(
        f"{'in this time ' if late() else ''}no one or two relaxations of rules, locks and absences make anything "
        f"lawful for {agent}; correct the locks:",
        reasons=[change.words for change in changes[:20]],
    )


def _changes(case: _Case, agent: str) -> Iterator[_Change]:
    """What might give way, the smallest first."""
    own = [rule for rule in case.rules if agent in set(rule.of(case.people)["agent"])]
    for steps in range(1, MOST_STEPS + 1):
        for loosening in loosenings(own):
            if len(loosening.rules) == 1 and (steps == 1 or loosening.rules[0].name in STEPS):
                wider = Loosening(rules=loosening.rules, steps=steps)
                yield _Change(words=wider.name, rules=tuple(wider.for_([agent])))
    for rule in own:
        least = getattr(rule, "least", 0)
        if rule.name in LEASTS and least > 0 and rule.hard and getattr(rule, "least_hard", True):
            free: dict[str, Any] = {"least": 0, "agents": (agent,), "instead": True}
            freed = replace(rule, **free, contracts=(), roles=(), teams=(), but=())
            yield _Change(words=f"{rule.name} without its least of {least:g}", rules=(freed,))
    for name, word in (("locks", "type"), ("availability", "kind")):
        table = getattr(case.people, name)
        for start, what in zip(table["start"], table[word], strict=True):
            kind = "lock" if name == "locks" else "absence"
            words = f"the {kind} {what!r} on {start:%a %d %b %H:%M} taken away"
            yield _Change(words=words, table=name, entry=(agent, start, what))


def _is_last(change: _Change, changes: Sequence[_Change]) -> bool:
    """Whether no change further on loosens the same rule more."""
    names = [rule.name for rule in change.rules]
    later = changes[changes.index(change) + 1 :]
    return not any([rule.name for rule in other.rules] == names for other in later)


def _helps(case: _Case, changes: Sequence[_Change]) -> bool:
    """Whether something is lawful for the one person of a case once these things give way."""
    people = _without(case.people, changes)
    rules = with_exceptions([*case.rules, *(rule for change in changes for rule in change.rules)])
    absences = absence_rows(people, case.demand.first, case.demand.last)
    choices, lawful = lawful_of(replace(case, people=people, absences=absences), rules)
    return _possible(replace(case, people=people, rules=rules, choices=choices, lawful=lawful), 0)


def _without(people: People, changes: Sequence[_Change]) -> People:
    """The people without the locks and absences that give way."""
    tables: dict[str, Any] = {}
    for name, word in (("locks", "type"), ("availability", "kind")):
        gone = {change.entry for change in changes if change.table == name}
        if gone:
            table = getattr(people, name)
            kept = [key not in gone for key in zip(table["agent"], table["start"], table[word], strict=True)]
            tables[name] = table[kept].reset_index(drop=True)
    return replace(people, **tables) if tables else people
