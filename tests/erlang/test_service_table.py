"""The table of services: exact on its grid, honest about its error, right beyond its edges."""

import numpy as np
import pytest

from wfm.erlang import erlang_a, erlang_c, performance, tabulate
from wfm.errors import SettingError

LADDER = (300.0, 390.0, 500.0)


def test_on_its_grid_the_table_is_the_formula():
    table = tabulate(30, 25.0, aht=300, patience=180, within=60)
    cells = np.arange(1, int(5.0 / table.step))
    agents, load = np.meshgrid(np.arange(1, 31), (cells * table.step) ** 2)
    queue = {"aht": 300.0, "patience": 180.0}
    exact = erlang_a.service_level(agents, load, **queue, within=60)
    np.testing.assert_allclose(table.service_level(agents, load), exact, atol=1e-12)
    np.testing.assert_allclose(
        table.abandon_rate(agents, load), erlang_a.abandon_rate(agents, load, **queue), atol=1e-12
    )


@pytest.mark.parametrize("patience", [180.0, np.inf])
def test_the_error_of_a_table_is_that_of_its_cells(patience):
    table = tabulate(40, 30.0, aht=300, patience=patience, within=20)
    rng = np.random.default_rng(0)
    agents, load = rng.integers(1, 41, 8000), rng.uniform(0, 30, 8000)
    exact = erlang_a.service_level(agents, load, aht=300.0, patience=patience, within=20)
    worst = np.abs(table.service_level(agents, load) - exact).max()
    assert 0 < table.error <= 2e-4
    assert worst < 4 * table.error
    assert worst > 0.02 * table.error


def test_the_grid_is_refined_until_it_is_good_enough():
    easy = tabulate(12, 9.0, aht=300, patience=300, within=20)
    hard = tabulate(12, 9.0, aht=60, patience=3600, within=600)
    assert hard.step < easy.step <= 0.12
    assert hard.error <= 2e-4 or hard.step < 0.007
    assert easy.error <= 2e-4


def test_an_endless_queue_gives_nothing_from_its_capacity_on():
    table = tabulate(20, 30.0, aht=300, within=60)
    load = np.array([9.0, 9.999, 10.0, 10.001, 29.0])
    found = table.service_level(10, load)
    exact = erlang_c.service_level(10, load, aht=300, within=60)
    assert found[2:].tolist() == [0.0, 0.0, 0.0]
    assert found[:2] == pytest.approx(exact[:2], abs=1e-3)
    assert table.abandon_rate([0, 5, 10], 12.0).tolist() == [0.0, 0.0, 0.0]
    assert table.service_level(0, 3.0) == 0.0


def test_slots_of_a_chat_are_counted_as_agents():
    table = tabulate(10, 25.0, aht=300, patience=120, within=60, concurrency=3)
    assert table.max_agents == 10
    assert table.service_level(7, 20.0) == pytest.approx(
        erlang_a.service_level(21, 20.0, aht=300, patience=120, within=60), abs=1e-3
    )
    ladder = tabulate(10, 40.0, aht=1, patience=120, within=60, aht_by_concurrency=LADDER)
    assert ladder.max_agents == 10
    assert ladder.aht == 500.0
    part = performance(
        25.0 * 3600 / 500, 9.5, interval=3600, aht=500, patience=120, within=60, aht_by_concurrency=LADDER
    )
    assert ladder.service_level(9.5, 25.0) == pytest.approx(part["service_level"], abs=1e-3)


