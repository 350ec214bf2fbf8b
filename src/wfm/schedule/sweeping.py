"""All ways of people through a stretch of the horizon that lose little, moment by moment.

Behind a moment only those matter who are still on duty: how many, by the moment when they started. So a sweep carries
every such crossing with the least cost up to there. What moments are worth tells which ways are lost: shifts and slack
join moments to components, a component that is over has lost what it cost beyond the worth of its moments, and one
still open loses no less than it has lost so far, since whatever joins it costs the worth of the moment that it brings.
(Labels with completion bounds: Irnich and Desaulniers 2005, Shortest path problems with resource constraints.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import numpy.typing as npt

from wfm.schedule.changes import Changes
from wfm.schedule.clocks import Clock
from wfm.schedule.program import Bools, Floats, Ints

Small = npt.NDArray[np.int16]
CLOSE = 1e-6
NONE = -np.inf  # lost where there is no component
AT_ONCE = 300_000  # choices looked at together
A_PERSON = 1 << 36  # of a rank, beside chance
PARTS = 1e6  # of a distinct shift, in which costs are told apart
ARRAYS = ("origin", "people", "over", "cost", "rank", "lost", "label", "losing")


class TooManyWaysError(Exception):
    """More ways than may be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The horizon as a line of moments that closes to a ring.

    Attributes
    ----------
    need : Ints             People needed from each moment to the next.
    lengths : list          By moment, the lengths of the shifts that start there.
    reach : Ints            By moment, the longest of them; 0 where none starts.
    surplus, missing        By moment, the price of a person too many or too few until the next [distinct shifts].
    worth : Floats          What each moment is worth: no group of moments costs less.
    """

    need: Ints
    lengths: list[Ints]
    reach: Ints
    surplus: Floats
    missing: Floats
    worth: Floats

    @classmethod
    def of(cls, changes: Changes, worth: Floats) -> Line:
        """The line of the changes, where moments are worth so much."""
        moments, shifts = changes.moments, ~changes.slack
        above = np.cumsum(changes.balance)
        surplus, missing = np.full(moments, np.inf), np.full(moments, np.inf)
        back, on = changes.slack & (changes.length < 0), changes.slack & (changes.length > 0)
        surplus[changes.head[back]] = changes.price[back]
        missing[changes.tail[on]] = changes.price[on]
        order = np.argsort(changes.tail[shifts], kind="stable")
        tail, length = changes.tail[shifts][order], changes.length[shifts][order]
        parts = np.split(length, np.searchsorted(tail, np.arange(1, moments)))
        return cls(
            need=above + round((changes.required - int(above.sum())) / moments),
            lengths=[np.unique(part) for part in parts],
            reach=np.array([part.max(initial=0) for part in parts], dtype=np.int64),
            surplus=surplus,
            missing=missing,
            worth=np.where(changes.balance != 0, worth, 0.0),
        )

    @property
    def moments(self) -> int:
        """Number of moments."""
        return len(self.need)

    def longest(self, start: int) -> int:
        """The longest shift that starts at a moment; 0 where none does."""
        return int(self.reach[start % self.moments])

    def open_at(self, cut: int) -> list[int]:
        """Moments before a cut at which shifts start that may last until it, in order; below 0 before the origin."""
        start = np.arange(cut - int(self.reach.max(initial=0)), cut)
        reach = self.reach[start % self.moments]
        return [int(one) for one in start[(reach > 0) & (start + reach >= cut)]]

    def worth_open(self, cut: int) -> float:
        """What the moments are worth at which those start who may be on duty at a cut."""
        return float(sum(self.worth[start % self.moments] for start in self.open_at(cut)))

    def price(self, slot: int, over: Ints | Small | int) -> Floats:
        """Of so many people too many, below 0 too few, from a moment to the next."""
        over = np.asarray(over)
        prices = np.where(over > 0, self.surplus[slot % self.moments], self.missing[slot % self.moments])
        return np.asarray(np.where(over == 0, 0.0, prices) * np.maximum(np.abs(over), 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Ways so far: where each came from, people on duty by the moment of their start, and what it cost and lost.

    Attributes
    ----------
    starts : list          Moments of the columns of `people`.
    origin : Ints          The crossing from which a way began.
    people : Ints          Ways x starts: people on duty.
    over : Ints            People too many (below 0 too few) since the last moment.
    cost : Floats          Distinct shifts that ended, and slack that is over.
    rank : Ints            Which of equal cost goes first: fewer people who ended, then chance.
    lost : Floats          By components that are over.
    label : Ints           Ways x (starts and slack): the column that stands for the component of each.
    losing : Floats        Ways x (starts and slack): what a component lost, in the column that stands for it.
    """

    starts: list[int]
    origin: Ints
    people: Small
    over: Small
    cost: Floats
    rank: Ints
    lost: Floats
    label: Small
    losing: Floats

    def __len__(self) -> int:
        return len(self.origin)

    @property
    def loss(self) -> Floats:
        """What each way has lost at least."""
        return np.asarray(self.lost + np.maximum(self.losing, 0.0).sum(axis=1))

    def of(self, chosen: Ints | Bools) -> Ways:
        """The chosen ones."""
        return Ways(starts=self.starts, **{name: getattr(self, name)[chosen] for name in ARRAYS})


