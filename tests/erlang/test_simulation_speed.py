"""Contacts simulated per second."""

import time

import pytest

from wfm.erlang.simulation import AgentGroup, simulate, simulate_pool
from wfm.queues import Queue

pytestmark = pytest.mark.slow


def contacts_per_second(offered: list[float], agents: int, replications: int) -> float:
    began = time.process_time()
    found = simulate(
        offered, agents, interval=1800, aht=300, patience=180, within=60, replications=replications, engine="numpy"
    )
    return found.replications["offered"].sum() / (time.process_time() - began)


def test_a_queue_is_simulated_a_million_contacts_a_second():
    assert contacts_per_second([375.0] * 20, 62, 200) > 1_000_000


def test_a_large_day_takes_seconds():
    began = time.process_time()
    contacts_per_second([30_000 / 48] * 48, 104, 200)
    assert time.process_time() - began < 6


def test_several_skills_are_simulated_fast_enough_to_search_with():
    queues = [Queue(name=n, aht=300, patience=180) for n in "abc"]
    groups = [AgentGroup(name=n + m, skills=(n, m)) for n, m in ("ab", "bc", "ca")]
    began = time.process_time()
    found = simulate_pool(
        dict.fromkeys("abc", [120.0] * 20),
        {g.name: 20 for g in groups},
        queues=queues,
        groups=groups,
        interval=1800,
        replications=10,
    )
    assert found.total["offered"].sum() * 10 / (time.process_time() - began) > 100_000
