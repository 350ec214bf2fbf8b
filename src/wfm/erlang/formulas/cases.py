"""Which formula holds for which element of broadcast arrays, and the waits of Erlang A case by case.

Without load there is nothing to measure; without agents everybody waits until his patience ends; with endless patience
the queue is Erlang C; else it is the Palm queue.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wfm.erlang.formulas import erlang_c
from wfm.erlang.formulas.arguments import Array, Numbers, amount, over
from wfm.erlang.formulas.longest_wait import late_share, mean_longest
from wfm.erlang.formulas.palm import Palm, chunks, palm

NOBODY = 1e-9  # fewer agents are none: their rates would overflow

Formula = Callable[..., Array]
Three = tuple[Formula, Formula, Formula]  # of the Palm queue, of Erlang C, and where nobody is there


def by_case(
    finite: Formula,
    endless: Formula,
    nobody: Formula,
    unused: float,
    agents: Numbers,
    load: Numbers,
    aht: Numbers,
    patience: Numbers,
    *more: Array,
) -> Array | float:
    """One of three formulas of (agents, load, aht, patience, *more) by element; `unused` where there is no load."""

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


def quantiles(answered: bool) -> Three:
    """The wait that a share `late` exceeds [s]."""

    def finite(n: Array, a: Array, aht: Array, p: Array, late: Array) -> Array:
        queue = palm(n, a, p / aht)
        return aht * _exceeded(_later(queue, answered), late, queue.r)

    def endless(n: Array, a: Array, aht: Array, p: Array, late: Array) -> Array:
        return erlang_c.quantile_flat(late, n, a, aht)

    def nobody(n: Array, a: Array, aht: Array, p: Array, late: Array) -> Array:
        return np.full_like(p, np.inf) if answered else -p * np.log(late)

    return finite, endless, nobody


def longest_waits(answered: bool) -> Three:
    """What the longest wait of so many contacts does not exceed with a probability [s]."""
    finite, endless, nobody = quantiles(answered)

    def of_palm(n: Array, a: Array, aht: Array, p: Array, many: Array, share: Array) -> Array:
        number = many * (1 - palm(n, a, p / aht).abandon()) if answered else many
        return finite(n, a, aht, p, late_share(number, share))

    def of(quantile: Formula) -> Formula:
        return lambda n, a, aht, p, many, share: quantile(n, a, aht, p, late_share(many, share))

    return of_palm, of(endless), of(nobody)


def mean_longest_waits(answered: bool) -> Three:
    """Mean of the longest wait of so many contacts [s]; a further argument is not looked at."""

    def finite(n: Array, a: Array, aht: Array, p: Array, many: Array, share: Array) -> Array:
        queue = palm(n, a, p / aht)
        number = many * (1 - queue.abandon()) if answered else many
        later = _later(queue, answered)
        return aht * mean_longest(number, later, lambda late: _exceeded(later, late, queue.r))

    def endless(n: Array, a: Array, aht: Array, p: Array, many: Array, share: Array) -> Array:
        return np.asarray(erlang_c.longest_wait(many, n, a, aht=aht))

    def nobody(n: Array, a: Array, aht: Array, p: Array, many: Array, share: Array) -> Array:
        from scipy.special import digamma

        return np.full_like(p, np.inf) if answered else p * (digamma(many + 1) + np.euler_gamma)

    return finite, endless, nobody


def _later(queue: Palm, answered: bool) -> Callable[[Array], Array]:
    """P(W > t) of the answered or of all offered, t in handle times."""
    served = 1 - queue.abandon()

    def later(t: Array) -> Array:
        return queue.served_later(t) / served if answered else np.exp(-t / queue.r) * queue.longer(t)

    return later


def _exceeded(later: Callable[[Array], Array], late: Array, r: Array) -> Array:
    """Smallest t with P(W > t) <= late, in handle times: bracket by doubling, then halve."""
    low, high = np.zeros_like(late), r / 64
    at_once = later(low) <= late
    while True:
        open_ = (later(high) > late) & ~at_once
        if not open_.any():
            break
        low, high = np.where(open_, high, low), np.where(open_, 2 * high, high)
    for _ in range(60):
        middle = (low + high) / 2
        longer = later(middle) > late
        low, high = np.where(longer, middle, low), np.where(longer, high, middle)
    return np.where(at_once, 0.0, high)
