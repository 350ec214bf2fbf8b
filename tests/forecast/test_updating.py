from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm.errors import DataError, SettingError
from wfm.forecast import Forecaster, backtest_update

SHAPE = np.array([30.0, 50, 70, 65, 50, 45, 40, 30, 20, 10])


def _bank(within, between=0.0, days=170, seed=0):
    """Half days from 8 to 18: log rates stray by the day (`between`) and by the parts of the day (`within`: its two)."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2026-01-05", periods=days)
    dates = dates[dates.day_of_week < 5]
    level = rng.normal(0, between, len(dates))[:, None] + within(rng, len(dates))
    mean = 20 * SHAPE * np.exp(level)
    starts = pd.DatetimeIndex([d + pd.Timedelta(hours=8 + k) for d in dates for k in range(10)])
    return pd.DataFrame({"queue": "q", "start": starts, "offered": rng.poisson(mean).ravel().astype(float)})


def _opposed(rng, days):
    """What comes in the morning does not come in the afternoon."""
    return np.outer(rng.normal(0, 0.08, days), np.where(np.arange(10) < 4, 1.0, -0.75))


def _split(history, hour=12):
    """History to the evening before the last day, the last day to an hour, and its rest."""
    last = history["start"].dt.normalize().max()
    today = history["start"] >= last
    early = today & (history["start"] < last + pd.Timedelta(hours=hour))
    return (part.reset_index(drop=True) for part in (history[~today], history[early], history[today & ~early]))


def test_a_busy_morning_lifts_the_afternoon_where_days_are_busy_as_a_whole():
    past, morning, rest = _split(_bank(lambda rng, n: 0.0, between=0.15))
    model = Forecaster().fit(past)
    carry = model.models_["q"].carry
    assert carry.factor(0.4, 8000, variance=carry.usual) > 0.8
    assert carry.factor(0.4, 8, variance=carry.usual) < 0.1
    before = model.predict(starts=pd.DatetimeIndex(rest["start"]))
    high = model.update(morning.assign(offered=1.3 * morning["offered"].mean()), days=1)
    usual = model.update(morning.assign(offered=model.predict(starts=pd.DatetimeIndex(morning["start"]))["offered"]))
    assert high["start"].tolist() == rest["start"].tolist()
    assert (high["offered"] > 1.05 * before["offered"]).all()
    np.testing.assert_allclose(usual["offered"][: len(rest)], before["offered"], rtol=0.03)
    width, known = ((t["offered_q0.9"] - t["offered_q0.1"]) / t["offered"] for t in (before, high))
    assert (known < width).all()


def test_nothing_is_carried_on_where_the_afternoon_makes_up_for_the_morning():
    past, morning, rest = _split(_bank(_opposed))
    model = Forecaster().fit(past)
    carry = model.models_["q"].carry
    assert max(carry.factor(passed, 8000, variance=carry.usual) for passed in (0.3, 0.4, 0.5)) == 0
    after = model.update(morning.assign(offered=1.3 * morning["offered"]), days=1)
    before = model.predict(starts=pd.DatetimeIndex(rest["start"]))
    pd.testing.assert_frame_equal(after, before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("within", "of_none", "of_full"),
    [(lambda rng, n: 0.0, 0.9, 1.1), (_opposed, 1.02, 0.85)],
    ids=["days are busy as a whole", "the afternoon makes up for the morning"],
)
def test_an_update_gains_where_there_is_something_to_gain_and_loses_nothing_elsewhere(within, of_none, of_full):
    errors = []
    for seed in range(12):
        past, morning, rest = _split(_bank(within, between=0.05, seed=seed))
        model = Forecaster().fit(past)
        whole = model.predict(days=4).set_index("start")["offered"]
        ratio = morning["offered"].sum() / whole[morning["start"]].sum()
        updated = model.update(morning, days=1)["offered"].to_numpy()
        before, came = whole[rest["start"]].to_numpy(), rest["offered"].to_numpy()
        errors.append([np.abs(f - came).sum() for f in (before, updated, before * ratio)])
    none, own, full = np.sum(errors, axis=0)
    assert own < of_none * none
    assert own < of_full * full


def test_later_days_hear_of_a_busy_day_through_the_memory_of_the_level():
    rng = np.random.default_rng(1)
    walk = np.cumsum(rng.normal(0, 0.05, 170))
    history = _bank(lambda _, n: (walk[:n] - walk[:n].mean())[:, None])
    past, morning, _ = _split(history)
    model = Forecaster().fit(past)
    base = model.predict(starts=pd.DatetimeIndex(morning["start"]))["offered"]
    calm, busy = (model.update(morning.assign(offered=f * base), days=4) for f in (1.0, 1.1))
    tomorrow = calm["start"].dt.normalize() > morning["start"].max()
    assert (busy["offered"][tomorrow] > 1.02 * calm["offered"][tomorrow]).all()


def test_a_queue_that_is_not_told_of_keeps_its_forecast():
    history = _bank(lambda rng, n: 0.0, between=0.1)
    both = pd.concat([history, history.assign(queue="r")], ignore_index=True)
    past, morning, rest = _split(both)
    model = Forecaster().fit(past)
    after = model.update(morning[morning["queue"] == "q"], days=1)
    starts = pd.DatetimeIndex(rest["start"].unique())
    before = model.predict(starts=starts)
    pick = lambda table, queue: table[table["queue"] == queue]["offered"].to_numpy()  # noqa: E731
    np.testing.assert_array_equal(pick(after, "r"), pick(before, "r"))
    assert not np.allclose(pick(after, "q"), pick(before, "q"))


def test_queues_whose_days_stray_together_say_more_than_each_alone():
    level = np.random.default_rng(3).normal(0, 0.1, 170)
    parts = [_bank(lambda _, n: level[:n, None], seed=seed).assign(queue=name) for seed, name in enumerate("pqr")]
    history = pd.concat([t.assign(offered=(t["offered"] / 25).round()) for t in parts], ignore_index=True)
    past, morning, _ = _split(history, hour=10)
    model = Forecaster().fit(past)
    base = model.predict(days=4)[["queue", "start", "offered"]]
    busy = morning[["queue", "start"]].merge(base, on=["queue", "start"])
    busy["offered"] = (1.2 * busy["offered"]).round()
    alone = model.update(busy[busy["queue"] == "q"], days=1)
    joint = model.update(busy, days=1)
    mine, other = (t[t["queue"] == "q"] for t in (joint, alone))
    assert (mine["offered"].to_numpy() > 1.01 * other["offered"].to_numpy()).all()
    width, wide = ((t["offered_q0.9"] - t["offered_q0.1"]).sum() / t["offered"].sum() for t in (mine, other))
    assert width < wide
    calm = busy.assign(offered=busy["offered"].where(busy["queue"] == "q", (busy["offered"] / 1.2).round()))
    tempered = model.update(calm, days=1)
    assert tempered[tempered["queue"] == "q"]["offered"].sum() < other["offered"].sum()


def test_paths_after_an_update_are_those_of_the_updated_forecast():
    history = _bank(lambda rng, n: 0.0, between=0.15)
    both = pd.concat([history, history.assign(queue="r")], ignore_index=True)
    past, morning, rest = _split(both)
    model = Forecaster().fit(past)
    busy = morning.assign(offered=1.3 * morning["offered"])
    forecast = model.update(busy, days=4)
    paths = model.simulate(days=4, so_far=busy, paths=800)
    rate = paths["rate"].to_numpy().reshape(800, len(forecast))
    assert paths["start"].min() == rest["start"].min()
    np.testing.assert_allclose(rate.mean(axis=0), forecast["offered"], rtol=0.03)
    today = (forecast["start"] <= rest["start"].max()).to_numpy()
    before = model.simulate(starts=pd.DatetimeIndex(rest["start"].unique()), paths=800)
    spread = [np.log(r).std(axis=0).mean() for r in (before["rate"].to_numpy().reshape(800, -1), rate[:, today])]
    assert spread[1] < 0.8 * spread[0]  # the morning told a part of the day's doubt
    counts = np.random.default_rng(0).poisson(rate)
    for level in (0.1, 0.9):
        drawn = np.quantile(counts, level, axis=0)
        np.testing.assert_allclose(drawn, forecast[f"offered_q{level:g}"], rtol=0.1, atol=6)
    of_queue = [rate[:, today & (forecast["queue"] == q).to_numpy()].sum(axis=1) for q in ("q", "r")]
    assert np.corrcoef(of_queue)[0, 1] > 0.5  # twins stay busy together


@pytest.mark.parametrize(("per_day", "least", "most"), [(5, 0.0, 0.1), (5000, 0.9, 1.0)])
def test_a_large_centre_carries_on_nearly_all_and_a_tiny_one_nearly_nothing(per_day, least, most):
    history = _bank(lambda rng, n: 0.0, between=0.1)
    rng = np.random.default_rng(3)
    few = history.assign(offered=rng.poisson(history["offered"] * per_day / 8200).astype(float))
    past, morning, rest = _split(few)
    model = Forecaster().fit(past)
    whole = model.predict(days=4).set_index("start")["offered"]
    high = morning.assign(offered=1.1 * whole[morning["start"]].to_numpy())
    raised = model.update(high, days=1).set_index("start")["offered"]
    carry = model.models_["q"].carry
    share = carry.factor(0.5, per_day, variance=carry.usual)
    assert least <= share <= most
    found = np.log(raised.sum() / whole[rest["start"]].sum()) / np.log(1.1)
    assert found == pytest.approx(share, abs=0.15)


def test_a_wild_morning_tells_of_its_day_and_little_of_later_days():
    walk = np.cumsum(np.random.default_rng(1).normal(0, 0.05, 170))
    past, morning, rest = _split(_bank(lambda _, n: (walk[:n] - walk[:n].mean())[:, None]))
    model = Forecaster().fit(past)
    before = model.predict(days=4).set_index("start")["offered"]
    base = before[morning["start"]].to_numpy()
    high, wild = (model.update(morning.assign(offered=f * base), days=4) for f in (1.1, 2.0))
    tomorrow = high["start"] > rest["start"].max()
    lifts = [(t["offered"].to_numpy() / before[t["start"]].to_numpy()) for t in (high, wild)]
    assert lifts[1][~tomorrow].mean() > 1.7
    assert lifts[1][tomorrow].mean() < lifts[0][tomorrow].mean()


def test_a_wild_morning_tells_less_of_its_day_where_days_change_their_shape():
    def within(rng, days):
        tilt = np.outer(rng.normal(0, 0.1, days), np.where(np.arange(10) < 4, 1.0, -0.6))
        return tilt + rng.normal(0, 0.1, days)[:, None]

    past, morning, rest = _split(_bank(within))
    model = Forecaster().fit(past)
    before = model.predict(days=4).set_index("start")["offered"]
    base = before[morning["start"]].to_numpy()
    tables = (model.update(morning.assign(offered=f * base), days=1) for f in (1.1, 4.0))
    taken = [np.log(t["offered"].sum() / before[rest["start"]].sum()) for t in tables]
    usual, wild = taken[0] / np.log(1.1), taken[1] / np.log(4.0)
    assert 0.02 < wild < 0.7 * usual


def test_an_update_may_be_asked_for_some_starts_only():
    past, morning, rest = _split(_bank(lambda rng, n: 0.0, between=0.15))
    model = Forecaster().fit(past)
    whole = model.update(morning, days=1).iloc[2:].reset_index(drop=True)
    some = model.update(morning, starts=pd.DatetimeIndex([*morning["start"], *rest["start"][2:]]))
    pd.testing.assert_frame_equal(some, whole)


@pytest.mark.parametrize(("between", "gains"), [(0.15, True), (0.0, False)])
def test_the_backtest_says_what_an_update_is_worth(between, gains):
    history = _bank(lambda rng, n: 0.0, between=between, days=140)
    found = backtest_update(Forecaster(), history, origins=6, at=("11:00", "14:00"), days=3)
    assert found["part"].unique().tolist() == ["rest of the day", "days after"]
    today = found[found["part"] == "rest of the day"]
    before, after, ratio = (np.average(today[f"wape_{w}"], weights=today["n"]) for w in ("before", "after", "ratio"))
    assert after < (0.85 if gains else 1.02) * before
    assert after < ratio or gains
    assert (today["noise_floor"] < 0.06).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_on_the_synthetic_bank_an_update_takes_away_error_of_the_rest_of_the_day():
    bank = wfm.datasets.bank(seed=1)
    recent = bank.history[bank.history["start"] >= "2026-03-01"]
    chat = recent[recent["queue"] == "chat"].reset_index(drop=True)
    model = Forecaster(calendar=bank.calendar, events=bank.events)
    found = backtest_update(model, chat, origins=20, at=("11:00", "14:00"))
    error = found.groupby("part")[["wape_before", "wape_after", "wape_ratio"]].mean()
    assert error.loc["rest of the day", "wape_after"] < 0.97 * error.loc["rest of the day", "wape_before"]
    assert error.loc["rest of the day", "wape_after"] < error.loc["rest of the day", "wape_ratio"]
    assert error.loc["days after", "wape_after"] < 1.005 * error.loc["days after", "wape_before"]


def test_what_cannot_be_an_update_is_refused():
    history = _bank(lambda rng, n: 0.0)
    past, morning, rest = _split(history)
    model = Forecaster().fit(past)
    for wrong in (past.tail(3), pd.concat([morning, rest.assign(start=rest["start"] + pd.Timedelta(days=1))])):
        with pytest.raises(DataError, match=r"so_far must hold the first hours of one day after history.*refit"):
            model.update(wrong.reset_index(drop=True))
    with pytest.raises(DataError, match="got no row with contacts"):
        model.update(morning.assign(offered=np.nan))
    with pytest.raises(SettingError, match="days"):
        model.update(morning, days=0)
    with pytest.raises(DataError, match=r"so_far names queue 'Q', which history does not hold; it holds 'q'"):
        model.update(morning.assign(queue="Q"))
    with pytest.raises(SettingError, match="learned nothing yet"):
        Forecaster().update(morning)


def test_rows_of_closed_hours_say_nothing_of_the_rest_of_the_day():
    past, morning, _ = _split(_bank(lambda rng, n: 0.0, between=0.15))
    model = Forecaster().fit(past)
    day = morning["start"].min().normalize()
    night = pd.DataFrame({"queue": "q", "start": pd.date_range(day, periods=8, freq="h"), "offered": 0.0})
    early = night.tail(1).assign(offered=40.0)
    known = model.update(morning, days=2)
    for more in (night, early):
        pd.testing.assert_frame_equal(model.update(pd.concat([more, morning], ignore_index=True), days=2), known)
    nothing_yet = model.update(night, days=1)
    pd.testing.assert_frame_equal(nothing_yet, model.predict(starts=pd.DatetimeIndex(nothing_yet["start"])))
