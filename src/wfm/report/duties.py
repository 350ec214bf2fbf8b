"""The roster as one row a duty, for tables, grids and calendars; what a duty is, `versions.cells` says."""

from __future__ import annotations

import pandas as pd

from wfm.versions.cells import Duty
from wfm.versions.cells import duties as found_duties

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
    found = pd.DataFrame([_row(duty) for duty in found_duties(roster)], columns=COLUMNS)
    if found.empty:
        return found.astype(
            {"start": "datetime64[us]", "end": "datetime64[us]", "day": "datetime64[us]", "paid_hours": float}
        )
    found["number"] = found.groupby(["agent", "day"]).cumcount() + 1
    return found


def within(found: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The duties that begin on days of the plan."""
    return found[(found["day"] >= start) & (found["day"] < end)]


def _row(duty: Duty) -> tuple[object, ...]:
    words = "; ".join(f"{begin:%H:%M}-{until:%H:%M} {what}" for what, begin, until in duty.parts)
    return (
        duty.agent,
        duty.start.normalize(),
        0,
        duty.start,
        duty.end,
        duty.kind,
        duty.type,
        duty.queue,
        words,
        duty.paid_hours,
        list(duty.parts),
    )
