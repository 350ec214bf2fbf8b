"""From numbers of tours, starts and breaks to concrete weeks: one line a tour and day, rows as in `lines`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

import numpy as np
import pandas as pd

from wfm.schedule.cover.lines import activity_of, combined, compact_clock, handed_out
from wfm.schedule.program.program import DUTY, SHIFT, TOUR, Floats
from wfm.schedule.shifts.candidates import Candidate
from wfm.schedule.tours.tour_program import TourProgram
from wfm.schedule.tours.tracks import WEEK
from wfm.tables import SCHEDULE, check, empty

Places = tuple[tuple[int, ...], ...]  # start slots of the breaks, by cluster
Day = tuple[int, Places]  # candidate and its breaks
Week = tuple[Day | None, ...]


def tour_lines(model: TourProgram, values: Floats, queue: str) -> pd.DataFrame:
    """The schedule table of one queue with the columns `tour` and `contract`.

    People of one track and day take its starts in the order of their starts the day before, so that a person's start
    moves little; weeks that are alike are one tour of several people.
    """
    weeks = _weeks(model, values)
    if not weeks:
        return empty(SCHEDULE).assign(
            queue=pd.Series(dtype=object), tour=pd.Series(dtype=object), contract=pd.Series(dtype=object)
        )
    axis = model.candidates.axis
    columns: dict[str, list[object]] = defaultdict(list)
    number: dict[str, int] = defaultdict(int)
    for (track_number, week), people in weeks.items():
        track = model.tracks[track_number]
        stem = f"{queue}-{track.contract.name}-{track.kind.name}-{compact_clock(track.band)}"
        number[stem] += 1
        tour = f"{stem}-{number[stem]}"
        for day in week:
            if day is None:
                continue
            shift = model.candidates.shifts[day[0]]
            midnight = (shift.day - axis.dates[0]).total_seconds()
            line = f"{tour}-{shift.day:%Y-%m-%d}"
            for begin, end, activity, paid in activities_of(shift, day[1], midnight, axis.step):
                columns["shift"].append(line)
                columns["start"].append(begin)
                columns["end"].append(end)
                columns["activity"].append(activity)
                columns["paid"].append(paid)
                columns["people"].append(people)
                columns["type"].append(track.kind.name)
                columns["tour"].append(tour)
                columns["contract"].append(track.contract.name)
    for name in ("start", "end"):
        columns[name] = axis.dates[0] + pd.to_timedelta(np.array(columns[name]), unit="s")  # type: ignore[assignment]
    return check(pd.DataFrame(columns).assign(queue=queue), SCHEDULE)


def _weeks(model: TourProgram, values: Floats) -> dict[tuple[int, Week], int]:
    """(track, week) -> people, in the order of tracks."""
    starts, breaks = _starts(model, values), _breaks(model, values)
    tours = np.flatnonzero(model.program.of_kind(TOUR))
    found: dict[tuple[int, Week], int] = {}
    for track, group in groupby(zip(model.tours, values[tours], strict=True), key=lambda one: int(one[0][0])):
        persons = [model.tracks[track].weeks[w] for (_, w), people in group for _ in range(round(people))]
        weeks: list[list[Day | None]] = [[None] * WEEK for _ in persons]
        last = np.full(len(persons), -1.0)
        for day in range(WEEK):
            working = [k for k, worked in enumerate(persons) if day in worked]
            working.sort(key=lambda k: (last[k], k))
            for k, shift in zip(working, starts[track, day], strict=True):
                weeks[k][day] = (shift, breaks[shift].pop())
                last[k] = model.candidates.shifts[shift].clock
        for week in weeks:
            key = (track, tuple(week))
            found[key] = found.get(key, 0) + 1
    return found


def _starts(model: TourProgram, values: Floats) -> dict[tuple[int, int], list[int]]:
    """(track, day) -> the candidates of its people, earliest first."""
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for (track, day, shift), people in zip(model.duties, values[model.program.of_kind(DUTY)], strict=True):
        found[int(track), int(day)] += [int(shift)] * round(people)
    return found


def _breaks(model: TourProgram, values: Floats) -> dict[int, list[Places]]:
    """Candidate -> the breaks of each of its people."""
    candidates = model.candidates
    taken = handed_out(candidates, model.program, values)
    found: dict[int, list[Places]] = {}
    for s, people in enumerate(values[model.program.of_kind(SHIFT)]):
        if people > 0.5:
            own = [taken[s, k] for k in range(len(candidates.shifts[s].clusters))]
            found[s] = [tuple(places) for places, count in combined(own, round(people)) for _ in range(count)]
    return found


def activities_of(
    shift: Candidate, places: Places, midnight: float, step: int
) -> Iterator[tuple[float, float, str, bool]]:
    """(start, end, activity, paid) from its start to its end, seconds from the first midnight of the dates."""
    begin = midnight + shift.clock
    end = begin + shift.kind.length
    for cluster, starts in zip(shift.clusters, places, strict=True):
        for start, pause in zip(starts, cluster.breaks, strict=True):
            moment = midnight + start * step
            if moment > begin:
                yield begin, moment, "work", True
            begin = moment + pause.length
            yield moment, begin, activity_of(pause), pause.paid
    if begin < end:
        yield begin, end, "work", True
