"""A plan as its review needs it: from the plan itself, from its folder, or from a published version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.calendars import Calendar
from wfm.errors import DataError
from wfm.plan import WeekPlan
from wfm.queues import Queue
from wfm.tables import interval_of
from wfm.versions import Published, Run, latest, read_run
from wfm.versions.published import MANIFEST, read_csv_table, read_version

TABLES = ("forecast", "paths", "requirement", "coverage", "promise")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What was known and promised when the plan was made.

    Attributes
    ----------
    title : str             draft 1, version 2.
    reading : mapping       queue -> how its history was read: columns, absent, stamps.
    """

    name: str
    title: str
    start: pd.Timestamp
    end: pd.Timestamp
    calendar: Calendar
    queues: Mapping[str, Queue]
    forecast: pd.DataFrame
    paths: pd.DataFrame
    requirement: pd.DataFrame
    coverage: pd.DataFrame
    promise: pd.DataFrame
    timezone: str | None = None
    reading: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def interval(self) -> float:
        """Width of the plan's intervals [s]."""
        return interval_of(self.requirement)


def planned(source: WeekPlan | Published | str | Path) -> Planned:
    """The plan to review; of a folder the last published version, and its draft where nothing was published.

    Raises DataError where the folder holds no plan, or a plan without coverage.
    """
    found = _of_plan(source) if isinstance(source, WeekPlan) else _of_run(*_run_of(source))
    if found.coverage.empty:
        raise DataError(f"{found.name} has no coverage: neither shifts nor people were planned. Nothing to review.")
    return found


def _of_plan(plan: WeekPlan) -> Planned:
    return Planned(
        name=plan.name,
        title=f"draft {plan.version}",
        start=plan.start,
        end=plan.end,
        calendar=plan.calendar,
        queues=plan.queues,
        timezone=plan.timezone,
        **{name: getattr(plan, name) for name in TABLES},
    )


def _run_of(source: Published | str | Path) -> tuple[Run, str]:
    if isinstance(source, Published):
        return source.run, f"version {source.version}"
    folder = Path(source)
    version = read_version(folder) if (folder / MANIFEST).is_file() else latest(folder)
    if version is not None:
        return version.run, f"version {version.version}"
    run = read_run(folder)
    return run, f"draft {run.record['draft']}"


def _of_run(run: Run, title: str) -> Planned:
    known = run.record["tables"]
    tables = {name: read_csv_table(run, name) if name in known else pd.DataFrame() for name in TABLES}
    return Planned(
        name=str(run.record["name"]),
        title=title,
        start=run.start,
        end=run.end,
        calendar=Calendar(months=run.record["months"]),
        queues=run.queues,
        timezone=run.record["timezone"],
        reading={name: part["reading"] for name, part in run.record["queues"].items()},
        **tables,
    )
