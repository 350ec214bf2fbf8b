"""Times of day as exports write them: 08:00, 8:00 pm, 08:00-08:30, 08:00:00+03:30; each different text read once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DAY = 86_400.0
_TIME = r"(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?\s*([AaPp]\.?[Mm]\.?|ق\.?ظ\.?|ب\.?ظ\.?)?"
_POINT = re.compile(rf"^{_TIME}\s*(Z|UTC|GMT|[+-]\d{{2}}:?\d{{2}})?$")
_LABEL = re.compile(rf"^{_TIME}\s*(?:-|–|—|to|till|until|bis|تا)\s*{_TIME}$")
_HOUR = re.compile(r"^(\d{1,2})(?:[.,]0+)?$")
_COMPACT = re.compile(r"^(\d{2})(\d{2})$")
_PLAIN = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?", re.ASCII)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Seconds of the day, end of the label and offset from UTC in seconds (NaN where there is none).

    `why` says why a time is not what it says at first sight: a label, a twelve-hour clock.
    """

    second: Floats
    end: Floats
    offset: Floats
    bad: npt.NDArray[np.bool_]
    why: npt.NDArray[np.object_]


def read_clocks(texts: Sequence[str], *, hours: bool = False) -> Clocks:
    """Times from different texts; "" is midnight.

    Parameters
    ----------
    hours : bool    Whether a whole number is an hour (8) or a time without colon (0830).

    >>> found = read_clocks(["08:00-08:30", "8:30 pm", "24:00", "08:00+03:30"])
    >>> found.second.tolist(), found.end.tolist(), found.offset.tolist()
    ([28800.0, 73800.0, 86400.0, 28800.0], [30600.0, nan, nan, nan], [nan, nan, nan, 12600.0])
    """
    rows = [_clock(text, hours) for text in texts]
    table = np.array(rows, dtype=float).reshape(-1, 4)
    second, end, offset, doubtful = table.T.copy()
    # 08:00-05:00 is a label or an offset west of Greenwich: labels all last equally long, offsets do not move along.
    unsure = np.flatnonzero(doubtful == 1)
    if len(unsure):
        lasts = np.round((end[unsure] - second[unsure]) % DAY)
        labels = len(set(lasts)) == 1 and (len(set(second[unsure])) > 1 or 0 < lasts[0] <= 4 * 3600)
        (offset if labels else end)[unsure] = np.nan
    end = np.where(end <= second, end + DAY, end)
    why = [_why(text, last, zone) for text, last, zone in zip(texts, end, offset, strict=True)]
    return Clocks(second=second, end=end, offset=offset, bad=np.isnan(second), why=np.array(why, dtype=object))


def _why(text: str, end: float, offset: float) -> str:
    if not text or _PLAIN.fullmatch(text):
        return "" if not text.startswith("24") else "24:00 is the next day's midnight"
    if not np.isnan(end):
        return "interval label"
    if not np.isnan(offset):
        return "with a zone"
    return "twelve-hour clock" if text[-1:] in "mM.ظ" else "time written in another form"


def _clock(text: str, hours: bool) -> tuple[float, float, float, float]:
    """(second, end, offset, 1 where end and offset exclude each other)."""
    nan = np.nan
    if not text:
        return 0.0, nan, nan, 0.0
    if match := _POINT.match(text):
        zone, second = match[5], _seconds(match.groups()[:4])
        offset = nan if zone is None else _offset(zone)
        if zone is not None and zone[0] == "-" and ":" in zone and match[3] is None and match[4] is None:
            end = _seconds((zone[1:3], zone[4:6], None, None))
            return second, end, offset, 1.0
        return second, nan, offset, 0.0
    if match := _LABEL.match(text):
        begin, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        return (nan, nan, nan, 0.0) if np.isnan(end) else (begin, end, nan, 0.0)
    if hours and (match := _HOUR.match(text)):
        return _seconds((match[1], "0", None, None)), nan, nan, 0.0
    if hours and (match := _COMPACT.match(text)):
        return _seconds((match[1], match[2], None, None)), nan, nan, 0.0
    return nan, nan, nan, 0.0


def _seconds(groups: Sequence[str | None]) -> float:
    hour, minute, rest, half = groups
    hours, minutes, second = int(hour or 0), int(minute or 0), float((rest or "0").replace(",", "."))
    if half:
        if not 1 <= hours <= 12:
            return np.nan
        after_noon = half[0] in "Ppب"
        hours = hours % 12 + (12 if after_noon else 0)
    total = hours * 3600.0 + minutes * 60 + second
    return total if minutes < 60 and second < 60 and total <= DAY else np.nan


def _offset(zone: str) -> float:
    if zone[0] not in "+-":
        return 0.0
    digits = zone[1:].replace(":", "")
    return (1 if zone[0] == "+" else -1) * (int(digits[:2]) * 3600.0 + int(digits[2:]) * 60)
