"""The search for the fewest agents, whole and fractional, apart from any model of the queue."""

import numpy as np
import pytest

from wfm.erlang import erlang_a, erlang_c
from wfm.erlang.formulas import search
from wfm.erlang.formulas.targets import Condition, Targets
from wfm.errors import SettingError

QUEUE = {"aht": 270.0, "patience": 180.0}


def needs(agents_per_erlang: float) -> Condition:
    """Holds from a multiple of the load on."""
    return Condition(margin=lambda n, a, factor: n - factor * a, parameters=(np.asarray(agents_per_erlang),))


@pytest.mark.parametrize("factor", [0.01, 0.5, 1.0, 1.3, 7.0, 1000.0])
def test_whole_and_fractional_answers_of_a_known_rule(factor):
    load = np.array([0.0, 1e-6, 0.4, 3.0, 17.3, 900.0, 1e5])
    found = search.fewest(load, [needs(factor)])
    exact = np.ceil(factor * load)
    np.testing.assert_array_equal(found, np.where(load > 0, np.maximum(exact, 1), 0))
    part = search.fewest(load, [needs(factor)], fractional=True)
    np.testing.assert_allclose(part, np.where(load > 0, factor * load, 0), atol=2.1e-9, rtol=1e-15)
    np.testing.assert_array_equal(np.maximum(np.ceil(part), load > 0), found)


def test_the_largest_of_several_conditions_counts():
    load = np.array([[1.0], [20.0]])
    found = search.fewest(load, [needs(1.0), needs(2.5)])
    assert found.tolist() == [[3.0], [50.0]]
    two = Condition(margin=lambda n, a, f: n - f * a, parameters=(np.array([1.0, 2.0]),))
    assert search.fewest(load, [two]).tolist() == [[1.0, 2.0], [20.0, 40.0]]


def test_a_cap_ends_the_search_without_an_error():
    load = np.array([1.0, 20.0, 100.0, 5.0])
    found = search.fewest(load, [needs(2.0)], most=np.array([50.0, 40.0, 60.0, 0.0]))
    assert found.tolist() == [2.0, 40.0, 60.0, 0.0]
    part = search.fewest(load, [needs(1.05)], most=np.array([50.0, 40.0, 60.0, 0.0]), fractional=True)
    assert part.tolist() == pytest.approx([1.05, 21.0, 60.0, 0.0])


def test_what_no_number_of_agents_keeps_is_refused():
    never = Condition(margin=lambda n, a: np.full_like(n, -1.0), parameters=())
    with pytest.raises(SettingError, match="no number of agents keeps this target"):
        search.fewest(np.array([3.0]), [never])


def test_largest_loads_are_the_other_way_round():
    carried = search.largest_loads(needs(0.25), 6)
    np.testing.assert_allclose(carried, [4, 8, 12, 16, 20, 24], rtol=1e-14)
    always = Condition(margin=lambda n, a: np.ones_like(n), parameters=())
    assert (search.largest_loads(always, 3) > 1e8).all()


def test_a_table_and_a_search_agree_at_the_edges():
    load = np.concatenate([np.full(3000, 0.0), [4.0, 4.0 + 1e-9, 8.0, 8.1, 0.1]])
    found = search.fewest(load, [needs(0.25)])
    assert found[-5:].tolist() == [1, 2, 2, 3, 1]
    assert (found[:3000] == 0).all()
    part = search.fewest(load, [needs(0.25)], fractional=True)
    np.testing.assert_allclose(part[-5:], [1, 1 + 2.5e-10, 2, 2.025, 0.025], atol=2e-9)


@pytest.mark.parametrize(
    "asked",
    [
        {"within": 60, "share": 0.8},
        {"within": 20, "share": 0.9, "abandoned": "ignored"},
        {"within": 20, "share": 0.9, "abandoned": "virtual"},
        {"within": 20, "share": 0.8, "abandoned": "credited", "short": 5},
        {"max_abandon": 0.03},
        {"max_asa": 20.0},
        {"max_occupancy": 0.85},
        {"max_wait_probability": 0.2},
        {"wait_quantile": (0.95, 60.0)},
    ],
)
@pytest.mark.parametrize("patience", [180.0, np.inf])
def test_fractional_agents_just_keep_the_target(asked, patience):
    if patience == np.inf and "max_abandon" in asked:
        return
    load = np.array([0.02, 0.4, 3.0, 40.0, 135.0, 2000.0])
    queue = {"aht": 270.0, "patience": patience}
    part = erlang_a.agents_for(load, **queue, **asked, fractional=True)
    whole = erlang_a.agents_for(load, **queue, **asked)
    np.testing.assert_array_equal(np.ceil(part).astype(int), whole)
    conditions = Targets(**asked).conditions(erlang_a.measures_of(270.0, patience))
    for condition in conditions:
        rest = [np.broadcast_to(p, load.shape) for p in condition.parameters]
        assert condition.holds(part, load, *rest).all()
        assert not condition.holds(np.maximum(part - 1e-6, 0.0), load, *rest).any()


