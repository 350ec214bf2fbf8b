"""Meetings and training put into the shifts of a table: who is there attends when that is missed least."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Sequence
from math import gcd

import numpy as np
import pandas as pd

from wfm.checks import number_in
from wfm.errors import WfmError, WfmWarning
from wfm.schedule.axis import TimeAxis
from wfm.schedule.coverage import by_slot, on_duty
from wfm.schedule.design_inputs import read_requirement
from wfm.schedule.program import Floats, Ints
from wfm.schedule.session_checker import session_faults
from wfm.schedule.session_choice import Cover, Room, attending
from wfm.schedule.sessions import Session, Wanted, read_sessions
from wfm.tables import interval_of


def place_sessions(
    table: pd.DataFrame,
    requirement: pd.DataFrame,
    sessions: Sequence[Session] | Session,
    *,
    under_cost: float = 3.0,
    over_cost: float = 0.0,
    cyclic: bool = False,
    time_limit: float = 10.0,
    interval: float | None = None,
) -> pd.DataFrame:
    """A schedule or roster with the blocks of meetings and training in its shifts, where they cost least cover.

    The rows of blocks name theirs in a column `session`.

    Every block lies inside one stretch of work of one shift, so that breaks stay where they are. A person attends a
    session at most once, and one block a shift. Lines of several people of whom some attend are parted; in the table of
    `design_tours` whole weeks are. Blocks without a place stay out, and a `WfmWarning` counts them.

    Parameters
    ----------
    table : schedule or roster
    requirement : requirement   What the cover is for; queue, start, agents suffice.
    sessions : Session(s)       Placed in their order.
    under_cost : float          Cost of a missing agent-hour [paid hours].
    over_cost : float           Cost of a surplus agent-hour [paid hours].
    cyclic : bool               Whether the horizon's end runs into its beginning.
    time_limit : float          Wall time [s].
    interval : float            Width of the intervals where the requirement has no `end` [s].

    Raises
    ------
    DataError, SettingError     A table or session is wrong.

    >>> need = pd.DataFrame({"queue": "v", "start": pd.date_range("2026-11-02 08:00", periods=4, freq="h"),
    ...                      "agents": [2, 2, 1, 2]})
    >>> table = pd.DataFrame({"shift": "a", "start": pd.to_datetime(["2026-11-02 08:00"]), "activity": "work",
    ...                       "end": pd.to_datetime(["2026-11-02 12:00"]), "paid": True, "people": 2, "type": "day",
    ...                       "queue": "v"})
    >>> placed = place_sessions(table, need, Session(name="news", length="1h", hours=1, kind="meeting"))
    >>> placed.loc[placed["activity"] == "meeting", ["start", "end", "people"]].values.tolist()
    [[Timestamp('2026-11-02 10:00:00'), Timestamp('2026-11-02 11:00:00'), 1]]
    """
    need = read_requirement(requirement, interval)
    given = read_sessions(sessions, sorted(need["queue"].unique()))
    limit = number_in(time_limit, name="time_limit", low=0, high=1e7, open_low=True, unit="s")
    for number, one in enumerate(given):
        rows = need[need["queue"] == one.queue].reset_index(drop=True)
        own = table["queue"] == one.queue if "queue" in table else pd.Series(True, index=table.index)
        axis = axis_of(rows, table[own], given, cyclic=cyclic)
        placed = placed_in(
            table[own],
            by_slot(rows, axis),
            one,
            axis,
            starts=one.starts(axis, interval_of(rows)),
            costs=(under_cost, over_cost),
            seconds=limit / (len(given) - number),
        )
        table = pd.concat([table[~own], placed])
    key = ["agent", "start"] if "agent" in table else ["shift", "start"]
    return table.sort_values(key, kind="stable").reset_index(drop=True)


def axis_of(need: pd.DataFrame, table: pd.DataFrame, sessions: Sequence[Session], *, cyclic: bool) -> TimeAxis:
    """Slots fine enough for the requirement, the rows of a table and the blocks."""
    origin, until = need["start"].min().normalize(), need["end"].max()
    moments = pd.concat([need["start"], need["end"], table["start"], table["end"]])
    whole_seconds = np.unique(np.rint((moments - origin).dt.total_seconds().to_numpy())).astype(int).tolist()
    step = gcd(86400, *whole_seconds, *(round(part) for one in sessions for part in (one.length, one.grid or 0)))
    days = -(-(until - origin) // pd.Timedelta(days=1))
    slots = round((pd.Timedelta(days=int(days)) if cyclic else until - origin).total_seconds() / step)
    return TimeAxis(origin=origin, step=step, slots=slots, cyclic=cyclic)


def placed_in(
    table: pd.DataFrame,
    required: Floats,
    session: Session,
    axis: TimeAxis,
    *,
    starts: Ints,
    costs: tuple[float, float],
    seconds: float,
    people: Floats | None = None,
) -> pd.DataFrame:
    """One queue's table with the blocks of one session; `people` are those who should start in each of the starts."""
    if "session" not in table:
        table = table.assign(session=pd.Series(None, index=table.index, dtype=object))
    room = _room(table, session, starts, axis)
    counted = table if "people" in table else table.assign(people=1)
    cover = Cover(missing=np.nan_to_num(required) - on_duty(counted, axis), under=costs[0], over=costs[1])
    chosen, left_out = attending(room, session, starts, axis, cover, seconds=seconds, people=people)
    if left_out and people is not None:
        chosen, left_out = attending(room, session, starts, axis, cover, seconds=seconds)
    if left_out:
        warnings.warn(
            f"session {session.name}: {left_out} of {session.blocks} blocks found no place in any shift; widen its "
            "window, shorten it or let more people attend at once",
            WfmWarning,
            stacklevel=3,
        )
    return _with_blocks(table, room, chosen, session, axis)


