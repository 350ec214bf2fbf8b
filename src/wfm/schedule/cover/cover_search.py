"""Near the bound by parts: linear bound, rounding with breaks placed anew, then windows of starts solved anew.

The whole programme at once stalls, some hours of it do not: every part keeps all its columns and only the window
shrinks. A day that is a part by itself is solved whole; a week round the clock by windows of eight hours of starts, all
else held, which takes less than half the time of whole days for the same gap. Where distinct shifts cost, stretches of
the horizon are solved for all who may be on duty at their ends; where that takes too long, the requirement's rises and
falls fall into groups, people change between shifts, and what days cost by themselves lifts the bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from wfm.durations import DAY
from wfm.schedule.cover.balanced_groups import Groups
from wfm.schedule.cover.cover_windows import window_rows, with_rows
from wfm.schedule.cover.group_choice import fewest
from wfm.schedule.cover.people_per_shift import HARD
from wfm.schedule.cover.recombining import recombined
from wfm.schedule.cover.rerouting import fits, rerouted
from wfm.schedule.cover.stretches import Around
from wfm.schedule.program.blocks import components, freed, starting_between, windows
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.diving import dive
from wfm.schedule.program.filling import topped_up
from wfm.schedule.program.first_order import relaxed_or_near
from wfm.schedule.program.patching import patched
from wfm.schedule.program.program import FLAG, PLACE, SHIFT, SHORT, Bools, Floats, Ints, Program
from wfm.schedule.program.rounding import rounded_cover
from wfm.schedule.program.solver import grain_of, relaxed, whole
from wfm.schedule.shifts.candidates import Candidates

WHOLE_SECONDS = 2.0  # with less, HiGHS overruns by as much as it gets; windows are safer
TARGET_GAP = 1e-5  # of a part: nothing is worth more search
MOST_WHOLE = 1500  # whole numbers that HiGHS solves in one piece
WINDOW_GAP = 0.1  # a window need not be solved closer than this share of the block's gap
FOR_DIVING = 0.4  # most of the time for linear programmes that keep ever more people
LEFT_TO_ROUND = 10.0  # people left open that are rounded
FOR_STRETCHES = 0.2  # most of the time for a first search by stretches of the horizon
FOR_GROUPS = 0.35  # most of the time for the choice of groups of rises and falls
FOR_OTHER_WAYS = 0.4  # most of the time in which people change between distinct shifts while days are solved alone
FOR_BOTH = 0.8  # the same while the search by stretches goes on
FOR_SEARCH = 0.7  # of that time, before the best groups of all solutions are put together
TURNS = 4  # of the search
FOR_FLAGS = 0.4  # share of the time for windows where distinct shifts cost: the rest is for the whole
FOR_LAST_WINDOWS = 0.15  # the same after people have changed
WINDOWS = ((1, True), (1, False), (2, True))  # days, and whether flags count where shifts end
FOR_WINDOWS = 0.8  # most of what is then left that the windows of each width take
AT_ONCE = 2  # windows solved side by side for their bounds
SAFE = 0.65  # of the time left for the last solve, since HiGHS overruns its limit by as much as a third
HALVES = (0.5, 0.7, 0.3)
LEAST_PROGRESS = 1e-4  # a round of windows that improves by a smaller share is the last


@dataclass(slots=True)
class Block:
    """A part of the programme with the best values so far and the cost below which there is nothing."""

    program: Program
    values: Floats
    bound: float
    linear: Floats | None

    @property
    def objective(self) -> float:
        """Cost of the values."""
        return self.program.objective(self.values)

    @property
    def open(self) -> bool:
        """Whether the bound is not reached yet."""
        return self.objective - self.bound > TARGET_GAP * abs(self.objective) + 1e-9

    def prove(self, seconds: float, forbidden: float) -> None:
        """Search the whole, without the columns that cost so much where they are not in use."""
        free = self.program.cost < forbidden
        if (self.values[~free] > 0).any():
            free[:] = True
        self.improve(free, seconds, proves=True)

    def improve(self, free: Bools, seconds: float, gap: float = TARGET_GAP, *, proves: bool = False) -> bool:
        """Solve the free columns anew; True where that lowers the cost. `proves`: the others cannot be of use."""
        if seconds <= 0:
            return False
        part = self.program.part(free, self.values)
        own = max(abs(self.objective - part.constant), 1e-3)
        gap = max(gap, TARGET_GAP, 0.99 * grain_of(part) / own)
        found = whole(part.within(self.objective), seconds=seconds, gap=gap, long_rows=True)
        if proves or free.all():
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
    parts = _parts(program)
    sizes = np.cumsum([len(part.cost) for part in parts][::-1])[::-1]
    blocks = [
        _block(part, candidates, clock.left * len(part.cost) / size) for part, size in zip(parts, sizes, strict=True)
    ]
    waiting = sorted((block for block in blocks if block.open), key=lambda block: -len(block.program.cost))
    for k, block in enumerate(waiting):
        _first_pass(block, candidates, Clock.of(clock.left * _weight(waiting[k:])))
    if _distinct_cost(program):
        _few_distinct(blocks, candidates, clock, seed)
    else:
        _refine(blocks, candidates, clock, seed)
    values = np.zeros(len(program.cost))
    for block in blocks:
        more = topped_up(block.program, candidates, block.values) if block.open else block.values
        better = block.program.holds(more) and block.program.objective(more) < block.objective
        values[block.program.column] = more if better else block.values
    values = program.settled(values)
    return Cover(
        values=values,
        objective=program.objective(values),
        bound=sum(block.bound for block in blocks) + program.constant,
        out_of_time=clock.left <= 0 and any(block.open for block in blocks),
    )


def _distinct_cost(program: Program) -> bool:
    """Whether distinct shifts cost, and not only watched breaks have flags."""
    return bool((program.cost[program.of_kind(FLAG)] > 0).any())


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
    linear = relaxed_or_near(program, candidates, seconds=seconds)
    best = Block(
        program=program,
        values=somebody(program, clock, candidates),
        bound=max(linear.bound, 0.0),
        linear=linear.values,
    )
    if linear.values is None:
        return best
    near, least = linear.values, best.values
    several_days = int(program.integer.sum()) > MOST_WHOLE and _days(best, candidates) >= 1
    if several_days and best.open and linear.exact and not _distinct_cost(program):
        near = dive(program, program.of_kind(SHIFT), near, Clock.of(clock.left * FOR_DIVING), until=LEFT_TO_ROUND)
    hard = program.cost[program.of_kind(SHORT)].max(initial=0.0) >= HARD * candidates.axis.hours
    for half in HALVES:
        if best.open and (clock.left > 0 or half == HALVES[0]):
            start = rounded_cover(program, candidates, near, half=half, least=least)
            rounded = replace(best, values=start)
            rounded.improve(~program.of_kind(SHIFT), clock.part(2 * len(HALVES)))
            if hard:
                rounded.values = patched(program, candidates, rounded.values)
            best = rounded if program.holds(rounded.values) and rounded.objective < best.objective else best
    return best


def somebody(program: Program, clock: Clock, candidates: Candidates | None = None) -> Floats:
    """Nobody at all, or some people where limits ask for them: at best of the shifts that the limits name alone."""
    nobody = program.settled(np.zeros(len(program.cost)))
    if program.holds(nobody):
        return nobody
    if candidates is not None:
        given = program.matrix @ nobody
        unkept = (given < program.low - 1e-6) | (given > program.high + 1e-6)
        asked = program.of_kind(SHIFT) & (abs(program.matrix).T @ unkept.astype(float) > 0)
        part = program.part(freed(program, candidates, asked), nobody)
        few = whole(part, seconds=max(clock.left / 8, 0.5), gap=1.0).values
        if few is not None:
            nobody[part.column] = few
            return nobody
    found = whole(replace(program, cost=np.zeros(len(program.cost))), seconds=max(clock.left / 4, 1.0), gap=1.0)
    return nobody if found.values is None else found.values


def _weight(blocks: list[Block]) -> float:
    return len(blocks[0].program.cost) / sum(len(block.program.cost) for block in blocks)


def _first_pass(block: Block, candidates: Candidates, clock: Clock) -> None:
    """In one piece where it is small or a single day; else windows do it."""
    whole_block = np.ones(len(block.program.cost), dtype=bool)
    if _distinct_cost(block.program) and int(block.program.integer.sum()) > MOST_WHOLE:
        return
    small = int(block.program.integer.sum()) <= MOST_WHOLE and clock.left >= WHOLE_SECONDS
    if small or _days(block, candidates) < 1:
        block.improve(whole_block, clock.part(1))


def _days(block: Block, candidates: Candidates) -> float:
    """Days between the first and the last start."""
    start = candidates.starts[block.program.number[block.program.of_kind(SHIFT)]]
    return float(start.max() - start.min()) * candidates.axis.step / DAY


def _few_distinct(blocks: list[Block], candidates: Candidates, clock: Clock, seed: int) -> None:
    """By stretches; rises and falls in groups; people change between shifts meanwhile; windows, and the whole."""
    arounds: dict[int, Around | None] = {}
    for own, block in _in_turn(blocks, clock, FOR_STRETCHES):
        arounds[id(block)] = Around.of(block.program, candidates, block.objective, own)
        _by_stretches(block, arounds[id(block)], own)
    groups: dict[int, Groups | None] = {}
    for own, block in _in_turn(blocks, clock, FOR_GROUPS):
        found = fewest(block.program, candidates, block.values, own)
        block.values, block.bound = found.values, max(block.bound, found.bound)
        groups[id(block)] = found.groups
    lifted = {}
    waiting = [block for block in blocks if block.open]
    for k, block in enumerate(waiting):
        around = arounds[id(block)]
        share = FOR_OTHER_WAYS if around is None else FOR_BOTH
        own = Clock.of(clock.left * share * _weight(waiting[k:]))
        with ThreadPoolExecutor(1) as aside:
            other = aside.submit(_other_ways, replace(block), candidates, groups[id(block)], own, seed)
            lifted[id(block)] = block.program
            if around is None:
                lifted[id(block)] = _lifted(block, candidates, own, WINDOWS[:-1], at_once=AT_ONCE - 1)
            _by_stretches(block, around, own)
            block.values = min(block.values, other.result(), key=block.program.objective)
    changed = all(fits(block.program) for block in blocks)
    _refine(blocks, candidates, Clock.of(clock.left * (FOR_LAST_WINDOWS if changed else FOR_FLAGS)), seed)
    going = [block for block in waiting if block.open]
    for k, block in enumerate(going):
        _prove(block, lifted[id(block)], candidates, Clock.of(clock.left * _weight(going[k:])))


def _in_turn(blocks: list[Block], clock: Clock, share: float) -> Iterator[tuple[Clock, Block]]:
    """Open blocks one after another, each with its part of so much of the time."""
    waiting = [block for block in blocks if block.open]
    for k, block in enumerate(waiting):
        yield Clock.of(clock.left * share * _weight(waiting[k:])), block


def _by_stretches(block: Block, around: Around | None, clock: Clock) -> None:
    """The values and the bound that a search by stretches finds in the time."""
    if around is not None:
        block.values = around.search(block.values, clock)
        block.bound = max(block.bound, min(around.bound, block.objective))


def _other_ways(block: Block, candidates: Candidates, groups: Groups | None, clock: Clock, seed: int) -> Floats:
    """People change between distinct shifts, several times from where they were; the best days of all that was seen."""
    best, seen = block.values, list[Ints]()
    searching = Clock.of(clock.left * FOR_SEARCH)
    for turn in range(TURNS):
        if searching.left > 0:
            found = rerouted(block.program, candidates, block.values, searching, seed + turn, seen)
            best = min(best, found, key=block.program.objective)
    return recombined(block.program, candidates, best, seen, clock, more=groups)


def _lifted(
    block: Block, candidates: Candidates, clock: Clock, widths: Sequence[tuple[int, bool]], *, at_once: int
) -> Program:
    """The programme with what days cost by themselves, which raises the bound: flags hide behind multiples."""
    program = block.program
    if _days(block, candidates) < 1 or program.of_kind(PLACE).any():
        return program
    for days, by_end in widths:
        if clock.left < WHOLE_SECONDS or not block.open:
            break
        limit = Clock.of(clock.left * FOR_WINDOWS)
        rows = window_rows(program, candidates, days, limit, by_end=by_end, at_once=at_once)
        program = with_rows(program, rows)
        linear = relaxed(program, seconds=clock.left)
        block.bound = max(block.bound, min(linear.bound, block.objective))
    return program


def _prove(block: Block, program: Program, candidates: Candidates, clock: Clock) -> None:
    """Raise the bound by what several days cost by themselves, then search the whole."""
    lifted = replace(block, program=program)
    lifted.program = _lifted(lifted, candidates, clock, WINDOWS[-1:], at_once=AT_ONCE)
    if clock.left > WHOLE_SECONDS and lifted.open:
        lifted.prove(clock.left * SAFE, HARD * candidates.axis.hours)
    block.values, block.bound = lifted.values, max(block.bound, lifted.bound)


def _refine(blocks: list[Block], candidates: Candidates, clock: Clock, seed: int) -> None:
    """Windows of starts solved anew, a round a block in turn, until a round brings next to nothing."""
    rounds = [(block, windows(block.program, candidates, seed)) for block in blocks if block.open]
    while rounds and clock.left > 0:
        going = []
        for k, (block, turns) in enumerate(rounds):
            before = block.objective
            share = Clock.of(clock.left * _weight([block for block, _ in rounds[k:]]))
            for first, width, seconds in next(turns, []):
                if share.left <= 0 or not block.open:
                    break
                shifts = starting_between(block.program, candidates, first, width)
                if shifts.any():
                    gap = WINDOW_GAP * (block.objective - block.bound) / block.objective
                    block.improve(freed(block.program, candidates, shifts), min(seconds, share.left * SAFE), gap)
            if block.open and before - block.objective > LEAST_PROGRESS * before:
                going.append((block, turns))
        rounds = going
