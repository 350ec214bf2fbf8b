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

from wfm.durations import spoken
from wfm.erlang.formulas.arguments import Array
from wfm.erlang.learned.waiting import ringing, share_by_load, share_by_threshold
from wfm.errors import WfmWarning
from wfm.tables import CONTACTS, HISTORY, check, with_end

FEW = 30  # hang-ups below which an estimate is called doubtful
TAIL = 0.05  # of the doubt lies on either side of a range
ASSUMED = 300.0
_DAYS = 10  # days from which the spread between days enters the standard error
_ALIKE = 0.2  # correlation of the queueing between halves of the contacts below which half hours are alike
_SWAY = 0.25  # change of the estimate from which a single day is named


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Mean patience [s] and how well it is known; infinite where nobody hung up, nan where the data cannot tell.

    Attributes
    ----------
    mean, standard_error : float    [s].
    low, high : float               Range that holds the true mean nine times in ten [s].
    abandoned : float               Hang-ups that it rests on.
    balking : float                 Share of those who meet a queue that leave at once; they count as hang-ups.
    left_before : float             Hang-ups without a wait that belong to no queue (in the menu); they do not count.
    method : str                    contacts, history, staffing, histogram or assumed.
    doubts : tuple of str           What was warned of.

    >>> print(assumed_patience())
    patience 5 min ASSUMED: nothing known of how long contacts wait
    """

    mean: float
    standard_error: float
    abandoned: float
    method: str
    low: float = math.nan
    high: float = math.nan
    balking: float = 0.0
    left_before: float = 0.0
    doubts: tuple[str, ...] = ()

    @property
    def assumed(self) -> bool:
        """Whether no data stand behind it."""
        return self.method == "assumed"

    def __str__(self) -> str:
        """The estimate and its source in a sentence."""
        if self.assumed:
            return f"patience {spoken(self.mean)} ASSUMED: nothing known of how long contacts wait"
        if math.isnan(self.mean):
            return f"patience unknown: {self.doubts[0] if self.doubts else self.method}"
        source = {
            "contacts": "all time spent waiting / hang-ups, contact by contact",
            "history": "time spent waiting / hang-ups, by interval",
            "staffing": "Erlang A inverted: hang-ups at the load and staff of each interval",
            "histogram": "hang-ups and answers by bucket of the wait",
        }.get(self.method, self.method)
        if math.isinf(self.mean):
            return f"patience endless: nobody hung up, at least {spoken(self.low)} by the time waited ({source})"
        return (
            f"patience {self.mean:.0f} s (nine in ten {self.low:.0f}-{self.high:.0f} s) "
            f"by {self.abandoned:,.0f} hang-ups: {source}"
        )


def assumed_patience(mean: float = ASSUMED) -> Patience:
    """The patience taken where nothing is known, marked as such; show the staffing at 120 s and 900 s beside it."""
    return Patience(
        mean=mean, standard_error=math.nan, abandoned=0.0, method="assumed", low=120.0, high=900.0, doubts=("assumed",)
    )


def patience_from_contacts(contacts: pd.DataFrame) -> Patience:
    """Mean patience from one row a contact: waits of the answered and of those who hung up.

    Parameters
    ----------
    contacts : table    arrival, wait [s] and outcome; all rows are one queue. Blocked contacts never waited; those that
                        flowed out waited until they left.

    Notes
    -----
    Hang-ups without any wait are people who leave as soon as they meet a queue (balking), or who hung up before it, in
    the menu. The first come in proportion to those who wait, the others to all who call: so the half hours tell them
    apart. Balking counts as impatience; what happened in the menu does not.

    >>> contacts = pd.DataFrame({"queue": "voice", "arrival": pd.Timestamp("2026-11-21 08:00"),
    ...     "wait": [0.0, 30.0, 90.0] * 40, "outcome": ["answered", "answered", "abandoned"] * 40})
    >>> print(patience_from_contacts(contacts))
    patience 120 s (nine in ten 92-159 s) by 40 hang-ups: all time spent waiting / hang-ups, contact by contact
    """
    waited = waits_of(contacts)
    if waited is None:
        return unknown("contacts have no wait or no outcome", "contacts")
    wait = waited["wait"].to_numpy(dtype=float)
    gone = (waited["outcome"] == "abandoned").to_numpy(dtype=bool)
    at_once = split_at_once(waited)
    zero = gone & (wait <= 0)
    weight = np.where(zero, at_once.balked / max(float(zero.sum()), 1.0), gone.astype(float))
    return estimate(
        weight, wait, pd.DatetimeIndex(waited["arrival"]), "contacts", at_once=at_once, queued=float((wait > 0).sum())
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AtOnce:
    """Hang-ups without a wait: those who balk at the queue, those who hung up before it, and whether that is known."""

    balked: float = 0.0
    before: float = 0.0
    doubt: str = ""


def waits_of(contacts: pd.DataFrame) -> pd.DataFrame | None:
    """Contacts that met the queue, with wait and outcome; None where the columns are missing."""
    table = check(contacts, CONTACTS)
    if "wait" not in table or "outcome" not in table:
        return None
    return table[(table["outcome"] != "blocked") & table["wait"].notna() & table["outcome"].notna()]


def split_at_once(waited: pd.DataFrame) -> AtOnce:
    """Part the hang-ups without a wait by whether they come with the queue or with the calls."""
    wait = waited["wait"].to_numpy(dtype=float)
    zero = (waited["outcome"] == "abandoned").to_numpy(dtype=bool) & (wait <= 0)
    count = float(zero.sum())
    if count < FEW:
        return AtOnce(balked=count)
    half_hour = np.unique(pd.DatetimeIndex(waited["arrival"]).floor("30min"), return_inverse=True)[1]
    # at_once = a number + b queued by half hour; as instrument serves the share that queued among every other contact,
    # because who leaves at once does not queue
    half = half_hour * 2 + np.arange(len(wait)) % 2
    number, queued, at_once = (
        np.bincount(half, weights=w, minlength=2 * int(half_hour.max()) + 2).reshape(-1, 2)
        for w in (np.ones(len(wait)), wait > 0, zero)
    )
    n, q = float(number.sum()), float(queued.sum())
    share = (queued / np.maximum(number, 1))[:, ::-1]
    nz, qz, zz = (float((x * share).sum()) for x in (number, queued, at_once))
    varies = float((number * (share - q / n) ** 2).sum()) / n
    if (qz - q * nz / n) / n < _ALIKE * varies or varies <= 0:
        return AtOnce(
            balked=count,
            doubt=f"{count:.0f} hang-ups without a wait are taken as impatience: half hours are too much alike to tell "
            "those at the queue from those in the menu. Drop the contacts that hung up in the menu.",
        )
    b = min(max((n * zz - nz * count) / (n * qz - q * nz), 0.0), count / q)
    return AtOnce(balked=b * q, before=count - b * q)


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
    T, `1 - share = y exp(-T y / asa)`. Without it y is that of Erlang A with the agents who would give this asa at the
    load, offered x aht; without aht it is taken as 1, which makes the patience up to a third short. A mean wait
    below which no interval comes though many come down to it is ringing, no queueing, and is taken off. What these
    approximations may err by, 4% (5% without answered_within, 20% without aht too), is part of the standard error.
    """
    table = check(history, HISTORY)
    if "asa" not in table or not {"answered", "abandoned"} & set(table.columns):
        return unknown("history has no asa, or neither answered nor abandoned", "history")
    answered, gone = counts_of(table)
    asa = column(table, "asa")
    known = np.isfinite(gone) & np.isfinite(answered) & (np.isfinite(asa) | (answered == 0)) & (gone >= 0)
    known &= ~excluded(table)
    asa = np.maximum(np.nan_to_num(asa) - ringing(asa, answered), 0.0)
    share = share_by_threshold(answered, column(table, "answered_within"), column(table, "within"), asa)
    total, blur = _waited(table, answered, gone, asa, share, known)
    return estimate(gone[known], total[known], pd.DatetimeIndex(table["start"])[known], "history", blur=blur)


