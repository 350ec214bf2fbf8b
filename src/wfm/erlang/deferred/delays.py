"""Contacts that come back later: the law of the delay, and what arrives in which interval because of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm.checks import number_in, one_of, put
from wfm.durations import seconds
from wfm.erlang.deferred.levelling import summed
from wfm.erlang.formulas.arguments import Array
from wfm.errors import DataError, listed
from wfm.tables import FORECAST, check, interval_of, with_end

LAWS = ("fixed", "exponential", "lognormal")
_REST = 1e-7
_MOST = 60 * 86_400.0  # what has not come back after sixty days comes then


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Time after which a contact brings the next one.

    Attributes
    ----------
    mean : float        Mean [s].
    law : str           `fixed`, `exponential` or `lognormal` (many answer at once, some next day).
    spread : float      Standard deviation / mean, of the lognormal law.

    >>> Delay(mean="1h").kernel(1800)[:3].round(4).tolist()  # exponential: half an hour, same interval and the next two
    [0.2131, 0.3096, 0.1878]
    """

    mean: float
    law: str = "exponential"
    spread: float = 2.0

    def __post_init__(self) -> None:
        """Convert the duration and check the law."""
        put(
            self,
            mean=seconds(self.mean, name="delay", zero=True),
            law=one_of(self.law, LAWS, name="law of the delay"),
            spread=number_in(self.spread, name="spread of the delay", low=0, high=20, open_low=True),
        )

    def integral(self, x: Array) -> Array:
        """Integral of P(delay <= u) over u from 0 to x >= 0 [s]: x P(delay <= x) - E[delay; delay <= x]."""
        if self.law == "fixed" or self.mean == 0:
            return np.asarray(np.maximum(x - self.mean, 0.0))
        if self.law == "exponential":
            return np.asarray(x + self.mean * np.expm1(-x / self.mean))
        from scipy.special import ndtr

        sigma = np.sqrt(np.log1p(self.spread**2))
        with np.errstate(divide="ignore"):
            z = (np.log(x) - np.log(self.mean) + sigma**2 / 2) / sigma
        return np.asarray(x * ndtr(z) - self.mean * ndtr(z - sigma))

    def kernel(self, width: float, *, after: float = 0.0) -> Array:
        """Share of the contacts of an interval that come back 0, 1, 2, ... intervals later, `after` seconds added.

        Contacts come evenly within an interval: with H the integral of the law and h the width,
        share k = (H((k + 1) h) - 2 H(k h) + H((k - 1) h)) / h. The shares add up to 1.
        """
        reach = 64
        while True:
            edges = np.maximum((np.arange(reach + 2) - 1) * width - after, 0.0)
            shares = np.diff(self.integral(edges), 2) / width
            if 1 - shares.sum() < _REST or reach * width > _MOST + after:
                break
            reach *= 2
        shares = np.trim_zeros(np.maximum(shares, 0.0), "b")
        shares[-1] += 1 - shares.sum()
        return np.asarray(shares)


def delay_of(value: Any, *, name: str) -> Delay:
    """A Delay, or an exponential one with this mean."""
    return value if isinstance(value, Delay) else Delay(mean=seconds(value, name=name, zero=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All intervals from the first to some way beyond the last, closed ones included; `to[k]` = next open one."""

    starts: pd.DatetimeIndex
    width: float
    to: Any
    begin: int
    end: int

    def put(self, starts: pd.DatetimeIndex, values: Array, *, wait: bool = True) -> Array:
        """Values of some intervals on the line; those of closed intervals `wait` for the opening."""
        place = np.asarray((starts.as_unit("ns") - self.starts[0]).total_seconds() / self.width)
        number = np.floor(place + 1e-9).astype(np.int64)
        found = summed(np.clip(number, 0, len(self.starts) - 1), values, len(self.starts))
        return self.open(found) if wait else found

    def open(self, counts: Array) -> Array:
        """What comes while it is closed comes at the opening."""
        return summed(self.to, counts, len(self.starts))

    def later(self, counts: Array, kernel: Array) -> Array:
        """What comes back because of `counts`; beyond the end of the line in its last interval."""
        full = np.convolve(counts, kernel)
        size = len(self.starts)
        out = full[:size].copy()
        out[-1] += full[size:].sum()
        return self.open(out)


def timeline(
    starts: pd.DatetimeIndex, width: float, *, first: pd.Timestamp, tail: float, open_before: bool
) -> Timeline:
    """The line of open `starts`, from `first` on and `tail` seconds beyond the last; behind the last all are open."""
    open_ = pd.DatetimeIndex(starts).sort_values().as_unit("ns")
    step = pd.Timedelta(seconds=width)
    back = max(int(np.ceil((open_[0] - first).total_seconds() / width - 1e-9)), 0)
    begin = open_[0] - back * step
    inside = round((open_[-1] - begin).total_seconds() / width) + 1
    size = inside + max(int(np.ceil(tail / width)), 1)
    line = pd.DatetimeIndex(begin + np.arange(size) * step)
    place = (open_ - begin).total_seconds().to_numpy() / width
    if np.abs(place - np.round(place)).max() > 1e-6:
        raise DataError(f"intervals must begin at multiples of {width:g} s from the first one.", column="start")
    is_open = np.ones(size, dtype=bool)
    is_open[back if open_before else 0 : inside] = False
    is_open[np.round(place).astype(np.int64)] = True
    number = np.where(is_open, np.arange(size), size)
    to = np.minimum.accumulate(number[::-1])[::-1]
    return Timeline(starts=line, width=width, to=to, begin=back, end=inside)


def one_queue(forecast: pd.DataFrame, name: str) -> tuple[pd.DataFrame, float]:
    """A forecast of one queue with its ends, and the width of its intervals [s]."""
    table = check(forecast, FORECAST)
    queues = table["queue"].unique()
    if len(queues) > 1:
        raise DataError(f"{name} takes one queue at a time, got {listed(queues)}.", table="forecast", column="queue")
    if table.empty:
        raise DataError(f"{name} needs a forecast with rows, got none.", table="forecast")
    table = with_end(table)
    return table, interval_of(table)
