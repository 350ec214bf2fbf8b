"""Poisson probabilities and ratios of incomplete gamma functions that neither cancel nor underflow.

`pois(s, x) = x^s e^-x / Gamma(s + 1)` for real s. Sources: Loader (2000), Fast and accurate computation of binomial
probabilities (saddle-point form); the continued fraction of the incomplete gamma function, DLMF 8.9.
"""

from __future__ import annotations

import math

import numpy as np

from wfm.erlang.formulas.arguments import Array

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_NOTHING = 1e-100  # an s that is 0: x / s would overflow
_DEPTH = 80  # of the continued fraction; 60 reach full precision wherever it is called


def pois(s: Array, x: Array) -> Array:
    """Probability `x^s e^-x / Gamma(s + 1)`, s >= 0, x >= 0, to full relative precision.

    >>> float(pois(np.array([2.0]), np.array([2.0]))[0].round(12))
    0.270670566473
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        out = np.exp(-_stirling_error(s) - _deviance(s, x)) / np.sqrt(2 * math.pi * s)
        out = np.where(s < _NOTHING, np.exp(-x), out)
        return np.where((x == 0) & (s > 0), 0.0, out)


def log_pois(s: Array, x: Array) -> Array:
    """Log of `pois` for x > 0, where the probability itself would underflow.

    >>> float(log_pois(np.array([10.0]), np.array([5000.0]))[0].round(6))
    -4929.932481
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        out = -_stirling_error(s) - _deviance(s, x) - _HALF_LOG_2PI - 0.5 * np.log(s)
    return np.asarray(np.where(s < _NOTHING, -x, out))


def _stirling_error(s: Array) -> Array:
    """Log of Gamma(s + 1) less Stirling's main terms: a series for s >= 16, the difference itself below."""
    from scipy.special import gammaln

    q = 1 / (s * s)
    series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188 - 691 / 360360 * q) * q) * q) * q) * q) / s
    small = s < 16
    if not small.any():
        return np.asarray(series)
    low = np.where(small, s, 1.0)
    exact = gammaln(low + 1) - (low + 0.5) * np.log(low) + low - _HALF_LOG_2PI
    return np.where(small, exact, series)


def _deviance(s: Array, x: Array) -> Array:
    """`s ln(s / x) + x - s` without cancellation where s is near x."""
    d = (x - s) / s
    out = s * (d - np.log(x / s))
    near = np.abs(d) < 0.15
    if near.any():
        a, b = s[near], x[near]
        v = (a - b) / (a + b)
        term, v2, odd = v, v * v, np.zeros_like(v)
        for k in range(3, 31, 2):
            term = term * v2
            odd += term / k
        out[near] = (a - b) * v + 2 * a * odd
    return np.asarray(out)


def fraction_tail(s: Array, x: Array) -> Array:
    """Tail F of the continued fraction `P(s, x) / pois(s, x) = s / (s - x + F)`, for x below s.

    F = 1x / (d+1 + 2x / (d+2 + ...)), d = s - x, evaluated backwards: all terms positive.
    """
    d = s - x
    f = d + _DEPTH
    for k in range(_DEPTH, 1, -1):
        f = d + (k - 1) + k * x / f
    return x / f
