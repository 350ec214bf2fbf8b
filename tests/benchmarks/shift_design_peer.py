"""The same shifts and requirement designed by us and by pyworkforce's scheduler, each in a process of its own.

python tests/benchmarks/shift_design_peer.py [--time-limit 60] [--peak 150] [--only fixed]

Paid hours, missing and surplus agent-hours are counted here from what either returns. The peer enumerates a vector of
covered intervals for each shift of a day: no shift past midnight, no break that may move.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
import warnings
from math import ceil, cos, pi

MONDAY = "2026-11-02"
QUARTERS = 96
CASES = {
    "whole": "07-23, no breaks",
    "fixed": "07-23, every break at a fixed time",
    "nearest": "07-23, nearest to the requirement (sum of differences)",
    "thrifty": "07-23, near the requirement, paid hours counted (peer: sum of differences)",
    "flexible": "07-23, breaks free in their windows (peer: fixed)",
    "daily": "24 x 7 with its peak late in the evening, shifts of 7 to 9 h within the day",
    "nights": "24 x 7 with its peak late in the evening, shifts of 7 to 9 h past midnight (peer: within the day)",
}
COSTS = {
    "nearest": {"under_cost": 1000.0, "over_cost": 1000.0},
    "thrifty": {"under_cost": 1.15, "over_cost": 0.5},
}
AROUND_THE_CLOCK = ("daily", "nights")


def requirement(peak, around_the_clock):
    """A week with two peaks a day, days of different size and a ripple; agents by (day, quarter)."""
    size = [1.0, 0.95, 0.9, 0.9, 0.92, 0.7, 0.55]
    days = []
    for day in range(7):
        shape = []
        for quarter in range(QUARTERS):
            hour = (quarter / 4 - 8) % 24 if around_the_clock else quarter / 4  # the peak late in the evening
            level = 0.06 + 0.94 * max(0.0, cos((hour - 15) * pi / 20)) ** 2 * (1 - 0.18 * cos((hour - 14) * pi / 3))
            ripple = 1 + 0.03 * cos(2.4 * quarter + 5 * day)
            open_now = around_the_clock or 7 <= hour < 23
            shape.append(ceil(peak * size[day] * min(level, 1.0) * ripple) if open_now else 0)
        days.append(shape)
    return days


def lengths(case):
    """(span in quarters, breaks as (earliest, latest start, length, paid)) of every length."""
    found = []
    for quarters in range(28, 37, 2) if case in AROUND_THE_CLOCK else range(16, 41, 2):
        if case in ("whole", *AROUND_THE_CLOCK):
            found.append((quarters, []))
            continue
        meal = 2 if quarters < 32 else 4
        breaks = [(3, 6, 1, True), (quarters // 2 - 4, quarters // 2, meal, False)]
        breaks.append((quarters - 7, quarters - 4, 1, True))
        if quarters < 24:
            breaks = [(quarters // 2 - 2, quarters // 2 + 2, 1, True)]
        if case != "flexible":
            breaks = [((a + b) // 2, (a + b) // 2, n, paid) for a, b, n, paid in breaks]
        found.append((quarters, breaks))
    return found


def first_starts(case, quarters):
    """Every half hour at which a shift of so many quarters may start, in quarters."""
    if case == "nights":
        return range(0, 96, 2)
    return range(0, 96 - quarters + 1, 2) if case == "daily" else range(28, 92 - quarters + 1, 2)


def ours(case, peak, limit):
    """Design with this package; the table's own rows say what it costs."""
    import numpy as np
    import pandas as pd

    from wfm.schedule import Break, ShiftType, design_shifts

    need = np.array(requirement(peak, case in AROUND_THE_CLOCK)).ravel()
    starts = pd.Timestamp(MONDAY) + pd.to_timedelta(np.arange(len(need)) * 900, unit="s")
    table = pd.DataFrame({"queue": "q", "start": starts, "agents": need})
    kinds = [
        ShiftType(
            name=f"{quarters / 4:g}h",
            length=quarters * 900,
            starts=[q * 900 for q in first_starts(case, quarters)],
            breaks=[
                Break(name="rest" if paid else "meal", length=n * 900, paid=paid, between=(a * 900, b * 900))
                for a, b, n, paid in breaks
            ],
        )
        for quarters, breaks in lengths(case)
    ]
    costs = COSTS.get(case, {"hard_cover": True})
    began = time.perf_counter()
    plan = design_shifts(table, kinds, time_limit=limit, cyclic=case == "nights", **costs)
    gap = plan.coverage["gap"].to_numpy()
    return _told(plan.paid_hours, gap, began, None if case in COSTS else plan.bound)


