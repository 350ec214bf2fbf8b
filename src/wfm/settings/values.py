"""The kinds of values that the week's file holds, each read by the door that will use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator
from pydantic import WithJsonSchema as Schema
from pydantic.json_schema import SkipJsonSchema

from wfm.calendars import read_date
from wfm.checks import fraction as read_fraction
from wfm.durations import seconds, start_grid, width
from wfm.errors import SettingError, did_you_mean
from wfm.hours import OpeningHours
from wfm.queues import minimum_spans


def _duration(*, zero: bool = False) -> Callable[[Any], float]:
    return lambda value: seconds(value, name="value", zero=zero)


def _read(value: Any, door: Callable[[Any], object]) -> Any:
    """The value as written, once its door has accepted it; the noun reads it again with the calendar."""
    if value is not None:
        door(value)
    return value


def _patience(value: Any) -> float | None:
    if value in ("fit", "none"):
        return None
    return seconds(value, name="value", endless=True)


def _zone(value: str) -> None:
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(value)
    except (ValueError, KeyError, OSError):
        near = did_you_mean(value, available_timezones())
        raise SettingError(f"value must be a name such as 'Asia/Tehran', got {value!r}.{near}", value=value) from None


def _no_text(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError("must be true or false")
    return value


Duration = Annotated[float, BeforeValidator(_duration()), Schema({"type": ["number", "string"], "examples": ["4min"]})]
Width = Annotated[
    float,
    BeforeValidator(lambda v: width(v, name="value")),
    Schema({"type": ["number", "string"], "examples": ["15min", "30min", "1h"]}),
]
Wait = Annotated[float, BeforeValidator(_duration(zero=True)), Schema({"type": ["number", "string"]})]
Share = Annotated[
    float,
    BeforeValidator(lambda v: read_fraction(v, name="value")),
    Schema({"type": "number", "minimum": 0, "maximum": 1}),
]
OpenShare = Annotated[
    float,
    BeforeValidator(lambda v: read_fraction(v, name="value", zero=False, one=False)),
    Schema({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
]
Day = Annotated[
    Any,
    BeforeValidator(lambda v: _read(v, lambda day: read_date(day, solar_hijri=True, name="value"))),
    Schema({"type": "string", "examples": ["2026-11-21", "1405-08-30"]}),
]
Hours = Annotated[
    Any,
    BeforeValidator(lambda v: _read(v, lambda hours: OpeningHours.read(hours, name="value"))),
    Schema({"type": ["string", "object", "array"], "examples": ["24x7", {"sat-wed": "07:00-23:00"}]}),
]
Starts = Annotated[
    Any,
    BeforeValidator(lambda v: _read(v, lambda starts: start_grid(starts, name="value"))),
    Schema({"type": ["string", "array"], "examples": ["07:00-14:00/30min"]}),
]
Minimum = Annotated[
    Any,
    BeforeValidator(lambda v: _read(v, lambda agents: minimum_spans(agents, name="value"))),
    Schema({"type": ["number", "object"], "examples": [{"all": 1, "22:00-07:00": 2}]}),
]
Patience = Annotated[Any, BeforeValidator(lambda v: _read(v, _patience)), Schema({"type": ["number", "string"]})]
Zone = Annotated[str, AfterValidator(lambda v: _read(v, _zone))]
Flag = Annotated[bool, BeforeValidator(_no_text)]
Table = Annotated[Any, Schema({"type": "string", "description": "file name; in Python also a DataFrame"})]
Key = SkipJsonSchema[str]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
