"""Rest between shifts and the band of a week's starts, as the solver keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.durations import DAY

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Hard rest, and a longer one whose missing hours cost `weight` each [s]."""

    hard: float = 0.0
    soft: float = 0.0
    weight: float = 0.0

    @property
    def longest(self) -> float:
        """The rest after which nothing more is asked."""
        return max(self.hard, self.soft)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Starts of a week lie within `width` seconds of each other; soft = each hour outside costs `weight`."""

    width: float
    hard: bool = True
    weight: float = 0.0


def bands_of(starts: Floats, band: Band | None, before: Sequence[float] = ()) -> list[tuple[float, Ints]]:
    """(first moment, patterns) of every band that a week may choose; bands inside another one are left out.

    >>> [(a, list(map(int, m))) for a, m in bands_of(np.array([0.0, 3600.0, 7200.0]), Band(width=3600.0))]
    [(0.0, [0, 1]), (3600.0, [1, 2])]
    """
    everything = np.arange(len(starts))
    if band is None or band.width >= DAY:
        return [(0.0, everything)]
    anchors = np.unique(np.concatenate([starts, np.asarray(before, dtype=float)]))
    if not band.hard:
        # A best soft band begins or ends with a start.
        return [(float(first), everything) for first in np.unique(np.r_[anchors, (anchors - band.width) % DAY])]
    found = [(float(first), np.flatnonzero((starts - first) % DAY <= band.width + 1e-6)) for first in anchors]
    if len(before):
        return found
    sets = [set(members.tolist()) for _, members in found]
    return [
        one for k, one in enumerate(found) if not any(sets[k] < other for other in sets) and sets[k] not in sets[:k]
    ]


def outside_band(clocks: Floats, first: float, width: float) -> Floats:
    """Seconds by which each time of day lies outside [first, first + width] on the circle of the day."""
    after = (clocks - first) % DAY
    return np.where(after <= width + 1e-6, 0.0, np.minimum(after - width, DAY - after))
