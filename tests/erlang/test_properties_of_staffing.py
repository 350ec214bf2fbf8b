"""What staffing must hold whatever the numbers: each property is one that a plausible program can lose."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, erlang_b, erlang_c, requirement
from wfm.erlang.simulation import AgentGroup, pool_contacts, simulate_pool
from wfm.queues import Queue
from wfm.target import ServiceTarget

MEASURES = ("wait_probability", "abandon_rate", "mean_wait", "asa", "occupancy", "queue_length")
COUNTED = st.sampled_from(["lost", "ignored", "met", "answered"])


def service_by_recursion(agents: int, load: float, within: float) -> float:
    """Erlang C with the threshold in handle times, by the textbook's recursion."""
    if agents <= load:
        return 0.0
    inverse = 1.0
    for k in range(1, agents + 1):
        inverse = 1 + k / load * inverse
    wait = 1 / (load / agents + (1 - load / agents) * inverse)
    return 1 - wait * np.exp(-(agents - load) * within)


def first_that_holds(load: float, within: float, share: float) -> int:
    """Every number of agents tried from 1 on."""
    agents = 1
    while service_by_recursion(agents, load, within) < share:
        agents += 1
    return agents


@pytest.mark.parametrize(
    ("agents", "load", "aht", "patience", "within", "level", "lost", "waits"),
    [
        (21, 20.0, 360, 1440 * 60, 240 * 60, 0.997273, 0.002727, 0.747588),
        (101, 100.0, 180, 3600, 3600, 0.989003, 0.010997, 0.754996),
        (95, 100.0, 180, 600, 1800, 0.941627, 0.058373, 0.872949),
    ],
)
def test_promises_of_hours_are_as_exact_as_those_of_seconds(agents, load, aht, patience, within, level, lost, waits):
    queue = {"aht": aht, "patience": patience}
    assert erlang_a.service_level(agents, load, **queue, within=within) == pytest.approx(level, abs=1e-6)
    assert erlang_a.abandon_rate(agents, load, **queue) == pytest.approx(lost, abs=1e-6)
    assert erlang_a.wait_probability(agents, load, **queue) == pytest.approx(waits, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 150), st.floats(0.1, 160), st.floats(0.5, 250), st.floats(1, 50_000))
@example(21, 20.0, 240.0, 40.0)
@example(150, 150.0, 250.0, 50_000.0)
def test_service_over_hours_agrees_with_the_chain_of_states(by_states, agents, load, patience, within):
    found = erlang_a.service_level(agents, load, aht=1.0, patience=patience, within=within)
    if load < agents + 12:  # else the queue outgrows the chain
        assert found == pytest.approx(by_states(agents, load, patience, within, 6000)["service_level"], abs=2e-10)
    kept = 1 - erlang_a.abandon_rate(agents, load, aht=1.0, patience=patience)
    assert found <= kept + 1e-12
    endless = erlang_a.service_level(agents, load, aht=1.0, patience=patience, within=1e6)
    assert endless == pytest.approx(kept, abs=1e-12)


@pytest.mark.parametrize("within", [3600.0, 86_400.0, 30 * 86_400.0])
def test_a_promise_of_hours_or_days_is_kept_by_the_fewest_agents(within):
    load = np.array([0.001, 0.3, 2.5, 20.0, 100.6, 1500.0])
    queue = {"aht": 600.0, "patience": 86_400.0, "within": within}
    agents = erlang_a.agents_for(load, **queue, share=0.95)
    assert (erlang_a.service_level(agents, load, **queue) >= 0.95).all()
    assert (erlang_a.service_level(agents - 1, load, **queue) < 0.95).all()


@pytest.mark.parametrize(
    ("load", "aht", "patience", "target", "agents"),
    [
        (135.0, 270, 180, {"within": 60, "share": 0.80}, 116),
        (135.0, 270, 180, {"within": 20, "share": 0.80}, 133),
        (135.0, 270, 180, {"within": 60, "share": 0.80, "max_abandon": 0.05}, 133),
        (500.0, 300, 240, {"within": 20, "share": 0.80}, 483),
    ],
)
def test_the_search_goes_below_the_load_where_people_hang_up(load, aht, patience, target, agents):
    assert erlang_a.agents_for(load, aht=aht, patience=patience, **target) == agents
    assert agents < load


