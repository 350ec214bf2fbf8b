"""What people would gain by a loosened rule, tried on a roster as it stands: only those who are asked are looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from wfm.schedule.desk.loosening import Loosening, with_loosening
from wfm.schedule.lawful.lawful_tours import Lawful, lawful_tours
from wfm.schedule.lawful.options import Choices, choices_of
from wfm.schedule.people.people import People
from wfm.schedule.results import Roster
from wfm.schedule.roster.rosters import HOUR_COST, _Case, _search
from wfm.schedule.roster.writing import duties_of, roster_table
from wfm.schedule.rules.rule import Rule
from wfm.schedule.search.cover_cost import CoverCost
from wfm.schedule.search.person_by_person import Search
from wfm.schedule.search.pricing import Duty

Late = Callable[[], bool]
Week = list[Duty | None]
ENOUGH = 1e-3  # of the objective, below which a gain is none


class Trial:
    """A roster on which rules are loosened for a few people, and then as it was again."""

    def __init__(self, case: _Case, roster: Roster, cost: CoverCost) -> None:
        own = Lawful(tours=list(case.lawful.tours), fair=list(case.lawful.fair), crews=case.lawful.crews)
        self.case, self.row = case, {agent: k for k, agent in enumerate(case.people.names)}
        self.search: Search = _search(replace(case, lawful=own, choices=list(case.choices)), None, cost, 0)
        for person, week in enumerate(duties_of(roster.table, case.people, case.demand, case.patterns)):
            self.search.put_in(person, [d if d is None else self.search.with_breaks(person, d) for d in week])
        self.usual: dict[int, float] = {}  # what a person gains under the rules as they stand
        self.most: dict[int, float] = {}  # what a person could gain on some day if no rule looked back

    def of(self, loosening: Loosening, agents: Sequence[str], most: int, late: Late) -> tuple[float, list[str], Any]:
        """(what is gained beyond the usual, by whom, their roster as a table): who gains most comes first.

        The rule is loosened for one person after the other, each against the days of those before.
        """
        usual = self._usual([self.row[agent] for agent in agents], late)
        people = [person for person in usual if not late()]
        before = {person: list(self.search.duties[person]) for person in people}
        strict = {person: self._exchanged(person, *own) for person, own in self._loose(loosening, people).items()}
        gained, chosen = self._greedy(people, most, late)
        table = self.table() if chosen else None
        for person, own in strict.items():
            self.search.take_out(person)
            self._exchanged(person, *own)
            self.search.put_in(person, before[person])
        return gained, [self.case.people.names[person] for person in chosen], table

    def at_most(self, agent: str) -> float:
        """What a person could gain at most by another shift on a single day, whatever was worked on other days."""
        person = self.row[agent]
        if person not in self.most:
            search = self.search
            week = search.take_out(person)
            worth, _ = search._shift_values(person, search.gain(person))
            search.put_in(person, week)
            value = worth - np.where(np.isfinite(search.choices[person].cost), search.choices[person].cost, 0.0)
            now = [0.0 if duty is None else float(value[day, duty.pattern]) for day, duty in enumerate(week)]
            self.most[person] = float(np.max(value.max(axis=1) - now))
        return self.most[person]

    def table(self) -> pd.DataFrame:
        """The roster as it is now."""
        case = self.case
        return roster_table(
            self.search.duties, case.people, case.demand, case.patterns, self.search.choices, case.absences
        )

    def _usual(self, people: Sequence[int], late: Late) -> list[int]:
        """Those of some people of whom it is known what they gain under the rules as they stand."""
        for person in people:
            if person not in self.usual and not late():
                self.usual[person] = self._would_gain(person)
        return [person for person in people if person in self.usual]

    def _loose(self, loosening: Loosening, people: Sequence[int]) -> dict[int, tuple[Choices, Any, Any]]:
        """The choices, tours and fair counters of people under the loosened rules; nobody else's are made."""
        case, agents = self.case, [self.case.people.names[person] for person in people]
        if not agents:
            return {}
        few = only(case.people, agents)
        rules = with_loosening(case.rules, loosening, agents)
        alone = case.absences[case.absences["agent"].isin(agents)].reset_index(drop=True)
        choices, lawful = lawful_of(replace(case, people=few, absences=alone), rules)
        return {
            person: (choices[k], lawful.tours[k], lawful.fair[k])
            for k, person in enumerate(sorted(people))  # in the order of the agents
        }

    def _exchanged(self, person: int, choices: Choices, tours: Any, fair: Any) -> tuple[Choices, Any, Any]:
        """Put a person's choices and tours in place of others, which are given back."""
        search = self.search
        every: list[Choices] = search.choices  # type: ignore[assignment]
        before = (every[person], search.lawful.tours[person], search.lawful.fair[person])
        every[person], search.lawful.tours[person], search.lawful.fair[person] = choices, tours, fair
        return before

    def _greedy(self, people: Sequence[int], most: int, late: Late) -> tuple[float, list[int]]:
        gains: dict[int, float] = {}
        for person in people:
            if late():
                break
            gains[person] = self._would_gain(person) - self.usual[person]
        total, chosen = 0.0, list[int]()
        for _ in range(most):
            best = max(gains, key=lambda person: gains[person], default=None)
            if best is None or gains[best] <= ENOUGH or (late() and chosen):
                break
            del gains[best]
            before: Week = list(self.search.duties[best])
            gained = self.search.respond(best)
            if gained - self.usual[best] > ENOUGH:
                total += gained - self.usual[best]
                chosen.append(best)
            else:  # others took what there was to gain: nobody works by a rule that is loosened for nothing
                self.search.take_out(best)
                self.search.put_in(best, before)
            for person in sorted(gains, key=lambda p: -gains[p])[:3]:  # the gain of others only falls
                gains[person] = min(gains[person], self._would_gain(person) - self.usual[person])
        return total, chosen

    def _would_gain(self, person: int) -> float:
        """By how much the cost falls if a person takes the best days; nothing is changed."""
        before: Week = list(self.search.duties[person])
        gained = self.search.respond(person)
        self.search.take_out(person)
        self.search.put_in(person, before)
        return gained


def lawful_of(case: _Case, rules: Sequence[Rule]) -> tuple[list[Choices], Lawful]:
    """What the people of a case may work under other rules."""
    choices = choices_of(case.people, case.demand, case.patterns, rules, case.absences)
    if case.demand.types and case.demand.queues == ("all",):
        choices = [replace(own, queue_cost=np.zeros(1)) for own in choices]
    return choices, lawful_tours(
        case.people, case.demand, case.patterns, rules, choices, case.absences, hour_cost=HOUR_COST
    )


def only(people: People, agents: Sequence[str]) -> People:
    """Some of the people, with all that is known of them alone."""
    tables: dict[str, Any] = {}
    for name in ("agents", "availability", "wishes", "locks", "previous", "published"):
        table = getattr(people, name)
        own = None if table is None else table[table["agent"].isin(list(agents))].reset_index(drop=True)
        tables[name] = None if own is None or (name in ("previous", "published") and not len(own)) else own
    return replace(people, **tables)
