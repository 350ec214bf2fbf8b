"""A published roster made again: what need not change stays, shift, queue and breaks."""

import pandas as pd
import pytest

from wfm.schedule import Break, Contract, People, ShiftType, build_roster
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
    return build_roster(needed(), people(), shift_types=[FULL], time_limit=5, seed=3).table


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
