"""Which days of the history are unusual, by how much, and what they may have been."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import fraction
from wfm.durations import clock
from wfm.errors import DataError, listed
from wfm.forecast import Forecaster
from wfm.forecast.learned.curves import left_out
from wfm.forecast.learned.grid import DayGrid, day_grid
from wfm.forecast.learned.level import surprising_changes
from wfm.forecast.learned.queue_model import QueueModel
from wfm.suspects.answers import ALL_DAY, FROM_THEN_ON, SUSPECTS, read_answer
from wfm.suspects.hours import Run, Shapes, usual_shapes, worst_run
from wfm.tables import HISTORY, check, empty

Floats = npt.NDArray[np.float64]
_NEAR = 17  # days of the same weekday that tell what a day left out would have had
_SMALL = 1.2  # a smaller factor either way is not asked about
WEIGHTY = 10.0
"""A change of the level is asked about before single days that strayed by so many times as much."""
_CLOSED = 0.05  # of the expected contacts: nobody could reach the centre
_FEW = 20.0  # expected contacts below which a quiet day is chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """An unusual day: its row in the grid, its contacts as a factor of the expected, its weight in the level."""

    row: int
    size: float
    weight: float


def find_suspects(
    model: Forecaster,
    history: pd.DataFrame,
    *,
    answered: pd.DataFrame | None = None,
    least: float = 0.5,
    most: int = 30,
) -> pd.DataFrame:
    """Unusual days of the history, for the planner to answer; what is answered is never asked again.

    A day is asked about where the fitted level weighs it below `least`, where the forecaster took it as closed, or
    where hours of it are far from the day's shape, and where a new level or a burst began that no event explains. Days
    that the calendar or an event explains are not.

    Parameters
    ----------
    model : Forecaster      Fitted to this history.
    history : table         queue, start, offered, ...
    answered : table        The table of before: rows with an answer are kept as they are.
    least : float           Weight below which a day is asked about.
    most : int              Questions for each queue, the least likely days first.

    Returns
    -------
    DataFrame       queue, day, hours ("all day", "10:00-12:30" or "from then on"), size (contacts as a factor of the
                    expected), weight (how much the day teaches, 0 = nothing), guess (outage, spike, closed, data fault,
                    burst, new level), answer (empty: write keep, exclude or event:<kind>).

    >>> starts = pd.date_range("2026-01-05", periods=84 * 24, freq="h")
    >>> busy = 60 + 40 * (starts.hour >= 8) + 30 * (starts.day_of_week < 5)
    >>> calls = np.random.default_rng(1).poisson(np.where(starts.normalize() == "2026-03-04", 2.5 * busy, busy))
    >>> calls = pd.DataFrame({"queue": "voice", "start": starts, "offered": calls})
    >>> found = find_suspects(Forecaster().fit(calls), calls)
    >>> found[["day", "hours", "guess"]].astype(str).values.tolist(), found["size"].round(1).tolist()
    ([['2026-03-04', 'all day', 'spike']], [2.5])
    """
    fraction(least, name="least", zero=False)
    table = check(history, HISTORY)
    unknown = sorted(set(table["queue"]) - set(model.models_of()))
    if unknown:
        raise DataError(
            f"history holds queue {listed(unknown)}, which the model was not fitted to. Fit it to this history.",
            table="history",
            column="queue",
        )
    known = _answered(answered)
    done = set(zip(known["queue"], known["day"].dt.normalize(), strict=True)) if len(known) else set()
    fresh = [
        row
        for queue in sorted(set(table["queue"]))
        for row in _asked(model.models_[queue], day_grid(table, queue), done, least, most)
    ]
    columns = [column.name for column in SUSPECTS.columns]
    rows = [*known.reindex(columns=columns).itertuples(index=False, name=None), *fresh]
    found = pd.DataFrame(rows, columns=columns).astype({"day": "datetime64[us]", "size": float, "weight": float})
    return check(found, SUSPECTS)


def _answered(answered: pd.DataFrame | None) -> pd.DataFrame:
    if answered is None or answered.empty:
        return empty(SUSPECTS)
    table = check(answered, SUSPECTS)
    said = np.array([bool(read_answer(table, row)) for row in range(len(table))])
    return table[said].astype({"day": "datetime64[us]"})


def _asked(
    model: QueueModel, grid: DayGrid, done: set[tuple[str, pd.Timestamp]], least: float, most: int
) -> list[tuple[object, ...]]:
    """The questions about one queue, at most so many."""
    explained = _explained(model, grid)
    totals = np.where(grid.seen.any(axis=1), np.nansum(grid.offered, axis=1), np.nan)
    odd = {day.row: day for day in [*_odd_days(model, grid, least), *_closed_days(model, grid, totals)]}
    shapes = usual_shapes(grid)
    rows = _changed(model, done)
    changed = {entry[1] for _, entry in rows}
    for row in np.flatnonzero(~np.isnan(totals)).tolist():
        day = grid.days[row]
        if explained[row] or (grid.queue, day) in done or day in changed:
            continue
        found = odd.get(row)
        run = _run_of(shapes, row, found, totals)
        if found is None and run is None:
            continue
        weight = found.weight if found is not None else _weight(model, day)
        hours = ALL_DAY if run is None else f"{clock(run.begin)}-{clock(run.end)}"
        size = run.size if run is not None else found.size  # type: ignore[union-attr]
        guess = _guess(grid, row, size, run)
        rows.append(
            (
                abs(float(np.log(max(totals[row], 0.5) / _expected(totals[row], found, run)))),
                (grid.queue, day, hours, round(float(size), 3), round(float(weight), 3), guess, None),
            )
        )
    rows.sort(key=lambda entry: -entry[0])
    return [entry for _, entry in rows[:most]]


def _changed(model: QueueModel, done: set[tuple[str, pd.Timestamp]]) -> list[tuple[float, tuple[object, ...]]]:
    """Questions about what changed from a day on; they move many days, and stand before those about one."""
    rows: list[tuple[float, tuple[object, ...]]] = []
    for change, log in surprising_changes(model.level):
        day = pd.Timestamp(change.first, unit="D")
        if (model.queue, day) not in done:
            guess = "new level" if change.stays else "burst"
            asked = (model.queue, day, FROM_THEN_ON, round(float(np.exp(log)), 3), 1.0, guess, None)
            rows.append((WEIGHTY * abs(log), asked))
    return rows


def _expected(total: float, found: Odd | None, run: Run | None) -> float:
    """What the whole day should have had."""
    if run is not None:
        return max(total - run.came + run.expected, 0.5)
    return max(total, 0.5) / max(found.size, 1e-3) if found is not None else max(total, 0.5)


def _explained(model: QueueModel, grid: DayGrid) -> npt.NDArray[np.bool_]:
    """Days that the calendar or an event explains."""
    calendar = model.reader.calendar
    known = np.asarray(calendar.is_closed(grid.days) | calendar.is_holiday(grid.days))
    known = known | left_out(grid, model.all_events).any(axis=1)
    for event in model.all_events:
        if event.end is not None:
            known = known | np.asarray((grid.days < event.end) & (grid.days + pd.Timedelta(days=1) > event.start))
    return known


def _odd_days(model: QueueModel, grid: DayGrid, least: float) -> list[Odd]:
    """Days that the level weighs down, with their error when left out."""
    from scipy.linalg.lapack import dpotri

    level = model.level
    inverse, _ = dpotri(level.factor, lower=1)
    error = level.weights / np.diag(inverse)
    weight = 1 / level.oddness
    days = pd.DatetimeIndex(level.days.day.astype("int64").astype("datetime64[D]").astype("datetime64[s]"))
    row = grid.days.get_indexer(days.astype(grid.days.dtype))
    return [
        Odd(row=int(row[k]), size=float(np.exp(error[k])), weight=float(weight[k]))
        for k in np.flatnonzero((weight < least) & (np.abs(error) > np.log(_SMALL)) & (row >= 0))
    ]


def _closed_days(model: QueueModel, grid: DayGrid, totals: Floats) -> list[Odd]:
    """Days of usual weekdays that the forecaster took as without service: they teach nothing."""
    usual = np.full(len(totals), np.nan)
    for weekday in range(7):
        mine = np.flatnonzero(grid.weekday == weekday)
        usual[mine] = pd.Series(totals[mine]).rolling(_NEAR, center=True, min_periods=1).median().to_numpy()
    learned = grid.days.isin(model.open_days)
    asked = ~learned & np.isin(grid.weekday, list(model.reader.usual)) & (usual >= _FEW) & (totals < 0.9 * usual)
    return [Odd(row=row, size=float(totals[row] / usual[row]), weight=0.0) for row in np.flatnonzero(asked).tolist()]


def _weight(model: QueueModel, day: pd.Timestamp) -> float:
    at = np.flatnonzero(model.level.days.day == float(day.to_datetime64().astype("datetime64[D]").astype("int64")))
    return float(1 / model.level.oddness[at[0]]) if len(at) else 1.0


def _run_of(shapes: Shapes | None, row: int, found: Odd | None, totals: Floats) -> Run | None:
    """The hours that make the day unusual; None where all of it is, or where none stand out."""
    if shapes is None or np.isnan(shapes.level[row]):
        return None
    if found is not None and found.size < _CLOSED:
        return None
    run = worst_run(shapes, row)
    if run is None or found is None:
        return run
    expected = totals[row] / max(found.size, 1e-6)
    rest = max(totals[row] - run.came, 0.5) / max(expected - run.expected, 0.5)
    return run if abs(np.log(rest)) < 0.5 * abs(np.log(found.size)) else None


def _guess(grid: DayGrid, row: int, size: float, run: Run | None) -> str:
    """What it may have been: a hint, no finding."""
    if _faulty(grid, row, size, run):
        return "data fault"
    if size > 1:
        return "spike"
    if run is None:
        return "closed" if size < _CLOSED else "outage"
    return "closed" if run.to_the_end and size < _CLOSED else "outage"


def _faulty(grid: DayGrid, row: int, size: float, run: Run | None) -> bool:
    """Numbers that no day brings: one number all day, a copy of another day, all twice, a hole without redials."""
    values = grid.offered[row][grid.seen[row]]
    some = values[values > 0]
    if run is not None:
        return size == 0 and not run.to_the_end and run.after < 1.15
    if len(some) < 8:
        return False
    same = [
        other
        for other in (row - 1, row - 7)
        if other >= 0 and np.array_equal(grid.offered[other], grid.offered[row], equal_nan=True)
    ]
    twice = 1.85 < size < 2.15 and bool((some % 2 == 0).all())
    return len(np.unique(some)) == 1 or bool(same) or twice
