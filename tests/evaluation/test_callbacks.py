"""The service of a line whose contacts may be called back."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm import Queue, ServiceTarget
from wfm.erlang import callback_performance
from wfm.evaluation.callbacks import callback_service, calling_of
from wfm.evaluation.presence import lines_of
from wfm.evaluation.service import demand_of
from wfm.queues import Callback

OFFER = Callback(above="1min", taken=0.4, within="2h")
VOICE = Queue(name="voice", target=ServiceTarget(share=0.8, within=30, floor=0), patience=180, callback=OFFER)
STARTS = pd.date_range("2026-11-23 08:00", periods=8, freq="30min")


def service(people, calling=0.0, queue=VOICE, offered=150.0):
    demand = pd.DataFrame({"queue": "voice", "start": STARTS, "offered": offered, "aht": 240.0})
    row = {"shift": "s", "start": STARTS[0], "end": STARTS[-1] + pd.Timedelta("30min"), "activity": "work"}
    table = pd.DataFrame([row | {"paid": True, "people": people, "type": "full", "queue": "voice"}])
    wanted = demand_of(demand, {"voice": queue})["voice"]
    lines = lines_of(table, "voice", wanted.intervals, None)
    return callback_service(lines, wanted, queue, calling=np.full(8, calling), draws=50, seed=1)


def test_a_flat_day_is_the_formula_with_those_who_answer():
    found = service(22, calling=1 / 11)
    formula = callback_performance(20, 20.0, aht=240, above=60, taken=0.4, within=30, patience=180)
    assert found.service_level == pytest.approx(float(formula["service_level"]))
    assert found.base == pytest.approx(1 - float(formula["callbacks"]))
    assert found.by_scope("day")["abandon_rate"].iloc[0] == pytest.approx(float(formula["abandon_rate"]))


def test_who_calls_back_does_not_answer_and_callbacks_spare_hang_ups():
    assert service(22, calling=0.2).overall()[0] < service(22).overall()[0]
    nobody = replace(VOICE, callback=replace(OFFER, taken=0.0))
    assert service(18).abandon_rate.mean() < service(18, queue=nobody).abandon_rate.mean()


def test_a_callback_that_counts_as_lost_lowers_the_level_and_as_met_raises_it():
    levels = [
        service(18, queue=replace(VOICE, callback=replace(OFFER, counted=word)))
        .by_scope("day")["service_level"]
        .iloc[0]
        for word in ("lost", "apart", "met")
    ]
    assert levels == sorted(levels)


def test_absence_is_drawn_where_there_is_one_path():
    away = replace(VOICE, shrinkage=replace(VOICE.shrinkage, unplanned=0.1))
    assert len(np.unique(service(20, queue=away).overall())) > 3


def test_the_requirement_says_who_calls_back():
    demand = pd.DataFrame({"queue": "voice", "start": STARTS, "offered": 150.0, "aht": 240.0})
    wanted = demand_of(demand, {"voice": VOICE})["voice"]
    rows = pd.DataFrame({"queue": "voice", "start": STARTS[:4], "agents": [4.0, 4, 0, 4], "deferrable": [1.0, 0, 0, 2]})
    assert calling_of(rows, wanted).tolist() == [0.25, 0, 0, 0.5, 0, 0, 0, 0]
    assert calling_of(None, wanted).sum() == calling_of(rows.drop(columns="deferrable"), wanted).sum() == 0
