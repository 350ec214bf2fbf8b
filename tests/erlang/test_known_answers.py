"""The search for the fewest agents with conditions whose answer is known beforehand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a
from wfm.erlang.formulas.search import by_bisection, fewest, largest_loads
from wfm.erlang.formulas.targets import Condition
from wfm.errors import SettingError


def at_least(agents_of_load, *parameters) -> Condition:
    """Holds from so many agents on."""
    return Condition(
        margin=lambda n, a, *rest: np.asarray(n - agents_of_load(a, *rest), dtype=float),
        parameters=tuple(np.asarray(p, dtype=float) for p in parameters),
    )


LOADS = np.array([0.0, 1e-9, 0.3, 1.0, 7.7, 64.0, 100.0, 12_345.6, 0.0])
ANSWERS = {
    "one is always enough": lambda a: 0 * a + 0.5,
    "the load": lambda a: a,
    "a little more than the load": lambda a: a + 0.5 * np.sqrt(a),
    "far less than the load": lambda a: a / 40,
    "far more than the load": lambda a: 60 * a + 1000,
    "a number whatever the load": lambda a: 0 * a + 17.0,
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("shared", [False, True])
def test_the_fewest_whole_number_that_holds_is_found(name, shared):
    needed = ANSWERS[name]
    load = np.tile(np.minimum(LOADS, 300), 1200) if shared else LOADS  # many loads are looked up in a table
    found = fewest(load, [at_least(needed)])
    expected = np.where(load > 0, np.maximum(np.ceil(needed(load)), 1), 0)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", [(4000,), (4000, 1), (2, 2000)])
def test_many_intervals_may_share_one_parameter_and_not_another(shape):
    rng = np.random.default_rng(0)
    load, own = rng.uniform(0, 9, shape), rng.uniform(1, 40, shape)
    found = fewest(load, [at_least(lambda a, more, mine: a + more * mine, 2.0, own)])
    np.testing.assert_array_equal(found, np.ceil(load + 2 * own))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0.01, 2000)), min_size=1, max_size=30))
def test_every_element_has_its_own_answer(cases):
    load, needed = (np.array(column) for column in zip(*cases, strict=True))
    found = by_bisection(at_least(lambda a, own: own).holds, load, [needed])
    np.testing.assert_array_equal(found, np.where(load > 0, np.ceil(needed), 0))


@pytest.mark.parametrize("name", ANSWERS)
def test_fractions_are_exact_and_rounding_them_up_gives_the_whole_answer(name):
    needed = ANSWERS[name]
    condition = at_least(needed)
    found = fewest(LOADS, [condition], fractional=True)
    whole = fewest(LOADS, [condition])
    np.testing.assert_array_equal(np.ceil(found), whole)
    expected = np.where(LOADS > 0, np.maximum(needed(LOADS), np.maximum(whole - 1, 0)), 0)
    np.testing.assert_allclose(found, expected, atol=3e-9, rtol=1e-12)


CROOKED = [  # and the evaluations that it may take: bisection alone would take 56
    (lambda x: x, 10),
    (np.arctan, 14),
    (lambda x: np.expm1(20 * x), 30),
    (np.cbrt, 32),
    (np.sign, 40),
    (lambda x: x**3, 50),
]


@pytest.mark.parametrize(("bend", "most"), CROOKED)
def test_fractions_are_found_however_crooked_the_way_to_them(bend, most):
    load, asked = np.linspace(0.5, 40, 25), []

    def margin(n, a):
        asked.append(n.size)
        return bend(n - 1.13 * a - 0.21)

    found = fewest(load, [Condition(margin=margin, parameters=())], fractional=True)
    np.testing.assert_allclose(found, 1.13 * load + 0.21, atol=3e-9)
    assert sum(asked) / load.size < most


def test_no_load_needs_no_part_of_an_agent():
    found = erlang_a.agents_for([0.0, 0.4], aht=270, patience=180, within=60, share=0.80, fractional=True)
    assert found[0] == 0.0
    assert 0 < found[1] < 2


def test_nowhere_a_margin_is_a_number_below_the_load():
    condition = Condition(margin=lambda n, a: np.where(n > a, n - a - 0.5, -np.inf), parameters=())
    np.testing.assert_allclose(fewest(np.array([3.2]), [condition], fractional=True), [3.7], atol=3e-9)
    assert fewest(np.array([3.2]), [condition]).tolist() == [4.0]


def test_the_hardest_condition_decides_and_shapes_broadcast():
    load = np.array([[1.0], [20.0]])
    first = at_least(lambda a, more: a + more, [0.5, 3.0, 40.0])
    second = at_least(lambda a: 0 * a + 10)
    found = fewest(load, [first, second])
    assert found.tolist() == [[10, 10, 41], [21, 23, 60]]
    assert fewest(np.asarray(2.5), [second]).shape == ()


def test_no_more_than_the_most_are_asked_for():
    load = np.array([0.0, 5.0, 50.0, 500.0])
    condition = at_least(lambda a: 2 * a)
    assert fewest(load, [condition], most=np.asarray(60.0)).tolist() == [0, 10, 60, 60]
    assert fewest(load, [condition], most=np.array([1.0, 4.0, 200.0, 1000.0])).tolist() == [0, 4, 100, 1000]
    assert fewest(load, [condition], most=np.asarray(60.5), fractional=True)[:2] == pytest.approx([0, 10], abs=3e-9)


def test_what_no_number_keeps_is_said():
    never = Condition(margin=lambda n, a: 0 * n - 1, parameters=())
    with pytest.raises(SettingError, match=r"^no number of agents keeps this target"):
        fewest(np.array([0.0, 3.0]), [never])
    assert fewest(np.array([0.0]), [never]).tolist() == [0]


def test_the_largest_loads_are_those_that_still_hold():
    found = largest_loads(at_least(lambda a, times: times * a, 2.0), 6)
    np.testing.assert_allclose(found, np.arange(1, 7) / 2, rtol=1e-14)
    found = largest_loads(at_least(lambda a, times: times * a, 0.001), 4)
    np.testing.assert_allclose(found, np.arange(1, 5) * 1000, rtol=1e-14)
    endless = largest_loads(Condition(margin=lambda n, a: 0 * n, parameters=()), 3)
    assert (endless > 5e8).all()


@pytest.mark.parametrize("more", [0.2, 0.5, 0.9, 1.5])
def test_a_search_takes_few_steps_where_square_root_staffing_is_near(more):
    load, asked = np.linspace(1, 400, 300), []

    def margin(n, a):
        asked.append(n.size)
        return n - a - more * np.sqrt(a)

    by_bisection(Condition(margin=margin, parameters=()).holds, load, [])
    assert sum(asked) / load.size < 7
