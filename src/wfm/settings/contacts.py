"""What comes and what is promised: queues and their targets."""

# ruff: noqa: RUF012 - pydantic copies a default for every instance

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from wfm.calendars import Calendar
from wfm.durations import seconds
from wfm.hours import OpeningHours
from wfm.queues import BY_DEADLINE, Queue, Shrinkage, Turns, minimum_spans
from wfm.settings.channels import (
    Backlog,
    BlendSpec,
    CallbackSpec,
    DerivedSpec,
    Lag,
    PromiseShare,
    ReplySpec,
    Touches,
    TurnsOf,
)
from wfm.settings.part import Named, Part
from wfm.settings.values import Duration, Hours, Minimum, OpenShare, Patience, Share, Table, Wait
from wfm.target import ServiceTarget

if TYPE_CHECKING:
    from wfm.erlang import Conversation

BY_WHOM = {
    "scale": "like",
    "doubt": "like or volume",
    "patience": "voice, chat or messages",
    "concurrency": "channel: chat",
    "aht_by_concurrency": "channel: chat",
    "callback": "channel: voice",
    "blend": "channel: voice",
    "touches": "channel: deferred",
    "attempts": "channel: outbound",
    "classes": "channel: deferred or outbound",
} | dict.fromkeys(("turns", "gap", "answer", "reply", "live_within"), "channel: messages")
CALLBACK_TARGET = ("share", "within", "scope", "floor", "max_abandon", "max_occupancy", "confidence")
WAITING = ("class_shares", "promise", "overdue_within", "touch_gap", "backlog", "deadlines", "occupancy")


