"""Clocks that jump: Europe/Berlin at night, Asia/Tehran at midnight, until 2022."""

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm.history import inspect_history, read_history


def half_hours(first, periods, zone, volume=1.0):
    """A file with explicit zones: every half hour of real time, written in UTC."""
    utc = pd.date_range(pd.Timestamp(first, tz=zone).tz_convert("UTC"), periods=periods, freq="30min")
    return pd.DataFrame({"start": utc.strftime("%Y-%m-%dT%H:%M:%SZ"), "offered": volume})


def total(report, words):
    return int(report.loc[report["what"].str.contains(words, regex=False), "rows"].sum())


# (zone, first moment, half hours, hour that came twice or None, hour that never was or None)
DAYS = [
    ("Europe/Berlin", "2026-03-29 00:00", 46, None, "2026-03-29 02:00"),
    ("Europe/Berlin", "2026-10-25 00:00", 50, "2026-10-25 02:00", None),
    ("Asia/Tehran", "2021-03-21 22:00", 8, None, "2021-03-22 00:00"),
    ("Asia/Tehran", "2022-03-21 22:00", 8, None, "2022-03-22 00:00"),
    ("Asia/Tehran", "2021-09-21 20:00", 12, "2021-09-21 23:00", None),
    ("Asia/Tehran", "2022-09-21 20:00", 12, "2022-09-21 23:00", None),
    ("Asia/Tehran", "2023-03-21 20:00", 12, None, None),
    ("Australia/Lord_Howe", "2026-04-05 00:00", 8, "2026-04-05 01:30", None),
]


@pytest.mark.parametrize(("zone", "first", "periods", "twice", "never"), DAYS)
def test_no_contact_is_lost_or_invented_when_the_clock_jumps(zone, first, periods, twice, never):
    reading = inspect_history(half_hours(first, periods, zone), timezone=zone)
    history = reading.history
    assert history["offered"].sum() == periods
    assert history["start"].is_unique
    if twice is not None:
        assert history.set_index("start").loc[pd.Timestamp(twice), "offered"] == 2.0
        assert total(reading.report, "came twice by the clock merged") >= 1
    if never is not None:
        assert pd.Timestamp(never) not in set(history["start"])
    if twice is None:
        assert (history["offered"] == 1.0).all()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tehran", "+02:00", "UTC"])
def test_a_column_of_times_that_names_its_zone_is_read_by_the_clock_of_that_zone(zone):
    starts = pd.date_range("2021-02-01 08:00", periods=90, freq="D", tz=zone)
    table = pd.DataFrame({"start": starts, "end": starts + pd.Timedelta("30min"), "offered": 5.0})
    with pytest.warns(wfm.WfmWarning, match="offset from UTC of") if zone == "UTC" else nullcontext():
        history = wfm.read_history(table)
    told = history.dropna(subset="offered")
    assert told["start"].tolist() == starts.tz_localize(None).tolist()
    assert (told["end"] - told["start"]).eq(pd.Timedelta("30min")).all()
    elsewhere = wfm.read_history(table, timezone="Asia/Tokyo").dropna(subset="offered")["start"]
    assert elsewhere.tolist() == starts.tz_convert("Asia/Tokyo").tz_localize(None).tolist()


@pytest.mark.parametrize(
    ("zone", "day", "lost", "later"),
    [
        ("Asia/Tehran", "2022-03-22", "00:00", "01:00"),
        ("Asia/Tehran", "2021-03-22", "00:30", "01:30"),
        ("Europe/Berlin", "2026-03-29", "02:30", "03:30"),
    ],
)
def test_a_time_that_never_was_is_kept_an_hour_later(zone, day, lost, later):
    starts = pd.date_range(day, periods=12, freq="30min")
    reading = inspect_history(pd.DataFrame({"start": starts, "offered": 5.0}), timezone=zone)
    by_start = reading.history.set_index("start")["offered"]
    assert pd.Timestamp(f"{day} {lost}") not in by_start.index
    assert by_start[pd.Timestamp(f"{day} {later}")] == 10.0
    assert by_start.sum() == 60.0
    assert total(reading.report, "left out (spring) read as 1 h later and merged") == 2


def test_doubled_hours_written_twice_in_local_time_are_merged_with_a_zone_only(tmp_path):
    starts = pd.to_datetime(
        [
            "2026-10-25 01:30",
            "2026-10-25 02:00",
            "2026-10-25 02:30",
            "2026-10-25 02:00",
            "2026-10-25 02:30",
            "2026-10-25 03:00",
        ]
    )
    table = pd.DataFrame({"start": starts, "offered": [1.0, 2, 3, 4, 5, 6], "aht": [100.0, 100, 100, 400, 100, 100]})
    history = read_history(table, timezone="Europe/Berlin")
    assert history["offered"].tolist() == [1.0, 6.0, 8.0, 6.0]
    assert history["aht"].tolist() == [100.0, 300.0, 100.0, 100.0]
    with pytest.raises(ValueError, match="if clocks were put back, give timezone="):
        read_history(table)


def test_offsets_are_converted_to_the_wall_clock():
    table = pd.DataFrame({"start": ["2022-03-21T23:30+03:30", "2022-03-22T01:00+04:30"], "offered": [1, 2]})
    history = read_history(table, timezone="Asia/Tehran")
    assert history["start"].astype(str).tolist() == ["2022-03-21 23:30:00", "2022-03-22 01:00:00"]


def test_zoned_columns_of_a_table_are_converted():
    starts = pd.date_range("2026-07-01", periods=3, freq="h", tz="UTC")
    history = read_history(pd.DataFrame({"start": starts, "offered": 1}), timezone="Asia/Tehran")
    assert history["start"].iloc[0] == pd.Timestamp("2026-07-01 03:30")


def test_the_hour_that_never_was_is_not_missing():
    table = pd.DataFrame({"start": pd.date_range("2026-03-28 00:00", "2026-03-30 23:00", freq="h"), "offered": 1.0})
    table = table[table["start"] != pd.Timestamp("2026-03-29 02:00")]
    reading = inspect_history(table, timezone="Europe/Berlin", hours="24x7", absent="missing")
    assert reading.history["offered"].notna().all()
    assert total(reading.report, "the clock left out") == 1
    assert np.isnan(read_history(table, hours="24x7", absent="missing")["offered"].to_numpy()).sum() == 1


def test_contacts_on_a_clock_that_jumps_are_all_counted():
    utc = pd.date_range("2021-09-21 17:00", periods=360, freq="1min", tz="UTC")
    table = pd.DataFrame({"arrival": utc, "outcome": "answered"})
    history = read_history(table, timezone="Asia/Tehran", interval="30min")
    assert history["offered"].sum() == 360
    assert history.set_index("start").loc[pd.Timestamp("2021-09-21 23:00"), "offered"] == 60
