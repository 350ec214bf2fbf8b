"""Plots of a plan: each takes `ax` and returns the Axes; without one it draws on a Figure of its own, never pyplot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wfm.errors import MissingExtra
from wfm.report.days import contacts_by, intervals
from wfm.report.heat import gap_heat
from wfm.report.texts import short
from wfm.report.waterfall import hours_waterfall
from wfm.report.words import ENGLISH
from wfm.schedule.results import with_gaps

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from wfm.plan import WeekPlan

BLUE, PALE, RED, GREEN = "#24588f", "#c5d5e6", "#b3261e", "#7ba07f"


def plot_forecast(plan: WeekPlan | pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Contacts an hour with their 80% band.

    Parameters
    ----------
    plan : WeekPlan or forecast     Of a plan: all live queues together; of a forecast: each queue, its own quantiles.
    """
    axes = _axes(ax, (9, 3))
    if isinstance(plan, pd.DataFrame):
        for queue, rows in plan.groupby("queue"):
            line = axes.plot(rows["start"], rows["offered"], label=short(queue))[0]
            if {"offered_q0.1", "offered_q0.9"} <= set(rows.columns):
                axes.fill_between(
                    rows["start"],
                    rows["offered_q0.1"],
                    rows["offered_q0.9"],
                    alpha=0.25,
                    linewidth=0,
                    color=line.get_color(),
                )
        axes.set_ylabel("contacts")
    else:
        _plan_forecast(plan, axes)
    _legend(axes)
    return axes


def plot_coverage(plan: WeekPlan, ax: Axes | None = None) -> Axes:
    """People needed, rostered and expected by interval, all queues together."""
    axes = _axes(ax, (9, 3))
    total = with_gaps(_totals(intervals(plan)))
    if total["rostered"].notna().any():
        axes.fill_between(total["start"], total["rostered"], step="post", color=PALE, linewidth=0, label="rostered")
        axes.step(total["start"], total["there"], where="post", color=BLUE, linewidth=1.2, label="expected to come")
    axes.step(total["start"], total["needed"], where="post", color=RED, linewidth=1.2, label="needed")
    axes.set_ylabel("people")
    axes.set_ylim(bottom=0)
    _days_axis(axes, plan)
    _legend(axes)
    return axes


def plot_heat(plan: WeekPlan, ax: Axes | None = None) -> Axes:
    """People expected minus needed: days down, time of day across; red is short, blue to spare."""
    from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm

    axes = _axes(ax, (9, 2.6))
    heat = gap_heat(plan)
    most = max(2.0, float(np.nanmax(np.abs(heat.amounts)))) if np.isfinite(heat.amounts).any() else 2.0
    colours = LinearSegmentedColormap.from_list("gap", [RED, "#ffffff", BLUE]).with_extremes(bad="#e3e7ec")
    edges = np.append(heat.seconds, heat.seconds[-1] + heat.step) / 3600 if len(heat.seconds) else np.array([0.0, 24.0])
    values = heat.amounts if heat.amounts.size else np.full((len(heat.days), 1), np.nan)
    mesh = axes.pcolormesh(
        edges,
        np.arange(len(heat.days) + 1),
        np.ma.masked_invalid(values),
        cmap=colours,
        norm=TwoSlopeNorm(0.0, -most, most),
    )
    axes.set_yticks(np.arange(len(heat.days)) + 0.5, [plan.calendar.label(day).rsplit(" ", 1)[0] for day in heat.days])
    axes.invert_yaxis()
    axes.set_xlabel("hour of the day")
    if axes.figure is not None:
        axes.figure.colorbar(mesh, ax=axes, label="people over or under")
    return axes


def plot_waterfall(plan: WeekPlan, ax: Axes | None = None) -> Axes:
    """Paid hours, what takes from them, hours on contacts, hours needed and what is missing or to spare."""
    axes = _axes(ax, (7, 3))
    steps = hours_waterfall(plan)
    for k, step in enumerate(steps):
        colour = BLUE if step.total else RED if step.amount < 0 else GREEN
        axes.barh(k, step.amount, left=step.begin, color=colour)
        text = f"{step.amount:,.0f}" if step.total else f"{step.amount:+,.0f}"
        axes.annotate(
            text,
            (max(step.begin, step.begin + step.amount), k),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
        )
    axes.set_yticks(range(len(steps)), [ENGLISH[step.name] for step in steps])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("hours")
    return axes


def _totals(table: pd.DataFrame) -> pd.DataFrame:
    """Totals of all queues by start."""
    return table.groupby("start", as_index=False).agg(
        end=("end", "max"), needed=("needed", "sum"), rostered=("rostered", _sum), there=("there", _sum)
    )


def _sum(values: pd.Series) -> float:
    return float(values.sum(min_count=1))


def _plan_forecast(plan: WeekPlan, axes: Axes) -> None:
    table = contacts_by(plan, "h")
    if table.empty:
        return
    fresh = (table["day"].diff() > pd.Timedelta(hours=1)).cumsum()
    for number, run in table.groupby(fresh):
        first = number == 0
        axes.fill_between(
            run["day"], run["low"], run["high"], color=PALE, linewidth=0, label="80% band" if first else None
        )
        if "machine" in run:
            axes.plot(
                run["day"],
                run["machine"],
                color="#9a6a00",
                linestyle="--",
                linewidth=1,
                label="before changes" if first else None,
            )
        axes.plot(run["day"], run["offered"], color=BLUE, linewidth=1.4, label="forecast" if first else None)
    axes.set_ylabel("contacts an hour")
    axes.set_ylim(bottom=0)
    _days_axis(axes, plan)


def _days_axis(axes: Axes, plan: WeekPlan) -> None:
    days = pd.date_range(plan.start, plan.end, freq="D", inclusive="left")
    shown = days[:: max(1, len(days) // 14)]
    places: Any = shown + pd.Timedelta(hours=12)
    axes.set_xticks(places, [plan.calendar.label(day).rsplit(" ", 1)[0] for day in shown], fontsize="small")
    axes.set_xlim(plan.start, plan.end)  # type: ignore[arg-type]


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right", fontsize="small", frameon=False)


def _axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    if ax is not None:
        return ax
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("Plots", extra="report", package="matplotlib") from error
    return Figure(figsize=size, layout="constrained").subplots()
