"""Pay days and billing days: where they fall, where they move, how far a day is from them."""

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import FAR, Calendar
from wfm.errors import SettingError
from wfm.recurring import MonthlyDay

SUMMER = pd.date_range("2026-07-01", "2026-08-31")


def days_of(rule, **kinds):
    calendar = Calendar(recurring={"it": rule}, **kinds)
    return [f"{day:%m-%d}" for day in SUMMER[calendar.from_recurring(SUMMER, "it") == 0]]


@pytest.mark.parametrize(
    ("rule", "falls"),
    [
        (MonthlyDay(day=25), ["07-25", "08-25"]),  # 25 July 2026 is a Saturday
        (MonthlyDay(day=25, moved="before"), ["07-24", "08-25"]),
        (MonthlyDay(day=25, moved="after"), ["07-27", "08-25"]),
        (MonthlyDay(day="last"), ["07-31", "08-31"]),
        (MonthlyDay(day=31), ["07-31", "08-31"]),
        (1, ["07-01", "08-01"]),
        (["2026-07-09", "2026-08-11"], ["07-09", "08-11"]),
    ],
)
def test_a_recurring_day_falls_where_its_rule_says(rule, falls):
    assert days_of(rule) == falls


def test_it_moves_past_holidays_and_closed_days_too():
    kinds = {"holidays": {"2026-07-24": "Fair"}, "closed": ["2026-07-23"]}
    assert days_of(MonthlyDay(day=25, moved="before"), **kinds) == ["07-22", "08-25"]


def test_a_month_that_is_too_short_has_it_on_its_last_day():
    february = pd.date_range("2027-02-01", "2027-02-28")
    away = Calendar(recurring={"rent": MonthlyDay(day=30)}).from_recurring(february, "rent")
    assert february[away == 0].day.tolist() == [28]


def test_the_day_is_counted_in_the_reckoning_of_the_calendar():
    days = pd.date_range("2026-11-18", "2026-11-26")
    away = Calendar(months="solar-hijri", recurring={"wages": 1}).from_recurring(days, "wages")
    assert str(days[away == 0][0].date()) == "2026-11-22"  # 1 Azar 1405


def test_distance_is_to_the_nearest_one_before_or_after():
    calendar = Calendar(recurring={"bill": ["2026-07-10", "2026-07-20"]})
    assert calendar.from_recurring(pd.date_range("2026-07-08", periods=15), "bill").tolist() == [
        -2, -1, 0, 1, 2, 3, 4, 5, -4, -3, -2, -1, 0, 1, 2,
    ]  # fmt: skip


def test_far_from_every_date_there_is_none():
    calendar = Calendar(recurring={"bill": ["2020-01-01"], "none": []})
    assert (calendar.from_recurring(SUMMER, "bill") == FAR).all()
    assert (calendar.from_recurring(SUMMER, "none") == FAR).all()


@pytest.mark.parametrize("day", [0, 32, True, 1.5, "first"])
def test_a_day_that_no_month_has_is_refused(day):
    with pytest.raises(SettingError, match=r"day must be a whole number 1-31 or 'last', got"):
        MonthlyDay(day=day)


def test_a_word_for_moving_that_nobody_knows_is_refused():
    with pytest.raises(SettingError, match="moved must be one of 'not', 'before', 'after'"):
        MonthlyDay(day=1, moved="sideways")


def test_what_is_neither_rule_nor_dates_is_refused():
    with pytest.raises(SettingError, match=r"recurring\.wages must be a MonthlyDay, a day of the month or a list"):
        Calendar(recurring={"wages": "25th"})


def test_a_span_in_which_nobody_works_has_it_where_it_stands():
    at = MonthlyDay(day=3, moved="before").falls(np.arange(1, 11), np.full(10, 30), np.zeros(10, dtype=bool))
    assert at.tolist() == [2]


def test_a_rule_may_be_written_as_in_the_weeks_file():
    written = Calendar(recurring={"wages": {"day": 25, "moved": "before"}})
    assert written.recurring["wages"] == MonthlyDay(day=25, moved="before")
