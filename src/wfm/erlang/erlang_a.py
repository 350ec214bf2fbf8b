"""Erlang A: contacts that find all agents busy wait, and hang up when their patience ends (M/M/n+M).

Patience is exponential with mean `patience` [s]; infinite patience is Erlang C, everywhere. The queue is stable at any
load: overload costs abandonment, not infinity. Without load: service 1, waits 0, occupancy 0. Without agents but with
load: service 0, everybody hangs up. Agents may be fractional. Source of the formulas: `palm.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wfm.erlang import erlang_c
from wfm.erlang.arguments import Array, Numbers, amount, over, share_of, whole, word_of
from wfm.erlang.palm import Palm, chunks, palm

ABANDONED = ("lost", "ignored", "met", "answered")
NOBODY = 1e-9  # fewer agents are none: their rates would overflow


def wait_probability(agents: Numbers, load: Numbers, *, aht: Numbers, patience: Numbers) -> Array | float:
    """Probability that a contact finds all agents busy.

    Parameters
    ----------
    agents, load : float or array       Agents on contacts [agents], offered load [erlangs].
    aht, patience : float or array      Mean handle time, mean patience [s]; inf = nobody hangs up.

    Raises
    ------
    SettingError                        An argument is negative, aht or patience is not above 0.

    >>> round(wait_probability(50, 48.0, aht=60, patience=120), 6)
    0.467774
    """
    return _apply(
        lambda q, aht, p: q.longer(np.zeros_like(aht)),
        lambda n, a, aht: erlang_c.wait_flat(n, a),
        lambda aht, p: np.ones_like(aht),
        agents,
        load,
        aht,
        patience,
    )


def abandon_rate(agents: Numbers, load: Numbers, *, aht: Numbers, patience: Numbers) -> Array | float:
    """Share of the offered contacts that hang up before they are answered.

    >>> round(abandon_rate(50, 48.0, aht=60, patience=120), 6)
    0.030912
    """
    return _apply(
        lambda q, aht, p: q.abandon(),
        lambda n, a, aht: np.zeros_like(a),
        lambda aht, p: np.ones_like(aht),
        agents,
        load,
        aht,
        patience,
    )


def mean_wait(agents: Numbers, load: Numbers, *, aht: Numbers, patience: Numbers) -> Array | float:
    """Mean time in queue of all offered contacts, answered or not [s]; `patience * abandon_rate`.

    >>> round(mean_wait(50, 48.0, aht=60, patience=120), 4)
    3.7095
    """
    return _apply(lambda q, aht, p: p * q.abandon(), erlang_c.asa_flat, lambda aht, p: p, agents, load, aht, patience)


def asa(agents: Numbers, load: Numbers, *, aht: Numbers, patience: Numbers) -> Array | float:
    """Average speed of answer: mean wait of the answered contacts [s]; infinite without agents.

    >>> round(asa(12, 10.0, aht=180, patience=300), 3)
    11.861
    """

    def answered(q: Palm, aht: Array, p: Array) -> Array:
        return aht * q.wait_of_served() / (1 - q.abandon())

    return _apply(answered, erlang_c.asa_flat, lambda aht, p: np.full_like(aht, np.inf), agents, load, aht, patience)


def occupancy(agents: Numbers, load: Numbers, *, aht: Numbers, patience: Numbers) -> Array | float:
    """Share of the agents' time spent on contacts; `load (1 - abandon_rate) / agents`.

    >>> round(occupancy(50, 48.0, aht=60, patience=120), 4)
    0.9303
    """
    return _apply(
        lambda q, aht, p: np.minimum(q.rho * (1 - q.abandon()), 1.0),
        lambda n, a, aht: np.where(a < n, a / np.maximum(n, 1e-300), 1.0),
        lambda aht, p: np.ones_like(aht),
        agents,
        load,
        aht,
        patience,
    )


def queue_length(agents: Numbers, load: Numbers, *, aht: Numbers, patience: Numbers) -> Array | float:
    """Mean number of contacts waiting [contacts]; `load patience / aht * abandon_rate`.

    >>> round(queue_length(50, 48.0, aht=60, patience=120), 4)
    2.9676
    """
    waits = mean_wait(agents, load, aht=aht, patience=patience)
    with np.errstate(invalid="ignore"):
        out = np.where(np.asarray(load) > 0, np.asarray(load) * waits / np.asarray(aht), 0.0)
    return float(out) if out.ndim == 0 else out


def service_level(
    agents: Numbers,
    load: Numbers,
    *,
    aht: Numbers,
    patience: Numbers,
    within: Numbers,
    abandoned: str = "lost",
    short: Numbers = 0.0,
) -> Array | float:
    """Share of contacts answered within so many seconds, in the definition asked for.

    Parameters
    ----------
    agents, load : float or array           [agents], [erlangs].
    aht, patience, within : float or array  Mean handle time, mean patience, acceptable wait [s].
    abandoned : str                         What a contact that hangs up counts as, see Notes.
    short : float or array                  Hang-ups within so many seconds leave the base, in any definition [s].

    Notes
    -----
    With s = P(served within T), l(t) = P(hung up within t), per offered contact:

    ========== ====================== ==========================================
    abandoned  share                  those who hang up
    ========== ====================== ==========================================
    lost       s / (1 - l(short))     count against the service
    ignored    s / (1 - l(T))         within T leave the base, later count against
    met        (s + l(T)) / 1         within T count as met
    answered   s / (1 - P(ab))        never count
    ========== ====================== ==========================================

    (Cisco calls lost, ignored and met "negative impact", "ignore" and "positive impact"; ICMI numbers them 3, 4, 1.)

    >>> [round(service_level(50, 48.0, aht=60, patience=120, within=20, abandoned=word), 3) for word in ABANDONED]
    [0.943, 0.972, 0.973, 0.973]
    """
    word_of(abandoned, ABANDONED, name="abandoned")

    def finite(n: Array, a: Array, aht: Array, p: Array, within: Array, short: Array) -> Array:
        queue = palm(n, a, p / aht)
        return queue.service_level(within / aht, short / aht, abandoned, queue.abandon())

    def endless(n: Array, a: Array, aht: Array, p: Array, within: Array, short: Array) -> Array:
        return erlang_c.service_flat(n, a, within / aht)

    return _cases(
        finite,
        endless,
        lambda n, *rest: np.zeros_like(n),
        1.0,
        agents,
        load,
        aht,
        patience,
        amount(within, name="within"),
        amount(short, name="short"),
    )


def wait_quantile(
    share: Numbers,
    agents: Numbers,
    load: Numbers,
    *,
    aht: Numbers,
    patience: Numbers,
    answered: bool = False,
) -> Array | float:
    """Time in queue that so large a share of the contacts does not exceed [s].

    Parameters
    ----------
    share : float or array      In (0, 1).
    answered : bool             Of the answered contacts alone; else of all offered, hang-ups included.

    >>> round(wait_quantile(0.90, 50, 48.0, aht=60, patience=120), 3)
    12.445
    """

    def finite(n: Array, a: Array, aht: Array, p: Array, share: Array) -> Array:
        queue = palm(n, a, p / aht)
        return aht * _quantile(queue, share, answered)

    def endless(n: Array, a: Array, aht: Array, p: Array, share: Array) -> Array:
        return erlang_c.quantile_flat(share, n, a, aht)

    def nobody(n: Array, a: Array, aht: Array, p: Array, share: Array) -> Array:
        return np.full_like(p, np.inf) if answered else -p * np.log1p(-share)

    return _cases(finite, endless, nobody, 0.0, agents, load, aht, patience, share_of(share, name="share"))


def agents_for(
    load: Numbers,
    *,
    aht: Numbers,
    patience: Numbers,
    within: Numbers = 0.0,
    share: Numbers | None = None,
    abandoned: str = "lost",
    short: Numbers = 0.0,
    max_abandon: Numbers | None = None,
    max_occupancy: Numbers | None = None,
    max_asa: Numbers | None = None,
    wait_quantile: tuple[float, float] | None = None,
) -> npt.NDArray[np.int64] | int:
    """Fewest agents that keep every target given; fewer than the load where patience allows it.

    Parameters
    ----------
    load : float or array           Offered load [erlangs].
    aht, patience : float or array  Mean handle time, mean patience [s].
    within, share                   Acceptable wait [s] and the share to be answered within it, in (0, 1).
    abandoned, short                Definition of the service level, as in `service_level`.
    max_abandon : float or array    Largest share that may hang up, in (0, 1].
    max_occupancy : float or array  Largest share of time on contacts, in (0, 1].
    max_asa : float or array        Longest mean wait of the answered [s].
    wait_quantile : (share, s)      So many of all offered spend at most so long in the queue.

    Returns
    -------
    int or array of int             0 where there is no load.

    >>> agents_for(135.0, aht=270, patience=180, within=60, share=0.80)
    116
    >>> agents_for(135.0, aht=270, patience=180, within=60, share=0.80, max_abandon=0.05)
    133
    """
    from wfm.erlang import search

    word_of(abandoned, ABANDONED, name="abandoned")
    patience = amount(patience, name="patience", positive=True, endless=True)
    conditions = search.conditions_a(
        aht=aht,
        patience=patience,
        within=within,
        share=share,
        abandoned=abandoned,
        short=short,
        max_abandon=max_abandon,
        max_occupancy=max_occupancy,
        max_asa=max_asa,
        wait_quantile=wait_quantile,
    )
    return whole(search.fewest(amount(load, name="load"), conditions, patience=patience))


def _apply(
    finite: Callable[[Palm, Array, Array], Array],
    endless: Callable[[Array, Array, Array], Array],
    nobody: Callable[[Array, Array], Array],
    agents: Numbers,
    load: Numbers,
    aht: Numbers,
    patience: Numbers,
) -> Array | float:
    """A measure without further arguments, by case."""
    return _cases(
        lambda n, a, aht, p: finite(palm(n, a, p / aht), aht, p),
        lambda n, a, aht, p: endless(n, a, aht),
        lambda n, a, aht, p: nobody(aht, p),
        0.0,
        agents,
        load,
        aht,
        patience,
    )


def _cases(
    finite: Callable[..., Array],
    endless: Callable[..., Array],
    nobody: Callable[..., Array],
    unused: float,
    agents: Numbers,
    load: Numbers,
    aht: Numbers,
    patience: Numbers,
    *more: Array,
) -> Array | float:
    """One of four formulas by element: no load, no agents, endless patience (Erlang C), or the Palm queue."""

    def formula(n: Array, a: Array, aht: Array, p: Array, *rest: Array) -> Array:
        out = np.full(n.shape, unused)
        ending, staffed = np.isfinite(p), n > NOBODY
        for case, what in ((~staffed & ending, nobody), (staffed & ending, finite), (~ending, endless)):
            found = np.flatnonzero(case & (a > 0))
            for part in chunks(len(found)):
                rows = found[part]
                out[rows] = what(n[rows], a[rows], aht[rows], p[rows], *(x[rows] for x in rest))
        return out

    return over(
        formula,
        amount(agents, name="agents"),
        amount(load, name="load"),
        amount(aht, name="aht", positive=True),
        amount(patience, name="patience", positive=True, endless=True),
        *more,
    )


def _quantile(queue: Palm, share: Array, answered: bool) -> Array:
    """Smallest t with P(W <= t) >= share, in handle times: bracket by doubling, then halve."""
    late = 1 - share
    served = 1 - queue.abandon()

    def beyond(t: Array) -> Array:
        return queue.served_later(t) / served if answered else np.exp(-t / queue.r) * queue.longer(t)

    low, high = np.zeros_like(share), queue.r / 64
    at_once = beyond(low) <= late
    while True:
        open_ = (beyond(high) > late) & ~at_once
        if not open_.any():
            break
        low, high = np.where(open_, high, low), np.where(open_, 2 * high, high)
    for _ in range(60):
        middle = (low + high) / 2
        longer = beyond(middle) > late
        low, high = np.where(longer, middle, low), np.where(longer, high, middle)
    return np.where(at_once, 0.0, high)
