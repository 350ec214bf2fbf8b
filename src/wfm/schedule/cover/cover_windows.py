"""What each day costs by itself, as rows of the whole week: they lift its bound where flags hide behind multiples.

A window of slots with the shifts that touch it, all else left out, is a small programme. Its optimum, with a part of
the cost of what lies partly outside, is the least that these columns cost in any solution of the whole: a valid row.
Windows of one day take a second each where the week stalls; the rows of narrow windows hold inside wide ones, which
are therefore solved after them. (Russian doll search: Verfaillie, Lemaitre and Schiex 1996, AAAI.)
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import ceil

import numpy as np

from wfm.durations import DAY
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import FLAG, PART, SHIFT, SHORT, SURPLUS, Bools, Floats, Ints, Program
from wfm.schedule.program.solver import whole
from wfm.schedule.shifts.candidates import Candidates

Row = tuple[Floats, float]
SLACK = (SHORT, PART, SURPLUS)
CLOSE = 1e-5  # of a window's cost, where its search ends


def window_rows(
    program: Program, candidates: Candidates, days: int, clock: Clock, *, by_end: bool = True, at_once: int = 1
) -> list[Row]:
    """Weights of the columns and the least weighted sum, for every window of so many days; for shifts without breaks.

    The paid hours of a shift count as far as they lie inside, slack in full, and its flag where it ends inside, or
    where it starts inside. Windows side by side thus count each flag once. `at_once` windows are solved side by side.
    """
    axis = candidates.axis
    a_day = round(DAY / axis.step)
    width = days * a_day
    firsts = list(range(0, axis.slots if axis.cyclic else axis.slots - width + 1, a_day))

    def row(k: int) -> Row | None:
        if clock.left <= 0:
            return None
        inside = np.zeros(axis.slots, dtype=bool)
        inside[axis.wrapped(np.arange(firsts[k], firsts[k] + width))] = True
        weights = _weights(program, candidates, inside, by_end=by_end)
        part = _inside(program, candidates, inside, weights)
        rounds = ceil((len(firsts) - k) / at_once)
        solved = whole(part, seconds=clock.left / rounds, gap=CLOSE)
        return (weights, solved.bound) if np.isfinite(solved.bound) and solved.bound > 0 else None

    with ThreadPoolExecutor(at_once) as threads:  # HiGHS leaves the interpreter to others while it works
        return [found for found in threads.map(row, range(len(firsts))) if found is not None]


def with_rows(program: Program, rows: Sequence[Row]) -> Program:
    """The programme with rows weights @ x >= least."""
    from scipy import sparse

    if not rows:
        return program
    more = sparse.csc_array(np.array([weights for weights, _ in rows]))
    return replace(
        program,
        matrix=sparse.csc_array(sparse.vstack([program.matrix, more])),
        low=np.r_[program.low, [least for _, least in rows]],
        high=np.r_[program.high, np.full(len(rows), np.inf)],
    )


def _shares(candidates: Candidates, inside: Bools) -> Floats:
    """Which part of every shift lies inside."""
    axis = candidates.axis
    within = np.r_[0.0, np.cumsum(np.tile(inside, 3 if axis.cyclic else 1))]
    first = candidates.starts
    length = np.array([shift.length for shift in candidates.shifts])
    last = first + length if axis.cyclic else np.minimum(first + length, axis.slots)
    return np.asarray((within[last] - within[first]) / length)


def _weights(program: Program, candidates: Candidates, inside: Bools, *, by_end: bool) -> Floats:
    shares = _shares(candidates, inside)
    weights = np.zeros(len(program.cost))
    shifts, flags = program.of_kind(SHIFT), program.of_kind(FLAG)
    weights[shifts] = (program.cost[shifts] * shares[program.number[shifts]]).round(9)
    counted = candidates.starts
    if by_end:
        counted = counted + np.array([shift.length - 1 for shift in candidates.shifts])
    last = candidates.axis.slots - 1
    counts = inside[candidates.axis.wrapped(counted) if candidates.axis.cyclic else np.minimum(counted, last)]
    weights[flags] = program.cost[flags] * counts[program.number[flags]]
    slack = np.isin(program.kind, SLACK)
    weights[slack] = program.cost[slack] * inside[program.number[slack]]
    return weights


def _inside(program: Program, candidates: Candidates, inside: Bools, weights: Floats) -> Program:
    """The columns that touch the window and the rows that hold nothing else, at the weights for cost."""
    touching = _shares(candidates, inside) > 0
    columns = np.zeros(len(program.cost), dtype=bool)
    for kind, taken in ((SHIFT, touching), (FLAG, touching), *((slack, inside) for slack in SLACK)):
        own = program.of_kind(kind)
        columns[own] = taken[program.number[own]]
    rows = abs(program.matrix) @ (~columns).astype(float) == 0
    kept: Ints = np.flatnonzero(columns)
    return replace(
        program,
        cost=weights[kept],
        matrix=program.matrix[:, kept][rows],
        low=program.low[rows],
        high=program.high[rows],
        upper=program.upper[kept],
        integer=program.integer[kept],
        kind=program.kind[kept],
        number=program.number[kept],
        column=kept,
        constant=0.0,
    )
