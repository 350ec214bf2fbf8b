"""Events that last for hours: an outage, a flash sale. They are learned from slots against the fitted level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.events import Event
from wfm.forecast.learned.curves import felt, is_short, lasts, stated
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.level import DayLevel
from wfm.forecast.learned.profile import Profile

Floats = npt.NDArray[np.float64]
PRIOR_SD = 0.7
"""Doubt about the log effect of an unknown kind."""
BETWEEN_SD = 0.3
"""How far single events of a kind stray from each other on the log scale."""
LITTLE = 0.1
"""Share of the peak below which a slot says nothing about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourEffect:
    """Log effect on volume at the peak of an event of the kind, and its standard deviation."""

    effect: float
    sd: float
    events: int


def learn_hour_effects(
    grid: DayGrid,
    profile: Profile,
    level: DayLevel,
    events: Sequence[Event],
    open_days: pd.DatetimeIndex,
    plain: DayFeatures,
) -> dict[str, HourEffect]:
    """The effect of each kind of short event: what came over what the level of its day and the shape would give."""
    learned: dict[str, list[tuple[float, float]]] = {}
    shares = profile.of(plain)
    begins = grid.moments()[np.asarray((open_days - grid.days[0]).days)]
    offered = grid.offered[np.asarray((open_days - grid.days[0]).days)]
    for event in events:
        if not (is_short(event) and event.learn):
            continue
        share = _felt(event, begins, grid.interval)
        acting = (share > LITTLE) & ~np.isnan(offered)
        rows = np.flatnonzero(acting.any(axis=1))
        rows = rows[rows >= len(plain) - len(level.days)]
        if not len(rows):
            continue
        # the event's own hours were left out, so the level of its day is told by the rest of it
        mean, _ = level.posterior(level.days.take(rows - (len(plain) - len(level.days))))
        expected = (np.exp(mean)[:, None] * shares[rows])[acting[rows]]
        learned.setdefault(event.kind, []).append(
            _peak(float(offered[rows][acting[rows]].sum()), expected, share[rows][acting[rows]])
        )
    return {kind: _pooled(found) for kind, found in learned.items()}


def _felt(event: Event, begins: npt.NDArray[np.datetime64], interval: float) -> Floats:
    """Share of the event's peak in each slot; an event with an end is felt in full in the slots that it touches."""
    if lasts(event) == 0:
        return felt(event, begins + np.timedelta64(int(interval / 2), "s"))
    first = event.start.to_datetime64() + np.timedelta64(int(event.delay), "s")
    last = event.start.to_datetime64() + np.timedelta64(int(lasts(event) * 86400), "s")
    return np.asarray((begins + np.timedelta64(int(interval), "s") > first) & (begins < last), dtype=float)


def _peak(actual: float, expected: Floats, share: Floats) -> tuple[float, float]:
    """Log effect at the peak that explains the sum of what came, by Newton's steps, and its chance variance."""
    peak = 0.0
    for _ in range(30):
        rate = expected * np.exp(peak * share)
        slope = float(rate @ share) + 0.5
        step = float(np.clip((actual - rate.sum()) / slope, -1.0, 1.0))
        peak = float(np.clip(peak + step, -6.0, 6.0))
        if abs(step) < 1e-6:
            break
    base = float(expected @ share**2) + 0.5  # information about the peak where nothing happens
    return peak, 1 / base


def _pooled(found: list[tuple[float, float]]) -> HourEffect:
    """Mean of the events' log effects, shrunk to none; the doubt is that of the next event."""
    precision = [1 / (chance + BETWEEN_SD**2) for _, chance in found]
    total = sum(precision) + 1 / PRIOR_SD**2
    effect = sum(p * e for p, (e, _) in zip(precision, found, strict=True)) / total
    return HourEffect(effect=float(effect), sd=float(np.sqrt(1 / total + BETWEEN_SD**2)), events=len(found))


def expected_effect(event: Event, known: HourEffect | None) -> tuple[float, float] | None:
    """Log effect of a coming event and its doubt: learned and stated, weighed by how sure each is."""
    said = stated(event)
    if known is None:
        return said
    if said is None:
        return known.effect, known.sd
    weights = 1 / known.sd**2, 1 / said[1] ** 2
    return ((weights[0] * known.effect + weights[1] * said[0]) / sum(weights), float(1 / np.sqrt(sum(weights))))


def felt_in_slots(event: Event, starts: pd.DatetimeIndex, interval: float) -> Floats:
    """Share of the event's peak in each slot, at its middle."""
    return felt(event, (starts + pd.Timedelta(seconds=interval / 2)).to_numpy())
