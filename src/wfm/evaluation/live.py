"""Service of a live queue on every path, with attendance drawn and with what each interval leaves to the next."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.attendance import who_comes
from wfm.erlang import ServiceTable, carried_load, erlang_a, openings, performance, tabulate, transient
from wfm.evaluation.presence import Lines
from wfm.evaluation.service import Demand, PathLaw, Service
from wfm.queues import Queue

Floats = npt.NDArray[np.float64]
WAITS = np.array([0.0, 5, 15, 30, 60, 120, 240, 420, 660, 900, 1200, 1800, 2700, 3600, 7200])
SPARE = 2  # agents beyond those there are, to ask what more would bring
TAIL_PATHS = 25  # paths on which the tail of the wait is followed


def live_service(lines: Lines, demand: Demand, queue: Queue, *, draws: int, seed: int, exact: bool = True) -> Service:
    """Service level, abandonment, waits and occupancy of a voice or chat queue."""
    assert queue.target is not None
    patience = np.inf if queue.patience is None else queue.patience
    unplanned = queue.shrinkage.unplanned
    paths = len(demand.rate)
    futures = demand if paths > 1 or unplanned == 0 else _repeat(demand, draws)
    comes = who_comes(lines.people, lines.day, unplanned, paths=len(futures.rate), seed=seed, names=lines.names)
    agents = ((comes * lines.counts_as) @ lines.present) * futures.capacity
    load = _carried(futures, agents, queue, patience)
    table = _table(queue, agents, load, futures, patience, queue.target.abandoned, queue.target.within)
    expected = lines.rostered * (1 - unplanned)
    level, lost = _served(table, agents, load, futures)
    if exact:
        more_served, more_lost = _what_the_formula_misses(table, futures, expected * demand.capacity, queue, patience)
        level, lost = np.clip(level + more_served, 0.0, 1.0), np.clip(lost + more_lost, 0.0, 1.0)
    mean = performance(
        (load / futures.aht).mean(axis=0) * demand.width,
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
        tail=_tail(agents, load, futures, queue, patience),
        law=PathLaw(
            agents=agents, load=load, table=table, carry=partial(_carried, futures, queue=queue, patience=patience)
        ),
        method="exact through the day" if exact else "carried load",
    )


def _carried(demand: Demand, agents: Floats, queue: Queue, patience: float) -> Floats:
    """Load of every interval with the work and the queue that come over from the one before."""
    opens = openings(pd.DatetimeIndex(demand.intervals["start"]), demand.width / 3600)
    slots = agents * queue.concurrency
    aht = _typical_aht(demand)
    return carried_load(demand.load, slots, width=demand.width, aht=aht, patience=patience, opens=opens)


def _served(table: ServiceTable, agents: Floats, load: Floats, demand: Demand) -> tuple[Floats, Floats]:
    """Service level of the interval's arrivals; hang-ups in it as a share of them, whenever those who hang up came."""
    level = np.where(demand.rate > 0, table.service_level(agents, load), 1.0)
    gone = table.abandon_rate(agents, load) * load
    own = demand.load
    return level, np.minimum(np.divide(gone, own, out=np.zeros_like(own), where=own > 0), 1.0)


def _what_the_formula_misses(
    table: ServiceTable, demand: Demand, expected: Floats, queue: Queue, patience: float
) -> tuple[Floats, Floats]:
    """Exact service and hang-ups less those by formula, for the mean of the paths and whole agents, by interval.

    The formula at the carried load is good to a point or two by interval; what it misses depends little on the path.
    """
    assert queue.target is not None
    agents = np.round(expected)
    mean = replace(demand, rate=demand.rate.mean(axis=0)[None, :], aht=_typical_aht(demand)[None, :], capacity=1.0)
    load = _carried(mean, agents[None, :], queue, patience)
    by_formula = _served(table, agents[None, :], load, mean)
    starts = pd.DatetimeIndex(demand.intervals["start"])
    closed_before = openings(starts, demand.width / 3600)
    runs = np.split(np.arange(len(starts)), np.flatnonzero(closed_before[1:]) + 1)
    level, lost = np.ones(len(starts)), np.zeros(len(starts))
    for run in runs:
        day = transient.performance(
            mean.rate[0, run],
            agents[run],
            interval=float(demand.width[run[0]]),
            aht=mean.aht[0, run],
            patience=patience,
            within=queue.target.within,
            waiting=0.0 if closed_before[run[0]] else float(min(load[0, run[0]], agents[run[0]] * queue.concurrency)),
            abandoned=queue.target.abandoned,
            short=queue.target.short,
            concurrency=queue.concurrency,
            aht_by_concurrency=queue.aht_by_concurrency,
        )
        level[run], lost[run] = day["service_level"], day["abandon_rate"]
    return level - by_formula[0][0], lost - by_formula[1][0]


def _table(
    queue: Queue, agents: Floats, load: Floats, demand: Demand, patience: float, abandoned: str, within: float
) -> ServiceTable:
    typical = float(np.average(demand.aht, weights=np.maximum(demand.rate, 1e-12)))
    short = queue.target.short if queue.target is not None else 0.0
    return tabulate(
        math.ceil(agents.max(initial=1.0)) + SPARE, float(load.max(initial=0.1)), aht=typical, patience=patience,
        within=within, abandoned=abandoned, short=short, concurrency=queue.concurrency,
        aht_by_concurrency=queue.aht_by_concurrency,
    )  # fmt: skip


def _base(queue: Queue, table: ServiceTable, agents: Floats, load: Floats, demand: Demand, patience: float) -> Floats:
    """Share of the offered that counts: all, the answered, or those who did not hang up early."""
    assert queue.target is not None
    if queue.target.abandoned in ("credited", "virtual"):
        return np.ones_like(load)
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


def _tail(agents: Floats, load: Floats, demand: Demand, queue: Queue, patience: float) -> tuple[Floats, Floats]:
    """P(wait > t) for the waits of the grid, by interval, mean over some paths weighted by contacts."""
    some = np.linspace(0, len(agents) - 1, min(TAIL_PATHS, len(agents))).astype(int)
    rate = demand.rate[some]
    weight = np.maximum(rate, 1e-12)
    beyond = np.empty((len(WAITS), agents.shape[1]))
    for k, wait in enumerate(WAITS):
        over = 1 - _over_within(wait, agents[some], load[some], demand.only(some), queue, patience)
        beyond[k] = (over * weight).sum(axis=0) / weight.sum(axis=0)
    return WAITS, np.clip(beyond, 0.0, 1.0)


def _over_within(wait: float, agents: Floats, load: Floats, demand: Demand, queue: Queue, patience: float) -> Floats:
    """Share of the offered whose wait is over within so long, answered or not."""
    if queue.aht_by_concurrency:
        chat = performance(
            load / demand.aht * demand.width,
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
        erlang_a.service_level(slots, load, aht=demand.aht, patience=patience, within=wait, abandoned="met")
    )
    gone = np.full(found.shape, -np.expm1(-wait / patience))  # where nobody is there the wait ends with patience
    return np.asarray(np.where((slots > 0) | (load == 0), found, gone), dtype=float)
