"""Few people by the hour: the best roster and its proof, whatever their wishes weigh."""

import numpy as np
import pandas as pd
import pytest

from wfm.schedule import Contract, People, ShiftType, build_roster
from wfm.schedule.rules import DaysPerWeek
from wfm.schedule.search import few_people, solving

MONDAY = pd.Timestamp("2026-11-02")
DAY = pd.Timedelta(days=1)
TYPES = [ShiftType(name=f"s{hour:02d}", length="8h", starts=f"{hour:02d}:00") for hour in (6, 9, 12, 15, 22)]


def site(seed, people=4, days=7):
    """Demand by the hour, five days each, and a wish of any weight for every day."""
    rng = np.random.default_rng(seed)
    start = pd.date_range(MONDAY, periods=24 * days, freq="h")
    needed = pd.DataFrame({"queue": "voice", "start": start, "agents": rng.integers(0, 3, len(start)).astype(float)})
    names = [f"a{k}" for k in range(people)]
    day = MONDAY + np.tile(np.arange(days), people) * DAY
    wishes = pd.DataFrame({"agent": np.repeat(names, days), "start": day, "end": day + DAY, "kind": "off"})
    contract = Contract(name="ft", min_rest="11h", max_consecutive_days=5)
    staff = People(
        agents=pd.DataFrame({"agent": names, "contract": "ft"}),
        contracts={"ft": contract},
        wishes=wishes.assign(weight=rng.uniform(0, 0.5, len(day))),
    )
    return {
        "demand": needed,
        "agents": staff,
        "rules": [DaysPerWeek(least=5, most=5, weight=50.0)],
        "shift_types": TYPES,
        "under_cost": 10.0,
        "over_cost": 1.0,
        "time_limit": 60,
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_few_people_by_the_hour_get_the_best_roster_and_its_proof(seed, monkeypatch):
    best = build_roster(**site(seed))
    assert best.status == "optimal"
    assert best.bound == pytest.approx(best.objective, rel=1e-5)
    monkeypatch.setattr(solving, "can_flow", lambda search: False)  # another way to a proof
    other = build_roster(**site(seed))
    assert other.objective >= best.objective - 1e-6 - 1e-5 * best.objective
    assert other.bound <= best.objective + 1e-6 + 1e-5 * best.objective


def test_lines_too_many_to_choose_among_prove_nothing_and_spoil_nothing(monkeypatch):
    monkeypatch.setattr(few_people, "MOST_STEPS", 10)
    roster = build_roster(**(site(1) | {"time_limit": 2}))
    assert roster.bound <= roster.objective + 1e-6
    assert set(roster.table["agent"]) == {"a0", "a1", "a2", "a3"}
