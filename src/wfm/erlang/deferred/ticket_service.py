"""What given agents get done of work with deadlines: by interval, by class, and whether the promise is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import fraction, one_of
from wfm.durations import seconds
from wfm.erlang.deferred.deadlines import class_numbers, true_jobs
from wfm.erlang.deferred.levelling import Jobs, Served, serve, summed
from wfm.erlang.formulas.arguments import Array
from wfm.errors import DataError, SettingError, listed
from wfm.tables import WORK, check

Flags = npt.NDArray[np.bool_]


def ticket_performance(
    work: pd.DataFrame,
    agents: Any,
    starts: pd.DatetimeIndex,
    *,
    interval: Any,
    occupancy: float = 0.9,
    spare: Any = 0.0,
    overdue_within: Any = None,
    by: str = "interval",
) -> pd.DataFrame:
    """What given agents get done of one queue's work, earliest deadline first.

    Parameters
    ----------
    work : table                One queue.
    agents : array              Agents on tickets in the interval of each start; fractions allowed.
    starts : DatetimeIndex      Sorted; gaps are closed hours.
    occupancy : float           Share of the agents' time that is spent on tickets, in (0, 1].
    spare : array [erlangs]     Tickets that others handle in their idle time.
    overdue_within : float [s]  Work that has passed its deadline gets a second one, so much open time later. None = it
                                keeps its place, before all that is due later; inf = it is done when nothing waits that
                                can be in time, the most work in time that any order reaches.
    by : str                    `interval`, or `class`: the same rows for every class.

    Returns
    -------
    DataFrame                   (class,) start, end, released, done [agent-hours], backlog at the end [agent-hours],
                                overdue at the end [agent-hours], carried: of the backlog what is due after the
                                horizon [agent-hours], oldest: age of the oldest open work at the end [s],
                                in_time: share of the work released in the interval that is done by its deadline (nan
                                where none is). Work due after the horizon counts as in time if it is done by its end,
                                or still within its deadline.

    >>> from wfm.erlang import work
    >>> tickets = pd.DataFrame({"queue": "tickets", "start": pd.to_datetime(["2026-11-21 08:00"]), "offered": [30.0]})
    >>> todo = work(tickets, classes={"normal": "1h"}, aht="6min")
    >>> starts = pd.date_range("2026-11-21 08:00", periods=3, freq="30min")
    >>> ticket_performance(todo, [4, 1, 2], starts, interval=1800, occupancy=1)[["done", "backlog", "in_time"]]
       done  backlog   in_time
    0   2.0      1.0  0.833333
    1   0.5      0.5       NaN
    2   0.5      0.0       NaN
    """
    one_of(by, ("interval", "class"), name="by")
    table, starts, jobs, done = _replay(work, agents, starts, interval, occupancy, spare, overdue_within)
    width = pd.Timedelta(seconds=seconds(interval, name="interval"))
    spans = pd.DataFrame({"start": starts, "end": starts + width})
    arrived = _arrived(table)
    if by == "interval":
        everything = np.ones(len(table), dtype=bool)
        return pd.concat([spans, _course(jobs, done, everything, arrived, spans["end"])], axis=1)
    classes, kind = class_numbers(table)
    parts = []
    for number, name in enumerate(classes):
        found = pd.concat([spans, _course(jobs, done, kind == number, arrived, spans["end"])], axis=1)
        found.insert(0, "class", name)
        parts.append(found)
    return pd.concat(parts, ignore_index=True)


def ticket_promise(
    work: pd.DataFrame,
    agents: Any,
    starts: pd.DatetimeIndex,
    *,
    interval: Any,
    occupancy: float = 0.9,
    spare: Any = 0.0,
    overdue_within: Any = "8h",
    promise: float | Mapping[str, float] = 1.0,
) -> pd.DataFrame:
    """How the promise of every class is kept over the horizon, and what is left at its end.

    Parameters
    ----------
    promise : float             Share of each class that must be done in time, in (0, 1]; or class -> share.
    overdue_within : float [s]  As in `ticket_performance`; here what `ticket_requirement` plans with.

    Returns
    -------
    DataFrame                   class; released, due: agent-hours that come and that fall due within the horizon;
                                in_time: share of the hours due that is done by the deadline (1 where none is due);
                                done [agent-hours]; backlog at the end [agent-hours], of it overdue and carried (due
                                after the horizon: the next plan's work); oldest: age of the oldest open work [s];
                                promised, kept.

    >>> from wfm.erlang import work
    >>> tickets = pd.DataFrame({"queue": "tickets", "start": pd.to_datetime(["2026-11-21 08:00"]), "offered": [30.0]})
    >>> todo = work(tickets, classes={"now": "30min", "later": "4h"}, class_shares={"now": 0.2, "later": 0.8},
    ...             aht="6min")
    >>> starts = pd.date_range("2026-11-21 08:00", periods=2, freq="30min")
    >>> ticket_promise(todo, 1, starts, interval=1800, occupancy=1, promise=0.8)[
    ...     ["class", "due", "in_time", "backlog", "overdue", "carried", "kept"]]
       class  due   in_time  backlog  overdue  carried  kept
    0    now  0.6  0.833333      0.1      0.1      0.0  True
    1  later  0.0  1.000000      1.9      0.0      1.9  True
    """
    table, starts, jobs, done = _replay(work, agents, starts, interval, occupancy, spare, overdue_within)
    classes, kind = class_numbers(table)
    shares = promised_shares(promise, classes)
    count = len(starts)
    per_piece = summed(done.piece, done.hours, len(jobs.hours))
    good = done.slot < jobs.last[done.piece]
    in_time = summed(done.piece[good], done.hours[good], len(jobs.hours))
    here, due_here = jobs.first < count, jobs.last <= count
    left = np.where(here, np.maximum(jobs.hours - per_piece, 0.0), 0.0)
    end = None if not count else starts[-1] + pd.Timedelta(seconds=seconds(interval, name="interval"))
    arrived = _arrived(table)
    rows = []
    for number, name in enumerate(classes):
        mine = kind == number
        due = float(jobs.hours[mine & due_here & here].sum())
        kept = float(in_time[mine & due_here].sum() / due) if due > 0 else 1.0
        still = mine & (left > 1e-9)
        rows.append(
            {
                "class": name,
                "released": float(jobs.hours[mine & here].sum()),
                "due": due,
                "in_time": min(kept, 1.0),
                "done": float(per_piece[mine].sum()),
                "backlog": round(float(left[mine].sum()), 9),
                "overdue": round(float(left[mine & due_here].sum()), 9),
                "carried": round(float(left[mine & ~due_here].sum()), 9),
                "oldest": (end - arrived[still].min()).total_seconds() if end is not None and still.any() else 0.0,
                "promised": shares[number],
                "kept": kept >= shares[number] - 1e-9,
            }
        )
    return pd.DataFrame(rows)


def promised_shares(promise: float | Mapping[str, float], classes: tuple[str, ...]) -> Array:
    """The share of each class that must be in time."""
    if not isinstance(promise, Mapping):
        return np.full(len(classes), fraction(promise, name="promise", zero=False))
    given = {str(name): fraction(share, name=f"promise.{name}", zero=False) for name, share in promise.items()}
    missing = [name for name in classes if name not in given and name != "backlog"]
    if missing:
        raise SettingError(
            f"promise must name every class, {missing[0]!r} is missing; it has {listed(given)}.", name="promise"
        )
    return np.array([given.get(name, min(given.values())) for name in classes])


def second_deadline(overdue_within: Any, width: float) -> float:
    """Intervals after its first deadline at which work that is late is due; 0 = it keeps its place."""
    if overdue_within is None:
        return 0.0
    return max(1.0, seconds(overdue_within, name="overdue_within", endless=True) / width)


def _replay(
    work: pd.DataFrame,
    agents: Any,
    starts: pd.DatetimeIndex,
    interval: Any,
    occupancy: float,
    spare: Any,
    overdue_within: Any,
) -> tuple[pd.DataFrame, pd.DatetimeIndex, Jobs, Served]:
    """The work as pieces, and who did what when."""
    table = check(work, WORK)
    queues = table["queue"].unique()
    if len(queues) > 1:
        raise DataError(
            f"ticket_performance takes one queue at a time, got {listed(queues)}.", table="work", column="queue"
        )
    width = seconds(interval, name="interval")
    starts = pd.DatetimeIndex(starts)
    share = fraction(occupancy, name="occupancy", zero=False)
    people = np.broadcast_to(np.asarray(agents, dtype=float), (len(starts),))
    others = np.broadcast_to(np.asarray(spare, dtype=float), (len(starts),))
    jobs = true_jobs(table, starts, width)
    done = serve(jobs, (people * share + others) * width / 3600, second=second_deadline(overdue_within, width))
    return table, starts, jobs, done


def _arrived(table: pd.DataFrame) -> pd.DatetimeIndex:
    """When each piece came: before the horizon where the backlog says so."""
    known = table["arrived"].fillna(table["release"]) if "arrived" in table else table["release"]
    return pd.DatetimeIndex(known).as_unit("ns")


def _course(jobs: Jobs, done: Served, mine: Flags, arrived: pd.DatetimeIndex, ends: pd.Series) -> pd.DataFrame:
    """Released, done, backlog, overdue, oldest and in_time of some pieces by interval."""
    count = len(ends)
    ours = mine[done.piece]
    good = ours & (done.slot < jobs.last[done.piece])
    used = summed(done.slot[ours], done.hours[ours], count)
    late_done = summed(done.slot[ours & ~good], done.hours[ours & ~good], count)
    in_time = summed(done.piece[good], done.hours[good], len(jobs.hours))
    hours = np.where(mine, jobs.hours, 0.0)
    released = summed(jobs.first, hours, count + 1)[:count]
    kept = summed(jobs.first, np.where(jobs.last > count, hours, in_time), count + 1)[:count]
    late = summed(np.clip(jobs.last, 0, count + 1), hours - in_time, count + 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(released > 0, np.minimum(kept / released, 1.0), np.nan)
    due_so_far = np.cumsum(late[: count + 1])[1:]
    return pd.DataFrame(
        {
            "released": released,
            "done": used,
            "backlog": _backlog_of(jobs, done, mine, count),
            "overdue": np.maximum(due_so_far - np.cumsum(late_done), 0.0).round(12),
            "carried": _backlog_of(jobs, done, mine & (jobs.last > count), count),
            "oldest": _oldest(jobs, done, mine, arrived, ends),
            "in_time": share,
        }
    )


def _backlog_of(jobs: Jobs, done: Served, some: Flags, count: int) -> Array:
    """Hours of some pieces that are open at the end of each interval."""
    ours = some[done.piece]
    released = summed(jobs.first, np.where(some, jobs.hours, 0.0), count + 1)[:count]
    used = summed(done.slot[ours], done.hours[ours], count)
    return np.maximum(np.cumsum(released) - np.cumsum(used), 0.0).round(12)


def _oldest(jobs: Jobs, done: Served, mine: Flags, arrived: pd.DatetimeIndex, ends: pd.Series) -> Array:
    """Age of the oldest piece that is open at the end of each interval [s]; 0 where none is."""
    count = len(ends)
    finished = np.full(len(jobs.hours), -1, dtype=np.int64)
    np.maximum.at(finished, done.piece, done.slot)
    rest = jobs.hours - summed(done.piece, done.hours, len(jobs.hours))
    finished = np.where(rest > 1e-9, count, np.maximum(finished, jobs.first))
    moments = arrived.asi8
    clock = pd.DatetimeIndex(ends).as_unit("ns").asi8
    age = np.zeros(count)
    for k in range(count):
        still = mine & (jobs.first <= k) & (finished > k)
        if still.any():
            age[k] = (clock[k] - moments[still].min()) / 1e9
    return age
