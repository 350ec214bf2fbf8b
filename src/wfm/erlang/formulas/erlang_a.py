"""Erlang A: contacts that find all agents busy wait, and hang up when their patience ends (M/M/n+M).

Patience is exponential with mean `patience` [s]; infinite patience is Erlang C, everywhere. The queue is stable at any
load: overload costs abandonment, not infinity. Without load: service 1, waits 0, occupancy 0. Without agents but with
load: nobody is answered, everybody hangs up. Agents may be fractional. Source of the formulas: `palm.py`. Accuracy of
shares: 1e-12, at 100,000 agents 5e-14; of waits 1e-8 relative.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas import erlang_c
from wfm.erlang.formulas.arguments import Array, Numbers, amount, share_of, whole, word_of
from wfm.erlang.formulas.cases import by_case, longest_waits, mean_longest_waits, quantiles
from wfm.erlang.formulas.definitions import ABANDONED as ABANDONED
from wfm.erlang.formulas.definitions import met_share
from wfm.erlang.formulas.palm import Palm, palm
from wfm.erlang.formulas.targets import OVERRUN, Measures, Targets


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
    short : float or array                  Hang-ups within so many seconds leave the base [s]; with "credited" they
                                            count as met.

    Notes
    -----
    With s = P(served within T), l(t) = P(hung up within t), V the offered wait, per offered contact:

    ========== ======================= =============================================
    abandoned  share                   those who hang up
    ========== ======================= =============================================
    lost       s / (1 - l(short))      count against the service
    ignored    s / (1 - l(T))          within T leave the base, later count against
    met        s + l(T)                within T count as met
    answered   s / (1 - P(ab))         never count
    credited   s + l(short)            within `short` count as met, later against
    virtual    1 - P(V > T)            are asked how long they would have had to wait
    ========== ======================= =============================================

    (Cisco calls lost, ignored and met "negative impact", "ignore" and "positive impact"; ICMI numbers lost, ignored,
    met, answered and credited 3, 4, 1, 2 and 5.) Where `short` leaves the base, s + l(T) becomes
    (s + l(T) - l(short)) / (1 - l(short)); it has no meaning for answered and virtual.

    >>> words = ("lost", "ignored", "met", "answered", "virtual")
    >>> [round(service_level(50, 48.0, aht=60, patience=120, within=20, abandoned=word), 3) for word in words]
    [0.943, 0.972, 0.973, 0.973, 0.968]
    """
    word_of(abandoned, ABANDONED, name="abandoned")

    def finite(n: Array, a: Array, aht: Array, p: Array, within: Array, short: Array) -> Array:
        queue = palm(n, a, p / aht)
        return queue.service_level(within / aht, short / aht, abandoned, queue.abandon())

    def endless(n: Array, a: Array, aht: Array, p: Array, within: Array, short: Array) -> Array:
        return erlang_c.service_flat(n, a, within / aht)

    def nobody(n: Array, a: Array, aht: Array, p: Array, within: Array, short: Array) -> Array:
        none, gone, early = np.zeros_like(n), -np.expm1(-within / p), -np.expm1(-short / p)
        return met_share(abandoned, none, gone, early, none + 1, none + 1)

    return by_case(
        finite,
        endless,
        nobody,
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
    return by_case(*quantiles(answered), 0.0, agents, load, aht, patience, 1 - share_of(share, name="share"))


def longest_wait(
    contacts: Numbers,
    agents: Numbers,
    load: Numbers,
    *,
    aht: Numbers,
    patience: Numbers,
    share: Numbers | None = None,
    answered: bool = False,
) -> Array | float:
    """Longest wait among so many contacts [s]: its mean, or what it does not exceed with probability `share`.

    Parameters
    ----------
    contacts : float or array   Offered contacts, such as those of a day.
    share : float or array      In (0, 1); None = the mean.
    answered : bool             Longest wait of those who are answered; else of all, hang-ups included.

    Notes
    -----
    `P(max <= t) ~ P(W <= t)^N`, waits taken as independent; the true one is shorter, see `longest_wait.py`.

    >>> queue = {"aht": 270, "patience": 180}
    >>> round(longest_wait(10_000, 116, 135.0, **queue)), round(longest_wait(10_000, 116, 135.0, **queue, share=0.95))
    (110, 123)
    """
    three = mean_longest_waits(answered) if share is None else longest_waits(answered)
    return by_case(
        *three,
        0.0,
        agents,
        load,
        aht,
        patience,
        amount(contacts, name="contacts", positive=True),
        np.asarray(0.5) if share is None else share_of(share, name="share"),
    )


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
    max_wait_probability: Numbers | None = None,
    wait_quantile: tuple[float, float] | None = None,
    fractional: bool = False,
) -> npt.NDArray[np.int64] | int | Array | float:
    """Fewest agents that keep every target given; fewer than the load where patience allows it.

    Parameters
    ----------
    load : float or array                   Offered load [erlangs].
    aht, patience : float or array          Mean handle time, mean patience [s]; inf = nobody hangs up.
    within, share                           Acceptable wait [s] and the share to be answered within it, in (0, 1).
    abandoned, short                        Definition of the service level, as in `service_level`.
    max_abandon : float or array            Largest share that may hang up, in (0, 1].
    max_occupancy : float or array          Largest share of time on contacts, in (0, 1].
    max_asa : float or array                Longest mean wait of the answered [s].
    max_wait_probability : float or array   Largest share that finds all agents busy, in (0, 1).
    wait_quantile : (share, s)              So many of all offered spend at most so long in the queue.
    fractional : bool                       The smallest real number, to within 1e-9, instead of the whole one: small
                                            sites are not inflated by rounding before their people are added up.

    Returns
    -------
    int or array of int                     0 where there is no load, else at least 1; float where `fractional`, of
                                            which the whole answer is the next whole number.

    >>> agents_for(135.0, aht=270, patience=180, within=60, share=0.80)
    116
    >>> agents_for(135.0, aht=270, patience=180, within=60, share=0.80, max_abandon=0.05)
    133
    >>> round(agents_for(0.4, aht=270, patience=180, within=60, share=0.80, fractional=True), 3)
    1.186
    """
    from wfm.erlang.formulas import search

    targets = Targets(
        within=within,
        share=share,
        abandoned=abandoned,
        short=short,
        max_abandon=max_abandon,
        max_occupancy=max_occupancy,
        max_asa=max_asa,
        max_wait_probability=max_wait_probability,
        wait_quantile=wait_quantile,
    )
    conditions = targets.conditions(measures_of(aht, patience))
    found = search.fewest(amount(load, name="load"), conditions, fractional=fractional)
    return whole(found, fractional=fractional)


