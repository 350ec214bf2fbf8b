"""The forecast as a small drawing of its own: no library, no script, a few kilobytes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.report.days import contacts_by, live_queues
from wfm.report.earlier import earlier_by
from wfm.report.language import Language
from wfm.report.texts import short

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

WIDTH, HEIGHT = 640.0, 236.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 8.0, 40.0, 30.0
HOURLY_DAYS, WEEKDAYS = 15, 8  # the longest plans that are drawn by hour, and whose days are named
LEAST_EFFECT = 0.02  # an event that moves a day by less gets no flag
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A text at a place of the drawing."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Paths and marks of the forecast, ready for the page."""

    width: float
    height: float
    line: str
    band: str
    machine: str
    earlier: str
    left: float
    right: float
    top: float
    bottom: float
    rules: list[float] = field(default_factory=list)
    ticks: list[Mark] = field(default_factory=list)
    days: list[Mark] = field(default_factory=list)
    breaks: list[float] = field(default_factory=list)
    flags: list[Mark] = field(default_factory=list)


def forecast_drawing(plan: WeekPlan, language: Language, history: pd.DataFrame | None = None) -> Drawing | None:
    """The forecast of live contacts by hour (by day in longer plans) with band, events and the planner's changes.

    With a history, the same days of an earlier month lie behind it.
    """
    hourly = (plan.end - plan.start).days < HOURLY_DAYS
    table = contacts_by(plan, "h" if hourly else "D")
    if table.empty:
        return None
    high = table["high"].where(table["high"].notna(), table["offered"])
    unit = "h" if hourly else "D"
    past = earlier_by(plan, history, unit) if history is not None else table.iloc[:0]
    top, step = _scale(float(np.nanmax([*high, *table["offered"], *past["offered"], 1.0])))
    place = _Place(plan.start, plan.end, top, rtl=language.rtl)
    middle = pd.Timedelta(hours=0.5 if hourly else 12)
    x = place.x(table["day"] + middle)
    cuts = table["day"].diff() > pd.Timedelta(hours=1 if hourly else 24)
    side = "end" if not language.rtl else "start"
    days = pd.date_range(plan.start, plan.end, freq="D", inclusive="left")
    levels = np.arange(0.0, top + step / 2, step)
    return Drawing(
        width=WIDTH,
        height=HEIGHT,
        earlier=_path(
            place.x(past["day"] + middle), place.y(past["offered"]), past["day"].diff() > pd.Timedelta(f"1{unit}")
        ),
        left=RIGHT if language.rtl else LEFT,
        right=WIDTH - LEFT if language.rtl else WIDTH - RIGHT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        line=_path(x, place.y(table["offered"]), cuts),
        band=_band(x, place.y(table["low"]), place.y(table["high"]), cuts),
        machine=_path(x, place.y(table["machine"]), cuts) if "machine" in table else "",
        rules=[float(y) for y in place.y(levels)],
        ticks=[
            Mark(x=place.edge, y=float(place.y(level)) + 4, text=language.number(level), anchor=side)
            for level in levels
        ],
        days=[
            Mark(x=float(place.x(day + pd.Timedelta(hours=12))), y=HEIGHT - 7, text=text)
            for day, text in _day_texts(days, language)
        ],
        breaks=[float(place.x(day)) for day in days[1:]],
        flags=_flags(plan, place, language),
    )


@dataclass(frozen=True, slots=True, kw_only=False)
class _Place:
    """Where a time and a number lie on the drawing."""

    start: pd.Timestamp
    end: pd.Timestamp
    top: float
    rtl: bool

    @property
    def edge(self) -> float:
        return WIDTH - LEFT + 5 if self.rtl else LEFT - 5

    def x(self, moments: pd.Series | pd.Timestamp) -> Floats:
        share = np.asarray((moments - self.start) / (self.end - self.start), dtype=float)
        across = LEFT + share * (WIDTH - LEFT - RIGHT)
        return WIDTH - across if self.rtl else across

    def y(self, values: pd.Series | Floats | float) -> Floats:
        return HEIGHT - BOTTOM - np.asarray(values, dtype=float) / self.top * (HEIGHT - TOP - BOTTOM)


def _scale(most: float) -> tuple[float, float]:
    """The top of the axis and its step: two to five round steps."""
    rough = 10 ** math.floor(math.log10(most))
    step = next(rough * part for part in (0.2, 0.25, 0.5, 1.0, 2.0) if most / (rough * part) <= 5)
    return math.ceil(most / step - 1e-9) * step, step


def _path(x: Floats, y: Floats, cuts: pd.Series) -> str:
    words = []
    lifted = True
    for across, down, cut in zip(x, y, cuts, strict=True):
        if not math.isfinite(down):
            lifted = True
            continue
        words.append(f"{'M' if lifted or cut else 'L'}{across:.1f} {down:.1f}")
        lifted = False
    return "".join(words)


def _band(x: Floats, low: Floats, high: Floats, cuts: pd.Series) -> str:
    """A closed shape for every run of hours without a gap."""
    if not np.isfinite(low).any():
        return ""
    shapes = []
    for run in np.split(np.arange(len(x)), np.flatnonzero(cuts.to_numpy())):
        there = [(x[k], high[k]) for k in run] + [(x[k], low[k]) for k in run[::-1]]
        shapes.append("M" + "L".join(f"{across:.1f} {down:.1f}" for across, down in there) + "Z")
    return "".join(shapes)


def _day_texts(days: pd.DatetimeIndex, language: Language) -> list[tuple[pd.Timestamp, str]]:
    """Weekday and day, the month where it begins; in longer plans six dates: they never run into each other."""
    if len(days) > WEEKDAYS:
        return [(day, language.day(day).split(" ", 1)[1]) for day in days[:: -(-len(days) // 6)]]
    told: list[tuple[pd.Timestamp, str]] = []
    shown = ""
    for day in days:
        weekday, number, month = language.day(day).split(" ", 2)
        told.append((day, f"{weekday} {number}" if month == shown else f"{weekday} {number} {month}"))
        shown = month
    return told


def _flags(plan: WeekPlan, place: _Place, language: Language) -> list[Mark]:
    """Events at the day on which they first move the live queues."""
    drivers = plan.drivers
    if drivers.empty:
        return []
    moved = drivers[
        drivers["component"].str.startswith("event:")
        & drivers["queue"].isin(live_queues(plan))
        & ((drivers["factor"] - 1).abs() >= LEAST_EFFECT)
    ]
    first = moved.groupby("component")["day"].min().sort_values(kind="stable")
    marks = []
    for day, names in first.groupby(first):
        text = ", ".join(short(str(name).removeprefix("event:"), 22) for name in names.index[:2])
        middle = float(place.x(pd.Timestamp(day) + pd.Timedelta(hours=12)))
        beyond = middle > WIDTH * 0.82
        marks.append(Mark(x=middle, y=15.0, text=text, anchor="end" if beyond else "start"))
    return [Mark(x=mark.x, y=mark.y + 17 * (k % 2), text=mark.text, anchor=mark.anchor) for k, mark in enumerate(marks)]
