from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from wfm.errors import MissingExtra
from wfm.forecast import Boosting, Mstl, Prophet, autoregression, smoothing
from wfm.forecast.judged.friends import Befriended, as_model

SHAPE = np.array([1.0, 3, 5, 4, 3, 2])
LIBRARIES = {"statsforecast": Mstl(), "prophet": Prophet(), "lightgbm": Boosting(rounds=30)}


def _office(days=160, ahead=21, seed=0):
    """Six hours of working days with one week's holidays left out; past, and future rates."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2026-01-05", periods=days + ahead)
    dates = dates[(dates.day_of_week < 5) & ~((dates >= "2026-03-02") & (dates < "2026-03-07"))]
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=9 + k) for day in dates for k in range(6)])
    level = 600 * np.array([1.3, 1.1, 1.0, 0.9, 0.8])[dates.day_of_week] * np.exp(rng.normal(0, 0.03, len(dates)))
    rate = np.outer(level, SHAPE / SHAPE.sum()).ravel()
    whole = pd.DataFrame({"queue": "q", "start": starts, "end": starts + pd.Timedelta(hours=1), "offered": rate})
    past = whole["start"] < pd.Timestamp("2026-01-05") + pd.Timedelta(days=days)
    counted = whole[past].assign(offered=rng.poisson(whole[past]["offered"]).astype(float))
    return counted.reset_index(drop=True), whole[~past].reset_index(drop=True)


def _error(found, future):
    return np.abs(found - future["offered"]).sum() / future["offered"].sum()


@pytest.mark.parametrize("friend", [smoothing, autoregression])
def test_friends_know_weekdays_and_the_shape_of_the_day(friend):
    past, future = _office()
    assert _error(friend(past, pd.DatetimeIndex(future["start"])), future) < 0.06


@pytest.mark.parametrize("library", LIBRARIES)
def test_other_libraries_are_friends_where_they_are_there(library):
    past, future = _office()
    starts = pd.DatetimeIndex(future["start"])
    if find_spec(library) is None:
        with pytest.raises(MissingExtra, match=f"need {library}, which is not installed"):
            LIBRARIES[library].forecast(past, starts)
    else:
        assert _error(LIBRARIES[library].forecast(past, starts), future) < 0.15


def test_a_friend_may_give_quantiles():
    def sure(history, starts):
        return pd.DataFrame({"offered": np.full(len(starts), 9.0), "offered_q0.1": 8.0})

    past, future = _office()
    name, model = as_model(sure)
    starts = {"q": pd.DatetimeIndex(future["start"][:2])}
    table = model.fit(past).predict(starts=starts, quantiles=(0.1, 0.5))
    assert name == "sure"
    assert isinstance(model, Befriended)
    assert table["offered_q0.1"].tolist() == [8.0, 8.0]
    assert table["offered_q0.5"].isna().all()
