"""Why so many people: each headcount as load, safety and shrinkage, in people, adding up to the last bit.

Every term is the difference of two counterfactual numbers of people, each with one thing more taken into account than
the one before. So the terms telescope: whatever the model, they add up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from wfm.checks import one_of
from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.fractions import fractional_agents, fractional_plan
from wfm.erlang.formulas.law import Law
from wfm.erlang.staffing.behind import Settings, demand_behind
from wfm.erlang.staffing.expected import plan_for_mean
from wfm.errors import DataError
from wfm.tables import REQUIREMENT, check, with_end
from wfm.target import ServiceTarget

TERMS = {
    "stated": "stated",
    "load": "load",
    "concurrency": "several at once",
    "randomness": "randomness",
    "abandonment": "hang-ups",
    "other_targets": "other targets",
    "spread": "spread over the scope",
    "floor_staff": "minimum staff",
    "rounding": "rounding",
    "carried": "carried over",
    "uncertain_rates": "uncertain rates",
    "unplanned": "unplanned absence",
    "placed": "breaks, leave, training",
}
_GRAIN = 2.0**-30  # of a person: sums of multiples of it are exact


def explain_requirement(
    requirement: pd.DataFrame,
    target: Any,
    *,
    patience: Any = None,
    shrinkage: Any = 0.0,
    concurrency: Any = 1,
    aht_by_concurrency: Any = (),
    mean: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Each headcount of a requirement as a sum of terms, in people.

    Parameters
    ----------
    requirement : table         With offered, aht, load; as `requirement` returns it.
    target, patience, ...       As they were given to `requirement`; queues that a mapping of targets does not name are
                                taken as they stand.
    mean : table                The requirement of the same settings without confidence. Without it a requirement with
                                confidence is compared with the steady state of the mean forecast, and `carried` is
                                part of `uncertain_rates`.

    Returns
    -------
    DataFrame                   queue, start, end, the terms, headcount. In every row the terms add up to the headcount,
                                with no error of rounding.

    Notes
    -----
    ================ ===============================================================================================
    term             people needed further when ...
    ================ ===============================================================================================
    stated           nothing is known but the number itself (no load, or no target for the queue)
    load             every contact must be handled, one at a time: offered x aht / interval
    concurrency      agents handle several contacts at once (below 0)
    randomness       contacts come at random: fractional agents by Erlang C for the share, nobody hanging up
    abandonment      contacts hang up: the same by Erlang A (below 0: what hang-ups save)
    other_targets    max_abandon, max_asa, wait_quantile and max_occupancy hold in every interval
    spread           the promise is kept over the day or week, no interval below the floor: fractional optimum
    floor_staff      the planner's minimum holds
    rounding         agents are whole
    carried          queues and work are carried from one interval to the next (a time-varying method)
    uncertain_rates  the promise holds with confidence: rates are doubtful, attendance is drawn
    unplanned        some of the rostered do not come
    placed           people have breaks, leave and training
    ================ ===============================================================================================

    >>> from wfm.erlang import requirement
    >>> forecast = pd.DataFrame({"queue": "voice", "start": [pd.Timestamp("2026-11-21 10:00")],
    ...                          "end": [pd.Timestamp("2026-11-21 10:30")], "offered": 150.0, "aht": 288.0})
    >>> promise = ServiceTarget(share=0.80, within=20, scope="interval")
    >>> needed = requirement(forecast, promise, patience=180, shrinkage=0.06)
    >>> explained = explain_requirement(needed, promise, patience=180, shrinkage=0.06)
    >>> explanation(explained.iloc[0])
    'voice 10:00: 28.7 people = 24.0 load + 4.6 randomness - 2.4 hang-ups + 0.8 rounding + 1.7 unplanned absence'
    """
    table = check(requirement, REQUIREMENT)
    if len(table) and ("end" not in table or table["end"].isna().any()):
        table = with_end(table)
    plain = None if mean is None else _beside(table, check(mean, REQUIREMENT))
    settings = Settings(
        target=target,
        patience=patience,
        shrinkage=shrinkage,
        concurrency=concurrency,
        aht_by_concurrency=aht_by_concurrency,
    )
    parts = []
    for queue, rows in table.groupby("queue", sort=False):
        beside = None if plain is None else plain[rows.index.to_numpy()]
        parts.append(_one_queue(str(queue), rows, settings, beside))
    if not parts:
        return pd.DataFrame(columns=["queue", "start", "end", *TERMS, "headcount"])
    return pd.concat(parts, ignore_index=True)


def _beside(table: pd.DataFrame, mean: pd.DataFrame) -> Array:
    """Agents of the mean requirement in the order of the other."""
    found = table[["queue", "start"]].merge(mean[["queue", "start", "agents"]], on=["queue", "start"], how="left")
    missing = found["agents"].isna().to_numpy(dtype=bool)
    if missing.any():
        first = found.iloc[int(missing.argmax())]
        raise DataError(
            f"mean must hold every interval of the requirement; it misses {int(missing.sum())}, first "
            f"queue={first['queue']}, start={first['start']}.",
            table="requirement",
            column="start",
        )
    return found["agents"].to_numpy(dtype=float)


