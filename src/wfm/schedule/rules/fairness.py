"""Fairness: nobody carries more of what nobody likes than is due to the contract's hours, history included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from wfm.schedule.people import Contract, People
from wfm.schedule.rules.kinds import Nights
from wfm.schedule.rules.rest import _of
from wfm.schedule.rules.rule import Rule, Span, shifts_of, span_of, weekend_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FairWeekends(Rule):
    """Shifts of a person on weekend days, history in agents.weekends added, <= due share, rounded up.

    The due share is that of all such shifts of the people, history included, which the hours of the person's contract
    are of the hours of all contracts.
    """

    name: ClassVar[str] = "fair_weekends"

    hard: bool = False
    weight: float = 5.0

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every person above the due share; amount = shifts above."""
        shifts = _of(shifts_of(roster), people, self)
        counted = shifts[weekend_of(shifts["day"], people.calendar.weekend).notna()]
        return self.table(_above(counted, people, self, "weekends", span_of(roster, span)[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class FairNights(Nights):
    """Nights of a person, history in agents.nights added, <= due share, rounded up.

    The due share is that of all nights of the people, history included, which the hours of the person's contract are of
    the hours of all contracts.
    """

    name: ClassVar[str] = "fair_nights"

    hard: bool = False
    weight: float = 5.0

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every person above the due share; amount = nights above."""
        shifts = _of(shifts_of(roster), people, self)
        return self.table(_above(shifts[self.is_night(shifts)], people, self, "nights", span_of(roster, span)[0]))


def history_of(agents: pd.DataFrame, column: str) -> np.ndarray:
    """What each agent has done before, 0 where unknown."""
    if column not in agents:
        return np.zeros(len(agents))
    return agents[column].fillna(0.0).to_numpy(dtype=float)


def weekly_hours(contract: Contract) -> float:
    """Paid hours of a usual week of a contract: the middle of its range; of a month its part of a week.

    Without hours, usual days of 8 h each.

    >>> weekly_hours(Contract(name="pt", hours_per_week=(16, 24)))
    20.0
    >>> round(weekly_hours(Contract(name="month", hours_per_month=(152, 152))), 1)
    35.0
    """
    if contract.hours_per_week is not None:
        return float(np.mean(contract.hours_per_week))
    if contract.hours_per_month is not None:
        return float(np.mean(contract.hours_per_month)) * 12 * 7 / 365.25
    return 8.0 * contract.usual_days


def hours_of(people: People) -> np.ndarray:
    """Paid hours of a usual week of each agent."""
    return np.array([weekly_hours(people.contracts[name]) for name in people.agents["contract"]])


def fair_shares(counts: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """What is due to each person of all that is counted, pro rata to hours; rounded up, since no shift has parts.

    >>> fair_shares(np.array([2, 1, 0]), np.array([40.0, 40.0, 20.0]))
    array([2., 2., 1.])
    """
    whole = hours.sum()
    parts = hours / whole if whole > 0 else np.full(len(hours), 1 / max(1, len(hours)))
    return np.asarray(np.ceil(counts.sum() * parts - 1e-9))


def _above(
    counted: pd.DataFrame, people: People, rule: Rule, column: str, first: pd.Timestamp
) -> list[tuple[str, pd.Timestamp, float, str]]:
    spoken_of = np.array([rule.holds_for(name) for name in people.agents["contract"]], dtype=bool)
    agents, hours = people.agents[spoken_of], hours_of(people)[spoken_of]
    now = counted.groupby("agent").size().reindex(agents["agent"], fill_value=0).to_numpy(dtype=float)
    total = now + history_of(agents, column)
    shares = fair_shares(total, hours)
    return [
        (
            agent,
            first,
            min(all_ - share, mine),
            f"{agent} has {all_:g} {column} with history, the due share of {week:.3g} h a week is {share:g}",
        )
        for agent, mine, all_, share, week in zip(agents["agent"], now, total, shares, hours, strict=True)
        if min(all_ - share, mine) > 1e-9
    ]
