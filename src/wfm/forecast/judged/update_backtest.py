"""What looking again in the middle of a day would have been worth: past days, forecast before and after noon."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from wfm.checks import number_in
from wfm.durations import time_of_day
from wfm.forecast.forecaster import Forecaster
from wfm.forecast.judged import metrics
from wfm.forecast.judged.rehearsing import past_days
from wfm.tables import HISTORY, check


def backtest_update(
    model: Forecaster,
    history: pd.DataFrame,
    *,
    origins: int | Iterable[object] = 12,
    at: Sequence[object] = ("10:00", "12:00", "15:00"),
    days: int = 7,
) -> pd.DataFrame:
    """Errors of the rest of a day and of the days after it, without and with what its first hours said.

    Parameters
    ----------
    origins : int or dates      Last days of history; the day after each is the one that is looked at again.
    at : times of day           When.
    days : int                  Days that are scored, the one that has begun among them.

    Returns
    -------
    DataFrame                   queue, origin, at, part (`rest of the day`, `days after`), wape_before, wape_after,
                                wape_ratio (had the whole ratio of what came to what was expected been carried on),
                                value_added (part of the error that the update takes away), noise_floor, n.

    Raises
    ------
    TooLittleHistory            No origin leaves both training days and days to score.

    >>> starts = pd.date_range("2026-01-05", periods=70 * 8, freq="3h")
    >>> busy = 1 + 0.3 * np.sin(np.arange(70)).repeat(8)  # whole days that are busier than others
    >>> history = pd.DataFrame({"queue": "voice", "start": starts, "offered": 300 * busy})
    >>> found = backtest_update(Forecaster(), history, origins=["2026-03-10"], at=["12:00"], days=1)
    >>> bool((found["wape_after"] < found["wape_before"]).all())
    True
    """
    history = check(history, HISTORY)
    days = int(number_in(days, name="days", low=1, high=366, unit="days"))
    moments = [pd.Timedelta(seconds=time_of_day(one, name="at")) for one in at]
    rows: list[dict[str, object]] = []
    fitted: Forecaster | None = None
    for origin in past_days(history, origins, days):
        tomorrow = origin + pd.Timedelta(days=1)
        known = history[history["start"] < tomorrow].reset_index(drop=True)
        fitted = copy.deepcopy(model).fit(known) if fitted is None else copy.copy(fitted).refit(known)
        ahead = history[(history["start"] >= tomorrow) & (history["start"] < tomorrow + pd.Timedelta(days=days))]
        ahead = ahead[ahead["offered"].notna() & ahead["queue"].isin(list(fitted.models_))]
        for moment in moments:
            rows += _scored(fitted, ahead, origin, tomorrow + moment)
    return pd.DataFrame(rows)


def _scored(
    fitted: Forecaster, ahead: pd.DataFrame, origin: pd.Timestamp, now: pd.Timestamp
) -> list[dict[str, object]]:
    """A row for each queue and part of what comes after `now`."""
    so_far = ahead[ahead["start"] < now]
    starts = {str(q): pd.DatetimeIndex(t["start"]) for q, t in ahead.groupby("queue")}
    if so_far.empty:
        return []
    before = fitted.predict(starts=starts, quantiles=(0.5,))
    after = fitted.update(so_far[["queue", "start", "offered"]], starts=starts, quantiles=(0.5,))
    keys = ["queue", "start"]
    both = ahead[[*keys, "offered"]].merge(before[[*keys, "offered", "offered_q0.5"]], on=keys, suffixes=("", "_mean"))
    both = both.merge(after[[*keys, "offered_q0.5"]], on=keys, how="left", suffixes=("", "_after"))
    rows: list[dict[str, object]] = []
    for queue, mine in both.groupby("queue"):
        early = mine[mine["start"] < now]
        ratio = (early["offered"].sum() + 1) / (early["offered_q0.5"].sum() + 1)
        today = mine["start"].dt.normalize() == now.normalize()
        later = mine["start"] >= now
        parts = {"rest of the day": mine[today & later], "days after": mine[~today]}
        for part, some in parts.items():
            if len(some):
                row = {"queue": queue, "origin": origin, "at": f"{now:%H:%M}", "part": part}
                rows.append({**row, **_errors(some, ratio if part == "rest of the day" else 1.0)})
    return rows


def _errors(some: pd.DataFrame, ratio: float) -> dict[str, float | int]:
    came, before, after = (some[c].to_numpy(dtype=float) for c in ("offered", "offered_q0.5", "offered_q0.5_after"))
    errors = [metrics.wape(came, centre) for centre in (before, after, before * ratio)]
    return {
        "wape_before": errors[0],
        "wape_after": errors[1],
        "wape_ratio": errors[2],
        "value_added": 1 - errors[1] / errors[0] if errors[0] > 0 else 0.0,
        "noise_floor": metrics.noise_floor(np.maximum(some["offered_mean"].to_numpy(dtype=float), 1e-9)),
        "n": len(some),
    }
