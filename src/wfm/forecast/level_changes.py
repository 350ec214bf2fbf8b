"""What changed in history without anybody saying so, for the planner to name."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.forecast.explained.explaining import INTERVAL
from wfm.forecast.forecaster import Forecaster
from wfm.forecast.learned.level import sizes_of_changes, yearly_sizes

KINDS = ("burst", "step")


def level_changes(model: Forecaster, *, of: str = "queues") -> pd.DataFrame:
    """Days from which the level of contacts was another, or from which a burst of them faded, and no event says why.

    A change is believed where it makes the days likelier by more than a search over all days finds by chance, after two
    weeks of a new level and three days of a burst. The forecast goes on from the new level and lets a burst fade; of a
    change too young to tell, it expects some of both, the more of it to stay the longer it has stood.

    Parameters
    ----------
    model : Forecaster      Fitted.
    of : str                `queues`, or `sums`: of the sum of all the queues of a stream or group.

    Returns
    -------
    DataFrame               queue, day, kind (`step`, `burst`), factor (contacts of that day over what they would have
                            been, the day before), low, high (its 90% interval), every_year (what of the factor comes at
                            that time of every year; 1 where history saw it but once).

    Raises
    ------
    SettingError            The forecaster has learned nothing yet, or there is no sum.

    >>> days = pd.date_range("2026-01-05", periods=90)
    >>> calls = np.random.default_rng(1).poisson(np.where(days < "2026-03-10", 900, 600)).astype(float)
    >>> found = level_changes(Forecaster().fit(pd.DataFrame({"queue": "voice", "start": days, "offered": calls})))
    >>> found[["day", "kind"]].astype(str).values.tolist(), found["factor"].round(1).tolist()
    ([['2026-03-10', 'step']], [0.7])
    """
    tables = []
    for name, one in model.models_of(of).items():
        size, sd = sizes_of_changes(one.level)
        first = pd.to_datetime(np.array([change.first for change in one.level.changes], dtype=float), unit="D")
        kinds = pd.Series([KINDS[change.stays] for change in one.level.changes], dtype=object)
        found = pd.DataFrame({"queue": pd.Series(name, index=kinds.index, dtype=object), "day": first, "kind": kinds})
        around = zip(("factor", "low", "high"), (0.0, -INTERVAL, INTERVAL), strict=True)
        factors = {column: np.exp(size + deviate * sd) for column, deviate in around}
        tables.append(found.assign(**factors, every_year=np.exp(yearly_sizes(one.level))))
    kept = [table for table in tables if len(table)] or tables[:1]  # an empty one has the types of the columns too
    return pd.concat(kept, ignore_index=True).sort_values(["queue", "day"], ignore_index=True)
