"""The synthetic bank's days: which effects act on each date, as logs of factors on the day's contacts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import WEEKDAYS, Calendar
from wfm.datasets.dates import is_open
from wfm.datasets.truth import Effects

Array = npt.NDArray[np.float64]
YEAR = 365.25


def day_effects(
    days: pd.DatetimeIndex, until: pd.Timestamp, effects: Effects, calendar: Calendar, seed: int
) -> pd.DataFrame:
    """The `days` table of the truth: every day's log effects, its position from the month start and its chat share."""
    age = np.asarray((days - until).days, dtype=float)
    position, damping = month_start_position(days, calendar, effects.farvardin)
    ramadan = calendar.in_season(days, "ramadan")
    return pd.DataFrame(
        {
            "start": days,
            "growth": effects.growth * age / YEAR,
            "yearly": _yearly(days, effects) - _yearly(pd.DatetimeIndex([until]), effects),
            "weekday": [effects.weekday[WEEKDAYS[day]] for day in days.day_of_week],
            "position": position,
            "month_start": _at(effects.month_start, position) * damping,
            "month_start_aht": _at(effects.month_start_aht, position) * damping,
            "holiday": _holiday(days, calendar, effects),
            "ramadan": np.where(ramadan, effects.ramadan, 0.0),
            "noise": _noise(len(days), effects, np.random.default_rng([seed, 3])),
            "chat_share": _chat_share(age, effects.chat_share),
            "day_type": np.where(
                ramadan,
                "ramadan",
                np.where(calendar.is_weekend(days) | calendar.is_holiday(days), "weekend", "workday"),
            ).astype(object),
        }
    )


def month_start_position(
    days: pd.DatetimeIndex, calendar: Calendar, farvardin: float
) -> tuple[npt.NDArray[np.int64], Array]:
    """Each day's position (1-6) from the first open day of its month, 0 for the rest; and the damping of its effect.

    >>> from wfm.datasets.dates import bank_calendar
    >>> days = pd.date_range("2026-10-22", periods=4)  # Thu 30 Mehr; Fri 1 Aban is a weekend day: the spike is on Sat 2
    >>> month_start_position(days, bank_calendar(), 1 / 3)[0].tolist()
    [0, 0, 1, 2]
    """
    around = pd.date_range(days[0] - pd.Timedelta(days=31), days[-1])  # the month of the first day from its day 1
    solar = calendar.month_day(around)
    payday = is_open(calendar, around)
    first_open = payday & ~(payday.groupby([solar["year"], solar["month"]]).cumsum() > 1)
    since = np.full(len(around), 99, dtype=np.int64)
    for anchor in np.flatnonzero(first_open.to_numpy() & (solar["day"].to_numpy() <= 15)):
        run = slice(anchor, anchor + 6)
        since[run] = np.arange(len(since[run]))
    position = np.where(since < 6, since + 1, 0)[-len(days) :]
    month = solar["month"].to_numpy()[-len(days) :]
    return position, np.where(month == 1, farvardin, 1.0)


def _at(effect: Mapping[int, float], position: npt.NDArray[np.int64]) -> Array:
    return np.asarray(np.array([0.0, *effect.values()])[position], dtype=float)


def _yearly(days: pd.DatetimeIndex, effects: Effects) -> Array:
    angle = 2 * np.pi * np.asarray(days.day_of_year, dtype=float) / YEAR
    a, b, c, d = effects.yearly
    return np.asarray(a * np.cos(angle) + b * np.sin(angle) + c * np.cos(2 * angle) + d * np.sin(2 * angle))


def _holiday(days: pd.DatetimeIndex, calendar: Calendar, effects: Effects) -> Array:
    """Log effect of public holidays, the day after them, the weeks before and after Nowruz."""
    around = pd.date_range(days[0] - pd.Timedelta(days=14), days[-1])
    holiday, weekend = calendar.is_holiday(around), calendar.is_weekend(around)
    solar = calendar.month_day(around)
    month, day = solar["month"].to_numpy(), solar["day"].to_numpy()
    nowruz = (month == 1) & (day <= 4)
    rest = (month == 1) & (day >= 5) & (day <= 13)
    open_ = ~holiday & ~weekend
    effect = np.where(holiday & ~weekend, effects.holiday["holiday"], 0.0)
    effect += np.where(holiday & weekend, effects.holiday["weekend holiday"], 0.0)
    effect += np.where(
        _after_holiday(holiday & ~weekend & ~nowruz & ~rest, open_) & ~rest, effects.holiday["after holiday"], 0.0
    )
    effect += np.where((month == 12) & (day >= 20), effects.holiday["before nowruz"], 0.0)
    effect += np.where(rest, effects.holiday["nowruz break"], 0.0)
    return np.where(nowruz, effects.holiday["nowruz"], effect)[-len(days) :]


def _after_holiday(holiday: npt.NDArray[np.bool_], open_: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The first open day after a holiday."""
    after, owed = np.zeros(len(open_), dtype=bool), False
    for k in range(len(open_)):
        if holiday[k]:
            owed = True
        elif open_[k]:
            after[k], owed = owed, False
    return after


def _noise(count: int, effects: Effects, rng: np.random.Generator) -> Array:
    """Day noise that remembers the day before; its factor has mean 1."""
    memory, sd = effects.day_memory, effects.day_noise
    shocks = rng.normal(0.0, sd, size=count)
    noise = np.empty(count)
    noise[0] = shocks[0]
    for k in range(1, count):
        noise[k] = memory * noise[k - 1] + np.sqrt(1 - memory**2) * shocks[k]
    return noise - sd**2 / 2


def _chat_share(age: Array, share: tuple[float, float]) -> Array:
    """Chat's share of live contacts: a straight line on the logit scale from 104 weeks before the end to the end."""
    first, last = (np.log(s / (1 - s)) for s in share)
    return np.asarray(1 / (1 + np.exp(-(last + (last - first) * age / 728))))
