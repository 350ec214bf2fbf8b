"""No calls, no data and closed are three things."""

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.history import inspect_history, read_history

HOURS = {"mon-fri": "08:00-10:00"}


def days(first="2026-11-02", weeks=3, spans=("08:00", "09:30"), freq="30min"):
    starts = pd.DatetimeIndex(
        [
            s
            for day in pd.bdate_range(first, periods=5 * weeks)
            for s in pd.date_range(f"{day:%Y-%m-%d} {spans[0]}", f"{day:%Y-%m-%d} {spans[1]}", freq=freq)
        ]
    )
    return pd.DataFrame({"start": starts, "offered": 5.0})


def without(table, *starts):
    return table[~table["start"].astype(str).str.startswith(starts)]


def at(history, start):
    return history.set_index("start")["offered"].loc[pd.Timestamp(start)]


@pytest.mark.parametrize(
    ("absent", "slot", "day"), [("auto", 0.0, np.nan), ("zero", 0.0, 0.0), ("missing", np.nan, np.nan)]
)
@pytest.mark.parametrize("hours", [HOURS, None])
def test_a_missing_row_is_what_absent_says(absent, slot, day, hours):
    table = without(days(), "2026-11-04 08:30", "2026-11-10")
    history = read_history(table, hours=hours, absent=absent)
    np.testing.assert_equal(at(history, "2026-11-04 08:30"), slot)
    np.testing.assert_equal(at(history, "2026-11-10 09:00"), day)
    assert len(history) == 60


def test_a_file_that_writes_its_zeros_leaves_out_what_it_does_not_know():
    table = without(days(), "2026-11-04 08:30")
    table.loc[table.index[0], "offered"] = 0.0
    assert np.isnan(at(read_history(table, hours=HOURS), "2026-11-04 08:30"))


def test_closed_times_have_no_rows_and_their_contacts_are_counted():
    reading = inspect_history(days(spans=("07:30", "10:30")), hours=HOURS)
    assert reading.history["start"].dt.strftime("%H:%M").unique().tolist() == ["08:00", "08:30", "09:00", "09:30"]
    closed = reading.report[reading.report["what"].str.contains("outside opening hours")].iloc[0]
    assert (closed["rows"], "with 225 contacts" in closed["what"]) == (45, True)


def test_closed_days_of_the_calendar_are_not_missing():
    table = without(days(), "2026-11-10")
    for how in ({"hours": HOURS}, {}):
        history = read_history(table, calendar=Calendar(closed=["2026-11-10"]), **how)
        assert history["offered"].notna().all()


def test_every_choice_is_counted():
    report = inspect_history(without(days(), "2026-11-04 08:30", "2026-11-10"), hours=HOURS).report
    counted = report[report["kind"] == "counted"]
    assert counted["rows"].tolist() == [1, 4, 4]
    assert counted["what"].iloc[2] == "weeks with whole days without data: from 2026-11-09 (1)"
    assert "1 whole day(s)" in counted["what"].iloc[1]


def test_hours_that_opened_later_are_not_zeros_before():
    table = pd.concat([days(weeks=6), days("2026-12-14", weeks=6, spans=("08:00", "11:30"))])
    history = read_history(table)
    early = history[history["start"] < "2026-12-14"]
    assert early["start"].dt.strftime("%H:%M").max() == "09:30"
    assert len(history) == len(table)


def test_a_hole_in_a_file_of_one_week_is_told_by_the_other_days():
    history = read_history(without(days(weeks=1), "2026-11-03 08:30"))
    assert at(history, "2026-11-03 08:30") == 0.0


def test_stray_contacts_at_night_do_not_open_the_night():
    stray = pd.DataFrame({"start": pd.to_datetime(["2026-11-03 03:00", "2026-12-01 03:00"]), "offered": 1.0})
    history = read_history(pd.concat([days(weeks=20), stray]))
    assert len(history) == 20 * 5 * 4 + 2


