"""The checker sees every kind of fault in a roster written by hand."""

import pandas as pd
import pytest

from wfm.hours import OpeningHours
from wfm.schedule import Break, Contract, People, ShiftType, check_roster

MONDAY = pd.Timestamp("2026-11-23")
FULL = ShiftType(
    name="full",
    length="9h",
    starts="08:00-10:00/30min",
    days="mon-fri",
    breaks=[
        Break(name="rest", length="15min", paid=True, between=("1h", "2h"), grid=900),
        Break(name="meal", length="1h", paid=False, between=("4h", "5h")),
    ],
)
STAFF = People(agents=pd.DataFrame({"agent": ["Ada"], "contract": ["ft"]}), contracts={"ft": Contract(name="ft")})


def shift(*rows, day=0):
    """Rows of (first hour, last hour, activity, paid)."""
    start = MONDAY + pd.Timedelta(days=day)
    return pd.DataFrame(
        [
            ("Ada", start + pd.Timedelta(hours=a), start + pd.Timedelta(hours=b), what, paid, "full", "voice")
            for a, b, what, paid in rows
        ],
        columns=["agent", "start", "end", "activity", "paid", "shift", "queue"],
    )


GOOD = [
    (8, 9, "work", True),
    (9, 9.25, "break", True),
    (9.25, 12, "work", True),
    (12, 13, "meal", False),
    (13, 17, "work", True),
]


def faults(table, **more):
    return check_roster(table, STAFF, [], [FULL], interval=1800, **more)["message"].tolist()


def test_a_good_shift_passes():
    assert faults(shift(*GOOD)) == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(8, 9, "work", True), (9, 9.25, "break", True), (9.25, 17, "work", True)], "full has 2 breaks, here 1"),
        ([(8, 8.5, "work", True), (8.5, 8.75, "break", True), *GOOD[2:]], "overlap|two things|lasts|window|30 min"),
        (
            [*GOOD[:2], (9.25, 11, "work", True), (11, 12, "meal", False), (12, 17, "work", True)],
            "break meal starts 180 min into the shift, outside its window",
        ),
        ([*GOOD[:3], (12, 13, "meal", True), GOOD[4]], "break meal is unpaid"),
        ([*GOOD[:3], (12, 12.5, "meal", False), (12.5, 17, "work", True)], "break meal lasts 60 min, here 30 min"),
        ([*GOOD[:4], (13, 18, "work", True)], "full lasts 9 h, here 10 h"),
        ([*GOOD[:4], (13, 17, "work", False)], "work is not paid"),
        (
            [(8, 9.1, "work", True), (9.1, 9.35, "break", True), (9.35, 12, "work", True), *GOOD[3:]],
            "off the grid of 15 min",
        ),
    ],
)
def test_each_fault_of_a_shift_is_told(rows, words):
    found = faults(shift(*rows))
    assert pd.Series(found).str.contains(words).any(), found


def test_a_hole_makes_two_wrong_shifts():
    assert len(faults(shift(*GOOD[:2], *GOOD[3:]))) >= 2


def test_a_wrong_start_weekday_or_type_is_told():
    early = shift(*((a - 1, b - 1, what, paid) for a, b, what, paid in GOOD))
    assert faults(early) == ["Ada on Mon 23 Nov 07:00: full may not start at 07:00"]
    assert "Saturday" in faults(shift(*GOOD, day=5))[0]
    assert "not a known type" in faults(shift(*GOOD).assign(shift="fulll"))[0]


def test_overlaps_and_missing_columns_are_told():
    found = faults(pd.concat([shift(*GOOD), shift((10, 11, "work", True))]))
    assert "Ada does two things at once on Mon 23 Nov 10:00" in found
    assert faults(shift(*GOOD).drop(columns="paid")) == ["roster has no column 'paid'"]


def test_shifts_outside_the_opening_hours_are_told():
    assert faults(shift(*GOOD), hours={"voice": OpeningHours.read("07:00-17:00")}) == []
    assert "outside the hours of voice" in faults(shift(*GOOD), hours={"voice": OpeningHours.read("08:30-20:00")})[0]


def test_hours_that_run_on_past_midnight_are_one_span():
    night = ShiftType(name="night", length="8h", starts="22:00")
    table = shift((22, 30, "work", True)).assign(shift="night")
    for opening, right in (("24h", True), ("20:00-06:00", True), ("20:00-05:00", False)):
        found = check_roster(table, STAFF, [], [night], hours={"voice": OpeningHours.read(opening)})
        assert found.empty == right, opening


def test_rules_of_the_contracts_hold_where_none_are_given():
    strict = People(agents=STAFF.agents, contracts={"ft": Contract(name="ft", hours_per_week=40)})
    found = check_roster(
        shift(*GOOD), strict, None, [FULL], interval=1800, span=(MONDAY, MONDAY + pd.Timedelta(days=7))
    )
    assert found[["rule", "amount", "hard"]].to_numpy().tolist() == [["hours_per_week", 32.0, False]]
