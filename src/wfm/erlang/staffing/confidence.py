"""Agents with which a promise holds on so large a share of the possible futures.

A future is a path of rates together with who comes. The promise of a scope is kept on it if the expected service over
the scope reaches the share and no interval with at least five expected contacts falls below the floor. All plans are
compared on the same futures, so that more agents never keep fewer promises.
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
    """Agents by interval, and by interval the share of futures on which the promise of its scope is kept."""
    demand = futures.demand
    if demand.target.scope == "interval":
        return _each_interval(futures, confidence)
    base = least_agents(demand)
    agents = _enough_share(futures, base, confidence)
    agents = _enough_floor(futures, agents, confidence)
    agents = _without_spare(futures, agents, base, confidence)
    agents = _enough_floor(futures, agents, confidence)  # fewer agents leave a little more behind than was counted
    topped = np.maximum(agents, plan_for_mean(demand, base=agents.astype(float)))
    kept = kept_promises(futures, topped).mean(axis=0)
    _warn_short(demand, kept, confidence)
    return topped, kept[demand.scope]


def kept_promises(futures: Futures, agents: Array) -> npt.NDArray[np.bool_]:
    """Whether the promise is kept, by path and scope."""
    levels = futures.levels(agents)
    return np.asarray(_share_kept(futures, futures.over_scopes(levels)) & (_broken(futures, levels) == 0))


def _share_kept(futures: Futures, scopes: Array) -> npt.NDArray[np.bool_]:
    return np.asarray(scopes >= futures.demand.target.share - 1e-9)


def _below(futures: Futures, levels: Array) -> npt.NDArray[np.bool_]:
    return np.asarray((levels < futures.demand.target.least - 1e-9) & (futures.demand.offered >= COUNTED))


def _broken(futures: Futures, levels: Array) -> Array:
    """Number of intervals below the floor, by path and scope."""
    begins = np.searchsorted(futures.demand.scope, np.arange(futures.demand.scopes))
    return np.asarray(np.add.reduceat(_below(futures, levels).astype(np.int64), begins, axis=1))


def _each_interval(futures: Futures, confidence: float) -> tuple[Whole, Array]:
    demand, share = futures.demand, futures.demand.target.share
    low = demand.fewest(demand.target, share=1e-12, least=True)
    low = np.where(demand.offered > 0, np.maximum(low, 1), low) - 1
    high = np.full(len(low), np.floor(futures.table.max_agents * (1 - demand.shrinkage.unplanned)))
    high = np.maximum(high, low + 1)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        good = (futures.uncarried(middle) >= share - 1e-9).mean(axis=0) >= confidence - 1e-9
        low, high = np.where(good, low, middle), np.where(good, middle, high)
    agents = np.where((demand.offered > 0) | (demand.minimum > 0), high, 0)
    agents = np.maximum(agents, demand.fewest(demand.target, share=share)).astype(np.int64)
    kept = (futures.uncarried(agents) >= share - 1e-9).mean(axis=0)
    _warn_short(demand, kept, confidence)
    return agents, kept


def _enough_share(futures: Futures, base: Array, confidence: float) -> Whole:
    """Fewest steps along the order of gains, by scope, until the share is reached on enough futures."""
    demand = futures.demand
    top = np.maximum(
        np.minimum(_top(futures), np.floor(futures.table.max_agents * (1 - demand.shrinkage.unplanned))), base
    )
    ranking = rank_agents(_mean_curve(futures, base, top), demand.hours, demand.scope, (top - base).astype(np.int64))
    low = np.full(demand.scopes, -1, dtype=np.int64)
    high = np.bincount(demand.scope, weights=top - base, minlength=demand.scopes).astype(np.int64)
    while (high - low > 1).any():
        middle = (low + high) // 2
        levels = futures.levels(base + ranking.agents(middle, demand.scope))
        good = _share_kept(futures, futures.over_scopes(levels)).mean(axis=0) >= confidence - 1e-9
        low, high = np.where(good, low, middle), np.where(good, middle, high)
    return (base + ranking.agents(high, demand.scope)).astype(np.int64)


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
    n = np.minimum(base[:, None] + np.arange(int((top - base).max()) + 1), top[:, None])
    met = np.zeros(n.shape)
    for rows in groups:
        load = np.take_along_axis(futures.load, rows, axis=0).mean(axis=0)
        rate = np.take_along_axis(futures.rate, rows, axis=0).sum(axis=0) / len(futures.load)
        met += rate[:, None] * futures.table.service_level(n, load[:, None])
    return met


def _enough_floor(futures: Futures, agents: Whole, confidence: float) -> Whole:
    """Add agents, one a scope at a time, to the intervals whose floor breaks the most promises."""
    demand = futures.demand
    present = futures.present(agents)
    carried = futures.carried(present)
    agents, levels = agents.copy(), futures.served(present, carried)
    reached, contacts = futures.over_scopes(levels), _contacts(futures)
    below, broken = _below(futures, levels), _broken(futures, levels)
    most = futures.table.max_agents * (1 - demand.shrinkage.unplanned) - 1
    for _ in range(20_000):
        kept = (_share_kept(futures, reached) & (broken == 0)).mean(axis=0)
        short = np.flatnonzero(kept < confidence - 1e-9)
        if not short.size:
            break
        blame = (below / np.maximum(broken, 1)[:, demand.scope]).sum(axis=0)
        blame += 1e-9 * (1 - levels.mean(axis=0)) * demand.offered  # no floor broken: where service is worst
        blame[agents >= most] = -1
        first = np.array([_worst(blame, demand.scope, int(d)) for d in short])
        if (blame[first] <= 0).all():
            break
        agents[first] += 1
        now = futures.served(futures.present(agents[first], first), carried[:, first], first)
        reached[:, short] += futures.rate[:, first] * (now - levels[:, first]) / contacts[:, short]
        still = now < demand.target.least - 1e-9
        still &= demand.offered[first] >= COUNTED
        broken[:, short] += still.astype(np.int64) - below[:, first]
        levels[:, first], below[:, first] = now, still
    return agents


def _worst(blame: Array, scope: Whole, one: int) -> int:
    begin, end = np.searchsorted(scope, [one, one + 1])
    return int(begin + np.argmax(blame[begin:end]))


def _contacts(futures: Futures) -> Array:
    """Contacts [paths x scopes]."""
    begins = np.searchsorted(futures.demand.scope, np.arange(futures.demand.scopes))
    return np.maximum(np.add.reduceat(futures.rate, begins, axis=1), 1e-12)


def _without_spare(futures: Futures, agents: Whole, base: Array, confidence: float) -> Whole:
    """Take single agents away while the promises hold on enough futures, the least missed first."""
    demand, share = futures.demand, futures.demand.target.share
    agents, contacts = agents.copy(), _contacts(futures)
    for _ in range(4):
        present = futures.present(agents)
        carried = futures.carried(present)
        levels = futures.served(present, carried)
        fewer = futures.served(futures.present(np.maximum(agents - 1, 0)), carried)
        reached, broken = futures.over_scopes(levels), _broken(futures, levels)
        loss = (futures.rate * (levels - fewer)).mean(axis=0) / demand.hours
        below, below_then = _below(futures, levels), _below(futures, fewer)
        removed = 0
        for i in np.argsort(loss, kind="stable"):
            if agents[i] <= base[i]:
                continue
            d = demand.scope[i]
            then = reached[:, d] - futures.rate[:, i] * (levels[:, i] - fewer[:, i]) / contacts[:, d]
            breaks = broken[:, d] - below[:, i] + below_then[:, i]
            if np.mean((then >= share - 1e-9) & (breaks == 0)) >= confidence - 1e-9:
                agents[i] -= 1
                reached[:, d], broken[:, d], levels[:, i] = then, breaks, fewer[:, i]
                removed += 1
        if not removed:
            break
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
