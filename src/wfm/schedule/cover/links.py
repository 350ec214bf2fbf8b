"""The cheapest chain of stretches that closes around the ring.

Each stretch is a table from those on duty at its first cut, as the stretch before it lists them, to those at its last.
Ways that are not listed cost more than the limit up to which the stretch lists them. A last row and column stand for
all those whom no listed way leads to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from wfm.schedule.cover.changes import Masks
from wfm.schedule.cover.ways import Passage, TooManyWaysError, lightest
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import Bools, Floats, Ints

CELLS = 2_000_000  # of ways and those who begin, at once
NO_KEYS: Masks = np.zeros(0, dtype=np.uint64)


class Known(Enum):
    """How a stretch knows its part of a chain."""

    LISTED = "listed"
    BEYOND = "dearer than the limit"
    NOT_LOOKED_AT = "dearer than the limit from everybody, from some whom the stretch has not looked at by themselves"
    UNKNOWN = "from those on duty whom the stretch before does not list"


@dataclass(frozen=True, slots=True)
class Listed:
    """Ways that a stretch lists from those it looked at; all others from them cost `beyond` at least."""

    ways: Passage | None
    beyond: float


@dataclass(frozen=True, slots=True)
class Listing:
    """What a stretch lists from whomever may be on duty, and with a higher limit from some of them."""

    everybody: Listed
    some: Listed | None = None
    looked_at: Masks = field(default_factory=lambda: NO_KEYS)

    @property
    def lasts(self) -> Masks:
        """Those on duty at the end of any listed way."""
        parts = [one.ways.last.key for one in (self.everybody, self.some) if one is not None and one.ways is not None]
        return np.unique(np.concatenate([NO_KEYS, *parts]))

    def from_key(self, begin: np.uint64) -> Listed:
        """The list that holds the ways from those on duty."""
        return self.some if self.some is not None and begin in self.looked_at else self.everybody


@dataclass(frozen=True, slots=True)
class Chain:
    """The cheapest chain: its cost, and by stretch how its part is known and the keys at its ends."""

    cost: float
    known: list[Known]
    ends: list[tuple[np.uint64, np.uint64]]


def cheapest_chain(stretches: Sequence[Listing], tables: Sequence[Table]) -> Chain:
    """The cheapest chain around the ring that ends where it began."""
    number = len(stretches)
    keys = [table.begins for table in tables]  # by cut, before each stretch
    lasts = [table.ends for table in tables]
    costs = [table.costs for table in tables]
    base = int(np.argmin([len(own) for own in keys]))
    order = [(base + k) % number for k in range(number)]
    ahead = np.zeros(len(keys[base]) + 1)
    for k in order[::-1]:
        ahead = (costs[k] + ahead).min(axis=1)
    best, chain = np.inf, list[int]()
    for begin in np.argsort(ahead, kind="stable").tolist():
        if ahead[begin] >= best - 1e-9:
            break
        values = [np.where(np.arange(len(ahead)) == begin, 0.0, np.inf)]
        for k in order:
            values.append((values[-1][:, None] + costs[k]).min(axis=0))
        if values[-1][begin] < best - 1e-9:
            best, chain = float(values[-1][begin]), _back(costs, order, values, begin)
    known, ends = [Known.UNKNOWN] * number, [(np.uint64(0), np.uint64(0))] * number
    for k, first, last in zip(order, chain[:-1], chain[1:], strict=True):
        if first < len(keys[k]):
            begin = keys[k][first]
            known[k] = Known.BEYOND if begin in stretches[k].looked_at else Known.NOT_LOOKED_AT
            if last < len(lasts[k]) and costs[k][first, last] < stretches[k].from_key(begin).beyond:
                known[k], ends[k] = Known.LISTED, (begin, lasts[k][last])
    return Chain(best, known, ends)


@dataclass(frozen=True, slots=True)
class Table:
    """From those listed before, and all others, to those listed by the stretch, and all others: the least cost."""

    listing: Listing
    begins: Masks
    ends: Masks
    costs: Floats

    @classmethod
    def of(cls, listing: Listing, begins: Masks, clock: Clock) -> Table:
        """The table of a stretch, where the stretch before lists those on duty at its first cut."""
        ends = listing.lasts
        if listing.some is None:
            return cls(listing, begins, ends, _costs(listing.everybody, begins, ends, begins, clock))
        by_themselves = np.isin(begins, listing.looked_at)
        costs = _costs(listing.everybody, begins, ends, begins[~by_themselves], clock)
        rows = np.flatnonzero(by_themselves)
        costs[rows] = _costs(listing.some, begins, ends, begins[by_themselves], clock)[rows]
        return cls(listing, begins, ends, costs)

    def holds(self, listing: Listing, begins: Masks) -> bool:
        """Whether it is still the table of the stretch."""
        return self.listing is listing and np.array_equal(self.begins, begins)


def tables_of(stretches: Sequence[Listing], known: Sequence[Table], clock: Clock) -> list[Table]:
    """The tables around the ring; those `known` that still hold stay.

    Raises
    ------
    TooManyWaysError    More than time allows.
    """
    lasts = [one.lasts for one in stretches]
    return [
        known[k] if known and known[k].holds(one, lasts[k - 1]) else Table.of(one, lasts[k - 1], clock)
        for k, one in enumerate(stretches)
    ]


def _costs(listed: Listed, begins: Masks, ends: Masks, wanted: Masks, clock: Clock) -> Floats:
    """Costs from the wanted among those who begin, and in the last row from all who are not among those."""
    costs = np.full((len(begins) + 1, len(ends) + 1), listed.beyond)
    if listed.ways is None:
        return costs
    ways = listed.ways
    row, column = _places(ways.first.key, begins), _places(ways.last.key, ends)
    taken = np.flatnonzero((row == len(begins)) | np.isin(ways.first.key, wanted))
    rows = np.unique(row[taken])
    many = max(CELLS // max([len(row), *(step.places for step in ways.steps)]), 1)
    for own in np.split(rows, range(many, len(rows), many)):
        if clock.left <= 0:
            raise TooManyWaysError
        costs[np.ix_(own, column)] = np.minimum(_costs_from(ways, row, own).T, listed.beyond)
    return costs


def _costs_from(ways: Passage, row: Ints, rows: Ints) -> Floats:
    """Costs to each end of the ways, by column from those who begin in a row."""
    value = np.where(row[:, None] == rows, ways.first.cost[:, None], np.inf)
    for step in ways.steps:
        value = lightest(step.after, value[step.before] + step.cost[:, None], step.places)
    return value


def _places(keys: Masks, known: Masks) -> Ints:
    """The place of each key among the known ones; behind them where it is not."""
    at = np.searchsorted(known, keys)
    inside: Bools = np.zeros(len(keys), dtype=bool)
    if len(known):
        inside = known[np.minimum(at, len(known) - 1)] == keys
    return np.where(inside, at, len(known))


def _back(costs: list[Floats], order: list[int], values: list[Floats], end: int) -> list[int]:
    """Crossings of the chain from the base around to it."""
    chain = [end]
    for k, before in zip(order[::-1], values[-2::-1], strict=True):
        chain.append(int(np.argmin(before + costs[k][:, chain[-1]])))
    return chain[::-1]


def traced(ways: Passage, begin: np.uint64, end: np.uint64) -> list[tuple[int, int, int]]:
    """Start, end and people of the shifts that end in a stretch on the cheapest way from one crossing to another."""
    values = [np.where(ways.first.key == begin, ways.first.cost, np.inf)]
    for step in ways.steps:
        values.append(lightest(step.after, values[-1][step.before] + step.cost, step.places))
    place = int(np.flatnonzero(ways.last.key == end)[0])
    found = []
    for step, value in zip(ways.steps[::-1], values[-2::-1], strict=True):
        into = np.flatnonzero(step.after == place)
        best = int(into[np.argmin(value[step.before[into]] + step.cost[into])])
        if step.shift is not None and step.ended[best] > 0:
            found.append((*step.shift, int(step.ended[best])))
        place = int(step.before[best])
    return found[::-1]
