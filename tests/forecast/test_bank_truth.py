"""The synthetic bank knows its truth: what the forecaster learns from it must hold it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.datasets import bank
from wfm.forecast import Forecaster, SameWeekday


def _voice(found):
    return found.history[found.history["queue"] == "voice"].reset_index(drop=True)


def _month_start(seed):
    found = bank(seed, service=False)
    effects = Forecaster(calendar=found.calendar, events=found.events).fit(_voice(found)).effects("month_day")
    effects = effects[effects["name"].isin(list("123456"))]
    return effects.assign(truth=effects["name"].astype(int).map(found.truth.month_start))


@pytest.mark.slow
def test_month_start_effects_lie_in_their_intervals_and_the_intervals_are_narrow():
    found = pd.concat([_month_start(seed) for seed in range(20)])
    inside = (found["truth"] >= found["low"]) & (found["truth"] <= found["high"])
    assert 0.80 <= inside.mean() <= 0.98
    assert ((found["high"] - found["low"]) < 0.5 * found["truth"]).all()


def _of_the_sum(seed):
    """Ramadan, the launches at their peaks and the mix of the last day of history and four weeks on, with the truth.

    Launches are felt by calls and chats; tickets are busy on the same days, and know of no launch.
    """
    found = bank(seed, service=False)
    streams = {"live": ("voice", "chat")}
    model = Forecaster(calendar=found.calendar, events=found.events, streams=streams).fit(found.history)
    season = model.effects("season", of="sums").query("name == 'ramadan'").assign(truth=found.truth.ramadan)
    peaks = {effect.event.name: np.log1p(effect.peak) for effect in found.truth.events}
    launch = pd.concat([model.effects("event", of="sums"), model.effects("event")])
    launch = launch[launch["name"].isin(["Card 1", "Mobile wallet"]) & (launch["queue"] != "tickets")]
    launch = launch.assign(truth=launch["name"].map(peaks), kind="launch, " + launch["queue"])
    return pd.concat([season, launch, _mix(model, found)], ignore_index=True)


def _mix(model, found):
    """Chat's share of live contacts on coming days, by the paths of its sum with voice."""
    days = [found.future["start"].min().normalize() + pd.Timedelta(days=ahead) for ahead in (6, 27)]
    starts = pd.DatetimeIndex([day + pd.Timedelta(minutes=30 * slot) for day in days for slot in range(48)])
    paths = model.simulate(starts=starts, paths=400).assign(day=lambda t: t["start"].dt.normalize())
    rates = paths.pivot_table("rate", ["day", "path"], "queue", aggfunc="sum")[["voice", "chat"]]
    share = (rates["chat"] / rates.sum(axis=1)).groupby("day")
    return pd.DataFrame(
        {
            "kind": "mix",
            "low": share.quantile(0.05).to_numpy(),
            "high": share.quantile(0.95).to_numpy(),
            "truth": found.truth.days.set_index("start").loc[days, "chat_share"].to_numpy(),
        }
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_ramadan_launches_and_the_mix_lie_in_their_intervals():
    found = pd.concat([_of_the_sum(seed) for seed in range(20)], ignore_index=True)
    found["inside"] = (found["truth"] >= found["low"]) & (found["truth"] <= found["high"])
    by_kind = found.groupby("kind")["inside"].mean()
    assert (by_kind >= 0.80).all(), by_kind
    width = ((found["high"] - found["low"]) / found["truth"].abs()).groupby(found["kind"]).mean()
    assert width["mix"] < 0.5
    assert width["season"] < 0.62
    assert width["launch, live"] < 0.5
    assert max(width["launch, voice"], width["launch, chat"]) < 0.54


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_three_ramadans_tell_what_a_ramadan_does_within_a_quarter_of_it():
    rows = []
    for seed in range(10):
        found = bank(seed, weeks=143, service=False)
        live = (
            found.history[found.history["queue"] != "tickets"]
            .groupby(["start", "end"], as_index=False)["offered"]
            .sum()
        )
        model = Forecaster(calendar=found.calendar, events=found.events).fit(live.assign(queue="voice"))
        season = model.effects("season").set_index("name").loc["ramadan"]
        truth = found.truth.ramadan
        rows.append((season["low"] <= truth <= season["high"], (season["high"] - season["low"]) / abs(truth)))
    inside, width = np.mean(rows, axis=0)
    assert inside >= 0.80
    assert width < 0.52


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_a_launch_that_is_announced_lifts_the_right_days():
    found = bank(0, service=False)
    effect = next(one for one in found.truth.events if one.event.name == "Card 2")
    model = Forecaster(calendar=found.calendar, events=found.events).fit(_voice(found))
    first = found.future["start"].min().normalize()
    told = model.explain(starts=pd.date_range(first, periods=35 * 48, freq="30min"))
    lift = told[told["component"] == "event:Card 2"].set_index("day")["factor"]
    starts = pd.date_range(first, periods=35 * 48, freq="30min")
    truth = pd.Series(effect.factor(starts), index=starts).groupby(starts.normalize()).mean()
    assert (lift[: effect.event.start.normalize() - pd.Timedelta(days=1)] == 1).all()
    assert lift.idxmax() == truth.idxmax()
    assert np.corrcoef(lift, truth)[0, 1] > 0.9
    assert lift.max() == pytest.approx(truth.max(), abs=0.06)


@pytest.mark.slow
def test_the_month_start_week_is_seen_coming():
    found = bank(0, service=False)
    came = found.future[found.future["queue"] == "voice"].reset_index(drop=True)
    came = came[came["start"] < came["start"].min() + pd.Timedelta(days=28)]
    starts = pd.DatetimeIndex(came["start"])
    errors = {}
    for name, model in {
        "own": Forecaster(calendar=found.calendar, events=found.events),
        "simple": SameWeekday(weeks=6),
    }.items():
        forecast = model.fit(_voice(found)).predict(starts=starts)["offered"].to_numpy()
        daily = (
            pd.DataFrame({"forecast": forecast, "came": came["offered"].to_numpy()}).groupby(starts.normalize()).sum()
        )
        errors[name] = float((daily["forecast"] - daily["came"]).abs().sum() / daily["came"].sum())
    assert errors["own"] < 0.08
    assert errors["own"] < 0.6 * errors["simple"]
