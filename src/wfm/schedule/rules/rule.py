"""What every labour rule has, and how rules read a roster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from wfm.calendars import WEEKDAYS
from wfm.checks import number_in, put
from wfm.errors import SettingError
from wfm.schedule.people.people import People
from wfm.schedule.shifts.shift_types import ShiftType

COLUMNS = ("rule", "agent", "start", "amount", "message", "hard", "cost")
DAY = pd.Timedelta(days=1)
SCOPE = ("contracts", "agents", "roles", "teams", "but")
Span = tuple[pd.Timestamp, pd.Timestamp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A labour rule; `violations` reads it off a roster from its text alone.

    Attributes
    ----------
    hard : bool                 A hard rule is never broken; a soft one costs `weight` per unit of its amount.
    weight : float              Cost of one unit of a violation.
    contracts : tuple of str    The contracts it holds for; empty = all of them.
    agents : tuple of str       The people it holds for; empty = all of them.
    roles : tuple of str        The roles it holds for; empty = all of them.
    teams : tuple of str        The teams it holds for; empty = all of them.
    but : tuple of str          People whom it spares.
    instead : bool              For its `agents` it takes the place of all other rules of its type.
    """

    name: ClassVar[str] = "rule"
    kind_fields: ClassVar[tuple[str, ...]] = ()
    together: ClassVar[bool] = False  # speaks of several people at once, not of each alone
    example: ClassVar[str] = ""

    hard: bool = True
    weight: float = 1.0
    contracts: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    instead: bool = False

    def __post_init__(self) -> None:
        """Check what all rules have."""
        if not isinstance(self.hard, bool):
            raise SettingError(
                f"hard of rule {self.name} must be true or false, got {self.hard!r}.", name="hard", value=self.hard
            )
        if self.instead and not self.agents:
            raise SettingError(
                f"instead of rule {self.name} needs agents, for whom it takes the place of others. Name them.",
                name="instead",
                value=self.instead,
            )
        put(
            self,
            weight=number_in(self.weight, name=f"weight of rule {self.name}", low=0, high=1e9),
            **{f: words(getattr(self, f)) for f in (*SCOPE, *self.kind_fields)},
        )

    def of(self, people: People) -> pd.DataFrame:
        """The agents whom the rule speaks of."""
        table = people.of(self.contracts)
        for column, allowed in (("agent", self.agents), ("role", self.roles), ("team", self.teams)):
            if allowed:
                table = table[table[column].isin(allowed)]
        return table[~table["agent"].isin(self.but)] if self.but else table

    def parts(self) -> tuple[Rule, ...]:
        """Simpler rules that say the same to the search; the rule itself where there are none."""
        return (self,)

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every breach as a row: rule, agent, start, amount, message, hard, cost.

        Parameters
        ----------
        roster : roster table
        people : People         Their `previous` roster counts where the rule looks back.
        span : (first day, first day after)     What the roster plans; None = from its first to its last day.
        """
        raise NotImplementedError

    def table(
        self, rows: Iterable[tuple[Any, Any, float, str]], *, hard: bool | None = None, weight: float | None = None
    ) -> pd.DataFrame:
        """Rows of (agent, start, amount, message) as a table of violations."""
        is_hard = self.hard if hard is None else hard
        cost = self.weight if weight is None else weight
        found = [
            (self.name, agent, start, float(amount), message, is_hard, 0.0 if is_hard else cost * float(amount))
            for agent, start, amount, message in rows
        ]
        return pd.DataFrame(found, columns=list(COLUMNS)) if found else no_violations()


def spoken_of(shifts: pd.DataFrame, people: People, rule: Rule) -> pd.DataFrame:
    """The shifts of the people whom the rule speaks of."""
    if not any(getattr(rule, field) for field in SCOPE):
        return shifts
    return shifts[shifts["agent"].isin(rule.of(people)["agent"])].reset_index(drop=True)


def with_exceptions(rules: Iterable[Rule]) -> list[Rule]:
    """The rules, each sparing those for whom another rule of its type stands instead."""
    given = list(rules)
    spared: dict[str, dict[str, None]] = {}
    for rule in given:
        if rule.instead:
            spared.setdefault(rule.name, {}).update(dict.fromkeys(words(rule.agents)))
    return [
        rule if rule.instead or rule.name not in spared else replace(rule, but=(*rule.but, *spared[rule.name]))
        for rule in given
    ]


def rules_by_person(rules: Iterable[Rule], people: People) -> list[list[Rule]]:
    """The rules that speak of each person, in the parts that the search keeps."""
    found: list[list[Rule]] = [[] for _ in people.names]
    row = {agent: k for k, agent in enumerate(people.names)}
    for rule in rules:
        for agent in rule.of(people)["agent"]:
            found[row[agent]] += rule.parts()
    return found


def each(table: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table with their columns as attributes."""
    yield from table.itertuples(index=False)


def no_violations() -> pd.DataFrame:
    """A table of violations without rows."""
    kinds = {"amount": "float64", "cost": "float64", "hard": "bool", "start": "datetime64[ns]"}
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "object")) for name in COLUMNS})


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Several tables of violations as one, in order of rule, agent and start."""
    filled = [table for table in tables if len(table)]
    if not filled:
        return no_violations()
    return pd.concat(filled).sort_values(["rule", "agent", "start"], kind="stable").reset_index(drop=True)


def words(value: object) -> tuple[str, ...]:
    """One word or several as a tuple."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(word) for word in value)  # type: ignore[attr-defined]


