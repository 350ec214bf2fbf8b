"""Rosters of a family made from a seed: how far they lie above a bound that holds, in a time that is judged."""

import resource

import pandas as pd
import pytest

from benchmarks.roster_family import MONDAY, family
from wfm.schedule import build_roster, check_roster, rules_of
from wfm.schedule.checkers.roster_checker import hard_only

pytestmark = pytest.mark.slow
WEEKS = (MONDAY, MONDAY + pd.Timedelta(days=28))


def solved(number, seconds, note, *, seed=1, days=28):
    """The roster of an instance; its objective is told again from its table and kept rules."""
    given = family(number, seed, days=days)
    roster = build_roster(
        given.demand,
        given.people,
        given.rules,
        shift_types=given.shift_types,
        under_cost=given.under_cost,
        over_cost=given.over_cost,
        time_limit=seconds,
        seed=1,
    )
    rules = [*rules_of(given.people.contracts), *given.rules]
    found = check_roster(roster.table, given.people, rules, given.shift_types, span=(MONDAY, WEEKS[1]))
    assert hard_only(found).empty
    gap = roster.coverage["gap"]
    cover = given.under_cost * -gap.clip(upper=0).sum() + given.over_cost * gap.clip(lower=0).sum()
    assert cover + found["cost"].sum() + roster.wishes["cost"].sum() == pytest.approx(roster.objective)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note(
        f"roster of {number} people, {days} days",
        f"{roster.seconds:.0f} s, {memory:.0f} MB",
        f"objective {roster.objective:,.1f}, bound {roster.bound:,.1f}",
        f"gap {roster.gap:.2%}",
    )
    return roster, memory


@pytest.mark.parametrize("seed", [1, 2])
def test_150_people_lie_within_3_percent_of_a_bound_in_a_minute(note, seed):
    roster, _ = solved(150, 60, note, seed=seed)
    assert roster.gap <= 0.03


def test_1500_people_lie_within_3_percent_of_a_bound_in_ten_minutes_and_a_gigabyte(note):
    roster, memory = solved(1500, 600, note)
    assert roster.gap <= 0.03
    assert memory < 1000


def test_5_people_get_a_roster_proven_to_be_the_best(note):
    roster, _ = solved(5, 600, note)
    assert roster.status == "optimal"
