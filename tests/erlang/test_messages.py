"""Asynchronous messages: every reply is an arrival, checked against conversations drawn one by one."""

import numpy as np
import pandas as pd
import pytest

from wfm.erlang import requirement
from wfm.erlang.deferred.delays import Delay
from wfm.erlang.deferred.message_requirement import message_requirement
from wfm.erlang.deferred.messages import Conversation, message_turns, stream
from wfm.errors import DataError, SettingError
from wfm.tables import FORECAST, REQUIREMENT, check
from wfm.target import ServiceTarget


def conversations(hours: float = 12, **more) -> pd.DataFrame:
    count = int(hours * 2)
    shape = np.exp(-0.5 * ((np.arange(count) - count / 2) / (count / 4)) ** 2)
    return pd.DataFrame(
        {
            "queue": "app",
            "start": pd.date_range("2026-11-21 08:00", periods=count, freq="30min"),
            "offered": 20 + 80 * shape,
            "aht": 120.0,
        }
    ).assign(**more)


def drawn(forecast: pd.DataFrame, turns, gap, answer: float, times: int, seed: int) -> np.ndarray:
    """Mean arrivals of turns by half hour, conversations one by one."""
    rng = np.random.default_rng(seed)
    found = np.zeros(4000)
    offered = forecast["offered"].to_numpy()
    for _ in range(times):
        number = rng.poisson(offered)
        moment = np.repeat(np.arange(len(offered)) * 1800.0, number) + rng.random(number.sum()) * 1800
        alive = np.ones(len(moment), dtype=bool)
        for go in turns:
            np.add.at(found, np.minimum((moment[alive] // 1800).astype(int), 3999), 1)
            alive &= rng.random(len(moment)) < go
            moment = moment + answer + gap(rng, len(moment))
            if not alive.any():
                break
    return found / times


@pytest.mark.parametrize(
    ("gap", "draw"),
    [
        (Delay(mean="40min"), lambda rng, n: rng.exponential(2400, n)),
        (
            Delay(mean="1h", law="lognormal", spread=1.5),
            lambda rng, n: rng.lognormal(np.log(3600) - np.log(3.25) / 2, np.sqrt(np.log(3.25)), n),
        ),
        (Delay(mean="25min", law="fixed"), lambda rng, n: np.full(n, 1500.0)),
    ],
)
def test_turns_agree_with_conversations_drawn_one_by_one(gap, draw):
    chain = Conversation(turns=3.0, gap=gap, answer=300)
    found = message_turns(conversations(), chain)
    want = drawn(conversations(), [2 / 3] * 60, draw, 300.0, times=60, seed=1)[: len(found)]
    np.testing.assert_allclose(found["offered"], want, rtol=0.05, atol=3)
    assert found["offered"].sum() == pytest.approx(want.sum(), rel=0.01)


def test_every_turn_comes_back_somewhere():
    for turns, mean in ((2.5, 2.5), ((0.2, 0.5, 0.3), 2.1), (1.0, 1.0)):
        chain = Conversation(turns=turns, gap=Delay(mean="3h", law="lognormal", spread=2))
        assert chain.mean_turns == pytest.approx(mean)
        found = message_turns(conversations(), chain, beyond=True)
        assert found["offered"].sum() == pytest.approx(conversations()["offered"].sum() * mean, rel=1e-5)
        assert found["new"].sum() == pytest.approx(conversations()["offered"].sum())
        pd.testing.assert_frame_equal(check(found, FORECAST), found)


def test_without_further_turns_nothing_is_added():
    found = message_turns(conversations(), Conversation(turns=1, gap="1h"))
    np.testing.assert_allclose(found["offered"], conversations()["offered"])
    assert (found["replies"] == 0).all()
    np.testing.assert_allclose(found["load"], conversations()["offered"] * 120 / 1800)


def test_replies_to_yesterday_come_today():
    yesterday = conversations().assign(start=lambda t: t["start"] - pd.Timedelta("1D"))
    chain = Conversation(turns=(0.4, 0.6), gap=Delay(mean="24h", law="fixed"), answer=0)
    alone = message_turns(conversations(), chain)
    both = message_turns(conversations(), chain, before=yesterday)
    assert (alone["replies"] == 0).all()
    np.testing.assert_allclose(both["replies"], 0.6 * yesterday["offered"].to_numpy())
    np.testing.assert_allclose(both["new"], alone["new"])
    tomorrow = message_turns(conversations(), chain, beyond=True)
    assert len(tomorrow) > len(alone)
    assert tomorrow["offered"].sum() == pytest.approx(1.6 * conversations()["offered"].sum())


def test_messages_of_the_night_wait_for_the_opening():
    starts = pd.date_range("2026-11-21", periods=96, freq="30min")
    open_ = starts[(starts.hour >= 8) & (starts.hour < 16)]
    new = pd.DataFrame({"queue": "app", "start": open_, "offered": 0.0, "aht": 60.0})
    new.loc[15, "offered"] = 100.0  # in the last half hour of the first day
    found = message_turns(new, Conversation(turns=(0, 1.0), gap=Delay(mean="2h", law="fixed"), answer=0))
    assert found["start"].tolist() == list(open_)
    assert found["replies"].iloc[16] == pytest.approx(100.0)
    assert found["replies"].sum() == pytest.approx(100.0)


def test_the_kernel_is_the_law_of_the_delay():
    fixed = Delay(mean="45min", law="fixed").kernel(1800)
    np.testing.assert_allclose(fixed, [0.0, 0.5, 0.5], atol=1e-12)
    for law in (Delay(mean="3h"), Delay(mean="3h", law="lognormal", spread=3)):
        kernel = law.kernel(1800, after=600)
        assert kernel.sum() == pytest.approx(1.0)
        assert (kernel >= 0).all()
    assert (np.arange(len(kernel)) @ kernel) * 1800 == pytest.approx(3 * 3600 + 600, rel=0.01)
    assert Delay(mean=0).kernel(900).tolist() == [1.0]


def turns() -> pd.DataFrame:
    return message_turns(conversations(), Conversation(turns=3, gap="1h"))


def test_minutes_are_staffed_live_on_the_stream_of_turns():
    promise = ServiceTarget(share=0.8, within="2min", scope="interval")
    found = message_requirement(turns(), first=promise)
    usual = requirement(turns()[["queue", "start", "end", "offered", "aht"]], promise, patience=np.inf)
    assert found["agents"].tolist() == usual["agents"].tolist()
    both = message_requirement(turns(), first=promise, reply=ServiceTarget(share=0.7, within="5min"))
    assert both["agents"].tolist() == usual["agents"].tolist()
    assert (both["deferrable"] == 0).all()


def test_hours_are_staffed_by_deadlines():
    slow = ServiceTarget(share=0.95, within="4h")
    quick = ServiceTarget(share=0.8, within="2min", scope="interval")
    live = message_requirement(turns(), first=quick)
    mixed = message_requirement(turns(), first=quick, reply=slow)
    later = message_requirement(turns(), first=slow, reply=slow)
    for table, method in ((live, "stationary"), (mixed, "stationary + deadlines"), (later, "deadlines")):
        pd.testing.assert_frame_equal(check(table, REQUIREMENT), table)
        assert set(table["method"]) == {method}
    assert live["agents"].max() > mixed["agents"].max() > later["agents"].max()
    assert (later["deferrable"] == later["agents"]).all()
    first_turns = requirement(stream(turns(), "new"), quick, patience=np.inf)
    np.testing.assert_allclose(mixed["agents"] - mixed["deferrable"], first_turns["agents"])
    longer = message_requirement(turns(), first=ServiceTarget(share=0.95, within="8h"))
    assert longer["agents"].max() <= later["agents"].max()


def test_wrong_conversations_are_refused():
    with pytest.raises(SettingError, match=r"turns must be a mean number or shares that add up to 1"):
        Conversation(turns=(0.5, 0.4), gap="1h")
    with pytest.raises(SettingError, match=r"turns must be a number in \[1, 100\], got 0.5"):
        Conversation(turns=0.5, gap="1h")
    with pytest.raises(SettingError, match=r"law of the delay must be one of"):
        Delay(mean=60, law="normal")
    two = pd.concat([conversations(), conversations(queue="mail")])
    with pytest.raises(DataError, match=r"message_turns takes one queue at a time, got 'app', 'mail'"):
        message_turns(two, Conversation(turns=2, gap="1h"))
    with pytest.raises(DataError, match=r"turns must have the column 'new'"):
        stream(conversations(), "new")
    with pytest.raises(SettingError, match=r"the shorter time must have the larger share"):
        message_requirement(
            turns(), first=ServiceTarget(share=0.8, within=60), reply=ServiceTarget(share=0.9, within=300)
        )
