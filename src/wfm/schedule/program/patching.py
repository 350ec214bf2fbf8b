"""Repair of rounded people: more where somebody is missing who must not be, fewer where limits are passed."""

from __future__ import annotations

import numpy as np

from wfm.schedule.program.program import PART, PLACE, SHIFT, SHORT, Floats, Program
from wfm.schedule.shifts.candidates import Candidates


def patched(program: Program, candidates: Candidates, values: Floats) -> Floats:
    """Values with people added until nobody is missing, or as they were where limits or shifts do not allow that.

    Breaks of those who are added lie where they take away least of what is missing; who is there already stays.
    """
    more = values.copy()
    cost = np.maximum(program.cost, 1e-3)
    for _ in range(int(_missing(program, values).sum()) + 1):
        missing = _missing(program, more)
        if not missing.any():
            return more if program.holds(more) else values
        open_rows = missing > 0
        reached = abs(program.matrix).T @ open_rows.astype(float)  # slots short that a column spans
        lost = _least_lost(program, reached, len(candidates.groups))
        best, column = 0.0, -1
        for shift in np.flatnonzero(program.of_kind(SHIFT) & (reached > 0)):
            helped = reached[shift] - lost[list(candidates.shifts[program.number[shift]].groups)].sum()
            if helped / cost[shift] > best + 1e-12:
                best, column = helped / cost[shift], int(shift)
        if column < 0:
            return values
        more[column] += 1
        for group in candidates.shifts[program.number[column]].groups:
            places = np.flatnonzero(program.of_kind(PLACE) & (program.number == group))
            more[places[np.argmin(reached[places])]] += 1
        more = program.settled(more)
    return values


def thinned(program: Program, candidates: Candidates, values: Floats) -> Floats:
    """Values with people taken away until no row is above its limit, one after another from where most rows are.

    The values as they were where that does not lead to a solution.
    """
    fewer = values.copy()
    for _ in range(int(values[program.of_kind(SHIFT)].sum())):
        over = program.matrix @ fewer - program.high
        passed = over > 1e-6
        if not passed.any():
            break
        helped = (program.matrix.T @ passed.astype(float)) * (program.of_kind(SHIFT) & (fewer > 0))
        column = int(np.argmax(helped))
        if helped[column] <= 0:
            break
        fewer[column] -= 1
        for group in candidates.shifts[program.number[column]].groups:
            places = np.flatnonzero(program.of_kind(PLACE) & (program.number == group) & (fewer > 0))
            fewer[places[0]] -= 1
        fewer = program.settled(fewer)
    return fewer if program.holds(fewer) else values


def _missing(program: Program, values: Floats) -> Floats:
    """Missing people by row of the programme: those of the slots' own rows."""
    found = np.zeros(len(program.low))
    for kind in (SHORT, PART):
        columns = np.flatnonzero(program.of_kind(kind))
        own = program.matrix[:, columns].sorted_indices()
        found[own.indices[own.indptr[:-1]]] += np.ceil(values[columns] - 1e-9)
    return found


def _least_lost(program: Program, reached: Floats, groups: int) -> Floats:
    """What the best place of every group takes away of what is missing."""
    lost = np.full(groups, np.inf)
    places = program.of_kind(PLACE)
    np.minimum.at(lost, program.number[places], reached[places])
    return np.where(np.isfinite(lost), lost, 0.0)