def _one_queue(queue: str, rows: pd.DataFrame, settings: Settings, mean: Array | None) -> pd.DataFrame:
    agents = rows["agents"].to_numpy(dtype=float)
    shrinkage = settings.shrinkage_of(queue)
    rostered = _or(rows, "rostered", np.asarray(shrinkage.rostered(agents)))
    headcount = _or(rows, "headcount", np.maximum(np.asarray(shrinkage.headcount(agents)), rostered))
    known = isinstance(settings.of("target", queue), ServiceTarget) and {"offered", "aht", "load"} <= set(rows.columns)
    levels = _counterfactuals(queue, rows, settings, mean, agents) if known else dict.fromkeys(TERMS, agents)
    levels = {**levels, "unplanned": rostered, "placed": headcount}
    grains = {name: np.round(levels[name] / _GRAIN) * _GRAIN for name in TERMS}
    before = np.zeros(len(rows))
    out = rows[["queue", "start", "end"]].copy()
    for name in TERMS:
        out[name] = grains[name] - before
        before = grains[name]
    return out.assign(headcount=before)


def _or(rows: pd.DataFrame, name: str, other: Array) -> Array:
    if name not in rows:
        return other
    given = rows[name].to_numpy(dtype=float)
    return np.where(np.isnan(given), other, given)


def _counterfactuals(
    queue: str, rows: pd.DataFrame, settings: Settings, mean: Array | None, agents: Array
) -> dict[str, Array]:
    """Agents with ever more taken into account, by the name of what came in last."""
    demand = demand_behind(queue, rows, settings)
    target, law = demand.target, demand.law
    share_alone = replace(target, max_abandon=None, max_asa=None, max_occupancy=None, wait_quantile=None)
    alone = replace(demand, target=share_alone)
    patient = replace(alone, law=_nobody_hangs_up(law))
    free = replace(demand, minimum=np.zeros_like(demand.minimum))
    whole = plan_for_mean(demand).astype(float)
    each = fractional_agents(demand)
    certain = agents if mean is None and "probability" not in rows else (whole if mean is None else mean)
    return {
        "stated": np.zeros(len(rows)),
        "load": demand.load,
        "concurrency": demand.load / law.concurrency,
        "randomness": fractional_agents(patient),
        "abandonment": fractional_agents(alone),
        "other_targets": each,
        "spread": each if target.scope == "interval" else fractional_plan(free),
        "floor_staff": np.maximum(each, np.ceil(demand.minimum))
        if target.scope == "interval"
        else fractional_plan(demand),
        "rounding": whole,
        "carried": certain,
        "uncertain_rates": agents,
    }


def _nobody_hangs_up(law: Law) -> Law:
    return replace(law, patience=np.asarray(np.inf), short=np.asarray(0.0), abandoned="lost")


def explained_hours(explained: pd.DataFrame, *, scope: str = "day") -> pd.DataFrame:
    """The terms summed over days or weeks, in hours of people.

    Parameters
    ----------
    explained : DataFrame       From `explain_requirement`.
    scope : str                 `day`, or `week`: seven days from the first day of the table.

    Returns
    -------
    DataFrame                   queue, start (of the day or week), the terms and headcount [hours].
    """
    one_of(scope, ("day", "week"), name="scope")
    hours = (explained["end"] - explained["start"]).dt.total_seconds() / 3600
    names = [*TERMS, "headcount"]
    start = explained["start"].dt.normalize()
    if scope == "week" and len(start):
        start = start - pd.to_timedelta((start - start.min()).dt.days % 7, unit="D")
    table = explained[names].mul(hours, axis=0).assign(queue=explained["queue"], start=start)
    return table.groupby(["queue", "start"], sort=False)[names].sum().reset_index()


def explanation(row: pd.Series) -> str:
    """One row of `explain_requirement` or `explained_hours` in a sentence, whose rounded numbers add up as well."""
    tenths = _tenths(np.array([float(row[name]) for name in TERMS]), round(float(row["headcount"]) * 10))
    words = [
        f"{'-' if tenth < 0 else '+'} {abs(tenth) / 10:,.1f} {TERMS[name]}"
        for name, tenth in zip(TERMS, tenths, strict=True)
        if tenth
    ]
    text = " ".join(words).removeprefix("+ ") or "0.0"
    hours = "end" not in row.index
    when = f"{row['start']:%a %Y-%m-%d}" if hours else f"{row['start']:%H:%M}"
    return f"{row['queue']} {when}: {float(row['headcount']):,.1f} {'h' if hours else 'people'} = {text}"


def _tenths(values: Array, total: int) -> list[int]:
    """Values in whole tenths that add up to `total` tenths: the largest remainders are rounded up."""
    scaled = values * 10
    low = np.floor(scaled + 1e-9)
    missing = int(total - low.sum())
    order = np.argsort(-(scaled - low), kind="stable")
    low[order[: max(missing, 0)]] += 1
    return [int(x) for x in low]
