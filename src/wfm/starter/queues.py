"""What the history tells of each queue, and what has to be guessed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm.calendars import WEEKDAYS
from wfm.durations import DAY, spoken
from wfm.errors import WfmWarning
from wfm.history import Reading
from wfm.starter.opening import Opening, opening_of

WORDS = {
    "chat": ("chat", "message", "whatsapp", "telegram", "چت", "پیام"),
    "deferred": ("mail", "ticket", "email", "case", "backoffice", "back office", "ایمیل", "تیکت"),
}
LEAST_DAYS = 24
_GONE = 42  # days without a contact before the end of the file: a queue that is no more
_LEAST_AHT, _LEAST_HANGUPS = 50, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFacts:
    """A queue as it is written.

    Attributes
    ----------
    name : str
    named : bool            Whether the file names it.
    channel, why_channel    voice, chat or deferred, and by what it was told.
    opening : Opening       Hours; `guessed` where the file tells none.
    volume : float or None  Contacts a week, where the history cannot teach a forecast; `why_volume` says why.
    aht : float or None     Usual handle time of the file [s].
    patience : float or None    Fitted mean patience [s]; None = assumed; `why_patience` says why.
    within : float          Acceptable wait [s]; `told` where the file has it.
    columns : tuple of str  Service columns of the file.
    gone : timestamp or None    Last day with contacts of a queue that is no more.
    """

    name: str
    named: bool
    channel: str
    why_channel: str
    opening: Opening
    guessed: bool = False
    volume: float | None = None
    why_volume: str = ""
    aht: float | None = None
    patience: float | None = None
    why_patience: str = ""
    within: float = 60.0
    told: bool = False
    columns: tuple[str, ...] = ()
    gone: pd.Timestamp | None = None


def facts_of(
    reading: Reading, name: str, *, weekend: tuple[str, ...], last: pd.Timestamp, asked: bool = False
) -> QueueFacts:
    """The facts of one queue of the file, until the last full day; `asked`: the acceptable wait was given."""
    history = reading.history[reading.history["queue"] == name]
    history = history[history["start"] < last + pd.Timedelta(days=1)].reset_index(drop=True)
    channel, why = _channel(name)
    came = history[history["offered"] > 0]
    ended: Any = came["start"].max().normalize() if len(came) else pd.NaT
    daily = bool((history["end"] - history["start"]).dt.total_seconds().median() > 3600) if len(history) else True
    working = {day for day in range(7) if WEEKDAYS[day] not in weekend}
    if daily or came.empty:
        opening = _daytime(_open_weekdays(came) or working)
    else:
        opening = _whole_week(opening_of(history), came, working)
    volume, why_volume = _weekly_volume(came, daily, last, sum(bool(spans) for spans in opening.spans))
    patience, why_patience = _patience(reading, history, name)
    within = history["within"].median() if "within" in history else np.nan
    told = bool(np.isfinite(within)) and within > 0 and (asked or reading.contacts is None)
    return QueueFacts(
        name="voice" if name == "all" and "queue" not in reading.columns else name,
        named="queue" in reading.columns,
        channel=channel,
        why_channel=why,
        opening=opening,
        guessed=daily or came.empty,
        volume=volume,
        why_volume=why_volume,
        aht=_aht(history),
        patience=patience,
        why_patience=why_patience,
        within=float(within) if told else 60.0,
        told=told,
        columns=tuple(
            c
            for c in ("answered", "abandoned", "answered_within", "asa", "staffed", "blocked", "redials")
            if c in history and history[c].notna().any()
        ),
        gone=ended if pd.isna(ended) or ended < last - pd.Timedelta(days=_GONE) else None,
    )


def _channel(name: str) -> tuple[str, str]:
    small = name.lower()
    for channel, words in WORDS.items():
        found = next((word for word in words if word in small), None)
        if found:
            return channel, f"its name holds {found!r}"
    return "voice", "nothing in its name says otherwise"


def _weekly_volume(came: pd.DataFrame, daily: bool, last: pd.Timestamp, open_days: int) -> tuple[float | None, str]:
    """Contacts a week, and why a forecast cannot be learned; None where it can."""
    days = came["start"].dt.normalize()
    span = (days.max() - days.min()).days + 1 if len(days) else 0
    enough = span >= LEAST_DAYS and days.nunique() >= 3 * days.dt.day_of_week.nunique()
    if enough and not daily:
        return None, ""
    recent = days > last - pd.Timedelta(days=28)
    per_day = float(came.loc[recent, "offered"].sum()) / max(days[recent].nunique(), 1)
    why = "the file has no times of day" if daily else f"{span} days of history teach no forecast, three weeks would"
    return per_day * open_days, why


def _open_weekdays(came: pd.DataFrame) -> set[int]:
    """Weekdays on which contacts come as a rule."""
    counts = came["start"].dt.day_of_week.value_counts()
    return {int(day) for day in counts.index[counts >= 0.25 * counts.max()]} if len(counts) else set()


def _whole_week(opening: Opening, came: pd.DataFrame, working: set[int]) -> Opening:
    """Hours of the working days that a file of less than a week does not show: those of the days it shows."""
    seen = set(came["start"].dt.day_of_week)
    known = [spans for spans in opening.spans if spans]
    if (came["start"].max() - came["start"].min()).days >= 6 or not known:
        return opening
    usual = max(dict.fromkeys(known), key=known.count)
    return Opening(spans=tuple(usual if day in working - seen else spans for day, spans in enumerate(opening.spans)))


def _daytime(weekdays: set[int]) -> Opening:
    return Opening(spans=tuple(((8 * 3600.0, 20 * 3600.0),) if day in weekdays else () for day in range(7)))


def _aht(history: pd.DataFrame) -> float | None:
    if "aht" not in history or history["aht"].notna().sum() < _LEAST_AHT:
        return None
    known = history[history["aht"].notna() & (history["offered"] > 0)]
    return float(np.average(known["aht"], weights=known["offered"])) if len(known) else None


def _patience(reading: Reading, history: pd.DataFrame, name: str) -> tuple[float | None, str]:
    """Mean patience, fitted from contacts or from intervals, and from what; None and why not."""
    from wfm.erlang import patience_from_contacts, patience_from_history

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WfmWarning)  # said in the comment
        if reading.contacts is not None:
            mine = reading.contacts[reading.contacts["queue"] == name]
            found = patience_from_contacts(mine) if {"wait", "outcome"} <= set(mine.columns) else None
        else:
            found = patience_from_history(history) if "asa" in history else None
    if found is None:
        return None, "the file has no waits of those who hung up and were answered"
    if not np.isfinite(found.mean) or found.abandoned < _LEAST_HANGUPS:
        return None, f"{found.abandoned:.0f} hang-ups tell nothing"
    return found.mean, f"now {spoken(found.mean)} by {found.abandoned:,.0f} hang-ups"


def width_of(history: pd.DataFrame) -> float:
    """Width of the file's intervals [s], the usual one."""
    return min(float((history["end"] - history["start"]).dt.total_seconds().median()), DAY)
