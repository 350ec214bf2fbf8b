"""Intervals: where each ends, and how wide they are."""

from __future__ import annotations

import pandas as pd

from wfm.errors import DataError, listed


def with_end(table: pd.DataFrame, interval: float | None = None) -> pd.DataFrame:
    """The interval table with its `end` column; the width is `interval` seconds, or the smallest step between starts.

    >>> t = pd.DataFrame({"queue": "voice", "start": pd.to_datetime(["2026-11-21 08:00", "2026-11-21 08:30"])})
    >>> with_end(t)["end"].dt.strftime("%H:%M").tolist()
    ['08:30', '09:00']
    """
    if "end" in table and table["end"].notna().all():
        return table
    width = pd.Timedelta(seconds=interval) if interval else _smallest_step(table)
    ends = table["start"] + width
    if "end" in table:
        return table.assign(end=table["end"].fillna(ends))
    place = table.columns.get_loc("start")
    out = table.copy()
    out.insert(int(place) + 1 if isinstance(place, int) else len(out.columns), "end", ends)
    return out


def interval_of(table: pd.DataFrame) -> float:
    """The one width of the table's intervals in seconds; a DataError where widths differ."""
    widths = (table["end"] - table["start"]).dt.total_seconds().unique()
    if len(widths) != 1:
        raise DataError(
            f"intervals must all have one width, got {listed(sorted(widths))} seconds. "
            "Re-bin the table to one interval.",
            column="end",
        )
    return float(widths[0])


def _smallest_step(table: pd.DataFrame) -> pd.Timedelta:
    keys = [name for name in ("path", "queue") if name in table]
    starts = table.groupby(keys)["start"] if keys else table["start"]
    steps = starts.diff().dropna() if keys else table["start"].sort_values().diff().dropna()
    steps = steps[steps > pd.Timedelta(0)]
    if steps.empty:
        raise DataError(
            "the width of an interval cannot be told from a single row; give the column 'end' or the "
            "interval in seconds.",
            column="end",
        )
    return pd.Timedelta(steps.min())
