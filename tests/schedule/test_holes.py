"""Hours that a search left uncovered: closed by several people together where one alone has no place for a meal."""

import numpy as np
import pandas as pd

from wfm.schedule import Break, ShiftType, design_shifts, schedule_faults
from wfm.schedule.cover.coverage import by_slot
from wfm.schedule.cover.design_inputs import read_costs, read_requirement
from wfm.schedule.cover.people_per_shift import cover_program
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.filling import topped_up
from wfm.schedule.program.holes import closed
from wfm.schedule.shifts.axis import time_axis
from wfm.schedule.shifts.candidates import candidates_for

MEAL = Break(name="meal", length="60min", paid=False, between=("3h", "5h"), most_at_once=0.25)
NIGHT = ShiftType(name="night", length="9h", starts="22:00-23:00/60min", breaks=[MEAL])


def night(people):
    starts = pd.date_range("2026-11-02 22:00", periods=18, freq="30min")
    return read_requirement(pd.DataFrame({"queue": "voice", "start": starts, "agents": people}), None)


def test_a_hole_that_one_person_cannot_close_is_closed_by_several():
    need = night([2.0] * 14 + [5.0] * 4)
    axis = time_axis(need, [NIGHT], 1800.0, cyclic=False)
    candidates = candidates_for(axis, [NIGHT], 1800.0, None)
    program = cover_program(candidates, by_slot(need, axis), read_costs(50.0, 0.0))
    first = topped_up(program, candidates, program.settled(np.zeros(len(program.cost))))
    found = closed(program, candidates, first, Clock.of(5.0))
    assert program.holds(found)
    assert program.objective(found) < program.objective(first)


def test_nobody_is_missing_at_the_end_of_the_night_even_in_a_second():
    made = design_shifts(night([2.0] * 14 + [5.0] * 4), [NIGHT], under_cost=50, time_limit=1)
    assert (made.coverage["gap"].iloc[14:] >= 0).all()
    assert schedule_faults(made.table, [NIGHT], interval=1800.0).empty


def test_what_has_no_holes_stays_as_it_is():
    need = night([1.0] * 6 + [0.0] * 12)
    axis = time_axis(need, [NIGHT], 1800.0, cyclic=False)
    candidates = candidates_for(axis, [NIGHT], 1800.0, None)
    program = cover_program(candidates, by_slot(need, axis), read_costs(50.0, 0.0))
    values = topped_up(program, candidates, program.settled(np.zeros(len(program.cost))))
    assert closed(program, candidates, values, Clock.of(5.0)) is values
