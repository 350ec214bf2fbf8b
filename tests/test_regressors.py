"""Numbers of each day, as they are read from a table."""

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import DataError
from wfm.regressors import known_regressors, of_queue, read_regressors


def table(**columns):
    return pd.DataFrame({"day": ["2026-01-03", "2026-01-01", "2026-01-02"], **columns})


def test_days_are_put_in_order_and_empty_cells_are_days_without_a_value():
    [rain] = read_regressors(table(rain=[3.0, 1.0, None]))
    assert rain.days.astype(str).tolist() == ["2026-01-01", "2026-01-03"]
    found = rain.at(pd.date_range("2025-12-31", "2026-01-04"))
    np.testing.assert_array_equal(found, [np.nan, 1.0, np.nan, 3.0, np.nan])


def test_a_queues_own_number_takes_the_place_of_the_one_for_all():
    every = read_regressors(
        pd.DataFrame({"day": ["2026-01-01"] * 2, "queue": [None, "chat"], "spend": [1.0, 9.0], "rain": [2.0, None]})
    )
    day = pd.DatetimeIndex(["2026-01-01"])
    assert {one.name: one.at(day).item() for one in of_queue(every, "chat")} == {"spend": 9.0, "rain": 2.0}
    assert {one.name: one.at(day).item() for one in of_queue(every, "voice")} == {"spend": 1.0, "rain": 2.0}


def test_days_are_read_in_the_calendars_reckoning():
    given = pd.DataFrame({"day": ["1405-09-01"], "rain": [1.0]})
    [rain] = known_regressors(given, Calendar(months="solar-hijri"))
    assert rain.days.astype(str).tolist() == ["2026-11-22"]
    assert known_regressors([rain], Calendar()) == (rain,)


def test_a_day_that_comes_twice_is_named_with_both_rows():
    with pytest.raises(DataError, match=r"2026-01-01 is in rows 0 and 1\. Leave one"):
        read_regressors(pd.DataFrame({"day": ["2026-01-01"] * 2, "rain": [1.0, 2.0]}))


@pytest.mark.parametrize("bad", ["wet", np.inf])
def test_what_is_no_number_is_named_with_its_row(bad):
    with pytest.raises(DataError, match=rf"regressors\.rain must be numbers, .*row 1 holds {bad}"):
        read_regressors(table(rain=[1.0, bad, 2.0]))


def test_a_table_without_days_or_without_numbers_is_refused():
    with pytest.raises(DataError, match=r"regressors has no column 'day'; it holds rain\."):
        read_regressors(pd.DataFrame({"rain": [1.0]}))
    with pytest.raises(DataError, match="regressors holds no number"):
        read_regressors(table())
