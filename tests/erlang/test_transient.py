from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, erlang_c, performance, transient
from wfm.erlang.transient import rational
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


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 60), st.integers(0, 16)), min_size=2, max_size=4), st.floats(0, 2500))
def test_cutting_intervals_in_two_changes_nothing(plan, within):
    offered, agents = (np.array(x) for x in zip(*plan, strict=True))
    queue = {"aht": 200.0, "patience": 240.0, "within": within}
    whole = transient.performance(offered, agents, interval=900, **queue)
    halves = transient.performance(np.repeat(offered / 2, 2), np.repeat(agents, 2), interval=450, **queue)
    busy = offered > 0
    joined = halves["service_level"].to_numpy().reshape(-1, 2).mean(axis=1)
    np.testing.assert_allclose(whole["service_level"][busy], joined[busy], atol=1e-9)
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


# --- every definition, chat, and days far from rest -------------------------------------------------------------------


def test_every_definition_agrees_with_the_steady_state():
    law = {"aht": 180, "patience": 300, "within": 20, "short": 8}
    for word in ("lost", "ignored", "met", "answered", "virtual", "credited"):
        found = transient.performance([100.0] * 30, [11] * 30, interval=1800, **law, abandoned=word)
        exact = erlang_a.service_level(11, 10.0, **law, abandoned=word)
        assert found["service_level"].iloc[-1] == pytest.approx(exact, abs=1e-10), word


@pytest.fixture(scope="module")
def reference_days():
    file = Path(__file__).parents[2] / "../shared/oracle/days_dev.csv"
    if not file.exists():
        pytest.skip("the reference days are not beside the project")
    return pd.read_csv(file)


def law_of_day(g: pd.DataFrame) -> dict[str, float]:
    names = {"interval": "dt_s", "aht": "aht_s", "patience": "patience_s", "within": "T_s"}
    return {name: float(g[column].iloc[0]) for name, column in names.items()}


def test_waits_over_in_time_are_those_of_the_reference_days(reference_days):
    for (day, plan), g in reference_days.groupby(["day", "plan"]):
        found = transient.performance(g["lam_actual_per_h"] / 2, g["staff"], **law_of_day(g), abandoned="met")
        np.testing.assert_allclose(found["service_level"], g["exact_wait_le_T"], atol=1e-9, err_msg=f"{day} {plan}")


@pytest.mark.slow
def test_the_exact_plans_beat_those_of_the_peers(reference_days):
    for (day, plan), g in reference_days.groupby(["day", "plan"]):
        offered, law, staff = g["lam_actual_per_h"].to_numpy() / 2, law_of_day(g), g["staff"].to_numpy()

        def service(agents, offered=offered, law=law):
            return float(
                (transient.performance(offered, agents, **law)["service_level"] * offered).sum() / offered.sum()
            )

        if day in ("dev1_bank_150", "dev2_small_night"):
            ours = transient.agents_for(offered, share=0.8, floor=0.5, **law)
            level = transient.performance(offered, ours, **law)["service_level"]
            assert service(ours) >= 0.8 - 1e-12, day
            assert level.min() >= 0.5 - 1e-12, day
            assert ours.sum() < staff.sum(), (day, plan)
        else:
            most = 11 if "dev4" in day else np.inf
            ours = transient.agents_for(offered, agent_hours=staff.sum() / 2, most=most, floor=0.5, **law)
            assert ours.sum() <= staff.sum(), (day, plan)
            assert ours.max() <= most
            assert service(ours) > service(staff) + 0.005, (day, plan)


def test_answered_follows_those_who_wait_over_boundaries_to_their_end():
    law = {"interval": 900, "aht": 300, "patience": 600, "within": 60}
    plan = ([60, 10] + [0] * 10, [4, 4] + [12] * 10)
    answered, lost = (
        transient.performance(*plan, **law, abandoned=word)["service_level"] for word in ("answered", "lost")
    )
    ever = lost / answered
    total = transient.performance(*plan, **law)
    served = (total["busy"].sum() * 900 + 3600 * total["overtime"].sum()) / 300
    assert float(ever[:2] @ [60, 10]) == pytest.approx(served, abs=1e-6)


def test_a_ladder_of_one_level_is_voice_and_chat_at_rest_is_the_steady_chat():
    plan = {"interval": 900, "patience": 120, "within": 60}
    voice = transient.performance([30, 60, 20], [8, 15, 5], aht=240, **plan)
    ladder = transient.performance([30, 60, 20], [8, 15, 5], aht=1, aht_by_concurrency=(240,), **plan)
    np.testing.assert_allclose(voice, ladder, atol=1e-12)
    chat = {"interval": 3600, "patience": 120, "within": 60, "aht_by_concurrency": (300.0, 390.0, 500.0)}
    found = transient.performance([225.0] * 10, [10] * 10, aht=1, **chat).iloc[-1]
    steady = performance(225.0, 10, aht=1, **chat)
    for name in ("service_level", "abandon_rate", "occupancy", "queue_length"):
        assert found[name] == pytest.approx(float(steady[name]), abs=1e-9), name


