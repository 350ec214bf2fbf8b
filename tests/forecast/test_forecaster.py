from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import DataError, SettingError, TooLittleHistory, WfmWarning
from wfm.events import Event
from wfm.forecast import Forecaster, forecast_many, references
from wfm.recurring import MonthlyDay
from wfm.tables import FORECAST, PATHS, check


@pytest.fixture(scope="module")
def fitted(centre):
    return Forecaster(calendar=centre.calendar).fit(centre.history)


def test_the_forecast_is_a_forecast_table_of_the_next_days(fitted, centre):
    forecast = fitted.predict(days=7)
    pd.testing.assert_frame_equal(forecast, check(forecast, FORECAST))
    assert forecast["start"].tolist() == centre.future["start"].iloc[: 7 * 24].tolist()
    assert forecast.columns.tolist() == [
        "queue",
        "start",
        "end",
        "offered",
        "aht",
        "offered_q0.1",
        "offered_q0.5",
        "offered_q0.9",
    ]


def test_the_callers_table_is_never_changed(centre):
    before = centre.history.copy(deep=True)
    Forecaster(calendar=centre.calendar).fit(centre.history).predict(days=1)
    pd.testing.assert_frame_equal(centre.history, before)


def test_it_is_nearer_to_the_true_rate_than_any_reference(fitted, centre):
    truth = centre.rates.merge(fitted.predict(days=28), on=["queue", "start"])

    def error(forecast):
        return float(np.abs(forecast - truth["rate"]).sum() / truth["rate"].sum())

    own = error(truth["offered"])
    assert own < 0.06
    for name, reference in references().items():
        simple = reference.fit(centre.history).predict(starts=pd.DatetimeIndex(truth["start"]))
        assert own < 0.6 * error(simple["offered"]), name


def test_ranges_hold_what_they_say(draw):
    inside = []
    for seed in range(4):
        centre = draw(seed=seed, noise=0.05)
        both = (
            Forecaster(calendar=centre.calendar)
            .fit(centre.history)
            .predict(days=28)
            .merge(centre.future[["start", "offered"]].rename(columns={"offered": "came"}), on="start")
        )
        inside.append(((both["came"] >= both["offered_q0.1"]) & (both["came"] <= both["offered_q0.9"])).mean())
    assert 0.75 <= np.mean(inside) <= 0.90


