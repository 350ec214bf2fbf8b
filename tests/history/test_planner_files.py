"""The planner's other files, refused with file, row and column."""

import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import DataError, WfmWarning
from wfm.history import read_table
from wfm.tables import (
    ADJUSTMENTS,
    AGENTS,
    AVAILABILITY,
    FORECAST,
    HISTORY,
    HOLIDAYS,
    LOCKS,
    REQUIREMENT,
    ROSTER,
    SCHEDULE,
    WISHES,
)


def written(tmp_path, text, name="file.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_agents_are_read(tmp_path):
    text = "Employee;Contract;Skills;Counts as;From\n'=Sara;ft;voice|chat;0,5;1405/09/01\nReza;pt;voice;;\n"
    table = read_table(written(tmp_path, text), AGENTS)
    assert table["agent"].tolist() == ["=Sara", "Reza"]
    assert table["counts_as"].iloc[0] == 0.5
    assert table["from"].iloc[0] == pd.Timestamp("2026-11-22")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        (
            "agent,start,end,kind\nSara,2026-11-21 08:00,2026-11-21 12:00,leave\n",
            ("2026-11-21 08:00", "2026-11-21 12:00"),
        ),
        ("agent,start,end,kind\nSara,2026-11-21,2026-11-24,leave\n", ("2026-11-21", "2026-11-24")),
        ("agent,from,until,kind\nSara,2026-11-21,2026-11-23,leave\n", ("2026-11-21", "2026-11-24")),
        ("agent,date,kind\nSara,2026-11-21,Leave\n", ("2026-11-21", "2026-11-22")),
        ("کارشناس,شروع,تا,kind\nSara,۱۴۰۵/۰۸/۳۰,۱۴۰۵/۰۹/۰۲,leave\n", ("2026-11-21", "2026-11-24")),
    ],
)
def test_absences_may_be_written_in_several_ways(tmp_path, text, span):
    table = read_table(written(tmp_path, text), AVAILABILITY, calendar=Calendar(months="solar-hijri"))
    assert table.loc[0, ["start", "end"]].tolist() == [pd.Timestamp(moment) for moment in span]


def test_ends_that_equal_starts_are_last_days(tmp_path):
    text = "agent,start,end,kind\nSara,2026-11-21,2026-11-21,leave\nReza,2026-11-21,2026-11-23,leave\n"
    with pytest.warns(WfmWarning, match="'end' equals the start in row 2"):
        table = read_table(written(tmp_path, text), AVAILABILITY)
    assert table["end"].tolist() == [pd.Timestamp("2026-11-24"), pd.Timestamp("2026-11-22")]


def test_wishes_locks_and_adjustments_are_read(tmp_path):
    wishes = read_table(written(tmp_path, "agent,date,kind,weight\nSara,2026-11-21,OFF,2\n"), WISHES)
    assert wishes.loc[0, ["kind", "weight"]].tolist() == ["off", 2.0]
    locks = read_table(written(tmp_path, "agent,start,type,reason\nSara,2026-11-21 08:00,full,promised\n"), LOCKS)
    assert locks.loc[0, "type"] == "full"
    text = 'queue,start,end,what,how,value,reason,author\nvoice,2026-11-21,2026-11-22,offered,multiply,"1,2",TV,Ali\n'
    changes = read_table(written(tmp_path, text), ADJUSTMENTS, queues=["voice"])
    assert changes.loc[0, ["value", "by"]].tolist() == [1.2, "Ali"]


def test_holidays_are_read(tmp_path):
    table = read_table(written(tmp_path, "تاریخ,نام\n۱۴۰۶/۰۱/۰۱,نوروز\n1406/01/02,\n"), HOLIDAYS)
    assert table["date"].tolist() == [pd.Timestamp("2027-03-21"), pd.Timestamp("2027-03-22")]
    assert table["name"].tolist() == ["نوروز", None]


def test_tables_made_elsewhere_are_read(tmp_path):
    text = "queue,timestamp,volume,aht_s,offered_q0.9\nvoice,2026-11-21 08:00,12,04:00,15\n"
    forecast = read_table(written(tmp_path, text), FORECAST)
    assert forecast.loc[0, ["offered", "aht", "offered_q0.9"]].tolist() == [12.0, 240.0, 15.0]
    text = "queue,start,Agents needed\nvoice,2026-11-21 08:00,12\n"
    need = read_table(written(tmp_path, text), REQUIREMENT, columns={"agents": "Agents needed"})
    assert need["agents"].tolist() == [12.0]


