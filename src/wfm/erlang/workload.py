"""The work that tickets bring: released when they come in, due when their class says, in elapsed or in open time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from wfm.checks import fraction, number_in
from wfm.durations import seconds
from wfm.erlang.arguments import Array
from wfm.errors import DataError, SettingError, listed
from wfm.tables import FORECAST, WORK, check

OVERDUE = pd.Timedelta(seconds=1)  # what is late already is due at once: a table of work has no past deadlines


def work(
    forecast: pd.DataFrame,
    *,
    classes: Mapping[str, Any],
    class_shares: Mapping[str, float] | None = None,
    aht: Any = None,
    touches: float = 1.0,
    backlog: pd.DataFrame | None = None,
    open_starts: pd.DatetimeIndex | None = None,
    interval: Any = None,
) -> pd.DataFrame:
    """The work that tickets bring, by release and deadline.

    Parameters
    ----------
    forecast : table            Tickets by interval; what an interval brings is released at its start.
    classes : mapping           Class -> time within which it must be done [s].
    class_shares : mapping      Class -> share of the tickets that carry it; all shares add up to 1.
    aht : float [s]             Handling effort of one touch; None = the forecast's own.
    touches : float             Times an agent takes up one ticket.
    backlog : table             Work open at the start: queue, contacts, class, arrived; or rows of the table work.
    open_starts, interval       Starts of the open intervals and their width [s]: deadlines then count open time only;
                                without them they count elapsed time.

    Returns
    -------
    table work                  queue, release, due, agent_hours, class.

    >>> tickets = pd.DataFrame({"queue": "tickets", "start": pd.to_datetime(["2026-11-21 08:00"]), "offered": [30.0]})
    >>> work(tickets, classes={"urgent": "2h", "normal": "24h"}, class_shares={"urgent": 0.2, "normal": 0.8},
    ...      aht="6min")[["due", "agent_hours"]]
                      due  agent_hours
    0 2026-11-21 10:00:00          0.6
    1 2026-11-22 08:00:00          2.4
    """
    table = check(forecast, FORECAST)
    allowed = {str(name): seconds(value, name=f"classes.{name}") for name, value in classes.items()}
    shares = _shares(allowed, class_shares)
    touches = number_in(touches, name="touches", low=0, high=1000, open_low=True)
    effort = _effort(table, aht) * touches / 3600
    clock = None if open_starts is None else _OpenClock(open_starts, seconds(interval, name="interval"))
    parts = [
        pd.DataFrame(
            {
                "queue": table["queue"],
                "release": table["start"],
                "due": _due(table["start"], allowance, clock),
                "agent_hours": table["offered"].to_numpy(dtype=float) * shares[name] * effort,
                "class": name,
            }
        )
        for name, allowance in allowed.items()
    ]
    if backlog is not None and len(backlog):
        handle = float(np.nanmean(effort)) if len(effort) else 0.0
        parts.append(_backlog(backlog, table["start"].min(), allowed, clock, handle))
    found = pd.concat(parts, ignore_index=True)
    return check(found[found["agent_hours"] > 0], WORK)


def _shares(allowed: Mapping[str, float], class_shares: Mapping[str, float] | None) -> dict[str, float]:
    if not allowed:
        raise SettingError("classes must name at least one class, such as {normal: 24h}.", name="classes")
    if class_shares is None and len(allowed) == 1:
        return dict.fromkeys(allowed, 1.0)
    shares = {str(k): fraction(v, name=f"class_shares.{k}") for k, v in (class_shares or {}).items()}
    if set(shares) != set(allowed) or abs(sum(shares.values()) - 1) > 1e-9:
        raise SettingError(
            f"class_shares must give every class {listed(allowed)} a share that add up to 1, got {shares}.",
            name="class_shares",
            value=class_shares,
        )
    return shares


def _effort(table: pd.DataFrame, aht: Any) -> Array:
    """Handling effort of one touch, by row [s]."""
    if aht is not None:
        return np.full(len(table), seconds(aht, name="aht"))
    if "aht" not in table or table["aht"].isna().any():
        raise DataError("forecast.aht is missing; add the column or pass aht=.", table="forecast", column="aht")
    return table["aht"].to_numpy(dtype=float)


class _OpenClock:
    """A clock that runs only while the queue is open."""

    def __init__(self, starts: pd.DatetimeIndex, width: float) -> None:
        self.starts = pd.DatetimeIndex(starts).sort_values().as_unit("ns")
        if not len(self.starts):
            raise SettingError("open_starts must hold at least one start.", name="open_starts")
        self.width = width

    def after(self, moments: pd.Series, allowance: float) -> pd.DatetimeIndex:
        """The moments at which so many open seconds have passed; beyond the last start time runs on by itself."""
        at = pd.DatetimeIndex(moments).as_unit("ns")
        place = self.starts.searchsorted(at, side="right") - 1
        inside = np.zeros(len(at))
        held = place >= 0
        inside[held] = (at[held] - self.starts[place[held]]).total_seconds()
        closed = inside >= self.width
        open_now = np.where(closed | ~held, (place + 1) * self.width, place * self.width + inside)
        target = open_now + allowance
        slot = np.maximum(np.ceil(target / self.width - 1e-9).astype(int) - 1, 0)
        last = np.minimum(slot, len(self.starts) - 1)
        due = self.starts[last] + pd.to_timedelta(target - last * self.width, unit="s")
        return pd.DatetimeIndex(np.maximum(due.to_numpy(), (at + pd.Timedelta(seconds=1)).to_numpy()))


def _due(release: pd.Series, allowance: float, clock: _OpenClock | None) -> Any:
    return release + pd.Timedelta(seconds=allowance) if clock is None else clock.after(release, allowance)


def _backlog(
    backlog: pd.DataFrame, begin: pd.Timestamp, allowed: Mapping[str, float], clock: _OpenClock | None, handle: float
) -> pd.DataFrame:
    """Open tickets as work: released at the start, due by their own age."""
    if "agent_hours" in backlog:
        found = check(backlog, WORK)
        return found.assign(**({} if "class" in found else {"class": "backlog"}))
    missing = [name for name in ("queue", "contacts", "class", "arrived") if name not in backlog]
    if missing:
        raise DataError(
            f"backlog must have the columns queue, contacts, class and arrived; missing {listed(missing)}.",
            table="backlog",
            column=missing[0],
        )
    stray = set(backlog["class"].astype(str)) - set(allowed)
    if stray:
        raise DataError(
            f"backlog.class names {sorted(stray)[0]!r}, which is none of {listed(allowed)}.",
            table="backlog",
            column="class",
        )
    parts = []
    for name, mine in backlog.groupby(backlog["class"].astype(str)):
        arrived = pd.to_datetime(mine["arrived"])
        due = pd.Series(pd.DatetimeIndex(_due(arrived, allowed[str(name)], clock)), index=mine.index)
        due = due.where(due > begin, begin + OVERDUE)
        parts.append(
            pd.DataFrame(
                {
                    "queue": mine["queue"],
                    "release": begin,
                    "due": due,
                    "agent_hours": mine["contacts"].astype(float) * handle,
                    "class": str(name),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
