"""Few distinct shifts: which types and starts to keep, by linear programmes that drop the least used and move the rest.

An average day is tried first, for its programme is small; where the time suffices, the whole horizon has its say too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.cover_search import SAFE, Block, Cover, best_cover
from wfm.schedule.cover.people_per_shift import cover_program
from wfm.schedule.cover.typical_day import mean_day, of_a_day
from wfm.schedule.program.blocks import freed
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.first_order import flat_price, relaxed_or_near
from wfm.schedule.program.program import PLACE, SHIFT, Bools, Floats, Program
from wfm.schedule.program.solver import relaxed
from wfm.schedule.shifts.candidates import Candidates, Key

DROPPED_AT_ONCE = 0.3  # share of the distinct shifts still too many
FOR_DAY = (0.3, 0.15)  # for what an average day keeps: seconds, at most a quarter of the time, and a share of it beside
FOR_BOUND = 0.4  # most of the time then left for the linear bound without the cap
FOR_DROPPING = 0.4  # most of what is then left for finding what the whole horizon keeps
FOR_KEPT = 0.6  # of what is then left for people on the kept shifts; the rest proves
LAST_DROPPED = 3  # so many are dropped one by one
NEAR = 4  # types and starts next to a kept one that are tried in its place, in each direction


def best_few(
    candidates: Candidates, required: Floats, costs: Costs, *, seconds: float, seed: int
) -> tuple[Program, Cover]:
    """The best cover with at most `costs.most_shifts` distinct type x start, and the programme it belongs to.

    A kept set is searched as usual; then the whole programme with a flag a distinct shift, which proves the optimum of
    small instances. The bound is the linear one of the latter.
    """
    assert costs.most_shifts is not None
    clock = Clock.of(seconds)
    for_day = min(FOR_DAY[0], clock.left / 4) + FOR_DAY[1] * clock.left
    keys = [kept_by_day(candidates, required, costs, Clock.of(for_day))]
    free = cover_program(candidates, required, replace(costs, most_shifts=None))
    linear = relaxed(free, seconds=clock.left * FOR_BOUND)
    if linear.values is None:
        linear = replace(linear, bound=flat_price(free, candidates)[1])
    else:
        dropping = Clock.of(clock.left * FOR_DROPPING)
        keys.append(_kept(free, candidates, costs.most_shifts, linear.values, dropping))
    part = _cheapest([_part(free, candidates, own) for own in keys], clock)
    found = best_cover(part, candidates, seconds=clock.left * FOR_KEPT, seed=seed)
    capped = cover_program(candidates, required, costs)
    values = np.zeros(len(capped.cost))
    values[part.column] = found.values  # the flags of the cap are the last columns
    block = Block(program=capped, values=capped.settled(values), bound=max(linear.bound, 0.0), linear=None)
    if block.open and clock.left > 0:
        block.bound = max(block.bound, min(relaxed(capped, seconds=clock.left / 2).bound, block.objective))
    if block.open and clock.left > 0:
        block.improve(np.ones(len(values), dtype=bool), clock.left * SAFE)
    return capped, Cover(
        values=block.values, objective=block.objective, bound=block.bound, out_of_time=clock.left <= 0 and block.open
    )


def _cheapest(parts: list[Program], clock: Clock) -> Program:
    """The programme with the lowest linear cost; the last where that is not known in time."""
    if len(parts) == 1:
        return parts[0]
    costs = [relaxed(part, seconds=clock.left / 4) for part in parts]
    return parts[int(np.argmin([one.bound if one.values is not None else np.inf for one in costs]))]


def kept_by_day(candidates: Candidates, required: Floats, costs: Costs, clock: Clock) -> set[Key]:
    """What an average day keeps: dropped to the number that may be, then each moved to where it costs least."""
    assert costs.most_shifts is not None
    day = of_a_day(candidates)
    free = replace(costs, most_shifts=None, least_average=None, people={})
    program = cover_program(day, mean_day(required, candidates.axis), free)
    linear = relaxed_or_near(program, day, seconds=clock.left)
    people = np.zeros(len(program.cost)) if linear.values is None else linear.values
    keys = _kept(program, day, costs.most_shifts, people, clock)
    return _moved(program, day, keys, clock)


def _moved(program: Program, candidates: Candidates, keys: set[Key], clock: Clock) -> set[Key]:
    """One shift after the other in the place of which another lowers the linear cost, until none does."""
    best = _linear_cost(program, candidates, keys, clock)
    stands = 0
    order = sorted(keys)
    while stands < len(order) and clock.left > 0:
        key = order.pop(0)
        for other in _near(candidates, key):
            if other in keys:
                continue
            trial = (keys - {key}) | {other}
            cost = _linear_cost(program, candidates, trial, clock)
            if cost < best - 1e-6:
                best, keys, key, stands = cost, trial, other, -1
        order.append(key)
        stands += 1
    return keys


def _near(candidates: Candidates, key: Key) -> Iterator[Key]:
    """Types of like length at starts nearby, the nearest first."""
    lengths = {shift.key: shift.length for shift in candidates.shifts}
    starts = {shift.key: shift.start for shift in candidates.shifts}
    day = candidates.axis.slots
    long, begin = lengths[key], starts[key]
    ranks = {n: abs(k) for n, k in _ranks(sorted(set(lengths.values())), long)}
    turns = {n: abs(k) for n, k in _ranks(sorted(set(starts.values()), key=lambda s: (s - begin) % day), begin)}
    turns |= {n: min(k, len(turns) - k) for n, k in turns.items()}
    near = [(ranks[lengths[one]] + turns[starts[one]], one) for one in lengths]
    yield from (one for apart, one in sorted(near) if 0 < apart <= NEAR)


def _ranks(values: list[int], own: int) -> list[tuple[int, int]]:
    place = values.index(own)
    return [(value, k - place) for k, value in enumerate(values)]


def _linear_cost(program: Program, candidates: Candidates, keys: set[Key], clock: Clock) -> float:
    if clock.left <= 0:
        return np.inf
    found = relaxed(_part(program, candidates, keys), seconds=clock.left, method="highs-ds")
    return found.bound if found.values is not None else np.inf


def _part(program: Program, candidates: Candidates, keys: set[Key]) -> Program:
    """The programme with these shifts alone."""
    return program.part(_columns(program, candidates, keys), np.zeros(len(program.cost)))


def _columns(program: Program, candidates: Candidates, keys: set[Key]) -> Bools:
    shifts = program.of_kind(SHIFT)
    allowed = np.zeros(len(program.cost), dtype=bool)
    allowed[np.flatnonzero(shifts)] = [shift.key in keys for shift in candidates.shifts]
    return freed(program, candidates, allowed) | ~(shifts | program.of_kind(PLACE))


def _kept(program: Program, candidates: Candidates, most: int, people: Floats, clock: Clock) -> set[Key]:
    """The distinct shifts that stay; `people` is the linear solution with all of them."""
    shifts = program.of_kind(SHIFT)
    weight = np.array([shift.length for shift in candidates.shifts], dtype=float)
    of = [shift.key for shift in candidates.shifts]
    keys, solved = list(dict.fromkeys(of)), True
    while True:
        over = len(keys) - most
        if over > 0:
            use = dict.fromkeys(keys, 0.0)
            for key, amount in zip(of, people[shifts] * weight, strict=True):
                if key in use:
                    use[key] += float(amount)
            drop = over if not solved else 1 if over <= LAST_DROPPED else max(1, int(DROPPED_AT_ONCE * over))
            keys = sorted(keys, key=lambda key: (-use[key], key))[: len(keys) - drop]
        if len(keys) <= most:
            return set(keys)
        part = _part(program, candidates, set(keys))
        linear = relaxed(part, seconds=clock.left).values if clock.left > 0 else None
        solved = linear is not None
        if linear is not None:
            people = np.zeros(len(program.cost))
            people[part.column] = linear
