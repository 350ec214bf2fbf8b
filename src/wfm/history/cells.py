"""What a cell says: numbers and durations as people and exports write them, in any digits.

Every reader works on the different cells of a column only, so that long files cost little.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any
from unicodedata import category

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import seconds
from wfm.errors import SettingError

EMPTY = frozenset({"", "-", "–", "—", "n/a", "na", "nan", "nat", "none", "null", "#n/a", "#div/0!", "."})
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩−", "01234567890123456789-")
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF])
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’]")
_GROUPED = re.compile(r"^[+-]?[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*$")
_CLOCK = re.compile(r"^(?:(\d+):)?(\d{1,3}):(\d{2})(?:[.,](\d+))?$")

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
AS_TEXT, EMPTY_CELL, SAYS_NOTHING = "number written as text", "empty cell", "says that there is no number"
DIGITS, UNSEEN, OTHER_FORM = "Persian or Arabic digits", "marks that cannot be seen", "written in another form"
ONE_LINE = "a name of one line without control characters"
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A column of numbers: the numbers, which cells were not numbers, how separators were taken.

    `why` says of each cell why it was not read as it stands; it is empty where it was.
    """

    numbers: Floats
    bad: Flags
    why: Texts
    style: str = ""

    def at(self, codes: npt.NDArray[np.intp]) -> Numbers:
        """The cells of these places; -1 is the last one."""
        return Numbers(numbers=self.numbers[codes], bad=self.bad[codes], why=self.why[codes], style=self.style)


def clean(cell: object) -> str:
    """A cell as text in Latin digits, without marks that cannot be seen, spaces around it or a guarding quote.

    >>> clean(" ۱۴۰۵/۰۹/۰۱ "), clean("'=1+1")
    ('1405/09/01', '=1+1')
    """
    if isinstance(cell, str) and cell.isascii():
        return unescape(cell.strip())
    return unescape(str(cell).translate(_DIGITS).translate(_INVISIBLE).replace("\u00a0", " ").strip())


def unescape(text: str) -> str:
    """Text without the quote that guards spreadsheets against a formula.

    >>> unescape("'+49 30"), unescape("'tis")
    ('+49 30', "'tis")
    """
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@\t\r" else text


def has_control(name: str) -> bool:
    """Whether a name holds line breaks or control characters; marks of direction and joining are none.

    >>> has_control("Card" + chr(10) + "Loan"), has_control("می" + chr(0x200C) + "رود")
    (True, False)
    """
    return not name.isprintable() and any(category(character) in ("Cc", "Zl", "Zp") for character in name)


def is_empty(cells: pd.Series) -> Flags:
    """Which cells say nothing: empty, a dash, N/A, #DIV/0!."""
    return np.asarray(_by_value(cells, lambda cell: clean(cell).lower() in EMPTY, True), dtype=bool)


def read_text(cells: pd.Series) -> pd.Series:
    """Names as they are written, without spaces around them; empty cells are None."""
    return pd.Series(_by_value(cells, _name, None), index=cells.index, dtype=object)


def read_numbers(cells: pd.Series, *, whole: bool = False) -> Numbers:
    """Numbers from numbers or text: decimal comma, thousands separators, any digits; empty cells are NaN.

    Parameters
    ----------
    whole : bool    Counts: 1.234 beside 987 is one thousand two hundred and thirty-four.

    >>> read_numbers(pd.Series(["۱۲", "1.234,5", "n/a", "x"])).numbers.tolist()
    [12.0, 1234.5, nan, nan]
    """
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        values = cells.to_numpy(dtype=float, na_value=np.nan)
        return Numbers(numbers=values, bad=np.isinf(values), why=_empty_cells(np.isnan(values)))
    codes, different = _different(cells)
    return _numbers_of(different, whole=whole).at(codes)


