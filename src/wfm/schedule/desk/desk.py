"""The desk that keeps a roster in force: what a change of anybody's days would break, and what it would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from wfm.calendars import read_date
from wfm.checks import put
from wfm.errors import DataError, InfeasibleError, did_you_mean, listed
from wfm.hours import OpeningHours
from wfm.schedule.checkers.roster_checker import check_roster, hard_only
from wfm.schedule.people.people import People
from wfm.schedule.results import Roster
from wfm.schedule.rules import Rule, all_rules
from wfm.schedule.rules.rule import Span, joined, numbered, shifts_of, span_of, with_kinds
from wfm.schedule.shifts.shift_types import ShiftType
from wfm.tables import COVERAGE, ROSTER, check

MARK = "\x1f"  # between a person's name and the number of a trial


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Desk:
    """A roster in force with its people and rules: what the planners of the day work with.

    Attributes
    ----------
    roster : Roster or roster table
    people : People
    shift_types : tuple of ShiftType
    rules : tuple of Rule               On top of those that the contracts imply and those that always hold.
    coverage : coverage table           What the roster gives against the requirement; taken from a `Roster`.
    hours : mapping                     queue -> OpeningHours
    span : (first day, first day after) What the roster plans; None = from its first to its last day.
    interval : float                    Grid of breaks that have none of their own [s].
    """

    roster: pd.DataFrame
    people: People
    shift_types: Sequence[ShiftType]
    rules: Sequence[Rule] = ()
    coverage: pd.DataFrame | None = None
    hours: Mapping[str, OpeningHours] = field(default_factory=dict)
    span: Span | None = None
    interval: float = 900.0

    def __post_init__(self) -> None:
        """Take the tables out of a `Roster` and put them into form."""
        if isinstance(self.roster, Roster):
            put(self, coverage=self.roster.coverage if self.coverage is None else self.coverage)
            put(self, roster=self.roster.table)
        table = check(self.roster, ROSTER)
        put(self, roster=table, shift_types=tuple(self.shift_types), span=span_of(table, self.span))
        every = all_rules(self.rules, self.people.contracts)
        put(self, rules=tuple(with_kinds(rule, self.shift_types) for rule in every))
        if self.coverage is not None and "type" not in self.coverage:
            put(self, coverage=check(self.coverage, COVERAGE))

    def shift_of(self, agent: str, day: object) -> pd.DataFrame:
        """The rows of the shift that a person starts on a day; a clear error where there is none."""
        date = read_date(day)
        self.refuse_unknown(agent)
        rows = numbered(self.roster[self.roster["agent"] == agent])
        began = rows.groupby("number")["start"].transform("min").dt.normalize() if len(rows) else rows["start"]
        own = rows[(began == date).to_numpy(dtype=bool)].drop(columns="number")
        if not len(own):
            worked = sorted(set(shifts_of(rows)["day"]))
            shown = listed([f"{day:%a %Y-%m-%d}" for day in worked], most=10) or "none"
            raise DataError(
                f"{agent} has no shift on {date:%a %Y-%m-%d}. Days with a shift: {shown}.",
                table="roster",
                column="start",
            )
        return own.reset_index(drop=True)

    def refuse_unknown(self, agent: str) -> None:
        """Refuse a name that is none of the people's."""
        if agent not in self.people.names:
            raise DataError(
                f"agent must be one of the roster's people, got {agent!r}.{did_you_mean(agent, self.people.names)} "
                f"Known: {listed(self.people.names, most=10)}.",
                table="agents",
                column="agent",
            )

    def changed(self, out: pd.DataFrame, into: pd.DataFrame) -> pd.DataFrame:
        """The roster table without some rows and with others, lawful or not."""
        return _exchanged(self.roster, out, into)

    def refuse_unlawful(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table itself, or an error that names every hard rule which it breaks and the roster before did not."""
        before, after = (
            hard_only(
                check_roster(
                    roster,
                    self.people,
                    self.rules,
                    self.shift_types,
                    hours=self.hours,
                    span=self.span,
                    interval=self.interval,
                )
            )
            for roster in (self.roster, table)
        )
        fresh = _fresh(after, before)
        if len(fresh):
            raise InfeasibleError(
                "the change breaks hard rules; choose somebody or something else:", reasons=fresh["message"].tolist()
            )
        return table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """A person's days with some rows gone and others come."""

    agent: str
    out: pd.DataFrame
    into: pd.DataFrame


def tried(desk: Desk, trials: Sequence[Trial]) -> pd.DataFrame:
    """What each trial would break, one row a trial: agent, lawful, rule, why, cost.

    Every trial is a person of its own, so that one reading of the rules judges all of them. `rule` and `why` tell the
    first hard rule that would be broken and was not before; `cost` is what soft rules and wishes then cost more.
    Rules that speak of several people at once (breaks apart, fair shares) are not judged here.
    """
    stays = [Trial(agent=agent, out=_NOTHING, into=_NOTHING) for agent in dict.fromkeys(t.agent for t in trials)]
    every = [*stays, *trials]
    names = [f"{trial.agent}{MARK}{number}" for number, trial in enumerate(every)]
    people = _doubled(desk.people, dict(zip(names, [t.agent for t in every], strict=True)))
    own = dict(list(desk.roster.groupby("agent", sort=False)))
    rows = [
        _exchanged(own.get(trial.agent, _NOTHING), trial.out, trial.into).assign(agent=name)
        for name, trial in zip(names, every, strict=True)
    ]
    table = pd.concat([r for r in rows if len(r)], ignore_index=True) if any(len(r) for r in rows) else desk.roster[:0]
    rules = _of_doubles(desk.rules, dict(zip(names, [t.agent for t in every], strict=True)))
    broken = joined([rule.violations(table, people, desk.span) for rule in rules])
    broken["message"] = broken["message"].str.replace(MARK + r"\d+", "", regex=True)
    by_name = dict(list(broken.groupby("agent", sort=False)))
    plain = {trial.agent: by_name.get(name) for name, trial in zip(names, stays, strict=False)}
    wishes = _wish_cost(desk.people, table)
    wished = {trial.agent: wishes.get(name, 0.0) for name, trial in zip(names, stays, strict=False)}
    told = []
    for name, trial in list(zip(names, every, strict=True))[len(stays) :]:
        after, before = by_name.get(name), plain[trial.agent]
        hard = _fresh(_hard(after), _hard(before))
        cost = _soft(after) - _soft(before) + wishes.get(name, 0.0) - wished[trial.agent]
        rule, why = (hard["rule"].iloc[0], hard["message"].iloc[0]) if len(hard) else ("", "")
        told.append((trial.agent, not len(hard), rule, why, round(cost, 9)))
    return pd.DataFrame(told, columns=["agent", "lawful", "rule", "why", "cost"])


_NOTHING = pd.DataFrame({name: pd.Series(dtype=object) for name in ("agent", "start", "end", "activity", "paid")})
_NONE_BROKEN = joined([])


def _exchanged(rows: pd.DataFrame, out: pd.DataFrame, into: pd.DataFrame) -> pd.DataFrame:
    kept = rows
    if len(out):
        gone = set(zip(out["agent"], out["start"], strict=True))
        kept = rows[[key not in gone for key in zip(rows["agent"], rows["start"], strict=True)]]
    parts = [part for part in (kept, into) if len(part)]
    joined_rows = pd.concat(parts, ignore_index=True) if parts else rows[:0]
    return joined_rows.sort_values(["agent", "start"], kind="stable").reset_index(drop=True)


def _doubled(people: People, agents: Mapping[str, str]) -> People:
    """People of whom each named one appears under several names, with all that is known of them."""

    def under_names(table: pd.DataFrame | None) -> pd.DataFrame | None:
        return table if table is None or not len(table) else named(table)

    def named(table: pd.DataFrame) -> pd.DataFrame:
        pairs = pd.DataFrame({"alias": list(agents), "agent": list(agents.values())})
        return pairs.merge(table, on="agent").assign(agent=lambda t: t["alias"]).drop(columns="alias")

    return replace(
        people,
        agents=named(people.agents),
        availability=under_names(people.availability),
        wishes=under_names(people.wishes),
        locks=under_names(people.locks),
        previous=under_names(people.previous),
    )


def _of_doubles(rules: Sequence[Rule], agents: Mapping[str, str]) -> list[Rule]:
    """The rules that speak of each person alone, those that name people naming their doubles."""
    found = []
    for rule in rules:
        named = {part: getattr(rule, part) for part in ("agents", "but") if getattr(rule, part)}
        doubles = {part: tuple(n for n, agent in agents.items() if agent in of) for part, of in named.items()}
        if not rule.together and doubles.get("agents") != ():
            changes: dict[str, Any] = dict(doubles)
            found.append(replace(rule, **changes) if changes else rule)
    return found


def _wish_cost(people: People, table: pd.DataFrame) -> dict[str, float]:
    """Weight of the wishes that a roster refuses, by agent."""
    wishes = people.wishes
    if wishes is None or not len(wishes):
        return {}
    own = dict(list(shifts_of(table).groupby("agent")))
    cost: dict[str, float] = {}
    for agent, start, end, kind, name, weight in zip(
        *(wishes[column] for column in ("agent", "start", "end", "kind", "type", "weight")), strict=True
    ):
        shifts = own.get(agent)
        met = 0
        if shifts is not None:
            hit = (shifts["start"] < end) & (shifts["end"] > start)
            if kind == "work" and isinstance(name, str):
                hit &= shifts["shift"] == name
            met = int(hit.sum())
        if (kind == "off") == (met > 0):
            cost[agent] = cost.get(agent, 0.0) + float(weight)
    return cost


def _hard(broken: pd.DataFrame | None) -> pd.DataFrame:
    return _NONE_BROKEN if broken is None else broken[broken["hard"].astype(bool)]


def _soft(broken: pd.DataFrame | None) -> float:
    return 0.0 if broken is None else float(broken["cost"].sum())


def _fresh(after: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Rows of `after` that `before` had not, or had smaller."""
    was = dict(zip(_places(before), before["amount"], strict=True))
    amounts = zip(_places(after), after["amount"], strict=True)
    return after[np.array([amount > was.get(place, 0.0) + 1e-9 for place, amount in amounts], dtype=bool)]


def _places(broken: pd.DataFrame) -> list[tuple[str, str, pd.Timestamp]]:
    """(rule, person, moment) of each row."""
    agents = [str(agent).partition(MARK)[0] for agent in broken["agent"]]
    return list(zip(broken["rule"], agents, broken["start"], strict=True))
