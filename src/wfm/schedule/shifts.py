"""Shift types and their breaks: what one day's work may look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from wfm.calendars import weekday_set
from wfm.checks import fraction, put
from wfm.durations import DAY, clock, seconds, start_grid, time_of_day
from wfm.errors import SettingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Time away from contacts inside a shift.

    Attributes
    ----------
    name : str
    length : float              [s]
    paid : bool
    between : (float, float)    Earliest and latest start, seconds from the shift's start, both allowed.
    clock : (float, float)      Earliest and latest start by the clock, seconds of the day (lunch waves, prayer).
    most_at_once : float        Largest share of the people on duty that may be away at once.
    grid : float or None        Starts lie on multiples of so many seconds; None = on the requirement's interval.

    >>> Break(name="meal", length="30min", paid=False, between=("3h", "4h")).between
    (10800.0, 14400.0)
    """

    name: str
    length: float
    paid: bool
    between: tuple[float, float] | None = None
    clock: tuple[float, float] | None = None
    most_at_once: float | None = None
    grid: float | None = None

    def __post_init__(self) -> None:
        """Convert durations; a break needs one window."""
        where = f"break {self.name!r}"
        put(self, length=seconds(self.length, name=f"length of {where}"))
        if not isinstance(self.paid, bool):
            raise SettingError(
                f"paid of {where} must be true or false, got {self.paid!r}.", name="paid", value=self.paid
            )
        if self.between is None and self.clock is None:
            raise SettingError(
                f"{where} needs a window: between=(earliest, latest) from the shift's start, "
                'or clock=("12:00", "14:00").',
                name="between",
            )
        if self.between is not None:
            put(self, between=_window(self.between, f"between of {where}", clock_times=False))
        if self.clock is not None:
            put(self, clock=_window(self.clock, f"clock of {where}", clock_times=True))
        if self.most_at_once is not None:
            put(self, most_at_once=fraction(self.most_at_once, name=f"most_at_once of {where}", zero=False))
        if self.grid is not None:
            put(self, grid=seconds(self.grid, name=f"grid of {where}"))

    def starts(self, shift_start: float, shift_length: float, interval: float) -> tuple[float, ...]:
        """Allowed starts in seconds after midnight of the shift's day, for a shift that starts at `shift_start`.

        Window from the shift's start and window by the clock both hold where both are given; clock windows also reach
        shifts that run past midnight.

        >>> Break(name="meal", length=1800, paid=False, between=(10800, 12600)).starts(25200, 30600, 900)
        (36000.0, 36900.0, 37800.0)
        """
        step = self.grid or interval
        first, last = shift_start, shift_start + shift_length - self.length
        if self.between is not None:
            first, last = max(first, shift_start + self.between[0]), min(last, shift_start + self.between[1])
        begin = -(-(first - 1e-6) // step)
        found = []
        while begin * step <= last + 1e-6:
            moment = begin * step
            if self.clock is None or self._by_clock(moment):
                found.append(moment)
            begin += 1
        return tuple(found)

    def _by_clock(self, moment: float) -> bool:
        assert self.clock is not None
        first, last = self.clock
        of_day = moment % DAY
        return first <= of_day <= last if first <= last else (of_day >= first or of_day <= last)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftType:
    """A kind of shift: its length, where it may start and what breaks it holds.

    Attributes
    ----------
    name : str
    length : float              From start to end, breaks included [s]; may run past midnight.
    starts : tuple of float     Seconds of the day; "07:00-14:00/30min" or a list of times.
    breaks : tuple of Break     Every shift takes all of them, in the order of their windows.
    days : str or None          Weekdays on which it may start ("sat-wed"); None = all.
    outside_hours : bool        Whether it may lie outside the opening hours of its queues.
    kind : str or None          A word of the planner's for rules ("night", "early").

    >>> full = ShiftType(name="full", length="8h30min", starts="07:00-08:00/30min",
    ...                  breaks=[Break(name="meal", length="30min", paid=False, between=("3h", "4h"))])
    >>> full.starts, full.paid_seconds / 3600
    ((25200.0, 27000.0, 28800.0), 8.0)
    """

    name: str
    length: float
    starts: tuple[float, ...]
    breaks: tuple[Break, ...] = ()
    days: frozenset[int] | None = None
    outside_hours: bool = False
    kind: str | None = None

    def __post_init__(self) -> None:
        """Convert durations and times; check that breaks fit."""
        where = f"shift {self.name!r}"
        put(
            self,
            length=seconds(self.length, name=f"length of {where}"),
            starts=start_grid(self.starts, name=f"starts of {where}"),
            breaks=tuple(self.breaks),
        )
        if self.length > DAY:
            raise SettingError(
                f"length of {where} must be at most 24 h, got {self.length / 3600:g} h.",
                name="length",
                value=self.length,
            )
        if self.days is not None:
            put(self, days=weekday_set(self.days, name=f"days of {where}"))
        for pause in self.breaks:
            self._check(pause, where)
        if all(pause.between is not None for pause in self.breaks):
            put(self, breaks=tuple(sorted(self.breaks, key=lambda pause: pause.between or (0.0, 0.0))))

    @property
    def paid_seconds(self) -> float:
        """Paid time of one shift [s]."""
        return self.length - sum(pause.length for pause in self.breaks if not pause.paid)

    def starts_on(self, day: pd.Timestamp) -> bool:
        """Whether the shift may start on a day."""
        return self.days is None or day.day_of_week in self.days

    def _check(self, pause: Break, where: str) -> None:
        if pause.length >= self.length:
            raise SettingError(
                f"break {pause.name!r} of {where} must be shorter than the shift, got "
                f"{pause.length / 60:g} min of {self.length / 60:g} min.",
                name="breaks",
                value=pause.length,
            )
        if pause.between is not None and pause.between[0] + pause.length > self.length:
            raise SettingError(
                f"break {pause.name!r} of {where} must end inside the shift of {self.length / 60:g} min, "
                f"its earliest start is {pause.between[0] / 60:g} min.",
                name="breaks",
                value=pause.between,
            )


def _window(value: object, name: str, *, clock_times: bool) -> tuple[float, float]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise SettingError(f"{name} must be a pair (earliest, latest), got {value!r}.", name=name, value=value)
    if clock_times:
        return time_of_day(value[0], name=name), time_of_day(value[1], name=name)
    first, last = (seconds(v, name=name, zero=True) for v in value)
    if last < first:
        raise SettingError(
            f"{name} must have its latest start after its earliest, got {clock(first)} and {clock(last)}.",
            name=name,
            value=value,
        )
    return first, last
