"""Rules of stretches, windows, counts, presence and fairness, read off rosters written by hand; laws; descriptions."""

from dataclasses import fields

import pandas as pd
import pytest
import yaml

from wfm.calendars import Calendar
from wfm.errors import DataError, SettingError
from wfm.schedule import RULES, Contract, People, ShiftType, build_roster, read_rule, rules_of
from wfm.schedule.rules import all_rules
from wfm.schedule.rules.described import describe_rule, describe_rules
from wfm.schedule.rules.law_files import CHECK, law_names, read_law, read_rules
from wfm.schedule.rules.rule import Rule, with_kinds

MONDAY = pd.Timestamp("2026-11-23")
SPAN = (MONDAY, MONDAY + pd.Timedelta(days=7))
TYPES = [ShiftType(name="night", length="8h", starts="22:00"), ShiftType(name="day", length="8h", starts="08:00")]


def people(**more):
    agents = more.pop("agents", pd.DataFrame({"agent": ["Ada", "Bo"], "contract": "ft"}))
    return People(agents=agents, contracts={"ft": Contract(name="ft", hours_per_week=(40, 40))}, **more)


def roster(*shifts, agent="Ada"):
    """Shifts as (day, first hour, last hour[, type])."""
    rows = [
        (
            agent,
            MONDAY + pd.Timedelta(days=s[0], hours=s[1]),
            MONDAY + pd.Timedelta(days=s[0], hours=s[2]),
            "work",
            True,
            s[3] if len(s) > 3 else "day",
            "voice",
        )
        for s in shifts
    ]
    return pd.DataFrame(rows, columns=["agent", "start", "end", "activity", "paid", "shift", "queue"])


def days(*numbers, agent="Ada"):
    return roster(*((n, 8, 16) for n in numbers), agent=agent)


def nights(*numbers):
    return roster(*((n, 22, 30, "night") for n in numbers))


@pytest.mark.parametrize(
    ("text", "table", "amounts"),
    [
        ("{type: weekly_rest, rest: 35h}", days(0, 1, 2, 3, 4), []),
        ("{type: weekly_rest, rest: 35h}", roster(*((n, 8, 16) for n in range(7))), [1]),
        ("{type: weekly_rest, rest: 35h}", roster((0, 14, 22), (2, 6, 14), (4, 6, 14), (6, 6, 14)), []),
        ("{type: weekly_rest, rest: 48h}", roster((0, 14, 22), (2, 6, 14), (4, 6, 14), (6, 6, 14)), [1]),
        ("{type: rest_after_nights, rest: 48h}", pd.concat([nights(0, 1), days(3)]), [22]),
        ("{type: rest_after_nights, rest: 24h, after: 2}", pd.concat([nights(0), days(2)]), []),
        ("{type: min_days_off, least: 2}", days(0, 2, 5), [1]),
        ("{type: min_consecutive_days, least: 3}", days(0, 1, 3, 4), [1]),
        ("{type: min_consecutive_days, least: 3}", days(5, 6), []),
        ("{type: max_consecutive_nights, most: 2}", nights(0, 1, 2, 4), [1]),
        ("{type: whole_weekends}", days(5), [1]),
        ("{type: whole_weekends}", days(0, 5, 6), []),
        ("{type: forward_rotation}", roster((0, 10, 18), (1, 8, 16), (3, 6, 14)), [2]),
        ("{type: forward_rotation, tolerance: 2h}", roster((0, 10, 18), (1, 8, 16)), []),
        ("{type: shift_types_per_week, most: 1}", pd.concat([days(0, 1), nights(3)]), [1]),
        ("{type: shift_count, shifts: night, most: 1, per: week}", nights(0, 1, 2), [2]),
        ("{type: shift_count, days: [sat, sun], most: 1, per: week}", days(4, 5, 6), [1]),
        ("{type: shift_count, shifts: day, least: 3, per: week, agents: [Ada]}", days(0), [2]),
        ("{type: hours_in_window, days: 3, most: 20}", days(0, 1, 2, 4), [4]),
        ("{type: average_hours, weeks: 2, most: 30}", days(0, 1, 2, 3), [2]),
        ("{type: hours_per_period, weeks: 1, since: 2026-11-23, most: 24}", days(0, 1, 2, 3), [8]),
        ("{type: overtime, beyond: 24}", days(0, 1, 2, 3), [8]),
        ("{type: overtime, beyond: 16, cap: 8}", days(0, 1, 2, 3), [16, 8]),
        ("{type: no_nights}", pd.concat([days(0), nights(2)]), [1]),
        ("{type: no_nights, but: [Ada]}", nights(2), []),
        ("{type: night_length, most: 7}", nights(2), [1]),
        ("{type: hours_per_day, most: 6}", days(0), [2]),
        ("{type: no_work_on, days: [sat, holidays]}", days(0, 2, 5), [1, 1]),
        ('{type: premium_hours, hours: "22:00-06:00"}', pd.concat([days(1), roster((2, 22, 31))]), [8]),
        ('{type: premium_hours, hours: {sat: "24h"}}', roster((4, 22, 30), (5, 8, 16)), [6, 8]),
        ('{type: presence, agents: [Ada], hours: "08:00-10:00"}', days(0, 1, 2, 3, 4, 5), [2]),
        ("{type: presence, agents: [Bo]}", days(0), [8]),
        ("{type: skill_cover, skill: en, level: 2}", pd.concat([days(0), days(0, 1, agent="Bo")]), [8]),
        ('{type: fair_starts, before: "07:00", after: "14:00"}', roster((0, 6, 14), (1, 6, 14), (2, 14, 22)), [1]),
        ('{type: fair_busy, hours: "08:00-10:00", touching: 2}', days(0, 1, 2), [1]),
        ("{type: fair_holidays}", pd.concat([days(2), days(2, agent="Bo")]), [1]),
    ],
)
def test_rules_count_what_their_text_says(text, table, amounts):
    agents = pd.DataFrame(
        {"agent": ["Ada", "Bo"], "contract": "ft", "languages": ["en:2", "en:1"], "holidays": [2.0, 0.0]}
    )
    own = people(agents=agents, calendar=Calendar(holidays=[MONDAY + pd.Timedelta(days=2)]))
    rule = with_kinds(read_rule(yaml.safe_load(text)), TYPES)
    found = rule.violations(table.sort_values(["agent", "start"], ignore_index=True), own, SPAN)
    assert sorted(found["amount"].tolist(), reverse=True) == pytest.approx(sorted(amounts, reverse=True))
    assert set(found["rule"]) <= {rule.name}
    assert found["message"].str.len().gt(10).all()


