"""Weeks of which a history holds a part only: at its ends, and where days have no data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.calendars import Calendar

from .findings import Findings

_FEWEST = 3  # weeks below which nothing is usual


def note_part_weeks(history: pd.DataFrame, calendar: Calendar | None, findings: Findings) -> None:
    """Write down the weeks with fewer days than the usual week, at either end, and those with days without data."""
    reckoning = calendar or Calendar()
    known = history[history["offered"].notna()]
    days = pd.DatetimeIndex(known["start"].dt.normalize().unique()).sort_values()
    if not len(days):
        return
    weeks = _weeks(days, reckoning)
    counts = weeks.value_counts().sort_index()
    if len(counts) < _FEWEST:
        return
    usual = int(counts.mode().max())
    for place, week in (("first", counts.index[0]), ("last", counts.index[-1])):
        if counts[week] < usual:
            mine = days[(weeks == week).to_numpy()]
            findings.note(
                "counted",
                f"the {place} week is a part: {len(mine)} of {usual} days, {mine[0]:%a %Y-%m-%d} to "
                f"{mine[-1]:%a %Y-%m-%d}",
                rows=int(known["start"].dt.normalize().isin(mine).sum()),
            )
    silent = pd.DatetimeIndex(history.loc[history["offered"].isna(), "start"].dt.normalize().unique())
    silent = silent[~silent.isin(days)].sort_values()
    if len(silent):
        parts = _weeks(silent, reckoning)
        told = [f"from {week:%Y-%m-%d} ({(parts == week).sum()})" for week in parts.unique()]
        findings.note(
            "counted",
            f"weeks with whole days without data: {', '.join(told[:6])}" + (" and more" if len(told) > 6 else ""),
            rows=int(history["start"].dt.normalize().isin(silent).sum()),
            example=silent[0].date(),
        )


def _weeks(days: pd.DatetimeIndex, calendar: Calendar) -> pd.Series:
    """First day of the week of each day."""
    first = calendar.week_of(days[0])
    number = np.asarray((days - first).days) // 7
    return pd.Series(first + pd.to_timedelta(number * 7, unit="D"))
