import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wfm
from wfm.calendars import Calendar, weekday_set

# Nowruz (1 Farvardin) in the Gregorian calendar: published almanac dates.
NOWRUZ = {
    1395: "2016-03-20",
    1399: "2020-03-20",
    1400: "2021-03-21",
    1403: "2024-03-20",
    1404: "2025-03-21",
    1405: "2026-03-21",
    1406: "2027-03-21",
    1408: "2029-03-20",
}


@pytest.mark.parametrize(("year", "day"), NOWRUZ.items())
def test_nowruz_is_the_first_of_farvardin(year, day):
    row = Calendar(months="solar-hijri").month_day(pd.DatetimeIndex([day])).iloc[0]
    assert (row.year, row.month, row.day) == (year, 1, 1)


def test_the_month_start_week_of_azar_holds_days_1_to_6():
    days = pd.date_range("2026-11-21", periods=7)
    found = Calendar(months="solar-hijri").month_day(days)
    assert found["day"].tolist() == [30, 1, 2, 3, 4, 5, 6]
    assert found["month"].tolist() == [8, 9, 9, 9, 9, 9, 9]


@settings(max_examples=60, deadline=None)
@given(st.dates(min_value=pd.Timestamp("1990-01-01").date(), max_value=pd.Timestamp("2060-01-01").date()))
def test_solar_hijri_days_read_back_as_themselves(day):
    calendar = Calendar(months="solar-hijri")
    row = calendar.month_day(pd.DatetimeIndex([day])).iloc[0]
    assert calendar.date(f"{row.year}/{row.month:02d}/{row.day:02d}") == pd.Timestamp(day)
    assert 29 <= row.length <= 31


def test_ramadan_1447_begins_on_18_february_2026_in_umm_al_qura():
    row = Calendar(months="hijri").month_day(pd.DatetimeIndex(["2026-02-18"])).iloc[0]
    assert (row.year, row.month, row.day) == (1447, 9, 1)


def test_months_follow_each_other_without_gap_in_every_reckoning():
    days = pd.date_range("2024-01-01", "2026-12-31")
    for months in ("gregorian", "solar-hijri", "hijri"):
        found = Calendar(months=months).month_day(days)
        first = found["day"].to_numpy() == 1
        assert (found["day"].to_numpy()[:-1][first[1:]] == found["length"].to_numpy()[:-1][first[1:]]).all()


def test_weekend_holiday_and_closure_are_three_things():
    calendar = Calendar(
        weekend=("thu", "fri"), holidays={"2026-11-24": "feast"}, closed=["2026-11-25"], workdays=["2026-11-26"]
    )
    days = pd.date_range("2026-11-24", periods=4)
    assert calendar.is_weekend(days).tolist() == [False, False, False, True]
    assert calendar.is_holiday(days).tolist() == [True, False, False, False]
    assert calendar.is_closed(days).tolist() == [False, True, False, False]


def test_own_holidays_win_over_those_of_the_country():
    pytest.importorskip("holidays")
    theirs = Calendar(country="DE")
    ours = Calendar(country="DE", holidays={"2026-10-03": None, "2026-10-05": "works outing"})
    days = pd.DatetimeIndex(["2026-10-03", "2026-10-05"])
    assert theirs.is_holiday(days).tolist() == [True, False]
    assert ours.is_holiday(days).tolist() == [False, True]


def test_seasons_are_dated():
    calendar = Calendar(seasons={"ramadan": [("2026-02-19", "2026-03-19")]})
    days = pd.DatetimeIndex(["2026-02-18", "2026-02-19", "2026-03-19 23:30", "2026-03-20"])
    assert calendar.in_season(days, "ramadan").tolist() == [False, True, True, False]


def test_seasons_may_be_a_table(tmp_path):
    (tmp_path / "school.csv").write_text(
        "name,start,last day\nsummer,2025-07-01,2025-08-11\nsummer,2026-07-01,2026-08-11\n"
    )
    table = wfm.read_table(tmp_path / "school.csv", wfm.tables.SEASONS)
    days = pd.DatetimeIndex(["2025-06-30", "2025-07-01", "2026-08-11 20:00", "2026-08-12"])
    assert Calendar(seasons=table).in_season(days, "summer").tolist() == [False, True, True, False]
    with pytest.raises(wfm.SettingError, match="seasons as a table has no column 'end'; it needs name, start and end"):
        Calendar(seasons=table.drop(columns="end"))
    for end in (None, "soon"):
        wrong = pd.DataFrame({"name": ["a", "b"], "start": "2026-07-01", "end": ["2026-08-01", end]})
        with pytest.raises(wfm.SettingError, match=r"seasons.end must be the day after .*, got .* in row 1"):
            Calendar(seasons=wrong)
    with pytest.raises(wfm.SettingError, match=r"seasons must map names to lists .* got \['summer'\]"):
        Calendar(seasons=["summer"])


def test_weeks_begin_where_the_calendar_says():
    assert Calendar(week_start="sat").week_of("2026-11-27") == pd.Timestamp("2026-11-21")
    assert Calendar(week_start="mon").week_of("2026-11-27") == pd.Timestamp("2026-11-23")


@pytest.mark.parametrize(
    ("words", "days"),
    [("all", range(7)), ("sat-wed", (5, 6, 0, 1, 2)), ("thu,fri", (3, 4)), (["mon", "wed-thu"], (0, 2, 3))],
)
def test_weekdays_are_read_as_planners_write_them(words, days):
    assert weekday_set(words) == frozenset(days)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"months": "solar"}, "months must be one of .* got 'solar'. Did you mean 'solar-hijri'"),
        ({"weekend": ("thur",)}, "weekend must be one of .* got 'thur'. Did you mean 'thu'"),
        ({"closed": ["2026-13-45"]}, "closed must be a date such as 2026-11-22, got '2026-13-45'"),
        ({"months": "solar-hijri", "closed": ["1405-12-30"]}, "Solar Hijri calendar .* got '1405-12-30'"),
        ({"seasons": {"x": [("2026-02-01", "2026-01-01")]}}, "seasons.x must end on or after"),
    ],
)
def test_a_wrong_calendar_is_refused_with_what_is_allowed(fields, message):
    with pytest.raises(wfm.SettingError, match=message):
        Calendar(**fields)
