"""Work that arises from contacts: how much, when, and due when."""

import numpy as np
import pandas as pd
import pytest

from wfm.erlang.deferred.delays import Delay
from wfm.erlang.deferred.derived import derived_forecast, derived_work
from wfm.errors import DataError, SettingError
from wfm.hours import OpeningHours
from wfm.tables import FORECAST, WORK, check


def calls(**more) -> pd.DataFrame:
    starts = pd.date_range("2026-11-21", periods=96, freq="30min")
    shape = np.exp(-0.5 * ((np.asarray(starts.hour) - 12) / 4) ** 2)
    return pd.DataFrame({"queue": "voice", "start": starts, "offered": 100 * shape, "aht": 240.0}).assign(**more)


def test_a_share_of_the_answered_is_reviewed():
    found = derived_forecast(calls(), queue="reviews", share=0.05, aht="4min", of_handle=1.0, answered=0.95)
    pd.testing.assert_frame_equal(check(found, FORECAST), found)
    np.testing.assert_allclose(found["offered"], 0.05 * 0.95 * calls()["offered"])
    np.testing.assert_allclose(found["aht"], 480.0)
    by_table = derived_forecast(calls(abandon_rate=0.05), queue="reviews", share=0.05, aht="8min")
    np.testing.assert_allclose(by_table["offered"], found["offered"])


def test_work_is_due_in_opening_hours():
    hours = OpeningHours.read("08:00-16:00")
    starts = pd.date_range("2026-11-21", periods=96, freq="30min")
    open_ = starts[hours.is_open(starts)]
    todo = derived_work(calls(), queue="reviews", share=0.05, aht="10min", within="8h", open_starts=open_, hours=hours)
    pd.testing.assert_frame_equal(check(todo, WORK), todo)
    assert todo["release"].isin(open_).all()
    first = todo[todo["release"] == pd.Timestamp("2026-11-21 10:00")]
    assert first["due"].tolist() == [pd.Timestamp("2026-11-22 10:00")]
    offered = calls().loc[lambda t: t["start"] < "2026-11-22 16:00", "offered"].sum()
    assert todo["agent_hours"].sum() == pytest.approx(offered * 0.05 / 6)


def test_satisfaction_calls_come_later_and_none_is_lost():
    later = Delay(mean="2h", law="lognormal", spread=0.5)
    found = derived_forecast(calls(), queue="survey", share=0.2, aht=90, delay=later, beyond=True)
    assert found["offered"].sum() == pytest.approx(0.2 * calls()["offered"].sum(), rel=1e-6)
    middle = [(t["offered"] @ np.arange(len(t))) / t["offered"].sum() for t in (calls(), found)]
    assert (middle[1] - middle[0]) * 0.5 == pytest.approx(2.0, abs=0.02)
    assert len(found) > len(calls())
    np.testing.assert_allclose(found["aht"], 90.0)


def test_contacts_one_by_one_give_the_same():
    rng = np.random.default_rng(5)
    contacts = pd.DataFrame(
        {
            "queue": "voice",
            "arrival": pd.Timestamp("2026-11-21 09:00") + pd.to_timedelta(rng.uniform(0, 3600, 400), unit="s"),
            "wait": 10.0,
            "outcome": np.where(np.arange(400) % 4 == 0, "abandoned", "answered"),
            "handle": np.where(np.arange(400) % 2 == 0, 100.0, 300.0),
        }
    )
    found = derived_forecast(contacts, queue="reviews", share=0.1, of_handle=0.5, interval="30min")
    assert found["offered"].sum() == pytest.approx(30.0)
    answered = contacts[contacts["outcome"] == "answered"]
    assert found["offered"] @ found["aht"] == pytest.approx(0.1 * 0.5 * answered["handle"].sum())
    assert found["start"].min() == pd.Timestamp("2026-11-21 09:00")
    last = (contacts["arrival"] + pd.to_timedelta(310, unit="s")).max()
    assert found["end"].max() >= last - pd.Timedelta("10min")


def test_wrong_questions_are_refused():
    with pytest.raises(DataError, match=r"aht of the derived queue 'x' is missing"):
        derived_forecast(calls(), queue="x", share=0.1)
    with pytest.raises(SettingError, match=r"share must be a fraction in \[0, 1\], got 5"):
        derived_forecast(calls(), queue="x", share=5, aht=60)
    nobody = pd.DataFrame({"queue": "voice", "arrival": pd.to_datetime(["2026-11-21"]), "outcome": "abandoned"})
    with pytest.raises(DataError, match=r"contacts hold nobody who was answered"):
        derived_forecast(nobody, queue="x", share=0.1, aht=60)
