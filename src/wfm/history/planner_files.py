"""The planner's other files: people, absences, wishes, locks, adjustments, holidays, and tables made elsewhere."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from wfm.calendars import Calendar
from wfm.errors import DataError, WfmWarning, listed
from wfm.tables import Column, Spec, check

from .cells import ONE_LINE, Numbers, has_control, is_empty, read_durations, read_numbers, read_text
from .findings import Findings, fault
from .known_names import KNOWN, Known
from .names import Columns, match_columns
from .rows import without_stray_rows
from .sheets import Sheet, open_sheet
from .spelling import plain
from .stamps import holds_dates, read_stamps

# Names that planners use for the columns of people's tables, besides the table's own.
_NAMES: dict[str, tuple[str, ...]] = {
    "agent": ("employee", "person", "agent id", "employee id", "agent name", "mitarbeiter", "کارشناس", "اپراتور"),
    "start": ("timestamp", "begin", "start time", "datetime", "interval start", "شروع"),
    "end": ("end time", "interval end", "پایان"),
    "queue": ("queue name", "skill", "صف"),
    "reason": ("note", "comment", "دلیل"),
    "by": ("author", "who"),
    "date": ("day", "datum", "تاریخ"),
    "day": ("date", "timestamp", "datum", "تاریخ"),
    "name": ("holiday", "نام"),
}
_DAY, _LAST_DAY = ("date", "day"), ("until", "to", "last day", "through", "bis", "تا")


def read_table(
    source: object,
    spec: Spec,
    *,
    columns: Mapping[str, str] | None = None,
    calendar: Calendar | None = None,
    queues: Iterable[str] | None = None,
    dates: str | None = None,
    sheet: str | None = None,
) -> pd.DataFrame:
    """A table of the planner from a CSV or Excel file or a DataFrame, in the form of its specification.

    Dates may be Solar Hijri (years 1300-1499), digits Persian or Arabic, and text may carry the quote that guards a
    spreadsheet. `end` is the first moment after; where the file has `until` or `last day` instead, that day belongs to
    it, and a single `date` is the whole day.

    Parameters
    ----------
    source : path or DataFrame
    spec : Spec                 `wfm.tables.AGENTS`, `AVAILABILITY`, `WISHES`, `LOCKS`, `ADJUSTMENTS`, ...
    columns : mapping           Column of the file -> table column, or the other way round.
    calendar : Calendar         Decides how dates are read.
    queues : iterable of str    The queues that are known; others are refused.
    dates : str                 `dmy` or `mdy` where 03/04/2026 cannot be told by the column.
    sheet : str                 Sheet of a workbook; None = the only one with these columns.

    Raises
    ------
    DataError       With file, row (header = 1) and column.

    >>> from wfm.tables import AVAILABILITY
    >>> file = pd.DataFrame({"agent": ["Sara"], "date": ["1405/09/01"], "kind": ["leave"]})
    >>> read_table(file, AVAILABILITY)[["start", "end"]].astype(str).values.tolist()
    [['2026-11-22', '2026-11-23']]
    """
    known = _known(spec)
    opened = open_sheet(source, sheet=sheet, likely=lambda head: _may_be(head, spec, columns, known))
    found = match_columns(opened, columns, known=known)
    opened = without_stray_rows(opened, found, Findings(name=opened.name))
    table, place = _typed(opened, found, spec, calendar, dates)
    # In the order that the check sorts into, so that the rows it names can be found in the file again.
    key = [name for name in spec.key if name in table]
    order = table[key].sort_values(key, kind="stable").index.to_numpy() if key else np.arange(len(table))
    try:
        return check(table.iloc[order].reset_index(drop=True), spec, queues=queues)
    except DataError as error:
        raise _placed(error, opened, found, spec, place[order]) from error


def _may_be(head: Sheet, spec: Spec, columns: Mapping[str, str] | None, known: Known) -> bool:
    """Whether the first rows of a sheet have the columns that the table needs."""
    try:
        found = match_columns(head, columns, known=known)
    except DataError:
        return False
    spans = {"start", "end"} if "day" in found or "last_day" in found else set()
    return all(name in found or name in spans for name in spec.required)


def _known(spec: Spec) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Names by which the columns of a specification are recognised, those of spans and single days included."""
    known: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for column in spec.columns:
        own = (*_NAMES.get(column.name, ()), *(KNOWN[column.name][0] if column.unit and column.name in KNOWN else ()))
        taken = {plain(other.name) for other in spec.columns if other is not column}
        known[column.name] = (tuple(name for name in (plain(column.name), *own) if name not in taken), ())
    names = {column.name for column in spec.columns}
    if {"start", "end"} <= names:
        known["day"] = (tuple(name for name in _DAY if name not in names), ())
        known["last_day"] = (tuple(name for name in _LAST_DAY if name not in names), ())
        known["start"] = (known["start"][0], ("from", "first day", "von", "از"))
        if spec.name in ("forecast", "requirement", "history"):
            known["offered"] = KNOWN["offered"]
    return known


