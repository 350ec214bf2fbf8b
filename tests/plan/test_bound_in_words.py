"""Line 9 without people: how near the bound the shifts lie, of what it is one, and what is short of what was asked."""

import pandas as pd
import pytest

from wfm.plan.people_step import _left_uncovered
from wfm.plan.summary import roster
from wfm.schedule import Schedule

FIGURES = {
    "have_hours": None,
    "paid_hours": 105.0,
    "schedule_gap": 0.01,
    "schedule_bound": 104.0,
    "bound_of": "covered",
    "asked_bound": 100.0,
    "pools": {},
    "missing_where_missed": 0.0,
}


def test_the_bound_of_what_is_covered_stands_beside_that_of_all_that_was_asked():
    assert roster(FIGURES).endswith(
        "paid hours at most 1.00% over the bound 104 h of what they cover, 5.00% over that of all that was asked, 100 h"
    )
    less = roster(FIGURES | {"paid_hours": 98.0})
    assert less.endswith("2.00% below that of all that was asked, 100 h")


def test_a_bound_of_all_that_was_asked_is_called_so():
    words = roster(FIGURES | {"bound_of": "asked"})
    assert words.endswith("paid hours and shortage at most 1.00% over the bound 104 h of what was asked")


def test_what_is_missing_where_a_promise_is_not_kept_is_told():
    assert roster(FIGURES | {"missing_where_missed": 12.4}).endswith(
        ", 12 h of what was asked missing where a promise is not kept"
    )


@pytest.mark.parametrize(("bound", "again"), [(8.0, True), (108.0, False)])
def test_there_is_more_time_only_where_shifts_could_cover_what_is_missing(bound, again):
    start = pd.Timestamp("2026-11-02 08:00")
    row = {"queue": "voice", "start": start, "end": start + pd.Timedelta("2h"), "required": 2.0, "rostered": 1.0}
    table = pd.DataFrame({"paid": [True], "start": start, "end": start + pd.Timedelta("8h"), "people": 1, "shift": "a"})
    made = Schedule(
        table=table, coverage=pd.DataFrame([row | {"gap": -1.0}]), objective=108.0, bound=bound, status="time_limit",
        seconds=1.0,
    )  # fmt: skip
    assert _left_uncovered(made, under=50.0) is again
