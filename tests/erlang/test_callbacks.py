"""Callbacks: the chain against Erlang A where nobody takes them, against a plain simulation, and its requirement."""

import heapq

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, requirement
from wfm.erlang.deferred.callback_requirement import callback_requirement
from wfm.erlang.deferred.callbacks import callback_performance
from wfm.errors import DataError, SettingError
from wfm.tables import REQUIREMENT, check
from wfm.target import ServiceTarget


def simulated(agents, load, aht, patience, above, taken, within, contacts, seed):
    """Contact by contact: free agents at their times, the queue as the contacts that have not begun or hung up."""
    rng = np.random.default_rng(seed)
    arrivals = np.cumsum(rng.exponential(aht / load, contacts))
    handle, patient = rng.exponential(aht, contacts), rng.exponential(1.0, contacts) * patience
    takes = rng.random(contacts) < taken
    expected = np.cumsum(1 / (agents / aht + np.arange(2000) / patience))
    free = [0.0] * agents
    leaving: list[float] = []  # moments at which those who wait will have begun or hung up
    waits, gone = np.full(contacts, np.nan), np.zeros(contacts, dtype=bool)
    for k in range(contacts):
        now = arrivals[k]
        while leaving and leaving[0] <= now:
            heapq.heappop(leaving)
        if free[0] > now and takes[k] and expected[len(leaving)] > above:
            gone[k] = True
            continue
        begin = max(free[0], now)
        if begin - now <= patient[k]:
            waits[k] = begin - now
            heapq.heapreplace(free, begin + handle[k])
        if begin > now:
            heapq.heappush(leaving, min(begin, now + patient[k]))
    kept = slice(contacts // 20, None)
    stayed = ~gone[kept]
    return {
        "service_level": float((waits[kept] <= within).sum() / stayed.sum()),
        "callbacks": float(gone[kept].mean()),
        "abandon_rate": float(np.isnan(waits[kept])[stayed].sum() / len(stayed)),
        "asa": float(np.nanmean(waits[kept])),
    }


@pytest.mark.parametrize(
    ("agents", "load", "patience", "above", "taken"),
    [(10, 11.0, 240, 60, 0.4), (30, 28.0, 300, 20, 0.7), (5, 8.0, 600, 120, 1.0)],
)
def test_the_chain_agrees_with_a_simulation(agents, load, patience, above, taken):
    how = {"aht": 240, "patience": patience, "above": above, "taken": taken, "within": 30}
    drawn = simulated(agents, load, contacts=120_000, seed=3, **how)
    found = callback_performance(agents, load, **how)
    for name, value in drawn.items():
        assert float(found[name]) == pytest.approx(value, abs=0.01 if name != "asa" else 1.5), name


@pytest.mark.parametrize("patience", [60.0, 300.0, np.inf])
def test_where_nobody_takes_one_it_is_erlang_a(patience):
    agents, load = np.array([2, 20, 100, 400]), np.array([1.5, 19.0, 90.0, 390.0])
    law = {"aht": 240, "patience": patience}
    found = callback_performance(agents, load, above=60, taken=0.0, within=30, **law)
    np.testing.assert_allclose(
        found["service_level"], erlang_a.service_level(agents, load, within=30, **law), atol=1e-10
    )
    np.testing.assert_allclose(found["abandon_rate"], erlang_a.abandon_rate(agents, load, **law), atol=1e-10)
    np.testing.assert_allclose(found["asa"], erlang_a.asa(agents, load, **law), rtol=1e-7)
    np.testing.assert_allclose(found["queue_length"], erlang_a.queue_length(agents, load, **law), rtol=1e-7)
    assert (found["callbacks"] == 0).all()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 60),
    st.floats(0.05, 2.0),
    st.sampled_from([30.0, 240.0, 1800.0]),
    st.floats(0, 200),
    st.floats(0, 1),
)
def test_contacts_are_conserved_and_callbacks_shorten_the_line(agents, rho, patience, above, taken):
    how = {"aht": 200, "patience": patience, "above": above, "within": 20}
    with_, without = (callback_performance(agents, rho * agents, taken=q, **how) for q in (taken, 0.0))
    parts = with_["answered"] + with_["abandon_rate"] + with_["callbacks"]
    assert float(parts) == pytest.approx(1.0, abs=1e-9)
    assert float(with_["occupancy"]) == pytest.approx(rho * float(with_["answered"]), abs=1e-9)
    assert with_["callbacks"] <= taken * with_["wait_probability"] + 1e-9
    assert with_["queue_length"] <= without["queue_length"] * (1 + 1e-9) + 1e-9
    assert with_["abandon_rate"] <= without["abandon_rate"] + 1e-9


