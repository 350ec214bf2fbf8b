"""Service of a live queue: the stationary queue of every interval, on every path, with attendance drawn."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wfm.attendance import who_comes
from wfm.erlang import ServiceTable, erlang_a, performance, tabulate
from wfm.evaluation.presence import Lines
from wfm.evaluation.service import Demand, Service
from wfm.queues import Queue

Floats = npt.NDArray[np.float64]
WAITS = np.array([0.0, 5, 15, 30, 60, 120, 240, 420, 660, 900, 1200, 1800, 2700, 3600, 7200])
TAIL_PATHS = 25  # paths on which the tail of the wait is followed


def live_service(lines: Lines, demand: Demand, queue: Queue, *, draws: int, seed: int) -> Service:
    """Service level, abandonment, waits and occupancy of a voice or chat queue."""
    assert queue.target is not None
    patience = np.inf if queue.patience is None else queue.patience
    unplanned = queue.shrinkage.unplanned
    paths = len(demand.rate)
    futures = demand if paths > 1 or unplanned == 0 else _repeat(demand, draws)
    comes = who_comes(lines.people, lines.day, unplanned, paths=len(futures.rate), seed=seed)
    agents = ((comes * lines.counts_as) @ lines.present) * futures.capacity
    load = futures.load
    table = _table(queue, agents, load, futures, patience, queue.target.abandoned, queue.target.within)
    level, lost = table.service_level(agents, load), table.abandon_rate(agents, load)
    expected = lines.rostered * (1 - unplanned)
    mean = performance(
        futures.rate.mean(axis=0),
        expected * demand.capacity,
        interval=demand.width,
        aht=_typical_aht(futures),
        patience=patience,
        within=queue.target.within,
        abandoned=queue.target.abandoned,
        short=queue.target.short,
        concurrency=queue.concurrency,
        aht_by_concurrency=queue.aht_by_concurrency,
    )
    return Service(
        queue=queue,
        demand=futures,
        service_level=level,
        base=_base(queue, table, agents, load, futures, patience),
        abandon_rate=lost,
        asa=np.where(np.isfinite(mean["asa"]), mean["asa"], np.nan),
        occupancy=np.asarray(mean["occupancy"]),
        rostered=lines.rostered,
        expected=expected,
        tail=_tail(agents, futures, queue, patience),
    )


def _table(
    queue: Queue, agents: Floats, load: Floats, demand: Demand, patience: float, abandoned: str, within: float
) -> ServiceTable:
    typical = float(np.average(demand.aht, weights=np.maximum(demand.rate, 1e-12)))
    short = queue.target.short if queue.target is not None else 0.0
    return tabulate(
        math.ceil(agents.max(initial=1.0)), float(load.max(initial=0.1)), aht=typical, patience=patience, within=within,
        abandoned=abandoned, short=short, concurrency=queue.concurrency, aht_by_concurrency=queue.aht_by_concurrency,
    )  # fmt: skip


def _base(queue: Queue, table: ServiceTable, agents: Floats, load: Floats, demand: Demand, patience: float) -> Floats:
    """Share of the offered that counts: all, the answered, or those who did not hang up early."""
    assert queue.target is not None
    if queue.target.abandoned == "answered":
        return 1 - table.abandon_rate(agents, load)
    early = queue.target.within if queue.target.abandoned == "ignored" else queue.target.short
    if early == 0 or np.isinf(patience):
        return np.ones_like(load)
    met, served = (
        _table(_plain(queue), agents, load, demand, patience, word, early).service_level(agents, load)
        for word in ("met", "lost")
    )
    return np.clip(1 - (met - served), 1e-9, 1.0)


def _plain(queue: Queue) -> Queue:
    """The same queue with a target that leaves no hang-ups out."""
    assert queue.target is not None
    return replace(queue, target=replace(queue.target, short=0.0, abandoned="lost"))


def _repeat(demand: Demand, draws: int) -> Demand:
    return demand.only(np.zeros(draws, dtype=int))


def _typical_aht(demand: Demand) -> Floats:
    weight = np.maximum(demand.rate, 1e-12)
    return np.asarray((demand.aht * weight).sum(axis=0) / weight.sum(axis=0), dtype=float)


def _tail(agents: Floats, demand: Demand, queue: Queue, patience: float) -> tuple[Floats, Floats]:
    """P(wait > t) for the waits of the grid, by interval, mean over some paths weighted by contacts."""
    some = np.linspace(0, len(agents) - 1, min(TAIL_PATHS, len(agents))).astype(int)
    rate = demand.rate[some]
    weight = np.maximum(rate, 1e-12)
    beyond = np.empty((len(WAITS), agents.shape[1]))
    for k, wait in enumerate(WAITS):
        over = 1 - _over_within(wait, agents[some], demand.only(some), queue, patience)
        beyond[k] = (over * weight).sum(axis=0) / weight.sum(axis=0)
    return WAITS, np.clip(beyond, 0.0, 1.0)


def _over_within(wait: float, agents: Floats, demand: Demand, queue: Queue, patience: float) -> Floats:
    """Share of the offered whose wait is over within so long, answered or not."""
    if queue.aht_by_concurrency:
        chat = performance(
            demand.rate,
            agents,
            interval=demand.width,
            aht=demand.aht,
            patience=patience,
            within=wait,
            abandoned="met",
            concurrency=queue.concurrency,
            aht_by_concurrency=queue.aht_by_concurrency,
        )
        return np.asarray(chat["service_level"])
    slots = agents * queue.concurrency
    found = np.asarray(
        erlang_a.service_level(slots, demand.load, aht=demand.aht, patience=patience, within=wait, abandoned="met")
    )
    gone = np.full(found.shape, -np.expm1(-wait / patience))  # where nobody is there the wait ends with patience
    return np.asarray(np.where((slots > 0) | (demand.load == 0), found, gone), dtype=float)