def overs(line: Line, slot: int, most: float) -> list[int]:
    """How many people may be too many or too few where a loss is `most`: slack costs what it joins, two moments."""
    found = [0] if line.need[slot] >= 0 else []
    for sign in (1, -1):
        for size in count(1):
            if line.need[slot] + sign * size < 0 or line.price(slot, sign * size) > most + 2:
                break
            found.append(sign * size)
    return found


def ways_from(line: Line, cut: int, people: Ints, over: Ints) -> Ways:
    """Ways that begin at a cut from people on duty there by the moment of their start, and so many too many.

    Whatever joined them before, their component lost no less than the worth of one of its moments, below 0.
    """
    starts = line.open_at(cut)
    number, width = len(people), len(starts) + 1
    losing = np.full((number, width), NONE)
    for column, start in enumerate(starts):
        losing[people[:, column] > 0, column] = -line.worth[start % line.moments]
    losing[over != 0, -1] = -line.worth[(cut - 1) % line.moments]
    return Ways(
        starts=starts,
        origin=np.arange(number),
        people=people.astype(np.int16),
        over=over.astype(np.int16),
        cost=np.zeros(number),
        rank=np.zeros(number, dtype=np.int64),
        lost=np.zeros(number),
        label=np.tile(np.arange(width, dtype=np.int16), (number, 1)),
        losing=losing,
    )


def swept(line: Line, ways: Ways, first: int, last: int, *, most: float, at_most: int, clock: Clock) -> Iterator[Ways]:
    """Ways after each moment from the first to before the last that lose at most `most`.

    Raises
    ------
    TooManyWaysError    There are more of them than `at_most`, or than time allows.
    """
    for moment in range(first, last):
        parts = []
        for piece in _pieces(line, ways, moment):
            parts.append(_after(line, piece, moment, most, last=moment + 1 == last))
            if sum(map(len, parts)) > 2 * at_most or clock.left <= 0:
                raise TooManyWaysError
        ways = _cheapest(_joined(parts))
        if len(ways) > at_most:
            raise TooManyWaysError
        yield ways


def _pieces(line: Line, ways: Ways, moment: int) -> Iterator[Ways]:
    """The ways in pieces, each with not too many choices of who ends at a moment."""
    columns = _ending(line, ways, moment)
    choices = np.prod(ways.people[:, columns].astype(float) + 1.0, axis=1)
    piece = np.floor(np.cumsum(choices) / AT_ONCE)
    first = np.flatnonzero(np.r_[True, np.diff(piece) != 0]) if len(ways) else np.zeros(1, dtype=np.int64)
    for begin, end in zip(first, np.r_[first[1:], len(ways)], strict=True):
        yield ways.of(np.arange(begin, end))


def _ending(line: Line, ways: Ways, moment: int) -> list[int]:
    """Columns of those whose shifts may end at a moment."""
    return [column for column, start in enumerate(ways.starts) if moment - start in line.lengths[start % line.moments]]


def _joined(parts: list[Ways]) -> Ways:
    """Pieces as one; starts that are over in some stay there without people."""
    starts = sorted({start for part in parts for start in part.starts})
    wide = [_widened(part, starts) for part in parts]
    return Ways(starts=starts, **{name: np.concatenate([getattr(part, name) for part in wide]) for name in ARRAYS})


