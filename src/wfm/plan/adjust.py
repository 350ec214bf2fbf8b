"""The planner's overrides: applied after the machine's number, kept beside it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


def adjusted(table: pd.DataFrame, adjustments: pd.DataFrame | None, what: str, column: str) -> pd.DataFrame:
    """The table with a planner's changes to one column; the machine's own values stay in `<column>_machine`.

    Changes are applied in the order of the adjustments table to every interval that begins inside [start, end).
    """
    mine = None if adjustments is None else adjustments[adjustments["what"] == what]
    if mine is None or mine.empty or table.empty:
        return table
    values = table[column].to_numpy(dtype=float).copy()
    for row in mine.itertuples():
        inside = ((table["queue"] == row.queue) & (table["start"] >= row.start) & (table["start"] < row.end)).to_numpy()
        values[inside] = apply(values[inside], str(row.how), float(row.value))  # type: ignore[arg-type]
    if np.array_equal(values, table[column].to_numpy(dtype=float), equal_nan=True):
        return table
    changed = {f"{column}_machine": table[column], column: pd.Series(np.maximum(values, 0.0), index=table.index)}
    if column == "offered":  # the ranges move with the mean
        factor = (changed[column] / table[column]).where(table[column] > 0, 1.0)
        changed |= {name: table[name] * factor for name in table.columns if str(name).startswith("offered_q")}
    return table.assign(**changed)


def apply(values: Floats, how: str, value: float) -> Floats:
    """One change: set, add, multiply, min (at least so much) or max (at most so much).

    >>> apply(np.array([10.0, 20.0]), "min", 15.0).tolist()
    [15.0, 20.0]
    """
    changes = {
        "set": np.full_like(values, value),
        "add": values + value,
        "multiply": values * value,
        "min": np.maximum(values, value),
        "max": np.minimum(values, value),
    }
    return changes[how]


def scaled_like(paths: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Paths moved by the same factors (rate and AHT) as the mean forecast was by the planner."""
    if after is before or paths.empty:
        return paths
    key = ["queue", "start"]
    old = before[[*key, "offered", "aht"]].rename(columns={"offered": "offered_0", "aht": "aht_0"})
    both = after[[*key, "offered", "aht"]].merge(old, on=key)
    joined = paths.merge(both, on=key, how="left", suffixes=("", "_new"))
    factor = (joined["offered"] / joined["offered_0"]).where(joined["offered_0"] > 0)
    rate = (joined["rate"] * factor).where(factor.notna(), joined["offered"].fillna(joined["rate"]))
    stretch = (joined["aht_new"] / joined["aht_0"]).fillna(1.0)
    return paths.assign(rate=rate.to_numpy(), aht=(joined["aht"] * stretch).to_numpy())
