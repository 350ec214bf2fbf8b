"""From the duties of a rotation to the lines of one calendar week, and to the calendar weeks after it."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from wfm.checks import number_in
from wfm.schedule.cover.lines import Taken, combined, compact_clock, handed_out
from wfm.schedule.people.people import Contract
from wfm.schedule.program.program import DUTY, Floats
from wfm.schedule.tours.rotation_program import RotationProgram
from wfm.schedule.tours.tour_lines import activities_of
from wfm.schedule.tours.tracks import WEEK
from wfm.tables import SCHEDULE, check

NAMES = ("shift", "start", "end", "activity", "paid", "people", "type", "tour", "contract", "line", "week")


def rotated(table: pd.DataFrame, weeks: int) -> pd.DataFrame:
    """What the groups of a rotation work in so many calendar weeks: the table with a column `group` more.

    Group n stands in week n of its line in the first calendar week, in the next one in the week after.

    >>> line = pd.DataFrame({"shift": ["v-1", "v-2"], "week": [1, 2], "activity": "work", "paid": True, "people": 2,
    ...                      "start": pd.to_datetime(["2026-11-02 08:00", "2026-11-03 08:00"]), "type": "day",
    ...                      "end": pd.to_datetime(["2026-11-02 16:00", "2026-11-03 16:00"])})
    >>> rotated(line, 2)[["group", "week", "start"]].values.tolist()
    [[1, 1, Timestamp('2026-11-02 08:00:00')], [2, 1, Timestamp('2026-11-09 08:00:00')],
     [2, 2, Timestamp('2026-11-03 08:00:00')], [1, 2, Timestamp('2026-11-10 08:00:00')]]
    """
    length = int(table["week"].max()) if len(table) else 1
    parts = []
    for turn in range(int(number_in(weeks, name="weeks", low=1, high=520))):
        ahead = pd.Timedelta(days=WEEK * turn)
        parts.append(
            table.assign(
                shift=table["shift"] + (f"-turn-{turn + 1}" if turn else ""),
                start=table["start"] + ahead,
                end=table["end"] + ahead,
                group=(table["week"] - 1 - turn) % length + 1,
            )
        )
    return check(pd.concat(parts, ignore_index=True), SCHEDULE)


def rotation_lines(model: RotationProgram, values: Floats, queue: str, contract: Contract) -> dict[str, list[object]]:
    """Columns of the schedule table: a row for each activity of a duty and placement of its breaks."""
    candidates, axis = model.candidates, model.candidates.axis
    stock = {key: list(own) for key, own in handed_out(candidates, model.program, values).items()}
    columns: dict[str, list[object]] = defaultdict(list)
    worked = values[model.program.of_kind(DUTY)] > 0.5
    for line, p, s in model.duties[worked].tolist():
        shift, group = candidates.shifts[s], model.groups[line]
        # A start on the eighth day of a week that does not begin at midnight is the first day of the week after.
        week = (p // WEEK - (shift.day - axis.dates[0]).days // WEEK) % model.weeks + 1
        own = [_portion(stock[s, k], group) for k in range(len(shift.clusters))]
        tour = f"{queue}-{contract.name}-{line + 1}-{week}"
        for variant, (places, people) in enumerate(combined(own, group), start=1):
            name = f"{tour}-{shift.day:%Y-%m-%d}-{compact_clock(shift.clock)}-{variant}"
            for begin, end, activity, paid in activities_of(shift, tuple(places), 0.0, axis.step):
                times = (shift.day + pd.Timedelta(seconds=moment) for moment in (begin, end))
                row = (name, *times, activity, paid, people, shift.kind.name, tour, contract.name, line + 1, week)
                for column, cell in zip(NAMES, row, strict=True):
                    columns[column].append(cell)
    return columns


def _portion(stock: Taken, people: int) -> Taken:
    """So many people's placements, taken from the stock."""
    found = []
    while people:
        places, count = stock.pop(0)
        used = min(count, people)
        found.append((places, used))
        people -= used
        if count > used:
            stock.insert(0, (places, count - used))
    return found
