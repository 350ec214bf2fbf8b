from __future__ import annotations

import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.forecast.learned.days import DayReader, closures


def _reader(calendar, days="2025-03-01/2026-03-01", weekdays=range(7)):
    first, last = days.split("/")
    span = pd.date_range(first, last)
    return DayReader.of(calendar, span[span.day_of_week.isin(list(weekdays))])


@pytest.mark.parametrize(
    ("month_begins", "first_day_with_effect", "why"),
    [
        ("2025-10-23", "2025-10-25", "1 Aban 1404 is a Thursday: the start moves over the weekend"),
        ("2025-11-22", "2025-11-22", "1 Azar 1404 is a Saturday"),
        ("2025-09-23", "2025-09-24", "1 Mehr 1404 is made a holiday below"),
    ],
)
def test_the_month_starts_on_its_first_working_day(month_begins, first_day_with_effect, why):
    calendar = Calendar(months="solar-hijri", weekend=("thu", "fri"), holidays={"2025-09-23": "Feast"})
    days = pd.date_range(month_begins, periods=12)
    since = pd.Series(_reader(calendar).read(days, days).since_start, index=days)
    assert since[since > 0].index[0] == pd.Timestamp(first_day_with_effect), why
    assert since[since > 0].tolist() == [1, 2, 3, 4, 5, 6]


def test_the_days_beside_a_closure_are_known_across_the_weekend():
    calendar = Calendar(closed=["2025-05-26"])  # a Monday
    reader = _reader(calendar, weekdays=range(5))
    days = pd.to_datetime(["2025-05-22", "2025-05-23", "2025-05-27", "2025-05-28"])
    features = reader.read(days, days)
    assert features.before_gap.tolist() == [0, 1, 0, 0]
    assert features.after_gap.tolist() == [0, 0, 1, 0]
    assert features.back_to_work.tolist() == [0, 0, 1, 0]


def test_work_resumes_after_the_weekend_that_follows_a_holiday():
    calendar = Calendar(weekend=("thu", "fri"), holidays={"2025-05-28": "Feast"})  # a Wednesday
    days = pd.date_range("2025-05-27", periods=6)  # open round the clock: Tue Wed Thu Fri Sat Sun
    features = _reader(calendar).read(days, days)
    assert features.after_gap.tolist() == [0, 0, 1, 0, 0, 0]
    assert features.back_to_work.tolist() == [0, 0, 0, 0, 1, 0]


def test_a_request_with_a_hole_says_closed_and_one_for_scattered_days_says_nothing():
    known, usual = pd.date_range("2025-05-01", "2025-05-09"), frozenset(range(5))
    week = pd.to_datetime(["2025-05-12", "2025-05-13", "2025-05-15", "2025-05-16"])
    assert pd.Timestamp("2025-05-14") not in closures(week, known, usual)
    assert pd.Timestamp("2025-05-14") in closures(week[[0, 3]], known, usual)


def test_a_date_is_at_the_same_place_of_every_year():
    days = pd.DatetimeIndex([f"{year}-{date}" for date in ("02-28", "03-01", "12-27") for year in (2023, 2024, 2025)])
    phase = _reader(Calendar(), "2023-01-01/2025-12-31").read(days, days).year_phase.reshape(3, 3)
    assert (phase == phase[:, :1]).all()
    assert (phase[0] < phase[1]).all()
