"""Handle times of any law: against simulation, known limits, and Erlang C."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_c, general_service
from wfm.errors import SettingError

# agents, load, standard deviation / mean, simulated asa, simulated service level within 0.1 and 0.2 handle times:
# first come, first served, 1.5-2 million contacts; all alike (0), gamma (0.5), lognormal (2)
SIMULATED = [
    (5, 4.0, 0.0, 0.2883, 0.5318, 0.5979),
    (5, 3.0, 0.5, 0.0796, 0.8191, 0.8609),
    (20, 18.0, 0.0, 0.1443, 0.6100, 0.7276),
    (20, 18.0, 0.5, 0.1783, 0.5843, 0.6905),
    (20, 16.0, 2.0, 0.1088, 0.8068, 0.8545),
    (20, 18.0, 2.0, 0.5407, 0.5179, 0.5792),
    (60, 57.0, 0.0, 0.1042, 0.6479, 0.8047),
    (60, 57.0, 2.0, 0.3688, 0.5133, 0.5944),
    (100, 90.0, 0.5, 0.0147, 0.9486, 0.9897),
    (100, 90.0, 2.0, 0.0329, 0.8966, 0.9452),
]


@pytest.mark.parametrize(("agents", "load", "variation", "asa", "in_a_tenth", "in_a_fifth"), SIMULATED)
def test_simulated_queues(agents, load, variation, asa, in_a_tenth, in_a_fifth):
    queue = {"aht": 1.0, "variation": variation}
    found = general_service.asa(agents, load, **queue)
    assert found == pytest.approx(asa, rel=0.03 if variation < 1 else 0.21)
    assert abs(found - asa) < abs(general_service.asa(agents, load, **queue, method="allen-cunneen") - asa)
    levels = general_service.service_level(agents, load, **queue, within=[0.1, 0.2])
    assert levels == pytest.approx([in_a_tenth, in_a_fifth], abs=0.026)
    plain = erlang_c.service_level(agents, load, aht=1.0, within=[0.1, 0.2])
    assert np.abs(levels - [in_a_tenth, in_a_fifth]).sum() < np.abs(plain - [in_a_tenth, in_a_fifth]).sum()


def test_the_formulas_by_hand():
    # n = 20, rho = 0.9: Cosmetatos 1 + 0.1 * 19 * (sqrt(104) - 2) / (16 * 0.9 * 20)
    steady = 1 + 1.9 * (104**0.5 - 2) / 288
    assert general_service.wait_ratio(20, 18.0, variation=0) == pytest.approx(steady / 2, rel=1e-14)
    for c in (0.5, 2.0):
        kimura = (1 + c * c) / (2 * c * c + 2 * (1 - c * c) / steady)
        assert general_service.wait_ratio(20, 18.0, variation=c) == pytest.approx(kimura, rel=1e-14)
        plain = general_service.wait_ratio(20, 18.0, variation=c, method="allen-cunneen")
        assert plain == pytest.approx((1 + c * c) / 2, rel=1e-14)
    waits, spare = erlang_c.wait_probability(20, 18.0), 2.0 / 300
    low, high = (general_service.wait_ratio(20, 18.0, variation=c) for c in (0.5, 2.0))
    levels = [general_service.service_level(20, 18.0, aht=300, variation=c, within=45) for c in (0.5, 2.0)]
    slow = (np.exp(-45 * spare) + np.exp(-45 * spare / (2 * high - 1))) / 2
    assert levels == pytest.approx([1 - waits * np.exp(-45 * spare / low), 1 - waits * slow], rel=1e-14)


def test_one_agent_is_pollaczek_and_khinchin():
    for c in (0.0, 0.5, 2.0):
        found = general_service.asa(1, 0.7, aht=200, variation=c)
        assert found == pytest.approx(200 * 0.7 * (1 + c * c) / 2 / 0.3, rel=1e-13)


@settings(max_examples=40, deadline=None)
@given(st.floats(1, 90), st.floats(0.01, 0.99), st.floats(0, 300), st.floats(0.01, 0.99))
def test_a_variation_of_one_is_erlang_c(agents, busy, within, share):
    load, queue = agents * busy, {"aht": 240.0, "variation": 1.0}
    for method in general_service.METHODS:
        found = general_service.asa(agents, load, **queue, method=method)
        assert found == pytest.approx(erlang_c.asa(agents, load, aht=240), rel=1e-12)
        level = general_service.service_level(agents, load, **queue, within=within, method=method)
        assert level == pytest.approx(erlang_c.service_level(agents, load, aht=240, within=within), abs=1e-13)
        wait = general_service.wait_quantile(share, agents, load, **queue, method=method)
        assert wait == pytest.approx(erlang_c.wait_quantile(share, agents, load, aht=240), rel=1e-9, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.floats(1, 200), st.floats(0.001, 0.999), st.floats(0, 3), st.floats(0.05, 0.99))
def test_the_mean_wait_is_the_integral_and_the_quantile_the_inverse(agents, busy, variation, share):
    load, queue = agents * busy, {"aht": 240.0, "variation": variation}
    asa = general_service.asa(agents, load, **queue)
    wait = general_service.wait_quantile(share, agents, load, **queue)
    level = general_service.service_level(agents, load, **queue, within=wait)
    assert level == pytest.approx(share, abs=1e-9) or (wait == 0 and level >= share)
    decay = (agents - load) / 240
    at = np.linspace(0, 1, 20_001)[1:-1]
    ratio = general_service.wait_ratio(agents, load, variation=variation)
    far = 60 * max(2 * ratio - 1, ratio) / decay
    late = 1 - general_service.service_level(agents, load, **queue, within=far * at)
    first = 1 - general_service.service_level(agents, load, **queue, within=0)
    assert (late.sum() + first / 2) * far / 20_000 == pytest.approx(asa, rel=2e-3, abs=1e-12)


def test_more_spread_is_more_waiting_and_more_agents():
    variation = np.linspace(0, 3, 13)
    for agents, load in ((2, 0.01), (5, 4.0), (100, 90.0), (1000, 100.0)):
        ratio = general_service.wait_ratio(agents, load, variation=variation)
        assert (np.diff(ratio) > 0).all()
        assert ratio[4] == pytest.approx(1.0)
        assert (ratio >= 0.5).all()
    staff = general_service.agents_for(90.0, aht=300, variation=variation, within=20, share=0.8)
    assert (np.diff(staff) >= 0).all()
    assert staff[-1] > staff[0]


def test_light_loads_and_odd_numbers_of_agents_are_ordinary():
    assert general_service.wait_ratio(10, 1e-6, variation=0) == pytest.approx(10 / 11, rel=1e-9)
    assert general_service.wait_ratio(0.5, 0.3, variation=0) == pytest.approx(0.5, rel=1e-14)
    agents, load = np.array([0, 0, 5, 5, 5]), np.array([0.0, 2.0, 0.0, 5.0, 9.0])
    queue = {"aht": 300.0, "variation": 2.0}
    assert general_service.asa(agents, load, **queue).tolist() == [0, np.inf, 0, np.inf, np.inf]
    assert general_service.service_level(agents, load, **queue, within=20).tolist() == [1, 0, 1, 0, 0]
    assert general_service.wait_quantile(0.5, agents, load, **queue).tolist() == [0, np.inf, 0, np.inf, np.inf]


def test_fewest_agents_and_one_less_is_too_few():
    load = np.array([0.3, 4.0, 21.0, 80.0])
    for variation in (0.4, 1.8):
        queue = {"aht": 300.0, "variation": variation}
        asked = {"within": 20, "share": 0.8, "max_occupancy": 0.9, "max_asa": 12.0, "max_wait_probability": 0.3}
        agents = general_service.agents_for(load, **queue, **asked)

        def kept(n, queue=queue):
            keeps = (general_service.service_level(n, load, **queue, within=20) >= 0.8) & (load / n <= 0.9)
            keeps &= general_service.asa(n, load, **queue) <= 12
            return keeps & (erlang_c.wait_probability(n, load) <= 0.3)

        assert kept(agents).all()
        assert not kept(np.maximum(agents - 1, 1e-6)).any()
        part = general_service.agents_for(load, **queue, **asked, fractional=True)
        assert np.ceil(part).astype(int).tolist() == agents.tolist()
        assert not kept(part - 1e-6).any()
        tail = general_service.agents_for(load, **queue, wait_quantile=(0.95, 60))
        assert (general_service.wait_quantile(0.95, tail, load, **queue) <= 60).all()
        assert (general_service.wait_quantile(0.95, tail - 1, load, **queue) > 60).all()
    assert general_service.agents_for(0.0, aht=300, variation=2, within=20, share=0.8) == 0
    assert general_service.agents_for([10.0, 10.5], aht=240, variation=2, max_occupancy=1.0).tolist() == [11, 11]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"variation": -1}, r"variation must be >= 0"),
        ({"variation": 1, "method": "kingman"}, r"method must be one of"),
        ({"variation": 1, "aht": 0}, r"aht must be > 0"),
    ],
)
def test_wrong_arguments_are_refused(more, words):
    queue = {"aht": 300} | more
    for call in (general_service.asa, lambda n, a, **q: general_service.service_level(n, a, **q, within=20)):
        with pytest.raises(SettingError, match=words):
            call(5, 4.0, **queue)
    with pytest.raises(SettingError, match=words):
        general_service.agents_for(4.0, within=20, share=0.8, **queue)
    with pytest.raises(SettingError, match=words):
        general_service.wait_quantile(0.5, 5, 4.0, **queue)
    if "aht" not in more:
        with pytest.raises(SettingError, match=words):
            general_service.wait_ratio(5, 4.0, **more)


def test_waits_are_counted_in_handle_times():
    for variation in (0.4, 2.0):
        slow, quick = (general_service.wait_quantile(0.9, 50, 48.0, aht=h, variation=variation) for h in (60.0, 0.06))
        assert quick == pytest.approx(slow / 1000, rel=1e-9)


@pytest.mark.parametrize("asked", [{"max_wait_probability": 0.1}, {"max_occupancy": 0.6}, {"max_asa": 0.5}])
def test_each_target_counts_by_itself(asked):
    queue = {"aht": 300.0, "variation": 1.7}
    agents = general_service.agents_for(21.0, **queue, within=20, share=0.5, **asked)
    assert agents > general_service.agents_for(21.0, **queue, within=20, share=0.5)
    assert agents == general_service.agents_for(21.0, **queue, **asked)


def test_a_part_of_an_agent_is_as_busy_as_its_load_says():
    part = general_service.agents_for(0.3, aht=300, variation=0.5, max_occupancy=0.9, fractional=True)
    assert part == pytest.approx(0.3 / 0.9, rel=1e-8)


def test_a_share_without_a_limit_of_time_is_answered_at_once():
    asked = {"aht": 300.0, "variation": 0.5, "share": 0.8}
    assert general_service.agents_for(18.0, **asked) == general_service.agents_for(18.0, **asked, within=0.0)
    few = general_service.agents_for(2.0, fractional=True, **asked)
    assert few == pytest.approx(general_service.agents_for(2.0, fractional=True, within=0.0, **asked), rel=1e-12)
    assert few > general_service.agents_for(2.0, fractional=True, within=1.0, **asked)
