"""Rows that are not there: no calls, no data, or closed."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import Calendar
from wfm.durations import DAY
from wfm.hours import OpeningHours

from .bins import COUNTS
from .findings import Findings
from .pattern import open_by_pattern
from .zones import lost_hours

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is known of when the queue is open, and what a missing row means."""

    hours: OpeningHours | None
    calendar: Calendar | None
    zone: ZoneInfo | None
    absent: str
    writes_zeros: bool


def fill_gaps(table: pd.DataFrame, opening: Opening, findings: Findings) -> pd.DataFrame:
    """The table with a row for every open interval between a queue's first and last, and none for closed ones.

    A missing row means no calls (0) or no data (NaN). Where `absent` is "auto": no calls where the day has other rows
    and the file never writes a zero; no data where the whole day is missing or the file writes its zeros.
    """
    parts = [_filled(part, opening, findings) for _, part in table.groupby("queue", sort=True)]
    return pd.concat(parts, ignore_index=True) if parts else table


def open_during(starts: pd.DatetimeIndex, width: float, hours: OpeningHours) -> Flags:
    """Which intervals of `width` seconds touch the opening hours.

    >>> starts = pd.DatetimeIndex(["2026-11-21 08:00", "2026-11-21 09:00", "2026-11-21 00:00"])
    >>> open_during(starts, 3600, OpeningHours.read("08:30-09:00")).tolist()
    [True, False, False]
    """
    dates = starts.normalize()
    begin = np.asarray((starts - dates).total_seconds(), dtype=float)
    codes, days = pd.factorize(dates)
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(days) + 1))
    touched = np.zeros(len(starts), dtype=bool)
    for k, day in enumerate(days):
        mine = order[edges[k] : edges[k + 1]]
        spans = [*hours.of(day), *((a - DAY, b - DAY) for a, b in hours.of(day - pd.Timedelta(days=1)) if b > DAY)]
        if begin[mine].max() + width > DAY:  # an interval that runs into the next day
            spans += [(a + DAY, b + DAY) for a, b in hours.of(day + pd.Timedelta(days=1))]
        for first, last in spans:
            touched[mine] |= (begin[mine] < last) & (begin[mine] + width > first)
    return touched


def _filled(part: pd.DataFrame, opening: Opening, findings: Findings) -> pd.DataFrame:
    """The rows of one queue and the open intervals between them."""
    queue = part["queue"].iloc[0]
    widths = (part["end"] - part["start"]).dt.total_seconds().unique()
    if len(widths) != 1:
        findings.note("read", f"intervals of {len(widths)} widths in queue {queue!r}: missing rows are not filled")
        return part
    width = float(widths[0])
    second = (part["start"] - part["start"].dt.normalize()).dt.total_seconds() % width
    if (second != second.iloc[0]).any():
        findings.note("read", f"intervals of queue {queue!r} do not lie on one grid: missing rows are not filled")
        return part
    missing = _missing(part, width, opening, findings)
    if not len(missing):
        return part
    there = pd.Index(part["start"].dt.normalize().unique())
    whole_day = ~missing.normalize().isin(there)
    zero = _are_zeros(whole_day, opening)
    _count(queue, missing, zero, whole_day, findings)
    rows = pd.DataFrame({"queue": queue, "start": missing.astype(part["start"].dtype)})
    rows["end"] = rows["start"] + pd.Timedelta(seconds=width)
    for name in part.columns.drop(["queue", "start", "end"]):
        rows[name] = np.where(zero, 0.0, np.nan) if name in COUNTS else False if name == "excluded" else np.nan
    if "within" in part:
        rows["within"] = part["within"].iloc[0] if part["within"].min() == part["within"].max() else np.nan
    return pd.concat([part, rows], ignore_index=True).sort_values("start", kind="stable")


def _are_zeros(whole_day: Flags, opening: Opening) -> Flags:
    if opening.absent == "auto":
        return ~whole_day & (not opening.writes_zeros)
    return np.full(len(whole_day), opening.absent == "zero")


def _count(queue: str, missing: pd.DatetimeIndex, zero: Flags, whole_day: Flags, findings: Findings) -> None:
    for what, mine in (("taken as no calls (0)", zero), ("taken as no data", ~zero)):
        if mine.any():
            days = missing[mine & whole_day].normalize().nunique()
            findings.note(
                "counted",
                f"open intervals of queue {queue!r} without a row {what}"
                + (f", {days} whole day(s) among them" if days else ""),
                rows=int(mine.sum()),
                example=missing[mine][0],
            )


def _missing(part: pd.DataFrame, width: float, opening: Opening, findings: Findings) -> pd.DatetimeIndex:
    """Open intervals between the first and the last row that have none."""
    starts = pd.DatetimeIndex(part["start"])
    phase = float((starts[0] - starts[0].normalize()).total_seconds() % width)
    grid = pd.date_range(
        starts[0].normalize() + pd.Timedelta(seconds=phase), starts[-1], freq=pd.Timedelta(seconds=width)
    )
    grid = grid[grid >= starts[0]]
    gone = grid[~grid.isin(starts)]
    if not len(gone):
        return gone
    if opening.hours is not None:
        gone = gone[open_during(gone, width, opening.hours)]
    else:
        seen = open_by_pattern(starts, gone, width)
        if (~seen).any():
            findings.note(
                "counted",
                "hours of the week without rows, or with few, taken as closed; give hours= where the queue was open",
                rows=int((~seen).sum()),
                example=gone[~seen][0],
            )
        gone = gone[seen]
        if opening.calendar is not None:
            gone = gone[~opening.calendar.is_closed(gone)]
    if opening.zone is not None and width < DAY and len(gone):
        lost = lost_hours(gone, opening.zone)
        if lost.any():
            findings.note(
                "counted",
                "intervals that the clock left out (spring), without a row",
                rows=int(lost.sum()),
                example=gone[lost][0],
            )
            gone = gone[~lost]
    return gone