def test_what_a_callback_counts_as():
    how = {"aht": 240, "patience": 300, "above": 60, "taken": 0.4, "within": 30}
    level = {word: float(callback_performance(20, 22.0, counted=word, **how)["service_level"]) for word in WORDS}
    share = float(callback_performance(20, 22.0, **how)["callbacks"])
    assert level["met"] == pytest.approx(level["lost"] + share)
    assert level["apart"] == pytest.approx(level["lost"] / (1 - share))


WORDS = ("apart", "met", "lost")


def test_the_edges_of_a_line():
    how = {"aht": 240, "above": 60, "taken": 0.4, "within": 30}
    nobody = callback_performance([0, 5], [3.0, 0.0], patience=300, **how)
    assert nobody["service_level"].tolist() == [0.0, 1.0]
    assert nobody["abandon_rate"].tolist() == [0.6, 0.0]
    endless = callback_performance(10, 20.0, **how)  # 60% of 20 erlangs is more than ten agents do
    assert (float(endless["asa"]), float(endless["answered"])) == (np.inf, 0.5)
    held = callback_performance(10, 15.0, **how)  # 60% of 15 erlangs is not
    assert np.isfinite(held["asa"])
    assert float(held["answered"]) == pytest.approx(10 / 15 * float(held["occupancy"]))


def day() -> pd.DataFrame:
    starts = pd.date_range("2026-11-21 08:00", periods=24, freq="30min")
    shape = np.exp(-0.5 * ((np.arange(24) - 10) / 5) ** 2)
    return pd.DataFrame({"queue": "voice", "start": starts, "offered": 30 + 170 * shape, "aht": 240.0})


@pytest.mark.parametrize("scope", ["interval", "day"])
def test_without_takers_the_requirement_is_the_usual_one(scope):
    target = ServiceTarget(share=0.8, within=30, scope=scope, max_abandon=0.05)
    usual = requirement(day(), target, patience=300, exact=False)
    found = callback_requirement(day(), target, above=60, taken=0.0, call_within="2h", patience=300)
    assert found["queue"].unique().tolist() == ["voice"]
    assert found["agents"].tolist() == usual["agents"].tolist()


@pytest.mark.parametrize("scope", ["interval", "day"])
def test_callbacks_save_live_agents_and_bring_their_own_work(scope):
    target = ServiceTarget(share=0.8, within=30, scope=scope)
    usual = requirement(day(), target, patience=300, exact=False)["agents"].sum()
    found = callback_requirement(
        day(), target, above=60, taken=0.5, call_within="2h", patience=300, max_callbacks=0.15, attempts=1.2
    )
    pd.testing.assert_frame_equal(check(found, REQUIREMENT), found)
    live, later = found[found["queue"] == "voice"], found[found["queue"] == "voice callbacks"]
    assert live["agents"].sum() < usual
    stayed = live["offered"] * (1 - live["callbacks"])
    assert (live["service_level"] * stayed).sum() >= 0.8 * stayed.sum() - 1e-9
    assert (live["callbacks"] * live["offered"]).sum() <= 0.15 * live["offered"].sum() + 1e-9
    calls = (live["callbacks"] * live["offered"]).sum()
    assert later["offered"].sum() == pytest.approx(calls)
    hours = calls * 240 * 1.2 / 3600 - later["backlog"].iloc[-1]
    assert hours - 1e-6 <= later["agents"].sum() * 0.5 * 0.9 <= hours + 2
    assert (later["deferrable"] == later["agents"]).all()
    assert (later["method"] == "deadlines").all()


def test_the_cap_on_callbacks_and_the_minimum_hold():
    target = ServiceTarget(share=0.5, within=30, scope="interval")
    how = {"above": 0, "taken": 0.9, "call_within": "2h", "patience": 300}
    free = callback_requirement(day(), target, **how)
    capped = callback_requirement(day(), target, max_callbacks=0.1, **how)
    assert capped.loc[capped["queue"] == "voice", "callbacks"].max() <= 0.1
    assert free.loc[free["queue"] == "voice", "callbacks"].max() > 0.1
    least = callback_requirement(day(), target, minimum=40, **how)
    assert least.loc[least["queue"] == "voice", "agents"].min() == 40


def test_wrong_questions_are_refused():
    with pytest.raises(SettingError, match=r"taken must be a fraction in \[0, 1\], got 40"):
        callback_performance(5, 3.0, aht=200, above=60, taken=40, within=20)
    with pytest.raises(SettingError, match=r"counted must be one of 'apart', 'met', 'lost', got 'no'"):
        callback_performance(5, 3.0, aht=200, above=60, taken=0.4, within=20, counted="no")
    target = ServiceTarget(share=0.8, within=30)
    with pytest.raises(DataError, match=r"forecast\.aht is missing"):
        callback_requirement(day().drop(columns="aht"), target, above=60, taken=0.4, call_within="1h", patience=300)
