import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wfm
from wfm import Calendar, OpeningHours


def test_a_later_entry_wins():
    hours = OpeningHours.read(
        [
            {"days": "all", "open": "07:00-23:00"},
            {"days": "fri", "open": "08:00-20:00"},
            {"from": "2027-02-08", "until": "2027-03-09", "days": "all", "open": "08:00-22:00"},
        ]
    )
    assert hours.of("2027-02-05") == ((28800.0, 72000.0),)
    assert hours.of("2027-02-12") == ((28800.0, 79200.0),)
    assert hours.of("2027-03-10") == ((25200.0, 82800.0),)


def test_round_the_clock_has_every_interval():
    assert len(OpeningHours.always().starts("2026-11-21", 7, 900)) == 672
    assert len(OpeningHours.read("24x7").starts("2026-11-21", 7, 1800)) == 336


def test_hours_across_midnight_reach_into_the_next_day():
    hours = OpeningHours.read({"fri": "20:00-04:00"})
    starts = hours.starts("2026-11-27", 2, 3600)
    assert starts[0] == pd.Timestamp("2026-11-27 20:00")
    assert starts[-1] == pd.Timestamp("2026-11-28 03:00")
    assert len(starts) == 8


def test_a_closure_of_the_calendar_closes_the_day_but_a_holiday_does_not():
    calendar = Calendar(closed=["2026-11-24"], holidays=["2026-11-25"])
    hours = OpeningHours.read("08:00-18:00", calendar=calendar)
    assert hours.of("2026-11-24") == ()
    assert hours.of("2026-11-25") == ((28800.0, 64800.0),)


def test_holidays_may_have_hours_of_their_own():
    calendar = Calendar(holidays=["2026-11-25"])
    hours = OpeningHours.read(
        [{"days": "all", "open": "08:00-18:00"}, {"days": "holidays", "open": "closed"}], calendar=calendar
    )
    assert hours.of("2026-11-25") == ()
    assert hours.of("2026-11-26") == ((28800.0, 64800.0),)


def test_a_lunch_closure_leaves_two_spans():
    hours = OpeningHours.read({"mon-fri": ["08:00-12:00", "13:00-17:00"]})
    assert len(hours.starts("2026-11-23", 1, 1800)) == 16


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 47), st.integers(1, 47))
def test_the_open_time_of_a_day_is_as_long_as_its_span(begin, length):
    close = (begin + length) % 48
    text = f"{begin // 2:02d}:{begin % 2 * 30:02d}-{close // 2:02d}:{close % 2 * 30:02d}"
    starts = OpeningHours.read(text).starts("2026-11-21", 7, 1800)
    carried = max(0, begin + length - 48)
    assert len(starts) == 7 * length - carried + carried  # what the last day carries out, the day before carried in
    assert np.all(np.diff(starts.to_numpy()) >= np.timedelta64(1800, "s"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("22:30", "must be a span such as"),
        ({"mon": "8-17"}, "must be a span"),
        ({"montag": "08:00-17:00"}, "Did you mean"),
        ([{"days": "all"}], "must have `days` and `open`"),
        ({"mon": "08:00-08:00"}, "some length"),
        ([{"days": "all", "open": "24h", "form": "2026-01-01"}], "got 'form'"),
        ([{"days": "all", "open": "24h", "from": "2026-02-01", "until": "2026-01-01"}], "must not lie before from"),
    ],
)
def test_unreadable_hours_are_refused_with_an_example(value, message):
    with pytest.raises(wfm.SettingError, match=message):
        OpeningHours.read(value)
