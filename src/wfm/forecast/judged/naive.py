"""Simple forecasts that a planner could make by hand; a model that does not beat them is not worth its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import number_in, one_of
from wfm.errors import DataError, SettingError
from wfm.forecast.learned.grid import DayGrid, day_grid, slot_of
from wfm.forecast.learned.ranges import count_quantiles
from wfm.tables import HISTORY, check

Floats = npt.NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class SameWeekday:
    """The mean or median of the last weeks' same weekday and slot.

    Parameters
    ----------
    weeks : int     How many of them; 1 = last week again (seasonal naive).
    how : str       `median` or `mean`.

    >>> starts = pd.date_range("2026-01-05", periods=28)
    >>> history = pd.DataFrame({"queue": "voice", "start": starts, "offered": np.arange(28.0)})
    >>> SameWeekday(weeks=2, how="mean").fit(history).predict(days=1)["offered"].tolist()
    [17.5]
    """

    weeks: int = 6
    how: str = "median"
    grids_: dict[str, DayGrid] | None = None

    def __post_init__(self) -> None:
        """Refuse weeks that are none and unknown means."""
        number_in(self.weeks, name="weeks", low=1, high=520)
        one_of(self.how, ("median", "mean"), name="how")

    def fit(self, history: pd.DataFrame) -> SameWeekday:
        """Remember the history: queue, start, offered suffice."""
        history = check(history, HISTORY)
        if history.empty:
            raise DataError("history has no rows.", table="history")
        self.grids_ = {str(queue): day_grid(history, queue) for queue in history["queue"].unique()}
        return self

    def predict(
        self,
        days: int | None = None,
        *,
        starts: pd.DatetimeIndex | Mapping[str, pd.DatetimeIndex] | None = None,
        quantiles: Sequence[float] = (0.1, 0.5, 0.9),
    ) -> pd.DataFrame:
        """A forecast table; its quantiles take how the last weeks strayed from their own mean as the doubt."""
        if self.grids_ is None:
            raise SettingError("the reference has learned nothing yet; call fit(history) first.", name="SameWeekday")
        if (days is None) == (starts is None):
            raise SettingError("give either days or starts.", name="days", value=days)
        asked: Mapping[str, pd.DatetimeIndex]
        if isinstance(starts, Mapping):
            asked = starts
        else:
            asked = {q: _following(grid, days or 0) if starts is None else starts for q, grid in self.grids_.items()}
        return pd.concat(
            [self._predict(self.grids_[queue], index, tuple(quantiles)) for queue, index in asked.items()],
            ignore_index=True,
        )

    def _predict(self, grid: DayGrid, starts: pd.DatetimeIndex, quantiles: tuple[float, ...]) -> pd.DataFrame:
        middle, doubt = self._shape(grid)
        slot = np.clip(np.searchsorted(grid.slots, slot_of(starts)), 0, len(grid.slots) - 1)
        rate = middle[np.asarray(starts.day_of_week), slot]
        counts = count_quantiles(rate, np.full(len(rate), doubt), quantiles)
        table = pd.DataFrame(
            {
                "queue": grid.queue,
                "start": starts,
                "end": starts + pd.Timedelta(seconds=grid.interval),
                "offered": rate,
                "aht": np.nan,
            }
        )
        return table.assign(**{f"offered_q{q:g}": c for q, c in zip(quantiles, counts, strict=True)})

    def _shape(self, grid: DayGrid) -> tuple[Floats, float]:
        """(7, slots) forecast by weekday, and the squared coefficient of variation that the weeks showed."""
        middle, squares, base = np.zeros((7, len(grid.slots))), 0.0, 1e-9
        average = np.nanmedian if self.how == "median" else np.nanmean
        seen = grid.seen.any(axis=1)
        for weekday in range(7):
            last = grid.offered[(grid.weekday == weekday) & seen][-max(self.weeks, 4) :]
            known = ~np.isnan(last[-self.weeks :]).all(axis=0) if len(last) else np.zeros(len(grid.slots), dtype=bool)
            if known.any():
                middle[weekday, known] = average(last[-self.weeks :][:, known], axis=0)
                squares += float(np.nansum((last[:, known] - middle[weekday, known]) ** 2 - middle[weekday, known]))
                base += float((~np.isnan(last[:, known]) * middle[weekday, known] ** 2).sum())
        return middle, float(np.clip(squares / base, 0.0, 1.0))


def seasonal_naive() -> SameWeekday:
    """Last week again."""
    return SameWeekday(weeks=1, how="mean")


def references() -> dict[str, SameWeekday]:
    """The simple forecasts by name: the median of six weeks, the mean of eight, last week again."""
    return {
        "median of 6 weeks": SameWeekday(weeks=6, how="median"),
        "mean of 8 weeks": SameWeekday(weeks=8, how="mean"),
        "last week": seasonal_naive(),
    }


def _following(grid: DayGrid, days: int) -> pd.DatetimeIndex:
    """The slots of the next days that were open a week before the end of history."""
    number_in(days, name="days", low=1, high=3660)
    dates = pd.date_range(grid.days[-1] + pd.Timedelta(days=1), periods=days, freq="D")
    recent = grid.seen[-28:]
    pattern = np.array([recent[grid.weekday[-28:] == weekday].any(axis=0) for weekday in range(7)])
    row, slot = np.nonzero(pattern[np.asarray(dates.day_of_week)])
    return pd.DatetimeIndex(dates[row] + pd.to_timedelta(grid.slots[slot], unit="s"))
