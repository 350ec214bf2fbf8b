"""What comes because of other contacts: the turns of conversations, and work that arises from a queue."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from wfm.errors import DataError
from wfm.plan.inputs import Inputs
from wfm.settings import Week

WEEK = pd.Timedelta(days=7)
SHAPE = ["queue", "start", "end"]


def derived(
    name: str, forecast: pd.DataFrame, paths: pd.DataFrame, inputs: Inputs
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Forecast and paths of a queue that arises from another, and in words what share of that one is answered.

    The week before the plan is taken to be like its first one: what is still to come of it comes too. On a path it
    comes as the source does on that path and day.
    """
    from wfm.erlang import derived_forecast

    week = inputs.week
    spec = week.spec.queues[name].derived
    assert spec is not None
    if not (forecast["queue"] == spec.source).any():
        place = week.where("queues", name, "derived", "from")
        raise DataError(
            f"{place + ': ' if place else ''}queues.{name}.derived.from: queue {spec.source!r} has no forecast from "
            "which work arises. Give it a history, a forecast or a volume.",
            table="forecast",
            column="queue",
        )
    answered, words = _answered(spec.source, inputs)
    starts = week.starts(name)

    def arises(source: pd.DataFrame) -> pd.DataFrame:
        early = starts[starts < week.start + WEEK] - WEEK
        found = derived_forecast(
            pd.concat([_week_before(source, week), source], ignore_index=True),
            queue=name,
            share=spec.share,
            aht=spec.aht,
            of_handle=spec.of_handle,
            delay=spec.lag,
            answered=answered,
            open_starts=pd.DatetimeIndex(early.append(starts)),
        )
        return found[found["start"] >= week.start].reset_index(drop=True)

    mean = forecast[forecast["queue"] == spec.source].reset_index(drop=True)
    found = arises(_plain(mean))
    ways = _moved(found, mean, paths[paths["queue"] == spec.source])
    ranges = [str(column) for column in forecast if str(column).startswith("offered_q")]
    return _with_ranges(found, ways, ranges), ways, f"{name}: {spec.share:.0%} of {words}"


def _with_ranges(forecast: pd.DataFrame, paths: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Quantiles of the count, of the paths' spread and of Poisson chance, by the normal law."""
    rate = paths.groupby("start")["rate"].var(ddof=0).reindex(forecast["start"]).fillna(0.0).to_numpy()
    spread = np.sqrt(rate + forecast["offered"].to_numpy())
    z = {name: NormalDist().inv_cdf(float(name.removeprefix("offered_q"))) for name in columns}
    return forecast.assign(**{name: (forecast["offered"] + z[name] * spread).clip(lower=0.0) for name in columns})


def turned(name: str, forecast: pd.DataFrame, paths: pd.DataFrame, week: Week) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All turns of a queue of messages, of its new conversations by interval and on every path.

    `new` and `replies` hold the parts; quantiles move with the mean. The week before the plan is taken to be like its
    first one, so that its conversations go on. Replies move on a path as the new conversations of the day do.
    """
    from wfm.erlang import message_turns

    mine = forecast[forecast["queue"] == name].reset_index(drop=True)
    new = _plain(mine)
    found = message_turns(new, week.spec.queues[name].conversation, before=_week_before(new, week))
    factor = (found["offered"] / mine["offered"]).where(mine["offered"] > 0, 0.0)
    ranges = {str(column): mine[column] * factor for column in mine if str(column).startswith("offered_")}
    whole = mine.assign(offered=found["offered"], new=found["new"], replies=found["replies"], **ranges)
    futures = paths[paths["queue"] == name]
    replies = _moved(found.assign(offered=found["replies"]), mine, futures)
    both = futures.merge(replies[["path", "start", "rate"]], on=["path", "start"], how="left", suffixes=("", "_more"))
    ways = both.assign(rate=both["rate"] + both["rate_more"].fillna(0.0)).drop(columns="rate_more")
    return whole, ways


def _answered(source: str, inputs: Inputs) -> tuple[float | None, str]:
    """Share of a queue's contacts that its history answered; all where it does not say."""
    history = inputs.histories.get(source)
    if history is not None and {"answered", "offered"} <= set(history):
        known = history.dropna(subset=["answered", "offered"])
        if known["offered"].sum() > 0:
            share = min(float(known["answered"].sum() / known["offered"].sum()), 1.0)
            return share, f"the answered of {source}, {share:.0%} of the offered as in its history"
    return None, f"{source}, all taken as answered"


def _week_before(table: pd.DataFrame, week: Week) -> pd.DataFrame:
    first = table[table["start"] < week.start + WEEK]
    return first.assign(start=first["start"] - WEEK, end=first["end"] - WEEK)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    return table[[*SHAPE, "offered", "aht"]].reset_index(drop=True)


def _moved(found: pd.DataFrame, source: pd.DataFrame, paths: pd.DataFrame) -> pd.DataFrame:
    """Paths of what arises: its mean, moved on each path as its source is on that day (or the day before it)."""
    if paths.empty:
        return paths
    mean = source.groupby(source["start"].dt.normalize())["offered"].sum()
    dated = paths.assign(day=paths["start"].dt.normalize())
    sums = dated.pivot_table(index="day", columns="path", values="rate", aggfunc="sum")
    wide = sums.div(mean.where(mean > 0), axis=0)
    days = found["start"].dt.normalize()
    wide = wide.reindex(sorted({*wide.index, *days})).ffill().fillna(1.0).reindex(days)
    count, numbers = len(found), wide.columns.to_numpy()
    repeated = pd.concat([found[[*SHAPE, "offered", "aht"]]] * len(numbers), ignore_index=True)
    return repeated.assign(
        path=np.repeat(numbers, count), rate=repeated["offered"].to_numpy() * wide.to_numpy().T.ravel()
    )[["path", *SHAPE, "rate", "aht"]]


def at_confidence(forecast: pd.DataFrame, paths: pd.DataFrame, scope: str, confidence: float | None) -> pd.DataFrame:
    """The forecast at the level of so many of its paths, by instance of the scope; None = as it is.

    >>> t = pd.date_range("2026-11-21 08:00", periods=1, freq="h")
    >>> mean = pd.DataFrame({"queue": "voice", "start": t, "offered": [100.0]})
    >>> futures = pd.DataFrame({"path": range(11), "queue": "voice", "start": t[0], "rate": range(50, 160, 10)})
    >>> at_confidence(mean, futures, "day", 0.8)["offered"].tolist()
    [130.0]
    """
    if confidence is None or paths.empty:
        return forecast
    unit = {"interval": None, "day": "D", "week": "W"}[scope]

    def instance(starts: pd.Series) -> pd.Series:
        days = (starts.dt.normalize() - forecast["start"].min().normalize()).dt.days
        return starts if unit is None else days if unit == "D" else days // 7

    sums = paths.groupby(["path", instance(paths["start"]).rename("scope")])["rate"].sum()
    high = sums.groupby(level="scope").quantile(confidence)
    mine = instance(forecast["start"])
    mean = forecast["offered"].groupby(mine).sum()
    factor = (high / mean.where(mean > 0)).reindex(mine).fillna(1.0).to_numpy()
    parts = [name for name in ("offered", "new", "replies") if name in forecast]
    return forecast.assign(**{name: forecast[name] * factor for name in parts})
