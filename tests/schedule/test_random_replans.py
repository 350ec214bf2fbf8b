"""Life happens at random: after any absence, lock or change of demand no lock is lost and no hard rule is broken."""

import numpy as np
import pandas as pd
import pytest

from wfm.errors import InfeasibleError
from wfm.schedule import Contract, People, ShiftType, build_roster, check_roster
from wfm.schedule.checkers.roster_checker import hard_only
from wfm.schedule.rules import ForbiddenSuccession, MaxNights, MinRest
from wfm.schedule.rules.rule import shifts_of

MONDAY = pd.Timestamp("2026-11-23")
DAY = pd.Timedelta(days=1)
DAYS = 7
MOST_AWAY, MOST_LOCKS = 3, 8
KINDS = (
    ShiftType(name="early", length="8h", starts="06:00"),
    ShiftType(name="late", length="8h", starts="14:00"),
    ShiftType(name="night", length="8h", starts="22:00", kind="night"),
)
NAMES = [kind.name for kind in KINDS]
SPAN = (MONDAY, MONDAY + DAYS * DAY)


class Case:
    """A small centre drawn at random, and what then happens to it."""

    def __init__(self, seed):
        rng = self.rng = np.random.default_rng(seed)
        self.agents = pd.DataFrame({"agent": [f"A{k}" for k in range(rng.integers(2, 6))]})
        self.agents["contract"] = rng.choice(["ft", "pt"], len(self.agents))
        self.contracts = {
            "ft": Contract(name="ft", days_per_week=(0, 5), max_consecutive_days=int(rng.integers(3, 6))),
            "pt": Contract(name="pt", hours_per_week=(0, 24), min_rest="12h"),
        }
        self.rules = [MaxNights(most=int(rng.integers(1, 4))), ForbiddenSuccession(first="late", then="early")]
        if rng.random() < 0.3:
            self.rules.append(MinRest(rest="16h", hard=False, weight=2.0))
        self.locks = self.availability = None
        self.demand = self.drawn_demand()

    def drawn_demand(self):
        rows = [(MONDAY + d * DAY, name, int(self.rng.integers(0, 3))) for d in range(DAYS) for name in NAMES]
        return pd.DataFrame(rows, columns=["day", "type", "people"])

    def people(self):
        return People(agents=self.agents, contracts=self.contracts, locks=self.locks, availability=self.availability)

    def build(self, published=None):
        return build_roster(
            self.demand,
            self.people(),
            self.rules,
            shift_types=KINDS,
            published=published,
            time_limit=30,
            seed=int(self.rng.integers(1000)),
        )

    def happen(self, roster):
        """Somebody is away, somebody is locked to what they have or to something else, or the demand changes."""
        shifts = shifts_of(roster)
        agent = str(self.rng.choice(self.agents["agent"]))
        day = MONDAY + int(self.rng.integers(DAYS)) * DAY
        what = self.rng.integers(5)
        if what == 0:
            away = {"agent": [agent], "start": [day], "end": [day + int(self.rng.integers(1, 3)) * DAY]}
            self.availability = joined(self.availability, pd.DataFrame(away).assign(kind="off")).tail(MOST_AWAY)
        elif what == 1 and len(shifts):
            kept = shifts.sample(min(len(shifts), 4), random_state=int(self.rng.integers(1000)))
            self.lock(pd.DataFrame({"agent": kept["agent"], "start": kept["start"], "type": kept["shift"]}))
        elif what == 2:
            kind = str(self.rng.choice([*NAMES, "off"]))
            self.lock(pd.DataFrame({"agent": [agent], "start": [day], "type": [kind]}))
        elif what == 3:
            self.locks = None
        else:
            self.demand = self.drawn_demand()

    def lock(self, fresh):
        """Further locks; the last one of a person and day holds."""
        every = joined(self.locks, fresh)
        cell = every.assign(day=every["start"].dt.normalize())
        self.locks = every[~cell.duplicated(["agent", "day"], keep="last")].tail(MOST_LOCKS)


def joined(before, fresh):
    return fresh if before is None else pd.concat([before, fresh], ignore_index=True)


def lived(seed, happenings):
    """A case through so many happenings, each replanned from the roster before; how many contradicted a rule.

    What contradicts a rule or a lock is refused with its reasons and did not happen.
    """
    case, refused = Case(seed), 0
    roster = case.build()
    judge(case, roster)
    for _ in range(happenings):
        before = (case.availability, case.locks, case.demand)
        case.happen(roster.table)
        try:
            roster = case.build(published=roster.table)
        except InfeasibleError as error:
            assert error.reasons
            case.availability, case.locks, case.demand = before
            refused += 1
        else:
            judge(case, roster)
    return refused


def judge(case, roster):
    broken = hard_only(check_roster(roster.table, case.people(), [*case.rules, *rules(case)], KINDS, span=SPAN))
    assert not len(broken), broken["message"].tolist()
    assert roster.bound <= roster.objective + 1e-6
    if case.locks is not None:
        cells = {(a, d): k for a, d, k in shifts_of(roster.table)[["agent", "day", "shift"]].to_numpy()}
        for agent, start, kind in case.locks[["agent", "start", "type"]].to_numpy():
            assert cells.get((agent, start.normalize()), "off") == kind
    held = shifts_of(roster.table).groupby(["day", "shift"]).size()
    for row in roster.coverage.itertuples():
        assert row.rostered == held.get((row.start.normalize(), row.type), 0)


def rules(case):
    from wfm.schedule import rules_of

    return rules_of(case.contracts)


def test_a_centre_is_replanned_lawfully_through_some_random_days():
    assert lived(3, 4) <= 2


@pytest.mark.slow
def test_more_centres_are_replanned_lawfully():
    assert sum(lived(seed, 10) for seed in range(10, 20)) <= 25


@pytest.mark.slow
@pytest.mark.parametrize("block", range(25))
def test_ten_thousand_random_replans_lose_no_lock_and_break_no_rule(block):
    seeds = range(1000 + 20 * block, 1000 + 20 * (block + 1))
    assert sum(lived(seed, 20) for seed in seeds) <= 0.25 * 20 * len(seeds)
