"""Fewest agent-hours over a day or week: agents go where one more helps the most contacts.

The service of an interval rises in its agents first faster, then slower. The order in which agents are added follows
the least concave curve above it, by gain per agent-hour; what is more than needed is taken away again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """Something that a scope needs enough of: `curve[i, k]` of it with base + k agents in interval i."""

    curve: Array
    need: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The order in which agents are added: `rank[i, k]` of the (k+1)th further agent of interval i within its scope."""

    rank: Whole
    order: Whole
    bounds: Whole

    def agents(self, steps: Whole, scope: Whole) -> Whole:
        """Further agents by interval after so many steps in every scope."""
        return np.asarray((self.rank < steps[scope][:, None]).sum(axis=1))


def rank_agents(curve: Array, hours: Array, scope: Whole, room: Whole) -> Ranking:
    """Rank the further agents of every interval by gain per agent-hour; `room[i]` is the most that interval i takes."""
    width = curve.shape[1] - 1
    k = np.arange(1, width + 1)
    worth = _concave_gains(curve) / hours[:, None]
    worth = np.where(k[None, :] <= room[:, None], worth, -np.inf)
    flat_scope = np.repeat(scope, width)
    order = np.lexsort((-worth.ravel(), flat_scope))
    scopes = int(scope.max()) + 1 if len(scope) else 0
    bounds = np.searchsorted(flat_scope[order], np.arange(scopes + 1))
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size) - bounds[flat_scope[order]]
    rank = place.reshape(worth.shape)
    rank[~np.isfinite(worth)] = np.iinfo(np.int64).max
    return Ranking(rank=rank, order=order, bounds=bounds)


def _concave_gains(curve: Array) -> Array:
    """Gain of each further agent along the concave cover of an S-shaped curve: a chord, then the curve itself."""
    if curve.shape[1] == 1:
        return np.zeros((len(curve), 0))
    rise = curve[:, 1:] - curve[:, :1]
    k = np.arange(1, curve.shape[1])
    chord = rise / k
    best = chord.argmax(axis=1)
    gains = np.minimum.accumulate(np.where(k - 1 > best[:, None], np.diff(curve, axis=1), np.inf), axis=1)
    top = np.take_along_axis(chord, best[:, None], axis=1)
    return np.where(k - 1 <= best[:, None], top, np.minimum(gains, top))


def steps_needed(ranking: Ranking, criterion: Criterion, scope: Whole) -> Whole:
    """Fewest steps along the order after which every scope has enough."""
    added = np.diff(criterion.curve, axis=1).ravel()[ranking.order]
    scopes = len(ranking.bounds) - 1
    have = np.bincount(scope, weights=criterion.curve[:, 0], minlength=scopes)
    steps = np.zeros(scopes, dtype=np.int64)
    for d in range(scopes):
        gained = np.cumsum(added[ranking.bounds[d] : ranking.bounds[d + 1]])
        missing = criterion.need[d] - have[d]
        if missing > 1e-12:
            enough = np.flatnonzero(gained >= missing - 1e-12)  # not sorted where a criterion is not the one ranked by
            steps[d] = enough[0] + 1 if enough.size else len(gained)
    return steps


def allocate(criteria: Sequence[Criterion], hours: Array, scope: Whole, room: Whole) -> Whole:
    """Further agents by interval with the fewest hours found that give every scope enough of every criterion.

    With several criteria the order follows each of them and their even mixture; the cheapest plan wins, by scope.
    """
    scopes = int(scope.max()) + 1 if len(scope) else 0
    scaled = [c.curve / np.maximum(_missing(c, scope, scopes), 1e-9)[scope][:, None] for c in criteria]
    mixtures = scaled if len(scaled) == 1 else [*scaled, np.sum(scaled, axis=0)]
    best, least = np.zeros(len(scope), dtype=np.int64), np.full(scopes, np.inf)
    for curve in mixtures:
        ranking = rank_agents(curve, hours, scope, room)
        steps = np.max([steps_needed(ranking, c, scope) for c in criteria], axis=0)
        plan = _trim(ranking.agents(steps, scope), criteria, scope, hours)
        cost = np.bincount(scope, weights=plan * hours, minlength=scopes)
        better = cost < least - 1e-12
        best = np.where(better[scope], plan, best)
        least = np.where(better, cost, least)
    return best


def _missing(criterion: Criterion, scope: Whole, scopes: int) -> Array:
    return np.maximum(criterion.need - np.bincount(scope, weights=criterion.curve[:, 0], minlength=scopes), 0.0)


def _trim(plan: Whole, criteria: Sequence[Criterion], scope: Whole, hours: Array) -> Whole:
    """Take single agents away while every scope keeps enough, first who takes least of what is to spare by the hour."""
    plan = plan.copy()
    rows = np.arange(len(plan))
    scopes = int(scope.max()) + 1 if len(scope) else 0
    spare = [np.bincount(scope, weights=c.curve[rows, plan], minlength=scopes) - c.need for c in criteria]
    while True:
        loss = [c.curve[rows, plan] - c.curve[rows, np.maximum(plan - 1, 0)] for c in criteria]
        possible = plan > 0
        for have, lost in zip(spare, loss, strict=True):
            possible &= lost <= have[scope] + 1e-12
        found = np.flatnonzero(possible)
        if not found.size:
            return plan
        taken = [lost[found] / np.maximum(have[scope[found]], 1e-12) for have, lost in zip(spare, loss, strict=True)]
        worst = np.max(taken, axis=0) / hours[found]
        pick = found[np.lexsort((worst, scope[found]))]
        first = pick[np.unique(scope[pick], return_index=True)[1]]
        plan[first] -= 1
        for have, lost in zip(spare, loss, strict=True):
            have[scope[first]] -= lost[first]
