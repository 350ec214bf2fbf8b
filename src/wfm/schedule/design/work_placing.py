"""When work that can wait is best done: beside those who cannot, where shifts that are there anyway have people over.

The linear programme of the shifts with one more kind of column. Pieces of work that come and fall due in the same order
are a chain; with D(k) the hours of a chain that are due by the beginning of interval k and R(k) those that have come,
what is done by then beyond D(k) is a column w(k) in [0, R(k) - D(k)], and the interval does w(k+1) - w(k) + D(k+1) -
D(k) >= 0 hours, which its cover row asks for beside the people of the others. The least cost of it is a bound: no
shifts cost less that cover the others and do all work in time, whenever they do it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import number_in
from wfm.durations import seconds
from wfm.errors import DataError, listed
from wfm.hours import OpeningHours
from wfm.schedule.cover.coverage import by_slot
from wfm.schedule.cover.design_inputs import read_costs, read_kinds, read_requirement
from wfm.schedule.cover.people_per_shift import add_people
from wfm.schedule.program.first_order import own_rows
from wfm.schedule.program.program import PART, SHORT, Builder, Floats, Ints, Program
from wfm.schedule.program.solver import relaxed
from wfm.schedule.shifts.axis import TimeAxis, time_axis
from wfm.schedule.shifts.candidates import candidates_for
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.tables import interval_of

LATER = 11  # kind of a column: work that is done before it is due
COLUMNS = ("queue", "first", "last", "hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedWork:
    """People for the work of each queue, by interval of the requirement, and the least that shifts for all can cost.

    `people` is None where the time did not suffice; the bound is then what the hours alone cost.
    """

    people: Mapping[str, Floats] | None
    bound: float


def place_work(
    requirement: pd.DataFrame,
    shift_types: Sequence[ShiftType],
    work: pd.DataFrame,
    *,
    under_cost: float = 3.0,
    cyclic: bool = False,
    hours: Mapping[str, OpeningHours] | None = None,
    open_in: Mapping[str, npt.NDArray[np.bool_]] | None = None,
    interval: float | None = None,
    time_limit: float = 60.0,
) -> PlacedWork:
    """When work is best done by people whose shifts are designed for a requirement and for it.

    Parameters
    ----------
    requirement : requirement   Of one queue, or the sum of a pool's queues (`pooled`), without the work.
    work : DataFrame            queue; first, last: intervals of the requirement, counted from 0, between which a piece
                                may be done, the last left out; hours: of people who are rostered.
    open_in : mapping           Queue -> whether its work may be done in each interval; always where it is not named.
    others                      As in `design_shifts`.

    Returns
    -------
    PlacedWork      People by queue and interval and the bound, in paid hours and what is missing at its price.

    >>> from wfm.schedule.shifts.shift_types import ShiftType
    >>> need = pd.DataFrame({"queue": "voice", "agents": [2, 1, 1, 2], "start": pd.date_range("2026-11-21 08:00",
    ...                      periods=4, freq="h")})
    >>> kinds = [ShiftType(name="half", length="2h", starts=["08:00", "10:00"])]
    >>> todo = pd.DataFrame({"queue": ["tickets"], "first": [0], "last": [3], "hours": [2.0]})
    >>> found = place_work(need, kinds, todo)
    >>> found.people["tickets"].round(6).tolist(), found.bound
    ([0.0, 1.0, 1.0, 0.0], 8.0)
    """
    costs = read_costs(under_cost, 0.0)
    limit = number_in(time_limit, name="time_limit", low=0, high=1e7, open_low=True, unit="s")
    need = read_requirement(requirement, None if interval is None else seconds(interval, name="interval"))
    kinds, names = read_kinds(shift_types), need["queue"].unique()
    if len(names) > 1:
        raise DataError(
            f"requirement holds {len(names)} queues; work is placed beside one, or beside the sum of a pool's.",
            table="requirement",
            column="queue",
        )
    pieces, width = _checked(work, len(need)), interval_of(need)
    chains = [
        _Chain.of(str(queue), own.iloc[order], len(need), (open_in or {}).get(str(queue)))
        for queue, own in pieces.groupby("queue", sort=False)
        for order in _in_order(own)
    ]
    axis = time_axis(need, kinds, width, cyclic=cyclic)
    candidates = candidates_for(axis, kinds, width, (hours or {}).get(str(names[0])))
    required = by_slot(need, axis)
    build = Builder()
    at_all = float(pieces["hours"].sum()) * 3600 / width / len(need)
    _, constant = add_people(build, candidates, required + at_all, costs, surplus=True)
    program = _with_work(build.program(constant), required, chains, need, axis)
    linear = relaxed(program, seconds=limit)
    if linear.values is None:  # noqa: PD011 - of a programme, not of a table
        asked = float(np.nansum(required)) * axis.hours + float(pieces["hours"].sum())
        return PlacedWork(people=None, bound=asked * min(cheapest_hour(kinds), costs.under))
    later = linear.values[program.of_kind(LATER)].reshape(len(chains), len(need) - 1)  # noqa: PD011
    people = {chain.queue: np.zeros(len(need)) for chain in chains}
    for chain, own in zip(chains, later, strict=True):
        people[chain.queue] += np.maximum(chain.done(own), 0.0) * 3600 / width
    bound = min(linear.bound, program.objective(linear.values))  # work is no whole number, so that no grain lifts it
    return PlacedWork(people=people, bound=max(bound, 0.0))


def cheapest_hour(kinds: Sequence[ShiftType]) -> float:
    """Paid hours for an hour of work, where they are fewest: paid breaks are paid and not worked.

    >>> from wfm.schedule.shifts.shift_types import Break
    >>> rest = Break(name="rest", length="30min", paid=True, between=("1h", "3h"))
    >>> cheapest_hour([ShiftType(name="day", length="8h", starts="08:00", breaks=[rest])])
    1.0666666666666667
    """
    worked = [kind.length - sum(pause.length for pause in kind.breaks) for kind in kinds]
    return min(kind.paid_seconds / max(work, 1.0) for kind, work in zip(kinds, worked, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """Pieces that come and fall due in the same order: hours due and come by the beginning of every interval.

    `closed` are the intervals in which none of it may be done.
    """

    queue: str
    due: Floats
    come: Floats
    closed: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, queue: str, pieces: pd.DataFrame, count: int, open_in: npt.NDArray[np.bool_] | None) -> _Chain:
        first, last, hours = (pieces[name].to_numpy(dtype=float) for name in COLUMNS[1:])
        due: Floats = np.cumsum(np.bincount(last.astype(int), weights=hours, minlength=count + 1), dtype=float)
        come: Floats = np.cumsum(np.bincount(first.astype(int) + 1, weights=hours, minlength=count + 1), dtype=float)
        closed = np.zeros(count, dtype=bool) if open_in is None else ~open_in
        return cls(queue=queue, due=due, come=np.maximum(come, due), closed=closed)

    @property
    def room(self) -> Floats:
        """Hours that may be done before they are due, by the beginning of every interval but the first and the end."""
        return np.asarray((self.come - self.due)[1:-1])

    def done(self, later: Floats) -> Floats:
        """Hours by interval, given what is done before it is due."""
        return np.diff(self.due + np.r_[0.0, later, 0.0])


def _checked(work: pd.DataFrame, count: int) -> pd.DataFrame:
    missing = [name for name in COLUMNS if name not in work]
    if missing:
        raise DataError(f"work needs the columns {listed(COLUMNS)}; missing {missing[0]!r}.", table="work")
    wrong = ~((work["first"] >= 0) & (work["first"] < work["last"]) & (work["last"] <= count) & (work["hours"] >= 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong.to_numpy())[0])
        raise DataError(
            f"work must lie in the {count} intervals of the requirement, first before last, hours >= 0; row {row} has "
            f"first {work['first'].iloc[row]}, last {work['last'].iloc[row]}, hours {work['hours'].iloc[row]:g}.",
            table="work",
            rows=[row],
        )
    return work[work["hours"] > 0]


def _in_order(pieces: pd.DataFrame) -> list[list[int]]:
    """The pieces in as few chains as can be: each joins the one whose last deadline is the latest before its own."""
    chains: list[list[int]] = []
    ends: list[int] = []
    first, last = pieces["first"].to_numpy(), pieces["last"].to_numpy()
    for k in np.lexsort((last, first)).tolist():
        fits = [c for c, end in enumerate(ends) if end <= last[k]]
        if fits:
            chain = max(fits, key=lambda c: ends[c])
            chains[chain].append(k)
            ends[chain] = int(last[k])
        else:
            chains.append([k])
            ends.append(int(last[k]))
    return chains


def _with_work(
    program: Program, required: Floats, chains: Sequence[_Chain], need: pd.DataFrame, axis: TimeAxis
) -> Program:
    """The programme that covers the parts of people that are asked for, and the work beside them."""
    from scipy import sparse

    short = np.flatnonzero(program.of_kind(SHORT))
    rows, slots, count = own_rows(program), program.number[short], len(need)
    row_of = np.full(axis.slots, -1)
    row_of[slots] = rows
    low, high, upper = program.low.copy(), program.high.copy(), program.upper.copy()
    low[rows], high[rows], upper[short] = required[slots], np.inf, np.inf
    upper[program.of_kind(PART)] = 0.0
    own, interval = _rows_of_intervals(need, axis, row_of)
    hours = axis.hours * np.bincount(interval, minlength=count)
    steps = sparse.eye_array(count, count - 1) - sparse.eye_array(count, count - 1, k=-1)  # w(k + 1) - w(k)
    asks = sparse.csr_array((1 / hours[interval], (own, interval)), shape=(len(low), count))
    for chain in chains:
        low += np.asarray(asks @ np.diff(chain.due))
    new, matrix = len(chains) * (count - 1), program.matrix
    if chains:
        beside, inside = sparse.hstack([-(asks @ steps)] * len(chains)), sparse.block_diag([steps] * len(chains))
        matrix = sparse.block_array([[program.matrix, beside], [None, inside]], format="csc")
    return Program(
        cost=np.r_[program.cost, np.zeros(new)],
        matrix=matrix,
        low=np.r_[low, *(-np.diff(chain.due) for chain in chains)],
        high=np.r_[high, *(np.where(chain.closed, -np.diff(chain.due), np.inf) for chain in chains)],
        upper=np.r_[upper, *(chain.room for chain in chains)],
        integer=np.r_[program.integer, np.zeros(new, dtype=bool)],
        kind=np.r_[program.kind, np.full(new, LATER)],
        number=np.r_[program.number, np.arange(new)],
        column=np.arange(len(program.cost) + new),
        constant=program.constant,
    )


def _rows_of_intervals(need: pd.DataFrame, axis: TimeAxis, row_of: Ints) -> tuple[Ints, Ints]:
    """Cover rows, and the interval that each belongs to."""
    first, last = axis.slots_of(need["start"]), axis.slots_of(need["end"])
    slots = [axis.wrapped(np.arange(a, b)) for a, b in zip(first, last, strict=True)]
    interval = np.repeat(np.arange(len(need)), [len(own) for own in slots])
    return row_of[np.concatenate(slots)], interval
