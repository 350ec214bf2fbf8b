"""The true effects behind the synthetic bank: the constants it is tuned by, and the draw of one bank's own effects.

The two constants that set how much work the people have stand first: VOLUME and MONTH_START.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from wfm.calendars import WEEKDAYS
from wfm.datasets.occasions import EventEffect

VOLUME = 6_150.0  # live contacts (voice + chat) of a mean day at the end of history, without events
MONTH_START = (0.60, 0.47, 0.37, 0.28, 0.20, 0.14)  # lift of total volume on days 1-6 from the month's first open day
MONTH_START_AHT = 0.06  # log lengthening of handle time on day 1; the other days in proportion to their log lift
FARVARDIN = 1 / 3  # what is left of the month start in the month of Nowruz

WEEKDAY = {"sat": 0.20, "sun": 0.13, "mon": 0.09, "tue": 0.07, "wed": 0.04, "thu": -0.19, "fri": -0.34}
HOLIDAY = {
    "holiday": -0.45,
    "weekend holiday": -0.10,
    "after holiday": 0.08,
    "before nowruz": 0.10,
    "nowruz": -0.80,
    "nowruz break": -0.30,
}
GROWTH = 0.08  # log growth of contacts a year
YEARLY = (0.03, 0.02)  # log amplitude of the first and second wave of the year
RAMADAN, RAMADAN_EVENING = -0.10, 0.22  # log level; share of the day's contacts that moves to 20:00-02:00
CHAT_SHARE = (0.90, 0.30)  # of live contacts, 104 weeks before the end of history and at its end
TICKETS = 0.11  # tickets per live contact: about a tenth of all contacts
DAY_NOISE, DAY_MEMORY, SLOT_NOISE = 0.04, 0.5, 0.05  # sd of log rate by day, its day-to-day correlation, sd by slot
AHT = {"voice": 245.0, "chat": 480.0, "tickets": 300.0}  # [s] at the end of history
AHT_GROWTH = {"voice": 0.03, "chat": 0.01, "tickets": 0.0}  # log a year
AHT_SPREAD = {"voice": 0.8, "chat": 0.7, "tickets": 0.7}  # sd / mean of a handle time
PATIENCE = {"voice": 240.0, "chat": 300.0}  # mean [s]
CONCURRENCY = {"voice": 1, "chat": 3, "tickets": 1}
UNPLANNED = 0.06  # share of rostered person-days that do not come


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The true effects of one bank. Effects on volume are logs of factors on the day's rate.

    Attributes
    ----------
    volume : float              Live contacts of a mean day at the end of history, without events.
    growth : float              Log growth of contacts a year.
    yearly : tuple              (cosine, sine) log amplitudes of the first and of the second wave of the year.
    weekday : mapping           Weekday -> log effect; the seven add up to 0.
    month_start : mapping       Position 1-6 -> log of the factor on the volume of all queues, against the same day
                                without it. Position 1 is the month's first open day (neither weekend nor holiday), 2
                                the day after it, and so on, whatever those days are. Days of the month before its first
                                open day feel nothing. In Farvardin the log is multiplied by `farvardin`.
    month_start_aht : mapping   Position 1-6 -> log of the factor on the handle time of voice and chat, likewise.
    farvardin : float           What is left of both in Farvardin.
    holiday : mapping           Kind of day -> log effect, beside the weekday's: `holiday` (on a working day), `weekend
                                holiday`, `after holiday` (first open day after one), `before nowruz` (20 Esfand to the
                                end), `nowruz` (1-4 Farvardin, in place of `holiday`), `nowruz break` (5-13 Farvardin,
                                beside the others).
    ramadan : float             Log effect on the level; `ramadan_evening` of the day's contacts move to 20:00-02:00.
    chat_share : tuple          Chat's share of live contacts 104 weeks before the end and at the end; between them a
                                straight line on the logit scale, which runs on.
    tickets : float             Tickets per live contact of a day without events.
    day_noise, day_memory, slot_noise : float
                                sd of the log rate's day noise (shared by the queues), its correlation from day to
                                day, sd of the log rate's noise by queue and slot. All noise factors have mean 1.
    aht, aht_growth, aht_spread : mapping
                                Queue -> handle time [s] at the end of history, log growth a year, sd / mean.
    patience : mapping          Queue -> mean patience [s], exponential; contacts that an event adds may have more.
    concurrency : mapping       Queue -> contacts that one agent handles at once.
    unplanned : float           Share of the rostered person-days that do not come.
    events : tuple              What each event truly does.
    """

    volume: float
    growth: float
    yearly: tuple[float, float, float, float]
    weekday: Mapping[str, float]
    month_start: Mapping[int, float]
    month_start_aht: Mapping[int, float]
    farvardin: float
    holiday: Mapping[str, float]
    ramadan: float
    ramadan_evening: float
    chat_share: tuple[float, float]
    tickets: float
    day_noise: float
    day_memory: float
    slot_noise: float
    aht: Mapping[str, float]
    aht_growth: Mapping[str, float]
    aht_spread: Mapping[str, float]
    patience: Mapping[str, float]
    concurrency: Mapping[str, int]
    unplanned: float
    events: tuple[EventEffect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth(Effects):
    """What the planner of the bank does not know: its effects, and the rates that they made.

    Attributes
    ----------
    rates : table       queue, start, end, rate (mean of the Poisson count, noise included), expected (the same without
                        day and slot noise), aht [s]: history and future.
    days : table        start (the day) and its log effects: growth, yearly, weekday, month_start, holiday, ramadan,
                        noise; position (1-6 from the month's first open day, else 0), month_start_aht, chat_share,
                        day_type. Without events volume x exp(growth + yearly + weekday + month_start + holiday +
                        ramadan) live contacts are expected; exp(noise) times as many come.
    profiles : table    queue, day_type (workday, weekend, ramadan), second of the day, share of the day's contacts.
    """

    rates: pd.DataFrame
    days: pd.DataFrame
    profiles: pd.DataFrame


def draw_effects(seed: int, events: tuple[EventEffect, ...]) -> Effects:
    """One bank's own effects: the constants of this file, each a little off by chance."""
    rng = np.random.default_rng([seed, 1])
    strength = np.exp(rng.normal(0.0, 0.05))
    lifts = np.log1p(MONTH_START) * strength * rng.normal(1.0, 0.04, size=6)
    longer = MONTH_START_AHT * np.exp(rng.normal(0.0, 0.15))
    weekday = {day: WEEKDAY[day] + rng.normal(0.0, 0.012) for day in WEEKDAYS}
    level = float(np.mean(list(weekday.values())))
    waves = tuple(float(amplitude * rng.normal()) for amplitude in YEARLY for _ in range(2))
    return Effects(
        volume=VOLUME,
        growth=float(rng.normal(GROWTH, 0.012)),
        yearly=(waves[0], waves[1], waves[2], waves[3]),
        weekday={day: float(effect - level) for day, effect in weekday.items()},
        month_start={day + 1: float(lift) for day, lift in enumerate(lifts)},
        month_start_aht={day + 1: float(longer * lift / lifts[0]) for day, lift in enumerate(lifts)},
        farvardin=FARVARDIN,
        holiday={kind: float(effect * rng.normal(1.0, 0.08)) for kind, effect in HOLIDAY.items()},
        ramadan=float(rng.normal(RAMADAN, 0.02)),
        ramadan_evening=float(rng.normal(RAMADAN_EVENING, 0.02)),
        chat_share=CHAT_SHARE,
        tickets=TICKETS,
        day_noise=DAY_NOISE,
        day_memory=DAY_MEMORY,
        slot_noise=SLOT_NOISE,
        aht={queue: float(mean * np.exp(rng.normal(0.0, 0.01))) for queue, mean in AHT.items()},
        aht_growth=AHT_GROWTH,
        aht_spread=AHT_SPREAD,
        patience=PATIENCE,
        concurrency=CONCURRENCY,
        unplanned=UNPLANNED,
        events=events,
    )


def with_tables(effects: Effects, *, rates: pd.DataFrame, days: pd.DataFrame, profiles: pd.DataFrame) -> Truth:
    """The effects together with the tables that they made."""
    known = {field.name: getattr(effects, field.name) for field in fields(effects)}
    return Truth(**known, rates=rates, days=days, profiles=profiles)
