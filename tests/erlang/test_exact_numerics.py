"""The numerics under the formulas against exact arithmetic, where the plain formulas cancel, over- or underflow."""

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaincc

from wfm.erlang import erlang_a, erlang_b, erlang_c, uncertain
from wfm.erlang.formulas import poisson

getcontext().prec = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")


def log_factorial(s: int) -> Decimal:
    """ln s!, exactly where it is a product, else by ten terms of Stirling's series."""
    if s <= 2000:
        return Decimal(math.factorial(s)).ln()
    x = Decimal(s)
    bernoulli = [(1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510)]
    tail = sum(Decimal(p) / q / (2 * k * (2 * k - 1) * x ** (2 * k - 1)) for k, (p, q) in enumerate(bernoulli, 1))
    return x * x.ln() - x + (2 * PI * x).ln() / 2 + tail


def exact_pois(s: int, x: float) -> float:
    return float((s * Decimal(x).ln() - Decimal(x) - log_factorial(s)).exp())


@pytest.mark.parametrize(
    ("s", "x"),
    [
        (1, 0.5), (7, 6.5), (15, 15.0), (16, 15.0), (17, 30.0), (40, 44.0), (100, 114.9), (100, 115.1), (100, 85.5),
        (100, 30.0), (1000, 1100.0), (10_000, 9_900.0), (1_000_000, 1_001_000.0), (100_000_000, 100_030_000.0),
    ],
)  # fmt: skip
def test_poisson_probabilities_are_right_to_the_last_digits(s, x):
    assert poisson.pois(np.array([float(s)]), np.array([x]))[0] == pytest.approx(exact_pois(s, x), rel=5e-14, abs=0)


def test_poisson_probabilities_of_one_array_do_not_touch_each_other():
    s, x = np.array([1e6, 1e6, 5.0, 0.0]), np.array([1.001e6, 2e6, 4.0, 3.0])
    found = poisson.pois(s, x)
    assert found[0] == pytest.approx(exact_pois(10**6, 1.001e6), rel=5e-14, abs=0)
    assert found[1] == 0.0
    assert found[2] == pytest.approx(exact_pois(5, 4.0), rel=1e-14, abs=0)
    assert found[3] == pytest.approx(math.exp(-3), rel=1e-15)


def test_without_load_only_nobody_is_there():
    assert poisson.pois(np.array([0.0, 0.5, 2.0]), np.zeros(3)).tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("s", [16, 17, 18, 20, 25, 40, 300])
def test_stirlings_error_keeps_its_last_digit(s):
    exact = log_factorial(s) - (Decimal(s) + Decimal("0.5")) * Decimal(s).ln() + s - (2 * PI).ln() / 2
    assert poisson._stirling_error(np.array([float(s)]))[0] == pytest.approx(float(exact), rel=0, abs=5e-18)


def test_the_tail_of_the_fraction_is_the_ratio_of_gamma_functions():
    s, x = np.array([100.0, 100.0, 3.0, 1e4, 0.5, 2.0]), np.array([20.0, 79.0, 0.01, 9_000.0, 1e-6, 0.5])
    series = [
        sum(math.prod(b / (a + j) for j in range(1, k + 1)) for k in range(900)) for a, b in zip(s, x, strict=True)
    ]
    np.testing.assert_allclose(s / (s - x + poisson.fraction_tail(s, x)), series, rtol=1e-12)


def inverse(n: int, a: float) -> float:
    value = 1.0
    for k in range(1, n + 1):
        value = 1 + k / a * value
    return value


def test_hopeless_loads_of_one_array_are_each_summed_to_the_end():
    n, a = np.array([3.0, 5000.0, 40.0, 0.0]), np.array([900.0, 10_000.0, 41.0, 2000.0])
    expected = [1 / inverse(int(k), x) for k, x in zip(n, a, strict=True)]
    np.testing.assert_allclose(erlang_b.blocking(n, a), expected, rtol=1e-13)
    assert gammaincc(n + 1, a)[[0, 1, 3]].max() < 1e-290  # the closed form is lost there


def test_the_step_before_the_last_agent_obeys_the_recursion_for_fractions_too():
    n = np.array([1e-3, 0.25, 0.999, 1.0, 1.5, 2.0, 7.3, 60.0])
    for load in (0.01, 1.0, 9.0, 80.0):
        a = np.full_like(n, load)
        expected = (erlang_b.inverse_blocking(n, a) - 1) * a / n
        np.testing.assert_allclose(erlang_b.before_last(n, a), expected, rtol=1e-9)


