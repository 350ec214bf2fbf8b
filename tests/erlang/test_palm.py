"""The Palm queue against sums over its states in which no term is negative: full relative precision everywhere."""

from math import gamma

import numpy as np
import pytest

from wfm.erlang import erlang_a
from wfm.erlang.formulas.erlang_b import before_last
from wfm.erlang.formulas.palm import chunks, palm

CASES = [
    (1, 0.5, 1.0),
    (1, 3.0, 0.05),
    (5, 4.0, 1e3),
    (14, 10.0, 5 / 3),
    (14, 10.0, 0.01),
    (20, 0.01, 1.0),
    (50, 48.0, 2.0),
    (50, 48.0, 1e5),
    (50, 30.0, 300.0),
    (100, 40.0, 1.0),
    (100, 60.0, 40.0),
    (116, 135.0, 2 / 3),
    (10, 30.0, 3.0),
    (300, 100.0, 10.0),
    (1000, 1100.0, 0.5),
    (2000, 1990.0, 0.2),
    (400, 330.0, 30.0),
    (50, 45.0, 1e3),
    (50, 49.5, 1e5),
]


def by_states(n: int, a: float, r: float) -> dict[str, float]:
    """Measures per offered contact; times in handle times."""
    idle = 1.0
    for k in range(1, n):
        idle = 1 + k / a * idle  # 1 / B(n - 1)
    c, eta = n * r, a * r
    weight, path, j = 1.0, 1 / (c + 1), 0
    found = np.zeros(4)
    while weight > 1e-18 * found[0] or j * r < eta - c:
        found += weight * np.array([1.0, j, c / (c + j + 1), c / (c + j + 1) * path])
        j += 1
        weight *= eta / (c + j)
        path += 1 / (c + j + 1)
        if weight > 1e250:
            found, weight, idle = found / 1e250, weight / 1e250, idle / 1e250
    norm = idle * (n / a) + found[0]  # shares of the states from n on, in units of the first
    waits, queue, served, wait = found / norm
    return {"waits": waits, "lost": queue / eta, "served_after_a_wait": served, "wait_of_served": r * wait}


@pytest.mark.parametrize(("n", "a", "r"), CASES)
def test_every_measure_keeps_its_relative_precision(n, a, r):
    one = np.ones(1)
    queue, exact = palm(n * one, a * one, r * one), by_states(n, a, r)
    assert queue.longer(0 * one)[0] == pytest.approx(exact["waits"], rel=5e-12, abs=0)
    assert queue.abandon()[0] == pytest.approx(exact["lost"], rel=1e-13, abs=0)
    assert queue.served_later(0 * one)[0] == pytest.approx(exact["served_after_a_wait"], rel=5e-12, abs=0)
    assert queue.wait_of_served()[0] == pytest.approx(exact["wait_of_served"], rel=1e-11, abs=0)


def test_queues_of_one_array_do_not_touch_each_other():
    n, a, r = (np.array(column, dtype=float) for column in zip(*CASES, strict=True))
    t, some = np.full(len(n), 0.3), palm(n, a, r)
    for k in range(len(n)):
        alone = palm(n[k : k + 1], a[k : k + 1], r[k : k + 1])
        assert some.longer(t)[k] == alone.longer(t[:1])[0]
        assert some.abandon()[k] == alone.abandon()[0]
        assert some.served_later(t)[k] == alone.served_later(t[:1])[0]
        assert some.wait_of_served()[k] == pytest.approx(alone.wait_of_served()[0], rel=1e-14)


@pytest.mark.parametrize(("n", "a", "r"), CASES)
def test_those_served_after_a_time_are_those_still_patient_then(n, a, r):
    """P(served, V > t) falls by the density of V times the share still patient; P(V > t) by the density itself."""
    one, step = np.ones(1), 1e-4 / n
    queue = palm(n * one, a * one, r * one)
    for t in (0.2 / n, 1.0 / n, 5.0 / n):
        around = np.array([t - step, t + step])
        both = palm(n * np.ones(2), a * np.ones(2), r * np.ones(2))
        density = -np.diff(both.longer(around))[0]
        served = -np.diff(both.served_later(around))[0]
        if density > 1e-9:
            assert served == pytest.approx(density * np.exp(-t / r), rel=1e-4)
    assert queue.longer(one * 1e9)[0] == pytest.approx(0.0, abs=1e-15)


def test_hang_ups_within_a_moment_may_differ_by_queue():
    n, a, r, t = np.array([20.0, 20.0]), np.array([20.0, 20.0]), np.array([0.5, 0.5]), np.array([0.25, 0.25])
    queue = palm(n, a, r)
    lost = queue.abandon()
    for word in ("lost", "ignored", "met", "answered"):
        without, within_five = queue.service_level(t, np.array([0.0, 0.02]), word, lost)
        assert without == pytest.approx(queue.service_level(t, np.zeros(2), word, lost)[0], rel=1e-14)
        assert within_five == pytest.approx(queue.service_level(t, np.full(2, 0.02), word, lost)[1], rel=1e-14)


