"""The lines of a roster: how many people work the same shift with the same breaks on the same queue."""

from __future__ import annotations

import pandas as pd

from wfm.schedule import Roster, Schedule
from wfm.tables import SCHEDULE, check, empty


def schedule_of(roster: Roster) -> Schedule:
    """The schedule that a roster fills: its lines with the number of people, without names.

    Its cost is the roster's paid working hours; it claims no bound of its own.
    """
    table = lines_of_roster(roster.table)
    rows = table[table["paid"].astype(bool)]
    paid = float(((rows["end"] - rows["start"]).dt.total_seconds() / 3600 * rows["people"]).sum())
    return Schedule(
        table=table, coverage=roster.coverage, objective=paid, bound=0.0, status=roster.status, seconds=roster.seconds
    )


def lines_of_roster(roster: pd.DataFrame) -> pd.DataFrame:
    """Roster rows of shifts as schedule lines; leave, training and meetings are no part of a line."""
    rows = roster[roster["shift"].notna()].sort_values(["agent", "start"], kind="stable")
    if rows.empty:
        return empty(SCHEDULE)
    fresh = (rows["agent"] != rows["agent"].shift()) | (rows["start"] != rows["end"].shift())
    rows = rows.assign(number=fresh.cumsum())
    alike: dict[tuple[object, ...], list[pd.DataFrame]] = {}
    for _, shift in rows.groupby("number", sort=False):
        times = zip(shift["start"], shift["end"], shift["activity"], strict=True)
        alike.setdefault(
            (shift["start"].iloc[0], str(shift["queue"].iloc[0]), shift["shift"].iloc[0], *times), []
        ).append(shift)
    tables = []
    for k, (form, shifts) in enumerate(sorted(alike.items(), key=lambda item: (item[0][0], str(item[0])))):
        start, queue, kind = form[:3]
        line = shifts[0][["start", "end", "activity", "paid", "queue"]]
        name = f"{queue}-{start:%Y-%m-%d}-{kind}-{start:%H%M}-{k + 1}"
        tables.append(line.assign(shift=name, people=len(shifts), type=str(kind)))
    return check(pd.concat(tables, ignore_index=True), SCHEDULE)
