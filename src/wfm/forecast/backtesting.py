"""How good a forecast would have been: rolling origins, each model fitted only to what was known then."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import as_days
from wfm.checks import number_in
from wfm.errors import SettingError, TooLittleHistory
from wfm.forecast import metrics
from wfm.tables import HISTORY, check

Floats = npt.NDArray[np.float64]
LEADS = ((1, 7), (8, 14), (15, 28), (29, 91), (92, 366))
"""Buckets of calendar days after the origin."""
LEAST_TRAINING = 28
"""Days before the first origin where origins are a number."""
CLOSED = 0.25
"""A day below this share of its weekday's median is a closed day: it is not scored."""


class Model(Protocol):
    """Anything that learns from a history and predicts given intervals."""

    def fit(self, history: pd.DataFrame) -> Model:
        """Learn from history."""

    def predict(self, *, starts: Mapping[str, pd.DatetimeIndex], quantiles: Sequence[float]) -> pd.DataFrame:
        """Predict given intervals."""


def backtest(
    model: object,
    history: pd.DataFrame,
    *,
    origins: int | Iterable[object] = 6,
    horizon: int = 28,
    quantiles: Sequence[float] = (0.025, 0.1, 0.5, 0.9, 0.975),
) -> pd.DataFrame:
    """Forecast from past origins and compare with what came.

    A fresh copy of the model is fitted for each origin to the days up to and including it. A model that knows `refit`
    goes on from what it had learned at the origin before, never from later days.

    Parameters
    ----------
    model : object or mapping   Anything with `fit(history)` and `predict(starts=..., quantiles=...)`, or a mapping of
                                names to such models, which are then compared on the same origins.
    origins : int or dates      So many origins, evenly spread and a horizon apart where history allows, or these days.
    horizon : int               Days to look ahead.

    Returns
    -------
    DataFrame                   A row for each model, queue, origin and bucket of lead days: model, queue, origin, lead
                                ("1-7"), wape, mase, bias, pinball, cover80, cover95, day_wape, noise_floor,
                                day_noise_floor (what perfect knowledge of the rate would still miss, in slots and in
                                daily totals), n (slots scored). Errors are those of the median, bias of the mean.

    Raises
    ------
    TooLittleHistory            No origin leaves both training days and a day to score.
    """
    horizon = int(number_in(horizon, name="horizon", low=1, high=366, unit="days"))
    history = check(history, HISTORY)
    observed = history.dropna(subset=["offered"]).assign(day=lambda t: t["start"].dt.normalize())
    chosen = _origins(observed, origins, horizon)
    scored = observed[~_closed(observed)]
    named = model if isinstance(model, Mapping) else {type(model).__name__: model}
    rows: list[dict[str, object]] = []
    for name, one in named.items():
        before: object = None
        for origin in sorted(chosen):
            known = history[history["start"] < origin + pd.Timedelta(days=1)].reset_index(drop=True)
            fitted = before = _fitted(one, known, before)
            ahead = scored[(scored["day"] > origin) & (scored["day"] <= origin + pd.Timedelta(days=horizon))]
            rows += _score(str(name), fitted, known, ahead, origin, tuple(quantiles))
    return pd.DataFrame(rows)


def _fitted(model: object, known: pd.DataFrame, before: object) -> Model:
    if before is not None and hasattr(before, "refit"):
        return cast(Model, copy.copy(before).refit(known))
    return copy.deepcopy(cast(Model, model)).fit(known)


def _origins(observed: pd.DataFrame, origins: int | Iterable[object], horizon: int) -> list[pd.Timestamp]:
    days = pd.DatetimeIndex(np.sort(observed["day"].unique()))
    if not isinstance(origins, int):
        chosen = [pd.Timestamp(day) for day in as_days(origins).normalize()]
        stray = [day for day in chosen if day < days[0] or day >= days[-1]]
        if stray:
            raise SettingError(
                f"origins must lie within history before its last day {days[-1].date()}, got {stray[0].date()}.",
                name="origins",
                value=stray[0],
            )
        return chosen
    number_in(origins, name="origins", low=1, high=10_000)
    first = days[0] + pd.Timedelta(days=LEAST_TRAINING - 1)
    last = days[-1] - pd.Timedelta(days=horizon)
    possible = days[(days >= first) & (days <= last)]
    if not len(possible):
        raise TooLittleHistory(
            f"history from {days[0].date()} to {days[-1].date()} is too short to look {horizon} days ahead from after "
            f"{LEAST_TRAINING} days. Take a shorter horizon or hand in more.",
            table="history",
        )
    step = max(min(horizon, int((possible[-1] - possible[0]).days / max(origins - 1, 1))), 1)
    wanted = [possible[-1] - pd.Timedelta(days=step * k) for k in range(origins)]
    inside = [day for day in wanted if day >= possible[0]]
    return sorted({pd.Timestamp(possible[possible <= day][-1]) for day in inside})