def test_fair_wishes_weigh_refusals_by_what_was_wished_and_by_history():
    agents = pd.DataFrame({"agent": ["Ada", "Bo"], "contract": "ft", "refused": [2.0, 0.0], "wished": [3.0, 3.0]})
    wishes = pd.DataFrame(
        {"agent": ["Ada", "Bo"], "start": MONDAY, "end": MONDAY + pd.Timedelta(days=1), "kind": "off"}
    )
    both = pd.concat([days(0), days(0, agent="Bo")])
    found = read_rule({"type": "fair_wishes"}).violations(both, people(agents=agents, wishes=wishes), SPAN)
    assert found[["agent", "amount"]].to_numpy().tolist() == [["Ada", 1.0]]


def test_the_last_roster_counts_in_windows_and_stretches():
    before = people(previous=days(-3, -2, -1))
    assert read_rule({"type": "hours_in_window", "days": 4, "most": 24}).violations(days(0), before, SPAN)[
        "amount"
    ].tolist() == [8.0]
    late = people(previous=roster((-1, 22, 30, "night")))
    rest = read_rule({"type": "rest_after_nights", "rest": "48h"})
    assert rest.violations(days(1), late, SPAN)["amount"].tolist() == [22.0]
    assert read_rule({"type": "min_days_off", "least": 2}).violations(days(1), before, SPAN)["amount"].tolist() == [1.0]


def test_a_mean_over_weeks_is_judged_with_the_weeks_that_are_known():
    three_weeks = people(previous=roster(*((d, 8, 16) for d in range(-21, 0))))
    rule = read_rule({"type": "average_hours", "weeks": 4, "most": 44})
    assert rule.violations(days(0), three_weeks, SPAN).empty
    found = rule.violations(days(0, 1, 2, 3), three_weeks, SPAN)
    assert found["amount"].tolist() == pytest.approx([25 * 8 / 4 - 44])


# --- whom a rule speaks of --------------------------------------------------------------------------------------------


def test_a_rule_speaks_of_the_people_roles_and_teams_it_names():
    agents = pd.DataFrame(
        {"agent": ["Ada", "Bo", "Cy"], "contract": "ft", "role": ["lead", None, None], "team": ["x", "x", "y"]}
    )
    own = people(agents=agents)

    def names(**scope):
        return list(read_rule({"type": "no_nights", **scope}).of(own)["agent"])

    assert names() == ["Ada", "Bo", "Cy"]
    assert names(roles="lead") == ["Ada"]
    assert names(teams="x", but=["Ada"]) == ["Bo"]
    assert names(agents=["Cy"], contracts="ft") == ["Cy"]
    assert names(contracts="pt") == []


