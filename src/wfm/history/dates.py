"""Dates as people write them: ISO, day or month first, names of months, Solar Hijri; each different text read once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from wfm.errors import DataError, MissingExtra

ORDERS = ("dmy", "mdy")
LUNAR = "hijri"
SOLAR_DATE, LUNAR_DATE = "Solar Hijri date", "lunar Hijri date"
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEAR_FIRST = re.compile(r"^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$")
_COMPACT = re.compile(r"^(\d{4})()(\d{2})(\d{2})$")
_YEAR_LAST = re.compile(r"^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})$")
_NAMED = re.compile(
    r"^(?:[A-Za-z]{3,9},? )?(?:(\d{1,2})\.?[ -]([A-Za-z]{3,9})\.?|([A-Za-z]{3,9})\.? (\d{1,2}),?)"
    r"[ ,-]+(\d{4})$"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LATEST_SOLAR = 1439  # 2060: later years of a file that nobody calls Solar Hijri are rather lunar
MOST_TURNS = 4
"""Changes between rising and falling from which dates are out of order rather than by queue."""
NAT = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """Days (NaT where there is none), which texts are no dates, which were Solar Hijri, and why not as they stand."""

    days: npt.NDArray[np.datetime64]
    bad: npt.NDArray[np.bool_]
    solar: npt.NDArray[np.bool_]
    why: npt.NDArray[np.object_]
    order: str = ""


def read_dates(texts: Sequence[str], *, order: str | None = None, months: str = "gregorian") -> Dates:
    """Days from different date texts in Latin digits; "" is no date.

    Parameters
    ----------
    order : str or None     `dmy` or `mdy`; None = told by the column: a number above 12 decides. `hijri`: years
                            1300-1499 are of the lunar Hijri calendar (extra `calendars`).
    months : str            Reckoning of the calendar; years 1300-1499 are Solar Hijri unless it is `hijri`.

    Raises
    ------
    DataError       03/04/2026 and nothing in the column that decides; years that may be lunar; dates of which a
                    spreadsheet has changed day and month about, as far as it could.

    >>> read_dates(["1405/09/01", "22.11.2026", "2026-13-45"]).days.astype(str).tolist()
    ['2026-11-22', '2026-11-22', 'NaT']
    """
    parts = [_parts(text) for text in texts]
    lunar, told = order == LUNAR, order is not None
    order = "dmy" if lunar else order or _order(texts, parts)
    days = np.full(len(texts), NAT)
    bad, solar = np.zeros(len(texts), dtype=bool), np.zeros(len(texts), dtype=bool)
    why = np.full(len(texts), "", dtype=object)
    for k, found in enumerate(parts):
        if found is None:
            bad[k] = bool(texts[k])
            continue
        year, month, day = _in_order(found, order, told)
        why[k] = _why(texts[k], found, order, told)
        if 1300 <= year < 1500 and lunar:
            days[k], why[k] = _lunar_day(year, month, day), LUNAR_DATE
        elif 1300 <= year < 1500:
            _refuse_lunar(year, months, texts[k])
            solar[k] = True
            days[k], why[k] = _solar_day(year, month, day), SOLAR_DATE
        else:
            days[k] = _day(year, month, day)
        bad[k] = np.isnat(days[k])
    _refuse_half_swapped(texts, days, solar | lunar)
    return Dates(days=days, bad=bad, solar=solar, why=why, order=order)


def _why(text: str, found: tuple[str, int, int, int], order: str, told: bool) -> str:
    if found[0] == "ymd":
        return "" if _ISO.fullmatch(text) else "date written in another form"
    return "month first" if order == "mdy" and (told or found[0] != "dotted") else "day first"


def _parts(text: str) -> tuple[str, int, int, int] | None:
    """(form, first, second, third) number of a date text; the form says which is the year."""
    if match := _YEAR_FIRST.match(text) or _COMPACT.match(text):
        return "ymd", int(match[1]), int(match[3]), int(match[4])
    if match := _YEAR_LAST.match(text):
        form = "dotted" if match[2] == "." else "short" if len(match[4]) == 2 else "open"
        year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
        return form, int(match[1]), int(match[3]), year
    if match := _NAMED.match(text):
        word = (match[2] or match[3])[:3].lower()
        if word in _MONTHS:
            return "ymd", int(match[5]), _MONTHS.index(word) + 1, int(match[1] or match[4])
    return None


def _in_order(found: tuple[str, int, int, int], order: str, told: bool) -> tuple[int, int, int]:
    """(year, month, day); dots mean the day first unless the caller says otherwise."""
    form, first, second, third = found
    if form == "ymd":
        return first, second, third
    if order == "mdy" and (told or form != "dotted"):
        return third, first, second
    return third, second, first


def _order(texts: Sequence[str], parts: Sequence[tuple[str, int, int, int] | None]) -> str:
    """Day or month first, told by the whole column."""
    either = [(k, p) for k, p in enumerate(parts) if p is not None and p[0] in ("open", "short")]
    open_ = [(k, p) for k, p in either if min(p[1], p[2]) <= 12]  # 31/31/2026 is no date in any order
    if not open_:
        return ""
    day_first = [k for k, (_, a, b, _) in open_ if a > 12 >= b]
    month_first = [k for k, (_, a, b, _) in open_ if b > 12 >= a]
    if day_first and month_first:
        raise DataError(
            f"dates have the day first ({texts[day_first[0]]!r}) as well as the month first "
            f"({texts[month_first[0]]!r}). Write dates as 2026-11-22.",
            column="start",
        )
    short = [k for k, p in open_ if p[0] == "short"]
    if short or not (day_first or month_first):
        shown = texts[short[0] if short else open_[0][0]]
        raise DataError(
            f"dates such as {shown!r} may have the day or the month first, and nothing in the column "
            'decides. Write dates as 2026-11-22, or say dates="dmy" or dates="mdy" (for a queue of the week\'s file '
            "dates: dmy, in the shell --dates dmy).",
            column="start",
        )
    return "dmy" if day_first else "mdy"


def _refuse_half_swapped(texts: Sequence[str], days: npt.NDArray[np.datetime64], other: npt.NDArray[np.bool_]) -> None:
    """A spreadsheet of another country takes day for month where it can, up to the 12th, and leaves the rest.

    The dates then jump to and fro in the order of the file, and lie in order with the day and the month of the former
    changed about.
    """
    known = np.flatnonzero(~np.isnat(days) & ~other)
    if _turns(days[known]) < MOST_TURNS:
        return
    dates = [day.astype(date) for day in days[known]]
    either = np.array([day.day <= 12 for day in dates])
    changed = np.array(
        [date(day.year, day.day, day.month) if early else day for day, early in zip(dates, either, strict=True)],
        dtype="datetime64[D]",
    )
    moved = np.flatnonzero(changed != days[known])
    if len(moved) < MOST_TURNS or either.all() or 4 * _turns(changed) > _turns(days[known]):
        return
    first, later = known[moved[0]], known[np.flatnonzero(~either)[0]]
    raise DataError(
        f"{texts[first]!r} is read as {dates[moved[0]]}, yet by the order of the rows it is {changed[moved[0]]}: up to "
        f"the 12th of each month day and month are the other way round than in {texts[later]!r}, as a spreadsheet of "
        "another country leaves them. Export the file anew with dates as 2026-11-22.",
        column="start",
    )


def _turns(days: npt.NDArray[np.datetime64]) -> int:
    """How often dates change between rising and falling."""
    steps = np.sign(np.diff(days).astype("int64"))
    steps = steps[steps != 0]
    return int((steps[1:] != steps[:-1]).sum())


def _refuse_lunar(year: int, months: str, text: str) -> None:
    if months == "hijri" or (months != "solar-hijri" and year > _LATEST_SOLAR):
        raise DataError(
            f'{text!r} may be a date of the lunar Hijri calendar: if it is, say dates="hijri"; if it is Solar Hijri, '
            'give calendar=Calendar(months="solar-hijri"). Or write dates as 2026-11-22. (In a week\'s file: dates: '
            "hijri for the queue, or calendar: {months: solar-hijri}.)",
            column="start",
        )


def _day(year: int, month: int, day: int) -> np.datetime64:
    try:
        return np.datetime64(date(year, month, day), "D") if 1900 <= year < 2200 else NAT
    except ValueError:
        return NAT


def _solar_day(year: int, month: int, day: int) -> np.datetime64:
    from persiantools.jdatetime import JalaliDate

    try:
        return np.datetime64(JalaliDate(year, month, day).to_gregorian(), "D")
    except (ValueError, TypeError):
        return NAT


def _lunar_day(year: int, month: int, day: int) -> np.datetime64:
    try:
        from hijridate import Hijri
    except ImportError as error:
        raise MissingExtra("Lunar Hijri dates", extra="calendars", package="hijridate") from error
    try:
        return np.datetime64(Hijri(year, month, day).to_gregorian(), "D")
    except (ValueError, OverflowError):
        return NAT
