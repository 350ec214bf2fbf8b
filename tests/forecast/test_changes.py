"""What changes without anybody saying so: levels that stay elsewhere, bursts that fade, and what is neither."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import SettingError, WfmWarning
from wfm.forecast import Forecaster, level_changes
from wfm.forecast.learned.change_search import find_changes
from wfm.forecast.learned.change_view import Shapes
from wfm.forecast.learned.changes import change_components
from wfm.forecast.learned.components import day_components
from wfm.forecast.learned.days import DayReader

DAYS = pd.date_range("2024-06-03", periods=1000)


def _stray(rng, sd, memory, count):
    """Log levels that remember the day before."""
    stray = rng.normal(0, sd, count)
    for k in range(1, count):
        stray[k] = memory * stray[k - 1] + np.sqrt(1 - memory**2) * stray[k]
    return stray


def _centre(seed, days, moved, ahead=28, stray=None, queue="voice"):
    """History and future of a queue with weekdays, month starts and day noise; `moved` adds to its log level."""
    rng = np.random.default_rng(seed)
    dates = DAYS[: days + ahead]
    weekday = np.array([0.2, 0.1, 0.05, 0.0, -0.05, -0.5, -0.7])[dates.day_of_week]
    noise = _stray(rng, 0.04, 0.5, len(dates)) if stray is None else stray(rng, len(dates))
    level = weekday + noise + 0.15 * (dates.day <= 3) + moved(np.arange(len(dates)), dates)
    table = pd.DataFrame(
        {
            "queue": queue,
            "start": dates,
            "end": dates + pd.Timedelta(days=1),
            "offered": rng.poisson(2000 * np.exp(level)).astype(float),
        }
    )
    return table.iloc[:days], table.iloc[days:]


def _step(size, at):
    return lambda day, dates: size * (day >= at)


def _burst(size, at, fading=10):
    return lambda day, dates: np.where(day >= at, size * np.exp(-np.maximum(day - at, 0) / fading), 0.0)


def _misses(seed, days, moved, **more):
    """Relative error of the sum of four weeks, signed."""
    past, future = _centre(seed, days, moved, **more)
    model = Forecaster().fit(past)
    forecast = model.predict(starts=pd.DatetimeIndex(future["start"]))["offered"].sum()
    return float(np.log(forecast / future["offered"].sum())), model


@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
@pytest.mark.parametrize(("size", "since"), [(-0.3, 21), (0.25, 40), (-0.5, 14), (-1.9, 60), (-1.2, 20)])
def test_the_forecast_goes_on_from_a_new_level(size, since):
    missed, model = _misses(1, 300, _step(size, 300 - since))
    found = level_changes(model)
    assert found[["day", "kind"]].to_numpy().tolist() == [[DAYS[300 - since], "step"]]
    assert found["low"].iloc[0] < np.exp(size) < found["high"].iloc[0]
    assert abs(missed) < 0.05


@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
@pytest.mark.parametrize("size", [-0.8, 0.5])
def test_a_few_odd_days_at_the_end_are_not_taken_for_a_level_that_stays(size):
    missed = [_misses(seed, 200, lambda day, dates: size * ((day >= 197) & (day < 200)))[0] for seed in (1, 2, 3)]
    assert abs(np.mean(missed)) < 0.4 * abs(size)


@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
@pytest.mark.parametrize("size", [-0.8, 0.5])
def test_the_longer_a_change_has_stood_the_more_of_it_is_expected_to_stay(size):
    kept = []
    for since in (3, 6, 10):
        found = [
            _misses(seed, 200, lambda day, dates, s=since: size * ((day >= 200 - s) & (day < 200))) for seed in (1, 2)
        ]
        kept.append(np.mean([missed for missed, _ in found]) / size)
    assert kept[0] < kept[1] < kept[2]
    assert kept[2] > 0.8


@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
@pytest.mark.parametrize("size", [-0.7, 0.5])
def test_the_range_after_a_young_change_reaches_to_its_staying_and_to_its_passing(size):
    past, future = _centre(4, 300, lambda day, dates: size * ((day >= 295) & (day < 300)))
    starts = pd.DatetimeIndex(future["start"])[14:]
    forecast = Forecaster().fit(past).predict(starts=starts, quantiles=(0.1, 0.5, 0.9))
    low, middle, high = (
        np.log(forecast[f"offered_q{level}"].sum() / future["offered"].iloc[14:].sum()) for level in (0.1, 0.5, 0.9)
    )
    assert low < 0.8 * min(size, 0) + 0.05
    assert high > 0.8 * max(size, 0) - 0.05
    assert min(size, 0) < middle < max(size, 0)


@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_a_burst_fades_and_leaves_the_level_as_it_was():
    missed, model = _misses(2, 300, _burst(0.6, 280))
    found = level_changes(model)
    assert found["kind"].tolist() == ["burst"]
    assert abs((found["day"].iloc[0] - DAYS[280]).days) <= 1
    assert abs(missed) < 0.06


def test_a_change_that_is_over_leaves_the_ranges_nearly_as_narrow_as_those_of_a_steady_queue():
    width = []
    for moved in (_step(0.0, 0), _step(0.4, 180)):
        past, future = _centre(3, 300, moved)
        forecast = Forecaster().fit(past).predict(starts=pd.DatetimeIndex(future["start"]), quantiles=(0.1, 0.9))
        width.append(float(((forecast["offered_q0.9"] - forecast["offered_q0.1"]) / forecast["offered"]).mean()))
    assert width[0] < width[1] < 1.25 * width[0]  # what changed once may change again


@pytest.mark.parametrize(
    "stray",
    [
        lambda rng, n: _stray(rng, 0.04, 0.5, n),
        lambda rng, n: np.cumsum(rng.normal(0, 0.01, n)),
        lambda rng, n: _stray(rng, 0.1, np.exp(-1 / 30), n),
        lambda rng, n: rng.normal(0, 0.03, n) + 1.2 * (rng.random(n) < 0.01),
    ],
    ids=["a memory of a day", "a random walk", "a memory of a month", "wild days"],
)
def test_levels_that_wander_and_wild_days_are_no_changes(stray):
    for seed in (1, 2):
        past, _ = _centre(seed, 250, _step(0.0, 0), stray=stray)
        assert level_changes(Forecaster().fit(past)).empty


def test_a_random_walk_that_is_known_exactly_has_no_changes():
    for seed in range(4):
        rng = np.random.default_rng(seed)
        days = pd.date_range("2025-01-06", periods=300)
        offered = 3e6 * np.exp(np.cumsum(rng.normal(0, 0.004, 300)) + 0.3 * (days.day_of_week < 5))
        history = pd.DataFrame(
            {"queue": "voice", "start": days, "end": days + pd.Timedelta(days=1), "offered": offered}
        )
        found = level_changes(Forecaster().fit(history))
        assert found.empty
        assert found[found["day"] >= days[-1] - pd.Timedelta(days=9)].empty  # days are times, where there are none too


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_what_comes_every_year_is_expected_again():
    def surge(day, dates):
        since = [np.asarray((dates - pd.Timestamp(year, 12, 27)).days) for year in (2024, 2025, 2026)]
        return sum(np.where(k >= 0, 0.6 * np.exp(-np.maximum(k, 0) / 12), 0.0) for k in since)

    for seed in range(3):
        missed, _ = _misses(seed, 931, surge)  # two of them seen, the third to come
        assert abs(missed) < 0.12
        assert abs(missed) < 0.6 * float(surge(None, DAYS[931:959]).mean())


@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_what_comes_every_year_may_be_stronger_or_weaker_than_it_was():
    def surge(day, dates):
        since = [np.asarray((dates - pd.Timestamp(f"{year}-12-27")).days) for year in (2024, 2025, 2026)]
        sizes = (0.5, 0.75, 0.6)
        return sum(np.where(k >= 0, s * np.exp(-np.maximum(k, 0) / 8), 0.0) for s, k in zip(sizes, since, strict=True))

    past, future = _centre(2, 931, surge)
    model = Forecaster().fit(past)
    assert level_changes(model)["every_year"].max() > 1.4
    forecast = model.predict(starts=pd.DatetimeIndex(future["start"]), quantiles=(0.1, 0.9))
    width = np.log(forecast["offered_q0.9"] / forecast["offered_q0.1"]).to_numpy()
    assert width[6:9].min() > 1.5 * width[:5].max()  # 27 December is the seventh day
    assert width[-3:].max() < 1.3 * width[:5].max()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::wfm.errors.WfmWarning")
def test_over_many_centres_changes_are_found_where_they_are_and_hardly_elsewhere():
    right = wrong = 0
    for seed in range(20):
        since = (14, 25, 60, 120)[seed % 4]
        past, _ = _centre(seed, 300, _step((-1) ** seed * 0.25, 300 - since))
        found = level_changes(Forecaster().fit(past))
        right += (found["day"] - DAYS[300 - since]).abs().le(pd.Timedelta(days=1)).any()
        wrong += max(len(found) - 1, 0)
        past, _ = _centre(100 + seed, 300, _step(0.0, 0), stray=lambda rng, n: np.cumsum(rng.normal(0, 0.012, n)))
        wrong += len(level_changes(Forecaster().fit(past)))
    assert right >= 19
    assert wrong <= 3


def test_a_recent_change_is_told_to_the_planner():
    past, future = _centre(4, 150, _step(-0.4, 120))
    model = Forecaster().fit(past)
    with pytest.warns(WfmWarning, match=r"contacts changed by -3\d% on 2024-10-01 and no event says why. They stayed"):
        model.predict(starts=pd.DatetimeIndex(future["start"]))
    assert any("They stayed there" in note for note in model.notes(starts=pd.DatetimeIndex(future["start"])))
    with pytest.warns(WfmWarning, match="no event says why"):
        told = model.explain(starts=pd.DatetimeIndex([*past["start"][100:102], *future["start"][:2]]))
    factor = told[told["component"] == "level step"]["factor"].to_numpy()
    assert factor[:2] == pytest.approx(np.exp(0.4), rel=0.06)
    np.testing.assert_array_equal(factor[2:], 1.0)


def test_what_came_at_that_time_of_the_year_before_is_no_news_to_the_planner():
    past, future = _centre(8, 430, lambda day, dates: _burst(0.6, 45)(day, dates) + _burst(0.6, 410)(day, dates))
    model, starts = Forecaster().fit(past), pd.DatetimeIndex(future["start"])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.predict(starts=starts)
    assert not told
    assert not any("no event says why" in note for note in model.notes(starts=starts))


def test_changes_of_the_sums_of_streams_are_asked_for_by_name():
    past, _ = _centre(5, 150, _step(-0.5, 90))
    other, _ = _centre(6, 150, _step(0.0, 0), queue="chat")
    both = pd.concat([past, other], ignore_index=True)
    model = Forecaster(streams={"live": ("voice", "chat")}).fit(both)
    assert level_changes(model)["queue"].tolist() == ["voice"]
    assert set(level_changes(model, of="sums")["queue"]) == {"live"}
    with pytest.raises(SettingError, match="of"):
        level_changes(model, of="teams")
    with pytest.raises(SettingError, match="call fit"):
        level_changes(Forecaster())


def _found(moved, days, sd=0.1):
    """What is found in noise about a slow level, and the covariance of the days without it."""
    rng = np.random.default_rng(0)
    features = DayReader.of(Calendar(), DAYS[:days]).read(DAYS[:days], DAYS[:days])
    slow = [c for c in day_components(features, ()) if c.gives_way]
    rest = np.full((days, days), 0.1) + sd**2 * np.eye(days)
    usual = np.array([c.variance for c in slow])
    y = rng.normal(0, sd, days) + moved(np.arange(days), DAYS[:days])
    found, _ = find_changes(features, y - y.mean(), rest.copy(), slow, usual, usual)
    return found, features, rest, slow, y - y.mean()


def test_steps_and_bursts_are_found_to_the_day():
    found, features, *_ = _found(lambda day, dates: _step(0.8, 50)(day, dates) + _burst(-0.7, 90, 8)(day, dates), 150)
    told = {(change.first - features.day[0], change.stays) for change in found.changes}
    assert told == {(50.0, True), (90.0, False)}
    assert _found(_step(0.0, 0), 150)[0] is None
    assert _found(_step(1.0, 5), 15)[0] is None  # too few days to say that a level stays


def test_what_the_search_knows_of_the_days_is_what_their_covariance_says():
    found, features, rest, slow, y = _found(_step(0.8, 150), 300)
    components = [*slow, *change_components(found.changes, features)]
    covariance = rest + sum(v * c.kernel(features, features) for v, c in zip(found.variances, components, strict=True))
    inverse = np.linalg.inv(covariance)
    np.testing.assert_allclose(found.precision, np.diag(inverse), rtol=0.02)
    np.testing.assert_allclose(found.weights, inverse @ y, atol=0.05 * np.abs(found.weights).max())


def test_what_is_said_of_every_step_and_burst_is_what_its_days_say():
    rng = np.random.default_rng(1)
    day = np.sort(rng.choice(300, 200, replace=False)).astype(float)
    shapes, values = Shapes.of(day), rng.random((200, 3)).astype(np.float32)
    columns = np.array([shapes.column(k) for k in range(400)])
    np.testing.assert_allclose(shapes.along(values), columns @ values, rtol=1e-4, atol=1e-4)
    inverse = rng.random((200, 200)).astype(np.float32)
    inverse += inverse.T
    before = np.tril(inverse).sum(axis=1)
    direct = np.einsum("ki,ij,kj->k", columns, inverse, columns)
    np.testing.assert_allclose(shapes.squares(inverse, before), direct, rtol=1e-4, atol=1e-3)


def test_of_two_bursts_at_the_same_time_of_two_years_one_tells_the_other():
    found, features, *_ = _found(
        lambda day, dates: _burst(0.8, 150, 8)(day, dates) + _burst(0.8, 515, 8)(day, dates), 600
    )
    assert [change.first - features.day[0] in (150.0, 515.0) for change in found.changes] == [True]
