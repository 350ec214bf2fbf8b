"""Meetings and training put into the shifts of a table: who is there attends when that is missed least."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import gcd

import numpy as np
import pandas as pd

from wfm.checks import number_in
from wfm.errors import WfmWarning
from wfm.schedule.checkers.session_checker import session_faults
from wfm.schedule.checkers.soundness import assert_faultless
from wfm.schedule.cover.coverage import by_slot, on_duty
from wfm.schedule.cover.design_inputs import read_requirement
from wfm.schedule.people.people import People
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import Floats, Ints
from wfm.schedule.sessions.session_choice import Cover, Room, attending
from wfm.schedule.sessions.session_times import Wanted
from wfm.schedule.sessions.sessions import Session, as_sessions, for_people, read_sessions
from wfm.schedule.shifts.axis import TimeAxis
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
    people: People | None = None,
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
    people : People             Of a roster: who may attend (`Session.agents`, `teams`, ...), and as how much of an
                                agent each of them is missed. A session's people may then serve several queues.

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
    queues = sorted(need["queue"].unique())
    if people is None:
        given = read_sessions(sessions, queues)
    else:
        given = tuple(for_people(one, people, table) for one in as_sessions(sessions))
    limit = number_in(time_limit, name="time_limit", low=0, high=1e7, open_low=True, unit="s")
    clock, axis = Clock.of(limit), axis_of(need, table, given, cyclic=cyclic)
    required = np.array([by_slot(need[need["queue"] == queue], axis) for queue in queues])
    counts = None if people is None else people.counts_as
    for number, one in enumerate(given):
        own = _may_attend(table, one)
        placed = placed_in(
            table[own],
            _missing(table, required, queues, axis, counts),
            one,
            axis,
            starts=one.starts(axis, interval_of(need)),
            costs=(under_cost, over_cost),
            seconds=max(clock.left, 1.0) / (len(given) - number),
            queues=queues,
            counts=counts,
        )
        table = pd.concat([part for part in (table[~own], placed) if len(part)], ignore_index=True)
    key = ["agent", "start"] if "agent" in table else ["shift", "start"]
    return table.sort_values(key, kind="stable").reset_index(drop=True)


def _may_attend(table: pd.DataFrame, session: Session) -> pd.Series:
    """The rows of those whom a session names."""
    if session.agents and "agent" in table:
        return table["agent"].isin(session.agents)
    everybody = session.queue is None or "queue" not in table
    return pd.Series(True, index=table.index) if everybody else table["queue"] == session.queue


def _missing(
    table: pd.DataFrame,
    required: Floats,
    queues: Sequence[str],
    axis: TimeAxis,
    counts: Mapping[str, float] | None = None,
) -> Floats:
    """What each queue misses in every slot beside the people of a table."""
    counted = table if "people" in table else table.assign(people=_counts(table, counts))
    queue = counted["queue"] if "queue" in counted else pd.Series(None, index=counted.index, dtype=object)
    alone = len(queues) == 1
    present = [on_duty(counted[(queue == name) | (alone & queue.isna())], axis) for name in queues]
    return np.asarray(np.nan_to_num(required) - np.array(present), dtype=np.float64)


def _counts(table: pd.DataFrame, counts: Mapping[str, float] | None) -> Floats:
    """Share of an agent that the person of each row counts as."""
    if counts is None or "agent" not in table:
        return np.ones(len(table))
    return np.array([counts.get(agent, 1.0) for agent in table["agent"]])


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
    missing: Floats,
    session: Session,
    axis: TimeAxis,
    *,
    starts: Ints,
    costs: tuple[float, float],
    seconds: float,
    queues: Sequence[str],
    people: Floats | None = None,
    counts: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """A table with the blocks of one session; `people` are those who should start in each of the starts."""
    table = table.reset_index(drop=True)
    if "session" not in table:
        table = table.assign(session=pd.Series(None, index=table.index, dtype=object))
    room = _room(table, session, starts, axis, queues, counts)
    cover = Cover(missing=missing, under=costs[0], over=costs[1])
    chosen, left_out = attending(room, session, axis, cover, seconds=seconds, people=people)
    if left_out and people is not None:
        chosen, left_out = attending(room, session, axis, cover, seconds=seconds)
    _tell_left_out(left_out, session)
    return _with_blocks(table, room, chosen, session, axis)


def _tell_left_out(people: int, session: Session) -> None:
    """How many do not attend, and what would help."""
    if people and session.together:
        warnings.warn(
            f"session {session.name}: {people} of {session.blocks} people cannot attend at the one time at which most "
            "can; hold it at several times, or ask for fewer",
            WfmWarning,
            stacklevel=4,
        )
    elif people:
        warnings.warn(
            f"session {session.name}: {people} of {session.blocks} blocks found no place in any shift; widen its "
            "window, shorten it or let more people attend at once",
            WfmWarning,
            stacklevel=4,
        )


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
    clock = Clock.of(seconds)
    for number, one in enumerate(sessions):
        queues = [str(one.queue)]
        table = placed_in(
            table,
            _missing(table, np.atleast_2d(required), queues, axis),
            one,
            axis,
            starts=wanted.starts[number],
            costs=costs,
            seconds=max(clock.left, 0.05) / (len(sessions) - number),
            queues=queues,
            people=wanted.people[number],
        )
    faults = session_faults(table, sessions, cycle=axis.slots * axis.step if axis.cyclic else None)
    faults = faults[faults["rule"] != "hours"]  # blocks without a place have been told
    assert_faultless(faults, "sessions")
    return table


def _room(
    table: pd.DataFrame,
    session: Session,
    starts: Ints,
    axis: TimeAxis,
    queues: Sequence[str],
    counts: Mapping[str, float] | None,
) -> Room:
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
    return Room(
        row=rows,
        slot=places[:, 1],
        start=places[:, 2],
        unit=units[rows],
        size=people[rows],
        line=lines[rows],
        queue=_queue_of(table, queues)[rows],
        counts=_counts(table, counts)[rows],
    )


def _queue_of(table: pd.DataFrame, queues: Sequence[str]) -> Ints:
    """Number of the queue that each row serves, -1 = none of these; rows without one serve the only one."""
    if "queue" not in table:
        return np.zeros(len(table), dtype=np.int64)
    number = {name: k for k, name in enumerate(queues)}
    nameless = 0 if len(queues) == 1 else -1
    found = [number.get(one, -1) if isinstance(one, str) else nameless for one in table["queue"]]
    return np.array(found, dtype=np.int64)


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
    rows_of = pd.Series(np.arange(len(table))).groupby(units).indices
    people = _people(table)
    cut = _Cut(table)
    for unit, blocks in attended.items():
        rows = np.asarray(rows_of[unit], dtype=np.int64)
        cut.take(rows, people[rows[0]] - sum(count for _, _, count in blocks) if key != "agent" else 0, "")
        for number, (row, slot, count) in enumerate(blocks, start=1):
            begin = axis.origin + pd.Timedelta(seconds=slot * axis.step)
            cut.take(rows[rows != row], count, f"-{session.name}-{number}")
            cut.take_parted(
                row, begin, begin + pd.Timedelta(seconds=session.length), count, f"-{session.name}-{number}"
            )
    found = cut.rows(session)
    if key != "agent":
        found = found.assign(**{name: found[name] + cut.label for name in dict.fromkeys(("shift", key))})
        found = found.assign(people=cut.people)
    return pd.concat([part for part in (table[~np.isin(units, list(attended))], found) if len(part)])


class _Cut:
    """Rows taken from a table, some of them in part: where from, when, what, how many people, and what names them."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table
        self.starts, self.ends = table["start"].tolist(), table["end"].tolist()
        self.row: list[int] = []
        self.start: list[pd.Timestamp] = []
        self.end: list[pd.Timestamp] = []
        self.block: list[bool] = []
        self.people: list[int] = []
        self.label: list[str] = []

    def take(self, rows: Ints, people: int, label: str) -> None:
        """Whole rows, for so many people."""
        for row in rows.tolist() if people else ():
            self._add(row, self.starts[row], self.ends[row], False, people, label)

    def take_parted(self, row: int, begin: pd.Timestamp, end: pd.Timestamp, people: int, label: str) -> None:
        """A row of work with a block in it."""
        for first, last, block in (
            (self.starts[row], begin, False),
            (begin, end, True),
            (end, self.ends[row], False),
        ):
            if first < last:
                self._add(row, first, last, block, people, label)

    def _add(self, row: int, start: pd.Timestamp, end: pd.Timestamp, block: bool, people: int, label: str) -> None:
        self.row.append(row)
        self.start.append(start)
        self.end.append(end)
        self.block.append(block)
        self.people.append(people)
        self.label.append(label)

    def rows(self, session: Session) -> pd.DataFrame:
        """The rows that were taken, blocks named after the session."""
        found = self.table.iloc[self.row].reset_index(drop=True)
        block = np.array(self.block, dtype=bool)
        return found.assign(
            start=pd.DatetimeIndex(self.start),
            end=pd.DatetimeIndex(self.end),
            activity=found["activity"].where(~block, session.kind),
            paid=found["paid"].astype(bool) | block,
            session=found["session"].where(~block, session.name),
        )
