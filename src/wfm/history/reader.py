"""From a file to a history: open, match columns, read times and numbers, settle gaps, re-bin, check."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import pandas as pd

from wfm.calendars import Calendar
from wfm.durations import spoken
from wfm.errors import DataError, SettingError, WfmWarning, listed
from wfm.tables import CONTACTS, HISTORY, check

from .bins import rebin
from .contacts import bin_contacts, is_contact_by_contact, read_contacts
from .findings import Findings
from .gaps import Opening, fill_gaps
from .intervals import read_intervals
from .layout import one_row_an_interval
from .names import Columns, match_columns
from .reading import Reading
from .request import Request, checked_request
from .rows import dates_carried_down, without_stray_rows
from .sheets import Sheet, open_sheet
from .when import When, read_when

_DEFAULT_INTERVAL = 1800.0
_VOLUMES = ("offered", "answered", "unique")
HISTORY_ONLY = (
    "offered",
    "answered",
    "abandoned",
    "answered_within",
    "within",
    "blocked",
    "redials",
    "unique",
    "aht",
    "asa",
    "staffed",
    "excluded",
    "end",
)


def read_history(
    source: object = None,
    *,
    sheet: str | None = None,
    sql: object = None,
    connection: object = None,
    columns: Mapping[str, str] | None = None,
    queue: str | None = None,
    timezone: str | None = None,
    interval: object = None,
    hours: object = None,
    absent: str = "auto",
    stamps: str = "start",
    calendar: Calendar | None = None,
    dates: str | None = None,
    within: object = 60.0,
    outcomes: Mapping[str, str | None] | None = None,
    faulty: str = "error",
) -> pd.DataFrame:
    """The history of a file, a table or a query: queue, start, end, offered and what else is known of each interval.

    Interval data and contact-by-contact data are told apart by their columns. Separators, encodings, decimal commas,
    Persian and Arabic digits, interval labels, totals, Solar Hijri dates and seconds since 1970 are recognised;
    `inspect_history` also returns the report of all that was done.

    Parameters
    ----------
    source : path or DataFrame      .csv, .txt, .tsv (gzipped too), .xlsx or .parquet; or (SQL, connection).
    sheet : str                     Sheet of a workbook where several hold times and volumes.
    sql, connection                 A query and the open connection to run it on, in place of a source.
    columns : mapping               Column of the file -> table column (offered, answered, aht, start, ...), or the
                                    other way round; well-known names need no map.
    queue : str                     The queue to take, or the name for a file of one queue.
    timezone : str                  Zone of the centre: times with a zone are converted to its wall clock, and hours
                                    that the clock left out or doubled are merged.
    interval : duration             Width of the result; finer data are added up, contacts are counted (else 30min).
    hours : OpeningHours            Opening hours, or what `OpeningHours.read` takes; closed times have no rows.
    absent : str                    What an open interval without a row means: `zero` calls, `missing` data, or `auto`:
                                    zero where the day has rows and the file never writes a zero.
    stamps : str                    Whether times mark the `start` or the `end` of the interval.
    calendar : Calendar             Its reckoning decides how dates are read; its closed days have no rows.
    dates : str                     `dmy` or `mdy` where 03/04/2026 cannot be told by the column.
    within : duration               Contacts answered within so long count as `answered_within`.
    outcomes : mapping              Word of the file -> answered, abandoned, blocked, flowed, or None to leave out.
    faulty : str                    `error`: a faulty cell is an error; `refuse`: it is left out and reported.

    Returns
    -------
    DataFrame       Naive local time; an interval without data has `offered` NaN, without calls 0.

    Raises
    ------
    DataError       A column, row or cell is wrong; with the file's row number and the cell.
    SettingError    A setting is wrong.

    Warns
    -----
    WfmWarning      Rows were refused, or repaired or read in a way that changes what the numbers mean.

    >>> file = pd.DataFrame({"Date": ["2026-11-21"] * 2, "Time": ["08:00-08:30", "08:30-09:00"], "Calls": [12, "۱۵"]})
    >>> read_history(file, queue="voice")[["start", "offered"]].astype(str).values.tolist()
    [['2026-11-21 08:00:00', '12.0'], ['2026-11-21 08:30:00', '15.0']]
    """
    reading = inspect_history(
        source,
        sheet=sheet,
        sql=sql,
        connection=connection,
        columns=columns,
        queue=queue,
        timezone=timezone,
        interval=interval,
        hours=hours,
        absent=absent,
        stamps=stamps,
        calendar=calendar,
        dates=dates,
        within=within,
        outcomes=outcomes,
        faulty=faulty,
    )
    if reading.doubts:
        warnings.warn(
            f"{reading.source}: {'; '.join(reading.doubts)}. See inspect_history(...).summary().",
            WfmWarning,
            stacklevel=2,
        )
    return reading.history


def inspect_history(
    source: object = None,
    *,
    sheet: str | None = None,
    sql: object = None,
    connection: object = None,
    columns: Mapping[str, str] | None = None,
    queue: str | None = None,
    timezone: str | None = None,
    interval: object = None,
    hours: object = None,
    absent: str = "auto",
    stamps: str = "start",
    calendar: Calendar | None = None,
    dates: str | None = None,
    within: object = 60.0,
    outcomes: Mapping[str, str | None] | None = None,
    faulty: str = "error",
) -> Reading:
    """The history of a file with the report on how it was read; arguments as in `read_history`.

    Returns
    -------
    Reading         `.history`, `.report`, `.contacts`, `.summary()`.

    >>> file = pd.DataFrame({"start": ["2026-11-21 08:00", "2026-11-21 09:00", "Total"], "offered": [12, 15, 27]})
    >>> inspect_history(file).report.query("kind == 'repaired'")[["what", "rows", "first_row"]].values.tolist()
    [['total rows left out', 1, 2]]
    """
    request = checked_request(
        columns=columns,
        queue=queue,
        timezone=timezone,
        interval=interval,
        hours=hours,
        absent=absent,
        stamps=stamps,
        calendar=calendar,
        dates=dates,
        within=within,
        outcomes=outcomes,
        faulty=faulty,
    )
    cells = open_sheet(
        _one_source(source, sql, connection), sheet=sheet, likely=lambda head: _may_be_history(head, request)
    )
    findings = Findings(name=cells.name, strict=request.strict)
    cells = one_row_an_interval(cells, findings)
    found = match_columns(cells, request.columns)
    by_contact = is_contact_by_contact(found)
    _note_columns(cells, found, by_contact, findings)
    cells = dates_carried_down(without_stray_rows(cells, found, findings), found, findings)
    if not len(cells.cells):
        raise DataError(f"{cells.name} has no rows under its header.", table=cells.name)
    when = read_when(cells, found, request, findings)
    contacts = read_contacts(when, found, request, findings) if by_contact else None
    history = _intervals(when, found, contacts, request, findings)
    idle = _idle_roles(found, by_contact)
    return Reading(
        history=check(history, HISTORY),
        report=findings.table(),
        source=cells.name,
        contacts=None if contacts is None else check(contacts, CONTACTS),
        doubts=tuple(findings.doubts),
        columns={role: name for role, name in found.names.items() if role not in idle},
        months="solar-hijri" if when.solar else "gregorian",
    )


def _one_source(source: object, sql: object, connection: object) -> object:
    """The source that was given: a file, a table, or a query with its connection."""
    if sql is None and connection is None:
        return source
    if source is not None:
        raise SettingError("give a source or sql with connection, got both.", name="sql", value=sql)
    return sql, connection


def _may_be_history(head: Sheet, request: Request) -> bool:
    """Whether the first rows of a sheet have columns of time and of volume, or are contacts."""
    try:
        sheet = one_row_an_interval(head, Findings(name=head.name))
        found = match_columns(sheet, request.columns)
    except DataError:  # two columns may be the same thing, or a mapped one is missing: said when the sheet is read
        return not request.columns
    timed = any(role in found for role in ("start", "date", "time", "arrival"))
    return timed and (is_contact_by_contact(found) or any(role in found for role in _VOLUMES))


def _intervals(
    when: When, found: Columns, contacts: pd.DataFrame | None, request: Request, findings: Findings
) -> pd.DataFrame:
    """Intervals of the asked width, with a row for every open one."""
    if contacts is not None:
        width = request.interval or _DEFAULT_INTERVAL
        findings.note("read", f"one row a contact, counted in intervals of {spoken(width)}", rows=len(contacts))
        table = bin_contacts(contacts, width, request.within)
        return fill_gaps(table, _opening(request, writes_zeros=False), findings)
    table = read_intervals(when, found, request, findings)
    findings.note("read", "one row an interval", rows=len(table))
    table = fill_gaps(table, _opening(request, writes_zeros=bool((table["offered"] == 0).any())), findings)
    widths = (table["end"] - table["start"]).dt.total_seconds().unique()
    if request.interval is None or set(widths) <= {request.interval}:
        return table
    findings.note(
        "read",
        f"intervals of {listed([spoken(w) for w in widths])} put together to {spoken(request.interval)}",
        rows=len(table),
    )
    return rebin(table, request.interval)


def _opening(request: Request, *, writes_zeros: bool) -> Opening:
    return Opening(
        hours=request.hours,
        calendar=request.calendar,
        zone=request.zone,
        absent=request.absent,
        writes_zeros=writes_zeros,
    )


def _note_columns(sheet: Sheet, found: Columns, by_contact: bool, findings: Findings) -> None:
    for what, example in sheet.notes:
        findings.note("read", what, example=example)
    idle = _idle_roles(found, by_contact)
    findings.note(
        "read", "columns " + ", ".join(f"{name!r} as {role}" for role, name in found.names.items() if role not in idle)
    )
    unused = [*(found.names[role] for role in idle), *found.unused]
    if unused:
        findings.note("counted", f"columns not used: {listed(unused, most=12)}")


def _idle_roles(found: Columns, by_contact: bool) -> list[str]:
    """Columns that are recognised but say nothing new in this kind of file."""
    if by_contact:
        idle = {*HISTORY_ONLY, *(("talk", "hold", "wrap") if "handle" in found else ())}
    else:
        idle = {
            "wait",
            "outcome",
            *(("talk", "hold", "wrap", "handle") if "aht" in found else ()),
            *(("handle",) if "talk" in found else ()),
        }
    return [role for role in found.names if role in idle]
