"""What would have been forecast: past origins, each model fitted only to what was known then."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd

from wfm.calendars import as_days
from wfm.checks import number_in, whole_number
from wfm.errors import SettingError, TooLittleHistory
from wfm.forecast.outlook.sums import totals
from wfm.tables import HISTORY, check

QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)
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


def rehearse(
    models: Mapping[str, object],
    history: pd.DataFrame,
    *,
    origins: int | Iterable[object] = 6,
    horizon: int = 28,
    quantiles: Sequence[float] = QUANTILES,
    paths: int = 0,
) -> pd.DataFrame:
    """Forecasts from past origins beside what came, an interval a row.

    A fresh copy of each model is fitted for each origin to the days up to and including it. A model that knows `refit`
    goes on from what it had learned at the origin before, never from later days.

    Parameters
    ----------
    models : mapping            name -> model.
    origins : int or dates      So many origins, evenly spread and a horizon apart where history allows, or these days.
    horizon : int               Days to look ahead.
    paths : int                 Possible futures of each origin, where a model knows `simulate`: they tell the ranges
                                of whole days; 0 = none.

    Returns
    -------
    DataFrame                   model, queue, origin, start, day, lead [days], came, aht_came, mean, aht and quantiles
                                offered_q0.1, ...; with paths day_q0.1 and day_q0.9, the 80% range of the day's total;
                                closed days are left out.

    Raises
    ------
    TooLittleHistory            No origin leaves both training days and a day to score.
    """
    horizon = int(number_in(horizon, name="horizon", low=1, high=366, unit="days"))
    history = check(history, HISTORY)
    observed = history.dropna(subset=["offered"]).assign(day=lambda t: t["start"].dt.normalize())
    chosen = past_days(history, origins, horizon)
    scored = observed[~_closed(observed)]
    levels = tuple(sorted({*quantiles, 0.5}))
    paths = whole_number(paths, name="paths", low=0)
    tables = []
    for name, model in models.items():
        before: object = None
        for origin in chosen:
            known = history[history["start"] < origin + pd.Timedelta(days=1)].reset_index(drop=True)
            fitted = before = _fitted(model, known, before)
            ahead = scored[(scored["day"] > origin) & (scored["day"] <= origin + pd.Timedelta(days=horizon))]
            ahead = ahead[ahead["queue"].isin(known["queue"].unique())]
            if len(ahead):
                told = _beside(str(name), fitted, ahead, origin, levels)
                tables.append(_with_days(told, fitted, paths) if paths and hasattr(fitted, "simulate") else told)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"model": [], "queue": []})


def past_days(history: pd.DataFrame, origins: int | Iterable[object], horizon: int) -> list[pd.Timestamp]:
    """Last days of history from which to look ahead: so many, evenly spread, or those that are given."""
    observed = history.dropna(subset=["offered"]).assign(day=lambda t: t["start"].dt.normalize())
    return sorted(_origins(observed, origins, horizon))


def _fitted(model: object, known: pd.DataFrame, before: object) -> Model:
    if before is not None and hasattr(before, "refit"):
        return cast(Model, copy.copy(before).refit(known))
    return copy.deepcopy(cast(Model, model)).fit(known)


def _beside(
    name: str, fitted: Model, ahead: pd.DataFrame, origin: pd.Timestamp, levels: tuple[float, ...]
) -> pd.DataFrame:
    starts = {str(q): pd.DatetimeIndex(t["start"]) for q, t in ahead.groupby("queue")}
    forecast = fitted.predict(starts=starts, quantiles=levels).rename(columns={"offered": "mean"})
    forecast = forecast.drop(columns="end", errors="ignore")
    came = ahead.rename(columns={"offered": "came"}).assign(
        aht_came=ahead.get("aht", np.nan), model=name, origin=origin
    )
    came["lead"] = (came["day"] - origin).dt.days
    columns = ["model", "queue", "origin", "start", "day", "lead", "came", "aht_came"]
    return came[columns].merge(forecast, on=["queue", "start"])


def _with_days(told: pd.DataFrame, fitted: object, paths: int) -> pd.DataFrame:
    """With the 80% range of each day's total, of what was forecast for its intervals."""
    starts = {str(q): pd.DatetimeIndex(t["start"]) for q, t in told.groupby("queue")}
    ways = cast(Any, fitted).simulate(starts=starts, paths=paths)
    keys = ["queue", "start"]
    empty = dict.fromkeys(("offered_q0.1", "offered_q0.9"), 0.0)  # names the levels that are asked for
    sums = totals(told[keys].assign(offered=told["mean"], aht=np.nan, **empty), ways, by="day")
    sums = sums.assign(day=sums["start"].dt.normalize()).rename(columns={q: q.replace("offered", "day") for q in empty})
    return told.merge(sums[["queue", "day", "day_q0.1", "day_q0.9"]], on=["queue", "day"], how="left")


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
