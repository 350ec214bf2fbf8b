"""What a review returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A plan beside what came.

    Attributes
    ----------
    name, title : str       The plan, and which draft or version of it.
    start, end : Timestamp  First day planned, first day after.
    days : DataFrame        By queue and day: contacts, handle time, hours needed, rostered, expected and come, service
                            and hang-ups, promised and counted.
    split : DataFrame       By queue and day, and for all days: the miss of the service by cause, adding up.
    accuracy : DataFrame    Measures by queue, each beside what it must be held against.
    intervals : DataFrame   Plan and reality side by side, one row an interval.
    lines : tuple of str    The review in words.
    notes : tuple of str    What is not known, or doubtful.
    """

    name: str
    title: str
    start: pd.Timestamp
    end: pd.Timestamp
    days: pd.DataFrame
    split: pd.DataFrame
    accuracy: pd.DataFrame
    intervals: pd.DataFrame
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name."""
        return {"days": self.days, "split": self.split, "accuracy": self.accuracy, "intervals": self.intervals}

    def record(self) -> dict[str, Any]:
        """Everything but the intervals in plain values, for JSON."""
        from wfm.versions.runs import plain

        tables = {name: table.to_dict("records") for name, table in self.tables().items() if name != "intervals"}
        told = {"name": self.name, "title": self.title, "start": self.start, "end": self.end, "lines": self.lines}
        record: dict[str, Any] = plain({**told, **tables, "notes": self.notes})
        return record

    def summary(self) -> str:
        """The review in at most ten lines."""
        return "\n".join(self.lines)

    def __str__(self) -> str:
        """The review in at most ten lines."""
        return self.summary()

    def __repr__(self) -> str:
        """One line."""
        return f"Review({self.name!r}, {self.title}, {self.start.date()} to {self.end.date()})"

    def _repr_html_(self) -> str:
        shown = self.split if len(self.split) else self.days
        return f"<pre>{escape(self.summary())}</pre>{shown.head(16).to_html(index=False, float_format=_three)}"


def _three(value: float) -> str:
    return f"{value:.3f}"
