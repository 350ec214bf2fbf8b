"""What one fitted queue says of future slots: the day's level and its doubt, the slot's share, what events add."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY
from wfm.errors import SettingError, WfmWarning
from wfm.events import Event
from wfm.forecast.learned.curves import bends_of, felt, felt_by_day, is_short, shape_of, stated
from wfm.forecast.learned.days import DayFeatures, closures
from wfm.forecast.learned.doubts import warn_of_doubts
from wfm.forecast.learned.grid import slot_of
from wfm.forecast.learned.hours_events import expected_effect, felt_in_slots
from wfm.forecast.learned.kinds import family_of
from wfm.forecast.learned.loads import EventLoads
from wfm.forecast.learned.queue_model import QueueModel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MOST_DOUBT = 1.0
"""Largest variance of a log level that a mean is computed with: beyond it the lognormal mean says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Future slots of one queue.

    Attributes
    ----------
    days : DatetimeIndex    The days asked for.
    features : DayFeatures  Of these days.
    row : array             For each slot, the position of its day.
    mean, covariance : array    Of the log level of the days, doubt scaled as past errors ask.
    told : dict             event name -> what the planner's own estimate adds to the log level of each day.
    share : array           Of the day's level, by slot.
    lift : array            Log effect on each slot of events within the day.
    lift_doubt : array      Its variance.
    noise : array           Relative variance of each slot beyond chance.
    aht : array             Handle time of each slot [s]; nan where unknown.
    aht_covariance : array  Of the log handle time of the days.
    """

    days: pd.DatetimeIndex
    features: DayFeatures
    row: Ints
    mean: Floats
    covariance: Floats
    told: dict[str, Floats]
    share: Floats
    lift: Floats
    lift_doubt: Floats
    noise: Floats
    aht: Floats
    aht_covariance: Floats

    @property
    def day_doubt(self) -> Floats:
        """Variance of each day's log level."""
        return np.clip(np.diag(self.covariance), 0.0, MOST_DOUBT)

    @property
    def median_rate(self) -> Floats:
        """Contacts of each slot at the median of the level."""
        return np.asarray(np.exp(self.mean)[self.row] * self.share * np.exp(self.lift))

    @property
    def rate(self) -> Floats:
        """Mean contacts of each slot."""
        return np.asarray(self.median_rate * np.exp((self.day_doubt[self.row] + self.lift_doubt) / 2))

    @property
    def doubt(self) -> Floats:
        """Squared coefficient of variation of each slot's rate."""
        return np.asarray(np.expm1(self.day_doubt[self.row] + self.lift_doubt) + self.noise)


def outlook(model: QueueModel, starts: pd.DatetimeIndex) -> Outlook:
    """What the model says of these slots."""
    dates = starts.normalize()
    days = dates.unique().sort_values()
    row = days.get_indexer(dates).astype(np.int64)
    features = model.features(days, closures(days, model.open_days, model.reader.usual))
    warn_of_doubts(model, days, features, stacklevel=3)
    mean, covariance = model.level.posterior(features)
    covariance = _calibrated(model, days, features, covariance)
    mean, covariance, told = _with_stated(model, days, features, mean, covariance)
    second = slot_of(starts)
    _check_slots(model, second)
    share = model.profile.at(features.take(row), second)
    lift, lift_doubt = _within_the_day(model, starts, days, features, row, told)
    noise = np.interp(second, model.profile.slots, model.noise.variance, period=DAY)
    aht, aht_covariance = _handle_time(model, starts, features, row, second)
    return Outlook(
        days=days,
        features=features,
        row=row,
        mean=mean,
        covariance=covariance,
        told=told,
        share=share,
        lift=lift,
        lift_doubt=lift_doubt,
        noise=noise,
        aht=aht,
        aht_covariance=aht_covariance,
    )


def _calibrated(model: QueueModel, days: pd.DatetimeIndex, features: DayFeatures, covariance: Floats) -> Floats:
    """The covariance with kinds of days, single days and weeks as unruly as past errors showed them."""
    lead = np.asarray((days - model.last_day).days, dtype=float)
    return model.calibration.spread(model.calibration.unrest.on(covariance, features), lead)


def _check_slots(model: QueueModel, second: Floats) -> None:
    """Slots lie on the grid of history; hours that were never open are told by their neighbours, and said so."""
    interval = model.profile.interval
    offset = np.mod(second - model.profile.slots[0], interval)
    stray = np.minimum(offset, interval - offset) > 1e-6
    if stray.any():
        raise SettingError(
            f"starts of queue {model.queue!r} must lie on the grid of history, every {interval:g} s from "
            f"{model.profile.slots[0]:g} s after midnight, got {second[stray][0]:g} s. Sum history and starts to one "
            "interval.",
            name="starts",
            value=float(second[stray][0]),
        )
    unknown = np.unique(second[~np.isin(second, model.profile.slots)])
    if len(unknown):
        warnings.warn(
            f"Queue {model.queue!r} was never open at {len(unknown)} of the times asked for, first "
            f"{unknown[0] / 3600:.2f} h: its neighbouring hours stand in.",
            WfmWarning,
            stacklevel=4,
        )


