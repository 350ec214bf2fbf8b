"""What came before, laid beside the forecast: the same weekday, and the same day of an earlier month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wfm.report.days import live_queues

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

WHOLE = 0.9  # of the usual number of intervals makes a day whole


def earlier_days(plan: WeekPlan, history: pd.DataFrame) -> pd.DataFrame:
    """One row a day of the plan: day, weekday_day and month_day (dates in the past), last_weekday and last_month.

    The dates are the latest whole days before the plan with the same weekday, and with the same day of the month in the
    calendar's reckoning; the numbers are contacts of the live queues on them.
    """
    days = pd.date_range(plan.start, plan.end, freq="D", inclusive="left")
    daily = _daily(plan, history)
    known = pd.DatetimeIndex(daily.index)
    weekday = _latest(pd.Series(known.day_of_week, index=known), days.day_of_week)
    month = plan.calendar.month_day(known)["day"] if len(known) else pd.Series(dtype=float)
    same = _latest(month, plan.calendar.month_day(days)["day"].to_numpy())
    return pd.DataFrame(
        {
            "day": days,
            "weekday_day": weekday,
            "month_day": same,
            "last_weekday": daily.reindex(weekday).to_numpy(dtype=float),
            "last_month": daily.reindex(same).to_numpy(dtype=float),
        }
    )


def earlier_by(plan: WeekPlan, history: pd.DataFrame, width: str) -> pd.DataFrame:
    """Contacts of the same days of an earlier month by hour ("h") or day ("D"), at the times of the plan."""
    pairs = earlier_days(plan, history).dropna(subset="month_day")
    rows = _live(plan, history)
    when = rows["start"].dt.floor(width)
    sums = rows.groupby(when)["offered"].sum().rename("offered").rename_axis("then").reset_index()
    sums["month_day"] = sums["then"].dt.normalize()
    found = pairs[["day", "month_day"]].merge(sums, on="month_day")
    moments = found["day"] + (found["then"] - found["month_day"])
    return pd.DataFrame({"day": moments, "offered": found["offered"]}).sort_values("day", ignore_index=True)


def _daily(plan: WeekPlan, history: pd.DataFrame) -> pd.Series:
    """Contacts of every whole day before the plan."""
    rows = _live(plan, history)
    day = rows["start"].dt.normalize()
    counts = rows["offered"].groupby(day).agg(["sum", "count"])
    whole = counts["count"] >= WHOLE * counts["count"].median() if len(counts) else counts["count"] > 0
    found: pd.Series = counts["sum"][whole]
    return found


def _live(plan: WeekPlan, history: pd.DataFrame) -> pd.DataFrame:
    return history[history["queue"].isin(live_queues(plan)) & (history["start"] < plan.start)]


def _latest(kinds: pd.Series, wanted: np.ndarray | pd.Index) -> pd.DatetimeIndex:
    """For each wanted kind the latest day that has it, NaT where there is none."""
    last = {kind: day for day, kind in kinds.sort_index().items()}
    return pd.DatetimeIndex([last.get(kind, pd.NaT) for kind in wanted])
