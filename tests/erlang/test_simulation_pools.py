"""Several queues and groups: known limits, rules of routing and priority, and laws of the log."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, transient
from wfm.erlang.formulas import steady
from wfm.erlang.simulation import AgentGroup, laws, pool_contacts, simulate_pool
from wfm.errors import DataError, SettingError, WfmWarning
from wfm.queues import Pool, Queue
from wfm.target import ServiceTarget

TARGET = ServiceTarget(share=0.8, within=30)


def queue(name, aht=240, patience=150, **more):
    return Queue(name=name, aht=aht, patience=patience, target=TARGET, **more)


def group(name, *skills, cost=1.0):
    return AgentGroup(name=name, skills=skills, cost=cost)


def chat(name, *ladder, patience=120):
    return Queue(
        name=name, channel="chat", concurrency=len(ladder), aht_by_concurrency=ladder, patience=patience, target=TARGET
    )


def begun(log: pd.DataFrame) -> pd.DataFrame:
    answered = log[log["outcome"] == "answered"]
    begin = answered["arrival"] + pd.to_timedelta(answered["wait"], unit="s")
    end = begin + pd.to_timedelta(answered["handle"], unit="s") - pd.Timedelta("1us")
    return answered.assign(begin=begin, end=end).sort_values("begin")


def most_at_once(rows: pd.DataFrame) -> int:
    moves = pd.concat([pd.Series(1, index=rows["begin"]), pd.Series(-1, index=rows["end"])])
    return int(moves.groupby(level=0).sum().sort_index().cumsum().max())


# --- known limits


def test_full_pooling_is_one_queue_of_the_sum():
    exact = erlang_a.service_level(21, 20.0, aht=240, patience=150, within=30)
    lost = erlang_a.abandon_rate(21, 20.0, aht=240, patience=150)
    found = simulate_pool(
        {"a": [75.0] * 16, "b": [60.0] * 16, "c": [15.0] * 16},
        {"x": 8, "y": 13},
        queues=[queue("a"), queue("b"), queue("c")],
        groups=[group("x", "a", "b", "c"), group("y", "c", "b", "a")],
        interval=1800,
        replications=24,
        seed=1,
    ).total
    assert (abs(found["service_level"] - exact) < 4 * found["service_level_error"] + 0.003).all()
    assert (abs(found["abandon_rate"] - lost) < 4 * found["abandon_rate_error"] + 0.003).all()
    assert (found["service_level_error"] < 0.02).all()


def test_full_separation_is_each_queue_by_itself_through_the_day():
    offered = {"a": np.array([60.0, 90, 120, 60]), "b": np.array([30.0, 30, 60, 90])}
    agents = {"x": np.array([8, 14, 16, 8]), "y": np.array([6, 5, 9, 13])}
    found = simulate_pool(
        offered,
        agents,
        queues=[queue("a"), queue("b", aht=300, patience=90)],
        groups=[group("x", "a"), group("y", "b")],
        interval=1800,
        replications=300,
        seed=2,
    )
    for name, crew, aht, patience in (("a", "x", 240, 150), ("b", "y", 300, 90)):
        exact = transient.performance(offered[name], agents[crew], interval=1800, aht=aht, patience=patience, within=30)
        mine = found.intervals[found.intervals["queue"] == name].reset_index(drop=True)
        for column in ("service_level", "queue_length"):
            assert (abs(mine[column] - exact[column]) < 4 * mine[f"{column}_error"]).all(), (name, column)
        busy = found.groups[found.groups["group"] == crew].reset_index(drop=True)
        assert (abs(busy["occupancy"] - exact["occupancy"]) < 4 * busy["occupancy_error"]).all()


def test_two_skills_an_agent_come_near_to_full_flexibility():
    names = ["a", "b", "c", "d"]
    run = {"interval": 1800, "queues": [queue(n) for n in names], "replications": 20, "seed": 3}
    offered = {n: [45.0] * 10 for n in names}
    alone = simulate_pool(offered, dict.fromkeys(names, 6), groups=[group(n, n) for n in names], **run)
    chain = simulate_pool(
        offered, dict.fromkeys(names, 6), groups=[group(n, n, m) for n, m in zip(names, "bcda", strict=True)], **run
    )
    everything = simulate_pool(offered, {"all": 24}, groups=[group("all", *names)], **run)
    level = [r.total["service_level"].mean() for r in (alone, chain, everything)]
    assert level[0] < level[1] < level[2] + 0.01
    assert level[1] - level[0] > 0.7 * (level[2] - level[0])


@pytest.mark.parametrize(("agents", "ladder", "rate"), [(4, (300, 420), 65), (10, (300, 390, 500), 200)])
def test_chat_agents_give_the_service_of_balanced_levels(agents, ladder, rate):
    formula = steady.performance(
        rate,
        agents,
        interval=3600,
        aht=1.0,
        patience=120,
        within=30,
        concurrency=len(ladder),
        aht_by_concurrency=ladder,
    )
    found = simulate_pool(
        {"chat": [rate / 2] * 60},
        {"x": agents},
        queues=[chat("chat", *ladder)],
        groups=[group("x", "chat")],
        interval=1800,
        replications=8,
        seed=4,
    ).total.iloc[0]
    assert abs(found["service_level"] - formula["service_level"]) < 0.012 + 3 * found["service_level_error"]


def test_slots_with_one_handle_time_are_so_many_agents():
    slots = Queue(name="chat", channel="chat", aht=240, concurrency=2, patience=150, target=TARGET)
    found = simulate_pool(
        {"chat": [80.0] * 40}, {"x": 6}, queues=[slots], groups=[group("x", "chat")], interval=1800, replications=10
    ).total.iloc[0]
    exact = erlang_a.service_level(12, 80 * 240 / 1800, aht=240, patience=150, within=30)
    assert abs(found["service_level"] - exact) < 4 * found["service_level_error"] + 0.002


# --- rules


def test_priority_goes_to_the_privileged():
    run = {
        "queues": [queue("gold"), queue("rest")],
        "groups": [group("all", "gold", "rest")],
        "interval": 1800,
        "replications": 20,
    }
    offered = {"gold": [20.0] * 10, "rest": [100.0] * 10}
    equal = simulate_pool(offered, {"all": 16}, **run).total.set_index("queue")["service_level"]
    first = simulate_pool(
        offered, {"all": 16}, pool=Pool(name="p", queues=("gold", "rest"), priority=("gold",)), **run
    ).total.set_index("queue")["service_level"]
    assert equal["gold"] == pytest.approx(equal["rest"], abs=0.03)
    assert first["gold"] > equal["gold"] + 0.1
    assert first["rest"] < equal["rest"]


def test_specialists_are_spared_for_no_one_and_generalists_for_all():
    run = {
        "queues": [queue("a"), queue("b")],
        "groups": [group("only", "a"), group("both", "a", "b")],
        "interval": 1800,
        "replications": 15,
    }
    offered, agents = {"a": [60.0] * 10, "b": [40.0] * 10}, {"only": 8, "both": 8}
    idle = simulate_pool(offered, agents, **run)
    special = simulate_pool(offered, agents, pool=Pool(name="p", queues=("a", "b"), routing="most-specialised"), **run)
    level = [r.total.set_index("queue")["service_level"]["b"] for r in (idle, special)]
    work = [r.groups.groupby("group")["occupancy"].mean()["only"] for r in (idle, special)]
    assert level[1] > level[0] + 0.005
    assert work[1] > work[0] + 0.05


def test_a_chat_agent_empties_the_hands_for_what_is_more_urgent():
    queues = [queue("voice", patience=600), chat("chat", 300, 400, patience=600)]
    run = {"queues": queues, "groups": [group("x", "voice", "chat")], "interval": 1800, "replications": 12}
    offered = {"voice": [30.0] * 10, "chat": [60.0] * 10}
    plain = simulate_pool(offered, {"x": 10}, **run).total.set_index("queue")["asa"]
    urgent = simulate_pool(
        offered, {"x": 10}, pool=Pool(name="p", queues=("voice", "chat"), priority=("voice",)), **run
    ).total.set_index("queue")["asa"]
    assert urgent["voice"] < plain["voice"]


# --- laws of the log


@settings(max_examples=12, deadline=None)
@given(
    agents=st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=3, max_size=3),
    priority=st.sampled_from([(), ("c",), ("b", "a")]),
    routing=st.sampled_from(["longest-idle", "most-specialised"]),
    seed=st.integers(0, 999),
)
def test_what_every_log_of_a_pool_obeys(agents, priority, routing, seed):
    queues = [queue("a"), queue("b", aht=200, patience=60), chat("c", 200, 250, 300)]
    groups = [group("x", "a", "b"), group("y", "b"), group("z", "c", "a")]
    log = pool_contacts(
        {"a": [20.0, 5, 30], "b": [20.0, 10, 5], "c": [15.0, 15, 40]},
        dict(zip("xyz", agents, strict=True)),
        queues=queues,
        groups=groups,
        pool=Pool(name="p", queues=("a", "b", "c"), routing=routing, priority=priority),
        interval=900,
        seed=seed,
    )
    answered = begun(log)
    skills = {g.name: g.skills for g in groups}
    assert (answered["wait"] >= 0).all()
    assert all(q in skills[g] for q, g in zip(answered["queue"], answered["group"], strict=True))
    for _, mine in answered.groupby("queue"):
        assert mine.sort_values("arrival")["begin"].dt.round("1us").is_monotonic_increasing  # first come, first served
    for _, mine in answered.groupby("agent"):
        assert (mine["group"] == mine["group"].iloc[0]).all()
        for name, most in (("a", 1), ("b", 1), ("c", 3)):
            if (mine["queue"] == name).any():
                assert most_at_once(mine[mine["queue"] == name]) <= most
        live = mine[mine["queue"] != "c"]
        for _, call in live.iterrows():  # nothing else while on a call
            others = mine.drop(index=call.name)
            assert not ((others["begin"] < call["end"]) & (others["end"] > call["begin"])).any()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999), agents=st.integers(1, 4))
def test_nobody_waits_while_an_agent_who_could_help_is_idle(seed, agents):
    log = pool_contacts(
        {"a": [30.0], "b": [20.0]},
        {"x": agents, "y": 2},
        queues=[queue("a"), queue("b")],
        groups=[group("x", "a"), group("y", "a", "b")],
        interval=1800,
        seed=seed,
    )
    answered = begun(log)
    able = {"a": agents + 2, "b": 2}
    helpers = {"a": ["x", "y"], "b": ["y"]}
    for _, late in log[log["wait"] > 0.001].iterrows():
        half = late["arrival"] + pd.to_timedelta(late["wait"] / 2, unit="s")
        busy = answered[(answered["begin"] <= half) & (answered["end"] >= half)]
        assert busy["group"].isin(helpers[late["queue"]]).sum() == able[late["queue"]]


def test_one_queue_is_served_in_the_order_of_a_plain_loop():
    log = pool_contacts(
        {"a": [60.0] * 4},
        {"x": 7},
        queues=[queue("a", patience=np.inf)],
        groups=[group("x", "a")],
        interval=1800,
        seed=5,
    )
    free = np.zeros(7)
    second = (log["arrival"] - pd.Timestamp("2000-01-01")).dt.total_seconds().to_numpy()
    for t, wait, handle in zip(second, log["wait"], log["handle"], strict=True):
        begin = max(free.min(), t)
        assert wait == pytest.approx(begin - t, abs=1e-5)
        free[free.argmin()] = begin + handle


def test_the_same_contacts_come_whatever_the_agents():
    logs = [
        pool_contacts({"a": [40.0]}, {"x": n}, queues=[queue("a")], groups=[group("x", "a")], interval=1800, seed=6)
        for n in (2, 9)
    ]
    pd.testing.assert_series_equal(logs[0]["arrival"], logs[1]["arrival"])


def test_tables_laws_and_absence_reach_the_pool():
    start = pd.date_range("2026-03-01 08:00", periods=4, freq="30min")
    day = pd.DataFrame({"queue": "a", "start": start, "end": start + pd.Timedelta("30min"), "offered": 60.0})
    day = pd.concat([day, day.assign(queue="b")], ignore_index=True)
    found = simulate_pool(
        day,
        {"x": [10, 20, 20, 10]},
        queues=[queue("a"), queue("b")],
        groups=[group("x", "a", "b")],
        handle={"a": laws.fixed(1.0)},
        patience={"b": laws.balking(100, leave=1 - 1e-9)},
        unplanned=0.1,
        replications=60,
    )
    assert list(found.intervals.columns[:4]) == ["queue", "start", "end", "offered"]
    assert found.groups["agents"].tolist() == pytest.approx([9, 18, 18, 9], rel=0.05)
    assert found.total.set_index("queue")["asa"]["b"] == 0  # who must wait leaves
    log = pool_contacts(
        day, {"x": 20}, queues=[queue("a"), queue("b")], groups=[group("x", "a", "b")], handle={"a": laws.fixed(1.0)}
    )
    handle = log.loc[(log["queue"] == "a") & (log["outcome"] == "answered"), "handle"]
    assert handle.to_numpy() == pytest.approx(240.0)


# --- refusals


def test_a_pool_that_cannot_be_is_refused():
    run = {"queues": [queue("a"), queue("b")], "groups": [group("x", "a", "b")], "interval": 900}
    offered = {"a": [1.0], "b": [1.0]}
    with pytest.raises(SettingError, match=r"group 'x' has the skill 'bb', which is no queue. Did you mean 'b'"):
        simulate_pool(offered, {"x": 1}, **{**run, "groups": [group("x", "a", "bb")]})
    with pytest.raises(SettingError, match="queue 'b' is served by no group"):
        simulate_pool(offered, {"x": 1}, **{**run, "groups": [group("x", "a")]})
    with pytest.raises(SettingError, match="agents must be given for each group"):
        simulate_pool(offered, {"y": 1}, **run)
    with pytest.raises(SettingError, match="offered must be given for each queue"):
        simulate_pool({"a": [1.0]}, {"x": 1}, **run)
    with pytest.raises(SettingError, match="different names"):
        simulate_pool(offered, {"x": 1}, **{**run, "queues": [queue("a"), queue("a")]})
    with pytest.raises(SettingError, match="different queues"):
        group("x", "a", "a")
    with pytest.raises(SettingError, match="priority of pool 'p' names 'c'"):
        simulate_pool(offered, {"x": 1}, pool=Pool(name="p", queues=("a", "b", "c"), priority=("c",)), **run)
    with pytest.raises(DataError, match="same intervals"):
        simulate_pool({"a": [1.0], "b": [1.0, 2.0]}, {"x": 1}, **run)
    with pytest.raises(SettingError, match="aht of queue 'a' must be given"):
        simulate_pool(offered, {"x": 1}, **{**run, "queues": [Queue(name="a", patience=9), queue("b")]})


def test_unknown_patience_is_assumed_and_said():
    with pytest.warns(WfmWarning, match="patience of queue 'a' is unknown: 300 s assumed"):
        simulate_pool(
            {"a": [1.0]},
            {"x": 1},
            queues=[Queue(name="a", aht=60)],
            groups=[group("x", "a")],
            interval=900,
            replications=1,
        )
