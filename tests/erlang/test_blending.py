"""Blending: the chain against Erlang A at its ends, against itself in one dimension, and against a plain simulation."""

import heapq
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a
from wfm.erlang.deferred.blending import blended, idle_capacity, spare_capacity, threshold_for
from wfm.errors import DataError, SettingError
from wfm.target import ServiceTarget

MEASURES = ("service_level", "wait_probability", "abandon_rate", "mean_wait", "other_agents")


def simulated(agents, load, aht, patience, other_aht, threshold, within, contacts, seed):
    """Contact by contact: who is served when, and how long agents are on deferrable contacts."""
    rng = np.random.default_rng(seed)
    arrivals = np.cumsum(rng.exponential(aht / load, contacts)).tolist()
    ends_of_patience = rng.exponential(patience, contacts).tolist()
    busy: list[tuple[float, bool]] = []  # (end, deferrable)
    queue: list[int] = []
    waits = np.full(contacts, np.nan)
    other_time, clock, draws, k = 0.0, 0.0, iter(()), 0

    def draw():
        nonlocal draws
        for value in draws:
            return value
        draws = iter(rng.exponential(1.0, 10_000).tolist())
        return next(draws)

    def take_up(now):
        nonlocal other_time
        while queue:  # live contacts first
            if len(busy) >= agents:
                return
            one = queue.pop(0)
            wait = now - arrivals[one]
            if wait <= ends_of_patience[one]:
                waits[one] = wait
                heapq.heappush(busy, (now + draw() * aht, False))
        while agents - len(busy) > threshold:
            span = draw() * other_aht
            other_time += span
            heapq.heappush(busy, (now + span, True))

    take_up(0.0)
    while k < contacts:
        if busy and busy[0][0] <= arrivals[k]:
            clock = heapq.heappop(busy)[0]
        else:
            clock = arrivals[k]
            queue.append(k)
            k += 1
        take_up(clock)
    kept = np.arange(contacts) > contacts // 20
    kept &= np.arange(contacts) < contacts - 200
    return {
        "service_level": float((waits[kept] <= within).mean()),
        "wait_probability": float(1 - (waits[kept] <= 0).mean()),
        "abandon_rate": float(np.isnan(waits[kept]).mean()),
        "other_agents": other_time / clock,
    }


@pytest.mark.parametrize(
    ("agents", "load", "other_aht", "threshold"), [(10, 6.0, 600, 2), (10, 6.0, 90, 2), (20, 14.0, 270, 3)]
)
def test_the_chain_agrees_with_a_simulation(agents, load, other_aht, threshold):
    how = {"aht": 270, "patience": 180, "other_aht": other_aht, "threshold": threshold, "within": 20}
    drawn = simulated(agents, load, contacts=60_000, seed=7, **how)
    found = blended(agents, load, **how)
    for name, value in drawn.items():
        assert found[name] == pytest.approx(value, abs=0.012 if name != "other_agents" else 0.06), name


@pytest.mark.parametrize("word", ["lost", "ignored", "met", "answered"])
@pytest.mark.parametrize(("agents", "load"), [(12, 10.0), (50, 48.0), (30, 36.0)])
def test_with_all_idle_agents_kept_it_is_erlang_a(agents, load, word):
    law = {"aht": 180, "patience": 240}
    how = {"within": 20, "abandoned": word, "short": 5}
    for exact in (True, False):
        found = blended(agents, load, threshold=agents, other_aht=600, exact=exact, **law, **how)
        assert found["service_level"] == pytest.approx(erlang_a.service_level(agents, load, **law, **how), abs=1e-9)
        assert found["abandon_rate"] == pytest.approx(erlang_a.abandon_rate(agents, load, **law), abs=1e-10)
        assert found["mean_wait"] == pytest.approx(erlang_a.mean_wait(agents, load, **law), abs=1e-7)
        assert found["wait_probability"] == pytest.approx(erlang_a.wait_probability(agents, load, **law), abs=1e-10)
        assert found["other_agents"] == pytest.approx(0.0, abs=1e-8)


def test_without_threshold_nobody_is_idle_and_everybody_waits():
    found = blended(15, 8.0, aht=200, patience=150, threshold=0, other_aht=300)
    assert found["occupancy"] == pytest.approx(1.0, abs=1e-12)
    assert found["wait_probability"] == pytest.approx(1.0, abs=1e-12)
    assert found["other_agents"] == pytest.approx(15 - 8.0 * (1 - found["abandon_rate"]), abs=1e-9)


@pytest.mark.parametrize("patience", [150.0, np.inf])
@pytest.mark.parametrize("threshold", [0, 2, 6])
def test_equal_handle_times_are_exact_in_one_dimension(patience, threshold):
    how = {"aht": 240, "patience": patience, "threshold": threshold, "within": 30, "abandoned": "ignored"}
    one, two = (blended(18, 13.0, exact=exact, **how) for exact in (False, True))
    for name in MEASURES:
        assert one[name] == pytest.approx(two[name], rel=1e-6, abs=1e-8), name


@pytest.mark.parametrize(
    ("agents", "load", "other_aht", "threshold", "patience"),
    [(20, 12.0, 600, 3, 180), (20, 12.0, 120, 3, 180), (50, 40.0, 100, 3, 180), (100, 80.0, 600, 5, 300)],
)
def test_moments_are_near_the_chain(agents, load, other_aht, threshold, patience):
    how = {"aht": 270, "patience": patience, "threshold": threshold, "other_aht": other_aht, "within": 20}
    one, two = (blended(agents, load, exact=exact, **how) for exact in (False, True))
    assert one["wait_probability"] == pytest.approx(two["wait_probability"], abs=0.012)
    assert one["service_level"] == pytest.approx(two["service_level"], abs=0.012)
    assert one["other_agents"] == pytest.approx(two["other_agents"], rel=0.012)


