"""One queue, fitted: which days are ordinary, their level, the shape of a day, events and handle time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import Calendar
from wfm.errors import TooLittleHistory, WfmWarning
from wfm.events import Event
from wfm.forecast.learned.aht import HandleTime, fit_aht, with_volume
from wfm.forecast.learned.carry import Carry, learn_carry
from wfm.forecast.learned.components import day_components
from wfm.forecast.learned.curves import (
    Blend,
    Shapes,
    bends_of,
    blend,
    candidates,
    felt_by_day,
    is_short,
    learn_shape,
    left_out,
    shape_of,
    usual_curve,
    usual_weights,
)
from wfm.forecast.learned.days import DayFeatures, DayReader
from wfm.forecast.learned.fitting import fit_level
from wfm.forecast.learned.grid import DayGrid
from wfm.forecast.learned.hours_events import HourEffect, learn_hour_effects
from wfm.forecast.learned.kinds import family_of
from wfm.forecast.learned.level import DayLevel, evidence_of, with_events
from wfm.forecast.learned.loads import EventLoads
from wfm.forecast.learned.noise import SlotNoise, earlier_shares, slot_noise
from wfm.forecast.learned.open_days import open_by_now, open_rows
from wfm.forecast.learned.opening import outside_opening
from wfm.forecast.learned.profile import Profile, day_totals, fit_profile, weekday_shares
from wfm.forecast.learned.ranges import Calibration, Tails, calibrate, learn_tails
from wfm.forecast.learned.scaling import Scaled, scaled_regressors
from wfm.regressors import Regressor, of_queue

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
LEAST_DAYS = 19
"""Three weeks from Monday to Friday."""
UNTIL_THEN = (
    "Until then leave such a queue out, and give it a weekly volume and a pattern, or let it be like another queue."
)
"""What to do about a younger queue."""
FEW_DAYS = 54
"""Below eight weeks ranges rest on what is usual elsewhere, and the planner is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueModel:
    """What was learned about one queue.

    Attributes
    ----------
    reader : DayReader          Turns dates into features.
    open_days : DatetimeIndex   The days that taught the level.
    pattern : array             (7, slots) whether the slot was open in recent weeks.
    last_day : timestamp        Last day with data.
    events : tuple of Event     Events that last for days, a column of the features each.
    sizes : array               Factor on each event's effect for its size beside its kind's.
    shapes : mapping            kind -> learned curve.
    hour_effects : mapping      kind -> effect of events that last for hours.
    carry : Carry               What the first part of a day says of its rest.
    """

    queue: str
    reader: DayReader
    open_days: pd.DatetimeIndex
    pattern: Bools
    last_day: pd.Timestamp
    profile: Profile
    level: DayLevel
    calibration: Calibration
    noise: SlotNoise
    tails: Tails
    aht: HandleTime | None
    events: tuple[Event, ...]
    all_events: tuple[Event, ...]
    sizes: Floats
    shapes: Shapes
    hour_effects: Mapping[str, HourEffect]
    carry: Carry

    def features(self, days: pd.DatetimeIndex, open_days: pd.DatetimeIndex) -> DayFeatures:
        """Features of days, with what they feel of events."""
        plain = self.reader.read(days, open_days)
        return felt_days(self.events, self.sizes, self.shapes, days, self.profile, plain)


def event_columns(
    events: Sequence[Event],
    sizes: Floats,
    shapes: Shapes,
    days: pd.DatetimeIndex,
    profile: Profile,
    shares: Floats,
) -> Floats:
    """(days, events) how much of each event is felt on each day, whose slots have these `shares` of it."""
    columns = [
        size * felt_by_day(event, days, profile.slots, profile.interval, shares, shape_of(event, shapes))
        for event, size in zip(events, sizes, strict=True)
    ]
    return np.array(columns, dtype=float).reshape(len(events), len(days)).T


def felt_days(
    events: Sequence[Event],
    sizes: Floats,
    shapes: Shapes,
    days: pd.DatetimeIndex,
    profile: Profile,
    plain: DayFeatures,
) -> DayFeatures:
    """The days with what they feel of events, and how that may be bent."""
    shares = profile.of(plain) if events else np.zeros((len(days), 1))
    felt = event_columns(events, sizes, shapes, days, profile, shares)
    bends = np.zeros((len(days), 0))
    for event, size in zip(events, sizes, strict=True):
        for bend in bends_of(event, shapes):
            one = event_columns((event,), np.array([size]), {event.kind: bend}, days, profile, shares)
            bends = np.hstack([bends, one])
    return plain.with_events(felt, bends)


