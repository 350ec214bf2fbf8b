"""All ways of people through a stretch of the ring that cost no more than a limit, moment by moment.

Of the ways to the same people on duty only the cheapest counts, and a way is dropped where its cost and what is at
least ahead exceed the limit. (Labels with completion bounds: Irnich and Desaulniers 2005, Shortest path problems with
resource constraints.)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from wfm.schedule.cover.ahead import Ahead, Small
from wfm.schedule.cover.changes import Masks
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import Bools, Floats, Ints

Places = npt.NDArray[np.int32]
STEPS_PER_WAY = 25  # kept through a stretch, for each way that may be kept after a moment
CLOSE = 1e-9
EMPTY = np.zeros(0, dtype=np.int64)


class TooManyWaysError(Exception):
    """More ways than may be kept, or than time allows."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The cheapest way to each combination of people on duty, by the moment of their start.

    `on_duty` is how many they are together, `worth` what they are worth ahead.
    """

    starts: list[int]
    people: Small
    key: Masks
    cost: Floats
    on_duty: Ints
    worth: Floats

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
            self.worth[chosen],
        )


@dataclass(frozen=True, slots=True)
class Step:
    """From ways to the next ones: places before and after, what it costs, and how many people end a shift."""

    before: Places
    after: Places
    cost: Floats
    ended: Small
    shift: tuple[int, int] | None = None  # start and end

    @property
    def places(self) -> int:
        """How many ways there are after it."""
        return int(self.after.max(initial=-1)) + 1

    def of(self, chosen: Ints, before: Places, after: Places) -> Step:
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
            number = np.cumsum(kept, dtype=np.int32) - 1
            least = lightest(step.after[on_way], least[step.before[on_way]] + step.cost[on_way], len(rest))
            kept = np.isfinite(least)
            steps.append(step.of(on_way, number, np.cumsum(kept, dtype=np.int32) - 1))
        return Passage(first, self.last.of(kept), steps)


def passage(ahead: Ahead, begin: Ways, *, most: float, at_most: int, clock: Clock) -> Passage:
    """All ways through a stretch that cost at most `most`; slack beside a cut counts half on either side.

    Raises
    ------
    TooManyWaysError    There are more of them than `at_most`, or than time allows.
    """
    ways, steps, kept = begin, list[Step](), 0
    for moment in range(ahead.first, ahead.last):
        passed = len(steps)
        for column in [k for k, start in enumerate(ways.starts) if ahead.ring.ends_at(start, moment)]:
            ways, ending = _ending(ahead, ways, column, moment, most)
            if ending is not None:
                steps.append(ending)
            if len(ways) > at_most or clock.left <= 0:
                raise TooManyWaysError
        ways, step = _starting(ahead, ways, moment, most)
        steps.append(step)
        kept += sum(len(one.before) for one in steps[passed:])
        if len(ways) > at_most or kept > STEPS_PER_WAY * at_most:
            raise TooManyWaysError
    charged = ahead.charged(ways.starts, ways.people)
    steps[-1] = replace(steps[-1], cost=steps[-1].cost + charged)
    return Passage(begin, replace(ways, cost=ways.cost + charged), steps)


def joined(ways: list[Ways]) -> Ways:
    """Several in one, each of those on duty once."""
    names = ("people", "key", "cost", "on_duty", "worth")
    both = Ways(ways[0].starts, *(np.concatenate([getattr(one, name) for one in ways]) for name in names))
    return both.of(np.unique(both.key, return_index=True)[1])


def begun_with(ahead: Ahead, others: Ways, most: float) -> Ways:
    """Those on duty at the last cut of the stretch before."""
    ring, slot = ahead.ring, (ahead.first - 1) % ahead.ring.moments
    starts = ring.open_at(ahead.first)
    over = others.on_duty - ring.need[slot]
    half = np.array([ring.price(slot, int(one)) / 2 for one in over])
    worth = ahead.counted(starts, others.people, ahead.first - 1)
    cost = half - ahead.charged(starts, others.people)
    kept = cost + ahead.least(worth, ahead.first - 1, over != 0) <= most + CLOSE
    return Ways(starts, others.people, others.key, cost, others.on_duty, worth).of(kept)


def begun(ahead: Ahead, most: float, at_most: int) -> Ways:
    """Everybody who may be on duty at the first cut of the stretch."""
    ring, slot = ahead.ring, (ahead.first - 1) % ahead.ring.moments
    starts = ring.open_at(ahead.first)
    people, cost = [np.zeros((0, len(starts)), dtype=np.int16)], [np.zeros(0)]
    for over in ring.overs(slot, 2 * (most - ahead.lowest)):
        half, total = ring.price(slot, over) / 2, int(ring.need[slot]) + over
        worth = [ahead.above(start, total) for start in starts]
        room = most + CLOSE - half - ahead.worths[0] + (over != 0) * ahead.own[0]
        own = splits(total, worth, room, at_most)
        people.append(own)
        cost.append(half - ahead.charged(starts, own))
    found = np.concatenate(people)
    if len(found) > at_most:
        raise TooManyWaysError
    salt = ahead.salt[np.array(starts, dtype=np.int64) % ring.moments]
    key = (found.astype(np.uint64) * salt).sum(axis=1, dtype=np.uint64)
    on_duty = found.sum(axis=1, dtype=np.int64)
    return Ways(starts, found, key, np.concatenate(cost), on_duty, ahead.counted(starts, found, ahead.first - 1))


def splits(total: int, worth: list[Floats], room: float, at_most: int) -> Small:
    """All ways to split a number into parts, one a row, which together are worth no more than there is room for."""
    found, parts = np.zeros((1, len(worth)), dtype=np.int16), len(worth)
    least = [float(own.min()) for own in worth]
    left, room_left = np.array([total]), np.array([room - sum(least)])
    for part in range(parts):
        last = part == parts - 1
        count = left + 1
        if not last and count.sum() > 10 * at_most:
            raise TooManyWaysError
        row = np.arange(len(found)) if last else np.repeat(np.arange(len(found)), count)
        own = left[row] if last else np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        rest = room_left[row] - (worth[part] - least[part])[own]
        kept = rest >= 0
        row, own, room_left = row[kept], own[kept], rest[kept]
        found, left = found[row], left[row] - own
        found[:, part] = own
    return np.asarray(found[left == 0])


def _ending(ahead: Ahead, ways: Ways, column: int, moment: int, most: float) -> tuple[Ways, Step | None]:
    """Every number of people of a start whose shifts may end at the moment."""
    ring, start = ahead.ring, ways.starts[column]
    before, ended = _choices(ahead, ways, column, moment, most)
    cost = (ended > 0) + ring.tie[start % ring.moments, moment - start] * ended
    kept = ways.cost[before] + cost + ahead.floor[moment + 1 - ahead.first] <= most + CLOSE
    before, ended, cost = before[kept], ended[kept], cost[kept]
    own = ways.people[before, column]
    left = own - ended
    highest = int(own.max(initial=0))
    worth = ways.worth[before] - ahead.of(start, moment - 1, highest)[own] + ahead.of(start, moment, highest)[left]
    total = ways.cost[before] + cost
    kept = total + ahead.least(worth, moment) <= most + CLOSE
    before, ended, cost, total = before[kept], ended[kept], cost[kept], total[kept]
    if len(before) == len(ways) and not ended.any():
        return replace(ways, worth=worth), None
    key = ways.key[before] - ended.astype(np.uint64) * ahead.salt[start % ring.moments]
    first, after = _cheapest(key, total)
    people = ways.people[before[first]]
    people[:, column] -= ended[first]
    on_duty = ways.on_duty[before[first]] - ended[first]
    reached = Ways(ways.starts, people, key[first], total[first], on_duty, worth[kept][first])
    return reached, Step(before.astype(np.int32), after.astype(np.int32), cost, ended, (start, moment))


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
    least = ahead.floor[min(moment + 2 - ahead.first, len(ahead.fall))]
    room = np.maximum(most + CLOSE - cost - least, 0.0) / share
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
    worth = ahead.counted(starts, people, moment)
    total = ways.cost[before] + cost
    kept = np.flatnonzero(total + ahead.least(worth, moment, over != 0) <= most + CLOSE)
    reached = Ways(starts, people, key, total, ring.need[slot] + over, worth).of(kept)
    after = np.arange(len(kept), dtype=np.int32)
    return reached, Step(before[kept].astype(np.int32), after, cost[kept], new[kept].astype(np.int16))


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


def lightest(place: Ints | Places, value: Floats, places: int) -> Floats:
    """The least value at each place, row by row where there are several columns; inf where there is none."""
    if len(place) == places and (place[1:] > place[:-1]).all():  # as when people start: each place once, in order
        return value
    least = np.full((places, *value.shape[1:]), np.inf)
    if len(place):
        order = np.argsort(place, kind="stable")
        begin = np.flatnonzero(np.r_[True, np.diff(place[order]) != 0])
        least[place[order][begin]] = np.minimum.reduceat(value[order], begin, axis=0)
    return least
