"""How a roster is found: shares of everybody's days and a bound, whole days one after another, small groups anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wfm.schedule.search.bound import Dual
from wfm.schedule.search.compact import fits_compact, solve_compact
from wfm.schedule.search.cover_cost import CoverCost
from wfm.schedule.search.few_people import choose_all
from wfm.schedule.search.flows import can_flow
from wfm.schedule.search.master import Master
from wfm.schedule.search.mending import mend_lost_days
from wfm.schedule.search.neighbourhoods import improve
from wfm.schedule.search.person_by_person import SPREADS, Search, Week
from wfm.schedule.search.placing import place_breaks
from wfm.schedule.search.stability import Weeks, take_over

Floats = npt.NDArray[np.float64]
Late = Callable[[], bool]
Clock = Callable[[float], Late]
SURE = 1e-6  # a gap that is none
NEAR = 1e-4  # a gap below which the search has nothing left to gain
FEW = 20  # people up to whom groups planned anew do better without shares of everybody
PASSES, MORE_PASSES, FEW_PASSES, EXACT_PASSES = 60, 20, 8, 200  # over everybody's shares
ROUNDS, WORTH_IT = 6, 0.05  # in which whole days are chosen anew, and the part of the gap that one has to close
LAST_SWEEPS = 2  # that the time for the end of a search is worth
PARTS = 20  # of everybody, one after another; the others' shares follow


def solve(
    search: Search, carried: Floats, cost: CoverCost, late: Clock, left: Callable[[], float], patience: float
) -> float:
    """Construct a roster and better it; returns the bound. `patience` as in `neighbourhoods.improve`.

    Where people are few, groups of them planned anew find the best roster and its proof; where they are many, the
    shares of everybody's days come so near the bound that whole days chosen beside them lie near it too.
    """
    before = left()
    construct(search)
    reserve = LAST_SWEEPS * (before - left())
    search.settle(late(0.3), spreads=SPREADS)
    search.cost = cost
    exact, few = fits_compact(search), len(search.choices) <= FEW
    master = Master(dual_of(search, carried, cost), search.duties, own_costs(search), search.rng)
    master.approach(EXACT_PASSES if exact else FEW_PASSES if few else PASSES, late(0.45))
    master.look()
    if exact or not few:
        _choose_in_rounds(search, master, late)
    if search.fairness.rules:
        _calm_down(search, cost, late(0.75))  # fair shares are no part of the prices
    bound, whole = master.bound, exact and can_flow(search)
    if whole:
        bound = max(bound, choose_all(search, master.best, left))
    if search.total() - bound > SURE * (1 + abs(bound)):
        end = late(0.2 if exact and not whole else 0.88)
        bound = improve(search, lambda: end() or left() < reserve, bound, master.best, left=left, patience=patience)
    if exact and not whole and search.total() - bound > SURE * (1 + abs(bound)):
        bound = solve_compact(search, 0.9 * left(), bound)
    search.settle(late(0.95), spreads=(), most=1)
    place_breaks(search, cost, late(0.95))
    return bound


def _choose_in_rounds(search: Search, master: Master, late: Clock) -> None:
    """Whole days beside everybody's shares, and better shares, until a round closes little of what is left."""
    for _ in range(ROUNDS):
        before = search.total()
        if before - master.bound <= NEAR * abs(before) or late(0.6)():
            break
        choose_whole(search, master, late(0.7))
        master.approach(MORE_PASSES, late(0.65))
        if before - search.total() < WORTH_IT * (before - master.bound):
            break


def mend(search: Search, weeks: Weeks, carried: Floats, cost: CoverCost, late: Clock, *, told: bool) -> float:
    """Take a roster over and mend it; returns the bound.

    What people were `told` is reopened only where nobody lost a day: then the price of changes alone decides.
    """
    search.cost = cost
    if told:
        mended = mend_lost_days(search, weeks, late(0.6))
    else:
        take_over(search, weeks, SPREADS[-1])
        mended = False
    if not mended:
        search.settle(late(0.7), spreads=(), most=4)
        if not told:
            _calm_down(search, cost, late(0.75))
        place_breaks(search, cost, late(0.8))
    master = Master(dual_of(search, carried, cost), search.duties, own_costs(search), search.rng)
    master.approach(MORE_PASSES, late(0.85))
    master.look()
    return master.bound


def dual_of(search: Search, carried: Floats, cost: CoverCost) -> Dual:
    """The Lagrangian of the search's cover."""
    return Dual(search.demand, search.patterns, search.board, search.choices, search.lawful, cost, carried)


def own_costs(search: Search) -> Floats:
    """(people,): what everybody's days cost apart from cover."""
    return np.array([search.own_cost(person) for person in range(len(search.choices))])


def construct(search: Search) -> None:
    """Everybody once, those with the fewest queues first, each into what is relatively shortest then.

    However late it is: lawful days that look at what is short take no longer than any lawful days.
    """
    search.cost = replace(search.cost, spread=1.0)
    order = sorted(search._shuffled(), key=lambda person: len(search.queues[person]))
    for person in order:
        _, week = search.best(person, search.gain(person))
        search.put_in(person, week)


def choose_whole(search: Search, master: Master, late: Late) -> None:
    """Whole days for everybody, one person after another beside the shares of those that follow; kept where better."""
    before, kept = search.total(), [list(week) for week in search.duties]
    shares = master.copy()
    for person in range(len(kept)):
        search.take_out(person)
    for part in np.array_split(search.rng.permutation(len(kept)), min(PARTS, len(kept))):
        for person in part.tolist():
            _give_whole(search, shares, person, kept[person], late)
        shares.move(late)
    search.settle(late, spreads=())
    if search.total() > before - 1e-9:
        search.restore(kept)


def _give_whole(search: Search, shares: Master, person: int, kept: Week, late: Late) -> None:
    week = kept
    shares.leave(person)
    if not late():
        gain = shares.gain(search.queues[person], search.choices[person].along(search.demand))
        _, found = search.best(person, gain + search.crews.gain(person))
        week = found or kept
    search.put_in(person, week)
    shares.give(person, week, search.own_cost(person))


def _calm_down(search: Search, cost: CoverCost, late: Late) -> None:
    """Leave the local optimum by noise that dies down; more sweeps where people are few."""
    search.cost = cost
    sweeps = max(3, min(40, 400 // len(search.choices)))
    noises = [float(noise) for noise in np.geomspace(0.1, 0.006, sweeps)]
    search.calm_down(noises, SPREADS[-1], late, lambda total: total <= 1e-9)
    search.settle(late, spreads=(), most=3)
