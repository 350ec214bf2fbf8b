"""What arrives: rates by interval, possible paths of them or given arrival times, drawn one replication at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import number_in
from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array, Numbers, amount
from wfm.erlang.simulation.laws import DurationLaw, empirical, law_of
from wfm.errors import DataError, SettingError
from wfm.tables import CONTACTS, FORECAST, PATHS, check, interval_of, with_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Intervals of one width; `start` is the first moment, None where the caller gave bare numbers."""

    count: int
    width: float
    start: pd.Timestamp | None = None

    @property
    def length(self) -> float:
        """Seconds from the first to the last moment."""
        return self.count * self.width

    def starts(self, first: pd.Timestamp) -> pd.DatetimeIndex:
        """First moment of each interval."""
        return pd.DatetimeIndex(first + pd.to_timedelta(np.arange(self.count) * self.width, unit="s"))

    def columns(self) -> dict[str, object]:
        """The key columns of an interval table."""
        if self.start is None:
            return {"interval": np.arange(self.count)}
        starts = self.starts(self.start)
        return {"start": starts, "end": starts + pd.Timedelta(seconds=self.width)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Contacts of one queue: rates [paths x intervals] per interval or fixed `arrivals` [s], and their durations.

    `aht` by interval scales the law of handle times, whose own mean counts where it is None.
    """

    grid: Grid
    rates: Array
    handle: DurationLaw
    patience: DurationLaw
    aht: Array | None = None
    arrivals: Array | None = None
    spread: float = 0.0
    queue: str = "queue"

    @property
    def expected(self) -> float:
        """Mean contacts of a replication, that of the fullest path."""
        return float(len(self.arrivals)) if self.arrivals is not None else float(self.rates.sum(axis=1).max(initial=0))

    def draw(self, rng: np.random.Generator, replication: int) -> tuple[Array, Array, Array]:
        """Arrival times in order, handle times and patience [s] of one replication."""
        times = self._times(rng, replication)
        handle = self.handle.draw(rng, len(times))
        if self.aht is not None and self.aht.min() == self.aht.max():
            handle *= self.aht[0] / self.handle.mean
        elif self.aht is not None:
            place = np.minimum((times / self.grid.width).astype(np.int64), self.grid.count - 1)
            handle = handle * (self.aht / self.handle.mean)[place]
        return times, handle, self.patience.draw(rng, len(times))

    def _times(self, rng: np.random.Generator, replication: int) -> Array:
        if self.arrivals is not None:
            return self.arrivals
        rates = self.rates[replication % len(self.rates)]
        if self.spread > 0:  # the whole replication busier or quieter, Gamma distributed around 1
            strength = self.spread**-2
            rates = rates * (rng.standard_gamma(strength) / strength)
        count = rng.poisson(rates)
        times = np.repeat(np.arange(self.grid.count), count) + rng.random(int(count.sum()))
        times.sort()
        times *= self.grid.width
        return times


def demand_of(
    offered: Numbers | pd.DataFrame,
    *,
    interval: float | None,
    aht: Numbers | None,
    handle: DurationLaw | None,
    patience: DurationLaw | float,
    spread: float = 0.0,
) -> Demand:
    """The demand from bare numbers, a `forecast`, `paths` or `contacts` table of one queue."""
    queue, arrivals, table_aht = "queue", None, None
    if isinstance(offered, pd.DataFrame):
        queue, grid, rates, arrivals, table_aht, seen = _from_table(offered, interval)
        handle = handle if handle is not None or aht is not None or seen is None else empirical(seen)
    else:
        if interval is None:
            raise SettingError("interval must be given in seconds where offered is bare numbers.", name="interval")
        rates = np.atleast_2d(amount(offered, name="offered"))
        if rates.ndim != 2 or rates.shape[1] == 0:
            raise SettingError(
                f"offered must be one list, or paths x intervals, got the shape {rates.shape}.", name="offered"
            )
        grid = Grid(count=rates.shape[1], width=seconds(interval, name="interval"))
    means = table_aht if aht is None and handle is None else aht
    if means is None and handle is None:
        raise SettingError("aht must be given [s], or handle, a law of handle times.", name="aht")
    by_interval = None if means is None else np.broadcast_to(amount(means, name="aht", positive=True), (grid.count,))
    return Demand(
        grid=grid,
        rates=rates,
        handle=handle if handle is not None else law_of(1.0, name="aht"),
        aht=by_interval,
        patience=law_of(patience, name="patience"),
        arrivals=arrivals,
        spread=number_in(spread, name="spread", low=0, high=5),
        queue=queue,
    )


_Parts = tuple[str, Grid, Array, Array | None, Array | None, npt.NDArray[np.float64] | None]


def _from_table(table: pd.DataFrame, interval: float | None) -> _Parts:
    if "arrival" in table:
        return _from_contacts(check(table, CONTACTS), interval)
    if "path" in table:
        return _from_paths(with_end(check(table, PATHS), interval))
    rows = with_end(check(table, FORECAST), interval)
    queue, grid = _one_queue(rows["queue"], "forecast"), _grid(rows)
    aht = rows["aht"].to_numpy(dtype=float) if "aht" in rows and rows["aht"].notna().all() else None
    return queue, grid, rows["offered"].to_numpy(dtype=float)[None, :], None, aht, None


def _from_paths(rows: pd.DataFrame) -> _Parts:
    queue = _one_queue(rows["queue"], "paths")
    first = rows[rows["path"] == rows["path"].iloc[0]]
    grid = _grid(first)
    wide = rows.pivot_table(index="path", columns="start", values="rate")
    if wide.shape[1] != grid.count or wide.isna().to_numpy().any():
        raise DataError("paths must hold every interval on every path. Fill the gaps with rate 0.", table="paths")
    aht = None
    if "aht" in rows and rows["aht"].notna().all():  # of the mean path: handle times vary far less than volumes
        total = rows.assign(work=rows["rate"] * rows["aht"]).groupby("start")[["work", "rate"]].sum()
        plain = rows.groupby("start")["aht"].mean()
        aht = np.where(total["rate"] > 0, total["work"] / total["rate"].where(total["rate"] > 0, 1.0), plain)
    return queue, grid, wide.to_numpy(dtype=float), None, aht, None


def _from_contacts(rows: pd.DataFrame, interval: float | None) -> _Parts:
    queue = _one_queue(rows["queue"], "contacts")
    width = seconds(1800 if interval is None else interval, name="interval")
    start = rows["arrival"].min().floor(pd.Timedelta(seconds=width))
    times = (rows["arrival"] - start).dt.total_seconds().to_numpy(dtype=float)
    grid = Grid(count=int(times.max() // width) + 1, width=width, start=start)
    rates = np.bincount((times // width).astype(np.int64), minlength=grid.count).astype(float)
    seen = rows["handle"].to_numpy(dtype=float) if "handle" in rows and rows["handle"].notna().any() else None
    return queue, grid, rates[None, :], np.sort(times), None, seen


def _grid(rows: pd.DataFrame) -> Grid:
    width = interval_of(rows)
    starts = pd.DatetimeIndex(rows["start"])
    steps = np.asarray((starts - starts[0]).total_seconds(), dtype=float) / width
    if np.any(np.abs(steps - np.arange(len(steps))) > 1e-6):
        gap = starts[int(np.argmax(np.abs(steps - np.arange(len(steps))) > 1e-6))]
        raise DataError(
            f"intervals must follow each other without a gap, got a gap before {gap}. Give closed hours as offered 0.",
            column="start",
        )
    return Grid(count=len(rows), width=width, start=starts[0])


def _one_queue(names: pd.Series, table: str) -> str:
    found = names.unique()
    if len(found) != 1:
        raise DataError(
            f"{table} must hold one queue, got {len(found)}. Simulate queues by themselves, or pools of them "
            "with simulate_pool.",
            table=table,
            column="queue",
        )
    return str(found[0])