@pytest.mark.parametrize("patience", [180.0, np.inf])
def test_beyond_its_edges_the_formula_is_solved(patience):
    table = tabulate(10, 8.0, aht=300, patience=patience, within=60)
    agents, load = np.array([11.0, 25.0, 5.0, 10.0, 30.0]), np.array([4.0, 7.9, 8.5, 20.0, 20.0])
    queue = {"aht": 300.0, "patience": patience}
    np.testing.assert_allclose(
        table.service_level(agents, load), erlang_a.service_level(agents, load, **queue, within=60), atol=1e-12
    )
    np.testing.assert_allclose(
        table.abandon_rate(agents, load), erlang_a.abandon_rate(agents, load, **queue), atol=1e-12
    )
    low, high = erlang_a.service_level([12, 13], 9.0, **queue, within=60)
    assert table.service_level(12.4, 9.0) == pytest.approx(0.6 * low + 0.4 * high, abs=1e-12)
    low, high = erlang_a.abandon_rate([10, 11], 7.0, **queue)
    assert table.abandon_rate(10.5, 7.0) == pytest.approx((low + high) / 2, abs=1e-12)


def test_shapes_broadcast_and_no_load_is_ordinary():
    table = tabulate(10, 8.0, aht=300, patience=180, within=60)
    found = table.service_level(np.arange(3)[:, None], np.array([0.0, 1.0, 8.0, 9.0]))
    assert found.shape == (3, 4)
    assert found[:, 0].tolist() == [1.0, 1.0, 1.0]
    assert table.abandon_rate(np.arange(3), 0.0).tolist() == [0.0, 0.0, 0.0]
    assert table.abandon_rate(0, [0.5, 3.0]).tolist() == [1.0, 1.0]
    assert tabulate(3, 0.0, aht=300, patience=180, within=60).service_level([0, 2], 0.0).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("word", ["met", "ignored", "answered", "credited", "virtual"])
def test_every_definition_has_its_table(word):
    table = tabulate(20, 15.0, aht=300, patience=90, within=30, abandoned=word, short=5)
    rng = np.random.default_rng(2)
    agents, load = rng.integers(0, 21, 500), rng.uniform(0.01, 15, 500)
    exact = erlang_a.service_level(agents, load, aht=300, patience=90, within=30, abandoned=word, short=5)
    assert np.abs(table.service_level(agents, load) - exact).max() < 1e-3


def test_what_is_in_the_table_and_what_is_beyond_stand_in_one_array():
    table = tabulate(10, 8.0, aht=300, patience=180, within=60)
    agents, load = np.array([5.0, 30.0, 9.0, 4.5]), np.array([4.0, 20.0, 8.5, 4.0])
    together = table.service_level(agents, load)
    assert together.tolist() == [float(table.service_level(n, a)) for n, a in zip(agents, load, strict=True)]
    assert together[1] == pytest.approx(erlang_a.service_level(30, 20.0, aht=300, patience=180, within=60), abs=1e-12)


def test_endless_queues_of_chat_need_no_finer_grid_than_those_of_voice():
    queue = {"aht": 500.0, "within": 60.0}
    voice = tabulate(12, 40.0, **queue)
    chat = tabulate(12, 40.0, **queue, aht_by_concurrency=LADDER)
    assert max(voice.error, chat.error) <= 2e-4
    assert chat.step >= 0.5 * voice.step


def test_a_table_of_no_handle_time_is_refused():
    with pytest.raises(SettingError, match=r"^aht must be > 0"):
        tabulate(10, 8.0, aht=0, patience=180, within=60)


def test_no_share_is_above_one_between_the_loads_of_the_grid():
    table = tabulate(40, 30.0, aht=300, patience=180, within=60)
    found = table.service_level(np.arange(41)[:, None], np.linspace(0, 30, 4001))
    assert found.max() == 1.0
    assert found.min() >= 0.0


def test_up_to_its_greatest_load_the_table_is_as_good_as_it_says():
    """The last cells of the grid, behind which the formula is solved."""
    for most in (8.0, 8.3, 8.9):
        table = tabulate(14, most, aht=300, patience=180, within=60)
        load = np.linspace(0.9 * most, most, 200)
        agents = np.arange(1, 15)[:, None]
        exact = erlang_a.service_level(agents, load, aht=300, patience=180, within=60)
        assert np.abs(table.service_level(agents, load) - exact).max() < 2 * table.error
