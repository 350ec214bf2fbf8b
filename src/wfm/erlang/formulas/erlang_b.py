"""Erlang B: contacts that find all agents busy are turned away (M/M/n/n)."""

from __future__ import annotations

import numpy as np

from wfm.erlang.formulas.arguments import Array, Numbers, amount, over
from wfm.erlang.formulas.poisson import pois

_TINY = 1e-60  # of Q, below which its own relative error grows; long before it underflows
_FAR = 600.0  # erlangs from which e^a would overflow and the asymptotic series of Gamma(n, a) is exact


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
        share = 1 / inverse_blocking(agents, np.where(load > 0, load, 1.0))
    return np.where(load > 0, np.minimum(share, 1.0), 0.0)


def inverse_blocking(n: Array, a: Array) -> Array:
    """1 / B(n, a) for a > 0; infinite where B underflows."""
    from scipy.special import gammaincc

    upper = gammaincc(n + 1, a)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        out = upper / pois(n, a)
    swamped = upper < _TINY
    if swamped.any():
        out[swamped] = _swamped(n[swamped], a[swamped])
    return np.asarray(out)


def _swamped(n: Array, a: Array) -> Array:
    """1/B = sum of n(n-1)...(n-k+1) / a^k where the load dwarfs the agents and Q is tiny.

    It ends after n terms where n is whole. A fraction runs on into an alternating tail whose terms shrink below 1e-17
    long before they would grow again, because the load is above 100 here.
    """
    term, total, k = np.ones_like(a), np.ones_like(a), 0
    while term.any():
        term = np.where(np.abs(term) > 1e-17 * total, term * (n - k) / a, 0.0)
        total += term
        k += 1
    return total


def before_last(n: Array, a: Array) -> Array:
    """1 / B(n - 1, a) for n > 0: the ratio on which the queueing formulas rest."""
    with np.errstate(invalid="ignore"):
        out = inverse_blocking(np.maximum(n - 1, 0.0), a)
    part = n < 1
    if part.any():
        out[part] = _below_one(n[part], a[part])
    return out


def _below_one(n: Array, a: Array) -> Array:
    """`1 / B(n - 1, a) = Gamma(n, a) a^(1 - n) e^a` for 0 < n < 1, where B(n - 1) > 1 is no probability any more."""
    from scipy.special import gammaincc, gammaln

    out = np.empty_like(a)
    far = a > _FAR
    x, m = a[~far], n[~far]
    out[~far] = gammaincc(m, x) * np.exp(gammaln(m) + (1 - m) * np.log(x) + x)
    out[far] = _swamped(n[far] - 1, a[far])
    return out
