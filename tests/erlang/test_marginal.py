import numpy as np
import pandas as pd
import pytest

from wfm.erlang import transient
from wfm.erlang.staffing.marginal import curve
from wfm.errors import DataError
from wfm.target import ServiceTarget


def cover(agents) -> pd.DataFrame:
    starts = pd.date_range("2026-11-21 08:00", periods=len(agents), freq="30min")
    return pd.DataFrame({"queue": "voice", "start": starts, "offered": 60.0, "aht": 240.0, "agents": agents})


def test_the_curve_is_what_full_evaluations_say():
    agents = np.array([8.0, 9.0, 1.0, 10.0])
    found = curve(cover(agents), ServiceTarget(share=0.8, within=60), patience=180, band=2)
    assert found.groupby("start").size().tolist() == [5, 5, 4, 5]
    for row in found.itertuples():
        staff = np.where(cover(agents)["start"] == row.start, row.agents, agents)
        level = transient.performance([60.0] * 4, staff, interval=1800, aht=240, patience=180, within=60)
        assert row.answered_within == pytest.approx(float((level["service_level"] * 60).sum()), abs=1e-9)


def test_the_curve_rises_in_its_agents():
    found = curve(cover([8.0, 9.0, 7.0, 10.0]), ServiceTarget(share=0.8, within=60), patience=180)
    assert (found.groupby("start")["answered_within"].diff().dropna() > 0).all()


def test_every_day_has_a_curve_of_its_own():
    two = pd.concat([cover([8.0] * 3), cover([8.0] * 3).assign(start=lambda t: t["start"] + pd.Timedelta(days=1))])
    found = curve(two, ServiceTarget(share=0.8, within=60), patience=180)
    values = found["answered_within"].to_numpy()
    np.testing.assert_allclose(values[: len(values) // 2], values[len(values) // 2 :])


def test_a_cover_without_volumes_is_refused():
    with pytest.raises(DataError, match=r"cover must have the column offered"):
        curve(cover([8.0]).drop(columns="offered"), ServiceTarget(share=0.8, within=60), patience=180)
