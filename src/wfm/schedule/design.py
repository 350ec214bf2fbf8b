"""Shift design: how many people work which shift, at the least cost above the bound."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd

from wfm.checks import number_in
from wfm.durations import seconds
from wfm.errors import DataError, InfeasibleError, SettingError, WfmError, WfmWarning, listed
from wfm.hours import OpeningHours
from wfm.schedule.axis import TimeAxis, time_axis
from wfm.schedule.candidates import Candidates, candidates_for
from wfm.schedule.cover import Costs, Floats, Program, away_slots, cover_program
from wfm.schedule.cover_search import Cover, best_cover
from wfm.schedule.coverage import bill_of, by_slot, coverage_of
from wfm.schedule.few_shifts import best_few
from wfm.schedule.line_checker import schedule_faults
from wfm.schedule.lines import lines_of
from wfm.schedule.results import Schedule
from wfm.schedule.shifts import ShiftType
from wfm.tables import COVERAGE, REQUIREMENT, SCHEDULE, check, interval_of, with_end

WITHIN_GAP = 1e-3
FOR_THE_TABLES = (0.2, 0.05)  # kept for lines, coverage and checks: seconds, and a share of the time limit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Design:
    """One queue's part of the result."""

    table: pd.DataFrame
    coverage: pd.DataFrame
    objective: float
    bound: float
    out_of_time: bool


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
    hard_cover: bool = False,
    hours: Mapping[str, OpeningHours] | None = None,
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
    hard_cover : bool           Whether nobody may be missing.
    hours : mapping             Queue -> opening hours, inside which its shifts lie (see `ShiftType.outside_hours`).
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
    costs = _costs(under_cost, over_cost, shift_cost, max_shifts, hard_cover)
    limit = number_in(time_limit, name="time_limit", low=0, high=1e7, open_low=True, unit="s")
    need = _requirement(requirement, interval)
    kinds = _kinds(shift_types)
    designs = []
    queues = [(str(queue), rows.reset_index(drop=True)) for queue, rows in need.groupby("queue", sort=True)]
    for k, (queue, rows) in enumerate(queues):
        left = limit * (1 - FOR_THE_TABLES[1]) - FOR_THE_TABLES[0] - (perf_counter() - began)
        share = left * len(rows) / sum(len(other) for _, other in queues[k:])
        designs.append(_design(queue, rows, kinds, costs, (hours or {}).get(queue), cyclic, share, seed))
    return _joined(designs, perf_counter() - began)


def _design(
    queue: str,
    need: pd.DataFrame,
    kinds: Sequence[ShiftType],
    costs: Costs,
    hours: OpeningHours | None,
    cyclic: bool,
    limit: float,
    seed: int,
) -> _Design:
    """One queue: model, search, lines; cost and rules checked anew from the lines alone."""
    began = perf_counter()
    interval = interval_of(need)
    axis = time_axis(need, kinds, interval, cyclic=cyclic)
    required = by_slot(need, axis)
    candidates = candidates_for(axis, kinds, interval, hours)
    _name_the_unreachable(queue, need, candidates, required, hard=costs.hard)
    program, found = _solved(candidates, required, costs, limit - (perf_counter() - began), seed)
    table = lines_of(candidates, program, found.values, queue)
    bill = bill_of(table, need, axis)
    if costs.hard and bill.missing > 1e-9:
        raise InfeasibleError(
            f"queue {queue}: no schedule without missing agents was found, {bill.missing:g} "
            "agent-hours stay uncovered. Drop hard_cover, add shifts or allow more time.",
            reasons=[f"{bill.missing:g} agent-hours missing"],
        )
    _assert_sound(queue, table, kinds, hours, axis, interval, bill.cost(costs), found.objective)
    return _Design(
        table=table,
        coverage=coverage_of(table, need, axis),
        objective=bill.cost(costs),
        bound=min(found.bound, bill.cost(costs)),
        out_of_time=found.out_of_time,
    )


def _solved(candidates: Candidates, required: Floats, costs: Costs, limit: float, seed: int) -> tuple[Program, Cover]:
    if costs.most_shifts is not None and candidates.shifts:
        return best_few(candidates, required, costs, seconds=limit, seed=seed)
    program = cover_program(candidates, required, costs)
    return program, best_cover(program, candidates, seconds=limit, seed=seed)


