"""Queues: streams of contacts with one target, and pools of agents who serve several."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import fraction, number_in, one_of, put
from wfm.durations import DAY, seconds, time_of_day
from wfm.errors import SettingError
from wfm.hours import OpeningHours
from wfm.target import ServiceTarget

CHANNELS = ("voice", "chat", "deferred", "outbound")
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
class Queue:
    """A stream of contacts with one target.

    Attributes
    ----------
    name : str
    channel : str               voice, chat, deferred (tickets, e-mail) or outbound.
    target : ServiceTarget      None for deferred work, whose promise is `classes`.
    hours : OpeningHours
    aht : float or None         Where history has none [s].
    patience : float or None    Mean patience [s]; infinite = nobody hangs up; None = unknown (assumed, and said so).
    shrinkage : Shrinkage
    concurrency : int           Contacts that one agent handles at once (chat).
    aht_by_concurrency : tuple  Handle time with 1, 2, ... contacts at once [s].
    classes : mapping           Deferred work: class -> time within which it must be done [s].
    class_shares : mapping      Deferred work: class -> share of contacts that carry it.
    touches : float             Times an agent takes up one contact (tickets).
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
            touches=number_in(self.touches, name=f"touches of {where}", low=0, high=1000, open_low=True),
        )
        self._check_classes(where)

    def _check_classes(self, where: str) -> None:
        if self.channel == "deferred" and not self.classes:
            raise SettingError(f"{where} is deferred and needs classes such as {{normal: 24h}}.", name="classes")
        if self.channel != "deferred" and self.classes:
            raise SettingError(f"classes belong to a deferred queue; {where} is {self.channel}.", name="classes")
        stray = set(self.class_shares) - set(self.classes)
        if stray:
            raise SettingError(
                f"class_shares of {where} names unknown class {sorted(stray)[0]!r}.", name="class_shares"
            )
        total = math.fsum(self.class_shares.values())
        if self.class_shares and abs(total - 1) > 1e-9:
            raise SettingError(
                f"class_shares of {where} must add up to 1, got {total:g}.", name="class_shares", value=total
            )

    @property
    def live(self) -> bool:
        """Whether a customer waits for an answer now."""
        return self.channel in ("voice", "chat")

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
