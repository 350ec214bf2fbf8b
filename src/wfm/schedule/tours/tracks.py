"""What a week of one contract may look like: a shift type, a band of starts, the days of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from wfm.durations import DAY, spoken
from wfm.errors import SettingError, did_you_mean, listed
from wfm.schedule.people.people import Contract
from wfm.schedule.shifts.candidates import Candidates
from wfm.schedule.shifts.shift_types import ShiftType

WEEK = 7
Days = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """People of one contract who work one shift type and start within one band.

    Attributes
    ----------
    contract, kind
    band : float                The earliest start of the band [s after midnight].
    shifts : tuple of tuples    For every day of the week the candidates inside the band.
    weeks : tuple of tuples     The patterns of working days, 0 = the first day of the horizon.
    """

    contract: Contract
    kind: ShiftType
    band: float
    shifts: tuple[tuple[int, ...], ...]
    weeks: tuple[Days, ...]


def tracks_for(
    contracts: Sequence[Contract], candidates: Candidates, *, consecutive_days_off: bool
) -> tuple[Track, ...]:
    """Every track of the contracts.

    A band is a largest set of starts within `2 x start_band` of each other, or within what rest leaves between the
    shifts of two days where that is less; it does not run past midnight.
    """
    kinds = {shift.kind.name: shift.kind for shift in candidates.shifts}
    found: list[Track] = []
    for contract in contracts:
        own = [kind for name, kind in kinds.items() if not contract.shifts or name in contract.shifts]
        for kind in own:
            weeks = weeks_of(contract, kind, cyclic=candidates.axis.cyclic, consecutive_days_off=consecutive_days_off)
            found += _of_kind(contract, kind, weeks, candidates)
    return tuple(found)


def weeks_of(contract: Contract, kind: ShiftType, *, cyclic: bool, consecutive_days_off: bool) -> tuple[Days, ...]:
    """The patterns of working days that a contract allows with one shift type all week.

    >>> ft = Contract(name="ft", days_per_week=(5, 5), hours_per_week=(40, 40))
    >>> eight = ShiftType(name="full", length="8h", starts="08:00")
    >>> len(weeks_of(ft, eight, cyclic=True, consecutive_days_off=True))
    7
    >>> len(weeks_of(ft, eight, cyclic=True, consecutive_days_off=False))
    21
    """
    least, most = contract.days_per_week or (1, WEEK)
    low, high = contract.hours_per_week or (0.0, 168.0)
    hours = kind.paid_seconds / 3600
    found = []
    for days in range(max(1, int(least)), int(most) + 1):
        if not low - 1e-6 <= days * hours <= high + 1e-6:
            continue
        for week in combinations(range(WEEK), days):
            if longest_run(week, cyclic=cyclic) > contract.max_consecutive_days:
                continue
            off = tuple(day for day in range(WEEK) if day not in week)
            if not consecutive_days_off or longest_run(off, cyclic=True) == len(off):
                found.append(week)
    return tuple(found)


def longest_run(days: Days, *, cyclic: bool) -> int:
    """Most days in a row; on a cycle the last day is followed by the first, and seven in a row never end.

    >>> longest_run((0, 1, 5, 6), cyclic=True), longest_run((0, 1, 5, 6), cyclic=False)
    (4, 2)
    """
    if cyclic and len(days) == WEEK:
        return 366  # more than any contract allows but one without a limit
    worked = [day in days for day in range(WEEK)] * (2 if cyclic else 1)
    best = run = 0
    for work in worked:
        run = run + 1 if work else 0
        best = max(best, run)
    return best


def check_contracts(contracts: object, kinds: Sequence[ShiftType], *, cyclic: bool) -> tuple[Contract, ...]:
    """The contracts, each with a shift type that it can work and names that differ."""
    given: Any = contracts.values() if isinstance(contracts, Mapping) else contracts
    own = (given,) if isinstance(given, Contract) else tuple(given)
    wrong = [one for one in own if not isinstance(one, Contract)]
    if wrong or not own:
        got = repr(wrong[0]) if wrong else "none"
        raise SettingError(f"contracts must be at least one Contract, got {got}.", name="contracts")
    names = [contract.name for contract in own]
    if len(set(names)) < len(names):
        raise SettingError(f"names of contracts must differ, got {listed(names)}.", name="contracts", value=names)
    known = [kind.name for kind in kinds]
    for contract in own:
        lost = [name for name in contract.shifts if name not in known]
        if lost:
            raise SettingError(
                f"shifts of contract {contract.name!r} names {lost[0]!r}, which is no shift type. Known: "
                f"{listed(known, most=10)}.{did_you_mean(lost[0], known)}",
                name="contracts",
                value=lost[0],
            )
        _refuse_the_impossible(
            contract, [kind for kind in kinds if not contract.shifts or kind.name in contract.shifts], cyclic
        )
    return own


def _refuse_the_impossible(contract: Contract, kinds: Sequence[ShiftType], cyclic: bool) -> None:
    if any(weeks_of(contract, kind, cyclic=cyclic, consecutive_days_off=False) for kind in kinds):
        if any(_width(contract, kind) >= 0 for kind in kinds):
            return
        raise SettingError(
            f"contract {contract.name!r} has no shift type that leaves its rest of {spoken(contract.min_rest)} "
            "between two days. Shorten the shifts or the rest.",
            name="contracts",
            value=contract.name,
        )
    hours = ", ".join(f"{kind.name} {kind.paid_seconds / 3600:g} h" for kind in kinds)
    raise SettingError(
        f"contract {contract.name!r} has no week of one shift type with {contract.days_per_week or (1, WEEK)} days and "
        f"{contract.hours_per_week or (0, 168)} paid hours; a day of its types pays {hours}. Widen days_per_week or "
        "hours_per_week, or add a shift type.",
        name="contracts",
        value=contract.name,
    )


def _width(contract: Contract, kind: ShiftType) -> float:
    room = DAY - kind.length - contract.min_rest
    return room if contract.start_band is None else min(2 * contract.start_band, room)


def _of_kind(contract: Contract, kind: ShiftType, weeks: tuple[Days, ...], candidates: Candidates) -> list[Track]:
    of_day: list[dict[float, int]] = [{} for _ in range(WEEK)]
    first = candidates.axis.dates[0]
    for number, shift in enumerate(candidates.shifts):
        if shift.kind is kind:
            of_day[(shift.day - first).days % WEEK][shift.clock] = number
    clocks = np.array(sorted({clock for day in of_day for clock in day}))
    width = _width(contract, kind)
    found: list[Track] = []
    reached = -1
    for begin in clocks if width >= 0 else []:
        band = clocks[(clocks >= begin) & (clocks <= begin + width + 1e-6)]
        last = int(np.searchsorted(clocks, band[-1]))
        if last == reached:  # inside the band before
            continue
        reached = last
        shifts = tuple(tuple(day[clock] for clock in band if clock in day) for day in of_day)
        can = tuple(week for week in weeks if all(shifts[day] for day in week))
        if can:
            found.append(Track(contract=contract, kind=kind, band=float(begin), shifts=shifts, weeks=can))
    return found
