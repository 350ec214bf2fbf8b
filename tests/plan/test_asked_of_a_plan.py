"""What a planner asks of a plan: steps, dear hours, changes and two schedules side by side."""

import numpy as np
import pandas as pd
import pytest

import wfm
from small_site import forecast, spec
from wfm.errors import SettingError
from wfm.plan.asked import step_lines
from wfm.schedule import ShiftType

PEOPLE = pd.DataFrame({"agent": [f"A{k:02d}" for k in range(24)], "contract": "pt", "skills": "voice"})


@pytest.fixture(scope="module")
def named():
    people = {
        "contracts": {"pt": {"hours_per_week": [0, 16], "days_per_week": [2, 2], "shifts": ["full"]}},
        "people": {"agents": PEOPLE},
    }
    file = spec() | people
    file["plan"] = file["plan"] | {"time_limit": 4}
    return wfm.plan_week(file, forecast={"voice": forecast(0.6)})


@pytest.fixture(scope="module")
def steps(named):
    return named.steps(time_limit=4).set_index("step")


def test_the_steps_go_from_the_need_to_named_people(named, steps):
    assert steps.index.tolist() == ["need", "free shifts", "tours", "named people"]
    width = (named.requirement["end"] - named.requirement["start"]).dt.total_seconds() / 3600
    assert steps["paid_hours"]["need"] == pytest.approx((named.requirement["rostered"] * width).sum())
    assert steps["paid_hours"]["named people"] == pytest.approx(named.schedule.paid_hours)
    assert np.allclose(steps["more_hours"].iloc[1:], np.diff(steps["paid_hours"]))


def test_a_cover_costs_no_less_than_the_need_and_tours_no_less_than_free_shifts(steps):
    assert steps["missing"]["free shifts"] == pytest.approx(0, abs=1e-6)
    assert steps["need":"tours"]["paid_hours"].is_monotonic_increasing
    assert steps["bound"]["free shifts"] <= steps["bound"]["tours"] + 1e-6


def test_each_step_is_judged_on_the_plans_futures(named, steps):
    last = steps.loc["named people"]
    weeks = named.promise.query("scope == 'week'")
    assert last["service_level"] == pytest.approx(weeks["service_level"].min())
    assert last["promises"] == 2
    assert steps["promises_kept"]["free shifts"] >= 1


def test_the_dear_hours_price_the_requirement(named):
    prices = named.hour_prices()
    assert prices["start"].tolist() == named.requirement["start"].tolist()
    assert (prices["price"] >= 0).all()
    assert prices["price"].max() > 0


def test_another_shift_type_is_told_in_hours(named):
    four = ShiftType(name="four", length="4h", starts="08:00-14:00/30min")
    told = named.what_if({"with four hours": {"shift_types": [*named.terms.shift_types, four]}})
    assert told["change"].tolist() == ["as given", "with four hours"]
    assert told["at_most"].iloc[1] >= 0


def test_a_plan_beside_itself_moves_nothing(named):
    found = named.compared(named)
    assert found["moved"].sum() == 0
    assert found["more_hours"].abs().sum() == 0
    assert found["paid_hours"].sum() == pytest.approx(named.schedule.paid_hours)
    assert named.compared(named.roster)["paid_hours_other"].sum() == pytest.approx(named.roster.paid_hours)


def test_a_day_with_fewer_people_is_told(named):
    table = named.schedule.table
    gone = table["shift"] == table["shift"].iloc[0]
    found = named.compared(table[~gone])
    assert found["more_hours"].sum() < 0
    assert (found["people_other"] - found["people"]).sum() == -table["people"].iloc[0]


def test_a_plan_without_shifts_has_nothing_to_design_with():
    bare = {key: value for key, value in spec().items() if key != "shifts"}
    plan = wfm.plan_week(bare, forecast={"voice": forecast(0.3)})
    with pytest.raises(SettingError, match="shifts are not named"):
        plan.steps()
    with pytest.raises(SettingError, match="no shifts to compare"):
        plan.compared(pd.DataFrame())


def test_the_steps_are_told_a_line_each(steps):
    lines = step_lines(steps.reset_index())
    assert [line.split("  ")[0] for line in lines][:2] == ["STEP need", "STEP free shifts"]
    assert "of 2 promises kept" in lines[-1]
