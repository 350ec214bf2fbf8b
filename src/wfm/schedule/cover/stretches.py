"""Few distinct shifts at the least cost: the horizon in stretches, and the cheapest chain of ways around it.

The ring is cut about once a day where few ways to be on duty are possible. For each stretch all ways within a limit are
listed, and so what it costs from whom is on duty at one cut to whom at the next, with a charge for those handed on;
what is not listed costs more than the limit. The cheapest chain that closes is a bound, and the optimum once every link
of it is listed: until then the limits of those that are not are raised. (Dynamic programming over the states of a cut:
Bertele and Brioschi 1972, Nonserial Dynamic Programming.)
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np

from wfm.durations import DAY
from wfm.schedule.cover.ahead import MOST_WORTH, Ahead, worth_at_least
from wfm.schedule.cover.changes import Changes, changes_of
from wfm.schedule.cover.group_choice import SAFE, worth_of_moments
from wfm.schedule.cover.links import NO_KEYS, Chain, Known, Listed, Listing, Table, cheapest_chain, tables_of, traced
from wfm.schedule.cover.rerouting import fits, sides_of
from wfm.schedule.cover.ring import Ring
from wfm.schedule.cover.ways import TooManyWaysError, Ways, begun, begun_with, joined, passage
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import SHIFT, Floats, Program
from wfm.schedule.program.solver import grain_of_amounts, rounded_up
from wfm.schedule.shifts.candidates import Candidates

MOST_WAYS = 250_000  # after a moment
MOST_AT_FIRST = 100_000  # ways from whomever may be on duty at a cut
MOST_CROSSINGS = 13.0  # of a cut, the logarithm: with more there are too many ways to begin
GROWTH = 1.8  # of the time for a stretch when its limit rises by a step
FOR_WORTH = 0.3  # of the time, at most, for what moments are worth
STEP = 0.5  # of a distinct shift, by which limits rise
APART = 0.25  # of a stretch, by which its cuts may lie elsewhere than those of even stretches


class _Stretch:
    """From a cut to the next: ways within a limit from everybody, and within a higher one from some."""

    def __init__(self, ring: Ring, first: int, last: int, worth: Floats) -> None:
        self.ahead = Ahead(ring, first, last, worth)
        self.most = self.ahead.lowest  # from everybody
        self.most_from_some = self.most
        self.listing = Listing(Listed(None, self.most))
        self.seconds = self.seconds_from_some = 0.0
        self.stuck = self.stuck_from_some = False

    @property
    def last(self) -> Ways | None:
        """Those on duty at the end of any listed way."""
        some = self.listing.some
        ways = [one.ways.last for one in (self.listing.everybody, some) if one is not None and one.ways is not None]
        return joined(ways) if ways else None

    def look_at_all(self, at_most: int, clock: Clock) -> None:
        """Ways up to a higher limit from whomever may be on duty."""
        begun_at, most = perf_counter(), self.most + STEP
        try:
            if GROWTH * self.seconds > clock.left:
                raise TooManyWaysError
            listed = self._listed(begun(self.ahead, most, at_most), most, at_most, clock)
        except TooManyWaysError:
            self.stuck = True
            return
        self.most, self.seconds = most, perf_counter() - begun_at
        self.listing = replace(self.listing, everybody=listed)
        if self.most >= self.most_from_some:
            self.listing = replace(self.listing, some=None, looked_at=NO_KEYS)

    def look_from(self, before: Ways, most: float, clock: Clock) -> None:
        """Ways up to a limit from those who are on duty where the stretch before ends."""
        begun_at = perf_counter()
        try:
            if self.seconds_from_some > clock.left:
                raise TooManyWaysError
            listed = self._listed(begun_with(self.ahead, before, most), most, MOST_WAYS, clock)
        except TooManyWaysError:
            self.stuck_from_some = True
            return
        self.most_from_some, self.seconds_from_some = most, perf_counter() - begun_at
        self.listing = replace(self.listing, some=listed, looked_at=before.key)

    def _listed(self, begin: Ways, most: float, at_most: int, clock: Clock) -> Listed:
        found = passage(self.ahead, begin, most=most, at_most=at_most, clock=clock)
        return Listed(found.within(most) if len(found.last) else None, most)


class Around:
    """The search around the whole ring; it can be taken up again with more time."""

    def __init__(
        self, program: Program, changes: Changes, ring: Ring, cuts: list[int], worth: Floats, grain: float
    ) -> None:
        ends = [*cuts[1:], cuts[0] + ring.moments]
        self.program, self.changes, self.ring, self.grain = program, changes, ring, grain
        self.stretches = [_Stretch(ring, first, last, worth) for first, last in zip(cuts, ends, strict=True)]
        self.chain: Chain | None = None
        self.tables: list[Table] = []
        self.bound = -np.inf

    @classmethod
    def of(cls, program: Program, candidates: Candidates, objective: float, clock: Clock) -> Around | None:
        """For programmes of shifts without breaks, each with a flag of its own; None for others and where days mix.

        No slack of which a person costs more than what is left of the objective is ever of use.
        """
        changes = changes_of(program, candidates) if fits(program) else None
        if changes is None or not changes.balance.any():
            return None
        most = (objective - changes.least) / changes.unit
        changes = changes_of(program, candidates, dearest=most)
        assert changes is not None
        grain = grain_of_amounts(np.r_[1.0, changes.price[changes.slack]])
        ring = Ring.of(changes, _tie(program, changes, grain, most))
        cuts = cuts_of(ring, round(DAY / candidates.axis.step))
        apart = np.diff([*cuts, cuts[0] + ring.moments]) if cuts else np.zeros(1)
        few = grain > 0 and int(ring.reach.max()) <= int(apart.min())
        if not few or not cuts:
            return None
        worth = worth_of_moments(changes, Clock.of(clock.left * FOR_WORTH), MOST_WORTH) - SAFE
        worth = max(worth, worth_at_least(ring), key=np.sum)
        return cls(program, changes, ring, cuts, worth, grain)

    def search(self, values: Floats, clock: Clock) -> Floats:
        """Values at no higher cost; `bound` rises until it reaches their cost or there is no time or too many ways."""
        for stretch in self.stretches:
            stretch.stuck = stretch.stuck_from_some = False
        objective, going = self.program.objective(values), True
        self.begin(clock)
        while going and self.bound < objective - 1e-6 and clock.left > 0:
            try:
                self.bound = max(self.bound, self._cost_of(self.link(clock)))
            except TooManyWaysError:
                break
            if self.closed():
                return self._settled(values)
            going = self.look_further(clock)
        return values

    def _cost_of(self, least: float) -> float:
        """Paid hours of so many distinct shifts and slack, rounded up to what they can be."""
        unit = self.changes.unit
        return self.changes.least + rounded_up((least - self.grain / 4) * unit, self.grain * unit)

    def _settled(self, values: Floats) -> Floats:
        """The values of the cheapest chain where they hold; where the tie shows that none do, the bound rises."""
        columns = {
            (int(self.changes.tail[arc]), int(self.changes.length[arc])): int(self.changes.column[arc])
            for arc in np.flatnonzero(~self.changes.slack)
        }
        found = np.zeros(len(values))
        for start, end, people in self.shifts():
            found[columns[start % self.ring.moments, end - start]] += people
        found = self.program.settled(found)
        if self.program.holds(found):
            return found if self.program.objective(found) < self.program.objective(values) - 1e-9 else values
        sides = sides_of(self.program, np.flatnonzero(self.program.of_kind(SHIFT)))
        given, low, high = (self.program.matrix @ found)[sides], self.program.low[sides], self.program.high[sides]
        if len(sides) == 1 and ((given < low - 1e-6) | (given > high + 1e-6)).any():
            assert self.chain is not None
            self.bound = max(self.bound, self._cost_of(self.chain.cost + self.grain))
        return values

    def begin(self, clock: Clock) -> None:
        """The least that each stretch costs from whomever may be on duty, as far as it is soon known."""
        for stretch in self.stretches:
            while stretch.listing.everybody.ways is None and not stretch.stuck:
                stretch.look_at_all(MOST_AT_FIRST, clock)
            stretch.stuck = False

    def link(self, clock: Clock) -> float:
        """The least that the whole ring costs as far as is known."""
        listings = [stretch.listing for stretch in self.stretches]
        self.tables = tables_of(listings, self.tables, clock)
        self.chain = cheapest_chain(listings, self.tables)
        return self.chain.cost

    def closed(self) -> bool:
        """Whether the cheapest chain is listed all along, and so the optimum."""
        return self.chain is not None and all(known == Known.LISTED for known in self.chain.known)

    def look_further(self, clock: Clock) -> bool:
        """Look at what the cheapest chain does not know, where that takes least; False where nothing can be done."""
        assert self.chain is not None
        tasks = []
        for k, (stretch, known) in enumerate(zip(self.stretches, self.chain.known, strict=True)):
            if known == Known.UNKNOWN and not stretch.stuck:
                tasks.append((GROWTH * stretch.seconds, k))
            elif known in (Known.BEYOND, Known.NOT_LOOKED_AT) and not stretch.stuck_from_some:
                tasks.append((stretch.seconds_from_some * (GROWTH if known == Known.BEYOND else 1.0), k))
        return any(self._look(k, self.chain.known[k], clock) for _, k in sorted(tasks))

    def _look(self, k: int, known: Known, clock: Clock) -> bool:
        """Whether a further look at a stretch came to an end."""
        stretch, before = self.stretches[k], self.stretches[k - 1].last
        if known == Known.UNKNOWN:
            stretch.look_at_all(MOST_WAYS, clock)
            return not stretch.stuck
        assert before is not None
        most = max(stretch.most_from_some + STEP * (known == Known.BEYOND), stretch.most + STEP)
        stretch.look_from(before, most, clock)
        return not stretch.stuck_from_some

    def shifts(self) -> list[tuple[int, int, int]]:
        """Start, end and people of each shift of the cheapest chain."""
        assert self.chain is not None
        found = []
        for stretch, (begin, end) in zip(self.stretches, self.chain.ends, strict=True):
            ways = stretch.listing.from_key(begin).ways
            assert ways is not None
            found += traced(ways, begin, end)
        return found


def cuts_of(ring: Ring, a_day: int) -> list[int]:
    """Cuts about a day apart with few ways to be on duty there; none where there are too many."""
    number = max(round(ring.moments / a_day), 1)
    width = ring.moments / number
    crossings = np.array([ring.crossings(moment) for moment in range(ring.moments)])
    even = [
        sum(crossings[round(first + k * width) % ring.moments] for k in range(number)) for first in range(round(width))
    ]
    first = int(np.argmin(even))
    near = round(width * APART / 2)
    cuts = []
    for k in range(number):
        around = round(first + k * width) + np.array(sorted(range(-near, near + 1), key=abs))
        cuts.append(int(around[np.argmin(crossings[around % ring.moments].round(6))]))
    return cuts if crossings[np.array(cuts) % ring.moments].max() <= MOST_CROSSINGS else []


def _tie(program: Program, changes: Changes, grain: float, most: float) -> Floats:
    """What a person on each arc adds where costs are equal, so that the row that binds shifts is kept if it can be."""
    tie = np.zeros(len(changes.tail))
    columns = np.flatnonzero(program.of_kind(SHIFT))
    sides = sides_of(program, columns)
    if len(sides) != 1:
        return tie
    row = program.matrix[[int(sides[0])], :].toarray()[0]
    shifts = ~changes.slack
    tie[shifts] = row[changes.column[shifts]] * (-1.0 if np.isfinite(program.low[sides[0]]) else 1.0)
    surplus = most / changes.price[changes.slack].min(initial=np.inf)
    people = (changes.required + surplus) / changes.length[shifts].min()
    return np.asarray(tie * grain / 8 / max(float(np.abs(tie).max()) * people, 1e-9))
