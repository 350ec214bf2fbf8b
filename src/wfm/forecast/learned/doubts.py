"""What a forecast cannot know: holidays that history never saw, events that teach or move nothing, sizes taken."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from wfm.errors import WfmWarning, listed
from wfm.events import Event
from wfm.forecast.learned.changes import UNDECIDED
from wfm.forecast.learned.curves import is_short, lasts, usual_curve
from wfm.forecast.learned.days import DayFeatures
from wfm.forecast.learned.level import surprising_changes
from wfm.forecast.learned.queue_model import QueueModel

LATELY = 56.0
"""Days for which a change is told."""
SHUT = 4
"""Days at the end of history on which next to nothing came that are told."""
ENDED = 14
"""Days without data from which a queue may have ended."""
_FELT = 3  # half-lives after which an event is over


def warn_of_doubts(model: QueueModel, days: pd.DatetimeIndex, features: DayFeatures, *, stacklevel: int) -> None:
    """Warn of what the days asked for depend on and history cannot have taught."""
    texts = [*untaught_holidays(model, days, features), *undated(model, days), *far_out(model, days)]
    for text in [*texts, *idle_events(model, days), *changed_lately(model), *shut_lately(model)]:
        warnings.warn(text, WfmWarning, stacklevel=stacklevel + 1)


def warn_of_ended(days: pd.DatetimeIndex, queue: str, last: pd.Timestamp, *, stacklevel: int) -> None:
    """Warn of a queue whose last day with data lies long before the `last` of all: closed for good, or renamed.

    What a queue did before, closed for a summer, say, it may do again.
    """
    since = (last - days[-1]).days
    longest = int(np.diff(days.to_numpy().astype("datetime64[D]")).astype(int).max(initial=1))
    if since >= ENDED and since > 2 * longest:
        text = (
            f"Queue {queue!r}: its history ends on {days[-1]:%Y-%m-%d}, {since} days before that of others, and it is "
            "forecast as if it went on. Leave it out if it has ended; give its rows the new name if it was renamed."
        )
        warnings.warn(text, WfmWarning, stacklevel=stacklevel + 1)


def untaught_holidays(model: QueueModel, days: pd.DatetimeIndex, features: DayFeatures) -> list[str]:
    """Coming holidays that no training day bears the name of, and what kind of day they are taken for."""
    calendar = model.reader.calendar
    coming = days[days > model.last_day]
    named = {day: name for day, name in calendar.holiday_names(coming).items() if day in coming}
    seen = set(np.unique(model.level.days.holiday[model.level.days.holiday > 0]).tolist())
    number = dict(zip(days, features.holiday.tolist(), strict=True))
    unseen = [day for day in sorted(named) if number[day] not in seen]
    if not unseen:
        return []
    told = [f"{calendar.label(day)} ({day:%Y-%m-%d}, {named[day]})" for day in unseen]
    like = f"the {len(seen)} other holiday(s) it did see" if seen else "an ordinary day of its weekday"
    return [
        f"Queue {model.queue!r}: history never saw the service on {listed(told, most=4)}; it is forecast like {like}. "
        "Close the day (calendar.closed), or state an event with the volume you expect."
    ]


def undated(model: QueueModel, days: pd.DatetimeIndex) -> list[str]:
    """Recurring days that are given as dates and whose dates end before the days asked for."""
    found = []
    for name, rule in model.reader.calendar.recurring.items():
        if isinstance(rule, tuple) and len(rule) > 1 and len(days):
            gap = max(np.diff(np.array(rule, dtype="datetime64[D]")).astype(int))
            if (days.max() - rule[-1]).days > gap + 3:
                found.append(
                    f"calendar.recurring.{name} has no date after {rule[-1]:%Y-%m-%d}, so queue {model.queue!r} "
                    "expects none. Add the dates to come."
                )
    return found


def far_out(model: QueueModel, days: pd.DatetimeIndex) -> list[str]:
    """Regressors that go where history never saw them, where what they do is a guess."""
    found = []
    for one in model.reader.regressors:
        beyond = one.beyond(days)
        if len(beyond):
            value = one.regressor.at(beyond[:1])[0]
            found.append(
                f"regressors.{one.regressor.name} is {value:g} on {beyond[0]:%Y-%m-%d}; the history of queue "
                f"{model.queue!r} saw it between {one.low:g} and {one.high:g}. What it does beyond is a guess."
            )
    return found


def changed_lately(model: QueueModel) -> list[str]:
    """Changes of the last weeks that no event explains, and what the forecast makes of them."""
    level, found = model.level, []
    since = float(level.days.day[-1]) - LATELY
    for change, size in surprising_changes(level, since=since):
        age = float(level.days.day[-1]) - change.first
        when = f"{pd.Timestamp(change.first, unit='D'):%Y-%m-%d}"
        if age < UNDECIDED:
            then = "It is too early to tell whether that stays: the forecast expects some of it to."
        elif change.stays:
            then = "They stayed there, and the forecast goes on from there."
        else:
            then = "That fades, and the forecast lets it."
        found.append(
            f"Queue {model.queue!r}: contacts changed by {np.expm1(size):+.0%} on {when} and no event says why. {then} "
            "If you know the reason, state it as an event."
        )
    return found


def shut_lately(model: QueueModel) -> list[str]:
    """Days at the end of history that are taken for closed, though the queue is usually open then."""
    if (model.last_day - model.open_days[-1]).days < SHUT:
        return []
    calendar = model.reader.calendar
    days = pd.date_range(model.open_days[-1] + pd.Timedelta(days=1), model.last_day)
    days = days[model.pattern[days.day_of_week].any(axis=1) & ~calendar.is_holiday(days) & ~calendar.is_closed(days)]
    if len(days) < SHUT:
        return []
    return [
        f"Queue {model.queue!r}: on {len(days)} days from {days[0]:%Y-%m-%d} on, to the end of its history, next to "
        "nothing came. They are taken for closed, and it is forecast as it was before. Leave it out if it stays so."
    ]


def idle_events(model: QueueModel, days: pd.DatetimeIndex) -> list[str]:
    """Coming events that move nothing as they are written: kept out of learning, or sized where no past one is."""
    found = []
    for event in _coming(model, days):
        if not event.learn and not is_short(event):
            found.append(
                f"Event {event.name!r} of queue {model.queue!r} says learn: false, which keeps it out of the forecast "
                "altogether: it moves nothing. Leave learn out for an event that is still to come."
            )
        elif event.size is not None and not _sizes(model, event):
            found.append(
                f"Event {event.name!r} of queue {model.queue!r} has the size {event.size:g}, and no past "
                f"{event.kind!r} has one to compare it with: the size changes nothing."
            )
    return found


def size_notes(model: QueueModel, days: pd.DatetimeIndex) -> list[str]:
    """What the size of each coming event does to its lift."""
    found = []
    for event in _coming(model, days):
        past = _sizes(model, event)
        if event.size is not None and past and event.learn:
            ratio = event.size / (sum(past) / len(past))
            found.append(
                f"Event {event.name!r} of queue {model.queue!r}: its size {event.size:g} is {ratio:.2g} times that of "
                f"{len(past)} past {event.kind!r}, and so is its lift."
            )
    return found


def _coming(model: QueueModel, days: pd.DatetimeIndex) -> list[Event]:
    """Events after the end of history that the days asked for may feel."""
    return [event for event in model.all_events if event.start > model.last_day and _felt(event, days)]


def _felt(event: Event, days: pd.DatetimeIndex) -> bool:
    curve = usual_curve(event)
    over = event.start + pd.Timedelta(days=max(curve.delay, lasts(event)) + _FELT * curve.half)
    return bool(((days + pd.Timedelta(days=1) > event.start) & (days <= over)).any())


def _sizes(model: QueueModel, event: Event) -> list[float]:
    """Sizes of the past events of the kind."""
    past = [other for other in model.all_events if other.kind == event.kind and other.start <= model.last_day]
    return [float(other.size) for other in past if other.size]
