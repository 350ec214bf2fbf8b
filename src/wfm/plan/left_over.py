"""What a plan leaves to the next of the work that can wait: contacts by class and arrival, as a backlog is given."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from wfm.plan.need import Need
from wfm.queues import Queue

COLUMNS = ["queue", "contacts", "class", "arrived"]
LITTLE = 1e-3  # contacts, fewer of which nobody counts


def left_over(need: Need, forecast: pd.DataFrame, coverage: pd.DataFrame) -> pd.DataFrame:
    """The work that is open when the plan ends, earliest deadline first until then, by those who are expected to come.

    Returns
    -------
    DataFrame       queue, contacts, class, arrived: the table that `backlog` of the next week's file takes. Hours of
                    several touches count as contacts that still need all of them.
    """
    parts = [
        _left(queue, need, forecast[forecast["queue"] == name], coverage)
        for name, queue in need.queues.items()
        if queue.classes and queue.channel in ("deferred", "outbound") and len(need.work)
    ]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _left(queue: Queue, need: Need, forecast: pd.DataFrame, coverage: pd.DataFrame) -> pd.DataFrame:
    from wfm.erlang.deferred.deadlines import true_jobs
    from wfm.erlang.deferred.levelling import serve, summed

    work = need.work[need.work["queue"] == queue.name].reset_index(drop=True)
    rows = need.requirement[need.requirement["queue"] == queue.name]
    if work.empty or rows.empty or forecast.empty:
        return pd.DataFrame(columns=COLUMNS)
    starts = pd.DatetimeIndex(rows["start"])
    width = float((rows["end"] - rows["start"]).iloc[0].total_seconds()) / 3600
    jobs = true_jobs(work, starts, width * 3600)
    idle = pd.Series(dict(queue.in_idle), dtype=float).reindex(starts).fillna(0.0).to_numpy(dtype=float)
    hours = (_who_come(queue, rows, coverage) * queue.occupancy + idle) * width
    done = serve(jobs, hours, second=np.inf if queue.promised < 1 else 0.0)
    left = jobs.hours - summed(done.piece, done.hours, len(jobs.hours))
    open_ = (jobs.first < len(starts)) & (left > 0)
    arrived = work["arrived"].fillna(work["release"]) if "arrived" in work else work["release"]
    touches: Mapping[str, float] = queue.class_touches or dict.fromkeys(queue.classes, queue.touches)
    kinds = work["class"].astype(str) if "class" in work else pd.Series(next(iter(queue.classes)), index=work.index)
    each = kinds.map(touches).fillna(1.0).to_numpy(dtype=float) * float(forecast["aht"].mean()) / 3600
    found = pd.DataFrame({"queue": queue.name, "contacts": left / each, "class": kinds, "arrived": arrived})[open_]
    found = found.groupby(["queue", "class", "arrived"], as_index=False)[["contacts"]].sum()
    return found.loc[found["contacts"] > LITTLE, COLUMNS].reset_index(drop=True)


def _who_come(queue: Queue, rows: pd.DataFrame, coverage: pd.DataFrame) -> np.ndarray:
    """Agents of the queue who are expected to come, as far as a plan of people or shifts says; else those needed."""
    if "expected" not in coverage or queue.name not in set(coverage["queue"]):
        return rows["agents"].to_numpy(dtype=float)
    mine = coverage[coverage["queue"] == queue.name].set_index("start")["expected"]
    return mine.reindex(pd.DatetimeIndex(rows["start"])).fillna(0.0).to_numpy(dtype=float)
