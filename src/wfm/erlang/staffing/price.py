"""What assurance costs: agent-hours by confidence, and by the patience that nobody knows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from wfm.checks import fraction
from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array
from wfm.erlang.learned.patience import ASSUMED
from wfm.erlang.staffing.behind import Settings, demand_behind, rates_of
from wfm.erlang.staffing.confidence import Futures, chance_kept, open_futures, plan_with_confidence
from wfm.erlang.staffing.promises import requirement
from wfm.errors import SettingError, WfmWarning
from wfm.tables import PATHS, check
from wfm.target import ServiceTarget

Targets = ServiceTarget | Mapping[str, ServiceTarget]


def price_of_confidence(
    forecast: pd.DataFrame,
    target: Targets,
    *,
    paths: pd.DataFrame,
    levels: Sequence[float | None] = (None, 0.8, 0.9),
    seed: int = 0,
    **settings: Any,
) -> pd.DataFrame:
    """What each further point of confidence costs, by queue.

    Parameters
    ----------
    forecast, target, paths     As in `requirement`; a confidence of the target itself does not count here.
    levels : sequence           Confidences in (0, 1); None = the plan for the mean forecast.
    settings                    patience, shrinkage, minimum, concurrency, ... as in `requirement`.

    Returns
    -------
    DataFrame                   queue, confidence (nan = the mean), agent_hours, rostered_hours, chance (that the
                                promise of a scope is kept, mean over the contacts), least_chance (of the worst scope),
                                hours_per_point: further agent-hours per further percentage point of chance, from the
                                row before.

    Raises
    ------
    DataError, SettingError     A table or setting is wrong, or a level is not a fraction.

    Notes
    -----
    All levels are planned and judged on the same futures. Where the search finds a cheaper plan for a higher level
    that plan serves the lower one too, so that hours never fall as confidence rises.
    """
    wanted = _levels(levels)
    futures_table = check(paths, PATHS)
    known = Settings(target=_without_confidence(target), **_known(settings))
    plain = requirement(forecast, known.target, seed=seed, **settings)
    parts = [
        _of_queue(str(queue), rows, futures_table, known, wanted, seed)
        for queue, rows in plain.groupby("queue", sort=False)
    ]
    return pd.concat(parts, ignore_index=True)


def _levels(levels: Sequence[float | None]) -> list[float]:
    found = {
        -1.0 if level is None else fraction(level, name="levels", zero=False, one=False) for level in levels
    }  # -1 = the mean
    if not found:
        raise SettingError("levels must name at least one confidence, or None for the mean.", name="levels")
    return sorted(found)


def _known(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: settings[name]
        for name in ("patience", "shrinkage", "concurrency", "aht_by_concurrency")
        if name in settings
    }


def _without_confidence(target: Targets) -> Targets:
    if isinstance(target, Mapping):
        return {queue: replace(one, confidence=None) for queue, one in target.items()}
    return replace(target, confidence=None) if isinstance(target, ServiceTarget) else target


def _of_queue(
    queue: str, rows: pd.DataFrame, paths: pd.DataFrame, settings: Settings, levels: list[float], seed: int
) -> pd.DataFrame:
    demand = demand_behind(queue, rows, settings)
    mean = rows["agents"].to_numpy(dtype=float)
    if not (demand.offered > 0).any():
        plans, chances = [mean for _ in levels], [np.ones(max(demand.scopes, 1)) for _ in levels]
    else:
        futures = open_futures(demand, *rates_of(paths, demand), seed=seed)
        plans = _monotone([mean if c < 0 else _plan(futures, c) for c in levels], demand.hours, levels)
        chances = [chance_kept(futures, plan) for plan in plans]
    contacts = demand.by_scope(demand.offered) if demand.offered.sum() else np.ones(max(demand.scopes, 1))
    weight = contacts / contacts.sum()
    table = pd.DataFrame(
        {
            "queue": queue,
            "confidence": [np.nan if level < 0 else level for level in levels],
            "agent_hours": [float(plan @ demand.hours) for plan in plans],
            "rostered_hours": [float(np.asarray(demand.shrinkage.rostered(plan)) @ demand.hours) for plan in plans],
            "chance": [float(chance @ weight) for chance in chances],
            "least_chance": [float(chance.min()) for chance in chances],
        }
    )
    points = 100 * table["chance"].diff()
    return table.assign(hours_per_point=(table["agent_hours"].diff() / points).where(points > 1e-9))


def _plan(futures: Futures, confidence: float) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WfmWarning)  # least_chance says it
        return np.asarray(plan_with_confidence(futures, confidence)[0], dtype=float)


def _monotone(plans: list[Array], hours: Array, levels: list[float]) -> list[Array]:
    """Plans that cost no less at a higher level; the plan for the mean is left as it is."""
    out = list(plans)
    for k in reversed(range(len(out) - 1)):
        if levels[k] > 0 and out[k] @ hours > out[k + 1] @ hours:
            out[k] = out[k + 1]
    return out


def patience_sensitivity(
    forecast: pd.DataFrame,
    target: Targets,
    *,
    patiences: Sequence[Any] = (120.0, ASSUMED, 900.0),
    **settings: Any,
) -> pd.DataFrame:
    """Agents by what the mean patience might be, for where it is not known.

    Parameters
    ----------
    forecast, target            As in `requirement`.
    patiences : sequence [s]    Mean patience; inf = nobody hangs up.
    settings                    shrinkage, minimum, paths, ... as in `requirement`, without patience.

    Returns
    -------
    DataFrame                   queue, patience [s], agent_hours, rostered_hours, peak [agents], abandon_rate (of all
                                offered), difference (agent-hours / those of the middle patience - 1).

    >>> forecast = pd.DataFrame({"queue": "voice", "start": pd.to_datetime(["2026-11-21 08:00"]),
    ...                          "end": pd.to_datetime(["2026-11-21 08:30"]), "offered": 90.0, "aht": 270.0})
    >>> patience_sensitivity(forecast, ServiceTarget(share=0.80, within=60))["peak"].tolist()
    [13.0, 14.0, 15.0]
    """
    if "patience" in settings:
        raise SettingError("patience_sensitivity takes patiences=, not patience=.", name="patience")
    waits = sorted(seconds(wait, name="patiences", endless=True) for wait in patiences)
    if not waits:
        raise SettingError("patiences must name at least one mean patience [s].", name="patiences")
    parts = []
    for wait in waits:
        found = requirement(forecast, target, patience=wait, **settings)
        hours = (found["end"] - found["start"]).dt.total_seconds() / 3600
        tall = pd.DataFrame(
            {
                "queue": found["queue"],
                "agent_hours": found["agents"] * hours,
                "rostered_hours": found["rostered"] * hours,
                "offered": found["offered"],
                "lost": found["offered"] * found["abandon_rate"],
            }
        )
        summed = tall.groupby("queue", sort=False).sum()
        summed["peak"] = found.groupby("queue", sort=False)["agents"].max()
        parts.append(summed.reset_index().assign(patience=wait))
    table = pd.concat(parts, ignore_index=True)
    table["abandon_rate"] = (table["lost"] / table["offered"]).fillna(0.0)
    table = table.sort_values(["queue", "patience"], kind="stable").reset_index(drop=True)
    middle = table[table["patience"] == waits[len(waits) // 2]].set_index("queue")["agent_hours"]
    table["difference"] = (table["agent_hours"] / table["queue"].map(middle) - 1).fillna(0.0)
    names = ["queue", "patience", "agent_hours", "rostered_hours", "peak", "abandon_rate", "difference"]
    return table[names]
