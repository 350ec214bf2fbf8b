"""Capacity for work with deadlines: the flattest that does it in time, and what a given capacity does."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array

Whole = npt.NDArray[np.int64]
_TIGHT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Pieces of work: may be done in the intervals first, ..., last - 1; hours of handling."""

    first: Whole
    last: Whole
    hours: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Who did what when: `hours` of piece `piece` in interval `slot`."""

    piece: Whole
    slot: Whole
    hours: Array


def flattest(jobs: Jobs, beside: Array, spare: Array | None = None) -> Array:
    """Hours of handling by interval, so that all is done in time and hours + `beside` is as flat as it can be.

    `spare` hours are there anyway and used first; what comes back is beyond them, as little as can be in all, and
    then as flat. The window that needs the highest level is found, its intervals are settled at this level and cut
    out, and the rest is solved without them (Yao, Demers & Shenker 1995, with an uneven ground under the water). What
    windows lack is supermodular, so this one answer has the least sum of every convex function of hours + `beside`.
    """
    hours = np.zeros(len(beside))
    free = np.zeros(len(beside)) if spare is None else np.asarray(spare, dtype=float)
    open_ = np.arange(len(beside))
    some = jobs.hours > 0
    first, last, amount = jobs.first[some], jobs.last[some], jobs.hours[some]
    while amount.size and open_.size:
        ground = beside[open_]
        lacking = due_in_windows(first, last, amount, len(ground)) - in_windows(free[open_])
        level, begin, end = _highest(lacking, ground)
        if end == 0:  # the spare hours do what is left
            break
        hours[open_[begin:end]] = np.maximum(level - ground[begin:end], 0.0)
        open_ = np.delete(open_, np.s_[begin:end])
        left = ~((first >= begin) & (last <= end))
        first, last = (np.where(x > begin, np.maximum(x - (end - begin), begin), x)[left] for x in (first, last))
        amount = amount[left]
    return hours


def due_in_windows(first: Whole, last: Whole, amount: Array, count: int) -> Array:
    """Hours released at or after interval s and due by the end of interval u - 1, for every s and u."""
    width = count + 1
    found = np.bincount(first * width + last, weights=amount, minlength=width * width).reshape(width, width)
    return np.cumsum(np.cumsum(found[::-1], axis=0)[::-1], axis=1)


def in_windows(hours: Array) -> Array:
    """Hours in the intervals s, ..., u - 1, for every s and u; 0 for u <= s."""
    total = np.concatenate([[0.0], np.cumsum(hours)])
    return np.asarray(np.maximum(total[None, :] - total[:, None], 0.0))


def _highest(due: Array, ground: Array) -> tuple[float, int, int]:
    """The window that needs the highest level, and the level: from below, each time the window that lacks most."""
    level, begin, end = 0.0, 0, 0
    crumb = _TIGHT * max(1.0, float(due.max()))
    room = np.zeros(len(ground))
    while True:
        lack = due - in_windows(room)
        place = int(np.argmax(lack))
        if lack.flat[place] <= crumb:
            return level, begin, end
        begin, end = divmod(place, due.shape[1])
        level = _water_level(np.sort(ground[begin:end]), float(due[begin, end]))
        room = np.maximum(level - ground, 0.0)


def _water_level(ground: Array, volume: float) -> float:
    """Level to which a volume rises over a sorted uneven ground."""
    steps = np.arange(1, len(ground) + 1)
    levels = (volume + np.cumsum(ground)) / steps
    higher = np.append(ground[1:], np.inf)
    return float(levels[int(np.argmax(levels <= higher))])


def serve(jobs: Jobs, capacity: Array, *, second: float = 0.0) -> Served:
    """Earliest deadline first; a piece that has passed its deadline gets a second one, so many intervals later.

    With 0 it keeps its place, before all that is due later. With infinity it waits behind all that can still be in
    time: no order does more hours in time (Glover 1967, greedy matching of intervals).
    """
    left = capacity.astype(float).copy()
    return _in_order(jobs, left) if second <= 0 else _by_time(jobs, left, second)


def _in_order(jobs: Jobs, left: Array) -> Served:
    """A piece with an earlier deadline is not touched by later ones: pieces take what is `left`, one by one."""
    took: list[tuple[int, int, float]] = []
    free = 0  # all intervals before are full
    for j in np.lexsort((jobs.first, jobs.last)):
        todo, k = float(jobs.hours[j]), max(int(jobs.first[j]), free)
        while todo > 1e-12 and k < len(left):
            take = min(todo, float(left[k]))
            if take > 0:
                left[k] -= take
                todo -= take
                took.append((int(j), k, take))
            if k == free and left[k] <= 0:
                free += 1
            k += 1
    return _served(took)


def _by_time(jobs: Jobs, left: Array, second: float) -> Served:
    """Interval by interval the open piece that is due first, by its second deadline where the first has passed."""
    took: list[tuple[int, int, float]] = []
    todo = jobs.hours.astype(float).copy()
    coming = np.lexsort((jobs.last, jobs.first))
    waiting: list[tuple[float, float, int]] = []
    reached = 0
    for k in range(len(left)):
        while reached < len(coming) and jobs.first[coming[reached]] <= k:
            j = int(coming[reached])
            heappush(waiting, (float(jobs.last[j]), float(jobs.last[j]), j))
            reached += 1
        room = float(left[k])
        while waiting and room > 0:
            due, own, j = waiting[0]
            if todo[j] <= 1e-12:
                heappop(waiting)
            elif due <= k and due == own:
                heapreplace(waiting, (own + second, own - 0.5, j))  # among equals what was due first
            else:
                take = min(float(todo[j]), room)
                todo[j] -= take
                room -= take
                took.append((j, k, take))
    return _served(took)


def _served(took: list[tuple[int, int, float]]) -> Served:
    piece, slot, hours = zip(*took, strict=True) if took else ((), (), ())
    return Served(
        piece=np.array(piece, dtype=np.int64), slot=np.array(slot, dtype=np.int64), hours=np.array(hours, dtype=float)
    )


def served_in_order(jobs: Jobs, capacity: Array, *, second: float = 0.0) -> tuple[Array, Array, Array]:
    """Earliest deadline first: hours done late by interval, hours done in time by piece, hours used by interval."""
    done = serve(jobs, capacity, second=second)
    good = done.slot < jobs.last[done.piece]
    count = len(capacity)
    late = summed(done.slot[~good], done.hours[~good], count)
    in_time = summed(done.piece[good], done.hours[good], len(jobs.hours))
    return late, in_time, summed(done.slot, done.hours, count)


def summed(place: Whole, hours: Array, count: int) -> Array:
    """Hours by place."""
    return np.asarray(np.bincount(place, weights=hours, minlength=count), dtype=float)
