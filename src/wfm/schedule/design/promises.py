"""A promise read from the service curves of the intervals: what agents bring, what is promised, what is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm.errors import DataError, SettingError
from wfm.schedule.program.program import Floats, Ints
from wfm.tables import CURVE, check
from wfm.target import ServiceTarget

AGREE = 1e-3  # share of the offered by which the curves of a scope may differ at the agents they were taken around


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One queue's promise.

    Attributes
    ----------
    queue : str
    rows : requirement          Its intervals, with `end`.
    agents, met : lists         For each interval the agents of its curve and the contacts of the scope met with them.
    base, least : (intervals,)  Agents around which the curve was taken, and the fewest an interval may have.
    offered : (intervals,)
    scope : (intervals,)        Number of the scope.
    scope_starts : list         First start of every scope.
    share : float               Promised.
    """

    queue: str
    rows: pd.DataFrame
    agents: tuple[Floats, ...]
    met: tuple[Floats, ...]
    base: Floats
    least: Floats
    offered: Floats
    scope: Ints
    scope_starts: tuple[pd.Timestamp, ...]
    share: float

    def floor_table(self) -> pd.DataFrame:
        """The requirement of the fewest agents."""
        return self.rows[["queue", "start", "end"]].assign(agents=self.least)

    def gain(self, interval: int, agents: float) -> float:
        """Contacts that the scope meets more than at the base, by the curve; flat above it, falling on below it."""
        known, met = self.agents[interval], self.met[interval]
        here = float(np.interp(agents, known, met))
        if agents < known[0] and len(known) > 1:
            steepest = float((np.diff(met) / np.diff(known)).max())
            here -= steepest * float(known[0] - agents)
        return here - float(np.interp(self.base[interval], known, met))

    def kept(self, cover: Floats) -> Floats:
        """Contacts met in every scope with so many agents in every interval, by the curve."""
        gains = [self.gain(i, float(agents)) for i, agents in enumerate(cover)]
        met = self._at_base() + np.bincount(self.scope, weights=gains, minlength=len(self.scope_starts))
        return np.asarray(np.clip(met, 0.0, self._offered()))

    def lack(self, cover: Floats) -> float:
        """Contacts short of the promise, summed over the scopes."""
        return float(np.maximum(self.share * self._offered() - self.kept(cover), 0.0).sum())

    def spare(self, cover: Floats) -> float:
        """Contacts beyond the promise, summed over the scopes."""
        return float(np.maximum(self.kept(cover) - self.share * self._offered(), 0.0).sum())

    def wanted(self, more: float) -> Floats:
        """Gain over the fewest agents that keeps every scope's promise and its part of `more` contacts."""
        offered = self._offered()
        promised = np.minimum(self.share * offered + more * offered / max(offered.sum(), 1e-9), offered)
        at_least = [float(np.interp(n, a, m)) for n, a, m in zip(self.least, self.agents, self.met, strict=True)]
        at_base = [float(np.interp(n, a, m)) for n, a, m in zip(self.base, self.agents, self.met, strict=True)]
        lost = np.bincount(self.scope, weights=np.subtract(at_base, at_least), minlength=len(offered))
        return np.asarray(promised - self._at_base() + lost)

    def envelope(self, interval: int) -> tuple[Floats, Floats]:
        """Sizes and falling slopes of the least concave function above the curve, from the fewest agents on."""
        least, known = self.least[interval], self.agents[interval]
        points = np.r_[least, known[known > least + 1e-9]]
        met = np.maximum.accumulate(np.interp(points, known, self.met[interval]))
        corners = [0]
        for k in range(1, len(points)):
            while len(corners) > 1 and _slope(points, met, corners[-2], k) >= _slope(points, met, *corners[-2:]):
                corners.pop()
            corners.append(k)
        return np.diff(points[corners]), np.diff(met[corners]) / np.maximum(np.diff(points[corners]), 1e-9)

    def least_hours(self) -> float:
        """Agent-hours below which no cover keeps the promise; 0 where none keeps it."""
        width = (self.rows["end"] - self.rows["start"]).dt.total_seconds().to_numpy() / 3600
        hours = float(np.sum(self.least * width))
        for scope, wanted in enumerate(self.wanted(0.0)):
            parts = [(i, *self.envelope(i)) for i in np.flatnonzero(self.scope == scope).tolist()]
            size = np.concatenate([sizes * width[i] for i, sizes, _ in parts] or [np.zeros(0)])  # agent-hours
            gain = np.concatenate([slopes / width[i] for i, _, slopes in parts] or [np.zeros(0)])
            best = np.argsort(-gain, kind="stable")
            met = np.r_[0.0, np.cumsum((size * gain)[best])]
            if wanted > met[-1] + 1e-6:
                return 0.0
            hours += float(np.interp(max(wanted, 0.0), met, np.r_[0.0, np.cumsum(size[best])]))
        return hours

    def _offered(self) -> Floats:
        return np.bincount(self.scope, weights=self.offered, minlength=len(self.scope_starts)).astype(float)

    def _at_base(self) -> Floats:
        at_base = [float(np.interp(n, a, m)) for n, a, m in zip(self.base, self.agents, self.met, strict=True)]
        first = np.unique(self.scope, return_index=True)[1]
        return np.asarray(at_base)[first]


