"""The state of a chain in time, and what states are worth, against the matrix exponential."""

import numpy as np
import pytest
from scipy.linalg import expm

from wfm.erlang.transient.evolution import (
    Piece,
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


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.3, 17.0, 380.0])
def test_weights_of_events_are_poissons_law(mean):
    from scipy.stats import poisson

    weights = poisson_weights(np.array([mean]))[:, 0]
    np.testing.assert_allclose(weights, poisson.pmf(np.arange(len(weights)), mean), rtol=1e-10, atol=1e-300)
    assert weights.sum() == pytest.approx(1.0, abs=1e-15)
    assert poisson.sf(len(weights) - 1, mean) < 1e-13
