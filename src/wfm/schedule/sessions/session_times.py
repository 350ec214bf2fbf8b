"""When sessions are best held: blocks in the linear relaxation of a design, in the troughs that shifts leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wfm.schedule.cover.people_per_shift import away_slots
from wfm.schedule.program.first_order import own_rows, relaxed_or_near
from wfm.schedule.program.program import PLACE, SESSION, SHIFT, SHORT, Floats, Ints, Program
from wfm.schedule.program.rounding import cumulated
from wfm.schedule.sessions.sessions import Session
from wfm.schedule.shifts.axis import TimeAxis
from wfm.schedule.shifts.candidates import Candidates

if TYPE_CHECKING:
    from scipy import sparse


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """When the blocks of every session are best held: people by start, and what they take of the cover in every slot.

    Attributes
    ----------
    starts, people : by session     Slots in which a block may start, and how many people then do.
    load : array                    People away in every slot.
    bound : float                   No schedule that holds all blocks can cost less.
    """

    starts: list[Ints]
    people: list[Floats]
    load: Floats
    bound: float


def best_times(
    program: Program, candidates: Candidates, sessions: Sequence[Session], interval: float, *, seconds: float
) -> Wanted:
    """The linear relaxation with the blocks in it: they lie in the troughs, and people for them are counted."""
    axis = candidates.axis
    starts = [one.starts(axis, interval) for one in sessions]
    joint = with_sessions(program, candidates, sessions, starts)
    linear = relaxed_or_near(joint, candidates, seconds=seconds)
    load = np.zeros(axis.slots)
    if linear.values is None:
        return Wanted(starts=starts, people=[np.zeros(len(own)) for own in starts], load=load, bound=linear.bound)
    values, people = np.maximum(linear.values[joint.of_kind(SESSION)], 0.0), []
    for one, own, part in zip(
        sessions, starts, np.split(values, np.cumsum([len(own) for own in starts])[:-1]), strict=True
    ):
        total = part.sum()
        if one.together and total > 0:
            part = np.where(np.arange(len(own)) == int(np.argmax(part)), total, 0.0)
        whole = cumulated(part * (one.blocks / total) if total > 0 else np.zeros(len(own)), 0.5)
        people.append(whole)
        for k in range(round(one.length / axis.step)):
            np.add.at(load, axis.wrapped(own + k), whole)
    return Wanted(starts=starts, people=people, load=load, bound=linear.bound)


def with_sessions(
    program: Program, candidates: Candidates, sessions: Sequence[Session], starts: Sequence[Ints]
) -> Program:
    """The programme with a column for every start of a block, which takes from the cover and needs somebody there."""
    from scipy import sparse

    axis = candidates.axis
    taken = [taken_slots(one, own, axis) for one, own in zip(sessions, starts, strict=True)]
    rows, number = own_rows(program), program.number[program.of_kind(SHORT)]
    of_slot = sparse.csr_array((np.ones(len(rows)), (rows, number)), shape=(len(program.low), axis.slots))
    busy = np.flatnonzero(sum(part.sum(axis=1) for part in taken) > 0)
    bare = np.setdiff1d(busy, number)  # nobody is needed there, but whoever attends must be present
    capped = [j for j, one in enumerate(sessions) if one.most_at_once is not None]
    blocks = [
        [program.matrix, *(-(of_slot @ part) for part in taken)],
        [_present(program, candidates)[bare], *(-part[bare] for part in taken)],
        *(_alone(sparse.csr_array(np.ones((1, len(own)))), j, len(taken)) for j, own in enumerate(starts)),
        *(_alone(taken[j], j, len(taken)) for j in capped),
    ]
    size, count = sum(map(len, starts)), [float(one.blocks) for one in sessions]
    caps = np.repeat([float(sessions[j].most_at_once or 0) for j in capped], axis.slots)
    return replace(
        program,
        cost=np.r_[program.cost, np.zeros(size)],
        matrix=sparse.csc_array(sparse.block_array(blocks)),
        low=np.r_[program.low, np.zeros(len(bare)), count, np.full(len(caps), -np.inf)],
        high=np.r_[program.high, np.full(len(bare), np.inf), count, caps],
        upper=np.r_[program.upper, np.full(size, np.inf)],
        integer=np.r_[program.integer, np.ones(size, dtype=bool)],
        kind=np.r_[program.kind, np.full(size, SESSION)],
        number=np.r_[program.number, np.concatenate(starts)],
        column=np.arange(len(program.cost) + size),
    )


def taken_slots(session: Session, starts: Ints, axis: TimeAxis) -> sparse.csr_array:
    """(slots, starts): 1 where a block that starts there is under way."""
    from scipy import sparse

    long = round(session.length / axis.step)
    slot = axis.wrapped((starts[:, None] + np.arange(long)).ravel())
    column = np.repeat(np.arange(len(starts)), long)
    return sparse.csr_array((np.ones(len(slot)), (slot, column)), shape=(axis.slots, len(starts)))


def _alone(part: sparse.csr_array, place: int, number: int) -> list[sparse.csr_array | None]:
    """A row of blocks that concerns one session only."""
    return [None, *(part if k == place else None for k in range(number))]


def _present(program: Program, candidates: Candidates) -> sparse.csr_array:
    """(slots, columns): who is there and not on a break."""
    from scipy import sparse

    axis = candidates.axis
    shifts, places = np.flatnonzero(program.of_kind(SHIFT)), np.flatnonzero(program.of_kind(PLACE))
    on = [np.arange(shift.start, shift.start + shift.length) for shift in candidates.shifts]
    away = [np.array(away_slots(group, p)) for group in candidates.groups for p in range(len(group.places))]
    spans = [axis.wrapped(span) for span in (*on, *away)]
    sizes = [len(span) for span in spans]
    slot, column = np.concatenate(spans), np.repeat(np.r_[shifts, places], sizes)
    sign = np.repeat(np.r_[np.ones(len(on)), -np.ones(len(away))], sizes)
    inside = (slot >= 0) & (slot < axis.slots)
    return sparse.csr_array((sign[inside], (slot[inside], column[inside])), shape=(axis.slots, len(program.cost)))
