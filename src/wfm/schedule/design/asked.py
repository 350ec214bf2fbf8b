"""What a planner asks of a design: which hour is expensive, and what another shift type or opening would save."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from wfm.checks import number_in
from wfm.errors import SettingError, WfmError
from wfm.hours import OpeningHours
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.coverage import by_slot, needed
from wfm.schedule.cover.design_inputs import read_costs, read_kinds, read_requirement
from wfm.schedule.cover.people_per_shift import cover_program
from wfm.schedule.design.shift_design import design_shifts
from wfm.schedule.program.program import SHORT, Floats, Program
from wfm.schedule.program.solver import relaxed
from wfm.schedule.results import Schedule
from wfm.schedule.shifts.axis import time_axis
from wfm.schedule.shifts.candidates import candidates_for
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.tables import interval_of


def hour_prices(
    requirement: pd.DataFrame,
    shift_types: Sequence[ShiftType],
    *,
    under_cost: float = 3.0,
    over_cost: float = 0.0,
    cyclic: bool = False,
    premiums: Mapping[str, float] | Sequence[tuple[object, float]] | None = None,
    hours: Mapping[str, OpeningHours] | None = None,
    interval: float | None = None,
    time_limit: float = 60.0,
) -> pd.DataFrame:
    """What one more agent costs in each interval, by the duals of the linear relaxation.

    A price is exact for a small change of the relaxed design; ask `what_if` for what whole people make of it. An hour
    at 0 is covered by people who are there for other hours; one at `under_cost` is not worth a shift.

    Parameters
    ----------
    As in `design_shifts`.

    Returns
    -------
    DataFrame       queue, start, end, required, price [paid hours for one more agent all through the interval].

    >>> requirement = pd.DataFrame({"queue": "voice", "agents": [1, 3, 1],
    ...                             "start": pd.date_range("2026-11-21 08:00", periods=3, freq="h")})
    >>> kinds = [ShiftType(name="short", length="2h", starts=["08:00", "09:00"])]
    >>> hour_prices(requirement, kinds)["price"].tolist()
    [0.0, 2.0, 0.0]
    """
    costs = read_costs(under_cost, over_cost, premiums=premiums)
    limit = number_in(time_limit, name="time_limit", low=0, high=1e7, open_low=True, unit="s")
    need, kinds = read_requirement(requirement, interval), read_kinds(shift_types)
    found = []
    for queue, rows in need.groupby("queue", sort=True):
        opening = (hours or {}).get(str(queue))
        found.append(_priced(rows.reset_index(drop=True), kinds, costs, opening, cyclic, limit))
    return pd.concat(found, ignore_index=True)


def what_if(
    given: Mapping[str, Any],
    changes: Mapping[str, Mapping[str, Any]],
    *,
    design: Callable[..., Schedule] = design_shifts,
) -> pd.DataFrame:
    """What each change would save, found by designing anew.

    Parameters
    ----------
    given : mapping         The arguments of the design by name, `requirement` and `shift_types` among them.
    changes : mapping       Name -> the arguments that change.
    design : callable       `design_shifts` or `design_tours`.

    Returns
    -------
    DataFrame       change, objective, bound, paid_hours, missing [agent-hours], saving, at_least, at_most [paid hours].
                    `saving` compares what was found; the best schedules differ by `at_least` to `at_most`, since each
                    lies between its bound and its objective. The first row is the design as given.

    >>> requirement = pd.DataFrame({"queue": "voice", "agents": [1, 1, 1],
    ...                             "start": pd.date_range("2026-11-21 08:00", periods=3, freq="h")})
    >>> two = ShiftType(name="two", length="2h", starts=["08:00", "09:00"])
    >>> three = ShiftType(name="three", length="3h", starts="08:00")
    >>> told = what_if({"requirement": requirement, "shift_types": [two]}, {"three": {"shift_types": [two, three]}})
    >>> told[["change", "objective", "saving", "at_least"]].values.tolist()
    [['as given', 4.0, 0.0, 0.0], ['three', 3.0, 1.0, 1.0]]
    """
    if "as given" in changes:
        raise SettingError("changes must not be called 'as given', the design without a change.", name="changes")
    plans = {name: design(**{**given, **change}) for name, change in {"as given": {}, **changes}.items()}
    first = plans["as given"]
    rows = [
        {
            "change": name,
            "objective": plan.objective,
            "bound": plan.bound,
            "paid_hours": plan.paid_hours,
            "missing": _missing(plan.coverage),
            "saving": first.objective - plan.objective,
            "at_least": 0.0 if plan is first else first.bound - plan.objective,
            "at_most": 0.0 if plan is first else first.objective - plan.bound,
        }
        for name, plan in plans.items()
    ]
    return pd.DataFrame(rows)


def _missing(coverage: pd.DataFrame) -> float:
    hours = (coverage["end"] - coverage["start"]).dt.total_seconds() / 3600
    return float((np.maximum(-coverage["gap"], 0.0) * hours).sum())


def _priced(
    need: pd.DataFrame,
    kinds: Sequence[ShiftType],
    costs: Costs,
    hours: OpeningHours | None,
    cyclic: bool,
    limit: float,
) -> pd.DataFrame:
    interval = interval_of(need)
    axis = time_axis(need, kinds, interval, cyclic=cyclic)
    program = cover_program(candidates_for(axis, kinds, interval, hours), by_slot(need, axis), costs)
    linear = relaxed(program, seconds=limit)
    if linear.prices is None:
        raise WfmError(f"the linear relaxation was not solved in {limit:g} s. Allow more time.")
    # One agent more may also be missing, which the dual of a row whose missing agents are at their limit leaves out.
    price = np.minimum(_slot_prices(program, linear.prices, axis.slots), costs.under * axis.hours)
    total = np.concatenate([[0.0], np.cumsum(np.tile(price, 2))])
    first, last = axis.slots_of(need["start"]), axis.slots_of(need["end"])
    # What is as good as nothing is nothing: duals come with the solver's tolerance.
    whole = np.round(total[last] - total[first], 6) + 0.0
    return need[["queue", "start", "end"]].assign(required=needed(need), price=whole)


def _slot_prices(program: Program, prices: Floats, slots: int) -> Floats:
    """The dual of every slot's cover row, which is the first that its missing agents have."""
    found = np.zeros(slots)
    columns = np.flatnonzero(program.of_kind(SHORT))
    own = program.matrix[:, columns].sorted_indices()
    found[program.number[columns]] = prices[own.indices[own.indptr[:-1]]]
    return found