def read_durations(cells: pd.Series) -> Numbers:
    """Seconds from seconds, mm:ss, hh:mm:ss, "4min" or time cells of a spreadsheet; empty cells are NaN.

    >>> read_durations(pd.Series(["04:00", "1:00:30", "240", "4min"])).numbers.tolist()
    [240.0, 3630.0, 240.0, 240.0]
    """
    if pd.api.types.is_timedelta64_dtype(cells.dtype):
        values = cells.dt.total_seconds().to_numpy(dtype=float)
        return Numbers(numbers=values, bad=np.zeros(len(cells), dtype=bool), why=_empty_cells(np.isnan(values)))
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return read_numbers(cells)
    codes, different = _different(cells)
    plain = _numbers_of(different)
    as_text = plain.why == AS_TEXT  # digits, a sign and a dot: no duration is written so
    spans = np.array([np.nan if bare else _span(cell) for cell, bare in zip([*different, None], as_text, strict=True)])
    told = np.isfinite(spans)
    marks = [_duration_form(cell) if mark else "" for cell, mark in zip([*different, None], told, strict=True)]
    return Numbers(
        numbers=np.where(told, spans, plain.numbers),
        bad=plain.bad & ~told,
        why=np.where(told, np.array(marks, dtype=object), plain.why),
        style="hh:mm:ss or mm:ss" if told.any() else plain.style,
    ).at(codes)


def _numbers_of(different: list[Any], *, whole: bool = False) -> Numbers:
    """What each different cell says, and last what an empty one does; plain numbers are looked at no further."""
    plain = [isinstance(cell, str) and _PLAIN.fullmatch(cell) is not None for cell in different]
    texts = [cell if as_it_is else _digits_only(cell) for cell, as_it_is in zip(different, plain, strict=True)]
    style = _style([text for text in texts if isinstance(text, str)], whole=whole)
    if style == "thousands dot":  # 1.234 is not what it seems
        plain = [False] * len(different)
    numbers = [_number(text, style) for text in texts]
    why = [
        AS_TEXT if as_it_is else _why(cell, number, style)
        for cell, number, as_it_is in zip(different, numbers, plain, strict=True)
    ]
    nothing = [np.isnan(number) and _says_nothing(cell) for cell, number in zip(different, numbers, strict=True)]
    read = np.array([*numbers, np.nan])
    finite = np.isfinite(read)
    return Numbers(
        numbers=np.where(finite, read, np.nan),
        bad=~finite & ~np.array([*nothing, True], dtype=bool),
        why=np.array([*why, EMPTY_CELL], dtype=object),
        style=style,
    )


def unseen(cell: object) -> str:
    """What of a cell `clean` takes away or exchanges, in words; empty where it is as it seems.

    >>> unseen("۱۲"), unseen("12")
    ('Persian or Arabic digits', '')
    """
    if not isinstance(cell, str) or (cell.isascii() and cell.lstrip()[:1] != "'"):
        return ""
    digits = cell.translate(_DIGITS)
    said = [DIGITS] if digits != cell else []
    said += [UNSEEN] if digits.translate(_INVISIBLE) != digits else []
    text = digits.translate(_INVISIBLE).replace("\u00a0", " ").strip()
    return "; ".join([*said, *(["the quote that guards a formula"] if unescape(text) != text else [])])


def _empty_cells(missing: Flags) -> Texts:
    return np.where(missing, EMPTY_CELL, "").astype(object)


def _why(cell: object, number: float, style: str) -> str:
    """Why a cell was not read as it stands; empty where it was."""
    if not isinstance(cell, str):
        return EMPTY_CELL if np.isnan(number) and not isinstance(cell, (bool, np.bool_)) else ""
    text = clean(cell)
    if text.lower() in EMPTY:
        return SAYS_NOTHING if text else EMPTY_CELL
    marks = unseen(cell)
    bare = _SPACES.sub("", text)
    said = [marks] if marks else []
    said += ["spaces inside the number"] if bare != text else []
    if any(separator in bare for separator in ",٬٫") or (_PLAIN.fullmatch(bare) and float(bare) != number):
        said.append(style or "thousands or decimal mark")
    elif not _PLAIN.fullmatch(bare):
        said.append(OTHER_FORM)
    return "; ".join(said) or AS_TEXT


