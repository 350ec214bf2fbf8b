"""What is asked of a forecaster: which slots of which queues, and names that history does not hold."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd

from wfm.calendars import Calendar
from wfm.errors import DataError, SettingError, TooLittleHistory, WfmWarning, did_you_mean, listed
from wfm.events import Event
from wfm.forecast.learned.queue_model import UNTIL_THEN, QueueModel


def check_knowledge(calendar: object, events: object, **sums: object) -> None:
    """Refuse what a forecaster cannot be told, before it is asked to learn."""
    if calendar is not None and not isinstance(calendar, Calendar):
        raise SettingError(
            f"calendar must be a wfm.Calendar such as Calendar(country='DE'), got {calendar!r}.", name="calendar"
        )
    strange = [event for event in events if not isinstance(event, Event)] if isinstance(events, Iterable) else [events]
    if strange:
        raise SettingError(
            "events must be a list of wfm.Event such as Event(kind='launch', name='Card 2', start='2026-11-24'), "
            f"got {strange[0]!r}.",
            name="events",
        )
    for name, given in sums.items():
        if given is not None and not isinstance(given, Mapping):
            raise SettingError(
                f"{name} must map names to queues, {{'live': ['voice', 'chat']}}, got {given!r}.", name=name
            )


def long_enough(fitted: Mapping[str, QueueModel | TooLittleHistory]) -> dict[str, QueueModel]:
    """The fitted queues; those whose history is too short are all named in one refusal."""
    models = {queue: found for queue, found in fitted.items() if isinstance(found, QueueModel)}
    young = {queue: found for queue, found in fitted.items() if isinstance(found, TooLittleHistory)}
    if len(young) > 1:
        raise TooLittleHistory(
            f"history must hold at least three weeks of open days of each queue, and has less of {listed(young)}. "
            f"{UNTIL_THEN} `forecast_many` forecasts the others.",
            table="history",
            column="offered",
        )
    for problem in young.values():
        raise problem
    return models


def slots_given(starts: object) -> pd.DatetimeIndex:
    """The starts that are asked for, each once and in order."""
    try:
        index = pd.DatetimeIndex(starts)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise SettingError(f"starts must be local times such as 2026-11-22 08:00: {error}", name="starts") from error
    if not len(index) or index.hasnans or index.tz is not None:
        raise SettingError(
            "starts must be local times without time zone, at least one and none empty, got "
            f"{len(index)} in zone {index.tz}.",
            name="starts",
        )
    return index.unique().sort_values()


def slots_ahead(
    models: Mapping[str, QueueModel], last_day: pd.Timestamp, days: int, calendar: Calendar
) -> list[tuple[QueueModel, pd.DatetimeIndex]]:
    """Queues with their slots of the days after history; those that are closed on all of these days are left out."""
    found = [(model, slots_after(model, last_day, days, calendar)) for model in models.values()]
    open_ = [(model, slots) for model, slots in found if len(slots)]
    if not open_:
        raise SettingError(
            f"queue {listed(models)} is open on none of the next {days} days. Ask for more days, or name the starts.",
            name="days",
            value=days,
        )
    for model, slots in found:
        if not len(slots) and not model.pattern.any():
            warnings.warn(
                f"Queue {model.queue!r} was open at no hour on half of its recent days: nothing is forecast of it. "
                "Name the starts if it opens again.",
                WfmWarning,
                stacklevel=5,
            )
    return open_


def slots_after(model: QueueModel, last_day: pd.Timestamp, days: int, calendar: Calendar) -> pd.DatetimeIndex:
    """Slots of the days after history that were open in recent weeks; days that the calendar closes are left out."""
    dates = pd.date_range(last_day + pd.Timedelta(days=1), periods=days, freq="D")
    dates = dates[~calendar.is_closed(dates)]
    row, slot = np.nonzero(model.pattern[np.asarray(dates.day_of_week, dtype=np.int64)])
    return pd.DatetimeIndex(dates[row] + pd.to_timedelta(model.profile.slots[slot], unit="s"))


def slots_of(model: QueueModel, day: pd.Timestamp) -> pd.DatetimeIndex:
    """The slots of a day that were open on its weekday in recent weeks."""
    open_ = model.pattern[day.day_of_week]
    return pd.DatetimeIndex(day + pd.to_timedelta(model.profile.slots[open_], unit="s"))


def known_queues(table: pd.DataFrame, queues: Collection[str], name: str) -> None:
    """Refuse a table that names a queue which history does not hold."""
    strange = sorted(set(table["queue"].astype(str)) - set(queues))
    if strange:
        raise DataError(
            f"{name} names queue {listed(strange)}, which history does not hold; it holds {listed(queues)}."
            f"{did_you_mean(strange[0], queues)}",
            table=name,
            column="queue",
        )


def strange_events(events: Iterable[Event], queues: Collection[str], after: pd.Timestamp) -> list[str]:
    """Coming events that no queue of history feels, by a slip of the pen perhaps; those that bind agents may be."""
    return [
        f"Event {event.name!r} names queue {listed(event.queues)}, which history does not hold; it holds "
        f"{listed(queues)}. The event moves nothing."
        for event in events
        if event.queues and not set(event.queues) & set(queues) and event.capacity == 1 and event.start > after
    ]
