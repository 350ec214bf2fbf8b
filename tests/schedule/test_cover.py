import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm.hours import OpeningHours
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.cover_search import best_cover
from wfm.schedule.cover.coverage import by_slot
from wfm.schedule.cover.people_per_shift import cover_program
from wfm.schedule.program.blocks import components
from wfm.schedule.program.program import PLACE, SHIFT
from wfm.schedule.program.solver import grain_of, relaxed, rounded_up, whole
from wfm.schedule.shifts.axis import time_axis
from wfm.schedule.shifts.candidates import candidates_for
from wfm.schedule.shifts.shift_types import Break, ShiftType


def need(agents, start="2026-11-21 08:00", freq="h"):
    starts = pd.date_range(start, periods=len(agents), freq=freq)
    return pd.DataFrame({"queue": "v", "start": starts, "end": starts + pd.Timedelta(1, freq), "agents": agents})


def model(requirement, kinds, *, cyclic=False, hours=None, interval=3600.0, **costs):
    axis = time_axis(requirement, kinds, interval, cyclic=cyclic)
    candidates = candidates_for(axis, kinds, interval, hours)
    given = Costs(**{"under": 3.0, "over": 0.0, **costs})
    return candidates, cover_program(candidates, by_slot(requirement, axis), given)


SHORT = ShiftType(name="s", length="2h", starts=["08:00", "09:00", "10:00"])


def test_the_slot_is_the_greatest_common_step():
    tea = Break(name="tea", length="20min", paid=True, between=("30min", "1h"), grid=600)
    kinds = [ShiftType(name="s", length="2h", starts=["08:15"], breaks=[tea])]
    assert time_axis(need([1, 1, 1]), kinds, 3600.0, cyclic=False).step == 300


def test_a_cycle_is_made_of_whole_days():
    axis = time_axis(need([1] * 30, "2026-11-21 06:00"), [SHORT], 3600.0, cyclic=True)
    assert (axis.origin, axis.slots) == (pd.Timestamp("2026-11-21"), 48)
    axis = time_axis(need([1] * 24, "2026-11-21 06:00"), [SHORT], 3600.0, cyclic=True)
    assert (axis.origin, axis.slots) == (pd.Timestamp("2026-11-21 06:00"), 24)


def test_shifts_stay_inside_opening_hours_across_midnight():
    kinds = [ShiftType(name="n", length="8h", starts="20:00-23:00/60min")]
    hours = OpeningHours.read("21:00-06:00")
    candidates, _ = model(need([1] * 24, "2026-11-21"), kinds, hours=hours)
    assert [shift.clock / 3600 for shift in candidates.shifts] == [21.0, 22.0]


def test_shifts_that_share_a_break_window_share_one_group():
    meal = Break(name="meal", length="1h", paid=False, between=("2h", "3h"))
    kinds = [ShiftType(name=f"{n}", length=f"{n}h", starts="08:00", breaks=[meal]) for n in (6, 7, 8)]
    candidates, _ = model(need([1] * 8), kinds)
    assert len(candidates.shifts) == 3
    assert [len(group.members) for group in candidates.groups] == [3]


def test_days_without_overnight_shifts_fall_apart():
    requirement = pd.concat([need([1, 2, 1]), need([1, 2, 1], "2026-11-22 08:00")], ignore_index=True)
    _, program = model(requirement, [SHORT])
    assert sum((program.kind[part] == SHIFT).any() for part in components(program)) == 2


def test_the_linear_bound_is_rounded_up_to_the_grain_of_the_costs():
    _, program = model(need([1, 2, 1]), [SHORT])
    assert grain_of(program) == 1.0
    assert rounded_up(9557.525, 0.25) == 9557.75
    assert relaxed(program, seconds=5).bound == 4.0


def test_costs_without_a_common_grain_are_not_rounded():
    _, program = model(need([1, 2, 1]), [SHORT], under=np.pi)
    assert grain_of(program) == 0.0


@pytest.mark.parametrize("over", [0.0, 0.3])
def test_a_part_of_an_agent_costs_what_leaving_it_out_costs(over):
    """At 1.2 agents one misses 0.2; two waste 0.8 and cost another shift."""
    kinds = [ShiftType(name="s", length="1h", starts="08:00")]
    candidates, program = model(need([1.2]), kinds, over=over)
    found = best_cover(program, candidates, seconds=5, seed=0)
    assert found.objective == pytest.approx(1 + 3 * 0.2)
    assert found.bound == pytest.approx(1.6, abs=1e-5)


def test_settled_values_hold_every_row():
    candidates, program = model(need([2.5, 3, 1]), [SHORT], over=0.5)
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert program.holds(program.settled(rng.integers(0, 4, len(program.cost)).astype(float)))
    assert len(candidates.shifts) == 3


def test_no_group_is_needed_without_breaks():
    candidates, program = model(need([1]), [ShiftType(name="s", length="1h", starts="08:00")])
    assert candidates.groups == ()
    assert program.matrix.shape == (1, 2)


def test_limits_of_what_a_cost_pays_for_keep_the_best_and_all_that_is_as_cheap():
    _, program = model(need([2, 3, 4, 3]), [SHORT])
    found = whole(program, seconds=5, gap=0.0)
    within = program.within(program.objective(found.values))
    assert np.isfinite(within.upper[within.of_kind(SHIFT)]).all()
    assert within.holds(found.values)
    assert whole(within, seconds=5, gap=0.0).bound == pytest.approx(program.objective(found.values))


def test_a_break_has_no_more_places_than_the_people_that_a_cost_pays_for():
    meal = Break(name="meal", length="1h", paid=False, between=("1h", "2h"))
    _, program = model(need([2, 3, 4, 3]), [ShiftType(name="m", length="4h", starts="08:00", breaks=[meal])])
    within = program.within(18.0)
    assert within.upper[within.of_kind(SHIFT)].tolist() == [6.0]
    assert within.upper[within.of_kind(PLACE)].tolist() == [6.0, 6.0]


def test_hours_that_save_more_than_they_cost_leave_limits_as_they_are():
    _, program = model(need([2, 3, 4, 3]), [SHORT])
    saving = replace(program, cost=-program.cost)
    assert saving.within(0.0) is saving


def test_options_for_the_solver_alone_are_no_warning():
    _, program = model(need([2, 3, 4, 3]), [SHORT])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        whole(program, seconds=5, gap=0.0, long_rows=True)
        whole(program, seconds=5, gap=0.0, long_rows=True)
    assert said == []
