"""The workbook that planners work in."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from wfm.errors import MissingExtra
from wfm.plan.output import write_atomically
from wfm.report.days import day_table, intervals
from wfm.report.duties import duties
from wfm.report.earlier import earlier_days
from wfm.report.edition import Edition
from wfm.report.headline import masthead, sentence
from wfm.report.html import formula_text
from wfm.report.language import Language
from wfm.report.notices import said
from wfm.report.pseudonyms import pseudonyms, renamed, shared
from wfm.report.roster_grid import write_grid
from wfm.report.sections import loosened_section, ways_section
from wfm.report.sheet_words import FIGURES, latin_digits
from wfm.report.sheets import Book, persian_dates
from wfm.report.texts import short
from wfm.versions import changes_on

if TYPE_CHECKING:
    from wfm.plan import WeekPlan
    from wfm.target import ServiceTarget

MOST_CHARTS = 8
LINE_COLUMNS, LINE_LETTERS = 8, 160
KEY_FIGURES = (
    ("contacts of live queues", "live_contacts", "number"),
    ("80% range from", "live_low", "number"),
    ("80% range to", "live_high", "number"),
    ("hours of work", "work_total", "number"),
    ("agent-hours needed", "need_hours", "number"),
    ("paid hours", "paid_hours", "number"),
    ("leave, training, meetings [h]", "placed_hours", "number"),
    ("paid breaks [h]", "break_hours", "number"),
    ("unplanned absence [h]", "absent_hours", "number"),
    ("hours on contacts", "have_hours", "number"),
    ("hours short", "short_hours", "number"),
    ("chance of the weakest promise", "chance", "share"),
    ("hang up", "abandon_rate", "share"),
    ("mean wait [s]", "mean_wait", "number"),
    ("longest wait to expect [s]", "longest_wait", "number"),
    ("occupancy", "occupancy", "share"),
    ("hard rules broken", "hard_rules_broken", "whole"),
    ("wishes", "wishes", "whole"),
    ("wishes granted", "wishes_granted", "whole"),
)


def write_workbook(
    plan: WeekPlan,
    path: str | Path,
    *,
    names: str = "full",
    key: str = "",
    language: str = "en",
    edition: Edition | None = None,
) -> Path:
    """Write the plan as an Excel workbook, whole or not at all; the same plan gives the same bytes.

    Sheets: Summary, Days, Roster, Intervals (with a chart of need against cover for each queue), Shifts, Requirement,
    Forecast, Changes (against the edition's previous roster), Ways out (and rules to loosen), Warnings.

    Parameters
    ----------
    plan : WeekPlan
    path : path             An .xlsx file.
    names, key : str        full, initials or hash: how people are called, and the secret of the codes.
    language : str          en or fa: sheets, headings and weekdays in Persian, sheets from right to left.
    edition : Edition       Version, and the roster that this one replaces.
                            None = what the plan says of itself.

    Raises
    ------
    MissingExtra        Without xlsxwriter.
    """
    target = Path(path)
    own = edition or Edition.of(plan)
    write_atomically(target, workbook_bytes(plan, names=names, key=key, language=language, edition=own))
    return target


def workbook_bytes(
    plan: WeekPlan, *, names: str = "full", key: str = "", language: str = "en", edition: Edition
) -> bytes:
    """The workbook's content."""
    told = shared(plan, names, key=key)
    found = _changes(plan, names, key, edition)
    buffer = io.BytesIO()
    workbook = _workbook(buffer, plan, edition)
    book = Book.over(workbook, Language.of(language, plan.calendar))
    _summary(book, told, edition)
    book.table(book.sheet("Days"), _days(told, edition), freeze=1)
    write_grid(book, told)
    _intervals(book, told)
    book.table(book.sheet("Shifts"), _shifts(book, told), freeze=1)
    book.table(book.sheet("Requirement"), told.requirement, freeze=2)
    book.table(book.sheet("Forecast"), told.forecast, freeze=2)
    _changed(book, found)
    _ways(book, told)
    _doubts(book, told)
    workbook.close()
    return buffer.getvalue()


def _workbook(buffer: io.BytesIO, plan: WeekPlan, edition: Edition) -> Any:
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise MissingExtra("Workbooks", extra="office", package="xlsxwriter") from error
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    workbook = Workbook(buffer, options)
    workbook.set_properties(
        {
            "title": short(plan.name, 120),
            "comments": edition.title,
            "author": "openwfm",
            "created": plan.start.to_pydatetime(),
        }
    )  # not the clock: the same plan, the same bytes
    return workbook


def _days(plan: WeekPlan, edition: Edition) -> pd.DataFrame:
    table = day_table(plan)
    return table if edition.history is None else table.merge(earlier_days(plan, edition.history), on="day")


def _summary(book: Book, plan: WeekPlan, edition: Edition) -> None:
    sheet = book.sheet("Summary")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 8, 20 if book.language.rtl else 14)
    book.write(sheet, 0, 0, plan.name, "title")
    last = plan.end - pd.Timedelta(days=1)
    when = f"{plan.calendar.label(plan.start)} to {plan.calendar.label(last)}, {edition.title}"
    row = 3
    if not book.language.rtl:
        book.write(sheet, 1, 0, when, "soft")
    else:
        _line(book, sheet, 1, latin_digits("، ".join(masthead(plan, edition, book.language)[:3])))
        _line(book, sheet, row, latin_digits(sentence(plan, book.language)))
        row += 2
    for line in plan.lines[1:]:
        _line(book, sheet, row, line)
        row += 1
    row = _key_figures(book, sheet, plan, row + 1)
    _promises(book, sheet, plan, row + 1)


