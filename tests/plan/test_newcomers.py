"""What a newcomer stumbles over is said where it is met: minimums, stated AHT, holes in tables, work left over, keys."""

import copy
import re

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm.errors import DataError, SettingError
from wfm.settings import names_key, read_week

HOURS = pd.date_range("2026-11-23", "2026-11-30", freq="60min", inclusive="left")
OPEN = HOURS[(HOURS.hour >= 8) & (HOURS.hour < 20)]
FORECAST = pd.DataFrame({"queue": "voice", "start": OPEN, "offered": 20.0, "aht": 240.0})
QUEUE = {
    "hours": "08:00-20:00",
    "target": {"share": 0.8, "within": "20s"},
    "patience": "300s",
    "shrinkage": {"unplanned": 0.05},
}
WEEK = {
    "interval": "60min",
    "shifts": {"full": {"length": "8h", "starts": "08:00-12:00/60min"}},
    "plan": {"start": "2026-11-23", "time_limit": 1, "paths": 20},
}


def week(queues=None, **more):
    return {"queues": queues or {"voice": QUEUE | {"forecast": FORECAST}}, **copy.deepcopy(WEEK), **more}


def week_without_shifts(queues=None, **more):
    """For what is said before any shift is made."""
    asked = week(queues, **more)
    del asked["shifts"]
    return asked


def test_a_minimum_that_nobody_can_keep_is_named_with_hour_asked_and_there():
    voice = QUEUE | {"forecast": FORECAST, "min_agents": {"08:00-09:00": 30}}
    people = {"agents": pd.DataFrame({"agent": [f"A{k}" for k in range(8)], "contract": "ft"})}
    contracts = {"ft": {"hours_per_week": [40, 40], "days_per_week": [5, 5]}}
    plan = wfm.plan_week(week({"voice": voice}, people=people, contracts=contracts))
    told = [text for text in plan.warnings if "min_agents" in text]
    assert len(told) == 1
    asked, day, there, count = re.search(
        r"asks for (\d+) on (.{16}), ([\d.]+) are rostered: (\d+) int", told[0]
    ).groups()
    rows = plan.coverage[plan.coverage["start"].dt.hour == 8]
    worst = rows.loc[rows["start"] == pd.Timestamp(day), "rostered"].iloc[0]
    assert (int(asked), float(there), int(count)) == (30, round(worst, 1), 7)
    assert worst == rows["rostered"].min()


def test_a_minimum_that_is_kept_is_not_mentioned():
    plan = wfm.plan_week(week({"voice": QUEUE | {"forecast": FORECAST, "min_agents": 2}}))
    assert not [text for text in plan.warnings if "min_agents" in text]


def test_a_stated_aht_beside_that_of_the_history_says_which_was_used():
    days = pd.date_range("2026-08-03", "2026-11-23", freq="30min", inclusive="left")
    days = days[(days.hour >= 8) & (days.hour < 20)]
    history = pd.DataFrame({"start": days, "offered": 20, "aht": 200.0})
    plan = wfm.plan_week(week_without_shifts({"voice": QUEUE | {"history": history, "aht": "240s"}}))
    assert plan.forecast["aht"].mean() == pytest.approx(200, abs=1)
    assert any("AHT comes from its history, 200 s" in text and "240 s" in text for text in plan.warnings)


def test_the_work_of_a_chat_is_told_in_people_who_serve_so_many_at_once():
    chat = QUEUE | {"channel": "chat", "concurrency": 3, "forecast": FORECAST.assign(queue="chat")}
    plan = wfm.plan_week(week_without_shifts({"chat": chat}))
    work = 20 * len(OPEN) * 240 / 3600 / 3
    assert plan.figures["work_hours"]["chat"] == pytest.approx(work)
    assert "3 at once" in plan.lines[2]
    assert plan.figures["need_hours"] > work  # what it takes is more than what there is to do


def test_work_that_is_due_after_the_plan_and_left_is_named():
    mail = {"channel": "deferred", "classes": {"n": "24h"}, "volume": "400/week", "aht": "600s", "hours": "08:00-20:00"}
    plan = wfm.plan_week(week_without_shifts({"mail": mail}))
    left = plan.requirement.sort_values("start")["carried"].iloc[-1]
    assert left > 1
    assert f"{left:,.0f} h of it left to the next plan" in plan.lines[2]