def promise_of(coverage: pd.DataFrame, curve: pd.DataFrame, target: ServiceTarget, base: pd.DataFrame) -> pd.DataFrame:
    """What a schedule keeps of a promise, by the curve.

    Parameters
    ----------
    coverage : coverage         `rostered` by interval, as in `Schedule.coverage`.
    curve, target               As in `design_for_promise`.
    base : requirement          The agents around which the curve was taken.

    Returns
    -------
    DataFrame       queue, start (of the scope), offered, met [contacts], share, kept.
    """
    found = []
    for promise in read_promises(base, curve, target):
        own = coverage[coverage["queue"] == promise.queue].set_index("start")["rostered"]
        met = promise.kept(own.reindex(promise.rows["start"]).to_numpy(dtype=float))
        offered = np.bincount(promise.scope, weights=promise.offered, minlength=len(met))
        share = np.where(offered > 0, met / np.maximum(offered, 1e-9), 1.0)
        told = {"queue": promise.queue, "start": list(promise.scope_starts), "offered": offered, "met": met}
        found.append(pd.DataFrame({**told, "share": share, "kept": share >= target.share - 1e-9}))
    return pd.concat(found, ignore_index=True)


def read_promises(requirement: pd.DataFrame, curve: pd.DataFrame, target: ServiceTarget) -> list[Promise]:
    """One promise a queue; the curve must hold every interval at the agents of the requirement."""
    if not isinstance(target, ServiceTarget):
        raise SettingError(f"target must be a ServiceTarget, got {target!r}.", name="target", value=target)
    table = check(curve, CURVE)
    found = []
    for queue, rows in requirement.groupby("queue", sort=True):
        own = {pd.Timestamp(start): part for start, part in table[table["queue"] == queue].groupby("start")}  # type: ignore[arg-type]
        found.append(_read_one(str(queue), rows.reset_index(drop=True), own, target))
    return found


def _read_one(
    queue: str, rows: pd.DataFrame, curves: dict[pd.Timestamp, pd.DataFrame], target: ServiceTarget
) -> Promise:
    agents, met, offered = [], [], []
    for row, (start, people) in enumerate(zip(rows["start"], rows["agents"], strict=True)):
        part = curves.get(start)
        known = np.empty(0) if part is None else part["agents"].to_numpy(dtype=float)
        if part is None or not known[0] - 1e-9 <= people <= known[-1] + 1e-9:
            raise DataError(
                f"curve must hold queue {queue!r} at {start:%Y-%m-%d %H:%M} with {people:g} agents (row {row} of the "
                "requirement). Take the curve around the requirement.",
                table="curve",
                column="agents",
                rows=[row],
            )
        agents.append(known)
        met.append(part["answered_within"].to_numpy(dtype=float))
        offered.append(float(part["offered"].iloc[0]))
    scope = _scopes(pd.DatetimeIndex(rows["start"]), target.scope)
    base = rows["agents"].to_numpy(dtype=float)
    fewest = rows["minimum"].fillna(0.0).to_numpy(dtype=float) if "minimum" in rows else np.zeros(len(rows))
    lowest = np.array([known[0] for known in agents])
    promise = Promise(
        queue=queue,
        rows=rows,
        agents=tuple(agents),
        met=tuple(met),
        base=base,
        least=np.minimum(np.maximum(fewest, lowest), [known[-1] for known in agents]),
        offered=np.array(offered),
        scope=scope,
        scope_starts=tuple(rows["start"].iloc[k] for k in np.unique(scope, return_index=True)[1]),
        share=target.share,
    )
    _refuse_unlike(promise)
    return promise


def _refuse_unlike(promise: Promise) -> None:
    """Refuse curves of a scope that do not meet where all intervals have the agents of the requirement."""
    at_base = np.array(
        [float(np.interp(n, a, m)) for n, a, m in zip(promise.base, promise.agents, promise.met, strict=True)]
    )
    for number, start in enumerate(promise.scope_starts):
        own = at_base[promise.scope == number]
        if np.ptp(own) > AGREE * max(promise.offered[promise.scope == number].sum(), 1.0):
            raise DataError(
                f"curve.answered_within must be the same in all intervals of the scope that begins {start:%Y-%m-%d} "
                f"where each has the agents of the requirement, got {own.min():g} to {own.max():g}. Take the curve "
                "around this requirement.",
                table="curve",
                column="answered_within",
            )


def _scopes(starts: pd.DatetimeIndex, scope: str) -> Ints:
    """Number of the interval, day or week of every start; weeks are seven days from the first start's date."""
    if scope == "interval":
        return np.arange(len(starts), dtype=np.int64)
    days = (starts.normalize() - starts[0].normalize()).days.to_numpy().astype(np.int64)
    return np.asarray(np.unique(days if scope == "day" else days // 7, return_inverse=True)[1], dtype=np.int64)


def _slope(points: Floats, met: Floats, first: int, last: int) -> float:
    return float((met[last] - met[first]) / max(points[last] - points[first], 1e-9))
