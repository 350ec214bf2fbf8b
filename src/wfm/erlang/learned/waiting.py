"""Who waited at all, by interval: from the share answered in time or from the load; and what ringing adds."""

from __future__ import annotations

import numpy as np

from wfm.erlang.formulas import erlang_a
from wfm.erlang.formulas.arguments import Array

_QUIET = 20  # answered calls of an interval, and intervals, from which the shortest mean wait is ringing
_FLOOR = 0.05  # of the intervals lie within so many seconds of a floor
_LEAST = 0.02
_HALVINGS = 24


def ringing(asa: Array, answered: Array) -> float:
    """Mean wait below which no interval comes though many come down to it [s]: a floor, not a short queue."""
    waits = asa[np.isfinite(asa) & (answered >= _QUIET)]
    if waits.size < _QUIET or np.mean(waits - waits.min() < _FLOOR) < _FLOOR:
        return 0.0
    return float(waits.min())


def share_by_threshold(answered: Array, quick: Array, within: Array, asa: Array) -> Array:
    """P(wait | answered) = y of `1 - quick / answered = y exp(-y within / asa)`; nan where it is not known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slow = 1 - quick / answered
        ratio = within / asa  # y exp(-y ratio) = slow rises until y = 1 / ratio
        peak = np.minimum(1.0, 1 / ratio)
    known = np.isfinite(slow) & np.isfinite(ratio) & (ratio > 0) & (slow > 0)
    low, high = np.zeros(len(asa)), np.where(known, np.nan_to_num(peak, nan=1.0), 1.0)
    for _ in range(50):
        middle = (low + high) / 2
        with np.errstate(invalid="ignore", over="ignore"):
            below = middle * np.exp(-middle * np.where(known, ratio, 0.0)) < np.where(known, slow, 2.0)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(known, np.clip(high, _LEAST, 1.0), np.nan)


def share_by_load(load: Array, aht: Array, asa: Array, patience: float) -> Array:
    """P(wait | answered) of Erlang A with the agents who give this mean wait at this load; nan where it is not known.

    >>> share_by_load(np.array([10.0]), np.array([180.0]), np.array([11.861]), 300.0).round(2)
    array([0.3])
    """
    out = np.full(len(asa), np.nan)
    rows = np.flatnonzero((load > 0) & (aht > 0) & (asa > 0) & np.isfinite(load + aht + asa))
    a, handle, wait = load[rows], aht[rows], asa[rows]
    low, high = np.zeros(len(rows)), a + 10 * np.sqrt(a) + 10
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        slow = np.asarray(erlang_a.asa(middle, a, aht=handle, patience=patience)) > wait
        low, high = np.where(slow, middle, low), np.where(slow, high, middle)
    lost = np.asarray(erlang_a.abandon_rate(high, a, aht=handle, patience=patience))
    waits = np.asarray(erlang_a.wait_probability(high, a, aht=handle, patience=patience))
    out[rows] = np.clip((waits - lost) / np.maximum(1 - lost, 1e-12), _LEAST, 1.0)
    return out
