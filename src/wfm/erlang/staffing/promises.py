"""The requirement: forecast and promise in, agents by interval out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.law import Law, law_of
from wfm.erlang.formulas.steady import measures
from wfm.erlang.staffing.allocation import Whole
from wfm.erlang.staffing.confidence import open_futures, plan_with_confidence
from wfm.erlang.staffing.demand import Demand, number_scopes
from wfm.erlang.staffing.exact import METHOD, Exact, affordable, exact_plan, solvable
from wfm.erlang.staffing.expected import plan_for_mean
from wfm.errors import DataError, SettingError, WfmWarning, listed
from wfm.queues import Shrinkage
from wfm.tables import FORECAST, PATHS, REQUIREMENT, check, with_end
from wfm.target import ServiceTarget

ASSUMED_PATIENCE = 300.0
Targets = ServiceTarget | Mapping[str, ServiceTarget]


MOST_LOAD = 200_000.0  # erlangs in one interval


def requirement(
    forecast: pd.DataFrame,
    target: Targets,
    *,
    patience: Any = None,
    shrinkage: Any = 0.0,
    paths: pd.DataFrame | None = None,
    minimum: Any = None,
    concurrency: Any = 1,
    aht_by_concurrency: Any = (),
    aht: Any = None,
    exact: bool | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Fewest agents that keep the promise, by queue and interval.

    Scope `interval`: each interval by itself. Scope `day` or `week`: the fewest agent-hours with which the service of
    the scope, weighted by contacts, reaches the share and no interval falls below the floor. `max_abandon`, `max_asa`
    and `wait_quantile` hold over the scope, `max_occupancy` in every interval. With `confidence` and `paths` the
    promise is kept on so large a share of the paths, attendance drawn. Whole agents, rounded once, here.

    Parameters
    ----------
    forecast : table                One or several queues.
    target : ServiceTarget          Or a mapping queue -> ServiceTarget.
    patience : float [s]            Mean patience, inf = nobody hangs up, or a mapping; None = assumed 300 s, with a
                                    warning.
    shrinkage : Shrinkage           Or the unplanned share as a number, or a mapping.
    paths : table                   Possible futures of the rate; used by a target with `confidence`.
    minimum : table, array, number  Fewest agents that the planner allows: a table (queue, start, minimum), or values
                                    in the order of the forecast's rows.
    concurrency : int               Contacts that an agent handles at once, or a mapping.
    aht_by_concurrency : sequence   Handle time with 1, 2, ... contacts at once [s], or a mapping to such.
    aht : float [s]                 Where the forecast has none, or a mapping.
    exact : bool                    Whether a plan for the mean over a day or week follows the queue exactly through
                                    time (`transient`), with all that one interval hands to the next; False = each
                                    interval in its steady state. None = where it takes a few seconds: up to
                                    `exact.AFFORDABLE` intervals x states, waits shorter than an interval, no
                                    `max_asa`. Column `method` names what was done.

    Returns
    -------
    table requirement               With service_level, abandon_rate, occupancy and asa at the mean forecast,
                                    `method`, and with a confidence `probability` that the promise of the scope is
                                    kept.

    Raises
    ------
    DataError, SettingError         A table or setting is wrong.

    >>> forecast = pd.DataFrame({"queue": "voice", "start": pd.date_range("2026-11-21 08:00", periods=3, freq="30min"),
    ...                          "offered": [450.0, 900.0, 0.0], "aht": 270.0})
    >>> promise = ServiceTarget(share=0.80, within=60, scope="interval")
    >>> requirement(forecast, promise, patience=180)["agents"].tolist()
    [60.0, 116.0, 0.0]
    """
    table = _forecast(forecast, minimum)
    futures = None if paths is None else check(paths, PATHS)
    chosen = _Choices(
        target=target,
        patience=patience,
        shrinkage=shrinkage,
        concurrency=concurrency,
        aht_by_concurrency=aht_by_concurrency,
        aht=aht,
        exact=exact,
    )
    _refuse_absurd(table)
    _assume_patience(chosen, list(table["queue"].unique()))
    parts = [_one_queue(str(queue), rows, chosen, futures, seed) for queue, rows in table.groupby("queue", sort=False)]
    if not parts:
        return check(table.assign(agents=0.0), REQUIREMENT)
    return check(pd.concat(parts, ignore_index=True), REQUIREMENT)


