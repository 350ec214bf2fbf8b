"""How alike two days are: the kernels of which the components of a level are made, each to be kept in a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.days import YEAR, DayFeatures
from wfm.forecast.learned.kept import kept

Floats = npt.NDArray[np.float64]
Kernel = Callable[[DayFeatures, DayFeatures], Floats]
Numbers = npt.NDArray[Any]
Number = Callable[[DayFeatures], Numbers]
Alike = Callable[[Numbers, Numbers], Numbers]
Each = TypeVar("Each")
TURN_REACH = 6.0
"""Days to either side of the turn of a month that it may move."""
NOTHING = -60.0
"""Logarithm of a correlation that is none."""
FEW_WAVES, WAVELET = 32, 1e-9
"""Waves of which a periodic kernel is readily made, and the least share of it that counts."""
TURN_FADING = 3.0
"""Days over which what the turn does changes."""
FAR_OFF = 60.0
"""Days from a date from which on all days are alike far from it."""


def by_number(number: Number, alike: Alike) -> Kernel:
    """The kernel of one number of each day: few of the numbers differ, and those are compared once."""

    def kernel(a: DayFeatures, b: DayFeatures) -> Floats:
        left, rows = _told_apart(number(a))
        right, columns = (left, rows) if b is a else _told_apart(number(b))
        few = alike(left, right).astype(a.day.dtype, copy=False)
        return few.take(columns, axis=1).take(rows, axis=0)

    return kernel


def _told_apart(numbers: Numbers) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """The numbers that there are, and which of them each is."""
    several = np.unique(numbers)
    return several, np.searchsorted(several, numbers)


@kept
def same(name: str) -> Kernel:
    """Days with the same value of a feature."""
    return by_number(lambda days: getattr(days, name), np.equal.outer)


@kept
def same_if_any(name: str) -> Kernel:
    """Days with the same value of a feature, those without one apart."""
    return by_number(lambda days: getattr(days, name), _equal_if_any)


@kept
def started(month: Number) -> Kernel:
    """Days at the start of the same month, as months are told apart."""
    return by_number(lambda days: np.where(days.since_start > 0, month(days), 0), _equal_if_any)


def _equal_if_any(left: Numbers, right: Numbers) -> Numbers:
    return np.equal.outer(left, right) & (left > 0)[:, None]


@kept
def both(name: str) -> Kernel:
    """Days that have a feature."""

    def kernel(a: DayFeatures, b: DayFeatures) -> Floats:
        return np.outer(getattr(a, name) > 0, getattr(b, name) > 0).astype(a.day.dtype)

    return kernel


@kept
def times(first: Kernel, second: Kernel) -> Kernel:
    """Days that are alike for both reasons."""

    def kernel(a: DayFeatures, b: DayFeatures) -> Floats:
        alike = first(a, b)
        alike *= second(a, b)
        return alike

    return kernel


def apart(a: DayFeatures, b: DayFeatures) -> Floats:
    """Days from each to each."""
    between = np.subtract.outer(a.day, b.day)
    return np.asarray(np.abs(between, out=between))


def _fall(apart: Floats, rate: float) -> Floats:
    """exp(rate * apart), 0 without a look where that is next to nothing; `apart` is used up."""
    apart *= rate
    return np.asarray(np.exp(apart, out=np.zeros_like(apart), where=apart > NOTHING))


def forgotten(a: DayFeatures, b: DayFeatures, memory: float) -> Floats:
    """exp(-|s - t|) of two days, s and t their times in units of the memory."""
    since = np.concatenate([a.day, b.day]).astype(float) / memory
    if not len(since) or np.ptp(since) > -NOTHING:
        return _fall(apart(a, b), -1 / memory)
    since -= (since.min() + since.max()) / 2
    return _nearness(since[: len(a)], since[len(a) :], a.day.dtype)


def _nearness(left: Floats, right: Floats, kind: np.dtype[Any]) -> Floats:
    """exp(-|left - right|) of each two, which is e^left / e^right or its inverse, whichever is less.

    So there is one exponential for each and none for each two; numbers are to be small enough for them.
    """
    ratio = np.outer(np.exp(left).astype(kind), np.exp(-right).astype(kind))
    return np.asarray(np.minimum(ratio, 1 / ratio, out=ratio))


@kept
def fading(days: float) -> Kernel:
    """Days that are near each other, by a memory of so many days."""
    return lambda a, b: forgotten(a, b, days)


@kept
def product_of(columns: Callable[[Each], Floats]) -> Callable[[Each, Each], Floats]:
    """The covariance of what is a sum of columns of so much each."""

    def kernel(a: Each, b: Each) -> Floats:
        left = columns(a)
        right = left if b is a else columns(b)
        return np.outer(left, right) if left.shape[1] == 1 else left @ right.T  # a product is slow for one column

    return kernel


def _round(phase: Number, width: float) -> Kernel:
    """Periodic kernel exp(-2 sin^2(d/2) / width^2) = exp((cos d - 1) / width^2); a wide one is a sum of few waves."""
    waves = _waves(width)
    if len(waves) <= FEW_WAVES:
        return by_number(phase, product_of(lambda angle: _risen(angle, waves)))
    cosine: Alike = product_of(lambda angle: np.column_stack([np.cos(angle), np.sin(angle)]))
    return by_number(phase, lambda left, right: _fall(cosine(left, right) - 1, width**-2))


@cache
def _waves(width: float) -> Floats:
    """Roots of the coefficients of cos(k d), k = 0, 1, ..., that a periodic kernel is made of."""
    turn = 2 * np.pi * np.arange(1024) / 1024
    share = np.fft.rfft(np.exp((np.cos(turn) - 1) / width**2)).real / 1024
    share[1:] *= 2
    return np.sqrt(share[: int((share > WAVELET).sum())])


def _risen(phase: Floats, waves: Floats) -> Floats:
    """(days, twice the waves) heights of the waves, each beside its own a quarter of a turn later."""
    turned = np.empty((len(phase), len(waves)), dtype=np.result_type(phase.dtype, np.complex64))
    turned[:, :1], turned[:, 1:] = 1.0, np.exp(1j * phase)[:, None]
    np.cumprod(turned, axis=1, out=turned)
    turned *= waves.astype(phase.dtype)
    return turned.view(phase.dtype)


def _month_phase(days: DayFeatures) -> Floats:
    return np.asarray(2 * np.pi * (days.month_day - 0.5) / days.month_length, dtype=days.day.dtype)


@kept
def monthly(width: float) -> Kernel:
    """Days at the same time of the month, which comes again smoothly."""
    return _round(_month_phase, width)


@kept
def turn_of_month() -> Kernel:
    """Days about the turn of a month: bills, wages and statements come then, a day sooner or later."""

    def signed(days: DayFeatures) -> Floats:
        ends = np.asarray(days.month_day - 0.5 - days.month_length, dtype=float)
        return np.where(days.month_day <= 15, days.month_day - 0.5, ends).astype(days.day.dtype)

    return by_number(signed, about)


def about(left: Floats, right: Floats) -> Floats:
    """Days at alike distances from a date resemble each other, the nearer they are to it."""
    first, second = (np.clip(distance, -FAR_OFF, FAR_OFF) / TURN_FADING for distance in (left, right))
    close = _nearness(first, second, left.dtype)
    close *= np.exp(-((left / TURN_REACH) ** 2))[:, None]
    close *= np.exp(-((right / TURN_REACH) ** 2))
    return close


@kept
def yearly(width: float) -> Kernel:
    """Days at the same time of the year."""
    return _round(lambda days: days.year_phase, width)


@kept
def damped_trend(fading: float, origin: float) -> Kernel:
    """Level driven by a slope that forgets itself in `fading` days (integrated Ornstein-Uhlenbeck process).

    The slope is stationary with variance 1 per year; a forecast goes on with today's slope and bends to level.
    """

    def cumulated(days: DayFeatures) -> Floats:
        """Covariance of two levels is a difference of such functions, but for the 1 that is taken off."""
        passed = np.abs(days.day - origin) / fading
        return np.asarray(np.exp(-passed) + passed)

    def kernel(a: DayFeatures, b: DayFeatures) -> Floats:
        level = apart(a, b)
        level /= -fading
        level -= forgotten(a, b, fading)
        level += np.add.outer(cumulated(a), cumulated(b) - 1)
        level *= (fading / YEAR) ** 2
        return np.asarray(level)

    return kernel
