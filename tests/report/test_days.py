import numpy as np
import pandas as pd
import pytest

from wfm.report.days import contacts_by, day_table, intervals
from wfm.report.heat import gap_heat, service_heat
from wfm.report.waterfall import hours_waterfall, need_explained


def test_the_days_add_up_to_the_tables(plan):
    table = day_table(plan)
    assert table["offered"].sum() == pytest.approx(plan.forecast["offered"].sum())
    both = plan.coverage.merge(plan.requirement[["queue", "start", "agents"]], on=["queue", "start"])
    gap = (both["expected"] - both["agents"]) / 2
    assert table["short_hours"].sum() == pytest.approx(-gap.clip(upper=0).sum())
    assert table["spare_hours"].sum() == pytest.approx(gap.clip(lower=0).sum())
    days = plan.promise[(plan.promise["scope"] == "day") & (plan.promise["queue"] == "voice")]
    assert table["service_voice"].tolist() == pytest.approx(days["service_level"].tolist())


def test_the_peak_is_the_interval_that_needs_most(plan):
    sunday = day_table(plan).iloc[1]
    need = plan.requirement[plan.requirement["start"].dt.normalize() == sunday["day"]].groupby("start")["agents"].sum()
    assert (sunday["peak"], sunday["needed"]) == (need.idxmax(), need.max())
    here = plan.coverage[plan.coverage["start"] == sunday["peak"]]
    assert sunday["rostered"] == pytest.approx(here["rostered"].sum())
    assert sunday["expected"] == pytest.approx(here["expected"].sum())


def test_days_one_to_six_of_the_solar_month_are_starred(plan):
    assert day_table(plan)["month_start"].tolist() == [False] + [True] * 6


def test_the_range_holds_the_mean_and_repeats(plan):
    first, again = contacts_by(plan, "D"), contacts_by(plan, "D")
    assert ((first["low"] < first["offered"]) & (first["offered"] < first["high"])).all()
    pd.testing.assert_frame_equal(first, again)


def test_the_machine_s_forecast_stays_beside_the_planner_s(plan):
    table = contacts_by(plan, "D")
    assert table["machine"].iloc[0] == pytest.approx(table["offered"].iloc[0] / 1.1)
    assert table["machine"].iloc[1:].tolist() == pytest.approx(table["offered"].iloc[1:].tolist())


def test_the_heat_holds_every_interval(plan):
    heat = gap_heat(plan)
    total = intervals(plan).groupby("start")["gap"].sum()
    assert heat.amounts.shape == (7, 24)
    assert heat.amounts.ravel().tolist() == pytest.approx(total.tolist())


def test_fine_intervals_are_merged_into_at_most_48_columns(plan):
    fine = pd.date_range(plan.start, periods=7 * 288, freq="5min")
    need = pd.DataFrame({"queue": "voice", "start": fine, "end": fine + pd.Timedelta("5min"), "agents": 2.0})
    from dataclasses import replace

    heat = gap_heat(replace(plan, requirement=need, coverage=need.assign(rostered=5.0, gap=3.0)))
    assert heat.amounts.shape == (7, 48)
    assert np.allclose(heat.amounts, 3.0)


def test_the_service_map_holds_the_coverage(plan):
    heat = service_heat(plan, ["voice"])
    level = plan.coverage[plan.coverage["queue"] == "voice"]["service_level"]
    assert heat.amounts.ravel().tolist() == pytest.approx(level.tolist())


def test_every_waterfall_ends_where_it_says(plan):
    hours = {step.name: step for step in hours_waterfall(plan)}
    assert hours["paid"].amount + sum(hours[name].amount for name in ("placed", "breaks", "absence")) == pytest.approx(
        hours["have"].amount
    )
    assert hours["need"].amount + hours["gap_short"].amount == pytest.approx(hours["have"].amount)
    need = need_explained(plan)
    assert sum(step.amount for step in need if step.name not in ("agents", "rostered")) == pytest.approx(
        need[-1].amount
    )
    assert need[-1].amount == pytest.approx(plan.requirement["rostered"].max())