def _closed(observed: pd.DataFrame) -> pd.Series:
    totals = observed.groupby(["queue", "day"])["offered"].transform("sum")
    by_day = observed.groupby(["queue", "day"], as_index=False)["offered"].sum()
    weekday = by_day["day"].dt.day_of_week.rename("weekday")
    usual = by_day.groupby(["queue", weekday])["offered"].median().rename("usual").reset_index()
    matched = observed[["queue"]].assign(weekday=observed["day"].dt.day_of_week).merge(usual, how="left")
    return totals < CLOSED * matched["usual"].set_axis(observed.index)


def _score(
    name: str,
    fitted: Model,
    known: pd.DataFrame,
    ahead: pd.DataFrame,
    origin: pd.Timestamp,
    quantiles: tuple[float, ...],
) -> list[dict[str, object]]:
    ahead = ahead[ahead["queue"].isin(known["queue"].unique())]
    if ahead.empty:
        return []
    starts = {str(q): pd.DatetimeIndex(t["start"]) for q, t in ahead.groupby("queue")}
    forecast = fitted.predict(starts=starts, quantiles=tuple(sorted({*quantiles, 0.5})))
    both = ahead[["queue", "start", "day", "offered"]].merge(
        forecast.rename(columns={"offered": "mean"}).drop(columns=["end", "aht"], errors="ignore"),
        on=["queue", "start"],
    )
    both["lead"] = (both["day"] - origin).dt.days
    rows: list[dict[str, object]] = []
    for queue, mine in both.groupby("queue"):
        scale = _scale(known[known["queue"] == queue])
        for first, last in LEADS:
            part = mine[(mine["lead"] >= first) & (mine["lead"] <= last)]
            if len(part):
                label = f"{first}-{last}"
                rows.append(
                    {
                        "model": name,
                        "queue": queue,
                        "origin": origin,
                        "lead": label,
                        **_measures(part, quantiles, scale),
                    }
                )
    return rows


def _scale(known: pd.DataFrame) -> float:
    known = known.dropna(subset=["offered"])
    starts = pd.DatetimeIndex(known["start"])
    day = starts.to_numpy().astype("datetime64[D]").astype(np.int64)
    slot = np.asarray((starts - starts.normalize()).total_seconds(), dtype=np.int64)
    return metrics.weekly_scale(known["offered"].to_numpy(dtype=float), day, slot)


def _measures(part: pd.DataFrame, quantiles: tuple[float, ...], scale: float) -> dict[str, float | int]:
    actual, median = part["offered"].to_numpy(dtype=float), part["offered_q0.5"].to_numpy(dtype=float)
    mean = part["mean"].to_numpy(dtype=float)
    levels = {q: part[f"offered_q{q:g}"].to_numpy(dtype=float) for q in quantiles}
    days = part.groupby("day")[["offered", "offered_q0.5", "mean"]].sum()
    totals = days["offered"].to_numpy(dtype=float)
    return {
        "wape": metrics.wape(actual, median),
        "mase": metrics.mase(actual, median, scale),
        "bias": metrics.bias(actual, mean),
        "pinball": metrics.pinball(actual, levels),
        "cover80": _cover(actual, levels, 0.1, 0.9),
        "cover95": _cover(actual, levels, 0.025, 0.975),
        "day_wape": metrics.wape(totals, days["mean"].to_numpy(dtype=float)),
        "noise_floor": metrics.noise_floor(mean),
        "day_noise_floor": metrics.noise_floor(days["mean"].to_numpy(dtype=float)),
        "n": len(part),
    }


def _cover(actual: Floats, levels: dict[float, Floats], low: float, high: float) -> float:
    return metrics.coverage(actual, levels[low], levels[high]) if low in levels and high in levels else float("nan")
