"""The sheet Roster of a plan's workbook, read back: people down, days across, a text in each cell."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from wfm.errors import DataError, MissingExtra, listed
from wfm.versions.cells import Key, plain_text, same_text

SHEETS = {"en": "Roster", "fa": "برنامهٔ افراد"}
HEADS = ("agent", "نام")
SHEET = SHEETS["en"]
# what a grid in Persian says besides times and queues
PERSIAN = {"مرخصی": "leave", "آموزش": "training", "جلسه": "meeting", "آزاد": "off"}
SEARCHED = 20  # rows from the top in which the headings are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSheet:
    """A roster grid as it stands in a workbook.

    Attributes
    ----------
    texts : mapping         (agent, day) -> text of the cell, free days included.
    places : mapping        (agent, day) -> "Roster!D7".
    agents, days : tuples   In the order of the sheet. All texts are in plain form, long names may be cut.
    """

    name: str
    texts: Mapping[Key, str]
    places: Mapping[Key, str]
    agents: tuple[str, ...]
    days: tuple[pd.Timestamp, ...] = field(default=())


def read_grid(path: Path) -> GridSheet | None:
    """The roster grid of a workbook, or None where it has no such sheet.

    Raises
    ------
    DataError       The grid has lost its headings or dates, or names a person twice.
    MissingExtra    Without openpyxl.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise MissingExtra("Workbooks", extra="office", package="openpyxl") from error
    try:
        workbook = load_workbook(path, data_only=True, read_only=False)
    except Exception as error:  # openpyxl raises KeyError, BadZipFile, InvalidFileException and others
        raise DataError(f"{path.name} cannot be read as a workbook ({error}). Save it as .xlsx.") from error
    sheet = next((name for name in SHEETS.values() if name in workbook.sheetnames), None)
    if sheet is None:
        return None
    rows = list(workbook[sheet].iter_rows())
    head = next((k for k, row in enumerate(rows[:SEARCHED]) if row and plain_text(row[0].value) in HEADS), None)
    if head is None or head + 1 >= len(rows):
        return None
    days = {k: day for k, cell in enumerate(rows[head + 1]) if (day := _day(cell.value)) is not None}
    if not days:
        raise DataError(
            f"{path.name}: the dates under the headings of sheet {SHEET} are gone. Leave row {head + 2} as it was.",
            table=SHEET,
        )
    return _grid(path.name, rows[head + 2 :], days)


def in_english(text: str) -> str:
    """A cell with its Persian words for absences said in English, as rosters are.

    >>> in_english("07:00-16:00 voice، مرخصی")
    '07:00-16:00 voice, leave'
    """
    if text.isascii():
        return text
    words = text.replace("،", ",")
    for word, meaning in PERSIAN.items():
        words = re.sub(rf"(?<!\w){word}(?!\w)", meaning, words)
    return words


def with_names(sheet: GridSheet, names: Iterable[str]) -> GridSheet:
    """The grid with its people called as the roster calls them: unseen characters and the ends of long names regained.

    Raises DataError where two people of the roster look the same in the sheet.
    """
    known = [(plain_text(name), name) for name in names]
    called: dict[str, str] = {}
    for agent in sheet.agents:
        own = [name for form, name in known if form == agent] or [n for form, n in known if same_text(agent, form)]
        if len(own) > 1:
            raise DataError(
                f"{sheet.name}: {agent!r} in sheet {SHEET} may be {listed(own)}. Read the roster's CSV back instead.",
                table=SHEET,
            )
        called[agent] = own[0] if own else agent
    return replace(
        sheet,
        texts={(called[agent], day): text for (agent, day), text in sheet.texts.items()},
        places={(called[agent], day): place for (agent, day), place in sheet.places.items()},
        agents=tuple(called.values()),
    )


def _grid(name: str, rows: list[Any], days: Mapping[int, pd.Timestamp]) -> GridSheet:
    texts: dict[Key, str] = {}
    places: dict[Key, str] = {}
    agents: list[str] = []
    for row in rows:
        agent = plain_text(row[0].value) if row else ""
        if not agent:
            if any(plain_text(row[k].value) for k in days if k < len(row)):
                raise DataError(f"{name}: row {row[0].row} of sheet {SHEET} has shifts but no person.", table=SHEET)
            continue
        if agent in agents:
            raise DataError(f"{name}: {agent!r} stands twice in sheet {SHEET}, again in row {row[0].row}.", table=SHEET)
        agents.append(agent)
        for k, day in days.items():
            texts[agent, day] = in_english(plain_text(row[k].value)) if k < len(row) else ""
            places[agent, day] = f"{SHEET}!{row[k].coordinate}" if k < len(row) else SHEET
    return GridSheet(name=name, texts=texts, places=places, agents=tuple(agents), days=tuple(days.values()))


def _day(value: object) -> pd.Timestamp | None:
    return pd.Timestamp(value).normalize() if isinstance(value, (dt.datetime, dt.date)) else None
