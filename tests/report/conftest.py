"""A small week built by hand: 8 people, voice and chat, 7 days of half hours, open 08-20, short on Sunday."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm.evaluation import evaluate
from wfm.history import Reading
from wfm.plan import WeekPlan
from wfm.schedule import Roster

START = pd.Timestamp("2026-11-21")
HALF = pd.Timedelta(minutes=30)
AGENTS = ("Ali Reza", "Sara Karimi", "Parisa N", "Omid", "Leila", "Hassan B", "Mina", "Zahra")
QUEUES = ("voice", "chat")


def hour(day, clock):
    return START + pd.Timedelta(days=day) + pd.Timedelta(clock + ":00")


def build_forecast(queues):
    rows = []
    for queue, size, aht in zip(queues, (7.0, 3.0), (240.0, 300.0), strict=True):
        for day in range(7):
            for slot in range(24):
                mean = size * (1.6 if day == 1 else 1.0) * (1 + 0.5 * np.sin(np.pi * slot / 24))
                start = hour(day, "08:00") + slot * HALF
                rows.append((queue, start, start + HALF, round(mean, 3), aht))
    table = pd.DataFrame(rows, columns=["queue", "start", "end", "offered", "aht"])
    machine = table["offered"].where(table["start"].dt.normalize() != START, table["offered"] / 1.1)
    table = table.assign(offered_machine=machine)
    return table.sort_values(["queue", "start"]).reset_index(drop=True)


def build_paths(forecast, count=20):
    factor = np.exp(0.1 * np.random.default_rng(0).normal(size=count))
    return pd.concat(
        [
            forecast[["queue", "start", "end", "aht"]].assign(path=k, rate=forecast["offered"] * f)
            for k, f in enumerate(factor)
        ],
        ignore_index=True,
    )


def build_requirement(forecast, queues):
    load = forecast["offered"] * forecast["aht"] / 1800
    agents = np.ceil(load + np.sqrt(load))
    return forecast[["queue", "start", "end", "offered", "aht"]].assign(
        load=load, agents=agents, rostered=agents / 0.94, headcount=agents / 0.94, minimum=1.0
    )


def shift_rows(agent, day, begin, queue):
    start = hour(day, begin)
    cuts = [(0, 120, "work"), (120, 135, "break"), (135, 240, "work"), (240, 300, "meal"), (300, 540, "work")]
    return [
        (agent, start + pd.Timedelta(minutes=a), start + pd.Timedelta(minutes=b), what, what != "meal", "full", queue)
        for a, b, what in cuts
    ]


def build_roster(agents, queues, shift=0):
    rows = []
    for k, agent in enumerate(agents):
        for day in range(7):
            if (day + k) % 7 in (5, 6):
                continue
            if k == 1 and day == 2:
                rows.append((agent, hour(day, "08:00"), hour(day, "16:00"), "leave", True, None, None))
                continue
            begin = ("08:00", "11:00")[(k + shift) % 2]
            rows += shift_rows(agent, day, begin, queues[0] if k < 5 else queues[1])
    rows.append((agents[0], hour(6, "09:00"), hour(6, "10:00"), "training", True, None, None))
    columns = ["agent", "start", "end", "activity", "paid", "shift", "queue"]
    return pd.DataFrame(rows, columns=columns).sort_values(["agent", "start"]).reset_index(drop=True)


def hours(table):
    return (table["end"] - table["start"]).dt.total_seconds() / 3600


def build_figures(forecast, requirement, roster, evaluation, wishes):
    """Every figure of the report, from the tables alone."""
    away, rest = roster["activity"].isin(["leave", "training"]), roster["activity"] == "break"
    paid = hours(roster)[roster["paid"]].sum()
    placed, breaks = hours(roster)[away].sum(), hours(roster)[rest].sum()
    absent = 0.06 * hours(roster)[roster["activity"] == "work"].sum()
    need = float((requirement["agents"] * hours(requirement)).sum())
    total = forecast["offered"].sum()
    have = paid - placed - breaks - absent
    days = evaluation.promise[evaluation.promise["scope"] == "day"]
    promise = {}
    for queue, rows in days.groupby("queue"):
        level = float(np.average(rows["service_level"], weights=rows["offered"]))
        weakest = rows.loc[rows["probability"].idxmin()]
        promise[queue] = {
            "service_level": level,
            "low": level - 0.05,
            "high": level + 0.05,
            "kept": bool(rows["kept"].all()),
            "chance": float(weakest["probability"]),
            "weakest": weakest["start"],
            "instances": len(rows),
            "instances_kept": int(rows["kept"].sum()),
            "scope": "day",
        }
    worst = days.loc[days["longest_wait"].idxmax()]
    return {
        "contacts": forecast.groupby("queue")["offered"].sum().to_dict(),
        "live_contacts": total,
        "live_low": 0.9 * total,
        "live_high": 1.1 * total,
        "change": 0.21,
        "work_total": 100.0,
        "need_hours": need,
        "people": roster["agent"].nunique(),
        "paid_hours": paid,
        "placed_hours": placed,
        "break_hours": breaks,
        "absent_hours": absent,
        "have_hours": have,
        "short_hours": max(0.0, need - have),
        "promise": promise,
        "kept": all(found["kept"] for found in promise.values()),
        "chance": min(found["chance"] for found in promise.values()),
        "abandon_rate": float(np.average(days["abandon_rate"], weights=days["offered"])),
        "mean_wait": 20.0,
        "longest_wait": float(worst["longest_wait"]),
        "longest_day": worst["start"],
        "occupancy": 0.8,
        "hard_rules_broken": 0,
        "wishes": len(wishes),
        "wishes_granted": int(wishes["granted"].sum()),
        "changed_cells": 39,
    }


def build_nouns(queues):
    opening = wfm.OpeningHours.read("08:00-20:00")
    target = wfm.ServiceTarget(share=0.8, within=60, confidence=0.8)
    absence = wfm.Shrinkage(unplanned=0.06)
    return {
        queue: wfm.Queue(
            name=queue,
            channel=channel,
            target=target,
            hours=opening,
            patience=180.0,
            concurrency=at_once,
            shrinkage=absence,
        )
        for queue, channel, at_once in zip(queues, ("voice", "chat"), (1, 2), strict=True)
    }


@cache
def judged():
    """The service of the week, computed once; only names differ between the plans of these tests."""
    forecast = build_forecast(QUEUES)
    return evaluate(
        build_roster(AGENTS, QUEUES),
        build_paths(forecast),
        queues=build_nouns(QUEUES),
        seed=1,
        requirement=build_requirement(forecast, QUEUES),
    )


def build_plan(agents=AGENTS, queues=QUEUES, note="patience of voice 180 s ASSUMED", reckoning="solar-hijri"):
    calendar = wfm.Calendar(months=reckoning, weekend=("thu", "fri"))
    forecast = build_forecast(queues)
    paths, requirement = build_paths(forecast), build_requirement(forecast, queues)
    nouns = build_nouns(queues)
    table = build_roster(agents, queues)
    named = dict(zip(QUEUES, queues, strict=True))
    tables = (found.assign(queue=found["queue"].map(named)) for found in judged())
    coverage, promise = (found.sort_values(["queue", "start"], kind="stable", ignore_index=True) for found in tables)
    evaluation = replace(judged(), coverage=coverage, promise=promise)
    wishes = pd.DataFrame(
        {
            "agent": [agents[0], agents[1]],
            "start": [START, START],
            "end": [START + pd.Timedelta(days=1)] * 2,
            "kind": ["off", "work"],
            "granted": [False, True],
            "why": [f"{agents[0]} is needed", None],
        }
    )
    violations = pd.DataFrame(
        {
            "rule": ["start_band"],
            "agent": [agents[2]],
            "start": [START],
            "amount": [1.0],
            "hard": [False],
            "message": [f"agent '{agents[2]}' starts at two times"],
        }
    )
    roster = Roster(
        table=table,
        coverage=evaluation.coverage,
        objective=10.0,
        bound=9.0,
        status="feasible",
        seconds=1.0,
        violations=violations,
        wishes=wishes,
    )
    prices = pd.DataFrame({"confidence": [np.nan, 0.8], "agent_hours": [200.0, 220.0]})
    drivers = pd.DataFrame(
        [
            (queues[0], START + pd.Timedelta(days=k), name, factor)
            for k, name, factor in [(1, "month_day", 1.6), (2, "event:Card 2", 1.2)]
        ],
        columns=["queue", "day", "component", "factor"],
    )
    found = build_figures(forecast, requirement, table, evaluation, wishes)
    ways = pd.DataFrame(
        [("12 h overtime", 12.0, 0, 0.74, 0.41, False, 0), ("3 more people", 120.0, 3, 0.85, 0.86, True, 0)],
        columns=["way", "hours", "people", "service_level", "probability", "kept", "hard_rules_broken"],
    )
    loosened = pd.DataFrame(
        [("days_per_week 4->5 and no_nights dropped", 1, (agents[0],), 8.0, 24.0, (f"{{agents: [{agents[0]}]}}",))],
        columns=["relaxation", "people", "agents", "closed", "left", "lines"],
    )
    trust = pd.DataFrame(
        [
            ("day_error", "live", 0.051),
            ("best_possible", "live", 0.02),
            ("day_bias", "live", -0.01),
            ("promised", queues[0], 0.81),
            ("achieved", queues[0], 0.8),
        ],
        columns=["name", "queue", "value"],
    )
    return WeekPlan(
        name="Blue bank",
        start=START,
        end=START + pd.Timedelta(days=7),
        calendar=calendar,
        queues=nouns,
        forecast=forecast,
        paths=paths,
        requirement=requirement,
        coverage=evaluation.coverage,
        promise=evaluation.promise,
        roster=roster,
        evaluation=evaluation,
        prices=prices,
        ways_out=ways,
        relaxations=loosened,
        trust=trust,
        drivers=drivers,
        figures=found,
        lines=tuple(f"{k} LINE" for k in range(11)),
        warnings=(f"history of {queues[0]} is short", note),
        assumed=(note,),
        readings={
            queues[0]: Reading(
                history=pd.DataFrame(),
                report=pd.DataFrame(
                    {
                        "kind": ["read", "repaired", "refused"],
                        "what": ["rows", "labels", "totals"],
                        "rows": [1000, 12, 3],
                    }
                ),
            )
        },
    )


@pytest.fixture(scope="session")
def plan():
    return build_plan()


@pytest.fixture(scope="session")
def previous():
    return build_roster(AGENTS, QUEUES, shift=1)


@pytest.fixture(scope="session")
def make_plan():
    return build_plan


@pytest.fixture(scope="session")
def agents():
    return AGENTS
