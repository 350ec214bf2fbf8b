"""In which hours a queue was open, told by when contacts came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY

Spans = tuple[tuple[float, float], ...]
_RECENT = 56  # days that tell today's hours
_OFTEN = 0.5  # share of the days on which contacts come: surely open
_BUSY, _STRAY = 0.10, 0.03  # of the usual interval's contacts: open, and too few to be more than stray calls
_IDLE = 0.02  # of the usual day's contacts: a day with less is closed
_HOLE = 7200.0  # a shorter hole is a quiet hour
_CERTAIN = 20.0  # contacts that should have come before hours count as opened later
_LATE = 6 * 3600.0  # a span that ends before six in the morning belongs to the evening before

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Open spans by weekday (Monday = 0), seconds after midnight; what they were before `since`, where they changed."""

    spans: tuple[Spans, ...]
    before: tuple[Spans, ...] | None = None
    since: pd.Timestamp | None = None

    @property
    def always(self) -> bool:
        """Whether it is open round the clock."""
        return all(spans == ((0.0, DAY),) for spans in self.spans)


def opening_of(history: pd.DataFrame) -> Opening:
    """Opening hours from one queue's history, by what came in its last eight weeks.

    >>> starts = pd.date_range("2026-10-05", periods=42 * 24, freq="h")
    >>> calls = np.where((starts.hour >= 8) & (starts.hour < 18) & (starts.day_of_week < 5), 20.0, 0.0)
    >>> table = pd.DataFrame({"start": starts, "end": starts + pd.Timedelta("1h"), "offered": calls})
    >>> opening_of(table).spans[4:6]
    (((28800.0, 64800.0),), ())
    """
    days = history["start"].dt.normalize()
    recent = history[days > days.max() - pd.Timedelta(days=_RECENT)]
    spans = _weekly(recent)
    since = _opened_later(history, spans)
    if since is None:
        return Opening(spans=spans)
    before = _weekly(history[history["start"] < since])
    return Opening(spans=spans, before=before, since=since) if before != spans else Opening(spans=spans)


def _weekly(history: pd.DataFrame) -> tuple[Spans, ...]:
    width = float((history["end"] - history["start"]).dt.total_seconds().median())
    day, slot = _places(history, width)
    slots = int(np.ceil(DAY / width))
    cells = np.zeros((int(day.max()) + 1, slots))
    np.add.at(cells, (day, slot), history["offered"].fillna(0.0).to_numpy(dtype=float))
    totals = cells.sum(axis=1)
    if totals.any():  # a day with a few stray calls is closed
        cells[totals < _IDLE * np.median(totals[totals > 0])] = 0.0
    weekday = (history["start"].min().day_of_week + np.arange(len(cells))) % 7
    return _over_midnight(_alike([_spans(cells[weekday == k], width) for k in range(7)], max(width, 1800.0)))


def _places(history: pd.DataFrame, width: float) -> tuple[Ints, Ints]:
    """Row and column of each interval in the matrix of days and slots."""
    starts = pd.DatetimeIndex(history["start"])
    dates = starts.normalize()
    day = np.asarray((dates - dates.min()).days, dtype=np.int64)
    slot = np.asarray((starts - dates).total_seconds() // width, dtype=np.int64)
    return day, slot


def _spans(cells: Floats, width: float) -> Spans:
    """Open spans of one weekday from its days and slots of contacts."""
    busy = cells[cells.sum(axis=1) > 0]
    if not len(busy) or len(busy) < 0.25 * len(cells):
        return ()
    mean = busy.mean(axis=0)
    usual = float(np.median(mean[mean > 0.2 * mean.max()]))
    if busy.sum(axis=1).mean() < 0.05 * len(mean) and usual < 0.05:  # a call now and then tells no hours
        return ()
    padded = np.pad(mean, 1, mode="edge")
    smooth = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    open_ = ((busy > 0).mean(axis=0) >= _OFTEN) | ((smooth >= _BUSY * usual) & (mean >= _STRAY * usual) & (mean > 0))
    at = np.flatnonzero(open_)
    if not len(at):
        return ()
    cuts = np.flatnonzero(np.diff(at) * width > _HOLE)
    first, last = at[np.r_[0, cuts + 1]], at[np.r_[cuts, len(at) - 1]]
    spans = tuple((float(a * width), min(float((b + 1) * width), DAY)) for a, b in zip(first, last, strict=True))
    return ((0.0, DAY),) if sum(b - a for a, b in spans) >= 23 * 3600 else spans


def _alike(found: list[Spans], tolerance: float) -> list[Spans]:
    """Weekdays that differ by one interval from the usual hours are taken to have the usual hours."""
    open_days = [spans for spans in found if spans]
    if not open_days:
        return found
    usual = max(dict.fromkeys(open_days), key=open_days.count)

    def near(spans: Spans) -> bool:
        return len(spans) == len(usual) and all(
            abs(a - c) <= tolerance and abs(b - d) <= tolerance for (a, b), (c, d) in zip(spans, usual, strict=True)
        )

    return [usual if spans and near(spans) else spans for spans in found]


def _over_midnight(found: list[Spans]) -> tuple[Spans, ...]:
    """Spans after midnight joined to the evening before, so that a shift may run through."""
    days = [list(spans) for spans in found]
    for k in range(7):
        evening, morning = days[k], days[(k + 1) % 7]
        whole = found[k] == ((0.0, DAY),) or found[(k + 1) % 7] == ((0.0, DAY),)
        if whole or not evening or not morning:
            continue
        if evening[-1][1] == DAY and morning[0][0] == 0 and morning[0][1] <= _LATE:
            evening[-1] = (evening[-1][0], DAY + morning.pop(0)[1])
    return tuple(tuple(spans) for spans in days)


def _opened_later(history: pd.DataFrame, spans: tuple[Spans, ...]) -> pd.Timestamp | None:
    """First day of hours that are open now and were not when history began; None where they always were.

    Without it those hours would be read as hours without calls.
    """
    came = history[history["offered"] > 0]
    weekday = came["start"].dt.day_of_week
    second = (came["start"] - came["start"].dt.normalize()).dt.total_seconds()
    days = came["start"].dt.normalize()
    recent = days > days.max() - pd.Timedelta(days=_RECENT)
    later: list[pd.Timestamp] = []
    for key, rows in came.groupby(weekday * DAY + second):
        day, moment = divmod(float(key), DAY)
        if not any(a <= moment < b for a, b in spans[int(day)]):
            continue
        first = rows["start"].min().normalize()
        missed = days[(weekday == day) & (days < first)].nunique()
        weeks = max(days[(weekday == day) & recent].nunique(), 1)
        if missed * float(rows.loc[recent[rows.index], "offered"].sum()) / weeks >= _CERTAIN:
            later.append(first)
    # The hours of each weekday are first seen on its own day of the same week.
    return min(day for day in later if day > max(later) - pd.Timedelta(days=7)) if len(later) >= 2 else None
