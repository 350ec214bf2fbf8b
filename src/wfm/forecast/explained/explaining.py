"""Why a day is what it is: its level as a product, and what was learned about kinds of days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import FAR, WEEKDAYS
from wfm.checks import one_of
from wfm.forecast.learned.days import MONTH_START, DayFeatures
from wfm.forecast.learned.kinds import family_of
from wfm.forecast.learned.queue_model import QueueModel
from wfm.forecast.outlook.slots import Outlook, event_parts, outlook
from wfm.forecast.outlook.stream import Stream

Floats = npt.NDArray[np.float64]
KINDS = ("month_day", "weekday", "holiday", "season", "recurring", "regressor", "event")
AROUND = np.arange(-2, 7)
"""Days from a recurring day that are shown."""
BY_MONTH = "month start by month"
SHARE = "share of the sum"
"""What a queue owes to its stream or group."""
INTERVAL = 1.6448536
"""Standard deviations to either side of a 90% interval."""


def explain_days(model: QueueModel, seen: Outlook, stream: Stream | None = None) -> pd.DataFrame:
    """queue, day, component, factor: the factors of a day multiply to its predicted total.

    A queue of a stream has the factors of the stream's total on the days that its queues divide, and its share of it;
    one of a group has its own, and what it owes to the group.
    """
    parts = _day_parts(model, seen)
    if stream is not None:
        days = stream.days_of(seen.days)
        if len(days) and not stream.leanings:
            parts = _with_sum(parts, _day_parts(stream.total, outlook(stream.total, days)), seen.days.get_indexer(days))
        share = seen.mean - sum(parts.values(), start=np.zeros(len(seen.days)))
        parts = {"level": parts.pop("level"), SHARE: share, **parts}
    asked = np.bincount(seen.row, weights=seen.share, minlength=len(seen.days))
    lifted = np.bincount(seen.row, weights=seen.share * np.exp(seen.lift), minlength=len(seen.days))
    total = np.bincount(seen.row, weights=seen.rate, minlength=len(seen.days))
    median = np.bincount(seen.row, weights=seen.median_rate, minlength=len(seen.days))
    # A day that is asked for only in hours that history never saw has no share of its own to explain.
    within = np.divide(lifted, asked, out=np.ones_like(lifted), where=asked > 0)
    doubt = np.divide(total, median, out=np.ones_like(total), where=median > 0)
    factors = {name: np.exp(log) for name, log in parts.items()}
    return _table(model.queue, seen.days, factors | {"hours": asked, "events within the day": within, "doubt": doubt})


def explain_sum(name: str, stream: Stream, seen: Sequence[Outlook]) -> pd.DataFrame:
    """The same of what the queues of a stream or group get together, on the days that they divide.

    `seen` are the outlooks of its queues; `hours` is the part of the day's contacts that they are asked for.
    """
    days = stream.days_of(pd.DatetimeIndex(np.unique(np.concatenate([one.days for one in seen]))))
    if not len(days):
        return _table(name, days, {})
    whole = outlook(stream.total, days)
    factors = {part: np.exp(log) for part, log in _day_parts(stream.total, whole).items()}
    doubt = np.exp(whole.day_doubt / 2)
    asked = sum(pd.Series(one.rate).groupby(one.days[one.row]).sum().reindex(days, fill_value=0.0) for one in seen)
    hours = np.asarray(asked) / np.prod([*factors.values(), doubt], axis=0)
    return _table(name, days, factors | {"hours": hours, "doubt": doubt})


def _table(queue: str, days: pd.DatetimeIndex, factors: dict[str, Floats]) -> pd.DataFrame:
    table = pd.DataFrame({"day": days, **factors}).melt("day", var_name="component", value_name="factor")
    order = {name: k for k, name in enumerate(factors)}
    table = table.assign(queue=queue, order=table["component"].map(order))
    return table.sort_values(["day", "order"])[["queue", "day", "component", "factor"]].reset_index(drop=True)


def _with_sum(own: dict[str, Floats], whole: dict[str, Floats], at: npt.NDArray[np.int64]) -> dict[str, Floats]:
    """The parts of the days, those of the sum in place of the queue's own where there is a sum."""
    found = {}
    for name in [*whole, *(name for name in own if name not in whole)]:
        found[name] = own.get(name, np.zeros(len(own["level"]))).copy()
        found[name][at] = whole.get(name, np.zeros(len(at)))
    return found


