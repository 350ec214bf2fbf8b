"""The work that tickets bring: released when they come in, due when their class says, in elapsed or in open time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from wfm.checks import fraction, number_in
from wfm.durations import seconds
from wfm.erlang.deferred.openclock import OpenClock, clock_of
from wfm.erlang.formulas.arguments import Array
from wfm.errors import DataError, SettingError, listed
from wfm.hours import OpeningHours
from wfm.tables import FORECAST, WORK, check

OVERDUE = pd.Timedelta(seconds=1)  # what is late already is due at once: a table of work has no past deadlines


@dataclass(frozen=True, slots=True, kw_only=True)
class _Class:
    """One class of tickets: time allowed [s], share of the tickets, touches a ticket."""

    allowance: float
    share: float
    touches: float


def work(
    forecast: pd.DataFrame,
    *,
    classes: Mapping[str, Any],
    class_shares: Mapping[str, float] | None = None,
    aht: Any = None,
    touches: float | Mapping[str, float] = 1.0,
    touch_gap: Any = None,
    backlog: pd.DataFrame | None = None,
    hours: OpeningHours | None = None,
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
    touches : float             Times an agent takes up one ticket, on average; or class -> touches. 1.3 = every ticket
                                once, three of ten a second time.
    touch_gap : float [s]       Time from one touch being released to the next one's release (the customer's answer);
                                each touch has the whole time of its class. None = all touches are released together.
    backlog : table             Work open at the start: queue, contacts, class, arrived; or rows of the table work.
    hours : OpeningHours        Deadlines count open time of these hours, before and after the horizon too.
    open_starts, interval       Or starts of the open intervals and their width [s]; beyond the last one time runs on.
                                Without hours and starts deadlines count elapsed time.

    Returns
    -------
    table work                  queue, release, due, agent_hours, class; with a gap also touch (1, 2, ...), with a
                                backlog of contacts also arrived.

    >>> tickets = pd.DataFrame({"queue": "tickets", "start": pd.to_datetime(["2026-11-21 08:00"]), "offered": [30.0]})
    >>> work(tickets, classes={"urgent": "2h", "normal": "24h"}, class_shares={"urgent": 0.2, "normal": 0.8},
    ...      aht="6min")[["due", "agent_hours"]]
                      due  agent_hours
    0 2026-11-21 10:00:00          0.6
    1 2026-11-22 08:00:00          2.4
    >>> work(tickets, classes={"normal": "4h"}, aht="6min", touches=1.5, touch_gap="3h",
    ...      hours=OpeningHours.read("08:00-16:00"))[["release", "due", "agent_hours"]]
                  release                 due  agent_hours
    0 2026-11-21 08:00:00 2026-11-21 12:00:00          3.0
    1 2026-11-21 11:00:00 2026-11-21 15:00:00          1.5
    """
    table = check(forecast, FORECAST)
    allowed = {str(name): seconds(value, name=f"classes.{name}") for name, value in classes.items()}
    shares = _shares(allowed, class_shares)
    kinds = {
        name: _Class(allowance=allowed[name], share=shares[name], touches=_touches(touches, name)) for name in allowed
    }
    gap = None if touch_gap is None else seconds(touch_gap, name="touch_gap", zero=True)
    effort = _effort(table, aht) / 3600
    open_tickets = None if backlog is None or not len(backlog) else backlog
    moments = _moments(table, open_tickets, gap, max(kind.touches for kind in kinds.values()))
    clock = clock_of(
        hours=hours,
        open_starts=open_starts,
        interval=interval,
        moments=moments,
        longest=max(allowed.values()),
    )
    parts = [
        pd.DataFrame(
            {
                "queue": table["queue"],
                "release": table["start"] + later,
                "due": _due(table["start"] + later, kind.allowance, clock),
                "agent_hours": table["offered"].to_numpy(dtype=float) * kind.share * effort * times,
                "class": name,
            }
            | ({} if gap is None else {"touch": number})
        )
        for name, kind in kinds.items()
        for number, times, later in _rounds(kind.touches, gap)
    ]
    if open_tickets is not None:
        handle = float(np.nanmean(effort)) if len(effort) else 0.0
        parts.append(_backlog(open_tickets, table["start"].min(), kinds, clock, handle, gap))
    found = pd.concat(parts, ignore_index=True)
    if "arrived" in found:
        found["arrived"] = found["arrived"].fillna(found["release"])
    return check(found[found["agent_hours"] > 0], WORK)


