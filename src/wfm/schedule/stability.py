"""A published roster that is planned again: what people know is kept, and every cell that changes has its price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.schedule.demand import Demand
from wfm.schedule.measure import changed_days
from wfm.schedule.options import Choices
from wfm.schedule.pricing import Board, Duty
from wfm.schedule.rules.rule import numbered

if TYPE_CHECKING:
    from wfm.schedule.search import Search

Floats = npt.NDArray[np.float64]
Weeks = Sequence[Sequence[Duty | None]]
BREAKS_ALONE = 0.5  # of a changed day: the shift stays, its breaks are others


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """The roster that the search starts from, the one that people were told, and what a changed day costs."""

    start: pd.DataFrame | None
    told: pd.DataFrame | None
    change_cost: float

    def changes(self, table: pd.DataFrame, demand: Demand) -> float:
        """What the days of a roster that changed cost."""
        if self.told is not None:
            return self.change_cost * cells_changed(table, self.told, demand)
        return 0.0 if self.start is None else self.change_cost * changed_days(table, self.start, demand)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The days that people were told.

    Attributes
    ----------
    weeks : by person, by day   Their duties, None = free; breaks empty where they can no longer be taken.
    price : float               Of a day that changes: other times, another queue, work where there was none, or none.
    """

    weeks: Weeks
    price: float

    @property
    def other_breaks(self) -> float:
        """What a shift costs that stays, with other breaks."""
        return BREAKS_ALONE * self.price

    @classmethod
    def of(cls, weeks: Weeks, price: float, board: Board, choices: Sequence[Choices]) -> Published:
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
            return self.price
        return self.other_breaks if was.breaks else 0.0


def with_changes(choices: Sequence[Choices], weeks: Weeks, price: float) -> list[Choices]:
    """The choices with a cost on every day of a person that has another shift than told."""
    found = []
    for own, week in zip(choices, weeks, strict=True):
        cost, off = own.cost + price, own.off + price
        for day, duty in enumerate(week):
            if duty is None:
                off[day] -= price
            else:
                cost[day, duty.pattern] = own.cost[day, duty.pattern]
        found.append(replace(own, cost=cost, off=off))
    return found


def take_over(search: Search, weeks: Weeks, spread: float) -> None:
    """Start from given days, breaks included, where they are still lawful; everybody else is placed anew."""
    homeless = []
    for person, week in enumerate(weeks):
        if _lawful(search, person, week):
            search.put_in(person, [duty if duty is None else search.with_breaks(person, duty) for duty in week])
        else:
            homeless.append(person)
    search.cost = replace(search.cost, spread=spread)
    for person in homeless:
        _, found = search.best(person, search.gain(person))
        search.put_in(person, found)


def _lawful(search: Search, person: int, week: Sequence[Duty | None]) -> bool:
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
    now, was = _with_breaks(rows, demand), _with_breaks(published, demand)
    return sum(now[cell] != was[cell] for cell in now.keys() & was.keys())


def _with_breaks(roster: pd.DataFrame, demand: Demand) -> dict[tuple[object, ...], tuple[object, ...]]:
    """(agent, start, type, queue) of every shift -> its breaks."""
    table = numbered(roster)
    found: dict[tuple[object, ...], tuple[object, ...]] = {}
    for _, shift in table.groupby("number", sort=False):
        first = shift.iloc[0]
        if demand.first <= first["start"] < demand.last:
            rest = shift[shift["activity"].isin(["break", "meal"])]
            queue = first["queue"] if "queue" in shift else None
            found[first["agent"], first["start"], first["shift"], queue] = tuple(rest["start"])
    return found
