"""How a report says numbers, days and durations: English, or Persian with its digits and both calendars."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from wfm.calendars import Calendar
from wfm.checks import one_of
from wfm.report.texts import SHOWN, short
from wfm.report.words import PERSIAN_MONTHS, PERSIAN_WEEKDAYS, WORDS

LANGUAGES = tuple(WORDS)
_PERSIAN_DIGITS = str.maketrans("0123456789,.%", "۰۱۲۳۴۵۶۷۸۹٬٫٪")
_LEFT_TO_RIGHT, _OWN_DIRECTION, _END = "\u2066", "\u2068", "\u2069"  # isolates of the Unicode bidirectional algorithm


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language of the report, with the calendars it names days in.

    >>> english = Language.of("en", Calendar(months="solar-hijri"))
    >>> english.number(1234.5), english.share(0.8), english.signed(-7.2), english.duration(1140)
    ('1,234', '80%', '−7', '19 min')
    >>> english.day("2026-11-22"), english.second_day("2026-11-22")
    ('Sun 1 Azar', '22 Nov')
    >>> Language.of("fa", Calendar(months="solar-hijri")).number(1234)
    '۱٬۲۳۴'
    """

    code: str
    words: Mapping[str, str]
    first: Calendar
    second: Calendar | None

    @classmethod
    def of(cls, code: str, calendar: Calendar) -> Language:
        """The language by its code; Persian names days in Solar Hijri first, whatever the plan reckons in."""
        one_of(code, LANGUAGES, name="language")
        first = calendar
        if code == "fa" and calendar.months == "gregorian":
            first = replace(calendar, months="solar-hijri", holidays={}, country=None)
        second = (
            None if first.months == "gregorian" else replace(calendar, months="gregorian", holidays={}, country=None)
        )
        return cls(code=code, words=WORDS[code], first=first, second=second)

    @property
    def rtl(self) -> bool:
        """Whether lines run from right to left."""
        return self.words["direction"] == "rtl"

    def say(self, text: str, /, **values: object) -> str:
        """A text by its key, filled in."""
        return self.words[text].format(**{"to": self.words["to"], **values})

    def count(self, text: str, /, number: int) -> str:
        """So many of something, in the singular where it is one.

        >>> Language.of("en", Calendar()).count("people", 1)
        '1 person'
        """
        return self.say(f"{text}_one" if number == 1 else text, count=self.number(number))

    def name(self, text: object, most: int = SHOWN) -> str:
        """What people typed, fit to be shown inside a sentence of another direction."""
        name = short(text, most)
        return f"{_OWN_DIRECTION}{name}{_END}" if self.rtl or not name.isascii() else name

    def digits(self, text: str) -> str:
        """Numerals as the language writes them."""
        return text.translate(_PERSIAN_DIGITS) if self.code == "fa" else text

    def number(self, value: float, places: int = 0) -> str:
        """A number with thousands marks; a dash where it is not known."""
        return "–" if not _known(value) else self._signed_text(f"{value + 0.0:,.{places}f}")

    def signed(self, value: float, places: int = 0) -> str:
        """A number with its sign."""
        return "–" if not _known(value) else self._signed_text(f"{value:+,.{places}f}")

    def share(self, value: float, places: int = 0, *, sign: bool = False) -> str:
        """A fraction as a percentage."""
        if not _known(value):
            return "–"
        return self._signed_text(f"{value * 100:+.{places}f}%" if sign else f"{value * 100:.{places}f}%")

    def span(self, low: float, high: float, places: int = 0) -> str:
        """From a number to another."""
        return f"{self.number(low, places)}{self.words['to']}{self.number(high, places)}"

    def duration(self, seconds: float) -> str:
        """A duration in its largest fitting unit."""
        if not _known(seconds):
            return self.words["unknown"]
        unit, size = ("second", 1.0) if seconds < 120 else ("minute", 60.0) if seconds < 7200 else ("hour", 3600.0)
        places = 1 if unit == "hour" and round(seconds / 3600, 1) % 1 else 0
        return self.say(unit, count=self.number(seconds / size, places))

    def day(self, day: object, *, year: bool = False) -> str:
        """Weekday, day and month in the first calendar."""
        date = pd.Timestamp(day).normalize()  # type: ignore[arg-type]
        weekday = PERSIAN_WEEKDAYS[date.day_of_week] if self.code == "fa" else f"{date:%a}"
        return f"{weekday} {self._date(date, self.first, year=year)}"

    def second_day(self, day: object, *, year: bool = False) -> str:
        """Day and month in the second calendar; empty where there is one only."""
        return "" if self.second is None else self._date(pd.Timestamp(day).normalize(), self.second, year=year)  # type: ignore[arg-type]

    def time(self, moment: object) -> str:
        """Time of day."""
        return self.digits(f"{pd.Timestamp(moment):%H:%M}")  # type: ignore[arg-type]

    def period(self, start: pd.Timestamp, end: pd.Timestamp, calendar: Calendar | None = None) -> str:
        """First to last day of a plan; `end` is the first day after."""
        last = end - pd.Timedelta(days=1)
        if calendar is None:
            return f"{self.day(start)}{self._to}{self.day(last, year=True)}"
        return f"{self._date(start, calendar, year=False)}{self._to}{self._date(last, calendar, year=True)}"

    @property
    def _to(self) -> str:
        return self.words["to"] if self.code == "fa" else " – "

    def _date(self, date: pd.Timestamp, calendar: Calendar, *, year: bool) -> str:
        row = calendar.month_day(pd.DatetimeIndex([date])).iloc[0]
        month = (
            PERSIAN_MONTHS[calendar.months][int(row.month) - 1]
            if self.code == "fa"
            else calendar.month_name(int(row.month))
        )
        return self.digits(f"{row.day} {month}" + (f" {row.year}" if year else ""))

    def _signed_text(self, text: str) -> str:
        # a rounded nought has no sign
        bare = text.lstrip("+-")
        text = bare if not bare.strip("0.,%") else text.replace("-", "−")
        # the sign stays before its number in a line that runs from right to left
        return f"{_LEFT_TO_RIGHT}{self.digits(text)}{_END}" if self.rtl and text[:1] in "+−" else self.digits(text)


def _known(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))
