"""Who may take, swap or leave a shift: every answer agrees with the checker, and the best comes first."""

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError, InfeasibleError
from wfm.schedule import Break, Contract, People, ShiftType, build_roster, check_roster
from wfm.schedule.checkers.roster_checker import hard_only
from wfm.schedule.desk.day_offers import overtime_offers, time_off_offers
from wfm.schedule.desk.desk import Desk
from wfm.schedule.desk.offers import handed_over, open_shifts, swapped, who_may_swap, who_may_take
from wfm.schedule.rules import AllowedShifts
from wfm.tables import with_end

MONDAY = pd.Timestamp("2026-11-23")
DAY = pd.Timedelta(days=1)
HOUR = pd.Timedelta(hours=1)
REST = Break(name="rest", length="30min", paid=False, between=("3h", "5h"))
EARLY = ShiftType(name="early", length="8h", starts="06:00-08:00/60min", breaks=[REST])
LATE = ShiftType(name="late", length="8h", starts="14:00-16:00/60min", breaks=[REST])
CONTRACTS = {
    "ft": Contract(name="ft", hours_per_week=(0, 38), min_rest="11h", max_consecutive_days=4),
    "pt": Contract(name="pt", hours_per_week=(0, 15), shifts=("early",)),
}
AGENTS = pd.DataFrame(
    {
        "agent": [f"A{k}" for k in range(8)],
        "contract": ["ft"] * 6 + ["pt"] * 2,
        "skills": ["voice|chat"] * 5 + ["voice"] * 3,
    }
)
AWAY = pd.DataFrame({"agent": ["A1"], "start": [MONDAY + 2 * DAY], "end": [MONDAY + 3 * DAY], "kind": ["off"]})
LOCKS = pd.DataFrame({"agent": ["A2"], "start": [MONDAY + DAY], "type": ["off"]})
WISHES = pd.DataFrame(
    {
        "agent": ["A3", "A4"],
        "start": [MONDAY + 3 * DAY] * 2,
        "end": [MONDAY + 4 * DAY] * 2,
        "kind": ["off", "work"],
        "weight": [2.0, 1.0],
    }
)


def needed(voice=1.0, chat=1.0):
    starts = pd.date_range(MONDAY, periods=5 * 24, freq="h")
    open_ = starts[(starts.hour >= 6) & (starts.hour < 24)]
    parts = [pd.DataFrame({"queue": q, "start": open_, "agents": n}) for q, n in (("voice", voice), ("chat", chat))]
    return with_end(pd.concat(parts, ignore_index=True), 3600.0)


@pytest.fixture(scope="module")
def people():
    return People(agents=AGENTS, contracts=CONTRACTS, availability=AWAY, locks=LOCKS, wishes=WISHES)


@pytest.fixture(scope="module")
def desk(people):
    roster = build_roster(needed(), people, shift_types=[EARLY, LATE], time_limit=1, seed=2)
    return Desk(
        roster=roster, people=people, shift_types=[EARLY, LATE], span=(MONDAY, MONDAY + 5 * DAY), interval=3600.0
    )


def shifts(desk):
    rows = desk.roster[desk.roster["shift"].notna()]
    began = rows.sort_values("start").groupby(["agent", rows["start"].dt.normalize()])
    return [(agent, day) for (agent, day), _ in began]


def broken(desk, table):
    found = hard_only(check_roster(table, desk.people, None, desk.shift_types, span=desk.span, interval=desk.interval))
    return set(zip(found["rule"], found["agent"], found["start"], strict=True))


def lawful_after(desk, table, *agents):
    return not {one for one in broken(desk, table) if one[1] in agents}


def test_who_may_take_a_shift_is_who_the_checker_lets(desk):
    taken_as_the_checker_lets(desk, shifts(desk)[:1])


@pytest.mark.slow
def test_who_may_take_any_shift_is_who_the_checker_lets(desk):
    taken_as_the_checker_lets(desk, shifts(desk)[::2])