@pytest.mark.parametrize(
    ("spec", "table"),
    [
        (
            ROSTER,
            {
                "agent": ["Sara"],
                "start": ["2026-11-21 08:00"],
                "end": ["2026-11-21 12:00"],
                "activity": ["work"],
                "paid": [True],
            },
        ),
        (
            SCHEDULE,
            {
                "shift": ["a"],
                "start": ["2026-11-21 08:00"],
                "end": ["2026-11-21 12:00"],
                "activity": ["work"],
                "paid": ["True"],
                "people": [3],
                "type": ["full"],
            },
        ),
        (HISTORY, {"queue": ["voice"], "start": ["2026-11-21 08:00"], "offered": [3]}),
    ],
)
def test_what_the_library_writes_is_read_back(tmp_path, spec, table):
    path = tmp_path / "table.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    back = read_table(path, spec)
    assert back["start"].tolist() == [pd.Timestamp("2026-11-21 08:00")]
    assert [name for name in table if name not in back] == []


@pytest.mark.parametrize(
    ("spec", "text", "says"),
    [
        (AGENTS, "agent,skills\nSara,voice\n", r"file\.csv has no column for 'contract'; it has 'agent', 'skills'"),
        (AGENTS, "agent,contract\nSara,ft\n,ft\n", r"file\.csv: agents\.agent must be a text .* first: row 3"),
        (
            AGENTS,
            "agent,contract\nZoe,ft\nAda,ft\nAda,pt\n",
            r"agents\.agent must be unique .* first: row 4, agent=Ada",
        ),
        (AGENTS, "agent,contract,counts_as\nSara,ft,full\n", "'counts_as' must be a number .*, got 'full' in row 2"),
        (AGENTS, "agent,contract,counts_as\nSara,ft,1\nReza,ft,80\n", r"agents\.counts_as must be .* first: row 3"),
        (
            AVAILABILITY,
            "agent,start,end,kind\nZoe,2026-11-21,2026-11-22,ill\nAda,2026-11-21,2026-11-22,off\n",
            "availability.kind must be one of 'off', .* first: row 2, agent=Zoe",
        ),
        (AVAILABILITY, "agent,start,end,kind\nSara,2026-13-45,2026-11-22,off\n", "'start' must be a date .* in row 2"),
        (
            AVAILABILITY,
            "agent,start,end,kind\nSara,2026-11-22 09:00,2026-11-22 08:00,off\n",
            r"availability\.end must be after start .* first: row 2",
        ),
        (
            ADJUSTMENTS,
            "queue,start,end,what,how,value\nvoyce,2026-11-21,2026-11-22,offered,set,9\n",
            r"adjustments\.queue must be one of 'voice' .* first: row 2",
        ),
        (
            ROSTER,
            "agent,start,end,activity,paid\nZoe,2026-11-21 08:00,2026-11-21 12:00,work,True\n"
            "Ada,2026-11-21 08:00,2026-11-21 12:00,work,True\nAda,2026-11-21 11:00,2026-11-21 13:00,work,True\n",
            r"roster\.start must be at or after the end of the row before .* first: row 4, agent=Ada",
        ),
        (WISHES, "agent,date,kind,weight\nSara,2026-11-21,off,much\n", "'weight' must be a number"),
        (
            FORECAST,
            "queue,start,offered,offered_q0.1,offered_q0.5,offered_q0.9\nvoice,2026-11-21 08:30,12,8,12,15\n"
            "voice,2026-11-21 08:00,12,15,12,9\n",
            r"forecast\.offered_q0\.5 must be at least offered_q0\.1 \(here 15\) in 1 row\(s\), first: row 3, queue=voice",
        ),
        (
            FORECAST,
            "queue,start,offered,offered_q0.1,offered_q0.9\nvoice,2026-11-21 08:00,12,15,9\n",
            r"offered_q0\.9 must be at least offered_q0\.1 .* offered_q0\.9=9",
        ),
        (
            REQUIREMENT,
            'queue,start,agents\n"voice\nloan",2026-11-21 08:00,12\n',
            r"'queue' must be a name of one line without control characters, got 'voice\\nloan' in row 2",
        ),
    ],
)
def test_faults_name_file_row_and_column(tmp_path, spec, text, says):
    with pytest.raises(DataError, match=says):
        read_table(written(tmp_path, text), spec, queues=["voice"])


def test_a_workbook_and_a_table_are_read_alike(tmp_path):
    table = pd.DataFrame({"agent": ["Sara"], "contract": ["ft"], "from": [pd.Timestamp("2026-11-21")]})
    path = tmp_path / "agents.xlsx"
    table.to_excel(path, index=False)
    pd.testing.assert_frame_equal(read_table(path, AGENTS), read_table(table, AGENTS), check_dtype=False)
