"""What a day is made of: rates by state with several contacts an agent, who leaves with what, runs, sizes."""

from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
import pytest

from wfm.erlang.transient.day import _highest, _leaving, open_day, states_needed, whole_agents
from wfm.errors import SettingError

LADDER = (300.0, 420.0, 600.0)  # handle time with one, two, three contacts at once
RATES = (0.0, 1 / 300, 2 / 420, 3 / 600)


def chat(**changes):
    return opened([30.0, 60.0, 20.0], **({"aht": 1, "patience": 120, "aht_by_concurrency": LADDER} | changes))


def opened(offered, **changes):
    return open_day(offered, **({"interval": 900, "aht": 200.0, "patience": np.inf} | changes))


def with_states(day, states):
    return replace(day, states=states)


def hands(x: int, agents: int, most: int = 3) -> list[int]:
    """Contacts of each agent, spread as evenly as they can be, the fewest first."""
    spread = [0] * agents
    for _ in range(min(x, most * agents)):
        spread[spread.index(min(spread))] += 1
    return sorted(spread)


# --- rates by state ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agents", [0, 1, 2, 5])
def test_every_agent_finishes_what_he_has_in_hand_and_those_who_wait_hang_up(agents):
    day = chat()
    found = with_states(day, 22).deaths(np.array([1]), np.array([agents]))[0]
    for x in range(22):
        waiting = max(x - 3 * agents, 0)
        expected = sum(RATES[k] for k in hands(x, agents)) + waiting / 120
        assert found[x] == pytest.approx(expected, rel=1e-13), x


def test_a_chain_loses_nothing_and_is_closed_at_the_top():
    day = with_states(chat(), 15)
    up, diagonal, down = day.chain(np.array([0, 1, 2]), np.array([4, 0, 2]))
    np.testing.assert_allclose(up, np.repeat(np.array([30, 60, 20])[:, None] / 900, 14, axis=1))
    assert diagonal.shape == (3, 15)
    out = -diagonal
    np.testing.assert_allclose(out[:, 0], up[:, 0])
    np.testing.assert_allclose(out[:, 1:-1], up[:, 1:] + down[:, :-1])
    np.testing.assert_allclose(out[:, -1], down[:, -1])


def test_the_rates_of_an_interval_are_its_own():
    day = with_states(opened([9.0, 18.0], aht=[200.0, 400.0], patience=np.inf), 8)
    found = day.deaths(np.array([0, 1]), np.array([3, 3]))
    np.testing.assert_allclose(found[0], np.minimum(np.arange(8), 3) / 200)
    np.testing.assert_allclose(found[1], np.minimum(np.arange(8), 3) / 400)
    np.testing.assert_allclose(day.full(np.array([0, 1]), np.array([3, 2])), [3 / 200, 2 / 400])
    assert day.most == 1
    assert day.theta == 0.0
    np.testing.assert_allclose(day.offered, [9.0, 18.0])


# --- who leaves -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "now"), [(5, 3), (5, 0), (2, 1), (4, 4), (3, 6), (1, 0), (0, 0), (0, 2)])
def test_those_with_the_fewest_contacts_leave_first_and_finish_them(before, now):
    day = with_states(chat(), 20)
    taken, moved, overtime = day.taken(before, now), day.moved(before, now), day.overtime(1, before, now)
    finish = np.cumsum([0.0, *(1 / r for r in RATES[1:])])
    for x in range(20):
        leaving = hands(x, before)[: max(before - now, 0)]
        assert taken[x] == sum(leaving), x
        assert moved[x] == x - sum(leaving), x
        assert overtime[x] == pytest.approx(sum(finish[k] for k in leaving), rel=1e-13), x


def test_the_time_to_finish_is_that_of_the_interval_in_which_they_leave():
    day = with_states(opened([9.0, 18.0], aht=[200.0, 400.0]), 8)
    assert day.overtime(0, 3, 1).tolist() == [0.0, 0.0, 200.0, 400.0, 400.0, 400.0, 400.0, 400.0]
    assert day.overtime(1, 3, 1).tolist() == [0.0, 0.0, 400.0, 800.0, 800.0, 800.0, 800.0, 800.0]
    assert day.overtime(1, 3, 3).tolist() == [0.0] * 8
    assert day.overtime(1, 3, 4).tolist() == [0.0] * 8


# --- runs, starts -----------------------------------------------------------------------------------------------------


def test_a_run_ends_where_the_next_begins():
    first = [False, False, True, False, True]
    day = opened([1.0] * 5, begins=first)
    assert day.last.tolist() == [1, 1, 3, 3, 4]
    assert [day.begins(i) for i in range(5)] == [True, False, True, False, True]
    assert first == [False, False, True, False, True]
    marked = np.array([True, False, False])
    assert opened([1.0] * 3, begins=marked).last.tolist() == [2, 2, 2]
    assert marked.tolist() == [True, False, False]
    assert opened([1.0] * 3).last.tolist() == [2, 2, 2]
    assert opened([]).last.tolist() == []
    assert opened([7.0], begins=[False]).last.tolist() == [0]


