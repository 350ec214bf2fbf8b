"""Rosters: who works when, lawful, near the best, with what is short named."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import WEEKDAYS
from wfm.checks import number_in, one_of, whole_number
from wfm.errors import DataError, InfeasibleError, SettingError, WfmError, WfmWarning, listed
from wfm.hours import OpeningHours
from wfm.schedule.checkers.roster_checker import check_roster, hard_only
from wfm.schedule.lawful.absences import absence_rows
from wfm.schedule.lawful.contradictions import contradictions_of
from wfm.schedule.lawful.lawful_tours import Lawful, lawful_tours
from wfm.schedule.lawful.options import Choices, Patterns, choices_of, patterns_of
from wfm.schedule.people.people import Contract, People
from wfm.schedule.results import Roster
from wfm.schedule.roster.refusals import with_reasons
from wfm.schedule.roster.writing import duties_of, roster_table
from wfm.schedule.rules import BreaksApart, Rule, all_rules, with_breaks_apart
from wfm.schedule.rules.breaks import carried_rows
from wfm.schedule.rules.rule import read_once, with_kinds
from wfm.schedule.search.cover_cost import CoverCost
from wfm.schedule.search.measure import (
    Worth,
    cover_cost,
    coverage_of,
    hours_beyond,
    presence,
    status_of,
    wishes_told,
)
from wfm.schedule.search.neighbourhoods import LONG_ENOUGH
from wfm.schedule.search.person_by_person import Search
from wfm.schedule.search.placing import crowds_of, place_apart
from wfm.schedule.search.pricing import Board
from wfm.schedule.search.solving import mend, solve
from wfm.schedule.search.stability import Known, Published, with_changes
from wfm.schedule.shifts.demand import Demand, read_demand
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.tables import ROSTER, check

Floats = npt.NDArray[np.float64]
HOUR_COST = 1.0
SECONDS = 60.0  # that a search without limit may take


def build_roster(
    demand: pd.DataFrame,
    agents: People | pd.DataFrame,
    rules: Iterable[Rule | Mapping[str, Any]] = (),
    *,
    shift_types: Sequence[ShiftType],
    contracts: Mapping[str, Contract] | None = None,
    hours: Mapping[str, OpeningHours] | None = None,
    under_cost: float = 3.0,
    over_cost: float = 0.1,
    start: object = None,
    end: object = None,
    week_start: str | None = None,
    cyclic: bool = False,
    start_from: pd.DataFrame | None = None,
    published: pd.DataFrame | None = None,
    change_cost: float = 1.0,
    time_limit: float | None = None,
    patience: float | None = None,
    seed: int = 0,
) -> Roster:
    """Named people on shifts for a demand, every hard rule and lock kept.

    Too few people give a roster with its shortages, never an error. The objective adds the cost of missing and surplus
    agent-hours, soft rules broken, wishes refused, days changed against `start_from`, and 1 for each paid hour beyond
    the least where contract hours are a range; contract hours themselves cost nothing.

    Parameters
    ----------
    demand : table      By interval (queue, start, rostered or agents) or by day and shift (day, type, people).
                        A column `minimum` by interval: an hour below it costs five missing hours. Intervals without a
                        row need nobody; people past the last day neither help nor cost, unless `cyclic`, or past `end`
                        where there are rows. A column `weight` by day and shift says how much the row matters, 1 = as
                        all.
    agents : People, or an agents table with `contracts`
    rules : rules on top of those that the contracts imply and those that always hold; mappings as in the week's file.
            Breaks with `most_at_once` imply the soft rule `breaks_apart`.
    hours : queue -> OpeningHours       Shifts lie inside them unless their type says `outside_hours`.
    under_cost, over_cost : cost of an agent-hour missing and of one too many
    start : first day; None = the first day of the demand
    end : first day after the last; None = the day after the last of the demand. Rows after it are what shifts that
          run on past it may still cover.
    week_start : first weekday of the planning week; None = that of the people's calendar
    cyclic : the end of the demand runs into its beginning
    start_from : roster table           Search from it; each day of a person that changes costs `change_cost`.
    published : roster table            What people were told: the search starts from it (or from `start_from`), and
                                        each day that differs from it, in times or queue, costs `change_cost`; breaks
                                        that move within a shift that stays cost half of that. Where people can no
                                        longer work as told, at most as many days change elsewhere as were lost, those
                                        of others only on days on which something was lost. A rule `stability`
                                        takes the place of `change_cost`. None = `published` of the people.
    time_limit : wall seconds           The search uses them where it may still gain, and ends before that where the
                                        bound is reached or nothing is left to try. None = 60 s at most. Only a search
                                        that the clock ends depends on the computer.
    patience : number                   The search ends where its work is so many times what it was at the last gain.
                                        None = 3 without a `time_limit`, else it goes on.

    Raises
    ------
    InfeasibleError     Locks and hard rules contradict each other; `.reasons` says how.

    Notes
    -----
    Each person's best lawful days at prices of the cover come from an exact dynamic programme. Everybody's days in
    shares, drawn together by such prices, give the bound (the Lagrangian dual of the cover) and what whole days are
    chosen beside; groups of people are then planned anew together. Few people get the best roster and its proof.
    (Dantzig, Wolfe 1960; Fisher 1981, Management Science 27.)

    >>> from wfm.schedule import Contract, ShiftType
    >>> day = ShiftType(name="day", length="8h", starts="08:00")
    >>> needed = pd.DataFrame({"day": pd.date_range("2026-11-23", periods=3), "type": "day", "people": 1})
    >>> staff = pd.DataFrame({"agent": ["Ada", "Bo"], "contract": "pt"})
    >>> roster = build_roster(needed, staff, shift_types=[day], contracts={"pt": Contract(name="pt")})
    >>> roster.table["start"].dt.strftime("%a").tolist(), roster.objective, roster.status
    (['Mon', 'Tue', 'Wed'], 0.0, 'optimal')
    """
    began = time.perf_counter()
    cost = CoverCost.of_prices(under_cost, over_cost)
    limit = number_in(SECONDS if time_limit is None else time_limit, name="time_limit", low=0, high=1e6, unit="s")
    if patience is None:
        patience = LONG_ENOUGH if time_limit is None else np.inf
    patience = number_in(patience, name="patience", low=1, high=np.inf)
    seed = whole_number(seed, name="seed")
    people = _people(agents, contracts, week_start)
    published = people.published if published is None else published
    if published is not None:
        people = replace(people, published=published)
    case = _case(demand, people, rules, shift_types, hours or {}, start, cyclic, end)
    _warn_of_crowds(shift_types)
    known = Known(
        start=published if start_from is None else check(start_from, ROSTER),
        told=published,
        change_cost=number_in(change_cost, name="change_cost", low=0, high=1e9),
    )
    late = _clock(began, limit)
    search = _search(*_with_changes(case, known), cost, seed)
    case = replace(case, choices=list(search.choices))
    _refuse_contradictions(search, case)
    if known.start is None:
        bound = solve(search, case.carried, cost, late, lambda: limit - (time.perf_counter() - began), patience)
    else:
        weeks = duties_of(known.start, case.people, case.demand, case.patterns)
        bound = mend(search, weeks, case.carried, cost, late, told=known.told is not None)
    if known.told is None or _crowd(search, case) > _told_crowd(known, case) + 1e-9:
        place_apart(search, cost, case.rules, late(0.97))
    return _result(search, case, cost, bound, began, limit, known)


def _warn_of_crowds(shift_types: Sequence[ShiftType]) -> None:
    """Numbers of people for a shift are kept by designs; here they would have to be a demand."""
    named = [one.name for one in shift_types if one.people is not None or one.people_at]
    if named:
        warnings.warn(
            f"shift types {listed(named, most=4)} say how many people they take; designs of shifts keep that, a roster "
            "of named people does not. Ask for them as demand by day and shift type, or by a rule of presence",
            WfmWarning,
            stacklevel=3,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Case:
    """Everything that is given, in the form that the search uses."""

    people: People
    demand: Demand
    patterns: Patterns
    rules: list[Rule]
    choices: list[Choices]
    lawful: Lawful
    absences: pd.DataFrame
    carried: Floats
    hours: Mapping[str, OpeningHours]

    @property
    def span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The first day and the first day after the last."""
        return self.demand.first, self.demand.last


