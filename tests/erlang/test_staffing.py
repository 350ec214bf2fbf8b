from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, erlang_c, performance, requirement, transient
from wfm.errors import DataError, SettingError, WfmWarning
from wfm.queues import Shrinkage
from wfm.tables import REQUIREMENT, check
from wfm.target import ServiceTarget

PROMISE = {"share": 0.80, "within": 60}


def bank_days(days: int = 1, peak: float = 150.0, queue: str = "voice", aht: float = 270.0) -> pd.DataFrame:
    starts = pd.date_range("2026-11-21", periods=48 * days, freq="30min")
    hour = starts.hour + starts.minute / 60
    shape = np.exp(-0.5 * ((hour - 11) / 2.2) ** 2) + 0.7 * np.exp(-0.5 * ((hour - 16) / 2.5) ** 2) + 0.02
    offered = np.where((hour >= 6) & (hour < 23), peak * shape, 0.0)
    return pd.DataFrame({"queue": queue, "start": starts, "offered": offered, "aht": aht})


@cache
def usual_plan() -> pd.DataFrame:
    """What many tests compare with, never changed."""
    return requirement(bank_days(), ServiceTarget(**PROMISE), patience=180)


def day_service(found: pd.DataFrame) -> pd.Series:
    met = (found["offered"] * found["service_level"]).groupby(found["start"].dt.date).sum()
    return met / found["offered"].groupby(found["start"].dt.date).sum()


def hours(found: pd.DataFrame) -> float:
    return float((found["agents"] * (found["end"] - found["start"]).dt.total_seconds() / 3600).sum())


def test_an_interval_by_itself_gets_the_fewest_agents_of_erlang_a():
    forecast = bank_days()
    found = requirement(forecast, ServiceTarget(**PROMISE, scope="interval"), patience=180)
    expected = erlang_a.agents_for(forecast["offered"] * 270 / 1800, aht=270, patience=180, within=60, share=0.80)
    assert found["agents"].tolist() == expected.tolist()
    assert (found["agents"][forecast["offered"] == 0] == 0).all()
    assert (found["method"] == "stationary").all()


def test_endless_patience_plans_by_erlang_c():
    forecast = bank_days()
    found = requirement(forecast, ServiceTarget(**PROMISE, scope="interval"), patience=np.inf)
    expected = erlang_c.agents_for(forecast["offered"] * 270 / 1800, aht=270, within=60, share=0.80)
    assert found["agents"].tolist() == expected.tolist()


def test_a_day_keeps_its_promise_and_its_floor_with_fewer_hours_than_its_intervals():
    forecast = bank_days(2)
    each = requirement(forecast, ServiceTarget(**PROMISE, scope="interval"), patience=180)
    day = requirement(forecast, ServiceTarget(**PROMISE, scope="day"), patience=180)
    week = requirement(forecast, ServiceTarget(**PROMISE, scope="week"), patience=180)
    assert (day_service(day) >= 0.80).all()
    assert day["service_level"].min() >= 0.60
    assert hours(week) <= hours(day) < hours(each)
    whole = (week["offered"] * week["service_level"]).sum() / week["offered"].sum()
    assert whole >= 0.80


def test_no_single_agent_of_a_day_could_be_spared():
    found = requirement(bank_days(), ServiceTarget(**PROMISE), patience=180, exact=False)
    fewer = performance(
        found["offered"], np.maximum(found["agents"] - 1, 0), interval=1800, aht=270, patience=180, within=60
    )["service_level"]
    loss = found["offered"] * (found["service_level"] - fewer)
    spare = (found["offered"] * (found["service_level"] - 0.80)).sum()
    free = (found["agents"] > 0) & (fewer >= 0.60)
    assert (loss[free] > spare).all()


