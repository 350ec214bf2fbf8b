import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wfm
from wfm import Event, Queue, ServiceTarget, Shrinkage, evaluate
from wfm.erlang import erlang_a, erlang_c, transient

DAY = pd.Timestamp("2026-11-21")
TARGET = ServiceTarget(share=0.80, within=60, scope="day", floor=0)


def forecast(offered=100.0, hours=8, aht=240.0):
    starts = pd.date_range(DAY + pd.Timedelta("8h"), periods=2 * hours, freq="30min")
    return pd.DataFrame(
        {"queue": "voice", "start": starts, "end": starts + pd.Timedelta("30min"), "offered": offered, "aht": aht}
    )


def schedule(people, hours=8, rows=None):
    begin = DAY + pd.Timedelta("8h")
    rows = rows or [(0, hours, "work")]
    return pd.DataFrame(
        [
            {
                "shift": "s1",
                "start": begin + pd.Timedelta(hours=a),
                "end": begin + pd.Timedelta(hours=b),
                "activity": act,
                "paid": True,
                "people": people,
                "type": "full",
                "queue": "voice",
            }
            for a, b, act in rows
        ]
    )


def exact_day(people, demand, patience=180.0, **words):
    return transient.performance(
        demand["offered"], np.full(len(demand), people), interval=1800, aht=240, patience=patience, within=60, **words
    )


def test_the_service_of_a_day_is_that_of_the_exact_solver():
    demand = forecast().assign(offered=[40.0, 80, 120, 150, 160, 150, 120, 100] * 2)
    coverage, promise = evaluate(schedule(17), demand, target=TARGET, patience=180)
    day = exact_day(17, demand)
    assert coverage["service_level"].to_numpy() == pytest.approx(day["service_level"].to_numpy(), abs=1e-9)
    whole = promise[promise["scope"] == "day"].iloc[0]
    assert whole.abandon_rate == pytest.approx(day["abandoned"].sum() / demand["offered"].sum(), abs=1e-9)
    assert (promise["method"] == "exact through the day").all()


def test_a_flat_day_settles_to_erlang_a_and_without_hanging_up_to_erlang_c():
    coverage, _ = evaluate(schedule(15), forecast(), target=TARGET, patience=180)
    load = 100 * 240 / 1800
    assert coverage["service_level"].to_numpy()[4:] == pytest.approx(
        erlang_a.service_level(15, load, aht=240, patience=180, within=60), abs=1e-3
    )
    assert coverage["service_level"].iloc[0] > coverage["service_level"].iloc[4] + 0.02  # it opens with nobody waiting
    coverage, _ = evaluate(schedule(18), forecast(), target=TARGET, patience=float("inf"))
    assert coverage["service_level"].to_numpy()[6:] == pytest.approx(
        erlang_c.service_level(18, load, aht=240, within=60), abs=2e-3
    )


def test_a_queue_that_nobody_leaves_is_carried_into_the_hours_after_an_overload():
    demand = forecast(offered=90.0).assign(offered=[90.0] * 6 + [200.0] * 2 + [90.0] * 8)
    coverage, _ = evaluate(schedule(15), demand, target=TARGET, patience=float("inf"))
    level = coverage["service_level"].to_numpy()
    assert level[:6].min() > 0.8
    assert (
        level[8:12] < 0.3
    ).all()  # the queue of an hour's overload lasts for hours, though 15 people are enough again
    quick, _ = evaluate(schedule(15), demand, target=TARGET, patience=float("inf"), exact=False)
    assert (quick["service_level"].to_numpy()[8:12] < 0.3).all()


def test_a_break_takes_people_off_the_phones_for_its_part_of_the_interval():
    rows = [(0, 2, "work"), (2, 2.25, "break"), (2.25, 8, "work")]
    coverage, _ = evaluate(schedule(10, rows=rows), forecast(), target=TARGET, patience=180)
    assert coverage["rostered"].tolist() == [10.0] * 4 + [5.0] + [10.0] * 11


def test_absence_lowers_what_is_expected_and_spreads_the_service():
    queues = {"voice": Queue(name="voice", target=TARGET, patience=180, shrinkage=Shrinkage(unplanned=0.1))}
    found = evaluate(schedule(16), forecast(), queues=queues)
    assert found.coverage["expected"].to_numpy() == pytest.approx(14.4)
    assert found.services["voice"].overall().std() > 0.01
    assert found.promise.query("scope == 'day'")["probability"].between(0.01, 0.99).all()


