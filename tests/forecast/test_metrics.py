from __future__ import annotations

import math

import numpy as np
import pytest

from wfm.forecast.judged import metrics

ACTUAL, FORECAST = np.array([3.0, 0.0, 7.0, 10.0]), np.array([4.0, 1.0, 5.0, 10.0])


def test_every_measure_equals_its_loop():
    errors = [f - y for f, y in zip(FORECAST, ACTUAL, strict=True)]
    assert metrics.wape(ACTUAL, FORECAST) == pytest.approx(sum(map(abs, errors)) / sum(ACTUAL))
    assert metrics.bias(ACTUAL, FORECAST) == pytest.approx(sum(errors) / sum(ACTUAL))
    assert metrics.mase(ACTUAL, FORECAST, 2.0) == pytest.approx(sum(map(abs, errors)) / 4 / 2.0)
    loss = sum(2 * max(0.9 * (y - f), -0.1 * (y - f)) for y, f in zip(ACTUAL, FORECAST, strict=True)) / 4
    assert metrics.pinball(ACTUAL, {0.9: FORECAST}) == pytest.approx(loss / (sum(ACTUAL) / 4))
    assert metrics.coverage(ACTUAL, FORECAST - 1, FORECAST + 1) == 0.75


@pytest.mark.parametrize("rate", [0.3, 1.0, 4.5, 40.0])
def test_the_noise_floor_is_the_mean_deviation_of_the_poisson_law(rate):
    deviation = sum(abs(k - rate) * math.exp(-rate + k * math.log(rate) - math.lgamma(k + 1)) for k in range(200))
    assert metrics.noise_floor(np.array([rate])) == pytest.approx(deviation / rate)


def test_nothing_came_is_no_number():
    assert math.isnan(metrics.wape(np.zeros(2), np.ones(2)))
    assert math.isnan(metrics.noise_floor(np.zeros(2)))


def test_the_scale_is_the_error_of_last_week_again():
    day = np.arange(14)
    assert metrics.weekly_scale(day.astype(float), day, np.zeros(14, dtype=int)) == 7.0
    assert math.isnan(metrics.weekly_scale(day[:5].astype(float), day[:5], np.zeros(5, dtype=int)))
