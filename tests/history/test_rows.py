"""The report row by row: every cell that was not read as it stands is in it, and no row of a file is lost."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thirty_files import OFFERED, READ, SAID, STARTS, rows_of, stamped, text_file
from wfm.calendars import Calendar
from wfm.history import inspect_history

# trait: {(part of the column, part of the reason): rows}; traits that are not named change nothing
EXPECTED = {
    "semicolons and decimal commas": {("Start", "day first"): 8, ("AHT", "decimal comma"): 8},
    "thousands with a comma in quotes": {("offered", "thousands comma"): 1},
    "Windows-1256 with Persian headers": {("+", "Solar Hijri date"): 8},
    "Persian digits and Solar Hijri dates": {
        ("+", "Persian or Arabic digits; Solar Hijri date"): 8,
        ("ورودی", "Persian or Arabic digits"): 8,
    },
    "Arabic digits": {("start", "Persian or Arabic digits"): 8, ("calls", "Persian or Arabic digits"): 8},
    "Solar Hijri date and time in one cell": {("زمان شروع", "Solar Hijri date"): 8},
    "interval labels": {("Date + Interval", "interval label"): 8},
    "twelve-hour clock": {("start", "month first; twelve-hour clock"): 8},
    "stamps at the end of the interval": {("interval end time", "end of the interval, not its start"): 8},
    "AHT as hh:mm:ss": {("aht", "hh:mm:ss or mm:ss"): 8},
    "AHT in minutes": {("AHT (min)", "times 60 to seconds"): 8},
    "talk, hold and wrap as averages": {("talk time + hold time + acw time", "parts added up"): 8},
    "talk, hold and wrap as sums": {("talk time + hold time + acw time", "sums of the interval"): 8},
    "answered and abandoned, no offered": {("answered + abandoned", "offered = answered + abandoned"): 8},
    "titles above and total rows below": {("", "line above the header"): 3, ("", "total rows left out"): 2},
    "totals after each day": {("", "total rows left out"): 2},
    "header repeated on every page": {("", "repeated header rows left out"): 1},
    "dates in merged cells": {("Date", "empty dates taken from the row above"): 6},
    "several queues in one file": {("queue", "row of another queue"): 8},
    "seconds since 1970": {("timestamp", "seconds since 1970, counted in UTC; wall clock of Asia/Tehran"): 8},
    "milliseconds since 1970": {("timestamp", "milliseconds since 1970"): 8},
    "spreadsheet days since 1899": {("start", "days since 1899"): 8},
    "times with an offset": {("start", "with a zone; wall clock of Asia/Tehran"): 8},
    "handled contacts only": {("calls handled", "only contacts that were answered"): 8},
    "unique callers only": {("unique callers", "unique contacts"): 8},
    "thousands with a dot": {("calls", "thousands dot"): 1},
    "a row twice": {("start", "exact copies of a row left out"): 1},
    "seconds since 1970 without a zone": {("timestamp", "seconds since 1970, counted in UTC"): 8},
    "a faulty cell, to go on without": {("offered", "must be a number"): 1},
}


def lines_of(path):
    """Rows of a text file below its header, or above it."""
    return len(path.read_bytes().decode("utf-8", errors="replace").strip("\n").split("\n")) - 1


@pytest.mark.parametrize("trait", [*READ, *SAID])
def test_every_row_of_a_file_is_read_or_named_with_its_reason(tmp_path, trait):
    make, how, *_ = (READ | SAID)[trait]
    source = make(tmp_path)
    reading = inspect_history(source, **how)
    rows = reading.rows
    refused = rows[rows["read"] == "refused"]["row"].nunique()
    assert reading.read_rows + refused == reading.file_rows
    if hasattr(source, "suffix") and source.suffix == ".csv" and "UTF-16" not in trait:
        assert reading.file_rows == lines_of(source)
    found = {(column, why): len(part) for (column, why), part in rows.groupby(["column", "why"])}
    expected = EXPECTED.get(trait, {})
    assert len(found) == len(expected), found
    for (column, why), count in expected.items():
        assert [n for (c, w), n in found.items() if column in c and why in w] == [count], (column, why, found)


def test_a_row_is_named_by_its_number_and_what_stands_in_it(tmp_path):
    path = text_file(
        tmp_path,
        ("start", "offered"),
        [("21/11/2026 08:00", "۱۲"), ("21/11/2026 08:30", ""), ("Total", 12)],
        before="Report\n",
    )
    rows = inspect_history(path).rows
    assert set(rows["file"]) == {"calls.csv"}
    assert rows[["row", "column", "kind", "value", "read", "why"]].to_numpy().tolist() == [
        [1, "", "read", "Report", "refused", "line above the header"],
        [3, "start", "read", "21/11/2026 08:00", "2026-11-21 08:00", "day first"],
        [3, "offered", "read", "۱۲", "12", "Persian or Arabic digits"],
        [4, "start", "read", "21/11/2026 08:30", "2026-11-21 08:30", "day first"],
        [4, "offered", "read", "", "no data", "empty cell"],
        [5, "", "repaired", "Total, 12", "refused", "total rows left out"],
    ]


def told(table, column, **how):
    rows = inspect_history(table, **how).rows
    return rows[rows["column"] == column][["row", "value", "read", "why"]].to_numpy().tolist()


def day(**columns):
    starts = pd.date_range("2026-11-21 08:00", periods=len(next(iter(columns.values()))), freq="30min")
    return pd.DataFrame({"start": starts, **columns})


# what stands in a file: (column, table, settings, what the rows say of the column)
CELLS = {
    "numbers written as text": (
        "offered",
        day(offered=["12", 15, 17]),
        {},
        [[0, "12", "12", "number written as text"]],
    ),
    "blanks and words for nothing": (
        "offered",
        day(offered=[3, None, "n/a"]),
        {},
        [[1, "", "no data", "empty cell"], [2, "n/a", "no data", "says that there is no number"]],
    ),
    "negative, to go on without": (
        "offered",
        day(offered=[3, -4, 5]),
        {"faulty": "refuse"},
        [[1, "-4", "no data", "'offered' must be a number in [0, inf) contacts"]],
    ),
    "no time, to go on without": (
        "start",
        pd.DataFrame({"start": ["2026-11-21 08:00", "soon", "2026-11-21 08:30"], "offered": [1, 2, 3]}),
        {"faulty": "refuse"},
        [[1, "soon", "refused", "'start' must be a date and time such as 2026-11-21 08:00"]],
    ),
    "an AHT of 0": (
        "aht",
        day(offered=[3, 0, 5], aht=[200, 0, 0]),
        {},
        [[1, "0", "no data", "aht of 0, nobody answered"], [2, "0", "no data", "aht of 0, contacts answered"]],
    ),
    "spaces and units": (
        "aht",
        day(offered=[1, 2, 3], aht=["4min", " ۲۴۰", 250]),
        {},
        [[0, "4min", "240 s", "written with its unit"], [1, " ۲۴۰", "240 s", "Persian or Arabic digits"]],
    ),
    "another name of the only queue": (
        "queue",
        day(offered=[1, 2], queue=["Calls", "Calls"]),
        {"queue": "voice"},
        [[0, "Calls", "voice", "the file's only queue"], [1, "Calls", "voice", "the file's only queue"]],
    ),
    "outside opening hours": (
        "start",
        day(offered=[1, 2, 3]),
        {"hours": "08:30-09:30"},
        [[0, "2026-11-21 08:00", "refused", "outside opening hours"]],
    ),
    "a flag in words": (
        "excluded",
        day(offered=[1, 2, 3], excluded=["yes", "", "False"]),
        {},
        [[0, "yes", "True", "word for yes or no"]],
    ),
    "ends without a date": (
        "end",
        pd.DataFrame({"start": ["2026-11-21 23:00", "2026-11-21 23:30"], "end": ["23:30", "00:00"], "offered": [1, 2]}),
        {},
        [[1, "00:00", "2026-11-22 00:00", "of the next day"]],
    ),
    "a clock put forward": (
        "start",
        pd.DataFrame({"start": ["2026-03-29 01:30", "2026-03-29 02:30", "2026-03-29 03:30"], "offered": [1, 2, 3]}),
        {"timezone": "Europe/Berlin"},
        [
            [1, "2026-03-29 02:30", "2026-03-29 03:30", "left out by the clock of Europe/Berlin (spring)"],
            [1, "2026-03-29 02:30", "2026-03-29 03:30", "intervals that came twice by the clock merged, volumes added"],
            [2, "2026-03-29 03:30", "2026-03-29 03:30", "intervals that came twice by the clock merged, volumes added"],
        ],
    ),
    "midnight that never was, Tehran": (
        "start",
        pd.DataFrame({"start": ["2022-03-22 00:00", "2022-03-22 00:30", "2022-03-22 02:00"], "offered": [1, 2, 3]}),
        {"timezone": "Asia/Tehran"},
        [
            [0, "2022-03-22 00:00", "2022-03-22 01:00", "left out by the clock of Asia/Tehran (spring)"],
            [1, "2022-03-22 00:30", "2022-03-22 01:30", "left out by the clock of Asia/Tehran (spring)"],
        ],
    ),
    "an hour that came twice": (
        "start",
        pd.DataFrame({"start": ["2026-10-25 02:00", "2026-10-25 02:00", "2026-10-25 03:00"], "offered": [1, 2, 3]}),
        {"timezone": "Europe/Berlin"},
        [
            [row, "2026-10-25 02:00", "2026-10-25 02:00", why]
            for row in (0, 1)
            for why in (
                "hour that came twice by the clock (autumn)",
                "intervals that came twice by the clock merged, volumes added",
            )
        ],
    ),
    "24:00": (
        "Day + Time",
        pd.DataFrame({"Day": ["2026-11-21"] * 2, "Time": ["23:30", "24:00"], "offered": [1, 2]}),
        {"stamps": "end"},
        [
            [0, "2026-11-21 23:30", "2026-11-21 23:00", "end of the interval, not its start"],
            [
                1,
                "2026-11-21 24:00",
                "2026-11-21 23:30",
                "24:00 is the next day's midnight; end of the interval, not its start",
            ],
        ],
    ),
    "words for outcomes": (
        "disposition",
        pd.DataFrame(
            {
                "arrival": pd.date_range("2026-11-21 08:00", periods=4, freq="5min"),
                "disposition": ["ANSWER", "answered", "TEST", ""],
            }
        ),
        {"outcomes": {"TEST": None}},
        [
            [0, "ANSWER", "answered", "word for an outcome"],
            [2, "TEST", "refused", "contacts left out, as outcomes= says"],
            [3, "", "no data", "contacts without an outcome: offered, neither answered nor abandoned"],
        ],
    ),
    "redials told by unique contacts": (
        "unique",
        day(offered=[5, 6], unique=[4, 6]),
        {},
        [[0, "4", "redials 1", "offered - unique"], [1, "6", "redials 0", "offered - unique"]],
    ),
    "lunar Hijri dates": (
        "start",
        pd.DataFrame({"start": ["1448/06/12 08:00", "1448/06/12 08:30"], "offered": [1, 2]}),
        {"dates": "hijri", "calendar": Calendar(months="hijri")},
        [
            [0, "1448/06/12 08:00", "2026-11-22 08:00", "lunar Hijri date"],
            [1, "1448/06/12 08:30", "2026-11-22 08:30", "lunar Hijri date"],
        ],
    ),
}


@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
@pytest.mark.parametrize("what", CELLS)
def test_a_cell_that_is_not_read_as_it_stands_says_what_was_read(what):
    column, table, how, expected = CELLS[what]
    found = told(table, column, **how)
    assert sorted(found) == sorted(expected)


def test_times_across_the_top_name_the_column_of_the_cell():
    table = pd.DataFrame({"Date": ["2026-11-21", None, "Total"], "08:00": ["۱", None, 1]})
    table = table.assign(**{"08:30": [2, None, 2], "09:00": [3, None, 3], "09:30": [4, None, 4]})
    reading = inspect_history(table)
    assert reading.rows[["row", "column", "value", "read"]].drop_duplicates("row").to_numpy().tolist() == [
        [0, "08:00", "۱", "1"],
        [1, "", "", "refused"],
        [2, "", "Total, 08:00, 1", "refused"],
    ]
    assert (reading.file_rows, reading.read_rows) == (3, 1)


def test_the_sheet_of_a_workbook_is_named(tmp_path):
    path = tmp_path / "calls.xlsx"
    table = pd.DataFrame({"start": stamped(), "offered": [str(n) for n in OFFERED]})
    table.to_excel(path, sheet_name="Calls", index=False)
    rows = inspect_history(path).rows
    assert rows[["file", "sheet"]].drop_duplicates().to_numpy().tolist() == [["calls.xlsx", "Calls"]]
    assert rows["row"].tolist() == list(range(2, 10))
    assert set(rows["why"]) == {"number written as text"}


def test_the_page_and_the_summary_say_how_many(tmp_path):
    path = text_file(tmp_path, ("start", "offered"), [*rows_of(stamped(), [f"<b>{n}" for n in "x"] * 8)])
    reading = inspect_history(path, faulty="refuse")
    assert "rows: 8 in calls.csv, 8 read, 0 left out or refused; 8 entries not read as they stand" in reading.summary()
    assert "&lt;b&gt;x" in reading._repr_html_()
    assert "<b>x" not in reading._repr_html_()


def test_a_file_that_is_read_as_it_stands_has_no_rows_to_tell(tmp_path):
    rows = inspect_history(text_file(tmp_path, ("start", "offered"), rows_of(stamped(), OFFERED))).rows
    assert rows.empty
    assert rows.columns.tolist() == ["file", "sheet", "row", "column", "kind", "value", "read", "why"]


def test_thirty_five_thousand_repaired_rows_cost_little():
    count = 35_000
    starts = pd.date_range("2025-11-01", periods=count, freq="15min")
    persian = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
    offered = [str(n % 60).translate(persian) for n in range(count)]
    reading = inspect_history(pd.DataFrame({"start": starts, "offered": offered}))
    begin = time.perf_counter()
    rows = reading.rows
    assert time.perf_counter() - begin < 2.0
    assert len(rows) == count
    np.testing.assert_array_equal(rows["read"].astype(int), np.arange(count) % 60)


def test_part_weeks_are_named():
    starts = pd.date_range("2026-11-05 08:00", "2026-12-08 09:00", freq="30min")
    open_ = (
        (starts.hour == 8)
        & (starts.day_of_week < 5)
        & ~starts.normalize().isin(pd.to_datetime(["2026-11-17", "2026-11-18"]))
    )
    report = inspect_history(pd.DataFrame({"start": starts[open_], "offered": 5})).report
    said = report[report["kind"] == "counted"]["what"].tolist()
    assert "the first week is a part: 2 of 5 days, Thu 2026-11-05 to Fri 2026-11-06" in said
    assert "the last week is a part: 2 of 5 days, Mon 2026-12-07 to Tue 2026-12-08" in said
    assert "weeks with whole days without data: from 2026-11-16 (2)" in said
    assert len(STARTS) == 8


KINDS = ("row", "total", "blank", "header", "copy", "other queue", "faulty", "no time")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=25))
@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_no_row_of_any_file_is_lost(kinds):
    lines, out, number = [["2026-11-21 06:00", "Card", "1"], ["2026-11-21 06:30", "Card", "2"]], set(), 0
    for row, kind in enumerate(kinds, start=2):
        number += kind in ("row", "faulty")
        moment = f"{pd.Timestamp('2026-11-21 07:00') + number * pd.Timedelta('30min'):%Y-%m-%d %H:%M}"
        lines.append(
            {
                "total": ["Total", "", "9"],
                "blank": ["", "", ""],
                "header": ["start", "queue", "offered"],
                "copy": lines[1],
                "other queue": [moment, "Loan", "5"],
                "faulty": [moment, "Card", "x"],
                "no time": ["soon", "Card", "5"],
            }.get(kind, [moment, "Card", "4"])
        )
        if kind not in ("row", "faulty"):
            out.add(row)
    table = pd.DataFrame(lines, columns=["start", "queue", "offered"])
    others = table[table["queue"] == "Loan"].index
    table.loc[others, "start"] = [f"2026-11-22 {k // 2:02d}:{k % 2 * 30:02d}" for k in range(len(others))]
    reading = inspect_history(table, queue="Card", faulty="refuse")
    refused = reading.rows[reading.rows["read"] == "refused"]["row"]
    assert set(refused) == out
    assert reading.read_rows == len(lines) - len(out)
