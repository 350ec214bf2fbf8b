"""People who go another way through the week: never dearer, every limit kept, close to the best."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.schedule import Break, ShiftType
from wfm.schedule.axis import time_axis
from wfm.schedule.candidates import candidates_for
from wfm.schedule.clocks import Clock
from wfm.schedule.costs import Costs
from wfm.schedule.cover import cover_program
from wfm.schedule.coverage import by_slot
from wfm.schedule.patching import patched
from wfm.schedule.program import FLAG, SHIFT, SHORT
from wfm.schedule.rerouting import fits, rerouted
from wfm.schedule.solver import whole
from wfm.tables import with_end

MONDAY = pd.Timestamp("2026-11-02")
KINDS = [
    ShiftType(name=f"{name}{hours}", length=3600 * hours, starts=starts)
    for name, starts in (("day", ["06:00", "08:00"]), ("late", ["12:00", "14:00"]), ("night", ["22:00"]))
    for hours in (6, 8, 10)
]
demands = st.lists(st.integers(0, 5), min_size=24, max_size=24)


def model(agents, *, cyclic=True, hard=True, shift=2.0, kinds=KINDS, **costs):
    """Candidates and programme of two-hour intervals, and a first solution."""
    agents = agents if cyclic else [0, 0, 0, *agents[3:]]  # nobody starts before six
    starts = MONDAY + pd.to_timedelta(np.arange(len(agents)) * 2, unit="h")
    need = with_end(pd.DataFrame({"queue": "q", "start": starts, "agents": agents}), 7200)
    axis = time_axis(need, kinds, 7200, cyclic=cyclic)
    candidates = candidates_for(axis, kinds, 7200, None)
    given = Costs(**{"under": 3.0, "over": 0.0, "shift": shift, "hard": hard, **costs})
    program = cover_program(candidates, by_slot(need, axis), given)
    return candidates, program, patched(program, candidates, program.settled(np.zeros(len(program.cost))))


@settings(max_examples=8, deadline=None)
@given(demands, st.booleans(), st.booleans(), st.sampled_from([0.0, 0.5]))
def test_another_way_is_never_dearer_and_keeps_every_row(agents, cyclic, hard, over):
    candidates, program, first = model(agents, cyclic=cyclic, hard=hard, over=over)
    found = rerouted(program, candidates, first, Clock.of(0.3), 0)
    assert program.holds(found)
    assert program.objective(found) <= program.objective(first) + 1e-9


@pytest.mark.parametrize("cyclic", [True, False])
@pytest.mark.parametrize("seed", [0, 2])
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
    first = whole(program, seconds=20, gap=1.0).values  # noqa: PD011  an array
    found = rerouted(program, candidates, first, Clock.of(20), 1)
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
