import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wfm
from wfm import Break, Contract, Event, Pool, Queue, ServiceTarget, ShiftType, Shrinkage
from wfm.durations import seconds, spoken, start_grid, time_of_day
from wfm.queues import minimum_spans


@given(st.floats(0.001, 1e7))
def test_seconds_read_numbers_texts_and_timedeltas_alike(value):
    assert seconds(value) == seconds(str(value)) == value
    assert math.isclose(seconds(pd.Timedelta(seconds=round(value, 3))), round(value, 3), abs_tol=1e-6)


@pytest.mark.parametrize("value", ["22:30", "", "soon", -5, 0, None, True, float("nan"), [60]])
def test_what_is_no_duration_is_refused(value):
    with pytest.raises(wfm.SettingError, match="aht must be a duration > 0"):
        seconds(value, name="aht")


def test_starts_are_a_list_or_a_range():
    assert start_grid(["07:00", "06:00"]) == (21600.0, 25200.0)
    assert start_grid(["06:00-07:00/30min", "22:00"]) == (21600.0, 23400.0, 25200.0, 79200.0)
    with pytest.raises(wfm.SettingError, match="must end after it begins"):
        start_grid("22:00-06:00/30min")


def test_durations_are_spoken_as_people_do():
    assert [spoken(s) for s in (1, 60, 300, 1140, 7200, 5400)] == [
        "1 s",
        "60 s",
        "5 min",
        "19 min",
        "2 h",
        "1 h 30 min",
    ]
    assert time_of_day("24:00", midnight=True) == 86400.0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"share": 80, "within": 60}, r"share must be a fraction in \(0, 1\), got 80. Did you mean 0.80\?"),
        ({"share": 1.2, "within": 60}, r"share must be a fraction in \(0, 1\), got 1.2. As a fraction 1.2 is 120%."),
        ({"share": 92.5, "within": 60}, r"share must be a fraction in \(0, 1\), got 92.5. Did you mean 0.925\?"),
        ({"share": 0.8, "within": -1}, "within must be a duration"),
        ({"share": 0.8, "within": 60, "scope": "month"}, "scope must be one of"),
        ({"share": 0.8, "within": 60, "abandoned": "ignore"}, "Did you mean 'ignored'"),
        ({"share": 0.8, "within": 60, "floor": 0.9}, "floor must be at most share 0.8, got 0.9"),
        ({"share": 0.8, "within": 60, "wait_quantile": 120}, "pair"),
        ({"share": 0.8, "within": 60, "confidence": 1.0}, r"confidence must be a fraction in \(0, 1\)"),
    ],
)
def test_an_impossible_promise_is_refused(fields, message):
    with pytest.raises(wfm.SettingError, match=message):
        ServiceTarget(**fields)


def test_the_floor_is_twenty_points_below_the_share_of_a_day_and_absent_for_an_interval():
    assert ServiceTarget(share=0.8, within=60).least == 0.6
    assert ServiceTarget(share=0.8, within=60, scope="week", floor=0).least == 0
    assert ServiceTarget(share=0.8, within=60, scope="interval").least == 0
    assert ServiceTarget(share=0.1, within=60).least == 0


@given(st.floats(0, 0.4), st.floats(0, 0.4), st.floats(0, 1000))
def test_without_shrinkage_three_numbers_of_people_are_one_and_else_they_grow(unplanned, leave, agents):
    shrinkage = Shrinkage(unplanned=unplanned, kinds={"leave": leave})
    assert agents <= shrinkage.rostered(agents) <= shrinkage.headcount(agents)
    assert Shrinkage().headcount(agents) == agents


def test_shrinkage_of_everything_is_refused():
    with pytest.raises(wfm.SettingError, match="add up to less than 1"):
        Shrinkage(unplanned=0.5, kinds={"leave": 0.5})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"channel": "phone"}, "must be one of 'voice'"),
        ({"channel": "deferred"}, "needs classes"),
        ({"classes": {"normal": "24h"}}, "classes belong to a deferred queue"),
        ({"channel": "deferred", "classes": {"a": "2h"}, "class_shares": {"b": 1.0}}, "unknown class 'b'"),
        (
            {"channel": "deferred", "classes": {"a": "2h", "b": "4h"}, "class_shares": {"a": 0.5}},
            "add up to 1, got 0.5",
        ),
        ({"concurrency": 0}, "concurrency"),
        ({"patience": -3}, "patience of queue 'q'"),
    ],
)
def test_a_queue_that_contradicts_itself_is_refused(fields, message):
    with pytest.raises(wfm.SettingError, match=message):
        Queue(name="q", **fields)