def _refuse_absurd(table: pd.DataFrame) -> None:
    """Loads that no centre has are a slip of units, and would take all memory."""
    if table.empty:
        return
    width = (table["end"] - table["start"]).dt.total_seconds()
    handle = table["aht"] if "aht" in table else pd.Series(1.0, index=table.index)
    load = table["offered"] * handle.fillna(1.0) / width
    bad = (load > MOST_LOAD).to_numpy(dtype=bool)
    if bad.any():
        row = int(bad.argmax())
        first = table.iloc[row]
        raise DataError(
            f"forecast.offered x aht must give at most {MOST_LOAD:,.0f} erlangs, got {load.iloc[row]:,.0f} in "
            f"{int(bad.sum())} row(s), first: row {row}, queue={first['queue']}, start={first['start']}, "
            f"offered={first['offered']:g}. Check the units of volume, handle time and interval.",
            table="forecast",
            column="offered",
            rows=bad.nonzero()[0].tolist(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choices:
    """The settings as they came: one for all queues, or by queue."""

    target: Any
    patience: Any
    shrinkage: Any
    concurrency: Any
    aht_by_concurrency: Any
    aht: Any
    exact: bool | None

    def of(self, name: str, queue: str) -> Any:
        value = getattr(self, name)
        if not isinstance(value, Mapping):
            return value
        if queue in value:
            return value[queue]
        if name == "target":
            raise SettingError(f"target has no entry for queue {queue!r}; it knows {listed(value)}.", name="target")
        return {"shrinkage": 0.0, "concurrency": 1, "aht_by_concurrency": ()}.get(name)


def _forecast(forecast: pd.DataFrame, minimum: Any) -> pd.DataFrame:
    """The forecast in order, with its width and the least agents by interval."""
    if not isinstance(minimum, pd.DataFrame) and minimum is not None and isinstance(forecast, pd.DataFrame):
        values = np.asarray(minimum, dtype=float)
        if values.ndim and len(values) != len(forecast):
            raise DataError(
                f"minimum must have one value for each of the forecast's {len(forecast)} rows, got {len(values)}.",
                table="minimum",
            )
        forecast = forecast.assign(minimum=values)
    table = check(forecast, FORECAST)
    if len(table) and ("end" not in table or table["end"].isna().any()):
        table = with_end(table)
    if isinstance(minimum, pd.DataFrame):
        table = _merge_minimum(table, minimum)
    if "minimum" not in table:
        table = table.assign(minimum=0.0)
    bad = ~(table["minimum"].to_numpy(dtype=float) >= 0)
    if bad.any():
        raise DataError(
            f"minimum must be a number >= 0 in every interval, got {int(bad.sum())} that are not.",
            table="minimum",
            rows=list(np.flatnonzero(bad)),
        )
    return table


def _merge_minimum(table: pd.DataFrame, minimum: pd.DataFrame) -> pd.DataFrame:
    name = "minimum" if "minimum" in minimum else "agents"
    if name not in minimum or "start" not in minimum:
        raise DataError("minimum must have the columns start and minimum (and queue).", table="minimum")
    keys = ["queue", "start"] if "queue" in minimum else ["start"]
    least = minimum[[*keys, name]].rename(columns={name: "minimum"}).groupby(keys)["minimum"].max().reset_index()
    least["start"] = least["start"].astype(table["start"].dtype)
    merged = table.drop(columns="minimum", errors="ignore").merge(least, on=keys, how="left")
    return merged.assign(minimum=merged["minimum"].fillna(0.0))


def _assume_patience(chosen: _Choices, queues: Sequence[Any]) -> None:
    unknown = [str(queue) for queue in queues if chosen.of("patience", str(queue)) is None]
    if unknown:
        warnings.warn(
            f"patience is not known for {listed(unknown)}: assumed {ASSUMED_PATIENCE:.0f} s. Fit it from "
            "contacts or history, or state it; a cap max_abandon makes the plan nearly indifferent to it.",
            WfmWarning,
            stacklevel=3,
        )


def _one_queue(queue: str, rows: pd.DataFrame, chosen: _Choices, paths: pd.DataFrame | None, seed: int) -> pd.DataFrame:
    demand = _demand(queue, rows, chosen)
    confidence = demand.target.confidence
    if confidence is not None and paths is None:
        warnings.warn(
            f"queue {queue!r}: confidence {confidence:.0%} needs paths; planned for the mean forecast.",
            WfmWarning,
            stacklevel=4,
        )
    if confidence is None or paths is None or not (demand.offered > 0).any():
        if _follows_time(demand, chosen.exact):
            return _table(rows, demand, exact_plan(demand), None)
        return _table(rows, demand, plan_for_mean(demand), None)
    rate, aht = _rates(paths, demand)
    agents, kept = plan_with_confidence(open_futures(demand, rate, aht, seed=seed), confidence)
    return _table(rows, demand, agents, kept)


def _follows_time(demand: Demand, exact: bool | None) -> bool:
    """Whether the plan is found on the exact course of the queue."""
    if exact is False or demand.target.scope == "interval":
        return False
    if exact and not solvable(demand) and (demand.offered > 0).any():
        raise SettingError(
            f"exact plans need intervals of one width and a target without max_asa; queue {demand.queue!r} has not. "
            "Leave exact out.",
            name="exact",
            value=exact,
        )
    return solvable(demand) if exact else affordable(demand)


def _demand(queue: str, rows: pd.DataFrame, chosen: _Choices) -> Demand:
    target = chosen.of("target", queue)
    if not isinstance(target, ServiceTarget):
        raise SettingError(
            f"target of queue {queue!r} must be a ServiceTarget, got {target!r}.", name="target", value=target
        )
    patience = chosen.of("patience", queue)
    law = law_of(
        patience=seconds(ASSUMED_PATIENCE if patience is None else patience, name="patience", endless=True),
        within=target.within,
        abandoned=target.abandoned,
        short=target.short,
        concurrency=chosen.of("concurrency", queue),
        aht_by_concurrency=tuple(chosen.of("aht_by_concurrency", queue) or ()),
    )
    handle = _handle_times(queue, rows, chosen.of("aht", queue), law)
    offered = rows["offered"].to_numpy(dtype=float)
    width = (rows["end"] - rows["start"]).dt.total_seconds().to_numpy()
    shrinkage = chosen.of("shrinkage", queue)
    starts = pd.DatetimeIndex(rows["start"])
    return Demand(
        queue=queue,
        starts=starts,
        hours=width / 3600,
        offered=offered,
        aht=handle,
        load=offered * handle / width,
        minimum=rows["minimum"].to_numpy(dtype=float),
        scope=number_scopes(starts, target.scope),
        target=target,
        law=law,
        shrinkage=shrinkage if isinstance(shrinkage, Shrinkage) else Shrinkage(unplanned=shrinkage),
    )


def _handle_times(queue: str, rows: pd.DataFrame, stated: Any, law: Law) -> Array:
    """Handle time of every interval: the ladder's last level, the forecast's own, or what was stated."""
    if law.ladder is not None:
        return np.full(len(rows), law.ladder.aht[-1])
    known = rows["aht"].to_numpy(dtype=float) if "aht" in rows else np.full(len(rows), np.nan)
    if stated is not None:
        known = np.where(np.isnan(known), seconds(stated, name=f"aht of queue {queue!r}"), known)
    needed = rows["offered"].to_numpy(dtype=float) > 0
    missing = needed & ~(known > 0)
    if missing.any():
        raise DataError(
            f"forecast.aht is missing in {int(missing.sum())} interval(s) of queue {queue!r}, first "
            f"{rows['start'].iloc[int(np.argmax(missing))]}. Add the column or pass aht=.",
            table="forecast",
            column="aht",
            rows=list(rows.index[missing]),
        )
    return np.where(known > 0, known, np.mean(known[needed]) if needed.any() else 300.0)


def _rates(paths: pd.DataFrame, demand: Demand) -> tuple[Array, Array]:
    """Rates and handle times of one queue [paths x intervals]."""
    mine = paths[paths["queue"] == demand.queue]
    place = demand.starts.get_indexer(pd.DatetimeIndex(mine["start"]))
    number, row = np.unique(mine["path"].to_numpy(), return_inverse=True)
    inside = place >= 0
    rate = np.full((len(number), len(demand.starts)), np.nan)
    rate[row[inside], place[inside]] = mine["rate"].to_numpy(dtype=float)[inside]
    gaps = np.isnan(rate).any(axis=0)
    if not len(number) or gaps.any():
        first = demand.starts[int(np.argmax(gaps))]
        raise DataError(
            f"paths must hold every interval of the forecast on every path: queue {demand.queue!r} misses "
            f"{int(gaps.sum()) if len(number) else len(demand.starts)}, first {first}. Simulate the same "
            "horizon.",
            table="paths",
            column="start",
        )
    aht = np.broadcast_to(demand.aht, rate.shape)
    if "aht" in mine and demand.law.ladder is None:
        own = np.full(rate.shape, np.nan)
        own[row[inside], place[inside]] = mine["aht"].to_numpy(dtype=float)[inside]
        aht = np.where(own > 0, own, aht)
    return rate, aht


def _table(rows: pd.DataFrame, demand: Demand, plan: Array | Whole | Exact, kept: Array | None) -> pd.DataFrame:
    agents = np.asarray(plan.agents if isinstance(plan, Exact) else plan, dtype=float)
    found = measures(agents, demand.load, demand.aht, demand.law, waits=True)
    if isinstance(plan, Exact):  # asa stays that of the steady state: the mean wait of the answered has no short way
        found |= {name: getattr(plan, name) for name in ("service_level", "abandon_rate", "occupancy")}
    out = rows[["queue", "start", "end"]].assign(
        agents=agents,
        offered=demand.offered,
        aht=demand.aht,
        load=demand.load,
        rostered=demand.shrinkage.rostered(agents),
        headcount=demand.shrinkage.headcount(agents),
        service_level=found["service_level"],
        abandon_rate=found["abandon_rate"],
        occupancy=found["occupancy"],
        asa=np.where(np.isfinite(found["asa"]), found["asa"], np.nan),
        minimum=demand.minimum,
        method=METHOD if isinstance(plan, Exact) else "stationary",
    )
    return out if kept is None else out.assign(probability=kept)
