"""Fairness: nobody carries more of what nobody likes than is due to the contract's hours, history included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import number_in, put
from wfm.durations import time_of_day
from wfm.errors import SettingError
from wfm.schedule.people.people import Contract, People
from wfm.schedule.rules.each_shift import hours_inside, read_hours
from wfm.schedule.rules.kinds import Nights
from wfm.schedule.rules.rule import Rule, Span, each, shifts_of, span_of, weekend_of

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fair(Rule):
    """Shifts of a kind of a person, history added, <= due share."""

    together: ClassVar[bool] = True
    column: ClassVar[str] = ""  # of the agents: how many a person has had before
    what: ClassVar[str] = ""

    hard: bool = False
    weight: float = 5.0

    def __post_init__(self) -> None:
        """Refuse a hard share."""
        Rule.__post_init__(self)
        if self.hard:
            raise SettingError(
                f"the rule {self.name} must be soft: a fair share depends on everybody. Set hard to false and give it "
                "a weight.",
                name="hard",
                value=self.hard,
            )

    def counts(self, shifts: pd.DataFrame, people: People) -> Bools:
        """Whether each shift (start, end, shift, day) counts."""
        raise NotImplementedError

    def entitled(self, people: People) -> Floats:
        """What each agent's share is measured by."""
        return hours_of(people)

    def numbers(self, roster: pd.DataFrame, people: People, span: Span) -> pd.Series:
        """How many each agent has in the roster."""
        shifts = shifts_of(roster)
        return shifts[self.counts(shifts, people)].groupby("agent").size()

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every person above the due share; amount = shifts above."""
        first, last = span_of(roster, span)
        meant = people.agents["agent"].isin(self.of(people)["agent"]).to_numpy()
        agents, weight = people.agents[meant], self.entitled(people)[meant]
        now = self.numbers(roster, people, (first, last))
        mine = now.reindex(agents["agent"], fill_value=0).to_numpy(dtype=float)
        total = mine + history_of(agents, self.column)
        shares = fair_shares(total, weight)
        over = np.minimum(total - shares, mine)
        return self.table(
            (a, first, o, f"{a} has {n:g} {self.what} with history, the due share {self.share_said(w)} is {share:g}")
            for a, o, n, share, w in zip(agents["agent"], over, total, shares, weight, strict=True)
            if o > 1e-9
        )

    def share_said(self, weight: float) -> str:
        """What the share is measured by, in words."""
        return f"of {weight:.3g} h a week"


@dataclass(frozen=True, slots=True, kw_only=True)
class FairWeekends(Fair):
    """Shifts of a person on weekend days, history in agents.weekends added, <= due share, rounded up.

    The due share is that of all such shifts of the people, history included, which the hours of the person's contract
    are of the hours of all contracts.
    """

    name: ClassVar[str] = "fair_weekends"
    column: ClassVar[str] = "weekends"
    what: ClassVar[str] = "weekends"
    example: ClassVar[str] = "{type: fair_weekends, weight: 20}"

    def counts(self, shifts: pd.DataFrame, people: People) -> Bools:
        """Shifts that start on a weekend day."""
        return np.asarray(weekend_of(shifts["day"], people.calendar.weekend).notna())


@dataclass(frozen=True, slots=True, kw_only=True)
class FairNights(Nights, Fair):
    """Nights of a person, history in agents.nights added, <= due share, rounded up.

    The due share is that of all nights of the people, history included, which the hours of the person's contract are of
    the hours of all contracts.
    """

    name: ClassVar[str] = "fair_nights"
    column: ClassVar[str] = "nights"
    what: ClassVar[str] = "nights"
    example: ClassVar[str] = "{type: fair_nights, weight: 10}"

    hard: bool = False
    weight: float = 5.0

    def __post_init__(self) -> None:
        """Check what nights and shares ask."""
        Nights.__post_init__(self)
        Fair.__post_init__(self)

    def counts(self, shifts: pd.DataFrame, people: People) -> Bools:
        """The nights."""
        return self.is_night(shifts)


@dataclass(frozen=True, slots=True, kw_only=True)
class FairHolidays(Fair):
    """Shifts of a person on public holidays, history in agents.holidays added, <= due share by hours, rounded up."""

    name: ClassVar[str] = "fair_holidays"
    column: ClassVar[str] = "holidays"
    what: ClassVar[str] = "holidays"
    example: ClassVar[str] = "{type: fair_holidays, weight: 20}"

    def counts(self, shifts: pd.DataFrame, people: People) -> Bools:
        """Shifts that start on a public holiday."""
        if not len(shifts):
            return np.zeros(0, dtype=bool)
        return people.calendar.is_holiday(pd.DatetimeIndex(shifts["day"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class FairStarts(Fair):
    """Shifts that start before `before` or from `after` on, history in agents.unpopular added, <= due share by hours.

    The share is rounded up.

    Attributes
    ----------
    before, after : time of day     Shifts that start between them are popular.
    """

    name: ClassVar[str] = "fair_starts"
    column: ClassVar[str] = "unpopular"
    what: ClassVar[str] = "unpopular starts"
    example: ClassVar[str] = '{type: fair_starts, before: "07:00", after: "14:00", weight: 2}'

    before: float = 7 * 3600.0
    after: float = 14 * 3600.0

    def __post_init__(self) -> None:
        """Read the times."""
        Fair.__post_init__(self)
        put(
            self,
            before=time_of_day(self.before, name="before of rule fair_starts"),
            after=time_of_day(self.after, name="after of rule fair_starts"),
        )

    def counts(self, shifts: pd.DataFrame, people: People) -> Bools:
        """Early and late starts."""
        clock = (shifts["start"] - shifts["day"]).dt.total_seconds().to_numpy()
        return (clock < self.before - 1e-6) | (clock >= self.after - 1e-6)


@dataclass(frozen=True, slots=True, kw_only=True)
class FairBusy(Fair):
    """Shifts with at least `touching` hours in busy `hours`, history in agents.busy added, <= due share by hours.

    The share is rounded up. Busy are the hours of high occupancy, which the requirement shows.

    Attributes
    ----------
    hours : opening hours   The busy times.
    touching : float        Least hours inside that make a shift a busy one [h].
    """

    name: ClassVar[str] = "fair_busy"
    column: ClassVar[str] = "busy"
    what: ClassVar[str] = "busy shifts"
    example: ClassVar[str] = '{type: fair_busy, hours: {sat-mon: "10:00-13:00"}, touching: 2, weight: 2}'

    hours: Any
    touching: float = 2.0

    def __post_init__(self) -> None:
        """Read the hours."""
        Fair.__post_init__(self)
        put(
            self,
            hours=read_hours(self.hours, "hours of rule fair_busy"),
            touching=number_in(self.touching, name="touching of rule fair_busy", low=0, high=24, unit="h"),
        )

    def counts(self, shifts: pd.DataFrame, people: People) -> Bools:
        """Shifts that hold enough of the busy hours."""
        return hours_inside(shifts, self.hours) >= max(self.touching, 1e-6) - 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class FairWishes(Fair):
    """Days of a person on which a wish is refused, history in agents.refused added, <= due share, rounded up.

    The due share is that of all refused days which the person's wished days are of all wished days, history in
    agents.wished added.
    """

    name: ClassVar[str] = "fair_wishes"
    column: ClassVar[str] = "refused"
    what: ClassVar[str] = "refused days"
    example: ClassVar[str] = "{type: fair_wishes, weight: 5}"

    def entitled(self, people: People) -> Floats:
        """Days wished for, history included."""
        assert people.wishes is not None
        wished = history_of(people.agents, "wished").copy()
        row = {agent: k for k, agent in enumerate(people.names)}
        for wish in each(people.wishes):
            wished[row[str(wish.agent)]] += len(_days(wish.start, wish.end))
        return wished

    def numbers(self, roster: pd.DataFrame, people: People, span: Span) -> pd.Series:
        """Refused days of each agent."""
        assert people.wishes is not None
        shifts = {str(agent): own for agent, own in shifts_of(roster).groupby("agent")}
        none = shifts_of(roster).iloc[:0]
        refused: dict[str, set[pd.Timestamp]] = {}
        for wish in each(people.wishes):
            days = [day for day in _days(wish.start, wish.end) if span[0] <= day < span[1]]
            own = shifts.get(str(wish.agent), none)
            hit = own[(own["start"] < wish.end) & (own["end"] > wish.start)]
            if isinstance(wish.type, str):
                hit = hit[hit["shift"] == wish.type]
            met = set(hit["day"])
            failed = met if wish.kind == "off" else set(days) - met
            refused.setdefault(str(wish.agent), set()).update(failed)
        return pd.Series({agent: float(len(days)) for agent, days in refused.items()}, dtype=float)

    def share_said(self, weight: float) -> str:
        """By wished days."""
        return f"of {weight:g} wished days"


def _days(start: pd.Timestamp, end: pd.Timestamp) -> pd.DatetimeIndex:
    return pd.date_range(start.normalize(), end - pd.Timedelta(seconds=1), freq="D")


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
