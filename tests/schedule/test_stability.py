"""A published roster made again: what need not change stays, shift, queue and breaks."""

import numpy as np
import pandas as pd
import pytest

from wfm.schedule import Break, Contract, People, ShiftType, build_roster, check_roster, read_rule
from wfm.schedule.checkers.roster_checker import hard_only
from wfm.schedule.rules.rule import shifts_of
from wfm.tables import with_end

MONDAY = pd.Timestamp("2026-11-23")
DAY = pd.Timedelta(days=1)
FULL = ShiftType(
    name="full",
    length="8h",
    starts="08:00-10:00/60min",
    breaks=[Break(name="rest", length="15min", paid=True, between=("2h", "6h"))],
)
CONTRACT = Contract(name="ft", days_per_week=(3, 3))
AGENTS = pd.DataFrame({"agent": [f"A{k}" for k in range(6)], "contract": "ft", "skills": "voice|chat"})


def needed(voice=2, chat=1):
    starts = pd.date_range(MONDAY, periods=5 * 48, freq="30min")
    open_ = starts[(starts.hour >= 8) & (starts.hour < 18)]
    parts = [
        pd.DataFrame({"queue": queue, "start": open_, "agents": float(count)})
        for queue, count in (("voice", voice), ("chat", chat))
    ]
    return with_end(pd.concat(parts, ignore_index=True), 1800.0)


def people(**more):
    return People(agents=AGENTS, contracts={"ft": CONTRACT}, **more)


@pytest.fixture(scope="module")
def told():
    return build_roster(needed(), people(), shift_types=[FULL], time_limit=1, seed=3).table


def cells(table):
    rows = table[table["shift"].notna()]
    return {
        (agent, day): tuple(own[["start", "end", "activity", "queue"]].itertuples(index=False, name=None))
        for (agent, day), own in rows.groupby(["agent", rows["start"].dt.normalize()])
    }


def changed(now, before):
    now, before = cells(now), cells(before)
    return {key for key in now.keys() | before.keys() if now.get(key) != before.get(key)}


def test_a_roster_made_again_is_the_same_to_the_last_break(told):
    again = build_roster(needed(), people(), shift_types=[FULL], published=told, time_limit=5, seed=8)
    pd.testing.assert_frame_equal(again.table, told)


def test_a_meeting_moves_the_breaks_that_it_meets_and_no_others(told):
    rest = told[told["activity"] == "break"].iloc[0]
    meeting = pd.DataFrame([{"agent": rest["agent"], "start": rest["start"], "end": rest["end"], "kind": "meeting"}])
    now = build_roster(needed(), people(availability=meeting), shift_types=[FULL], published=told, time_limit=5, seed=8)
    assert changed(now.table, told) == {(rest["agent"], rest["start"].normalize())}


def test_a_dear_change_moves_only_who_must(told):
    first = told[(told["shift"].notna())].iloc[0]
    away = pd.DataFrame(
        [
            {
                "agent": first["agent"],
                "start": first["start"].normalize(),
                "end": first["start"].normalize() + DAY,
                "kind": "off",
            }
        ]
    )
    now = build_roster(
        needed(), people(availability=away), shift_types=[FULL], published=told, change_cost=1000, time_limit=5, seed=8
    )
    assert {agent for agent, _ in changed(now.table, told)} == {first["agent"]}


def test_changes_cost_what_they_are_said_to(told):
    free = build_roster(needed(3, 1), people(), shift_types=[FULL], time_limit=5, seed=8)
    priced = build_roster(needed(3, 1), people(), shift_types=[FULL], published=told, time_limit=5, seed=8)
    assert len(changed(priced.table, told)) <= len(changed(free.table, told))
    assert priced.objective >= priced.bound


def test_days_of_the_published_roster_are_not_counted_twice(told):
    before = people(previous=told)
    now = build_roster(needed(), before, shift_types=[FULL], published=told, time_limit=5, seed=8)
    work = now.table[now.table["activity"] == "work"]
    hours = (work["end"] - work["start"]).dt.total_seconds().sum() / 3600
    assert now.coverage["rostered"].sum() / 2 <= hours + 1e-6


