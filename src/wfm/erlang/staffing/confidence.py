"""Agents with which a promise holds on so large a share of the possible futures.

A future is a path of rates together with who comes. Two things hold with the confidence that was asked: the expected
service over the scope reaches the share, and each interval with at least five expected contacts, judged by itself,
stays on or above the floor. The floor is not asked of all intervals of one future at once: so many of them have one bad
half hour somewhere that the plan would buy its service twice, the more so the finer the intervals and the smaller the
site. All plans are compared on the same futures, so that more agents never keep fewer promises.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.service_table import ServiceTable, tabulate_law
from wfm.erlang.staffing.allocation import Whole, rank_agents
from wfm.erlang.staffing.attendance import Attendance, draw_attendance
from wfm.erlang.staffing.demand import Demand
from wfm.erlang.staffing.expected import least_agents, plan_for_mean
from wfm.erlang.transient.carried import carried_load, openings
from wfm.errors import WfmWarning

COUNTED = 5.0  # expected contacts from which an interval can break the floor
_QUANTILES = 25
_RANKINGS = 3  # by all futures, then twice by those that decide
_DECIDING, _FEWEST_DECIDING = 0.15, 12  # futures around the quantile by which agents are ranked: a share, and a number
_FLOOR_ROUNDS, _SHARE_ROUNDS = 200, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Futures:
    """Rates and loads [paths x intervals] of one queue, who comes, and the table that turns them into service.

    `load` is the modified offered load, as if staff were endless: what the arrivals of an interval and the one before
    bring. What too few agents leave behind comes on top, see `carried`.
    """

    demand: Demand
    rate: Array
    own: Array
    load: Array
    table: ServiceTable
    attendance: Attendance
    parts: npt.NDArray[np.int64]

    def levels(self, agents: Array | Whole) -> Array:
        """Expected service level [paths x intervals] if so many agents are planned and rostered for absence."""
        present = self.present(agents)
        return self.served(present, self.carried(present))

    def uncarried(self, agents: Array | Whole) -> Array:
        """The same as if every interval before had staff enough: each interval is judged by itself."""
        return self.served(self.present(agents), self.load)

    def served(self, present: Array, load: Array, intervals: Whole | slice = slice(None)) -> Array:
        """Service level of the people present; 1 where nobody asks, whatever is left from before."""
        return np.where(self.rate[:, intervals] > 0, self.table.service_level(present, load), 1.0)

    def present(self, agents: Array | Whole, intervals: Whole | slice = slice(None)) -> Array:
        """People who come [paths x intervals] if so many agents are planned and rostered for absence."""
        rostered = np.asarray(agents, dtype=float) / (1 - self.demand.shrinkage.unplanned)
        return self.attendance.of(rostered, self.parts[intervals])

    def carried(self, present: Array) -> Array:
        """Load [paths x intervals] with what each interval takes over from the one before."""
        return _carried(self.demand, self.own, present * self.demand.law.concurrency)

    def over_scopes(self, levels: Array) -> Array:
        """Service level [paths x scopes], weighted by the contacts of the path."""
        begins = np.searchsorted(self.demand.scope, np.arange(self.demand.scopes))
        contacts = np.add.reduceat(self.rate, begins, axis=1)
        met = np.add.reduceat(self.rate * levels, begins, axis=1)
        return np.where(contacts > 0, met / np.maximum(contacts, 1e-12), 1.0)


def open_futures(demand: Demand, rate: Array, aht: Array, *, seed: int) -> Futures:
    """The futures of one queue: service tabulated up to the busiest path, attendance drawn once."""
    own = rate * aht / (demand.hours * 3600)
    load = _carried(demand, own, np.full(own.shape, np.inf))
    slots = demand.law.concurrency
    highest = max(float(load.max()), float(demand.load.max()))
    unplanned = demand.shrinkage.unplanned
    most = (1.3 * highest / slots + 8 * np.sqrt(highest / slots) + 12) / (1 - unplanned) + demand.minimum.max()
    mean_aht = float(np.average(demand.aht, weights=demand.offered)) if demand.offered.sum() else float(demand.aht[0])
    parts, count, days = demand.parts()
    table = tabulate_law(most, max(highest, 1.0), mean_aht, demand.law)
    return Futures(
        demand=demand,
        rate=rate,
        own=own,
        load=load,
        table=table,
        attendance=draw_attendance(most, unplanned, paths=len(rate), parts=count, days=days, seed=seed),
        parts=parts,
    )


def _carried(demand: Demand, own: Array, slots: Array) -> Array:
    opens = openings(demand.starts, demand.hours)
    patience = float(demand.law.patience)
    return carried_load(own, slots, width=demand.hours * 3600, aht=demand.aht, patience=patience, opens=opens)


def plan_with_confidence(futures: Futures, confidence: float) -> tuple[Whole, Array]:
    """Agents by interval, and by interval the chance that the promise of its scope is kept."""
    demand = futures.demand
    if demand.target.scope == "interval":
        return _each_interval(futures, confidence)
    base = np.maximum(least_agents(demand), _least_for_floor(futures, confidence))
    agents = _enough_share(futures, base, confidence)
    agents = _enough_floor(futures, agents, confidence)  # queues left behind were not counted in the base
    topped = np.maximum(agents, plan_for_mean(demand, base=agents.astype(float)))
    kept = chance_kept(futures, topped)
    _warn_short(demand, kept, confidence)
    return topped, kept[demand.scope]


def chance_kept(futures: Futures, agents: Array) -> Array:
    """Chance of each scope's promise: that of its share, or of the floor in the interval that breaks it most often."""
    levels = futures.levels(agents)
    floor = _by_scope(np.minimum, _floor_kept(futures, levels), futures)
    return np.asarray(np.minimum(_share_kept(futures, levels), floor))


