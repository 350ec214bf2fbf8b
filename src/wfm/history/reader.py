"""The two doors of a history: the table alone, or with the report on how it was read."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import pandas as pd

from wfm.calendars import Calendar
from wfm.errors import SettingError, WfmWarning

from .assembly import reading_of
from .reading import Reading
from .request import checked_request


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
    outside: str = "leave out",
) -> pd.DataFrame:
    """The history of a file, a table or a query: queue, start, end, offered and what else is known of each interval.

    Interval data and contact-by-contact data are told apart by their columns. Separators, encodings, decimal commas,
    Persian and Arabic digits, interval labels, totals, Solar Hijri dates and seconds since 1970 are recognised.
    Arguments as in `inspect_history`, which also returns the report of all that was done.

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
    how = checked_request(
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
        outside=outside,
    )
    reading = reading_of(_one_source(source, sql, connection), how, sheet=sheet)
    if reading.doubts:
        told = f"{reading.source}: {'; '.join(reading.doubts)}. See inspect_history(...).summary()."
        warnings.warn(told, WfmWarning, stacklevel=2)
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
    outside: str = "leave out",
) -> Reading:
    """The history of a file with the report on how it was read.

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
    dates : str                     `dmy` or `mdy` where 03/04/2026 cannot be told by the column; `hijri` where years
                                    1300-1499 are lunar.
    within : duration               Contacts answered within so long count as `answered_within`.
    outcomes : mapping              Word of the file -> answered, abandoned, blocked, flowed, or None to leave out.
    faulty : str                    `error`: a faulty cell is an error; `refuse`: it is left out and reported.
    outside : str                   Contacts outside `hours`: `leave out`, or `wait`, as work does that can: they count
                                    where the next opening begins.

    Returns
    -------
    Reading         `.history`, `.report` by finding, `.rows` by row, `.contacts`, `.summary()`.

    >>> file = pd.DataFrame({"start": ["2026-11-21 08:00", "2026-11-21 09:00", "Total"], "offered": [12, 15, 27]})
    >>> inspect_history(file).report.query("kind == 'repaired'")[["what", "rows", "first_row"]].values.tolist()
    [['total rows left out', 1, 2]]
    """
    how = checked_request(
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
        outside=outside,
    )
    return reading_of(_one_source(source, sql, connection), how, sheet=sheet)


def _one_source(source: object, sql: object, connection: object) -> object:
    """The source that was given: a file, a table, or a query with its connection."""
    if sql is None and connection is None:
        return source
    if source is not None:
        raise SettingError("give a source or sql with connection, got both.", name="sql", value=sql)
    return sql, connection
