"""The week looked at again while it runs: what came, what will still come, and how many people that takes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.errors import DataError, WfmWarning, listed
from wfm.history.gaps import open_during
from wfm.history.waited import with_what_waited
from wfm.plan.demand import look_ahead
from wfm.plan.inputs import Inputs, how_read, read_inputs
from wfm.plan.need import staff
from wfm.queues import BY_DEADLINE
from wfm.settings import Week, read_week
from wfm.tables import HISTORY, check, with_end
from wfm.threads import one_thread

KEY = ["queue", "start"]
WEEKS_BEFORE = pd.Timedelta(weeks=4)
UNLIKELY = 20.0
"""Contacts from which it is next to impossible that none came by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What `update_week` returns: tables of what comes after `now`.

    Attributes
    ----------
    now : Timestamp             End of the last interval that came.
    forecast, paths : tables    After what came, and after the planner's adjustments.
    requirement : table         With `agents_planned` and `more` (agents beyond them) where a plan was handed in.
    """

    now: pd.Timestamp
    forecast: pd.DataFrame
    paths: pd.DataFrame
    requirement: pd.DataFrame


def update_week(
    source: str | Path | Mapping[str, Any],
    came: pd.DataFrame,
    *,
    history: Any = None,
    planned: pd.DataFrame | None = None,
) -> Updated:
    """Forecast and staff the rest of a running week from what has come of it.

    Whole days join history; of the last day its first hours tell of the rest as far as past days say they do.

    Parameters
    ----------
    source : path or dict   The week's file.
    came : history          queue, start, offered (aht, ...) of every queue since the plan's history ends, up to now.
    history                 As in `plan_week`.
    planned : requirement   What was planned, to be set beside.

    Raises
    ------
    SettingError, DataError     As `plan_week`; or `came` ends outside the week, or names a queue without history.
    """
    with one_thread():
        week = read_week(source)
        inputs = read_inputs(week, {"history": history})
        came = with_end(check(came, HISTORY).dropna(subset=["offered"]).reset_index(drop=True), week.spec.interval)
        now = _moment(came, week, inputs)
        today = came["start"].max().normalize()
        came = _while_open(came, week)
        _doubt_what_is_to_come(came[came["start"] >= today], inputs)
        inputs = _with_days(inputs, came[came["start"] < today])
        so_far = came.loc[came["start"] >= today, [*KEY, "offered"]].reset_index(drop=True)
        outlook = look_ahead(inputs, so_far if len(so_far) else None)
        forecast, paths = (t[t["start"] >= now].reset_index(drop=True) for t in (outlook.forecast, outlook.paths))
        need = staff(inputs, replace(outlook, forecast=forecast, paths=paths))
    rest = need.requirement[need.requirement["start"] >= now].reset_index(drop=True)
    return Updated(now=now, forecast=forecast, paths=paths, requirement=_beside(rest, planned))


def _moment(came: pd.DataFrame, week: Week, inputs: Inputs) -> pd.Timestamp:
    """When the last interval ended."""
    strange = sorted(set(came["queue"]) - set(inputs.histories))
    if came.empty or strange:
        got = f"queue {listed(strange)}, which has no history" if strange else "no row with contacts"
        raise DataError(
            f"came must hold contacts of queues that learn from a history, {listed(inputs.histories)}; got {got}.",
            table="came",
            column="queue",
        )
    now = pd.Timestamp(came["end"].max())
    if not week.start < now < week.end:
        raise DataError(
            f"came must end within the week, {week.start:%Y-%m-%d} to {week.end:%Y-%m-%d}, got {now:%Y-%m-%d %H:%M}.",
            table="came",
            column="start",
        )
    return now


def read_came(source: str | Path, week: Week) -> pd.DataFrame:
    """What came, from a table queue, start, offered; or the next file of the kind that a week's one history is.

    Raises
    ------
    DataError       It is neither.
    """
    from wfm.history import read_history, read_table

    learning = [name for name, part in week.spec.queues.items() if part.history is not None]
    how = how_read(week, learning[0]) if len(learning) == 1 else None
    try:
        return read_table(source, HISTORY)
    except DataError:
        if how is None:
            raise
    try:
        return read_history(source, **how)
    except DataError:  # a file of less: its columns by their own names, if they are well known
        return read_history(source, **how | {"columns": None})


def _while_open(came: pd.DataFrame, week: Week) -> pd.DataFrame:
    """What came within opening hours, as histories hold it: many systems write the zeros of the night as well."""
    parts = []
    for name, mine in came.groupby("queue"):
        queue, width = week.queues[str(name)], float((mine["end"] - mine["start"]).dt.total_seconds().iloc[0])
        if queue.channel in BY_DEADLINE:
            parts.append(with_what_waited(mine, queue.hours))
        else:
            parts.append(mine[open_during(pd.DatetimeIndex(mine["start"]), width, queue.hours)])
    return pd.concat(parts, ignore_index=True)


def _doubt_what_is_to_come(today: pd.DataFrame, inputs: Inputs) -> None:
    """Zeros at the end of a table, where many contacts were usual, are rather hours that are still to come."""
    last_contact = today.loc[today["offered"] > 0, "start"].max()
    quiet = today if pd.isna(last_contact) else today[today["start"] > last_contact]
    usual = 0.0
    for name, mine in quiet.groupby("queue"):
        known = inputs.histories[str(name)].dropna(subset=["offered"])
        known = known[known["start"] >= known["start"].max() - WEEKS_BEFORE]
        of_day = mine["start"] - mine["start"].dt.normalize()
        same = known["start"].dt.day_of_week.isin(mine["start"].dt.day_of_week.unique())
        mean = known[same].groupby(known["start"] - known["start"].dt.normalize())["offered"].mean()
        usual += float(mean.reindex(of_day).sum())
    if usual >= UNLIKELY:
        first, last = quiet["start"].min(), quiet["end"].max()
        warnings.warn(
            f"came holds no contact from {first:%a %d %b %H:%M} to {last:%H:%M}, where about {usual:,.0f} were usual: "
            "leave rows out that are still to come.",
            WfmWarning,
            stacklevel=4,
        )


def _with_days(inputs: Inputs, days: pd.DataFrame) -> Inputs:
    """The inputs with whole days added to the histories."""
    histories = {}
    for name, known in inputs.histories.items():
        mine = days[(days["queue"] == name) & (days["start"] > known["start"].max())]
        kept = [column for column in mine if column in known]
        histories[name] = pd.concat([known, mine[kept]], ignore_index=True) if len(mine) else known
    return replace(inputs, histories=histories)


def _beside(requirement: pd.DataFrame, planned: pd.DataFrame | None) -> pd.DataFrame:
    if planned is None:
        return requirement
    before = planned[[*KEY, "agents"]].rename(columns={"agents": "agents_planned"})
    both = requirement.merge(before, on=KEY, how="left")
    return both.assign(more=both["agents"] - both["agents_planned"])
