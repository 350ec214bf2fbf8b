"""Slow waves on the shape of a day: how it leans from its weekday's shape, and on which days it does so again.

A busy turn of the month has early hours of its own, a summer shifts the afternoon. What is left of a day's shares after
its weekday's shape is written in a few cosine waves along the day; each is a small Gaussian model of the days, with the
variances of its components in common. The waves are even in contacts, not in hours: chance is then the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.components import Component, shape_components
from wfm.forecast.learned.days import DayFeatures
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
FEW = 30.0
"""Contacts a day below which chance leaves no shape to lean."""
CLEAR = 0.25
"""A wave whose variance is less than this part of chance is left out."""
WILD = 3.5
"""A day's wave is drawn in to so many standard deviations: a fault of one morning is no shape."""
ALIKE = 0.5
"""Part of a day's contacts that come when those of other days do, above which it leans with them."""
LOWEST = 0.2
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
        had = _deviation(self.seen[:known], usual[past.weekday], self.along, self.scale, self.chance[:known])
        blocks = [factor[:known, :known] for factor in factors]
        weights = np.column_stack([one.T @ (one @ wave) for one, wave in zip(blocks, had.T, strict=True)])
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
    clear = scale > CLEAR * chance.mean()
    if not clear.any():
        return None
    along, scale = along[clear], scale[clear]
    had = _deviation(seen, shares[whole], along, scale, chance)
    days = days.take(whole)
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
        common=common,
        along=along,
        scale=scale,
        components=components,
        variances=variances,
        prior=prior,
        weights=_weights(_factors(prior, scale, chance, float(variances[-1])), had),
    )


def _alike(shares: Floats, common: Floats) -> Bools:
    """Whether days have most of their contacts when others do; those that open in the evening only do not lean."""
    return np.asarray(np.minimum(shares, common).sum(axis=1) > ALIKE)


def _cosines(common: Floats, count: int) -> Floats:
    """Cosines along the share of the day that has passed, made orthonormal and free of any mean."""
    passed = np.cumsum(common) - common / 2
    waves = np.cos(np.pi * np.outer(np.arange(count + 1), passed))
    return np.asarray(np.linalg.solve(np.linalg.cholesky((waves * common) @ waves.T), waves)[1:])


def _deviation(seen: Floats, shares: Floats, along: Floats, scale: Floats, chance: Floats) -> Floats:
    """(days, waves) what each day had besides its weekday's shares, the wildest drawn in."""
    limit = WILD * np.sqrt(scale + chance[:, None])
    return np.clip((seen - shares) @ along.T, -limit, limit)


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
