"""Chat: the ladder of handle times, and the chain of balanced levels against its states one by one."""

import numpy as np
import pytest

from wfm.erlang.formulas.chat import Ladder, chat_queue, idle_ratio, ladder_of
from wfm.errors import SettingError


def test_handle_times_of_a_ladder_are_read_as_durations():
    assert Ladder(aht=("300s", "7min")).aht == (300.0, 420.0)
    with pytest.raises(SettingError, match=r"^aht_by_concurrency\[1\] must be"):
        Ladder(aht=(300, 0))
    with pytest.raises(SettingError, match=r"^aht_by_concurrency\[0\] must be"):
        Ladder(aht=(-1, 300))


@pytest.mark.parametrize(
    ("aht", "words"),
    [
        ((300, 700), r"2 chats at once get more done than 1: 2 / 700 s is not above 1 / 300 s"),
        ((300, 600), r"2 chats at once get more done than 1: 2 / 600 s is not above 1 / 300 s"),
        ((300, 390, 585), r"3 chats at once get more done than 2: 3 / 585 s is not above 2 / 390 s"),
    ],
)
def test_each_further_chat_must_raise_what_gets_done(aht, words):
    with pytest.raises(SettingError, match=words) as caught:
        Ladder(aht=aht)
    assert caught.value.name == "aht_by_concurrency"


def test_a_ladder_has_a_rate_for_every_number_of_chats():
    ladder = Ladder(aht=(300, 420, 540))
    assert ladder.most == 3
    assert [ladder.rate(j) for j in range(4)] == [0.0, 1 / 300, 2 / 420, 3 / 540]


def test_a_stated_concurrency_must_fit_the_ladder():
    assert ladder_of((300, 420), 1).most == 2
    assert ladder_of((300, 420), 2).most == 2
    for wrong in ((300.0, 420.0, 500.0), (300.0,)):
        with pytest.raises(SettingError, match=rf"must hold 2 handle times, .* got {len(wrong)}") as caught:
            ladder_of(wrong, 2)
        assert (caught.value.name, caught.value.value) == ("aht_by_concurrency", wrong)


def chain(agents: int, arrivals: float, ladder: Ladder, patience: float, most: int = 900) -> np.ndarray:
    """Shares of time with 0, 1, ... chats in the centre, each agent's chats counted out one by one."""
    share = [1.0]
    for x in range(1, most):
        inside = min(x, agents * ladder.most)
        each = [inside // agents + (k < inside % agents) for k in range(agents)]
        done = sum(ladder.rate(j) for j in each) + (x - inside) / patience
        share.append(share[-1] * arrivals / done)
    return np.array(share) / sum(share)


@pytest.mark.parametrize("aht", [(300.0, 420.0), (300.0, 390.0, 500.0), (300.0, 360.0, 430.0, 520.0)])
def test_balanced_levels_are_the_chain_state_by_state(aht):
    ladder, agents, patience = Ladder(aht=aht), np.array([1.0, 3.0, 7.0]), np.full(3, 150.0)
    for load in (0.2, 0.8, 1.3):
        arrivals = agents * ladder.rate(ladder.most) * load
        queue, used = chat_queue(agents, arrivals, ladder, patience)
        waits, lost = queue.longer(np.zeros(3)), queue.abandon()
        for k in range(3):
            n = int(agents[k])
            slots = n * ladder.most
            p = chain(n, arrivals[k], ladder, 150.0)
            x = np.arange(len(p))
            assert waits[k] == pytest.approx(p[slots:].sum(), rel=1e-10)
            assert lost[k] == pytest.approx((p * np.maximum(x - slots, 0)).sum() / 150.0 / arrivals[k], rel=1e-9)
            assert used[k] == pytest.approx((p * np.minimum(x, slots)).sum() / slots, rel=1e-10)


def test_a_very_quiet_chat_is_idle_not_undefined():
    ladder = Ladder(aht=(300.0, 390.0, 500.0))
    total, mean = idle_ratio(np.array([400.0, 2.0]), np.array([1e-9, 1e-9]), ladder)
    assert total[0] == np.inf
    assert np.isfinite(total[1])
    assert mean == pytest.approx([3e-7, 3e-7], rel=1e-3)
