"""Slow waves on the shape of a day: how it leans from its weekday's shape, and on which days it does so again.

A busy turn of the month has early hours of its own, a summer shifts the afternoon. What is left of a day's shares after
its weekday's shape is written in a few cosine waves along the day; each is a small Gaussian model of the days, with the
variances of its components in common. The waves are even in contacts, not in hours: chance is then the same for all.
What the cosines leave of the shapes that month starts and days beside closures have in common, a day that begins hours
later, gets waves of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.components import Component, shape_components
from wfm.forecast.learned.days import MONTH_START, DayFeatures
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.variances import Sample, estimate

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
MOST = 8
"""Waves along a day: an hour and a half of a day of twelve hours."""
LEARN = 250
"""Most recent days from which they are learned."""
LEAST = 25
"""Days below which the weekday's shape is left alone."""
SOME = 3
"""Days of a kind from which it may have a shape of its own."""
OWN = 3
"""Waves besides the cosines, of the shapes of kinds of days."""
BEYOND = 1.5
"""How much longer than the longest by chance such a shape must be: a day may be of two kinds and count twice."""
FINE = 1800.0
"""Width of the blocks in which slots of fewer contacts are told together [s]."""
PLENTY = 50.0
"""Contacts in a usual slot from which it is told by itself."""
FEW = 30.0
"""Contacts a day below which chance leaves no shape to lean."""
CLEAR = 0.25
"""A wave whose variance is less than this part of chance is left out."""
TOLD = 1e-3
"""Length of what is new of a wave below which those before it tell it."""
WILD = 3.5
"""A day's wave is drawn in to so many standard deviations: a fault of one morning is no shape."""
ALIKE = 0.5
"""Part of a day's contacts that come when those of other days do, above which it leans with them."""
LOWEST = 0.05
"""A slot keeps at least this part of its weekday's share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """What the days of history had besides their weekday's shape.

    Attributes
    ----------
    rows : array            Rows of the grid of the days that taught.
    days : DayFeatures      Features of those days.
    seen : array            (days, slots) the shares they had.
    chance : array          Poisson variance of a share, 1 over the day's contacts.
    kinds : array           (kinds, days) which of the days are of kinds that may have a shape of their own.
    common : array          Share of each slot on all days.
    along : array           (waves, slots) the waves, orthonormal under `common`.
    scale : array           Variance of each wave.
    variances : array       Of the components, in units of `scale`; last that of a day alone.
    prior : array           (days, days) covariance of their waves in units of `scale`, without chance.
    weights : array         (days, waves) S^-1 times what each day had.
    """

    rows: Ints
    days: DayFeatures
    seen: Floats
    chance: Floats
    kinds: Bools
    common: Floats
    along: Floats
    scale: Floats
    components: tuple[Component, ...]
    variances: Floats
    prior: Floats
    weights: Floats

    def on(self, days: DayFeatures, shares: Floats) -> Floats:
        """Shares of the days, leaned from the `shares` of their weekdays."""
        return self._lean(self._covariance(days, self.days) @ self.weights, shares)

    def factors(self) -> list[Floats]:
        """Of each wave, one over the Cholesky factor of its covariance; the leading block is that of the first days."""
        from scipy.linalg.lapack import dtrtri

        found = _factors(self.prior, self.scale, self.chance, float(self.variances[-1]))
        return [dtrtri(factor, lower=1, overwrite_c=1)[0] for factor in found]

    def earlier(self, row: int, usual: Floats, days: DayFeatures, shares: Floats, factors: Sequence[Floats]) -> Floats:
        """The same from days before that row of the grid, of which `usual` were the shares then."""
        known = int(np.searchsorted(self.rows, row))
        if known < LEAST:
            return shares
        past = self.days.take(np.arange(known))
        chance, kinds = self.chance[:known], self.kinds[:, :known]
        had = _deviation(self.seen[:known], usual[past.weekday], self.along, self.scale, chance, kinds)
        leading = [factor[:known, :known] for factor in factors]
        weights = np.column_stack([one.T @ (one @ wave) for one, wave in zip(leading, had.T, strict=True)])
        return self._lean(self._covariance(days, past) @ weights, shares)

    def _covariance(self, a: DayFeatures, b: DayFeatures) -> Floats:
        total = np.ones((len(a), len(b)))
        for variance, component in zip(self.variances, self.components, strict=False):
            total += variance * component.kernel(a, b)
        return total

    def _lean(self, waves: Floats, shares: Floats) -> Floats:
        leaned = np.maximum(shares + self.common * ((waves * self.scale) @ self.along), LOWEST * shares)
        leaned /= leaned.sum(axis=1, keepdims=True)
        return np.where(_alike(shares, self.common)[:, None], leaned, shares)


def fit_waves(grid: DayGrid, rows: Ints, days: DayFeatures, shares: Floats) -> Waves | None:
    """Learn the waves of whole days; None where there are too few of them, or too few contacts.

    Parameters
    ----------
    rows : array            Rows of the grid of the open days.
    days : DayFeatures      Features of those days.
    shares : array          (days, slots) the shares that their weekdays have.
    """
    counts = grid.offered[rows]
    totals = np.nan_to_num(counts).sum(axis=1)
    whole = np.flatnonzero(~np.isnan(counts).any(axis=1) & (totals > 0))[-LEARN:]
    if len(whole) >= LEAST:
        whole = whole[_alike(shares[whole], np.median(shares[whole], axis=0))]
    if len(whole) < LEAST or len(grid.slots) < 4 or np.median(totals[whole]) < FEW:
        return None
    seen, chance = counts[whole] / totals[whole, None], 1 / totals[whole]
    common = seen.mean(axis=0)
    along = _cosines(common, min(MOST, int((common > 0).sum()) - 2))
    scale = (((seen - shares[whole]) @ along.T) ** 2).mean(axis=0) - chance.mean()
    along = along[scale > CLEAR * chance.mean()]
    days = days.take(whole)
    kinds = _kinds(days)
    along = np.vstack([along, _own_waves(seen - shares[whole], chance, common, along, kinds, grid.slots)])
    if not len(along):
        return None
    scale = (((seen - shares[whole]) @ along.T) ** 2).mean(axis=0) - chance.mean()
    scale = np.maximum(scale, CLEAR * chance.mean())
    had = _deviation(seen, shares[whole], along, scale, chance, kinds)
    found = [(c, c.kernel(days, days).astype(np.float32)) for c in shape_components(days)]
    components, kernels = zip(*[(c, k) for c, k in found if k.any()], strict=True)
    centre = np.array([*(c.variance for c in components), 0.5])
    noise = chance * (1 / scale).mean()  # of the waves in units of their own size
    sample = Sample(y=had / np.sqrt(scale), noise=noise, odd=np.ones(len(had)), kernels=np.array(kernels))
    variances = estimate([sample], centre, centre, steps=8)
    prior = 1 + np.tensordot(variances[:-1], kernels, axes=1)
    return Waves(
        rows=rows[whole],
        days=days,
        seen=seen,
        chance=chance,
        kinds=kinds,
        common=common,
        along=along,
        scale=scale,
        components=components,
        variances=variances,
        prior=prior,
        weights=_weights(_factors(prior, scale, chance, float(variances[-1])), had),
    )


def fine(totals: Floats, slots: Floats) -> float:
    """Width of the blocks in which a shape is told from chance: slots of many contacts are told one by one [s]."""
    return 1.0 if np.median(totals) >= PLENTY * len(slots) else FINE


def blocks(slots: Floats, width: float) -> tuple[Ints, Floats]:
    """First slot of each block of so many seconds, and the middle of its slots' starts."""
    block = slots // width
    first = np.flatnonzero(np.concatenate([[True], block[1:] != block[:-1]]))
    return first, np.add.reduceat(slots, first) / np.add.reduceat(np.ones(len(slots)), first)


