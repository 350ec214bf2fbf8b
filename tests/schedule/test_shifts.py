import pandas as pd
import pytest

from wfm.errors import SettingError
from wfm.schedule import design_shifts
from wfm.schedule.shifts.shift_types import Break, ShiftType, shifts_of_lengths

MEAL = Break(name="meal", length="30min", paid=False, between=("3h", "4h"))


def test_break_starts_lie_on_the_interval_inside_the_window():
    assert MEAL.starts(7 * 3600, 8 * 3600, 1800) == (36000.0, 37800.0, 39600.0)


def test_a_break_grid_of_its_own_wins_over_the_interval():
    pause = Break(name="rest", length="15min", paid=True, between=("1h", "1h30min"), grid=900)
    assert pause.starts(7 * 3600, 8 * 3600, 3600) == (28800.0, 29700.0, 30600.0)


def test_a_window_by_the_clock_reaches_past_midnight():
    pause = Break(name="meal", length="30min", paid=False, clock=("02:00", "02:30"))
    assert pause.starts(22 * 3600, 8 * 3600, 1800) == (26 * 3600.0, 26.5 * 3600)


def test_both_windows_hold_where_both_are_given():
    pause = Break(name="meal", length="30min", paid=False, between=("3h", "5h"), clock=("12:00", "12:30"))
    assert pause.starts(8 * 3600, 8 * 3600, 1800) == (12 * 3600.0, 12.5 * 3600)


def test_unpaid_breaks_leave_the_paid_time():
    assert ShiftType(name="full", length="8h30min", starts="07:00", breaks=[MEAL]).paid_seconds == 8 * 3600


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"length": "25h"}, "length of shift 'x' must be at most 24 h"),
        ({"length": "20min", "breaks": [MEAL]}, "break 'meal' of shift 'x' must be shorter than the shift"),
        ({"length": "3h", "breaks": [MEAL]}, "must end inside the shift"),
    ],
)
def test_a_shift_that_cannot_be_is_refused(field, message):
    with pytest.raises(SettingError, match=message):
        ShiftType(**{"name": "x", "length": "8h", "starts": "07:00", **field})


def test_a_break_without_a_window_is_refused():
    with pytest.raises(SettingError, match="needs a window"):
        Break(name="meal", length="30min", paid=False)


def test_windows_move_with_the_middle_and_the_end_of_a_shift():
    meal = Break(name="meal", length="30min", paid=False, between=("-1h", "0h"), measured_from="middle")
    last = Break(name="rest", length="15min", paid=True, between=("-1h45min", "-1h"), measured_from="end")
    for hours in (6, 8):
        kind = ShiftType(name="s", length=hours * 3600, starts="08:00", breaks=[last, meal])
        assert [pause.name for pause in kind.breaks] == ["meal", "rest"]
        assert kind.breaks[0].between == (hours * 1800 - 3600, hours * 1800)
        assert kind.breaks[1].between == (hours * 3600 - 6300, hours * 3600 - 3600)
    assert meal.starts(8 * 3600, 6 * 3600, 1800) == (10 * 3600.0, 10.5 * 3600, 11 * 3600)


def test_a_break_is_taken_by_the_lengths_that_it_names():
    meal = Break(name="meal", length="30min", paid=False, between=("2h", "3h"), lengths=("6h", "24h"))
    assert ShiftType(name="a", length="5h30min", starts="08:00", breaks=[meal]).breaks == ()
    assert ShiftType(name="b", length="6h", starts="08:00", breaks=[meal]).paid_seconds == 5.5 * 3600


def test_a_range_of_lengths_is_a_type_for_each_with_the_starts_that_end_in_time():
    kinds = shifts_of_lengths(
        "day", lengths="4h-10h/30min", starts="07:00-20:00/30min", ends_by="23:00", days="sat-wed"
    )
    assert len(kinds) == 13
    assert [kind.name for kind in kinds[:3]] == ["day-4h", "day-4h30", "day-5h"]
    assert all(max(kind.starts) + kind.length <= 23 * 3600 for kind in kinds)
    assert max(kinds[0].starts) == 19 * 3600
    late = shifts_of_lengths("late", lengths=["6h"], starts=["18:00", "23:00"], ends_by="30:00")
    assert late[0].starts == (18 * 3600.0, 23 * 3600.0)


def test_a_shift_of_some_dates_is_worked_on_them_alone():
    first = pd.Timestamp("2026-11-21")
    starts = pd.DatetimeIndex([first + pd.Timedelta(days=d, hours=8) for d in range(3)])
    need = pd.DataFrame({"queue": "v", "start": starts, "end": starts + pd.Timedelta("4h"), "agents": 1.0})
    always = ShiftType(name="six", length="6h", starts="08:00")
    feast = ShiftType(name="four", length="4h", starts="08:00", dates=["2026-11-22"])
    plan = design_shifts(need, [always, feast])
    assert plan.table["type"].tolist() == ["six", "four", "six"]
    assert plan.table["start"].dt.normalize().tolist() == [first + pd.Timedelta(days=d) for d in range(3)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lengths": "4h to 10h"}, "must be a range such as '4h-10h/30min'"),
        ({"lengths": "10h-4h/1h"}, "must end after it begins"),
        ({"lengths": 14400}, "must be a range such as '4h-10h/30min' or a list"),
        ({"ends_by": "08:00"}, "no start of shifts 'day' leaves time"),
        ({"dates": ["soon"]}, "dates of shift 'day-4h' must be dates"),
    ],
)
def test_a_range_that_cannot_be_is_refused(given, message):
    with pytest.raises(SettingError, match=message):
        shifts_of_lengths("day", **{"lengths": "4h-10h/1h", "starts": "07:00", **given})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"measured_from": "noon"}, "measured_from of break 'm'"),
        ({"between": ("-1h", "0h")}, "must be a duration >= 0"),
        ({"lengths": ("6h", "2h")}, "must have its latest start after its earliest"),
    ],
)
def test_a_window_that_cannot_be_is_refused(given, message):
    with pytest.raises(SettingError, match=message):
        Break(**{"name": "m", "length": "30min", "paid": False, "between": ("1h", "2h"), **given})


def test_a_window_before_the_start_of_the_shift_is_refused():
    rest = Break(name="rest", length="15min", paid=True, between=("-5h", "-4h30min"), measured_from="end")
    with pytest.raises(SettingError, match="lies before the start of a shift of 240 min"):
        ShiftType(name="s", length="4h", starts="08:00", breaks=[rest])
