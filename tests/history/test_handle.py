"""AHT from talk, hold and wrap-up: sums or averages."""

import numpy as np
import pandas as pd
import pytest

from wfm.history import inspect_history, read_history

ANSWERED = np.array([5.0, 20, 40, 60, 30, 10, 0, 80])
MEAN = np.array([240.0, 250, 235, 260, 245, 255, 0, 238])


def table(total, names=("talk", "hold", "acw")):
    starts = pd.date_range("2026-11-21 08:00", periods=8, freq="30min")
    values = MEAN * np.where(total, ANSWERED, 1.0)
    parts = dict(zip(names, (values * 0.7, values * 0.1, values * 0.2), strict=True))
    return pd.DataFrame({"start": starts, "offered": ANSWERED + 2, "answered": ANSWERED, **parts})


@pytest.mark.parametrize(("total", "words"), [(True, "sums of the interval"), (False, "averages per contact")])
def test_sums_and_averages_are_told_apart_by_the_answered(total, words):
    reading = inspect_history(table(total))
    np.testing.assert_allclose(reading.history["aht"], np.where(ANSWERED > 0, MEAN, np.nan))
    assert reading.report["what"].str.contains(words).any()


def test_names_that_say_it_win():
    names = ("Avg talk time", "Avg hold time", "Avg ACW time")
    flat = table(False, names).assign(offered=12.0, answered=10.0)
    np.testing.assert_allclose(read_history(flat)["aht"], np.where(MEAN > 0, MEAN, np.nan))
    names = ("Total talk time", "Total hold time", "Total wrap time")
    flat = table(False, names).assign(offered=12.0, answered=10.0)
    np.testing.assert_allclose(read_history(flat)["aht"], np.where(MEAN > 0, MEAN / 10, np.nan))


def test_clock_durations_are_added():
    starts = pd.date_range("2026-11-21 08:00", periods=3, freq="30min")
    file = pd.DataFrame(
        {
            "start": starts,
            "offered": 5,
            "avg talk time": ["03:00", "03:30", "0:02:50"],
            "hold": ["00:10", "", "00:05"],
            "wrap": [30, 30, 30],
        }
    )
    assert read_history(file)["aht"].tolist() == [220.0, 240.0, 205.0]


def test_an_aht_of_an_idle_interval_is_no_data():
    starts = pd.date_range("2026-11-21 08:00", periods=3, freq="30min")
    file = pd.DataFrame(
        {"start": starts, "offered": [5, 1, 4], "answered": [5, 0, 4], "aht": [240, 0, 0], "asa": [9, 0, 0]}
    )
    reading = inspect_history(file)
    np.testing.assert_equal(reading.history["aht"].tolist(), [240.0, np.nan, np.nan])
    np.testing.assert_equal(reading.history["asa"].tolist(), [9.0, np.nan, 0.0])
    assert reading.report.query("kind == 'repaired'")["rows"].tolist() == [1]