def taken_as_the_checker_lets(desk, some):
    answers = set()
    assert not broken(desk, desk.roster)
    for agent, day in some:
        mine = desk.shift_of(agent, day)
        for told in who_may_take(desk, agent, day).itertuples():
            table = desk.changed(mine, mine.assign(agent=told.agent))
            assert told.lawful == lawful_after(desk, table, told.agent), (agent, day, told)
            assert bool(told.why) != told.lawful
            answers.add(told.lawful)
    assert answers == {True, False}


def test_who_may_take_says_why_not_and_ranks_the_willing_first(desk):
    thursday = MONDAY + 3 * DAY
    agent = next(a for a, d in shifts(desk) if d == thursday and a not in ("A3", "A4"))
    told = who_may_take(desk, agent, thursday).set_index("agent")
    free = [a for a in ("A3", "A4") if a in told.index and told.loc[a, "lawful"]]
    if "A3" in free:
        assert told.loc["A3", "cost"] == pytest.approx(2.0)
        assert told.loc["A3", "wish"] == "off"
    if "A4" in free:
        assert told.loc["A4", "cost"] == pytest.approx(-1.0)
    lawful = told[told["lawful"]]
    assert lawful["cost"].is_monotonic_increasing
    assert told["lawful"].is_monotonic_decreasing


@pytest.mark.slow
def test_a_swap_is_offered_only_where_both_keep_every_rule(desk):
    swapped_as_the_checker_lets(desk, shifts(desk)[:1], every=4)


@pytest.mark.slow
def test_any_swap_is_offered_only_where_both_keep_every_rule(desk):
    swapped_as_the_checker_lets(desk, shifts(desk)[::4], every=1)


def swapped_as_the_checker_lets(desk, some, *, every):
    answers = set()
    for agent, day in some:
        mine = desk.shift_of(agent, day)
        for told in who_may_swap(desk, agent, day, within=1).iloc[::every].itertuples():
            theirs = desk.shift_of(told.agent, told.day)
            table = desk.changed(
                pd.concat([mine, theirs]), pd.concat([mine.assign(agent=told.agent), theirs.assign(agent=agent)])
            )
            assert told.lawful == lawful_after(desk, table, agent, told.agent), (agent, day, told)
            answers.add(told.lawful)
    assert answers == {True, False}


def test_a_shift_handed_over_or_swapped_is_in_the_table_and_cover_stays(desk):
    agent, day = shifts(desk)[0]
    told = who_may_take(desk, agent, day)
    to = told.loc[told["lawful"], "agent"].iloc[0]
    table = handed_over(desk, agent, day, to)
    left = [c for c in desk.roster.columns if c != "agent"]
    was, now = (t.sort_values(left, kind="stable")[left].reset_index(drop=True) for t in (desk.roster, table))
    pd.testing.assert_frame_equal(was, now)
    for agent, day in shifts(desk):
        offers = who_may_swap(desk, agent, day)
        for best in offers[offers["lawful"]].head(1).itertuples():
            table = swapped(desk, agent, day, best.agent, best.day)
            assert len(table) == len(desk.roster)
            assert not broken(desk, table)
            return
    pytest.fail("nobody may swap with anybody")


def test_what_breaks_a_rule_is_refused_with_its_reason(desk):
    agent, day = shifts(desk)[0]
    told = who_may_take(desk, agent, day)
    bad = told.loc[~told["lawful"]].iloc[0]
    with pytest.raises(InfeasibleError, match="the change breaks hard rules") as caught:
        handed_over(desk, agent, day, bad["agent"])
    assert bad["why"] in caught.value.reasons


def test_unknown_people_and_days_off_are_named(desk):
    with pytest.raises(DataError, match=r"agent must be one of the roster's people, got 'A99'"):
        who_may_take(desk, "A99", MONDAY)
    with pytest.raises(DataError, match=r"A1 has no shift on Wed 2026-11-25\. Days with a shift:"):
        who_may_take(desk, "A1", MONDAY + 2 * DAY)


