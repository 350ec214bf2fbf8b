"""Thousands of queues: each is learned, forecast and forgotten, so that memory holds the tables and not the models."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from wfm.calendars import Calendar
from wfm.checks import fraction, whole_number
from wfm.errors import DataError, WfmError
from wfm.events import Event
from wfm.forecast.forecaster import Forecaster
from wfm.forecast.learned.doubts import warn_of_ended
from wfm.forecast.learned.workers import each
from wfm.regressors import Regressor, known_regressors
from wfm.tables import HISTORY, check

Found = tuple[pd.DataFrame, pd.DataFrame, str]


def forecast_many(
    history: pd.DataFrame,
    *,
    days: int = 28,
    quantiles: Sequence[float] = (0.1, 0.5, 0.9),
    paths: int = 0,
    calendar: Calendar | None = None,
    events: Sequence[Event] = (),
    regressors: pd.DataFrame | Sequence[Regressor] = (),
    seed: int = 1,
    workers: int = -1,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Forecast every queue of a long history by itself, shared among processes.

    The result is that of a `Forecaster` for each queue, whatever the number of workers. What queues have in common
    (groups, streams, busy days together, events that touch some of them only) needs their models side by side: a
    `Forecaster` with `workers`.

    Parameters
    ----------
    history : table     queue, start, offered; also end, aht, answered, excluded.
    days : int          So many days after the last day of the whole history.
    paths : int         Possible futures of each queue; 0 = none.
    workers : int       Processes, -1 = one for each core.

    Returns
    -------
    (forecast, paths, failed)   Two tables, and queue, reason of the queues that could not be forecast: one that began
                                last week does not stop the others.

    >>> starts = pd.date_range("2026-01-05", periods=70)
    >>> steady = pd.DataFrame({"queue": "mail", "start": starts, "offered": 400.0})
    >>> begun = steady.tail(5).assign(queue="chat")
    >>> forecast, _, failed = forecast_many(pd.concat([steady, begun], ignore_index=True), days=2, workers=1)
    >>> forecast["offered"].round(-1).tolist(), failed["queue"].tolist()
    ([400.0, 400.0], ['chat'])
    """
    history = check(history, HISTORY)
    if history.empty:
        raise DataError("history has no rows. Hand in at least three weeks.", table="history")
    levels = tuple(fraction(level, name="quantiles", zero=False, one=False) for level in quantiles)
    days, paths = whole_number(days, name="days", low=1), whole_number(paths, name="paths", low=0)
    last_day = history.loc[history["offered"].notna(), "start"].max().normalize()
    own = [(str(queue), mine.reset_index(drop=True)) for queue, mine in history.groupby("queue", sort=False)]
    known = known_regressors(regressors, calendar or Calendar())
    jobs = [(mine, days, levels, paths, calendar, tuple(events), known, seed, last_day) for _, mine in own]
    found = each(_one, jobs, workers=workers)
    done = [result for result in found if not result[2]]
    failed = [(queue, words) for (queue, _), (_, _, words) in zip(own, found, strict=True) if words]
    forecasts = pd.concat([forecast for forecast, _, _ in done], ignore_index=True) if done else pd.DataFrame()
    futures = pd.concat([drawn for _, drawn, _ in done], ignore_index=True) if done and paths else pd.DataFrame()
    return forecasts, futures, pd.DataFrame(failed, columns=["queue", "reason"])


def _one(
    mine: pd.DataFrame,
    days: int,
    quantiles: tuple[float, ...],
    paths: int,
    calendar: Calendar | None,
    events: tuple[Event, ...],
    regressors: tuple[Regressor, ...],
    seed: int,
    last_day: pd.Timestamp,
) -> Found:
    try:
        model = Forecaster(calendar=calendar, events=events, regressors=regressors).fit(mine)
        seen = mine.loc[mine["offered"].notna(), "start"].dt.normalize().unique()
        warn_of_ended(pd.DatetimeIndex(seen).sort_values(), str(mine["queue"].iloc[0]), last_day, stacklevel=2)
        model.last_day_ = last_day  # all queues are forecast for the same days
        drawn = model.simulate(days=days, paths=paths, seed=seed) if paths else pd.DataFrame()
        return model.predict(days=days, quantiles=quantiles), drawn, ""
    except WfmError as problem:
        return pd.DataFrame(), pd.DataFrame(), str(problem)
