"""Service when the rate itself is uncertain: averaged over contacts, not over possible days.

A busy day brings more contacts than a quiet one, so more of all contacts meet bad service than the average day would
say: the level is E[a SL(a)] / E[a]. The load is Gamma distributed around its mean.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas import erlang_a
from wfm.erlang.formulas.arguments import Array, Numbers, amount, over, whole, word_of
from wfm.erlang.formulas.definitions import ABANDONED
from wfm.erlang.formulas.targets import Measures, Targets

_PANELS, _POINTS = 24, 20
_ROWS = 400  # averaged at a time
_RARE = 1e-15  # share of contacts beyond either end of the loads


def service_level(
    agents: Numbers,
    mean_load: Numbers,
    *,
    doubt: Numbers,
    aht: Numbers,
    patience: Numbers,
    within: Numbers,
    abandoned: str = "lost",
    short: Numbers = 0.0,
) -> Array | float:
    """Service level of the average contact under a Gamma distributed load.

    Parameters
    ----------
    agents, mean_load : float or array          [agents], [erlangs].
    doubt : float or array                      Standard deviation of the load / its mean; 0 = the load is known.
    aht, patience, within, abandoned, short     As in `erlang_a.service_level`.

    >>> round(service_level(150, 146.291, doubt=0.05, aht=300, patience=600, within=15), 4)  # 0.731 at the mean
    0.6798
    """
    word_of(abandoned, ABANDONED, name="abandoned")

    def level(n: Array, a: Array, h: Array, p: Array, t: Array, early: Array) -> Array:
        queue = {"aht": h, "patience": p, "within": t, "short": early}
        return np.asarray(erlang_a.service_level(n, a, **queue, abandoned=abandoned))

    return over(
        _averaged(level),
        amount(agents, name="agents"),
        amount(mean_load, name="mean_load"),
        amount(doubt, name="doubt"),
        amount(aht, name="aht", positive=True),
        amount(patience, name="patience", positive=True, endless=True),
        amount(within, name="within"),
        amount(short, name="short"),
    )


def abandon_rate(
    agents: Numbers, mean_load: Numbers, *, doubt: Numbers, aht: Numbers, patience: Numbers
) -> Array | float:
    """Share of all contacts that hang up under a Gamma distributed load.

    >>> round(abandon_rate(150, 146.291, doubt=0.10, aht=300, patience=600), 4)  # 0.0172 at the mean
    0.0372
    """
    return over(
        _averaged(lambda n, a, h, p: np.asarray(erlang_a.abandon_rate(n, a, aht=h, patience=p))),
        amount(agents, name="agents"),
        amount(mean_load, name="mean_load"),
        amount(doubt, name="doubt"),
        amount(aht, name="aht", positive=True),
        amount(patience, name="patience", positive=True, endless=True),
    )


def agents_for(
    mean_load: Numbers,
    *,
    doubt: Numbers,
    aht: Numbers,
    patience: Numbers,
    within: Numbers = 0.0,
    share: Numbers | None = None,
    abandoned: str = "lost",
    short: Numbers = 0.0,
    max_abandon: Numbers | None = None,
    fractional: bool = False,
) -> npt.NDArray[np.int64] | int | Array | float:
    """Fewest agents with whom the average contact meets the target; targets as in `erlang_a.agents_for`.

    >>> queue = {"aht": 270, "patience": 180, "within": 60, "share": 0.80}
    >>> [agents_for(135.0, doubt=doubt, **queue) for doubt in (0, 0.05, 0.10, 0.20)]
    [116, 117, 119, 128]
    """
    from wfm.erlang.formulas import search

    targets = Targets(within=within, share=share, abandoned=abandoned, short=short, max_abandon=max_abandon)
    conditions = targets.conditions(_measures(doubt, aht, patience))
    found = search.fewest(amount(mean_load, name="mean_load"), conditions, fractional=fractional)
    return whole(found, fractional=fractional)


def _measures(doubt: Numbers, aht: Numbers, patience: Numbers) -> Measures:
    """The averaged queue as the search for agents takes it."""
    plain = erlang_a.measures_of(aht, patience)

    def level(n: Array, a: Array, h: Array, p: Array, cv: Array, within: Array, short: Array, word: str) -> Array:
        queue = {"aht": h, "patience": p, "within": within, "short": short}
        return np.asarray(service_level(n, a, doubt=cv, **queue, abandoned=word))

    def of(measure: Callable[..., Array]) -> Callable[..., Array]:
        return lambda n, a, h, p, cv: _averaged(measure)(n, a, cv, h, p)

    return Measures(
        parameters=(*plain.parameters, amount(doubt, name="doubt")),
        level=level,
        abandon_rate=of(plain.abandon_rate),
        busy=of(plain.busy),
        asa=of(plain.asa),
        wait_probability=of(plain.wait_probability),
    )


def _averaged(measure: Callable[..., Array]) -> Callable[..., Array]:
    """A measure of (agents, load, ...) as one of (agents, mean load, doubt, ...), in flat arrays."""

    def average(n: Array, a: Array, doubt: Array, *rest: Array) -> Array:
        out = measure(n, a, *rest).copy()
        unsure = np.flatnonzero((doubt > 0) & (a > 0))
        for first in range(0, len(unsure), _ROWS):
            k = unsure[first : first + _ROWS]
            load, weight = _loads(a[k], doubt[k], n[k])
            spread = (np.broadcast_to(x[k][:, None], load.shape).ravel() for x in rest)
            staff = np.broadcast_to(n[k][:, None], load.shape).ravel()
            values = measure(staff, load.ravel(), *spread).reshape(load.shape)
            out[k] = (weight * values).sum(axis=1) / weight.sum(axis=1)
        return out

    return average


def _loads(mean: Array, doubt: Array, agents: Array) -> tuple[Array, Array]:
    """Loads and their weights by row: the Gamma law weighted by contacts is the Gamma law with one more in its shape.

    Panels are split at load = agents, where Erlang C has a kink.
    """
    from scipy.special import gammaincinv, gammaln

    shape, scale = (1 / doubt**2)[:, None], (mean * doubt**2)[:, None]
    low, high = (gammaincinv(shape + 1, part) * scale for part in (_RARE, 1 - _RARE))
    cuts = low + (high - low) * np.linspace(0, 1, _PANELS + 1)
    edges = np.sort(np.concatenate([cuts, np.clip(agents[:, None], low, high)], axis=1), axis=1)
    node, share = np.polynomial.legendre.leggauss(_POINTS)
    width = np.diff(edges, axis=1)
    load = (edges[:, :-1, None] + width[:, :, None] * (node + 1) / 2).reshape(len(mean), -1)
    weight = (width[:, :, None] * share / 2).reshape(len(mean), -1)
    return load, weight * np.exp(shape * np.log(load / scale) - load / scale - gammaln(shape + 1))
