from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError, SettingError
from wfm.forecast import like, volume_with_pattern
from wfm.tables import FORECAST, PATHS, check

WEEK = pd.date_range("2026-11-21 08:00", "2026-11-27 19:30", freq="30min")
WEEK = WEEK[(WEEK.hour >= 8) & (WEEK.hour < 20)]


def test_a_week_gets_its_volume_in_even_parts():
    forecast, paths = volume_with_pattern(1200, WEEK, queue="new", interval=1800)
    pd.testing.assert_frame_equal(check(forecast, FORECAST), forecast)
    pd.testing.assert_frame_equal(check(paths, PATHS), paths)
    assert forecast["offered"].sum() == pytest.approx(1200)
    assert np.ptp(forecast["offered"]) == pytest.approx(0)


def test_a_pattern_shapes_the_week():
    pattern = pd.DataFrame({"second": [8 * 3600, 12 * 3600], "share": [3.0, 1.0], "weekday": [-1, -1]})
    forecast, _ = volume_with_pattern(1200, WEEK, queue="new", interval=1800, pattern=pattern)
    assert forecast["offered"].sum() == pytest.approx(1200)
    saturday = forecast[forecast["start"].dt.day == 21].groupby(forecast["start"].dt.hour < 12)["offered"].sum()
    assert saturday[True] == pytest.approx(3 * saturday[False])


def test_doubt_is_the_spread_of_the_futures():
    _, paths = volume_with_pattern(1200, WEEK, queue="new", interval=1800, doubt=0.3, paths=2000)
    total = paths.groupby("path")["rate"].sum()
    assert total.mean() == pytest.approx(1200, rel=0.03)
    assert 0.24 < total.std() / total.mean() < 0.31


def test_without_doubt_the_futures_are_all_the_forecast():
    forecast, paths = volume_with_pattern(1200, WEEK, queue="new", interval=1800, doubt=0, paths=3)
    np.testing.assert_allclose(paths["rate"].to_numpy().reshape(3, -1), np.tile(forecast["offered"], (3, 1)))


def test_a_queue_like_another_follows_it_with_more_doubt():
    forecast, paths = volume_with_pattern(1200, WEEK, queue="voice", interval=1800, doubt=0.1, paths=1000)
    own, futures = like(forecast, paths, like="voice", queue="video", scale=0.3, doubt=0.4)
    np.testing.assert_allclose(own["offered"], 0.3 * forecast["offered"])
    assert own["queue"].unique().tolist() == futures["queue"].unique().tolist() == ["video"]
    total = futures.groupby("path")["rate"].sum()
    assert total.mean() == pytest.approx(360, rel=0.05)
    assert total.std() / total.mean() == pytest.approx(0.41, abs=0.05)
    width = (own["offered_q0.9"] - own["offered_q0.1"]) / own["offered"]
    assert (width > (forecast["offered_q0.9"] - forecast["offered_q0.1"]) / forecast["offered"]).all()


def test_the_same_seed_gives_the_same_futures():
    one, two = (volume_with_pattern(100, WEEK, queue="new", interval=1800, seed=s)[1] for s in (1, 1))
    pd.testing.assert_frame_equal(one, two)


def test_wrong_input_names_itself():
    forecast, paths = volume_with_pattern(100, WEEK, queue="new", interval=1800, paths=2)
    with pytest.raises(DataError, match="forecast holds no queue 'voice' to borrow from"):
        like(forecast, paths, like="voice", queue="video")
    with pytest.raises(SettingError, match=r"volume must be a number in \[0"):
        volume_with_pattern(-5, WEEK, queue="new")
    wrong = pd.DataFrame({"share": [1.0], "weekday": [-1]})
    with pytest.raises(DataError, match="has no column 'second'"):
        volume_with_pattern(5, WEEK, queue="new", interval=1800, pattern=wrong)
    night = pd.DataFrame({"second": [23 * 3600.0], "share": [1.0], "weekday": [-1]})
    with pytest.raises(DataError, match="gives no share to any open interval"):
        volume_with_pattern(5, WEEK, queue="new", interval=1800, pattern=night)