@settings(max_examples=40, deadline=None)
@given(st.floats(0.05, 60), st.floats(10, 4000), st.floats(0.02, 0.99), st.floats(0, 4000), COUNTED)
def test_the_fewest_agents_are_those_a_count_from_nobody_finds(load, patience, share, within, counted):
    queue = {"aht": 240.0, "patience": patience, "within": within, "abandoned": counted}
    levels = erlang_a.service_level(np.arange(400.0), load, **queue)
    first = max(int(np.argmax(levels >= share)), 1)  # nobody keeps no promise, even if all hang up in time
    assert erlang_a.agents_for(load, **queue, share=share) == first


@pytest.mark.parametrize(
    ("load", "aht", "within", "agents"),
    [(0.6, 360, 3600, 1), (2.5, 180, 3600, 3), (2.6, 360, 3600, 3), (100.6, 360, 4 * 3600, 101)],
)
def test_the_first_whole_number_above_the_load_is_tried(load, aht, within, agents):
    assert erlang_c.agents_for(load, aht=aht, within=within, share=0.80) == agents


def test_quiet_intervals_with_a_promise_of_an_hour_are_not_rounded_up():
    load = np.arange(1, 81) / 10
    found = erlang_c.agents_for(load, aht=240, within=3600, share=0.80)
    assert found.tolist() == [first_that_holds(a, 15.0, 0.80) for a in load]
    assert (found == np.floor(load) + 1).mean() >= 0.9


def test_low_targets_and_small_loads_get_no_agent_too_many():
    load, share = np.meshgrid(np.arange(6, 401, 5) / 10, np.arange(1, 9) / 10)
    found = erlang_c.agents_for(load, aht=180, within=20, share=share)
    fewest = [first_that_holds(a, 20 / 180, p) for a, p in zip(load.ravel(), share.ravel(), strict=True)]
    np.testing.assert_array_equal(found.ravel(), fewest)


def two_queues() -> dict[str, object]:
    """Two queues of 10 erlangs each, and agents who can serve both."""
    target = ServiceTarget(share=0.80, within=20)
    queues = [Queue(name=name, aht=180, patience=600, target=target) for name in ("voice", "care")]
    return {"queues": queues, "groups": [AgentGroup(name="both", skills=("voice", "care"))], "interval": 1800}


def test_one_agent_serves_no_two_queues_at_once():
    both, each = (erlang_c.agents_for(a, aht=180, within=20, share=0.80) for a in (20.0, 10.0))
    assert (both, each) == (24, 14)  # pooled people save 4 of 28, not 14
    assert erlang_c.service_level(each, 20.0, aht=180, within=20) == 0.0
    offered = {"voice": [100.0] * 8, "care": [100.0] * 8}
    day = simulate_pool(offered, {"both": both}, **two_queues(), replications=20, seed=3).total
    steady = erlang_a.service_level(both, 20.0, aht=180, patience=600, within=20)
    assert day["service_level"].to_numpy() == pytest.approx(steady, abs=0.03)
    few = simulate_pool(offered, {"both": each}, **two_queues(), replications=5, seed=3).total
    assert few["service_level"].max() < 0.1


def test_the_contacts_of_an_agent_follow_one_another_whatever_their_queue():
    offered = {"voice": [100.0] * 6, "care": [110.0] * 6}
    found = pool_contacts(offered, {"both": 20}, **two_queues(), seed=1)
    found = found[found["outcome"] == "answered"]
    begin = found["arrival"] + pd.to_timedelta(found["wait"], unit="s")
    busy = found.assign(begin=begin, end=begin + pd.to_timedelta(found["handle"], unit="s"))
    busy = busy.sort_values(["agent", "begin"])
    same = busy["agent"].to_numpy()[1:] == busy["agent"].to_numpy()[:-1]
    gap = (busy["begin"].to_numpy()[1:] - busy["end"].to_numpy()[:-1]) / np.timedelta64(1, "s")
    assert busy["agent"].nunique() == 20
    assert same.sum() > 1000
    assert gap[same].min() >= -1e-6
    queue = busy["queue"].to_numpy()
    assert (queue[1:] != queue[:-1])[same].mean() > 0.3  # and they do go to and fro


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-6, 300) | st.just(0.0), st.floats(1e-6, 300) | st.just(0.0), st.floats(0, 600))
def test_overload_without_hang_ups_is_a_service_of_nothing_and_a_wait_without_end(agents, beyond, within):
    load = agents + beyond
    if load == 0:
        return
    assert erlang_c.wait_probability(agents, load) == 1.0
    assert erlang_c.service_level(agents, load, aht=180, within=within) == 0.0
    assert erlang_c.asa(agents, load, aht=180) == np.inf
    assert erlang_c.occupancy(agents, load) == 1.0


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 200), st.floats(1, 5), st.floats(20, 3000))
def test_overload_with_hang_ups_still_serves_whom_the_agents_can(agents, times, patience):
    load, queue = agents * times, {"aht": 240.0, "patience": patience}
    lost = erlang_a.abandon_rate(agents, load, **queue)
    assert 1 - 1 / times - 1e-12 <= lost < 1
    assert 0 < erlang_a.occupancy(agents, load, **queue) <= 1
    assert 0 < erlang_a.service_level(agents, load, **queue, within=1e5) < 1


