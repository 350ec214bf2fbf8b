"""One queue, first come first served, over many replications at once.

Each contact takes the agent who is free first (Kiefer & Wolfowitz 1955): its offered wait is `max(free, arrival) -
arrival`, and it is answered if that is within its patience. The k-th contacts of all replications are handled in one
step of array arithmetic. Changes of the crew are applied to a replication before the first service that could begin
after them; whoever is busy then finishes the contact in hand and takes no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.simulation.crew import Counts, Crew, Whole, Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtime:
    """Contacts in hand of those who had to leave: replication, from and to [s]."""

    replication: Whole
    begin: Array
    end: Array


def waits(arrival: Array, handle: Array, patience: Array, crew: Crew, replications: range) -> tuple[Array, Overtime]:
    """Offered wait of every contact [contacts x replications; s], infinite where nobody ever comes, and overtime.

    Columns are replications. Shorter ones are padded with the arrival -inf and the patience -1.
    """
    present = CountsPresent(crew, replications) if isinstance(crew, Counts) else WindowsPresent(crew, replications)
    free, limit = present.free, present.limit
    flat, base = free.reshape(-1), np.arange(len(free)) * free.shape[1]
    offered = np.empty_like(arrival)
    soonest, begin = np.empty(len(free)), np.empty(len(free))
    next_change = float(np.fmin.reduce(limit))
    for k, now in enumerate(arrival):
        place = free.argmin(axis=1)
        place += base
        flat.take(place, out=soonest, mode="clip")
        np.maximum(soonest, now, out=begin)
        if begin.max() >= next_change:
            late = begin >= limit
            if late.any():
                present.pass_changes(np.flatnonzero(late), now)
                next_change = float(np.fmin.reduce(limit))
                place = base + free.argmin(axis=1)
                flat.take(place, out=soonest, mode="clip")
                np.maximum(soonest, now, out=begin)
        wait = np.subtract(begin, now, out=offered[k])
        begin += handle[k]
        np.copyto(soonest, begin, where=wait <= patience[k])
        flat[place] = soonest
    present.pass_all()
    return offered, present.overtime()


@dataclass(slots=True, kw_only=True)
class _Present:
    """Moment at which each slot of each replication is free; inf where nobody sits there.

    `times` are the changes of the crew, `limit` the next one of each replication (nan after the last).
    """

    free: Array
    times: Array
    pointer: Whole
    limit: Array
    rows: list[Whole] = field(default_factory=list)
    begins: list[Array] = field(default_factory=list)
    ends: list[Array] = field(default_factory=list)

    def change(self, rows: Whole, i: int) -> None:
        """Apply change i to some replications."""
        raise NotImplementedError

    def pass_changes(self, rows: Whole, arrival: Array) -> None:
        """Apply changes until the next service of each of these replications begins before the next change."""
        while rows.size:
            self._next_change(rows)
            begin = np.maximum(self.free[rows].min(axis=1), arrival[rows])
            rows = rows[begin >= self.limit[rows]]

    def pass_all(self) -> None:
        """Apply the changes that are left after the last contact, for their overtime."""
        rows = np.flatnonzero(~np.isnan(self.limit))
        while rows.size:
            self._next_change(rows)
            rows = rows[~np.isnan(self.limit[rows])]

    def _next_change(self, rows: Whole) -> None:
        at = self.pointer[rows]
        if (at == at[0]).all():
            self.change(rows, int(at[0]))
        else:
            for i in np.unique(at):
                self.change(rows[at == i], int(i))
        self.pointer[rows] = at + 1
        self.limit[rows] = self.times[at + 1]

    def leave_busy(self, rows: Whole, begin: float, ends: Array) -> None:
        """Note contacts that are finished after the agent's time."""
        self.rows.append(rows)
        self.begins.append(np.full(len(rows), begin))
        self.ends.append(ends)

    def overtime(self) -> Overtime:
        """All that was noted."""
        if not self.rows:
            return Overtime(replication=np.zeros(0, np.int64), begin=np.zeros(0), end=np.zeros(0))
        return Overtime(
            replication=np.concatenate(self.rows), begin=np.concatenate(self.begins), end=np.concatenate(self.ends)
        )


