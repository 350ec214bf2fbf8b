"""A lower bound that holds: cells priced, every person free to follow the prices alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wfm.schedule.lawful.best_days import Tours
from wfm.schedule.lawful.lawful_tours import Lawful
from wfm.schedule.lawful.options import Choices, Patterns
from wfm.schedule.search.cover_cost import CoverCost
from wfm.schedule.search.person_by_person import Week
from wfm.schedule.search.pricing import Board, Duty
from wfm.schedule.shifts.demand import Demand

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Answers(NamedTuple):
    """The best days of some people at prices."""

    value: Floats  # (people,) own cost less what the cover earns
    own: Floats  # (people,) cost apart from cover
    cover: Floats  # (people, queues, cells)


class Dual:
    """The Lagrangian of the cover: `sum price x required + sum over people of (least own cost - price x cover)`.

    With `people's cover + missing - surplus = required` and prices in [-over, under] an hour, no roster costs less;
    where a minimum is stated prices may be higher, less what they would earn before it is broken. Fairness, which
    couples people and costs nothing below 0, is left out.
    """

    def __init__(
        self,
        demand: Demand,
        patterns: Patterns,
        board: Board,
        choices: Sequence[Choices],
        lawful: Lawful,
        cost: CoverCost,
        carried: Floats,
    ) -> None:
        self.demand, self.patterns, self.board, self.cost = demand, patterns, board, cost
        self.residual = demand.required - carried
        self.choices = choices
        self.alike = _alike(choices, lawful)

    def value(self, price: Floats) -> float:
        """The bound at prices by cell [per person and hour], which are moved into their range first."""
        paid = self.paid(price)
        room, hours = self.demand.room, self.demand.hours
        total = float((paid * self.residual - self.cost.forgone(self.in_range(price), room) * hours).sum())
        for tours, persons in self.alike:
            costs, off, _ = self._costs(persons, paid)
            total += float(tours.least(costs, off).sum())
        return total

    def paid(self, price: Floats) -> Floats:
        """What each cell pays a person, at prices by hour moved into their range."""
        return self.in_range(price) * self.demand.hours

    def in_range(self, price: Floats) -> Floats:
        """Prices by hour moved into the range that a missing and a surplus person leave them."""
        return np.asarray(np.clip(price, -self.cost.over, self.cost.dearest(self.demand.room)))

    def answers(self, tours: Tours, persons: Sequence[int], paid: Floats) -> Answers:
        """What people who share tours do at what the cells pay."""
        costs, off, queues = self._costs(persons, paid)
        value, paths = tours.solve_many(costs, off)
        cover = np.zeros((len(persons), *paid.shape))
        for row, person in enumerate(persons):
            choices = self.choices[person]
            for day, pattern in enumerate(paths[row].tolist()):
                if pattern >= 0:
                    queue = int(queues[row][day, pattern])
                    duty = self.board.place(paid, choices, day, pattern, queue)
                    self.fill(cover[row], choices, duty)
        return Answers(value, value + (cover * paid).sum(axis=(1, 2)), cover)

    def cover_of(self, person: int, week: Week) -> Floats:
        """(queues, cells): the cover that days of a person give."""
        cover = np.zeros_like(self.residual)
        for duty in week:
            if duty is not None:
                self.fill(cover, self.choices[person], duty)
        return cover

    def fill(self, cover: Floats, choices: Choices, duty: Duty) -> None:
        """Add what a duty covers."""
        cells, holes = self.board.covered(duty, choices)
        own = cover[duty.queue]
        weight = choices.on(duty.day)
        own[cells] += weight
        if len(holes):
            own[holes] -= weight

    def _costs(self, persons: Sequence[int], paid: Floats) -> tuple[Floats, Floats, list[Ints]]:
        """Costs of shifts and of days off less what the cells pay, and by person the best queue of each shift."""
        known: dict[bytes, tuple[Floats, Ints]] = {}
        costs, off, chosen = [], [], []
        for person in persons:
            choices = self.choices[person]
            key = choices.queue_cost.tobytes() + choices.queue_locked.tobytes() + repr(choices.cuts).encode()
            if key not in known or np.isfinite(choices.queue_cost[choices.queue_cost > 0]).any():
                known[key] = self._worth(choices, paid)
            worth, queue = known[key]
            gained = np.where(np.isfinite(worth), np.where(np.isfinite(worth), worth, 0.0) * choices.by_day, worth)
            costs.append(choices.cost - gained)
            off.append(choices.off)
            chosen.append(queue)
        return np.stack(costs), np.stack(off), chosen

    def _worth(self, choices: Choices, paid: Floats) -> tuple[Floats, Ints]:
        """(days, patterns): most that a whole agent's cover of each shift earns, and the queue in which it does."""
        queues = np.flatnonzero(np.isfinite(choices.queue_cost))
        if not len(queues):
            return np.full(choices.cost.shape, -np.inf), np.zeros(choices.cost.shape, dtype=np.int64)
        value = self.board.values(paid[queues], choices)
        # A missing skill's cost is not part of the cover: dividing it by the weight lets the product be exact.
        value -= choices.queue_cost[queues][:, None, None] / np.maximum(choices.by_day, 1e-9)
        value[~self.patterns.open[queues]] = -np.inf
        for day in np.flatnonzero(choices.queue_locked >= 0):
            value[queues != choices.queue_locked[day], day] = -np.inf
        best = value.argmax(axis=0)
        return np.asarray(np.take_along_axis(value, best[None], axis=0)[0]), queues[best]


def _alike(choices: Sequence[Choices], lawful: Lawful) -> list[tuple[Tours, list[int]]]:
    found: dict[int, tuple[Tours, list[int]]] = {}
    for person in range(len(choices)):
        tours = lawful.tours[person]
        found.setdefault(id(tours), (tours, []))[1].append(person)
    return list(found.values())
