"""Sums of a forecast: of queues, of days, weeks and months, with ranges that know what moves together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from wfm.calendars import WEEKDAYS, Calendar
from wfm.checks import one_of
from wfm.errors import DataError, listed
from wfm.tables import FORECAST, PATHS, check, with_end

PERIODS = ("interval", "day", "week", "month")
DRAWS = 20
"""Poisson counts for each possible future of the rate."""
QUANTILE = "offered_q"


def totals(
    forecast: pd.DataFrame,
    paths: pd.DataFrame,
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    by: str = "day",
    calendar: Calendar | None = None,
    week_start: str = "mon",
    seed: int = 1,
) -> pd.DataFrame:
    """Forecast of sums; their means add up, their quantiles come from paths, which keep days and queues together.

    Parameters
    ----------
    forecast, paths : table     Of the same queues and intervals. The forecast's quantile columns say which to give.
    groups : mapping            name -> queues that are summed; None = each queue by itself.
    by : str                    interval, day, week or month.
    calendar : Calendar         Whose months; None = Gregorian.
    week_start : str            First day of a week: mon, tue, ...

    Returns
    -------
    table forecast              queue (the group's name), start (first interval of the period that is forecast), end,
                                offered, aht (mean by contacts) and the quantiles of the count.

    Raises
    ------
    DataError                   A queue of a group is not forecast, or the paths lack intervals of the forecast.

    >>> from wfm.forecast import volume_with_pattern
    >>> starts = pd.date_range("2026-11-21 08:00", periods=2, freq="h")
    >>> both = [volume_with_pattern(200, starts, queue=name, paths=50) for name in ("voice", "chat")]
    >>> forecast, paths = (pd.concat(tables, ignore_index=True) for tables in zip(*both))
    >>> totals(forecast, paths, groups={"all": ("voice", "chat")})[["queue", "offered"]].values.tolist()
    [['all', 400.0]]
    """
    one_of(by, PERIODS, name="by")
    one_of(week_start, WEEKDAYS, name="week_start")
    forecast, paths = with_end(check(forecast, FORECAST)), check(paths, PATHS)
    names = {queue: [queue] for queue in forecast["queue"].unique()} if groups is None else groups
    missing = sorted({queue for queues in names.values() for queue in queues} - set(forecast["queue"]))
    if missing:
        raise DataError(
            f"forecast must hold every queue of a group, {listed(missing)} is not there.",
            table="forecast",
            column="queue",
        )
    tables = [
        _sum_of(
            str(name),
            forecast[forecast["queue"].isin(list(queues))],
            paths,
            by,
            calendar or Calendar(),
            week_start,
            seed,
        )
        for name, queues in names.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _sum_of(
    name: str, mine: pd.DataFrame, paths: pd.DataFrame, by: str, calendar: Calendar, week_start: str, seed: int
) -> pd.DataFrame:
    period = _period(pd.DatetimeIndex(mine["start"]), by, calendar, week_start)
    mine = mine.assign(period=period, work=mine["offered"] * mine["aht"])
    found = mine.groupby("period").agg(
        start=("start", "min"), end=("end", "max"), offered=("offered", "sum"), work=("work", "sum")
    )
    known = mine["aht"].notna().groupby(mine["period"]).all()
    found["aht"] = (found["work"] / found["offered"]).where(known & (found["offered"] > 0))
    levels = [float(c.removeprefix(QUANTILE)) for c in mine.columns if str(c).startswith(QUANTILE)]
    if levels:
        drawn = _drawn(mine, paths, seed)
        for level, row in zip(levels, np.quantile(drawn, levels, axis=0), strict=True):
            found[f"{QUANTILE}{level:g}"] = row
    found.insert(0, "queue", pd.Series(name, index=found.index, dtype=object))
    return found.drop(columns="work").reset_index(drop=True)


def _drawn(mine: pd.DataFrame, paths: pd.DataFrame, seed: int) -> np.ndarray:
    """(draws, periods) counts of the sum."""
    rates = paths.merge(mine[["queue", "start", "period"]], on=["queue", "start"])
    count = rates["path"].nunique()
    if len(rates) != count * len(mine) or not count:
        raise DataError(
            f"paths must hold every interval of the forecast on each path: {len(mine)} intervals, {count} path(s), "
            f"{len(rates)} row(s) found. Simulate the starts that were forecast.",
            table="paths",
            column="start",
        )
    sums = rates.pivot_table("rate", "path", "period", aggfunc="sum").to_numpy()
    return np.random.default_rng(seed).poisson(np.repeat(sums, DRAWS, axis=0))


def _period(starts: pd.DatetimeIndex, by: str, calendar: Calendar, week_start: str) -> np.ndarray:
    """A value that is the same for the intervals of a period, and rises with time."""
    days = starts.normalize()
    if by == "interval":
        return np.asarray(starts)
    if by == "day":
        return np.asarray(days)
    if by == "week":
        since = np.mod(np.asarray(days.day_of_week) - WEEKDAYS.index(week_start), 7)
        return np.asarray(days - pd.to_timedelta(since, unit="D"))
    return np.asarray(days - pd.to_timedelta(calendar.month_day(days)["day"].to_numpy() - 1, unit="D"))
