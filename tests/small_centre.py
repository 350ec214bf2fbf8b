"""A small centre with known rates: files as its planner holds them."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from wfm.erlang import performance

DESIGN_WEEK = """\
name: Blue bank
timezone: Asia/Tehran
interval: 30min
week_start: sat
calendar: {months: solar-hijri, country: IR, weekend: [thu, fri], holidays: extra_days.csv, closed: []}
queues:
  voice:
    channel: voice
    history: calls.csv
    columns: {offered: Calls offered, aht: AHT}
    hours: [{days: sat-wed, open: "07:00-23:00"}, {days: thu-fri, open: "08:00-20:00"}, {from: 2027-02-08, until: 2027-03-09, days: all, open: "08:00-22:00"}]
    target: {share: 0.80, within: 60s, abandoned: lost, scope: day, floor: 0.60, max_abandon: 0.05, confidence: 0.80}
    aht: 240s
    patience: fit
    shrinkage: {unplanned: 0.06}
    min_agents: {all: 1, "22:00-07:00": 2}
events:
  - {kind: launch, name: Card 2, start: 2026-11-24 10:00, volume: 1.2, queues: [voice]}
adjust: adjustments.csv
shifts:
  full:  {length: 9h, starts: "07:00-14:00/30min",
          breaks: [{name: rest, length: 15min, paid: true, between: [45min, 1h30min]},
                   {name: meal, length: 60min, paid: false, between: [3h30min, 4h30min], most_at_once: 0.33}]}
  short: {length: 4h, starts: "07:00-19:00/30min"}
contracts:
  ft: {hours_per_week: [40, 44], days_per_week: [5, 5], shifts: [full], min_rest: 11h, max_consecutive_days: 6, start_band: 60min}
  pt: {hours_per_week: [16, 24], shifts: [short], min_rest: 11h, max_consecutive_days: 6}
people: {agents: agents.csv, absences: absences.csv, wishes: wishes.csv, locks: locks.csv}
rules:
  - {type: fair_weekends, weight: 20}
costs: {hour: 1.0, night: {"22:00-06:00": 0.35}, overtime: 0.40}
plan: {start: 2026-11-21, weeks: 1, history_until: 2026-11-07, previous: roster_last_week.csv, time_limit: 30, seed: 1}
output: {folder: out, formats: [csv, xlsx, ics, html], language: en, names: full}
"""


def history(weeks=16, scale=30.0, seed=0):
    """Half hours of a centre that opens as the week's file says, with the service that 12-20 agents gave."""
    rng = np.random.default_rng(seed)
    until = pd.Timestamp("2026-11-08")
    starts = pd.date_range(until - pd.Timedelta(weeks=weeks), until, freq="30min", inclusive="left")
    late = starts.day_of_week.isin([3, 4])
    hour = starts.hour + starts.minute / 60
    starts = starts[np.where(late, (hour >= 8) & (hour < 20), (hour >= 7) & (hour < 23))]
    hour = (starts.hour + starts.minute / 60).to_numpy()
    shape = 0.4 + np.exp(-(((hour - 11) / 2.5) ** 2)) + 0.6 * np.exp(-(((hour - 17) / 2) ** 2))
    weekday = np.where(starts.day_of_week.isin([3, 4]), 0.7, np.where(starts.day_of_week == 5, 1.15, 1.0))
    day_noise = np.exp(rng.normal(0, 0.04, len(np.unique(starts.normalize()))))[
        np.unique(starts.normalize(), return_inverse=True)[1]
    ]
    offered = rng.poisson(scale * shape * weekday * day_noise)
    aht = rng.normal(240, 6, len(starts))
    staffed = np.ceil(offered * aht / 1800 * 1.05) + 1
    served = performance(offered, staffed, interval=1800, aht=aht, patience=200, within=60)
    abandoned = np.round(offered * served["abandon_rate"])
    return pd.DataFrame(
        {
            "Time": starts,
            "Calls offered": offered,
            "AHT": aht.round(1),
            "answered": offered - abandoned,
            "abandoned": abandoned,
            "answered_within": np.round(offered * served["service_level"]).clip(max=offered - abandoned),
            "asa": np.where(offered > 0, served["asa"], 0.0).round(1),
            "within": 60,
            "staffed": staffed,
        }
    )


@cache
def calls(scale: float) -> str:
    """The file of the history, which many tests write and then spoil each in its way."""
    return history(scale=scale).to_csv(index=False, lineterminator="\n")


def write_centre(folder: Path, week: str = DESIGN_WEEK, *, people: int = 26, scale: float = 30.0) -> Path:
    """All files of the week, and the week's file."""
    (folder / "calls.csv").write_text(calls(scale), encoding="utf-8")
    full, part = round(people * 0.75), people - round(people * 0.75)
    agents = pd.DataFrame(
        {
            "agent": [f"A{k:02d}" for k in range(people)],
            "contract": ["ft"] * full + ["pt"] * part,
            "skills": "voice",
            "counts_as": 1.0,
        }
    )
    agents.to_csv(folder / "agents.csv", index=False)
    (folder / "extra_days.csv").write_text("date,name\n1405/09/05,works outing\n", encoding="utf-8")
    (folder / "absences.csv").write_text(
        "agent,start,end,kind,reason\nA00,2026-11-21,2026-11-23,leave,holiday\nA01,2026-11-24 09:00,2026-11-24 11:00,training,Card 2\n"
    )
    (folder / "wishes.csv").write_text(
        "agent,start,end,kind,weight\nA02,2026-11-26,2026-11-27,off,1\nA03,2026-11-27,2026-11-28,off,1\n"
    )
    (folder / "locks.csv").write_text("agent,start,type,queue\nA04,2026-11-21 07:00,full,voice\nA05,2026-11-22,off,\n")
    (folder / "adjustments.csv").write_text(
        "queue,start,end,what,how,value,reason,by\nvoice,2026-11-22,2026-11-23,offered,multiply,1.10,salary day,planner\n"
    )
    (folder / "roster_last_week.csv").write_text(
        "agent,start,end,activity,paid,shift,queue\nA06,2026-11-20 11:00,2026-11-20 20:00,work,true,full,voice\n"
    )
    path = folder / "week.yaml"
    path.write_text(week, encoding="utf-8")
    return path
