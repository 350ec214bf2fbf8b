"""People who go another way through the week: never dearer, every limit kept, close to the best."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from few_shift_weeks import demands, model
from wfm.schedule import Break, ShiftType
from wfm.schedule.cover.rerouting import fits, rerouted
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import FLAG, SHIFT, SHORT
from wfm.schedule.program.solver import whole


@settings(max_examples=8, deadline=None)
@given(demands, st.booleans(), st.booleans(), st.sampled_from([0.0, 0.5]))
def test_another_way_is_never_dearer_and_keeps_every_row(agents, cyclic, hard, over):
    candidates, program, first = model(agents, cyclic=cyclic, hard=hard, over=over)
    found = rerouted(program, candidates, first, Clock.of(0.3), 0)
    assert program.holds(found)
    assert program.objective(found) <= program.objective(first) + 1e-9


@pytest.mark.parametrize(("cyclic", "seed"), [(True, 0), (False, 2)])
def test_annealing_comes_close_to_the_proven_best(cyclic, seed):
    agents = np.random.default_rng(seed).integers(1, 6, 24).tolist()
    candidates, program, first = model(agents, cyclic=cyclic)
    best = whole(program, seconds=60, gap=1e-6)
    found = program.objective(rerouted(program, candidates, first, Clock.of(60), seed))
    assert found >= best.bound - 1e-6
    assert found <= best.bound + 2.0  # a distinct shift


def test_the_least_average_length_is_kept():
    agents = [2, 2, 4, 5, 5, 4, 3, 3, 4, 3, 2, 2] * 2
    candidates, program, _ = model(agents, least_average=8 * 3600.0)
    first = whole(program, seconds=20, gap=1.0).values
    found = rerouted(program, candidates, first, Clock.of(1), 1)
    people = found[program.of_kind(SHIFT)]
    hours = np.array([shift.kind.length for shift in candidates.shifts]) / 3600
    assert (people @ hours) / people.sum() >= 8
    assert found[program.of_kind(SHORT)].sum() == 0
    assert found[program.of_kind(FLAG)].sum() == (people > 0).sum()


def test_the_same_seed_takes_the_same_way():
    candidates, program, first = model([1, 3, 4, 2, 5, 3] * 2)
    ways = [rerouted(program, candidates, first, Clock.of(60), 5) for _ in range(2)]
    np.testing.assert_array_equal(*ways)


def test_programmes_with_breaks_or_without_flags_stay_as_they_are():
    meal = Break(name="meal", length="2h", paid=False, between=("2h", "4h"))
    with_meal = [ShiftType(name="d", length="8h", starts=["08:00"], breaks=[meal])]
    for options in ({"kinds": with_meal}, {"shift": 0.0}):
        candidates, program, first = model([0, 0, 0, 0, 2, 2, 2, 2, 0, 0, 0, 0] * 2, hard=False, **options)
        assert not fits(program)
        assert rerouted(program, candidates, first, Clock.of(5), 0) is first
