"""Contacts that try again or come back: the fixed point, per attempt and per contact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, erlang_c, redial
from wfm.errors import SettingError

QUEUE = {"aht": 300.0, "patience": 150.0}
WORDS = ("abandon_rate", "served_in_the_end", "attempts", "total_load")


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 90), st.floats(1e-6, 120), st.floats(0, 0.99), st.floats(0, 0.99), st.floats(5, 5000))
def test_the_total_load_feeds_itself(agents, fresh, again, back, patience):
    queue = {"aht": 300.0, "patience": patience}
    total = redial.total_load(agents, fresh, **queue, redial=again, reconnect=back)
    lost = erlang_a.abandon_rate(agents, total, **queue)
    assert fresh + again * lost * total + back * (1 - lost) * total == pytest.approx(total, rel=1e-10)
    assert redial.fresh_load(agents, total, **queue, redial=again, reconnect=back) == pytest.approx(fresh, rel=1e-9)
    assert fresh * (1 - 1e-12) <= total <= fresh / (1 - max(again, back)) * (1 + 1e-12)


def test_a_chain_of_attempts_ends_with_an_answer_or_for_good():
    queue = QUEUE | {"redial": 0.6}
    lost = redial.abandon_rate(100, 105.0, **queue)
    assert lost == pytest.approx(erlang_a.abandon_rate(100, redial.total_load(100, 105.0, **queue), **QUEUE), rel=1e-14)
    end = redial.served_in_the_end(100, 105.0, **queue)
    assert end == pytest.approx((1 - lost) * sum((0.6 * lost) ** k for k in range(60)), rel=1e-13)
    assert redial.abandon_rate(100, 105.0, **queue, per="contact") == pytest.approx(1 - end, rel=1e-12)
    assert redial.attempts(100, 105.0, **queue) == pytest.approx(sum((0.6 * lost) ** k for k in range(60)), rel=1e-13)
    in_time = redial.service_level(100, 105.0, **queue, within=30)
    assert redial.service_level(100, 105.0, **queue, within=30, per="contact") == pytest.approx(
        in_time * redial.attempts(100, 105.0, **queue), rel=1e-13
    )


def test_the_service_level_of_attempts_is_erlang_a_under_the_total_load():
    queue = QUEUE | {"redial": 0.5, "reconnect": 0.1}
    total = redial.total_load(100, 95.0, **queue)
    for word in erlang_a.ABANDONED:
        found = redial.service_level(100, 95.0, **queue, within=30, abandoned=word, short=5)
        plain = erlang_a.service_level(100, total, **QUEUE, within=30, abandoned=word, short=5)
        assert found == pytest.approx(plain, rel=1e-13)


def test_those_who_come_back_are_load_even_if_nobody_hangs_up():
    total = redial.total_load(20, 12.0, aht=240, patience=np.inf, redial=0.5, reconnect=0.25)
    assert total == pytest.approx(16.0, rel=1e-14)
    assert redial.attempts(20, 12.0, aht=240, patience=np.inf, redial=0.5, reconnect=0.25) == 1.0
    endless = redial.agents_for(12.0, aht=240, patience=np.inf, redial=0.5, reconnect=0.25, within=20, share=0.8)
    assert endless == erlang_c.agents_for(16.0, aht=240, within=20, share=0.8)


def test_without_agents_everybody_tries_until_he_gives_up():
    queue = QUEUE | {"redial": 0.75}
    assert redial.total_load(0, 3.0, **queue) == pytest.approx(12.0, rel=1e-12)
    assert redial.served_in_the_end(0, 3.0, **queue) == 0.0
    assert redial.attempts(0, 3.0, **queue) == pytest.approx(4.0, rel=1e-12)
    assert redial.total_load(5, 0.0, **queue) == 0.0
    assert redial.service_level(0, 0.0, **queue, within=20) == 1.0
    assert redial.agents_for(0.0, **queue, within=20, share=0.8) == 0


def test_all_shapes_broadcast_and_numbers_stay_numbers():
    agents, again = np.array([[90], [110]]), np.array([0.0, 0.5, 0.9])
    for name in WORDS:
        assert getattr(redial, name)(agents, 105.0, **QUEUE, redial=again).shape == (2, 3)
        assert type(getattr(redial, name)(90, 105, **QUEUE, redial=0.5)) is float
    assert redial.service_level(agents, 105.0, **QUEUE, redial=again, within=30, per="contact").shape == (2, 3)
    assert type(redial.agents_for(105, **QUEUE, redial=0.5, within=30, share=0.8)) is int


def test_more_redials_mean_more_load_and_worse_service():
    again = np.linspace(0, 0.95, 12)
    total = redial.total_load(100, 105.0, **QUEUE, redial=again)
    level = redial.service_level(100, 105.0, **QUEUE, redial=again, within=30)
    assert total[0] == pytest.approx(105.0, rel=1e-14)
    assert (np.diff(total) > 0).all()
    assert (np.diff(level) < 0).all()


@pytest.mark.parametrize("per", redial.PER)
def test_fewest_agents_and_one_less_is_too_few(per):
    load = np.array([0.2, 3.0, 20.0, 105.0])
    queue = QUEUE | {"redial": 0.5, "reconnect": 0.05, "per": per}
    agents = redial.agents_for(load, **queue, within=30, share=0.8, max_abandon=0.04)

    def kept(n):
        level = redial.service_level(n, load, **queue, within=30)
        return (level >= 0.8) & (redial.abandon_rate(n, load, **queue) <= 0.04)

    assert kept(agents).all()
    assert not kept(agents - 1).any()
    part = redial.agents_for(load, **queue, within=30, share=0.8, max_abandon=0.04, fractional=True)
    assert np.ceil(part).astype(int).tolist() == agents.tolist()
    assert kept(part).all()
    assert not kept(part - 1e-6).any()


def test_known_staff_with_and_without_redials():
    asked = QUEUE | {"within": 30, "share": 0.8}
    assert redial.agents_for(105.0, **asked, redial=0.0) == erlang_a.agents_for(105.0, **asked) == 100
    assert redial.agents_for(105.0, **asked, redial=0.5) == 104
    assert redial.agents_for(105.0, **asked, redial=0.5, per="contact") == 102
    total = redial.total_load(104, 105.0, **QUEUE, redial=0.5)
    found = redial.agents_for(105.0, **QUEUE, redial=0.5, max_occupancy=0.9, max_asa=20, max_wait_probability=0.5)
    load = redial.total_load(found, 105.0, **QUEUE, redial=0.5)
    assert erlang_a.occupancy(found, load, **QUEUE) <= 0.9
    assert erlang_a.asa(found, load, **QUEUE) <= 20
    assert erlang_a.wait_probability(found, load, **QUEUE) <= 0.5
    assert erlang_a.occupancy(104, total, **QUEUE) > 0.9
    tail = redial.agents_for(105.0, **QUEUE, redial=0.5, wait_quantile=(0.95, 60), per="contact")
    load = redial.total_load(tail, 105.0, **QUEUE, redial=0.5)
    assert erlang_a.wait_quantile(0.95, tail, load, **QUEUE) <= 60


def test_a_table_of_many_intervals_gives_the_same_agents():
    load = np.random.default_rng(2).uniform(0, 30, 8000)
    asked = QUEUE | {"within": 30, "share": 0.8, "redial": 0.6}
    found = redial.agents_for(load, **asked)
    assert found[:40].tolist() == [redial.agents_for(a, **asked) for a in load[:40]]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"redial": 1.0}, r"redial must be a fraction in \[0, 1\), got 1"),
        ({"redial": 0.5, "reconnect": 1.0}, r"reconnect must be a fraction in \[0, 1\), got 1"),
        ({"redial": 0.5, "per": "call"}, r"per must be one of"),
        ({"redial": 0.5, "per": "contact", "abandoned": "met"}, r"per='contact' knows abandoned='lost' alone"),
        ({"redial": 0.5, "abandoned": "gone"}, r"abandoned must be one of"),
    ],
)
def test_wrong_arguments_are_refused(more, words):
    with pytest.raises(SettingError, match=words):
        redial.service_level(10, 9.0, **QUEUE, within=20, **more)
    with pytest.raises(SettingError, match=words):
        redial.agents_for(9.0, **QUEUE, within=20, share=0.8, **more)
