"""Balanced groups: moments whose rises and falls of the requirement cancel out over a tree of shifts and slack.

A tree grows from its root by trees planted on it: who is left over at the root of one goes over an arc to the other.
All balanced trees below a weight are found by joining planted trees at a root in the middle, none of which carries more
than half of the weight. Thousands of small trees as arrays, their moments as bits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wfm.schedule.cover.changes import Changes, Masks
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import Bools, Floats, Ints

SLIGHT = 1e-9
PAIRS_AT_ONCE = 500_000
MOST_PAIRS = 5_000_000  # to look at for one join


class TooManyGroupsError(Exception):
    """More trees than may be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The least cost of each group [distinct shifts], slots of cover less surplus, and its moments."""

    cost: Floats
    slots: Ints
    inside: Bools

    @classmethod
    def none(cls, moments: int) -> Groups:
        """No group of so many moments."""
        return cls(cost=np.zeros(0), slots=np.zeros(0, dtype=np.int64), inside=np.zeros((0, moments), dtype=bool))

    def of(self, chosen: Bools) -> Groups:
        """The chosen ones."""
        return Groups(cost=self.cost[chosen], slots=self.slots[chosen], inside=self.inside[chosen])

    def and_more(self, other: Groups) -> Groups:
        """These and the others."""
        return Groups(
            cost=np.r_[self.cost, other.cost],
            slots=np.r_[self.slots, other.slots],
            inside=np.r_[self.inside, other.inside],
        )


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees by root, people left over there, slots of cover, weight and moments."""

    root: Ints
    over: Ints
    slots: Ints
    weight: Floats
    moments: Masks

    def __len__(self) -> int:
        return len(self.root)

    def of(self, chosen: Ints | Bools) -> Trees:
        """The chosen ones."""
        return Trees(
            self.root[chosen], self.over[chosen], self.slots[chosen], self.weight[chosen], self.moments[chosen]
        )

    def with_planted(self, own: Ints, planted: Trees, other: Ints) -> Trees:
        """Trees of these, pair by pair with those planted on their roots."""
        return Trees(
            self.root[own],
            self.over[own] + planted.over[other],
            self.slots[own] + planted.slots[other],
            self.weight[own] + planted.weight[other],
            self.moments[own] | planted.moments[other],
        )

    def keys(self) -> Masks:
        """A number for each root, slots of cover and set of moments."""
        salt = np.random.default_rng(0).integers(1, 2**62, self.moments.shape[1] + 1).astype(np.uint64) | np.uint64(1)
        key = (self.root.astype(np.uint64) + np.uint64(1)) * salt[-1] + self.slots.astype(np.uint64)
        for word in range(self.moments.shape[1]):
            key = (key ^ self.moments[:, word]) * salt[word]
            key ^= key >> np.uint64(29)
        return np.asarray(key, dtype=np.uint64)

    def distinct(self) -> Trees:
        """The lightest of each root, slots of cover and set of moments."""
        key = self.keys()
        order = np.lexsort((self.weight, key))
        return self.of(order[np.r_[True, np.diff(key[order]) != 0]] if len(order) else order)


@dataclass(slots=True)
class Known:
    """Trees seen so far, at their least weight."""

    keys: Masks
    weights: Floats

    @classmethod
    def nothing(cls) -> Known:
        """Nothing seen."""
        return cls(np.zeros(0, dtype=np.uint64), np.zeros(0))

    def unseen(self, trees: Trees) -> Trees:
        """Those that are new or lighter than before, each once; they are known from now on."""
        trees = trees.distinct()
        key = trees.keys()
        if len(self.keys):
            at = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
            fresh = (self.keys[at] != key) | (trees.weight < self.weights[at] - SLIGHT)
            trees, key = trees.of(fresh), key[fresh]
        keys, weights = np.r_[self.keys, key], np.r_[self.weights, trees.weight]
        order = np.lexsort((weights, keys))
        first = order[np.r_[True, np.diff(keys[order]) != 0]] if len(order) else order
        self.keys, self.weights = keys[first], weights[first]
        return trees


def balanced_groups(changes: Changes, values: Floats, *, most: float, at_most: int, clock: Clock) -> Groups:
    """All balanced groups whose cost is at most `most` - 1 above the values of their moments.

    Parameters
    ----------
    values : Floats     What each moment is worth; no more than 1 and than one person of slack next to it.
    most : float        Cost of the arcs less the values of the moments, plus 1, at most.
    at_most : int       Trees to keep.
    clock : Clock       The time that it may take.

    Raises
    ------
    TooManyGroupsError   There are more trees than that, or than time allows.
    """
    moment = np.arange(changes.moments)
    singles = Trees(moment, changes.balance, np.zeros_like(moment), 1.0 - values, changes.masks())
    singles = singles.of(singles.weight <= most)
    planted = _all_planted(changes, singles, most, at_most, clock)
    planted = planted.of(np.lexsort((planted.over, planted.root, planted.weight)))
    apart = 2 * int(np.abs(planted.over).max(initial=0)) + 2 * int(np.abs(changes.balance).sum()) + 1
    found = []
    trees, last = singles, np.full(len(singles), -1)
    while len(trees):
        room = most - trees.weight + SLIGHT
        own, other = _pairs(trees, planted, room, trees.root * apart - trees.over, planted.root * apart + planted.over)
        later = other > last[own]
        found.append(trees.with_planted(own[later], planted, other[later]))
        own, other = _pairs(trees, planted, room / 2, trees.root, planted.root)  # what follows is no lighter
        later = other > last[own]
        trees, last = trees.with_planted(own[later], planted, other[later]), other[later]
        if len(trees) > at_most or clock.left <= 0:
            raise TooManyGroupsError
    if not found:
        return Groups.none(changes.moments)
    groups = _joined(found)
    groups = replace(groups, root=np.zeros_like(groups.root)).distinct()
    inside = _members(groups.moments, changes.moments)
    return Groups(cost=groups.weight - 1.0 + inside @ values, slots=groups.slots, inside=inside)


