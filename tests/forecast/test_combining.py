from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError, SettingError, WfmWarning
from wfm.forecast import Combination, Forecaster, seasonal_naive


def _weather(days=200, ahead=28, seed=0, size=0.15):
    """Days whose log rate follows a weather that the model is not told of; history, future, rates and the weather."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2026-01-05", periods=days + ahead)
    weather = rng.normal(0, 1, len(dates))
    rate = 2000 * np.exp(0.3 * (dates.day_of_week < 5) + size * weather + rng.normal(0, 0.03, len(dates)))
    whole = pd.DataFrame({"queue": "q", "start": dates, "end": dates + pd.Timedelta(days=1)})
    whole["offered"] = rng.poisson(rate).astype(float)
    return whole[:days], whole[days:].reset_index(drop=True), pd.Series(weather, index=dates)


def _of_weather(weather):
    """A friend who knows the weather and nothing else: no weekday."""

    def by_weather(history, starts):
        known = history["start"]
        slope, level = np.polyfit(weather[known], np.log(history["offered"] + 1), 1)
        return np.exp(level + slope * weather[starts].to_numpy())

    return by_weather


def _forecast(model, future):
    return model.predict(starts=pd.DatetimeIndex(future["start"]), quantiles=(0.1, 0.9))


def _error(forecast, future):
    return float(np.abs(forecast["offered"].to_numpy() - future["offered"].to_numpy()).sum() / future["offered"].sum())


def test_a_friend_who_knows_what_the_model_does_not_is_heard():
    past, future, weather = _weather()
    both, alone = Combination(friends=[_of_weather(weather)], origins=6).fit(past), Forecaster().fit(past)
    weight = both.scores_.query("method == 'by_weather'")["weight"]
    assert weight.between(0.2, 0.9).any()
    assert weight.max() < 0.9
    errors = [_error(_forecast(model, future), future) for model in (both, alone)]
    assert errors[0] < 0.85 * errors[1]
    combined = both.scores_.set_index(["lead", "method"]).loc[("15-366", ["combination", "model"]), "pinball"]
    assert combined.iloc[0] < combined.iloc[1]


def test_a_friend_who_knows_nothing_changes_nothing():
    past, future, _ = _weather(days=150, size=0.02)
    rng = np.random.default_rng(0)
    guess = lambda history, starts: rng.uniform(0, 5000, len(starts))  # noqa: E731
    both = Combination(friends={"guess": guess}, origins=4).fit(past)
    own = Forecaster().fit(past)
    pd.testing.assert_frame_equal(_forecast(both, future), _forecast(own, future))
    pd.testing.assert_frame_equal(both.simulate(days=5, paths=3), own.simulate(days=5, paths=3))
    told = both.scores_.set_index(["lead", "method"])
    assert told.columns.tolist() == ["queue", "wape", "noise_floor", "bias", "pinball", "weight", "won", "why"]
    assert told.loc[("1-7", "guess"), "why"] == "did not help on other origins"
    assert told.loc[("15-366", "model"), "won"]
    assert told["noise_floor"].between(0.01, 0.025).all()  # 2000 a day: sqrt(2 / pi / 2000) = 0.018
    assert told.groupby("lead")["noise_floor"].nunique().eq(1).all()
    same = told.loc[("1-7", "combination"), ["wape", "pinball"]], told.loc[("1-7", "model"), ["wape", "pinball"]]
    np.testing.assert_allclose(*(pair.to_numpy(dtype=float) for pair in same))


def test_paths_have_the_combined_forecast_as_their_mean():
    past, _, weather = _weather(size=0.2)
    both = Combination(friends=[_of_weather(weather)], origins=4).fit(past)
    mean = both.simulate(days=14, paths=1500).groupby("start")["rate"].mean()
    np.testing.assert_allclose(mean, both.predict(days=14)["offered"], rtol=0.02)


@pytest.mark.slow
def test_ranges_hold_after_friends_were_heard():
    held, drawn_held = [], []
    for seed in range(6):
        past, future, weather = _weather(seed=seed)
        both = Combination(friends=[_of_weather(weather)], origins=6).fit(past)
        forecast, came = _forecast(both, future), future["offered"].to_numpy()
        held.append(((came >= forecast["offered_q0.1"]) & (came <= forecast["offered_q0.9"])).mean())
        rate = both.simulate(days=28, paths=300)["rate"].to_numpy().reshape(300, 28)
        low, high = np.quantile(np.random.default_rng(0).poisson(rate), (0.1, 0.9), axis=0)
        drawn_held.append(((came >= low) & (came <= high)).mean())
    assert 0.74 <= np.mean(held) <= 0.9
    assert 0.74 <= np.mean(drawn_held) <= 0.9


def test_with_too_little_history_the_model_stands_alone():
    past, future, _ = _weather(days=40)
    with pytest.warns(WfmWarning) as heard:
        both = Combination(friends=[seasonal_naive()]).fit(past)
    assert any("Friends are not weighed" in str(found.message) for found in heard)
    assert both.scores_.empty
    with pytest.warns(WfmWarning, match="weeks of history"):
        own = Forecaster().fit(past)
    pd.testing.assert_frame_equal(_forecast(both, future), _forecast(own, future))


def test_what_is_no_friend_is_refused():
    past, future, _ = _weather(days=90)
    with pytest.raises(SettingError, match="a friend must be a function"):
        Combination(friends=["prophecy"])
    with pytest.raises(SettingError, match="must have names of their own"):
        Combination(friends=[seasonal_naive(), seasonal_naive()])
    with pytest.raises(SettingError, match="call fit"):
        _forecast(Combination(friends=[]), future)
    short = lambda history, starts: np.ones(3)  # noqa: E731
    with pytest.raises(DataError, match=r"friend '<lambda>' must give a number for each of the 28 starts.*got 3"):
        Combination(friends={"short": short}, origins=2, horizon=28).fit(past)
