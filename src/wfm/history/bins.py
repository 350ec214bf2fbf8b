"""Intervals put together: volumes are added, AHT and ASA weighted by the contacts they speak of."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.durations import spoken
from wfm.errors import DataError

COUNTS = ("offered", "answered", "abandoned", "answered_within", "blocked", "redials")
WEIGHTED = ("aht", "asa")


def rebin(history: pd.DataFrame, interval: float) -> pd.DataFrame:
    """The history in wider intervals of `interval` seconds, counted from midnight.

    Volumes are added; AHT and ASA are weighted by answered contacts (offered where these are not known). An
    interval of which a part has no data has no data.

    >>> starts = pd.to_datetime(["2026-11-21 08:00", "2026-11-21 08:15"])
    >>> fine = pd.DataFrame({"queue": "voice", "start": starts, "end": starts + pd.Timedelta("15min"),
    ...                      "offered": [10.0, 30.0], "aht": [200.0, 240.0]})
    >>> rebin(fine, 1800)[["offered", "aht"]].values.tolist()
    [[40.0, 230.0]]
    """
    if history.empty:
        return history
    width = pd.Timedelta(seconds=interval)
    day = history["start"].dt.normalize()
    second = (history["start"] - day).dt.total_seconds()
    begin = day + pd.to_timedelta((second // interval) * interval, unit="s")
    over = (history["end"] > begin + width).to_numpy(dtype=bool)
    if over.any():
        row = history[over].iloc[0]
        raise DataError(
            f"the interval {row['start']} to {row['end']} of queue {row['queue']!r} does not fit into intervals of "
            f"{spoken(interval)}. Take an interval that the file's intervals divide.",
            table="history",
            column="end",
            rows=np.flatnonzero(over).tolist(),
        )
    table = combine(history.assign(start=begin))
    return table.assign(end=table["start"] + width)


def combine(table: pd.DataFrame) -> pd.DataFrame:
    """One row for all rows of the same queue and start; `end` is the latest."""
    key = [table["queue"], table["start"]]
    groups = table.groupby(key, sort=True, dropna=False)
    out = pd.DataFrame({"end": groups["end"].max()})
    for name in COUNTS:
        if name in table:
            out[name] = _sum(table[name], key)
    weights = table["answered"].fillna(table["offered"]) if "answered" in table else table["offered"]
    for name in WEIGHTED:
        if name in table:
            out[name] = _weighted(table[name], weights, key)
    if "staffed" in table:
        out["staffed"] = groups["staffed"].mean().where(table["staffed"].isna().groupby(key).sum() == 0)
    if "within" in table:
        same = groups["within"].min() == groups["within"].max()
        out["within"] = groups["within"].first().where(same)
        if "answered_within" in out:
            out["answered_within"] = out["answered_within"].where(same)
    if "excluded" in table:
        out["excluded"] = groups["excluded"].max()
    out = out.reset_index(names=["queue", "start"])
    return out[[name for name in table.columns if name in out]]


def _sum(values: pd.Series, key: list[pd.Series]) -> pd.Series:
    """Sums in which a missing part makes the whole missing."""
    gone = values.isna().groupby(key).any()
    return values.groupby(key).sum().mask(gone)


def _weighted(values: pd.Series, weights: pd.Series, key: list[pd.Series]) -> pd.Series:
    """Means by contacts; parts without contacts say nothing, a part with contacts and no value makes all unknown."""
    silent = weights == 0
    known = values.where(~silent, 0.0)
    total = weights.groupby(key).sum()
    gone = (known.isna() | weights.isna()).groupby(key).any()
    mean = (known * weights).groupby(key).sum() / total.where(total > 0)
    return mean.mask(gone)
