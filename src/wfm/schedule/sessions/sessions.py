"""Meetings and training to place: hours of people in blocks of one length, inside shifts, when it costs least."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, gcd

import numpy as np
import pandas as pd

from wfm.calendars import read_date, weekday_set
from wfm.checks import number_in, one_of, put
from wfm.durations import DAY, seconds, time_of_day
from wfm.errors import SettingError, did_you_mean, listed
from wfm.schedule.people.people import People
from wfm.schedule.program.program import Ints
from wfm.schedule.shifts.axis import TimeAxis

KINDS = ("training", "meeting")
SCOPE = {"agents": "agent", "teams": "team", "roles": "role", "contracts": "contract"}  # words -> column of the agents


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A training or meeting that many people attend, some now, some later, or all together.

    Attributes
    ----------
    name : str
    length : float              Of one block [s]; whoever attends is off contacts for a block, in one piece.
    hours : float or None       Hours of people in all, in whole blocks; None = everybody whom it names, once.
    kind : str                  "training" or "meeting": the activity in the table.
    clock : (float, float)      Earliest start and latest end by the clock, seconds of the day; None = any time.
    days : str or None          Weekdays on which it may be held; None = all.
    dates : list or None        Dates on which it may be held; None = all.
    most_at_once : int          Most people who attend at once; None = any number.
    together : bool             Whether all attend at one time; who is not at work then stays out.
    grid : float or None        Blocks start on multiples of so many seconds; None = on the requirement's interval.
    queue : str or None         Whose people attend. Of named people those who can serve it; None = all, and of a design
                                that of its only queue.
    agents, teams, roles, contracts : tuple of str      Of named people who may attend; empty = all.
    but : tuple of str          People whom it spares.

    >>> product = Session(name="product", length="1h", hours=24, clock=("09:00", "17:00"), most_at_once=4)
    >>> product.blocks, product.length
    (24, 3600.0)
    """

    name: str
    length: float
    hours: float | None = None
    kind: str = "training"
    clock: tuple[float, float] | None = None
    days: frozenset[int] | None = None
    dates: frozenset[pd.Timestamp] | None = None
    most_at_once: int | None = None
    together: bool = False
    grid: float | None = None
    queue: str | None = None
    agents: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    but: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Convert durations and times."""
        where = f"session {self.name!r}"
        put(
            self,
            length=seconds(self.length, name=f"length of {where}"),
            kind=one_of(self.kind, KINDS, name=f"kind of {where}"),
            **{name: _words(getattr(self, name)) for name in (*SCOPE, "but")},
        )
        if self.hours is not None:
            put(self, hours=number_in(self.hours, name=f"hours of {where}", low=0, high=1e6, unit="h"))
        if self.clock is not None:
            put(self, clock=self._clock(where))
        if self.days is not None and not all(isinstance(day, int) for day in self.days):
            put(self, days=weekday_set(self.days, name=f"days of {where}"))
        if self.dates is not None:
            given: Iterable[object] = [self.dates] if isinstance(self.dates, str) else self.dates
            put(self, dates=frozenset(read_date(date, name=f"dates of {where}") for date in given))
        if self.most_at_once is not None:
            most = number_in(self.most_at_once, name=f"most_at_once of {where}", low=1, high=1e6)
            put(self, most_at_once=int(most))
        if self.grid is not None:
            put(self, grid=seconds(self.grid, name=f"grid of {where}"))

    def _clock(self, where: str) -> tuple[float, float]:
        """Earliest start and latest end, with time for a block between them."""
        assert self.clock is not None
        if isinstance(self.clock, str) or len(self.clock) != 2:
            raise SettingError(
                f"clock of {where} must be a pair (earliest start, latest end), got {self.clock!r}.", name="clock"
            )
        first = time_of_day(self.clock[0], name=f"clock of {where}")
        last = time_of_day(self.clock[1], name=f"clock of {where}", midnight=True)
        if (last - first) % DAY < self.length % DAY:
            raise SettingError(
                f"clock of {where} leaves no time for a block of {self.length / 60:g} min, got {self.clock!r}.",
                name="clock",
                value=self.clock,
            )
        return first, last

    @property
    def blocks(self) -> int:
        """How many people attend."""
        if self.hours is None:
            raise SettingError(
                f"session {self.name!r} needs hours where nobody is named: how many hours of people it takes in all.",
                name="hours",
            )
        return ceil(self.hours * 3600 / self.length - 1e-9)

    def held_on(self, day: pd.Timestamp) -> bool:
        """Whether it may be held on a day."""
        return (self.days is None or day.day_of_week in self.days) and (self.dates is None or day in self.dates)

    def starts(self, axis: TimeAxis, interval: float) -> Ints:
        """The slots of the axis in which a block may start; on an open axis it ends inside the horizon."""
        long, step = round(self.length / axis.step), max(1, round((self.grid or interval) / axis.step))
        midnight = -axis.slot_of(axis.origin.normalize())
        slots = np.arange(axis.slots if axis.cyclic else max(0, axis.slots - long + 1))
        slots = slots[(slots + midnight) % step == 0]
        clock = ((slots + midnight) * axis.step) % DAY
        day = ((slots + midnight) * axis.step) // DAY
        first_day = axis.origin.normalize()
        open_days = [self.held_on(first_day + pd.Timedelta(days=d)) for d in range(int(day.max(initial=0)) + 1)]
        may = np.array(open_days, dtype=bool)[day.astype(int)] if len(slots) else np.zeros(0, dtype=bool)
        if self.clock is not None:
            first, last = self.clock
            may &= (clock - first) % DAY + self.length <= ((last - first) % DAY or DAY) + 1e-6
        return np.asarray(slots[may], dtype=np.int64)


def as_sessions(sessions: Sequence[Session] | Session | None) -> tuple[Session, ...]:
    """One session or several, each under a name of its own."""
    given = (sessions,) if isinstance(sessions, Session) else tuple(sessions or ())
    for one in given:
        if not isinstance(one, Session):
            raise SettingError(f"sessions must be Session objects, got {one!r}.", name="sessions", value=one)
    names = [one.name for one in given]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingError(f"sessions name {twice!r} twice. Give each a name of its own.", name="sessions", value=twice)
    return given


def read_sessions(sessions: Sequence[Session] | Session | None, queues: Sequence[str]) -> tuple[Session, ...]:
    """The sessions of a design, each with its queue and its hours."""
    given = as_sessions(sessions)
    for one in given:
        if one.queue is None and len(queues) > 1:
            raise SettingError(
                f"session {one.name!r} must name its queue where there are several: {listed(queues)}.", name="sessions"
            )
        if one.queue is not None and one.queue not in queues:
            raise _unknown_queue(one, queues)
        assert one.blocks >= 0
    return tuple(replace(one, queue=one.queue or queues[0]) for one in given)


def attendees(session: Session, people: People) -> tuple[str, ...]:
    """Who of named people may attend, in the order of the agents.

    Raises SettingError where a session names somebody or something that the agents do not hold.

    >>> from wfm.schedule import Contract
    >>> agents = pd.DataFrame({"agent": ["Ada", "Bo"], "contract": "ft", "team": ["red", "blue"]})
    >>> people = People(agents=agents, contracts={"ft": Contract(name="ft")})
    >>> attendees(Session(name="news", length="1h", teams=["blue"]), people)
    ('Bo',)
    """
    table = people.agents
    for word, column in (*SCOPE.items(), ("but", "agent")):
        there = list(dict.fromkeys(table[column].dropna()))
        lost = [name for name in getattr(session, word) if name not in there]
        if lost:
            raise SettingError(
                f"{word} of session {session.name!r} names {lost[0]!r}, which no agent has as {column}. Known: "
                f"{listed(there, most=10)}.{did_you_mean(lost[0], there)}",
                name=word,
                value=lost[0],
            )
    if session.queue is not None and people.queues and session.queue not in people.queues:
        raise _unknown_queue(session, people.queues)
    for word, column in SCOPE.items():
        if getattr(session, word):
            table = table[table[column].isin(getattr(session, word))]
    skills = people.skills
    return tuple(
        agent
        for agent in table["agent"]
        if agent not in session.but and (session.queue is None or not skills[agent] or session.queue in skills[agent])
    )


def for_people(session: Session, people: People, table: pd.DataFrame) -> Session:
    """The session with those who attend by name, and hours for everybody of them who works when it may be held."""
    able = set(attendees(session, people))
    shifts = table[(table["activity"] == "work") & table["agent"].isin(able)]
    days = pd.DatetimeIndex(shifts["start"]).normalize()
    there = set(shifts.loc[[session.held_on(day) for day in days], "agent"])
    named = tuple(agent for agent in people.names if agent in there)
    hours = len(named) * session.length / 3600 if session.hours is None else session.hours
    return replace(session, agents=named, teams=(), roles=(), contracts=(), but=(), queue=None, hours=hours)


def _unknown_queue(session: Session, queues: Sequence[str]) -> SettingError:
    return SettingError(
        f"session {session.name!r} names queue {session.queue!r}, which has no requirement. Known: {listed(queues)}."
        f"{did_you_mean(session.queue, list(queues))}",
        name="sessions",
        value=session.queue,
    )


def _words(value: object) -> tuple[str, ...]:
    """One word or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value or ())  # type: ignore[arg-type]


def finer(axis: TimeAxis, sessions: Sequence[Session]) -> TimeAxis:
    """The axis with slots that blocks fill."""
    step = gcd(axis.step, *(round(part) for one in sessions for part in (one.length, one.grid or 0)))
    return replace(axis, step=step, slots=axis.slots * axis.step // step)
