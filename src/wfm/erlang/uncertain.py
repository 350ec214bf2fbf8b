"""Service when the rate itself is uncertain: averaged over contacts, not over possible days.

A busy day brings more contacts than a quiet one, so more of all contacts meet bad service than the average day would
say: the level is E[a SL(a)] / E[a]. The load is Gamma distributed around its mean.
"""

from __future__ import annotations

import numpy as np

from wfm.erlang import erlang_a
from wfm.erlang.arguments import Array, Numbers, amount, over

_PANELS, _POINTS = 24, 20


def service_level(
    agents: Numbers,
    mean_load: Numbers,
    *,
    doubt: Numbers,
    aht: Numbers,
    patience: Numbers,
    within: Numbers,
    abandoned: str = "lost",
) -> Array | float:
    """Service level of the average contact under a Gamma distributed load.

    Parameters
    ----------
    agents, mean_load : float or array      [agents], [erlangs].
    doubt : float or array                  Standard deviation of the load / its mean; 0 = the load is known.
    aht, patience, within, abandoned        As in `erlang_a.service_level`.

    >>> round(service_level(150, 146.291, doubt=0.05, aht=300, patience=600, within=15), 4)  # 0.731 at the mean
    0.6798
    """

    def formula(n: Array, a: Array, cv: Array, h: Array, p: Array, t: Array) -> Array:
        out = np.asarray(erlang_a.service_level(n, a, aht=h, patience=p, within=t, abandoned=abandoned)).copy()
        for k in np.flatnonzero((cv > 0) & (a > 0)):
            load, weight = _loads(float(a[k]), float(cv[k]), float(n[k]))
            level = erlang_a.service_level(n[k], load, aht=h[k], patience=p[k], within=t[k], abandoned=abandoned)
            out[k] = float(weight @ level) / float(weight.sum())
        return out

    return over(
        formula,
        amount(agents, name="agents"),
        amount(mean_load, name="mean_load"),
        amount(doubt, name="doubt"),
        amount(aht, name="aht", positive=True),
        amount(patience, name="patience", positive=True, endless=True),
        amount(within, name="within"),
    )


def _loads(mean: float, doubt: float, agents: float) -> tuple[Array, Array]:
    """Loads and their weights: the Gamma law weighted by contacts is the Gamma law with one more in its shape."""
    from scipy.special import gammaincinv, gammaln

    shape, scale = 1 / doubt**2, mean * doubt**2
    low, high = gammaincinv(shape + 1, np.array([1e-15, 1 - 1e-15])) * scale
    cuts = np.concatenate([np.linspace(low, high, _PANELS + 1), np.clip([agents], low, high)])
    edges = np.unique(cuts)
    node, share = np.polynomial.legendre.leggauss(_POINTS)
    width = np.diff(edges)
    load = (edges[:-1, None] + width[:, None] * (node + 1) / 2).ravel()
    density = np.exp(shape * np.log(load / scale) - load / scale - gammaln(shape + 1))
    return load, (width[:, None] * share / 2).ravel() * density