def peer(case, peak, limit):
    """Design with the peer: every shift of a day as a vector, one cost each."""
    import numpy as np
    from pyworkforce.scheduling import MinAbsDifference, MinRequiredResources

    days = requirement(peak, case in AROUND_THE_CLOCK)
    vectors, paid = {}, {}
    expressed = {"flexible": "fixed", "nights": "daily", "thrifty": "nearest"}.get(case, case)
    for quarters, breaks in lengths(expressed):
        for start in first_starts(expressed, quarters):
            on = [int(start <= q < start + quarters) for q in range(QUARTERS)]
            for a, _, n, _ in breaks:
                on[start + a : start + a + n] = [0] * n
            name = f"{start}-{quarters}"
            vectors[name] = on
            paid[name] = quarters - sum(n for _, _, n, free in breaks if not free)
    most = 4 * max(max(day) for day in days)
    given = {
        "num_days": 7,
        "periods": QUARTERS,
        "shifts_coverage": vectors,
        "required_resources": days,
        "max_period_concurrency": most,
        "max_shift_concurrency": most,
        "max_search_time": float(limit),
    }
    began = time.perf_counter()
    if expressed == "nearest":
        solved = MinAbsDifference(**given).solve()
    else:
        solved = MinRequiredResources(**given, cost_dict=paid).solve()
    cover, hours = np.zeros((7, QUARTERS)), 0.0
    for row in solved["resources_shifts"]:
        if row["day"] >= 0:
            cover[row["day"]] += row["resources"] * np.array(vectors[row["shift"]])
            hours += row["resources"] * paid[row["shift"]] / 4
    return _told(hours, (cover - np.array(days)).ravel(), began, None)


def _told(paid, gap, began, bound):
    return {
        "paid": float(paid),
        "bound": None if bound is None else float(bound),
        "missing": float(abs(gap[gap < 0].sum()) / 4),
        "surplus": float(gap[gap > 0].sum() / 4),
        "seconds": time.perf_counter() - began,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def measured(case, tool, peak, limit):
    """What one tool returns for one case, from a process of its own."""
    command = [sys.executable, __file__, "--tool", tool, "--only", case, "--peak", str(peak)]
    done = subprocess.run([*command, "--time-limit", str(limit)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    read = argparse.ArgumentParser()
    read.add_argument("--time-limit", type=float, default=60)
    read.add_argument("--peak", type=int, default=150)
    read.add_argument("--only", choices=list(CASES))
    read.add_argument("--tool", choices=["ours", "peer"])
    given = read.parse_args()
    if given.tool:
        warnings.simplefilter("ignore")
        print(json.dumps({"ours": ours, "peer": peer}[given.tool](given.only, given.peak, given.time_limit)))
        return
    print("| case | tool | paid h | missing | surplus | bound | seconds | peak MB |\n|---|---|---|---|---|---|---|---|")
    for case in [given.only] if given.only else CASES:
        for tool in ("ours", "peer"):
            got = measured(case, tool, given.peak, given.time_limit)
            bound = "" if got["bound"] is None else f"{got['bound']:,.2f}"
            print(
                f"| {CASES[case]} | {tool} | {got['paid']:,.2f} | {got['missing']:,.2f} | {got['surplus']:,.2f} "
                f"| {bound} | {got['seconds']:.1f} | {got['megabytes']:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
