"""Queues that share groups of agents, simulated event by event."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm.checks import whole_number
from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array, Numbers
from wfm.erlang.simulation.crew import Counts, Whole, Windows, crew_of
from wfm.erlang.simulation.demand import Demand, Grid, demand_of
from wfm.erlang.simulation.groups import AgentGroup, Rules, ladder, rules_of
from wfm.erlang.simulation.laws import DurationLaw, exponential
from wfm.erlang.simulation.one_queue import outcome_of
from wfm.erlang.simulation.pool_results import PoolSimulation, pool_tables
from wfm.erlang.simulation.results import Counting, Sums, spells, sums_of
from wfm.erlang.simulation.skills import Floor
from wfm.errors import DataError, SettingError, WfmWarning, listed
from wfm.queues import Pool, Queue

_ASSUMED_PATIENCE = 300.0
Contacts = tuple[Array, Whole, Array, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """Queues, groups and the rules between them, with what arrives and who is there."""

    queues: tuple[Queue, ...]
    groups: tuple[AgentGroup, ...]
    rules: Rules
    demands: tuple[Demand, ...]
    crews: tuple[Counts, ...]
    grid: Grid
    seed: int

    def drawn(self, replication: int) -> Contacts:
        """Arrival, queue, work and patience of the contacts of all queues by arrival."""
        parts = [
            demand.draw(np.random.default_rng([self.seed, replication, q]), replication)
            for q, demand in enumerate(self.demands)
        ]
        of = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
        arrival, work, patience = (np.concatenate([part[k] for part in parts]) for k in range(3))
        order = np.argsort(arrival, kind="stable")
        return arrival[order], of[order], work[order], patience[order]

    def changes(self, replication: int) -> list[tuple[float, int, int]]:
        """Agents who come and go: moment, group, how many."""
        rows: list[tuple[float, int, int]] = []
        for g, crew in enumerate(self.crews):
            counts = crew.agents[replication if len(crew.agents) > 1 else 0]
            steps = np.diff(counts, prepend=0)
            rows.extend((float(i * self.grid.width), g, int(steps[i])) for i in np.flatnonzero(steps))
        return sorted(rows, key=lambda row: (row[0], row[1]))

    def replayed(self, replication: int, contacts: Contacts) -> Floor:
        """One replication of these contacts."""
        arrival, queue, work, patience = contacts
        floor = Floor(arrival.tolist(), queue.tolist(), work.tolist(), patience.tolist(), self.rules)
        return floor.replay(self.changes(replication))


def simulate_pool(
    offered: Mapping[str, Numbers] | pd.DataFrame,
    agents: Mapping[str, Numbers],
    *,
    queues: Sequence[Queue],
    groups: Sequence[AgentGroup],
    pool: Pool | None = None,
    interval: float | None = None,
    handle: Mapping[str, DurationLaw] | None = None,
    patience: Mapping[str, DurationLaw] | None = None,
    unplanned: float = 0.0,
    replications: int = 20,
    seed: int = 0,
) -> PoolSimulation:
    """Service of several queues whose agents have several skills, found by drawing the day many times.

    Parameters
    ----------
    offered : mapping or table      Contacts of each queue by interval (or paths x intervals), or a `forecast` table.
    agents : mapping                Whole agents of each group, by interval or one number. Where they fall, idle ones
                                    leave first, busy ones finish what is in hand; the last number stays.
    queues : sequence of Queue      aht or aht_by_concurrency, patience, and target, which says how contacts count.
    groups : sequence of AgentGroup
    pool : Pool                     Routing and priority; None: longest idle agent, oldest contact.
    interval : float [s]            Width of all intervals; told by tables.
    handle, patience : mapping      Laws by queue where they are not exponential (handle: scaled to its mean).
    unplanned : float               Share of people who do not come, by person and day.
    replications, seed : int        Replication r meets the same contacts whatever the agents.

    Returns
    -------
    PoolSimulation                  Tables by queue and interval, by queue and replication, by queue, by group.

    Raises
    ------
    SettingError, DataError         A queue is served by nobody, names do not match, arguments cannot be used.

    Notes
    -----
    A contact goes to the agent with the fewest contacts in hand among those who may take it: the longest idle, or of
    the group with the fewest skills first (`most-specialised`). A freed agent takes the contact of the highest priority
    that waits for one of its skills, among equals the oldest. An agent works on one queue at a time, on up to
    `concurrency` contacts of it; with j in hand each proceeds at the speed 1 / aht_by_concurrency[j - 1]. While some
    are in hand the agent takes no more of them as long as a contact of higher priority waits for it.

    >>> from wfm.target import ServiceTarget
    >>> voice = Queue(name="voice", aht=300, patience=180, target=ServiceTarget(share=0.8, within=30))
    >>> care = Queue(name="care", aht=300, patience=180, target=ServiceTarget(share=0.8, within=30))
    >>> both = AgentGroup(name="both", skills=("voice", "care"))
    >>> day = simulate_pool({"voice": [60], "care": [60]}, {"both": 21}, queues=[voice, care], groups=[both],
    ...     interval=1800, replications=200)
    >>> bool(abs(day.total["service_level"] - 0.88).max() < 0.03)
    True
    """
    centre = centre_of(
        offered,
        agents,
        queues=queues,
        groups=groups,
        pool=pool,
        interval=interval,
        handle=handle,
        patience=patience,
        unplanned=unplanned,
        replications=whole_number(replications, name="replications", low=1),
        seed=seed,
    )
    sums, busy = simulated(centre, [centre.drawn(r) for r in range(replications)])
    return pool_tables(centre, sums, busy)


def pool_contacts(
    offered: Mapping[str, Numbers] | pd.DataFrame,
    agents: Mapping[str, Numbers],
    *,
    queues: Sequence[Queue],
    groups: Sequence[AgentGroup],
    pool: Pool | None = None,
    interval: float | None = None,
    handle: Mapping[str, DurationLaw] | None = None,
    patience: Mapping[str, DurationLaw] | None = None,
    unplanned: float = 0.0,
    replication: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """One replication of `simulate_pool`, contact by contact.

    Returns
    -------
    table       `contacts`: queue, arrival, wait [s], outcome, handle [s], and the group and number of the agent.
                Bare numbers begin on 2000-01-01.
    """
    r = whole_number(replication, name="replication")
    centre = centre_of(
        offered,
        agents,
        queues=queues,
        groups=groups,
        pool=pool,
        interval=interval,
        handle=handle,
        patience=patience,
        unplanned=unplanned,
        replications=r + 1,
        seed=seed,
    )
    contacts = arrival, queue, _, patient = centre.drawn(r)
    floor = centre.replayed(r, contacts)
    wait, end, agent, group = (np.array(x) for x in (floor.wait, floor.end, floor.agent, floor.group))
    served = agent >= 0
    start = centre.grid.start if centre.grid.start is not None else pd.Timestamp("2000-01-01")
    names = np.array([g.name for g in centre.groups], dtype=object)
    waited = np.where(served, wait, patient)
    table = pd.DataFrame(
        {
            "queue": np.array([q.name for q in centre.queues], dtype=object)[queue],
            "arrival": start + pd.to_timedelta(arrival, unit="s"),
            "wait": np.where(np.isfinite(waited), waited, np.nan),
            "outcome": outcome_of(served, patient),
            "handle": np.where(served, end - arrival - np.where(served, wait, 0.0), np.nan),
            "group": np.where(served, names[group[agent]] if len(group) else None, None),
            "agent": np.where(served, agent, -1),
        }
    )
    return table.sort_values(["queue", "arrival"], kind="stable").reset_index(drop=True)


def centre_of(
    offered: Mapping[str, Numbers] | pd.DataFrame,
    agents: Mapping[str, Numbers],
    *,
    queues: Sequence[Queue],
    groups: Sequence[AgentGroup],
    pool: Pool | None,
    interval: float | None,
    handle: Mapping[str, DurationLaw] | None,
    patience: Mapping[str, DurationLaw] | None,
    unplanned: float,
    replications: int,
    seed: int,
) -> Centre:
    """The centre, its parts checked against each other."""
    rules = rules_of(queues, groups, pool)
    streams = _by_queue(offered, [queue.name for queue in queues])
    demands = tuple(
        _demand(queue, streams[queue.name], interval, (handle or {}).get(queue.name), (patience or {}).get(queue.name))
        for queue in queues
    )
    grid = demands[0].grid
    for queue, demand in zip(queues, demands, strict=True):
        if demand.grid != grid:
            raise DataError(
                f"all queues must have the same intervals; queue {queue.name!r} has {demand.grid.count} from "
                f"{demand.grid.start}, the first has {grid.count} from {grid.start}.",
                column="start",
            )
        if not any(queue.name in group.skills for group in groups):
            raise SettingError(f"queue {queue.name!r} is served by no group.", name="groups")
    if set(agents) != {group.name for group in groups}:
        raise SettingError(
            f"agents must be given for each group and no other, got {listed(agents)} for "
            f"{listed(group.name for group in groups)}.",
            name="agents",
        )
    return Centre(
        queues=tuple(queues),
        groups=tuple(groups),
        rules=rules,
        demands=demands,
        crews=tuple(
            _crew(agents[group.name], grid, g, unplanned, replications, seed) for g, group in enumerate(groups)
        ),
        grid=grid,
        seed=whole_number(seed, name="seed"),
    )


def simulated(centre: Centre, drawn: list[Contacts]) -> tuple[list[Sums], Array]:
    """Sums of each queue, and busy agent-seconds [replications x groups x intervals]."""
    found, busy = [], []
    for r, contacts in enumerate(drawn):
        floor = centre.replayed(r, contacts)
        found.append(floor.wait)
        busy.append(_busy(floor, len(centre.groups), centre.grid))
    replication = np.repeat(np.arange(len(found)), [len(wait) for wait in found])
    arrival, queue, _, patience = (np.concatenate([part[k] for part in drawn]) for k in range(4))
    waits = np.concatenate(found)
    sums = []
    for q in range(len(centre.queues)):
        mine = queue == q
        sums.append(
            sums_of(
                arrival=arrival[mine],
                offered_wait=waits[mine],
                patience=patience[mine],
                replication=replication[mine],
                shape=(len(found), centre.grid.count),
                width=centre.grid.width,
                counting=counting_in(centre.queues[q]),
                busy=np.zeros((len(found), centre.grid.count)),
            )
        )
    return sums, np.array(busy)


def _busy(floor: Floor, groups: int, grid: Grid) -> Array:
    """Agent-seconds on contacts within the agents' time [groups x intervals]."""
    if not floor.spells:
        return np.zeros((groups, grid.count))
    agent, begin, end = (np.array(x) for x in zip(*floor.spells, strict=True))
    until = np.minimum(end, np.array(floor.leaves)[agent])
    return spells(np.array(floor.group)[agent], begin, until, shape=(groups, grid.count), width=grid.width)


