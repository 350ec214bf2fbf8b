"""A day in place of the whole horizon: each type and start once, against what an average day asks for.

Which few types and starts are worth keeping is nearly the same for the day as for the week, and its linear programme is
solved in a hundredth of the time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from wfm.durations import DAY
from wfm.schedule.program.program import Floats
from wfm.schedule.shifts.axis import TimeAxis
from wfm.schedule.shifts.candidates import Candidate, Candidates, Group, Key


def of_a_day(candidates: Candidates) -> Candidates:
    """Every type and start once, on an axis of one day that follows itself."""
    axis = candidates.axis
    day = TimeAxis(origin=axis.origin.normalize(), step=axis.step, slots=round(DAY / axis.step), cyclic=True)
    first = {shift.key: shift for shift in reversed(candidates.shifts)}
    numbers: dict[tuple[object, ...], int] = {}
    groups: list[Group] = []
    shifts: list[Candidate] = []
    for k, shift in enumerate(sorted(first.values(), key=lambda one: one.key)):
        own = []
        for cluster in shift.clusters:
            moved = int(day.wrapped(np.array(cluster.first))) - cluster.first
            number = numbers.setdefault((moved + cluster.first, cluster.pattern), len(numbers))
            if number == len(groups):
                places = tuple(tuple(start + moved for start in placement) for placement in cluster.placements)
                groups.append(Group(cluster=cluster, places=places, members=()))
            groups[number] = replace(groups[number], members=(*groups[number].members, k))
            own.append(number)
        start = round(shift.clock / axis.step)
        shifts.append(replace(shift, day=day.origin, start=start, midnight=0, groups=tuple(own)))
    return Candidates(axis=day, shifts=tuple(shifts), groups=tuple(groups))


def only(candidates: Candidates, keys: Collection[Key]) -> Candidates:
    """The candidates of some types and starts alone."""
    kept = [s for s, shift in enumerate(candidates.shifts) if shift.key in keys]
    place = {s: k for k, s in enumerate(kept)}
    groups = sorted({group for s in kept for group in candidates.shifts[s].groups})
    number = {group: k for k, group in enumerate(groups)}
    return Candidates(
        axis=candidates.axis,
        shifts=tuple(
            replace(candidates.shifts[s], groups=tuple(number[group] for group in candidates.shifts[s].groups))
            for s in kept
        ),
        groups=tuple(
            replace(
                candidates.groups[group],
                members=tuple(place[s] for s in candidates.groups[group].members if s in place),
            )
            for group in groups
        ),
    )


def mean_day(required: Floats, axis: TimeAxis) -> Floats:
    """The mean requirement of each slot of the day; nan where no day asks for cover."""
    day = round(DAY / axis.step)
    offset = round((axis.origin - axis.origin.normalize()).total_seconds() / axis.step)
    slot = (np.arange(axis.slots) + offset) % day
    asked = ~np.isnan(required)
    days = np.bincount(slot, minlength=day)
    total = np.bincount(slot[asked], weights=required[asked], minlength=day)
    ever = np.bincount(slot[asked], minlength=day) > 0
    return np.where(ever, total / np.maximum(days, 1), np.nan)
