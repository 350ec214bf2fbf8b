"""Queues that the same people answer: when their work that can wait is done, and what one set of shifts costs them.

Those who wait now say how many people there must be. Whole people and whole shifts leave some over in many hours; the
work of the pool that can wait is put there, and only what these hours do not carry is paid for by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.evaluation.presence import coverage_of
from wfm.plan.correct import wrapped
from wfm.plan.inputs import Inputs
from wfm.plan.need import Need, has_both
from wfm.plan.people_step import DESIGN_UNDER, follows_itself, opening
from wfm.queues import Queue
from wfm.schedule import Schedule
from wfm.schedule.design.pools import days_around, pooled, pooled_hours, shared_out, unparted
from wfm.schedule.design.work_placing import PlacedWork, place_work
from wfm.tables import SCHEDULE, check

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
FOR_PLACING = 0.5  # of the time limit of a design, for the linear programme that places the work
PIECES = ["queue", "first", "last", "hours"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A pool of the plan: its queues that wait now, summed by interval, and the pieces of its work that can wait."""

    name: str
    queues: tuple[str, ...]
    waiting: tuple[str, ...]
    live: pd.DataFrame
    pieces: pd.DataFrame
    open_in: Mapping[str, npt.NDArray[np.bool_]]

    @property
    def width(self) -> float:
        """Width of an interval [h]."""
        return float((self.live["end"] - self.live["start"]).iloc[0].total_seconds()) / 3600


def designs_pools(inputs: Inputs) -> bool:
    """Whether shifts are designed for pools: there are pools, and no people, roster or schedule decide the shifts."""
    given = inputs.people is not None or inputs.roster is not None or inputs.schedule is not None
    return bool(inputs.week.spec.pools and inputs.week.shift_types) and not given


def with_work_in_shifts(inputs: Inputs, need: Need) -> Need:
    """The need with the work of every pool that can wait where the shifts of its people cost least for it."""
    if not designs_pools(inputs):
        return need
    requirement = need.requirement
    for pool in pools_of(inputs, need):
        found = placed_in(pool, pool.live["rostered"].to_numpy(dtype=float), inputs)
        if pool.waiting and found.people is not None:
            asked = rounded(pool, found.people)
            requirement = _written(requirement, pool, asked, need, inputs)
    return replace(need, requirement=requirement)


def pools_of(inputs: Inputs, need: Need) -> list[Pool]:
    """The pools of the plan with what their queues ask for."""
    return [_pool(name, tuple(own), inputs, need) for name, own in inputs.week.spec.pools.items()]


def waiting_in_pools(inputs: Inputs, need: Need) -> list[str]:
    """Queues of the pools whose work can wait."""
    return [queue for pool in pools_of(inputs, need) for queue in pool.waiting]


def placed_in(pool: Pool, live: Floats, inputs: Inputs) -> PlacedWork:
    """When the work of a pool is best done beside so many people on its other queues, and the least shifts can cost."""
    week = inputs.week
    return place_work(
        pool.live.assign(agents=live, rostered=live),
        week.shift_types,
        pool.pieces,
        under_cost=week.spec.costs.under or DESIGN_UNDER,
        cyclic=follows_itself(inputs),
        hours=pooled_hours(opening(week), {pool.name: pool.queues}, days_around(pool.live)),
        open_in=pool.open_in,
        time_limit=FOR_PLACING * week.spec.plan.time_limit,
    )


def rounded(pool: Pool, people: Mapping[str, Floats]) -> dict[str, Floats]:
    """People for the work of each queue, so that they and those beside them are whole; never later than planned.

    >>> starts = pd.date_range("2026-11-21", periods=3, freq="h")
    >>> live = pd.DataFrame({"queue": "floor", "start": starts, "end": starts + pd.Timedelta("1h"), "rostered": 1.25})
    >>> todo = pd.DataFrame([("tickets", 0, 3, 1.0)], columns=PIECES)
    >>> pool = Pool(name="floor", queues=("voice", "tickets"), waiting=("tickets",), live=live, pieces=todo, open_in={})
    >>> rounded(pool, {"tickets": np.array([0.0, 0.5, 0.5])})["tickets"].tolist()
    [0.75, 0.75, 0.75]
    """
    live, width = pool.live["rostered"].to_numpy(dtype=float), pool.width
    wanted = np.sum([people[queue] for queue in people], axis=0) * width
    todo, found = _Todo.of(pool, list(people)), np.zeros((len(people), len(live)))
    for k, beside in enumerate(live.tolist()):
        lacking = todo.lacking(k, wanted) / width
        room = max(np.ceil(beside - 1e-9), np.ceil(beside + lacking - 1e-6)) - beside
        found[:, k] = todo.done(k, room * width) / width
    return {name: found[row] for row, name in enumerate(people)}


