"""Stretches of days: days off in a row, days of work in a row, nights in a row, whole weekends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from wfm.checks import number_in, put
from wfm.schedule.people.people import People
from wfm.schedule.rules.hours import known_from
from wfm.schedule.rules.kinds import Nights
from wfm.schedule.rules.rule import DAY, Rule, Span, span_of, spoken_of, weekend_of, with_previous


@dataclass(frozen=True, slots=True, kw_only=True)
class MinDaysOff(Rule):
    """Days off in a row between two days of work >= least.

    Days before the first known shift and after the last day planned are taken to be off. The amount is days missing.

    Attributes
    ----------
    least : int     Days off.
    """

    name: ClassVar[str] = "min_days_off"
    example: ClassVar[str] = "{type: min_days_off, least: 2}"

    least: int = 2

    def __post_init__(self) -> None:
        """Check the number."""
        Rule.__post_init__(self)
        put(self, least=int(number_in(self.least, name="least of rule min_days_off", low=1, high=31)))

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every shift that ends too short a row of days off."""
        days = _worked_days(roster, people, self, span_of(roster, span))
        off = (days["day"] - days.groupby("agent")["day"].shift(1)).dt.days - 1
        bad = days.assign(off=off)[(off > 0) & (off < self.least) & ~days["old"].astype(bool)]
        return self.table(
            (
                a,
                d,
                self.least - n,
                f"{a} has {n:g} day(s) off in a row before {d:%a %d %b}, at least {self.least} wanted",
            )
            for a, d, n in zip(bad["agent"], bad["day"], bad["off"], strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MinConsecutiveDays(Rule):
    """Days of work in a row between two days off >= least.

    A row that runs to the last day planned, that began before anything is known, or that leave or time off ends, is
    not judged. The amount is days missing.

    Attributes
    ----------
    least : int     Days of work.
    """

    name: ClassVar[str] = "min_consecutive_days"
    example: ClassVar[str] = "{type: min_consecutive_days, least: 2, hard: false, weight: 5}"

    least: int = 2

    def __post_init__(self) -> None:
        """Check the number."""
        Rule.__post_init__(self)
        put(self, least=int(number_in(self.least, name="least of rule min_consecutive_days", low=1, high=31)))

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every row that is too short, at its last day."""
        first, last = span_of(roster, span)
        known = known_from(people, first)
        away = absent_days(people)
        days = _worked_days(roster, people, self, (first, last))
        fresh = (days["agent"] != days["agent"].shift(1)) | (days["day"] - days["day"].shift(1) != DAY)
        rows = []
        for _, run in days.groupby(fresh.cumsum()):
            agent, begin, end = str(run["agent"].iloc[0]), run["day"].iloc[0], run["day"].iloc[-1]
            unknown = begin == known or end + DAY >= last or end + DAY < first
            if len(run) < self.least and not unknown and end + DAY not in away.get(agent, ()):
                rows.append(
                    (
                        agent,
                        end,
                        self.least - len(run),
                        f"{agent} works {len(run)} day(s) in a row up to {end:%a %d %b}, at least {self.least} wanted",
                    )
                )
        return self.table(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxConsecutiveNights(Nights):
    """Nights of a person on days in a row <= most; with `shifts`, shifts of those kinds.

    Attributes
    ----------
    most : int      Nights.
    """

    name: ClassVar[str] = "max_consecutive_nights"
    example: ClassVar[str] = "{type: max_consecutive_nights, most: 3}"

    most: int = 4

    def __post_init__(self) -> None:
        """Check the number."""
        Nights.__post_init__(self)
        put(self, most=int(number_in(self.most, name="most of rule max_consecutive_nights", low=1, high=31)))

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every night that makes a row too long; amount = 1 a night."""
        shifts = spoken_of(with_previous(roster, people, span_of(roster, span)), people, self)
        nights = shifts[self.is_night(shifts)].groupby(["agent", "day"], as_index=False).agg(old=("old", "all"))
        fresh = (nights["agent"] != nights["agent"].shift(1)) | (nights["day"] - nights["day"].shift(1) != DAY)
        place = nights.groupby(fresh.cumsum()).cumcount() + 1
        over = nights.assign(place=place)[(place > self.most) & ~nights["old"].astype(bool)]
        return self.table(
            (a, d, 1, f"{a} works the {n}th night in a row on {d:%a %d %b}, at most {self.most} allowed")
            for a, d, n in zip(over["agent"], over["day"], over["place"], strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeWeekends(Rule):
    """Of the days of a weekend a person works all or none.

    Days of leave or time off are left out, and so are weekends of which a day is not known. The amount is 1 a weekend.
    """

    name: ClassVar[str] = "whole_weekends"
    example: ClassVar[str] = "{type: whole_weekends, hard: false, weight: 10}"

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every weekend that is worked in part."""
        first, last = span_of(roster, span)
        dates = pd.Series(pd.date_range(known_from(people, first), last - DAY, freq="D"))
        begins = weekend_of(dates, people.calendar.weekend)
        whole = [own for begin, own in dates.groupby(begins) if len(own) == _weekend_length(begin, people)]
        days = _worked_days(roster, people, self, (first, last))
        worked = {str(agent): set(own["day"]) for agent, own in days.groupby("agent")}
        away = absent_days(people)
        rows = []
        for agent, mine in worked.items():
            for own in whole:
                judged = [day for day in own if day not in away.get(agent, ())]
                number = sum(day in mine for day in judged)
                split_before = len({day in mine for day in judged if day < first}) == 2
                if own.iloc[-1] >= first and 0 < number < len(judged) and not split_before:
                    rows.append(
                        (
                            agent,
                            own.iloc[0],
                            1.0,
                            f"{agent} works {number} of {len(judged)} days of the weekend of {own.iloc[0]:%a %d %b}, "
                            "all or none wanted",
                        )
                    )
        return self.table(rows)


def absent_days(people: People) -> dict[str, set[pd.Timestamp]]:
    """Agent -> days that leave or time off touches."""
    assert people.availability is not None
    away = people.availability
    away = away[away["kind"].isin(["off", "leave"])]
    found: dict[str, set[pd.Timestamp]] = {}
    for agent, start, end in zip(away["agent"], away["start"], away["end"], strict=True):
        days = pd.date_range(start.normalize(), end - pd.Timedelta(seconds=1), freq="D")
        found.setdefault(str(agent), set()).update(days)
    return found


def _weekend_length(begin: pd.Timestamp, people: People) -> int:
    week = pd.Series(pd.date_range(begin, periods=7, freq="D"))
    return int((weekend_of(week, people.calendar.weekend) == begin).sum())


def _worked_days(roster: pd.DataFrame, people: People, rule: Rule, span: Span) -> pd.DataFrame:
    """agent, day, old of every day with a shift, in order."""
    shifts = spoken_of(with_previous(roster, people, span), people, rule)
    return shifts.groupby(["agent", "day"], as_index=False).agg(old=("old", "all"))
