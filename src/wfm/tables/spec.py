"""How a table is specified: its key, its columns, their units and what they may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm.errors import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: what kind of value it holds, its unit and its bounds.

    `kind` is text, time, number, count, flag or any; `pattern` names a family of columns (`offered_q0.1`).
    """

    name: str
    kind: str = "number"
    required: bool = False
    unit: str = ""
    low: float = -np.inf
    high: float = np.inf
    missing: bool = False
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    meaning: str = ""

    def allowed(self) -> str:
        """What the column may hold, in words."""
        if self.choices:
            return f"one of {listed(self.choices, most=10)}"
        if self.kind == "text":
            return "a text that is not empty"
        if self.kind == "time":
            return "a date and time such as 2026-11-21 08:00"
        if self.kind == "flag":
            return "True or False"
        left = "(-inf" if np.isinf(self.low) else f"[{self.low:g}"
        right = "inf)" if np.isinf(self.high) else f"{self.high:g}]"
        whole = "a whole number" if self.kind == "count" else "a number"
        return f"{whole} in {left}, {right}" + (f" {self.unit}" if self.unit else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A table: its name, the columns that identify a row, and all its columns.

    `unique` is off where a key may repeat (one row a contact, one row an activity). A table with `start` and `end` has
    its `end` checked to lie after `start`; `overlap` says that rows of one key group may not overlap in time.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    unique: bool = True
    no_overlap: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """The specification of a column, families by pattern included."""
        for column in self.columns:
            if column.name == name or (column.pattern and re.fullmatch(column.pattern, name)):
                return column
        return None

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)


def empty(spec: Spec) -> pd.DataFrame:
    """A table without rows, with the required columns of its specification.

    >>> from wfm.tables import LOCKS
    >>> empty(LOCKS).columns.tolist()
    ['agent', 'start', 'type']
    """
    dtypes = {"time": "datetime64[ns]", "number": "float64", "count": "int64", "flag": "bool"}
    return pd.DataFrame({c.name: np.empty(0, dtypes.get(c.kind, "object")) for c in spec.columns if c.required})


def describe(spec: Spec) -> pd.DataFrame:
    """The specification as a table: column, kind, required, allowed, meaning."""
    rows = [(c.name, c.kind, c.required, c.allowed(), c.meaning) for c in spec.columns]
    return pd.DataFrame(rows, columns=["column", "kind", "required", "allowed", "meaning"])
