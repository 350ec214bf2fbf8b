"""Laws of durations: how handle times and patience vary around their mean."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.checks import fraction, number_in
from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array, amount
from wfm.errors import SettingError

Draw = Callable[[np.random.Generator, int], Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationLaw:
    """A law of handle times or of patience: its mean [s] and how so many durations are drawn [s].

    >>> law = lognormal(240, cv=0.8)
    >>> round(float(law.draw(np.random.default_rng(1), 100_000).mean()))
    239
    """

    mean: float
    draw: Draw


def exponential(mean: float) -> DurationLaw:
    """The memoryless law of the Erlang formulas; an infinite mean is endless patience."""
    m = seconds(mean, name="mean", endless=True)
    if math.isinf(m):
        return DurationLaw(mean=m, draw=lambda rng, n: np.full(n, np.inf))
    return DurationLaw(mean=m, draw=lambda rng, n: m * rng.standard_exponential(n))


def fixed(duration: float) -> DurationLaw:
    """Everybody alike."""
    m = seconds(duration, name="duration")
    return DurationLaw(mean=m, draw=lambda rng, n: np.full(n, m))


def uniform(mean: float) -> DurationLaw:
    """Evenly between 0 and twice the mean."""
    m = seconds(mean, name="mean")
    return DurationLaw(mean=m, draw=lambda rng, n: 2 * m * rng.random(n))


def lognormal(mean: float, *, cv: float) -> DurationLaw:
    """Handle times as they mostly are: many short, a few long; cv = standard deviation / mean."""
    m = seconds(mean, name="mean")
    sigma = math.sqrt(math.log1p(number_in(cv, name="cv", low=0, high=20, open_low=True) ** 2))
    center = math.log(m) - sigma * sigma / 2
    return DurationLaw(mean=m, draw=lambda rng, n: rng.lognormal(center, sigma, n))


def weibull(mean: float, *, shape: float) -> DurationLaw:
    """Shape below 1: many very short ones; above 1: most near the mean."""
    m = seconds(mean, name="mean")
    k = number_in(shape, name="shape", low=0.05, high=50)
    scale = m / math.gamma(1 + 1 / k)
    return DurationLaw(mean=m, draw=lambda rng, n: scale * rng.weibull(k, n))


def hyperexponential(means: npt.ArrayLike, shares: npt.ArrayLike) -> DurationLaw:
    """Several kinds of contacts or people, each exponential with its own mean [s].

    >>> hyperexponential([60, 600], [0.75, 0.25]).mean
    195.0
    """
    middle, weight = amount(means, name="means", positive=True), amount(shares, name="shares")
    if middle.ndim != 1 or middle.shape != weight.shape or abs(float(weight.sum()) - 1) > 1e-9:
        raise SettingError(
            f"shares must be one fraction for each mean and add up to 1, got {weight.tolist()} for {middle.tolist()}.",
            name="shares",
            value=weight.tolist(),
        )
    edges = np.cumsum(weight)[:-1]

    def draw(rng: np.random.Generator, n: int) -> Array:
        kind = np.searchsorted(edges, rng.random(n), side="right")
        return np.asarray(middle[kind] * rng.standard_exponential(n))

    return DurationLaw(mean=float(middle @ weight), draw=draw)


def two_kinds(mean: float, *, share: float) -> DurationLaw:
    """A share of the people with the mean mean / (2 share), the rest with mean / (2 (1 - share))."""
    p = fraction(share, name="share", zero=False, one=False)
    m = seconds(mean, name="mean")
    return hyperexponential([m / (2 * p), m / (2 * (1 - p))], [p, 1 - p])


def empirical(sample: npt.ArrayLike) -> DurationLaw:
    """Drawn with replacement from durations seen [s]; missing ones are left out."""
    seen = np.asarray(sample, dtype=float).ravel()
    seen = amount(seen[~np.isnan(seen)], name="sample")
    if seen.size == 0 or seen.max() == 0:
        raise SettingError("sample must hold at least one duration > 0, got none.", name="sample")
    return DurationLaw(mean=float(seen.mean()), draw=lambda rng, n: seen[rng.integers(0, seen.size, n)])


def balking(patience: DurationLaw | float, *, leave: float) -> DurationLaw:
    """A share leaves at once if it must wait; the others have this patience (a number is an exponential mean [s]).

    >>> balking(120, leave=0.25).mean
    90.0
    """
    b = fraction(leave, name="leave", one=False)
    others = law_of(patience, name="patience")

    def draw(rng: np.random.Generator, n: int) -> Array:
        stays = rng.random(n) >= b
        return np.where(stays, others.draw(rng, n), 0.0)

    return DurationLaw(mean=(1 - b) * others.mean, draw=draw)


def law_of(value: DurationLaw | float, *, name: str) -> DurationLaw:
    """The law itself, or the exponential law of a mean [s]."""
    if isinstance(value, DurationLaw):
        return value
    return exponential(seconds(value, name=name, endless=name == "patience"))
