"""Least and most people of a shift type, of a kind of types and of a single start, in designs, tours and the checker."""

import pandas as pd
import pytest

from wfm.errors import InfeasibleError, SettingError, WfmWarning
from wfm.hours import OpeningHours
from wfm.schedule import Contract, ShiftType, build_roster, design_shifts, design_tours, schedule_faults

MONDAY = pd.Timestamp("2026-11-02")
HOUR = pd.Timedelta(hours=1)
FT = Contract(name="ft", days_per_week=(5, 5))


def two(**limits):
    return ShiftType(name="two", length="2h", starts=["08:00", "09:00", "10:00"], **limits)


def requirement(agents, days=1):
    starts = [MONDAY + pd.Timedelta(days=d) + (8 + k) * HOUR for d in range(days) for k in range(len(agents))]
    return pd.DataFrame({"queue": "v", "start": starts, "end": [s + HOUR for s in starts], "agents": agents * days})


def people_at(plan):
    """(day, hour) -> people who start."""
    lines = plan.table.groupby("shift").agg(start=("start", "min"), people=("people", "first"))
    return lines.groupby([lines["start"].dt.day, lines["start"].dt.hour])["people"].sum().to_dict()


def test_a_start_has_at_least_and_at_most_so_many_people():
    plan = design_shifts(requirement([3, 3, 0, 0]), [two(people_at={"08:00": (0, 2), "10:00": (1, None)})])
    assert people_at(plan) == {(2, 8): 2, (2, 10): 1, **({(2, 9): 1} if (2, 9) in people_at(plan) else {})}
    assert plan.objective == plan.bound


def test_one_pair_holds_for_each_start_on_each_day():
    plan = design_shifts(requirement([4, 4, 4, 4], days=2), [two(people_at=(1, 2))])
    assert set(people_at(plan)) == {(day, hour) for day in (2, 3) for hour in (8, 9, 10)}
    assert max(people_at(plan).values()) <= 2


def test_a_type_has_so_many_people_on_each_of_its_days_and_none_is_asked_on_others():
    kind = two(people=(3, 3), days="mon,wed")
    need = requirement([1, 1, 1, 1], days=3)
    plan = design_shifts(need.assign(agents=need["agents"].where(need["start"].dt.day != 3, 0)), [kind])
    assert {day for day, _ in people_at(plan)} == {2, 4}
    assert plan.table.drop_duplicates("shift")["people"].sum() == 6


def test_a_kind_of_types_is_limited_together():
    kinds = [
        ShiftType(name="a", length="2h", starts="08:00", kind="early"),
        ShiftType(name="b", length="3h", starts="08:00", kind="early"),
    ]
    plan = design_shifts(requirement([5, 5, 5]), kinds, people={"early": (0, 2)})
    assert plan.table.drop_duplicates("shift")["people"].sum() == 2
    assert plan.objective == plan.bound


def test_tours_keep_the_people_of_their_shifts():
    day = ShiftType(name="day", length="8h", starts=["06:00", "08:00"], people_at={"06:00": (1, 1)}, people=(2, 4))
    plan = design_tours(requirement([4] * 8, days=7), FT, [day], time_limit=10)
    counts = people_at(plan)
    assert [counts[d, 6] for d in range(2, 9)] == [1] * 7
    assert all(2 <= counts[d, 6] + counts.get((d, 8), 0) <= 4 for d in range(2, 9))
    assert plan.gap < 0.2


def test_numbers_that_cannot_be_kept_are_refused():
    with pytest.raises(InfeasibleError, match="no schedule keeps all limits: two has"):
        design_shifts(requirement([1, 1]), [two(people=(5, 9), people_at=(0, 1))])


def test_the_checker_counts_people_of_types_and_starts():
    plan = design_shifts(requirement([2, 2, 0, 0], days=2), [two()])
    days = pd.date_range(MONDAY, periods=2)
    asked = two(people=(3, 9), people_at={"09:00": (1, 2)})
    assert schedule_faults(plan.table, [asked]).empty
    found = schedule_faults(plan.table, [asked], days=days)
    assert found["message"].tolist() == [
        "two has 2 people on 2026-11-02, allowed: 3 to 9",
        "two has 2 people on 2026-11-03, allowed: 3 to 9",
        "two has 0 people at 2026-11-02 09:00, allowed: 1 to 2",
        "two has 0 people at 2026-11-03 09:00, allowed: 1 to 2",
    ]


def test_nobody_is_asked_for_when_the_queue_is_closed():
    kind = two(people=(1, 9))
    hours = {"v": OpeningHours.read({"mon": "08:00-12:00"})}
    plan = design_shifts(requirement([1, 1, 1, 1]), [kind], hours=hours)
    found = schedule_faults(plan.table, [kind], hours, days=pd.date_range(MONDAY, periods=2))
    assert found.empty


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"people": 3}, "people of shift 'two' must be a pair"),
        ({"people": (4, 2)}, "least <= most"),
        ({"people_at": {"07:00": (1, 2)}}, "names 07:00, which is no start. Known: '08:00'"),
        ({"people_at": {"08:00": 2}}, "must be a pair"),
    ],
)
def test_wrong_numbers_are_named(limits, message):
    with pytest.raises(SettingError, match=message):
        two(**limits)


def test_a_changed_shift_type_keeps_its_numbers():
    from dataclasses import replace

    kind = two(people_at=(1, 2), people=(0, 7), days="mon")
    again = replace(kind, length="3h")
    assert (again.people_at, again.people, again.days) == (kind.people_at, (0.0, 7.0), {0})
    assert hash(kind) != hash(again)


def test_a_roster_of_named_people_says_that_it_does_not_count_them():
    day = ShiftType(name="day", length="8h", starts="08:00", people=(1, 1))
    needed = pd.DataFrame({"day": pd.date_range("2026-11-23", periods=2), "type": "day", "people": 1})
    staff = pd.DataFrame({"agent": ["Ada", "Bo"], "contract": "pt"})
    with pytest.warns(WfmWarning, match="shift types 'day' say how many people they take; designs of shifts keep that"):
        build_roster(needed, staff, shift_types=[day], contracts={"pt": Contract(name="pt")})
