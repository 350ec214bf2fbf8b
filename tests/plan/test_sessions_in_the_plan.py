"""Meetings and training of the week's file: when, for whom, at what price, and told again as they were told."""

import warnings

import pandas as pd
import pytest

import wfm
from wfm.errors import DataError, SettingError
from wfm.schedule import Session, session_faults
from wfm.settings import read_week

MONDAY = pd.Timestamp("2026-11-02")
MEAL = {"name": "meal", "length": "30min", "paid": False, "between": ["3h", "5h"]}
NAMES = ["Ada", "Bo", "Cy", "Di", "Ed", "Flo"]


def requirement(agents=3.0):
    starts = pd.date_range(MONDAY + pd.Timedelta("8h"), periods=20, freq="30min")
    days = [start + pd.Timedelta(days=d) for d in range(5) for start in starts]
    return pd.DataFrame({"queue": "voice", "start": days, "agents": agents})


def centre(sessions, people=True, **more):
    agents = pd.DataFrame({"agent": NAMES, "contract": "ft", "team": ["red"] * 3 + ["blue"] * 3})
    week = {
        "queues": {"voice": {"requirement": requirement(), "hours": {"mon-fri": "08:00-18:00"}, "min_agents": 1,
                             "target": {"share": 0.8, "within": 60}}},
        "shifts": {"day": {"length": "8h30min", "starts": "08:00-09:30/30min", "breaks": [MEAL]}},
        "contracts": {"ft": {"days_per_week": [5, 5], "hours_per_week": [38, 40]}},
        "sessions": sessions,
        "plan": {"start": "2026-11-02", "time_limit": 1},
    }  # fmt: skip
    return week | ({"people": {"agents": agents}} if people else {}) | more


SESSIONS = {
    "news": {"length": "1h", "clock": ["10:00", "16:00"], "days": "mon-wed", "most_at_once": 2},
    "talk": {"length": "30min", "kind": "meeting", "teams": ["red"], "together": True},
}


@pytest.fixture(scope="module")
def plan():
    return wfm.plan_week(centre(SESSIONS))


def test_everybody_attends_once_inside_a_shift_within_the_window(plan):
    table = plan.roster.table
    week = read_week(centre(SESSIONS))
    people = wfm.schedule.People(agents=centre({})["people"]["agents"], contracts=week.contracts)
    assert session_faults(table, week.sessions, people=people).empty
    news = table[table["session"] == "news"]
    assert sorted(news["agent"]) == NAMES
    assert set(news["shift"]) == {"day"}
    assert news.groupby("start")["agent"].size().max() <= 2


def test_a_team_meets_at_one_time(plan):
    talk = plan.sessions[plan.sessions["session"] == "talk"]
    assert talk["agents"].tolist() == ["Ada, Bo, Cy"]
    assert talk["kind"].tolist() == ["meeting"]


def test_the_plan_tells_who_attends_and_what_contacts_miss_meanwhile(plan):
    assert "sessions" in plan.tables()
    assert "Sessions: news 6 of 6, talk 3 of 3 people" in plan.lines[9]
    assert (plan.sessions["gap"] > -0.5).all()  # six people for 3.2: hardly anybody is missed
    assert plan.figures["placed_hours"] == pytest.approx(7.5)


def test_whoever_was_told_of_a_block_keeps_it(plan):
    again = wfm.plan_week(centre(SESSIONS), published=plan.roster.table)
    was, now = (one.roster.table.dropna(subset="session")[["agent", "start", "session"]] for one in (plan, again))
    pd.testing.assert_frame_equal(was.reset_index(drop=True), now.reset_index(drop=True))


def test_a_session_that_is_gone_frees_its_people(plan):
    again = wfm.plan_week(centre({"talk": SESSIONS["talk"]}), published=plan.roster.table)
    assert set(again.roster.table["session"].dropna()) == {"talk"}


def test_without_people_shifts_are_designed_for_the_sessions_as_well():
    given = {"news": {"length": "1h", "people": 5, "clock": ["10:00", "16:00"]}}
    made = wfm.plan_week(centre(given, people=False))
    assert made.sessions["people"].sum() == 5
    assert (made.coverage["gap"] >= 0).all()
    assert session_faults(made.schedule.table, read_week(centre(given, people=False)).sessions).empty
    assert "Sessions: news 5 of 5 people" in made.lines[9]


def test_people_whom_nobody_knows_are_refused_with_the_place():
    with pytest.raises(DataError, match="sessions.talk.*teams of session 'talk' names 'green'.*Known: 'red', 'blue'"):
        wfm.plan_week(centre({"talk": {"length": "30min", "teams": "green"}}))


def test_who_cannot_attend_with_the_others_is_counted():
    away = pd.DataFrame({"agent": ["Bo"], "start": [MONDAY + pd.Timedelta("8h")], "end": [MONDAY + pd.Timedelta("18h")],
                         "kind": "training"})  # fmt: skip
    week = centre({"talk": SESSIONS["talk"] | {"days": "mon"}})
    week["people"]["absences"] = away
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = wfm.plan_week(week)
    assert any("cannot attend at the one time" in doubt for doubt in made.warnings) or "talk 2 of 2" in made.lines[9]


@pytest.fixture(scope="module")
def of_shifts():
    given = {"news": {"length": "1h", "people": 5, "clock": ["10:00", "16:00"]},
             "talk": {"length": "2h", "kind": "meeting", "people": 2}}  # fmt: skip
    return wfm.plan_week(centre(given, people=False))


def test_the_step_of_sessions_has_a_price_in_hours(of_shifts):
    steps = of_shifts.steps(time_limit=1).set_index("step")
    assert steps.index.tolist()[:3] == ["need", "free shifts", "sessions"]
    assert steps.loc["sessions", "paid_hours"] >= steps.loc["free shifts", "paid_hours"]
    assert steps.loc["sessions", "missing"] == pytest.approx(0.0, abs=1e-6)


def test_named_people_have_the_step_too_with_as_many_as_attend(plan):
    steps = plan.steps(time_limit=1).set_index("step")
    assert steps.index.tolist() == ["need", "free shifts", "sessions", "tours", "named people"]


def test_sessions_dropped_or_changed_are_designed_anew(of_shifts):
    longer = Session(name="news", length="4h", hours=40, queue="voice")
    changes = {"none": {"sessions": None}, "news alone": {"sessions": ["news"]}, "longer": {"sessions": longer}}
    told = of_shifts.what_if(changes).set_index("change")
    assert told.loc["none", "saving"] >= -1e-6
    assert told.loc["none", "objective"] <= told.loc["news alone", "objective"] + 1e-6
    assert told.loc["longer", "objective"] >= told.loc["as given", "objective"] - 1e-6
    with pytest.raises(SettingError, match="sessions names 'new', which the plan does not hold.*Did you mean"):
        of_shifts.what_if({"x": {"sessions": ["new"]}})
