"""What the reader found: one line per finding, with the first row and an example."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, listed

from .sheets import Sheet

KINDS = ("read", "repaired", "refused", "counted")


@dataclass(slots=True, kw_only=True)
class Findings:
    """Collects findings; `strict` turns a faulty cell into an error instead of a refused row."""

    name: str
    strict: bool = True
    lines: list[tuple[str, str, int, int | None, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def note(
        self,
        kind: str,
        what: str,
        *,
        rows: int = 0,
        first: int | None = None,
        example: object = "",
        doubt: bool = False,
    ) -> None:
        """Write down a finding; `doubt` also makes it part of the warning."""
        self.lines.append((kind, what, int(rows), first, "" if example is None else str(example)))
        if doubt:
            self.doubts.append(f"{what} ({rows} rows)" if rows else what)

    def mark(
        self,
        kind: str,
        what: str,
        sheet: Sheet,
        at: npt.NDArray[np.bool_],
        *,
        column: str | None = None,
        doubt: bool = False,
    ) -> None:
        """Write down the rows of the sheet where `at` is true; nothing where there are none."""
        found = np.flatnonzero(at)
        if len(found):
            cell = sheet.cells[column].iloc[found[0]] if column is not None else ""
            self.note(kind, what, rows=len(found), first=sheet.row(int(found[0])), example=cell, doubt=doubt)

    def fault(
        self,
        sheet: Sheet,
        bad: npt.NDArray[np.bool_],
        *,
        column: str,
        role: str,
        allowed: str,
        todo: str = 'Correct these rows, or read with faulty="refuse" to go on without them.',
    ) -> None:
        """Refuse faulty cells: an error that names the rows, or a line of the report."""
        found = np.flatnonzero(bad)
        if not len(found):
            return
        if not self.strict:
            self.mark("refused", f"{column!r} must be {allowed}", sheet, bad, column=column, doubt=True)
            return
        raise fault(sheet, found, column=column, role=role, allowed=allowed, todo=todo)

    def table(self) -> pd.DataFrame:
        """The findings as a table: kind, what, rows, first_row, example."""
        table = pd.DataFrame(self.lines, columns=["kind", "what", "rows", "first_row", "example"])
        return table.astype({"first_row": "Int64", "kind": object, "what": object, "example": object})


def fault(
    sheet: Sheet,
    found: npt.NDArray[np.int64],
    *,
    column: str,
    role: str,
    allowed: str,
    todo: str = "Correct these rows.",
) -> DataError:
    """The error for faulty cells of a column: file, row numbers as in the file, value, what is allowed."""
    cell = sheet.cells[column].iloc[found[0]]
    value = repr(cell) if isinstance(cell, str) else str(cell)
    rows = [sheet.row(int(k)) for k in found]
    more = f" (and row {listed(rows[1:])})" if len(rows) > 1 else ""
    return DataError(
        f"{sheet.name}: {column!r} must be {allowed}, got {value} in row {rows[0]}{more}. {todo}",
        table=sheet.name,
        column=role,
        rows=sheet.positions[found].tolist(),
    )
