"""Who is there: agents as counts by interval, or as people with windows of work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.attendance import who_comes
from wfm.checks import fraction
from wfm.erlang.formulas.arguments import Array, Numbers, amount
from wfm.erlang.simulation.demand import Grid
from wfm.erlang.staffing.attendance import draw_attendance
from wfm.errors import DataError, SettingError

Whole = npt.NDArray[np.int64]
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Agents by interval [replications or 1 x intervals]. Where they fall, idle agents leave first."""

    grid: Grid
    agents: Whole

    @property
    def changes(self) -> Whole:
        """Intervals at whose start the number changes on any replication, the first included."""
        moved = np.any(self.agents[:, 1:] != self.agents[:, :-1], axis=0)
        return np.concatenate([[0], np.flatnonzero(moved) + 1])

    def staffed(self) -> Array:
        """Agent-seconds by interval [replications or 1 x intervals]."""
        return np.asarray(self.agents * self.grid.width, dtype=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Spells of work [start, end) of people, in seconds of the grid; who does not come misses all of a line's windows.

    `present` [replications or 1 x windows] says who came. Windows of one person do not touch or overlap.
    """

    grid: Grid
    start: Array
    end: Array
    person: Whole
    present: npt.NDArray[np.bool_]

    def staffed(self) -> Array:
        """Agent-seconds by interval [replications or 1 x intervals]."""
        edges = np.arange(self.grid.count + 1) * self.grid.width
        before = np.clip(edges - self.start[:, None], 0.0, (self.end - self.start)[:, None])
        return np.asarray(self.present @ np.diff(before, axis=1), dtype=float)


Crew = Counts | Windows


def crew_of(
    agents: Numbers | pd.DataFrame, grid: Grid, *, queue: str, unplanned: float, replications: int, seed: int
) -> Crew:
    """The crew from counts by interval, a table with `agents` by interval, or rows of a schedule or roster."""
    away = fraction(unplanned, name="unplanned", one=False)
    if isinstance(agents, pd.DataFrame) and "agents" not in agents:
        return _windows(agents, grid, queue, away, replications, seed)
    counts = _counts(agents, grid)
    if away == 0:
        return Counts(grid=grid, agents=counts[None, :])
    days = max(1, int(np.ceil(grid.length / _DAY)))
    attendance = draw_attendance(float(counts.max()), away, paths=replications, parts=days, seed=seed)
    part = (np.arange(grid.count) * grid.width // _DAY).astype(np.int64)
    come = np.floor(attendance.of(counts.astype(float), part)).astype(np.int64)
    return Counts(grid=grid, agents=come)


def _counts(agents: Numbers | pd.DataFrame, grid: Grid) -> Whole:
    if isinstance(agents, pd.DataFrame):
        if grid.start is None or "start" not in agents:
            raise DataError(
                "a table of agents needs the column start, and offered must be a table with times too. "
                "Give both as tables, or both as numbers.",
                column="start",
            )
        by_start = agents.set_index(pd.DatetimeIndex(agents["start"]))["agents"].astype(float)
        starts = grid.starts(grid.start)
        if by_start.index.has_duplicates or not starts.isin(by_start.index).all():
            raise DataError(
                "agents must have exactly one row for each interval of what is offered; got "
                f"{len(by_start)} row(s) for {grid.count} intervals from {grid.start}.",
                table="agents",
                column="start",
            )
        agents = by_start.reindex(starts).to_numpy(dtype=float)
    numbers = amount(agents, name="agents")
    if numbers.ndim > 1 or (numbers.ndim == 1 and len(numbers) != grid.count):
        raise SettingError(
            f"agents must be one number for each of the {grid.count} intervals, got the shape {numbers.shape}.",
            name="agents",
        )
    if np.any(numbers != np.round(numbers)):
        first = np.atleast_1d(numbers)[np.atleast_1d(numbers != np.round(numbers))][0]
        raise SettingError(
            f"agents must be whole numbers: an agent is there or not. Round; got {first:g}.", name="agents"
        )
    return np.broadcast_to(numbers, (grid.count,)).astype(np.int64)


def _windows(plan: pd.DataFrame, grid: Grid, queue: str, unplanned: float, replications: int, seed: int) -> Windows:
    """Rows of work as windows of people; absence is drawn once for a shift."""
    rows = _work_rows(plan, grid, queue)
    line, people, first = _lines(rows)
    day = np.asarray((first - first.min()).dt.days if len(first) else [], dtype=np.int64)
    come = who_comes(people, day, unplanned, paths=replications if unplanned else 1, seed=seed)
    times = (rows["people"].to_numpy(dtype=np.int64), line.to_numpy(dtype=np.int64))
    repeat = np.repeat(np.arange(len(rows)), times[0])
    number = np.arange(len(repeat)) - np.repeat(np.cumsum(times[0]) - times[0], times[0])
    who = rows["who"].to_numpy(dtype=np.int64)[repeat] * (int(times[0].max(initial=0)) + 1) + number
    start, end = (rows[name].to_numpy(dtype=float)[repeat] for name in ("from", "to"))
    present = number[None, :] < come[:, times[1][repeat]]
    order = np.lexsort((start, who))
    return _merged(grid, start[order], end[order], who[order], present[:, order])


def _work_rows(plan: pd.DataFrame, grid: Grid, queue: str) -> pd.DataFrame:
    """Rows of work with seconds of the grid, the one who does it, and how many people a row has."""
    missing = [name for name in ("start", "end") if name not in plan]
    if missing:
        raise DataError(
            f"agents must be a table with {missing[0]!r}: counts by interval, or rows of a schedule or roster.",
            table="agents",
            column=missing[0],
        )
    if grid.start is None:
        raise DataError(
            "windows of work need what is offered as a table with times: forecast, paths or contacts.", table="agents"
        )
    rows = plan
    if "activity" in rows:
        rows = rows[rows["activity"] == "work"]
    if "queue" in rows and queue in set(rows["queue"].dropna()):
        rows = rows[rows["queue"].isna() | (rows["queue"] == queue)]
    names = rows["agent"] if "agent" in rows else rows["shift"] if "shift" in rows else pd.Series(range(len(rows)))
    out = pd.DataFrame(
        {
            "who": pd.factorize(names.to_numpy())[0],
            "from": (rows["start"] - grid.start).dt.total_seconds().to_numpy(dtype=float),
            "to": (rows["end"] - grid.start).dt.total_seconds().to_numpy(dtype=float),
            "people": rows["people"].to_numpy(dtype=np.int64) if "people" in rows else 1,
            "begun": rows["start"].to_numpy(),
        }
    )
    return out[out["to"] > out["from"]].sort_values(["who", "from"]).reset_index(drop=True)


def _lines(rows: pd.DataFrame) -> tuple[pd.Series, Whole, pd.Series]:
    """Line of each row, its people and first day. Rows of one belong together until a gap of four hours."""
    gap = rows["from"] - rows.groupby("who")["to"].shift()
    line = ((gap.isna() | (gap > 4 * 3600)).cumsum() - 1).astype(np.int64)
    groups = rows.groupby(line)
    return line, groups["people"].max().to_numpy(dtype=np.int64), groups["begun"].min().dt.normalize()


def _merged(grid: Grid, start: Array, end: Array, who: Whole, present: npt.NDArray[np.bool_]) -> Windows:
    """Windows that touch made one: an agent who goes on does not leave."""
    fresh = np.ones(len(start), dtype=bool)
    fresh[1:] = (
        (who[1:] != who[:-1]) | (start[1:] > end[:-1] + 1e-6) | np.any(present[:, 1:] != present[:, :-1], axis=0)
    )
    if np.any(~fresh & (np.concatenate([[False], start[1:] < end[:-1] - 1e-6]))):
        raise DataError("rows of one person must not overlap in a schedule or roster.", table="agents", column="start")
    head = np.flatnonzero(fresh)
    last = np.append(head[1:], len(start)) - 1 if len(head) else head
    return Windows(
        grid=grid,
        start=start[head],
        end=end[last],
        person=np.unique(who[head], return_inverse=True)[1].astype(np.int64),
        present=present[:, head],
    )
