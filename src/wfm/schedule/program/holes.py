"""Hours that stay uncovered though shifts reach them: the shifts around each such hole solved anew, the dearest first.

Where few are on duty and few may be on a break at once, one person more has no place for a meal, and only several
together with other breaks for all fill the hole. A search that runs out of time leaves such holes; each is a small
programme of its own.
"""

from __future__ import annotations

import numpy as np

from wfm.schedule.program.blocks import freed
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import PART, SHIFT, SHORT, Bools, Floats, Ints, Program
from wfm.schedule.program.solver import whole
from wfm.schedule.shifts.candidates import Candidates

MOST_SHIFTS = 120  # that are solved anew around one hole
GAPS = (0.05, 0.005)  # of what the part costs, by round: closing the hole counts, not its last hour
LEAST_SECONDS = 0.1


def closed(program: Program, candidates: Candidates, values: Floats, clock: Clock) -> Floats:
    """Values without the holes that can be closed at less than they cost, as far as the time suffices."""
    for gap in GAPS:
        before = program.objective(values)
        holes = _holes(program, candidates, values)
        for k, hole in enumerate(holes):
            if clock.left < LEAST_SECONDS:
                return values
            values = _around(program, candidates, values, hole, clock.left / (len(holes) - k), gap)
        if not holes or program.objective(values) > before - 1e-7:
            break
    return values


def _around(program: Program, candidates: Candidates, values: Floats, hole: Ints, seconds: float, gap: float) -> Floats:
    """The shifts that reach a hole solved anew with all breaks of theirs; the values where that saves nothing."""
    shifts = _reaching(program, candidates, hole)
    if not shifts.any():
        return values
    part = program.part(freed(program, candidates, shifts), values)
    found = whole(part, seconds=seconds, gap=gap, long_rows=True)
    if found.values is None or part.objective(found.values) >= program.objective(values) - 1e-7:
        return values
    better = values.copy()
    better[part.column] = found.values
    return better if program.holds(better) else values


def _holes(program: Program, candidates: Candidates, values: Floats) -> list[Ints]:
    """Runs of slots with somebody missing, the dearest first."""
    axis, price = candidates.axis, np.zeros(candidates.axis.slots)
    for kind in (SHORT, PART):
        columns = np.flatnonzero(program.of_kind(kind))
        np.add.at(price, program.number[columns], np.maximum(program.cost[columns], 0.0) * values[columns])
    slots = np.flatnonzero(price > 1e-9)
    if not len(slots):
        return []
    runs = np.split(slots, np.flatnonzero(np.diff(slots) > 1) + 1)
    if axis.cyclic and len(runs) > 1 and runs[0][0] == 0 and runs[-1][-1] == axis.slots - 1:
        runs = [np.r_[runs[-1], runs[0]], *runs[1:-1]]
    return sorted(runs, key=lambda run: -float(price[run].sum()))


def _reaching(program: Program, candidates: Candidates, hole: Ints) -> Bools:
    """Shift columns that span a slot of a hole; of too many those that span most of it."""
    axis, columns = candidates.axis, np.flatnonzero(program.of_kind(SHIFT))
    chosen = np.zeros(len(program.cost), dtype=bool)
    if not len(columns):
        return chosen
    inside = np.zeros(axis.slots)
    inside[hole] = 1.0
    before = np.r_[0.0, np.cumsum(np.tile(inside, 2 if axis.cyclic else 1))]
    shifts = [candidates.shifts[s] for s in program.number[columns]]
    first = np.array([shift.start for shift in shifts])
    last = np.minimum([shift.start + shift.length for shift in shifts], len(before) - 1)
    covered = before[last] - before[first]
    most = np.argsort(-covered, kind="stable")[:MOST_SHIFTS]
    chosen[columns[most[covered[most] > 0]]] = True
    return chosen
