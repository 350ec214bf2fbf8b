"""What a forecast says of days that history cannot have taught."""

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import WfmWarning
from wfm.events import Event
from wfm.forecast import Forecaster

STARTS = pd.date_range("2026-06-01", periods=84 * 12, freq="2h")  # until Sunday 2026-08-23
SEEN = "2026-07-15"


@pytest.fixture(scope="module")
def history():
    rate = 40.0 * np.where(STARTS.normalize() == SEEN, 0.6, 1.0)
    return pd.DataFrame({"queue": "voice", "start": STARTS, "offered": np.random.default_rng(0).poisson(rate)})


def model(history, *, holidays=(), events=()):
    return Forecaster(calendar=Calendar(holidays=dict(holidays)), events=events).fit(history)


def test_a_holiday_that_history_never_saw_is_named_with_what_it_is_taken_for(history):
    found = model(history, holidays={"2026-08-26": "New Feast"})
    says = r"never saw the service on 'Wed 26 Aug 2026 \(2026-08-26, New Feast\)'; it is forecast like an ordinary day"
    with pytest.warns(WfmWarning, match=says):
        found.predict(days=7)
    assert "New Feast" in found.notes(days=7)[0]
    assert found.notes(days=2) == ()


def test_a_new_holiday_beside_a_known_one_is_taken_for_its_like(history):
    found = model(history, holidays={SEEN: "Old Feast", "2026-08-26": "New Feast"})
    with pytest.warns(WfmWarning, match=r"New Feast.*forecast like the 1 other holiday\(s\) it did see"):
        found.predict(days=7)


def test_a_holiday_that_history_did_see_needs_no_word(history):
    found = model(history, holidays={SEEN: "Feast", "2026-08-26": "Feast"})
    assert len(found.predict(days=7)) == 84
    assert found.notes(days=7) == ()


def test_a_coming_event_kept_out_of_learning_is_said_to_move_nothing(history):
    coming = Event(kind="launch", name="Card", start="2026-08-25", volume=1.5, learn=False)
    found = model(history, events=[coming])
    with pytest.warns(WfmWarning, match="'Card' of queue 'voice' says learn: false, .* it moves nothing"):
        forecast = found.predict(days=7)
    pd.testing.assert_frame_equal(forecast, model(history).predict(days=7))


def test_a_size_without_a_past_one_is_said_to_change_nothing(history):
    past = Event(kind="mailing", name="May", start="2026-06-20")
    coming = Event(kind="mailing", name="June", start="2026-08-25", size=5000)
    with pytest.warns(WfmWarning, match="has the size 5000, and no past 'mailing' has one to compare it with"):
        model(history, events=[past, coming]).predict(days=7)


def test_what_a_size_does_to_the_lift_is_noted(history):
    past = Event(kind="mailing", name="May", start="2026-06-20", size=2000)
    coming = Event(kind="mailing", name="June", start="2026-08-25", size=5000)
    found = model(history, events=[past, coming])
    assert found.notes(days=7) == (
        "Event 'June' of queue 'voice': its size 5000 is 2.5 times that of 1 past 'mailing', and so is its lift.",
    )


def test_an_event_after_the_days_asked_for_is_not_spoken_of(history):
    later = Event(kind="launch", name="Card", start="2026-10-01", volume=1.5, learn=False)
    assert model(history, events=[later]).notes(days=7) == ()
