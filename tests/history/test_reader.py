"""Files as planners bring them, one trait each: read right, or refused with row and reason."""

import gzip
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import DataError, MissingExtra, SettingError, WfmWarning
from wfm.history import inspect_history, read_history

SHARED = Path(__file__).parents[2] / "../shared/data"
FIRST = pd.Timestamp("2026-11-21 08:00")


def written(tmp_path, text, name="calls.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def read(tmp_path, text, **how):
    return read_history(written(tmp_path, text), **how)


# Every file says the same: 12 contacts at 08:00 and 15 at 08:30 on 2026-11-21 (30 Aban 1405).
SAME = {
    "iso": "start,offered\n2026-11-21 08:00,12\n2026-11-21 08:30,15\n",
    "iso with T and seconds": "start,offered\n2026-11-21T08:00:00,12\n2026-11-21T08:30:00,15\n",
    "semicolons": "Timestamp;Calls Offered\n2026-11-21 08:00;12\n2026-11-21 08:30;15\n",
    "tabs": "Timestamp\tVolume\n2026-11-21 08:00\t12\n2026-11-21 08:30\t15\n",
    "bars": "interval start|CallsOffered\n2026-11-21 08:00|12\n2026-11-21 08:30|15\n",
    "byte order mark": "\ufeffstart,offered\n2026-11-21 08:00,12\n2026-11-21 08:30,15\n",
    "Windows line ends": "start,offered\r\n2026-11-21 08:00,12\r\n2026-11-21 08:30,15\r\n",
    "sep line of a spreadsheet": "sep=;\nstart;offered\n2026-11-21 08:00;12\n2026-11-21 08:30;15\n",
    "titles above the header": "Report of calls\n\nstart,offered\n2026-11-21 08:00,12\n2026-11-21 08:30,15\n",
    "trailing separators": "start,offered,\n2026-11-21 08:00,12,\n2026-11-21 08:30,15,\n",
    "quoted cells": '"start","offered"\n"2026-11-21 08:00","12"\n"2026-11-21 08:30","15"\n',
    "date and time": "Date,Time,Calls\n2026-11-21,08:00,12\n2026-11-21,08:30,15\n",
    "labels": "Date,Interval,Calls\n2026-11-21,08:00-08:30,12\n2026-11-21,08:30-09:00,15\n",
    "labels with spaces": "Date;Interval;Calls\n21.11.2026;08:00 - 08:30;12\n21.11.2026;08:30 - 09:00;15\n",
    "labels in one cell": "start,calls\n2026-11-21 08:00-08:30,12\n2026-11-21 08:30-09:00,15\n",
    "start and end": "start,end,calls\n2026-11-21 08:00,2026-11-21 08:30,12\n2026-11-21 08:30,2026-11-21 09:00,15\n",
    "end without date": "Date,Start,End,calls\n2026-11-21,08:00,08:30,12\n2026-11-21,08:30,09:00,15\n",
    "day first": "date time,calls\n21/11/2026 08:00,12\n21/11/2026 08:30,15\n",
    "month first": "date time,calls\n11/21/2026 8:00 AM,12\n11/21/2026 8:30 AM,15\n",
    "dots": "Datum;Uhrzeit;Anrufe\n21.11.2026;08:00;12\n21.11.2026;08:30;15\n",
    "month by name": "start,calls\n21 Nov 2026 08:00,12\n21 Nov 2026 08:30,15\n",
    "compact": "start,calls\n20261121 0800,12\n20261121 0830,15\n",
    "solar hijri": "start,calls\n1405/08/30 08:00,12\n1405/08/30 08:30,15\n",
    "persian digits": "تاریخ,ساعت,تعداد تماس\n۱۴۰۵/۰۸/۳۰,۰۸:۰۰,۱۲\n۱۴۰۵/۰۸/۳۰,۰۸:۳۰,۱۵\n",
    "arabic digits": "start,calls\n٢٠٢٦-١١-٢١ ٠٨:٠٠,١٢\n٢٠٢٦-١١-٢١ ٠٨:٣٠,١٥\n",
    "solar hijri, time first": "زمان,تعداد\n08:00 1405/08/30,12\n08:30 1405/08/30,15\n",
    "total row": "start,calls\n2026-11-21 08:00,12\n2026-11-21 08:30,15\nTotal,27\n",
    "Summe": "Start;Anrufe\n2026-11-21 08:00;12\n2026-11-21 08:30;15\nSumme;27\n",
    "جمع": "تاریخ,ساعت,تماس\n1405-08-30,08:00,12\n1405-08-30,08:30,15\nجمع کل,,27\n",
    "empty last rows": "start,calls\n2026-11-21 08:00,12\n2026-11-21 08:30,15\n,\n\n",
    "header again": "start,calls\n2026-11-21 08:00,12\nstart,calls\n2026-11-21 08:30,15\n",
    "date in the first row only": "date,time,calls\n2026-11-21,08:00,12\n,08:30,15\n",
    "exact zero decimals": "start,calls\n2026-11-21 08:00,12.0\n2026-11-21 08:30,15.0\n",
    "unsorted": "start,calls\n2026-11-21 08:30,15\n2026-11-21 08:00,12\n",
    "bare dates at midnight": "start,calls\n2026-11-21 23:30,12\n2026-11-22,15\n",
    "date in a start column": "Start,Interval,Calls\n2026-11-21,08:00-08:30,12\n2026-11-21,08:30-09:00,15\n",
    "times in a date column": "Date,Interval,Calls\n2026-11-21 08:00,30,12\n2026-11-21 08:30,30,15\n",
    "an hour column": "date,hour,calls\n2026-11-21,8,12\n2026-11-21,9,15\n",
    "answered and abandoned": "start,answered,abandoned\n2026-11-21 08:00,10,2\n2026-11-21 08:30,15,0\n",
    "zone of the centre": "start,calls\n2026-11-21T08:00+03:30,12\n2026-11-21T08:30+03:30,15\n",
}


@pytest.mark.parametrize("trait", SAME)
def test_a_file_is_read_as_it_is_meant(tmp_path, trait):
    history = read(tmp_path, SAME[trait], queue="voice")
    minutes = 60 if "hour" in trait else 30
    assert history["offered"].tolist() == [12.0, 15.0]
    first = pd.Timestamp("2026-11-21 23:30") if "midnight" in trait else FIRST
    assert history["start"].tolist() == [first, first + pd.Timedelta(minutes=minutes)]
    assert (history["end"] - history["start"] == pd.Timedelta(minutes=minutes)).all()
    assert set(history["queue"]) == {"voice"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1256"])
def test_encodings_are_recognised(tmp_path, encoding):
    text = "صف,start,calls\nتماس,2026-11-21 08:00,12\nتماس,2026-11-21 08:30,15\n"
    history = read_history(written(tmp_path, text, encoding=encoding))
    assert history["queue"].tolist() == ["تماس", "تماس"]


def test_a_gzipped_file_is_read(tmp_path):
    path = tmp_path / "calls.csv.gz"
    path.write_bytes(gzip.compress(SAME["iso"].encode()))
    assert read_history(path)["offered"].tolist() == [12.0, 15.0]


@pytest.mark.parametrize("typed", [True, False])
def test_a_workbook_is_read(tmp_path, typed):
    path = tmp_path / "calls.xlsx"
    starts = pd.to_datetime(["2026-11-21 08:00", "2026-11-21 08:30"])
    table = pd.DataFrame(
        {
            "Start": starts if typed else starts.strftime("%Y-%m-%d %H:%M"),
            "Calls offered": [12, 15],
            "AHT": pd.to_timedelta(["4min", "5min"]).total_seconds() if typed else ["04:00", "05:00"],
        }
    )
    table.to_excel(path, index=False, startrow=2)
    reading = inspect_history(path, queue="voice")
    assert reading.history["offered"].tolist() == [12.0, 15.0]
    assert reading.history["aht"].tolist() == [240.0, 300.0]


def test_a_broken_workbook_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"calls\.xlsx is not an \.xlsx workbook"):
        read_history(written(tmp_path, "start,calls\n", "calls.xlsx"))


def test_parquet_names_the_library_that_it_needs(tmp_path):
    path = tmp_path / "calls.parquet"
    starts = pd.to_datetime(["2026-11-21 08:00", "2026-11-21 08:30"])
    table = pd.DataFrame({"start": starts, "offered": [12, 15]})
    try:
        table.to_parquet(path)
    except ImportError:
        path.write_bytes(b"PAR1")
        with pytest.raises(MissingExtra, match="Parquet files need pyarrow"):
            read_history(path)
    else:
        assert read_history(path)["offered"].tolist() == [12.0, 15.0]


def test_a_table_is_read_and_not_changed():
    table = pd.DataFrame({"When": ["2026-11-21 08:00", "2026-11-21 08:30"], "Calls in": [12, 15]}, index=[7, 9])
    before = table.copy()
    history = read_history(table, columns={"When": "start", "Calls in": "offered"})
    assert history["offered"].tolist() == [12.0, 15.0]
    pd.testing.assert_frame_equal(table, before)


def test_times_may_be_the_index_of_a_table():
    table = pd.DataFrame({"calls": [12, 15]}, index=pd.to_datetime(["2026-11-21 08:00", "2026-11-21 08:30"]))
    assert read_history(table)["start"].tolist() == [FIRST, FIRST + pd.Timedelta("30min")]


def test_times_across_the_top_are_turned(tmp_path):
    text = "Date,08:00,08:30,09:00,09:30,Total\n2026-11-21,1,2,3,4,10\n2026-11-22,5,6,7,8,26\nTotal,6,8,10,12,36\n"
    history = read(tmp_path, text)
    assert history["offered"].tolist() == [1.0, 2, 3, 4, 5, 6, 7, 8]
    assert history["start"].iloc[4] == pd.Timestamp("2026-11-22 08:00")
    with pytest.raises(DataError, match=r"'offered' must be a number .* got 'x' in row 3"):
        read(tmp_path, text.replace(",5,6", ",5,x"))


@pytest.mark.parametrize(
    "columns",
    [
        {"Contacts in": "offered", "Handle": "aht"},
        {"offered": "Contacts in", "aht": "Handle"},
        {"contacts IN": "offered", "Handle": "aht"},
        {"Contacts in": "Volume", "Handle": "AHT (s)"},
    ],
)
def test_a_column_map_may_point_either_way(tmp_path, columns):
    text = "timestamp,Contacts in,Handle\n2026-11-21 08:00,12,240\n2026-11-21 08:30,15,250\n"
    assert read(tmp_path, text, columns=columns)["aht"].tolist() == [240.0, 250.0]


def test_a_map_that_can_be_read_both_ways_is_refused(tmp_path):
    text = "timestamp,answered,offered\n2026-11-21 08:00,12,14\n"
    with pytest.raises(DataError, match="can be read both ways"):
        read(tmp_path, text, columns={"answered": "offered"})


# (file, settings, what the error says)
WRONG = {
    "text in numbers": (
        "start,offered\n2026-11-21 08:00,12\n2026-11-21 08:30,many\n",
        {},
        r"'offered' must be a number in \[0, inf\) contacts, got 'many' in row 3",
    ),
    "negative volume": (
        "start,calls\n2026-11-21 08:00,-4\n2026-11-21 08:30,5\n",
        {},
        r"'calls' must be a number in \[0, inf\) contacts, got '-4' in row 2",
    ),
    "infinite": ("start,calls\n2026-11-21 08:00,inf\n2026-11-21 08:30,5\n", {}, "got 'inf' in row 2"),
    "several faults": (
        "start,calls\n2026-11-21 08:00,x\n2026-11-21 08:30,5\n2026-11-21 09:00,y\n",
        {},
        r"got 'x' in row 2 \(and row 4\)",
    ),
    "answered beyond offered": (
        "start,offered,answered\n2026-11-21 08:00,10,10\n2026-11-21 08:30,10,21.5\n",
        {},
        "'answered' must be at most 'offered' of this and the interval before, got '21.5' in row 3",
    ),
    "negative aht": (
        "start,offered,aht\n2026-11-21 08:00,10,-5\n2026-11-21 08:30,10,200\n",
        {},
        "'aht' must be a duration >= 0 in seconds or as mm:ss, got '-5' in row 2",
    ),
    "impossible date": (
        "start,calls\n2026-11-21 08:00,1\n2026-13-45 08:30,2\n",
        {},
        "'start' must be a date and time such as 2026-11-21 08:00, got '2026-13-45 08:30' in row 3",
    ),
    "impossible solar date": (
        "start,calls\n1404/12/30 08:00,1\n1405/12/31 08:30,2\n",
        {},
        "got '1404/12/30 08:00' in "
        r"row 2 \(and row 3\)",
    ),
    "impossible time": ("start,calls\n2026-11-21 08:00,1\n2026-11-21 25:30,2\n", {}, "got '2026-11-21 25:30' in row 3"),
    "row numbers count titles": (
        "Report\n\nstart,calls\n2026-11-21 08:00,1\n2026-11-21 08:30,x\n",
        {},
        "got 'x' in row 5",
    ),
    "end of the day as a start": (
        "date,hour,calls\n2026-11-21,23,1\n2026-11-21,24,2\n",
        {},
        "row 3 has the time 24:00",
    ),
    "a subtotal without time": (
        "date,time,calls\n2026-11-21,08:00,1\n2026-11-21,08:30,2\n2026-11-21,,3\n",
        {},
        "'time' must be a time of day such as 08:00, got '' in row 4",
    ),
    "a subtotal without clock": (
        "start,calls\n2026-11-21 08:00,1\n2026-11-21 08:30,2\n2026-11-21,3\n",
        {},
        "got '2026-11-21' in row 4",
    ),
    "a width for a time": ("date,interval,calls\n2026-11-21,15,1\n2026-11-22,15,2\n", {}, r"row 2 \(and row 3\)"),
    "missing time": ("start,calls\n2026-11-21 08:00,1\n,2\n", {}, "got '' in row 3"),
    "time without date": ("time,calls\n08:00,1\n08:30,2\n", {}, "holds times of day without a date"),
    "day or month first": ("start,calls\n03/04/2026 08:00,1\n03/04/2026 08:30,2\n", {}, 'dates="dmy" or dates="mdy"'),
    "a day that never was": (
        "start,calls\n2026-11-21 08:00,1\n31/31/2026 08:30,2\n",
        {},
        "got '31/31/2026 08:30' in row 3",
    ),
    "day and month first": ("start,calls\n13/04/2026,1\n04/14/2026,2\n", {}, "the day first .* as well as the month"),
    "two-digit years": ("start,calls\n21/11/26 08:00,1\n", {}, "may have the day or the month first"),
    "lunar years": ("start,calls\n1448/05/30 08:00,1\n1448/05/30 08:30,1\n", {}, "lunar Hijri calendar"),
    "doubled interval": (
        "start,calls\n2026-11-21 08:00,1\n2026-11-21 08:30,2\n2026-11-21 08:30,3\n",
        {},
        "2026-11-21 08:30 more than once with different values, rows 3, 4",
    ),
    "overlap": (
        "start,end,calls\n2026-11-21 08:00,2026-11-21 08:40,1\n2026-11-21 08:30,2026-11-21 09:00,2\n",
        {},
        "2026-11-21 08:00 with an overlap, rows 2, 3",
    ),
    "end before start": (
        "start,end,calls\n2026-11-21 08:00,2026-11-21 07:30,1\n",
        {},
        "'end' must be a time after the start, got '2026-11-21 07:30' in row 2",
    ),
    "off the grid": (
        "start,calls\n2026-11-21 08:00,1\n2026-11-21 08:30,2\n2026-11-21 08:37,3\n2026-11-21 09:30,3\n",
        {},
        "starts do not lie on one grid: the usual step is .* see row",
    ),
    "one row a week": ("date,calls\n2026-11-02,1\n2026-11-09,2\n2026-11-16,3\n", {}, "one row every 7 days"),
    "one row only": ("start,calls\n2026-11-21 08:00,1\n", {}, "cannot be told from one row"),
    "no volume": ("start,figures\n2026-11-21 08:00,1\n", {}, "has no column for 'offered'; it has 'start', 'figures'"),
    "no time": ("moment,calls\n2026-11-21 08:00,1\n", {}, "has no column for 'start'; it has 'moment', 'calls'"),
    "unknown column in the map": (
        "start,Calls offered\n2026-11-21 08:00,1\n",
        {"columns": {"Call offered": "offered"}},
        "no column 'Call offered'; it has 'start', 'Calls offered'. Did you mean 'Calls",
    ),
    "unknown table column in the map": (
        "start,calls\n2026-11-21 08:00,1\n",
        {"columns": {"calls": "ofered"}},
        "maps 'calls' to 'ofered'.* Did you mean 'offered'",
    ),
    "two columns that may be meant": (
        "start,calls,volume\n2026-11-21 08:00,1,2\n",
        {},
        "2 columns that may be 'offered': 'calls', 'volume'",
    ),
    "doubled column": ("start,calls,calls\n2026-11-21 08:00,1,2\n", {}, "has the column 'calls' twice"),
    "empty file": ("", {}, "is empty"),
    "header only": ("start,calls\n", {}, "has no rows under its header"),
    "too many cells": (
        "start,calls\n2026-11-21 08:00,1\n2026-11-21 08:30,1,2,3\n2026-11-21 09:00,1\n",
        {},
        "row with more cells than the header",
    ),
    "mixed zones": ("start,calls\n2026-03-28T08:00+01:00,1\n2026-03-30T08:00+02:00,1\n", {}, "2 different offsets"),
    "some zones missing": (
        "start,calls\n2026-03-28T08:00Z,1\n2026-03-28T08:30,1\n",
        {"timezone": "Europe/Berlin"},
        "some times carry a zone and others do not, first without: row 3",
    ),
    "unknown queue": (
        "start,queue,calls\n2026-11-21 08:00,Card,1\n2026-11-21 08:00,Loan,1\n2026-11-21 08:30,Card,1\n",
        {"queue": "card"},
        "has no queue 'card'; it has 'Card', 'Loan'",
    ),
    "sums or averages": (
        "start,offered,answered,talk,wrap\n2026-11-21 08:00,10,10,900,900\n2026-11-21 08:30,10,10,900,900\n",
        {},
        "cannot be told whether 'talk', 'wrap' are sums",
    ),
    "wider than asked": (
        "start,calls\n2026-11-21 08:00,1\n2026-11-21 09:00,2\n",
        {"interval": "15min"},
        "does not fit into intervals of 15 min",
    ),
    "not text": ("start\0calls\n\0\0", {}, "is not a text file"),
}


@pytest.mark.parametrize("trait", WRONG)
def test_a_faulty_file_is_refused_with_row_and_reason(tmp_path, trait):
    text, how, says = WRONG[trait]
    with pytest.raises(DataError, match=says):
        read(tmp_path, text, **how)


def test_errors_carry_positions_of_rows(tmp_path):
    with pytest.raises(DataError, match=r"calls\.csv") as caught:
        read(tmp_path, "Report\nstart,calls\n2026-11-21 08:00,1\n2026-11-21 08:30,x\n")
    assert (caught.value.table, caught.value.column, caught.value.rows) == ("calls.csv", "offered", (1,))


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"timezone": "Asia/Teheran"}, "Did you mean 'Asia/Tehran'"),
        ({"timezone": "../../etc/passwd"}, "timezone must be"),
        ({"absent": "nothing"}, "absent must be one of"),
        ({"stamps": "middle"}, "stamps must be one of"),
        ({"dates": "ydm"}, "dates must be one of"),
        ({"interval": "7min"}, "interval must divide the day"),
        ({"interval": "fast"}, "interval must be a duration"),
        ({"hours": "sometimes"}, "must be a span"),
        ({"outcomes": {"X": "lost"}}, "must be one of 'answered'"),
        ({"faulty": "skip"}, "faulty must be one of"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, how, says):
    with pytest.raises(SettingError, match=says):
        read(tmp_path, SAME["iso"], **how)


