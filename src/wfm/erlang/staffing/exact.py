"""The plan of a queue by its exact course through the day: which intervals hang together, and what the plan gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.staffing.allocation import Whole
from wfm.erlang.staffing.demand import Demand
from wfm.erlang.transient.counted import Sum, answered_in, gone_in, met_and_base
from wfm.erlang.transient.course import run_within
from wfm.erlang.transient.day import Day, open_day
from wfm.erlang.transient.fewest import fewest
from wfm.erlang.transient.gains import Counting
from wfm.erlang.transient.measures import service_levels, table_of
from wfm.erlang.transient.search import Limits

METHOD = "exact time-varying queue"
AFFORDABLE = 110_000  # intervals x states: a week of 150 agents in half hours, some two seconds
_CLOSED = 3600.0  # seconds without contacts after which the line begins empty again


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """Agents and measures by interval."""

    agents: Whole
    service_level: Array
    abandon_rate: Array
    occupancy: Array


def affordable(demand: Demand) -> bool:
    """Whether the exact plan is a matter of seconds: at most `AFFORDABLE` intervals x states."""
    if not solvable(demand) or demand.law.within >= float(demand.hours[0]) * 3600:
        return False
    rows, _ = open_rows(demand)
    places = demand.load[rows].max(initial=0.0)
    return bool(len(rows) * (places + 8 * np.sqrt(places + 10) + 25) <= AFFORDABLE)


def solvable(demand: Demand) -> bool:
    """Whether every target can be counted exactly: not the mean wait of the answered, nor intervals of many widths."""
    same = len(demand.hours) > 0 and bool(np.ptp(demand.hours) < 1e-9)
    return same and demand.target.max_asa is None and bool((demand.offered > 0).any())


def exact_plan(demand: Demand) -> Exact:
    """Fewest agents with which every scope keeps its promise, by the exact course."""
    rows, begins = open_rows(demand)
    day = day_of(demand, rows, begins)
    counting = counting_of(demand, day, rows)
    low = _least(demand)
    count = counting.scope.max(initial=-1) + 1
    limits = Limits(
        low=low[rows],
        high=np.where(day.rate > 0, np.maximum(low[rows], 10**9), low[rows]),
        floor=demand.target.least,
        budget=np.full(int(count), np.inf),
    )
    found = fewest(day, counting, limits, demand.law, demand.target.share)
    agents = low.copy()
    agents[rows] = found.staff
    return given(demand, agents)


def given(demand: Demand, agents: Whole) -> Exact:
    """What a plan gives."""
    rows, begins = open_rows(demand)
    staff = agents[rows]
    day, course = run_within(day_of(demand, rows, begins), staff)
    law = demand.law
    table = table_of(day, course, service_levels(day, course, law.abandoned, float(law.within), float(law.short)))
    level, lost, busy = np.ones(len(agents)), np.zeros(len(agents)), np.zeros(len(agents))
    level[rows], lost[rows], busy[rows] = (
        table[name].to_numpy() for name in ("service_level", "abandon_rate", "occupancy")
    )
    return Exact(agents=agents, service_level=level, abandon_rate=lost, occupancy=busy)


def open_rows(demand: Demand) -> tuple[Whole, npt.NDArray[np.bool_]]:
    """Intervals that the course runs through, and which of them begin with an empty line.

    Where the table has a gap, or nobody calls for an hour, the line closes. The first quiet interval still counts: in
    it those are gone who would answer the last that wait.
    """
    dt = float(demand.hours[0]) * 3600
    quiet = demand.offered <= 0
    gap = np.append(True, np.diff(demand.starts.to_numpy()) / np.timedelta64(1, "s") > dt + 0.5)
    keep = ~quiet
    edges = np.flatnonzero(np.append(True, (quiet[1:] != quiet[:-1]) | gap[1:]))
    for begin, end in zip(edges, [*edges[1:], len(quiet)], strict=True):
        if quiet[begin]:
            short = (end - begin) * dt < _CLOSED and begin > 0 and end < len(quiet) and not gap[begin]
            keep[begin : end if short else begin + (not gap[begin])] = True
    rows = np.flatnonzero(keep)
    return rows, gap[rows] | (np.diff(rows, prepend=rows[:1] - 2) > 1)


def day_of(demand: Demand, rows: Whole, begins: npt.NDArray[np.bool_]) -> Day:
    """The open intervals as chains."""
    ladder = demand.law.ladder
    return open_day(
        demand.offered[rows],
        interval=float(demand.hours[0]) * 3600,
        aht=demand.aht[rows],
        patience=float(demand.law.patience),
        concurrency=demand.law.concurrency,
        aht_by_concurrency=ladder.aht if ladder else (),
        begins=begins,
    )


def counting_of(demand: Demand, day: Day, rows: Whole) -> Counting:
    """The targets that hold over the scope."""
    target, law = demand.target, demand.law
    met, base = met_and_base(law.abandoned, float(law.within), float(law.short), day.theta)
    sums = [met.plus(base, -target.share)]
    if target.max_abandon is not None:
        sums.append(Sum(constant=target.max_abandon, hung_up=-1.0))
    if target.wait_quantile is not None:
        part, wait = target.wait_quantile
        sums.append(answered_in(wait).plus(gone_in(wait, day.theta)).plus(Sum(constant=part), -1.0))
    scope = np.unique(demand.scope[rows], return_inverse=True)[1].astype(np.int64)
    return Counting(met=met, base=base, sums=tuple(sums), scope=scope)


def _least(demand: Demand) -> Whole:
    """Agents below which no interval may fall: the occupancy cap and the planner's minimum."""
    if demand.target.max_occupancy is None:
        return np.ceil(demand.minimum).astype(np.int64)
    return demand.fewest(demand.target, share=1e-9, least=True).astype(np.int64)
