"""What people did before the horizon: the shifts and hours that their rules still count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm.schedule.people.people import People
from wfm.schedule.rules.hours import counted, known_from, with_holidays
from wfm.schedule.rules.rule import shifts_of
from wfm.schedule.shifts.demand import Demand


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Past:
    """What a person did before the horizon."""

    shifts: pd.DataFrame  # agent, start, end, shift, day
    counted: pd.DataFrame  # agent, day, done, shift, whole
    known_from: pd.Timestamp


def pasts_of(people: People, demand: Demand) -> dict[str, Past]:
    """The past of each person, where a roster of before is known."""
    if people.previous is None or not len(people.previous):
        return {}
    known = known_from(people, demand.first)
    shifts, done = shifts_of(people.previous), with_holidays(counted(people.previous), people, known, demand.first)
    shifts, done = shifts[shifts["start"] < demand.first], done[done["day"] < demand.first]
    by_shift, by_day = dict(list(shifts.groupby("agent"))), dict(list(done.groupby("agent")))
    return {
        agent: Past(
            shifts=by_shift.get(agent, shifts.iloc[:0]), counted=by_day.get(agent, done.iloc[:0]), known_from=known
        )
        for agent in people.names
    }


def no_past(demand: Demand) -> Past:
    """The past of a person who has none."""
    none = pd.DataFrame(
        {
            "agent": [],
            "start": pd.to_datetime([]),
            "end": pd.to_datetime([]),
            "shift": [],
            "day": pd.to_datetime([]),
            "done": np.zeros(0),
            "whole": np.zeros(0),
        }
    )
    return Past(shifts=none, counted=none, known_from=demand.first)