@pytest.mark.parametrize("waiting", [0.0, 3.0, 4.25])
def test_the_start_has_the_mean_that_was_given(waiting):
    p = with_states(chat(waiting=waiting), 12).start()
    assert p.sum() == pytest.approx(1.0)
    assert p @ np.arange(12) == pytest.approx(waiting)
    assert np.count_nonzero(p) == (1 if waiting == int(waiting) else 2)


def test_one_handle_time_serves_several_at_once_each_as_fast():
    day = opened([10.0], concurrency=3)
    np.testing.assert_allclose(day.done, [[0, 1 / 200, 2 / 200, 3 / 200]])
    assert day.most == 3
    ladder = chat()
    np.testing.assert_allclose(ladder.done, np.tile(RATES, (3, 1)))


# --- sizes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agents", [1, 2, 5])
def test_between_whole_contacts_the_fluid_takes_the_line_between_their_rates(agents):
    done = list(RATES)
    for x in range(3 * agents):
        expected = sum(RATES[k] for k in hands(x, agents))
        after = sum(RATES[k] for k in hands(x + 1, agents))
        assert _leaving(float(x), agents, done) == pytest.approx(expected, rel=1e-12)
        assert _leaving(x + 0.25, agents, done) == pytest.approx(0.75 * expected + 0.25 * after, rel=1e-12)


def test_the_highest_mean_is_that_of_the_fluid_course():
    busy = opened([0.0, 200.0, 0.0], aht=300, patience=np.inf)
    staff = np.array([0, 600, 600])
    peak = 200 / 900 * 300 * (1 - np.exp(-3))  # of an endless line that was empty
    assert _highest(busy, staff) == pytest.approx(600.0)  # places count too
    alone = opened([200.0], aht=300, patience=300.0)
    assert _highest(alone, np.array([0])) == pytest.approx(peak, rel=0.02)
    assert _highest(alone, np.array([20])) == pytest.approx(
        20 + _excess(20, 200 / 900, 300.0), rel=0.02
    )  # 20 served, the others on patience


def _excess(agents: int, rate: float, hold: float) -> float:
    """Queue of the fluid after 900 s with equal handle time and patience, above the agents."""
    return rate * hold * (1 - np.exp(-900 / hold)) - agents


def test_the_fluid_starts_with_those_who_wait_and_empties_between_runs():
    plan = {"aht": 300}
    assert _highest(opened([90.0], waiting=50, **plan), np.array([0])) == pytest.approx(140, rel=1e-9)
    day = opened([90.0, 90.0], **plan)
    assert _highest(day, np.array([0, 0])) == pytest.approx(180, rel=1e-9)
    assert _highest(day_with_runs(plan), np.array([0, 0])) == pytest.approx(90, rel=1e-9)


def day_with_runs(plan):
    return opened([90.0, 90.0], begins=[True, True], **plan)


@pytest.mark.parametrize(
    ("offered", "staff", "aht", "patience"),
    [(40.0, 12, 240.0, 180.0), (40.0, 2, 240.0, 600.0), (400.0, 90, 200.0, 60.0), (3.0, 4, 300.0, 100.0)],
)
def test_the_states_hold_the_queue_in_its_steady_state(offered, staff, aht, patience):
    """No more than one in 1e13 lies beyond them; and not many more than that takes."""
    day = opened([offered] * 40, aht=aht, patience=patience)
    states = states_needed(day, np.full(40, staff))
    x = np.arange(1, 4 * states)
    weights = np.cumsum(
        np.log(offered / 900) - np.log(np.minimum(x, staff) / aht + np.maximum(x - staff, 0) / patience)
    )
    p = np.exp(np.append(0.0, weights) - weights.max())
    beyond = p[::-1].cumsum()[::-1] / p.sum()
    assert beyond[states] < 1e-13
    needed = int(np.flatnonzero(beyond > 1e-13)[-1])
    assert states < 2.2 * needed + 60


def test_states_grow_with_those_who_wait_at_first_and_need_not_be_found_twice():
    day = opened([20.0, 20.0], aht=300, patience=200.0)
    staff = np.array([8, 8])
    sized = day.sized(staff)
    assert sized.states >= states_needed(day, staff)
    assert sized.sized(staff) is sized
    exact = with_states(day, states_needed(day, staff))
    assert exact.sized(staff) is exact
    assert with_states(day, states_needed(day, staff) - 1).sized(staff).states > exact.states
    crowd = opened([20.0, 20.0], aht=300, patience=200.0, waiting=500)
    assert states_needed(crowd, staff) > states_needed(day, staff) + 450
    assert states_needed(opened([0.0], aht=300), np.array([0])) > 20  # a day on which nothing happens
    assert states_needed(opened([], aht=300), np.array([], dtype=np.int64)) > 20


