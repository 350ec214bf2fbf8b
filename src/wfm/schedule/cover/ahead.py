"""What at least lies ahead in a stretch of the ring, by what moments and those on duty are worth.

Ahead, shifts and slack join those on duty, rises and falls to trees, each with one arc fewer than it joins. No balanced
group of moments costs less than its moments are worth, so a rise whose people are all on duty keeps its worth. Others
on duty are worth what their cheapest tree costs above the worth of its moments: of one fall of their size, of two
moments that make up their size, or of more. Who is on duty at a cut is charged for where a stretch ends and credited
where the next one begins, so that a stretch bears the cost of those whom it hands on: all around the ring this cancels
out. (Completion bounds from dual prices: Baldacci, Christofides and Mingozzi 2008, Mathematical Programming 115;
Lagrangean decomposition: Guignard and Kim 1987, Mathematical Programming 39.)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wfm.schedule.cover.ring import Ring
from wfm.schedule.program.program import Bools, Floats, Ints

Small = npt.NDArray[np.int16]
MOST_WORTH = 2 / 3  # of an arc, for any that it joins: two arcs join three of them
HANDED_ON = 2 * MOST_WORTH - 1  # of an arc: then two that an arc joins and people handed on are worth an arc at most


class Ahead:
    """What is at least ahead in the stretch; no balanced group of moments costs less than their `worth`."""

    def __init__(self, ring: Ring, first: int, last: int, worth: Floats) -> None:
        self.ring, self.first, self.last = ring, first, last
        self.scale = min(ring.cheapest_slack, 1.0)  # the least that an arc costs
        moments = np.arange(first, last)
        self.change = ring.change[moments % ring.moments]
        self.fall = (self.change < 0) & (moments < last - 1)
        self.worth = np.minimum(worth, MOST_WORTH * self.scale)
        self.own = self.worth[moments % ring.moments]
        self.own[-1] = min(self.own[-1], self.scale / 2)  # slack after the last moment counts half here
        self.falls, self.worths = _after(self.fall), _after(self.own)
        self.floor = np.maximum(self.falls * self.scale, self.worths)  # whoever is on duty
        self.salt = np.random.default_rng(0).integers(1, 2**63, ring.moments).astype(np.uint64) | np.uint64(1)
        self._of: dict[tuple[int, int, int], Floats] = {}

    @property
    def lowest(self) -> float:
        """No way through the stretch costs less."""
        most = 2 * int(self.ring.need.max())  # more people than two falls end
        credit = sum(float(self.above(start, most).min()) for start in self.ring.open_at(self.first))
        return float(self.worths[0] - self.own[0]) + credit

    def handed_on(self, start: int, most: int) -> Floats:
        """What is charged at a cut for people who started together, by their number."""
        charge = np.full(most + 1, HANDED_ON * self.scale)
        rise = int(self.ring.change[start % self.ring.moments])
        if 0 < rise <= most:
            charge[rise] = max(charge[rise], float(self.worth[start % self.ring.moments]))
        charge[0] = 0.0
        return charge

    def charged(self, starts: list[int], people: Small) -> Floats:
        """What is charged for all on duty at a cut."""
        charge, most = np.zeros(len(people)), int(people.max(initial=0))
        for column, start in enumerate(starts):
            charge += self.handed_on(start, most)[people[:, column]]
        return charge

    def of(self, start: int, moment: int, most: int) -> Floats:
        """What people on duty after a moment who started together at another are worth, by their number."""
        key = start, moment, most | 63
        if key not in self._of:
            self._of[key] = self._worth_of(*key)
        return self._of[key]

    def above(self, start: int, most: int) -> Floats:
        """What people on duty at the first cut are worth above their credit, by their number."""
        return np.asarray(self.of(start, self.first - 1, most)[: most + 1] - self.handed_on(start, most))

    def _worth_of(self, start: int, moment: int, most: int) -> Floats:
        ring = self.ring
        above = self.scale - self.own  # what an arc costs above the worth of a moment that it joins
        above[: moment + 1 - self.first] = np.inf
        ends = np.array([start + n for n in ring.lengths[start % ring.moments]], dtype=np.int64)
        ends = ends[(ends > moment) & (ends < self.last)] - self.first
        people = np.full(most + 1, self._most_worth(start, above, ends))
        beside = np.flatnonzero(above < self.scale)
        two = ends[:, None] != beside
        size = np.concatenate([-self.change[ends], -(self.change[ends][:, None] + self.change[beside])[two]])
        cost = np.concatenate([above[ends], (above[ends][:, None] + above[beside])[two]])
        fits = (size > 0) & (size <= most)
        np.minimum.at(people, size[fits], cost[fits])
        rise = int(ring.change[start % ring.moments])
        if 0 < rise <= most:
            people[rise] = max(people[rise], float(self.worth[start % ring.moments]))
        people[0] = 0.0
        return people

    def _most_worth(self, start: int, above: Floats, ends: Ints) -> float:
        """Of people in a tree with more moments, with others on duty, or with a rise whose people are all on duty."""
        end = float(above[ends].min(initial=self.scale))
        more = float(np.sort(np.r_[above, self.scale, self.scale])[:2].sum())
        rise = self.scale - float(self.worth[self.ring.change > 0].max(initial=0.0))
        most = min(end + more, (self.scale + end) / 2, end + rise, MOST_WORTH * self.scale)
        leaves = start + self.ring.lasting(start) >= self.last
        return min(most, HANDED_ON * self.scale) if leaves else most

    def counted(self, starts: list[int], people: Small, moment: int) -> Floats:
        """What all on duty are worth after a moment."""
        worth, most = np.zeros(len(people)), int(people.max(initial=0))
        for column, start in enumerate(starts):
            worth += self.of(start, moment, most)[people[:, column]]
        return worth

    def least(self, worth: Floats, moment: int, slack: Bools | None = None) -> Floats:
        """The cost after a moment at least; `slack` until the next one joins that one for nothing."""
        at = moment + 1 - self.first
        least, falls = worth + self.worths[at], np.full(len(worth), self.falls[at])
        if slack is not None and at < len(self.fall):
            least = least - slack * self.own[at]
            falls = falls - (slack & self.fall[at])
        return np.asarray(np.maximum(least, falls * self.scale))


def _after(those: Bools | Floats) -> Floats:
    """Their sum from every place on."""
    return np.asarray(np.r_[np.cumsum(those[::-1])[::-1], 0], dtype=float)


def worth_at_least(ring: Ring) -> Floats:
    """What moments are worth at least: half an arc where one arc may join two of equal size, else two thirds."""
    change, paired = ring.change, np.zeros(ring.moments, dtype=bool)
    for moment in np.flatnonzero(change).tolist():
        for near in (-1, 1, *ring.lengths[moment]):
            other = (moment + near) % ring.moments
            if change[other] == -change[moment]:
                paired[[moment, other]] = True
    return np.where(change == 0, 0.0, np.where(paired, 1 / 2, 2 / 3)) * min(ring.cheapest_slack, 1.0)
