"""How many people of a shift type may start on a day."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from wfm.schedule.candidates import Candidates
from wfm.schedule.costs import Costs
from wfm.schedule.program import Builder, Ints


def add_people_of_types(build: Builder, candidates: Candidates, shifts: Ints, costs: Costs) -> None:
    """At least and at most so many people of a type start on each day on which it may."""
    of_day: dict[tuple[str, object], list[int]] = defaultdict(list)
    for s, shift in enumerate(candidates.shifts):
        if shift.kind.name in costs.people:
            of_day[shift.kind.name, shift.day].append(s)
    for (name, _), own in of_day.items():
        least, most = costs.people[name]
        build.put(np.repeat(build.add_rows(least, most, 1), len(own)), shifts[own], 1.0)
