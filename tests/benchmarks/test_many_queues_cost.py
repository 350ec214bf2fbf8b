"""Many queues: what one costs, what a pool of two saves, and that memory grows with the tables and not with the models."""

import gc
import os
import time
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from wfm.forecast import Forecaster, forecast_many

pytestmark = pytest.mark.slow

SHAPE = np.concatenate([np.zeros(16), np.sin(np.linspace(0.2, 2.9, 28)), np.zeros(4)])


def history(queues: int, days: int, slots: int = 48, seed: int = 0) -> pd.DataFrame:
    """Half hours (or fewer slots) from 8 to 22 with weekdays and a slow level of each queue's own."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2024-01-01", periods=days)
    shape = SHAPE.reshape(slots, -1).sum(axis=1)
    second = np.arange(slots) * 86400 // slots
    open_ = shape > 0
    starts = (dates.to_numpy()[:, None] + second[open_].astype("timedelta64[s]")).ravel()
    tables = []
    for number in range(queues):
        slow = np.cumsum(rng.normal(0, 0.01, days))
        level = rng.uniform(200, 3000) * np.exp(0.25 * (dates.day_of_week < 5) + slow + rng.normal(0, 0.04, days))
        rate = np.outer(level, shape[open_] / shape.sum()).ravel()
        tables.append(pd.DataFrame({"queue": f"q{number:04d}", "start": starts, "offered": rng.poisson(rate) * 1.0}))
    return pd.concat(tables, ignore_index=True)


def test_two_years_of_half_hours_are_fitted_and_forecast_in_two_seconds_of_cpu(cpu, note):
    one = history(1, 730)
    spent = cpu(lambda: Forecaster().fit(one).predict(days=28), times=2)
    note("one queue, two years of half hours, fit and 28 days", f"{spent:.2f} s", "", "(< 2 s)")
    assert spent < 2.0


def test_a_pool_of_two_gives_the_same_and_takes_less_time(note):
    many = history(24, 180, slots=12)
    found, walls = [], []
    for workers in (1, 2):
        forecast_many(many, days=28, workers=workers)  # starts the processes, which import what they need
        gc.collect()
        began = time.perf_counter()
        found.append(forecast_many(many, days=28, workers=workers)[0])
        walls.append(time.perf_counter() - began)
    note(
        "24 queues, half a year",
        f"2 workers {walls[1]:.1f} s",
        f"1 worker {walls[0]:.1f} s",
        f"{walls[0] / walls[1]:.2f}x",
    )
    pd.testing.assert_frame_equal(found[0], found[1], check_exact=True)
    if (os.cpu_count() or 1) >= 2 and os.getloadavg()[0] < 2.5:
        assert walls[1] < 0.8 * walls[0]


def test_memory_grows_with_the_tables_and_not_with_the_models(note):
    peaks = []
    for queues in (4, 16):
        many = history(queues, 180, slots=12)
        forecast_many(many[many["queue"] == "q0000"], days=28, workers=1)
        gc.collect()
        tracemalloc.start()
        forecast_many(many, days=28, workers=1)
        peaks.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    each = (peaks[1] - peaks[0]) / 12
    rows = 180 * 7 * 8 * 6 / 1e6  # a queue's history: some columns of eight bytes a cell
    note("memory of one more queue", f"{each:.2f} MB", f"its history {rows:.2f} MB", f"{each / rows:.1f}x (<= 5x)")
    assert each < 5 * rows


def test_cost_grows_in_proportion_to_the_queues(cpu, note):
    few, many = (history(queues, 120, slots=12) for queues in (6, 24))
    times = [cpu(lambda table=table: forecast_many(table, days=14, workers=1), times=2) for table in (few, many)]
    ratio = times[1] / times[0] / 4
    note("24 queues beside 6", f"{times[1]:.2f} s", f"{times[0]:.2f} s", f"{ratio:.2f} of linear (<= 1.3)")
    assert ratio <= 1.3
