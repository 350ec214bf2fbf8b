"""Rises and falls of the requirement in balanced groups: the bound holds, and small weeks are solved by it alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from few_shift_weeks import demands, model
from wfm.schedule.cover.balanced_groups import TooManyGroupsError, balanced_groups
from wfm.schedule.cover.changes import changes_of
from wfm.schedule.cover.group_choice import fewest
from wfm.schedule.cover.recombining import recombined
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import SHIFT
from wfm.schedule.program.solver import whole


@settings(max_examples=3, deadline=None)
@given(demands, st.booleans(), st.booleans(), st.sampled_from([0.0, 0.5]), st.sampled_from([0.5, 2.0, 3.0, 8.0]))
def test_the_bound_holds_and_nothing_gets_dearer(agents, cyclic, hard, over, shift):
    candidates, program, first = model(agents, cyclic=cyclic, hard=hard, over=over, shift=shift)
    best = program.objective(whole(program, seconds=60, gap=1e-7).values)
    answer = fewest(program, candidates, first, Clock.of(4))
    assert program.holds(answer.values)
    assert answer.bound <= best + 1e-6
    assert best - 1e-6 <= program.objective(answer.values) <= program.objective(first) + 1e-9


@pytest.mark.parametrize("cyclic", [True, False])
def test_a_few_days_are_solved_to_the_proven_best_by_groups_alone(cyclic):
    agents = np.zeros(48, dtype=int)
    for day in range(4):  # what a few shifts cover without surplus
        for start, width, people in ((3, 4, 4), (4, 5, 2), (7, 4, 3), (11, 4, 1 + day % 2)):
            agents[(12 * day + start + np.arange(width)) % 48] += people
    agents = agents.tolist() if cyclic else [*agents[:47].tolist(), 0]
    candidates, program, first = model(agents, cyclic=cyclic)
    best = program.objective(whole(program, seconds=60, gap=1e-7).values)
    answer = fewest(program, candidates, first, Clock.of(4))
    assert program.objective(first) > best
    assert program.objective(answer.values) == pytest.approx(best)
    assert answer.bound == pytest.approx(best)


def test_groups_are_balanced_and_no_dearer_than_asked():
    candidates, program, _ = model([1, 1, 1, 3, 3, 3, 3, 1, 2, 2, 1, 4] * 2)
    changes = changes_of(program, candidates)
    worth = np.where(changes.balance != 0, 0.6, 0.0)
    groups = balanced_groups(changes, worth, most=1.6, at_most=10_000, clock=Clock.of(60))
    assert (groups.inside @ changes.balance == 0).all()
    assert (groups.cost - groups.inside @ worth <= 0.6 + 1e-9).all()
    assert len({row.tobytes() for row in groups.inside}) == len(groups.cost)
    morning = np.flatnonzero((groups.inside.sum(axis=1) == 2) & groups.inside[:, 3] & groups.inside[:, 7])
    assert groups.cost[morning].tolist() == [1.0]  # two people from six to two
    assert groups.slots[morning].tolist() == [8]
    with pytest.raises(TooManyGroupsError):
        balanced_groups(changes, worth, most=2.5, at_most=20, clock=Clock.of(60))
    with pytest.raises(TooManyGroupsError):
        balanced_groups(changes, worth, most=2.5, at_most=10_000, clock=Clock.of(-1))


def test_the_hours_of_a_solution_are_those_required_and_its_surplus():
    candidates, program, first = model([2, 3, 4, 2, 5, 3] * 4)
    changes = changes_of(program, candidates)
    people = first[changes.column]
    assert people @ changes.length == changes.required
    assert changes.cost(np.arange(len(people)), people) @ (people > 0) * changes.unit + changes.least == pytest.approx(
        program.objective(first)
    )
    assert program.of_kind(SHIFT)[changes.column[~changes.slack]].all()


def test_days_of_several_solutions_are_put_together():
    """Each solution is good on one of two days far apart."""
    day, quiet = [0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 0, 0], [0] * 12
    candidates, program, _ = model([*day, *quiet, *day, *quiet])
    shifts = program.of_kind(SHIFT)
    of = {(s.start, s.length): k for k, s in enumerate(candidates.shifts)}
    good, bad = ((of[3, 4], 4),), ((of[3, 4], 2), (of[3, 5], 2))
    people = np.zeros((2, len(candidates.shifts)), dtype=np.int64)
    for row, ways in enumerate(((good, bad), (bad, good))):
        for turn, way in enumerate(ways):
            for shift, number in way:
                people[row, of[candidates.shifts[shift].start + 24 * turn, candidates.shifts[shift].length]] = number
    values = np.zeros((2, len(program.cost)))
    values[:, shifts] = people
    values = [program.settled(row) for row in values]
    found = recombined(program, candidates, values[0], list(people), Clock.of(30))
    assert program.holds(found)
    assert program.objective(found) < min(map(program.objective, values))
    assert found[shifts].sum() == 8


def test_programmes_of_other_costs_are_left_alone():
    candidates, program, first = model([0, 0, 0, 0, 2, 2, 2, 2, 0, 0, 0, 0] * 2, shift=0.0, hard=False)
    answer = fewest(program, candidates, first, Clock.of(5))
    assert answer.values is first
    assert answer.bound == -np.inf


def test_parts_of_a_person_and_uneven_wages_are_of_another_kind():
    candidates, program, _ = model([0.5, 3, 4, 2.2, 5, 3] * 2, hard=False)
    assert changes_of(program, candidates) is None
    candidates, program, _ = model([1, 3, 4, 2, 5, 3] * 2, hard=False)
    assert changes_of(program, candidates) is not None
    dearer = replace(program, cost=np.where(program.of_kind(SHIFT), program.cost + 0.5, program.cost))
    assert changes_of(dearer, candidates) is None
