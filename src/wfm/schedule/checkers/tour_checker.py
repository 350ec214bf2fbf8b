"""Whether the tours of a schedule keep their contracts: written from the contracts' text, apart from the search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from wfm.durations import clock, spoken
from wfm.schedule.people.people import Contract

DAY = pd.Timedelta(days=1)
Broken = tuple[str, str]


def tour_faults(
    table: pd.DataFrame,
    contracts: Sequence[Contract],
    *,
    cyclic: bool = True,
    consecutive_days_off: bool = True,
    people: Mapping[str, tuple[float, float]] | None = None,
    shares: Mapping[str, tuple[float, float]] | None = None,
) -> pd.DataFrame:
    """Every broken rule of the tours of one week, one row each: tour, rule, message; no rows where all is well.

    Shifts and their breaks are judged by `schedule_faults`.

    Parameters
    ----------
    table : schedule        With `tour` and `contract`.
    cyclic : bool           Whether the week repeats, so that its first shift follows its last.

    >>> table = pd.DataFrame({"shift": ["a", "b"], "tour": "t", "contract": "ft", "type": "day", "activity": "work",
    ...                       "start": pd.to_datetime(["2026-11-21 08:00", "2026-11-22 08:00"]), "paid": True,
    ...                       "end": pd.to_datetime(["2026-11-21 16:00", "2026-11-22 16:00"]), "people": 1})
    >>> tour_faults(table, [Contract(name="ft", days_per_week=(5, 5))])["message"].tolist()
    ['works 2 day(s), allowed: 5 to 5']
    """
    known = {contract.name: contract for contract in contracts}
    faults: list[tuple[str, str, str]] = []
    if len(table):
        hours = (table["end"] - table["start"]).dt.total_seconds() / 3600
        rows = table.assign(hours=hours.where(table["paid"].astype(bool), 0.0))
        shifts = rows.groupby("shift", sort=False).agg(
            tour=("tour", "first"), tours=("tour", "nunique"), contract=("contract", "first"), type=("type", "first"),
            start=("start", "min"), end=("end", "max"), people=("people", "first"), hours=("hours", "sum"),
        )  # fmt: skip
        for tour, own in shifts.sort_values("start").groupby("tour", sort=True):
            contract = known.get(str(own["contract"].iloc[0]))
            if contract is None or len(set(own["contract"])) > 1:
                faults.append((str(tour), "contract", f"has the contract(s) {own['contract'].unique().tolist()}"))
                continue
            found = _faults_of(list(own.itertuples()), contract, cyclic, consecutive_days_off)
            faults += [(str(tour), rule, message) for rule, message in found]
        faults += list(_heads(shifts, people or {}, shares or {}))
    return pd.DataFrame(faults, columns=["tour", "rule", "message"])


def _faults_of(shifts: list[Any], contract: Contract, cyclic: bool, consecutive_off: bool) -> Iterator[Broken]:
    if len({shift.people for shift in shifts}) > 1 or any(shift.tours > 1 for shift in shifts):
        yield "people", "is not worked by the same people every day"
    if contract.shifts and any(shift.type not in contract.shifts for shift in shifts):
        yield "shifts", f"works {shifts[0].type!r}, allowed: {', '.join(contract.shifts)}"
    if len({shift.type for shift in shifts}) > 1:
        yield "shifts", "mixes shift types"
    yield from _amounts(shifts, contract)
    yield from _rests(shifts, contract, cyclic)
    yield from _band([(s.start - s.start.normalize()).total_seconds() for s in shifts], contract)
    yield from _days([shift.start.normalize() for shift in shifts], contract, cyclic, consecutive_off)


def _amounts(shifts: list[Any], contract: Contract) -> Iterator[Broken]:
    days, hours = len(shifts), sum(shift.hours for shift in shifts)
    least, most = contract.days_per_week or (1, 7)
    if not least <= days <= most:
        yield "days_per_week", f"works {days} day(s), allowed: {least:g} to {most:g}"
    low, high = contract.hours_per_week or (0.0, 168.0)
    if not low - 1e-6 <= hours <= high + 1e-6:
        yield "hours_per_week", f"pays {hours:g} h, allowed: {low:g} to {high:g}"


def _rests(shifts: list[Any], contract: Contract, cyclic: bool) -> Iterator[Broken]:
    starts = [shift.start for shift in shifts]
    if cyclic:
        starts.append(starts[0] + 7 * DAY)
    for shift, following in zip(shifts, starts[1:], strict=False):
        rest = (following - shift.end).total_seconds()
        if rest < contract.min_rest - 1e-6:
            told = spoken(rest) if rest > 0 else "no time"
            yield "min_rest", f"rests {told} after {shift.start:%a %H:%M}, at least {spoken(contract.min_rest)} asked"


def _band(clocks: list[float], contract: Contract) -> Iterator[Broken]:
    """On the circle of the day, where 23:30 and 00:30 are an hour apart."""
    if contract.start_band is None:
        return
    width = 2 * contract.start_band + 1e-6
    if not any(all((moment - first) % 86_400 <= width for moment in clocks) for first in clocks):
        listed = ", ".join(sorted({clock(moment) for moment in clocks}))
        yield "start_band", f"starts at {listed}, further apart than {spoken(2 * contract.start_band)}"


def _days(days: list[pd.Timestamp], contract: Contract, cyclic: bool, consecutive_off: bool) -> Iterator[Broken]:
    if any(first == second for first, second in pairwise(days)):
        yield "one_a_day", "starts twice on a day"
    on = set(days)
    turns = range(15) if cyclic else range(7)
    worked = [days[0] + (k % 7) * DAY in on for k in turns]
    longest = run = 0
    for work in worked:
        run = run + 1 if work else 0
        longest = max(longest, run)
    if longest > contract.max_consecutive_days:
        yield "max_consecutive_days", f"works {longest} days in a row, at most {contract.max_consecutive_days} allowed"
    week = worked[:7]
    blocks = sum(not week[k] and week[k - 1] for k in range(7))
    if consecutive_off and blocks > 1:
        yield "consecutive_days_off", f"has {blocks} separate blocks of days off"


def _heads(
    shifts: pd.DataFrame, people: Mapping[str, tuple[float, float]], shares: Mapping[str, tuple[float, float]]
) -> Iterator[tuple[str, str, str]]:
    tours = shifts.drop_duplicates("tour")
    count = tours.groupby("contract")["people"].sum()
    total = float(count.sum())
    for name, (least, most) in people.items():
        if not least <= count.get(name, 0) <= most:
            yield "", "people", f"{name} has {count.get(name, 0)} people, allowed: {least:g} to {most:g}"
    for name, (least, most) in shares.items():
        if not least * total - 1e-6 <= count.get(name, 0) <= most * total + 1e-6:
            yield "", "shares", f"{name} has {count.get(name, 0)} of {total:g} people, allowed: {least:g} to {most:g}"
