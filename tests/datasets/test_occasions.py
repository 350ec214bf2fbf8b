import numpy as np
import pandas as pd
import pytest

from wfm.datasets import Bank, EventEffect, bank
from wfm.events import Event


def test_two_launches_and_a_campaign_lie_in_the_past_and_card_2_ahead(plain: Bank) -> None:
    until = pd.Timestamp("2026-11-08")
    past = [event.kind for event in plain.events if event.start < until]
    assert (past.count("launch"), past.count("campaign"), past.count("outage")) == (2, 1, 8)
    ahead = [event for event in plain.events if event.start >= until]
    assert [(event.kind, event.name, event.start) for event in ahead] == [
        ("launch", "Card 2", pd.Timestamp("2026-11-24 10:00"))
    ]
    assert all(event.volume is None for event in plain.events)  # what they do is for the planner to learn


@pytest.mark.parametrize("seed", range(6))
def test_outages_last_hours_on_ordinary_days_and_double_to_quadruple_the_contacts(seed: int) -> None:
    found = bank(seed, service=False)
    outages = [effect for effect in found.truth.events if effect.event.kind == "outage"]
    for effect in outages:
        start, end = effect.event.start, effect.event.end
        assert end is not None
        day = pd.DatetimeIndex([start.normalize()])
        assert 2 <= (end - start).total_seconds() / 3600 <= 5
        assert 10 <= found.calendar.month_day(day)["day"].iloc[0] <= 27
        assert not found.calendar.is_weekend(day)[0]
        assert not found.calendar.is_holiday(day)[0]
        middle = effect.factor(pd.DatetimeIndex([start + pd.Timedelta(hours=1)]))[0]
        assert 1.8 <= middle <= 4.4
        after = effect.factor(pd.DatetimeIndex([end]))[0]
        assert 1.2 < after < 1 + 0.5 * (middle - 1)  # re-calls


def test_a_launch_comes_late_peaks_fades_by_half_lives_and_leaves_a_plateau() -> None:
    effect = EventEffect(
        event=Event(kind="launch", name="Card", start=pd.Timestamp("2026-01-01")),
        peak=0.2,
        delay=86_400,
        decay=5 * 86_400,
        plateau=0.1,
    )
    starts = pd.date_range("2025-12-31", periods=48 * 60, freq="30min")
    lift = pd.Series(effect.factor(starts) - 1, index=starts + pd.Timedelta(minutes=15))
    assert (lift[:"2026-01-01"].iloc[:48] == 0).all()  # type: ignore[misc]
    assert lift.idxmax() == pd.Timestamp("2026-01-02 00:15")
    assert lift[pd.Timestamp("2026-01-01 12:15")] == pytest.approx(0.1, rel=0.03)
    assert lift[pd.Timestamp("2026-01-07 00:15")] == pytest.approx(0.2 * (0.1 + 0.9 / 2), rel=0.01)
    assert lift.iloc[-1] == pytest.approx(0.02, rel=0.05)
    assert (np.diff(lift[pd.Timestamp("2026-01-02 00:15") :]) <= 0).all()  # type: ignore[misc]
