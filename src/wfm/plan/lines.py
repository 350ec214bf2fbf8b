"""The lines of a roster: how many people work the same shift with the same breaks on the same queue."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.schedule import Roster, Schedule
from wfm.schedule.results import hours_paid
from wfm.tables import SCHEDULE, check, empty


def schedule_of(roster: Roster) -> Schedule:
    """The schedule that a roster fills: its lines with the number of people, without names.

    Its cost is the roster's paid working hours; it claims no bound of its own.
    """
    table = lines_of_roster(roster.table)
    return Schedule(
        table=table,
        coverage=roster.coverage,
        objective=hours_paid(table),
        bound=0.0,
        status=roster.status,
        seconds=roster.seconds,
    )


def lines_of_roster(roster: pd.DataFrame) -> pd.DataFrame:
    """Roster rows of shifts as schedule lines; leave, training and meetings are no part of a line."""
    rows = roster[roster["shift"].notna()].sort_values(["agent", "start"], kind="stable")
    if rows.empty:
        return empty(SCHEDULE)
    fresh = (rows["agent"] != rows["agent"].shift()) | (rows["start"] != rows["end"].shift())
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(rows))
    times = list(zip(rows["start"], rows["end"], rows["activity"], strict=True))
    queues, kinds = rows["queue"].tolist(), rows["shift"].tolist()
    alike: dict[tuple[Any, ...], list[npt.NDArray[np.intp]]] = {}
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        form = (times[begin][0], str(queues[begin]), kinds[begin], *times[begin:end])
        alike.setdefault(form, []).append(np.arange(begin, end))
    lines = []
    for k, (form, shifts) in enumerate(sorted(alike.items(), key=lambda item: (item[0][0], str(item[0])))):
        start, queue, kind = form[:3]
        name = f"{queue}-{start:%Y-%m-%d}-{kind}-{start:%H%M}-{k + 1}"
        lines += [(row, name, len(shifts), str(kind)) for row in shifts[0]]
    taken, names, people, types = zip(*lines, strict=True)
    table = rows[["start", "end", "activity", "paid", "queue"]].iloc[list(taken)].reset_index(drop=True)
    return check(table.assign(shift=names, people=people, type=types), SCHEDULE)