@settings(max_examples=12, deadline=None)
@given(
    st.integers(2, 15),
    st.floats(0.1, 1.3),
    st.floats(0.2, 5.0),
    st.floats(30, 900),
)
def test_a_higher_threshold_serves_live_contacts_better_and_does_less_else(agents, rho, ratio, patience):
    how = {"aht": 200, "patience": patience, "other_aht": 200 * ratio, "within": 20}
    found = [blended(agents, rho * agents, threshold=b, **how) for b in range(agents + 1)]
    for low, high in pairwise(found):
        assert high["service_level"] >= low["service_level"] - 1e-9
        assert high["other_agents"] <= low["other_agents"] + 1e-9
    for one in found:  # work is conserved: busy agents are on live or on other contacts
        busy = one["occupancy"] * agents
        assert busy == pytest.approx(rho * agents * (1 - one["abandon_rate"]) + one["other_agents"], rel=1e-7)


@pytest.mark.parametrize("exact", [True, False])
def test_the_fewest_idle_agents_that_keep_the_promise(exact):
    how = {"aht": 270, "patience": 180, "other_aht": 600, "within": 20, "exact": exact}
    kept = threshold_for(20, 12.0, share=0.9, **how)
    assert blended(20, 12.0, threshold=kept, **how)["service_level"] >= 0.9
    assert blended(20, 12.0, threshold=kept - 1, **how)["service_level"] < 0.9
    assert threshold_for(20, 19.0, share=0.99, **how) == 20
    assert threshold_for(20, 12.0, share=0.3, max_abandon=0.01, **how) > threshold_for(20, 12.0, share=0.3, **how)


def test_nobody_there_and_nobody_comes():
    nobody = blended(0, 5.0, aht=200, patience=100, threshold=0)
    assert (nobody["service_level"], nobody["abandon_rate"], nobody["other_agents"]) == (0.0, 1.0, 0.0)
    calm = blended(5, 0.0, aht=200, patience=100, threshold=2, other_aht=400)
    assert (calm["service_level"], calm["other_agents"], calm["throughput"]) == (1.0, 3.0, 27.0)
    endless = blended(5, 6.0, aht=200, threshold=2)
    assert (endless["service_level"], endless["mean_wait"], endless["other_agents"]) == (0.0, np.inf, 0.0)


def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "queue": "voice",
            "start": pd.date_range("2026-11-21 08:00", periods=4, freq="30min"),
            "agents": [20.0, 12.0, 30.0, 0.0],
            "load": [12.0, 11.5, 24.0, 0.0],
            "aht": 270.0,
        }
    )


def test_spare_capacity_keeps_the_promise_of_every_interval_or_takes_nothing():
    promise = ServiceTarget(share=0.8, within=20, scope="interval")
    found = spare_capacity(rows(), promise, patience=180, other_aht=400, exact=True)
    good = found["separate"] > 0.8
    assert good.tolist() == [True, False, True, True]
    assert (found.loc[good, "service_level"] >= 0.8).all()
    assert found["spare"].iloc[1] == pytest.approx(0.0, abs=1e-9)
    assert (found["spare"] <= found["agents"] - found["threshold"] + 1e-9).all()
    np.testing.assert_allclose(found["throughput"], found["spare"] * 1800 / 400)
    dearer = spare_capacity(rows(), promise, patience=180, other_aht=400, may_cost=0.1, exact=True)
    assert dearer["spare"].iloc[1] > found["spare"].iloc[1]
    assert dearer["service_level"].iloc[1] >= found["separate"].iloc[1] - 0.1
    fixed = spare_capacity(rows(), promise, patience=180, threshold=4)
    assert fixed["threshold"].tolist() == [4, 4, 4, 0]
    more = spare_capacity(rows(), promise, patience=180, other_aht=400, staffed=rows()["agents"] + 3)
    assert (more["spare"] >= spare_capacity(rows(), promise, patience=180, other_aht=400)["spare"] - 1e-9).all()


def test_idle_capacity_is_what_occupancy_leaves():
    found = idle_capacity(rows().assign(abandon_rate=[0.0, 0.1, 0.0, 0.0]), occupancy=0.9)
    np.testing.assert_allclose(found, [6.0, 0.45, 3.0, 0.0])
    np.testing.assert_allclose(idle_capacity(rows(), staffed=np.full(4, 30.0), occupancy=1), [18.0, 18.5, 6.0, 30.0])


def test_wrong_questions_are_refused():
    with pytest.raises(SettingError, match=r"threshold must be a number in \[0, 5\], got 6"):
        blended(5, 3.0, aht=200, threshold=6)
    with pytest.raises(SettingError, match=r"agents and threshold must be whole numbers, got 5.5 and 1"):
        blended(5.5, 3.0, aht=200, threshold=1)
    with pytest.raises(SettingError, match=r"abandoned must be one of"):
        blended(5, 3.0, aht=200, threshold=1, abandoned="gone")
    with pytest.raises(DataError, match=r"requirement\.load is missing"):
        idle_capacity(rows().drop(columns="load"))
    promise = ServiceTarget(share=0.8, within=20)
    with pytest.raises(DataError, match=r"requirement\.aht is missing"):
        spare_capacity(rows().drop(columns="aht"), promise, patience=180)
