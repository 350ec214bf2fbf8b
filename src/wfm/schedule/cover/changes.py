"""Where the requirement rises and falls, and what joins these changes: shifts, surplus and missing people.

At every moment those who start less those who end are the change of people on duty: the balance of the requirement
plus the change of surplus and less that of missing people. So people are a flow between moments: a shift is an arc from
its start to its end at a fixed price, surplus an arc one slot back and missing people one slot on, at a price for each.
With such prices a best flow has no cycle: it falls apart into trees, in each of which rises and falls cancel out.
(Edge-cost flow: Di Gaspero, Gaertner, Kortsarz, Musliu, Schaerf and Slany 2007, Annals of Operations Research 155.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.schedule.program.program import FLAG, PART, SHIFT, SHORT, SURPLUS, Bools, Floats, Ints, Program
from wfm.schedule.shifts.candidates import Candidates

Masks = npt.NDArray[np.uint64]
DEAREST = 8.0  # distinct shifts for one person of slack, by default


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Moments and arcs between them; costs are in distinct shifts.

    Attributes
    ----------
    balance : Ints          People who start less those who end at each moment if nothing is missing or surplus.
    tail, head : Ints       Moments that each arc leaves and enters.
    slack : Bools           Which arcs are surplus or missing people.
    price : Floats          Of each person on an arc of slack; 0 for shifts, which cost 1 whatever their people.
    length : Ints           Slots that a person on an arc adds to cover; -1 for surplus, so that all add up to the
                            hours required.
    column : Ints           The programme's column of an arc; -1 where it has none.
    unit, least : float     Cost of a distinct shift, and of a flow without distinct shifts and slack [paid hours].
    required : int          People needed, summed over all slots.
    """

    balance: Ints
    tail: Ints
    head: Ints
    slack: Bools
    price: Floats
    length: Ints
    column: Ints
    unit: float
    least: float
    required: int

    @property
    def moments(self) -> int:
        """Number of moments."""
        return len(self.balance)

    def cost(self, arcs: Ints, people: Ints) -> Floats:
        """Of so many people on each of these arcs."""
        return np.where(self.slack[arcs], self.price[arcs] * people, 1.0)

    def masks(self) -> Masks:
        """A bit for each moment: moments x words of 64 bits."""
        moment = np.arange(self.moments)
        bits = np.zeros((self.moments, -(-self.moments // 64)), dtype=np.uint64)
        bits[moment, moment // 64] = np.uint64(1) << (moment % 64).astype(np.uint64)
        return bits


def changes_of(program: Program, candidates: Candidates, *, dearest: float = DEAREST) -> Changes | None:
    """The changes of a programme of shifts without breaks, one flag each; None where its costs are of another kind.

    Every distinct shift must cost the same, people be asked for in whole numbers, and a person's shift cost as much as
    the hours that it lasts, so that paid hours are those required and the surplus. Other rows are left out, and slack
    of which a person costs more than `dearest` distinct shifts.
    """
    shifts, flags = np.flatnonzero(program.of_kind(SHIFT)), program.cost[program.of_kind(FLAG)]
    numbers = program.number[shifts]
    length = np.array([candidates.shifts[s].length for s in numbers])
    rate = float(program.cost[shifts[0]] / length[0])
    if (
        program.of_kind(PART).any()
        or flags.min() <= 0
        or np.ptp(flags) > 1e-9
        or not np.allclose(program.cost[shifts], rate * length, atol=1e-6)
    ):
        return None
    axis, unit = candidates.axis, float(flags[0])
    nodes = axis.slots if axis.cyclic else axis.slots + 1
    need, surplus, missing = _of_slots(program, axis.slots, rate)
    whole = need if axis.cyclic else np.r_[need, 0.0]
    before = np.roll(whole, 1)
    begin = candidates.starts[numbers]
    end_of = begin + length if axis.cyclic else np.minimum(begin + length, axis.slots)
    slot = np.arange(axis.slots)
    after = (slot + 1) % nodes
    tail = np.r_[axis.wrapped(begin), after, slot]
    head = np.r_[end_of % nodes, slot, after]
    price = np.r_[np.zeros(len(shifts)), surplus / unit, missing / unit]
    column = np.r_[shifts, _columns(program, SURPLUS, axis.slots), _columns(program, SHORT, axis.slots)]
    kept = price <= dearest
    return Changes(
        balance=np.rint(whole - before).astype(np.int64),
        tail=tail[kept],
        head=head[kept],
        slack=np.arange(len(tail))[kept] >= len(shifts),
        price=price[kept],
        length=np.r_[end_of - begin, np.full(axis.slots, -1), np.ones(axis.slots, dtype=np.int64)][kept],
        column=column[kept],
        unit=unit,
        required=round(float(need.sum())),
        least=rate * float(need.sum()) + program.constant,
    )


def _of_slots(program: Program, slots: int, rate: float) -> tuple[Floats, Floats, Floats]:
    """People needed in every slot, and what one more and one fewer cost there."""
    need, surplus, missing = np.zeros(slots), np.full(slots, rate), np.full(slots, np.inf)
    for kind, prices, sign in ((SURPLUS, surplus, 1.0), (SHORT, missing, -1.0)):
        columns = np.flatnonzero(program.of_kind(kind))
        own = program.matrix[:, columns].sorted_indices()
        number = program.number[columns]
        need[number] = program.low[own.indices[own.indptr[:-1]]]
        prices[number] = program.cost[columns] + sign * rate
    return need, surplus, missing


def _columns(program: Program, kind: int, slots: int) -> Ints:
    """The column of a kind for every slot; -1 where there is none."""
    column = np.full(slots, -1)
    own = np.flatnonzero(program.of_kind(kind))
    column[program.number[own]] = own
    return column