def _waited(
    table: pd.DataFrame, answered: Array, gone: Array, asa: Array, share: Array, known: npt.NDArray[np.bool_]
) -> tuple[Array, float]:
    """Time spent waiting in each interval, and what it may err by as a share."""

    def total(y: Array) -> Array:
        return np.asarray(answered * asa + gone * asa / y * (0.92 - 0.2 * y - 0.2 * y**8))

    certain = np.isfinite(share) | (gone <= 0)
    found = total(np.where(np.isfinite(share), share, 1.0))
    if gone[known & certain].sum() > 0.5 * gone[known].sum() or gone[known].sum() <= 0:
        return found, 0.04
    aht = column(table, "aht")
    if not np.isfinite(aht[known]).any() or ("end" not in table and table["start"].nunique() < 2):
        return found, 0.20
    width = (with_end(table)["end"] - table["start"]).dt.total_seconds().to_numpy()
    for _ in range(4):  # the agents behind a wait depend on the patience sought
        patience = float(found[known].sum() / gone[known].sum())
        if not patience > 0:
            break
        by_load = share_by_load(column(table, "offered") * aht / width, aht, asa, patience)
        y = np.where(np.isfinite(share), share, by_load)
        found = total(np.where(np.isfinite(y), y, 1.0))
    return found, 0.05


