"""Capacity for work with deadlines: the flattest that does it in time, and what a given capacity does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.erlang.arguments import Array

Whole = npt.NDArray[np.int64]
_TIGHT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Pieces of work: may be done in the intervals first, ..., last - 1; hours of handling."""

    first: Whole
    last: Whole
    hours: Array


def flattest(jobs: Jobs, beside: Array) -> Array:
    """Hours of handling by interval, so that all is done in time and hours + `beside` is as flat as it can be.

    The window that needs the highest level is found, its intervals are settled at this level and cut out, and the rest
    is solved without them (Yao, Demers & Shenker 1995, with an uneven ground under the water).
    """
    hours = np.zeros(len(beside))
    open_ = np.arange(len(beside))
    some = jobs.hours > 0
    first, last, amount = jobs.first[some], jobs.last[some], jobs.hours[some]
    while amount.size and open_.size:
        ground = beside[open_]
        level, begin, end = _highest(_due_in_windows(first, last, amount, len(ground)), ground)
        hours[open_[begin:end]] = np.maximum(level - ground[begin:end], 0.0)
        open_ = np.delete(open_, np.s_[begin:end])
        left = ~((first >= begin) & (last <= end))
        first, last = (np.where(x > begin, np.maximum(x - (end - begin), begin), x)[left] for x in (first, last))
        amount = amount[left]
    return hours


def _due_in_windows(first: Whole, last: Whole, amount: Array, count: int) -> Array:
    """Hours released at or after interval s and due by the end of interval u - 1, for every s and u."""
    width = count + 1
    found = np.bincount(first * width + last, weights=amount, minlength=width * width).reshape(width, width)
    return np.cumsum(np.cumsum(found[::-1], axis=0)[::-1], axis=1)


def _highest(due: Array, ground: Array) -> tuple[float, int, int]:
    """The window that needs the highest level, and the level: from below, each time the window that lacks most."""
    level, begin, end = 0.0, 0, len(ground)
    crumb = _TIGHT * max(1.0, float(due.max()))
    room = np.zeros(len(ground))
    while True:
        total = np.concatenate([[0.0], np.cumsum(room)])
        lack = due - np.maximum(total[None, :] - total[:, None], 0.0)
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


def served_in_order(jobs: Jobs, capacity: Array) -> tuple[Array, Array, Array]:
    """Earliest deadline first: hours done late by interval, hours done in time by piece, hours used by interval.

    A piece with an earlier deadline is not touched by later ones, so pieces take the capacity left in their order.
    """
    left = capacity.astype(float).copy()
    late, in_time = np.zeros(len(capacity)), np.zeros(len(jobs.hours))
    free = 0  # all intervals before are full
    for j in np.lexsort((jobs.first, jobs.last)):
        todo, k = float(jobs.hours[j]), max(int(jobs.first[j]), free)
        last = int(jobs.last[j])
        while todo > 1e-12 and k < len(left):
            take = min(todo, left[k])
            if take > 0:
                left[k] -= take
                todo -= take
                if k < last:
                    in_time[j] += take
                else:
                    late[k] += take
            if k == free and left[k] <= 0:
                free += 1
            k += 1
    return late, in_time, capacity - left
