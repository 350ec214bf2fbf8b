"""What came out of a file: the history, what was read, repaired, refused and counted, and the contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import pandas as pd

from .findings import KINDS

_SHOWN = 12


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
    months : str            Reckoning of the file's dates: gregorian or solar-hijri.
    """

    history: pd.DataFrame
    report: pd.DataFrame
    contacts: pd.DataFrame | None = None
    source: str = "the table"
    doubts: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    months: str = "gregorian"

    def summary(self) -> str:
        """The findings as text, one a line."""
        lines = [self._headline()]
        for kind in KINDS:
            lines += [f"{kind}: {_line(row)}" for row in self.report[self.report["kind"] == kind].to_dict("records")]
        return "\n".join(lines)

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
        return (
            f"<p><b dir='auto'>{escape(self._headline())}</b></p>{shown.to_html(index=False, border=0)}{more}"
            f"{self.history.head(5).to_html(index=False, border=0)}"
        )


def _line(row: dict[object, object]) -> str:
    first, example = row["first_row"], row["example"]
    place = [f"{row['rows']} rows"] if row["rows"] else []
    place += [f"first: row {first}"] if not pd.isna(first) else []  # type: ignore[call-overload]
    place += [f"e.g. {example}"] if example else []
    return str(row["what"]) + (f" ({', '.join(place)})" if place else "")
