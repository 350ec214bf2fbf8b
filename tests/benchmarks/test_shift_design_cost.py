"""Public instances of shift design, where they are at hand: cost above the bound within a minute each."""

import re
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import pytest

from wfm.schedule import Break, Contract, ShiftType, design_shifts, design_tours, tour_faults

INSTANCES = Path(__file__).parents[2] / "../shared/instances"
DISTINCT = sorted(INSTANCES.glob("shift_design/**/*.dzn"))
MONDAY = pd.Timestamp("2026-11-02")
LIMIT = 60.0

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not INSTANCES.exists(), reason="the public instances are not here")]


def fields(path):
    """`name = value;` a line, lists as arrays."""
    text = path.read_text().replace("\n", " ")
    pairs = re.findall(r"(\w+)\s*=\s*(\[[^\]]*\]|[-\d.]+)", text)
    return {k: np.fromstring(v.strip("[]"), sep=",") if v.startswith("[") else float(v) for k, v in pairs}


def instance(path):
    """(requirement, shift types, options) of an instance; a distinct shift costs its minutes of surplus."""
    given = fields(path)
    step = int(given["interval"]) * 60
    starts = MONDAY + pd.to_timedelta(np.arange(len(given["demand"])) * step, unit="s")
    requirement = pd.DataFrame({"queue": "q", "start": starts, "agents": given["demand"]})
    spans = zip(given["minStart"], given["maxStart"], given["minLength"], given["maxLength"], strict=True)
    kinds = [
        ShiftType(name=f"{k}-{n}", length=n * step, starts=[s * step for s in range(int(first), int(last) + 1)])
        for k, (first, last, short, long) in enumerate(spans)
        for n in range(int(short), int(long) + 1)
    ]
    options = {
        "shift_cost": given["weightShiftInstances"] / given["weightOverCover"] / 60,
        "min_average_length": given["avgMinutes"] / given["maxDuties"] * 60,
    }
    return requirement, kinds, options, given


def own_objective(table, given):
    """Minutes of surplus and distinct (day, start, length), after hard cover and the average length are checked."""
    step = int(given["interval"])
    begin = ((table["start"] - MONDAY) / pd.Timedelta(minutes=step)).to_numpy().round().astype(int)
    length = ((table["end"] - table["start"]) / pd.Timedelta(minutes=step)).to_numpy().round().astype(int)
    people = table["people"].to_numpy()
    cover = np.zeros(len(given["demand"]))
    for first, slots, number in zip(begin, length, people, strict=True):
        cover[np.arange(first, first + slots) % len(cover)] += number
    assert (cover >= given["demand"]).all()
    assert (length * people).sum() / people.sum() * step >= given["avgMinutes"] / given["maxDuties"] - 1e-9
    distinct = len(set(zip(begin, length, strict=True)))
    surplus = (cover - given["demand"]).sum() * step
    return surplus * given["weightOverCover"] + distinct * given["weightShiftInstances"], surplus, distinct


@pytest.mark.parametrize("path", DISTINCT, ids=lambda path: path.stem)
def test_few_distinct_shifts_cover_everybody_near_the_bound(path, note):
    requirement, kinds, options, given = instance(path)
    began = perf_counter()
    plan = design_shifts(
        requirement, kinds, hard_cover=True, cyclic=True, time_limit=LIMIT, interval=given["interval"] * 60, **options
    )
    spent = perf_counter() - began
    value, surplus, distinct = own_objective(plan.table, given)
    needed = given["demand"].sum() * given["interval"]  # minutes that every schedule pays
    bound = (plan.bound * 60 - needed) * given["weightOverCover"]
    note(
        f"distinct shifts, {path.stem}",
        f"{value:.0f} = {surplus:.0f} + {distinct} shifts, {spent:.0f} s",
        f"bound {bound:.0f}",
        f"{plan.gap:.2%} of all hours, {1 - bound / value if value else 0:.1%} of surplus and shifts",
    )
    assert value == pytest.approx((plan.objective * 60 - needed) * given["weightOverCover"], abs=0.1)
    assert bound <= value + 1e-6
    assert plan.gap <= 0.01
    assert spent <= 1.1 * LIMIT + 1


CONTRACTS = {"9h": (36, 5, 40), "11h": (44, 4, 40), "6.5h": (26, 5, 30), "4h": (16, 5, 20)}


def span_type(name, quarters, around_the_clock):
    """The breaks of a span: one in the middle of a short one, else rest, meal, rest."""
    meal = 2 if quarters < 32 else 4
    windows = [(3, 6, 1, True), (quarters // 2 - 4, quarters // 2, meal, False), (quarters - 7, quarters - 4, 1, True)]
    if quarters < 24:
        windows = [(quarters // 2 - 2, quarters // 2 + 2, 1, True)]
    first, last = (0, 96) if around_the_clock else (28, 92)
    starts = [q * 900 for q in range(first, 96, 2) if around_the_clock or q + quarters <= last]
    breaks = [
        Break(name="rest" if paid else "meal", length=n * 900, paid=paid, between=(a * 900, b * 900))
        for a, b, n, paid in windows
    ]
    return ShiftType(name=name, length=quarters * 900, starts=starts, breaks=breaks)


@pytest.mark.parametrize("file", ["req_p150_247_s1", "req_p1500_247_s1", "req_p150_0723_s1"])
def test_tours_round_the_clock_are_within_half_a_percent_of_the_bound(file, note):
    required = pd.read_csv(INSTANCES / "requirement" / f"{file}.csv")["required"]
    starts = MONDAY + pd.to_timedelta(np.arange(len(required)) * 900, unit="s")
    requirement = pd.DataFrame({"queue": "q", "start": starts, "agents": required})
    kinds = [span_type(name, quarters, "247" in file) for name, (quarters, _, _) in CONTRACTS.items()]
    contracts = [
        Contract(name=name, shifts=name, days_per_week=(days, days), hours_per_week=(hours, hours), start_band="30min")
        for name, (_, days, hours) in CONTRACTS.items()
    ]
    began = perf_counter()
    plan = design_tours(requirement, contracts, kinds, time_limit=LIMIT)
    spent = perf_counter() - began
    note(f"tours, {file}", f"{plan.objective:,.2f}, {spent:.0f} s", f"bound {plan.bound:,.2f}", f"{plan.gap:.3%}")
    assert tour_faults(plan.table, contracts).empty
    assert plan.gap <= 0.005
    assert spent <= 1.1 * LIMIT + 1
