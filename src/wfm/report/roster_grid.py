"""The roster as planners pin it to the wall: people down, days across, a colour for every kind of day."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from wfm.report.sheet_words import latin_digits
from wfm.report.sheets import Book
from wfm.report.texts import clean, short
from wfm.versions.cells import cell_text, cells

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

COLOURS = ("#CFE2F3", "#D9EAD3", "#FCE5CD", "#D9D2E9", "#D0E0E3", "#F4CCCC", "#EAD1DC", "#E2EFDA")
AWAY = {"leave": "#D9D9D9", "training": "#FFF2CC", "meeting": "#FFF2CC"}
NAME, CELL = 22, 15


def grid(plan: WeekPlan) -> pd.DataFrame:
    """One row a person and day with duties: agent, day, text, type, kind, hours; texts of one day are joined."""
    assert plan.roster is not None
    rows = []
    for (agent, day), cell in sorted(cells(plan.roster.table).items()):
        if plan.start <= day < plan.end:
            first = next((duty for duty in cell if duty.kind == "work"), cell[0])
            hours = sum(duty.paid_hours for duty in cell)
            rows.append((agent, day, cell_text(cell), first.type, first.kind, hours))
    return pd.DataFrame(rows, columns=["agent", "day", "text", "type", "kind", "hours"])


def write_grid(book: Book, plan: WeekPlan) -> None:
    """The sheet Roster: headings and the first columns frozen, a legend in the first row."""
    sheet = book.sheet("Roster")
    if plan.roster is None:
        book.write(sheet, 0, 0, book.word("No people were given: see Shifts."), "soft")
        return
    cells = grid(plan)
    days = pd.date_range(plan.start, plan.end, freq="D", inclusive="left")
    looks = _looks(book, cells)
    _heads(book, sheet, plan, days)
    _legend(book, sheet, looks)
    place = {day: k + 2 for k, day in enumerate(days)}
    agents = sorted(set(plan.roster.table["agent"]))
    empty = book.format(border=1, border_color="#E4E8ED")
    by_agent = dict(tuple(cells.groupby("agent")))
    for row, agent in enumerate(agents, start=3):
        own = by_agent.get(agent, cells.iloc[:0])
        book.write(sheet, row, 0, clean(agent, 255), "strong")
        book.write(sheet, row, 1, float(own["hours"].sum()))
        for column in place.values():
            sheet.write_blank(row, column, None, empty)
        for cell in own.itertuples():
            text = clean(_said(book, str(cell.text)), 255)
            sheet.write_string(row, place[cell.day], text, looks[_kind(cell.kind, cell.type)])  # type: ignore[index]
    sheet.freeze_panes(3, 2)
    sheet.set_column(0, 0, NAME)
    sheet.set_column(1, 1, 13 if book.language.rtl else 8)
    sheet.set_column(2, len(days) + 1, max([CELL, *(min(len(text), 24) + 1 for text in cells["text"])]))
    sheet.repeat_rows(0, 2)


def _said(book: Book, text: str) -> str:
    """A cell with its absences in the workbook's language; times and queues stay."""
    for word in AWAY:
        text = re.sub(rf"(?<![\w|]){word}(?![\w|])", book.word(word), text)
    return text


def _kind(kind: object, type_: object) -> str:
    return str(type_) if kind == "work" else str(kind)


def _looks(book: Book, cells: pd.DataFrame) -> dict[str, Any]:
    types = sorted({_kind(kind, type_) for kind, type_ in zip(cells["kind"], cells["type"], strict=True)} - set(AWAY))
    colours = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(types)}
    return {
        name: book.format(
            bg_color=colour, border=1, border_color="#FFFFFF", align="center", valign="top", text_wrap=True
        )
        for name, colour in {**colours, **AWAY}.items()
    }


def _heads(book: Book, sheet: Any, plan: WeekPlan, days: pd.DatetimeIndex) -> None:
    book.write(sheet, 1, 0, book.heading("agent"), "head")
    book.write(sheet, 1, 1, book.heading("paid h"), "head")
    book.write(sheet, 2, 0, "", "head")
    book.write(sheet, 2, 1, "", "head")
    weekend, holiday = plan.calendar.is_weekend(days), plan.calendar.holiday_names(days)
    line = {"border": 1, "border_color": "#D9DEE5"}
    rest = book.format(bold=True, bg_color="#7A8699", font_color="#FFFFFF", text_wrap=True, valign="top", **line)
    date = book.format(
        num_format="yyyy-mm-dd" if book.language.rtl else "d mmm yyyy", align="left", bg_color="#E9EEF4", **line
    )
    for column, (day, off) in enumerate(zip(days, weekend, strict=True), start=2):
        named = latin_digits(book.language.day(day, year=True)) if book.language.rtl else plan.calendar.label(day)
        label = named + (f" · {short(holiday[day], 24)}" if day in holiday else "")
        sheet.write_string(1, column, label, rest if off or day in holiday else book.formats["head"])
        sheet.write_datetime(2, column, day.to_pydatetime(), date)


def _legend(book: Book, sheet: Any, looks: dict[str, Any]) -> None:
    book.write(sheet, 0, 0, book.heading("colours:"), "soft")
    for column, (name, look) in enumerate(looks.items(), start=2):
        sheet.write_string(0, column, short(book.word(name), 20), look)
