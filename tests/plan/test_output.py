"""Tables as files: what stands in a cell, and the lines of a roster."""

import io

import numpy as np
import pandas as pd
import pytest

from wfm.plan.lines import lines_of_roster
from wfm.plan.output import csv_bytes, write_tables

MONDAY = pd.Timestamp("2026-11-23")


def rows(table):
    return csv_bytes(table).decode().splitlines()[1:]


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        ([1.0, 0.1 + 0.2, 1e15, np.nan, np.inf, -0.0], ["1", "0.3", "1e+15", '""', "inf", "0"]),
        ([3, 0, 3], ["3", "0", "3"]),
        ([True, False], ["True", "False"]),
        ([MONDAY, None, MONDAY + pd.Timedelta("8h30min")], ["2026-11-23 00:00:00", '""', "2026-11-23 08:30:00"]),
        (['he said "no"', "a,b", None, "", "two\nlines"], ['"he said ""no"""', '"a,b"', '""', '""', '"two', 'lines"']),
        (["=1+1", "+49", "-x", "@home", "fine"], ["'=1+1", "'+49", "'-x", "'@home", "fine"]),
        ([True, 1, "=x", 2.5, None], ["True", "1", "'=x", "2.5", '""']),
        (pd.array([1, None, 3], dtype="Int64"), ["1", '""', "3"]),
        (pd.Categorical(["b", None, "a"]), ["b", '""', "a"]),
        (pd.to_timedelta(["30min", None]), ["0 days 00:30:00", '""']),
        ([None, None], ['""', '""']),
    ],
)
def test_a_cell_is_written_so_that_it_is_read_back(cells, written):
    assert rows(pd.DataFrame({"x": cells})) == written


def test_days_have_no_time_where_all_are_midnights():
    days = pd.to_datetime(["2026-11-23", None])
    assert rows(pd.DataFrame({"day": days, "start": days})) == ["2026-11-23,2026-11-23 00:00:00", ","]
    late = pd.to_datetime(["2026-11-23 08:00", "2026-11-24 00:00"])
    assert rows(pd.DataFrame({"day": late})) == ["2026-11-23 08:00:00", "2026-11-24 00:00:00"]


def test_a_long_table_comes_back_to_ten_digits():
    rng = np.random.default_rng(0)
    starts = pd.date_range(MONDAY, periods=500, freq="30min")
    table = pd.DataFrame({"queue": ["voice", "chat"] * 250, "start": starts, "rate": rng.gamma(2, 9, 500)})
    back = pd.read_csv(io.BytesIO(csv_bytes(table)), parse_dates=["start"])
    assert back["queue"].tolist() == table["queue"].tolist()
    assert back["start"].tolist() == table["start"].tolist()
    np.testing.assert_allclose(back["rate"], table["rate"], rtol=1e-9)


def test_a_table_without_rows_keeps_its_header(tmp_path):
    (path,) = write_tables({"empty": pd.DataFrame({"queue": [], "start": []})}, tmp_path)
    assert path.read_text() == "queue,start\n"


def test_people_with_the_same_shift_breaks_and_queue_are_one_line():
    def shift(agent, begin, rest, queue="voice", day=0):
        start = MONDAY + pd.Timedelta(days=day, hours=begin)
        edges = [
            start,
            start + pd.Timedelta(hours=rest),
            start + pd.Timedelta(hours=rest + 1),
            start + pd.Timedelta("8h"),
        ]
        return pd.DataFrame(
            {
                "agent": agent, "start": edges[:-1], "end": edges[1:], "activity": ["work", "meal", "work"],
                "paid": [True, False, True], "shift": "full", "queue": queue,
            }
        )  # fmt: skip

    leave = pd.DataFrame(
        {"agent": ["Eve"], "start": [MONDAY], "end": [MONDAY + pd.Timedelta("1D")], "activity": "leave", "paid": True}
    )
    roster = pd.concat(
        [
            shift("Ada", 8, 3), shift("Bob", 8, 3), shift("Cyd", 8, 4), shift("Dan", 8, 3, "chat"),
            shift("Ada", 8, 3, day=1), leave,
        ],
        ignore_index=True,
    )  # fmt: skip
    lines = lines_of_roster(roster)
    people = lines.drop_duplicates("shift").set_index("shift")["people"]
    assert sorted(people) == [1, 1, 1, 2]
    assert people.idxmax().startswith("voice-2026-11-23-full-0800-")
    assert (lines.groupby("shift").size() == 3).all()
    assert lines["type"].eq("full").all()
    assert lines_of_roster(leave.assign(shift=None, queue=None)).empty
