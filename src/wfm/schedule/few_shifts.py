"""Few distinct shifts: which types and starts to keep, by linear programmes that drop the least used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wfm.schedule.blocks import freed
from wfm.schedule.candidates import Candidates
from wfm.schedule.clocks import Clock
from wfm.schedule.costs import Costs
from wfm.schedule.cover import cover_program
from wfm.schedule.cover_search import Block, Cover, best_cover
from wfm.schedule.program import PLACE, SHIFT, Bools, Floats, Ints, Program
from wfm.schedule.solver import relaxed

DROPPED_AT_ONCE = 0.3  # share of the distinct shifts still too many


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
    capped = cover_program(candidates, required, costs)
    bound = relaxed(capped, seconds=clock.left)
    kept = _kept(free, candidates, costs.most_shifts, clock)
    part = free.part(kept, np.zeros(len(free.cost)))
    found = best_cover(part, candidates, seconds=clock.left / 2, seed=seed)
    values = np.zeros(len(capped.cost))
    values[part.column] = found.values  # the flags are the last columns of the capped programme
    block = Block(program=capped, values=capped.settled(values), bound=max(bound.bound, 0.0), linear=bound.values)
    if block.open:
        block.improve(np.ones(len(values), dtype=bool), clock.left)
    return capped, Cover(
        values=block.values, objective=block.objective, bound=block.bound, out_of_time=clock.left <= 0 and block.open
    )


def _kept(program: Program, candidates: Candidates, most: int, clock: Clock) -> Bools:
    """Columns of the distinct shifts that stay."""
    shifts = program.of_kind(SHIFT)
    key = _keys(candidates)
    keys = np.unique(key)
    weight = np.array([shift.length for shift in candidates.shifts], dtype=float)
    while True:
        allowed = np.zeros(len(program.cost), dtype=bool)
        allowed[np.flatnonzero(shifts)] = np.isin(key, keys)
        kept = freed(program, candidates, allowed) | ~(shifts | program.of_kind(PLACE))
        if len(keys) <= most:
            return kept
        part = program.part(kept, np.zeros(len(kept)))
        linear = relaxed(part, seconds=max(clock.left, 0.1)).values
        people = np.zeros(len(program.cost))
        if linear is not None:
            people[part.column] = linear
        use = np.bincount(key, weights=people[shifts] * weight, minlength=key.max() + 1)[keys]
        drop = 1 if linear is not None and len(keys) - most <= 3 else max(1, int(DROPPED_AT_ONCE * (len(keys) - most)))
        keys = np.sort(keys[np.argsort(-use, kind="stable")][: len(keys) - drop])


def _keys(candidates: Candidates) -> Ints:
    numbers: dict[tuple[str, float], int] = {}
    return np.array(
        [numbers.setdefault((shift.kind.name, shift.clock), len(numbers)) for shift in candidates.shifts],
        dtype=np.int64,
    )
