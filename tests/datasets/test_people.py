import pandas as pd

from wfm.datasets import Bank
from wfm.durations import seconds, start_grid


def test_150_people_with_skills_for_the_mix(plain: Bank) -> None:
    agents = plain.agents
    assert len(agents) == 150
    assert agents["agent"].iloc[[0, -1]].tolist() == ["A001", "A150"]
    can = {
        queue: int(agents["skills"].str.split("|").map(lambda own, queue=queue: queue in own).sum())
        for queue in ("voice", "chat", "tickets")
    }
    assert can == {"voice": 110, "chat": 94, "tickets": 41}
    assert (agents["counts_as"][agents["role"] == "lead"] == 0).all()
    assert (agents["counts_as"][agents["role"] == "trainee"] == 0.5).all()
    assert set(agents["contract"]) == set(plain.contracts)
    assert agents["from"].is_monotonic_increasing
    assert agents["from"].max() < pd.Timestamp("2026-11-07")


def test_contracts_and_shifts_read_as_a_weeks_file(plain: Bank) -> None:
    assert {shift for contract in plain.contracts.values() for shift in contract["shifts"]} == set(plain.shifts)
    for shift in plain.shifts.values():
        assert start_grid(shift["starts"])
        unpaid = sum(seconds(rest["length"]) for rest in shift.get("breaks", ()) if not rest["paid"])
        assert (seconds(shift["length"]) - unpaid) / 3600 in (4.0, 5.0, 8.0)
    assert plain.contracts["ft"]["hours_per_week"] == [40, 40]


def test_leave_training_and_meetings_take_about_9_percent_of_the_paid_hours(plain: Bank) -> None:
    weekly = plain.agents["contract"].map({"ft": 40, "pt": 22}).sum()
    for week in ("2026-11-14", "2026-11-21"):
        start = pd.Timestamp(week)
        rows = plain.absences[plain.absences["start"].between(start, start + pd.Timedelta("6D23h"))]
        hours = (rows["end"] - rows["start"]).dt.total_seconds() / 3600
        paid = hours.where(hours < 24, hours / 24 * 8).clip(upper=40)  # a day of leave is 8 h, a week 40 h
        assert 0.07 <= paid.sum() / weekly <= 0.11
        assert set(rows["kind"]) == {"leave", "training", "meeting"}


def test_wishes_are_asked_by_people_who_are_there(plain: Bank) -> None:
    both = plain.wishes.merge(plain.absences[plain.absences["kind"] == "leave"], on="agent", suffixes=("", "_away"))
    whole_week = both["end_away"] - both["start_away"] == pd.Timedelta(days=7)
    assert not (whole_week & (both["start"] >= both["start_away"]) & (both["start"] < both["end_away"])).any()
    assert plain.wishes.groupby(plain.wishes["start"].dt.to_period("W-FRI")).size().eq(42).all()
