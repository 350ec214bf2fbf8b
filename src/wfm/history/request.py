"""How the caller wants a history to be read, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from wfm.calendars import Calendar
from wfm.checks import one_of
from wfm.durations import seconds, width
from wfm.hours import OpeningHours, put_calendar
from wfm.tables import OUTCOMES

from .dates import LUNAR, ORDERS
from .zones import zone_of

ABSENT = ("auto", "zero", "missing")
STAMPS = ("start", "end")
FAULTY = ("error", "refuse")
OUTSIDE = ("leave out", "wait")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The settings of `read_history` in the form that its parts use."""

    columns: Mapping[str, str] | None = None
    queue: str | None = None
    zone: ZoneInfo | None = None
    interval: float | None = None
    hours: OpeningHours | None = None
    absent: str = "auto"
    stamps: str = "start"
    calendar: Calendar | None = None
    dates: str | None = None
    within: float = 60.0
    outcomes: Mapping[str, str | None] = field(default_factory=dict)
    strict: bool = True
    waits: bool = False

    @property
    def months(self) -> str:
        """The reckoning in which doubtful dates are read."""
        return self.calendar.months if self.calendar is not None else "gregorian"


def checked_request(
    *,
    columns: Mapping[str, str] | None,
    queue: str | None,
    timezone: str | None,
    interval: object,
    hours: object,
    absent: str,
    stamps: str,
    calendar: Calendar | None,
    dates: str | None,
    within: object,
    outcomes: Mapping[str, str | None] | None,
    faulty: str,
    outside: str = "leave out",
) -> Request:
    """The settings, each checked; a SettingError names the first that is wrong."""
    one_of(absent, ABSENT, name="absent")
    one_of(stamps, STAMPS, name="stamps")
    one_of(faulty, FAULTY, name="faulty")
    one_of(outside, OUTSIDE, name="outside")
    if dates is not None:
        one_of(dates, (*ORDERS, LUNAR), name="dates")
    for word, meaning in (outcomes or {}).items():
        if meaning is not None:
            one_of(meaning, OUTCOMES, name=f"outcomes[{word!r}]")
    return Request(
        columns=columns,
        queue=queue,
        zone=zone_of(timezone),
        interval=None if interval is None else width(interval),
        hours=_hours(hours, calendar),
        absent=absent,
        stamps=stamps,
        calendar=calendar,
        dates=dates,
        within=seconds(within, name="within", zero=True),
        outcomes=dict(outcomes or {}),
        strict=faulty == "error",
        waits=outside == "wait",
    )


def _hours(hours: object, calendar: Calendar | None) -> OpeningHours | None:
    if hours is None:
        return None
    found = OpeningHours.read(hours, calendar=calendar)
    return put_calendar(found, calendar) if calendar is not None and found.calendar is None else found
