"""Erlang B: contacts that find all agents busy are turned away (M/M/n/n)."""

from __future__ import annotations

import numpy as np

from wfm.erlang.arguments import Array, Numbers, amount, over
from wfm.erlang.poisson import pois


def blocking(agents: Numbers, load: Numbers) -> Array | float:
    """Share of contacts that find all agents or lines busy (Erlang's B formula).

    Parameters
    ----------
    agents : float or array     Agents or lines; fractions are allowed [agents].
    load : float or array       Offered load [erlangs].

    Returns
    -------
    float or array              Share turned away in [0, 1]; 0 where there is no load.

    Raises
    ------
    SettingError                An argument is negative or no number.

    Notes
    -----
    `B(n) = pois(n; a) / Q(n + 1, a)`, Q the upper incomplete gamma function: the analytic continuation of
    `a^n/n! / sum a^k/k!` to real n (Jagerman 1974).

    >>> round(blocking(10, 7.0), 6)
    0.078741
    """
    return over(blocking_flat, amount(agents, name="agents"), amount(load, name="load"))


def blocking_flat(agents: Array, load: Array) -> Array:
    """Blocking for checked arrays of one shape."""
    with np.errstate(divide="ignore"):
        return np.where(load > 0, 1 / inverse_blocking(agents, np.where(load > 0, load, 1.0)), 0.0)


def inverse_blocking(n: Array, a: Array) -> Array:
    """1 / B(n, a) for a > 0; infinite where B underflows."""
    from scipy.special import gammaincc

    upper = gammaincc(n + 1, a)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        out = upper / pois(n, a)
    swamped = upper < 1e-290
    if swamped.any():
        out[swamped] = _swamped(n[swamped], a[swamped])
    return np.asarray(out)


def _swamped(n: Array, a: Array) -> Array:
    """1/B = sum of n(n-1)...(n-k+1) / a^k where the load dwarfs the agents and Q underflows."""
    term, total, k = np.ones_like(a), np.ones_like(a), 0
    while k < 10_000:
        term = term * np.maximum(n - k, 0.0) / a
        total += term
        k += 1
        if np.all(term <= 1e-17 * total):
            break
    return total


def before_last(n: Array, a: Array) -> Array:
    """1 / B(n - 1, a) for n > 0: the ratio on which the queueing formulas rest."""
    with np.errstate(invalid="ignore"):
        out = inverse_blocking(np.maximum(n - 1, 0.0), a)
    part = n < 1  # B(n - 1) lies beyond the closed form; one step of the recursion, backwards
    if part.any():
        out[part] = (inverse_blocking(n[part], a[part]) - 1) * a[part] / n[part]
    return out
