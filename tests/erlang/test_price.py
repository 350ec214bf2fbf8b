import numpy as np
import pandas as pd
import pytest

from wfm.erlang import requirement
from wfm.erlang.staffing.price import patience_sensitivity, price_of_confidence
from wfm.errors import DataError, SettingError
from wfm.queues import Shrinkage
from wfm.target import ServiceTarget

PROMISE = ServiceTarget(share=0.80, within=60)


def two_days(peak: float = 300.0, queue: str = "voice") -> pd.DataFrame:
    starts = pd.date_range("2026-11-21", periods=48, freq="1h")
    hour = starts.hour + starts.minute / 60
    shape = np.where((hour >= 8) & (hour < 18), np.exp(-0.5 * ((hour - 12) / 3) ** 2), 0.0)
    return pd.DataFrame({"queue": queue, "start": starts, "offered": peak * shape, "aht": 240.0})


def futures(forecast: pd.DataFrame, count: int = 60, day: float = 0.08) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    number = forecast["start"].dt.normalize().rank(method="dense").astype(int).to_numpy() - 1
    parts = []
    for path in range(count):
        factor = np.exp(day * rng.standard_normal(number.max() + 1))[number]
        parts.append(forecast[["queue", "start"]].assign(path=path, rate=forecast["offered"] * factor, aht=240.0))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def price():
    forecast = two_days()
    return price_of_confidence(
        forecast, PROMISE, paths=futures(forecast), levels=(0.8, None, 0.6), patience=180, shrinkage=0.06
    )


def test_more_confidence_costs_hours_and_keeps_the_promise_more_often(price):
    assert price["confidence"].tolist()[1:] == [0.6, 0.8]
    assert np.isnan(price["confidence"][0])
    for column in ("agent_hours", "rostered_hours", "chance"):
        assert price[column].is_monotonic_increasing, column
    assert (price["least_chance"].iloc[1:] >= price["confidence"].iloc[1:] - 1e-9).all()
    np.testing.assert_allclose(price["rostered_hours"], price["agent_hours"] / 0.94)


def test_the_price_of_a_point_is_the_hours_between_two_rows(price):
    hours, chance = price["agent_hours"].diff(), 100 * price["chance"].diff()
    np.testing.assert_allclose(price["hours_per_point"].iloc[1:], (hours / chance).iloc[1:])
    assert np.isnan(price["hours_per_point"][0])
    assert (price["hours_per_point"].iloc[1:] > 0).all()


def test_the_table_is_what_requirement_plans():
    forecast = two_days()
    paths = futures(forecast)
    price = price_of_confidence(forecast, PROMISE, paths=paths, levels=(None, 0.8), patience=180, shrinkage=0.06)
    for row, confidence in zip(price.itertuples(), (None, 0.8), strict=True):
        target = ServiceTarget(share=0.80, within=60, confidence=confidence)
        found = requirement(forecast, target, paths=paths, patience=180, shrinkage=0.06)
        assert row.agent_hours == pytest.approx(found["agents"].sum())


def test_several_queues_with_their_own_settings_have_their_own_prices():
    forecast = pd.concat([two_days(), two_days(40.0, "chat"), two_days(0.0, "mail")], ignore_index=True)
    target = {"voice": PROMISE, "chat": ServiceTarget(share=0.7, within=30, confidence=0.95), "mail": PROMISE}
    price = price_of_confidence(
        forecast,
        target,
        paths=futures(forecast, 60),
        levels=(None, 0.8),
        patience={"voice": 180, "chat": 120, "mail": 100},
        shrinkage={"voice": Shrinkage(unplanned=0.1)},
        concurrency={"chat": 2},
    ).set_index("queue")
    assert price.loc["voice", "rostered_hours"].iloc[0] == pytest.approx(
        price.loc["voice", "agent_hours"].iloc[0] / 0.9
    )
    assert price.loc["chat", "rostered_hours"].iloc[1] == price.loc["chat", "agent_hours"].iloc[1]
    assert (price.loc["mail", "agent_hours"] == 0).all()
    assert (price.loc["mail", "chance"] == 1).all()


def test_wrong_levels_and_short_paths_are_refused():
    forecast = two_days()
    paths = futures(forecast, 20)
    with pytest.raises(SettingError, match=r"levels must be a fraction in \(0, 1\), got 80"):
        price_of_confidence(forecast, PROMISE, paths=paths, levels=(80,), patience=180)
    with pytest.raises(SettingError, match="at least one confidence"):
        price_of_confidence(forecast, PROMISE, paths=paths, levels=(), patience=180)
    with pytest.raises(DataError, match="queue 'voice' misses 24, first 2026-11-22 00:00:00"):
        price_of_confidence(forecast, PROMISE, paths=paths[paths["start"] < "2026-11-22"], patience=180)
    with pytest.raises(SettingError, match="target has no entry for queue .voice."):
        price_of_confidence(forecast, {"chat": PROMISE}, paths=paths, patience=180)


def test_the_unknown_patience_moves_agents_between_two_and_fifteen_minutes():
    table = patience_sensitivity(two_days(240.0), PROMISE, shrinkage=0.06)
    assert table["patience"].tolist() == [120.0, 300.0, 900.0]
    assert table["agent_hours"].is_monotonic_increasing
    assert table["abandon_rate"].is_monotonic_decreasing
    assert table["difference"].tolist()[1] == 0
    assert table["difference"][0] < 0 < table["difference"][2]
    np.testing.assert_allclose(table["rostered_hours"], table["agent_hours"] / 0.94)


def test_a_cap_on_abandonment_makes_patience_nearly_indifferent():
    capped = ServiceTarget(share=0.80, within=60, max_abandon=0.05)
    day = two_days(600.0).iloc[:24]
    free = patience_sensitivity(day, PROMISE)["difference"].abs().max()
    assert patience_sensitivity(day, capped)["difference"].abs().max() < 0.5 * free


def test_each_queue_is_compared_with_its_own_middle():
    forecast = pd.concat([two_days(240.0), two_days(60.0, "chat")], ignore_index=True)
    table = patience_sensitivity(forecast, PROMISE, patiences=("5min", 60, float("inf")))
    assert table.groupby("queue")["difference"].apply(lambda x: (x == 0).sum()).min() >= 1
    assert table["patience"].tolist() == [60.0, 300.0, np.inf] * 2
    with pytest.raises(SettingError, match="takes patiences="):
        patience_sensitivity(forecast, PROMISE, patience=60)
    with pytest.raises(SettingError, match="at least one mean patience"):
        patience_sensitivity(forecast, PROMISE, patiences=())