def test_the_step_before_the_last_agent_does_not_cancel_under_heavy_load():
    n, a = np.array([1.0, 1.5, 2.0]), np.full(3, 1e6)
    np.testing.assert_allclose(erlang_b.before_last(n, a), [1.0, 1 + 0.5e-6, 1 + 1e-6], rtol=1e-12)
    assert erlang_b.before_last(n, a)[0] == 1.0


def test_half_an_agent_of_erlang_c_is_occupied_by_its_load():
    assert erlang_c.occupancy(2, 0.5) == 0.25
    assert erlang_c.occupancy(0.5, 0.1) == pytest.approx(0.2)
    assert erlang_c.queue_length(0, 0.0) == 0.0
    assert erlang_c.queue_length(2, 0.5) == pytest.approx(1 / 30, rel=1e-12)
    blocked = erlang_b.blocking(0.5, 0.1)
    assert erlang_c.wait_probability(0.5, 0.1) == pytest.approx(1 / (0.2 + 0.8 / blocked), rel=1e-12)


@pytest.mark.parametrize("doubt", [0.05, 0.5, 1.0, 1.3])
@pytest.mark.parametrize("counted", ["lost", "ignored", "met"])
def test_uncertain_service_is_the_mean_over_contacts_of_a_fine_grid(doubt, counted):
    queue = {"aht": 300.0, "patience": 180.0, "within": 60.0, "abandoned": counted}
    load = stats.gamma((doubt**-2) + 1, scale=20.0 * doubt**2).ppf((np.arange(100_000) + 0.5) / 100_000)
    expected = erlang_a.service_level(22, load, **queue).mean()
    assert uncertain.service_level(22, 20.0, doubt=doubt, **queue) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("doubt", [0.05, 0.4])
def test_uncertain_hang_ups_are_the_mean_over_contacts_too(doubt):
    queue = {"aht": 300.0, "patience": 180.0}
    load = stats.gamma((doubt**-2) + 1, scale=20.0 * doubt**2).ppf((np.arange(50_000) + 0.5) / 50_000)
    expected = erlang_a.abandon_rate(22, load, **queue).mean()
    assert uncertain.abandon_rate(22, 20.0, doubt=doubt, **queue) == pytest.approx(expected, abs=1e-5)


def test_agents_for_an_uncertain_load_are_the_fewest_and_many_rows_do_not_touch_each_other():
    load, doubt = np.linspace(0, 60, 900), np.tile([0.0, 0.1, 0.3], 300)
    queue = {"aht": 300.0, "patience": 180.0, "within": 30.0}
    level = uncertain.service_level(40, load, doubt=doubt, **queue)
    some = [0, 1, 399, 400, 401, 655, 899]
    alone = [uncertain.service_level(40, load[k], doubt=doubt[k], **queue) for k in some]
    np.testing.assert_allclose(level[some], alone, rtol=1e-13)
    for k in (1, 300, 599, 899):
        agents = uncertain.agents_for(load[k], doubt=doubt[k], **queue, share=0.8)
        assert uncertain.service_level(agents, load[k], doubt=doubt[k], **queue) >= 0.8
        assert uncertain.service_level(agents - 1, load[k], doubt=doubt[k], **queue) < 0.8
    caps = {"max_abandon": 0.02, "aht": 300.0, "patience": 180.0}
    agents = uncertain.agents_for(30.0, doubt=0.2, **caps)
    lost = uncertain.abandon_rate([agents - 1, agents], 30.0, doubt=0.2, aht=300.0, patience=180.0)
    assert lost[0] > 0.02 >= lost[1]


@pytest.mark.parametrize("counted", ["lost", "ignored", "met", "answered"])
def test_agents_for_an_uncertain_load_follow_the_way_of_counting(counted):
    queue = {"aht": 300.0, "patience": 60.0, "within": 45.0, "abandoned": counted}
    agents = uncertain.agents_for(30.0, doubt=0.2, **queue, share=0.9)
    level = uncertain.service_level([agents - 1, agents], 30.0, doubt=0.2, **queue)
    assert level[0] < 0.9 <= level[1]


def test_logs_of_poisson_probabilities_reach_where_the_probabilities_vanish():
    s, x = np.array([0.0, 0.0, 5.0, 10.0, 300.0, 40.0]), np.array([3.0, 900.0, 4.0, 5000.0, 20_000.0, 1e-4])
    exact = [
        float(int(k) * Decimal(float(b)).ln() - Decimal(float(b)) - log_factorial(int(k)))
        for k, b in zip(s, x, strict=True)
    ]
    np.testing.assert_allclose(poisson.log_pois(s, x), exact, rtol=1e-14)
