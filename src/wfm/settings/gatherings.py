"""What people attend beside contacts: meetings and training that the plan places."""

# ruff: noqa: RUF012 - pydantic copies a default for every instance

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from wfm.calendars import read_date
from wfm.schedule import Session
from wfm.settings.part import Named
from wfm.settings.values import Duration, Flag

OF_PEOPLE = ("agents", "teams", "roles", "contracts", "but")
NOT_THE_NOUN = {"people", "weekly", "dates"}
Words = Annotated[list[str], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)]


class SessionSpec(Named):
    """A meeting or training to place inside shifts, where it costs least service."""

    length: Duration
    kind: Literal["training", "meeting"] = "training"
    people: int | None = Field(None, ge=1, description="how many attend; None = everybody whom it names")
    hours: float | None = Field(None, gt=0, description="hours of people in all, instead of people")
    clock: list[Any] | None = Field(None, description="earliest start and latest end, such as ['09:00', '17:00']")
    days: Any = Field(None, description="weekdays on which it may be held; None = all")
    dates: list[Any] = Field([], description="dates on which it may be held; empty = all")
    weekly: Flag = Field(False, description="once in every week of a plan of several weeks")
    together: Flag = Field(False, description="all at one time")
    most_at_once: int | None = Field(None, ge=1, description="most people who attend at once")
    grid: Duration | None = None
    queue: str | None = Field(None, description="whose people attend")
    agents: Words = []
    teams: Words = []
    roles: Words = []
    contracts: Words = []
    but: Words = []

    def noun(self, *, solar_hijri: bool = False) -> Session:
        """The session; its dates in the calendar's reckoning."""
        where = f"dates of session {self.name!r}"
        dates = [read_date(date, solar_hijri=solar_hijri, name=where) for date in self.dates]
        given = self.model_dump(exclude=NOT_THE_NOUN)
        hours = self.hours if self.people is None else self.people * self.length / 3600
        clock = None if self.clock is None else tuple(self.clock)
        return Session(**(given | {"hours": hours, "clock": clock, "dates": dates or None}))

    def of_plan(self, start: pd.Timestamp, weeks: int, *, solar_hijri: bool) -> list[Session]:
        """The session, or one for every week of the plan, named by the week's first day."""
        if not self.weekly or weeks == 1:
            return [self.noun(solar_hijri=solar_hijri)]
        found = []
        for first in (start + pd.Timedelta(days=7 * week) for week in range(weeks)):
            days = [str(day.date()) for day in pd.date_range(first, periods=7)]
            found.append(self.model_copy(update={"name": f"{self.name} {first.date()}", "dates": days}).noun())
        return found

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.people is not None and self.hours is not None:
            raise ValueError("takes one of people or hours, got both")
        if self.weekly and self.dates:
            raise ValueError("takes one of weekly or dates, got both")
        self.noun(solar_hijri=True)
        return self