def _floor_kept(futures: Futures, levels: Array) -> Array:
    """Share of the futures on which each interval stays on or above the floor; 1 where few contacts are expected."""
    held = (levels >= futures.demand.target.least - 1e-9).mean(axis=0)
    return np.where(futures.demand.offered >= COUNTED, held, 1.0)


def _by_scope(gather: np.ufunc, values: Array, futures: Futures) -> Array:
    """Values of the intervals [... x intervals] gathered over their scopes."""
    begins = np.searchsorted(futures.demand.scope, np.arange(futures.demand.scopes))
    return np.asarray(gather.reduceat(values, begins, axis=-1))


def _each_interval(futures: Futures, confidence: float) -> tuple[Whole, Array]:
    demand, share = futures.demand, futures.demand.target.share
    low = demand.fewest(demand.target, share=1e-12, least=True)
    agents = _fewest_by_itself(futures, share, confidence, low)
    agents = np.maximum(agents, demand.fewest(demand.target, share=share))
    kept = (futures.uncarried(agents) >= share - 1e-9).mean(axis=0)
    _warn_short(demand, kept, confidence)
    return agents.astype(np.int64), kept


def _least_for_floor(futures: Futures, confidence: float) -> Array:
    """Fewest agents with which each interval by itself stays above the floor on enough futures."""
    demand, floor = futures.demand, futures.demand.target.least
    if floor <= 0:
        return np.zeros(len(demand.offered))
    agents = _fewest_by_itself(futures, floor, confidence, np.zeros(len(demand.offered)))
    return np.where(demand.offered >= COUNTED, agents, 0.0)


def _fewest_by_itself(futures: Futures, share: float, confidence: float, low: Array) -> Array:
    """Fewest agents, from `low`, that serve the share of each interval by itself on enough futures."""
    demand = futures.demand
    low = np.where(demand.offered > 0, np.maximum(low, 1), low) - 1
    high = np.maximum(np.full(len(low), _most(futures)), low + 1)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        good = (futures.uncarried(middle) >= share - 1e-9).mean(axis=0) >= confidence - 1e-9
        low, high = np.where(good, low, middle), np.where(good, middle, high)
    return np.where((demand.offered > 0) | (demand.minimum > 0), high, 0)


