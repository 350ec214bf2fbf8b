"""The roster as its planner sees it: one cell a person and day."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

HOUR = pd.Timedelta(hours=1)
AWAY = ("leave", "training", "meeting")
Part = tuple[str, pd.Timestamp, pd.Timestamp]
Key = tuple[str, pd.Timestamp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a person does in one go: touching rows of a roster, leave apart from work.

    Attributes
    ----------
    kind : str                  work, leave, training or meeting.
    type : str                  Shift type; empty where there is none.
    queue : str                 Queues in the order worked, joined by |.
    parts : tuple               (activity, start, end) of everything inside that is not work.
    paid_hours : float          What it pays; no change of a cell by itself.
    """

    agent: str
    start: pd.Timestamp
    end: pd.Timestamp
    kind: str
    type: str
    queue: str
    parts: tuple[Part, ...]
    paid_hours: float = field(default=0.0, compare=False)

    @property
    def text(self) -> str:
        """As the roster grid says it: times and queue, or what keeps the person away."""
        if self.kind == "leave":
            return "leave"
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.queue if self.kind == 'work' else self.kind}".rstrip()

    @property
    def placed(self) -> tuple[Part, ...]:
        """Trainings and meetings inside the duty."""
        return tuple(part for part in self.parts if part[0] in AWAY)

    @property
    def breaks(self) -> str:
        """Breaks in words."""
        return ", ".join(f"{what} {start:%H:%M}" for what, start, _ in self.parts if what not in AWAY)


Cell = tuple[Duty, ...]


def cells(roster: pd.DataFrame) -> dict[Key, Cell]:
    """(agent, day) -> the duties that begin on that day.

    >>> t = pd.Timestamp("2026-11-21 08:00")
    >>> rows = pd.DataFrame({"agent": "Ada", "start": [t], "end": [t + pd.Timedelta("8h")], "activity": "work",
    ...                      "paid": True, "shift": "day", "queue": "voice"})
    >>> {day: cell_text(cell) for (_, day), cell in cells(rows).items()}
    {Timestamp('2026-11-21 00:00:00'): '08:00-16:00 voice'}
    """
    found: dict[Key, list[Duty]] = {}
    for duty in duties(roster):
        found.setdefault((duty.agent, duty.start.normalize()), []).append(duty)
    return {key: tuple(cell) for key, cell in found.items()}


def cell_text(cell: Cell) -> str:
    """The duties of a day as the roster grid says them; trainings inside a shift are named behind it."""
    inside = sorted({what for duty in cell for what, *_ in duty.placed if duty.kind != what})
    return ", ".join([*(duty.text for duty in cell), *inside])


def plain_text(text: object) -> str:
    """A text in one form for comparing: no unseen characters, one kind of dash and space, Latin digits.

    >>> plain_text(" ۰۷:۰۰ – 16:00\u202e  voice")
    '07:00 - 16:00 voice'
    """
    if text is None or text != text:
        return ""
    words = str(text)
    if not words.isascii() or not words.isprintable():
        words = "".join(map(_plain_sign, words.translate(_DIGITS).replace("–", "-").replace("—", "-")))
    return re.sub(r"\s+", " ", words).strip()


def same_text(shown: str, whole: str) -> bool:
    """Whether a cell shows a text, in plain form both; a long one may have been cut.

    >>> same_text("08:00-16:00 voi…", "08:00-16:00 voice"), same_text("08:00-16:00", "08:00-16:00 voice")
    (True, False)
    """
    return shown == whole or (shown.endswith("…") and whole.startswith(shown[:-1]))


def _plain_sign(sign: str) -> str:
    if sign.isprintable():
        return sign
    return "" if unicodedata.category(sign) == "Cf" else " "


def duties(roster: pd.DataFrame) -> list[Duty]:
    """Every duty of a roster, by agent and start."""
    rows = roster[roster["activity"] != "off"].sort_values(["agent", "start"], kind="stable")
    if rows.empty:
        return []
    groups: list[list[dict[str, object]]] = []
    for number, row in zip(_number(rows), rows.to_dict("records"), strict=True):
        if number > len(groups):
            groups.append([])
        groups[-1].append(row)  # type: ignore[arg-type]
    return [_duty(group) for group in groups]


def _number(rows: pd.DataFrame) -> list[int]:
    """Running number of the duty of every row: a new one after a gap, beside leave, and where the type changes."""
    before = rows.shift()
    leave = rows["activity"] == "leave"
    other_type = rows["shift"].notna() & before["shift"].notna() & (rows["shift"] != before["shift"])
    fresh = (rows["agent"] != before["agent"]) | (rows["start"] > before["end"]) | other_type
    fresh |= leave != (before["activity"] == "leave")
    # leave of two days that touch at midnight stays two cells
    fresh |= leave & (rows["start"].dt.normalize() != before["start"].dt.normalize())
    return [int(number) for number in fresh.cumsum()]


def _duty(rows: list[dict[str, object]]) -> Duty:
    activities = [str(row["activity"]) for row in rows]
    kind = "work" if "work" in activities else activities[0]
    spans = [
        (what, pd.Timestamp(row["start"]), pd.Timestamp(row["end"]))  # type: ignore[arg-type]
        for what, row in zip(activities, rows, strict=True)
    ]
    return Duty(
        agent=str(rows[0]["agent"]),
        start=spans[0][1],
        end=spans[-1][2],
        kind=kind,
        type=_joined(rows, "shift"),
        queue=_joined(rows, "queue"),
        parts=tuple(span for span in spans if span[0] not in ("work", "leave") and span[0] != kind),
        paid_hours=sum((end - start) / HOUR for (_, start, end), row in zip(spans, rows, strict=True) if row["paid"]),
    )


def _joined(rows: list[Mapping[str, object]] | list[dict[str, object]], column: str) -> str:
    values = [row.get(column) for row in rows]
    return "|".join(dict.fromkeys(value for value in values if isinstance(value, str) and value))


_DIGITS = {ord(sign): str(k % 10) for k, sign in enumerate("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩")}