def test_a_path_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.csv is not a file"):
        read_history(tmp_path / "gone.csv")


def test_day_order_is_told_by_any_value_of_the_column(tmp_path):
    history = read(tmp_path, "start,calls\n03/04/2026 08:00,1\n03/04/2026 08:30,2\n25/04/2026 08:00,3\n")
    assert history["start"].iloc[0] == pd.Timestamp("2026-04-03 08:00")


@pytest.mark.parametrize(("dates", "first"), [("dmy", "2026-04-03 08:00"), ("mdy", "2026-03-04 08:00")])
def test_day_order_can_be_said(tmp_path, dates, first):
    history = read(tmp_path, "start,calls\n03/04/26 08:00,1\n03/04/26 08:30,2\n", dates=dates)
    assert history["start"].iloc[0] == pd.Timestamp(first)


def test_end_stamps_are_shifted(tmp_path):
    history = read(tmp_path, "start,calls\n2026-11-20 24:00,1\n2026-11-21 00:30,2\n2026-11-21 01:00,3\n", stamps="end")
    assert history["start"].tolist() == list(pd.date_range("2026-11-20 23:30", periods=3, freq="30min"))


def test_end_stamps_beside_labels_are_refused(tmp_path):
    with pytest.raises(SettingError, match="tells where its intervals begin and end"):
        read(tmp_path, SAME["labels"], stamps="end")


