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

from wfm.plan.inputs import Inputs
from wfm.plan.need import Need, has_both
from wfm.plan.people_step import DESIGN_UNDER, follows_itself, opening
from wfm.queues import Queue
from wfm.schedule.design.pools import days_around, pooled, pooled_hours
from wfm.schedule.design.work_placing import PlacedWork, place_work

Floats = npt.NDArray[np.float64]
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
    plan, come = np.cumsum(wanted), np.zeros(len(live))
    np.add.at(come, pool.pieces["first"].to_numpy(dtype=int), pool.pieces["hours"].to_numpy(dtype=float))
    come = np.cumsum(come)
    done, room = 0.0, np.zeros(len(live))
    for k, beside in enumerate(live.tolist()):
        lacking = max(0.0, float(plan[k]) - done) / width
        room[k] = max(np.ceil(beside - 1e-9), np.ceil(beside + lacking - 1e-9)) - beside
        done += min(room[k] * width, max(0.0, float(come[k]) - done))
    return _parted(room, people, pool)


def _parted(room: Floats, people: Mapping[str, Floats], pool: Pool) -> dict[str, Floats]:
    """The room for work by queue: to each what it is owed by the plan, and what is over to those that are open."""
    names = list(people)
    owed, found = np.zeros(len(names)), {name: np.zeros(len(room)) for name in names}
    for k, left in enumerate(room.tolist()):
        owed += [people[name][k] for name in names]
        open_ = np.array([bool(pool.open_in[name][k]) if name in pool.open_in else True for name in names])
        wish = np.where(open_, np.maximum(owed, 0.0), 0.0)
        given = wish * min(1.0, left / wish.sum()) if wish.sum() > 0 else wish
        given += open_ * ((left - given.sum()) / max(open_.sum(), 1))
        owed -= given
        for name, share in zip(names, given.tolist(), strict=True):
            found[name][k] = share
    return found


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
