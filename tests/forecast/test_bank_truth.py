"""The synthetic bank knows its truth: what the forecaster learns from it must hold it."""

from __future__ import annotations

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