def _with_stated(
    model: QueueModel, days: pd.DatetimeIndex, features: DayFeatures, mean: Floats, covariance: Floats
) -> tuple[Floats, Floats, dict[str, Floats]]:
    """Bring in what the planner states of coming events.

    Where history has events of the kind, the statement is one more observation of the event's effect and is weighed
    against them by how sure each is; where it has none, the statement is all there is.
    """
    told: dict[str, Floats] = {}
    for column, event in enumerate(model.events):
        said = stated(event)
        if event.start <= model.last_day or not features.events[:, column].any():
            continue
        if not has_precedent(model, event):
            if said is None:
                _warn_unknown(event)
                continue
            size = features.events[:, column]
            told[event.name] = said[0] * size
            mean, covariance = mean + said[0] * size, covariance + said[1] ** 2 * np.outer(size, size)
        elif said is not None:
            expected, along, doubt = _event_effect(model, column, features)
            gain = along / (doubt + said[1] ** 2)
            told[event.name] = gain * (said[0] - expected)
            mean = mean + told[event.name]
            covariance = covariance - np.outer(gain, along)
    return mean, covariance, told


def has_precedent(model: QueueModel, event: Event) -> bool:
    """Whether the training days felt an event of the kind, or of its family."""
    family = family_of(event.kind)
    mine = [k for k, other in enumerate(model.events) if family_of(other.kind) == family]
    return bool(model.level.days.events[:, mine].max(initial=0.0) > 0.2)


def _warn_unknown(event: Event) -> None:
    warnings.warn(
        f"Event {event.name!r}: history holds no {event.kind!r} and no volume is stated, so the forecast "
        "does not move. State volume (1.4 = 40% more at its peak) and doubt.",
        WfmWarning,
        stacklevel=5,
    )


def _event_effect(model: QueueModel, column: int, features: DayFeatures) -> tuple[float, Floats, float]:
    """Posterior mean of an event's log effect at its peak, its covariance with the days, and its variance."""
    level = model.level
    probe = features.take(np.zeros(1, dtype=np.int64))
    only = np.zeros((1, features.events.shape[1]))
    only[0, column] = 1.0
    probe = probe.with_events(only, np.zeros((1, features.bends.shape[1])))
    both = probe.then(features)
    kind = model.events[column].kind
    names = frozenset({f"family {family_of(kind)}", f"kind {kind}", f"single {kind}"})
    contrast = np.eye(len(both))
    mean, covariance = level.effects(both, contrast, names)
    return float(mean[0]), covariance[0, 1:], float(covariance[0, 0])


def _within_the_day(
    model: QueueModel,
    starts: pd.DatetimeIndex,
    days: pd.DatetimeIndex,
    features: DayFeatures,
    row: Ints,
    told: dict[str, Floats],
) -> tuple[Floats, Floats]:
    """Where in its days an event is felt: slots before its start are not lifted, those after it the more."""
    lift, doubt = np.zeros(len(starts)), np.zeros(len(starts))
    middles = (starts + pd.Timedelta(seconds=model.profile.interval / 2)).to_numpy()
    effects = event_parts(model, features)
    for column, event in enumerate(model.events):
        felt_day = features.events[:, column]
        if len(model.profile.slots) < 2 or not felt_day.any() or model.sizes[column] == 0:
            continue
        total = effects[column] + told.get(event.name, 0.0)
        peak = np.divide(total, felt_day, out=np.zeros(len(days)), where=felt_day > 1e-6)
        here = model.sizes[column] * felt(event, middles, shape_of(event, model.shapes))
        lift += peak[row] * (here - felt_day[row])
    for event in model.all_events:
        if not is_short(event) or event.start <= model.last_day:
            continue
        learned = model.hour_effects.get(event.kind)
        here = felt_in_slots(event, starts, model.profile.interval, learned)
        if len(model.profile.slots) == 1:
            here = felt_by_day(event, days, model.profile.slots, DAY, np.ones((len(days), 1)))[row]
        if not here.any():
            continue
        known = expected_effect(event, learned)
        if known is None:
            _warn_unknown(event)
            continue
        lift += known[0] * here
        doubt += (known[1] * here) ** 2
    return lift, doubt


def event_parts(model: QueueModel, features: DayFeatures) -> list[Floats]:
    """What history says each event adds to the log level of each day."""
    level, told = model.level, model.level.told
    kinds = tuple(event.kind for event in model.events)
    loads = EventLoads.of_level(level.learned, kinds, level.days.bends.shape[1])
    means = loads.on(level.days).T @ (level.weights if told is None else level.weights - told.shift)
    means = means if told is None else means + told.pull
    of_event = np.array([k for k, event in enumerate(model.events) for _ in bends_of(event, model.shapes)], dtype=int)
    parts = []
    for column in range(len(model.events)):
        only = features.events * (np.arange(len(model.events)) == column)
        alone = features.with_events(only, features.bends * (of_event == column))
        parts.append(loads.on(alone) @ means)
    return parts


def _handle_time(
    model: QueueModel, starts: pd.DatetimeIndex, features: DayFeatures, row: Ints, second: Floats
) -> tuple[Floats, Floats]:
    """Mean handle time of each slot, and the covariance of the days' log level."""
    if model.aht is None:
        return np.full(len(starts), np.nan), np.zeros((len(features), len(features)))
    mean, covariance = model.aht.level.posterior(features)
    doubt = np.clip(np.diag(covariance), 0.0, MOST_DOUBT)
    aht = np.exp(mean + doubt / 2)[row] * model.aht.at(features.take(row), second)
    kinds = tuple(event.kind for event in model.events)
    for event in model.all_events:
        if event.aht is not None and event.start > model.last_day:
            here = felt_in_slots(event, starts, model.profile.interval)
            learned = model.aht.of_event(event.kind, kinds)  # what is stated takes its place
            aht = aht * (1 + (event.aht - 1) * here) * np.exp(-learned * here)
    return aht, covariance
