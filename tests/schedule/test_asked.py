import numpy as np
import pandas as pd
import pytest

from wfm.errors import SettingError, WfmWarning
from wfm.schedule import Contract, ShiftType, design_shifts, design_tours, hour_prices, what_if

DAY = pd.Timestamp("2026-11-21")
TWO = ShiftType(name="two", length="2h", starts=["08:00", "09:00", "10:00"])


def requirement(agents, hour=8):
    starts = pd.date_range(DAY + pd.Timedelta(hours=hour), periods=len(agents), freq="h")
    return pd.DataFrame({"queue": "v", "start": starts, "end": starts + pd.Timedelta(hours=1), "agents": agents})


def test_prices_are_what_one_more_agent_costs_when_designed_anew():
    """Where the relaxation is whole, one more agent costs his price; else whole people cost no less in sum."""
    agents = [2, 5, 3, 1]
    prices = hour_prices(requirement(agents), [TWO])["price"]
    base = design_shifts(requirement(agents), [TWO])
    for hour, price in enumerate(prices):
        more = np.array(agents)
        more[hour] += 1
        assert design_shifts(requirement(more), [TWO]).objective - base.objective >= price - 1e-6
    assert float(prices @ np.array(agents)) == pytest.approx(base.bound)


def test_an_hour_that_no_shift_is_worth_costs_what_missing_costs():
    assert hour_prices(requirement([1]), [TWO], under_cost=1.5)["price"].tolist() == [1.5]


def test_a_premium_makes_its_hour_dear():
    cheap = hour_prices(requirement([2]), [TWO])["price"].sum()
    dear = hour_prices(requirement([2]), [TWO], premiums={"08:00-09:00": 0.5})["price"].sum()
    assert dear - cheap == pytest.approx(0.5)


def test_an_earlier_opening_of_shifts_is_told_in_hours():
    given = {"requirement": requirement([1, 1, 1], hour=7), "shift_types": [TWO]}
    early = ShiftType(name="early", length="3h", starts="07:00")
    with pytest.warns(WfmWarning, match="no shift covers 1 interval"):
        told = what_if(given, {"early": {"shift_types": [TWO, early]}, "cheap": {"under_cost": 1.0}})
    assert told["change"].tolist() == ["as given", "early", "cheap"]
    assert told.loc[1, ["objective", "missing", "saving", "at_least", "at_most"]].tolist() == [3, 0, 2, 2, 2]


def test_one_more_part_timer_is_asked_of_tours_too():
    need = pd.DataFrame({"queue": "v", "start": pd.date_range(DAY + pd.Timedelta(hours=8), periods=7), "agents": 1})
    need["end"] = need["start"] + pd.Timedelta(hours=8)
    kinds = [ShiftType(name="day", length="8h", starts="08:00")]
    full, two = Contract(name="ft", days_per_week=(5, 5)), Contract(name="pt", days_per_week=(2, 2))
    given = {"requirement": need, "shift_types": kinds, "contracts": [full]}
    told = what_if(given, {"a part-timer": {"contracts": [full, two]}}, design=design_tours)
    assert told["saving"].tolist() == [0.0, 24.0]
    assert told["at_least"].tolist() == [0.0, 24.0]


def test_the_name_of_the_first_row_is_taken():
    with pytest.raises(SettingError, match="as given"):
        what_if({}, {"as given": {}})
