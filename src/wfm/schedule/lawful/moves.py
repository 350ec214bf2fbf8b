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
