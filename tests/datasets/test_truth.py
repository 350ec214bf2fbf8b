import numpy as np
import pandas as pd
import pytest

from wfm.datasets import Bank

LEVEL = ["growth", "yearly", "weekday", "month_start", "holiday", "ramadan"]


def test_counts_are_poisson_around_the_true_rates(plain: Bank) -> None:
    came = pd.concat([plain.history, plain.future]).sort_values(["queue", "start"], ignore_index=True)
    rates = plain.truth.rates
    assert (came["start"] == rates["start"]).all()
    for queue, rows in rates.groupby("queue"):
        excess = (came.loc[rows.index, "offered"] - rows["rate"]) ** 2 / rows["rate"]
        # the variance of one square is 2 + 1/rate
        error = np.sqrt((2 + 1 / rows["rate"]).sum()) / len(rows)
        assert excess.mean() == pytest.approx(1.0, abs=4 * error), queue


def test_day_effects_multiply_to_the_days_live_contacts_without_events(plain: Bank) -> None:
    truth = plain.truth
    live = truth.rates[truth.rates["queue"] != "tickets"]
    by_day = live.groupby(live["start"].dt.normalize())["expected"].sum()
    days = truth.days.set_index("start")
    without = truth.volume * np.exp(days[LEVEL].sum(axis=1))
    before = by_day.index < min(event.start for event in plain.events).normalize()
    assert before.sum() > 20
    np.testing.assert_allclose(by_day[before], without[before], rtol=1e-12)
    assert (by_day >= without * (1 - 1e-12)).all()  # events only add
    launch = pd.Timestamp("2025-05-15")  # at its peak, two days after the first card
    effect = next(effect for effect in truth.events if effect.event.name == "Card 1")
    assert by_day[launch] / without[launch] - 1 == pytest.approx(effect.peak, rel=0.25)


def test_noise_has_mean_one_and_the_stated_spread(plain: Bank) -> None:
    truth = plain.truth
    noise = truth.days["noise"]
    assert noise.std() == pytest.approx(truth.day_noise, rel=0.2)
    assert noise.autocorr() == pytest.approx(truth.day_memory, abs=0.12)
    assert truth.rates["rate"].sum() / truth.rates["expected"].sum() == pytest.approx(1.0, abs=0.01)


def test_the_month_start_effect_is_the_log_factor_against_the_same_day_without_it(plain: Bank) -> None:
    truth = plain.truth
    days = truth.days.set_index("start")
    tickets = truth.rates[truth.rates["queue"] == "tickets"]  # no event touches them
    by_day = tickets.groupby(tickets["start"].dt.normalize())["expected"].sum()
    without = truth.volume * truth.tickets * np.exp(days[LEVEL].drop(columns="month_start").sum(axis=1))
    lift = np.log(by_day / without)
    farvardin = plain.calendar.month_day(pd.DatetimeIndex(days.index))["month"].to_numpy() == 1
    for position, effect in truth.month_start.items():
        there = (days["position"] == position).to_numpy()
        np.testing.assert_allclose(lift[there & ~farvardin], effect, rtol=1e-9)
        np.testing.assert_allclose(lift[there & farvardin], effect * truth.farvardin, rtol=1e-9)
    np.testing.assert_allclose(lift[days["position"] == 0], 0.0, atol=1e-9)


def test_handle_times_grow_vary_by_hour_and_lengthen_at_the_month_start(plain: Bank) -> None:
    truth = plain.truth
    voice = truth.rates[truth.rates["queue"] == "voice"].set_index("start")["aht"]
    noon, evening = voice.at_time("12:00"), voice.at_time("22:00")
    assert (evening.to_numpy() > noon.to_numpy() * 1.05).all()
    ordinary, salary = noon[pd.Timestamp("2026-11-14 12:00")], noon[pd.Timestamp("2026-11-22 12:00")]
    assert np.log(salary / ordinary) == pytest.approx(truth.month_start_aht[1], abs=0.002)
    year = np.log(noon[pd.Timestamp("2026-11-07 12:00")] / noon[pd.Timestamp("2025-11-08 12:00")])
    assert year == pytest.approx(truth.aht_growth["voice"], abs=0.001)
    assert 225 < voice.mean() < 255


def test_weekdays_add_up_to_nothing_and_saturday_is_the_busiest(plain: Bank) -> None:
    weekday = plain.truth.weekday
    assert sum(weekday.values()) == pytest.approx(0.0, abs=1e-12)
    assert max(weekday, key=weekday.__getitem__) == "sat"
    assert sorted(weekday, key=weekday.__getitem__)[:2] == ["fri", "thu"]


def test_profiles_sum_to_one_and_ramadan_moves_contacts_to_the_evening(plain: Bank) -> None:
    shares = plain.truth.profiles
    np.testing.assert_allclose(shares.groupby(["queue", "day_type"])["share"].sum(), 1.0)
    late = shares[(shares["second"] >= 20 * 3600) | (shares["second"] < 2 * 3600)]
    evening = late.groupby(["queue", "day_type"])["share"].sum()
    for queue in ("voice", "chat", "tickets"):
        moved = evening[queue, "ramadan"] - evening[queue, "workday"]
        assert moved == pytest.approx(plain.truth.ramadan_evening * (1 - evening[queue, "workday"]))
