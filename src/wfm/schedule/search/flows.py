"""Whole lines of some people, however many there are: each person is one unit that flows through the lawful days.

A step from state to state is kept where it lies on a line that can matter: one whose cost, less what the cells pay, is
near that of the person's best line. What remains is small where the bound is near, and holds all lines that a better
roster can have. (Path-reduced costs: Irnich, Desaulniers, Desrosiers, Hadjar 2010, INFORMS Journal on Computing 22.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.schedule.lawful.paths import Steps
from wfm.schedule.program.program import TOUR, Builder
from wfm.schedule.search.person_by_person import Search, Week
from wfm.schedule.search.pricing import Duty

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def can_flow(search: Search) -> bool:
    """Whether steps between states and the shifts' times tell all that days cost and cover."""
    simple = bool(search.demand.types) or not any(kind.breaks for kind in search.patterns.types)
    return simple and search.published is None and all(tours.paths is not None for tours in search.lawful.tours)


@dataclass(frozen=True, slots=True, eq=False)
class _Own:
    """One person's steps, the queue of each, and what it costs apart from cover."""

    person: int
    steps: Steps
    queue: Ints
    cost: Floats


class Flows:
    """All steps of some people on lines at most `within` above their best at a price [of a whole agent].

    `reach` is how far above the best the lines kept may lie: less than `within` where steps are more than `most`.
    """

    def __init__(self, search: Search, people: Sequence[int], price: Floats, within: float, most: int) -> None:
        self.search, self.own = search, [_steps_of(search, person, price, within) for person in people]
        self.reach = within
        above = np.sort(np.concatenate([np.zeros(0), *(own.steps.above for own in self.own)]))
        if len(above) > most:
            self.reach = float(above[most]) - 2e-6
            self.own = [_kept(own, own.steps.above <= self.reach) for own in self.own]
        self._column: list[Ints] = []

    def __len__(self) -> int:
        """How many steps there are."""
        return sum(len(own.cost) for own in self.own)

    def put(self, build: Builder, rows: Ints) -> None:
        """Write the steps of everybody; `rows` are those that each person's lines add up to 1 in."""
        for own, row in zip(self.own, rows, strict=True):
            self._put(build, own, int(row))

    def _put(self, build: Builder, own: _Own, row: int) -> None:
        search, steps = self.search, own.steps
        column = build.add_columns(TOUR, np.full(len(own.cost), own.person), own.cost, upper=1.0, integer=True)
        self._column.append(column)
        if not len(column):
            return
        width = max(search.lawful.tours[own.person].memory.sizes) + 1
        leaves, enters = steps.day * width + steps.before, (steps.day + 1) * width + steps.after
        begins, ends = steps.day == 0, steps.day + 1 == search.demand.days
        build.put(np.full(int(begins.sum()), row), column[begins], 1.0)
        nodes = np.unique(np.concatenate([leaves[~begins], enters[~ends]]))
        at = build.add_rows(0.0, 0.0, len(nodes))
        build.put(at[np.searchsorted(nodes, leaves[~begins])], column[~begins], 1.0)
        build.put(at[np.searchsorted(nodes, enters[~ends])], column[~ends], -1.0)
        choices = search.choices[own.person]
        works = np.flatnonzero(steps.pattern >= 0)
        each = np.stack([steps.day[works], steps.pattern[works], own.queue[works]], axis=1)
        kinds, number = np.unique(each, axis=0, return_inverse=True)
        covered = [_cells(search, own.person, Duty(day, p, queue, ())) for day, p, queue in kinds.tolist()]
        sizes = np.array([len(filled) for filled in covered], dtype=np.int64)[number.ravel()]
        shares = np.array([choices.on(day) for day in kinds[:, 0].tolist()])[number.ravel()]
        filled = np.concatenate([np.zeros(0, dtype=np.int64), *(covered[one] for one in number.ravel().tolist())])
        build.put(filled, np.repeat(column[works], sizes), np.repeat(shares, sizes))

    def weeks(self, values: Floats) -> dict[int, Week]:
        """The days of everybody who flows through the steps."""
        search, found = self.search, {}
        for own, column in zip(self.own, self._column, strict=True):
            taken = np.flatnonzero(values[column] > 0.5)
            week: Week = [None] * search.demand.days
            for place in taken[own.steps.pattern[taken] >= 0].tolist():
                day, pattern = int(own.steps.day[place]), int(own.steps.pattern[place])
                week[day] = search.with_breaks(own.person, Duty(day, pattern, int(own.queue[place]), ()))
            if len(taken):
                found[own.person] = week
        return found


def _cells(search: Search, person: int, duty: Duty) -> Ints:
    """The cells of all queues that a duty covers."""
    filled, holes = search.board.covered(duty, search.choices[person])
    return np.asarray(duty.queue * search.demand.required.shape[1] + np.setdiff1d(filled, holes), dtype=np.int64)


def _steps_of(search: Search, person: int, price: Floats, within: float) -> _Own:
    """One person's steps: each shift on every queue that keeps the line within reach."""
    queues, choices = search.queues[person], search.choices[person]
    shape = search.demand.required.shape
    value = search.values(person, choices.along(search.demand) * price.reshape(shape)[queues])
    worth = value.max(axis=0)
    paths = search.lawful.tours[person].paths
    assert paths is not None
    steps = paths.steps(choices.cost - worth, choices.off, within)
    works = steps.pattern >= 0
    day, pattern = steps.day[works], steps.pattern[works]
    parts, rows = [_taken(steps, ~works)], [np.full(int((~works).sum()), -1)]
    costs = [choices.off[steps.day[~works]] + steps.cost[~works]]
    for row, queue in enumerate(queues.tolist()):
        lost = worth[day, pattern] - value[row, day, pattern]
        kept = np.flatnonzero(steps.above[works] + lost <= within + 1e-9)
        own = _taken(steps, np.flatnonzero(works)[kept])
        parts.append(own._replace(above=own.above + lost[kept]))
        rows.append(np.full(len(kept), queue))
        costs.append(choices.cost[own.day, own.pattern] + choices.queue_cost[queue] + own.cost)
    joined = Steps(*(np.concatenate(one) for one in zip(*parts, strict=True)))
    return _Own(person, joined, np.concatenate(rows), np.concatenate(costs))


def _taken(steps: Steps, places: npt.NDArray[np.generic]) -> Steps:
    return Steps(*(part[places] for part in steps))


def _kept(own: _Own, places: npt.NDArray[np.bool_]) -> _Own:
    return _Own(own.person, _taken(own.steps, places), own.queue[places], own.cost[places])
