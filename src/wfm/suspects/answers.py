"""The table of suspects and what the planner's answers do to the history."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from wfm.durations import time_of_day
from wfm.errors import DataError, SettingError, did_you_mean
from wfm.events import KINDS, Event
from wfm.tables import Column, Spec, check

ANSWERS = ("keep", "exclude", "event:<kind>")
GUESSES = ("outage", "spike", "closed", "data fault", "burst", "new level")
ALL_DAY = "all day"
FROM_THEN_ON = "from then on"

SUSPECTS = Spec(
    name="suspects",
    key=("queue", "day"),
    columns=(
        Column(name="queue", kind="text", required=True),
        Column(name="day", kind="time", required=True, meaning="the unusual day"),
        Column(name="hours", kind="text", missing=True, meaning="'all day', hours such as 10:00-12:30, 'from then on'"),
        Column(name="size", low=0.0, missing=True, meaning="contacts that came, as a factor of what was expected"),
        Column(name="weight", low=0.0, high=1.0, missing=True, meaning="how much the day teaches the level, 1 = fully"),
        Column(name="guess", kind="text", missing=True, choices=GUESSES),
        Column(name="answer", kind="text", missing=True, meaning="keep, exclude, event:<kind>, or empty"),
    ),
)
_HOURS = re.compile(r"^(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})$")
_EVENT = re.compile(r"^event\s*:\s*(.+)$", re.IGNORECASE)


def apply_answers(history: pd.DataFrame, suspects: pd.DataFrame) -> tuple[pd.DataFrame, list[Event]]:
    """The history with what the planner excluded, and the events that the planner named.

    `keep` leaves a day in (the forecaster goes on weighing it by itself), `exclude` marks its hours in the column
    `excluded`, so that nothing is learned from them, and `event:outage` makes an event of its hours: what it did is
    learned as that of its kind. What changed `from then on` is an event that began on the day and fades as its kind
    does. Rows without an answer change nothing.

    Parameters
    ----------
    history : table     queue, start, ...
    suspects : table    queue, day, hours, answer; as `find_suspects` gives it.

    Raises
    ------
    DataError           An answer or hours that cannot be read, or days without end to be excluded, with the row.

    >>> starts = pd.date_range("2026-11-21", periods=3, freq="8h")
    >>> history = pd.DataFrame({"queue": "voice", "start": starts, "offered": [5.0, 0.0, 9.0]})
    >>> told = pd.DataFrame({"queue": ["voice"], "day": ["2026-11-21"], "hours": ["08:00-16:00"],
    ...                      "answer": ["exclude"]}).astype({"day": "datetime64[us]"})
    >>> apply_answers(history, told)[0]["excluded"].tolist()
    [False, True, False]
    """
    table = check(suspects, SUSPECTS)
    out = np.zeros(len(history), dtype=bool)
    if "excluded" in history:
        out |= history["excluded"].eq(True).to_numpy(dtype=bool, na_value=False)
    named: dict[tuple[str, pd.Timestamp, pd.Timestamp | None], list[str]] = {}
    for row in range(len(table)):
        answer = read_answer(table, row)
        begin, end = span_of(table, row)
        queue = str(table["queue"].iloc[row])
        if answer == "exclude":
            if end is None:
                raise DataError(
                    f"suspects.answer cannot exclude all that came {FROM_THEN_ON} {_where(table, row)}. Write keep or "
                    "event:<kind>, or a row for each day that shall teach nothing.",
                    table="suspects",
                    column="answer",
                    rows=[row],
                )
            mine = (history["queue"] == queue) & (history["start"] >= begin) & (history["start"] < end)
            out |= mine.to_numpy(dtype=bool)
        elif answer.startswith("event:"):
            named.setdefault((answer.removeprefix("event:"), begin, end), []).append(queue)
    events = [
        Event(kind=kind, name=f"{kind} {begin:%Y-%m-%d}", start=begin, end=end, queues=tuple(sorted(queues)))
        for (kind, begin, end), queues in sorted(named.items(), key=lambda item: (item[0][1], str(item[0])))
    ]
    return history.assign(excluded=out), events


def read_answer(table: pd.DataFrame, row: int) -> str:
    """`keep`, `exclude`, `event:<kind>` or empty.

    >>> read_answer(pd.DataFrame({"answer": ["Event: outage"]}), 0)
    'event:outage'
    """
    said = table["answer"].iloc[row] if "answer" in table else None
    text = "" if said is None or pd.isna(said) else str(said).strip()
    if text.lower() in ("", "keep", "exclude"):
        return text.lower()
    if match := _EVENT.match(text):
        return f"event:{match[1].strip()}"
    near = did_you_mean(text.lower(), ("keep", "exclude", *(f"event:{kind}" for kind in KINDS)))
    raise DataError(
        f"suspects.answer must be keep, exclude, event:<kind> such as event:outage, or empty, got {text!r} "
        f"{_where(table, row)}.{near}",
        table="suspects",
        column="answer",
        rows=[row],
    )


def span_of(table: pd.DataFrame, row: int) -> tuple[pd.Timestamp, pd.Timestamp | None]:
    """First moment of the unusual hours and the first after them; None where there is no end to them."""
    day = pd.Timestamp(table["day"].iloc[row]).normalize()
    said = table["hours"].iloc[row] if "hours" in table else None
    text = ALL_DAY if said is None or pd.isna(said) else str(said).strip().lower()
    if text in (ALL_DAY, ""):
        return day, day + pd.Timedelta(days=1)
    if text == FROM_THEN_ON:
        return day, None
    match = _HOURS.match(text)
    try:
        if match is None:
            raise SettingError("no span", name="hours")
        begin, end = time_of_day(match[1]), time_of_day(match[2], midnight=True)
    except SettingError:
        begin, end = 0.0, 0.0
    if end <= begin:
        raise DataError(
            f"suspects.hours must be 'all day', a span such as 10:00-12:30 or '{FROM_THEN_ON}', got {text!r} "
            f"{_where(table, row)}.",
            table="suspects",
            column="hours",
            rows=[row],
        )
    return day + pd.Timedelta(seconds=begin), day + pd.Timedelta(seconds=end)


def _where(table: pd.DataFrame, row: int) -> str:
    place = table.iloc[row]
    return f"for queue={place['queue']}, day={place['day']:%Y-%m-%d}" if "queue" in table else f"in row {row}"
