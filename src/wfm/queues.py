"""Queues: streams of contacts with one target, and pools of agents who serve several."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import fraction, number_in, one_of, put
from wfm.durations import DAY, seconds, time_of_day
from wfm.errors import SettingError, listed
from wfm.hours import OpeningHours
from wfm.target import ServiceTarget

CHANNELS = ("voice", "chat", "messages", "deferred", "outbound")
BY_DEADLINE = ("deferred", "outbound")
COUNTED = ("apart", "met", "lost")
PLACED_KINDS = ("break", "meal", "leave", "training", "meeting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinkage:
    """Shares of paid hours that are not spent on contacts, by kind; kinds are added.

    `unplanned` (sickness, lateness) inflates what the schedule must cover; all kinds together what payroll carries.

    >>> s = Shrinkage(unplanned=0.06, kinds={"leave": 0.10})
    >>> s.rostered(94.0), round(s.headcount(84.0), 6)
    (100.0, 100.0)
    """

    unplanned: float = 0.0
    kinds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the shares and that something is left."""
        put(
            self,
            unplanned=fraction(self.unplanned, name="shrinkage.unplanned", one=False),
            kinds={str(k): fraction(v, name=f"shrinkage.{k}", one=False) for k, v in self.kinds.items()},
        )
        if self.total >= 1:
            raise SettingError(
                f"shrinkage kinds must add up to less than 1, got {self.total:g}.", name="shrinkage", value=self.total
            )

    @property
    def total(self) -> float:
        """All kinds together."""
        return self.unplanned + math.fsum(self.kinds.values())

    def rostered(self, agents: npt.ArrayLike) -> npt.NDArray[np.float64] | float:
        """People that the schedule must cover so that `agents` come."""
        out = np.asarray(agents, dtype=float) / (1 - self.unplanned)
        return float(out) if out.ndim == 0 else out

    def headcount(self, agents: npt.ArrayLike) -> npt.NDArray[np.float64] | float:
        """People that payroll carries so that `agents` are on contacts."""
        out = np.asarray(agents, dtype=float) / (1 - self.total)
        return float(out) if out.ndim == 0 else out


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Who would wait too long may leave the line and is called back by the same people.

    Attributes
    ----------
    above : float       Expected wait above which a callback is offered [s].
    taken : float       Share of those offered who take it.
    within : float      Time within which they are called back [s].
    attempts : float    Calls that one callback takes on average.
    aht : float         Handle time of a callback [s]; None = that of the queue.
    at_most : float     Largest share of the offered that may be called back over the scope.
    counted : str       In the service level a callback counts `apart` (not at all), as `met` or as `lost`.
    """

    above: float
    taken: float
    within: float
    attempts: float = 1.0
    aht: float | None = None
    at_most: float = 1.0
    counted: str = "apart"

    def __post_init__(self) -> None:
        """Convert durations and check shares."""
        put(
            self,
            above=seconds(self.above, name="callback.above", zero=True),
            taken=fraction(self.taken, name="callback.taken"),
            within=seconds(self.within, name="callback.within"),
            attempts=number_in(self.attempts, name="callback.attempts", low=1, high=100),
            aht=None if self.aht is None else seconds(self.aht, name="callback.aht"),
            at_most=fraction(self.at_most, name="callback.at_most", zero=False),
            counted=one_of(self.counted, COUNTED, name="callback.counted"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """Agents of a live queue take work that can wait while enough of them stay idle.

    Attributes
    ----------
    threshold : int         Idle agents that are kept for live contacts; None = the fewest that keep the promise.
    queues : tuple          Queues whose work they take; empty = all that can wait.
    may_cost : float        Service level that an interval at or below its share may lose by it.
    """

    threshold: int | None = None
    queues: tuple[str, ...] = ()
    may_cost: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.threshold is not None:
            put(self, threshold=int(number_in(self.threshold, name="blend.threshold", low=0, high=1e6)))
        put(self, may_cost=fraction(self.may_cost, name="blend.may_cost"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Conversations by messages: how many turns they have, and what is promised of replies.

    Attributes
    ----------
    mean : float                Turns of a conversation on average.
    reply : ServiceTarget       Promise of every answer after the first; None = that of the first.
    live_within : float         The longest promise that is staffed as live [s]; a longer one is a deadline.
    """

    mean: float = 1.0
    reply: ServiceTarget | None = None
    live_within: float = 3600.0

    def __post_init__(self) -> None:
        """Check the number and convert the duration."""
        put(
            self,
            mean=number_in(self.mean, name="turns", low=1, high=100),
            live_within=seconds(self.live_within, name="live_within"),
        )

    def line(self, first: ServiceTarget) -> ServiceTarget:
        """The promise of a line that answers first messages and replies: the stricter of the two."""
        if self.reply is None or (first.within <= self.reply.within and first.share >= self.reply.share):
            return first
        if self.reply.within <= first.within and self.reply.share >= first.share:
            return replace(first, share=self.reply.share, within=self.reply.within)
        raise SettingError(
            "reply is answered from one line with the first message: the promise with the shorter time must have the "
            f"larger share, got {first.share:g} within {first.within:g} s and {self.reply.share:g} within "
            f"{self.reply.within:g} s.",
            name="reply",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A stream of contacts with one target.

    Attributes
    ----------
    name : str
    channel : str               voice, chat, messages, deferred (tickets, e-mail) or outbound.
    target : ServiceTarget      Of messages: of the first answer. None for deferred work, whose promise is `classes`.
    hours : OpeningHours
    aht : float or None         Where history has none [s].
    patience : float or None    Mean patience [s]; infinite = nobody hangs up; None = unknown (assumed, and said so).
    shrinkage : Shrinkage
    concurrency : int           Contacts that one agent handles at once (chat).
    aht_by_concurrency : tuple  Handle time with 1, 2, ... contacts at once [s].
    classes : mapping           Deferred and outbound work: class -> time within which it must be done [s]. Of messages
                                the turns that have a deadline (`new`, `replies`), set here from the promises.
    class_shares : mapping      Class -> share of contacts that carry it.
    touches : float             Times an agent takes up one contact, on average; the mean of `class_touches`, if given.
    touch_gap : float           Time from one touch to the release of the next [s]; None = all are released together.
    promise : mapping           Class -> share that must be done in time; empty = all.
    overdue_within : float      Open time after its deadline within which late work is caught up [s].
    open_deadlines : bool       Whether deadlines count open time; else all time.
    occupancy : float           Share of an agent's time that is spent on work that can wait.
    backlog : tuple             (contacts, class, moment of arrival) of what waits at the start.
    in_idle : tuple             (start, erlangs): what agents of other queues do of the work in their idle time.
    callback, blend             Of a voice queue; None = not offered, not blended.
    turns : Turns               Of messages.
    min_agents : tuple          (from, until, agents) by seconds of the day; while the queue is open.
    """

    name: str
    channel: str = "voice"
    target: ServiceTarget | None = None
    hours: OpeningHours = field(default_factory=OpeningHours.always)
    aht: float | None = None
    patience: float | None = None
    shrinkage: Shrinkage = field(default_factory=Shrinkage)
    concurrency: int = 1
    aht_by_concurrency: tuple[float, ...] = ()
    classes: Mapping[str, float] = field(default_factory=dict)
    class_shares: Mapping[str, float] = field(default_factory=dict)
    touches: float = 1.0
    class_touches: Mapping[str, float] = field(default_factory=dict)
    touch_gap: float | None = None
    promise: Mapping[str, float] = field(default_factory=dict)
    overdue_within: float = 8 * 3600.0
    open_deadlines: bool = False
    occupancy: float = 0.9
    backlog: tuple[tuple[float, str, pd.Timestamp], ...] = ()
    in_idle: tuple[tuple[pd.Timestamp, float], ...] = ()
    callback: Callback | None = None
    blend: Blend | None = None
    turns: Turns | None = None
    min_agents: tuple[tuple[float, float, float], ...] = ()

    def __post_init__(self) -> None:
        """Convert durations and check that the channel has what it needs."""
        where = f"queue {self.name!r}"
        one_of(self.channel, CHANNELS, name=f"channel of {where}")
        if self.aht is not None:
            put(self, aht=seconds(self.aht, name=f"aht of {where}"))
        if self.patience is not None:
            put(self, patience=seconds(self.patience, name=f"patience of {where}", endless=True))
        if self.concurrency != int(self.concurrency) or self.concurrency < 1:
            raise SettingError(
                f"concurrency of {where} must be a whole number >= 1, got {self.concurrency!r}.",
                name="concurrency",
                value=self.concurrency,
            )
        put(
            self,
            classes={str(k): seconds(v, name=f"classes.{k} of {where}") for k, v in self.classes.items()},
            class_shares={
                str(k): fraction(v, name=f"class_shares.{k} of {where}") for k, v in self.class_shares.items()
            },
            overdue_within=seconds(self.overdue_within, name=f"overdue_within of {where}"),
            occupancy=fraction(self.occupancy, name=f"occupancy of {where}", zero=False),
        )
        if self.touch_gap is not None:
            put(self, touch_gap=seconds(self.touch_gap, name=f"touch_gap of {where}", zero=True))
        if self.channel == "messages":
            self._date_messages(where)
        self._check_classes(where)
        put(self, promise=self._promises(where))
        self._count_touches(where)
        if self.channel != "voice" and (self.callback is not None or self.blend is not None):
            word = "blend" if self.callback is None else "callback"
            raise SettingError(f"{word} belongs to a voice queue; {where} is {self.channel}.", name=word)

    def _date_messages(self, where: str) -> None:
        """The turns whose promise is a deadline, as classes."""
        if self.target is None:
            raise SettingError(f"{where} needs a target for the first answer.", name="target")
        if self.classes and set(self.classes) - {"new", "replies"}:
            raise SettingError(
                f"classes belong to a deferred queue or an outbound one; {where} is messages.", name="classes"
            )
        turns = Turns() if self.turns is None else self.turns
        reply = self.target if turns.reply is None else turns.reply
        promised = {"new": self.target, "replies": reply}
        later = {name: found.within for name, found in promised.items() if found.within > turns.live_within}
        if not later:
            turns.line(self.target)
        shares = {"new": 1 / turns.mean, "replies": 1 - 1 / turns.mean}
        put(
            self,
            turns=turns,
            classes=later,
            class_shares=shares if len(later) == 2 else {},
            promise={name: promised[name].share for name in later},
        )

    def _count_touches(self, where: str) -> None:
        """Touches by class, and their mean."""
        found = self._named(self.class_touches, "touches", where)
        if not found:
            put(self, touches=number_in(self.touches, name=f"touches of {where}", low=0, high=1000, open_low=True))
            return
        number = {
            name: number_in(touches, name=f"touches.{name} of {where}", low=0, high=1000, open_low=True)
            for name, touches in found.items()
        }
        shares = self.class_shares or dict.fromkeys(self.classes, 1.0)
        mean = math.fsum(touches * shares.get(name, 0.0) for name, touches in number.items())
        put(self, class_touches=number, touches=mean)

    def _promises(self, where: str) -> dict[str, float]:
        return {
            name: fraction(share, name=f"promise.{name} of {where}", zero=False)
            for name, share in self._named(self.promise, "promise", where).items()
        }

    def _named(self, given: Mapping[Any, Any], what: str, where: str) -> dict[str, Any]:
        """Values by class; nothing, or one for each class."""
        found = {str(name): value for name, value in given.items()}
        if found and set(found) != set(self.classes):
            odd = sorted(set(found) ^ set(self.classes))[0]
            verb = "names the unknown class" if odd in found else "lacks the class"
            raise SettingError(f"{what} of {where} {verb} {odd!r}; it has {listed(self.classes)}.", name=what)
        return found

    def _check_classes(self, where: str) -> None:
        if self.channel == "deferred" and not self.classes:
            raise SettingError(f"{where} is deferred and needs classes such as {{normal: 24h}}.", name="classes")
        if self.channel not in (*BY_DEADLINE, "messages") and self.classes:
            raise SettingError(
                f"classes belong to a deferred queue or an outbound one; {where} is {self.channel}.", name="classes"
            )
        stray = set(self.class_shares) - set(self.classes)
        if stray:
            raise SettingError(
                f"class_shares of {where} names the unknown class {sorted(stray)[0]!r}; it has {listed(self.classes)}.",
                name="class_shares",
            )
        total = math.fsum(self.class_shares.values())
        if self.class_shares and abs(total - 1) > 1e-9:
            raise SettingError(
                f"class_shares of {where} must add up to 1, got {total:g}.", name="class_shares", value=total
            )

    @property
    def live(self) -> bool:
        """Whether all contacts are answered from a line, by customers who wait now."""
        return self.channel in ("voice", "chat") or (self.channel == "messages" and not self.classes)

    @property
    def promised(self) -> float:
        """Share of the contacts that must be done in time, over all classes; 1 where nothing less is promised."""
        if not self.promise:
            return 1.0
        shares = self.class_shares or dict.fromkeys(self.classes, 1 / len(self.classes))
        return math.fsum(share * shares.get(name, 0.0) for name, share in self.promise.items())

    def minimum(self, starts: pd.DatetimeIndex) -> npt.NDArray[np.float64]:
        """Fewest agents allowed at each start; 0 while the queue is closed."""
        second = np.asarray((starts - starts.normalize()).total_seconds(), dtype=float)
        least = np.zeros(len(starts))
        for begin, until, agents in self.min_agents:
            inside = (second >= begin) & (second < until) if begin < until else (second >= begin) | (second < until)
            least[inside] = np.maximum(least[inside], agents)
        return np.where(self.hours.is_open(starts), least, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Agents who serve several queues; one agent serves one queue at a time.

    `routing` is `longest-idle` or `most-specialised`; earlier queues have priority where `priority` is set.
    """

    name: str
    queues: tuple[str, ...]
    routing: str = "longest-idle"
    priority: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse unknown routing and queues."""
        one_of(self.routing, ("longest-idle", "most-specialised"), name="routing")
        stray = set(self.priority) - set(self.queues)
        if stray:
            raise SettingError(
                f"priority of pool {self.name!r} names {sorted(stray)[0]!r}, which it does not serve.",
                name="priority",
                value=self.priority,
            )


def minimum_spans(value: object, *, name: str = "min_agents") -> tuple[tuple[float, float, float], ...]:
    """(from, until, agents) from a number or a mapping {all: 1, "22:00-07:00": 2}.

    >>> minimum_spans({"all": 1, "22:00-07:00": 2})
    ((0.0, 86400.0, 1.0), (79200.0, 25200.0, 2.0))
    """
    if isinstance(value, Mapping):
        return tuple(_minimum(str(span), agents, name) for span, agents in value.items())
    return (_minimum("all", value, name),)


def _minimum(span: str, agents: object, name: str) -> tuple[float, float, float]:
    least = number_in(agents, name=f"{name}.{span}", low=0, high=1e6)
    if span.strip().lower() == "all":
        return 0.0, DAY, least
    begin, dash, until = span.partition("-")
    if not dash:
        raise SettingError(f'{name} must name spans such as all or "22:00-07:00", got {span!r}.', name=name, value=span)
    return time_of_day(begin, name=name), time_of_day(until, name=name, midnight=True), least
