"""Things with a date that change volume, handle time or capacity: launches, campaigns, mailings, outages."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from wfm.calendars import read_moment
from wfm.checks import fraction, number_in, put
from wfm.durations import seconds
from wfm.errors import SettingError

KINDS = ("launch", "campaign", "mailing", "price change", "outage", "recall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens at a known time.

    Events of the same `kind` share what history teaches about them. Where history holds no precedent the planner states
    the effect: `volume=1.4` means 40% more contacts at its peak, give or take `doubt`.

    Attributes
    ----------
    kind : str              launch, campaign, mailing, outage, ... or any word of the planner's.
    name : str
    start, end : timestamp  Start and end; no end = it fades by itself.
    queues : tuple of str   The queues that feel it; empty = all.
    volume : float or None  Stated factor on volume at its peak.
    doubt : float or None   Stated doubt of `volume`, as a fraction of the lift.
    aht : float or None     Stated factor on AHT while it acts.
    capacity : float        Share of the agents that can work while it lasts (a system outage: 0.4).
    size : float or None    Planned size in any unit that the kind's past events are given in (letters sent, customers).
    delay : float           Time until the peak [s].
    decay : float or None   Time in which half of the effect fades [s]; None = learned or the kind's usual.
    plateau : float or None Share of the peak that stays for good (a new product); None = learned or the kind's usual.
    recalls : float         Share of the contacts that it brings that come again later; of an event that keeps contacts
                            away (volume below 1: the lines were down), the share of those that come when it is over.
    recall_after : float    How much later [s].
    learn : bool            False keeps the event out of learning, but its days are still left out of the ordinary.

    >>> Event(kind="launch", name="Card 2", start="2026-11-24 10:00", volume=1.3).start
    Timestamp('2026-11-24 10:00:00')
    """

    kind: str
    name: str
    start: pd.Timestamp
    end: pd.Timestamp | None = None
    queues: tuple[str, ...] = ()
    volume: float | None = None
    doubt: float | None = None
    aht: float | None = None
    capacity: float = 1.0
    size: float | None = None
    delay: float = 0.0
    decay: float | None = None
    plateau: float | None = None
    recalls: float = 0.0
    recall_after: float = 86400.0
    learn: bool = True

    def __post_init__(self) -> None:
        """Read times and refuse impossible effects."""
        for name in ("kind", "name"):
            if not str(getattr(self, name)).strip():
                raise SettingError(f"event {name} must be a text, got {getattr(self, name)!r}.", name=name)
        put(
            self,
            start=read_moment(self.start, name=f"start of event {self.name!r}"),
            queues=(self.queues,) if isinstance(self.queues, str) else tuple(self.queues),
        )
        if self.end is not None:
            put(self, end=read_moment(self.end, name=f"end of event {self.name!r}"))
            if self.end <= self.start:
                raise SettingError(
                    f"event {self.name!r} must end after its start {self.start}, got {self.end}.",
                    name="end",
                    value=self.end,
                )
        for name in ("volume", "aht"):
            if getattr(self, name) is not None:
                put(
                    self,
                    **{
                        name: number_in(
                            getattr(self, name),
                            name=f"{name} of event {self.name!r}",
                            low=0,
                            high=100,
                            open_low=True,
                            hint="It is a factor: 1.4 = 40% more.",
                        )
                    },
                )
        if self.doubt is not None:
            put(self, doubt=number_in(self.doubt, name=f"doubt of event {self.name!r}", low=0, high=5))
        if self.size is not None:
            put(
                self,
                size=number_in(
                    self.size, name=f"size of event {self.name!r}", low=0, high=math.inf, open_low=True, open_high=True
                ),
            )
        put(
            self,
            capacity=fraction(self.capacity, name=f"capacity of event {self.name!r}"),
            delay=seconds(self.delay, name=f"delay of event {self.name!r}", zero=True),
        )
        put(
            self,
            recalls=fraction(self.recalls, name=f"recalls of event {self.name!r}"),
            recall_after=seconds(self.recall_after, name=f"recall_after of event {self.name!r}"),
        )
        if self.plateau is not None:
            put(self, plateau=fraction(self.plateau, name=f"plateau of event {self.name!r}"))
        if self.decay is not None:
            put(self, decay=seconds(self.decay, name=f"decay of event {self.name!r}"))

    def acts_on(self, queue: str) -> bool:
        """Whether the queue feels the event."""
        return not self.queues or queue in self.queues