def _most(futures: Futures) -> float:
    """Agents up to which service is tabulated, as they are planned."""
    return float(np.floor(futures.table.max_agents * (1 - futures.demand.shrinkage.unplanned)))


def _enough_share(futures: Futures, base: Array, confidence: float) -> Whole:
    """Fewest agents found that reach the share of every scope on enough futures.

    Agents are ranked by what they bring, first over all futures, then over those on which the promise is decided: the
    ones near the quantile. Of all rankings each scope takes the cheapest plan.
    """
    demand, load = futures.demand, futures.load
    near: Whole | None = None
    best: Whole | None = None
    least = np.full(demand.scopes, np.inf)
    for _ in range(_RANKINGS):
        agents = _along(futures, base, confidence, near, load)
        agents = _once_more(futures, _without_spare(futures, agents, base, confidence, near), confidence)
        present = futures.present(agents)
        load = futures.carried(present)
        levels = futures.served(present, load)
        near = _deciding(futures, levels, confidence)
        kept = _share_kept(futures, levels) >= confidence - 1e-9
        hours = np.where(kept, demand.by_scope(agents * demand.hours), np.inf)
        best = agents if best is None else np.where((hours < least - 1e-9)[demand.scope], agents, best)
        least = np.minimum(hours, least)
    assert best is not None
    return best


def _along(futures: Futures, base: Array, confidence: float, near: Whole | None, load: Array) -> Whole:
    """Fewest steps along the order of gains, by scope, until the share is reached on enough futures at this load."""
    demand = futures.demand
    top = np.maximum(np.minimum(_top(futures), _most(futures)), base)
    gains = _mean_curve(futures, base, top) if near is None else _curve_on(futures, near, base, top)
    ranking = rank_agents(gains, demand.hours, demand.scope, (top - base).astype(np.int64))
    low = np.full(demand.scopes, -1, dtype=np.int64)
    high = np.bincount(demand.scope, weights=top - base, minlength=demand.scopes).astype(np.int64)
    while (high - low > 1).any():
        middle = (low + high) // 2
        present = futures.present(base + ranking.agents(middle, demand.scope))
        good = _share_kept(futures, futures.served(present, load)) >= confidence - 1e-9
        low, high = np.where(good, low, middle), np.where(good, middle, high)
    return (base + ranking.agents(high, demand.scope)).astype(np.int64)


def _share_kept(futures: Futures, levels: Array) -> Array:
    """Share of the futures on which each scope reaches its share."""
    return np.asarray((futures.over_scopes(levels) >= futures.demand.target.share - 1e-9).mean(axis=0))


def _deciding(futures: Futures, levels: Array, confidence: float) -> Whole:
    """Futures [some x scopes] on which the promise is decided: the ones around the quantile of the scope's service."""
    order = np.argsort(futures.over_scopes(levels), axis=0, kind="stable")
    paths = len(order)
    count = min(paths, max(_FEWEST_DECIDING, round(_DECIDING * paths)))
    middle = (1 - confidence) * paths
    first = int(np.clip(round(middle - count / 2), 0, paths - count))
    return np.asarray(order[first : first + count], dtype=np.int64)


def _top(futures: Futures) -> Array:
    """Agents that serve nearly all contacts of a busy path, absence included."""
    demand = futures.demand
    busy = np.quantile(futures.load, 0.995, axis=0)
    slots = demand.law.concurrency
    unplanned = demand.shrinkage.unplanned
    people = busy / slots
    spare = 3 * np.sqrt(people) + 3 + 4 * np.sqrt(unplanned * people) + unplanned * people
    return np.asarray(np.where(demand.load > 0, np.ceil(people + spare), 0.0))


def _mean_curve(futures: Futures, base: Array, top: Array) -> Array:
    """Contacts answered in time by further agents, averaged over the rates: the paths in groups of like load."""
    groups = np.array_split(np.argsort(futures.load, axis=0), min(_QUANTILES, len(futures.load)))
    n = _further(base, top)
    met = np.zeros(n.shape)
    for rows in groups:
        load = np.take_along_axis(futures.load, rows, axis=0).mean(axis=0)
        rate = np.take_along_axis(futures.rate, rows, axis=0).sum(axis=0) / len(futures.load)
        met += rate[:, None] * futures.table.service_level(n, load[:, None])
    return met


