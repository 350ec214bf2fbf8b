"""People per shift as a linear programme: cover the requirement at the least cost, breaks grouped by their places.

For every candidate shift s an integer x_s of people, for every group g and place p an integer b_gp of breaks:

    minimise    sum paid_s x_s + missing and surplus agent-hours at their price
    cover t     sum of x_s on duty at t - sum of b_gp away at t + u_t + v_t - o_t  >=  ceil(r_t)
    link g      sum_p b_gp  =  sum of x_s that belong to g

A requirement between two whole numbers misses or wastes a part of one agent: v_t in [0, 1] is that agent, at the price
which leaving him out really has, so that the linear bound knows that people are whole.
"""

from __future__ import annotations

from math import floor
from typing import Any

import numpy as np

from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.distinct import add_distinct
from wfm.schedule.cover.limits import add_people_of_types
from wfm.schedule.cover.premiums import premium_before
from wfm.schedule.program.program import FLAG, PART, PLACE, SHIFT, SHORT, SURPLUS, Builder, Floats, Ints, Program
from wfm.schedule.shifts.candidates import Candidates, Group

HARD = 1000.0  # paid hours for a missing agent-hour that may not be: far more than any way to cover it


def cover_program(candidates: Candidates, required: Floats, costs: Costs) -> Program:
    """The programme of one queue.

    Parameters
    ----------
    required : array    People needed in every slot of the horizon [people]; nan = closed, no cover needed.
    """
    build = Builder()
    _, constant = add_people(build, candidates, required, costs)
    return build.program(constant)


def add_people(
    build: Builder, candidates: Candidates, required: Floats, costs: Costs, *, surplus: bool = False
) -> tuple[Ints, float]:
    """Columns and rows of people per shift, breaks and cover; the columns of the shifts, and the constant cost.

    `surplus` asks for a column of surplus people in every open slot, also where it costs nothing.
    """
    paid, saved = _wages(candidates, costs)
    shifts = build.add_columns(SHIFT, np.arange(len(candidates.shifts)), paid, integer=True)
    place_of = [(g, p) for g, group in enumerate(candidates.groups) for p in range(len(group.places))]
    places = build.add_columns(PLACE, [g for g, _ in place_of], saved, integer=True)
    first_place = np.r_[0, np.cumsum([len(group.places) for group in candidates.groups])].astype(int)
    constant = _add_cover(build, candidates, required, costs, shifts, places, surplus=surplus)
    links = build.add_rows(0.0, 0.0, len(candidates.groups))
    build.put(links[[g for g, _ in place_of]], places, 1.0)
    belongs = [(g, s) for s, shift in enumerate(candidates.shifts) for g in shift.groups]
    build.put(links[[g for g, _ in belongs]], shifts[[s for _, s in belongs]], -1.0)
    _add_most_at_once(build, candidates, required, costs, shifts, places[0] + first_place if len(places) else places)
    add_distinct(build, candidates, required, costs, shifts)
    add_people_of_types(build, candidates, shifts, costs)
    if costs.least_average is not None:
        long = [shift.kind.length - costs.least_average for shift in candidates.shifts]
        build.put(np.repeat(build.add_rows(0.0, np.inf, 1), len(shifts)), shifts, np.array(long) / 3600)
    return shifts, constant


def _wages(candidates: Candidates, costs: Costs) -> tuple[list[float], list[float] | float]:
    """What a person of each shift costs, and what every break place saves: premiums of its unpaid hours."""
    paid = [shift.paid_hours for shift in candidates.shifts]
    if not costs.premiums:
        return paid, 0.0
    axis = candidates.axis
    before = premium_before(axis, costs.premiums)
    span = [float(before[shift.start + shift.length] - before[shift.start]) for shift in candidates.shifts]
    saved = []
    for group in candidates.groups:
        for place in group.places:
            first = axis.wrapped(np.array(place))
            last = first + np.array(group.cluster.lengths)
            unpaid = np.array([not pause.paid for pause in group.cluster.breaks])
            saved.append(-float((before[last] - before[first])[unpaid].sum()))
    return [hours + more for hours, more in zip(paid, span, strict=True)], saved


def away_slots(group: Group, place: int) -> list[int]:
    """The slots of all breaks of one place of a group, from the origin."""
    return [
        start + k
        for start, length in zip(group.places[place], group.cluster.lengths, strict=True)
        for k in range(length)
    ]


