from itertools import combinations
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shift_rows import shift_rows
from wfm.errors import DataError, InfeasibleError, SettingError
from wfm.schedule import Break, Contract, ShiftType, design_shifts, design_tours, schedule_faults, tour_faults
from wfm.schedule.tours.tracks import longest_run, weeks_of

MONDAY = pd.Timestamp("2026-11-02")
HOUR = pd.Timedelta(hours=1)
EIGHT = ShiftType(name="eight", length="8h", starts=["08:00"])


def daily(agents, hours=8):
    """One interval a day, eight hours from 08:00."""
    starts = [MONDAY + pd.Timedelta(days=day) + 8 * HOUR for day in range(len(agents))]
    ends = [start + hours * HOUR for start in starts]
    return pd.DataFrame({"queue": "v", "start": starts, "end": ends, "agents": agents})


def hourly(scale=6.0, hours=168):
    clock = np.arange(hours) % 24
    agents = np.ceil(scale * (0.2 + np.exp(-(((clock - 11) / 4.0) ** 2)) + 0.6 * np.exp(-(((clock - 18) / 3.0) ** 2))))
    return pd.DataFrame({"queue": "v", "start": pd.date_range(MONDAY, periods=hours, freq="h"), "agents": agents})


FULL = ShiftType(
    name="full",
    length="9h",
    starts="00:00-23:00/60min",
    breaks=[Break(name="meal", length="1h", paid=False, between=("3h", "5h"))],
)
PART = ShiftType(name="part", length="4h", starts="00:00-23:00/60min")
CONTRACTS = [
    Contract(name="ft", shifts="full", days_per_week=(5, 5), hours_per_week=(40, 40), start_band="1h"),
    Contract(name="pt", shifts="part", days_per_week=(4, 5), hours_per_week=(16, 20), start_band="1h"),
]


def heads(plan):
    """People of each contract."""
    return plan.table.drop_duplicates("tour").groupby("contract")["people"].sum().to_dict()


@pytest.mark.parametrize(
    ("agents", "people"),
    [
        ([1, 1, 1, 1, 1, 0, 0], 1),
        ([1] * 7, 2),  # two weeks of five days lie over seven days
        ([5, 5, 5, 5, 5, 2, 2], 6),  # 29 days of work in weeks of five
        ([3, 3, 3, 3, 3, 3, 3], 5),  # 21 days
    ],
)
def test_so_many_people_with_two_days_off_in_a_row_cover_the_week(agents, people):
    plan = design_tours(daily(agents), Contract(name="ft", days_per_week=(5, 5)), [EIGHT], hard_cover=True)
    assert heads(plan) == {"ft": people}
    assert plan.paid_hours == people * 40
    assert plan.status == "optimal"


def test_days_off_apart_may_save_a_person():
    """Tuesday and Friday off are no two days in a row."""
    agents, contract = [1, 0, 1, 1, 0, 1, 1], Contract(name="ft", days_per_week=(5, 5))
    apart = design_tours(daily(agents), contract, [EIGHT], hard_cover=True, consecutive_days_off=False)
    together = design_tours(daily(agents), contract, [EIGHT], hard_cover=True)
    assert (heads(apart), heads(together)) == ({"ft": 1}, {"ft": 2})


def test_the_days_of_a_tour_run_across_the_seam_of_the_week():
    agents = [1, 1, 1, 0, 0, 1, 1]
    plan = design_tours(daily(agents), Contract(name="ft", days_per_week=(5, 5)), [EIGHT])
    assert heads(plan) == {"ft": 1}
    assert sorted(plan.table["start"].dt.day_of_week.unique()) == [0, 1, 2, 5, 6]


def test_few_days_in_a_row_are_kept_across_the_seam():
    contract = Contract(name="ft", days_per_week=(5, 5), max_consecutive_days=4)
    plan = design_tours(daily([2] * 7), contract, [EIGHT], consecutive_days_off=False)
    assert tour_faults(plan.table, [contract], consecutive_days_off=False).empty
    assert tour_faults(plan.table, [Contract(name="ft", max_consecutive_days=2)], consecutive_days_off=False).size


