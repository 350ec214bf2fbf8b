"""Which days are special: the calendar, and events with a date."""

# ruff: noqa: RUF012 - pydantic copies a default for every instance

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import pandas as pd
from pydantic import model_validator

from wfm.calendars import Calendar, read_moment
from wfm.events import Event
from wfm.settings.part import Part
from wfm.settings.values import Day, Duration, Flag, Share, Table, Wait, Weekday


class CalendarSpec(Part):
    """Kinds of days."""

    months: Literal["gregorian", "solar-hijri", "hijri"] = "gregorian"
    country: str | None = None
    weekend: list[Weekday] = ["sat", "sun"]
    holidays: Table = None
    closed: list[Day] = []
    seasons: dict[str, list[Any]] = {}
    workdays: list[Day] = []

    def noun(self, week_start: str, days: pd.DataFrame | None = None) -> Calendar:
        """The calendar; `days` is the holidays table of the file that the spec names."""
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
            seasons={name: tuple(tuple(span) for span in spans) for name, spans in self.seasons.items()},
        )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.noun("mon")
        return self


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
