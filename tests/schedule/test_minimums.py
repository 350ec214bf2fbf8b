"""Hours below a minimum that the planner stated: dearer than any other missing hour, in the roster and in its bound."""

import numpy as np
import pandas as pd
import pytest

from wfm.schedule import Contract, People, ShiftType, build_roster
from wfm.schedule.search.cover_cost import MINIMUM_TIMES

MONDAY = pd.Timestamp("2026-11-23")
DAYS = 5
KINDS = [
    ShiftType(name="day", length="8h", starts="08:00"),
    ShiftType(name="night", length="8h", starts="22:00", kind="night"),
]
UNDER = 10.0


def needed(minimum=None):
    """Six by day, of whom three are enough to go on; two by night."""
    starts = pd.date_range(MONDAY, periods=24 * (DAYS + 1), freq="h")
    day = (starts.hour >= 8) & (starts.hour < 16) & (starts < MONDAY + pd.Timedelta(days=DAYS))
    night = ((starts.hour >= 22) | (starts.hour < 6)) & (starts >= MONDAY + pd.Timedelta(hours=22))
    night &= starts < MONDAY + pd.Timedelta(days=DAYS, hours=6)
    table = pd.DataFrame({"queue": "voice", "start": starts, "agents": np.where(day, 6.0, np.where(night, 2.0, 0.0))})
    if minimum is not None:
        table["minimum"] = np.where(night, minimum, np.where(day, 3.0, 0.0))
    return table[table["agents"] > 0].reset_index(drop=True)


def roster(demand, *, dislike=0.0, people=6, end=None):
    """A roster of people who work five days each and `dislike` every night by so much."""
    agents = pd.DataFrame({"agent": [f"a{k}" for k in range(people)], "contract": "ft"})
    nights = pd.DataFrame(
        [
            {"agent": agent, "start": day + pd.Timedelta(hours=23), "end": day + pd.Timedelta(hours=24)}
            for agent in agents["agent"]
            for day in pd.date_range(MONDAY, periods=DAYS)
        ]
    )
    staff = People(
        agents=agents,
        contracts={"ft": Contract(name="ft", days_per_week=(5, 5), max_consecutive_days=5)},
        wishes=nights.assign(kind="off", weight=dislike) if dislike else None,
    )
    return build_roster(
        demand, staff, shift_types=KINDS, under_cost=UNDER, over_cost=1, start=MONDAY, end=end, time_limit=20, seed=2
    )


def below(made, demand):
    """Agent-hours below the minimum of each hour."""
    low = demand.set_index("start")["minimum"]
    there = made.coverage.set_index("start")["rostered"]
    return (low - there).clip(lower=0).sum()


@pytest.mark.parametrize("minimum", [1.0, 2.0])
def test_a_short_week_keeps_the_minimum_of_its_nights_however_little_they_are_liked(minimum):
    demand = needed(minimum)
    made = roster(demand, dislike=100.0)
    assert made.coverage["gap"].sum() < 0
    assert below(made, demand) == 0
    assert below(roster(demand.drop(columns="minimum"), dislike=100.0), demand) > 0


def test_an_hour_below_the_minimum_costs_several_missing_hours():
    demand = needed(2.0)
    made = roster(demand, people=4)
    missing = -made.coverage["gap"].clip(upper=0).sum()
    assert made.objective == pytest.approx(UNDER * (missing + (MINIMUM_TIMES - 1) * below(made, demand)))
    assert made.bound <= made.objective + 1e-6


def test_a_minimum_of_nobody_changes_nothing():
    demand = needed().assign(minimum=0.0)
    pd.testing.assert_frame_equal(roster(demand).table, roster(needed()).table)


def test_what_is_asked_for_past_the_end_is_covered_by_shifts_that_run_on_and_is_no_part_of_the_coverage():
    demand = needed()
    until = MONDAY + pd.Timedelta(days=DAYS)
    assert (demand["start"] >= until).any()
    asked = roster(demand, end=until)
    unasked = roster(demand[demand["start"] < until], end=until)
    for made in (asked, unasked):
        assert made.coverage["end"].max() <= until
        assert made.table["start"].max().normalize() < until + pd.Timedelta(days=1)
    nights = [made.table[(made.table["shift"] == "night")]["end"].max() for made in (asked, unasked)]
    assert nights[0] == until + pd.Timedelta(hours=6)
    assert asked.bound <= asked.objective + 1e-6
    worth = asked.objective - UNDER * -asked.coverage["gap"].clip(upper=0).sum()
    there = (asked.table["end"] == nights[0]).sum()
    assert worth == pytest.approx(UNDER * 6 * (2 - there) + asked.coverage["gap"].clip(lower=0).sum())
