"""Who comes: rostered people who are present, drawn by person with a day effect that all of them share.

Absence is binomial by person; sickness and trouble also cluster, so the probability itself varies from day to day. The
people of one part of a day are the same in all its intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.attendance import absence_rates
from wfm.erlang.formulas.arguments import Array

_GROUPS = 400  # beyond so many people they are drawn in groups: the counts between are interpolated


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """How many of the first 0, g, 2g, ... rostered people are present, by path and part of the horizon."""

    present: npt.NDArray[np.int32]
    group: int

    def of(self, rostered: Array, parts: npt.NDArray[np.int64]) -> Array:
        """People present [paths x intervals] of so many rostered by interval (fractions: linear between)."""
        place = np.minimum(rostered / self.group, self.present.shape[2] - 1)
        low = place.astype(np.int64)
        share = place - low
        high = np.minimum(low + 1, self.present.shape[2] - 1)
        return np.asarray(self.present[:, parts, low] * (1 - share) + self.present[:, parts, high] * share)


def draw_attendance(
    most: float, unplanned: float, *, paths: int, parts: int, days: int = 0, seed: int = 0
) -> Attendance:
    """Attendance of up to `most` rostered people on every path and part of the horizon.

    Parameters
    ----------
    unplanned : float   Mean share that does not come, in [0, 1).
    parts : int         Parts of the horizon, each with its own people: a day, or three shifts a day.
    days : int          Days over which the parts spread evenly: parts of one day share its effect; 0 = one a part.

    >>> draw_attendance(20, 0.06, paths=4000, parts=1).of(np.array([20.0]), np.array([0])).mean().round(1)
    np.float64(18.8)
    """
    rng = np.random.default_rng([seed, 7])
    group = max(1, math.ceil(most / _GROUPS))
    size = math.ceil(most / group) + 1
    days = days or parts
    away = absence_rates(unplanned, days=days, paths=paths, rng=rng)
    day = np.arange(parts) * days // parts
    come = rng.binomial(group, 1 - away[:, day, None], size=(paths, parts, size - 1))
    present = np.zeros((paths, parts, size), dtype=np.int32)
    np.cumsum(come, axis=2, out=present[:, :, 1:])
    return Attendance(present=present, group=group)
