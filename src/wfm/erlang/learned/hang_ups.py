"""Mean patience from counts: hang-ups at a known load and staff, or hang-ups and answers by bucket of the wait."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.erlang_a import abandon_rate
from wfm.erlang.learned.patience import FEW, TAIL, Patience, column, counts_of, excluded, gamma_range, unknown
from wfm.errors import DataError, WfmWarning
from wfm.tables import HISTORY, check, with_end

SHORTEST, LONGEST = 5.0, 20_000.0  # mean patience that is looked for [s]
_DAYS = 10  # days from which days, not intervals, are the independent pieces
_STAFF_OFF = 0.05
_MIXED = 0.04  # what a first bucket may err by that holds those without a wait


def patience_from_staffing(history: pd.DataFrame, *, aht: float | None = None) -> Patience:
    """Mean patience with which Erlang A loses as many contacts as were lost, at the load and staff of each interval.

    For where no waits were kept. It takes the staff at their word: 5% fewer people on contacts than recorded look like
    impatience, so the estimate for that is given as a doubt. Waits, where there are any, are the better witness.

    Parameters
    ----------
    history : table     offered, answered or abandoned, staffed [agents] and aht [s]; all rows are one queue.
    aht : float [s]     Where history has none.

    Notes
    -----
    Quasi-likelihood of the hang-ups with variance in proportion to their mean: `sum e_i (L_i - l_i) = 0` with the
    elasticity e_i of the expected hang-ups l_i in the patience, so that overload, where everybody's patience loses the
    same, weighs little. The count offered is no rate but a draw of it, and hang-ups are convex in the rate; the
    expectation at a count N is therefore taken as `2 l(N) - [l(N + sqrt N) + l(N - sqrt N)] / 2`, whose mean over N is
    l at the rate to the second order. Standard error from the spread between days (intervals, below ten days).

    >>> history = pd.DataFrame({"queue": "voice", "start": pd.date_range("2026-11-21 08:00", periods=40, freq="30min"),
    ...     "offered": [429.0, 471.0] * 20, "abandoned": [10.0, 23.0] * 20, "staffed": 70.0, "aht": 270.0})
    >>> round(patience_from_staffing(history).mean, -1)
    160.0
    """
    table = with_end(check(history, HISTORY))
    if "staffed" not in table or not {"answered", "abandoned"} & set(table.columns):
        return unknown("history has no staffed, or neither answered nor abandoned", "staffing")
    seen = _intervals(table, aht)
    if not len(seen.lost):
        return unknown("no interval has offered, hang-ups, staffed and aht", "staffing")
    if seen.lost.sum() <= 0:
        return unknown("nobody hung up", "staffing")
    mean, bound = _quasi_likelihood(seen)
    if bound:
        word = "shorter" if bound < 0 else "longer"
        return unknown(
            f"no patience within {SHORTEST:.0f}-{LONGEST:.0f} s loses as many as were lost, it would be {word} still; "
            "look at the staff on contacts",
            "staffing",
        )
    low, high, error = _spread(seen, mean)
    doubts = _staff_doubt(seen, mean)
    if seen.lost.sum() < FEW:
        doubts = [f"patience rests on {seen.lost.sum():.0f} hang-ups only: {mean:.0f} s.", *doubts]
        warnings.warn(doubts[0], WfmWarning, stacklevel=2)
    return Patience(
        mean=mean,
        standard_error=error,
        low=low,
        high=high,
        abandoned=float(seen.lost.sum()),
        method="staffing",
        doubts=tuple(doubts),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intervals:
    """What was seen in every interval: counts, agents, handle time and width [s], and the day."""

    offered: Array
    lost: Array
    agents: Array
    aht: Array
    width: Array
    day: Array

    def expected(self, patience: float, staff: float = 1.0) -> Array:
        """Hang-ups that Erlang A expects at the count offered, freed from the bend of the rate."""
        step = np.sqrt(self.offered)

        def lost(count: Array) -> Array:
            load = count * self.aht / self.width
            rate = abandon_rate(self.agents * staff, load, aht=self.aht, patience=patience)
            return np.asarray(count * rate)

        straight = lost(self.offered)
        bent = (lost(self.offered + step) + lost(np.maximum(self.offered - step, 0.0))) / 2
        return np.asarray(2 * straight - bent)

    def elasticity(self, patience: float, staff: float = 1.0) -> Array:
        """Relative change of the expected hang-ups with that of the mean patience, as a positive number."""
        load = self.offered * self.aht / self.width
        rates = [
            np.asarray(abandon_rate(self.agents * staff, load, aht=self.aht, patience=patience * k)) for k in (0.9, 1.1)
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            change = np.log(rates[0] / rates[1]) / math.log(1.1 / 0.9)
        return np.asarray(np.clip(np.nan_to_num(change, nan=0.0, posinf=1.0), 0.0, 1.0))


def _intervals(table: pd.DataFrame, aht: float | None) -> _Intervals:
    handle = column(table, "aht")
    if aht is not None:
        handle = np.where(np.isnan(handle), aht, handle)
    values = {
        "offered": column(table, "offered"),
        "lost": counts_of(table)[1],
        "agents": column(table, "staffed"),
        "aht": handle,
        "width": (table["end"] - table["start"]).dt.total_seconds().to_numpy(),
        "day": np.unique(table["start"].dt.normalize(), return_inverse=True)[1].astype(float),
    }
    known = np.all([np.isfinite(v) for v in values.values()], axis=0) & ~excluded(table)
    known &= (values["offered"] > 0) & (values["aht"] > 0) & (values["lost"] >= 0)
    return _Intervals(**{name: v[known] for name, v in values.items()})


def _quasi_likelihood(seen: _Intervals, staff: float = 1.0) -> tuple[float, int]:
    """Root of the score on a scale of logarithms, weights renewed; and at which end of what is looked for it lies."""
    mean = 300.0
    for _ in range(6):
        weight, before = seen.elasticity(mean, staff), mean

        def excess(log: float, weight: Array = weight) -> float:
            return float(weight @ (seen.expected(math.exp(log), staff) - seen.lost))

        if excess(math.log(SHORTEST)) < 0:
            return SHORTEST, -1
        if excess(math.log(LONGEST)) > 0:
            return LONGEST, 1
        mean = math.exp(_falling_root(excess, math.log(SHORTEST), math.log(LONGEST)))
        if abs(math.log(mean / before)) < 1e-3:
            break
    return mean, 0


def _falling_root(falls: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(falls, low, high, xtol=1e-4))


def _spread(seen: _Intervals, mean: float) -> tuple[float, float, float]:
    """Range and standard error from what is left over, summed by day."""
    weight = seen.elasticity(mean)
    residual = weight * (seen.lost - seen.expected(mean))
    days = np.bincount(seen.day.astype(int), weights=residual)
    days = days[np.bincount(seen.day.astype(int)) > 0]
    by_interval, by_day = float(residual @ residual), float(days @ days) if len(days) >= _DAYS else 0.0
    slope = float(weight @ (seen.expected(mean / 1.02) - seen.expected(mean * 1.02))) / (2 * math.log(1.02))
    relative = math.sqrt(max(by_interval, by_day, float(weight**2 @ seen.lost))) / max(slope, 1e-12)
    reach = relative * _student(len(days) if len(days) >= _DAYS else len(residual))
    return mean * math.exp(-reach), mean * math.exp(reach), mean * relative


def _student(pieces: int) -> float:
    """Quantile of Student's law for a range that holds nine times in ten."""
    from scipy.special import stdtrit

    return float(stdtrit(max(pieces - 1, 1), 1 - TAIL))