def _people(agents: People | pd.DataFrame, contracts: Mapping[str, Contract] | None, week_start: str | None) -> People:
    if isinstance(agents, People):
        people = agents
    elif contracts is None:
        raise SettingError(
            'contracts must be given where agents is a table: a mapping such as {"ft": Contract(...)}.',
            name="contracts",
            value=contracts,
        )
    else:
        people = People(agents=agents, contracts=contracts)
    if not len(people.agents):
        raise DataError("agents must hold at least one person, got an empty table.", table="agents")
    if week_start is None:
        return people
    return replace(
        people, calendar=replace(people.calendar, week_start=one_of(week_start, WEEKDAYS, name="week_start"))
    )


def _case(
    demand: pd.DataFrame,
    people: People,
    rules: Iterable[Rule | Mapping[str, Any]],
    shift_types: Sequence[ShiftType],
    hours: Mapping[str, OpeningHours],
    start: object,
    cyclic: bool,
    end: object = None,
) -> _Case:
    also = [t for name in ("start", "end") for t in _training_times(people, name)]
    further = _further(people, hours)
    read = read_demand(demand, shift_types, queues=further, start=start, end=end, cyclic=cyclic, also=also)
    if not (read.types and read.queues == ("all",)):
        people.check_queues((*read.queues, *people.queues, *hours))
    every = [with_kinds(r, shift_types) for r in with_breaks_apart(all_rules(rules, people.contracts), shift_types)]
    absences = absence_rows(people, read.first, read.last)
    patterns = patterns_of(shift_types, read, hours)
    choices = choices_of(people, read, patterns, every, absences)
    if read.types and read.queues == ("all",):
        choices = [replace(own, queue_cost=np.zeros(1)) for own in choices]
    lawful = lawful_tours(people, read, patterns, every, choices, absences, hour_cost=HOUR_COST)
    carried = np.zeros_like(read.required)
    if people.previous is not None and not read.types and not cyclic:
        runs_on = carried_rows(people.previous, read.first)
        carried = presence(runs_on[runs_on["agent"].isin(people.names)], read, people) if len(runs_on) else carried
    return _Case(
        people=people,
        demand=read,
        patterns=patterns,
        rules=every,
        choices=choices,
        lawful=lawful,
        absences=absences,
        carried=carried,
        hours=hours,
    )


