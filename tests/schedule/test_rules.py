"""Each rule read off rosters written by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.calendars import Calendar
from wfm.errors import SettingError
from wfm.schedule import RULES, Contract, People, ShiftType, read_rule, rules_of
from wfm.schedule.rules import (
    AllowedShifts,
    DaysPerWeek,
    FairNights,
    FairWeekends,
    ForbiddenSuccession,
    HoursPerMonth,
    HoursPerWeek,
    LocksKept,
    MaxConsecutiveDays,
    MaxNights,
    MaxWeekends,
    MinRest,
    NotWhileAbsent,
    OneShiftADay,
    SkillsNeeded,
    StartBand,
)
from wfm.schedule.rules.rule import with_kinds

MONDAY = pd.Timestamp("2026-11-23")
SPAN = (MONDAY, MONDAY + pd.Timedelta(days=7))


def people(**more):
    agents = more.pop("agents", pd.DataFrame({"agent": ["Ada", "Bo"], "contract": "ft"}))
    return People(agents=agents, contracts={"ft": Contract(name="ft")}, **more)


def roster(*shifts, agent="Ada"):
    """Shifts as (day, first hour, last hour, type[, queue])."""
    rows = [
        (
            agent,
            MONDAY + pd.Timedelta(days=s[0], hours=s[1]),
            MONDAY + pd.Timedelta(days=s[0], hours=s[2]),
            "work",
            True,
            s[3] if len(s) > 3 else "day",
            s[4] if len(s) > 4 else "voice",
        )
        for s in shifts
    ]
    return pd.DataFrame(rows, columns=["agent", "start", "end", "activity", "paid", "shift", "queue"])


def leave(day, hours=8, agent="Ada"):
    start = MONDAY + pd.Timedelta(days=day, hours=8)
    return pd.DataFrame(
        {
            "agent": [agent],
            "start": start,
            "end": start + pd.Timedelta(hours=hours),
            "activity": "leave",
            "paid": True,
            "shift": None,
            "queue": None,
        }
    )


def days(*numbers):
    return roster(*((n, 8, 16) for n in numbers))


@pytest.mark.parametrize(
    ("rule", "table", "amounts"),
    [
        (OneShiftADay(), roster((0, 8, 12), (0, 18, 22), (1, 8, 12)), [1]),
        (OneShiftADay(), roster((0, 22, 30), (1, 22, 30)), []),
        (MinRest(rest="11h"), roster((0, 14, 22), (1, 8, 16)), [1]),
        (MinRest(rest="11h"), roster((0, 14, 22), (1, 9, 17)), []),
        (MinRest(rest="12h"), roster((0, 22, 30), (1, 14, 22)), [4]),
        (MaxConsecutiveDays(most=3), days(0, 1, 2, 4, 5, 6), []),
        (MaxConsecutiveDays(most=3), days(0, 1, 2, 3, 4), [1, 1]),
        (AllowedShifts(shifts=("late",)), roster((0, 8, 16), (1, 14, 22, "late")), [1]),
        (StartBand(band="1h"), roster((0, 8, 16), (1, 10, 18)), []),
        (StartBand(band="1h"), roster((0, 8, 16), (1, 8, 16), (2, 11, 19)), [1]),
        (StartBand(band="30min"), roster((0, 23.5, 31), (1, 24.5, 32)), []),
        (MaxWeekends(most=0), days(0, 5, 6), [1]),
        (MaxWeekends(most=1), days(5, 6), []),
        (MaxNights(most=1), roster((0, 22, 30), (2, 23, 31), (4, 8, 16)), [1]),
        (MaxNights(most=1, shifts=("late",)), roster((0, 14, 22, "late"), (2, 14, 22, "late"), (4, 22, 30)), [1]),
        (MaxNights(most=0, touching=4), roster((0, 16, 24)), []),
    ],
)
def test_rules_count_what_their_text_says(rule, table, amounts):
    found = rule.violations(table, people(), SPAN)
    assert found["amount"].tolist() == pytest.approx(amounts)
    assert set(found["rule"]) <= {rule.name}
    assert found["hard"].all()


def test_hours_of_the_week_owe_a_least_softly_and_keep_a_most_hard():
    rule = HoursPerWeek(least=40, most=44, weight=10)
    few = rule.violations(days(0, 1, 2, 3), people(), SPAN)
    told = few[["agent", "amount", "hard", "cost"]].to_numpy().tolist()
    assert told == [["Ada", 8.0, False, 80.0], ["Bo", 40.0, False, 400.0]]
    many = rule.violations(days(0, 1, 2, 3, 4, 5), people(), SPAN)
    assert many[many["agent"] == "Ada"][["amount", "hard"]].to_numpy().tolist() == [[4.0, True]]


def test_paid_leave_credits_hours_and_days():
    table = pd.concat([days(0, 1, 2), leave(3), leave(4)])
    own = people(agents=pd.DataFrame({"agent": ["Ada"], "contract": ["ft"]}))
    assert HoursPerWeek(least=40, most=44).violations(table, own, SPAN).empty
    assert DaysPerWeek(least=5, most=5).violations(table, own, SPAN).empty
    assert DaysPerWeek(least=5, most=5).violations(days(0, 1, 2), own, SPAN)["amount"].tolist() == [2]


def test_a_part_of_a_week_owes_its_part():
    own = people(agents=pd.DataFrame({"agent": ["Ada"], "contract": ["ft"]}))
    half = (MONDAY, MONDAY + pd.Timedelta(days=3))
    found = HoursPerWeek(least=35).violations(days(0), own, half)
    assert found["amount"].tolist() == pytest.approx([15 - 8])


def test_hours_of_a_solar_month_begin_with_that_month():
    own = people(agents=pd.DataFrame({"agent": ["Ada"], "contract": ["ft"]}), calendar=Calendar(months="solar-hijri"))
    found = HoursPerMonth(most=16).violations(days(0, 1, 2), own, SPAN)
    assert found["start"].tolist() == [pd.Timestamp("2026-11-22")]
    assert found["amount"].tolist() == [8]


def test_the_last_roster_counts_where_a_rule_looks_back():
    before = days(-4, -3, -2, -1).assign(agent="Ada")
    late = roster((-1, 15, 23))
    assert MaxConsecutiveDays(most=4).violations(days(0), people(previous=before), SPAN)["amount"].tolist() == [1]
    assert MinRest(rest="11h").violations(days(0), people(previous=late), SPAN)["amount"].tolist() == [2]
    assert MaxWeekends(most=1).violations(days(5), people(previous=days(-1)), SPAN)["amount"].tolist() == [1]


def test_skills_and_queues_must_meet():
    agents = pd.DataFrame({"agent": ["Ada", "Bo"], "contract": "ft", "skills": ["chat", None]})
    table = pd.concat([roster((0, 8, 16)), roster((0, 8, 16), agent="Bo")])
    assert SkillsNeeded().violations(table, people(agents=agents), SPAN)["agent"].tolist() == ["Ada"]


def test_a_succession_forbids_only_its_pair():
    rule = ForbiddenSuccession(first="night", then="morning")
    assert rule.violations(roster((0, 22, 30, "night"), (1, 22, 30, "night")), people(), SPAN).empty
    assert rule.violations(roster((0, 22, 30, "night"), (1, 14, 22, "late")), people(), SPAN).empty
    assert rule.violations(roster((0, 22, 30, "night"), (2, 6, 14, "morning")), people(), SPAN).empty
    assert len(rule.violations(roster((0, 22, 30, "night"), (1, 6, 14, "morning")), people(), SPAN)) == 1


def test_absence_training_and_only_times_are_respected():
    def away(kind, first, last):
        return pd.DataFrame(
            {
                "agent": ["Ada"],
                "start": MONDAY + pd.Timedelta(hours=first),
                "end": MONDAY + pd.Timedelta(hours=last),
                "kind": kind,
            }
        )

    rule = NotWhileAbsent()
    assert rule.violations(days(0), people(availability=away("leave", 12, 24)), SPAN)["amount"].tolist() == [4]
    assert rule.violations(days(0), people(availability=away("off", 16, 24)), SPAN).empty
    assert len(rule.violations(days(0), people(availability=away("training", 15, 18)), SPAN)) == 2
    assert len(rule.violations(days(0), people(availability=away("training", 10, 12)), SPAN)) == 1
    assert rule.violations(days(0), people(availability=away("only", 8, 16)), SPAN).empty
    assert len(rule.violations(days(0, 1), people(availability=away("only", 8, 16)), SPAN)) == 1


def test_nobody_works_before_the_first_day_with_the_centre():
    agents = pd.DataFrame({"agent": ["Ada"], "contract": "ft", "from": [MONDAY + pd.Timedelta(days=1)]})
    assert len(NotWhileAbsent().violations(days(0, 1), people(agents=agents), SPAN)) == 1


@pytest.mark.parametrize(
    ("lock", "kept"),
    [
        ({"start": MONDAY, "type": "day"}, True),
        ({"start": MONDAY + pd.Timedelta(hours=8), "type": "day"}, True),
        ({"start": MONDAY + pd.Timedelta(hours=9), "type": "day"}, False),
        ({"start": MONDAY, "type": "late"}, False),
        ({"start": MONDAY, "type": "off"}, False),
        ({"start": MONDAY + pd.Timedelta(days=1), "type": "off"}, True),
        ({"start": MONDAY, "type": "day", "queue": "chat"}, False),
    ],
)
def test_locks_hold_by_type_time_and_queue(lock, kept):
    locks = pd.DataFrame([{"agent": "Ada", **lock}])
    assert LocksKept().violations(days(0), people(locks=locks), SPAN).empty == kept


def test_fair_shares_count_history():
    agents = pd.DataFrame({"agent": ["Ada", "Bo"], "contract": "ft", "weekends": [3, 0], "nights": [0, 0]})
    table = pd.concat([roster((5, 8, 16)), roster((6, 22, 30), agent="Bo")])
    weekends = FairWeekends(weight=20).violations(table, people(agents=agents), SPAN)
    assert weekends[["agent", "amount", "cost"]].to_numpy().tolist() == [["Ada", 1.0, 20.0]]
    assert FairNights().violations(table, people(agents=agents), SPAN).empty


@pytest.mark.parametrize(
    ("weekends", "worked", "blamed"),
    [
        ([0, 0, 0], {"Ada": 2, "Bo": 2, "Cy": 1}, {}),  # 5 in all: 2 for 40 h, 1 for 20 h
        ([0, 0, 0], {"Ada": 2, "Bo": 1, "Cy": 2}, {"Cy": 1.0}),
        ([0, 0, 0], {"Ada": 3, "Bo": 1, "Cy": 1}, {"Ada": 1.0}),
        ([4, 4, 0], {"Ada": 1, "Bo": 0, "Cy": 1}, {"Ada": 1.0}),  # 10 in all: 4, 4, 2
        ([4, 4, 2], {"Ada": 0, "Bo": 0, "Cy": 1}, {}),  # 11 in all: due 4.4, 4.4, 2.2, rounded up
        ([4, 4, 3], {"Ada": 0, "Bo": 0, "Cy": 1}, {"Cy": 1.0}),
        ([9, 0, 0], {"Ada": 0, "Bo": 1, "Cy": 0}, {}),  # what lies in the past alone is nobody's fault now
    ],
)
def test_fair_shares_are_pro_rata_to_the_hours_of_the_contract(weekends, worked, blamed):
    agents = pd.DataFrame(
        {"agent": ["Ada", "Bo", "Cy"], "contract": ["ft", "ft", "half"], "weekends": weekends, "nights": weekends}
    )
    contracts = {name: Contract(name=name, hours_per_week=hours) for name, hours in (("ft", 40), ("half", (16, 24)))}
    own = People(agents=agents, contracts=contracts)
    span = (MONDAY, MONDAY + pd.Timedelta(days=14))
    free = (5, 6, 12)
    weekend = [roster(*((day, 8, 16) for day in free[:n]), agent=agent) for agent, n in worked.items() if n]
    night = [roster(*((day, 22, 30) for day in range(n)), agent=agent) for agent, n in worked.items() if n]
    for rule, table in ((FairWeekends(), weekend), (FairNights(), night)):
        found = rule.violations(pd.concat(table), own, span)
        assert dict(zip(found["agent"], found["amount"], strict=True)) == blamed


def test_contracts_without_hours_of_a_week_count_by_their_month_or_days():
    agents = pd.DataFrame({"agent": ["Ada", "Bo", "Cy"], "contract": ["week", "month", "days"]})
    contracts = [
        Contract(name="week", hours_per_week=40),
        Contract(name="month", hours_per_month=174),
        Contract(name="days", days_per_week=(2, 3)),
    ]
    own = People(agents=agents, contracts={contract.name: contract for contract in contracts})
    table = pd.concat([roster((5, 8, 16), (6, 8, 16), agent=agent) for agent in ("Ada", "Bo", "Cy")])
    found = FairWeekends().violations(table, own, SPAN)
    assert found[["agent", "amount"]].to_numpy().tolist() == [["Cy", 1.0]]
    assert found["message"].tolist() == ["Cy has 2 weekends with history, the due share of 16 h a week is 1"]


def test_kinds_stand_for_their_shift_types():
    types = [
        ShiftType(name="n1", length="8h", starts="22:00", kind="night"),
        ShiftType(name="day", length="8h", starts="08:00"),
    ]
    assert with_kinds(MaxNights(most=1, shifts=("night",)), types).shifts == ("n1",)


def test_contracts_imply_their_rules():
    contract = Contract(
        name="x",
        shifts=("day",),
        hours_per_week=40,
        hours_per_month=(150, 176),
        days_per_week=(5, 5),
        start_band="1h",
        max_weekends=2,
    )
    assert {rule.name for rule in rules_of({"x": contract})} == {
        "min_rest",
        "max_consecutive_days",
        "allowed_shifts",
        "hours_per_week",
        "hours_per_month",
        "days_per_week",
        "start_band",
        "max_weekends",
    }


def test_every_registered_rule_says_what_it_means():
    assert all(kind.__doc__ and kind.name == name for name, kind in RULES.items())


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"type": "fair_weekend"}, "rules.type must be one of .*Did you mean 'fair_weekends'"),
        ({"type": "max_nights", "mosst": 2}, "rules.mosst is no field .*Did you mean 'most'"),
        ({"type": "forbidden_succession", "first": "n"}, "needs more fields"),
        ({"weight": 3}, "rules must be a mapping such as"),
        ({"type": "min_rest", "rest": "soon"}, "rest of rule min_rest must be a duration"),
        (
            {"type": "hours_per_week", "least": 50, "most": 40},
            "least of rule hours_per_week must be at most its most 40",
        ),
        ({"type": "max_nights", "hard": "yes"}, "hard of rule max_nights must be true or false"),
    ],
)
def test_rules_of_the_file_name_what_is_allowed(mapping, words):
    with pytest.raises(SettingError, match=words):
        read_rule(mapping)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=7, unique=True), st.sampled_from(["us", "ns"]))
def test_more_shifts_never_mend_a_most(numbers, unit):
    table = days(*sorted(numbers))
    table = table.astype({"start": f"datetime64[{unit}]", "end": f"datetime64[{unit}]"})
    counts = [len(MaxConsecutiveDays(most=2).violations(table.iloc[:k], people(), SPAN)) for k in range(len(table) + 1)]
    assert np.all(np.diff(counts) >= 0)
