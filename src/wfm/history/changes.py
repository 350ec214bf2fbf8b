"""What was read as something else than it says: each cell and each row, with what was read instead and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

REFUSED, NO_DATA = "refused", "no data"
COLUMNS = ("file", "sheet", "row", "column", "kind", "value", "read", "why")

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Cells of one column, or whole rows, that were not read as they stand.

    Attributes
    ----------
    kind : str          read (taken in another sense), repaired, refused (faulty) or counted (left out on purpose).
    column : str or array   Column of the file; empty for whole rows.
    rows : array        Number of each row in the file.
    values : array      What stands there.
    read : array or str What was read instead: `refused` for a row that is not in the history, `no data` for a cell.
    why : array or str
    """

    kind: str
    column: Texts | str
    rows: npt.NDArray[np.int64]
    values: npt.NDArray[Any]
    read: npt.NDArray[Any] | str
    why: Texts | str


def table_of(changes: Iterable[Change], *, file: str, sheet: str) -> pd.DataFrame:
    """file, sheet, row, column, kind, value, read, why: all as text but the row, sorted by row.

    >>> one = Change(kind="read", column="Calls", rows=np.array([2]), values=np.array(["۱۲"]), read=np.array([12.0]),
    ...              why="Persian or Arabic digits")
    >>> table_of([one], file="calls.csv", sheet="").values.tolist()
    [['calls.csv', '', 2, 'Calls', 'read', '۱۲', '12', 'Persian or Arabic digits']]
    """
    parts = [
        {
            "row": change.rows,
            "column": _for_each(change.column, change.rows),
            "kind": _for_each(change.kind, change.rows),
            "value": as_text(change.values),
            "read": _for_each(change.read, change.rows),
            "why": _for_each(change.why, change.rows),
        }
        for change in changes
    ]
    columns = {
        name: np.concatenate([part[name] for part in parts]) if parts else np.empty(0, dtype=object)
        for name in COLUMNS[2:]
    }
    columns["row"] = columns["row"].astype(np.int64)
    order = np.argsort(columns["row"], kind="stable")
    table = pd.DataFrame({name: values[order] for name, values in columns.items()})
    table.insert(0, "file", file)
    table.insert(1, "sheet", sheet)
    return table


def as_text(values: npt.NDArray[Any]) -> Texts:
    """Cells as text: moments to the minute or second, numbers without needless digits, nothing for empty cells."""
    if values.dtype.kind == "M":
        whole = values.astype("datetime64[m]") == values
        written = np.datetime_as_string(values, unit="m" if (whole | np.isnat(values)).all() else "s").astype(object)
        return np.asarray(pd.Series(written, dtype=object).str.replace("T", " "), dtype=object)
    codes, different = pd.factorize(values, use_na_sentinel=True)
    texts = np.empty(len(different) + 1, dtype=object)
    texts[:-1] = [_text(cell) for cell in different]
    texts[-1] = ""
    return np.asarray(texts[codes], dtype=object)


def as_read(values: npt.NDArray[np.float64], *, unit: str = "") -> Texts:
    """Numbers as they were read; where there is none, `no data`.

    >>> as_read(np.array([12.0, np.nan]), unit="s").tolist()
    ['12 s', 'no data']
    """
    texts = as_text(values)
    return np.where(np.isnan(values), NO_DATA, texts + f" {unit}" if unit else texts).astype(object)


def joined(*levels: Texts) -> Texts:
    """The reasons of several kinds for each row as one text; rows without any have none.

    >>> joined(np.array(["a", "", ""], dtype=object), np.array(["b", "b", ""], dtype=object)).tolist()
    ['a; b', 'b', '']
    """
    code = np.zeros(len(levels[0]), dtype=np.int64)
    known: list[Texts] = []
    for level in levels:
        codes, different = pd.factorize(level)
        code = code * max(len(different), 1) + codes
        known.append(different)
    combined, place = np.unique(code, return_inverse=True)
    texts = np.empty(len(combined), dtype=object)
    for k, number in enumerate(combined.tolist()):
        said = []
        for different in reversed(known):
            number, here = divmod(number, max(len(different), 1))
            said.append(str(different[here]))
        texts[k] = "; ".join(dict.fromkeys(text for text in reversed(said) if text))
    return np.asarray(texts[place], dtype=object)


def where(at: npt.NDArray[np.bool_], reason: str) -> Texts:
    """The reason in the rows where it holds."""
    texts = np.full(len(at), "", dtype=object)
    texts[at] = reason
    return texts


def _for_each(told: npt.NDArray[Any] | str, rows: npt.NDArray[np.int64]) -> Texts:
    """One text a row."""
    return np.full(len(rows), told, dtype=object) if isinstance(told, str) else as_text(told)


def _text(cell: object) -> str:
    if isinstance(cell, (float, np.floating)):
        return f"{cell:.10g}"
    return str(cell)
