from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from wfm.calendars import Calendar
from wfm.errors import DataError, SettingError, TooLittleHistory
from wfm.forecast import Forecaster, SameWeekday, backtest, references, rehearse, seasonal_naive

COLUMNS = [
    "model",
    "queue",
    "origin",
    "lead",
    "wape",
    "mase",
    "bias",
    "pinball",
    "cover80",
    "cover95",
    "day_cover80",
    "day_wape",
    "noise_floor",
    "day_noise_floor",
    "month_start_wape",
    "month_start_floor",
    "value_added",
    "over_planner",
    "agents_error",
    "paid_hours",
    "hours_over",
    "hours_short",
    "n",
]


def _history(values, first="2026-01-05"):
    starts = pd.date_range(first, periods=len(values))
    return pd.DataFrame({"queue": "q", "start": starts, "offered": np.asarray(values, dtype=float)})


class Spy:
    """Remembers what it was given."""

    seen: ClassVar[list[tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp]]] = []

    def fit(self, history):
        self.last = history["start"].max()
        return self

    def predict(self, *, starts, quantiles):
        index = starts["q"]
        Spy.seen.append((self.last, index.min(), index.max()))
        ones = dict.fromkeys(("offered", *(f"offered_q{q:g}" for q in quantiles)), 1.0)
        return pd.DataFrame({"queue": "q", "start": index, **ones})


def test_a_model_never_sees_the_days_it_is_judged_on():
    Spy.seen = []
    scores = backtest(Spy(), _history(np.ones(100)), origins=4, horizon=14)
    assert len(Spy.seen) == 4
    for last, first_asked, last_asked in Spy.seen:
        assert first_asked == last + pd.Timedelta(days=1)
        assert last_asked == last + pd.Timedelta(days=14)
    assert scores.columns.tolist() == COLUMNS
    assert scores["lead"].tolist() == ["1-7", "8-14"] * 4
    assert (scores["wape"] == 0).all()


def test_origins_may_be_dates():
    scores = backtest(Spy(), _history(np.ones(60)), origins=["2026-02-10"], horizon=7)
    assert scores["origin"].tolist() == [pd.Timestamp("2026-02-10")]


def test_figures_are_those_of_the_definition():
    values = np.tile([10.0, 20, 30, 40, 50, 60, 70], 8)
    values[-7:] += 7
    score = backtest(seasonal_naive(), _history(values), origins=[pd.Timestamp("2026-02-22")], horizon=7).iloc[0]
    assert score["wape"] == pytest.approx(49 / 329)
    assert score["bias"] == pytest.approx(-49 / 329)
    assert score["day_wape"] == pytest.approx(49 / 329)
    assert score["n"] == 7


def test_closed_days_are_not_scored():
    values = np.full(63, 100.0)
    values[-3] = 0.0
    score = backtest(SameWeekday(), _history(values), origins=[pd.Timestamp("2026-03-01")], horizon=7).iloc[0]
    assert score["n"] == 6
    assert score["wape"] == 0.0


def test_models_are_compared_side_by_side_and_ours_is_ahead(draw):
    centre = draw(days=200)
    models = {"wfm": Forecaster(calendar=centre.calendar), **references()}
    scores = backtest(models, centre.history, origins=2, horizon=14)
    error = scores.groupby("model")["wape"].mean()
    assert set(error.index) == {"wfm", *references()}
    assert error.idxmin() == "wfm"
    assert (scores["wape"] >= 0.7 * scores["noise_floor"]).all()


def test_the_model_that_was_handed_in_is_not_fitted(draw):
    centre = draw(days=90)
    model = Forecaster(calendar=centre.calendar)
    backtest(model, centre.history, origins=1, horizon=7)
    assert not hasattr(model, "models_")


def test_too_short_a_history_and_wrong_origins_are_refused():
    with pytest.raises(TooLittleHistory, match="too short to look 28 days ahead"):
        backtest(SameWeekday(), _history(np.ones(40)), origins=2)
    with pytest.raises(SettingError, match="origins must lie within history"):
        backtest(SameWeekday(), _history(np.ones(60)), origins=["2030-01-01"])
    with pytest.raises(SettingError, match="horizon must be a number"):
        backtest(SameWeekday(), _history(np.ones(60)), horizon=0)