def test_an_outage_of_the_system_takes_its_share_of_the_agents():
    capacity = forecast().iloc[4:6][["queue", "start"]].assign(capacity=0.5)
    coverage, _ = evaluate(schedule(16), forecast(), target=TARGET, patience=180, capacity=capacity)
    assert (coverage["service_level"].iloc[4:6] < 0.3).all()
    assert (coverage["service_level"].iloc[6:] > 0.8).all()
    assert Event(kind="outage", name="x", start=DAY, capacity=0.5).capacity == 0.5


def test_the_floor_breaks_a_promise_that_the_mean_keeps():
    busy = forecast().assign(offered=[100.0] * 15 + [170.0])
    loose = evaluate(schedule(17), busy, target=TARGET, patience=180).promise
    strict = evaluate(
        schedule(17), busy, target=ServiceTarget(share=0.80, within=60, confidence=0.5), patience=180
    ).promise
    assert loose.query("scope == 'day'")["service_level"].iloc[0] > 0.80
    assert strict.query("scope == 'day'")["probability"].iloc[0] == 0
    assert not strict.query("scope == 'day'")["kept"].iloc[0]


def test_the_floor_is_judged_interval_by_interval():
    rows = forecast()
    rate = np.tile(rows["offered"].to_numpy(), (10, 1))
    for path in range(10):
        rate[path, path] *= 2.2  # on every path another half hour breaks the floor
    paths = pd.concat([rows.assign(path=path, rate=rate[path]) for path in range(10)]).drop(columns="offered")
    target = ServiceTarget(share=0.80, within=60, confidence=0.8)
    promise = evaluate(schedule(17), paths, target=target, patience=180).promise
    day = promise.query("scope == 'day'").iloc[0]
    assert promise.query("scope == 'interval'")["probability"].iloc[:10].tolist() == pytest.approx([0.9] * 10)
    assert day.probability == pytest.approx(0.9)
    assert day.kept


def sixteen():
    """A roster of sixteen people on one shift."""
    begin = DAY + pd.Timedelta("8h")
    return pd.DataFrame(
        {
            "agent": [f"A{k}" for k in range(16)],
            "start": begin,
            "end": begin + pd.Timedelta("8h"),
            "activity": "work",
            "paid": True,
            "shift": "full",
            "queue": "voice",
        }
    )


def test_a_roster_counts_trainees_in_part():
    rows = sixteen()
    coverage, _ = evaluate(rows, forecast(), target=TARGET, patience=180, counts_as={"A0": 0.5, "A1": 0.0})
    assert coverage["rostered"].tolist() == [14.5] * 16


def test_a_trainee_counts_in_full_from_the_day_of_the_shift_on():
    rows = sixteen()
    grown = {"A0": (0.5, DAY), "A1": (0.5, DAY + pd.Timedelta(days=1)), "A2": (0.25, DAY - pd.Timedelta(days=9))}
    coverage, _ = evaluate(rows, forecast(), target=TARGET, patience=180, counts_as=grown)
    assert coverage["rostered"].tolist() == [15.5] * 16


def test_paths_give_a_range_and_their_mean_is_weighted_by_contacts():
    paths = pd.concat(
        [
            forecast(offered=o).rename(columns={"offered": "rate"}).assign(path=k)
            for k, o in enumerate((60.0, 100.0, 140.0))
        ],
        ignore_index=True,
    )
    found = evaluate(schedule(15), paths, target=TARGET, patience=180)
    levels = found.services["voice"].overall()
    assert levels[0] > levels[1] > levels[2]
    week = found.promise.query("scope == 'week'")["service_level"].iloc[0]
    assert week == pytest.approx(np.average(levels, weights=[60, 100, 140]))


@settings(max_examples=6, deadline=None)
@given(st.integers(5, 25), st.floats(20, 180))
def test_more_people_never_hurt(people, offered):
    fewer = evaluate(schedule(people), forecast(offered), target=TARGET, patience=180).promise
    more = evaluate(schedule(people + 1), forecast(offered), target=TARGET, patience=180).promise
    assert (more["service_level"] >= fewer["service_level"] - 1e-3).all()