def test_a_day_is_planned_with_no_more_than_the_best_of_small_plans():
    forecast = bank_days(peak=3.0).iloc[20:24].reset_index(drop=True)
    target = ServiceTarget(**PROMISE, floor=0.0)
    found = requirement(forecast, target, patience=180, exact=False)
    grid = np.stack(np.meshgrid(*[np.arange(6)] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    level = performance(forecast["offered"].to_numpy(), grid, interval=1800, aht=270, patience=180, within=60)
    met = level["service_level"] @ forecast["offered"].to_numpy() / forecast["offered"].sum()
    assert found["agents"].sum() <= grid[met >= 0.80].sum(axis=1).min() + 1


def test_floor_off_lets_quiet_hours_go():
    tight = requirement(bank_days(), ServiceTarget(**PROMISE, floor=0.75), patience=180)
    usual = usual_plan()
    off = requirement(bank_days(), ServiceTarget(**PROMISE, floor=0.0), patience=180)
    assert tight["service_level"].min() >= 0.75
    assert hours(off) < hours(usual) <= hours(tight)


def test_the_further_targets_hold_over_the_scope():
    forecast = bank_days()
    target = ServiceTarget(**PROMISE, max_abandon=0.05, max_asa=12, max_occupancy=0.93, wait_quantile=(0.9, 60))
    found = requirement(forecast, target, patience=180)
    answered = found["offered"] * (1 - found["abandon_rate"])
    assert (found["offered"] * found["abandon_rate"]).sum() <= 0.05 * found["offered"].sum() + 1e-9
    assert (answered * found["asa"].fillna(0.0)).sum() <= 12 * answered.sum() + 1e-6
    assert found["occupancy"].max() <= 0.93
    assert (day_service(found) >= 0.80).all()
    over = performance(
        found["offered"], found["agents"], interval=1800, aht=270, patience=180, within=60, abandoned="met"
    )["service_level"]
    assert (over * found["offered"]).sum() >= 0.9 * found["offered"].sum() - 1e-9


@pytest.mark.parametrize(
    "extra", [{"max_abandon": 0.04}, {"max_asa": 8.0}, {"max_occupancy": 0.85}, {"wait_quantile": (0.95, 60.0)}]
)
def test_each_further_target_costs_hours(extra):
    plain = usual_plan()
    more = requirement(bank_days(), ServiceTarget(**PROMISE, **extra), patience=180)
    assert hours(more) > hours(plain)


def test_a_cap_on_waits_holds_without_hang_ups_too():
    found = requirement(bank_days(), ServiceTarget(**PROMISE, max_asa=20), patience=np.inf)
    assert (found["offered"] * found["asa"].fillna(0)).sum() <= 20 * found["offered"].sum()


def test_shrinkage_makes_rostered_and_headcount_once():
    found = requirement(
        bank_days(), ServiceTarget(**PROMISE), patience=180, shrinkage=Shrinkage(unplanned=0.06, kinds={"leave": 0.10})
    )
    np.testing.assert_allclose(found["rostered"], found["agents"] / 0.94)
    np.testing.assert_allclose(found["headcount"], found["agents"] / 0.84)
    assert (found["agents"] == np.round(found["agents"])).all()
    plain = requirement(bank_days(), ServiceTarget(**PROMISE), patience=180, shrinkage=0.06)
    np.testing.assert_allclose(plain["rostered"], found["rostered"])


def test_the_planners_minimum_binds_where_nobody_calls_too():
    forecast = bank_days()
    promise = ServiceTarget(**PROMISE)
    same = [
        requirement(forecast, promise, patience=180, minimum=least)
        for least in (
            3.0,
            np.full(48, 3.0),
            forecast[["start"]].assign(minimum=3.0),
            forecast[["queue", "start"]].assign(agents=3.0),
        )
    ]
    for found in same:
        assert found["agents"].min() == 3.0
        assert (found["minimum"] == 3.0).all()
        assert found["agents"].tolist() == same[0]["agents"].tolist()


def test_minimum_follows_the_rows_of_the_forecast_however_they_are_ordered():
    forecast = bank_days().sample(frac=1.0, random_state=4)
    least = np.where(forecast["start"].dt.hour < 6, 2.0, 0.0)
    found = requirement(forecast, ServiceTarget(**PROMISE), patience=180, minimum=least)
    assert (found["agents"][found["start"].dt.hour < 6] == 2).all()
    assert found["start"].is_monotonic_increasing


def test_queues_have_their_own_target_patience_and_channel():
    forecast = pd.concat([bank_days(), bank_days(queue="chat", peak=200, aht=420)], ignore_index=True)
    found = requirement(
        forecast,
        {"voice": ServiceTarget(**PROMISE, scope="interval"), "chat": ServiceTarget(share=0.9, within=30)},
        patience={"voice": 180, "chat": np.inf},
        shrinkage={"voice": 0.06},
        concurrency={"chat": 3},
    )
    voice, chat = (found[found["queue"] == q] for q in ("voice", "chat"))
    alone = requirement(bank_days(), ServiceTarget(**PROMISE, scope="interval"), patience=180)
    assert voice["agents"].tolist() == alone["agents"].tolist()
    assert (chat["rostered"] == chat["agents"]).all()
    assert chat["agents"].max() < chat["load"].max()
    assert (chat["service_level"] * chat["offered"]).sum() / chat["offered"].sum() >= 0.9


def test_chat_with_a_ladder_keeps_its_promise():
    ladder = (300.0, 390.0, 500.0)
    for method, how in (("stationary", performance), ("exact time-varying queue", transient.performance)):
        found = requirement(
            bank_days(peak=120, queue="chat"),
            ServiceTarget(share=0.9, within=30),
            patience=120,
            concurrency=3,
            aht_by_concurrency=ladder,
            exact=method != "stationary",
        )
        law = {"interval": 1800, "aht": 1, "patience": 120, "within": 30, "aht_by_concurrency": ladder}
        level = np.asarray(how(found["offered"], found["agents"], **law)["service_level"])
        np.testing.assert_allclose(found["service_level"], level, atol=1e-9)
        assert (found["offered"] * level).sum() >= 0.9 * found["offered"].sum() - 1e-9
        assert (found["method"] == method).all()


def test_unknown_patience_is_assumed_and_said():
    with pytest.warns(WfmWarning, match=r"patience is not known for 'voice': assumed 300 s"):
        found = requirement(bank_days(), ServiceTarget(**PROMISE))
    assert hours(found) == hours(requirement(bank_days(), ServiceTarget(**PROMISE), patience=300))


def test_a_missing_handle_time_is_stated_or_refused():
    forecast = bank_days().drop(columns="aht")
    found = requirement(forecast, ServiceTarget(**PROMISE), patience=180, aht="4min30s")
    known = usual_plan()
    assert found["agents"].tolist() == known["agents"].tolist()
    with pytest.raises(DataError, match=r"forecast\.aht is missing in 34 interval\(s\) of queue 'voice', .*06:00"):
        requirement(forecast, ServiceTarget(**PROMISE), patience=180)


def test_the_table_is_a_requirement_and_the_forecast_is_untouched():
    forecast = bank_days()
    before = forecast.copy()
    found = requirement(forecast, ServiceTarget(**PROMISE), patience=180)
    pd.testing.assert_frame_equal(forecast, before)
    pd.testing.assert_frame_equal(check(found, REQUIREMENT), found)


def test_wrong_settings_are_refused():
    with pytest.raises(SettingError, match=r"target has no entry for queue 'voice'; it knows 'chat'"):
        requirement(bank_days(), {"chat": ServiceTarget(**PROMISE)}, patience=180)
    with pytest.raises(SettingError, match=r"target of queue 'voice' must be a ServiceTarget, got 0\.8"):
        requirement(bank_days(), 0.8, patience=180)
    with pytest.raises(SettingError, match=r"concurrency must be a whole number"):
        requirement(bank_days(), ServiceTarget(**PROMISE), patience=180, concurrency=0)
    with pytest.raises(DataError, match=r"minimum must have one value for each of the forecast's 48 rows, got 2"):
        requirement(bank_days(), ServiceTarget(**PROMISE), patience=180, minimum=[1, 2])
    with pytest.raises(DataError, match=r"minimum must be a number >= 0"):
        requirement(bank_days(), ServiceTarget(**PROMISE), patience=180, minimum=-1.0)
    with pytest.raises(DataError, match=r"minimum must have the columns start and minimum"):
        requirement(bank_days(), ServiceTarget(**PROMISE), patience=180, minimum=bank_days()[["start"]])


def test_a_forecast_without_rows_or_calls_needs_nobody():
    quiet = bank_days().assign(offered=0.0)
    assert requirement(quiet, ServiceTarget(**PROMISE), patience=180)["agents"].sum() == 0
    assert len(requirement(quiet.iloc[:0], ServiceTarget(**PROMISE), patience=180)) == 0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 60), min_size=3, max_size=8), st.floats(30, 2000), st.floats(0.3, 0.97), st.booleans())
