"""What people were told: what a day costs that differs from the published roster, and more so at short notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import read_date
from wfm.checks import number_in, put
from wfm.durations import seconds
from wfm.errors import SettingError
from wfm.schedule.people.people import People
from wfm.schedule.rules.rule import Rule, Span, numbered, span_of

Floats = npt.NDArray[np.float64]
Cell = tuple[str, pd.Timestamp]
BREAKS_ALONE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability(Rule):
    """Each day of a person that differs from the published roster costs `weight`, inside the `notice` `times` as much.

    A day differs by its shift, its start or its queue; breaks that move within a shift that stays count half. Judged
    where the published roster is known; the rule takes the place of the price of changes that a plan has else.

    Attributes
    ----------
    notice : float          How long before a day its changes must be told not to be dear [s].
    times : float           How many times as much a change inside the notice costs.
    told : date or None     Day on which changes are told; None = the first day of the roster.
    """

    name: ClassVar[str] = "stability"
    example: ClassVar[str] = "{type: stability, weight: 2, notice: 7d, times: 3}"

    hard: bool = False
    weight: float = 1.0
    notice: float = 0.0
    times: float = 3.0
    told: Any = None

    def __post_init__(self) -> None:
        """Read the notice."""
        Rule.__post_init__(self)
        if self.hard:
            raise SettingError(
                "stability must be soft: absences change days whatever was told. Set hard to false and lock the days "
                "that must stay.",
                name="hard",
                value=self.hard,
            )
        put(
            self,
            notice=seconds(self.notice, name="notice of rule stability", zero=True),
            times=number_in(self.times, name="times of rule stability", low=1, high=1e6),
        )
        if self.told is not None:
            put(self, told=read_date(self.told, name="told of rule stability"))

    def times_on(self, days: pd.DatetimeIndex, first: pd.Timestamp) -> Floats:
        """How many times `weight` a change on each day costs, in a roster that begins on a day.

        >>> week = pd.date_range("2026-11-23", periods=4)
        >>> Stability(notice="2d").times_on(week, week[0])
        array([3., 3., 1., 1.])
        """
        told = first if self.told is None else self.told
        return np.where(np.asarray(days < told + pd.Timedelta(seconds=self.notice)), self.times, 1.0)

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Each day that is not as published; none where nothing is known to be published."""
        if people.published is None:
            return self.table([])
        first, last = span_of(roster, span)
        own = set(self.of(people)["agent"])
        now, was = (_cells(table, own, first, last) for table in (roster, people.published))
        rows = []
        for cell in sorted(now.keys() | was.keys()):
            part = _changed(now.get(cell, _FREE), was.get(cell, _FREE))
            if part:
                agent, day = cell
                dear = float(self.times_on(pd.DatetimeIndex([day]), first)[0])
                words = f"{agent} on {day:%a %d %b}: {_said(now.get(cell, _FREE), part)}; {_said(was.get(cell, _FREE))}"
                rows.append((agent, day, part * dear, f"{words} was published"))
        return self.table(rows)


@dataclass(frozen=True, slots=True)
class _Told:
    """A day of a person: (start, type, queue) of each shift, and when breaks begin."""

    shifts: tuple[tuple[pd.Timestamp, str, object], ...]
    breaks: tuple[pd.Timestamp, ...]


_FREE = _Told((), ())


def _cells(roster: pd.DataFrame, agents: set[str], first: pd.Timestamp, last: pd.Timestamp) -> dict[Cell, _Told]:
    """What each person has on each day on which a shift begins."""
    rows = numbered(roster[roster["agent"].isin(list(agents))])
    queues = rows["queue"] if "queue" in rows else pd.Series([None] * len(rows), index=rows.index, dtype=object)
    shifts: dict[Cell, list[tuple[pd.Timestamp, str, object]]] = {}
    breaks: dict[Cell, list[pd.Timestamp]] = {}
    cell, number = ("", first), None
    columns = (rows["number"], rows["agent"], rows["start"], rows["shift"], queues, rows["activity"])
    for which, agent, start, shift, queue, activity in zip(*columns, strict=True):
        if which != number:
            cell, number = (agent, start.normalize()), which
            shifts.setdefault(cell, []).append((start, shift, queue if isinstance(queue, str) else None))
        if activity in ("break", "meal"):
            breaks.setdefault(cell, []).append(start)
    return {
        cell: _Told(tuple(own), tuple(breaks.get(cell, ()))) for cell, own in shifts.items() if first <= cell[1] < last
    }


def _changed(now: _Told, was: _Told) -> float:
    """1 = another day, a part of it where breaks alone moved."""
    if now.shifts != was.shifts:
        return 1.0
    return BREAKS_ALONE if now.breaks != was.breaks else 0.0


def _said(told: _Told, part: float = 1.0) -> str:
    if not told.shifts:
        return "free"
    words = ", ".join(f"{shift} {start:%H:%M}{f' on {queue}' if queue else ''}" for start, shift, queue in told.shifts)
    return f"{words}{' with other breaks' if part < 1 else ''}"
