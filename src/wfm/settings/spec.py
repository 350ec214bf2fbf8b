"""Every key of the week's file, with what it may hold; the JSON Schema comes from here."""

# ruff: noqa: RUF012 - pydantic copies a default for every instance

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from wfm.errors import did_you_mean, listed
from wfm.settings.channels import BlendSpec as BlendSpec
from wfm.settings.channels import CallbackSpec as CallbackSpec
from wfm.settings.channels import DerivedSpec as DerivedSpec
from wfm.settings.channels import ReplySpec as ReplySpec
from wfm.settings.contacts import QueueSpec as QueueSpec
from wfm.settings.contacts import TargetSpec as TargetSpec
from wfm.settings.days import CalendarSpec as CalendarSpec
from wfm.settings.days import EventSpec as EventSpec
from wfm.settings.days import MonthlyDaySpec as MonthlyDaySpec
from wfm.settings.gatherings import SessionSpec as SessionSpec
from wfm.settings.part import Part
from wfm.settings.running import CostsSpec as CostsSpec
from wfm.settings.running import OutputSpec as OutputSpec
from wfm.settings.running import PlanSpec as PlanSpec
from wfm.settings.values import Table, Weekday, Width, Zone
from wfm.settings.work import BreakSpec as BreakSpec
from wfm.settings.work import ContractSpec as ContractSpec
from wfm.settings.work import PeopleSpec as PeopleSpec
from wfm.settings.work import ShiftSpec as ShiftSpec


class WeekSpec(Part):
    """The week's file."""

    name: str = "plan"
    timezone: Zone | None = None
    interval: Width = 1800.0
    week_start: Weekday = "mon"
    calendar: CalendarSpec = CalendarSpec()
    queues: Annotated[dict[str, QueueSpec], AfterValidator(lambda found: _some(found, "at least one queue"))]
    streams: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    pools: dict[str, list[str]] = Field(
        {},
        description="pool: queues that the same people answer, where no people are named; of work that can wait 95% in "
        "time suffices where its queue promises nothing else",
    )
    events: list[EventSpec] = []
    regressors: Table = None
    adjust: Table = None
    deflection: Table = Field(
        None, json_schema_extra={"type": "string", "description": "file: queue, start, share; also to, ratio, doubt"}
    )
    suspects: Table = None
    shifts: dict[str, ShiftSpec] = {}
    contracts: dict[str, ContractSpec] = {}
    people: PeopleSpec | None = None
    sessions: dict[str, SessionSpec] = {}
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
        for section in ("queues", "shifts", "contracts", "sessions"):
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
            if queue.like is None:
                continue
            if queue.like == queue.name:
                raise ValueError(
                    f"queues.{queue.name}.like names the queue itself; name another queue whose pattern it borrows"
                )
            _known([queue.like], [q for q in self.queues if q != queue.name], f"queues.{queue.name}.like", "queue")
        for event in self.events:
            _known(event.queues, self.queues, f"events.{event.name}.queues", "queue")
        if self.people is not None and not self.contracts:
            raise ValueError("people need contracts; add the section contracts")
        placed = {pause.name for shift in self.shifts.values() for pause in shift.breaks}
        placed |= {"breaks", "break", "meal", "meals"} if placed else set()
        where = "in the shifts' breaks"
        held: dict[str, str] = {session.kind: f"by sessions.{name}" for name, session in self.sessions.items()}
        for queue in self.queues.values():
            for kind in sorted((placed | set(held)) & set(queue.shrinkage)):
                raise ValueError(
                    f"queues.{queue.name}.shrinkage.{kind} is given as a share and placed "
                    f"{held.get(kind, where)}; it would be counted twice. Keep one of them"
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
