"""One small centre with every channel, planned from its settings: each queue by its method, nobody counted twice."""

import copy
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm.erlang import ticket_promise
from wfm.errors import SettingsError
from wfm.plan.demand import look_ahead
from wfm.plan.figures import comes
from wfm.plan.inputs import read_inputs
from wfm.plan.need import staff
from wfm.plan.trust import trust
from wfm.settings import read_week
from wfm.versions import read_run, write_run
from wfm.versions.runs import inputs_of

COMMON = {"hours": {"mon-fri": "08:00-16:00"}, "shrinkage": {"unplanned": 0.05}}
TICKETS = {
    "channel": "deferred",
    "volume": "300/week",
    "aht": "10min",
    "classes": {"urgent": "4h", "normal": "16h"},
    "class_shares": {"urgent": 0.2, "normal": 0.8},
    "promise": {"urgent": 0.98, "normal": 0.9},
    "overdue_within": "6h",
    "touches": {"urgent": 1.0, "normal": 1.25},
    "touch_gap": "3h",
    "deadlines": "open",
    "backlog": {"contacts": 40, "ages": {"4h": 0.7, "12h": 0.3}},
}
QUEUES = {
    "voice": {
        "volume": "1200/week",
        "aht": "4min",
        "patience": "3min",
        "target": {"share": 0.8, "within": "30s"},
        "callback": {"above": "1min", "taken": 0.4, "within": "2h", "attempts": 1.2, "aht": "3min", "at_most": 0.2},
        "blend": {"threshold": 1, "with": ["tickets"]},
    },
    "chat": {
        "channel": "chat",
        "volume": "500/week",
        "aht": "8min",
        "patience": "2min",
        "concurrency": 3,
        "target": {"share": 0.8, "within": "60s"},
    },
    "app": {
        "channel": "messages",
        "volume": "400/week",
        "aht": "90s",
        "turns": [0.5, 0.3, 0.2],
        "gap": {"mean": "20min", "law": "lognormal"},
        "target": {"share": 0.8, "within": "5min"},
        "reply": {"share": 0.9, "within": "4h"},
    },
    "tickets": TICKETS,
    "monitoring": {
        "derived": {"from": "voice", "share": 0.05, "aht": "5min", "of_handle": 1, "delay": "2h", "within": "24h"}
    },
    "winback": {
        "channel": "outbound",
        "volume": "100/week",
        "aht": "5min",
        "classes": {"offer": "16h"},
        "attempts": 1.6,
    },
}
METHODS = {
    "app": "exact time-varying queue + deadlines",
    "chat": "exact time-varying queue",
    "monitoring": "deadlines",
    "tickets": "deadlines",
    "voice": "callbacks + deadlines",
    "winback": "deadlines",
}


def centre(queues=QUEUES, **changes):
    """The week as a dict; changes are merged into the queue of their name."""
    named = {name: COMMON | copy.deepcopy(queue) | changes.get(name, {}) for name, queue in queues.items()}
    return {
        "interval": "60min",
        "queues": named,
        "shifts": {
            "day": {"length": "8h", "starts": "08:00"},
            "half": {"length": "4h", "starts": "08:00-12:00/60min"},
        },
        "plan": {"start": "2026-11-23", "time_limit": 1, "seed": 1, "paths": 30},
    }


def needed(spec):
    inputs = read_inputs(read_week(spec), {})
    outlook = look_ahead(inputs)
    return staff(inputs, outlook), outlook


def only(*names, **changes):
    return centre({name: QUEUES[name] for name in names}, **changes)


@pytest.fixture(scope="module")
def plan():
    return wfm.plan_week(centre())


@pytest.fixture(scope="module")
def rows(plan):
    return dict(list(plan.requirement.groupby("queue")))


def test_every_queue_is_in_the_requirement_with_its_method(plan, rows):
    assert {name: table["method"].iloc[0] for name, table in rows.items()} == METHODS
    assert all(len(table) == 40 for table in rows.values())
    assert not plan.requirement.duplicated(["queue", "start"]).any()


