"""A review in at most ten lines, in one fixed form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from wfm.review.planned import Planned
from wfm.review.split import CAUSES

WORDS = {"volume": "volume", "shape": "shape", "aht": "AHT", "attendance": "attendance", "chance": "chance"}
SHOWN = 0.0005  # a cause of less than 0.05 points is told as 0.0


def lines_of(
    plan: Planned, days: pd.DataFrame, split: pd.DataFrame, accuracy: pd.DataFrame, notes: Sequence[str]
) -> tuple[str, ...]:
    """Header and up to nine lines; a line of which nothing is known says so or is left out."""
    last = plan.end - pd.Timedelta(days=1)
    head = (
        f"{plan.name} - {plan.calendar.label(plan.start)} to {plan.calendar.label(last)} - REVIEW of {plan.title}, "
        f"{_counted(days['day'].nunique())}"
    )
    told = [
        head,
        volume(days, accuracy),
        ranges(accuracy),
        handling(days),
        people(days, accuracy),
        service(split),
        worst(split, plan),
        hung_up(days),
        planner(accuracy),
        noted(notes),
    ]
    return tuple(line for line in told if line)


def volume(days: pd.DataFrame, accuracy: pd.DataFrame) -> str:
    """Contacts that came beside the forecast, with error, bias and the best possible."""

    def one(queue: str, own: pd.DataFrame) -> str:
        came, forecast = own["offered"].sum(), own["forecast"].sum(min_count=1)
        if pd.isna(forecast):
            return f"{queue} {came:,.0f} came, no forecast"
        error = _measure(accuracy, queue, "day_error")
        words = f"{queue} {came:,.0f} came, {forecast:,.0f} forecast"
        if error is None:
            return words
        bias = _measure(accuracy, queue, "bias")
        return f"{words} (bias {bias[0] if bias else 0.0:+.1%}): day error {error[0]:.1%}, best possible {error[1]:.1%}"

    return "1 VOLUME   " + _each(days, one)


def ranges(accuracy: pd.DataFrame) -> str:
    """How often the 80% band held."""
    parts = []
    for queue in accuracy["queue"].unique():
        day, interval = (_measure(accuracy, queue, name) for name in ("day_band", "interval_band"))
        both = ((day, "days"), (interval, "intervals"))
        words = [f"{found[0]:.0%} of {found[2]} {what}" for found, what in both if found]
        parts += [f"{queue} {' and '.join(words)} inside the 80% band"] if words else []
    return "2 RANGE    " + ("; ".join(parts) or "no band was planned")


def handling(days: pd.DataFrame) -> str:
    """Handle time beside the plan's."""

    def one(queue: str, own: pd.DataFrame) -> str:
        weights = own["offered"]
        came, planned = _mean(own["aht"], weights), _mean(own["aht_forecast"], weights)
        if came is None or planned is None:
            return f"{queue} not known"
        return f"{queue} {came:.0f} s, planned {planned:.0f} s ({came / planned - 1:+.1%})"

    return "3 AHT      " + _each(days, one)


def people(days: pd.DataFrame, accuracy: pd.DataFrame) -> str:
    """Hours needed, rostered, expected and come."""

    def one(queue: str, own: pd.DataFrame) -> str:
        sums = own[["needed_hours", "rostered_hours", "expected_hours"]].sum(min_count=1)
        words = f"{queue} {sums.iloc[0]:,.0f} h needed, {sums.iloc[1]:,.0f} rostered, {sums.iloc[2]:,.0f} expected, "
        absence = _measure(accuracy, queue, "absence")
        if absence is None or own["came_hours"].isna().any():
            return words + "who came is not known"
        return words + f"{own['came_hours'].sum():,.0f} came (absence {absence[0]:.1%}, planned {absence[1]:.1%})"

    return "4 PEOPLE   " + _each(days, one)