def with_kinds(rule: Rule, shift_types: Sequence[ShiftType]) -> Rule:
    """The rule with kinds ("night") replaced by the names of the shift types of that kind."""
    if not rule.kind_fields:
        return rule
    names = {kind.name for kind in shift_types}
    spelled: dict[str, tuple[str, ...]] = {}
    for field in rule.kind_fields:
        given: tuple[str, ...] = getattr(rule, field)
        spelled[field] = tuple(
            dict.fromkeys(
                name
                for word in given
                for name in ([word] if word in names else [k.name for k in shift_types if k.kind == word] or [word])
            )
        )
    return replace(rule, **spelled) if fields(rule) else rule  # type: ignore[arg-type]


def shifts_of(roster: pd.DataFrame) -> pd.DataFrame:
    """One row a shift: agent, start, end, shift, queue, day, hours (paid); rows that touch and share a type are one.

    >>> rows = pd.DataFrame({"agent": "Ada", "start": pd.to_datetime(["2026-11-21 08:00", "2026-11-21 12:00"]),
    ...                      "end": pd.to_datetime(["2026-11-21 12:00", "2026-11-21 13:00"]), "activity": "work",
    ...                      "paid": True, "shift": "full", "queue": "voice"})
    >>> shifts_of(rows)[["agent", "start", "end", "hours"]].to_string(index=False, header=False)
    'Ada 2026-11-21 08:00:00 2026-11-21 13:00:00 5.0'
    """
    for known, shifts in _READ.get():
        if known is roster:
            return shifts.copy()
    if not len(roster) or roster["shift"].isna().all():
        return _NO_SHIFTS.copy()
    rows = numbered(roster)
    hours = (rows["end"] - rows["start"]).dt.total_seconds() / 3600 * rows["paid"].astype(float)
    queue = rows["queue"] if "queue" in rows else pd.Series(None, index=rows.index, dtype=object)
    grouped = rows.assign(hours=hours, queue=queue).groupby("number", sort=False)
    out = grouped.agg(
        agent=("agent", "first"),
        start=("start", "min"),
        end=("end", "max"),
        shift=("shift", "first"),
        queue=("queue", "first"),
        hours=("hours", "sum"),
    ).reset_index(drop=True)
    return out.assign(day=out["start"].dt.normalize())


_READ: ContextVar[tuple[tuple[pd.DataFrame, pd.DataFrame], ...]] = ContextVar("_READ", default=())


@contextmanager
def read_once(*rosters: pd.DataFrame | None) -> Iterator[None]:
    """Inside, the shifts of these rosters are read once and not by every rule; nobody may change them meanwhile."""
    token = _READ.set((*_READ.get(), *((one, shifts_of(one)) for one in rosters if one is not None)))
    try:
        yield
    finally:
        _READ.reset(token)


def numbered(roster: pd.DataFrame) -> pd.DataFrame:
    """The rows of shifts by agent and start, with the `number` of their shift; rows that touch share it."""
    rows = roster[roster["shift"].notna()].sort_values(["agent", "start"], kind="stable", ignore_index=True)
    before = rows.shift(1)
    fresh = (rows["agent"] != before["agent"]) | (rows["start"] != before["end"]) | (rows["shift"] != before["shift"])
    return rows.assign(number=fresh.cumsum())


_NO_SHIFTS = pd.DataFrame(
    {
        name: pd.Series(dtype=kind)
        for name, kind in (
            ("agent", "object"),
            ("start", "datetime64[ns]"),
            ("end", "datetime64[ns]"),
            ("shift", "object"),
            ("queue", "object"),
            ("hours", "float64"),
            ("day", "datetime64[ns]"),
        )
    }
)


def with_previous(roster: pd.DataFrame, people: People, span: Span) -> pd.DataFrame:
    """The shifts of the last published roster that start before the span, and those of the roster."""
    now = shifts_of(roster).assign(old=False)
    if people.previous is None:
        return now
    before = shifts_of(people.previous)
    before = before[before["start"] < span[0]].assign(old=True)
    if not len(before) or not len(now):
        return before if len(before) else now
    return pd.concat([before, now]).sort_values(["agent", "start"], kind="stable").reset_index(drop=True)


def span_of(roster: pd.DataFrame, span: Span | None) -> Span:
    """The days that the roster plans: those given, or from its first to its last day."""
    if span is not None:
        return pd.Timestamp(span[0]).normalize(), pd.Timestamp(span[1])
    if not len(roster):
        return pd.Timestamp(0), pd.Timestamp(0)
    return roster["start"].min().normalize(), roster["start"].max().normalize() + DAY


def week_of(days: pd.Series, week_start: str) -> pd.Series:
    """First day of the planning week of each day."""
    back = (days.dt.day_of_week - WEEKDAYS.index(week_start)) % 7
    return pd.Series(days - pd.to_timedelta(back, unit="D"))


def weekend_of(days: pd.Series, weekend: Sequence[str]) -> pd.Series:
    """First day of the weekend that each day belongs to; NaT for a working day."""
    rest = {WEEKDAYS.index(day) for day in weekend}
    back = {day: next((k for k in range(7) if (day - k - 1) % 7 not in rest), 0) for day in rest}
    found = days.dt.day_of_week.map(back)
    first = pd.Series(days - pd.to_timedelta(found.fillna(0), unit="D"))
    return first.where(found.notna())


def night_hours(start: pd.Series, end: pd.Series, between: tuple[float, float]) -> np.ndarray:
    """Hours of each shift inside the night, `between` two times of day that may lie across midnight."""
    first, last = between
    length = (last - first) % 86_400 or 86_400.0
    begin = (start - start.dt.normalize()).dt.total_seconds().to_numpy()
    until = begin + (end - start).dt.total_seconds().to_numpy()
    inside = np.zeros(len(start))
    for shift in (-86_400, 0, 86_400):
        inside += np.clip(np.minimum(until, first + shift + length) - np.maximum(begin, first + shift), 0, None)
    return np.asarray(inside / 3600)
