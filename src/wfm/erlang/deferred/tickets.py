"""Deferrable work: tickets and e-mail that must be done by a deadline, not answered at once.

Work is a fluid, done earliest deadline first. It can be done in time exactly if, for every window of time, what is
released and due within it is no more than the capacity of the window.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm.checks import fraction
from wfm.durations import seconds
from wfm.erlang.deferred.deadlines import Planned, planned_jobs
from wfm.erlang.deferred.levelling import Jobs, flattest, served_in_order, summed
from wfm.erlang.deferred.postponing import Lateness, postponed
from wfm.erlang.deferred.ticket_service import promised_shares, second_deadline, ticket_performance, ticket_promise
from wfm.erlang.formulas.arguments import Array
from wfm.errors import DataError, WfmWarning
from wfm.queues import Shrinkage
from wfm.tables import REQUIREMENT, WORK, check

__all__ = ["ticket_performance", "ticket_promise", "ticket_requirement"]
_DEARER = 1.01  # a promise below 1 may cost so much more in hours for its lower peaks


def ticket_requirement(
    work: pd.DataFrame,
    starts_open: pd.DatetimeIndex,
    *,
    interval: Any,
    occupancy: float = 0.9,
    shrinkage: Any = 0.0,
    beside: Any = None,
    spare: Any = None,
    promise: float | Mapping[str, float] = 1.0,
    overdue_within: Any = "8h",
) -> pd.DataFrame:
    """Fewest agents by open interval that do the promised share of all work in time, as flat as deadlines allow.

    What live agents can do in their idle time comes first; agents beyond it are the fewest agent-hours, and then the
    lowest peaks of them and `beside` together.

    Parameters
    ----------
    work : table                One or several queues; each is levelled by itself.
    starts_open : DatetimeIndex Starts of the open intervals.
    interval : float [s]        Their width.
    occupancy : float           Share of the agents' time that is spent on tickets, in (0, 1].
    shrinkage : Shrinkage       Or the unplanned share as a number.
    beside : array              Agents that live channels need in each open interval: tickets fill the troughs, so that
                                the sum is flat.
    spare : array [erlangs]     Tickets that these agents can handle in their idle time, such as `spare_capacity` gives;
                                with several queues what one uses is gone for the next.
    promise : float             Share of each class that must be done in time, in (0, 1]; or class -> share. The rest
                                is done within `overdue_within` after its deadline.
    overdue_within : float [s]  Open time within which work whose deadline has passed, or falls into closed hours, is
                                caught up.

    Returns
    -------
    table requirement           Whole agents; rounding is carried from interval to interval, so that it adds less than
                                one agent-interval in all, and one more where work would be late for it. Also in_idle:
                                tickets handled in idle time [erlangs]; backlog at the end of the interval, of it
                                carried (due after the horizon, left to the next plan) [agent-hours], oldest: age of
                                the oldest open work [s]; deferrable: how many of the agents may be placed elsewhere
                                within the deadlines, here all of them.

    Raises
    ------
    DataError                   There is work but no open interval.

    Notes
    -----
    Levelling: Yao, Demers & Shenker 1995. With a promise below 1 a linear program says which work is late.

    >>> todo = pd.DataFrame({"queue": "tickets", "release": pd.to_datetime(["2026-11-21 08:00"]),
    ...                      "due": pd.to_datetime(["2026-11-21 10:00"]), "agent_hours": [6.0]})
    >>> hours = pd.date_range("2026-11-21 08:00", periods=2, freq="h")
    >>> ticket_requirement(todo, hours, interval=3600, occupancy=1, beside=[5, 3])["agents"].tolist()
    [2.0, 4.0]
    >>> ticket_requirement(todo, hours, interval=3600, occupancy=1, spare=[2, 1])["agents"].tolist()
    [2.0, 1.0]
    """
    table = check(work, WORK)
    width = seconds(interval, name="interval")
    occupancy = fraction(occupancy, name="occupancy", zero=False)
    starts = pd.DatetimeIndex(starts_open).sort_values()
    shrunk = shrinkage if isinstance(shrinkage, Shrinkage) else Shrinkage(unplanned=shrinkage)
    live = _by_interval(beside, "beside", len(starts))
    free = _by_interval(spare, "spare", len(starts)) * width / 3600
    rows = []
    for queue, mine in table.groupby("queue", sort=False):
        task = _Task(
            planned=planned_jobs(mine, starts, width, overdue_within),
            promise=promise,
            beside=live * occupancy * width / 3600,
            spare=free,
            unit=occupancy * width / 3600,
            day=_days(starts),
            width=width,
            overdue_within=overdue_within,
        )
        _warn_of_hopeless(str(queue), task.planned.hopeless)
        agents = _whole_agents(task)
        found = _rows(str(queue), starts, width, agents, shrunk)
        used = _outcome(found, mine.reset_index(drop=True), starts, task, width, occupancy)
        free = np.maximum(free - used * width / 3600, 0.0)
        rows.append(found)
    if not rows:
        return check(_rows("tickets", starts, width, np.zeros(len(starts)), shrunk).iloc[:0], REQUIREMENT)
    return check(pd.concat(rows, ignore_index=True), REQUIREMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What one queue asks for: hours of handling by interval beside, spare and by one agent (`unit`)."""

    planned: Planned
    promise: float | Mapping[str, float]
    beside: Array
    spare: Array
    unit: float
    day: Any
    width: float
    overdue_within: Any

    @property
    def shares(self) -> Array:
        """What of each class must be in time."""
        return promised_shares(self.promise, self.planned.classes)

    @property
    def may_be_late(self) -> bool:
        """Whether some work need not be in time."""
        return bool((self.shares < 1).any())