def test_the_promise_of_the_day_is_kept_for_any_demand(volumes, patience, share, exact):
    starts = pd.date_range("2026-11-21 07:00", periods=len(volumes), freq="30min")
    forecast = pd.DataFrame({"queue": "voice", "start": starts, "offered": volumes, "aht": 240.0})
    found = requirement(forecast, ServiceTarget(share=share, within=30), patience=patience, exact=exact)
    met = (found["service_level"] * found["offered"]).sum()
    assert met >= share * found["offered"].sum() - 1e-6
    assert (found["service_level"] >= max(share - 0.2, 0) - 1e-9).all()
    assert (found["agents"][found["offered"] == 0] == 0).all()


def test_a_day_of_its_own_pace_is_planned_on_its_exact_course():
    forecast = bank_days(peak=150)
    found = requirement(forecast, ServiceTarget(**PROMISE), patience=180)
    assert (found["method"] == "exact time-varying queue").all()
    course = transient.performance(found["offered"], found["agents"], interval=1800, aht=270, patience=180, within=60)
    busy = found["offered"] > 0
    for name in ("service_level", "abandon_rate", "occupancy"):
        np.testing.assert_allclose(found[name][busy], course[name][busy], atol=1e-9)
    assert day_service(found).iloc[0] >= 0.80 - 1e-12
    assert found["service_level"].min() >= 0.60 - 1e-12
    steady = requirement(forecast, ServiceTarget(**PROMISE), patience=180, exact=False)
    assert (steady["method"] == "stationary").all()
    assert hours(found) <= hours(steady) + 1


