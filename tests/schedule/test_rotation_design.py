"""Rotations: a line of several weeks that groups of people walk through, each calendar week alike."""

import numpy as np
import pandas as pd
import pytest

from shift_rows import shift_rows
from wfm.errors import InfeasibleError, SettingError
from wfm.schedule import (
    Break,
    Contract,
    ShiftType,
    design_rotation,
    rotated,
    rotation_faults,
    schedule_faults,
)
from wfm.schedule.program.solver import Found, whole
from wfm.schedule.tours import rotation_search

MONDAY = pd.Timestamp("2026-11-02")
HOUR = pd.Timedelta(hours=1)
DAY = ShiftType(name="day", length="8h", starts="08:00")
THREE = [
    ShiftType(name=name, length="8h", starts=at)
    for name, at in (("early", "06:00"), ("late", "14:00"), ("night", "22:00"))
]


def daily(agents):
    """Eight hours a day from 08:00."""
    starts = [MONDAY + pd.Timedelta(days=day) + 8 * HOUR for day in range(7)]
    return pd.DataFrame({"queue": "v", "start": starts, "end": [s + 8 * HOUR for s in starts], "agents": agents})


def round_the_clock(agents=(2, 2, 1)):
    """Early, late, night, every day."""
    starts = pd.date_range(MONDAY + 6 * HOUR, periods=21, freq="8h")
    return pd.DataFrame({"queue": "v", "start": starts, "agents": list(agents) * 7})


