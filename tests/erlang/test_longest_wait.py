import numpy as np
import pytest

from wfm.erlang import erlang_a, erlang_c, impatience


@pytest.mark.parametrize("contacts", [1, 2, 50, 1000])
@pytest.mark.parametrize(("agents", "load"), [(14, 10.0), (50, 48.0), (3, 0.2)])
def test_the_mean_is_the_harmonic_sum_without_hang_ups(contacts, agents, load):
    waits = erlang_c.wait_probability(agents, load)
    k = np.arange(1, contacts + 1)
    exact = 180 / (agents - load) * ((1 - (1 - waits) ** k) / k).sum()
    assert erlang_c.longest_wait(contacts, agents, load, aht=180) == pytest.approx(exact, rel=1e-10)


def test_the_longest_of_one_is_the_wait_itself():
    queue = {"aht": 200.0, "patience": 120.0}
    for agents, load in ((50, 48.0), (10, 3.0), (2, 5.0)):
        assert erlang_a.longest_wait(1, agents, load, **queue) == pytest.approx(
            erlang_a.mean_wait(agents, load, **queue), rel=1e-9
        )
        assert erlang_a.longest_wait(1, agents, load, **queue, share=0.9) == pytest.approx(
            erlang_a.wait_quantile(0.9, agents, load, **queue), rel=1e-9
        )


def test_a_share_of_the_longest_waits_is_a_quantile_of_all():
    queue = {"aht": 270.0, "patience": 180.0}
    longest = erlang_a.longest_wait(10_000, 116, 135.0, **queue, share=0.95)
    beyond = 1 - erlang_a.service_level(116, 135.0, **queue, within=longest, abandoned="met")
    assert beyond == pytest.approx(1 - 0.95 ** (1 / 10_000), rel=1e-6)
    assert longest == pytest.approx(123.0987, abs=1e-3)
    assert erlang_a.longest_wait(10_000, 116, 135.0, **queue) == pytest.approx(109.673, abs=1e-3)
    endless = erlang_c.longest_wait(1000, 14, 10.0, aht=180, share=0.95)
    assert 1 - erlang_c.service_level(14, 10.0, aht=180, within=endless) == pytest.approx(1 - 0.95**1e-3, rel=1e-9)


def test_the_answered_wait_less_long_than_the_patient():
    queue = {"aht": 270.0, "patience": 180.0}
    for share in (None, 0.5):
        everybody = erlang_a.longest_wait(500, 116, 135.0, **queue, share=share)
        answered = erlang_a.longest_wait(500, 116, 135.0, **queue, share=share, answered=True)
        assert 0.9 * everybody < answered < everybody
    late = 1 - 0.5 ** (1 / (500 * (1 - erlang_a.abandon_rate(116, 135.0, **queue))))
    assert answered == pytest.approx(erlang_a.wait_quantile(1 - late, 116, 135.0, **queue, answered=True), rel=1e-8)


def test_more_contacts_and_higher_shares_mean_longer_waits():
    queue = {"aht": 270.0, "patience": 180.0}
    means = erlang_a.longest_wait([1, 10, 100, 1000], 130, 135.0, **queue)
    parts = erlang_a.longest_wait(100, 130, 135.0, **queue, share=[0.1, 0.5, 0.9])
    assert (np.diff(means) > 0).all()
    assert (np.diff(parts) > 0).all()
    assert parts[0] < means[2] < parts[2]


def test_idle_closed_and_overloaded_queues():
    queue = {"aht": 270.0, "patience": 180.0}
    assert erlang_a.longest_wait(100, 5, 0.0, **queue) == 0.0
    assert erlang_a.longest_wait(3, 0, 5.0, **queue) == pytest.approx(180 * (1 + 1 / 2 + 1 / 3), rel=1e-12)
    assert erlang_a.longest_wait(3, 0, 5.0, **queue, answered=True) == np.inf
    assert erlang_a.longest_wait(3, 0, 5.0, **queue, share=0.5) == pytest.approx(-180 * np.log(1 - 0.5 ** (1 / 3)))
    assert erlang_c.longest_wait(100, 5, 6.0, aht=270) == np.inf
    assert erlang_c.longest_wait(100, 5, 6.0, aht=270, share=0.5) == np.inf
    assert erlang_c.longest_wait(100, 5, 0.0, aht=270) == 0.0
    endless = erlang_a.longest_wait(100, 7, 6.0, aht=270, patience=np.inf)
    assert endless == pytest.approx(erlang_c.longest_wait(100, 7, 6.0, aht=270), rel=1e-12)
    part = erlang_a.longest_wait(100, 7, 6.0, aht=270, patience=np.inf, share=0.5, answered=True)
    assert part == pytest.approx(erlang_c.longest_wait(100, 7, 6.0, aht=270, share=0.5), rel=1e-12)


def test_any_patience_has_a_longest_wait():
    law = impatience.exponential(180)
    queue = {"aht": 270.0, "patience": 180.0, "share": 0.95}
    for answered in (False, True):
        number = 1000 * (1 - erlang_a.abandon_rate(116, 135.0, aht=270, patience=180)) if answered else 1000
        assert impatience.longest_wait(number, 116, 135.0, law, aht=270, share=0.95, answered=answered) == (
            pytest.approx(erlang_a.longest_wait(1000, 116, 135.0, **queue, answered=answered), rel=1e-9)
        )
