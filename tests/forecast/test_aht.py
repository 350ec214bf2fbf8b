from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.forecast import Forecaster


def test_handle_time_follows_the_hour(draw):
    centre = draw(days=120)
    forecast = Forecaster(calendar=centre.calendar).fit(centre.history).predict(days=7)
    hour = forecast["start"].dt.hour.to_numpy()
    truth = 240 * (1 + 0.1 * np.sin(2 * np.pi * hour / 24))
    busy = forecast["offered"] > 50
    np.testing.assert_allclose(forecast["aht"][busy], truth[busy], rtol=0.07)


def test_handle_time_that_grows_is_followed(draw):
    centre = draw(days=200)
    growth = np.exp(0.2 * (centre.history["start"] - centre.history["start"].iloc[0]).dt.days / 200)
    history = centre.history.assign(aht=centre.history["aht"] * growth)
    model = Forecaster(calendar=centre.calendar)
    plain, grown = (model.fit(h).predict(days=7)["aht"].mean() for h in (centre.history, history))
    assert grown / plain == pytest.approx(np.exp(0.2), rel=0.04)


def test_handle_time_is_weighted_by_contacts(draw):
    centre = draw(days=60, month_start=False)
    lonely = centre.history["offered"] <= 20
    history = centre.history.assign(aht=np.where(lonely, 2000.0, 200.0), answered=centre.history["offered"])
    forecast = Forecaster(calendar=centre.calendar).fit(history).predict(days=7)
    mean = np.average(history["aht"], weights=history["offered"])
    assert np.average(forecast["aht"], weights=forecast["offered"]) == pytest.approx(mean, rel=0.1)


def test_a_history_without_handle_time_gives_none(draw):
    centre = draw(days=60)
    forecast = Forecaster().fit(centre.history.drop(columns="aht")).predict(days=2)
    assert forecast["aht"].isna().all()
    assert Forecaster().fit(centre.history.drop(columns="aht")).simulate(days=1, paths=2)["aht"].isna().all()


def test_gaps_in_handle_time_are_bridged(draw):
    centre = draw(days=60)
    gaps = centre.history.assign(aht=centre.history["aht"].where(np.arange(len(centre.history)) % 3 > 0))
    both = [Forecaster().fit(h).predict(days=5)["aht"] for h in (centre.history, gaps)]
    np.testing.assert_allclose(both[1], both[0], rtol=0.08)


def test_daily_handle_time_works(draw):
    centre = draw(days=90, freq="24h")
    forecast = Forecaster(calendar=centre.calendar).fit(centre.history).predict(days=3)
    assert forecast["aht"].between(200, 280).all()
    assert isinstance(forecast, pd.DataFrame)


def _shared(correlation, *, seed=2, days=300):
    """Days on which what is new about volume and about handle time go together."""
    rng = np.random.default_rng(seed)
    volume, own = rng.standard_normal((2, days))
    handle = correlation * volume + np.sqrt(1 - correlation**2) * own
    starts = pd.date_range("2025-01-06", periods=days)
    offered = rng.poisson(4000 * np.exp(0.08 * volume)).astype(float)
    return pd.DataFrame({"queue": "voice", "start": starts, "offered": offered, "aht": 240 * np.exp(0.05 * handle)})


@pytest.mark.parametrize("truth", [0.7, -0.6, 0.0])
def test_busy_days_have_longer_contacts_as_far_as_past_ones_had(truth):
    model = Forecaster().fit(_shared(truth))
    assert model.models_["voice"].aht.with_volume == pytest.approx(truth, abs=0.15)
    drawn = model.simulate(days=1, paths=4000, seed=5)
    assert np.corrcoef(np.log(drawn["rate"]), np.log(drawn["aht"]))[0, 1] == pytest.approx(truth, abs=0.17)


def test_the_work_of_the_paths_strays_more_where_both_go_together():
    spread = {}
    for truth in (0.7, -0.6):
        drawn = Forecaster().fit(_shared(truth)).simulate(days=1, paths=3000, seed=5)
        spread[truth] = np.log(drawn["rate"] * drawn["aht"]).std()
    assert spread[0.7] > 1.5 * spread[-0.6]
