"""Who attends when: whole people in the places that shifts leave for a block, at the least cost of cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wfm.schedule.axis import TimeAxis
from wfm.schedule.program import SESSION, SHORT, SURPLUS, Builder, Floats, Ints
from wfm.schedule.sessions import Session, taken_slots
from wfm.schedule.solver import whole

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
    """

    row: Ints
    slot: Ints
    start: Ints
    unit: Ints
    size: Ints
    line: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What is missing in every slot (negative: surplus), and the price of a missing and a surplus agent-hour."""

    missing: Floats
    under: float
    over: float


def attending(
    room: Room,
    session: Session,
    starts: Ints,
    axis: TimeAxis,
    cover: Cover,
    *,
    seconds: float,
    people: Floats | None = None,
) -> tuple[Ints, int]:
    """How many attend in each entry of the room, and how many blocks have no place.

    `people` are those who may attend from each of the starts; None = as it costs least.
    """
    usable = np.ones(len(room.row), dtype=bool) if people is None else people[room.start] > 0
    build = Builder()
    own = build.add_columns(SESSION, room.start[usable], 0.0, upper=room.size[usable].astype(float), integer=True)
    under_way = axis.wrapped(room.slot[usable][:, None] + np.arange(round(session.length / axis.step)))
    slots = np.unique(taken_slots(session, starts, axis).tocoo().row)
    place = np.full(axis.slots, -1)
    place[slots] = np.arange(len(slots))
    held, each = place[under_way].ravel(), np.repeat(own, under_way.shape[1])
    # missing + attending - short + surplus = 0, in every slot in which a block may be
    rows = build.add_rows(cover.missing[slots], cover.missing[slots], len(slots))
    build.put(rows[held], each, -1.0)
    build.put(rows, build.add_columns(SHORT, slots, cover.under * axis.hours), 1.0)
    build.put(rows, build.add_columns(SURPLUS, slots, cover.over * axis.hours), -1.0)
    total = build.add_rows(float(session.blocks), float(session.blocks), 1)
    build.put(np.repeat(total, len(own)), own, 1.0)
    build.put(total, build.add_columns(SHORT, [-1], LEFT_OUT), 1.0)
    _at_most(build, room.unit[usable], room.size[usable], own)
    _at_most(build, room.line[usable], room.size[usable], own)
    if people is not None:
        _at_most(build, room.start[usable], people[room.start[usable]], own)
    if session.most_at_once is not None:
        build.put(build.add_rows(-np.inf, float(session.most_at_once), len(slots))[held], each, 1.0)
    found = whole(build.program(0.0), seconds=seconds, gap=GAP)
    chosen = np.zeros(len(usable), dtype=np.int64)
    if found.values is not None:
        chosen[usable] = np.rint(found.values[: len(own)]).astype(np.int64)
    return chosen, int(session.blocks - chosen.sum())


def _at_most(build: Builder, key: Ints, most: Floats | Ints, columns: Ints) -> None:
    """Columns of one key come to no more than its limit."""
    names, first, place = np.unique(key, return_index=True, return_inverse=True)
    build.put(build.add_rows(-np.inf, np.asarray(most, dtype=float)[first], len(names))[place], columns, 1.0)
