"""Agents for a line with callbacks: those who answer, and those who call back in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import fraction, number_in
from wfm.durations import seconds
from wfm.erlang.deferred.callbacks import COUNTED, callback_performance
from wfm.erlang.deferred.delays import one_queue
from wfm.erlang.deferred.levelling import summed
from wfm.erlang.deferred.tickets import ticket_requirement
from wfm.erlang.deferred.workload import work
from wfm.erlang.formulas import erlang_a
from wfm.erlang.formulas.arguments import Array, word_of
from wfm.erlang.staffing.allocation import Criterion, allocate
from wfm.erlang.staffing.demand import number_scopes
from wfm.errors import DataError
from wfm.queues import Shrinkage
from wfm.tables import REQUIREMENT, check
from wfm.target import ServiceTarget


def callback_requirement(
    forecast: pd.DataFrame,
    target: ServiceTarget,
    *,
    above: Any,
    taken: float,
    call_within: Any,
    patience: Any,
    call_aht: Any = None,
    attempts: float = 1.0,
    max_callbacks: float = 1.0,
    counted: str = "apart",
    shrinkage: Any = 0.0,
    minimum: Any = 0.0,
    occupancy: float = 0.9,
    beside: Any = None,
    spare: Any = None,
) -> pd.DataFrame:
    """Fewest agents that answer as promised while who would wait too long is called back, and those who call back.

    Parameters
    ----------
    forecast : table            One queue, with aht.
    target : ServiceTarget      share, within, scope, floor, max_abandon (of all offered) are used; the level counts
                                callbacks as `counted` says.
    above, taken                A callback is offered above this expected wait [s]; so large a share takes it.
    call_within : float [s]     Time within which they are called back.
    patience : float [s]        Mean patience; inf = nobody hangs up.
    call_aht : float [s]        Handle time of a callback; None = the forecast's own.
    attempts : float            Calls that one callback takes on average.
    max_callbacks : float       Largest share of the offered that may become callbacks over the scope.
    counted : str               `apart`, `met` or `lost`, as in `callback_performance`.
    shrinkage, minimum          As in `requirement`; one number or value by row.
    occupancy, beside, spare    As in `ticket_requirement`; callbacks fill the troughs of the line and of `beside`.

    Returns
    -------
    table requirement           Rows of the queue (`method` = callbacks) with callbacks: share of the offered that is
                                called back, and of `<queue> callbacks` (`method` = deadlines).

    >>> calls = pd.DataFrame({"queue": "voice", "start": pd.date_range("2026-11-21 08:00", periods=3, freq="30min"),
    ...                       "offered": [150.0, 300.0, 150.0], "aht": 240.0})
    >>> promise = ServiceTarget(share=0.8, within=30, scope="day")
    >>> callback_requirement(calls, promise, above=45, taken=0.5, call_within="1h", patience=300, max_callbacks=0.1)[
    ...     ["queue", "agents", "callbacks"]].round(3)
                 queue  agents  callbacks
    0            voice    20.0      0.072
    1            voice    38.0      0.052
    2            voice    20.0      0.072
    3  voice callbacks     2.0        NaN
    4  voice callbacks     0.0        NaN
    5  voice callbacks     4.0        NaN
    """
    table, width = one_queue(forecast, "callback_requirement")
    if "aht" not in table or table["aht"].isna().any():
        raise DataError("forecast.aht is missing; callbacks need handle times.", table="forecast", column="aht")
    law = {
        "above": seconds(above, name="above", zero=True),
        "taken": fraction(taken, name="taken"),
        "within": target.within,
        "patience": seconds(patience, name="patience", endless=True),
        "counted": word_of(counted, COUNTED, name="counted"),
    }
    line = _Line(
        offered=table["offered"].to_numpy(dtype=float),
        aht=table["aht"].to_numpy(dtype=float),
        width=width,
        least=np.ceil(np.broadcast_to(np.asarray(minimum, dtype=float), (len(table),))),
        scope=number_scopes(pd.DatetimeIndex(table["start"]), target.scope),
        law=law,
    )
    agents = _fewest(line, target, fraction(max_callbacks, name="max_callbacks"))
    shrunk = shrinkage if isinstance(shrinkage, Shrinkage) else Shrinkage(unplanned=shrinkage)
    live = _rows(table, line, agents, shrunk)
    again = table[["queue", "start", "end", "aht"]].assign(
        queue=f"{table['queue'].iloc[0]} callbacks", offered=live["callbacks"].to_numpy() * line.offered
    )
    todo = work(
        again,
        classes={"callbacks": call_within},
        aht=call_aht,
        touches=number_in(attempts, name="attempts", low=1, high=100),
    )
    others = np.zeros(len(table)) if beside is None else np.asarray(beside, dtype=float)
    later = ticket_requirement(
        todo,
        pd.DatetimeIndex(table["start"]),
        interval=width,
        occupancy=occupancy,
        shrinkage=shrunk,
        beside=agents + others,
        spare=spare,
    )
    later = later.assign(offered=again["offered"].to_numpy()) if len(later) else later
    return check(pd.concat([live, later], ignore_index=True), REQUIREMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """Intervals of one queue as arrays, and how contacts wait and leave."""

    offered: Array
    aht: Array
    width: float
    least: Array
    scope: Any
    law: dict[str, Any]

    @property
    def load(self) -> Array:
        """Offered load [erlangs]."""
        return np.asarray(self.offered * self.aht / self.width)

    def service(self, agents: Array) -> dict[str, Array]:
        """Measures of so many agents by interval, or by interval and number."""
        load, aht = (x if agents.ndim == 1 else x[:, None] for x in (self.load, self.aht))
        return callback_performance(agents, load, aht=aht, **self.law)


def _fewest(line: _Line, target: ServiceTarget, most: float) -> Array:
    """Whole agents by interval: each by itself, or the fewest agent-hours over the scope."""
    top = _enough(line, target)
    depth = 8 + 3 * int(np.sqrt(top.max()))
    while True:  # downwards from enough until every interval fails
        n = np.maximum(top[:, None] - np.arange(depth + 1)[None, ::-1], 0.0)
        kept = _kept(line, target, most, n)
        if (~kept.all(axis=1) | (n[:, 0] == 0)).all():
            break
        depth *= 2
    # contacts that leave make the level of few agents look good: more than the last number that fails
    fails = np.where(kept, -1.0, n).max(axis=1)
    base = np.asarray(np.maximum(np.minimum(fails + 1, top), line.least))
    if target.scope == "interval":
        return base
    return np.asarray(base + _added(line, target, most, base, np.maximum(top, base)))


def _kept(line: _Line, target: ServiceTarget, most: float, n: Array) -> npt.NDArray[np.bool_]:
    """Whether so many agents keep what every interval must keep by itself."""
    found = line.service(n)
    alone = target.scope == "interval"
    kept = found["service_level"] >= (target.share if alone else target.least)
    if target.max_occupancy is not None:
        kept &= found["occupancy"] <= target.max_occupancy
    if alone:
        kept &= found["callbacks"] <= most
    if alone and target.max_abandon is not None:
        kept &= found["abandon_rate"] <= target.max_abandon
    return np.asarray(kept)


def _enough(line: _Line, target: ServiceTarget) -> Array:
    """Agents with whom nearly nobody is offered a callback and the promise is kept: more help nobody."""
    share = 1 - 0.02 * (1 - target.share)
    most = None if target.max_abandon is None else max(target.max_abandon * 0.02, 1e-6)
    found = erlang_a.agents_for(
        line.load,
        aht=line.aht,
        patience=line.law["patience"],
        within=min(line.law["within"], line.law["above"]),
        share=share,
        max_abandon=most if np.isfinite(line.law["patience"]) else None,
        max_occupancy=target.max_occupancy,
    )
    return np.asarray(found, dtype=float)


def _added(line: _Line, target: ServiceTarget, most: float, base: Array, top: Array) -> Array:
    """Further agents that keep what holds over the scope."""
    n = np.minimum(base[:, None] + np.arange(int((top - base).max()) + 1), top[:, None])
    found = line.service(n)
    contacts = line.offered[:, None]
    scopes = int(line.scope.max()) + 1
    offered = summed(line.scope, line.offered, scopes)
    stay = 1 - found["callbacks"] if line.law["counted"] == "apart" else np.ones(n.shape)
    criteria = [Criterion(curve=contacts * stay * (found["service_level"] - target.share), need=np.zeros(scopes))]
    if most < 1:
        criteria.append(Criterion(curve=contacts * (1 - found["callbacks"]), need=(1 - most) * offered))
    if target.max_abandon is not None:
        kept = contacts * (1 - found["abandon_rate"])
        criteria.append(Criterion(curve=kept, need=(1 - target.max_abandon) * offered))
    hours = np.full(len(line.offered), line.width / 3600)
    return np.asarray(allocate(criteria, hours, line.scope, (top - base).astype(np.int64)), dtype=float)


def _rows(table: pd.DataFrame, line: _Line, agents: Array, shrinkage: Shrinkage) -> pd.DataFrame:
    found = line.service(agents)
    return table[["queue", "start", "end", "offered", "aht"]].assign(
        agents=agents,
        load=line.load,
        rostered=shrinkage.rostered(agents),
        headcount=shrinkage.headcount(agents),
        service_level=found["service_level"],
        abandon_rate=found["abandon_rate"],
        occupancy=found["occupancy"],
        asa=np.where(np.isfinite(found["asa"]), found["asa"], np.nan),
        minimum=line.least,
        callbacks=found["callbacks"],
        deferrable=0.0,
        method="callbacks",
    )
