"""The roster in shares: everybody may divide each day among several lawful lines of days, and what that costs at least.

It is the master problem of column generation in one piece. The lines are not kept: of each person only the mean cover
and the mean cost are, and a few people at a time move towards their best line at the prices of the moment by the step
that is best for all. Prices are those of missing and surplus hours, drawn towards the prices of the best bound so far,
so that they neither jump nor swing. (Block-coordinate Frank-Wolfe: Lacoste-Julien et al. 2013, ICML; the drawn prices
are the proximal point method: Rockafellar 1976, SIAM Journal on Control and Optimization 14.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

import numpy as np
import numpy.typing as npt

from wfm.schedule.lawful.best_days import Tours
from wfm.schedule.search.bound import Dual
from wfm.schedule.search.person_by_person import Week

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
TOGETHER = 8  # people who move at once
SOFTNESS = 0.02  # of a missing hour's cost and a surplus one's: what the square root of an agent moves a price
PATIENCE = 2  # passes between two looks at the bound
FLAT = (0.0, 0.05, 0.2, 0.5, 1.0)  # of a missing hour's cost: prices to begin with


class Master:
    """Everybody's shares, the prices that follow from them, and the best bound that prices gave.

    Parameters
    ----------
    dual : Dual
    weeks : everybody's days to begin with
    own : (people,)             What those days cost apart from cover.
    rng : order of the people
    """

    def __init__(self, dual: Dual, weeks: Sequence[Week], own: Floats, rng: np.random.Generator) -> None:
        self.dual, self.rng, self.own = dual, rng, own.copy()
        self.cover = np.stack([dual.cover_of(p, week) for p, week in enumerate(weeks)]).astype(np.float32)
        self.total = self.cover.sum(axis=0, dtype=float)
        self.mixed = np.ones(len(weeks), dtype=bool)  # whose days are in shares; those of others are whole
        needed = dual.residual[(dual.residual > 0) & (dual.demand.hours > 0)]
        width = dual.cost.under + dual.cost.over
        self.softness = SOFTNESS * width * np.sqrt(needed.mean() if len(needed) else 1.0) + 1e-9
        self.bound, self.centre = max(
            ((dual.value(price), price) for price in self._flat_prices()), key=lambda one: one[0]
        )
        self.best = self.centre

    def copy(self) -> Master:
        """Shares that may change beside these."""
        other = copy(self)
        other.cover, other.own, other.mixed = self.cover.copy(), self.own.copy(), self.mixed.copy()
        other.total = self.total.copy()
        return other

    @property
    def prices(self) -> Floats:
        """Price of each cell [per person and hour]."""
        return self._prices(self.total)

    @property
    def cost(self) -> float:
        """What the shares cost; the best shares cost no more."""
        missing, demand = self.dual.residual - self.total, self.dual.demand
        return float(self.own.sum() + self.dual.cost.of(missing, demand.hours, missing, demand.room).sum())

    def approach(self, passes: int, late: Callable[[], bool], *, near: float = 1e-4) -> None:
        """Passes over everybody, until shares and bound nearly meet."""
        for number in range(passes):
            self.move(late)
            if late():
                return
            if number % PATIENCE == PATIENCE - 1:
                self.look()
                if self.cost - self.bound <= near * abs(self.cost):
                    return

    def look(self) -> None:
        """The bound at the prices of the moment; the best one's prices are those drawn to."""
        prices = self.prices
        value = self.dual.value(prices)
        if value > self.bound:
            self.bound, self.best = value, prices
        self.centre = self.best

    def move(self, late: Callable[[], bool]) -> None:
        """Everybody in shares once, a few at a time, towards the best days at the prices of the moment."""
        batches = [
            (tours, own[first : first + TOGETHER])
            for tours, persons in self.dual.alike
            if (own := [p for p in persons if self.mixed[p]])
            for first in range(0, len(own), TOGETHER)
        ]
        for number in self.rng.permutation(len(batches)):
            if late():
                return
            self._move(*batches[number])

    def _move(self, tours: Tours, persons: list[int]) -> None:
        answers = self.dual.answers(tours, persons, self.dual.paid(self.prices))
        if not np.isfinite(answers.own).all():
            return
        towards = answers.cover - self.cover[persons]
        step, dearer = towards.sum(axis=0), float((answers.own - self.own[persons]).sum())
        length = self._length(step, dearer)
        if length > 0:
            self.cover[persons] += (length * towards).astype(np.float32)
            self.own[persons] += length * (answers.own - self.own[persons])
            self.total += length * step

    def _length(self, step: Floats, dearer: float) -> float:
        """The best share of a step: where what it costs more is what its cover still saves."""
        touched = np.flatnonzero(step)
        along, total = step.ravel()[touched], self.total.ravel()[touched]
        residual, centre = self.dual.residual.ravel()[touched], self.centre.ravel()[touched]
        paid, cost = along * self.dual.demand.hours.ravel()[touched], self.dual.cost
        room = None if self.dual.demand.room is None else self.dual.demand.room.ravel()[touched]

        def slope(length: float) -> float:
            price = cost.drawn(residual - total - length * along, centre, self.softness, room)
            return dearer - float(price @ paid)

        if slope(0.0) >= -1e-12:
            return 0.0
        if slope(1.0) <= 0:
            return 1.0
        low, high = 0.0, 1.0
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if slope(middle) < 0 else (low, middle)
        return (low + high) / 2

    def _flat_prices(self) -> list[Floats]:
        """One price wherever somebody is needed; where nobody is, everybody is one too many."""
        cost = self.dual.cost
        needed = self.dual.residual > 0
        return [np.where(needed, share * cost.under, -cost.over) for share in FLAT]

    def _prices(self, total: Floats) -> Floats:
        return self.dual.cost.drawn(self.dual.residual - total, self.centre, self.softness, self.dual.demand.room)

    # --- people with whole days -----------------------------------------------------------------------------------

    def leave(self, person: int) -> None:
        """Take a person out."""
        self.total -= self.cover[person]
        self.cover[person] = 0.0
        self.mixed[person] = False

    def gain(self, queues: npt.NDArray[np.int64], weight: float | Floats) -> Floats:
        """What a person's presence in a cell is worth beside everybody's shares."""
        missing, demand = (self.dual.residual - self.total)[queues], self.dual.demand
        centre, room = self.centre[queues], None if demand.room is None else demand.room[queues]
        saved = self._cost(missing, centre, room) - self._cost(missing - weight, centre, room)
        return np.asarray(saved * demand.hours[queues])

    def _cost(self, missing: Floats, centre: Floats, room: Floats | None) -> Floats:
        """Cost of missing people as the drawn prices see it: smooth where the price changes, straight elsewhere."""
        cost = self.dual.cost
        price = cost.drawn(missing, centre, self.softness, room)
        return np.asarray(price * missing - self.softness / 2 * (price - centre) ** 2 - cost.forgone(price, room))

    def give(self, person: int, week: Week, own: float) -> None:
        """Give whole days to a person who was taken out."""
        cover = self.dual.cover_of(person, week)
        self.cover[person] = cover
        self.total += cover
        self.own[person] = own
