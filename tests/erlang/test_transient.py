import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, erlang_c, rational, transient
from wfm.errors import SettingError


def test_the_exponential_is_right_to_twelve_digits():
    for x in (-1e-6, -0.1, -1.0, -7.0, -50.0, -1e4, -1e6):
        assert 2 * (rational.RESIDUES / (x - rational.POLES)).real.sum() == pytest.approx(np.exp(x), abs=5e-13)
    assert 2 * (rational.RESIDUES / rational.POLES).real.sum() == pytest.approx(-1.0, abs=1e-12)


def test_propagation_is_the_matrix_exponential_and_its_mean():
    from scipy.linalg import expm

    rng = np.random.default_rng(0)
    up, down = rng.uniform(0.1, 2, 11), rng.uniform(0.1, 2, 11)
    diagonal = -np.concatenate([up, [0]]) - np.concatenate([[0], down])
    generator = np.diag(diagonal) + np.diag(up, -1) + np.diag(down, 1)
    p = rng.dirichlet(np.ones(12), size=2)
    times = np.array([0.3, 4.0])
    found = rational.propagate(up, diagonal, down, times, p)
    mean = rational.propagate(up, diagonal, down, times, p, average=True)
    for t, start, end, middle in zip(times, p, found, mean, strict=True):
        np.testing.assert_allclose(end, expm(generator * t) @ start, atol=1e-12)
        steps = [expm(generator * t * u) @ start for u in (np.polynomial.legendre.leggauss(20)[0] + 1) / 2]
        np.testing.assert_allclose(middle, np.polynomial.legendre.leggauss(20)[1] / 2 @ steps, atol=1e-12)


def test_reference_days_interval_by_interval(days):
    for day, g in days.groupby("day"):
        interval, patience = float(g.dt_s.iloc[0]), float(g.patience_s.iloc[0])
        found = transient.performance(
            g.lam_actual_per_h.to_numpy() * interval / 3600,
            g.staff.to_numpy(),
            interval=interval,
            aht=float(g.aht_s.iloc[0]),
            patience=patience,
            within=float(g.T_s.iloc[0]),
        )
        for name, column in (
            ("service_level", "exact_sl_offered_T"),
            ("queue_length", "exact_EQ"),
            ("busy", "exact_busy_regular"),
            ("wait_probability", "exact_pdelay"),
            ("abandoned", "exact_abandons"),
        ):
            np.testing.assert_allclose(found[name], g[column], rtol=1e-7, atol=2e-9, err_msg=f"{day} {name}")


def test_a_long_steady_day_is_the_stationary_queue():
    found = transient.performance([100.0] * 40, [12] * 40, interval=1800, aht=180, patience=300, within=20).iloc[-1]
    queue = {"aht": 180, "patience": 300}
    assert found["service_level"] == pytest.approx(erlang_a.service_level(12, 10.0, **queue, within=20), abs=1e-10)
    assert found["abandon_rate"] == pytest.approx(erlang_a.abandon_rate(12, 10.0, **queue), abs=1e-10)
    assert found["occupancy"] == pytest.approx(erlang_a.occupancy(12, 10.0, **queue), abs=1e-10)
    endless = transient.performance([100.0] * 60, [12] * 60, interval=1800, aht=180, within=20).iloc[-1]
    assert endless["service_level"] == pytest.approx(erlang_c.service_level(12, 10.0, aht=180, within=20), abs=1e-8)
    assert endless["abandoned"] == 0.0


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 60), st.integers(0, 16)), min_size=2, max_size=5), st.floats(0, 2500))
def test_cutting_intervals_in_two_changes_nothing(plan, within):
    offered, agents = (np.array(x) for x in zip(*plan, strict=True))
    queue = {"aht": 200.0, "patience": 240.0, "within": within}
    whole = transient.performance(offered, agents, interval=900, **queue)
    halves = transient.performance(np.repeat(offered / 2, 2), np.repeat(agents, 2), interval=450, **queue)
    busy = offered > 0
    joined = halves["service_level"].to_numpy().reshape(-1, 2).mean(axis=1)
    np.testing.assert_allclose(whole["service_level"][busy], joined[busy], atol=1e-6)
    np.testing.assert_allclose(whole["abandoned"], halves["abandoned"].to_numpy().reshape(-1, 2).sum(axis=1), atol=1e-8)
    np.testing.assert_allclose(whole["overtime"].sum(), halves["overtime"].sum(), atol=1e-8)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 90), st.integers(0, 25)), min_size=3, max_size=6))
