"""Improving a roster person by person: each in turn takes the best lawful days, given everybody else's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wfm.schedule.lawful.lawful_tours import Lawful
from wfm.schedule.lawful.options import Choices, Patterns
from wfm.schedule.people.people import People
from wfm.schedule.search.cover_cost import CoverCost
from wfm.schedule.search.crowds import Crowds
from wfm.schedule.search.pricing import Board, Duty, Prices
from wfm.schedule.search.sharing import Fairness
from wfm.schedule.search.stability import Published
from wfm.schedule.shifts.demand import Demand

Floats = npt.NDArray[np.float64]
Week = list[Duty | None]
SPREADS = (0.6, 0.3, 0.1, 0.03)


class Search:
    """A roster under way: everybody's duties, the cover they give, and what both cost."""

    def __init__(
        self,
        *,
        people: People,
        demand: Demand,
        patterns: Patterns,
        board: Board,
        choices: Sequence[Choices],
        lawful: Lawful,
        cost: CoverCost,
        carried: Floats,
        rng: np.random.Generator,
        published: Published | None = None,
    ) -> None:
        self.people, self.demand, self.patterns, self.board = people, demand, patterns, board
        self.choices, self.lawful, self.cost, self.rng = choices, lawful, cost, rng
        self.cover = carried.copy()
        self.scale = np.maximum(1.0, demand.required)
        self.duties: list[Week] = [[None] * demand.days for _ in choices]
        self.queues = [np.flatnonzero(np.isfinite(own.queue_cost)) for own in choices]
        self.fairness, self.crews = Fairness(people, lawful), lawful.crews
        self.published = published

    # --- cost -----------------------------------------------------------------------------------------------------

    def cover_cost(self) -> float:
        """Cost of missing and surplus people."""
        demand = self.demand
        return float(self.cost.of(demand.required - self.cover, demand.hours, self.scale, demand.room).sum())

    def own_cost(self, person: int, week: Week | None = None) -> float:
        """What a person's days, or other ones, cost apart from cover and fairness."""
        week, choices = self.duties[person] if week is None else week, self.choices[person]
        total = self.lawful.tours[person].price(path_of(week))
        for day, duty in enumerate(week):
            if duty is None:
                total += choices.off[day]
            else:
                total += choices.cost[day, duty.pattern] + choices.queue_cost[duty.queue] + self._moved(person, duty)
        return float(total)

    def total(self) -> float:
        """Cost of the roster as the search sees it."""
        return (
            self.cover_cost()
            + sum(self.own_cost(p) for p in range(len(self.choices)))
            + self.fairness.cost()
            + self.crews.cost()
        )

    # --- one person -----------------------------------------------------------------------------------------------

    def take_out(self, person: int) -> Week:
        """A person's days, which no longer count."""
        week = self.duties[person]
        self._fill(person, week, -1.0)
        self.duties[person] = [None] * self.demand.days
        self.fairness.forget(person)
        return week

    def put_in(self, person: int, week: Week) -> None:
        """Give days to a person who has none."""
        self.duties[person] = week
        self._fill(person, week, 1.0)
        self.fairness.note(person, path_of(week))

    def respond(self, person: int) -> float:
        """Give a person the best days against everybody else's; returns by how much the cost fell."""
        before = self.take_out(person)
        gain = self.gain(person)
        now = self._worth(person, before, gain)
        best, week = self.best(person, gain)
        if not week or best >= now - 1e-7:
            self.put_in(person, before)
            return 0.0
        self.put_in(person, week)
        return now - best

    def wander(self, person: int, noise: float) -> None:
        """Give a person days that are best for values blurred by `noise` x the cost of a missing hour."""
        before = self.take_out(person)
        gain = self.gain(person)
        blur = (
            noise * self.cost.under * self.choices[person].along(self.demand) * self.demand.hours[self.queues[person]]
        )
        _, week = self.best(person, gain + blur * self.rng.standard_normal(gain.shape))
        self.put_in(person, week or before)

    def best(self, person: int, gain: Floats, *, alone: bool = False) -> tuple[float, Week]:
        """The best lawful days at a gain by cell and their cost; (inf, []) where there are none.

        With `alone`, what the days mean for everybody's fair share is left out.
        """
        worth, chosen = self._shift_values(person, gain)
        final = None if alone else self.fairness.final(person)
        choices = self.choices[person]
        cost, path = self.lawful.tours[person].solve(choices.cost - worth, choices.off, final)
        return (cost, self._week(person, gain, path, chosen)) if path else (np.inf, [])

    def nearly_best(self, person: int, gain: Floats, within: float, most: int) -> list[Week] | None:
        """All lawful days at most `within` dearer than the best at a gain; None where there are more than `most`."""
        paths = self.lawful.tours[person].paths
        if paths is None:
            return None
        worth, chosen = self._shift_values(person, gain)
        choices = self.choices[person]
        found = paths.near(choices.cost - worth, choices.off, within, most)
        return None if found is None else [self._week(person, gain, path, chosen) for path in found.tolist()]

    def _shift_values(self, person: int, gain: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
        """(days, patterns): what each shift on its best queue is worth, and the place of that queue."""
        value = self.values(person, gain)
        return value.max(axis=0), value.argmax(axis=0)

    def values(self, person: int, gain: Floats) -> Floats:
        """(queues of the person or 1, days, patterns): what each shift is worth on each queue."""
        queues, choices = self.queues[person], self.choices[person]
        value = self.board.values(gain, choices)
        value -= choices.queue_cost[queues][:, None, None]
        value[~self.patterns.open[queues]] = -np.inf
        for day in np.flatnonzero(choices.queue_locked >= 0):
            value[queues != choices.queue_locked[day], day] = -np.inf
        if not len(queues):
            value = np.full((1, *choices.cost.shape), -np.inf)
        elif self.published is not None:
            self._price_changes(person, value, gain)
        return value

    def _week(self, person: int, gain: Floats, path: Sequence[int], chosen: npt.NDArray[np.int64]) -> Week:
        """The duties of a sequence of patterns."""
        if self.demand.types and self.published is None and not any(kind.breaks for kind in self.patterns.types):
            queues = self.queues[person]
            return [None if p < 0 else Duty(d, p, int(queues[chosen[d, p]]), ()) for d, p in enumerate(path)]
        return [None if p < 0 else self._duty(person, gain, day, p, int(chosen[day, p])) for day, p in enumerate(path)]

    def gain(self, person: int) -> Floats:
        """What a person's presence in a cell is worth, for each queue that the person serves."""
        queues, weight = self.queues[person], self.choices[person].along(self.demand)
        missing = self.demand.required[queues] - self.cover[queues]
        hours, scale = self.demand.hours[queues], self.scale[queues]
        room = None if self.demand.room is None else self.demand.room[queues]
        gained = self.cost.of(missing, hours, scale, room) - self.cost.of(missing - weight, hours, scale, room)
        return gained + self.crews.gain(person)

    def move_breaks(self, person: int, crowds: Crowds | None = None) -> float:
        """Place the breaks of a person's duties anew; returns by how much the cost fell."""
        return sum(self.move_breaks_on(person, day, crowds) for day in range(self.demand.days))

    def move_breaks_on(self, person: int, day: int, crowds: Crowds | None = None) -> float:
        """Place the breaks of one duty anew; `crowds` prices those that others take at the same time."""
        duty = self.duties[person][day]
        if duty is None or not duty.breaks:
            return 0.0
        self._add(person, duty, -1.0)
        gain = self.gain(person)
        row = int(np.searchsorted(self.queues[person], duty.queue))
        if crowds is None:
            fresh = self._duty(person, gain, day, duty.pattern, row)
            better = self._gained(person, fresh, gain) - self._gained(person, duty, gain)
        else:
            crowds.leave(duty)
            prices = crowds.prices(duty)
            fresh = self._duty(person, gain, day, duty.pattern, row, prices)
            better = self._gained(person, fresh, gain) - self._gained(person, duty, gain)
            better += crowds.paid(duty, prices) - crowds.paid(fresh, prices)
        better += self._moved(person, duty) - self._moved(person, fresh)
        kept = fresh if better > 1e-9 else duty
        if crowds is not None:
            crowds.enter(kept)
        self._add(person, kept, 1.0)
        self.duties[person][day] = kept
        return max(0.0, better)

    def put_back(self, person: int, duty: Duty) -> None:
        """Give a person another placement of the breaks of a duty that the person has."""
        now = self.duties[person][duty.day]
        assert now is not None
        self._add(person, now, -1.0)
        self._add(person, duty, 1.0)
        self.duties[person][duty.day] = duty

    def with_breaks(self, person: int, duty: Duty) -> Duty:
        """The duty with breaks that fit: its own, or the least valued moments where a training is in the way."""
        if self.board.fits(duty, self.choices[person]):
            return duty
        row = int(np.searchsorted(self.queues[person], duty.queue))
        return self._duty(person, self.gain(person), duty.day, duty.pattern, row)

    def _duty(self, person: int, gain: Floats, day: int, pattern: int, row: int, prices: Prices | None = None) -> Duty:
        duty = self.board.place(gain, self.choices[person], day, pattern, row, prices)
        duty = duty._replace(queue=int(self.queues[person][row]))
        was = None if self.published is None or prices is not None else self.published.same_shift(person, day, pattern)
        if was is None or was.queue != duty.queue or not was.breaks:
            return duty
        better = self._gained(person, duty, gain) - self._gained(person, was, gain)
        return duty if better > self._moved(person, duty) + 1e-9 else was

    def moved(self) -> float:
        """What other queues and breaks than the published ones cost, over all shifts that are as published."""
        every = ((person, duty) for person, week in enumerate(self.duties) for duty in week if duty is not None)
        return sum(self._moved(person, duty) for person, duty in every)

    def _moved(self, person: int, duty: Duty) -> float:
        return 0.0 if self.published is None else self.published.beside(person, duty)

    def _price_changes(self, person: int, value: Floats, gain: Floats) -> None:
        """Take from the values of published shifts what another queue costs, or other breaks where they gain less."""
        assert self.published is not None
        queues = self.queues[person]
        for was in self.published.weeks[person]:
            if was is None:
                continue
            cell = value[:, was.day, was.pattern]
            kept = cell.copy()
            cell -= self.published.price[person, was.day]
            row = int(np.searchsorted(queues, was.queue))
            if row == len(queues) or queues[row] != was.queue or np.isinf(kept[row]):
                continue
            cell[row] = kept[row]  # with breaks that can no longer be taken, others cost nothing
            if was.breaks:
                same = self._gained(person, was, gain) - self.choices[person].queue_cost[was.queue]
                cell[row] = max(kept[row] - self.published.other_breaks(person, was.day), same)

    def _worth(self, person: int, week: Week, gain: Floats) -> float:
        """Cost of some days of a person, cover gained taken off."""
        choices = self.choices[person]
        path = path_of(week)
        total = self.lawful.tours[person].price(path) + self.fairness.cost_of(person, path)
        for day, duty in enumerate(week):
            if duty is None:
                total += choices.off[day]
            else:
                total += choices.cost[day, duty.pattern] + choices.queue_cost[duty.queue] + self._moved(person, duty)
                total -= self._gained(person, duty, gain)
        return float(total)

    def _gained(self, person: int, duty: Duty, gain: Floats) -> float:
        own = gain[int(np.searchsorted(self.queues[person], duty.queue))]
        cells, holes = self.board.covered(duty, self.choices[person])
        return float(own[cells].sum() - own[holes].sum())

    def _fill(self, person: int, week: Week, sign: float) -> None:
        for duty in week:
            if duty is not None:
                self._add(person, duty, sign)

    def _add(self, person: int, duty: Duty, sign: float) -> None:
        weight = sign * self.choices[person].on(duty.day)
        cells, holes = self.board.covered(duty, self.choices[person])
        self.cover[duty.queue, cells] += weight
        self.cover[duty.queue, holes] -= weight
        self.crews.add(person, cells, holes, sign)

    # --- everybody ------------------------------------------------------------------------------------------------

    def sweep(self, persons: Sequence[int], late: Callable[[], bool]) -> float:
        """Everybody of a list once, in that order; returns by how much the cost fell."""
        fallen = 0.0
        for person in persons:
            if late():
                break
            fallen += self.respond(person)
        return fallen

    def settle(self, late: Callable[[], bool], *, spreads: Sequence[float], most: int = 12) -> None:
        """Sweeps with an ever smaller second cost, then until a sweep gains next to nothing."""
        for spread in spreads:
            self.cost = replace(self.cost, spread=spread)
            self.sweep(self._shuffled(), late)
        for _ in range(most):
            before = self.total()
            if late() or self.sweep(self._shuffled(), late) < 5e-4 * abs(before) + 1e-6:
                break

    def calm_down(
        self, noises: Sequence[float], spread: float, late: Callable[[], bool], enough: Callable[[float], bool]
    ) -> None:
        """Sweeps with ever less noise, which leave a local optimum and find a better one; the best roster is kept.

        Each person's answer is exact, only the values it answers to are blurred. (The noising method: Charon, Hudry
        1993, Operations Research Letters 14.)
        """
        plain = replace(self.cost, spread=0.0)
        best, kept = self._plain_total(plain), [list(week) for week in self.duties]
        for noise in noises:
            self.cost = replace(plain, spread=spread)
            for person in self._shuffled():
                if late():
                    break
                self.wander(person, noise)
            total = self._plain_total(plain)
            if total < best - 1e-9:
                best, kept = total, [list(week) for week in self.duties]
            if late() or enough(best):
                break
        self.cost = plain
        self.restore(kept)

    def _plain_total(self, plain: CoverCost) -> float:
        self.cost = plain
        return self.total()

    def restore(self, weeks: Sequence[Week]) -> None:
        """Everybody has these days."""
        for person in range(len(self.choices)):
            self.take_out(person)
        for person, week in enumerate(weeks):
            self.put_in(person, list(week))

    def _shuffled(self) -> list[int]:
        return [int(p) for p in self.rng.permutation(len(self.choices))]


def path_of(week: Week) -> list[int]:
    """The pattern of every day, -1 = off."""
    return [-1 if duty is None else duty.pattern for duty in week]
