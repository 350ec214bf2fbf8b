"""Make the four CSV files of this example: `python make_files.py`. The same seed writes the same bytes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

LAST_DAY = pd.Timestamp("2026-11-04")  # a Wednesday: the export that the planner has on Thursday
WEEKS = 12
PEOPLE, PART_TIME = 24, 6


def main(folder: Path, *, seed: int = 7) -> None:
    """Write calls.csv, agents.csv, absences.csv and wishes.csv."""
    rng = np.random.default_rng(seed)
    tables = {"calls": calls(rng), "agents": agents(), "absences": absences(), "wishes": wishes(rng)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def calls(rng: np.random.Generator) -> pd.DataFrame:
    """Half hours of twelve weeks: two peaks a day, busy Mondays, half a day's work on Saturdays."""
    first = LAST_DAY - pd.Timedelta(weeks=WEEKS) + pd.Timedelta(days=1)
    starts = pd.date_range(first, LAST_DAY + pd.Timedelta(days=1), freq="30min", inclusive="left")
    hour = starts.hour + starts.minute / 60
    opens, closes = np.where(starts.day_of_week == 5, 9, 8), np.where(starts.day_of_week == 5, 17, 20)
    starts = starts[(hour >= opens) & (hour < closes) & (starts.day_of_week < 6)]
    hour = (starts.hour + starts.minute / 60).to_numpy()
    shape = 0.45 + np.exp(-(((hour - 10.5) / 2) ** 2)) + 0.7 * np.exp(-(((hour - 15.5) / 2) ** 2))
    weekday = np.array([1.2, 1.05, 1.0, 1.0, 0.95, 0.6])[starts.day_of_week]
    day = (starts.normalize() - first).days.to_numpy()
    chance = np.exp(rng.normal(0, 0.04, WEEKS * 7))[day]
    offered = rng.poisson(44 * shape * weekday * chance)
    aht = np.round(rng.normal(250, 8, len(starts)))
    abandoned = rng.binomial(offered, 0.03)
    asa = np.round(rng.normal(14, 2, len(starts)))
    return pd.DataFrame(
        {
            "Time": starts.strftime("%d.%m.%Y %H:%M"),
            "Calls offered": offered,
            "Calls abandoned": abandoned,
            "ASA": asa.astype(int),
            "AHT": aht.astype(int),
        }
    )


def agents() -> pd.DataFrame:
    """Eighteen people full time, six part time."""
    contracts = ["ft"] * (PEOPLE - PART_TIME) + ["pt"] * PART_TIME
    names = [f"P{number:02d}" for number in range(1, PEOPLE + 1)]
    return pd.DataFrame({"agent": names, "contract": contracts, "skills": "voice"})


def absences() -> pd.DataFrame:
    """Leave and a training in the weeks ahead."""
    rows = [
        ("P03", "2026-11-09", "2026-11-14", "leave"),
        ("P11", "2026-11-12", "2026-11-14", "leave"),
        ("P05", "2026-11-10 13:00", "2026-11-10 15:00", "training"),
        ("P06", "2026-11-10 13:00", "2026-11-10 15:00", "training"),
        ("P08", "2026-11-16", "2026-11-21", "leave"),
    ]
    return pd.DataFrame(rows, columns=["agent", "start", "end", "kind"])


def wishes(rng: np.random.Generator) -> pd.DataFrame:
    """Days off that people would like, one each for eight of them."""
    people = rng.choice(np.arange(1, PEOPLE + 1), 8, replace=False)
    days = LAST_DAY + pd.to_timedelta(5 + rng.integers(0, 6, len(people)), unit="D")
    rows = {
        "agent": [f"P{number:02d}" for number in people],
        "start": days.strftime("%Y-%m-%d"),
        "end": (days + pd.Timedelta(days=1)).strftime("%Y-%m-%d"),
        "kind": "off",
    }
    return pd.DataFrame(rows).sort_values("agent", ignore_index=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