def test_quantiles_rise_and_are_never_negative(fitted):
    levels = (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
    forecast = fitted.predict(days=14, quantiles=levels)
    values = forecast[[f"offered_q{q:g}" for q in levels]].to_numpy()
    assert (values >= 0).all()
    assert (np.diff(values, axis=1) >= 0).all()


def test_exactly_the_starts_that_are_asked_for_are_forecast(fitted, centre):
    starts = centre.future["start"].iloc[[30, 5, 200]]
    forecast = fitted.predict(starts=pd.DatetimeIndex(starts))
    assert forecast["start"].tolist() == sorted(starts)
    whole = fitted.predict(days=28).set_index("start").loc[sorted(starts), "offered"]
    np.testing.assert_allclose(forecast["offered"], whole, rtol=0.02)


def test_each_queue_is_forecast_by_itself_and_may_ask_for_its_own_starts(draw):
    voice, chat = draw(days=80, queue="voice"), draw(days=80, queue="chat", per_day=300, seed=5)
    model = Forecaster(calendar=voice.calendar).fit(pd.concat([voice.history, chat.history]))
    alone = Forecaster(calendar=voice.calendar).fit(chat.history).predict(days=3)
    together = model.predict(days=3)
    pd.testing.assert_frame_equal(together[together["queue"] == "chat"].reset_index(drop=True), alone)
    only = model.predict(starts={"chat": pd.DatetimeIndex(["2025-11-21 10:00"])})
    assert only[["queue", "start"]].to_numpy().tolist() == [["chat", pd.Timestamp("2025-11-21 10:00")]]


def test_the_weekly_pattern_of_recent_weeks_is_open(draw):
    centre = draw(days=70, hours=(8, 20))
    history = centre.history[centre.history["start"].dt.day_of_week < 5]
    forecast = Forecaster(calendar=Calendar(closed=["2025-11-12"])).fit(history).predict(days=7)
    # history ends on Fri 7 Nov 2025
    assert sorted(forecast["start"].dt.strftime("%a").unique()) == ["Fri", "Mon", "Thu", "Tue"]
    assert (forecast["start"].dt.hour.min(), forecast["start"].dt.hour.max()) == (8, 19)


def test_microsecond_and_nanosecond_times_give_the_same_forecast(draw):
    centre = draw(days=40)
    forecasts = []
    for unit in ("ns", "us"):
        history = centre.history.assign(start=centre.history["start"].astype(f"datetime64[{unit}]"))
        with pytest.warns(WfmWarning, match="weeks of history"):
            forecasts.append(Forecaster().fit(history).predict(days=2)["offered"].to_numpy())
    np.testing.assert_array_equal(*forecasts)


def test_no_data_is_not_no_calls(draw):
    centre = draw(days=90)
    hole = centre.history["start"].dt.date.astype(str).isin(["2025-10-14", "2025-10-15", "2025-11-20"])
    lost = centre.history.assign(offered=centre.history["offered"].where(~hole))
    absent = centre.history[~hole]
    left_out = centre.history.assign(excluded=hole, offered=centre.history["offered"].where(~hole, 9.0))
    forecasts = [
        Forecaster(calendar=centre.calendar).fit(h).predict(days=7)["offered"]
        for h in (centre.history, lost, absent, left_out)
    ]
    for other in forecasts[1:]:
        np.testing.assert_allclose(other, forecasts[0], rtol=0.05)


def test_a_day_seen_in_part_counts_for_what_was_seen(draw):
    centre = draw(days=90)
    last = centre.history["start"] >= "2025-11-29 18:00"
    morning = Forecaster(calendar=centre.calendar).fit(centre.history[~last])
    whole = Forecaster(calendar=centre.calendar).fit(centre.history)
    np.testing.assert_allclose(
        morning.predict(starts=pd.DatetimeIndex(centre.future["start"][:48]))["offered"],
        whole.predict(days=2)["offered"],
        rtol=0.06,
    )


def test_longer_hours_do_not_look_like_growth(draw):
    centre = draw(days=120)
    early = centre.history["start"] < "2025-11-20"
    shorter = centre.history[~early | centre.history["start"].dt.hour.between(8, 17)]
    both = [Forecaster(calendar=centre.calendar).fit(h).predict(days=14)["offered"] for h in (centre.history, shorter)]
    np.testing.assert_allclose(both[1].sum(), both[0].sum(), rtol=0.05)


def test_closed_days_recorded_as_zeros_do_not_pull_the_level(draw):
    centre = draw(days=90)
    shut = centre.history["start"].dt.date.astype(str).isin(["2025-10-14", "2025-11-20"])
    zeros = centre.history.assign(offered=centre.history["offered"].where(~shut, 0.0))
    both = [Forecaster(calendar=centre.calendar).fit(h).predict(days=14)["offered"] for h in (centre.history, zeros)]
    np.testing.assert_allclose(both[1], both[0], rtol=0.06)


def test_one_absurd_day_hardly_moves_the_forecast(draw):
    centre = draw(days=90)
    wild = centre.history["start"].dt.date.astype(str) == "2025-11-24"
    history = centre.history.assign(offered=centre.history["offered"].where(~wild, centre.history["offered"] * 3))
    both = [Forecaster(calendar=centre.calendar).fit(h).predict(days=14)["offered"] for h in (centre.history, history)]
    np.testing.assert_allclose(both[1].sum(), both[0].sum(), rtol=0.03)


def test_a_queue_of_a_few_contacts_a_day_has_the_right_mean(draw):
    ratios = []
    for seed in range(4):
        centre = draw(days=120, per_day=2.0, seed=seed, month_start=False)
        forecast = Forecaster(calendar=centre.calendar).fit(centre.history).predict(days=28)
        truth = centre.rates.merge(forecast, on="start")
        ratios.append(truth["offered"].sum() / truth["rate"].sum())
    assert 0.9 < np.mean(ratios) < 1.1


@pytest.mark.parametrize(("freq", "days"), [("1min", 30), ("5min", 60), ("15min", 60), ("24h", 100)])
def test_any_interval_gives_the_same_days(draw, freq, days):
    centre = draw(days=days, freq=freq, per_day=5000)
    totals = centre.history.groupby(centre.history["start"].dt.normalize(), as_index=False)["offered"].sum()
    daily = totals.assign(queue="voice", start=centre.history["start"].dt.normalize().unique())
    if days < 54:
        with pytest.warns(WfmWarning, match="only 4 weeks"):
            models = [Forecaster(calendar=centre.calendar).fit(h) for h in (centre.history, daily)]
    else:
        models = [Forecaster(calendar=centre.calendar).fit(h) for h in (centre.history, daily)]
    fine, coarse = (m.predict(days=7) for m in models)
    fine_days = fine.groupby(fine["start"].dt.normalize())["offered"].sum()
    np.testing.assert_allclose(fine_days, coarse["offered"], rtol=0.01)


def test_futures_are_a_paths_table_whose_mean_is_the_forecast(fitted):
    paths, forecast = fitted.simulate(days=14, paths=400, seed=3), fitted.predict(days=14)
    pd.testing.assert_frame_equal(paths, check(paths, PATHS))
    mean = paths.groupby("start")[["rate", "aht"]].mean().reset_index()
    np.testing.assert_allclose(mean["rate"], forecast["offered"], rtol=0.05)
    np.testing.assert_allclose(mean["rate"].sum(), forecast["offered"].sum(), rtol=0.01)
    np.testing.assert_allclose(mean["aht"], forecast["aht"], rtol=0.03)


def test_futures_come_again_with_their_seed(fitted):
    once, again, other = (fitted.simulate(days=2, paths=5, seed=s) for s in (4, 4, 5))
    pd.testing.assert_frame_equal(once, again)
    assert not np.allclose(once["rate"], other["rate"])


def test_futures_keep_the_correlation_within_a_day_and_between_days(draw):
    centre = draw(days=80, noise=0.10, month_start=False)
    paths = Forecaster(calendar=centre.calendar).fit(centre.history).simulate(days=7, paths=400)
    wide = np.log(paths.pivot_table(index="path", columns="start", values="rate").to_numpy())
    between = np.corrcoef(wide.T)
    assert between[10, 14] > 0.5  # two hours of one day
    assert -0.2 < between[10, 10 + 24 * 5] < between[10, 14]  # days share the level only


def test_the_range_of_a_days_total_is_that_of_its_futures(draw):
    centre = draw(days=100, noise=0.06, freq="24h", per_day=5000)
    model = Forecaster(calendar=centre.calendar).fit(centre.history)
    forecast, paths = model.predict(days=5, quantiles=(0.1, 0.9)), model.simulate(days=5, paths=3000)
    for level in (0.1, 0.9):
        spread = paths.groupby("start")["rate"].quantile(level)
        np.testing.assert_allclose(spread, forecast[f"offered_q{level}"], rtol=0.03)


def test_the_explanation_multiplies_to_the_days_total(fitted):
    explained, forecast = fitted.explain(days=10), fitted.predict(days=10)
    assert explained.columns.tolist() == ["queue", "day", "component", "factor"]
    product = explained.groupby("day")["factor"].prod()
    np.testing.assert_allclose(product, forecast.groupby(forecast["start"].dt.normalize())["offered"].sum())
    assert {"level", "weekday", "month_day", "memory"} <= set(explained["component"])


def test_refitting_arrives_where_fitting_does(draw):
    centre = draw(days=200)
    short = centre.history[centre.history["start"] < "2026-02-01"]
    slow = Forecaster(calendar=centre.calendar).fit(centre.history).predict(days=14)
    quick = Forecaster(calendar=centre.calendar).fit(short).refit(centre.history).predict(days=14)
    np.testing.assert_allclose(quick["offered"], slow["offered"], rtol=0.03)


def test_hours_that_were_never_open_are_told_by_their_neighbours_with_a_warning(draw):
    centre = draw(days=60, hours=(8, 20))
    model = Forecaster(calendar=centre.calendar).fit(centre.history)
    with pytest.warns(WfmWarning, match="never open at 1 of the times"):
        forecast = model.predict(starts=pd.date_range("2025-10-31 19:00", periods=2, freq="h"))
    assert forecast["offered"].iloc[1] > 0


def test_less_than_three_weeks_are_refused_and_less_than_eight_doubted(draw):
    centre = draw(days=30)
    with pytest.raises(TooLittleHistory, match=r"at least three weeks .* got 15 open day\(s\) over 15 day\(s\)"):
        Forecaster().fit(centre.history.iloc[: 15 * 24])
    with pytest.warns(WfmWarning, match="only 3 weeks of history"):
        Forecaster().fit(centre.history.iloc[: 22 * 24])


@pytest.mark.parametrize("workers", [1, 2])
def test_all_queues_that_are_too_young_are_named_at_once_with_the_way_out(draw, workers):
    old = draw(days=60).history
    young = [old.tail(24 * days).assign(queue=queue) for queue, days in (("video", 5), ("mail", 12))]
    with pytest.raises(TooLittleHistory, match=r"less of 'mail', 'video'\. Until then leave .* volume .* like another"):
        Forecaster(workers=workers).fit(pd.concat([old, *young], ignore_index=True))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "give either days or starts, got neither"),
        ({"days": 3, "starts": pd.DatetimeIndex(["2026-04-01"])}, "got both"),
        ({"days": 0}, "days must be a whole number of at least 1, got 0"),
        ({"days": 2.5}, "days must be a whole number"),
        (
            {"starts": {"chta": pd.DatetimeIndex(["2026-04-01"])}},
            "starts names queue 'chta', which history does not hold",
        ),
        ({"starts": pd.DatetimeIndex(["2026-04-01 10:20"])}, "must lie on the grid of history, every 3600 s"),
        ({"starts": pd.DatetimeIndex([])}, "at least one"),
        ({"starts": pd.DatetimeIndex(["2026-04-01"], tz="UTC")}, "without time zone"),
        ({"days": 2, "quantiles": (90,)}, "quantiles must be a fraction in .* Did you mean 0.90"),
    ],
)
def test_a_wrong_request_names_itself(fitted, asked, message):
    with pytest.raises(SettingError, match=message):
        fitted.predict(**asked)


