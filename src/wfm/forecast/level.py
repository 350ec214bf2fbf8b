"""The level of a day: a Gaussian model of the log day total, its variances learned, one-off days weighed down.

y ~ N(0, S), S = 1*1' + sum_k a_k K_k + diag(s2 * e + 1/N). The K_k are the components; their variances a_k and the
day-to-day noise s2 maximise the likelihood under a weak prior; e >= 1 weighs down days that nothing explains. Counts
are Poisson about the level: the working response of the Laplace approximation takes the place of the log total, so a
queue of a few contacts a day is treated as what it is and a large one is untouched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.forecast.components import Component
from wfm.forecast.days import DayFeatures
from wfm.forecast.variances import Kernels, estimate

Floats = npt.NDArray[np.float64]
ODD = 2.5
"""A day whose standardised residual is beyond this is weighed down."""
LEARN = 900
"""Days from which the variances are learned; all days are then conditioned on."""
KEEP = 1800
"""Days that are remembered: five years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLevel:
    """A fitted level.

    Attributes
    ----------
    days : DayFeatures      The training days.
    components : tuple      Those with support in the training days.
    variances : array       One for each component, then that of the day-to-day noise.
    middle : float          Median of the log totals, from which deviations are counted.
    factor : array          Cholesky factor of S, lower, days in order of time.
    weights : array         S^-1 y.
    surprise : array        L^-1 y: each day's standardised error given all days before it.
    oddness : array         e: how much each day is weighed down, 1 = not at all.
    """

    days: DayFeatures
    components: tuple[Component, ...]
    variances: Floats
    middle: float
    factor: Floats
    weights: Floats
    surprise: Floats
    oddness: Floats

    @property
    def noise(self) -> float:
        """Variance of the log level from day to day that nothing explains."""
        return float(self.variances[-1])

    @property
    def learned(self) -> dict[str, float]:
        """Variance of each component by name, and `noise`."""
        names = [*(component.name for component in self.components), "noise"]
        return dict(zip(names, self.variances.tolist(), strict=True))

    def covariance(self, a: DayFeatures, b: DayFeatures) -> Floats:
        """Prior covariance of the log levels of two sets of days, without the day's own noise."""
        total = np.ones((len(a), len(b)))
        for variance, component in zip(self.variances, self.components, strict=False):
            total += variance * component.kernel(a, b)
        return total

    def posterior(self, days: DayFeatures) -> tuple[Floats, Floats]:
        """Mean of the log level of each day and the covariance between the days, noise included."""
        from scipy.linalg import solve_triangular

        across = self.covariance(days, self.days)
        root = solve_triangular(self.factor, across.T, lower=True, check_finite=False)
        covariance = self.covariance(days, days) - root.T @ root
        covariance[np.diag_indices_from(covariance)] += self.noise
        return self.middle + across @ self.weights, covariance

    def parts(self, days: DayFeatures) -> dict[str, Floats]:
        """What each component adds to the log level of each day; with `constant` they add up to the posterior mean."""
        found = {"constant": np.full(len(days), self.middle + self.weights.sum())}
        for variance, component in zip(self.variances, self.components, strict=False):
            found[component.name] = variance * component.kernel(days, self.days) @ self.weights
        return found

    def effects(self, days: DayFeatures, contrast: Floats, names: frozenset[str]) -> tuple[Floats, Floats]:
        """Mean and covariance of contrasts between made-up days in some of the components.

        `contrast` is (effects, days): the weights of the days in each effect.
        """
        from scipy.linalg import solve_triangular

        across, prior = np.zeros((len(days), len(self.days))), np.zeros((len(days), len(days)))
        for variance, component in zip(self.variances, self.components, strict=False):
            if component.name in names:
                across += variance * component.kernel(days, self.days)
                prior += variance * component.kernel(days, days)
        across, prior = contrast @ across, contrast @ prior @ contrast.T
        root = solve_triangular(self.factor, across.T, lower=True, check_finite=False)
        return across @ self.weights, prior - root.T @ root


def fit_level(
    days: DayFeatures,
    counts: Floats,
    components: list[Component],
    *,
    exposure: Floats | None = None,
    noise: Floats | None = None,
    begin: dict[str, float] | None = None,
    learn: int = LEARN,
) -> DayLevel:
    """Fit the level of days to their counts.

    Parameters
    ----------
    counts : array          Contacts seen on each day, or any positive amount where `noise` is given.
    exposure : array        Share of the day that was seen, 1 = all of it.
    noise : array           Known variance of each log amount; None = contacts, which are Poisson.
    begin : dict            Variances by component from which to start, of a fit of nearly the same days.
    learn : int             Most recent days from which variances are learned.
    """
    keep = np.arange(max(0, len(days) - KEEP), len(days))
    late = slice(max(0, len(keep) - learn), None)
    seen = np.ones(len(counts)) if exposure is None else exposure
    counts, seen, days = counts[keep], seen[keep], days.take(keep)
    few = noise is None
    noise = 1 / np.maximum(counts, 0.5) if noise is None else noise[keep]
    log_total = np.log((counts + 0.5 * few) / seen)
    middle = float(np.median(log_total))
    data = _Data(
        days=days, middle=middle, response=log_total - middle, noise=noise, counts=counts if few else None, seen=seen
    )
    components, kernels = _supported(components, days, late)
    first = np.array([*(c.variance for c in components), 0.001])
    start = np.array([*((begin or {}).get(c.name, c.variance) for c in components), (begin or {}).get("noise", 0.001)])
    odd = np.ones(len(days))
    start = estimate(data.response[late], data.noise[late], odd[late], kernels, first, start, steps=4 if begin else 8)
    odd, data = _first_look(data, components, kernels, start)
    start = estimate(data.response[late], data.noise[late], odd[late], kernels, first, start, steps=3 if begin else 4)
    return _condition(data, components, kernels, start, odd)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Data:
    """Working response and its known variance; `counts` only where they are Poisson."""

    days: DayFeatures
    middle: float
    response: Floats
    noise: Floats
    counts: Floats | None
    seen: Floats


