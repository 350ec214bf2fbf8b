"""What the days tell of the week: its rest, its first day, the last full day, the next week to plan."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.calendars import WEEKDAYS

_RESTS = (("sat", "sun"), ("thu", "fri"), ("fri", "sat"), ("fri",), ("sun",))
_QUIET = 0.85  # a weekend brings less than so much of the other days
_RECENT = 84  # days that tell the weekend


def weekend_of(history: pd.DataFrame, months: str) -> tuple[tuple[str, ...], str]:
    """Days of rest and why: the pair of days with the fewest contacts, else what is usual with the reckoning.

    >>> starts = pd.date_range("2026-10-05", periods=42, freq="D")
    >>> calls = np.where(starts.day_of_week.isin([3, 4]), 300.0, 900.0)
    >>> weekend_of(pd.DataFrame({"start": starts, "offered": calls}), "gregorian")
    (('thu', 'fri'), '33% of the contacts of other days')
    """
    usual = ("thu", "fri") if months == "solar-hijri" else ("sat", "sun")
    days = history["start"].dt.normalize()
    totals = history["offered"].groupby(days).sum().iloc[-_RECENT:]
    by_weekday = totals.groupby(pd.DatetimeIndex(totals.index).day_of_week).median().reindex(range(7)).fillna(0.0)
    if not by_weekday.max() or len(totals) < 7:
        return usual, "usual with these dates; the days do not tell"
    levels = {rest: _level(by_weekday, rest) for rest in _RESTS}
    best = min(levels, key=lambda rest: (levels[rest], rest != usual))
    if levels[best] >= _QUIET:
        return usual, "usual with these dates; no two days are quieter"
    # A second quiet day makes a pair of a single one, if the pair is quiet by itself.
    pairs = [
        rest
        for rest in _RESTS
        if len(rest) == 2
        and set(best) <= set(rest)
        and _level(by_weekday, rest) < _QUIET
        and max(by_weekday[WEEKDAYS.index(day)] for day in rest) < _QUIET * _others(by_weekday, rest)
    ]
    chosen = min(pairs, key=lambda rest: levels[rest]) if pairs else best
    share = levels[chosen]
    return chosen, "closed then" if share < 0.01 else f"{share:.0%} of the contacts of other days"


def _level(by_weekday: pd.Series, rest: tuple[str, ...]) -> float:
    mine = [WEEKDAYS.index(day) for day in rest]
    return float(by_weekday[mine].mean() / max(_others(by_weekday, rest), 1e-9))


def _others(by_weekday: pd.Series, rest: tuple[str, ...]) -> float:
    return float(by_weekday.drop([WEEKDAYS.index(day) for day in rest]).median())


def week_start_of(weekend: tuple[str, ...]) -> str:
    """First day of the planning week: the day after the weekend.

    >>> week_start_of(("thu", "fri")), week_start_of(("sat", "sun"))
    ('sat', 'mon')
    """
    return WEEKDAYS[(WEEKDAYS.index(weekend[-1]) + 1) % 7]


def last_full_day(history: pd.DataFrame) -> tuple[pd.Timestamp, bool]:
    """Last day that is there as a whole, and whether a part of a day behind it is left out.

    A day is whole if its last interval with contacts comes no more than two hours before that of most days of its kind.
    """
    came = history[history["offered"] > 0]
    days = came["start"].dt.normalize()
    ends = came["start"].groupby(days).max()
    index = pd.DatetimeIndex(ends.index)
    second = (pd.DatetimeIndex(ends) - index).total_seconds().to_numpy()
    last = index[-1]
    alike = second[:-1][index[:-1].day_of_week == last.day_of_week][-8:]
    cut = len(alike) >= 2 and float(second[-1]) < float(np.median(alike)) - 7200
    return (last - pd.Timedelta(days=1), True) if cut else (last, False)


def next_week(last: pd.Timestamp, week_start: str) -> pd.Timestamp:
    """First day of the first planning week that begins after a day.

    >>> next_week(pd.Timestamp("2026-11-20"), "sat"), next_week(pd.Timestamp("2026-11-21"), "sat")
    (Timestamp('2026-11-21 00:00:00'), Timestamp('2026-11-28 00:00:00'))
    """
    return last + pd.Timedelta(days=(WEEKDAYS.index(week_start) - last.day_of_week - 1) % 7 + 1)
