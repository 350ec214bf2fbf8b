"""Several queues on one set of shifts: shifts for the sum, everybody on one queue at a time, work in the troughs."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.schedule import Break, ShiftType, design_shifts, schedule_faults
from wfm.schedule.design.pools import can_wait, pooled, shared_out, unparted
from wfm.schedule.design.work_placing import place_work

START = pd.Timestamp("2026-11-02 08:00")
REST = Break(name="rest", length="30min", paid=True, between=("1h", "3h"), most_at_once=0.5)
KINDS = [
    ShiftType(name="half", length="4h", starts="08:00-12:00/60min"),
    ShiftType(name="long", length="6h", starts="08:00-10:00/60min", breaks=[REST]),
]


def need(**people):
    starts = pd.date_range(START, periods=16, freq="30min")
    tables = [pd.DataFrame({"queue": queue, "start": starts, "agents": agents}) for queue, agents in people.items()]
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def shared():
    asked = need(voice=[2.5] * 8 + [4.5] * 8, chat=[2.5] * 8 + [0.5] * 8)
    return asked, design_shifts(asked, KINDS, pools={"floor": ["voice", "chat"]}, under_cost=50, time_limit=3)


def test_a_pool_costs_no_more_than_its_queues_alone(shared):
    asked, made = shared
    alone = design_shifts(asked, KINDS, under_cost=50, time_limit=3)
    assert made.paid_hours < alone.paid_hours
    assert made.bound <= made.objective


def test_the_queues_of_a_pool_have_together_all_that_they_asked_for(shared):
    asked, made = shared
    there = made.coverage.groupby("start")["rostered"].sum()
    assert (there >= asked.groupby("start")["agents"].sum() - 1e-9).all()
    by_queue = made.coverage.groupby("queue")["gap"].mean()
    assert (by_queue > -0.1).all()  # now one more, now one fewer


def test_the_lines_of_a_pool_keep_the_rules_of_their_shifts(shared):
    _, made = shared
    assert schedule_faults(made.table, KINDS, interval=1800.0).empty
    whole = unparted(made.table, "floor")
    assert schedule_faults(whole.assign(queue="floor"), KINDS, interval=1800.0).empty
    paid = made.table[made.table["paid"]]
    hours = (paid["end"] - paid["start"]).dt.total_seconds() / 3600 * paid["people"]
    assert hours.sum() == pytest.approx(made.paid_hours)


def test_queues_outside_a_pool_are_designed_by_themselves():
    asked = need(voice=2.0, chat=1.0, back=1.0)
    made = design_shifts(asked, KINDS, pools={"floor": ["voice", "chat"]}, time_limit=2)
    back = made.table[made.table["queue"] == "back"]
    assert back["pool"].isna().all()
    assert set(made.table["queue"]) == {"voice", "chat", "back"}


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 4), st.floats(0, 3)), min_size=16, max_size=16), st.integers(1, 8))
def test_everybody_present_is_on_exactly_one_queue(levels, people):
    asked = need(voice=[a for a, _ in levels], tickets=[b for _, b in levels])
    line = pd.DataFrame(
        {"shift": "x", "start": [START], "end": [START + pd.Timedelta("8h")], "activity": "work", "paid": True,
         "people": people, "type": "day", "queue": "floor"}
    )  # fmt: skip
    asked = asked.assign(end=asked["start"] + pd.Timedelta("30min"))
    out = shared_out(line, asked, {"floor": ["voice", "tickets"]}, waiting=["tickets"])
    hours = (out["end"] - out["start"]).dt.total_seconds() / 3600 * out["people"]
    assert hours.sum() == pytest.approx(8 * people)
    assert out.drop_duplicates("shift")["people"].sum() == people
    there = out.groupby("shift").agg(start=("start", "min"), end=("end", "max"))
    assert (there["end"] - there["start"] == pd.Timedelta("8h")).all()


def test_where_people_are_missing_what_can_wait_gives_way():
    asked = need(voice=2.0, tickets=1.0).assign(end=lambda table: table["start"] + pd.Timedelta("30min"))
    line = pd.DataFrame(
        {"shift": "x", "start": [START], "end": [START + pd.Timedelta("8h")], "activity": "work", "paid": True,
         "people": 2, "type": "day", "queue": "floor"}
    )  # fmt: skip
    out = shared_out(line, asked, {"floor": ["voice", "tickets"]}, waiting=["tickets"])
    assert set(out["queue"]) == {"voice"}
    assert can_wait(asked.assign(deferrable=asked["agents"].where(asked["queue"] == "tickets", 0.0))) == ["tickets"]


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=8, max_size=8),
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 8), st.floats(0.1, 2)), min_size=1, max_size=8),
)
def test_work_is_done_between_release_and_deadline_and_the_bound_holds(live, pieces):
    starts = pd.date_range(START, periods=8, freq="h")
    asked = pd.DataFrame({"queue": "floor", "start": starts, "agents": np.array(live, dtype=float)})
    todo = pd.DataFrame(pieces, columns=["first", "last", "hours"]).assign(queue="tickets")
    todo["last"] = np.minimum(todo["first"] + todo["last"], 8)
    kinds = [ShiftType(name="half", length="4h", starts="08:00-12:00/60min")]
    found = place_work(asked, kinds, todo, under_cost=50)
    done = np.cumsum(found.people["tickets"])
    come = np.cumsum(np.bincount(todo["first"], weights=todo["hours"], minlength=8)[:8])
    due = np.cumsum(np.bincount(todo["last"], weights=todo["hours"], minlength=9))[1:]
    assert (done <= come + 1e-6).all()
    assert (done >= due - 1e-6).all()
    made = design_shifts(asked.assign(agents=asked["agents"] + found.people["tickets"]), kinds, under_cost=50)
    assert found.bound <= made.objective + 1e-6


def test_work_waits_for_the_trough_and_closed_hours():
    starts = pd.date_range(START, periods=4, freq="h")
    asked = pd.DataFrame({"queue": "voice", "start": starts, "agents": [3.0, 1.0, 1.0, 3.0]})
    kinds = [ShiftType(name="all", length="4h", starts="08:00")]
    todo = pd.DataFrame({"queue": ["mail"], "first": [0], "last": [4], "hours": [2.0]})
    found = place_work(asked, kinds, todo, open_in={"mail": np.array([True, True, False, True])})
    assert found.people["mail"].round(6).tolist() == [0.0, 2.0, 0.0, 0.0]
    assert found.bound == pytest.approx(12.0)


def test_without_work_or_time_there_is_a_bound_all_the_same():
    asked = pd.DataFrame({"queue": "voice", "start": pd.date_range(START, periods=4, freq="h"), "agents": 2.0})
    kinds = [ShiftType(name="all", length="4h", starts="08:00")]
    none = pd.DataFrame({"queue": [], "first": [], "last": [], "hours": []})
    assert place_work(asked, kinds, none).bound == pytest.approx(8.0)
    assert place_work(asked, kinds, none).people == {}


def test_a_piece_outside_the_intervals_is_refused():
    asked = pd.DataFrame({"queue": "voice", "start": pd.date_range(START, periods=2, freq="h"), "agents": 1.0})
    todo = pd.DataFrame({"queue": ["mail"], "first": [1], "last": [3], "hours": [2.0]})
    with pytest.raises(DataError, match="work must lie in the 2 intervals of the requirement"):
        place_work(asked, KINDS, todo)
    with pytest.raises(DataError, match="missing 'hours'"):
        place_work(asked, KINDS, todo.drop(columns="hours"))


def test_the_sum_of_a_pool_is_that_of_people_rostered():
    asked = need(voice=2.0, chat=1.0).assign(end=lambda table: table["start"] + pd.Timedelta("30min"), rostered=np.nan)
    whole = pooled(asked, {"floor": ["voice", "chat"]})
    assert whole["rostered"].tolist() == [3.0] * 16
