import pytest

from wfm.errors import SettingError
from wfm.schedule.shifts import Break, ShiftType

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
