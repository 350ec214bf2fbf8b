"""What more or fewer agents in one interval bring to its whole scope, the others staying as they are: the `curve`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from wfm.durations import seconds
from wfm.erlang.formulas.law import law_of
from wfm.erlang.staffing.demand import number_scopes
from wfm.erlang.transient.counted import met_and_base
from wfm.erlang.transient.course import run, run_within
from wfm.erlang.transient.day import open_day, whole_agents
from wfm.erlang.transient.gains import Counting, account, gains, worth_of
from wfm.errors import DataError
from wfm.tables import CURVE, REQUIREMENT, check, with_end
from wfm.target import ServiceTarget


def curve(
    cover: pd.DataFrame,
    target: ServiceTarget,
    *,
    patience: float,
    band: int = 3,
    concurrency: int = 1,
    aht_by_concurrency: Sequence[float] = (),
) -> pd.DataFrame:
    """Contacts of the scope that are met if one interval had so many agents and the others stay as given, exactly.

    All values of a day come from one run forward and one backward, see `transient.gains`.

    Parameters
    ----------
    cover : table requirement       queue, start, agents (whole), offered, and aht; of one queue, or of several that
                                    share target and patience.
    target : ServiceTarget          Its definition of the service counts, and its scope: day or week.
    patience : float [s]            Mean patience; inf = nobody hangs up.
    band : int                      So many agents fewer and more than the cover, in every interval.

    Returns
    -------
    table curve                     queue, start, agents, offered (of the interval), answered_within (of the scope).

    Raises
    ------
    DataError                       The cover lacks a column, or its intervals are not of one width.

    >>> starts = pd.date_range("2026-11-21 08:00", periods=3, freq="30min")
    >>> cover = pd.DataFrame({"queue": "voice", "start": starts, "offered": [90, 180, 120], "aht": 240.0,
    ...                       "agents": [11.0, 23.0, 16.0]})
    >>> found = curve(cover, ServiceTarget(share=0.80, within=60), patience=180, band=1)
    >>> found["answered_within"].round(2).tolist()[:3]
    [308.33, 316.05, 322.38]
    """
    table = check(cover, REQUIREMENT)
    for name in ("offered", "aht"):
        if name not in table:
            raise DataError(f"cover must have the column {name}.", table="cover", column=name)
    if len(table) and ("end" not in table or table["end"].isna().any()):
        table = with_end(table)
    law = {"patience": patience, "concurrency": concurrency, "aht_by_concurrency": aht_by_concurrency}
    parts = [_one_queue(str(queue), rows, target, band, law) for queue, rows in table.groupby("queue", sort=False)]
    columns = ["queue", "start", "agents", "offered", "answered_within"]
    return check(pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns), CURVE)


def _one_queue(
    queue: str, rows: pd.DataFrame, target: ServiceTarget, band: int, settings: dict[str, Any]
) -> pd.DataFrame:
    width = (rows["end"] - rows["start"]).dt.total_seconds().to_numpy()
    if np.ptp(width) > 0:
        raise DataError(
            f"cover must have intervals of one width, queue {queue!r} has {width.min():g} s to {width.max():g} s.",
            table="cover",
            column="end",
        )
    patience = seconds(settings["patience"], name="patience", endless=True)
    law = law_of(
        patience=patience,
        within=target.within,
        abandoned=target.abandoned,
        short=target.short,
        concurrency=settings["concurrency"],
        aht_by_concurrency=settings["aht_by_concurrency"],
    )
    starts = pd.DatetimeIndex(rows["start"])
    day = open_day(
        rows["offered"],
        interval=float(width[0]),
        aht=rows["aht"].fillna(300.0).to_numpy() if law.ladder is None else 1.0,
        patience=patience,
        concurrency=settings["concurrency"],
        aht_by_concurrency=settings["aht_by_concurrency"],
        begins=np.append(True, rows["start"].to_numpy()[1:] != rows["end"].to_numpy()[:-1]),
    )
    staff = whole_agents(rows["agents"], len(rows))
    day, _ = run_within(day, np.maximum(staff - band, 0))
    day = day.sized(staff + band)
    met, base = met_and_base(law.abandoned, target.within, target.short, day.theta)
    counting = Counting(met=met, base=base, sums=(met,), scope=number_scopes(starts, target.scope))
    course = run(day, staff)
    known = account(day, counting, course)
    moves = [(i, s) for i, own in enumerate(staff.tolist()) for s in range(max(own - band, 0), own + band + 1)]
    found = gains(day, counting, course, known, worth_of(day, counting, course), moves)
    i = np.array([i for i, _ in moves])
    total = known.by_scope(counting)[0][counting.scope]
    return pd.DataFrame(
        {
            "queue": queue,
            "start": starts[i],
            "agents": [float(s) for _, s in moves],
            "offered": day.offered[i],
            "answered_within": np.maximum(total[i] + found.sums[0], 0.0),
        }
    )
