"""Several queues on one set of shifts: what a pool of people must cover together, and who answers which queue when.

The people of a pool answer any of its queues, one at a time. Their shifts and breaks are designed for the sum; then
everybody present is given a queue, slot by slot. A requirement between two whole numbers is met now by one more and
now by one fewer, so that over the day every queue has what it asked for and no queue pays for being rounded up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import gcd

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import SettingError, did_you_mean, listed
from wfm.hours import OpeningHours, OpenSpan
from wfm.schedule.cover.coverage import coverage_of
from wfm.schedule.design.open_work import OpenWork, people_by_queue
from wfm.schedule.sessions.sessions import Session
from wfm.schedule.shifts.axis import TimeAxis
from wfm.tables import REQUIREMENT, SCHEDULE, check

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MOST_OWED = 2.0  # people and intervals that a queue which cannot wait makes up for later


def read_pools(pools: Mapping[str, Sequence[str]] | None, queues: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Pool -> its queues, each of which is there and in one pool alone.

    >>> read_pools({"floor": ["voice", "chat"]}, ["voice", "chat", "tickets"])
    {'floor': ('voice', 'chat')}
    """
    found: dict[str, tuple[str, ...]] = {}
    taken: dict[str, str] = {}
    for name, members in (pools or {}).items():
        own = (members,) if isinstance(members, str) else tuple(members)
        where = f"pools.{name}"
        if str(name) in queues:
            raise SettingError(f"{where} is called like a queue. Give the pool a name of its own.", name=where)
        if len(own) < 2:
            raise SettingError(
                f"{where} must name two queues at least, whose people are the same, got {listed(own) or 'none'}.",
                name=where,
                value=members,
            )
        for queue in own:
            if queue not in queues:
                raise SettingError(
                    f"{where} names the unknown queue {queue!r}; known are {listed(queues, most=12)}."
                    f"{did_you_mean(queue, queues)}",
                    name=where,
                    value=queue,
                )
            if queue in taken:
                raise SettingError(
                    f"{where} names the queue {queue!r}, which is in the pool {taken[queue]!r} already. The people of "
                    "a queue belong to one pool.",
                    name=where,
                    value=queue,
                )
            taken[queue] = str(name)
        found[str(name)] = own
    return found