class CountsPresent(_Present):
    """Slots filled by counts: where the number falls, idle agents leave first."""

    __slots__ = ("targets",)

    def __init__(self, crew: Counts, replications: range) -> None:
        counts = crew.agents if len(crew.agents) == 1 else crew.agents[replications.start : replications.stop]
        size = len(replications)
        changes = crew.changes
        self.targets = np.broadcast_to(counts[:, changes], (size, len(changes)))
        times = np.append(changes * crew.grid.width, np.nan)
        super().__init__(
            free=np.full((size, max(1, int(counts.max(initial=0)))), np.inf),
            times=times,
            pointer=np.zeros(size, np.int64),
            limit=np.full(size, times[0]),
        )

    def change(self, rows: Whole, i: int) -> None:
        """Fill slots or empty them: the idle first, then busy ones by lot (slots are in no order)."""
        now = float(self.times[i])
        more = self.targets[rows, i] - (self.targets[rows, i - 1] if i else 0)
        free = self.free[rows]
        if (more > 0).any():
            absent = np.isinf(free)
            free[absent & (np.cumsum(absent, axis=1) <= more[:, None])] = now
        if (more < 0).any():
            idle = free <= now
            going = idle & (np.cumsum(idle, axis=1) <= -more[:, None])
            rest = -more - going.sum(axis=1)
            busy = ~idle & np.isfinite(free)
            finishing = busy & (np.cumsum(busy, axis=1) <= rest[:, None])
            if finishing.any():
                self.leave_busy(rows[np.nonzero(finishing)[0]], now, free[finishing])
            free[going | finishing] = np.inf
        self.free[rows] = free


class WindowsPresent(_Present):
    """Slots filled by people, each until the end of the window."""

    __slots__ = ("closing", "column", "crew", "last", "opening", "present", "until")

    def __init__(self, crew: Windows, replications: range) -> None:
        size = len(replications)
        edges = np.unique(np.concatenate([crew.start, crew.end]))
        self.crew = crew
        self.present = crew.present if len(crew.present) == 1 else crew.present[replications.start : replications.stop]
        self.present = np.broadcast_to(self.present, (size, self.present.shape[1]))
        self.closing = _by_edge(np.searchsorted(edges, crew.end), len(edges))
        self.opening = _by_edge(np.searchsorted(edges, crew.start), len(edges))
        self.column = columns_of(self.closing, self.opening, len(crew.start))
        self.until = next_start(crew)
        self.last = np.zeros((size, int(crew.person.max(initial=-1)) + 1))  # end of the last contact of a person
        times = np.append(edges, np.nan)
        super().__init__(
            free=np.full((size, int(self.column.max(initial=0)) + 1), np.inf),
            times=times,
            pointer=np.zeros(size, np.int64),
            limit=np.full(size, times[0]),
        )

    def change(self, rows: Whole, i: int) -> None:
        """Close windows, then open others: whoever is still on a contact comes later."""
        now = float(self.times[i])
        gone, come = self.closing[i], self.opening[i]
        if gone.size:
            cells = np.ix_(rows, self.column[gone])
            free = self.free[cells]
            busy = np.isfinite(free) & (free > now)
            if busy.any():
                r, w = np.nonzero(busy)
                self.leave_busy(rows[r], now, np.minimum(free[busy], self.until[gone][w]))
                self.last[rows[r], self.crew.person[gone[w]]] = free[busy]
            self.free[cells] = np.inf
        if come.size:
            free = np.maximum(self.last[np.ix_(rows, self.crew.person[come])], now)
            free[~self.present[np.ix_(rows, come)]] = np.inf
            self.free[np.ix_(rows, self.column[come])] = free


def _by_edge(edge: npt.NDArray[np.intp], count: int) -> list[npt.NDArray[np.intp]]:
    """Windows that open or close at each edge."""
    order = np.argsort(edge, kind="stable")
    return np.split(order, np.searchsorted(edge[order], np.arange(1, count)))


def columns_of(
    closing: list[npt.NDArray[np.intp]], opening: list[npt.NDArray[np.intp]], count: int
) -> npt.NDArray[np.int64]:
    """A slot for each window such that no two windows share one at a time; as few slots as people at once."""
    column = np.zeros(count, dtype=np.int64)
    spare: list[int] = []
    used = 0
    for gone, come in zip(closing, opening, strict=True):
        spare.extend(column[gone].tolist())
        for w in come:
            if spare:
                column[w] = spare.pop()
            else:
                column[w], used = used, used + 1
    return column


def next_start(crew: Windows) -> Array:
    """Start of the person's next window; inf for the last."""
    out = np.full(len(crew.start), np.inf)
    order = np.lexsort((crew.start, crew.person))
    same = crew.person[order][1:] == crew.person[order][:-1]
    out[order[:-1][same]] = crew.start[order][1:][same]
    return out