def test_solar_hijri_dates_follow_the_calendar_and_are_reported(tmp_path):
    text = "start,calls\n1448/05/30 08:00,1\n1448/05/30 08:30,1\n"
    history = read(tmp_path, text, calendar=Calendar(months="solar-hijri"))
    assert history["start"].iloc[0] == pd.Timestamp("2069-08-20 08:00")
    report = inspect_history(written(tmp_path, SAME["solar hijri"])).report
    assert report["what"].str.contains("Solar Hijri calendar, told by their years").any()


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        ("12,5;240,25", (12.5, 240.25)),
        ("1.234,5;1.240,0", (1234.5, 1240.0)),
        ("1 234;240", (1234.0, 240.0)),
        ("12;04:00", (12.0, 240.0)),
        ("12;1:00:05", (12.0, 3605.0)),
        ("12;", (12.0, np.nan)),
        ("12;#DIV/0!", (12.0, np.nan)),
    ],
)
def test_numbers_are_read_as_people_write_them(tmp_path, cells, numbers):
    text = f"start;offered;aht\n2026-11-21 08:00;{cells}\n2026-11-21 08:30;11;300\n"
    np.testing.assert_equal(tuple(read(tmp_path, text).loc[0, ["offered", "aht"]].astype(float)), numbers)


