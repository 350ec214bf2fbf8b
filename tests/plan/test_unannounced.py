"""A plan whose history changed without anybody saying so: it tells the planner, and asks what it was."""

from __future__ import annotations

import numpy as np
import pandas as pd

import wfm

DAYS = pd.date_range("2026-06-01", "2026-11-15")


def _calls():
    """A quarter fewer since October, and a burst of half as many again since 5 November."""
    rng = np.random.default_rng(3)
    since = np.asarray((DAYS - pd.Timestamp("2026-11-05")).days, dtype=float)
    burst = np.where(since >= 0, 0.5 * np.exp(-np.maximum(since, 0.0) / 9), 0.0)
    level = (
        np.where(pd.Timestamp("2026-10-01") <= DAYS, 0.75, 1.0) * (1 + burst) * np.exp(rng.normal(0, 0.03, len(DAYS)))
    )
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=hour) for day in DAYS for hour in range(8, 20)])
    return pd.DataFrame(
        {"queue": "voice", "start": starts, "offered": rng.poisson(np.repeat(level * 80, 12)).astype(float)}
    )


def test_a_plan_says_what_changed_and_asks_what_it_was():
    spec = {
        "interval": "1h",
        "queues": {
            "voice": {
                "hours": {"mon-sun": "08:00-20:00"},
                "aht": 240,
                "patience": 180,
                "target": {"share": 0.8, "within": 60},
            }
        },
        "shifts": {"day": {"length": "6h", "starts": "08:00-14:00/1h"}},
        "plan": {"start": "2026-11-16", "time_limit": 1, "paths": 20},
    }
    plan = wfm.plan_week(spec, history={"voice": _calls()})
    asked = plan.suspects[plan.suspects["hours"] == "from then on"]
    assert asked["guess"].tolist() == ["new level", "burst"]
    assert asked["day"].dt.strftime("%Y-%m-%d").tolist() == ["2026-10-01", "2026-11-05"]
    assert sum("no event says why" in text for text in plan.warnings) == 2
    assert "a burst that fades +" in plan.lines[1]
