"""Days with and without each known event, side by side, and how sure that is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.events import Event
from wfm.forecast.forecaster import Forecaster, Starts
from wfm.forecast.learned.curves import bends_of, is_short, stated
from wfm.forecast.learned.days import DayFeatures, closures
from wfm.forecast.learned.hours_events import expected_effect, felt_in_slots
from wfm.forecast.learned.level import evidence_of
from wfm.forecast.learned.loads import EventLoads
from wfm.forecast.learned.queue_model import QueueModel
from wfm.forecast.outlook.slots import has_precedent

Floats = npt.NDArray[np.float64]
COLUMNS = ["queue", "day", "event", "offered", "without", "lift", "low", "high"]
EVENT = "event:"
INTERVAL = 1.6448536
"""Standard deviations to either side of a 90% interval."""
LEAST = 0.005
"""Lift below which an event is taken to be over."""


def event_lifts(model: Forecaster, days: int | None = None, *, starts: Starts | None = None) -> pd.DataFrame:
    """What each event does to the days asked for: with it, without it, and the doubt.

    Parameters
    ----------
    model : Forecaster      Fitted.
    days, starts            As in `predict`.

    Returns
    -------
    DataFrame               queue, day, event, offered (mean contacts of the day, all events in), without (the same but
                            this event), lift (the one over the other), low, high (its 90% interval): a row for each day
                            on which an event is felt, one of history too. In a stream the lift is that of its sum.

    >>> from wfm import Event
    >>> steady = pd.DataFrame({"queue": "voice", "start": pd.date_range("2026-01-05", periods=70), "offered": 500.0})
    >>> launch = Event(kind="launch", name="Card 2", start="2026-03-17", volume=1.2, doubt=0.25)
    >>> lifts = event_lifts(Forecaster(events=[launch]).fit(steady), days=4)
    >>> lifts["day"].dt.day.tolist()[:2], lifts[["low", "lift", "high"]].round(1).values.tolist()[1]
    ([17, 18], [1.1, 1.2, 1.3])
    """
    forecast = model.predict(days, starts=starts, quantiles=())
    told = model.explain(days, starts=starts)
    told = told[told["component"].str.startswith(EVENT) & (told["factor"] != 1.0)]
    tables = [pd.DataFrame(columns=COLUMNS)]
    for queue, slots in forecast.groupby("queue", sort=False):
        daily = slots.groupby(slots["start"].dt.normalize())["offered"].sum()
        for component, rows in told[told["queue"] == queue].groupby("component", sort=False):
            name, dates = str(component).removeprefix(EVENT), pd.DatetimeIndex(rows["day"])
            sd = _doubt(_teller(model, str(queue)), name, dates)
            around = rows["factor"].to_numpy() * np.exp(np.array([sd**2 / 2, -INTERVAL * sd, INTERVAL * sd]))
            tables.append(_table(str(queue), name, dates, daily.reindex(dates).to_numpy(), around))
        tables += _of_hours(model.models_[str(queue)], slots)
    kept = [table for table in tables if len(table)] or tables
    found: pd.DataFrame = pd.concat(kept, ignore_index=True)
    return found.sort_values(["queue", "day"], kind="stable", ignore_index=True)


def _table(queue: str, event: str, days: pd.DatetimeIndex, offered: Floats, lifts: Floats) -> pd.DataFrame:
    """`lifts` are the mean lift, its low and its high, by day; days on which the event is over are left out."""
    table = {"queue": queue, "day": days, "event": event, "offered": offered, "without": offered / lifts[0]}
    rows = pd.DataFrame(table | dict(zip(("lift", "low", "high"), lifts, strict=True)))[COLUMNS]
    return rows[(rows["lift"] - 1).abs() >= LEAST]


def _of_hours(model: QueueModel, slots: pd.DataFrame) -> list[pd.DataFrame]:
    """The same of coming events that last for hours."""
    starts, rate = pd.DatetimeIndex(slots["start"]), slots["offered"].to_numpy()
    days, row = np.unique(starts.normalize(), return_inverse=True)
    tables = []
    for event in model.all_events:
        learned = model.hour_effects.get(event.kind)
        known = expected_effect(event, learned)
        if not is_short(event) or event.start <= model.last_day or known is None:
            continue
        here = felt_in_slots(event, starts, model.profile.interval, learned)
        logs = known[0] + known[1] * np.array([0.0, -INTERVAL, INTERVAL])
        without = rate * np.exp(-known[0] * here - (known[1] * here) ** 2 / 2)
        each = [rate, *(without * np.exp(log * here) for log in logs[1:]), without]
        daily = np.array([np.bincount(row, slot) for slot in each])
        tables.append(_table(model.queue, event.name, pd.DatetimeIndex(days), daily[0], daily[:3] / daily[3]))
    return tables


def _teller(model: Forecaster, queue: str) -> QueueModel:
    """The model that knows the queue's events: its stream's, or its own."""
    return next((s.total for s in model.streams_ if queue in s.queues and not s.leanings), model.models_[queue])


def _doubt(model: QueueModel, name: str, days: pd.DatetimeIndex) -> Floats:
    """Standard deviation of the log lift of an event on each day."""
    features = model.features(days, closures(days, model.open_days, model.reader.usual))
    column = next(k for k, event in enumerate(model.events) if event.name == name)
    event, felt = model.events[column], features.events[:, column]
    said = stated(event) if event.start > model.last_day else None
    if said is not None and not has_precedent(model, event):
        return np.asarray(said[1] * felt)
    owed = _alone(model, features, event, column)
    sd = np.sqrt(np.maximum(((owed @ _of_loads(model)) * owed).sum(axis=1), 0.0))
    if said is None:
        return np.asarray(sd)
    peak = float((sd / np.maximum(felt, 1e-9))[int(np.argmax(felt))])
    return np.asarray(sd * said[1] / np.hypot(peak, said[1]))  # what is stated is one more observation of the peak


def _alone(model: QueueModel, features: DayFeatures, event: Event, column: int) -> Floats:
    """(days, loads) what the days owe to one event."""
    of_event = np.array([k for k, one in enumerate(model.events) for _ in bends_of(one, model.shapes)], dtype=int)
    only = features.events * (np.arange(len(model.events)) == column)
    return _loads(model).on(features.with_events(only, features.bends * (of_event == column)))


def _loads(model: QueueModel) -> EventLoads:
    kinds = tuple(event.kind for event in model.events)
    return EventLoads.of_level(model.level.learned, kinds, model.level.days.bends.shape[1])


def _of_loads(model: QueueModel) -> Floats:
    """Covariance of the loads after all that was seen."""
    level = model.level
    known, _ = evidence_of(level.factor @ level.factor.T, level.factor @ level.surprise, _loads(model).on(level.days))
    return known.doubt if level.told is None else known.doubt - known.doubt @ level.told.gain @ known.doubt
