"""The synthetic bank's 150 people: who they are, what they may work, when they are away, what they wish."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import Calendar

PEOPLE = 150
# skills -> people; the last column is how many of them were there two years before the end: voice was hired as it grew
SKILLS = (("voice|chat", 54, 54), ("chat|tickets", 32, 32), ("voice|tickets", 9, 9), ("chat", 8, 8), ("voice", 47, 8))
PART_TIME = 8
LEADS, TRAINEES = 3, 4
LEAVE_WEEKS, LEAVE_DAYS, TRAINING, MEETING = 8, 12, 18, 25  # people a week: a week off, a day off, 4 h, 1 h
WISHES_A_WEEK = 42

SHIFTS = {
    "full": {
        "length": "9h",
        "starts": ["06:00-18:00/60min", "22:00-23:00/60min"],
        "breaks": [
            {"name": "rest", "length": "15min", "paid": True, "between": ["1h30min", "2h"]},
            {"name": "meal", "length": "60min", "paid": False, "between": ["3h", "5h30min"], "most_at_once": 0.33},
            {"name": "late rest", "length": "15min", "paid": True, "between": ["7h", "7h30min"]},
        ],
    },
    "short": {"length": "4h", "starts": "08:00-19:00/60min"},
    "medium": {
        "length": "5h",
        "starts": "08:00-18:00/60min",
        "breaks": [{"name": "rest", "length": "15min", "paid": True, "between": ["2h", "3h"]}],
    },
}
CONTRACTS = {
    "ft": {
        "hours_per_week": [40, 40],
        "days_per_week": [5, 5],
        "shifts": ["full"],
        "min_rest": "11h",
        "max_consecutive_days": 6,
        "start_band": "60min",
    },
    "pt": {
        "hours_per_week": [20, 24],
        "days_per_week": [5, 6],
        "shifts": ["short", "medium"],
        "min_rest": "11h",
        "max_consecutive_days": 6,
    },
}


def bank_agents(seed: int, first: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """The agents table, in order of hiring; A001 has been there longest."""
    rng = np.random.default_rng([seed, 6])
    skills = _in_order_of_hiring(rng)
    early = sum(before for _, _, before in SKILLS)
    hired = np.concatenate(
        [
            np.sort(-rng.integers(30, 9 * 365, size=early)),
            np.sort((rng.permutation(PEOPLE - early) + 0.5) / (PEOPLE - early) * 25).astype(int) * 28 + 7,
        ]
    )
    since = first + pd.to_timedelta(hired, unit="D")
    roles = np.full(PEOPLE, "agent", dtype=object)
    contracts = np.full(PEOPLE, "ft", dtype=object)
    counts_as = np.ones(PEOPLE)
    leads = rng.choice(np.flatnonzero(skills[:60] == "voice|chat"), LEADS, replace=False)
    roles[leads], counts_as[leads] = "lead", 0.0
    roles[-TRAINEES:], counts_as[-TRAINEES:] = "trainee", 0.5
    free = np.flatnonzero((roles == "agent") & np.isin(skills, ["voice", "voice|chat"]))
    contracts[rng.choice(free, PART_TIME, replace=False)] = "pt"
    return pd.DataFrame(
        {
            "agent": _text([f"A{number:03d}" for number in range(1, PEOPLE + 1)]),
            "contract": _text(contracts),
            "skills": _text(skills),
            "role": _text(roles),
            "team": _text([f"T{1 + number % 10:02d}" for number in range(PEOPLE)]),
            "counts_as": counts_as,
            "from": since,
            "seniority": np.round(np.maximum((until - since).days, 0) / 365.25, 1),
        }
    )


def bank_absences(agents: pd.DataFrame, calendar: Calendar, until: pd.Timestamp, ahead: int, seed: int) -> pd.DataFrame:
    """The availability table from the week of `until` on: leave by the week and by the day, training, meetings."""
    rng = np.random.default_rng([seed, 7])
    rows = []
    names = agents["agent"].to_numpy()
    for week in pd.date_range(calendar.week_of(until), periods=ahead + 1, freq="7D"):
        order = names[rng.permutation(len(names))]
        away, day_off, trained, met = np.split(order, np.cumsum([LEAVE_WEEKS, LEAVE_DAYS, TRAINING, MEETING]))[:4]
        rows += [(agent, week, week + pd.Timedelta(days=7), "leave") for agent in away]
        for agents_away, kind, begin, hours in (
            (day_off, "leave", 0, 24),
            (trained, "training", 10, 4),
            (met, "meeting", 13, 1),
        ):
            for agent in agents_away:
                start = week + pd.Timedelta(days=int(rng.integers(0, 5)), hours=begin)
                rows.append((agent, start, start + pd.Timedelta(hours=hours), kind))
    table = pd.DataFrame(rows, columns=["agent", "start", "end", "kind"]).assign(paid=True)
    return _sorted(table)


def bank_wishes(
    absences: pd.DataFrame, agents: pd.DataFrame, calendar: Calendar, until: pd.Timestamp, ahead: int, seed: int
) -> pd.DataFrame:
    """The wishes table from the week of `until` on: a day off (week-ends most), or work of a kind on a day."""
    rng = np.random.default_rng([seed, 8])
    rows = []
    for week in pd.date_range(calendar.week_of(until), periods=ahead + 1, freq="7D"):
        away = absences.loc[(absences["start"] == week) & (absences["kind"] == "leave"), "agent"]
        free = agents.loc[~agents["agent"].isin(away), ["agent", "contract"]].to_numpy()
        for agent, contract in free[rng.choice(len(free), WISHES_A_WEEK, replace=False)]:
            off = rng.random() < 0.8
            day = rng.choice(7, p=[0.10, 0.08, 0.08, 0.09, 0.13, 0.26, 0.26])
            start = week + pd.Timedelta(days=int(day))
            shift = None if off else "full" if contract == "ft" else "short"
            rows.append(
                (
                    agent,
                    start,
                    start + pd.Timedelta(days=1),
                    "off" if off else "work",
                    shift,
                    float(rng.choice([1.0, 1.0, 2.0])),
                )
            )
    return _sorted(pd.DataFrame(rows, columns=["agent", "start", "end", "kind", "type", "weight"]))


def _in_order_of_hiring(rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Skills of the people: those of the beginning mixed, then the ones who were hired for the calls."""
    early = np.repeat([name for name, _, _ in SKILLS], [before for _, _, before in SKILLS])
    later = np.repeat([name for name, _, _ in SKILLS], [people - before for _, people, before in SKILLS])
    return np.concatenate([rng.permutation(early), rng.permutation(later)]).astype(object)


def _text(values: npt.NDArray[np.object_] | list[str]) -> pd.Series:
    return pd.Series(values, dtype=object)


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    texts = {
        name: table[name].astype(object).where(table[name].notna(), None)
        for name in ("agent", "kind", "type")
        if name in table
    }
    return table.assign(**texts).sort_values(["agent", "start"], kind="stable").reset_index(drop=True)
