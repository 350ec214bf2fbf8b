"""Agents by group where groups share queues: bounds by formula, then a search on simulated service.

If every agent could do everything, the pooled queue would be enough: the lower bound. If nobody helped elsewhere, each
queue would need its own agents: the upper bound. Between them the fewest agents are found by adding, taking away and
exchanging agents, every crew meeting the same simulated contacts. An agent counts once, for whatever is taken up.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm.erlang.formulas.arguments import Array, Numbers
from wfm.erlang.simulation.bounds import Crew, Needs, changed, cost, pooled, separate_crew
from wfm.erlang.simulation.demand import Grid
from wfm.erlang.simulation.groups import AgentGroup, rules_of
from wfm.erlang.simulation.pool_results import PoolSimulation
from wfm.erlang.simulation.pools import centre_of, simulate_pool
from wfm.erlang.simulation.trials import Service, Trials
from wfm.errors import SettingError, WfmWarning
from wfm.queues import Pool, Queue

_HOPE = 1  # agents below the pooled need with which a crew is still tried: its formula knows means only


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStaffing:
    """Agents by group and what they give.

    Attributes
    ----------
    agents : table      One row a group and interval: agents.
    service : table     One row a queue and interval, in the steady state of the interval and simulated afresh:
                        service_level, abandon_rate, asa [s], each with its standard error, and the target's share.
    bounds : table      One row an interval: pooled, agents, separate [agents]; cost, separate_cost.
    day : PoolSimulation or None    The whole day with what intervals hand on to each other; None for one interval.
    """

    agents: pd.DataFrame
    service: pd.DataFrame
    bounds: pd.DataFrame
    day: PoolSimulation | None

    @property
    def saving(self) -> float:
        """Share of the cost of separate queues that sharing agents saves."""
        separate = float(self.bounds["separate_cost"].sum())
        return 1 - float(self.bounds["cost"].sum()) / separate if separate else 0.0


def staff_pools(
    offered: Mapping[str, Numbers] | pd.DataFrame,
    *,
    queues: Sequence[Queue],
    groups: Sequence[AgentGroup],
    pool: Pool | None = None,
    interval: float | None = None,
    contacts: int = 20_000,
    replications: int = 20,
    seed: int = 0,
) -> PoolStaffing:
    """The cheapest agents by group, found by search, with which every queue keeps its target in every interval.

    Parameters
    ----------
    offered : mapping or table      Contacts of each queue by interval, or a `forecast` table.
    queues : sequence of Queue      Each with aht, patience and target (share, and max_abandon and max_asa if given).
    groups : sequence of AgentGroup
                                    Each queue needs a group that serves it.
    pool : Pool                     Routing, and priority for privileged queues.
    interval : float [s]            Width of all intervals; told by tables.
    contacts : int                  Contacts simulated for each crew tried. 20,000: the service level of a crew is known
                                    to about half a point, and a crew takes about a tenth of a second.
    replications, seed : int        Of the whole day at the end; of all draws.

    Returns
    -------
    PoolStaffing

    Raises
    ------
    SettingError                    A queue has no target or no group.

    Notes
    -----
    Interval by interval with its mean rate in the steady state; intervals with the same rates get the same crew. The
    crew found is simulated again with other contacts, and enlarged until it keeps the targets there too; if that costs
    more than separate queues, these are taken unless the simulation contradicts by two standard errors. Lower bound:
    Erlang A of the sum of the loads, with the mean share and the longest wait of the targets. Upper bound: the sum of
    Erlang A of each queue. The result is as near to the optimum as single additions, removals and exchanges come.

    A privileged segment goes first, and has a target of its own:

    >>> from wfm.target import ServiceTarget
    >>> gold = Queue(name="gold", aht=300, patience=180, target=ServiceTarget(share=0.85, within=20))
    >>> rest = Queue(name="rest", aht=300, patience=180, target=ServiceTarget(share=0.8, within=60))
    >>> found = staff_pools({"gold": [30], "rest": [100]}, queues=[gold, rest], interval=1800,
    ...     groups=[AgentGroup(name="all", skills=("gold", "rest"))],
    ...     pool=Pool(name="bank", queues=("gold", "rest"), priority=("gold",)))
    >>> found.bounds[["pooled", "agents", "separate"]].to_numpy().tolist()
    [[22, 23, 25]]
    >>> bool((found.service["service_level"] >= found.service["share"]).all())
    True
    """
    _checked(queues, groups)
    rates, grid = _rates(offered, queues, groups, pool, interval)
    crews: dict[tuple[float, ...], tuple[Crew, Service]] = {}
    for row in rates:
        key = tuple(row)
        if key not in crews:
            crews[key] = _staffed(row, queues, groups, pool, contacts, seed)
    found = [crews[tuple(row)] for row in rates]
    bounds = _bounds_table(grid, rates, queues, groups, [crew for crew, _ in found])
    _warn_of_loss(bounds)
    return PoolStaffing(
        agents=_agents_table(grid, groups, [crew for crew, _ in found]),
        service=_service_table(grid, queues, [service for _, service in found]),
        bounds=bounds,
        day=_day(rates, grid, queues, groups, pool, [crew for crew, _ in found], replications, seed),
    )


def _staffed(
    rates: Array, queues: Sequence[Queue], groups: Sequence[AgentGroup], pool: Pool | None, contacts: int, seed: int
) -> tuple[Crew, Service]:
    """The crew of constant rates [1/s] and its service, simulated afresh."""
    if not rates.any():
        return (0,) * len(groups), _idle(len(queues))
    tried = Trials(rates, queues=queues, groups=groups, pool=pool, contacts=contacts, seed=seed)
    fresh = Trials(rates, queues=queues, groups=groups, pool=pool, contacts=2 * contacts, seed=seed + 1)
    needs = Needs.of(rates, queues, groups)
    crew = _enlarged(needs.covered((0,) * len(groups), groups), tried, groups)
    crew = _enlarged(_reduced(crew, tried, needs, groups), fresh, groups)
    separate = separate_crew(rates, queues, groups)
    if cost(separate, groups) < cost(crew, groups) - 1e-9 and _confirmed(separate, fresh):
        crew = separate
    return crew, fresh.service(crew)


def _confirmed(crew: Crew, trials: Trials) -> bool:
    """Whether the simulation lets stand what the formula says of a crew."""
    return trials.service(crew).with_luck(2.0).shortfall(trials.queues) == 0


def _enlarged(crew: Crew, trials: Trials, groups: Sequence[AgentGroup]) -> Crew:
    """Agents added until every target is kept: each time the one who mends most for the money."""
    while (missing := trials.shortfall(crew)) > 0:
        now = trials.service(crew)
        short = {queue.name for q, queue in enumerate(trials.queues) if now.only(q).shortfall([queue]) > 0}
        worth = {
            g: ((missing - trials.shortfall(changed(crew, g, 1))) / group.cost, -group.cost)
            for g, group in enumerate(groups)
            if short & set(group.skills)
        }
        crew = changed(crew, max(worth, key=lambda g: worth[g]), 1)
    return crew


def _reduced(crew: Crew, trials: Trials, needs: Needs, groups: Sequence[AgentGroup]) -> Crew:
    """Agents taken away, or exchanged for cheaper ones, as long as every target is kept."""
    while True:
        cheaper = [
            other
            for other in _neighbours(crew, groups)
            if cost(other, groups) < cost(crew, groups) - 1e-9 and needs.lack(other) <= _HOPE
        ]
        cheaper.sort(key=lambda other: cost(other, groups))
        found = next((other for other in cheaper if trials.keeps(other)), None)
        if found is None:
            return crew
        crew = found


def _neighbours(crew: Crew, groups: Sequence[AgentGroup]) -> list[Crew]:
    """One agent fewer; one exchanged for one of another group; two for one who has more skills than either."""
    out = []
    here = [g for g, n in enumerate(crew) if n > 0]
    for g in here:
        fewer = changed(crew, g, -1)
        out.append(fewer)
        out.extend(changed(fewer, h, 1) for h in range(len(groups)) if h != g)
        for k in (k for k in here if k >= g and fewer[k] > 0):
            skills = max(len(groups[g].skills), len(groups[k].skills))
            rich = [h for h, group in enumerate(groups) if len(group.skills) > skills]
            out.extend(changed(changed(fewer, k, -1), h, 1) for h in rich)
    return list(dict.fromkeys(out))


def _warn_of_loss(bounds: pd.DataFrame) -> None:
    loss = float(bounds["cost"].sum() / max(float(bounds["separate_cost"].sum()), 1e-300)) - 1
    if loss > 1e-9:
        warnings.warn(
            f"sharing agents by these rules costs {loss:.1%} more than separate queues: contacts of one queue keep "
            "those busy whom another needs. Route to the most specialised, or give groups fewer skills.",
            WfmWarning,
            stacklevel=3,
        )


def _rates(
    offered: Mapping[str, Numbers] | pd.DataFrame,
    queues: Sequence[Queue],
    groups: Sequence[AgentGroup],
    pool: Pool | None,
    interval: float | None,
) -> tuple[Array, Grid]:
    """Rates [intervals x queues; 1/s] and the intervals."""
    centre = centre_of(
        offered,
        {group.name: 0 for group in groups},
        queues=queues,
        groups=groups,
        pool=pool,
        interval=interval,
        handle=None,
        patience=None,
        unplanned=0.0,
        replications=1,
        seed=0,
    )
    mean = np.array([demand.rates.mean(axis=0) for demand in centre.demands]).T
    return mean / centre.grid.width, centre.grid


def _checked(queues: Sequence[Queue], groups: Sequence[AgentGroup]) -> None:
    rules_of(queues, groups, None)
    for queue in queues:
        if queue.target is None:
            raise SettingError(f"queue {queue.name!r} needs a target to be staffed for.", name="target")


def _idle(count: int) -> Service:
    one, none = np.ones(count), np.zeros(count)
    return Service(
        service_level=one,
        service_level_error=none,
        abandon_rate=none,
        abandon_rate_error=none,
        asa=none,
        asa_error=none,
    )


def _agents_table(grid: Grid, groups: Sequence[AgentGroup], crews: list[Crew]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame({"group": group.name, **grid.columns(), "agents": [crew[g] for crew in crews]})
            for g, group in enumerate(groups)
        ],
        ignore_index=True,
    )


def _service_table(grid: Grid, queues: Sequence[Queue], services: list[Service]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "queue": queue.name,
                    **grid.columns(),
                    "share": queue.target.share if queue.target else 0.0,
                    **{name: [float(getattr(s, name)[q]) for s in services] for name in Service.__slots__},
                }
            )
            for q, queue in enumerate(queues)
        ],
        ignore_index=True,
    )


def _bounds_table(
    grid: Grid, rates: Array, queues: Sequence[Queue], groups: Sequence[AgentGroup], crews: list[Crew]
) -> pd.DataFrame:
    separate = [separate_crew(row, queues, groups) for row in rates]
    return pd.DataFrame(
        {
            **grid.columns(),
            "pooled": [pooled(row, queues, range(len(queues))) for row in rates],
            "agents": [sum(crew) for crew in crews],
            "separate": [sum(crew) for crew in separate],
            "cost": [cost(crew, groups) for crew in crews],
            "separate_cost": [cost(crew, groups) for crew in separate],
        }
    )


def _day(
    rates: Array,
    grid: Grid,
    queues: Sequence[Queue],
    groups: Sequence[AgentGroup],
    pool: Pool | None,
    crews: list[Crew],
    replications: int,
    seed: int,
) -> PoolSimulation | None:
    """The whole day of all intervals."""
    if len(crews) == 1:
        return None
    offered: Mapping[str, Numbers] | pd.DataFrame = {
        queue.name: rates[:, q] * grid.width for q, queue in enumerate(queues)
    }
    if grid.start is not None:
        offered = pd.concat(
            [
                pd.DataFrame({"queue": queue.name, **grid.columns(), "offered": rates[:, q] * grid.width})
                for q, queue in enumerate(queues)
            ],
            ignore_index=True,
        )
    return simulate_pool(
        offered,
        {group.name: [crew[g] for crew in crews] for g, group in enumerate(groups)},
        queues=queues,
        groups=groups,
        pool=pool,
        interval=grid.width,
        replications=replications,
        seed=seed,
    )