def test_thousands_with_a_dot_are_told_by_the_column_and_warned_of(tmp_path):
    with pytest.warns(WfmWarning, match="thousands dot"):
        history = read(tmp_path, "start;calls\n2026-11-21 08:00;987\n2026-11-21 08:30;1.234\n")
    assert history["offered"].tolist() == [987.0, 1234.0]


def test_empty_cells_are_no_data_and_zeros_are_no_calls(tmp_path):
    history = read(tmp_path, "start,calls\n2026-11-21 08:00,\n2026-11-21 08:30,0\n2026-11-21 09:00,5\n")
    np.testing.assert_equal(history["offered"].tolist(), [np.nan, 0.0, 5.0])


def test_exact_copies_are_dropped_and_warned_of(tmp_path):
    with pytest.warns(WfmWarning, match=r"exact copies of a row left out \(1 rows\)"):
        history = read(tmp_path, "start,calls\n2026-11-21 08:00,1\n2026-11-21 08:30,2\n2026-11-21 08:30,2\n")
    assert history["offered"].tolist() == [1.0, 2.0]


def test_faulty_cells_can_be_refused_instead(tmp_path):
    text = "start,calls,aht\n2026-11-21 08:00,x,200\n2026-11-21 08:30,5,y\nsometime,5,200\n2026-11-21 09:00,5,200\n"
    with pytest.warns(WfmWarning, match="'calls' must be a number"):
        history = read(tmp_path, text, faulty="refuse")
    np.testing.assert_equal(history["offered"].tolist(), [np.nan, 5.0, 5.0])
    refused = inspect_history(written(tmp_path, text), faulty="refuse").report.query("kind == 'refused'")
    assert refused["first_row"].tolist() == [4, 2, 3]


