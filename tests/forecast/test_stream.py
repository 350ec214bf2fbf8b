from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError, SettingError, TooLittleHistory
from wfm.events import Event
from wfm.forecast import Forecaster

AHT = {"voice": 240.0, "chat": 700.0}


def _moving(days=300, ahead=56, per_day=5000.0, seed=0, chat=(0.1, 0.7)):
    """Contacts of voice and chat whose sum stays while chat's share goes from the one to the other; past and future."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2025-01-06", periods=days + ahead)
    logit = np.interp(np.arange(len(dates)), [0, len(dates) - 1], np.log(np.array(chat) / (1 - np.array(chat))))
    share = 1 / (1 + np.exp(-logit))
    total = per_day * np.exp(0.2 * (dates.day_of_week < 5) + rng.normal(0, 0.05, len(dates)))
    tables = [
        pd.DataFrame(
            {
                "queue": queue,
                "start": dates,
                "end": dates + pd.Timedelta(days=1),
                "offered": rng.poisson(total * part).astype(float),
                "aht": AHT[queue],
            }
        )
        for queue, part in {"voice": 1 - share, "chat": share}.items()
    ]
    whole = pd.concat(tables, ignore_index=True)
    past = whole["start"] < dates[days]
    return whole[past].reset_index(drop=True), whole[~past].reset_index(drop=True)


def _load(table):
    """Erlangs of each day, of all queues."""
    return (table["offered"] * table["queue"].map(AHT) / 86400).groupby(table["start"]).sum().to_numpy()


def test_people_needed_rise_as_the_mix_moves_while_contacts_stay():
    past, future = _moving()
    starts = pd.DatetimeIndex(future["start"].unique())
    own = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past).predict(starts=starts)
    apart = Forecaster().fit(past).predict(starts=starts)
    came, before = _load(future)[-28:].mean(), _load(past)[-28:].mean()
    assert came > 1.12 * before
    assert _load(own)[-28:].mean() == pytest.approx(came, rel=0.05)
    contacts = future.groupby("start")["offered"].sum().to_numpy()
    errors = [np.abs(t.groupby("start")["offered"].sum().to_numpy() - contacts).mean() for t in (own, apart)]
    assert errors[0] < errors[1]


def test_shares_add_up_to_the_stream():
    past, future = _moving(ahead=14)
    starts = pd.DatetimeIndex(future["start"].unique())
    model = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past)
    found = model.streams_[0].outlook(starts)
    from wfm.forecast.outlook import outlook

    total = outlook(model.streams_[0].total, starts)
    np.testing.assert_allclose(
        sum(np.exp(mean + np.diag(doubt) / 2) for mean, doubt in found.values()),
        np.exp(total.mean + np.diag(total.covariance) / 2),
    )
    assert all(np.linalg.eigvalsh(doubt).min() > 0 for _, doubt in found.values())


def test_paths_of_queues_add_up_to_a_total_whose_doubt_is_not_that_of_the_shares():
    past, future = _moving(ahead=28)
    model = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past)
    paths = model.simulate(days=28, paths=600)
    rate = paths["rate"].to_numpy().reshape(600, 2, 28)
    forecast = model.predict(days=28)["offered"].to_numpy().reshape(2, 28)
    np.testing.assert_allclose(rate.mean(axis=0), forecast, rtol=0.02)
    spread = (rate / forecast).std(axis=0), (rate.sum(axis=1) / forecast.sum(axis=0)).std(axis=0)
    assert (spread[1] < spread[0].max(axis=0)).all()
    share = rate[:, 0] / rate.sum(axis=1)
    last = [k for k, day in enumerate(future["start"].unique()) if pd.Timestamp(day).day_of_week == 2][-1]
    assert share[:, last].std() > 0.01
    assert np.corrcoef(share[:, last], rate.sum(axis=1)[:, last])[0, 1] == pytest.approx(0, abs=0.15)


def test_the_explanation_of_a_queue_in_a_stream_multiplies_to_its_total():
    past, _ = _moving(ahead=14)
    model = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past)
    told = model.explain(days=14).groupby(["queue", "day"])["factor"].prod()
    forecast = model.predict(days=14).set_index(["queue", "start"])["offered"]
    np.testing.assert_allclose(told.sort_index().to_numpy(), forecast.sort_index().to_numpy())


def test_the_share_of_a_small_queue_is_in_more_doubt():
    past, future = _moving(chat=(0.05, 0.08), ahead=14)
    model = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past)
    found = model.streams_[0].outlook(pd.DatetimeIndex(future["start"].unique()))
    assert (np.diag(found["chat"][1]) > np.diag(found["voice"][1])).all()


@pytest.mark.slow
def test_ranges_of_queues_whose_mix_moves_hold_what_they_say():
    held = []
    for seed in range(8):
        past, future = _moving(ahead=28, seed=seed)
        forecast = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past).predict(days=28)
        both = future.merge(forecast, on=["queue", "start"], suffixes=("_came", ""))
        held.append(both["offered_came"].between(both["offered_q0.1"], both["offered_q0.9"]).mean())
    assert 0.74 <= np.mean(held) <= 0.92


def test_what_is_no_stream_is_refused():
    past, _ = _moving(days=60, ahead=1)
    for wrong in ({"a": ("voice",)}, {"a": "voice"}, {"a": ("voice", "chat"), "b": ("chat", "mail")}):
        with pytest.raises(SettingError, match="must name at least two queues"):
            Forecaster(streams=wrong)
    mailing = Event(name="mailing", kind="mailing", start="2025-02-01", queues=("chat",))
    with pytest.raises(SettingError, match="acts on some queues of stream 'contacts' only"):
        Forecaster(streams={"contacts": ("voice", "chat")}, events=(mailing,))
    with pytest.raises(DataError, match=r"every queue of a stream or group, .*mail.* is not there"):
        Forecaster(streams={"contacts": ("voice", "mail")}).fit(past)
    late = past[(past["queue"] == "voice") | (past["start"] >= "2025-02-05")].reset_index(drop=True)
    with pytest.warns(match="weeks of history"), pytest.raises(TooLittleHistory, match="a stream or group needs 40"):
        Forecaster(streams={"contacts": ("voice", "chat")}).fit(late)
