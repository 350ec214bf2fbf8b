"""What came: histories read as the plan's own were, and who was there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.errors import DataError, listed
from wfm.evaluation.presence import coverage_of, table_of
from wfm.history import inspect_history, read_table
from wfm.history.sheets import open_sheet
from wfm.queues import BY_DEADLINE
from wfm.review.planned import Planned
from wfm.tables import REQUIREMENT, ROSTER

_HOW = ("columns", "dates", "outcomes", "sheet")  # what one file of all queues is read by
COLUMNS = ("offered", "answered", "abandoned", "answered_within", "within", "aht", "asa", "staffed")


def read_actuals(plan: Planned, source: Any) -> tuple[pd.DataFrame, list[str]]:
    """The history of the plan's days in the plan's intervals, and what is doubtful about it.

    Parameters
    ----------
    source : path, DataFrame or {queue: path or DataFrame}

    Raises
    ------
    DataError       No queue of the plan is in the data, or no interval of the plan; a file of several queues must name
                    them.
    """
    notes: list[str] = []
    tables = []
    for name, one in _sources(plan, source).items():
        how = plan.reading.get(name, {})
        target, waits = plan.queues[name].target, plan.queues[name].channel in BY_DEADLINE
        reading = inspect_history(
            one,
            columns=how.get("columns") or None,
            queue=name,
            timezone=plan.timezone,
            interval=plan.interval,
            absent=how.get("absent", "auto"),
            stamps=how.get("stamps", "start"),
            calendar=plan.calendar,
            dates=how.get("dates"),
            outcomes=how.get("outcomes") or None,
            sheet=_sheet(one, how),
            hours=plan.queues[name].hours if waits else None,
            outside="wait" if waits else "leave out",
            within=60.0 if target is None else target.within,
        )
        notes += reading.doubts
        inside = (reading.history["start"] >= plan.start) & (reading.history["start"] < plan.end)
        tables.append(reading.history[inside])
    found = pd.concat(tables, ignore_index=True)
    if found["offered"].notna().sum() == 0:
        raise DataError(
            f"the actual data hold nothing of the plan's days, {plan.start:%Y-%m-%d} until {plan.end:%Y-%m-%d}. Give "
            "the history of the planned days.",
            table="history",
            column="start",
        )
    lacking = [name for name in plan.queues if name not in set(found["queue"])]
    notes += [f"no actual data of queue {name}" for name in lacking]
    return found.reindex(columns=["queue", "start", "end", *COLUMNS]), notes


def _sources(plan: Planned, source: Any) -> dict[str, Any]:
    """The data of each queue that is in them."""
    names = tuple(plan.queues)
    if isinstance(source, Mapping):
        strange = [str(name) for name in source if name not in names]
        if strange:
            raise DataError(f"actuals name the unknown queue {listed(strange)}; the plan has {listed(names)}.")
        return dict(source)
    if len(names) == 1:
        return {names[0]: source}
    how = {key: part[key] for part in plan.reading.values() for key in _HOW if part.get(key)}
    history = inspect_history(
        source,
        columns=how.get("columns"),
        dates=how.get("dates"),
        outcomes=how.get("outcomes"),
        sheet=_sheet(source, how),
        timezone=plan.timezone,
        calendar=plan.calendar,
    ).history
    there = [name for name in names if name in set(history["queue"])]
    if not there:
        raise DataError(
            f"the actual data must name the queue of each row, one of {listed(names)}; they have "
            f"{listed(history['queue'].unique())}. Add the column, or give one file for each queue.",
            table="history",
            column="queue",
        )
    return dict.fromkeys(there, source)


def _sheet(source: Any, how: Mapping[str, Any]) -> str | None:
    """The sheet that the plan's own history was read from, if the actuals are a workbook too."""
    return how.get("sheet") if isinstance(source, (str, Path)) and Path(source).suffix == ".xlsx" else None


def read_attendance(plan: Planned, source: Any) -> pd.DataFrame:
    """Agents who came by queue and interval: queue, start, came.

    Parameters
    ----------
    source : path or DataFrame      queue, start, agents (who were on contacts); or a roster of the hours that people
                                    really worked: agent, start, end, activity, paid, queue.
    """
    if "agent" in open_sheet(source).cells.columns:
        roster = table_of(read_table(source, ROSTER, calendar=plan.calendar))
        found = coverage_of(roster, plan.requirement)
        return found[["queue", "start", "rostered"]].rename(columns={"rostered": "came"})
    table = read_table(source, REQUIREMENT, calendar=plan.calendar)
    return table[["queue", "start", "agents"]].rename(columns={"agents": "came"})
