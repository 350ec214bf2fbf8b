import numpy as np
import pytest

from wfm.erlang.transient.offered_load import modified_load


def test_a_constant_rate_offers_its_own_load():
    mean, highest = modified_load(np.full(5, 0.1), np.full(5, 300.0), 1800.0)
    np.testing.assert_allclose(mean, 30.0)
    np.testing.assert_allclose(highest, 30.0)


def test_the_load_lags_behind_the_rate():
    mean, highest = modified_load(np.array([0.1, 0.2, 0.1]), np.full(3, 300.0), 1800.0)
    exact = 60 - 30 * (1 - np.exp(-6)) / 6
    assert mean[1] == pytest.approx(exact, rel=1e-3)
    assert mean[2] > 30
    assert highest[2] == pytest.approx(60, abs=0.1)


def test_a_run_begins_at_rest():
    mean, _ = modified_load(np.array([0.1, 0.4]), np.full(2, 300.0), 1800.0, np.array([True, True]))
    np.testing.assert_allclose(mean, [30.0, 120.0])