def test_what_cannot_be_learned_from_is_refused():
    with pytest.raises(DataError, match="has no column 'offered'"):
        Forecaster().fit(pd.DataFrame({"queue": ["a"], "start": ["2026-01-01"]}))
    with pytest.raises(DataError, match="no rows"):
        Forecaster().fit(pd.DataFrame({"queue": [], "start": pd.to_datetime([]), "offered": []}))
    with pytest.raises(SettingError, match="learned nothing yet"):
        Forecaster().predict(days=1)
    weekly = pd.DataFrame({"queue": "a", "start": pd.date_range("2025-01-06", periods=40, freq="7D"), "offered": 5.0})
    with pytest.raises(DataError, match="at most a day"):
        Forecaster().fit(weekly)
    with pytest.raises(SettingError, match="paths must be a whole number"):
        Forecaster().simulate(days=1, paths=0)


def test_an_empty_mark_of_exclusion_excludes_nothing(draw):
    centre = draw(days=60)
    marked = centre.history.assign(excluded=pd.Series([None] * len(centre.history), dtype=object))
    both = [Forecaster().fit(h).predict(days=2)["offered"] for h in (centre.history, marked)]
    np.testing.assert_allclose(both[1], both[0])


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"calendar": "DE"}, r"calendar must be a wfm.Calendar such as Calendar\(country='DE'\), got 'DE'"),
        ({"events": [{"kind": "launch"}]}, "events must be a list of wfm.Event .* got {'kind': 'launch'}"),
        ({"events": Event(kind="launch", name="Card", start="2026-01-01")}, "events must be a list .* name='Card'"),
        ({"streams": [["voice", "chat"]]}, "streams must map names to queues"),
        ({"groups": ("voice", "chat")}, "groups must map names to queues"),
    ],
)
def test_what_a_forecaster_cannot_be_told_is_refused_at_once(told, message):
    with pytest.raises(SettingError, match=message):
        Forecaster(**told)


