"""The state of a chain in time, and what states are worth, against the matrix exponential."""

import numpy as np
import pytest
from scipy.linalg import expm

from wfm.erlang.transient.evolution import (
    Piece,
    _distance,
    _stationary,
    along,
    back_from,
    back_mean,
    cut,
    evolve,
    moving,
    poisson_weights,
    states_at,
    transposed,
)

STATES = 30


def chain(seed: int, rows: int | None = None):
    """Rates up, minus all rates out, rates down, of queues with random rates."""
    rng = np.random.default_rng(seed)
    shape = (STATES - 1,) if rows is None else (rows, STATES - 1)
    up, down = rng.uniform(0.02, 0.3, shape), rng.uniform(0.02, 0.3, shape)
    none = np.zeros((*shape[:-1], 1))
    return up, -np.concatenate([up, none], axis=-1) - np.concatenate([none, down], axis=-1), down


def matrix(up, diagonal, down):
    return np.diag(diagonal) + np.diag(up, -1) + np.diag(down, 1)


def exact(one, time, p):
    """State at the end and the mean until then."""
    generator = matrix(*one)
    node, weight = np.polynomial.legendre.leggauss(60)
    pieces = [expm(generator * time * u) @ p for u in (node + 1) / 2]
    return expm(generator * time) @ p, weight / 2 @ pieces


FAR = np.eye(STATES)[STATES - 1]
EVEN = np.full(STATES, 1 / STATES)


@pytest.mark.parametrize("start", [FAR, EVEN, FAR[::-1]], ids=["top", "even", "empty"])
@pytest.mark.parametrize("time", [0.5, 40.0, 900.0, 20_000.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_state_after_a_time_and_its_mean(seed, time, start):
    one = chain(seed)
    end, mean, pieces = evolve(one, time, start)
    expected = exact(one, time, start)
    np.testing.assert_allclose(end, expected[0], atol=2e-10)
    if time < 5000:
        np.testing.assert_allclose(mean, expected[1], atol=2e-10)
    assert sum(piece.time for piece in pieces) == pytest.approx(time)
    again = along(tuple(x[None] for x in one), pieces, start[None])
    np.testing.assert_allclose(again[0][0], end, atol=1e-12)
    np.testing.assert_allclose(again[1][0], mean, atol=1e-12)


def test_no_time_changes_nothing():
    end, mean, pieces = evolve(chain(0), 0.0, EVEN)
    assert pieces == ()
    np.testing.assert_array_equal(end, EVEN)
    np.testing.assert_array_equal(mean, EVEN)
    np.testing.assert_array_equal(along(chain(0, 1), (), EVEN[None])[1], EVEN[None])


@pytest.mark.parametrize("pieces", [(Piece(60.0, False),), (Piece(10.0, True), Piece(40.0, False), Piece(7.0, True))])
def test_what_states_are_worth_is_the_adjoint_of_the_mean(pieces):
    many = chain(3, 4)
    rng = np.random.default_rng(1)
    p, values = rng.dirichlet(np.ones(STATES), 4), rng.random((4, STATES))
    earned = (along(many, pieces, p)[1] * values).sum(axis=1)
    np.testing.assert_allclose((back_mean(many, pieces, values) * p).sum(axis=1), earned, rtol=1e-10)


def endless_line(load: float, states: int, aht: float = 270.0):
    """A chain in which everybody is served at once: from Poisson to Poisson."""
    down = np.arange(1, states) / aht
    up = np.full(states - 1, load / aht)
    return up, -np.append(up, 0.0) - np.append(0.0, down), down


@pytest.mark.parametrize(("load", "before"), [(30, 0), (300, 0), (300, 600), (3000, 0), (3000, 1500), (3000, 4000)])
def test_a_mass_far_from_rest_follows_the_poisson_law_by_strides(load, before):
    from scipy.stats import poisson

    states = max(load, before) + int(9 * np.sqrt(max(load, before))) + 40
    one, x = endless_line(load, states), np.arange(states)
    end, mean, pieces = evolve(one, 900.0, poisson.pmf(x, before))
    left = np.exp(-900 / 270)
    assert np.abs(end - poisson.pmf(x, before * left + load * (1 - left))).sum() < 5e-11
    assert mean @ x == pytest.approx(load + (before - load) * 270 / 900 * (1 - left), rel=1e-10)
    assert sum(piece.time for piece in pieces) == pytest.approx(900)
    most = max([piece.high - piece.low for piece in pieces if piece.high is not None], default=0)
    assert most < 70 + 26 * np.sqrt(max(load, before))  # a multiple of the root of the load
    assert len(pieces) < 20 + 5 * np.sqrt(max(load, before))


def test_two_crowds_far_from_each_other_are_both_followed():
    one, p = endless_line(40, 260), np.zeros(260)
    p[5], p[200] = 0.25, 0.75
    for time in (2.0, 60.0, 400.0):
        end, mean, pieces = evolve(one, time, p)
        expected = exact(one, time, p)
        np.testing.assert_allclose(end, expected[0], atol=1e-11)
        np.testing.assert_allclose(mean, expected[1], atol=1e-11)
        again = along(tuple(x[None] for x in one), pieces, p[None])
        np.testing.assert_allclose(again[0][0], end, atol=1e-12)


def test_what_the_strides_give_is_what_their_adjoint_is_worth():
    one, p = endless_line(300, 560), np.eye(1, 560)[0]
    rows = tuple(x[None] for x in one)
    values = np.random.default_rng(4).random((1, 560))
    end, mean, pieces = evolve(one, 900.0, p)
    assert {piece.uniform for piece in pieces} == {True, False}
    assert {piece.high is None for piece in pieces} == {True, False}
    assert back_mean(rows, pieces, values)[0] @ p == pytest.approx(mean @ values[0], rel=1e-10)
    back = along(transposed(rows), pieces[::-1], values)[0]
    assert back[0] @ p == pytest.approx(end @ values[0], rel=1e-10)


def test_a_closed_and_empty_line_takes_one_step():
    down = np.arange(1, 30) / 180
    one = np.zeros(29), -np.append(0.0, down), down
    end, mean, pieces = evolve(one, 1800.0, np.eye(1, 30)[0])
    assert pieces == (Piece(1800.0, False),)
    np.testing.assert_allclose(end, np.eye(1, 30)[0], atol=1e-12)
    np.testing.assert_allclose(mean, end, atol=1e-12)
    end = evolve(one, 1800.0, np.eye(30)[20])[0]  # everybody hangs up by himself
    np.testing.assert_allclose(end, exact(one, 1800.0, np.eye(30)[20])[0], atol=1e-12)


def test_states_at_many_times_and_their_adjoint():
    many, times = chain(5, 3), np.array([0.0, 3.0, 50.0, 400.0])
    rng = np.random.default_rng(2)
    p, values = rng.dirichlet(np.ones(STATES), 3), rng.random((4, 3, STATES))
    found = states_at(many, times, p)
    for r in range(3):
        one = tuple(x[r] for x in many)
        for k, time in enumerate(times):
            np.testing.assert_allclose(found[k, r], expm(matrix(*one) * time) @ p[r], atol=1e-12)
    worth = back_from(many, times, values)
    np.testing.assert_allclose((worth * p).sum(axis=1), (found * values).sum(axis=(0, 2)), rtol=1e-11)


def test_how_fast_states_change_is_the_chain_applied_to_them():
    many = chain(6, 2)
    p = np.random.default_rng(3).random((2, STATES))
    for r in range(2):
        one = tuple(x[r] for x in many)
        np.testing.assert_allclose(moving(many, p)[r], matrix(*one) @ p[r], atol=1e-14)
        back = tuple(x[r] for x in transposed(many))
        np.testing.assert_allclose(matrix(*back), matrix(*one).T, atol=0)


def test_pieces_are_cut_at_a_time():
    pieces = (Piece(10.0, True), Piece(40.0, False), Piece(7.0, True))
    assert cut(pieces, 0.0) == ()
    assert cut(pieces, 10.0) == (Piece(10.0, True),)
    assert cut(pieces, 25.0) == (Piece(10.0, True), Piece(15.0, False))
    assert cut(pieces, 57.0) == pieces
    assert cut(pieces, 57.0, 57.0) == ()
    assert cut(pieces, 25.0, 10.0) == (Piece(15.0, False),)
    assert cut((Piece(10.0, True, 3, 9), *pieces), 15.0, 4.0) == (Piece(6.0, True, 3, 9), Piece(5.0, True))


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.3, 17.0, 380.0])
def test_weights_of_events_are_poissons_law(mean):
    from scipy.stats import poisson

    weights = poisson_weights(np.array([mean]))[:, 0]
    np.testing.assert_allclose(weights, poisson.pmf(np.arange(len(weights)), mean), rtol=1e-10, atol=1e-300)
    assert weights.sum() == pytest.approx(1.0, abs=1e-15)
    assert poisson.sf(len(weights) - 1, mean) < 1e-13


