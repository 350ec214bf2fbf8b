"""Rules that one shift keeps or breaks by itself: nights barred, length, days barred, hours that cost more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import number_in, put
from wfm.errors import SettingError
from wfm.hours import OpeningHours
from wfm.schedule.people.people import People
from wfm.schedule.rules.kinds import Nights, days_said, on_days, read_days
from wfm.schedule.rules.rule import Rule, Span, each, shifts_of, spoken_of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class EachShift(Rule):
    """A rule that is told of a shift alone."""

    def amounts(self, shifts: pd.DataFrame, people: People) -> Floats:
        """By how much each shift (start, end, shift, day, hours) breaks the rule; 0 = not at all."""
        raise NotImplementedError

    def said(self, shift: Any) -> str:
        """What is wrong with a shift, after the person's name."""
        raise NotImplementedError

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every shift that breaks the rule."""
        shifts = spoken_of(shifts_of(roster), people, self)
        shifts = shifts.assign(amount=self.amounts(shifts, people))
        return self.table(
            (shift.agent, shift.start, shift.amount, f"{shift.agent} {self.said(shift)}")
            for shift in each(shifts[shifts["amount"] > 1e-9])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoNights(EachShift, Nights):
    """No shift is a night."""

    name: ClassVar[str] = "no_nights"
    example: ClassVar[str] = "{type: no_nights, agents: [A017, A023]}"

    def amounts(self, shifts: pd.DataFrame, people: People) -> Floats:
        """1 for each night."""
        return np.asarray(self.is_night(shifts), dtype=float)

    def said(self, shift: Any) -> str:
        """The night."""
        return f"works a night on {shift.start:%a %d %b %H:%M}, none allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NightLength(EachShift, Nights):
    """Hours of a shift that is a night, breaks included, <= most; the amount is hours over.

    Attributes
    ----------
    most : float    [h]
    """

    name: ClassVar[str] = "night_length"
    example: ClassVar[str] = "{type: night_length, most: 8}"

    most: float = 8.0

    def __post_init__(self) -> None:
        """Check the number."""
        Nights.__post_init__(self)
        put(self, most=number_in(self.most, name="most of rule night_length", low=0, high=48, unit="h"))

    def amounts(self, shifts: pd.DataFrame, people: People) -> Floats:
        """Hours over the most, of nights."""
        over = _lasts(shifts) - self.most
        return np.where(self.is_night(shifts), np.maximum(over, 0.0), 0.0)

    def said(self, shift: Any) -> str:
        """The long night."""
        return f"works a night of {self.most + shift.amount:.4g} h on {shift.start:%a %d %b}, at most {self.most:g} h"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursPerDay(EachShift):
    """Least <= paid hours of a shift <= most; the amount is hours outside.

    Attributes
    ----------
    least, most : float     [h]
    """

    name: ClassVar[str] = "hours_per_day"
    example: ClassVar[str] = "{type: hours_per_day, most: 10}"

    least: float = 0.0
    most: float = 24.0

    def __post_init__(self) -> None:
        """Check the span."""
        Rule.__post_init__(self)
        put(
            self,
            least=number_in(self.least, name="least of rule hours_per_day", low=0, high=48, unit="h"),
            most=number_in(self.most, name="most of rule hours_per_day", low=0, high=48, unit="h"),
        )
        if self.least > self.most:
            raise SettingError(
                f"least of rule hours_per_day must be at most its most {self.most:g}, got {self.least:g}.",
                name="least",
                value=self.least,
            )

    def amounts(self, shifts: pd.DataFrame, people: People) -> Floats:
        """Hours below the least or above the most."""
        hours = shifts["hours"].to_numpy(dtype=float)
        return np.maximum(0.0, np.maximum(self.least - hours, hours - self.most))

    def said(self, shift: Any) -> str:
        """The short or long shift."""
        allowed = f"{self.least:g} to {self.most:g} h" if self.least else f"at most {self.most:g} h"
        return f"has {shift.hours:.4g} paid hours on {shift.start:%a %d %b}, allowed {allowed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWorkOn(EachShift):
    """No shift starts on one of `days`.

    Attributes
    ----------
    days : tuple of str     Weekdays ("fri"), "weekend" or "holidays", in the calendar's sense.
    """

    name: ClassVar[str] = "no_work_on"
    example: ClassVar[str] = "{type: no_work_on, days: [fri, holidays], contracts: [student]}"

    days: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the days."""
        Rule.__post_init__(self)
        put(self, days=read_days(self.days, self.name))

    def amounts(self, shifts: pd.DataFrame, people: People) -> Floats:
        """1 for each shift on such a day."""
        return on_days(shifts["day"], self.days, people).astype(float)

    def said(self, shift: Any) -> str:
        """The barred day."""
        return f"works on {shift.start:%a %d %b}, none allowed on {days_said(self.days)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumHours(EachShift):
    """Hours of shifts inside `hours` cost `weight` each; never forbidden.

    Attributes
    ----------
    hours : opening hours       Times that cost more: "22:00-06:00", or {thu-fri: "24h"}.
    """

    name: ClassVar[str] = "premium_hours"
    example: ClassVar[str] = '{type: premium_hours, hours: "22:00-06:00", weight: 0.35}'

    hours: Any
    hard: bool = False

    def __post_init__(self) -> None:
        """Read the hours."""
        Rule.__post_init__(self)
        if self.hard:
            raise SettingError(
                "premium_hours must be soft: it prices hours. Bar days or nights with no_work_on or no_nights.",
                name="hard",
                value=self.hard,
            )
        put(self, hours=read_hours(self.hours, f"hours of rule {self.name}"))

    def amounts(self, shifts: pd.DataFrame, people: People) -> Floats:
        """Hours inside."""
        return hours_inside(shifts, self.hours)

    def said(self, shift: Any) -> str:
        """The hours that cost more."""
        return f"works {shift.amount:.4g} h that cost more on {shift.start:%a %d %b}"


def read_hours(value: object, name: str) -> OpeningHours:
    """Opening hours from what a planner writes; a list of pairs is a mapping that a frozen rule can hold."""
    if isinstance(value, Mapping):
        value = dict(value)
    return OpeningHours.read(list(value) if isinstance(value, tuple) else value, name=name)


def hours_inside(shifts: pd.DataFrame, hours: OpeningHours) -> Floats:
    """Hours of each shift (start, end) inside opening hours."""
    found = np.zeros(len(shifts))
    if not len(shifts):
        return found
    day_of = shifts["start"].dt.normalize()
    begin = (shifts["start"] - day_of).dt.total_seconds().to_numpy()
    until = (shifts["end"] - day_of).dt.total_seconds().to_numpy()
    for day in day_of.unique():
        mine = np.flatnonzero((day_of == day).to_numpy())
        last = int(until[mine].max() // 86_400)
        for ahead in range(-1, last + 1):
            for first, stop in hours.of(pd.Timestamp(day) + pd.Timedelta(days=ahead)):
                low, high = first + ahead * 86_400, stop + ahead * 86_400
                found[mine] += np.clip(np.minimum(until[mine], high) - np.maximum(begin[mine], low), 0, None)
    return found / 3600


def _lasts(shifts: pd.DataFrame) -> Floats:
    return np.asarray((shifts["end"] - shifts["start"]).dt.total_seconds().to_numpy() / 3600, dtype=float)