def test_nobody_is_counted_twice(plan, rows):
    width = 1.0
    hours = plan.requirement["agents"].sum() * width
    assert plan.prices.set_index(plan.prices["confidence"].fillna(0))["agent_hours"][0] == pytest.approx(hours)
    idle = rows["tickets"]["in_idle"].to_numpy()
    free = rows["voice"]["agents"] - rows["voice"]["deferrable"]
    assert idle.sum() > 0
    assert (idle <= free.to_numpy()).all()
    for name in ("monitoring", "winback"):  # only tickets are handled in the idle time of voice
        assert rows[name]["in_idle"].sum() == 0


def test_the_agents_of_each_queue_can_do_its_work(plan, rows):
    released = plan.work[plan.work["release"] < "2026-11-27 16:00"]  # later touches are the next week's
    done = released.groupby("queue")["agent_hours"].sum()
    for name in ("tickets", "monitoring", "winback"):
        capacity = 0.9 * rows[name]["agents"].sum() + rows[name]["in_idle"].sum()
        left = rows[name]["backlog"].iloc[-1]
        assert capacity >= done[name] - left - 1e-6
        assert capacity <= done[name] + 0.9 * 40  # whole agents add at most one an interval
    assert set(plan.work["queue"]) == {"tickets", "monitoring", "winback"}


def test_messages_hold_all_turns_and_say_which_are_new(plan):
    app = plan.forecast[plan.forecast["queue"] == "app"]
    assert app["offered"].to_numpy() == pytest.approx((app["new"] + app["replies"]).to_numpy())
    assert app["new"].sum() == pytest.approx(400)
    assert app["offered"].sum() == pytest.approx(
        400 * 1.7, rel=0.02
    )  # last Friday's conversations go on, this one's run out
    mean = plan.paths[plan.paths["queue"] == "app"].groupby("path")["rate"].sum().mean()
    assert mean == pytest.approx(app["offered"].sum(), rel=0.1)


def test_derived_work_is_a_share_of_its_source_on_every_path(plan):
    total = plan.forecast.groupby("queue")["offered"].sum()
    assert total["monitoring"] == pytest.approx(0.05 * total["voice"], rel=0.01)
    assert plan.forecast.query("queue == 'monitoring'")["aht"].to_numpy() == pytest.approx(300 + 240)
    by_path = plan.paths.groupby(["queue", "path"])["rate"].sum()
    assert by_path["monitoring"].to_numpy() == pytest.approx(0.05 * by_path["voice"].to_numpy(), rel=0.05)
    assert any(note.startswith("monitoring: 5% of voice") for note in plan.warnings)


def test_the_backlog_and_the_attempts_are_work(plan):
    tickets = plan.work[plan.work["queue"] == "tickets"]
    new = 300 * 10 / 60 * (0.2 + 0.8 * 1.25)
    assert tickets["agent_hours"].sum() == pytest.approx(new + 40 * 10 / 60 * (0.2 + 0.8 * 1.25), rel=0.01)
    assert plan.work[plan.work["queue"] == "winback"]["agent_hours"].sum() == pytest.approx(100 * 5 / 60 * 1.6)
    assert plan.queues["tickets"].backlog
    assert plan.queues["tickets"].touches == pytest.approx(1.2)


def test_every_queue_is_judged(plan):
    weeks = plan.promise[plan.promise["scope"] == "week"].set_index("queue")
    assert set(weeks.index) == set(METHODS)
    assert weeks.loc[["tickets", "monitoring", "winback"], "kept"].astype(bool).all()
    assert plan.promise[(plan.promise["queue"] == "app") & (plan.promise["scope"] == "day")]["kept"].astype(bool).all()
    assert (weeks["service_level"] > 0.75).all()


