"""The demo: a synthetic bank's files as a planner would hold them, and two weeks to plan."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.datasets import Bank, bank
from wfm.events import Event
from wfm.plan.output import csv_bytes, write_atomically

WEEKS = {"ordinary": "2026-11-14", "month-start": "2026-11-21"}
PREVIOUS = {"ordinary": "roster_last_week.csv", "month-start": "ordinary-plan/tables/roster.csv"}
LEFT_BY = {"month-start": "ordinary-plan"}  # the plan of which tickets are still open
HISTORY_UNTIL = "2026-11-07"
TARGET = {
    "share": 0.80,
    "within": "60s",
    "abandoned": "lost",
    "scope": "day",
    "floor": 0.60,
    "max_abandon": 0.05,
    "confidence": 0.80,
}


def write_demo(folder: Path, *, seed: int = 0) -> list[Path]:
    """The bank's CSV files and one week file for each demo week; returns the week files."""
    import yaml

    found = bank(seed, until=HISTORY_UNTIL)
    for name, table in demo_tables(found).items():
        write_atomically(folder / f"{name}.csv", csv_bytes(table))
    written = []
    for name, start in WEEKS.items():
        text = yaml.safe_dump(demo_week(found, name, start), sort_keys=False, allow_unicode=True, width=120)
        path = folder / f"{name}.yaml"
        write_atomically(path, text.encode())
        written.append(path)
    return written


def demo_tables(found: Bank) -> dict[str, pd.DataFrame]:
    """What the bank's planner holds, by file name."""
    history = found.history.drop(columns="end").rename(columns={"offered": "Calls offered", "aht": "AHT"})
    tables = {f"history_{queue}": rows for queue, rows in history.groupby("queue")}
    holidays = pd.DataFrame([(day, name) for day, name in found.calendar.holidays.items()], columns=["date", "name"])
    week = found.rosters["start"] >= found.rosters["start"].max().normalize() - pd.Timedelta(days=9)
    return {str(name): table for name, table in tables.items()} | {
        "holidays": holidays,
        "agents": found.agents,
        "absences": found.absences,
        "wishes": found.wishes,
        "roster_last_week": found.rosters[week],
    }


def demo_week(found: Bank, name: str, start: str) -> dict[str, Any]:
    """The week's file as a dict."""
    return {
        "name": f"Blue bank, {name} week",
        "timezone": "Asia/Tehran",
        "interval": "30min",
        "week_start": "sat",
        "calendar": {
            "months": "solar-hijri",
            "weekend": ["thu", "fri"],
            "holidays": "holidays.csv",
            "seasons": {
                season: [[str(first.date()), str(last.date())] for first, last in spans]
                for season, spans in found.calendar.seasons.items()
            },
        },
        "queues": {queue: _queue(queue, LEFT_BY.get(name)) for queue in ("voice", "chat", "tickets")},
        "streams": {"live": ["voice", "chat"]},
        "events": [_event(event) for event in found.events],
        "shifts": dict(found.shifts),
        "contracts": dict(found.contracts),
        "people": {"agents": "agents.csv", "absences": "absences.csv", "wishes": "wishes.csv"},
        "plan": {
            "start": start,
            "weeks": 1,
            "history_until": HISTORY_UNTIL,
            "previous": PREVIOUS[name],
            "time_limit": 3,
            "seed": 1,
        },
        "output": {"folder": f"{name}-plan", "formats": formats_here()},
    }


def formats_here() -> list[str]:
    """The formats that the installed extras can write; CSV always."""
    needed = {"xlsx": "xlsxwriter", "ics": "icalendar", "html": "jinja2"}
    return ["csv", *(word for word, package in needed.items() if find_spec(package) is not None)]


def _queue(name: str, before: str | None = None) -> dict[str, Any]:
    part: dict[str, Any] = {
        "history": f"history_{name}.csv",
        "columns": {"offered": "Calls offered", "aht": "AHT"},
        "hours": "24x7",
        "shrinkage": {"unplanned": 0.06},
    }
    if name == "tickets":
        part |= {
            "channel": "deferred",
            "classes": {"urgent": "2h", "normal": "24h"},
            "class_shares": {"urgent": 0.1, "normal": 0.9},
        }
        return part | ({"backlog": before} if before else {})
    part |= {"channel": name, "patience": "fit", "target": dict(TARGET), "min_agents": {"all": 1, "22:00-07:00": 2}}
    return part | ({"concurrency": 3} if name == "chat" else {})


def _event(event: Event) -> dict[str, Any]:
    part: dict[str, Any] = {"kind": event.kind, "name": event.name, "start": str(event.start)}
    if event.end is not None:
        part["end"] = str(event.end)
    part["queues"] = list(event.queues)
    if event.size is not None:
        part["size"] = event.size
    if event.delay:
        part["delay"] = event.delay
    return part