def test_handled_contacts_alone_are_no_demand(tmp_path):
    with pytest.warns(WfmWarning, match="demand is higher"):
        read(tmp_path, "start,calls handled\n2026-11-21 08:00,12\n2026-11-21 08:30,15\n")


def test_unique_contacts_beside_offered_tell_redials(tmp_path):
    history = read(tmp_path, "start,offered,unique callers\n2026-11-21 08:00,12,10\n2026-11-21 08:30,15,15\n")
    assert history["redials"].tolist() == [2.0, 0.0]


def test_utc_without_a_zone_is_warned_of(tmp_path):
    with pytest.warns(WfmWarning, match="give timezone="):
        read(tmp_path, "start,calls\n2026-11-21T08:00Z,12\n2026-11-21T08:30Z,15\n")


def test_an_aht_in_minutes_is_warned_of(tmp_path):
    with pytest.warns(WfmWarning, match="is it in minutes"):
        read(tmp_path, "start,calls,aht\n2026-11-21 08:00,12,4.5\n2026-11-21 08:30,15,4.2\n")
    history = read(tmp_path, "start,calls,aht (min)\n2026-11-21 08:00,12,4.5\n2026-11-21 08:30,15,4.2\n")
    assert history["aht"].tolist() == [270.0, 252.0]


