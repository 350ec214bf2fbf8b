"""What a roster is worth, told from its table: coverage, wishes granted, and the objective in its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.schedule.people.people import People
from wfm.schedule.rules import HoursPerMonth, HoursPerWeek, Rule
from wfm.schedule.rules.rule import shifts_of
from wfm.schedule.search.cover_cost import CoverCost
from wfm.schedule.shifts.demand import Demand

Floats = npt.NDArray[np.float64]
DAY = pd.Timedelta(days=1)
NEVER = pd.Timestamp(2200, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """The objective of a roster in its parts."""

    cover: float
    rules: float
    wishes: float
    hours: float
    changes: float

    @property
    def total(self) -> float:
        """The objective."""
        return self.cover + self.rules + self.wishes + self.hours + self.changes


def presence(rows: pd.DataFrame, demand: Demand, people: People) -> Floats:
    """People at work by (queue, cell), each counting for what they count."""
    if demand.types:
        return _presence_by_type(rows, demand, people)
    edges = np.arange(len(demand.cells) + 1, dtype=float) * demand.step
    found = np.zeros_like(demand.required)
    work = rows[rows["activity"] == "work"]
    counts, grown = people.counts_as, people.grown_from
    days = _day_of_shift(rows) if grown else work["start"]
    for number, queue in enumerate(demand.queues):
        own = work[work["queue"] == queue]
        if len(own):
            weight = np.array([counts[agent] for agent in own["agent"]])
            if grown:
                since = np.array([grown.get(agent, NEVER) for agent in own["agent"]], dtype="datetime64[ns]")
                weight = np.where(days.loc[own.index].to_numpy() >= since, 1.0, weight)
            along = (
                np.diff(_integral(demand.seconds(own["start"]), demand.seconds(own["end"]), weight, edges))
                / demand.step
            )
            np.add.at(found[number], demand.cells, along)
    return found


def _day_of_shift(rows: pd.DataFrame) -> pd.Series:
    """The day on which the shift of each row starts."""
    ordered = rows.sort_values(["agent", "start"], kind="stable")
    before = ordered.shift(1)
    fresh = (ordered["agent"] != before["agent"]) | (ordered["start"] != before["end"])
    return pd.Series(ordered.groupby(fresh.cumsum())["start"].transform("min").dt.normalize())


def _integral(starts: Floats, ends: Floats, weight: Floats, edges: Floats) -> Floats:
    """People x seconds since ever at each edge."""
    times = np.r_[starts, ends]
    order = np.argsort(times, kind="stable")
    times, slope = times[order], np.cumsum(np.r_[weight, -weight][order])
    total = np.r_[0.0, np.cumsum(slope[:-1] * np.diff(times))]
    return np.asarray(np.interp(edges, times, total))


def _presence_by_type(rows: pd.DataFrame, demand: Demand, people: People) -> Floats:
    shifts = shifts_of(rows)
    found = np.zeros_like(demand.required)
    place = ((shifts["day"] - demand.first) / DAY).astype(int).to_numpy()
    counts, grown = people.counts_as, people.grown_from
    for agent, kind, queue, day in zip(shifts["agent"], shifts["shift"], shifts["queue"], place, strict=True):
        served = queue if isinstance(queue, str) else "all"
        if 0 <= day < demand.days and kind in demand.types and served in demand.queues:
            cell = day * len(demand.types) + demand.types.index(kind)
            whole = demand.dates[int(day)] >= grown.get(agent, NEVER)
            found[demand.queues.index(served), cell] += 1.0 if whole else counts[agent]
    return found


def cover_cost(people: Floats, demand: Demand, cost: CoverCost) -> float:
    """Cost of missing and surplus agent-hours."""
    missing = demand.required - people
    return float(replace(cost, spread=0.0).of(missing, demand.hours, missing, demand.room).sum())


def coverage_of(people: Floats, demand: Demand) -> pd.DataFrame:
    """The coverage table: required, rostered (mean over the interval) and gap of every row of the demand."""
    table = demand.table
    number = table["queue"].map({queue: k for k, queue in enumerate(demand.queues)}).to_numpy()
    if demand.types:
        day = ((table["start"] - demand.first) / DAY).astype(int).to_numpy()
        cell = day * len(demand.types) + table["type"].map({t: k for k, t in enumerate(demand.types)}).to_numpy()
        rostered = people[number, cell]
        label = table["type"] if len(set(table["queue"])) == 1 else table["queue"] + "/" + table["type"]
        table = table.assign(queue=label)
    else:
        summed = np.concatenate([np.zeros((len(people), 1)), np.cumsum(people, axis=1)], axis=1)
        first = np.rint(demand.seconds(table["start"]) / demand.step).astype(np.int64)
        last = np.rint(demand.seconds(table["end"]) / demand.step).astype(np.int64)
        rostered = (summed[number, last] - summed[number, first]) / (last - first)
    rostered = np.round(rostered, 9) + 0.0
    out = table.assign(rostered=rostered, gap=np.round(rostered - table["required"].to_numpy(), 9))
    columns = ["queue", "start", "end", "required", "rostered", "gap", *(["type"] if demand.types else [])]
    return out[columns].sort_values(["queue", "start"], kind="stable").reset_index(drop=True)


def wishes_told(rows: pd.DataFrame, people: People, demand: Demand) -> pd.DataFrame:
    """Every wish that touches the horizon with its cost and `granted`.

    A wish over several days costs its weight by the day: off for each shift that meets its span, work for each day
    without such a shift.
    """
    assert people.wishes is not None
    wishes = people.wishes[(people.wishes["start"] < demand.last) & (people.wishes["end"] > demand.first)]
    shifts: dict[str, list[tuple[pd.Timestamp, pd.Timestamp, str, pd.Timestamp]]] = {}
    table = shifts_of(rows)
    for agent, *one in zip(*(table[name] for name in ("agent", "start", "end", "shift", "day")), strict=True):
        shifts.setdefault(agent, []).append((one[0], one[1], one[2], one[3]))
    refused = []
    for wish in zip(*(wishes[name] for name in ("agent", "start", "end", "kind", "type", "weight")), strict=True):
        agent, start, end, kind, name, weight = wish
        first, last = max(start.normalize(), demand.first), min(end, demand.last)
        days = [first + k * DAY for k in range(int(np.ceil((last - first) / DAY)))]
        own = [one for one in shifts.get(agent, ()) if one[0] < end and one[1] > start]
        if isinstance(name, str):
            own = [one for one in own if one[2] == name]
        met = {day for *_, day in own}
        failed = len(own) if kind == "off" else sum(day not in met for day in days)
        refused.append(float(weight) * failed / len(days))
    cost = np.array(refused, dtype=float)
    return wishes.assign(granted=cost == 0, cost=cost).reset_index(drop=True)


def hours_beyond(
    rows: pd.DataFrame, people: People, rules: Sequence[Rule], span: tuple[pd.Timestamp, pd.Timestamp]
) -> float:
    """Paid hours of shifts beyond the least, where a contract leaves a range; a month counts where no week does."""
    total = 0.0
    weekly = [rule for rule in rules if isinstance(rule, HoursPerWeek)]
    settled = {name for rule in weekly for name in (rule.contracts or tuple(people.contracts))}
    monthly = [
        rule
        for rule in rules
        if isinstance(rule, HoursPerMonth) and not set(rule.contracts or tuple(people.contracts)) & settled
    ]
    for rule in [*weekly, *monthly]:
        if np.isfinite(rule.most) and rule.most > rule.least:
            account = rule.account(rows, people, span)
            total += float(np.minimum(account["shift"], (account["done"] - account["least"]).clip(lower=0)).sum())
    return total


def changed_days(rows: pd.DataFrame, published: pd.DataFrame, demand: Demand, *, queues: bool = False) -> int:
    """Days of people whose shift (type or start, with `queues` also the queue) differs from the published one.

    Shifts gone and new are included.
    """
    both = []
    for table in (rows, published):
        shifts = shifts_of(table)
        shifts = shifts[(shifts["day"] >= demand.first) & (shifts["day"] < demand.last)]
        both.append(
            {
                (a, d): (s, t, q if queues and isinstance(q, str) else None)
                for a, d, s, t, q in zip(
                    *(shifts[name] for name in ("agent", "day", "start", "shift", "queue")), strict=True
                )
            }
        )
    now, before = both
    return sum(now.get(cell) != before.get(cell) for cell in now.keys() | before.keys())


def status_of(objective: float, bound: float, late: bool) -> str:
    """Optimal, within_gap, time_limit or feasible.

    >>> status_of(100.5, 100.0, late=False)
    'within_gap'
    """
    gap = objective - bound
    if gap <= 1e-6 * (1 + abs(objective)):
        return "optimal"
    if gap <= 0.01 * abs(objective):
        return "within_gap"
    return "time_limit" if late else "feasible"
