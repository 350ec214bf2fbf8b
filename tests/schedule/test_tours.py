"""The dynamic programme against enumeration, and its rules against the rules' own text."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.calendars import Calendar
from wfm.schedule import Contract, People, ShiftType
from wfm.schedule.lawful.absences import absence_rows
from wfm.schedule.lawful.lawful_tours import lawful_tours
from wfm.schedule.lawful.options import choices_of, patterns_of
from wfm.schedule.roster.writing import roster_table
from wfm.schedule.rules import (
    DaysPerWeek,
    ForbiddenSuccession,
    HoursPerWeek,
    MaxConsecutiveDays,
    MaxNights,
    MaxWeekends,
    MinRest,
    StartBand,
    all_rules,
)
from wfm.schedule.rules.rule import joined
from wfm.schedule.search.measure import hours_beyond
from wfm.schedule.search.pricing import Duty
from wfm.schedule.shifts.demand import read_demand

TYPES = [
    ShiftType(name="early", length="8h", starts=["06:00", "08:00"]),
    ShiftType(name="late", length="6h", starts="15:00"),
    ShiftType(name="night", length="8h", starts="22:00"),
]
FRIDAY = pd.Timestamp("2026-11-20")
DAYS = 4


def case(rules, previous=None, number=1):
    needed = pd.DataFrame({"queue": "voice", "start": pd.date_range(FRIDAY, periods=24 * DAYS, freq="h"), "agents": 1})
    people = People(
        agents=pd.DataFrame({"agent": [f"a{k:02d}" for k in range(number)], "contract": "x"}),
        contracts={"x": Contract(name="x", min_rest=0, max_consecutive_days=366)},
        calendar=Calendar(week_start="mon"),
        previous=None if previous is None else pd.concat([previous.assign(agent=f"a{k:02d}") for k in range(number)]),
    )
    demand = read_demand(needed, TYPES)
    patterns = patterns_of(TYPES, demand, {})
    every = all_rules(rules, people.contracts)
    absences = absence_rows(people, demand.first, demand.last)
    choices = choices_of(people, demand, patterns, every, absences)
    lawful = lawful_tours(people, demand, patterns, every, choices, absences, hour_cost=1.0)
    return people, demand, patterns, every, choices, absences, lawful.tours[0]


def alone(people, agent):
    return People(
        agents=people.agents[people.agents["agent"] == agent],
        contracts=people.contracts,
        calendar=people.calendar,
        previous=people.previous,
    )


RULES = {
    "rest": [MinRest(rest="11h")],
    "soft rest": [MinRest(rest="8h"), MinRest(rest="14h", hard=False, weight=2.0)],
    "days in a row": [MaxConsecutiveDays(most=2)],
    "soft days in a row": [MaxConsecutiveDays(most=2, hard=False, weight=3.0)],
    "hours": [HoursPerWeek(least=20, most=24, weight=2.0), DaysPerWeek(least=2, most=3, weight=5.0)],
    "hard least": [HoursPerWeek(least=14, most=30, least_hard=True)],
    "soft most": [HoursPerWeek(least=0, most=16, hard=False, weight=1.5)],
    "band": [StartBand(band="1h")],
    "soft band": [StartBand(band="1h", hard=False, weight=0.7)],
    "weekends": [MaxWeekends(most=0, hard=False, weight=4.0)],
    "succession": [ForbiddenSuccession(first="night", then=("early", "late"))],
    "soft succession": [ForbiddenSuccession(first="late", then="early", hard=False, weight=2.5)],
    "nights": [MaxNights(most=1)],
    "soft nights": [MaxNights(most=0, hard=False, weight=1.25)],
    "many": [
        MinRest(rest="11h"),
        MaxConsecutiveDays(most=3),
        HoursPerWeek(least=16, most=24, weight=2.0),
        StartBand(band="2h"),
        MaxNights(most=1, per="roster"),
    ],
}
RANGED = ("hours", "hard least", "soft most", "many")
LAST_WEEK = pd.DataFrame(
    {
        "start": FRIDAY - pd.to_timedelta([34, 3], unit="h"),
        "end": FRIDAY + pd.to_timedelta([-26, 5], unit="h"),
        "activity": "work",
        "paid": True,
        "shift": ["late", "night"],
        "queue": "voice",
    }
)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("previous", [None, LAST_WEEK], ids=["fresh", "after last week"])
def test_the_solver_forbids_and_prices_what_the_text_of_the_rule_does(name, previous):
    people, demand, patterns, rules, choices, absences, tours = case(RULES[name], previous, number=24)
    paths = np.random.default_rng(7).integers(-1, patterns.number, (24, DAYS)).tolist()
    weeks = [[None if p < 0 else Duty(d, p, 0, ()) for d, p in enumerate(path)] for path in paths]
    table = roster_table(weeks, people, demand, patterns, choices, absences)
    span = (demand.first, demand.last)
    found = joined([rule.violations(table, people, span) for rule in rules])
    hard = set(found.loc[found["hard"].astype(bool), "agent"])
    assert len(hard) < 24
    cost = found.groupby("agent")["cost"].sum()
    for agent, path in zip(people.names, paths, strict=True):
        beyond = (
            hours_beyond(table[table["agent"] == agent], alone(people, agent), rules, span) if name in RANGED else 0.0
        )
        told = np.inf if agent in hard else pytest.approx(float(cost.get(agent, 0.0)) + beyond, abs=1e-6)
        assert tours.price(path) == told, (path, found[found["agent"] == agent])


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(sorted(RULES)), st.integers(0, 10_000), st.booleans())
def test_the_dynamic_programme_finds_what_enumeration_finds(name, seed, after):
    *_, patterns, _, _, _, tours = case(RULES[name], LAST_WEEK if after else None)
    rng = np.random.default_rng(seed)
    cost, off = rng.normal(size=(DAYS, patterns.number)) * 5, rng.normal(size=DAYS)
    cost[rng.random(cost.shape) < 0.2] = np.inf

    def total(path):
        return tours.price(path) + sum(off[d] if p < 0 else cost[d, p] for d, p in enumerate(path))

    best = min(total(path) for path in product(range(-1, patterns.number), repeat=DAYS))
    found, path = tours.solve(cost, off)
    assert found == pytest.approx(best)
    if np.isfinite(best):
        assert total(path) == pytest.approx(best)
    assert tours.least(cost[None], off[None])[0] == pytest.approx(best)