def _add_cover(
    build: Builder,
    candidates: Candidates,
    required: Floats,
    costs: Costs,
    shifts: Ints,
    places: Ints,
    *,
    surplus: bool,
) -> float:
    """Cover rows of the slots that need somebody (all open slots where surplus costs), with their slack."""
    axis = candidates.axis
    need = np.ceil(required - 1e-9)
    # Steps of the requirement ask for it where distinct shifts cost.
    surplus = surplus or costs.over > 0 or (costs.shift > 0 and not candidates.groups)
    counted = np.flatnonzero(~np.isnan(required) & ((need > 0) | surplus))
    row_of = np.full(axis.slots, -1)
    row_of[counted] = build.add_rows(need[counted], need[counted] if surplus else np.inf, len(counted))
    on = [np.arange(shift.start, shift.start + shift.length) for shift in candidates.shifts]
    _put_slots(build, axis.slots, axis.cyclic, row_of, shifts, on, 1.0)
    away = [away_slots(group, p) for group in candidates.groups for p in range(len(group.places))]
    _put_slots(build, axis.slots, axis.cyclic, row_of, places, away, -1.0)
    if costs.seats is not None:
        seats = build.add_rows(-np.inf, float(costs.seats), axis.slots)
        _put_slots(build, axis.slots, axis.cyclic, seats, shifts, on, 1.0)
        _put_slots(build, axis.slots, axis.cyclic, seats, places, away, -1.0)
    part = need[counted] - required[counted]  # of one agent, surplus where cover is whole
    part = np.where(part > 1e-9, part, 0.0)
    _add_slack(build, counted, row_of, need[counted], part, costs, axis.hours, surplus)
    return axis.hours * costs.over * float(part.sum())


def _add_slack(
    build: Builder, counted: Ints, row_of: Ints, need: Floats, part: Floats, costs: Costs, width: float, surplus: bool
) -> None:
    rows = row_of[counted]
    split = (part > 0) & (not costs.hard)
    under = HARD if costs.hard else costs.under
    build.put(rows, build.add_columns(SHORT, counted, under * width, upper=np.where(split, need - 1, need)), 1.0)
    some = np.flatnonzero(split)
    price = (under * (1 - part[some]) - costs.over * part[some]) * width
    build.put(rows[some], build.add_columns(PART, counted[some], price, upper=1.0), 1.0)
    if surplus:
        build.put(rows, build.add_columns(SURPLUS, counted, costs.over * width), -1.0)


def _put_slots(
    build: Builder, slots: int, cyclic: bool, row_of: Ints, columns: Ints, spans: list[Any], value: float
) -> None:
    """Entries of columns in the rows of the slots that each of them spans; slots without a row are left out."""
    if not spans:
        return
    sizes = [len(span) for span in spans]
    slot = np.concatenate([np.asarray(span, dtype=np.int64) for span in spans])
    column = np.repeat(columns, sizes)
    if cyclic:
        slot = slot % slots
    inside = (slot >= 0) & (slot < slots)
    slot, column = slot[inside], column[inside]
    has_row = row_of[slot] >= 0
    build.put(row_of[slot[has_row]], column[has_row], value)


def _add_most_at_once(
    build: Builder, candidates: Candidates, required: Floats, costs: Costs, shifts: Ints, first_place: Ints
) -> None:
    """At most max(1, share x on duty) people on a watched break at once.

    The flag z of a slot says that fewer than 1 / share are on duty, where one may still go. The third row follows from
    the other two for whole people and is what the linear bound sees.
    """
    axis = candidates.axis
    watched = _watched(candidates, first_place)
    if not watched:
        return
    most = _most_people(candidates, required, costs)
    on_duty: dict[int, list[int]] = {slot: [] for _, _, slot in watched}
    for s, shift in enumerate(candidates.shifts):
        for slot in axis.wrapped(np.arange(shift.start, shift.start + shift.length)).tolist():
            if slot in on_duty:
                on_duty[slot].append(s)
    for (_, share, slot), columns in watched.items():
        flag = build.add_columns(FLAG, [slot], 0.0, upper=1.0, integer=True)[0]
        duty = shifts[on_duty[slot]]
        rows = build.add_rows(-np.inf, [0.0, most + 1, 1 - share], 3)
        for row in rows:
            build.put(np.full(len(columns), row), columns, 1.0)
        for row in rows[[0, 2]]:
            build.put(np.full(len(duty), row), duty, -share)
        build.put(rows[:2], [flag, flag], [-1.0, most])


def _watched(candidates: Candidates, first_place: Ints) -> dict[tuple[str, float, int], list[int]]:
    """Break places by the name and share they count for and the slot they take."""
    found: dict[tuple[str, float, int], list[int]] = {}
    for g, group in enumerate(candidates.groups):
        for p, starts in enumerate(group.places):
            for pause, start, length in zip(group.cluster.breaks, starts, group.cluster.lengths, strict=True):
                if pause.most_at_once is not None:
                    for slot in candidates.axis.wrapped(np.arange(start, start + length)).tolist():
                        found.setdefault((pause.name, pause.most_at_once, slot), []).append(int(first_place[g]) + p)
    return found


def _most_people(candidates: Candidates, required: Floats, costs: Costs) -> float:
    """More people than any best schedule holds: the empty one costs no less."""
    hours = float(np.nansum(np.maximum(required, 0))) * candidates.axis.hours
    cheapest = min((shift.paid_hours for shift in candidates.shifts), default=1.0)
    if costs.hard:
        return 1.0 + float(np.nansum(np.ceil(required)))
    return 1.0 + floor(costs.under * hours / max(cheapest, 1e-3))