def all_placed(
    table: pd.DataFrame,
    required: Floats,
    sessions: Sequence[Session],
    axis: TimeAxis,
    wanted: Wanted,
    costs: tuple[float, float],
    *,
    seconds: float,
) -> pd.DataFrame:
    """One queue's table with the blocks of all sessions, as far as may be when they are wanted."""
    for number, one in enumerate(sessions):
        table = placed_in(
            table,
            required,
            one,
            axis,
            starts=wanted.starts[number],
            costs=costs,
            seconds=seconds / (len(sessions) - number),
            people=wanted.people[number],
        )
    faults = session_faults(table, sessions, cycle=axis.slots * axis.step if axis.cyclic else None)
    faults = faults[faults["rule"] != "hours"]  # blocks without a place have been told
    if len(faults):
        raise WfmError(f"internal: {len(faults)} session(s) break a rule, first: {faults.iloc[0].tolist()}.")
    return table


def _room(table: pd.DataFrame, session: Session, starts: Ints, axis: TimeAxis) -> Room:
    """Every place for a block: inside one row of work of a shift that holds none yet."""
    long = round(session.length / axis.step)
    lines, people = lines_of_rows(table), _people(table)
    units = pd.factorize(table[_who(table)])[0]
    blocked = set(lines[table["activity"].isin(["training", "meeting"]).to_numpy()].tolist())
    number = np.full(axis.slots, -1)
    number[starts] = np.arange(len(starts))
    first, last = axis.slots_of(table["start"]), axis.slots_of(table["end"])
    found: list[tuple[int, int, int]] = []
    for row in np.flatnonzero((table["activity"] == "work").to_numpy()):
        if lines[row] in blocked:
            continue
        slots = np.arange(first[row], last[row] - long + 1)
        inside = slots % axis.slots if axis.cyclic else slots
        ok = (inside >= 0) & (inside < axis.slots)
        ok[ok] = number[inside[ok]] >= 0
        found += [(int(row), int(slot), int(number[at])) for slot, at in zip(slots[ok], inside[ok], strict=True)]
    places = np.array(found, dtype=np.int64).reshape(-1, 3)
    rows: Ints = places[:, 0]
    return Room(row=rows, slot=places[:, 1], start=places[:, 2], unit=units[rows], size=people[rows], line=lines[rows])


def _who(table: pd.DataFrame) -> str:
    """The column that says who attends at most once."""
    return next(name for name in ("agent", "tour", "shift") if name in table)


def lines_of_rows(table: pd.DataFrame) -> Ints:
    """The number of the shift that each row belongs to."""
    if "agent" not in table:
        return np.asarray(pd.factorize(table["shift"])[0], dtype=np.int64)
    order = table.sort_values(["agent", "start"], kind="stable")
    apart = (order["agent"] != order["agent"].shift()) | (order["start"] != order["end"].shift())
    return np.asarray(apart.cumsum().reindex(table.index).to_numpy(), dtype=np.int64)


def _people(table: pd.DataFrame) -> Ints:
    return table["people"].to_numpy(dtype=np.int64) if "people" in table else np.ones(len(table), dtype=np.int64)


def _with_blocks(table: pd.DataFrame, room: Room, chosen: Ints, session: Session, axis: TimeAxis) -> pd.DataFrame:
    """The table with the blocks in it; units of several people are parted into those who attend and the rest."""
    attended: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for k in np.flatnonzero(chosen):
        attended[int(room.unit[k])].append((int(room.row[k]), int(room.slot[k]), int(chosen[k])))
    if not attended:
        return table
    key = _who(table)
    units = pd.factorize(table[key])[0]
    parts = [table[~np.isin(units, list(attended))]]
    for unit, blocks in attended.items():
        own = table[units == unit]
        if key != "agent":
            left = own.assign(people=own["people"] - sum(count for _, _, count in blocks))
            parts.append(left[left["people"] > 0])
        for number, (row, slot, count) in enumerate(blocks, start=1):
            label = f"-{session.name}-{number}"
            mine = _with_block(own, table.index[row], axis, slot, session)
            if key != "agent":
                renamed = {name: mine[name] + label for name in dict.fromkeys(("shift", key))}
                mine = mine.assign(people=count, **renamed)
            parts.append(mine)
    return pd.concat([part for part in parts if len(part)])


def _with_block(own: pd.DataFrame, row: object, axis: TimeAxis, slot: int, session: Session) -> pd.DataFrame:
    """The rows of a unit with one row of work parted by a block."""
    begin = axis.origin + pd.Timedelta(seconds=slot * axis.step)
    end = begin + pd.Timedelta(seconds=session.length)
    work = own.loc[[row]]
    before, after = work.assign(end=begin), work.assign(start=end)
    block = work.assign(start=begin, end=end, activity=session.kind, paid=True, session=session.name)
    pieces = [own.drop(index=row), *(part for part in (before, block, after) if (part["start"] < part["end"]).all())]
    return pd.concat(pieces)
