"""What a planner types into a cell of the roster grid, read as duties."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from wfm.errors import did_you_mean, listed
from wfm.versions.cells import AWAY, plain_text

FREE = ("", "-", "off", "free")
_NEXT = re.compile(r"\s*,\s*(?=\d{1,2}[:.]\d{2}|\d{1,2}\s*-|(?:leave|training|meeting|off|free)\b)", re.IGNORECASE)
_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*-\s*(\d{1,2})(?:[:.](\d{2}))?(?:\s+(.*))?", re.DOTALL)
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One duty as typed: what, when (None for a leave or a training named without times), and of which queue or type.

    `what` is work, leave, training or meeting; `label` is the queue, or the shift type where it names one.
    """

    what: str
    span: tuple[pd.Timestamp, pd.Timestamp] | None = None
    label: str = ""


def read_cell(text: str, day: pd.Timestamp, labels: Collection[str]) -> list[Word]:
    """The duties that a cell names; none where the day is free.

    Parameters
    ----------
    labels : collection of str      Queues and shift types that may stand behind the times.

    Raises
    ------
    ValueError      With words about what cannot be read and what can.

    >>> day = pd.Timestamp("2026-11-21")
    >>> [(word.what, f"{word.span[0]:%H:%M}", word.label) for word in read_cell("22:00-06:00 voice", day, ["voice"])]
    [('work', '22:00', 'voice')]
    >>> read_cell("7 to 16", day, ["voice"])
    Traceback (most recent call last):
    ValueError: '7 to 16' is no duty; write times such as '07:00-16:00 voice', 'leave', or leave the cell empty
    """
    whole = plain_text(text)
    return [word for part in _NEXT.split(whole) if (word := _word(part, day, labels)) is not None]


def _word(part: str, day: pd.Timestamp, labels: Collection[str]) -> Word | None:
    lower = part.lower()
    if lower in FREE:
        return None
    if lower in AWAY:
        return Word(what=lower)
    match = _SPAN.fullmatch(part)
    if match is None:
        raise ValueError(
            f"{part!r} is no duty; write times such as '07:00-16:00 {next(iter(labels), 'voice')}', 'leave', or leave "
            "the cell empty"
        )
    begin, until = (_minutes(hour, minute, part) for hour, minute in (match.group(1, 2), match.group(3, 4)))
    until += DAY_MINUTES if until <= begin else 0
    span = day + pd.Timedelta(minutes=begin), day + pd.Timedelta(minutes=until)
    label = (match[5] or "").strip()
    if label.lower() in AWAY:
        return Word(what=label.lower(), span=span)
    if label and label not in labels:
        raise ValueError(
            f"{label!r} is no queue and no shift type of the roster; known are {listed(sorted(labels), most=12)}."
            f"{did_you_mean(label, labels)}"
        )
    return Word(what="work", span=span, label=label)


def _minutes(hour: str, minute: str | None, part: str) -> int:
    found = 60 * int(hour) + int(minute or 0)
    if found > DAY_MINUTES or int(minute or 0) > 59:
        raise ValueError(f"{part!r} holds a time that no clock shows")
    return found
