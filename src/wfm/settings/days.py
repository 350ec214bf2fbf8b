"""Which days are special: the calendar, and events with a date."""

# ruff: noqa: RUF012 - pydantic copies a default for every instance

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import Discriminator, Tag, model_validator
from pydantic import WithJsonSchema as Schema

from wfm.calendars import Calendar, read_moment
from wfm.events import Event
from wfm.recurring import MonthlyDay
from wfm.settings.part import Part
from wfm.settings.values import Day, Duration, Flag, Share, Table, Wait, Weekday


class MonthlyDaySpec(Part):
    """A day that comes back every month."""

    day: int | Literal["last"]
    moved: Literal["not", "before", "after"] = "not"

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.noun()
        return self

    def noun(self) -> MonthlyDay:
        """The day."""
        return MonthlyDay(day=self.day, moved=self.moved)


def _kind_of_recurring(given: Any) -> str:
    return "rule" if isinstance(given, (Mapping, MonthlyDaySpec)) else "dates" if isinstance(given, list) else "day"


Recurring = Annotated[
    Annotated[MonthlyDaySpec, Tag("rule")] | Annotated[list[Day], Tag("dates")] | Annotated[int, Tag("day")],
    Discriminator(_kind_of_recurring),
]
Spans = Annotated[
    dict[str, list[Any]] | Any,
    Schema({"type": ["object", "string"], "description": "name: [[first, last], ...], or a file: name, start, end"}),
]


class CalendarSpec(Part):
    """Kinds of days."""

    months: Literal["gregorian", "solar-hijri", "hijri"] = "gregorian"
    country: str | None = None
    weekend: list[Weekday] = ["sat", "sun"]
    holidays: Table = None
    closed: list[Day] = []
    seasons: Spans = {}
    workdays: list[Day] = []
    recurring: dict[str, Recurring] = {}

    def noun(self, week_start: str, days: pd.DataFrame | None = None, seasons: pd.DataFrame | None = None) -> Calendar:
        """The calendar; `days` and `seasons` are the tables of the files that the spec names."""
        named = self.seasons if isinstance(self.seasons, Mapping) else {}
        spans: Any = seasons
        if seasons is None:
            spans = {name: tuple(tuple(span) for span in given) for name, given in named.items()}
        by_kind: dict[str, dict[Any, str | None]] = {"holiday": {}, "closed": {}, "workday": {}, "none": {}}
        if isinstance(self.holidays, Mapping):
            by_kind["holiday"] |= self.holidays
        elif isinstance(self.holidays, (list, tuple)):
            by_kind["holiday"] |= dict.fromkeys(self.holidays, "holiday")
        for day in () if days is None else days.itertuples():
            kind = str(getattr(day, "kind", None) or "holiday")
            by_kind[kind][day.date] = None if kind == "none" else str(getattr(day, "name", None) or "holiday")
        return Calendar(
            months=self.months,
            country=self.country,
            weekend=tuple(self.weekend),
            week_start=week_start,
            holidays=by_kind["holiday"] | by_kind["none"],
            closed=(*self.closed, *by_kind["closed"]),
            workdays=(*self.workdays, *by_kind["workday"]),
            seasons=spans,
            recurring={name: _recurring(given) for name, given in self.recurring.items()},
        )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.noun("mon")
        return self


def _recurring(given: Any) -> Any:
    return given.noun() if isinstance(given, MonthlyDaySpec) else given


class EventSpec(Part):
    """Something with a date."""

    kind: str
    name: str
    start: Any
    end: Any = None
    queues: list[str] = []
    volume: float | None = None
    doubt: float | None = None
    aht: float | None = None
    capacity: Share = 1.0
    size: float | None = None
    delay: Wait = 0.0
    decay: Duration | None = None
    plateau: Share | None = None
    recalls: Share = 0.0
    recall_after: Duration = 86400.0
    learn: Flag = True

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.noun(solar_hijri=True)
        return self

    def noun(self, *, solar_hijri: bool = False) -> Event:
        """The event; its times in the calendar's reckoning."""
        where = f"event {self.name!r}"
        start = read_moment(self.start, solar_hijri=solar_hijri, name=f"start of {where}")
        end = None if self.end is None else read_moment(self.end, solar_hijri=solar_hijri, name=f"end of {where}")
        return Event(**(self.model_dump() | {"queues": tuple(self.queues), "start": start, "end": end}))
