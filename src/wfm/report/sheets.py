"""A worksheet from a table: headings, widths, number formats, frozen panes, filter; no text is ever a formula."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm.report.texts import clean

SHARES = ("service_level", "abandon_rate", "occupancy", "probability", "chance", "gap_share")
WHOLE = ("number", "path", "people")
WIDEST = 44
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
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A workbook being made, with the formats it shares."""

    workbook: Any
    formats: Mapping[str, Any]

    @classmethod
    def over(cls, workbook: Any) -> Book:
        """The formats added to a workbook once."""
        return cls(workbook=workbook, formats={name: workbook.add_format(dict(look)) for name, look in FORMATS.items()})

    def sheet(self, name: str) -> Any:
        """A new worksheet that prints in landscape, as wide as a page."""
        sheet = self.workbook.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

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
            self.write(sheet, first, column, heading(str(name)), "head")
            look = look_of(str(name), table[name])
            for row, value in enumerate(table[name].tolist(), start=first + 1):
                self.write(sheet, row, column, value, look)
            sheet.set_column(column, column, _width(str(name), table[name], look))
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


def _width(name: str, values: pd.Series, look: str) -> float:
    if look in ("day", "time"):
        return 16.0 if look == "day" else 21.0
    if look != "text":
        return float(min(max(9, max(len(word) for word in heading(name).split()) + 3), 16))
    longest = max((len(clean(value)) for value in values.tolist()), default=0)
    return float(min(max(longest, len(heading(name)), 8) + 2, WIDEST))