def test_a_rule_instead_of_others_must_name_its_people():
    with pytest.raises(SettingError, match="needs agents"):
        read_rule({"type": "max_consecutive_days", "most": 7, "instead": True})


def test_an_exception_for_one_person_reaches_the_roster():
    agents = pd.DataFrame({"agent": ["Ada", "Bo"], "contract": "pt"})
    demand = pd.DataFrame({"day": pd.date_range(MONDAY, periods=5), "type": "day", "people": 2})
    rule = {"type": "max_consecutive_days", "most": 5, "agents": ["Bo"], "instead": True}
    contracts = {"pt": Contract(name="pt", max_consecutive_days=2)}
    made = build_roster(demand, agents, [rule], shift_types=TYPES[1:], contracts=contracts)
    assert made.table.groupby("agent").size().to_dict() == {"Ada": 4, "Bo": 5}


# --- contracts and people ---------------------------------------------------------------------------------------------


def test_hours_over_a_period_take_the_place_of_hours_of_each_week():
    contract = Contract(
        name="ann",
        hours_per_week=(35, 38),
        averaging_weeks=4,
        averaging_since="2026-11-23",
        max_hours_in_week=48,
        hours_per_day=(4, 10),
    )
    found = {rule.name: rule for rule in rules_of({"ann": contract})}
    assert (found["hours_per_period"].least, found["hours_per_period"].most) == (140, 152)
    assert (found["hours_per_week"].least, found["hours_per_week"].most) == (0, 48)
    assert (found["hours_per_day"].least, found["hours_per_day"].most) == (4, 10)


def test_averaging_needs_the_mean_and_a_date():
    with pytest.raises(SettingError, match="averaging_since"):
        Contract(name="ann", hours_per_week=38, averaging_weeks=4)


def test_hours_that_are_averaged_move_between_the_weeks_of_a_period():
    starts = pd.date_range(MONDAY, periods=14, freq="D")
    demand = pd.DataFrame({"day": starts, "type": "day", "people": [1] * 6 + [0] * 8})
    contract = Contract(
        name="ann", hours_per_week=(24, 24), averaging_weeks=2, averaging_since=MONDAY, max_consecutive_days=6
    )
    agents = pd.DataFrame({"agent": ["Ada"], "contract": "ann"})
    made = build_roster(demand, agents, shift_types=TYPES[1:], contracts={"ann": contract})
    assert made.objective == 0.0
    assert len(made.table) == 6


def test_a_holiday_credits_hours_and_a_day_in_the_search_and_for_the_checker():
    holiday = MONDAY + pd.Timedelta(days=2)
    contract = Contract(name="ft", hours_per_week=(40, 40), days_per_week=(5, 5), holiday_credit=8)
    own = People(
        agents=pd.DataFrame({"agent": ["Ada"], "contract": "ft"}),
        contracts={"ft": contract},
        calendar=Calendar(holidays=[holiday]),
    )
    demand = pd.DataFrame({"day": pd.date_range(MONDAY, periods=7), "type": "day", "people": [1, 1, 0, 1, 1, 1, 1]})
    made = build_roster(demand, own, shift_types=TYPES[1:])
    assert len(made.table) == 4
    assert made.violations.empty
    assert made.bound == pytest.approx(made.objective)


def test_levels_are_read_from_skills_and_languages():
    agents = pd.DataFrame({"agent": ["Ada"], "contract": "ft", "skills": ["voice:3|chat"], "languages": ["en:2"]})
    own = people(agents=agents)
    assert own.skills["Ada"] == ("voice", "chat")
    assert own.levels["Ada"] == {"voice": 3.0, "chat": 1.0, "en": 2.0}
    with pytest.raises(DataError, match="must be a number"):
        people(agents=agents.assign(skills="voice:high")).skills  # noqa: B018


# --- laws and descriptions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", law_names())
def test_every_law_is_data_with_sources_whose_rules_can_be_read(name):
    law = read_law(name)
    assert law.title
    assert law.source
    assert "Check it" in CHECK
    rules = read_rules({"law": name, "contracts": ["ft"]})
    assert len(rules) == len(law.articles) > 0
    assert all(rule.contracts == ("ft",) for rule in rules)
    assert all(len(article.source) > 20 for article in law.articles)


def test_an_unknown_law_and_a_key_beside_law_are_refused():
    with pytest.raises(SettingError, match="law must be one of"):
        read_rules({"law": "eu_working_tim"})
    with pytest.raises(SettingError, match="no key beside law"):
        read_rules({"law": "eu_working_time", "rest": "9h"})