def _typed(
    sheet: Sheet, found: Columns, spec: Spec, calendar: Calendar | None, dates: str | None
) -> tuple[pd.DataFrame, np.ndarray]:
    """The columns that the specification knows, read; others are carried as they are."""
    months = calendar.months if calendar is not None else "gregorian"
    table = pd.DataFrame(index=sheet.cells.index)
    for column in spec.columns:
        if column.name in found:
            table[column.name] = _read(sheet, found.names[column.name], column, found, months, dates)
    for name in found.unused:
        family = spec.column(name)
        if family is not None:
            table[name] = _read(sheet, name, family, found, months, dates)
        elif name not in table:
            table[name] = read_text(sheet.cells[name]) if sheet.cells[name].dtype == object else sheet.cells[name]
    spanned = {"start", "end"} <= {column.name for column in spec.columns}
    return (_spans(table, sheet, found, months, dates) if spanned else table), sheet.positions


def _read(sheet: Sheet, name: str, column: Column, found: Columns, months: str, dates: str | None) -> pd.Series:
    cells = sheet.cells[name]
    if column.kind == "time":
        return _times(sheet, name, column, months, dates)
    if column.kind in ("number", "count"):
        result: Numbers = read_durations(cells) if column.unit == "s" else read_numbers(cells)
        if result.bad.any():
            raise _fault(sheet, name, result.bad, column)
        return pd.Series(result.numbers * (found.factors.get(column.name, 1.0) if column.unit == "s" else 1.0))
    if column.kind in ("text", "any"):
        words = read_text(cells)
        unsound = words.map(lambda name: isinstance(name, str) and has_control(name)).to_numpy(dtype=bool)
        if column.name == "queue" and unsound.any():
            raise fault(sheet, np.flatnonzero(unsound), column=name, role="queue", allowed=ONE_LINE)
        return words.str.lower().where(words.notna(), None) if column.choices else words
    empty = is_empty(cells)
    return cells.astype(object).where(~empty, None) if empty.any() else cells


def _times(sheet: Sheet, name: str, column: Column, months: str, dates: str | None) -> pd.Series:
    cells = sheet.cells[name]
    stamps = read_stamps(cells, order=dates, months=months, bare=True)
    aware = ~np.isnan(stamps.offset)
    bad = stamps.bad | aware
    if bad.any():
        raise _fault(sheet, name, bad, column)
    return pd.Series(stamps.moment)


def _spans(table: pd.DataFrame, sheet: Sheet, found: Columns, months: str, dates: str | None) -> pd.DataFrame:
    """Start and end from a single day or from a last day that belongs to the span."""
    span = Column(name="date", kind="time")
    day = pd.Timedelta(days=1)
    if "day" in found and "start" not in table:
        first = _times(sheet, found.names["day"], span, months, dates)
        table = table.assign(start=first)
        if "end" not in table and "last_day" not in found:
            table = table.assign(end=first.dt.normalize() + day)
    if "last_day" in found and "end" not in table:
        last = _times(sheet, found.names["last_day"], span, months, dates)
        whole = last == last.dt.normalize()
        table = table.assign(end=last.where(~whole, last + day))
    return _inclusive(table, sheet, found)


def _inclusive(table: pd.DataFrame, sheet: Sheet, found: Columns) -> pd.DataFrame:
    """An `end` that equals its `start` and is a bare date says that ends are last days in this file."""
    if "end" not in found or "start" not in found or "end" not in table or "start" not in table:
        return table
    bare = (table["end"] == table["end"].dt.normalize()) & (table["start"] == table["start"].dt.normalize())
    same = (table["end"] == table["start"]) & bare
    if not same.any() or not bare.all() or not holds_dates(sheet.cells[found.names["end"]]):
        return table
    warnings.warn(
        f"{sheet.name}: {found.names['end']!r} equals the start in row {sheet.row(int(np.argmax(same)))}, so "
        "all ends of the file are read as last days that belong to the span.",
        WfmWarning,
        stacklevel=5,
    )
    return table.assign(end=table["end"] + pd.Timedelta(days=1))


def _fault(sheet: Sheet, name: str, bad: np.ndarray, column: Column) -> DataError:
    return fault(sheet, np.flatnonzero(bad), column=name, role=column.name, allowed=column.allowed())


def _placed(error: DataError, sheet: Sheet, found: Columns, spec: Spec, place: np.ndarray) -> DataError:
    """The error of the check with the file and its rows."""
    if not error.rows:
        there = listed(map(str, sheet.cells.columns), most=20)
        return DataError(
            f"{sheet.name}: {error}"
            if not error.column or error.column in found
            else f"{sheet.name} has no column for {error.column!r}; it has {there}. {spec.name} needs "
            f"{listed(spec.required)}. Rename the column or hand in a column map.",
            table=sheet.name,
            column=error.column,
        )
    rows = [int(place[row]) for row in error.rows]
    text = re.sub(r"first: row \d+", f"first: row {rows[0] + sheet.first_row}", str(error))
    return DataError(f"{sheet.name}: {text}", table=sheet.name, column=error.column, rows=rows)
