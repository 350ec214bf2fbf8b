"""Chances of service by place in the queue: the closed form, carried back in time, against the matrix exponential."""

import numpy as np
import pytest
from scipy.linalg import expm

from wfm.erlang.transient.waiting import _shifted, carried_back, within_time

QUEUES = [(0.0, True), (0.0, False), (1 / 180, True), (1 / 180, False), (1 / 15, True), (1 / 15, False)]
FULL = np.array([0.0, 0.01, 0.1, 0.5])


def by_matrix(worth: np.ndarray, full: float, theta: float, time: float, own: bool) -> np.ndarray:
    """Chances so long before: served is worth 1, given up 0."""
    places = len(worth)
    generator = np.zeros((places + 1, places + 1))  # state 0 is service
    for j in range(places):
        forward = full + j * theta
        generator[j + 1, j] = forward
        generator[j + 1, j + 1] = -forward - (theta if own else 0.0)
    return (expm(generator * time) @ np.concatenate([[1.0], worth]))[1:]


@pytest.mark.parametrize(("theta", "own"), QUEUES)
@pytest.mark.parametrize("places", [1, 3, 30])
def test_chances_are_carried_back_as_the_matrix_exponential_says(theta, own, places):
    rng = np.random.default_rng(places)
    worth, time = np.sort(rng.random((4, places)))[:, ::-1], np.array([900.0, 5.0, 60.0, 300.0])
    expected = [by_matrix(worth[r], FULL[r], theta, time[r], own) for r in range(4)]
    np.testing.assert_allclose(carried_back(worth, FULL, theta, time, own=own), expected, atol=1e-11)
    for r in range(4):  # each by itself, so that both ways are gone
        one = slice(r, r + 1)
        found = carried_back(worth[one], FULL[one], theta, time[one], own=own)
        np.testing.assert_allclose(found[0], expected[r], atol=1e-11)


@pytest.mark.parametrize(("theta", "own"), QUEUES)
def test_the_closed_form_carried_back_is_the_closed_form_of_the_longer_time(theta, own):
    for before, after in ((10.0, 50.0), (400.0, 20.0), (0.0, 60.0), (60.0, 0.0)):
        start = within_time(40, FULL, theta, np.full(4, before), own=own)
        found = carried_back(start, FULL, theta, np.full(4, after), own=own)
        expected = within_time(40, FULL, theta, np.full(4, before + after), own=own)
        np.testing.assert_allclose(found, expected, atol=1e-11)


@pytest.mark.parametrize(("theta", "own"), QUEUES)
def test_the_closed_form_is_the_matrix_exponential(theta, own):
    time = np.array([900.0, 5.0, 60.0, 300.0])
    found = within_time(12, FULL, theta, time, own=own)
    expected = [by_matrix(np.zeros(12), FULL[r], theta, time[r], own) for r in range(4)]
    # without agents nobody is served, also where those ahead hang up
    np.testing.assert_allclose(found[1:], expected[1:], atol=1e-11)
    assert found[0].tolist() == [0.0] * 12


def test_places_that_become_free_serve_the_first_in_line_at_once():
    worth = np.array([[0.9, 0.5, 0.2], [0.9, 0.5, 0.2], [0.9, 0.5, 0.2], [0.9, 0.5, 0.2]])
    found = _shifted(worth, np.array([0, 1, -2, 5]))
    assert found.tolist() == [[0.9, 0.5, 0.2], [1.0, 0.9, 0.5], [0.9, 0.5, 0.2], [1.0, 1.0, 1.0]]
