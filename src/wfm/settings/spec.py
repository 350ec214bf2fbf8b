"""Every key of the week's file, with what it may hold; the JSON Schema comes from here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from wfm.calendars import Calendar, read_moment
from wfm.durations import seconds
from wfm.errors import did_you_mean, listed
from wfm.events import Event
from wfm.hours import OpeningHours
from wfm.queues import Queue, Shrinkage, minimum_spans
from wfm.schedule import Break, Contract, ShiftType
from wfm.settings.values import (
    Day,
    Duration,
    Flag,
    Hours,
    Key,
    Minimum,
    OpenShare,
    Patience,
    Share,
    Starts,
    Table,
    Wait,
    Weekday,
    Zone,
)
from wfm.target import ServiceTarget


def _premiums(spans: dict[str, float]) -> dict[str, float]:
    """Shares of the hour's price by span of the day, such as {"22:00-06:00": 0.35}."""
    for span, share in spans.items():
        minimum_spans({span: share}, name="night")
    return spans


class Part(BaseModel):
    """A part of the file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class Named(Part):
    """A part whose name is its key in the file."""

    name: Key = Field("", alias="//name")


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


class TargetSpec(Part):
    """The promise of a live queue."""

    share: OpenShare
    within: Wait
    abandoned: Literal["lost", "ignored", "met", "answered"] = "lost"
    short: Wait = 0.0
    scope: Literal["interval", "day", "week"] = "day"
    floor: Share | None = None
    max_abandon: Share | None = None
    max_asa: Duration | None = None
    max_occupancy: Share | None = None
    wait_quantile: list[Any] | None = None
    confidence: OpenShare | None = None

    def noun(self) -> ServiceTarget:
        """The promise."""
        values = self.model_dump()
        if self.wait_quantile is not None:
            values["wait_quantile"] = tuple(self.wait_quantile)
        return ServiceTarget(**values)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.noun()
        return self


class QueueSpec(Named):
    """A stream of contacts: where its numbers come from and what is promised."""

    channel: Literal["voice", "chat", "deferred", "outbound"] = "voice"
    history: Table = None
    columns: dict[str, str] = {}
    forecast: Table = None
    requirement: Table = None
    volume: str | float | None = Field(None, description="1200/week, 200/day; with pattern or like")
    pattern: Table = None
    like: str | None = None
    scale: float = Field(1.0, gt=0)
    doubt: float = Field(0.2, ge=0, le=2)
    hours: Hours = "24x7"
    target: TargetSpec | None = None
    aht: Duration | None = None
    patience: Patience = Field(None, description="fit, none (nobody hangs up) or a duration")
    shrinkage: dict[str, Share] = {}
    min_agents: Minimum = None
    concurrency: int = Field(1, ge=1, le=50)
    aht_by_concurrency: list[Duration] = []
    classes: dict[str, Duration] = {}
    class_shares: dict[str, Share] = {}
    touches: float = Field(1.0, gt=0)
    backlog: float = Field(0.0, ge=0, description="deferred: contacts that wait at the start")
    sheet: str | None = None
    dates: Literal["dmy", "mdy"] | None = None
    within: Wait = 60.0
    outcomes: dict[str, str | None] = {}
    absent: Literal["auto", "zero", "missing"] = "auto"
    stamps: Literal["start", "end"] = "start"

    @property
    def mean_patience(self) -> float | None:
        """Seconds, infinite where nobody hangs up, None where it is to be fitted or assumed."""
        if self.patience is None or self.patience == "fit":
            return None
        return math.inf if self.patience == "none" else seconds(self.patience, name="patience", endless=True)

    def noun(self, calendar: Calendar | None = None) -> Queue:
        """The queue with its hours in the calendar."""
        kinds = {kind: share for kind, share in self.shrinkage.items() if kind != "unplanned"}
        return Queue(
            name=self.name,
            channel=self.channel,
            target=self.target.noun() if self.target else None,
            hours=OpeningHours.read(self.hours, calendar=calendar),
            aht=self.aht,
            patience=self.mean_patience,
            shrinkage=Shrinkage(unplanned=self.shrinkage.get("unplanned", 0.0), kinds=kinds),
            concurrency=self.concurrency,
            aht_by_concurrency=tuple(self.aht_by_concurrency),
            classes=self.classes,
            class_shares=self.class_shares,
            touches=self.touches,
            min_agents=() if self.min_agents is None else minimum_spans(self.min_agents),
        )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.noun()
        self._one_source()
        if self.channel in ("voice", "chat") and self.target is None and self.requirement is None:
            raise ValueError(f"a {self.channel} queue needs a target such as {{share: 0.80, within: 60s}}")
        if self.channel == "deferred" and self.target is not None:
            raise ValueError("a deferred queue has classes with deadlines, not a target")
        self._no_stray_keys()
        return self

    def _no_stray_keys(self) -> None:
        """A key that its queue does not use is a mistake, never ignored."""
        uses = {
            "scale": self.like is not None,
            "doubt": self.like is not None or self.volume is not None,
            "touches": self.channel == "deferred",
            "backlog": self.channel == "deferred",
            "class_shares": self.channel == "deferred",
            "concurrency": self.channel == "chat",
            "aht_by_concurrency": self.channel == "chat",
            "patience": self.channel in ("voice", "chat"),
        }
        goes = {"scale": "like", "doubt": "like or volume", "patience": "voice or chat"}
        goes |= dict.fromkeys(("touches", "backlog", "class_shares"), "channel: deferred")
        goes |= dict.fromkeys(("concurrency", "aht_by_concurrency"), "channel: chat")
        for key, used in uses.items():
            if key in self.model_fields_set and not used:
                raise ValueError(f"takes {key} only with {goes[key]}")
        for kind in self.shrinkage:
            if kind != "unplanned" and get_close_matches(kind, ["unplanned"], cutoff=0.75):
                raise ValueError(f"has the kind {kind!r} of shrinkage. Did you mean 'unplanned'?")

    def _one_source(self) -> None:
        given = [
            word for word in ("history", "forecast", "requirement", "volume", "like") if getattr(self, word) is not None
        ]
        if len(given) > 1:
            raise ValueError(f"takes one of history, forecast, requirement, volume or like, got {' and '.join(given)}")
        if self.pattern is not None and self.volume is None:
            raise ValueError("pattern goes with volume")


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

    def noun(self) -> ShiftType:
        """The shift type."""
        return ShiftType(
            name=self.name,
            length=self.length,
            starts=self.starts,
            days=self.days,
            kind=self.kind,
            outside_hours=self.outside_hours,
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


class CostsSpec(Part):
    """What hours cost, and what a missing agent-hour weighs against them."""

    hour: float = Field(1.0, gt=0)
    night: Annotated[dict[str, float], AfterValidator(_premiums)] = {}
    overtime: float = Field(0.0, ge=0)
    under: float | None = Field(
        None, gt=0, description="weight of a missing agent-hour, in paid hours; None = 50 for shifts, 3 for people"
    )
    over: float = Field(0.1, ge=0, description="weight of a surplus agent-hour")


class PlanSpec(Part):
    """Which week, from which history, with what effort."""

    start: Day
    weeks: int = Field(1, ge=1, le=13)
    history_until: Day = None
    previous: Table = None
    time_limit: float = Field(60.0, gt=0)
    seed: int = Field(1, ge=0)
    paths: int = Field(200, ge=20, le=5000)
    version: int = Field(1, ge=1)


class OutputSpec(Part):
    """Where the plan is written and how."""

    folder: str = "out"
    formats: list[Literal["csv", "xlsx", "ics", "html"]] = ["csv"]
    language: Literal["en", "fa"] = "en"
    names: Literal["full", "initials", "hash"] = "full"


class WeekSpec(Part):
    """The week's file."""

    name: str = "plan"
    timezone: Zone | None = None
    interval: Duration = 1800.0
    week_start: Weekday = "mon"
    calendar: CalendarSpec = CalendarSpec()
    queues: Annotated[dict[str, QueueSpec], AfterValidator(lambda found: _some(found, "at least one queue"))]
    events: list[EventSpec] = []
    adjust: Table = None
    suspects: Table = None
    shifts: dict[str, ShiftSpec] = {}
    contracts: dict[str, ContractSpec] = {}
    people: PeopleSpec | None = None
    rules: list[dict[str, Any]] = []
    costs: CostsSpec = CostsSpec()
    schedule: Table = None
    roster: Table = None
    plan: PlanSpec
    output: OutputSpec = OutputSpec()

    @model_validator(mode="before")
    @classmethod
    def _keys_are_names(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise ValueError("must hold keys such as queues, shifts and plan")
        named = dict(data)
        for section in ("queues", "shifts", "contracts"):
            parts = named.get(section)
            if isinstance(parts, Mapping):
                named[section] = {
                    str(key): {**part, "//name": str(key)} if isinstance(part, Mapping) else part
                    for key, part in parts.items()
                }
        return named

    @model_validator(mode="after")
    def _words_are_known(self) -> Self:
        for contract in self.contracts.values():
            _known(contract.shifts, self.shifts, f"contracts.{contract.name}.shifts", "shift")
        for queue in self.queues.values():
            if queue.like is not None:
                _known([queue.like], [q for q in self.queues if q != queue.name], f"queues.{queue.name}.like", "queue")
        for event in self.events:
            _known(event.queues, self.queues, f"events.{event.name}.queues", "queue")
        if self.people is not None and not self.contracts:
            raise ValueError("people need contracts; add the section contracts")
        placed = {pause.name for shift in self.shifts.values() for pause in shift.breaks}
        placed |= {"breaks", "break", "meal", "meals"} if placed else set()
        for queue in self.queues.values():
            twice = sorted(placed & set(queue.shrinkage))
            if twice:
                raise ValueError(
                    f"queues.{queue.name}.shrinkage.{twice[0]} is given as a share and placed in the "
                    "shifts' breaks; it would be counted twice. Keep one of them"
                )
        return self


def _known(words: list[str], allowed: Any, name: str, what: str) -> None:
    for word in words:
        if word not in allowed:
            raise ValueError(
                f"{name} names the unknown {what} {word!r}; known are {listed(allowed, most=12)}."
                f"{did_you_mean(word, allowed)}"
            )


def _some(found: dict[str, QueueSpec], what: str) -> dict[str, QueueSpec]:
    if not found:
        raise ValueError(f"must name {what}")
    return found


def json_schema() -> dict[str, Any]:
    """JSON Schema of the week's file, for editors."""
    return WeekSpec.model_json_schema()