def _costs(under: float, over: float, shift: float, most: int | None, hard: bool) -> Costs:
    if most is not None:
        most = int(number_in(most, name="max_shifts", low=1, high=1e6))
    return Costs(
        under=number_in(under, name="under_cost", low=0, high=1e6, unit="paid hours"),
        over=number_in(over, name="over_cost", low=0, high=1e6, unit="paid hours"),
        shift=number_in(shift, name="shift_cost", low=0, high=1e6, unit="paid hours"),
        hard=bool(hard),
        most_shifts=most,
    )


def _requirement(requirement: pd.DataFrame, interval: object) -> pd.DataFrame:
    checked = check(requirement, REQUIREMENT)
    if checked.empty:
        raise DataError(
            "requirement has no rows; there is nothing to cover. Hand in at least one interval.", table="requirement"
        )
    return with_end(checked, None if interval is None else seconds(interval, name="interval"))


def _kinds(shift_types: Sequence[ShiftType]) -> tuple[ShiftType, ...]:
    kinds = tuple(shift_types) if not isinstance(shift_types, ShiftType) else (shift_types,)
    if not kinds:
        raise SettingError("shift_types must hold at least one ShiftType, got none.", name="shift_types")
    wrong = [kind for kind in kinds if not isinstance(kind, ShiftType)]
    if wrong:
        raise SettingError(
            f"shift_types must be ShiftType objects, got {wrong[0]!r}.", name="shift_types", value=wrong[0]
        )
    names = [kind.name for kind in kinds]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingError(
            f"names of shift_types must differ, got {listed(twice)} more than once.", name="shift_types", value=twice
        )
    return kinds


def _name_the_unreachable(
    queue: str, need: pd.DataFrame, candidates: Candidates, required: np.ndarray, *, hard: bool
) -> None:
    axis = candidates.axis
    reached = np.zeros(axis.slots, dtype=bool)
    for shift in candidates.shifts:
        slots = axis.wrapped(np.arange(shift.start, shift.start + shift.length))
        always_away = (
            set.intersection(
                *(
                    set(away_slots(candidates.groups[g], p))
                    for g in shift.groups
                    for p in range(len(candidates.groups[g].places))
                )
            )
            if shift.groups
            else set()
        )
        reached[[s for s in slots.tolist() if 0 <= s < axis.slots and s not in always_away]] = True
    lost = (np.nan_to_num(required) > 0) & ~reached
    first = need["start"].array
    bad = [
        start
        for start, a, b in zip(first, axis.slots_of(need["start"]), axis.slots_of(need["end"]), strict=True)
        if lost[axis.wrapped(np.arange(a, b))].any()
    ]
    if not bad:
        return
    message = (
        f"queue {queue}: no shift covers {len(bad)} interval(s), first {bad[0]:%Y-%m-%d %H:%M}; "
        "add a shift or shorten opening hours"
    )
    if hard:
        raise InfeasibleError(message, reasons=[f"no shift covers {start:%Y-%m-%d %H:%M}" for start in bad[:20]])
    warnings.warn(message, WfmWarning, stacklevel=4)


def _assert_sound(
    queue: str,
    table: pd.DataFrame,
    kinds: Sequence[ShiftType],
    hours: OpeningHours | None,
    axis: TimeAxis,
    interval: float,
    recomputed: float,
    claimed: float,
) -> None:
    if abs(recomputed - claimed) > 1e-6 * max(1.0, abs(claimed)):
        raise WfmError(f"internal: the lines of queue {queue} cost {recomputed}, the search claims {claimed}.")
    faults = schedule_faults(
        table,
        kinds,
        None if hours is None else {queue: hours},
        interval=interval,
        cycle=axis.slots * axis.step if axis.cyclic else None,
    )
    if len(faults):
        raise WfmError(
            f"internal: {len(faults)} line(s) of queue {queue} break a rule, first: {faults.iloc[0].tolist()}."
        )


def _joined(designs: Sequence[_Design], spent: float) -> Schedule:
    objective, bound = sum(part.objective for part in designs), sum(part.bound for part in designs)
    tables = [part.table for part in designs if len(part.table)] or [designs[0].table]
    if objective - bound <= 1e-6 * max(1.0, abs(objective)):
        status = "optimal"
    elif objective - bound <= WITHIN_GAP * abs(objective):
        status = "within_gap"
    else:
        status = "time_limit" if any(part.out_of_time for part in designs) else "feasible"
    return Schedule(
        table=check(pd.concat(tables, ignore_index=True), SCHEDULE),
        coverage=check(pd.concat([part.coverage for part in designs], ignore_index=True), COVERAGE),
        objective=float(objective),
        bound=float(bound),
        status=status,
        seconds=spent,
    )