def test_starts_that_are_no_times_are_refused(draw):
    with pytest.raises(SettingError, match="starts must be local times such as 2026-11-22 08:00"):
        Forecaster().fit(draw().history).predict(starts=["tomorrow"])


@pytest.mark.parametrize("rate", [0.3, 1.0])
def test_days_on_which_nobody_happened_to_come_are_open_days(rate):
    days = pd.date_range("2025-01-06", periods=364)
    totals = []
    for seed in range(6):
        calls = np.random.default_rng(seed).poisson(rate, len(days)).astype(float)
        forecast = Forecaster().fit(pd.DataFrame({"queue": "fax", "start": days, "offered": calls})).predict(days=14)
        assert len(forecast) == 14
        totals.append(forecast["offered"].sum() / 14 / calls.mean())
    assert np.mean(totals) == pytest.approx(1.0, abs=0.35 if rate < 1 else 0.1)


def test_days_of_rest_stay_closed_where_a_file_has_zeros_for_them():
    days = pd.date_range("2025-01-06", periods=364)
    for rate in (3.0, 30.0):
        calls = np.random.default_rng(0).poisson(np.where(days.day_of_week == 6, 0.0, rate)).astype(float)
        forecast = Forecaster().fit(pd.DataFrame({"queue": "fax", "start": days, "offered": calls})).predict(days=14)
        assert 6 not in forecast["start"].dt.day_of_week.to_numpy()
        assert forecast["offered"].mean() == pytest.approx(rate, rel=0.15)


