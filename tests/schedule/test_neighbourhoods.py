"""Groups of people planned anew together: never worse, never a lock lost, and the best there is where people are few."""

from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp

from wfm.schedule import (
    Break,
    Contract,
    People,
    ShiftType,
    build_roster,
    check_roster,
)
from wfm.schedule.checkers.roster_checker import hard_only
from wfm.schedule.rules import (
    FairWeekends,
    ForbiddenSuccession,
    HoursPerPeriod,
    MinConsecutiveDays,
    MinDaysOff,
    ShiftCount,
)
from wfm.schedule.search import neighbourhoods, solving, together

MONDAY = pd.Timestamp("2026-11-02")
DAY = pd.Timedelta(days=1)
KINDS = ("E", "L")
TYPES = [ShiftType(name=name, length="8h", starts="06:00") for name in KINDS]
RULES = [
    ForbiddenSuccession(first="L", then="E"),
    HoursPerPeriod(weeks=1, since=MONDAY, least=24, most=40, least_hard=True),
    MinConsecutiveDays(least=2),
    MinDaysOff(least=2),
    ShiftCount(shifts="L", most=3, per="roster"),
]


def case(seed, people=4, days=7):
    """Demand by day and shift, people with wishes and days off that stand."""
    rng = np.random.default_rng(seed)
    names = [f"a{k}" for k in range(people)]
    cells = [(MONDAY + d * DAY, kind, int(rng.integers(0, people // 2 + 1))) for d in range(days) for kind in KINDS]
    wishes = [
        (
            who,
            MONDAY + d * DAY,
            MONDAY + (d + 1) * DAY,
            ("work", "off")[rng.integers(2)],
            KINDS[rng.integers(2)],
            weight,
        )
        for who, d, weight in zip(rng.choice(names, 12), rng.integers(0, days, 12), rng.integers(1, 4, 12), strict=True)
    ]
    free = sorted({(str(rng.choice(names)), int(rng.integers(days))) for _ in range(2)})
    staff = People(
        agents=pd.DataFrame({"agent": names, "contract": "c"}),
        contracts={"c": Contract(name="c", min_rest=0, max_consecutive_days=4, max_weekends=1)},
        wishes=pd.DataFrame(wishes, columns=["agent", "start", "end", "kind", "type", "weight"]),
        locks=pd.DataFrame([(who, MONDAY + d * DAY, "off") for who, d in free], columns=["agent", "start", "type"]),
    )
    return pd.DataFrame(cells, columns=["day", "type", "people"]), staff


def solved(demand, staff, rules=RULES, **more):
    options = {"under_cost": 12.5, "over_cost": 0.125, "start": MONDAY, "seed": 3, "time_limit": 60.0} | more
    return build_roster(demand, staff, rules, shift_types=TYPES, **options)


def lawful(week, free):
    """Whether days (None = off) keep the rules of `RULES` and the contract, told from their text."""
    works = [kind is not None for kind in week]
    if any(works[day] for day in free) or not 3 <= sum(works) <= 5 or week.count("L") > 3:
        return False
    if any(a == "L" and b == "E" for a, b in pairwise(week)):
        return False
    edges = [0, *(d for d in range(1, len(week)) if works[d] != works[d - 1]), len(week)]
    for first, last in pairwise(edges):
        if works[first] and last - first > 4:
            return False
        if first > 0 and last < len(week) and last - first < 2:
            return False
    return True


def optimum(demand, staff, days=7):
    """The least cost there is: every lawful week of everybody in one programme of whole numbers."""
    need = {(t, k): n for t, k, n in demand.itertuples(index=False)}
    weeks = list(product((None, *KINDS), repeat=days))
    columns = []
    for who in staff.names:
        free = [
            (start - MONDAY) // DAY
            for a, start in zip(staff.locks["agent"], staff.locks["start"], strict=True)
            if a == who
        ]
        mine = [
            ((start - MONDAY) // DAY, kind, name, weight)
            for agent, start, kind, name, weight in staff.wishes[
                ["agent", "start", "kind", "type", "weight"]
            ].itertuples(index=False)
            if agent == who
        ]
        for week in weeks:
            if lawful(week, free):
                refused = sum(w for d, kind, name, w in mine if (week[d] == name) == (kind == "off"))
                columns.append((who, week, refused))
    cells = list(need)
    rows = len(cells) + len(staff.names)
    matrix = np.zeros((rows, len(columns) + 2 * len(cells)))
    for k, (who, week, _) in enumerate(columns):
        matrix[len(cells) + staff.names.index(who), k] = 1
        for d, kind in enumerate(week):
            if kind is not None:
                matrix[cells.index((MONDAY + d * DAY, kind)), k] = 1
    matrix[: len(cells), len(columns) : len(columns) + len(cells)] = np.eye(len(cells))
    matrix[: len(cells), len(columns) + len(cells) :] = -np.eye(len(cells))
    cost = np.r_[[c for *_, c in columns], np.full(len(cells), 100.0), np.full(len(cells), 1.0)]
    right = np.r_[[need[cell] for cell in cells], np.ones(len(staff.names))]
    whole = np.r_[np.ones(len(columns)), np.zeros(2 * len(cells))]
    return milp(cost, constraints=LinearConstraint(matrix, right, right), integrality=whole).fun


@given(st.integers(0, 10_000))
@settings(max_examples=4, deadline=None)
def test_few_people_get_the_best_roster_there_is_and_its_proof(seed):
    demand, staff = case(seed)
    roster = solved(demand, staff)
    assert roster.objective == pytest.approx(optimum(demand, staff))
    assert roster.bound == pytest.approx(roster.objective)
    assert roster.status == "optimal"


@pytest.mark.parametrize("seed", [1, 2])
def test_lines_too_many_to_be_listed_are_as_good_as_listed_ones(seed, monkeypatch):
    demand, staff = case(seed)
    monkeypatch.setattr(together, "MOST_LINES", 0)
    monkeypatch.setattr(solving, "fits_compact", lambda search: False)
    monkeypatch.setattr(neighbourhoods, "MOST_STEPS_OF_ALL", 0)
    roster = solved(demand, staff)
    assert roster.objective == pytest.approx(optimum(demand, staff))
    assert roster.status == "optimal"


def test_shifts_of_lines_too_many_to_be_listed_have_their_breaks(monkeypatch):
    demand, staff = case(6)
    meal = Break(name="meal", length="30min", between=("3h", "5h"), paid=False)
    types = [ShiftType(name=name, length="8h30min", starts="06:00", breaks=(meal,)) for name in KINDS]
    monkeypatch.setattr(together, "MOST_LINES", 0)
    monkeypatch.setattr(solving, "fits_compact", lambda search: False)
    roster = build_roster(demand, staff, RULES, shift_types=types, under_cost=12.5, over_cost=0.125, start=MONDAY)
    broken = check_roster(roster.table, staff, RULES, types, span=(MONDAY, MONDAY + 7 * DAY))
    assert hard_only(broken).empty
    activities = roster.table.groupby(["agent", roster.table["start"].dt.normalize()])["activity"]
    assert (activities.agg("-".join) == "work-meal-work").all()
    assert activities.ngroups >= 12  # four people, at least 24 h each


@pytest.mark.parametrize("seed", [3, 4])
def test_lines_near_everybodys_best_give_the_best_roster_and_its_proof(seed, monkeypatch):
    demand, staff = case(seed, people=7)
    grouped = solved(demand, staff)
    monkeypatch.setattr(neighbourhoods._Work, "plan_group", lambda work, people: pytest.fail("a group was planned"))
    near = solved(demand, staff)
    assert near.objective == pytest.approx(grouped.objective)
    assert near.bound == pytest.approx(near.objective)


def test_on_several_queues_no_bound_lies_above_the_best_roster(monkeypatch):
    rng = np.random.default_rng(4)
    hours = pd.date_range(MONDAY, periods=48, freq="h")
    rows = [(queue, hour, int(rng.integers(0, 3))) for queue in ("a", "b") for hour in hours[6:]]
    demand = pd.DataFrame(rows, columns=["queue", "start", "agents"])
    staff = People(
        agents=pd.DataFrame({"agent": ["p", "q", "r"], "contract": "c", "skills": ["a|b", "a|b", "b"]}),
        contracts={"c": Contract(name="c", min_rest="11h")},
    )
    types = [ShiftType(name=name, length="8h", starts=start) for name, start in (("E", "06:00"), ("L", "13:00"))]
    exact = build_roster(demand, staff, shift_types=types, over_cost=1.0)
    monkeypatch.setattr(solving, "fits_compact", lambda search: False)
    grouped = build_roster(demand, staff, shift_types=types, over_cost=1.0)
    assert exact.status == grouped.status == "optimal"
    assert grouped.objective == pytest.approx(exact.objective)


def test_a_search_ends_after_so_many_times_the_work_of_its_last_gain_where_it_is_asked_to(monkeypatch):
    demand, staff = case(11, people=6)
    groups = []

    def plan_in_vain(work, people):
        work.effort += 1.0
        groups.append(people)
        return False

    monkeypatch.setattr(neighbourhoods._Work, "plan_group", plan_in_vain)
    monkeypatch.setattr(neighbourhoods._Work, "plan_near_bound", lambda work: None)
    monkeypatch.setattr(neighbourhoods._Work, "plan_everybody", lambda work, noise: setattr(work, "first", 1.0))
    monkeypatch.setattr(solving, "fits_compact", lambda search: False)
    solved(demand, staff, patience=3.0)
    few = len(groups)
    solved(demand, staff)
    assert few == 4
    assert len(groups) - few > 20


@given(st.integers(0, 10_000))
@settings(max_examples=2, deadline=None)
def test_groups_planned_anew_lose_no_lock_and_break_no_rule(seed):
    demand, staff = case(seed, people=7, days=14)
    rules = [*RULES[:1], HoursPerPeriod(weeks=2, since=MONDAY, least=40, most=72, least_hard=True), *RULES[2:4]]
    roster = solved(demand, staff, rules)
    broken = check_roster(roster.table, staff, rules, TYPES, span=(MONDAY, MONDAY + 14 * DAY))
    assert hard_only(broken).empty
    worked = set(zip(roster.table["agent"], roster.table["start"].dt.normalize(), strict=True))
    assert not worked & set(zip(staff.locks["agent"], staff.locks["start"], strict=True))
    refused = roster.wishes["cost"].sum()
    gap = roster.coverage["gap"]
    assert roster.objective == pytest.approx(refused + 100.0 * -gap[gap < 0].sum() + gap[gap > 0].sum())
    assert roster.bound <= roster.objective + 1e-9


def test_the_same_seed_gives_the_same_roster():
    demand, staff = case(5, people=7)
    first, second = (solved(demand, staff) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)
    assert first.bound == second.bound


def test_fair_shares_count_although_no_line_knows_them():
    demand, staff = case(11)
    rules = [*RULES, FairWeekends(weight=40.0)]
    plain, fair = solved(demand, staff), solved(demand, staff, rules)
    unfair = check_roster(plain.table, staff, rules, TYPES, span=(MONDAY, MONDAY + 7 * DAY))["cost"].sum()
    assert plain.bound - 1e-9 <= fair.objective <= plain.objective + unfair + 1e-9


def test_a_missing_person_of_a_heavier_row_costs_more():
    demand, staff = case(2, people=2)
    heavy = demand.assign(people=2, weight=np.where(demand["type"] == "L", 3.0, 1.0))
    roster = solved(heavy, staff.__class__(agents=staff.agents, contracts=staff.contracts), [])
    short = roster.coverage.set_index("type")["gap"].clip(upper=0).groupby("type").sum()
    assert short["L"] > short["E"]
    assert roster.objective == pytest.approx(100.0 * -(short["E"] + 3.0 * short["L"]))


def test_a_programme_for_which_the_time_left_is_too_short_is_not_begun(monkeypatch):
    def begun(*given, **more):
        raise AssertionError("the solver was called")

    monkeypatch.setattr(together, "whole", begun)
    monkeypatch.setattr(together, "REDUCING", 1e9)
    monkeypatch.setattr(solving, "fits_compact", lambda search: False)
    demand, staff = case(5, people=6)
    roster = solved(demand, staff, time_limit=0.5)
    assert -1e-6 <= roster.bound <= roster.objective + 1e-6
