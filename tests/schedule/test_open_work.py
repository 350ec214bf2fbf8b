"""Whole people on queues, slot by slot: those who wait now first, then the work that is due next."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.schedule.design.open_work import OpenWork, people_by_queue

START = pd.Timestamp("2026-11-23 08:00")
HOUR = 3600


def work(*pieces, queues, slots):
    """Pieces (queue, first slot, the one behind the last, hours) on slots of an hour."""
    rows = [(queue, START + first * HOUR * s, START + last * HOUR * s, hours) for queue, first, last, hours in pieces]
    table = pd.DataFrame(rows, columns=["queue", "start", "end", "hours"])
    return OpenWork.of(table, queues, START, HOUR, slots)


s = pd.Timedelta(seconds=1)


def test_what_is_due_first_is_done_first_whatever_a_queue_got_before():
    pieces = [("mail", 0, 4, 2.0), ("offer", 2, 3, 0.5), ("offer", 0, 4, 1.0)]
    todo = work(*pieces, queues=["mail", "offer"], slots=4)
    required = np.array([[0.5] * 4, [0.5] * 4])
    found = people_by_queue(required, np.ones(4, dtype=int), np.array([True, True]), 2.0, todo)
    assert found[1, 2] == 1  # nobody on the offer in this hour would be late, whatever was done of it before
    assert found[0].sum() >= 2


def test_work_that_would_be_late_comes_before_the_part_of_a_person_on_a_line():
    todo = work(("mail", 1, 2, 0.4), queues=["voice", "mail"], slots=3)
    required = np.array([[2.6, 2.6, 2.6], [0.0, 0.4, 0.0]])
    found = people_by_queue(required, np.full(3, 3), np.array([False, True]), 2.0, todo)
    assert found.tolist() == [[3, 2, 3], [0, 1, 0]]


def test_a_line_keeps_the_whole_people_that_it_asks_for():
    todo = work(("mail", 0, 1, 5.0), queues=["voice", "mail"], slots=1)
    found = people_by_queue(np.array([[3.0], [2.0]]), np.array([4]), np.array([False, True]), 2.0, todo)
    assert found[:, 0].tolist() == [3, 1]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.integers(1, 6), st.integers(1, 3)),
        min_size=1,
        max_size=6,
    )
)
def test_whoever_is_there_is_on_one_queue_and_all_work_is_in_time_where_people_suffice(pieces):
    """Whole hours of work and as many people as all of it in every slot: nothing of it may be late."""
    pieces = [(queue, first, min(6, first + length), float(hours)) for queue, first, length, hours in pieces]
    todo = work(*pieces, queues=["a", "b"], slots=6)
    people = np.full(6, int(sum(piece[3] for piece in pieces)))
    found = people_by_queue(np.zeros((2, 6)), people, np.array([True, True]), 2.0, todo)
    assert (found.sum(axis=0) == people).all()
    assert todo.left[: len(pieces)].max() < 1e-6
