"""A site of a dozen people over two days, whose forecast is handed in with its range."""

import numpy as np
import pandas as pd

HOURS = {"sat-sun": "08:00-18:00"}


def spec(**target):
    promise = {"share": 0.8, "within": 60, "scope": "day", "confidence": 0.8} | target
    return {
        "name": "small",
        "interval": "30min",
        "week_start": "sat",
        "calendar": {"months": "gregorian", "closed": [f"2026-11-{day}" for day in (23, 24, 25, 26, 27)]},
        "queues": {
            "voice": {
                "channel": "voice", "hours": HOURS, "aht": 240, "patience": 240, "shrinkage": {"unplanned": 0.06},
                "target": promise,
            }
        },
        "shifts": {
            "short": {"length": "3h", "starts": "08:00-15:00/30min"},
            "full": {
                "length": "8h30min", "starts": "08:00-09:30/30min",
                "breaks": [{"name": "meal", "length": "30min", "paid": False, "between": ["3h", "5h"]}],
            },
        },
        "plan": {"start": "2026-11-21", "weeks": 1, "history_until": "2026-11-14", "time_limit": 20, "seed": 1},
    }  # fmt: skip


def forecast(scale=1.0):
    starts = pd.date_range("2026-11-21 08:00", periods=20, freq="30min")
    starts = starts.append(starts + pd.Timedelta("1D"))
    hour = np.tile(np.arange(20) / 2, 2)
    mean = scale * (30 + 70 * np.exp(-(((hour - 3) / 2) ** 2)) + 40 * np.exp(-(((hour - 7) / 1.5) ** 2)))
    wide = {"offered_q0.1": 0.86 * mean, "offered_q0.9": 1.14 * mean}
    return pd.DataFrame({"queue": "voice", "start": starts, "offered": mean, **wide})