def _further(people: People, hours: Mapping[str, OpeningHours]) -> tuple[str, ...]:
    """Queues that are known without demand: those of the people and of the opening hours that somebody serves."""
    served = {skill for skills in people.skills.values() for skill in skills}
    return tuple(queue for queue in dict.fromkeys([*people.queues, *hours]) if queue in served)


def _training_times(people: People, name: str) -> list[float]:
    """Seconds of the day at which trainings begin or end, on a grid of five minutes."""
    assert people.availability is not None
    away = people.availability
    moments = away.loc[away["kind"].isin(["training", "meeting"]), name]
    seconds = (moments - moments.dt.normalize()).dt.total_seconds() if len(moments) else pd.Series(dtype=float)
    return [float(s) for s in seconds.unique() if s % 300 == 0]


def _with_changes(case: _Case, known: Known) -> tuple[_Case, Published | None]:
    """The case with a cost on every day that is not as it was, and what people were told."""
    base = known.start if known.told is None else known.told
    if base is None:
        return case, None
    weeks = duties_of(base, case.people, case.demand, case.patterns)
    prices = known.prices(case.rules, case.people, case.demand)
    priced = replace(case, choices=with_changes(case.choices, weeks, prices))
    if known.told is None:
        return priced, None
    return priced, Published.of(weeks, prices, Board(case.demand, case.patterns), case.choices)


def _clock(began: float, limit: float) -> Callable[[float], Callable[[], bool]]:
    """Deadlines as shares of the time limit."""
    return lambda share: lambda: time.perf_counter() - began > share * limit


