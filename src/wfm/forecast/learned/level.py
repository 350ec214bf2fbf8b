"""The level of a day: a Gaussian model of the log day total, learned from the days of history.

y ~ N(0, S), S = 1*1' + sum_k a_k K_k + diag(s2 * e + 1/N). The K_k are the components, a_k their variances, s2 the
noise from day to day; e >= 1 weighs down days that nothing explains. How they are learned, `fitting` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.forecast.learned.changes import (
    APART,
    BURST,
    Change,
    begun_after,
    bursts_of_every_year,
    is_change,
    is_yearly_change,
    undecided,
)
from wfm.forecast.learned.components import Component
from wfm.forecast.learned.days import YEAR, DayFeatures
from wfm.forecast.learned.loads import EventLoads, Evidence
from wfm.forecast.learned.testimony import Heard

Floats = npt.NDArray[np.float64]
ODD = 2.5
"""A day whose standardised residual is beyond this is weighed down."""


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
    changes : tuple         What changed without anybody saying so.
    told : Heard            What a queue that the events do not touch says of them; None = nothing.
    """

    days: DayFeatures
    components: tuple[Component, ...]
    variances: Floats
    middle: float
    factor: Floats
    weights: Floats
    surprise: Floats
    oddness: Floats
    changes: tuple[Change, ...] = ()
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

        across, own = np.split(self.covariance(days, self.days.then(days)), [len(self.days)], axis=1)
        root = solve_triangular(self.factor, across.T, lower=True, check_finite=False)
        mean, covariance = across @ self.weights, own - root.T @ root
        covariance[np.diag_indices_from(covariance)] += self.noise
        if self.changes:
            covariance += self._come_again(days) + self._stay_or_pass(days)
        if self.told is not None:
            along = self.told.along(days, across)
            mean, covariance = mean + along @ self.told.pull, covariance - along @ self.told.gain @ along.T
        return self.middle + mean, covariance

    def _come_again(self, days: DayFeatures) -> Floats:
        """Covariance of how bursts stray when they come again: as much, of their size, as they did by themselves."""
        form = bursts_of_every_year(self.changes, self.days)
        if form is None:
            return np.zeros((len(days), len(days)))
        once, every_year = self.learned[BURST], self.learned[form.name]
        sizes = every_year * form.felt(self.days).T @ self.weights
        coming = begun_after(form.felt(days), days, float(self.days.day[-1]))
        stray = coming * sizes * (once / (once + every_year)) ** 0.5
        return np.asarray(stray @ stray.T)

    def _stay_or_pass(self, days: DayFeatures) -> Floats:
        """Covariance of young changes: each will either stay or pass, and what is expected is neither."""
        stray = undecided(self.changes, days, float(self.days.day[-1]))
        if not stray.any():
            return np.zeros((len(days), len(days)))
        stray = stray * sizes_of_changes(self)[0]
        return np.asarray(stray @ stray.T)

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


def sizes_of_changes(level: DayLevel) -> tuple[Floats, Floats]:
    """Log factor of each change from the day before it to its first day, and its standard deviation."""
    return _changed_by(level, frozenset(component.name for component in level.components if is_change(component)))


def yearly_sizes(level: DayLevel) -> Floats:
    """Log factor of each change that comes at its time of every year; 0 where history saw that time but once."""
    names = frozenset(component.name for component in level.components if is_yearly_change(component))
    before = np.array([change.first for change in level.changes]) - YEAR
    return np.where(before > level.days.day[0] + APART, _changed_by(level, names)[0], 0.0)


def _changed_by(level: DayLevel, names: frozenset[str]) -> tuple[Floats, Floats]:
    first = np.searchsorted(level.days.day, [change.first for change in level.changes])
    days = level.days.take(np.concatenate([first - 1, first]))
    contrast = np.hstack([-np.eye(len(first)), np.eye(len(first))])
    mean, covariance = level.effects(days, contrast, names)
    return mean, np.sqrt(np.maximum(np.diag(covariance), 0.0))


def surprising_changes(level: DayLevel, *, since: float = -np.inf) -> list[tuple[Change, float]]:
    """Changes since a day with their log factors, but for those that mostly come at the same time of every year."""
    late = np.array([change.first >= since for change in level.changes], dtype=bool)
    if not late.any():
        return []
    sizes = sizes_of_changes(level)[0]
    rare = np.abs(yearly_sizes(level)) < 0.5 * np.abs(sizes)
    return [(level.changes[k], float(sizes[k])) for k in np.flatnonzero(rare & late)]


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
