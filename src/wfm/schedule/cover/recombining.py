"""The best of many solutions in one: their balanced groups, chosen anew.

A solution of shifts without breaks falls apart into groups of moments whose rises and falls cancel out; those of one
day in one solution go with those of another day in another. So the groups of all solutions that a search went through
are put together anew, at the least cost and with the hours required: never dearer than the best of them. (Set
partition over the routes of a local search: Rochat and Taillard 1995, Journal of Heuristics 1.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from wfm.schedule.cover.balanced_groups import Groups
from wfm.schedule.cover.changes import changes_of
from wfm.schedule.cover.group_choice import best_choice, own_groups, worked
from wfm.schedule.cover.rerouting import fits
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import SHIFT, SHORT, SURPLUS, Floats, Ints, Program
from wfm.schedule.shifts.candidates import Candidates

MOST_SOLUTIONS = 3000
AT_ONCE = 100  # solutions priced together
FOR_CHOICE = 0.6  # of the time


def recombined(
    program: Program,
    candidates: Candidates,
    values: Floats,
    people: Sequence[Ints],
    clock: Clock,
    *,
    more: Groups | None = None,
) -> Floats:
    """Values at no higher cost, of `more` groups and those in any of the solutions, given by people by shift."""
    changes = changes_of(program, candidates) if fits(program) else None
    if changes is None or not people or clock.left <= 0:
        return values
    chosen = np.unique(np.linspace(0, len(people) - 1, MOST_SOLUTIONS).round().astype(int))
    parts, known = [own_groups(changes, values), *([more] if more is not None else [])], set()
    for solution in _solutions(program, [people[k] for k in chosen[::-1]]):
        own = own_groups(changes, solution)
        keys = [row.tobytes() + bytes(str(slots), "ascii") for row, slots in zip(own.inside, own.slots, strict=True)]
        parts.append(own.of(np.array([key not in known for key in keys], dtype=bool)))
        known.update(keys)
        if clock.left <= 0:
            return values
    found = parts[0]
    for part in parts[1:]:
        found = found.and_more(part)
    groups, _, _ = best_choice(changes, found, clock.left * FOR_CHOICE)
    return values if groups is None else worked(program, changes, found.inside[groups], values, clock.left)


def _solutions(program: Program, people: Sequence[Ints]) -> Iterator[Floats]:
    """Values of the shifts and slack for people by shift, one solution after another."""
    parts = []
    for kind, sign in ((SHORT, 1.0), (SURPLUS, -1.0)):
        columns = np.flatnonzero(program.of_kind(kind))
        own = program.matrix[:, columns].sorted_indices()
        parts.append((columns, own.indices[own.indptr[:-1]], sign))
    for first in range(0, len(people), AT_ONCE):
        some = people[first : first + AT_ONCE]
        values = np.zeros((len(some), len(program.cost)))
        values[:, program.of_kind(SHIFT)] = np.array(some)
        given = (program.matrix @ values.T).T
        for columns, rows, sign in parts:
            values[:, columns] = np.maximum(sign * (program.low[rows] - given[:, rows]), 0.0)
        yield from values
