"""The shape of patience, contact by contact: who is still there after so many seconds, and which law that follows.

All of it treats the waits of the answered as censored. Kaplan and Meier (1958) for the curve, hang-ups per second at
risk for the hazard, maximum likelihood for the laws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from wfm.erlang.formulas import impatience
from wfm.erlang.formulas.arguments import Array
from wfm.erlang.formulas.offered_wait import Impatience
from wfm.erlang.learned.patience import FEW, gamma_range, split_at_once, waits_of
from wfm.errors import DataError, SettingError, TooLittleHistory

WAITS = (0.0, 10.0, 20.0, 40.0, 60.0, 120.0, 180.0, 300.0, 600.0)
BANDS = (0.0, 8.0, 12.0, 16.0, 20.0, 24.0)
_Z = 1.6448536269514722  # nine in ten
_DISTINCT = 2000
_ALIKE = 1.25  # hazards that differ by less call for the same number of agents


@dataclass(frozen=True, slots=True, kw_only=True)
class PatienceShape:
    """Which law the patience follows.

    Attributes
    ----------
    laws : DataFrame        law, mean [s], parameter (shape of the Weibull, share of the more patient kind),
                            log_likelihood, aic, and p_value against the exponential; best first.
    p_value : float         Chance of so good a better law if patience were exponential.
    early : float           Hang-ups per second of the first half of the hang-ups / those of the mean: what staffing
                            feels, because most waits are short.
    balking : float         Share of those who meet a queue that leave at once.
    longest : float         Longest wait seen [s]: beyond it every law is a guess.
    """

    laws: pd.DataFrame
    p_value: float
    early: float
    balking: float
    longest: float

    @property
    def exponential_suffices(self) -> bool:
        """Whether Erlang A with the mean patience serves for staffing."""
        return self.p_value >= 0.05 or 1 / _ALIKE <= self.early <= _ALIKE

    @property
    def law(self) -> Impatience:
        """The best law, for `impatience.performance`."""
        best = self.laws.iloc[0]
        if self.balking > 0.02:
            mean = float(self.laws["mean"].to_numpy()[self.laws["law"] == "exponential"][0])
            return impatience.balking(mean, leave=self.balking)
        mean, parameter = float(best["mean"]), float(best["parameter"])
        if best["law"] == "weibull":
            return impatience.weibull(mean, shape=parameter)
        if best["law"] == "two kinds":
            return impatience.two_kinds(mean, share=parameter)
        return impatience.exponential(mean)

    def __str__(self) -> str:
        """The verdict in a sentence."""
        best = self.laws.iloc[0]
        if self.p_value >= 0.05:
            return f"patience is exponential as far as the data tell (p = {self.p_value:.2f})"
        words = {
            "weibull": f"Weibull with shape {best['parameter']:.2f}",
            "two kinds": f"of two kinds of people, {best['parameter']:.0%} of them far more patient",
        }.get(str(best["law"]), str(best["law"]))
        size = f"the first hang-ups come {self.early:.2f} times as fast as an exponential says"
        verdict = "too little to matter for staffing" if self.exponential_suffices else "Erlang A with the mean errs"
        return f"patience is rather {words} (p = {self.p_value:.1g}); {size}: {verdict}"


def patience_curve(contacts: pd.DataFrame) -> pd.DataFrame:
    """Share still patient after every wait at which somebody hung up (Kaplan and Meier), for a plot.

    Parameters
    ----------
    contacts : table        arrival, wait [s], outcome; all rows are one queue.

    Returns
    -------
    DataFrame               wait [s], at_risk, abandoned, patient, standard_error (Greenwood), low, high (nine in ten,
                            on the scale of log(-log)). The first row, wait 0, is what is left after balking.

    >>> contacts = pd.DataFrame({"queue": "voice", "arrival": pd.Timestamp("2026-11-21 08:00"),
    ...     "wait": [10.0, 20.0, 20.0, 30.0], "outcome": ["abandoned", "answered", "abandoned", "abandoned"]})
    >>> patience_curve(contacts)[["wait", "at_risk", "patient"]].round(3).values.tolist()
    [[0.0, 4.0, 1.0], [10.0, 4.0, 0.75], [20.0, 3.0, 0.5], [30.0, 1.0, 0.0]]
    """
    time, gone, ended, balking = _counted(contacts)
    at_risk = ended[::-1].cumsum()[::-1]
    keep = gone > 0
    d, n = gone[keep], at_risk[keep]
    patient = (1 - balking) * np.cumprod(1 - d / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.sqrt(np.cumsum(d / (n * np.maximum(n - d, 0))))  # Greenwood
        error = np.where(patient > 0, patient * relative, 0.0)
        width = _Z * relative / np.abs(np.log(patient))
        low, high = patient ** np.exp(width), patient ** np.exp(-width)
    first = {"wait": 0.0, "at_risk": at_risk[:1], "abandoned": 0.0, "patient": 1 - balking, "standard_error": 0.0}
    later = {"wait": time[keep], "at_risk": n, "abandoned": d, "patient": patient, "standard_error": error}
    start = pd.DataFrame(first).assign(low=1 - balking, high=1 - balking)
    rest = pd.DataFrame(later).assign(low=np.nan_to_num(low), high=np.nan_to_num(high, nan=0.0))
    return pd.concat([start, rest], ignore_index=True)


def patience_by_wait(contacts: pd.DataFrame, *, edges: Sequence[float] = WAITS) -> pd.DataFrame:
    """Mean patience of those who have waited so long already: hang-ups per second at risk, by band of the wait.

    Announcements and music show here: a short patience in one band is a moment at which many leave.

    Parameters
    ----------
    edges : sequence        Waits that part the bands [s], rising from 0; the last band has no end.

    Returns
    -------
    DataFrame               from, until [s], at_risk (time, s), abandoned, patience, low, high [s].
    """
    bounds = np.asarray([*edges, np.inf], dtype=float)
    if np.any(np.diff(bounds) <= 0) or bounds[0] < 0:
        raise SettingError(f"edges must rise from 0 or more, got {tuple(edges)}.", name="edges", value=tuple(edges))
    time, gone, ended, _ = _counted(contacts)
    rows = []
    for begin, until in pairwise(bounds):
        risk = float((np.clip(time - begin, 0, until - begin) * ended).sum())
        rows.append((begin, until, risk, float(gone[(time > begin) & (time <= until)].sum())))
    return _with_ranges(pd.DataFrame(rows, columns=["from", "until", "at_risk", "abandoned"]))


def patience_by_time(contacts: pd.DataFrame, *, edges: Sequence[float] = BANDS) -> pd.DataFrame:
    """Mean patience by hours of the day.

    Parameters
    ----------
    edges : sequence        Hours of the day that part the bands, rising from 0 to 24.

    Returns
    -------
    DataFrame               from, until [h], at_risk (time, s), abandoned, patience, low, high [s], and `differs`: the
                            patience of all hours lies outside the range of the band.
    """
    bounds = np.asarray(edges, dtype=float)
    if len(bounds) < 2 or np.any(np.diff(bounds) <= 0) or bounds[0] < 0 or bounds[-1] > 24:
        raise SettingError(
            f"edges must be hours rising within 0-24, got {tuple(edges)}.", name="edges", value=tuple(edges)
        )
    waited = _waited(contacts)
    hour = (waited["arrival"] - waited["arrival"].dt.normalize()).dt.total_seconds().to_numpy() / 3600
    wait = waited["wait"].to_numpy(dtype=float)
    gone = (waited["outcome"] == "abandoned").to_numpy() & (wait > 0)
    rows = []
    for begin, until in pairwise(bounds):
        inside = (hour >= begin) & (hour < until)
        rows.append((begin, until, float(wait[inside].sum()), float(gone[inside].sum())))
    table = _with_ranges(pd.DataFrame(rows, columns=["from", "until", "at_risk", "abandoned"]))
    overall = table["at_risk"].sum() / max(table["abandoned"].sum(), 1e-300)
    return table.assign(differs=(overall < table["low"]) | (overall > table["high"]))


def _with_ranges(table: pd.DataFrame) -> pd.DataFrame:
    risk, count = (table[name].to_numpy(dtype=float) for name in ("at_risk", "abandoned"))
    with np.errstate(divide="ignore", invalid="ignore"):
        patience = risk / count
    ranges = [gamma_range(r, c, c) if r > 0 else (0.0, math.inf) for r, c in zip(risk, count, strict=True)]
    return table.assign(patience=patience, low=[low for low, _ in ranges], high=[high for _, high in ranges])


def patience_shape(contacts: pd.DataFrame) -> PatienceShape:
    """The law of patience by maximum likelihood: exponential, Weibull or two kinds of people; and whether it matters.

    Parameters
    ----------
    contacts : table            arrival, wait [s], outcome; all rows are one queue.

    Raises
    ------
    TooLittleHistory            Fewer than 30 hang-ups after a wait.

    Notes
    -----
    The p-value is that of the likelihood ratio against a chi-square with one degree of freedom, doubled because two
    laws are tried. Thousands of hang-ups find any law wrong; `early` says whether the difference matters.
    """
    time, gone, ended, balking = _counted(contacts)
    if gone.sum() < FEW:
        raise TooLittleHistory(
            f"the shape of patience needs at least {FEW} hang-ups after a wait, got {gone.sum():.0f}. Use the mean.",
            table="contacts",
            column="outcome",
        )
    plain = _exponential(time, gone, ended)
    rows = [plain, _weibull(time, gone, ended), _two_kinds(time, gone, ended)]
    laws = pd.DataFrame(rows, columns=["law", "mean", "parameter", "log_likelihood"])
    better = np.maximum(laws["log_likelihood"].to_numpy(dtype=float) - plain[3], 0.0)
    laws["aic"] = -2 * laws["log_likelihood"] + 2 * np.array([1, 2, 2])
    laws["p_value"] = [math.erfc(math.sqrt(x)) if k else math.nan for k, x in enumerate(better)]  # chi-square(1) of 2x
    p_value = min(1.0, 2 * float(np.nanmin(laws["p_value"])))
    half = float(time[np.searchsorted(gone.cumsum(), gone.sum() / 2)])
    inside = time <= half
    early = float(gone[inside].sum() / (np.minimum(time, half) * ended).sum() * plain[1])
    return PatienceShape(
        laws=laws.sort_values("aic", kind="stable").reset_index(drop=True),
        p_value=p_value,
        early=early,
        balking=balking,
        longest=float(time[-1]),
    )


def _waited(contacts: pd.DataFrame) -> pd.DataFrame:
    waited = waits_of(contacts)
    if waited is None:
        raise DataError("contacts need the columns wait and outcome to tell of patience.", table="contacts")
    return waited


def _counted(contacts: pd.DataFrame) -> tuple[Array, Array, Array, float]:
    """Distinct waits above 0, hang-ups and all endings at each; and the share that balks."""
    waited = _waited(contacts)
    wait = waited["wait"].to_numpy(dtype=float)
    gone = (waited["outcome"] == "abandoned").to_numpy(dtype=float)
    if not (wait > 0).any():
        raise TooLittleHistory("nobody waited: contacts tell nothing of patience.", table="contacts", column="wait")
    balkers = split_at_once(waited).balked
    time, place = np.unique(wait[wait > 0], return_inverse=True)
    ended = np.bincount(place).astype(float)
    left = np.bincount(place, weights=gone[wait > 0]).astype(float)
    return time, left, ended, balkers / (balkers + float(ended.sum()))


_Law = tuple[str, float, float, float]


def _exponential(time: Array, gone: Array, ended: Array) -> _Law:
    risk, count = float(time @ ended), float(gone.sum())
    return "exponential", risk / count, math.nan, count * math.log(count / risk) - count


def _weibull(time: Array, gone: Array, ended: Array) -> _Law:
    """Shape k from `sum t^k ln t / sum t^k - 1/k = mean ln t of the hang-ups`, by halving."""
    log, count = np.log(time), float(gone.sum())
    mean_log = float(gone @ log) / count

    def excess(k: float) -> float:
        power = ended * np.exp(k * (log - log[-1]))
        return float(power @ log / power.sum()) - 1 / k - mean_log

    k = _root(excess, 0.05, 20.0)
    total = float(ended @ np.exp(k * (log - log[-1])))
    log_scale = log[-1] + math.log(total / count) / k
    likelihood = count * (math.log(k) - k * log_scale + (k - 1) * mean_log) - count
    return "weibull", math.exp(log_scale + math.lgamma(1 + 1 / k)), k, likelihood


def _two_kinds(time: Array, gone: Array, ended: Array) -> _Law:
    """Balanced means: a share p with the mean m / 2p, the others with m / 2(1-p); p at most one half."""
    from scipy.optimize import minimize

    start = _exponential(time, gone, ended)[1]
    time, gone, ended = _thinned(time, gone, ended)
    stayed = ended - gone

    def minus(x: Array) -> float:
        mean, p = math.exp(x[0]), 0.5 / (1 + math.exp(-x[1]))
        slow, fast = 2 * (1 - p) / mean, 2 * p / mean
        early, late = p * np.exp(-fast * time), (1 - p) * np.exp(-slow * time)
        with np.errstate(divide="ignore"):
            return -float(gone @ np.log(fast * early + slow * late) + stayed @ np.log(early + late))

    found = min(
        (minimize(minus, np.array([math.log(start), x]), method="Nelder-Mead") for x in (-2.0, 2.0)),
        key=lambda result: float(result.fun),
    )
    return "two kinds", math.exp(found.x[0]), 0.5 / (1 + math.exp(-found.x[1])), -float(found.fun)


def _thinned(time: Array, gone: Array, ended: Array) -> tuple[Array, Array, Array]:
    """At most so many distinct waits: neighbours are taken together at their mean."""
    first = np.arange(0, len(time), math.ceil(len(time) / _DISTINCT))
    count = np.add.reduceat(ended, first)
    return np.add.reduceat(time * ended, first) / count, np.add.reduceat(gone, first), count


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return math.sqrt(low * high)
