"""The roster read as shifts: one row a person and shift, with its breaks; and what changed since another roster."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

REST = ("break", "meal")
COLUMNS = ["agent", "day", "number", "start", "end", "kind", "type", "queue", "breaks", "paid_hours", "parts"]


def duties(roster: pd.DataFrame) -> pd.DataFrame:
    """One row a duty of a person: touching rows of the roster, leave apart from work.

    Columns: agent, day (of the start), number (of the duty on that day, from 1), start, end, kind (work, leave,
    training, meeting), type (shift type), queue (in the order worked, joined by |), breaks (in words), paid_hours,
    parts (activity, start, end of everything but work).

    >>> t = pd.Timestamp("2026-11-21 08:00")
    >>> hour = pd.Timedelta(hours=1)
    >>> rows = [("A", t + k * hour, t + (k + 1) * hour, what) for k, what in enumerate(["work", "meal", "work"])]
    >>> table = pd.DataFrame(rows, columns=["agent", "start", "end", "activity"])
    >>> table = table.assign(paid=True, shift="full", queue="voice")
    >>> duties(table)[["agent", "number", "start", "end", "breaks"]].values.tolist()
    [['A', 1, Timestamp('2026-11-21 08:00:00'), Timestamp('2026-11-21 11:00:00'), '09:00-10:00 meal']]
    """
    rows = roster[roster["activity"] != "off"].sort_values(["agent", "start"], kind="stable")
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS).astype(
            {"start": "datetime64[us]", "end": "datetime64[us]", "day": "datetime64[us]", "paid_hours": float}
        )
    found = pd.DataFrame([_duty(own) for _, own in rows.groupby(_number(rows), sort=False)], columns=COLUMNS)
    found["number"] = found.groupby(["agent", "day"]).cumcount() + 1
    return found


def changes(now: pd.DataFrame, before: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Cell by cell, what a person's day was and is: agent, day, old, new, change.

    `before` is a roster of the same days; one of other days (last week's) is laid over them by its weekday.
    """
    old, new = _cells(duties(_same_days(before, start, end)), start, end), _cells(duties(now), start, end)
    both = sorted(set(old) | set(new), key=lambda cell: (cell[1], cell[0]))
    rows = [(agent, day, old.get((agent, day), ""), new.get((agent, day), "")) for agent, day in both]
    found = pd.DataFrame([row for row in rows if row[2] != row[3]], columns=["agent", "day", "old", "new"])
    words = [
        ("added" if not a else "removed" if not b else "changed")
        for a, b in zip(found["old"], found["new"], strict=True)
    ]
    return found.assign(day=pd.to_datetime(found["day"]), change=words)


def cell_text(kind: str, start: pd.Timestamp, end: pd.Timestamp, queue: str) -> str:
    """A duty as a cell of the roster grid says it: times and queue, or what keeps the person away."""
    if kind == "leave":
        return "leave"
    words = f"{start:%H:%M}-{end:%H:%M}"
    return f"{words} {queue if kind == 'work' else kind}".rstrip()


def within(found: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The duties that begin on days of the plan."""
    return found[(found["day"] >= start) & (found["day"] < end)]


def _number(rows: pd.DataFrame) -> pd.Series:
    """A running number of the duty of every row: a new one after a gap, beside leave, and where the type changes."""
    previous = rows.shift()
    leave = rows["activity"] == "leave"
    known = rows["shift"].notna() & previous["shift"].notna()
    other_type = known & (rows["shift"] != previous["shift"])
    fresh = (rows["agent"] != previous["agent"]) | (rows["start"] > previous["end"]) | other_type
    fresh |= leave != (previous["activity"] == "leave")
    # leave of two days that touch at midnight stays two cells
    fresh |= leave & (rows["start"].dt.normalize() != previous["start"].dt.normalize())
    numbers: pd.Series = fresh.cumsum()
    return numbers


def _duty(rows: pd.DataFrame) -> tuple[object, ...]:
    start, end = rows["start"].iloc[0], rows["end"].iloc[-1]
    activities = rows["activity"].tolist()
    kind = "work" if "work" in activities else activities[0]
    spans = list(zip(activities, rows["start"].tolist(), rows["end"].tolist(), strict=True))
    parts = [span for span in spans if span[0] not in ("work", "leave") and kind != span[0]]
    words = "; ".join(f"{begin:%H:%M}-{until:%H:%M} {activity}" for activity, begin, until in parts)
    paid = rows.loc[rows["paid"].astype(bool)]
    hours = float((paid["end"] - paid["start"]).dt.total_seconds().sum() / 3600)
    return (
        rows["agent"].iloc[0],
        start.normalize(),
        0,
        start,
        end,
        kind,
        _joined(rows["shift"]),
        _joined(rows["queue"]),
        words,
        hours,
        parts,
    )


def _joined(values: Iterable[object]) -> str:
    return "|".join(dict.fromkeys(str(value) for value in values if isinstance(value, str) and value))


def _same_days(before: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    if ((before["start"] >= start) & (before["start"] < end)).any():
        return before
    weeks = (end - start).days
    late = before["start"].max().normalize()
    shift = pd.Timedelta(days=weeks) * max(1, -(-(start - late).days // weeks))
    return before.assign(start=before["start"] + shift, end=before["end"] + shift)


def _cells(found: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> dict[tuple[str, pd.Timestamp], str]:
    cells: dict[tuple[str, pd.Timestamp], str] = {}
    for row in within(found, start, end).itertuples():
        key = (str(row.agent), pd.Timestamp(row.day))  # type: ignore[arg-type]
        text = cell_text(str(row.kind), row.start, row.end, str(row.queue))  # type: ignore[arg-type]
        cells[key] = f"{cells[key]}, {text}" if key in cells else text
    return cells
