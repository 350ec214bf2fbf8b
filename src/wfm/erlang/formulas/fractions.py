"""Agents to the fraction: what a target would take if people could be divided, in each interval or over a scope.

For explaining, not for planning: the difference from whole agents is what rounding costs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.steady import measures, over_in
from wfm.erlang.staffing.allocation import Criterion, allocate
from wfm.erlang.staffing.demand import Demand
from wfm.erlang.staffing.expected import saturated

_HALVINGS = 42
_ENDLESS = 1e9
_STEP, _MOST_STEPS = 0.1, 400  # of an agent; steps from the floor to where more agents help nobody


def fractional_agents(demand: Demand, *, share: float | None = None, least: bool = False) -> Array:
    """Smallest real number of agents with which each interval by itself keeps every target; the minimum aside.

    `share` and `least` as in `Demand.fewest`: another share, and only the targets that hold in every interval.
    """
    share = demand.target.share if share is None else share
    busy = demand.load > 0
    low, high = np.zeros(len(busy)), np.where(busy, demand.load / demand.law.concurrency + 1.0, 0.0)
    active = np.flatnonzero(busy)
    while active.size and high.max() < _ENDLESS:  # beyond it no number of agents helps
        active = active[~_holds(demand, high[active], active, share, least)]
        low[active], high[active] = high[active], 2 * high[active]
    rows = np.flatnonzero(busy)
    for _ in range(_HALVINGS):
        middle = (low[rows] + high[rows]) / 2
        good = _holds(demand, middle, rows, share, least)
        low[rows], high[rows] = np.where(good, low[rows], middle), np.where(good, middle, high[rows])
    return high


def _holds(demand: Demand, n: Array, rows: npt.NDArray[np.int64], share: float, least: bool) -> npt.NDArray[np.bool_]:
    target, load, aht = demand.target, demand.load[rows], demand.aht[rows]
    if share <= 0 and (least and target.max_occupancy is None):
        return np.ones(len(n), dtype=bool)
    found = measures(n, load, aht, demand.law, waits=target.max_asa is not None and not least)
    good = found["service_level"] >= share
    if target.max_occupancy is not None:
        good &= (found["occupancy"] <= target.max_occupancy) & (found["service_level"] > 0)
    if least:
        return np.asarray(good)
    if target.max_abandon is not None:
        good &= found["abandon_rate"] <= target.max_abandon
    if target.max_asa is not None:
        good &= found["asa"] <= target.max_asa
    if target.wait_quantile is not None:
        good &= over_in(target.wait_quantile[1], n, load, aht, demand.law) >= target.wait_quantile[0]
    return np.asarray(good)


def fractional_plan(demand: Demand) -> Array:
    """Fewest agent-hours over the scopes with agents in tenths: the plan for the mean without its rounding."""
    if not (demand.load > 0).any():
        return np.asarray(demand.minimum, dtype=float)
    base = np.maximum(fractional_agents(demand, share=demand.target.least, least=True), demand.minimum)
    room = np.maximum(saturated(demand) - base, 0.0)
    step = max(_STEP, float(room.max()) / _MOST_STEPS)
    steps = np.ceil(room / step).astype(np.int64)
    further = np.minimum(np.arange(int(steps.max()) + 1)[None, :], steps[:, None]) * step
    criteria = _criteria(demand, base[:, None] + further)
    return np.asarray(base + allocate(criteria, demand.hours, demand.scope, steps) * step)


def _criteria(demand: Demand, n: Array) -> list[Criterion]:
    """What every scope needs enough of, with n[i, k] agents: contacts in time, answered, waited little."""
    target, contacts = demand.target, demand.offered[:, None]
    load, aht = (np.broadcast_to(x[:, None], n.shape).ravel() for x in (demand.load, demand.aht))
    flat = n.ravel(), load, aht
    found = {k: v.reshape(n.shape) for k, v in measures(*flat, demand.law, waits=target.max_asa is not None).items()}
    offered = demand.by_scope(demand.offered)
    answered = contacts * (1 - found["abandon_rate"])
    criteria = [Criterion(curve=contacts * found["service_level"], need=target.share * offered)]
    if target.max_abandon is not None:
        criteria.append(Criterion(curve=answered, need=(1 - target.max_abandon) * offered))
    if target.max_asa is not None:
        spared = answered * (target.max_asa - np.minimum(found["asa"], target.max_asa + 3600))
        criteria.append(Criterion(curve=np.where(contacts > 0, spared, 0.0), need=np.zeros(demand.scopes)))
    if target.wait_quantile is not None:
        in_time = over_in(target.wait_quantile[1], *flat, demand.law).reshape(n.shape)
        criteria.append(Criterion(curve=contacts * in_time, need=target.wait_quantile[0] * offered))
    return criteria