def test_the_plan_keeps_the_promise_of_each_class_of_tickets(plan, rows):
    table = rows["tickets"]
    kept = ticket_promise(
        plan.work[plan.work["queue"] == "tickets"],
        table["agents"],
        pd.DatetimeIndex(table["start"]),
        interval=3600,
        spare=table["in_idle"],
        promise=TICKETS["promise"],
        overdue_within="6h",
    )
    assert kept.set_index("class")["kept"].to_dict() == {"urgent": True, "normal": True}


def test_idle_time_of_voice_spares_agents_on_tickets_and_not_on_what_it_does_not_take():
    apart = needed(only("voice", "tickets", "winback", voice={"blend": None, "callback": None}))[0].requirement
    blended = needed(only("voice", "tickets", "winback", voice={"callback": None}))[0].requirement
    before, after = (table.groupby("queue")["agents"].sum() for table in (apart, blended))
    assert after["tickets"] < before["tickets"]
    assert after["voice"] == before["voice"]
    assert after["winback"] == pytest.approx(before["winback"], abs=2)


def test_a_promise_below_all_never_takes_more_peak_and_a_backlog_never_less_work():
    strict = needed(only("tickets", tickets={"promise": 1.0}))[0]
    eased = needed(only("tickets", tickets={"promise": 0.8}))[0]
    empty = needed(only("tickets", tickets={"promise": 1.0, "backlog": 0}))[0]
    assert eased.requirement["agents"].max() <= strict.requirement["agents"].max()
    assert empty.requirement["agents"].sum() < strict.requirement["agents"].sum()
    assert strict.queues["tickets"].promise == {}


def test_queues_of_different_occupancy_are_placed_one_after_the_other():
    both = only("tickets", "winback", winback={"occupancy": 0.5})
    found = needed(both)[0].requirement.groupby("queue")["agents"].sum()
    assert found["winback"] >= 100 * 5 / 60 * 1.6 / 0.5 * 0.8
    assert list(needed(both)[0].queues) == ["tickets", "winback"]


def test_a_planners_change_of_the_source_reaches_what_arises_from_it():
    more = pd.DataFrame(
        {
            "queue": ["voice", "app"],
            "start": pd.Timestamp("2026-11-23"),
            "end": pd.Timestamp("2026-11-28"),
            "what": "offered",
            "how": "multiply",
            "value": 2.0,
        }
    )
    spec = only("voice", "app", "monitoring", voice={"blend": None})
    plain, doubled = needed(spec)[1], needed(spec | {"adjust": more})[1]
    before, after = (outlook.forecast.groupby("queue")["offered"].sum() for outlook in (plain, doubled))
    assert (after / before).to_numpy() == pytest.approx(np.full(3, 2.0))
    assert doubled.forecast["offered_machine"].notna().all()
    machine = doubled.forecast.groupby("queue")["offered_machine"].sum()
    assert machine[["app", "voice"]].to_numpy() == pytest.approx(before[["app", "voice"]].to_numpy())
    rate = doubled.paths.groupby("queue")["rate"].sum() / plain.paths.groupby("queue")["rate"].sum()
    assert rate.to_numpy() == pytest.approx(np.full(3, 2.0))


def test_more_confidence_never_takes_fewer_callers_or_answerers():
    need, _ = needed(only("voice", "app", voice={"blend": None}))
    hours = need.prices["agent_hours"].to_numpy()
    assert (np.diff(hours) >= 0).all()
    sure = {"target": QUEUES["voice"]["target"] | {"confidence": 0.9}}
    table = needed(only("voice", voice=sure | {"blend": None}))[0].requirement
    assert table["agents"].sum() >= need.requirement.query("queue == 'voice'")["agents"].sum()


def test_messages_promised_in_minutes_are_one_line_by_the_stricter_promise():
    change = {"reply": {"share": 0.9, "within": "4min"}}
    need, outlook = needed(only("app", app=change))
    assert need.queues["app"].live
    assert (need.queues["app"].target.share, need.queues["app"].target.within) == (0.9, 240)
    assert need.requirement["offered"].sum() == pytest.approx(outlook.forecast["offered"].sum())
    assert (need.requirement["service_level"] > 0.69).all()


