import pandas as pd
import pytest

from wfm.hours import OpeningHours
from wfm.schedule import Break, ShiftType, design_shifts, schedule_faults

FULL = ShiftType(
    name="full",
    length="4h",
    starts="08:00",
    breaks=[
        Break(name="tea", length="15min", paid=True, between=("1h", "1h")),
        Break(name="lunch", length="30min", paid=False, between=("2h", "2h30min"), grid=900),
    ],
)
DAY = pd.Timestamp("2026-11-21")


def plan(agents=2):
    starts = pd.date_range(DAY + pd.Timedelta(hours=8), periods=16, freq="15min")
    return design_shifts(pd.DataFrame({"queue": "voice", "start": starts, "agents": agents}), [FULL], under_cost=10)


def faults(change, kinds=(FULL,), hours=None, **options):
    table = plan().table
    change(table)
    return schedule_faults(table, list(kinds), hours, **options)


def test_rows_of_a_line_run_from_work_to_break_to_work():
    table = plan().table
    line = table[table["shift"] == table["shift"].iloc[0]]
    assert line["activity"].tolist() == ["work", "break", "work", "meal", "work"]
    assert line["paid"].tolist() == [True, True, True, False, True]
    assert (line["end"].to_numpy()[:-1] == line["start"].to_numpy()[1:]).all()
    assert line["shift"].iloc[0] == "voice-2026-11-21-full-0800-1"


def test_a_sound_table_has_no_faults():
    assert faults(lambda table: None, interval=900).empty


def set_at(row, column, value):
    def change(table):
        table.loc[row, column] = value

    return change


def shifted(minutes):
    def change(table):
        table["start"] += pd.Timedelta(minutes=minutes)
        table["end"] += pd.Timedelta(minutes=minutes)

    return change


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (set_at(1, "people", 7), "people"),
        (set_at(1, "paid", False), "paid"),
        (set_at(3, "paid", True), "paid"),
        (set_at(0, "paid", False), "paid"),
        (set_at(3, "activity", "work"), "breaks"),
        (set_at(3, "activity", "break"), "breaks"),
        (set_at(1, "end", DAY + pd.Timedelta(hours=9, minutes=20)), "contiguous"),
        (set_at(4, "end", DAY + pd.Timedelta(hours=13)), "length"),
        (shifted(30), "start"),
        (set_at(slice(None), "type", "other"), "type"),
    ],
)
def test_every_broken_rule_is_found(change, rule):
    assert rule in faults(change)["rule"].tolist()


def test_a_break_outside_its_window_is_found():
    def later(table):
        table.loc[0, "end"] = table.loc[1, "start"] = DAY + pd.Timedelta(hours=9, minutes=30)
        table.loc[1, "end"] = table.loc[2, "start"] = DAY + pd.Timedelta(hours=9, minutes=45)

    assert faults(later)["message"].tolist() == ["break 'tea' at 09:30 lies outside its window or grid"]


def test_a_shift_on_a_wrong_day_is_found():
    weekday = ShiftType(name="full", length="4h", starts="08:00", breaks=FULL.breaks, days="mon-fri")
    assert "day" in faults(lambda table: None, [weekday])["rule"].tolist()


def test_work_in_closed_hours_is_found_and_allowed_where_the_type_says_so():
    hours = {"voice": OpeningHours.read("08:00-11:00")}
    messages = faults(lambda table: None, hours=hours)["message"].tolist()
    assert "works at 2026-11-21 11:00, when the queue is closed" in messages
    outside = ShiftType(name="full", length="4h", starts="08:00", breaks=FULL.breaks, outside_hours=True)
    assert faults(lambda table: None, [outside], hours).empty


def test_too_many_on_a_break_at_once_are_found():
    watched = ShiftType(
        name="full",
        length="4h",
        starts="08:00",
        breaks=[Break(name="tea", length="15min", paid=True, between=("1h", "1h"), most_at_once=0.5), FULL.breaks[1]],
    )
    assert faults(lambda table: None, [watched])["rule"].tolist() == ["most_at_once"]
