"""Other ways to forecast, as friends of the model: one small protocol, and the friends that others have written.

A friend is a function `friend(history, starts)` or an object with a `name` and `forecast(history, starts)`. It gets one
queue's history (start, end, offered; open intervals only) and the starts that are asked for, and gives the contacts of
each, as an array, or a table of offered and quantiles `offered_q0.1`, ... if it has any.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, MissingExtra, SettingError
from wfm.forecast.judged.rehearsing import CLOSED, Model
from wfm.forecast.learned.grid import DayGrid, day_grid, slot_of
from wfm.forecast.learned.profile import weekday_shares
from wfm.tables import HISTORY, check

Floats = npt.NDArray[np.float64]


@runtime_checkable
class Friend(Protocol):
    """Another way to forecast one queue."""

    name: str

    def forecast(self, history: pd.DataFrame, starts: pd.DatetimeIndex) -> object:
        """Contacts of each start: an array, or a table of offered and quantiles."""


@dataclass(slots=True, kw_only=True)
class Befriended:
    """A friend as a model: learns by keeping the history of each queue, forecasts when asked."""

    friend: Friend | Callable[[pd.DataFrame, pd.DatetimeIndex], object]
    histories_: dict[str, pd.DataFrame] | None = None

    @property
    def name(self) -> str:
        """The friend's own name."""
        return str(getattr(self.friend, "name", getattr(self.friend, "__name__", type(self.friend).__name__)))

    def fit(self, history: pd.DataFrame) -> Befriended:
        """Keep the history."""
        known = check(history, HISTORY).dropna(subset=["offered"])
        self.histories_ = {str(q): t.reset_index(drop=True) for q, t in known.groupby("queue")}
        return self

    def predict(self, *, starts: Mapping[str, pd.DatetimeIndex], quantiles: Sequence[float]) -> pd.DataFrame:
        """A forecast table; quantiles that the friend does not give are empty."""
        if self.histories_ is None:
            raise SettingError("the friend has learned nothing yet; call fit(history) first.", name=self.name)
        tables = [self._one(queue, index, quantiles) for queue, index in starts.items()]
        return pd.concat(tables, ignore_index=True)

    def _one(self, queue: str, starts: pd.DatetimeIndex, quantiles: Sequence[float]) -> pd.DataFrame:
        assert self.histories_ is not None
        call = self.friend.forecast if isinstance(self.friend, Friend) else self.friend
        found = call(self.histories_[queue], starts)
        given = found if isinstance(found, pd.DataFrame) else pd.DataFrame({"offered": np.asarray(found, dtype=float)})
        offered = given["offered"].to_numpy(dtype=float)
        if len(offered) != len(starts) or not np.isfinite(offered).all():
            raise DataError(
                f"friend {self.name!r} must give a number for each of the {len(starts)} starts of queue {queue!r}, got "
                f"{len(offered)}, {int((~np.isfinite(offered)).sum())} of them no numbers.",
                table="forecast",
                column="offered",
            )
        table = pd.DataFrame({"queue": queue, "start": starts, "offered": np.maximum(offered, 0.0)})
        for level in quantiles:
            name = f"offered_q{level:g}"
            table[name] = given[name].to_numpy(dtype=float) if name in given else np.nan
        return table


def as_model(friend: object) -> tuple[str, Model]:
    """Name and model of a friend, of a function, or of a model that is one already.

    Raises
    ------
    SettingError        It is none of these.
    """
    if hasattr(friend, "fit") and hasattr(friend, "predict"):
        return str(getattr(friend, "name", type(friend).__name__)), friend
    if isinstance(friend, Friend) or callable(friend):
        befriended = Befriended(friend=friend)
        return befriended.name, befriended
    raise SettingError(
        "a friend must be a function (history, starts) -> contacts, or have `name` and `forecast`, or `fit` and "
        f"`predict`, got {friend!r}.",
        name="friends",
        value=friend,
    )