def test_each_day_between_closed_nights_begins_empty():
    forecast = bank_days(2, peak=60)
    both = requirement(forecast, ServiceTarget(**PROMISE), patience=180, exact=True)
    second = forecast[forecast["start"] >= "2026-11-22"].reset_index(drop=True)
    alone = requirement(second, ServiceTarget(**PROMISE), patience=180, exact=True)
    assert both["agents"].tolist()[48:] == alone["agents"].tolist()
    np.testing.assert_allclose(both["service_level"][48:], alone["service_level"])


def test_an_exact_plan_of_what_cannot_be_counted_is_refused():
    with pytest.raises(SettingError, match=r"exact plans need intervals of one width and a target without max_asa"):
        requirement(bank_days(), ServiceTarget(**PROMISE, max_asa=20), patience=180, exact=True)
    assert (
        requirement(bank_days(peak=20), ServiceTarget(**PROMISE, max_asa=20), patience=180)["method"] == "stationary"
    ).all()


# --- possible futures -------------------------------------------------------------------------------------------------


def futures(forecast: pd.DataFrame, count: int = 120, *, day: float = 0.08, noise: float = 0.04) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    number = (forecast["start"].dt.normalize() - forecast["start"].iloc[0].normalize()).dt.days.to_numpy()
    factor = np.exp(rng.normal(0, day, (count, number.max() + 1)))[:, number]
    factor = factor * np.exp(rng.normal(0, noise, factor.shape))
    return pd.DataFrame(
        {
            "path": np.repeat(np.arange(count), len(forecast)),
            "queue": forecast["queue"].iloc[0],
            "start": np.tile(forecast["start"].to_numpy(), count),
            "rate": (factor * forecast["offered"].to_numpy()).ravel(),
        }
    )