def test_an_empty_line_is_not_followed_at_the_speed_of_crowds_it_never_sees():
    """Nine agents at ten erlangs, a patience of half a second: a hundred waiting would leave at 200 a second."""
    x = np.arange(110)
    up, down = np.full(109, 1 / 30), (np.minimum(x, 9) / 300 + 2.0 * np.maximum(x - 9, 0))[1:]
    one = up, -np.append(up, 0.0) - np.append(0.0, down), down
    end, mean, pieces = evolve(one, 1800.0, np.eye(1, 110)[0])
    expected = exact(one, 1800.0, np.eye(1, 110)[0])
    np.testing.assert_allclose(end, expected[0], atol=1e-11)
    np.testing.assert_allclose(mean, expected[1], atol=1e-11)
    events = [-one[1][piece.low : piece.high].min() * piece.time for piece in pieces if piece.uniform]
    assert 0 < sum(events) < 10_000


def test_lines_of_different_speed_are_followed_side_by_side():
    slow, quick = chain(3), tuple(40 * x for x in chain(4))
    rows = tuple(np.stack(both) for both in zip(slow, quick, strict=True))
    start = np.stack([FAR, EVEN])
    for uniform in (True, False):
        end, mean = along(rows, (Piece(9.0, uniform),), start)
        for k, one in enumerate((slow, quick)):
            expected = exact(one, 9.0, start[k])
            np.testing.assert_allclose(end[k], expected[0], atol=1e-11)
            np.testing.assert_allclose(mean[k], expected[1], atol=1e-10)


def test_a_line_at_rest_takes_one_step_and_is_no_distance_from_itself():
    from scipy.stats import poisson

    one = endless_line(30, 110)
    law = _stationary(one)
    np.testing.assert_allclose(np.exp(law), poisson.pmf(np.arange(110), 30), atol=1e-13)
    assert _distance(law, np.exp(law)) == pytest.approx(0.0, abs=1e-9)
    assert _distance(law, np.eye(1, 110)[0]) == pytest.approx(15.0, rel=1e-9)
    end, mean, pieces = evolve(one, 900.0, np.exp(law))
    assert pieces == (Piece(900.0, False),)
    np.testing.assert_allclose([end, mean], np.exp([law, law]), atol=1e-11)
