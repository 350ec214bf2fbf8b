"""A programme of whole numbers: its columns and rows, its parts, and what follows from chosen columns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy import sparse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Shorts = npt.NDArray[np.int32]  # rows and columns of entries: half the memory
SHIFT, PLACE, SHORT, PART, SURPLUS, FLAG, TOUR, DUTY, GAIN, LACK, SESSION = range(11)
CHOSEN = (SHIFT, PLACE, TOUR, DUTY, SESSION)  # all other columns follow from these


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Minimise cost @ x + constant over low <= matrix @ x <= high, 0 <= x <= upper, x integer where `integer`.

    `kind` tells shifts, break places, slack, flags, tours and duties apart; `number` says which shift, group, slot or
    track a column is of.
    `column` is the column's place in the programme of the whole queue, of which this may be a part.
    """

    cost: Floats
    matrix: sparse.csc_array
    low: Floats
    high: Floats
    upper: Floats
    integer: Bools
    kind: Ints
    number: Ints
    column: Ints
    constant: float = 0.0

    def of_kind(self, kind: int) -> Bools:
        """Which columns are of a kind."""
        return np.asarray(self.kind == kind)

    def part(self, free: Bools, values: Floats) -> Program:
        """The programme of the free columns alone, the others held at their values; rows without a free column go."""
        columns = np.flatnonzero(free)
        matrix = self.matrix[:, columns]
        touched = np.zeros(len(self.low), dtype=bool)
        touched[matrix.indices] = True
        held = np.where(free, 0.0, values)
        given = self.matrix @ held
        return Program(
            cost=self.cost[columns],
            matrix=matrix[touched],
            low=(self.low - given)[touched],
            high=(self.high - given)[touched],
            upper=self.upper[columns],
            integer=self.integer[columns],
            kind=self.kind[columns],
            number=self.number[columns],
            column=columns,
            constant=self.constant + float(self.cost @ held),
        )

    def within(self, most: float) -> Program:
        """The programme with upper limits that all solutions at such a cost or below keep.

        Of a column that costs there is no more than all of it pays for, and of one that a row limits no more than the
        row allows if all of it goes into what opens the row, as people open places for their breaks.
        """
        few = np.isfinite(self.upper)
        if (self.cost[~few] < 0).any():
            return self
        room = max(most - self.constant - float(np.minimum(self.cost[few], 0.0) @ self.upper[few]), 0.0) + 1e-6
        upper = np.where(self.cost > 0, room / np.maximum(self.cost, 1e-12), np.inf)
        entries, rows = self.matrix.data, self.matrix.indices
        columns = np.repeat(np.arange(len(upper)), np.diff(self.matrix.indptr))
        opens, limits, opened = entries < 0, entries > 0, np.zeros(len(self.high))
        np.maximum.at(opened, rows[opens], -entries[opens] * upper[columns[opens]])
        np.minimum.at(upper, columns[limits], (self.high + opened)[rows[limits]] / entries[limits])
        people = np.maximum(np.floor(np.minimum(upper, self.upper)), 0.0)
        return replace(self, upper=np.where(self.integer, people, self.upper))

    def objective(self, values: Floats) -> float:
        """Cost of the values."""
        return float(self.cost @ values) + self.constant

    def holds(self, values: Floats) -> bool:
        """Whether the values keep every row and bound."""
        given = self.matrix @ values
        slack = 1e-6
        return bool(
            (given >= self.low - slack).all()
            and (given <= self.high + slack).all()
            and (values >= -slack).all()
            and (values <= self.upper + slack).all()
        )

    def settled(self, values: Floats) -> Floats:
        """Whole people and places, with the slack and flags that follow from them."""
        values = np.where(np.isin(self.kind, CHOSEN), np.rint(values), 0.0)
        missing = self.low - self.matrix @ values
        for kind, sign in ((PART, 1.0), (SHORT, 1.0), (SURPLUS, -1.0)):
            columns = np.flatnonzero(self.kind == kind)
            own = self.matrix[:, columns].sorted_indices()
            rows = own.indices[own.indptr[:-1]]  # the slot's own row is the first
            while len(rows):  # where a row has several, the first is filled first
                _, first = np.unique(rows, return_index=True)
                values[columns[first]] = np.clip(sign * missing[rows[first]], 0.0, self.upper[columns[first]])
                missing[rows[first]] -= sign * values[columns[first]]
                columns, rows = np.delete(columns, first), np.delete(rows, first)
        flags = np.flatnonzero(self.kind == FLAG)
        if len(flags):
            beyond = self.matrix @ values > self.high + 1e-6
            entries = self.matrix[:, flags].tocoo()
            needed = (entries.data < 0) & beyond[entries.row]
            values[flags[np.unique(entries.col[needed])]] = 1.0
        return values


@dataclass(slots=True)
class Builder:
    """Columns and entries while the programme grows; rows are closed one family at a time."""

    cost: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    integer: list[Bools] = field(default_factory=list)
    kind: list[Ints] = field(default_factory=list)
    number: list[Ints] = field(default_factory=list)
    entries: list[tuple[Shorts, Shorts, Floats]] = field(default_factory=list)
    low: list[Floats] = field(default_factory=list)
    high: list[Floats] = field(default_factory=list)
    columns: int = 0
    rows: int = 0

    def add_columns(self, kind: int, number: Any, cost: Any, *, upper: Any = np.inf, integer: bool = False) -> Ints:
        """New columns of a kind; their indices."""
        number = np.asarray(number, dtype=np.int64)
        size = len(number)
        self.number.append(number)
        self.kind.append(np.full(size, kind))
        self.cost.append(np.broadcast_to(np.asarray(cost, dtype=float), size))
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=float), size))
        self.integer.append(np.full(size, integer))
        self.columns += size
        return np.arange(self.columns - size, self.columns)

    def add_rows(self, low: Any, high: Any, size: int) -> Ints:
        """New rows; their indices."""
        self.low.append(np.broadcast_to(np.asarray(low, dtype=float), size))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=float), size))
        self.rows += size
        return np.arange(self.rows - size, self.rows)

    def put(self, rows: Any, columns: Any, values: Any) -> None:
        """Entries of the matrix."""
        rows, columns = np.asarray(rows, dtype=np.int32), np.asarray(columns, dtype=np.int32)
        self.entries.append((rows, columns, np.broadcast_to(np.asarray(values, dtype=float), rows.shape)))

    def program(self, constant: float) -> Program:
        """The programme of all columns and rows so far."""
        from scipy import sparse

        rows, columns, values = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        matrix = sparse.csc_array((values, (rows, columns)), shape=(self.rows, self.columns))
        return Program(
            cost=np.concatenate(self.cost),
            matrix=matrix,
            low=np.concatenate(self.low),
            high=np.concatenate(self.high),
            upper=np.concatenate(self.upper),
            integer=np.concatenate(self.integer),
            kind=np.concatenate(self.kind),
            number=np.concatenate(self.number),
            column=np.arange(self.columns),
            constant=constant,
        )
