"""Fewest agents for the mean forecast: each interval by itself, or over a day or week."""

from __future__ import annotations

import numpy as np

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.steady import measures, over_in
from wfm.erlang.staffing.allocation import Criterion, Whole, allocate
from wfm.erlang.staffing.demand import Demand


def plan_for_mean(demand: Demand, *, base: Array | None = None) -> Whole:
    """Agents by interval that keep every target of the scope at the mean forecast, from at least `base`."""
    target = demand.target
    if target.scope == "interval":
        return demand.fewest(target, share=target.share).astype(np.int64)
    if base is None:
        base = least_agents(demand)
    top = np.maximum(saturated(demand), base)
    criteria = _criteria(demand, base, top)
    return (base + allocate(criteria, demand.hours, demand.scope, (top - base).astype(np.int64))).astype(np.int64)


def least_agents(demand: Demand) -> Array:
    """Agents below which no interval may fall: the floor, the occupancy cap and the planner's minimum."""
    return demand.fewest(demand.target, share=demand.target.least, least=True)


def saturated(demand: Demand, share: float | None = None) -> Array:
    """Agents beyond which more of them help nobody."""
    share = 1 - 0.02 * (1 - demand.target.share) if share is None else share
    return demand.fewest(demand.target, share=share)


def _criteria(demand: Demand, base: Array, top: Array) -> list[Criterion]:
    """The targets that hold over the scope, as curves of contacts by further agents."""
    target = demand.target
    width = int((top - base).max()) + 1
    n = np.minimum(base[:, None] + np.arange(width), top[:, None])
    load, aht = (np.broadcast_to(x[:, None], n.shape) for x in (demand.load, demand.aht))
    flat = n.ravel(), load.ravel(), aht.ravel()
    found = {k: v.reshape(n.shape) for k, v in measures(*flat, demand.law, waits=target.max_asa is not None).items()}
    contacts = demand.offered[:, None]
    offered = demand.by_scope(demand.offered)
    criteria = [Criterion(curve=contacts * found["service_level"], need=target.share * offered)]
    answered = contacts * (1 - found["abandon_rate"])
    if target.max_abandon is not None:
        criteria.append(Criterion(curve=answered, need=(1 - target.max_abandon) * offered))
    if target.max_asa is not None:
        # an endless queue waits for ever: as good as an hour more for each contact than a plan can allow
        wait = np.minimum(found["asa"], target.max_asa + 3600)
        criteria.append(
            Criterion(
                curve=np.where(contacts > 0, answered * (target.max_asa - wait), 0.0), need=np.zeros(demand.scopes)
            )
        )
    if target.wait_quantile is not None:
        part, wait_most = target.wait_quantile
        over = over_in(wait_most, *flat, demand.law).reshape(n.shape)
        criteria.append(Criterion(curve=contacts * over, need=part * offered))
    return criteria