def test_sizes_are_eight_deviations_above_the_highest_mean():
    few = opened([9.0], aht=300.0, patience=50.0)
    peak = _highest(few, np.array([6]))
    assert peak == 6.0
    assert states_needed(few, np.array([6])) == int(6 + 8 * np.sqrt(16) + 25) + 2
    nobody = np.array([0, 0])
    for patience, spread in (
        (36_000.0, 2 * 1000),  # twice all who come
        (1200.0, 600 / 900 * 1200),  # the queue that patience holds
        (np.inf, min(2 * 1000, 4 * 600)),
    ):
        day = opened([600.0, 400.0], aht=300.0, patience=patience)
        peak = _highest(day, nobody)
        expected = peak + max(8 * np.sqrt(peak + 10) + 25, 8 * np.sqrt(spread))
        assert states_needed(day, nobody) == int(expected) + 2, patience
    long = opened([60.0] * 30, aht=300.0)  # without hang-ups four intervals of the busiest count
    staff = np.full(30, 25)
    assert states_needed(long, staff) == int(25 + max(8 * np.sqrt(35) + 25, 8 * np.sqrt(4 * 60))) + 2


@pytest.mark.parametrize("waiting", [37, 120, 500, 990])
def test_those_who_wait_at_first_count_with_a_state_to_spare(waiting):
    day, staff = opened([2.0], patience=100.0, waiting=waiting), np.array([3])
    peak = waiting + 1
    assert states_needed(day, staff) == int(peak + 8 * np.sqrt(peak + 10) + 25) + 2
    assert day.states == 0  # not sized yet
    assert day.sized(staff).states == int(1.02 * states_needed(day, staff)) + 4


@pytest.mark.parametrize("agents", [5, 17, 55, 130, 470, 1000])
def test_a_day_of_few_contacts_has_the_states_of_its_places(agents):
    day = opened([1.0], patience=100.0)
    assert states_needed(day, np.array([agents])) == int(agents + 8 * np.sqrt(agents + 10) + 25) + 2


def test_the_fluid_is_followed_in_steps_short_enough_for_the_fastest_rate():
    quick = opened([90.0], interval=1800, aht=10.0, patience=10.0)
    assert _highest(quick, np.array([0])) == pytest.approx(0.5, rel=1e-9)
    hasty = opened([90.0], interval=1800, aht=10.0, patience=600.0)
    assert _highest(hasty, np.array([1])) == pytest.approx(1.0)  # its one agent; the load is a half
    slow = opened([90.0], interval=1800, aht=600.0, patience=10.0)
    assert _highest(slow, np.array([0])) == pytest.approx(0.5, rel=1e-9)


def test_a_crowded_chat_holds_what_patience_holds_beyond_full_hands():
    day = chat(patience=120)
    staff = np.array([1, 1, 1])
    assert _highest(day, staff) == pytest.approx(3 + (60 / 900 - RATES[3]) * 120, rel=1e-3)
    slack = opened([3.0] * 8, aht=1, patience=120, aht_by_concurrency=LADDER, waiting=2)
    assert _highest(slack, np.full(8, 4)) == 12.0
    assert "memory" not in repr(day)


# --- what is refused --------------------------------------------------------------------------------------------------


def test_what_is_no_day_is_refused_by_name():
    for name, wrong in (
        ("offered", {"offered": [-1.0]}),
        ("aht", {"offered": [1.0], "aht": 0.0}),
        ("interval", {"offered": [1.0], "interval": 0}),
        ("patience", {"offered": [1.0], "patience": -5}),
        ("waiting", {"offered": [1.0], "waiting": -1}),
        ("concurrency", {"offered": [1.0], "concurrency": 1.5}),
        ("concurrency", {"offered": [1.0], "concurrency": 0}),
    ):
        with pytest.raises(SettingError, match=f"^{name} must") as refused:
            opened(**({"offered": [1.0]} | wrong))
        assert refused.value.name == name
    with pytest.raises(SettingError, match=r"offered must be one list, got the shape \(1, 2\)"):
        opened([[1.0, 2.0]])


def test_agents_are_whole_and_as_many_as_intervals():
    assert whole_agents([3.0, 2.0], 2).tolist() == [3, 2]
    assert whole_agents(3, 1).dtype == np.int64
    for wrong in ([3.5, 2.0], [1.0], [-1.0, 2.0]):
        with pytest.raises(SettingError, match="agents") as refused:
            whole_agents(wrong, 2)
        assert refused.value.name == "agents"


def test_hands_of_this_file_are_as_even_as_they_can_be():
    """The yardstick of the tests above, against all ways to spread contacts."""
    for agents, x in ((3, 4), (4, 7), (2, 5)):
        ways = [w for w in combinations_with_replacement(range(4), agents) if sum(w) == x]
        assert hands(x, agents) == list(min(ways, key=lambda w: sum(k * k for k in w)))
