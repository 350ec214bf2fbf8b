"""Hours over longer times: any few days, periods of several weeks, rolling averages, overtime."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from wfm.calendars import read_date
from wfm.checks import number_in, one_of, put
from wfm.schedule.people.people import People
from wfm.schedule.rules.hours import HoursPerMonth, HoursPerWeek, _PerPeriod, _work, known_from
from wfm.schedule.rules.rule import DAY, Rule, Span, joined, span_of, week_of

MOST_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursInWindow(Rule):
    """Paid hours (shifts, leave, training) in any `days` consecutive days <= most; the amount is hours over.

    Attributes
    ----------
    days : int      Length of the window, 2-14; longer times are `average_hours` or `hours_per_period`.
    most : float    [h]
    """

    name: ClassVar[str] = "hours_in_window"
    example: ClassVar[str] = "{type: hours_in_window, days: 7, most: 60}"

    days: int = 7
    most: float = 60.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        Rule.__post_init__(self)
        put(
            self,
            days=int(number_in(self.days, name="days of rule hours_in_window", low=2, high=MOST_DAYS)),
            most=number_in(self.most, name="most of rule hours_in_window", low=0, high=24 * MOST_DAYS, unit="h"),
        )

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every window that ends within the roster and holds too much, at its last day."""
        first, last = span_of(roster, span)
        work = _work(roster, people, (first, last), by_day=False)
        work = work[work["agent"].isin(self.of(people)["agent"])]
        dates = pd.date_range(first - (self.days - 1) * DAY, last - DAY, freq="D")
        rows = []
        for agent, own in work.groupby("agent"):
            daily = own.groupby("day")[["done", "shift"]].sum().reindex(dates, fill_value=0.0)
            sums = daily.rolling(self.days).sum().loc[first:]
            for day, done, shift in zip(sums.index, sums["done"], sums["shift"], strict=True):
                over = min(done - self.most, shift)
                if over > 1e-6:
                    text = f"{agent} has {done:.4g} h in the {self.days} days up to {day:%a %d %b}"
                    rows.append((str(agent), day, over, f"{text}, at most {self.most:g} h allowed"))
        return self.table(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursPerPeriod(_PerPeriod):
    """Least <= paid hours of a period of `weeks` planning weeks <= most; periods follow one another from `since`.

    Attributes
    ----------
    weeks : int     Length of the averaging period.
    since : date    A day of the first week of one of the periods.
    """

    name: ClassVar[str] = "hours_per_period"
    period: ClassVar[str] = "period"
    example: ClassVar[str] = "{type: hours_per_period, weeks: 4, since: 2026-01-05, least: 152, most: 160}"

    weeks: int = 4
    since: Any = field(default="2024-01-01")

    def __post_init__(self) -> None:
        """Check the numbers and read the date."""
        _PerPeriod.__post_init__(self)
        put(
            self,
            weeks=int(number_in(self.weeks, name=f"weeks of rule {self.name}", low=1, high=53)),
            since=read_date(self.since, name=f"since of rule {self.name}"),
        )

    @property
    def reach(self) -> int:
        """Days of a period."""
        return 7 * self.weeks

    def _period_of(self, days: pd.Series, people: People) -> pd.Series:
        first = people.calendar.week_of(self.since)
        number = (week_of(days, people.calendar.week_start) - first).dt.days // self.reach
        return pd.Series(first + pd.to_timedelta(number * self.reach, unit="D"), index=days.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class AverageHours(Rule):
    """Mean of the paid hours of any `weeks` consecutive planning weeks <= most.

    Judged where all the weeks are known, and at the last week of the roster over those that are. The amount is hours a
    week over.

    Attributes
    ----------
    weeks : int     Weeks of the mean.
    most : float    [h a week]
    """

    name: ClassVar[str] = "average_hours"
    example: ClassVar[str] = "{type: average_hours, weeks: 17, most: 48}"

    weeks: int = 17
    most: float = 48.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        Rule.__post_init__(self)
        put(
            self,
            weeks=int(number_in(self.weeks, name="weeks of rule average_hours", low=1, high=53)),
            most=number_in(self.most, name="most of rule average_hours", low=0, high=168, unit="h"),
        )

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every week at whose end the mean is too high."""
        first, last = span_of(roster, span)
        work = _work(roster, people, (first, last), by_day=False)
        work = work[work["agent"].isin(self.of(people)["agent"])]
        week = week_of(work["day"], people.calendar.week_start)
        windows = self.windows(people, first, last)
        rows = []
        for agent, own in work.assign(week=week).groupby("agent"):
            sums = own.groupby("week")[["done", "shift"]].sum()
            for begin, end in windows:
                met = sums[(sums.index >= begin) & (sums.index <= end)]
                number = (end - begin) / DAY / 7 + 1
                over = min(met["done"].sum() - self.most * number, met["shift"].sum())
                if over > 1e-6:
                    mean = met["done"].sum() / number
                    text = f"{agent} has {mean:.4g} h a week in the {number:g} weeks up to that of {end:%d %b}"
                    rows.append((str(agent), end, over / number, f"{text}, at most {self.most:g} h allowed"))
        return self.table(rows)

    def windows(
        self, people: People, first: pd.Timestamp, last: pd.Timestamp
    ) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        """(first week, last week) of every mean that is judged."""
        days = pd.Series(pd.date_range(known_from(people, first), last - DAY, freq="D"))
        weeks = list(week_of(days, people.calendar.week_start).drop_duplicates())
        if days.iloc[0] > weeks[0] and weeks[0] < people.calendar.week_of(first):
            weeks = weeks[1:]  # a week of which only a part is known
        found = []
        for k, week in enumerate(weeks):
            if week + 7 * DAY > first and (k + 1 >= self.weeks or k + 1 == len(weeks)):
                found.append((weeks[max(0, k + 1 - self.weeks)], week))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beyond(HoursPerWeek):
    """Hours of a week beyond what is usual; they have a price of their own."""

    ranged: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _BeyondMonth(HoursPerMonth):
    """Hours of a month beyond what is usual; they have a price of their own."""

    ranged: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtime(Rule):
    """Paid hours beyond `beyond` in a week or month cost `weight` each and are <= cap.

    Attributes
    ----------
    beyond : float          Paid hours that are no overtime [h].
    cap : float or None     Most hours of overtime [h]; kept hard.
    per : str               week or month.
    """

    name: ClassVar[str] = "overtime"
    example: ClassVar[str] = "{type: overtime, beyond: 40, cap: 8, per: week, weight: 0.5}"

    beyond: float = 40.0
    cap: float | None = None
    per: str = "week"
    hard: bool = False

    def __post_init__(self) -> None:
        """Check the numbers."""
        Rule.__post_init__(self)
        put(self, beyond=number_in(self.beyond, name="beyond of rule overtime", low=0, high=744, unit="h"))
        if self.hard and self.cap is None:
            put(self, cap=0.0)
        if self.cap is not None:
            put(self, cap=number_in(self.cap, name="cap of rule overtime", low=0, high=744, unit="h"))
        one_of(self.per, ("week", "month"), name="per of rule overtime")

    def parts(self) -> tuple[Rule, ...]:
        """A soft most and, with a cap, a hard one."""
        kind = _Beyond if self.per == "week" else _BeyondMonth
        scope = {name: getattr(self, name) for name in ("contracts", "agents", "roles", "teams", "but")}
        soft = kind(most=self.beyond, hard=False, weight=self.weight, **scope)
        if self.cap is None:
            return (soft,)
        return soft, kind(most=self.beyond + self.cap, hard=True, weight=0.0, **scope)

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Overtime with its cost, and what is over the cap."""
        found = []
        for part in self.parts():
            assert isinstance(part, _PerPeriod)
            account = part.account(roster, people, span)
            over = np.minimum(account["done"] - part.most, account["shift"])
            bad = account.assign(over=over)[over > 1e-6]
            rows = (
                (
                    a,
                    p,
                    o,
                    f"{a} has {o:.4g} h beyond {part.most:g} h in the {self.per} of {p:%d %b}"
                    + (", which is the most" if part.hard else ""),
                )
                for a, p, o in zip(bad["agent"], bad["period"], bad["over"], strict=True)
            )
            found.append(self.table(rows, hard=part.hard))
        return joined(found)