@pytest.mark.parametrize("abandoned", ["lost", "ignored", "met", "answered", "virtual"])
def test_every_definition_of_the_service_level_is_that_of_the_formula(abandoned):
    target = ServiceTarget(share=0.8, within=60, abandoned=abandoned, scope="week", floor=0)
    found = evaluate(schedule(12), forecast(), target=target, patience=180).promise
    expected = erlang_a.service_level(12, 100 * 240 / 1800, aht=240, patience=180, within=60, abandoned=abandoned)
    late = found.query("scope == 'interval'")["service_level"].to_numpy()[6:]
    assert late == pytest.approx(expected, abs=2e-3)


def test_the_longest_wait_grows_as_people_leave():
    waits = [
        evaluate(schedule(n), forecast(), target=TARGET, patience=180)
        .promise.query("scope == 'day'")["longest_wait"]
        .iloc[0]
        for n in (20, 15, 10)
    ]
    assert waits[0] < waits[1] < waits[2]


def test_tickets_are_done_in_time_when_there_are_people_and_not_when_there_are_none():
    queues = {"tickets": Queue(name="tickets", channel="deferred", classes={"normal": "4h"})}
    demand = forecast(offered=20).assign(queue="tickets")
    served = evaluate(schedule(4).assign(queue="tickets"), demand, queues=queues).promise.query("scope == 'week'")
    alone = evaluate(schedule(1).assign(queue="tickets"), demand, queues=queues).promise.query("scope == 'week'")
    assert served["service_level"].iloc[0] == 1.0
    assert alone["service_level"].iloc[0] < 0.8


def test_what_is_unclear_is_refused():
    with pytest.raises(wfm.SettingError, match="target is missing"):
        evaluate(schedule(10), forecast())
    with pytest.warns(wfm.WfmWarning, match="patience is unknown"):
        evaluate(schedule(10), forecast(), target=TARGET)
    with pytest.raises(wfm.DataError, match="aht of queue 'voice' is not known"):
        evaluate(schedule(10), forecast().drop(columns="aht"), target=TARGET, patience=180)
    with pytest.raises(wfm.DataError, match=r"one queue a row, got 'voice\|chat'"):
        evaluate(schedule(10).assign(queue="voice|chat"), forecast(), target=TARGET, patience=180)
    with pytest.raises(wfm.DataError, match="must be a Schedule, a Roster"):
        evaluate("roster.csv", forecast(), target=TARGET, patience=180)


def two_queues(chat=9):
    demand = pd.concat([forecast(), forecast(60.0).assign(queue="chat")], ignore_index=True)
    plan = pd.concat([schedule(15), schedule(chat).assign(queue="chat", shift="s2")], ignore_index=True)
    return plan, demand


def test_a_queue_of_which_nothing_has_changed_is_not_judged_again():
    named = {
        name: Queue(name=name, target=TARGET, patience=180, shrinkage=Shrinkage(unplanned=0.06))
        for name in ("voice", "chat")
    }
    plan, demand = two_queues()
    changed, _ = two_queues(chat=10)
    before = evaluate(plan, demand, queues=named)
    after = evaluate(changed, demand, queues=named, before=before)
    anew = evaluate(changed, demand, queues=named)
    assert after.services["voice"] is before.services["voice"]
    assert after.services["chat"] is not before.services["chat"]
    pd.testing.assert_frame_equal(after.coverage, anew.coverage, check_exact=True)
    pd.testing.assert_frame_equal(after.promise, anew.promise, check_exact=True)


@pytest.mark.parametrize(
    "asked", [{"seed": 2}, {"draws": 100}, {"exact": False}, {"demand": 101.0}], ids=lambda asked: next(iter(asked))
)
def test_whatever_else_has_changed_is_judged_again(asked):
    named = {"voice": Queue(name="voice", target=TARGET, patience=180, shrinkage=Shrinkage(unplanned=0.06))}
    before = evaluate(schedule(15), forecast(), queues=named)
    further = {name: value for name, value in asked.items() if name != "demand"}
    demand = forecast(asked.get("demand", 100.0))
    after = evaluate(schedule(15), demand, queues=named, before=before, **further)
    assert after.services["voice"] is not before.services["voice"]
    anew = evaluate(schedule(15), demand, queues=named, **further)
    pd.testing.assert_frame_equal(after.promise, anew.promise, check_exact=True)