def test_an_agent_more_all_day_never_hurts(plan):
    offered, agents = (np.array(x) for x in zip(*plan, strict=True))
    queue = {"interval": 1800, "aht": 200.0, "patience": 240.0, "within": 45}
    before, after = (transient.performance(offered, staff, **queue) for staff in (agents, agents + 1))
    met = [(t["service_level"] * t["offered"]).sum() for t in (before, after)]
    assert met[1] >= met[0] - 1e-7
    assert after["abandoned"].sum() <= before["abandoned"].sum() + 1e-7


def test_overload_spills_into_the_next_hours():
    calm = transient.performance([90] * 6, [16] * 6, interval=1800, aht=240, patience=600, within=60)
    spike = transient.performance([90, 300, 90, 90, 90, 90], [16] * 6, interval=1800, aht=240, patience=600, within=60)
    assert spike["service_level"][1] < 0.05
    assert spike["service_level"][2] < calm["service_level"][2] - 0.2
    assert spike["service_level"][5] == pytest.approx(calm["service_level"][5], abs=0.01)


def test_those_who_must_leave_finish_the_contact_in_hand():
    found = transient.performance([200.0, 0.0], [20, 0], interval=1800, aht=240, patience=60, within=20)
    busy = erlang_a.occupancy(20, 200 * 240 / 1800, aht=240, patience=60) * 20
    assert found["overtime"][0] == 0.0
    assert found["overtime"][1] == pytest.approx(busy * 240 / 3600, rel=1e-3)


def test_contacts_are_conserved():
    offered, agents = np.array([50.0, 120, 10, 0, 0, 0]), np.array([8, 9, 5, 4, 4, 4])
    found = transient.performance(offered, agents, interval=1800, aht=300, patience=150, within=30)
    served = (found["busy"] * 1800 / 300).sum() + (found["overtime"] * 3600 / 300).sum()
    assert served + found["abandoned"].sum() == pytest.approx(offered.sum(), abs=1e-6)


def test_a_backlog_at_the_start_delays_the_first_hour():
    empty = transient.performance([30, 30], [5, 5], interval=1800, aht=240, patience=600, within=60)
    queue = transient.performance([30, 30], [5, 5], interval=1800, aht=240, patience=600, within=60, waiting=25)
    assert queue["service_level"][0] < empty["service_level"][0] - 0.1


def test_the_handle_time_may_change_through_the_day():
    found = transient.performance(
        [60] * 20, [14] * 20, interval=1800, aht=[240] * 10 + [360] * 10, patience=200, within=30
    )
    for k, aht in ((9, 240), (19, 360)):
        exact = erlang_a.service_level(14, 60 * aht / 1800, aht=aht, patience=200, within=30)
        assert found["service_level"][k] == pytest.approx(exact, abs=1e-4)


def test_closed_hours_and_empty_shifts_are_ordinary():
    found = transient.performance([0, 20, 0], [0, 0, 3], interval=1800, aht=240, patience=120, within=60)
    assert found["service_level"].tolist()[0] == 1.0
    assert found["service_level"][1] < 0.05
    assert found["occupancy"][0] == 0.0
    assert found["abandoned"].sum() > 15


def test_two_busy_days_of_96_intervals_are_quick():
    import time

    offered = 150 * (1.2 + np.sin(np.arange(96) / 15))
    agents = np.round(offered * 270 / 900 + 4).astype(int)
    began = time.process_time()
    found = transient.performance(offered, agents, interval=900, aht=270, patience=180, within=60)
    assert time.process_time() - began < 1.5  # some 0.2 s on a free machine
    assert ((found["service_level"] >= 0) & (found["service_level"] <= 1)).all()


def test_half_an_agent_is_refused_here():
    with pytest.raises(SettingError, match=r"agents must be whole numbers.*got 2\.5"):
        transient.performance([10.0, 10.0], [3, 2.5], interval=1800, aht=240, within=20)
    with pytest.raises(SettingError, match=r"two lists of one length, got the shapes \(2,\) and \(3,\)"):
        transient.performance([10.0, 10.0], [3, 2, 1], interval=1800, aht=240, within=20)


@pytest.mark.parametrize("patience", [1e8])
def test_near_endless_patience_needs_no_more_than_endless(patience):
    offered, agents = [60.0] * 24, [8] * 24
    found = transient.performance(offered, agents, interval=1800, aht=240, patience=patience, within=60)
    endless = transient.performance(offered, agents, interval=1800, aht=240, within=60)
    np.testing.assert_allclose(found["queue_length"], endless["queue_length"], rtol=1e-3)


def test_endless_patience_outlasts_an_empty_shift():
    found = transient.performance([10, 0, 0], [0, 0, 6], interval=900, aht=240, within=2400)
    assert found["queue_length"][1] == pytest.approx(10.0, abs=1e-9)
    assert found["service_level"][0] > 0.9
    assert transient.performance([10, 0, 0], [0, 0, 6], interval=900, aht=240, within=600)["service_level"][0] == 0.0
