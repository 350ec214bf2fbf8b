"""Days: months in the reckoning that the customers' cycle follows, weekends, holidays and closures, kept apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import one_of, put
from wfm.durations import time_of_day
from wfm.errors import MissingExtra, SettingError
from wfm.recurring import MonthlyDay

FAR = 99
"""Days from a recurring day beyond which nobody counts."""
RECKONINGS = ("gregorian", "solar-hijri", "hijri")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = {
    "gregorian": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "solar-hijri": (
        "Farvardin",
        "Ordibehesht",
        "Khordad",
        "Tir",
        "Mordad",
        "Shahrivar",
        "Mehr",
        "Aban",
        "Azar",
        "Dey",
        "Bahman",
        "Esfand",
    ),
    "hijri": (
        "Muharram",
        "Safar",
        "Rabi I",
        "Rabi II",
        "Jumada I",
        "Jumada II",
        "Rajab",
        "Sha'ban",
        "Ramadan",
        "Shawwal",
        "Dhu al-Qa'da",
        "Dhu al-Hijja",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What kind of day a date is.

    Weekend, holiday and closure are three things: a holiday may be worked, a weekend may be busy, a closed day has no
    service. Opening hours belong to the queue (`wfm.OpeningHours`).

    Attributes
    ----------
    months : str                `gregorian`, `solar-hijri` or `hijri`: the reckoning of the month-start effect.
    country : str or None       ISO code; its public holidays are added (extra `calendars`).
    weekend : tuple of str      Weekdays of rest, `("sat", "sun")`.
    week_start : str            First day of the planning week.
    holidays : mapping          date -> name; wins over the country's list. A name of None takes a holiday away.
    closed : tuple of dates     Days without service.
    seasons : mapping           name -> list of (first date, last date): Ramadan, school holidays, dated by the user; or
                                a table of them, such as `wfm.read_table("school.csv", wfm.tables.SEASONS)`.
    workdays : tuple of dates   Dates of the weekend that are worked as usual days (bridge days made up for).
    recurring : mapping         name -> `MonthlyDay` or list of dates: pay days, billing days, statements. What they do
                                to the days around them is learned.

    >>> Calendar(months="solar-hijri").label("2026-11-22")
    'Sun 1 Azar 1405'
    """

    months: str = "gregorian"
    country: str | None = None
    weekend: tuple[str, ...] = ("sat", "sun")
    week_start: str = "mon"
    holidays: Mapping[pd.Timestamp, str | None] = field(default_factory=dict)
    closed: tuple[pd.Timestamp, ...] = ()
    seasons: Mapping[str, tuple[tuple[pd.Timestamp, pd.Timestamp], ...]] = field(default_factory=dict)
    workdays: tuple[pd.Timestamp, ...] = ()
    recurring: Mapping[str, MonthlyDay | tuple[pd.Timestamp, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read dates and refuse unknown words."""
        one_of(self.months, RECKONINGS, name="months")
        one_of(self.week_start, WEEKDAYS, name="week_start")
        weekend = (self.weekend,) if isinstance(self.weekend, str) else tuple(self.weekend)
        put(self, weekend=tuple(one_of(day, WEEKDAYS, name="weekend") for day in weekend))
        named = self.holidays if isinstance(self.holidays, Mapping) else dict.fromkeys(self.holidays, "holiday")
        put(self, holidays={self.date(day, name="holidays"): name for day, name in named.items()})
        put(self, closed=tuple(sorted({self.date(day, name="closed") for day in self.closed})))
        put(self, workdays=tuple(sorted({self.date(day, name="workdays") for day in self.workdays})))
        if isinstance(self.seasons, pd.DataFrame):
            put(self, seasons=_spans_of(self.seasons))
        elif not isinstance(self.seasons, Mapping):
            raise SettingError(
                "seasons must map names to lists of (first date, last date), or be a table of name, start and end, got "
                f"{self.seasons!r}.",
                name="seasons",
                value=self.seasons,
            )
        put(
            self,
            seasons={
                str(name): tuple(self._span(span, str(name)) for span in spans) for name, spans in self.seasons.items()
            },
        )
        put(self, recurring={str(name): self._recurring(days, str(name)) for name, days in self.recurring.items()})

    def date(self, value: object, *, name: str = "date") -> pd.Timestamp:
        """A date from text, a date or a timestamp; years 1300-1499 are Solar Hijri where the months are.

        >>> Calendar(months="solar-hijri").date("1405/09/01")
        Timestamp('2026-11-22 00:00:00')
        """
        return read_date(value, solar_hijri=self.months == "solar-hijri", name=name)

    def is_weekend(self, days: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
        """Whether each day is a day of rest of the week."""
        rest = np.isin(days.day_of_week, [WEEKDAYS.index(day) for day in self.weekend])
        return rest & ~_among(days, self.workdays)

    def is_holiday(self, days: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
        """Whether each day is a public holiday."""
        return _among(days, self.holiday_names(days))

    def is_closed(self, days: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
        """Whether each day is without service."""
        return _among(days, self.closed)

    def in_season(self, days: pd.DatetimeIndex, name: str) -> npt.NDArray[np.bool_]:
        """Whether each day lies in the named season."""
        inside = np.zeros(len(days), dtype=bool)
        for first, last in self.seasons.get(name, ()):
            inside |= np.asarray((days.normalize() >= first) & (days.normalize() <= last))
        return inside

    def from_recurring(self, days: pd.DatetimeIndex, name: str) -> npt.NDArray[np.int64]:
        """Days from the nearest day of that name: 0 on it, -1 on the day before, 99 where none is near.

        >>> wages = Calendar(recurring={"wages": MonthlyDay(day=25, moved="before")})
        >>> wages.from_recurring(pd.date_range("2026-07-23", periods=4), "wages").tolist()  # the 25th is a Saturday
        [-1, 0, 1, 2]
        """
        dates = days.normalize()
        margin = pd.Timedelta(days=45)
        span = pd.date_range(dates.min() - margin, dates.max() + margin, freq="D")
        rule = self.recurring[name]
        if isinstance(rule, MonthlyDay):
            months = self.month_day(span)
            working = ~(self.is_weekend(span) | self.is_holiday(span) | self.is_closed(span))
            at = rule.falls(months["day"].to_numpy(), months["length"].to_numpy(), working)
        else:
            at = np.flatnonzero(span.isin(rule)).astype(np.int64)
        if not len(at):
            return np.full(len(days), FAR, dtype=np.int64)
        apart = np.subtract.outer(np.asarray((dates - span[0]).days, dtype=np.int64), at)
        nearest = apart[np.arange(len(days)), np.abs(apart).argmin(axis=1)]
        return np.where(np.abs(nearest) < FAR, nearest, FAR)

    def holiday_names(self, days: pd.DatetimeIndex) -> dict[pd.Timestamp, str]:
        """Public holidays among the years of `days`: date -> name; the user's own list wins over the country's."""
        names: dict[pd.Timestamp, str] = {}
        if self.country and len(days):
            names = {
                day: name
                for year in range(days.min().year, days.max().year + 1)
                for day, name in _public_holidays(self.country, year)
            }
        for day, own in self.holidays.items():
            if own is None:
                names.pop(day, None)
            else:
                names[day] = own
        return names

    def month_day(self, days: pd.DatetimeIndex) -> pd.DataFrame:
        """Year, month, day of month and month length of each day, in the calendar's reckoning.

        >>> days = pd.to_datetime(["2026-11-21", "2026-11-22"])
        >>> Calendar(months="solar-hijri").month_day(days).values.tolist()
        [[1405, 8, 30, 30], [1405, 9, 1, 30]]
        """
        names = ["year", "month", "day", "length"]
        if self.months == "gregorian":
            columns = (days.year, days.month, days.day, days.days_in_month)
            return pd.DataFrame(np.column_stack(columns).astype(np.int64), columns=names, index=days)
        dates = days.normalize()
        unique = dates.unique()
        rows = np.array([_reckon(self.months, day.year, day.month, day.day) for day in unique], dtype=np.int64)
        rows = rows.reshape(-1, 4)[unique.get_indexer(dates)]
        return pd.DataFrame(rows, columns=names, index=days)

    def label(self, day: object) -> str:
        """A day as planners write it: weekday, day, month, and the year in the calendar's reckoning."""
        date = pd.Timestamp(self.date(day))
        row = self.month_day(pd.DatetimeIndex([date])).iloc[0]
        return f"{date:%a} {row.day} {self.month_name(int(row.month))} {row.year}"

    def month_name(self, month: int) -> str:
        """Name of a month, 1-12, in the calendar's reckoning."""
        return _MONTHS[self.months][month - 1]

    def week_of(self, day: object) -> pd.Timestamp:
        """First day of the planning week that holds a day."""
        date = self.date(day)
        return date - pd.Timedelta(days=(date.day_of_week - WEEKDAYS.index(self.week_start)) % 7)

    def _recurring(self, days: object, name: str) -> MonthlyDay | tuple[pd.Timestamp, ...]:
        if isinstance(days, MonthlyDay):
            return days
        if isinstance(days, Mapping) and set(days) <= {"day", "moved"} and "day" in days:
            return MonthlyDay(**days)
        if isinstance(days, int) and not isinstance(days, bool):
            return MonthlyDay(day=days)
        if isinstance(days, str) or not isinstance(days, Iterable):
            raise SettingError(
                f"recurring.{name} must be a MonthlyDay, a day of the month or a list of dates, got {days!r}.",
                name=f"recurring.{name}",
                value=days,
            )
        return tuple(sorted({self.date(day, name=f"recurring.{name}") for day in days}))

    def _span(self, span: object, name: str) -> tuple[pd.Timestamp, pd.Timestamp]:
        if not isinstance(span, (tuple, list)) or len(span) != 2:
            raise SettingError(
                f"seasons.{name} must be a list of (first date, last date), got {span!r}.",
                name=f"seasons.{name}",
                value=span,
            )
        first, last = (self.date(day, name=f"seasons.{name}") for day in span)
        if last < first:
            raise SettingError(
                f"seasons.{name} must end on or after its first date {first.date()}, got {last.date()}.",
                name=f"seasons.{name}",
                value=span,
            )
        return first, last


def _among(days: pd.DatetimeIndex, dates: Collection[pd.Timestamp]) -> npt.NDArray[np.bool_]:
    """Whether each day is one of the dates."""
    if len(dates) == 0:
        return np.zeros(len(days), dtype=bool)
    return np.asarray(days.normalize().isin(list(dates)))


def _spans_of(table: pd.DataFrame) -> dict[str, list[tuple[object, object]]]:
    """Seasons of a table of name, start and end, the first moment after them."""
    missing = [name for name in ("name", "start", "end") if name not in table]
    if missing:
        raise SettingError(
            f"seasons as a table has no column {missing[0]!r}; it needs name, start and end.", name="seasons"
        )
    spans: dict[str, list[tuple[object, object]]] = {}
    ends = pd.to_datetime(table["end"], errors="coerce")
    for row in np.flatnonzero(ends.isna()):
        got = table["end"].iloc[row]
        raise SettingError(
            f"seasons.end must be the day after the season such as 2026-11-22, got {got!r} in row {row}.",
            name="seasons",
            value=got,
        )
    lasts = ends - pd.Timedelta(seconds=1)
    for name, first, last in zip(table["name"], table["start"], lasts, strict=True):
        spans.setdefault(str(name), []).append((first, last))
    return spans


def read_date(value: object, *, solar_hijri: bool = False, name: str = "date") -> pd.Timestamp:
    """A date without time; Solar Hijri text such as 1405/09/01 where `solar_hijri` says so, in any digits.

    >>> read_date("۱۴۰۵/۰۹/۰۱", solar_hijri=True), read_date("2026-11-22")
    (Timestamp('2026-11-22 00:00:00'), Timestamp('2026-11-22 00:00:00'))
    """
    text = str(value).strip().translate(_DIGITS) if isinstance(value, str) else value
    if isinstance(text, str) and text[:4].isdigit() and 1300 <= int(text[:4]) < 1500 and solar_hijri:
        return _solar_hijri_date(text, name)
    try:
        stamp = None if isinstance(text, (int, float, bool)) else pd.Timestamp(text)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        stamp = None
    if stamp is None or pd.isna(stamp):
        raise SettingError(
            f"{name} must be a date such as 2026-11-22{' or 1405-09-01' if solar_hijri else ''}, got {value!r}.",
            name=name,
            value=value,
        )
    return stamp.tz_localize(None).normalize()


def read_moment(value: object, *, solar_hijri: bool = False, name: str = "time") -> pd.Timestamp:
    """A date and time; Solar Hijri text such as 1405/09/03 10:00 where `solar_hijri` says so, in any digits.

    >>> read_moment("1405/09/03 10:00", solar_hijri=True)
    Timestamp('2026-11-24 10:00:00')
    """
    text = str(value).strip().translate(_DIGITS) if isinstance(value, str) else value
    if isinstance(text, str) and solar_hijri and text[:4].isdigit() and 1300 <= int(text[:4]) < 1500:
        day, _, clock = text.replace("T", " ").partition(" ")
        midnight = read_date(day, solar_hijri=True, name=name)
        return midnight + pd.Timedelta(seconds=time_of_day(clock.strip(), name=name)) if clock.strip() else midnight
    try:
        stamp = None if isinstance(text, (int, float)) else pd.Timestamp(text)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        stamp = None
    if stamp is None or pd.isna(stamp) or stamp.year < 1600:
        raise SettingError(
            f"{name} must be a date and time such as 2026-11-24 10:00{' or 1405-09-03 10:00' if solar_hijri else ''}, "
            f"got {value!r}.",
            name=name,
            value=value,
        )
    return stamp


_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")


def _solar_hijri_date(text: str, name: str) -> pd.Timestamp:
    from persiantools.jdatetime import JalaliDate

    parts = text.replace("/", "-").split(" ")[0].split("T")[0].split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return pd.Timestamp(JalaliDate(year, month, day).to_gregorian())
    except (ValueError, TypeError) as error:
        raise SettingError(
            f"{name} must be a date of the Solar Hijri calendar such as 1405-09-01, got {text!r}.",
            name=name,
            value=text,
        ) from error


@lru_cache(maxsize=100_000)
def _reckon(months: str, year: int, month: int, day: int) -> tuple[int, int, int, int]:
    """(year, month, day, month length) of a Gregorian date in another reckoning."""
    if months == "gregorian":
        return year, month, day, pd.Timestamp(year, month, 1).days_in_month
    if months == "solar-hijri":
        from persiantools.jdatetime import JalaliDate

        solar = JalaliDate.to_jalali(year, month, day)
        return solar.year, solar.month, solar.day, JalaliDate.days_in_month(solar.month, solar.year)
    try:
        from hijridate import Gregorian
    except ImportError as error:
        raise MissingExtra("Hijri months", extra="calendars", package="hijridate") from error
    lunar = Gregorian(year, month, day).to_hijri()
    return lunar.year, lunar.month, lunar.day, lunar.month_length()


@lru_cache(maxsize=1_000)
def _public_holidays(country: str, year: int) -> tuple[tuple[pd.Timestamp, str], ...]:
    try:
        import holidays
    except ImportError as error:
        raise MissingExtra("Public holidays of a country", extra="calendars", package="holidays") from error
    try:
        return tuple(
            (pd.Timestamp(day), str(name)) for day, name in holidays.country_holidays(country, years=year).items()
        )
    except NotImplementedError as error:
        raise SettingError(
            f"country must be an ISO code with known holidays such as 'IR' or 'DE', got {country!r}. "
            "Leave it out and list `holidays` yourself.",
            name="country",
            value=country,
        ) from error


def weekday_set(value: object, *, name: str = "days") -> frozenset[int]:
    """Weekdays as numbers from Monday = 0: "all", "mon", "sat-wed", "mon,wed", or a list of these.

    >>> sorted(weekday_set("sat-mon"))
    [0, 5, 6]
    """
    if isinstance(value, (list, tuple, set, frozenset)):
        return frozenset().union(*(weekday_set(item, name=name) for item in value))
    found: set[int] = set()
    for part in str(value).lower().replace(" ", "").split(","):
        if part == "all":
            found |= set(range(7))
            continue
        ends = [WEEKDAYS.index(one_of(day, WEEKDAYS, name=name)) for day in part.split("-")]
        if len(ends) > 2:
            raise SettingError(
                f"{name} must be weekdays such as 'sat-wed', 'mon,wed' or 'all', got {value!r}.", name=name, value=value
            )
        found |= {(ends[0] + k) % 7 for k in range((ends[-1] - ends[0]) % 7 + 1)}
    return frozenset(found)


def as_days(values: Iterable[object]) -> pd.DatetimeIndex:
    """Timestamps as an index, whatever they came in."""
    return pd.DatetimeIndex(pd.to_datetime(pd.Series(list(values))))
