"""The roster of few people as one programme of whole numbers, solved to the end.

A column for every shift of every person, day and queue. Each rule is a walk of its own from state to state, whose steps
of a day are as many as the shifts that take them; once the shifts are whole, each rule's walk is one path. (Regular
constraints as flows: Cote, Gendron, Quimper, Rousseau 2011, Constraints 16.)
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wfm.schedule.lawful.memory import OFF, Memory, memory_of
from wfm.schedule.program.program import DUTY, SHORT, SURPLUS, TOUR, Builder
from wfm.schedule.program.solver import whole
from wfm.schedule.search.person_by_person import Search, Week
from wfm.schedule.search.pricing import Duty

MOST_PEOPLE, MOST_COLUMNS = 8, 8_000


def fits_compact(search: Search) -> bool:
    """Whether people are few, and nothing but cover and their own rules and wishes counts."""
    simple = not (search.fairness.rules or len(search.crews.least) or search.published is not None)
    breaks = any(kind.breaks for kind in search.patterns.types) and not search.demand.types
    few = len(search.choices) <= MOST_PEOPLE and all(tours.trackers for tours in search.lawful.tours)
    size = sum(int(np.isfinite(own.cost).sum()) * len(q) for own, q in zip(search.choices, search.queues, strict=True))
    return simple and not breaks and few and size <= MOST_COLUMNS


def solve_compact(search: Search, seconds: float, bound: float) -> float:
    """Put the best roster found within so many seconds into the search where it is better; returns the best bound."""
    model = _Model(search)
    found = whole(model.build.program(model.constant), seconds=seconds, gap=0.0)
    if found.values is not None:
        before, kept = search.total(), [list(week) for week in search.duties]
        search.restore(model.weeks(found.values))
        if search.total() > before - 1e-9:
            search.restore(kept)
    return max(bound, min(found.bound, search.total()))


@dataclass(slots=True, eq=False)
class _Model:
    """The programme under way, and which column is whose shift."""

    search: Search
    build: Builder = field(default_factory=Builder)
    constant: float = 0.0
    duties: dict[int, tuple[int, Duty]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write all columns and rows."""
        demand, build, cost = self.search.demand, self.build, self.search.cost
        people = range(len(self.search.choices))
        missing = demand.required - self.search.cover
        for person in people:  # the search holds a roster: its cover is given back
            for duty in self.search.duties[person]:
                if duty is not None:
                    cells, holes = self.search.board.covered(duty, self.search.choices[person])
                    missing[duty.queue, cells] += self.search.choices[person].on(duty.day)
                    missing[duty.queue, holes] -= self.search.choices[person].on(duty.day)
        wanted, hours = missing.ravel(), demand.hours.ravel()
        rows = build.add_rows(wanted, wanted, len(wanted))
        room = np.full(len(wanted), np.inf) if demand.room is None else demand.room.ravel()
        build.put(rows, build.add_columns(SHORT, rows, cost.under * hours, upper=room), 1.0)
        dear = np.flatnonzero(np.isfinite(room))
        build.put(rows[dear], build.add_columns(SHORT, dear, (cost.under + cost.minimum) * hours[dear]), 1.0)
        build.put(rows, build.add_columns(SURPLUS, rows, cost.over * hours), -1.0)
        for person in people:
            shifts = self._shifts(person)
            for tracker in self.search.lawful.tours[person].trackers:
                self._walk(memory_of([tracker], demand.days, self.search.patterns.number), shifts)

    def _shifts(self, person: int) -> list[list[tuple[int, int]]]:
        """By day: (column, pattern) of every shift that the person may work."""
        search, build = self.search, self.build
        choices, width = search.choices[person], search.demand.required.shape[1]
        found: list[list[tuple[int, int]]] = []
        for day in range(search.demand.days):
            row = build.add_rows(0.0 if np.isfinite(choices.off[day]) else 1.0, 1.0, 1)
            free = float(choices.off[day]) if np.isfinite(choices.off[day]) else 0.0
            self.constant += free
            own: list[tuple[int, int]] = []
            for pattern in np.flatnonzero(np.isfinite(choices.cost[day])).tolist():
                for queue in search.queues[person].tolist():
                    if not search.patterns.open[queue, day, pattern] or choices.queue_locked[day] not in (-1, queue):
                        continue
                    price = choices.cost[day, pattern] + choices.queue_cost[queue] - free
                    column = build.add_columns(DUTY, [person], price, upper=1.0, integer=True)
                    duty = search.with_breaks(person, Duty(day, pattern, queue, ()))
                    cells, holes = search.board.covered(duty, choices)
                    for part, sign in ((cells, 1.0), (holes, -1.0)):
                        build.put(queue * width + part, np.repeat(column, len(part)), sign * choices.on(day))
                    build.put(row, column, 1.0)
                    self.duties[int(column[0])] = (person, duty)
                    own.append((int(column[0]), pattern))
            found.append(own)
        return found

    def _walk(self, memory: Memory, shifts: list[list[tuple[int, int]]]) -> None:
        """The walk of one rule over its states, tied to the shifts of a person."""
        build = self.build
        at = build.add_rows(-1.0 * (np.arange(memory.sizes[0]) == memory.start), np.inf, memory.sizes[0])
        build.high[-1] = build.low[-1]
        for day, step in enumerate(memory.days):
            after = build.add_rows(0.0, 0.0, memory.sizes[day + 1]) if day + 1 < len(memory.days) else None
            kind, state = np.nonzero(step.next >= 0)
            steps = build.add_columns(TOUR, state, step.cost[kind, state])
            build.put(at[state], steps, -1.0)
            if after is not None:
                build.put(after[step.next[kind, state]], steps, 1.0)
                at = after
            alike = build.add_rows(1.0 * (np.arange(len(step.next)) == OFF), np.inf, len(step.next))
            build.high[-1] = build.low[-1]
            build.put(alike[kind], steps, 1.0)
            for column, pattern in shifts[day]:
                build.put(alike[[OFF, step.kind[pattern]]], [column, column], [1.0, -1.0])

    def weeks(self, values: np.ndarray) -> list[Week]:
        """Everybody's days."""
        found: list[Week] = [[None] * self.search.demand.days for _ in self.search.choices]
        for column, (person, duty) in self.duties.items():
            if values[column] > 0.5:
                found[person][duty.day] = duty
        return found
