"""Service of a line with callbacks: those who answer, and those of the same people who call back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.attendance import who_comes
from wfm.evaluation.presence import Lines
from wfm.evaluation.service import Demand, Service
from wfm.queues import Queue

Floats = npt.NDArray[np.float64]
FUTURES = 25  # paths that are followed


def callback_service(lines: Lines, demand: Demand, queue: Queue, *, calling: Floats, draws: int, seed: int) -> Service:
    """Service level, hang-ups and waits of a voice queue whose contacts are offered a callback, on some paths.

    Parameters
    ----------
    calling : array     Share of the queue's agents that the plan puts on callbacks, by interval; the others answer.

    Each interval is taken in its steady state. In the level callbacks count as the queue's offer says.
    """
    from wfm.erlang import callback_performance

    assert queue.target is not None
    assert queue.callback is not None
    offer = queue.callback
    some = np.linspace(0, len(demand.rate) - 1, min(FUTURES, len(demand.rate))).astype(int)
    if len(some) == 1 and queue.shrinkage.unplanned > 0:
        some = np.zeros(min(draws, FUTURES), dtype=int)
    followed = demand.only(some)
    comes = who_comes(lines.people, lines.day, queue.shrinkage.unplanned, paths=len(some), seed=seed, names=lines.names)
    agents = ((comes * lines.counts_as) @ lines.present) * followed.capacity * (1 - calling)
    found = callback_performance(
        agents,
        followed.load,
        aht=followed.aht,
        above=offer.above,
        taken=offer.taken,
        within=queue.target.within,
        patience=np.inf if queue.patience is None else queue.patience,
        counted=offer.counted,
    )
    known = np.isfinite(found["asa"])
    waits = np.where(known, found["asa"], 0.0).sum(axis=0)
    return Service(
        queue=queue,
        demand=followed,
        service_level=found["service_level"],
        base=1 - found["callbacks"] if offer.counted == "apart" else np.ones_like(found["callbacks"]),
        abandon_rate=found["abandon_rate"],
        asa=np.divide(waits, known.sum(axis=0), out=np.full_like(waits, np.nan), where=known.any(axis=0)),
        occupancy=found["occupancy"].mean(axis=0),
        rostered=lines.rostered,
        expected=lines.rostered * (1 - queue.shrinkage.unplanned),
        method="line with callbacks",
    )


def calling_of(requirement: pd.DataFrame | None, demand: Demand) -> Floats:
    """Share of the agents that a requirement puts on work that can wait, by interval; 0 where it does not say."""
    starts = pd.DatetimeIndex(demand.intervals["start"])
    if requirement is None or "deferrable" not in requirement:
        return np.zeros(len(starts))
    rows = requirement[requirement["queue"] == demand.queue].set_index("start")
    share = (rows["deferrable"] / rows["agents"].where(rows["agents"] > 0)).reindex(starts)
    return np.asarray(share.fillna(0.0).clip(0.0, 1.0), dtype=float)
