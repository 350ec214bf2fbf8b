"""Shifts straight for a promise over the day or week: people where they bring most answered contacts, not by interval.

The `curve` says how many contacts of the scope are met if one interval has so many agents. Its concave envelope, with
segments z_tk of slope s_tk above the fewest agents n_t that an interval may have, makes the promise one linear row a
scope:

    shifts on duty at t - breaks - sum_k z_tk  >=  n_t
    met with n_t everywhere + sum s_tk z_tk    >=  share * offered

The linear optimum bounds what any schedule that keeps the promise must pay. Its levels, rounded, are the requirement of
an ordinary design; what that brings is read from the curve itself, and the aim is moved until the promise holds as
cheaply as the search finds. (Total service level: Koole and van der Sluis 2003, IIE Transactions 35.)
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from wfm.errors import WfmWarning
from wfm.hours import OpeningHours
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.coverage import bill_of, by_slot, coverage_of
from wfm.schedule.cover.design_inputs import read_costs, read_kinds, read_requirement
from wfm.schedule.cover.people_per_shift import add_people
from wfm.schedule.cover.premiums import premium_of
from wfm.schedule.design.promises import Promise, read_promises
from wfm.schedule.design.queue_designs import QueueDesign, joined
from wfm.schedule.design.shift_design import design_shifts
from wfm.schedule.program.first_order import flat_price, own_rows
from wfm.schedule.program.program import GAIN, LACK, SURPLUS, Builder, Floats, Ints
from wfm.schedule.program.solver import relaxed
from wfm.schedule.results import Schedule
from wfm.schedule.shifts.axis import TimeAxis, time_axis
from wfm.schedule.shifts.candidates import candidates_for
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.tables import interval_of
from wfm.target import ServiceTarget

LACKING = 1000.0  # paid hours for a contact short of the promise: far more than any way to meet it
ROUNDS = 5  # designs, each at another aim
HALVES = 3  # of them, those between an aim that was too high and one too low


def design_for_promise(
    requirement: pd.DataFrame,
    shift_types: Sequence[ShiftType],
    *,
    curve: pd.DataFrame,
    target: ServiceTarget,
    time_limit: float = 60.0,
    interval: float | None = None,
    **options: Any,
) -> Schedule:
    """People per shift that keep a promise over its scope at the least cost, with a floor under every interval.

    Parameters
    ----------
    requirement : requirement   queue, start, agents: the agents around which the curve was taken. `minimum`, where
                                given, is the fewest that an interval may have: the floor of the promise.
    shift_types : sequence      What may be worked.
    curve : curve               queue, start, agents, offered (of the interval), answered_within (of the scope, if this
                                interval had so many agents and the others those of the requirement).
    target : ServiceTarget      Its share of all offered is kept over each day or week (seven days from the first), or
                                by the interval.
    time_limit : float          Wall time [s].
    interval : float            Width of the intervals where the table has no `end` [s].
    options                     under_cost (below the fewest agents), cyclic, seed, seats, people, premiums, hours: as
                                in `design_shifts`.

    Returns
    -------
    Schedule        `coverage` is against the fewest agents, `objective` the cost of the lines and of agents missing
                    there, `bound` the least cost of any schedule of these shifts that keeps the promise as the curve
                    tells it. `promise_of` says what is kept.

    Raises
    ------
    DataError, SettingError     A table or setting is wrong.

    >>> starts = pd.date_range("2026-11-21 08:00", periods=2, freq="h")
    >>> requirement = pd.DataFrame({"queue": "v", "start": starts, "agents": 2.0, "minimum": 1.0})
    >>> curve = pd.DataFrame({"queue": "v", "start": starts.repeat(3), "agents": [1.0, 2.0, 3.0] * 2, "offered": 10.0,
    ...                       "answered_within": [10.0, 15.0, 17.0, 14.0, 15.0, 15.5]})
    >>> kinds = [ShiftType(name="one", length="1h", starts=["08:00", "09:00"])]
    >>> plan = design_for_promise(requirement, kinds, curve=curve, target=ServiceTarget(share=0.8, within=60))
    >>> plan.paid_hours, plan.coverage["rostered"].tolist()
    (4.0, [3.0, 1.0])
    """
    began = perf_counter()
    need, kinds = read_requirement(requirement, interval), read_kinds(shift_types)
    promises = read_promises(need, curve, target)
    designs = []
    for k, promise in enumerate(promises):
        left = (time_limit - (perf_counter() - began)) / (len(promises) - k)
        designs.append(_Search(promise=promise, kinds=kinds, limit=left, options=options).best())
    return joined(designs, perf_counter() - began)


@dataclass(slots=True, kw_only=True)
class _Search:
    """One queue's promise, its shifts, and the wall time there is [s]."""

    promise: Promise
    kinds: tuple[ShiftType, ...]
    limit: float
    options: dict[str, Any]

    def best(self) -> QueueDesign:
        """The cheapest of a few designs that keeps the promise, or the one that comes nearest."""
        began = perf_counter()
        axis, bound, levels = self._relaxed(0.0, self.limit / ROUNDS)
        found: list[tuple[bool, float, float, QueueDesign]] = []
        aim, low, high = 0.0, None, None
        for k in range(ROUNDS):
            left = self.limit - (perf_counter() - began)
            if found and left < self.limit / (2 * ROUNDS):
                break
            if k:
                _, _, levels = self._relaxed(aim, left)
            design = self._designed(levels, axis, bound, left / (ROUNDS - k))
            lack = self.promise.lack(design.coverage["rostered"].to_numpy(dtype=float))
            found.append((lack > 1e-9, design.objective if lack <= 1e-9 else lack, aim, design))
            low, high = (aim, high) if lack > 1e-9 else (low, aim)
            step = max(lack, 0.25 * self.promise.spare(design.coverage["rostered"].to_numpy(dtype=float)), 0.5)
            aim = (low + high) / 2 if low is not None and high is not None else aim + (step if lack > 0 else -step)
            if low is not None and high is not None and abs(high - low) < 0.1:
                break
        failed, _, _, design = min(found, key=lambda one: one[:2])
        if failed:
            warnings.warn(
                f"queue {self.promise.queue}: no schedule found keeps the promise; see `promise_of`. Add shifts or "
                "lower the share.",
                WfmWarning,
                stacklevel=4,
            )
        return design

    def _relaxed(self, more: float, limit: float) -> tuple[TimeAxis, float, Floats]:
        """Axis, cost of the linear optimum and its agents by interval, where `more` contacts than promised are met."""
        need, costs = self.promise.floor_table(), self._costs()
        width = interval_of(need)
        axis = time_axis(need, self.kinds, width, cyclic=bool(self.options.get("cyclic", False)))
        candidates = candidates_for(axis, self.kinds, width, self._hours())
        build = Builder()
        _, constant = add_people(build, candidates, by_slot(need, axis), costs, surplus=True)
        gains = _add_promise(build, self.promise, axis, more)
        program = build.program(constant)
        solved = relaxed(program, seconds=limit)
        linear = solved.values  # noqa: PD011  an array
        if linear is None:
            hour = float(flat_price(program, candidates)[0][own_rows(program)].max(initial=0.0)) / axis.hours
            return axis, hour * self.promise.least_hours(), self.promise.base
        lack = float(linear[program.of_kind(LACK)].sum())
        above = np.bincount(gains, weights=linear[program.of_kind(GAIN)], minlength=len(need))
        return axis, solved.bound if lack < 1e-6 else 0.0, self.promise.least + above

    def _designed(self, levels: Floats, axis: TimeAxis, bound: float, limit: float) -> QueueDesign:
        """Whole people for the rounded levels; cost and coverage against the fewest agents."""
        floor = self.promise.floor_table()
        aimed = floor.assign(agents=np.maximum(np.ceil(levels - 0.5 - 1e-6), self.promise.least))
        plan = design_shifts(aimed, self.kinds, time_limit=max(limit, 0.5), **self.options)
        bill, costs = bill_of(plan.table, floor, axis), self._costs()
        cost = bill.cost(costs) + premium_of(plan.table, axis, costs.premiums)
        return QueueDesign(
            table=plan.table,
            coverage=coverage_of(plan.table, floor, axis),
            objective=cost,
            bound=min(bound, cost),
            out_of_time=plan.status == "time_limit",
        )

    def _hours(self) -> OpeningHours | None:
        return (self.options.get("hours") or {}).get(self.promise.queue)

    def _costs(self) -> Costs:
        given = self.options
        read = read_costs(
            given.get("under_cost", 3.0),
            0.0,
            premiums=given.get("premiums"),
            seats=given.get("seats"),
            people=given.get("people"),
        )
        return replace(read, hard=bool(given.get("hard_cover", False)))


