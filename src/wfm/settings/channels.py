"""What the channels of a queue need beside its target: promises by class, conversations, callbacks, derived work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import pandas as pd
from pydantic import BeforeValidator, Field, model_validator
from pydantic import WithJsonSchema as Schema

from wfm.checks import fraction, number_in
from wfm.durations import seconds
from wfm.errors import SettingError, did_you_mean, listed
from wfm.queues import Blend, Callback
from wfm.settings.part import Part
from wfm.settings.values import Duration, OpenShare, Share, Wait
from wfm.target import ServiceTarget

if TYPE_CHECKING:
    from wfm.erlang import Delay

DELAY_KEYS = ("mean", "law", "spread")
BACKLOG_KEYS = ("contacts", "ages")


def by_class(read: Callable[[Any, str], float]) -> Callable[[Any], Any]:
    """Reads a number, or class -> number."""

    def found(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(name): read(number, f"value.{name}") for name, number in value.items()}
        return read(value, "value")

    return found


def delay_of(value: Any) -> Delay:
    """A duration as the mean of an exponential delay, or {mean, law, spread}."""
    from wfm.erlang import Delay

    if isinstance(value, Mapping):
        _keys(value, DELAY_KEYS, needed="mean")
        return Delay(**{str(key): part for key, part in value.items()})
    return Delay(mean=seconds(value, name="value", zero=True))


def _turns(value: Any) -> Any:
    from wfm.erlang import Conversation

    found = Conversation(turns=tuple(value) if isinstance(value, list) else value, gap=0)
    return found.turns


def _backlog(value: Any) -> Any:
    """A number of contacts, contacts with their ages, a file's name, or a table."""
    from wfm.erlang import open_backlog

    if isinstance(value, (str, pd.DataFrame)):
        return value
    if not isinstance(value, Mapping):
        return number_in(value, name="value", low=0, high=1e9)
    _keys(value, BACKLOG_KEYS, needed="contacts")
    if "ages" not in value:
        raise SettingError("value.ages is missing, such as {4h: 0.7, 24h: 0.3}.", name="value")
    if not isinstance(value["ages"], Mapping):
        raise SettingError(f"value.ages must be such as {{4h: 0.7, 24h: 0.3}}, got {value['ages']!r}.", name="value")
    contacts = by_class(lambda x, name: number_in(x, name=name, low=0, high=1e9))(value["contacts"])
    named = contacts if isinstance(contacts, Mapping) else {"all": contacts}
    open_backlog(named, at="2026-01-01", ages=value["ages"], parts=1)
    return {"contacts": contacts, "ages": dict(value["ages"])}


def _keys(value: Mapping[Any, Any], known: tuple[str, ...], *, needed: str) -> None:
    stray = [str(key) for key in value if key not in known]
    if stray:
        raise SettingError(
            f"value knows {listed(known)}, got {stray[0]!r}.{did_you_mean(stray[0], known)}", name="value", value=stray
        )
    if needed not in value:
        raise SettingError(f"value.{needed} is missing. Add it.", name="value")


def _threshold(value: Any) -> Any:
    if value == "auto":
        return value
    if isinstance(value, str):
        raise SettingError(f"value must be auto or a whole number of agents, got {value!r}.", name="value", value=value)
    number = number_in(value, name="value", low=0, high=1e6)
    if number != int(number):
        raise SettingError(f"value must be auto or a whole number of agents, got {value!r}.", name="value", value=value)
    return int(number)


Threshold = Annotated[
    Any, BeforeValidator(_threshold), Schema({"type": ["string", "integer"], "examples": ["auto", 2]})
]
PromiseShare = Annotated[
    Any,
    BeforeValidator(by_class(lambda v, name: fraction(v, name=name, zero=False))),
    Schema({"type": ["number", "object"], "examples": [0.95, {"urgent": 0.99, "normal": 0.9}]}),
]
Touches = Annotated[
    Any,
    BeforeValidator(by_class(lambda v, name: number_in(v, name=name, low=0, high=1000, open_low=True))),
    Schema({"type": ["number", "object"], "examples": [1.3, {"urgent": 1.0, "normal": 1.5}]}),
]
Lag = Annotated[
    Any,
    BeforeValidator(delay_of),
    Schema({"type": ["number", "string", "object"], "examples": ["20min", {"mean": "20min", "law": "lognormal"}]}),
]
TurnsOf = Annotated[
    Any, BeforeValidator(_turns), Schema({"type": ["number", "array"], "examples": [3, [0.5, 0.3, 0.2]]})
]
Backlog = Annotated[
    Any,
    BeforeValidator(_backlog),
    Schema(
        {
            "type": ["number", "object", "string"],
            "examples": [120, {"contacts": 120, "ages": {"4h": 0.7, "24h": 0.3}}, "backlog.csv"],
        }
    ),
]


class ReplySpec(Part):
    """The promise of every answer after the first."""

    share: OpenShare
    within: Duration

    def noun(self) -> ServiceTarget:
        """The promise."""
        return ServiceTarget(share=self.share, within=self.within, floor=0.0)


class CallbackSpec(Part):
    """Callbacks that are offered to who would wait too long."""

    above: Wait
    taken: Share
    within: Duration
    attempts: float = Field(1.0, ge=1, le=100)
    aht: Duration | None = None
    at_most: Share = 1.0
    counted: Literal["apart", "met", "lost"] = "apart"

    def noun(self) -> Callback:
        """The offer."""
        return Callback(**self.model_dump())

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.noun()
        return self


class BlendSpec(Part):
    """Work that can wait, done by live agents in their idle time."""

    threshold: Threshold = "auto"
    with_: list[str] = Field([], alias="with", description="queues whose work is taken; all that can wait if not given")
    may_cost: Share = 0.0

    def noun(self) -> Blend:
        """The rule."""
        threshold = None if self.threshold == "auto" else self.threshold
        return Blend(threshold=threshold, queues=tuple(self.with_), may_cost=self.may_cost)


class DerivedSpec(Part):
    """Work that arises from the contacts of another queue."""

    source: str = Field(alias="from", description="the queue from whose answered contacts it arises")
    share: Share
    within: Duration
    aht: Wait = 0.0
    of_handle: float = Field(0.0, ge=0, le=10, description="times the handle time of the contact it arises from")
    delay: Lag = 0.0

    @property
    def lag(self) -> Delay:
        """Time from the contact to the work."""
        return delay_of(0.0) if isinstance(self.delay, (int, float)) else self.delay

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.aht == 0 and self.of_handle == 0:
            raise ValueError("needs aht such as 20min, or of_handle")
        return self