def _line(book: Book, sheet: Any, row: int, line: str) -> None:
    """One of the ten lines over the width of the sheet, as high as it needs."""
    look = "warned" if any(word in line for word in ("NOT KEPT", "SHORT", "ASSUMED")) else "long"
    look += "_ltr" if book.language.rtl and line.isascii() else ""
    sheet.merge_range(row, 0, row, LINE_COLUMNS, "", book.formats[look])
    book.write(sheet, row, 0, line, look)
    sheet.set_row(row, 15.5 * (1 + len(line) // LINE_LETTERS))


def _key_figures(book: Book, sheet: Any, plan: WeekPlan, row: int) -> int:
    book.write(sheet, row, 0, book.heading("key figure"), "head")
    book.write(sheet, row, 1, book.heading("value"), "head")
    known = [
        (FIGURES[key] if book.language.code == "fa" else label, plan.figures[key], look)
        for label, key, look in KEY_FIGURES
        if plan.figures.get(key) is not None
    ]
    for label, value, look in known:
        row += 1
        book.write(sheet, row, 0, label)
        book.write(sheet, row, 1, value, look)
    return row + 1


def _promises(book: Book, sheet: Any, plan: WeekPlan, row: int) -> None:
    if plan.promise.empty:
        return
    weeks = plan.promise[plan.promise["scope"] == "week"]
    heads = ["queue", "week from", "in time", "hang up", "chance", "kept", "service level is"]
    for column, head in enumerate(heads):
        book.write(sheet, row, column, book.heading(head), "head")
    promised = plan.figures["promise"]
    for found in weeks.to_dict("records"):
        row += 1
        target = plan.queues[found["queue"]].target if found["queue"] in plan.queues else None
        values = [
            (found["queue"], "text"),
            (found["start"], "day"),
            (found["service_level"], "share"),
            (found.get("abandon_rate"), "share"),
            (found.get("probability"), "share"),
            (book.word("kept"), "text") if promised[found["queue"]]["kept"] else (book.word("NOT KEPT"), "bad"),
            (_formula(target, found["queue"], plan, book), "text"),
        ]
        for column, (value, look) in enumerate(values):
            book.write(sheet, row, column, value, look)


def _formula(target: ServiceTarget | None, queue: str, plan: WeekPlan, book: Book) -> str:
    if book.language.code == "fa" and queue in plan.queues:
        return latin_digits(formula_text(plan.queues[queue], book.language))
    return target.formula if target is not None else book.word("done before the deadline / offered")


def _intervals(book: Book, plan: WeekPlan) -> None:
    sheet = book.sheet("Intervals")
    found = intervals(plan)
    columns = ["queue", "start", "end", "needed", "rostered", "expected", "gap", "offered", "service_level"]
    table = found.reindex(columns=columns).assign(gap=found["gap"])
    extra = [name for name in ("abandon_rate", "asa", "occupancy") if name in plan.coverage]
    if extra:
        table = table.merge(plan.coverage[["queue", "start", *extra]], on=["queue", "start"], how="left")
    book.table(sheet, table, freeze=2)
    for number, queue in enumerate(table["queue"].unique()[:MOST_CHARTS]):
        rows = (table["queue"] == queue).to_numpy().nonzero()[0] + 1
        chart = _chart(book, str(queue), int(rows[0]), int(rows[-1]))
        sheet.insert_chart(1 + 18 * number, len(table.columns) + 1, chart)


def _chart(book: Book, queue: str, first: int, last: int) -> Any:
    """Need as a line over the cover as an area, of one queue; the rows of a queue lie together."""
    chart = book.workbook.add_chart({"type": "area"})
    line = book.workbook.add_chart({"type": "line"})
    name_of = book.sheet_name("Intervals")
    times = [name_of, first, 1, last, 1]
    chart.add_series(
        {
            "name": book.word("rostered"),
            "categories": times,
            "values": [name_of, first, 4, last, 4],
            "fill": {"color": "#C5D5E6"},
            "border": {"none": True},
        }
    )
    for name, column, colour in (("needed", 3, "#B3261E"), ("expected to come", 5, "#24588F")):
        line.add_series(
            {
                "name": book.word(name),
                "categories": times,
                "values": [name_of, first, column, last, column],
                "line": {"color": colour, "width": 1.25},
            }
        )
    chart.combine(line)
    title = book.word("People by interval: {queue}").format(queue=short(queue))
    chart.set_title({"name": title, "name_font": {"size": 11}, "overlay": False})
    chart.set_x_axis(
        {
            "num_format": persian_dates("ddd hh:mm") if book.language.rtl else "ddd hh:mm",
            "text_axis": True,
            "interval_unit": max(1, (last - first + 1) // 14),
            "interval_tick": max(1, (last - first + 1) // 14),
            "num_font": {"size": 8, "rotation": -45},
        }
    )
    chart.set_y_axis({"num_format": "0", "major_gridlines": {"visible": True, "line": {"color": "#E4E8ED"}}, "min": 0})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 900, "height": 340})
    return chart


def _shifts(book: Book, plan: WeekPlan) -> pd.DataFrame:
    """One row a shift: of people where there are any, else of the schedule's lines."""
    if plan.roster is not None:
        return book.words(duties(plan.roster.table).drop(columns="parts"), "kind")
    if plan.schedule is not None:
        table = plan.schedule.table.rename(columns={"shift": "agent", "type": "shift"})
        found = duties(table).drop(columns=["parts", "kind"]).rename(columns={"agent": "shift"})
        people = plan.schedule.table.groupby("shift")["people"].first()
        return found.assign(people=found["shift"].map(people)).drop(columns="number")
    return pd.DataFrame(columns=["agent", "day", "start", "end"])


def _changes(plan: WeekPlan, names: str, key: str, edition: Edition) -> pd.DataFrame | None:
    if edition.previous is None or plan.roster is None:
        return None
    found = changes_on(edition.previous, plan.roster.table, plan.start, plan.end).drop(columns="notice")
    if names == "full":
        return found
    return renamed(found, pseudonyms([*plan.roster.table["agent"], *found["agent"]], names, key=key))


def _changed(book: Book, found: pd.DataFrame | None) -> None:
    sheet = book.sheet("Changes")
    if found is None:
        book.write(sheet, 0, 0, book.word("No earlier roster was given to compare with."), "soft")
        return
    book.table(sheet, book.words(found, "change"), freeze=2)


def _ways(book: Book, plan: WeekPlan) -> None:
    """What would mend the plan, and the rules that close most of it where they are loosened by a step."""
    sheet = book.sheet("Ways out")
    row = 0
    for table in (ways_section(plan, book.language), loosened_section(plan, book.language)):
        for column, head in enumerate(table.heads if table.rows else ()):
            book.write(sheet, row, column, head, "head")
        for cells in table.rows:
            row += 1
            for column, cell in enumerate(cells):
                book.write(sheet, row, column, latin_digits(cell.text))
        row += 2 if table.rows else 0
    if not row:
        book.write(sheet, 0, 0, book.language.say("no_ways"), "soft")
    sheet.set_column(0, 1, 44)
    sheet.set_column(2, 4, 16)


def _doubts(book: Book, plan: WeekPlan) -> None:
    told = {"assumed": plan.assumed, "warning": plan.warnings}
    rows = [(kind, latin_digits(said(text, book.language))) for kind, texts in told.items() for text in texts]
    if plan.roster is not None and "message" in plan.roster.violations:
        rows += [("rule", str(text)) for text in plan.roster.violations["message"]]
    sheet = book.sheet("Warnings & assumptions")
    book.table(sheet, book.words(pd.DataFrame(rows, columns=["kind", "text"]), "kind"))
    sheet.set_column(1, 1, 130, book.formats["long"])
