"""Fairness: nobody carries more of what nobody likes than a fair share, history included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from wfm.schedule.people import People
from wfm.schedule.rules.kinds import Nights
from wfm.schedule.rules.rest import _of
from wfm.schedule.rules.rule import Rule, Span, shifts_of, span_of, weekend_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FairWeekends(Rule):
    """Shifts of a person on weekend days (history in agents.weekends added) <= mean over the people, rounded up."""

    name: ClassVar[str] = "fair_weekends"

    hard: bool = False
    weight: float = 5.0

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every person above the mean; amount = shifts above."""
        shifts = _of(shifts_of(roster), people, self)
        counted = shifts[weekend_of(shifts["day"], people.calendar.weekend).notna()]
        return self.table(_above(counted, people, self, "weekends", span_of(roster, span)[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class FairNights(Nights):
    """Nights of a person (history in agents.nights added) <= mean over the people, rounded up."""

    name: ClassVar[str] = "fair_nights"

    hard: bool = False
    weight: float = 5.0

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every person above the mean; amount = nights above."""
        shifts = _of(shifts_of(roster), people, self)
        return self.table(_above(shifts[self.is_night(shifts)], people, self, "nights", span_of(roster, span)[0]))


def history_of(agents: pd.DataFrame, column: str) -> np.ndarray:
    """What each agent has done before, 0 where unknown."""
    if column not in agents:
        return np.zeros(len(agents))
    return agents[column].fillna(0.0).to_numpy(dtype=float)


def fair_share(counts: np.ndarray) -> float:
    """The mean of the people, rounded up: nobody can be asked for a part of a shift.

    >>> fair_share(np.array([2, 1, 0, 1]))
    1.0
    """
    return float(np.ceil(counts.mean() - 1e-9)) if len(counts) else 0.0


def _above(
    counted: pd.DataFrame, people: People, rule: Rule, column: str, first: pd.Timestamp
) -> list[tuple[str, pd.Timestamp, float, str]]:
    agents = people.of(rule.contracts)
    now = counted.groupby("agent").size().reindex(agents["agent"], fill_value=0).to_numpy(dtype=float)
    total = now + history_of(agents, column)
    share = fair_share(total)
    own = total - share
    return [
        (agent, first, min(over, mine), f"{agent} has {all_:g} {column} with history, a fair share is {share:g}")
        for agent, over, mine, all_ in zip(agents["agent"], own, now, total, strict=True)
        if min(over, mine) > 1e-9
    ]
