"""A small synthetic centre with known truth, in Solar Hijri months."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.events import Event
from wfm.forecast.learned.curves import Curve

MONTH_START = (0.40, 0.32, 0.26, 0.20, 0.16, 0.12)
WEEKDAY = (0.05, 0.05, 0.0, -0.10, -0.30, 0.20, 0.10)


@dataclass(frozen=True, kw_only=True)
class Centre:
    """A history that was drawn from known rates."""

    history: pd.DataFrame
    future: pd.DataFrame
    rates: pd.DataFrame
    calendar: Calendar
    month_start: tuple[float, ...] = MONTH_START


def _draw(
    *,
    days: int = 210,
    per_day: float = 2400.0,
    seed: int = 0,
    freq: str = "60min",
    noise: float = 0.03,
    first: str = "2025-09-01",
    ahead: int = 28,
    hours: tuple[int, int] = (0, 24),
    month_start: bool = True,
    growth: float = 0.0,
    events: tuple[tuple[Event, float, Curve], ...] = (),
    queue: str = "voice",
) -> Centre:
    rng = np.random.default_rng(seed)
    calendar = Calendar(months="solar-hijri", weekend=("thu", "fri"))
    dates = pd.date_range(first, periods=days + ahead)
    months = calendar.month_day(dates)
    position = np.zeros(len(dates), dtype=int)
    if month_start:
        rest = calendar.is_weekend(dates)
        for k in np.flatnonzero(months["day"].to_numpy() == 1):
            begin = k + int(np.argmin(rest[k : k + 3]))
            position[begin : begin + 6] = np.arange(1, 1 + len(position[begin : begin + 6]))
    level = np.log(per_day) + np.array(WEEKDAY)[dates.day_of_week] + np.array((0.0, *MONTH_START))[position]
    level = level + growth * np.arange(len(dates)) / 365.25 + rng.normal(0, noise, len(dates))
    starts = pd.date_range(first, periods=int((days + ahead) * pd.Timedelta("24h") / pd.Timedelta(freq)), freq=freq)
    hour = starts.hour + starts.minute / 60
    shape = 0.15 + np.exp(-(((hour - 11) / 3.0) ** 2)) + 0.6 * np.exp(-(((hour - 17) / 3.0) ** 2))
    row = (starts.normalize() - dates[0]).days
    shape = shape / np.bincount(row, weights=shape)[row]
    rate = np.exp(level)[row] * shape
    for event, peak, curve in events:
        elapsed = np.asarray((starts - event.start).total_seconds(), dtype=float) / 86400
        lasts = (event.end - event.start).total_seconds() / 86400 if event.end is not None else 0.0
        rate = rate * np.exp(np.log(peak) * curve.at(elapsed, lasts))
    count = rng.poisson(rate)
    aht = 240 * (1 + 0.1 * np.sin(2 * np.pi * hour / 24)) * np.exp(rng.normal(0, 1, len(starts)) / np.sqrt(count + 1.0))
    table = pd.DataFrame({"queue": queue, "start": starts, "offered": count.astype(float), "aht": aht, "rate": rate})
    table = table[(hour >= hours[0]) & (hour < hours[1])].reset_index(drop=True)
    past = table["start"] < dates[days]
    return Centre(
        history=table[past].drop(columns="rate"),
        future=table[~past].drop(columns="rate").reset_index(drop=True),
        rates=table[["queue", "start", "rate"]],
        calendar=calendar,
    )


@pytest.fixture(scope="session")
def draw() -> Callable[..., Centre]:
    """Draw a centre: `draw(days=210, per_day=2400, ...)`."""
    return _draw


@pytest.fixture(scope="session")
def centre() -> Centre:
    """Thirty weeks of hours, round the clock."""
    return _draw()
