"""Erlang X: contacts that hang up try again, so that the queue makes part of its own load.

Each attempt that is given up is repeated with probability `redial`; the repeats join the stream of arrivals. The total
load solves `a = fresh + redial P_ab(a) a` (Koole 2013, Call Center Optimization). What an attempt meets and what
becomes of a contact in the end are two things: both are here.
"""

from __future__ import annotations

import numpy as np

from wfm.erlang import erlang_a
from wfm.erlang.arguments import Array, Numbers, amount, over, share_of


def total_load(
    agents: Numbers, fresh_load: Numbers, *, aht: Numbers, patience: Numbers, redial: Numbers
) -> Array | float:
    """Load of all attempts, first ones and repeats [erlangs].

    Parameters
    ----------
    agents, fresh_load : float or array     Agents; load of first attempts [erlangs].
    aht, patience : float or array          Mean handle time, mean patience [s]; inf = nobody hangs up, no repeats.
    redial : float or array                 Share of those who hung up that try again, in [0, 1).

    >>> round(total_load(100, 105.0, aht=300, patience=150, redial=0.5), 3)
    111.318
    """

    def formula(n: Array, fresh: Array, h: Array, p: Array, again: Array) -> Array:
        low, high = fresh, fresh / (1 - again)
        for _ in range(60):
            middle = (low + high) / 2
            lost = np.asarray(erlang_a.abandon_rate(n, middle, aht=h, patience=p))
            more = fresh + again * lost * middle > middle
            low, high = np.where(more, middle, low), np.where(more, high, middle)
        return (low + high) / 2

    return over(
        formula,
        amount(agents, name="agents"),
        amount(fresh_load, name="fresh_load"),
        amount(aht, name="aht", positive=True),
        amount(patience, name="patience", positive=True, endless=True),
        share_of(redial, name="redial", zero=True),
    )


def served_in_the_end(
    agents: Numbers, fresh_load: Numbers, *, aht: Numbers, patience: Numbers, redial: Numbers
) -> Array | float:
    """Share of the contacts that are answered at last, after however many attempts; `(1 - P_ab) / (1 - redial P_ab)`.

    >>> round(served_in_the_end(100, 105.0, aht=300, patience=150, redial=0.5), 4)
    0.9398
    """
    lost = _lost(agents, fresh_load, aht, patience, redial)
    out = (1 - lost) / (1 - np.asarray(redial, dtype=float) * lost)
    return float(out) if out.ndim == 0 else np.asarray(out)


def attempts(
    agents: Numbers, fresh_load: Numbers, *, aht: Numbers, patience: Numbers, redial: Numbers
) -> Array | float:
    """Mean number of attempts that a contact makes; `1 / (1 - redial P_ab)`.

    >>> round(attempts(100, 105.0, aht=300, patience=150, redial=0.5), 4)
    1.0602
    """
    lost = _lost(agents, fresh_load, aht, patience, redial)
    out = 1 / (1 - np.asarray(redial, dtype=float) * lost)
    return float(out) if out.ndim == 0 else np.asarray(out)


def _lost(agents: Numbers, fresh_load: Numbers, aht: Numbers, patience: Numbers, redial: Numbers) -> Array:
    load = total_load(agents, fresh_load, aht=aht, patience=patience, redial=redial)
    return np.asarray(erlang_a.abandon_rate(agents, load, aht=aht, patience=patience))
