"""Which rows of a file are data: totals, repeated headers and empty rows are set aside."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from .cells import clean, is_empty
from .findings import Findings
from .names import Columns
from .sheets import Sheet

_TOTAL = re.compile(
    r"^(grand[ -]?|sub[ -]?)?(totals?|sum|summe|gesamt\w*|insgesamt|average|avg|mean|durchschnitt|"
    r"mittelwert|جمع|مجموع|میانگین)\b",
    re.IGNORECASE,
)
_WHEN = ("start", "date", "time", "arrival", "agent")


def without_stray_rows(sheet: Sheet, columns: Columns, findings: Findings) -> Sheet:
    """The sheet without total rows, repeated headers and empty rows; each kind is written down."""
    stray = np.zeros(len(sheet.cells), dtype=bool)
    first = str(sheet.cells.columns[0])
    for name in dict.fromkeys([*(columns.names[role] for role in _WHEN if role in columns), first]):
        stray |= _says(sheet.cells[name], lambda text: bool(_TOTAL.match(text)))
    if "queue" in columns:
        in_queue = _says(sheet.cells[columns.names["queue"]], lambda text: bool(_TOTAL.fullmatch(text)))
        if not in_queue.all():  # a queue may be called Total when it is the only one
            stray |= in_queue
    findings.stray("total rows left out", sheet, stray, example=first)
    repeated = np.zeros(len(sheet.cells), dtype=bool)
    for role in _WHEN:
        if role in columns:
            name = columns.names[role]
            repeated |= _says(sheet.cells[name], name.__eq__)
    findings.stray("repeated header rows left out", sheet, repeated & ~stray, example=first)
    blank = _blank(sheet, columns)
    findings.stray("empty rows left out", sheet, blank & ~stray & ~repeated)
    return sheet.take(~(stray | repeated | blank))


def dates_carried_down(sheet: Sheet, columns: Columns, findings: Findings) -> Sheet:
    """Dates of merged cells, written in the first row of a day only, carried down to the rows below."""
    if "date" not in columns or "time" not in columns:
        return sheet
    name = columns.names["date"]
    empty = is_empty(sheet.cells[name]) & ~is_empty(sheet.cells[columns.names["time"]])
    if not empty.any() or empty[0]:
        return sheet
    carried = sheet.cells[name].astype(object).where(~empty).ffill()
    what = "empty dates taken from the row above"
    findings.mark("repaired", what, sheet, empty, column=name, read=carried.to_numpy())
    return replace(sheet, cells=sheet.cells.assign(**{name: carried}))


def _says(cells: pd.Series, test: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
    """Which cells hold a text that passes; texts that begin with a digit cost nothing."""
    if cells.dtype.kind in "Mmifub":
        return np.zeros(len(cells), dtype=bool)
    codes, different = pd.factorize(cells.astype(object), use_na_sentinel=True)
    passed = [isinstance(cell, str) and not cell[:1].isdigit() and test(clean(cell)) for cell in different]
    return np.array([*passed, False], dtype=bool)[codes]


def _blank(sheet: Sheet, columns: Columns) -> npt.NDArray[np.bool_]:
    """Rows in which every column that is read says nothing; every column, where none is known."""
    blank = np.ones(len(sheet.cells), dtype=bool)
    for name in columns.names.values() or sheet.cells.columns:
        cells = sheet.cells[name]
        if not blank.any():
            break
        blank &= np.asarray(cells.isna()) | np.asarray(cells.astype(object) == "", dtype=bool) | is_empty(cells)
    return blank
