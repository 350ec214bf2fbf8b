"""Who works how: shifts with their breaks, contracts, and the files of people."""

# ruff: noqa: RUF012 - pydantic copies a default for every instance

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from wfm.schedule import Break, Contract, ShiftType
from wfm.settings.part import Named, Part
from wfm.settings.values import Duration, Flag, Share, Starts, Table, Wait


class BreakSpec(Part):
    """A break of a shift."""

    name: str
    length: Duration
    paid: Flag
    between: list[Any] | None = None
    clock: list[Any] | None = None
    most_at_once: Share | None = None
    grid: Duration | None = None

    def noun(self) -> Break:
        """The break."""
        values = self.model_dump()
        for window in ("between", "clock"):
            values[window] = None if values[window] is None else tuple(values[window])
        return Break(**values)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.noun()
        return self


class ShiftSpec(Named):
    """A shift type."""

    length: Duration
    starts: Starts
    breaks: list[BreakSpec] = []
    days: Any = None
    outside_hours: Flag = False
    kind: str | None = None
    people: list[float | None] | None = None
    people_at: dict[str, list[float | None]] | list[float | None] = []

    def noun(self) -> ShiftType:
        """The shift type."""
        return ShiftType(
            name=self.name,
            length=self.length,
            starts=self.starts,
            days=self.days,
            kind=self.kind,
            outside_hours=self.outside_hours,
            people=self.people,  # type: ignore[arg-type]  # the noun reads pairs
            people_at=self.people_at or (),  # type: ignore[arg-type]
            breaks=tuple(pause.noun() for pause in self.breaks),
        )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.noun()
        return self


class ContractSpec(Named):
    """What a contract allows."""

    shifts: list[str] = []
    hours_per_week: Any = None
    hours_per_month: Any = None
    days_per_week: Any = None
    min_rest: Wait = 39600.0
    max_consecutive_days: int = Field(6, ge=1)
    max_weekends: int | None = Field(None, ge=0)
    start_band: Wait | None = None
    leave_credit: float | None = None
    holiday_credit: float | None = None
    hours_per_day: Any = None
    averaging_weeks: int | None = Field(None, ge=1)
    averaging_since: Any = None
    max_hours_in_week: float | None = None

    def noun(self) -> Contract:
        """The contract."""
        return Contract(**(self.model_dump() | {"shifts": tuple(self.shifts)}))

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.noun()
        return self


class PeopleSpec(Part):
    """Files of people."""

    agents: Table
    absences: Table = None
    wishes: Table = None
    locks: Table = None