def service(split: pd.DataFrame) -> str:
    """Promised and counted service, and the miss by cause."""
    weeks = split[split["scope"] == "week"]
    if weeks.empty:
        return "5 SERVICE  the counted service is not known: give answered_within at the promised threshold"
    parts = []
    for row in weeks.to_dict("records"):
        # Chance takes up what rounding leaves, so that the printed causes add up to the printed miss as well.
        miss = round(row["achieved"] * 100, 1) - round(row["promised"] * 100, 1)
        told = {name: round(row[name] * 100, 1) for name in CAUSES}
        told["chance"] = miss - sum(told.values())
        causes = ", ".join(f"{WORDS[name]} {_points(points)}" for name, points in told.items())
        parts.append(
            f"{row['queue']} promised {row['promised']:.1%}, came {row['achieved']:.1%}: "
            f"{_points(miss)} points = {causes}"
        )
    return "5 SERVICE  " + "; ".join(parts)


def worst(split: pd.DataFrame, plan: Planned) -> str:
    """The day with the largest miss, and its main cause."""
    days = split[split["scope"] == "day"]
    if days.empty or days["miss"].min() > -SHOWN:
        return "6 WORST    no day below its promise" if len(days) else ""
    row = days.iloc[int(days["miss"].to_numpy().argmin())]
    cause = min((*CAUSES, "chance"), key=lambda name: float(row[name]))
    return (
        f"6 WORST    {row['queue']} {plan.calendar.label(row['start'])}: promised {row['promised']:.1%}, came "
        f"{row['achieved']:.1%}, most by {WORDS[cause]} ({_points(row[cause] * 100)})"
    )


def hung_up(days: pd.DataFrame) -> str:
    """Hang-ups beside the plan's."""
    known = days[days["abandon_rate"].notna() & days["abandon_promised"].notna()]
    if known.empty:
        return ""

    def one(queue: str, own: pd.DataFrame) -> str:
        came, planned = (_mean(own[name], own["offered"]) or 0.0 for name in ("abandon_rate", "abandon_promised"))
        return f"{queue} {came:.1%} hung up, planned {planned:.1%}"

    return "7 FEELS    " + _each(known, one)


def planner(accuracy: pd.DataFrame) -> str:
    """Whether the planner's changes to the forecast helped."""
    rows = accuracy[accuracy["measure"] == "planner"]
    if rows.empty:
        return "8 PLANNER  changed no forecast"
    parts = []
    for row in rows.to_dict("records"):
        gain = row["beside"] - row["value"]
        verdict = "helped" if gain > SHOWN else "harmed" if gain < -SHOWN else "made no difference"
        parts.append(
            f"{row['queue']} {_counted(row['n'])} changed: error {row['value']:.1%}, the "
            f"machine's {row['beside']:.1%}: {verdict}"
        )
    return "8 PLANNER  " + "; ".join(parts)


def noted(notes: Sequence[str]) -> str:
    """What is not known."""
    if not notes:
        return "9 DOUBT    none"
    more = f" (and {len(notes) - 2} more)" if len(notes) > 2 else ""
    return "9 DOUBT    " + ". ".join(notes[:2]) + more


def _counted(days: int) -> str:
    return f"{days} day{'s' * (days != 1)}"


def _points(points: float) -> str:
    return f"{round(points, 1) + 0.0:+.1f}"


def _measure(accuracy: pd.DataFrame, queue: str, measure: str) -> tuple[float, float, int] | None:
    rows = accuracy[(accuracy["queue"] == queue) & (accuracy["measure"] == measure)]
    if rows.empty:
        return None
    row = rows.iloc[0]
    return float(row["value"]), float(row["beside"]), int(row["n"])


def _each(days: pd.DataFrame, one: Callable[[str, pd.DataFrame], str]) -> str:
    return "; ".join(one(str(queue), own) for queue, own in days.groupby("queue"))


def _mean(values: pd.Series, weight: pd.Series) -> float | None:
    known = values.notna() & (weight > 0)
    if not known.any():
        return None
    return float((values[known] * weight[known]).sum() / weight[known].sum())
