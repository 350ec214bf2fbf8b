import numpy as np
import pandas as pd
import pytest

from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.coverage import by_slot
from wfm.schedule.cover.people_per_shift import cover_program
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.diving import dive
from wfm.schedule.program.program import SHIFT
from wfm.schedule.program.solver import relaxed
from wfm.schedule.shifts.axis import time_axis
from wfm.schedule.shifts.candidates import candidates_for
from wfm.schedule.shifts.shift_types import ShiftType

DAY = pd.Timestamp("2026-11-21")


def ring(agents):
    """Three intervals of eight hours, each of which two shifts of sixteen reach: an odd ring is half in the linear."""
    kinds = [ShiftType(name="long", length="16h", starts=["00:00", "08:00", "16:00"])]
    starts = pd.date_range(DAY, periods=3, freq="8h")
    need = pd.DataFrame({"queue": "v", "start": starts, "end": starts + pd.Timedelta(hours=8), "agents": agents})
    axis = time_axis(need, kinds, 8 * 3600, cyclic=True)
    candidates = candidates_for(axis, kinds, 8 * 3600, None)
    return cover_program(candidates, by_slot(need, axis), Costs(under=3.0, over=0.0))


@pytest.mark.parametrize(("agents", "best"), [([1, 1, 1], 32), ([3, 3, 3], 80), ([5, 3, 1], 80)])
def test_a_dive_ends_at_whole_people_near_the_linear_ones(agents, best):
    program = ring(agents)
    linear = relaxed(program, seconds=5)
    shifts = program.of_kind(SHIFT)
    found = dive(program, shifts, linear.values, Clock.of(5))
    assert np.abs(found[shifts] - np.rint(found[shifts])).max() < 1e-6
    assert program.holds(found)
    assert linear.bound <= program.objective(found) + 1e-6
    assert program.objective(found) == pytest.approx(best)


def test_without_time_the_linear_solution_stays():
    program = ring([1, 1, 1])
    linear = np.asarray(relaxed(program, seconds=5).values)
    np.testing.assert_array_equal(dive(program, program.of_kind(SHIFT), linear, Clock.of(0)), linear)
