"""The fewest distinct shifts and least slack by choosing balanced groups, one for every rise and fall.

A best flow of people falls apart into trees, so that it is a choice of balanced groups that hold every moment once. The
linear relaxation of that choice, its groups found as they are needed, lies within a few distinct shifts of the best
where flags behind multiples lie far below. No solution below bound + margin holds a group that costs more than margin
above the worth of its moments; all other groups are listed, and the best choice among them is the best of all, or the
bound is raised by the margin. (Set partition: Balas and Padberg 1976, SIAM Review 18; column generation and the listing
of all columns within the gap: Baldacci, Christofides and Mingozzi 2008, Mathematical Programming 115.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wfm.schedule.cover.balanced_groups import Groups, TooManyGroupsError, balanced_groups
from wfm.schedule.cover.changes import Changes, changes_of
from wfm.schedule.cover.rerouting import fits
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import FLAG, SHIFT, Bools, Floats, Ints, Program
from wfm.schedule.program.solver import grain_of_amounts, rounded_up, whole
from wfm.schedule.shifts.candidates import Candidates

SIZES = (4, 6, 8, 12, 20, 50, 300)  # moments in a group up to which the linear relaxation is exact
AT_MOST = 60_000  # trees of a listing
ROUNDS = 60  # of listings for one size
WORTH = 0.6  # of a moment before the first round
SAFE = 1e-6  # of a moment's worth: what the linear programme may be off
MARGINS = (0.1, 0.3, 0.6, 0.95, 1.5, 2.0, 2.5, 3.0)  # distinct shifts
FOR_CHOICE = 0.5  # of the time left, at most
FOR_PEOPLE = 0.5  # of the time left, at most
GAP = 1e-6
LESS = 0.85  # of their worth, for groups of few moments
WIDE = (0.95, 1.5, 2.0)  # margins for those
FEW = 20_000  # trees of their listings


@dataclass(slots=True)
class Fewest:
    """The best values, a bound of their cost, and groups of which good solutions are made."""

    values: Floats
    bound: float
    groups: Groups | None = None


def fewest(program: Program, candidates: Candidates, values: Floats, clock: Clock) -> Fewest:
    """Values at no higher cost and a bound, for programmes of shifts without breaks, each with a flag of its own."""
    changes = changes_of(program, candidates) if fits(program) else None
    if changes is None or not changes.balance.any():
        return Fewest(values, -np.inf)
    worth = worth_of_moments(changes, clock)
    least = float(worth.sum()) - SAFE * len(worth)
    best = Fewest(values, _bound(changes, least))
    for margin in MARGINS:
        if clock.left <= 0 or best.bound >= program.objective(best.values) - 1e-6:
            break
        try:
            best.groups = balanced_groups(changes, worth, most=1.0 + margin, at_most=AT_MOST, clock=clock)
        except TooManyGroupsError:
            break
        groups = best.groups.and_more(own_groups(changes, best.values))
        chosen, cost, proven = best_choice(changes, groups, clock.left * FOR_CHOICE)
        if proven > least:
            proven = min(proven, best_choice(changes, groups, clock.left * FOR_CHOICE, around=True)[2])
        best.bound = max(best.bound, _bound(changes, min(least + margin, proven)))
        if chosen is not None and changes.least + changes.unit * cost < program.objective(best.values) - 1e-6:
            best.values = worked(program, changes, groups.inside[chosen], best.values, clock.left * FOR_PEOPLE)
    best.bound = min(best.bound, program.objective(best.values))
    if best.groups is not None and best.bound < program.objective(best.values) - 1e-6:
        best.groups = _with_small_groups(changes, worth, best.groups, clock)
    return best


def _with_small_groups(changes: Changes, worth: Floats, groups: Groups, clock: Clock) -> Groups:
    """The groups, and further ones of few moments: where every moment is worth less, many together cost too much."""
    small = Groups.none(changes.moments)
    for margin in WIDE:
        try:
            small = balanced_groups(changes, LESS * worth, most=1.0 + margin, at_most=FEW, clock=clock)
        except TooManyGroupsError:
            break
    return groups.and_more(small)


def _bound(changes: Changes, least: float) -> float:
    """The cost in paid hours, rounded up to what distinct shifts and slack can cost."""
    if not np.isfinite(least):
        return least
    grain = grain_of_amounts(np.r_[1.0, changes.price[changes.slack]] * changes.unit)
    return changes.least + rounded_up(least * changes.unit, grain)


def worth_of_moments(changes: Changes, clock: Clock, at_most: float = 1.0) -> Floats:
    """What moments are worth in the linear relaxation: no group costs less than its moments are worth.

    No moment is worth more than so much of the dearest arc or slack beside it.
    """
    from scipy import sparse
    from scipy.optimize import linprog

    counted = changes.balance != 0
    groups, proven = Groups.none(changes.moments), np.zeros(changes.moments)
    dearest = at_most * _dearest(changes)
    worth = np.where(counted, np.minimum(WORTH, dearest), 0.0)
    for size in SIZES:
        most = np.where(counted, dearest * size / (size + 1), 0.0)
        for _ in range(ROUNDS):
            if clock.left <= 0:
                return proven
            if len(groups.cost):
                solved = linprog(  # type: ignore[call-overload]  # the stubs know no sparse matrices
                    -np.ones(int(counted.sum())),
                    A_ub=sparse.csr_array(groups.inside[:, counted].astype(float)),
                    b_ub=groups.cost,
                    bounds=np.column_stack([np.zeros(int(counted.sum())), most[counted]]),
                    method="highs-ipm",
                )
                if solved.status != 0:
                    return proven
                worth[counted] = np.clip(solved.x, 0.0, most[counted])
            try:
                cheaper = balanced_groups(changes, worth, most=1.0 - SAFE, at_most=AT_MOST, clock=clock)
            except TooManyGroupsError:
                return proven
            if not len(cheaper.cost):
                proven = worth.copy()
                break
            groups = groups.and_more(cheaper)
    return proven


def _dearest(changes: Changes) -> Floats:
    """The most that a moment may be worth: a distinct shift, or a person of slack next to it where that is less."""
    most = np.ones(changes.moments)
    for ends in (changes.tail, changes.head):
        np.minimum.at(most, ends[changes.slack], changes.price[changes.slack])
    return most


def own_groups(changes: Changes, values: Floats) -> Groups:
    """The groups into which a solution falls apart."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    people = np.where(changes.column >= 0, np.rint(values[changes.column]), 0.0).astype(np.int64)
    used = np.flatnonzero(people)
    tail, head = changes.tail[used], changes.head[used]
    joined = sparse.coo_array((np.ones(len(used)), (tail, head)), shape=(changes.moments, changes.moments))
    number, label = connected_components(joined, directed=False)
    inside = np.zeros((number, changes.moments), dtype=bool)
    inside[label, np.arange(changes.moments)] = True
    cost = np.bincount(label[tail], weights=changes.cost(used, people[used]), minlength=number)
    slots = np.bincount(label[tail], weights=people[used] * changes.length[used], minlength=number)
    even = (inside @ changes.balance == 0) & (cost > 0)
    return Groups(cost=cost[even], slots=np.rint(slots[even]).astype(np.int64), inside=inside[even])


