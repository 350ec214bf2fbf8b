"""Rounded people put in a few at a time, as far as limits allow: a start that keeps every row whatever is rounded."""

from __future__ import annotations

from typing import Any

import numpy as np

from wfm.schedule.program.program import FLAG, PLACE, SHIFT, SHORT, SURPLUS, Bools, Floats, Ints, Program
from wfm.schedule.shifts.candidates import Candidates

PORTIONS = 1500  # into which the people are parted


def filled(program: Program, candidates: Candidates, wanted: Floats, least: Floats) -> Floats:
    """The people of `least`, and of the wanted ones as many more as fit beside each other.

    Breaks of those who come lie where nobody is missing, as far as that is allowed. A part of every shift comes before
    the rest of any, so that what does not fit is missing everywhere a little.
    """
    room = Room(program, candidates, least)
    shifts = np.flatnonzero(program.of_kind(SHIFT))
    more = np.maximum(np.rint(wanted[shifts]) - np.rint(least[shifts]), 0.0)
    portion = max(1, int(more.sum() // PORTIONS))
    turns = np.ceil(more / portion).astype(int)
    shift = np.repeat(np.arange(len(shifts)), turns)
    turn = np.arange(len(shift)) - np.repeat(np.cumsum(turns) - turns, turns)
    for k in shift[np.lexsort((shift, turn / turns[shift]))]:
        people = int(min(portion, more[k]))
        more[k] -= people
        while people and not room.take(int(shifts[k]), people):
            people //= 2
    return program.settled(room.values)


def topped_up(program: Program, candidates: Candidates, values: Floats) -> Floats:
    """Values with people added, the most worth its cost first, as long as that pays and limits allow it."""
    from scipy import sparse

    room = Room(program, candidates, values)
    shifts, places = np.flatnonzero(program.of_kind(SHIFT)), np.flatnonzero(program.of_kind(PLACE))
    groups = [candidates.shifts[s].groups for s in program.number[shifts]]
    column = np.repeat(np.arange(len(groups)), [len(own) for own in groups])
    breaks = sparse.csr_array(
        (np.ones(len(column)), (column, np.concatenate([np.array(own, dtype=int) for own in groups] or [column]))),
        shape=(len(shifts), len(candidates.groups)),
    )
    price, turned, barred = _prices(program, room.covers), program.matrix.T.tocsr(), np.zeros(len(shifts), dtype=bool)
    while True:
        missing = np.where(room.covers, np.maximum(program.low - room.given, 0.0), 0.0)
        worth = turned @ np.where(missing > 0, price[0] * np.minimum(missing, 1.0), -price[1])
        least = np.full(len(candidates.groups), np.inf)
        np.minimum.at(least, program.number[places], program.cost[places] - worth[places])
        gain = worth[shifts] - program.cost[shifts] - breaks @ np.where(np.isfinite(least), least, 0.0)
        best = int(np.argmax(np.where(barred, -np.inf, gain))) if len(shifts) else 0
        if not len(shifts) or barred[best] or gain[best] <= 1e-9:
            return program.settled(room.values)
        people = max(1, int(missing.sum() // (4 * PORTIONS)))
        barred[best] = not (room.take(int(shifts[best]), people) or room.take(int(shifts[best]), 1))


def _prices(program: Program, covers: Bools) -> tuple[Floats, Floats]:
    """What a missing and what a surplus person costs in every row."""
    found = np.zeros((2, len(program.low)))
    for k, kind in enumerate((SHORT, SURPLUS)):
        columns = np.flatnonzero(program.of_kind(kind))
        own = program.matrix[:, columns].sorted_indices()
        found[k, own.indices[own.indptr[:-1]]] = program.cost[columns]
    return np.where(covers, found[0], 0.0), found[1]


class Room:
    """What is taken so far of every row, and what is left."""

    def __init__(self, program: Program, candidates: Candidates, least: Floats) -> None:
        self.program, self.candidates, self.matrix = program, candidates, program.matrix
        self.values = np.where(np.isin(program.kind, (SHIFT, PLACE)), np.rint(least), 0.0)
        self.given = program.matrix @ self.values
        places = np.flatnonzero(program.of_kind(PLACE))
        self.covers = _rows_of(program, np.flatnonzero(program.of_kind(SHORT)), first=True)
        free = self.covers | (_rows_of(program, places) & (program.low == program.high))  # those of breaks follow
        self.least, self.limit = np.where(free, -np.inf, program.low), np.where(free, np.inf, program.high)
        self.instead = self._opened_by_flags()
        order = places[np.argsort(program.number[places], kind="stable")]
        cuts = np.flatnonzero(np.diff(program.number[order])) + 1
        self.places = {int(program.number[own[0]]): own for own in np.split(order, cuts) if len(own)}

    def take(self, column: int, people: int) -> bool:
        """Put in people of a shift with their breaks; False, and nothing, where some row has no room for them."""
        given, chosen = self.given.copy(), [column]
        self._add(given, column, people)
        for group in self.candidates.shifts[self.program.number[column]].groups:
            place = self._place(group, given, people)
            if place < 0:
                return False
            self._add(given, place, people)
            chosen.append(place)
        under = (given < self.least - 1e-6) & (given < self.given)
        if under.any() or not self._fits(np.flatnonzero(given > self.given + 1e-9), given):
            return False
        self.given = given
        self.values[chosen] += people
        return True

    def _opened_by_flags(self) -> dict[int, tuple[int, float]]:
        """Row that a flag opens -> another that it closes and the limit of that; rows it only opens have no limit."""
        found: dict[int, tuple[int, float]] = {}
        for column in np.flatnonzero(self.program.of_kind(FLAG)):
            rows, entries = self._entries(int(column))
            closed = rows[entries > 0]
            for row in rows[entries < 0]:
                if len(closed):
                    found[int(row)] = (int(closed[0]), float((self.limit[rows] - entries)[entries > 0][0]))
                else:
                    self.limit[row] = np.inf
        return found

    def _place(self, group: int, given: Floats, people: int) -> int:
        """The place of a break that keeps limits and takes least of what is missing; -1 where none does."""
        best, found = np.inf, -1
        for place in self.places.get(group, ()):
            rows, entries = self._entries(int(place))
            after = given[rows] + people * entries
            own = self.covers[rows]
            lost = float(np.maximum(self.program.low[rows] - after, 0.0)[own].sum()) - 1e-3 * float(after[own].sum())
            if lost < best:
                self._add(given, int(place), people)
                if self._fits(rows[entries > 0], given):
                    best, found = lost, int(place)
                self._add(given, int(place), -people)
        return found

    def _fits(self, rows: Any, given: Floats) -> bool:
        for row in rows[given[rows] > self.limit[rows] + 1e-6].tolist():
            other, limit = self.instead.get(row, (row, -np.inf))
            if given[other] > limit + 1e-6:
                return False
        return True

    def _add(self, given: Floats, column: int, people: int) -> None:
        rows, entries = self._entries(column)
        given[rows] += people * entries

    def _entries(self, column: int) -> tuple[Any, Any]:
        own = slice(self.matrix.indptr[column], self.matrix.indptr[column + 1])
        return self.matrix.indices[own], self.matrix.data[own]


def _rows_of(program: Program, columns: Ints, *, first: bool = False) -> Bools:
    """Which rows the columns have entries in; with `first` the first row of each."""
    own = program.matrix[:, columns].sorted_indices()
    found = np.zeros(len(program.low), dtype=bool)
    found[own.indices[own.indptr[:-1]] if first else own.indices] = True
    return found