def counting_in(queue: Queue) -> Counting:
    """How contacts of a queue count; 60 s where it has no target."""
    target = queue.target
    if target is None:
        return Counting(within=60.0)
    return Counting(within=target.within, abandoned=target.abandoned, short=target.short)


def _by_queue(offered: Mapping[str, Numbers] | pd.DataFrame, names: list[str]) -> Mapping[str, Any]:
    if isinstance(offered, pd.DataFrame):
        if "queue" not in offered:
            raise DataError("offered must have the column 'queue'.", table="forecast", column="queue")
        streams: Mapping[str, Any] = {str(name): rows for name, rows in offered.groupby("queue", sort=False)}
    else:
        streams = offered
    if set(streams) != set(names):
        raise SettingError(
            f"offered must be given for each queue and no other, got {listed(streams)} for {listed(names)}.",
            name="offered",
        )
    return streams


def _demand(
    queue: Queue, stream: Any, interval: float | None, handle: DurationLaw | None, patience: DurationLaw | None
) -> Demand:
    if patience is None:
        if queue.patience is None:
            warnings.warn(
                f"patience of queue {queue.name!r} is unknown: {_ASSUMED_PATIENCE:.0f} s assumed.",
                WfmWarning,
                stacklevel=4,
            )
        patience = exponential(_ASSUMED_PATIENCE if queue.patience is None else queue.patience)
    # with several contacts in hand the work is in handle times, and the speed in handle times a second
    aht = 1.0 if ladder(queue).most > 1 else seconds(queue.aht, name="aht")
    return demand_of(stream, interval=interval, aht=aht, handle=handle, patience=patience)


def _crew(agents: Numbers, grid: Grid, g: int, unplanned: float, replications: int, seed: int) -> Counts:
    own = int(np.random.SeedSequence([seed, g]).generate_state(1)[0])
    crew = crew_of(agents, grid, queue="", unplanned=unplanned, replications=replications, seed=own)
    if isinstance(crew, Windows):
        raise SettingError("agents of a group must be counts by interval.", name="agents")
    return crew
