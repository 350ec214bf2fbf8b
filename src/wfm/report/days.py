"""The days of a plan in one table: what comes, who is needed and who is there, and the service of each queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from wfm.plan import WeekPlan

MONTH_START = 6  # days from the first of the month that are starred
DRAWS = 20  # of Poisson chance on every path
Floats = npt.NDArray[np.float64]


def live_queues(plan: WeekPlan) -> list[str]:
    """Names of the queues in which a customer waits for an answer now."""
    return [name for name, queue in plan.queues.items() if queue.live]


def day_table(plan: WeekPlan) -> pd.DataFrame:
    """One row a day.

    Columns: day, offered (live contacts), low, high (80% range), peak (start of the interval that needs most), needed,
    rostered, expected (there and then), service_<queue>, chance (that every queue keeps its promise of the day, the
    lowest), short_hours, spare_hours (agent-hours of all intervals below and above the need), month_start.
    """
    days = pd.date_range(plan.start, plan.end, freq="D", inclusive="left")
    table = pd.DataFrame({"day": days})
    for part in (contacts_by(plan, "D"), _peaks(plan), _services(plan), _gaps(plan)):
        table = (
            table.merge(part, on="day", how="left")
            if len(part)
            else table.reindex(columns=[*table.columns, *(name for name in part.columns if name != "day")])
        )
    month = plan.calendar.month_day(days)
    return table.assign(month_start=(month["day"] <= MONTH_START).to_numpy())


def contacts_by(plan: WeekPlan, width: str) -> pd.DataFrame:
    """Live contacts by day ("D") or hour ("h") with their 80% range: futures of the rate and Poisson chance.

    Where a planner's adjustment changed the forecast, `machine` holds what it was before.
    """
    live = live_queues(plan)
    forecast = plan.forecast[plan.forecast["queue"].isin(live)] if len(plan.forecast) else plan.forecast
    names = ["day", "offered", "low", "high"]
    if forecast.empty:
        return pd.DataFrame(columns=names)
    when = forecast["start"].dt.floor(width).rename("day")
    found = forecast.groupby(when)["offered"].sum().rename("offered").reset_index()
    if "offered_machine" in forecast:
        found["machine"] = forecast["offered_machine"].fillna(forecast["offered"]).groupby(when).sum().to_numpy()
    low, high = _range(plan.paths, live, width, found["day"])
    found = found.assign(low=low, high=high)
    return found[[*names, *(["machine"] if "machine" in found else [])]]


def intervals(plan: WeekPlan) -> pd.DataFrame:
    """Coverage beside the requirement: `needed` agents on contacts, `there` = expected agents (else rostered), `gap`.

    Without a schedule or a roster there is nobody: `there` and `gap` are missing.
    """
    need = plan.requirement[["queue", "start", "end", "agents"]].rename(columns={"agents": "needed"})
    if "minimum" in plan.requirement:
        least = plan.requirement["minimum"].fillna(0.0)
        need = need.assign(at_minimum=((least > 0) & (need["needed"] <= least)).to_numpy())
    else:
        need = need.assign(at_minimum=False)
    cover = plan.coverage
    if cover.empty:
        return need.assign(rostered=np.nan, there=np.nan, gap=np.nan, service_level=np.nan, offered=np.nan)
    known = [name for name in ("rostered", "expected", "offered", "service_level") if name in cover]
    found = need.merge(cover[["queue", "start", *known]], on=["queue", "start"], how="outer")
    found["end"] = found["end"].fillna(found["start"] + (need["end"] - need["start"]).min())
    found["at_minimum"] = found["at_minimum"].eq(True)
    for name in ("expected", "offered", "service_level"):
        found[name] = found.get(name, np.nan)
    found["there"] = found["expected"].where(found["expected"].notna(), found["rostered"])
    found["gap"] = found["there"] - found["needed"].fillna(0.0)
    return found.sort_values(["queue", "start"], kind="stable").reset_index(drop=True)


def _peaks(plan: WeekPlan) -> pd.DataFrame:
    table = intervals(plan)
    total = table.groupby("start")[["needed", "rostered", "there"]].sum(min_count=1).reset_index()
    total["day"] = total["start"].dt.normalize()
    peak = total.loc[total.groupby("day")["needed"].idxmax().dropna()]
    return peak.rename(columns={"start": "peak", "there": "expected"})[
        ["day", "peak", "needed", "rostered", "expected"]
    ]


def _services(plan: WeekPlan) -> pd.DataFrame:
    if plan.promise.empty:
        return pd.DataFrame(columns=["day", *(f"service_{queue}" for queue in plan.queues), "chance"])
    rows = plan.promise[plan.promise["scope"] == "day"]
    rows = rows.assign(day=rows["start"].dt.normalize())
    level = rows.pivot_table(index="day", columns="queue", values="service_level", aggfunc="mean")
    level = level.reindex(columns=[queue for queue in plan.queues if queue in level])
    promised = [name for name, queue in plan.queues.items() if queue.target is not None] or list(plan.queues)
    chance = rows[rows["queue"].isin(promised)].groupby("day")["probability"].min() if "probability" in rows else np.nan
    return level.add_prefix("service_").assign(chance=chance).reset_index()


def _gaps(plan: WeekPlan) -> pd.DataFrame:
    table = intervals(plan)
    if table["gap"].isna().all():
        return pd.DataFrame(columns=["day", "short_hours", "spare_hours"])
    hours = table["gap"] * (table["end"] - table["start"]).dt.total_seconds() / 3600
    day = table["start"].dt.normalize().rename("day")
    return pd.DataFrame(
        {
            "short_hours": (-hours).clip(lower=0).groupby(day).sum(),
            "spare_hours": hours.clip(lower=0).groupby(day).sum(),
        }
    ).reset_index()


def _range(paths: pd.DataFrame, live: list[str], width: str, days: pd.Series) -> tuple[Floats, Floats]:
    """80% range of the count in every span of time."""
    mine = paths[paths["queue"].isin(live)] if len(paths) else paths
    if mine.empty:
        nothing = np.full(len(days), np.nan)
        return nothing, nothing
    spans = mine.assign(span=mine["start"].dt.floor(width))
    rate = spans.pivot_table(index="path", columns="span", values="rate", aggfunc="sum")
    sums = rate.reindex(columns=days).fillna(0.0).to_numpy(dtype=float)
    counts = np.random.default_rng(1).poisson(np.repeat(sums, DRAWS, axis=0))  # a fixed seed: the same page every time
    low, high = np.quantile(counts, [0.1, 0.9], axis=0)
    return low, high
