"""Days with service, and hours that are open by now, where a file has no rows for closed hours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import SettingError, WfmWarning
from wfm.forecast import Forecaster, level_changes

DAYS = pd.date_range("2026-01-05", periods=112)  # from a Monday to a Sunday


def _history(is_open, level=lambda day: 1.0):
    starts = pd.DatetimeIndex([d + pd.Timedelta(hours=h) for d in DAYS for h in range(7, 20) if is_open(d, h)])
    rate = 90.0 * np.array([level(start.normalize()) * (1 - 0.4 * (start.day_of_week > 4)) for start in starts])
    offered = np.random.default_rng(3).poisson(rate).astype(float)
    ends = starts + pd.Timedelta(hours=1)
    return pd.DataFrame({"queue": "q", "start": starts, "end": ends, "offered": offered})


def _hours(is_open):
    """Hours that are forecast for each weekday."""
    starts = Forecaster().fit(_history(is_open)).predict(days=7)["start"]
    return starts.dt.hour.groupby(starts.dt.day_of_week).agg(["min", "max"]).to_numpy().tolist()


@pytest.mark.parametrize("ago", [5, 10, 40])
def test_hours_that_were_opened_lately_are_forecast(ago):
    since = DAYS[-ago]
    found = _hours(lambda day, hour: 8 <= hour < 18 or day >= since)
    assert found[-5:] == [[7, 19]] * 5  # of weekdays that had no such hour yet nobody knows
    assert found[:2] == [[7, 19]] * 2 if ago > 5 else [[8, 17]] * 2


def test_a_few_long_days_are_an_exception():
    assert _hours(lambda day, hour: 8 <= hour < 18 or DAYS[-12] <= day < DAYS[-8]) == [[8, 17]] * 7
    assert _hours(lambda day, hour: 8 <= hour < 18 or day >= DAYS[-3]) == [[8, 17]] * 7


def test_hours_that_were_closed_for_good_are_not_forecast():
    assert _hours(lambda day, hour: 8 <= hour < 18 and (hour > 9 or day < DAYS[-15])) == [[10, 17]] * 7
    assert _hours(lambda day, hour: 8 <= hour < 18 and (hour > 9 or day < DAYS[-9])) == [[8, 17]] * 7


@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_a_queue_that_opened_again_a_week_ago_is_open():
    assert _hours(lambda day, hour: 8 <= hour < 18 and not DAYS[50] <= day < DAYS[-7]) == [[8, 17]] * 7


@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_queues_that_are_closed_on_the_days_asked_for_leave_the_others_alone():
    all_days = _history(lambda day, hour: 8 <= hour < 18)
    weekdays = _history(lambda day, hour: 8 <= hour < 18 and day.day_of_week < 5).assign(queue="mail")
    model = Forecaster().fit(pd.concat([weekdays, all_days[all_days["start"] < DAYS[-2]]]))
    assert model.last_day_ == DAYS[-3]  # a Friday
    assert set(model.predict(days=2)["queue"]) == {"q"}
    assert set(model.simulate(days=3, paths=2)["queue"]) == set(model.explain(days=3)["queue"]) == {"q", "mail"}
    with pytest.raises(SettingError, match="queue 'mail' is open on none of the next 2 days. Ask for more"):
        Forecaster().fit(weekdays).predict(days=2)


@pytest.mark.filterwarnings("ignore:Queue 'new' has only")
def test_a_queue_that_is_open_at_no_hour_yet_is_left_out_with_a_warning():
    begun = _history(lambda day, hour: 8 <= hour < 18 and not DAYS[50] <= day < DAYS[-3]).assign(queue="new")
    model = Forecaster().fit(pd.concat([begun, _history(lambda day, hour: 8 <= hour < 18)]))
    with pytest.warns(WfmWarning, match="Queue 'new' was open at no hour on half of its recent days"):
        assert set(model.predict(days=7)["queue"]) == {"q"}


@pytest.mark.parametrize("ago", [4, 50])
def test_days_that_are_taken_for_closed_at_the_end_are_told(ago):
    shut = _history(lambda day, hour: 8 <= hour < 18, lambda day: 1.0 if day < DAYS[-ago] else 0.0)
    model = Forecaster().fit(shut)
    with pytest.warns(WfmWarning, match=f"'q': on {ago} days from {DAYS[-ago]:%Y-%m-%d} on, .* next to nothing came"):
        assert model.predict(days=7)["offered"].sum() > 5000
    assert any("next to nothing came" in note for note in model.notes(days=7))


def test_an_hour_of_saturdays_stays_when_two_saturdays_had_other_hours():
    found = _hours(lambda day, hour: 8 <= hour < (18 if day.day_of_week != 5 or DAYS[-9] <= day else 19))
    assert found[5] == [8, 18]


@pytest.mark.parametrize(("share", "ago"), [(0.2, 12), (0.3, 25), (0.1, 40)])
@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_a_queue_that_lost_most_of_its_contacts_is_not_closed(share, ago):
    model = Forecaster().fit(
        _history(lambda day, hour: 8 <= hour < 18, lambda day: share if day >= DAYS[-ago] else 1.0)
    )
    usual = 900.0 * 5 + 540.0 * 2
    assert model.predict(days=7)["offered"].sum() == pytest.approx(share * usual, rel=0.12)
    assert abs(level_changes(model)["day"].iloc[0] - DAYS[-ago]) <= pd.Timedelta(days=1)


def test_days_on_which_a_machine_answered_are_closed_however_many_there_are():
    shut = _history(lambda day, hour: 8 <= hour < 18, lambda day: 0.01 if DAYS[60] <= day < DAYS[75] else 1.0)
    model = Forecaster().fit(shut)
    assert len(model.models_["q"].open_days) == len(DAYS) - 15
    assert level_changes(model).empty


@pytest.mark.filterwarnings("ignore:Queue 'q'. on 4 days")
def test_a_strike_of_some_days_is_no_level():
    model = Forecaster().fit(_history(lambda day, hour: 8 <= hour < 18, lambda day: 0.2 if day >= DAYS[-4] else 1.0))
    assert model.predict(days=7)["offered"].sum() == pytest.approx(900.0 * 5 + 540.0 * 2, rel=0.05)


@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_a_queue_of_one_contact_in_months_is_forecast():
    history = _history(lambda day, hour: 8 <= hour < 18)
    first = history["start"] == DAYS[20] + pd.Timedelta(hours=9)
    model = Forecaster().fit(history.assign(offered=np.where(first, 1.0, 0.0)))
    forecast = model.predict(days=7, quantiles=(0.1, 0.9))
    assert 0 < forecast["offered"].sum() < 2
    assert forecast["offered_q0.9"].notna().all()
