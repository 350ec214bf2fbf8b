"""Shortest paths through the days against every sequence of days there is."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.schedule.lawful.bands import Rest
from wfm.schedule.lawful.best_days import Tours
from wfm.schedule.lawful.memory import memory_of
from wfm.schedule.lawful.paths import Paths
from wfm.schedule.lawful.trackers import Counted, DaysInARow, Limit, PerPeriod, Rested, Successions, Weekends

DAYS, PATTERNS = 5, 2
EVERY = [np.array(path) for path in product(range(-1, PATTERNS), repeat=DAYS)]
HOUR = 3600.0
STARTS, ENDS = np.array([6.0, 14.0]) * HOUR, np.array([14.0, 22.0]) * HOUR


def trackers_of(seed):
    """A few rules, hard and soft, as a number says."""
    rng = np.random.default_rng(seed)
    hard = rng.random(6) < 0.5
    limit = Limit(least=(2.0,), most=4.0, least_hard=bool(hard[0]), most_hard=True, weight=3.0, unit=1.0)
    every = [
        DaysInARow(PATTERNS, DAYS, int(rng.integers(0, 3)), int(rng.integers(2, 4)), bool(hard[1]), 5.0),
        PerPeriod(
            periods=(0,) * DAYS,
            amounts=((8, 8),) * DAYS,
            fresh_day=(True,) * DAYS,
            credits=((0, 0),),
            day_limits=(limit,),
        ),
        Weekends(
            number=(0, -1, -1, 1, 1), before=(), under_way=0, patterns=PATTERNS, most=1, hard=bool(hard[2]), weight=2.0
        ),
        Successions(marks=((1, 2), (2, 1)), before=0, costs=((bool(hard[3]), 4.0), (False, 1.0))),
        Counted(counts=((0, 1),) * DAYS, periods=(0,) * DAYS, before=0, most=2, hard=bool(hard[4]), weight=6.0),
    ]
    return [tracker for tracker, kept in zip(every, rng.random(len(every)) < 0.7, strict=True) if kept]


def walked(trackers, path):
    """What a sequence costs by each tracker's own steps; infinite where one forbids it."""
    total = 0.0
    for tracker in trackers:
        state = tracker.start()
        for day, pattern in enumerate(path):
            feature = None if pattern < 0 else int(tracker.features(day)[pattern])
            step = tracker.step(state, day, feature)
            if step is None:
                return np.inf
            state, total = step[0], total + step[1]
    return total


def costs_of(seed):
    rng = np.random.default_rng(seed)
    cost = rng.integers(-9, 9, (DAYS, PATTERNS)).astype(float)
    cost[rng.random(cost.shape) < 0.15] = np.inf
    return cost, rng.integers(-3, 3, DAYS).astype(float)


def spent(cost, off, path):
    return sum(off[day] if p < 0 else cost[day, p] for day, p in enumerate(path))


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_states_walked_together_price_every_sequence_as_their_trackers_do(seed):
    trackers = trackers_of(seed)
    paths = Paths(memory_of(trackers, DAYS, PATTERNS), PATTERNS)
    for path in EVERY:
        assert paths.price(path) == pytest.approx(walked(trackers, path))


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_best_sequence_is_the_best_of_all(seed):
    trackers, (cost, off) = trackers_of(seed), costs_of(seed)
    paths = Paths(memory_of(trackers, DAYS, PATTERNS), PATTERNS)
    totals = np.array([walked(trackers, path) + spent(cost, off, path) for path in EVERY])
    least, best = paths.solve(cost, off)
    many, days = paths.solve_many(np.stack([cost, cost + 1.0]), np.stack([off, off]))
    assert least == pytest.approx(totals.min())
    assert many[0] == pytest.approx(least)
    assert paths.least(cost[None], off[None])[0] == pytest.approx(least)
    if np.isfinite(least):
        assert walked(trackers, best) + spent(cost, off, best) == pytest.approx(least)
        assert walked(trackers, days[0]) + spent(cost, off, days[0]) == pytest.approx(least)


@given(st.integers(0, 10_000), st.floats(0, 12))
@settings(max_examples=30, deadline=None)
def test_nearly_best_sequences_are_all_of_them(seed, within):
    trackers, (cost, off) = trackers_of(seed), costs_of(seed)
    paths = Paths(memory_of(trackers, DAYS, PATTERNS), PATTERNS)
    totals = np.array([walked(trackers, path) + spent(cost, off, path) for path in EVERY])
    wanted = {
        tuple(p) for p, t in zip(EVERY, totals, strict=True) if t <= totals.min() + within + 1e-9 and np.isfinite(t)
    }
    found = paths.near(cost, off, within, most=len(EVERY) * PATTERNS)
    assert {tuple(path) for path in found} == wanted
    assert len(found) == len(wanted)
    if len(wanted) > 1:
        assert paths.near(cost, off, within, most=1) is None


@given(st.integers(0, 10_000), st.floats(0, 12))
@settings(max_examples=30, deadline=None)
def test_steps_are_those_of_the_nearly_best_sequences(seed, within):
    trackers, (cost, off) = trackers_of(seed), costs_of(seed)
    paths = Paths(memory_of(trackers, DAYS, PATTERNS), PATTERNS)
    totals = np.array([walked(trackers, path) + spent(cost, off, path) for path in EVERY])
    near = {}
    for path, total in zip(EVERY, totals, strict=True):
        for day, pattern in enumerate(path):
            if np.isfinite(total) and total <= totals.min() + within + 1e-9:
                near[day, pattern] = min(near.get((day, pattern), np.inf), total - totals.min())
    steps = paths.steps(cost, off, within)
    found = {}
    for day, pattern, above in zip(steps.day, steps.pattern, steps.above, strict=True):
        found[day, pattern] = min(found.get((day, pattern), np.inf), above)
    assert found == pytest.approx(near)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_rest_among_few_spans_is_the_rest_of_the_general_programme(seed):
    rng = np.random.default_rng(seed)
    trackers, (cost, off) = trackers_of(seed), costs_of(seed)
    rest = Rest(
        hard=float(rng.choice([0.0, 10.0, 12.0])) * HOUR, soft=float(rng.choice([0.0, 17.0])) * HOUR, weight=0.5
    )
    rested = float(rng.choice([-5.0, 9.0, 20.0])) * HOUR
    tours = Tours(starts=STARTS, ends=ENDS, days=DAYS, trackers=trackers, rest=rest, rested=rested)
    alone = Rested(spans=tuple(zip(STARTS, ENDS, strict=True)), rest=rest, before=rested)
    totals = [walked([*trackers, alone], path) + spent(cost, off, path) for path in EVERY]
    assert tours.solve(cost, off)[0] == pytest.approx(min(totals))
    assert tours.least(cost[None], off[None])[0] == pytest.approx(min(totals))
