import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.erlang import carried_load, erlang_a, openings, transient

DAY = np.array([60, 90, 150, 240, 330, 360, 340, 300, 310, 330, 320, 280, 220, 150, 100, 70], dtype=float)
LAW = {"width": 1800.0, "aht": 300.0, "patience": 180.0}


def carried(own, slots, *, opens=False, **law):
    first = np.r_[opens, np.zeros(np.shape(own)[-1] - 1, dtype=bool)]
    return carried_load(own, slots, **{**LAW, **law}, opens=first)


def test_an_even_load_with_people_enough_carries_what_it_brings():
    assert carried(np.full(10, 40.0), 60) == pytest.approx(40.0)


def test_the_first_interval_after_an_opening_has_less_work_than_it_brings():
    found = carried(np.full(10, 40.0), 60, opens=True)
    assert found[0] < 36
    assert found[-1] == pytest.approx(40.0, abs=1e-6)


def test_a_peak_leaves_work_to_the_interval_after_it():
    found = carried(np.array([40.0, 60.0, 40.0, 40.0]), 100)
    assert 40.0 < found[2] < 60.0
    assert found[3] == pytest.approx(40.0, abs=0.1)


def test_short_contacts_leave_nothing_behind_when_a_queue_of_patient_people_ends():
    found = carried(
        np.array([1.0, 4.0, 0.001, 0.001]), np.array([2.0, 3.0, 6.0, 6.0]), width=3600.0, aht=30.0, patience=1e6
    )
    assert found[2] >= 0.001
    assert found[3] == pytest.approx(0.001, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 50), st.integers(0, 40)), min_size=1, max_size=8),
    st.floats(10, 3000),
    st.floats(1, 1e7) | st.just(np.inf),
    st.sampled_from([300.0, 1800.0, 3600.0]),
)
def test_no_interval_carries_less_than_nothing(intervals, aht, patience, width):
    own, slots = (np.array(column, dtype=float) for column in zip(*intervals, strict=True))
    found = carried(own, slots, aht=aht, patience=patience, width=width)
    assert np.isfinite(found).all()
    assert (found >= 0).all()


def test_an_overload_settles_to_the_load_itself_where_people_hang_up():
    assert carried(np.full(20, 90.0), 60)[-1] == pytest.approx(90.0, rel=1e-3)


def test_a_queue_that_nobody_leaves_grows_and_outlasts_its_overload():
    own = np.array([40.0, 80.0, 40.0, 40.0, 40.0])
    found = carried(own, 50, patience=np.inf)
    assert found[1:4] == pytest.approx(50.0, abs=3.0)
    assert (found <= 50.0 + 1e-9).all()
    assert erlang_a.service_level(50, found[2], aht=300, patience=np.inf, within=60) < 0.2


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0, 120), min_size=2, max_size=10), st.integers(1, 100), st.integers(1, 20), st.floats(30, 3000)
)
def test_more_people_never_serve_fewer(own, few, more, patience):
    load, law = np.array(own), {"aht": 300, "patience": patience, "within": 60}
    less, better = (erlang_a.service_level(n, carried(load, n, patience=patience), **law) for n in (few, few + more))
    assert (better >= less - 2e-3).all()


def test_who_leaves_busy_takes_the_contact_along():
    own, enough = np.full(3, 40.0), 60
    stays = carried(own, np.array([enough, enough, enough]))
    leaves = carried(own, np.array([enough, 42, 42]))
    assert leaves[1] < stays[1] - 0.2
    assert leaves[0] == stays[0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 120), min_size=2, max_size=10), st.integers(1, 100), st.floats(30, 3000))
def test_every_path_is_followed_by_itself(own, slots, patience):
    one = carried(np.array(own), slots, patience=patience)
    both = carried(np.array([own, own[::-1]]), slots, patience=patience)
    assert both[0] == pytest.approx(one)
    assert (both >= 0).all()


def test_at_the_carried_load_the_formula_is_three_times_as_near_to_the_exact_queue():
    own = DAY * 300 / 1800
    agents = np.ceil(own + 0.2 * np.sqrt(own))
    law = {"aht": 300, "patience": 180, "within": 60}
    exact = transient.performance(DAY, agents, interval=1800, **law)["service_level"].to_numpy()
    found = carried(own, agents, opens=True)
    near = np.abs(erlang_a.service_level(agents, found, **law) - exact)
    far = np.abs(erlang_a.service_level(agents, own, **law) - exact)
    assert (near @ DAY) < (far @ DAY) / 3
    assert near.max() < 0.05


def test_a_queue_opens_after_every_gap_and_at_the_start_of_a_horizon_that_is_not_at_midnight():
    starts = pd.DatetimeIndex(["2026-11-21 00:00", "2026-11-21 01:00", "2026-11-21 08:00", "2026-11-21 09:00"])
    assert openings(starts, np.ones(4)).tolist() == [False, False, True, False]
    assert openings(starts[2:], np.ones(2)).tolist() == [True, False]
    assert openings(starts[:0], np.ones(0)).tolist() == []