def _alike(shares: Floats, common: Floats) -> Bools:
    """Whether days have most of their contacts when others do; those that open in the evening only do not lean."""
    return np.asarray(np.minimum(shares, common).sum(axis=1) > ALIKE)


def _cosines(common: Floats, count: int) -> Floats:
    """Cosines along the share of the day that has passed, made orthonormal and free of any mean."""
    passed = np.cumsum(common) - common / 2
    waves = np.cos(np.pi * np.outer(np.arange(count + 1), passed))
    return _orthonormal(waves, common)[1:]


def _orthonormal(waves: Floats, common: Floats) -> Floats:
    """The waves made orthonormal under `common`, up to the first that is told by those before it."""
    own = np.abs(np.diag(np.linalg.qr((waves * np.sqrt(common)).T, mode="r")))
    waves = waves[: len(own) if (own > TOLD).all() else int((own <= TOLD).argmax())]
    return np.asarray(np.linalg.solve(np.linalg.cholesky((waves * common) @ waves.T), waves))


def _kinds(days: DayFeatures) -> Bools:
    """(kinds, days) which days are of kinds that may have a shape of their own, of the kinds that came some times."""
    left = days.month_length - days.month_day
    kinds = [
        *(days.since_start == k for k in range(1, MONTH_START + 1)),
        *(days.month_day == k for k in range(1, MONTH_START + 1)),
        *(left == k for k in range(2)),
        days.after_gap > 0,
        days.before_gap > 0,
        *(day == k for day in days.recurring.T for k in range(-1, 3)),
    ]
    return np.array([mine for mine in kinds if mine.sum() >= SOME], dtype=bool).reshape(-1, len(days))


