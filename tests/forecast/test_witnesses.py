"""Queues that an event does not touch tell what its days would have been without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.events import Event
from wfm.forecast import Forecaster
from wfm.forecast.learned.level import evidence_of, with_events
from wfm.forecast.learned.loads import EventLoads

DAYS = pd.date_range("2025-01-04", periods=420)
LAUNCHES = tuple(
    Event(kind="launch", name=name, start=start, queues=("calls",), delay=86400.0)
    for name, start in (("one", "2025-05-06 09:00"), ("two", "2025-10-14 09:00"), ("three", "2026-03-10 09:00"))
)
LIFT = 0.15


def _lift(days, half=5.0):
    """Log lift of the launches that history knows, by day."""
    out = np.zeros(len(days))
    for event in LAUNCHES[:2]:
        since = np.asarray((days - event.start.normalize()).days, dtype=float)
        out += np.where(since > 0, LIFT * 0.5 ** (np.maximum(since - 1, 0) / half), 0.0)
    return out


def _history(seed, *, common=1.0, spill=0.0):
    """Calls and mails whose days are busy together as far as `common` says; mails feel `spill` of the launches."""
    rng = np.random.default_rng(seed)
    unrest = np.zeros((3, len(DAYS)))
    for k in range(1, len(DAYS)):
        unrest[:, k] = 0.6 * unrest[:, k - 1] + 0.05 * rng.standard_normal(3)
    week = 0.2 * np.cos(2 * np.pi * DAYS.day_of_week / 7)
    calls = np.exp(8.0 + week + unrest[0] + _lift(DAYS))
    mails = np.exp(7.5 + week + common * unrest[0] + np.sqrt(1 - common**2) * unrest[1] + spill * _lift(DAYS))
    counts = {"calls": rng.poisson(calls), "mails": rng.poisson(mails)}
    return pd.concat([pd.DataFrame({"queue": q, "start": DAYS, "offered": n.astype(float)}) for q, n in counts.items()])


def _launches(history, **kwargs):
    model = Forecaster(events=LAUNCHES, **kwargs).fit(history)
    found = model.effects("event").query("queue == 'calls'").set_index("name")
    return found, model


def _alone(history):
    return history[history["queue"] == "calls"]


@pytest.fixture(scope="module")
def heard():
    return _launches(_history(1))


def test_an_untouched_queue_that_is_busy_with_it_narrows_what_is_known_of_a_launch(heard):
    alone, _ = _launches(_alone(_history(1)))
    together, model = heard
    assert (together["sd"] < 0.8 * alone["sd"]).all()
    assert model.models_["calls"].level.told.witness == "mails"
    assert model.models_["mails"].level.told is None
    assert (abs(together["effect"] - LIFT) < 2 * together["sd"]).all()


def test_what_is_told_of_a_launch_is_what_is_forecast(heard):
    _, model = heard
    days = pd.date_range("2026-02-28", periods=21)
    told = model.explain(starts=pd.DatetimeIndex(days)).query("queue == 'calls'")
    product = told.groupby("day")["factor"].prod()
    forecast = model.predict(starts=pd.DatetimeIndex(days)).query("queue == 'calls'").set_index("start")["offered"]
    assert product.to_numpy() == pytest.approx(forecast.to_numpy())
    lift = told[told["component"] == "event:three"].set_index("day")["factor"]
    assert (lift[:"2026-03-09"] == 1).all()
    assert lift.idxmax() in (pd.Timestamp("2026-03-11"), pd.Timestamp("2026-03-12"))
    assert np.log(lift.max()) == pytest.approx(LIFT, abs=0.06)


def test_a_queue_of_other_days_or_one_that_felt_the_launch_is_not_heard():
    _, apart = _launches(_history(1, common=0.0))
    assert apart.models_["calls"].level.told is None
    _, felt = _launches(_history(1, spill=1.0))
    assert felt.models_["calls"].level.told is None


def test_a_witness_that_shares_little_adds_little():
    alone, _ = _launches(_alone(_history(2)))
    together, model = _launches(_history(2, common=0.6))
    assert model.models_["calls"].level.told.alike["day to day"] < 0.85
    assert (together["sd"] > 0.7 * alone["sd"]).all()


def test_the_sum_of_a_stream_hears_the_queues_beside_it():
    history = _history(3)
    calls = _alone(history)
    chats = calls.assign(queue="chats", offered=(0.4 * calls["offered"]).round())
    both = ("calls", "chats")
    events = tuple(replace(event, queues=both) for event in LAUNCHES)
    model = Forecaster(events=events, streams={"live": both}).fit(pd.concat([history, chats]))
    assert model.streams_[0].total.level.told.witness == "mails"
    assert model.effects("event", of="sums")["sd"].max() < 0.05


def test_a_level_with_other_variances_of_events_is_conditioned_on_them(heard):
    level, kinds = heard[1].models_["calls"].level, ("launch",) * 3
    felt = EventLoads.of_level(level.learned, kinds, level.days.bends.shape[1]).on(level.days)
    covariance = level.factor @ level.factor.T
    twice = {name: 2 * size for name, size in level.learned.items() if name.split()[0] in ("kind", "single", "bends")}
    other = with_events(level, covariance - felt @ felt.T, level.days, kinds, twice)
    assert other.factor @ other.factor.T == pytest.approx(covariance + felt @ felt.T)
    assert other.learned["kind launch"] == pytest.approx(2 * level.learned["kind launch"])
    assert (covariance + felt @ felt.T) @ other.weights == pytest.approx(level.factor @ level.surprise, abs=1e-8)


def test_events_of_a_kind_that_did_the_same_are_taken_to_differ_less_than_those_that_did_not():
    rng = np.random.default_rng(5)
    felt = np.kron(np.eye(4), np.ones((6, 1)))
    names = {"kind sale": 0.15, "single sale": 0.02}
    loads = EventLoads.of_level(names, ("sale",) * 4, 0)
    columns = np.hstack([loads.sds[0] * felt.sum(axis=1, keepdims=True), loads.sds[1] * felt])
    covariance = columns @ columns.T + 0.01 * np.eye(len(felt))

    def spread(sizes):
        response = felt @ np.array(sizes) + 0.1 * rng.standard_normal(len(felt))
        return evidence_of(covariance, response, columns)[0].variances(loads)["single sale"]

    assert spread([0.5, 0.5, 0.5, 0.5]) < 0.2 * spread([0.1, 0.9, 0.2, 0.8])


@pytest.mark.slow
def test_witnesses_are_the_same_with_any_number_of_workers(heard):
    _, model = _launches(_history(1), workers=2)
    known, found = heard[1].models_["calls"].level, model.models_["calls"].level
    assert found.told.pull.tolist() == known.told.pull.tolist()
    assert found.weights.tolist() == known.weights.tolist()


def test_a_witness_of_other_days_with_events_of_its_own_is_heard_all_the_same():
    history = _history(4)
    mails = history["queue"] == "mails"
    later = history[~mails | ((history["start"] >= "2025-02-01") & (history["start"].dt.day_of_week < 5))]
    own = Event(kind="launch", name="of mails", start="2025-08-05", queues=("mails",))
    calendar = Calendar(holidays={"2025-01-06": "first", "2025-05-26": "second", "2025-12-25": "third"})
    alone = Forecaster(events=LAUNCHES, calendar=calendar).fit(_alone(history)).effects("event")
    model = Forecaster(events=[*LAUNCHES, own], calendar=calendar).fit(later)
    told = model.effects("event").query("queue == 'calls'")
    assert model.models_["calls"].level.told.witness == "mails"
    assert model.models_["mails"].level.told.witness == "calls"
    assert (told["sd"].to_numpy() < 0.95 * alone["sd"].to_numpy()).all()
