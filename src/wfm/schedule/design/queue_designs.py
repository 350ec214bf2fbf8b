"""The designs of several queues joined to one schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from wfm.schedule.results import Schedule
from wfm.tables import COVERAGE, SCHEDULE, check

WITHIN_GAP = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDesign:
    """One queue's part of the result."""

    table: pd.DataFrame
    coverage: pd.DataFrame
    objective: float
    bound: float
    out_of_time: bool


def joined(designs: Sequence[QueueDesign], spent: float) -> Schedule:
    """One schedule, its status by the gap of the sum."""
    objective, bound = sum(part.objective for part in designs), sum(part.bound for part in designs)
    tables = [part.table for part in designs if len(part.table)] or [designs[0].table]
    if objective - bound <= 1e-6 * max(1.0, abs(objective)):
        status = "optimal"
    elif objective - bound <= WITHIN_GAP * abs(objective):
        status = "within_gap"
    else:
        status = "time_limit" if any(part.out_of_time for part in designs) else "feasible"
    return Schedule(
        table=check(pd.concat(tables, ignore_index=True), SCHEDULE),
        coverage=check(pd.concat([part.coverage for part in designs], ignore_index=True), COVERAGE),
        objective=float(objective),
        bound=float(bound),
        status=status,
        seconds=spent,
    )
