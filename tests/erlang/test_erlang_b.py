import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_b
from wfm.errors import SettingError


def recursion(agents: int, load: float) -> float:
    inverse = 1.0
    for k in range(1, agents + 1):
        inverse = 1 + k / load * inverse
    return 1 / inverse


@pytest.mark.parametrize(
    ("agents", "load"),
    [(1, 0.5), (10, 7.0), (24, 20.0), (171, 170.0), (300, 200.0), (5, 400.0), (3, 900.0), (2000, 2500.0)],
)
def test_blocking_is_what_the_recursion_gives(agents, load):
    assert erlang_b.blocking(agents, load) == pytest.approx(recursion(agents, load), rel=1e-12)


def test_a_published_value_of_132_lines():
    assert erlang_b.blocking(132, 123.0) == pytest.approx(0.031243, abs=5e-7)


def test_no_lines_turn_everybody_away_and_no_load_nobody():
    assert erlang_b.blocking(0, 3.0) == pytest.approx(1.0, rel=1e-14)
    assert erlang_b.blocking(0, 800.0) == 1.0
    assert erlang_b.blocking(5, 0.0) == 0.0
    assert erlang_b.blocking(0, 0.0) == 0.0


def test_a_hundred_thousand_agents_do_not_overflow():
    assert erlang_b.blocking(100_000, 100_000.0) == pytest.approx(recursion(100_000, 100_000.0), rel=1e-9)
    assert erlang_b.blocking(100_000, 1e-6) == 0.0


@pytest.mark.parametrize(
    ("agents", "load", "share"),
    [
        (0.3, 700.0, 0.99957203933477999),
        (2.7, 700.0, 0.99614837282441937),
        (33.3, 1e-6, 6.3564406453345495e-238),
        (5252, 7800.0, 0.3269302945324975),
    ],
)
def test_far_from_balance_nothing_is_lost(agents, load, share):
    assert erlang_b.blocking(agents, load) == pytest.approx(share, rel=1e-7)
    if agents == int(agents):
        assert erlang_b.blocking(agents, load) == pytest.approx(recursion(agents, load), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 50), st.floats(0.01, 80))
def test_fractional_lines_obey_the_recursion(agents, load):
    one_more = 1 / erlang_b.blocking(agents + 1, load)
    assert one_more == pytest.approx(1 + (agents + 1) / load / erlang_b.blocking(agents, load), rel=1e-9)


def test_fractions_lie_between_whole_numbers():
    values = erlang_b.blocking(np.linspace(0, 20, 81), 9.0)
    assert (np.diff(values) < 0).all()


def test_numbers_leave_as_python_floats_and_arrays_keep_their_shape():
    assert type(erlang_b.blocking(10, 7)) is float
    assert erlang_b.blocking([[1], [2]], [1.0, 2.0, 3.0]).shape == (2, 3)


@pytest.mark.parametrize(
    ("agents", "load", "words"),
    [
        (-1, 2.0, r"agents must be >= 0 and finite, got -1"),
        (1, float("nan"), r"load must be >= 0"),
        (1, "many", r"load must be a number or an array of numbers, got 'many'"),
        ([1, 2], [1.0, -3.0], r"load must be >= 0 and finite, got -3 in 1 value\(s\), first at position 1"),
        ([1, 2], [1.0, 2.0, 3.0], r"must broadcast together, got the shapes \(2,\), \(3,\)"),
    ],
)
def test_wrong_arguments_are_named_with_what_was_got(agents, load, words):
    with pytest.raises(SettingError, match=words):
        erlang_b.blocking(agents, load)
