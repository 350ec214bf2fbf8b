"""One requirement for all channels: those who wait now, and the work that fills their troughs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from wfm.durations import seconds
from wfm.erlang.deferred.tickets import ticket_requirement
from wfm.erlang.formulas.arguments import Array
from wfm.errors import DataError
from wfm.tables import REQUIREMENT, WORK, check, empty, with_end


def requirement_of_all(
    live: Sequence[pd.DataFrame],
    work: pd.DataFrame | None = None,
    *,
    interval: Any,
    open_starts: Mapping[str, pd.DatetimeIndex] | None = None,
    occupancy: float = 0.9,
    shrinkage: Any = 0.0,
    promise: Any = 1.0,
    overdue_within: Any = "8h",
    spare: pd.DataFrame | None = None,
    staffed: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The requirement of all queues: live rows as they are, and for deferrable work the fewest agents beyond them.

    Deferrable queues are placed one after the other, the tightest deadlines first; each fills the troughs of all that
    is placed before it, and what idle time is left.

    Parameters
    ----------
    live : sequence of tables   Requirements that stand: voice, chat, messages, lines with callbacks, given ones.
    work : table                Work of one or several queues: tickets, messages promised in hours, callbacks, derived
                                work (`work`, `derived_work`); stack them with `pd.concat`.
    interval : float [s]        Width of the intervals.
    open_starts : mapping       Queue -> open intervals of its work; other queues work in all intervals of `live`.
    occupancy : float           Share of the agents' time that is spent on deferrable work, in (0, 1].
    shrinkage : Shrinkage       Or the unplanned share, or queue -> one of both.
    promise : float             Share of the work that must be done in time; or queue -> share; or queue -> {class:
                                share}.
    overdue_within              As in `ticket_requirement`.
    spare : table               start and spare [erlangs], such as `spare_capacity` gives; rows of queues add up.
    staffed : table             start and agents that are there anyway, on nothing else (a back office); their time is
                                spare too.

    Returns
    -------
    table requirement           All queues: `method` says how each was found; `deferrable` how many
                                of the agents are on work that may be placed elsewhere within its deadlines, 0 for live.

    >>> starts = pd.date_range("2026-11-21 08:00", periods=2, freq="h")
    >>> voice = pd.DataFrame({"queue": "voice", "start": starts, "agents": [10.0, 6.0], "method": "stationary"})
    >>> todo = pd.DataFrame({"queue": ["tickets", "reviews"], "release": starts[0], "agent_hours": [2.0, 4.0],
    ...                      "due": [starts[0] + pd.Timedelta("1h"), starts[0] + pd.Timedelta("2h")]})
    >>> requirement_of_all([voice], todo, interval=3600, occupancy=1)[["queue", "agents", "deferrable", "method"]]
         queue  agents  deferrable      method
    0  reviews     0.0         0.0   deadlines
    1  reviews     4.0         4.0   deadlines
    2  tickets     2.0         2.0   deadlines
    3  tickets     0.0         0.0   deadlines
    4    voice    10.0         0.0  stationary
    5    voice     6.0         0.0  stationary
    """
    width = seconds(interval, name="interval")
    standing = [_marked(table, width) for table in live]
    todo = empty(WORK) if work is None else check(work, WORK)
    names = _tightest_first(todo)
    _refuse_doubled(standing, names)
    free = _free(spare, staffed, occupancy)
    everywhere = pd.DatetimeIndex(sorted(set().union(*(set(table["start"]) for table in standing))))
    placed: dict[str, pd.DataFrame] = {}
    for name in names:
        mine = todo[todo["queue"] == name].reset_index(drop=True)
        starts = pd.DatetimeIndex((open_starts or {}).get(name, everywhere)).sort_values()
        found = ticket_requirement(
            mine,
            starts,
            interval=width,
            occupancy=occupancy,
            shrinkage=_of(shrinkage, name, 0.0),
            beside=_at(starts, [*standing, *placed.values()], "agents"),
            spare=free.reindex(starts).fillna(0.0).to_numpy(dtype=float),
            promise=_of(promise, name, 1.0),
            overdue_within=overdue_within,
        )
        if len(found):
            used = pd.Series(found["in_idle"].to_numpy(), index=starts)
            free = (free - used.reindex(free.index).fillna(0.0)).clip(lower=0.0)
        placed[name] = found
    tables = [*standing, *(table for table in placed.values() if len(table))]
    if not tables:
        raise DataError("there is neither a live requirement nor work: no requirement follows.", table="requirement")
    return check(pd.concat(tables, ignore_index=True), REQUIREMENT)


def _marked(table: pd.DataFrame, width: float) -> pd.DataFrame:
    """A requirement that stands, with its method and what of it is deferrable."""
    found = with_end(check(table, REQUIREMENT), width)
    method = found["method"].fillna("given") if "method" in found else "given"
    deferrable = found["deferrable"].fillna(0.0) if "deferrable" in found else 0.0
    return found.assign(method=method, deferrable=deferrable)


def _refuse_doubled(standing: Sequence[pd.DataFrame], names: Sequence[str]) -> None:
    known = [str(queue) for table in standing for queue in table["queue"].unique()] + list(names)
    doubled = [name for name in known if known.count(name) > 1]
    if doubled:
        raise DataError(
            f"queue {doubled[0]!r} comes twice; give each queue one requirement, and its deferrable work a name of "
            "its own.",
            table="requirement",
            column="queue",
        )


def _tightest_first(todo: pd.DataFrame) -> list[str]:
    """Queues by the mean time that their work allows."""
    time = (todo["due"] - todo["release"]).dt.total_seconds() * todo["agent_hours"]
    sums = pd.DataFrame({"queue": todo["queue"].astype(str), "time": time, "hours": todo["agent_hours"]})
    total = sums.groupby("queue", sort=False).sum()
    mean = (total["time"] / total["hours"].clip(lower=1e-12)).to_dict()
    return sorted((str(name) for name in mean), key=lambda name: float(mean[name]))


def _free(spare: pd.DataFrame | None, staffed: pd.DataFrame | None, occupancy: float) -> pd.Series:
    """Handling that idle time allows by start [erlangs]."""
    parts = []
    for table, column, scale in ((spare, "spare", 1.0), (staffed, "agents", occupancy)):
        if table is None:
            continue
        missing = [name for name in ("start", column) if name not in table]
        if missing:
            raise DataError(f"{column} needs the columns start and {column}; missing {missing[0]!r}.", table=column)
        parts.append(table.groupby("start")[column].sum() * scale)
    if not parts:
        return pd.Series(dtype=float)
    return pd.Series(pd.concat(parts).groupby(level=0).sum())


def _at(starts: pd.DatetimeIndex, tables: Sequence[pd.DataFrame], column: str) -> Array:
    """Sum over tables by start."""
    total = np.zeros(len(starts))
    for table in tables:
        if len(table):
            by_start = table.groupby("start")[column].sum()
            total += by_start.reindex(starts).fillna(0.0).to_numpy(dtype=float)
    return total


def _of(value: Any, queue: str, usual: Any) -> Any:
    return value.get(queue, usual) if isinstance(value, Mapping) else value
