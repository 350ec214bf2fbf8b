"""Every formula names the argument that is wrong, and takes the values at the edge of what is allowed."""

import inspect
from functools import cache

import numpy as np
import pytest

from wfm.erlang import erlang_a, erlang_b, erlang_c, impatience, redial, uncertain
from wfm.errors import SettingError

GOOD = {
    "agents": 5.0,
    "load": 4.0,
    "fresh_load": 4.0,
    "mean_load": 4.0,
    "aht": 180.0,
    "patience": 90.0,
    "within": 20.0,
    "short": 5.0,
    "doubt": 0.1,
    "redial": 0.3,
    "share": 0.8,
    "max_abandon": 0.05,
    "max_occupancy": 0.9,
    "max_asa": 30.0,
    "max_wait_probability": 0.5,
    "reconnect": 0.1,
    "contacts": 1000.0,
}
REFUSED = {  # beside -1 and what is no number
    "aht": (0.0, np.inf),
    "patience": (0.0,),
    "redial": (1.0,),
    "share": (0.0, 1.0),
    "max_abandon": (0.0, 1.01),
    "max_occupancy": (0.0, 1.01),
    "max_asa": (0.0, np.inf),
    "max_wait_probability": (0.0, 1.0),
    "reconnect": (1.0,),
    "contacts": (0.0, np.inf),
}
TAKEN = {
    "aht": (1e-3,),
    "patience": (1e-3, np.inf),
    "redial": (0.0, 0.999),
    "share": (1e-6, 1 - 1e-6),
    "max_abandon": (1.0,),
    "max_occupancy": (1.0,),
    "max_asa": (1e-3,),
    "max_wait_probability": (1e-6, 1 - 1e-6),
    "reconnect": (0.0, 0.9),
    "contacts": (1.0, 1e6),
}
FORMULAS = [
    erlang_b.blocking,
    erlang_c.wait_probability,
    erlang_c.service_level,
    erlang_c.asa,
    erlang_c.mean_wait,
    erlang_c.wait_quantile,
    erlang_c.queue_length,
    erlang_c.occupancy,
    erlang_c.longest_wait,
    erlang_c.agents_for,
    erlang_a.wait_probability,
    erlang_a.service_level,
    erlang_a.abandon_rate,
    erlang_a.mean_wait,
    erlang_a.asa,
    erlang_a.occupancy,
    erlang_a.queue_length,
    erlang_a.wait_quantile,
    erlang_a.longest_wait,
    erlang_a.agents_for,
    redial.total_load,
    redial.fresh_load,
    redial.abandon_rate,
    redial.service_level,
    redial.agents_for,
    redial.served_in_the_end,
    redial.attempts,
    uncertain.service_level,
    uncertain.abandon_rate,
    uncertain.agents_for,
    impatience.wait_quantile,
    impatience.longest_wait,
    impatience.agents_for,
]
CASES = [(f, name) for f in FORMULAS for name in inspect.signature(f).parameters if name in GOOD]


def named(value: object) -> str:
    return f"{value.__module__}.{value.__name__}" if callable(value) else str(value)


def call(formula, **changed):
    known = inspect.signature(formula).parameters
    law = {"law": impatience.exponential(90)} if "law" in known else {}
    return formula(**{**{name: value for name, value in GOOD.items() if name in known}, **law, **changed})


@cache
def usual(formula):
    return call(formula)


@pytest.mark.parametrize(("formula", "name"), CASES, ids=named)
def test_a_wrong_argument_is_named(formula, name):
    for value in (-1.0, np.nan, "many", *REFUSED.get(name, (np.inf,))):
        with pytest.raises(SettingError, match=rf"^{name} must be"):
            call(formula, **{name: value})


@pytest.mark.parametrize(("formula", "name"), CASES, ids=named)
def test_the_edge_of_what_is_allowed_is_taken(formula, name):
    for value in TAKEN.get(name, (0.0, 1e-3)):
        found = call(formula, **{name: value})
        assert found >= 0
        assert isinstance(found, int | float)


@pytest.mark.parametrize(("formula", "name"), CASES, ids=named)
def test_every_argument_broadcasts(formula, name):
    values = [GOOD[name], GOOD[name] * 0.9, GOOD[name]]
    found = call(formula, **{name: values})
    assert found.shape == (3,)
    assert found[0] == found[2] == usual(formula)
    assert found[1] == pytest.approx(call(formula, **{name: values[1]}), rel=1e-12)


def test_an_answer_at_once_is_meant_where_no_threshold_is_given():
    load = np.linspace(0.5, 40, 30)
    queue = {"aht": 2.0, "share": 0.8}
    at_once = erlang_c.agents_for(load, **queue, within=0)
    np.testing.assert_array_equal(erlang_c.agents_for(load, **queue), at_once)
    assert (erlang_c.agents_for(load, **queue, within=1) < at_once).any()
    at_once = erlang_a.agents_for(load, **queue, patience=3, within=0)
    np.testing.assert_array_equal(erlang_a.agents_for(load, **queue, patience=3), at_once)
    assert (erlang_a.agents_for(load, **queue, patience=3, within=1) < at_once).any()


def test_a_wait_that_a_share_keeps_is_a_pair_of_a_fraction_and_seconds():
    for target in ({"wait_quantile": (0.0, 20)}, {"wait_quantile": (1.0, 20)}):
        with pytest.raises(SettingError, match=r"^wait_quantile share must be a fraction in \(0, 1\)"):
            erlang_a.agents_for(4.0, aht=180, patience=90, **target)
    with pytest.raises(SettingError, match=r"^wait_quantile seconds must be"):
        erlang_a.agents_for(4.0, aht=180, patience=90, wait_quantile=(0.9, -1))
    assert erlang_a.agents_for(4.0, aht=180, patience=90, wait_quantile=(0.9, 0)) > 4


def test_a_search_without_a_target_says_which_there_are():
    for search in (erlang_c.agents_for, lambda load, **q: erlang_a.agents_for(load, patience=90, **q)):
        with pytest.raises(SettingError, match=r"^agents_for needs a target: share with within") as caught:
            search(4.0, aht=180)
        assert caught.value.name == "share"


@pytest.mark.parametrize("formula", [f for f in FORMULAS if "law" in inspect.signature(f).parameters], ids=named)
def test_waits_and_targets_of_any_patience_are_those_of_all_who_call(formula):
    plain = {} if formula is impatience.agents_for else {"answered": False}
    assert call(formula) == call(formula, **plain)
    if plain:
        assert call(formula, answered=True) != call(formula)


def test_no_hang_up_is_short_where_no_time_is_given():
    load = np.linspace(20, 40, 60)
    queue = {"aht": 180, "within": 20, "share": 0.8}
    for fewest in (
        lambda **short: erlang_a.agents_for(load, **queue, patience=8, **short),
        lambda **short: impatience.agents_for(load, impatience.exponential(8), **queue, **short),
        lambda **short: redial.agents_for(load, **queue, patience=8, redial=0.1, **short),
        lambda **short: uncertain.agents_for(load, **queue, patience=8, doubt=0.05, **short),
    ):
        np.testing.assert_array_equal(fewest(), fewest(short=0))
        assert (fewest(short=1) < fewest()).any()
