"""What is different between two rosters, cell by cell."""

from __future__ import annotations

import math

import pandas as pd

from wfm.calendars import Calendar
from wfm.tables import ROSTER, check
from wfm.versions.cells import Cell, Key, cell_text, cells

COLUMNS = ("agent", "day", "old", "new", "change", "notice")
HOUR = pd.Timedelta(hours=1)


def changes(
    old_roster: pd.DataFrame,
    new_roster: pd.DataFrame,
    calendar: Calendar | None = None,
    *,
    published: str | pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Cell by cell, what a person's day was and is.

    A roster of the same days is compared day by day; one of other days, such as last week's, is laid over the new one
    by whole weeks.

    Parameters
    ----------
    old_roster, new_roster : roster tables
    calendar : Calendar     Adds the column `date`: the day as planners write it.
    published : time        When the new roster is made known: gives the notice.

    Returns
    -------
    table : agent, day, old, new, change, notice
        `old`, `new` as the roster grid says them, empty where the day is free. `change`: added, removed, moved (other
        times), other shift, other queue, breaks, or what became what (work to leave). `notice` [h] from `published` to
        the first moment that is different, negative where it had passed; NaN where that time is not known.

    >>> t = pd.Timestamp("2026-11-21 08:00")
    >>> old = pd.DataFrame({"agent": ["Ada"], "start": [t], "end": [t + 8 * HOUR], "activity": "work", "paid": True,
    ...                     "shift": "day", "queue": "voice"})
    >>> new = old.assign(start=t + HOUR, end=t + 9 * HOUR)
    >>> changes(old, new, published="2026-11-20 08:00")[["old", "new", "change", "notice"]].values.tolist()
    [['08:00-16:00 voice', '09:00-17:00 voice', 'moved', 24.0]]
    """
    before, now = check(old_roster, ROSTER), check(new_roster, ROSTER)
    laid = _laid_over(_whole(before), now)
    rows = cell_changes(cells(laid), cells(_whole(now)), published=published)
    if calendar is not None:
        rows = rows.assign(date=[calendar.label(day) for day in rows["day"]])
    return rows


def changes_on(
    old_roster: pd.DataFrame,
    new_roster: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp,
    calendar: Calendar | None = None,
) -> pd.DataFrame:
    """The same of the days of a plan alone, from `start` until before `end`.

    An old roster without a duty on those days is laid over them by as many days as the plan has.
    """
    old, new = _whole(check(old_roster, ROSTER)), _whole(check(new_roster, ROSTER))
    was = _on(cells(old), start, end)
    span = end - start
    if not was and not old.empty:
        step = span * max(1, -(-(start - old["start"].max().normalize()).days // span.days))
        was = _on(cells(old.assign(start=old["start"] + step, end=old["end"] + step)), start, end)
    rows = cell_changes(was, _on(cells(new), start, end))
    return rows if calendar is None else rows.assign(date=[calendar.label(day) for day in rows["day"]])


def cell_changes(
    old: dict[Key, Cell], new: dict[Key, Cell], *, published: str | pd.Timestamp | None = None
) -> pd.DataFrame:
    """The cells that are different, as the table that `changes` returns; by day and agent."""
    at = None if published is None else pd.Timestamp(published)
    found = []
    for agent, day in sorted({*old, *new}, key=lambda key: (key[1], key[0])):
        was, now = old.get((agent, day), ()), new.get((agent, day), ())
        kind = kind_of_change(was, now)
        if kind is None:
            continue
        first = min(duty.start for duty in (*was, *now))
        texts = cell_text(was), cell_text(now)
        if kind == "breaks":
            texts = _with_breaks(was), _with_breaks(now)
        found.append((agent, day, *texts, kind, math.nan if at is None else float((first - at) / HOUR)))
    table = pd.DataFrame(found, columns=list(COLUMNS))
    return table.assign(day=pd.to_datetime(table["day"]), notice=table["notice"].astype(float))


def kind_of_change(old: Cell, new: Cell) -> str | None:
    """What happened to a cell in a word or two; None where nothing did."""
    if old == new:
        return None
    if not old or not new:
        return "added" if new else "removed"
    for words, read in (
        ("", lambda cell: [duty.kind for duty in cell]),
        ("other shift", lambda cell: [duty.type for duty in cell]),
        ("moved", lambda cell: [(duty.start, duty.end) for duty in cell]),
        ("other queue", lambda cell: [duty.queue for duty in cell]),
    ):
        if read(old) != read(new):
            return words or f"{_kinds(old)} to {_kinds(new)}"
    trained = [[part for duty in cell for part in duty.placed] for cell in (old, new)]
    return "breaks" if trained[0] == trained[1] else "training"


def _kinds(cell: Cell) -> str:
    return " and ".join(duty.kind for duty in cell)


def _with_breaks(cell: Cell) -> str:
    return f"{cell_text(cell)} ({'; '.join(duty.breaks for duty in cell)})"


def _on(found: dict[Key, Cell], start: pd.Timestamp, end: pd.Timestamp) -> dict[Key, Cell]:
    return {key: cell for key, cell in found.items() if start <= key[1] < end}


def _whole(roster: pd.DataFrame) -> pd.DataFrame:
    return roster.assign(**{name: None for name in ("shift", "queue") if name not in roster})


def _laid_over(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The old roster, moved by whole weeks where no day of it is a day of the new one."""
    if old.empty or new.empty:
        return old
    first, last = old["start"].min().normalize(), old["start"].max().normalize()
    begin, until = new["start"].min().normalize(), new["start"].max().normalize()
    if first <= until and begin <= last:
        return old
    weeks = math.ceil((begin - last).days / 7) if last < begin else -math.ceil((first - until).days / 7)
    step = pd.Timedelta(days=7 * weeks)
    return old.assign(start=old["start"] + step, end=old["end"] + step)
