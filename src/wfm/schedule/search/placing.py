"""Breaks of a roster placed anew: where they cost least cover, and apart where many want the same moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from wfm.schedule.rules import BreaksApart, Rule
from wfm.schedule.search.cover_cost import CoverCost
from wfm.schedule.search.crowds import Crowds
from wfm.schedule.search.person_by_person import Search, Week

ROUNDS, PATIENCE = 30, 5
GRUDGE = 0.5  # of a slot's cost: how much dearer each round makes a slot that too many want


def place_breaks(search: Search, cost: CoverCost, late: Callable[[], bool], crowds: Crowds | None = None) -> None:
    """Breaks anew, person by person, by the plain objective."""
    search.cost = cost
    for _ in range(3):
        fallen = 0.0
        for person in range(len(search.choices)):
            if late():
                return
            fallen += search.move_breaks(person, crowds)
        if fallen < 1e-6:
            return


def crowds_of(search: Search, rules: list[Rule]) -> Crowds | None:
    """The breaks that must be taken apart, as they are; None where no rule asks for it."""
    own = [rule for rule in rules if isinstance(rule, BreaksApart)]
    if not own:
        return None
    return Crowds(
        search.duties,
        demand=search.demand,
        patterns=search.patterns,
        board=search.board,
        weight=sum(rule.weight for rule in own),
        previous=search.people.previous,
    )


def place_apart(search: Search, cost: CoverCost, rules: list[Rule], late: Callable[[], bool]) -> None:
    """Move breaks that too many take at once, those of others that are in their way too; cover counts as before.

    A slot that too many want becomes dearer round by round, until whoever has another place takes it. The best
    placement by the objective is kept. (Negotiated congestion: McMurchie, Ebeling 1995, FPGA '95.)
    """
    search.cost = replace(cost, spread=0.0)
    crowds = crowds_of(search, rules)
    if crowds is None or not crowds.over().any():
        return
    best = search.cover_cost() + crowds.cost() + search.moved()
    kept, since = [list(week) for week in search.duties], 0
    for _ in range(ROUNDS):
        for person, day in _crowded(search, crowds):
            if late():
                break
            search.move_breaks_on(person, day, crowds)
        over = crowds.over() > 0
        total, since = search.cover_cost() + crowds.cost() + search.moved(), since + 1
        if total < best - 1e-9:
            best, kept, since = total, [list(week) for week in search.duties], 0
        if late() or not over.any() or since >= PATIENCE:
            break
        crowds.past += GRUDGE * crowds.slot_cost * over
    _restore(search, crowds, kept)
    place_breaks(search, cost, late, crowds)


def _crowded(search: Search, crowds: Crowds) -> list[tuple[int, int]]:
    """(person, day) of the duties with a break in a slot that too many want."""
    over = np.concatenate([np.zeros((*crowds.away.shape[:2], 1)), np.cumsum(crowds.over(), axis=2)], axis=2)
    return [
        (person, day)
        for person, week in enumerate(search.duties)
        for day, duty in enumerate(week)
        if duty is not None
        and any(
            over[kind, duty.queue, last] > over[kind, duty.queue, first] for kind, first, last in crowds.taken(duty)
        )
    ]


def _restore(search: Search, crowds: Crowds, kept: list[Week]) -> None:
    """Breaks as they were in a copy; no grudge is left."""
    crowds.past[:] = 0.0
    for person, week in enumerate(kept):
        for day, duty in enumerate(week):
            now = search.duties[person][day]
            if duty is not None and now is not None and now != duty:
                crowds.leave(now)
                crowds.enter(duty)
                search.put_back(person, duty)
