"""Blending as a Markov chain: exactly in two dimensions, and nearly in one.

n agents serve live contacts first; whenever more than b of them are idle, one takes a deferrable contact, of which
there are always some. State (f, j): j agents on deferrable contacts, n - b + f contacts in all, so b - f idle agents or
f - b waiting. With B = min(n - b + f, n), live rate (B - j) mu, deferrable rate j nu, hang-ups (f - b)+ theta:

    arrival                 (f, j) -> (f + 1, j)                        lam
    live done or hung up    (f, j) -> (f - 1, j), at f = 0 (0, j + 1)   (B - j) mu + (f - b)+ theta
    deferrable done         (f, j) -> (f - 1, j - 1), at f = 0 itself   j nu

A deferrable contact is not interrupted. Equal rates mu = nu make f a chain of its own, so that one dimension is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wfm.erlang.formulas.arguments import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Blending:
    """The rates [1/s], whole agents, and the idle agents that are kept; `most` = states of f."""

    agents: int
    idle: int
    arrivals: float
    live: float
    other: float
    leave: float
    most: int

    @property
    def room(self) -> int:
        """Most agents on deferrable contacts."""
        return self.agents - self.idle

    @property
    def busy(self) -> Array:
        """Busy agents by f."""
        return np.minimum(self.room + np.arange(self.most), self.agents).astype(float)

    @property
    def waiting(self) -> Array:
        """Waiting contacts by f."""
        return np.maximum(np.arange(self.most) - self.idle, 0).astype(float)


def states(agents: int, idle: int, arrivals: float, live: float, other: float, leave: float) -> int:
    """States of f that hold all but 1e-12 of the probability."""
    if leave > 0:
        slowest = agents * (min(live, other) if idle < agents else live) / leave
        load = arrivals / leave
        queue = max(load - slowest, 0.0) + 10 * np.sqrt(load + 10) + 40
    else:
        stuck = max(arrivals - idle * live, 0.0) / other if idle < agents else 0.0  # grows while all are on other work
        queue = min(40 / max(-np.log(arrivals / (agents * live)), 1e-2) + stuck, 4000.0)
    return int(idle + queue + 1)


def shares(chain: Blending) -> Array:
    """Probability of every state (f, j), by solving the balance equations."""
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import spsolve

    width = chain.room + 1
    f, j = (x.ravel() for x in np.meshgrid(np.arange(chain.most), np.arange(width), indexing="ij"))
    here = np.arange(f.size)
    gone = (chain.busy[f] - j) * chain.live + chain.waiting[f] * chain.leave
    moves = (
        (f < chain.most - 1, width, np.full(f.size, chain.arrivals)),
        (f >= 1, -width, gone),
        ((f == 0) & (j < chain.room), 1, gone),
        ((f >= 1) & (j >= 1), -width - 1, j * chain.other),
    )
    into = np.concatenate([x for some, step, _ in moves for x in (here[some] + step, here[some])])
    out_of = np.concatenate([x for some, _, _ in moves for x in (here[some], here[some])])
    rate = np.concatenate([x for some, _, rates in moves for x in (rates[some], -rates[some])])
    balance = coo_array((rate, (into, out_of)), shape=(f.size, f.size)).tocsc()
    likely = min(chain.idle, chain.most - 1) * width + int(
        np.clip(chain.agents - chain.idle / 2 - chain.arrivals / chain.live, 0, chain.room)
    )
    rest = np.delete(here, likely)
    found = np.ones(f.size)
    if rest.size:
        found[rest] = spsolve(balance[rest][:, rest].tocsc(), -balance[rest][:, [likely]].toarray().ravel())
    found = np.maximum(found, 0.0)
    return np.asarray((found / found.sum()).reshape(chain.most, width))


def within(chain: Blending, time: float, own: float) -> tuple[Array, Array]:
    """P(served within `time`) and P(hung up within it) of a contact that finds q waiting and j deferrable, by (q, j).

    `own` is its own rate of hanging up. By uniformisation: what happens within k + 1 jumps is what the first jump does,
    or leaves to the k behind it.
    """
    queue = chain.most - chain.idle
    q, j = np.arange(queue)[:, None], np.arange(chain.room + 1)[None, :]
    same = (chain.agents - j) * chain.live + q * chain.leave
    fewer = np.broadcast_to(j * chain.other, same.shape)
    pace = float((same + fewer).max() + own)
    stay = 1 - (same + fewer + own) / pace
    steps = int(pace * time + 8 * np.sqrt(pace * time) + 25)
    served, left = np.zeros(same.shape), np.zeros(same.shape)
    total = served.copy(), left.copy()
    jumps = _poisson(pace * time, steps)
    for k in range(steps + 1):
        total = total[0] + jumps[k] * served, total[1] + jumps[k] * left
        served = _jump(served, same, fewer, stay, pace, 1.0)
        left = _jump(left, same, fewer, stay, pace, 0.0) + own / pace
    return total


def _jump(value: Array, same: Array, fewer: Array, stay: Array, pace: float, at_head: float) -> Array:
    """One jump back: the queue ahead shrinks, with or without a deferrable contact being done."""
    ahead = np.vstack([np.full((1, value.shape[1]), at_head), value[:-1]])
    one_less = np.hstack([ahead[:, :1], ahead[:, :-1]])
    return np.asarray((same * ahead + fewer * one_less) / pace + stay * value)


def _poisson(mean: float, most: int) -> Array:
    from scipy.special import gammaln

    k = np.arange(most + 1)
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(k * np.log(mean) - mean - gammaln(k + 1))) if mean > 0 else (k == 0).astype(float)


def shares_by_moments(chain: Blending) -> tuple[Array, Array]:
    """Probability of every f, and the mean of j in it, from first moments closed by a binomial variance.

    The balance of E[j; f] needs E[j^2; f], taken as the square of its mean plus the variance m (1 - m / room) of all of
    j. Exact where live and deferrable rates are equal.
    """
    busy, rate = chain.busy, chain.busy * chain.live + chain.waiting * chain.leave
    mean = np.minimum(np.full(chain.most, 0.5 * chain.room), busy)
    share = _birth_death(chain.arrivals, rate + mean * (chain.other - chain.live))
    if chain.room == 0 or chain.live == chain.other:
        return share, _balanced(chain, share)
    for _ in range(400):
        fresh = _first_moments(chain, share, mean, rate)
        if np.abs(fresh - mean).max() < 1e-9:
            break
        mean = 0.5 * (mean + fresh)
        share = _birth_death(chain.arrivals, rate + mean * (chain.other - chain.live))
    return share, mean


def _balanced(chain: Blending, share: Array) -> Array:
    """Mean of j, the same in every f, so that live contacts come and go alike."""
    lost = float(share @ chain.waiting) * chain.leave
    j = float(share @ chain.busy) - (chain.arrivals - lost) / chain.live
    return np.full(chain.most, min(max(j, 0.0), float(chain.room)))


def _birth_death(arrivals: float, death: Array) -> Array:
    weight = np.concatenate([[0.0], np.cumsum(np.log(arrivals) - np.log(np.maximum(death[1:], 1e-300)))])
    found = np.exp(weight - weight.max())
    return np.asarray(found / found.sum())


def _first_moments(chain: Blending, share: Array, mean: Array, rate: Array) -> Array:
    """Mean of j by f from the balance of E[j; f], the variance closed."""
    from scipy.linalg import solve_banded

    total = float(share @ mean)
    spread = (chain.other - chain.live) * total * (1 - total / chain.room) * share
    out = rate + mean * (chain.other - chain.live)
    bands = np.zeros((3, chain.most))
    bands[0, 1:] = (out - chain.other)[1:]
    bands[1] = np.where(np.arange(chain.most) < chain.most - 1, -chain.arrivals, 0.0)
    bands[1, 1:] -= out[1:]
    bands[1, 0] -= chain.live
    bands[2, :-1] = chain.arrivals
    right = np.zeros(chain.most)
    right[:-1] -= spread[1:]
    right[1:] += spread[1:]
    right[0] -= share[0] * rate[0]
    moment = solve_banded((1, 1), bands, right)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(share > 1e-250, moment / share, mean)
    return np.asarray(np.clip(found, 0.0, np.minimum(chain.busy, chain.room)))
