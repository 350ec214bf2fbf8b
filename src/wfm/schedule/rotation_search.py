"""The best cyclic line: any line that keeps the rules, the whole in one piece, then a few weeks of it at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np

from wfm.errors import InfeasibleError
from wfm.schedule.candidates import Candidates
from wfm.schedule.clocks import Clock
from wfm.schedule.costs import Costs
from wfm.schedule.cover_search import SAFE, Block, Cover
from wfm.schedule.first_order import relaxed_or_near
from wfm.schedule.people import Contract
from wfm.schedule.program import DUTY, FLAG, PLACE, SHIFT, TOUR, Floats
from wfm.schedule.rotation_lines import at_work
from wfm.schedule.rotation_program import RotationProgram, RotationRules, rotation_program
from wfm.schedule.rounding import with_breaks
from wfm.schedule.solver import Found, whole
from wfm.schedule.tracks import WEEK, Track

Line = tuple[RotationProgram, Floats]
FOR_BOUND = 0.2  # of the time, for the bound over any number of people
FOR_FIRST_LINES = 0.5  # of the time, where lines stand side by side
LEAST = 0.5  # seconds for a line that is made anew
FOR_WHOLE = 0.4  # of the time, for the line in one piece
FOR_START = 0.3  # of the time, for any line
WEEKS_AT_ONCE = 2
PATIENCE = 2  # rounds of all weeks that bring nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a line is made of, for any requirement."""

    candidates: Candidates
    tracks: tuple[Track, ...]
    contract: Contract
    costs: Costs
    rules: RotationRules
    people: int | None
    seed: int

    def model(self, required: Floats, group: int | None) -> RotationProgram:
        """The programme of one line for a requirement of every slot."""
        own = (self.candidates, self.tracks, self.contract, required, self.costs, self.rules)
        return rotation_program(*own, group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines side by side: programme and values of each, what they cost together, and the bound."""

    lines: list[Line]
    objective: float
    bound: float
    out_of_time: bool


def best_lines(case: Case, required: Floats, number: int, clock: Clock) -> Lines:
    """So many lines: each for its share of the requirement, then one after the other for what the others leave."""
    if number == 1:
        model, found = best_line(case, required, clock)
        own = [(model, found.values)]
        return Lines(lines=own, objective=found.objective, bound=found.bound, out_of_time=found.out_of_time)
    free = case.model(required, None).program
    bound = relaxed_or_near(free, case.candidates, seconds=clock.left * FOR_BOUND).bound
    lines: list[Line] = []
    covers: list[Floats] = []
    for k in range(number):
        share = np.ceil(required * (k + 1) / number - 1e-9) - np.sum(covers, axis=0)
        own_time = Clock.of(clock.left * FOR_FIRST_LINES / (number - k))
        model, found = best_line(case, np.maximum(share, 0.0), own_time)
        lines.append((model, found.values))
        covers.append(at_work(model, found.values))
    objective, since, k = _cost(case, lines, covers, required), 0, 0
    while since < number and clock.left > 0:
        left = np.maximum(required - (np.sum(covers, axis=0) - covers[k]), 0.0)
        model, found = best_line(case, left, Clock.of(min(clock.left * SAFE, max(clock.part(number), LEAST))))
        trial = [*lines[:k], (model, found.values), *lines[k + 1 :]]
        present = [*covers[:k], at_work(model, found.values), *covers[k + 1 :]]
        cost = _cost(case, trial, present, required)
        since = since + 1 if cost >= objective - 1e-7 else 0
        if cost < objective - 1e-7:
            lines, covers, objective = trial, present, cost
        k = (k + 1) % number
    return Lines(lines=lines, objective=objective, bound=bound, out_of_time=clock.left <= 0)


def _cost(case: Case, lines: list[Line], covers: list[Floats], required: Floats) -> float:
    """Paid hours, missing and surplus of lines together."""
    paid = 0.0
    for model, values in lines:
        people = values[model.program.of_kind(SHIFT)]
        paid += float(people @ [shift.paid_hours for shift in model.candidates.shifts])
    gap = np.nan_to_num(np.sum(covers, axis=0) - required)
    width = case.candidates.axis.hours
    missing, surplus = np.maximum(-gap, 0.0).sum() * width, np.maximum(gap, 0.0).sum() * width
    return paid + case.costs.under * float(missing) + case.costs.over * float(surplus)


def best_line(case: Case, required: Floats, clock: Clock) -> tuple[RotationProgram, Cover]:
    """The best line for the people given, or for the numbers of people next to those of the linear relaxation."""
    if case.people is not None:
        model = case.model(required, case.people)
        return model, best_rotation(model, seconds=clock.left, seed=case.seed)
    free = case.model(required, None)
    linear = relaxed_or_near(free.program, case.candidates, seconds=clock.left * FOR_BOUND)
    wanted = 1.0 if linear.values is None else float(linear.values[free.program.of_kind(TOUR)][0])
    groups = sorted({max(1, floor(wanted + 1e-6)), max(1, ceil(wanted - 1e-6))})
    found = []
    for k, group in enumerate(groups):
        model = case.model(required, group)
        found.append((model, best_rotation(model, seconds=clock.left / (len(groups) - k), seed=case.seed)))
    model, best = min(found, key=lambda one: one[1].objective)
    return model, replace(best, bound=linear.bound, out_of_time=any(one.out_of_time for _, one in found))


def best_rotation(model: RotationProgram, *, seconds: float, seed: int) -> Cover:
    """The best line within so many seconds.

    Raises
    ------
    InfeasibleError     Where no line keeps the rules.
    """
    clock, program = Clock.of(seconds), model.program
    linear = relaxed_or_near(program, model.candidates, seconds=seconds / 4)
    block = Block(
        program=program,
        values=_any_line(model, linear, clock),
        bound=max(linear.bound, program.constant),
        linear=linear.values,
    )
    if block.open:
        block.improve(program.of_kind(PLACE) | ~program.integer, clock.part(4))
    if block.open:
        block.improve(np.ones(len(program.cost), dtype=bool), clock.left * FOR_WHOLE)
    rng, since = np.random.default_rng(seed), 0
    weeks = model.duties[:, 0] // WEEK
    while since < PATIENCE and block.open and clock.left > 0:
        before = block.objective
        order = rng.permutation(weeks.max() + 1)
        for first in range(len(order)):
            if clock.left <= 0 or not block.open:
                break
            chosen = order[np.arange(first, first + WEEKS_AT_ONCE) % len(order)]
            free = ~np.isin(program.kind, (TOUR, DUTY))
            free[np.flatnonzero(program.of_kind(DUTY))] = np.isin(weeks, chosen)
            tours = np.flatnonzero(program.of_kind(TOUR))  # those of a week follow each other
            free[tours] = np.isin(np.arange(len(tours)) * len(order) // max(len(tours), 1), chosen)
            block.improve(free, min(clock.part(1), clock.left * SAFE))
        since = 0 if block.objective < before - 1e-7 else since + 1
    return Cover(
        values=block.values, objective=block.objective, bound=block.bound, out_of_time=clock.left <= 0 and block.open
    )


def _any_line(model: RotationProgram, linear: Found, clock: Clock) -> Floats:
    """A line that keeps the rules, by what its duties are worth at the linear prices, with its people and breaks."""
    program = model.program
    line = np.isin(program.kind, (DUTY, TOUR, FLAG))
    cover = abs(program.matrix) @ (~line).astype(float) > 0
    wage = program.cost - program.matrix.T @ (linear.prices if linear.prices is not None else np.zeros(len(cover)))
    own = replace(
        program,
        cost=np.where(program.of_kind(DUTY), np.round(wage, 3), 0.0)[line],
        matrix=program.matrix[:, np.flatnonzero(line)][~cover],
        low=program.low[~cover],
        high=program.high[~cover],
        upper=program.upper[line],
        integer=program.integer[line],
        kind=program.kind[line],
        number=program.number[line],
        column=np.flatnonzero(line),
        constant=0.0,
    )
    found = whole(own, seconds=max(clock.left * FOR_START, 1.0), gap=0.05)
    if found.values is None:
        raise InfeasibleError(
            "no rotation keeps the contract's rest, days in a row, days and hours of the week and weekends together"
            f"{'' if np.isposinf(found.bound) else ' in the time allowed'}. Widen them or add weeks.",
            reasons=["rules of the rotation contradict each other"],
        )
    values = np.zeros(len(program.cost))
    values[own.column] = found.values
    shifts = np.flatnonzero(program.of_kind(SHIFT))
    worked = values[program.of_kind(DUTY)] * float(model.group or 1)
    np.add.at(values, shifts[model.duties[:, 1]], worked)
    near = values if linear.values is None else linear.values
    return program.settled(with_breaks(program, model.candidates, values, near))