def fit_queue(
    grid: DayGrid,
    calendar: Calendar,
    events: Sequence[Event],
    regressors: Sequence[Regressor] = (),
    known: QueueModel | None = None,
) -> QueueModel:
    """Fit one queue; `known` is a fit of nearly the same history, whose variances and event shapes are the start."""
    mine = tuple(event for event in events if event.acts_on(grid.queue))
    whole, grid = grid, grid.without(outside_opening(grid, _special(grid.days, calendar)))
    known_days = grid.without(left_out(grid, mine) | calendar.is_closed(grid.days)[:, None])
    ordinary = known_days.without(known_days.freaks())
    totals, exposure = day_totals(ordinary, _first_shares(ordinary))
    rows = open_rows(grid.days, totals, exposure, calendar)
    _check_length(grid, rows)
    open_days = grid.days[rows]
    reader = DayReader.of(calendar, open_days, _scaled(grid, open_days, regressors))
    plain = reader.read(open_days, open_days)
    profile = fit_profile(ordinary, rows, plain)
    counts, seen = _counts(ordinary, rows, profile, plain)
    long_events = tuple(event for event in mine if not is_short(event) and event.learn)
    level, sizes, shapes = _fit_with_events(plain, counts, seen, long_events, open_days, profile, known)
    straight = profile.straightened(ordinary, rows, plain)
    earlier = earlier_shares(straight, rows, plain, profile.waves)
    earlier[rows] = profile.bent(plain, earlier[rows], straight.seen[rows])
    # shapes are checked in recent weeks, in which a queue with a contact every few weeks may have had none
    came = bool(np.nansum(ordinary.offered[~np.isnan(earlier)]) > 0)
    calibration, noise = calibrate(level), slot_noise(ordinary, earlier if came else np.full_like(earlier, np.nan))
    model = QueueModel(
        queue=grid.queue,
        reader=reader,
        open_days=open_days,
        pattern=open_by_now(whole, rows),
        last_day=_last_day(grid),
        profile=profile,
        level=level,
        calibration=calibration,
        noise=noise,
        tails=learn_tails(ordinary, rows, earlier, level, calibration, noise),
        aht=with_volume(
            fit_aht(
                ordinary,
                rows,
                felt_days(long_events, np.ones(len(long_events)), shapes, open_days, profile, plain),
                known.aht if known else None,
                _kinds(long_events),
            ),
            level,
        ),
        events=long_events,
        all_events=mine,
        sizes=sizes,
        shapes=shapes,
        hour_effects={},
        carry=learn_carry(ordinary, rows, earlier, level, calibration),
    )
    return replace(model, hour_effects=learn_hour_effects(grid, model.profile, model.level, mine, open_days, plain))


def _scaled(grid: DayGrid, open_days: pd.DatetimeIndex, regressors: Sequence[Regressor]) -> tuple[Scaled, ...]:
    """The regressors of the queue, known until the last day with data."""
    found = scaled_regressors(of_queue(regressors, grid.queue), open_days, grid.queue)
    return tuple(replace(one, until=_last_day(grid)) for one in found)


def fit_queue_or_tell(*job: Any) -> QueueModel | TooLittleHistory:
    """Fit one queue, or tell that its history is too short: others may be told of beside it."""
    try:
        return fit_queue(*job)
    except TooLittleHistory as problem:
        return problem


def _special(days: pd.DatetimeIndex, calendar: Calendar) -> Bools:
    """Days that may have opening hours of their own."""
    seasons = [calendar.in_season(days, name) for name in calendar.seasons]
    return np.asarray(np.any([calendar.is_holiday(days), *(np.asarray(one) > 0 for one in seasons)], axis=0))


def _first_shares(grid: DayGrid) -> Floats:
    return weekday_shares(grid, float(len(grid.days) - 1))


def _counts(grid: DayGrid, rows: Bools, profile: Profile, plain: DayFeatures) -> tuple[Floats, Floats]:
    """Contacts and exposure of the open days by the final shape."""
    seen = grid.seen[rows]
    exposure = (profile.of(plain) * seen).sum(axis=1)
    counts = np.where(seen, grid.offered[rows], 0.0).sum(axis=1)
    return counts, np.where(exposure > 0.999, 1.0, exposure)


def _check_length(grid: DayGrid, rows: Bools) -> None:
    at = np.flatnonzero(rows)
    span = int(at[-1] - at[0]) + 1 if len(at) else 0
    least = 2.5 * len(set(grid.weekday[at].tolist()))
    if span < LEAST_DAYS or len(at) < max(least, 3):
        raise TooLittleHistory(
            f"history of queue {grid.queue!r} must hold at least three weeks of open days, got {len(at)} open day(s) "
            f"over {span} day(s). {UNTIL_THEN}",
            table="history",
            column="offered",
        )
    if span < FEW_DAYS:
        warnings.warn(
            f"Queue {grid.queue!r} has only {span / 7:.0f} weeks of history: month, holiday and yearly "
            "effects are mostly assumed and ranges are wide. From eight weeks on they are learned.",
            WfmWarning,
            stacklevel=6,
        )