def test_closed_quiet_and_overloaded_intervals_stand_in_one_array():
    agents, load = np.array([0, 5, 0, 5, 5]), np.array([0.0, 0.0, 3.0, 9.0, 3.0])
    for patience in (120.0, np.inf):
        queue = {"aht": 240.0, "patience": patience}
        assert erlang_a.service_level(agents, load, **queue, within=20)[:3].tolist() == [1.0, 1.0, 0.0]
        for name in MEASURES:
            found = getattr(erlang_a, name)(agents, load, **queue)
            assert not np.isnan(found).any(), name
            assert (found >= 0).all(), name


def test_zero_calls_need_nobody():
    for share in (0.01, 0.8, 0.999):
        assert erlang_c.agents_for([0.0, 5.0, 0.0], aht=180, within=20, share=share)[[0, 2]].tolist() == [0, 0]
        assert erlang_a.agents_for(0.0, aht=180, patience=60, within=20, share=share, max_abandon=0.001) == 0
    assert erlang_c.agents_for(0.0, aht=180, max_occupancy=0.5, max_asa=1, wait_quantile=(0.99, 0)) == 0
    assert erlang_b.blocking(0, 0.0) == 0.0
    assert erlang_c.service_level(0, 0.0, aht=180, within=20) == 1.0
    assert erlang_c.occupancy(0, 0.0) == 0.0


def test_a_night_without_calls_does_not_break_the_day():
    starts = pd.date_range("2026-11-21", periods=6, freq="30min")
    volumes = [0.0, 0.0, 1.0, 100.0, 0.0, 900.0]
    forecast = pd.DataFrame({"queue": "voice", "start": starts, "offered": volumes, "aht": 180.0})
    for scope in ("interval", "day"):
        promise = ServiceTarget(share=0.80, within=20, scope=scope)
        found = requirement(forecast, promise, patience=300)
        assert found["agents"].to_numpy()[[0, 1, 4]].tolist() == [0, 0, 0]
        assert found["service_level"].to_numpy()[[0, 1, 4]].tolist() == [1, 1, 1]
        assert found["occupancy"].to_numpy()[[0, 1, 4]].tolist() == [0, 0, 0]


def test_an_answer_at_once_is_an_ordinary_promise():
    assert erlang_c.service_level(14, 10.0, aht=180, within=0) == 1 - erlang_c.wait_probability(14, 10.0)
    queue = {"aht": 180.0, "patience": 300.0}
    assert erlang_a.service_level(14, 10.0, **queue, within=0) == pytest.approx(
        1 - erlang_a.wait_probability(14, 10.0, **queue), abs=1e-14
    )
    agents = erlang_a.agents_for([0.0, 10.0], **queue, within=0, share=0.8)
    assert agents[0] == 0
    assert erlang_a.wait_probability(agents[1], 10.0, **queue) <= 0.2


@settings(max_examples=40, deadline=None)
@given(st.floats(1, 150), st.floats(0.7, 1.4), st.floats(30, 600))
def test_patience_enters_the_answer(agents, ratio, patience):
    load = agents * ratio
    queue = {"aht": 270.0, "within": 60.0}
    more_people = erlang_a.service_level([agents, agents + 1, agents + 5], load, patience=patience, **queue)
    assert (np.diff(more_people) > 0).all()
    calmer = [erlang_a.abandon_rate(agents, load, aht=270.0, patience=p) for p in (patience, 2 * patience)]
    assert calmer[1] < calmer[0]


def test_hang_ups_relieve_the_queue_rather_than_correct_a_queue_without_them():
    queue = {"aht": 180.0, "patience": 300.0}
    plain = erlang_c.service_level(12, 10.0, aht=180, within=20)
    lost = erlang_a.abandon_rate(12, 10.0, **queue)
    level = erlang_a.service_level(12, 10.0, **queue, within=20)
    assert (round(level, 3), round(lost, 3)) == (0.772, 0.043)
    assert level > plain
    assert abs(level - plain * (1 - lost)) > 0.1
    level = erlang_a.service_level([10, 9, 5], 10.0, **queue, within=20)  # no more people than load
    assert (level > [0.5, 0.35, 0.015]).all()


