"""Durations in seconds and times of day, read from what people write."""

from __future__ import annotations

import math
import re
from datetime import time, timedelta

import pandas as pd

from wfm.errors import SettingError

_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?$")
_DAYS = re.compile(r"(?<=[\d ])d(?![a-zA-Z])")  # pandas will read days as D alone
DAY = 86_400.0


def seconds(value: object, *, name: str = "duration", zero: bool = False, endless: bool = False) -> float:
    """Seconds from a number of seconds or anything that `pd.Timedelta` reads.

    Parameters
    ----------
    value : number, str, timedelta      240, "4min", "1h30min", "00:04:00", `pd.Timedelta("4min")`.
    zero : bool                         Whether 0 is allowed.
    endless : bool                      Whether infinity is allowed.

    >>> seconds("4min"), seconds("8h30min"), seconds("2d"), seconds(60)
    (240.0, 30600.0, 172800.0, 60.0)
    """
    number = math.nan
    if isinstance(value, timedelta):
        number = value.total_seconds()
    elif isinstance(value, str):
        number = _read(value)
    elif not isinstance(value, bool):
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = math.nan
    allowed = number > 0 or (zero and number == 0)
    if math.isnan(number) or not allowed or (math.isinf(number) and not endless):
        span = f"a duration {'>= 0' if zero else '> 0'}{' (or infinite)' if endless else ''}"
        raise SettingError(
            f"{name} must be {span}, in seconds or as text such as '4min', '1h30min', '00:04:00', got {value!r}.",
            name=name,
            value=value,
        )
    return number


def width(value: object, *, name: str = "interval") -> float:
    """Width of the intervals of a day [s]: at least a minute, and the day is so many of them.

    >>> width("30min")
    1800.0
    """
    found = seconds(value, name=name)
    if found < 60 or DAY % found:
        raise SettingError(
            f"{name} must divide the day and be at least 60 s, got {spoken(found)}. Take 15min, 30min or 1h.",
            name=name,
            value=value,
        )
    return found


def _read(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = pd.Timedelta(_DAYS.sub("D", text))
    except ValueError:
        return math.nan
    return float(found.total_seconds())  # nan for "NaT"


def time_of_day(value: object, *, name: str = "time", midnight: bool = False) -> float:
    """Seconds after midnight from "HH:MM", `datetime.time` or a number of seconds.

    `midnight=True` also allows "24:00", the end of the day.

    >>> time_of_day("07:30"), time_of_day("24:00", midnight=True), time_of_day(27000)
    (27000.0, 86400.0, 27000.0)
    """
    number = math.nan
    if isinstance(value, time):
        number = value.hour * 3600.0 + value.minute * 60 + value.second
    elif isinstance(value, str) and (match := _CLOCK.match(value.strip())):
        hours, minutes, secs = (int(part or 0) for part in match.groups())
        if minutes < 60 and secs < 60:
            number = hours * 3600.0 + minutes * 60 + secs
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
    if not (0 <= number < DAY or (midnight and number == DAY)):
        raise SettingError(
            f"{name} must be a time of day such as '07:30' in [00:00, {'24:00]' if midnight else '24:00)'}, "
            f'got {value!r}. Quote it in YAML: "07:30".',
            name=name,
            value=value,
        )
    return number


def clock(seconds_of_day: float) -> str:
    """A time of day, past midnight as after 24:00.

    >>> clock(27000), clock(93600)
    ('07:30', '26:00')
    """
    minutes = round(seconds_of_day / 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def spoken(duration: float) -> str:
    """A duration as people say it.

    >>> spoken(60), spoken(1140), spoken(5400), spoken(86400), spoken(0.4)
    ('60 s', '19 min', '1 h 30 min', '24 h', '0 s')
    """
    if math.isinf(duration):
        return "endless"
    if duration < 120:
        return f"{duration:.0f} s"
    minutes = round(duration / 60)
    if minutes < 90 and minutes % 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def start_grid(value: object, *, name: str = "starts") -> tuple[float, ...]:
    """Seconds of the day of every start, from a list of times or a range "07:00-14:00/30min".

    >>> start_grid("07:00-08:00/30min")
    (25200.0, 27000.0, 28800.0)
    """
    if isinstance(value, str):
        match = re.match(r"^\s*([\d:]+)\s*(?:-\s*([\d:]+)\s*/\s*(\S+))?\s*$", value)
        if not match:
            raise SettingError(
                f"{name} must be a time such as '07:00', a list of times or a range such as '07:00-14:00/30min', "
                f"got {value!r}.",
                name=name,
                value=value,
            )
        first = time_of_day(match[1], name=name)
        if match[2] is None:
            return (first,)
        last, step = time_of_day(match[2], name=name), seconds(match[3], name=name)
        if last < first:
            raise SettingError(
                f"{name} must end after it begins, got {value!r}. Split a range across midnight into two lists.",
                name=name,
                value=value,
            )
        return tuple(first + k * step for k in range(int((last - first) / step + 1e-9) + 1))
    if isinstance(value, (list, tuple)) and value:
        found = sorted(
            {
                s
                for item in value
                for s in (start_grid(item, name=name) if isinstance(item, str) else (time_of_day(item, name=name),))
            }
        )
        return tuple(found)
    if hasattr(value, "tolist"):
        return start_grid(value.tolist(), name=name)
    raise SettingError(
        f"{name} must be a list of times or a range such as '07:00-14:00/30min', got {value!r}.", name=name, value=value
    )
