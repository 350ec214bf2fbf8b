import warnings
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError, InfeasibleError, SettingError, WfmWarning
from wfm.hours import OpeningHours
from wfm.schedule import Break, ShiftType, design_shifts, schedule_faults

DAY = pd.Timestamp("2026-11-21")  # a Saturday
HOUR = pd.Timedelta(hours=1)


def requirement(agents, start=DAY + 8 * HOUR, freq="h", queue="voice"):
    starts = pd.date_range(start, periods=len(agents), freq=freq)
    return pd.DataFrame({"queue": queue, "start": starts, "agents": agents})


def people(plan):
    lines = plan.table.groupby("shift").agg(start=("start", "min"), people=("people", "first"))
    return {f"{start:%d %H:%M}": int(group["people"].sum()) for start, group in lines.groupby("start")}


TWO = ShiftType(name="two", length="2h", starts=["08:00", "09:00", "10:00"])
MEAL = ShiftType(
    name="m", length="4h", starts="08:00", breaks=[Break(name="meal", length="1h", paid=False, between=("1h", "2h"))]
)


@pytest.mark.parametrize(
    ("agents", "options", "objective"),
    [
        ([1, 2, 2, 1], {}, 6.0),  # three shifts of two hours
        ([1, 1, 1, 1], {}, 4.0),
        ([1, 1, 1], {}, 4.0),  # the fourth hour is cheaper than a missing one
        ([1, 1, 1], {"under_cost": 1.5}, 3.5),  # one hour stays short: a second shift costs two
        ([1, 1, 1], {"under_cost": 0.9}, 2.7),  # nobody comes: a missing hour is cheaper than a paid one
        ([1, 1, 1, 0], {"over_cost": 2.5}, 5.0),  # paid 2 + missing 3 beats paid 4 + surplus 2.5
        ([1, 1, 1], {"over_cost": 2.5}, 4.0),  # no surplus where nothing is asked
        ([2, 0, 0, 2], {}, 8.0),
        ([0, 0, 0], {}, 0.0),
    ],
)
def test_small_designs_reach_the_optimum_and_prove_it(agents, options, objective):
    plan = design_shifts(requirement(agents), [TWO], **options)
    assert plan.objective == pytest.approx(objective)
    assert plan.bound == pytest.approx(objective, abs=1e-5)
    assert plan.status == "optimal"


def test_an_hour_below_the_price_of_a_missing_one_is_left_short():
    plan = design_shifts(requirement([1, 1]), [TWO], under_cost=0.4)
    assert plan.table.empty
    assert plan.objective == pytest.approx(0.8)
    assert plan.coverage["gap"].tolist() == [-1.0, -1.0]


def test_breaks_are_spread_so_that_somebody_is_there():
    plan = design_shifts(requirement([2, 1, 1, 2]), [MEAL])
    assert plan.objective == 6.0
    meals = plan.table[plan.table["activity"] == "meal"]
    assert sorted(meals["start"].dt.hour) == [9, 10]
    assert plan.coverage["rostered"].tolist() == [2, 1, 1, 2]


def test_a_night_shift_covers_its_evening_and_the_next_morning():
    night = ShiftType(name="night", length="8h", starts="22:00")
    agents = [3 if hour in range(22, 30) else 0 for hour in range(48)]
    plan = design_shifts(requirement(agents, DAY), [night])
    assert people(plan) == {"21 22:00": 3}
    assert plan.objective == 24.0
    assert plan.coverage.set_index("start")["rostered"][DAY + 29 * HOUR] == 3


def test_an_open_horizon_has_no_shift_before_it_and_lets_shifts_run_past_it():
    night = ShiftType(name="night", length="8h", starts="22:00")
    agents = [1 if hour % 24 >= 22 or hour % 24 < 6 else 0 for hour in range(48)]
    with pytest.warns(WfmWarning, match=r"no shift covers 6 interval\(s\), first 2026-11-21 00:00; add a shift"):
        plan = design_shifts(requirement(agents, DAY), [night], under_cost=5)
    assert people(plan) == {"21 22:00": 1, "22 22:00": 1}
    assert plan.objective == 16 + 5 * 6


