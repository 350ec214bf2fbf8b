"""Parts of a programme that can be solved by themselves: components, days between cuts, windows of starts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wfm.durations import DAY
from wfm.schedule.candidates import Candidates
from wfm.schedule.cover import FLAG, PART, PLACE, SHIFT, SHORT, SURPLUS, Bools, Floats, Ints, Program

WIDE_SECONDS = 5.0
NARROW_SECONDS = 0.5
Window = tuple[int, int, float]


def components(program: Program) -> list[Bools]:
    """Columns that share rows, directly or through others: days without overnight shifts fall apart."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    matrix = program.matrix.tocoo()
    rows, columns = matrix.shape
    graph = sparse.coo_array((np.ones(matrix.nnz, dtype=np.int64), (matrix.row, rows + matrix.col)),
                             shape=(rows + columns, rows + columns))
    _, label = connected_components(graph, directed=False)
    of_column = label[rows:]
    return [np.asarray(of_column == number) for number in np.unique(of_column)]


def crossing(program: Program, candidates: Candidates, phase: int) -> Bools:
    """Shift columns on duty across the moment `phase` slots after midnight of some day."""
    day = round(DAY / candidates.axis.step)
    start, length = _spans(program, candidates)
    midnight = candidates.axis.slot_of(candidates.axis.origin.normalize())
    over = (start - midnight - phase) // day != (start + length - 1 - midnight - phase) // day
    return np.asarray(program.of_kind(SHIFT) & over)


def cut_phases(program: Program, candidates: Candidates, linear: Floats, most: int) -> list[int]:
    """The times of day that fewest people of the linear solution work across, best first [slots after midnight]."""
    day = round(DAY / candidates.axis.step)
    start, length = _spans(program, candidates)
    midnight = candidates.axis.slot_of(candidates.axis.origin.normalize())
    mine = program.of_kind(SHIFT)
    phases = np.unique(np.concatenate([start[mine] - midnight, start[mine] + length[mine] - midnight]) % day)
    weight = np.array([linear[crossing(program, candidates, int(phase))].sum() for phase in phases])
    return [int(phase) for phase in phases[np.argsort(np.round(weight, 6), kind="stable")][:most]]


def starting_between(program: Program, candidates: Candidates, first: int, width: int) -> Bools:
    """Shift columns that start in `width` slots from `first`, across the seam where the axis is cyclic."""
    start, _ = _spans(program, candidates)
    after = start - first
    if candidates.axis.cyclic:
        after = after % candidates.axis.slots
    return program.of_kind(SHIFT) & (after >= 0) & (after < width)


def freed(program: Program, candidates: Candidates, shifts: Bools) -> Bools:
    """The columns that must be free with these shifts: the places of their breaks, slack and flags of touched rows."""
    groups = np.zeros(len(candidates.groups), dtype=bool)
    for number in program.number[shifts]:
        groups[list(candidates.shifts[number].groups)] = True
    places = program.of_kind(PLACE)
    free = shifts.copy()
    free[places] = groups[program.number[places]]
    touched = np.zeros(len(program.low))
    touched[program.matrix[:, np.flatnonzero(free)].indices] = 1.0
    follow = np.flatnonzero(np.isin(program.kind, (SHORT, PART, SURPLUS, FLAG)))
    free[follow] = abs(program.matrix[:, follow]).T @ touched > 0
    return free


def windows(program: Program, candidates: Candidates, phase: int, *, rough: bool, seed: int) -> Iterator[list[Window]]:
    """Rounds of windows (first slot, width, seconds to spend): over each cut first, then between the cuts.

    Narrow windows come first where the values are `rough`; within a single day all are narrow.
    """
    day = round(DAY / candidates.axis.step)
    start = _spans(program, candidates)[0][program.of_kind(SHIFT)]
    first, last = int(start.min()), int(start.max())
    midnight = candidates.axis.slot_of(candidates.axis.origin.normalize()) + phase
    anchor = midnight + ((first - midnight) // day) * day
    single = last - first < day
    plans = [(first, day // 3, day // 6), (first + day // 12, day // 3, day // 6)] if single else [
        (anchor + turn, 2 * day // 3, day) for turn in (-day // 2, 0, -day // 4, day // 4)]
    if rough and not single:
        plans.insert(0, (anchor, day // 3, day // 6))
    for origin, width, stride in plans:
        seconds = WIDE_SECONDS if width > day // 3 or single else NARROW_SECONDS
        found = [(a, width, seconds) for a in range(origin - stride, last + 1, stride) if a + width > first]
        if candidates.axis.cyclic and not single:
            found = found[: -(-candidates.axis.slots // stride)]
        spin = seed % max(len(found), 1)
        yield found[spin:] + found[:spin]


def _spans(program: Program, candidates: Candidates) -> tuple[Ints, Ints]:
    """Start and length of every shift column; other columns get 0."""
    starts, lengths = np.zeros(len(program.cost), dtype=np.int64), np.zeros(len(program.cost), dtype=np.int64)
    mine = np.flatnonzero(program.of_kind(SHIFT))
    numbers = program.number[mine]
    starts[mine] = candidates.starts[numbers]
    lengths[mine] = np.array([shift.length for shift in candidates.shifts], dtype=np.int64)[numbers]
    return starts, lengths
