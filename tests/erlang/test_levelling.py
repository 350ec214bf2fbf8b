"""Capacity for work with deadlines: order, crumbs and magnitudes."""

import numpy as np
import pytest

from wfm.erlang.deferred.levelling import Jobs, flattest, served_in_order


def jobs(*pieces: tuple[int, int, float]) -> Jobs:
    first, last, hours = (np.array(column) for column in zip(*pieces, strict=True))
    return Jobs(first=first, last=last, hours=hours.astype(float))


def test_a_full_interval_later_on_hides_no_room_before_it():
    late, in_time, used = served_in_order(jobs((5, 6, 1.0), (0, 9, 1.0)), np.ones(10))
    assert used.tolist() == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    assert in_time.tolist() == [1.0, 1.0]
    assert late.sum() == 0


def test_work_with_the_earlier_deadline_goes_first_and_the_rest_is_late():
    late, in_time, used = served_in_order(jobs((0, 4, 3.0), (0, 2, 2.0), (1, 2, 1.0)), np.ones(6))
    assert in_time.tolist() == [1.0, 2.0, 0.0]  # what is overdue still comes before what is not
    assert late.tolist() == [0, 0, 1, 0, 1, 1]
    assert used.tolist() == [1, 1, 1, 1, 1, 1]


def test_what_no_capacity_takes_is_left_over():
    late, in_time, used = served_in_order(jobs((0, 2, 5.0)), np.array([1.0, 0.5, 0.25]))
    assert in_time.tolist() == [1.5]
    assert late.tolist() == [0.0, 0.0, 0.25]
    assert used.tolist() == [1.0, 0.5, 0.25]


def test_the_flattest_work_fills_the_troughs_like_water():
    beside = np.array([3.0, 1.0, 0.0, 5.0])
    assert flattest(jobs((0, 4, 3.0)), beside) == pytest.approx([0, 1, 2, 0])
    assert flattest(jobs((0, 4, 8.0)), beside) == pytest.approx([1, 3, 4, 0])
    assert flattest(jobs((0, 1, 4.0), (0, 4, 2.0)), beside) == pytest.approx([4, 0.5, 1.5, 0])


def test_crumbs_of_work_need_no_level():
    assert flattest(jobs((0, 3, 1e-12)), np.zeros(4)).max() < 1e-9
    assert flattest(jobs((0, 3, 0.0)), np.zeros(4)).tolist() == [0, 0, 0, 0]
    assert flattest(jobs((0, 2, 0.0), (1, 3, 2.0)), np.zeros(4)) == pytest.approx([0, 1, 1, 0])


@pytest.mark.parametrize("times", [1e-3, 1e3, 1e9])
def test_the_unit_of_work_does_not_matter(times):
    rng = np.random.default_rng(4)
    first = rng.integers(0, 40, 60)
    todo = Jobs(first=first, last=first + rng.integers(1, 9, 60), hours=rng.uniform(0.1, 3, 60))
    beside = rng.uniform(0, 4, 48)
    plain = flattest(todo, beside)
    many = flattest(Jobs(first=first, last=todo.last, hours=todo.hours * times), beside * times)
    np.testing.assert_allclose(many / times, plain, rtol=1e-6, atol=1e-5)