def _duration_form(cell: object) -> str:
    """How a duration is written."""
    if isinstance(cell, (time, timedelta)):
        return "" if isinstance(cell, timedelta) else "time of day taken as a duration"
    if not isinstance(cell, str):
        return ""
    form = "hh:mm:ss or mm:ss" if ":" in cell else "written with its unit"
    return "; ".join(text for text in (unseen(cell), form) if text)


def _different(cells: pd.Series) -> tuple[npt.NDArray[np.intp], list[Any]]:
    """Codes and the different cells; code -1, the missing cell, fits the last element of an extended list."""
    codes, different = pd.factorize(cells.astype(object), use_na_sentinel=True)
    return codes, list(different)


def _by_value(cells: pd.Series, read: Callable[[Any], object], missing: object) -> npt.NDArray[Any]:
    codes, different = _different(cells)
    results = np.empty(len(different) + 1, dtype=object)
    results[:-1] = [read(cell) for cell in different]
    results[-1] = missing
    return np.asarray(results[codes], dtype=object)


def why_text(cells: pd.Series) -> Texts:
    """Why names were not read as they stand; spaces around a name are none."""
    return np.asarray(_by_value(cells, _why_name, ""), dtype=object)


def _why_name(cell: object) -> str:
    if not isinstance(cell, str):
        return ""
    text = cell.strip()
    return "the quote that guards a formula" if text and unescape(text) != text else ""


def _name(cell: object) -> str | None:
    if isinstance(cell, float) and cell.is_integer():  # a number for a name, beside empty cells
        cell = int(cell)
    return unescape(str(cell).strip()) or None


def _says_nothing(cell: object) -> bool:
    return isinstance(cell, str) and clean(cell).lower() in EMPTY


def _digits_only(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    return _SPACES.sub("", clean(cell)).replace("٬", "").replace("٫", ".")


def _style(texts: list[str], *, whole: bool) -> str:
    """How separators are meant, told from the column as a whole."""
    commas = [text for text in texts if "," in text and _DIGIT.search(text)]
    both = [text for text in commas if "." in text]
    if both:
        return "decimal comma" if all(t.rfind(",") > t.rfind(".") for t in both) else "thousands comma"
    # A number without separator and with more than three digits says that thousands are not separated here.
    long_plain = any(text.lstrip("+-").isdigit() and len(text.lstrip("+-")) > 3 for text in texts)
    if commas:
        grouped = all(_GROUPED.match(text) for text in commas) and not long_plain
        short_plain = any(text.isdigit() for text in texts)
        return "thousands comma" if grouped and (whole or short_plain) else "decimal comma"
    dots = [text for text in texts if "." in text and _DIGIT.search(text)] if whole and not long_plain else []
    if dots and all(_GROUPED.match(text) for text in dots):
        return "thousands dot" if not all(text.endswith(".000") for text in dots) else ""
    return ""


def _number(cell: object, style: str) -> float:
    if isinstance(cell, (bool, np.bool_)) or cell is None:
        return np.nan
    if isinstance(cell, str):
        if style == "thousands comma":
            cell = cell.replace(",", "")
        elif style in ("decimal comma", "thousands dot"):
            cell = cell.replace(".", "") if "," in cell or style == "thousands dot" else cell
            cell = cell.replace(",", ".")
        if "_" in cell:
            return np.nan
    try:
        return float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return np.nan


def _span(cell: object) -> float:
    """Seconds of a cell that is written as a duration, else NaN."""
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    if isinstance(cell, time):
        return cell.hour * 3600.0 + cell.minute * 60 + cell.second
    if not isinstance(cell, str):
        return np.nan
    text = clean(cell)
    if match := _CLOCK.match(text):
        hours, minutes, rest, part = match.groups()
        if int(rest) > 59 or (hours and int(minutes) > 59):
            return np.nan
        return int(hours or 0) * 3600 + int(minutes) * 60 + int(rest) + (float(f"0.{part}") if part else 0.0)
    if any(c.isalpha() for c in text) and text[:1].isdigit() and text.lower() not in EMPTY:
        try:
            return seconds(text, zero=True)
        except SettingError:
            return np.nan
    return np.nan
