"""Service of a queue whose contacts can wait: the share that is done in time, earliest deadline first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.attendance import who_comes
from wfm.evaluation.presence import Lines
from wfm.evaluation.service import Demand, Floats, Service
from wfm.queues import Queue

FUTURES = 8  # paths that are followed; the fluid of the work smooths the rest
OCCUPANCY = 0.9


def deferred_service(lines: Lines, demand: Demand, queue: Queue, *, draws: int, seed: int) -> Service:
    """Share of the work released in each interval that is done by its deadline, on some paths, attendance drawn."""
    some = np.linspace(0, len(demand.rate) - 1, min(FUTURES, len(demand.rate))).astype(int)
    followed = demand.only(some)
    paths = len(some) if len(some) > 1 else min(draws, FUTURES)
    if len(some) == 1 and queue.shrinkage.unplanned > 0:
        followed = demand.only(np.zeros(paths, dtype=int))
    comes = who_comes(lines.people, lines.day, queue.shrinkage.unplanned, paths=len(followed.rate), seed=seed)
    agents = ((comes * lines.counts_as) @ lines.present) * followed.capacity
    level = np.array([_in_time(followed, k, agents[k], queue) for k in range(len(agents))])
    expected = lines.rostered * (1 - queue.shrinkage.unplanned)
    handling = followed.load.mean(axis=0) * queue.touches
    zeros = np.zeros_like(level)
    return Service(
        queue=queue,
        demand=followed,
        service_level=level,
        base=np.ones_like(level),
        abandon_rate=zeros,
        asa=np.full(level.shape[1], np.nan),
        occupancy=np.minimum(np.divide(handling, expected, out=np.zeros_like(expected), where=expected > 0), 1.0),
        rostered=lines.rostered,
        expected=expected,
        method="fluid, earliest deadline first",
    )


def _in_time(demand: Demand, path: int, agents: Floats, queue: Queue) -> Floats:
    from wfm.erlang import ticket_performance, work

    forecast = demand.intervals.assign(offered=demand.rate[path], aht=demand.aht[path])
    todo = work(forecast, classes=queue.classes, class_shares=queue.class_shares or None, touches=queue.touches)
    if todo.empty:
        return np.ones(len(agents))
    starts = pd.DatetimeIndex(demand.intervals["start"])
    done = ticket_performance(todo, agents, starts, interval=float(demand.width[0]), occupancy=OCCUPANCY)
    return np.asarray(done["in_time"].fillna(1.0), dtype=float)
