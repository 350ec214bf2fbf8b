"""What a plan asks of shifts that run on past its last day: the night after, until the next plan's own shifts begin."""

import pandas as pd
import pytest

import wfm
from wfm.hours import OpeningHours
from wfm.plan.people_step import next_night
from wfm.settings import read_week

FIRST, LAST = pd.Timestamp("2026-11-23"), pd.Timestamp("2026-11-30")


def week_of(*starts, **more):
    return read_week(
        {
            "interval": "60min",
            "queues": {
                "voice": {"hours": "24x7", "target": {"share": 0.8, "within": "60s"}},
                "tickets": {"hours": "24x7", "channel": "deferred", "classes": {"normal": "24h"}},
            },
            "shifts": {"full": {"length": "9h", "starts": list(starts), **more}},
            "plan": {"start": str(FIRST.date())},
        }
    )


def needed():
    """People needed in the hour `h` of the day `d` of the plan: 100 d + h."""
    start = pd.date_range(FIRST, LAST, freq="h", inclusive="left")
    rows = pd.DataFrame({"start": start, "end": start + pd.Timedelta(hours=1)})
    rows["rostered"] = 100 * ((start - FIRST) // pd.Timedelta(days=1)) + start.hour
    return pd.concat([rows.assign(queue="voice"), rows.assign(queue="tickets")], ignore_index=True)


def after(week):
    found = next_night(needed(), week)
    assert (found["start"] >= LAST).all()
    return {str(queue): rows.set_index(rows["start"].dt.hour)["rostered"] for queue, rows in found.groupby("queue")}


def test_the_night_after_asks_as_a_week_before_and_of_work_that_can_wait_as_the_night_before():
    night = after(week_of("06:00", "14:00", "23:00"))
    assert night["voice"].to_dict() == {hour: hour for hour in range(6)}
    assert night["tickets"].to_dict() == {hour: 600 + hour for hour in range(6)}


def test_the_night_after_ends_where_shifts_of_the_last_day_do():
    assert list(after(week_of("09:00", "17:00", "18:00"))["voice"].index) == [0, 1, 2]


def test_from_the_first_shift_of_the_day_after_the_night_asks_for_nobody():
    assert list(after(week_of("04:00", "23:00"))["voice"].index) == [0, 1, 2, 3]
    weekdays_only = week_of("04:00", "23:00", days=["tue"])  # nobody else begins on the Monday after
    assert list(after(weekdays_only)["voice"].index) == list(range(8))


def test_shifts_that_end_by_midnight_leave_no_night_after():
    assert next_night(needed(), week_of("06:00", "14:00")).empty


@pytest.mark.parametrize("days", ["mon-fri", "tue-sat", "mon-sun"])
def test_a_week_that_ends_on_closed_days_owes_everybody_the_hours_of_the_whole_week(days):
    opened = pd.date_range(FIRST, LAST, freq="30min", inclusive="left")
    hours = OpeningHours.read({days: "08:00-18:00"})
    needed = pd.DataFrame({"queue": "voice", "start": opened[hours.is_open(opened)], "agents": 2.0, "offered": 0.0})
    plan = wfm.plan_week(
        {
            "queues": {"voice": {"hours": {days: "08:00-18:00"}, "target": {"share": 0.8, "within": "60s"}}},
            "shifts": {"day": {"length": "8h", "starts": "08:00-10:00/60min"}},
            "contracts": {"ft": {"hours_per_week": [38, 40], "days_per_week": [5, 5]}},
            "people": {"agents": pd.DataFrame({"agent": ["Ada", "Bo", "Cy", "Di", "Ed", "Flo"], "contract": "ft"})},
            "plan": {"start": str(FIRST.date()), "time_limit": 2},
        },
        requirement={"voice": needed},
    )
    worked = plan.roster.table.assign(hours=lambda rows: (rows["end"] - rows["start"]) / pd.Timedelta(hours=1))
    assert worked.groupby("agent")["hours"].sum().tolist() == [40.0] * 6  # none is dropped, though 3 would do
