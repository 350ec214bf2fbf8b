"""Parts of a programme that can be solved by themselves: components, and windows of starts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wfm.schedule.program.program import FLAG, PART, PLACE, SHIFT, SHORT, SURPLUS, Bools, Ints, Program
from wfm.schedule.shifts.candidates import Candidates

ROUNDS = ((8, 8, 0, 3.0), (8, 8, 4, 3.0), (12, 12, 2, 5.0), (16, 12, 8, 5.0))  # width, stride, turn [h], seconds
FOR_FLAGS = (
    (24, 24, 0, 5.0),
    (24, 24, 12, 5.0),
    (36, 24, 6, 5.0),
    (48, 24, 18, 5.0),
    (48, 24, 6, 5.0),
)  # flags ask for width
Window = tuple[int, int, float]


def components(program: Program) -> list[Bools]:
    """Columns that share rows, directly or through others: days without overnight shifts fall apart."""
    matrix = program.matrix
    rows, columns = matrix.shape
    first = matrix.indptr[:-1]
    filled = np.flatnonzero(np.diff(matrix.indptr))
    follows = np.ones(matrix.nnz, dtype=bool)  # entries behind another of their column
    follows[first[filled]] = False
    after = np.flatnonzero(follows)
    pairs = np.unique(matrix.indices[after - 1].astype(np.int64) * rows + matrix.indices[after])
    label = _labelled(rows, pairs // rows, pairs % rows)
    of_column = np.arange(rows, rows + columns)  # one without rows is a component by itself
    of_column[filled] = label[matrix.indices[first[filled]]]
    return [np.asarray(of_column == part) for part in np.unique(of_column)]


def _labelled(number: int, one: Ints, other: Ints) -> Ints:
    """The least of all that are joined by pairs, directly or through others; whole chains of labels join in a round.

    >>> _labelled(5, np.array([1, 3]), np.array([3, 4])).tolist()
    [0, 1, 2, 1, 1]
    """
    label = np.arange(number)
    while True:
        least = np.minimum(label[one], label[other])
        lower = label.copy()
        np.minimum.at(lower, label[one], least)
        np.minimum.at(lower, label[other], least)
        lower = lower[lower]
        if (lower == label).all():
            return label
        label = lower


def starting_between(program: Program, candidates: Candidates, first: int, width: int) -> Bools:
    """Shift columns that start in `width` slots from `first`, across the seam where the axis is cyclic."""
    inside = program.of_kind(SHIFT)
    after = candidates.starts[program.number[inside]] - first
    if candidates.axis.cyclic:
        after = after % candidates.axis.slots
    inside[inside] = (after >= 0) & (after < width)
    return inside


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


def windows(program: Program, candidates: Candidates, seed: int) -> Iterator[list[Window]]:
    """Rounds of windows (first slot, width, seconds to spend): narrow ones side by side, then between, then wider."""
    hour = 3600 / candidates.axis.step
    start = candidates.starts[program.number[program.of_kind(SHIFT)]]
    first, last = int(start.min()), int(start.max())
    for width, stride, turn, seconds in FOR_FLAGS if program.of_kind(FLAG).any() else ROUNDS:
        wide, step = max(round(width * hour), 1), max(round(stride * hour), 1)
        origin = first + round(turn * hour)
        found = [(a, wide, seconds) for a in range(origin - step * (turn > 0), last + 1, step) if a + wide > first]
        spin = seed % len(found)
        yield found[spin:] + found[:spin]
