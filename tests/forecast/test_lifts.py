"""Events side by side: the days with them, the days without them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.events import Event
from wfm.forecast import Forecaster, event_lifts

STARTS = pd.date_range("2026-01-05", periods=120 * 24, freq="h")
PAST = [Event(kind="launch", name="Card 1", start="2026-03-03")]
COMING = Event(kind="launch", name="Card 2", start="2026-05-07 10:00")
TEXTS = Event(kind="text message", name="reminder", start="2026-05-08 09:00", end="2026-05-08 12:00", volume=1.5)
STRIKE = Event(kind="strike", name="strike", start="2026-05-09", volume=0.6, doubt=0.2)


def _history():
    rng = np.random.default_rng(3)
    since = np.asarray((STARTS - PAST[0].start).total_seconds()) / 86400
    lift = np.where(since > 0, 0.4 * np.clip(since, 0, 1) * 0.5 ** (np.maximum(since - 1, 0) / 6), 0.0)
    rate = 200 * np.exp(0.3 * np.sin(2 * np.pi * STARTS.hour / 24) + lift)
    return pd.DataFrame({"queue": "voice", "start": STARTS, "offered": rng.poisson(rate).astype(float)})


@pytest.fixture(scope="module")
def found():
    model = Forecaster(events=[*PAST, COMING, TEXTS, STRIKE]).fit(_history())
    return event_lifts(model, days=12), model


def _of(found, name):
    return found[0][found[0]["event"] == name].set_index("day")


def test_a_launch_lifts_its_days_as_a_forecast_that_knows_it_over_one_that_does_not(found):
    others = [*PAST, TEXTS, STRIKE]
    forecasts = (model.predict(days=12) for model in (found[1], Forecaster(events=others).fit(_history())))
    with_, without = (table.groupby(table["start"].dt.normalize())["offered"].sum() for table in forecasts)
    mine = _of(found, "Card 2")
    assert mine.index.min() == COMING.start.normalize()
    assert mine["offered"].to_numpy() == pytest.approx(with_[mine.index].to_numpy())
    assert mine["without"].to_numpy() == pytest.approx(without[mine.index].to_numpy(), rel=0.01)


def test_with_it_is_without_it_times_the_lift_and_the_lift_lies_in_its_interval(found):
    table = found[0]
    assert table["offered"].to_numpy() == pytest.approx((table["without"] * table["lift"]).to_numpy())
    assert (table["low"] < table["lift"]).all()
    assert (table["lift"] < table["high"]).all()


def test_an_event_of_hours_is_there_on_its_day(found):
    mine = _of(found, "reminder")
    assert mine.index.tolist() == [pd.Timestamp("2026-05-08")]
    assert 1.02 < mine["lift"].iloc[0] < 1.1


def test_what_is_stated_without_precedent_has_the_stated_doubt(found):
    mine = _of(found, "strike")
    at = mine["lift"].idxmin()
    assert mine.loc[at, "lift"] == pytest.approx(0.6, abs=0.07)
    assert np.log(mine.loc[at, "high"] / mine.loc[at, "low"]) == pytest.approx(3.29 * 0.2 * 0.51, rel=0.15)


def test_without_events_the_table_is_empty():
    assert event_lifts(Forecaster().fit(_history()), days=2).empty