def centre(number):
    """People of a centre open from 06:00 to 22:00 for two weeks, five days a week each, and what it needs."""
    early = ShiftType(name="early", length="8h", starts="06:00-09:00/60min")
    late = ShiftType(name="late", length="8h", starts="10:00-14:00/60min")
    starts = pd.date_range(MONDAY, periods=14 * 24, freq="h")
    open_ = starts[(starts.hour >= 6) & (starts.hour < 22)]
    shape = np.where((open_.hour >= 9) & (open_.hour < 19), 1.0, 0.6) * np.where(open_.day_of_week < 5, 1.0, 0.7)
    needed = pd.DataFrame({"queue": "voice", "start": open_, "agents": np.round(0.4 * number * shape)})
    agents = pd.DataFrame({"agent": [f"a{k:03d}" for k in range(number)], "contract": "ft"})
    contract = Contract(name="ft", days_per_week=(0, 5), max_consecutive_days=5)
    return needed, agents, contract, [early, late]


def mended_after_absence(number, share, seconds):
    needed, agents, contract, kinds = centre(number)
    staff = People(agents=agents, contracts={"ft": contract})
    told = build_roster(needed, staff, shift_types=kinds, time_limit=seconds, seed=1, under_cost=10, over_cost=1)
    shifts = shifts_of(told.table)
    morning = shifts[(shifts["day"] == MONDAY) & (shifts["shift"] == "early")]
    sick = sorted(morning["agent"])[: round(share * number)]
    away = pd.DataFrame({"agent": sick, "start": MONDAY, "end": MONDAY + DAY, "kind": "off"})
    ill = People(agents=agents, contracts={"ft": contract}, availability=away)
    now = build_roster(
        needed,
        ill,
        shift_types=kinds,
        published=told.table,
        time_limit=seconds,
        seed=1,
        under_cost=10,
        over_cost=1,
    )
    return told, now, sick, ill, kinds


def judged(told, now, sick, ill, kinds):
    altered = changed(now.table, told.table)
    assert {(agent, MONDAY) for agent in sick} <= altered
    assert len(altered) <= 2 * len(sick)
    assert hard_only(check_roster(now.table, ill, None, kinds, span=(MONDAY, MONDAY + 14 * DAY))).empty
    missing = {name: -one.coverage["gap"].clip(upper=0).sum() for name, one in (("told", told), ("now", now))}
    assert missing["now"] <= missing["told"] + 0.5 * 8 * len(sick)


def test_absences_are_covered_with_two_changes_each_and_the_rest_is_left_alone():
    judged(*mended_after_absence(40, 0.1, 20))


def test_a_roster_that_was_not_the_best_is_not_reopened_for_one_absence():
    needed, agents, contract, kinds = centre(30)
    hasty = build_roster(
        needed, agents, contracts={"ft": contract}, shift_types=kinds, time_limit=0.3, seed=4, under_cost=10
    ).table
    who = shifts_of(hasty)["agent"].iloc[0]
    days = shifts_of(hasty)
    day = days.loc[days["agent"] == who, "day"].iloc[0]
    away = pd.DataFrame({"agent": [who], "start": [day], "end": [day + DAY], "kind": ["off"]})
    ill = People(agents=agents, contracts={"ft": contract}, availability=away)
    now = build_roster(needed, ill, shift_types=kinds, published=hasty, time_limit=20, seed=4, under_cost=10)
    assert len(changed(now.table, hasty)) <= 2


@pytest.mark.slow
def test_a_tenth_of_500_people_absent_on_monday_are_covered_in_twenty_seconds():
    told, now, *rest = mended_after_absence(500, 0.1, 60)
    judged(told, now, *rest)
    assert now.seconds < 20


STABLE = {"type": "stability", "weight": 2, "notice": "2d", "times": 5}


