"""Queues without history: a stated volume with a pattern, or a queue that is like another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import fraction, number_in, whole_number
from wfm.durations import seconds
from wfm.errors import DataError
from wfm.forecast.learned.grid import slot_of
from wfm.forecast.learned.ranges import count_quantiles
from wfm.tables import FORECAST, PATHS, check, with_end

Floats = npt.NDArray[np.float64]
COMMON = 0.75
"""Share of the doubt's variance that all weeks have in common: a wrong volume stays wrong; the rest is by day."""


def volume_with_pattern(
    volume: float,
    starts: pd.DatetimeIndex,
    *,
    queue: str,
    interval: object = None,
    pattern: pd.DataFrame | None = None,
    doubt: float = 0.2,
    paths: int = 200,
    seed: int = 1,
    quantiles: Sequence[float] = (0.1, 0.5, 0.9),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecast and paths from a stated weekly volume.

    Parameters
    ----------
    volume : float          Contacts in a week.
    starts : DatetimeIndex  The open intervals to forecast. The pattern is spread over the intervals of each week, which
                            together get the volume; a week of which less is asked for gets its part.
    interval : float        Width of the intervals [s]; None = the smallest step.
    pattern : table         second (of the day), share (any positive weight), weekday (Monday = 0, -1 = every day); None
                            = the same in every open interval.
    doubt : float           Standard deviation of the true volume over the stated one.

    Returns
    -------
    (forecast, paths)       Two tables; handle time is empty.

    >>> starts = pd.date_range("2026-11-21 08:00", periods=4, freq="h")
    >>> forecast, paths = volume_with_pattern(400, starts, queue="new", paths=2)
    >>> forecast["offered"].tolist()
    [100.0, 100.0, 100.0, 100.0]
    """
    volume = number_in(volume, name="volume", low=0, high=1e12, unit="contacts a week")
    doubt = number_in(doubt, name="doubt", low=0, high=3)
    table = pd.DataFrame({"start": pd.DatetimeIndex(starts).unique().sort_values()})
    table.insert(0, "queue", pd.Series(queue, index=table.index, dtype=object))
    table = with_end(table, None if interval is None else seconds(interval, name="interval"))
    weights = _weights(pd.DatetimeIndex(table["start"]), pattern, queue)
    rate = volume * weights
    forecast = _forecast(table.assign(offered=rate, aht=np.nan), doubt, quantiles)
    factor = _factors(pd.DatetimeIndex(table["start"]), doubt, paths, _generator(seed, queue))
    return forecast, _paths(table.assign(aht=np.nan), rate * factor)


def like(
    forecast: pd.DataFrame,
    paths: pd.DataFrame,
    *,
    like: str,
    queue: str,
    scale: float = 1.0,
    doubt: float = 0.4,
    seed: int = 1,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecast and paths of a queue that is like another, times a scale, with a doubt of its own.

    Parameters
    ----------
    forecast, paths : table     They hold the queue that is borrowed from.
    like : str                  Its name.
    scale : float               The new queue's volume over that of the other.
    doubt : float               Standard deviation of the true scale over the stated one.

    >>> starts = pd.date_range("2026-11-21 08:00", periods=2, freq="h")
    >>> voice = volume_with_pattern(400, starts, queue="voice", paths=2)
    >>> like(*voice, like="voice", queue="video", scale=0.3)[0]["offered"].tolist()
    [60.0, 60.0]
    """
    scale = number_in(scale, name="scale", low=0, high=1e6, open_low=True)
    doubt = number_in(doubt, name="doubt", low=0, high=3)
    mean, futures = (check(table, spec) for table, spec in ((forecast, FORECAST), (paths, PATHS)))
    mean, futures = (with_end(t[t["queue"] == like].reset_index(drop=True)) for t in (mean, futures))
    if mean.empty:
        raise DataError(
            f"forecast holds no queue {like!r} to borrow from. Forecast it first.", table="forecast", column="queue"
        )
    known = _doubt_of(mean, futures)
    levels = [float(c.removeprefix("offered_q")) for c in mean.columns if c.startswith("offered_q")]
    out = mean.assign(queue=queue, offered=mean["offered"] * scale)
    counts = count_quantiles(out["offered"].to_numpy(dtype=float), (1 + known) * (1 + doubt**2) - 1, tuple(levels))
    out = out.assign(**{f"offered_q{q:g}": c for q, c in zip(levels, counts, strict=True)})
    codes, _ = pd.factorize(futures["path"])
    factor = _lognormal(_generator(seed, queue).standard_normal(int(codes.max(initial=-1)) + 1), doubt)[codes]
    return out, futures.assign(queue=queue, rate=futures["rate"] * scale * factor)


def _generator(seed: int, queue: str) -> np.random.Generator:
    """Each queue draws for itself: queues with one seed are independent."""
    return np.random.default_rng([seed, *queue.encode()])


def _weights(starts: pd.DatetimeIndex, pattern: pd.DataFrame | None, queue: str) -> Floats:
    """Share of the week's volume that each start gets; the shares of a whole week add up to 1."""
    week = np.asarray(((starts.normalize() - starts.normalize().min()).days) // 7)
    if pattern is None:
        weight = np.ones(len(starts))
        return np.asarray(weight / np.bincount(week, weights=weight).max())
    _check_pattern(pattern, queue)
    weight = np.zeros(len(starts))
    second, weekday = slot_of(starts), np.asarray(starts.day_of_week)
    for day in np.unique(weekday):
        rows = pattern[pattern["weekday"].isin([day, -1])].sort_values("second")
        mine = weekday == day
        if len(rows):  # each start takes the share of the last time at or before it, divided among those that share it
            place = np.searchsorted(rows["second"].to_numpy(dtype=float), second[mine], side="right") - 1
            share = np.where(place >= 0, rows["share"].to_numpy(dtype=float)[np.maximum(place, 0)], 0.0)
            dates = starts.normalize()[mine]
            number = pd.DataFrame({"date": dates, "place": place}).groupby(["date", "place"])["place"].transform("size")
            weight[mine] = share / number.to_numpy(dtype=float)
    totals = np.bincount(week, weights=weight)
    if totals.max() <= 0:
        raise DataError(
            f"pattern of queue {queue!r} gives no share to any open interval. Check its times and weekdays.",
            table="pattern",
            column="share",
        )
    return np.asarray(weight / totals.max())


def _check_pattern(pattern: pd.DataFrame, queue: str) -> None:
    missing = {"second", "share", "weekday"} - set(pattern.columns)
    if missing:
        raise DataError(
            f"pattern of queue {queue!r} has no column {sorted(missing)[0]!r}; it needs second, share and weekday.",
            table="pattern",
            column=sorted(missing)[0],
        )


def _forecast(table: pd.DataFrame, doubt: float, quantiles: Sequence[float]) -> pd.DataFrame:
    levels = tuple(fraction(level, name="quantiles", zero=False, one=False) for level in quantiles)
    rate = table["offered"].to_numpy(dtype=float)
    counts = count_quantiles(rate, np.full(len(rate), doubt**2), levels)
    return table.assign(**{f"offered_q{q:g}": c for q, c in zip(levels, counts, strict=True)})


def _factors(starts: pd.DatetimeIndex, doubt: float, paths: int, rng: np.random.Generator) -> Floats:
    """(paths, starts) factors of mean 1: one for the whole, one for each day."""
    paths = whole_number(paths, name="paths", low=1)
    day = pd.factorize(starts.normalize())[0]
    whole = rng.standard_normal((paths, 1)) * np.sqrt(COMMON)
    daily = rng.standard_normal((paths, int(day.max(initial=0)) + 1))[:, day] * np.sqrt(1 - COMMON)
    return _lognormal(whole + daily, doubt)


def _lognormal(normal: Floats, doubt: float) -> Floats:
    """Factors of mean 1 and standard deviation `doubt`."""
    variance = np.log1p(doubt**2)
    return np.asarray(np.exp(np.sqrt(variance) * normal - variance / 2))


def _paths(table: pd.DataFrame, rate: Floats) -> pd.DataFrame:
    count, width = rate.shape
    out = table.loc[np.tile(np.arange(width), count)].reset_index(drop=True)
    out.insert(0, "path", np.repeat(np.arange(count), width))
    return out[["path", "queue", "start", "end"]].assign(rate=rate.ravel(), aht=out["aht"])


def _doubt_of(forecast: pd.DataFrame, paths: pd.DataFrame) -> Floats:
    """Squared coefficient of variation of the rate of each interval, as the paths have it."""
    if paths.empty:
        return np.zeros(len(forecast))
    spread = paths.groupby("start")["rate"].agg(["mean", "var"])
    square = (spread["var"] / spread["mean"] ** 2).reindex(forecast["start"]).to_numpy(dtype=float)
    return np.asarray(np.nan_to_num(square))
