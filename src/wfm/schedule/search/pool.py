"""Weeks that people may be given: all that a search has found, what each costs and which cells it covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.schedule.search.person_by_person import Search, Week

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The days of one person: their cost apart from cover, and how much of the person each cell gets."""

    person: int
    week: Week
    cost: float
    cells: Ints  # queue x cells + cell
    weights: Floats

    def left(self, price: Floats) -> float:
        """Cost less what the cells pay; price : (queues x cells,)."""
        return self.cost - float(price[self.cells] @ self.weights)


class Pool:
    """The lines found so far, by person; equal ones are kept once."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.lines: list[list[Line]] = [[] for _ in search.choices]
        self._known: list[dict[tuple[object, ...], int]] = [{} for _ in search.choices]

    def __len__(self) -> int:
        """How many lines there are."""
        return sum(len(own) for own in self.lines)

    def add(self, person: int, week: Week) -> Line:
        """The line of some days of a person, kept from now on."""
        key = tuple(week)
        place = self._known[person].get(key)
        if place is None:
            place = self._known[person][key] = len(self.lines[person])
            cost = self.search.own_cost(person, week)
            self.lines[person].append(Line(person, list(week), cost, *self._covered(person, week)))
        return self.lines[person][place]

    def present(self, person: int) -> Line:
        """The line of the days that the person has now."""
        return self.add(person, self.search.duties[person])

    def nearest(self, person: int, price: Floats, most: int, *, within: float = np.inf) -> list[Line]:
        """The lines of a person that cost least at a price, those at most `within` above the first."""
        own = self.lines[person]
        left = np.array([line.left(price) for line in own])
        order = np.argsort(left, kind="stable")[:most]
        return [own[k] for k in order if left[k] <= left[order[0]] + within]

    def _covered(self, person: int, week: Week) -> tuple[Ints, Floats]:
        """Cells covered, each once, and how much of the person they get."""
        search, width = self.search, self.search.demand.required.shape[1]
        if search.demand.types:
            kinds, number = search.patterns.kind, len(search.demand.types)
            duties = [duty for duty in week if duty is not None]
            own = [duty.queue * width + duty.day * number + int(kinds[duty.pattern]) for duty in duties]
            return np.array(own, dtype=np.int64), np.array([search.choices[person].on(duty.day) for duty in duties])
        cells, signs = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
        for duty in week:
            if duty is None:
                continue
            filled, holes = search.board.covered(duty, search.choices[person])
            cells += [duty.queue * width + filled, duty.queue * width + holes]
            share = search.choices[person].on(duty.day)
            signs += [np.full(len(filled), share), np.full(len(holes), -share)]
        found, place = np.unique(np.concatenate(cells), return_inverse=True)
        weights: Floats = np.bincount(place.ravel(), weights=np.concatenate(signs), minlength=len(found)).astype(float)
        kept = np.abs(weights) > 1e-9
        return found[kept], weights[kept]
