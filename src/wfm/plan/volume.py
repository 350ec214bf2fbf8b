"""A queue without history: a stated volume and a pattern."""

from __future__ import annotations

import re

import pandas as pd

from wfm.errors import DataError, SettingError
from wfm.settings import Week

_VOLUME = re.compile(r"^\s*([\d.,\s]+?)\s*(?:/|per)\s*(day|week|month)\s*$")
_WEEKS = {"day": 7.0, "week": 1.0, "month": 7.0 * 12 / 365.25}


def weekly_volume(value: object, *, name: str = "volume", where: str | None = None) -> float:
    """Contacts in a week from "1200/week", "200/day", "5000/month" or a number a week.

    >>> weekly_volume("200/day"), weekly_volume(1200)
    (1400.0, 1200.0)
    """
    match = _VOLUME.match(value) if isinstance(value, str) else None
    try:
        number = float(match[1].replace(",", "").replace(" ", "")) if match else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = -1.0
    if number < 0 or number != number:
        raise SettingError(
            f"{name} must be a volume such as '1200/week', '200/day' or '5000/month', got {value!r}.",
            name=name,
            value=value,
            where=where,
        )
    return number * (_WEEKS[match[2]] if match else 1.0)


def pattern_of(source: object, week: Week, queue: str) -> pd.DataFrame | None:
    """The pattern table (weekday, time, share) that a queue names, or None for an even spread over open hours.

    Columns: `time` ("08:00") and `share` (any positive weight), optional `weekday` (mon ... sun).
    """
    if source is None:
        return None
    from wfm.calendars import WEEKDAYS
    from wfm.durations import time_of_day

    place = week.path(source)
    table = place if isinstance(place, pd.DataFrame) else pd.read_csv(str(place))
    for column in ("time", "share"):
        if column not in table:
            raise DataError(
                f"pattern of queue {queue!r} has no column {column!r}; it needs time, share and, where days "
                "differ, weekday.",
                table="pattern",
                column=column,
            )
    share = pd.to_numeric(table["share"], errors="coerce")
    if share.isna().any() or (share < 0).any() or share.sum() <= 0:
        bad = int((share.isna() | (share < 0)).to_numpy().argmax())
        raise DataError(
            f"pattern.share of queue {queue!r} must be numbers >= 0, not all 0; first fault in row {bad}: "
            f"{table['share'].iloc[bad]!r}.",
            table="pattern",
            column="share",
            rows=[bad],
        )
    days = table["weekday"].astype(str).str.lower().str[:3] if "weekday" in table else None
    if days is not None and not days.isin(WEEKDAYS).all():
        raise DataError(
            f"pattern.weekday of queue {queue!r} must be mon ... sun, got "
            f"{table['weekday'][~days.isin(WEEKDAYS)].iloc[0]!r}.",
            table="pattern",
            column="weekday",
        )
    return pd.DataFrame(
        {
            "second": [time_of_day(t, name="pattern.time") for t in table["time"]],
            "share": share.astype(float),
            "weekday": days.map(WEEKDAYS.index) if days is not None else -1,
        }
    )
