"""Runs of intervals in which people are missing or to spare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Neighbouring intervals of a queue with people missing (people < 0) or to spare."""

    queue: str
    start: pd.Timestamp
    end: pd.Timestamp
    people: float
    hours: float
    service_level: float
    minimum: bool = False


def thin_runs(coverage: pd.DataFrame, most: int = 3) -> list[Run]:
    """The runs with the most person-hours missing, worst first."""
    return sorted(_runs(coverage, coverage["gap"] <= -0.5), key=lambda run: run.hours)[:most]


def spare_runs(coverage: pd.DataFrame, requirement: pd.DataFrame, most: int = 1) -> list[Run]:
    """The runs with the most person-hours to spare, marked where only a minimum keeps people there."""
    marked = coverage
    if "minimum" in requirement:
        least = requirement[["queue", "start", "agents", "minimum"]]
        marked = coverage.merge(least, on=["queue", "start"], how="left")
        marked["bound"] = (marked["minimum"] > 0) & (marked["agents"] <= marked["minimum"])
    return sorted(_runs(marked, marked["gap"] >= 0.75), key=lambda run: -run.hours)[:most]


def _runs(coverage: pd.DataFrame, chosen: pd.Series) -> list[Run]:
    found = []
    for queue, rows in coverage.assign(chosen=chosen.to_numpy()).groupby("queue"):
        fresh = (rows["chosen"] != rows["chosen"].shift()) | (rows["start"] != rows["end"].shift())
        for _, run in rows[rows["chosen"]].groupby(fresh.cumsum()[rows["chosen"]]):
            found.append(_run(str(queue), run))
    return found


def _run(queue: str, rows: pd.DataFrame) -> Run:
    hours = (rows["end"] - rows["start"]).dt.total_seconds() / 3600
    gap = rows["gap"]
    weight = rows["offered"].fillna(0.0) + 1e-9 if "offered" in rows else hours
    level = rows["service_level"] if "service_level" in rows else pd.Series(np.nan, index=rows.index)
    return Run(
        queue=queue,
        start=rows["start"].iloc[0],
        end=rows["end"].iloc[-1],
        people=float(gap.min() if gap.iloc[0] < 0 else gap.max()),
        hours=float((gap * hours).sum()),
        service_level=float(np.average(level, weights=weight)),
        minimum=bool(rows["bound"].mean() > 0.5) if "bound" in rows else False,
    )