def test_a_cyclic_horizon_runs_into_its_beginning():
    night = ShiftType(name="night", length="8h", starts="22:00")
    agents = [1 if hour % 24 >= 22 or hour % 24 < 6 else 0 for hour in range(48)]
    plan = design_shifts(requirement(agents, DAY), [night], cyclic=True)
    assert plan.objective == plan.bound == 16.0
    assert plan.table["end"].max() == DAY + 54 * HOUR
    assert (plan.coverage["gap"] == 0).all()


def test_days_of_a_shift_type_are_kept():
    with pytest.warns(WfmWarning, match=r"no shift covers 2 interval\(s\), first 2026-11-22 08:00"):
        plan = design_shifts(
            pd.concat([requirement([1, 1]), requirement([1, 1], DAY + 32 * HOUR)]),
            [ShiftType(name="sat", length="2h", starts="08:00", days="sat")],
        )
    assert people(plan) == {"21 08:00": 1}


def test_shifts_lie_inside_the_opening_hours_of_their_queue():
    hours = {"voice": OpeningHours.read("08:00-11:00")}
    with pytest.warns(WfmWarning, match=r"no shift covers 1 interval\(s\), first 2026-11-21 11:00"):
        plan = design_shifts(requirement([1, 1, 1, 1]), [TWO], hours=hours)
    assert people(plan) == {"21 08:00": 1, "21 09:00": 1}


def test_closed_hours_need_no_cover():
    plan = design_shifts(pd.concat([requirement([1, 1]), requirement([1, 1], DAY + 10 * HOUR)]), [TWO])
    assert len(plan.coverage) == 4
    assert plan.objective == 4.0


def test_rostered_is_covered_where_it_is_given():
    table = requirement([1, 1]).assign(rostered=[1.25, np.nan])
    plan = design_shifts(table, [TWO])
    assert plan.coverage["required"].tolist() == [1.25, 1.0]
    assert plan.objective == pytest.approx(2 + 3 * 0.25)


def test_each_queue_is_designed_by_itself():
    plan = design_shifts(pd.concat([requirement([1, 1]), requirement([2, 2], queue="chat")]), [TWO])
    assert plan.table.groupby("queue")["people"].sum().to_dict() == {"chat": 2, "voice": 1}
    assert plan.table["shift"].str.startswith(("chat-", "voice-")).all()


def test_a_fine_break_leaves_part_of_an_interval():
    kind = ShiftType(
        name="s",
        length="2h",
        starts="08:00",
        breaks=[Break(name="tea", length="15min", paid=True, between=("30min", "45min"), grid=900)],
    )
    plan = design_shifts(requirement([1, 1]), [kind])
    assert plan.coverage["rostered"].tolist() == [0.75, 1.0]
    assert plan.objective == pytest.approx(2 + 3 * 0.25)


def test_breaks_whose_windows_overlap_keep_their_order():
    tea = [Break(name=name, length="30min", paid=True, between=("30min", "90min")) for name in ("a", "b")]
    plan = design_shifts(
        requirement([1, 0, 1, 0, 1, 1], freq="30min"), [ShiftType(name="s", length="3h", starts="08:00", breaks=tea)]
    )
    assert plan.objective == 3.0
    breaks = plan.table.loc[plan.table["activity"] == "break", "start"]
    assert breaks.dt.strftime("%H:%M").tolist() == ["08:30", "09:30"]


