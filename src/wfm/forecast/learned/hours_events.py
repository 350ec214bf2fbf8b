"""Events that last for hours: an outage, a flash sale. They are learned from slots against the fitted level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY
from wfm.events import Event
from wfm.forecast.learned.curves import Blend, Curve, felt, is_short, lasts, stated, usual_curve, usual_weights
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.level import DayLevel
from wfm.forecast.learned.profile import Profile

Floats = npt.NDArray[np.float64]
PRIOR_SD = 0.7
"""Doubt about the log effect of an unknown kind."""
BETWEEN_SD = 0.3
"""How far single events of a kind stray from each other on the log scale."""
HALVES = (1 / 12, 1 / 4, 1 / 2, 1.0, 2.0, 4.0)
"""Hours in which half of an effect may fade after the end, among which history chooses."""
AFTER = 6.0
"""Hours after the end that tell of it."""
UNRULY = 0.1
"""How far slots stray from what is expected beyond chance, as a share of it."""
LITTLE = 0.1
"""Share of the peak below which a slot says nothing about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourEffect:
    """What past events of a kind did.

    Attributes
    ----------
    effect, sd : float  Log effect on volume at the peak, of an event of the mean size, and its standard deviation.
    events : int        How many of them taught it.
    size : float        Their mean size; 0 = none has one.
    shape : Blend       How the effect fades after the end; None = none of them has an end.
    """

    effect: float
    sd: float
    events: int
    size: float = 0.0
    shape: Blend | None = None


def learn_hour_effects(
    grid: DayGrid,
    profile: Profile,
    level: DayLevel,
    events: Sequence[Event],
    open_days: pd.DatetimeIndex,
    plain: DayFeatures,
) -> dict[str, HourEffect]:
    """The effect of each kind of short event: what came over what the level of its day and the shape would give."""
    short = [event for event in events if is_short(event) and event.learn]
    if not short:
        return {}
    taught: dict[str, list[_Taught]] = {}
    shares = profile.of(plain)
    begins = grid.moments()[np.asarray((open_days - grid.days[0]).days)]
    offered = grid.offered[np.asarray((open_days - grid.days[0]).days)]
    for event in short:
        share = _felt(event, begins, grid.interval)
        after = _after(event, begins, grid.interval)
        told = ((share > LITTLE) | ~np.isnan(after)) & ~np.isnan(offered)
        rows = np.flatnonzero(((share > LITTLE) & told).any(axis=1))
        rows = rows[rows >= len(plain) - len(level.days)]
        if not len(rows):
            continue
        # the event's own hours were left out, so the level of its day is told by the rest of it
        mean, _ = level.posterior(level.days.take(rows - (len(plain) - len(level.days))))
        expected, here = np.exp(mean)[:, None] * shares[rows], told[rows]
        acting, faded = here & (share[rows] > LITTLE), here & ~np.isnan(after[rows])
        taught.setdefault(event.kind, []).append(
            _Taught(
                event=event,
                peak=_peak(float(offered[rows][acting].sum()), expected[acting], share[rows][acting]),
                after=after[rows][faded],
                expected=expected[faded],
                came=offered[rows][faded],
            )
        )
    return {kind: _pooled(found) for kind, found in taught.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taught:
    """One past event: its log effect at the peak with its chance variance, and the slots after its end.

    `after` is in days since the end; `expected` and `came` are contacts without the event and with it.
    """

    event: Event
    peak: tuple[float, float]
    after: Floats
    expected: Floats
    came: Floats

    def likelihood(self, curve: Curve) -> float:
        """Log likelihood of what came after the end, if the effect faded like this."""
        rate = np.maximum(self.expected * np.exp(self.peak[0] * 0.5 ** (self.after / curve.half)), 0.1)
        variance = rate + (UNRULY * rate) ** 2
        return float(-0.5 * ((self.came - rate) ** 2 / variance + np.log(variance)).sum())


def _after(event: Event, begins: npt.NDArray[np.datetime64], interval: float) -> Floats:
    """Days from the end of an event to the middle of each slot after it; nan elsewhere, or where its fading is told."""
    past = (begins - event.start.to_datetime64()) / np.timedelta64(1, "s") / DAY - lasts(event) + interval / 2 / DAY
    inside = (past > 0.49 * interval / DAY) & (past < AFTER / 24)  # slots that begin after the end
    if event.end is None or event.decay is not None or event.recalls:
        return np.full(begins.shape, np.nan)
    return np.where(inside, past, np.nan)


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


def _pooled(taught: Sequence[_Taught]) -> HourEffect:
    """Mean of the events' log effects, shrunk to none; the doubt is that of the next event."""
    sizes = [one.event.size for one in taught if one.event.size]
    size = float(np.mean(sizes)) if sizes else 0.0
    precision = [1 / (one.peak[1] + BETWEEN_SD**2) for one in taught]
    total = sum(precision) + 1 / PRIOR_SD**2
    effects = [_of_size(one.peak[0], size / (one.event.size or size or 1.0)) for one in taught]
    effect = sum(p * e for p, e in zip(precision, effects, strict=True)) / total
    sd = float(np.sqrt(1 / total + BETWEEN_SD**2))
    return HourEffect(effect=float(effect), sd=sd, events=len(taught), size=size, shape=_shape(taught))


def _of_size(effect: float, ratio: float) -> float:
    """Log effect of an event so many times as large: its lift is in proportion to its size."""
    return float(np.log(max(1 + np.expm1(effect) * ratio, 0.05))) if ratio > 0 else effect


def _shape(taught: Sequence[_Taught]) -> Blend | None:
    """How the effect of a kind fades: each way by how likely it makes what came, about the usual one of the kind."""
    ended = [one for one in taught if len(one.after)]
    if not ended:
        return None
    options = [Curve(delay=0.0, half=half / 24) for half in HALVES]
    score = np.log(usual_weights(usual_curve(ended[0].event), options))
    score += [sum(one.likelihood(curve) for one in ended) for curve in options]
    weights = np.exp(score - score.max())
    return Blend(curves=tuple(options), weights=tuple((weights / weights.sum()).tolist()))


def expected_effect(event: Event, known: HourEffect | None) -> tuple[float, float] | None:
    """Log effect of a coming event and its doubt: learned and stated, weighed by how sure each is."""
    said = stated(event)
    if known is None:
        return said
    effect = _of_size(known.effect, event.size / known.size) if event.size and known.size else known.effect
    if said is None:
        return effect, known.sd
    weights = 1 / known.sd**2, 1 / said[1] ** 2
    return ((weights[0] * effect + weights[1] * said[0]) / sum(weights), float(1 / np.sqrt(sum(weights))))


def felt_in_slots(event: Event, starts: pd.DatetimeIndex, interval: float, known: HourEffect | None = None) -> Floats:
    """Share of the event's peak in each slot, at its middle, as past events of its kind faded."""
    shape = known.shape if known is not None and event.end is not None else None
    return felt(event, (starts + pd.Timedelta(seconds=interval / 2)).to_numpy(), shape)
