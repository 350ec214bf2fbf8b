"""How good a forecast would have been: errors by lead, beside chance, naive, the planner, in agents and paid hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import Calendar
from wfm.errors import DataError, SettingError
from wfm.forecast.judged import metrics
from wfm.forecast.judged.friends import as_model
from wfm.forecast.judged.naive import seasonal_naive
from wfm.forecast.judged.rehearsing import QUANTILES, rehearse
from wfm.tables import HISTORY, check, with_end

Floats = npt.NDArray[np.float64]
Staffing = Callable[[pd.DataFrame], pd.DataFrame]
LEADS = ((1, 7), (8, 14), (15, 28), (29, 91), (92, 366))
"""Buckets of calendar days after the origin."""
MONTH_START = 6
"""Days of a month that are scored apart."""
NAIVE, PLANNER = "last week", "planner"
ROW = ["model", "queue", "origin", "lead"]


def backtest(
    model: object,
    history: pd.DataFrame,
    *,
    origins: int | Iterable[object] = 6,
    horizon: int = 28,
    quantiles: Sequence[float] = QUANTILES,
    planner: pd.DataFrame | None = None,
    staffing: Staffing | None = None,
    calendar: Calendar | None = None,
    paths: int = 0,
) -> pd.DataFrame:
    """Forecast from past origins and compare with what came.

    A fresh copy of the model is fitted for each origin to the days up to and including it. A model that knows `refit`
    goes on from what it had learned at the origin before, never from later days.

    Parameters
    ----------
    model : object or mapping   Anything with `fit(history)` and `predict(starts=..., quantiles=...)`, a friend as for a
                                `Combination` (a function `(history, starts) -> contacts`, `Prophet()`, ...), or a
                                mapping of names to such, which are then compared on the same origins. A friend without
                                a median is scored by what it gives.
    origins : int or dates      So many origins, evenly spread and a horizon apart where history allows, or these days.
    horizon : int               Days to look ahead.
    planner : table             The planner's own numbers: queue, start, offered; also made = when the number was made:
                                the last one made before the origin's day was over is taken. Scored as a model
                                `planner`.
    staffing : function         forecast table -> requirement table, say
                                `lambda table: wfm.erlang.requirement(table, target, patience=180)`: errors in agents
                                and in paid hours. A model without handle times is lent those that came.
    calendar : Calendar         Whose months have the days 1-6 that are scored apart; None = the model's, or Gregorian.
    paths : int                 Possible futures of each origin (200, say), by which the ranges of whole days are
                                scored; 0 = they are not.

    Returns
    -------
    DataFrame                   A row for each model, queue, origin and bucket of lead days: model, queue, origin, lead
                                ("1-7"), wape, mase, bias, pinball, cover80, cover95 (of intervals), day_cover80 (of
                                whole days, with `paths`), day_wape, noise_floor, day_noise_floor (what perfect
                                knowledge of the rate would still miss, in slots and in daily totals), month_start_wape
                                and month_start_floor (days 1-6 of the month),
                                value_added (part of the error of repeating last week that is gone),
                                over_planner (the same of the planner's, on his intervals), agents_error (absolute, over
                                the agents needed for what came), paid_hours (needed for what came), hours_over and
                                hours_short (paid hours planned above and below them), n (slots scored). Errors are
                                those of the median, bias and agents of the mean.

    Raises
    ------
    SettingError                What is to be tested is neither a model nor a friend.
    TooLittleHistory            No origin leaves both training days and a day to score.

    >>> days = pd.date_range("2026-01-05", periods=63)
    >>> offered = np.where(days.day_of_week < 5, 500.0, 200.0) * np.where(days < "2026-02-23", 1.0, 1.1)
    >>> history = pd.DataFrame({"queue": "voice", "start": days, "offered": offered})
    >>> def usual(history, starts):
    ...     return np.where(starts.day_of_week < 5, 540.0, 220.0)
    >>> scores = backtest({"usual": usual}, history, origins=["2026-02-22"], horizon=7)
    >>> scores[["model", "lead", "wape", "noise_floor", "value_added"]].round(2).values.tolist()
    [['usual', '1-7', 0.02, 0.04, 0.83]]
    """
    history = check(history, HISTORY)
    given = model if isinstance(model, Mapping) else {as_model(model)[0]: model}
    if not given:
        raise SettingError(
            "model names nothing to be tested; map at least one name to a model or friend.", name="model"
        )
    named: dict[str, object] = {str(name): as_model(one)[1] for name, one in given.items()}
    every = {**named, **({} if NAIVE in named else {NAIVE: seasonal_naive()})}
    forecasts = rehearse(every, history, origins=origins, horizon=horizon, quantiles=quantiles, paths=paths)
    forecasts["offered_q0.5"] = forecasts["offered_q0.5"].fillna(forecasts["mean"])
    if planner is not None:
        named[PLANNER] = planner
        mine = _planned(forecasts[forecasts["model"] == NAIVE], planner)
        forecasts = pd.concat([forecasts, mine], ignore_index=True)
    own = [getattr(one, "calendar", None) for one in named.values()]
    months = calendar or next((found for found in own if isinstance(found, Calendar)), Calendar())
    forecasts = _marked(forecasts, months)
    scores = _scores(forecasts, history, tuple(quantiles))
    scores = _beside_others(scores, forecasts)
    if staffing is not None:
        scores = scores.merge(_in_agents(forecasts, history, staffing), on=ROW, how="left")
    else:
        scores = scores.assign(**dict.fromkeys(("agents_error", "paid_hours", "hours_over", "hours_short"), np.nan))
    wanted = scores[scores["model"].isin(list(named))]
    ordered = [*(name for name in scores if name != "n"), "n"]
    rank = wanted["model"].map({name: k for k, name in enumerate(named)})
    return (
        wanted.assign(rank=rank).sort_values(["rank", "origin", "queue"], kind="stable")[ordered].reset_index(drop=True)
    )


def _planned(naive: pd.DataFrame, planner: pd.DataFrame) -> pd.DataFrame:
    """The planner's numbers in the place of a model's, on the intervals for which he had one at the origin."""
    keys = ["queue", "start"]
    lacking = [name for name in (*keys, "offered") if name not in planner]
    if lacking:
        raise DataError(
            f"planner has no column {lacking[0]!r}; it needs queue, start and offered.",
            table="planner",
            column=lacking[0],
        )
    given = [name for name in (*keys, "offered", "made") if name in planner]
    numbers = planner[given].assign(start=pd.to_datetime(planner["start"])).rename(columns={"offered": "mean"})
    if "made" in numbers:
        numbers = numbers.assign(made=pd.to_datetime(numbers["made"])).sort_values("made", kind="stable")
    empty = naive.assign(**{str(name): np.nan for name in naive if str(name).startswith("offered_q")}).drop(
        columns="mean"
    )
    both = empty.merge(numbers, on=keys)
    if "made" in both:
        both = both[both["made"] < both["origin"] + pd.Timedelta(days=1)]
        both = both.drop_duplicates(["origin", *keys], keep="last").drop(columns="made")
    if both.empty:
        raise DataError(
            "planner holds no interval that is scored. Hand in queue, start and offered of past intervals.",
            table="planner",
            column="start",
        )
    return both.assign(model=PLANNER, **{"offered_q0.5": both["mean"]})


def _marked(forecasts: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """With the bucket of the lead, and whether a day is one of the first of its month."""
    number = np.full(len(forecasts), -1)
    for k, (first, last) in enumerate(LEADS):
        number[((forecasts["lead"] >= first) & (forecasts["lead"] <= last)).to_numpy()] = k
    day = calendar.month_day(pd.DatetimeIndex(forecasts["day"]))["day"].to_numpy()
    return forecasts.assign(number=number, begins=day <= MONTH_START)[number >= 0]


def _scores(forecasts: pd.DataFrame, history: pd.DataFrame, quantiles: tuple[float, ...]) -> pd.DataFrame:
    rows = []
    for (queue, origin), mine in forecasts.groupby(["queue", "origin"]):
        known = history["queue"].eq(str(queue)) & (history["start"].dt.normalize() <= pd.Timestamp(str(origin)))
        scale = _scale(history[known])
        for (model, number), part in mine.groupby(["model", "number"]):
            row = {"model": model, "queue": queue, "origin": origin, "lead": _words(number)}
            rows.append({**row, **_measures(part, quantiles, scale)})
    return pd.DataFrame(rows)


def _words(bucket: object) -> str:
    """Name of a bucket of leads."""
    first, last = LEADS[int(str(bucket))]
    return f"{first}-{last}"


def _scale(known: pd.DataFrame) -> float:
    known = known.dropna(subset=["offered"])
    starts = pd.DatetimeIndex(known["start"])
    day = starts.to_numpy().astype("datetime64[D]").astype(np.int64)
    slot = np.asarray((starts - starts.normalize()).total_seconds(), dtype=np.int64)
    return metrics.weekly_scale(known["offered"].to_numpy(dtype=float), day, slot)


def _measures(part: pd.DataFrame, quantiles: tuple[float, ...], scale: float) -> dict[str, float | int]:
    actual, median = part["came"].to_numpy(dtype=float), part["offered_q0.5"].to_numpy(dtype=float)
    mean, begins = part["mean"].to_numpy(dtype=float), part["begins"].to_numpy()
    levels = {q: part[f"offered_q{q:g}"].to_numpy(dtype=float) for q in quantiles}
    days = part.groupby("day")[["came", "mean"]].sum()
    totals = days["came"].to_numpy(dtype=float)
    return {
        "wape": metrics.wape(actual, median),
        "mase": metrics.mase(actual, median, scale),
        "bias": metrics.bias(actual, mean),
        "pinball": metrics.pinball(actual, levels),
        "cover80": _cover(actual, levels, 0.1, 0.9),
        "cover95": _cover(actual, levels, 0.025, 0.975),
        "day_cover80": _day_cover(part, totals),
        "day_wape": metrics.wape(totals, days["mean"].to_numpy(dtype=float)),
        "noise_floor": metrics.noise_floor(mean),
        "day_noise_floor": metrics.noise_floor(days["mean"].to_numpy(dtype=float)),
        "month_start_wape": metrics.wape(actual[begins], median[begins]),
        "month_start_floor": metrics.noise_floor(mean[begins]),
        "n": len(part),
    }


def _cover(actual: Floats, levels: dict[float, Floats], low: float, high: float) -> float:
    if low not in levels or high not in levels or np.isnan(levels[low]).any() or np.isnan(levels[high]).any():
        return float("nan")
    return metrics.coverage(actual, levels[low], levels[high])


def _day_cover(part: pd.DataFrame, totals: Floats) -> float:
    if "day_q0.1" not in part or part["day_q0.1"].isna().any():
        return float("nan")
    bounds = part.groupby("day")[["day_q0.1", "day_q0.9"]].first()
    return metrics.coverage(totals, bounds["day_q0.1"].to_numpy(), bounds["day_q0.9"].to_numpy())


def _beside_others(scores: pd.DataFrame, forecasts: pd.DataFrame) -> pd.DataFrame:
    """With the part of last week's and of the planner's error that is gone, each on the same intervals."""
    for name, column in ((NAIVE, "value_added"), (PLANNER, "over_planner")):
        theirs = forecasts[forecasts["model"] == name]
        if theirs.empty:
            scores = scores.assign(**{column: np.nan})
            continue
        key = ["queue", "origin", "start"]
        both = forecasts.merge(theirs[[*key, "offered_q0.5"]], on=key, suffixes=("", "_theirs"))
        both = both.assign(
            ours=(both["offered_q0.5"] - both["came"]).abs(), theirs=(both["offered_q0.5_theirs"] - both["came"]).abs()
        )
        sums = both.groupby(["model", "queue", "origin", "number"], as_index=False)[["ours", "theirs"]].sum()
        sums[column] = (1 - sums["ours"] / sums["theirs"]).where(sums["theirs"] > 0)
        sums["lead"] = sums["number"].map(_words)
        scores = scores.merge(sums[[*ROW, column]], on=ROW, how="left")
    return scores


def _in_agents(forecasts: pd.DataFrame, history: pd.DataFrame, staffing: Staffing) -> pd.DataFrame:
    """Agents and paid hours for the forecast beside those for what came."""
    width = with_end(history)[["queue", "start", "end"]]
    both = forecasts.merge(width, on=["queue", "start"])
    aht = both["aht"] if "aht" in both else pd.Series(np.nan, index=both.index)
    both = both.assign(aht=aht.fillna(both["aht_came"]), aht_came=both["aht_came"].fillna(aht))
    rows = []
    for (queue, origin), mine in both.groupby(["queue", "origin"]):
        needed = _staffed(mine.drop_duplicates("start"), "came", "aht_came", staffing)
        for model, part in mine.groupby("model"):
            planned = _staffed(part, "mean", "aht", staffing).merge(needed, on="start", suffixes=("", "_came"))
            both_ways = planned.assign(number=part["number"].to_numpy())
            for number, found in both_ways.groupby("number"):
                row = {"model": model, "queue": queue, "origin": origin, "lead": _words(number)}
                rows.append({**row, **_agent_measures(found)})
    return pd.DataFrame(rows)


def _agent_measures(found: pd.DataFrame) -> dict[str, float]:
    ours, theirs = found["agents"].to_numpy(dtype=float), found["agents_came"].to_numpy(dtype=float)
    more = (found["paid"] - found["paid_came"]).to_numpy(dtype=float)
    return {
        "agents_error": metrics.wape(theirs, ours),
        "paid_hours": float(found["paid_came"].sum()),
        "hours_over": float(np.maximum(more, 0.0).sum()),
        "hours_short": float(np.maximum(-more, 0.0).sum()),
    }


def _staffed(part: pd.DataFrame, offered: str, aht: str, staffing: Staffing) -> pd.DataFrame:
    """Agents of each interval, and paid hours: of the headcount where the function gives one."""
    table = part[["queue", "start", "end", offered, aht]].set_axis(["queue", "start", "end", "offered", "aht"], axis=1)
    needed = staffing(table.reset_index(drop=True))
    if not isinstance(needed, pd.DataFrame) or not {"start", "agents"} <= set(needed):
        raise DataError(
            "staffing must give a requirement table with start and agents, such as "
            "`lambda table: wfm.erlang.requirement(table, target, patience=180)`.",
            table="requirement",
            column="agents",
        )
    found = part[["start", "end"]].merge(needed.drop(columns="end", errors="ignore"), on="start", how="left")
    hours = (found["end"] - found["start"]).dt.total_seconds() / 3600
    paid = found["headcount"] if "headcount" in found else found["agents"]
    return pd.DataFrame({"start": found["start"], "agents": found["agents"], "paid": paid * hours})