def _supported(components: list[Component], days: DayFeatures, late: slice) -> tuple[list[Component], Kernels]:
    """Components that are not zero in all days, with their matrices over the days of learning."""
    kept, kernels = [], []
    recent = days.take(np.arange(len(days))[late])
    for component in components:
        kernel = component.kernel(recent, recent).astype(np.float32)
        if kernel.any() or (len(recent) < len(days) and component.kernel(days, days).any()):
            kept.append(component)
            kernels.append(kernel)
    return kept, np.array(kernels)


def _first_look(data: _Data, components: list[Component], kernels: Kernels, variances: Floats) -> tuple[Floats, _Data]:
    """How much each day is weighed down, and the working response; years of days are looked at in two parts.

    A day is told odd by the days about it: those of another year add nothing but the cost of a large matrix.
    """
    count, learned = len(data.days), kernels.shape[1]
    odd, response, noise = np.ones(count), data.response.copy(), data.noise.copy()
    for rows in (np.arange(count - learned), np.arange(count - learned, count)):
        if len(rows):
            known = kernels if rows[-1] == count - 1 else kernels[:, :0, :0]
            level, part = _condition(_taken(data, rows), components, known, variances, np.ones(len(rows)))
            odd[rows], response[rows], noise[rows] = _oddness(level), part.response, part.noise
    return odd, replace(data, response=response, noise=noise)


def _taken(data: _Data, rows: npt.NDArray[np.int64]) -> _Data:
    return replace(
        data,
        days=data.days.take(rows),
        response=data.response[rows],
        noise=data.noise[rows],
        counts=None if data.counts is None else data.counts[rows],
        seen=data.seen[rows],
    )


def _condition(
    data: _Data, components: list[Component], kernels: Kernels, variances: Floats, odd: Floats
) -> tuple[DayLevel, _Data]:
    """Condition on all days; with few contacts by Newton's steps to the mode of the Poisson likelihood."""
    prior = _prior(data.days, components, kernels, variances)
    prior[np.diag_indices_from(prior)] += variances[-1] * odd
    level = _solve(prior, data, components, variances, odd)
    if data.counts is None or data.counts.min() >= 50:
        return level, data
    for _ in range(8):
        latent = data.response - data.noise * level.weights
        expected = np.maximum(np.exp(np.clip(latent + data.middle, -30, 30)) * data.seen, 1e-3)
        data = replace(data, response=latent + np.clip((data.counts - expected) / expected, -3, 3), noise=1 / expected)
        level = _solve(prior, data, components, variances, odd)
        if np.max(np.abs(data.response - data.noise * level.weights - latent)) < 0.01:
            break
    return level, data


def _prior(days: DayFeatures, components: list[Component], kernels: Kernels, variances: Floats) -> Floats:
    """Prior covariance of the days; `kernels` are the components' matrices over the last of them, or of none."""
    count, known = len(days), kernels.shape[1]
    late = np.tensordot(variances[:-1].astype(np.float32), kernels, axes=1).astype(float) + 1.0
    if known == count:
        return late
    early = days.take(np.arange(count - known))
    prior = np.ones((count, count))
    for variance, component in zip(variances, components, strict=False):
        prior[: count - known] += variance * component.kernel(early, days)
    prior[count - known :, : count - known] = prior[: count - known, count - known :].T
    prior[count - known :, count - known :] = late
    return prior


def _solve(prior: Floats, data: _Data, components: list[Component], variances: Floats, odd: Floats) -> DayLevel:
    from scipy.linalg import cholesky, solve_triangular

    total = prior.copy()
    total[np.diag_indices_from(total)] += data.noise
    factor = cholesky(total, lower=True, overwrite_a=True, check_finite=False)
    surprise = solve_triangular(factor, data.response, lower=True, check_finite=False)
    weights = solve_triangular(factor, surprise, lower=True, trans="T", check_finite=False)
    return DayLevel(
        days=data.days,
        components=tuple(components),
        variances=variances,
        middle=data.middle,
        factor=factor,
        weights=weights,
        surprise=surprise,
        oddness=odd,
    )


def _oddness(level: DayLevel) -> Floats:
    """How much each day is weighed down, by its error when left out: 1 up to ODD standard deviations."""
    from scipy.linalg.lapack import dpotri

    inverse, _ = dpotri(level.factor, lower=1)
    precision = np.diag(inverse)
    error = level.weights / precision
    standard = np.abs(error) * np.sqrt(precision)
    beyond = np.maximum(1.0, error**2 / (max(level.noise, 1e-6) * ODD**2))
    return np.where(standard <= ODD, 1.0, (standard / ODD) ** 2 * beyond)
