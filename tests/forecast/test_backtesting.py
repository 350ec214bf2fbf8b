from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from wfm.errors import SettingError, TooLittleHistory
from wfm.forecast import Forecaster, SameWeekday, backtest, references, seasonal_naive

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
    "day_wape",
    "noise_floor",
    "day_noise_floor",
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
