"""Plan and reality side by side, interval by interval and day by day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.review.planned import Planned
from wfm.target import ServiceTarget

KEY = ["queue", "start"]


def side_by_side(
    plan: Planned, actual: pd.DataFrame, attendance: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[str]]:
    """One row a planned interval of which something is known, and notes on what is not.

    Columns: queue, start, end, day, hours (width), forecast, machine, low, high (80% band), aht_forecast, needed,
    rostered, expected, promised, abandon_promised; offered, answered, abandoned, answered_within, within, aht, came.
    """
    both = _plan_side(plan).merge(actual.drop(columns="end"), on=KEY, how="left")
    both = both.rename(columns={"staffed": "came"})
    notes = _notes(plan, both, actual)
    known = both[both["offered"].notna()].reset_index(drop=True)
    if attendance is not None:
        known = known.drop(columns="came").merge(attendance, on=KEY, how="left")
    return known, [*notes, *_unknown(known)]


def day_table(both: pd.DataFrame, plan: Planned) -> pd.DataFrame:
    """Sums and means by queue and day.

    Columns: queue, day, forecast, machine, offered, error (forecast / offered - 1), aht_forecast, aht, needed_hours,
    rostered_hours, expected_hours, came_hours, promised, achieved, abandon_promised, abandon_rate. NaN = not known.
    """
    rows = [_day(str(queue), day, own, plan) for (queue, day), own in both.groupby(["queue", "day"])]
    return pd.DataFrame(rows)


def promised_level(plan: Planned, queue: str, rows: pd.DataFrame, scope: str) -> float:
    """Service that the plan promised for some of its intervals: of the whole day or week where all are there."""
    table = plan.promise
    whole = plan.coverage[plan.coverage["queue"] == queue]
    if scope == "day":
        whole = whole[whole["start"].dt.normalize() == rows["day"].iloc[0]]
    if len(table) and len(whole) == len(rows):
        own = table[(table["queue"] == queue) & (table["scope"] == scope)]
        own = own[(own["start"] <= rows["start"].iloc[0]) & (own["end"] >= rows["end"].iloc[-1])]
        if len(own) == 1:
            return float(own["service_level"].iloc[0])
    return mean_of(rows["promised"], rows["forecast"])


def achieved_level(rows: pd.DataFrame, target: ServiceTarget | None) -> float:
    """Service that was counted; NaN where it was not, or with another threshold than promised."""
    counted = rows["answered_within"].notna()
    if target is None or not counted.any() or not counted[rows["offered"] > 0].all():
        return float("nan")
    if (rows["within"].dropna() != target.within).any():
        return float("nan")
    base = rows["answered"] if target.abandoned == "answered" else rows["offered"]
    return float(rows["answered_within"].sum() / base.sum()) if base.sum() > 0 else float("nan")


def mean_of(values: pd.Series, weight: pd.Series) -> float:
    """Weighted mean of what is known; NaN where nothing is."""
    known = values.notna() & weight.notna()
    total = float(weight[known].sum())
    return float((values[known] * weight[known]).sum() / total) if total > 0 else float("nan")


def _plan_side(plan: Planned) -> pd.DataFrame:
    cover = plan.coverage.drop(columns=["offered", "required", "gap"], errors="ignore")
    cover = cover.rename(columns={"service_level": "promised", "abandon_rate": "abandon_promised"})
    cover = cover.reindex(columns=[*KEY, "end", "rostered", "expected", "promised", "abandon_promised"])
    both = cover.merge(_forecast(plan.forecast), on=KEY, how="left")
    need = plan.requirement[[*KEY, "agents"]].rename(columns={"agents": "needed"})
    both = both.merge(need, on=KEY, how="left")
    hours = (both["end"] - both["start"]).dt.total_seconds() / 3600
    return both.assign(day=both["start"].dt.normalize(), hours=hours)


def _forecast(forecast: pd.DataFrame) -> pd.DataFrame:
    if forecast.empty:
        nothing = dict.fromkeys(["forecast", "machine", "low", "high", "aht_forecast"], pd.Series(dtype=float))
        return pd.DataFrame({"queue": pd.Series(dtype=object), "start": pd.Series(dtype="datetime64[ns]"), **nothing})
    machine = forecast.get("offered_machine", forecast["offered"])
    # The quantiles are the machine's; a planner's change moves them with the mean, as it moves the paths.
    factor = (forecast["offered"] / machine).where(machine > 0, 1.0)
    return forecast[KEY].assign(
        forecast=forecast["offered"],
        machine=machine,
        low=forecast.get("offered_q0.1", np.nan) * factor,
        high=forecast.get("offered_q0.9", np.nan) * factor,
        aht_forecast=forecast["aht"],
    )


def _day(queue: str, day: object, own: pd.DataFrame, plan: Planned) -> dict[str, object]:
    hours = own["hours"]
    offered = float(own["offered"].sum())
    forecast = float(own["forecast"].sum(min_count=1))
    lost = own["abandoned"]
    target = plan.queues[queue].target
    return {
        "queue": queue,
        "day": day,
        "forecast": forecast,
        "machine": float(own["machine"].sum(min_count=1)),
        "offered": offered,
        "error": forecast / offered - 1 if offered > 0 else np.nan,
        "aht_forecast": mean_of(own["aht_forecast"], own["forecast"]),
        "aht": mean_of(own["aht"], own["answered"].fillna(own["offered"])),
        "needed_hours": float((own["needed"] * hours).sum(min_count=1)),
        "rostered_hours": float((own["rostered"] * hours).sum(min_count=1)),
        "expected_hours": float((own["expected"] * hours).sum(min_count=1)),
        "came_hours": float((own["came"] * hours).sum()) if own["came"].notna().all() else np.nan,
        "promised": promised_level(plan, queue, own, "day"),
        "achieved": achieved_level(own, target),
        "abandon_promised": mean_of(own["abandon_promised"], own["forecast"]),
        "abandon_rate": float(lost.sum() / offered) if lost.notna().all() and offered > 0 else np.nan,
    }


def _notes(plan: Planned, both: pd.DataFrame, actual: pd.DataFrame) -> list[str]:
    there = set(actual["queue"])
    missing = both[both["offered"].isna() & both["queue"].isin(there)]
    notes = [
        f"{queue}: {len(rows)} of the planned intervals have no actual data, first {rows['start'].iloc[0]}"
        for queue, rows in missing.groupby("queue")
    ]
    outside = actual.merge(both[KEY], on=KEY, how="left", indicator=True)
    outside = outside[(outside["_merge"] == "left_only") & (outside["offered"] > 0)]
    notes += [
        f"{queue}: {rows['offered'].sum():,.0f} contacts came outside the planned hours"
        for queue, rows in outside.groupby("queue")
    ]
    for queue, rows in both[both["answered_within"].notna()].groupby("queue"):
        target = plan.queues[str(queue)].target
        other = rows["within"].dropna()
        if target is not None and len(other) and (other != target.within).any():
            counted = f"{queue}: answered_within is counted at {other.iloc[0]:g} s"
            notes.append(f"{counted}, promised were {target.within:g} s: not compared")
        elif target is not None and other.empty:
            notes.append(f"{queue}: answered_within does not say at how many seconds, taken as {target.within:g} s")
    return notes


def _unknown(known: pd.DataFrame) -> list[str]:
    notes = []
    for queue, rows in known.groupby("queue"):
        if rows["came"].isna().any():
            some = "" if rows["came"].isna().all() else "partly "
            notes.append(f"{queue}: who came is {some}not known, so its part of the miss lies in chance")
        if rows["aht"].isna().all():
            notes.append(f"{queue}: handle time is not known, so its part of the miss lies in chance")
    return notes
