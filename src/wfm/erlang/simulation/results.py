"""What a simulation found: tables by interval, by replication and in total, each mean with its standard error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.simulation.demand import Grid

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """How contacts are counted: the acceptable wait [s] and what becomes of those who hang up."""

    within: float
    abandoned: str = "lost"
    short: float = 0.0

    def met(self, offered_wait: Array, wait: Array, answered: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Contacts that count as met."""
        if self.abandoned == "virtual":
            return offered_wait <= self.within
        quick = wait <= self.within
        if self.abandoned == "met":
            return quick & ~self._left_out(wait, answered)
        if self.abandoned == "credited":
            return (answered & quick) | (~answered & (wait <= self.short))
        return answered & quick

    def base(self, wait: Array, answered: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Contacts of which the met ones are a share."""
        if self.abandoned in ("virtual", "credited"):
            return np.ones_like(answered)
        if self.abandoned == "answered":
            return answered
        if self.abandoned == "ignored":
            return answered | (wait > max(self.within, self.short))
        return ~self._left_out(wait, answered)

    def _left_out(self, wait: Array, answered: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        if self.short == 0:
            return np.zeros_like(answered)
        return np.asarray(~answered & (wait <= self.short))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums by replication and interval [replications x intervals], and waits by replication."""

    offered: Array
    answered: Array
    abandoned: Array
    met: Array
    base: Array
    wait: Array
    busy: Array
    queued: Array
    longest: Array
    shortest: Array
    q95: Array

    @classmethod
    def joined(cls, parts: list[Sums]) -> Sums:
        """The sums of all replications from those of some."""
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Service found over replications.

    Attributes
    ----------
    intervals : table       One row an interval (by arrival): offered, agents, service_level (1 where nothing counts),
                            abandon_rate, asa [s, of the answered], occupancy, queue_length, each of the last five with
                            its standard error as `..._error`. `start` and `end`, or `interval` from 0.
    replications : table    One row a replication: offered, service_level, abandon_rate, asa, occupancy, longest_wait,
                            shortest_wait, wait_q95 [s].
    total : table           One row: the same measures weighted by contacts, and longest_wait, with their errors.
    """

    intervals: pd.DataFrame
    replications: pd.DataFrame
    total: pd.DataFrame

    @property
    def service_level(self) -> float:
        """Over all contacts of all replications."""
        return float(self.total["service_level"].iloc[0])

    @property
    def error(self) -> float:
        """Standard error of the service level."""
        return float(self.total["service_level_error"].iloc[0])


def sums_of(
    *,
    arrival: Array,
    offered_wait: Array,
    patience: Array,
    replication: Whole,
    shape: tuple[int, int],
    width: float,
    counting: Counting,
    busy: Array,
) -> Sums:
    """Sums of contacts given one by one, by replication and arrival; `busy` agent-seconds come counted."""
    key = replication * shape[1] + np.minimum((arrival / width).astype(np.int64), shape[1] - 1)
    ends = np.searchsorted(key, np.arange(shape[0] * shape[1] + 1))

    def count(which: npt.NDArray[np.bool_]) -> Array:
        """How many of each interval, which lie together."""
        before = np.concatenate([[0], np.cumsum(which)])
        return np.diff(before[ends]).reshape(shape).astype(float)

    answered = np.asarray(offered_wait <= patience) & np.isfinite(offered_wait)
    wait = np.minimum(offered_wait, patience)
    gone = ~answered
    waiting = np.flatnonzero(wait > 0)
    late = waiting[answered[waiting]]
    offered = np.diff(ends).reshape(shape).astype(float)
    unserved = count(gone)
    all_counted = counting.abandoned == "lost" and counting.short == 0
    return Sums(
        offered=offered,
        answered=offered - unserved,
        abandoned=count(gone & np.isfinite(patience)) if np.isinf(patience).any() else unserved,
        met=count(counting.met(offered_wait, wait, answered)),
        base=offered if all_counted else count(counting.base(wait, answered)),
        wait=np.bincount(key[late], weights=wait[late], minlength=offered.size).reshape(shape).astype(float),
        busy=busy,
        queued=spells(
            replication[waiting], arrival[waiting], arrival[waiting] + wait[waiting], shape=shape, width=width
        ),
        **waits_by_replication(wait, replication, shape[0]),
    )


def spells(replication: Whole, begin: Array, end: Array, *, shape: tuple[int, int], width: float) -> Array:
    """Seconds of spells [begin, end) from 0 on within each interval [replications x intervals]."""
    out = np.zeros(shape)
    edges = np.arange(1, shape[1] + 1) * width
    for times, sign in ((begin, 1.0), (end, -1.0)):
        inside = np.minimum(times, shape[1] * width)
        place = (inside / width).astype(np.int64)
        np.minimum(place, shape[1] - 1, out=place)
        key = replication * shape[1] + place
        size = shape[0] * shape[1]
        moments = np.bincount(key, weights=inside, minlength=size).reshape(shape)
        begun = np.bincount(key, minlength=size).reshape(shape)
        # those of this interval until its end, those of earlier ones for all of it
        out += sign * (begun * edges - moments + (np.cumsum(begun, axis=1) - begun) * width)
    return np.maximum(out, 0.0)


def waits_by_replication(wait: Array, replication: Whole, count: int) -> dict[str, Array]:
    """Longest and shortest wait and the 95% quantile of each replication [s]; 0 without contacts."""
    out = {name: np.zeros(count) for name in ("longest", "shortest", "q95")}
    ends = np.searchsorted(replication, np.arange(count + 1))
    for r in range(count):
        rows = wait[ends[r] : ends[r + 1]].copy()
        if rows.size:
            rank = int(np.ceil(0.95 * rows.size)) - 1
            rows.partition((0, rank, rows.size - 1) if rows.size > 1 else 0)
            out["longest"][r], out["shortest"][r], out["q95"][r] = rows[-1], rows[0], rows[rank]
    return out


def simulation_of(sums: Sums, staffed: Array, grid: Grid) -> Simulation:
    """The tables of one queue."""
    staffed = np.broadcast_to(staffed, sums.offered.shape)
    by_interval = pd.DataFrame(
        {
            **grid.columns(),
            "offered": sums.offered.mean(axis=0),
            "agents": staffed.mean(axis=0) / grid.width,
            **_measures(sums, staffed, grid.width),
        }
    )
    return Simulation(
        intervals=by_interval,
        replications=_by_replication(sums, staffed),
        total=_total(sums, staffed, grid),
    )


def _measures(sums: Sums, staffed: Array, width: float) -> dict[str, Array]:
    found = {
        "service_level": (*ratio(sums.met, sums.base, empty=1.0, share=True),),
        "abandon_rate": (*ratio(sums.abandoned, sums.offered, share=True),),
        "asa": (*ratio(sums.wait, sums.answered),),
        "occupancy": (*ratio(sums.busy, staffed),),
        "queue_length": (*ratio(sums.queued, np.full(sums.queued.shape, width)),),
    }
    return {key: v for name, (mean, error) in found.items() for key, v in ((name, mean), (f"{name}_error", error))}


def ratio(above: Array, below: Array, *, empty: float = 0.0, share: bool = False) -> tuple[Array, Array]:
    """Sum over replications by sum over replications, and the standard error of this quotient, by column.

    The error is that of a ratio of means (Cochran 1977, section 2.11). That of a share is at least the error of as many
    independent contacts with half a one more on either side: where all are met, it is not 0.
    """
    n = len(above)
    top, total = above.sum(axis=0), below.sum(axis=0)
    counted = total > 0
    safe = np.where(counted, total, 1.0)
    value = np.where(counted, top / safe, empty)
    if n == 1:
        return value, np.where(counted, np.nan, 0.0)
    residual = above - value * below
    error = np.where(counted, np.sqrt(n / (n - 1) * (residual**2).sum(axis=0)) / safe, 0.0)
    if share:
        p = (np.clip(top, 0.0, total) + 0.5) / (total + 1)
        error = np.where(counted, np.maximum(error, np.sqrt(p * (1 - p) / safe)), error)
    return value, error


def _by_replication(sums: Sums, staffed: Array) -> pd.DataFrame:
    def quotient(above: Array, below: Array, empty: float = 0.0) -> Array:
        top, total = above.sum(axis=1), below.sum(axis=1)
        return np.where(total > 0, top / np.where(total > 0, total, 1.0), empty)

    return pd.DataFrame(
        {
            "replication": np.arange(len(sums.offered)),
            "offered": sums.offered.sum(axis=1),
            "service_level": quotient(sums.met, sums.base, 1.0),
            "abandon_rate": quotient(sums.abandoned, sums.offered),
            "asa": quotient(sums.wait, sums.answered),
            "occupancy": quotient(sums.busy, staffed),
            "longest_wait": sums.longest,
            "shortest_wait": sums.shortest,
            "wait_q95": sums.q95,
        }
    )


def _total(sums: Sums, staffed: Array, grid: Grid) -> pd.DataFrame:
    whole = Sums(
        **{
            name: value.sum(axis=1, keepdims=True) if value.ndim == 2 else value
            for name, value in ((name, getattr(sums, name)) for name in Sums.__slots__)
        }
    )
    n = len(sums.longest)
    measures = _measures(whole, staffed.sum(axis=1, keepdims=True), grid.length)
    longest = sums.longest[np.isfinite(sums.longest)]
    return pd.DataFrame(
        {
            "offered": whole.offered.mean(axis=0),
            "agent_hours": [float(staffed.sum(axis=1).mean()) / 3600],
            **measures,
            "longest_wait": [float(sums.longest.mean())],
            "longest_wait_error": [
                float(longest.std(ddof=1)) / n**0.5 if n > 1 and len(longest) == n else float("nan")
            ],
        }
    )
