import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import ticket_performance, ticket_requirement, work
from wfm.erlang.deferred.levelling import Jobs, flattest, served_in_order
from wfm.erlang.deferred.postponing import Lateness, postponed
from wfm.erlang.deferred.ticket_service import ticket_promise
from wfm.erlang.deferred.workload import open_backlog
from wfm.errors import DataError, SettingError, WfmWarning
from wfm.hours import OpeningHours
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


def least_by_program(jobs, beside, spare, day, late_last=None, kind=None, most=None):
    """Fewest hours beyond the spare, and then the least sum of daily peaks, by a linear program over who does what when."""
    from scipy.optimize import linprog

    count, days = len(beside), int(day.max()) + 1
    late_last = jobs.last if late_last is None else late_last
    cells = [(j, t) for j in range(len(jobs.hours)) for t in range(jobs.first[j], max(jobs.last[j], late_last[j]))]
    columns = len(cells) + count + days  # hours of piece j in t, hours beyond the spare in t, peak of the day
    every = np.zeros((len(jobs.hours), columns))
    room, peak = np.zeros((count, columns)), np.zeros((count, columns))
    late = np.zeros((0 if most is None else len(most), columns))
    for place, (j, t) in enumerate(cells):
        every[j, place] = room[t, place] = 1
        if most is not None and t >= jobs.last[j]:
            late[kind[j], place] = 1
    for t in range(count):
        room[t, len(cells) + t] = -1
        peak[t, len(cells) + t], peak[t, len(cells) + count + day[t]] = 1, -1
    total = np.r_[np.zeros(len(cells)), np.ones(count), np.zeros(days)]
    peaks = np.r_[np.zeros(len(cells) + count), np.ones(days)]
    upper, limit = [room, peak, late], [spare, -beside, [] if most is None else most]
    how = {"A_eq": every, "b_eq": jobs.hours, "method": "highs"}
    first = linprog(total, A_ub=np.vstack(upper), b_ub=np.concatenate(limit), **how)
    second = linprog(peaks, A_ub=np.vstack([*upper, total]), b_ub=np.r_[np.concatenate(limit), first.fun + 1e-9], **how)
    return first.fun, second.fun


def peaks_of(level, beside, day) -> float:
    return float(sum((level + beside)[day == d].max() for d in range(int(day.max()) + 1)))


PIECES = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 6), st.floats(0.05, 5)), min_size=1, max_size=9)


