"""People: what their contracts ask, what they can, when they are away, what they wish and what is fixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from wfm.calendars import Calendar, read_date
from wfm.checks import number_in, put
from wfm.durations import seconds
from wfm.errors import DataError, SettingError, did_you_mean, listed
from wfm.schedule.people.agents import agents_table
from wfm.tables import AGENTS, AVAILABILITY, LOCKS, ROSTER, WISHES, Spec, check, empty

PAID_ABSENCE = ("leave", "training", "meeting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What people of a contract work; the rules of `wfm.schedule.rules` are made from it.

    Attributes
    ----------
    name : str
    shifts : tuple of str               Names of the allowed shift types; empty = all.
    hours_per_week : (float, float)     Least and most paid hours in a planning week.
    hours_per_month : (float, float)    Least and most paid hours in a calendar month (in the calendar's reckoning).
    days_per_week : (int, int)          Least and most days with work in a planning week.
    min_rest : float                    Rest between the end of a shift and the next start [s].
    max_consecutive_days : int          Most days in a row with work.
    max_weekends : int or None          Most weekends with work in any four weeks.
    start_band : float or None          Most that starts within a week may differ from each other's middle [s].
    leave_credit : float or None        Paid hours that a day of leave counts; None = a usual day of the contract.
    holiday_credit : float or None      Paid hours that a public holiday counts beside what is worked on it.
    hours_per_day : (float, float)      Least and most paid hours of a shift.
    averaging_weeks : int or None       Weeks over which `hours_per_week` holds in the mean; None = in each week.
    averaging_since : date              A day of the first week of one of these periods.
    max_hours_in_week : float or None   Most paid hours of any one week where hours are averaged.

    >>> Contract(name="ft", hours_per_week=(40, 44), days_per_week=(5, 5), min_rest="11h").min_rest
    39600.0
    """

    name: str
    shifts: tuple[str, ...] = ()
    hours_per_week: tuple[float, float] | None = None
    hours_per_month: tuple[float, float] | None = None
    days_per_week: tuple[int, int] | None = None
    min_rest: float = 11 * 3600.0
    max_consecutive_days: int = 6
    max_weekends: int | None = None
    start_band: float | None = None
    leave_credit: float | None = None
    holiday_credit: float | None = None
    hours_per_day: tuple[float, float] | None = None
    averaging_weeks: int | None = None
    averaging_since: Any = None
    max_hours_in_week: float | None = None

    def __post_init__(self) -> None:
        """Convert durations and check the spans."""
        where = f"contract {self.name!r}"
        put(
            self,
            shifts=(self.shifts,) if isinstance(self.shifts, str) else tuple(self.shifts),
            min_rest=seconds(self.min_rest, name=f"min_rest of {where}", zero=True),
        )
        for name, most in (
            ("hours_per_week", 168.0),
            ("hours_per_month", 744.0),
            ("hours_per_day", 24.0),
            ("days_per_week", 7.0),
        ):
            if getattr(self, name) is not None:
                put(
                    self,
                    **{name: _span(getattr(self, name), f"{name} of {where}", most, whole=name == "days_per_week")},
                )
        put(
            self,
            max_consecutive_days=int(
                number_in(self.max_consecutive_days, low=1, high=366, name=f"max_consecutive_days of {where}")
            ),
        )
        if self.max_weekends is not None:
            put(self, max_weekends=int(number_in(self.max_weekends, low=0, high=5, name=f"max_weekends of {where}")))
        if self.start_band is not None:
            put(self, start_band=seconds(self.start_band, name=f"start_band of {where}", zero=True))
        if self.leave_credit is not None:
            put(self, leave_credit=number_in(self.leave_credit, low=0, high=24, name=f"leave_credit of {where}"))
        self._check_averaging(where)

    def _check_averaging(self, where: str) -> None:
        """What belongs to hours over several weeks and to holidays."""
        for name, most in (("holiday_credit", 24), ("max_hours_in_week", 168)):
            if getattr(self, name) is not None:
                put(self, **{name: number_in(getattr(self, name), low=0, high=most, name=f"{name} of {where}")})
        if self.averaging_weeks is None:
            return
        put(
            self,
            averaging_weeks=int(number_in(self.averaging_weeks, low=1, high=53, name=f"averaging_weeks of {where}")),
        )
        if self.hours_per_week is None or self.averaging_since is None:
            raise SettingError(
                f"averaging_weeks of {where} needs hours_per_week, the mean that is owed, and averaging_since, a date "
                "in the first week of a period. Add them.",
                name=f"averaging_weeks of {where}",
                value=self.averaging_weeks,
            )
        put(self, averaging_since=read_date(self.averaging_since, name=f"averaging_since of {where}"))

    @property
    def usual_days(self) -> int:
        """Days of work in a usual week."""
        return int(self.days_per_week[0] or self.days_per_week[1]) if self.days_per_week else 5

    @property
    def usual_day(self) -> float:
        """Paid hours of a usual day, which a day of leave counts.

        >>> Contract(name="pt", hours_per_week=(20, 24), days_per_week=(5, 5)).usual_day
        4.0
        """
        if self.leave_credit is not None:
            return self.leave_credit
        if self.hours_per_week:
            return min(24.0, (self.hours_per_week[0] or self.hours_per_week[1]) / max(1, self.usual_days))
        return 8.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class People:
    """The people of a centre with everything that a roster must know of them; it checks itself.

    Attributes
    ----------
    agents : agents table               Or Agents; skills empty = all queues; counts_as empty = 1, and 1 from the day
                                        `counts_fully_from` on.
    contracts : mapping                 name -> Contract (a list of contracts is accepted).
    availability : availability table   `off` and `leave` forbid work, `training` and `meeting` are placed in the
                                        roster, a person with `only` rows works inside them alone.
    wishes, locks : tables
    previous : roster table             The last published roster: rest, days in a row, hours of a week that is under
                                        way and fairness run on from it.
    published : roster table            What they were told of the days that are planned; a roster changes few of them.
    calendar : Calendar                 Week start, weekend and reckoning of months.
    queues : tuple of str               The queues there are; empty = those of the demand.

    >>> agents = pd.DataFrame({"agent": ["Ada"], "contract": ["ft"], "skills": ["voice|chat"]})
    >>> People(agents=agents, contracts={"ft": Contract(name="ft")}).skills["Ada"]
    ('voice', 'chat')
    """

    agents: pd.DataFrame
    contracts: Mapping[str, Contract]
    availability: pd.DataFrame | None = None
    wishes: pd.DataFrame | None = None
    locks: pd.DataFrame | None = None
    previous: pd.DataFrame | None = None
    published: pd.DataFrame | None = None
    calendar: Calendar = field(default_factory=Calendar)
    queues: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Bring every table into form and refuse what does not fit together."""
        if not isinstance(self.agents, pd.DataFrame):
            put(self, agents=agents_table(self.agents))
        put(
            self,
            contracts=_by_name(self.contracts),
            queues=tuple(self.queues),
            agents=_filled(
                check(self.agents, AGENTS), skills=None, languages=None, role=None, team=None, counts_as=1.0
            ),
        )
        _refuse_unknown(self.agents, "agents", "contract", self.contracts, "a contract")
        put(
            self,
            availability=_paid_filled(self._own(self.availability, AVAILABILITY)),
            wishes=_filled(self._own(self.wishes, WISHES), type=None, weight=1.0),
            locks=_filled(self._own(self.locks, LOCKS), end=pd.NaT, queue=None),
        )
        for name in ("previous", "published"):
            if getattr(self, name) is not None:
                put(self, **{name: check(getattr(self, name), ROSTER)})
        if self.queues:
            self.check_queues(self.queues)

    @property
    def names(self) -> tuple[str, ...]:
        """Every agent, in the order of the table."""
        return tuple(self.agents["agent"])

    @property
    def contract_of(self) -> dict[str, Contract]:
        """Agent -> contract."""
        return {a: self.contracts[c] for a, c in zip(self.agents["agent"], self.agents["contract"], strict=True)}

    @property
    def skills(self) -> dict[str, tuple[str, ...]]:
        """Agent -> queues that the agent can serve; empty = all of them."""
        return {a: tuple(_split(s)) for a, s in zip(self.agents["agent"], self.agents["skills"], strict=True)}

    @property
    def levels(self) -> dict[str, dict[str, float]]:
        """Agent -> level of each skill and language; without a level it is 1.

        >>> agents = pd.DataFrame({"agent": ["Ada"], "contract": "ft", "skills": ["voice:3"], "languages": ["en:2|fa"]})
        >>> People(agents=agents, contracts={"ft": Contract(name="ft")}).levels["Ada"]
        {'voice': 3.0, 'en': 2.0, 'fa': 1.0}
        """
        both = zip(*(self.agents[name] for name in ("agent", "skills", "languages")), strict=True)
        return {a: {**_split(s), **_split(spoken)} for a, s, spoken in both}

    @property
    def counts_as(self) -> dict[str, float]:
        """Agent -> share of an agent (trainees below 1, leads 0)."""
        return {a: float(c) for a, c in zip(self.agents["agent"], self.agents["counts_as"], strict=True)}

    @property
    def grown_from(self) -> dict[str, pd.Timestamp]:
        """Agent -> day from which the person counts as a whole agent; only those who count as less before."""
        if "counts_fully_from" not in self.agents:
            return {}
        some = self.agents[self.agents["counts_fully_from"].notna() & (self.agents["counts_as"] != 1.0)]
        return dict(zip(some["agent"], some["counts_fully_from"].dt.normalize(), strict=True))

    def check_queues(self, queues: Iterable[str]) -> None:
        """Refuse a skill, or the queue of a lock, that is no queue."""
        known = tuple(queues)
        for row, (agent, skills) in enumerate(self.skills.items()):
            for skill in skills:
                if skill not in known:
                    raise DataError(
                        f"agents.skills names {skill!r}, which is no queue, in row {row}, agent={agent}. "
                        "Known "
                        f"queues: {listed(known, most=10)}.{did_you_mean(skill, known)} Correct the skill "
                        "or "
                        "add the queue.",
                        table="agents",
                        column="skills",
                        rows=[row],
                    )
        _refuse_unknown(self.locks, "locks", "queue", known, "a queue")

    def check_shifts(self, shifts: Iterable[str]) -> None:
        """Refuse a lock on a shift that there is none of."""
        known = tuple(shifts)
        rows = () if self.locks is None else zip(self.locks["agent"], self.locks["type"], strict=True)
        for row, (agent, name) in enumerate(rows):
            if name != "off" and name not in known:
                raise DataError(
                    f"locks.type must be 'off' or a shift type, one of {listed(known)}, got {name!r} in row {row}, "
                    f"agent={agent}.{did_you_mean(name, known)} Correct the name.",
                    table="locks",
                    column="type",
                    rows=[row],
                )

    def of(self, contracts: tuple[str, ...]) -> pd.DataFrame:
        """The agents of some contracts; an empty tuple means everybody."""
        return self.agents if not contracts else self.agents[self.agents["contract"].isin(contracts)]

    def _own(self, table: pd.DataFrame | None, spec: Spec) -> pd.DataFrame:
        checked = empty(spec) if table is None or not len(table) else check(table, spec)
        _refuse_unknown(checked, spec.name, "agent", tuple(self.agents["agent"]), "an agent")
        return checked


def _split(skills: object) -> dict[str, float]:
    """`voice:3|chat` as names and levels; without a level it is 1."""
    found: dict[str, float] = {}
    for part in skills.split("|") if isinstance(skills, str) else ():
        name, _, level = part.partition(":")
        if name.strip():
            try:
                found.setdefault(name.strip(), float(level) if level.strip() else 1.0)
            except ValueError as error:
                raise DataError(
                    f"agents.skills holds {part.strip()!r}; a level must be a number, as in 'voice:3'. Correct it.",
                    table="agents",
                    column="skills",
                ) from error
    return found


def _by_name(contracts: object) -> dict[str, Contract]:
    if isinstance(contracts, Contract):
        contracts = [contracts]
    found = dict(contracts) if isinstance(contracts, Mapping) else {c.name: c for c in contracts}  # type: ignore[attr-defined]
    for name, contract in found.items():
        if not isinstance(contract, Contract):
            raise SettingError(
                f"contracts.{name} must be a Contract, got {type(contract).__name__}.",
                name=f"contracts.{name}",
                value=contract,
            )
    return found


def _filled(table: pd.DataFrame | None, **defaults: object) -> pd.DataFrame:
    assert table is not None
    told = {}
    for name, default in defaults.items():
        if name not in table:
            kind = "datetime64[ns]" if default is pd.NaT else "float64" if isinstance(default, float) else "object"
            told[name] = pd.Series([default] * len(table), index=table.index, dtype=kind)
        elif isinstance(default, float):
            told[name] = table[name].fillna(default)
        elif default is None:
            cells = table[name].to_numpy(dtype=object, copy=True)
            cells[pd.isna(cells)] = None
            told[name] = pd.Series(cells, index=table.index, dtype="object")
    return table.assign(**told)


def _paid_filled(table: pd.DataFrame | None) -> pd.DataFrame:
    out = _filled(table, reason=None)
    usual = out["kind"].isin(PAID_ABSENCE)
    if "paid" not in out:
        return out.assign(paid=usual.astype(bool))
    given = out["paid"].notna().to_numpy()
    return out.assign(paid=np.where(given, out["paid"].to_numpy() == True, usual))  # noqa: E712 - holds objects


def _refuse_unknown(table: pd.DataFrame | None, name: str, column: str, known: Iterable[str], what: str) -> None:
    if table is None or table.empty or column not in table:
        return
    bad = np.flatnonzero((table[column].notna() & ~table[column].isin(list(known))).to_numpy(dtype=bool))
    if len(bad):
        got = table[column].iloc[bad[0]]
        keys = [k for k in ("agent", "start") if k in table and k != column]
        place = "".join(f", {k}={table[k].iloc[bad[0]]}" for k in keys)
        raise DataError(
            f"{name}.{column} must be {what} that is known, got {got!r} in {len(bad)} row(s), first: row "
            f"{bad[0]}{place}. Known: {listed(known, most=10)}.{did_you_mean(got, known)} Correct the "
            "name or "
            f"add it.",
            table=name,
            column=column,
            rows=bad.tolist(),
        )


def _span(value: object, name: str, most: float, *, whole: bool) -> tuple[float, float]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = (value, value)
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise SettingError(f"{name} must be a pair [least, most], got {value!r}.", name=name, value=value)
    low, high = (number_in(v, name=name, low=0, high=most) for v in value)
    if low > high or (whole and (low != int(low) or high != int(high))):
        kind = "whole numbers with least <= most" if whole else "a pair with least <= most"
        raise SettingError(f"{name} must be {kind}, got {value!r}.", name=name, value=value)
    return (int(low), int(high)) if whole else (low, high)
