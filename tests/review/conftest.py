"""A small centre, planned once, and what came in that week as the model itself would have it."""

import shutil

import numpy as np
import pandas as pd
import pytest

from wfm.erlang import performance


@pytest.fixture
def plan(small_centre_planned):
    return small_centre_planned.plan


@pytest.fixture
def folder(small_centre_planned, tmp_path):
    return shutil.copytree(small_centre_planned.folder, tmp_path / "centre")


def history_of(plan, *, volume=1.0, shape=None, aht=1.0, came=1.0, rounded=False):
    """The history of the plan's week, were volume, shape, handle time and attendance so many times the planned."""
    forecast, cover = plan.forecast, plan.coverage
    offered = forecast["offered"].to_numpy() * volume
    if shape is not None:
        day = forecast["start"].dt.normalize()
        tilted = offered * shape(forecast["start"])
        total = pd.Series(offered).groupby(day.to_numpy()).transform("sum").to_numpy()
        offered = tilted * total / pd.Series(tilted).groupby(day.to_numpy()).transform("sum").to_numpy()
    offered = np.round(offered) if rounded else offered
    handle, staff = forecast["aht"].to_numpy() * aht, cover["expected"].to_numpy() * came
    voice = plan.queues["voice"]
    served = performance(offered, staff, interval=1800, aht=handle, patience=voice.patience, within=60)
    lost = offered * served["abandon_rate"]
    return pd.DataFrame(
        {
            "queue": "voice",
            "start": forecast["start"],
            "end": forecast["end"],
            "offered": offered,
            "answered": offered - lost,
            "abandoned": lost,
            "within": 60.0,
            "aht": handle,
            "staffed": staff,
            "answered_within": np.minimum(offered * served["service_level"], offered - lost),
        }
    )


@pytest.fixture
def came():
    return history_of
