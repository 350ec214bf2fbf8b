"""Whether a schedule keeps its seats and numbers of people: recomputed from its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.coverage import on_duty
from wfm.schedule.shifts.axis import TimeAxis
from wfm.schedule.shifts.candidates import Candidates
from wfm.schedule.shifts.shift_types import ShiftType


def limit_faults(table: pd.DataFrame, candidates: Candidates, costs: Costs) -> list[str]:
    """Seats and people of types that a table does not keep, from its rows alone."""
    kinds = {shift.kind.name: shift.kind for shift in candidates.shifts}
    may = {(shift.kind.name, shift.day, shift.clock) for shift in candidates.shifts}
    lines = lines_of_table(table)
    found = _crowded(table, candidates.axis, costs)
    found += [message for _, message in broken_people(lines, list(kinds.values()), may)]
    for name, (least, most) in costs.people.items():
        own = [kind.name for kind in kinds.values() if name in (kind.name, kind.kind)]
        for day in sorted({day for kind, day, _ in may if kind in own}):
            number = int(lines.loc[lines["type"].isin(own) & (lines["day"] == day), "people"].sum())
            found += _outside(number, least, most, f"{name} has", f"on {day:%Y-%m-%d}")
    return sorted(found)


def broken_people(
    lines: pd.DataFrame, shift_types: Sequence[ShiftType], may: set[tuple[str, pd.Timestamp, float]]
) -> Iterator[tuple[str, str]]:
    """(shift type, message) of every number of people of a type or start that the lines of one queue do not keep.

    `may` holds the (type, day, start) that can be worked: on other days and starts nobody is asked for.
    """
    for kind in shift_types:
        own = lines[lines["type"] == kind.name]
        least, most = kind.people or (0.0, np.inf)
        for day in sorted({day for name, day, _ in may if name == kind.name}):
            number = int(own.loc[own["day"] == day, "people"].sum())
            for fault in _outside(number, least, most, f"{kind.name} has", f"on {day:%Y-%m-%d}"):
                yield kind.name, fault
        for at, (least, most) in kind.people_at:
            for day in sorted({day for name, day, clock in may if name == kind.name and clock == at}):
                number = int(own.loc[(own["day"] == day) & (own["clock"] == at), "people"].sum())
                when = f"at {day + pd.Timedelta(seconds=at):%Y-%m-%d %H:%M}"
                for fault in _outside(number, least, most, f"{kind.name} has", when):
                    yield kind.name, fault


def lines_of_table(table: pd.DataFrame) -> pd.DataFrame:
    """Type, day, start of the day [s] and people of every line."""
    lines = table.groupby("shift").agg(type=("type", "first"), start=("start", "min"), people=("people", "first"))
    day = lines["start"].dt.normalize()
    return lines.assign(day=day, clock=(lines["start"] - day).dt.total_seconds())


def _outside(number: int, least: float, most: float, who: str, when: str) -> list[str]:
    if least <= number <= most:
        return []
    allowed = f"at least {least:g}" if most >= 1e6 else f"{least:g} to {most:g}"
    return [f"{who} {number} people {when}, allowed: {allowed}"]


def _crowded(table: pd.DataFrame, axis: TimeAxis, costs: Costs) -> list[str]:
    most = on_duty(table, axis).max(initial=0.0)
    return [f"{most:g} people work at once on {costs.seats} seats"] if most > (costs.seats or np.inf) else []
