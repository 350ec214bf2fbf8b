import numpy as np
import pandas as pd
import pytest

from wfm.datasets import Bank


@pytest.fixture(scope="module")
def shifts(served: Bank) -> pd.DataFrame:
    """One row a shift: agent, start, end, hours, shift, queue, number of queues."""
    rows = served.rosters[served.rosters["shift"].notna()].reset_index(drop=True)
    begins = (rows["agent"] != rows["agent"].shift()) | (rows["start"] != rows["end"].shift())
    found = rows.groupby(begins.cumsum()).agg(
        agent=("agent", "first"),
        start=("start", "min"),
        end=("end", "max"),
        shift=("shift", "first"),
        queue=("queue", "first"),
        queues=("queue", "nunique"),
    )
    return found.assign(hours=(found["end"] - found["start"]).dt.total_seconds() / 3600)


def test_shifts_have_the_lengths_of_their_types(shifts: pd.DataFrame) -> None:
    assert shifts.groupby("shift")["hours"].agg(["min", "max"]).to_numpy().tolist() == [[9.0, 9.0], [4.0, 4.0]]


def test_a_full_shift_has_an_hours_unpaid_meal_and_two_paid_rests(served: Bank) -> None:
    full = served.rosters[served.rosters["shift"] == "full"]
    minutes = (full["end"] - full["start"]).dt.total_seconds() / 60
    assert set(minutes[full["activity"] == "meal"]) == {60.0}
    assert set(minutes[full["activity"] == "break"]) == {15.0}
    assert (full["paid"] == (full["activity"] != "meal")).all()
    share = (full["activity"] == "break").sum() / (full["activity"] == "meal").sum()
    assert share == 2.0


def test_nobody_works_without_rest_or_more_than_five_days_in_a_row(shifts: pd.DataFrame) -> None:
    ordered = shifts.sort_values(["agent", "start"])
    same = ordered["agent"] == ordered["agent"].shift()
    rest = (ordered["start"] - ordered["end"].shift())[same]
    assert rest.min() >= pd.Timedelta(hours=11)
    day = ordered["start"].dt.normalize()
    run = (~same | (day.diff() != pd.Timedelta(days=1))).cumsum()
    assert ordered.groupby(run).size().max() == 5


def test_one_queue_a_shift_within_the_skills(served: Bank, shifts: pd.DataFrame) -> None:
    assert (shifts["queues"] == 1).all()
    skills = shifts["agent"].map(served.agents.set_index("agent")["skills"])
    assert all(queue in own.split("|") for queue, own in zip(shifts["queue"], skills, strict=True))


def test_nobody_is_rostered_before_being_hired(served: Bank) -> None:
    first = served.rosters.groupby("agent")["start"].min()
    hired = served.agents.set_index("agent")["from"]
    assert (first >= hired[first.index]).all()
    assert len(first) == 150


def test_the_rosters_reach_to_the_end_of_the_last_week_round_the_clock(served: Bank, shifts: pd.DataFrame) -> None:
    assert served.rosters["start"].min() >= pd.Timestamp("2024-11-09")
    assert shifts["start"].max() >= pd.Timestamp("2026-11-13 23:00")
    for queue in ("voice", "chat"):
        nights = shifts[(shifts["queue"] == queue) & (shifts["start"].dt.hour == 23)]
        by_night = nights.groupby(nights["start"].dt.normalize()).size()
        assert len(by_night) == 105 * 7
        assert by_night.min() >= 2


def test_the_planner_ignores_the_month_start(served: Bank, shifts: pd.DataFrame) -> None:
    day = shifts.loc[shifts["queue"] == "voice", "start"].dt.normalize()
    people = day.value_counts().sort_index()
    position = served.truth.days.set_index("start")["position"].reindex(people.index)
    usual = people.rolling(57, center=True, min_periods=1).mean() * np.exp(
        people.index.day_of_week.map(people.groupby(people.index.day_of_week).mean().div(people.mean()).map(np.log))
    )
    relative = people / usual
    last_year = people.index >= pd.Timestamp("2025-11-08")
    ratio = relative[last_year & (position >= 1)].mean() / relative[last_year & (position == 0)].mean()
    assert ratio == pytest.approx(1.0, abs=0.04)
