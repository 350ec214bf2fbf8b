"""Patience of any law, M/M/n+G: fixed, uniform, Weibull, two kinds of people, or those who leave at once.

With Gbar the share still patient, H its integral, f(x) = exp(lam H(x) - n mu x), J its integral and E = 1 / B(n - 1):
P(V > 0) = lam J / D, P(V > t) = lam J(t) / D, P(served within t) = [E + lam int_0^t f Gbar] / D, D = E + lam J
(Baccelli & Hebuterne 1981; Zeltyn & Mandelbaum 2005). Of patience only its density near 0 matters much in a busy queue.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wfm.checks import fraction, number_in
from wfm.durations import seconds
from wfm.erlang.arguments import Array
from wfm.erlang.erlang_b import before_last

_PANELS, _POINTS = 200, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Impatience:
    """A law of patience: share still patient after x seconds and its integral; `breaks` are its kinks and jumps [s].

    `rooted` says that the density is infinite at 0, so that integrals are taken in the root of the wait.
    """

    mean: float
    patient: Callable[[Array], Array]
    integral: Callable[[Array], Array]
    breaks: tuple[float, ...] = ()
    rooted: bool = False


def fixed(patience: float) -> Impatience:
    """Everybody waits exactly so long."""
    d = seconds(patience, name="patience")
    return Impatience(mean=d, patient=lambda x: (x < d).astype(float), integral=lambda x: np.minimum(x, d), breaks=(d,))


def uniform(mean: float) -> Impatience:
    """Patience evenly between 0 and twice its mean [s]."""
    top = 2 * seconds(mean, name="patience")
    return Impatience(
        mean=top / 2,
        patient=lambda x: np.maximum(1 - x / top, 0.0),
        breaks=(top,),
        integral=lambda x: np.minimum(x, top) - np.minimum(x, top) ** 2 / (2 * top),
    )


def exponential(mean: float) -> Impatience:
    """Erlang A's own law."""
    m = seconds(mean, name="patience")
    return Impatience(mean=m, patient=lambda x: np.exp(-x / m), integral=lambda x: -m * np.expm1(-x / m))


def weibull(mean: float, *, shape: float) -> Impatience:
    """Weibull patience: shape below 1 loses many at once, above 1 most wait a while."""
    k = number_in(shape, name="shape", low=0.05, high=50)
    m = seconds(mean, name="patience")
    scale = m / math.gamma(1 + 1 / k)

    def integral(x: Array) -> Array:
        from scipy.special import gammainc

        return np.asarray(m * gammainc(1 / k, (x / scale) ** k))

    return Impatience(mean=m, patient=lambda x: np.exp(-((x / scale) ** k)), integral=integral, rooted=k != int(k))


def two_kinds(mean: float, *, share: float) -> Impatience:
    """A share of the people with the mean patience mean / (2 share), the rest with mean / (2 (1 - share))."""
    p = fraction(share, name="share", zero=False, one=False)
    m = seconds(mean, name="patience")
    first, second = m / (2 * p), m / (2 * (1 - p))
    return Impatience(
        mean=m,
        patient=lambda x: p * np.exp(-x / first) + (1 - p) * np.exp(-x / second),
        integral=lambda x: -m / 2 * (np.expm1(-x / first) + np.expm1(-x / second)),
    )


def balking(mean: float, *, leave: float) -> Impatience:
    """A share leaves at once if it must wait; the others have an exponential patience of this mean [s]."""
    b = fraction(leave, name="leave", one=False)
    m = seconds(mean, name="patience")
    return Impatience(
        mean=m, patient=lambda x: (1 - b) * np.exp(-x / m), integral=lambda x: -(1 - b) * m * np.expm1(-x / m)
    )


def performance(agents: float, load: float, law: Impatience, *, aht: float, within: float) -> dict[str, float]:
    """Wait probability, abandon rate, service level (served within / offered) and P(V > within) of one queue.

    Parameters
    ----------
    agents, load : float        Agents > 0; offered load [erlangs].
    aht, within : float [s]

    >>> found = performance(50, 48.0, exponential(120), aht=60, within=20)
    >>> round(found["abandon_rate"], 6), round(found["service_level"], 3)
    (0.030912, 0.943)
    """
    n = number_in(agents, name="agents", low=0, high=1e7, open_low=True)
    a = number_in(load, name="load", low=0, high=1e7)
    aht, within = seconds(aht, name="aht"), seconds(within, name="within", zero=True)
    if a == 0:
        return {"wait_probability": 0.0, "abandon_rate": 0.0, "service_level": 1.0, "longer": 0.0}
    rate = a / aht
    x, weight = _grid(law, n, a, aht, within)
    exponent = rate * law.integral(x) - n / aht * x
    top = max(float(exponent.max()), 0.0)
    density = rate * weight * np.exp(exponent - top)
    patient = law.patient(x)
    late = x > within
    idle = float(before_last(np.array([n]), np.array([a]))[0]) * math.exp(-top)
    if not math.isfinite(idle):
        return {"wait_probability": 0.0, "abandon_rate": 0.0, "service_level": 1.0, "longer": 0.0}
    norm = idle + float(density.sum())
    served = idle + float((density * patient)[~late].sum()) if within > 0 else idle
    lost = float((density * (1 - patient)).sum())
    return {
        "wait_probability": float(density.sum()) / norm,
        "abandon_rate": lost / norm,
        "service_level": served / norm,
        "longer": float(density[late].sum()) / norm,
    }


def _grid(law: Impatience, n: float, a: float, aht: float, within: float) -> tuple[Array, Array]:
    """Waits and weights of Gauss-Legendre panels, split at the threshold and at every kink of the law."""
    end = (a * law.mean + 120 * aht) / n + 3 * law.mean
    cuts = np.unique([0.0, end, *(b for b in (*law.breaks, within) if 0 < b < end)])
    edges = np.unique(np.concatenate([np.linspace(0, end, _PANELS + 1), cuts]))
    if law.rooted:
        edges = np.unique(np.concatenate([np.linspace(0, math.sqrt(end), _PANELS + 1), np.sqrt(cuts)]))
    node, share = np.polynomial.legendre.leggauss(_POINTS)
    width = np.diff(edges)
    u = (edges[:-1, None] + width[:, None] * (node + 1) / 2).ravel()
    weight = (width[:, None] * share / 2).ravel()
    return (u * u, 2 * u * weight) if law.rooted else (u, weight)
