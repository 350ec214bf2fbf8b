"""So many lines: against the birth-death chain, and the limits that are known queues."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc, gammainc

from wfm.erlang import erlang_a, erlang_b, erlang_c, finite_line, impatience
from wfm.errors import SettingError, WfmWarning


def chain(agents: int, load: float, lines: int, patience: float, within: float) -> dict[str, float]:
    """The measures by the probabilities of 0, 1, ..., lines contacts; times in handle times."""
    x = np.arange(1, lines + 1)
    log_weight = np.cumsum(np.log(load) - np.log(np.minimum(x, agents) + np.maximum(x - agents, 0) / patience))
    share = np.exp(np.concatenate([[0.0], log_weight]) - log_weight.max(initial=0.0))
    share /= share.sum()
    queue, ahead, c = share[agents:lines], np.arange(lines - agents), agents * patience
    if np.isfinite(patience):
        served = c / (c + ahead + 1) * betainc(ahead + 1, c + 1, -np.expm1(-within / patience))
        virtual = betainc(ahead + 1, c, -np.expm1(-within / patience))
    else:
        served = virtual = gammainc(ahead + 1, agents * within)
    length = share[agents:] @ np.arange(lines - agents + 1)
    return {
        "blocking": share[lines],
        "wait_probability": queue.sum(),
        "abandon_rate": length / patience / load,
        "service_level": share[:agents].sum() + queue @ served,
        "queue_length": length,
        "mean_wait": length / load,
        "occupancy": share @ np.minimum(np.arange(lines + 1), agents) / agents,
        "virtual": share[:agents].sum() + queue @ virtual,
    }


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60),
    st.floats(0.1, 3),
    st.sampled_from([0, 1, 2, 7, 40, 200]),
    st.sampled_from([0.3, 0.5, 2.0, 20.0, np.inf]),
    st.floats(0, 2),
)
def test_a_birth_death_chain_gives_the_same(agents, busy, places, patience, within):
    lines, load = agents + places, agents * busy
    found = finite_line.performance(agents, load, lines, aht=1.0, patience=patience, within=within)
    plain = chain(agents, load, lines, patience, within)
    for name in set(plain) - {"virtual"}:
        assert found[name] == pytest.approx(plain[name], abs=1e-11, rel=1e-11), name
    virtual = finite_line.performance(
        agents, load, lines, aht=1.0, patience=patience, within=within, abandoned="virtual"
    )
    assert virtual["service_level"] == pytest.approx(plain["virtual"], abs=1e-9)


def test_every_definition_of_all_and_of_the_accepted():
    queue = {"aht": 240.0, "patience": 120.0, "within": 20.0}
    base = finite_line.performance(10, 12.0, 15, **queue)
    blocked, lost, served = base["blocking"], base["abandon_rate"], base["service_level"]
    accepted = finite_line.performance(10, 12.0, 15, **queue, blocked="ignored")
    assert accepted["service_level"] == pytest.approx(served / (1 - blocked), rel=1e-13)
    assert accepted["abandon_rate"] == lost

    def level(word, **more):
        return finite_line.performance(10, 12.0, 15, **queue, abandoned=word, **more)["service_level"]

    gone = level("met") - served
    assert level("answered") == pytest.approx(served / (1 - lost - blocked), rel=1e-13)
    assert level("answered", blocked="ignored") == pytest.approx(served / (1 - lost - blocked), rel=1e-13)
    assert level("ignored") == pytest.approx(served / (1 - gone), rel=1e-13)
    assert level("ignored", blocked="ignored") == pytest.approx(served / (1 - blocked - gone), rel=1e-13)
    assert level("credited", short=20.0) == pytest.approx(level("met"), rel=1e-13)
    assert level("virtual") == pytest.approx(level("virtual", blocked="ignored") * (1 - blocked), rel=1e-13)
    assert 0 < gone < lost


def test_as_many_lines_as_agents_are_erlang_b():
    agents, load = np.array([1, 10, 132, 2000]), np.array([3.0, 7.0, 123.0, 1990.0])
    for patience in (60.0, np.inf):
        found = finite_line.performance(agents, load, agents, aht=240.0, patience=patience, within=0)
        np.testing.assert_allclose(found["blocking"], erlang_b.blocking(agents, load), rtol=1e-12)
        np.testing.assert_allclose(found["service_level"], 1 - found["blocking"], rtol=1e-12)
        for name in ("wait_probability", "abandon_rate", "mean_wait", "asa", "queue_length"):
            assert (found[name] == 0).all(), name


def test_lines_without_end_are_erlang_a_and_c():
    agents, load = np.array([5, 10, 50, 0.5]), np.array([4.0, 12.0, 48.0, 0.2])
    found = finite_line.performance(agents, load, np.inf, aht=240.0, patience=120.0, within=20)
    many = finite_line.performance(agents, load, 4000, aht=240.0, patience=120.0, within=20)
    queue = {"aht": 240.0, "patience": 120.0}
    for name in ("wait_probability", "abandon_rate", "asa", "mean_wait", "occupancy", "queue_length"):
        exact = getattr(erlang_a, name)(agents, load, **queue)
        np.testing.assert_allclose(found[name], exact, rtol=1e-10, err_msg=name)
        np.testing.assert_allclose(many[name], exact, rtol=1e-10, err_msg=name)
    assert (found["blocking"] == 0).all()
    endless = finite_line.performance(12, 10.0, [400, np.inf], aht=240.0, patience=np.inf, within=20)
    exact = erlang_c.service_level(12, 10.0, aht=240, within=20)
    np.testing.assert_allclose(endless["service_level"], exact, rtol=1e-11)
    np.testing.assert_allclose(endless["asa"], erlang_c.asa(12, 10.0, aht=240), rtol=1e-10)


def test_any_law_of_patience_fits_in():
    same = finite_line.performance(10, 12.0, 15, aht=240, patience=impatience.exponential(120), within=20)
    assert same == pytest.approx(finite_line.performance(10, 12.0, 15, aht=240, patience=120, within=20), rel=1e-11)
    fixed = finite_line.performance(10, 12.0, 4000, aht=240, patience=impatience.fixed(120), within=20)
    free = impatience.performance(10, 12.0, impatience.fixed(120), aht=240, within=20)
    assert fixed["abandon_rate"] == pytest.approx(free["abandon_rate"], rel=1e-12)
    assert fixed["service_level"] == pytest.approx(free["service_level"], rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 40), st.floats(0.01, 80), st.floats(0, 60), st.floats(1, 2000))
def test_every_contact_is_answered_blocked_or_lost(agents, load, places, patience):
    found = finite_line.performance(agents, load, agents + places, aht=240.0, patience=patience, within=20)
    answered = found["occupancy"] * agents / load
    assert answered + found["blocking"] + found["abandon_rate"] == pytest.approx(1, abs=1e-9)
    assert found["mean_wait"] == pytest.approx(patience * found["abandon_rate"], rel=1e-9, abs=1e-12)


def test_extremes_give_numbers_everywhere():
    agents, load, places, patience = np.meshgrid(
        [0, 1e-3, 1, 10, 1e3, 1e5], [0, 1e-6, 1, 1e3, 2e5], [0, 1, 100, 1e5], [1e-3, 1, 1e3, np.inf]
    )
    found = finite_line.performance(agents, load, agents + places, aht=1.0, patience=patience, within=0.1)
    for name, values in found.items():
        assert not np.isnan(values).any(), name
        assert (values >= 0).all(), name
    for name in ("blocking", "wait_probability", "abandon_rate", "service_level", "occupancy"):
        assert (found[name] <= 1 + 1e-12).all(), name


def test_a_hundred_thousand_agents_are_the_chain_too():
    found = finite_line.performance(100_000, 1e5, 100_300, aht=1.0, patience=2.0, within=0.001)
    plain = chain(100_000, 1e5, 100_300, 2.0, 0.001)
    for name in ("blocking", "wait_probability", "abandon_rate", "service_level"):
        assert found[name] == pytest.approx(plain[name], abs=1e-10), name


def test_nobody_there_and_no_contacts():
    queue = {"aht": 240.0, "patience": 120.0, "within": 20.0}
    closed = finite_line.performance(0, 5.0, 3, **queue)
    assert closed["blocking"] == pytest.approx(erlang_b.blocking(3, 5.0 * 120 / 240), rel=1e-12)
    assert closed["abandon_rate"] == pytest.approx(1 - closed["blocking"], rel=1e-12)
    assert closed["mean_wait"] == pytest.approx(120 * closed["abandon_rate"], rel=1e-12)
    assert (closed["asa"], closed["occupancy"], closed["service_level"]) == (np.inf, 1.0, 0.0)
    met = finite_line.performance(0, 5.0, 3, **queue, abandoned="met")["service_level"]
    assert met == pytest.approx(closed["abandon_rate"] * (1 - np.exp(-20 / 120)), rel=1e-12)
    full = finite_line.performance(0, 5.0, 3, aht=240, patience=np.inf, within=20)
    assert (full["blocking"], full["wait_probability"], full["abandon_rate"]) == (1.0, 0.0, 0.0)
    idle = finite_line.performance(3, 0.0, 3, **queue)
    assert (idle["service_level"], idle["blocking"], idle["asa"], idle["occupancy"]) == (1.0, 0.0, 0.0, 0.0)


def test_fewest_agents_keep_every_target_and_one_less_does_not():
    load = np.array([0.3, 5.0, 12.0])
    queue = {"aht": 240.0, "patience": 120.0, "within": 20.0}
    asked = {"share": 0.8, "max_blocking": 0.03, "max_abandon": 0.08, "max_occupancy": 0.9, "max_asa": 15.0}
    agents = finite_line.agents_for(load, 60, **queue, **asked, max_wait_probability=0.4)
    single = [
        finite_line.agents_for(load, 60, **queue, **{name: value})
        for name, value in ({**asked, "max_wait_probability": 0.4}).items()
    ]
    assert agents.tolist() == np.max(single, axis=0).tolist()

    def kept(n):
        found = finite_line.performance(n, load, 60, **queue)
        keeps = (found["service_level"] >= 0.8) & (found["blocking"] <= 0.03) & (found["abandon_rate"] <= 0.08)
        keeps &= (found["occupancy"] <= 0.9) & (found["asa"] <= 15.0)
        return keeps & (found["wait_probability"] <= 0.4)

    assert kept(agents).all()
    assert not kept(agents - 1).any()
    part = finite_line.agents_for(load, 60, **queue, **asked, max_wait_probability=0.4, fractional=True)
    assert np.ceil(part).astype(int).tolist() == agents.tolist()
    assert kept(part).all()
    assert not kept(part - 1e-6).any()
    accepted = finite_line.agents_for(30.0, 33, aht=240, patience=120, within=20, share=0.9, blocked="ignored")
    assert accepted < finite_line.agents_for(30.0, 33, aht=240, patience=120, within=20, share=0.9)


def test_lines_that_are_short_are_said_so():
    with pytest.warns(
        WfmWarning, match=r"1 of 2 queue\(s\) miss a target .* first: 40 erlangs on 18 lines\. Add lines"
    ):
        found = finite_line.agents_for([5.0, 40.0], 18, aht=240, patience=120, within=20, share=0.80)
    assert found.tolist() == [6, 18] or found[1] == 18
    assert finite_line.agents_for(0.0, 0, aht=240, patience=120, within=20, share=0.8) == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: finite_line.performance(5, 4.0, 4, aht=1, patience=1, within=0), r"got 4 lines for 5 agents"),
        (lambda: finite_line.performance(4, 4.0, np.inf, aht=1, patience=np.inf, within=0), r"would grow for ever"),
        (
            lambda: finite_line.performance(4, 4.0, 9, aht=1, patience=1, within=0, blocked="no"),
            r"blocked must be one of lost, ignored|blocked must be one of",
        ),
        (lambda: finite_line.performance(4, 4.0, 9, aht=1, patience=1, within=0, abandoned="no"), r"abandoned must be"),
        (lambda: finite_line.agents_for(4.0, 9.5, aht=1, patience=1, share=0.8), r"lines must be whole"),
        (lambda: finite_line.agents_for(4.0, 9, aht=1, patience=1), r"agents_for needs a target"),
    ],
)
def test_wrong_arguments_are_refused(call, words):
    with pytest.raises(SettingError, match=words):
        call()


LINE = {"aht": 180.0, "patience": 120.0}


def test_lines_that_miss_one_target_of_two_are_said_so_whichever_it_is():
    targets = {"within": 20, "share": 0.5, "max_blocking": 1e-6}
    with pytest.warns(WfmWarning, match="1 of 1 queue.s. miss a target even with an agent on every line"):
        finite_line.agents_for(10.0, 12, **LINE, **targets)
    with pytest.warns(WfmWarning, match="miss a target"):
        finite_line.agents_for(10.0, 12, **LINE, within=0, share=0.999, max_blocking=0.5)


def test_no_contacts_miss_no_target():
    assert finite_line.agents_for(np.array([0.0, 1.0]), 6, **LINE, within=20, share=0.8).tolist()[0] == 0


def test_what_the_blocked_count_as_is_one_of_two_words():
    with pytest.raises(SettingError, match="blocked must be one of 'lost', 'ignored', got 'gone'"):
        finite_line.agents_for(10.0, 12, **LINE, within=20, share=0.8, blocked="gone")


def test_a_wrong_handle_time_is_named():
    with pytest.raises(SettingError, match="^aht must"):
        finite_line.agents_for(10.0, 12, aht=-1.0, patience=120.0, within=20, share=0.8)


def test_nobody_is_busy_all_the_time_however_little_comes():
    assert finite_line.performance(0, 0.5, 3, **LINE, within=20)["occupancy"] == 1.0


def test_times_that_are_none_are_refused_by_name():
    for queue, words in (
        ({"aht": 0.0, "patience": 60.0}, "^aht must be > 0"),
        ({"aht": 60.0, "patience": 0.0}, "^pat"),
    ):
        with pytest.raises(SettingError, match=words):
            finite_line.performance(4, 4.0, 9, **queue, within=20)
        with pytest.raises(SettingError, match=words):
            finite_line.agents_for(4.0, 9, **queue, within=20, share=0.8)


def test_one_queue_without_a_steady_state_among_others_is_refused():
    with pytest.raises(SettingError, match="would grow for ever"):
        finite_line.performance([9, 4], 4.0, np.inf, aht=240, patience=np.inf, within=20)
    closed = finite_line.performance(0, 0.0, np.inf, aht=240, patience=np.inf, within=20)
    assert (closed["service_level"], closed["blocking"]) == (1.0, 0.0)


@pytest.mark.parametrize(("word", "short"), [("met", 0), ("ignored", 0), ("met", 15), ("credited", 15)])
def test_fewest_agents_in_the_definition_asked_for(word, short):
    queue = {"aht": 240.0, "patience": 60.0, "within": 20.0, "abandoned": word, "short": short}
    agents = finite_line.agents_for(60.0, 80, **queue, share=0.9)
    levels = [finite_line.performance(n, 60.0, 80, **queue)["service_level"] for n in (agents - 1, agents)]
    assert levels[0] < 0.9 <= levels[1]


def test_fewest_agents_for_a_law_of_patience():
    law = impatience.fixed(120)
    agents = finite_line.agents_for(60.0, 90, aht=240, patience=law, max_abandon=0.02)
    lost = [
        finite_line.performance(n, 60.0, 90, aht=240, patience=law, within=0)["abandon_rate"]
        for n in (agents - 1, agents)
    ]
    assert lost[0] > 0.02 >= lost[1]
    assert agents < finite_line.agents_for(60.0, 90, aht=240, patience=120, max_abandon=0.02)


def test_all_may_not_be_blocked():
    with pytest.raises(SettingError, match=r"max_blocking must be a fraction in \(0, 1\)"):
        finite_line.agents_for(4.0, 9, **LINE, max_blocking=1.0)


def test_lines_that_are_none_are_refused_by_name():
    with pytest.raises(SettingError, match="^lines must"):
        finite_line.agents_for(10.0, lines=-1, aht=200, patience=100, within=20, share=0.8)


def test_nobody_without_work_is_idle_and_nobody_with_work_is_busy():
    idle = finite_line.performance(0, 0.0, lines=0, aht=200, patience=100, within=20)
    busy = finite_line.performance(0, 3.0, lines=5, aht=200, patience=100, within=20)
    assert float(np.asarray(idle["occupancy"]).ravel()[0]) == 0.0
    assert float(np.asarray(busy["occupancy"]).ravel()[0]) == 1.0


def test_a_place_for_nobody_serves_nobody_whatever_is_ignored():
    for blocked in ("lost", "ignored"):
        shut = finite_line.performance(0, 3.0, lines=0, aht=200, patience=100, within=20, blocked=blocked)
        assert float(np.asarray(shut["service_level"]).ravel()[0]) == 0.0


def test_people_come_whole_unless_parts_are_asked_for():
    asked = {"lines": 60, "aht": 200, "patience": 100, "within": 20, "share": 0.8}
    whole, part = finite_line.agents_for(18.3, **asked), finite_line.agents_for(18.3, fractional=True, **asked)
    assert whole == int(np.ceil(part))
    assert part != whole


def test_a_wrong_time_of_short_hang_ups_is_named():
    with pytest.raises(SettingError, match="^short must"):
        finite_line.performance(5, 3.0, lines=9, aht=200, patience=100, within=20, short=-1)
