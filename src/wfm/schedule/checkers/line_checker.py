"""Whether a schedule table keeps the rules of its shift types: written from the rules' text, apart from the search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.hours import OpeningHours
from wfm.schedule.checkers.limit_checker import broken_people, lines_of_table
from wfm.schedule.shifts.shift_types import Break, ShiftType

MIDNIGHT = pd.Timedelta(days=1)
ON_DUTY = ("work", "training", "meeting")  # what is no break
Fault = tuple[str, str, str]


def schedule_faults(
    table: pd.DataFrame,
    shift_types: Sequence[ShiftType],
    hours: Mapping[str, OpeningHours] | None = None,
    *,
    interval: float | None = None,
    cycle: float | None = None,
    days: pd.DatetimeIndex | None = None,
) -> pd.DataFrame:
    """Every broken rule of a schedule, one row each: shift, rule, message; no rows where all is well.

    Parameters
    ----------
    table : schedule
    hours : mapping             Opening hours by queue; queues that are not named are not checked.
    interval : float            Width of the requirement's intervals, on which breaks without a grid start [s].
    cycle : float               Length of a horizon whose end runs into its beginning [s].
    days : dates                Days on which people of types and starts are counted (`ShiftType.people`, `people_at`),
                                each queue by itself; None = they are not. `shift` then names the type.

    >>> kind = ShiftType(name="day", length="8h", starts="08:00")
    >>> table = pd.DataFrame({"shift": "a", "start": pd.to_datetime(["2026-11-21 09:00"]), "activity": "work",
    ...                       "end": pd.to_datetime(["2026-11-21 17:00"]), "paid": True, "people": 2, "type": "day"})
    >>> schedule_faults(table, [kind])["message"].tolist()
    ['starts at 09:00, allowed: 08:00']
    """
    kinds = {kind.name: kind for kind in shift_types}
    columns = ["shift", "start", "end", "activity", "paid", "people", "type", *(["queue"] if "queue" in table else [])]
    lines: dict[str, list[Any]] = defaultdict(list)
    for row in table[columns].sort_values(["shift", "start"], kind="stable").itertuples(index=False):
        lines[str(row.shift)].append(row)
    faults: list[Fault] = []
    for shift, rows in lines.items():
        kind = kinds.get(rows[0].type)
        if kind is None:
            faults.append((shift, "type", f"has the unknown type {rows[0].type!r}"))
            continue
        found = [*_whole(rows), *_when(rows, kind), *_pauses(rows, kind, interval), *_open(rows, kind, hours)]
        faults += [(shift, rule, message) for rule, message in found]
    if days is not None:
        faults += _numbers(table, kinds, hours, days)
    return pd.DataFrame([*faults, *_crowds(table, kinds, cycle)], columns=["shift", "rule", "message"])


def _whole(rows: list[Any]) -> Iterator[tuple[str, str]]:
    people = [row.people for row in rows]
    if len(set(people)) != 1 or people[0] < 0 or people[0] != int(people[0]):
        yield "people", f"must have one whole number of people, has {people}"
    if len({row.type for row in rows}) != 1:
        yield "type", "mixes shift types"
    if any(before.end != after.start for before, after in pairwise(rows)):
        yield "contiguous", "has a hole or an overlap between its activities"
    if any(row.end <= row.start for row in rows):
        yield "contiguous", "has an activity that does not end after its start"


def _when(rows: list[Any], kind: ShiftType) -> Iterator[tuple[str, str]]:
    start, end = rows[0].start, rows[-1].end
    if (start - start.normalize()).total_seconds() not in kind.starts:
        allowed = ", ".join(str(pd.Timedelta(seconds=s))[-8:-3] for s in kind.starts[:5])
        yield "start", f"starts at {start:%H:%M}, allowed: {allowed}{' ...' if len(kind.starts) > 5 else ''}"
    if kind.days is not None and start.day_of_week not in kind.days:
        yield "day", f"starts on {start:%a %Y-%m-%d}, which is not one of its days"
    if (end - start).total_seconds() != kind.length:
        yield "length", f"lasts {end - start}, not {pd.Timedelta(seconds=kind.length)}"


def _pauses(rows: list[Any], kind: ShiftType, interval: float | None) -> Iterator[tuple[str, str]]:
    """Breaks in number, order, length, pay and place."""
    taken = [row for row in rows if row.activity not in ON_DUTY]
    if not all(row.paid for row in rows if row.activity in ON_DUTY):
        yield "paid", "has unpaid work"
    if len(taken) != len(kind.breaks):
        yield "breaks", f"has {len(taken)} break(s), not {len(kind.breaks)}"
        return
    for row, pause in zip(taken, kind.breaks, strict=True):
        if (row.end - row.start).total_seconds() != pause.length:
            yield "breaks", f"break {pause.name!r} lasts {row.end - row.start}, not {pause.length / 60:g} min"
        if bool(row.paid) != pause.paid:
            yield "paid", f"break {pause.name!r} must be {'paid' if pause.paid else 'unpaid'}"
        meal = not pause.paid and (pause.name == "meal" or pause.length > 1200)
        if row.activity != ("meal" if meal else "break"):
            yield "breaks", f"break {pause.name!r} is called {row.activity}"
        if not _in_window(row.start, rows[0].start, pause, interval):
            yield "breaks", f"break {pause.name!r} at {row.start:%H:%M} lies outside its window or grid"


def _in_window(moment: pd.Timestamp, begin: pd.Timestamp, pause: Break, interval: float | None) -> bool:
    after = (moment - begin).total_seconds()
    of_day = (moment - moment.normalize()).total_seconds()
    grid = pause.grid or interval
    if pause.between is not None and not pause.between[0] <= after <= pause.between[1]:
        return False
    if pause.clock is not None:
        first, last = pause.clock
        if not (first <= of_day <= last if first <= last else of_day >= first or of_day <= last):
            return False
    return grid is None or (moment - begin.normalize()).total_seconds() % grid == 0


def _open(rows: list[Any], kind: ShiftType, hours: Mapping[str, OpeningHours] | None) -> Iterator[tuple[str, str]]:
    queues = [queue for queue in dict.fromkeys(getattr(row, "queue", None) for row in rows) if queue is not None]
    if hours is None or kind.outside_hours or not queues or not set(queues) <= set(hours):
        return
    now, end = rows[0].start, rows[-1].end
    spans = [
        (day + pd.Timedelta(seconds=a), day + pd.Timedelta(seconds=b))
        for queue in queues
        for day in pd.date_range(now.normalize() - MIDNIGHT, end.normalize(), freq="D")
        for a, b in hours[queue].of(day)
    ]
    for first, last in sorted(spans):
        if first <= now < last:
            now = last
    if now < end:
        yield "hours", f"works at {now:%Y-%m-%d %H:%M}, when the queue is closed"


def _numbers(
    table: pd.DataFrame,
    kinds: Mapping[str, ShiftType],
    hours: Mapping[str, OpeningHours] | None,
    days: pd.DatetimeIndex,
) -> Iterator[Fault]:
    """People of types and starts on each day on which they may be worked."""
    pools = table["pool"].fillna(table["queue"]) if "pool" in table else None
    plain = table["queue"] if "queue" in table else pd.Series("", index=table.index)
    for queue, rows in table.groupby(plain if pools is None else pools):
        may = set()
        for kind in kinds.values():
            for day in (day for day in days if kind.starts_on(day)):
                for at in kind.starts:
                    start = day + pd.Timedelta(seconds=at)
                    span = SimpleNamespace(start=start, end=start + pd.Timedelta(seconds=kind.length), queue=queue)
                    if not list(_open([span], kind, hours)):
                        may.add((kind.name, day, at))
        for name, message in broken_people(lines_of_table(rows), list(kinds.values()), may):
            yield name, "people", message


def _crowds(table: pd.DataFrame, kinds: Mapping[str, ShiftType], cycle: float | None) -> Iterator[Fault]:
    """At no moment are more people on a watched break than its share of those on duty, or one."""
    watched = {
        (pause.name, pause.most_at_once)
        for kind in kinds.values()
        for pause in kind.breaks
        if pause.most_at_once is not None
    }
    queues = table["queue"] if "queue" in table else pd.Series("", index=table.index)
    if "pool" in table:  # people of a pool answer now one queue, now another
        queues = table["pool"].fillna(queues)
    for name, share in sorted(watched):
        for _, rows in table.groupby(queues):
            away = _of_break(rows, kinds, name, share)
            yield from _crowded(rows, away, name, float(share), cycle)


def _of_break(rows: pd.DataFrame, kinds: Mapping[str, ShiftType], name: str, share: float) -> pd.DataFrame:
    """Rows that are the named break of their shift: the k-th absence of a line is the k-th break of its type."""
    absent = rows[~rows["activity"].isin(ON_DUTY)].sort_values(["shift", "start"])
    which = absent.groupby("shift").cumcount()
    mine = [
        kind in kinds
        and k < len(kinds[kind].breaks)
        and kinds[kind].breaks[k].name == name
        and kinds[kind].breaks[k].most_at_once == share
        for kind, k in zip(absent["type"], which, strict=True)
    ]
    return absent[pd.Series(mine, index=absent.index, dtype=bool)]


def _crowded(rows: pd.DataFrame, away: pd.DataFrame, name: str, share: float, cycle: float | None) -> Iterator[Fault]:
    lines = rows.groupby("shift").agg(start=("start", "min"), end=("end", "max"), people=("people", "first"))
    on_duty, gone_away = lines["people"].to_numpy(), away["people"].to_numpy()
    for moment in away["start"].unique():
        absent = _present(away, moment, cycle)
        gone, duty = int(gone_away[absent].sum()), int(on_duty[_present(lines, moment, cycle)].sum())
        if gone > max(1.0, share * duty + 1e-9):
            yield (
                str(away["shift"].to_numpy()[absent][0]),
                "most_at_once",
                f"{gone} of {duty} people are on {name!r} at {pd.Timestamp(moment)}, at most {share:g} may be",
            )


def _present(spans: pd.DataFrame, moment: pd.Timestamp, cycle: float | None) -> npt.NDArray[np.bool_]:
    """Which spans hold a moment, on a cycle in any of its turns."""
    start, end = spans["start"].to_numpy(), spans["end"].to_numpy()
    turns = (-1, 0, 1) if cycle is not None else (0,)
    moments = [np.datetime64(moment + pd.Timedelta(seconds=turn * (cycle or 0.0))) for turn in turns]
    return np.asarray(np.any([(start <= at) & (at < end) for at in moments], axis=0), dtype=bool)