@dataclass(slots=True, kw_only=True)
class _Todo:
    """The pieces of a pool that are not done yet, the earliest due first."""

    queue: Ints
    first: Ints
    last: Ints
    left: Floats
    open_in: Bools  # queues x intervals
    shares: Floats  # of all hours, by queue

    @classmethod
    def of(cls, pool: Pool, names: list[str]) -> _Todo:
        pieces = pool.pieces.sort_values(["last", "first"], kind="stable")
        always = np.ones(len(pool.live), dtype=bool)
        place = {name: row for row, name in enumerate(names)}
        hours = pieces.groupby("queue")["hours"].sum().reindex(names).fillna(0.0).to_numpy(dtype=float)
        return cls(
            queue=np.asarray(pieces["queue"].map(place), dtype=np.int64),
            first=pieces["first"].to_numpy(dtype=np.int64),
            last=pieces["last"].to_numpy(dtype=np.int64),
            left=pieces["hours"].to_numpy(dtype=float).copy(),
            open_in=np.array([pool.open_in.get(name, always) for name in names]),
            shares=hours / hours.sum() if hours.sum() > 0 else np.full(len(names), 1 / len(names)),
        )

    def lacking(self, k: int, planned: Floats) -> float:
        """Hours that an interval must do, where every later one does what is planned for it."""
        due = np.cumsum(np.bincount(self.last, weights=self.left, minlength=len(planned) + 1))[k + 1 :]
        later = np.r_[0.0, np.cumsum(planned[k + 1 :])]
        return max(0.0, float((due - later).max()))

    def done(self, k: int, hours: float) -> Floats:
        """Hours by queue in an interval, what is due first before the rest; what is over goes to all that are open."""
        open_ = self.open_in[:, k]
        todo = np.where((self.first <= k) & open_[self.queue], self.left, 0.0)
        before = np.cumsum(todo) - todo
        part = np.clip(hours - before, 0.0, todo)
        self.left -= part
        found = np.bincount(self.queue, weights=part, minlength=len(self.shares))
        shares = open_ * self.shares
        if shares.sum() > 0:
            found = found + (hours - found.sum()) * shares / shares.sum()
        return np.maximum(found, 0.0)


def seated(made: Schedule, requirement: pd.DataFrame, inputs: Inputs, need: Need) -> Schedule:
    """The people of every pool given their queues by what is due when; the design knows what each queue asks for."""
    pools = [pool for pool in pools_of(inputs, need) if pool.waiting] if designs_pools(inputs) else []
    table = made.table
    for pool in pools:
        own = unparted(table, pool.name)
        if len(own):
            others = table[table["pool"] != pool.name]
            table = pd.concat([others, seated_in(pool, own, requirement, inputs)], ignore_index=True)
    if not pools:
        return made
    table = check(table, SCHEDULE)
    around = wrapped(table, inputs.week.start, inputs.week.end) if follows_itself(inputs) else table
    return replace(made, table=table, coverage=coverage_of(around, need.requirement))