def column(table: pd.DataFrame, name: str) -> Array:
    """Values of a column, nan where the table has none."""
    return table[name].to_numpy(dtype=float) if name in table else np.full(len(table), np.nan)


def counts_of(table: pd.DataFrame) -> tuple[Array, Array]:
    """Answered and abandoned by interval: each stated, or what is left of the offered."""
    offered = column(table, "offered")
    answered, gone = column(table, "answered"), column(table, "abandoned")
    gone = np.where(np.isnan(gone), offered - answered - np.nan_to_num(column(table, "blocked")), gone)
    return np.where(np.isnan(answered), offered - gone, answered), gone


def excluded(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Rows that the planner keeps out of learning."""
    if "excluded" not in table:
        return np.zeros(len(table), dtype=bool)
    return np.asarray(table["excluded"].eq(True).to_numpy(dtype=bool, na_value=False))


def estimate(
    gone: Array,
    waits: Array,
    times: pd.DatetimeIndex,
    source: str,
    *,
    at_once: AtOnce | None = None,
    queued: float = 0.0,
    blur: float = 0.0,
) -> Patience:
    """Total wait / hang-ups, with the larger of the Poisson error and the spread between days, and the method's own."""
    count, total = float(gone.sum()), float(waits.sum())
    if total <= 0 < count:
        return unknown("contacts hung up without any recorded wait", source)
    at_once = at_once or AtOnce()
    doubts = [at_once.doubt] if at_once.doubt else []
    if count <= 0:
        doubts.append(f"patience cannot be estimated from {source}: nobody hung up. Treated as endless.")
        mean, error, effective = math.inf, math.nan, 0.0
    else:
        mean = total / count
        error = mean / math.sqrt(count)
        by_day = _by_day(gone, waits, times)
        if len(by_day[0]) >= _DAYS:
            error = max(error, mean * math.sqrt(float(_squares(by_day[0] - by_day[1] / mean))) / count)
        error = math.hypot(error, blur * mean)
        effective = (mean / error) ** 2
        if count < FEW:
            doubts.append(f"patience rests on {count:.0f} hang-ups only: {mean:.0f} s, give or take {error:.0f} s.")
        else:
            doubts += _one_day(by_day, mean, times)
    for doubt in doubts:
        warnings.warn(doubt, WfmWarning, stacklevel=3)
    low, high = gamma_range(total, count, effective)
    return Patience(
        mean=mean,
        standard_error=error,
        low=low,
        high=high,
        abandoned=count,
        method=source,
        balking=at_once.balked / max(at_once.balked + queued, 1.0),
        left_before=at_once.before,
        doubts=tuple(doubts),
    )


def gamma_range(total: float, count: float, effective: float) -> tuple[float, float]:
    """Range of a mean time to an event from the time at risk and the events, as if so many had been independent.

    The exact range of a Poisson rate: `total / quantile of Gamma(count + 1)` to `total / quantile of Gamma(count)`.
    """
    from scipy.special import gammaincinv

    scale = total * (effective / count if count else 1.0)
    low = scale / float(gammaincinv(effective + 1, 1 - TAIL))
    return low, scale / float(gammaincinv(effective, TAIL)) if effective > 0 else math.inf


def _by_day(gone: Array, waits: Array, times: pd.DatetimeIndex) -> tuple[Array, Array]:
    day = np.unique(times.normalize(), return_inverse=True)[1]
    return np.bincount(day, weights=gone).astype(float), np.bincount(day, weights=waits).astype(float)


def _one_day(by_day: tuple[Array, Array], mean: float, times: pd.DatetimeIndex) -> list[str]:
    """Whether a single day carries the estimate: an outage whose callers could not do without an answer."""
    gone, waits = by_day
    if len(gone) < _DAYS:
        return []
    with np.errstate(divide="ignore", invalid="ignore"):
        without = (waits.sum() - waits) / (gone.sum() - gone)
        sway = np.abs(np.log(without / mean))
    worst = int(np.nanargmax(np.where(np.isfinite(sway), sway, np.inf)))
    if not sway[worst] > math.log1p(_SWAY):
        return []
    day = times.normalize().unique().sort_values()[worst]
    return [
        f"patience hangs on a single day: {mean:.0f} s, without {day:%Y-%m-%d} {without[worst]:.0f} s. Exclude the "
        "day if it was an outage."
    ]


def _squares(values: npt.NDArray[np.float64]) -> float:
    return float((values * values).sum())


def unknown(why: str, source: str) -> Patience:
    """No estimate, and why; warned of."""
    warnings.warn(f"patience cannot be estimated: {why}.", WfmWarning, stacklevel=3)
    return Patience(mean=math.nan, standard_error=math.nan, abandoned=0.0, method=source, doubts=(why,))