def test_several_queues_stay_apart_and_totals_over_queues_are_left_out(tmp_path):
    text = (
        "start,skill,calls\n2026-11-21 08:00,Card,1\n2026-11-21 08:00,Loan,2\n2026-11-21 08:00,Total,3\n"
        "2026-11-21 08:30,Card,4\n2026-11-21 08:30,Loan,5\n2026-11-21 08:30,Total,9\n"
    )
    history = read(tmp_path, text)
    assert history.groupby("queue")["offered"].sum().to_dict() == {"Card": 5.0, "Loan": 7.0}
    assert read(tmp_path, text, queue="Loan")["offered"].tolist() == [2.0, 5.0]


def test_a_file_of_one_queue_takes_the_name_that_is_asked_for(tmp_path):
    text = "start,queue,calls\n2026-11-21 08:00,bank,1\n2026-11-21 08:30,bank,2\n"
    assert set(read(tmp_path, text, queue="voice")["queue"]) == {"voice"}


def test_a_carried_over_answer_is_counted_not_refused(tmp_path):
    text = "start,offered,answered\n2026-11-21 08:00,10,8\n2026-11-21 08:30,10,12\n"
    report = inspect_history(written(tmp_path, text)).report
    assert report.query("kind == 'counted'")["rows"].tolist() == [1]