@pytest.mark.slow
def test_premiums_that_steer_nothing_say_so():
    plan = wfm.plan_week(week(costs={"night": {"18:00-20:00": 0.5}}))
    assert "costs.night prices the plan, it does not steer it" in plan.lines[9]
    assert "prices the plan" not in wfm.plan_week(week()).lines[9]


def test_holes_in_a_handed_requirement_are_refused_with_their_row():
    table = pd.DataFrame({"queue": "voice", "start": OPEN, "agents": 5.0, "rostered": 5.5})
    for column, words in (("rostered", "rostered of queue 'voice' is empty in 1 row"), ("agents", "agents must be")):
        holed = table.copy()
        holed.loc[3, column] = np.nan
        with pytest.raises(DataError, match=rf"queues\.voice\.requirement: .*{words}.*11:00"):
            wfm.plan_week(week({"voice": QUEUE | {"requirement": holed}}))


def test_a_handed_column_that_is_not_used_is_named():
    table = pd.DataFrame({"queue": "voice", "start": OPEN, "agents": 5.0, "rostered": 5.5})
    plan = wfm.plan_week(week_without_shifts({"voice": QUEUE | {"requirement": table}}))
    assert any("rostered, which is not used" in text for text in plan.warnings)


def test_a_queue_like_itself_is_told_so():
    queues = {"voice": QUEUE | {"forecast": FORECAST}, "new": QUEUE | {"like": "new"}}
    with pytest.raises(SettingError, match=r"queues\.new\.like names the queue itself"):
        wfm.plan_week(week(queues))


# --- the key of pseudonyms --------------------------------------------------------------------------------------------


def test_names_without_a_key_are_warned_of():
    plan = wfm.plan_week(week_without_shifts(output={"names": "hash"}))
    assert any("without a key" in text for text in plan.warnings)


def test_a_key_comes_from_the_environment_or_a_file(tmp_path, monkeypatch):
    secret = "a secret of the planner"
    monkeypatch.setenv("WFM_NAMES_KEY", f" {secret} ")
    assert names_key(read_week(week(output={"names": "hash", "key": "env:WFM_NAMES_KEY"}))) == secret
    (tmp_path / "names.key").write_text(secret + "\n")
    path = tmp_path / "week.yaml"
    path.write_text(
        "queues: {m: {channel: deferred, classes: {n: 24h}, volume: 400/week, aht: 600s}}\n"
        "plan: {start: 2026-11-23}\noutput: {names: hash, key: names.key}\n"
    )
    assert names_key(read_week(path)) == secret


@pytest.mark.parametrize(
    ("value", "words"), [(None, "is not set"), ("short", "at least 16 characters, got 5"), ("", "is not set")]
)
def test_a_key_that_is_none_is_refused_without_being_shown(monkeypatch, value, words):
    monkeypatch.delenv("WFM_NAMES_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("WFM_NAMES_KEY", value)
    with pytest.raises(DataError, match=words) as caught:
        wfm.plan_week(week(output={"names": "hash", "key": "env:WFM_NAMES_KEY"}))
    assert value != "short" or "short" not in str(caught.value)


HISTORY = pd.DataFrame({"queue": "voice", "start": OPEN - pd.Timedelta(weeks=1), "offered": 20.0})


@pytest.mark.parametrize(
    ("hours", "history", "told"),
    [
        ("21:00-23:00", {"voice": HISTORY}, "no row within the queue's hours. Correct queues.voice.hours"),
        ("08:00-20:00", {"chat": HISTORY}, "queues.voice has no source: .* history that was handed in is of 'chat'"),
        ("08:00-20:00", {"voice": HISTORY.assign(offered="x")}, "'offered' must be a number .* got 'x'"),
    ],
)
def test_a_history_that_says_nothing_is_one_problem_with_its_cause(hours, history, told):
    voice = QUEUE | {"hours": hours, "aht": 240}
    with pytest.raises((DataError, SettingError), match=told) as raised:
        wfm.plan_week(week_without_shifts({"voice": voice}), history=history)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("share", "hint"), [("80%", r"Did you mean 0\.80\?"), ("120%", r"1\.2 is 120%\.")])
def test_a_share_in_percent_is_translated(share, hint):
    voice = QUEUE | {"forecast": FORECAST, "target": {"share": share, "within": "20s"}}
    with pytest.raises(SettingError, match=hint):
        wfm.plan_week(week_without_shifts({"voice": voice}))
