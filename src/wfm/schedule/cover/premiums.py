"""What paid hours cost more by hour and day: nights, weekends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from wfm.checks import number_in
from wfm.durations import DAY
from wfm.hours import OpeningHours
from wfm.schedule.program.program import Floats
from wfm.schedule.shifts.axis import TimeAxis

Premiums = tuple[tuple[OpeningHours, float], ...]


def read_premiums(premiums: Mapping[str, float] | Sequence[tuple[object, float]] | None) -> Premiums:
    """Pairs of hours and what a paid hour costs more in them [paid hours].

    >>> read_premiums({"22:00-06:00": 0.35})[0][1]
    0.35
    """
    pairs = premiums.items() if isinstance(premiums, Mapping) else premiums or ()
    return tuple(
        (
            OpeningHours.read(hours, name="premiums"),
            number_in(rate, name="premiums", low=0, high=100, unit="paid hours"),
        )
        for hours, rate in pairs
    )


def premium_before(axis: TimeAxis, premiums: Premiums) -> Floats:
    """Premium of one person who is paid from the axis' origin to each slot's start [paid hours].

    It runs two days past the horizon, beyond the end of any shift; where hours of two premiums meet, both are paid.
    """
    rate = np.zeros(axis.slots + round(2 * DAY / axis.step))
    for hours, more in premiums:
        for day in pd.date_range(axis.dates[0] - pd.Timedelta(days=1), axis.dates[-1] + pd.Timedelta(days=3), freq="D"):
            for first, last in hours.of(day):
                begin = axis.slot_of(day) + first / axis.step
                end = begin + (last - first) / axis.step
                for slot in range(max(int(begin), 0), min(int(-(-end // 1)), len(rate))):
                    rate[slot] += more * (min(end, slot + 1) - max(begin, slot))
    if axis.cyclic:
        beyond = len(rate) - axis.slots
        rate[axis.slots :] = np.resize(rate[: axis.slots], beyond)
    return np.concatenate([[0.0], np.cumsum(rate * axis.hours)])


def premium_of(table: pd.DataFrame, axis: TimeAxis, premiums: Premiums) -> float:
    """Premium of a schedule table, row by row [paid hours]."""
    paid = table[table["paid"].astype(bool)]
    if not premiums or paid.empty:
        return 0.0
    before = premium_before(axis, premiums)
    first, last = axis.slots_of(paid["start"]), axis.slots_of(paid["end"])
    return float(((before[last] - before[first]) * paid["people"].to_numpy()).sum())
