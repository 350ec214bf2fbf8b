"""Whether a schedule keeps its seats and numbers of people: recomputed from its rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.schedule.axis import TimeAxis
from wfm.schedule.candidates import Candidates
from wfm.schedule.costs import Costs
from wfm.schedule.coverage import on_duty


def limit_faults(table: pd.DataFrame, candidates: Candidates, costs: Costs) -> list[str]:
    """Seats and people of types that a table does not keep, from its rows alone."""
    found = _crowded(table, candidates.axis, costs)
    lines = table.groupby("shift").agg(type=("type", "first"), start=("start", "min"), people=("people", "first"))
    day = lines["start"].dt.normalize()
    for name, kind_day in {(shift.kind.name, shift.day) for shift in candidates.shifts}:
        if name in costs.people:
            number = int(lines.loc[(lines["type"] == name) & (day == kind_day), "people"].sum())
            least, most = costs.people[name]
            if not least <= number <= most:
                found.append(f"{name} has {number} people on {kind_day:%Y-%m-%d}, allowed: {least:g} to {most:g}")
    return sorted(found)


def _crowded(table: pd.DataFrame, axis: TimeAxis, costs: Costs) -> list[str]:
    most = on_duty(table, axis).max(initial=0.0)
    return [f"{most:g} people work at once on {costs.seats} seats"] if most > (costs.seats or np.inf) else []