def _fit_with_events(
    plain: DayFeatures,
    counts: Floats,
    seen: Floats,
    events: tuple[Event, ...],
    open_days: pd.DatetimeIndex,
    profile: Profile,
    known: QueueModel | None,
) -> tuple[DayLevel, Floats, Shapes]:
    """The level with its events: shapes first, each kind against a level that does not know it, then all together."""
    begin = known.level.learned if known else None
    sizes = known.sizes if known and known.events == events else np.ones(len(events))
    past = [k for k, event in enumerate(events) if event.start < open_days[-1] + pd.Timedelta(days=1)]
    if not past:
        days = plain.with_events(np.zeros((len(plain), len(events))))
        found = day_components(days, _kinds(events))
        return fit_level(days, counts, found, exposure=seen, begin=begin, changing=True), sizes, {}
    shapes: Shapes = known.shapes if known else {}
    mine = tuple(events[k] for k in past)
    if any(event.kind not in shapes for event in mine):
        # a level that knows no event: its robust weights keep the memory from swallowing what the events did
        without = fit_level(plain, counts, day_components(plain, ()), exposure=seen, begin=begin)
        begin = without.learned
        shapes = shapes_of(mine, without, plain, open_days, profile)
    for _ in range(2 if any(event.size for event in events) and not known else 1):
        days = felt_days(events, sizes, shapes, open_days, profile, plain)
        level = fit_level(days, counts, day_components(days, _kinds(events)), exposure=seen, begin=begin, changing=True)
        begin, sizes = level.learned, _size_factors(events, past, level, sizes)
    return _with_event_variances(level, _kinds(events)), sizes, shapes


def _with_event_variances(level: DayLevel, kinds: tuple[str, ...]) -> DayLevel:
    """The level with the likeliest variances of what events do, by all days at once."""
    loads = EventLoads.of_level(level.learned, kinds, level.days.bends.shape[1])
    if not loads.owners:
        return level
    covariance, felt = level.factor @ level.factor.T, loads.on(level.days)
    known, _ = evidence_of(covariance, level.factor @ level.surprise, felt)
    return with_events(level, covariance - felt @ felt.T, level.days, kinds, known.variances(loads))


def shapes_of(
    past: Sequence[Event], without: DayLevel, plain: DayFeatures, open_days: pd.DatetimeIndex, profile: Profile
) -> Shapes:
    """The curves of kinds, each family's from its past events against a level without events."""
    found: dict[str, Blend] = {}
    for family in sorted({family_of(event.kind) for event in past}):
        mine = tuple(event for event in past if family_of(event.kind) == family)
        found |= _family_shapes(mine, without, plain, open_days, profile)
    return found


def _family_shapes(
    mine: tuple[Event, ...], without: DayLevel, plain: DayFeatures, open_days: pd.DatetimeIndex, profile: Profile
) -> dict[str, Blend]:
    """The curve of a family's kinds, from its past events."""
    usual = usual_curve(mine[0])
    options = candidates(usual)
    kept = slice(len(plain) - len(without.days), None)
    shares, known = profile.of(plain), {}
    columns = []
    for curve in options:
        single = Blend(curves=(curve,), weights=(1.0,))
        key = tuple(
            single.stated(event) for event in mine
        )  # what the planner states of an event is in all shapes alike
        if key not in known:
            known[key] = event_columns(mine, np.ones(len(mine)), {mine[0].kind: single}, open_days, profile, shares)
        columns.append(known[key][kept])
    before = usual_weights(usual, options)
    shape = blend(options, learn_shape(without, columns, before), before)
    return {event.kind: shape for event in mine}


def _kinds(events: Sequence[Event]) -> tuple[str, ...]:
    return tuple(event.kind for event in events)


def _size_factors(events: Sequence[Event], past: list[int], level: DayLevel, sizes: Floats) -> Floats:
    """How the log effect grows with the size of an event: its lift is in proportion to its size."""
    out = np.ones(len(events))
    for kind in set(_kinds(events)):
        known = [k for k in past if events[k].kind == kind and events[k].size]
        if not known:
            continue
        mine = np.array([event.kind == kind for event in events])
        mean = float(np.mean([events[k].size for k in known]))
        family = np.array([family_of(event.kind) == family_of(kind) for event in events])
        pulled = level.days.events.T @ level.weights
        peak = level.learned.get(f"kind {kind}", 0.0) * float(pulled[mine].sum())
        peak += level.learned.get(f"family {family_of(kind)}", 0.0) * float(pulled[family].sum())
        lift = float(np.expm1(np.clip(peak, -2.0, 3.0)))
        for k in np.flatnonzero(mine).tolist():
            ratio = (events[k].size or mean) / mean
            if abs(peak) > 0.02 and 1 + lift * ratio > 0.05:
                out[k] = np.log1p(lift * ratio) / peak
            else:
                out[k] = ratio
    return out


def _last_day(grid: DayGrid) -> pd.Timestamp:
    known = np.flatnonzero(grid.seen.any(axis=1))
    return pd.Timestamp(grid.days[known[-1]])
