import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_c
from wfm.errors import SettingError

# load, aht, within, agents, wait probability, service level, asa: worked examples that circulate, recomputed
WORKED = [
    (10.0, 180, 20, 11, 0.682118, 0.389614, 122.781),
    (10.0, 180, 20, 12, 0.449388, 0.640158, 40.445),
    (10.0, 180, 20, 13, 0.285270, 0.795595, 17.116),
    (10.0, 180, 20, 14, 0.174132, 0.888350, 7.8359),
    (100 / 3, 120, 20, 40, 0.190737, 0.937211, 3.4333),
    (100 / 3, 120, 20, 35, 0.696513, 0.472416, 50.149),
    (48.0, 240, 15, 55, 0.238701, 0.845883, 8.1840),
    (30.0, 180, 15, 35, 0.284582, 0.812392, 10.245),
    (20.0, 180, 20, 24, 0.298072, 0.808882, 13.413),
    (2000.0, 180, 20, 2012, 0.704700, 0.814243, 10.571),
]


@pytest.mark.parametrize(("load", "aht", "within", "agents", "waits", "level", "asa"), WORKED)
def test_worked_examples(load, aht, within, agents, waits, level, asa):
    assert erlang_c.wait_probability(agents, load) == pytest.approx(waits, abs=1e-6)
    assert erlang_c.service_level(agents, load, aht=aht, within=within) == pytest.approx(level, abs=1e-6)
    assert erlang_c.asa(agents, load, aht=aht) == pytest.approx(asa, rel=2e-4)


def test_wait_probability_of_132_agents_to_all_digits():
    assert erlang_c.wait_probability(132, 123.0) == pytest.approx(0.3211161792617074, abs=1e-14)


def test_reference_values_to_fifteen_digits(steady_state):
    d = steady_state
    n, a, aht = (d[c].to_numpy(dtype=float) for c in ("n", "load_erl", "aht_s"))
    np.testing.assert_allclose(erlang_c.wait_probability(n, a), d.C_pwait, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(erlang_c.service_level(n, a, aht=aht, within=d.T_s), d.C_sl, rtol=0, atol=1e-12)
    np.testing.assert_allclose(erlang_c.asa(n, a, aht=aht), d.C_asa_s, rtol=1e-9, atol=1e-200)
    np.testing.assert_allclose(erlang_c.queue_length(n, a), d.C_eq, rtol=1e-9, atol=1e-200)
    np.testing.assert_allclose(erlang_c.wait_quantile(0.90, n, a, aht=aht), d.C_q90_s, rtol=1e-9)


def test_overload_is_a_value_not_nonsense():
    for agents in (0, 9, 10):
        assert erlang_c.wait_probability(agents, 10.0) == 1.0
        assert erlang_c.service_level(agents, 10.0, aht=180, within=20) == 0.0
        assert erlang_c.asa(agents, 10.0, aht=180) == np.inf
        assert erlang_c.mean_wait(agents, 10.0, aht=180) == np.inf
        assert erlang_c.queue_length(agents, 10.0) == np.inf
        assert erlang_c.wait_quantile(0.5, agents, 10.0, aht=180) == np.inf
        assert erlang_c.occupancy(agents, 10.0) == 1.0


def test_zero_calls_and_zero_seconds_are_ordinary():
    assert erlang_c.agents_for(0.0, aht=180, within=20, share=0.8) == 0
    assert erlang_c.service_level(0, 0.0, aht=180, within=0) == 1.0
    assert erlang_c.occupancy(0, 0.0) == 0.0
    assert erlang_c.asa(0, 0.0, aht=180) == 0.0
    assert erlang_c.queue_length(3, 0.0) == 0.0
    assert erlang_c.wait_quantile(0.9, 0, 0.0, aht=180) == 0.0
    assert erlang_c.service_level(14, 10.0, aht=180, within=0) == pytest.approx(1 - 0.1741319, abs=1e-7)


@pytest.mark.parametrize(
    ("load", "within", "aht", "agents"),
    [
        (0.6, 3600, 360, 1),
        (2.5, 3600, 180, 3),
        (2.6, 3600, 360, 3),
        (100.6, 4 * 3600, 360, 101),
    ],
)
def test_the_first_agent_above_the_load_is_tried(load, within, aht, agents):
    assert erlang_c.agents_for(load, aht=aht, within=within, share=0.80) == agents


@pytest.mark.parametrize(
    ("load", "aht", "within", "agents"),
    [
        (250 * 330 / 3600, 330, 30, 28),
        (10.0, 180, 20, 14),
        (20.0, 180, 20, 24),
        (135.0, 270, 60, 140),
        (1000.0, 180, 20, 1011),
        (20_000.0, 180, 20, 20_014),
        (100_000.0, 180, 20, 100_014),
    ],
)
def test_known_staff_for_80_percent(load, aht, within, agents):
    assert erlang_c.agents_for(load, aht=aht, within=within, share=0.80) == agents


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 300), st.floats(0, 1200), st.floats(0.05, 0.995))
def test_no_fewer_agents_would_do(load, within, share):
    agents = erlang_c.agents_for(load, aht=240, within=within, share=share)
    assert erlang_c.service_level(agents, load, aht=240, within=within) >= share
    assert erlang_c.service_level(agents - 1, load, aht=240, within=within) < share


