"""Why the service was not what was promised: volume, shape of the day, handle time, attendance, and chance.

Each of the four causes is put into the plan in the place of what was planned, in every order, and credited with the
mean of what it changes (the value of Shapley, 1953). What the four together do not explain is chance: the counted
service less the modelled one, less the same difference in the promise; counts that stray from the day's shape interval
by interval belong to it. All five add up to the miss.
"""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.erlang import performance
from wfm.queues import Queue
from wfm.review.beside import achieved_level, promised_level
from wfm.review.planned import Planned
from wfm.review.shape import came_shape

Floats = npt.NDArray[np.float64]
CAUSES = ("volume", "shape", "aht", "attendance")
COLUMNS = (
    "queue",
    "scope",
    "start",
    "end",
    "promised",
    *CAUSES,
    "chance",
    "achieved",
    "miss",
    "model_planned",
    "model_came",
)


def split_of(both: pd.DataFrame, plan: Planned) -> pd.DataFrame:
    """The miss of every live queue, day by day and for all days together.

    Returns
    -------
    table : queue, scope (day or week), start, end, promised, volume, shape, aht, attendance, chance, achieved, miss,
        model_planned, model_came       Service levels and differences of them, as fractions; promised + the five causes
                                        = achieved, and the five add up to the miss. `model_...` is what the formula
                                        gives for what was planned, and for what came.
    """
    rows = []
    for name, own in both.groupby("queue"):
        queue = plan.queues[str(name)]
        if not _can_be_split(queue, own):
            continue
        own = own.reset_index(drop=True)
        levels = _levels(own, queue)
        groups = [("day", np.flatnonzero(own["day"] == day)) for day in own["day"].unique()]
        for scope, inside in [*groups, ("week", np.arange(len(own)))]:
            rows.append(_split(own, inside, levels, plan, queue, scope))
    return pd.DataFrame([row for row in rows if row is not None], columns=list(COLUMNS))


def shapley(values: dict[frozenset[str], float], causes: tuple[str, ...] = CAUSES) -> dict[str, float]:
    """What each cause adds, averaged over all orders; the parts add up to the value of all less that of none.

    >>> parts = shapley({frozenset(): 0.0, frozenset("a"): 1.0, frozenset("b"): 2.0, frozenset("ab"): 5.0}, ("a", "b"))
    >>> parts
    {'a': 2.0, 'b': 3.0}
    """
    count = len(causes)
    parts = {}
    for cause in causes:
        others = [other for other in causes if other != cause]
        total = 0.0
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for before in combinations(others, size):
                total += weight * (values[frozenset((*before, cause))] - values[frozenset(before)])
        parts[cause] = total
    return parts


def _can_be_split(queue: Queue, own: pd.DataFrame) -> bool:
    return bool(
        queue.live
        and queue.target is not None
        and own["forecast"].notna().all()
        and own["expected"].notna().all()
        and own["aht_forecast"].notna().all()
    )


def _levels(own: pd.DataFrame, queue: Queue) -> dict[frozenset[str], tuple[Floats, Floats]]:
    """Contacts that count and those of them in time, by interval, with any of the causes as they came."""
    assert queue.target is not None
    picks = [frozenset(pick) for size in range(len(CAUSES) + 1) for pick in combinations(CAUSES, size)]
    offered = np.array([_offered(own, pick) for pick in picks])
    planned_aht, planned_agents = (own[name].to_numpy(dtype=float) for name in ("aht_forecast", "expected"))
    aht = own["aht"].where(own["aht"] > 0).fillna(own["aht_forecast"]).to_numpy(dtype=float)
    agents = own["came"].fillna(own["expected"]).to_numpy(dtype=float)
    found = performance(
        offered,
        np.array([agents if "attendance" in pick else planned_agents for pick in picks]),
        interval=own["hours"].to_numpy(dtype=float) * 3600,
        aht=np.array([aht if "aht" in pick else planned_aht for pick in picks]),
        patience=np.inf if queue.patience is None else queue.patience,
        within=queue.target.within,
        abandoned=queue.target.abandoned,
        short=queue.target.short,
        concurrency=queue.concurrency,
        aht_by_concurrency=() if _measured(own) else queue.aht_by_concurrency,
    )
    base = offered * (1 - found["abandon_rate"]) if queue.target.abandoned == "answered" else offered
    return {pick: (base[k], base[k] * found["service_level"][k]) for k, pick in enumerate(picks)}


def _measured(own: pd.DataFrame) -> bool:
    """Whether the handle time of what came is known, and may stand in the place of the ladder of concurrent chats."""
    return bool(own["aht"].notna().any())


def _offered(own: pd.DataFrame, pick: frozenset[str]) -> Floats:
    """Contacts by interval: the day's volume times the share that each interval has of it."""
    found = np.zeros(len(own))
    for _, rows in own.groupby("day"):
        forecast, offered = (rows[name].to_numpy(dtype=float) for name in ("forecast", "offered"))
        planned, came = forecast.sum(), offered.sum()
        width = float(rows["hours"].iloc[0]) * 3600
        share = np.divide(forecast, planned, out=np.full(len(rows), 1 / len(rows)), where=planned > 0)
        if "shape" in pick and came > 0:
            share = came_shape(offered, share * came, width) / came
        found[rows.index] = (came if "volume" in pick else planned) * share
    return found


def _split(
    own: pd.DataFrame,
    inside: npt.NDArray[np.int64],
    levels: dict[frozenset[str], tuple[Floats, Floats]],
    plan: Planned,
    queue: Queue,
    scope: str,
) -> tuple[object, ...] | None:
    rows = own.iloc[inside]
    achieved = achieved_level(rows, queue.target)
    if np.isnan(achieved):
        return None
    values = {}
    for pick, (base, met) in levels.items():
        total = float(base[inside].sum())
        values[pick] = float(met[inside].sum()) / total if total > 0 else 1.0
    promised = promised_level(plan, queue.name, rows, scope)
    parts = shapley(values)
    miss = achieved - promised
    chance = miss - sum(parts.values())
    return (
        queue.name,
        scope,
        rows["start"].iloc[0],
        rows["end"].iloc[-1],
        promised,
        *parts.values(),
        chance,
        achieved,
        miss,
        values[frozenset()],
        values[frozenset(CAUSES)],
    )