def test_chats_of_those_who_leave_are_finished_as_overtime():
    ladder = (300.0, 420.0)
    found = transient.performance(
        [300.0, 0, 0, 0], [10, 4, 4, 4], interval=1800, aht=1, patience=60, within=20, aht_by_concurrency=ladder
    )
    assert found["overtime"][1] == pytest.approx(6 * (420 / 2 + 300) / 3600, rel=0.02)  # six with two chats each
    assert found["queue_length"][1] > 0.1  # those who wait do not leave with them


@pytest.mark.parametrize("aht", [300.0, 3600.0])
def test_doors_that_open_on_a_crowd_follow_the_poisson_law(aht):
    rate, dt = 400 / 1800, 1800.0
    found = transient.performance([400.0], [2000], interval=dt, aht=aht, within=20)
    mean = rate * aht * (1 - aht / dt * -np.expm1(-dt / aht))
    assert found["busy"][0] == pytest.approx(mean, abs=1e-9 * mean)
    assert found["service_level"][0] == pytest.approx(1.0, abs=1e-10)


def test_an_empty_shift_with_endless_patience_piles_up_whatever_comes():
    found = transient.performance([300.0, 300.0], [0, 0], interval=1800, aht=240, within=60)
    np.testing.assert_allclose(found["queue_length"], [150.0, 450.0], rtol=1e-9)


def test_adjoint_gains_are_differences_of_full_evaluations():
    from wfm.erlang.transient.counted import Sum, met_and_base
    from wfm.erlang.transient.course import run
    from wfm.erlang.transient.day import open_day
    from wfm.erlang.transient.gains import Counting, account, gains, worth_of

    offered, staff = np.array([30, 60, 90, 40, 20, 0, 10, 25.0]), np.array([6, 9, 12, 8, 3, 0, 2, 4])
    for word, within, patience in (("lost", 60, 180), ("ignored", 400, 300), ("lost", 1000, 240), ("lost", 60, np.inf)):
        day = open_day(offered, interval=900, aht=270, patience=patience).sized(staff + 1)
        met, base = met_and_base(word, within, 10, day.theta)
        sums = (met.plus(base, -0.8), Sum(constant=0.05, hung_up=-1.0))
        counting = Counting(met=met, base=base, sums=sums, scope=np.repeat([0, 1], 4))
        course = run(day, staff)
        known = account(day, counting, course)
        moves = [(1, 10), (2, 11), (3, 7), (4, 4), (7, 3)]
        found = gains(day, counting, course, known, worth_of(day, counting, course), moves)
        for k, (i, s) in enumerate(moves):
            other = staff.copy()
            other[i] = s
            then = account(day, counting, run(day, other))
            change = (then.by_scope(counting) - known.by_scope(counting))[:, counting.scope[i]]
            np.testing.assert_allclose(found.sums[:, k], change, atol=1e-9)
            assert found.level[k] == pytest.approx(then.level[i], abs=1e-9)


def test_agents_for_finds_the_fewest_of_all_small_plans():
    from itertools import product

    law = {"interval": 1800, "aht": 240, "patience": 180, "within": 60}
    for offered, top, share, floor in (([9, 20, 12], (4, 6, 5), 0.8, 0.5), ([4, 30, 2], (3, 8, 3), 0.85, 0.6)):
        volume = np.array(offered)
        best = min(
            sum(plan)
            for plan in product(*(range(1, n + 1) for n in top))
            if (level := transient.performance(offered, plan, **law)["service_level"]).min() >= floor
            and (level * volume).sum() >= share * volume.sum()
        )
        assert transient.agents_for(offered, share=share, floor=floor, **law).sum() == best


def test_no_agent_of_the_exact_plan_can_be_spared():
    offered = 40 * (1.2 + np.sin(np.arange(16) / 3))
    law = {"interval": 1800, "aht": 300, "patience": 180, "within": 60}
    plan = transient.agents_for(offered, share=0.8, floor=0.6, **law)
    again = transient.agents_for(offered, share=0.8, floor=0.6, **law)
    assert plan.tolist() == again.tolist()

    def kept(staff):
        level = transient.performance(offered, staff, **law)["service_level"]
        return (level * offered).sum() >= 0.8 * offered.sum() - 1e-9 and level.min() >= 0.6 - 1e-9

    assert kept(plan)
    assert not any(kept(plan - np.eye(16, dtype=int)[i]) for i in range(16))


