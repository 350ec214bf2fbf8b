"""What a schedule or roster costs: paid hours, with premiums by the clock and for overtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wfm.durations import DAY, time_of_day

if TYPE_CHECKING:
    from wfm.settings.spec import CostsSpec


def labour_cost(table: pd.DataFrame, costs: CostsSpec, *, overtime_hours: float = 0.0) -> float:
    """Cost of the paid rows of a schedule or roster, in the unit of `costs.hour`.

    A paid hour costs `hour`; inside a span of `night` it costs that share more; an hour of overtime `overtime` more.
    """
    rows = table[table["paid"].astype(bool)]
    people = rows["people"].to_numpy(dtype=float) if "people" in rows else np.ones(len(rows))
    begin, end = (_seconds(rows[name], rows["start"]) for name in ("start", "end"))
    total = float(((end - begin) * people).sum()) / 3600
    for span, share in costs.night.items():
        first, _, last = span.partition("-")
        a, b = time_of_day(first, name="costs.night"), time_of_day(last, name="costs.night", midnight=True)
        total += share * float((_inside(begin, end, a, b if b > a else b + DAY) * people).sum()) / 3600
    return costs.hour * (total + costs.overtime * overtime_hours)


def _seconds(times: pd.Series, starts: pd.Series) -> np.ndarray:
    """Seconds after midnight of the row's first day."""
    return np.asarray((times - starts.dt.normalize()).dt.total_seconds(), dtype=float)


def _inside(begin: np.ndarray, end: np.ndarray, first: float, last: float) -> np.ndarray:
    """Seconds of [begin, end) inside the daily span [first, last), which may run past midnight."""
    spans = [(first + day * DAY, last + day * DAY) for day in (-1, 0, 1)]
    return np.asarray(sum(np.clip(np.minimum(end, b) - np.maximum(begin, a), 0, None) for a, b in spans))