def test_seventy_thousand_rows_are_read_quickly(tmp_path):
    starts = pd.date_range("2024-01-01", periods=70_000, freq="15min")
    path = tmp_path / "calls.csv"
    pd.DataFrame({"timestamp": starts, "volume": np.arange(70_000) % 50 + 1}).to_csv(path, index=False)
    begin = time.process_time()
    history = read_history(path)
    assert len(history) == 70_000
    assert time.process_time() - begin < 1.5


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public data are not here")
def test_public_interval_files_are_read_whole():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bank = read_history(SHARED / "bank_calls_5min.csv", interval="30min", hours={"mon-fri": "07:00-21:00"})
        round_the_clock = read_history(SHARED / "technion_bank_6min.csv")
    assert len(bank) == 130 * 28
    assert bank[bank["offered"].isna()]["start"].dt.strftime("%m-%d").unique().tolist() == [
        "04-04",
        "04-07",
        "05-26",
        "07-04",
    ]
    assert (len(round_the_clock), round_the_clock["offered"].sum()) == (65_520, 326_660)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public data are not here")
def test_public_contacts_add_up_to_the_public_intervals():
    columns = {"timestamp": "arrival", "q_time": "wait", "ser_time": "handle"}
    history = read_history(
        SHARED / "technion_bank_feb1999_calls.csv", columns=columns, outcomes={"PHANTOM": None}, hours="24x7"
    )
    binned = pd.read_csv(SHARED / "technion_bank_feb1999_30min.csv", parse_dates=["timestamp"])
    both = history.merge(binned, left_on="start", right_on="timestamp", suffixes=("", "_binned"))
    assert len(history) == len(both) == 1344
    np.testing.assert_array_equal(both["offered"], both["volume"])
    np.testing.assert_array_equal(both["abandoned"], both["abandoned_binned"])


