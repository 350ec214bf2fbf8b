"""The roster as planners pin it to the wall: people down, days across, a colour for every kind of day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from wfm.report.duties import cell_text, duties, within
from wfm.report.sheets import Book
from wfm.report.texts import clean, short

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

COLOURS = ("#CFE2F3", "#D9EAD3", "#FCE5CD", "#D9D2E9", "#D0E0E3", "#F4CCCC", "#EAD1DC", "#E2EFDA")
AWAY = {"leave": "#D9D9D9", "training": "#FFF2CC", "meeting": "#FFF2CC"}
NAME, CELL = 22, 15


def grid(plan: WeekPlan) -> pd.DataFrame:
    """One row a person and day with duties: agent, day, text, type, kind, hours; texts of one day are joined."""
    assert plan.roster is not None
    found = within(duties(plan.roster.table), plan.start, plan.end)
    rows = []
    for (agent, day), own in found.groupby(["agent", "day"], sort=True):
        texts = [cell_text(row.kind, row.start, row.end, row.queue) for row in own.itertuples()]  # type: ignore[arg-type]
        first = own.iloc[int(own["kind"].eq("work").to_numpy().argmax())]
        trained = {part[0] for parts in own["parts"] for part in parts} & {"training", "meeting"}
        rows.append(
            (
                agent,
                day,
                ", ".join([*texts, *sorted(trained)]),
                first["type"],
                first["kind"],
                float(own["paid_hours"].sum()),
            )
        )
    return pd.DataFrame(rows, columns=["agent", "day", "text", "type", "kind", "hours"])


def write_grid(book: Book, plan: WeekPlan) -> None:
    """The sheet Roster: headings and the first columns frozen, a legend in the first row."""
    sheet = book.sheet("Roster")
    if plan.roster is None:
        book.write(sheet, 0, 0, "No people were given: see Shifts.", "soft")
        return
    cells = grid(plan)
    days = pd.date_range(plan.start, plan.end, freq="D", inclusive="left")
    looks = _looks(book, cells)
    _heads(book, sheet, plan, days)
    _legend(book, sheet, looks)
    place = {day: k + 2 for k, day in enumerate(days)}
    agents = sorted(set(plan.roster.table["agent"]))
    empty = book.workbook.add_format({"border": 1, "border_color": "#E4E8ED"})
    by_agent = dict(tuple(cells.groupby("agent")))
    for row, agent in enumerate(agents, start=3):
        own = by_agent.get(agent, cells.iloc[:0])
        book.write(sheet, row, 0, clean(agent, 255), "strong")
        book.write(sheet, row, 1, float(own["hours"].sum()))
        for column in place.values():
            sheet.write_blank(row, column, None, empty)
        for cell in own.itertuples():
            sheet.write_string(row, place[cell.day], clean(cell.text, 255), looks[_kind(cell.kind, cell.type)])  # type: ignore[index]
    sheet.freeze_panes(3, 2)
    sheet.set_column(0, 0, NAME)
    sheet.set_column(1, 1, 8)
    sheet.set_column(2, len(days) + 1, max([CELL, *(min(len(text), 24) + 1 for text in cells["text"])]))
    sheet.repeat_rows(0, 2)


def _kind(kind: object, type_: object) -> str:
    return str(type_) if kind == "work" else str(kind)


def _looks(book: Book, cells: pd.DataFrame) -> dict[str, Any]:
    types = sorted({_kind(kind, type_) for kind, type_ in zip(cells["kind"], cells["type"], strict=True)} - set(AWAY))
    colours = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(types)}
    return {
        name: book.workbook.add_format(
            {
                "bg_color": colour,
                "border": 1,
                "border_color": "#FFFFFF",
                "align": "center",
                "valign": "top",
                "text_wrap": True,
            }
        )
        for name, colour in {**colours, **AWAY}.items()
    }


def _heads(book: Book, sheet: Any, plan: WeekPlan, days: pd.DatetimeIndex) -> None:
    book.write(sheet, 1, 0, "agent", "head")
    book.write(sheet, 1, 1, "paid h", "head")
    book.write(sheet, 2, 0, "", "head")
    book.write(sheet, 2, 1, "", "head")
    weekend, holiday = plan.calendar.is_weekend(days), plan.calendar.holiday_names(days)
    rest = book.workbook.add_format(
        {
            "bold": True,
            "bg_color": "#7A8699",
            "font_color": "#FFFFFF",
            "border": 1,
            "border_color": "#D9DEE5",
            "text_wrap": True,
            "valign": "top",
        }
    )
    date = book.workbook.add_format(
        {"num_format": "d mmm yyyy", "align": "left", "bg_color": "#E9EEF4", "border": 1, "border_color": "#D9DEE5"}
    )
    for column, (day, off) in enumerate(zip(days, weekend, strict=True), start=2):
        label = plan.calendar.label(day) + (f" · {short(holiday[day], 24)}" if day in holiday else "")
        sheet.write_string(1, column, label, rest if off or day in holiday else book.formats["head"])
        sheet.write_datetime(2, column, day.to_pydatetime(), date)


def _legend(book: Book, sheet: Any, looks: dict[str, Any]) -> None:
    book.write(sheet, 0, 0, "colours:", "soft")
    for column, (name, look) in enumerate(looks.items(), start=2):
        sheet.write_string(0, column, short(name, 20), look)
