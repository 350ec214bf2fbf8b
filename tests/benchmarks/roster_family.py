"""A family of rosters made from a seed: people of three contracts, 20 shift templates, hourly cover of four weeks.

70% work five days of 8 h a week, 20% five of 5 h, 10% three of 8 h; 60% may work nights, 15% do not start before
10:00, 25% are on leave for two to seven days; everybody has a wish for each day, weighing up to 0.5. An agent-hour
missing costs 10, one too many 1, a shift missing of a week's quota 50.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from wfm.schedule import Contract, People, ShiftType
from wfm.schedule.rules import DaysPerWeek, Rule

MONDAY = pd.Timestamp("2026-11-02")
DAY = pd.Timedelta(days=1)
LONG_STARTS, SHORT_STARTS = (5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 22, 23), (7, 9, 11, 13, 15, 17, 19)
KINDS = {"ft40": (5, 8), "pt25": (5, 5), "pt24": (3, 8)}
WEEKDAY = np.array([1.12, 1.0, 0.98, 0.97, 1.0, 0.62, 0.54])


@dataclass(frozen=True, kw_only=True)
class Instance:
    """What `build_roster` is given."""

    demand: pd.DataFrame
    people: People
    rules: list[Rule]
    shift_types: list[ShiftType]
    under_cost: float = 10.0
    over_cost: float = 1.0


def family(number: int, seed: int, *, days: int = 28, load: float = 0.9, weekends: int = 2) -> Instance:
    """An instance of so many people; `load` is the demand's share of what the quotas give without leave."""
    rng = np.random.default_rng(seed)
    contracts = _contracts(weekends)
    kinds = rng.choice(list(KINDS), number, p=[0.7, 0.2, 0.1])
    night, late = rng.random(number) < 0.6, rng.random(number) < 0.15
    names = [f"a{k:04d}" for k in range(number)]
    agents = pd.DataFrame(
        {
            "agent": names,
            "contract": [_name(k, n, w) for k, n, w in zip(kinds, night, late, strict=True)],
        }
    )
    people = People(
        agents=agents, contracts=contracts, availability=_leave(names, rng, days), wishes=_wishes(names, rng, days)
    )
    rules: list[Rule] = [
        DaysPerWeek(least=KINDS[kind][0], most=KINDS[kind][0], weight=50.0, contracts=tuple(own))
        for kind in KINDS
        if (own := [name for name in contracts if name.startswith(kind)])
    ]
    hours = float(sum(KINDS[k][0] * KINDS[k][1] for k in kinds)) * days / 7
    return Instance(demand=_demand(load * hours, rng, days), people=people, rules=rules, shift_types=_types())


def _types() -> list[ShiftType]:
    return [
        ShiftType(name=f"{length}h{start:02d}", length=f"{length}h", starts=[f"{start:02d}:00"])
        for length, starts in ((8, LONG_STARTS), (5, SHORT_STARTS))
        for start in starts
    ]


def _name(kind: str, night: bool, late: bool) -> str:
    return kind + ("-night" if night else "") + ("-late" if late else "")


def _contracts(weekends: int) -> dict[str, Contract]:
    found = {}
    for kind, night, late in product(KINDS, (False, True), (False, True)):
        length = KINDS[kind][1]
        starts = [
            s for s in (LONG_STARTS if length == 8 else SHORT_STARTS) if (s < 22 or night) and (s >= 10 or not late)
        ]
        found[_name(kind, night, late)] = Contract(
            name=_name(kind, night, late),
            shifts=tuple(f"{length}h{start:02d}" for start in starts),
            min_rest="11h",
            max_consecutive_days=5,
            max_weekends=weekends,
        )
    return found


def _leave(names: list[str], rng: np.random.Generator, days: int) -> pd.DataFrame:
    away = rng.permutation(len(names))[: round(0.25 * len(names))]
    length = rng.integers(2, 8, len(away))
    first = rng.integers(0, days - 1, len(away))
    return pd.DataFrame(
        {
            "agent": [names[k] for k in away],
            "start": MONDAY + first * DAY,
            "end": MONDAY + np.minimum(first + length, days) * DAY,
            "kind": "leave",
        }
    )


def _wishes(names: list[str], rng: np.random.Generator, days: int) -> pd.DataFrame:
    """One wish a person and day: free, or free of a morning, an afternoon or an evening."""
    spans = np.array([(0, 24), (5, 10), (12, 17), (18, 24)])
    chosen = spans[rng.integers(0, len(spans), len(names) * days)]
    day = MONDAY + np.tile(np.arange(days), len(names)) * DAY
    return pd.DataFrame(
        {
            "agent": np.repeat(names, days),
            "start": day + pd.to_timedelta(chosen[:, 0], unit="h"),
            "end": day + pd.to_timedelta(chosen[:, 1], unit="h"),
            "kind": "off",
            "weight": rng.uniform(0, 0.5, len(names) * days),
        }
    )


def _demand(total: float, rng: np.random.Generator, days: int) -> pd.DataFrame:
    hour = np.arange(24)
    shape = 0.16 + np.exp(-(((hour - 10.5) / 2.8) ** 2)) + 0.85 * np.exp(-(((hour - 16.5) / 3.0) ** 2))
    week = (WEEKDAY[np.arange(days) % 7][:, None] * shape).ravel() * rng.normal(1.0, 0.04, 24 * days).clip(0.85, 1.15)
    people = np.round(week / week.sum() * total)
    return pd.DataFrame(
        {"queue": "voice", "start": pd.date_range(MONDAY, periods=24 * days, freq="h"), "agents": people}
    )
