"""Deferrable work: tickets and e-mail that must be done by a deadline, not answered at once.

Work is a fluid, done earliest deadline first. It can be done in time exactly if, for every window of time, what is
released and due within it is no more than the capacity of the window.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import fraction
from wfm.durations import seconds
from wfm.erlang.arguments import Array
from wfm.erlang.levelling import Jobs, flattest, served_in_order
from wfm.erlang.workload import OVERDUE
from wfm.errors import DataError, WfmWarning, listed
from wfm.queues import Shrinkage
from wfm.tables import REQUIREMENT, WORK, check


def ticket_requirement(
    work: pd.DataFrame,
    starts_open: pd.DatetimeIndex,
    *,
    interval: Any,
    occupancy: float = 0.9,
    shrinkage: Any = 0.0,
    beside: Any = None,
    overdue_within: Any = "8h",
) -> pd.DataFrame:
    """Agents by open interval that do all work in time with the lowest peaks; the level is as flat as deadlines allow.

    Parameters
    ----------
    work : table                One or several queues; each is levelled by itself.
    starts_open : DatetimeIndex Starts of the open intervals.
    interval : float [s]        Their width.
    occupancy : float           Share of the agents' time that is spent on tickets, in (0, 1].
    shrinkage : Shrinkage       Or the unplanned share as a number.
    beside : array              Agents that live channels need in each open interval: tickets fill the troughs, so that
                                the sum is flat.
    overdue_within : float [s]  Open time within which work whose deadline has passed, or falls into closed hours, is
                                caught up.

    Returns
    -------
    table requirement           Whole agents; rounding is carried from interval to interval, so that it adds less than
                                one agent-interval in all.

    Raises
    ------
    DataError                   There is work but no open interval.
    """
    table = check(work, WORK)
    width = seconds(interval, name="interval")
    occupancy = fraction(occupancy, name="occupancy", zero=False)
    starts = pd.DatetimeIndex(starts_open).sort_values()
    shrunk = shrinkage if isinstance(shrinkage, Shrinkage) else Shrinkage(unplanned=shrinkage)
    live = np.zeros(len(starts)) if beside is None else np.asarray(beside, dtype=float)
    if live.shape != (len(starts),):
        raise DataError(
            f"beside must have one value for each of the {len(starts)} open intervals, got {live.size}.", table="beside"
        )
    rows = []
    for queue, mine in table.groupby("queue", sort=False):
        jobs, hopeless = _jobs(mine, starts, width, overdue_within)
        if hopeless > 0.005:
            warnings.warn(
                f"queue {queue!r}: {hopeless:.0%} of the work is due before it can be touched (overdue or "
                "closed); it is planned to be caught up as fast as its own deadline allows.",
                WfmWarning,
                stacklevel=2,
            )
        level = flattest(jobs, live * occupancy * width / 3600)  # agent-hours of handling by interval
        agents = _whole_agents(level / (occupancy * width / 3600), jobs, occupancy * width / 3600)
        rows.append(_rows(str(queue), starts, width, agents, shrunk))
    if not rows:
        return check(_rows("tickets", starts, width, np.zeros(len(starts)), shrunk).iloc[:0], REQUIREMENT)
    return check(pd.concat(rows, ignore_index=True), REQUIREMENT)


def ticket_performance(
    work: pd.DataFrame,
    agents: Any,
    starts: pd.DatetimeIndex,
    *,
    interval: Any,
    occupancy: float = 0.9,
) -> pd.DataFrame:
    """What given agents get done of one queue's work, earliest deadline first.

    Parameters
    ----------
    work : table                One queue.
    agents : array              Agents on tickets in the interval of each start; fractions allowed.
    starts : DatetimeIndex      Sorted; gaps are closed hours.

    Returns
    -------
    DataFrame                   start, end, released, done [agent-hours], backlog at the end [agent-hours], overdue at
                                the end [agent-hours], in_time: share of the work released in the interval that is done
                                by its deadline (nan where none is). Work due after the horizon counts as in time if
                                it is done by its end, or still within its deadline.

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
    table = check(work, WORK)
    queues = table["queue"].unique()
    if len(queues) > 1:
        raise DataError(
            f"ticket_performance takes one queue at a time, got {listed(queues)}.", table="work", column="queue"
        )
    width = seconds(interval, name="interval")
    starts = pd.DatetimeIndex(starts)
    capacity = np.broadcast_to(np.asarray(agents, dtype=float), (len(starts),))
    capacity = capacity * fraction(occupancy, name="occupancy", zero=False) * width / 3600
    jobs = _true_jobs(table, starts, width)
    done, in_time, used = served_in_order(jobs, capacity)
    count = len(starts)
    released = np.bincount(jobs.first, weights=jobs.hours, minlength=count + 1)[:count]
    kept = np.bincount(jobs.first, weights=np.where(jobs.last > count, jobs.hours, in_time), minlength=count + 1)
    late = np.bincount(np.clip(jobs.last, 0, count + 1), weights=jobs.hours - in_time, minlength=count + 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(released > 0, np.minimum(kept[:count] / released, 1.0), np.nan)
    due_so_far = np.cumsum(late[: count + 1])[1:]
    return pd.DataFrame(
        {
            "start": starts,
            "end": starts + pd.Timedelta(seconds=width),
            "released": released,
            "done": used,
            "backlog": np.maximum(np.cumsum(released) - np.cumsum(used), 0.0).round(12),
            "overdue": np.maximum(due_so_far - np.cumsum(done), 0.0).round(12),
            "in_time": share,
        }
    )


def _slots(table: pd.DataFrame, starts: pd.DatetimeIndex, width: float) -> tuple[npt.NDArray[np.int64], ...]:
    """First interval in which each piece may be done, and the one behind the last."""
    begins = starts.as_unit("ns")
    ends = begins + pd.Timedelta(seconds=width)
    first = ends.searchsorted(pd.DatetimeIndex(table["release"]).as_unit("ns"), side="right").astype(np.int64)
    last = ends.searchsorted(pd.DatetimeIndex(table["due"]).as_unit("ns"), side="right").astype(np.int64)
    beyond = table["due"].to_numpy() > (ends[-1].to_datetime64() if len(ends) else np.datetime64("1970-01-01"))
    return first, np.where(beyond, len(starts) + 1, last)


def _true_jobs(table: pd.DataFrame, starts: pd.DatetimeIndex, width: float) -> Jobs:
    first, last = _slots(table, starts, width)
    return Jobs(first=first, last=last, hours=table["agent_hours"].to_numpy(dtype=float))


def _jobs(table: pd.DataFrame, starts: pd.DatetimeIndex, width: float, overdue: Any) -> tuple[Jobs, float]:
    """The pieces that fall into the horizon, each with at least one open interval; and the share that had none."""
    if not len(starts):
        raise DataError("there is work but no open interval to do it in.", table="work")
    first, last = _slots(table, starts, width)
    hours = table["agent_hours"].to_numpy(dtype=float)
    allowance = (table["due"] - table["release"]).dt.total_seconds().to_numpy()
    late = allowance <= OVERDUE.total_seconds()
    allowance = np.where(late, seconds(overdue, name="overdue_within"), allowance)
    here = first < len(starts)
    hopeless = here & (last <= first)
    last = np.where(hopeless, first + np.maximum(np.ceil(allowance / width - 1e-9).astype(int), 1), last)
    # what is due beyond the horizon takes its share of it: the rest follows with the next plan
    begins = starts.as_unit("ns")
    room = (begins[-1] - begins[0]).total_seconds() + width
    elapsed = np.asarray((begins[np.minimum(first, len(starts) - 1)] - begins[0]).total_seconds())
    left = np.where(here, room - elapsed, 0.0)
    share = np.where(last > len(starts), np.clip(left / np.maximum(allowance, width), 0, 1), 1.0)
    share = np.where(hopeless, 1.0, share)
    total = hours[here].sum()
    lost = float(hours[hopeless].sum() / total) if total > 0 else 0.0
    return Jobs(first=first[here], last=np.minimum(last, len(starts))[here], hours=(hours * share)[here]), lost


def _whole_agents(agents: Array, jobs: Jobs, hours: float) -> Array:
    """Whole agents with the sum carried along; one more where a piece would be late for it."""
    plan = np.diff(np.ceil(np.concatenate([[0.0], np.cumsum(agents)]) - 1e-6))
    for _ in range(len(agents)):
        missing = jobs.hours - served_in_order(jobs, plan * hours)[1]
        if missing.sum() <= 1e-4 * jobs.hours.sum() + 1e-9:
            break
        worst = int(np.argmax(missing))
        window = np.arange(jobs.first[worst], jobs.last[worst])
        plan[window[np.argmin(plan[window] - agents[window])]] += 1
    return np.asarray(plan)


def _rows(queue: str, starts: pd.DatetimeIndex, width: float, agents: Array, shrinkage: Shrinkage) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "queue": queue,
            "start": starts,
            "end": starts + pd.Timedelta(seconds=width),
            "agents": agents,
            "rostered": shrinkage.rostered(agents),
            "headcount": shrinkage.headcount(agents),
            "method": "deadlines",
        }
    )
