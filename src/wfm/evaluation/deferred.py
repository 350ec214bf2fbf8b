"""Service of a queue whose contacts can wait: the share that is done in time, earliest deadline first."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd

from wfm.attendance import who_comes
from wfm.errors import WfmWarning
from wfm.evaluation.presence import Lines
from wfm.evaluation.service import Demand, Floats, Service
from wfm.queues import Queue
from wfm.target import ServiceTarget

FUTURES = 8  # paths that are followed; the fluid of the work smooths the rest
NOTABLE = 0.02  # so far below their promise replies are named


def deferred_service(lines: Lines, demand: Demand, queue: Queue, *, draws: int, seed: int) -> Service:
    """Share of the work released in each interval that is done by its deadline, on some paths, attendance drawn.

    What waits at the start and what others do in their idle time are counted. Messages whose first answers are live
    and whose replies can wait are judged by the live ones, see `_line_first`.
    """
    some = np.linspace(0, len(demand.rate) - 1, min(FUTURES, len(demand.rate))).astype(int)
    followed = demand.only(some)
    paths = len(some) if len(some) > 1 else min(draws, FUTURES)
    if len(some) == 1 and queue.shrinkage.unplanned > 0:
        followed = demand.only(np.zeros(paths, dtype=int))
    comes = who_comes(
        lines.people, lines.day, queue.shrinkage.unplanned, paths=len(followed.rate), seed=seed, names=lines.names
    )
    agents = ((comes * lines.counts_as) @ lines.present) * followed.capacity
    if queue.channel == "messages" and len(queue.classes) == 1:
        level, share = _line_first(followed, agents, queue)
        judged = replace(queue, target=_live_promise(queue))
    else:
        level, share = _all_by_deadline(followed, agents, queue), 1.0
        judged = _judged(queue)
    expected = lines.rostered * (1 - queue.shrinkage.unplanned)
    handling = followed.load.mean(axis=0) * queue.touches
    busy = np.maximum(handling - _in_idle(queue, followed), 0.0)
    return Service(
        queue=judged,
        demand=followed,
        service_level=level,
        base=np.full_like(level, share),
        abandon_rate=np.zeros_like(level),
        asa=np.full(level.shape[1], np.nan),
        occupancy=np.minimum(np.divide(busy, expected, out=np.zeros_like(expected), where=expected > 0), 1.0),
        rostered=lines.rostered,
        expected=expected,
        method="work by deadline",
    )


def _judged(queue: Queue) -> Queue:
    """The queue with the share that it promises, where that is less than all."""
    if queue.promised >= 1:
        return queue
    usual = ServiceTarget(share=queue.promised, within=max(queue.classes.values()), scope="week")
    target = usual if queue.target is None else replace(queue.target, share=queue.promised)
    return replace(queue, target=replace(target, floor=0.0))


def _all_by_deadline(demand: Demand, agents: Floats, queue: Queue) -> Floats:
    spare = _in_idle(queue, demand)
    return np.array([_in_time(demand, k, agents[k], queue, spare) for k in range(len(agents))])


def _in_time(demand: Demand, path: int, agents: Floats, queue: Queue, spare: Floats) -> Floats:
    from wfm.erlang import ticket_performance

    todo = _work(demand, path, queue, 1.0)
    if todo.empty:
        return np.ones(len(agents))
    done = ticket_performance(
        todo,
        agents,
        pd.DatetimeIndex(demand.intervals["start"]),
        interval=float(demand.width[0]),
        occupancy=queue.occupancy,
        spare=spare,
        overdue_within=queue.overdue_within if queue.promised < 1 else None,
    )
    return np.asarray(done["in_time"].fillna(1.0), dtype=float)


def _work(demand: Demand, path: int, queue: Queue, share: float) -> pd.DataFrame:
    """The work of a share of the contacts of one path, with what waits at the start."""
    from wfm.erlang import work

    waiting = [(queue.name, *row) for row in queue.backlog]
    return work(
        demand.intervals.assign(offered=demand.rate[path] * share, aht=demand.aht[path]),
        classes=queue.classes,
        class_shares=queue.class_shares or None,
        touches=queue.class_touches or queue.touches,
        touch_gap=queue.touch_gap,
        backlog=pd.DataFrame(waiting, columns=["queue", "contacts", "class", "arrived"]) if waiting else None,
        hours=queue.hours if queue.open_deadlines else None,
    )


def _in_idle(queue: Queue, demand: Demand) -> Floats:
    """Work that agents of other queues do in their idle time, by interval [erlangs]."""
    starts = pd.DatetimeIndex(demand.intervals["start"])
    if not queue.in_idle:
        return np.zeros(len(starts))
    known = pd.Series(dict(queue.in_idle), dtype=float)
    return np.asarray(known.reindex(starts).fillna(0.0), dtype=float)


def _line_first(demand: Demand, agents: Floats, queue: Queue) -> tuple[Floats, float]:
    """Service of the turns that are answered live, and their share of all turns; doubt where the others are late.

    Who answers takes a live turn first and a turn that can wait when none is there. While those wait, everybody is
    always busy: a live turn then waits for the next who becomes free, 1 - exp(-(n mu - lam) t) are answered within t;
    else it waits as in Erlang C. The two are weighted by how much of the free time the waiting turns take.
    """
    from wfm.erlang import erlang_a, ticket_performance

    assert queue.turns is not None
    target = _live_promise(queue)
    first = 1 / queue.turns.mean
    share = first if "replies" in queue.classes else 1 - first
    load, rate = demand.load * share, demand.rate * share / demand.width
    free = np.maximum(queue.occupancy * agents - load, 0.0)
    starts, hours = pd.DatetimeIndex(demand.intervals["start"]), demand.width / 3600
    used, in_time = np.zeros_like(free), []
    for path in range(len(agents)):
        todo = _work(demand, path, queue, 1 - share)
        if todo.empty:
            continue
        done = ticket_performance(
            todo,
            0.0,
            starts,
            interval=float(demand.width[0]),
            spare=free[path],
            overdue_within=queue.overdue_within,
        )
        used[path] = done["done"].to_numpy() / hours
        weight = np.maximum(done["released"].to_numpy(), 1e-12)
        in_time.append(float(np.average(done["in_time"].fillna(1.0), weights=weight)))
    part = np.divide(used, free, out=np.ones_like(used), where=free > 0)
    pace = np.maximum(agents / demand.aht - rate, 0.0)
    pressed = -np.expm1(-pace * target.within)
    calm = erlang_a.service_level(agents, load, aht=demand.aht, patience=np.inf, within=target.within)
    later = float(np.mean(in_time)) if in_time else 1.0
    name = next(iter(queue.classes))
    if later < queue.promised - NOTABLE:
        warnings.warn(
            f"queue {queue.name!r}: {later:.0%} of its turns that can wait ({name}) are in time, promised "
            f"{queue.promised:.0%}.",
            WfmWarning,
            stacklevel=2,
        )
    level = np.where(load > 0, part * pressed + (1 - part) * np.asarray(calm), 1.0)
    return level, share


def _live_promise(queue: Queue) -> ServiceTarget:
    """What is promised of the turns that are answered live."""
    assert queue.target is not None
    assert queue.turns is not None
    if "replies" in queue.classes or queue.turns.reply is None:
        return queue.target
    return replace(queue.target, share=queue.turns.reply.share, within=queue.turns.reply.within)
