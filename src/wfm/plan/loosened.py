"""The smallest relaxations of rules that would mend a roster: where people are short, and where nothing is lawful."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from wfm.errors import InfeasibleError
from wfm.plan.need import Need
from wfm.schedule import Roster, explain_roster
from wfm.schedule.desk.lawful_again import mend_contradictions

PEOPLE = 5  # for whom a rule is loosened
WAYS = 2
SECONDS = (3.0, 10.0)  # at least and at most
CONTRADICTION_SECONDS = 20.0  # at most, where without an answer there is no plan; the first way found ends the search


def relaxations(roster: Roster, given: Mapping[str, Any], need: Need, *, time_limit: float) -> pd.DataFrame:
    """Which rules, loosened by one step for a few people, close most of what a roster lacks of the requirement.

    Columns: relaxation, people, agents, closed and left [agent-hours], lines (of the week's file).
    """
    wanted = need.requirement[["queue", "start", "rostered"]].rename(columns={"rostered": "required"})
    against = roster.coverage.drop(columns=["required", "gap"]).merge(wanted, on=["queue", "start"], how="left")
    against = against.assign(gap=against["rostered"] - against["required"].fillna(0.0))
    told = explain_roster(
        replace(roster, coverage=against),
        {**given, "demand": need.requirement, "end": None},
        people=PEOPLE,
        ways=WAYS,
        shortages=0,
        time_limit=_within(time_limit),
    )
    return told.relaxations.drop(columns="saved")


def with_relaxations(error: InfeasibleError, given: Mapping[str, Any]) -> InfeasibleError:
    """The same contradictions, and the fewest things that must give way, confirmed by a roster built without them."""
    try:
        mended = mend_contradictions({**given, "time_limit": 0.0}, time_limit=CONTRADICTION_SECONDS)
    except InfeasibleError:
        return error
    ways = [f"to mend it: {way}" for way in mended.text.split("\n")]
    return InfeasibleError(str(error).split("\n")[0], reasons=[*error.reasons, *ways])


def _within(time_limit: float) -> float:
    return float(min(max(time_limit, SECONDS[0]), SECONDS[1]))
