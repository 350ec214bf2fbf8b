"""The level of a day: a Gaussian model of the log day total, its variances learned, one-off days weighed down.

y ~ N(0, S), S = 1*1' + sum_k a_k K_k + diag(s2 * e + 1/N). The K_k are the components; their variances a_k and the
day-to-day noise s2 maximise the likelihood under a weak prior; e >= 1 weighs down days that nothing explains. Counts
are Poisson about the level: the working response of the Laplace approximation takes the place of the log total, so a
queue of a few contacts a day is treated as what it is and a large one is untouched.

Variances are learned by a composite likelihood (Varin, Reid, Firth, Statistica Sinica 2011): weeks are dealt out among
parts of a year or so, each judged for itself, at a small share of the cost of one large matrix. The level is then
conditioned on all days at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.components import Component
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.loads import EventLoads, Evidence
from wfm.forecast.learned.testimony import Heard
from wfm.forecast.learned.variances import Kernels, Sample, estimate

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
ODD = 2.5
"""A day whose standardised residual is beyond this is weighed down."""
TOGETHER = 450
"""Most days whose likelihood is taken together; more are dealt out in parts."""
FEW = 200
"""Days from which on the search for the variances begins with every second week."""
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
    told : Heard        What a queue that the events do not touch says of them; None = nothing.
    """

    days: DayFeatures
    components: tuple[Component, ...]
    variances: Floats
    middle: float
    factor: Floats
    weights: Floats
    surprise: Floats
    oddness: Floats
    told: Heard | None = None

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
        mean, covariance = across @ self.weights, self.covariance(days, days) - root.T @ root
        covariance[np.diag_indices_from(covariance)] += self.noise
        if self.told is not None:
            along = self.told.along(days, across)
            mean, covariance = mean + along @ self.told.pull, covariance - along @ self.told.gain @ along.T
        return self.middle + mean, covariance

    def parts(self, days: DayFeatures) -> dict[str, Floats]:
        """What each component adds to the log level of each day; with `constant` they add up to the posterior mean."""
        weights = self.weights if self.told is None else self.weights - self.told.shift
        found = {"constant": np.full(len(days), self.middle + weights.sum())}
        for variance, component in zip(self.variances, self.components, strict=False):
            found[component.name] = variance * component.kernel(days, self.days) @ weights
            if self.told is not None:
                found[component.name] += self.told.loads.on(days, frozenset({component.name})) @ self.told.pull
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
        along = None if self.told is None else contrast @ self.told.along(days, across, names)
        across, prior = contrast @ across, contrast @ prior @ contrast.T
        root = solve_triangular(self.factor, across.T, lower=True, check_finite=False)
        mean, covariance = across @ self.weights, prior - root.T @ root
        if self.told is not None and along is not None:
            mean, covariance = mean + along @ self.told.pull, covariance - along @ self.told.gain @ along.T
        return mean, covariance


