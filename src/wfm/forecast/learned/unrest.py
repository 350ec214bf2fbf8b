"""Days are not all equally unruly: weekends, the first days of a month or days about a closure may stray farther."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.days import DayFeatures

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FIRST = 25
"""First days of history, whose errors are those of a level that is hardly known yet."""
RECENT = 300
"""Latest days whose errors are compared."""
LEAST = 5
"""Days of a kind below which it is taken for one like the others."""
WILDEST = 2.5
"""An error is drawn in to so many standard deviations before it speaks for its kind of day."""
BOUNDED = 0.9776
"""Mean square of a standard normal that is drawn in to that."""
SPREAD_OUT = 1.3
"""Variance of the square of a usual error over that of a normal one."""
CALMEST = 0.1
"""Part of the day-to-day noise that every day has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrest:
    """What each kind of day adds to the variance of the log level, beside the noise that all days have; they add up.

    Attributes
    ----------
    weekday : array     (7,), Monday first; less than 0 on calm days.
    start : array       (2,) later in the month, in its first days.
    closure : array     (2,) elsewhere, on holidays and days next to a closure or holiday.
    least : float       What a day may lose at most.
    """

    weekday: Floats
    start: Floats
    closure: Floats
    least: float

    def of(self, days: DayFeatures) -> Floats:
        """Variance that each day adds."""
        kinds = zip((self.weekday, self.start, self.closure), kinds_of(days), strict=True)
        return np.asarray(np.maximum(sum(added[kind] for added, kind in kinds), self.least))

    def on(self, covariance: Floats, days: DayFeatures) -> Floats:
        """The covariance of the days' log levels, each day as unruly as its kind."""
        return covariance + np.diag(self.of(days))


def unruly_alike() -> Unrest:
    """No kind of day strays farther than another."""
    return Unrest(weekday=np.zeros(7), start=np.zeros(2), closure=np.zeros(2), least=0.0)


def kinds_of(days: DayFeatures) -> tuple[Ints, Ints, Ints]:
    """Each day's weekday, whether it is among the first of its month, whether it is a holiday or next to a closure."""
    about = (days.after_gap > 0) | (days.before_gap > 0) | (days.holiday > 0)
    return days.weekday, (days.since_start > 0).astype(np.int64), about.astype(np.int64)


def learn_unrest(days: DayFeatures, error: Floats, variance: Floats, noise: float) -> Unrest:
    """Learn from the errors of days that were forecast from those before them.

    Parameters
    ----------
    error, variance : array     Of the log level of each day given the days before it.
    noise : float               The part of each variance that all days have as their own.
    """
    recent = slice(max(FIRST, len(days) - RECENT), None)
    square, variance = error[recent] ** 2, variance[recent]
    added = []
    for kind, count in zip(kinds_of(days), (7, 2, 2), strict=True):
        mine = kind[recent]
        usual = np.bincount(mine, variance, count) / np.maximum(np.bincount(mine, minlength=count), 1)
        added.append((_ratios(square / variance, mine, count) - 1) * usual)
        variance = np.maximum(variance + added[-1][mine], CALMEST * variance)
    return Unrest(weekday=added[0], start=added[1], closure=added[2], least=(CALMEST - 1) * noise)


def _ratios(square: Floats, kind: Ints, count: int) -> Floats:
    """How the variance of each kind of day compares with that of a usual one, from squares of standardised errors.

    What the kinds differ by beyond the chance of a few days is believed, no more (empirical Bayes; the variance between
    the kinds by DerSimonian and Laird, Controlled Clinical Trials 1986).
    """
    number = np.bincount(kind, minlength=count)
    told = number >= LEAST
    if told.sum() < 2:
        return np.ones(count)
    info = np.where(told, number / (2 * SPREAD_OUT), 0.0)  # of the logarithm of a mean square
    log = np.where(told, np.log(_sizes(square, kind, count)), 0.0)
    middle = (info * log).sum() / info.sum()
    beyond = (info * (log - middle) ** 2).sum() - (told.sum() - 1)
    between = max(beyond / (info.sum() - (info**2).sum() / info.sum()), 0.0)
    return np.asarray(np.exp(np.where(told, (log - middle) * between * info / (between * info + 1), 0.0)))


def _sizes(square: Floats, kind: Ints, count: int) -> Floats:
    """Mean square of each kind of day, the wildest drawn in."""
    number, size = np.maximum(np.bincount(kind, minlength=count), 1), np.ones(count)
    for _ in range(6):
        bounded = np.minimum(square, WILDEST**2 * size[kind]) / BOUNDED
        size = np.maximum(np.bincount(kind, bounded, count) / number, 1e-3)
    return size