def test_a_fitted_model_can_be_kept_and_forecasts_the_same(centre):
    first, last = centre.history["start"].min(), centre.history["start"].max()
    calendar = Calendar(
        recurring={"wages": MonthlyDay(day=25)},
        seasons={"summer": [(first + pd.Timedelta(days=40), first + pd.Timedelta(days=60))]},
        holidays={first + pd.Timedelta(days=30): "feast"},
    )
    rain = pd.DataFrame({"day": pd.date_range(first.normalize(), last + pd.Timedelta(days=30))})
    rain["rain"] = np.sin(np.arange(len(rain)))
    half = centre.history["start"] > last - pd.Timedelta(days=30)
    moved = centre.history.assign(offered=centre.history["offered"].where(~half, centre.history["offered"] * 2))
    launches = [
        Event(kind="launch", name=str(back), start=last.normalize() - pd.Timedelta(days=back)) for back in (90, 50)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WfmWarning)
        model = Forecaster(calendar=calendar, events=launches, regressors=rain).fit(moved)
        kept = pickle.loads(pickle.dumps(model))
        pd.testing.assert_frame_equal(kept.predict(days=3), model.predict(days=3))
        pd.testing.assert_frame_equal(kept.explain(days=3), model.explain(days=3))
        pd.testing.assert_frame_equal(kept.refit(moved).predict(days=3), model.refit(moved).predict(days=3))


def test_a_queue_that_ended_before_the_others_is_told(centre):
    last = centre.history["start"].max()
    renamed = centre.history.assign(queue="old")[centre.history["start"] < last - pd.Timedelta(days=30)]
    both = pd.concat([centre.history, renamed], ignore_index=True)
    with pytest.warns(WfmWarning, match="'old': its history ends on .* 30 days before that of others"):
        Forecaster(calendar=centre.calendar).fit(both)
    with pytest.warns(WfmWarning, match="'old': its history ends"):
        forecast_many(both, days=2, calendar=centre.calendar, workers=1)
    seldom = centre.history.assign(queue="old")
    away = seldom["start"].between(last - pd.Timedelta(days=120), last - pd.Timedelta(days=80))
    gone = seldom["start"] > last - pd.Timedelta(days=30)
    Forecaster(calendar=centre.calendar).fit(pd.concat([centre.history, seldom[~away & ~gone]], ignore_index=True))