def open_backlog(
    contacts: Any,
    *,
    at: Any,
    ages: Mapping[Any, float],
    class_shares: Mapping[str, float] | None = None,
    queue: str = "tickets",
    parts: int = 4,
) -> pd.DataFrame:
    """Open tickets whose ages are known as a distribution, as the backlog that `work` takes.

    Parameters
    ----------
    contacts : float            Tickets open at the moment `at`; or class -> tickets.
    at : time                   Begin of the plan.
    ages : mapping              Age [s] -> share of the open tickets that are no older, but older than the age before;
                                spread evenly between the two. {"4h": 0.7, "24h": 0.25, "72h": 0.05}.
    class_shares : mapping      Class -> share; needed where `contacts` is one number and there are several classes.
    parts : int                 Moments by which a span of ages is represented.

    Returns
    -------
    DataFrame                   queue, contacts, class, arrived.

    >>> open_backlog(100, at="2026-11-21", ages={"4h": 0.8, "24h": 0.2}, class_shares={"normal": 1.0}, parts=1)
         queue  contacts   class             arrived
    0  tickets      80.0  normal 2026-11-20 22:00:00
    1  tickets      20.0  normal 2026-11-20 10:00:00
    """
    shares = [fraction(share, name=f"ages.{age}") for age, share in ages.items()]
    edges = [0.0, *(seconds(age, name="ages") for age in ages)]
    if not shares or abs(sum(shares) - 1) > 1e-9 or any(b <= a for a, b in pairwise(edges)):
        raise SettingError(
            f"ages must rise and their shares add up to 1, such as {{4h: 0.7, 24h: 0.3}}, got {dict(ages)}.",
            name="ages",
            value=dict(ages),
        )
    by_class = contacts if isinstance(contacts, Mapping) else {k: contacts * v for k, v in (class_shares or {}).items()}
    if not by_class:
        raise SettingError("contacts must name classes, or class_shares must be given.", name="class_shares")
    number = int(number_in(parts, name="parts", low=1, high=1000))
    moment = pd.Timestamp(at)
    rows = [
        (queue, float(waiting) * share / number, str(name), moment - pd.Timedelta(seconds=low + (high - low) * place))
        for name, waiting in by_class.items()
        for (low, high), share in zip(pairwise(edges), shares, strict=True)
        for place in (np.arange(number) + 0.5) / number
    ]
    return pd.DataFrame(rows, columns=["queue", "contacts", "class", "arrived"])


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


def _touches(touches: float | Mapping[str, float], name: str) -> float:
    if isinstance(touches, Mapping):
        if name not in touches:
            raise SettingError(
                f"touches must name every class, {name!r} is missing; it has {listed(touches)}.", name="touches"
            )
        return number_in(touches[name], name=f"touches.{name}", low=0, high=1000, open_low=True)
    return number_in(touches, name="touches", low=0, high=1000, open_low=True)


def _rounds(touches: float, gap: float | None) -> list[tuple[int, float, pd.Timedelta]]:
    """Number, mean touches a ticket and delay of every round: all at once without a gap."""
    if gap is None:
        return [(1, touches, pd.Timedelta(0))]
    count = int(np.ceil(touches - 1e-12))
    return [(k + 1, min(1.0, touches - k), pd.Timedelta(seconds=k * gap)) for k in range(count)]


def _effort(table: pd.DataFrame, aht: Any) -> Array:
    """Handling effort of one touch, by row [s]."""
    if aht is not None:
        return np.full(len(table), seconds(aht, name="aht"))
    if "aht" not in table or table["aht"].isna().any():
        raise DataError("forecast.aht is missing; add the column or pass aht=.", table="forecast", column="aht")
    return table["aht"].to_numpy(dtype=float)


def _moments(table: pd.DataFrame, backlog: pd.DataFrame | None, gap: float | None, touches: float) -> pd.DatetimeIndex:
    """The earliest and the latest release that a clock must know."""
    starts = list(table["start"])
    if backlog is not None and "arrived" in backlog and "agent_hours" not in backlog:
        starts += list(pd.to_datetime(backlog["arrived"]))
    if not starts:
        starts = [pd.Timestamp("2000-01-01")]
    rounds = _rounds(touches, gap)
    return pd.DatetimeIndex([min(starts), max(starts) + rounds[-1][2]])


def _due(release: pd.Series, allowance: float, clock: OpenClock | None) -> Any:
    return release + pd.Timedelta(seconds=allowance) if clock is None else clock.after(release, allowance)


def _backlog(
    backlog: pd.DataFrame,
    begin: pd.Timestamp,
    kinds: Mapping[str, _Class],
    clock: OpenClock | None,
    handle: float,
    gap: float | None,
) -> pd.DataFrame:
    """Open tickets as work: released at the start, due by their own age; further touches come a gap later."""
    if "agent_hours" in backlog:
        found = check(backlog, WORK)
        return found.assign(**({} if "class" in found else {"class": "backlog"}))
    _check_backlog(backlog, kinds)
    parts = []
    for label, mine in backlog.groupby(backlog["class"].astype(str)):
        kind = kinds[str(label)]
        arrived = pd.to_datetime(mine["arrived"])
        for number, times, later in _rounds(kind.touches, gap):
            release = pd.Series(begin + later, index=mine.index)
            known = arrived if number == 1 else release
            due = pd.Series(pd.DatetimeIndex(_due(known, kind.allowance, clock)), index=mine.index)
            parts.append(
                pd.DataFrame(
                    {
                        "queue": mine["queue"],
                        "release": release,
                        "due": due.where(due > begin, begin + OVERDUE),
                        "agent_hours": mine["contacts"].astype(float) * handle * times,
                        "class": str(label),
                        "arrived": known,
                    }
                    | ({} if gap is None else {"touch": number})
                )
            )
    return pd.concat(parts, ignore_index=True)


def _check_backlog(backlog: pd.DataFrame, kinds: Mapping[str, _Class]) -> None:
    missing = [name for name in ("queue", "contacts", "class", "arrived") if name not in backlog]
    if missing:
        raise DataError(
            f"backlog must have the columns queue, contacts, class and arrived; missing {listed(missing)}.",
            table="backlog",
            column=missing[0],
        )
    stray = set(backlog["class"].astype(str)) - set(kinds)
    if stray:
        raise DataError(
            f"backlog.class names {sorted(stray)[0]!r}, which is none of {listed(kinds)}.",
            table="backlog",
            column="class",
        )
