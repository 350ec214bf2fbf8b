"""Uncertain rates: averages by contact, against plain quadrature."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from wfm.erlang import erlang_a, uncertain
from wfm.errors import SettingError

QUEUE = {"aht": 300.0, "patience": 180.0}


@pytest.mark.parametrize("doubt", [0.05, 0.3, 1.0])
def test_every_definition_is_the_average_over_contacts(doubt):
    law = gamma(1 / doubt**2, scale=20.0 * doubt**2)

    def average(measure):
        edges = law.ppf([1e-14, 0.01, 0.5, 0.9, 0.999, 1 - 1e-13])
        parts = list(pairwise(edges))
        return sum(quad(lambda a: a * law.pdf(a) * measure(a), *part, epsabs=1e-12)[0] for part in parts) / 20.0

    for word in erlang_a.ABANDONED:
        asked = QUEUE | {"within": 30.0, "abandoned": word, "short": 5.0}
        found = uncertain.service_level(21, 20.0, doubt=doubt, **asked)
        assert found == pytest.approx(average(lambda a, q=asked: erlang_a.service_level(21, a, **q)), abs=1e-8), word
    lost = uncertain.abandon_rate(21, 20.0, doubt=doubt, **QUEUE)
    assert lost == pytest.approx(average(lambda a: erlang_a.abandon_rate(21, a, **QUEUE)), abs=1e-8)


def test_arrays_are_what_numbers_are_one_by_one():
    doubt = np.linspace(0, 0.5, 900)
    found = uncertain.service_level(21, 20.0, doubt=doubt, **QUEUE, within=30)
    assert found.shape == (900,)
    some = [uncertain.service_level(21, 20.0, doubt=d, **QUEUE, within=30) for d in doubt[[0, 399, 400, 401, 899]]]
    np.testing.assert_allclose(found[[0, 399, 400, 401, 899]], some, rtol=1e-13)
    assert type(some[0]) is float
    assert uncertain.abandon_rate([[0], [21]], [0.0, 20.0], doubt=0.1, **QUEUE).shape == (2, 2)


def test_nobody_there_and_no_contacts():
    assert uncertain.abandon_rate(0, 5.0, doubt=0.2, **QUEUE) == pytest.approx(1.0)
    assert uncertain.abandon_rate(0, 0.0, doubt=0.2, **QUEUE) == 0.0
    assert uncertain.service_level(0, 0.0, doubt=0.2, **QUEUE, within=30) == 1.0
    assert uncertain.agents_for(0.0, doubt=0.2, **QUEUE, within=30, share=0.8) == 0


def test_fewest_agents_and_one_less_is_too_few():
    load, doubt = np.array([0.5, 5.0, 50.0]), np.array([0.4, 0.2, 0.1])
    agents = uncertain.agents_for(load, doubt=doubt, **QUEUE, within=30, share=0.8, max_abandon=0.05)

    def kept(n):
        level = uncertain.service_level(n, load, doubt=doubt, **QUEUE, within=30)
        return (level >= 0.8) & (uncertain.abandon_rate(n, load, doubt=doubt, **QUEUE) <= 0.05)

    assert kept(agents).all()
    assert not kept(agents - 1).any()
    part = uncertain.agents_for(load, doubt=doubt, **QUEUE, within=30, share=0.8, max_abandon=0.05, fractional=True)
    assert np.ceil(part).astype(int).tolist() == agents.tolist()
    met = uncertain.agents_for(load, doubt=doubt, **QUEUE, within=30, share=0.8, abandoned="met", short=5)
    level = uncertain.service_level(met, load, doubt=doubt, **QUEUE, within=30, abandoned="met", short=5)
    assert (level >= 0.8).all()


def test_doubt_must_be_a_share_of_the_mean():
    with pytest.raises(SettingError, match=r"doubt must be >= 0"):
        uncertain.service_level(5, 4.0, doubt=-0.1, **QUEUE, within=20)
    with pytest.raises(SettingError, match=r"abandoned must be one of"):
        uncertain.service_level(5, 4.0, doubt=0.1, **QUEUE, within=20, abandoned="no")


def test_at_once_is_meant_where_no_time_is_given():
    queue = {"doubt": 0.2, "aht": 3.0, "patience": 2.0, "share": 0.8}
    assert uncertain.agents_for(20.0, **queue) == uncertain.agents_for(20.0, **queue, within=0)
    assert uncertain.agents_for(20.0, **queue) > uncertain.agents_for(20.0, **queue, within=1)


def test_times_that_are_none_are_refused_by_name():
    for queue, words in (
        ({"aht": 0.0, "patience": 60.0}, "^aht must be > 0"),
        ({"aht": 60.0, "patience": 0.0}, "^pat"),
    ):
        with pytest.raises(SettingError, match=words):
            uncertain.service_level(5, 4.0, doubt=0.1, **queue, within=20)
        with pytest.raises(SettingError, match=words):
            uncertain.abandon_rate(5, 4.0, doubt=0.1, **queue)
        with pytest.raises(SettingError, match=words):
            uncertain.agents_for(4.0, doubt=0.1, **queue, within=20, share=0.8)


@pytest.mark.parametrize("times", [{"aht": 0.0, "patience": 100.0}, {"aht": 200.0, "patience": 0.0}])
def test_handle_time_and_patience_of_nothing_are_refused_by_every_measure(times):
    (word,) = (name for name, value in times.items() if not value)
    for measure in (uncertain.abandon_rate, lambda n, a, **k: uncertain.service_level(n, a, within=20, **k)):
        with pytest.raises(SettingError, match=f"^{word} must"):
            measure(20, 18.0, doubt=0.1, **times)