@settings(max_examples=30, deadline=None)
@given(st.floats(0.1, 100), st.floats(30, 900), st.floats(10, 2000), st.floats(1, 300), st.floats(0.001, 1000))
def test_the_unit_of_time_does_not_matter_as_long_as_it_is_one(load, aht, patience, within, unit):
    seconds = {"aht": aht, "patience": patience, "within": within}
    other = {name: value / unit for name, value in seconds.items()}
    assert erlang_a.service_level(load + 1, load, **seconds) == pytest.approx(
        erlang_a.service_level(load + 1, load, **other), abs=1e-12
    )


def test_the_width_of_the_interval_does_not_matter_to_a_steady_rate():
    promise = ServiceTarget(share=0.80, within="20s", scope="interval")
    found = []
    for minutes in (15, 30, 60):
        start = pd.date_range("2026-11-21 08:00", periods=2, freq=f"{minutes}min")
        table = pd.DataFrame({"queue": "voice", "start": start, "offered": 200.0 * minutes / 60, "aht": 180.0})
        found.append(requirement(table, promise, patience=300)["agents"].tolist())
    assert found == [[13.0, 13.0]] * 3
    assert ServiceTarget(share=0.80, within=20, scope="interval") == promise


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 300), st.floats(0.01, 1.0))
def test_any_cap_on_occupancy_gives_a_number_that_keeps_it(load, cap):
    agents = erlang_c.agents_for(load, aht=180, max_occupancy=cap)
    assert erlang_c.occupancy(agents, load) <= cap
    assert agents > load or load == 0
    with_patience = erlang_a.agents_for(load, aht=180, patience=60, max_occupancy=cap)
    assert erlang_a.occupancy(with_patience, load, aht=180, patience=60) <= cap
    assert with_patience <= agents


def test_an_occupancy_of_one_is_above_the_load_without_hang_ups_and_anything_with_them():
    for fewest in (erlang_c.agents_for, lambda load, **q: erlang_a.agents_for(load, patience=np.inf, **q)):
        assert fewest([0.0, 10.0, 10.5], aht=180, max_occupancy=1.0).tolist() == [0, 11, 11]
    assert erlang_a.agents_for([0.0, 10.0], aht=180, patience=60, max_occupancy=1.0).tolist() == [0, 1]


def test_where_nobody_calls_the_longest_wait_is_none():
    for patience in (60.0, np.inf):
        for share in (None, 0.9):
            queue = {"aht": 180, "patience": patience, "share": share}
            assert erlang_a.longest_wait(100, [0, 5], 0.0, **queue).tolist() == [0.0, 0.0]


def test_shrinkage_is_not_rounded_up_in_every_interval():
    start = pd.date_range("2026-11-21 08:00", periods=4, freq="30min")
    forecast = pd.DataFrame({"queue": "voice", "start": start, "offered": [10.0, 20, 30, 40], "aht": 180.0})
    found = requirement(forecast, ServiceTarget(share=0.80, within=20), patience=300, shrinkage=0.3)
    assert found["rostered"].to_numpy() == pytest.approx(found["agents"].to_numpy() / 0.7)
    assert found["rostered"].sum() < np.ceil(found["rostered"]).sum()


@settings(max_examples=25, deadline=None)
@given(st.floats(0.5, 120), st.floats(30, 900), st.floats(0.5, 0.95))
def test_every_way_to_count_hang_ups_has_its_own_answer_and_they_keep_their_order(load, patience, share):
    queue = {"aht": 240.0, "patience": patience, "within": 30.0, "share": share}
    lost, ignored, met = (erlang_a.agents_for(load, **queue, abandoned=word) for word in ("lost", "ignored", "met"))
    assert met <= ignored <= lost


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 150), st.floats(1, 60), st.floats(20, 2000))
def test_a_mean_wait_is_a_target_of_its_own(load, wait, patience):
    queue = {"aht": 240.0, "patience": patience}
    agents = erlang_a.agents_for(load, **queue, max_asa=wait)
    assert erlang_a.asa(agents, load, **queue) <= wait
    assert erlang_a.asa(agents - 1, load, **queue) > wait


def test_small_sites_are_not_inflated_by_rounding_before_they_are_added_up():
    load = np.full(40, 0.4)
    queue = {"aht": 270, "patience": 180, "within": 60}
    whole, part = (erlang_a.agents_for(load, **queue, share=0.80, fractional=x) for x in (False, True))
    np.testing.assert_array_equal(np.ceil(part), whole)
    assert part.sum() < 0.65 * whole.sum()
    assert erlang_a.service_level(part, load, **queue) == pytest.approx(0.80, abs=1e-8)
