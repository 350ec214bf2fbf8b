"""From numbers of people to concrete lines: shift x break placement, one row an activity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd

from wfm.durations import DAY
from wfm.schedule.program.program import PLACE, SHIFT, Floats, Program
from wfm.schedule.shifts.candidates import Candidate, Candidates
from wfm.schedule.shifts.shift_types import Break
from wfm.tables import SCHEDULE, check, empty

LONGEST_BREAK = 20 * 60.0  # an unpaid break beyond this is a meal [s]
Taken = list[tuple[tuple[int, ...], int]]  # placements of one cluster and how many people take each


def lines_of(candidates: Candidates, program: Program, values: Floats, queue: str) -> pd.DataFrame:
    """The schedule table of one queue; breaks of a group are handed to its members in order of time."""
    taken = handed_out(candidates, program, values)
    rows: list[dict[str, object]] = []
    number: dict[str, int] = defaultdict(int)
    for column in np.flatnonzero(program.of_kind(SHIFT) & (values > 0.5)):
        s = int(program.number[column])
        shift = candidates.shifts[s]
        for places, people in combined([taken[s, k] for k in range(len(shift.clusters))], round(values[column])):
            stem = f"{queue}-{shift.day:%Y-%m-%d}-{shift.kind.name}-{compact_clock(shift.clock)}"
            number[stem] += 1
            rows += _rows(
                candidates,
                shift,
                places,
                {"shift": f"{stem}-{number[stem]}", "people": people, "type": shift.kind.name, "queue": queue},
            )
    return check(pd.DataFrame(rows), SCHEDULE) if rows else empty(SCHEDULE).assign(queue=pd.Series(dtype=object))


def activity_of(pause: Break) -> str:
    """Meal or break.

    >>> activity_of(Break(name="lunch", length="30min", paid=False, between=("3h", "4h")))
    'meal'
    """
    return "meal" if not pause.paid and (pause.name == "meal" or pause.length > LONGEST_BREAK) else "break"


def handed_out(candidates: Candidates, program: Program, values: Floats) -> dict[tuple[int, int], Taken]:
    """For every shift and cluster the places its people take, so that every group's places are used as chosen."""
    people = np.zeros(len(candidates.shifts), dtype=np.int64)
    shifts = program.of_kind(SHIFT)
    people[program.number[shifts]] = np.rint(values[shifts]).astype(np.int64)
    places = np.flatnonzero(program.of_kind(PLACE))
    first = np.searchsorted(program.number[places], np.arange(len(candidates.groups)))
    taken: dict[tuple[int, int], Taken] = defaultdict(list)
    for g, group in enumerate(candidates.groups):
        chosen = np.rint(values[places[first[g] : first[g] + len(group.places)]]).astype(np.int64)
        stock = [(place, int(count)) for place, count in enumerate(chosen) if count]
        for s in group.members:
            k = candidates.shifts[s].groups.index(g)
            wanted = int(people[s])
            while wanted:
                place, count = stock.pop(0)
                used = min(count, wanted)
                taken[s, k].append((candidates.shifts[s].clusters[k].placements[place], used))
                wanted -= used
                if count > used:
                    stock.insert(0, (place, count - used))
    return taken


def combined(taken: list[Taken], people: int) -> Iterator[tuple[list[tuple[int, ...]], int]]:
    """Places of all clusters together: early with early, late with late, in as few lines as that takes."""
    if not taken:
        yield [], people
        return
    left = [sorted(cluster) for cluster in taken]
    while left[0]:
        used = min(cluster[0][1] for cluster in left)
        yield [cluster[0][0] for cluster in left], used
        for cluster in left:
            place, count = cluster.pop(0)
            if count > used:
                cluster.insert(0, (place, count - used))


def _rows(
    candidates: Candidates, shift: Candidate, places: list[tuple[int, ...]], line: dict[str, object]
) -> Iterator[dict[str, object]]:
    """The line's activities, one after the other from its start to its end."""
    step = pd.Timedelta(seconds=candidates.axis.step)
    pauses = [
        (start, pause)
        for cluster, starts in zip(shift.clusters, places, strict=True)
        for start, pause in zip(starts, cluster.breaks, strict=True)
    ]
    now = shift.day + pd.Timedelta(seconds=shift.clock)
    end = now + pd.Timedelta(seconds=shift.kind.length)
    for slot, pause in pauses:
        begin = shift.day + slot * step
        if begin > now:
            yield {**line, "start": now, "end": begin, "activity": "work", "paid": True}
        now = begin + pd.Timedelta(seconds=pause.length)
        yield {**line, "start": begin, "end": now, "activity": activity_of(pause), "paid": pause.paid}
    if now < end:
        yield {**line, "start": now, "end": end, "activity": "work", "paid": True}


def compact_clock(clock: float) -> str:
    """A time of day as it stands in names.

    >>> compact_clock(27000.0), compact_clock(90000.0)
    ('0730', '0100')
    """
    seconds = round(clock % DAY)
    text = f"{seconds // 3600:02d}{seconds // 60 % 60:02d}"
    return text if seconds % 60 == 0 else f"{text}{seconds % 60:02d}"