def _staff_doubt(seen: _Intervals, mean: float) -> list[str]:
    other, bound = _quasi_likelihood(seen, 1 - _STAFF_OFF)
    if bound == 0 and abs(math.log(other / mean)) < 0.1:
        return []
    size = f"{other:.0f} s" if bound == 0 else "no patience at all would fit"
    return [f"had {_STAFF_OFF:.0%} fewer people been on contacts than recorded: {size}"]


def patience_from_histogram(histogram: pd.DataFrame) -> Patience:
    """Mean patience from how many were answered and how many hung up in each bucket of the wait.

    Parameters
    ----------
    histogram : DataFrame   from, until [s] (inf or empty = no end), answered, abandoned; one row a bucket, the buckets
                            join and begin at 0. A first row with until = 0 holds what had no wait at all.

    Raises
    ------
    DataError               Columns are missing, buckets overlap or leave gaps.

    Notes
    -----
    Interval-censored maximum likelihood: hang-ups at one rate 1 / patience throughout, answers at a rate of their own
    in every bucket, so that of n waiting at its start `n exp(-(h + a) width)` are left at its end. Without a row for
    no wait the first bucket mixes those who waited with those who did not; answers to those who waited are then taken
    to come at the rate of the second, and 4% are added to the standard error. Those of a last bucket without end are
    taken to come at the rate of the bucket before.

    >>> buckets = pd.DataFrame({"from": [0, 0, 20, 60], "until": [0, 20, 60, np.inf],
    ...                         "answered": [600, 330, 140, 21], "abandoned": [0, 45, 40, 12]})
    >>> print(patience_from_histogram(buckets))
    patience 124 s (nine in ten 105-148 s) by 97 hang-ups: hang-ups and answers by bucket of the wait
    """
    table = _buckets(histogram)
    at_once = table["until"] <= 0
    balked = float(table.loc[at_once, "abandoned"].sum())
    later = table[~at_once]
    width = (later["until"] - later["from"]).to_numpy(dtype=float)
    answered, gone = (later[name].to_numpy(dtype=float) for name in ("answered", "abandoned"))
    count = float(gone.sum())
    if count <= 0 or len(later) < (1 if at_once.any() else 2):
        return unknown("nobody hung up after a wait, or there is a single bucket", "histogram")
    ending = answered + gone
    start = ending[::-1].cumsum()[::-1]
    mixed = not at_once.any()
    rate, total = _rates(gone, answered, start, width, mixed)
    mean = 1 / rate
    balking = balked / max(balked + float(start[0]), 1.0)
    doubts = [f"patience rests on {count:.0f} hang-ups only: {mean:.0f} s."] if count < FEW else []
    for doubt in doubts:
        warnings.warn(doubt, WfmWarning, stacklevel=2)
    mean = total / (count + balked)
    relative = math.hypot(1 / math.sqrt(count + balked), _MIXED if mixed else 0.0)
    low, high = gamma_range(total, count + balked, relative**-2)
    return Patience(
        mean=mean,
        standard_error=mean * relative,
        low=low,
        high=high,
        abandoned=count + balked,
        balking=balking,
        method="histogram",
        doubts=tuple(doubts),
    )