def cover_of(table, first, days):
    """People at work in each hour from a moment, what runs over the end counted at the beginning."""
    cover = np.zeros(24 * days)
    for row in table[table["activity"] == "work"].itertuples():
        hours = pd.date_range(row.start, row.end, freq="h", inclusive="left")
        cover[((hours - first) // HOUR).to_numpy() % len(cover)] += row.people
    return cover


def test_two_groups_of_one_line_cover_a_week_that_no_line_of_one_week_covers():
    """Seven days are four and three: each works both weeks in turn, weekends every other week."""
    line = Contract(name="ft", days_per_week=(3, 4), max_weekends=2)
    plan = design_rotation(daily([1] * 7), line, [DAY], weeks=2, people=1)
    assert plan.paid_hours == plan.objective == plan.bound == 56
    assert sorted(plan.table.groupby("week")["shift"].nunique()) == [3, 4]
    assert rotation_faults(plan.table, line, weeks=2, first_day=MONDAY).empty


def test_a_person_more_than_the_line_has_weeks_is_not_there():
    plan = design_rotation(daily([1] * 7), Contract(name="ft", days_per_week=(3, 4)), [DAY], weeks=3)
    assert plan.table["people"].unique().tolist() == [1]
    assert plan.objective == 3 * 3 * 8  # at least three days in each of three weeks


def test_the_number_of_people_follows_the_requirement():
    plan = design_rotation(daily([10] * 5 + [0, 0]), Contract(name="ft", days_per_week=(5, 5)), [DAY], weeks=2)
    assert plan.table["people"].unique().tolist() == [5]
    assert plan.objective == plan.bound == 400


def test_every_calendar_week_is_covered_alike_and_everybody_walks_the_line():
    line = Contract(name="ft", days_per_week=(3, 5), max_consecutive_days=6)
    need = round_the_clock((1, 1, 1))
    plan = design_rotation(need, line, THREE, weeks=6, people=1, time_limit=20)
    assert plan.coverage["gap"].min() >= 0
    walked = rotated(plan.table, 6)
    first = MONDAY + 6 * HOUR
    cover = cover_of(walked, first, 42).reshape(6, 168)
    assert (cover == cover_of(plan.table, first, 7)).all()
    weeks = walked.groupby("group")["week"].unique().map(sorted)
    assert weeks.tolist() == [[1, 2, 3, 4, 5, 6]] * 6


def test_a_person_rests_across_the_seams_of_the_weeks():
    line = Contract(name="ft", days_per_week=(3, 5), max_consecutive_days=5, min_rest="11h")
    plan = design_rotation(round_the_clock((1, 1, 1)), line, THREE, weeks=6, people=1, time_limit=20)
    own = rotated(plan.table, 12).query("group == 1").groupby("shift").agg(start=("start", "min"), end=("end", "max"))
    own = own.sort_values("start")
    assert ((own["start"].iloc[1:].to_numpy() - own["end"].iloc[:-1].to_numpy()) >= pd.Timedelta(hours=11)).all()
    days = own["start"].dt.normalize().drop_duplicates()
    runs = (days.diff() != pd.Timedelta(days=1)).cumsum()
    assert runs.value_counts().max() <= 5


def test_days_off_follow_each_other_and_weekends_are_free_in_turn():
    line = Contract(name="ft", days_per_week=(3, 5), max_consecutive_days=6, max_weekends=3)
    rules = {"weeks": 4, "least_days_off": 2, "weekend": ("sat", "sun")}
    plan = design_rotation(daily([3, 3, 3, 3, 2, 2, 2]), line, [DAY], people=1, time_limit=10, **rules)
    assert rotation_faults(plan.table, line, first_day=MONDAY, **rules).empty
    assert plan.objective == plan.bound


def test_breaks_of_a_group_lie_apart_where_that_helps():
    meal = Break(name="meal", length="1h", paid=False, between=("2h", "5h"))
    kind = ShiftType(name="nine", length="9h", starts=["08:00", "09:00"], breaks=[meal])
    starts = [MONDAY + pd.Timedelta(days=d) + (8 + h) * HOUR for d in range(5) for h in range(9)]
    need = pd.DataFrame({"queue": "v", "start": starts, "end": [s + HOUR for s in starts], "agents": 3})
    line = Contract(name="ft", days_per_week=(5, 5), start_band="30min")
    plan = design_rotation(need, line, [kind], weeks=2, people=2, time_limit=10)
    assert schedule_faults(plan.table, [kind]).empty
    assert plan.coverage["gap"].min() >= 0  # four people, at most one at a meal at once


@pytest.mark.slow
def test_several_lines_follow_the_requirement_more_closely_than_large_groups_on_one():
    hour = np.arange(168) % 24
    shape = np.where((hour >= 6) & (hour < 22), 6 + 6 * np.sin((hour - 6) * np.pi / 16), 2)
    need = pd.DataFrame({"queue": "v", "start": pd.date_range(MONDAY, periods=168, freq="h"), "agents": np.ceil(shape)})
    line = Contract(name="ft", days_per_week=(4, 5), start_band="1h")
    one, four = (design_rotation(need, line, THREE, weeks=4, lines=lines, time_limit=30) for lines in (1, 4))
    assert four.objective < one.objective
    assert four.bound <= four.objective
    assert rotation_faults(four.table, line, weeks=4, first_day=MONDAY).empty
    assert sorted(four.table["line"].unique()) == [1, 2, 3, 4]


def test_lines_beside_each_other_are_solved_together():
    """29 days of work a week are five of six people's five days and the sixth's four, each day covered exactly."""
    line = Contract(name="ft", days_per_week=(4, 5))
    plan = design_rotation(daily([5] * 5 + [2] * 2), line, [DAY], weeks=2, lines=3, people=1, time_limit=6)
    assert plan.objective == plan.paid_hours == 29 * 8
    assert rotation_faults(plan.table, line, weeks=2, first_day=MONDAY).empty


def test_groups_of_lines_add_up_to_the_people_that_are_wanted():
    plan = design_rotation(
        daily([10] * 5 + [4] * 2), Contract(name="ft", days_per_week=(4, 5)), [DAY], weeks=2, lines=3
    )
    groups = plan.table.drop_duplicates("line").set_index("line")["people"]
    assert len(groups) == 3
    assert 2 * groups.sum() * 5 * 8 >= plan.paid_hours >= plan.bound
    assert plan.gap < 0.05


def test_lines_are_sought_among_the_starts_that_a_day_likes_best():
    hour = np.arange(168) % 24
    agents = np.where((hour >= 8) & (hour < 20), 4, 0)
    need = pd.DataFrame({"queue": "v", "start": pd.date_range(MONDAY, periods=168, freq="h"), "agents": agents})
    any_start = ShiftType(name="any", length="8h", starts="00:00-23:00/1h")
    line = Contract(name="ft", days_per_week=(5, 6), start_band="2h")
    plan = design_rotation(need, line, [any_start], weeks=2, lines=3, time_limit=4)
    assert rotation_faults(plan.table, line, weeks=2, first_day=MONDAY).empty
    assert 0 < plan.bound <= plan.objective < 1.6 * plan.bound
    assert plan.table["start"].dt.hour.between(1, 19).all()  # none lies in the empty night


def test_a_line_is_found_though_the_search_for_a_good_one_runs_out_of_time(monkeypatch):
    calls = []

    def late(program, **options):
        calls.append(program)
        return Found(values=None, bound=-np.inf) if len(calls) == 1 else whole(program, **options)

    monkeypatch.setattr(rotation_search, "whole", late)
    line = Contract(name="ft", days_per_week=(4, 5), min_rest="11h")
    plan = design_rotation(round_the_clock(), line, THREE, weeks=3, people=1, time_limit=3)
    assert rotation_faults(plan.table, line, weeks=3, first_day=MONDAY).empty


def test_hours_are_kept_in_the_mean_of_the_line():
    line = Contract(name="ft", hours_per_week=(36, 36), averaging_weeks=2, averaging_since=MONDAY, max_hours_in_week=40)
    plan = design_rotation(daily([1] * 7), line, [DAY], weeks=2, people=1, least_days_off=1)
    assert plan.paid_hours == 72
    assert plan.table.groupby("week")["shift"].nunique().max() == 5


def test_the_same_seed_gives_the_same_line():
    line = Contract(name="ft", days_per_week=(4, 5))
    first, second = (design_rotation(daily([3] * 7), line, [DAY], weeks=5, people=1, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)


def test_rules_that_contradict_each_other_are_refused():
    line = Contract(name="ft", days_per_week=(5, 5), max_consecutive_days=2)
    with pytest.raises(InfeasibleError, match="no rotation keeps the contract's rest, days in a row"):
        design_rotation(daily([1] * 7), line, [DAY], weeks=2, people=1, least_days_off=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weeks": 0}, "weeks must be"),
        ({"people": 0}, "people must be"),
        ({"lines": 2, "shift_types": [ShiftType(name="d", length="8h", starts="08:00", people=(1, 2))]}, "one line"),
        ({"contract": "ft"}, "contract must be a Contract"),
        ({"least_days_off": 9}, "least_days_off must be"),
        ({"contract": Contract(name="ft", shifts="nap")}, "no shift type"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    given = {"contract": Contract(name="ft"), "weeks": 2, "shift_types": [DAY], **arguments}
    with pytest.raises(SettingError, match=message):
        design_rotation(daily([1] * 7), **given)


def line_of(days, *, length=8, people=1, hour=8, kind="day"):
    """A line with a shift on each (week, day of the week)."""
    starts = [MONDAY + pd.Timedelta(days=day) + hour * HOUR for _, day in days]
    weeks = [week for week, _ in days]
    rows = shift_rows(starts, length=length, people=people, kind=kind)
    return rows.assign(tour=[f"v-ft-{week}" for week in weeks], week=weeks)


@pytest.mark.parametrize(
    ("days", "contract", "rules", "rule"),
    [
        ([(1, d) for d in range(5)] + [(2, d) for d in range(3)], {"days_per_week": (5, 5)}, {}, "days_per_week"),
        ([(1, 5), (1, 6), (2, 0)], {"max_consecutive_days": 2}, {}, "max_consecutive_days"),
        ([(2, 6), (1, 0), (1, 1)], {"max_consecutive_days": 2}, {}, "max_consecutive_days"),
        ([(1, 0), (1, 2)], {}, {"least_days_off": 2}, "least_days_off"),
        ([(1, 5), (2, 6)], {"max_weekends": 2}, {}, "max_weekends"),
        ([(1, 0)], {"hours_per_week": (8, 8)}, {}, "hours_per_week"),
        (
            [(1, d) for d in range(7)] + [(2, d) for d in range(7)],
            {"max_consecutive_days": 13},
            {},
            "max_consecutive_days",
        ),
    ],
)
def test_every_broken_rule_of_a_line_is_found(days, contract, rules, rule):
    found = rotation_faults(line_of(days), Contract(name="ft", **contract), weeks=2, first_day=MONDAY, **rules)
    assert set(found["rule"]) == {rule}


def test_groups_and_shifts_that_differ_are_found():
    line = Contract(name="ft", start_band="30min", shifts="day")
    mixed = pd.concat([line_of([(1, 0)]), line_of([(1, 1)], people=2, hour=11, kind="late").assign(shift="x")])
    rules = rotation_faults(mixed, line, weeks=2, first_day=MONDAY)["rule"].tolist()
    assert rules == ["shifts", "people", "one_type_a_week", "start_band"]
    twice = pd.concat([line_of([(1, 0)]), line_of([(1, 0)], hour=20).assign(shift="x")])
    assert "one_shift_a_day" in rotation_faults(twice, line, weeks=1, first_day=MONDAY)["rule"].tolist()
