"""How right the past was: forecast error against the best possible, and promised against achieved service."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from wfm.errors import TooLittleHistory, WfmWarning
from wfm.plan.deflection import without_deflection
from wfm.plan.demand import Outlook, known_of
from wfm.plan.inputs import Inputs
from wfm.plan.learned import learned
from wfm.queues import Queue
from wfm.tables import with_end

WEEKS = 6


def trust(inputs: Inputs, outlook: Outlook, queues: Mapping[str, Queue]) -> pd.DataFrame:
    """Figures of the last six weeks: name, queue, value.

    day_error, day_bias: WAPE and bias of the daily totals of the busiest live queue, forecast 1-21 days ahead;
    best_possible: what perfect knowledge of the rate would still miss; promised, achieved: service level that the
    model gives for the volumes and staff that were there, and the one that was counted.
    """
    rows: list[tuple[str, str, float]] = []
    if outlook.model is not None:
        rows += _forecast_error(inputs, outlook, queues)
    for name, queue in queues.items():
        # A history of messages counts conversations, and service is promised for every turn.
        if name in inputs.histories and queue.live and queue.channel != "messages":
            rows += _service_error(inputs.histories[name], queue)
    return pd.DataFrame(rows, columns=["name", "queue", "value"])


def _forecast_error(inputs: Inputs, outlook: Outlook, queues: Mapping[str, Queue]) -> list[tuple[str, str, float]]:
    volumes = {name: float(table["offered"].sum()) for name, table in inputs.histories.items() if queues[name].live}
    if not volumes or outlook.model is None:
        return []
    busiest = max(volumes, key=lambda name: volumes[name])
    together = _together(busiest, inputs)
    whole = without_deflection(pd.concat(list(inputs.histories.values()), ignore_index=True), inputs)
    past = whole[whole["queue"].isin(together)].reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WfmWarning)
        try:
            known = known_of(inputs.week, together)
            scores = learned(partial(_scores, known, past), past, "backtest", known)
            scores = scores[scores["queue"] == busiest]
        except TooLittleHistory:
            return []
    return [
        (name, busiest, float(np.average(scores[column], weights=scores["n"])))
        for name, column in (("day_error", "day_wape"), ("best_possible", "day_noise_floor"), ("day_bias", "bias"))
    ]


def _together(queue: str, inputs: Inputs) -> tuple[str, ...]:
    """The queues that must be forecast with it: those of its stream or group, else it alone."""
    spec = inputs.week.spec
    sums = [*spec.streams.values(), *spec.groups.values()]
    return next((tuple(queues) for queues in sums if queue in queues), (queue,))


def _scores(known: Mapping[str, Any], history: pd.DataFrame) -> pd.DataFrame:
    from wfm.forecast import Forecaster, backtest

    return backtest(Forecaster(**known), history, origins=WEEKS // 3, horizon=21)


def _service_error(history: pd.DataFrame, queue: Queue) -> list[tuple[str, str, float]]:
    """Service level promised by the model for what really came and who was really there, beside what was counted."""
    from wfm.erlang import performance

    needed = {"staffed", "answered_within", "aht", "offered"}
    if queue.target is None or not needed <= set(history.columns):
        return []
    whole = with_end(history)
    recent = whole[whole["start"] >= whole["start"].max() - pd.Timedelta(weeks=WEEKS)]
    recent = recent.dropna(subset=list(needed))
    recent = recent[recent["offered"] > 0]
    if recent.empty or ("within" in recent and (recent["within"].dropna() != queue.target.within).any()):
        return []
    offered = recent["offered"].to_numpy(dtype=float)
    level = np.asarray(
        performance(
            offered,
            recent["staffed"].to_numpy(dtype=float),
            aht=recent["aht"].to_numpy(dtype=float),
            interval=(recent["end"] - recent["start"]).dt.total_seconds().to_numpy(dtype=float),
            within=queue.target.within,
            patience=np.inf if queue.patience is None else queue.patience,
            concurrency=queue.concurrency,
            aht_by_concurrency=queue.aht_by_concurrency,
        )["service_level"]
    )
    achieved = recent["answered_within"].to_numpy(dtype=float).sum() / offered.sum()
    return [
        ("promised", queue.name, float((level * offered).sum() / offered.sum())),
        ("achieved", queue.name, float(achieved)),
    ]