def _curve_on(futures: Futures, near: Whole, base: Array, top: Array) -> Array:
    """Contacts answered in time by further agents, averaged over some futures of each scope."""
    n, scope = _further(base, top), futures.demand.scope
    met = np.zeros(n.shape)
    at = np.arange(len(scope))
    for chosen in near:
        rate, load = futures.rate[chosen[scope], at], futures.load[chosen[scope], at]
        met += rate[:, None] * futures.table.service_level(n, load[:, None]) / len(near)
    return met


def _further(base: Array, top: Array) -> Array:
    return np.asarray(np.minimum(base[:, None] + np.arange(int((top - base).max()) + 1), top[:, None]))


def _enough_floor(futures: Futures, agents: Whole, confidence: float) -> Whole:
    """Add agents to the intervals that fall below the floor too often."""
    demand, agents = futures.demand, agents.copy()
    most = _most(futures) - 1
    for _ in range(_FLOOR_ROUNDS):
        low = (_floor_kept(futures, futures.levels(agents)) < confidence - 1e-9) & (agents < most)
        low &= demand.offered > 0
        if not low.any():
            break
        agents[low] += 1
    return agents


def _without_spare(futures: Futures, agents: Whole, base: Array, confidence: float, near: Whole | None) -> Whole:
    """Take single agents away while the share is reached on enough futures, the least missed first."""
    demand, share = futures.demand, futures.demand.target.share
    agents, contacts = agents.copy(), np.maximum(_by_scope(np.add, futures.rate, futures), 1e-12)
    for _ in range(4):
        carried = futures.carried(futures.present(agents))
        levels = futures.served(futures.present(agents), carried)
        lost = futures.rate * (levels - futures.served(futures.present(np.maximum(agents - 1, 0)), carried))
        reached = futures.over_scopes(levels)
        missed = lost.mean(axis=0) if near is None else lost[near[:, demand.scope], np.arange(len(agents))].mean(axis=0)
        removed = 0
        for i in np.argsort(missed / demand.hours, kind="stable"):
            d = demand.scope[i]
            then = reached[:, d] - lost[:, i] / contacts[:, d]
            if agents[i] > base[i] and np.mean(then >= share - 1e-9) >= confidence - 1e-9:
                agents[i] -= 1
                reached[:, d] = then
                removed += 1
        if not removed:
            break
    return agents


def _once_more(futures: Futures, agents: Whole, confidence: float) -> Whole:
    """Add agents, one a scope at a time, where what fewer of them leave behind has cost the confidence after all."""
    demand, agents = futures.demand, agents.copy()
    for _ in range(_SHARE_ROUNDS):
        present = futures.present(agents)
        load = futures.carried(present)
        levels = futures.served(present, load)
        short = np.flatnonzero(_share_kept(futures, levels) < confidence - 1e-9)
        if not short.size:
            break
        near = _deciding(futures, levels, confidence)[:, demand.scope], np.arange(len(agents))
        more = futures.rate * (futures.served(futures.present(agents + 1), load) - levels)
        gain = more[near].mean(axis=0) / demand.hours
        gain = np.where(agents < _most(futures) - 1, gain, -1.0)
        for d in short:
            begin, end = np.searchsorted(demand.scope, [d, d + 1])
            agents[begin + int(gain[begin:end].argmax())] += 1
    return agents


def _warn_short(demand: Demand, kept: Array, confidence: float) -> None:
    missed = int((kept < confidence - 0.005).sum())  # what rounds to the share that was asked is no shortfall
    if missed:
        warnings.warn(
            f"queue {demand.queue!r}: no number of agents keeps the promise with {confidence:.0%} confidence "
            f"in {missed} {demand.target.scope}(s); the best found reaches {kept.min():.0%}.",
            WfmWarning,
            stacklevel=2,
        )