def _rates(gone: Array, answered: Array, start: Array, width: Array, mixed: bool) -> tuple[float, float]:
    """Rate of hanging up and the time at risk, by expectation and maximisation over the unseen waits."""
    left = start - gone - answered
    rate = float(gone.sum() / (start @ np.minimum(width, 60.0)))
    served = np.full(len(width), rate)
    for _ in range(2000):
        total = rate + served
        ending, whole = gone + answered, np.where(np.isfinite(width), width, 0.0)
        if mixed:  # of the first bucket only those who waited: as many as the second's rates let through
            served[0] = served[1]
            total[0] = rate + served[0]
            ending[0] = min(left[0] * math.expm1(min(total[0] * width[0], 50.0)), ending[0])
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            cut = np.where(np.isfinite(width), width / np.expm1(total * width), 0.0)  # mean within a bucket: 1/h - cut
        risk = left * whole + ending * (1 / total - np.nan_to_num(cut))
        before, rate = rate, float(gone.sum() / risk.sum())
        served = np.maximum(answered, 1e-9) / np.maximum(risk, 1e-12)
        if not np.isfinite(width[-1]) and len(width) > 1:
            served[-1] = served[-2]
        if abs(rate / before - 1) < 1e-12:
            break
    return rate, float(risk.sum())


def _buckets(histogram: pd.DataFrame) -> pd.DataFrame:
    needed = ["from", "until", "answered", "abandoned"]
    missing = [name for name in needed if name not in histogram]
    if missing:
        raise DataError(
            f"histogram has no column {missing[0]!r}; it must have from, until [s], answered and abandoned.",
            table="histogram",
            column=missing[0],
        )
    table = histogram[needed].astype(float).sort_values(["from", "until"], kind="stable").reset_index(drop=True)
    table["until"] = table["until"].fillna(np.inf)
    bad = (table[["answered", "abandoned"]].isna() | (table[["answered", "abandoned"]] < 0)).any(axis=1)
    bad |= (table["until"] < table["from"]) | ((table["until"] == table["from"]) & (table["from"] > 0))
    joined = np.append(0.0, table["until"].to_numpy()[:-1])
    bad |= table["from"].to_numpy() != joined
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise DataError(
            f"histogram must have buckets that join, rising from 0 s, with counts >= 0; row {row} is "
            f"{table.iloc[row].to_dict()}.",
            table="histogram",
            rows=[row],
        )
    return table
