"""Hours and days of work in a week or a month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from wfm.checks import number_in, put
from wfm.errors import SettingError
from wfm.schedule.people.people import People
from wfm.schedule.rules.rule import DAY, Rule, Span, joined, shifts_of, span_of, week_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _PerPeriod(Rule):
    """Least <= amount in a period <= most; the least is soft unless `least_hard`, the most hard if `hard`.

    Attributes
    ----------
    least, most : float     Paid hours, or days.
    least_hard : bool       Whether the least is kept hard, too.
    """

    period: ClassVar[str] = "week"
    unit: ClassVar[str] = "h"
    ranged: ClassVar[bool] = True  # hours between the least and the most cost what a paid hour costs

    least: float = 0.0
    most: float = np.inf
    least_hard: bool = False
    weight: float = 10.0

    def __post_init__(self) -> None:
        """Check the span."""
        Rule.__post_init__(self)
        put(
            self,
            least=number_in(self.least, name=f"least of rule {self.name}", low=0, high=1e4),
            most=number_in(self.most, name=f"most of rule {self.name}", low=0, high=np.inf),
        )
        if self.least > self.most:
            raise SettingError(
                f"least of rule {self.name} must be at most its most {self.most:g}, got {self.least:g}.",
                name="least",
                value=self.least,
            )

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """What is missing to the least and what is over the most, by person and period."""
        account = self.account(roster, people, span)
        missing = account[account["done"] < account["least"] - 1e-6]
        over = account[np.minimum(account["done"] - self.most, account["shift"]) > 1e-6]
        few = self.table(
            (
                (
                    a,
                    p,
                    least - done,
                    f"{a} has {done:.4g} of at least {least:.4g} {self.unit} in the {self.period} of {p:%d %b}",
                )
                for a, p, done, least in zip(
                    missing["agent"], missing["period"], missing["done"], missing["least"], strict=True
                )
            ),
            hard=self.least_hard,
        )
        many = self.table(
            (
                a,
                p,
                min(done - self.most, shift),
                f"{a} has {done:.4g} {self.unit} in the {self.period} of {p:%d %b}, at most {self.most:.4g} allowed",
            )
            for a, p, done, shift in zip(over["agent"], over["period"], over["done"], over["shift"], strict=True)
        )
        return joined([few, many])

    def account(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """What each person has done in each period: agent, period, done, shift (of it in shifts), least (pro rata)."""
        first, last = span_of(roster, span)
        agents = self.of(people)
        days = pd.Series(pd.date_range(first - self.reach * DAY, last + self.reach * DAY, freq="D"))
        inside = self._period_of(days, people)
        wanted = list(dict.fromkeys(inside[(days >= first) & (days < last)]))
        work = _work(roster, people, (first, last), by_day=self.unit == "days")
        work = work.assign(period=self._period_of(work["day"], people))
        sums = work.groupby(["agent", "period"])[["done", "shift"]].sum()
        index = pd.MultiIndex.from_product([agents["agent"], wanted], names=["agent", "period"])
        table = sums.reindex(index, fill_value=0.0).reset_index()
        return table.assign(least=self._least(table, days, inside, people, (known_from(people, first), last)))

    def _least(
        self, table: pd.DataFrame, days: pd.Series, inside: pd.Series, people: People, known: Span
    ) -> list[float]:
        """The least pro rata to the days of the period that are known and on which the person is with the centre."""
        with_us = {
            agent: (max(known[0], first), min(known[1], last)) for agent, (first, last) in employed(people).items()
        }
        by_period = {period: own.to_numpy() for period, own in days.groupby(inside)}
        shares: dict[object, float] = {}
        found = []
        for agent, period in zip(table["agent"], table["period"], strict=True):
            key = (period, with_us[agent])
            if key not in shares:
                first, last = (np.datetime64(moment) for moment in with_us[agent])
                own = by_period[period]
                shares[key] = self.least * float(((own >= first) & (own < last)).mean())
            due = shares[key]
            found.append(float(np.floor(due + 1e-9)) if self.unit == "days" else due)
        return found

    @property
    def reach(self) -> int:
        """Days that the longest period has."""
        return 31

    def _period_of(self, days: pd.Series, people: People) -> pd.Series:
        return week_of(days, people.calendar.week_start)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursPerWeek(_PerPeriod):
    """Least <= paid hours of a planning week (shifts, leave, training) <= most.

    Missing hours cost `weight` each; a part of a week owes its part of the least. Unpaid leave lowers what is owed.
    """

    name: ClassVar[str] = "hours_per_week"
    example: ClassVar[str] = "{type: hours_per_week, least: 36, most: 44, weight: 10}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursPerMonth(_PerPeriod):
    """Least <= paid hours of a calendar month (in the calendar's reckoning) <= most."""

    name: ClassVar[str] = "hours_per_month"
    example: ClassVar[str] = "{type: hours_per_month, least: 160, most: 176}"
    period: ClassVar[str] = "month"

    def _period_of(self, days: pd.Series, people: People) -> pd.Series:
        if not len(days):
            return days
        place = people.calendar.month_day(pd.DatetimeIndex(days))["day"].to_numpy()
        return days - pd.to_timedelta(place - 1, unit="D")


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysPerWeek(_PerPeriod):
    """Least <= days of a planning week with a shift or leave <= most; a day missing costs `weight`."""

    name: ClassVar[str] = "days_per_week"
    example: ClassVar[str] = "{type: days_per_week, least: 5, most: 5}"
    unit: ClassVar[str] = "days"


def _work(roster: pd.DataFrame, people: People, span: Span, *, by_day: bool) -> pd.DataFrame:
    """What counts, by person and day: agent, day, done, shift (hours, or 1 a day)."""
    tables = [with_holidays(counted(roster), people, *span)]
    if people.previous is not None:
        before = with_holidays(counted(people.previous), people, known_from(people, span[0]), span[0])
        tables.append(before[before["day"] < span[0]].assign(shift=0.0))  # old shifts are nobody's breach now
    work = pd.concat([t for t in tables if len(t)]) if any(len(t) for t in tables) else tables[0]
    work = work.groupby(["agent", "day"], as_index=False)[["done", "shift", "whole"]].sum()
    if by_day:
        return work.assign(done=(work["whole"] > 0).astype(float), shift=(work["shift"] > 0).astype(float))
    return work


def counted(roster: pd.DataFrame) -> pd.DataFrame:
    """Paid hours by person and day of start; a day of leave counts as a whole day, a meeting only by its hours."""
    shifts = shifts_of(roster)
    apart = roster[roster["shift"].isna()]
    if not len(apart):
        return shifts[["agent", "day"]].assign(done=shifts["hours"], shift=shifts["hours"], whole=1.0)
    leave = apart["activity"] == "leave"
    hours = (apart["end"] - apart["start"]).dt.total_seconds() / 3600 * (apart["paid"].astype(bool) | leave)
    away = pd.DataFrame(
        {
            "agent": apart["agent"],
            "day": apart["start"].dt.normalize(),
            "done": hours,
            "shift": 0.0,
            "whole": leave.astype(float),
        }
    )
    worked = shifts[["agent", "day"]].assign(done=shifts["hours"], shift=shifts["hours"], whole=1.0)
    return pd.concat([worked, away]) if len(worked) else away


def with_holidays(done: pd.DataFrame, people: People, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """What is counted, with the hours that contracts credit for public holidays; a day of leave credits once."""
    credit = {name: one.holiday_credit for name, one in people.contracts.items() if one.holiday_credit is not None}
    if not credit or first >= last:
        return done
    days = pd.date_range(first, last - DAY, freq="D")
    holidays = days[people.calendar.is_holiday(days)]
    spans = employed(people)
    leave = done[(done["whole"] > 0) & (done["shift"] == 0)]
    away = set(zip(leave["agent"], leave["day"], strict=True))
    rows = [
        (agent, day, credit[contract], 0.0, 1.0)
        for agent, contract in zip(people.agents["agent"], people.agents["contract"], strict=True)
        for day in holidays
        if contract in credit and spans[agent][0] <= day < spans[agent][1] and (agent, day) not in away
    ]
    if not rows:
        return done
    more = pd.DataFrame(rows, columns=["agent", "day", "done", "shift", "whole"])
    return pd.concat([done, more], ignore_index=True) if len(done) else more


def known_from(people: People, first: pd.Timestamp) -> pd.Timestamp:
    """The first day of which it is known who worked."""
    if people.previous is None or not len(people.previous):
        return first
    return min(first, pd.Timestamp(people.previous["start"].min()).normalize())


def employed(people: People) -> dict[str, Span]:
    """Agent -> first day with the centre, and first day after the last."""

    def told(name: str, usual: pd.Timestamp) -> pd.Series:
        if name not in people.agents:
            return pd.Series(usual, index=people.agents.index)
        return pd.Series(people.agents[name].dt.normalize().fillna(usual))

    first, last = told("from", pd.Timestamp(1700, 1, 1)), told("until", pd.Timestamp(2200, 1, 1) - DAY) + DAY
    return dict(zip(people.agents["agent"], zip(first, last, strict=True), strict=True))