def test_messages_promised_in_hours_are_work_of_two_classes():
    change = {"target": {"share": 0.9, "within": "2h"}}
    need, outlook = needed(only("app", app=change))
    hours = need.work.groupby("class")["agent_hours"].sum()
    parts = outlook.forecast[["new", "replies"]].sum() * 90 / 3600
    assert hours.to_dict() == pytest.approx(parts.to_dict())
    assert set(need.requirement["method"]) == {"deadlines"}
    assert need.queues["app"].promise == {"new": 0.9, "replies": 0.9}


def test_outbound_work_without_deadlines_is_refused_by_name():
    spec = only("winback")
    del spec["queues"]["winback"]["classes"]
    with pytest.raises(wfm.SettingError, match="queues.winback is outbound and needs classes"):
        needed(spec)


def test_a_plan_without_new_keys_is_what_it_was_before():
    plain = {"channel": "deferred", "volume": "300/week", "aht": "10min", "classes": {"normal": "16h"}}
    voice = {key: QUEUES["voice"][key] for key in ("volume", "aht", "patience", "target")}
    need, outlook = needed(centre({"voice": voice, "tickets": plain}))
    table = need.requirement.set_index(["queue", "start"])["agents"]
    from wfm.erlang import ticket_requirement

    alone = ticket_requirement(
        need.work,
        pd.DatetimeIndex(outlook.forecast.query("queue == 'tickets'")["start"]),
        interval=3600,
        beside=table["voice"].to_numpy(),
        shrinkage=0.05,
    )
    assert table["tickets"].to_numpy() == pytest.approx(alone["agents"].to_numpy())
    assert need.work["agent_hours"].sum() == pytest.approx(300 / 6)


def test_a_plan_of_every_channel_can_be_reported(plan, tmp_path):
    plan.to_csv(tmp_path / "tables")
    plan.to_html(tmp_path / "report.html")
    assert "winback" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert plan.kept


def test_work_cannot_arise_from_a_queue_whose_contacts_are_not_forecast():
    spec = only("voice", "monitoring", voice={"blend": None})
    inputs = read_inputs(
        read_week(spec), {"requirement": {"voice": needed(spec)[0].requirement.query("queue == 'voice'")}}
    )
    spec["queues"]["voice"].pop("volume")
    without = read_inputs(read_week(spec), {"requirement": dict(inputs.requirements)})
    with pytest.raises(wfm.DataError, match=r"queues.monitoring.derived.from: queue 'voice' has no forecast"):
        look_ahead(without)


def test_the_share_that_history_answered_is_what_work_arises_from():
    starts = pd.date_range("2026-08-24", "2026-11-16", freq="60min", inclusive="left")
    starts = starts[(starts.hour >= 8) & (starts.hour < 16) & (starts.day_of_week < 5)]
    history = pd.DataFrame({"queue": "voice", "start": starts, "offered": 30.0, "answered": 27.0, "aht": 240.0})
    spec = only("voice", "monitoring", voice={"blend": None})
    spec["queues"]["voice"].pop("volume")
    outlook = look_ahead(read_inputs(read_week(spec), {"history": {"voice": history}}))
    total = outlook.forecast.groupby("queue")["offered"].sum()
    assert total["monitoring"] == pytest.approx(0.9 * 0.05 * total["voice"], rel=0.01)
    assert any("90% of the offered as in its history" in note for note in outlook.notes)


def test_what_comes_by_messages_is_told_in_conversations(plan):
    line = plan.lines[1]
    assert plan.figures["contacts"]["app"] == pytest.approx(400)
    assert plan.figures["live_contacts"] == pytest.approx(1200 + 500 + 400)
    assert plan.figures["live_low"] < 2100 < plan.figures["live_high"]
    assert "app 400 conversations (first answer within 5 min), plus 60 monitoring" in line
    need, outlook = needed(only("app", app={"target": {"share": 0.9, "within": "2h"}}))
    later = comes(outlook, read_inputs(read_week(only("app")), {}), need)
    assert later["live_contacts"] == 0
    assert later["contacts"]["app"] == pytest.approx(400)


