"""Who must be there together, as the search prices it: every cell in which a crew is too small is worth something."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.schedule.people.people import People
from wfm.schedule.rules.crew import Presence
from wfm.schedule.rules.rule import Rule
from wfm.schedule.shifts.demand import Demand

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Crews:
    """How many of each crew are at work in every cell, and what those missing cost."""

    def __init__(self, rules: Sequence[Rule], people: People, demand: Demand) -> None:
        own = [] if demand.types else [rule for rule in rules if isinstance(rule, Presence) and rule.weight > 0]
        cells = demand.required.shape[1]
        self.least = np.array([float(rule.least) for rule in own])[:, None]
        self.price = np.stack([_price(rule, demand) for rule in own]) if own else np.zeros((0, cells))
        self.there = np.zeros((len(own), cells))
        row = {agent: k for k, agent in enumerate(people.names)}
        members = np.zeros((len(people.names), len(own)), dtype=bool)
        for number, rule in enumerate(own):
            members[[row[agent] for agent in rule.of(people)["agent"]], number] = True
        self.crews = [np.flatnonzero(mine) for mine in members]

    def cost(self) -> float:
        """Cost of all that are missing."""
        return float((np.maximum(self.least - self.there, 0.0) * self.price).sum()) if len(self.least) else 0.0

    def gain(self, person: int) -> Floats | float:
        """What a person's presence in each cell is worth to the crews."""
        mine = self.crews[person]
        if not len(mine):
            return 0.0
        missing = np.clip(self.least[mine] - self.there[mine], 0.0, 1.0)
        return np.asarray((missing * self.price[mine]).sum(axis=0))

    def add(self, person: int, cells: Ints, holes: Ints, sign: float) -> None:
        """Count a duty of a person."""
        for crew in self.crews[person]:
            self.there[crew, cells] += sign
            self.there[crew, holes] -= sign


def _price(rule: Presence, demand: Demand) -> Floats:
    """Cost of one missing person in each cell."""
    slots = demand.days * demand.slots_a_day
    if rule.hours is None:
        wanted = demand.required.sum(axis=0) > 0
    else:
        grid = pd.date_range(demand.first, periods=slots, freq=pd.Timedelta(seconds=demand.step))
        wanted = np.zeros(demand.required.shape[1], dtype=bool)
        wanted[demand.cells[:slots][rule.hours.is_open(grid)]] = True
    return np.where(wanted, rule.weight * demand.step / 3600, 0.0)
