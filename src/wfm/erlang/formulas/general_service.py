"""Handle times of any law, M/G/n: what their spread does to the waits of an Erlang C queue, as an approximation.

Only the spread of the handle time enters, as `variation` = standard deviation / mean (1 = exponential =
Erlang C). Nobody hangs up. With patience the law of the handle time hardly matters, see Notes: use `erlang_a` as it is,
and simulate where the variation is below 0.7 and a point of service counts.

Notes
-----
Largest errors against simulation (1.5-2 million contacts each, error bars 1-2% of the asa and 0.3 points), agents and
load (5, 3), (5, 4), (20, 16), (20, 18), (60, 57), (100, 90): of `asa` in per cent by either method, of `service_level`
within 0.1 and 0.2 handle times in percentage points, beside Erlang C as it is:

=========== =============== ============== ================ ================ ================
variation   handle times    asa, Kimura    asa, A.-Cunneen  service, Kimura  service, Erlang C
=========== =============== ============== ================ ================ ================
0           all alike       0 ... +1       -12 ... -4       -0.2 ... +2.5    -13.3 ... -2.2
0.5         gamma           0 ... +2       -8 ... -2        -0.2 ... +1.7    -8.5 ... -1.2
0.71        gamma           0 ... +2       -5 ... -2        -0.2 ... +0.9    -4.7 ... -0.7
0.71        lognormal       +2 ... +7      -1 ... +4        -0.7 ... +0.6    -6.1 ... -0.8
1           lognormal       +3 ... +12     +3 ... +12       -2.1 ... -0.2    -2.1 ... -0.2
1.41        lognormal       +5 ... +16     +10 ... +30      -2.5 ... -0.4    +0.4 ... +2.7
2           lognormal       +6 ... +20     +19 ... +65      -1.1 ... 0       +1.1 ... +7.7
2           two kinds       -3 ... +15     +10 ... +58      -1.9 ... +0.2    +1.3 ... +6.7
=========== =============== ============== ================ ================ ================

Erlang A under the same laws with patience (0.6 handle times, load 95-105% of 5-100 agents): its service level is off
by -3.4 ... +1.8 points where handle times are all alike, -1.4 ... +1.3 at 0.71, -1.4 ... +1.5 at 1-2. With patience as
long as 3 handle times and 90% load: -5.1, -2.0 and +2.1 points at 0, 0.71 and 2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas import erlang_c
from wfm.erlang.formulas.arguments import Array, Numbers, amount, over, share_of, whole, word_of
from wfm.erlang.formulas.targets import OVERRUN, Measures, Targets

METHODS = ("kimura", "allen-cunneen")


def wait_ratio(agents: Numbers, load: Numbers, *, variation: Numbers, method: str = "kimura") -> Array | float:
    """Mean wait in units of that of an exponential handle time with the same mean.

    Parameters
    ----------
    agents, load : float or array   [agents], [erlangs].
    variation : float or array      Standard deviation of the handle time / its mean, >= 0; 0 = all alike.
    method : str                    "kimura" or "allen-cunneen".

    Notes
    -----
    With c = variation, Allen-Cunneen: `(1 + c^2) / 2`. Kimura (1986) interpolates between M/M/n and M/D/n:
    `(1 + c^2) / (2 c^2 + 2 (1 - c^2) / k)`, k = 2 E[W of M/D/n] / E[W of M/M/n], which Cosmetatos (1975) gives as
    `1 + (1 - rho) (n - 1) (sqrt(4 + 5 n) - 2) / (16 rho n)`; it is at most 2 n / (n + 1), its limit for light loads.

    >>> [round(wait_ratio(20, 18.0, variation=c), 4) for c in (0, 0.5, 1, 2)]
    [0.527, 0.65, 1.0, 2.1665]
    """
    word_of(method, METHODS, name="method")
    return over(
        lambda n, a, c: _ratio(n, a, c, method),
        amount(agents, name="agents"),
        amount(load, name="load"),
        amount(variation, name="variation"),
    )


def asa(agents: Numbers, load: Numbers, *, aht: Numbers, variation: Numbers, method: str = "kimura") -> Array | float:
    """Mean wait of all contacts [s]: that of Erlang C times `wait_ratio`; infinite where `agents <= load`.

    >>> round(asa(20, 18.0, aht=300, variation=0), 1)  # 43.3 by simulation, 82.6 by Erlang C
    43.5
    """
    word_of(method, METHODS, name="method")

    def formula(n: Array, a: Array, h: Array, c: Array) -> Array:
        return erlang_c.asa_flat(n, a, h) * _ratio(n, a, c, method)

    return _of(formula, agents, load, aht, variation)


def service_level(
    agents: Numbers, load: Numbers, *, aht: Numbers, variation: Numbers, within: Numbers, method: str = "kimura"
) -> Array | float:
    """Share of contacts answered within so many seconds.

    Notes
    -----
    The wait probability is Erlang's C, whatever the law. Those who wait do so for `k` times as long in the mean, k the
    `wait_ratio`: exponentially with the rate d / k, d = (n - a) / aht, where k <= 1; where k > 1, one half with the
    rate d as ever and one half with d / (2 k - 1), the mean being the same: short waits end with the next departure,
    however long handle times may be.

    >>> round(service_level(20, 18.0, aht=300, variation=2, within=60), 3)  # 0.579 by simulation, 0.631 by Erlang C
    0.571
    """
    word_of(method, METHODS, name="method")

    def formula(n: Array, a: Array, h: Array, c: Array, t: Array) -> Array:
        return _level(n, a, h, c, t, method)

    return _of(formula, agents, load, aht, variation, amount(within, name="within"))


def wait_quantile(
    share: Numbers, agents: Numbers, load: Numbers, *, aht: Numbers, variation: Numbers, method: str = "kimura"
) -> Array | float:
    """Wait that so large a share of the contacts does not exceed [s].

    >>> round(wait_quantile(0.90, 50, 48.0, aht=60, variation=1), 3)
    58.139
    """
    word_of(method, METHODS, name="method")

    def formula(n: Array, a: Array, h: Array, c: Array, late: Array) -> Array:
        slow = 2 * np.maximum(_ratio(n, a, c, method), 1.0) - 1
        high = erlang_c.quantile_flat(late, n, a, h) * np.maximum(slow, 1.0)
        low = np.zeros_like(high)
        ending = np.isfinite(high)
        top = np.where(ending, high, 0.0)
        for _ in range(60):
            middle = (low + top) / 2
            more = 1 - _level(n, a, h, c, middle, method) > late
            low, top = np.where(more, middle, low), np.where(more, top, middle)
        return np.where(ending, np.where(high > 0, top, 0.0), np.inf)

    return _of(formula, agents, load, aht, variation, 1 - share_of(share, name="share"))


def agents_for(
    load: Numbers,
    *,
    aht: Numbers,
    variation: Numbers,
    method: str = "kimura",
    within: Numbers = 0.0,
    share: Numbers | None = None,
    max_occupancy: Numbers | None = None,
    max_asa: Numbers | None = None,
    max_wait_probability: Numbers | None = None,
    wait_quantile: tuple[float, float] | None = None,
    fractional: bool = False,
) -> npt.NDArray[np.int64] | int | Array | float:
    """Fewest agents that keep every target given; targets as in `erlang_c.agents_for`.

    >>> [agents_for(18.0, aht=300, variation=c, within=20, share=0.80) for c in (0, 1, 2)]
    [22, 23, 23]
    """
    from wfm.erlang.formulas import search

    targets = Targets(
        within=within,
        share=share,
        max_occupancy=max_occupancy,
        max_asa=max_asa,
        max_wait_probability=max_wait_probability,
        wait_quantile=wait_quantile,
    )
    conditions = targets.conditions(_measures(aht, variation, word_of(method, METHODS, name="method")))
    found = search.fewest(amount(load, name="load"), conditions, fractional=fractional)
    return whole(found, fractional=fractional)


def _of(
    formula: Callable[..., Array], agents: Numbers, load: Numbers, aht: Numbers, variation: Numbers, *more: Array
) -> Array | float:
    return over(
        formula,
        amount(agents, name="agents"),
        amount(load, name="load"),
        amount(aht, name="aht", positive=True),
        amount(variation, name="variation"),
        *more,
    )


def _ratio(n: Array, a: Array, c: Array, method: str) -> Array:
    square = c * c
    if method == "allen-cunneen":
        return np.asarray((1 + square) / 2)
    busy = (a > 0) & (n > 0)
    m, x = np.where(busy, n, 1.0), np.where(busy, a, 1.0)
    rho = np.minimum(x / m, 1.0)
    steady = 1 + (1 - rho) * np.maximum(m - 1, 0.0) * (np.sqrt(4 + 5 * m) - 2) / (16 * rho * m)
    steady = np.minimum(steady, np.maximum(2 * m / (m + 1), 1.0))
    return np.asarray((1 + square) / (2 * square + 2 * (1 - square) / steady))


def _level(n: Array, a: Array, aht: Array, c: Array, t: Array, method: str) -> Array:
    ratio = _ratio(n, a, c, method)
    decay = np.maximum(n - a, 0.0) * t / aht
    with np.errstate(under="ignore"):
        slow = (np.exp(-decay) + np.exp(-decay / (2 * np.maximum(ratio, 1.0) - 1))) / 2
        later = np.where(ratio > 1, slow, np.exp(-decay / ratio))
    level = 1 - erlang_c.wait_flat(n, a) * later
    return np.where(a <= 0, 1.0, np.where(a < n, level, 0.0))


def _measures(aht: Numbers, variation: Numbers, method: str) -> Measures:
    """The queue as the search for agents takes it."""

    def level(n: Array, a: Array, h: Array, c: Array, within: Array, short: Array, word: str) -> Array:
        return _level(n, a, h, c, within, method)

    return Measures(
        parameters=(amount(aht, name="aht", positive=True), amount(variation, name="variation")),
        level=level,
        abandon_rate=lambda n, a, h, c: np.zeros_like(a),
        busy=lambda n, a, h, c: np.where(a < n, a / np.maximum(n, 1e-300), np.where(a > 0, OVERRUN, 0.0)),
        asa=lambda n, a, h, c: np.asarray(asa(n, a, aht=h, variation=c, method=method)),
        wait_probability=lambda n, a, h, c: erlang_c.wait_flat(n, a),
    )
