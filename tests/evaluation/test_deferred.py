"""What given people get done of work that can wait: backlog, idle time, promises below all, messages."""

from dataclasses import replace

import pandas as pd
import pytest

import wfm
from wfm import Queue, ServiceTarget, evaluate
from wfm.queues import Turns

DAY = pd.Timestamp("2026-11-23")
TICKETS = Queue(name="tickets", channel="deferred", classes={"normal": "1h"})
CHAIN = Turns(mean=2.0, reply=ServiceTarget(share=0.9, within="4h"))
APP = Queue(name="app", channel="messages", target=ServiceTarget(share=0.8, within="3min", floor=0), turns=CHAIN)


def demand(offered=20.0, queue="tickets", aht=360.0):
    starts = pd.date_range(DAY + pd.Timedelta("8h"), periods=16, freq="30min")
    return pd.DataFrame(
        {"queue": queue, "start": starts, "end": starts + pd.Timedelta("30min"), "offered": offered, "aht": aht}
    )


def schedule(people, queue="tickets"):
    return pd.DataFrame(
        {
            "shift": ["s1"],
            "start": DAY + pd.Timedelta("8h"),
            "end": DAY + pd.Timedelta("16h"),
            "activity": "work",
            "paid": True,
            "people": people,
            "type": "full",
            "queue": queue,
        }
    )


def week(people, queue, table=None):
    table = demand(queue=queue.name) if table is None else table
    found = evaluate(schedule(people, queue.name), table, queues={queue.name: queue}).promise
    return found[found["scope"] == "week"].iloc[0]


def test_what_waits_at_the_start_is_done_by_the_same_people():
    waiting = tuple((10.0, "normal", DAY + pd.Timedelta(hours=hour)) for hour in (5, 6, 7))
    without = week(5, TICKETS)["service_level"]
    behind = evaluate(schedule(5), demand(), queues={"tickets": replace(TICKETS, backlog=waiting)})
    assert without == 1.0
    assert week(5, replace(TICKETS, backlog=waiting))["service_level"] < 1.0
    overdue = replace(TICKETS, backlog=((30.0, "normal", DAY - pd.Timedelta(days=1)),))
    assert week(5, overdue)["service_level"] < without
    assert (behind.coverage["service_level"] <= 1).all()


def test_where_less_than_all_is_promised_overdue_work_no_longer_holds_up_the_rest():
    overdue = ((200.0, "normal", DAY - pd.Timedelta(days=1)),)
    strict = week(5, replace(TICKETS, backlog=overdue))
    eased = week(5, replace(TICKETS, backlog=overdue, promise={"normal": 0.9}, overdue_within="24h"))
    soon = week(5, replace(TICKETS, backlog=overdue, promise={"normal": 0.9}, overdue_within="30min"))
    assert eased["service_level"] > strict["service_level"] + 0.2
    assert eased["service_level"] > soon["service_level"]


def test_the_promised_share_is_what_is_judged():
    usual = week(4, TICKETS)
    assert 0.8 < usual["service_level"] < 0.95
    assert not usual["kept"]
    easy = replace(TICKETS, promise={"normal": 0.8})
    assert week(4, easy)["kept"]


def test_work_done_in_the_idle_time_of_others_is_done():
    starts = demand()["start"]
    helped = replace(TICKETS, in_idle=tuple((start, 2.0) for start in starts))
    assert week(3, helped)["service_level"] > week(3, TICKETS)["service_level"] + 0.1
    busy = evaluate(schedule(3), demand(), queues={"tickets": helped}).coverage["occupancy"]
    assert busy.to_numpy() == pytest.approx(2 / 3)


def test_occupancy_touches_and_open_deadlines_are_those_of_the_queue():
    closing = wfm.OpeningHours.read("08:00-16:00")
    assert week(4, replace(TICKETS, occupancy=1.0))["service_level"] > week(4, TICKETS)["service_level"]
    twice = replace(TICKETS, class_touches={"normal": 2.0})
    assert week(5, twice)["service_level"] < week(5, TICKETS)["service_level"]
    gap = week(7, replace(twice, touch_gap="3h"))["service_level"]
    assert gap > week(7, twice)["service_level"]  # the second touch comes later and has its own deadline
    long = replace(TICKETS, classes={"normal": "12h"}, hours=closing)
    elapsed, open_ = (week(3, replace(long, open_deadlines=word))["service_level"] for word in (False, True))
    assert open_ == elapsed == 1.0 or open_ >= elapsed


def test_first_answers_come_from_a_line_and_replies_by_deadline():
    table = demand(offered=80.0, queue="app", aht=90.0)
    found = evaluate(schedule(6, "app"), table, queues={"app": APP})
    row = found.promise.query("scope == 'week'").iloc[0]
    assert row["service_level"] > 0.95
    assert found.services["app"].weight.sum() == pytest.approx(80 * 16 / 2, rel=1e-9)  # only first answers are counted


def test_replies_that_pile_up_are_named_and_press_on_the_line():
    table = demand(offered=80.0, queue="app", aht=90.0)
    with pytest.warns(wfm.WfmWarning, match=r"queue 'app': \d+% of its turns that can wait \(replies\) are in time"):
        short = week(3, APP, table)
    assert short["service_level"] < week(6, APP, table)["service_level"]


def test_more_people_never_hurt_first_answers():
    table = demand(offered=80.0, queue="app", aht=90.0)
    levels = [week(people, APP, table)["service_level"] for people in (5, 6, 8, 12)]
    assert levels == sorted(levels)


def test_messages_that_may_all_wait_are_judged_by_their_deadlines():
    slow = replace(APP, target=ServiceTarget(share=0.8, within="2h", floor=0))
    table = demand(offered=80.0, queue="app", aht=90.0)
    row = week(5, slow, table)
    assert slow.classes == {"new": 7200, "replies": 4 * 3600}
    assert (row["method"], row["service_level"]) == ("work by deadline", 1.0)
    assert week(2, slow, table)["service_level"] < 0.8
