"""How sure the forecast is: past errors of the level and of slots, and quantiles of counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.changes import BURST, STEP, faded
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.level import ODD, DayLevel
from wfm.forecast.learned.noise import RECENT, SlotNoise
from wfm.forecast.learned.unrest import CALMEST, Unrest, learn_unrest, unruly_alike

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
AHEAD = 24
"""Days that a past forecast is looked at."""
MANY = 50.0
"""Contacts from which a count is treated as continuous."""
FEW = 40.0
"""Days whose errors are worth as much as the guess that they are normal."""
WEEK = 7.0
USUAL_WEEK = 1.14
"""Errors of the means of weeks over what a fitted level says of them, over many kinds of series with a known truth."""
UNTOLD = 34.0
"""Days of history in which a level shows but half of the variance that its next weeks have."""
BOUNDLESS = 50.0
"""Variance of a log rate beyond which anything may come."""
WIDEST = 2.5
"""Most that ranges are widened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tails:
    """Factors on the normal deviates 1.28 and 1.96, so that past 80% and 95% ranges would have held what they say."""

    inner: float = 1.0
    outer: float = 1.0

    def stretch(self, deviate: Floats) -> Floats:
        """Standard normal draws made those of a law with these quantiles."""
        return np.asarray(deviate * np.interp(np.abs(deviate), (1.2816, 1.96), (self.inner, self.outer)))

    def deviate(self, level: float) -> float:
        """The deviate of a quantile level; between and beyond the two known ones by straight lines."""
        normal = NormalDist().inv_cdf(level)
        return normal * float(np.interp(abs(normal), (1.2816, 1.96), (self.inner, self.outer)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Factors on the standard deviation of the level, so that past ranges would have covered what they say.

    Attributes
    ----------
    near, far : float   Of single days up to a week ahead, and from two weeks on.
    weeks : float       Of the means of weeks.
    days : Tails        How the errors of single days differ from normal ones of that size.
    unrest : Unrest     How kinds of days differ in theirs.
    """

    near: float
    far: float
    weeks: float = 0.0
    days: Tails = Tails()
    unrest: Unrest = field(default_factory=unruly_alike)

    def at(self, lead: Floats) -> Floats:
        """Factor for days so many days after the end of history: `near` to a week, `far` from two weeks on."""
        return np.asarray(np.interp(lead, [7, 14], [self.near, self.far]))

    def spread(self, covariance: Floats, lead: Floats) -> Floats:
        """The covariance of the days' log levels: single days so wide as past errors ask, weeks as far as that allows.

        Where weeks strayed by more than the model's memory says, the days have a shift in common that it does not
        know; their own part shrinks by as much, so that single days stay as wide as they were.
        """
        square = self.at(lead) ** 2
        near = np.abs(np.subtract.outer(lead, lead)) < WEEK / 2
        near = near / near.sum(axis=1, keepdims=True)
        of_weeks = ((near @ covariance) * near).sum(axis=1)
        shared = np.maximum(self.weeks**2 - square, 0.0) * of_weeks
        own = square - shared / np.maximum(np.diag(covariance), 1e-12)
        factor, shift = np.sqrt(np.maximum(own, square / 2)), np.sqrt(shared)
        return np.asarray(covariance * np.outer(factor, factor) + np.outer(shift, shift))


def calibrate(level: DayLevel) -> Calibration:
    """Compare the level's past forecasts, each from what was known then, with what came: days, and means of weeks.

    Leading blocks of the Cholesky factor are the factors of the leading days: every past origin costs but a product.
    A day that was weighed down, and a change that nobody announced, count as what the forecast should have covered. The
    variances were learned from all of history and a forecast takes them as known: weeks stray by more than it says, and
    a short history is taken to do what others did (`USUAL_WEEK`), the more so the less it can have told (`UNTOLD`).
    """
    count = len(level.days)
    first = max(25, count - 150)
    own = _unknown_own(level)
    scale = np.diag(level.factor)
    unrest = learn_unrest(level.days, level.surprise * scale, scale**2 + own, level.noise)
    days, lead, weeks = _rehearsed(level, np.arange(first, count - 1, 2), own + unrest.of(level.days))
    known = (count - first) / 10
    untold = _untold(level.days.span + 1)
    near = _factor(days[lead <= WEEK], known, untold)
    return Calibration(
        near=near,
        far=_factor(days[lead > WEEK], known, untold),
        weeks=_factor(weeks, known / 5, USUAL_WEEK * untold),
        days=_day_tails(np.sqrt(days[lead <= WEEK]) / near, count - first),
        unrest=unrest,
    )


def _untold(span: float) -> float:
    """Errors over what a level says that was learned from so many days, before its own past errors are looked at.

    In a month a level hardly moves, and how far it moves in a year is not yet seen: what was learned of its variance
    is that of the weeks that were seen.

    >>> [round(_untold(days), 2) for days in (25.0, 60.0, 180.0)]
    [1.87, 1.09, 1.0]
    """
    return float(np.sqrt(1 + (UNTOLD / span) ** 3))


def _rehearsed(level: DayLevel, origins: Rows, own: Floats) -> tuple[Floats, Floats, Floats]:
    """Squared standardised errors of the days after each origin, how far ahead they were, and those of week means.

    `own` is the variance of each day that the level's own matrix lacks.
    """
    row = origins[:, None] + np.arange(AHEAD)
    known = row < len(level.days)
    row = np.minimum(row, len(level.days) - 1)
    root = np.tril(level.factor[row[:, :, None], row[:, None, :]] * (known[:, :, None] & known[:, None, :]))
    error = (root @ level.surprise[row][:, :, None])[:, :, 0]
    covariance = root @ root.transpose(0, 2, 1) + np.eye(AHEAD) * own[row][:, None, :]
    covariance -= _foreknown(level, row, level.days.day[origins - 1])
    least = CALMEST * level.noise
    lead = level.days.day[row] - level.days.day[origins - 1][:, None]
    last = np.where(known, lead, 0).max(axis=1)
    weeks = []
    for week in range(int(last.max(initial=0) // WEEK) + 1):
        inside = known & ((lead - 1) // WEEK == week)
        number = inside.sum(axis=1)
        whole = (number >= 3) & (last >= WEEK * week + 5)  # not the first days of a week that is cut off
        mean = (error * inside).sum(axis=1)[whole] ** 2
        said = ((covariance @ inside[:, :, None])[:, :, 0] * inside).sum(axis=1)
        weeks.append(mean / np.maximum(said, least * number)[whole])
    standard = error[known] ** 2 / np.maximum(np.diagonal(covariance, axis1=1, axis2=2)[known], least)
    return standard, lead[known], np.concatenate(weeks)


def _foreknown(level: DayLevel, row: Rows, last: Floats) -> Floats:
    """(origins, days, days) what the covariance after each origin owes to changes that nobody knew of by then.

    The model allows a change on its day, which only later days told of: to a forecast from before it came out of
    nothing, as the next one will.
    """
    learned, days = level.learned, level.days.day[row]
    found = np.zeros((*row.shape, row.shape[1]))
    for change in level.changes:
        since = days - change.first
        left = (since >= 0) if change.stays else faded(since)
        felt = (change.first > last)[:, None] * left * np.sqrt(learned.get(STEP if change.stays else BURST, 0.0))
        found += felt[:, :, None] * felt[:, None, :]
    return found


def _unknown_own(level: DayLevel) -> Floats:
    """What S holds of each day's variance beyond what a forecast of the day would have said: it was seen to be odd."""
    return level.noise * (1 - level.oddness)


def _day_tails(standard: Floats, days: int) -> Tails:
    """How far the wildest past errors reach, in their standard deviations; few days say little of that.

    Up to the 80% range days stay normal: `near` has brought them to their size.
    """
    if len(standard) < FEW:
        return Tails()
    outer = 1 + days / (days + FEW) * (float(np.quantile(standard, 0.95)) / 1.96 - 1)
    return Tails(outer=float(np.clip(outer, 1.0, 1.8)))


def _factor(squares: Floats, known: float, usual: float) -> float:
    """Root mean square, one error bounded at 2.5 standard deviations, against what is usual elsewhere."""
    if not len(squares):
        return usual
    mean = float(np.minimum(squares, ODD**2).mean()) / 0.9776  # the mean of a bounded normal square
    return float(np.clip(np.sqrt((mean * known + 4.0 * usual**2) / (known + 4.0)), 0.7, WIDEST))


def learn_tails(
    grid: DayGrid, rows: Bools, shares: Floats, level: DayLevel, calibration: Calibration, noise: SlotNoise
) -> Tails:
    """Compare recent slots with what was forecast a week before: level, shape (`earlier_shares`) and all."""
    kept = np.flatnonzero(rows)[-len(level.days) :]
    places = np.arange(max(len(kept) - 6 * RECENT, 25), len(kept))
    usable = grid.seen[kept[places]] & (shares[kept[places]] > 0)  # nan is not
    places, cells = places[usable.any(axis=1)], usable[usable.any(axis=1)]
    if len(places) < 15:
        return Tails()
    passed = np.searchsorted(level.days.day, level.days.day[places] - WEEK, side="right")
    before = np.arange(len(level.days)) < passed[:, None]
    row = level.factor[places]
    log_rate = level.middle + (row * before) @ level.surprise
    doubt = (((row * ~before) ** 2).sum(axis=1) + calibration.unrest.of(level.days)[places]) * calibration.near**2
    scores = _scores(
        grid.offered[kept[places]][cells],
        (np.exp(log_rate)[:, None] * shares[kept[places]])[cells],
        np.broadcast_to(doubt[:, None], cells.shape)[cells],
        np.broadcast_to(noise.variance, cells.shape)[cells],
    )
    # days are told apart less well than slots: their levels move together
    weight = len(places) / (len(places) + 20 + 80 / len(grid.slots))
    inner, outer = np.quantile(np.abs(scores), (0.8, 0.95)) / (1.2816, 1.96)
    narrowest = 0.8 if len(grid.slots) > 1 else 1.0
    return Tails(
        inner=float(np.clip(1 + weight * (inner - 1), narrowest, 1.6)),
        outer=float(np.clip(1 + weight * (outer - 1), narrowest, 1.8)),
    )


def _scores(counts: Floats, rate: Floats, doubt: Floats, noise: Floats) -> Floats:
    """Normal scores of counts in their predictive distribution."""
    spread = np.expm1(np.minimum(doubt, BOUNDLESS)) + noise
    score = np.log((counts + 0.5) / (rate + 0.5)) / np.sqrt(np.log1p(spread + 1 / rate))
    few = rate < MANY
    if few.any():
        from scipy.special import betainc, ndtri

        shape = 1 / np.maximum(spread[few], 1e-6)
        success = shape / (shape + rate[few])
        below = np.where(counts[few] > 0, betainc(shape, np.maximum(counts[few], 1e-9), success), 0.0)
        middle = (below + betainc(shape, counts[few] + 1, success)) / 2
        score[few] = ndtri(np.clip(middle, 1e-6, 1 - 1e-6))
    return np.asarray(score)


def count_quantiles(mean: Floats, doubt: Floats, quantiles: tuple[float, ...], tails: Tails | None = None) -> Floats:
    """Quantiles of counts whose rate has a given mean and squared coefficient of variation.

    Few contacts follow the negative binomial (Poisson about a gamma rate), many a lognormal about the median rate.

    Returns
    -------
    array       (quantiles, rates), never negative.

    >>> count_quantiles(np.array([2.0, 400.0]), np.array([0.0, 0.01]), (0.1, 0.9)).round(0).tolist()
    [[0.0, 345.0], [4.0, 459.0]]
    """
    tails = tails or Tails()
    out = np.empty((len(quantiles), len(mean)))
    many = mean >= MANY
    width = np.sqrt(np.log1p(doubt + 1 / np.maximum(mean, 1e-9)))
    for row, level in enumerate(quantiles):
        out[row] = mean * np.exp(tails.deviate(level) * width) / np.sqrt(1 + doubt)
    if not many.all():
        out[:, ~many] = _few(mean[~many], doubt[~many], quantiles, tails)
    return out


def _few(mean: Floats, doubt: Floats, quantiles: tuple[float, ...], tails: Tails) -> Floats:
    """Negative binomial quantiles by bisection over whole numbers."""
    from scipy.special import betainc, ndtr

    shape = 1 / np.maximum(doubt, 1e-6)
    success = shape / (shape + np.maximum(mean, 1e-9))
    out = np.empty((len(quantiles), len(mean)))
    top = np.ceil(mean + 15 * np.sqrt(mean + doubt * mean**2) + 20)
    for row, level in enumerate(quantiles):
        wanted = float(ndtr(tails.deviate(level)))
        low, high = np.full(len(mean), -1.0), top.copy()
        for _ in range(int(np.ceil(np.log2(top.max() + 2)))):
            middle = np.floor((low + high) / 2)
            enough = betainc(shape, middle + 1, success) >= wanted
            high, low = np.where(enough, middle, high), np.where(enough, low, middle)
        out[row] = high
    return out
