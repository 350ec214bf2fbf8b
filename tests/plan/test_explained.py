import pandas as pd
import pytest

import wfm

TARGET = {"share": 0.8, "within": 60, "confidence": 0.8}
SPEC = {
    "queues": {
        "voice": {
            "target": TARGET,
            "hours": {"mon-fri": "08:00-18:00"},
            "shrinkage": {"unplanned": 0.05, "training": 0.1},
        }
    },
    "shifts": {
        "day": {"length": "8h", "starts": "08:00-10:00/30min"},
        "half": {"length": "4h", "starts": "08:00-14:00/30min"},
    },
    "plan": {"start": "2026-11-23", "time_limit": 1, "paths": 60},
}


def volumes() -> pd.DataFrame:
    starts = pd.date_range("2026-11-23", periods=336, freq="30min")
    starts = starts[(starts.hour >= 8) & (starts.hour < 18) & (starts.day_of_week < 5)]
    return pd.DataFrame(
        {"queue": "voice", "start": starts, "offered": 40.0, "aht": 240.0, "offered_q0.1": 30.0, "offered_q0.9": 50.0}
    )


@pytest.fixture(scope="module")
def plan():
    return wfm.plan_week(SPEC, forecast={"voice": volumes()})


def test_every_headcount_of_the_plan_is_a_sum_of_its_reasons(plan):
    told = plan.explain()
    terms = told.drop(columns=["queue", "start", "end", "headcount", "words"])
    assert terms.sum(axis=1).to_numpy() == pytest.approx(told["headcount"].to_numpy(), abs=1e-9)
    assert told["headcount"].to_numpy() == pytest.approx(plan.requirement["headcount"].to_numpy())
    assert told["uncertain_rates"].sum() > 0
    assert (told["abandonment"] <= 0).all()
    assert told["words"].iloc[0].startswith("voice 08:00: ")


def test_a_week_is_told_in_hours(plan):
    week = plan.explain("week")
    assert len(week) == 1
    hours = (plan.requirement["headcount"] * 0.5).sum()
    assert week["headcount"].iloc[0] == pytest.approx(hours)
    assert " h = " in week["words"].iloc[0]


def test_an_assumed_patience_is_told_with_what_a_shorter_and_a_longer_one_would_take(plan):
    told = [words for words in plan.assumed if "patience" in words]
    assert len(told) == 1
    assert told[0].startswith("voice: patience 300 s ASSUMED: the mean forecast takes ")
    mean, low, high = (
        float(part.split()[0])
        for part in told[0].split("takes ")[1].replace("agent-hours, ", "|").replace(", ", "|").split("|")
    )
    assert low <= mean <= high
    assert low < high


def test_a_stated_patience_is_not_weighed_against_others():
    queues = {"voice": SPEC["queues"]["voice"] | {"patience": 240}}
    without_shifts = {"queues": queues, "plan": SPEC["plan"]}
    stated = wfm.plan_week(without_shifts, forecast={"voice": volumes()})
    assert not any("patience" in words for words in stated.assumed)


def test_a_text_message_that_is_felt_for_hours_is_named_among_what_moves_the_week():
    starts = pd.date_range("2026-09-07", "2026-11-22 23:00", freq="h")
    starts = starts[(starts.hour >= 8) & (starts.hour < 16)]
    history = pd.DataFrame({"start": starts, "offered": 40.0, "aht": 240.0})
    target = {"share": 0.8, "within": 60}
    message = {"kind": "mailing", "name": "Text", "start": "2026-11-24 10:00", "decay": "1h", "volume": 2.5}
    plan = wfm.plan_week(
        {
            "interval": "60min",
            "queues": {"voice": {"history": history, "hours": "08:00-16:00", "patience": 180, "target": target}},
            "events": [message],
            "plan": {"start": "2026-11-23", "paths": 20},
        }
    )
    assert ": Text +" in plan.lines[1]
