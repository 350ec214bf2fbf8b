"""How long the intervals of a file are, told by the steps between their starts."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY, spoken
from wfm.errors import DataError, listed

from .names import Columns
from .sheets import Sheet

_WEEK = 7 * DAY


def width_of(
    starts: npt.NDArray[np.datetime64], sheet: Sheet, columns: Columns, *, interval: float | None = None
) -> float:
    """The one width of intervals in seconds: the smallest step, of which all other steps are multiples.

    Parameters
    ----------
    interval : float or None    Width of a file with one row only [s].

    Raises
    ------
    DataError       One row; one row a week; rows that do not lie on the grid of the others.
    """
    table = pd.DataFrame({"start": starts})
    table["queue"] = sheet.cells[columns.names["queue"]].to_numpy(dtype=object) if "queue" in columns else ""
    table = table.drop_duplicates()
    table = table.sort_values(["queue", "start"], kind="stable")
    steps = table["start"].diff().dt.total_seconds().to_numpy()
    within = (table["queue"] == table["queue"].shift()).to_numpy()
    known = steps[within]
    if not len(known):
        if interval is not None:
            return interval
        raise DataError(
            f"{sheet.name}: the width of an interval cannot be told from one row. Give a column 'end', or "
            'interval="30min".',
            table=sheet.name,
            column="end",
        )
    width = float(known.min())
    off = within & (np.nan_to_num(steps) % width > 0)
    if off.any():
        _refuse_off_grid(known, table.index.to_numpy()[off], width, sheet)
    if width >= _WEEK or (len(known) > 2 and width > DAY):
        raise DataError(
            f"{sheet.name} has one row every {width / DAY:g} days; intervals of at most a day are read. "
            "Export days or intervals.",
            table=sheet.name,
            column="start",
        )
    return min(width, DAY)


def _refuse_off_grid(known: npt.NDArray[np.float64], at: npt.NDArray[np.int64], width: float, sheet: Sheet) -> None:
    values, counts = np.unique(known, return_counts=True)
    usual = float(values[np.argmax(counts)])
    together = math.gcd(*(int(step) for step in values))
    rows = sorted(sheet.row(int(k)) for k in at)
    raise DataError(
        f"{sheet.name}: starts do not lie on one grid: the usual step is {spoken(usual)}, the smallest "
        f"{spoken(width)}, all are multiples of {spoken(together)} only; see row {listed(rows)}. Correct these rows, "
        'or give a column \'end\'. If each row is one contact, name its time: columns={"Time": "arrival"}.',
        table=sheet.name,
        column="start",
        rows=sheet.positions[at].tolist(),
    )
