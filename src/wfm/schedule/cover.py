"""People per shift as a linear programme: cover the requirement at the least cost, breaks grouped by their places.

For every candidate shift s an integer x_s of people, for every group g and place p an integer b_gp of breaks:

    minimise    sum paid_s x_s + missing and surplus agent-hours at their price
    cover t     sum of x_s on duty at t - sum of b_gp away at t + u_t + v_t - o_t  >=  ceil(r_t)
    link g      sum_p b_gp  =  sum of x_s that belong to g

A requirement between two whole numbers misses or wastes a part of one agent: v_t in [0, 1] is that agent, at the price
which leaving him out really has, so that the linear bound knows that people are whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import floor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from wfm.schedule.candidates import Candidates, Group

if TYPE_CHECKING:
    from scipy import sparse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
HARD = 1000.0  # paid hours for a missing agent-hour that may not be: far more than any way to cover it
SHIFT, PLACE, SHORT, PART, SURPLUS, FLAG = range(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What counts in the objective beside a paid hour, which costs 1.

    Attributes
    ----------
    under, over : float         A missing, a surplus agent-hour.
    shift : float               Each distinct type x start x day in use.
    hard : bool                 Whether nobody may be missing; a missing agent-hour then costs `HARD` instead.
    most_shifts : int or None   Most distinct type x start in use.
    """

    under: float
    over: float
    shift: float = 0.0
    hard: bool = False
    most_shifts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Minimise cost @ x + constant over low <= matrix @ x <= high, 0 <= x <= upper, x integer where `integer`.

    `kind` tells shifts, break places, slack and flags apart; `number` says which shift, group or slot a column is of.
    `column` is the column's place in the programme of the whole queue, of which this may be a part.
    """

    cost: Floats
    matrix: sparse.csc_array
    low: Floats
    high: Floats
    upper: Floats
    integer: Bools
    kind: Ints
    number: Ints
    column: Ints
    constant: float = 0.0

    def of_kind(self, kind: int) -> Bools:
        """Which columns are of a kind."""
        return np.asarray(self.kind == kind)

    def part(self, free: Bools, values: Floats) -> Program:
        """The programme of the free columns alone, the others held at their values; rows without a free column go."""
        columns = np.flatnonzero(free)
        matrix = self.matrix[:, columns]
        touched = np.zeros(len(self.low), dtype=bool)
        touched[matrix.indices] = True
        held = np.where(free, 0.0, values)
        given = self.matrix @ held
        return Program(
            cost=self.cost[columns],
            matrix=matrix[touched],
            low=(self.low - given)[touched],
            high=(self.high - given)[touched],
            upper=self.upper[columns],
            integer=self.integer[columns],
            kind=self.kind[columns],
            number=self.number[columns],
            column=columns,
            constant=self.constant + float(self.cost @ held),
        )

    def objective(self, values: Floats) -> float:
        """Cost of the values."""
        return float(self.cost @ values) + self.constant

    def holds(self, values: Floats) -> bool:
        """Whether the values keep every row and bound."""
        given = self.matrix @ values
        slack = 1e-6
        return bool(
            (given >= self.low - slack).all()
            and (given <= self.high + slack).all()
            and (values >= -slack).all()
            and (values <= self.upper + slack).all()
        )

    def settled(self, values: Floats) -> Floats:
        """Whole people and places, with the slack and flags that follow from them."""
        values = np.where(np.isin(self.kind, (SHIFT, PLACE)), np.rint(values), 0.0)
        missing = self.low - self.matrix @ values
        for kind, sign in ((PART, 1.0), (SHORT, 1.0), (SURPLUS, -1.0)):
            columns = np.flatnonzero(self.kind == kind)
            rows = self.matrix[:, columns].indices  # one entry a column
            values[columns] = np.clip(sign * missing[rows], 0.0, self.upper[columns])
            missing[rows] -= sign * values[columns]
        flags = np.flatnonzero(self.kind == FLAG)
        if len(flags):
            beyond = self.matrix @ values > self.high + 1e-6
            entries = self.matrix[:, flags].tocoo()
            needed = (entries.data < 0) & beyond[entries.row]
            values[flags[np.unique(entries.col[needed])]] = 1.0
        return values


@dataclass(slots=True)
class _Builder:
    """Columns and entries while the programme grows; rows are closed one family at a time."""

    cost: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    integer: list[Bools] = field(default_factory=list)
    kind: list[Ints] = field(default_factory=list)
    number: list[Ints] = field(default_factory=list)
    entries: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    low: list[Floats] = field(default_factory=list)
    high: list[Floats] = field(default_factory=list)
    columns: int = 0
    rows: int = 0

    def add_columns(self, kind: int, number: Any, cost: Any, *, upper: Any = np.inf, integer: bool = False) -> Ints:
        number = np.asarray(number, dtype=np.int64)
        size = len(number)
        self.number.append(number)
        self.kind.append(np.full(size, kind))
        self.cost.append(np.broadcast_to(np.asarray(cost, dtype=float), size))
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=float), size))
        self.integer.append(np.full(size, integer))
        self.columns += size
        return np.arange(self.columns - size, self.columns)

    def add_rows(self, low: Any, high: Any, size: int) -> Ints:
        self.low.append(np.broadcast_to(np.asarray(low, dtype=float), size))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=float), size))
        self.rows += size
        return np.arange(self.rows - size, self.rows)

    def put(self, rows: Any, columns: Any, values: Any) -> None:
        rows, columns = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
        self.entries.append((rows, columns, np.broadcast_to(np.asarray(values, dtype=float), rows.shape)))

    def program(self, constant: float) -> Program:
        from scipy import sparse

        rows, columns, values = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        matrix = sparse.csc_array((values, (rows, columns)), shape=(self.rows, self.columns))
        return Program(
            cost=np.concatenate(self.cost),
            matrix=matrix,
            low=np.concatenate(self.low),
            high=np.concatenate(self.high),
            upper=np.concatenate(self.upper),
            integer=np.concatenate(self.integer),
            kind=np.concatenate(self.kind),
            number=np.concatenate(self.number),
            column=np.arange(self.columns),
            constant=constant,
        )


def cover_program(candidates: Candidates, required: Floats, costs: Costs) -> Program:
    """The programme of one queue.

    Parameters
    ----------
    required : array    People needed in every slot of the horizon [people]; nan = closed, no cover needed.
    """
    build = _Builder()
    shifts = build.add_columns(
        SHIFT, np.arange(len(candidates.shifts)), [shift.paid_hours for shift in candidates.shifts], integer=True
    )
    place_of = [(g, p) for g, group in enumerate(candidates.groups) for p in range(len(group.places))]
    places = build.add_columns(PLACE, [g for g, _ in place_of], 0.0, integer=True)
    first_place = np.r_[0, np.cumsum([len(group.places) for group in candidates.groups])].astype(int)
    constant = _add_cover(build, candidates, required, costs, shifts, places)
    links = build.add_rows(0.0, 0.0, len(candidates.groups))
    build.put(links[[g for g, _ in place_of]], places, 1.0)
    belongs = [(g, s) for s, shift in enumerate(candidates.shifts) for g in shift.groups]
    build.put(links[[g for g, _ in belongs]], shifts[[s for _, s in belongs]], -1.0)
    _add_most_at_once(build, candidates, required, costs, shifts, places[0] + first_place if len(places) else places)
    _add_distinct(build, candidates, required, costs, shifts)
    return build.program(constant)


def away_slots(group: Group, place: int) -> list[int]:
    """The slots of all breaks of one place of a group, from the origin."""
    return [
        start + k
        for start, length in zip(group.places[place], group.cluster.lengths, strict=True)
        for k in range(length)
    ]


def _add_cover(
    build: _Builder, candidates: Candidates, required: Floats, costs: Costs, shifts: Ints, places: Ints
) -> float:
    """Cover rows of the slots that need somebody (all open slots where surplus costs), with their slack."""
    axis = candidates.axis
    need = np.ceil(required - 1e-9)
    counted = np.flatnonzero(~np.isnan(required) & ((need > 0) | (costs.over > 0)))
    row_of = np.full(axis.slots, -1)
    row_of[counted] = build.add_rows(need[counted], need[counted] if costs.over > 0 else np.inf, len(counted))
    on = [np.arange(shift.start, shift.start + shift.length) for shift in candidates.shifts]
    _put_slots(build, axis.slots, axis.cyclic, row_of, shifts, on, 1.0)
    away = [away_slots(group, p) for group in candidates.groups for p in range(len(group.places))]
    _put_slots(build, axis.slots, axis.cyclic, row_of, places, away, -1.0)
    part = need[counted] - required[counted]  # of one agent, surplus where cover is whole
    part = np.where(part > 1e-9, part, 0.0)
    _add_slack(build, counted, row_of, need[counted], part, costs, axis.hours)
    return axis.hours * costs.over * float(part.sum())


def _add_slack(
    build: _Builder, counted: Ints, row_of: Ints, need: Floats, part: Floats, costs: Costs, width: float
) -> None:
    rows = row_of[counted]
    split = (part > 0) & (not costs.hard)
    under = HARD if costs.hard else costs.under
    build.put(rows, build.add_columns(SHORT, counted, under * width, upper=np.where(split, need - 1, need)), 1.0)
    some = np.flatnonzero(split)
    price = (under * (1 - part[some]) - costs.over * part[some]) * width
    build.put(rows[some], build.add_columns(PART, counted[some], price, upper=1.0), 1.0)
    if costs.over > 0:
        build.put(rows, build.add_columns(SURPLUS, counted, costs.over * width), -1.0)


def _put_slots(
    build: _Builder, slots: int, cyclic: bool, row_of: Ints, columns: Ints, spans: list[Any], value: float
) -> None:
    """Entries of columns in the rows of the slots that each of them spans; slots without a row are left out."""
    if not spans:
        return
    sizes = [len(span) for span in spans]
    slot = np.concatenate([np.asarray(span, dtype=np.int64) for span in spans])
    column = np.repeat(columns, sizes)
    if cyclic:
        slot = slot % slots
    inside = (slot >= 0) & (slot < slots)
    slot, column = slot[inside], column[inside]
    has_row = row_of[slot] >= 0
    build.put(row_of[slot[has_row]], column[has_row], value)


def _add_most_at_once(
    build: _Builder, candidates: Candidates, required: Floats, costs: Costs, shifts: Ints, first_place: Ints
) -> None:
    """At most max(1, share x on duty) people on a watched break at once.

    The flag z of a slot says that fewer than 1 / share are on duty, where one may still go. The third row follows from
    the other two for whole people and is what the linear bound sees.
    """
    axis = candidates.axis
    watched = _watched(candidates, first_place)
    if not watched:
        return
    most = _most_people(candidates, required, costs)
    on_duty: dict[int, list[int]] = {slot: [] for _, _, slot in watched}
    for s, shift in enumerate(candidates.shifts):
        for slot in axis.wrapped(np.arange(shift.start, shift.start + shift.length)).tolist():
            if slot in on_duty:
                on_duty[slot].append(s)
    for (_, share, slot), columns in watched.items():
        flag = build.add_columns(FLAG, [slot], 0.0, upper=1.0, integer=True)[0]
        duty = shifts[on_duty[slot]]
        rows = build.add_rows(-np.inf, [0.0, most + 1, 1 - share], 3)
        for row in rows:
            build.put(np.full(len(columns), row), columns, 1.0)
        for row in rows[[0, 2]]:
            build.put(np.full(len(duty), row), duty, -share)
        build.put(rows[:2], [flag, flag], [-1.0, most])


def _watched(candidates: Candidates, first_place: Ints) -> dict[tuple[str, float, int], list[int]]:
    """Break places by the name and share they count for and the slot they take."""
    found: dict[tuple[str, float, int], list[int]] = {}
    for g, group in enumerate(candidates.groups):
        for p, starts in enumerate(group.places):
            for pause, start, length in zip(group.cluster.breaks, starts, group.cluster.lengths, strict=True):
                if pause.most_at_once is not None:
                    for slot in candidates.axis.wrapped(np.arange(start, start + length)).tolist():
                        found.setdefault((pause.name, pause.most_at_once, slot), []).append(int(first_place[g]) + p)
    return found


def _most_people(candidates: Candidates, required: Floats, costs: Costs) -> float:
    """More people than any best schedule holds: the empty one costs no less."""
    hours = float(np.nansum(np.maximum(required, 0))) * candidates.axis.hours
    cheapest = min((shift.paid_hours for shift in candidates.shifts), default=1.0)
    if costs.hard:
        return 1.0 + float(np.nansum(np.ceil(required)))
    return 1.0 + floor(costs.under * hours / max(cheapest, 1e-3))


def _add_distinct(build: _Builder, candidates: Candidates, required: Floats, costs: Costs, shifts: Ints) -> None:
    """Flags of the distinct shifts in use: by type x start x day for their cost, by type x start for their number."""
    if not len(shifts):
        return
    if costs.shift > 0:
        _add_flags(build, candidates, required, shifts, range(len(shifts)), costs.shift)
    if costs.most_shifts is not None:
        keys: dict[tuple[str, float], int] = {}
        of = [keys.setdefault((shift.kind.name, shift.clock), len(keys)) for shift in candidates.shifts]
        flags = _add_flags(build, candidates, required, shifts, of, 0.0)
        row = build.add_rows(-np.inf, costs.most_shifts, 1)
        build.put(np.repeat(row, len(flags)), flags, 1.0)


def _add_flags(
    build: _Builder, candidates: Candidates, required: Floats, shifts: Ints, of: Iterable[int], cost: float
) -> Ints:
    of = np.asarray(list(of))
    flags = build.add_columns(FLAG, np.arange(of.max() + 1), cost, upper=1.0, integer=True)
    rows = build.add_rows(-np.inf, 0.0, len(shifts))
    build.put(rows, shifts, 1.0)
    build.put(rows, flags[of], [-_most_of(candidates, s, required) for s in range(len(shifts))])
    return flags


def _most_of(candidates: Candidates, s: int, required: Floats) -> float:
    """People on one shift beyond whom another one is never of use.

    Without breaks the largest requirement it spans. With B slots of breaks each person works in a slot where at most
    that many work and the rest are away; there are at most 2 B such slots once twice as many are on duty.
    """
    axis, shift = candidates.axis, candidates.shifts[s]
    slots = np.arange(shift.start, shift.start + shift.length)
    slots = slots % axis.slots if axis.cyclic else slots[slots < axis.slots]
    peak = float(np.nanmax(np.ceil(np.nan_to_num(required[slots])), initial=0.0))
    away = sum(sum(cluster.lengths) for cluster in shift.clusters)
    return max(peak, 1.0) * max(1, 2 * away)
