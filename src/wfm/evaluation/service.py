"""Service by path and interval, and how it adds up to days and weeks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.erlang import ServiceTable
from wfm.errors import DataError
from wfm.queues import Queue
from wfm.tables import FORECAST, PATHS, check, with_end
from wfm.target import ServiceTarget

Floats = npt.NDArray[np.float64]
FEW_CONTACTS = 5.0  # the floor binds only where so many contacts are expected
HANG_UP_SLACK = 0.001  # the stationary formulas and the sample of paths are no finer
DEFERRED_SHARE = 0.95  # of deferred work is promised by its deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Contacts of one queue: rate and AHT on every path and interval."""

    queue: str
    intervals: pd.DataFrame
    rate: Floats
    aht: Floats
    capacity: Floats | float = 1.0

    @property
    def width(self) -> Floats:
        """Width of each interval [s]."""
        spans = self.intervals["end"] - self.intervals["start"]
        return np.asarray(spans.dt.total_seconds(), dtype=float)

    @property
    def load(self) -> Floats:
        """Offered load by path and interval [erlangs]."""
        return self.rate * self.aht / self.width

    def only(self, paths: npt.NDArray[np.int64]) -> Demand:
        """The same demand on some of its paths."""
        return replace(self, rate=self.rate[paths], aht=self.aht[paths])

    def with_capacity(self, share: Floats) -> Demand:
        """The same demand while only a share of the agents can work."""
        return replace(self, capacity=share)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLaw:
    """What other numbers of people would give: those who come and the load [paths x intervals], and how they serve.

    `load` holds what each interval takes over from the one before; `carry` finds it for other people.
    """

    agents: Floats
    load: Floats
    table: ServiceTable
    carry: Callable[[Floats], Floats]

    def service_level(self, agents: Floats, load: Floats) -> Floats:
        """Service level of so many people at a load."""
        return np.asarray(self.table.service_level(np.maximum(agents, 0.0), load), dtype=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the contacts of one queue get, by path and interval [paths x intervals].

    `met` and `abandoned` are shares of the offered; `base` is the share of the offered that the target's definition
    counts. `rostered` and `expected` are agents by interval. `law` turns people and load of a path into service.
    """

    queue: Queue
    demand: Demand
    service_level: Floats
    base: Floats
    abandon_rate: Floats
    asa: Floats
    occupancy: Floats
    rostered: Floats
    expected: Floats
    method: str
    tail: tuple[Floats, Floats] | None = None
    law: PathLaw | None = None

    @property
    def weight(self) -> Floats:
        """Contacts that the service level is a share of."""
        return self.demand.rate * self.base

    @property
    def target(self) -> ServiceTarget | None:
        """The queue's promise."""
        return self.queue.target

    @property
    def scope(self) -> str:
        """The scope over which the queue's promise is counted."""
        return self.target.scope if self.target is not None else "week"

    def days(self, scope: str) -> npt.NDArray[np.int64]:
        """Number of the scope instance of every interval; a closed day between two others has none."""
        start = self.demand.intervals["start"].to_numpy()
        if scope == "interval":
            return np.arange(len(start))
        date = start.astype("datetime64[D]")
        day = (date - date[0]).astype(np.int64)
        return np.unique(day if scope == "day" else day // 7, return_inverse=True)[1].astype(np.int64)

    def level(self, scope: str) -> Floats:
        """Service level by path and scope instance, weighted by contacts [paths x instances]."""
        met, offered = self._sums(self.weight * self.service_level, scope), self._sums(self.weight, scope)
        return _ratio(met, offered, empty=1.0)

    def reached(self, scope: str) -> npt.NDArray[np.bool_]:
        """Whether the share is reached, by path and scope instance."""
        share = DEFERRED_SHARE if self.target is None else self.target.share - 1e-9
        return self.level(scope) >= share

    def chance(self, scope: str) -> Floats:
        """Chance that the promise is kept, by scope instance.

        It is that of the share; where an interval, judged by itself, keeps the floor less often, it is that interval's.
        """
        chance = self.reached(scope).mean(axis=0)
        floor = 1 - self.breaches().to_numpy(dtype=float)
        if scope == "interval":
            return np.asarray(np.minimum(chance, floor))
        return np.asarray(np.minimum(chance, np.minimum.reduceat(floor, self._edges(scope))))

    def breaches(self) -> pd.Series:
        """Share of the paths on which each interval falls below the floor, by start."""
        least = 0.0 if self.target is None else self.target.least
        below = (self.service_level < least - 1e-9) & (self.demand.rate.mean(axis=0) >= FEW_CONTACTS)
        return pd.Series(below.mean(axis=0), index=pd.DatetimeIndex(self.demand.intervals["start"]))

    def overall(self) -> Floats:
        """Service level of the whole horizon by path."""
        offered = self.weight.sum(axis=1)
        met = (self.weight * self.service_level).sum(axis=1)
        return _ratio(met, offered, empty=1.0)

    def by_interval(self) -> pd.DataFrame:
        """The coverage table of this queue, expectations over the paths."""
        rate = self.demand.rate
        return self.demand.intervals[["queue", "start", "end"]].assign(
            required=np.nan,
            rostered=self.rostered,
            expected=self.expected,
            gap=np.nan,
            offered=rate.mean(axis=0),
            service_level=_mean(self.service_level, self.weight),
            abandon_rate=_mean(self.abandon_rate, rate),
            asa=self.asa,
            occupancy=self.occupancy,
        )

    def by_scope(self, scope: str) -> pd.DataFrame:
        """The promise table of this queue for one scope, expectations over the paths."""
        instance = self.days(scope)
        offered = self._sums(self.demand.rate, scope)
        lost = self._sums(self.demand.rate * self.abandon_rate, scope)
        counted, met = self._sums(self.weight, scope), self._sums(self.weight * self.service_level, scope)
        first = np.flatnonzero(np.r_[True, np.diff(instance) > 0])
        start, end = (self.demand.intervals[name].to_numpy() for name in ("start", "end"))
        probability = self.chance(scope)
        level = _ratio(met.sum(axis=0), counted.sum(axis=0), empty=1.0)
        abandoned = _ratio(lost.sum(axis=0), offered.sum(axis=0), empty=0.0)
        return pd.DataFrame(
            {
                "queue": self.queue.name,
                "scope": scope,
                "start": start[first],
                "end": end[np.r_[first[1:], len(end)] - 1],
                "service_level": level,
                "abandon_rate": abandoned,
                "longest_wait": self._longest(instance),
                "probability": probability,
                "offered": offered.mean(axis=0),
                "kept": self._verdict(probability, level, abandoned) if scope == self.scope else None,
                "method": self.method,
            }
        )

    def wait_quantile(self, share: float) -> float:
        """Wait that so many of all contacts stay below [s]; NaN where waits are not known."""
        if self.tail is None:
            return float("nan")
        waits, beyond = self.tail
        weight = self.demand.rate.mean(axis=0)
        late = (beyond * weight).sum(axis=1) / max(weight.sum(), 1e-12)
        return _crossing(waits, late, 1 - share)

    def _verdict(self, probability: Floats, level: Floats, abandoned: Floats) -> npt.NDArray[np.bool_]:
        """Whether the promise is kept, with its confidence or on average, and no more hang up than promised."""
        if self.target is None:
            return level >= DEFERRED_SHARE - 1e-9
        if self.target.confidence is not None:
            kept = probability >= self.target.confidence - 1e-9
        else:
            kept = level >= self.target.share - 1e-9
        most = self.target.max_abandon
        return kept if most is None else kept & (abandoned <= most + HANG_UP_SLACK)

    def _sums(self, values: Floats, scope: str) -> Floats:
        if scope == "interval":
            return values
        return np.add.reduceat(values, self._edges(scope), axis=1)

    def _edges(self, scope: str) -> npt.NDArray[np.intp]:
        """First interval of every scope instance."""
        return np.flatnonzero(np.r_[True, np.diff(self.days(scope)) > 0])

    def _longest(self, instance: npt.NDArray[np.int64]) -> Floats:
        """Median of the longest wait of each instance: N contacts with P(W > t) = ln 2 / N, extreme value law."""
        count = int(instance.max()) + 1
        if self.tail is None:
            return np.full(count, np.nan)
        waits, beyond = self.tail
        offered = self.demand.rate.mean(axis=0)
        edges = np.flatnonzero(np.r_[True, np.diff(instance) > 0])
        late = np.add.reduceat(beyond * offered, edges, axis=1)
        return np.array([_crossing(waits, late[:, k], np.log(2)) for k in range(late.shape[1])])


def demand_of(table: pd.DataFrame, queues: Mapping[str, Queue]) -> dict[str, Demand]:
    """Demand of every queue from a forecast, a history or paths; `aht` from the queue where the table has none."""
    paths = "path" in table
    checked = with_end(check(table, PATHS if paths else FORECAST, queues=queues))
    found = {}
    for name, rows in checked.groupby("queue", sort=False):
        found[str(name)] = _demand(rows, str(name), queues[str(name)], paths=paths)
    return found


def _demand(rows: pd.DataFrame, name: str, queue: Queue, *, paths: bool) -> Demand:
    intervals = rows[["queue", "start", "end"]].drop_duplicates("start").sort_values("start").reset_index(drop=True)
    width = len(intervals)
    if len(rows) % width:
        raise DataError(f"paths of queue {name!r} must all have the same intervals.", table="paths", column="start")
    ordered = rows.sort_values(["path", "start"]) if paths else rows.sort_values("start")
    rate = ordered["rate" if paths else "offered"].to_numpy(dtype=float).reshape(-1, width)
    aht = ordered["aht"].to_numpy(dtype=float).reshape(-1, width) if "aht" in ordered else np.full_like(rate, np.nan)
    if np.isnan(aht).any():
        if queue.aht is None:
            raise DataError(
                f"aht of queue {name!r} is not known in {int(np.isnan(aht[0]).sum())} interval(s), first "
                f"{intervals['start'].iloc[int(np.isnan(aht[0]).argmax())]}. Give the column aht, or aht of "
                "the queue.",
                table="paths" if paths else "forecast",
                column="aht",
            )
        aht = np.where(np.isnan(aht), queue.aht, aht)
    return Demand(queue=name, intervals=intervals, rate=rate, aht=aht)


def _mean(values: Floats, weight: Floats) -> Floats:
    total = weight.sum(axis=0)
    plain = values.mean(axis=0)
    return np.asarray(np.divide((values * weight).sum(axis=0), total, out=plain, where=total > 0))


def _ratio(part: Floats, whole: Floats, *, empty: float) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full_like(part, empty), where=whole > 0))


def _crossing(waits: Floats, late: Floats, level: float) -> float:
    """Wait at which the falling curve `late` meets `level`, by linear interpolation of its logarithm."""
    if late[0] <= level:
        return 0.0
    below = np.flatnonzero(late <= level)
    if not below.size:
        return float(waits[-1])
    k = int(below[0])
    high, low = np.log(max(late[k - 1], 1e-300)), np.log(max(late[k], 1e-300))
    part = (high - np.log(level)) / (high - low) if high > low else 1.0
    return float(waits[k - 1] + part * (waits[k] - waits[k - 1]))