def smoothing(history: pd.DataFrame, starts: pd.DatetimeIndex) -> Floats:
    """Exponential smoothing of the log day totals with a weekly season and a damped trend, times the usual shape."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    days = _Days.of(history)
    with _quiet():
        model = ExponentialSmoothing(
            days.log_total, trend="add", damped_trend=True, seasonal="add", seasonal_periods=len(days.usual),
            initialization_method="estimated",
        )  # fmt: skip
        ahead = model.fit().forecast(days.ahead(starts))
    return days.spread(np.asarray(ahead), starts)


def autoregression(history: pd.DataFrame, starts: pd.DatetimeIndex) -> Floats:
    """ARMA(1, 1) errors about the means of the weekdays, of the log day totals, times the usual shape."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    days = _Days.of(history)
    count, season = days.ahead(starts), len(days.usual)
    usual = np.array([days.log_total[k::season].mean() for k in range(season)])
    weekday = np.arange(len(days.log_total) + count) % season
    with _quiet():
        model = SARIMAX(days.log_total - usual[weekday[:-count]], order=(1, 0, 1), concentrate_scale=True)
        ahead = model.fit(disp=0, maxiter=50).forecast(count)
    return days.spread(np.asarray(ahead) + usual[weekday[-count:]], starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mstl:
    """`MSTL` of statsforecast with an automatic ARIMA trend, on the log day totals, times the usual shape."""

    name: str = "mstl"

    def forecast(self, history: pd.DataFrame, starts: pd.DatetimeIndex) -> Floats:
        """Contacts of each start."""
        models = _library("statsforecast.models", "Forecasts by MSTL", "statsforecast")
        days = _Days.of(history)
        with _quiet():
            season = len(days.usual) if len(days.usual) > 1 else 1
            model = models.MSTL(season_length=season, trend_forecaster=models.AutoARIMA())
            ahead = model.forecast(days.log_total, h=days.ahead(starts))["mean"]
        return days.spread(np.asarray(ahead, dtype=float), starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prophet:
    """`Prophet` with its defaults on the log day totals, times the usual shape."""

    name: str = "prophet"

    def forecast(self, history: pd.DataFrame, starts: pd.DatetimeIndex) -> Floats:
        """Contacts of each start."""
        library = _library("prophet", "Forecasts by Prophet", "prophet")
        days = _Days.of(history)
        with _quiet():
            model = library.Prophet(uncertainty_samples=0)
            model.fit(pd.DataFrame({"ds": days.dates, "y": days.log_total}))
            ahead = days.dates_ahead(starts)
            found = model.predict(pd.DataFrame({"ds": ahead}))["yhat"].to_numpy(dtype=float)
        return days.spread(found, starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosting:
    """Boosted trees of LightGBM on what is known of a slot: time, weekday, day of month, and its past same weekdays."""

    name: str = "boosting"
    rounds: int = 200

    def forecast(self, history: pd.DataFrame, starts: pd.DatetimeIndex) -> Floats:
        """Contacts of each start."""
        library = _library("lightgbm", "Forecasts by boosted trees", "lightgbm")
        grid = day_grid(history, str(history["queue"].iloc[0]))
        gap = int((starts.max().normalize() - grid.days[-1]).days)
        past, target = _features(grid, _cells(grid), max(gap, 7))
        asked, _ = _features(grid, starts, max(gap, 7))
        settings = {"objective": "regression_l1", "verbosity": -1, "num_threads": 1, "seed": 1, "deterministic": True,
                    "num_leaves": 31, "learning_rate": 0.05, "min_data_in_leaf": 20}  # fmt: skip
        with _quiet():
            usable = np.isfinite(target) & np.isfinite(past[:, -1])
            table = library.Dataset(past[usable], label=np.log1p(target[usable]) - np.log1p(past[usable, -1]))
            model = library.train(settings, table, num_boost_round=self.rounds)
            found = model.predict(asked)
        return np.asarray(np.expm1(found + np.log1p(np.nan_to_num(asked[:, -1]))))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    """Day totals of a queue without holes, and the usual shape of its weekdays.

    Attributes
    ----------
    dates : DatetimeIndex   Usual days of the week, none left out; a closed or missing one is like the week before.
    log_total : array       Of each date.
    usual : tuple           Weekdays on which the queue is open.
    shares : array          (7, slots).
    slots : array           Seconds after midnight.
    """

    dates: pd.DatetimeIndex
    log_total: Floats
    usual: tuple[int, ...]
    shares: Floats
    slots: Floats

    @classmethod
    def of(cls, history: pd.DataFrame) -> _Days:
        """Read one queue's history."""
        grid = day_grid(history, str(history["queue"].iloc[0]))
        seen = grid.seen.any(axis=1)
        total = np.where(seen, np.nansum(grid.offered, axis=1), np.nan)
        counts = np.bincount(grid.weekday[seen], minlength=7)
        usual = tuple(np.flatnonzero(counts * 4 >= counts.max()).tolist())
        rows = np.isin(grid.weekday, usual)
        middle = np.array([np.nanmedian(total[grid.weekday == w]) if w in usual else np.nan for w in range(7)])
        weekday, kept = grid.weekday[rows], total[rows]
        kept = np.where(kept < CLOSED * middle[weekday], np.nan, kept)
        for place in np.flatnonzero(np.isnan(kept)):
            kept[place] = kept[place - len(usual)] if place >= len(usual) else middle[weekday[place]]
        return cls(
            dates=grid.days[rows],
            log_total=np.log1p(kept),
            usual=usual,
            shares=weekday_shares(grid, float(len(grid.days) - 1)),
            slots=grid.slots,
        )

    def dates_ahead(self, starts: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """The usual days to the last one asked for, and at least one."""
        first, last = self.dates[-1] + pd.Timedelta(days=1), starts.max().normalize()
        span = pd.date_range(first, max(last, first + pd.Timedelta(days=6)))
        return span[np.isin(span.day_of_week, self.usual)]

    def ahead(self, starts: pd.DatetimeIndex) -> int:
        """How many usual days to look ahead."""
        return len(self.dates_ahead(starts))

    def spread(self, log_total: Floats, starts: pd.DatetimeIndex) -> Floats:
        """Contacts of the starts from the log totals of the days ahead; an unusual day is like the one before it."""
        place = self.dates_ahead(starts).searchsorted(starts.normalize(), side="right") - 1
        total = np.expm1(np.clip(log_total, 0.0, 25.0))[np.clip(place, 0, len(log_total) - 1)]
        slot = np.clip(np.searchsorted(self.slots, slot_of(starts)), 0, len(self.slots) - 1)
        return np.asarray(total * self.shares[np.asarray(starts.day_of_week), slot])


def _cells(grid: DayGrid) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(grid.moments().ravel())


def _features(grid: DayGrid, starts: pd.DatetimeIndex, gap: int) -> tuple[Floats, Floats]:
    """What is known of slots `gap` days before, the mean of the last six same weekdays last; and their contacts."""
    day = np.asarray((starts.normalize() - grid.days[0]).days, dtype=np.int64)
    slot = np.clip(np.searchsorted(grid.slots, slot_of(starts)), 0, len(grid.slots) - 1)
    weeks = -(-gap // 7) + np.arange(6)
    back = day[:, None] - 7 * weeks[None, :]
    inside = (back >= 0) & (back < len(grid.days))
    before = np.where(inside, grid.offered[np.clip(back, 0, len(grid.days) - 1), slot[:, None]], np.nan)
    whole = np.where(np.isfinite(before).any(axis=1), 1.0, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # slots that no past week saw
        middle = np.nanmedian(before, axis=1) * whole
    known = (day >= 0) & (day < len(grid.days))
    target = np.where(known, grid.offered[np.clip(day, 0, len(grid.days) - 1), slot], np.nan)
    parts = [slot, starts.day_of_week, starts.day, starts.day_of_year, *before.T, middle]
    return np.column_stack([np.asarray(part, dtype=float) for part in parts]), target


@contextmanager
def _quiet() -> Iterator[None]:
    """Libraries grumble about steps that did not converge; the backtest says what that is worth."""
    import logging

    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _library(module: str, what: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtra(what, extra="friends", package=package) from error