def _parts(trees: Trees) -> Any:
    return trees.root, trees.over, trees.slots, trees.weight, trees.moments


def _joined(parts: list[Trees]) -> Trees:
    return Trees(*(np.concatenate(part) for part in zip(*map(_parts, parts), strict=True)))


def _all_planted(changes: Changes, singles: Trees, most: float, at_most: int, clock: Clock) -> Trees:
    """Every tree that may be planted on the root in the middle of a group, or on a tree that is."""
    lowest = min(0.0, float(changes.price[changes.slack].min(initial=1.0)) - 1.0)
    limit = most / 2 - lowest
    rooted = singles.of(singles.weight <= limit - lowest + SLIGHT)
    known, known_planted = Known.nothing(), Known.nothing()
    known.unseen(rooted)
    planted = rooted.of(np.zeros(0, dtype=np.int64))
    fresh = rooted
    while len(fresh):
        new = known_planted.unseen(_planted(changes, fresh, most, limit))
        planted = _joined([planted, new])
        grown, trees = [], rooted
        while len(trees) and len(new):
            room = limit - lowest - trees.weight + SLIGHT
            own, other = _pairs(trees, new, room, trees.root, new.root)
            trees = known.unseen(trees.with_planted(own, new, other))
            grown.append(trees)
        fresh = _joined(grown) if grown else fresh.of(np.zeros(0, dtype=np.int64))
        rooted = _joined([rooted, fresh])
        if max(len(rooted), len(planted)) > at_most or clock.left <= 0:
            raise TooManyGroupsError
    return planted


def _planted(changes: Changes, trees: Trees, most: float, limit: float) -> Trees:
    """Trees whose people left over go, or come, over an arc to another root."""
    bits = changes.masks()
    found = []
    for sign, own, other in ((1, changes.tail, changes.head), (-1, changes.head, changes.tail)):
        chosen = np.flatnonzero(sign * trees.over > 0)
        order = np.argsort(own, kind="stable")
        first = np.searchsorted(own[order], np.arange(changes.moments + 1))
        root = trees.root[chosen]
        which, place = _spread(first[root], first[root + 1] - first[root])
        tree, arc = chosen[which], order[place]
        more = changes.cost(arc, np.abs(trees.over[tree])) - 1.0
        weight = trees.weight[tree] + more
        fits = (trees.weight[tree] + more / 2 <= limit + SLIGHT) & (weight <= most + SLIGHT)
        fits &= ((trees.moments[tree] & bits[other[arc]]) == 0).all(axis=1)
        tree, arc = tree[fits], arc[fits]
        slots = trees.slots[tree] + (np.abs(trees.over[tree]) * changes.length[arc]).astype(np.int64)
        found.append(Trees(other[arc], trees.over[tree], slots, weight[fits], trees.moments[tree]))
    return _joined(found)


def _pairs(trees: Trees, planted: Trees, room: Floats, keys: Ints, others: Ints) -> tuple[Ints, Ints]:
    """Trees and those planted for which they have room, of equal keys and without a common moment."""
    order = np.lexsort((planted.weight, others))
    sorted_keys, weight = others[order], planted.weight[order]
    same, rank = np.unique(sorted_keys, return_inverse=True)
    apart = 2 * float(weight.max(initial=0.0)) + 1
    at = np.minimum(np.searchsorted(same, keys), max(len(same) - 1, 0))
    first = np.searchsorted(sorted_keys, keys, side="left")
    ranks = rank * apart + weight
    count = np.searchsorted(ranks, at * apart + np.minimum(room, apart - 1), side="right") - first
    count[(room < 0) | ~np.isin(keys, same)] = 0
    total = np.cumsum(count)
    if len(total) and total[-1] > MOST_PAIRS:
        raise TooManyGroupsError
    own, other = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    begin = 0
    while begin < len(trees):
        before = total[begin - 1] if begin else 0
        until = max(int(np.searchsorted(total, before + PAIRS_AT_ONCE, side="right")), begin + 1)
        which, place = _spread(first[begin:until], count[begin:until])
        which, place = which + begin, order[place]
        apart_pairs = ((trees.moments[which] & planted.moments[place]) == 0).all(axis=1)
        own.append(which[apart_pairs])
        other.append(place[apart_pairs])
        begin = until
    return np.concatenate(own), np.concatenate(other)


def _spread(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """For counts from first places: the number of each range, and every place in it."""
    which = np.repeat(np.arange(len(first)), count)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count) + first[which]


def _members(masks: Masks, moments: int) -> Bools:
    moment = np.arange(moments)
    return np.asarray((masks[:, moment // 64] >> (moment % 64).astype(np.uint64)) & np.uint64(1), dtype=bool)