def _search(case: _Case, published: Published | None, cost: CoverCost, seed: int) -> Search:
    return Search(
        people=case.people,
        demand=case.demand,
        patterns=case.patterns,
        choices=case.choices,
        board=Board(case.demand, case.patterns),
        lawful=case.lawful,
        cost=cost,
        carried=case.carried,
        rng=np.random.default_rng(seed),
        published=published,
    )


def _refuse_contradictions(search: Search, case: _Case) -> None:
    reasons: list[str] = []
    for person, agent in enumerate(case.people.names):
        choices = case.choices[person]
        if np.isfinite(choices.off).all() and np.isfinite(case.lawful.tours[person].price([-1] * case.demand.days)):
            continue  # a person without shifts is always lawful then
        found, _ = search.best(person, np.zeros((len(search.queues[person]), case.demand.required.shape[1])))
        if np.isinf(found):
            own = [rule for rule in case.rules if agent in set(rule.of(case.people)["agent"])]
            reasons += contradictions_of(agent, case.people, case.demand, case.patterns, own, case.hours)
    if reasons:
        raise InfeasibleError(
            "hard rules and locks contradict each other; change a lock or make a rule soft:", reasons=reasons
        )


def _crowd(search: Search, case: _Case) -> float:
    crowds = crowds_of(search, case.rules)
    return 0.0 if crowds is None else crowds.cost()


def _told_crowd(known: Known, case: _Case) -> float:
    """What breaks cost that were published at the same time; those who were told of them keep them."""
    rules = [rule for rule in case.rules if isinstance(rule, BreaksApart)]
    if known.told is None or not rules:
        return 0.0
    types, width = case.patterns.types, case.demand.interval
    found = check_roster(known.told, case.people, rules, types, hours=case.hours, span=case.span, interval=width)
    return float(found.loc[found["rule"] == BreaksApart.name, "cost"].sum())


def _result(
    search: Search,
    case: _Case,
    cost: CoverCost,
    bound: float,
    began: float,
    limit: float,
    known: Known,
) -> Roster:
    table = roster_table(search.duties, case.people, case.demand, case.patterns, case.choices, case.absences)
    told = judged(table, case, cost, known)
    seconds, low = time.perf_counter() - began, min(bound, told.objective)
    status = status_of(told.objective, low, seconds >= 0.95 * limit)
    return replace(told, bound=float(low), seconds=seconds, status=status)


def judged(table: pd.DataFrame, case: _Case, cost: CoverCost, known: Known) -> Roster:
    """A roster table as a result without a bound: checked, its coverage, what it costs, and why wishes are refused."""
    with read_once(table, case.people.previous, case.people.published):
        violations = _violations(table, case)
        present = presence(table, case.demand, case.people) + case.carried
        wishes = wishes_told(table, case.people, case.demand)
        coverage = coverage_of(present, case.demand)
        worth = Worth(
            cover=cover_cost(present, case.demand, cost),
            rules=float(violations["cost"].sum()),
            wishes=float(wishes["cost"].sum()),
            hours=HOUR_COST * hours_beyond(table, case.people, case.rules, case.span),
            changes=known.changes(table, case.demand, case.rules),
        )
        wishes = with_reasons(wishes, table, coverage, case.people, case.rules, case.span)
    return Roster(
        table=table,
        coverage=coverage,
        objective=worth.total,
        bound=-np.inf,
        seconds=0.0,
        status="feasible",
        violations=violations,
        wishes=wishes,
    )


def _violations(table: pd.DataFrame, case: _Case) -> pd.DataFrame:
    """The soft rules that the independent checker finds broken; a hard one is a fault of the search."""
    types, width = case.patterns.types, case.demand.interval
    found = check_roster(table, case.people, case.rules, types, hours=case.hours, span=case.span, interval=width)
    broken = hard_only(found)
    if len(broken):
        raise WfmError(
            "the roster that was found breaks a hard rule, which is a fault of wfm itself; please report it: "
            f"{broken['message'].iloc[0]} ({len(broken)} in all)."
        )
    return found
