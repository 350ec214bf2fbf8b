"""How right the forecast was: errors beside the best possible, bias, bands, and the worth of the planner's changes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.forecast.judged import metrics
from wfm.review.beside import mean_of
from wfm.review.planned import Planned

Floats = npt.NDArray[np.float64]
BAND = (0.1, 0.9)
DRAWS = 20  # Poisson counts for each possible future of the rate
COLUMNS = ("queue", "measure", "value", "beside", "n", "meaning")
Found = tuple[str, float, float, int, str]


def accuracy_of(both: pd.DataFrame, days: pd.DataFrame, plan: Planned, *, seed: int = 0) -> pd.DataFrame:
    """Measures by queue, each beside what it must be held against.

    Returns
    -------
    table : queue, measure, value, beside, n, meaning
        `day_error`, `interval_error` (absolute error over contacts; beside: what perfect knowledge of the rate would
        still miss), `bias` (forecast over actual; beside 0), `day_band`, `interval_band` (share inside the 80% band;
        beside 0.8), `aht_error`, `aht_bias`, `planner` (error of the planner's days; beside: the machine's on the same
        days), `absence` (share of the rostered hours that did not come; beside: what was expected).
    """
    rows = []
    for name, own in both.groupby("queue"):
        mine = days[days["queue"] == name]
        found = [*_volume(own, mine), *_bands(own, plan, seed), *_handling(own), *_planner(own), *_absence(mine)]
        rows += [(str(name), *row) for row in found]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _volume(own: pd.DataFrame, days: pd.DataFrame) -> list[Found]:
    known = own[own["forecast"].notna()]
    if known.empty or not known["offered"].sum() > 0:
        return []
    rows: list[Found] = []
    for measure, table in (("day_error", days[days["forecast"].notna()]), ("interval_error", known)):
        forecast, offered = (table[column].to_numpy(dtype=float) for column in ("forecast", "offered"))
        rows.append(
            (
                measure,
                metrics.wape(offered, forecast),
                metrics.noise_floor(forecast),
                len(table),
                "|forecast - actual| / actual, beside the best possible",
            )
        )
    bias = metrics.bias(known["offered"].to_numpy(dtype=float), known["forecast"].to_numpy(dtype=float))
    return [*rows, ("bias", bias, 0.0, len(known), "(forecast - actual) / actual")]


def _bands(own: pd.DataFrame, plan: Planned, seed: int) -> list[Found]:
    rows: list[Found] = []
    meaning = "share inside the 80% band"
    banded = own[own["low"].notna() & own["high"].notna()]
    if len(banded):
        low, high, offered = (banded[column].to_numpy(dtype=float) for column in ("low", "high", "offered"))
        rows.append(("interval_band", metrics.coverage(offered, low, high), 0.8, len(banded), meaning))
    edges = day_bands(own, plan, seed)
    if len(edges):
        offered = own.groupby("day")["offered"].sum().reindex(edges["day"]).to_numpy(dtype=float)
        inside = metrics.coverage(offered, edges["low"].to_numpy(dtype=float), edges["high"].to_numpy(dtype=float))
        rows.append(("day_band", inside, 0.8, len(edges), meaning))
    return rows


def day_bands(own: pd.DataFrame, plan: Planned, seed: int = 0) -> pd.DataFrame:
    """80% band of the count of each day of one queue: possible futures of the rate, and Poisson chance in each.

    Columns: day, low, high; no rows where the plan had no paths.
    """
    if plan.paths.empty:
        return pd.DataFrame(columns=["day", "low", "high"])
    paths = plan.paths[(plan.paths["queue"] == own["queue"].iloc[0]) & plan.paths["start"].isin(own["start"])]
    sums = paths.assign(day=paths["start"].dt.normalize()).pivot_table("rate", "path", "day", aggfunc="sum")
    counts = np.random.default_rng(seed).poisson(np.repeat(sums.to_numpy(dtype=float), DRAWS, axis=0))
    low, high = np.quantile(counts, BAND, axis=0) if len(counts) else (np.zeros(0), np.zeros(0))
    return pd.DataFrame({"day": sums.columns, "low": low, "high": high})


def _handling(own: pd.DataFrame) -> list[Found]:
    known = own[own["aht"].notna() & own["aht_forecast"].notna() & (own["offered"] > 0)]
    weight = known["answered"].fillna(known["offered"])
    if not weight.sum() > 0:
        return []
    actual, forecast = mean_of(known["aht"], weight), mean_of(known["aht_forecast"], weight)
    spread = mean_of((known["aht_forecast"] - known["aht"]).abs(), weight)
    return [
        ("aht_error", spread / actual, float("nan"), len(known), "|forecast - actual| / actual, by contacts"),
        ("aht_bias", forecast / actual - 1, 0.0, len(known), "(forecast - actual) / actual, by contacts"),
    ]


def _planner(own: pd.DataFrame) -> list[Found]:
    """The days that a planner changed: error of their totals over the changed intervals, planner's and machine's."""
    changed = own[(own["forecast"] - own["machine"]).abs() > 1e-9]
    if changed.empty:
        return []
    days = changed.groupby("day")[["forecast", "machine", "offered"]].sum()
    offered = days["offered"].to_numpy(dtype=float)
    planner, machine = (metrics.wape(offered, days[name].to_numpy(dtype=float)) for name in ("forecast", "machine"))
    return [("planner", planner, machine, len(days), "error of the days the planner changed, beside the machine's")]


def _absence(days: pd.DataFrame) -> list[Found]:
    known = days[days["came_hours"].notna() & (days["rostered_hours"] > 0)]
    if known.empty:
        return []
    rostered = float(known["rostered_hours"].sum())
    shares = [1 - float(known[name].sum()) / rostered for name in ("came_hours", "expected_hours")]
    return [("absence", shares[0], shares[1], len(known), "rostered hours that did not come, beside the expected")]
