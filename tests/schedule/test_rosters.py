"""Rosters of named people: stories small enough to know the answer, and laws that hold for all."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError, InfeasibleError, SettingError
from wfm.hours import OpeningHours
from wfm.schedule import Break, Contract, People, ShiftType, build_roster, check_roster, rules_of
from wfm.schedule.checkers.roster_checker import hard_only
from wfm.schedule.rules import (
    FairNights,
    FairWeekends,
    ForbiddenSuccession,
    MaxConsecutiveDays,
    MaxNights,
    MinRest,
)

MONDAY = pd.Timestamp("2026-11-23")
DAY = pd.Timedelta(days=1)
MORNING = ShiftType(name="M", length="8h", starts="06:00")
LATE = ShiftType(name="A", length="8h", starts="14:00")
NIGHT = ShiftType(name="N", length="8h", starts="22:00", kind="night")
SHIFTS = [MORNING, LATE, NIGHT]
FREE = Contract(name="free", min_rest=0, max_consecutive_days=366)


def staff(*names, contract=FREE, **more):
    table = pd.DataFrame({"agent": list(names), "contract": contract.name, **more.pop("columns", {})})
    return People(agents=table, contracts={contract.name: contract}, **more)


def by_shift(*cells):
    """Cells of (day, type, people)."""
    return pd.DataFrame([(MONDAY + d * DAY, t, n) for d, t, n in cells], columns=["day", "type", "people"])


def by_interval(queue="voice", first=8, last=16, people=1.0, days=1, width=60):
    starts = [
        MONDAY + d * DAY + pd.Timedelta(minutes=m) for d in range(days) for m in range(first * 60, last * 60, width)
    ]
    return pd.DataFrame(
        {
            "queue": queue,
            "start": starts,
            "end": [s + pd.Timedelta(minutes=width) for s in starts],
            "agents": float(people),
        }
    )


def spans(roster, what="%a %H"):
    work = roster.table[roster.table["shift"].notna()]
    first = work.groupby(["agent", work["start"].dt.normalize()])["start"].min()
    return sorted(zip(first.index.get_level_values(0), first.dt.strftime(what), strict=True))


# --- rules that other planners get wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "agents", "rules"),
    [
        ([(0, "N", 1), (1, "N", 1)], 1, [("N", "M")]),
        ([(0, "N", 1), (1, "A", 1)], 1, [("N", "M")]),
        ([(0, "N", 1)], 3, [("N", "M"), ("N", "A")]),
        ([(0, "N", 1), (1, "M", 1), (1, "A", 1)], 3, [("N", "M"), ("N", "A")]),
        ([(d, t, 1) for d in range(4) for t in "MAN"], 8, [("N", "M"), ("N", "A")]),
    ],
)
def test_a_succession_forbids_only_its_pair(cells, agents, rules):
    people = staff(*(f"a{k}" for k in range(agents)))
    roster = build_roster(
        by_shift(*cells), people, [ForbiddenSuccession(first=f, then=t) for f, t in rules], shift_types=SHIFTS, seed=1
    )
    assert (roster.coverage["gap"] == 0).all()
    assert roster.objective == 0.0
    assert roster.status == "optimal"


def test_a_forbidden_pair_is_short_rather_than_unlawful():
    roster = build_roster(
        by_shift((0, "N", 1), (1, "M", 1)),
        staff("Ada"),
        [ForbiddenSuccession(first="N", then="M")],
        shift_types=SHIFTS,
        seed=1,
    )
    assert roster.objective == pytest.approx(24.0)
    assert roster.bound == pytest.approx(24.0)


def test_one_agent_serves_one_queue_at_a_time():
    needed = pd.concat([by_interval("voice", people=14), by_interval("chat", people=14)])
    day = ShiftType(name="day", length="8h", starts="08:00")
    people = staff(*(f"a{k:02d}" for k in range(14)), columns={"skills": "voice|chat"})
    roster = build_roster(needed, people, shift_types=[day], seed=1)
    assert -roster.coverage["gap"].sum() == pytest.approx(14 * 8)
    assert roster.table.groupby("agent")["queue"].nunique().eq(1).all()
    both = build_roster(
        needed, staff(*(f"a{k:02d}" for k in range(28)), columns={"skills": "voice|chat"}), shift_types=[day], seed=1
    )
    assert both.objective == 0.0


def test_an_overnight_shift_covers_the_next_day():
    needed = by_interval(first=0, last=24, days=2)
    roster = build_roster(needed, staff("Ada"), shift_types=[NIGHT], over_cost=0.0, seed=1)
    covered = roster.coverage[roster.coverage["rostered"] > 0]["start"].dt.strftime("%a %H").tolist()
    assert covered[:8] == ["Mon 22", "Mon 23", *(f"Tue {h:02d}" for h in range(6))]


def test_on_a_circle_the_last_night_covers_the_first_morning():
    needed = by_interval(first=0, last=24, days=2)
    types = [ShiftType(name="day", length="12h", starts=["06:00", "18:00"])]
    people = staff("Ada", "Bo")
    open_end = build_roster(needed, people, shift_types=types, seed=1)
    circle = build_roster(needed, people, shift_types=types, cyclic=True, seed=1)
    assert open_end.objective == pytest.approx(3.0 * 6)
    assert circle.objective == 0.0


# --- stories ---------------------------------------------------------------------------------------------------------


def test_too_few_people_leave_a_shortage_and_no_error():
    roster = build_roster(
        by_interval(people=3), staff("Ada"), shift_types=[ShiftType(name="d", length="8h", starts="08:00")]
    )
    assert roster.coverage["gap"].eq(-2).all()
    assert roster.objective == pytest.approx(2 * 8 * 3.0)
    assert roster.status == "optimal"


def test_without_any_time_people_still_go_where_they_are_short():
    needed = by_interval(first=0, last=24, people=2, days=7)
    five = Contract(name="ft", days_per_week=(5, 5), max_consecutive_days=6)
    people = staff(*(f"a{k}" for k in range(10)), contract=five)
    roster = build_roster(needed, people, shift_types=SHIFTS, time_limit=0, seed=1)
    assert set(roster.table["shift"].dropna()) == {"M", "A", "N"}
    assert (roster.coverage["rostered"] >= 1).mean() > 0.9


def test_breaks_go_where_they_hurt_least():
    needed = by_interval(people=1, width=30)
    needed.loc[needed["start"].dt.hour == 12, "agents"] = 0.0
    day = ShiftType(
        name="d",
        length="8h",
        starts="08:00",
        breaks=[Break(name="meal", length="30min", paid=False, between=("3h", "5h"))],
    )
    roster = build_roster(needed, staff("Ada"), shift_types=[day])
    meal = roster.table[roster.table["activity"] == "meal"]
    assert meal["start"].dt.hour.tolist() == [12]
    assert not meal["paid"].any()
    assert roster.coverage["gap"].min() == 0


def test_rest_runs_on_over_the_seam():
    last = pd.DataFrame(
        {
            "agent": ["Ada"],
            "start": [MONDAY - pd.Timedelta(hours=2)],
            "end": [MONDAY + pd.Timedelta(hours=6)],
            "activity": "work",
            "paid": True,
            "shift": "N",
            "queue": "voice",
        }
    )
    people = staff("Ada", contract=Contract(name="ft", min_rest="11h"), previous=last)
    roster = build_roster(by_shift((0, "M", 1), (0, "A", 1), (1, "M", 1)), people, shift_types=SHIFTS)
    assert spans(roster) == [("Ada", "Tue 06")]


def test_last_weeks_night_still_covers_monday_morning():
    last = pd.DataFrame(
        {
            "agent": ["Ada"],
            "start": [MONDAY - pd.Timedelta(hours=2)],
            "end": [MONDAY + pd.Timedelta(hours=6)],
            "activity": "work",
            "paid": True,
            "shift": "N",
            "queue": "voice",
        }
    )
    roster = build_roster(by_interval(first=0, last=6), staff("Ada", previous=last), shift_types=SHIFTS)
    assert roster.coverage["gap"].eq(0).all()
    assert not len(roster.table)


def test_contract_hours_are_worked_even_where_nobody_is_missing():
    people = staff("Ada", contract=Contract(name="ft", hours_per_week=40, days_per_week=(5, 5)))
    roster = build_roster(by_interval(people=0, days=7), people, shift_types=SHIFTS)
    assert roster.paid_hours == 40
    assert roster.violations.empty


def test_paid_leave_stands_for_contract_hours():
    leave = pd.DataFrame({"agent": ["Ada"], "start": [MONDAY], "end": [MONDAY + 2 * DAY], "kind": ["leave"]})
    people = staff("Ada", contract=Contract(name="ft", hours_per_week=40, days_per_week=(5, 5)), availability=leave)
    roster = build_roster(by_interval(days=7), people, shift_types=SHIFTS)
    assert roster.table.loc[roster.table["activity"] == "leave", "start"].dt.strftime("%a").tolist() == ["Mon", "Tue"]
    assert len(spans(roster)) == 3
    assert roster.paid_hours == 40
    assert roster.violations.empty


def test_a_training_takes_its_hours_from_the_shift():
    away = pd.DataFrame(
        {
            "agent": ["Ada"],
            "start": [MONDAY + pd.Timedelta(hours=10)],
            "end": [MONDAY + pd.Timedelta(hours=12)],
            "kind": ["training"],
        }
    )
    day = ShiftType(
        name="d",
        length="8h",
        starts="08:00",
        breaks=[Break(name="meal", length="30min", paid=False, between=("2h", "6h"))],
    )
    roster = build_roster(by_interval(width=30), staff("Ada", availability=away), shift_types=[day])
    held = roster.table[roster.table["activity"] == "training"]
    assert held["shift"].tolist() == ["d"]
    assert -roster.coverage["gap"].sum() / 2 == pytest.approx(2.5)


def test_off_leave_and_only_times_take_days_away():
    away = pd.DataFrame(
        {
            "agent": ["Ada", "Bo"],
            "start": [MONDAY, MONDAY + DAY + pd.Timedelta(hours=6)],
            "end": [MONDAY + DAY, MONDAY + DAY + pd.Timedelta(hours=14)],
            "kind": ["off", "only"],
        }
    )
    roster = build_roster(
        by_shift((0, "M", 2), (1, "M", 2), (2, "M", 2)), staff("Ada", "Bo", availability=away), shift_types=SHIFTS
    )
    assert spans(roster, "%a") == [("Ada", "Tue"), ("Ada", "Wed"), ("Bo", "Tue")]


def test_trainees_count_in_part_and_leads_not_at_all():
    day = ShiftType(name="d", length="8h", starts="08:00")
    people = staff(
        "Ada",
        "Bo",
        "Lee",
        columns={"counts_as": [1.0, 0.5, 0.0], "role": [None, "trainee", "lead"]},
        contract=Contract(name="ft", hours_per_week=(8, 8)),
    )
    roster = build_roster(by_interval(people=3, days=7), people, shift_types=[day])
    assert roster.coverage["rostered"].max() <= 1.5
    assert roster.coverage["rostered"].sum() == pytest.approx(8 * 1.5)


def test_opening_hours_bind_unless_the_shift_says_otherwise():
    hours = {"voice": OpeningHours.read("08:00-16:00")}
    types = [ShiftType(name="d", length="8h", starts="07:00-09:00/30min")]
    roster = build_roster(by_interval(), staff("Ada"), shift_types=types, hours=hours)
    assert spans(roster) == [("Ada", "Mon 08")]
    early = [ShiftType(name="d", length="8h", starts="07:00", outside_hours=True)]
    assert spans(build_roster(by_interval(), staff("Ada"), shift_types=early, hours=hours)) == [("Ada", "Mon 07")]


def test_wishes_are_granted_where_they_cost_nothing_and_told_where_not():
    wishes = pd.DataFrame(
        {
            "agent": ["Ada", "Bo", "Bo"],
            "start": [MONDAY, MONDAY, MONDAY + DAY],
            "end": [MONDAY + DAY, MONDAY + DAY, MONDAY + 2 * DAY],
            "kind": ["off", "off", "work"],
            "type": [None, None, "M"],
        }
    )
    roster = build_roster(by_shift((0, "M", 1), (1, "M", 1)), staff("Ada", "Bo", wishes=wishes), shift_types=SHIFTS)
    assert roster.coverage["gap"].eq(0).all()
    assert roster.wishes["granted"].sum() == 2
    refused = roster.wishes[~roster.wishes["granted"]]
    assert refused["why"].str.contains("M would be short 1 on Mon 23 Nov").all()
    assert roster.objective == pytest.approx(1.0)


def test_weekends_are_shared_and_history_counts():
    needed = by_shift(*((d, "M", 1) for d in (5, 6, 12, 13)))
    roster = build_roster(needed, staff("Ada", "Bo"), [FairWeekends(weight=20)], shift_types=SHIFTS)
    assert pd.Series([a for a, _ in spans(roster)]).value_counts().to_dict() == {"Ada": 2, "Bo": 2}
    tired = staff("Ada", "Bo", columns={"weekends": [4, 0]})
    roster = build_roster(needed, tired, [FairWeekends(weight=20)], shift_types=SHIFTS)
    assert {a for a, _ in spans(roster)} == {"Bo"}


@pytest.mark.parametrize(
    ("history", "nights"), [([0, 0, 0], [2, 2, 1]), ([2, 3, 0], [2, 1, 2]), ([2, 1, 2], [2, 3, 0])]
)
def test_nights_are_shared_pro_rata_to_contract_hours(history, nights):
    contracts = {"ft": Contract(name="ft", hours_per_week=(0, 80)), "pt": Contract(name="pt", hours_per_week=(0, 40))}
    agents = pd.DataFrame({"agent": ["Ada", "Bo", "Cy"], "contract": ["ft", "ft", "pt"], "nights": history})
    people = People(agents=agents, contracts=contracts)
    rules = [FairNights(weight=200), MaxConsecutiveDays(most=7)]
    roster = build_roster(by_shift(*((d, "N", 1) for d in range(5))), people, rules, shift_types=SHIFTS, under_cost=50)
    shared = pd.Series([agent for agent, _ in spans(roster)]).value_counts()
    assert shared.reindex(["Ada", "Bo", "Cy"], fill_value=0).tolist() == nights
    found = check_roster(roster.table, people, [*rules_of(contracts), *rules], SHIFTS, span=(MONDAY, MONDAY + 5 * DAY))
    assert found["cost"].sum() == pytest.approx(roster.violations["cost"].sum())


def test_a_small_change_moves_few_days():
    needed = by_shift(*((d, t, 1) for d in range(7) for t in "MA"))
    contract = Contract(name="ft", days_per_week=(0, 5))
    before = build_roster(needed, staff("Ada", "Bo", "Cy", "Di", contract=contract), shift_types=SHIFTS, seed=3)
    sick = spans(before, "%Y-%m-%d")[0]
    away = pd.DataFrame({"agent": [sick[0]], "start": [sick[1]], "end": [pd.Timestamp(sick[1]) + DAY], "kind": ["off"]})
    after = build_roster(
        needed,
        staff("Ada", "Bo", "Cy", "Di", contract=contract, availability=away),
        shift_types=SHIFTS,
        start_from=before.table,
        seed=3,
    )
    changed = set(spans(before, "%a %H")) ^ set(spans(after, "%a %H"))
    assert after.coverage["gap"].min() == 0
    assert len(changed) <= 4
    again = build_roster(
        needed, staff("Ada", "Bo", "Cy", "Di", contract=contract), shift_types=SHIFTS, start_from=before.table, seed=9
    )
    pd.testing.assert_frame_equal(again.table, before.table)


# --- contradictions and bad input ------------------------------------------------------------------------------------


def locks(*rows):
    return pd.DataFrame(rows, columns=["agent", "start", "type"])


@pytest.mark.parametrize(
    ("fixed", "away", "words"),
    [
        (locks(("Ada", MONDAY, "M")), ("leave", 0, 24), "locks of Ada against not_while_absent: .* during leave"),
        (
            locks(("Ada", MONDAY + pd.Timedelta(hours=22), "N"), ("Ada", MONDAY + pd.Timedelta(hours=38), "A")),
            None,
            "locks of Ada against min_rest: Ada rests 8 h between .*, at least 11 h wanted",
        ),
        (locks(("Ada", MONDAY, "M"), ("Ada", MONDAY, "off")), None, "name both 'M' and 'off' on Mon 23 Nov"),
        (
            locks(*(("Ada", MONDAY + d * DAY, "M") for d in range(3))),
            None,
            "max_consecutive_days: Ada works the 3th day",
        ),
    ],
)
def test_contradictions_of_locks_and_rules_are_told_in_words(fixed, away, words):
    table = (
        None
        if away is None
        else pd.DataFrame(
            {
                "agent": ["Ada"],
                "start": [MONDAY + pd.Timedelta(hours=away[1])],
                "end": [MONDAY + pd.Timedelta(hours=away[2])],
                "kind": [away[0]],
            }
        )
    )
    people = staff("Ada", contract=Contract(name="ft", max_consecutive_days=2), locks=fixed, availability=table)
    with pytest.raises(InfeasibleError, match=words) as caught:
        build_roster(by_shift(*((d, "M", 1) for d in range(4))), people, shift_types=SHIFTS)
    assert caught.value.reasons


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"demand": by_shift((0, "X", 1))}, DataError, "demand.type must be a shift type, one of 'M', 'A', 'N', .*'X'"),
        ({"demand": by_shift((0, "M", -1))}, DataError, "demand.people must be a number"),
        ({"demand": pd.DataFrame()}, DataError, "demand must be a table with rows"),
        ({"agents": pd.DataFrame({"agent": ["Ada"], "contract": ["ft"]})}, SettingError, "contracts must be given"),
        (
            {"agents": staff("Ada", columns={"skills": "vioce"}), "demand": by_interval()},
            DataError,
            "agents.skills names 'vioce'.*Did you mean 'voice'",
        ),
        (
            {"agents": staff("Ada", locks=locks(("Ada", MONDAY, "X")))},
            DataError,
            "locks.type must be 'off' or a shift type",
        ),
        (
            {"agents": staff("Ada", locks=locks(("Ada", MONDAY + pd.Timedelta(hours=7), "M")))},
            DataError,
            "locks.start must be a start of shift 'M', got 2026-11-23 07:00 .*Allowed: '06:00'",
        ),
        ({"under_cost": -1}, SettingError, "under_cost must be a number"),
        ({"week_start": "saturday"}, SettingError, "week_start must be one of"),
        ({"rules": [{"type": "fair_weekends", "hard": True}]}, SettingError, "fair_weekends must be soft"),
        ({"shift_types": []}, SettingError, "shift_types must hold at least one"),
    ],
)
def test_bad_input_is_refused_with_its_place(change, error, words):
    given_ = {"demand": by_shift((0, "M", 1)), "agents": staff("Ada"), "rules": (), "shift_types": SHIFTS, **change}
    with pytest.raises(error, match=words):
        build_roster(given_.pop("demand"), given_.pop("agents"), given_.pop("rules"), **given_)


# --- laws ------------------------------------------------------------------------------------------------------------


def random_case(seed):
    rng = np.random.default_rng(seed)
    types = [
        ShiftType(
            name="full",
            length="8h30min",
            starts="07:00-13:00/1h",
            breaks=[
                Break(name="rest", length="15min", paid=True, between=("1h", "2h"), grid=900),
                Break(name="meal", length="30min", paid=False, between=("3h", "5h")),
            ],
        ),
        ShiftType(name="short", length="4h", starts="07:00-18:00/1h"),
        NIGHT,
    ]
    contracts = {
        "ft": Contract(
            name="ft",
            shifts=("full", "N"),
            hours_per_week=(24, 40),
            days_per_week=(3, 5),
            start_band="1h" if rng.random() < 0.5 else None,
        ),
        "pt": Contract(name="pt", shifts=("short",), hours_per_week=(8, 20), max_consecutive_days=3),
    }
    number = int(rng.integers(2, 6))
    names = [f"a{k}" for k in range(number)]
    agents = pd.DataFrame(
        {
            "agent": names,
            "contract": rng.choice(["ft", "pt"], number),
            "skills": rng.choice(["voice", "chat", "voice|chat"], number),
            "counts_as": rng.choice([1.0, 0.5], number, p=[0.8, 0.2]),
        }
    )
    days = rng.integers(0, 6, 3)
    away = pd.DataFrame(
        {
            "agent": rng.choice(names, 3),
            "start": [MONDAY + int(d) * DAY for d in days],
            "end": [MONDAY + int(d + 1) * DAY for d in days],
            "kind": rng.choice(["off", "leave"], 3),
        }
    )
    kinds = {"ft": "full", "pt": "short"}
    free = [
        (n, d)
        for n in names
        for d in range(7)
        if not (away["agent"].eq(n) & away["start"].le(MONDAY + d * DAY) & away["end"].gt(MONDAY + d * DAY)).any()
    ]
    who, day = free[int(rng.integers(len(free)))]
    contract = agents.loc[agents["agent"] == who, "contract"].iloc[0]
    fixed = pd.DataFrame(
        {"agent": [who], "start": [MONDAY + day * DAY], "type": [rng.choice([kinds[contract], "off"])]}
    )
    wishes = pd.DataFrame(
        {
            "agent": rng.choice(names, 2),
            "start": [MONDAY, MONDAY + 3 * DAY],
            "end": [MONDAY + DAY, MONDAY + 4 * DAY],
            "kind": ["off", "work"],
        }
    )
    needed = pd.concat([by_interval(queue, first=7, last=22, days=7, width=30) for queue in ("voice", "chat")])
    needed["agents"] = rng.integers(0, 3, len(needed)).astype(float)
    people = People(agents=agents, contracts=contracts, availability=away, locks=fixed, wishes=wishes)
    return needed, people, [FairWeekends(weight=2), MaxNights(most=2), MinRest(rest="13h", hard=False, weight=1)], types


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 100_000))
def test_every_roster_passes_the_checker_keeps_its_locks_and_lies_above_its_bound(seed):
    needed, people, rules, types = random_case(seed)
    roster = build_roster(needed, people, rules, shift_types=types, seed=seed, time_limit=0.8)
    found = check_roster(
        roster.table,
        people,
        [*rules_of(people.contracts), *rules],
        types,
        interval=1800,
        span=(MONDAY, MONDAY + 7 * DAY),
    )
    assert hard_only(found).empty
    assert found["cost"].sum() == pytest.approx(roster.violations["cost"].sum())
    assert roster.bound <= roster.objective + 1e-9
    missing = -roster.coverage["gap"].clip(upper=0).sum() / 2 * 3.0
    assert roster.objective >= missing - 1e-6
    lock = people.locks.iloc[0]
    own = roster.table[(roster.table["agent"] == lock["agent"]) & roster.table["shift"].notna()]
    own = own[own["start"].dt.normalize() == lock["start"]]
    assert (own["shift"] == lock["type"]).any() if lock["type"] != "off" else (own["shift"] == "N").sum() in (0, 1)


def test_the_same_seed_gives_the_same_roster_in_any_time_unit():
    needed, people, rules, types = random_case(5)
    first, second = (
        build_roster(
            needed.astype({"start": f"datetime64[{unit}]", "end": f"datetime64[{unit}]"}),
            people,
            rules,
            shift_types=types,
            seed=2,
        )
        for unit in ("us", "ns")
    )
    pd.testing.assert_frame_equal(first.table.astype(str), second.table.astype(str))
    assert first.objective == pytest.approx(second.objective)


def test_the_callers_tables_are_not_changed():
    needed, people, rules, types = random_case(3)
    before = needed.copy()
    build_roster(needed, people, rules, shift_types=types, time_limit=1)
    pd.testing.assert_frame_equal(needed, before)


@pytest.mark.parametrize("seed", [-1, 1.5, "x", None, True])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(SettingError, match="seed must be a whole number of at least 0"):
        build_roster(by_shift((0, "M", 1)), staff("Ada"), shift_types=SHIFTS, seed=seed)


def test_two_shift_types_of_one_name_are_refused():
    with pytest.raises(SettingError, match="names of their own, got 'M' twice"):
        build_roster(
            by_interval(), staff("Ada"), shift_types=[MORNING, ShiftType(name="M", length="4h", starts="09:00")]
        )


def test_a_start_that_is_no_roster_is_refused():
    with pytest.raises(DataError, match="roster has no column 'agent'"):
        build_roster(by_interval(), staff("Ada"), shift_types=SHIFTS, start_from=pd.DataFrame({"x": [1]}))


def test_times_with_a_zone_are_refused():
    zoned = by_interval().assign(start=lambda table: table["start"].dt.tz_localize("Europe/Berlin"))
    with pytest.raises(DataError, match="start must be local clock times without a time zone"):
        build_roster(zoned, staff("Ada"), shift_types=SHIFTS)


@pytest.mark.slow
def test_a_centre_of_150_round_the_clock_is_planned_in_ten_seconds_and_mended_in_three():
    rng = np.random.default_rng(1)
    full = ShiftType(
        name="full",
        length="9h",
        starts=[1800.0 * k for k in range(48)],
        breaks=[
            Break(name="rest", length="15min", paid=True, between=("45min", "1h30min"), grid=900),
            Break(name="meal", length="1h", paid=False, between=("3h30min", "4h30min")),
            Break(name="rest 2", length="15min", paid=True, between=("6h30min", "7h30min"), grid=900),
        ],
    )
    contract = Contract(name="ft", hours_per_week=(40, 40), days_per_week=(5, 5), start_band="1h")
    agents = pd.DataFrame(
        {
            "agent": [f"a{k:03d}" for k in range(150)],
            "contract": "ft",
            "skills": rng.choice(["voice", "chat", "voice|chat", "voice|chat|tickets"], 150),
        }
    )
    hour = np.arange(48 * 7) / 2 % 24
    shape = 0.25 + np.exp(-(((hour - 11) / 3) ** 2)) + 0.9 * np.exp(-(((hour - 16.5) / 3.2) ** 2))
    needed = pd.concat(
        [
            pd.DataFrame(
                {
                    "queue": queue,
                    "start": pd.date_range(MONDAY, periods=48 * 7, freq="30min"),
                    "agents": np.round(shape / shape.sum() * 2 * 5800 * share),
                }
            )
            for queue, share in (("voice", 0.55), ("chat", 0.33), ("tickets", 0.12))
        ]
    )
    people = People(agents=agents, contracts={"ft": contract})
    roster = build_roster(needed, people, shift_types=[full], time_limit=10, seed=1)
    assert roster.seconds < 12
    assert -roster.coverage["gap"].clip(upper=0).sum() / 2 < 0.06 * needed["agents"].sum() / 2
    first = roster.table["start"].dt.normalize() == MONDAY
    sick = roster.table.loc[first, "agent"].unique()[:5]
    away = pd.DataFrame({"agent": sick, "start": MONDAY, "end": MONDAY + DAY, "kind": "off"})
    ill = People(agents=agents, contracts={"ft": contract}, availability=away)
    mended = build_roster(needed, ill, shift_types=[full], time_limit=3, seed=1, start_from=roster.table, change_cost=5)
    assert mended.seconds < 4
    assert hard_only(mended.violations).empty
