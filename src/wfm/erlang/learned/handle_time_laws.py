"""Handle times from contacts: mean, spread and law, and what the spread means for staffing.

The mean makes the load. The spread matters little where contacts hang up, and much where nobody does: there waits grow
with (1 + cv^2) / 2.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import spoken
from wfm.erlang.formulas.arguments import Array
from wfm.errors import SettingError, TooLittleHistory, WfmWarning
from wfm.tables import CONTACTS, check

FEW = 30  # contacts from which a mean is given
_ENOUGH = 200  # contacts from which a law is fitted
SHORT = 5.0  # seconds in which nothing is handled
BANDS = (0.0, 8.0, 12.0, 16.0, 20.0, 24.0)
_LEVELS = np.concatenate([[0.0], np.linspace(0.001, 0.999, 999), [1.0]])
_CLOSE = 0.03  # largest distance of the shares below any time with which a law is taken for the data
_Z = 1.6448536269514722  # nine in ten
_DAYS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleTimes:
    """The distribution of handle times, as staffing and simulation use it.

    Attributes
    ----------
    mean, standard_error : float    Of all handled contacts, the handle times of 0 included [s].
    low, high : float               Range that holds the true mean nine times in ten [s].
    cv : float                      Standard deviation / mean.
    contacts : int                  Contacts behind it.
    law : str                       lognormal, gamma, weibull, exponential; or empirical where none is close.
    shape : float                   Of the law: sigma of the lognormal, shape of gamma and Weibull.
    distance : float                Largest distance between the law's and the data's share below any time.
    zero, short : float             Shares handled in 0 s and in less than 5 s.
    grid : tuple                    Times below which 0, 0.1%, ..., 99.9%, 100% of the handle times above 0 lie [s].
    """

    mean: float
    standard_error: float
    low: float
    high: float
    cv: float
    contacts: int
    law: str
    shape: float
    distance: float
    zero: float
    short: float
    grid: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """Time in which so large a share of the contacts is handled [s], from the data."""
        if not 0 <= share <= 1:
            raise SettingError(f"share must be a fraction in [0, 1], got {share!r}.", name="share", value=share)
        above = max(share - self.zero, 0.0) / max(1 - self.zero, 1e-300)
        return float(np.interp(above, _LEVELS, self.grid)) if share > self.zero else 0.0

    def sample(self, size: int | tuple[int, ...], rng: np.random.Generator) -> Array:
        """Handle times drawn from the law [s], with the mean of the data."""
        mean = self.mean / (1 - self.zero)
        if self.law == "lognormal":
            drawn = mean * np.exp(self.shape * rng.standard_normal(size) - self.shape**2 / 2)
        elif self.law == "gamma":
            drawn = rng.gamma(self.shape, mean / self.shape, size)
        elif self.law == "weibull":
            drawn = rng.weibull(self.shape, size) * mean / math.gamma(1 + 1 / self.shape)
        elif self.law == "exponential":
            drawn = rng.exponential(mean, size)
        else:
            grid = np.asarray(self.grid)
            between = float((grid[1:] + grid[:-1]) @ np.diff(_LEVELS)) / 2  # mean of what is drawn below
            drawn = np.interp(rng.random(size), _LEVELS, grid) * mean / between
        return np.where(rng.random(size) < self.zero, 0.0, drawn) if self.zero else np.asarray(drawn)

    @property
    def wait_factor(self) -> float:
        """Mean wait / that of exponential handle times where nobody hangs up: (1 + cv^2) / 2.

        Allen and Cunneen's approximation of M/G/n; for lognormal times with cv above 1.5 it says a fifth too much.
        """
        return (1 + self.cv**2) / 2

    @property
    def note(self) -> str:
        """What the spread means for staffing."""
        if 0.7 <= self.cv**2 <= 1.5:
            return f"handle times spread like exponential ones (cv {self.cv:.2f}): Erlang's formulas fit"
        if self.cv**2 > 1.5:
            return (
                f"handle times spread widely (cv {self.cv:.2f}): where nobody hangs up waits are up to "
                f"{self.wait_factor:.1f} times Erlang C's; with hang-ups Erlang A errs by 1-2 points"
            )
        word = "simulate before you save agents on it" if self.cv**2 < 0.5 else "Erlang's formulas are on the safe side"
        return f"handle times are regular (cv {self.cv:.2f}): waits are shorter than Erlang says; {word}"

    def __str__(self) -> str:
        """Mean, range, spread and law in a sentence."""
        law = f"{self.law} within {self.distance:.1%}" if self.law != "empirical" else "of no simple law"
        return (
            f"handle time {self.mean:.0f} s (nine in ten {self.low:.0f}-{self.high:.0f} s), cv {self.cv:.2f}, nine in "
            f"ten done in {spoken(self.quantile(0.9))}; {law}, by {self.contacts:,} contacts"
        )


def handle_times(contacts: pd.DataFrame) -> HandleTimes:
    """Distribution of handle times from one row a contact.

    Parameters
    ----------
    contacts : table            arrival, handle [s], and outcome where known: only answered contacts count. All rows
                                are one queue.

    Raises
    ------
    TooLittleHistory            Fewer than 30 handled contacts.

    Notes
    -----
    Laws by maximum likelihood on the times above 0; the closest by the Kolmogorov-Smirnov distance is taken, and none
    where the distance is above 0.03 or there are fewer than 200 contacts: then the data's own quantiles are drawn.
    The standard error is the larger of that of independent contacts and the spread between days.

    >>> rng = np.random.default_rng(1)
    >>> contacts = pd.DataFrame({"queue": "voice", "arrival": pd.Timestamp("2026-11-21 08:00"),
    ...                          "handle": rng.lognormal(5.0, 0.8, 4000)})
    >>> found = handle_times(contacts)
    >>> found.law, round(found.shape, 1), round(found.cv, 1)
    ('lognormal', 0.8, 1.0)
    """
    handled = _handled(contacts)
    if len(handled) < FEW or not (handled["handle"] > 0).any():
        raise TooLittleHistory(
            f"handle times need at least {FEW} handled contacts, got {len(handled)}. Give the mean as aht=.",
            table="contacts",
            column="handle",
        )
    times = handled["handle"].to_numpy(dtype=float)
    positive = np.sort(times[times > 0])
    law, shape, distance = _closest(positive) if len(positive) >= _ENOUGH else ("empirical", math.nan, math.nan)
    mean, error = float(times.mean()), _error(times, handled["arrival"])
    found = HandleTimes(
        mean=mean,
        standard_error=error,
        low=mean - _Z * error,
        high=mean + _Z * error,
        cv=float(times.std(ddof=1)) / mean,
        contacts=len(times),
        law=law,
        shape=shape,
        distance=distance,
        zero=float((times <= 0).mean()),
        short=float((times < SHORT).mean()),
        grid=tuple(np.quantile(positive, _LEVELS).tolist()),
    )
    _warn_short(found, times)
    return found


def _warn_short(found: HandleTimes, times: Array) -> None:
    """Warn where contacts crowd below 5 s, denser by half than between 5 and 20 s, and not by chance."""
    few = float((times < SHORT).sum())
    usual = max(0.03 * len(times), float(((times >= SHORT) & (times < 4 * SHORT)).sum()) / 2)
    if few - 2 * math.sqrt(few) > usual:
        warnings.warn(
            f"{found.short:.1%} of the contacts were handled in less than {SHORT:.0f} s: cut off, or agents hung up. "
            "Look for the agents and hours; such calls are often made again.",
            WfmWarning,
            stacklevel=3,
        )


def handle_times_by_time(contacts: pd.DataFrame, *, edges: Sequence[float] = BANDS) -> pd.DataFrame:
    """Mean and spread of handle times by hours of the day.

    Parameters
    ----------
    edges : sequence        Hours of the day that part the bands, rising within 0-24.

    Returns
    -------
    DataFrame               from, until [h], contacts, mean, standard_error, low, high [s], cv (nan below 30 contacts),
                            and `differs`: the mean of all hours lies outside the range of the band.
    """
    bounds = np.asarray(edges, dtype=float)
    if len(bounds) < 2 or np.any(np.diff(bounds) <= 0) or bounds[0] < 0 or bounds[-1] > 24:
        raise SettingError(
            f"edges must be hours rising within 0-24, got {tuple(edges)}.", name="edges", value=tuple(edges)
        )
    handled = _handled(contacts)
    hour = (handled["arrival"] - handled["arrival"].dt.normalize()).dt.total_seconds().to_numpy() / 3600
    rows = []
    for begin, until in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        mine = handled[(hour >= begin) & (hour < until)]
        times = mine["handle"].to_numpy(dtype=float)
        if len(times) < FEW or times.mean() <= 0:
            rows.append((begin, until, len(times), *[math.nan] * 5))
            continue
        mean, error = float(times.mean()), _error(times, mine["arrival"])
        cv = float(times.std(ddof=1)) / mean
        rows.append((begin, until, len(times), mean, error, mean - _Z * error, mean + _Z * error, cv))
    table = pd.DataFrame(rows, columns=["from", "until", "contacts", "mean", "standard_error", "low", "high", "cv"])
    overall = handled["handle"].mean()
    return table.assign(differs=(overall < table["low"]) | (overall > table["high"]))


def _handled(contacts: pd.DataFrame) -> pd.DataFrame:
    table = check(contacts, CONTACTS)
    if "handle" not in table:
        raise TooLittleHistory("contacts have no column handle [s].", table="contacts", column="handle")
    known = table["handle"].notna()
    if "outcome" in table and table["outcome"].notna().any():
        known &= table["outcome"] == "answered"
    return table[known]


def _error(times: Array, arrival: pd.Series) -> float:
    """Standard error of the mean: contacts alone, or the spread between days where it is larger."""
    mean = times.mean()
    error = float(times.std(ddof=1)) / math.sqrt(len(times))
    day = np.unique(arrival.dt.normalize(), return_inverse=True)[1]
    if day.max() + 1 >= _DAYS:
        left = np.bincount(day, weights=times - mean)
        error = max(error, math.sqrt(float(left @ left)) / len(times))
    return error


def _closest(times: Array) -> tuple[str, float, float]:
    """The law nearest to sorted times, its shape, and its distance to them."""
    from scipy.special import gammainc, ndtr

    mean, log = float(times.mean()), np.log(times)
    sigma, gamma, weibull = float(log.std()), _gamma_shape(mean, log), _weibull_shape(times, log)
    scale = float((times**weibull).mean()) ** (1 / weibull)
    laws = {
        "lognormal": (sigma, ndtr((log - log.mean()) / max(sigma, 1e-12))),
        "gamma": (gamma, gammainc(gamma, gamma * times / mean)),
        "weibull": (weibull, -np.expm1(-((times / scale) ** weibull))),
        "exponential": (1.0, -np.expm1(-times / mean)),
    }
    distances = {law: _distance(np.asarray(below)) for law, (_, below) in laws.items()}
    best = min(distances, key=lambda law: distances[law])
    if distances[best] > _CLOSE:
        return "empirical", math.nan, distances[best]
    return best, laws[best][0], distances[best]


def _distance(below: Array) -> float:
    """Kolmogorov-Smirnov distance of a law's shares below sorted data."""
    rank: npt.NDArray[np.float64] = np.arange(len(below) + 1) / len(below)
    return float(np.maximum(below - rank[:-1], rank[1:] - below).max())


def _gamma_shape(mean: float, log: Array) -> float:
    """Shape k with ln k - digamma(k) = ln mean - mean ln, by halving."""
    from scipy.special import digamma

    need, low, high = math.log(mean) - float(log.mean()), 1e-2, 1e4
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if math.log(middle) - float(digamma(middle)) > need else (low, middle)
    return math.sqrt(low * high)


def _weibull_shape(times: Array, log: Array) -> float:
    """Shape k with sum t^k ln t / sum t^k - 1/k = mean ln t, by halving."""
    low, high = 1e-2, 1e2
    for _ in range(50):
        middle = math.sqrt(low * high)
        power = np.exp(middle * (log - log.max()))
        rises = float(power @ log / power.sum()) - 1 / middle < float(log.mean())
        low, high = (middle, high) if rises else (low, middle)
    return math.sqrt(low * high)
