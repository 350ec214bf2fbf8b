"""Regressors and recurring days: learned from a centre whose truth is known, told apart, doubted where they must be."""

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import DataError, SettingError, WfmWarning
from wfm.forecast import Forecaster, forecast_many
from wfm.recurring import MonthlyDay

DAYS = pd.date_range("2025-01-01", periods=448)
PAST = 420
WAGES = (0.4, 0.25, 0.1)  # what pay day and the two days after it add to the log
PAID = Calendar(recurring={"wages": MonthlyDay(day=25, moved="before")})


@pytest.fixture(scope="module")
def centre():
    """Contacts in proportion to customers, lifted by cold and by heat, and by pay day."""
    rng = np.random.default_rng(3)
    warm = 15 + 10 * np.sin(2 * np.pi * (DAYS.day_of_year - 110) / 365) + rng.normal(0, 4, len(DAYS))
    customers = 10_000 * np.exp(0.001 * np.arange(len(DAYS)) + np.cumsum(rng.normal(0, 0.01, len(DAYS))))
    away = PAID.from_recurring(DAYS, "wages")
    paid = np.select([away == k for k in range(3)], WAGES, 0.0)
    log = np.log(0.03 * customers) + 0.2 * (DAYS.day_of_week < 5) + 0.001 * (warm - 15) ** 2 + paid
    rate = np.exp(np.asarray(log))
    offered = rng.poisson(rate * np.exp(rng.normal(0, 0.03, len(DAYS)))).astype(float)
    history = pd.DataFrame({"queue": "voice", "start": DAYS, "offered": offered})
    return history, pd.DataFrame({"day": DAYS, "warm": warm, "customers": customers}), rate


@pytest.fixture(scope="module")
def fitted(centre):
    history, known, _ = centre
    return Forecaster(calendar=PAID, regressors=known).fit(history[:PAST])


def wape(forecast, truth):
    return float(np.abs(forecast["offered"].to_numpy() - truth).sum() / truth.sum())


def test_what_moves_contacts_takes_most_of_the_error_away(centre, fitted):
    history, _, rate = centre
    blind = Forecaster().fit(history[:PAST]).predict(days=28)
    assert wape(fitted.predict(days=28), rate[PAST:]) < 0.5 * wape(blind, rate[PAST:])
    assert wape(fitted.predict(days=28), rate[PAST:]) < 0.035


def test_ten_percent_more_customers_are_ten_percent_more_contacts(fitted):
    effects = fitted.effects("regressor").set_index("name")
    assert effects.index[1] == "customers +10%"
    assert effects.loc["customers +10%", "low"] < np.log(1.1) < effects.loc["customers +10%", "high"]
    assert effects.loc["customers +10%", "sd"] < np.log(1.1) / 4


def test_cold_days_and_hot_ones_may_both_be_busy(centre, fitted):
    _, known, _ = centre
    wanted = DAYS[PAST : PAST + 3]

    def with_warmth(degrees):
        table = known.assign(warm=known["warm"].where(~known["day"].isin(wanted), degrees))
        return Forecaster(calendar=PAID, regressors=table).fit(centre[0][:PAST]).predict(starts=wanted)["offered"].sum()

    mild = with_warmth(15.0)
    assert with_warmth(2.0) > 1.08 * mild
    assert with_warmth(28.0) > 1.08 * mild


def test_pay_day_and_the_days_after_it_are_inside_their_ranges(fitted):
    effects = fitted.effects("recurring").set_index("name")
    for day, truth in zip(("wages", "wages +1", "wages +2"), WAGES, strict=True):
        assert effects.loc[day, "low"] - 0.02 < truth < effects.loc[day, "high"] + 0.02
    assert abs(effects.loc["wages -2", "effect"]) < 0.05


def test_an_explanation_names_each_and_still_multiplies_to_the_day(fitted):
    starts = DAYS[PAST : PAST + 14]
    why = fitted.explain(starts=starts)
    assert {"regressor:warm", "regressor:customers", "recurring:wages"} <= set(why["component"])
    whole = why.groupby("day")["factor"].prod().to_numpy()
    np.testing.assert_allclose(whole, fitted.predict(starts=starts)["offered"], rtol=1e-9)


