"""A first whole solution: the linear one rounded along the time axis."""

from __future__ import annotations

import numpy as np

from wfm.schedule.program.filling import filled
from wfm.schedule.program.patching import thinned
from wfm.schedule.program.program import PLACE, SHIFT, Floats, Program
from wfm.schedule.shifts.candidates import Candidates


def rounded_cover(
    program: Program, candidates: Candidates, linear: Floats, *, half: float = 0.5, least: Floats | None = None
) -> Floats:
    """Whole people and break places near the linear ones; where that breaks a row, as many as fit beside `least`.

    Running totals are rounded rather than single numbers, so that the people of neighbouring starts add up and every
    group has a place for each of its members. `half` is the part of a person from which a total is rounded up.
    """
    values = np.zeros(len(program.cost))
    shifts = np.flatnonzero(program.of_kind(SHIFT))
    order = shifts[np.argsort(candidates.starts[program.number[shifts]], kind="stable")]
    values[order] = cumulated(linear[order], 1 - half)
    settled = program.settled(with_breaks(program, candidates, values, linear))
    if program.holds(settled):
        return settled
    nobody = program.settled(np.zeros(len(program.cost)))
    fitting = [thinned(program, candidates, settled), filled(program, candidates, values, nobody)]
    if least is not None and not any(program.holds(one) for one in fitting):
        fitting += [filled(program, candidates, values, least), least]
    return min((one for one in fitting if program.holds(one)), key=program.objective, default=nobody)


def with_breaks(program: Program, candidates: Candidates, values: Floats, linear: Floats) -> Floats:
    """Values with the break places of whole people, shared out as in the linear solution."""
    values = values.copy()
    shifts = np.flatnonzero(program.of_kind(SHIFT))
    people = np.zeros(len(candidates.groups))
    for column in shifts[values[shifts] > 0]:
        for group in candidates.shifts[program.number[column]].groups:
            people[group] += values[column]
    places = np.flatnonzero(program.of_kind(PLACE))
    for columns in _by_group(places, program.number[places]):
        total = people[program.number[columns[0]]]
        if total:
            values[columns] = cumulated(shared(linear[columns]) * total, 0.5)
    return values


def shared(amounts: Floats) -> Floats:
    """Shares of the amounts in their sum; equal ones where there is none."""
    amounts = np.maximum(amounts, 0.0)
    return amounts / amounts.sum() if amounts.sum() > 1e-9 else np.full(len(amounts), 1 / len(amounts))


def cumulated(amounts: Floats, lift: float) -> Floats:
    """Differences of the rounded running total."""
    return np.diff(np.floor(np.cumsum(np.maximum(amounts, 0.0)) + lift + 1e-9), prepend=0.0)


def _by_group(columns: np.ndarray, group: np.ndarray) -> list[np.ndarray]:
    if not len(columns):
        return []
    order = np.argsort(group, kind="stable")
    return np.split(columns[order], np.flatnonzero(np.diff(group[order])) + 1)
