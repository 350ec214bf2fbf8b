"""How the state of a chain moves in time, to 1e-10 also where it is far from where it is heading.

The rational exponential errs by 8e-14 in the norm weighted by the stationary law of the interval. A state far out in
that law (an empty line in the morning, doors that open on a crowd, an outage) is long in this norm: there strides are
taken in which the mass moves by a part of its width, as long as two halves agree with the whole; where it is narrow or
rough, by uniformisation, whose terms are all positive. A stride sees only the states in which the mass is meanwhile,
a multiple of the root of the load. The pieces are kept, so that the adjoint takes the same ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.transient.rational import end_and_mean


class Piece(NamedTuple):
    """A step: its length [s], whether it is uniformised, and the states that hold all the mass meanwhile."""

    time: float
    uniform: bool
    low: int = 0
    high: int | None = None


Pieces = tuple[Piece, ...]
Chain = tuple[Array, Array, Array]

_CLOSE = 4.0  # log of the weighted norm up to which one rational step errs by less than 1e-11
_FEW, _SHORT = 30.0, 60.0  # events below which a stride is uniformised, and how many it then takes
_MANY = 600.0  # events of the fastest state that a uniformised stride may see
_SHIFT = 0.5  # widths by which the mass moves in the first stride that is tried
_AGREE = 2e-11
_NOISE = 1e-16  # below it a probability is rounding
_NOTHING = 1e-19  # a weight
_LOST = 2e-13  # mass that may leave the states of a stride
_NARROW = 0.7  # of all states, below which a rational stride keeps to those it needs


def evolve(chain: Chain, time: float, p: Array) -> tuple[Array, Array, Pieces]:
    """State after some seconds, its mean until then, and the pieces in which it was found; chain of one row."""
    if time <= 0:
        return p, p, ()
    rows, law = (chain[0][None], chain[1][None], chain[2][None]), _stationary(chain)
    left, reach, sums, pieces = time, np.inf, np.zeros_like(p), Pieces()
    while left > 0:
        if _distance(law, p) <= _CLOSE or _still(rows, p, left):
            steps: Pieces = (Piece(left, False),)
            end, mean = along(rows, steps, p[None])
        else:
            steps, end, mean, reach = _stride(rows, p, left, reach)
        spent = sum(piece.time for piece in steps)
        p, sums, pieces = _clean(end[0]), sums + spent * mean[0], pieces + steps
        left = left - spent if left - spent > 1e-12 * time else 0.0
    return p, sums / time, pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mass:
    """Where the mass is: its first state and the one behind the last; drift of its mean [1/s]; standard deviation."""

    low: int
    high: int
    drift: float
    width: float

    def states(self, chain: Chain, time: float, wide: float) -> tuple[int, int]:
        """The states that it may reach in a time."""
        margin = wide * (8.5 * (np.sqrt(self.width**2 + self.speed(chain) * time) - self.width) + 10)
        first, last = self.low + min(self.drift * time, 0.0) - margin, self.high + max(self.drift * time, 0.0) + margin
        return max(int(first), 0), min(int(last) + 1, chain[1].shape[1])

    def brief(self, chain: Chain, time: float, wide: float) -> float:
        """A time in which no state that it may reach sees many events: far ones may be much faster than it is."""
        while True:
            low, high = self.states(chain, time, wide)
            if -float(chain[1][0, low:high].min()) * time <= _MANY:
                return time
            time /= 2

    def speed(self, chain: Chain) -> float:
        """Most events a second where the mass is."""
        return -float(chain[1][0, self.low : self.high].min())


def _stride(chain: Chain, p: Array, left: float, reach: float) -> tuple[Pieces, Array, Array, float]:
    """The next steps, the state after them and its mean, and how far the next stride may reach [s]."""
    mass, wide = _mass(chain, p), 1.0
    speed = max(mass.speed(chain), 1e-300)
    h = min(reach if np.isfinite(reach) else _SHIFT * mass.width / max(abs(mass.drift), 1e-300), left)
    while True:
        uniform = speed * h <= _FEW
        if uniform:
            h = mass.brief(chain, min(_SHORT / speed, left), wide)
        low, high = mass.states(chain, h, wide)
        every = high - low >= (1.0 if uniform else _NARROW) * len(p)
        step = Piece(h, uniform) if every else Piece(h, uniform, low, high)
        end, mean = along(chain, (step,), p[None])
        steps: Pieces = (step,)
        further = np.inf
        if not uniform:
            half, whole = step._replace(time=h / 2), end
            steps = (half, half)
            end, mean = along(chain, steps, p[None])
            apart = float(np.abs(end - whole).sum())
            if not apart <= _AGREE:
                h /= 2
                continue
            further = h * (1.5 if apart < _AGREE / 20 else 1.1 if apart < _AGREE / 4 else 1.0)
        if every or abs(p.sum() - end.sum()) <= _LOST:
            return steps, end, mean, further
        wide *= 2


def _mass(chain: Chain, p: Array) -> _Mass:
    there = np.flatnonzero(p > _NOISE)
    low, high = (int(there[0]), int(there[-1]) + 1) if there.size else (0, len(p))
    mass = p[low:high] / max(float(p[low:high].sum()), 1e-300)
    away = np.arange(low, high) - float(mass @ np.arange(low, high))
    up, down = np.append(chain[0][0, low:high], 0.0)[: high - low], np.append(0.0, chain[2][0])[low:high]
    return _Mass(low=low, high=high, drift=float(mass @ (up - down)), width=float(np.sqrt(mass @ away**2)))


def along(chain: Chain, pieces: Pieces, vectors: Array) -> tuple[Array, Array]:
    """The same steps for many rows with chains of their own: the states at the end, and the means."""
    if not pieces:
        return vectors, vectors
    total, mean = sum(piece.time for piece in pieces), np.zeros_like(vectors)
    for piece in pieces:
        vectors, part = _step(chain, piece, vectors)
        mean += piece.time / total * part
    return vectors, mean


def _step(chain: Chain, piece: Piece, vectors: Array) -> tuple[Array, Array]:
    """State after a piece and its mean; what leaves its states is lost, so that the transposed chain is the adjoint."""
    how = _uniform if piece.uniform else _rational
    if piece.high is None:
        return how(chain, piece.time, vectors)
    some, between = slice(piece.low, piece.high), slice(piece.low, piece.high - 1)
    both = np.zeros((2, *vectors.shape))
    both[:, :, some] = how(
        (chain[0][:, between], chain[1][:, some], chain[2][:, between]), piece.time, vectors[:, some]
    )
    return both[0], both[1]


def back_mean(chain: Chain, pieces: Pieces, values: Array) -> Array:
    """Adjoint of the mean over the pieces: what each state at the start is worth if `values` are earned on average."""
    back, total = transposed(chain), sum(piece.time for piece in pieces)
    worth = np.zeros_like(values)
    for piece in reversed(pieces):
        worth = piece.time / total * along(back, (piece,), values)[1] + along(back, (piece,), worth)[0]
    return worth


def transposed(chain: Chain) -> Chain:
    """The chain by which values move backward in time."""
    return chain[2], chain[1], chain[0]


def cut(pieces: Pieces, time: float, start: float = 0.0) -> Pieces:
    """The pieces between two times."""
    out, begin = [], 0.0
    for piece in pieces:
        end = begin + piece.time
        inside = min(end, time) - max(begin, start)
        if inside > 1e-9:
            out.append(piece._replace(time=inside))
        begin = end
    return tuple(out)


def moving(chain: Chain, vectors: Array) -> Array:
    """How fast the states change [1/s]: the chain applied to them."""
    lower, diagonal, upper = chain
    out = diagonal * vectors
    out[:, 1:] += lower * vectors[:, :-1]
    out[:, :-1] += upper * vectors[:, 1:]
    return np.asarray(out)


def states_at(chain: Chain, times: Array, vectors: Array) -> Array:
    """States of many rows at many times [times x rows x states] by uniformisation."""
    steps, weights = _steps(chain, times)
    out = np.zeros((len(times), *vectors.shape))
    for now in weights:
        out += now[:, :, None] * vectors
        vectors = steps(vectors)
    return out


def back_from(chain: Chain, times: Array, values: Array) -> Array:
    """Adjoint of `states_at`: what each state is worth if `values` [times x rows x states] are earned at the times."""
    steps, weights = _steps(transposed(chain), times)
    worth = np.zeros(values.shape[1:])
    for now in weights[::-1]:
        worth = steps(worth) + np.asarray(np.einsum("tr,trx->rx", now, values))
    return worth


def _steps(chain: Chain, times: Array) -> tuple[Callable[[Array], Array], Array]:
    """One event of the uniformised chains of many rows, and the weights of 0, 1, ... events [n x times x rows]."""
    lower, diagonal, upper = chain
    speed = np.maximum(-diagonal.min(axis=1), 1e-300)
    stay, rise, fall = 1 + diagonal / speed[:, None], lower / speed[:, None], upper / speed[:, None]

    def step(vectors: Array) -> Array:
        moved = stay * vectors
        moved[:, 1:] += rise * vectors[:, :-1]
        moved[:, :-1] += fall * vectors[:, 1:]
        return np.asarray(moved)

    return step, poisson_weights(times[:, None] * speed)


def poisson_weights(mean: Array) -> Array:
    """Poisson probabilities of 0, 1, ... along a new first axis, as many as count."""
    from scipy.special import gammaln, xlogy

    top = float(mean.max(initial=0.0))
    n = np.arange(int(top + 8.5 * np.sqrt(top) + 18)).reshape((-1,) + (1,) * mean.ndim)
    weights = np.exp(xlogy(n, mean) - mean - gammaln(n + 1))
    return np.asarray(weights / weights.sum(axis=0))


def _rational(chain: Chain, time: float, vectors: Array) -> tuple[Array, Array]:
    return end_and_mean(*chain, np.full(len(vectors), time), vectors)


def _uniform(chain: Chain, time: float, p: Array) -> tuple[Array, Array]:
    """End states and means of many rows; the mean weights step n by P(more than n events)."""
    step, weights = _steps(chain, np.full(1, time))
    weights = weights[:, 0]
    beyond = np.cumsum(weights[::-1], axis=0)[::-1] - weights
    total = beyond.sum(axis=0)
    beyond = np.where(total > 0, beyond / np.where(total > 0, total, 1.0), weights)
    end, mean = np.zeros_like(p), np.zeros_like(p)
    counts, still_counts = weights.max(axis=1) > _NOTHING, beyond.max(axis=1) > _NOTHING
    for n in range(len(weights)):
        if counts[n]:
            end += weights[n][:, None] * p
        if still_counts[n]:
            mean += beyond[n][:, None] * p
        p = step(p)
    return end, mean


def _stationary(chain: Chain) -> Array:
    """Log of the stationary law of a chain of one row; where some state is never left for another, minus infinity."""
    lower, diagonal, upper = chain
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(lower) - np.log(upper)
    if not np.isfinite(ratio).all():
        return np.full(len(diagonal), -np.inf)
    law = np.concatenate([[0.0], np.cumsum(ratio)])
    return np.asarray(law - law.max() - np.log(np.exp(law - law.max()).sum()))


def _distance(law: Array, p: Array) -> float:
    """Log of the norm of p weighted by the stationary law, `sum p^2 / pi` under the root."""
    there = p > 10 * _NOISE
    terms = 2 * np.log(p[there]) - law[there]
    if not terms.size or not np.isfinite(terms).all():
        return np.inf if terms.size else 0.0
    return float(0.5 * (terms.max() + np.log(np.exp(terms - terms.max()).sum())))


def _still(chain: Chain, p: Array, time: float) -> bool:
    """Whether next to nothing happens: a closed line with nobody in it."""
    return float(np.abs(moving(chain, p[None])).sum()) * time <= _NOISE


def _clean(p: Array) -> Array:
    """Without the rounding of far states, which a later step would raise."""
    p[p < _NOISE] = 0.0
    return p