@settings(max_examples=40, deadline=None)
@given(PIECES, st.lists(st.floats(0, 6), min_size=10, max_size=10), st.lists(st.floats(0, 2), min_size=10, max_size=10))
def test_no_program_needs_fewer_agents_or_lower_peaks(pieces, ground, idle):
    first, length, hours = (np.array(x) for x in zip(*pieces, strict=True))
    jobs = Jobs(first=first, last=np.minimum(first + length, 10), hours=hours)
    beside, spare, day = np.array(ground), np.array(idle), np.zeros(10, dtype=int)
    level = flattest(jobs, beside, spare)
    total, peak = least_by_program(jobs, beside, spare, day)
    assert level.sum() == pytest.approx(total, abs=1e-6)
    assert peaks_of(level, beside, day) == pytest.approx(peak, abs=1e-6)
    assert served_in_order(jobs, level + spare + 1e-7)[1].sum() == pytest.approx(hours.sum(), rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(
    PIECES,
    st.lists(st.floats(0, 4), min_size=10, max_size=10),
    st.lists(st.floats(0, 2), min_size=10, max_size=10) | st.just([0.0] * 10),
    st.floats(0, 0.6),
)
def test_what_may_be_late_is_chosen_as_well_as_a_program_does(pieces, ground, idle, share):
    first, length, hours = (np.array(x) for x in zip(*pieces, strict=True))
    jobs = Jobs(first=first, last=np.minimum(first + length, 10), hours=hours)
    kind, day = np.arange(len(hours)) % 2, np.zeros(10, dtype=int)
    most = share * np.bincount(kind, weights=hours, minlength=2)
    late_last = np.minimum(jobs.last + 3, 10)
    beside, spare = np.array(ground), np.array(idle)
    late = postponed(jobs, Lateness(last=late_last, kind=kind, most=most), beside, spare, day)
    assert (np.bincount(kind, weights=late, minlength=2) <= most + 1e-6).all()
    dated = Jobs(first=np.r_[jobs.first, jobs.first], last=np.r_[jobs.last, late_last], hours=np.r_[hours - late, late])
    level = flattest(dated, beside, spare)
    total, peak = least_by_program(jobs, beside, spare, day, late_last, kind, most)
    assert level.sum() == pytest.approx(total, abs=2e-4 * max(1, hours.sum()))
    assert peaks_of(level, beside, day) == pytest.approx(peak, abs=2e-3 * max(1, peak))


@settings(max_examples=30, deadline=None)
@given(PIECES, st.lists(st.floats(0, 3), min_size=12, max_size=12), st.integers(0, 11), st.floats(0.1, 3))
def test_more_agents_never_make_it_later(pieces, capacity, place, more):
    first, length, hours = (np.array(x) for x in zip(*pieces, strict=True))
    jobs = Jobs(first=first, last=first + length, hours=hours)
    few, many = np.array(capacity), np.array(capacity)
    many[place] += more
    for second in (0.0, np.inf):
        have, then = (served_in_order(jobs, c, second=second) for c in (few, many))
        assert (then[2].cumsum() >= have[2].cumsum() - 1e-9).all()
        if second:
            assert then[1].sum() >= have[1].sum() - 1e-9


@settings(max_examples=30, deadline=None)
@given(PIECES, st.lists(st.floats(0, 3), min_size=12, max_size=12))
def test_no_order_does_more_in_time_than_leaving_what_is_late(pieces, capacity):
    from scipy.optimize import linprog

    first, length, hours = (np.array(x) for x in zip(*pieces, strict=True))
    jobs = Jobs(first=first, last=np.minimum(first + length, 12), hours=hours)
    in_time = served_in_order(jobs, np.array(capacity), second=np.inf)[1].sum()
    cells = [(j, t) for j in range(len(hours)) for t in range(jobs.first[j], jobs.last[j])]
    rows = np.zeros((len(hours) + 12, len(cells)))
    for place, (j, t) in enumerate(cells):
        rows[j, place] = rows[len(hours) + t, place] = 1
    best = linprog(-np.ones(len(cells)), A_ub=rows, b_ub=np.r_[hours, capacity], method="highs")
    assert in_time == pytest.approx(-best.fun, abs=1e-7)
    assert served_in_order(jobs, np.array(capacity))[1].sum() <= in_time + 1e-9


@settings(max_examples=30, deadline=None)
@given(PIECES, st.lists(st.floats(0, 6), min_size=12, max_size=12), st.integers(0, 8), st.integers(0, 4))
def test_a_later_deadline_never_needs_more(pieces, ground, which, later):
    first, length, hours = (np.array(x) for x in zip(*pieces, strict=True))
    last = np.minimum(first + length, 12)
    eased = last.copy()
    eased[which % len(last)] = min(eased[which % len(last)] + later, 12)
    beside, spare = np.array(ground), np.full(12, 0.5)
    tight, loose = (flattest(Jobs(first=first, last=x, hours=hours), beside, spare) for x in (last, eased))
    assert loose.sum() <= tight.sum() + 1e-6
    assert (loose + beside).max() <= (tight + beside).max() + 1e-6


def test_more_touches_are_more_of_the_same_work():
    once, twice = (work(week(), **CLASSES, touches=k) for k in (1, 2))
    np.testing.assert_allclose(twice["agent_hours"], 2 * once["agent_hours"])
    starts = pd.DatetimeIndex(week()["start"])
    few, many = (ticket_requirement(todo, starts, interval=1800)["agents"].sum() for todo in (once, twice))
    assert many == pytest.approx(2 * few, rel=0.02)


def test_a_touch_may_come_a_gap_later_with_the_whole_time_of_its_class():
    todo = work(week(), **CLASSES, touches={"urgent": 1.0, "normal": 2.4}, touch_gap="6h")
    normal = todo[todo["class"] == "normal"]
    hours = normal.groupby("touch")["agent_hours"].sum()
    assert hours.tolist() == pytest.approx([hours[1], hours[1], 0.4 * hours[1]])
    assert (normal["due"] - normal["release"] == pd.Timedelta("24h")).all()
    assert set(normal["touch"]) == {1, 2, 3}
    assert (todo.loc[todo["class"] == "urgent", "touch"] == 1).all()
    third = normal[normal["touch"] == 3]
    assert third["release"].min() == week()["start"].min() + pd.Timedelta("12h")
    together = work(week(), **CLASSES, touches={"urgent": 1.0, "normal": 2.4})
    assert together["agent_hours"].sum() == pytest.approx(todo["agent_hours"].sum())


def test_opening_hours_date_what_waits_since_yesterday():
    hours = OpeningHours.read({"mon-fri": "08:00-16:00", "sat-sun": "closed"})
    tickets = pd.DataFrame({"queue": "t", "start": pd.to_datetime(["2026-11-23 08:00"]), "offered": [1.0]})  # a Monday
    backlog = pd.DataFrame(
        {
            "queue": "t",
            "contacts": [1.0, 1.0, 1.0],
            "class": "normal",
            "arrived": pd.to_datetime(["2026-11-19 08:00", "2026-11-20 15:00", "2026-11-21 12:00"]),  # Thu, Fri, Sat
        }
    )
    todo = work(tickets, classes={"normal": "8h"}, aht=3600, backlog=backlog, hours=hours)
    due = todo.set_index("arrived")["due"]
    assert due[pd.Timestamp("2026-11-19 08:00")] == pd.Timestamp("2026-11-23 08:00:01")  # was due on Thursday
    assert due[pd.Timestamp("2026-11-20 15:00")] == pd.Timestamp("2026-11-23 15:00")
    assert due[pd.Timestamp("2026-11-21 12:00")] == pd.Timestamp("2026-11-23 16:00")
    late = work(tickets, classes={"normal": "20h"}, aht=3600, hours=hours)
    assert late["due"].tolist() == [pd.Timestamp("2026-11-25 12:00")]
    with pytest.raises(SettingError, match=r"hours must open for 1 h within a year"):
        work(tickets, classes={"normal": "1h"}, aht=60, hours=OpeningHours.read("closed"))


def test_a_backlog_may_come_as_a_distribution_of_ages():
    found = open_backlog(
        {"urgent": 10, "normal": 40}, at="2026-11-21", ages={"4h": 0.5, "24h": 0.4, "72h": 0.1}, parts=5
    )
    assert found.groupby("class")["contacts"].sum().to_dict() == pytest.approx({"urgent": 10, "normal": 40})
    age = (pd.Timestamp("2026-11-21") - found["arrived"]).dt.total_seconds() / 3600
    assert found.loc[age <= 4, "contacts"].sum() == pytest.approx(25)
    assert found.loc[age > 24, "contacts"].sum() == pytest.approx(5)
    todo = work(week(), **CLASSES, backlog=found)
    begin = week()["start"][0]
    overdue = todo[(todo["due"] == begin + pd.Timedelta("1s"))]
    assert overdue["agent_hours"].sum() == pytest.approx(0.1 * (10 * 0.8 + 4))  # urgent beyond 2 h, normal beyond 24 h


def test_idle_time_of_live_agents_comes_first():
    todo, starts = work(week(), **CLASSES), pd.DatetimeIndex(week()["start"])
    alone = ticket_requirement(todo, starts, interval=1800)
    idle = np.where(np.asarray(starts.hour) < 8, 2.0, 0.5)
    found = ticket_requirement(todo, starts, interval=1800, spare=idle)
    assert found["agents"].sum() < alone["agents"].sum()
    assert (found["in_idle"] <= idle + 1e-9).all()
    assert done_in_time(todo, found, spare=idle) > 0.999
    plenty = ticket_requirement(todo, starts, interval=1800, spare=np.full(len(starts), 50.0))
    assert plenty["agents"].sum() == 0
    two = pd.concat([todo, todo.assign(queue="mail")])
    shared = ticket_requirement(two, starts, interval=1800, spare=idle)
    assert (shared.groupby("start")["in_idle"].sum() <= idle.max() + 1e-9).all()
    used = shared.groupby("start")["in_idle"].sum().to_numpy()
    assert (used <= idle + 1e-9).all()


def busy_start() -> pd.DataFrame:
    """A week whose first days bring far more."""
    size = np.repeat([2.2, 1.4, 1, 1, 0.9, 0.7, 0.3], 48)
    return week().assign(offered=lambda table: 4 * size * table["offered"])


SOME = {"classes": {"urgent": "2h", "normal": "8h"}, "class_shares": {"urgent": 0.3, "normal": 0.7}, "aht": 360}


FAR_APART = {"urgent": 0.99, "normal": 0.8}  # deadline order cannot favour a class: all in time is planned


@pytest.mark.parametrize("promise", [0.95, {"urgent": 0.9, "normal": 0.8}, FAR_APART])
def test_a_promise_below_one_is_kept_by_class_with_lower_peaks(promise):
    todo, starts = work(busy_start(), **SOME), pd.DatetimeIndex(week()["start"])
    strict = ticket_requirement(todo, starts, interval=1800)
    found = ticket_requirement(todo, starts, interval=1800, promise=promise)
    assert found["agents"].max() <= strict["agents"].max() - (0 if promise == FAR_APART else 3)
    assert found["agents"].sum() <= strict["agents"].sum() * 1.01
    kept = ticket_promise(todo, found["agents"], starts, interval=1800, promise=promise)
    assert (kept["in_time"] >= kept["promised"] - 1e-3).all()
    assert kept["oldest"].max() <= (8 + 8) * 3600
    all_in_time = ticket_promise(todo, strict["agents"], starts, interval=1800)
    assert (all_in_time["in_time"] > 0.999).all()


def test_classes_add_up_and_what_is_left_is_named():
    todo, starts = work(week(), **CLASSES), pd.DatetimeIndex(week()["start"])
    found = ticket_requirement(todo, starts, interval=1800)
    total = ticket_performance(todo, found["agents"], starts, interval=1800)
    parts = ticket_performance(todo, found["agents"], starts, interval=1800, by="class")
    assert parts["class"].unique().tolist() == ["urgent", "normal"]
    summed = parts.groupby("start")[["released", "done", "backlog", "overdue", "carried"]].sum()
    for name in summed:
        np.testing.assert_allclose(summed[name], total[name], atol=1e-9)
    np.testing.assert_allclose(parts.groupby("start")["oldest"].max(), total["oldest"])
    by_class = ticket_promise(todo, found["agents"], starts, interval=1800)
    last = found.iloc[-1]
    assert by_class["backlog"].sum() == pytest.approx(last["backlog"])
    assert by_class["carried"].sum() == pytest.approx(last["carried"]) == pytest.approx(last["backlog"])
    assert by_class["oldest"].max() == last["oldest"] <= 24 * 3600
    np.testing.assert_allclose(by_class["released"], by_class["done"] + by_class["backlog"], atol=1e-6)


def test_a_whole_agent_ages_the_backlog_by_its_own_arrival():
    backlog = pd.DataFrame(
        {"queue": "tickets", "contacts": [10.0], "class": ["normal"], "arrived": [pd.Timestamp("2026-11-20 12:00")]}
    )
    todo = work(week().assign(offered=0.0), **CLASSES, backlog=backlog)
    done = ticket_performance(todo, 1, pd.DatetimeIndex(week()["start"]), interval=1800, occupancy=1)
    assert done["oldest"].tolist()[:3] == [12.5 * 3600, 0.0, 0.0]
    assert done["backlog"].tolist()[:3] == [0.5, 0.0, 0.0]


@pytest.mark.parametrize("unit", ["us", "ns"])
def test_any_unit_of_time_gives_the_same(unit):
    some = week().assign(start=lambda table: table["start"].astype(f"datetime64[{unit}]"))
    todo = work(some, **CLASSES, hours=OpeningHours.always())
    starts = pd.DatetimeIndex(some["start"])
    found = ticket_requirement(todo, starts, interval=1800, promise=0.9)
    want = ticket_requirement(work(week(), **CLASSES), pd.DatetimeIndex(week()["start"]), interval=1800, promise=0.9)
    assert found["agents"].tolist() == want["agents"].tolist()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: open_backlog(5, at="2026-11-21", ages={"4h": 0.5}), SettingError, r"ages must rise"),
        (lambda: open_backlog(5, at="2026-11-21", ages={"4h": 1.0}), SettingError, r"contacts must name classes"),
        (
            lambda: work(week(), **CLASSES, touches={"urgent": 1}),
            SettingError,
            r"touches must name every class, 'normal' is missing",
        ),
        (
            lambda: ticket_requirement(
                work(week(), **CLASSES), pd.DatetimeIndex(week()["start"]), interval=1800, promise={"urgent": 0.9}
            ),
            SettingError,
            r"promise must name every class, 'normal' is missing",
        ),
        (
            lambda: ticket_requirement(
                work(week(), **CLASSES), pd.DatetimeIndex(week()["start"]), interval=1800, spare=np.full(336, -1.0)
            ),
            DataError,
            r"spare must be numbers >= 0, got -1",
        ),
        (
            lambda: ticket_performance(
                work(week(), **CLASSES), 1, pd.DatetimeIndex(week()["start"]), interval=1800, by="day"
            ),
            SettingError,
            r"by must be one of 'interval', 'class', got 'day'",
        ),
    ],
)
def test_wrong_promises_are_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
