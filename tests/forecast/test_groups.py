from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import SettingError
from wfm.events import Event
from wfm.forecast import Forecaster

MONTH_START = (0.40, 0.32, 0.26, 0.20, 0.16, 0.12)


def _wave(rng, days, keeps=0.9, size=0.06):
    """A slow level that strays and comes back."""
    shocks, level = rng.normal(0, size * np.sqrt(1 - keeps**2), days), np.zeros(days)
    for day in range(1, days):
        level[day] = keeps * level[day - 1] + shocks[day]
    return level


def _small_queues(seed=0, queues=10, per_day=40.0, days=120, ahead=28, alike=True):
    """Daily counts of small queues: one month's start and one slow level for all, or one of its own for each."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2025-09-01", periods=days + ahead)
    begin = np.select([dates.day == k for k in range(1, 7)], MONTH_START, 0.0)
    slow = _wave(rng, len(dates))
    tables = []
    for number in range(queues):
        if not alike:
            begin = np.roll(begin, rng.integers(1, 28)) * rng.choice([-1, 1])
            slow = _wave(rng, len(dates))
        level = np.log(per_day * rng.uniform(0.5, 2.0)) + 0.3 * (dates.day_of_week < 5) + begin + slow
        rate = np.exp(level + rng.normal(0, 0.04, len(dates)))
        columns = {"start": dates, "end": dates + pd.Timedelta(days=1), "rate": rate}
        tables.append(pd.DataFrame({"queue": f"q{number:02d}", **columns, "offered": rng.poisson(rate).astype(float)}))
    whole = pd.concat(tables, ignore_index=True)
    past = whole["start"] < dates[days]
    return whole[past].drop(columns="rate").reset_index(drop=True), whole[~past].reset_index(drop=True)


def _error(forecast, future):
    """Of the rates, not of the counts."""
    both = future.merge(forecast, on=["queue", "start"], suffixes=("_came", ""))
    return float((both["offered"] - both["rate"]).abs().sum() / both["rate"].sum())


@pytest.mark.parametrize(("alike", "at_most"), [(True, 0.96), (False, 1.03)])
def test_small_queues_learn_from_their_sum_what_they_have_in_common_and_lose_nothing_where_that_is_nothing(
    alike, at_most
):
    past, future = _small_queues(queues=7, days=100, alike=alike)
    queues = tuple(past["queue"].unique())
    apart, together = (_error(Forecaster(groups=g).fit(past).predict(days=28), future) for g in ({}, {"all": queues}))
    assert together < at_most * apart


@pytest.mark.slow
def test_queues_and_their_sum_have_ranges_that_hold():
    held, of_sum = [], []
    for seed in range(6):
        past, future = _small_queues(seed)
        model = Forecaster(groups={"all": tuple(past["queue"].unique())}).fit(past)
        both = future.merge(model.predict(days=28), on=["queue", "start"], suffixes=("_came", ""))
        held.append(both["offered_came"].between(both["offered_q0.1"], both["offered_q0.9"]).mean())
        rate = model.simulate(days=28, paths=300).groupby(["path", "start"])["rate"].sum().to_numpy().reshape(300, 28)
        low, high = np.quantile(np.random.default_rng(seed).poisson(rate), (0.1, 0.9), axis=0)
        came = future.groupby("start")["offered"].sum().to_numpy()
        of_sum.append(((came >= low) & (came <= high)).mean())
    assert 0.76 <= np.mean(held) <= 0.88
    assert 0.72 <= np.mean(of_sum) <= 0.90


def test_the_mean_of_a_groups_paths_is_its_forecast():
    past, _ = _small_queues(queues=4, per_day=400)
    model = Forecaster(groups={"all": ("q00", "q01", "q02")}).fit(past)
    mean = model.simulate(days=14, paths=1500).groupby(["queue", "start"])["rate"].mean()
    np.testing.assert_allclose(mean, model.predict(days=14)["offered"], rtol=0.02)


def test_an_event_of_one_queue_is_not_shared_out_to_the_group():
    past, _ = _small_queues(queues=3, per_day=300)
    begin = past["start"].max() + pd.Timedelta(days=8)
    mailing = Event(name="m", kind="mailing", start=begin, volume=2.0, doubt=0.1, queues=("q00",))
    groups = {"all": ("q00", "q01", "q02")}
    with_event, without = (Forecaster(groups=groups, events=e).fit(past).predict(days=21) for e in ((mailing,), ()))
    ratio = (with_event["offered"] / without["offered"]).groupby(with_event["queue"]).max()
    assert ratio["q00"] > 1.5
    assert ratio[["q01", "q02"]].max() < 1.1


def test_a_queue_can_be_in_one_group_or_stream_only():
    with pytest.raises(SettingError, match="group 'a' must name at least two queues"):
        Forecaster(groups={"a": ("voice",)})
    with pytest.raises(SettingError, match="none of which is in another stream or group"):
        Forecaster(streams={"s": ("voice", "chat")}, groups={"g": ("chat", "mail")})
