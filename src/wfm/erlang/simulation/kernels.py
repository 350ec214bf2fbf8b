"""Loops over single contacts, written for a compiler: plain arrays, no objects. They run uncompiled too, slowly.

Agents are kept in a heap by (moment at which they are free, slot): the first is who is free first.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def counted(arrival: Any, handle: Any, patience: Any, times: Any, targets: Any) -> Any:
    """Offered waits of all replications, and overtime, of a crew of counts; to be compiled."""
    size, most = arrival.shape
    slots = max(1, targets.max())
    drops = 0
    for row in range(targets.shape[0]):
        for i in range(1, targets.shape[1]):
            drops += max(0, targets[row, i - 1] - targets[row, i])
    if targets.shape[0] == 1:
        drops *= size
    over_r, over_b, over_e = np.zeros(drops, np.int64), np.zeros(drops), np.zeros(drops)
    noted = 0
    offered = np.empty((size, most))
    free, heap = np.empty(slots), np.arange(slots)
    for r in range(size):
        target = targets[r if targets.shape[0] > 1 else 0]
        free[:] = np.inf
        i = 0
        for k in range(most + 1):
            t = arrival[r, k] if k < most else np.inf  # after the last contact the changes that are left
            while i < len(times) and max(free[heap[0]], t) >= times[i]:
                now, more = times[i], target[i] - (target[i - 1] if i > 0 else 0)
                if more > 0:
                    for slot in range(slots):
                        if more > 0 and free[slot] == np.inf:
                            free[slot] = now
                            more -= 1
                for slot in range(slots):
                    if more < 0 and free[slot] <= now:
                        free[slot] = np.inf
                        more += 1
                for slot in range(slots):
                    if more < 0 and free[slot] < np.inf:
                        over_r[noted], over_b[noted], over_e[noted] = r, now, free[slot]
                        noted += 1
                        free[slot] = np.inf
                        more += 1
                _heapify(heap, free)
                i += 1
            if k < most:
                offered[r, k] = _serve(heap, free, t, handle[r, k], patience[r, k])
    return offered, over_r[:noted], over_b[:noted], over_e[:noted]


def windowed(
    arrival: Any,
    handle: Any,
    patience: Any,
    times: Any,
    closing_at: Any,
    closing: Any,
    opening_at: Any,
    opening: Any,
    column: Any,
    until: Any,
    person: Any,
    present: Any,
    slots: int,
    people: int,
) -> Any:
    """Offered waits of all replications, and overtime, of a crew of windows; to be compiled."""
    size, most = arrival.shape
    room = size * len(column)
    over_r, over_b, over_e = np.zeros(room, np.int64), np.zeros(room), np.zeros(room)
    noted = 0
    offered = np.empty((size, most))
    free, heap, last = np.empty(slots), np.arange(slots), np.zeros(people)
    for r in range(size):
        here = present[r if present.shape[0] > 1 else 0]
        free[:] = np.inf
        last[:] = 0.0
        i = 0
        for k in range(most + 1):
            t = arrival[r, k] if k < most else np.inf
            while i < len(times) and max(free[heap[0]], t) >= times[i]:
                now = times[i]
                for w in closing[closing_at[i] : closing_at[i + 1]]:
                    end = free[column[w]]
                    if end < np.inf and end > now:
                        over_r[noted], over_b[noted], over_e[noted] = r, now, min(end, until[w])
                        noted += 1
                        last[person[w]] = end
                    free[column[w]] = np.inf
                for w in opening[opening_at[i] : opening_at[i + 1]]:
                    free[column[w]] = max(last[person[w]], now) if here[w] else np.inf
                _heapify(heap, free)
                i += 1
            if k < most:
                offered[r, k] = _serve(heap, free, t, handle[r, k], patience[r, k])
    return offered, over_r[:noted], over_b[:noted], over_e[:noted]


def _serve(heap: Any, free: Any, arrival: float, handle: float, patience: float) -> float:
    """Offered wait of the next contact; the agent who is free first takes it if its patience lasts."""
    slot = heap[0]
    begin = max(free[slot], arrival)
    wait = begin - arrival
    if wait <= patience:
        free[slot] = begin + handle
        _sink(heap, free, 0)
    return float(wait)


def _heapify(heap: Any, free: Any) -> None:
    """Put all agents in order of the heap."""
    for place in range(len(heap) // 2 - 1, -1, -1):
        _sink(heap, free, place)


def _sink(heap: Any, free: Any, place: int) -> None:
    """Move an agent down until those below are free later."""
    slot = heap[place]
    while 2 * place + 1 < len(heap):
        child = 2 * place + 1
        if child + 1 < len(heap) and _before(heap[child + 1], heap[child], free):
            child += 1
        if not _before(heap[child], slot, free):
            break
        heap[place] = heap[child]
        place = child
    heap[place] = slot


def _before(one: int, other: int, free: Any) -> Any:
    """Whether one agent is free before the other; the lower slot where both are at once."""
    return free[one] < free[other] or (free[one] == free[other] and one < other)
