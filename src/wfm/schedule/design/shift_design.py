"""Shift design: how many people work which shift, at the least cost above the bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import pandas as pd

from wfm.checks import number_in
from wfm.errors import SettingError
from wfm.hours import OpeningHours
from wfm.schedule.checkers.limit_checker import limit_faults
from wfm.schedule.checkers.soundness import assert_sound, name_the_unreachable, refuse_missing, refuse_unkept
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.cover_search import Cover, best_cover
from wfm.schedule.cover.coverage import bill_of, by_slot, coverage_of, loaded
from wfm.schedule.cover.design_inputs import check_people, read_costs, read_kinds, read_requirement
from wfm.schedule.cover.few_shifts import best_few
from wfm.schedule.cover.kept import left_open, read_fixed
from wfm.schedule.cover.lines import lines_of
from wfm.schedule.cover.people_per_shift import HARD, cover_program
from wfm.schedule.cover.premiums import premium_of
from wfm.schedule.design.pools import by_queue, days_around, pooled, pooled_hours, read_pools, sessions_of_pools
from wfm.schedule.design.queue_designs import QueueDesign, joined
from wfm.schedule.design.session_placing import all_placed
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.holes import closed
from wfm.schedule.program.program import Floats, Program
from wfm.schedule.results import Schedule
from wfm.schedule.sessions.session_times import best_times
from wfm.schedule.sessions.sessions import Session, finer, read_sessions
from wfm.schedule.shifts.axis import TimeAxis, time_axis
from wfm.schedule.shifts.candidates import Candidates, candidates_for
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.tables import SCHEDULE, check, interval_of

FOR_SESSIONS = 0.35  # of the time, for when sessions are best held
FOR_SHIFTS = 0.85  # of what is then left, for shifts: the rest is for who attends when
LEAST_FOR_PLACES = 0.3  # seconds for that
FOR_THE_TABLES = (0.2, 0.05)  # kept for lines, coverage and checks: seconds, and a share of the time limit
FOR_HOLES = (0.3, 3.0)  # of the time, and seconds at most, for hours that the search left uncovered


def design_shifts(
    requirement: pd.DataFrame,
    shift_types: Sequence[ShiftType],
    *,
    under_cost: float = 3.0,
    over_cost: float = 0.0,
    cyclic: bool = False,
    time_limit: float = 60.0,
    seed: int = 0,
    shift_cost: float = 0.0,
    max_shifts: int | None = None,
    min_average_length: float | str | None = None,
    hard_cover: bool = False,
    seats: int | None = None,
    people: Mapping[str, tuple[float, float]] | None = None,
    premiums: Mapping[str, float] | Sequence[tuple[object, float]] | None = None,
    fixed: pd.DataFrame | None = None,
    sessions: Sequence[Session] | Session | None = None,
    hours: Mapping[str, OpeningHours] | None = None,
    pools: Mapping[str, Sequence[str]] | None = None,
    interval: float | None = None,
) -> Schedule:
    """People per shift and break placement that cover a requirement at the least cost.

    A paid hour costs 1. The result carries a bound below which no schedule of these shifts can cost, from the linear
    relaxation with breaks grouped by their places. Lack of shifts is a result: uncovered hours stay missing and a
    `WfmWarning` names them.

    Parameters
    ----------
    requirement : requirement   queue, start, agents suffice; `rostered` is covered where it is given. Hours without a
                                row need no cover. Each queue is designed by itself.
    shift_types : sequence      What may be worked.
    under_cost : float          Cost of a missing agent-hour [paid hours].
    over_cost : float           Cost of a surplus agent-hour [paid hours].
    cyclic : bool               Whether the horizon's end runs into its beginning; otherwise shifts may run past it.
    time_limit : float          Wall time [s]; the best found so far is returned.
    seed : int                  Order of the search. The result depends on nothing else unless time runs out.
    shift_cost : float          Cost of each distinct type x start x day in use [paid hours].
    max_shifts : int            Most distinct type x start in use, over all days, for each queue. The bound is then
                                that of the linear relaxation, which knows little of the limit.
    min_average_length : float  Least average length of all shifts of a queue, breaks included [s].
    hard_cover : bool           Whether nobody may be missing.
    seats : int                 Most people at work at once, for each queue; whoever is on a break leaves the seat.
    people : mapping            Shift type, or `kind` of several -> (least, most) people who start on each day, for each
                                queue; beside what the shift types ask for themselves (`ShiftType.people`).
    premiums : mapping          Hours ("22:00-06:00", or pairs of opening hours and rate) -> what a paid hour in them
                                costs more [paid hours]; {"22:00-06:00": 0.35} pays nights 35% more.
    fixed : schedule            Lines that are worked whatever else is; they keep their place in the table.
    sessions : Session(s)       Meetings and training that people of these shifts attend, held when that costs least; a
                                row of the table each, named in its column `session`. See `place_sessions`.
    hours : mapping             Queue -> opening hours, inside which its shifts lie (see `ShiftType.outside_hours`).
    pools : mapping             Pool -> queues that the same people answer, one at a time: one set of shifts with shared
                                breaks for their sum. The table says who answers which queue when, and in `pool` whose
                                lines they are; what holds for each queue then holds for the pool. Where people are
                                missing, queues all of whose agents are `deferrable` wait.
    interval : float            Width of the intervals where the table has no `end` [s].

    Raises
    ------
    DataError, SettingError     A table or setting is wrong.
    InfeasibleError             `hard_cover` cannot be kept.

    Notes
    -----
    Implicit breaks after Bechtold and Jacobs (1990) and Aykin (1996), grouped by their absolute windows.

    >>> requirement = pd.DataFrame({"queue": "voice", "agents": [1, 2, 2, 1],
    ...                             "start": pd.date_range("2026-11-21 08:00", periods=4, freq="h")})
    >>> kinds = [ShiftType(name="short", length="2h", starts=["08:00", "09:00", "10:00"])]
    >>> plan = design_shifts(requirement, kinds)
    >>> plan.objective, plan.bound, plan.status
    (6.0, 6.0, 'optimal')
    >>> plan.table[["shift", "people"]].values.tolist()
    [['voice-2026-11-21-short-0800-1', 1], ['voice-2026-11-21-short-0900-1', 1], ['voice-2026-11-21-short-1000-1', 1]]
    """
    began = perf_counter()
    costs = read_costs(
        under_cost,
        over_cost,
        shift=shift_cost,
        most=max_shifts,
        hard=hard_cover,
        average=min_average_length,
        seats=seats,
        people=people,
        premiums=premiums,
    )
    limit = number_in(time_limit, name="time_limit", low=0, high=1e7, open_low=True, unit="s")
    need = read_requirement(requirement, interval)
    kinds = read_kinds(shift_types)
    check_people(costs, kinds)
    shared = read_pools(pools, need["queue"].unique().tolist())
    whole = pooled(need, shared)
    queues = [(str(queue), rows.reset_index(drop=True)) for queue, rows in whole.groupby("queue", sort=True)]
    names = [queue for queue, _ in queues]
    given = _Options(
        kinds=kinds,
        costs=costs,
        hours=pooled_hours(hours, shared, days_around(need)),
        cyclic=cyclic,
        seed=seed,
        fixed=read_fixed(fixed, costs, kinds, names),
        sessions=read_sessions(sessions_of_pools(sessions, shared), names),
        pools=shared,
        need=need,
    )
    if len(given.fixed) and given.sessions:
        raise SettingError(
            "sessions cannot stand beside fixed lines. Design first and hand the whole to place_sessions.",
            name="sessions",
        )
    designs = []
    for k, (queue, rows) in enumerate(queues):
        left = limit * (1 - FOR_THE_TABLES[1]) - FOR_THE_TABLES[0] - (perf_counter() - began)
        share = left * len(rows) / sum(len(other) for _, other in queues[k:])
        designs.append(_design(queue, rows, given, share))
    return joined(designs, perf_counter() - began)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """What holds for every queue."""

    kinds: tuple[ShiftType, ...]
    costs: Costs
    hours: Mapping[str, OpeningHours]
    cyclic: bool
    seed: int
    fixed: pd.DataFrame
    sessions: tuple[Session, ...]
    pools: Mapping[str, Sequence[str]]
    need: pd.DataFrame


def _design(queue: str, need: pd.DataFrame, given: _Options, limit: float) -> QueueDesign:
    """One queue: model, search, lines; cost and rules checked anew from the lines alone."""
    clock = Clock.of(limit)
    interval, hours, kinds, costs = interval_of(need), given.hours.get(queue), given.kinds, given.costs
    sessions = tuple(one for one in given.sessions if one.queue == queue)
    axis = finer(time_axis(need, kinds, interval, cyclic=given.cyclic), sessions)
    required = by_slot(need, axis)
    candidates = candidates_for(axis, kinds, interval, hours)
    name_the_unreachable(queue, need, candidates, required, hard=costs.hard)
    kept = given.fixed[given.fixed["queue"] == queue]
    wanted = None
    if sessions:
        plain = cover_program(candidates, required, replace(costs, shift=0.0, most_shifts=None))
        wanted = best_times(plain, candidates, sessions, interval, seconds=clock.left * FOR_SESSIONS)
    load = None if wanted is None else wanted.load
    asked = loaded(left_open(kept, required, axis), load)
    program, found = _solved(candidates, asked, costs, clock.left * (1.0 if wanted is None else FOR_SHIFTS), given.seed)
    lines = lines_of(candidates, program, found.values, queue)
    table = check(pd.concat([kept, lines], ignore_index=True), SCHEDULE) if len(kept) else lines
    claimed = bill_of(table, need, axis, load).cost(costs) + premium_of(table, axis, costs.premiums)
    already = _spent(kept, need, axis, costs)
    assert_sound(queue, lines, kinds, hours, axis, interval, claimed, found.objective + already)
    if wanted is not None:
        prices = (HARD if costs.hard else costs.under, costs.over)
        placed = all_placed(table, required, sessions, axis, wanted, prices, seconds=max(clock.left, LEAST_FOR_PLACES))
        table = check(placed.reset_index(drop=True), SCHEDULE)
    bill = bill_of(table, need, axis)
    cost = bill.cost(costs) + premium_of(table, axis, costs.premiums)
    refuse_missing(queue, bill.missing, costs)
    refuse_unkept(queue, limit_faults(table if sessions else lines, candidates, costs))
    own = {name: members for name, members in given.pools.items() if name == queue}
    table, coverage = by_queue(table, given.need, own, axis) if own else (table, coverage_of(table, need, axis))
    return QueueDesign(
        table=table,
        coverage=coverage,
        objective=cost,
        bound=min(found.bound + already if wanted is None else wanted.bound, cost),
        out_of_time=found.out_of_time,
    )


def _spent(kept: pd.DataFrame, need: pd.DataFrame, axis: TimeAxis, costs: Costs) -> float:
    """What the fixed lines cost whatever is designed: their paid hours and the surplus that they are."""
    if kept.empty:
        return 0.0
    bill = bill_of(kept, need, axis)
    return bill.paid + costs.over * bill.surplus + premium_of(kept, axis, costs.premiums)


def _solved(candidates: Candidates, required: Floats, costs: Costs, limit: float, seed: int) -> tuple[Program, Cover]:
    if costs.most_shifts is not None and candidates.shifts:
        return best_few(candidates, required, costs, seconds=limit, seed=seed)
    program = cover_program(candidates, required, costs)
    clock = Clock.of(limit)
    found = best_cover(program, candidates, seconds=limit - min(FOR_HOLES[0] * limit, FOR_HOLES[1]), seed=seed)
    values = closed(program, candidates, found.values, clock)
    return program, replace(found, values=values, objective=program.objective(values))
