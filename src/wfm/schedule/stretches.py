"""What stretches of the horizon lose at least beyond the worth of their moments: a higher bound of few distinct shifts.

The horizon is cut where few people are on duty and little is worth what joins the two sides. From all crossings of a
cut the ways to the next are swept with ever more loss allowed, until some way gets there: every solution loses at least
that much in the stretch, and the stretches' losses add up, since what joins components across a cut is left out on
either side in favour of the bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, log

import numpy as np

from wfm.durations import DAY
from wfm.schedule.candidates import Candidates
from wfm.schedule.changes import Changes, changes_of
from wfm.schedule.clocks import Clock
from wfm.schedule.group_choice import SAFE, bound_of, worth_of
from wfm.schedule.program import Floats, Ints, Program
from wfm.schedule.rerouting import fits
from wfm.schedule.sweeping import Line, TooManyWaysError, Ways, overs, swept, ways_from

MOST_CROSSINGS = 3000  # of a cut
MOST_WAYS = 400_000  # of a sweep
MOST_LOSS = 6.0  # of a stretch; slack that is dearer is no arc of the changes
STEP = 0.3  # by which the loss allowed grows [distinct shifts]
APART = 1.2  # days between cuts, at least
MOST_OPEN = 1.0  # worth of the moments from which people come over a third cut
OPEN = 2.0  # a worth of that size counts as much as e times the crossings
LIGHT = 0.01  # by how much the worth of moments counts less that changes of many people or a cut make dear
FOR_WORTH = 0.2  # of the time


@dataclass(slots=True, eq=False)
class _Stretch:
    """From a cut to the next: what is lost there at least, and whether more can be shown."""

    first: int
    last: int
    least: float = 0.0
    going: bool = True


def least_by_stretches(program: Program, candidates: Candidates, objective: float, clock: Clock) -> float:
    """A bound of the cost, for programmes of shifts without breaks, each with a flag of its own; -inf where none is.

    It ends where the bound reaches the objective, or where the sweeps have too many ways or no time.
    """
    changes = changes_of(program, candidates) if fits(program) else None
    if changes is None or not changes.balance.any():
        return -np.inf
    worth, cuts = _cut(changes, round(DAY / candidates.axis.step), Clock.of(clock.left * FOR_WORTH))
    line, base = Line.of(changes, worth), float(worth.sum()) - SAFE * len(worth)
    ends = [*cuts[1:], cuts[0] + line.moments] if cuts else []
    stretches = [_Stretch(first, last) for first, last in zip(cuts, ends, strict=True)]
    bound = bound_of(changes, base)
    while bound < objective - 1e-6 and any(stretch.going for stretch in stretches):
        for stretch in list(stretches):
            if stretch.going and bound < objective - 1e-6:
                _sweep(line, stretch, clock)
                bound = bound_of(changes, base + sum(one.least for one in stretches))
                if not stretch.going and stretch.least == 0 and len(stretches) > 1 and clock.left > 0:
                    _give_up_the_cut(stretches, stretch)
    return bound


def _sweep(line: Line, stretch: _Stretch, clock: Clock) -> None:
    """Allow a stretch one step more of loss."""
    most = stretch.least + STEP
    try:
        begin = _crossings(line, stretch.first, most)
        for ways in swept(line, begin, stretch.first, stretch.last, most=most, at_most=MOST_WAYS, clock=clock):
            if not len(ways):
                break
    except TooManyWaysError:
        stretch.going = False
        return
    stretch.least = float(ways.loss.min(initial=most))
    stretch.going = not len(ways) and most + STEP <= MOST_LOSS


def _give_up_the_cut(stretches: list[_Stretch], stretch: _Stretch) -> None:
    """Where too many ways begin at a cut to show anything, the stretch before it goes on to the next."""
    before = stretches[stretches.index(stretch) - 1]
    before.last += stretch.last - stretch.first
    before.going = True
    stretches.remove(stretch)


def _cut(changes: Changes, a_day: int, clock: Clock) -> tuple[Floats, list[int]]:
    """What moments are worth, and cuts where few cross and what they come from is worth little.

    Many such worths are equally good; moments with many people and those before a cut get the less of it, the more
    so that losses show early.
    """
    people = np.abs(changes.balance)
    gain = np.maximum(1.0 - LIGHT * people / max(float(people.mean()), 1.0), 0.5)
    worth, cuts = worth_of(changes, clock, gain), list[int]()
    while clock.left > 0:
        line = Line.of(changes, worth)
        far = [m for m in range(line.moments) if all(_apart(m, cut, line.moments) >= APART * a_day for cut in cuts)]
        few = [m for m in far if _crossing(line, m) < log(MOST_CROSSINGS)]
        scored = [(_crossing(line, m) + OPEN * line.worth_open(m), m) for m in few]
        if not scored or (len(cuts) >= 2 and line.worth_open(min(scored)[1]) > MOST_OPEN):
            break
        cuts.append(min(scored)[1])
        gain[[start % line.moments for start in line.open_at(cuts[-1])]] -= 3 * LIGHT
        again = worth_of(changes, clock, np.maximum(gain, 0.5))
        worth = again if again.sum() >= worth.sum() - 1e-3 else worth
    return worth, sorted(cuts)


def _apart(moment: int, other: int, moments: int) -> int:
    return min((moment - other) % moments, (other - moment) % moments)


def _crossing(line: Line, cut: int) -> float:
    """The logarithm of how many crossings there are with nobody too many or too few."""
    need, others = int(line.need[(cut - 1) % line.moments]), len(line.open_at(cut)) - 1
    return log(comb(need + others, others)) if others >= 0 else 0.0


def _crossings(line: Line, cut: int, most: float) -> Ways:
    """Ways that begin at a cut from everybody who may be on duty there where so much may be lost."""
    starts, slot = len(line.open_at(cut)), (cut - 1) % line.moments
    people, over = [np.zeros((0, starts), dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for too_many in overs(line, slot, most):
        total = int(line.need[slot]) + too_many
        if starts and comb(total + starts - 1, starts - 1) > MOST_CROSSINGS:
            raise TooManyWaysError
        people.append(_splits(total, starts))
        over.append(np.full(len(people[-1]), too_many))
    return ways_from(line, cut, np.concatenate(people), np.concatenate(over))


def _splits(total: int, parts: int) -> Ints:
    """All ways to split a number into so many, one a row."""
    if parts == 0:
        return np.zeros((1 if total == 0 else 0, 0), dtype=np.int64)
    found = np.zeros((1, 0), dtype=np.int64)
    for _ in range(parts - 1):
        left = total - found.sum(axis=1)
        row = np.repeat(np.arange(len(found)), left + 1)
        own = np.arange(len(row)) - np.repeat(np.cumsum(left + 1) - left - 1, left + 1)
        found = np.column_stack([found[row], own])
    return np.column_stack([found, total - found.sum(axis=1)])
