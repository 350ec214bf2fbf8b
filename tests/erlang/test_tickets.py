import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import ticket_performance, ticket_requirement, work
from wfm.erlang.levelling import Jobs, flattest, served_in_order
from wfm.errors import DataError, SettingError, WfmWarning
from wfm.tables import REQUIREMENT, WORK, check

CLASSES = {"classes": {"urgent": "2h", "normal": "24h"}, "class_shares": {"urgent": 0.2, "normal": 0.8}, "aht": 360}


def week() -> pd.DataFrame:
    starts = pd.date_range("2026-11-21", periods=336, freq="30min")
    return pd.DataFrame(
        {
            "queue": "tickets",
            "start": starts,
            "offered": 25 * np.exp(-0.5 * ((np.asarray(starts.hour) - 12) / 4) ** 2) + 2,
        }
    )


def done_in_time(todo: pd.DataFrame, found: pd.DataFrame, **how) -> float:
    done = ticket_performance(todo, found["agents"], pd.DatetimeIndex(found["start"]), interval=1800, **how)
    return float((done["in_time"].fillna(0) * done["released"]).sum() / done["released"].sum())


def test_work_is_contacts_times_effort_by_class():
    todo = work(week(), **CLASSES, touches=1.5)
    assert todo["agent_hours"].sum() == pytest.approx(week()["offered"].sum() * 0.1 * 1.5)
    by_class = todo.groupby("class")["agent_hours"].sum()
    assert by_class["urgent"] / by_class.sum() == pytest.approx(0.2)
    allowed = (todo["due"] - todo["release"]).groupby(todo["class"]).unique()
    assert allowed["urgent"].tolist() == [pd.Timedelta("2h")]
    pd.testing.assert_frame_equal(check(todo, WORK), todo)


def test_deadlines_in_open_hours_stand_still_at_night():
    starts = pd.date_range("2026-11-21", periods=96, freq="30min")
    open_ = starts[(starts.hour >= 8) & (starts.hour < 16)]
    tickets = pd.DataFrame(
        {
            "queue": "t",
            "start": pd.to_datetime(
                ["2026-11-21 09:00", "2026-11-21 15:00", "2026-11-21 20:00", "2026-11-22 14:00", "2026-11-22 20:00"]
            ),
            "offered": 1.0,
        }
    )
    todo = work(tickets, classes={"normal": "2h"}, aht=360, open_starts=open_, interval=1800)
    assert todo["due"].dt.strftime("%d %H:%M").tolist() == ["21 11:00", "22 09:00", "22 10:00", "22 16:00", "22 20:00"]


def test_the_backlog_is_due_by_its_own_age():
    backlog = pd.DataFrame(
        {
            "queue": "tickets",
            "contacts": [10.0, 5.0],
            "class": ["normal", "urgent"],
            "arrived": pd.to_datetime(["2026-11-20 12:00", "2026-11-20 12:00"]),
        }
    )
    todo = work(week(), **CLASSES, backlog=backlog)
    first = todo[todo["release"] == week()["start"][0]]
    assert first.loc[first["due"] == pd.Timestamp("2026-11-21 12:00"), "agent_hours"].sum() == pytest.approx(1.0)
    overdue = first[first["due"] < pd.Timestamp("2026-11-21 01:00")]
    assert overdue["agent_hours"].sum() == pytest.approx(0.5)


def test_a_backlog_may_come_as_work():
    rows = pd.DataFrame(
        {
            "queue": "tickets",
            "release": pd.Timestamp("2026-11-21"),
            "due": pd.Timestamp("2026-11-22"),
            "agent_hours": [7.0],
        }
    )
    extra = work(week(), **CLASSES, backlog=rows)["agent_hours"].sum() - work(week(), **CLASSES)["agent_hours"].sum()
    assert extra == pytest.approx(7.0)


def test_all_work_is_done_in_time_with_whole_agents():
    todo = work(week(), **CLASSES)
    found = ticket_requirement(todo, pd.DatetimeIndex(week()["start"]), interval=1800, shrinkage=0.06)
    assert done_in_time(todo, found) > 0.999
    assert (found["agents"] == np.round(found["agents"])).all()
    np.testing.assert_allclose(found["rostered"], found["agents"] / 0.94)
    pd.testing.assert_frame_equal(check(found, REQUIREMENT), found)
    assert found["agents"].sum() * 0.5 * 0.9 <= todo["agent_hours"].sum() * 1.02 + 0.5


def test_long_deadlines_flatten_the_day():
    tight = ticket_requirement(
        work(week(), classes={"now": "30min"}, aht=360), pd.DatetimeIndex(week()["start"]), interval=1800
    )
    loose = ticket_requirement(
        work(week(), classes={"later": "24h"}, aht=360), pd.DatetimeIndex(week()["start"]), interval=1800
    )
    assert loose["agents"].max() < 0.6 * tight["agents"].max()


def test_tickets_fill_the_troughs_of_live_channels():
    todo = work(week(), **CLASSES)
    hour = week()["start"].dt.hour.to_numpy()
    live = 40 + 10 * np.cos((hour - 12) / 24 * 2 * np.pi)
    found = ticket_requirement(todo, pd.DatetimeIndex(week()["start"]), interval=1800, beside=live)
    alone = ticket_requirement(todo, pd.DatetimeIndex(week()["start"]), interval=1800)
    assert (found["agents"] + live).max() < (alone["agents"] + live).max() - 1
    assert np.corrcoef(found["agents"], live)[0, 1] < 0
    assert done_in_time(todo, found) > 0.999