@pytest.mark.parametrize("days", [3, 4, 5])
def test_weeks_are_those_that_a_search_by_hand_finds(days):
    contract = Contract(name="c", days_per_week=(days, days), max_consecutive_days=3)
    by_hand = [
        week
        for week in combinations(range(7), days)
        if not any({(first + k) % 7 for k in range(4)} <= set(week) for first in range(7))
    ]
    assert list(weeks_of(contract, EIGHT, cyclic=True, consecutive_days_off=False)) == by_hand
    assert longest_run(tuple(range(7)), cyclic=False) == 7


def test_starts_of_a_tour_stay_inside_its_band():
    plan = design_tours(hourly(), CONTRACTS, [FULL, PART], time_limit=3)
    starts = plan.table.groupby("shift").agg(tour=("tour", "first"), start=("start", "min"))
    clock = (starts["start"] - starts["start"].dt.normalize()) / HOUR
    spread = clock.groupby(starts["tour"]).agg(lambda own: own.max() - own.min())
    assert spread.max() <= 2
    assert spread.max() > 0


def test_rest_narrows_the_band():
    """24 h - 9 h of work - 14 h of rest leave an hour between the earliest and the latest start."""
    contract = Contract(name="ft", shifts="full", days_per_week=(5, 5), min_rest="14h", start_band="3h")
    plan = design_tours(hourly(), contract, [FULL], time_limit=4)
    assert tour_faults(plan.table, [contract]).empty
    starts = plan.table.groupby("shift").agg(tour=("tour", "first"), start=("start", "min"))
    clock = (starts["start"] - starts["start"].dt.normalize()) / HOUR
    assert clock.groupby(starts["tour"]).agg(lambda own: own.max() - own.min()).max() <= 1


@pytest.mark.slow
def test_head_counts_and_shares_are_kept_and_cost_what_they_forbid():
    free = design_tours(hourly(), CONTRACTS, [FULL, PART], time_limit=3)
    few = design_tours(hourly(), CONTRACTS, [FULL, PART], time_limit=3, people={"pt": (2, 3)}, shares={"ft": (0.5, 1)})
    count = heads(few)
    assert 2 <= count["pt"] <= 3
    assert count["ft"] >= 0.5 * sum(count.values())
    assert few.objective >= free.bound
    assert few.bound >= free.bound - 1e-6


def test_at_least_so_many_people_are_paid_even_where_nobody_is_needed():
    plan = design_tours(daily([0] * 7), Contract(name="ft", days_per_week=(5, 5)), [EIGHT], people={"ft": (2, None)})
    assert heads(plan) == {"ft": 2}
    assert plan.objective == plan.bound == 80.0


def test_head_counts_that_contradict_each_other_are_refused():
    with pytest.raises(InfeasibleError, match="least and most people and shares of the contracts"):
        design_tours(
            hourly(),
            CONTRACTS,
            [FULL, PART],
            people={"pt": (5, 5), "ft": (1, 2)},
            shares={"pt": (0, 0.5)},
            time_limit=4,
        )


@pytest.mark.slow
def test_tours_never_cost_less_than_the_bound_of_free_shifts():
    free = design_shifts(hourly(), [FULL, PART], cyclic=True, time_limit=60)
    tours = design_tours(hourly(), CONTRACTS, [FULL, PART], time_limit=60)
    assert tours.objective >= free.bound
    assert tours.bound >= free.bound - 0.3  # both are rounded up to the grain of the costs
    assert tours.gap < 0.05


