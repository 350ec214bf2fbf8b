"""Laws of patience: each is a law, and the queue under it is right in overload, in any unit of time, at its edges."""

import numpy as np
import pytest

from wfm.erlang import erlang_a, impatience
from wfm.errors import SettingError

LAWS = {
    "fixed": lambda m: impatience.fixed(m),
    "uniform": lambda m: impatience.uniform(m),
    "exponential": lambda m: impatience.exponential(m),
    "weibull below 1": lambda m: impatience.weibull(m, shape=0.6),
    "weibull above 1": lambda m: impatience.weibull(m, shape=2.5),
    "two kinds": lambda m: impatience.two_kinds(m, share=0.2),
    "balking": lambda m: impatience.balking(m, leave=0.0),
}
NOTHING = {
    "wait_probability": 0.0,
    "abandon_rate": 0.0,
    "service_level": 1.0,
    "longer": 0.0,
    "asa": 0.0,
    "mean_wait": 0.0,
    "queue_length": 0.0,
}


@pytest.mark.parametrize("name", LAWS)
def test_a_law_has_its_mean_and_its_integral(name):
    law = LAWS[name](90.0)
    assert law.mean == 90.0
    assert law.patient(np.array([0.0]))[0] == 1.0
    assert law.integral(np.array([1e7]))[0] == pytest.approx(90.0, rel=1e-9)
    x = np.array([1.0, 20.0, 89.0, 91.0, 300.0])
    slope = (law.integral(x + 1e-4) - law.integral(x - 1e-4)) / 2e-4
    np.testing.assert_allclose(law.patient(x), slope, atol=1e-7)


def test_patience_is_read_as_a_duration():
    for make in LAWS.values():
        assert make("90s").mean == 90.0
        with pytest.raises(SettingError, match=r"^patience must be"):
            make(0)


def test_whoever_has_waited_all_his_patience_is_gone():
    assert impatience.fixed(60).patient(np.array([59.999, 60.0])).tolist() == [1.0, 0.0]
    assert impatience.uniform(60).patient(np.array([120.0, 130.0])).tolist() == [0.0, 0.0]


def test_those_who_leave_at_once_are_not_among_the_patient():
    law = impatience.balking(80.0, leave=0.25)
    assert law.mean == 60.0
    assert law.patient(np.zeros(1)).tolist() == [0.75]
    assert law.integral(np.array([1e7])) == pytest.approx([60.0])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: impatience.weibull(60, shape=0.04), r"^shape must be a number in \[0\.05, 50\], got 0\.04"),
        (lambda: impatience.weibull(60, shape=50.5), r"^shape must be a number in \[0\.05, 50\], got 50\.5"),
        (lambda: impatience.two_kinds(60, share=0.0), r"^share must be a fraction in \(0, 1\)"),
        (lambda: impatience.two_kinds(60, share=1.0), r"^share must be a fraction in \(0, 1\)"),
        (lambda: impatience.balking(60, leave=1.0), r"^leave must be a fraction in \[0, 1\)"),
        (lambda: impatience.balking(60, leave=-0.1), r"^leave must be a fraction in \[0, 1\)"),
    ],
)
def test_laws_that_are_none_are_refused(make, words):
    with pytest.raises(SettingError, match=words):
        make()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"agents": -1}, r"^agents must be >= 0"),
        ({"load": -1}, r"^load must be >= 0"),
        ({"aht": 0}, r"^aht must be > 0"),
        ({"within": -1}, r"^within must be >= 0"),
        ({"short": -1}, r"^short must be >= 0"),
        ({"abandoned": "gone"}, r"^abandoned must be one of"),
    ],
)
def test_wrong_queues_are_refused(change, words):
    queue = {"agents": 5, "load": 4.0, "aht": 240, "within": 20, **change}
    with pytest.raises(SettingError, match=words):
        impatience.performance(queue.pop("agents"), queue.pop("load"), impatience.fixed(60), **queue)


def test_no_load_and_people_without_number_wait_for_nobody():
    law = impatience.exponential(60)
    for agents, load in ((5, 0.0), (0, 0.0), (500, 0.01), (10_000_000, 1.0)):
        found = impatience.performance(agents, load, law, aht=240, within=20)
        assert found.pop("occupancy") == pytest.approx(load / max(agents, 1), rel=1e-9)
        assert found == pytest.approx(NOTHING, abs=1e-12)


@pytest.mark.parametrize(
    ("agents", "load", "patience"),
    [(2, 1.0, 90.0), (50, 200.0, 24_000.0), (0.5, 1.0, 150.0), (50, 5_000.0, 150.0), (3000, 3000.0, 150.0)],
)
def test_overload_and_patience_of_any_length_are_erlang_a(agents, load, patience):
    found = impatience.performance(agents, load, impatience.exponential(patience), aht=240, within=60)
    queue = {"aht": 240.0, "patience": patience}
    for name in ("wait_probability", "abandon_rate", "asa", "mean_wait", "occupancy", "queue_length"):
        exact = getattr(erlang_a, name)(agents, load, **queue)
        assert found[name] == pytest.approx(exact, rel=1e-8, abs=1e-9), name
    exact = erlang_a.service_level(agents, load, **queue, within=60)
    assert found["service_level"] == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize(("agents", "load"), [(10, 12.0), (400, 396.0)])
def test_the_unit_of_time_does_not_matter(name, agents, load):
    seconds = impatience.performance(agents, load, LAWS[name](100.0), aht=240.0, within=30.0)
    for unit in (1e-3, 60.0, 3600.0):
        found = impatience.performance(agents, load, LAWS[name](100.0 / unit), aht=240.0 / unit, within=30.0 / unit)
        for wait in ("asa", "mean_wait"):
            found[wait] *= unit
        assert found == pytest.approx(seconds, abs=1e-10)


def test_an_answer_at_once_goes_to_those_who_do_not_wait():
    for make in LAWS.values():
        found = impatience.performance(5, 4.0, make(60.0), aht=240, within=0)
        assert found["service_level"] == pytest.approx(1 - found["wait_probability"], abs=1e-12)
        assert found["longer"] == pytest.approx(found["wait_probability"], abs=1e-12)


def test_flow_is_conserved_under_any_law():
    for make in LAWS.values():
        found = impatience.performance(9, 10.0, make(60.0), aht=240, within=1e6)
        assert found["service_level"] == pytest.approx(1 - found["abandon_rate"], abs=1e-12)
        assert found["longer"] == pytest.approx(0.0, abs=1e-12)
        assert found["occupancy"] == pytest.approx(10 * (1 - found["abandon_rate"]) / 9, abs=1e-12)
        assert found["queue_length"] == pytest.approx(10 / 240 * found["mean_wait"], abs=1e-12)


def test_measures_take_the_shape_that_all_arguments_have_together():
    law = impatience.uniform(90)
    found = impatience.performance(5, [[3.0], [4.0]], law, aht=240, within=[0.0, 10.0, 20.0])
    assert {name: values.shape for name, values in found.items()} == dict.fromkeys(found, (2, 3))
    alone = impatience.performance(5, 4.0, law, aht=240, within=10.0)
    assert {name: values[1, 1] for name, values in found.items()} == pytest.approx(alone, rel=1e-12)
