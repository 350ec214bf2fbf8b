"""Tour design: how many people work which pattern of a week, at the least cost above the bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import pandas as pd

from wfm.checks import number_in
from wfm.durations import DAY
from wfm.errors import DataError, SettingError, did_you_mean, listed
from wfm.hours import OpeningHours
from wfm.schedule.checkers.limit_checker import limit_faults
from wfm.schedule.checkers.soundness import (
    assert_faultless,
    assert_sound,
    name_the_unreachable,
    refuse_missing,
    refuse_unkept,
)
from wfm.schedule.checkers.tour_checker import tour_faults
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.coverage import bill_of, by_slot, coverage_of, loaded
from wfm.schedule.cover.design_inputs import read_costs, read_kinds, read_requirement
from wfm.schedule.cover.people_per_shift import HARD
from wfm.schedule.design.queue_designs import QueueDesign, joined
from wfm.schedule.design.session_placing import all_placed
from wfm.schedule.people.people import Contract
from wfm.schedule.program.clocks import Clock
from wfm.schedule.results import Schedule
from wfm.schedule.sessions.session_times import best_times
from wfm.schedule.sessions.sessions import Session, finer, read_sessions
from wfm.schedule.shifts.axis import TimeAxis, time_axis
from wfm.schedule.shifts.candidates import candidates_for
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.schedule.shifts.spans import read_span
from wfm.schedule.tours.tour_lines import tour_lines
from wfm.schedule.tours.tour_program import Heads, Span, tour_program
from wfm.schedule.tours.tour_search import best_tours
from wfm.schedule.tours.tracks import WEEK, check_contracts, tracks_for
from wfm.tables import SCHEDULE, check, interval_of

FOR_SESSIONS = 0.25  # of the time, for when sessions are best held
FOR_TOURS = 0.85  # of what is then left, for tours: the rest is for who attends when
LEAST_FOR_PLACES = 0.3  # seconds for that
FOR_THE_TABLES = (0.3, 0.06)  # kept for lines, coverage and checks: seconds, and a share of the time limit


def design_tours(
    requirement: pd.DataFrame,
    contracts: Sequence[Contract] | Mapping[str, Contract] | Contract,
    shift_types: Sequence[ShiftType],
    *,
    under_cost: float = 3.0,
    over_cost: float = 0.0,
    cyclic: bool = True,
    time_limit: float = 60.0,
    seed: int = 0,
    people: Mapping[str, Span] | None = None,
    shares: Mapping[str, Span] | None = None,
    consecutive_days_off: bool = True,
    hard_cover: bool = False,
    sessions: Sequence[Session] | Session | None = None,
    hours: Mapping[str, OpeningHours] | None = None,
    interval: float | None = None,
) -> Schedule:
    """How many people of each contract work which week: days, starts inside a band, breaks.

    A tour is one person's week: one shift type, `days_per_week` days that pay `hours_per_week`, starts within
    `start_band` of their middle (and within what `min_rest` leaves), at most `max_consecutive_days` in a row. The
    result's table has two columns more, `tour` and `contract`; a line is a tour's shift of one day. A paid hour costs
    1; the bound is that of the linear relaxation.

    Parameters
    ----------
    requirement : requirement   One week; queue, start, agents suffice. `rostered` is covered where it is given. Each
                                queue is designed by itself.
    contracts : Contract(s)     What a person may work. Rules that look beyond a week (`hours_per_month`,
                                `max_weekends`) are for the roster.
    shift_types : sequence      What may be worked.
    under_cost : float          Cost of a missing agent-hour [paid hours].
    over_cost : float           Cost of a surplus agent-hour [paid hours].
    cyclic : bool               Whether the week repeats: its last night runs into its first day, and days in a row are
                                counted across its seam.
    time_limit : float          Wall time [s]; the best found so far is returned.
    seed : int                  Order of the search. The result depends on nothing else unless time runs out.
    people : mapping            contract -> (least, most) people.
    shares : mapping            contract -> (least, most) share of all people, as a fraction.
    consecutive_days_off : bool Whether the days off of a week follow each other, the last day by the first.
    hard_cover : bool           Whether nobody may be missing.
    sessions : Session(s)       Meetings and training, each attended at most once by a person, held when that costs
                                least; a row of the table each, named in its column `session`. See `place_sessions`.
    hours : mapping             Queue -> opening hours, inside which its shifts lie (see `ShiftType.outside_hours`).
    interval : float            Width of the intervals where the table has no `end` [s].

    Raises
    ------
    DataError, SettingError     A table or setting is wrong.
    InfeasibleError             The head counts contradict each other, or `hard_cover` cannot be kept.

    Notes
    -----
    Implicit tours after Bechtold and Jacobs (1990) and Jacobs and Brusco (1996, Omega 24).

    >>> requirement = pd.DataFrame({"queue": "voice", "agents": [4] * 5 + [2] * 2,
    ...                             "start": pd.date_range("2026-11-21 08:00", periods=7, freq="D")})
    >>> day = ShiftType(name="day", length="8h", starts="08:00")
    >>> ft = Contract(name="ft", days_per_week=(5, 5))
    >>> plan = design_tours(requirement, ft, [day], interval=8 * 3600)
    >>> plan.paid_hours, plan.objective, plan.bound, plan.status
    (200.0, 200.0, 200.0, 'optimal')
    """
    began = perf_counter()
    costs = read_costs(under_cost, over_cost, hard=hard_cover)
    limit = number_in(time_limit, name="time_limit", low=0, high=1e7, open_low=True, unit="s")
    need = read_requirement(requirement, interval)
    kinds = read_kinds(shift_types)
    own = check_contracts(contracts, kinds, cyclic=cyclic)
    heads = _heads(people, shares, own)
    queues = [(str(queue), rows.reset_index(drop=True)) for queue, rows in need.groupby("queue", sort=True)]
    if (heads.people or heads.shares) and len(queues) > 1:
        raise SettingError(
            f"people and shares are for one queue, the requirement has {len(queues)}. Design the queues one by one.",
            name="people",
        )
    given = _Options(
        contracts=own,
        kinds=kinds,
        costs=costs,
        heads=heads,
        hours=hours or {},
        cyclic=cyclic,
        consecutive_days_off=consecutive_days_off,
        sessions=read_sessions(sessions, [queue for queue, _ in queues]),
    )
    designs = []
    for k, (queue, rows) in enumerate(queues):
        left = limit * (1 - FOR_THE_TABLES[1]) - FOR_THE_TABLES[0] - (perf_counter() - began)
        designs.append(_design(queue, rows, given, left / (len(queues) - k), seed))
    return joined(designs, perf_counter() - began)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """What holds for every queue."""

    contracts: tuple[Contract, ...]
    kinds: tuple[ShiftType, ...]
    costs: Costs
    heads: Heads
    hours: Mapping[str, OpeningHours]
    cyclic: bool
    consecutive_days_off: bool
    sessions: tuple[Session, ...]


def _design(queue: str, need: pd.DataFrame, given: _Options, limit: float, seed: int) -> QueueDesign:
    """One queue: model, search, weeks; cost and rules checked anew from the lines alone."""
    clock = Clock.of(limit)
    interval, hours = interval_of(need), given.hours.get(queue)
    sessions = tuple(one for one in given.sessions if one.queue == queue)
    axis = finer(week_of(time_axis(need, given.kinds, interval, cyclic=given.cyclic)), sessions)
    required = by_slot(need, axis)
    candidates = candidates_for(axis, given.kinds, interval, hours)
    name_the_unreachable(queue, need, candidates, required, hard=given.costs.hard)
    tracks = tracks_for(given.contracts, candidates, consecutive_days_off=given.consecutive_days_off)
    model = tour_program(candidates, tracks, required, given.costs, given.heads)
    wanted = None
    if sessions:
        wanted = best_times(model.program, candidates, sessions, interval, seconds=clock.left * FOR_SESSIONS)
        model = tour_program(candidates, tracks, loaded(required, wanted.load), given.costs, given.heads)
    found = best_tours(model, seconds=clock.left * (1.0 if wanted is None else FOR_TOURS), seed=seed)
    table = tour_lines(model, found.values, queue)
    claimed = bill_of(table, need, axis, None if wanted is None else wanted.load).cost(given.costs)
    assert_sound(queue, table, given.kinds, hours, axis, interval, claimed, found.objective)
    if wanted is not None:
        prices = (HARD if given.costs.hard else given.costs.under, given.costs.over)
        placed = all_placed(table, required, sessions, axis, wanted, prices, seconds=max(clock.left, LEAST_FOR_PLACES))
        table = check(placed.reset_index(drop=True), SCHEDULE)
    bill = bill_of(table, need, axis)
    refuse_missing(queue, bill.missing, given.costs)
    faults = tour_faults(
        table,
        given.contracts,
        cyclic=given.cyclic,
        consecutive_days_off=given.consecutive_days_off,
        people=given.heads.people,
        shares=given.heads.shares,
    )
    refuse_unkept(queue, limit_faults(table, candidates, given.costs))
    assert_faultless(faults, f"tours of queue {queue}")
    return QueueDesign(
        table=table,
        coverage=coverage_of(table, need, axis),
        objective=bill.cost(given.costs),
        bound=min(found.bound if wanted is None else wanted.bound, bill.cost(given.costs)),
        out_of_time=found.out_of_time,
    )


def week_of(axis: TimeAxis) -> TimeAxis:
    """The axis with seven days, whatever hours of them the requirement names."""
    slots = round(WEEK * DAY / axis.step)
    if axis.slots > slots:
        raise DataError(
            f"requirement must lie within a week for tours, got {axis.slots * axis.step / DAY:g} days. Hand in a week.",
            table="requirement",
            column="start",
        )
    return replace(axis, slots=slots)


def _heads(
    people: Mapping[str, Span] | None, shares: Mapping[str, Span] | None, contracts: Sequence[Contract]
) -> Heads:
    known = [contract.name for contract in contracts]
    read: dict[str, dict[str, Span]] = {"people": {}, "shares": {}}
    for name, given, most in (("people", people, 1e6), ("shares", shares, 1.0)):
        for contract, span in (given or {}).items():
            if contract not in known:
                raise SettingError(
                    f"{name} names {contract!r}, which is no contract. Known: {listed(known, most=10)}."
                    f"{did_you_mean(contract, known)}",
                    name=name,
                    value=contract,
                )
            read[name][contract] = read_span(span, name=f"{name} of contract {contract!r}", most=most)
    return Heads(people=read["people"], shares=read["shares"])
