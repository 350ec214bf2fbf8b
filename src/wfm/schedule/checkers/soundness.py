"""What a design owes: hours without a shift are named, and no result leaves that breaks a rule or costs another sum."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from wfm.errors import InfeasibleError, WfmError, WfmWarning
from wfm.hours import OpeningHours
from wfm.schedule.checkers.line_checker import schedule_faults
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.people_per_shift import away_slots
from wfm.schedule.shifts.axis import TimeAxis
from wfm.schedule.shifts.candidates import Candidates
from wfm.schedule.shifts.shift_types import ShiftType


def name_the_unreachable(
    queue: str, need: pd.DataFrame, candidates: Candidates, required: np.ndarray, *, hard: bool
) -> None:
    """Warn of intervals that no shift reaches; refuse them where nobody may be missing."""
    axis = candidates.axis
    reached = np.zeros(axis.slots, dtype=bool)
    for shift in candidates.shifts:
        slots = axis.wrapped(np.arange(shift.start, shift.start + shift.length))
        always_away = (
            set.intersection(
                *(
                    set(away_slots(candidates.groups[g], p))
                    for g in shift.groups
                    for p in range(len(candidates.groups[g].places))
                )
            )
            if shift.groups
            else set()
        )
        reached[[s for s in slots.tolist() if 0 <= s < axis.slots and s not in always_away]] = True
    lost = (np.nan_to_num(required) > 0) & ~reached
    first = need["start"].array
    bad = [
        start
        for start, a, b in zip(first, axis.slots_of(need["start"]), axis.slots_of(need["end"]), strict=True)
        if lost[axis.wrapped(np.arange(a, b))].any()
    ]
    if not bad:
        return
    message = (
        f"queue {queue}: no shift covers {len(bad)} interval(s), first {bad[0]:%Y-%m-%d %H:%M}; "
        "add a shift or shorten opening hours"
    )
    if hard:
        raise InfeasibleError(message, reasons=[f"no shift covers {start:%Y-%m-%d %H:%M}" for start in bad[:20]])
    warnings.warn(message, WfmWarning, stacklevel=4)


def refuse_missing(queue: str, missing: float, costs: Costs) -> None:
    """Refuse missing agent-hours where nobody may be missing."""
    if costs.hard and missing > 1e-9:
        raise InfeasibleError(
            f"queue {queue}: no schedule without missing agents was found, {missing:g} "
            "agent-hours stay uncovered. Drop hard_cover, add shifts or allow more time.",
            reasons=[f"{missing:g} agent-hours missing"],
        )


def refuse_unkept(queue: str, faults: Sequence[str]) -> None:
    """Refuse a schedule that seats or numbers of people do not allow."""
    if faults:
        raise InfeasibleError(
            f"queue {queue}: no schedule keeps all limits: {faults[0]}. Widen people or seats, or allow more time.",
            reasons=list(faults),
        )


def assert_sound(
    queue: str,
    table: pd.DataFrame,
    kinds: Sequence[ShiftType],
    hours: OpeningHours | None,
    axis: TimeAxis,
    interval: float,
    recomputed: float,
    claimed: float,
) -> None:
    """Refuse a table that breaks a rule of its shift types or does not cost what the search claims."""
    if abs(recomputed - claimed) > 1e-6 * max(1.0, abs(claimed)):
        raise WfmError(f"internal: the lines of queue {queue} cost {recomputed}, the search claims {claimed}.")
    faults = schedule_faults(
        table,
        kinds,
        None if hours is None else {queue: hours},
        interval=interval,
        cycle=axis.slots * axis.step if axis.cyclic else None,
    )
    assert_faultless(faults, f"lines of queue {queue}")


def assert_faultless(faults: pd.DataFrame, what: str) -> None:
    """Refuse a result in which the independent checker found a fault: the solver is not believed."""
    if len(faults):
        raise WfmError(f"internal: the {what} break {len(faults)} rule(s), first: {faults.iloc[0].tolist()}.")