def kept_on_paths(found: pd.DataFrame, paths: pd.DataFrame, patience: float, floor: float) -> float:
    """Share of the paths on which the exact solver sees the share reached, or the floor kept where that is less."""
    rate = paths["rate"].to_numpy().reshape(-1, len(found))
    law = {"interval": 1800, "aht": 270, "patience": patience, "within": 60}
    agents = found["agents"].to_numpy()
    days = np.array([transient.performance(row, agents, **law)["service_level"] for row in rate])
    reached = (days * rate).sum(axis=1) / rate.sum(axis=1) >= 0.80
    busy = found["offered"].to_numpy() >= 5
    return float(min(reached.mean(), (days >= floor)[:, busy].mean(axis=0).min()))


def test_confidence_is_the_share_of_paths_on_which_the_promise_is_kept():
    forecast = bank_days()
    paths = futures(forecast, 60)
    for confidence in (0.5, 0.9):
        found = requirement(forecast, ServiceTarget(**PROMISE, confidence=confidence), patience=180, paths=paths)
        assert kept_on_paths(found, paths, 180, 0.60) == pytest.approx(confidence, abs=0.07)
        assert found["probability"].min() >= confidence - 1e-9
        assert found["probability"].max() <= confidence + 0.05


def test_the_floor_is_kept_by_each_interval_by_itself():
    forecast = bank_days(peak=200)
    paths = futures(forecast, 50, day=0.02, noise=0.25)
    promise = ServiceTarget(**PROMISE, floor=0.75, confidence=0.8)
    found = requirement(forecast, promise, patience=180, paths=paths)
    rate = paths["rate"].to_numpy().reshape(-1, len(found))
    law = {"interval": 1800, "aht": 270, "patience": 180, "within": 60}
    days = np.array([transient.performance(row, found["agents"], **law)["service_level"] for row in rate])
    held = (days >= 0.75)[:, forecast["offered"].to_numpy() >= 5]
    assert held.mean(axis=0).min() >= 0.8 - 0.05  # the carried load is a formula's
    assert held.all(axis=1).mean() < 0.5  # not by all at once


def test_finer_intervals_do_not_make_a_promise_dearer():
    forecast = bank_days(peak=100)
    halves = forecast.loc[forecast.index.repeat(2)].reset_index(drop=True)
    second = np.arange(len(halves)) % 2
    fine = halves.assign(
        start=halves["start"] + pd.to_timedelta(15 * second, unit="min"), offered=halves["offered"] / 2
    ).drop(columns="end", errors="ignore")
    promise = ServiceTarget(**PROMISE, confidence=0.8)
    coarse_plan = requirement(forecast, promise, patience=180, paths=futures(forecast, 60, noise=0.1))
    fine_plan = requirement(fine, promise, patience=180, paths=futures(fine, 60, noise=0.1))
    assert hours(fine_plan) == pytest.approx(hours(coarse_plan), rel=0.03)


def test_absence_costs_hours():
    forecast = bank_days()
    target, paths = ServiceTarget(**PROMISE, confidence=0.8), futures(forecast)
    well = requirement(forecast, target, paths=paths, patience=180)
    sick = requirement(forecast, target, paths=paths, patience=180, shrinkage=0.10)
    assert sick["agents"].sum() > well["agents"].sum()
    assert sick["rostered"].sum() == pytest.approx(sick["agents"].sum() / 0.9)


def test_without_doubt_confidence_costs_nothing():
    forecast = bank_days()
    certain = futures(forecast, 10, day=0.0, noise=0.0)
    sure = requirement(forecast, ServiceTarget(**PROMISE, confidence=0.9), patience=180, paths=certain)
    mean = requirement(forecast, ServiceTarget(**PROMISE), patience=180)
    assert hours(sure) == pytest.approx(hours(mean), rel=0.01)


def test_every_day_is_a_promise_of_its_own():
    forecast = bank_days(3, peak=200)
    found = requirement(forecast, ServiceTarget(**PROMISE, confidence=0.8), patience=180, paths=futures(forecast))
    by_day = found.groupby(found["start"].dt.date)["probability"].agg(["min", "max"])
    assert len(by_day) == 3
    assert (by_day["min"] == by_day["max"]).all()
    assert (by_day["min"] >= 0.8 - 1e-9).all()


