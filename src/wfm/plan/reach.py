"""Hours that no allowed shift of any contract can reach."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY
from wfm.schedule import ShiftType
from wfm.settings import Week


def unreachable(week: Week) -> list[str]:
    """A sentence for every queue with open hours that no shift covers; nothing where the week names no shifts."""
    types = _usable(week)
    if not types:
        return []
    found = []
    for name, _queue in week.queues.items():
        starts = week.starts(name)
        reached = np.zeros(len(starts), dtype=bool)
        moments = np.asarray((starts - week.start).total_seconds(), dtype=float)
        for shift in types:
            for day in range(-1, week.days):
                date = week.start + pd.Timedelta(days=day)
                if not shift.starts_on(date):
                    continue
                for start in shift.starts:
                    begin, end = day * DAY + start, day * DAY + start + shift.length
                    if shift.outside_hours or _inside(begin, end, moments, week.spec.interval):
                        reached |= (moments >= begin) & (moments + week.spec.interval <= end)
        if not reached.all():
            found.append(f"queue {name}: no shift of any contract covers {_missed(starts, reached)}")
    return found


def _missed(starts: pd.DatetimeIndex, reached: npt.NDArray[np.bool_]) -> str:
    """What no shift reaches of a queue's intervals, and what to do."""
    if not reached.any():
        return (
            f"any of its {len(starts)} interval(s): correct the starts and lengths of the shifts, or its opening hours"
        )
    return (
        f"{int((~reached).sum())} of its {len(starts)} interval(s), first {starts[~reached][0]:%Y-%m-%d %H:%M}; add a "
        "shift or shorten the opening hours"
    )


def _usable(week: Week) -> list[ShiftType]:
    """Shift types that some contract allows; all of them where the week has no contracts."""
    if not week.contracts:
        return list(week.shift_types)
    allowed = {
        name
        for contract in week.contracts.values()
        for name in (contract.shifts or [shift.name for shift in week.shift_types])
    }
    return [shift for shift in week.shift_types if shift.name in allowed]


def _inside(begin: float, end: float, moments: np.ndarray, interval: float) -> bool:
    """Whether a shift lies inside open intervals, as far as the plan's days reach."""
    low, high = max(begin, 0.0), min(end, float(moments[-1]) + interval if len(moments) else 0.0)
    if high <= low:
        return False
    inside = moments[(moments + interval > low) & (moments < high)]
    return len(inside) * interval >= high - low - 1e-6
