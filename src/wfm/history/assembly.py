"""From a source to a reading: open, match columns, read times and numbers, settle gaps, re-bin, check."""

from __future__ import annotations

import pandas as pd

from wfm.durations import spoken
from wfm.errors import DataError, listed
from wfm.tables import CONTACTS, HISTORY, check

from .bins import rebin
from .contacts import bin_contacts, is_contact_by_contact, only_open_contacts, read_contacts
from .findings import Findings
from .gaps import Opening, fill_gaps
from .intervals import read_intervals
from .layout import one_row_an_interval
from .names import Columns, match_columns
from .part_weeks import note_part_weeks
from .reading import Reading
from .request import Request
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


def reading_of(source: object, request: Request, *, sheet: str | None = None) -> Reading:
    """The history that a source holds, read as the request says, with all that was found on the way."""
    opened = open_sheet(source, sheet=sheet, likely=lambda head: _may_be_history(head, request))
    findings = Findings(name=opened.name, strict=request.strict)
    cells = one_row_an_interval(opened, findings)
    found = match_columns(cells, request.columns)
    by_contact = is_contact_by_contact(found)
    _note_columns(cells, found, by_contact, findings)
    cells = dates_carried_down(without_stray_rows(cells, found, findings), found, findings)
    if not len(cells.cells):
        raise DataError(f"{cells.name} has no rows under its header.", table=cells.name)
    when = read_when(cells, found, request, findings)
    contacts = read_contacts(when, found, request, findings) if by_contact else None
    history = check(_intervals(when, found, contacts, request, findings), HISTORY)
    note_part_weeks(history, request.calendar, findings)
    idle = _idle_roles(found, by_contact)
    return Reading(
        history=history,
        report=findings.table(),
        source=cells.name,
        contacts=None if contacts is None else check(contacts.drop(columns="row"), CONTACTS),
        doubts=tuple(findings.doubts),
        columns={role: name for role, name in found.names.items() if role not in idle},
        months="hijri" if when.lunar else "solar-hijri" if when.solar else "gregorian",
        order=findings.order,
        sheet=opened.title,
        changes=tuple(findings.changes),
        file_rows=len(opened.above) + len(opened.cells),
        read_rows=findings.read_rows,
        outside_hours=findings.outside_hours,
    )


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
        opened = only_open_contacts(contacts, width, when, request, findings)
        table = bin_contacts(opened, width, request.within)
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
    findings.above(sheet)
    idle = _idle_roles(found, by_contact)
    findings.note(
        "read", "columns " + ", ".join(f"'{name}' as {role}" for role, name in found.names.items() if role not in idle)
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
