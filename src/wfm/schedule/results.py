"""What design and rostering return: a table, how good it is, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STATUSES = ("optimal", "within_gap", "feasible", "time_limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """People per shift line, not yet named.

    Attributes
    ----------
    table : schedule        One row an activity; rows of a line are contiguous.
    coverage : coverage     What the lines give against the requirement, by interval.
    objective : float       Paid hours + cost of missing and surplus agent-hours, recomputed from the table.
    bound : float           No schedule can cost less.
    status : str            optimal, within_gap, feasible or time_limit.
    seconds : float         Wall time spent.
    """

    table: pd.DataFrame
    coverage: pd.DataFrame
    objective: float
    bound: float
    status: str
    seconds: float

    @property
    def gap(self) -> float:
        """How far the objective may lie above the best possible, as a fraction of the objective."""
        return _gap(self.objective, self.bound)

    @property
    def paid_hours(self) -> float:
        """Paid hours of all lines."""
        return hours_paid(self.table)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Required and rostered people over time."""
        return _plot_coverage(self.coverage, ax, style)

    def __repr__(self) -> str:
        """One line; lines of a roster claim no bound of their own."""
        proof = f", bound {self.bound:,.2f}, gap {self.gap:.3%}" if self.bound or not self.objective else ""
        return (
            f"Schedule({self.table['shift'].nunique()} lines, {self.paid_hours:,.2f} paid h, objective "
            f"{self.objective:,.2f}{proof}, {self.status})"
        )

    def _repr_html_(self) -> str:
        return _html(repr(self), self.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Named people on shifts.

    Attributes
    ----------
    table : roster              One row an activity.
    coverage : coverage         What the people give against the demand, by interval.
    objective, bound : float    Penalty of missing and surplus agent-hours, broken soft rules and refused wishes; no
                                roster can cost less than `bound`.
    status, seconds             As in `Schedule`.
    violations : DataFrame      Soft rules not kept: rule, agent, start, amount, message. Hard rules are never broken.
    wishes : DataFrame          Every wish with `granted` and, where refused, `why`.
    """

    table: pd.DataFrame
    coverage: pd.DataFrame
    objective: float
    bound: float
    status: str
    seconds: float
    violations: pd.DataFrame = field(default_factory=pd.DataFrame)
    wishes: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def gap(self) -> float:
        """How far the objective may lie above the best possible, as a fraction of the objective."""
        return _gap(self.objective, self.bound)

    @property
    def paid_hours(self) -> float:
        """Paid hours of all people."""
        return hours_paid(self.table)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Required and rostered people over time."""
        return _plot_coverage(self.coverage, ax, style)

    def __repr__(self) -> str:
        """One line."""
        return (
            f"Roster({self.table['agent'].nunique()} people, {self.paid_hours:,.2f} paid h, objective "
            f"{self.objective:,.2f}, bound {self.bound:,.2f}, {self.status})"
        )

    def _repr_html_(self) -> str:
        return _html(repr(self), self.table)


def hours_paid(table: pd.DataFrame) -> float:
    """Paid hours of the rows of a schedule, where a row counts for its people, or of a roster.

    >>> start = pd.Timestamp("2026-11-21 08:00")
    >>> rows = pd.DataFrame({"start": start, "end": start + pd.Timedelta("8h"), "paid": [True, False], "people": 3})
    >>> hours_paid(rows), hours_paid(rows.drop(columns="people"))
    (24.0, 8.0)
    """
    rows = table[table["paid"].astype(bool)]
    hours = (rows["end"] - rows["start"]).dt.total_seconds() / 3600
    return float((hours * rows["people"]).sum() if "people" in rows else hours.sum())


def _gap(objective: float, bound: float) -> float:
    if objective <= bound or objective == 0:
        return 0.0
    return (objective - bound) / abs(objective)


def _html(title: str, table: pd.DataFrame, rows: int = 12) -> str:
    return f"<p><b>{escape(title)}</b></p>{table.head(rows).to_html(index=False)}"


def with_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """Intervals in order, with an empty row where closed hours begin, so that no line runs through the night."""
    closing = rows["end"][rows["end"] != rows["start"].shift(-1)]
    return pd.concat([rows, pd.DataFrame({"start": closing})]).sort_values("start", ignore_index=True)


def _plot_coverage(coverage: pd.DataFrame, ax: Axes | None, style: dict[str, Any]) -> Axes:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        from wfm.errors import MissingExtra

        raise MissingExtra("Plots", extra="report", package="matplotlib") from error
    axes = ax if ax is not None else Figure(figsize=(10, 4), layout="constrained").subplots()
    for queue, mine in coverage.groupby("queue"):
        rows = with_gaps(mine)
        line = axes.step(rows["start"], rows["rostered"], where="post", label=f"{queue} rostered", **style)[0]
        axes.step(
            rows["start"],
            rows["required"],
            where="post",
            linestyle="--",
            color=line.get_color(),
            label=f"{queue} required",
        )
    axes.set_ylabel("people")
    axes.legend(loc="upper right", fontsize="small")
    return axes