def test_every_target_counts_and_the_hardest_decides():
    load = np.linspace(0.5, 200, 50)
    level = erlang_c.agents_for(load, aht=240, within=20, share=0.8)
    busy = erlang_c.agents_for(load, aht=240, max_occupancy=0.85)
    wait = erlang_c.agents_for(load, aht=240, max_asa=10)
    tail = erlang_c.agents_for(load, aht=240, wait_quantile=(0.99, 120))
    both = erlang_c.agents_for(
        load, aht=240, within=20, share=0.8, max_occupancy=0.85, max_asa=10, wait_quantile=(0.99, 120)
    )
    assert (both == np.max([level, busy, wait, tail], axis=0)).all()
    assert (erlang_c.occupancy(busy, load) <= 0.85).all()
    assert (erlang_c.asa(wait, load, aht=240) <= 10).all()
    assert (erlang_c.wait_quantile(0.99, tail, load, aht=240) <= 120).all()


def test_an_occupancy_of_one_needs_more_than_the_load():
    assert erlang_c.agents_for([10.0, 10.5], aht=240, max_occupancy=1.0).tolist() == [11, 11]


def test_numbers_leave_as_python_numbers():
    assert type(erlang_c.service_level(14, 10, aht=180, within=20)) is float
    assert type(erlang_c.agents_for(10, aht=180, within=20, share=0.8)) is int
    assert erlang_c.agents_for([10.0], aht=180, within=20, share=0.8).dtype == np.int64


@pytest.mark.parametrize(
    ("settings_", "words"),
    [
        ({"share": 80}, r"share must be a fraction in \(0, 1\), got 80\. Did you mean 0\.80\?"),
        ({"share": 1.0}, r"share must be a fraction in \(0, 1\), got 1"),
        ({"max_occupancy": 85}, r"max_occupancy must be a fraction in \(0, 1\], got 85\. Did you mean 0\.85\?"),
        ({"share": 0.8, "within": -1}, r"within must be >= 0"),
        ({"wait_quantile": (95, 20)}, r"wait_quantile share must be a fraction"),
        ({}, r"agents_for needs a target"),
    ],
)
def test_wrong_targets_are_refused_with_a_hint(settings_, words):
    with pytest.raises(SettingError, match=words):
        erlang_c.agents_for(10.0, aht=180, **settings_)


def test_a_handle_time_of_zero_is_refused():
    with pytest.raises(SettingError, match=r"aht must be > 0 and finite, got 0\. Durations are seconds\."):
        erlang_c.service_level(14, 10.0, aht=0, within=20)
