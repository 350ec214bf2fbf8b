import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, erlang_c, performance, tabulate
from wfm.errors import SettingError

LADDER = (300.0, 390.0, 500.0)


def test_every_measure_is_the_formula_of_the_interval():
    offered, agents = np.array([100.0, 900.0, 3.0]), np.array([12, 116, 1.5])
    found = performance(offered, agents, interval=1800, aht=270, patience=180, within=60)
    load = offered * 270 / 1800
    queue = {"aht": 270, "patience": 180}
    np.testing.assert_allclose(found["load"], load)
    np.testing.assert_allclose(found["service_level"], erlang_a.service_level(agents, load, **queue, within=60))
    for name in ("abandon_rate", "asa", "occupancy", "queue_length"):
        np.testing.assert_allclose(found[name], getattr(erlang_a, name)(agents, load, **queue), rtol=1e-12)


def test_endless_patience_is_erlang_c():
    found = performance(100, [12, 9], interval=1800, aht=180, within=20)
    np.testing.assert_allclose(found["service_level"], erlang_c.service_level([12, 9], 10.0, aht=180, within=20))
    np.testing.assert_allclose(found["asa"], erlang_c.asa([12, 9], 10.0, aht=180))
    assert found["abandon_rate"].tolist() == [0.0, 0.0]
    assert found["occupancy"][1] == 1.0


def test_paths_and_intervals_broadcast():
    paths = np.linspace(50, 150, 7)[:, None] * np.array([[1.0, 0.5, 0.0]])
    found = performance(
        paths, [12, 7, 0], interval=1800, aht=180, patience=120, within=20, abandoned="ignored", short=5
    )
    assert found["service_level"].shape == (7, 3)
    assert (found["service_level"][:, 2] == 1).all()
    assert (np.diff(found["service_level"][:, 0]) < 0).all()


def test_patience_and_threshold_may_differ_by_interval():
    found = performance([100, 100], 12, interval=1800, aht=180, patience=[120, np.inf], within=[20, 60])
    assert found["service_level"][0] == pytest.approx(
        erlang_a.service_level(12, 10.0, aht=180, patience=120, within=20), rel=1e-12
    )
    assert found["service_level"][1] == pytest.approx(erlang_c.service_level(12, 10.0, aht=180, within=60), rel=1e-12)


def test_nobody_there_serves_nobody_and_no_contacts_need_nobody():
    found = performance([5, 0], 0, interval=1800, aht=180, patience=60, within=20)
    assert found["service_level"].tolist() == [0.0, 1.0]
    assert found["abandon_rate"].tolist() == [1.0, 0.0]
    assert found["asa"].tolist() == [np.inf, 0.0]


def test_chat_with_one_handle_time_is_more_slots():
    chat = performance(100, 4, interval=1800, aht=360, patience=120, within=30, concurrency=3)
    voice = performance(100, 12, interval=1800, aht=360, patience=120, within=30)
    for name, values in voice.items():
        np.testing.assert_allclose(chat[name], values, err_msg=name)


# agents, handle times, chats/h -> simulated service level with least-loaded routing, patience 120 s, threshold 60 s
SIMULATED = [
    (4, (300, 420), 65, 0.7960),
    (10, LADDER, 200, 0.9397),
    (10, LADDER, 225, 0.8563),
    (40, LADDER, 850, 0.9700),
    (40, (300, 360, 430, 520), 1100, 0.9728),
    (100, LADDER, 2150, 0.9801),
]


@pytest.mark.parametrize(("agents", "ladder", "chats", "level"), SIMULATED)
def test_balanced_levels_are_near_the_simulated_chat(agents, ladder, chats, level):
    found = performance(
        chats, agents, interval=3600, aht=1, patience=120, within=60, concurrency=len(ladder), aht_by_concurrency=ladder
    )
    assert found["service_level"] == pytest.approx(level, abs=0.0065)


def test_a_ladder_of_equal_steps_is_plain_slots():
    for patience in (120.0, np.inf):
        ladder = performance(
            90, [3, 4, 5], interval=1800, aht=1, patience=patience, within=30, aht_by_concurrency=(200, 200, 200)
        )
        slots = performance(90, [3, 4, 5], interval=1800, aht=200, patience=patience, within=30, concurrency=3)
        for name, values in slots.items():
            np.testing.assert_allclose(ladder[name], values, rtol=1e-9, atol=1e-12, err_msg=name)