def fit_level(
    days: DayFeatures,
    counts: Floats,
    components: list[Component],
    *,
    exposure: Floats | None = None,
    noise: Floats | None = None,
    begin: dict[str, float] | None = None,
    learn: int = KEEP,
) -> DayLevel:
    """Fit the level of days to their counts.

    Parameters
    ----------
    counts : array          Contacts seen on each day, or any positive amount where `noise` is given.
    exposure : array        Share of the day that was seen, 1 = all of it.
    noise : array           Known variance of each log amount; None = contacts, which are Poisson.
    begin : dict            Variances by component from which to start, of a fit of nearly the same days.
    learn : int             Most days from which variances are learned, weeks of all years among them.
    """
    keep = np.arange(max(0, len(days) - KEEP), len(days))
    seen = np.ones(len(counts)) if exposure is None else exposure
    counts, seen, days = counts[keep], seen[keep], days.take(keep)
    few = noise is None
    noise = 1 / np.maximum(counts, 0.5) if noise is None else noise[keep]
    log_total = np.log((counts + 0.5 * few) / seen)
    middle = float(np.median(log_total))
    data = _Data(
        days=days, middle=middle, response=log_total - middle, noise=noise, counts=counts if few else None, seen=seen
    )
    parts = _dealt_out(days)
    components, kernels = _supported(components, days, parts)
    centre = np.array([*(c.variance for c in components), 0.001])
    start = np.array([*((begin or {}).get(c.name, c.variance) for c in components), (begin or {}).get("noise", 0.001)])
    odd, steps, rest = np.ones(len(days)), 4 if begin else 8, 3 if begin else 4
    if not begin and len(parts[0]) > FEW:
        start = estimate([_every_second_week(data, parts, kernels)], centre, start, steps=5)
    else:
        start = estimate(_samples(data, odd, parts[:1], kernels), centre, start, steps=steps)
    odd, data = _first_look(data, components, parts, kernels, start)
    taught = parts[: max(1, learn // TOGETHER)]
    start = estimate(_samples(data, odd, taught, kernels), centre, start, steps=2 if len(taught) > 1 else rest)
    return _condition(data, components, parts, kernels, start, odd)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Data:
    """Working response and its known variance; `counts` only where they are Poisson."""

    days: DayFeatures
    middle: float
    response: Floats
    noise: Floats
    counts: Floats | None
    seen: Floats


def _week(days: DayFeatures) -> Rows:
    """Number of the week of each day, counted back from the last."""
    return np.asarray((days.day[-1] - days.day) // 7, dtype=np.int64)


def _dealt_out(days: DayFeatures) -> list[Rows]:
    """Rows of the days in 1, 2 or 4 parts, weeks dealt out in turn, of about `TOGETHER` days at most.

    Each part has neighbouring days, all weekdays, and the same weeks of all years, as 52 is a multiple of 4: what it
    tells of variances is what all days tell of them, at a small share of the cost. The first has the last week.
    """
    parts = 1
    while len(days) > TOGETHER * parts:
        parts *= 2
    found = [np.flatnonzero(_week(days) % parts == k) for k in range(parts)]
    return [rows for rows in found if len(rows)]


def _supported(
    components: list[Component], days: DayFeatures, parts: list[Rows]
) -> tuple[list[Component], list[Kernels]]:
    """Components that are not zero in all days, with their matrices over each part of the days."""
    some = [days.take(rows).single() for rows in parts]
    kernels = [np.empty((len(components), len(rows), len(rows)), dtype=np.float32) for rows in parts]
    kept: list[Component] = []
    for component in components:
        place = len(kept)  # that of a component without support is taken by the next
        for mine, part in zip(kernels, some, strict=True):
            mine[place] = component.kernel(part, part)
        if any(np.diag(mine[place]).any() for mine in kernels):
            kept.append(component)
    return kept, [mine[: len(kept)] for mine in kernels]


def _samples(data: _Data, odd: Floats, parts: list[Rows], kernels: list[Kernels]) -> list[Sample]:
    return [
        Sample(y=data.response[rows], noise=data.noise[rows], odd=odd[rows], kernels=mine)
        for rows, mine in zip(parts, kernels, strict=False)
    ]


def _every_second_week(data: _Data, parts: list[Rows], kernels: list[Kernels]) -> Sample:
    """Half of the days of the first part, from which a search begins."""
    few = np.flatnonzero(_week(data.days)[parts[0]] % (2 * len(parts)) == 0)
    rows = parts[0][few]
    fewer = kernels[0].take(few, axis=1).take(few, axis=2)
    return Sample(y=data.response[rows], noise=data.noise[rows], odd=np.ones(len(rows)), kernels=fewer)


def _first_look(
    data: _Data, components: list[Component], parts: list[Rows], kernels: list[Kernels], variances: Floats
) -> tuple[Floats, _Data]:
    """How much each day is weighed down, and the working response, each part of the days by itself."""
    odd, response, noise = np.ones(len(data.days)), data.response.copy(), data.noise.copy()
    for rows, mine in zip(parts, kernels, strict=True):
        part, every = _taken(data, rows), [np.arange(len(rows))]
        level, part = _condition(part, components, every, [mine], variances, np.ones(len(rows)))
        odd[rows], response[rows], noise[rows] = _oddness(level), part.response, part.noise
    return odd, replace(data, response=response, noise=noise)


def _taken(data: _Data, rows: Rows) -> _Data:
    return replace(
        data,
        days=data.days.take(rows),
        response=data.response[rows],
        noise=data.noise[rows],
        counts=None if data.counts is None else data.counts[rows],
        seen=data.seen[rows],
    )


def _condition(
    data: _Data,
    components: list[Component],
    parts: list[Rows],
    kernels: list[Kernels],
    variances: Floats,
    odd: Floats,
) -> tuple[DayLevel, _Data]:
    """Condition on all days; with few contacts by Newton's steps to the mode of the Poisson likelihood."""
    prior = _prior(data.days, components, parts, kernels, variances)
    prior[np.diag_indices_from(prior)] += variances[-1] * odd
    if data.counts is None or data.counts.min() >= 50:
        return _solve(prior, data, components, variances, odd), data
    level = _solve(prior.copy(), data, components, variances, odd)
    for _ in range(8):
        latent = data.response - data.noise * level.weights
        expected = np.maximum(np.exp(np.clip(latent + data.middle, -30, 30)) * data.seen, 1e-3)
        data = replace(data, response=latent + np.clip((data.counts - expected) / expected, -3, 3), noise=1 / expected)
        level = _solve(prior.copy(), data, components, variances, odd)
        if np.max(np.abs(data.response - data.noise * level.weights - latent)) < 0.01:
            break
    return level, data


def _prior(
    days: DayFeatures, components: list[Component], parts: list[Rows], kernels: list[Kernels], variances: Floats
) -> Floats:
    """Prior covariance of the days: of the days of one part by the known matrices, of those of two parts besides."""
    single = variances.astype(np.float32)
    within = [(single[:-1] @ mine.reshape(len(mine), -1)).reshape(mine.shape[1:]) for mine in kernels]
    if len(parts) == 1:
        return within[0].astype(float) + 1.0
    prior = np.empty((len(days), len(days)))
    some = [days.take(rows).single() for rows in parts]
    for number, rows in enumerate(parts):
        prior[rows[:, None], rows] = within[number]
        for other, others in zip(parts[:number], some[:number], strict=True):
            across = sum(v * c.kernel(some[number], others) for v, c in zip(single, components, strict=False))
            prior[rows[:, None], other], prior[other[:, None], rows] = across, across.T
    prior += 1.0
    return prior


def _solve(prior: Floats, data: _Data, components: list[Component], variances: Floats, odd: Floats) -> DayLevel:
    """Condition on the response; `prior` is used up."""
    from scipy.linalg import cholesky, solve_triangular

    prior[np.diag_indices_from(prior)] += data.noise
    # it is symmetric: handed over as its transpose it is in Fortran order and needs no copy
    factor = cholesky(prior.T, lower=True, overwrite_a=True, check_finite=False)
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


def evidence_of(covariance: Floats, response: Floats, felt: Floats) -> tuple[Evidence, Floats]:
    """What days say of what they owe to events (days, loads), and S^-1 times the latter."""
    from scipy.linalg import cho_factor, cho_solve

    factor = cho_factor(covariance, lower=True, check_finite=False)
    solved = cho_solve(factor, np.column_stack([response, felt]), check_finite=False)
    through = solved[:, 1:]
    return Evidence(mean=felt.T @ solved[:, 0], doubt=np.eye(felt.shape[1]) - felt.T @ through), through


def with_events(
    level: DayLevel, rest: Floats, days: DayFeatures, kinds: Sequence[str], variances: Mapping[str, float]
) -> DayLevel:
    """The same level, its days feeling events otherwise, with other variances of what events do.

    `rest` is the covariance of the training days without events, `days` are these days.
    """
    from scipy.linalg import cholesky, solve_triangular

    learned = level.learned | dict(variances)
    felt = EventLoads.of_level(learned, kinds, days.bends.shape[1]).on(days)
    factor = cholesky(rest + felt @ felt.T, lower=True, check_finite=False)
    surprise = solve_triangular(factor, level.factor @ level.surprise, lower=True, check_finite=False)
    return replace(
        level,
        days=days,
        variances=np.array(list(learned.values())),
        factor=factor,
        weights=solve_triangular(factor, surprise, lower=True, trans="T", check_finite=False),
        surprise=surprise,
    )


def _oddness(level: DayLevel) -> Floats:
    """How much each day is weighed down, by its error when left out: 1 up to ODD standard deviations."""
    from scipy.linalg.lapack import strtri

    inverse, _ = strtri(level.factor.astype(np.float32), lower=1, overwrite_c=1)
    precision = np.einsum("ij,ij->j", inverse, inverse).astype(float)  # the diagonal of S^-1
    error = level.weights / precision
    standard = np.abs(error) * np.sqrt(precision)
    beyond = np.maximum(1.0, error**2 / (max(level.noise, 1e-6) * ODD**2))
    return np.where(standard <= ODD, 1.0, (standard / ODD) ** 2 * beyond)
