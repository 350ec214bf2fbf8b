"""Small weeks in which each distinct shift costs something, as candidates, programme and a first solution."""

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from wfm.schedule import ShiftType
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.coverage import by_slot
from wfm.schedule.cover.people_per_shift import cover_program
from wfm.schedule.program.patching import patched
from wfm.schedule.shifts.axis import time_axis
from wfm.schedule.shifts.candidates import candidates_for
from wfm.tables import with_end

MONDAY = pd.Timestamp("2026-11-02")
KINDS = [
    ShiftType(name=f"{name}{hours}", length=3600 * hours, starts=starts)
    for name, starts in (("day", ["06:00", "08:00"]), ("late", ["12:00", "14:00"]), ("night", ["22:00"]))
    for hours in (6, 8, 10)
]
demands = st.lists(st.integers(0, 5), min_size=24, max_size=24)


def model(agents, *, cyclic=True, hard=True, shift=2.0, kinds=KINDS, **costs):
    """Candidates and programme of two-hour intervals, and a first solution."""
    agents = agents if cyclic else [0, 0, 0, *agents[3:]]  # nobody starts before six
    starts = MONDAY + pd.to_timedelta(np.arange(len(agents)) * 2, unit="h")
    need = with_end(pd.DataFrame({"queue": "q", "start": starts, "agents": agents}), 7200)
    axis = time_axis(need, kinds, 7200, cyclic=cyclic)
    candidates = candidates_for(axis, kinds, 7200, None)
    given = Costs(**{"under": 3.0, "over": 0.0, "shift": shift, "hard": hard, **costs})
    program = cover_program(candidates, by_slot(need, axis), given)
    return candidates, program, patched(program, candidates, program.settled(np.zeros(len(program.cost))))
