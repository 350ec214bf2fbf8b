"""Leaving a local optimum by planning groups of people anew together, as `wfm.schedule.search.together` does.

First everybody at once where people are few: shares of lines, of which the largest become whole while the rest is
priced anew; then all lines near the bound, from below, which finds the best roster or proves that none costs so little.
Then group after group, chosen at random or around a day that costs much; groups grow while they find nothing.
(Diving: Desaulniers, Desrosiers, Solomon 2002; groups of people as neighbourhoods: Shaw 1998, CP '98.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.schedule.program.solver import grain_of_amounts, rounded_up
from wfm.schedule.search.flows import Flows, can_flow
from wfm.schedule.search.person_by_person import SPREADS, Search, Week
from wfm.schedule.search.pool import Line, Pool
from wfm.schedule.search.together import SECONDS, Relaxed, Together

Floats = npt.NDArray[np.float64]
MOST_CELLS = 30_000  # people x cells of a roster that is planned as a whole
SMALLEST, LARGEST, GROWTH = 8, 20, 1.3  # people of a group
MOST_TOGETHER = 6_000  # people x cells of a group; beyond, its programmes take many seconds
WHOLE_ENOUGH = 0.75  # share of a line that becomes the whole of it
HALF_EVERY = 10  # groups, where people are many: half of everybody
ROUNDS = 60  # of a group's linear programme; shares that are not settled lead a dive astray
FEW_AT_ONCE = 16  # of so many people one line at least becomes whole
LAST_FEW = 8  # people left open whose lines are chosen together
FEWEST_STEPS, MOST_STEPS_OF_ALL = 2_000, 16_000  # between states, of lines near everybody's best
SECONDS_OF_ALL = 90.0  # of one solve over them
NEAR_BOUND = 50  # grains above the bound where better rosters are sought from below
LITTLE = 0.01  # of what the roster costs above the bound: a gain that is hardly one
DRIFT = 0.25  # share of the groups that may exchange days at equal cost
LONG_ENOUGH = 3.0  # times the effort until the last gain, or of everybody's shares: then a search without limit ends
FEWEST_TURNS, MOST_TURNS = 3, 20  # times that all sizes of groups may find nothing, by the number of people


def improve(
    search: Search,
    late: Callable[[], bool],
    bound: float,
    price: Floats | None = None,
    *,
    left: Callable[[], float] = lambda: np.inf,
    patience: float = LONG_ENOUGH,
) -> float:
    """Plan groups of people anew until nothing more is found, or the roster costs as little as the bound.

    Returns the best bound known; the roster of the search never becomes worse. `price` [per person and hour of each
    cell] is where the prices begin; the nearer it is to what the cells are worth, the sooner they are found. `left` are
    the seconds left. The search also ends where its work is `patience` times what it was at the last gain, or what
    everybody's shares took.
    """
    search.cost = replace(search.cost, spread=0.0)
    work = _Work(
        search=search,
        pool=Pool(search),
        late=late,
        left=left,
        patience=patience,
        grain=_grain(search),
        bound=bound,
        total=search.total(),
        exact=can_flow(search),
    )
    work.price = None if price is None else (price * search.demand.hours).ravel()
    work.calm_down()
    if affordable(search):
        work.plan_everybody(noise=0.0)
        work.plan_near_bound()
    size, idle, turns, groups = float(SMALLEST), 0, 0, 0
    largest = max(SMALLEST, min(LARGEST, MOST_TOGETHER // search.demand.required.size))
    most = min(MOST_TURNS, FEWEST_TURNS + len(search.choices) // 2)
    while turns < most and not work.done:
        number = min(len(search.choices), largest, round(size))
        idle = 0 if work.plan_group(work.pick(number)) else idle + 1
        groups += 1
        if affordable(search) and groups % HALF_EVERY == 0 and len(search.choices) > 2 * LARGEST:
            work.plan_half()
        turns = 0 if idle == 0 else turns
        if idle < 4 + 2 * len(search.choices) // number:
            continue
        size, idle = size * GROWTH, 0
        if number == len(search.choices) or size > largest:
            size, turns = float(SMALLEST), turns + 1
            work.calm_down()
            if affordable(search):
                work.plan_near_bound()
                work.plan_everybody(noise=0.1)
    return work.bound


def affordable(search: Search) -> bool:
    """Whether everybody can be planned together in a matter of seconds."""
    return len(search.choices) * search.demand.required.size <= MOST_CELLS


@dataclass(slots=True, kw_only=True, eq=False)
class _Work:
    """The search, the lines found, and what is known of the best."""

    search: Search
    pool: Pool
    late: Callable[[], bool]
    left: Callable[[], float]
    patience: float
    exact: bool  # whether steps between states tell all that days cost and cover
    grain: float
    bound: float
    total: float
    price: Floats | None = None
    root: Relaxed | None = None
    effort: float = 0.0  # people x cells of all answers, whatever the computer
    first: float = 0.0  # the effort of everybody's shares
    gained_at: float = 0.0
    beaten: bool = False  # whether everybody near the bound took too long

    @property
    def done(self) -> bool:
        """Whether the roster is as good as the bound, the time is over, or long work has gained nothing more."""
        if self.effort > self.patience * max(self.gained_at, self.first) > 0:
            return True
        return self.late() or self.total - self.bound <= 1e-6 * (1 + abs(self.total))

    @property
    def coupled(self) -> bool:
        """Whether people's costs depend on each other's beyond the cover."""
        return bool(self.search.fairness.rules or len(self.search.crews.least))

    @property
    def least_gain(self) -> float:
        """Less than this is no gain."""
        return max(self.grain, 1e-6)

    def seconds(self, most: float) -> float:
        """What one solve may take: so many seconds, and a quarter of those left."""
        return min(most, self.left() / 4)

    def calm_down(self) -> None:
        """Person by person under noise that dies down, where lines alone do not tell what a roster costs."""
        if not self.coupled:
            return
        sweeps = max(8, min(60, 800 // len(self.search.choices)))
        noises = [float(noise) for noise in np.geomspace(0.1, 0.006, sweeps)]
        self.search.calm_down(noises, SPREADS[-1], self.late, lambda total: total - self.bound <= 1e-6)
        self.search.settle(self.late, spreads=(), most=3)
        self.total = self.search.total()

    def plan_everybody(self, *, noise: float) -> None:
        """Shares of lines for all, then whole lines one after another; kept where the roster is better."""
        search = self.search
        weeks = [list(week) for week in search.duties]
        together = Together(search, self.pool, range(len(search.choices)), self.left)
        worth = together.cost_of(list(together.before.values()))
        if self.root is None:
            self.root = together.relax(self.price, self.late)
            self.first = together.effort
            self.price = self.root.price
            self.bound = max(self.bound, rounded_up(self.root.bound, self.grain))
        self._dive(together, self.root, worth - self.least_gain, noise)
        self._settle(weeks, together)

    def plan_half(self) -> None:
        """The same for half of everybody, the others as they are."""
        weeks = [list(week) for week in self.search.duties]
        together = Together(self.search, self.pool, self.pick(len(weeks) // 2), self.left)
        worth = together.cost_of(list(together.before.values()))
        shares = together.relax(self.price, self.late, rounds=ROUNDS)
        self._dive(together, shares, worth - self.least_gain, 0.0)
        self._settle(weeks, together)

    def _settle(self, weeks: Sequence[Week], together: Together) -> None:
        """Keep the roster where it became better; else everybody has the days of before."""
        after = self.search.total()
        self.effort += together.effort
        if after < self.total - 1e-9:
            self.total, self.gained_at = after, self.effort
        else:
            self.search.restore(weeks)

    def _dive(self, together: Together, shares: Relaxed, aim: float, noise: float) -> None:
        """The largest shares become whole, the rest is priced anew; the last few are also chosen together."""
        best: list[Line] = []
        while together.people:
            if self.late() or shares.bound + together.given > aim + 1e-6:
                together.restore()
                break
            if len(together.people) <= LAST_FEW:
                chosen, _ = together.choose(shares, aim - together.given, seconds=self.seconds(SECONDS))
                cost = np.inf if chosen is None else together.given + together.cost_of(chosen)
                if chosen is not None and cost <= aim + 1e-9:
                    best, aim = chosen, cost - self.least_gain
            together.give(self._largest(shares, noise))
            if together.people:
                shares = together.relax(shares.price, self.late, rounds=ROUNDS)
        self._give_better(best)

    def _give_better(self, lines: Sequence[Line]) -> None:
        """These days for their people, where the roster becomes better."""
        before, kept = self.search.total(), [(line.person, self.search.take_out(line.person)) for line in lines]
        for line in lines:
            self.search.put_in(line.person, list(line.week))
        if self.search.total() > before - 1e-9:
            for person, week in kept:
                self.search.take_out(person)
                self.search.put_in(person, week)

    def _largest(self, shares: Relaxed, noise: float) -> list[Line]:
        """The lines with the largest shares and all that are nearly whole, one a person."""
        blurred = shares.share + noise * self.search.rng.random(len(shares.share)) * (shares.share > 1e-6)
        found: dict[int, Line] = {}
        least = 1 + len({line.person for line in shares.lines}) // FEW_AT_ONCE
        for place in np.argsort(-blurred, kind="stable"):
            if len(found) >= least and shares.share[place] < WHOLE_ENOUGH:
                break
            found.setdefault(shares.lines[place].person, shares.lines[place])
        return list(found.values())

    def plan_group(self, people: Sequence[int]) -> bool:
        """Some people anew, everybody else as they are; whether the roster became better."""
        shared = self._shared_cost()
        together = Together(self.search, self.pool, people, self.left)
        now = [together.before[person] for person in together.people]
        worth = together.cost_of(now)
        drift = self.search.rng.random() < DRIFT
        shares = together.relax(self.price, self.late, rounds=ROUNDS)
        self.effort += together.effort
        aim = worth if drift else worth - self.least_gain
        if self.late() or shares.bound > aim + 1e-6:
            together.restore()
            return False
        noise = self.search.rng.random(997) * self.least_gain / (4 * len(people)) if drift else None
        chosen, low = together.choose(shares, aim, noise, seconds=self.seconds(SECONDS))
        if chosen is None or together.cost_of(chosen) > aim + 1e-9:
            chosen = now
        cost = together.cost_of(chosen)
        together.give(chosen)
        gained = worth - cost + shared - self._shared_cost()
        if gained < -1e-9:  # what is no part of the lines' costs was worth more
            Together(self.search, self.pool, people).give(now)
            return False
        self.total -= gained
        if len(people) == len(self.search.choices):
            self._raise_bound(low)
        if gained > max(1e-9, LITTLE * (self.total - self.bound)):
            self.gained_at = self.effort
        return gained > 1e-9

    def _raise_bound(self, low: float) -> None:
        """No roster costs less than `low`, as far as lines tell what rosters cost."""
        if not self.coupled and self.exact:
            self.bound = max(self.bound, min(rounded_up(low, self.grain), self.total))

    def plan_near_bound(self) -> None:
        """Everybody among the lines near the best at everybody's prices: better rosters, and a better bound.

        From below, as far as the steps of such lines are few: each answer shows that no roster costs so little, or
        finds the best one.
        """
        root, steps = self.root, FEWEST_STEPS
        if root is None or not root.settled or self.coupled or not self.exact or not self.grain:
            return
        while not (self.done or self.beaten) and steps <= MOST_STEPS_OF_ALL:
            weeks = [list(week) for week in self.search.duties]
            together = Together(self.search, self.pool, range(len(weeks)), self.left)
            most = min(self.total - self.grain, self.bound + NEAR_BOUND * self.grain) - root.bound
            reach = Flows(self.search, together.people, root.price, most, steps).reach
            aim = self.grain * np.floor((root.bound + reach) / self.grain + 1e-6)
            if aim < self.bound - 1e-9 or root.bound + reach < aim - 1e-5:
                together.restore()
                steps *= 2
                continue
            chosen, low = together.choose(root, aim, steps=2 * steps, seconds=self.seconds(SECONDS_OF_ALL))
            together.give(list(together.before.values()) if chosen is None else chosen)
            self._settle(weeks, together)
            self._raise_bound(low)
            self.beaten = low < aim - 1e-9

    def _shared_cost(self) -> float:
        """What depends on several people and is no part of the cover: fair shares, crews."""
        return self.search.fairness.cost() + self.search.crews.cost()

    def pick(self, number: int) -> list[int]:
        """Some people: any, or rather those who work on a day that costs much."""
        search = self.search
        everybody, rng = len(search.choices), search.rng
        weight = np.ones(everybody)
        if rng.random() < 0.5:
            costs = self._cost_by_day()
            day = int(rng.choice(len(costs), p=costs / costs.sum()))
            weight += 3.0 * np.array([week[day] is not None for week in search.duties])
        chosen = rng.choice(everybody, number, replace=False, p=weight / weight.sum())
        return sorted(int(person) for person in chosen)

    def _cost_by_day(self) -> Floats:
        """Cost of missing and surplus people of each day, and a little for every day."""
        demand = self.search.demand
        missing = demand.required - self.search.cover
        each = self.search.cost.of(missing, demand.hours, self.search.scale, demand.room).sum(axis=0)
        width = len(demand.types) or demand.slots_a_day
        cells = each[: width * demand.days]
        found = np.add.reduceat(cells, np.arange(0, len(cells), width))
        return np.asarray(found + 0.1 * found.mean() + 1e-6)


def _grain(search: Search) -> float:
    """The amount of which every possible cost of a roster is a whole multiple; 0 where there is none."""
    soft = any(tours.paths is None or tours.paths.priced for tours in search.lawful.tours)
    parts = any(np.any(own.along(search.demand) != 1.0) for own in search.choices)
    parts = parts or bool(((search.demand.required - search.cover) % 1.0).any())
    room = search.demand.room
    parts = parts or bool(room is not None and (room[np.isfinite(room)] % 1.0).any())
    if soft or parts or search.fairness.rules or search.published is not None:
        return 0.0
    hours, cost = search.demand.hours.ravel(), search.cost
    amounts = [cost.under * hours, cost.over * hours, cost.minimum * hours]
    for own in search.choices:
        amounts += [own.cost.ravel(), own.off, own.queue_cost]
    every = np.unique(np.concatenate(amounts))
    return grain_of_amounts(every[np.isfinite(every)])
