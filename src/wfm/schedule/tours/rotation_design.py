"""Rotations: one line of several weeks that everybody walks through, each week alike for the requirement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import pandas as pd

from wfm.calendars import weekday_set
from wfm.checks import number_in
from wfm.errors import SettingError
from wfm.hours import OpeningHours
from wfm.schedule.checkers.limit_checker import limit_faults
from wfm.schedule.checkers.rotation_checker import rotation_faults
from wfm.schedule.checkers.soundness import (
    assert_faultless,
    assert_sound,
    name_the_unreachable,
    refuse_missing,
    refuse_unkept,
)
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.coverage import bill_of, by_slot, coverage_of
from wfm.schedule.cover.design_inputs import read_costs, read_kinds, read_requirement
from wfm.schedule.cover.few_shifts import kept_by_day
from wfm.schedule.cover.typical_day import only
from wfm.schedule.design.queue_designs import QueueDesign, joined
from wfm.schedule.people.people import Contract
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import Floats
from wfm.schedule.results import Schedule
from wfm.schedule.shifts.axis import TimeAxis, time_axis
from wfm.schedule.shifts.candidates import candidates_for
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.schedule.tours.rotation_lines import NAMES, rotation_lines
from wfm.schedule.tours.rotation_program import RotationRules
from wfm.schedule.tours.rotation_search import Case, best_lines
from wfm.schedule.tours.tour_design import week_of
from wfm.schedule.tours.tracks import WEEK, check_contracts, tracks_for
from wfm.tables import SCHEDULE, check, interval_of

MOST_STARTS = 14  # types and starts among which lines are sought
FOR_STARTS = 0.15  # of the time, for which these are
FOR_THE_TABLES = (0.2, 0.05)  # kept for lines, coverage and checks: seconds, and a share of the time limit


def design_rotation(
    requirement: pd.DataFrame,
    contract: Contract,
    shift_types: Sequence[ShiftType],
    *,
    weeks: int,
    lines: int = 1,
    people: int | None = None,
    under_cost: float = 3.0,
    over_cost: float = 0.0,
    weekend: Sequence[str] = ("sat", "sun"),
    least_days_off: int = 1,
    one_type_a_week: bool = True,
    time_limit: float = 60.0,
    seed: int = 0,
    hard_cover: bool = False,
    hours: Mapping[str, OpeningHours] | None = None,
    interval: float | None = None,
) -> Schedule:
    """A line of several weeks and how many people stand in each of them.

    One group of people starts in each week of the line and goes on to the next week when a week is over, after the
    last to the first. So every calendar week is covered alike and everybody works the same weeks in the course of a
    rotation. The contract's rest, days in a row, days and hours of a week and weekends hold around the line, across the
    seams of its weeks. The result's table has the columns `tour`, `contract`, `line` and `week`, 1 to `weeks`, of the
    line in one calendar week; see `rotated` for the weeks after.

    Parameters
    ----------
    requirement : requirement   One week; queue, start, agents suffice. `rostered` is covered where it is given. Each
                                queue has a rotation of its own.
    contract : Contract         With `averaging_weeks`, `hours_per_week` holds in the mean of the line.
    shift_types : sequence      What may be worked.
    weeks : int                 Weeks of a line: so many groups of people.
    lines : int                 Lines side by side, each with groups of its own: many people follow the requirement more
                                closely on several lines than in large groups on one.
    people : int                People of a group; None = as many as cost least, line by line.
    under_cost : float          Cost of a missing agent-hour [paid hours].
    over_cost : float           Cost of a surplus agent-hour [paid hours].
    weekend : sequence          Weekdays that count for the contract's `max_weekends`.
    least_days_off : int        Days off follow each other at least so many.
    one_type_a_week : bool      Whether a week holds one shift type, with starts within the contract's `start_band`;
                                otherwise its days may differ as far as rest allows.
    time_limit : float          Wall time [s]; the best found so far is returned.
    seed : int                  Order of the search. The result depends on nothing else unless time runs out.
    hard_cover : bool           Whether nobody may be missing.
    hours : mapping             Queue -> opening hours, inside which its shifts lie (see `ShiftType.outside_hours`).
    interval : float            Width of the intervals where the table has no `end` [s].

    Raises
    ------
    DataError, SettingError     A table or setting is wrong.
    InfeasibleError             No line keeps the rules, or `hard_cover` cannot be kept.

    Notes
    -----
    Cyclic rosters after Laporte (1999, Journal of the Operational Research Society 50). The bound holds for any number
    of people, or for groups of `people`.

    Seven days of early, late and night shifts, one of each at a time: 21 shifts are 4.2 weeks of five days, so that
    one person in each of five weeks covers them, four days here and five there:

    >>> need = pd.DataFrame({"queue": "voice", "agents": 1,
    ...                      "start": pd.date_range("2026-11-02 06:00", periods=21, freq="8h")})
    >>> three = [ShiftType(name=name, length="8h", starts=at)
    ...          for name, at in (("early", "06:00"), ("late", "14:00"), ("night", "22:00"))]
    >>> line = Contract(name="ft", days_per_week=(4, 5), max_consecutive_days=5)
    >>> plan = design_rotation(need, line, three, weeks=5, people=1, one_type_a_week=False)
    >>> plan.paid_hours, plan.objective, plan.status
    (168.0, 168.0, 'optimal')
    >>> sorted(plan.table["week"].unique().tolist())
    [1, 2, 3, 4, 5]
    """
    began = perf_counter()
    costs = read_costs(under_cost, over_cost, hard=hard_cover)
    limit = number_in(time_limit, name="time_limit", low=0, high=1e7, open_low=True, unit="s")
    need, kinds = read_requirement(requirement, interval), read_kinds(shift_types)
    number = int(number_in(weeks, name="weeks", low=1, high=52))
    given = _Options(
        contract=_read_contract(contract, kinds),
        kinds=kinds,
        costs=costs,
        hours=hours or {},
        weeks=number,
        lines=int(number_in(lines, name="lines", low=1, high=1000)),
        people=None if people is None else int(number_in(people, name="people", low=1, high=1e6)),
        weekend=tuple(weekend),
        least_days_off=int(number_in(least_days_off, name="least_days_off", low=1, high=7)),
        one_type=bool(one_type_a_week),
        seed=seed,
    )
    if given.lines > 1 and any(kind.people or kind.people_at for kind in kinds):
        raise SettingError(
            f"lines is {given.lines} and shift types ask for numbers of people, which hold for one line alone. Drop "
            "one of them.",
            name="lines",
            value=given.lines,
        )
    queues = [(str(queue), rows.reset_index(drop=True)) for queue, rows in need.groupby("queue", sort=True)]
    designs = []
    for k, (queue, rows) in enumerate(queues):
        left = limit * (1 - FOR_THE_TABLES[1]) - FOR_THE_TABLES[0] - (perf_counter() - began)
        designs.append(_design(queue, rows, given, left / (len(queues) - k)))
    return joined(designs, perf_counter() - began)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """What holds for every queue."""

    contract: Contract
    kinds: tuple[ShiftType, ...]
    costs: Costs
    hours: Mapping[str, OpeningHours]
    weeks: int
    lines: int
    people: int | None
    weekend: tuple[str, ...]
    least_days_off: int
    one_type: bool
    seed: int


def _read_contract(contract: Contract, kinds: Sequence[ShiftType]) -> Contract:
    if not isinstance(contract, Contract):
        raise SettingError(f"contract must be a Contract, got {contract!r}.", name="contract", value=contract)
    check_contracts(_of_any_week(contract), kinds, cyclic=False)
    return contract


def _of_any_week(contract: Contract) -> Contract:
    """The contract without what its weeks must hold: bands and rest alone."""
    return replace(
        contract,
        hours_per_week=None,
        days_per_week=None,
        max_consecutive_days=366,
        averaging_weeks=None,
        max_hours_in_week=None,
    )


def _design(queue: str, need: pd.DataFrame, given: _Options, limit: float) -> QueueDesign:
    """One queue: model, search, the weeks of the line; cost and rules checked anew from the lines alone."""
    clock = Clock.of(limit)
    interval, hours = interval_of(need), given.hours.get(queue)
    axis = week_of(time_axis(need, given.kinds, interval, cyclic=True))
    required = by_slot(need, axis)
    candidates = candidates_for(axis, given.kinds, interval, hours)
    name_the_unreachable(queue, need, candidates, required, hard=given.costs.hard)
    tracks = tracks_for([_of_any_week(given.contract)], candidates, consecutive_days_off=False)
    case = Case(
        candidates=candidates,
        tracks=tracks,
        contract=given.contract,
        costs=given.costs,
        rules=_rules(given, axis),
        people=given.people,
        seed=given.seed,
    )
    found = best_lines(case, required, given.lines, clock, few=_few_starts(case, required, clock))
    columns = rotation_lines(found.model, found.values, queue, given.contract)
    table = check(pd.DataFrame(columns, columns=list(NAMES)).assign(queue=queue), SCHEDULE)
    bill = bill_of(table, need, axis)
    refuse_missing(queue, bill.missing, given.costs)
    assert_sound(queue, table, given.kinds, hours, axis, interval, bill.cost(given.costs), found.objective)
    refuse_unkept(queue, limit_faults(table, candidates, given.costs))
    faults = rotation_faults(
        table,
        given.contract,
        weeks=given.weeks,
        first_day=axis.origin,
        weekend=given.weekend,
        least_days_off=given.least_days_off,
        one_type_a_week=given.one_type,
    )
    assert_faultless(faults, f"rotations of queue {queue}")
    return QueueDesign(
        table=table,
        coverage=coverage_of(table, need, axis),
        objective=bill.cost(given.costs),
        bound=min(found.bound, bill.cost(given.costs)),
        out_of_time=found.out_of_time,
    )


def _few_starts(case: Case, required: Floats, clock: Clock) -> Case | None:
    """The case with the starts that an average day likes best; None where there are not too many anyway."""
    candidates = case.candidates
    limited = any(shift.kind.people or shift.kind.people_at for shift in candidates.shifts)
    if limited or len({shift.key for shift in candidates.shifts}) <= MOST_STARTS:
        return None
    capped = replace(case.costs, most_shifts=MOST_STARTS)
    kept = only(candidates, kept_by_day(candidates, required, capped, Clock.of(clock.left * FOR_STARTS)))
    tracks = tracks_for([_of_any_week(case.contract)], kept, consecutive_days_off=False)
    return replace(case, candidates=kept, tracks=tracks)


def _rules(given: _Options, axis: TimeAxis) -> RotationRules:
    off = weekday_set(list(given.weekend), name="weekend") if given.weekend else frozenset()
    weekend = tuple(d for d, day in enumerate(axis.dates[:WEEK]) if day.day_of_week in off)
    return RotationRules(
        weeks=given.weeks, weekend=weekend, least_days_off=given.least_days_off, one_type=given.one_type
    )
