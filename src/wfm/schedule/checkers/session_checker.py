"""Whether meetings and training are held as asked: recomputed from the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from wfm.durations import DAY, clock
from wfm.schedule.people.people import People
from wfm.schedule.sessions.sessions import Session, for_people

Broken = tuple[str, str]


def session_faults(
    table: pd.DataFrame, sessions: Sequence[Session], *, cycle: float | None = None, people: People | None = None
) -> pd.DataFrame:
    """Every way in which sessions are not held as asked: session, rule, message; no rows where all is well.

    Parameters
    ----------
    table : schedule or roster      With `session`, as `place_sessions` gives it.
    cycle : float                   Length of a horizon whose end runs into its beginning [s].
    people : People                 Of a roster: whom the sessions name.

    >>> table = pd.DataFrame({"shift": "a", "start": pd.to_datetime(["2026-11-02 08:00"]), "activity": "training",
    ...                       "end": pd.to_datetime(["2026-11-02 09:00"]), "paid": True, "people": 1, "session": "new"})
    >>> session_faults(table, [Session(name="new", length="1h", hours=2)])["message"].tolist()
    ['is held for 1 of 2 h']
    """
    held = table.assign(people=table.get("people", 1))
    held = held[held["session"].notna()] if "session" in held else held.iloc[:0]
    found = []
    for session in sessions:
        rows = held[held["session"] == session.name]
        asked = session if people is None else for_people(session, people, table)
        broken = [*_blocks(rows, session), *_once(rows), *_crowd(rows, session, cycle), *_strangers(rows, asked)]
        times = len(set(rows["start"]))
        if session.together and times > 1:
            broken.append(("together", f"is held at {times} times, not at one"))
        hours = float(((rows["end"] - rows["start"]).dt.total_seconds() * rows["people"]).sum() / 3600)
        if asked.hours is not None and hours < asked.hours - 1e-6:
            broken.append(("hours", f"is held for {hours:g} of {asked.hours:g} h"))
        found += [(session.name, *one) for one in broken]
    known = {session.name for session in sessions}
    found += [(str(name), "name", "is no session") for name in dict.fromkeys(held["session"]) if name not in known]
    return pd.DataFrame(found, columns=["session", "rule", "message"])


def _blocks(rows: pd.DataFrame, session: Session) -> Iterator[Broken]:
    """Length, pay, weekday and window of every block."""
    row: Any
    for row in rows.itertuples(index=False):
        start, end = row.start, row.end
        at = (start - start.normalize()).total_seconds()
        if (end - start).total_seconds() != session.length:
            yield "length", f"lasts {end - start} at {start}"
        if row.activity != session.kind or not row.paid:
            yield "activity", f"is {row.activity}, {'paid' if row.paid else 'not paid'}, at {start}"
        if session.days is not None and start.day_of_week not in session.days:
            yield "days", f"is held on {start:%a %Y-%m-%d}"
        if session.dates is not None and start.normalize() not in session.dates:
            yield "dates", f"is held on {start:%Y-%m-%d}"
        if session.clock is not None:
            first, last = session.clock
            if (at - first) % DAY + session.length > ((last - first) % DAY or DAY) + 1e-6:
                yield "clock", f"is held at {clock(at)}, outside {clock(first)} to {clock(last)}"


def _once(rows: pd.DataFrame) -> Iterator[Broken]:
    """Nobody attends twice: a line, tour or agent has one block."""
    who = next(name for name in ("agent", "tour", "shift") if name in rows)
    for name, count in rows[who].value_counts().items():
        if count > 1:
            yield "once", f"is attended {count} times by {name}"


def _strangers(rows: pd.DataFrame, session: Session) -> Iterator[Broken]:
    """Nobody attends whom the session does not name."""
    if session.agents and "agent" in rows:
        for name in rows.loc[~rows["agent"].isin(session.agents), "agent"].unique():
            yield "who", f"is attended by {name}, whom it does not name"


def _crowd(rows: pd.DataFrame, session: Session, cycle: float | None) -> Iterator[Broken]:
    """At no start do more people attend than may at once."""
    for moment in sorted(rows["start"].unique()) if session.most_at_once is not None else ():
        number = 0
        for turn in (-1, 0, 1) if cycle is not None else (0,):
            at = moment + pd.Timedelta(seconds=turn * (cycle or 0.0))
            number += int(rows.loc[(rows["start"] <= at) & (at < rows["end"]), "people"].sum())
        if number > (session.most_at_once or 0):
            yield "most_at_once", f"has {number} people at {moment}, at most {session.most_at_once}"
