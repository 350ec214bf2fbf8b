"""Tables with the times of day across the top, one row a day, brought into one row an interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .cells import clean
from .clocks import read_clocks
from .findings import Findings
from .sheets import Sheet

_FEWEST = 4  # columns named by times of day that make a table of days


def one_row_an_interval(sheet: Sheet, findings: Findings) -> Sheet:
    """The sheet with columns `time` and `offered` in place of its columns named by times of day, if it has them."""
    names = [str(name) for name in sheet.cells.columns]
    times = [name for name in names if ":" in name and not read_clocks([clean(name)]).bad[0]]
    others = [name for name in names if name not in times]
    if len(times) < _FEWEST or not others or {"time", "offered"} & set(others):
        return sheet
    blank = sheet.cells.map(lambda cell: cell is None or cell == "" or cell != cell).all(axis=1).to_numpy(dtype=bool)
    findings.stray("empty rows left out", sheet, blank)
    sheet = sheet.take(~blank)
    cells = sheet.cells.assign(position=np.arange(len(sheet.cells)))
    long = cells.melt(id_vars=[*others, "position"], value_vars=times, var_name="time", value_name="offered")
    long = long.sort_values("position", kind="stable").reset_index(drop=True)
    findings.note(
        "read",
        f"{len(times)} columns named by times of day, one row a day: cells taken as offered",
        rows=len(long),
        example=times[0],
    )
    positions = sheet.positions[long["position"].to_numpy()]
    across = long["time"].to_numpy(dtype=object)
    return replace(sheet, cells=long.drop(columns="position"), positions=positions, across=across)
