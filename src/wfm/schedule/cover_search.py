"""Near the bound by parts: linear bound, days between cuts, then windows of starts solved anew while they improve.

The whole programme at once stalls, a day does not: every part keeps all its columns and only the time window shrinks.
A week round the clock is first cut into days at the hour where a cut costs least (hardly anything at night); windows
over the cuts then let shifts work across them again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from wfm.durations import DAY
from wfm.schedule.blocks import components, crossing, cut_phases, freed, starting_between, windows
from wfm.schedule.candidates import Candidates
from wfm.schedule.cover import PLACE, SHIFT, Bools, Floats, Program
from wfm.schedule.rounding import rounded_cover
from wfm.schedule.solver import grain_of, relaxed, whole

TARGET_GAP = 1e-5      # of a part: nothing is worth more search
PART_SECONDS = 5.0     # HiGHS overruns its limit, so that no single call gets more
MOST_WHOLE = 1500      # whole numbers that HiGHS solves in one piece
DAY_GAP = 5e-4         # of a day between cuts: windows over the cuts bring more than the last of a day
TRIED_CUTS = 3
WORST_CUT = 0.01       # a cut that costs a larger share than this is not made
HALVES = (0.5, 0.7, 0.3)
LEAST_DAY_SECONDS = 2.0  # below, days are not worth trying
LEAST_PROGRESS = 1e-4  # a round of windows that improves by a smaller share is the last


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall time that a search may take."""

    deadline: float

    @classmethod
    def of(cls, seconds: float) -> Clock:
        """A clock that ends so many seconds from now."""
        return cls(perf_counter() + seconds)

    @property
    def left(self) -> float:
        """Seconds left, negative when the time is over."""
        return self.deadline - perf_counter()

    def part(self, parts: int) -> float:
        """Seconds for one of so many solves that are still to come."""
        return min(PART_SECONDS, self.left / max(parts, 1))


