"""What stretches lose at least: never above the best, and above what the linear relaxation of groups shows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from few_shift_weeks import demands, model
from wfm.schedule.changes import changes_of
from wfm.schedule.clocks import Clock
from wfm.schedule.group_choice import bound_of, worth_of
from wfm.schedule.solver import whole
from wfm.schedule.stretches import least_by_stretches
from wfm.schedule.sweeping import Line, TooManyWaysError, swept, ways_from


def best_cost(program):
    return program.objective(whole(program, seconds=60, gap=1e-7).values)


@settings(max_examples=4, deadline=None)
@given(demands, st.booleans(), st.booleans(), st.sampled_from([0.0, 0.5]), st.sampled_from([0.5, 2.0, 3.0, 6.0]))
def test_the_bound_is_never_above_the_best(agents, cyclic, hard, over, shift):
    candidates, program, _ = model(agents, cyclic=cyclic, hard=hard, over=over, shift=shift)
    best = best_cost(program)
    for objective in (best, best + 100.0):
        assert least_by_stretches(program, candidates, objective, Clock.of(5)) <= best + 1e-6


def test_people_too_many_over_the_cut_are_paid_once():
    """Soft cover of an uneven ring, where the best is dear and has three people too many at the narrowest place."""
    agents = [3, 3, 0, 2, 0, 0, 2, 1, 0, 0, 1, 3, 0, 3, 1, 2, 3, 2, 1, 2, 2, 3, 2, 1]
    candidates, program, _ = model(agents, hard=False, shift=3.0, over=0.5)
    assert least_by_stretches(program, candidates, 235.0, Clock.of(20)) <= 135.0


def test_stretches_show_more_than_groups():
    agents = [2, 3, 1, 4, 6, 2, 5, 3, 4, 1, 2, 2] * 2 + [1, 4, 2, 5, 3, 3, 6, 2, 2, 4, 1, 3] * 2
    candidates, program, first = model(agents)
    changes = changes_of(program, candidates)
    groups = bound_of(changes, float(worth_of(changes, Clock.of(5)).sum()))
    bound = least_by_stretches(program, candidates, program.objective(first), Clock.of(5))
    assert groups < bound <= best_cost(program) + 1e-6


def test_no_time_gives_no_bound_above_the_hours():
    candidates, program, first = model([2, 3, 4, 2, 5, 3] * 4)
    changes = changes_of(program, candidates)
    bound = least_by_stretches(program, candidates, program.objective(first), Clock.of(-1.0))
    assert bound <= changes.least + 1e-6


def test_a_sweep_finds_every_way_through_a_day():
    """Two people from six to two and back: by the eight-hour shift, or with others too many or too few."""
    candidates, program, _ = model([0, 0, 0, 2, 2, 2, 2, 0, 0, 0, 0, 0])
    line = Line.of(changes_of(program, candidates), np.zeros(12))
    assert line.need.tolist() == [0, 0, 0, 2, 2, 2, 2, 0, 0, 0, 0, 0]
    nobody = ways_from(line, 2, np.zeros((1, len(line.open_at(2))), dtype=int), np.zeros(1, dtype=int))
    *_, ways = swept(line, nobody, 2, 14, most=1.0, at_most=1000, clock=Clock.of(60))
    assert ways.cost[(ways.people == 0).all(axis=1) & (ways.over == 0)].tolist() == [1.0]
    with pytest.raises(TooManyWaysError):
        list(swept(line, nobody, 2, 14, most=6.0, at_most=3, clock=Clock.of(60)))
    with pytest.raises(TooManyWaysError):
        list(swept(line, nobody, 2, 14, most=1.0, at_most=1000, clock=Clock.of(-1)))
