"""Why a roster is short and what would mend it: each way out found person by person, and confirmed by solving again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from wfm.schedule.desk.gains import Late, Trial
from wfm.schedule.desk.loosening import Loosening, line_of, loosenings, with_loosening
from wfm.schedule.desk.shortages import Reach, missing_hours, shortages_of
from wfm.schedule.results import Roster
from wfm.schedule.roster.rosters import _Case, _case, _people, judged
from wfm.schedule.rules.rule import Rule, each, joined
from wfm.schedule.search.cover_cost import CoverCost
from wfm.schedule.search.stability import Known

COLUMNS = ("relaxation", "people", "agents", "closed", "left", "saved", "lines")
ASKED = 24  # people asked for each relaxation
ASKING, CONFIRMING = 0.5, 0.85  # of the time, until which people are asked and ways confirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a roster is short of, and what would mend it.

    Attributes
    ----------
    missing : float             Agent-hours missing.
    shortages : DataFrame       queue, start, end, short, hours, may_work, at_work, why.
    relaxations : DataFrame     relaxation, people, agents, closed [agent-hours], left [agent-hours], saved (of the
                                objective), lines (of the week's file). Each was solved and keeps all other rules.
    places : DataFrame          relaxation, rule, agent, start, amount, message: where each breaks a rule as it stands.
    complete : bool             Whether the time sufficed to ask for every relaxation.
    """

    missing: float
    shortages: pd.DataFrame
    relaxations: pd.DataFrame
    places: pd.DataFrame = field(default_factory=pd.DataFrame)
    complete: bool = True

    @property
    def text(self) -> str:
        """The explanation in plain words."""
        if not len(self.shortages):
            return "Nobody is missing."
        lines = [f"{self.missing:.4g} agent-hours are missing."]
        for short in each(self.shortages):
            when = f"{short.start:%a %d %b %H:%M}-{short.end:%H:%M}"
            lines.append(f"{when} {short.queue} short {short.short:.3g}; {short.why}.")
        for way in each(self.relaxations):
            lines.append(
                f"{way.relaxation} for {_counted(way.agents)} closes {way.closed:.4g} h, {way.left:.4g} h stay short."
            )
        if not self.complete:
            lines.append("The time limit ended before every way out was tried; allow more.")
        elif not len(self.relaxations):
            lines.append("No rule that is loosened by one step for a few people closes any of it.")
        return "\n".join(lines)


