"""A lower bound that holds: cells priced, every person free to follow the prices alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from wfm.schedule.demand import Demand
from wfm.schedule.lawful import Lawful
from wfm.schedule.options import Choices, Patterns
from wfm.schedule.pricing import Board
from wfm.schedule.search import CoverCost
from wfm.schedule.tours import Tours

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Dual:
    """The Lagrangian of the cover: `sum price x required + sum over people of (least own cost - price x cover)`.

    With `people's cover + missing - surplus = required` and prices in [-over, under] an hour, no roster costs less.
    Fairness, which couples people and costs nothing below 0, is left out.
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
        paid = np.clip(price, -self.cost.over, self.cost.under) * self.demand.hours
        total = float((paid * self.residual).sum())
        for tours, persons in self.alike:
            total += float(self._least(tours, persons, paid).sum())
        return total

    def _least(self, tours: Tours, persons: list[int], paid: Floats) -> Floats:
        values: dict[bytes, Floats] = {}
        costs, off = [], []
        for person in persons:
            choices = self.choices[person]
            key = choices.queue_cost.tobytes() + choices.queue_locked.tobytes() + repr(choices.cuts).encode()
            if key not in values or np.isfinite(choices.queue_cost[choices.queue_cost > 0]).any():
                values[key] = self._worth(choices, paid)
            worth = values[key]
            gained = np.where(np.isfinite(worth), np.where(np.isfinite(worth), worth, 0.0) * choices.weight, worth)
            costs.append(choices.cost - gained)
            off.append(choices.off)
        return tours.least(np.stack(costs), np.stack(off))

    def _worth(self, choices: Choices, paid: Floats) -> Floats:
        """(days, patterns): most that a whole agent's cover of each shift earns at the prices."""
        queues = np.flatnonzero(np.isfinite(choices.queue_cost))
        if not len(queues):
            return np.full(choices.cost.shape, -np.inf)
        value = self.board.values(paid[queues], choices)
        # A missing skill's cost is not part of the cover: dividing it by the weight lets the product be exact.
        value -= choices.queue_cost[queues][:, None, None] / max(choices.weight, 1e-9)
        value[~self.patterns.open[queues]] = -np.inf
        for day in np.flatnonzero(choices.queue_locked >= 0):
            value[queues != choices.queue_locked[day], day] = -np.inf
        return np.asarray(value.max(axis=0))


def _alike(choices: Sequence[Choices], lawful: Lawful) -> list[tuple[Tours, list[int]]]:
    found: dict[int, tuple[Tours, list[int]]] = {}
    for person in range(len(choices)):
        tours = lawful.tours[person]
        found.setdefault(id(tours), (tours, []))[1].append(person)
    return list(found.values())


def common_price(dual: Dual, late: Callable[[], bool], *, tries: int = 6) -> tuple[float, Floats]:
    """The best bound found with one price for all queues, and that price by queue.

    Golden section, since the bound is concave in the prices.
    """
    queues = len(dual.residual)
    trials = [np.full(queues, price) for price in (dual.cost.under, 0.0)]
    values = [dual.value(_spread(prices, dual)) for prices in trials]
    best, prices = max(zip(values, trials, strict=True), key=lambda one: one[0])
    return _along(dual, best, prices, np.ones(queues, dtype=bool), tries, late)


def price_by_queue(
    dual: Dual, best: float, prices: Floats, late: Callable[[], bool], *, rounds: int = 2, tries: int = 5
) -> float:
    """The bound after each queue's price has been moved in turn.

    Prices by the hour could raise it further; noise in them lowers it, since every person would follow the noise.
    """
    queues = np.arange(len(prices))
    for _ in range(rounds if len(queues) > 1 else 0):
        before = best
        for queue in queues:
            if late():
                return best
            best, prices = _along(dual, best, prices, queues == queue, tries, late)
        if best - before <= 1e-3 * abs(best) + 1e-9:
            break
    return best


def _spread(prices: Floats, dual: Dual) -> Floats:
    """The price of a queue in every cell that needs somebody; where nobody is needed everybody is one too many."""
    return np.where(dual.residual > 0, prices[:, None], -dual.cost.over)


def _along(
    dual: Dual, best: float, prices: Floats, queues: Bools, tries: int, late: Callable[[], bool]
) -> tuple[float, Floats]:
    """The best one price of some queues, the others as they are."""

    def at(price: float) -> tuple[float, Floats]:
        trial = prices.copy()
        trial[queues] = price
        return dual.value(_spread(trial, dual)), trial

    low, high = -dual.cost.over, dual.cost.under
    golden = (5**0.5 - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    first, second = at(left), at(right)
    kept = max((best, prices), first, second, key=lambda one: one[0])
    for _ in range(tries):
        if late():
            break
        if first[0] > second[0]:
            high, right, second = right, left, first
            left = high - golden * (high - low)
            first = at(left)
        else:
            low, left, first = left, right, second
            right = low + golden * (high - low)
            second = at(right)
        kept = max(kept, first, second, key=lambda one: one[0])
    return kept