def seated_in(pool: Pool, lines: pd.DataFrame, requirement: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """The lines of a pool with the queue that everybody answers when."""
    wanted = requirement[requirement["queue"].isin(list(pool.queues))]
    cycle = (inputs.week.start, inputs.week.end) if follows_itself(inputs) else None
    starts, ends = (pool.live[key].to_numpy() for key in ("start", "end"))
    first, last = (pool.pieces[key].to_numpy(dtype=int) for key in ("first", "last"))
    work = pool.pieces[["queue", "hours"]].assign(start=starts[first], end=ends[last - 1])
    return shared_out(lines, wanted, {pool.name: pool.queues}, waiting=pool.waiting, cycle=cycle, work=work)


def _pool(name: str, queues: tuple[str, ...], inputs: Inputs, need: Need) -> Pool:
    """A pool with its live queues summed, on all intervals in which any of its queues is open."""
    rows = need.requirement[need.requirement["queue"].isin(list(queues))]
    waiting = tuple(queue for queue in queues if _can_wait(need.queues[queue], inputs, need))
    at_all = rows.assign(
        **{key: rows[key].where(~rows["queue"].isin(list(waiting)), 0.0) for key in ("agents", "rostered")}
    )
    live = pooled(at_all, {name: queues}).reset_index(drop=True)
    starts = pd.DatetimeIndex(live["start"])
    pieces, open_in = [], {}
    for queue in waiting:
        own = pd.DatetimeIndex(rows.loc[rows["queue"] == queue, "start"])
        pieces.append(_pieces(need.queues[queue], need.work, own, starts, inputs.week.spec.interval))
        open_in[queue] = np.asarray(starts.isin(own), dtype=bool)
    return Pool(
        name=name,
        queues=queues,
        waiting=waiting,
        live=live,
        pieces=pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=PIECES),
        open_in=open_in,
    )


def _can_wait(queue: Queue, inputs: Inputs, need: Need) -> bool:
    """Whether all of a queue's work may be placed elsewhere: by deadlines, not in idle time, without a minimum."""
    given = queue.name in inputs.requirements or queue.live or has_both(queue)
    least = need.requirement.loc[need.requirement["queue"] == queue.name, "minimum"]
    return not given and not any(done > 0 for _, done in queue.in_idle) and not (least > 0).any()


def _pieces(
    queue: Queue, work: pd.DataFrame, own: pd.DatetimeIndex, starts: pd.DatetimeIndex, interval: float
) -> pd.DataFrame:
    """The work of a queue in hours of people who are rostered, by intervals of its pool.

    Of what need not be in time the rest is done as much later as it may be.
    """
    from wfm.erlang.deferred.deadlines import planned_jobs
    from wfm.erlang.deferred.ticket_service import promised_shares

    plan = planned_jobs(work[work["queue"] == queue.name], own, interval, queue.overdue_within)
    share = promised_shares(queue.promise or 1.0, plan.classes)[plan.kind]
    people = float(queue.shrinkage.rostered(1.0)) / queue.occupancy
    place = starts.get_indexer(own)
    parts = [(plan.jobs.last, plan.jobs.hours * share), (plan.late, plan.jobs.hours * (1 - share))]
    found = [
        pd.DataFrame(
            {"queue": queue.name, "first": place[plan.jobs.first], "last": place[last - 1] + 1, "hours": hours}
        )
        for last, hours in parts
    ]
    table = pd.concat(found, ignore_index=True)
    table = table[table["hours"] > 1e-12].assign(hours=table["hours"] * people)
    summed: pd.DataFrame = table.groupby(["queue", "first", "last"], as_index=False)[["hours"]].sum()
    return summed


def _written(
    requirement: pd.DataFrame, pool: Pool, people: Mapping[str, Floats], need: Need, inputs: Inputs
) -> pd.DataFrame:
    """The requirement with these people on the work of the pool, and what of it is then still open."""
    starts = pd.DatetimeIndex(pool.live["start"])
    table = requirement.copy()
    for name, rostered in people.items():
        queue, mine = need.queues[name], (table["queue"] == name).to_numpy()
        own = pd.DatetimeIndex(table.loc[mine, "start"])
        there = pd.Series(rostered, index=starts).reindex(own).fillna(0.0).to_numpy(dtype=float)
        agents = np.asarray(there * (1 - queue.shrinkage.unplanned), dtype=float)
        table.loc[mine, "agents"], table.loc[mine, "rostered"], table.loc[mine, "deferrable"] = agents, there, agents
        table.loc[mine, "headcount"] = queue.shrinkage.headcount(agents)
        open_ = _still_open(queue, need.work[need.work["queue"] == name], agents, own, inputs.week.spec.interval)
        for column in ("backlog", "carried", "oldest"):
            table.loc[mine, column] = open_[column].to_numpy()
    return table


def _still_open(
    queue: Queue, work: pd.DataFrame, agents: Floats, starts: pd.DatetimeIndex, interval: float
) -> pd.DataFrame:
    from wfm.erlang import ticket_performance

    late = queue.overdue_within if queue.promised < 1 else None
    return ticket_performance(
        work.reset_index(drop=True),
        agents,
        starts,
        interval=interval,
        occupancy=queue.occupancy,
        overdue_within=late,
    )