def test_a_rule_of_stability_counts_the_days_that_changed_dearer_inside_the_notice(told):
    rows = told[told["shift"].notna()]
    days = sorted(set(zip(rows["agent"], rows["start"].dt.normalize(), strict=True)))
    early, late = next(c for c in days if c[1] == MONDAY), next(c for c in days if c[1] >= MONDAY + 2 * DAY)
    gone = [(a, d) in (early, late) for a, d in zip(told["agent"], told["start"].dt.normalize(), strict=True)]
    left = told[~np.array(gone)]
    rule = read_rule(STABLE)
    found = rule.violations(left, people(published=told), (MONDAY, MONDAY + 5 * DAY))
    assert dict(zip(found["agent"] + found["start"].dt.strftime("%a"), found["cost"], strict=True)) == {
        early[0] + "Mon": 10.0,
        late[0] + f"{late[1]:%a}": 2.0,
    }
    assert found["message"].str.contains("free; full").all()
    assert rule.violations(left, people(), (MONDAY, MONDAY + 5 * DAY)).empty
    assert rule.violations(told, people(published=told), (MONDAY, MONDAY + 5 * DAY)).empty


def test_other_breaks_alone_count_half_and_only_those_named_are_watched(told):
    rest = told[told["activity"] == "break"].iloc[0]
    moved, later = told.copy(), pd.Timedelta(minutes=15)
    own = told["agent"] == rest["agent"]
    moved.loc[own & told["start"].isin([rest["start"], rest["end"]]), "start"] += later
    moved.loc[own & told["end"].isin([rest["start"], rest["end"]]), "end"] += later
    span = (MONDAY, MONDAY + 5 * DAY)
    found = read_rule({"type": "stability", "weight": 2}).violations(moved, people(published=told), span)
    assert found[["agent", "amount", "cost"]].to_numpy().tolist() == [[rest["agent"], 0.5, 1.0]]
    others = read_rule({"type": "stability", "but": [rest["agent"]]})
    assert others.violations(moved, people(published=told), span).empty


@pytest.mark.parametrize("need", [3, 1])
def test_a_roster_keeps_the_days_that_are_dear_to_change_and_says_what_changed(told, need):
    now = build_roster(needed(need), people(), [STABLE], shift_types=[FULL], published=told, time_limit=3, seed=8)
    listed = now.violations[now.violations["rule"] == "stability"]
    assert set(zip(listed["agent"], listed["start"], strict=True)) == changed(now.table, told)
    assert now.objective >= now.bound - 1e-6
    known = build_roster(needed(need), people(published=told), [STABLE], shift_types=[FULL], time_limit=3, seed=8)
    assert changed(known.table, told) == changed(now.table, told)
    plain = build_roster(
        needed(need), people(), shift_types=[FULL], published=told, change_cost=2, time_limit=3, seed=8
    )
    inside = {cell for cell in changed(plain.table, told) if cell[1] < MONDAY + 2 * DAY}
    assert len([cell for cell in changed(now.table, told) if cell[1] < MONDAY + 2 * DAY]) <= len(inside)


def test_a_change_moves_to_the_days_that_were_told_in_time():
    day = ShiftType(name="day", length="8h", starts="08:00")
    agents = pd.DataFrame({"agent": ["Ada"], "contract": "pt"})
    given = {"shift_types": [day], "contracts": {"pt": Contract(name="pt", days_per_week=(1, 1))}}
    week = pd.date_range(MONDAY, periods=7)

    def demand(*days):
        return pd.DataFrame({"day": week, "type": "day", "people": [int(d in days) for d in range(7)]})

    told = build_roster(demand(0), agents, **given).table
    late = {"type": "stability", "weight": 5, "notice": "3d", "times": 10}
    kept = build_roster(demand(4), agents, [late], published=told, **given)
    assert set(kept.table["start"].dt.normalize()) == {MONDAY}
    early = {**late, "told": "2026-11-16"}
    moved = build_roster(demand(4), agents, [early], published=told, **given)
    assert set(moved.table["start"].dt.normalize()) == {MONDAY + 4 * DAY}
    assert moved.violations["cost"].tolist() == [5.0, 5.0]
    assert moved.objective == pytest.approx(moved.bound) == 10.0


def test_those_absent_are_replaced_however_little_time_there_is():
    told, now, sick, ill, kinds = mended_after_absence(30, 0.1, 0.1)
    assert len(changed(now.table, told.table)) > len(sick)
    assert hard_only(check_roster(now.table, ill, None, kinds, span=(MONDAY, MONDAY + 14 * DAY))).empty