def test_conversations_of_the_plan_are_compared_with_those_of_the_history():
    starts = pd.date_range("2026-08-24", "2026-11-21", freq="60min", inclusive="left")
    starts = starts[(starts.hour >= 8) & (starts.hour < 16) & (starts.day_of_week < 5)]
    history = pd.DataFrame(
        {"queue": "app", "start": starts, "offered": 20.0, "aht": 90.0, "staffed": 3.0, "answered_within": 19.0}
    )
    spec = only("app")
    spec["queues"]["app"].pop("volume")
    inputs = read_inputs(read_week(spec), {"history": {"app": history}})
    outlook = look_ahead(inputs)
    need = staff(inputs, outlook)
    found = comes(outlook, inputs, need)
    assert found["last_week"] == 800
    assert found["change"] == pytest.approx(0.0, abs=0.02)
    line = {"app": {**QUEUES["app"], "reply": {"share": 0.9, "within": "4min"}}}
    assert read_week(centre(line)).queues["app"].live
    assert not (trust(inputs, outlook, read_week(centre(line)).queues)["name"] == "promised").any()


def test_work_tells_callbacks_attempts_and_what_is_done_in_idle_time(plan, rows):
    figures, line = plan.figures, plan.lines[2]
    offered, aht = rows["voice"]["offered"], 240
    calls = (offered * rows["voice"]["callbacks"]).sum()
    assert calls > 0
    called = figures["called_back"]["voice"]
    assert called["share"] == pytest.approx(calls / offered.sum())
    assert called["hours"] == pytest.approx(calls * 1.2 * 180 / 3600)
    assert figures["work_hours"]["voice"] == pytest.approx((offered.sum() - calls) * aht / 3600 + called["hours"])
    assert figures["idle_hours"]["tickets"] == pytest.approx(rows["tickets"]["in_idle"].sum())
    assert f"{called['share']:.0%} called back: {called['hours']:.0f} h" in line
    assert f"{figures['idle_hours']['tickets']:.0f} h of it in idle time" in line
    assert "winback 13 (AHT 300 s, 1.6 attempts each)" in line
    assert "(AHT 90 s a turn)" in line
    assert line.count("in idle time") == line.count("called back") == line.count("attempts") == 1


def test_the_promise_of_work_that_can_wait_is_the_one_that_was_made(plan):
    assert plan.figures["promise"]["tickets"]["promised"] == pytest.approx(0.2 * 0.98 + 0.8 * 0.9)
    assert "tickets in time 100% (promised 92%) ok" in plan.lines[5]
    assert re.search("winback in time (9[5-9]|100)% ok", plan.lines[5])


def test_a_stored_plan_gives_back_every_queue_as_it_was_planned(plan, tmp_path):
    week = tmp_path / "week.yaml"
    week.write_text(json.dumps(centre(), indent=1), encoding="utf-8")
    plan.to_csv(tmp_path / "tables")
    write_run(week, plan, tmp_path)
    found = read_run(tmp_path).queues
    assert set(found) == set(METHODS)
    for name, queue in plan.queues.items():
        assert replace(found[name], hours=queue.hours) == queue
    assert found["tickets"].in_idle
    assert found["app"].turns.reply.within == 4 * 3600


def test_a_stored_plan_of_an_older_form_knows_no_channels_and_is_read(plan, tmp_path):
    week = tmp_path / "week.yaml"
    week.write_text(json.dumps(centre(), indent=1), encoding="utf-8")
    plan.to_csv(tmp_path / "tables")
    path = write_run(week, plan, tmp_path)
    record = json.loads(path.read_text(encoding="utf-8"))
    older = ("channel", "aht", "concurrency", "aht_by_concurrency", "classes", "class_shares", "touches")
    kept = {*older, "target", "patience", "unplanned", "reading"}
    record["queues"] = {"voice": {key: part for key, part in record["queues"]["voice"].items() if key in kept}}
    path.write_text(json.dumps(record), encoding="utf-8")
    found = read_run(tmp_path).queues["voice"]
    assert (found.callback, found.aht, found.target) == (None, 240, plan.queues["voice"].target)


