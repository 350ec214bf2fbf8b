"""Numbers of each day that move contacts: weather, marketing spend, active customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import Calendar, read_date
from wfm.errors import DataError

Floats = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]
KEYS = ("day", "queue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Regressor:
    """One number a day, known for the past and for the days to be forecast.

    Attributes
    ----------
    name : str
    days : array            The days that have a value, in order (datetime64[D]).
    values : array          Their values, in any unit.
    queue : str             The queue that it belongs to; "" = all.
    """

    name: str
    days: Dates
    values: Floats
    queue: str = ""

    def at(self, days: pd.DatetimeIndex) -> Floats:
        """Value of each day; nan where there is none."""
        wanted = days.to_numpy().astype("datetime64[D]")
        place = np.minimum(np.searchsorted(self.days, wanted), len(self.days) - 1)
        return np.where(self.days[place] == wanted, self.values[place], np.nan)


def read_regressors(table: pd.DataFrame, *, solar_hijri: bool = False) -> tuple[Regressor, ...]:
    """The regressors of a table.

    Parameters
    ----------
    table : table           day, a column of numbers for each regressor and, where queues differ, queue. An empty cell
                            is a day without a value. Rows without a queue hold for all queues.

    Raises
    ------
    DataError               A day cannot be read or comes twice, a column holds no numbers.

    >>> table = pd.DataFrame({"day": ["2026-01-01", "2026-01-02"], "rain": [0.0, 12.5]})
    >>> [rain] = read_regressors(table)
    >>> rain.name, rain.values.tolist()
    ('rain', [0.0, 12.5])
    """
    if "day" not in table:
        raise DataError(
            f"regressors has no column 'day'; it holds {', '.join(map(str, table.columns))}. Give a row for each day: "
            "day, and a column of numbers for each regressor.",
            table="regressors",
            column="day",
        )
    names = [str(name) for name in table if name not in KEYS]
    if not names or table.empty:
        raise DataError(
            "regressors holds no number. Give a row for each day and a column for each regressor.", table="regressors"
        )
    days = np.array(
        [
            read_date(day, solar_hijri=solar_hijri, name=f"regressors.day, row {k}")
            for k, day in enumerate(table["day"])
        ],
        dtype="datetime64[D]",
    )
    queues = table["queue"].fillna("").astype(str).to_numpy() if "queue" in table else np.full(len(table), "")
    found = []
    for queue in dict.fromkeys(queues.tolist()):
        rows = np.flatnonzero(queues == queue)
        rows = rows[np.argsort(days[rows], kind="stable")]
        _once(days[rows], rows, queue)
        for name in names:
            values = _numbers(table, name)[rows]
            known = ~np.isnan(values)
            if known.any():
                found.append(Regressor(name=name, days=days[rows][known], values=values[known], queue=queue))
    return tuple(found)


def known_regressors(given: pd.DataFrame | Sequence[Regressor], calendar: Calendar) -> tuple[Regressor, ...]:
    """Regressors as they are, or read from a table whose days are in the calendar's reckoning."""
    if isinstance(given, pd.DataFrame):
        return read_regressors(given, solar_hijri=calendar.months == "solar-hijri")
    return tuple(given)


def of_queue(regressors: Sequence[Regressor], queue: str) -> tuple[Regressor, ...]:
    """Those that a queue knows; its own take the place of those that hold for all."""
    own = {one.name: one for one in regressors if one.queue == queue}
    shared = {one.name: one for one in regressors if not one.queue}
    return tuple((shared | own).values())


def _once(days: Dates, rows: npt.NDArray[np.int64], queue: str) -> None:
    twice = np.flatnonzero(days[1:] == days[:-1])
    if len(twice):
        owner = f" of queue {queue!r}" if queue else ""
        raise DataError(
            f"regressors.day must be there once{owner}, {days[twice[0]]} is in rows {rows[twice[0]]} and "
            f"{rows[twice[0] + 1]}. Leave one of them.",
            table="regressors",
            column="day",
            rows=[int(rows[twice[0]]), int(rows[twice[0] + 1])],
        )


def _numbers(table: pd.DataFrame, name: str) -> Floats:
    column = table[name]
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = np.flatnonzero((np.isnan(values) & column.notna().to_numpy(dtype=bool)) | np.isinf(values))
    if len(bad):
        raise DataError(
            f"regressors.{name} must be numbers, or empty where there is none; row {bad[0]} holds "
            f"{column.iloc[bad[0]]}.",
            table="regressors",
            column=name,
            rows=[int(bad[0])],
        )
    return np.asarray(values)
