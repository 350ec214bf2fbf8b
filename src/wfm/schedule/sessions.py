"""Meetings and training to place: hours of people in blocks of one length, inside shifts, when it costs least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, gcd
from typing import TYPE_CHECKING

import numpy as np

from wfm.calendars import weekday_set
from wfm.checks import number_in, one_of, put
from wfm.durations import DAY, seconds, time_of_day
from wfm.errors import SettingError, did_you_mean, listed
from wfm.schedule.axis import TimeAxis
from wfm.schedule.candidates import Candidates
from wfm.schedule.cover import away_slots
from wfm.schedule.first_order import own_rows, relaxed_or_near
from wfm.schedule.program import PLACE, SESSION, SHIFT, SHORT, Floats, Ints, Program
from wfm.schedule.rounding import cumulated

if TYPE_CHECKING:
    from scipy import sparse

KINDS = ("training", "meeting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A training or meeting that many people attend, some now, some later.

    Attributes
    ----------
    name : str
    length : float              Of one block [s]; whoever attends is off contacts for a block, in one piece.
    hours : float               Hours of people in all; rounded up to whole blocks.
    kind : str                  "training" or "meeting": the activity in the table.
    clock : (float, float)      Earliest start and latest end by the clock, seconds of the day; None = any time.
    days : str or None          Weekdays on which it may be held; None = all.
    most_at_once : int          Most people who attend at once; None = any number.
    grid : float or None        Blocks start on multiples of so many seconds; None = on the requirement's interval.
    queue : str or None         Whose people attend; None where there is only one queue.

    >>> product = Session(name="product", length="1h", hours=24, clock=("09:00", "17:00"), most_at_once=4)
    >>> product.blocks, product.length
    (24, 3600.0)
    """

    name: str
    length: float
    hours: float
    kind: str = "training"
    clock: tuple[float, float] | None = None
    days: frozenset[int] | None = None
    most_at_once: int | None = None
    grid: float | None = None
    queue: str | None = None

    def __post_init__(self) -> None:
        """Convert durations and times."""
        where = f"session {self.name!r}"
        put(
            self,
            length=seconds(self.length, name=f"length of {where}"),
            hours=number_in(self.hours, name=f"hours of {where}", low=0, high=1e6, unit="h"),
            kind=one_of(self.kind, KINDS, name=f"kind of {where}"),
        )
        if self.clock is not None:
            if isinstance(self.clock, str) or len(self.clock) != 2:
                raise SettingError(
                    f"clock of {where} must be a pair (earliest start, latest end), got {self.clock!r}.", name="clock"
                )
            first = time_of_day(self.clock[0], name=f"clock of {where}")
            last = time_of_day(self.clock[1], name=f"clock of {where}", midnight=True)
            if (last - first) % DAY < self.length % DAY:
                raise SettingError(
                    f"clock of {where} leaves no time for a block of {self.length / 60:g} min, got {self.clock!r}.",
                    name="clock",
                    value=self.clock,
                )
            put(self, clock=(first, last))
        if self.days is not None and not all(isinstance(day, int) for day in self.days):
            put(self, days=weekday_set(self.days, name=f"days of {where}"))
        if self.most_at_once is not None:
            most = number_in(self.most_at_once, name=f"most_at_once of {where}", low=1, high=1e6)
            put(self, most_at_once=int(most))
        if self.grid is not None:
            put(self, grid=seconds(self.grid, name=f"grid of {where}"))

    @property
    def blocks(self) -> int:
        """How many people attend."""
        return ceil(self.hours * 3600 / self.length - 1e-9)

    def starts(self, axis: TimeAxis, interval: float) -> Ints:
        """The slots of the axis in which a block may start; on an open axis it ends inside the horizon."""
        long, step = round(self.length / axis.step), max(1, round((self.grid or interval) / axis.step))
        midnight = -axis.slot_of(axis.origin.normalize())
        slots = np.arange(axis.slots if axis.cyclic else max(0, axis.slots - long + 1))
        slots = slots[(slots + midnight) % step == 0]
        clock = ((slots + midnight) * axis.step) % DAY
        weekday = (axis.origin.normalize().day_of_week + ((slots + midnight) * axis.step) // DAY) % 7
        may = np.ones(len(slots), dtype=bool)
        if self.clock is not None:
            first, last = self.clock
            may &= (clock - first) % DAY + self.length <= ((last - first) % DAY or DAY) + 1e-6
        if self.days is not None:
            may &= np.isin(weekday, sorted(self.days))
        return np.asarray(slots[may], dtype=np.int64)


def read_sessions(sessions: Sequence[Session] | Session | None, queues: Sequence[str]) -> tuple[Session, ...]:
    """The sessions, each with its queue."""
    given = (sessions,) if isinstance(sessions, Session) else tuple(sessions or ())
    for one in given:
        if not isinstance(one, Session):
            raise SettingError(f"sessions must be Session objects, got {one!r}.", name="sessions", value=one)
        if one.queue is None and len(queues) > 1:
            raise SettingError(
                f"session {one.name!r} must name its queue where there are several: {listed(queues)}.", name="sessions"
            )
        if one.queue is not None and one.queue not in queues:
            raise SettingError(
                f"session {one.name!r} names queue {one.queue!r}, which has no requirement. Known: {listed(queues)}."
                f"{did_you_mean(one.queue, list(queues))}",
                name="sessions",
                value=one.queue,
            )
    return tuple(replace(one, queue=one.queue or queues[0]) for one in given)


def finer(axis: TimeAxis, sessions: Sequence[Session]) -> TimeAxis:
    """The axis with slots that blocks fill."""
    step = gcd(axis.step, *(round(part) for one in sessions for part in (one.length, one.grid or 0)))
    return replace(axis, step=step, slots=axis.slots * axis.step // step)


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
