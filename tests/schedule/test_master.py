"""Shares of everybody's days: their bound lies below every roster, and what is chosen beside them lies near it."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.schedule import Break, Contract, People, ShiftType, check_roster, rules_of
from wfm.schedule.checkers.roster_checker import hard_only
from wfm.schedule.roster import rosters as building
from wfm.schedule.roster.writing import roster_table
from wfm.schedule.rules import MaxConsecutiveDays, MaxWeekends, MinRest, StartBand
from wfm.schedule.search.compact import fits_compact, solve_compact
from wfm.schedule.search.cover_cost import CoverCost
from wfm.schedule.search.master import Master
from wfm.schedule.search.neighbourhoods import improve
from wfm.schedule.search.pricing import Duty
from wfm.schedule.search.solving import choose_whole, construct, dual_of, own_costs

MONDAY = pd.Timestamp("2026-11-23")
COST = CoverCost(under=10.0, over=1.0, minimum=40.0)
SOFT_REST = MinRest(rest="14h", hard=False, weight=0.7)
RULES = {
    "rest": [MinRest(rest="11h")],
    "rest, softly longer": [MinRest(rest="11h"), SOFT_REST],
    "band": [StartBand(band="1h"), MaxConsecutiveDays(most=3)],
    "soft band": [StartBand(band="1h", hard=False, weight=0.4), MinRest(rest="11h")],
    "weekends": [MaxWeekends(most=1), MinRest(rest="11h")],
}


def never():
    return False


def case(seed, *, people=3, days=3, rules=(), wide=False, breaks=True):
    """A search and its Lagrangian: two queues, breaks, part people, wishes; few shifts or `wide` choice.

    Every other seed states minimums for some hours.
    """
    rng = np.random.default_rng(seed)
    pause = Break(name="rest", length="60min", paid=True, between=("2h", "4h"))
    types = [
        ShiftType(name="day", length="6h", starts="06:00-18:00/60min" if wide else ["06:00"], breaks=[pause] * breaks),
        ShiftType(name="late", length="4h", starts="12:00-20:00/30min" if wide else ["14:00"]),
    ]
    starts = pd.date_range(MONDAY, periods=24 * days, freq="h")
    needed = pd.concat(
        pd.DataFrame({"queue": queue, "start": starts, "agents": rng.integers(0, 3, len(starts)).astype(float)})
        for queue in ("voice", "chat")
    )
    if seed % 2:
        needed["minimum"] = np.minimum(needed["agents"], rng.integers(0, 3, len(needed)))
    names = [f"a{k}" for k in range(people)]
    agents = pd.DataFrame(
        {
            "agent": names,
            "contract": "x",
            "skills": rng.choice(["voice", "voice|chat"], people),
            "counts_as": rng.choice([1.0, 0.5], people),
        }
    )
    wishes = pd.DataFrame(
        {
            "agent": names,
            "start": MONDAY + pd.to_timedelta(rng.integers(0, days, people), unit="D"),
            "kind": "off",
            "weight": rng.uniform(0, 5, people),
        }
    ).assign(end=lambda table: table["start"] + pd.Timedelta(days=1))
    contract = Contract(name="x", min_rest=0, max_consecutive_days=366)
    staff = People(agents=agents, contracts={"x": contract}, wishes=wishes)
    given_ = building._case(needed, staff, rules, types, {}, None, False)
    search = building._search(given_, None, COST, seed)
    search.choices = list(search.choices)
    return given_, search, dual_of(search, given_.carried, COST)


def master_of(search, dual):
    construct(search)
    search.cost = COST
    return Master(dual, search.duties, own_costs(search), search.rng)


def every_week(search, person):
    """All that a person may do: no shift or one of the patterns a day, on each queue, with each break."""
    board, patterns = search.board, search.patterns
    options = [None]
    for pattern in range(patterns.number):
        pauses = patterns.breaks[pattern]
        places = [round(t / search.demand.step) for t in pauses[0]] if pauses else [None]
        options += [
            (pattern, int(queue), () if place is None else (place,))
            for queue in search.queues[person]
            for place in places
        ]
    for chosen in product(options, repeat=search.demand.days):
        yield [
            None if one is None else Duty(day, one[0], one[1], tuple(b + int(board.midnight[day, 0]) for b in one[2]))
            for day, one in enumerate(chosen)
        ]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_no_roster_of_two_people_costs_less_than_the_bound(seed):
    _, search, dual = case(seed, people=2, days=1)
    master = master_of(search, dual)
    master.approach(30, never)
    least = np.inf
    for weeks in product(*(list(every_week(search, person)) for person in range(2))):
        for person, week in enumerate(weeks):
            search.take_out(person)
            search.put_in(person, week)
        least = min(least, search.total())
    assert master.bound <= least + 1e-6
    assert dual.value(np.random.default_rng(seed).uniform(-5, 20, dual.residual.shape)) <= least + 1e-6


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(sorted(RULES)))
def test_shares_and_bound_enclose_the_best_and_draw_together(seed, rules):
    _, search, dual = case(seed, people=4, days=6, rules=RULES[rules], wide=True)
    master = master_of(search, dual)
    master.look()
    first = master.cost - master.bound
    master.approach(40, never)
    assert master.bound <= master.cost + 1e-6
    assert master.cost - master.bound <= first + 1e-6
    assert master.total == pytest.approx(master.cover.sum(axis=0), abs=1e-3)
    assert master.bound <= search.total() + 1e-6


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(sorted(RULES)))
def test_many_people_are_answered_as_one_after_another(seed, rules):
    _, search, dual = case(seed, people=5, days=8, rules=RULES[rules], wide=True)
    rng = np.random.default_rng(seed)
    for tours, persons in dual.alike:
        choices = [search.choices[person] for person in persons]
        cost = np.stack([own.cost - rng.uniform(0, 20, own.cost.shape) for own in choices])
        off = np.stack([own.off for own in choices])
        value, paths = tours.solve_many(cost, off)
        assert value == pytest.approx(tours.least(cost, off))
        for row, path in enumerate(paths.tolist()):
            spent = sum(off[row, d] if p < 0 else cost[row, d, p] for d, p in enumerate(path))
            assert tours.price(path) + spent == pytest.approx(value[row])
            assert tours.solve(cost[row], off[row])[0] == pytest.approx(value[row])


def test_an_answers_cost_is_its_own_cost_less_what_its_cover_earns():
    *_, dual = case(4, people=4, days=5, wide=True)
    paid = dual.paid(np.random.default_rng(4).uniform(-1, 10, dual.residual.shape))
    for tours, persons in dual.alike:
        answers = dual.answers(tours, persons, paid)
        assert answers.own.min() >= -1e-9
        assert answers.value == pytest.approx(answers.own - (answers.cover * paid).sum(axis=(1, 2)))


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_whole_days_chosen_beside_shares_are_lawful_and_no_worse(seed):
    given_, search, dual = case(seed, people=8, days=7, rules=[MinRest(rest="11h"), MaxWeekends(most=1)], wide=True)
    master = master_of(search, dual)
    before = search.total()
    master.approach(10, never)
    cover = master.cover.copy()
    choose_whole(search, master, never)
    assert search.total() <= before + 1e-9
    assert master.bound <= search.total() + 1e-6
    assert np.array_equal(master.cover, cover)
    again = sum(dual.cover_of(person, week) for person, week in enumerate(search.duties))
    assert search.cover == pytest.approx(again)
    table = roster_table(search.duties, given_.people, given_.demand, given_.patterns, search.choices, given_.absences)
    rules = [*rules_of(given_.people.contracts), *given_.rules]
    span = (given_.demand.first, given_.demand.last)
    assert hard_only(check_roster(table, given_.people, rules, given_.patterns.types, span=span, interval=3600)).empty


def test_prices_lie_between_what_a_surplus_and_a_missing_hour_cost():
    for seed, dearest in ((8, COST.under), (9, COST.under + COST.minimum)):
        _, search, dual = case(seed, people=6, days=6, wide=True)
        master = master_of(search, dual)
        master.approach(12, never)
        assert master.prices.min() >= -COST.over
        assert COST.under - 1e-9 <= master.prices.max() <= dearest


def test_a_search_out_of_time_keeps_its_roster():
    _, search, dual = case(5, people=4, days=5, wide=True)
    master = master_of(search, dual)
    before, weeks = search.total(), [list(week) for week in search.duties]
    choose_whole(search, master, lambda: True)
    assert search.duties == weeks
    assert search.total() == pytest.approx(before)


def least_of_all(search, *, people):
    """The cost of the best of all rosters, each tried."""
    least = np.inf
    for weeks in product(*(list(every_week(search, person)) for person in range(people))):
        for person, week in enumerate(weeks):
            search.take_out(person)
            search.put_in(person, week)
        least = min(least, search.total())
    return least


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000).map(lambda seed: 2 * seed + 1))
def test_groups_planned_anew_find_the_least_cost_with_minimums_and_its_bound(seed):
    _, search, dual = case(seed, people=2, days=1, wide=True, breaks=False)
    master_of(search, dual)
    bound = improve(search, never, -np.inf)
    found, least = search.total(), least_of_all(search, people=2)
    assert found == pytest.approx(least)
    assert bound == pytest.approx(least)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_the_programme_of_few_people_finds_the_least_cost_of_all_rosters(seed):
    _, search, dual = case(seed, people=2, days=2, rules=[MinRest(rest="14h")], breaks=False)
    master_of(search, dual)
    assert fits_compact(search)
    bound = solve_compact(search, 20.0, -np.inf)
    found, least = search.total(), least_of_all(search, people=2)
    assert found == pytest.approx(least)
    assert bound == pytest.approx(least)
