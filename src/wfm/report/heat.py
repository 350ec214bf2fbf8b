"""Over and under by interval: days as rows, time of day as columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY
from wfm.report.days import intervals

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

Floats = npt.NDArray[np.float64]
MOST_COLUMNS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """A map of one figure over days and times of day.

    Attributes
    ----------
    days : DatetimeIndex                Rows.
    seconds : array                     Seconds of the day at which each column begins.
    step : float                        Width of a column [s].
    amounts : array [days x columns]    Mean of the intervals in the cell; NaN where closed.
    minimum : array of bool             Cells in which only a minimum asks for people.
    """

    days: pd.DatetimeIndex
    seconds: Floats
    step: float
    amounts: Floats
    minimum: npt.NDArray[np.bool_]


def gap_heat(plan: WeekPlan, queues: Iterable[str] | None = None) -> Heat:
    """People expected minus agents needed, over the given queues or all."""
    table = _of(intervals(plan), queues)
    total = table.groupby("start").agg(value=("gap", _sum), minimum=("at_minimum", "all")).reset_index()
    return _laid_out(plan, total, _width(table))


def service_heat(plan: WeekPlan, queues: Iterable[str] | None = None) -> Heat:
    """Share answered in time, weighted by contacts over the given queues or all."""
    table = _of(intervals(plan), queues)
    weight = table["offered"].fillna(0.0).clip(lower=1e-9)
    met = (table["service_level"] * weight).groupby(table["start"]).apply(_sum)
    counted = weight.where(table["service_level"].notna()).groupby(table["start"]).sum()
    total = pd.DataFrame({"value": met / counted, "minimum": False}).rename_axis("start").reset_index()
    return _laid_out(plan, total, _width(table))


def _of(table: pd.DataFrame, queues: Iterable[str] | None) -> pd.DataFrame:
    return table if queues is None else table[table["queue"].isin(list(queues))]


def _sum(values: pd.Series) -> float:
    return float(values.sum(min_count=1))


def _width(table: pd.DataFrame) -> float:
    return float((table["end"] - table["start"]).dt.total_seconds().min()) if len(table) else 1800.0


def _laid_out(plan: WeekPlan, total: pd.DataFrame, width: float) -> Heat:
    """Cells as wide as the interval, or wider where there would be too many columns."""
    days = pd.date_range(plan.start, plan.end, freq="D", inclusive="left")
    total = total[(total["start"] >= plan.start) & (total["start"] < plan.end)]
    second = (total["start"] - total["start"].dt.normalize()).dt.total_seconds().to_numpy(dtype=float)
    if not len(second):
        return Heat(
            days=days,
            seconds=np.zeros(0),
            step=width,
            amounts=np.zeros((len(days), 0)),
            minimum=np.zeros((len(days), 0), dtype=bool),
        )
    wider = (step for step in (300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0) if step > width and step % width == 0)
    step = next((step for step in (width, *wider) if (second.max() - second.min()) / step < MOST_COLUMNS), DAY / 12)
    first = float(np.floor(second.min() / step) * step)
    columns = int((second.max() - first) // step) + 1
    row = days.get_indexer(pd.DatetimeIndex(total["start"].dt.normalize()))
    column = ((second - first) // step).astype(int)
    values, minimum = np.full((len(days), columns), np.nan), np.zeros((len(days), columns), dtype=bool)
    cells = total.assign(row=row, column=column).groupby(["row", "column"])
    merged = cells.agg(value=("value", "mean"), minimum=("minimum", "all")).reset_index()
    values[merged["row"], merged["column"]] = merged["value"]
    minimum[merged["row"], merged["column"]] = merged["minimum"]
    return Heat(
        days=days,
        seconds=first + step * np.arange(columns, dtype=np.float64),
        step=step,
        amounts=values,
        minimum=minimum,
    )
