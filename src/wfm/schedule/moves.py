"""Steps between the states of consecutive days, as index arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Move:
    """Work of one class of patterns on one day, as index arrays."""

    source: Ints  # into the last axis of [running minimum, V]
    pattern: Ints
    extra: Floats
    columns: Ints | None  # where equal destinations begin; None = all differ
    target: Ints  # destination on the flattened (band, rested) axis
    rows: Ints
    row_cost: Floats
    row_starts: Ints | None
    row_target: Ints


@dataclass(frozen=True, slots=True)
class Rows:
    """Which states lead where: rows in order of their target."""

    rows: Ints
    cost: Floats
    starts: Ints | None
    target: Ints


def sources(rows: Ints, cost: Floats, starts: Ints | None, target: Ints, row: int) -> tuple[Ints, Floats] | None:
    """The states that lead to state `row`, with the costs of their steps."""
    at = int(np.searchsorted(target, row))
    if at >= len(target) or target[at] != row:
        return None
    if starts is None:
        return rows[at : at + 1], cost[at : at + 1]
    last = starts[at + 1] if at + 1 < len(starts) else len(rows)
    return rows[starts[at] : last], cost[starts[at] : last]


def entries(move: Move, cell: int) -> tuple[int, int] | None:
    """First and last + 1 of the entries of a move that lead to a cell."""
    at = int(np.searchsorted(move.target, cell))
    if at >= len(move.target) or move.target[at] != cell:
        return None
    if move.columns is None:
        return at, at + 1
    last = move.columns[at + 1] if at + 1 < len(move.columns) else len(move.pattern)
    return int(move.columns[at]), int(last)
