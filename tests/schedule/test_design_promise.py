import warnings

import numpy as np
import pandas as pd
import pytest

from wfm import erlang
from wfm.errors import DataError, SettingError, WfmWarning
from wfm.schedule import Break, ShiftType, design_shifts
from wfm.schedule.design import promised
from wfm.schedule.design.promised import design_for_promise
from wfm.schedule.design.promises import promise_of, read_promises
from wfm.schedule.program.solver import Found
from wfm.target import ServiceTarget

DAY = pd.Timestamp("2026-11-21 08:00")
STARTS = pd.date_range(DAY, periods=24, freq="30min")
OFFERED = np.round(60 + 55 * np.sin(np.arange(24) / 23 * np.pi) + 12 * np.cos(np.arange(24)))
PATIENCE, AHT, WITHIN = 180.0, 240.0, 60.0
MEAL = Break(name="meal", length="30min", paid=False, between=("3h", "5h"))
KINDS = [
    ShiftType(name="long", length="8h30min", starts="08:00-11:30/30min", breaks=[MEAL]),
    ShiftType(name="short", length="4h", starts="08:00-16:00/30min"),
]


def agents_for(share):
    """Agents of every interval by Erlang A, each by itself."""
    levels = [service(np.full(24, n)) for n in range(1, 40)]
    return 1.0 + np.argmax(np.array(levels) >= share, axis=0)


def service(agents):
    told = erlang.performance(OFFERED, agents, interval=1800, aht=AHT, patience=PATIENCE, within=WITHIN)
    return np.asarray(told["service_level"])


def given():
    """Requirement around which the curve is taken, with the floor, and the curve over 8 agents on either side."""
    base = agents_for(0.8)
    table = pd.DataFrame({"queue": "v", "start": STARTS, "end": STARTS + pd.Timedelta("30min"), "agents": base})
    total = float((service(base) * OFFERED).sum())
    rows = []
    for more in range(-8, 9):
        agents = np.maximum(base + more, 0)
        met = total + (service(np.maximum(agents, 1)) * (agents > 0) - service(base)) * OFFERED
        rows.append(pd.DataFrame({"queue": "v", "start": STARTS, "agents": agents, "answered_within": met}))
    curve = pd.concat(rows).assign(offered=lambda t: t["start"].map(dict(zip(STARTS, OFFERED, strict=True))))
    curve = curve.drop_duplicates(["start", "agents"])
    return table.assign(minimum=agents_for(0.5)), curve


def test_a_promise_for_the_day_costs_less_than_one_for_every_interval():
    requirement, curve = given()
    target = ServiceTarget(share=0.8, within=WITHIN)
    by_interval = design_shifts(requirement, KINDS, hard_cover=True, time_limit=10)
    plan = design_for_promise(requirement, KINDS, curve=curve, target=target, time_limit=20)
    kept = promise_of(plan.coverage, curve, target, requirement)
    assert kept["kept"].all()
    assert (plan.coverage["rostered"] >= requirement["minimum"]).all()
    exact = float((service(plan.coverage["rostered"].to_numpy()) * OFFERED).sum() / OFFERED.sum())
    assert exact == pytest.approx(kept["share"].iloc[0], abs=1e-9)
    assert plan.paid_hours <= by_interval.paid_hours - 4
    assert plan.bound <= plan.objective <= 1.03 * plan.bound


def test_more_promised_is_never_cheaper_in_the_bound_and_every_promise_is_kept():
    requirement, curve = given()
    bounds = []
    for share in (0.7, 0.85):
        target = ServiceTarget(share=share, within=WITHIN)
        plan = design_for_promise(requirement, KINDS, curve=curve, target=target, time_limit=10)
        assert promise_of(plan.coverage, curve, target, requirement)["share"].min() >= share - 1e-9
        bounds.append(plan.bound)
    assert bounds == sorted(bounds)


def test_every_day_keeps_its_own_promise():
    requirement, curve = given()
    later = pd.Timedelta(days=1)
    two = pd.concat([requirement, requirement.assign(start=STARTS + later, end=requirement["end"] + later)])
    both = pd.concat([curve, curve.assign(start=curve["start"] + later)])
    target = ServiceTarget(share=0.8, within=WITHIN, scope="day")
    plan = design_for_promise(two, KINDS, curve=both, target=target, time_limit=20)
    kept = promise_of(plan.coverage, both, target, two)
    assert kept["start"].tolist() == [DAY, DAY + later]
    assert kept["kept"].all()


def test_a_promise_that_no_shift_can_keep_is_a_result_with_a_warning():
    requirement, curve = given()
    evening = ShiftType(name="late", length="4h", starts=["16:00"])
    with pytest.warns(WfmWarning) as told:
        plan = design_for_promise(
            requirement, [evening], curve=curve, target=ServiceTarget(share=0.9, within=WITHIN), time_limit=5
        )
    assert any("no schedule found keeps the promise" in str(one.message) for one in told)
    assert plan.bound <= plan.objective


def test_the_envelope_lies_above_the_curve_and_its_slopes_fall():
    requirement, curve = given()
    promise = read_promises(requirement, curve, ServiceTarget(share=0.8, within=WITHIN))[0]
    for i in range(24):
        sizes, slopes = promise.envelope(i)
        assert (np.diff(slopes) < 0).all()
        known = np.arange(promise.least[i], promise.agents[i][-1] + 1)
        corners = np.r_[0.0, np.cumsum(sizes)] + promise.least[i]
        worth = np.r_[0.0, np.cumsum(sizes * slopes)] + promise.gain(i, promise.least[i])
        assert (np.interp(known, corners, worth) >= [promise.gain(i, n) - 1e-9 for n in known]).all()


def test_a_bound_is_known_though_no_programme_is_solved_in_time(monkeypatch):
    requirement, curve = given()
    target = ServiceTarget(share=0.8, within=WITHIN)
    exact = design_for_promise(requirement, KINDS, curve=curve, target=target, time_limit=10)
    nothing = lambda program, **options: Found(values=None, bound=-np.inf)  # noqa: E731
    monkeypatch.setattr(promised, "relaxed", nothing)
    plan = design_for_promise(requirement, KINDS, curve=curve, target=target, time_limit=2)
    assert 0.85 * exact.bound < plan.bound <= exact.bound + 1e-6


def test_curves_that_do_not_fit_the_requirement_are_refused():
    requirement, curve = given()
    target = ServiceTarget(share=0.8, within=WITHIN)
    with pytest.raises(DataError, match="curve must hold queue 'v' at 2026-11-21 08:00"):
        read_promises(requirement, curve[curve["start"] > DAY], target)
    with pytest.raises(DataError, match="must be the same in all intervals of the scope"):
        read_promises(requirement, curve.assign(answered_within=curve["offered"]), target)
    with pytest.raises(SettingError, match="target must be a ServiceTarget"), warnings.catch_warnings():
        read_promises(requirement, curve, 0.8)
