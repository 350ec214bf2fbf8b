"""Near the bound with tours: dive to whole tours by linear programmes, round starts and breaks, solve windows anew.

Whole tours cost next to nothing as long as starts and breaks may still move: a few linear programmes, each of which
keeps more tours, end within a tenth of a percent of the bound. With the tours held the week is one of people per shift,
which windows of starts solve as they do without tours.
"""

from __future__ import annotations

import numpy as np

from wfm.errors import InfeasibleError
from wfm.schedule.cover.cover_search import (
    LEAST_PROGRESS,
    LEFT_TO_ROUND,
    MOST_WHOLE,
    SAFE,
    WINDOW_GAP,
    Block,
    Cover,
    somebody,
)
from wfm.schedule.program.blocks import freed, starting_between, windows
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.diving import dive
from wfm.schedule.program.first_order import relaxed_or_near
from wfm.schedule.program.program import DUTY, SHIFT, TOUR, Bools, Floats
from wfm.schedule.program.rounding import cumulated, shared, with_breaks
from wfm.schedule.tours.tour_program import TourProgram
from wfm.schedule.tours.tracks import WEEK

FOR_STARTS = 0.5  # most of what is then left that the dive to whole starts takes
FOR_TOURS = 0.45  # most of the time that the dive to whole tours takes


def best_tours(model: TourProgram, *, seconds: float, seed: int) -> Cover:
    """The best people per tour, start and break place within so many seconds.

    Raises
    ------
    InfeasibleError     Where the head counts contradict each other.
    """
    clock = Clock.of(seconds)
    program = model.program
    linear = relaxed_or_near(program, model.candidates, seconds=seconds)
    anybody = somebody(program, clock)
    if not program.holds(anybody):
        raise InfeasibleError(
            "no number of tours keeps the least and most people and shares of the contracts together. Widen them.",
            reasons=["head counts of the contracts contradict each other"],
        )
    block = Block(
        program=program,
        values=anybody,
        bound=max(linear.bound, program.constant),
        linear=linear.values,
    )
    if linear.values is not None:
        _keep_better(block, rounded_tours(model, linear.values))
        if block.open and int(program.integer.sum()) <= MOST_WHOLE:
            block.improve(np.ones(len(program.cost), dtype=bool), clock.part(1))
        if block.open and linear.exact:
            near = dive(program, program.of_kind(TOUR), linear.values, Clock.of(clock.left * FOR_TOURS))
            _keep_better(block, rounded_tours(model, near))
            starts = program.of_kind(TOUR) | program.of_kind(DUTY)
            near = dive(program, starts, near, Clock.of(clock.left * FOR_STARTS), until=LEFT_TO_ROUND)
            _keep_better(block, rounded_tours(model, near))
        if block.open:
            block.improve(~np.isin(program.kind, (SHIFT, TOUR, DUTY)), clock.part(1))
        _refine(block, model, clock, seed)
    return Cover(
        values=block.values, objective=block.objective, bound=block.bound, out_of_time=clock.left <= 0 and block.open
    )


def rounded_tours(model: TourProgram, linear: Floats) -> Floats:
    """Whole people near the linear ones: running totals of tours, then of the starts of every track and day."""
    program = model.program
    values = np.zeros(len(program.cost))
    tours, duties = np.flatnonzero(program.of_kind(TOUR)), np.flatnonzero(program.of_kind(DUTY))
    values[tours] = cumulated(linear[tours], 0.5)
    on_duty = np.zeros((len(model.tracks), WEEK))
    for (track, week), people in zip(model.tours, values[tours], strict=True):
        on_duty[track, list(model.tracks[track].weeks[week])] += people
    key = model.duties[:, 0] * WEEK + model.duties[:, 1]
    for columns in np.split(duties, np.flatnonzero(np.diff(key)) + 1):
        people = on_duty[tuple(model.duties[columns[0] - duties[0], :2])]
        if people:
            values[columns] = cumulated(shared(linear[columns]) * people, 0.5)
    shifts = np.flatnonzero(program.of_kind(SHIFT))
    np.add.at(values, shifts[model.duties[:, 2]], values[duties])
    return program.settled(with_breaks(program, model.candidates, values, linear))


def _keep_better(block: Block, values: Floats) -> None:
    if block.program.holds(values) and block.program.objective(values) < block.objective:
        block.values = values


def _refine(block: Block, model: TourProgram, clock: Clock, seed: int) -> None:
    """Windows of starts solved anew with the tours held, until a round brings next to nothing."""
    for turn in windows(block.program, model.candidates, seed):
        before = block.objective
        for first, width, seconds in turn:
            if clock.left <= 0 or not block.open:
                return
            shifts = starting_between(block.program, model.candidates, first, width)
            if shifts.any():
                gap = WINDOW_GAP * (block.objective - block.bound) / block.objective
                block.improve(_freed(model, shifts), min(seconds, clock.left * SAFE), gap)
        if before - block.objective <= LEAST_PROGRESS * before:
            return


def _freed(model: TourProgram, shifts: Bools) -> Bools:
    """The columns that must be free with these shifts while the tours are held."""
    program = model.program
    free = freed(program, model.candidates, shifts)
    number = np.zeros(len(model.candidates.shifts), dtype=bool)
    number[program.number[shifts]] = True
    free[program.of_kind(DUTY)] = number[model.duties[:, 2]]
    return free
