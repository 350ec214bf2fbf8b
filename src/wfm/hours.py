"""When a queue is open: dated weekly hours, across midnight and round the clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import Calendar, read_date, weekday_set
from wfm.checks import put
from wfm.durations import DAY, clock, time_of_day
from wfm.errors import SettingError

_SPAN = re.compile(r"^\s*(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSpan:
    """Open on some weekdays from `open` to `close` seconds of the day, between two dates.

    `close` beyond 86400 runs past midnight into the next day. `spans` empty means closed on these days.
    """

    days: frozenset[int]
    spans: tuple[tuple[float, float], ...]
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None
    holidays: bool = False

    def holds_on(self, day: pd.Timestamp, *, holiday: bool = False) -> bool:
        """Whether the entry speaks of a day."""
        inside = (self.first is None or day >= self.first) and (self.last is None or day <= self.last)
        return inside and (holiday if self.holidays else day.day_of_week in self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """The entries in order; for a day the last entry that speaks of it wins.

    >>> hours = OpeningHours.read({"sat-wed": "07:00-23:00", "thu-fri": "08:00-20:00"})
    >>> hours.of("2026-11-21"), hours.of("2026-11-26")
    (((25200.0, 82800.0),), ((28800.0, 72000.0),))
    """

    entries: tuple[OpenSpan, ...] = ()
    calendar: Calendar | None = None

    @classmethod
    def always(cls) -> OpeningHours:
        """Open round the clock on all days."""
        return cls(entries=(OpenSpan(days=frozenset(range(7)), spans=((0.0, DAY),)),))

    @classmethod
    def read(cls, value: object, *, calendar: Calendar | None = None, name: str = "hours") -> OpeningHours:
        """Opening hours from "24x7", a span for all days, a mapping {days: span} or a list of dated entries.

        Days are "sat-wed", "all" or "holidays"; a span is "07:00-23:00", "22:00-06:00" (past midnight), "24h",
        "closed" or a list of spans.
        """
        if isinstance(value, OpeningHours):
            return value
        if isinstance(value, str):
            value = {"all": "24h" if value.replace(" ", "").lower() in ("24x7", "24/7", "24h") else value}
        if isinstance(value, Mapping):
            value = [{"days": days, "open": span} for days, span in value.items()]
        if not isinstance(value, (list, tuple)):
            raise SettingError(
                f"{name} must be '24x7', a mapping such as {{sat-wed: \"07:00-23:00\"}} or a list of "
                f"dated entries, got {value!r}.",
                name=name,
                value=value,
            )
        entries = tuple(_entry(item, calendar, f"{name}[{k}]") for k, item in enumerate(value))
        return cls(entries=entries, calendar=calendar)

    def of(self, day: object) -> tuple[tuple[float, float], ...]:
        """The open spans of a day, in seconds after its midnight; empty where closed."""
        date = day if isinstance(day, pd.Timestamp) else read_date(day)
        if self.calendar is not None and date in self.calendar.closed:
            return ()
        by_holiday = self.calendar is not None and any(entry.holidays for entry in self.entries)
        holiday = by_holiday and bool(self.calendar.is_holiday(pd.DatetimeIndex([date]))[0])  # type: ignore[union-attr]
        for entry in reversed(self.entries):
            if entry.holds_on(date, holiday=holiday):
                return entry.spans
        return ()

    def starts(self, first: object, days: int, interval: float) -> pd.DatetimeIndex:
        """Start of every open interval of `days` days from `first`; spans past midnight run on within the horizon.

        >>> OpeningHours.read("22:00-02:00").starts("2026-11-21", 1, 3600).strftime("%H:%M").tolist()
        ['00:00', '01:00', '22:00', '23:00']
        """
        begin = read_date(first)
        grid = pd.date_range(
            begin, begin + pd.Timedelta(days=days), freq=pd.Timedelta(seconds=interval), inclusive="left"
        )
        return grid[self.is_open(grid)]

    def is_open(self, starts: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
        """Whether the queue is open at each moment."""
        inside = np.zeros(len(starts), dtype=bool)
        dates = starts.normalize()
        second = np.asarray((starts - dates).total_seconds(), dtype=float)
        unique = dates.unique()
        position = unique.get_indexer(dates)
        for k, day in enumerate(unique):
            mine = position == k
            inside[mine] = self._open_at(day, second[mine])
        return inside

    def _open_at(self, day: pd.Timestamp, second: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        open_ = np.zeros(len(second), dtype=bool)
        for begin, close in self.of(day):
            open_ |= (second >= begin) & (second < close)
        for _, close in self.of(day - pd.Timedelta(days=1)):
            if close > DAY:
                open_ |= second < close - DAY
        return open_

    def __str__(self) -> str:
        """A short text of the entries."""
        return "; ".join(
            ", ".join(f"{clock(a)}-{clock(b)}" for a, b in entry.spans) or "closed" for entry in self.entries
        )


def _entry(item: object, calendar: Calendar | None, name: str) -> OpenSpan:
    if isinstance(item, OpenSpan):
        return item
    if not isinstance(item, Mapping) or "open" not in item:
        raise SettingError(f"{name} must have `days` and `open`, got {item!r}.", name=name, value=item)
    unknown = set(item) - {"days", "open", "from", "until"}
    if unknown:
        raise SettingError(
            f"{name} knows days, open, from and until, got {sorted(unknown)[0]!r}.", name=name, value=item
        )
    read = calendar.date if calendar is not None else read_date
    first = read(item["from"], name=f"{name}.from") if item.get("from") is not None else None
    last = read(item["until"], name=f"{name}.until") if item.get("until") is not None else None
    if first is not None and last is not None and last < first:
        raise SettingError(
            f"{name}.until must not lie before from, got {last.date()} before {first.date()}.",
            name=f"{name}.until",
            value=item["until"],
        )
    days = item.get("days", "all")
    holidays = isinstance(days, str) and days.strip().lower() == "holidays"
    return OpenSpan(
        days=frozenset() if holidays else weekday_set(days, name=f"{name}.days"),
        spans=_spans(item["open"], f"{name}.open"),
        first=first,
        last=last,
        holidays=holidays,
    )


def _spans(value: object, name: str) -> tuple[tuple[float, float], ...]:
    if isinstance(value, (list, tuple)):
        return tuple(span for item in value for span in _spans(item, name))
    text = str(value).strip().lower()
    if text in ("closed", "none", "-"):
        return ()
    if text in ("24h", "24x7", "24/7", "00:00-24:00"):
        return ((0.0, DAY),)
    match = _SPAN.match(text)
    if not match:
        raise SettingError(
            f'{name} must be a span such as "07:00-23:00", "22:00-06:00", "24h" or "closed", got {value!r}.',
            name=name,
            value=value,
        )
    begin, close = time_of_day(match[1], name=name), time_of_day(match[2], name=name, midnight=True)
    if begin == close:
        raise SettingError(f'{name} must be a span with some length, or "24h", got {value!r}.', name=name, value=value)
    return ((begin, close if close > begin else close + DAY),)


def put_calendar(hours: OpeningHours, calendar: Calendar) -> OpeningHours:
    """The same hours with the closures and holidays of a calendar."""
    fresh = OpeningHours(entries=hours.entries)
    put(fresh, calendar=calendar)
    return fresh
