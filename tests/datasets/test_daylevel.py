import numpy as np
import pandas as pd
import pytest

from wfm.datasets import Bank
from wfm.datasets.dates import bank_calendar
from wfm.datasets.daylevel import month_start_position


@pytest.mark.parametrize(
    ("first", "positions", "why"),
    [
        ("2026-09-23", [1, 2, 3, 4, 5, 6, 0], "1 Mehr 1405 is a Wednesday: the spike is on the day itself"),
        ("2026-10-23", [0, 1, 2, 3, 4, 5, 6], "1 Aban 1405 is a Friday: it moves to Saturday"),
        ("2025-10-23", [0, 0, 1, 2, 3, 4, 5], "1 Aban 1404 is a Thursday: it moves over the week-end"),
        ("2026-03-21", [0, 0, 0, 0, 1, 2, 3], "1-4 Farvardin are holidays: it moves behind them"),
    ],
)
def test_the_spike_moves_to_the_next_open_day(first: str, positions: list[int], why: str) -> None:
    days = pd.date_range(first, periods=7)
    assert month_start_position(days, bank_calendar(), 1 / 3)[0].tolist() == positions, why


def test_the_position_does_not_depend_on_where_the_days_begin() -> None:
    whole = pd.date_range("2025-01-01", "2026-12-31")
    known = pd.Series(month_start_position(whole, bank_calendar(), 1 / 3)[0], index=whole)
    for begin in ("2025-03-27", "2025-10-26", "2026-05-22"):
        part = pd.date_range(begin, periods=20)
        assert month_start_position(part, bank_calendar(), 1 / 3)[0].tolist() == known[part].tolist()


def test_farvardin_feels_a_third_of_the_month_start(plain: Bank) -> None:
    days = plain.truth.days.set_index("start")
    assert days.loc[pd.Timestamp("2026-03-25"), "month_start"] == pytest.approx(plain.truth.month_start[1] / 3)
    assert days.loc[pd.Timestamp("2026-04-21"), "month_start"] == pytest.approx(plain.truth.month_start[1])
    assert days.loc[pd.Timestamp("2026-03-25"), "month_start_aht"] == pytest.approx(plain.truth.month_start_aht[1] / 3)


def test_chat_falls_from_90_to_30_percent_on_a_straight_logit_line(plain: Bank) -> None:
    share = plain.truth.days.set_index("start")["chat_share"]
    assert share[pd.Timestamp("2024-11-09")] == pytest.approx(0.90)
    assert share[pd.Timestamp("2026-11-07")] == pytest.approx(0.30)
    np.testing.assert_allclose(np.diff(np.log(share / (1 - share)), 2), 0.0, atol=1e-9)


def test_history_shows_the_drift(plain: Bank) -> None:
    live = plain.history[plain.history["queue"] != "tickets"]
    for span, share in (("2024-11-09", 0.90), ("2026-11-01", 0.30)):
        week = live[(live["start"] >= span) & (live["start"] < pd.Timestamp(span) + pd.Timedelta(days=7))]
        total = week.groupby("queue")["offered"].sum()
        assert total["chat"] / total.sum() == pytest.approx(share, abs=0.015)
    everything = plain.history.groupby("queue")["offered"].sum()
    assert everything["tickets"] / everything.sum() == pytest.approx(0.10, abs=0.02)


def test_nowruz_is_low_and_ramadan_a_little(plain: Bank) -> None:
    days = plain.truth.days.set_index("start")
    nowruz = days.loc["2026-03-21":"2026-03-24", "holiday"]  # type: ignore[misc]
    assert (nowruz == plain.truth.holiday["nowruz"]).all()
    assert (days.loc["2026-02-19":"2026-03-19", "ramadan"] == plain.truth.ramadan).all()  # type: ignore[misc]
    assert days.loc[pd.Timestamp("2026-03-20"), "ramadan"] == 0
    assert days.loc[pd.Timestamp("2025-11-24"), "holiday"] == plain.truth.holiday["holiday"]
    assert days.loc[pd.Timestamp("2025-11-25"), "holiday"] == plain.truth.holiday["after holiday"]
