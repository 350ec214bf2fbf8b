"""A published roster that is planned again: what people know is kept, and every cell that changes has its price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.schedule.lawful.options import Choices
from wfm.schedule.people.people import People
from wfm.schedule.rules import Rule, Stability
from wfm.schedule.rules.rule import numbered
from wfm.schedule.search.measure import changed_days
from wfm.schedule.search.pricing import Board, Duty
from wfm.schedule.shifts.demand import Demand

if TYPE_CHECKING:
    from wfm.schedule.search.person_by_person import Search

Floats = npt.NDArray[np.float64]
Weeks = Sequence[Sequence[Duty | None]]
BREAKS_ALONE = 0.5  # of a changed day: the shift stays, its breaks are others


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """The roster that the search starts from, the one that people were told, and what a changed day costs."""

    start: pd.DataFrame | None
    told: pd.DataFrame | None
    change_cost: float

    def prices(self, rules: Sequence[Rule], people: People, demand: Demand) -> Floats:
        """(people, days): what a day of each person costs that changes, by the rules of stability where there are any.

        Without a published roster, they have nothing to say.
        """
        prices = np.zeros((len(people.names), demand.days))
        stable = _stable(rules) if self.told is not None else []
        for rule in stable:
            own = np.isin(people.names, rule.of(people)["agent"])
            prices[own] += rule.weight * rule.times_on(demand.dates, demand.first)
        return prices if stable else prices + self.change_cost

    def changes(self, table: pd.DataFrame, demand: Demand, rules: Sequence[Rule]) -> float:
        """What the days of a roster that changed cost, where no rule says it."""
        if self.told is not None and _stable(rules):
            return 0.0
        if self.told is not None:
            return self.change_cost * cells_changed(table, self.told, demand)
        return 0.0 if self.start is None else self.change_cost * changed_days(table, self.start, demand)


def _stable(rules: Sequence[Rule]) -> list[Stability]:
    return [rule for rule in rules if isinstance(rule, Stability)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Published:
    """The days that people were told.

    Attributes
    ----------
    weeks : by person, by day   Their duties, None = free; breaks empty where they can no longer be taken.
    price : (people, days)      Of a day that changes: other times, another queue, work where there was none, or none.
    """

    weeks: Weeks
    price: Floats

    def other_breaks(self, person: int, day: int) -> float:
        """What a shift costs that stays, with other breaks."""
        return BREAKS_ALONE * float(self.price[person, day])

    @classmethod
    def of(cls, weeks: Weeks, price: Floats, board: Board, choices: Sequence[Choices]) -> Published:
        """Breaks that a training took the place of are free to move."""
        told = [
            [duty if duty is None or board.fits(duty, own) else duty._replace(breaks=()) for duty in week]
            for week, own in zip(weeks, choices, strict=True)
        ]
        return cls(weeks=told, price=price)

    def same_shift(self, person: int, day: int, pattern: int) -> Duty | None:
        """The published duty of a day, where it has this pattern."""
        was = self.weeks[person][day]
        return was if was is not None and was.pattern == pattern else None

    def beside(self, person: int, duty: Duty) -> float:
        """What another queue or other breaks cost where the shift is as published; other shifts have their own cost."""
        was = self.same_shift(person, duty.day, duty.pattern)
        if was is None or was == duty:
            return 0.0
        if was.queue != duty.queue:
            return float(self.price[person, duty.day])
        return self.other_breaks(person, duty.day) if was.breaks else 0.0


def with_changes(choices: Sequence[Choices], weeks: Weeks, prices: Floats) -> list[Choices]:
    """The choices with a cost on every day of a person that has another shift than told."""
    found = []
    for own, week, price in zip(choices, weeks, prices, strict=True):
        cost, off = own.cost + price[:, None], own.off + price
        for day, duty in enumerate(week):
            if duty is None:
                off[day] -= price[day]
            else:
                cost[day, duty.pattern] = own.cost[day, duty.pattern]
        found.append(replace(own, cost=cost, off=off))
    return found


def take_over(search: Search, weeks: Weeks, spread: float) -> None:
    """Start from given days, breaks included, where they are still lawful; everybody else is placed anew."""
    homeless = keep_lawful(search, weeks)
    search.cost = replace(search.cost, spread=spread)
    for person in homeless:
        _, found = search.best(person, search.gain(person))
        search.put_in(person, found)


def keep_lawful(search: Search, weeks: Weeks) -> list[int]:
    """Everybody's given days, breaks included, where they are still lawful; the others, who have none yet."""
    homeless = []
    for person, week in enumerate(weeks):
        if still_lawful(search, person, week):
            search.put_in(person, [duty if duty is None else search.with_breaks(person, duty) for duty in week])
        else:
            homeless.append(person)
    return homeless


def still_lawful(search: Search, person: int, week: Sequence[Duty | None]) -> bool:
    """Whether a person may still work given days."""
    choices = search.choices[person]
    for day, duty in enumerate(week):
        if duty is None:
            if np.isinf(choices.off[day]):
                return False
        elif not (
            np.isfinite(choices.cost[day, duty.pattern])
            and np.isfinite(choices.queue_cost[duty.queue])
            and search.patterns.open[duty.queue, day, duty.pattern]
            and choices.queue_locked[day] in (-1, duty.queue)
        ):
            return False
    path = [-1 if duty is None else duty.pattern for duty in week]
    return bool(np.isfinite(search.lawful.tours[person].price(path)))


def cells_changed(rows: pd.DataFrame, published: pd.DataFrame, demand: Demand) -> float:
    """Days of people that changed, those where breaks alone moved counting half."""
    return changed_days(rows, published, demand, queues=True) + BREAKS_ALONE * _breaks_moved(rows, published, demand)


def _breaks_moved(rows: pd.DataFrame, published: pd.DataFrame, demand: Demand) -> int:
    if not any(table["activity"].isin(["break", "meal"]).any() for table in (rows, published)):
        return 0
    now, was = _with_breaks(rows, demand), _with_breaks(published, demand)
    return sum(now[cell] != was[cell] for cell in now.keys() & was.keys())


def _with_breaks(roster: pd.DataFrame, demand: Demand) -> dict[tuple[object, ...], list[pd.Timestamp]]:
    """(agent, start, type, queue) of every shift -> when its breaks begin."""
    table = numbered(roster)
    queues = table["queue"] if "queue" in table else pd.Series([None] * len(table), index=table.index)
    found: dict[tuple[object, ...], list[pd.Timestamp]] = {}
    own: list[pd.Timestamp] = []
    last, first, until = None, demand.first, demand.last
    columns = (table["number"], table["agent"], table["start"], table["shift"], queues, table["activity"])
    for number, agent, start, shift, queue, activity in zip(*columns, strict=True):
        if number != last:
            own, last = [], number
            if first <= start < until:
                found[agent, start, shift, queue] = own
        if activity in ("break", "meal"):
            own.append(start)
    return found
