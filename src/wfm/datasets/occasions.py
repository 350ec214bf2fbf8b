"""What happened to the synthetic bank and what is announced: launches, a campaign, partner outages; how they act."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import WEEKDAYS, Calendar
from wfm.datasets.dates import is_open
from wfm.durations import DAY
from wfm.events import Event

HOUR = 3600.0
LIVE = ("voice", "chat")
LAUNCH_PEAK, CAMPAIGN_PEAK = 0.20, 0.15  # lift at the peak for a launch of size 200 (thousand customers), a campaign
LAUNCHES = (("Card 1", -543, 200.0), ("Mobile wallet", -152, 160.0), ("Card 2", 17, 180.0))  # days from the end, size
CAMPAIGN = ("Autumn savings", -411, 21)  # days from the end, length in days
OUTAGES_A_YEAR = (1.1, 1.5, 2.0, 3.0)  # lift of the four partner outages of each year: 2-4 times the contacts
OUTAGE_HOURS = (2.5, 3.5, 3.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEffect:
    """What an event truly does to the rate of its queues.

    The factor is 1 + peak x curve; the curve rises in a straight line from 0 at the event's start to 1 after `delay`,
    stays until the event's end (where it has one), falls to `echo` there, and of that `plateau` stays while the rest
    halves every `decay`. It is read at the middle of each interval.

    Attributes
    ----------
    peak : float            Lift at the peak, 0.2 = 20% more contacts.
    delay, decay : float    Time until the peak; time in which half of what fades has faded [s].
    plateau : float         Share of the peak that stays.
    echo : float            Share of the peak that is left when the event ends: 1 fades on, 0.35 are re-calls.
    patience : float        Factor on the mean patience of the contacts that the event adds; where it is not 1, theirs
                            is a gamma distribution of shape 4, not exponential.
    """

    event: Event
    peak: float
    delay: float
    decay: float
    plateau: float = 0.0
    echo: float = 1.0
    patience: float = 1.0

    def factor(self, starts: pd.DatetimeIndex, interval: float = 1800.0) -> npt.NDArray[np.float64]:
        """Factor on the rate of each interval.

        >>> launch = Event(kind="launch", name="Card 2", start="2026-11-24 10:00")
        >>> effect = EventEffect(event=launch, peak=0.2, delay=86400, decay=5 * 86400)
        >>> starts = pd.DatetimeIndex(["2026-11-24 09:30", "2026-11-25 09:45", "2026-11-30 09:45"])
        >>> effect.factor(starts).round(3).tolist()
        [1.0, 1.2, 1.1]
        """
        elapsed = np.asarray((starts - self.event.start).total_seconds(), dtype=float) + interval / 2
        rise = np.clip(elapsed / self.delay, 0.0, 1.0) if self.delay else (elapsed >= 0).astype(float)
        turn = (self.event.end - self.event.start).total_seconds() if self.event.end is not None else self.delay
        since = np.maximum(elapsed - turn, 0.0)
        fade = self.echo * (self.plateau + (1 - self.plateau) * np.exp2(-since / self.decay))
        return np.asarray(1.0 + self.peak * rise * np.where(elapsed > turn, fade, 1.0))


def bank_events(seed: int, calendar: Calendar, first: pd.Timestamp, until: pd.Timestamp) -> tuple[EventEffect, ...]:
    """Everything that happened since `first` and what is announced, in order of time."""
    rng = np.random.default_rng([seed, 2])
    usual = LAUNCH_PEAK * np.exp(rng.normal(0.0, 0.08))
    launches = [
        _launch(name, until + pd.Timedelta(days=day, hours=10), size, usual, rng) for name, day, size in LAUNCHES
    ]
    effects = [*launches, _campaign(until, rng), *_outages(calendar, until, rng)]
    return tuple(sorted((e for e in effects if e.event.start >= first), key=lambda effect: effect.event.start))


def _launch(name: str, start: pd.Timestamp, size: float, usual: float, rng: np.random.Generator) -> EventEffect:
    """A launch's peak follows its size, give or take; the cards come by mail, so the calls come later."""
    event = Event(kind="launch", name=name, start=start, queues=LIVE, size=size, delay=1.5 * DAY)
    return EventEffect(
        event=event,
        peak=float(usual * size / 200 * np.exp(rng.normal(0.0, 0.08))),
        delay=1.5 * DAY,
        decay=float(4.5 * DAY * np.exp(rng.normal(0.0, 0.08))),
        plateau=0.06,
    )


def _campaign(until: pd.Timestamp, rng: np.random.Generator) -> EventEffect:
    name, day, days = CAMPAIGN
    start = until + pd.Timedelta(days=day, hours=9)
    event = Event(
        kind="campaign", name=name, start=start, end=start + pd.Timedelta(days=days), queues=LIVE, delay=3 * DAY
    )
    peak = float(CAMPAIGN_PEAK * np.exp(rng.normal(0.0, 0.08)))
    return EventEffect(event=event, peak=peak, delay=3 * DAY, decay=4 * DAY)


def _outages(calendar: Calendar, until: pd.Timestamp, rng: np.random.Generator) -> list[EventEffect]:
    """Partner outages: four a year, from the forenoon of ordinary working days away from the month start."""
    effects: list[EventEffect] = []
    for year in (2, 1):
        order = rng.permutation(len(OUTAGES_A_YEAR))
        for quarter, rank in enumerate(order):
            earliest = until - pd.Timedelta(days=int(year * 364 - quarter * 91 - rng.integers(5, 70)))
            start = _ordinary_day(calendar, earliest) + pd.Timedelta(minutes=30 * int(rng.integers(20, 25)))
            end = start + pd.Timedelta(hours=OUTAGE_HOURS[rank])
            event = Event(kind="outage", name=f"Partner outage {len(effects) + 1}", start=start, end=end, queues=LIVE)
            effects.append(
                EventEffect(
                    event=event,
                    peak=float(OUTAGES_A_YEAR[rank] * rng.normal(1.0, 0.02)),
                    delay=0.5 * HOUR,
                    decay=1.5 * HOUR,
                    echo=0.35,
                    patience=3.9,
                )
            )
    return [effect for effect in effects if effect.event.start < until]


def _ordinary_day(calendar: Calendar, earliest: pd.Timestamp) -> pd.Timestamp:
    days = pd.date_range(earliest, periods=120)
    solar = calendar.month_day(days)
    unusual = (
        calendar.in_season(days, "ramadan")
        | (solar["month"] == 1).to_numpy()
        | (days.day_of_week == WEEKDAYS.index("sat"))
    )
    ordinary = is_open(calendar, days).to_numpy() & solar["day"].between(10, 27).to_numpy() & ~unusual
    return days[int(np.argmax(ordinary))]
