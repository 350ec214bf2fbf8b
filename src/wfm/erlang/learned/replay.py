"""A past period played again with the agents that were there: the service that the queueing model would have given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import seconds
from wfm.erlang import transient
from wfm.erlang.formulas import erlang_a
from wfm.erlang.formulas.arguments import Array
from wfm.erlang.learned.patience import column, counts_of, excluded
from wfm.errors import DataError, SettingError
from wfm.tables import HISTORY, ROSTER, check, with_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What came, who was there and what was answered in time, interval by interval.

    `lost` is nan where hang-ups were not counted; `stretch` numbers the runs of intervals without a gap.
    """

    starts: pd.DatetimeIndex
    ends: pd.DatetimeIndex
    offered: Array
    met: Array
    lost: Array
    agents: Array
    aht: Array
    width: Array
    within: Array
    stretch: npt.NDArray[np.int64]

    @property
    def day(self) -> npt.NDArray[np.int64]:
        """Number of the day of every interval, from 0."""
        return np.unique(self.starts.normalize(), return_inverse=True)[1].astype(np.int64)

    def only(self, rows: npt.NDArray[np.bool_]) -> Past:
        """Some of the intervals."""
        names = ("offered", "met", "lost", "agents", "aht", "width", "within", "stretch")
        values: dict[str, Any] = {name: getattr(self, name)[rows] for name in names}
        return replace(self, starts=self.starts[rows], ends=self.ends[rows], **values)

    def steady(self, efficiency: float, patience: float, count: Array | None = None) -> tuple[Array, Array]:
        """Contacts answered in time and lost by each interval's own steady state, at the counts that came."""
        number = self.offered if count is None else count
        agents, load = self.agents * efficiency, number * self.aht / self.width
        level = erlang_a.service_level(agents, load, aht=self.aht, patience=patience, within=self.within)
        lost = erlang_a.abandon_rate(agents, load, aht=self.aht, patience=patience)
        return number * np.asarray(level), number * np.asarray(lost)

    def unbent(self, efficiency: float, patience: float) -> tuple[Array, Array]:
        """The same, freed from the bend: a count is no rate but a draw of it, and service is not straight in the rate.

        `2 s(N) - [s(N + sqrt N) + s(N - sqrt N)] / 2` has the mean s(rate) over N, to the second order.
        """
        step = np.sqrt(self.offered)
        middle = self.steady(efficiency, patience)
        above = self.steady(efficiency, patience, self.offered + step)
        below = self.steady(efficiency, patience, np.maximum(self.offered - step, 0.0))
        met, lost = (2 * m - (a + b) / 2 for m, a, b in zip(middle, above, below, strict=True))
        return met, lost

    def exact(self, efficiency: float, patience: float) -> tuple[Array, Array]:
        """Answered in time and lost by the exact time-varying queue; between whole agents by the line."""
        met, lost = np.zeros(len(self.offered)), np.zeros(len(self.offered))
        for number in np.unique(self.stretch):
            rows = np.flatnonzero(self.stretch == number)
            met[rows], lost[rows] = self._exact_stretch(rows, efficiency, patience)
        return met, lost

    def _exact_stretch(self, rows: npt.NDArray[np.int64], efficiency: float, patience: float) -> tuple[Array, Array]:
        agents = np.round(self.agents[rows] * efficiency, 6)
        low = np.floor(agents)
        part = agents - low
        found = []
        for staff in (low, low + 1) if part.any() else (low,):
            table = transient.performance(
                self.offered[rows],
                staff,
                interval=float(self.width[rows[0]]),
                aht=self.aht[rows],
                patience=patience,
                within=float(self.within[rows[0]]),
            )
            met = self.offered[rows] * table["service_level"].to_numpy(dtype=float)
            found.append((met, table["abandoned"].to_numpy(dtype=float)))
        if len(found) == 1:
            return found[0]
        (met, lost), (met_above, lost_above) = found
        return met + part * (met_above - met), lost + part * (lost_above - lost)