def test_shares_stay_shares_where_numbers_are_extreme():
    n, a, r = (x.ravel() for x in np.meshgrid([1e-6, 0.3, 1, 50, 1e5], [1e-6, 1, 60, 2e5], [1e-5, 1, 1e6]))
    queue = palm(n, a, r)
    lost = queue.abandon()
    for share in (lost, *(f(t * np.ones_like(n)) for f in (queue.longer, queue.served_later) for t in (0, 0.1, 50))):
        assert ((share >= 0) & (share <= 1)).all()
    assert (queue.wait_of_served() >= 0).all()


def test_a_million_intervals_are_cut_into_pieces_that_cover_them_once():
    assert chunks(0) == []
    assert chunks(5, 2) == [slice(0, 2), slice(2, 4), slice(4, 6)]
    assert chunks(4, 2) == [slice(0, 2), slice(2, 4)]
    assert [len(np.arange(1_000_000)[piece]) for piece in chunks(1_000_000)] == [200_000] * 5


def test_the_ratio_before_the_last_agent_is_the_one_used():
    n, a = np.array([7.0]), np.array([6.0])
    assert palm(n, a, np.ones(1)).idle == before_last(n, a)


@pytest.mark.parametrize(("n", "a", "r"), [(14, 10.0, 5 / 3), (50, 48.0, 2.0), (116, 135.0, 2 / 3), (10, 30.0, 3.0)])
def test_hang_ups_within_a_time_are_those_whose_patience_ends_before_their_turn(n, a, r):
    one = np.ones(1)
    queue = palm(n * one, a * one, r * one)
    lost = queue.abandon()
    for t in (0.05, 0.4, 3.0):
        node, weight = np.polynomial.legendre.leggauss(60)
        u = (node + 1) / 2 * t
        many = palm(n * np.ones(60), a * np.ones(60), r * np.ones(60))
        expected = (weight * np.exp(-u / r) / r * many.longer(u)).sum() * t / 2
        assert queue.gone_in(t * one, lost)[0] == pytest.approx(expected, abs=1e-12)
        assert queue.over_in(t * one) == pytest.approx(queue.served_in(t * one, lost) + expected, abs=1e-12)
    assert queue.gone_in(500 * r * one, lost) == pytest.approx(lost, abs=1e-12)


def test_each_definition_is_made_of_what_was_served_and_who_hung_up_when():
    n, a, r, t, short = np.array([20.0, 14, 9]), np.array([20.0, 10, 30]), np.array([0.5, 5 / 3, 2]), 0.25, 0.04
    queue, times, early = palm(n, a, r), np.full(3, t), np.full(3, short)
    lost = queue.abandon()
    s, gone, soon = queue.served_in(times, lost), queue.gone_in(times, lost), queue.gone_in(early, lost)
    assert (soon > 0.001).all()
    expected = {
        "lost": s / (1 - soon),
        "ignored": s / (1 - gone),
        "met": (s + gone - soon) / (1 - soon),
        "answered": s / (1 - lost),
        "credited": s + soon,
        "virtual": 1 - queue.longer(times),
    }
    for word, level in expected.items():
        np.testing.assert_allclose(queue.service_level(times, early, word, lost), level, rtol=1e-13, err_msg=word)
        if word in ("answered", "virtual", "ignored"):
            np.testing.assert_array_equal(queue.service_level(times, 0 * early, word, lost), level)


@pytest.mark.parametrize(
    ("n", "a", "r", "known"), [(50, 49.5, 1e5, 0.8940305077032025), (200, 198.0, 3e5, 0.7565315685978496)]
)
def test_near_endless_patience_loses_no_digit_of_the_waits(n, a, r, known):
    """P(V > 0.05 handle times), the quotient of two integrals of the density by quadrature to 60 digits."""
    queue = palm(np.array([float(n)]), np.array([a]), np.array([r]))
    assert queue.longer(np.array([0.05]))[0] == pytest.approx(known, rel=1e-14)
    assert queue.over_in(np.array([0.05]))[0] == pytest.approx(1 - known * np.exp(-0.05 / r), rel=1e-13)


@pytest.mark.parametrize("n", [0.01, 0.3, 0.5, 0.9, 1.0, 1.5])
@pytest.mark.parametrize("a", [1e-313, 1e-300, 1e-100, 1e-20, 1e-12])
def test_a_lonely_contact_hangs_up_as_it_would_before_one_slow_agent(n, a):
    """Where hardly anybody comes, P(ab) is a^n / Gamma(n) / (n (n r + 1)), but for terms of the order of the load."""
    with np.errstate(all="raise", under="ignore"):
        for r in (0.01, 1.0, 100.0):
            lost = palm(np.full(1, n), np.full(1, a), np.full(1, r)).abandon()[0]
            told = float(a**n / gamma(n) / (n * (n * r + 1)))
            few = 3 * a ** min(n, 1 - n or 1) + 1e3 * 5e-324 / a  # a load below 1e-308 has few digits itself
            assert lost == pytest.approx(told, rel=few + 1e-12, abs=1e-300)


def test_half_an_agent_whom_nobody_calls_answers_at_once_all_the_same():
    for patience in (1.0, 20.0, 1e6):
        found = [erlang_a.asa(0.5, load, aht=60, patience=patience) for load in (1e-313, 1e-300, 1e-20)]
        assert np.isfinite(found).all()
        assert erlang_a.abandon_rate(0.5, 1e-300, aht=60, patience=patience) < 1e-140
