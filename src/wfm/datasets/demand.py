"""The synthetic bank's contacts: rates by queue and interval from the true effects, and the counts that came."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.datasets.truth import Effects

Array = npt.NDArray[np.float64]
QUEUES = ("chat", "tickets", "voice")
DAY_TYPES = ("workday", "weekend", "ramadan")
INTERVAL, SLOTS = 1800.0, 48
NIGHT = 0.07  # level of the night against the forenoon's peak
# (hour of the bump, its width in hours, its height) by queue; the weekend starts late and has no forenoon rush
BUMPS = {
    "voice": ((10.5, 2.3, 0.85), (15.5, 2.8, 0.80), (20.0, 2.2, 0.36)),
    "chat": ((11.0, 2.4, 0.78), (16.0, 2.9, 0.80), (21.0, 2.0, 0.52)),
    "tickets": ((10.0, 2.2, 1.0), (14.5, 2.8, 0.70), (21.0, 2.0, 0.15)),
}
WEEKEND_BUMPS = {
    "voice": ((12.0, 2.5, 0.80), (17.0, 3.0, 0.75), (21.0, 2.2, 0.38)),
    "chat": ((12.5, 2.6, 0.80), (17.5, 3.0, 0.75), (22.0, 2.0, 0.52)),
    "tickets": ((12.0, 2.5, 0.9), (17.0, 3.0, 0.60), (21.0, 2.0, 0.20)),
}


def profiles(effects: Effects) -> pd.DataFrame:
    """The `profiles` table of the truth: each interval's share of its day, by queue and kind of day."""
    second = np.arange(SLOTS) * INTERVAL
    parts = [
        pd.DataFrame({"queue": queue, "day_type": kind, "second": second, "share": profile(effects, queue, kind)})
        for queue in QUEUES
        for kind in DAY_TYPES
    ]
    return pd.concat(parts, ignore_index=True)


def profile(effects: Effects, queue: str, day_type: str) -> Array:
    """Shares of a day's contacts by half hour; in Ramadan a part of the day moves to the evening."""
    bumps = WEEKEND_BUMPS[queue] if day_type == "weekend" else BUMPS[queue]
    usual = _bumps(bumps)
    if day_type != "ramadan":
        return usual
    hour = _hours()
    late = np.exp(-0.5 * (((hour - 22.5 + 12) % 24 - 12) / 1.4) ** 2) * ((hour >= 20) | (hour < 2))
    return np.asarray((1 - effects.ramadan_evening) * usual + effects.ramadan_evening * late / late.sum())


def rates(days: pd.DataFrame, effects: Effects, seed: int) -> pd.DataFrame:
    """The `rates` table of the truth: queue, start, end, rate, expected, aht."""
    starts = pd.date_range(days["start"].iloc[0], periods=len(days) * SLOTS, freq="30min")
    rng = np.random.default_rng([seed, 4])
    noise = np.exp(np.repeat(days["noise"].to_numpy(), SLOTS))
    parts = []
    for queue in QUEUES:
        expected = _day_volume(days, effects, queue)[:, None] * _shapes(days, effects, queue)
        expected = expected.ravel() * _event_factor(effects, queue, starts)
        slot = np.exp(rng.normal(0.0, effects.slot_noise, len(starts)) - effects.slot_noise**2 / 2)
        parts.append(
            pd.DataFrame(
                {
                    "queue": pd.Series(queue, index=range(len(starts)), dtype=object),
                    "start": starts,
                    "end": starts + pd.Timedelta(seconds=INTERVAL),
                    "rate": expected * noise * slot,
                    "expected": expected,
                    "aht": _handle_time(days, effects, queue).ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def counts(rates: pd.DataFrame, effects: Effects, seed: int) -> pd.DataFrame:
    """The contacts that came: queue, start, end, offered, and the mean handle time of all of them."""
    rng = np.random.default_rng([seed, 5])
    offered = rng.poisson(rates["rate"].to_numpy())
    spread = rates["queue"].map(effects.aht_spread).to_numpy(dtype=float)
    share = 1.0 + spread * rng.standard_normal(len(rates)) / np.sqrt(np.maximum(offered, 1))
    few = rng.gamma(np.maximum(offered, 1) / spread**2) * spread**2 / np.maximum(offered, 1)
    aht = rates["aht"].to_numpy() * np.where(offered < 30, few, share)
    return rates[["queue", "start", "end"]].assign(offered=offered.astype(float), aht=np.where(offered, aht, np.nan))


def _hours() -> Array:
    return (np.arange(SLOTS) + 0.5) / 2


def _bumps(bumps: tuple[tuple[float, float, float], ...]) -> Array:
    away = ((_hours()[:, None] - np.array([hour for hour, _, _ in bumps]) + 12) % 24) - 12
    height = np.array([height for _, _, height in bumps])
    curve = NIGHT + (height * np.exp(-0.5 * (away / np.array([width for _, width, _ in bumps])) ** 2)).sum(axis=1)
    return np.asarray(curve / curve.sum())


def _day_volume(days: pd.DataFrame, effects: Effects, queue: str) -> Array:
    logs = days[["growth", "yearly", "weekday", "month_start", "holiday", "ramadan"]].sum(axis=1).to_numpy()
    chat = days["chat_share"].to_numpy()
    share = {"voice": 1 - chat, "chat": chat, "tickets": np.full(len(days), effects.tickets)}[queue]
    return np.asarray(effects.volume * np.exp(logs) * share)


def _shapes(days: pd.DataFrame, effects: Effects, queue: str) -> Array:
    by_type = {kind: profile(effects, queue, kind) for kind in DAY_TYPES}
    return np.stack([by_type[kind] for kind in days["day_type"]])


def _event_factor(effects: Effects, queue: str, starts: pd.DatetimeIndex) -> Array:
    factor = np.ones(len(starts))
    for effect in effects.events:
        if effect.event.acts_on(queue):
            factor *= effect.factor(starts, INTERVAL)
    return factor


def _handle_time(days: pd.DataFrame, effects: Effects, queue: str) -> Array:
    """Handle time by day and half hour: drifts over the years, longer in the evening and at night, at month start."""
    years = days["growth"].to_numpy() / effects.growth
    by_day = effects.aht_growth[queue] * years + (days["month_start_aht"].to_numpy() if queue != "tickets" else 0.0)
    by_hour = 0.05 * np.cos(2 * np.pi * (_hours() - 22.0) / 24)
    return np.asarray(effects.aht[queue] * np.exp(by_day[:, None] + by_hour[None, :]))
