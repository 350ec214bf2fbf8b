"""What came out of a file: the history, what was read, repaired, refused and counted, and the contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import pandas as pd

from .changes import Change, table_of
from .findings import KINDS

_SHOWN, _FEW = 12, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A history with the report on how it was read.

    Attributes
    ----------
    history : table         queue, start, end, offered, ...
    report : table          One row a finding: kind (read, repaired, refused, counted), what, rows, first_row (as in
                            the file, header = 1; position from 0 in a DataFrame), example.
    contacts : table        queue, arrival, wait, outcome, handle; None where the file has intervals.
    source : str            Name of the file.
    doubts : tuple of str   The findings that a planner should know before using the history.
    columns : mapping       Table column -> column of the file that it was read from.
    months : str            Reckoning of the file's dates: gregorian, solar-hijri or hijri.
    order : str             dmy or mdy, where the column of dates told it.
    sheet : str             Sheet of the workbook.
    changes : tuple         What `rows` is made from.
    file_rows : int         Rows of the file, its header not counted.
    read_rows : int         Rows that are in the history.
    outside_hours : float   Contacts left out because they came outside the opening hours.
    """

    history: pd.DataFrame
    report: pd.DataFrame
    contacts: pd.DataFrame | None = None
    source: str = "the table"
    doubts: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    months: str = "gregorian"
    order: str = ""
    sheet: str = ""
    changes: tuple[Change, ...] = ()
    file_rows: int = 0
    read_rows: int = 0
    outside_hours: float = 0.0

    @property
    def rows(self) -> pd.DataFrame:
        """Every cell and row that was not read as it stands: file, sheet, row, column, kind, value, read, why.

        `row` is the number in the file as a spreadsheet shows it. `read` is what was read instead: `refused` for a
        row that is not in the history, `no data` for a cell that says nothing. `kind` is read (taken in another
        sense), repaired, refused (faulty) or counted (left out on purpose).

        >>> from wfm.history import inspect_history
        >>> file = pd.DataFrame({"start": ["2026-11-21 08:00", "21.11.2026 09:00", "Total"], "calls": ["۷", 1, 8]})
        >>> inspect_history(file).rows[["row", "column", "value", "read", "why"]].values.tolist()
        [[0, 'calls', '۷', '7', 'Persian or Arabic digits'],
         [1, 'start', '21.11.2026 09:00', '2026-11-21 09:00', 'day first'],
         [2, '', 'Total, 8', 'refused', 'total rows left out']]
        """
        return table_of(self.changes, file=self.source, sheet=self.sheet)

    def summary(self) -> str:
        """The findings as text, one a line."""
        return "\n".join([self._headline(), *findings_of(self.report), self.tally()])

    def tally(self) -> str:
        """How many rows the file has, how many were read, and how many cells not as they stand."""
        cells = sum(len(change.rows) for change in self.changes if not isinstance(change.column, str) or change.column)
        return (
            f"rows: {self.file_rows} in {self.source}, {self.read_rows} read, {self.file_rows - self.read_rows} left "
            f"out or refused; {cells} entries not read as they stand"
        )

    def _headline(self) -> str:
        table = self.history
        if table.empty:
            return f"{self.source}: no intervals"
        nothing = int(table["offered"].isna().sum())
        return (
            f"{self.source}: {len(table)} intervals of {table['queue'].nunique()} queue(s), "
            f"{table['start'].iloc[0]:%Y-%m-%d %H:%M} to {table['end'].max():%Y-%m-%d %H:%M}, "
            f"{table['offered'].sum():,.0f} contacts" + (f", {nothing} intervals without data" if nothing else "")
        )

    def __repr__(self) -> str:
        """One line."""
        return f"Reading({self._headline()}, {len(self.report)} findings)"

    def _repr_html_(self) -> str:
        """The headline, the findings and the first rows, escaped."""
        shown = self.report.head(_SHOWN).astype(object).where(self.report.head(_SHOWN).notna(), "")
        shown = shown.assign(
            what=shown["what"].astype(str).str.slice(0, 200), example=shown["example"].astype(str).str.slice(0, 60)
        )
        more = f"<p>and {len(self.report) - _SHOWN} more findings</p>" if len(self.report) > _SHOWN else ""
        rows = self.rows[["row", "column", "value", "read", "why"]]
        few = rows.head(_FEW).map(lambda cell: str(cell)[:60])
        changed = f"<p>{escape(self.tally())}</p>{few.to_html(index=False, border=0) if len(few) else ''}"
        return (
            f"<p><b dir='auto'>{escape(self._headline())}</b></p>{shown.to_html(index=False, border=0)}{more}{changed}"
            f"{self.history.head(5).to_html(index=False, border=0)}"
        )


def findings_of(report: pd.DataFrame) -> list[str]:
    """The findings of a report in words, by kind: what, how many rows, the first of them, an example.

    >>> report = pd.DataFrame({"kind": ["read"], "what": ["separator"], "rows": [0], "first_row": [None],
    ...                        "example": [";"]})
    >>> findings_of(report)
    ['read: separator (e.g. ;)']
    """
    return [f"{kind}: {_line(row)}" for kind in KINDS for row in report[report["kind"] == kind].to_dict("records")]


def _line(row: dict[object, object]) -> str:
    first, example = row["first_row"], row["example"]
    place = [f"{row['rows']} rows"] if row["rows"] else []
    place += [f"first: row {first}"] if not pd.isna(first) else []  # type: ignore[call-overload]
    place += [f"e.g. {example}"] if example else []
    return str(row["what"]) + (f" ({', '.join(place)})" if place else "")
