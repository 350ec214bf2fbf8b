"""Contacts simulated per second of CPU, beside an event simulation of the same queue."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow

HOURS, RATE, AHT, PATIENCE, WITHIN, AGENTS = 4, 1800.0, 270.0, 180.0, 60.0, 116  # contacts an hour; 135 erlangs


def by_ciw(ciw, seed: int) -> tuple[int, float]:
    """Contacts that are through, and the share answered in time, of one replication from an empty queue."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(RATE / 3600)],
        service_distributions=[ciw.dists.Exponential(1 / AHT)],
        number_of_servers=[AGENTS],
        reneging_time_distributions=[ciw.dists.Exponential(1 / PATIENCE)],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(HOURS * 3600)
    records = simulation.get_all_records()
    good = sum(r.record_type == "service" and r.waiting_time <= WITHIN for r in records)
    return len(records), good / len(records)


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_a_single_queue_is_simulated_at_least_100_times_as_fast_as_by_ciw(engine, cpu, note, peer):
    from wfm.erlang import erlang_a
    from wfm.erlang.simulation import simulate

    ciw = peer("ciw")
    if engine == "numba":
        peer("numba")
    replications = 200
    queue = {"interval": 1800.0, "aht": AHT, "patience": PATIENCE, "within": WITHIN}

    def ours():
        return simulate([RATE / 2] * (2 * HOURS), AGENTS, **queue, replications=replications, seed=1, engine=engine)

    each = cpu(ours, times=3) / (replications * RATE * HOURS)
    contacts, level = by_ciw(ciw, 1)
    theirs = cpu(lambda: by_ciw(ciw, 1), times=2) / contacts
    note(
        f"simulation, {AGENTS} agents, {engine}",
        f"{1 / each:,.0f} contacts/s",
        f"Ciw {1 / theirs:,.0f} contacts/s",
        f"{theirs / each:.0f}x (>= 100x)",
    )
    found = ours().intervals["service_level"].to_numpy()
    steady = erlang_a.service_level(AGENTS, RATE * AHT / 3600, aht=AHT, patience=PATIENCE, within=WITHIN)
    assert found[-1] == pytest.approx(steady, abs=0.01)
    assert level == pytest.approx(found.mean(), abs=0.05)  # one replication of theirs
    assert theirs / each >= 100
    assert np.isfinite(found).all()
