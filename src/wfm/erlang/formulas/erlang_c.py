"""Erlang C: contacts that find all agents busy wait, and nobody hangs up (M/M/n).

From load = agents on the queue never empties: everybody waits, service is 0, times are infinite - values, not errors.
Zero load needs no agents: service 1, waits 0. Agents may be fractional. Because nobody hangs up, every definition of
the service level is the same. Accuracy: 2e-13 relative from 1e-6 to 1e5 erlangs and agents.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array, Numbers, amount, over, share_of
from wfm.erlang.formulas.erlang_b import inverse_blocking
from wfm.erlang.formulas.longest_wait import late_share, mean_longest


def wait_probability(agents: Numbers, load: Numbers) -> Array | float:
    """Probability that a contact waits at all (Erlang's C formula).

    Parameters
    ----------
    agents : float or array     Agents on contacts [agents].
    load : float or array       Offered load [erlangs].

    Returns
    -------
    float or array              Share that waits, in [0, 1]; 1 where `agents <= load`: the queue never empties.

    Notes
    -----
    `1/C = rho + (1 - rho) / B(n)` with rho = load / agents (Erlang 1917; no difference but 1 - rho).

    >>> round(wait_probability(24, 20.0), 4)
    0.2981
    """
    return over(wait_flat, amount(agents, name="agents"), amount(load, name="load"))


def service_level(agents: Numbers, load: Numbers, *, aht: Numbers, within: Numbers) -> Array | float:
    """Share of contacts answered within so many seconds.

    Parameters
    ----------
    agents, load : float or array   [agents], [erlangs].
    aht : float or array            Mean handle time [s].
    within : float or array         Acceptable wait [s].

    Notes
    -----
    `1 - C exp(-(n - a) within / aht)`.

    >>> round(service_level(14, 10.0, aht=180, within=20), 5)
    0.88835
    """
    return over(
        service_flat,
        amount(agents, name="agents"),
        amount(load, name="load"),
        amount(within, name="within") / amount(aht, name="aht", positive=True),
    )


def asa(agents: Numbers, load: Numbers, *, aht: Numbers) -> Array | float:
    """Average speed of answer: mean wait of all contacts [s]; infinite where `agents <= load`.

    `C aht / (n - a)`.

    >>> round(asa(14, 10.0, aht=180), 4)
    7.8359
    """
    return over(
        asa_flat, amount(agents, name="agents"), amount(load, name="load"), amount(aht, name="aht", positive=True)
    )


def mean_wait(agents: Numbers, load: Numbers, *, aht: Numbers) -> Array | float:
    """Mean wait of all contacts [s]; the same as `asa`, because nobody hangs up."""
    return asa(agents, load, aht=aht)


def wait_quantile(share: Numbers, agents: Numbers, load: Numbers, *, aht: Numbers) -> Array | float:
    """Wait that so large a share of the contacts does not exceed [s].

    0 where that share is answered at once; infinite where `agents <= load`. `aht / (n - a) ln(C / (1 - share))`.

    >>> round(wait_quantile(0.90, 50, 48.0, aht=60), 3)
    58.139
    """
    return over(
        quantile_flat,
        1 - share_of(share, name="share"),
        amount(agents, name="agents"),
        amount(load, name="load"),
        amount(aht, name="aht", positive=True),
    )


def queue_length(agents: Numbers, load: Numbers) -> Array | float:
    """Mean number of contacts waiting [contacts]; `C a / (n - a)`.

    >>> round(queue_length(24, 20.0), 4)
    1.4904
    """

    def formula(n: Array, a: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(a <= 0, 0.0, np.where(a < n, wait_flat(n, a) * a / (n - a), np.inf))

    return over(formula, amount(agents, name="agents"), amount(load, name="load"))


def occupancy(agents: Numbers, load: Numbers) -> Array | float:
    """Share of the agents' time spent on contacts: load / agents, 1 in overload, 0 without load.

    >>> round(occupancy(14, 10.0), 4)
    0.7143
    """

    def formula(n: Array, a: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(a <= 0, 0.0, np.where(a < n, a / n, 1.0))

    return over(formula, amount(agents, name="agents"), amount(load, name="load"))


def longest_wait(
    contacts: Numbers, agents: Numbers, load: Numbers, *, aht: Numbers, share: Numbers | None = None
) -> Array | float:
    """Longest wait among so many contacts [s]: its mean, or what it does not exceed with probability `share`.

    Parameters
    ----------
    contacts : float or array       Number of contacts, such as those of a day.
    agents, load : float or array   [agents], [erlangs].
    aht : float or array            Mean handle time [s].
    share : float or array          In (0, 1); None = the mean.

    Notes
    -----
    `P(max <= t) ~ P(W <= t)^N`, waits taken as independent; the true one is shorter, see `longest_wait.py`.
    Its mean is `aht / (n - a)` times the sum of `(1 - (1 - C)^k) / k` over k = 1 ... N.

    >>> round(longest_wait(1000, 14, 10.0, aht=180), 1), round(longest_wait(1000, 14, 10.0, aht=180, share=0.95), 1)
    (258.2, 365.9)
    """

    def formula(many: Array, n: Array, a: Array, aht: Array, part: Array) -> Array:
        if share is not None:
            return quantile_flat(late_share(many, part), n, a, aht)
        return mean_longest(many, lambda t: _later(t, n, a, aht), lambda late: quantile_flat(late, n, a, aht))

    return over(
        formula,
        amount(contacts, name="contacts", positive=True),
        amount(agents, name="agents"),
        amount(load, name="load"),
        amount(aht, name="aht", positive=True),
        np.asarray(0.5) if share is None else share_of(share, name="share"),
    )


def agents_for(
    load: Numbers,
    *,
    aht: Numbers,
    within: Numbers = 0.0,
    share: Numbers | None = None,
    max_occupancy: Numbers | None = None,
    max_asa: Numbers | None = None,
    max_wait_probability: Numbers | None = None,
    wait_quantile: tuple[float, float] | None = None,
    fractional: bool = False,
) -> npt.NDArray[np.int64] | int | Array | float:
    """Fewest agents that keep every target given.

    Parameters
    ----------
    load : float or array                   Offered load [erlangs].
    aht, within : float or array            Mean handle time, acceptable wait [s].
    share : float or array                  Share to be answered within `within`, in (0, 1).
    max_occupancy : float or array          Largest share of time on contacts, in (0, 1].
    max_asa : float or array                Longest mean wait [s].
    max_wait_probability : float or array   Largest share that waits at all, in (0, 1).
    wait_quantile : (share, s)              So many wait at most so long.
    fractional : bool                       The smallest real number, to within 1e-9, instead of the whole one.

    Returns
    -------
    int or array of int                     0 where there is no load; float where `fractional`, of which the whole
                                            answer is the next whole number.

    >>> agents_for(10.0, aht=180, within=20, share=0.80, max_occupancy=0.85)
    14
    >>> round(agents_for(10.0, aht=180, within=20, share=0.80, fractional=True), 4)
    13.0372
    """
    from wfm.erlang.formulas import erlang_a

    return erlang_a.agents_for(
        load,
        aht=aht,
        patience=np.inf,
        within=within,
        share=share,
        max_occupancy=max_occupancy,
        max_asa=max_asa,
        max_wait_probability=max_wait_probability,
        wait_quantile=wait_quantile,
        fractional=fractional,
    )


def wait_flat(n: Array, a: Array) -> Array:
    """Wait probability for checked arrays of one shape."""
    stable = (a > 0) & (a < n)
    out = np.where(a > 0, 1.0, 0.0)
    if stable.any():
        m, x = n[stable], a[stable]
        with np.errstate(over="ignore"):
            out[stable] = 1 / (x / m + (m - x) / m * inverse_blocking(m, x))
    return out


def service_flat(n: Array, a: Array, t: Array) -> Array:
    """Service level for checked arrays of one shape, `t` the threshold in handle times."""
    with np.errstate(under="ignore"):
        level = 1 - wait_flat(n, a) * np.exp(-np.maximum(n - a, 0.0) * t)
    return np.where(a <= 0, 1.0, np.where(a < n, level, 0.0))


def asa_flat(n: Array, a: Array, aht: Array) -> Array:
    """Mean wait for checked arrays of one shape [s]."""
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        return np.where(a <= 0, 0.0, np.where(a < n, wait_flat(n, a) * aht / (n - a), np.inf))


def quantile_flat(late: Array, n: Array, a: Array, aht: Array) -> Array:
    """The wait that a share `late` exceeds, for checked arrays of one shape [s]."""
    c = wait_flat(n, a)
    with np.errstate(divide="ignore", invalid="ignore"):
        wait = aht / (n - a) * np.log(c / late)
    return np.where(c <= late, 0.0, np.where(a < n, wait, np.inf))


def _later(t: Array, n: Array, a: Array, aht: Array) -> Array:
    """P(W > t) of a queue that empties."""
    with np.errstate(under="ignore"):
        return wait_flat(n, a) * np.exp(-np.maximum(n - a, 0.0) * t / aht)
