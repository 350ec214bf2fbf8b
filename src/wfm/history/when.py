"""Start and end of every row of a file, by the wall clock of the centre."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, SettingError, listed

from .cells import is_empty
from .changes import as_text, joined, where
from .dates import LUNAR, LUNAR_DATE
from .findings import Findings
from .names import Columns, need
from .request import Request
from .sheets import Sheet
from .stamps import Stamps, holds_clocks, holds_dates, read_stamps
from .widths import width_of
from .zones import wall_clock

Moments = npt.NDArray[np.datetime64]
_ALLOWED_TIME = "a time of day such as 08:00"
_ALLOWED = "a date and time such as 2026-11-21 08:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The rows that have a time, their start, end (NaT = not told), clock jumps, and whether dates were Solar Hijri."""

    sheet: Sheet
    start: Moments
    end: Moments
    moved: npt.NDArray[np.bool_]
    doubled: npt.NDArray[np.bool_]
    column: str
    solar: bool = False
    lunar: bool = False


def read_when(sheet: Sheet, columns: Columns, request: Request, findings: Findings) -> When:
    """Start and end of each row: labels and end columns as they say, stamps at the end shifted to the start."""
    name, cells, times = _columns_of_time(sheet, columns)
    label, values = _as_written(sheet, name, cells, times)
    untimed = np.zeros(len(cells), dtype=bool)
    if times is not None and not is_empty(times).all():
        untimed = is_empty(times) & ~is_empty(cells)
        findings.fault(sheet, untimed, column=str(times.name), role="time", allowed=_ALLOWED_TIME, whole=True)
    stamps = read_stamps(cells, times, order=request.dates, months=request.months)
    _note(stamps, sheet, name, request, findings)
    faulty = stamps.bad | np.isnat(stamps.moment) | untimed
    _refuse_end_of_day(stamps, sheet, request)
    findings.fault(sheet, faulty & ~untimed, column=name, role="start", allowed=_ALLOWED, whole=True)
    end = _ends(sheet, columns, stamps, request, findings)
    kept = sheet.take(~faulty)
    taken, end, values = _taken(stamps, ~faulty), end[~faulty], values[~faulty]
    if request.stamps == "end":
        taken, end = _from_ends(taken, end, kept, columns, findings)
    lasts = end - taken.moment
    clock = wall_clock(taken, request.zone, kept, findings)
    why = joined(taken.why, clock.why)
    for kind, at in (("read", (why != "") & ~clock.moved), ("repaired", clock.moved)):
        findings.change(kind, kept, at, column=label, read=clock.moment, why=why, values=values)
    return When(
        sheet=kept,
        start=clock.moment,
        end=clock.moment + lasts,
        moved=clock.moved,
        doubled=clock.doubled,
        column=name,
        solar=bool(stamps.solar),
        lunar=request.dates == LUNAR and any(LUNAR_DATE in text for text in set(stamps.why)),
    )


def _as_written(
    sheet: Sheet, name: str, cells: pd.Series, times: pd.Series | None
) -> tuple[str, npt.NDArray[np.object_]]:
    """The column or columns of time and what stands in them."""
    if times is None:
        return name, cells.to_numpy(dtype=object)
    both = [as_text(column.to_numpy(dtype=object)) for column in (cells, times)]
    return f"{name} + {times.name}", both[0] + " " + both[1]


def _columns_of_time(sheet: Sheet, columns: Columns) -> tuple[str, pd.Series, pd.Series | None]:
    """The column that holds the dates, its cells, and the cells of a time column of its own."""
    there = {role: sheet.cells[columns.names[role]] for role in ("arrival", "start", "date", "time") if role in columns}
    for role in ("arrival", "start", "date"):
        # A column of bare dates waits for a column of times; one that has times of its own needs no other.
        alone = role in there and (holds_clocks(there[role]) or set(there) == {role})
        if alone and (role == "date" or holds_dates(there[role])):
            return columns.names[role], there[role], None
    if "time" in there and holds_dates(there["time"], whole=False):
        return columns.names["time"], there["time"], None
    days = next((role for role in ("date", "arrival", "start") if role in there and holds_dates(there[role])), None)
    if days is not None:
        times = next((there[role] for role in ("time", "arrival", "start") if role in there and role != days), None)
        return columns.names[days], there[days], times
    for role in ("arrival", "start", "date", "time"):
        if role in there:
            return columns.names[role], there[role], None
    need(sheet, columns, "start", hint='Name the column of the interval\'s start: columns={"When": "start"}.')
    raise AssertionError("unreachable")


