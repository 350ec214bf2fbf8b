"""What each of the planner's changes to the forecast was worth: the error before it and after it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.errors import DataError
from wfm.forecast.judged import metrics
from wfm.plan.adjust import adjusted
from wfm.tables import ADJUSTMENTS, FORECAST, HISTORY, check

KEY = ["queue", "start"]
FORECASTS = ("offered", "aht")
TELLING = 2.0
"""A change is judged where it moved the error by so many standard deviations of Poisson chance."""


def score_adjustments(adjustments: pd.DataFrame, machine: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Forecast value added by each adjustment, in the order in which they were made.

    Parameters
    ----------
    adjustments : table     queue, start, end, what, how, value, reason, by; only `offered` and `aht` are forecasts.
    machine : forecast      Before any of them: queue, start, offered, aht.
    history : table         What came: queue, start, offered; also aht.

    Returns
    -------
    DataFrame               The adjustments of volume and handle time with n (intervals that have come), came (contacts,
                            or mean handle time [s]), before, after (the same as forecast without and with this change,
                            earlier ones made), error_before, error_after (absolute errors of days over what came),
                            saved (error taken away: contacts, or seconds of handle time), noise_floor (what perfect
                            knowledge would still miss; empty for handle time) and verdict: helped, hurt, too small to
                            tell, or has not come yet.

    >>> starts = pd.date_range("2026-11-21", periods=2)
    >>> machine = pd.DataFrame({"queue": "voice", "start": starts, "offered": [1000.0, 1000.0], "aht": 240.0})
    >>> came = machine.assign(offered=[1240.0, 1010.0])
    >>> row = {"queue": "voice", "what": "offered", "how": "multiply", "value": 1.2, "reason": "mailing", "by": "Sara"}
    >>> log = pd.DataFrame([{**row, "start": start, "end": start + pd.Timedelta(days=1)} for start in starts])
    >>> score_adjustments(log, machine, came)[["saved", "verdict"]].values.tolist()
    [[200.0, 'helped'], [-180.0, 'hurt']]
    """
    log = check(adjustments, ADJUSTMENTS)
    log = log[log["what"].isin(FORECASTS)].reset_index(drop=True)
    forecast = check(machine, FORECAST)
    if "aht" not in forecast:
        forecast = forecast.assign(aht=np.nan)
    history = check(history, HISTORY)
    seen = history[[*KEY, "offered", *(["aht"] if "aht" in history else [])]]
    unknown = sorted(set(log["queue"]) - set(forecast["queue"]))
    if unknown:
        raise DataError(
            f"adjustments name queue {unknown[0]!r}, which the machine's forecast does not hold.",
            table="adjustments",
            column="queue",
        )
    rows = []
    for place in range(len(log)):
        one = log.iloc[[place]]
        what = str(one["what"].iloc[0])
        changed = adjusted(forecast, one, what, what)[forecast.columns]
        rows.append(_judged(one, what, forecast, changed, seen))
        forecast = changed
    return pd.concat([log, pd.DataFrame(rows, columns=list(_NOTHING))], axis=1)


_NOTHING = {
    "n": 0,
    "came": np.nan,
    "before": np.nan,
    "after": np.nan,
    "error_before": np.nan,
    "error_after": np.nan,
    "saved": np.nan,
    "noise_floor": np.nan,
    "verdict": "has not come yet",
}


def _judged(
    one: pd.DataFrame, what: str, before: pd.DataFrame, after: pd.DataFrame, seen: pd.DataFrame
) -> dict[str, object]:
    inside = before["queue"].eq(one["queue"].iloc[0]) & before["start"].between(
        one["start"].iloc[0], one["end"].iloc[0], inclusive="left"
    )
    if what not in seen or not inside.any():
        return dict(_NOTHING)
    both = before.loc[inside, [*KEY, what]].rename(columns={what: "before"})
    both = both.assign(after=after.loc[inside, what].to_numpy())
    both = both.merge(seen[[*KEY, what]].rename(columns={what: "came"}), on=KEY)
    both = both.merge(seen[[*KEY, "offered"]], on=KEY).dropna(subset=["came", "offered", "before"])
    if both.empty:
        return dict(_NOTHING)
    weight = np.ones(len(both)) if what == "offered" else both["offered"].to_numpy(dtype=float)
    days = both[["came", "before", "after"]].mul(weight, axis=0).assign(day=both["start"].dt.normalize())
    sums = days.groupby("day")[["came", "before", "after"]].sum().to_numpy(dtype=float).T
    errors = [float(np.abs(forecast - sums[0]).sum()) for forecast in sums[1:]]
    saved = errors[0] - errors[1]
    floor = metrics.noise_floor(sums[0]) if what == "offered" else float("nan")
    chance = TELLING * float(np.sqrt(sums[0].sum())) if what == "offered" else 0.0
    total = max(float(weight.sum()), 1e-9) if what == "aht" else 1.0
    return {
        "n": len(both),
        "came": float(sums[0].sum() / total),
        "before": float(sums[1].sum() / total),
        "after": float(sums[2].sum() / total),
        "error_before": errors[0] / max(float(sums[0].sum()), 1e-9),
        "error_after": errors[1] / max(float(sums[0].sum()), 1e-9),
        "saved": saved / total,
        "noise_floor": floor,
        "verdict": "too small to tell" if abs(saved) <= chance else "helped" if saved > 0 else "hurt",
    }