def test_bad_backlog_files_are_told_with_all_other_problems_and_good_ones_are_named(tmp_path):
    spec = only("tickets", "winback", tickets={"backlog": "open.csv"}, winback={"backlog": "calls.csv"})
    week = tmp_path / "week.yaml"
    week.write_text(json.dumps(spec | {"adjust": "changes.csv"}, indent=1), encoding="utf-8")
    rows = "contacts,class,arrived\n20,urgent,2026-11-22 10:00\n"
    (tmp_path / "open.csv").write_text(rows.replace("urgent", "slow"))
    (tmp_path / "calls.csv").write_text(rows.replace("-22", "-24").replace("urgent", "offer"))
    (tmp_path / "changes.csv").write_text("queue,start\ntickets,2026-11-23\n")
    with pytest.raises(SettingsError, match=r"week.yaml") as caught:
        read_inputs(read_week(week), {})
    text = str(caught.value)
    assert text.count("backlog.class of queue 'tickets' must be one of") == 1
    assert text.count("backlog.arrived of queue 'winback' must lie before") == 1
    assert "changes.csv" in text
    assert text.count("week.yaml") == 3
    (tmp_path / "open.csv").write_text(rows)
    (tmp_path / "calls.csv").write_text(rows.replace("urgent", "offer"))
    week.write_text(json.dumps(spec, indent=1), encoding="utf-8")
    files = {found["key"]: found["file"] for found in inputs_of(read_week(week))}
    assert files == {"queues.tickets.backlog": "open.csv", "queues.winback.backlog": "calls.csv"}
    assert wfm.plan_week(week).sources == ("open.csv", "calls.csv")


@pytest.mark.slow
@pytest.mark.parametrize(
    "pools",
    [
        {"front": ["voice", "chat", "app"], "back": ["tickets", "monitoring", "winback"]},
        {"phone": ["voice", "chat", "app", "tickets"], "back": ["monitoring", "winback"]},
        {"all": list(QUEUES)},
    ],
)
def test_pools_keep_what_queues_apart_keep_in_fewer_paid_hours(plan, pools):
    pooled = wfm.plan_week(centre() | {"pools": pools})
    assert pooled.kept
    assert pooled.schedule.paid_hours < 0.85 * plan.schedule.paid_hours
    assert pooled.schedule.bound <= pooled.schedule.paid_hours


def test_work_that_came_at_night_is_planned_with_the_day():
    starts = pd.date_range("2026-09-07", "2026-11-16", freq="30min", inclusive="left")
    came = pd.DataFrame({"queue": "mail", "start": starts, "offered": 2.0, "aht": 300.0})
    mail = {"channel": "deferred", "hours": {"mon-fri": "08:00-16:00"}, "classes": {"all": "16h"}, "deadlines": "open"}
    live = {"hours": {"mon-fri": "08:00-16:00"}, "target": {"share": 0.8, "within": "60s"}, "patience": "3min"}
    plan = wfm.plan_week(
        {"queues": {"mail": mail, "voice": live}, "plan": {"start": "2026-11-16", "paths": 20}},
        history={"mail": came, "voice": came.assign(queue="voice")},
    )
    total = plan.forecast.groupby("queue")["offered"].sum()
    assert total["mail"] == pytest.approx(7 * 48 * 2, rel=0.02)
    assert total["voice"] == pytest.approx(5 * 16 * 2, rel=0.02)  # who calls a closed line calls again, or does not
    assert any(text.startswith("history of voice: 76% of its contacts came outside") for text in plan.warnings)
    assert not any("history of mail" in text for text in plan.warnings)