def _widened(ways: Ways, starts: list[int]) -> Ways:
    """Ways with a column for each of these starts."""
    if ways.starts == starts:
        return ways
    number, width = len(ways), len(starts) + 1
    place = np.r_[np.searchsorted(starts, ways.starts), len(starts)].astype(np.int64)
    people = np.zeros((number, len(starts)), dtype=ways.people.dtype)
    people[:, place[:-1]] = ways.people
    label = np.tile(np.arange(width, dtype=np.int16), (number, 1))
    label[:, place] = place[ways.label]
    losing = np.full((number, width), NONE)
    losing[:, place] = ways.losing
    return replace(ways, starts=starts, people=people, label=label, losing=losing)


@dataclass(slots=True)
class _Ended:
    """Ways at a moment, some of whose people have ended there; the component of the moment takes in theirs."""

    way: Ints
    people: Small
    ended: Ints
    cost: Floats
    rank: Ints
    taken: Bools  # ways x labels
    losing: Floats  # what the moment's component lost
    others: Floats  # what all others lost

    @property
    def loss(self) -> Floats:
        return np.asarray(self.others + np.maximum(self.losing, 0.0))

    def of(self, chosen: Ints | Bools) -> _Ended:
        return _Ended(*(getattr(self, name)[chosen] for name in self.__slots__))


def _after(line: Line, ways: Ways, moment: int, most: float, *, last: bool) -> Ways:
    """Every way past a moment: who ends there, who starts, how many are too many or too few from there on.

    That slack is paid at the next moment, which it joins; after the `last` one by those who begin at the cut.
    """
    ended = _ended(line, ways, moment, most)
    slot, after = moment % line.moments, float(line.worth[(moment + 1) % line.moments])
    kept = ended.people.sum(axis=1, dtype=np.int64)
    parts = []
    for above in overs(line, slot, most):
        ahead = 0.0 if last or not above else max(float(line.price(slot, above)) - after, 0.0)
        start = line.need[slot] + above - kept
        fits = start >= 0 if len(line.lengths[slot]) else start == 0
        fits &= ended.others + np.maximum(ended.losing + ahead, 0.0) <= most + CLOSE
        chosen = np.flatnonzero(fits)
        parts.append((chosen, start[chosen], np.full(len(chosen), above)))
    chosen, start, over = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _continued(ways, ended.of(chosen), moment, start, over)


def _ended(line: Line, ways: Ways, moment: int, most: float) -> _Ended:
    """Every number of people of every start whose shifts may end at the moment."""
    slot, number = moment % line.moments, len(ways)
    slack, above = ways.over != 0, overs(line, slot, most)
    taken = np.zeros(ways.label.shape, dtype=bool)
    taken[slack, ways.label[slack, -1]] = True
    cost = line.price(moment - 1, ways.over)
    now = _Ended(
        way=np.arange(number),
        people=ways.people,
        ended=np.zeros(number, dtype=np.int64),
        cost=cost,
        rank=np.zeros(number, dtype=np.int64),
        taken=taken,
        losing=np.where(taken, ways.losing, 0.0).sum(axis=1) + cost - line.worth[slot],
        others=ways.loss - np.maximum(np.where(taken, ways.losing, 0.0), 0.0).sum(axis=1),
    )
    people = ways.people.sum(axis=1, dtype=np.int64)
    highest, lowest = people, np.zeros(number, dtype=np.int64)
    if not len(line.lengths[slot]):  # nobody takes their place
        highest = people - line.need[slot] - min(above, default=0)
        lowest = people - line.need[slot] - max(above, default=0)
    columns = _ending(line, ways, moment)
    for k, column in enumerate(columns):
        own = now.people[:, column].astype(np.int64)
        later = now.people[:, columns[k + 1 :]].sum(axis=1, dtype=np.int64)
        low = np.maximum(lowest[now.way] - now.ended - later, 0)
        start = ways.starts[column]
        if moment - start == line.longest(start):
            low = own
        high = np.minimum(own, highest[now.way] - now.ended)
        chance = (slot << 16) | start % line.moments
        now = _with_ended(ways, now, column, low, np.maximum(high - low + 1, 0), chance)
        now = now.of(now.loss <= most + CLOSE)
    return now


