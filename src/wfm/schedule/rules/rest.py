"""Rest: one shift a day, time between shifts, days in a row, weekends off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from wfm.checks import number_in, put
from wfm.durations import seconds, spoken
from wfm.schedule.people.people import People
from wfm.schedule.rules.rule import DAY, Rule, Span, shifts_of, span_of, spoken_of, weekend_of, with_previous


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShiftADay(Rule):
    """Shifts of a person that start on one day <= 1."""

    name: ClassVar[str] = "one_shift_a_day"
    example: ClassVar[str] = "{type: one_shift_a_day}"

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every day on which a person starts more than one shift; amount = shifts too many."""
        shifts = spoken_of(shifts_of(roster), people, self)
        counts = shifts.groupby(["agent", "day"], as_index=False).agg(number=("shift", "size"), start=("start", "max"))
        over = counts[counts["number"] > 1]
        return self.table(
            (a, s, n - 1, f"{a} starts {n} shifts on {s:%a %d %b}")
            for a, s, n in zip(over["agent"], over["start"], over["number"], strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MinRest(Rule):
    """Start of a shift - end of the shift before >= rest.

    Attributes
    ----------
    rest : float    A duration: 11h, 660min or seconds.
    """

    name: ClassVar[str] = "min_rest"
    example: ClassVar[str] = "{type: min_rest, rest: 11h}"

    rest: float = 11 * 3600.0

    def __post_init__(self) -> None:
        """Convert the duration."""
        Rule.__post_init__(self)
        put(self, rest=seconds(self.rest, name="rest of rule min_rest", zero=True))

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every shift that starts too early after the one before; amount = hours of rest missing."""
        shifts = spoken_of(with_previous(roster, people, span_of(roster, span)), people, self)
        before = shifts.groupby("agent")["end"].shift(1)
        rest = (shifts["start"] - before).dt.total_seconds()
        short = shifts.assign(rest=rest, before=before)[(rest < self.rest - 1e-6) & ~shifts["old"].astype(bool)]
        return self.table(
            (
                a,
                s,
                (self.rest - r) / 3600,
                f"{a} rests {r / 3600:.4g} h between {b:%a %d %b %H:%M} and "
                f"{s:%a %d %b %H:%M}, "
                f"at least {spoken(self.rest)} wanted",
            )
            for a, s, b, r in zip(short["agent"], short["start"], short["before"], short["rest"], strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxConsecutiveDays(Rule):
    """Days in a row on which a person starts a shift <= most.

    Attributes
    ----------
    most : int      Days.
    """

    name: ClassVar[str] = "max_consecutive_days"
    example: ClassVar[str] = "{type: max_consecutive_days, most: 6}"

    most: int = 6

    def __post_init__(self) -> None:
        """Check the number."""
        Rule.__post_init__(self)
        put(self, most=int(number_in(self.most, name="most of rule max_consecutive_days", low=1, high=366)))

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every day that makes a row too long; amount = 1 a day."""
        shifts = spoken_of(with_previous(roster, people, span_of(roster, span)), people, self)
        days = shifts.groupby(["agent", "day"], as_index=False).agg(old=("old", "all"))
        new_run = (days["agent"] != days["agent"].shift(1)) | (days["day"] - days["day"].shift(1) != DAY)
        place = days.groupby(new_run.cumsum()).cumcount() + 1
        over = days.assign(place=place)[(place > self.most) & ~days["old"].astype(bool)]
        return self.table(
            (a, d, 1, f"{a} works the {n}th day in a row on {d:%a %d %b}, at most {self.most} allowed")
            for a, d, n in zip(over["agent"], over["day"], over["place"], strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxWeekends(Rule):
    """Weekends with a shift among any `weeks` consecutive weekends <= most.

    Attributes
    ----------
    most : int      Weekends with work.
    weeks : int     Weekends among which they are counted.
    """

    name: ClassVar[str] = "max_weekends"
    example: ClassVar[str] = "{type: max_weekends, most: 2, weeks: 4}"

    most: int = 2
    weeks: int = 4

    def __post_init__(self) -> None:
        """Check the numbers."""
        Rule.__post_init__(self)
        put(
            self,
            most=int(number_in(self.most, name="most of rule max_weekends", low=0, high=52)),
            weeks=int(number_in(self.weeks, name="weeks of rule max_weekends", low=1, high=53)),
        )

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every worked weekend that is one too many; amount = weekends over."""
        shifts = spoken_of(with_previous(roster, people, span_of(roster, span)), people, self)
        worked = shifts.assign(weekend=weekend_of(shifts["day"], people.calendar.weekend)).dropna(subset=["weekend"])
        worked = worked.groupby(["agent", "weekend"], as_index=False).agg(old=("old", "all"))
        rows = []
        for agent, own in worked.groupby("agent"):
            for weekend, old in zip(own["weekend"], own["old"], strict=True):
                since = weekend - (self.weeks - 1) * 7 * DAY
                number = int(((own["weekend"] >= since) & (own["weekend"] <= weekend)).sum())
                if number > self.most and not old:
                    rows.append(
                        (
                            str(agent),
                            weekend,
                            number - self.most,
                            f"{agent} works {number} of the {self.weeks} "
                            f"weekends up to {weekend:%a %d %b}, at most {self.most} allowed",
                        )
                    )
        return self.table(rows)