def test_days_are_promises_of_their_own_and_hang_ups_may_be_capped():
    offered = np.tile([20.0, 60.0, 40.0], 2)
    law = {"interval": 1800, "aht": 300, "patience": 180, "within": 60}
    plan = transient.agents_for(offered, share=0.8, scope=[0, 0, 0, 1, 1, 1], **law)
    level = transient.performance(offered, plan, **law)["service_level"]
    by_day = (level * offered).groupby([0, 0, 0, 1, 1, 1]).sum() / 120
    assert (by_day >= 0.8 - 1e-12).all()
    few = transient.agents_for(offered, share=0.8, max_abandon=0.03, **law)
    assert transient.performance(offered, few, **law)["abandoned"].sum() <= 0.03 * 240 + 1e-9
    assert few.sum() > plan.sum()


def test_the_same_hours_go_where_they_help_most():
    offered = np.array([20.0, 60.0, 150.0, 60.0, 30.0, 20.0])
    law = {"interval": 1800, "aht": 300, "patience": 180, "within": 60}
    flat = np.full(6, 10)
    plan = transient.agents_for(offered, agent_hours=30, most=14, minimum=2, **law)
    assert plan.sum() == 60
    assert plan.max() <= 14
    assert plan.min() >= 2
    met = [(transient.performance(offered, staff, **law)["service_level"] * offered).sum() for staff in (flat, plan)]
    assert met[1] > met[0] + 5


def test_a_promise_out_of_reach_gives_the_best_within_the_cap():
    law = {"interval": 1800, "aht": 300, "patience": 180, "within": 60}
    plan = transient.agents_for([60.0, 120.0, 60.0], share=0.8, most=11, **law)
    assert plan.tolist() == [11, 11, 11]


def test_wrong_arguments_of_a_plan_are_refused():
    law = {"interval": 1800, "aht": 300, "patience": 180, "within": 60, "share": 0.8}
    with pytest.raises(SettingError, match=r"most must be at least minimum, got 2 < 3 in interval 0"):
        transient.agents_for([60.0], minimum=3, most=2, **law)
    with pytest.raises(SettingError, match=r"scope must hold the number of the scope of each of the 2 intervals"):
        transient.agents_for([60.0, 60.0], scope=[1, 0], **law)
    with pytest.raises(SettingError, match=r"agent_hours must allow the minimum of every interval"):
        transient.agents_for([60.0], minimum=5, agent_hours=1.0, **law)


def test_agents_who_start_take_a_crowd_at_once():
    """Nobody is there at first; whoever comes in the last 20 s of the minute is served when the doors open."""
    found = transient.performance([3, 3], [0, 120], interval=60, aht=300, within=20, waiting=70)
    assert found["service_level"].tolist() == pytest.approx([1 / 3, 1.0], abs=1e-9)
    late = transient.performance([3, 3, 3], [0, 40, 120], interval=15, aht=300, within=20, waiting=70)
    assert late["service_level"].tolist() == pytest.approx([1 / 3, 1.0, 1.0], abs=1e-9)


@pytest.mark.parametrize(("crowd", "agents"), [(250, 10), (300, 20), (60, 4)])
def test_those_far_back_move_up_as_others_hang_up_and_more_agents_start(crowd, agents):
    """Nobody is there for a minute of three patiences; then so many start that take one contact each, and no other."""
    from scipy.stats import binom, poisson

    patience, rate = 20.0, 0.05
    found = transient.performance([3, 3], [0, agents], interval=60, aht=1e13, patience=20, within=60, waiting=crowd)
    node, weight = np.polynomial.legendre.leggauss(40)
    start = 30 * (node + 1)
    came = rate * patience * (np.exp((start - 60) / patience) - np.exp(-3))
    few = np.arange(agents)
    served = [binom.pmf(few, crowd, np.exp(-3)) @ poisson.cdf(agents - 1 - few, mean) for mean in came]
    expected = weight / 2 @ (np.exp((start - 60) / patience) * served)
    assert found["service_level"][0] == pytest.approx(expected, abs=1e-9)


def test_waits_as_long_as_the_handle_time_are_as_exact_as_short_ones():
    offered, agents = np.array([313.4, 326.4, 303.7, 322.3]), np.array([144, 142, 144, 143])
    queue = {"aht": 120, "patience": 300, "within": 120}
    whole = transient.performance(offered, agents, interval=300, **queue)["service_level"]
    halves = transient.performance(np.repeat(offered / 2, 2), np.repeat(agents, 2), interval=150, **queue)
    np.testing.assert_allclose(whole, halves["service_level"].to_numpy().reshape(4, 2).mean(axis=1), atol=2e-10)