def _with_ended(ways: Ways, now: _Ended, column: int, low: Ints, choices: Ints, chance: int) -> _Ended:
    """From `low` people on, so many choices of how many of a column end."""
    which = np.repeat(np.arange(len(choices)), choices)
    ending = np.arange(len(which)) - np.repeat(np.cumsum(choices) - choices, choices) + low[which]
    now = now.of(which)
    now.people[:, column] -= ending.astype(np.int16)
    now.ended += ending
    some = np.flatnonzero(ending > 0)
    label = ways.label[now.way[some], column]
    joining = np.where(now.taken[some, label], 0.0, ways.losing[now.way[some], label])
    now.losing[some] += 1.0 + joining
    now.others[some] -= np.maximum(joining, 0.0)
    now.taken[some, label] = True
    now.cost[some] += 1.0
    now.rank[some] += ending[some] * A_PERSON + _chance(chance, ending[some])
    return now


def _chance(shift: int, people: Ints) -> Ints:
    """A number for so many people on a shift, wherever a sweep begins, so that no two solutions rank the same."""
    key = (people.astype(np.uint64) << np.uint64(40)) ^ np.uint64(shift)
    for _ in range(3):
        key = (key ^ (key >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray(key >> np.uint64(36), dtype=np.int64)


def _continued(ways: Ways, ended: _Ended, moment: int, start: Ints, over: Ints) -> Ways:
    """Ways with those who start at the moment; its component takes in all that it was joined with."""
    way, number, own = ended.way, len(ended.way), ways.label.shape[1] - 1  # the new start is where the slack was
    old = ways.label[way, :-1]
    label = np.column_stack([old, np.full((number, 2), own, dtype=np.int16)])
    label[:, :own][np.take_along_axis(ended.taken, old.astype(np.int64), axis=1)] = own
    rest = np.where(ended.taken, NONE, ways.losing[way])[:, :-1]
    people = np.column_stack([ended.people, start.astype(np.int16)])
    after = Ways(
        starts=[*ways.starts, moment],
        origin=ways.origin[way],
        people=people,
        over=over.astype(np.int16),
        cost=ways.cost[way] + ended.cost,
        rank=ways.rank[way] + ended.rank,
        lost=ways.lost[way],
        label=label,
        losing=np.column_stack([rest, ended.losing, np.full(number, NONE)]),
    )
    return _closed(after, np.column_stack([people > 0, over != 0]))


def _closed(ways: Ways, still: Bools) -> Ways:
    """Every component stood for by its last open column; what those without one lost is lost; empty starts leave."""
    number, width = still.shape
    standing = np.full((number, width), -1, dtype=np.int16)
    for column in range(width):
        own = np.flatnonzero(still[:, column])
        standing[own, ways.label[own, column]] = column
    losing, lost = np.full((number, width), NONE), ways.lost.copy()
    for column in range(width):
        stays = np.flatnonzero(standing[:, column] >= 0)
        losing[stays, standing[stays, column]] = ways.losing[stays, column]
        lost += np.where(standing[:, column] < 0, np.maximum(ways.losing[:, column], 0.0), 0.0)
    label = np.where(still, np.take_along_axis(standing, ways.label.astype(np.int64), axis=1), np.arange(width))
    used = np.r_[still[:, :-1].any(axis=0), True]
    place = (np.cumsum(used) - 1).astype(np.int16)
    return replace(
        ways,
        starts=[start for start, there in zip(ways.starts, used[:-1], strict=True) if there],
        people=ways.people[:, used[:-1]],
        label=place[label][:, used],
        losing=losing[:, used],
        lost=lost,
    )


def _cheapest(ways: Ways) -> Ways:
    """Of the ways from one origin to the same people on duty the cheapest, and of those the first by rank."""
    salt = np.random.default_rng(0).integers(1, 2**62, len(ways.starts) + 1).astype(np.uint64) | np.uint64(1)
    key = (ways.origin.astype(np.uint64) + np.uint64(1)) * salt[-1]
    for column in range(len(ways.starts)):
        key = (key ^ (ways.people[:, column].astype(np.uint64) + np.uint64(1))) * salt[column]
        key ^= key >> np.uint64(31)
    order = np.lexsort((ways.rank, np.rint(ways.cost * PARTS), key))
    return ways.of(order[np.r_[True, np.diff(key[order]) != 0]] if len(order) else order)
