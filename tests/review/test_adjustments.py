"""Each of the planner's changes is scored by itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.review.adjustments import score_adjustments

STARTS = pd.date_range("2026-11-21 08:00", periods=48, freq="h")


def _tables(factor=1.0, aht=240.0):
    machine = pd.DataFrame({"queue": "voice", "start": STARTS, "offered": 100.0, "aht": 240.0})
    return machine, machine.assign(offered=100.0 * factor, aht=aht)


def _log(*rows):
    made = [
        {
            "queue": "voice",
            "start": STARTS[0],
            "end": STARTS[-1] + pd.Timedelta(hours=1),
            "reason": "",
            "by": "Sara",
            **r,
        }
        for r in rows
    ]
    return pd.DataFrame(made)


def test_each_change_is_judged_after_those_before_it():
    machine, came = _tables(factor=1.3)
    log = _log(
        {"what": "offered", "how": "multiply", "value": 1.2}, {"what": "offered", "how": "multiply", "value": 1.4}
    )
    found = score_adjustments(log, machine, came)
    assert found["verdict"].tolist() == ["helped", "hurt"]
    np.testing.assert_allclose(found["after"], [5760, 8064])
    np.testing.assert_allclose(found["before"], [4800, 5760])
    np.testing.assert_allclose(found["saved"], [960, -1344])  # errors of 1440, 480, 1824 contacts
    assert found["error_after"].iloc[0] == pytest.approx(480 / 6240)
    assert found["noise_floor"].between(0.005, 0.03).all()


def test_a_change_that_chance_could_have_judged_is_not_judged():
    machine, came = _tables(factor=1.005)
    found = score_adjustments(_log({"what": "offered", "how": "multiply", "value": 1.01}), machine, came)
    assert found["verdict"].tolist() == ["too small to tell"]


def test_handle_time_is_weighed_by_contacts_and_what_is_no_forecast_is_left_out():
    machine, came = _tables(aht=300.0)
    log = _log({"what": "aht", "how": "set", "value": 280}, {"what": "agents", "how": "min", "value": 5})
    found = score_adjustments(log, machine, came)
    assert len(found) == 1
    assert found[["came", "before", "after", "saved"]].iloc[0].tolist() == [300, 240, 280, 40]
    assert found["verdict"].iloc[0] == "helped"


def test_what_has_not_come_waits():
    machine, came = _tables()
    log = _log({"what": "offered", "how": "add", "value": 10})
    assert score_adjustments(log, machine, came.head(0))["verdict"].tolist() == ["has not come yet"]
    with pytest.raises(DataError, match="'fax', which the machine's forecast does not hold"):
        score_adjustments(log.assign(queue="fax"), machine, came)
