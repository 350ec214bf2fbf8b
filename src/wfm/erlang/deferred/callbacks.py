"""Callbacks offered above a wait: who would wait too long may leave the line and is called back later.

A contact that finds j contacts waiting is told its expected wait E_j = sum_(i=0..j) 1 / (n mu + i theta). Above `above`
it is offered a callback and takes it with the share `taken`; else it waits and hangs up as in Erlang A. So the chain of
Erlang A has the births lam (1 - taken [E_j > above]) while contacts wait, and is solved exactly. With c = n mu / theta
a contact that joins behind j others is served within T with the share c / (c + j + 1) I_y(j + 1, c + 1), where
y = 1 - e^(-theta T). Of all offered: answered + hung up + callbacks = 1. With `taken` = 0 it is Erlang A.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from wfm.erlang.formulas.arguments import Array, Numbers, amount, share_of, together, word_of
from wfm.erlang.formulas.erlang_b import before_last

COUNTED = ("apart", "met", "lost")
_LARGE = 1_000_000  # numbers in one array
_NOBODY = 1e-9


def callback_performance(
    agents: Numbers,
    load: Numbers,
    *,
    aht: Numbers,
    above: Numbers,
    taken: Numbers,
    within: Numbers,
    patience: Numbers = np.inf,
    counted: str = "apart",
) -> dict[str, Array]:
    """Service of a line whose contacts are offered a callback when their expected wait is too long.

    Parameters
    ----------
    agents, load : float or array   Agents on contacts, offered load [erlangs]; shapes that broadcast.
    aht, patience : float or array  Mean handle time, mean patience [s]; inf = nobody hangs up.
    above : float or array          Expected wait above which a callback is offered [s].
    taken : float or array          Share of those offered who take it, in [0, 1].
    within : float or array         Acceptable wait of those who stay [s].
    counted : str                   What a callback counts as in the service level: `apart` (it leaves the base), `met`
                                    or `lost`. Those who hang up are lost.

    Returns
    -------
    dict of arrays                  service_level; of all offered: answered, abandon_rate, callbacks; wait_probability,
                                    asa [s] (mean wait of the answered), queue_length [contacts], occupancy. Without
                                    agents nobody is answered and all waits are endless.

    >>> found = callback_performance(20, 22.0, aht=240, patience=300, above=60, taken=0.4, within=30)
    >>> {name: round(float(found[name]), 4) for name in ("service_level", "abandon_rate", "callbacks", "asa")}
    {'service_level': 0.6247, 'abandon_rate': 0.0729, 'callbacks': 0.0699, 'asa': 22.9994}
    """
    word_of(counted, COUNTED, name="counted")
    arrays = together(
        amount(agents, name="agents"),
        amount(load, name="load"),
        amount(aht, name="aht", positive=True),
        amount(above, name="above"),
        share_of(taken, name="taken", zero=True, one=True),
        amount(within, name="within"),
        amount(patience, name="patience", positive=True, endless=True),
    )
    shape = arrays[0].shape
    line = _Line(*(x.ravel() for x in arrays))
    out = _nothing(line, counted)
    some = np.flatnonzero((line.n > _NOBODY) & (line.a > 0))
    lengths = _lengths(line.rows(some))
    for part in _portions(lengths):
        found = _solved(line.rows(some[part]), int(lengths[part].max()), counted)
        for name, values in found.items():
            out[name][some[part]] = values
    return {name: values.reshape(shape) for name, values in out.items()}


@dataclass(frozen=True, slots=True)
class _Line:
    """Agents, load, handle time, wait that brings an offer, share that takes it, acceptable wait, patience; flat."""

    n: Array
    a: Array
    handle: Array
    limit: Array
    take: Array
    wait: Array
    patient: Array

    def rows(self, rows: Any) -> _Line:
        """Some of the elements."""
        return _Line(*(getattr(self, field.name)[rows] for field in fields(self)))


def _nothing(line: _Line, counted: str) -> dict[str, Array]:
    """Nobody comes, or nobody is there."""
    calm = line.a <= 0
    callbacks = np.where(calm, 0.0, line.take)
    level = {"met": callbacks, "lost": np.zeros(len(line.n)), "apart": np.zeros(len(line.n))}[counted]
    lost = np.where(calm | np.isinf(line.patient), 0.0, 1 - callbacks)
    return {
        "service_level": np.where(calm, 1.0, level),
        "answered": np.where(calm, 1.0, 0.0),
        "abandon_rate": lost,
        "callbacks": callbacks,
        "wait_probability": np.where(calm, 0.0, 1.0),
        "asa": np.where(calm, 0.0, np.inf),
        "queue_length": np.where(
            calm, 0.0, np.where(lost > 0, line.a / line.handle * (1 - callbacks) * line.patient, np.inf)
        ),
        "occupancy": np.where(calm, 0.0, 1.0),
    }


def _lengths(line: _Line) -> Array:
    """Waiting contacts that are followed in each row: beyond them there are fewer than 1e-12."""
    n, a, hour = line.n, line.a, line.handle
    with np.errstate(divide="ignore", invalid="ignore"):
        load, full = a * line.patient / hour, n * line.patient / hour
        leaving = np.maximum(load - full, 0.0) + 10 * np.sqrt(load + 10) + 40
        leaving = np.minimum(leaving, np.where(a < n, 32 / -np.log(a / n) + 5, np.inf))
        fewer = a * (1 - line.take) / n
        decay = -np.log(np.minimum(np.where(fewer < 1, fewer, a / n), 0.999))
        offered = line.limit * n / hour + 2  # endless patience: up to here the queue is that of Erlang C
        staying = np.where(fewer < 1, offered, 0.0) + 40 / np.maximum(decay, 1e-3)
    return np.asarray(np.ceil(np.where(np.isfinite(line.patient), leaving, np.minimum(staying, 60_000))))


def _portions(lengths: Array) -> list[Any]:
    """Places of like length together, so that arrays stay small."""
    order = np.argsort(lengths, kind="stable")
    parts, begin = [], 0
    for k in range(1, len(order) + 1):
        full = k == len(order) or (k + 1 - begin) * lengths[order[k]] > _LARGE
        if full or lengths[order[k]] > 2 * lengths[order[begin]]:
            parts.append(order[begin:k])
            begin = k
    return parts


def _solved(line: _Line, most: int, counted: str) -> dict[str, Array]:
    """Measures of rows with agents and load."""
    n, a, handle, take = line.n, line.a, line.handle, line.take[:, None]
    theta, pace = 1 / line.patient, n / handle
    ahead = np.arange(most + 1)[None, :]
    death = pace[:, None] + ahead * theta[:, None]
    offers = np.cumsum(1 / death, axis=1) > line.limit[:, None] * (1 + 1e-12)
    births = (a / handle)[:, None] * (1 - take * offers)
    with np.errstate(divide="ignore"):
        steps = np.log(births[:, :-1]) - np.log(death[:, 1:])
    weight = np.concatenate([np.zeros((len(n), 1)), np.cumsum(steps, axis=1)], axis=1)
    top = weight.max(axis=1)
    with np.errstate(divide="ignore", over="ignore"):
        free = before_last(n, a) * (n / a) * np.exp(-top)  # P(an agent is free) beside P(all busy, nobody waits) = 1
    share = np.exp(weight - top[:, None])
    total = share.sum(axis=1) + free
    calm = ~np.isfinite(total)
    with np.errstate(invalid="ignore"):
        share = np.where(calm[:, None], 0.0, share / total[:, None])
        idle = np.where(calm, 1.0, free / total)
    joins = share * (1 - take * offers)
    callbacks = (share - joins).sum(axis=1)
    queue = (share * ahead).sum(axis=1)
    lost = queue * theta * handle / a
    answered = np.maximum(1 - lost - callbacks, 0.0)
    unstable = np.isinf(line.patient) & (births[:, -1] >= pace)  # the queue grows for ever
    met = idle + (joins * _served_in(ahead, pace, theta, line.wait)).sum(axis=1)
    spent = (joins * _wait_of_served(death, pace, theta)).sum(axis=1)
    base = np.maximum(1 - callbacks, 1e-300) if counted == "apart" else 1.0
    level = np.clip((met + (callbacks if counted == "met" else 0.0)) / base, 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        asa = np.where(answered > 0, spent / answered, np.inf)
    return {
        "service_level": np.where(unstable, callbacks if counted == "met" else 0.0, level),
        "answered": np.where(unstable, np.minimum(n / a, 1.0), answered),
        "abandon_rate": lost,
        "callbacks": callbacks,
        "wait_probability": 1 - idle,
        "asa": np.where(unstable, np.inf, asa),
        "queue_length": np.where(unstable, np.inf, queue),
        "occupancy": np.where(unstable, 1.0, np.minimum(a * answered / n, 1.0)),
    }


def _served_in(ahead: Any, pace: Array, theta: Array, wait: Array) -> Array:
    """P(served within the acceptable wait) of a contact that joins behind so many."""
    from scipy.special import betainc, gammainc

    out = np.empty((len(pace), ahead.shape[1]))
    ending = theta > 0
    if ending.any():
        c = (pace[ending] / theta[ending])[:, None]
        y = -np.expm1(-theta[ending] * wait[ending])[:, None]
        out[ending] = c / (c + ahead + 1) * betainc(ahead + 1.0, c + 1, y)
    if (~ending).any():
        out[~ending] = gammainc(ahead + 1.0, (pace[~ending] * wait[~ending])[:, None])
    return out


def _wait_of_served(death: Array, pace: Array, theta: Array) -> Array:
    """E[wait; served] of a contact that joins behind so many: P(served) x sum_(i=0..j) 1 / (n mu + (i + 1) theta)."""
    next_ = death + theta[:, None]
    return np.asarray(pace[:, None] / next_ * np.cumsum(1 / next_, axis=1))
