"""Queues that the same people answer: one set of shifts, and work that can wait where its people are there anyway."""

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm.errors import DataError, SettingError
from wfm.plan.demand import look_ahead
from wfm.plan.inputs import read_inputs
from wfm.plan.need import staff
from wfm.schedule import Session, schedule_faults
from wfm.settings import read_week
from wfm.versions.archive import sha256_of
from wfm.versions.runs import inputs_of

MEAL = {"name": "meal", "length": "30min", "paid": False, "between": ["2h", "4h"]}
HOURS = {"mon-tue": "08:00-16:00"}
QUEUES = {
    "voice": {
        "volume": "420/week",
        "aht": "4min",
        "patience": "4min",
        "hours": HOURS,
        "shrinkage": {"unplanned": 0.05},
        "target": {"share": 0.8, "within": "60s"},
    },
    "tickets": {
        "channel": "deferred",
        "volume": "120/week",
        "aht": "9min",
        "hours": HOURS,
        "shrinkage": {"unplanned": 0.05},
        "classes": {"normal": "4h"},
        "deadlines": "open",
    },
}


def centre(**more):
    week = {
        "interval": "60min",
        "queues": QUEUES,
        "shifts": {
            "day": {"length": "7h30min", "starts": "08:00-08:30/30min", "breaks": [MEAL]},
            "half": {"length": "4h", "starts": "08:00-12:00/60min"},
        },
        "plan": {"start": "2026-11-02", "time_limit": 0.5, "paths": 20},
    }
    return week | more


def needed(week):
    inputs = read_inputs(read_week(week), {})
    return staff(inputs, look_ahead(inputs))


@pytest.fixture(scope="module")
def alone():
    return wfm.plan_week(centre())


@pytest.fixture(scope="module")
def pool():
    return wfm.plan_week(centre(pools={"floor": ["voice", "tickets"]}))


def test_one_set_of_shifts_keeps_every_promise_in_fewer_paid_hours(alone, pool):
    assert alone.kept
    assert pool.kept
    assert pool.schedule.paid_hours < 0.9 * alone.schedule.paid_hours
    assert pool.schedule.bound <= pool.schedule.paid_hours


def test_work_that_can_wait_is_paid_for_only_where_the_others_leave_no_room(pool):
    tickets = pool.requirement[pool.requirement["queue"] == "tickets"]
    voice = pool.requirement[pool.requirement["queue"] == "voice"]
    both = tickets["rostered"].to_numpy() + voice["rostered"].to_numpy()
    assert np.allclose(both, np.rint(both))  # whole people: who is over on one queue works on the other
    assert (tickets["agents"] >= 0).all()
    week = pool.promise.query("queue == 'tickets' and scope == 'week'")
    assert week["service_level"].iloc[0] >= 0.95


def test_everybody_of_a_pool_is_on_one_queue_at_a_time_and_keeps_the_rules_of_the_shift(pool):
    table = pool.schedule.table
    assert set(table["pool"]) == {"floor"}
    assert set(table["queue"]) == {"voice", "tickets"}
    assert schedule_faults(table, pool.terms.shift_types, pool.terms.hours, interval=1800.0).empty


def test_the_plan_tells_hours_bound_and_gap_of_the_pool(pool):
    assert f"floor (voice, tickets) {pool.schedule.paid_hours:,.0f} paid h" in pool.lines[9]
    assert f"over the bound {pool.schedule.bound:,.0f} h" in pool.lines[9]
    assert pool.figures["pools"]["floor"]["paid_hours"] == pytest.approx(pool.schedule.paid_hours)
    assert "tickets in time" in pool.lines[5]
    assert "paid h for 95% or more of what can wait in time" in pool.lines[9]


def test_steps_and_changes_are_designed_for_the_pool(pool):
    steps = pool.steps(time_limit=1).set_index("step")
    assert steps.loc["free shifts", "missing"] < 0.1 * steps.loc["need", "paid_hours"]  # of queues; of the pool nothing
    changes = {
        "apart": {"pools": None},
        "training": {"sessions": Session(name="new", length="1h", hours=4, queue="voice")},
    }
    told = pool.what_if(changes).set_index("change")
    assert told.loc["apart", "saving"] < 0
    assert told.loc["training", "objective"] >= told.loc["as given", "bound"]
    assert set(pool.hour_prices()["queue"]) == {"floor"}


@pytest.mark.parametrize(
    ("pools", "words"),
    [
        ({"floor": ["voice", "mail"]}, "unknown queue 'mail'; known are 'voice', 'tickets'"),
        ({"floor": ["voice"]}, "must name two queues at least"),
        ({"voice": ["voice", "tickets"]}, "is called like a queue"),
        ({"a": ["voice", "tickets"], "b": ["tickets", "voice"]}, "in the pool 'a' already"),
    ],
)
def test_a_pool_that_cannot_be_is_refused(pools, words):
    with pytest.raises(SettingError, match=words):
        wfm.plan_week(centre(pools=pools))


def test_what_is_left_open_is_the_backlog_of_the_next_plan(pool, tmp_path):
    assert pool.backlog["contacts"].sum() > 0
    assert (pool.backlog["arrived"] < pd.Timestamp("2026-11-04")).all()
    pool.to_csv(tmp_path / "tables")
    later = centre(plan={"start": "2026-11-04", "paths": 20})
    hours = {"wed-thu": "08:00-16:00"}
    later["queues"] = {name: queue | {"hours": hours} for name, queue in QUEUES.items()}
    fresh = needed(later)
    later["queues"]["tickets"] = later["queues"]["tickets"] | {"backlog": str(tmp_path)}
    told = needed(later)
    first = [plan.work.query("queue == 'tickets'")["agent_hours"].sum() for plan in (fresh, told)]
    assert first[1] - first[0] == pytest.approx(pool.backlog["contacts"].sum() * 9 / 60, rel=1e-6)
    hour = [plan.requirement.query("queue == 'tickets'").iloc[0] for plan in (fresh, told)]
    assert hour[1]["agents"] + hour[1]["backlog"] > hour[0]["agents"] + hour[0]["backlog"]
    hashed = {found["key"]: found["sha256"] for found in inputs_of(read_week(later))}
    assert hashed == {"queues.tickets.backlog": sha256_of(tmp_path / "tables" / "backlog.csv")}


def test_a_folder_without_a_plan_is_no_backlog(tmp_path):
    week = centre()
    week["queues"] = QUEUES | {"tickets": QUEUES["tickets"] | {"backlog": str(tmp_path)}}
    with pytest.raises(DataError, match="in which no plan was written"):
        wfm.plan_week(week)
