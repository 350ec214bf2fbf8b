"""Few distinct shifts: which types and starts to keep, by linear programmes that drop the least used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wfm.schedule.blocks import freed
from wfm.schedule.candidates import Candidates
from wfm.schedule.clocks import Clock
from wfm.schedule.costs import Costs
from wfm.schedule.cover import cover_program
from wfm.schedule.cover_search import SAFE, Block, Cover, best_cover
from wfm.schedule.first_order import relaxed_or_near
from wfm.schedule.program import PLACE, SHIFT, Bools, Floats, Ints, Program
from wfm.schedule.solver import relaxed

DROPPED_AT_ONCE = 0.3  # share of the distinct shifts still too many
FOR_BOUND = 0.5  # most of the time for the linear bound without the cap
FOR_DROPPING = 0.4  # most of what is then left for finding what to keep
FOR_KEPT = 0.6  # of what is then left for people on the kept shifts; the rest proves
LAST_DROPPED = 3  # so many are dropped one by one


def best_few(
    candidates: Candidates, required: Floats, costs: Costs, *, seconds: float, seed: int
) -> tuple[Program, Cover]:
    """The best cover with at most `costs.most_shifts` distinct type x start, and the programme it belongs to.

    A kept set is searched as usual; then the whole programme with a flag a distinct shift, which proves the optimum of
    small instances. The bound is the linear one of the latter.
    """
    assert costs.most_shifts is not None
    clock = Clock.of(seconds)
    free = cover_program(candidates, required, replace(costs, most_shifts=None))
    linear = relaxed_or_near(free, candidates, seconds=clock.left * FOR_BOUND)
    people = np.zeros(len(free.cost)) if linear.values is None else linear.values
    kept = _kept(free, candidates, costs.most_shifts, people, Clock.of(clock.left * FOR_DROPPING))
    part = free.part(kept, np.zeros(len(free.cost)))
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


def _kept(program: Program, candidates: Candidates, most: int, people: Floats, clock: Clock) -> Bools:
    """Columns of the distinct shifts that stay; `people` is the linear solution with all of them."""
    shifts = program.of_kind(SHIFT)
    key = _keys(candidates)
    keys = np.unique(key)
    weight = np.array([shift.length for shift in candidates.shifts], dtype=float)
    solved = True
    while True:
        over = len(keys) - most
        if over > 0:
            use = np.bincount(key, weights=people[shifts] * weight, minlength=key.max() + 1)[keys]
            drop = over if not solved else 1 if over <= LAST_DROPPED else max(1, int(DROPPED_AT_ONCE * over))
            keys = np.sort(keys[np.argsort(-use, kind="stable")][: len(keys) - drop])
        allowed = np.zeros(len(program.cost), dtype=bool)
        allowed[np.flatnonzero(shifts)] = np.isin(key, keys)
        kept = freed(program, candidates, allowed) | ~(shifts | program.of_kind(PLACE))
        if len(keys) <= most:
            return kept
        part = program.part(kept, np.zeros(len(kept)))
        linear = relaxed(part, seconds=clock.left).values if clock.left > 0 else None
        solved = linear is not None
        if linear is not None:
            people = np.zeros(len(program.cost))
            people[part.column] = linear


def _keys(candidates: Candidates) -> Ints:
    numbers: dict[tuple[str, float], int] = {}
    return np.array(
        [numbers.setdefault((shift.kind.name, shift.clock), len(numbers)) for shift in candidates.shifts],
        dtype=np.int64,
    )
