"""A worksheet from a table: headings, widths, number formats, frozen panes, filter; no text is ever a formula."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm.report.language import Language
from wfm.report.sheet_words import SHEETS, VALUES, persian_heading
from wfm.report.texts import clean

SHARES = ("service_level", "abandon_rate", "occupancy", "probability", "chance", "gap_share")
WHOLE = ("number", "path", "people")
WIDEST = 44
PERSIAN_FONT = "Tahoma"
LEFT_TO_RIGHT_MARK = "\u200e"
FORMATS: Mapping[str, Mapping[str, Any]] = {
    "text": {"align": "left", "indent": 1, "valign": "top"},
    "long": {"valign": "top", "text_wrap": True},
    "head": {
        "bold": True,
        "bg_color": "#24588F",
        "font_color": "#FFFFFF",
        "text_wrap": True,
        "valign": "top",
        "border": 1,
        "border_color": "#D9DEE5",
    },
    "day": {"num_format": "ddd yyyy-mm-dd", "align": "left", "indent": 1, "valign": "top"},
    "time": {"num_format": "ddd yyyy-mm-dd hh:mm", "align": "left", "indent": 1, "valign": "top"},
    "number": {"num_format": "#,##0.00", "valign": "top"},
    "whole": {"num_format": "#,##0", "valign": "top"},
    "share": {"num_format": "0.0%", "valign": "top"},
    "title": {"bold": True, "font_size": 14},
    "strong": {"bold": True, "valign": "top"},
    "soft": {"font_color": "#5B6675", "italic": True},
    "bad": {"bold": True, "font_color": "#B3261E", "align": "left", "indent": 1, "valign": "top"},
    "warned": {"bold": True, "font_color": "#B3261E", "valign": "top", "text_wrap": True},
    "long_ltr": {"valign": "top", "text_wrap": True, "reading_order": 1, "align": "left"},
    "warned_ltr": {
        "bold": True,
        "font_color": "#B3261E",
        "valign": "top",
        "text_wrap": True,
        "reading_order": 1,
        "align": "left",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A workbook being made, with the formats it shares."""

    workbook: Any
    formats: Mapping[str, Any]
    language: Language

    @classmethod
    def over(cls, workbook: Any, language: Language) -> Book:
        """The formats added to a workbook once."""
        looks = {name: _spoken(look, language) for name, look in FORMATS.items()}
        return cls(
            workbook=workbook,
            formats={name: workbook.add_format(look) for name, look in looks.items()},
            language=language,
        )

    def format(self, **look: Any) -> Any:
        """One more format, in the language's font and direction."""
        return self.workbook.add_format(_spoken(look, self.language))

    def sheet(self, name: str) -> Any:
        """A new worksheet that prints in landscape, as wide as a page; it runs as its language does."""
        sheet = self.workbook.add_worksheet(self.sheet_name(name))
        if self.language.rtl:
            sheet.right_to_left()
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def sheet_name(self, name: str) -> str:
        """What a sheet is called."""
        return SHEETS[name] if self.language.code == "fa" else name

    def heading(self, name: str) -> str:
        """A column's heading."""
        return (persian_heading(name) if self.language.code == "fa" else None) or heading(name)

    def word(self, text: str) -> str:
        """A word of the workbook's own that stands in a cell; what it has no word for stays."""
        return VALUES.get(text, text) if self.language.code == "fa" else text

    def words(self, table: pd.DataFrame, *columns: str) -> pd.DataFrame:
        """A table whose columns hold words of the workbook's own, not names."""
        return table.assign(**{name: [self.word(str(text)) for text in table[name]] for name in columns})

    def write(self, sheet: Any, row: int, column: int, value: object, look: str | None = None) -> None:
        """One value by its kind; a text is written as a text whatever it looks like."""
        kind, plain = _plain(value)
        form = self.formats[
            look or {"text": "text", "time": "time", "flag": "text", "empty": "text"}.get(kind, "number")
        ]
        if kind == "number":
            sheet.write_number(row, column, plain, form)
        elif kind == "time":
            sheet.write_datetime(row, column, plain, form)
        elif kind == "flag":
            sheet.write_boolean(row, column, plain, form)
        elif kind == "text":
            sheet.write_string(row, column, plain, form)
        else:
            sheet.write_blank(row, column, None, form)

    def table(self, sheet: Any, table: pd.DataFrame, *, first: int = 0, freeze: int = 0) -> None:
        """A table with its headings in row `first`; the headings and `freeze` columns stay in sight."""
        for column, name in enumerate(table.columns):
            self.write(sheet, first, column, self.heading(str(name)), "head")
            look = look_of(str(name), table[name])
            for row, value in enumerate(table[name].tolist(), start=first + 1):
                self.write(sheet, row, column, value, look)
            width = _width(self.heading(str(name)), table[name], look)
            sheet.set_column(column, column, width + 6 if self.language.rtl and look in ("day", "time") else width)
        sheet.set_row(first, 30)
        sheet.freeze_panes(first + 1, freeze)
        if len(table):
            sheet.autofilter(first, 0, first + len(table), len(table.columns) - 1)
        sheet.repeat_rows(first)


