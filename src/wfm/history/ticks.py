"""Times written as numbers: since 1970 as machines write them, days since 1899 as spreadsheets store them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from .cells import clean, is_empty

_SCALES = {"seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6, "nanoseconds": 1e-9}
_SINCE_1970 = (946_684_800.0, 4_102_444_800.0)  # the years 2000 to 2100, in seconds
_SINCE_1899 = (36_526.0, 73_050.0)  # the same years, in days of a spreadsheet
_SPREADSHEET_ZERO = np.datetime64("1899-12-30", "us")
_NUMBER = re.compile(r"^\d{5,19}(?:[.,]\d+)?$")
_SHOWN = 50

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """Moments told by numbers: in UTC or as the wall clock shows, which cells were no such number, and how counted."""

    moment: npt.NDArray[np.datetime64]
    bad: Flags
    utc: bool
    form: str

    @property
    def clocked(self) -> bool:
        """Whether any moment is not midnight."""
        known = self.moment[~np.isnat(self.moment)]
        return bool((known != known.astype("datetime64[D]")).any())


def read_ticks(cells: pd.Series, *, whole: bool = True) -> Ticks | None:
    """Moments of a column whose cells are numbers between the years 2000 and 2100, else None.

    Parameters
    ----------
    whole : bool    Whether whole numbers may be the days of a spreadsheet: in a column of times 45000 may be a time.

    >>> read_ticks(pd.Series(["1795248000", "1795249800"])).moment.astype("datetime64[m]").astype(str).tolist()
    ['2026-11-21T08:00', '2026-11-21T08:30']
    >>> read_ticks(pd.Series([46347 + 1 / 3])).moment.astype("datetime64[m]").astype(str).tolist()
    ['2026-11-21T08:00']
    """
    if cells.dtype.kind in "Mmb":
        return None
    form = _form(_numbers(cells.dropna().iloc[:_SHOWN]), whole=whole)
    if not form:
        return None
    numbers = _numbers(cells)
    if form == "days":
        low, high = _SINCE_1899
        micro = np.round(numbers * 86_400.0) * 1e6
        zero = _SPREADSHEET_ZERO
        told = "days since 1899, as spreadsheets store times"
    else:
        low, high = (limit / _SCALES[form] for limit in _SINCE_1970)
        micro = np.round(numbers * _SCALES[form] * 1e3) * 1e3
        zero = np.datetime64(0, "us")
        told = f"{form} since 1970, counted in UTC"
    known = (numbers >= low) & (numbers < high)
    moment = np.where(
        known, zero + np.where(known, micro, 0.0).astype("int64").astype("timedelta64[us]"), np.datetime64("NaT", "us")
    )
    return Ticks(moment=moment, bad=~known & ~is_empty(cells), utc=form != "days", form=told)


def _form(numbers: npt.NDArray[np.float64], *, whole: bool) -> str:
    """How the numbers count, told by the size of the middle one; "" where they are no times."""
    known = numbers[~np.isnan(numbers)]
    if not len(known) or 2 * len(known) <= len(numbers):
        return ""
    middle = float(np.median(known))
    for form, scale in _SCALES.items():
        if _SINCE_1970[0] <= middle * scale < _SINCE_1970[1]:
            return form
    days = _SINCE_1899[0] <= middle < _SINCE_1899[1] and (whole or bool((known % 1 != 0).any()))
    return "days" if days else ""


def _numbers(cells: pd.Series) -> npt.NDArray[np.float64]:
    """The cells as numbers, NaN where they are anything else."""
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells.to_numpy(dtype=float, na_value=np.nan)
    codes, different = pd.factorize(cells.astype(object), use_na_sentinel=True)
    values = np.array([*(_number(cell) for cell in different), np.nan])
    return np.asarray(values[codes], dtype=float)


def _number(cell: object) -> float:
    if isinstance(cell, str):
        text = clean(cell)
        return float(text.replace(",", ".")) if _NUMBER.match(text) else np.nan
    if isinstance(cell, (int, float, np.number)) and not isinstance(cell, bool):
        return float(cell)
    return np.nan