def best_choice(
    changes: Changes, groups: Groups, seconds: float, *, around: bool = False
) -> tuple[Ints | None, float, float]:
    """Groups that hold every change once and give the hours required, their cost, and a bound of it.

    Since the hours are given, a best flow may hold one cycle `around` the whole horizon, which costs no less than its
    moments: they are in no group, and no shift leaps over more of them than the longest one spans.
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    counted, number, moments = changes.balance != 0, len(groups.cost), changes.moments
    inside = sparse.csr_array(groups.inside[:, counted].T.astype(float))
    hours = sparse.csr_array(groups.slots[None, :].astype(float))
    cost, rows = groups.cost, [LinearConstraint(inside, 1.0, 1.0), LinearConstraint(hours, changes.required)]
    if around:
        moment = np.arange(moments)
        near = (moment[None, :] - moment[:, None]) % moments < int(changes.length.max())
        cost = np.r_[cost, _dearest(changes)]
        rows = [
            LinearConstraint(sparse.hstack([inside, sparse.eye_array(moments).tocsr()[counted]]), 1.0, 1.0),
            LinearConstraint(sparse.hstack([sparse.csr_array((moments, number)), sparse.csr_array(near * 1.0)]), 1.0),
        ]
    else:
        rows[1] = LinearConstraint(hours, changes.required, changes.required)
    solved = milp(
        cost,
        integrality=np.r_[np.ones(number), np.zeros(len(cost) - number)],
        constraints=rows,
        bounds=Bounds(0.0, 1.0),
        options={"time_limit": max(seconds, 0.1), "mip_rel_gap": GAP},
    )
    proven = -np.inf if solved.mip_dual_bound is None else float(solved.mip_dual_bound)
    if solved.status == 2:
        proven = np.inf
    if solved.x is None:
        return None, np.inf, proven
    return np.flatnonzero(solved.x[:number] > 0.5), float(solved.fun), proven


def worked(program: Program, changes: Changes, chosen: Bools, values: Floats, seconds: float) -> Floats:
    """People on shifts inside the chosen groups, and on any that start or end at a moment in none of them."""
    shifts = np.flatnonzero(~changes.slack)
    tail, head = changes.tail[shifts], changes.head[shifts]
    alone = (changes.balance != 0) & ~chosen.any(axis=0)
    within = (chosen[:, tail] & chosen[:, head]).any(axis=0) | alone[tail] | alone[head]
    free = ~np.isin(program.kind, (SHIFT, FLAG))
    free[changes.column[shifts[within]]] = True
    flags = program.of_kind(FLAG)
    free[flags] = np.isin(program.number[flags], program.number[changes.column[shifts[within]]])
    part = program.part(free, np.zeros(len(values)))
    found = whole(part, seconds=seconds, gap=GAP).values
    if found is None:
        return values
    worked = np.zeros(len(values))
    worked[part.column] = found
    return worked if program.holds(worked) and program.objective(worked) < program.objective(values) - 1e-9 else values
