"""The demand behind a requirement table: what staffing worked on, made again from the table and its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.law import law_of
from wfm.erlang.staffing.demand import Demand, number_scopes
from wfm.errors import DataError, SettingError, listed
from wfm.queues import Shrinkage
from wfm.target import ServiceTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `requirement` was called with, each one for all queues or a mapping queue -> value.

    Attributes
    ----------
    target : ServiceTarget              The promise.
    patience : float [s]                Mean patience, inf = nobody hangs up; None = assumed 300 s.
    shrinkage : Shrinkage or float      All kinds, or the unplanned share.
    concurrency, aht_by_concurrency     Contacts at once, and the handle times with 1, 2, ... of them [s].
    """

    target: ServiceTarget | Mapping[str, ServiceTarget]
    patience: Any = None
    shrinkage: Any = 0.0
    concurrency: Any = 1
    aht_by_concurrency: Any = field(default_factory=tuple)

    def of(self, name: str, queue: str, default: Any = None) -> Any:
        """The setting of a queue."""
        value = getattr(self, name)
        return value.get(queue, default) if isinstance(value, Mapping) else value

    def shrinkage_of(self, queue: str) -> Shrinkage:
        """The shrinkage of a queue as a noun."""
        value = self.of("shrinkage", queue, 0.0)
        return value if isinstance(value, Shrinkage) else Shrinkage(unplanned=value)


def demand_behind(queue: str, rows: pd.DataFrame, settings: Settings, *, assumed: float = 300.0) -> Demand:
    """The demand of one queue from rows of a requirement with offered, aht and end."""
    target = settings.of("target", queue)
    if not isinstance(target, ServiceTarget):
        known = listed(settings.target) if isinstance(settings.target, Mapping) else repr(target)
        raise SettingError(f"target must have a ServiceTarget for queue {queue!r}, got {known}.", name="target")
    patience = settings.of("patience", queue)
    ladder: Sequence[float] = settings.of("aht_by_concurrency", queue, ()) or ()
    law = law_of(
        patience=seconds(assumed if patience is None else patience, name="patience", endless=True),
        within=target.within,
        abandoned=target.abandoned,
        short=target.short,
        concurrency=settings.of("concurrency", queue, 1),
        aht_by_concurrency=tuple(ladder),
    )
    starts = pd.DatetimeIndex(rows["start"])
    width = (rows["end"] - rows["start"]).dt.total_seconds().to_numpy(dtype=float)
    offered = rows["offered"].to_numpy(dtype=float)
    aht = np.full(len(rows), law.ladder.aht[-1]) if law.ladder else rows["aht"].to_numpy(dtype=float)
    least = rows["minimum"].to_numpy(dtype=float) if "minimum" in rows else np.zeros(len(rows))
    return Demand(
        queue=queue,
        starts=starts,
        hours=width / 3600,
        offered=offered,
        aht=aht,
        load=offered * aht / width,
        minimum=np.nan_to_num(least),
        scope=number_scopes(starts, target.scope),
        target=target,
        law=law,
        shrinkage=settings.shrinkage_of(queue),
    )


def rates_of(paths: pd.DataFrame, demand: Demand) -> tuple[Array, Array]:
    """Rates and handle times of one queue on every path [paths x intervals]."""
    mine = paths[paths["queue"] == demand.queue]
    rate = mine.pivot_table(index="path", columns="start", values="rate").reindex(columns=demand.starts)
    missing = rate.isna().any(axis=0).to_numpy(dtype=bool)
    if rate.empty or missing.any():
        first = demand.starts[int(missing.argmax())]
        raise DataError(
            f"paths must hold every interval of the forecast on every path: queue {demand.queue!r} misses "
            f"{int(missing.sum())}, first {first}. Simulate the same horizon.",
            table="paths",
            column="start",
        )
    aht = np.broadcast_to(demand.aht, rate.shape)
    if "aht" in mine and demand.law.ladder is None:
        own = mine.pivot_table(index="path", columns="start", values="aht", dropna=False)
        found = own.reindex(index=rate.index, columns=demand.starts).to_numpy(dtype=float)
        aht = np.where(found > 0, found, aht)
    return rate.to_numpy(dtype=float), np.asarray(aht)