def test_a_law_among_the_rules_is_kept_by_the_roster():
    agents = pd.DataFrame({"agent": ["Ada"], "contract": "pt"})
    demand = pd.DataFrame({"day": pd.date_range(MONDAY, periods=7), "type": "day", "people": 1})
    contracts = {"pt": Contract(name="pt", max_consecutive_days=7)}
    free = build_roster(demand, agents, shift_types=TYPES[1:], contracts=contracts)
    bound = build_roster(demand, agents, [{"law": "eu_working_time"}], shift_types=TYPES[1:], contracts=contracts)
    assert (len(free.table), len(bound.table)) == (7, 6)


@pytest.mark.parametrize("name", list(RULES))
def test_every_rule_is_described_from_its_class_with_an_example_that_is_read(name):
    told = describe_rule(name)
    assert told.meaning.endswith(".")
    assert {field.name for field in told.fields} >= {field.name for field in fields(Rule)}
    assert all(field.meaning or "[" in field.kind for field in told.fields), told
    rule = read_rule(yaml.safe_load(told.example))
    assert rule.name == name
    assert hash(rule) == hash(read_rule(yaml.safe_load(told.example)))
    assert (told.mode == "hard") == RULES[name].__dataclass_fields__["hard"].default


def test_rules_that_couple_people_are_soft_only():
    soft_only = {one.name for one in describe_rules() if one.mode == "soft only"}
    assert soft_only == {name for name, kind in RULES.items() if kind.together} | {
        "premium_hours",
        "senior_wishes",
        "stability",
    }
    with pytest.raises(SettingError, match="must be soft"):
        read_rule({"type": "presence", "hard": True})


def test_rules_of_contracts_and_laws_stand_together():
    found = all_rules([{"law": "us_flsa"}], {"ft": Contract(name="ft")})
    assert [rule.name for rule in found][-1] == "overtime"


# --- seniority --------------------------------------------------------------------------------------------------------


def two_who_wish(seniority):
    """Ada and Bo both wish a day off on which one of them is needed."""
    wishes = pd.DataFrame(
        {
            "agent": ["Ada", "Bo"],
            "start": MONDAY,
            "end": MONDAY + pd.Timedelta(days=1),
            "kind": "off",
            "weight": [1, 1.2],
        }
    )
    agents = pd.DataFrame({"agent": ["Ada", "Bo"], "contract": "pt", "seniority": seniority})
    return People(agents=agents, contracts={"pt": Contract(name="pt")}, wishes=wishes)


@pytest.mark.parametrize(
    ("seniority", "rule", "who"),
    [
        ([10, 2], None, "Ada"),
        ([10, 2], {"type": "senior_wishes", "weight": 0.1}, "Bo"),
        ([10, None], {"type": "senior_wishes", "weight": 0.1}, "Bo"),
        ([10, 2], {"type": "senior_wishes", "weight": 0.1, "most": 1}, "Ada"),
        ([10, 2], {"type": "senior_wishes", "weight": 0.1, "but": ["Ada"]}, "Ada"),
        ([2, 10], {"type": "senior_wishes", "weight": 0.1}, "Ada"),
    ],
)
def test_the_wish_of_whom_the_planner_prefers_is_granted(seniority, rule, who):
    demand = pd.DataFrame({"day": [MONDAY], "type": "day", "people": 1})
    made = build_roster(demand, two_who_wish(seniority), [rule] if rule else [], shift_types=TYPES[1:])
    assert set(made.table["agent"]) == {who}
    assert made.objective == pytest.approx(made.bound)
    refused = made.wishes[~made.wishes["granted"]]
    assert refused["agent"].tolist() == [who]
    more = made.violations[made.violations["rule"] == "senior_wishes"]
    years = 0 if rule is None or who in rule.get("but", ()) else min(seniority[who == "Bo"] or 0, rule.get("most", 100))
    assert more["cost"].sum() == pytest.approx(0.1 * years * refused["weight"].sum())


def test_seniority_says_whose_claim_came_first_with_what_it_weighed():
    demand = pd.DataFrame({"day": [MONDAY], "type": "day", "people": 1})
    rule = {"type": "senior_wishes", "weight": 0.1}
    made = build_roster(demand, two_who_wish([10, 2]), [rule], shift_types=TYPES[1:])
    why = made.wishes.set_index("agent").loc["Bo", "why"]
    assert "the claim of Ada (weight 2) to the same time came first" in why
    assert made.violations["message"].tolist() == [
        "Bo, 2 years with the centre, is refused a wish to be off on Mon 23 Nov"
    ]
