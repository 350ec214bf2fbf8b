"""Shift types and their breaks: what one day's work may look like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from wfm.calendars import weekday_set
from wfm.checks import fraction, one_of, put
from wfm.durations import DAY, seconds, start_grid, time_of_day
from wfm.errors import SettingError
from wfm.schedule.shifts.spans import Span, read_span, spans_of_starts

ANCHORS = ("start", "middle", "end")


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Time away from contacts inside a shift.

    Attributes
    ----------
    name : str
    length : float              [s]
    paid : bool
    between : (float, float)    Earliest and latest start, seconds from the shift's start, both allowed.
    measured_from : str         What `between` counts from: "start", "middle" or "end" of the shift; it may then be
                                negative: ("-1h45min", "-1h") before the end.
    lengths : (float, float)    Shifts that take it: at least the first and less than the second [s]; None = all.
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
    measured_from: str = "start"
    lengths: tuple[float, float] | None = None

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
        one_of(self.measured_from, ANCHORS, name=f"measured_from of {where}")
        if self.between is not None:
            signed = self.measured_from != "start"
            put(self, between=_window(self.between, f"between of {where}", clock_times=False, signed=signed))
        if self.lengths is not None:
            put(self, lengths=_window(self.lengths, f"lengths of {where}", clock_times=False))
        if self.clock is not None:
            put(self, clock=_window(self.clock, f"clock of {where}", clock_times=True))
        if self.most_at_once is not None:
            put(self, most_at_once=fraction(self.most_at_once, name=f"most_at_once of {where}", zero=False))
        if self.grid is not None:
            put(self, grid=seconds(self.grid, name=f"grid of {where}"))

    def taken_in(self, shift_length: float) -> bool:
        """Whether a shift so long takes the break."""
        return self.lengths is None or self.lengths[0] <= shift_length < self.lengths[1]

    def placed(self, shift_length: float) -> Break:
        """The break with its window counted from the start of a shift so long.

        >>> rest = Break(name="rest", length=900, paid=True, between=("-1h45min", "-1h"), measured_from="end")
        >>> rest.placed(4 * 3600).between
        (8100.0, 10800.0)
        """
        if self.measured_from == "start" or self.between is None:
            return self
        origin = shift_length / 2 if self.measured_from == "middle" else shift_length
        first, last = (origin + moment for moment in self.between)
        if last < 0:
            raise SettingError(
                f"between of break {self.name!r} lies before the start of a shift of {shift_length / 60:g} min, got "
                f"{self.between} from its {self.measured_from}. Move the window, or limit its `lengths`.",
                name="between",
                value=self.between,
            )
        return replace(self, between=(max(first, 0.0), last), measured_from="start")

    def starts(self, shift_start: float, shift_length: float, interval: float) -> tuple[float, ...]:
        """Allowed starts in seconds after midnight of the shift's day, for a shift that starts at `shift_start`.

        Window from the shift's start and window by the clock both hold where both are given; clock windows also reach
        shifts that run past midnight.

        >>> Break(name="meal", length=1800, paid=False, between=(10800, 12600)).starts(25200, 30600, 900)
        (36000.0, 36900.0, 37800.0)
        """
        step = self.grid or interval
        first, last = shift_start, shift_start + shift_length - self.length
        window = self.placed(shift_length).between
        if window is not None:
            first, last = max(first, shift_start + window[0]), min(last, shift_start + window[1])
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
    breaks : tuple of Break     Every shift takes all that its length asks for, in the order of their windows, which
                                are kept as counted from its start.
    days : str or None          Weekdays on which it may start ("sat-wed"); None = all.
    dates : list or None        Dates on which it may start (a holiday, the nights of Ramadan); None = all.
    outside_hours : bool        Whether it may lie outside the opening hours of its queues.
    kind : str or None          A word of the planner's for rules ("night", "early").
    people : (least, most)      People who start on each of its days, for each queue of a design; None = any number.
    people_at : tuple           The same for single starts: {"07:00": (2, 6)}, or one pair for each start; kept as
                                (start, (least, most)).

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
    dates: frozenset[pd.Timestamp] | None = None
    people: Span | None = None
    people_at: tuple[tuple[float, Span], ...] = ()

    def __post_init__(self) -> None:
        """Convert durations and times; check that breaks fit."""
        where = f"shift {self.name!r}"
        length = seconds(self.length, name=f"length of {where}")
        put(
            self,
            length=length,
            starts=start_grid(self.starts, name=f"starts of {where}"),
            breaks=tuple(pause.placed(length) for pause in self.breaks if pause.taken_in(length)),
        )
        if self.people is not None:
            put(self, people=read_span(self.people, name=f"people of {where}"))
        if self.people_at:
            put(self, people_at=spans_of_starts(self.people_at, self.starts, name=f"people_at of {where}"))
        if self.dates is not None:
            put(self, dates=_dates(self.dates, f"dates of {where}"))
        if self.length > DAY:
            raise SettingError(
                f"length of {where} must be at most 24 h, got {self.length / 3600:g} h.",
                name="length",
                value=self.length,
            )
        if self.days is not None and not all(isinstance(day, int) for day in self.days):
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
        weekday = self.days is None or day.day_of_week in self.days
        return weekday and (self.dates is None or day.normalize() in self.dates)

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


def shifts_of_lengths(
    name: str,
    *,
    lengths: str | Sequence[object],
    starts: object,
    breaks: Sequence[Break] = (),
    ends_by: object = None,
    **given: object,
) -> tuple[ShiftType, ...]:
    """A shift type for every length of a range, over one grid of starts.

    Parameters
    ----------
    name : str              Start of the names: "day" gives "day-4h", "day-4h30" and so on.
    lengths : str or list   "4h-10h/30min", or lengths [s].
    starts                  As in `ShiftType`.
    breaks : sequence       Each is taken by the lengths that it names; count windows from the middle or the end where
                            they move with the length.
    ends_by : time          Latest end of any shift by the clock of its day; "30:00" is 6:00 of the next. Starts that
                            are too late for a length are left out, and lengths without a start.
    given                   days, dates, outside_hours, kind, people, people_at of every type.

    Raises
    ------
    SettingError            No length has a start, or a break does not fit.

    >>> meal = Break(name="meal", length="30min", paid=False, between=("-1h", "0h"), measured_from="middle",
    ...              lengths=("6h", "24h"))
    >>> kinds = shifts_of_lengths("day", lengths="5h-7h/1h", starts="08:00-12:00/2h", breaks=[meal], ends_by="17:00")
    >>> [(kind.name, len(kind.starts), kind.paid_seconds / 3600) for kind in kinds]
    [('day-5h', 3, 5.0), ('day-6h', 2, 5.5), ('day-7h', 2, 6.5)]
    """
    grid = start_grid(starts, name=f"starts of shifts {name!r}")
    latest = None if ends_by is None else _late_clock(ends_by, f"ends_by of shifts {name!r}")
    found = []
    for length in _lengths(lengths, f"lengths of shifts {name!r}"):
        own = [start for start in grid if latest is None or start + length <= latest + 1e-6]
        if own:
            hours, minutes = divmod(round(length / 60), 60)
            label = f"{name}-{hours}h{minutes:02d}" if minutes else f"{name}-{hours}h"
            found.append(ShiftType(name=label, length=length, starts=tuple(own), breaks=tuple(breaks), **given))  # type: ignore[arg-type]
    if not found:
        raise SettingError(
            f"no start of shifts {name!r} leaves time for any length before ends_by {ends_by!r}. Start earlier or end "
            "later.",
            name="ends_by",
            value=ends_by,
        )
    return tuple(found)


def _lengths(value: object, name: str) -> tuple[float, ...]:
    if isinstance(value, str):
        match = re.match(r"^\s*([^-/]+?)\s*-\s*([^-/]+?)\s*/\s*(\S+)\s*$", value)
        if not match:
            raise SettingError(f"{name} must be a range such as '4h-10h/30min', got {value!r}.", name=name, value=value)
        first, last, step = (seconds(part, name=name) for part in match.groups())
        if last < first:
            raise SettingError(f"{name} must end after it begins, got {value!r}.", name=name, value=value)
        return tuple(first + k * step for k in range(int((last - first) / step + 1e-9) + 1))
    if not isinstance(value, Iterable):
        raise SettingError(
            f"{name} must be a range such as '4h-10h/30min' or a list, got {value!r}.", name=name, value=value
        )
    return tuple(sorted({seconds(length, name=name) for length in value}))


def _late_clock(value: object, name: str) -> float:
    """Seconds after midnight of a time that may lie in the next day: "30:00" is 6:00 of it."""
    match = re.match(r"^\s*(\d{1,2}):(\d\d)\s*$", value) if isinstance(value, str) else None
    if match and int(match[1]) >= 24:
        return int(match[1]) * 3600.0 + int(match[2]) * 60.0
    return time_of_day(value, name=name) or DAY


def _dates(value: object, name: str) -> frozenset[pd.Timestamp]:
    given = [value] if isinstance(value, (str, pd.Timestamp)) or not isinstance(value, Iterable) else value
    try:
        return frozenset(pd.Timestamp(date).normalize() for date in given)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise SettingError(f"{name} must be dates such as '2026-11-21', got {value!r}.", name=name) from error


def _signed(value: object, name: str) -> float:
    if isinstance(value, str) and value.strip().startswith("-"):
        return -seconds(value.strip()[1:], name=name, zero=True)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        return -seconds(-value, name=name, zero=True)
    return seconds(value, name=name, zero=True)


def _window(value: object, name: str, *, clock_times: bool, signed: bool = False) -> tuple[float, float]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise SettingError(f"{name} must be a pair (earliest, latest), got {value!r}.", name=name, value=value)
    if clock_times:
        return time_of_day(value[0], name=name), time_of_day(value[1], name=name)
    first, last = (_signed(v, name) if signed else seconds(v, name=name, zero=True) for v in value)
    if last < first:
        raise SettingError(
            f"{name} must have its latest start after its earliest, got {value[0]!r} and {value[1]!r}.",
            name=name,
            value=value,
        )
    return first, last
