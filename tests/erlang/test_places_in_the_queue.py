"""Chances of service by place in the queue: the closed form, carried back in time, against the matrix exponential."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from wfm.erlang.transient.day import open_day
from wfm.erlang.transient.waiting import _reach, _shifted, carried_back, chances, within_time

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


@pytest.mark.parametrize("theta", [0.0, 1 / 2000, 1 / 180, 1 / 5])
@pytest.mark.parametrize("full", [0.0, 0.002, 0.7, 30.0])
def test_in_a_long_queue_of_equals_only_the_time_counts(full, theta):
    time, places = np.array([0.0, 1e-6, 2.0, 40.0, 900.0, 86_400.0]), 1600
    rates = np.full(6, full)
    served = within_time(places, rates, theta, time, own=False)
    found = carried_back(np.ones((6, places)), rates, theta, time, own=False)
    np.testing.assert_allclose(found, 1.0, atol=3e-12)
    half = carried_back(np.full((6, places), 0.5), rates, theta, time, own=True)
    stay = np.exp(-theta * time)[:, None]
    expected = within_time(places, rates, theta, time, own=True) + 0.5 * stay * (1 - served)
    np.testing.assert_allclose(half, expected, atol=3e-12)


@pytest.mark.parametrize("theta", [1 / 2000, 1 / 180, 1 / 20])
def test_those_far_back_move_forward_by_the_mean(theta):
    ahead, time, full = np.arange(1500.0), np.array([30.0]), np.array([2.0])
    found = carried_back(ahead[None], full, theta, time, own=False)[0]
    c, stay = 2.0 / theta, np.exp(-theta * 30)
    sure = (c + ahead) * stay - c > 9 * np.sqrt((c + ahead) * (1 - stay) * stay) + 20  # still in the queue
    assert sure.any()
    np.testing.assert_allclose(found[sure], ((c + ahead) * stay - c)[sure], rtol=1e-9)


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


@pytest.mark.parametrize("patience", [np.inf, 3600.0, 300.0, 60.0, 20.0])
@pytest.mark.parametrize("time", [1.0, 20.0, 80.0])
def test_beyond_the_places_that_are_reckoned_with_nobody_is_served_in_time(patience, time):
    day = replace(open_day([10.0], interval=900, aht=300, patience=patience), states=10**6)
    for full in (0.0, 0.01, 0.3, 3.0):
        far = _reach(day, full, 0, time)
        assert within_time(far + 1, np.array([full]), day.theta, np.array([time]), own=False)[0, -1] < 1e-13
        assert far < 40 + 5 * (full + 0.6) * time * np.exp(time / patience)


def test_the_chance_of_far_places_is_kept_over_a_change_of_staff():
    day = replace(open_day([10.0, 10.0], interval=60, aht=300, patience=20), states=900)
    i, time = np.array([0]), 60.0
    for staff in ([1, 12], [3, 3], [2, 30]):
        agents = np.array([staff])
        queue = {"time": time, "left": np.array([40.0]), "crossed": 1, "own": False, "places": 900}
        found = chances(day, i, agents, **queue)[0]
        served = within_time(900, np.array([staff[1] / 300]), 1 / 20, np.array([20.0]), own=False)
        full = carried_back(
            _shifted(served, np.array([staff[1] - staff[0]])),
            np.array([staff[0] / 300]),
            1 / 20,
            np.array([40.0]),
            own=False,
        )[0]
        np.testing.assert_allclose(found, full[: len(found)], atol=1e-13)
        assert full[len(found) :].max(initial=0.0) < 1e-12
