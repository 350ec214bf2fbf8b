"""Who attends when: whole people in the places that shifts leave for a block, at the least cost of cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wfm.schedule.program.program import SESSION, SHORT, SURPLUS, Bools, Builder, Floats, Ints
from wfm.schedule.program.solver import whole
from wfm.schedule.sessions.sessions import Session
from wfm.schedule.shifts.axis import TimeAxis

LEFT_OUT = 1000.0  # paid hours for a block that is not held: far more than any way to hold it
GAP = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where a block may lie, one entry a stretch of work and start.

    Attributes
    ----------
    row : array     Place of the row of work in its table.
    slot : array    Start of the block, from the origin and not wrapped.
    start : array   Number of that start among those of the session.
    unit : array    Who attends at most once: a line of the table, a tour, an agent.
    size : array    How many people that is.
    line : array    Number of the shift.
    queue : array   Number of the queue that the shift serves, -1 = none with a requirement.
    counts : array  Share of an agent that each of them counts as.
    """

    row: Ints
    slot: Ints
    start: Ints
    unit: Ints
    size: Ints
    line: Ints
    queue: Ints
    counts: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What each queue misses in every slot (negative: surplus), and the price of a missing and a surplus agent-hour."""

    missing: Floats
    under: float
    over: float


def attending(
    room: Room, session: Session, axis: TimeAxis, cover: Cover, *, seconds: float, people: Floats | None = None
) -> tuple[Ints, int]:
    """How many attend in each entry of the room, and how many blocks have no place.

    `people` are those who may attend from each of the starts; None = as it costs least.
    """
    usable = np.ones(len(room.row), dtype=bool) if people is None else people[room.start] > 0
    slots = axis.wrapped(room.slot[:, None] + np.arange(round(session.length / axis.step)))
    if session.together:
        usable = room.start == _one_start(room, session, slots, cover, axis)
    build = Builder()
    own = build.add_columns(SESSION, room.start[usable], 0.0, upper=room.size[usable].astype(float), integer=True)
    under_way = slots[usable]
    _add_cover(build, room, usable, own, under_way, cover, axis)
    total = build.add_rows(float(session.blocks), float(session.blocks), 1)
    build.put(np.repeat(total, len(own)), own, 1.0)
    build.put(total, build.add_columns(SHORT, [-1], LEFT_OUT), 1.0)
    _at_most(build, room.unit[usable], room.size[usable], own)
    _at_most(build, room.line[usable], room.size[usable], own)
    if people is not None and not session.together:
        _at_most(build, room.start[usable], people[room.start[usable]], own)
    if session.most_at_once is not None:
        _at_most(
            build, under_way.ravel(), np.full(under_way.size, session.most_at_once), own.repeat(under_way.shape[1])
        )
    found = whole(build.program(0.0), seconds=seconds, gap=GAP)
    if found.values is None:  # the time was up before anything was found
        chosen = _one_by_one(room, usable, slots, session, cover, axis, people)
    else:
        chosen = np.zeros(len(usable), dtype=np.int64)
        chosen[usable] = np.rint(found.values[: len(own)]).astype(np.int64)
    return chosen, int(session.blocks - chosen.sum())


def _one_by_one(
    room: Room, usable: Bools, slots: Ints, session: Session, cover: Cover, axis: TimeAxis, people: Floats | None
) -> Ints:
    """How many attend in each entry, one entry after another, first where least is missing."""
    missing = np.vstack([cover.missing.reshape(-1, axis.slots), np.zeros(axis.slots)])  # last: no requirement
    beside = missing[room.queue[:, None], slots]
    lacking, surplus = np.maximum(beside, 0.0).sum(axis=1), np.minimum(beside, 0.0).sum(axis=1)
    keys = [room.unit, room.line, room.start]
    free = [np.full(key.max(initial=0) + 1, session.blocks) for key in keys]
    for left, key in zip(free[:2], keys, strict=False):
        np.minimum.at(left, key, room.size)
    if people is not None and not session.together:
        free[2][room.start] = people[room.start].astype(np.int64)
    seats = np.full(axis.slots, session.most_at_once or session.blocks)
    chosen = np.zeros(len(usable), dtype=np.int64)
    for k in np.lexsort((surplus, lacking)):
        least = min(
            session.blocks - chosen.sum(),
            seats[slots[k]].min(),
            *(f[key[k]] for f, key in zip(free, keys, strict=True)),
        )
        chosen[k] = max(0, least) if usable[k] else 0
        for left, key in zip(free, keys, strict=True):
            left[key[k]] -= chosen[k]
        seats[slots[k]] -= chosen[k]
    return chosen


def _add_cover(
    build: Builder, room: Room, usable: Bools, own: Ints, under_way: Ints, cover: Cover, axis: TimeAxis
) -> None:
    """Rows: missing + attending - short + surplus = 0, in every slot and queue in which a block may be."""
    queue = room.queue[usable][:, None]
    felt = (queue >= 0) & np.ones_like(under_way, dtype=bool)
    cells, row = np.unique((queue * axis.slots + under_way)[felt], return_inverse=True)
    missing = cover.missing.reshape(-1, axis.slots)[cells // axis.slots, cells % axis.slots]
    rows = build.add_rows(missing, missing, len(cells))
    column, counts = (np.broadcast_to(one[:, None], under_way.shape)[felt] for one in (own, room.counts[usable]))
    build.put(rows[row], column, -counts)
    build.put(rows, build.add_columns(SHORT, cells, cover.under * axis.hours), 1.0)
    build.put(rows, build.add_columns(SURPLUS, cells, cover.over * axis.hours), -1.0)


def _one_start(room: Room, session: Session, under_way: Ints, cover: Cover, axis: TimeAxis) -> int:
    """The start from which most can attend together, of those the one that costs least cover; -1 = none."""
    best, price = -1, np.inf
    missing = cover.missing.reshape(-1, axis.slots)
    most = min(session.blocks, session.most_at_once or session.blocks)
    for start in np.unique(room.start):
        entries = np.flatnonzero(room.start == start)
        entries = entries[np.unique(room.unit[entries], return_index=True)[1]]
        people = np.minimum(np.cumsum(room.size[entries]), most)
        taken = np.zeros_like(missing)
        for k, count in zip(entries, np.diff(people, prepend=0), strict=True):
            if room.queue[k] >= 0:
                taken[room.queue[k], under_way[k]] += count * room.counts[k]
        before, after = (np.maximum(gap, 0.0).sum() for gap in (missing, missing + taken))
        cost = cover.under * axis.hours * float(after - before) - LEFT_OUT * float(people[-1])
        best, price = (int(start), cost) if cost < price else (best, price)
    return best


def _at_most(build: Builder, key: Ints, most: Floats | Ints, columns: Ints) -> None:
    """Columns of one key come to no more than its limit."""
    names, first, place = np.unique(key, return_index=True, return_inverse=True)
    build.put(build.add_rows(-np.inf, np.asarray(most, dtype=float)[first], len(names))[place], columns, 1.0)
