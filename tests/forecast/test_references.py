from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import SettingError
from wfm.forecast import SameWeekday, references, seasonal_naive
from wfm.tables import FORECAST, check

STARTS = pd.date_range("2026-01-05", periods=8 * 7)
HISTORY = pd.DataFrame({"queue": "q", "start": STARTS, "offered": np.arange(56.0)})


@pytest.mark.parametrize(
    ("model", "monday"),
    [
        (seasonal_naive(), 49.0),
        (SameWeekday(weeks=4, how="mean"), np.mean([28, 35, 42, 49])),
        (SameWeekday(weeks=5, how="median"), 35.0),
    ],
)
def test_they_are_what_a_planner_does_by_hand(model, monday):
    forecast = model.fit(HISTORY).predict(days=8)
    assert forecast["offered"].iloc[0] == pytest.approx(monday)
    assert forecast["offered"].iloc[7] == pytest.approx(monday)
    pd.testing.assert_frame_equal(check(forecast, FORECAST), forecast, check_dtype=False)


def test_each_has_a_name():
    assert list(references()) == ["median of 6 weeks", "mean of 8 weeks", "last week"]


def test_wrong_settings_are_refused():
    with pytest.raises(SettingError, match="how must be one of"):
        SameWeekday(how="mode")
    with pytest.raises(SettingError, match="weeks must be a number"):
        SameWeekday(weeks=0)
    with pytest.raises(SettingError, match="learned nothing yet"):
        SameWeekday().predict(days=1)
