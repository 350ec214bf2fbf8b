"""Which shifts: allowed types, skills, steady starts, successions, nights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from wfm.calendars import WEEKDAYS
from wfm.checks import number_in, one_of, put
from wfm.durations import seconds, spoken, time_of_day
from wfm.errors import SettingError, listed
from wfm.schedule.people.people import People
from wfm.schedule.rules.rule import (
    DAY,
    Rule,
    Span,
    night_hours,
    shifts_of,
    span_of,
    spoken_of,
    week_of,
    with_previous,
    words,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedShifts(Rule):
    """Type of every shift is one of `shifts`.

    Attributes
    ----------
    shifts : tuple of str       Names or kinds of shift types.
    """

    name: ClassVar[str] = "allowed_shifts"
    example: ClassVar[str] = "{type: allowed_shifts, shifts: [early, late], agents: [A017]}"
    kind_fields: ClassVar[tuple[str, ...]] = ("shifts",)

    shifts: tuple[str, ...] = ()

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every shift of another type; amount = 1."""
        shifts = spoken_of(shifts_of(roster), people, self)
        bad = shifts[~shifts["shift"].isin(self.shifts)]
        return self.table(
            (a, s, 1, f"{a} works shift {t!r} on {s:%a %d %b}, allowed: {listed(self.shifts)}")
            for a, s, t in zip(bad["agent"], bad["start"], bad["shift"], strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillsNeeded(Rule):
    """Queue of every shift is among the person's skills; a person without listed skills has all of them."""

    name: ClassVar[str] = "skills_needed"
    example: ClassVar[str] = "{type: skills_needed}"

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every shift on a queue that the person cannot serve; amount = 1."""
        shifts = spoken_of(shifts_of(roster), people, self)
        skills = people.skills
        rows = []
        for agent, start, queue in zip(shifts["agent"], shifts["start"], shifts["queue"], strict=True):
            served = queue.split("|") if isinstance(queue, str) else []
            lacking = [q for q in served if skills.get(agent) and q not in skills[agent]]
            if lacking:
                rows.append((agent, start, 1, f"{agent} serves {lacking[0]!r} on {start:%a %d %b} without the skill"))
        return self.table(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBand(Rule):
    """Times of day at which a person's shifts of a planning week start lie within 2 x band of each other.

    The day is a circle: 23:30 and 00:30 are an hour apart. Where a week breaks the rule, the amounts are hours outside
    the band that fits best.

    Attributes
    ----------
    band : float    Distance from the middle, a duration: 1h, or seconds.
    """

    name: ClassVar[str] = "start_band"
    example: ClassVar[str] = "{type: start_band, band: 1h, hard: false, weight: 2}"

    band: float = 3600.0

    def __post_init__(self) -> None:
        """Convert the duration."""
        Rule.__post_init__(self)
        put(self, band=seconds(self.band, name="band of rule start_band", zero=True))

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every start outside the band of its week; amount = hours outside."""
        shifts = spoken_of(with_previous(roster, people, span_of(roster, span)), people, self)
        week = week_of(shifts["day"], people.calendar.week_start)
        clocks = (shifts["start"] - shifts["day"]).dt.total_seconds()
        rows = []
        for (agent, _), own in shifts.assign(clock=clocks, week=week).groupby(["agent", "week"]):
            old = own["old"].to_numpy(dtype=bool)
            outside = _outside(own["clock"].to_numpy(), old, 2 * self.band)
            for start, old, far in zip(own["start"], own["old"], outside, strict=True):
                if far > 1e-6 and not old:
                    rows.append(
                        (
                            str(agent),
                            start,
                            far / 3600,
                            f"{agent} starts at {start:%a %H:%M}, {spoken(far)} "
                            "outside "
                            f"the band of +-{spoken(self.band)} of the week's other starts",
                        )
                    )
        return self.table(rows)


def _outside(clocks: np.ndarray, old: np.ndarray, width: float) -> np.ndarray:
    """How far each start lies outside the band of `width` that fits the starts best, on the circle of the day.

    Starts of the last roster hold the band where they are; where they break it among themselves they are left out.
    """
    fixed = clocks[old] if fits_band(clocks[old], width) else np.zeros(0)
    best = None
    for first in np.unique(np.r_[clocks, (clocks - width) % 86_400]):
        if ((fixed - first) % 86_400 > width + 1e-6).any():
            continue
        after = (clocks - first) % 86_400
        far = np.where((after <= width + 1e-6) | old, 0.0, np.minimum(after - width, 86_400 - after))
        if best is None or far.sum() < best.sum():
            best = far
    return best if best is not None else np.zeros(len(clocks))


def fits_band(clocks: np.ndarray, width: float) -> bool:
    """Whether times of day lie within `width` of each other on the circle of the day.

    >>> fits_band(np.array([84600.0, 1800.0]), 3600.0)
    True
    """
    return not len(clocks) or any(bool(((clocks - first) % 86_400 <= width + 1e-6).all()) for first in clocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenSuccession(Rule):
    """No shift of `then` on the day after a shift of `first`; nothing else is forbidden.

    Attributes
    ----------
    first, then : tuple of str      Names or kinds of shift types.
    """

    name: ClassVar[str] = "forbidden_succession"
    example: ClassVar[str] = "{type: forbidden_succession, first: late, then: early}"
    kind_fields: ClassVar[tuple[str, ...]] = ("first", "then")

    first: tuple[str, ...]
    then: tuple[str, ...]

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every forbidden pair, at the second shift; amount = 1."""
        shifts = spoken_of(with_previous(roster, people, span_of(roster, span)), people, self)
        before = shifts.groupby("agent")[["shift", "day"]].shift(1)
        bad = (
            before["shift"].isin(self.first)
            & shifts["shift"].isin(self.then)
            & (shifts["day"] - before["day"] == DAY)
            & ~shifts["old"].astype(bool)
        )
        pairs = shifts.assign(before=before["shift"])[bad]
        return self.table(
            (a, s, 1, f"{a} works {t!r} on {s:%a %d %b}, the day after {b!r}")
            for a, s, t, b in zip(pairs["agent"], pairs["start"], pairs["shift"], pairs["before"], strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights(Rule):
    """Which shifts are nights: those of `shifts` (names or kinds), or by the clock where `shifts` is empty.

    Attributes
    ----------
    shifts : tuple of str       Names or kinds of shift types.
    between : (float, float)    The night, two times of day such as ["22:00", "06:00"].
    touching : float            Least hours inside the night that make a shift a night.
    """

    kind_fields: ClassVar[tuple[str, ...]] = ("shifts",)

    shifts: tuple[str, ...] = ()
    between: tuple[float, float] = (79_200.0, 21_600.0)
    touching: float = 3.0

    def __post_init__(self) -> None:
        """Convert the times."""
        Rule.__post_init__(self)
        if not isinstance(self.between, Sequence) or isinstance(self.between, str) or len(self.between) != 2:
            raise SettingError(
                f'between of rule {self.name} must be two times of day such as ["22:00", "06:00"], '
                "got "
                f"{self.between!r}.",
                name="between",
                value=self.between,
            )
        put(
            self,
            between=tuple(time_of_day(t, name=f"between of rule {self.name}") for t in self.between),
            touching=number_in(self.touching, name=f"touching of rule {self.name}", low=0, high=24),
        )

    def is_night(self, shifts: pd.DataFrame) -> np.ndarray:
        """Whether each shift (start, end, shift) is a night."""
        if self.shifts:
            return np.asarray(shifts["shift"].isin(self.shifts))
        return night_hours(shifts["start"], shifts["end"], self.between) >= max(self.touching, 1e-6) - 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxNights(Nights):
    """Nights of a person in a period <= most.

    Attributes
    ----------
    most : int      Nights.
    per : str       week, month or roster.
    """

    name: ClassVar[str] = "max_nights"
    example: ClassVar[str] = "{type: max_nights, most: 3, per: week}"

    most: int = 0
    per: str = "week"

    def __post_init__(self) -> None:
        """Check the number and the period."""
        Nights.__post_init__(self)
        put(self, most=int(number_in(self.most, name="most of rule max_nights", low=0, high=366)))
        one_of(self.per, ("week", "month", "roster"), name="per of rule max_nights")

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every person and period with too many nights; amount = nights over."""
        first, last = span_of(roster, span)
        shifts = spoken_of(with_previous(roster, people, (first, last)), people, self)
        nights = shifts[self.is_night(shifts)]
        nights = nights.assign(period=self.period_of(nights["day"], people, first))
        if self.per == "roster":
            nights = nights[~nights["old"].astype(bool)]
        counts = nights.groupby(["agent", "period"], as_index=False).agg(
            number=("shift", "size"), start=("start", "max"), old=("old", "sum")
        )
        over = counts[(counts["number"] > self.most) & (counts["number"] > counts["old"])]
        return self.table(
            (
                a,
                s,
                min(n - self.most, n - old),
                f"{a} works {n} nights in the {self.per} of {p:%d %b}, at most {self.most} allowed",
            )
            for a, s, n, old, p in zip(
                over["agent"], over["start"], over["number"], over["old"], over["period"], strict=True
            )
        )

    def period_of(self, days: pd.Series, people: People, first: pd.Timestamp) -> pd.Series:
        """First day of the period of each day."""
        return period_of(self.per, days, people, first)


def period_of(per: str, days: pd.Series, people: People, first: pd.Timestamp) -> pd.Series:
    """First day of the week, month or roster of each day."""
    if per == "week" or not len(days):
        return week_of(days, people.calendar.week_start)
    if per == "month":
        place = people.calendar.month_day(pd.DatetimeIndex(days))["day"].to_numpy()
        return days - pd.to_timedelta(place - 1, unit="D")
    return pd.Series(first, index=days.index)


DAY_WORDS = (*WEEKDAYS, "weekend", "holidays")


def read_days(days: object, rule: str) -> tuple[str, ...]:
    """Weekdays, "weekend" and "holidays" as a tuple."""
    found = words(days)
    for word in found:
        one_of(word, DAY_WORDS, name=f"days of rule {rule}")
    return found


def on_days(days: pd.Series, wanted: Sequence[str], people: People) -> np.ndarray:
    """Whether each day is one of the wanted; all are where none is named."""
    if not wanted or not len(days):
        return np.full(len(days), not wanted)
    numbers = [WEEKDAYS.index(word) for word in wanted if word in WEEKDAYS]
    if "weekend" in wanted:
        numbers += [WEEKDAYS.index(word) for word in people.calendar.weekend]
    found = np.asarray(days.dt.day_of_week.isin(numbers))
    return found | people.calendar.is_holiday(pd.DatetimeIndex(days)) if "holidays" in wanted else found


def days_said(wanted: Sequence[str]) -> str:
    """The days in words."""
    return " or ".join(wanted)
