"""One requirement for all channels."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from wfm.erlang import requirement, work
from wfm.erlang.deferred.blending import spare_capacity
from wfm.erlang.deferred.callback_requirement import callback_requirement
from wfm.erlang.deferred.channels import requirement_of_all
from wfm.erlang.deferred.derived import derived_work
from wfm.erlang.deferred.message_requirement import message_requirement
from wfm.erlang.deferred.messages import Conversation, message_turns
from wfm.erlang.deferred.ticket_service import ticket_promise
from wfm.errors import DataError
from wfm.tables import REQUIREMENT, check
from wfm.target import ServiceTarget

DAY = pd.date_range("2026-11-21", periods=48, freq="30min")
SHAPE = np.exp(-0.5 * ((np.arange(48) - 24) / 7) ** 2)


def forecast(queue: str, size: float, aht: float) -> pd.DataFrame:
    return pd.DataFrame({"queue": queue, "start": DAY, "offered": 5 + size * SHAPE, "aht": aht})


@cache
def voice() -> pd.DataFrame:
    return requirement(forecast("voice", 120, 240), ServiceTarget(share=0.8, within=30, scope="interval"), patience=300)


@cache
def todo() -> pd.DataFrame:
    tickets = work(
        forecast("tickets", 12, 360),
        classes={"urgent": "2h", "normal": "12h"},
        class_shares={"urgent": 0.2, "normal": 0.8},
    )
    reviews = derived_work(voice(), queue="reviews", share=0.05, aht="10min", within="24h")
    return pd.concat([tickets, reviews], ignore_index=True)


def test_all_channels_stand_in_one_table():
    messages = message_requirement(
        message_turns(forecast("app", 30, 120), Conversation(turns=3, gap="1h")),
        first=ServiceTarget(share=0.8, within="5min", scope="interval"),
        reply=ServiceTarget(share=0.9, within="4h"),
    )
    calls = callback_requirement(
        forecast("cards", 60, 200),
        ServiceTarget(share=0.8, within=30),
        above=60,
        taken=0.5,
        call_within="2h",
        patience=300,
    )
    found = requirement_of_all([voice(), messages, calls], todo(), interval=1800)
    pd.testing.assert_frame_equal(check(found, REQUIREMENT), found)
    method = found.groupby("queue")["method"].first().to_dict()
    assert method == {
        "app": "stationary + deadlines",
        "cards": "callbacks",
        "cards callbacks": "deadlines",
        "reviews": "deadlines",
        "tickets": "deadlines",
        "voice": "stationary",
    }
    assert (found["deferrable"] <= found["agents"]).all()
    share = found.groupby("queue")["deferrable"].sum() / found.groupby("queue")["agents"].sum()
    assert (share[["voice", "cards"]] == 0).all()
    assert (share[["tickets", "reviews", "cards callbacks"]] == 1).all()
    assert 0 < share["app"] < 1
    live = found[found["queue"] == "voice"].reset_index(drop=True)
    np.testing.assert_allclose(live["agents"], voice()["agents"])


def test_deferrable_queues_fill_each_others_troughs():
    found = requirement_of_all([voice()], todo(), interval=1800)
    both = found.groupby("start")["agents"].sum()
    apart = voice()["agents"].to_numpy() + sum(
        requirement_of_all([voice().assign(agents=0.0)], mine, interval=1800)
        .loc[lambda t: t["queue"] != "voice"]
        .groupby("start")["agents"]
        .sum()
        .to_numpy()
        for _, mine in todo().groupby("queue")
    )
    assert both.max() < apart.max()
    assert both.max() <= voice()["agents"].max() + 1


def test_idle_time_is_given_once():
    spare = spare_capacity(voice(), ServiceTarget(share=0.7, within=30, scope="interval"), patience=300, other_aht=360)
    assert spare["spare"].sum() > 5
    alone = requirement_of_all([voice()], todo(), interval=1800)
    found = requirement_of_all([voice()], todo(), interval=1800, spare=spare)
    used = found[found["queue"] != "voice"].groupby("start")["in_idle"].sum().to_numpy()
    assert (used <= spare["spare"].to_numpy() + 1e-9).all()
    assert used.sum() > 1
    assert found["agents"].sum() < alone["agents"].sum()
    office = pd.DataFrame({"start": DAY, "agents": 30.0})
    free = requirement_of_all([voice()], todo(), interval=1800, staffed=office)
    assert free.loc[free["queue"] != "voice", "agents"].sum() == 0


def test_opening_hours_and_promises_go_by_queue():
    nine_to_five = DAY[(DAY.hour >= 9) & (DAY.hour < 17)]
    some = todo()
    found = requirement_of_all(
        [voice()],
        some[some["queue"] == "reviews"],
        interval=1800,
        open_starts={"reviews": nine_to_five},
        promise={"reviews": 0.9},
        shrinkage={"reviews": 0.1},
    )
    mine = found[found["queue"] == "reviews"]
    assert mine["start"].tolist() == list(nine_to_five)
    np.testing.assert_allclose(mine["rostered"], mine["agents"] / 0.9)
    kept = ticket_promise(some[some["queue"] == "reviews"], mine["agents"], nine_to_five, interval=1800, promise=0.9)
    assert kept["kept"].all()


def test_what_cannot_be_stacked_is_refused():
    with pytest.raises(DataError, match=r"queue 'voice' comes twice"):
        requirement_of_all([voice(), voice()], interval=1800)
    with pytest.raises(DataError, match=r"there is neither a live requirement nor work"):
        requirement_of_all([], interval=1800)
    with pytest.raises(DataError, match=r"spare needs the columns start and spare; missing 'spare'"):
        requirement_of_all([voice()], todo(), interval=1800, spare=voice())
