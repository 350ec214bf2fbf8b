"""What the reader found: one line per finding, with the first row and an example, and every cell it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, listed

from .cells import AS_TEXT
from .changes import NO_DATA, REFUSED, Change, Texts
from .sheets import Sheet

KINDS = ("read", "repaired", "refused", "counted")


@dataclass(slots=True, kw_only=True)
class Findings:
    """Collects findings; `strict` turns a faulty cell into an error instead of a refused row."""

    name: str
    strict: bool = True
    lines: list[tuple[str, str, int, int | None, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    order: str = ""
    read_rows: int = 0
    outside_hours: float = 0.0

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
        read: npt.NDArray[Any] | str | None = None,
    ) -> None:
        """Write down the rows of the sheet where `at` is true; nothing where there are none.

        `read` says what was read in their place, by row of the sheet; None = they were read as they stand.
        """
        found = np.flatnonzero(at)
        if len(found):
            cell = sheet.cells[column].iloc[found[0]] if column is not None else ""
            self.note(kind, what, rows=len(found), first=sheet.row(int(found[0])), example=cell, doubt=doubt)
            if read is not None:
                self.change(kind, sheet, at, column=column or "", read=read, why=what)

    def change(
        self,
        kind: str,
        sheet: Sheet,
        at: npt.NDArray[np.bool_],
        *,
        column: str,
        read: npt.NDArray[Any] | str,
        why: Texts | str,
        values: npt.NDArray[Any] | None = None,
    ) -> None:
        """Keep the cells of a column where `at` is true; arrays have an element for each row of the sheet.

        `values` are what stands there, where it is not the cell of the column.
        """
        if not at.any():
            return
        if values is not None:
            stood = values[at]
        else:
            stood = sheet.cells[column].to_numpy()[at] if column else _lines(sheet, at)
        self.changes.append(
            Change(
                kind=kind,
                column=column if sheet.across is None or not column else sheet.across[at],
                rows=sheet.positions[at] + sheet.first_row,
                values=stood,
                read=read if isinstance(read, str) else read[at],
                why=why if isinstance(why, str) else why[at],
            )
        )

    def stray(self, what: str, sheet: Sheet, at: npt.NDArray[np.bool_], *, example: str | None = None) -> None:
        """Write down whole rows that are no data; `example` is the column to show."""
        self.mark("repaired", what, sheet, at, column=example)
        self.change("repaired", sheet, at, column="", read=REFUSED, why=what)

    def above(self, sheet: Sheet) -> None:
        """Keep the lines above the header."""
        if sheet.above:
            rows, lines = np.arange(1, len(sheet.above) + 1), np.array(sheet.above, dtype=object)
            self.changes.append(
                Change(kind="read", column="", rows=rows, values=lines, read=REFUSED, why="line above the header")
            )

    def reinterpreted(
        self, sheet: Sheet, *, column: str, read: npt.NDArray[Any], why: Texts, but: npt.NDArray[np.bool_]
    ) -> None:
        """Keep the cells of a column for which there is a reason, but for those that are told elsewhere."""
        if not sheet.typed:
            why = np.where(why == AS_TEXT, "", why)
        self.change("read", sheet, (why != "") & ~but, column=column, read=read, why=why)

    def fault(
        self,
        sheet: Sheet,
        bad: npt.NDArray[np.bool_],
        *,
        column: str,
        role: str,
        allowed: str,
        todo: str = 'Correct these rows, or read with faulty="refuse" to go on without them (in a week\'s file: '
        "`faulty: refuse` beside `history`).",
        whole: bool = False,
    ) -> None:
        """Refuse faulty cells, or their whole rows: an error that names the rows, or a line of the report."""
        found = np.flatnonzero(bad)
        if not len(found):
            return
        if not self.strict:
            what = f"{column!r} must be {allowed}"
            self.mark("refused", what, sheet, bad, column=column, doubt=True, read=REFUSED if whole else NO_DATA)
            return
        raise fault(sheet, found, column=column, role=role, allowed=allowed, todo=todo)

    def table(self) -> pd.DataFrame:
        """The findings as a table: kind, what, rows, first_row, example."""
        table = pd.DataFrame(self.lines, columns=["kind", "what", "rows", "first_row", "example"])
        return table.astype({"first_row": "Int64", "kind": object, "what": object, "example": object})


def _lines(sheet: Sheet, at: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    """Whole rows as they stand, their filled cells one after another."""
    lines = [", ".join(str(cell) for cell in row if not _empty(cell)) for row in sheet.cells[at].to_numpy(dtype=object)]
    return np.array([*lines, None], dtype=object)[:-1]


def _empty(cell: object) -> bool:
    return cell is None or cell == "" or cell != cell


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