@pytest.mark.parametrize(("share", "missing"), [(1.0, 0.0), (0.5, 1.0), (0.25, 2.0)])
def test_at_most_so_many_are_away_at_once(share, missing):
    """Four people, meals at 9 or 10; nobody is needed at 9, so all would go then."""
    kind = ShiftType(
        name="m",
        length="4h",
        starts="08:00",
        breaks=[Break(name="meal", length="1h", paid=False, between=("1h", "2h"), most_at_once=share)],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plan = design_shifts(requirement([4, 0, 4, 4]), [kind], under_cost=20)
    away = plan.table[plan.table["activity"] == "meal"].groupby("start")["people"].sum()
    on_duty = plan.table.groupby("shift")["people"].first().sum()
    assert away.max() <= max(1, share * on_duty)
    assert schedule_faults(plan.table, [kind]).empty
    assert (missing == 0) == (plan.objective == 12.0)


def test_hard_cover_misses_nobody():
    plan = design_shifts(requirement([1, 1, 1]), [TWO], under_cost=0.1, hard_cover=True)
    assert plan.objective == plan.bound == 4.0
    assert (plan.coverage["gap"] >= 0).all()


def test_hard_cover_that_cannot_be_kept_names_the_hours():
    with pytest.raises(InfeasibleError, match=r"no shift covers 1 interval\(s\), first 2026-11-21 12:00"):
        design_shifts(requirement([1, 1, 1, 1, 1]), [TWO], hard_cover=True)


def test_a_cost_for_distinct_shifts_buys_fewer_of_them():
    kinds = [TWO, ShiftType(name="four", length="4h", starts="08:00")]
    cheap = design_shifts(requirement([1, 2, 2, 1]), kinds)
    dear = design_shifts(requirement([1, 2, 2, 1]), kinds, shift_cost=10.0, under_cost=10)
    assert cheap.objective == 6.0
    assert dear.objective == dear.bound == 8.0 + 10.0  # two people on the long shift
    assert set(dear.table["type"]) == {"four"}


@pytest.mark.parametrize(("most", "objective"), [(3, 6.0), (2, 8.0), (1, 10.0)])
def test_at_most_so_many_distinct_shifts_are_used(most, objective):
    plan = design_shifts(requirement([1, 2, 2, 1]), [TWO], max_shifts=most)
    assert plan.objective == objective
    assert len(people(plan)) <= most


def test_no_candidate_at_all_is_a_plan_with_its_shortage():
    with pytest.warns(WfmWarning, match=r"no shift covers 2 interval\(s\)"):
        plan = design_shifts(
            requirement([1, 1], DAY),
            [ShiftType(name="s", length="2h", starts="08:00")],
            hours={"voice": OpeningHours.read("00:00-02:00")},
        )
    assert plan.table.empty
    assert plan.objective == plan.bound == 6.0


def test_a_start_that_leaves_no_place_for_a_break_is_named():
    kind = ShiftType(
        name="s",
        length="2h",
        starts=["08:00", "10:00"],
        breaks=[Break(name="noon", length="30min", paid=False, clock=("11:00", "11:30"))],
    )
    with pytest.warns(WfmWarning) as caught:
        plan = design_shifts(requirement([0, 0, 1, 0], freq="h"), [kind])
    assert any("'s' is not used at '08:00'" in str(warning.message) for warning in caught)
    assert people(plan) == {"21 10:00": 1}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"under_cost": -1}, SettingError, "under_cost must be a number in"),
        ({"time_limit": 0}, SettingError, "time_limit must be a number in"),
        ({"max_shifts": 0}, SettingError, "max_shifts must be a number in"),
        ({"shift_types": []}, SettingError, "shift_types must hold at least one ShiftType"),
        ({"shift_types": [TWO, TWO]}, SettingError, "names of shift_types must differ, got 'two'"),
        ({"shift_types": ["two"]}, SettingError, "must be ShiftType objects, got 'two'"),
        ({"requirement": requirement([])}, DataError, "requirement has no rows"),
        ({"requirement": requirement([-1, 2])}, DataError, "requirement.agents must be a number in"),
    ],
)
def test_wrong_settings_are_named(options, error, message):
    given = {"requirement": requirement([1, 1]), "shift_types": [TWO], **options}
    with pytest.raises(error, match=message):
        design_shifts(given.pop("requirement"), given.pop("shift_types"), **given)


