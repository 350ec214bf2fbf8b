import pandas as pd
import pytest

from wfm.erlang import erlang_a
from wfm.erlang.simulation import AgentGroup, simulate_pool
from wfm.erlang.simulation.multi_skill import staff_pools
from wfm.errors import SettingError, WfmWarning
from wfm.queues import Pool, Queue
from wfm.target import ServiceTarget

EASY = ServiceTarget(share=0.8, within=30)


def queue(name, target=EASY):
    return Queue(name=name, aht=240, patience=150, target=target)


def group(name, *skills, cost=1.0):
    return AgentGroup(name=name, skills=skills, cost=cost)


def alone(offered):
    return erlang_a.agents_for(offered * 240 / 1800, aht=240, patience=150, within=30, share=0.8)


def test_one_group_for_all_comes_to_the_pooled_bound():
    found = staff_pools(
        {"a": [50.0], "b": [40.0]},
        queues=[queue("a"), queue("b")],
        groups=[group("all", "a", "b")],
        interval=1800,
        contacts=10_000,
    )
    bounds = found.bounds.iloc[0]
    assert bounds["pooled"] == alone(90.0)
    assert bounds["separate"] == alone(50.0) + alone(40.0)
    assert abs(bounds["agents"] - bounds["pooled"]) <= 1
    assert found.saving > 0
    assert found.day is None


def test_without_shared_skills_each_queue_gets_its_own():
    found = staff_pools(
        {"a": [50.0], "b": [40.0]},
        queues=[queue("a"), queue("b")],
        groups=[group("x", "a"), group("y", "b")],
        interval=1800,
        contacts=10_000,
    )
    agents = found.agents.set_index("group")["agents"]
    assert abs(agents["x"] - alone(50.0)) <= 1
    assert abs(agents["y"] - alone(40.0)) <= 1


def test_a_few_who_can_do_both_are_enough_where_they_cost_more():
    groups = [group("a", "a"), group("b", "b"), group("both", "a", "b", cost=1.15)]
    pool = Pool(name="p", queues=("a", "b"), routing="most-specialised")
    found = staff_pools(
        {"a": [50.0], "b": [40.0]},
        queues=[queue("a"), queue("b")],
        groups=groups,
        pool=pool,
        interval=1800,
        contacts=6000,
    )
    agents, bounds = found.agents.set_index("group")["agents"], found.bounds.iloc[0]
    assert bounds["pooled"] - 1 <= agents.sum() < bounds["separate"]
    assert 0 < agents["both"] < agents.sum()
    assert bounds["cost"] == pytest.approx(agents["a"] + agents["b"] + 1.15 * agents["both"])  # everybody counted once
    assert found.saving == pytest.approx(1 - bounds["cost"] / bounds["separate_cost"])


def test_the_privileged_keep_a_target_of_their_own():
    gold = queue("gold", ServiceTarget(share=0.85, within=20))
    rest = queue("rest", ServiceTarget(share=0.8, within=60))
    pool = Pool(name="p", queues=("gold", "rest"), priority=("gold",))
    run = {"queues": [gold, rest], "groups": [group("all", "gold", "rest")], "interval": 1800}
    offered = {"gold": [30.0], "rest": [100.0]}
    found = staff_pools(offered, pool=pool, contacts=8000, **run)
    service = found.service.set_index("queue")
    assert (service["service_level"] >= service["share"]).all()
    plain = staff_pools(offered, contacts=8000, **run)
    assert found.agents["agents"].sum() < plain.agents["agents"].sum()


def test_the_service_found_is_that_of_another_simulation_and_one_agent_less_misses_it():
    offered = {"a": [50.0], "b": [40.0]}
    run = {"queues": [queue("a"), queue("b")], "groups": [group("all", "a", "b")], "interval": 1800}
    found = staff_pools(offered, contacts=10_000, **run)
    n = int(found.agents["agents"].iloc[0])
    long = {name: rates * 20 for name, rates in offered.items()}
    again, fewer = (simulate_pool(long, {"all": m}, replications=15, seed=77, **run).total for m in (n, n - 1))
    error = (found.service["service_level_error"] ** 2 + again["service_level_error"] ** 2) ** 0.5
    assert (abs(found.service["service_level"] - again["service_level"]) < 4 * error + 0.005).all()
    assert (fewer["service_level"] < 0.8 + 0.01).any()


def test_intervals_of_a_day_get_their_own_crews_and_the_day_is_simulated():
    start = pd.date_range("2026-03-01 08:00", periods=3, freq="30min")
    day = pd.DataFrame({"queue": "a", "start": start, "end": start + pd.Timedelta("30min"), "offered": [40.0, 80, 40]})
    day = pd.concat([day, day.assign(queue="b", offered=[0.0, 30, 0])], ignore_index=True)
    found = staff_pools(
        day, queues=[queue("a"), queue("b")], groups=[group("all", "a", "b")], contacts=5000, replications=30
    )
    agents = found.agents["agents"].tolist()
    assert agents[0] == agents[2] < agents[1]
    assert found.agents["start"].tolist() == list(start)
    assert (found.service["service_level"] >= 0.8).all()
    assert len(found.day.intervals) == 6
    assert (found.day.total["service_level"] > 0.75).all()


def test_a_closed_interval_needs_nobody():
    found = staff_pools(
        {"a": [0.0, 20.0]},
        queues=[queue("a")],
        groups=[group("all", "a")],
        interval=1800,
        contacts=2000,
        replications=2,
    )
    assert found.agents["agents"].iloc[0] == 0
    assert found.service["service_level"].iloc[0] == 1.0


def test_sharing_that_costs_more_than_it_saves_is_said():
    gold = queue("gold", ServiceTarget(share=0.9, within=10))
    groups = [group("all", "gold", "rest", cost=1.5), group("plain", "rest")]
    with pytest.warns(WfmWarning, match="costs .* more than separate queues"):
        staff_pools(
            {"gold": [20.0], "rest": [100.0]},
            queues=[gold, queue("rest")],
            groups=groups,
            interval=1800,
            contacts=4000,
        )


def test_a_queue_without_a_target_is_refused():
    with pytest.raises(SettingError, match="queue 'a' needs a target"):
        staff_pools({"a": [9.0]}, queues=[Queue(name="a", aht=60, patience=9)], groups=[group("x", "a")], interval=900)
