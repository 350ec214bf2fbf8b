"""Work that arises from contacts: monitoring, satisfaction calls, tickets after a contact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from wfm.checks import fraction, number_in
from wfm.durations import seconds
from wfm.erlang.deferred.delays import delay_of, one_queue, timeline
from wfm.erlang.deferred.workload import work
from wfm.erlang.formulas.arguments import Array
from wfm.errors import DataError, listed
from wfm.hours import OpeningHours
from wfm.tables import CONTACTS, FORECAST, check


def derived_forecast(
    source: pd.DataFrame,
    *,
    queue: str,
    share: float,
    aht: Any = 0.0,
    of_handle: float = 0.0,
    delay: Any = 0.0,
    answered: float | None = None,
    interval: Any = None,
    open_starts: pd.DatetimeIndex | None = None,
    beyond: bool = False,
) -> pd.DataFrame:
    """The contacts of a queue that arises from another: share x answered contacts, so much later.

    Parameters
    ----------
    source : table              Forecast or requirement of one queue, or contacts one by one (then the answered ones, at
                                the end of their handling).
    queue : str                 Name of the derived queue.
    share : float               Derived contacts per answered contact, in [0, 1].
    aht : float [s]             Handle time of a derived contact, apart from what `of_handle` adds.
    of_handle : float           Times the handle time of the contact it arises from: 1 = all of it is listened to.
    delay : Delay or float [s]  Time from the contact to the derived one; a number is the mean of an exponential delay,
                                0 = in the same interval.
    answered : float            Share of the offered that is answered, where `source` is a forecast; None = 1 -
                                abandon_rate where the table has it, else 1.
    interval : float [s]        Width of the intervals, for contacts one by one.
    open_starts : DatetimeIndex Open intervals of the derived queue; what comes while it is closed waits for the
                                opening. None = those of the source.
    beyond : bool               Whether what comes after the last interval comes as rows of its own; else it is left to
                                the next plan.

    Returns
    -------
    table forecast              queue, start, end, offered, aht.

    >>> calls = pd.DataFrame({"queue": "voice", "start": pd.date_range("2026-11-21 08:00", periods=2, freq="30min"),
    ...                       "offered": [100.0, 60.0], "aht": 240.0})
    >>> derived_forecast(calls, queue="monitoring", share=0.05, aht="5min", of_handle=1, answered=0.9)[
    ...     ["start", "offered", "aht"]]
                    start  offered    aht
    0 2026-11-21 08:00:00      4.5  540.0
    1 2026-11-21 08:30:00      2.7  540.0
    """
    share = fraction(share, name="share")
    extra = seconds(aht, name="aht", zero=True)
    times = number_in(of_handle, name="of_handle", low=0, high=10)
    if extra == 0 and times == 0:
        raise DataError(f"aht of the derived queue {queue!r} is missing; pass aht= or of_handle=.", table="forecast")
    starts, width, counts, handle = _counted(source, interval, answered)
    later = delay_of(delay, name="delay")
    open_ = starts if open_starts is None else pd.DatetimeIndex(open_starts).sort_values().as_unit("ns")
    kernel = later.kernel(width) if later.mean > 0 else np.ones(1)
    tail = (len(kernel) + 1) * width + _gap(starts, open_)
    line = timeline(open_, width, first=min(starts[0], open_[0]), tail=tail, open_before=False)
    found = share * line.later(line.put(starts, counts, wait=False), kernel)
    effort = extra + times * line.later(line.put(starts, counts * handle, wait=False), kernel) * share / np.maximum(
        found, 1e-300
    )
    place = line.starts.get_indexer(open_)
    if beyond:
        place = np.concatenate([place, line.end + np.flatnonzero(found[line.end :] > 1e-7 * max(found.sum(), 1.0))])
    usual = extra + times * float(np.average(handle, weights=counts) if counts.sum() > 0 else np.mean(handle))
    out = pd.DataFrame(
        {
            "queue": queue,
            "start": line.starts[place],
            "end": line.starts[place] + pd.Timedelta(seconds=width),
            "offered": found[place],
            "aht": np.where(found[place] > 0, effort[place], usual),
        }
    )
    return check(out, FORECAST)


def derived_work(
    source: pd.DataFrame,
    *,
    queue: str,
    share: float,
    within: Any,
    aht: Any = 0.0,
    of_handle: float = 0.0,
    delay: Any = 0.0,
    answered: float | None = None,
    interval: Any = None,
    open_starts: pd.DatetimeIndex | None = None,
    hours: OpeningHours | None = None,
) -> pd.DataFrame:
    """The work that arises from contacts and must be done within a time.

    Parameters
    ----------
    within : float [s]      Time within which a derived contact must be done; of `hours` where given, else elapsed.
    others                  As in `derived_forecast`.

    Returns
    -------
    table work              queue, release, due, agent_hours, class (the queue's name).

    >>> calls = pd.DataFrame({"queue": "voice", "start": pd.date_range("2026-11-21 08:00", periods=2, freq="30min"),
    ...                       "offered": [100.0, 60.0], "aht": 240.0})
    >>> derived_work(calls, queue="monitoring", share=0.05, aht="20min", within="48h")[["due", "agent_hours"]]
                      due  agent_hours
    0 2026-11-23 08:00:00     1.666667
    1 2026-11-23 08:30:00     1.000000
    """
    forecast = derived_forecast(
        source,
        queue=queue,
        share=share,
        aht=aht,
        of_handle=of_handle,
        delay=delay,
        answered=answered,
        interval=interval,
        open_starts=open_starts,
    )
    return work(forecast, classes={queue: within}, hours=hours)


def _gap(starts: pd.DatetimeIndex, open_: pd.DatetimeIndex) -> float:
    """How far the source runs on after the last open interval of the derived queue [s]."""
    return max(float((starts[-1] - open_[-1]).total_seconds()), 0.0)


def _counted(
    source: pd.DataFrame, interval: Any, answered: float | None
) -> tuple[pd.DatetimeIndex, float, Array, Array]:
    """Intervals, their width, answered contacts and their handle time."""
    if isinstance(source, pd.DataFrame) and "arrival" in source:
        return _from_contacts(source, interval)
    table, width = one_queue(source, "derived_forecast")
    share = np.ones(len(table))
    if answered is not None:
        share = share * fraction(answered, name="answered")
    elif "abandon_rate" in table:
        share = 1 - table["abandon_rate"].fillna(0.0).to_numpy(dtype=float)
    handle = table["aht"].fillna(0.0).to_numpy(dtype=float) if "aht" in table else np.zeros(len(table))
    starts = pd.DatetimeIndex(table["start"]).as_unit("ns")
    return starts, width, table["offered"].to_numpy(dtype=float) * share, handle


def _from_contacts(source: pd.DataFrame, interval: Any) -> tuple[pd.DatetimeIndex, float, Array, Array]:
    """Answered contacts by the interval in which they end."""
    table = check(source, CONTACTS)
    queues = table["queue"].unique()
    if len(queues) > 1:
        raise DataError(f"derived_forecast takes one queue at a time, got {listed(queues)}.", table="contacts")
    if "outcome" in table:
        table = table[table["outcome"].fillna("answered") == "answered"]
    if table.empty:
        raise DataError("contacts hold nobody who was answered: no work arises from them.", table="contacts")
    width = seconds(1800 if interval is None else interval, name="interval")
    handle = table["handle"].fillna(0.0) if "handle" in table else pd.Series(0.0, index=table.index)
    wait = table["wait"].fillna(0.0) if "wait" in table else pd.Series(0.0, index=table.index)
    ends = pd.DatetimeIndex(table["arrival"] + pd.to_timedelta(wait + handle, unit="s")).as_unit("ns")
    begin = ends.min().normalize()
    slot = np.floor((ends - begin).total_seconds() / width).astype(np.int64)
    first, count = int(slot.min()), int(slot.max() - slot.min()) + 1
    counts = np.bincount(slot - first, minlength=count).astype(float)
    total = np.bincount(slot - first, weights=handle.to_numpy(dtype=float), minlength=count)
    starts = begin + pd.to_timedelta((first + np.arange(count)) * width, unit="s")
    return pd.DatetimeIndex(starts).as_unit("ns"), width, counts, total / np.maximum(counts, 1.0)
