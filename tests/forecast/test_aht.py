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