def _add_promise(build: Builder, promise: Promise, axis: TimeAxis, more: float) -> Ints:
    """Segments of the envelope in every slot and the row of every scope; the interval of each segment."""
    surplus = _surplus_of(build)
    first, last = axis.slots_of(promise.rows["start"]), axis.slots_of(promise.rows["end"])
    of_interval: list[int] = []
    scopes = build.add_rows(promise.wanted(more), np.inf, len(promise.scope_starts))
    for i, (begin, end) in enumerate(zip(first, last, strict=True)):
        sizes, slopes = promise.envelope(i)
        width = end - begin
        for slot in axis.wrapped(np.arange(begin, end)).tolist():
            columns = build.add_columns(GAIN, np.full(len(sizes), slot), 0.0, upper=sizes)
            build.put(np.full(len(columns), scopes[promise.scope[i]]), columns, slopes / width)
            row = build.add_rows(-np.inf, 0.0, 1)
            build.put(np.repeat(row, len(columns) + 1), np.r_[columns, surplus[slot]], [1.0] * len(columns) + [-1.0])
            of_interval += [i] * len(columns)
    lack = build.add_columns(LACK, np.arange(len(scopes)), LACKING)
    build.put(scopes, lack, 1.0)
    return np.array(of_interval, dtype=np.int64)


def _surplus_of(build: Builder) -> dict[int, int]:
    """Slot -> its column of surplus people."""
    column, found = 0, {}
    for kinds, numbers in zip(build.kind, build.number, strict=True):
        for kind, number in zip(kinds.tolist(), numbers.tolist(), strict=True):
            if kind == SURPLUS:
                found[number] = column
            column += 1
    return found