def _day_parts(model: QueueModel, seen: Outlook) -> dict[str, Floats]:
    """Log level of the days by line of the explanation."""
    parts = model.level.parts(seen.features)
    found = {"level": parts.pop("constant")}
    for component in model.level.components:
        if not component.part.startswith("kind:"):
            line = _line(model, component.part)
            found[line] = found.get(line, 0.0) + parts[component.name]
    for event, part in zip(model.events, event_parts(model, seen.features), strict=True):
        part = part + seen.told.get(event.name, 0.0)
        if part.any():
            found[f"event:{event.name}"] = found.get(f"event:{event.name}", 0.0) + part
    return found


def _line(model: QueueModel, part: str) -> str:
    """The part of a component as planners know it: `recurring 0` is `recurring:wages`."""
    word, _, number = part.partition(" ")
    if word == "recurring":
        return f"recurring:{list(model.reader.calendar.recurring)[int(number)]}"
    if word == "regressor":
        return f"regressor:{model.reader.regressors[int(number)].regressor.name}"
    return part


def effect_table(model: QueueModel, kind: str) -> pd.DataFrame:
    """queue, kind, name, effect, sd, low, high: log effects with their 90% intervals."""
    one_of(kind, KINDS, name="kind")
    names, days, contrast, parts = _made_up(model, kind)
    if not names:
        return pd.DataFrame(
            {
                c: pd.Series(dtype=object if c in ("queue", "kind", "name") else float)
                for c in ("queue", "kind", "name", "effect", "sd", "low", "high")
            }
        )
    mean, covariance = model.level.effects(days, contrast, parts)
    sd = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return pd.DataFrame(
        {
            "queue": model.queue,
            "kind": kind,
            "name": names,
            "effect": mean,
            "sd": sd,
            "low": mean - INTERVAL * sd,
            "high": mean + INTERVAL * sd,
        }
    )


def _made_up(model: QueueModel, kind: str) -> tuple[list[str], DayFeatures, Floats, frozenset[str]]:
    """Days made up to show an effect, the contrasts between them, and the components that carry it."""
    if kind == "month_day":
        return _month_days(model)
    if kind == "weekday":
        days = _plain(model, 7)
        days = replace(days, weekday=np.arange(7))
        usual = np.isin(np.arange(7), list(model.reader.usual))
        contrast = (np.eye(7) - usual / usual.sum())[usual]
        names = [WEEKDAYS[k] for k in np.flatnonzero(usual)]
        return names, days, contrast, frozenset({"weekday", "drifting weekday", "leaning weekday"})
    if kind == "holiday":
        known = np.unique(model.level.days.holiday[model.level.days.holiday > 0])
        days = replace(_plain(model, len(known)), holiday=known)
        names = [model.reader.holiday_names[k - 1] for k in known]
        return names, days, np.eye(len(known)), frozenset({"holiday", "holiday by name"})
    if kind == "season":
        return _season_days(model)
    if kind == "recurring":
        return _recurring_days(model)
    if kind == "regressor":
        return _regressor_steps(model)
    felt = [k for k in range(len(model.events)) if model.level.days.events[:, k].max(initial=0.0) > 0.05]
    names = [model.events[k].name for k in felt]
    unbent = np.zeros((len(felt), model.level.days.bends.shape[1]))
    days = _plain(model, len(felt)).with_events(np.diag(model.sizes)[felt], unbent)
    kinds = {model.events[k].kind for k in felt}
    carried = {f"{word} {kind}" for word in ("kind", "single") for kind in kinds}
    return names, days, np.eye(len(felt)), frozenset(carried | {f"family {family_of(kind)}" for kind in kinds})


def _month_days(model: QueueModel) -> tuple[list[str], DayFeatures, Floats, frozenset[str]]:
    """An ordinary month whose first day is a working day, and the first usual day after others.

    Where history tells months apart, the effect is the mean over the ordinary ones: a month whose start is far weaker
    or stronger than most (that of the new year, say) is left out.
    """
    length = 30
    begins = min((d for d in model.reader.usual if (d - 1) % 7 not in model.reader.usual), default=0)
    usual = np.isin((begins + np.arange(length)) % 7, list(model.reader.usual))
    months = _ordinary_months(model)
    number = np.arange(1, length + 1)
    one = {
        "month_day": number,
        "since_start": np.where(number <= MONTH_START, number, 0),
    }
    days = replace(
        _plain(model, length * len(months)),
        **{name: np.tile(v, len(months)) for name, v in one.items()},
        month_length=np.full(length * len(months), length),
        month=np.repeat(months, length),
    )
    rest = (usual & (number > MONTH_START)).astype(float)
    contrast = np.tile((np.eye(length) - rest / rest.sum())[usual] / len(months), len(months))
    parts = {c.name for c in model.level.components if c.part == "month_day"} - {"one month's start"}
    return [str(day) for day in number[usual]], days, contrast, frozenset(parts)