def test_the_callers_table_is_not_changed():
    table = requirement([1, 2])
    before = table.copy()
    design_shifts(table, [TWO])
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("unit", ["ns", "us"])
def test_both_units_of_time_give_the_same_plan(unit):
    table = requirement([1, 2, 2, 1])
    table["start"] = table["start"].astype(f"datetime64[{unit}]")
    assert people(design_shifts(table, [TWO])) == {"21 08:00": 1, "21 09:00": 1, "21 10:00": 1}


KINDS = [
    ShiftType(
        name="full",
        length="8h",
        starts="00:00-23:00/60min",
        breaks=[
            Break(name="tea", length="1h", paid=True, between=("1h", "2h")),
            Break(name="meal", length="1h", paid=False, between=("3h", "4h")),
        ],
    ),
    ShiftType(name="part", length="4h", starts="00:00-22:00/120min"),
]
CURVES = st.lists(st.integers(0, 6), min_size=24, max_size=24)


def recomputed(plan, table, under):
    """Cost from the rows alone, hour by hour, on a day that runs into itself."""
    cover = np.zeros(24)
    for row in plan.table[plan.table["activity"] == "work"].itertuples():
        for hour in range(int((row.start - DAY) / HOUR), int((row.end - DAY) / HOUR)):
            cover[hour % 24] += row.people
    return plan.paid_hours + under * np.maximum(table["agents"] - cover, 0).sum()


@settings(max_examples=12, deadline=None)
@given(agents=CURVES, under=st.sampled_from([0.5, 1.5, 3.0]))
def test_every_design_keeps_the_rules_and_costs_what_it_says(agents, under):
    table = requirement(agents, DAY)
    plan = design_shifts(table, KINDS, under_cost=under, cyclic=True, time_limit=2)
    assert schedule_faults(plan.table, KINDS, interval=3600, cycle=86400).empty
    assert plan.objective == pytest.approx(recomputed(plan, table, under))
    assert plan.objective >= plan.bound - 1e-6


@settings(max_examples=8, deadline=None)
@given(agents=CURVES, more=st.integers(0, 23))
def test_more_requirement_never_lowers_the_bound_nor_the_proven_cost(agents, more):
    asked = [need + (hour == more) for hour, need in enumerate(agents)]
    less, greater = (design_shifts(requirement(a, DAY), KINDS, cyclic=True, time_limit=2) for a in (agents, asked))
    assert greater.bound >= less.bound - 1e-6
    assert greater.objective >= less.bound - 1e-6
    if less.status == greater.status == "optimal":
        assert greater.objective >= less.objective - 1e-6


def week_curve(scale=20.0):
    hour = np.arange(168) % 24
    return np.ceil(scale * (0.2 + np.exp(-(((hour - 11) / 4.0) ** 2)) + 0.6 * np.exp(-(((hour - 18) / 3.0) ** 2))))


def test_a_week_round_the_clock_is_near_the_bound():
    """The search ends by itself after three seconds of an idle core; the limit leaves a busy one twenty times that."""
    plan = design_shifts(requirement(week_curve(), DAY), KINDS, cyclic=True, time_limit=60)
    assert plan.gap < 0.02
    assert 0 < plan.bound <= plan.objective


def test_the_same_seed_gives_the_same_plan():
    first, second = (
        design_shifts(requirement(week_curve(3)[:48], DAY), KINDS[1:], time_limit=20, seed=3) for _ in range(2)
    )
    pd.testing.assert_frame_equal(first.table, second.table)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0.2, 1.0])
def test_a_short_time_limit_still_gives_a_sound_plan(limit):
    began = perf_counter()
    plan = design_shifts(requirement(week_curve(), DAY), KINDS, cyclic=True, time_limit=limit)
    assert perf_counter() - began <= 1.1 * limit + 1
    assert plan.objective >= plan.bound >= 0
    assert schedule_faults(plan.table, KINDS, interval=3600, cycle=7 * 86400).empty
