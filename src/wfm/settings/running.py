"""How the plan is made and handed out: what hours cost, which week, and which papers."""

# ruff: noqa: RUF012 - pydantic copies a default for every instance

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from wfm.queues import minimum_spans
from wfm.settings.part import Part
from wfm.settings.values import Day, Table


def _premiums(spans: dict[str, float]) -> dict[str, float]:
    """Shares of the hour's price by span of the day, such as {"22:00-06:00": 0.35}."""
    for span, share in spans.items():
        minimum_spans({span: share}, name="night")
    return spans


class CostsSpec(Part):
    """What hours cost, and what a missing agent-hour weighs against them."""

    hour: float = Field(1.0, gt=0)
    night: Annotated[dict[str, float], AfterValidator(_premiums)] = {}
    overtime: float = Field(0.0, ge=0)
    under: float | None = Field(
        None, gt=0, description="weight of a missing agent-hour, in paid hours; None = 50 for shifts, 3 for people"
    )
    over: float = Field(0.1, ge=0, description="weight of a surplus agent-hour")
    change: float = Field(1.0, ge=0, description="weight of a published day of a person that changes, in paid hours")


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
    key: str | None = Field(None, description="secret of the pseudonyms: env:NAME of a variable, or a file's name")