@dataclass(slots=True)
class Block:
    """A part of the programme with the best values so far and the cost below which there is nothing."""

    program: Program
    values: Floats
    bound: float
    linear: Floats | None
    phase: int = 0
    rough: bool = True

    @property
    def objective(self) -> float:
        """Cost of the values."""
        return self.program.objective(self.values)

    @property
    def open(self) -> bool:
        """Whether the bound is not reached yet."""
        return self.objective - self.bound > TARGET_GAP * abs(self.objective) + 1e-9

    def improve(self, free: Bools, seconds: float, gap: float = TARGET_GAP) -> bool:
        """Solve the free columns anew; True where that lowers the cost."""
        if seconds <= 0:
            return False
        part = self.program.part(free, self.values)
        own = max(abs(self.objective - part.constant), 1e-3)
        found = whole(part, seconds=seconds, gap=max(gap, 0.99 * grain_of(part) / own))
        if free.all():
            self.bound = max(self.bound, min(found.bound, self.objective))
        if found.values is None or part.objective(found.values) >= self.objective - 1e-7:
            return False
        self.values[part.column] = found.values
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Values of all columns, what they cost, and the bound."""

    values: Floats
    objective: float
    bound: float
    out_of_time: bool


def best_cover(program: Program, candidates: Candidates, *, seconds: float, seed: int) -> Cover:
    """The best people per shift within so many seconds."""
    clock = Clock.of(seconds)
    blocks = [_block(part, candidates, clock.left) for part in _parts(program)]
    waiting = sorted((block for block in blocks if block.open), key=lambda block: -len(block.program.cost))
    for k, block in enumerate(waiting):
        _first_pass(block, candidates, Clock.of(clock.left * _weight(waiting[k:])))
    _refine(blocks, candidates, clock, seed)
    values = np.zeros(len(program.cost))
    for block in blocks:
        values[block.program.column] = block.values
    values = program.settled(values)
    return Cover(values=values, objective=program.objective(values),
                 bound=sum(block.bound for block in blocks) + program.constant,
                 out_of_time=clock.left <= 0 and any(block.open for block in blocks))


def _parts(program: Program) -> list[Program]:
    """The components that hold shifts, and together what is left: slots that no shift reaches."""
    bare = replace(program, constant=0.0)
    with_shifts = [columns for columns in components(program) if (program.kind[columns] == SHIFT).any()]
    rest = ~np.any(with_shifts, axis=0) if with_shifts else np.ones(len(program.cost), dtype=bool)
    nothing = np.zeros(len(program.cost))
    return [bare.part(columns, nothing) for columns in [*with_shifts, rest] if columns.any()]


def _block(program: Program, candidates: Candidates, seconds: float) -> Block:
    """The linear bound, and the best of a few roundings with all breaks placed anew around the rounded people."""
    clock = Clock.of(seconds)
    linear = relaxed(program, seconds=seconds)
    best = Block(program=program, values=program.settled(np.zeros(len(program.cost))), bound=max(linear.bound, 0.0),
                 linear=linear.values)
    if linear.values is None:
        return best
    for half in HALVES:
        if best.open and clock.left > 0:
            rounded = replace(best, values=rounded_cover(program, candidates, linear.values, half=half))
            rounded.improve(~program.of_kind(SHIFT), clock.part(1))
            best = rounded if rounded.objective < best.objective else best
    return best


def _weight(blocks: list[Block]) -> float:
    return len(blocks[0].program.cost) / sum(len(block.program.cost) for block in blocks)


def _first_pass(block: Block, candidates: Candidates, clock: Clock) -> None:
    """In one piece where it is small or a single day, else day by day."""
    if block.linear is None:
        return
    if int(block.program.integer.sum()) <= MOST_WHOLE or _days(block, candidates) < 1:
        block.improve(np.ones(len(block.program.cost), dtype=bool), clock.part(1))
    else:
        _by_days(block, candidates, clock)


def _days(block: Block, candidates: Candidates) -> float:
    """Days between the first and the last start."""
    start = candidates.starts[block.program.number[block.program.of_kind(SHIFT)]]
    return float(start.max() - start.min()) * candidates.axis.step / DAY


def _by_days(block: Block, candidates: Candidates, clock: Clock) -> None:
    """Nobody works across a cut, so that days fall apart; the cut that costs least in the linear programme is made."""
    if clock.left < LEAST_DAY_SECONDS * _days(block, candidates):
        return
    best: tuple[float, Program, Floats] | None = None
    assert block.linear is not None
    shifts = block.program.of_kind(SHIFT)
    for phase in cut_phases(block.program, candidates, block.linear, TRIED_CUTS):
        over = crossing(block.program, candidates, phase)
        kept = freed(block.program, candidates, shifts & ~over) | ~(shifts | block.program.of_kind(PLACE))
        days = block.program.part(kept, np.zeros(len(kept)))
        linear = relaxed(days, seconds=clock.left)
        if linear.values is not None and (best is None or linear.bound < best[0]):
            best, block.phase = (linear.bound, days, linear.values), phase
    if best is None or best[0] > block.bound * (1 + WORST_CUT):
        return
    _, days, values = best
    block.rough = False
    cut = Block(program=days, values=rounded_cover(days, candidates, values), bound=0.0, linear=values)
    parts = components(days)
    for k, columns in enumerate(parts):
        cut.improve(columns, clock.part(len(parts) - k), DAY_GAP)
    if cut.objective < block.objective:
        block.values = np.zeros(len(block.program.cost))
        block.values[days.column] = cut.values


def _refine(blocks: list[Block], candidates: Candidates, clock: Clock, seed: int) -> None:
    """Windows of starts solved anew, a round a block in turn, until a round brings next to nothing."""
    rounds = [(block, windows(block.program, candidates, block.phase, rough=block.rough, seed=seed))
              for block in blocks if block.open]
    while rounds and clock.left > 0:
        going = []
        for block, turns in rounds:
            before = block.objective
            for first, width, seconds in next(turns, []):
                if clock.left <= 0 or not block.open:
                    break
                shifts = starting_between(block.program, candidates, first, width)
                if shifts.any():
                    block.improve(freed(block.program, candidates, shifts), min(seconds, clock.left))
            if block.open and before - block.objective > LEAST_PROGRESS * before:
                going.append((block, turns))
        rounds = going
