"""When a row happened: the moments of a column or of a date and a time column, as the file writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .cells import EMPTY, clean, unseen
from .changes import joined
from .clocks import DAY, read_clocks
from .dates import read_dates
from .ticks import Ticks, read_ticks

_CLOCK_FIRST = re.compile(r"^(\d{1,2}:\d{2}(?::\d{2})?)[\s,]+(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})$")
_COMPACT = re.compile(r"^(\d{8})[T ]?(\d{2})(\d{2})(\d{2})?(Z?)$")
_ALREADY_TIMES = "M"
_MIDNIGHT = ("00:00", "00:00:00")

Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """Moments as written.

    Attributes
    ----------
    moment : array          datetime64, NaT where the cell is empty or no time.
    end : array             End of the interval where a label gives it, else NaT.
    offset : array          Offset from UTC [s]; NaN = no zone written.
    bad : array             Which cells hold something that is no time.
    why : array             Why a moment is not what the cell says at first sight; empty where it is.
    solar : int             How many rows were written in the Solar Hijri calendar.
    dated : bool            Whether any cell holds a date.
    clocked : bool          Whether any cell holds a time of day.
    late : array            Which rows are written 24:00, the end of a day.
    order : str             dmy or mdy where the column decided.
    form : str              How numbers were counted, where the times are numbers.
    place : str             Time zone that the column itself names ("Europe/Berlin"); its moments are then of UTC.
    """

    moment: npt.NDArray[np.datetime64]
    end: npt.NDArray[np.datetime64]
    offset: npt.NDArray[np.float64]
    bad: Flags
    late: Flags
    why: Texts
    solar: int = 0
    dated: bool = True
    clocked: bool = True
    order: str = ""
    form: str = ""
    place: str = ""


def read_stamps(
    cells: pd.Series,
    times: pd.Series | None = None,
    *,
    order: str | None = None,
    months: str = "gregorian",
    bare: bool = False,
) -> Stamps:
    """Moments from a column, or from a date column and a time column.

    Parameters
    ----------
    order : str or None     `dmy`, `mdy` or told by the column; `hijri` where years 1300-1499 are lunar.
    months : str            Reckoning of the calendar that decides about years 1300-1499.
    bare : bool             Whether a date without a time may stand among dates with one, as its midnight.

    >>> read_stamps(pd.Series(["۱۴۰۵/۰۹/۰۱ 08:00-08:30"])).end.astype("datetime64[m]").astype(str).tolist()
    ['2026-11-22T08:30']
    """
    if cells.dtype.kind == _ALREADY_TIMES and times is None:
        return _from_times(cells)
    ticks = read_ticks(cells)
    if ticks is not None and times is None:
        return _from_ticks(ticks)
    if ticks is not None:  # dates as numbers beside a column of times
        cells = pd.Series(ticks.moment, index=cells.index).astype(object).where(~ticks.bad, cells.astype(object))
    form = np.full(len(cells), "" if ticks is None else ticks.form, dtype=object)
    codes, different = pd.factorize(cells.astype(object), use_na_sentinel=True)
    split = [_split(_as_text(cell)) for cell in different] + [("", "")]
    seen = np.array([*map(unseen, different), ""], dtype=object)[codes]
    day_texts, clock_texts = (pd.Series([pair[side] for pair in split])[codes % len(split)] for side in (0, 1))
    if times is not None:
        clock_texts, marks = _times_of(times)
        seen = joined(seen, marks)
    stamps = _joined_stamps(day_texts, clock_texts, hours=times is not None, order=order, months=months, bare=bare)
    return replace(stamps, why=joined(form, seen, stamps.why))


def holds_dates(cells: pd.Series, *, whole: bool = True) -> bool:
    """Whether a column holds dates at all, told by its first cells; `whole` as in `read_ticks`."""
    if cells.dtype.kind == _ALREADY_TIMES or read_ticks(cells.iloc[:50], whole=whole) is not None:
        return True
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return False
    first = [_split(_as_text(cell))[0] for cell in cells.dropna().iloc[:50]]
    return sum(any(c.isdigit() for c in text) and len(text) >= 6 for text in first) * 2 > len(first)


def holds_clocks(cells: pd.Series) -> bool:
    """Whether a column holds times of day other than midnight, told by its first cells."""
    ticks = read_ticks(cells.iloc[:50])
    if ticks is not None:
        return ticks.clocked
    first = [_split(_as_text(cell))[1] for cell in cells.dropna().iloc[:50]]
    return any(text not in ("", *_MIDNIGHT) for text in first)


def _joined_stamps(
    day_texts: pd.Series, clock_texts: pd.Series, *, hours: bool, order: str | None, months: str, bare: bool
) -> Stamps:
    day_codes, days = pd.factorize(day_texts.to_numpy(dtype=object))
    clock_codes, clocks = pd.factorize(clock_texts.to_numpy(dtype=object))
    dates = read_dates([str(day) for day in days], order=order, months=months)
    found = read_clocks([str(clock) for clock in clocks], hours=hours)
    day = dates.days[day_codes].astype("datetime64[us]")
    second = found.second[clock_codes]
    bad = dates.bad[day_codes] | (found.bad[clock_codes] & ~np.isnat(day))
    known = {str(clock): k for k, clock in enumerate(clocks)}
    lonely = np.isnat(day) & ~dates.bad[day_codes] & (clock_codes != known.get("", -1))
    if not bare:
        bad = bad | _bare(clock_codes, found.second, known.get(""))
    return Stamps(
        moment=_later(day, second),
        end=_later(day, found.end[clock_codes]),
        offset=found.offset[clock_codes],
        bad=bad | lonely,
        late=second == DAY,
        why=joined(dates.why[day_codes], found.why[clock_codes]),
        solar=int(dates.solar[day_codes].sum()),
        dated=any(days),
        clocked=any(clocks),
        order=dates.order,
    )


def _bare(codes: npt.NDArray[np.intp], second: npt.NDArray[np.float64], empty: int | None) -> Flags:
    """Dates without a time among dates with one: subtotals rather than midnight, unless there are rows at night."""
    bare = codes == empty if empty is not None else np.zeros(len(codes), dtype=bool)
    if not bare.any() or bare.all():
        return np.zeros(len(codes), dtype=bool)
    others = np.delete(second, empty) if empty is not None else second
    night = ((others > 0) & (others <= 3600)) | (others >= DAY - 3600)
    return np.zeros(len(codes), dtype=bool) if night.any() else bare


def _from_times(cells: pd.Series) -> Stamps:
    zone = getattr(cells.dtype, "tz", None)
    fixed = None if zone is None else zone.utcoffset(None)
    place = "" if zone is None or fixed is not None else str(zone)
    naive = cells.dt.tz_convert("UTC" if place else zone).dt.tz_localize(None) if zone is not None else cells
    moment = naive.to_numpy().astype("datetime64[us]")
    nowhere = np.full(len(cells), np.datetime64("NaT", "us"))
    nothing = np.zeros(len(cells), dtype=bool)
    offset = np.nan if zone is None else 0.0 if fixed is None else fixed.total_seconds()
    return Stamps(
        moment=moment,
        end=nowhere,
        offset=np.full(len(cells), offset),
        bad=nothing,
        late=nothing,
        why=np.full(len(cells), "" if zone is None else "with a zone", dtype=object),
        clocked=bool((moment != moment.astype("datetime64[D]")).any()),
        place=place,
    )


def _from_ticks(ticks: Ticks) -> Stamps:
    nothing = np.zeros(len(ticks.moment), dtype=bool)
    return Stamps(
        moment=ticks.moment,
        end=np.full(len(nothing), np.datetime64("NaT", "us")),
        offset=np.full(len(nothing), 0.0 if ticks.utc else np.nan),
        bad=ticks.bad,
        late=nothing,
        why=np.full(len(nothing), ticks.form, dtype=object),
        clocked=ticks.clocked,
        form=ticks.form,
    )


def _times_of(times: pd.Series) -> tuple[pd.Series, Texts]:
    """Texts of a time column and its unseen marks; a column that says one whole number in every row is no time."""
    codes, different = pd.factorize(times.astype(object), use_na_sentinel=True)
    texts = [_clock_text(cell) for cell in different] + [""]
    if len(set(texts) - {""}) == 1 and len(times) > 1 and texts[0].isdigit():
        texts[0] = f"{texts[0]} in every row"
    marks = np.array([*map(unseen, different), ""], dtype=object)[codes]
    return pd.Series(texts, dtype=object)[codes % len(texts)].reset_index(drop=True), marks


def _clock_text(cell: Any) -> str:
    day, clock = _split(_as_text(cell))
    # A spreadsheet may store a bare time with a date of its own (1899-12-30, or the day it was typed on).
    return clock if clock else day


def _as_text(cell: Any) -> str:
    if isinstance(cell, str):
        text = clean(cell)
        return "" if text.lower() in EMPTY else text
    if isinstance(cell, (datetime, pd.Timestamp)):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _split(text: str) -> tuple[str, str]:
    """A text as (date, time of day)."""
    colon = text.find(":")
    if colon < 0:
        if len(text) > 8 and (match := _COMPACT.match(text)):
            return match[1], f"{match[2]}:{match[3]}:{match[4] or '00'}{match[5]}"
        return text, ""
    blank = max(text.rfind(" ", 0, colon), text.rfind("T", 0, colon))
    if blank < 0:
        if match := _CLOCK_FIRST.match(text):
            return match[2], match[1]
        return "", text
    return text[:blank].rstrip(" ,T"), text[blank + 1 :]


def _later(day: npt.NDArray[np.datetime64], second: npt.NDArray[np.float64]) -> npt.NDArray[np.datetime64]:
    """Moments so many seconds after midnight; NaT where there is no day or no time."""
    gone = np.isnan(second) | np.isnat(day)
    micro = np.where(gone, 0.0, np.round(second * 1e6)).astype("int64")
    moment: npt.NDArray[np.datetime64] = (day.astype("int64") + micro).astype("datetime64[us]")
    moment[gone] = np.datetime64("NaT", "us")
    return moment