def test_nothing_is_filled_before_the_first_or_after_the_last_row():
    table = days().iloc[2:-3]
    history = read_history(table, hours=HOURS)
    assert (history["start"].iloc[0], history["start"].iloc[-1]) == (table["start"].iloc[0], table["start"].iloc[-1])


def test_hours_across_midnight_are_open():
    starts = pd.date_range("2026-11-02 22:00", "2026-11-04 01:00", freq="h")
    table = pd.DataFrame({"start": starts, "offered": 1.0})
    history = read_history(table, hours="22:00-02:00")
    assert history["start"].dt.hour.tolist() == [22, 23, 0, 1, 22, 23, 0, 1]


def test_an_interval_that_is_open_in_part_is_open():
    table = pd.DataFrame({"start": pd.date_range("2026-11-02 06:00", periods=6, freq="h"), "offered": 1.0})
    assert read_history(table, hours="07:30-09:15")["start"].dt.hour.tolist() == [7, 8, 9]


def test_daily_rows_are_open_on_days_with_hours():
    table = pd.DataFrame({"date": pd.date_range("2026-11-02", periods=14), "offered": 100.0})
    assert len(read_history(table, hours=HOURS)) == 10
    gap = read_history(table.drop(index=2), hours=HOURS)
    assert np.isnan(at(gap, "2026-11-04"))


def test_each_queue_has_its_own_first_and_last_row():
    table = pd.concat([days(weeks=3).assign(queue="old"), days("2026-11-16", weeks=1).assign(queue="new")])
    history = read_history(without(table, "2026-11-17"), hours=HOURS)
    assert history.groupby("queue").size().to_dict() == {"new": 20, "old": 60}


def test_contact_by_contact_data_have_zeros_without_saying_so():
    arrivals = days()["start"].iloc[[0, 1, 3, 4, 7, 8, 20, 59]]
    table = pd.DataFrame({"arrival": arrivals, "outcome": "answered"})
    history = read_history(table, hours=HOURS)
    assert at(history, "2026-11-02 09:00") == 0.0
    assert np.isnan(at(history, "2026-11-05 08:00"))
    assert len(history) == 60


def test_what_comes_outside_opening_hours_can_wait_for_the_next_opening():
    starts = pd.date_range("2026-11-02", "2026-11-16", freq="30min", inclusive="left")  # two weeks from Monday on
    table = pd.DataFrame({"start": starts, "offered": 1.0, "aht": 60.0})
    reading = inspect_history(table, hours=HOURS, outside="wait")
    history = reading.history
    assert at(history, "2026-11-02 08:00") == 17  # since midnight
    assert at(history, "2026-11-03 08:00") == 48 - 4 + 1
    assert at(history, "2026-11-09 08:00") == 3 * 48 - 4 + 1  # since Friday
    assert at(history, "2026-11-09 08:30") == 1
    assert history["start"].max() == pd.Timestamp("2026-11-13 09:30")  # what comes later still waits
    assert history["offered"].sum() == (pd.Timestamp("2026-11-13 10:00") - starts[0]) / pd.Timedelta("30min")
    assert (history["aht"] == 60).all()
    assert "wait for the next opening: 632" in reading.summary()
    arrivals = starts + pd.Timedelta(minutes=7)
    one_by_one = read_history(pd.DataFrame({"arrival": arrivals, "wait": 1.0}), hours=HOURS, outside="wait")
    pd.testing.assert_series_equal(one_by_one["offered"], history["offered"])


def test_a_file_that_does_not_say_what_was_answered_keeps_its_handle_times_when_contacts_wait():
    starts = pd.date_range("2026-11-02", "2026-11-16", freq="30min", inclusive="left")
    table = pd.DataFrame({"start": starts, "offered": 1.0, "answered": np.nan, "aht": 60.0})
    for hours in (HOURS, "24x7"):
        history = read_history(table, hours=hours, outside="wait")
        assert (history["aht"] == 60).all()