def _own_waves(left: Floats, chance: Floats, common: Floats, along: Floats, kinds: Bools, slots: Floats) -> Floats:
    """(waves, slots) what the cosines leave of the shapes that kinds of days have in common.

    The mean of a kind's days strays by chance in as many directions as there are blocks: where the means are longer
    than the longest singular value that chance gives them, about the roots of their number and of that of the blocks
    (Bai, Yin, Annals of Probability 1993), they are a wave.
    """
    first, middles = blocks(slots, fine(1 / chance, slots))
    root = np.sqrt(np.add.reduceat(common, first))
    known = np.flatnonzero(root)
    root = root[known]
    cosines = np.add.reduceat(along * common, first, axis=1)[:, known] / root
    rest = np.add.reduceat(left, first, axis=1)[:, known] / root
    rest -= (rest @ cosines.T) @ np.linalg.pinv(cosines @ cosines.T) @ cosines
    rest /= np.sqrt(chance)[:, None]
    length = np.sqrt((rest**2).mean(axis=1))
    means = np.array([_middle(rest[mine], length[mine]) for mine in kinds]).reshape(len(kinds), len(root))
    _, size, found = np.linalg.svd(means, full_matrices=False)
    least = max(1.0, float(np.median(length))) * BEYOND * (np.sqrt(len(kinds)) + np.sqrt(len(root)))
    waves = [np.interp(slots, middles[known], one / root) for one in found[size > least][:OWN]]
    return _free_of(np.array(waves).reshape(len(waves), len(slots)), along, common)


def _middle(rest: Floats, length: Floats) -> Floats:
    """Mean of days whose chance is 1, times the root of their number; days of unusual length count for less."""
    drawn = np.minimum(1.0, 2 * np.median(length) / np.maximum(length, 1e-12))
    return np.asarray((drawn @ rest) / np.sqrt(len(rest)))


def _free_of(waves: Floats, along: Floats, common: Floats) -> Floats:
    """The waves made orthonormal under `common`, free of those `along` and of any mean."""
    before = np.vstack([np.ones(len(common)), along])
    return _orthonormal(waves - (waves * common) @ before.T @ before, common)


def _deviation(seen: Floats, shares: Floats, along: Floats, scale: Floats, chance: Floats, kinds: Bools) -> Floats:
    """(days, waves) what each day had besides its weekday's shares, the wildest drawn in.

    A day is wild that is far from usual days and from the middle of each of its kinds.
    """
    had = (seen - shares) @ along.T
    limit = WILD * np.sqrt(scale + chance[:, None])
    wild = (np.abs(had) > limit).any(axis=1)
    low, high = np.zeros_like(had), np.zeros_like(had)
    for mine in kinds[(kinds & wild).any(axis=1) & (kinds.sum(axis=1) >= SOME)]:
        order, count = np.sort(had[mine], axis=0), int(mine.sum())
        middle = (order[(count - 1) // 2] + order[count // 2]) / 2  # the median, which costs a fifth of `np.median`
        low[mine], high[mine] = np.minimum(low[mine], middle), np.maximum(high[mine], middle)
    return np.clip(had, low - limit, high + limit)


def _factors(prior: Floats, scale: Floats, chance: Floats, alone: float) -> list[Floats]:
    from scipy.linalg import cholesky

    found = []
    for variance in scale:
        total = prior * variance
        total[np.diag_indices_from(total)] += alone * variance + chance
        found.append(cholesky(total.T, lower=True, overwrite_a=True, check_finite=False))
    return found


def _weights(factors: Sequence[Floats], had: Floats) -> Floats:
    from scipy.linalg.lapack import dpotrs

    return np.column_stack([dpotrs(factor, wave, lower=1)[0] for factor, wave in zip(factors, had.T, strict=True)])
