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
    from wfm.forecast.outlook.slots import outlook

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


def test_the_explanation_of_a_stream_tells_of_its_total_and_of_each_queues_share():
    past, _ = _moving(ahead=14)
    model = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past)
    forecast = model.predict(days=14).set_index(["queue", "start"])["offered"]
    queues, whole = model.explain(days=14), model.explain(days=14, of="sums")
    told = queues.groupby(["queue", "day"])["factor"].prod()
    np.testing.assert_allclose(told.sort_index().to_numpy(), forecast.sort_index().to_numpy())
    assert set(whole["queue"]) == {"contacts"}
    np.testing.assert_allclose(whole.groupby("day")["factor"].prod(), forecast.groupby("start").sum())
    both = queues.merge(whole, on=["day", "component"], suffixes=("", "_sum"))
    same = both[~both["component"].isin(["hours", "doubt"])]
    np.testing.assert_allclose(same["factor"], same["factor_sum"])
    share = queues[queues["component"] == "share of the sum"].groupby("day")["factor"].sum()
    np.testing.assert_allclose(share, 1.0, atol=0.01)


def test_days_that_a_streams_queues_do_not_divide_are_explained_by_the_queue_itself():
    past, _ = _moving(ahead=14)
    closed = (past["queue"] == "chat") & (past["start"].dt.day_of_week == 6)
    model = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past[~closed].reset_index(drop=True))
    forecast = model.predict(days=14).set_index(["queue", "start"])["offered"]
    told = model.explain(days=14)
    product = told.groupby(["queue", "day"])["factor"].prod()
    np.testing.assert_allclose(product.sort_index().to_numpy(), forecast.sort_index().to_numpy())
    share = told[(told["component"] == "share of the sum") & (told["queue"] == "voice")].set_index("day")["factor"]
    sunday = share.index.day_of_week == 6
    np.testing.assert_allclose(share[sunday], 1.0)
    assert share[~sunday].max() < 0.9
    assert (model.explain(days=14, of="sums")["day"].dt.day_of_week < 6).all()


def test_what_was_learned_of_the_sum_is_told_by_the_streams_name():
    past, _ = _moving(ahead=14)
    model = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past)
    whole = model.effects("weekday", of="sums")
    assert set(whole["queue"]) == {"contacts"}
    assert whole.set_index("name").loc["sat", "effect"] == pytest.approx(-0.2 * 5 / 7, abs=0.04)
    alone = Forecaster().fit(past)
    with pytest.raises(SettingError, match="neither streams nor groups"):
        alone.effects("weekday", of="sums")
    with pytest.raises(SettingError, match="of must be one of"):
        model.explain(days=1, of="streams")


def test_the_share_of_a_small_queue_is_in_more_doubt():
    past, future = _moving(chat=(0.05, 0.08), ahead=14)
    model = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past)
    found = model.streams_[0].outlook(pd.DatetimeIndex(future["start"].unique()))
    assert (np.diag(found["chat"][1]) > np.diag(found["voice"][1])).all()


def _by_hour(day_noise, mix_noise, days=130, seed=0):
    """Voice and chat of one stream from 8 to 18: whole days stray together, and the mix from day to day."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2025-01-06", periods=days)
    total = 4000 * np.exp(rng.normal(0, day_noise, days))
    chat = 1 / (1 + np.exp(-rng.normal(-0.5, mix_noise, days)))
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=8 + k) for day in dates for k in range(10)])
    tables = [
        pd.DataFrame({"queue": queue, "start": starts, "offered": rng.poisson(np.repeat(total * share / 10, 10))})
        for queue, share in (("voice", 1 - chat), ("chat", chat))
    ]
    history = pd.concat(tables, ignore_index=True).astype({"offered": float})
    last = history["start"] >= dates[-1]
    early = last & (history["start"] < dates[-1] + pd.Timedelta(hours=12))
    return history[~last].reset_index(drop=True), history[early].reset_index(drop=True)


def _lifts(model, morning, **factors):
    """What a morning so many times as large as was expected does to the rest of its day, by queue; the sum last."""
    rest = pd.date_range(morning["start"].min() + pd.Timedelta(hours=4), periods=6, freq="h")
    expected = model.predict(starts=pd.DatetimeIndex(morning["start"].unique()))
    told = [expected[expected["queue"] == queue].eval(f"offered = {f} * offered") for queue, f in factors.items()]
    after = model.update(pd.concat(told)[["queue", "start", "offered"]], days=1)
    before, after = (t.groupby("queue")["offered"].sum() for t in (model.predict(starts=rest), after))
    return {**(after / before).to_dict(), "sum": after.sum() / before.sum()}


def test_a_stream_hears_in_the_middle_of_a_day_of_its_total_and_of_its_mix():
    past, morning = _by_hour(day_noise=0.1, mix_noise=0.15)
    model = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past)
    busy = _lifts(model, morning, voice=1.1, chat=1.1)
    assert min(busy.values()) > 1.08
    moved = _lifts(model, morning, voice=0.94, chat=1.1)  # as many contacts, more of them written
    assert moved["sum"] == pytest.approx(1.0, abs=0.02)
    assert moved["chat"] > 1.07
    assert moved["voice"] < 0.96


def test_a_queue_of_a_stream_hears_of_the_others_morning_as_far_as_days_are_busy_together():
    for day_noise, mix_noise, least, most in ((0.1, 0.02, 1.06, 1.11), (0.02, 0.15, 0.8, 0.95)):
        past, morning = _by_hour(day_noise=day_noise, mix_noise=mix_noise)
        model = Forecaster(streams={"contacts": ("voice", "chat")}).fit(past)
        heard = _lifts(model, morning, voice=1.1)
        assert least < heard["chat"] < most
        assert heard["voice"] > 1.05


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
