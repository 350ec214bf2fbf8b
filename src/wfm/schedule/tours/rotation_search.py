"""The best cyclic lines: each for its share of the requirement, then all of them together, a few weeks at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np

from wfm.errors import InfeasibleError
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.cover_search import SAFE, Block
from wfm.schedule.cover.people_per_shift import away_slots
from wfm.schedule.people.people import Contract
from wfm.schedule.program.clocks import PART_SECONDS, Clock
from wfm.schedule.program.first_order import relaxed_or_near
from wfm.schedule.program.program import DUTY, PLACE, SHIFT, TOUR, Bools, Floats, Ints, Program
from wfm.schedule.program.rounding import with_breaks
from wfm.schedule.program.solver import Found, relaxed, whole
from wfm.schedule.shifts.candidates import Candidates
from wfm.schedule.tours.rotation_program import RotationProgram, RotationRules, rotation_program
from wfm.schedule.tours.tracks import Track

FOR_BOUND = 0.2  # of the time, for the bound over any number of people
FOR_LINES = (0.4, 0.7)  # of what is then left, for lines one by one where several stand side by side: usual and most
A_LINE = 0.4  # seconds for each of them, as far as there are
FOR_ONE = 0.9  # the same where there is one line: the rest is for its breaks
FOR_WHOLE = 0.4  # of the time, for one line in one piece
FOR_START = 0.3  # of a line's time, for any line
LEAST = 0.5  # seconds for any line: without one there is nothing
LITTLE = 0.15  # seconds, with less than which a line is that of the group before
MOST_WHOLE = 800  # duties that are tried in one piece
FOR_WEEKS = 0.7  # of what is then left, for weeks of all lines, before groups grow or shrink
CELLS = (2, 4)  # weeks of lines that are free at once: at first, and when fewer bring nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What lines are made of, for any requirement."""

    candidates: Candidates
    tracks: tuple[Track, ...]
    contract: Contract
    costs: Costs
    rules: RotationRules
    people: int | None
    seed: int

    def model(self, required: Floats, groups: tuple[int, ...]) -> RotationProgram:
        """The programme of lines with so many people a week for a requirement of every slot."""
        own = (self.candidates, self.tracks, self.contract, required, self.costs, self.rules)
        return rotation_program(*own, groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines side by side: programme and values, what they cost together, and the bound."""

    model: RotationProgram
    values: Floats
    objective: float
    bound: float
    out_of_time: bool


def best_lines(case: Case, required: Floats, number: int, clock: Clock, *, few: Case | None = None) -> Lines:
    """So many lines, for the people given or the numbers of people next to those of the linear relaxation.

    `few` has the starts among which lines are sought, where those of the case are too many; the bound is for all.

    Raises
    ------
    InfeasibleError     Where no line keeps the rules.
    """
    free = case.model(required, ())
    linear = relaxed_or_near(free.program, case.candidates, seconds=clock.left * FOR_BOUND)
    wanted = 1.0 if linear.values is None else float(linear.values[free.program.of_kind(TOUR)][0])
    found: list[Lines] = []
    totals = _totals(case.people, wanted, number)
    for k, total in enumerate(totals):
        own = Clock.of(clock.left / (len(totals) - k))
        if found and own.left < LEAST:
            break
        found.append(_lines_of(few or case, required, _parted(total, number), linear.bound, own))
    best = min(found, key=lambda one: one.objective)
    bound = best.bound if case.people is not None else linear.bound
    return replace(best, bound=bound, out_of_time=any(one.out_of_time for one in found))


def _totals(people: int | None, wanted: float, number: int) -> list[int]:
    """People of a week of all lines together that are worth a search."""
    if people is not None:
        return [people * number]
    near = [floor(wanted + 1e-6), ceil(wanted - 1e-6)] if number == 1 else [round(wanted)]
    return sorted({max(number, one) for one in near})


def _parted(total: int, number: int) -> tuple[int, ...]:
    """The people of a week in so many groups, alike as far as may be."""
    return tuple(total // number + (k < total % number) for k in range(number))


def _lines_of(case: Case, required: Floats, groups: tuple[int, ...], least: float, clock: Clock) -> Lines:
    """The best lines with so many people each; where the numbers are free, one more or one less where that pays.

    `least` is what any lines cost.
    """
    model = case.model(required, groups)
    bound = least
    if case.people is not None and len(model.duties) <= MOST_WHOLE:  # the numbers are given: a bound for these alone
        bound = max(bound, relaxed(model.program, seconds=clock.left / 4).bound)
    share = (
        min(max(FOR_LINES[0], len(groups) * A_LINE / max(clock.left, 1e-9)), FOR_LINES[1]) if groups[1:] else FOR_ONE
    )
    lines, breaks = _one_by_one(case, required, groups, Clock.of(clock.left * share))
    near = np.zeros(len(model.program.cost))
    near[model.program.of_kind(PLACE)] = breaks
    start = _people_and_breaks(model, lines, near)
    block = Block(program=model.program, values=start, bound=max(bound, model.program.constant), linear=near)
    block.improve(model.program.of_kind(PLACE) | ~model.program.integer, max(clock.part(8), LITTLE))
    if len(groups) == 1:
        return _found(model, block, clock)
    _refine(block, model, case.seed, Clock.of(clock.left * FOR_WEEKS))
    if case.people is None:
        model, block = _resized(case, required, model, block, clock)
    _refine(block, model, case.seed + 1, clock)
    return _found(model, block, clock)


def _found(model: RotationProgram, block: Block, clock: Clock) -> Lines:
    return Lines(
        model=model,
        values=block.values,
        objective=block.objective,
        bound=block.bound,
        out_of_time=clock.left <= 0 and block.open,
    )


def _one_by_one(case: Case, required: Floats, groups: tuple[int, ...], clock: Clock) -> tuple[list[Floats], Floats]:
    """Duties, weeks and weekends of each line, made for its share of what the lines before it leave; and all breaks."""
    found: list[Floats] = []
    left, breaks = np.array(required), np.zeros(0)
    for k, group in enumerate(groups):
        share = np.maximum(np.ceil(left * group / sum(groups[k:]) - 1e-9), 0.0)
        model = case.model(np.where(np.isnan(required), np.nan, share), (group,))
        own = Clock.of(clock.left / (len(groups) - k))
        if found and own.left <= LITTLE:
            found.append(found[0])  # any line keeps the rules
            continue
        values = _best_line(model, own, case.seed)
        found.append(values[_of_lines(model.program)])
        left = left - _at_work(model, values)
        own_breaks = values[model.program.of_kind(PLACE)]
        breaks = breaks + own_breaks if k else own_breaks
    return found, breaks


def _best_line(model: RotationProgram, clock: Clock, seed: int) -> Floats:
    """One line: any that keeps the rules, the whole in one piece, then a few weeks of it at a time."""
    program = model.program
    linear = relaxed_or_near(program, model.candidates, seconds=clock.left / 4)
    line = _any_line(model, linear, max(clock.left * FOR_START, LEAST))
    near = _held(model, [line]) if linear.values is None else linear.values
    block = Block(
        program=program,
        values=_people_and_breaks(model, [line], near),
        bound=max(linear.bound, program.constant),
        linear=linear.values,
    )
    if block.open:
        block.improve(program.of_kind(PLACE) | ~program.integer, clock.part(4))
    if block.open and len(model.duties) <= MOST_WHOLE:
        block.improve(np.ones(len(program.cost), dtype=bool), clock.left * FOR_WHOLE)
    _refine(block, model, seed, clock)
    return block.values


def _refine(block: Block, model: RotationProgram, seed: int, clock: Clock) -> None:
    """A few weeks of lines free at a time, all else held; more at once when fewer bring nothing."""
    rng, number = np.random.default_rng(seed), len(model.groups) * model.weeks
    for at_once in range(min(CELLS[0], number), min(CELLS[1], number) + 1):
        gained = True
        while gained and block.open and clock.left > 0:
            before = block.objective
            order = rng.permutation(number)
            for first in range(number):
                if clock.left <= 0 or not block.open:
                    return
                chosen = order[np.arange(first, first + at_once) % number]
                block.improve(_freed(model, chosen), min(clock.part(1), clock.left * SAFE))
            gained = block.objective < before - 1e-7


def _freed(model: RotationProgram, cells: Ints) -> Bools:
    """The columns that are free with some weeks of lines: their duties, and what follows from all of them."""
    program = model.program
    free = ~np.isin(program.kind, (TOUR, DUTY))
    free[np.flatnonzero(program.of_kind(DUTY))] = np.isin(model.cells, cells)
    tours = np.flatnonzero(program.of_kind(TOUR))
    free[tours] = np.isin(program.number[tours], cells)
    return np.asarray(free)


def _resized(
    case: Case, required: Floats, model: RotationProgram, block: Block, clock: Clock
) -> tuple[RotationProgram, Block]:
    """The same lines with one more or one less in a group, where that pays."""
    for change, k in _changes(len(model.groups)):
        groups = tuple(group + change * (k == j) for j, group in enumerate(model.groups))
        if clock.left <= 0 or groups[k] == 0:
            continue
        other = case.model(required, groups)
        start = _people_and_breaks(other, [block.values[_of_lines(model.program)]], block.values)
        trial = Block(program=other.program, values=start, bound=block.bound, linear=block.linear)
        trial.improve(other.program.of_kind(PLACE) | ~other.program.integer, clock.part(8))
        if trial.objective < block.objective - 1e-7:
            model, block = other, trial
    return model, block


def _changes(number: int) -> Iterator[tuple[int, int]]:
    for change in (1, -1):
        for k in range(number):
            yield change, k


def _of_lines(program: Program) -> Bools:
    """The columns of lines: all from the first duty on."""
    first = int(np.argmax(program.of_kind(DUTY))) if program.of_kind(DUTY).any() else len(program.cost)
    return np.arange(len(program.cost)) >= first


def _held(model: RotationProgram, lines: Sequence[Floats]) -> Floats:
    """Values of lines side by side, with the people that follow from them."""
    program = model.program
    values = np.zeros(len(program.cost))
    values[_of_lines(program)] = np.concatenate(lines)
    shifts, groups = np.flatnonzero(program.of_kind(SHIFT)), np.array(model.groups or (1,), dtype=float)
    people = np.rint(values[program.of_kind(DUTY)]) * groups[model.duties[:, 0]]
    np.add.at(values, shifts[model.duties[:, 2]], people)
    return values


def _people_and_breaks(model: RotationProgram, lines: Sequence[Floats], near: Floats) -> Floats:
    """Values of lines side by side; their breaks lie as in values nearby."""
    program = model.program
    return program.settled(with_breaks(program, model.candidates, _held(model, lines), near))


def _at_work(model: RotationProgram, values: Floats) -> Floats:
    """People at work in every slot of the week."""
    axis, candidates, program = model.candidates.axis, model.candidates, model.program
    cover = np.zeros(axis.slots)
    for shift, people in zip(candidates.shifts, values[program.of_kind(SHIFT)], strict=True):
        np.add.at(cover, axis.wrapped(np.arange(shift.start, shift.start + shift.length)), people)
    away = [away_slots(group, place) for group in candidates.groups for place in range(len(group.places))]
    for slots, people in zip(away, values[program.of_kind(PLACE)], strict=True):
        np.add.at(cover, axis.wrapped(np.array(slots)), -people)
    return cover


def _of_one_start(own: Program, model: RotationProgram, linear: Found) -> Program:
    """The programme of a line whose days all have the shift that the linear solution likes best."""
    keys = [shift.key for shift in model.candidates.shifts]
    names = {key: k for k, key in enumerate(dict.fromkeys(keys))}
    key = np.array([names[keys[s]] for s in model.duties[:, 2]])
    worth = np.ones(len(key)) if linear.values is None else linear.values[model.program.of_kind(DUTY)]
    best = int(np.argmax(np.bincount(key, weights=np.maximum(worth, 0.0), minlength=len(names))))
    upper = own.upper.copy()
    upper[np.flatnonzero(own.of_kind(DUTY))[key != best]] = 0.0
    return replace(own, upper=upper)


def _any_line(model: RotationProgram, linear: Found, seconds: float) -> Floats:
    """Duties, weeks and weekends of a line that keeps the rules, by what its duties are worth at the linear prices."""
    program = model.program
    line = _of_lines(program)
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
    found = whole(own, seconds=seconds, gap=0.05)
    if found.values is None and not np.isposinf(found.bound):  # with one start alone rest is no matter: soon found
        found = whole(_of_one_start(own, model, linear), seconds=LEAST, gap=1.0)
        found = whole(own, seconds=PART_SECONDS, gap=1.0) if found.values is None else found
    if found.values is None:
        raise InfeasibleError(
            "no rotation keeps the contract's rest, days in a row, days and hours of the week and weekends together"
            f"{'' if np.isposinf(found.bound) else ' in the time allowed'}. Widen them or add weeks.",
            reasons=["rules of the rotation contradict each other"],
        )
    return found.values
