"""The miss of the service by cause: it adds up, and each cause is found where it was put."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.review import review
from wfm.review.shape import came_shape
from wfm.review.split import CAUSES, shapley


def early(start):
    """A day whose contacts come in the morning: 1.4 times until 13:00, 0.5 times after."""
    return np.where(start.dt.hour < 13, 1.4, 0.5)


def test_the_causes_add_up_to_the_miss_exactly(plan, came):
    split = review(plan, came(plan, volume=1.1, shape=early, aht=1.15, came=0.9)).split
    assert len(split) == 8  # seven days and the week
    parts = split[[*CAUSES, "chance"]].sum(axis=1)
    np.testing.assert_allclose(parts, split["miss"], atol=1e-12)
    np.testing.assert_allclose(split["promised"] + parts, split["achieved"], atol=1e-12)
    assert (split[list(CAUSES)] < 0).all().all()  # each of them did harm


@pytest.mark.parametrize(
    ("cause", "what"),
    [("volume", {"volume": 1.2}), ("shape", {"shape": early}), ("aht", {"aht": 1.2}), ("attendance", {"came": 0.8})],
)
def test_a_single_cause_is_found_and_no_other(plan, came, cause, what):
    split = review(plan, came(plan, **what)).split
    others = [name for name in CAUSES if name != cause]
    np.testing.assert_allclose(split[others], 0.0, atol=1e-9)
    assert (split[cause] < -0.005).all()
    if cause != "shape":  # a shape is told from noise, so a little of it stays with chance
        np.testing.assert_allclose(split["chance"], -(split["promised"] - split["model_planned"]), atol=1e-9)


def test_where_all_came_as_planned_only_chance_is_left(plan, came):
    split = review(plan, came(plan)).split
    np.testing.assert_allclose(split[list(CAUSES)], 0.0, atol=1e-9)
    np.testing.assert_allclose(split["model_planned"], split["achieved"], atol=1e-9)


def test_good_and_bad_luck_is_chance(plan, came):
    history = came(plan)
    worse = history.assign(answered_within=history["answered_within"] * 0.9)
    one, other = (review(plan, table).split for table in (history, worse))
    np.testing.assert_allclose(other["chance"], one["chance"] - 0.1 * one["achieved"], atol=1e-9)
    np.testing.assert_allclose(other[list(CAUSES)], one[list(CAUSES)], atol=1e-12)


def test_counts_that_stray_by_chance_alone_are_hardly_any_shape(plan, came):
    history = came(plan)
    found = []
    for seed in range(5):
        offered = np.random.default_rng(seed).poisson(history["offered"])
        split = review(
            plan, history.assign(offered=offered, answered=offered, abandoned=0.0, answered_within=offered * 0.95)
        ).split
        found.append(split.query("scope == 'week'")["shape"].iloc[0])
    assert np.abs(np.mean(found)) < 0.001


def test_the_promise_is_that_of_the_plan(plan, came):
    split = review(plan, came(plan)).split
    for scope in ("day", "week"):
        promise = plan.promise[plan.promise["scope"] == scope]["service_level"]
        np.testing.assert_allclose(split[split["scope"] == scope]["promised"], promise, atol=1e-12)


def test_without_attendance_or_handle_time_their_part_is_nought_and_that_is_said(plan, came):
    found = review(plan, came(plan, came=0.8, aht=1.2).drop(columns=["staffed", "aht"]))
    assert (found.split[["aht", "attendance"]] == 0).all().all()
    assert (found.split["chance"] < -0.02).all()
    assert any("who came is not known" in note for note in found.notes)
    assert any("handle time is not known" in note for note in found.notes)


def test_another_threshold_is_not_compared(plan, came):
    found = review(plan, came(plan).assign(within=20.0))
    assert found.split.empty
    assert found.days["achieved"].isna().all()
    assert any("counted at 20 s, promised were 60 s" in note for note in found.notes)


def test_a_threshold_that_is_not_told_is_taken_as_promised_and_that_is_said(plan, came):
    found = review(plan, came(plan).drop(columns="within"))
    assert len(found.split) == 8
    assert "voice: answered_within does not say at how many seconds, taken as 60 s" in found.notes


def test_days_that_are_half_known_are_compared_on_what_is_known(plan, came):
    history = came(plan, volume=1.1)
    half = history[history["start"] < "2026-11-23 12:00"]
    found = review(plan, half)
    assert found.split["scope"].tolist() == ["day"] * 3 + ["week"]
    np.testing.assert_allclose(found.split[[*CAUSES, "chance"]].sum(axis=1), found.split["miss"], atol=1e-12)
    rows = plan.coverage[plan.coverage["start"].between("2026-11-23", "2026-11-23 11:59")].reset_index(drop=True)
    forecast = plan.forecast[plan.forecast["start"].between("2026-11-23", "2026-11-23 11:59")]["offered"].to_numpy()
    assert found.split["promised"].iloc[2] == pytest.approx(np.average(rows["service_level"], weights=forecast))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=16, max_size=16))
def test_the_parts_of_shapley_add_up_and_a_cause_that_does_nothing_gets_nothing(numbers):
    from itertools import combinations

    picks = [frozenset(p) for size in range(5) for p in combinations(CAUSES, size)]
    values = dict(zip(picks, numbers, strict=True))
    parts = shapley(values)
    assert sum(parts.values()) == pytest.approx(values[frozenset(CAUSES)] - values[frozenset()], abs=1e-12)
    idle = {pick: values[pick - {"shape"}] for pick in picks}
    assert shapley(idle)["shape"] == pytest.approx(0.0, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([900.0, 1800.0, 3600.0]))
def test_a_shape_keeps_the_days_contacts(seed, interval):
    rng = np.random.default_rng(seed)
    expected = rng.uniform(0, 50, 24)
    offered = rng.poisson(expected * rng.uniform(0.5, 2, 24)).astype(float)
    rates = came_shape(offered, expected * offered.sum() / expected.sum(), interval)
    assert (rates >= 0).all()
    assert rates.sum() == pytest.approx(offered.sum())
