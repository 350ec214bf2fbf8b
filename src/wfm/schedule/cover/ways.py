"""All ways of people through a stretch of the ring that cost no more than a limit, moment by moment.

Of the ways to the same people on duty only the cheapest counts, and a way is dropped where its cost and what is at
least ahead exceed the limit. Ahead, those on duty and every rise must have an end, and every fall ends a shift: shifts
and slack join them to trees, which have one fewer of them than they join, and only a pair of equal size makes a tree of
two. (Labels with completion bounds: Irnich and Desaulniers 2005, Shortest path problems with resource constraints.)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from wfm.schedule.cover.changes import Masks
from wfm.schedule.cover.ring import Ring
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import Bools, Floats, Ints

Small = npt.NDArray[np.int16]
CLOSE = 1e-9
EMPTY = np.zeros(0, dtype=np.int64)


class TooManyWaysError(Exception):
    """More ways than may be kept, or than time allows."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The cheapest way to each combination of people on duty, by the moment of their start.

    `on_duty` is how many they are together, `bound` counts the starts whose people must end within the stretch, `pairs`
    those of them that a single fall ahead may end.
    """

    starts: list[int]
    people: Small
    key: Masks
    cost: Floats
    on_duty: Ints
    bound: Small
    pairs: Small

    def __len__(self) -> int:
        return len(self.cost)

    def of(self, chosen: Ints | Bools) -> Ways:
        """The chosen ones."""
        return Ways(
            self.starts,
            self.people[chosen],
            self.key[chosen],
            self.cost[chosen],
            self.on_duty[chosen],
            self.bound[chosen],
            self.pairs[chosen],
        )


@dataclass(frozen=True, slots=True)
class Step:
    """From ways to the next ones: places before and after, what it costs, and how many people end a shift."""

    before: Ints
    after: Ints
    cost: Floats
    ended: Small
    shift: tuple[int, int] | None = None  # start and end

    @property
    def places(self) -> int:
        """How many ways there are after it."""
        return int(self.after.max(initial=-1)) + 1

    def of(self, chosen: Ints, before: Ints, after: Ints) -> Step:
        """The chosen ones, with new numbers for the places before and after."""
        return Step(
            before[self.before[chosen]], after[self.after[chosen]], self.cost[chosen], self.ended[chosen], self.shift
        )


@dataclass(slots=True)
class Passage:
    """Ways from the first cut of a stretch to its last, through all steps in between."""

    first: Ways
    last: Ways
    steps: list[Step] = field(default_factory=list)

    def within(self, most: float) -> Passage:
        """What lies on a way from cut to cut that costs at most `most`."""
        ahead = [np.zeros(len(self.last))]
        sizes = [len(self.first), *(step.places for step in self.steps[:-1])]
        for step, size in zip(self.steps[::-1], sizes[::-1], strict=True):
            ahead.append(lightest(step.before, step.cost + ahead[-1][step.after], size))
        ahead = ahead[::-1]
        least = self.first.cost
        kept = least + ahead[0] <= most + CLOSE
        first, steps = self.first.of(kept), list[Step]()
        for step, rest in zip(self.steps, ahead[1:], strict=True):
            on_way = np.flatnonzero(
                kept[step.before] & (least[step.before] + step.cost + rest[step.after] <= most + CLOSE)
            )
            number = np.cumsum(kept) - 1
            least = lightest(step.after[on_way], least[step.before[on_way]] + step.cost[on_way], len(rest))
            kept = np.isfinite(least)
            steps.append(step.of(on_way, number, np.cumsum(kept) - 1))
        return Passage(first, self.last.of(kept), steps)


class Ahead:
    """What is at least ahead in the stretch."""

    def __init__(self, ring: Ring, first: int, last: int) -> None:
        self.ring, self.first, self.last = ring, first, last
        moments = np.arange(first, last)
        change = ring.change[moments % ring.moments]
        starting = np.array([bool(ring.lengths[m % ring.moments]) for m in moments])
        leaving = np.array([m + ring.lasting(int(m)) >= last for m in moments]) & starting
        within = moments < last - 1  # slack after the last moment counts half, so that it may leave for less
        self.fall = (change < 0) & within
        self.rise = (change > 0) & ~leaving & within
        paired = np.array([self._is_paired(int(m)) for m in moments], dtype=bool)
        self.falls, self.rises = _after(self.fall), _after(self.rise)
        self.paired, self.leaks = _after(self.rise & paired), _after(self.fall & leaving)
        self.scale = min(ring.cheapest_slack, 1.0)
        self._met: dict[tuple[int, int, int], Bools] = {}
        self.salt = np.random.default_rng(0).integers(1, 2**63, ring.moments).astype(np.uint64) | np.uint64(1)

    def _is_paired(self, moment: int) -> bool:
        ring, size = self.ring, int(self.ring.change[moment % self.ring.moments])
        near = [-1, 1, *ring.lengths[moment % ring.moments]]
        return any(
            self.first <= moment + n < self.last and ring.change[(moment + n) % ring.moments] == -size for n in near
        )

    def must_end(self, start: int) -> bool:
        """Whether all who start at a moment end within the stretch."""
        return start + self.ring.lasting(start) < self.last

    def met_by_one_fall(self, start: int, moment: int, most: int) -> Bools:
        """By number of people who started at a moment, whether a single fall after another moment may end them all."""
        key = start, moment, most | 63
        if key in self._met:
            return self._met[key]
        met = self._met[key] = np.zeros(key[2] + 1, dtype=bool)
        if self.must_end(start):
            for length in self.ring.lengths[start % self.ring.moments]:
                size = -int(self.ring.change[(start + length) % self.ring.moments])
                if start + length > moment and 0 < size < len(met):
                    met[size] = True
        return met

    def counted(self, starts: list[int], people: Small, moment: int) -> tuple[Small, Small]:
        """Starts whose people must end, and those of them that one fall after the moment may end."""
        bound, pairs = np.zeros(len(people), dtype=np.int16), np.zeros(len(people), dtype=np.int16)
        most = int(people.max(initial=0))
        for column, start in enumerate(starts):
            if self.must_end(start):
                bound += people[:, column] > 0
                pairs += self.met_by_one_fall(start, moment, most)[people[:, column]]
        return bound, pairs

    def least(self, bound: Small, pairs: Small, moment: int, slack: Bools | None = None) -> Floats:
        """The cost after a moment at least; `slack` until the next one joins that one for nothing."""
        at = moment + 1 - self.first
        sources, falls = bound.astype(np.int64) + self.rises[at], np.full(len(bound), self.falls[at])
        if slack is not None and at < len(self.fall):
            sources = sources - (slack & self.rise[at])
            falls = falls - (slack & self.fall[at])
        two = np.minimum(pairs + self.paired[at], falls) + self.leaks[at]
        least = np.maximum(np.maximum(sources, falls), (2 * (sources + falls) - two) / 3)
        return np.asarray(least * self.scale)


def _after(those: Bools) -> Ints:
    """How many there are from every place on."""
    return np.asarray(np.r_[np.cumsum(those[::-1])[::-1], 0], dtype=np.int64)


def passage(ahead: Ahead, begin: Ways, *, most: float, at_most: int, clock: Clock) -> Passage:
    """All ways through a stretch that cost at most `most`; slack beside a cut counts half on either side.

    Raises
    ------
    TooManyWaysError    There are more of them than `at_most`, or than time allows.
    """
    ways, steps = begin, list[Step]()
    for moment in range(ahead.first, ahead.last):
        for column in [k for k, start in enumerate(ways.starts) if ahead.ring.ends_at(start, moment)]:
            ways, ending = _ending(ahead, ways, column, moment, most)
            if ending is not None:
                steps.append(ending)
            if len(ways) > at_most or clock.left <= 0:
                raise TooManyWaysError
        ways, step = _starting(ahead, ways, moment, most)
        steps.append(step)
        if len(ways) > at_most:
            raise TooManyWaysError
    return Passage(begin, ways, steps)


def joined(ways: list[Ways]) -> Ways:
    """Several in one, each of those on duty once."""
    names = ("people", "key", "cost", "on_duty", "bound", "pairs")
    both = Ways(ways[0].starts, *(np.concatenate([getattr(one, name) for one in ways]) for name in names))
    return both.of(np.unique(both.key, return_index=True)[1])


def begun_with(ahead: Ahead, others: Ways, most: float) -> Ways:
    """Those on duty at the last cut of the stretch before."""
    ring, slot = ahead.ring, (ahead.first - 1) % ahead.ring.moments
    starts = ring.open_at(ahead.first)
    over = others.on_duty - ring.need[slot]
    half = np.array([ring.price(slot, int(one)) / 2 for one in over])
    bound, pairs = ahead.counted(starts, others.people, ahead.first - 1)
    kept = half + ahead.least(bound, pairs, ahead.first - 1, over != 0) <= most + CLOSE
    return Ways(starts, others.people, others.key, half, others.on_duty, bound, pairs).of(kept)


def begun(ahead: Ahead, most: float, at_most: int) -> Ways:
    """Everybody who may be on duty at the first cut of the stretch."""
    ring, slot = ahead.ring, (ahead.first - 1) % ahead.ring.moments
    starts = ring.open_at(ahead.first)
    falls = int(ahead.falls[0])
    people, cost = [np.zeros((0, len(starts)), dtype=np.int16)], [np.zeros(0)]
    for over in ring.overs(slot, 2 * (most - (falls - 1) * ahead.scale)):
        half = ring.price(slot, over) / 2
        sources = most_sources(falls, (most - half) / ahead.scale, int(ahead.leaks[0]))
        own = splits(int(ring.need[slot]) + over, len(starts), sources, at_most)
        bound, pairs = ahead.counted(starts, own, ahead.first - 1)
        least = ahead.least(bound, pairs, ahead.first - 1, np.full(len(own), over != 0))
        own = own[half + least <= most + CLOSE]
        people.append(own)
        cost.append(np.full(len(own), half))
    found = np.concatenate(people)
    if len(found) > at_most:
        raise TooManyWaysError
    salt = ahead.salt[np.array(starts, dtype=np.int64) % ring.moments]
    key = (found.astype(np.uint64) * salt).sum(axis=1, dtype=np.uint64)
    on_duty = found.sum(axis=1, dtype=np.int64)
    return Ways(starts, found, key, np.concatenate(cost), on_duty, *ahead.counted(starts, found, ahead.first - 1))


def most_sources(falls: int, most: float, leaks: int) -> int:
    """With how many starts on duty the least that is ahead stays within a limit."""
    sources = 0
    while True:
        more, others = sources + 1, falls - 1
        two = min(more, falls) + leaks
        if max(more - 1, others, (2 * (more - 1 + others) - two) / 3) > most:
            return sources
        sources = more


def splits(total: int, parts: int, filled: int, at_most: int) -> Small:
    """All ways to split a number into so many parts, one a row, at most so many of them not empty."""
    found = np.zeros((1, parts), dtype=np.int16)
    left, room = np.array([total]), np.array([filled])
    for part in range(parts):
        last = part == parts - 1
        count = np.where(room > 0, left + 1, 1)
        if count.sum() > 4 * at_most:
            raise TooManyWaysError
        row = np.repeat(np.arange(len(found)), np.where(last, 1, count))
        own = left[row] if last else np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        found, left, room = found[row], left[row] - own, room[row] - (own > 0)
        found[:, part] = own
    return np.asarray(found[(left == 0) & (room >= 0)])


def _ending(ahead: Ahead, ways: Ways, column: int, moment: int, most: float) -> tuple[Ways, Step | None]:
    """Every number of people of a start whose shifts may end at the moment."""
    ring, start = ahead.ring, ways.starts[column]
    before, ended = _choices(ahead, ways, column, moment, most)
    cost = (ended > 0) + ring.tie[start % ring.moments, moment - start] * ended
    kept = ways.cost[before] + cost + ahead.falls[moment + 1 - ahead.first] * ahead.scale <= most + CLOSE
    before, ended, cost = before[kept], ended[kept], cost[kept]
    own = ways.people[before, column]
    left = own - ended
    bound, pairs = ways.bound[before], ways.pairs[before]
    if ahead.must_end(start):
        bound = bound - ((left == 0) & (own > 0)).astype(np.int16)
        met = ahead.met_by_one_fall(start, moment, int(own.max(initial=0))).astype(np.int16)
        met_now = ahead.met_by_one_fall(start, moment - 1, int(own.max(initial=0))).astype(np.int16)
        pairs = pairs - met_now[own] + met[left]
    total = ways.cost[before] + cost
    kept = total + ahead.least(bound, pairs, moment) <= most + CLOSE
    before, ended, cost, total = before[kept], ended[kept], cost[kept], total[kept]
    if len(before) == len(ways) and not ended.any():
        return replace(ways, pairs=pairs), None
    key = ways.key[before] - ended.astype(np.uint64) * ahead.salt[start % ring.moments]
    first, after = _cheapest(key, total)
    people = ways.people[before[first]]
    people[:, column] -= ended[first]
    on_duty = ways.on_duty[before[first]] - ended[first]
    reached = Ways(ways.starts, people, key[first], total[first], on_duty, bound[kept][first], pairs[kept][first])
    return reached, Step(before, after, cost, ended, (start, moment))


def _choices(ahead: Ahead, ways: Ways, column: int, moment: int, most: float) -> tuple[Ints, Small]:
    """Every way with every number of a column's people who may end at the moment: those who stay are needed."""
    ring, slot, start = ahead.ring, moment % ahead.ring.moments, ways.starts[column]
    own = ways.people[:, column].astype(np.int64)
    on_duty = ways.on_duty
    later = [k for k in range(column + 1, len(ways.starts)) if ring.ends_at(ways.starts[k], moment)]
    others = ways.people[:, later].sum(axis=1, dtype=np.int64)
    few, many = _slack_within(ahead, ways.cost, moment, most)
    low = np.maximum(on_duty - ring.need[slot] - many - others, 0)
    high = own if ring.lengths[slot] else np.minimum(own, on_duty - ring.need[slot] + few)
    if moment - start == ring.lasting(start):
        low = np.maximum(low, own)
    count = np.maximum(high - low + 1, 0)
    before = np.repeat(np.arange(len(ways)), count)
    ended = np.arange(len(before)) - np.repeat(np.cumsum(count) - count, count) + low[before]
    return before, ended.astype(np.int16)