def test_a_title_padded_with_separators_is_no_header(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("Report of June;;\n;;\nstart;offered;aht\n2026-11-21 08:00;12;240\n2026-11-21 08:30;15;240\n")
    assert read_history(path)["offered"].tolist() == [12.0, 15.0]


PERSIAN_TALK = {
    "میانگین مکالمه": [240, 250, 245],
    "میانگین زمان مکالمه": [240, 250, 245],
    "مجموع زمان مکالمه": [2400, 5000, 7350],
}


@pytest.mark.parametrize("name", PERSIAN_TALK)
def test_a_persian_talk_time_is_a_part_of_the_aht_and_said_to_be_only_that(name):
    starts = pd.date_range("2026-11-21 08:00", periods=3, freq="30min")
    table = pd.DataFrame({"شروع": starts, "تماس‌های ورودی": [10, 20, 30], name: PERSIAN_TALK[name]})
    with pytest.warns(WfmWarning, match=f"aht from '{name}' alone: hold and wrap-up are not in it"):
        history = read_history(table)
    assert history["aht"].tolist() == [240.0, 250.0, 245.0]
    with_wrap = table.assign(**{"میانگین کار پس از تماس": [60, 60, 60]})
    if name.startswith("میانگین"):
        assert read_history(with_wrap)["aht"].tolist() == [300.0, 310.0, 305.0]


def test_lunar_hijri_dates_are_read_where_the_planner_says_so():
    table = pd.DataFrame({"start": ["1448/06/12 08:00", "1448/06/12 08:30"], "offered": [1, 2]})
    for calendar in (None, Calendar(months="hijri")):
        reading = inspect_history(table, dates="hijri", calendar=calendar)
        assert reading.history["start"].tolist() == [
            pd.Timestamp("2026-11-22 08:00"),
            pd.Timestamp("2026-11-22 08:30"),
        ]
        assert reading.months == "hijri"
        with pytest.raises(DataError, match='say dates="hijri"'):
            read_history(table, calendar=calendar)


@pytest.mark.parametrize("swapped", ["%m/%d/%Y %H:%M", "%Y-%d-%m %H:%M"])
@pytest.mark.parametrize("falling", [False, True])
def test_dates_that_a_spreadsheet_half_changed_about_are_refused(swapped, falling):
    starts = pd.bdate_range("2025-10-06", periods=60) + pd.Timedelta(hours=8)
    starts = starts[::-1] if falling else starts
    texts = [start.strftime(swapped if start.day <= 12 else "%d/%m/%Y %H:%M") for start in starts]
    with pytest.raises(DataError, match="up to the 12th of each month day and month are the other way round"):
        read_history(pd.DataFrame({"start": texts, "calls": 1}), interval="1h")


@pytest.mark.parametrize("order", ["as they are", "by text", "shuffled", "by queue"])
def test_dates_in_any_order_of_rows_are_read(order):
    days = pd.bdate_range("2025-10-06", periods=60)
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=hour) for day in days for hour in (8, 9)])
    table = pd.DataFrame({"queue": "a", "start": starts.strftime("%d/%m/%Y %H:%M"), "calls": 1})
    if order == "by text":
        table = table.sort_values("start")
    elif order == "shuffled":
        table = table.sample(frac=1, random_state=0)
    elif order == "by queue":
        table = pd.concat([table, table.iloc[::-1].assign(queue="b")])
    history = read_history(table, absent="missing").dropna(subset="offered")
    assert sorted(history["start"].unique()) == sorted(starts)


@pytest.mark.parametrize(
    "names", [("Re\u0301clamation", "R\u00e9clamation"), ("فارسي", "فارسی"), ("Queue  A", "Queue A")]
)
def test_queue_names_that_look_the_same_are_one_queue(names):
    starts = pd.date_range("2026-11-02 08:00", periods=20, freq="h")
    table = pd.DataFrame({"queue": [names[k >= 10] for k in range(20)], "start": starts, "calls": 2.0})
    for asked in (None, *names):
        reading = inspect_history(table, queue=asked)
        assert reading.history["offered"].sum() == 40
        assert reading.history["queue"].unique().tolist() == [asked or names[0]]
        assert not reading.doubts


@pytest.mark.parametrize(("asked", "contacts"), [("voice", 20.0), (None, 40.0)])
def test_queues_that_differ_in_spelling_only_are_told(asked, contacts):
    starts = pd.date_range("2026-11-02 08:00", periods=20, freq="h")
    table = pd.DataFrame({"queue": ["voice"] * 10 + ["Voice"] * 10, "start": starts, "calls": 2.0})
    with pytest.warns(WfmWarning, match="'Voice', 'voice' differ in spelling only"):
        assert read_history(table, queue=asked)["offered"].sum() == contacts
    other = pd.concat([table, table.iloc[:10].assign(queue="chat")])
    assert not inspect_history(other, queue="chat").doubts
