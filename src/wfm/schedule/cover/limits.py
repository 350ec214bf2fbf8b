"""How many people of a shift type may start on a day, and at one start."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from wfm.schedule.cover.costs import Costs
from wfm.schedule.program.program import Builder, Ints
from wfm.schedule.shifts.candidates import Candidates
from wfm.schedule.shifts.spans import Span


def add_people_of_types(build: Builder, candidates: Candidates, shifts: Ints, costs: Costs) -> None:
    """At least and at most so many people of a type, of all types of a kind, or of a start, on each of its days."""
    found: dict[tuple[object, ...], list[int]] = defaultdict(list)
    spans: dict[tuple[object, ...], Span] = {}
    for s, shift in enumerate(candidates.shifts):
        kind, at = shift.kind, dict(shift.kind.people_at)
        asked: dict[tuple[object, ...], Span] = {
            ("asked", name, shift.day): span for name, span in costs.people.items() if name in (kind.name, kind.kind)
        }
        if kind.people is not None:
            asked["own", kind.name, shift.day] = kind.people
        if shift.clock in at:
            asked["start", kind.name, shift.day, shift.clock] = at[shift.clock]
        spans |= asked
        for key in asked:
            found[key].append(s)
    for key, own in found.items():
        least, most = spans[key]
        build.put(np.repeat(build.add_rows(least, most, 1), len(own)), shifts[own], 1.0)
