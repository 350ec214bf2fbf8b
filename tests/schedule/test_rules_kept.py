"""What the search keeps and what the checker reads off the roster is the same rule, whatever the days are."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfm.calendars import Calendar
from wfm.schedule import Contract, People, ShiftType, build_roster, read_rule
from wfm.schedule.roster.rosters import _case
from wfm.schedule.roster.writing import roster_table
from wfm.schedule.rules.rule import with_kinds
from wfm.schedule.search.measure import wishes_told
from wfm.schedule.search.pricing import Duty

WEDNESDAY = pd.Timestamp("2026-11-25")
TYPES = [
    ShiftType(name="early", length="8h", starts=["06:00", "08:00"], kind="day"),
    ShiftType(name="late", length="8h", starts=["14:00"], kind="day"),
    ShiftType(name="night", length="9h", starts=["22:00"]),
]
RULES = [
    "{type: weekly_rest, rest: 35h}",
    "{type: weekly_rest, rest: 48h}",
    "{type: rest_after_nights, rest: 48h, after: 1}",
    "{type: rest_after_nights, rest: 40h, after: 2}",
    "{type: min_days_off, least: 2}",
    "{type: min_consecutive_days, least: 3}",
    "{type: max_consecutive_nights, most: 2}",
    "{type: max_consecutive_nights, most: 1, shifts: late}",
    "{type: whole_weekends}",
    "{type: forward_rotation}",
    "{type: forward_rotation, tolerance: 2h}",
    "{type: shift_types_per_week, most: 1}",
    "{type: shift_count, shifts: day, least: 1, most: 2, per: week}",
    "{type: shift_count, days: [sun, holidays], most: 1, per: month}",
    "{type: shift_count, least: 4, most: 6, per: roster}",
    "{type: hours_in_window, days: 4, most: 20}",
    "{type: hours_in_window, days: 7, most: 30}",
    "{type: average_hours, weeks: 2, most: 26}",
    "{type: average_hours, weeks: 4, most: 24}",
    "{type: hours_per_period, weeks: 2, since: 2026-11-23, most: 40}",
    "{type: overtime, beyond: 24, cap: 8}",
    "{type: overtime, beyond: 40, per: month}",
    "{type: no_nights}",
    "{type: night_length, most: 8}",
    "{type: hours_per_day, most: 8}",
    "{type: no_work_on, days: [fri, holidays]}",
    '{type: premium_hours, hours: "22:00-06:00"}',
]
SOFT_ONLY = ("premium_hours", "overtime")
WEEK_OF_SHIFTS = st.lists(st.sampled_from([None, None, "early", "late", "night"]), min_size=9, max_size=9)


def rows_of(agent, first, days):
    starts = {"early": 8, "late": 14, "night": 22}
    lasts = {"early": 8, "late": 8, "night": 9}
    rows = [
        (agent, first + pd.Timedelta(days=k, hours=starts[name]), lasts[name], name)
        for k, name in enumerate(days)
        if name is not None
    ]
    return pd.DataFrame(
        {
            "agent": [r[0] for r in rows],
            "start": pd.to_datetime([r[1] for r in rows]),
            "end": pd.to_datetime([r[1] + pd.Timedelta(hours=r[2]) for r in rows]),
            "activity": "work",
            "paid": True,
            "shift": [r[3] for r in rows],
            "queue": "voice",
        }
    )


def a_case(rules, before=(), away=(), wishes=(), days=12, seniority=None):
    demand = pd.DataFrame({"queue": "voice", "start": pd.date_range(WEDNESDAY, periods=days, freq="D"), "agents": 1.0})
    demand["end"] = demand["start"] + pd.Timedelta(hours=1)
    previous = rows_of("Ada", WEDNESDAY - pd.Timedelta(days=len(before)), before) if before else None
    people = People(
        agents=pd.DataFrame({"agent": ["Ada"], "contract": "any", "seniority": [seniority]}),
        contracts={"any": Contract(name="any", min_rest=0, max_consecutive_days=300)},
        previous=previous if previous is not None and len(previous) else None,
        calendar=Calendar(holidays=[WEDNESDAY + pd.Timedelta(days=8)]),
        availability=pd.DataFrame(
            {
                "agent": "Ada",
                "start": [WEDNESDAY + pd.Timedelta(days=d) for d in away],
                "end": [WEDNESDAY + pd.Timedelta(days=d + 1) for d in away],
                "kind": "leave",
            }
        )
        if away
        else None,
        wishes=pd.DataFrame(
            {
                "agent": "Ada",
                "start": [WEDNESDAY + pd.Timedelta(days=d) for d, *_ in wishes],
                "end": [WEDNESDAY + pd.Timedelta(days=d + long) for d, long, _ in wishes],
                "kind": [kind for *_, kind in wishes],
                "weight": 1.0,
            }
        )
        if wishes
        else None,
    )
    return _case(demand, people, rules, TYPES, {}, WEDNESDAY, False)


def table_of(case, path):
    week = [None if p < 0 else Duty(day, p, 0, ()) for day, p in enumerate(path)]
    return roster_table([week], case.people, case.demand, case.patterns, case.choices, case.absences)


def told(case, path, *, every=True):
    """Whether the checker sees a hard rule broken, and what soft ones cost."""
    table = table_of(case, path)
    rules = (
        case.rules
        if every
        else [r for r in case.rules if r.name in ("min_rest", "not_while_absent", case.rules[-1].name)]
    )
    found = [with_kinds(rule, TYPES).violations(table, case.people, case.span) for rule in rules]
    return any(one["hard"].any() for one in found), sum(float(one["cost"].sum()) for one in found)


def searched(case, path):
    """The same as the search sees it, with the rest of the rules out of the way."""
    own = case.choices[0]
    shifts = sum(own.cost[day, p] for day, p in enumerate(path) if p >= 0)
    cost = case.lawful.tours[0].price(path) + shifts
    return bool(np.isinf(cost)), float(cost)


def a_path(data, case, away):
    names = data.draw(st.lists(st.integers(-4, case.patterns.number - 1), min_size=12, max_size=12))
    return [-1 if day in away else max(-1, p) for day, p in enumerate(names)]


def agree_on(text, before, away, data, paths):
    import yaml

    mapping = yaml.safe_load(text)
    soft = mapping["type"] in SOFT_ONLY or data.draw(st.booleans())
    rule = read_rule({**mapping, "hard": not soft, "weight": 1.0})
    case = a_case([rule], before, sorted(away))
    for _ in range(paths):
        path = a_path(data, case, away)
        broken, cost = told(case, path)
        found, price = searched(case, path)
        assert found == broken
        if not found:
            assert price == pytest.approx(cost, abs=1e-6)


@pytest.mark.parametrize("text", RULES)
def test_the_search_and_the_checker_agree_on_every_rule(text):
    agree_at_random(text, len(text), paths=1)


@pytest.mark.slow
@pytest.mark.parametrize("text", RULES)
@pytest.mark.parametrize("seed", range(4))
def test_the_search_and_the_checker_agree_on_every_rule_at_more_seeds(text, seed):
    agree_at_random(text, seed, paths=6)


def agree_at_random(text, seed, *, paths):
    import yaml

    rng = np.random.default_rng(seed)
    before = [[None, None, "early", "late", "night"][k] for k in rng.integers(0, 5, size=9)]
    rule = read_rule({**yaml.safe_load(text), "hard": yaml.safe_load(text)["type"] not in SOFT_ONLY})
    case = a_case([rule], before, [4])
    for _ in range(paths):
        path = [-1 if day == 4 else max(-1, int(p)) for day, p in enumerate(rng.integers(-4, 4, size=12))]
        broken, cost = told(case, path, every=False)
        found, price = searched(case, path)
        assert found == broken
        assert found or price == pytest.approx(cost, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("text", RULES)
@given(before=WEEK_OF_SHIFTS, away=st.sets(st.integers(0, 11), max_size=2), data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_search_and_the_checker_agree_on_many_rosters(text, before, away, data):
    agree_on(text, before, away, data, 4)


def test_refused_days_are_counted_by_the_search_as_by_the_rule():
    rule = read_rule({"type": "fair_wishes"})
    case = a_case([rule], wishes=[(0, 1, "off"), (3, 2, "work"), (6, 2, "off")])
    rng = np.random.default_rng(5)
    for _ in range(8):
        path = [max(-1, int(p)) for p in rng.integers(-4, 3, size=12)]
        fair, place = case.lawful.fair[0][0]
        state = case.lawful.tours[0].final_state(path) if np.isfinite(case.lawful.tours[0].price(path)) else None
        if state is not None:
            counted = fair.numbers(table_of(case, path), case.people, case.span)
            assert state[place] == counted.get("Ada", 0)


def a_centre(**more):
    starts = pd.date_range("2026-11-23", periods=7 * 48, freq="30min")
    open_ = (starts.hour >= 8) & (starts.hour < 18)
    day = ShiftType(name="day", length="8h", starts="08:00-10:00/60min")
    given = {
        "demand": pd.DataFrame({"queue": "voice", "start": starts, "agents": np.where(open_, 3.0, 0.0)}),
        "agents": pd.DataFrame(
            {
                "agent": ["Ada", "Bo", "Cy", "Di", "Ed"],
                "contract": "ft",
                "role": ["lead", None, None, None, "lead"],
                "languages": ["en:3", "en:1", None, None, "en:2"],
            }
        ),
        "contracts": {"ft": Contract(name="ft", hours_per_week=(32, 40), days_per_week=(4, 5))},
        "shift_types": [day],
        "time_limit": 20,
    }
    return {**given, **more}


def missing_leads(roster):
    return roster.violations[roster.violations["rule"] == "presence"]["amount"].sum()


@pytest.mark.slow
def test_a_price_on_missing_leads_brings_leads():
    presence = {"type": "presence", "roles": "lead", "least": 1, "weight": 50, "hours": "08:00-17:00"}
    watched = build_roster(**a_centre(rules=[{**presence, "weight": 0}]))
    priced = build_roster(**a_centre(rules=[presence]))
    assert missing_leads(priced) <= missing_leads(watched)
    # Ten days of two leads hold 7 x 9 hours but for one hour on each of the four days with a single lead.
    assert missing_leads(priced) == pytest.approx(4.0)


def test_skill_cover_counts_only_those_at_the_level():
    given = a_centre(rules=[{"type": "skill_cover", "skill": "en", "level": 2, "least": 1, "hours": "09:00-16:00"}])
    roster = build_roster(**given)
    able = roster.table[roster.table["agent"].isin(["Ada", "Ed"]) & (roster.table["activity"] == "work")]
    days = set(able["start"].dt.normalize())
    told = roster.violations[roster.violations["rule"] == "skill_cover"]
    assert set(told["start"].dt.normalize()).isdisjoint(days)


def test_a_trainee_counts_in_full_from_the_day_that_is_named():
    agents = pd.DataFrame(
        {
            "agent": ["Ada"],
            "contract": "pt",
            "counts_as": [0.5],
            "counts_fully_from": [pd.Timestamp("2026-11-25")],
        }
    )
    starts = pd.date_range("2026-11-23 08:00", periods=4, freq="D")
    demand = pd.DataFrame({"queue": "voice", "start": starts, "end": starts + pd.Timedelta(hours=8), "agents": 1.0})
    day = ShiftType(name="day", length="8h", starts="08:00")
    roster = build_roster(demand, agents, shift_types=[day], contracts={"pt": Contract(name="pt")})
    assert roster.coverage["rostered"].tolist() == [0.5, 0.5, 1.0, 1.0]
    assert roster.objective == pytest.approx(2 * 8 * 0.5 * 3.0)
    assert roster.bound <= roster.objective + 1e-6


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))])
def test_refused_wishes_of_senior_people_cost_the_search_what_they_cost_the_checker(seed):
    rng = np.random.default_rng(seed)
    rule = read_rule({"type": "senior_wishes", "weight": 0.25})
    wishes = [(0, 1, "off"), (3, 2, "work"), (6, 2, "off"), (11, 3, "work")]
    case = a_case([rule], wishes=wishes, seniority=8.0)
    for _ in range(3):
        path = [max(-1, int(p)) for p in rng.integers(-4, 3, size=12)]
        told_cost = sum(wishes_told(table_of(case, path), case.people, case.demand)["cost"])
        _, extra = told(case, path)
        found, price = searched(case, path)
        free = sum(case.choices[0].off[day] for day, p in enumerate(path) if p < 0)
        if not found:
            assert price + free == pytest.approx(told_cost + extra)
            assert extra == pytest.approx(0.25 * 8 * told_cost)
