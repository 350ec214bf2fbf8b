"""Twelve weeks of early, late and night shifts that groups of people walk through in turn.

Run: python examples/rotation.py [seconds]. A rotation is made once, for a week such as it usually comes; the plan of a
single week then names the people. Replace `usual_week` by your own requirement (`wfm staff forecast.csv`, or the table
`requirement.csv` of a plan).
"""

import sys
from math import ceil, cos, pi

import pandas as pd

from wfm.schedule import Break, Contract, ShiftType, design_rotation, rotated, rotation_faults

MONDAY = pd.Timestamp("2026-11-02")
WEEKS = 4  # of a line: whoever walks it comes back to its first week after so many
LINES = 4  # side by side, each with groups of its own
MEAL = Break(name="meal", length="30min", paid=False, between=("3h", "5h"))
SHIFTS = [
    ShiftType(name="early", length="8h30min", starts="06:00-08:00/60min", breaks=[MEAL]),
    ShiftType(name="late", length="8h30min", starts="13:00-15:00/60min", breaks=[MEAL]),
    ShiftType(name="night", length="8h30min", starts="22:00", breaks=[MEAL]),
]
CONTRACT = Contract(
    name="rota",
    hours_per_week=(36, 40),  # in the mean of the line
    averaging_weeks=WEEKS,
    averaging_since=MONDAY,
    days_per_week=(3, 6),
    max_consecutive_days=6,
    max_weekends=3,  # in any four weeks
    min_rest="11h",
    start_band="1h",  # starts of one week lie within an hour of their middle
)


def usual_week(peak: int = 30) -> pd.DataFrame:
    """Agents by half-hour, round the clock, fewer at the weekend."""
    rows = []
    for day, share in enumerate([1.0, 0.95, 0.92, 0.95, 1.0, 0.75, 0.6]):
        for half_hour in range(48):
            busy = max(cos((half_hour / 2 - 14) * pi / 19), 0.0) ** 2
            start = MONDAY + pd.Timedelta(days=day, minutes=30 * half_hour)
            rows.append(("voice", start, ceil(peak * share * (0.1 + 0.9 * busy))))
    return pd.DataFrame(rows, columns=["queue", "start", "agents"])


def main(seconds: float = 20.0) -> None:
    """Design, check and print a rotation, and who works when in twelve weeks."""
    need = usual_week()
    plan = design_rotation(need, CONTRACT, SHIFTS, weeks=WEEKS, lines=LINES, time_limit=seconds)
    broken = rotation_faults(plan.table, CONTRACT, weeks=WEEKS, first_day=MONDAY)
    shifts = plan.table.groupby("shift", as_index=False).agg(
        line=("line", "first"), week=("week", "first"), type=("type", "first"), start=("start", "min"),
        people=("people", "first"),
    )  # fmt: skip
    shifts["day"] = shifts["start"].dt.day_name().str[:3] + " " + shifts["start"].dt.strftime("%H:%M")
    print(f"{plan!r}\n{len(broken)} rules broken\n")
    for (line, week), own in shifts.sort_values("start").groupby(["line", "week"]):
        people = int(own.groupby("start")["people"].sum().iloc[0])
        print(f"line {line}, week {week}: {people} people, {own['type'].iloc[0]:<5}  {', '.join(own['day'].unique())}")

    calendar = rotated(plan.table, 12)
    hours = (calendar["end"] - calendar["start"]).dt.total_seconds() / 3600 * calendar["people"] * calendar["paid"]
    by_group = hours.groupby([calendar["line"], calendar["group"]]).sum().round(6)
    fair = all(len(set(own)) == 1 for _, own in by_group.groupby("line"))
    weeks = (calendar["start"].max() - MONDAY).days // 7 + 1
    print(f"\nAll groups of a line work the same hours in {weeks} weeks: {fair}")


if __name__ == "__main__":
    main(*(float(word) for word in sys.argv[1:2]))
