"""Absences as rows of the roster: leave with the hours it credits, trainings and meetings at their time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import pandas as pd

from wfm.errors import WfmWarning
from wfm.schedule.people.people import Contract, People
from wfm.schedule.rules.rule import weekend_of

DAY = pd.Timedelta(days=1)
MORNING = pd.Timedelta(hours=8)
COLUMNS = ("agent", "start", "end", "activity", "paid", "shift", "queue")


def absence_rows(people: People, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """The rows of a roster that stand for absences between two days; `off` and `only` leave no row.

    A day of leave is a row of the contract's usual day (fewer hours where the leave is shorter), for at most the usual
    days of a week, working days before weekend days: what it credits is what it shows.
    """
    assert people.availability is not None
    away = people.availability
    away = away[(away["start"] < last) & (away["end"] > first)]
    rows: list[tuple[object, ...]] = []
    contracts = people.contract_of
    for agent, own in away.groupby("agent", sort=True):
        leave = own[own["kind"] == "leave"]
        rows += [(agent, *row) for row in _leave(leave, contracts[str(agent)], people, first, last)]
        taken = own[own["kind"].isin(["leave", "off"])]
        rows += [(agent, *row) for row in _meetings(own[own["kind"].isin(["training", "meeting"])], taken, str(agent))]
    return as_roster(rows)


def as_roster(rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """Rows of (agent, start, end, activity, paid, shift, queue) as a roster table, typed even where there are none."""
    table = pd.DataFrame(list(rows), columns=list(COLUMNS))
    table = table.astype({"agent": object, "activity": object, "shift": object, "queue": object, "paid": bool})
    for name in ("start", "end"):
        table[name] = pd.to_datetime(table[name])
    for name in ("shift", "queue"):
        table[name] = table[name].where(table[name].notna(), None)
    return table.sort_values(["agent", "start"], kind="stable").reset_index(drop=True)


def _leave(
    leave: pd.DataFrame, contract: Contract, people: People, first: pd.Timestamp, last: pd.Timestamp
) -> Iterator[tuple[object, ...]]:
    days: dict[pd.Timestamp, tuple[pd.Timestamp, pd.Timestamp, bool]] = {}
    for start, end, paid in zip(leave["start"], leave["end"], leave["paid"], strict=True):
        for day in pd.date_range(
            max(start.normalize(), first), min(end - pd.Timedelta(seconds=1), last - DAY), freq="D"
        ):
            days.setdefault(day, (max(start, day), min(end, day + DAY), bool(paid)))
    if not days:
        return
    table = pd.DataFrame({"day": sorted(days)})
    table["week"] = [people.calendar.week_of(day) for day in table["day"]]
    table["rest"] = weekend_of(table["day"], people.calendar.weekend).notna()
    ranked = table.sort_values(["week", "rest", "day"], kind="stable")
    kept = ranked[ranked.groupby("week").cumcount() < contract.usual_days]
    for day in sorted(kept["day"]):
        begin, until, paid = days[day]
        length = min(pd.Timedelta(hours=contract.usual_day), until - begin)
        if length > pd.Timedelta(0):
            start = min(max(begin, day + MORNING), until - length)
            yield start, start + length, "leave", paid, None, None


def _meetings(meetings: pd.DataFrame, taken: pd.DataFrame, agent: str) -> Iterator[tuple[object, ...]]:
    reached = None
    for start, end, kind, paid in zip(
        meetings["start"], meetings["end"], meetings["kind"], meetings["paid"], strict=True
    ):
        met = ((taken["start"] < end) & (taken["end"] > start)).any()
        if met or (reached is not None and start < reached):
            what = "leave or off time" if met else "another training or meeting"
            warnings.warn(
                f"{kind} of {agent} on {start:%Y-%m-%d %H:%M} falls on {what} and is left out. Move it or "
                "take one of them away.",
                WfmWarning,
                stacklevel=2,
            )
            continue
        reached = end
        yield start, end, kind, bool(paid), None, None
