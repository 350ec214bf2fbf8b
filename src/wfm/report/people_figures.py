"""The roster in short: how nights, weekends, early starts and hours are shared out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from wfm.calendars import WEEKDAYS
from wfm.plan.figures import night_shifts
from wfm.report.duties import duties, within

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

EARLY = 7 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How something is shared out over the people: `name` is a key of the report's texts."""

    name: str
    median: float
    low: float
    high: float


def shares(plan: WeekPlan) -> list[Share]:
    """Nights, weekend days, early starts and paid hours of each person: median and extremes."""
    if plan.roster is None or plan.roster.table.empty:
        return []
    table = plan.roster.table
    people = sorted(table["agent"].unique())
    found = within(duties(table), plan.start, plan.end)
    work = found[found["kind"] == "work"]
    rest = work[work["day"].dt.day_of_week.isin([WEEKDAYS.index(day) for day in plan.calendar.weekend])]
    early = work[(work["start"] - work["day"]).dt.total_seconds() < EARLY]
    counts = {
        "nights": night_shifts(table),
        "weekends": rest.groupby("agent")["day"].nunique(),
        "early": early.groupby("agent").size(),
        "hours_each": found.groupby("agent")["paid_hours"].sum(),
    }
    return [_share(name, values.reindex(people, fill_value=0)) for name, values in counts.items()]


def _share(name: str, values: pd.Series) -> Share:
    return Share(name=name, median=float(values.median()), low=float(values.min()), high=float(values.max()))
