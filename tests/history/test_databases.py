"""Histories that lie in a database."""

import sqlite3

import pandas as pd
import pytest

from wfm.errors import DataError, SettingError
from wfm.history import inspect_history, read_history, read_table
from wfm.tables import AGENTS


@pytest.fixture
def connection():
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE calls (at INTEGER, skill TEXT, n INTEGER)")
    first = int(pd.Timestamp("2026-11-21 08:00", tz="Asia/Tehran").timestamp())
    made.executemany("INSERT INTO calls VALUES (?, 'Card', ?)", [(first, 12), (first + 1800, 15)])
    yield made
    made.close()


QUERY = "SELECT at AS timestamp, skill, n AS offered FROM calls ORDER BY at"


def test_a_query_and_a_pair_are_the_same(connection):
    by_name = read_history(sql=QUERY, connection=connection, timezone="Asia/Tehran")
    pd.testing.assert_frame_equal(by_name, read_history((QUERY, connection), timezone="Asia/Tehran"))
    assert by_name["start"].tolist() == [pd.Timestamp("2026-11-21 08:00"), pd.Timestamp("2026-11-21 08:30")]
    assert by_name[["queue", "offered"]].to_numpy().tolist() == [["Card", 12.0], ["Card", 15.0]]


def test_the_report_says_how_times_were_counted(connection):
    report = inspect_history((QUERY, connection), timezone="Asia/Tehran").report
    assert report["what"].str.contains("times as seconds since 1970, counted in UTC").any()


def test_faults_name_the_row_of_the_query_counted_from_one(connection):
    connection.execute("UPDATE calls SET n = -3 WHERE n = 15")
    with pytest.raises(DataError, match=r"the query: 'offered' must be a number .* got -3.* in row 2"):
        read_history(sql=QUERY, connection=connection, timezone="Asia/Tehran")


def test_other_tables_come_from_a_database_too(connection):
    connection.execute("CREATE TABLE people (agent TEXT, contract TEXT, skills TEXT)")
    connection.execute("INSERT INTO people VALUES ('Sara', 'ft', 'voice')")
    assert read_table(("SELECT * FROM people", connection), AGENTS)["agent"].tolist() == ["Sara"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT * FROM nowhere", "cannot be run: no such table: nowhere"),
        ("SELEC 1", 'cannot be run: near "SELEC": syntax error'),
        ("SELECT n, n AS n FROM calls", "the query has the column 'n' twice"),
        ("SELECT at, n FROM calls", "has no column for 'start'; it has 'at', 'n'"),
    ],
)
def test_a_query_that_fails_says_why(connection, query, says):
    with pytest.raises(DataError, match=says):
        read_history(sql=query, connection=connection, columns={"n": "offered"} if "at, n" in query else None)


def test_a_closed_connection_is_named(connection):
    connection.close()
    with pytest.raises(DataError, match="Cannot operate on a closed database"):
        read_history(sql=QUERY, connection=connection)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"sql": QUERY}, "connection must be an open connection, .* got none"),
        ({"connection": sqlite3}, "sql must be a query"),
        ({"sql": " ", "connection": sqlite3}, "sql must be a query"),
        (
            {"source": "calls.csv", "sql": QUERY, "connection": sqlite3},
            "give a source or sql with connection, got both",
        ),
        ({"source": pd.DataFrame({"start": []}), "sheet": "Calls"}, "sheet names a sheet of an .xlsx workbook"),
    ],
)
def test_half_a_source_is_refused(how, says):
    with pytest.raises(SettingError, match=says):
        read_history(**how)


def test_an_address_is_refused_without_being_shown():
    with pytest.raises(SettingError, match="got a text") as caught:
        read_history(sql=QUERY, connection="postgresql://planner:secret@db/calls")
    assert "secret" not in str(caught.value)
