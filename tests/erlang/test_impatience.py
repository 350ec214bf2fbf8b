"""Patience of any law, for whole arrays: each measure against Erlang A, quadrature by brute force, and its limits."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from wfm.erlang import erlang_a, erlang_b, impatience
from wfm.erlang.formulas.offered_wait import Line, offered_wait
from wfm.errors import SettingError

MEASURES = ("wait_probability", "abandon_rate", "asa", "mean_wait", "occupancy", "queue_length")
LAWS = {
    "fixed": impatience.fixed(90),
    "uniform": impatience.uniform(90),
    "weibull": impatience.weibull(90, shape=0.6),
    "steep": impatience.weibull(90, shape=30),
    "two_kinds": impatience.two_kinds(90, share=0.9),
    "balking": impatience.balking(90, leave=0.3),
}


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_a_law_of_patience_has_its_mean_and_its_integral(law):
    x = np.array([0.0, 1.0, 30.0, 89.0, 91.0, 200.0, 5000.0])
    assert law.integral(np.array([1e9]))[0] == pytest.approx(law.mean, rel=1e-9)
    for low, high in pairwise(x):
        cuts = [b for b in law.breaks if low < b < high] or None
        area = quad(lambda t: float(law.patient(np.array([t]))[0]), low, high, points=cuts, limit=400)[0]
        gained = np.diff(law.integral(np.array([low, high])))[0]
        assert gained == pytest.approx(area, abs=1e-6)


def test_the_laws_by_hand():
    x = np.array([0.0, 30.0, 90.0, 120.0])
    e = np.exp(-x / 90)
    np.testing.assert_allclose(impatience.fixed(90).patient(x), [1, 1, 0, 0])
    np.testing.assert_allclose(impatience.uniform(90).patient(x), [1, 5 / 6, 1 / 2, 1 / 3])
    np.testing.assert_allclose(impatience.exponential(90).patient(x), e)
    np.testing.assert_allclose(impatience.balking(90, leave=0.3).patient(x), 0.7 * e)
    two = impatience.two_kinds(90, share=0.9).patient(x)
    np.testing.assert_allclose(two, 0.9 * np.exp(-x / 50) + 0.1 * np.exp(-x / 450))
    np.testing.assert_allclose(impatience.weibull(90, shape=2).patient(x), np.exp(-((x / 101.5541250) ** 2)), rtol=1e-8)
    assert impatience.balking(90, leave=0.3).mean == pytest.approx(63.0)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize(("agents", "load"), [(3, 2.0), (20, 21.0), (12, 30.0)])
def test_every_measure_is_the_integral_it_is_defined_by(law, agents, load):
    aht, within, short = 240.0, 40.0, 10.0
    rate, full = load / aht, agents / aht
    cuts = sorted({short, within, *(b for b in law.breaks if 0 < b < 2000), 1.0, 10.0, 100.0, 300.0, 600.0})

    def value(f, x):
        return float(f(np.array([x]))[0])

    def integral(f, low=0.0, high=2000.0):
        edges = [low, *(c for c in cuts if low < c < high), high]
        return sum(quad(f, a, b, epsabs=1e-13, epsrel=1e-11, limit=300)[0] for a, b in pairwise(edges))

    def density(x):
        return rate * np.exp(rate * value(law.integral, x) - full * x)

    idle = 1 / erlang_b.blocking(agents - 1, load)
    norm = idle + integral(density)

    def patient(x):
        return value(law.patient, x)

    served = (idle + integral(lambda x: density(x) * patient(x))) / norm
    served_in = (idle + integral(lambda x: density(x) * patient(x), 0, within)) / norm
    longer = integral(density, within) / norm

    def gone(t):
        return (
            integral(lambda x: density(x) * (1 - patient(x)), 0, t) + (1 - patient(t)) * integral(density, t)
        ) / norm

    found = {
        word: impatience.performance(agents, load, law, aht=aht, within=within, abandoned=word, short=short)
        for word in erlang_a.ABANDONED
    }
    mean_wait = integral(lambda x: density(x) * value(law.integral, x)) / norm
    expected = {
        "wait_probability": 1 - idle / norm,
        "abandon_rate": 1 - served,
        "longer": longer,
        "asa": integral(lambda x: density(x) * patient(x) * x) / norm / served,
        "mean_wait": mean_wait,
        "occupancy": load * served / agents,
        "queue_length": rate * mean_wait,
    }
    for name, number in expected.items():
        assert found["lost"][name] == pytest.approx(number, rel=2e-8, abs=1e-9), name
    levels = {
        "lost": served_in / (1 - gone(short)),
        "ignored": served_in / (1 - gone(within)),
        "met": (served_in + gone(within) - gone(short)) / (1 - gone(short)),
        "answered": served_in / served,
        "credited": served_in + gone(short),
        "virtual": 1 - longer,
    }
    for word, level in levels.items():
        assert found[word]["service_level"] == pytest.approx(level, abs=1e-8), word


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.01, 80),
    st.floats(1e-3, 120),
    st.floats(5, 3000),
    st.floats(0, 600),
    st.floats(0, 60),
    st.sampled_from(erlang_a.ABANDONED),
)
def test_exponential_patience_is_erlang_a_in_every_measure(agents, load, patience, within, short, word):
    queue = {"aht": 240.0, "patience": patience}
    law = impatience.exponential(patience)
    found = impatience.performance(agents, load, law, aht=240.0, within=within, abandoned=word, short=short)
    for name in MEASURES:
        exact = getattr(erlang_a, name)(agents, load, **queue)
        assert found[name] == pytest.approx(exact, rel=1e-7, abs=1e-10), name
    level = erlang_a.service_level(agents, load, **queue, within=within, abandoned=word, short=short)
    assert found["service_level"] == pytest.approx(level, abs=1e-9)


def test_a_hundred_thousand_agents_are_erlang_a_too():
    agents, load = np.array([1, 1000, 100_000, 100_000]), np.array([1e5, 1010.0, 100_030.0, 99_900.0])
    found = impatience.performance(agents, load, impatience.exponential(600), aht=300, within=3)
    for name in ("wait_probability", "abandon_rate", "occupancy"):
        exact = getattr(erlang_a, name)(agents, load, aht=300, patience=600)
        np.testing.assert_allclose(found[name], exact, atol=1e-11, err_msg=name)
    exact = erlang_a.service_level(agents, load, aht=300, patience=600, within=3)
    np.testing.assert_allclose(found["service_level"], exact, atol=1e-11)


def test_arrays_are_what_numbers_are_one_by_one():
    agents, load = np.array([[3], [20]]), np.array([0.0, 2.0, 25.0])
    for law in LAWS.values():
        found = impatience.performance(agents, load, law, aht=[240.0, 200.0, 60.0], within=20)
        for i, j in np.ndindex(2, 3):
            one = impatience.performance(agents[i, 0], load[j], law, aht=[240.0, 200.0, 60.0][j], within=20)
            assert {name: values[i, j] for name, values in found.items()} == pytest.approx(one, rel=1e-12)
    assert type(one["asa"]) is float


def test_many_rows_are_solved_in_parts():
    load = np.linspace(0, 30, 3200)
    found = impatience.performance(15, load, impatience.fixed(90), aht=240, within=20)["service_level"]
    assert found.shape == (3200,)
    assert (np.diff(found) <= 1e-13).all()
    some = impatience.performance(15, load[[1600, 3199]], impatience.fixed(90), aht=240, within=20)["service_level"]
    np.testing.assert_allclose(found[[1600, 3199]], some, rtol=1e-13)


def test_nobody_there_and_no_contacts():
    law = impatience.uniform(90)
    closed = impatience.performance(0, 5.0, law, aht=240, within=45, abandoned="met")
    assert closed["service_level"] == pytest.approx(0.25)
    assert {name: closed[name] for name in MEASURES} == {
        "wait_probability": 1.0,
        "abandon_rate": 1.0,
        "asa": np.inf,
        "mean_wait": 90.0,
        "occupancy": 1.0,
        "queue_length": 5 * 90 / 240,
    }
    credited = impatience.performance(0, 5.0, law, aht=240, within=45, abandoned="credited", short=18)
    assert credited["service_level"] == pytest.approx(0.1)
    idle = impatience.performance(0, 0.0, law, aht=240, within=45)
    assert idle["service_level"] == 1.0
    assert [idle[name] for name in MEASURES] == [0.0] * 6
    assert impatience.wait_quantile(0.5, 0, 5.0, law, aht=240) == np.inf
    assert impatience.wait_quantile(0.5, 5, 0.0, law, aht=240) == 0.0


@pytest.mark.parametrize("answered", [False, True])
def test_the_quantile_is_the_inverse_of_the_law(answered):
    shares = np.array([0.2, 0.5, 0.9, 0.99])
    for agents, load in ((20, 21.0), (12, 30.0)):
        for law in (LAWS["uniform"], LAWS["two_kinds"]):
            waits = impatience.wait_quantile(shares, agents, load, law, aht=240, answered=answered)
            for share, wait in zip(shares, waits, strict=True):
                word = "answered" if answered else "met"
                found = impatience.performance(agents, load, law, aht=240, within=wait, abandoned=word)
                assert found["service_level"] == pytest.approx(share, abs=1e-8) or (
                    wait == 0 and found["service_level"] >= share
                )
    patient = impatience.wait_quantile(0.9, 12, 30.0, LAWS["fixed"], aht=240)
    assert patient == pytest.approx(90.0)  # more than a tenth waits until everybody gives up


def test_fewest_agents_and_one_less_is_too_few():
    load = np.array([0.3, 4.0, 21.0, 80.0])
    for law in (LAWS["fixed"], LAWS["balking"]):
        asked = {"aht": 240, "within": 20, "share": 0.8, "max_abandon": 0.05, "max_occupancy": 0.92, "max_asa": 20.0}
        agents = impatience.agents_for(load, law, **asked, max_wait_probability=0.5)

        def kept(n, law=law):
            found = impatience.performance(n, load, law, aht=240, within=20)
            keeps = (found["service_level"] >= 0.8) & (found["abandon_rate"] <= 0.05) & (found["asa"] <= 20)
            return keeps & (found["occupancy"] <= 0.92) & (found["wait_probability"] <= 0.5)

        assert kept(agents).all()
        assert not kept(agents - 1).any()
        part = impatience.agents_for(load, law, **asked, max_wait_probability=0.5, fractional=True)
        assert np.ceil(part).astype(int).tolist() == agents.tolist()
        assert kept(part).all()
        assert not kept(part - 1e-6).any()


def test_exponential_staff_is_erlang_a_staff_for_all_words_and_waits():
    load = np.array([0.5, 10.0, 135.0])
    law = impatience.exponential(180)
    for word in erlang_a.ABANDONED:
        asked = {"aht": 270, "within": 60, "share": 0.8, "abandoned": word, "short": 5.0}
        assert impatience.agents_for(load, law, **asked).tolist() == (
            erlang_a.agents_for(load, patience=180, **asked).tolist()
        )
    tail = {"aht": 270, "wait_quantile": (0.95, 90)}
    assert impatience.agents_for(load, law, **tail).tolist() == (
        erlang_a.agents_for(load, patience=180, **tail).tolist()
    )


def test_the_grid_is_split_at_every_cut_and_kink():
    law = impatience.fixed(50.0)
    line = Line(n=np.array([5.0]), a=np.array([6.0]), aht=np.array([100.0]), places=np.array([np.inf]), law=law)
    wait = offered_wait(line, [np.array([20.0])])
    assert not ((wait.x[0][:-1] < 20) & (wait.x[0][1:] > 20) & (np.diff(wait.x[0]) > 20)).any()
    assert wait.at_once[0] + wait.mass.sum() == pytest.approx(1.0, rel=1e-13)
    assert wait.served()[0] + wait.abandon()[0] == pytest.approx(1.0, rel=1e-13)
    assert wait.longer(np.array([20.0]))[0] > wait.longer(np.array([50.0]))[0] > 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: impatience.weibull(90, shape=0.01), r"shape must be a number in \[0\.05, 50\]"),
        (lambda: impatience.two_kinds(90, share=1.0), r"share must be a fraction in \(0, 1\)"),
        (lambda: impatience.two_kinds(90, share=0.0), r"share must be a fraction in \(0, 1\)"),
        (lambda: impatience.balking(90, leave=1.0), r"leave must be a fraction in \[0, 1\)"),
        (lambda: impatience.fixed(0), r"patience"),
        (lambda: impatience.performance(5, 4, LAWS["fixed"], aht=0, within=0), r"aht must be > 0"),
        (lambda: impatience.performance(5, 4, LAWS["fixed"], aht=1, within=0, abandoned="x"), r"abandoned must be"),
        (lambda: impatience.agents_for(5, LAWS["fixed"], aht=1, share=80), r"Did you mean 0\.80"),
        (lambda: impatience.wait_quantile(1.0, 5, 4, LAWS["fixed"], aht=1), r"share must be a fraction"),
    ],
)
def test_wrong_arguments_are_refused(call, words):
    with pytest.raises(SettingError, match=words):
        call()