def explain_roster(
    roster: Roster,
    given: Mapping[str, Any],
    *,
    people: int = 5,
    ways: int = 5,
    shortages: int = 8,
    time_limit: float = 60.0,
) -> Explanation:
    """What a roster is short of, which rules keep whom from coming, and the smallest relaxations that mend it.

    Every hard rule is loosened by its smallest step for the people who gain most by it, one after the other, each of
    whom gets the best lawful days then; what that leads to is judged by the checker that knows only the rules' text.
    Those are asked first who could gain most on some day if no rule were in the way.

    Parameters
    ----------
    roster : Roster
    given : mapping         The arguments of `build_roster` by name that it was built with.
    people : int            Most people for whom one rule is loosened.
    ways, shortages : int   How many of each are told, the best and the worst first.
    time_limit : float      Wall seconds; ways that it leaves no time to confirm are left out.

    >>> from wfm.schedule import Contract, ShiftType, build_roster
    >>> given = {
    ...     "demand": pd.DataFrame({"day": pd.date_range("2026-11-23", periods=3), "type": "day", "people": 1}),
    ...     "agents": pd.DataFrame({"agent": ["Ada"], "contract": "pt"}),
    ...     "shift_types": [ShiftType(name="day", length="8h", starts="08:00")],
    ...     "contracts": {"pt": Contract(name="pt", max_consecutive_days=2)},
    ... }
    >>> told = explain_roster(build_roster(**given), given)
    >>> told.relaxations[["relaxation", "people", "closed"]].values.tolist()
    [['max_consecutive_days 2->3', 1, 8.0]]
    """
    began = time.perf_counter()
    case = _case_of(given)
    paid = _paid(case)
    short = shortages_of(roster.coverage, paid)
    reach = Reach(
        people=case.people, demand=case.demand, patterns=case.patterns, choices=case.choices, rules=case.rules
    )
    over = _clock(began, time_limit)
    if not len(short):
        told = reach.with_reasons(short, roster.table, over)
        return Explanation(missing=0.0, shortages=told, relaxations=pd.DataFrame(columns=list(COLUMNS)))
    enough = _clock(began, ASKING * time_limit)
    cost = _cost_of(given)
    promising = _promising(case, roster, cost, people, enough, over)
    complete = not enough()
    confirmed, tried = _all_confirmed(promising, case, roster, cost, ways, began, CONFIRMING * time_limit)
    told = reach.with_reasons(short.head(shortages), roster.table, over)
    table = pd.DataFrame([row for row, _ in confirmed], columns=list(COLUMNS))
    return Explanation(
        missing=missing_hours(roster.coverage, paid),
        shortages=told,
        relaxations=table.sort_values(["closed", "people"], ascending=[False, True], kind="stable", ignore_index=True),
        places=pd.concat([broken for _, broken in confirmed] or [_NONE], ignore_index=True),
        complete=complete and tried,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Way:
    """A loosening that promises something: by how much, for whom, and the roster that showed it."""

    gained: float
    loosening: Loosening
    agents: list[str]
    table: pd.DataFrame


def _all_confirmed(
    promising: Sequence[_Way],
    case: _Case,
    roster: Roster,
    cost: CoverCost,
    ways: int,
    began: float,
    time_limit: float,
) -> tuple[list[tuple[tuple[Any, ...], pd.DataFrame]], bool]:
    """The best ways confirmed, while there is time; whether it sufficed for all of them.

    Of those that gain the same, the one with the fewest rules comes first; one that adds rules to it is needless.
    """
    found: list[tuple[tuple[Any, ...], pd.DataFrame]] = []
    for way in promising[: 2 * ways]:
        if len(found) == ways:
            break
        if _needless(way.loosening, [row for row, _ in found]):
            continue
        if found and time.perf_counter() - began > time_limit:
            return found, False
        row, broken = _confirmed(way, case, roster, cost)
        if row is not None:
            found.append((row, broken))
    return found, True


_NONE = pd.DataFrame(columns=["relaxation", "rule", "agent", "start", "amount", "message"])


def _case_of(given: Mapping[str, Any], rules: Sequence[Rule] | None = None) -> _Case:
    people = _people(given["agents"], given.get("contracts"), given.get("week_start"))
    return _case(
        given["demand"],
        people,
        given.get("rules", ()) if rules is None else rules,
        given["shift_types"],
        given.get("hours") or {},
        given.get("start"),
        bool(given.get("cyclic", False)),
        given.get("end"),
    )


def _paid(case: _Case) -> dict[str, float]:
    """Paid hours of each shift type."""
    return {kind.name: kind.paid_seconds / 3600 for kind in case.patterns.types}


def _cost_of(given: Mapping[str, Any]) -> CoverCost:
    return CoverCost.of_prices(given.get("under_cost", 3.0), given.get("over_cost", 0.1))


def _clock(began: float, limit: float) -> Late:
    return lambda: time.perf_counter() - began > limit


def _promising(case: _Case, roster: Roster, cost: CoverCost, most: int, enough: Late, over: Late) -> list[_Way]:
    """Each loosening with the people who gain most by it, the most gained first.

    Single rules are tried first; the time is enough once something has been found in it.
    """
    found: list[_Way] = []
    trial = Trial(case, roster, cost)
    for loosening in sorted(loosenings(case.rules, _paid(case)), key=lambda one: len(one.rules)):
        if enough() and (found or over()):
            break
        gained, agents, table = trial.of(loosening, _asked(loosening, case, trial), most, over)
        if agents:
            found.append(_Way(gained=gained, loosening=loosening, agents=agents, table=table))
    return sorted(
        found, key=lambda one: (-round(one.gained, 3), len(one.loosening.rules), len(one.agents), one.loosening.name)
    )


def _needless(loosening: Loosening, confirmed: Sequence[tuple[Any, ...]]) -> bool:
    """Whether a way that is confirmed loosens only some of these rules; it gains as much or more."""
    parts = set(loosening.name.split(" and "))
    return any(set(str(row[0]).split(" and ")) < parts for row in confirmed)


def _asked(loosening: Loosening, case: _Case, trial: Trial) -> list[str]:
    """The people of whom all the rules speak, not more than can be asked: those who might gain most."""
    own = set.intersection(*(set(rule.of(case.people)["agent"]) for rule in loosening.rules))
    agents = [agent for agent in case.people.names if agent in own]
    if len(agents) <= ASKED:
        return agents
    chosen = set(sorted(agents, key=trial.at_most, reverse=True)[:ASKED])
    return [agent for agent in agents if agent in chosen]


def _confirmed(way: _Way, case: _Case, roster: Roster, cost: CoverCost) -> tuple[tuple[Any, ...] | None, pd.DataFrame]:
    """The roster that a way leads to, checked against all rules but those loosened: what it closes, what it breaks."""
    loosening, agents = way.loosening, way.agents
    loose = with_loosening(case.rules, loosening, agents)
    better = judged(way.table, replace(case, rules=loose), cost, Known(start=None, told=None, change_cost=0.0))
    names = {rule.name for rule in loosening.rules}
    broken = joined(
        [
            rule.violations(better.table, case.people, case.span)
            for rule in case.rules
            if rule.name in names and rule.hard
        ]
    )
    broken = broken[broken["hard"].astype(bool)]
    needed = [agent for agent in agents if agent in set(broken["agent"])]
    left = missing_hours(better.coverage, _paid(case))
    closed = missing_hours(roster.coverage, _paid(case)) - left
    if not needed or closed <= 1e-6:
        return None, _NONE
    row = (
        loosening.name,
        len(needed),
        tuple(needed),
        closed,
        left,
        roster.objective - better.objective,
        tuple(line_of(rule) for rule in loosening.for_(needed)),
    )
    told = broken.assign(relaxation=loosening.name)
    return row, told[list(_NONE.columns)].reset_index(drop=True)


def _counted(agents: Sequence[str]) -> str:
    named = ", ".join(agents[:6]) + (", ..." if len(agents) > 6 else "")
    return f"{len(agents)} {'person' if len(agents) == 1 else 'people'} ({named})"
