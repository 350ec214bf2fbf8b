"""Contacts stay, their mix moves: how many people it takes follows the mix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import wfm

AHT = {"chat": 480.0, "phone": 300.0}
CHATS = {"chat": 3}
PROMISE = wfm.ServiceTarget(share=0.80, within=60, scope="interval")


def _history(seed=0, days=240, ahead=42, per_day=3000.0, chat=(0.9, 0.25)):
    """Hours from 9 to 21 of a stream whose chats become phone calls; past and future rates."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2026-01-05", periods=days + ahead)
    logit = np.interp(np.arange(len(dates)), [0, len(dates) - 1], np.log(np.array(chat) / (1 - np.array(chat))))
    share = 1 / (1 + np.exp(-logit))
    total = per_day * np.exp(0.15 * (dates.day_of_week < 5) + rng.normal(0, 0.04, len(dates)))
    shape = np.array([4.0, 6, 8, 8, 7, 6, 6, 7, 7, 6, 5, 4])
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=9 + k) for day in dates for k in range(12)])
    tables = []
    for queue, part in {"chat": share, "phone": 1 - share}.items():
        rate = np.outer(total * part, shape / shape.sum()).ravel()
        tables.append(pd.DataFrame({"queue": queue, "start": starts, "offered": rate, "aht": AHT[queue]}))
    whole = pd.concat(tables, ignore_index=True)
    past = whole["start"] < dates[days]
    counted = whole[past].assign(offered=rng.poisson(whole[past]["offered"]).astype(float)).reset_index(drop=True)
    return counted, whole[~past].reset_index(drop=True)


def _agent_hours(forecast):
    """By day, of both queues."""
    need = wfm.erlang.requirement(forecast, PROMISE, patience=180, concurrency=CHATS)
    return need.groupby(need["start"].dt.normalize())["agents"].sum()


def test_people_needed_rise_as_the_truth_says_when_chats_become_calls():
    history, future = _history()
    last = future["start"] >= future["start"].max().normalize() - pd.Timedelta(days=6)
    week = pd.DatetimeIndex(future.loc[last, "start"].unique())
    model = wfm.Forecaster(streams={"contacts": ("chat", "phone")}).fit(history)
    forecast = model.predict(starts=week)
    before = history[history["start"] >= history["start"].max().normalize() - pd.Timedelta(days=6)]
    truth = _agent_hours(future[last].reset_index(drop=True)).sum()
    assert future[last]["offered"].sum() == pytest.approx(before["offered"].sum(), rel=0.05)
    assert truth > 1.07 * _agent_hours(before.reset_index(drop=True)).sum()
    assert _agent_hours(forecast).sum() == pytest.approx(truth, rel=0.05)
    paths = model.simulate(starts=week, paths=200)
    whole = wfm.forecast.totals(forecast, paths, groups={"contacts": ("chat", "phone")}, by="month")
    assert len(whole) == 1
    assert whole["offered_q0.1"].iloc[0] < future[last]["offered"].sum() < whole["offered_q0.9"].iloc[0]


def test_people_needed_fall_by_what_self_service_takes():
    history, future = _history(chat=(0.5, 0.5))
    model = wfm.Forecaster().fit(history)
    starts = pd.DatetimeIndex(future["start"].unique()[: 7 * 12])
    without = model.predict(starts=starts), model.simulate(starts=starts, paths=50)
    bot = pd.DataFrame({"queue": "phone", "start": [starts[0]], "share": 0.3, "to": "", "doubt": 0.05})
    forecast, paths = wfm.forecast.deflected(*without, bot)
    phone = forecast["queue"] == "phone"
    hours = [_agent_hours(t[phone].reset_index(drop=True)).sum() for t in (without[0], forecast)]
    assert 0.68 * hours[0] < hours[1] < 0.8 * hours[0]  # small crews have less of a gain than the share
    assert len(paths) == 50 * len(forecast)


def test_a_plan_divides_a_stream_as_the_forecaster_does_and_says_each_queue_s_share():
    history, _ = _history(days=120, per_day=300.0)
    start = history["start"].max().normalize() + pd.Timedelta(days=1)
    queues = {
        queue: {
            "history": rows.drop(columns="queue"),
            "hours": "09:00-21:00",
            "target": {"share": 0.8, "within": 60},
            "patience": 180,
        }
        for queue, rows in history.groupby("queue")
    }
    week = {"interval": "60min", "queues": queues, "plan": {"start": str(start.date()), "paths": 20}}
    plan = wfm.plan_week(week | {"streams": {"contacts": ["chat", "phone"]}})
    model = wfm.Forecaster(streams={"contacts": ("chat", "phone")}).fit(history)
    expected = model.predict(starts=pd.DatetimeIndex(plan.forecast["start"].unique()))
    assert np.allclose(plan.forecast["offered"], expected["offered"])
    assert "share of the sum" in set(plan.drivers["component"])