class TargetSpec(Part):
    """The promise of a live queue."""

    share: OpenShare
    within: Wait
    abandoned: Literal["lost", "ignored", "met", "answered", "credited", "virtual"] = "lost"
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

    channel: Literal["voice", "chat", "messages", "deferred", "outbound"] = "voice"
    history: Table = None
    columns: dict[str, str] = {}
    forecast: Table = None
    requirement: Table = None
    volume: str | float | None = Field(None, description="1200/week, 200/day; with pattern or like")
    pattern: Table = None
    like: str | None = None
    derived: DerivedSpec | None = Field(None, description="work that arises from the contacts of another queue")
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
    promise: PromiseShare = Field(
        1.0, description="share done in time, or class: share; where none is given, 95% in time is called kept"
    )
    overdue_within: Duration = 28800.0
    touches: Touches = 1.0
    touch_gap: Wait | None = None
    attempts: Touches = Field(1.0, description="outbound: calls that one contact takes; or class: calls")
    backlog: Backlog = Field(
        0.0, description="contacts that wait at the start; with ages; a file; or the folder of the plan before"
    )
    deadlines: Literal["open", "elapsed"] = "elapsed"
    occupancy: Share = 0.9
    turns: TurnsOf = Field(1.0, description="messages: mean turns of a conversation, or shares with 1, 2, 3, ... turns")
    gap: Lag = Field(None, description="messages: time from an answer to the customer's next message")
    answer: Wait = 300.0
    reply: ReplySpec | None = None
    live_within: Duration = 3600.0
    callback: CallbackSpec | None = None
    blend: BlendSpec | None = None
    sheet: str | None = None
    dates: Literal["dmy", "mdy", "hijri"] | None = None
    within: Wait = 60.0
    outcomes: dict[str, str | None] = {}
    absent: Literal["auto", "zero", "missing"] = "auto"
    stamps: Literal["start", "end"] = "start"
    faulty: Literal["error", "refuse"] = Field(
        "error", description="cells of the history that cannot be read: an error, or left out and reported"
    )

    @property
    def mean_patience(self) -> float | None:
        """Seconds, infinite where nobody hangs up, None where it is to be fitted or assumed."""
        if self.patience is None and self.channel == "messages":  # who writes does not hang up
            return math.inf
        if self.patience is None or self.patience == "fit":
            return None
        return math.inf if self.patience == "none" else seconds(self.patience, name="patience", endless=True)

    @property
    def conversation(self) -> Conversation:
        """How conversations by messages go."""
        from wfm.erlang import Conversation

        return Conversation(turns=self.turns, gap=0.0 if self.gap is None else self.gap, answer=self.answer)

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
            **self._waiting(),
            callback=self.callback.noun() if self.callback else None,
            blend=self.blend.noun() if self.blend else None,
            turns=self._turns(),
            min_agents=() if self.min_agents is None else minimum_spans(self.min_agents),
        )

    def _waiting(self) -> dict[str, Any]:
        """What the noun knows of work that can wait."""
        classes = self.classes if self.derived is None else {self.name: self.derived.within}
        touches = self.attempts if self.channel == "outbound" else self.touches
        named = isinstance(touches, Mapping)
        promise = self.promise if isinstance(self.promise, Mapping) else dict.fromkeys(classes, self.promise)
        return {
            "classes": classes,
            "class_shares": self.class_shares,
            "touches": 1.0 if named else touches,
            "class_touches": touches if named else {},
            "touch_gap": self.touch_gap,
            "promise": {} if promise and min(promise.values()) == 1 else promise,
            "overdue_within": self.overdue_within,
            "open_deadlines": self.deadlines == "open",
            "occupancy": self.occupancy,
        }

    def _turns(self) -> Turns | None:
        if self.channel != "messages":
            return None
        reply = None if self.reply is None else self.reply.noun()
        return Turns(mean=self.conversation.mean_turns, reply=reply, live_within=self.live_within)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self._one_source()
        if self.derived is not None:
            self._arises()
        self._no_stray_keys()
        if self.channel in ("voice", "chat", "messages") and self.target is None and self.requirement is None:
            raise ValueError(f"a {self.channel} queue needs a target such as {{share: 0.80, within: 60s}}")
        if self.channel in BY_DEADLINE and self.target is not None:
            raise ValueError(f"{_article(self.channel)} queue has classes with deadlines, not a target")
        noun = self.noun()
        if noun.turns is not None and noun.turns.mean > 1 and self.gap is None:
            raise ValueError("needs gap, the time from an answer to the customer's next message, such as 20min")
        if self.patience == "fit" and self.channel == "messages":
            raise ValueError("takes a duration or none as patience of messages: who writes does not hang up")
        self._no_stray_promises(noun)
        self._dated_backlog()
        return self

    def _dated_backlog(self) -> None:
        """Contacts by class name the classes there are."""
        contacts = self.backlog.get("contacts") if isinstance(self.backlog, dict) else None
        stray = sorted(set(contacts) - set(self._waiting()["classes"])) if isinstance(contacts, dict) else []
        if stray:
            raise ValueError(f"has the unknown class {stray[0]!r} in backlog.contacts")

    def _no_stray_promises(self, noun: Queue) -> None:
        """A part of the target that its channel cannot keep is a mistake as well."""
        if self.target is None:
            if self.callback is not None or self.blend is not None:
                raise ValueError("needs a target beside callback or blend, such as {share: 0.80, within: 60s}")
            return
        given = self.target.model_fields_set
        known: tuple[str, ...] = CALLBACK_TARGET
        what = "with callback"
        if noun.channel == "messages" and "new" in noun.classes:
            known, what = CALLBACK_TARGET[:2], "of an answer that is due in hours"
        elif self.callback is None:
            return
        stray = [key for key in given if key not in known]
        if stray:
            raise ValueError(f"takes {', '.join(known)} in a target {what}, got {min(stray)}")

    def _arises(self) -> None:
        """Derived work is deferred, with one class; it begins with the forecast of the queue that it arises from."""
        assert self.derived is not None
        if "channel" not in self.model_fields_set:
            self.channel = "deferred"
        if self.channel != "deferred":
            raise ValueError(f"takes derived only with channel: deferred, got {self.channel}")
        for key, inside in (("classes", "within"), ("class_shares", "within"), ("aht", "aht")):
            if key in self.model_fields_set:
                raise ValueError(f"takes derived.{inside} instead of {key}")

    def _no_stray_keys(self) -> None:
        """A key that its queue does not use is a mistake, never ignored."""
        borrows = self.like is not None
        waits = self.channel in BY_DEADLINE
        uses = {
            "scale": borrows,
            "doubt": borrows or self.volume is not None,
            "touches": self.channel == "deferred",
            "attempts": self.channel == "outbound",
            "classes": waits,
            "concurrency": self.channel == "chat",
            "aht_by_concurrency": self.channel == "chat",
            "patience": self.channel in ("voice", "chat", "messages"),
            "callback": self.channel == "voice",
            "blend": self.channel == "voice",
        }
        uses |= dict.fromkeys(("turns", "gap", "answer", "reply", "live_within"), self.channel == "messages")
        uses |= dict.fromkeys(WAITING, waits)
        for key, used in uses.items():
            if key in self.model_fields_set and not used:
                raise ValueError(f"takes {key} only with {BY_WHOM.get(key, 'channel: deferred or outbound')}")
        for kind in self.shrinkage:
            if kind != "unplanned" and get_close_matches(kind, ["unplanned"], cutoff=0.75):
                raise ValueError(f"has the kind {kind!r} of shrinkage. Did you mean 'unplanned'?")

    def _one_source(self) -> None:
        words = ("history", "forecast", "requirement", "volume", "like", "derived")
        given = [word for word in words if getattr(self, word) is not None]
        if len(given) > 1:
            raise ValueError(f"takes one of {', '.join(words[:-1])} or {words[-1]}, got {' and '.join(given)}")
        if self.pattern is not None and self.volume is None:
            raise ValueError("pattern goes with volume")


def _article(channel: str) -> str:
    return f"an {channel}" if channel[0] in "aeiou" else f"a {channel}"
