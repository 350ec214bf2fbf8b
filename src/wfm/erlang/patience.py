"""Mean patience from data: hang-ups per second of waiting, whoever waited.

Those who were answered would have waited on: their waits are censored, not short. The maximum-likelihood estimate of an
exponential patience is all time spent waiting, by the answered too, divided by the number of hang-ups. The mean wait of
those who hung up says how short the queue was, not how patient they are.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.erlang.arguments import Array
from wfm.errors import WfmWarning
from wfm.tables import CONTACTS, HISTORY, check

_FEW = 30  # hang-ups below which the estimate is called doubtful
_QUIET = 20  # answered calls of an interval, and intervals, from which the shortest mean wait is ringing
_FLOOR = 0.05  # of the intervals lie within so many seconds of a floor
_DAYS = 10  # days from which the spread between days enters the standard error


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Mean patience [s] with its standard error; infinite where nobody hung up, nan where the data cannot tell."""

    mean: float
    standard_error: float
    abandoned: float
    method: str


def patience_from_contacts(contacts: pd.DataFrame) -> Patience:
    """Mean patience from one row a contact: waits of the answered and of those who hung up.

    Parameters
    ----------
    contacts : table    arrival, wait [s] and outcome; all rows are one queue. Blocked contacts never waited; those that
                        flowed out waited until they left.

    >>> contacts = pd.DataFrame({"queue": "voice", "arrival": pd.Timestamp("2026-11-21 08:00"),
    ...     "wait": [0.0, 30.0, 90.0] * 40, "outcome": ["answered", "answered", "abandoned"] * 40})
    >>> patience_from_contacts(contacts).mean
    120.0
    """
    table = check(contacts, CONTACTS)
    if "wait" not in table or "outcome" not in table:
        return _unknown("contacts have no wait or no outcome", "contacts")
    waited = table[(table["outcome"] != "blocked") & table["wait"].notna() & table["outcome"].notna()]
    gone = np.where(waited["outcome"] == "abandoned", 1.0, 0.0)
    return _estimate(gone, waited["wait"].to_numpy(dtype=float), pd.DatetimeIndex(waited["arrival"]), "contacts")


def patience_from_history(history: pd.DataFrame) -> Patience:
    """Mean patience from interval data: hang-ups, answered and their mean wait; better with answered_within.

    Parameters
    ----------
    history : table     offered with answered or abandoned, and asa [s]; answered_within and within [s] where known. All
                        rows are one queue.

    Notes
    -----
    The time that those who hung up waited is not counted by interval. In the M/M/n+M queue it is the part
    `0.92 - 0.2 y - 0.2 y^8` of the wait of the answered who waited at all, asa / y, with y = P(wait | answered): nearly
    all of it in a quiet queue, half of it in an overloaded one, whose wait hardly varies (within 0.06 for 5 to 150
    agents, patience of a quarter to four times the AHT, loads of 70% to 140%). y follows from the share answered within
    T, `1 - share = y exp(-T y / asa)`; without it y = 1, which makes the patience a little short. A mean wait
    below which no interval comes though many come down to it is ringing, no queueing, and is taken off.
    """
    table = check(history, HISTORY)
    if "asa" not in table or not {"answered", "abandoned"} & set(table.columns):
        return _unknown("history has no asa, or neither answered nor abandoned", "history")
    offered = table["offered"].to_numpy(dtype=float)
    gone = _column(table, "abandoned")
    answered = _column(table, "answered")
    gone = np.where(np.isnan(gone), offered - answered - np.nan_to_num(_column(table, "blocked")), gone)
    answered = np.where(np.isnan(answered), offered - gone, answered)
    asa = _column(table, "asa")
    known = np.isfinite(gone) & np.isfinite(answered) & (np.isfinite(asa) | (answered == 0)) & (gone >= 0)
    if "excluded" in table:
        known &= ~table["excluded"].eq(True).to_numpy(dtype=bool, na_value=False)
    asa = np.maximum(np.nan_to_num(asa) - _ringing(asa, answered), 0.0)
    share = _waiting_share(table, answered, asa)
    late = asa / share * (0.92 - 0.2 * share - 0.2 * share**8)
    total = answered * asa + gone * late
    return _estimate(gone[known], total[known], pd.DatetimeIndex(table["start"])[known], "history")


def _column(table: pd.DataFrame, name: str) -> Array:
    return table[name].to_numpy(dtype=float) if name in table else np.full(len(table), np.nan)


def _ringing(asa: Array, answered: Array) -> float:
    """Mean wait below which no interval comes though many come down to it [s]: a floor, not a short queue."""
    waits = asa[np.isfinite(asa) & (answered >= _QUIET)]
    if waits.size < _QUIET or np.mean(waits - waits.min() < _FLOOR) < _FLOOR:
        return 0.0
    return float(waits.min())


def _waiting_share(table: pd.DataFrame, answered: Array, asa: Array) -> Array:
    """P(wait | answered) by interval, from the share answered within the threshold; 1 where it is not known."""
    quick, within = _column(table, "answered_within"), _column(table, "within")
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
    return np.where(known, np.clip(high, 0.02, 1.0), 1.0)


def _estimate(gone: Array, waits: Array, times: pd.DatetimeIndex, source: str) -> Patience:
    """Total wait / hang-ups, with the larger of the Poisson error and the spread between days."""
    count, total = float(gone.sum()), float(waits.sum())
    if count <= 0:
        warnings.warn(
            f"patience cannot be estimated from {source}: nobody hung up. Treated as endless.", WfmWarning, stacklevel=3
        )
        return Patience(mean=math.inf, standard_error=math.nan, abandoned=0.0, method=source)
    if total <= 0:
        return _unknown("contacts hung up without any recorded wait", source)
    mean = total / count
    error = mean / math.sqrt(count)
    day = np.unique(times.normalize(), return_inverse=True)[1]
    if len(times) and day.max() + 1 >= _DAYS:
        residual = np.bincount(day, weights=gone) - np.bincount(day, weights=waits) / mean
        error = max(error, mean * math.sqrt(float(_squares(residual))) / count)
    if count < _FEW:
        warnings.warn(
            f"patience rests on {count:.0f} hang-ups only: {mean:.0f} s, give or take {error:.0f} s.",
            WfmWarning,
            stacklevel=3,
        )
    return Patience(mean=mean, standard_error=error, abandoned=count, method=source)


def _squares(values: npt.NDArray[np.float64]) -> float:
    return float((values * values).sum())


def _unknown(why: str, source: str) -> Patience:
    warnings.warn(f"patience cannot be estimated: {why}.", WfmWarning, stacklevel=3)
    return Patience(mean=math.nan, standard_error=math.nan, abandoned=0.0, method=source)