def pooled(requirement: pd.DataFrame, pools: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The requirement with one row an interval for each pool, the sum of its queues; other queues as they are.

    >>> t = pd.date_range("2026-11-21 08:00", periods=2, freq="h")
    >>> need = pd.DataFrame({"queue": ["a", "a", "b"], "start": [*t, t[0]], "end": [*(t + pd.Timedelta("1h")),
    ...                      t[1]], "agents": [2.0, 3.0, 1.5]})
    >>> pooled(need, {"both": ["a", "b"]})[["queue", "agents"]].values.tolist()
    [['both', 3.5], ['both', 3.0]]
    """
    pool_of = {queue: name for name, own in pools.items() for queue in own}
    inside = requirement["queue"].isin(list(pool_of))
    if not inside.any():
        return requirement
    rows = requirement[inside]
    rows = rows.assign(queue=rows["queue"].map(pool_of))
    columns = [name for name in ("agents", "rostered") if name in rows]
    if "rostered" in rows:
        rows = rows.assign(rostered=rows["rostered"].fillna(rows["agents"]))
    summed = rows.groupby(["queue", "start", "end"], as_index=False)[columns].sum()
    others = requirement.loc[~inside, ["queue", "start", "end", *columns]]
    return check(pd.concat([others, summed], ignore_index=True), REQUIREMENT)


def pooled_hours(
    hours: Mapping[str, OpeningHours] | None, pools: Mapping[str, Sequence[str]], days: pd.DatetimeIndex
) -> dict[str, OpeningHours]:
    """Opening hours of queues and pools: a pool is open while any of its queues is, on the days from first to last."""
    found = dict(hours or {})
    for name, own in pools.items():
        if not all(queue in found for queue in own):
            continue
        if len({str(found[queue].entries) for queue in own}) == 1:
            found[name] = found[own[0]]
            continue
        entries = tuple(
            OpenSpan(days=frozenset(range(7)), spans=_joined(spans), first=day, last=day)
            for day in days
            if (spans := sorted(span for queue in own for span in found[queue].of(day)))
        )
        found[name] = OpeningHours(entries=entries)
    return found


def days_around(requirement: pd.DataFrame) -> pd.DatetimeIndex:
    """The days of a requirement, and two on either side into which its shifts may reach."""
    first, last = requirement["start"].min().normalize(), requirement["end"].max().normalize()
    return pd.date_range(first - pd.Timedelta(days=2), last + pd.Timedelta(days=2), freq="D")


def sessions_of_pools(
    sessions: Sequence[Session] | Session | None, pools: Mapping[str, Sequence[str]]
) -> tuple[Session, ...] | None:
    """Sessions of which those of a queue's people are those of its pool's."""
    if sessions is None or not pools:
        return (sessions,) if isinstance(sessions, Session) else None if sessions is None else tuple(sessions)
    pool_of = {queue: name for name, own in pools.items() for queue in own}
    given = (sessions,) if isinstance(sessions, Session) else sessions
    return tuple(replace(one, queue=pool_of.get(one.queue or "", one.queue)) for one in given)


def by_queue(
    table: pd.DataFrame, requirement: pd.DataFrame, pools: Mapping[str, Sequence[str]], axis: TimeAxis
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lines of a pool shared out among its queues, and what each of these gets against what it asked for."""
    need = requirement[requirement["queue"].isin([queue for own in pools.values() for queue in own])]
    end = axis.origin + pd.Timedelta(seconds=axis.step * axis.slots)
    out = shared_out(table, need, pools, waiting=can_wait(need), cycle=(axis.origin, end) if axis.cyclic else None)
    parts = [
        coverage_of(out[out["queue"] == queue], rows.reset_index(drop=True), axis)
        for queue, rows in need.groupby("queue", sort=True)
    ]
    return out, pd.concat(parts, ignore_index=True)


def can_wait(requirement: pd.DataFrame) -> list[str]:
    """Queues all of whose agents are on work that may be placed elsewhere.

    >>> can_wait(pd.DataFrame({"queue": ["a", "b"], "agents": [2.0, 2.0], "deferrable": [2.0, 0.5]}))
    ['a']
    """
    if "deferrable" not in requirement:
        return []
    most = requirement["deferrable"].fillna(0.0) >= requirement["agents"] - 1e-9
    some = requirement["agents"] > 0
    queues = requirement["queue"]
    return [str(queue) for queue in queues.unique() if most[queues == queue].all() and some[queues == queue].any()]


def _joined(spans: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    joined: list[tuple[float, float]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def shared_out(
    table: pd.DataFrame,
    requirement: pd.DataFrame,
    pools: Mapping[str, Sequence[str]],
    *,
    waiting: Sequence[str] = (),
    cycle: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    work: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """A schedule of pools with the queue that everybody answers, row by row; `pool` names whose lines they are.

    Parameters
    ----------
    table : schedule            Lines whose queue is a pool; those of other queues stay as they are.
    requirement : requirement   Of every queue of the pools.
    waiting : sequence          Queues whose work can wait: where people are missing, theirs is done later.
    cycle : (start, end)        Of a horizon whose end runs into its beginning.
    work : DataFrame            queue; start, end: between which a piece of that work may be done; hours of people.
                                Whoever is over takes what is due first; else waiting queues get what they ask for.

    >>> t = pd.to_datetime(["2026-11-21 08:00", "2026-11-21 09:00"])
    >>> need = pd.DataFrame({"queue": ["a", "a", "b", "b"], "start": [*t, *t], "end": [*(t + pd.Timedelta("1h"))] * 2,
    ...                      "agents": [1.5, 1.5, 0.5, 0.5]})
    >>> lines = pd.DataFrame({"shift": "x", "start": t[:1], "end": t[:1] + pd.Timedelta("2h"), "activity": "work",
    ...                       "paid": True, "people": 2, "type": "day", "queue": "both"})
    >>> shared_out(lines, need, {"both": ["a", "b"]})[["shift", "people", "queue"]].values.tolist()
    [['x a', 1, 'a'], ['x b', 1, 'a'], ['x b', 1, 'b']]
    """
    parts = [table[~table["queue"].isin(list(pools))]]
    for name, own in pools.items():
        rows = table[table["queue"] == name]
        need = requirement[requirement["queue"].isin(list(own))]
        if len(rows):
            desk = _Desk.of(rows, need, list(own), frozenset(waiting), cycle)
            parts.append(desk.rows(desk.queues_of_people(work)).assign(pool=name))
    parts = [part for part in parts if len(part)] or parts[:1]
    return check(pd.concat(parts, ignore_index=True), SCHEDULE)


def unparted(table: pd.DataFrame, pool: str) -> pd.DataFrame:
    """The lines of a pool as they were designed: rows that part only because a person changes queue are one again.

    >>> t = pd.date_range("2026-11-21 08:00", periods=3, freq="h")
    >>> rows = pd.DataFrame({"shift": "x", "start": t[:2], "end": t[1:], "activity": "work", "paid": True, "people": 1,
    ...                      "type": "day", "queue": ["a", "b"], "pool": "both"})
    >>> unparted(rows, "both")[["start", "end", "queue"]].astype(str).values.tolist()
    [['2026-11-21 08:00:00', '2026-11-21 10:00:00', 'both']]
    """
    if "pool" not in table:
        return table.iloc[:0]
    rows = table[table["pool"] == pool].sort_values(["shift", "start"], kind="stable")
    own = rows["session"].fillna("") if "session" in rows else pd.Series("", index=rows.index)
    before = rows.shift()
    same = (rows["shift"] == before["shift"]) & (rows["activity"] == before["activity"]) & (own == own.shift())
    run = (~(same & (rows["activity"] == "work"))).cumsum()
    ends = rows.groupby(run)["end"].transform("last")
    found = rows.assign(end=ends, queue=pool)[~run.duplicated()]
    return found.drop(columns="pool").reset_index(drop=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """Lines of one pool on slots of a common step: who is at work when, and what each queue asks for."""

    lines: pd.DataFrame
    queues: list[str]
    waits: npt.NDArray[np.bool_]
    required: Floats  # queues x slots
    origin: pd.Timestamp
    step: int
    per_interval: int
    first: Ints  # of every row, from the origin
    last: Ints
    cyclic: bool

    @classmethod
    def of(
        cls,
        lines: pd.DataFrame,
        need: pd.DataFrame,
        queues: list[str],
        waiting: frozenset[str],
        cycle: tuple[pd.Timestamp, pd.Timestamp] | None,
    ) -> _Desk:
        begin = min(need["start"].min(), lines["start"].min()) if cycle is None else cycle[0]
        end = max(need["end"].max(), lines["end"].max()) if cycle is None else cycle[1]
        moments = pd.concat([lines["start"], lines["end"], need["start"], need["end"]])
        step = gcd(*np.rint((moments.unique() - begin) / pd.Timedelta(seconds=1)).astype(int).tolist())
        count = round((end - begin).total_seconds()) // step

        def slot(times: pd.Series) -> Ints:
            return np.asarray(np.rint((times - begin).dt.total_seconds() / step), dtype=np.int64)

        people = need["rostered"].fillna(need["agents"]) if "rostered" in need else need["agents"]
        required = np.zeros((len(queues), count))
        for queue, first, last, asked in zip(
            need["queue"], slot(need["start"]), slot(need["end"]), people.astype(float), strict=True
        ):
            required[queues.index(queue), first:last] = asked
        return cls(
            lines=lines.reset_index(drop=True),
            queues=queues,
            waits=np.array([queue in waiting for queue in queues]),
            required=required,
            origin=begin,
            step=step,
            per_interval=max(1, round((need["end"] - need["start"]).min().total_seconds() / step)),
            first=slot(lines["start"]),
            last=slot(lines["end"]),
            cyclic=cycle is not None,
        )

    def queues_of_people(self, work: pd.DataFrame | None = None) -> dict[tuple[str, int], dict[int, int]]:
        """(line, person) -> slot of the axis -> queue, for every slot in which the person works."""
        present = self._present()
        todo = None
        if work is not None and self.waits.any():
            todo = OpenWork.of(work, self.queues, self.origin, self.step, self.required.shape[1])
        asked = people_by_queue(
            self.required, np.array([len(own) for own in present]), self.waits, MOST_OWED * self.per_interval, todo
        )
        found: dict[tuple[str, int], dict[int, int]] = {person: {} for own in present for person in own}
        last: dict[tuple[str, int], int] = {}
        for slot, own in enumerate(present):
            now = {person: last[person] for person in own if person in last}
            last = _seated(own, now, asked[:, slot])
            for person, queue in last.items():
                found[person][slot] = queue
        return found

    def _present(self) -> list[list[tuple[str, int]]]:
        """The people at work in every slot."""
        slots = self.required.shape[1]
        present: list[list[tuple[str, int]]] = [[] for _ in range(slots)]
        work = (self.lines["activity"] == "work").to_numpy()
        rows = zip(self.lines["shift"].astype(str), self.lines["people"], self.first, self.last, work, strict=True)
        for shift, people, first, last, works in rows:
            for slot in range(first, last) if works else ():
                at = slot % slots if self.cyclic else slot
                present[at] += [(shift, k) for k in range(int(people))]
        return present

    def rows(self, queues: dict[tuple[str, int], dict[int, int]]) -> pd.DataFrame:
        """The lines parted where a person changes queue; people of a line who go the same way are one line."""
        alike: dict[tuple[str, tuple[tuple[int, int, int], ...]], int] = {}
        places: dict[str, list[int]] = {}
        for place, shift in enumerate(self.lines["shift"].astype(str)):
            places.setdefault(shift, []).append(place)
        for (shift, _), by_slot in queues.items():
            way = tuple(self._spans(places[shift], by_slot))
            alike[shift, way] = alike.get((shift, way), 0) + 1
        several = pd.Series([shift for shift, _ in alike]).value_counts()
        count: dict[str, int] = {}
        kept, step = self.lines.to_dict("records"), pd.Timedelta(seconds=self.step)
        found = []
        for (shift, way), people in alike.items():
            count[shift] = count.get(shift, 0) + 1
            name = shift if several[shift] == 1 else f"{shift} {_letters(count[shift])}"
            for number, begin, queue in way:
                row = kept[places[shift][number]]
                start = self.origin + begin * step
                found.append(row | {"shift": name, "people": people, "start": start, "queue": self.queues[queue]})
        table = pd.DataFrame(found)
        later = table["start"].shift(-1)
        same = (table["shift"] == table["shift"].shift(-1)) & (later < table["end"])
        return table.assign(end=table["end"].where(~same, later))

    def _spans(self, places: list[int], by_slot: dict[int, int]) -> list[tuple[int, int, int]]:
        """(row of the line, first slot, queue) of every span of one activity on one queue."""
        slots, found = self.required.shape[1], list[tuple[int, int, int]]()
        queue = next(iter(by_slot.values()), 0)
        for number, row in enumerate(places):
            begin, end = int(self.first[row]), int(self.last[row])
            found.append((number, begin, by_slot.get(begin % slots if self.cyclic else begin, queue)))
            queue = found[-1][2]
            for slot in range(begin + 1, end):
                now = by_slot.get(slot % slots if self.cyclic else slot, queue)
                if now != queue:
                    found.append((number, slot, now))
                    queue = now
        return found


def _seated(
    people: Sequence[tuple[str, int]], now: dict[tuple[str, int], int], asked: Ints
) -> dict[tuple[str, int], int]:
    """Queue of everybody present: who answered one stays, as far as it asks for so many."""
    left, found = asked.copy(), dict[tuple[str, int], int]()
    for person in people:
        queue = now.get(person)
        if queue is not None and left[queue] > 0:
            found[person] = queue
            left[queue] -= 1
    open_ = [queue for queue, count in enumerate(left.tolist()) for _ in range(count)]
    free = [person for person in people if person not in found]
    return found | dict(zip(free, open_, strict=True))


def _letters(number: int) -> str:
    """1 -> a, 26 -> z, 27 -> aa.

    >>> [_letters(number) for number in (1, 26, 27, 703)]
    ['a', 'z', 'aa', 'aaa']
    """
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(ord("a") + rest) + found
    return found
