"""Agents for asynchronous messages: live formulas for promises of minutes, deadlines for promises of hours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from wfm.durations import seconds
from wfm.erlang.deferred.delays import one_queue
from wfm.erlang.deferred.messages import stream
from wfm.erlang.deferred.tickets import ticket_requirement
from wfm.erlang.deferred.workload import work
from wfm.erlang.staffing.promises import requirement
from wfm.errors import SettingError
from wfm.hours import OpeningHours
from wfm.queues import Shrinkage
from wfm.tables import REQUIREMENT, check
from wfm.target import ServiceTarget


def message_requirement(
    turns: pd.DataFrame,
    *,
    first: ServiceTarget,
    reply: ServiceTarget | None = None,
    live_within: Any = "1h",
    patience: Any = float("inf"),
    shrinkage: Any = 0.0,
    minimum: Any = None,
    occupancy: float = 0.9,
    beside: Any = None,
    spare: Any = None,
    hours: OpeningHours | None = None,
) -> pd.DataFrame:
    """Fewest agents that answer the turns of conversations as promised.

    A promise of at most `live_within` is kept by Erlang formulas on the stream of turns: where both promises are live,
    one line of first turns and replies keeps the stricter of them for all. A longer promise is a deadline; that work
    fills the troughs of the live turns and of `beside`.

    Parameters
    ----------
    turns : table               From `message_turns`, with aht.
    first, reply : ServiceTarget  Promise of the first answer and of every later one (None = the same); of a promise in
                                hours share and within are used.
    live_within : float [s]     The longest promise that is staffed as live.
    patience : float [s]        Mean patience; who writes does not hang up.
    shrinkage : Shrinkage       Or the unplanned share as a number.
    minimum : array             Fewest agents that the planner allows.
    occupancy, beside, spare    As in `ticket_requirement`, for turns with a deadline.
    hours : OpeningHours        Deadlines count open time of these hours; None = elapsed time.

    Returns
    -------
    table requirement           One row an interval: agents, of them deferrable (may be placed elsewhere within the
                                deadlines); method as `requirement` says, `deadlines`, or both joined by ` + `.

    >>> import pandas as pd
    >>> turns = pd.DataFrame({"queue": "app", "start": pd.date_range("2026-11-21 08:00", periods=2, freq="30min"),
    ...                       "offered": [200.0, 250.0], "new": [200.0, 0.0], "replies": [0.0, 250.0], "aht": 90.0})
    >>> quick = ServiceTarget(share=0.8, within="2min", scope="interval")
    >>> slow = ServiceTarget(share=0.95, within="4h")
    >>> message_requirement(turns, first=quick)[["agents", "deferrable", "method"]]
       agents  deferrable      method
    0    11.0         0.0  stationary
    1    14.0         0.0  stationary
    >>> message_requirement(turns, first=quick, reply=slow, occupancy=1)[["agents", "deferrable", "method"]]
       agents  deferrable                  method
    0    11.0         0.0  stationary + deadlines
    1     2.0         2.0  stationary + deadlines
    """
    table, width = one_queue(turns, "message_requirement")
    other = first if reply is None else reply
    limit = seconds(live_within, name="live_within")
    live = {"new": first.within <= limit, "replies": other.within <= limit}
    given = {"patience": patience, "shrinkage": shrinkage}
    if all(live.values()):
        strict = _stricter(first, other)
        rows = requirement(_all(table), strict, minimum=minimum, **given)
        return check(rows.assign(deferrable=0.0), REQUIREMENT)
    parts = [
        requirement(stream(table, part), first if part == "new" else other, **given) for part in live if live[part]
    ]
    beside_all = sum((part["agents"].to_numpy(dtype=float) for part in parts), _values(beside, len(table)))
    todo = _work(table, first, other, live, hours)
    promise = {part: (first if part == "new" else other).share for part in live if not live[part]}
    later = ticket_requirement(
        todo,
        pd.DatetimeIndex(table["start"]),
        interval=width,
        occupancy=occupancy,
        shrinkage=shrinkage,
        beside=beside_all,
        spare=spare,
        promise=promise,
    )
    return _joined(table, parts, later, shrinkage, minimum, width)


def _all(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns=["new", "replies", "load"], errors="ignore")


def _values(given: Any, count: int) -> Any:
    return np.zeros(count) if given is None else np.asarray(given, dtype=float)


def _stricter(one: ServiceTarget, two: ServiceTarget) -> ServiceTarget:
    """The promise that keeps the other too; where none does, a SettingError."""
    if one.within <= two.within and one.share >= two.share:
        return one
    if two.within <= one.within and two.share >= one.share:
        return two
    raise SettingError(
        "first and reply are answered from one line: the promise with the shorter time must have the larger share, got "
        f"{one.share:g} within {one.within:g} s and {two.share:g} within {two.within:g} s.",
        name="reply",
    )


def _work(
    table: pd.DataFrame, first: ServiceTarget, other: ServiceTarget, live: dict[str, bool], hours: OpeningHours | None
) -> pd.DataFrame:
    """The turns with a deadline as work; classes `new` and `replies`."""
    parts = [
        work(stream(table, part), classes={part: (first if part == "new" else other).within}, hours=hours)
        for part in live
        if not live[part]
    ]
    return pd.concat(parts, ignore_index=True)


def _joined(
    table: pd.DataFrame, parts: list[pd.DataFrame], later: pd.DataFrame, shrinkage: Any, minimum: Any, width: float
) -> pd.DataFrame:
    """Live and deferrable turns as one queue."""
    shrunk = shrinkage if isinstance(shrinkage, Shrinkage) else Shrinkage(unplanned=shrinkage)
    deferrable = later["agents"].to_numpy(dtype=float) if len(later) else np.zeros(len(table))
    live = sum((part["agents"].to_numpy(dtype=float) for part in parts), np.zeros(len(table)))
    least = np.broadcast_to(_values(minimum, 1 if np.ndim(minimum) == 0 else len(table)), (len(table),))
    agents = np.maximum(live + deferrable, least)
    out = table[["queue", "start", "end", "offered", "aht"]].assign(
        agents=agents,
        load=(table["offered"] * table["aht"] / width).to_numpy(),
        rostered=shrunk.rostered(agents),
        headcount=shrunk.headcount(agents),
        minimum=least,
        deferrable=deferrable,
        method=" + ".join([*(str(part["method"].iloc[0]) for part in parts), "deadlines"]),
    )
    for name in ("in_idle", "backlog", "carried", "oldest"):
        out[name] = later[name].to_numpy() if len(later) else 0.0
    if parts:
        out["service_level"] = parts[0]["service_level"].to_numpy()
    return check(out, REQUIREMENT)