def past_of(history: pd.DataFrame, *, roster: pd.DataFrame | None, aht: Any, within: Any) -> Past:
    """The past as arrays: only intervals where all that is needed is known.

    Parameters
    ----------
    history : table         One queue: offered, answered_within (or service_level, a share of the offered), within, aht,
                            staffed.
    roster : table          In the place of `staffed`: who worked when.
    aht, within : [s]       Where history has none.
    """
    table = with_end(check(history, HISTORY))
    queues = table["queue"].unique()
    if len(queues) != 1:
        raise DataError(
            f"history must be of one queue to be replayed, got {len(queues)}: call once for each.",
            table="history",
            column="queue",
        )
    offered = column(table, "offered")
    values = {
        "offered": offered,
        "met": _met(table, offered),
        "agents": column(table, "staffed") if roster is None else staff_of(roster, table),
        "aht": _or(column(table, "aht"), aht, "aht"),
        "width": (table["end"] - table["start"]).dt.total_seconds().to_numpy(dtype=float),
        "within": _or(column(table, "within"), within, "within"),
    }
    known = np.all([np.isfinite(v) for v in values.values()], axis=0) & (values["aht"] > 0) & ~excluded(table)
    known &= (values["met"] <= values["offered"] + 1e-9) & ((values["agents"] > 0) | (offered > 0))
    if not known.any():
        missing = next((name for name, v in values.items() if not np.isfinite(v).any()), "a complete row")
        names = {"met": "answered_within or service_level", "agents": "staffed (or give roster=)"}
        raise DataError(
            f"history cannot be replayed: it has no {names.get(missing, missing)}. Needed by interval: offered, "
            "answered_within, within, aht and staffed.",
            table="history",
        )
    starts, ends = (pd.DatetimeIndex(table[name])[known] for name in ("start", "end"))
    lost = counts_of(table)[1] if {"answered", "abandoned"} & set(table.columns) else np.full(len(table), np.nan)
    mine = {name: v[known] for name, v in values.items()}
    breaks = (starts[1:] != ends[:-1]) | (np.diff(mine["width"]) != 0) | (np.diff(mine["within"]) != 0)
    stretch = np.concatenate([[0], np.cumsum(breaks)]).astype(np.int64)
    return Past(starts=starts, ends=ends, lost=lost[known], stretch=stretch, **mine)


def _met(table: pd.DataFrame, offered: Array) -> Array:
    met = column(table, "answered_within")
    return np.where(np.isnan(met), offered * column(table, "service_level"), met)


def _or(values: Array, stated: Any, name: str) -> Array:
    return values if stated is None else np.where(np.isnan(values), seconds(stated, name=name), values)


def staff_of(roster: pd.DataFrame, intervals: pd.DataFrame) -> Array:
    """Mean number of people at work in each interval of one queue, from a roster; pools are shared evenly.

    >>> roster = pd.DataFrame({"agent": ["a", "b"], "start": pd.Timestamp("2026-11-21 08:00"), "activity": "work",
    ...     "end": pd.to_datetime(["2026-11-21 09:00", "2026-11-21 08:15"]), "paid": True, "queue": "voice"})
    >>> starts = pd.date_range("2026-11-21 08:00", periods=2, freq="30min")
    >>> staff_of(roster, pd.DataFrame({"queue": "voice", "start": starts, "end": starts + pd.Timedelta("30min")}))
    array([1.5, 1. ])
    """
    table = check(roster, ROSTER)
    queue = str(intervals["queue"].iloc[0])
    work = table[table["activity"] == "work"]
    weight = np.ones(len(work))
    if "queue" in work:
        pools = [None if pd.isna(name) else str(name).split("|") for name in work["queue"]]
        weight = np.array([1.0 if p is None else (1 / len(p) if queue in p else 0.0) for p in pools])
    if not weight.any():
        raise SettingError(f"roster has nobody at work on queue {queue!r}.", name="roster", value=queue)
    begin, end = (intervals[name].to_numpy().astype("datetime64[ns]").astype(np.int64) for name in ("start", "end"))
    total = np.zeros(len(intervals))
    for name, sign in (("end", -1.0), ("start", 1.0)):
        # time after an edge within each interval, summed over people: the start gives, the end takes
        edge = work[name].to_numpy().astype("datetime64[ns]").astype(np.int64)
        order = np.argsort(edge, kind="stable")
        edge, w = edge[order], weight[order]
        sums = np.concatenate([[0.0], np.cumsum(w)])
        moments = np.concatenate([[0.0], np.cumsum(w * (edge - begin[0]))])
        before, until = np.searchsorted(edge, begin, side="right"), np.searchsorted(edge, end, side="left")
        inside = (sums[until] - sums[before]) * (end - begin[0]) - (moments[until] - moments[before])
        total += sign * (sums[before] * (end - begin) + inside)
    return np.asarray(np.round(total / (end - begin), 9))
