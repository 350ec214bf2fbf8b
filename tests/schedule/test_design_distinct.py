"""Few distinct shifts: rows that lift the bound must hold for every whole solution."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.schedule import ShiftType, design_shifts
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.cover_windows import window_rows, with_rows
from wfm.schedule.cover.coverage import by_slot
from wfm.schedule.cover.people_per_shift import cover_program
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.patching import patched
from wfm.schedule.program.program import FLAG, SHORT
from wfm.schedule.program.solver import relaxed, whole
from wfm.schedule.shifts.axis import time_axis
from wfm.schedule.shifts.candidates import candidates_for
from wfm.tables import with_end

MONDAY = pd.Timestamp("2026-11-02")
KINDS = [
    ShiftType(name="day", length="8h", starts=["06:00", "09:00"]),
    ShiftType(name="late", length="9h", starts=["12:00", "15:00"]),
    ShiftType(name="night", length="9h", starts=["21:00"]),
]


def programme(agents, *, shift=1.0, hard=True, cyclic=True):
    """Programme and candidates of three-hour intervals."""
    starts = MONDAY + pd.to_timedelta(np.arange(len(agents)) * 3, unit="h")
    need = with_end(pd.DataFrame({"queue": "q", "start": starts, "agents": agents}), 3 * 3600)
    axis = time_axis(need, KINDS, 3 * 3600, cyclic=cyclic)
    candidates = candidates_for(axis, KINDS, 3 * 3600, None)
    return cover_program(
        candidates, by_slot(need, axis), Costs(under=3.0, over=0.0, shift=shift, hard=hard)
    ), candidates


demands = st.lists(st.integers(0, 6), min_size=24, max_size=24)


@settings(max_examples=8, deadline=None)
@given(demands, st.booleans(), st.booleans())
def test_what_days_cost_by_themselves_holds_for_the_best_whole_week(agents, hard, cyclic):
    program, candidates = programme(agents, hard=hard, cyclic=cyclic)
    best = whole(program, seconds=20, gap=1e-9).values  # noqa: PD011  an array
    bound = relaxed(program, seconds=5).bound
    for days in (1, 2):
        for by_end in (True, False):
            rows = window_rows(program, candidates, days, Clock.of(20), by_end=by_end)
            assert rows or max(agents) == 0
            for weights, least in rows:
                assert weights @ best >= least - 1e-6
            lifted = relaxed(with_rows(program, rows), seconds=5).bound
            assert bound - 1e-6 <= lifted <= program.objective(best) + 1e-6


@settings(max_examples=15, deadline=None)
@given(demands, st.sampled_from([0.5, 1.0, 3.0]))
def test_rows_at_rises_and_falls_cut_no_whole_solution_off(agents, price):
    """The same optimum where a distinct shift is paid for by a plain flag behind the largest requirement."""
    program, _ = programme(agents, shift=price)
    plain, _ = programme(agents, shift=0.0)
    from scipy.optimize import Bounds, LinearConstraint, milp

    shifts = np.flatnonzero(plain.kind == 0)
    flags = len(shifts)
    more = np.zeros((flags, len(plain.cost) + flags))
    more[np.arange(flags), shifts] = 1.0
    more[np.arange(flags), len(plain.cost) + np.arange(flags)] = -max(max(agents), 1)
    matrix = np.hstack([plain.matrix.toarray(), np.zeros((len(plain.low), flags))])
    solved = milp(
        np.r_[plain.cost, np.full(flags, price)],
        integrality=np.r_[plain.integer, np.ones(flags)].astype(int),
        bounds=Bounds(0, np.r_[plain.upper, np.ones(flags)]),
        constraints=[LinearConstraint(matrix, plain.low, plain.high), LinearConstraint(more, -np.inf, 0.0)],
    )
    found = whole(program, seconds=20, gap=1e-9)
    assert program.objective(found.values) == pytest.approx(solved.fun + plain.constant, abs=1e-4)


def test_wider_windows_lift_the_bound_further():
    """Days whose flags the linear relaxation pays in part alone; what two days cost together tells more."""
    program, candidates = programme([2, 2, 7, 3, 2, 7, 2, 3] * 4, shift=6.0)
    lifted = [relaxed(program, seconds=5).bound]
    for days in (1, 2):
        program = with_rows(program, window_rows(program, candidates, days, Clock.of(30)))
        lifted.append(relaxed(program, seconds=5).bound)
    best = program.objective(whole(program, seconds=60, gap=1e-6).values)
    assert lifted[0] <= lifted[1] < lifted[2] <= best
    assert lifted[2] - lifted[0] >= 0.4 * (best - lifted[0])


def test_windows_solved_side_by_side_say_the_same():
    program, candidates = programme([2, 2, 7, 3, 2, 7, 2, 3] * 3, shift=6.0)
    alone, together = (window_rows(program, candidates, 1, Clock.of(60), at_once=k) for k in (1, 2))
    assert len(alone) == len(together) == 3
    for (weights, least), (others, same) in zip(alone, together, strict=True):
        np.testing.assert_array_equal(weights, others)
        assert least == pytest.approx(same, rel=1e-5)


def test_people_are_added_until_nobody_is_missing():
    program, candidates = programme([3, 3, 4, 4, 4, 4, 4, 3], shift=0.0)
    nobody = program.settled(np.zeros(len(program.cost)))
    assert nobody[program.kind == SHORT].sum() > 0
    somebody = patched(program, candidates, nobody)
    assert program.holds(somebody)
    assert somebody[program.kind == SHORT].sum() == 0
    assert not (program.kind == FLAG).any()


def test_a_week_with_few_distinct_shifts_is_solved_to_the_optimum():
    agents = [1, 1, 3, 3, 4, 3, 2, 2] * 4
    starts = MONDAY + pd.to_timedelta(np.arange(len(agents)) * 3, unit="h")
    need = pd.DataFrame({"queue": "q", "start": starts, "agents": agents})
    plan = design_shifts(
        need, KINDS, cyclic=True, hard_cover=True, shift_cost=2.0, interval=3 * 3600, time_limit=20, over_cost=0.5
    )
    program, _ = programme(agents, shift=2.0)
    assert plan.status == "optimal"
    assert plan.coverage["gap"].min() >= 0
    assert plan.objective >= program.objective(whole(program, seconds=20, gap=1e-9).values)
