"""Lines that are worked whatever else is: what they leave open, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from wfm.errors import DataError, SettingError
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.coverage import on_duty
from wfm.schedule.program.program import Floats
from wfm.schedule.shifts.axis import TimeAxis
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.tables import SCHEDULE, check, empty


def read_fixed(
    fixed: pd.DataFrame | None, costs: Costs, kinds: Sequence[ShiftType], queues: Sequence[str]
) -> pd.DataFrame:
    """The fixed lines with their queues; refused beside limits that would have to count them too."""
    if fixed is None or not len(fixed):
        return empty(SCHEDULE).assign(queue=pd.Series(dtype=object))
    watched = any(pause.most_at_once is not None for kind in kinds for pause in kind.breaks)
    counted = {
        "shift_cost": costs.shift > 0,
        "max_shifts": costs.most_shifts is not None,
        "min_average_length": costs.least_average is not None,
        "seats": costs.seats is not None,
        "people": bool(costs.people) or any(kind.people or kind.people_at for kind in kinds),
        "most_at_once": watched,
    }
    beside = [name for name, given in counted.items() if given]
    if beside:
        raise SettingError(
            f"fixed cannot stand beside {beside[0]}, which would have to count the fixed lines too. Drop one of them.",
            name="fixed",
        )
    table = check(fixed, SCHEDULE)
    if "queue" not in table:
        table = table.assign(queue=queues[0] if len(queues) == 1 else None)
    lost = np.flatnonzero(~table["queue"].isin(list(queues)).to_numpy(dtype=bool))
    if len(lost):
        raise DataError(
            f"fixed.queue must be a queue of the requirement, got {table['queue'].iloc[lost[0]]!r} in {len(lost)} "
            f"row(s), first: row {lost[0]}. Known: {', '.join(queues)}.",
            table="fixed",
            column="queue",
            rows=lost.tolist(),
        )
    return table


def left_open(kept: pd.DataFrame, required: Floats, axis: TimeAxis) -> Floats:
    """What the fixed lines leave uncovered of the requirement of every slot."""
    return required if kept.empty else np.maximum(required - on_duty(kept, axis), 0.0)