def test_a_day_to_come_without_its_value_is_refused_by_name(centre):
    history, known, _ = centre
    short = Forecaster(regressors=known[: PAST + 5]).fit(history[:PAST])
    assert len(short.predict(days=5)) == 5
    with pytest.raises(DataError, match=r"regressors\.warm has no value for 2 of the days .* first 2026-03-02"):
        short.predict(days=7)


def test_holes_in_the_past_are_bridged_and_said(centre):
    history, known, rate = centre
    holes = known.assign(warm=known["warm"].where(known.index % 50 != 7))
    with pytest.warns(WfmWarning, match=r"regressors\.warm has no value on 9 of 420 open days"):
        model = Forecaster(calendar=PAID, regressors=holes).fit(history[:PAST])
    assert wape(model.predict(starts=DAYS[PAST : PAST + 5]), rate[PAST : PAST + 5]) < 0.05


def test_a_number_that_is_known_for_days_only_teaches_nothing_and_is_refused(centre):
    history, known, _ = centre
    late = known.assign(warm=known["warm"].where(known.index >= PAST - 5))
    with pytest.raises(DataError, match=r"regressors\.warm has a value on 5 open day\(s\) .* needs 19"):
        Forecaster(regressors=late).fit(history[:PAST])


def test_a_number_that_never_moved_is_left_out(centre):
    history, known, _ = centre
    model = Forecaster(regressors=known[["day"]].assign(flat=3.0)).fit(history[:PAST])
    pd.testing.assert_frame_equal(model.predict(days=7), Forecaster().fit(history[:PAST]).predict(days=7))


def test_where_history_never_was_the_effect_is_called_a_guess(centre):
    history, known, _ = centre
    hot = known.assign(warm=known["warm"].where(known.index < PAST, 60.0))
    with pytest.warns(WfmWarning, match=r"regressors\.warm is 60 on 2026-02-25; .* What it does beyond is a guess"):
        Forecaster(regressors=hot).fit(history[:PAST]).predict(days=3)


def test_an_amount_that_turns_to_nothing_is_refused(centre):
    history, known, _ = centre
    gone = known.assign(customers=known["customers"].where(known.index < PAST, 0.0))
    with pytest.raises(DataError, match=r"regressors\.customers must be above 0, as in all of history, got 0"):
        Forecaster(regressors=gone).fit(history[:PAST]).predict(days=3)


def test_dates_that_end_before_the_forecast_are_said(centre):
    history, _, _ = centre
    calendar = Calendar(recurring={"bills": list(pd.date_range("2025-01-10", "2026-01-31", freq="30D"))})
    with pytest.warns(WfmWarning, match=r"calendar\.recurring\.bills has no date after 2026-01-05"):
        Forecaster(calendar=calendar).fit(history[:PAST]).predict(days=7)


def test_what_one_queue_of_a_stream_knows_by_itself_is_refused(centre):
    history, known, _ = centre
    both = pd.concat([history[:PAST], history[:PAST].assign(queue="chat")], ignore_index=True)
    with pytest.raises(SettingError, match=r"regressors\.warm belongs to queue 'chat' of a stream"):
        Forecaster(streams={"all": ["voice", "chat"]}, regressors=known.assign(queue="chat")).fit(both)
    shared = Forecaster(streams={"all": ["voice", "chat"]}, regressors=known).fit(both).predict(days=3)
    assert len(shared) == 6


def test_many_queues_know_what_moves_them(centre, fitted):
    history, known, _ = centre
    found, _, failed = forecast_many(history[:PAST], days=7, calendar=PAID, regressors=known, workers=1)
    assert failed.empty
    pd.testing.assert_frame_equal(found, fitted.predict(days=7))


@pytest.mark.filterwarnings("ignore:Queue 'young' has only")
def test_a_queue_too_young_to_learn_from_regressors_is_forecast_without_them():
    days = pd.bdate_range("2026-03-02", periods=16)
    calls = np.random.default_rng(1).poisson(300, len(days)).astype(float)
    history = pd.DataFrame({"queue": "young", "start": days, "end": days + pd.Timedelta(days=1), "offered": calls})
    rain = pd.DataFrame({"day": pd.date_range("2026-03-01", "2026-04-30"), "rain": np.arange(61.0) % 7})
    model = Forecaster(regressors=rain).fit(history)
    assert model.predict(days=7)["offered"].to_numpy() == pytest.approx(300, rel=0.1)
    assert model.effects("regressor").empty