def _season_days(model: QueueModel) -> tuple[list[str], DayFeatures, Floats, frozenset[str]]:
    """Each season's days in history; one day of a season that is yet to come.

    What a season does to the start of a month that falls into it is part of what it does: the mean over all of its days
    is better known than what it does to the others alone.
    """
    names, seen = list(model.reader.calendar.seasons), model.level.days
    rows = [np.flatnonzero(inside) for inside in seen.seasons.T]
    since = [seen.since_start[mine] if len(mine) else np.zeros(1, dtype=np.int64) for mine in rows]
    season = np.repeat(np.arange(len(names)), [len(mine) for mine in since])
    one_each = np.eye(len(names))[season]
    days = replace(_plain(model, len(season)), seasons=one_each)
    if names:
        days = replace(days, since_start=np.concatenate(since))
    parts = {f"season {k}{start}" for k in range(len(names)) for start in ("", ", month start")}
    return names, days, (one_each / np.maximum(one_each.sum(axis=0), 1.0)).T, frozenset(parts)


def _recurring_days(model: QueueModel) -> tuple[list[str], DayFeatures, Floats, frozenset[str]]:
    """The days about each recurring day, against days that are far from it."""
    named = list(model.reader.calendar.recurring)
    count = len(named) * len(AROUND)
    apart = np.full((count, len(named)), FAR, dtype=np.int64)
    for k in range(len(named)):
        apart[k * len(AROUND) : (k + 1) * len(AROUND), k] = AROUND
    names = [f"{name} {day:+d}" if day else name for name in named for day in AROUND.tolist()]
    parts = frozenset(c.name for c in model.level.components if c.part.startswith("recurring "))
    return names, replace(_plain(model, count), recurring=apart), np.eye(count), parts


def _regressor_steps(model: QueueModel) -> tuple[list[str], DayFeatures, Floats, frozenset[str]]:
    """One step of each regressor from its middle, against its middle."""
    steps = [one.step() for one in model.reader.regressors]
    days = replace(_plain(model, 2 * len(steps)), regressors=np.vstack([np.diag([s for _, s in steps])] * 2))
    days.regressors[len(steps) :] = 0.0
    contrast = np.hstack([np.eye(len(steps)), -np.eye(len(steps))])
    parts = frozenset(c.name for c in model.level.components if c.part.startswith("regressor "))
    return [name for name, _ in steps], days, contrast, parts


def _ordinary_months(model: QueueModel) -> npt.NDArray[np.int64]:
    """Months of the year whose start deviates no more than is usual among them."""
    level = model.level
    by_month = [(v, c) for v, c in zip(level.variances, level.components, strict=False) if c.name == BY_MONTH]
    months = np.unique(level.days.month)
    if not by_month or len(months) < 6:
        return np.asarray(months[:1])
    variance, component = by_month[0]
    probe = replace(_plain(model, len(months)), month=months, since_start=np.ones(len(months), dtype=np.int64))
    deviation = variance * component.kernel(probe, level.days) @ level.weights
    away = np.abs(deviation - np.median(deviation))
    return np.asarray(months[away <= max(3.7 * float(np.median(away)), 0.02)])  # 3.7 = 2.5 standard deviations


def _plain(model: QueueModel, count: int) -> DayFeatures:
    """So many copies of the last training day, with nothing special about them."""
    last = model.level.days.take(np.full(count, len(model.level.days) - 1))
    nothing = np.zeros(count, dtype=np.int64)
    return replace(
        last,
        since_start=nothing,
        holiday=nothing,
        after_gap=np.zeros(count),
        before_gap=np.zeros(count),
        back_to_work=np.zeros(count),
        odd_weekend=np.zeros(count),
        seasons=np.zeros((count, last.seasons.shape[1])),
        until_season=np.full((count, last.seasons.shape[1]), FAR, dtype=np.int64),
        recurring=np.full((count, last.recurring.shape[1]), FAR, dtype=np.int64),
        regressors=np.zeros((count, last.regressors.shape[1])),
        unmeasured=np.zeros((count, last.unmeasured.shape[1])),
        events=np.zeros((count, last.events.shape[1])),
        bends=np.zeros((count, last.bends.shape[1])),
    )