def measures_of(aht: Numbers, patience: Numbers) -> Measures:
    """Erlang A as the search for agents takes it; Erlang C where patience is endless."""

    def level(n: Array, a: Array, aht: Array, p: Array, within: Array, short: Array, word: str) -> Array:
        return np.asarray(service_level(n, a, aht=aht, patience=p, within=within, abandoned=word, short=short))

    def busy(n: Array, a: Array, aht: Array, p: Array) -> Array:
        endless = np.isinf(p) & (n <= a) & (a > 0)
        return np.where(endless, OVERRUN, occupancy(n, a, aht=aht, patience=p))

    def of(measure: Callable[..., Array | float]) -> Callable[..., Array]:
        return lambda n, a, aht, p: np.asarray(measure(n, a, aht=aht, patience=p))

    return Measures(
        parameters=(
            amount(aht, name="aht", positive=True),
            amount(patience, name="patience", positive=True, endless=True),
        ),
        level=level,
        abandon_rate=of(abandon_rate),
        busy=busy,
        asa=of(asa),
        wait_probability=of(wait_probability),
    )


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
    return by_case(
        lambda n, a, aht, p: finite(palm(n, a, p / aht), aht, p),
        lambda n, a, aht, p: endless(n, a, aht),
        lambda n, a, aht, p: nobody(aht, p),
        0.0,
        agents,
        load,
        aht,
        patience,
    )