def test_closed_hours_get_nobody_and_hopeless_deadlines_are_said():
    starts = pd.DatetimeIndex(week()["start"])
    open_ = starts[(starts.hour >= 7) & (starts.hour < 20)]
    todo = work(week(), **CLASSES)
    with pytest.warns(WfmWarning, match=r"queue 'tickets': 2% of the work is due before it can be touched"):
        found = ticket_requirement(todo, open_, interval=1800)
    assert found["start"].tolist() == list(open_)
    assert done_in_time(todo, found) > 0.95
    business = work(week(), **CLASSES, open_starts=open_, interval=1800)
    assert done_in_time(business, ticket_requirement(business, open_, interval=1800)) > 0.999


def test_too_few_agents_leave_a_backlog_and_do_the_urgent_first():
    todo = work(week(), **CLASSES)
    starts = pd.DatetimeIndex(week()["start"])
    need = todo["agent_hours"].sum() / (336 * 0.5 * 0.9)
    done = ticket_performance(todo, 0.7 * need, starts, interval=1800)
    assert done["backlog"].iloc[-1] == pytest.approx(todo["agent_hours"].sum() - done["done"].sum())
    assert done["overdue"].iloc[-1] > 1
    urgent = ticket_performance(todo[todo["class"] == "urgent"], 0.7 * need, starts, interval=1800)
    assert urgent["overdue"].iloc[-1] < done["overdue"].iloc[-1]
    assert 0.2 < (done["in_time"] * done["released"]).sum() / done["released"].sum() < 0.9


def test_no_tickets_need_nobody():
    none = work(week().assign(offered=0.0), **CLASSES)
    assert len(none) == 0
    assert len(ticket_requirement(none, pd.DatetimeIndex(week()["start"]), interval=1800)) == 0
    done = ticket_performance(none, 1, pd.DatetimeIndex(week()["start"]), interval=1800)
    assert done["done"].sum() == 0.0
    assert done["in_time"].isna().all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(1, 8), st.floats(0.05, 5)), min_size=1, max_size=15),
    st.lists(st.floats(0, 6), min_size=12, max_size=12),
)
def test_the_flattest_capacity_is_enough_and_no_peak_is_lower(pieces, ground):
    first, length, hours = (np.array(x) for x in zip(*pieces, strict=True))
    jobs = Jobs(first=first, last=np.minimum(first + length, 12), hours=hours)
    beside = np.array(ground)
    level = flattest(jobs, beside)
    assert served_in_order(jobs, level + 1e-7)[1].sum() == pytest.approx(hours.sum(), rel=1e-6)
    assert level.sum() == pytest.approx(hours.sum(), rel=1e-6)
    peak = (level + beside)[level > 1e-9].max()
    lower = np.maximum(peak - 1e-3 - beside, 0.0)
    assert served_in_order(jobs, lower)[1].sum() < hours.sum() - 1e-9


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 8), st.floats(0.05, 5)), min_size=1, max_size=15),
    st.lists(st.floats(0, 3), min_size=12, max_size=12),
)
def test_work_is_never_done_before_it_is_there_nor_twice(pieces, capacity):
    first, length, hours = (np.array(x) for x in zip(*pieces, strict=True))
    jobs = Jobs(first=first, last=first + length, hours=hours)
    late, in_time, used = served_in_order(jobs, np.array(capacity))
    assert (used <= np.array(capacity) + 1e-9).all()
    assert used.sum() == pytest.approx(late.sum() + in_time.sum(), abs=1e-6)
    released = np.bincount(first, weights=hours, minlength=12).cumsum()
    assert (used.cumsum() <= released + 1e-6).all()
    assert (in_time <= hours + 1e-9).all()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"classes": {}}, SettingError, r"classes must name at least one class"),
        (
            {"class_shares": {"urgent": 0.2}},
            SettingError,
            r"class_shares must give every class 'urgent', 'normal' a share",
        ),
        ({"class_shares": None}, SettingError, r"class_shares must give every class"),
        ({"aht": None}, DataError, r"forecast\.aht is missing"),
        ({"touches": 0}, SettingError, r"touches must be a number in \(0, 1000\]"),
        (
            {"backlog": pd.DataFrame({"queue": ["t"]})},
            DataError,
            r"backlog must have the columns .* missing 'contacts'",
        ),
        (
            {"backlog": pd.DataFrame({"queue": ["t"], "contacts": [1], "class": ["slow"], "arrived": ["2026-11-20"]})},
            DataError,
            r"backlog\.class names 'slow', which is none of 'urgent', 'normal'",
        ),
        ({"open_starts": pd.DatetimeIndex([]), "interval": 1800}, SettingError, r"open_starts must hold at least one"),
    ],
)
def test_wrong_work_is_refused(change, error, words):
    with pytest.raises(error, match=words):
        work(week(), **{**CLASSES, **change})


def test_wrong_capacity_questions_are_refused():
    todo = work(week(), **CLASSES)
    with pytest.raises(DataError, match=r"there is work but no open interval"):
        ticket_requirement(todo, pd.DatetimeIndex([]), interval=1800)
    with pytest.raises(DataError, match=r"beside must have one value for each of the 336 open intervals, got 2"):
        ticket_requirement(todo, pd.DatetimeIndex(week()["start"]), interval=1800, beside=[1, 2])
    two = pd.concat([todo, todo.assign(queue="mail")])
    with pytest.raises(DataError, match=r"one queue at a time, got"):
        ticket_performance(two, 3, pd.DatetimeIndex(week()["start"]), interval=1800)
    found = ticket_requirement(two, pd.DatetimeIndex(week()["start"]), interval=1800)
    assert set(found["queue"]) == {"mail", "tickets"}


def test_effort_may_come_with_the_forecast():
    settings_ = {key: value for key, value in CLASSES.items() if key != "aht"}
    own = work(week().assign(aht=360.0), **settings_)
    assert own["agent_hours"].sum() == pytest.approx(work(week(), **CLASSES)["agent_hours"].sum())
