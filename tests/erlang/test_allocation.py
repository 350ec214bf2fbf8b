import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import erlang_a, erlang_c
from wfm.erlang.staffing.allocation import Criterion, allocate, rank_agents
from wfm.errors import SettingError


def s_curve(top: float, middle: float, width: int = 12) -> np.ndarray:
    return top / (1 + np.exp(-1.1 * (np.arange(width) - middle)))


def test_the_first_agents_go_where_they_help_most():
    curve = np.array([[0.0, 10, 15, 16], [0.0, 6, 11, 15]])
    ranking = rank_agents(curve, np.ones(2), np.zeros(2, dtype=int), np.array([3, 3]))
    assert [ranking.agents(np.array([k]), np.zeros(2, dtype=int)).tolist() for k in range(7)] == [
        [0, 0],
        [1, 0],
        [1, 1],
        [2, 1],
        [2, 2],
        [2, 3],
        [3, 3],
    ]


def test_a_slow_start_is_taken_as_a_whole():
    curve = np.array([[0.0, 0, 30, 31], [0.0, 9, 12, 13]])
    ranking = rank_agents(curve, np.ones(2), np.zeros(2, dtype=int), np.array([3, 3]))
    assert ranking.agents(np.array([2]), np.zeros(2, dtype=int)).tolist() == [2, 0]


def test_long_intervals_are_dearer():
    curve = np.array([[0.0, 10], [0.0, 9]])
    ranking = rank_agents(curve, np.array([1.0, 0.5]), np.zeros(2, dtype=int), np.array([1, 1]))
    assert ranking.agents(np.array([1]), np.zeros(2, dtype=int)).tolist() == [0, 1]


def test_scopes_do_not_help_each_other():
    curve = np.array([[0.0, 10, 20], [0.0, 1, 2]])
    scope = np.array([0, 1])
    plan = allocate([Criterion(curve=curve, need=np.array([10.0, 2.0]))], np.ones(2), scope, np.array([2, 2]))
    assert plan.tolist() == [1, 2]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.5, 50), st.floats(0, 8), st.floats(0.5, 50), st.floats(0, 8)), min_size=1, max_size=6
    ),
    st.floats(0.2, 0.95),
    st.floats(0.2, 0.95),
)
def test_every_criterion_is_met_and_no_agent_could_be_spared(intervals, first_share, second_share):
    first = np.array([s_curve(top, middle) for top, middle, _, _ in intervals])
    second = np.array([s_curve(top, middle) for _, _, top, middle in intervals])
    criteria = [
        Criterion(curve=curve, need=np.array([share * curve[:, -1].sum()]))
        for curve, share in ((first, first_share), (second, second_share))
    ]
    count, rows = len(intervals), np.arange(len(intervals))
    plan = allocate(criteria, np.ones(count), np.zeros(count, dtype=int), np.full(count, 11))
    spare = [c.curve[rows, plan].sum() - c.need[0] for c in criteria]
    assert min(spare) >= -1e-9
    for i in np.flatnonzero(plan):
        lost = [c.curve[i, plan[i]] - c.curve[i, plan[i] - 1] for c in criteria]
        assert any(x > have for x, have in zip(lost, spare, strict=True))


def test_one_criterion_is_met_within_one_agent_of_the_best():
    rng = np.random.default_rng(5)
    for _ in range(20):
        curve = np.array([s_curve(rng.uniform(1, 9), rng.uniform(0, 4), 5) for _ in range(4)])
        need = 0.8 * curve[:, -1].sum()
        plan = allocate(
            [Criterion(curve=curve, need=np.array([need]))], np.ones(4), np.zeros(4, dtype=int), np.full(4, 4)
        )
        grid = np.stack(np.meshgrid(*[np.arange(5)] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
        met = curve[np.arange(4), grid].sum(axis=1)
        assert plan.sum() <= grid[met >= need - 1e-12].sum(axis=1).min() + 1


def test_low_promises_let_agents_carry_many_times_their_number():
    load = np.random.default_rng(2).uniform(0, 90, 8_000)
    queue = {"aht": 240.0, "patience": 60.0, "within": 120, "share": 0.15}
    found = erlang_a.agents_for(load, **queue)
    assert (found <= np.ceil(load / 3)).all()
    np.testing.assert_array_equal(found[:200], [erlang_a.agents_for(a, **queue) for a in load[:200]])
    all_may_go = erlang_a.agents_for(load, aht=240, patience=60, max_abandon=1.0)
    assert (all_may_go == np.where(load > 0, 1, 0)).all()


def test_a_target_that_no_number_keeps_is_said():
    with pytest.raises(SettingError, match=r"no number of agents keeps this target"):
        erlang_c.agents_for(100.0, aht=240, max_occupancy=1e-9)
