"""The last descent: fewer paid hours than a cover of the requirement takes, with the promise kept all the same."""

import numpy as np
import pandas as pd
import pytest

import wfm
from small_site import forecast, spec
from wfm.plan.descent import NOBODY, descent
from wfm.plan.lighten import _named
from wfm.schedule import design_shifts, schedule_faults
from wfm.settings import read_week


@pytest.fixture(scope="module")
def plan():
    return wfm.plan_week(spec(), forecast={"voice": forecast()})


def test_the_schedule_costs_less_than_a_cover_of_the_requirement_and_keeps_the_promise(plan):
    cover = design_shifts(plan.requirement, read_week(spec()).shift_types, under_cost=50)
    assert plan.schedule.paid_hours < cover.paid_hours
    days = plan.promise.query("scope == 'day'")
    assert days["kept"].all()
    assert (days["probability"] >= 0.8 - 1e-9).all()


def test_its_bound_is_that_of_what_it_covers(plan):
    rostered = plan.schedule.coverage.assign(agents=plan.schedule.coverage["rostered"])
    bound = design_shifts(rostered[["queue", "start", "end", "agents"]], read_week(spec()).shift_types).bound
    assert plan.schedule.bound == pytest.approx(min(bound, plan.schedule.paid_hours))
    assert plan.schedule.objective == pytest.approx(plan.schedule.paid_hours)


def test_its_lines_keep_the_rules_and_have_names_of_their_own(plan):
    week = read_week(spec())
    hours = {name: queue.hours for name, queue in week.queues.items()}
    assert schedule_faults(plan.schedule.table, week.shift_types, hours, interval=1800).empty
    assert plan.schedule.table["shift"].str.match(r"voice-2026-11-2[12]-(short|full)-\d{4}-\d+$").all()


def test_it_is_the_same_the_second_time(plan):
    again = wfm.plan_week(spec(), forecast={"voice": forecast()})
    pd.testing.assert_frame_equal(again.schedule.table, plan.schedule.table)


def test_the_fewest_agents_of_the_file_stay():
    minimum = spec()
    minimum["queues"]["voice"]["min_agents"] = {"all": 9}
    plan = wfm.plan_week(minimum, forecast={"voice": forecast(0.5)})
    assert (plan.coverage["rostered"] >= 9 / 0.94 - 1e-9).all()


def test_a_planners_number_of_agents_is_not_argued_with():
    rows = {"queue": "voice", "start": "2026-11-21 08:00", "end": "2026-11-22 18:00", "what": "agents", "how": "add"}
    changed = spec() | {"adjust": pd.DataFrame([rows | {"value": 3.0}])}
    plan = wfm.plan_week(changed, forecast={"voice": forecast()})
    assert (plan.coverage["gap"] > -1e-9).all()


def test_a_promise_on_average_is_kept_on_average():
    plan = wfm.plan_week(spec(confidence=None), forecast={"voice": forecast()})
    days = plan.promise.query("scope == 'day'")
    assert days["kept"].all()
    assert (days["service_level"] >= 0.8 - 1e-9).all()


@pytest.mark.parametrize("confidence", [None, 0.8])
def test_a_closed_day_between_two_others_is_passed_over(confidence):
    rows, moved = forecast(), spec(confidence=confidence)
    later = rows["start"] + pd.to_timedelta((rows["start"].dt.day - 21) * 24, unit="h")  # the second day is the 23rd
    moved["calendar"]["closed"] = [f"2026-11-{day}" for day in (22, 24, 25, 26, 27)]
    moved["queues"]["voice"]["hours"] = "08:00-18:00"
    plan = wfm.plan_week(moved, forecast={"voice": rows.assign(start=later)})
    days = plan.promise.query("scope == 'day'")
    assert days["start"].dt.day.tolist() == [21, 23]
    assert days["kept"].all()


def test_every_move_saves_hours_or_widens_the_margin(plan):
    service = plan.evaluation.services["voice"]
    half = np.zeros((2, 40))
    half[0, :20], half[1, :10] = 1, 1
    from wfm.plan.descent import Lines

    lines = Lines(present=half, paid=np.array([10.0, 5.0]), day=np.zeros(2, dtype=int))
    moves = descent(service, lines, np.array([5, 5]), np.zeros(40))
    assert all(come == NOBODY or lines.paid[come] < lines.paid[gone] for gone, come in moves)


def test_new_lines_are_numbered_after_those_there_are():
    start = pd.Timestamp("2026-11-21 08:00")
    rows = pd.DataFrame({"shift": ["a b-2026-11-21-day-0800-1", "a b 0 2026-11-21"], "type": "day", "start": start})
    found = _named(rows, {"a b-2026-11-21-day-0800-1"}, "a b")
    assert found["shift"].tolist() == ["a b-2026-11-21-day-0800-1", "a b-2026-11-21-day-0800-2"]