def _hours(days=70, seed=0, noise=0.05):
    """Twelve hours a day whose first six days of the month are half as busy again."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2026-01-05", periods=days)
    level = 1200 * np.where(dates.day <= 6, 1.5, 1.0) * np.exp(rng.normal(0, noise, days))
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=8 + k) for day in dates for k in range(12)])
    rate = np.repeat(level / 12, 12)
    return pd.DataFrame({"queue": "q", "start": starts, "offered": rng.poisson(rate).astype(float), "aht": 300.0})


def test_the_first_days_of_the_month_are_scored_apart_in_the_calendar_that_is_asked():
    history = _hours()
    origin = [pd.Timestamp("2026-02-22")]
    score = backtest(SameWeekday(), history, origins=origin, horizon=14)
    assert score["month_start_wape"].isna().tolist() == [False, False]  # 1 March is the seventh day
    assert (score["month_start_wape"] > 2 * score["wape"].min()).all()
    assert (score["month_start_floor"] < score["month_start_wape"]).all()
    solar = backtest(SameWeekday(), history, origins=origin, horizon=14, calendar=Calendar(months="solar-hijri"))
    assert solar["month_start_wape"].isna().tolist() == [False, True]  # 1 Esfand was 20 February


def test_value_is_added_over_last_week_and_over_the_planner():
    values = np.tile([10.0, 20, 30, 40, 50, 60, 70], 8)
    values[-7:] += 7
    history = _history(values)
    planner = history.tail(5)[["queue", "start", "offered"]].assign(offered=lambda t: t["offered"] - 3.5)
    perfect = {"own": SameWeekday(), "last week": seasonal_naive()}
    score = backtest(perfect, history, origins=["2026-02-22"], horizon=7, planner=planner).set_index("model")
    assert score.index.tolist() == ["own", "last week", "planner"]
    assert score["n"].tolist() == [7, 7, 5]
    assert score.loc["last week", "value_added"] == 0
    assert score.loc["own", "over_planner"] == pytest.approx(1 - 7 / 3.5)
    assert score.loc["planner", "value_added"] == pytest.approx(1 - 3.5 / 7)
    assert score.loc["planner", "over_planner"] == 0
    assert np.isnan(score.loc["planner", "pinball"])


def test_of_the_planners_numbers_the_last_that_was_known_at_the_origin_counts():
    history = _history(np.full(56, 10.0))
    days = history.tail(7)[["queue", "start"]]
    early, late = (days.assign(offered=v, made=m) for v, m in ((12.0, "2026-02-20"), (10.0, "2026-02-25")))
    both = pd.concat([early, late], ignore_index=True)
    score = backtest(SameWeekday(), history, origins=["2026-02-22"], horizon=7, planner=both).set_index("model")
    assert score.loc["planner", "wape"] == pytest.approx(0.2)
    with pytest.raises(DataError, match="planner holds no interval that is scored"):
        backtest(SameWeekday(), history, origins=["2026-02-22"], horizon=7, planner=late)


def test_errors_are_told_in_agents_and_paid_hours():
    history = _hours(noise=0.0)

    def one_for_ten(table):
        assert table.columns.tolist() == ["queue", "start", "end", "offered", "aht"]
        agents = table["offered"] / 10
        return table[["queue", "start", "end"]].assign(agents=agents, headcount=agents / 0.8)

    class Half:
        def fit(self, known):
            return self

        def predict(self, *, starts, quantiles):
            rows = history[history["start"].isin(starts["q"])].assign(offered=lambda t: t["offered"] / 2)
            return rows.assign(**{f"offered_q{q:g}": rows["offered"] for q in quantiles}).drop(columns="aht")

    score = backtest(Half(), history, origins=["2026-03-01"], horizon=7, staffing=one_for_ten).iloc[0]
    came = history[history["start"] >= "2026-03-02"].iloc[: 7 * 12]["offered"].sum()
    assert score["agents_error"] == pytest.approx(0.5)
    assert score["paid_hours"] == pytest.approx(came / 8)
    assert score["hours_short"] == pytest.approx(came / 16)
    assert score["hours_over"] == 0


def test_a_rehearsal_holds_what_was_forecast_beside_what_came():
    history = _history(np.arange(60.0))
    found = rehearse({"last week": seasonal_naive()}, history, origins=["2026-02-20"], horizon=3)
    assert found["lead"].tolist() == [1, 2, 3]
    assert (found["came"] - found["mean"]).tolist() == [7.0] * 3


def test_a_friend_is_tested_beside_models():
    def fifty(history, starts):
        return np.full(len(starts), 50.0)

    history = _history(np.tile([50.0, 50, 50, 50, 50, 20, 20], 9))
    found = backtest({"fifty": fifty, "last week": seasonal_naive()}, history, origins=["2026-02-22"], horizon=7)
    assert found["model"].tolist() == ["fifty", "last week"]
    assert found["wape"].tolist() == pytest.approx([60 / 290, 0])
    assert found["value_added"].isna().all()  # nothing misses less than nothing
    assert backtest(fifty, history, origins=1, horizon=7)["model"].tolist() == ["fifty"]
    with pytest.raises(SettingError, match="a friend must be a function"):
        backtest(object(), history, origins=1, horizon=7)
    with pytest.raises(SettingError, match="model names nothing to be tested"):
        backtest({}, history, origins=1, horizon=7)


def test_numbers_and_functions_that_lack_what_is_scored_are_refused():
    history = _history(np.full(63, 50.0))
    once = {"origins": ["2026-02-22"], "horizon": 7}
    mine = history[["start", "offered"]]
    with pytest.raises(DataError, match="planner has no column 'queue'; it needs queue, start and offered"):
        backtest(seasonal_naive(), history, planner=mine, **once)
    with pytest.raises(DataError, match="staffing must give a requirement table with start and agents"):
        backtest(seasonal_naive(), history, staffing=lambda table: table, **once)


def test_ranges_of_days_are_scored_where_paths_are_asked_for():
    history = _hours(days=200)
    two = {"ours": Forecaster(), "last week": seasonal_naive()}
    found = backtest(two, history, origins=6, horizon=14, paths=100).set_index("model")
    assert found.loc["last week", "day_cover80"].isna().all()  # it has no paths
    assert 0.6 < found.loc["ours", "day_cover80"].mean() < 1.0
    assert backtest(two, history, origins=1, horizon=7)["day_cover80"].isna().all()
    with pytest.raises(SettingError, match="paths must be a whole number"):
        backtest(two, history, origins=1, horizon=7, paths=-1)
