"""Erlang X: contacts that hang up try again, and contacts that were answered come back, as load of their own.

Each attempt that is given up is repeated with probability `redial`, each answered contact comes back with probability
`reconnect` (the matter was not settled); both join the Poisson stream of arrivals. The total load solves

    a = fresh + redial P_ab(a) a + reconnect (1 - P_ab(a)) a

(Koole 2013, Call Center Optimization; reconnects: Ding et al. 2013, arXiv 1311.6248). What an attempt meets and what
becomes of a contact in the end are two things: both are here. A contact is a chain of attempts that ends with an answer
or for good; an answered contact that comes back is a new contact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas import erlang_a
from wfm.erlang.formulas.arguments import Array, Numbers, amount, over, share_of, whole, word_of
from wfm.erlang.formulas.targets import Measures, Targets
from wfm.errors import SettingError

PER = ("attempt", "contact")
_NOISE = 1e-15  # relative rounding below which the fixed point is not told apart


def total_load(
    agents: Numbers,
    fresh_load: Numbers,
    *,
    aht: Numbers,
    patience: Numbers,
    redial: Numbers,
    reconnect: Numbers = 0.0,
) -> Array | float:
    """Load of all attempts: first ones, repeats and those who come back [erlangs].

    Parameters
    ----------
    agents, fresh_load : float or array     Agents; load of first attempts [erlangs].
    aht, patience : float or array          Mean handle time, mean patience [s]; inf = nobody hangs up, no repeats.
    redial : float or array                 Share of those who hung up that try again, in [0, 1).
    reconnect : float or array              Share of the answered that come back, in [0, 1).

    >>> round(total_load(100, 105.0, aht=300, patience=150, redial=0.5), 3)
    111.318
    """
    return over(
        _total,
        amount(agents, name="agents"),
        amount(fresh_load, name="fresh_load"),
        amount(aht, name="aht", positive=True),
        amount(patience, name="patience", positive=True, endless=True),
        share_of(redial, name="redial", zero=True),
        share_of(reconnect, name="reconnect", zero=True),
    )


def fresh_load(
    agents: Numbers, load: Numbers, *, aht: Numbers, patience: Numbers, redial: Numbers, reconnect: Numbers = 0.0
) -> Array | float:
    """Load of first attempts behind the load of all attempts that was counted [erlangs]; undoes `total_load`.

    `fresh = a (1 - redial P_ab - reconnect (1 - P_ab))`.

    >>> round(fresh_load(100, 111.318, aht=300, patience=150, redial=0.5), 3)
    105.0
    """
    lost = np.asarray(erlang_a.abandon_rate(agents, load, aht=aht, patience=patience))
    again = share_of(redial, name="redial", zero=True) * lost
    out = np.asarray(load) * (1 - again - share_of(reconnect, name="reconnect", zero=True) * (1 - lost))
    return float(out) if out.ndim == 0 else np.asarray(out)


def abandon_rate(
    agents: Numbers,
    fresh_load: Numbers,
    *,
    aht: Numbers,
    patience: Numbers,
    redial: Numbers,
    reconnect: Numbers = 0.0,
    per: str = "attempt",
) -> Array | float:
    """Share of the attempts that hang up; per contact the share that is never answered.

    Per contact `P_ab (1 - redial) / (1 - redial P_ab)`.

    >>> round(abandon_rate(100, 105.0, aht=300, patience=150, redial=0.5), 4)
    0.1135
    """
    word_of(per, PER, name="per")

    def formula(lost: Array, again: Array) -> Array:
        return lost if per == "attempt" else lost * (1 - again) / (1 - again * lost)

    return _of_lost(formula, agents, fresh_load, aht, patience, redial, reconnect)


def service_level(
    agents: Numbers,
    fresh_load: Numbers,
    *,
    aht: Numbers,
    patience: Numbers,
    redial: Numbers,
    reconnect: Numbers = 0.0,
    within: Numbers,
    abandoned: str = "lost",
    short: Numbers = 0.0,
    per: str = "attempt",
) -> Array | float:
    """Share of attempts answered within so many seconds, in the definition asked for; or share of contacts.

    Parameters
    ----------
    redial, reconnect           As in `total_load`.
    within, abandoned, short    As in `erlang_a.service_level`.
    per : str                   "attempt", as the telephone system counts; or "contact": answered in the end, at
                                whichever attempt, within so many seconds of that attempt: `s / (1 - redial P_ab)`
                                with s = P(an attempt is answered in time). Only with `abandoned="lost"`.

    >>> queue = {"aht": 300, "patience": 150, "redial": 0.5, "within": 30}
    >>> [round(service_level(100, 105.0, **queue, per=per), 4) for per in PER]
    [0.689, 0.7304]
    """
    _speak_of(per, abandoned)
    load = total_load(agents, fresh_load, aht=aht, patience=patience, redial=redial, reconnect=reconnect)
    queue = {"aht": aht, "patience": patience}
    level = erlang_a.service_level(agents, load, **queue, within=within, abandoned=abandoned, short=short)
    if per == "attempt":
        return level
    lost = np.asarray(erlang_a.abandon_rate(agents, load, **queue))
    out = np.asarray(np.minimum(level / (1 - np.asarray(redial, dtype=float) * lost), 1.0))
    return float(out) if out.ndim == 0 else out


def served_in_the_end(
    agents: Numbers,
    fresh_load: Numbers,
    *,
    aht: Numbers,
    patience: Numbers,
    redial: Numbers,
    reconnect: Numbers = 0.0,
) -> Array | float:
    """Share of the contacts that are answered at last, after however many attempts; `(1 - P_ab) / (1 - redial P_ab)`.

    >>> round(served_in_the_end(100, 105.0, aht=300, patience=150, redial=0.5), 4)
    0.9398
    """
    return _of_lost(
        lambda lost, again: (1 - lost) / (1 - again * lost), agents, fresh_load, aht, patience, redial, reconnect
    )


def attempts(
    agents: Numbers,
    fresh_load: Numbers,
    *,
    aht: Numbers,
    patience: Numbers,
    redial: Numbers,
    reconnect: Numbers = 0.0,
) -> Array | float:
    """Mean number of attempts that a contact makes; `1 / (1 - redial P_ab)`.

    >>> round(attempts(100, 105.0, aht=300, patience=150, redial=0.5), 4)
    1.0602
    """
    return _of_lost(lambda lost, again: 1 / (1 - again * lost), agents, fresh_load, aht, patience, redial, reconnect)


def agents_for(
    fresh_load: Numbers,
    *,
    aht: Numbers,
    patience: Numbers,
    redial: Numbers,
    reconnect: Numbers = 0.0,
    per: str = "attempt",
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
    """Fewest agents that keep every target given while those who hang up or were answered come back.

    Parameters
    ----------
    fresh_load : float or array     Load of first attempts [erlangs].
    redial, reconnect               As in `total_load`.
    per : str                       "attempt" or "contact": of what `share` and `max_abandon` speak.
    ...                             The targets as in `erlang_a.agents_for`; waits and occupancy are of attempts.

    >>> agents_for(105.0, aht=300, patience=150, redial=0.5, within=30, share=0.80)
    104
    """
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
    _speak_of(per, abandoned)
    conditions = targets.conditions(_measures(aht, patience, redial, reconnect, per))
    from wfm.erlang.formulas import search

    found = search.fewest(amount(fresh_load, name="fresh_load"), conditions, fractional=fractional)
    return whole(found, fractional=fractional)


def _measures(aht: Numbers, patience: Numbers, redial: Numbers, reconnect: Numbers, per: str) -> Measures:
    """Erlang X as the search for agents takes it: Erlang A under the total load."""
    plain = erlang_a.measures_of(aht, patience)

    def under_total(measure: Callable[..., Array]) -> Callable[..., Array]:
        def of(n: Array, fresh: Array, h: Array, p: Array, again: Array, back: Array, *rest: Array) -> Array:
            return measure(n, _total(n, fresh, h, p, again, back), h, p, *rest)

        return of

    def named(measure: Callable[..., Array | float]) -> Callable[..., Array]:
        def of(n: Array, fresh: Array, h: Array, p: Array, again: Array, back: Array) -> Array:
            return np.asarray(measure(n, fresh, aht=h, patience=p, redial=again, reconnect=back, per=per))

        return of

    def level(
        n: Array, fresh: Array, h: Array, p: Array, again: Array, back: Array, late: Array, early: Array, word: str
    ) -> Array:
        queue = {"aht": h, "patience": p, "redial": again, "reconnect": back, "within": late, "short": early}
        return np.asarray(service_level(n, fresh, **queue, abandoned=word, per="attempt" if word == "met" else per))

    return Measures(
        parameters=(
            *plain.parameters,
            share_of(redial, name="redial", zero=True),
            share_of(reconnect, name="reconnect", zero=True),
        ),
        level=level,
        abandon_rate=named(abandon_rate),
        busy=under_total(plain.busy),
        asa=under_total(plain.asa),
        wait_probability=under_total(plain.wait_probability),
    )


def _speak_of(per: str, abandoned: str) -> None:
    """Refuse a definition that a chain of attempts does not have."""
    word_of(per, PER, name="per")
    if per == "contact" and abandoned != "lost":
        raise SettingError(
            f"per='contact' knows abandoned='lost' alone, got {abandoned!r}: a contact that tried several times did "
            "not hang up once. Ask per='attempt'.",
            name="abandoned",
            value=abandoned,
        )


def _of_lost(
    formula: Callable[[Array, Array], Array],
    agents: Numbers,
    fresh_load: Numbers,
    aht: Numbers,
    patience: Numbers,
    redial: Numbers,
    reconnect: Numbers,
) -> Array | float:
    """A measure that follows from the abandon rate of an attempt."""
    load = total_load(agents, fresh_load, aht=aht, patience=patience, redial=redial, reconnect=reconnect)
    lost = np.asarray(erlang_a.abandon_rate(agents, load, aht=aht, patience=patience))
    out = np.asarray(formula(lost, np.asarray(redial, dtype=float)))
    return float(out) if out.ndim == 0 else out


def _total(n: Array, fresh: Array, h: Array, p: Array, again: Array, back: Array) -> Array:
    """Total load by regula falsi (Illinois) between the loads at which nobody and everybody hangs up.

    `a (1 - redial P_ab - reconnect (1 - P_ab)) - fresh` rises in a: both the lost and the served load do.
    """

    def missing(load: Array, k: npt.NDArray[np.int64]) -> Array:
        lost = np.asarray(erlang_a.abandon_rate(n[k], load, aht=h[k], patience=p[k]))
        return np.asarray(load * (1 - again[k] * lost - back[k] * (1 - lost)) - fresh[k])

    low, high = fresh / (1 - np.minimum(again, back)), fresh / (1 - np.maximum(again, back))
    out: Array = np.array(low)
    rows = np.flatnonzero(high > low)
    low, high = low[rows], high[rows]
    under, above, side = missing(low, rows), missing(high, rows), np.zeros(rows.shape)
    while rows.size:
        with np.errstate(invalid="ignore", divide="ignore"):
            secant = high - above * (high - low) / (above - under)
        load = np.clip(np.where(np.isfinite(secant), secant, low), low, high)
        found = missing(load, rows)
        right, twice = found > 0, np.sign(found) == side
        low, high = np.where(right, low, load), np.where(right, load, high)
        under = np.where(right, np.where(twice, under / 2, under), found)
        above = np.where(right, found, np.where(twice, above / 2, above))
        side, out[rows] = np.sign(found), load
        going = (np.abs(found) > _NOISE * load) & (high - low > _NOISE * high)
        rows, low, high, under, above, side = (x[going] for x in (rows, low, high, under, above, side))
    return out
