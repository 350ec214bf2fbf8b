"""The cheapest chain of stretches: never above the best, and the best itself where no other rule binds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from few_shift_weeks import demands, model
from wfm.schedule.cover.ahead import HANDED_ON, MOST_WORTH, Ahead, worth_at_least
from wfm.schedule.cover.changes import changes_of
from wfm.schedule.cover.ring import Ring
from wfm.schedule.cover.stretches import Around, cuts_of
from wfm.schedule.cover.ways import TooManyWaysError, begun, passage, splits
from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.solver import whole

DAYS = [2, 3, 1, 4, 6, 2, 5, 3, 4, 1, 2, 2] * 2 + [1, 4, 2, 5, 3, 3, 6, 2, 2, 4, 1, 3] * 2


def best_cost(program):
    return program.objective(whole(program, seconds=60, gap=1e-7).values)


def ring_of(agents, **costs):
    candidates, program, _ = model(agents, **costs)
    changes = changes_of(program, candidates)
    return Ring.of(changes, np.zeros(len(changes.tail)))


@settings(max_examples=4, deadline=None)
@given(demands, st.booleans(), st.booleans(), st.sampled_from([0.0, 0.5]), st.sampled_from([0.5, 2.0, 3.0, 8.0]))
def test_the_bound_holds_and_nothing_gets_dearer(agents, cyclic, hard, over, shift):
    candidates, program, first = model(agents, cyclic=cyclic, hard=hard, over=over, shift=shift)
    around = Around.of(program, candidates, program.objective(first), Clock.of(60))
    if around is None:
        return
    found = around.search(first, Clock.of(5))
    best = best_cost(program)
    assert program.holds(found)
    assert around.bound <= best + 1e-6
    assert best - 1e-6 <= program.objective(found) <= program.objective(first) + 1e-9


@pytest.mark.parametrize("hard", [True, False])
def test_four_days_are_solved_to_the_proven_best(hard):
    candidates, program, first = model(DAYS, hard=hard)
    around = Around.of(program, candidates, program.objective(first), Clock.of(60))
    found = around.search(first, Clock.of(60))
    assert around.closed()
    assert program.objective(found) == pytest.approx(best_cost(program))
    assert around.bound == pytest.approx(program.objective(found))


def test_where_the_average_length_binds_the_bound_still_holds():
    candidates, program, first = model(DAYS, least_average=8.5 * 3600)
    around = Around.of(program, candidates, program.objective(first), Clock.of(60))
    around.search(first, Clock.of(60))
    below = around.bound
    around.search(first, Clock.of(60))  # the proof that none at that cost keeps the average is not counted twice
    assert below == around.bound <= best_cost(program) + 1e-6


def test_with_little_time_or_few_ways_the_bound_is_lower_and_grows(monkeypatch):
    candidates, program, first = model(DAYS)
    around = Around.of(program, candidates, program.objective(first), Clock.of(60))
    around.search(first, Clock.of(-1.0))
    assert around.bound == -np.inf
    monkeypatch.setattr("wfm.schedule.cover.stretches.MOST_AT_FIRST", 20)
    monkeypatch.setattr("wfm.schedule.cover.stretches.MOST_WAYS", 60)
    around.search(first, Clock.of(60))
    low = around.bound
    monkeypatch.undo()
    around.search(first, Clock.of(60))
    assert low < around.bound <= best_cost(program) + 1e-6


def test_people_too_many_over_a_cut_are_paid_once():
    """Soft cover of an uneven ring, where the best is dear and has three people too many at the narrowest place."""
    agents = [3, 3, 0, 2, 0, 0, 2, 1, 0, 0, 1, 3, 0, 3, 1, 2, 3, 2, 1, 2, 2, 3, 2, 1]
    candidates, program, first = model(agents, hard=False, shift=3.0, over=0.5)
    around = Around.of(program, candidates, program.objective(first), Clock.of(60))
    around.search(first, Clock.of(20))
    assert around.bound <= best_cost(program) + 1e-6


def test_cuts_lie_about_a_day_apart_where_few_are_on_duty():
    agents = [0, 0, 0, 3, 4, 5, 4, 3, 2, 2, 0, 0] * 3
    ring = ring_of(agents)
    cuts = cuts_of(ring, 12)
    assert np.diff(cuts).tolist() == [12, 12]
    assert all(ring.need[cut - 1] == 0 for cut in cuts)


def test_a_passage_lists_every_way_through_a_day():
    """Two people from six to two by the eight-hour shift, or by dearer ways."""
    ring = ring_of([0, 0, 0, 2, 2, 2, 2, 0, 0, 0, 0, 0])
    assert ring.need.tolist() == [0, 0, 0, 2, 2, 2, 2, 0, 0, 0, 0, 0]
    ahead = Ahead(ring, 2, 14, worth_at_least(ring))
    found = passage(ahead, begun(ahead, 1.0, 1000), most=1.0, at_most=1000, clock=Clock.of(60))
    assert found.last.cost.min() == 1.0
    dearer = passage(ahead, begun(ahead, 4.0, 1000), most=4.0, at_most=1000, clock=Clock.of(60))
    assert len(dearer.last) > len(found.last)
    assert dearer.within(1.0).last.cost.max() <= 1.0
    with pytest.raises(TooManyWaysError):
        passage(ahead, begun(ahead, 4.0, 1000), most=4.0, at_most=3, clock=Clock.of(60))
    with pytest.raises(TooManyWaysError):
        passage(ahead, begun(ahead, 1.0, 1000), most=1.0, at_most=1000, clock=Clock.of(-1))


def test_a_rise_whose_people_are_all_on_duty_keeps_its_worth():
    ring = ring_of([0, 0, 0, 2, 2, 2, 2, 0, 0, 0, 0, 0])
    ahead = Ahead(ring, 2, 14, worth_at_least(ring))
    assert ahead.worth[[3, 7]].tolist() == [0.5, 0.5]
    assert ahead.of(3, 3, 3)[:4].round(3).tolist() == [0.0, 0.667, 0.5, 0.667]
    assert ahead.handed_on(3, 3).round(3).tolist() == [0.0, 0.333, 0.5, 0.333]
    assert ahead.lowest <= 1.0


def test_those_handed_on_are_charged_for_once_and_credited_once():
    """A stretch that ends in the middle of the two people's shift, and the one that begins there."""
    ring = ring_of([0, 0, 0, 2, 2, 2, 2, 0, 0, 0, 0, 0])
    before, after = (Ahead(ring, *ends, worth_at_least(ring)) for ends in ((2, 5), (5, 14)))
    charged = passage(before, begun(before, 2.0, 1000), most=2.0, at_most=1000, clock=Clock.of(60)).last
    credited = begun(after, 2.0, 1000)
    own = int(np.flatnonzero(credited.key == charged.key[charged.cost.argmin()])[0])
    assert charged.cost.min() == -credited.cost[own] == 0.5


def test_two_that_an_arc_joins_and_people_handed_on_are_worth_an_arc_at_most():
    assert 0 < 2 * MOST_WORTH - HANDED_ON <= 1.0 + 1e-12


def test_splits_are_all_ways_worth_no_more_than_there_is_room_for():
    one = np.array([0.0, 1.0, 1.0])
    assert sorted(splits(2, [one, one], 2.0, 100).tolist()) == [[0, 2], [1, 1], [2, 0]]
    assert sorted(splits(2, [one, one], 1.0, 100).tolist()) == [[0, 2], [2, 0]]
    assert len(splits(1, [], 2.0, 100)) == 0
    with pytest.raises(TooManyWaysError):
        splits(9, [np.ones(10)] * 9, 9.0, 2)