def test_open_shifts_fill_what_is_missing_and_name_who_may_take_them(people):
    roster = build_roster(needed(voice=4.0), people, shift_types=[EARLY, LATE], time_limit=1, seed=2)
    desk = Desk(
        roster=roster, people=people, shift_types=[EARLY, LATE], span=(MONDAY, MONDAY + 5 * DAY), interval=3600.0
    )
    missing = (roster.coverage["required"] - roster.coverage["rostered"]).clip(lower=0).sum()
    found = open_shifts(desk, most=3)
    assert missing > 20
    assert (found["filled"] <= 7.5 + 1e-9).all()
    assert found["filled"].iloc[0] == found["filled"].max()
    assert 0 < found["filled"].sum() <= missing + 1e-6
    assert found["first"].notna().equals(found["may_take"] > 0)
    assert open_shifts(desk, most=1).equals(found[:1])


def test_rules_that_name_people_hold_for_them_alone(people):
    monday = pd.DataFrame(
        {
            "agent": ["A0", "A5"],
            "start": MONDAY + 6 * HOUR,
            "end": MONDAY + 14 * HOUR,
            "activity": "work",
            "paid": True,
            "shift": "early",
            "queue": "voice",
        }
    )
    late = AllowedShifts(shifts=("late",), agents=("A3",))
    desk = Desk(roster=monday, people=people, shift_types=[EARLY, LATE], rules=[late])
    told = who_may_take(desk, "A0", MONDAY).set_index("agent")["lawful"]
    assert told.to_dict() == {a: a not in ("A3", "A5") for a in told.index}


def test_open_shifts_need_coverage(desk):
    plain = Desk(roster=desk.roster, people=desk.people, shift_types=desk.shift_types)
    with pytest.raises(DataError, match="open shifts need coverage by interval"):
        open_shifts(plain)


def test_nobody_is_sent_home_where_that_leaves_somebody_missing_unless_all_are_needed(desk):
    found = time_off_offers(desk, MONDAY)
    cover = desk.coverage.set_index(["queue", "start"])
    assert len(found) == sum(day == MONDAY for _, day in shifts(desk))
    for offer in found.itertuples():
        hours = pd.date_range(offer.start, offer.end - HOUR, freq="h")
        lost = [
            1.0 - min(1.0, max(0.0, cover.loc[(offer.queue, h), "rostered"] - cover.loc[(offer.queue, h), "required"]))
            for h in hours
            if (offer.queue, h) in cover.index
        ]
        assert offer.lost <= sum(lost) + 1e-9
        assert 1.0 <= offer.hours <= 7.5
    assert found["lawful"].all()


def test_overtime_is_offered_where_people_are_short_and_rest_allows(people):
    roster = build_roster(needed(voice=4.0), people, shift_types=[EARLY, LATE], time_limit=1, seed=2)
    desk = Desk(roster=roster, people=people, shift_types=[EARLY, LATE], span=(MONDAY, MONDAY + 5 * DAY))
    found = overtime_offers(desk, MONDAY + DAY, longest="2h")
    assert len(found)
    assert (found["filled"] > 0).all()
    assert (found["filled"] <= found["hours"] + 1e-9).all()
    assert set(found["hours"]) <= {1.0, 2.0}
    for offer in found[~found["lawful"]].itertuples():
        assert offer.why.startswith(offer.agent)
    for offer in found[found["lawful"]].itertuples():
        own = roster.table[(roster.table["agent"] == offer.agent) & roster.table["shift"].notna()]
        gaps = np.r_[
            (own.loc[own["start"] > offer.end, "start"] - offer.end).min() / HOUR,
            (offer.start - own.loc[own["end"] < offer.start, "end"]).min() / HOUR,
        ]
        day = own[(own["start"] - offer.start).abs() < 12 * HOUR]
        assert (day["end"].max() == offer.start) or (day["start"].min() == offer.end)
        assert not (gaps[np.isfinite(gaps)] < 0).any()