def test_the_same_seed_gives_the_same_tours():
    first, second = (
        design_tours(daily([3, 4, 5, 4, 3, 2, 1]), Contract(name="c", days_per_week=(3, 5)), [EIGHT], seed=2)
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(first.table, second.table)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=7, max_size=7), st.sampled_from([(2, 5), (5, 5), (4, 6)]), st.booleans())
def test_every_tour_keeps_its_contract_and_costs_what_it_says(agents, days, together):
    contract = Contract(name="c", days_per_week=days)
    plan = design_tours(daily(agents), contract, [EIGHT], consecutive_days_off=together, time_limit=5)
    assert tour_faults(plan.table, [contract], consecutive_days_off=together).empty
    assert schedule_faults(plan.table, [EIGHT]).empty
    people = plan.table.assign(day=plan.table["start"].dt.normalize()).groupby("day")["people"].sum()
    cover = [people.get(MONDAY + pd.Timedelta(days=day), 0) for day in range(7)]
    missing = sum(max(need - got, 0) for need, got in zip(agents, cover, strict=True))
    assert plan.objective == pytest.approx(8 * (sum(cover) + 3 * missing))
    assert plan.bound <= plan.objective + 1e-9


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"contracts": []}, SettingError, "at least one Contract"),
        ({"contracts": [Contract(name="a", shifts="ful")]}, SettingError, "no shift type. Known: 'eight'"),
        ({"contracts": [Contract(name="a"), Contract(name="a")]}, SettingError, "names of contracts must differ"),
        (
            {"contracts": [Contract(name="a", days_per_week=(5, 5), hours_per_week=(30, 36))]},
            SettingError,
            "no week of one shift type with .* a day of its types pays eight 8 h",
        ),
        ({"contracts": [Contract(name="a", min_rest="17h")]}, SettingError, "leaves its rest of 17 h"),
        ({"people": {"ft": (1, 2)}}, SettingError, "people names 'ft', which is no contract"),
        ({"people": {"a": (3, 2)}}, SettingError, "least <= most"),
        ({"shares": {"a": 0.5}}, SettingError, "must be a pair"),
        ({"requirement": daily([1] * 8)}, DataError, "must lie within a week"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    given = {"requirement": daily([1] * 7), "contracts": [Contract(name="a")], "shift_types": [EIGHT], **arguments}
    with pytest.raises(error, match=message):
        design_tours(**given)


def tour_rows(clocks, *, contract="ft", length=8, people=1, kind="eight"):
    """A tour with a start at each (day, hour)."""
    starts = [MONDAY + pd.Timedelta(days=day) + hour * HOUR for day, hour in clocks]
    return shift_rows(starts, length=length, people=people, kind=kind).assign(tour="t", contract=contract)


WEEK = [(0, 8), (1, 8), (2, 8), (3, 8), (4, 8)]


@pytest.mark.parametrize(
    ("rows", "contract", "rule"),
    [
        (tour_rows(WEEK[:4]), {"days_per_week": (5, 5)}, "days_per_week"),
        (tour_rows(WEEK), {"hours_per_week": (30, 36)}, "hours_per_week"),
        (tour_rows([(0, 8), (1, 11)]), {"start_band": "1h"}, "start_band"),
        (tour_rows([(0, 14), (1, 6)]), {}, "min_rest"),
        (tour_rows([(6, 15), (0, 1)]), {}, "min_rest"),  # across the seam
        (tour_rows(WEEK), {"max_consecutive_days": 4}, "max_consecutive_days"),
        (tour_rows([(5, 8), (6, 8), (0, 8), (1, 8)]), {"max_consecutive_days": 3}, "max_consecutive_days"),
        (tour_rows([(0, 8), (1, 8), (3, 8)]), {}, "consecutive_days_off"),
        (tour_rows(WEEK), {"shifts": "part"}, "shifts"),
        (tour_rows(WEEK, contract="pt"), {}, "contract"),
        (tour_rows(WEEK, people=[1, 1, 2, 1, 1]), {}, "people"),
    ],
)
def test_every_broken_rule_of_a_tour_is_found(rows, contract, rule):
    found = tour_faults(rows, [Contract(name="ft", **contract)])
    assert rule in found["rule"].tolist()


def test_a_sound_tour_has_no_fault_and_heads_are_counted():
    contract = Contract(name="ft", days_per_week=(5, 5), hours_per_week=(40, 40), start_band="30min")
    assert tour_faults(tour_rows(WEEK), [contract]).empty
    assert tour_faults(tour_rows(WEEK), [contract], people={"ft": (2, 3)})["rule"].tolist() == ["people"]
    assert tour_faults(tour_rows(WEEK), [contract], shares={"ft": (0.0, 0.5)})["rule"].tolist() == ["shares"]


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0.3, 2.0])
def test_a_short_time_limit_still_gives_sound_tours(limit):
    began = perf_counter()
    plan = design_tours(hourly(20.0), CONTRACTS, [FULL, PART], time_limit=limit)
    assert perf_counter() - began <= 1.1 * limit + 1
    assert tour_faults(plan.table, CONTRACTS).empty
    assert plan.objective >= plan.bound >= 0
