"""A plan that is short, or that nothing lawful could fulfil, names the smallest relaxations that would mend it."""

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm.errors import InfeasibleError

HOURS = pd.date_range("2026-11-23", "2026-11-30", freq="60min", inclusive="left")
OPEN = HOURS[(HOURS.hour >= 8) & (HOURS.hour < 20)]
AGENTS = pd.DataFrame({"agent": ["Ada", "Bo", "Cy"], "contract": "ft"})
FORECAST = pd.DataFrame({"queue": "voice", "start": OPEN, "offered": 6.0, "aht": 240.0})


def planned(minimum=0, agents=AGENTS, **people):
    queue = {
        "hours": "08:00-20:00",
        "forecast": FORECAST,
        "target": {"share": 0.8, "within": "60s"},
        "patience": "300s",
        "shrinkage": {"unplanned": 0.05},
        "min_agents": minimum,
    }
    return wfm.plan_week(
        {
            "interval": "60min",
            "queues": {"voice": queue},
            "shifts": {"full": {"length": "8h", "starts": "08:00-12:00/60min"}},
            "contracts": {"ft": {"days_per_week": [0, 4], "max_consecutive_days": 4}},
            "people": {"agents": agents, **people},
            "plan": {"start": "2026-11-23", "time_limit": 1, "paths": 20},
        }
    )


def test_a_short_plan_names_the_rules_that_would_close_most_of_it_for_whom():
    plan = planned()
    assert len(plan.relaxations)
    best = plan.relaxations.iloc[0]
    assert best["closed"] > 0
    assert set(best["agents"]) <= set(AGENTS["agent"])
    assert best["relaxation"] in plan.lines[8]
    assert f"{best['closed']:.0f} h less short" in plan.lines[8]
    assert "days_per_week 4->5" in set(" and ".join(plan.relaxations["relaxation"]).split(" and "))
    assert plan.tables()["relaxations"].equals(plan.relaxations)


def test_a_plan_whose_locks_contradict_a_rule_says_what_must_give_way():
    days = pd.date_range("2026-11-23", periods=5)
    locks = pd.DataFrame({"agent": "Ada", "start": days, "type": "full"})
    with pytest.raises(InfeasibleError, match="to mend it: Ada") as told:
        planned(locks=locks)
    assert any("max_consecutive_days" in reason or "days_per_week" in reason for reason in told.value.reasons)


def test_a_plan_short_of_people_keeps_its_minimum_while_other_hours_stay_open():
    four = pd.DataFrame({"agent": ["Ada", "Bo", "Cy", "Di"], "contract": "ft"})  # 16 shifts; 14 keep one person there
    rows = planned(minimum=1, agents=four).coverage
    assert (rows["rostered"] >= 1).all()
    assert np.minimum(rows["gap"], 0).sum() < 0
