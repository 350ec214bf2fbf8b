"""How shifts follow one another: rest of the week, rest after nights, rotation, one type a week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from wfm.checks import number_in, put
from wfm.durations import seconds, spoken
from wfm.schedule.people.people import People
from wfm.schedule.rules.kinds import Nights
from wfm.schedule.rules.rule import DAY, Rule, Span, each, span_of, spoken_of, week_of, with_previous

WEEK = 7 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyRest(Rule):
    """The longest time without a shift inside each planning week >= rest; the amount is 1 a week.

    Days of which nothing is known are taken to be free.

    Attributes
    ----------
    rest : float    A duration: 35h, or seconds.
    """

    name: ClassVar[str] = "weekly_rest"
    example: ClassVar[str] = "{type: weekly_rest, rest: 35h}"

    rest: float = 35 * 3600.0

    def __post_init__(self) -> None:
        """Convert the duration."""
        Rule.__post_init__(self)
        put(self, rest=seconds(self.rest, name="rest of rule weekly_rest", zero=True))

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every week without such a rest."""
        first, last = span_of(roster, span)
        shifts = spoken_of(with_previous(roster, people, (first, last)), people, self)
        days = pd.Series(pd.date_range(first, last - DAY, freq="D"))
        weeks = week_of(days, people.calendar.week_start).drop_duplicates()
        rows = []
        for agent, own in shifts.groupby("agent"):
            for week in weeks:
                longest = _longest_rest(own, week, week + WEEK)
                met = own[(own["start"] < week + WEEK) & (own["end"] > week)]
                if longest < self.rest - 1e-6 and not met["old"].all():
                    rows.append(
                        (
                            str(agent),
                            week,
                            1.0,
                            f"{agent} rests {longest / 3600:.4g} h at the longest in the week of {week:%a %d %b}, at "
                            f"least {spoken(self.rest)} wanted",
                        )
                    )
        return self.table(rows)


def _longest_rest(shifts: pd.DataFrame, begin: pd.Timestamp, end: pd.Timestamp) -> float:
    """Seconds of the longest time without a shift between two moments."""
    met = shifts[(shifts["start"] < end) & (shifts["end"] > begin)]
    reached, longest = begin, 0.0
    for start, stop in zip(met["start"], met["end"], strict=True):
        longest = max(longest, (start - reached).total_seconds())
        reached = max(reached, stop)
    return max(longest, (end - reached).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class RestAfterNights(Nights):
    """Start of a shift - end of the night before >= rest, unless a night goes on the next day.

    Only rows of at least `after` nights ask for it. The amount is hours of rest missing.

    Attributes
    ----------
    rest : float    A duration: 48h, or seconds.
    after : int     Nights in a row from which on the rest is due.
    """

    name: ClassVar[str] = "rest_after_nights"
    example: ClassVar[str] = "{type: rest_after_nights, rest: 48h, after: 2}"

    rest: float = 48 * 3600.0
    after: int = 1

    def __post_init__(self) -> None:
        """Convert the duration and check the number."""
        Nights.__post_init__(self)
        put(
            self,
            rest=seconds(self.rest, name="rest of rule rest_after_nights", zero=True),
            after=int(number_in(self.after, name="after of rule rest_after_nights", low=1, high=31)),
        )

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every shift that starts too early after a row of nights."""
        shifts = spoken_of(with_previous(roster, people, span_of(roster, span)), people, self)
        shifts = shifts.assign(night=self.is_night(shifts))
        rows = []
        for agent, own in shifts.groupby("agent"):
            row, before = 0, None
            for shift in each(own):
                goes_on = before is not None and row and shift.night and shift.day - before.day == DAY
                if before is not None and row >= self.after and not goes_on and not shift.old:
                    rest = (shift.start - before.end).total_seconds()
                    if rest < self.rest - 1e-6:
                        rows.append(
                            (
                                str(agent),
                                shift.start,
                                (self.rest - rest) / 3600,
                                f"{agent} rests {rest / 3600:.4g} h after {row} night(s) before "
                                f"{shift.start:%a %d %b %H:%M}, at least {spoken(self.rest)} wanted",
                            )
                        )
                row = (row + 1 if goes_on else 1) if shift.night else 0
                before = shift
        return self.table(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardRotation(Rule):
    """Start of a shift >= start of the shift on the day before + 24 h - tolerance; the amount is hours too early.

    Attributes
    ----------
    tolerance : float    A duration: 1h, or seconds.
    """

    name: ClassVar[str] = "forward_rotation"
    example: ClassVar[str] = "{type: forward_rotation, tolerance: 1h, hard: false, weight: 2}"

    tolerance: float = 0.0

    def __post_init__(self) -> None:
        """Convert the duration."""
        Rule.__post_init__(self)
        put(self, tolerance=seconds(self.tolerance, name="tolerance of rule forward_rotation", zero=True))

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every shift that starts earlier in the day than allowed."""
        shifts = spoken_of(with_previous(roster, people, span_of(roster, span)), people, self)
        before = shifts.groupby("agent")[["start", "day"]].shift(1)
        early = DAY.total_seconds() - self.tolerance - (shifts["start"] - before["start"]).dt.total_seconds()
        bad = (shifts["day"] - before["day"] == DAY) & (early > 1e-6) & ~shifts["old"].astype(bool)
        found = shifts.assign(early=early, before=before["start"])[bad]
        return self.table(
            (a, s, e / 3600, f"{a} starts on {s:%a %d %b} at {s:%H:%M}, earlier than on the day before at {b:%H:%M}")
            for a, s, e, b in zip(found["agent"], found["start"], found["early"], found["before"], strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftTypesPerWeek(Rule):
    """Different shift types of a person in a planning week <= most; the amount is types over.

    Attributes
    ----------
    most : int      Types.
    """

    name: ClassVar[str] = "shift_types_per_week"
    example: ClassVar[str] = "{type: shift_types_per_week, most: 1, hard: false, weight: 3}"

    most: int = 1

    def __post_init__(self) -> None:
        """Check the number."""
        Rule.__post_init__(self)
        put(self, most=int(number_in(self.most, name="most of rule shift_types_per_week", low=1, high=7)))

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every week with too many types."""
        shifts = spoken_of(with_previous(roster, people, span_of(roster, span)), people, self)
        week = week_of(shifts["day"], people.calendar.week_start)
        rows = []
        for (agent, begin), own in shifts.assign(week=week).groupby(["agent", "week"]):
            types = sorted(set(own["shift"]))
            over = len(types) - max(self.most, own.loc[own["old"].astype(bool), "shift"].nunique())
            if over > 0:
                rows.append(
                    (
                        str(agent),
                        begin,
                        float(over),
                        f"{agent} works {len(types)} types ({', '.join(types)}) in the week of {begin:%a %d %b}, at "
                        f"most {self.most} wanted",
                    )
                )
        return self.table(rows)
