"""The planner's minimum of agents, where nobody is there to keep it."""

from __future__ import annotations

import pandas as pd

SHORT = 0.5  # people: a break of a quarter of an hour breaks no minimum


def broken_minimums(requirement: pd.DataFrame, coverage: pd.DataFrame) -> list[str]:
    """A sentence for every queue that stays below its `min_agents`: the worst hour, asked and there.

    >>> t = pd.date_range("2026-11-21 08:00", periods=2, freq="h")
    >>> need = pd.DataFrame({"queue": "voice", "start": t, "agents": [9.0, 5.0], "minimum": [9.0, 0.0]})
    >>> broken_minimums(need, need.assign(rostered=[4.0, 5.0])[["queue", "start", "rostered"]])[0][:62]
    'queue voice: min_agents asks for 9 on 2026-11-21 08:00, 4.0 ar'
    """
    if "minimum" not in requirement or coverage.empty or "rostered" not in coverage:
        return []
    both = requirement[["queue", "start", "minimum"]].merge(coverage[["queue", "start", "rostered"]])
    both["missing"] = both["minimum"] - both["rostered"]
    found = []
    for queue, rows in both[both["missing"] >= SHORT].groupby("queue", sort=False):
        worst = rows.iloc[int(rows["missing"].to_numpy().argmax())]
        found.append(
            f"queue {queue}: min_agents asks for {worst['minimum']:g} on {worst['start']:%Y-%m-%d %H:%M}, "
            f"{worst['rostered']:.1f} are rostered: {len(rows)} interval(s) of the plan stay below their minimum"
        )
    return found
