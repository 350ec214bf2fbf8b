"""The explanation of a day, drawn: how each reason lifts or lowers its contacts, from the level to the forecast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, MissingExtra, SettingError, listed
from wfm.forecast.explained.explaining import SHARE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, PALE, RED, GREEN = "#24588f", "#c5d5e6", "#b3261e", "#7ba07f"
LEAST = 0.001
"""Reasons that move a day by less are left out."""
WORDS = {"month_day": "day of the month", "memory": "recent days", "yearly": "time of the year"}
ROW = 0.3
"""Height of a bar and what is about it [inch]."""


def plot_explained(table: pd.DataFrame, *, day: object = None, ax: Axes | None = None) -> list[Axes]:
    """A day's contacts built up from its level, a bar for each reason; a panel for each queue.

    Parameters
    ----------
    table : DataFrame   As `Forecaster.explain` gives it.
    day : date          None = the first of the table.
    ax : Axes           To draw a single queue on; without it a Figure of its own is made, never pyplot.

    Returns
    -------
    list of Axes        One for each queue; `[0].figure` is the Figure.

    Raises
    ------
    DataError           The table does not explain this day.
    SettingError        `ax` is one, the queues are several.
    MissingExtra        Without matplotlib.
    """
    chosen = table["day"].min() if day is None else pd.Timestamp(day).normalize()  # type: ignore[arg-type]
    of_day = table[table["day"] == chosen]
    if of_day.empty:
        got = listed([f"{one:%Y-%m-%d}" for one in table["day"].drop_duplicates()[:5]]) if len(table) else "no rows"
        raise DataError(
            f"the table explains no day {chosen:%Y-%m-%d}, got {got}. Name one of its days.",
            table="table",
            column="day",
        )
    queues = of_day["queue"].unique().tolist()
    if ax is not None and len(queues) > 1:
        raise SettingError(
            f"ax is one, the table tells of queues {listed(queues)}. Hand in the rows of one, or leave ax out.",
            name="ax",
        )
    steps = {queue: _steps(of_day[of_day["queue"] == queue]) for queue in queues}
    panels = [ax] if ax is not None else _panels([len(names) for names, _ in steps.values()])
    for axes, (queue, (names, ends)) in zip(panels, steps.items(), strict=True):
        _draw(axes, names, ends)
        axes.set_title(f"{queue}, {chosen:%a %Y-%m-%d}", loc="left", fontsize=10)
    panels[-1].set_xlabel("contacts of the day")
    return panels


def _steps(rows: pd.DataFrame) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Names of the reasons that move the day, and the contacts reached after each; the level first."""
    kept = rows[(rows["component"] == "level") | ((rows["factor"] - 1).abs() >= LEAST)]
    total = float(rows["factor"].to_numpy(dtype=float).prod())
    ends = kept["factor"].to_numpy(dtype=float).cumprod()
    return [*map(_reason, kept["component"]), "forecast"], np.append(ends, total)


def _reason(component: str) -> str:
    """A component as a planner would say it: `event:Card 2` is Card 2."""
    name = component.partition(":")[2] or component
    return WORDS.get(name, name.replace("_", " "))


def _panels(bars: Sequence[int]) -> list[Axes]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("Plots", extra="report", package="matplotlib") from error
    figure = Figure(figsize=(8, sum(ROW * count + 0.5 for count in bars) + 0.4), layout="constrained")
    grid = figure.subplots(len(bars), squeeze=False, gridspec_kw={"height_ratios": list(bars)})
    return list(grid[:, 0])


def _draw(axes: Axes, names: list[str], ends: npt.NDArray[np.float64]) -> None:
    for place, (begin, end, colour) in enumerate(_bars(ends)):
        axes.barh(place, end - begin, left=begin, height=0.7, color=PALE if names[place] == SHARE else colour)
        if 0 < place < len(names) - 1:
            axes.plot([begin, begin], [place - 0.65, place + 0.35], color="0.6", linewidth=0.7)
    reach = axes.get_xlim()[1]
    moved = [_told(name, ratio) for name, ratio in zip(names[1:-1], (ends[1:-1] / ends[:-2]).tolist(), strict=True)]
    words = [f"{ends[0]:,.0f}", *moved, f"{ends[-1]:,.0f}"]
    for place, ((begin, end, _), word) in enumerate(zip(_bars(ends), words, strict=True)):
        axes.text(max(begin, end) + 0.01 * reach, place, word, va="center", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, reach * 1.15)
    axes.spines[["top", "right"]].set_visible(False)


def _told(name: str, factor: float) -> str:
    return f"{factor:.1%} of it" if name == SHARE and factor < 1 else f"{factor - 1:+.1%}"


def _bars(ends: npt.NDArray[np.float64]) -> Iterator[tuple[float, float, str]]:
    """Begin, end and colour of each bar: the level and the forecast stand on the ground."""
    yield 0.0, float(ends[0]), BLUE
    for before, after in zip(ends[:-2].tolist(), ends[1:-1].tolist(), strict=True):
        yield before, after, GREEN if after >= before else RED
    yield 0.0, float(ends[-1]), BLUE