def _refuse_end_of_day(stamps: Stamps, sheet: Sheet, request: Request) -> None:
    """24:00 as the start of an interval says that the file's times mark ends."""
    late = stamps.late & np.isnat(stamps.end)
    if late.any() and request.stamps == "start":
        row = int(np.argmax(late))
        raise DataError(
            f"{sheet.name}: row {sheet.row(row)} has the time 24:00, so times seem to mark the end of the "
            'interval. Say stamps="end", or write 00:00 of the next day.',
            table=sheet.name,
            column="start",
            rows=[int(sheet.positions[row])],
        )


def _note(stamps: Stamps, sheet: Sheet, name: str, request: Request, findings: Findings) -> None:
    if stamps.clocked and not stamps.dated:
        raise DataError(
            f"{sheet.name}: {name!r} holds times of day without a date. Name the column of the date: "
            'columns={"Day": "date"}.',
            table=sheet.name,
            column="date",
        )
    if stamps.solar:
        told = "as the calendar says" if request.months == "solar-hijri" else "told by their years"
        findings.note(
            "read", f"dates of the Solar Hijri calendar, {told}", rows=stamps.solar, example=sheet.cells[name].iloc[0]
        )
    if request.dates == LUNAR and any(LUNAR_DATE in text for text in set(stamps.why)):
        findings.note("read", "dates of the lunar Hijri calendar, as dates= says", example=sheet.cells[name].iloc[0])
    if stamps.form:
        findings.note("read", f"times as {stamps.form}", example=sheet.cells[name].iloc[0])
    if not stamps.order and any("day first" in text for text in set(stamps.why)):
        findings.note("read", "dates with dots, the day first", example=sheet.cells[name].iloc[0])
    if stamps.order and request.dates is None:
        findings.note("read", f"dates with the {'day' if stamps.order == 'dmy' else 'month'} first, told by the column")
        findings.order = stamps.order


def _ends(sheet: Sheet, columns: Columns, stamps: Stamps, request: Request, findings: Findings) -> Moments:
    """End of each row in the file's own clock, where a label or an end column tells it."""
    if "end" not in columns or "arrival" in columns:
        return stamps.end
    name = columns.names["end"]
    cells = sheet.cells[name]
    if holds_dates(cells):
        found = read_stamps(cells, order=request.dates, months=request.months)
        end, why = found.moment, found.why
    else:
        days = pd.Series(pd.DatetimeIndex(stamps.moment).strftime("%Y-%m-%d"))
        found = read_stamps(days, cells.reset_index(drop=True))
        late = found.moment <= stamps.moment
        end = np.where(late, found.moment + np.timedelta64(1, "D"), found.moment)
        why = joined(found.why, where(late, "of the next day"))
    wrong = (found.bad | (end <= stamps.moment)) & ~np.isnat(stamps.moment)
    if wrong.any():
        rows = [sheet.row(int(k)) for k in np.flatnonzero(wrong)]
        raise DataError(
            f"{sheet.name}: {name!r} must be a time after the start, got {cells.iloc[np.argmax(wrong)]!r} "
            f"in row {listed(rows)}. Correct these rows.",
            table=sheet.name,
            column="end",
            rows=sheet.positions[wrong].tolist(),
        )
    findings.change("read", sheet, (why != "") & ~np.isnat(end), column=name, read=end, why=why)
    return np.where(np.isnat(end), stamps.end, end)


def _taken(stamps: Stamps, keep: npt.NDArray[np.bool_]) -> Stamps:
    return Stamps(
        moment=stamps.moment[keep],
        end=stamps.end[keep],
        offset=stamps.offset[keep],
        bad=stamps.bad[keep],
        late=stamps.late[keep],
        why=stamps.why[keep],
        place=stamps.place,
    )


def _from_ends(
    stamps: Stamps, end: Moments, sheet: Sheet, columns: Columns, findings: Findings
) -> tuple[Stamps, Moments]:
    if "arrival" in columns:
        raise SettingError('stamps="end" is for intervals; the file has one row a contact.', name="stamps", value="end")
    told = ~np.isnat(end)
    if told.all():
        raise SettingError(
            f'{sheet.name} tells where its intervals begin and end; leave out stamps="end".', name="stamps", value="end"
        )
    width = np.timedelta64(int(width_of(stamps.moment, sheet, columns)), "s")
    findings.note(
        "read",
        "times mark the end of the interval and were shifted to its start",
        rows=len(end),
        first=sheet.row(0) if len(end) else None,
    )
    moment = np.where(told, stamps.moment, stamps.moment - width)
    shifted = replace(stamps, moment=moment, why=joined(stamps.why, where(~told, "end of the interval, not its start")))
    return shifted, np.where(told, end, stamps.moment)
