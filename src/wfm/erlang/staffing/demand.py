"""What the staffing of one queue works on: its intervals as arrays, and the law that turns agents into service."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.law import Law
from wfm.erlang.formulas.search import by_bisection
from wfm.erlang.formulas.steady import measures, over_in
from wfm.queues import Shrinkage
from wfm.target import ServiceTarget

_PARTS_A_DAY = 3  # people work about eight hours: each part of a day has its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One queue: intervals in order of time, loads in erlangs, hours per agent and interval, scopes numbered from 0."""

    queue: str
    starts: pd.DatetimeIndex
    hours: Array
    offered: Array
    aht: Array
    load: Array
    minimum: Array
    scope: npt.NDArray[np.int64]
    target: ServiceTarget
    law: Law
    shrinkage: Shrinkage

    @property
    def scopes(self) -> int:
        """Number of days or weeks whose promise stands by itself."""
        return int(self.scope.max()) + 1 if len(self.scope) else 0

    def by_scope(self, values: Array) -> Array:
        """Sum by scope."""
        return np.bincount(self.scope, weights=values, minlength=self.scopes).astype(float)

    def parts(self) -> tuple[npt.NDArray[np.int64], int, int]:
        """For each interval the part of the horizon whose people serve it; the number of parts and of days."""
        day = (self.starts.normalize() - self.starts[0].normalize()).days.to_numpy().astype(np.int64)
        third = (self.starts.hour.to_numpy() * _PARTS_A_DAY // 24).astype(np.int64)
        days = int(day.max()) + 1
        return day * _PARTS_A_DAY + third, days * _PARTS_A_DAY, days

    def fewest(self, target: ServiceTarget, *, share: float, least: bool = False) -> Array:
        """Fewest agents with which each interval by itself reaches `share` and, unless `least`, every other target."""

        def holds(n: Array, a: Array, aht: Array) -> npt.NDArray[np.bool_]:
            found = measures(n, a, aht, self.law, waits=target.max_asa is not None and not least)
            good = found["service_level"] >= share
            if not least and target.max_abandon is not None:
                good &= found["abandon_rate"] <= target.max_abandon
            if not least and target.max_asa is not None:
                good &= found["asa"] <= target.max_asa
            if not least and target.wait_quantile is not None:
                good &= over_in(target.wait_quantile[1], n, a, aht, self.law) >= target.wait_quantile[0]
            if target.max_occupancy is not None:
                good &= (found["occupancy"] <= target.max_occupancy) & (found["service_level"] > 0)
            return np.asarray(good)

        return np.maximum(by_bisection(holds, self.load, [self.aht]), np.ceil(self.minimum))


def number_scopes(starts: pd.DatetimeIndex, scope: str) -> npt.NDArray[np.int64]:
    """Number of the interval, day or week of every start; weeks are seven days from the first start's date."""
    if scope == "interval":
        return np.arange(len(starts))
    days = (starts.normalize() - starts[0].normalize()).days.to_numpy().astype(np.int64)
    found = days if scope == "day" else days // 7
    return np.unique(found, return_inverse=True)[1].astype(np.int64)