def heading(name: str) -> str:
    """A column's name as a heading.

    >>> heading("service_level"), heading("offered_q0.1")
    ('service level', 'offered 10% quantile')
    """
    if name.startswith("offered_q"):
        return f"offered {float(name.removeprefix('offered_q')):.0%} quantile"
    return name.replace("_", " ")


def look_of(name: str, values: pd.Series) -> str:
    """The format of a column."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        known = values.dropna()
        return "day" if len(known) and bool((known == known.dt.normalize()).all()) and name != "start" else "time"
    if pd.api.types.is_bool_dtype(values.dtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        return "text"
    if name in SHARES or name.startswith("service_"):
        return "share"
    return "whole" if name in WHOLE else "number"


def _plain(value: object) -> tuple[str, Any]:
    if value is None or value is pd.NaT or value is pd.NA:
        return "empty", None
    if isinstance(value, (bool, np.bool_)):
        return "flag", bool(value)
    if isinstance(value, (int, float, np.integer, np.floating)):
        number = float(value)
        return ("number", number) if math.isfinite(number) else ("empty", None)
    if isinstance(value, (pd.Timestamp, dt.datetime)):
        return "time", pd.Timestamp(value).tz_localize(None).to_pydatetime(warn=False)
    text = clean(value)
    return ("text", text) if text else ("empty", None)


def _spoken(look: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """A format whose dates name the weekday in the language, and whose texts run as it does."""
    found = dict(look)
    if not language.rtl:
        return found
    found |= {"font_name": PERSIAN_FONT, "italic": False}
    if "num_format" in found:
        found["num_format"] = persian_dates(found["num_format"])
    if "reading_order" not in found:
        found["reading_order"] = 0 if "num_format" in found else 2
        if found.get("align", "left") == "left":
            found["align"] = "right"
    return found


def persian_dates(form: str) -> str:
    """A number format that names weekdays in Persian and keeps the date behind them in its order.

    >>> persian_dates("ddd yyyy-mm-dd").replace(LEFT_TO_RIGHT_MARK, "|")
    '[$-429]dddd "|"yyyy-mm-dd'
    """
    return form.replace("ddd ", f'[$-429]dddd "{LEFT_TO_RIGHT_MARK}"')


def _width(head: str, values: pd.Series, look: str) -> float:
    if look in ("day", "time"):
        return 16.0 if look == "day" else 21.0
    if look != "text":
        return float(min(max(9, max(len(word) for word in head.split()) + 3), 16))
    longest = max((len(clean(value)) for value in values.tolist()), default=0)
    return float(min(max(longest, len(head), 8) + 2, WIDEST))