def test_an_interval_by_itself_keeps_its_promise_on_so_many_paths():
    forecast = bank_days()
    paths = futures(forecast, 30)
    found = requirement(forecast, ServiceTarget(**PROMISE, scope="interval", confidence=0.8), patience=180, paths=paths)
    busy = forecast["offered"].to_numpy() >= 5
    law = {"interval": 1800, "aht": 270, "patience": 180, "within": 60}
    rate = paths["rate"].to_numpy().reshape(-1, len(found))
    days = [transient.performance(row, found["agents"].to_numpy(), **law)["service_level"] for row in rate]
    kept = (np.array(days) >= 0.80)[:, busy].mean(axis=0)
    assert kept.mean() >= 0.8
    assert kept.min() >= 0.7  # the carried load is a formula's; the exact queue differs by a point or two
    assert (found["agents"][forecast["offered"] == 0] == 0).all()


def test_the_other_targets_hold_for_the_mean_beside_the_confidence():
    forecast = bank_days()
    target = ServiceTarget(**PROMISE, confidence=0.6, max_abandon=0.03)
    found = requirement(forecast, target, patience=180, paths=futures(forecast))
    assert (found["offered"] * found["abandon_rate"]).sum() <= 0.03 * found["offered"].sum() + 1e-9


def test_plans_with_confidence_repeat_by_seed():
    forecast = bank_days()
    args = {"patience": 180, "paths": futures(forecast), "shrinkage": 0.06}
    promise = ServiceTarget(**PROMISE, confidence=0.8)
    first, again, other = (requirement(forecast, promise, **args, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert hours(other) == pytest.approx(hours(first), rel=0.02)


def test_confidence_without_paths_is_said_to_be_the_mean_plan():
    with pytest.warns(WfmWarning, match=r"confidence 80% needs paths; planned for the mean forecast"):
        found = requirement(bank_days(), ServiceTarget(**PROMISE, confidence=0.8), patience=180)
    assert "probability" not in found


def test_paths_that_miss_intervals_are_refused():
    forecast = bank_days()
    paths = futures(forecast, 5)
    promise = ServiceTarget(**PROMISE, confidence=0.8)
    with pytest.raises(DataError, match=r"queue 'voice' misses 1, first 2026-11-21 00:00"):
        requirement(forecast, promise, patience=180, paths=paths[paths["start"] > forecast["start"][0]])
    with pytest.raises(DataError, match=r"queue 'voice' misses 48"):
        requirement(forecast, promise, patience=180, paths=paths.assign(queue="chat"))


def test_handle_times_of_the_paths_count():
    forecast = bank_days(peak=200)
    paths = futures(forecast)
    promise = ServiceTarget(**PROMISE, confidence=0.8)
    plain = requirement(forecast, promise, patience=180, paths=paths)
    slow = requirement(forecast, promise, patience=180, paths=paths.assign(aht=300.0))
    assert hours(slow) > 1.05 * hours(plain)


def test_with_the_floor_off_only_the_share_counts():
    forecast = bank_days()
    paths = futures(forecast, day=0.02, noise=0.25)
    law = {"patience": 180, "paths": paths}
    off = requirement(forecast, ServiceTarget(**PROMISE, floor=0.0, confidence=0.8), **law)
    usual = requirement(forecast, ServiceTarget(**PROMISE, confidence=0.8), **law)
    assert hours(off) < hours(usual)
    assert off["probability"].min() >= 0.8 - 1e-9


def test_a_confidence_out_of_reach_is_said_with_the_best_found():
    forecast = bank_days(peak=6)
    with pytest.warns(WfmWarning, match=r"no number of agents keeps the promise with 100% confidence"):
        found = requirement(
            forecast,
            ServiceTarget(**PROMISE, confidence=0.999),
            patience=180,
            paths=futures(forecast, 20),
            shrinkage=0.9,
        )
    assert found["probability"].max() < 0.999
