"""Who is on contacts in which interval, from the rows of a schedule or a roster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError
from wfm.tables import COVERAGE, ROSTER, SCHEDULE, check

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
CountsAs = Mapping[str, float | tuple[float, pd.Timestamp]]  # a share, or it and the day from which it is 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines of work of one queue against its intervals.

    Attributes
    ----------
    present : array [lines x intervals]     Share of the interval that the line is on contacts.
    people : array [lines]                  People of the line.
    counts_as : array [lines]               Agents that one of them counts as.
    day : array [lines]                     Number of the day on which the line starts.
    names : array [lines]                   What its people are known by in any plan: themselves, or their times.
    """

    present: Floats
    people: npt.NDArray[np.int64]
    counts_as: Floats
    day: npt.NDArray[np.int64]
    names: npt.NDArray[np.int64]

    @property
    def rostered(self) -> Floats:
        """Agents if everybody comes, by interval."""
        return np.asarray((self.people * self.counts_as) @ self.present, dtype=float)


def lines_of(plan: pd.DataFrame, queue: str, intervals: pd.DataFrame, counts_as: CountsAs | None = None) -> Lines:
    """The lines of a schedule or roster table that serve a queue."""
    rows = plan[(plan["activity"] == "work") & (plan["queue"].fillna(queue) == queue)]
    named = "agent" in plan.columns
    codes, keys, first = _line_codes(rows, named=named)
    people = np.ones(len(keys), dtype=np.int64) if named else rows["people"].to_numpy(dtype=np.int64)[first]
    begun = rows["start"].iloc[first].dt.normalize() if len(first) else rows["start"]
    weights = _weights(keys, begun, counts_as or {}) if named else np.ones(len(keys))
    origin = plan["start"].min().normalize() if len(plan) else pd.Timestamp(0)
    day = np.asarray((begun - origin).dt.days, dtype=np.int64)
    return Lines(
        present=_overlap(rows, codes, len(keys), intervals),
        people=people,
        counts_as=weights,
        day=day,
        names=_people_of(keys, begun) if named else _times_of(rows, codes, queue),
    )


def _people_of(agents: Sequence[object], days: pd.Series) -> Whole:
    """A number for each person and date."""
    whose = np.array([crc32(str(agent).encode()) for agent in agents], dtype=np.int64)
    return _told_apart(pd.util.hash_array(whose) + pd.util.hash_array(_seconds(days)))


def _times_of(rows: pd.DataFrame, codes: Whole, queue: str) -> Whole:
    """A number for the times that each line works."""
    times = pd.util.hash_array(_seconds(rows["start"])) ^ pd.util.hash_array(~_seconds(rows["end"]))
    found = np.full(int(codes.max(initial=-1)) + 1, crc32(queue.encode()), dtype=np.uint64)
    np.add.at(found, codes, pd.util.hash_array(times))
    return _told_apart(found)


def _told_apart(numbers: npt.NDArray[np.uint64]) -> Whole:
    """The same numbers, those that are alike counted through."""
    alike = pd.Series(numbers).groupby(numbers).cumcount().to_numpy(dtype=np.uint64)
    return np.asarray((numbers >> np.uint64(1)) + alike, dtype=np.int64)


def _seconds(times: pd.Series) -> Whole:
    return times.to_numpy().astype("datetime64[s]").astype(np.int64)


def _weights(agents: Sequence[object], days: pd.Series, counts_as: CountsAs) -> Floats:
    """What the agent of each line counts as on the day on which it starts."""
    own = [counts_as.get(str(agent), 1.0) for agent in agents]
    return np.array(
        [(1.0 if day >= w[1] else w[0]) if isinstance(w, tuple) else w for w, day in zip(own, days, strict=True)]
    )


def table_of(plan: object) -> pd.DataFrame:
    """The table of a Schedule, a Roster or a table of either kind; the queue is filled where there is one."""
    table = getattr(plan, "table", plan)
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"a plan must be a Schedule, a Roster or one of their tables, got {type(plan).__name__}.")
    checked = check(table, ROSTER if "agent" in table.columns else SCHEDULE)
    if "queue" not in checked:
        checked = checked.assign(queue=None)
    pools = checked["queue"].dropna().astype(str)
    if pools.str.contains("|", regex=False).any():
        first = pools[pools.str.contains("|", regex=False)].iloc[0]
        raise DataError(
            f"the plan's queue must be one queue a row, got {first!r}. Give each shift the queue that it "
            "serves: an agent serves one queue at a time.",
            table="roster",
            column="queue",
        )
    return checked


def _line_codes(
    rows: pd.DataFrame, *, named: bool
) -> tuple[npt.NDArray[np.int64], list[object], npt.NDArray[np.int64]]:
    """Line number of each row, the key of each line and its first row.

    Rows of an agent belong to one line until a gap of four hours: absence is drawn once a shift.
    """
    if rows.empty:
        return np.zeros(0, np.int64), [], np.zeros(0, np.int64)
    if named:
        ordered = rows.sort_values(["agent", "start"], kind="stable")
        fresh = (ordered["agent"] != ordered["agent"].shift()) | (
            ordered["start"] - ordered["end"].shift() > pd.Timedelta(hours=4)
        )
        line = pd.Series(fresh.cumsum() - 1, index=ordered.index).reindex(rows.index).to_numpy(dtype=np.int64)
    else:
        line = pd.factorize(rows["shift"])[0].astype(np.int64)
    _, first = np.unique(line, return_index=True)
    keys = rows["agent" if named else "shift"].to_numpy()[first].tolist()
    return np.asarray(line, dtype=np.int64), keys, first.astype(np.int64)


def _overlap(rows: pd.DataFrame, codes: npt.NDArray[np.int64], lines: int, intervals: pd.DataFrame) -> Floats:
    origin, second = intervals["start"].to_numpy()[0], np.timedelta64(1, "s")
    begin, end, start, until = (
        (values.to_numpy() - origin) / second
        for values in (rows["start"], rows["end"], intervals["start"], intervals["end"])
    )
    first = np.searchsorted(until, begin, side="right")
    last = np.maximum(np.searchsorted(start, end, side="left"), first)
    count = last - first
    row = np.repeat(np.arange(len(begin)), count)
    slot = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]
    shared = np.minimum(end[row], until[slot]) - np.maximum(begin[row], start[slot])
    present = np.zeros((lines, len(start)))
    np.add.at(present, (codes[row], slot), shared / (until - start)[slot])
    return present


def coverage_of(plan: pd.DataFrame, requirement: pd.DataFrame) -> pd.DataFrame:
    """Required and rostered people by queue and interval, without service."""
    column = "rostered" if "rostered" in requirement else "agents"
    tables = []
    for queue, rows in requirement.groupby("queue", sort=False):
        intervals = rows[["queue", "start", "end"]].reset_index(drop=True)
        rostered = lines_of(plan, str(queue), intervals).rostered
        required = rows[column].to_numpy(dtype=float)
        tables.append(intervals.assign(required=required, rostered=rostered, gap=rostered - required))
    return check(pd.concat(tables, ignore_index=True), COVERAGE)