def test_a_part_of_a_chat_agent_lies_between_the_whole_ones():
    low, middle, high = performance(
        40, [3, 3.25, 4], interval=1800, aht=1, patience=120, within=30, aht_by_concurrency=LADDER
    )["service_level"]
    assert middle == pytest.approx(0.75 * low + 0.25 * high)


def test_a_further_chat_that_gets_less_done_is_refused():
    with pytest.raises(SettingError, match=r"3 chats at once get more done than 2: 3 / 700 s is not above 2 / 420 s"):
        performance(40, 3, interval=1800, aht=1, within=30, aht_by_concurrency=(300, 420, 700))


def test_a_ladder_of_the_wrong_length_is_refused():
    with pytest.raises(SettingError, match=r"must hold 3 handle times, .* got 2"):
        performance(40, 3, interval=1800, aht=1, within=30, concurrency=3, aht_by_concurrency=(300, 420))
    with pytest.raises(SettingError, match=r"concurrency must be a whole number >= 1, got 0"):
        performance(40, 3, interval=1800, aht=200, within=30, concurrency=0)


TABLES = [
    {"aht": 300, "patience": 180, "within": 60},
    {"aht": 300, "patience": 3600, "within": 20},
    {"aht": 300, "patience": 60, "within": 0},
    {"aht": 300, "patience": np.inf, "within": 60},
    {"aht": 60, "patience": 3600, "within": 600},
    {"aht": 300, "patience": 180, "within": 60, "concurrency": 2},
    {"aht": 300, "patience": 180, "within": 60, "abandoned": "ignored", "short": 5},
    {"aht": 500, "patience": 120, "within": 60, "concurrency": 3, "aht_by_concurrency": LADDER},
    {"aht": 500, "patience": np.inf, "within": 60, "concurrency": 3, "aht_by_concurrency": LADDER},
]


@pytest.mark.parametrize("law", TABLES)
def test_the_table_is_within_a_thousandth_of_the_formula(law):
    table = tabulate(60, 90, **law)
    rng = np.random.default_rng(3)
    agents = rng.integers(0, 61, 4000)
    slots = law.get("concurrency", 1) * agents
    load = np.where(np.arange(4000) % 2, rng.uniform(0, 90, 4000), np.minimum(slots * rng.uniform(0.7, 1.2, 4000), 90))
    exact = performance(load * 1800 / law["aht"], agents, interval=1800, **law)
    assert table.error < 5e-4
    assert np.abs(table.service_level(agents, load) - exact["service_level"]).max() < 1e-3
    assert np.abs(table.abandon_rate(agents, load) - exact["abandon_rate"]).max() < 1e-3


def test_the_table_is_linear_between_agents_and_exact_beyond_its_edge():
    table = tabulate(20, 15.0, aht=300, patience=180, within=60)
    low, middle, high = table.service_level([11, 11.25, 12], 10.0)
    assert middle == pytest.approx(0.75 * low + 0.25 * high, abs=1e-12)
    assert table.service_level(30, 25.0) == pytest.approx(
        erlang_a.service_level(30, 25.0, aht=300, patience=180, within=60), abs=1e-12
    )
    between = table.service_level(25.5, 25.0)
    ends = erlang_a.service_level([25, 26], 25.0, aht=300, patience=180, within=60)
    assert between == pytest.approx(ends.mean(), abs=1e-12)


def test_the_table_knows_closed_hours_and_nobody_there():
    table = tabulate(20, 15.0, aht=300, patience=180, within=60)
    assert table.service_level([0, 0, 5], [0.0, 3.0, 0.0]).tolist() == [1.0, 0.0, 1.0]
    assert table.abandon_rate([0, 0, 5], [0.0, 3.0, 0.0]).tolist() == [0.0, 1.0, 0.0]
    assert table.max_agents == 20


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 20), st.floats(0.0, 15.0))
def test_more_agents_never_hurt_in_the_table(agents, load):
    table = _TABLE
    levels = table.service_level([agents, agents + 0.5, agents + 1], load)
    assert (np.diff(levels) >= -2e-4).all()
    assert ((levels >= 0) & (levels <= 1)).all()


_TABLE = tabulate(22, 16.0, aht=300, patience=180, within=60)


def test_five_hundred_paths_of_a_week_take_a_blink():
    import time

    table = tabulate(200, 220, aht=300, patience=180, within=60)
    load = np.random.default_rng(0).uniform(0, 160, (500, 336))
    agents = np.linspace(5, 190, 336)
    began = time.process_time()
    level = table.service_level(agents, load)
    assert level.shape == (500, 336)
    assert time.process_time() - began < 0.5  # some 0.03 s on a free machine
