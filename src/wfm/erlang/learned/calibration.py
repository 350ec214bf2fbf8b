"""Calibration: what share of the agents who were there the past service betrays, and what that means for a plan.

Nobody on the roster is busy all the time that the queueing model believes: people log in late, help each other, wait
for systems. Replaying a past period with the agents that were there and comparing predicted with achieved service
gives one number for all of it: the share of them that was effective.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import fraction, one_of
from wfm.durations import seconds
from wfm.erlang.formulas.arguments import Array
from wfm.erlang.learned.patience import TAIL, Patience
from wfm.erlang.learned.replay import Past, past_of
from wfm.errors import SettingError, WfmWarning

MODELS = ("transient", "stationary")
BANDS = (0.0, 8.0, 12.0, 16.0, 20.0, 24.0)
_LEAST, _MOST = 0.4, 1.6  # efficiency that is looked for
_ENOUGH = 200  # contacts, and three days, from which a band of hours is judged by itself
_LATE = 50  # contacts not answered in time below which an efficiency says nothing
_UNSTEADY = 0.01  # of efficiency: what intervals by themselves miss of a day
_VAGUE = 0.10  # standard error from which an efficiency says nothing
_Z = 1.6448536269514722


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Predicted against achieved service of a past period, and the efficiency that makes them meet.

    Attributes
    ----------
    efficiency : float      Share of the staffed agents that was effective; nan where no share fits.
    standard_error : float
    low, high : float       Range that holds it nine times in ten, the doubt about patience included.
    predicted : float       Share answered in time with all agents effective, by the model.
    achieved : float        Share answered in time.
    days : int
    contacts : float
    intervals : DataFrame   queue, start, end, offered, staffed, predicted, corrected (at the efficiency), achieved:
                            contacts answered in time; lost_corrected and lost: hang-ups.
    bands : DataFrame       The same by hours of the day: from, until [h], offered, predicted, achieved (shares),
                            efficiency, standard_error, low, high, and `differs`: the efficiency of all hours lies
                            outside the range of the band.
    doubts : tuple of str
    """

    efficiency: float
    standard_error: float
    low: float
    high: float
    predicted: float
    achieved: float
    days: int
    contacts: float
    intervals: pd.DataFrame
    bands: pd.DataFrame
    doubts: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether 1 lies outside the range: the model does not fit as it is."""
        return not (self.low <= 1 <= self.high) and math.isfinite(self.efficiency)

    def unplanned(self, share: float = 0.0) -> float:
        """Unplanned shrinkage to plan with: that known already, and the ineffective ones on top; at least 0.

        `share` must not be in the staff that was replayed: 0 where rostered people were, the known absence where those
        who had logged in were.
        """
        known = fraction(share, name="share", one=False)
        return max(1 - (1 - known) * self.efficiency, 0.0) if math.isfinite(self.efficiency) else known

    def by_scope(self, scope: str = "day") -> pd.DataFrame:
        """Shares answered in time by `day`, or by `week` of seven days from the first: predicted, corrected, achieved.

        Columns start, offered, predicted, corrected, achieved.
        """
        one_of(scope, ("day", "week"), name="scope")
        start = self.intervals["start"].dt.normalize()
        if scope == "week":
            start = start - pd.to_timedelta((start - start.min()).dt.days % 7, unit="D")
        names = ["offered", "predicted", "corrected", "achieved"]
        table = self.intervals[names].groupby(start).sum()
        shares = table[names[1:]].div(table["offered"].where(table["offered"] > 0), axis=0)
        return table[["offered"]].join(shares).rename_axis("start").reset_index()

    def __str__(self) -> str:
        """The verdict in a sentence."""
        came = f"the model said {self.predicted:.1%} in time, {self.achieved:.1%} came ({self.days} days)"
        if not math.isfinite(self.efficiency):
            return f"{came}: no share of effective agents explains it"
        share = f"{self.efficiency:.0%} of the agents were effective (nine in ten {self.low:.0%}-{self.high:.0%})"
        if not self.needed:
            return f"{came}: {share}; no correction needed"
        if self.efficiency < 1:
            return f"{came}: {share}; plan with {1 - self.efficiency:.0%} more unplanned shrinkage"
        return f"{came}: {share}; the service was better than the model, check staff, handle times and thresholds"


def calibrate(
    history: pd.DataFrame,
    *,
    patience: float | Patience,
    roster: pd.DataFrame | None = None,
    aht: Any = None,
    within: Any = None,
    model: str = "transient",
    edges: Sequence[float] = BANDS,
) -> Calibration:
    """Replay a past period of one queue and find the share of agents with which predicted equals achieved service.

    Parameters
    ----------
    history : table             offered, answered_within (or service_level of the offered), within, aht, staffed;
                                abandoned or answered where known. Mark outages as excluded.
    patience : float [s]        Or a Patience, whose range then widens the efficiency's.
    roster : table              Who worked when, in the place of `staffed`.
    aht, within : [s]           Where history has none.
    model : str                 `transient`: the exact time-varying queue; `stationary`: each interval by itself, which
                                takes a tenth of the time and errs by about a point of efficiency.
    edges : sequence            Hours that part the bands.

    Raises
    ------
    DataError                   History lacks what is needed, or is of several queues.

    Notes
    -----
    The efficiency solves `sum over intervals of achieved - predicted(efficiency x agents) = 0` in contacts answered in
    time. The counts offered are taken as draws of the rates (see `Past.unbent`). Standard error: spread between days
    (between intervals below five days) over the slope, Student's law for the range. The exact model enters as its
    difference from the steady states, renewed until the efficiency stands still.

    >>> history = pd.DataFrame({"queue": "voice", "start": pd.date_range("2026-11-21", periods=240, freq="30min"),
    ...     "offered": [85.0, 95.0] * 120, "answered_within": [72.0, 66.0] * 120, "within": 20.0, "aht": 240.0,
    ...     "staffed": 15.0})
    >>> round(calibrate(history, patience=180.0, model="stationary").efficiency, 2)
    0.9
    """
    one_of(model, MODELS, name="model")
    mean = patience.mean if isinstance(patience, Patience) else seconds(patience, name="patience", endless=True)
    if math.isnan(mean):
        raise SettingError("patience must be known or assumed to replay a past period.", name="patience")
    past = past_of(history, roster=roster, aht=aht, within=within)
    found, shift = _efficiency(past, mean, model)
    full = _expected(past, mean, 1.0, shift if found is None else _shift(past, mean, model, 1.0))
    fit = _Fit(past=past, patience=mean, shift=shift)
    efficiency = math.nan if found is None else found
    error, low, high = fit.range_of(efficiency, np.ones(len(past.offered), dtype=bool))
    if model == "stationary":
        error, low, high = _wider(efficiency, error, low, high, _UNSTEADY)
    if isinstance(patience, Patience):
        error, low, high = _with_patience(past, patience, efficiency, error, low, high)
    out = Calibration(
        efficiency=efficiency,
        standard_error=error,
        low=low,
        high=high,
        predicted=float(full[0].sum() / past.offered.sum()),
        achieved=float(past.met.sum() / past.offered.sum()),
        days=int(past.day.max()) + 1,
        contacts=float(past.offered.sum()),
        intervals=_intervals(str(history["queue"].iloc[0]), past, full[0], fit, efficiency),
        bands=_bands(fit, full[0], efficiency, edges),
    )
    return _with_doubts(out)


def _shift(past: Past, patience: float, model: str, efficiency: float) -> tuple[Array, Array]:
    """What the exact queue says beyond the steady states, by interval: answered in time, and lost."""
    if model == "stationary":
        return np.zeros(len(past.offered)), np.zeros(len(past.offered))
    exact, steady = past.exact(efficiency, patience), past.steady(efficiency, patience)
    return exact[0] - steady[0], exact[1] - steady[1]


def _expected(past: Past, patience: float, efficiency: float, shift: tuple[Array, Array]) -> tuple[Array, Array]:
    met, lost = past.unbent(efficiency, patience)
    return np.clip(met + shift[0], 0.0, past.offered), np.maximum(lost + shift[1], 0.0)


def _efficiency(past: Past, patience: float, model: str) -> tuple[float | None, tuple[Array, Array]]:
    """Root of achieved - predicted, with the shift of the exact queue at it."""
    shift = _shift(past, patience, "stationary", 1.0)
    found = _root(past, patience, shift)
    for _ in range(5 if model == "transient" else 0):
        if found is None:
            break
        before = found
        shift = _shift(past, patience, model, before)
        found = _root(past, patience, shift)
        if found is not None and abs(found - before) < 1e-3:
            break
    return found, shift


def _root(
    past: Past, patience: float, shift: tuple[Array, Array], rows: npt.NDArray[np.bool_] | None = None
) -> float | None:
    from scipy.optimize import brentq

    mine = np.ones(len(past.offered), dtype=bool) if rows is None else rows
    part = past.only(mine)
    target = float(part.met.sum() - shift[0][mine].sum())

    def excess(efficiency: float) -> float:
        return float(part.unbent(efficiency, patience)[0].sum()) - target

    if excess(_LEAST) > 0 or excess(_MOST) < 0:
        return None
    return float(brentq(excess, _LEAST, _MOST, xtol=1e-5))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """The past with its patience and the shift of the exact queue: how well an efficiency is known."""

    past: Past
    patience: float
    shift: tuple[Array, Array]

    def expected(self, efficiency: float) -> tuple[Array, Array]:
        """Answered in time and lost, by interval."""
        return _expected(self.past, self.patience, efficiency, self.shift)

    def range_of(self, efficiency: float, rows: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
        """Standard error and range from what the rows leave over, summed by day, and the slope."""
        if not math.isfinite(efficiency):
            return math.nan, math.nan, math.nan
        residual = (self.past.met - self.expected(efficiency)[0])[rows]
        part = self.past.only(rows)
        days = np.bincount(part.day, weights=residual)
        pieces = days if len(days) >= 5 else residual
        count = len(pieces)
        total = max(float(days @ days), float(residual @ residual)) if count == len(days) else float(pieces @ pieces)
        total = max(total, float((part.offered - part.met).sum()) + 1)  # no less than the late ones vary by chance
        step = 0.01
        above, below = (float(part.unbent(efficiency + s, self.patience)[0].sum()) for s in (step, -step))
        slope = max((above - below) / (2 * step), 1e-9)
        error = math.sqrt(total * count / max(count - 1, 1)) / slope
        reach = error * _student(count)
        return error, efficiency - reach, efficiency + reach


def _student(pieces: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(max(pieces - 1, 1), 1 - TAIL))


def _with_patience(
    past: Past, patience: Patience, efficiency: float, error: float, low: float, high: float
) -> tuple[float, float, float]:
    """The doubt about patience, added in squares to the doubt about the efficiency."""
    ends = [p for p in (patience.low, patience.high) if math.isfinite(p) and p > 0]
    none = _shift(past, patience.mean, "stationary", 1.0)
    middle = _root(past, patience.mean, none)
    others = [found for p in ends if (found := _root(past, p, none)) is not None]
    if middle is None or not others:
        return error, low, high
    return _wider(efficiency, error, low, high, max(abs(other - middle) for other in others) / _Z)


def _wider(efficiency: float, error: float, low: float, high: float, further: float) -> tuple[float, float, float]:
    """Standard error and range with a further standard error, added in squares."""
    down, up = math.hypot(efficiency - low, _Z * further), math.hypot(high - efficiency, _Z * further)
    return math.hypot(error, further), efficiency - down, efficiency + up


def _intervals(queue: str, past: Past, full: Array, fit: _Fit, efficiency: float) -> pd.DataFrame:
    nothing = np.full(len(full), np.nan)
    corrected = fit.expected(efficiency) if math.isfinite(efficiency) else (nothing, nothing)
    return pd.DataFrame(
        {
            "queue": queue,
            "start": past.starts,
            "end": past.ends,
            "offered": past.offered,
            "staffed": past.agents,
            "predicted": full,
            "corrected": corrected[0],
            "achieved": past.met,
            "lost_corrected": corrected[1],
            "lost": past.lost,
        }
    )


def _bands(fit: _Fit, full: Array, efficiency: float, edges: Sequence[float]) -> pd.DataFrame:
    bounds = [float(edge) for edge in edges]
    if any(b <= a for a, b in pairwise(bounds)):
        raise SettingError(f"edges must be rising hours, got {tuple(edges)}.", name="edges", value=tuple(edges))
    past = fit.past
    hour = np.asarray((past.starts - past.starts.normalize()).total_seconds(), dtype=float) / 3600
    rows = []
    for begin, until in pairwise(bounds):
        mine = (hour >= begin) & (hour < until)
        offered = float(past.offered[mine].sum())
        if not offered:
            continue
        found = None
        if offered >= _ENOUGH and len(np.unique(past.day[mine])) >= 3 and math.isfinite(efficiency):
            found = _root(past, fit.patience, fit.shift, mine)
        error, low, high = fit.range_of(math.nan if found is None else found, mine)
        if found is not None and error > _VAGUE:
            found, error, low, high = None, math.nan, math.nan, math.nan
        shares = full[mine].sum() / offered, past.met[mine].sum() / offered
        rows.append((begin, until, offered, *shares, math.nan if found is None else found, error, low, high))
    names = ["from", "until", "offered", "predicted", "achieved", "efficiency", "standard_error", "low", "high"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(differs=(efficiency < table["low"]) | (efficiency > table["high"]))


def _with_doubts(found: Calibration) -> Calibration:
    """The calibration with what should make a planner doubt it, warned of."""
    doubts = [text for doubt in (_far, _vague, _few_days, _hang_ups) if (text := doubt(found))]
    for text in doubts:
        warnings.warn(text, WfmWarning, stacklevel=3)
    return replace(found, doubts=tuple(doubts))


_Doubt = Callable[[Calibration], str]


def _far(found: Calibration) -> str:
    if math.isfinite(found.efficiency):
        return ""
    return (
        f"no share of agents between {_LEAST:.0%} and {_MOST:.0%} explains the service of {found.achieved:.1%}: check "
        "that staffed, aht and answered_within are of the same queue and intervals."
    )


def _vague(found: Calibration) -> str:
    late = (1 - found.achieved) * found.contacts
    if math.isfinite(found.efficiency) and late < _LATE:
        return (
            f"only {late:.0f} of {found.contacts:,.0f} contacts were not answered in time: the service says little of "
            "the agents' efficiency. Replay a busier period."
        )
    if not found.standard_error > _VAGUE:
        return ""
    return (
        f"the service says little of the agents' efficiency ({found.efficiency:.0%} give or take "
        f"{found.standard_error:.0%}): there were always enough, or the period is short."
    )


def _few_days(found: Calibration) -> str:
    if found.days >= 5:
        return ""
    return f"the calibration rests on {found.days} day(s); its range is too narrow if days differ."


def _hang_ups(found: Calibration) -> str:
    known = found.intervals.dropna(subset=["lost", "lost_corrected"])
    lost, expected, offered = (float(known[name].sum()) for name in ("lost", "lost_corrected", "offered"))
    if not offered or abs(lost - expected) < max(0.25 * max(lost, expected), 0.01 * offered):
        return ""
    word = "shorter" if lost > expected else "longer"
    return (
        f"{lost / offered:.1%} hung up where the model, so corrected, expects {expected / offered:.1%}: patience may "
        f"be {word} than was taken."
    )
