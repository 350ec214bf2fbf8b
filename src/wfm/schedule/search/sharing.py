"""What nobody likes shared out: how often each person has it, and what lies above the due share costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wfm.schedule.lawful.lawful_tours import Lawful
from wfm.schedule.people.people import People
from wfm.schedule.rules.fairness import Fair, fair_shares, history_of

Floats = npt.NDArray[np.float64]


class Fairness:
    """How often each person has what nobody likes, and what lies above the share due to the contract costs."""

    def __init__(self, people: People, lawful: Lawful) -> None:
        self.lawful = lawful
        self.rules: list[Fair] = list(dict.fromkeys(rule for own in lawful.fair for rule, _ in own))
        agents = people.agents
        self.members = [np.flatnonzero([any(r == rule for r, _ in own) for own in lawful.fair]) for rule in self.rules]
        self.before = [history_of(agents, rule.column) for rule in self.rules]
        self.now = [np.zeros(len(agents)) for _ in self.rules]
        self.hours = [rule.entitled(people) for rule in self.rules]

    def note(self, person: int, path: Sequence[int]) -> None:
        """Count a person's days."""
        for number, count in self._counts(person, path):
            self.now[number][person] = count

    def forget(self, person: int) -> None:
        """Count nothing for a person."""
        for counts in self.now:
            counts[person] = 0.0

    def cost(self) -> float:
        """Cost of all that lies above the due shares."""
        return sum(self._cost(number, self.now[number]) for number in range(len(self.rules)))

    def cost_of(self, person: int, path: Sequence[int]) -> float:
        """Cost of everybody's shares with these days of a person."""
        total = 0.0
        for number, count in self._counts(person, path):
            now = self.now[number].copy()
            now[person] = count
            total += self._cost(number, now)
        return total

    def final(self, person: int) -> Floats | None:
        """Cost of everybody's shares by the state in which a person's days may end."""
        own = self.lawful.fair[person]
        if not own:
            return None
        states = self.lawful.tours[person].memory.final
        total = np.zeros(len(states))
        for rule, place in own:
            number = self.rules.index(rule)
            counts = np.array([state[place] for state in states])
            by_count = {}
            for count in np.unique(counts):
                now = self.now[number].copy()
                now[person] = count
                by_count[count] = self._cost(number, now)
            total += np.array([by_count[count] for count in counts])
        return total

    def _counts(self, person: int, path: Sequence[int]) -> list[tuple[int, float]]:
        own = self.lawful.fair[person]
        if not own:
            return []
        state = self.lawful.tours[person].final_state(path)
        return [(self.rules.index(rule), float(state[place])) for rule, place in own]

    def _cost(self, number: int, now: Floats) -> float:
        members = self.members[number]
        mine = now[members]
        total = mine + self.before[number][members]
        over = np.minimum(mine, total - fair_shares(total, self.hours[number][members]))
        return float(self.rules[number].weight * over[over > 0].sum())