def _by_interval(values: Any, name: str, count: int) -> Array:
    found = np.zeros(count) if values is None else np.asarray(values, dtype=float)
    if found.shape != (count,):
        raise DataError(
            f"{name} must have one value for each of the {count} open intervals, got {found.size}.", table=name
        )
    if not (found >= 0).all():
        raise DataError(f"{name} must be numbers >= 0, got {found[~(found >= 0)][0]:g}.", table=name)
    return found


def _days(starts: pd.DatetimeIndex) -> Any:
    return np.unique(starts.normalize(), return_inverse=True)[1].astype(np.int64)


def _warn_of_hopeless(queue: str, hopeless: float) -> None:
    if hopeless > 0.005:
        warnings.warn(
            f"queue {queue!r}: {hopeless:.0%} of the work is due before it can be touched (overdue or "
            "closed); it is planned to be caught up as fast as its own deadline allows.",
            WfmWarning,
            stacklevel=3,
        )


def _whole_agents(task: _Task) -> Array:
    """Whole agents; where not all must be in time the plan with the lowest peaks that is no dearer than all in time."""
    strict = _carried_along(task.planned.jobs, task)[0]
    plans = [strict]
    some = task.shares
    for shares in [] if not task.may_be_late else [some, np.maximum(some, min(some.max(), 0.999))]:
        plan = _until_kept(*_carried_along(_dated(task, shares), task), task, most=_DEARER * strict.sum())
        if plan is not None:
            plans.append(plan)
        if (some == some[0]).all():
            break
    return min(plans, key=lambda plan: (_peaks(plan, task), plan.sum()))


def _peaks(plan: Array, task: _Task) -> float:
    """Sum over days of the most agents at once, those beside included."""
    high = np.zeros(int(task.day.max()) + 1)
    np.maximum.at(high, task.day, plan + task.beside / task.unit)
    return float(high.sum().round(6))


def _carried_along(jobs: Jobs, task: _Task) -> tuple[Array, Array]:
    """Whole agents with the sum carried along, one more where work would be late for it; and the fractional ones."""
    spare = task.spare
    agents = flattest(jobs, task.beside, spare) / task.unit
    plan = np.diff(np.ceil(np.concatenate([[0.0], np.cumsum(agents)]) - 1e-6))
    for _ in range(len(agents)):
        missing = jobs.hours - served_in_order(jobs, plan * task.unit + spare)[1]
        if missing.sum() <= 1e-4 * jobs.hours.sum() + 1e-9:
            break
        worst = int(np.argmax(missing))
        window = np.arange(jobs.first[worst], jobs.last[worst])
        plan[window[np.argmin(plan[window] - agents[window])]] += 1
    return np.asarray(plan), agents


def _until_kept(plan: Array, agents: Array, task: _Task, *, most: float) -> Array | None:
    """One more agent after the other until every class is kept by the order in which work is really taken up.

    That order does not know which piece the plan lets be late, so that a class may be short where another has too much.
    None where that takes more than `most` agents in all.
    """
    jobs, kind = task.planned.jobs, task.planned.kind
    hours = summed(kind, jobs.hours, len(task.shares))
    second = second_deadline(task.overdue_within, task.width)
    while plan.sum() <= most:
        missing = jobs.hours - served_in_order(jobs, plan * task.unit + task.spare, second=second)[1]
        short = summed(kind, missing, len(hours)) - (1 - task.shares) * hours
        worst = int(np.argmax(short))
        if short[worst] <= 1e-4 * hours.sum() + 1e-9:
            return plan
        piece = int(np.argmax(np.where(kind == worst, missing, -1.0)))
        window = np.arange(jobs.first[piece], jobs.last[piece])
        plan[window[np.argmin(plan[window] - agents[window])]] += 1
    return None


def _dated(task: _Task, shares: Array) -> Jobs:
    """The pieces with their late parts as pieces of their own, which end later."""
    planned, jobs = task.planned, task.planned.jobs
    by_class = summed(planned.kind, jobs.hours, len(shares))
    lateness = Lateness(last=planned.late, kind=planned.kind, most=(1 - shares) * by_class)
    late = postponed(jobs, lateness, task.beside, task.spare, task.day)
    some = late > 1e-9
    return Jobs(
        first=np.concatenate([jobs.first, jobs.first[some]]),
        last=np.concatenate([jobs.last, planned.late[some]]),
        hours=np.concatenate([np.where(some, jobs.hours - late, jobs.hours), late[some]]),
    )


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
            "in_idle": 0.0,
            "backlog": 0.0,
            "carried": 0.0,
            "oldest": 0.0,
            "deferrable": agents,
        }
    )


def _outcome(
    found: pd.DataFrame, work: pd.DataFrame, starts: pd.DatetimeIndex, task: _Task, width: float, occupancy: float
) -> Array:
    """Backlog, what of it is carried, and its age, written into the rows; back comes what idle time does [erlangs]."""
    agents = found["agents"].to_numpy(dtype=float)
    spare = task.spare * 3600 / width
    course = ticket_performance(
        work,
        agents,
        starts,
        interval=width,
        occupancy=occupancy,
        spare=spare,
        overdue_within=task.overdue_within if task.may_be_late else None,
    )
    used = np.clip(course["done"].to_numpy() * 3600 / width - agents * occupancy, 0.0, spare)
    found["in_idle"] = used
    for name in ("backlog", "carried", "oldest"):
        found[name] = course[name]
    return np.asarray(used)
