"""Meetings and training inside shifts: in designs, in tours, in a table as it stands."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from wfm.errors import SettingError, WfmWarning
from wfm.schedule import (
    Break,
    Contract,
    People,
    Session,
    ShiftType,
    design_shifts,
    design_tours,
    place_sessions,
    schedule_faults,
    session_faults,
    tour_faults,
)
from wfm.schedule.sessions import session_choice

MONDAY = pd.Timestamp("2026-11-02")
HOUR = pd.Timedelta(hours=1)
EIGHT = ShiftType(
    name="eight",
    length="8h",
    starts="08:00-12:00/2h",
    breaks=[Break(name="meal", length="1h", paid=False, between=("3h", "4h"))],
)
HALF = [3, 4, 5, 5, 3, 2, 4, 5, 5, 4, 3, 2]


def requirement(agents=HALF, days=1, first=8):
    starts = [MONDAY + pd.Timedelta(days=d) + (first + k) * HOUR for d in range(days) for k in range(len(agents))]
    return pd.DataFrame(
        {"queue": "v", "start": starts, "end": [s + HOUR for s in starts], "agents": list(agents) * days}
    )


def training(**given):
    return Session(**{"name": "new", "length": "1h", "hours": 3, **given})


def held(plan):
    """(start, people) of the blocks."""
    rows = plan[plan["session"].notna()].sort_values("start")
    return list(zip(rows["start"].dt.hour, rows["people"], strict=True))


def test_a_training_costs_nothing_in_the_trough():
    plain = design_shifts(requirement(), [EIGHT], time_limit=5)
    plan = design_shifts(requirement(), [EIGHT], time_limit=5, sessions=training(hours=1))
    assert plan.objective == plain.objective
    assert plan.coverage["gap"].min() == plain.coverage["gap"].min()
    assert plan.table["session"].notna().sum() == 1
    assert plan.bound <= plan.objective


def test_hours_of_training_are_paid_by_people_who_must_come_for_them():
    """Whoever is needed every hour cannot attend: somebody more comes, or an hour is missing."""
    kind = ShiftType(name="four", length="4h", starts="08:00")
    plan = design_shifts(requirement([2, 2, 2, 2]), [kind], sessions=training(hours=4, name="long", length="2h"))
    assert plan.objective == plan.bound == 12.0
    assert plan.coverage["gap"].min() == 0
    assert sorted(start for start, _ in held(plan.table)) in ([8, 10], [8], [8, 8], [9, 9], [10, 10], [9], [10], [8, 9])


def test_everything_that_is_asked_is_kept():
    session = training(hours=6, clock=("09:00", "15:00"), days="mon,tue", most_at_once=2)
    plan = design_shifts(requirement(days=3), [EIGHT], time_limit=5, sessions=[session])
    assert session_faults(plan.table, [session]).empty
    assert schedule_faults(plan.table, [EIGHT]).empty
    rows = plan.table[plan.table["session"].notna()]
    assert rows["people"].sum() == 6
    assert rows["start"].dt.hour.between(9, 14).all()
    assert set(rows["start"].dt.day) <= {2, 3}
    assert set(rows["activity"]) == {"training"}
    assert plan.paid_hours <= plan.objective


def test_two_sessions_do_not_meet_in_one_shift():
    both = [training(hours=2), training(name="team", kind="meeting", hours=2, length="30min")]
    plan = design_shifts(requirement(), [EIGHT], time_limit=5, sessions=both)
    assert session_faults(plan.table, both).empty
    assert plan.table[plan.table["session"].notna()].groupby("shift").size().max() == 1


def test_a_person_attends_once_in_a_tour():
    contract = Contract(name="ft", days_per_week=(5, 5))
    session = training(hours=4, clock=("10:00", "16:00"))
    plan = design_tours(requirement(days=7), contract, [EIGHT], time_limit=8, sessions=session)
    assert tour_faults(plan.table, [contract]).empty
    assert session_faults(plan.table, [session]).empty
    assert schedule_faults(plan.table, [EIGHT]).empty
    assert plan.table.loc[plan.table["session"].notna(), "people"].sum() == 4
    assert plan.bound <= plan.objective


def lines(people=3, agent=False):
    """Two shifts of several people, or as many agents."""
    rows = pd.DataFrame(
        {
            "shift": ["a", "a", "a", "b"],
            "start": MONDAY + np.array([8, 11, 12, 12]) * HOUR,
            "end": MONDAY + np.array([11, 12, 16, 16]) * HOUR,
            "activity": ["work", "meal", "work", "work"],
            "paid": [True, False, True, True],
            "people": people,
            "type": "day",
            "queue": "v",
        }
    )
    return rows.assign(agent=rows["shift"].str.upper()).drop(columns=["people", "type"]) if agent else rows


def test_a_line_is_parted_into_those_who_attend_and_the_rest():
    placed = place_sessions(lines(), requirement([3, 3, 3, 3, 3, 6, 6, 6]), training(hours=2, most_at_once=2))
    assert held(placed) in ([(12, 2)], [(12, 1), (12, 1)])  # six are there at noon, three are needed
    people = placed[placed["activity"] != "training"].drop_duplicates("shift")
    assert people["people"].sum() == 6
    assert placed.groupby("shift")["people"].nunique().max() == 1


def test_named_people_attend_once_where_they_are_missed_least():
    need = requirement([1, 1, 0, 0, 2, 2, 2, 2])
    placed = place_sessions(lines(agent=True), need, training(hours=2))
    rows = placed[placed["activity"] == "training"]
    assert sorted(rows["agent"]) == ["A", "B"]
    assert rows.loc[rows["agent"] == "A", "start"].dt.hour.tolist() == [10]
    assert session_faults(placed, [training(hours=2)]).empty


def test_blocks_without_a_place_are_told():
    with pytest.warns(WfmWarning, match="session new: 4 of 10 blocks found no place"):
        placed = place_sessions(lines(), requirement([1] * 8), training(hours=10))
    assert placed.loc[placed["session"].notna(), "people"].sum() == 6


@pytest.mark.parametrize("given", [{"hours": 2, "most_at_once": 1}, {"hours": 6}, {"hours": 3, "together": True}])
def test_blocks_have_their_places_when_no_time_is_left_to_choose_them(given, monkeypatch):
    monkeypatch.setattr(session_choice, "whole", lambda *_, **__: SimpleNamespace(values=None))
    asked = training(**given)
    placed = place_sessions(lines(), requirement([3, 3, 3, 3, 3, 6, 6, 6]), asked)
    assert placed.loc[placed["session"].notna(), "people"].sum() == asked.blocks
    assert session_faults(placed, [asked]).empty


def test_the_first_places_are_where_least_is_missing_when_no_time_is_left(monkeypatch):
    monkeypatch.setattr(session_choice, "whole", lambda *_, **__: SimpleNamespace(values=None))
    placed = place_sessions(lines(agent=True), requirement([1, 1, 0, 0, 2, 2, 2, 2]), training(hours=1))
    assert placed.loc[placed["session"].notna(), "start"].dt.hour.tolist() == [10]


def test_the_tables_handed_in_are_not_changed():
    table, need = lines(), requirement([1] * 8)
    before = table.copy()
    place_sessions(table, need, training(hours=1))
    pd.testing.assert_frame_equal(table, before)


def staff(skills=("v", "v")):
    agents = pd.DataFrame({"agent": ["A", "B"], "contract": "ft", "team": ["red", "blue"], "skills": skills})
    return People(agents=agents, contracts={"ft": Contract(name="ft")})


def test_everybody_of_a_team_attends_where_no_number_is_named():
    session = Session(name="new", length="1h", teams="red")
    placed = place_sessions(lines(agent=True), requirement([1] * 8), session, people=staff())
    assert placed.loc[placed["session"].notna(), "agent"].tolist() == ["A"]
    assert session_faults(placed, [session], people=staff()).empty
    stranger = placed.assign(agent=placed["agent"].map({"A": "B", "B": "A"}))
    assert set(session_faults(stranger, [session], people=staff())["rule"]) == {"who"}


def test_all_attend_together_when_most_of_them_are_there():
    session = Session(name="new", length="1h", together=True)
    placed = place_sessions(lines(agent=True), requirement([0] * 8), session, people=staff())
    rows = placed[placed["session"].notna()]
    assert sorted(rows["agent"]) == ["A", "B"]
    assert len(set(rows["start"])) == 1
    apart = placed.assign(start=placed["start"].where(placed["agent"] == "A", placed["start"] + HOUR))
    assert "together" in set(session_faults(apart, [session], people=staff())["rule"])


def test_people_of_two_queues_attend_where_their_own_queue_spares_them():
    table = lines(agent=True).assign(queue=["v", "v", "v", "w"])
    need = pd.concat([requirement([0, 1, 1, 1, 1, 1, 1, 1]), requirement([1, 1, 1, 1, 1, 1, 0, 1]).assign(queue="w")])
    session = Session(name="new", length="1h")
    placed = place_sessions(table, need, session, people=staff(("v", "w")))
    rows = placed[placed["session"].notna()]
    assert dict(zip(rows["agent"], rows["start"].dt.hour, strict=True)) == {"A": 8, "B": 14}


def test_sessions_are_held_on_their_dates():
    session = training(dates=["2026-11-03"])
    plan = design_shifts(requirement(days=3), [EIGHT], time_limit=4, sessions=session)
    rows = plan.table[plan.table["session"].notna()]
    assert set(rows["start"].dt.day) == {3}
    later = session_faults(plan.table, [training(dates=["2026-11-04"])])
    assert set(later["rule"]) == {"dates"}


def test_a_design_holds_a_meeting_at_one_time():
    session = training(hours=3, together=True)
    plan = design_shifts(requirement(), [EIGHT], time_limit=4, sessions=session)
    assert session_faults(plan.table, [session]).empty
    assert plan.table.loc[plan.table["session"].notna(), "people"].sum() == 3


def block(start=9, length=1, *, people=1, kind="training", paid=True, shift="a", name="new", day=0):
    begin = MONDAY + pd.Timedelta(days=day) + start * HOUR
    return {
        "shift": shift,
        "start": begin,
        "end": begin + length * HOUR,
        "activity": kind,
        "paid": paid,
        "people": people,
        "session": name,
    }


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([block(length=2)], "length"),
        ([block(kind="meeting")], "activity"),
        ([block(paid=False)], "activity"),
        ([block(day=1)], "days"),
        ([block(start=16.5)], "clock"),
        ([block(), block(start=11)], "once"),
        ([block(people=3)], "most_at_once"),
        ([block(people=2), block(start=9.5, shift="b")], "most_at_once"),
        ([block(name="old"), block(shift="b")], "name"),
    ],
)
def test_every_broken_wish_of_a_session_is_found(rows, rule):
    session = training(hours=1, clock=("09:00", "17:00"), days="mon", most_at_once=2)
    assert session_faults(pd.DataFrame(rows), [session])["rule"].unique().tolist() == [rule]


def test_hours_that_are_not_held_are_found():
    found = session_faults(pd.DataFrame([block(people=2)]), [training(hours=3)])
    assert found["message"].tolist() == ["is held for 2 of 3 h"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "party"}, "kind of session 'new'"),
        ({"hours": -1}, "hours of session 'new'"),
        ({"clock": ("09:00", "09:30")}, "leaves no time for a block of 60 min"),
        ({"clock": "morning"}, "must be a pair"),
        ({"most_at_once": 0}, "most_at_once of session 'new'"),
    ],
)
def test_wrong_sessions_are_named(given, message):
    with pytest.raises(SettingError, match=message):
        training(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sessions": training(queue="w")}, "names queue 'w', which has no requirement"),
        ({"sessions": ["new"]}, "must be Session objects"),
        ({"sessions": [training(), training()]}, "name 'new' twice"),
        ({"sessions": training(hours=None)}, "needs hours where nobody is named"),
        ({"sessions": training(), "fixed": lines().assign(type="eight")}, "cannot stand beside fixed lines"),
    ],
)
def test_sessions_that_cannot_be_are_refused(given, message):
    with pytest.raises(SettingError, match=message):
        design_shifts(requirement(), [EIGHT], **given)


def test_a_session_names_its_queue_where_there_are_several():
    need = pd.concat([requirement(), requirement().assign(queue="w")])
    with pytest.raises(SettingError, match="must name its queue"):
        design_shifts(need, [EIGHT], sessions=training())
    plan = design_shifts(need, [EIGHT], sessions=training(queue="w", hours=1), time_limit=4)
    assert plan.table.loc[plan.table["session"].notna(), "queue"].tolist() == ["w"]
