"""Regressors on the scale on which they act: a log for amounts that grow, deviations from the usual for the rest."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, WfmWarning, listed
from wfm.regressors import Regressor

Floats = npt.NDArray[np.float64]
SPAN = 1.5
"""A positive amount whose largest value is so many times its smallest acts by its log: 10% more customers, 10% more
contacts, at any size."""
FEWEST = 19
"""Known days from which a regressor teaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """A regressor, and the middle and spread that it had in history.

    Attributes
    ----------
    log : bool              Whether it acts by its log.
    middle, spread : float  Mean and standard deviation on that scale.
    low, high : float       Least and largest value that history saw.
    """

    regressor: Regressor
    log: bool
    middle: float
    spread: float
    low: float
    high: float
    until: pd.Timestamp

    def of(self, days: pd.DatetimeIndex) -> Floats:
        """Standard deviations from the middle on each day.

        Holes in history are bridged from the days about them; a day to come must have its value.
        """
        values = self.regressor.at(days)
        coming = np.asarray(days > self.until)
        lacking = days[coming & np.isnan(values)]
        if len(lacking):
            raise DataError(
                f"regressors.{self.regressor.name} has no value for {len(lacking)} of the days to be forecast, first "
                f"{lacking[0]:%Y-%m-%d}. Give what you expect of them (their usual value of the season, say), or leave "
                "the column out.",
                table="regressors",
                column=self.regressor.name,
            )
        if self.log and (values[coming] <= 0).any():
            day = days[coming][values[coming] <= 0][0]
            raise DataError(
                f"regressors.{self.regressor.name} must be above 0, as in all of history, got "
                f"{values[coming].min():g} on {day:%Y-%m-%d}.",
                table="regressors",
                column=self.regressor.name,
            )
        known = self.regressor.days
        number = days.to_numpy().astype("datetime64[D]").astype(np.int64).astype(float)
        bridged = np.interp(number, known.astype(np.int64).astype(float), self._scaled(self.regressor.values))
        return np.where(self.before(days), 0.0, bridged)

    def before(self, days: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
        """Days before its first value, when it moved contacts too but nobody knows how it stood."""
        return np.asarray(days.to_numpy().astype("datetime64[D]") < self.regressor.days[0])

    def beyond(self, days: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """Coming days on which it is further out than history ever saw it."""
        values = self.regressor.at(days)
        # an amount goes on growing: what 10% more of it does is known
        low, high = (
            (self.low * (self.low / self.high) ** 0.5, self.high * (self.high / self.low) ** 0.5)
            if self.log
            else (self.low - (self.high - self.low) / 10, self.high + (self.high - self.low) / 10)
        )
        out = np.asarray(days > self.until) & ((values < low) | (values > high))
        return pd.DatetimeIndex(days[out])

    def step(self) -> tuple[str, float]:
        """One step of it in words, and in standard deviations: 10% of an amount, else one standard deviation."""
        name = self.regressor.name
        return (f"{name} +10%", np.log(1.1) / self.spread) if self.log else (f"{name} +{self.spread:.3g}", 1.0)

    def _scaled(self, values: Floats) -> Floats:
        on_scale = np.log(np.maximum(values, 1e-300)) if self.log else values
        return np.asarray((on_scale - self.middle) / self.spread)


def scaled_regressors(regressors: Sequence[Regressor], open_days: pd.DatetimeIndex, queue: str) -> tuple[Scaled, ...]:
    """Each on its scale, from the open days of history; one that never moved there teaches nothing and is left out.

    A queue that is not open on that many days yet learns nothing of any.

    Raises
    ------
    DataError       A regressor is known on too few days of history.
    """
    found = []
    for one in regressors if len(open_days) >= FEWEST else ():
        values = one.at(open_days)
        known = values[~np.isnan(values)]
        if len(known) < FEWEST:
            raise DataError(
                f"regressors.{one.name} has a value on {len(known)} open day(s) of the history of queue {queue!r}, it "
                f"needs {FEWEST} to teach anything. Add its past, or leave the column out.",
                table="regressors",
                column=one.name,
            )
        if known.max() - known.min() < 1e-9 * max(abs(known).max(), 1e-300):
            continue
        holes = open_days[np.isnan(values)]
        if len(holes):
            warnings.warn(
                f"regressors.{one.name} has no value on {len(holes)} of {len(open_days)} open days of queue {queue!r} "
                f"({listed([f'{day:%Y-%m-%d}' for day in holes], most=3)}): the days about them stand in.",
                WfmWarning,
                stacklevel=6,
            )
        log = bool(known.min() > 0 and known.max() > SPAN * known.min())
        on_scale = np.log(known) if log else known
        found.append(
            Scaled(
                regressor=one,
                log=log,
                middle=float(on_scale.mean()),
                spread=float(on_scale.std()),
                low=float(known.min()),
                high=float(known.max()),
                until=open_days[-1],
            )
        )
    return tuple(found)