def test_minimum_agents_hold_only_while_the_queue_is_open():
    queue = Queue(
        name="q", hours=wfm.OpeningHours.read("06:00-23:00"), min_agents=minimum_spans({"all": 1, "22:00-07:00": 2})
    )
    starts = pd.to_datetime(["2026-11-21 05:30", "2026-11-21 06:30", "2026-11-21 12:00", "2026-11-21 22:30"])
    assert queue.minimum(pd.DatetimeIndex(starts)).tolist() == [0, 2, 1, 2]


def test_a_pool_routes_to_queues_that_it_serves():
    assert Pool(name="p", queues=("a", "b"), priority=("b",)).routing == "longest-idle"
    with pytest.raises(wfm.SettingError, match="does not serve"):
        Pool(name="p", queues=("a",), priority=("b",))


def test_an_event_ends_after_it_starts_and_acts_on_its_queues():
    event = Event(kind="outage", name="X", start="2026-01-01 10:00", end="2026-01-01 12:00", queues=("voice",))
    assert event.acts_on("voice")
    assert not event.acts_on("chat")
    with pytest.raises(wfm.SettingError, match="must end after its start"):
        Event(kind="outage", name="X", start="2026-01-01 10:00", end="2026-01-01 09:00")
    with pytest.raises(wfm.SettingError, match="must be a date and time"):
        Event(kind="outage", name="X", start="2026-13-45")


def test_break_windows_by_the_shift_and_by_the_clock_both_hold():
    lunch = Break(name="lunch", length="30min", paid=False, between=("3h", "5h"), clock=("12:00", "12:30"))
    assert lunch.starts(8 * 3600, 9 * 3600, 900) == (43200.0, 44100.0, 45000.0)
    assert lunch.starts(6 * 3600, 9 * 3600, 900) == ()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"length": "25h", "starts": "07:00"}, "at most 24 h"),
        ({"length": "8h", "starts": "7"}, "starts of shift 's'"),
        (
            {"length": "1h", "starts": "07:00", "breaks": [Break(name="m", length="2h", paid=True, between=(0, 0))]},
            "shorter",
        ),
        (
            {
                "length": "4h",
                "starts": "07:00",
                "breaks": [Break(name="m", length="30min", paid=True, between=("4h", "4h"))],
            },
            "must end inside the shift",
        ),
    ],
)
def test_a_shift_that_cannot_be_worked_is_refused(fields, message):
    with pytest.raises(wfm.SettingError, match=message):
        ShiftType(name="s", **fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"hours_per_week": (44, 40)}, "least <= most"),
        ({"days_per_week": (4.5, 5)}, "whole numbers"),
        ({"hours_per_week": 200}, r"must be a number in \[0, 168\]"),
        ({"max_consecutive_days": 0}, "max_consecutive_days"),
    ],
)
def test_an_impossible_contract_is_refused(fields, message):
    with pytest.raises(wfm.SettingError, match=message):
        Contract(name="ft", **fields)


def test_nouns_are_frozen():
    with pytest.raises(AttributeError, match="cannot assign"):
        ServiceTarget(share=0.8, within=60).share = 0.9


def test_errors_survive_the_way_between_processes():
    import pickle

    one = wfm.SettingError("share must be a fraction", name="share", value=80, where="week.yaml:1:2")
    from wfm.errors import SettingsError

    for error in (
        SettingsError([one, one]),
        wfm.MissingExtra("Plots", extra="report", package="matplotlib"),
        wfm.DataError("x", table="history", rows=[1]),
        wfm.InfeasibleError("x", reasons=["a"]),
        one,
    ):
        back = pickle.loads(pickle.dumps(error))
        assert str(back) == str(error)
        assert type(back) is type(error)
