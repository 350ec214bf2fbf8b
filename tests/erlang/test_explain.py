import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, erlang_c, requirement
from wfm.erlang.formulas.fractions import fractional_plan
from wfm.erlang.staffing.explain import TERMS, explain_requirement, explained_hours, explanation
from wfm.errors import DataError, SettingError
from wfm.queues import Shrinkage
from wfm.target import ServiceTarget

ALL = Shrinkage(unplanned=0.06, kinds={"leave": 0.08, "break": 0.07})


def one_day(offered, *, days: int = 1, queue: str = "voice", aht: float = 270.0) -> pd.DataFrame:
    offered = np.tile(np.asarray(offered, dtype=float), days)
    starts = [
        pd.Timestamp("2026-11-21 08:00") + pd.Timedelta(days=d, minutes=30 * i)
        for d in range(days)
        for i in range(len(offered) // days)
    ]
    ends = pd.DatetimeIndex(starts) + pd.Timedelta("30min")
    return pd.DataFrame({"queue": queue, "start": starts, "end": ends, "offered": offered, "aht": aht})


def terms_of(explained: pd.DataFrame) -> pd.Series:
    return explained[list(TERMS)].sum(axis=1)


@settings(max_examples=12, deadline=None)
@given(
    offered=st.lists(st.just(0.0) | st.floats(1e-9, 400), min_size=1, max_size=6),
    patience=st.sampled_from([60.0, 300.0, np.inf]),
    scope=st.sampled_from(["interval", "day", "week"]),
    unplanned=st.floats(0, 0.3),
    least=st.integers(0, 4),
    slots=st.integers(1, 3),
)
def test_the_terms_add_up_to_the_last_bit(offered, patience, scope, unplanned, least, slots):
    target = ServiceTarget(share=0.80, within=60, scope=scope)
    given_ = {"patience": patience, "shrinkage": Shrinkage(unplanned=unplanned, kinds={"leave": 0.1})}
    needed = requirement(one_day(offered, days=2), target, minimum=least, concurrency=slots, **given_)
    found = explain_requirement(needed, target, concurrency=slots, **given_)
    assert (terms_of(found) == found["headcount"]).all()
    np.testing.assert_allclose(found["headcount"], needed["headcount"], atol=1e-9)
    np.testing.assert_allclose(found["load"], needed["load"], atol=1e-9)
    assert (found["randomness"] >= 0).all()
    assert (found["unplanned"] >= 0).all()
    assert (found["placed"] >= -1e-9).all()
    if slots == 1:
        assert (found["concurrency"] == 0).all()
    if np.isinf(patience):
        np.testing.assert_allclose(found["abandonment"], 0, atol=1e-6)


def test_each_term_is_its_counterfactual():
    target = ServiceTarget(share=0.80, within=20, scope="interval")
    needed = requirement(one_day([150.0], aht=288.0), target, patience=180, shrinkage=ALL)
    row = explain_requirement(needed, target, patience=180, shrinkage=ALL).iloc[0]
    patient, hasty = row["load"] + row["randomness"], row["load"] + row["randomness"] + row["abandonment"]
    assert erlang_c.service_level(patient, 24.0, aht=288, within=20) == pytest.approx(0.80, abs=1e-9)
    assert erlang_a.service_level(hasty, 24.0, aht=288, patience=180, within=20) == pytest.approx(0.80, abs=1e-9)
    assert row["abandonment"] < 0
    assert row["rounding"] == pytest.approx(np.ceil(hasty) - hasty)
    agents = np.ceil(hasty)
    assert row["unplanned"] == pytest.approx(agents / 0.94 - agents)
    assert row["placed"] == pytest.approx(agents / 0.79 - agents / 0.94)


def test_a_cap_on_abandonment_is_a_term_of_its_own():
    plain = ServiceTarget(share=0.80, within=60, scope="interval")
    capped = ServiceTarget(share=0.80, within=60, scope="interval", max_abandon=0.05)
    forecast = one_day([900.0])
    found = explain_requirement(requirement(forecast, capped, patience=180), capped, patience=180).iloc[0]
    assert found["other_targets"] > 15
    assert explain_requirement(requirement(forecast, plain, patience=180), plain, patience=180)["other_targets"][0] == 0


def test_the_day_takes_from_dear_hours_and_gives_to_cheap_ones():
    forecast = one_day([20, 60, 200, 350, 120, 25], days=2)
    target = ServiceTarget(share=0.80, within=60)
    found = explain_requirement(requirement(forecast, target, patience=300), target, patience=300)
    assert found["spread"].min() < 0 < found["spread"].max()
    assert found["spread"].sum() < 0  # the promise over the day is cheaper than one for every interval
    assert found["rounding"].sum() > -0.6
    assert (found["carried"] == 0).all() or abs(found["carried"].sum()) < 12


def test_the_fractional_plan_keeps_the_promise_with_no_more_hours_than_whole_agents():
    from wfm.erlang.staffing.behind import Settings, demand_behind

    target = ServiceTarget(share=0.80, within=60, max_asa=40, wait_quantile=(0.9, 120), max_abandon=0.1)
    needed = requirement(one_day([20, 60, 200, 350, 120, 25]), target, patience=300)
    demand = demand_behind("voice", needed, Settings(target=target, patience=300))
    agents = fractional_plan(demand)
    level = erlang_a.service_level(agents, demand.load, aht=270, patience=300, within=60)
    assert (level @ demand.offered) / demand.offered.sum() >= 0.80 - 1e-9
    assert agents.sum() <= needed["agents"].sum() + 1e-9


def test_minimum_staff_is_apart_from_the_queueing_need():
    forecast = one_day([2, 2, 150])
    target = ServiceTarget(share=0.80, within=60)
    needed = requirement(forecast, target, patience=300, minimum=5)
    found = explain_requirement(needed, target, patience=300)
    assert (found["floor_staff"].iloc[:2] > 3).all()
    assert found["floor_staff"][2] <= 0.11


def test_several_contacts_at_once_save_people():
    target = ServiceTarget(share=0.80, within=60, scope="interval")
    ladder = {"concurrency": 3, "aht_by_concurrency": (300, 390, 500)}
    needed = requirement(one_day([120.0], queue="chat"), target, patience=120, **ladder)
    row = explain_requirement(needed, target, patience=120, **ladder).iloc[0]
    assert row["load"] == pytest.approx(120 * 500 / 1800)
    assert row["concurrency"] == pytest.approx(-2 / 3 * row["load"])
    assert row["rounding"] == pytest.approx(0, abs=1)


def futures(forecast: pd.DataFrame, count: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    parts = [
        forecast[["queue", "start"]].assign(path=k, rate=forecast["offered"] * np.exp(0.1 * rng.standard_normal()))
        for k in range(count)
    ]
    return pd.concat(parts)


def test_uncertain_rates_are_what_confidence_adds_to_the_mean():
    forecast = one_day([60, 120, 200, 150, 80])
    sure, plain = (ServiceTarget(share=0.80, within=60, confidence=c) for c in (0.8, None))
    needed = requirement(forecast, sure, patience=180, paths=futures(forecast), shrinkage=0.06)
    mean = requirement(forecast, plain, patience=180, shrinkage=0.06)
    beside = explain_requirement(needed, sure, patience=180, shrinkage=0.06, mean=mean)
    np.testing.assert_allclose(beside["uncertain_rates"], needed["agents"] - mean["agents"])
    assert beside["uncertain_rates"].sum() > 0
    alone = explain_requirement(needed, sure, patience=180, shrinkage=0.06)
    assert (alone["carried"] == 0).all()
    assert alone["uncertain_rates"].sum() == pytest.approx((beside["uncertain_rates"] + beside["carried"]).sum())
    with pytest.raises(DataError, match="mean must hold every interval of the requirement; it misses 4"):
        explain_requirement(needed, sure, patience=180, mean=mean.head(1))


def test_a_stated_requirement_is_taken_as_it_stands():
    given_ = one_day([10.0, 12.0])[["queue", "start", "end"]].assign(agents=[3.0, 4.0])
    found = explain_requirement(given_, ServiceTarget(share=0.8, within=60), shrinkage=ALL)
    assert found["stated"].tolist() == [3.0, 4.0]
    assert (terms_of(found) == found["headcount"]).all()
    assert found["headcount"][0] == pytest.approx(3 / 0.79)
    other = requirement(one_day([10.0], queue="chat"), ServiceTarget(share=0.8, within=60), patience=300)
    assert explain_requirement(other, {"voice": ServiceTarget(share=0.8, within=60)})["stated"][0] > 0


@pytest.mark.parametrize("scope", ["day", "week"])
def test_hours_of_days_and_weeks_add_up_too(scope):
    target = ServiceTarget(share=0.80, within=60)
    forecast = pd.concat([one_day([60, 120, 90], days=9), one_day([20, 30, 20], days=9, queue="chat")])
    needed = requirement(forecast, target, patience=180, shrinkage=ALL)
    table = explained_hours(explain_requirement(needed, target, patience=180, shrinkage=ALL), scope=scope)
    assert len(table) == (18 if scope == "day" else 4)
    np.testing.assert_allclose(terms_of(table), table["headcount"], atol=1e-9)
    assert table["headcount"].sum() == pytest.approx(needed["headcount"].sum() / 2)
    with pytest.raises(SettingError, match="scope must be one of"):
        explained_hours(table, scope="month")


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.floats(-40, 40), min_size=len(TERMS), max_size=len(TERMS)))
def test_the_rounded_numbers_of_the_sentence_add_up_as_well(values):
    row = pd.Series({"queue": "voice", "start": pd.Timestamp("2026-11-21 10:00"), "end": None})
    row = pd.concat([row, pd.Series(dict(zip(TERMS, values, strict=True))), pd.Series({"headcount": sum(values)})])
    words = explanation(row).split(" people = ")
    total = float(words[0].split(": ")[1].replace(",", ""))
    parts = words[1]
    for name in sorted(TERMS.values(), key=len, reverse=True):
        parts = parts.replace(name, "")
    signed = parts.replace("- ", "-").replace("+ ", "+").split()
    assert sum(float(x.replace(",", "")) for x in signed) == pytest.approx(total, abs=1e-6)
    assert total == pytest.approx(sum(values), abs=0.0501)


def test_a_day_is_told_in_hours():
    target = ServiceTarget(share=0.80, within=60)
    needed = requirement(one_day([60, 120, 90]), target, patience=180)
    table = explained_hours(explain_requirement(needed, target, patience=180))
    assert explanation(table.iloc[0]).startswith("voice Sat 2026-11-21: 20.0 h = 20.3 load + ")


def test_nothing_asked_is_nothing_explained():
    target = ServiceTarget(share=0.80, within=60)
    empty = requirement(one_day([]).astype({"queue": object}), target, patience=180)
    assert explain_requirement(empty, target, patience=180).columns.tolist()[-1] == "headcount"
    closed = explain_requirement(requirement(one_day([0, 0]), target, patience=180), target, patience=180)
    assert (closed["headcount"] == 0).all()
    assert explanation(closed.iloc[0]) == "voice 08:00: 0.0 people = 0.0"