def test_small_sites_are_not_inflated_by_rounding():
    sites = np.full(100, 0.37)
    part = erlang_a.agents_for(sites, **QUEUE, within=60, share=0.8, fractional=True)
    assert part.sum() < 0.65 * erlang_a.agents_for(sites, **QUEUE, within=60, share=0.8).sum()


def test_an_endless_queue_is_never_quiet():
    for more in ({"max_occupancy": 1.0}, {"max_asa": 1e12}, {"max_wait_probability": 0.999_999_999}):
        found = erlang_c.agents_for(10.0, aht=240, **more)
        assert found == 11
        assert erlang_c.agents_for(10.0, aht=240, **more, fractional=True) == pytest.approx(10.0, abs=1e-6)
    assert erlang_a.agents_for(10.0, **QUEUE, max_occupancy=1.0) == 1
    assert erlang_a.agents_for(10.0, **QUEUE, max_abandon=1.0, fractional=True) <= 1e-8


def test_fractions_leave_as_python_floats():
    assert type(erlang_c.agents_for(10, aht=180, within=20, share=0.8, fractional=True)) is float
    assert erlang_c.agents_for([10.0], aht=180, within=20, share=0.8, fractional=True).dtype == np.float64


def test_every_target_asks_for_its_own():
    with pytest.raises(SettingError, match="agents_for needs a target: share with within, max_abandon"):
        Targets().conditions(erlang_a.measures_of(270.0, 180.0))
    model = erlang_a.measures_of(270.0, 180.0)
    asked = Targets(share=0.8, within=20, max_abandon=0.1, max_occupancy=0.9, max_asa=9, wait_quantile=(0.9, 30))
    assert len(asked.conditions(model)) == 5
    for wrong, words in (
        ({"wait_quantile": (1.0, 30)}, r"wait_quantile share"),
        ({"wait_quantile": (0.9, -1)}, r"wait_quantile seconds"),
        ({"max_wait_probability": 1.0}, r"max_wait_probability must be a fraction in \(0, 1\)"),
        ({"max_asa": 0}, r"max_asa must be > 0"),
        ({"share": 0.8, "short": -1}, r"short must be >= 0"),
        ({"share": 0.8, "abandoned": "gone"}, r"abandoned must be one of"),
    ):
        with pytest.raises(SettingError, match=words):
            Targets(**wrong).conditions(model)
    assert Targets(wait_quantile=(0.9, 0)).conditions(model)
    assert Targets(max_occupancy=1.0, max_abandon=1.0).conditions(model)


def test_a_table_of_loads_costs_no_more_than_it_saves():
    """Three thousand small loads are looked up; a few, or one giant among them, are searched one by one."""
    calls = []

    def margin(n, a, factor):
        calls.append(n.size)
        return n - factor * a

    rule = Condition(margin=margin, parameters=(np.asarray(1.3),))
    for load, most in ((np.full(3000, 20.0), 2_500), (np.append(np.full(3000, 20.0), 1e5), 60_000)):
        calls.clear()
        assert search.fewest(load, [rule])[0] == 26
        assert sum(calls) < most
    calls.clear()
    capped = search.fewest(np.full(3000, 20.0), [rule], most=np.full(3000, 10.0))
    assert (capped == 10).all()


def test_a_target_without_times_means_at_once_and_nobody_left_out():
    model = erlang_a.measures_of(3.0, 2.0)
    for asked, said in (({}, {"within": 0.0}), ({"within": 5, "abandoned": "met"}, {"within": 5.0, "short": 0.0})):
        word = asked.get("abandoned", "lost")
        silent, clear = (
            Targets(share=0.8, **more).conditions(model)[0].parameters for more in (asked, {"abandoned": word, **said})
        )
        assert [float(x) for x in silent] == [float(x) for x in clear]