def _slack_within(ahead: Ahead, cost: Floats, moment: int, most: float) -> tuple[Ints, Ints]:
    """How many people may at most be missing or too many from a moment to the next, way by way."""
    ring, slot = ahead.ring, moment % ahead.ring.moments
    share = 0.5 if moment + 1 == ahead.last else 1.0
    falls = ahead.falls[min(moment + 2 - ahead.first, len(ahead.fall))]
    room = np.maximum(most + CLOSE - cost - falls * ahead.scale, 0.0) / share
    few, many = (np.floor(room / price[slot]).astype(np.int64) for price in (ring.missing, ring.surplus))
    return np.minimum(few, ring.need[slot]), many


def _starting(ahead: Ahead, ways: Ways, moment: int, most: float) -> tuple[Ways, Step]:
    """Who starts at the moment, and how many are too many or too few from there on."""
    ring, slot = ahead.ring, moment % ahead.ring.moments
    share = 0.5 if moment + 1 == ahead.last else 1.0
    few, many = _slack_within(ahead, ways.cost, moment, most)
    parts = []
    for extra in range(-int(few.max(initial=0)), int(many.max(initial=0)) + 1):
        new = ring.need[slot] + extra - ways.on_duty
        own = np.flatnonzero((-few <= extra) & (extra <= many) & (new >= 0 if ring.lengths[slot] else new == 0))
        parts.append((own, new[own], np.full(len(own), extra), np.full(len(own), share * ring.price(slot, extra))))
    before, new, over, cost = (np.concatenate(part) for part in zip(*parts, strict=True))
    staying = [k for k, start in enumerate(ways.starts) if moment - start < ring.lasting(start)]
    starts, people = [ways.starts[k] for k in staying], ways.people[before][:, staying]
    key = ways.key[before]
    if ring.lengths[slot]:
        starts, people = [*starts, moment], np.column_stack([people, new.astype(np.int16)])
        key = key + new.astype(np.uint64) * ahead.salt[slot]
    bound, pairs = ahead.counted(starts, people, moment)
    total = ways.cost[before] + cost
    kept = np.flatnonzero(total + ahead.least(bound, pairs, moment, over != 0) <= most + CLOSE)
    reached = Ways(starts, people, key, total, ring.need[slot] + over, bound, pairs).of(kept)
    return reached, Step(before[kept], np.arange(len(kept)), cost[kept], new[kept].astype(np.int16))


def _cheapest(key: Masks, cost: Floats) -> tuple[Ints, Ints]:
    """The place of the cheapest of each key, and for all the number of their key."""
    order = np.argsort(key)
    own = key[order]
    begin = np.flatnonzero(np.r_[True, own[1:] != own[:-1]]) if len(own) else np.zeros(0, dtype=np.int64)
    count = np.diff(np.r_[begin, len(own)])
    least = np.minimum.reduceat(cost[order], begin) if len(own) else np.zeros(0)
    cheap = np.where(cost[order] <= np.repeat(least, count), order, len(own))
    number = np.empty(len(own), dtype=np.int64)
    number[order] = np.repeat(np.arange(len(begin)), count)
    return np.minimum.reduceat(cheap, begin) if len(own) else begin, number


def lightest(place: Ints, value: Floats, places: int) -> Floats:
    """The least value at each place, row by row where there are several columns; inf where there is none."""
    least = np.full((places, *value.shape[1:]), np.inf)
    if len(place):
        order = np.argsort(place, kind="stable")
        begin = np.flatnonzero(np.r_[True, np.diff(place[order]) != 0])
        least[place[order][begin]] = np.minimum.reduceat(value[order], begin, axis=0)
    return least
