"""Why a wish was not granted: the hour and the number short, the rule in the way, or the claim that came first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.schedule.people.people import People
from wfm.schedule.rules import AllowedShifts, DaysPerWeek, HoursPerWeek, Rule, with_seniority
from wfm.schedule.rules.rule import shifts_of, week_of

DAY = pd.Timedelta(days=1)
Ints = npt.NDArray[np.int64]
Accounts = list[tuple[Any, dict[tuple[str, pd.Timestamp], tuple[float, float]]]]  # rule, (agent, week) -> done, least


def with_reasons(
    wishes: pd.DataFrame,
    rows: pd.DataFrame,
    coverage: pd.DataFrame,
    people: People,
    rules: Sequence[Rule],
    span: tuple[pd.Timestamp, pd.Timestamp],
) -> pd.DataFrame:
    """The wishes with `why`, empty where granted."""
    told: list[str | None] = [None] * len(wishes)
    refused = np.flatnonzero(~wishes["granted"].to_numpy(dtype=bool))
    if len(refused):
        known = _Known.of(wishes, rows, coverage, people, rules, span)
        weeks = week_of(wishes["start"].dt.normalize(), people.calendar.week_start).tolist()
        for place, wish in zip(refused.tolist(), wishes.iloc[refused].itertuples(), strict=True):
            own = known.shifts.get(str(wish.agent), known.none)
            reason = _off(wish, own, weeks[place], known) if wish.kind == "off" else _work(wish, weeks[place], known)
            told[place] = reason + _first_claim(wish, known)
    return wishes.assign(why=pd.Series(told, index=wishes.index, dtype=object))


class _Shift(NamedTuple):
    start: pd.Timestamp
    end: pd.Timestamp
    queue: object
    name: str
    hours: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Known:
    """What reasons are told from, looked up once for all wishes."""

    people: People
    rules: Sequence[Rule]
    shifts: dict[str, list[_Shift]]
    none: list[_Shift]
    accounts: Accounts
    cover: dict[str, Any]  # columns of the coverage table
    queues: list[str]
    skills: dict[str, tuple[str, ...]]
    counts: dict[str, float]
    claims: dict[str, Any]  # columns of the granted wishes, by start
    longest: np.timedelta64
    away: dict[str, Any]  # columns of leave and time off

    @classmethod
    def of(
        cls,
        wishes: pd.DataFrame,
        rows: pd.DataFrame,
        coverage: pd.DataFrame,
        people: People,
        rules: Sequence[Rule],
        span: tuple[pd.Timestamp, pd.Timestamp],
    ) -> _Known:
        """Look everything up."""
        assert people.availability is not None
        shifts: dict[str, list[_Shift]] = {}
        table = shifts_of(rows)
        for agent, *one in zip(*(table[n] for n in ("agent", "start", "end", "queue", "shift", "hours")), strict=True):
            shifts.setdefault(agent, []).append(_Shift(*one))
        weekly = [rule for rule in rules if isinstance(rule, (HoursPerWeek, DaysPerWeek))]
        weighed = with_seniority(wishes, people, rules)
        granted = weighed[weighed["granted"].astype(bool)].sort_values("start", kind="stable")
        lengths = (granted["end"] - granted["start"]).to_numpy()
        away = people.availability[people.availability["kind"].isin(["off", "leave"])]
        return cls(
            people=people,
            rules=rules,
            shifts=shifts,
            none=[],
            accounts=[(rule, _account(rule.account(rows, people, span))) for rule in weekly],
            cover=_columns(coverage, ("queue", "start", "end", "gap")),
            queues=list(coverage["queue"].unique()),
            skills=people.skills,
            counts=people.counts_as,
            claims=_columns(granted, ("agent", "start", "end", "kind", "type", "weight")),
            longest=lengths.max() if len(lengths) else np.timedelta64(0, "ns"),
            away=_columns(away, ("agent", "start", "end", "kind")),
        )

    def during(self, start: Any, end: Any, queues: Sequence[str] | None) -> Ints:
        """Rows of the coverage table that meet a time, of some queues or of all."""
        met = (self.cover["start"] < np.datetime64(end)) & (self.cover["end"] > np.datetime64(start))
        if queues is not None:
            met &= np.isin(self.cover["queue"], queues)
        return np.asarray(np.flatnonzero(met))

    def worst(self, hours: Ints) -> tuple[str, pd.Timestamp, float]:
        """Queue, start and gap of the row with the least to spare."""
        row = hours[int(self.cover["gap"][hours].argmin())]
        return self.cover["queue"][row], pd.Timestamp(self.cover["start"][row]), float(self.cover["gap"][row])


def _columns(table: pd.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    return {name: table[name].to_numpy() for name in names}


def _account(table: pd.DataFrame) -> dict[tuple[str, pd.Timestamp], tuple[float, float]]:
    keys = zip(table["agent"], table["period"], strict=True)
    return dict(zip(keys, zip(table["done"], table["least"], strict=True), strict=True))


def _off(wish: Any, own: Sequence[_Shift], week: pd.Timestamp, known: _Known) -> str:
    met = [shift for shift in own if shift.start < wish.end and shift.end > wish.start]
    met = [shift for shift in met if shift.name == wish.type] if isinstance(wish.type, str) else met
    if _locked(wish, known.people):
        return "a lock holds the shift"
    during = [known.during(s.start, s.end, [s.queue] if isinstance(s.queue, str) else known.queues) for s in met]
    hours = np.concatenate(during) if during else np.zeros(0, dtype=np.int64)
    if len(hours):
        queue, start, gap = known.worst(hours)
        weight = known.counts[wish.agent]
        if gap < -1e-6:
            return f"{queue} is short {-gap:.3g} on {start:%a %d %b %H:%M} even so"
        if gap < weight - 1e-6:
            return f"{queue} would be short {weight - gap:.3g} on {start:%a %d %b %H:%M}"
    for rule, account in known.accounts:
        done, least = account.get((wish.agent, week), (np.inf, 0.0))
        lost = len(met) if rule.unit == "days" else sum(shift.hours for shift in met)
        if done - lost < least - 1e-6:
            return f"{rule.name}: the contract owes {least:.4g} {rule.unit} in the week of {week:%d %b}"
    return "the days that the wish would move cost more than its weight"


def _work(wish: Any, week: pd.Timestamp, known: _Known) -> str:
    people, away = known.people, known.away
    met = np.flatnonzero(
        (away["agent"] == wish.agent)
        & (away["start"] < np.datetime64(wish.end))
        & (away["end"] > np.datetime64(wish.start))
    )
    if len(met):
        return f"not_while_absent: {away['kind'][met[0]]} on {pd.Timestamp(away['start'][met[0]]):%a %d %b}"
    if _locked(wish, people):
        return "a lock holds the day"
    for rule in known.rules:
        if (
            isinstance(rule, AllowedShifts)
            and isinstance(wish.type, str)
            and wish.type not in rule.shifts
            and (rule.of(people)["agent"] == wish.agent).any()
        ):
            contract = people.contract_of[wish.agent].name
            return f"allowed_shifts: the contract {contract} does not work {wish.type!r}"
    for rule, account in known.accounts:
        done, _ = account.get((wish.agent, week), (-np.inf, 0.0))
        if done > rule.most - (1 if rule.unit == "days" else 1e-6) + 1e-9:
            return f"{rule.name}: at most {rule.most:.4g} {rule.unit} in the week of {week:%d %b}"
    hours = known.during(wish.start, wish.end, known.skills[wish.agent] or None)
    if len(hours) and float(known.cover["gap"][hours].min()) > -1e-6:
        queue, start, gap = known.worst(hours)
        return f"nobody is missing: {queue} has {gap:.3g} to spare on {start:%a %d %b %H:%M}"
    return "the person's other days, or rest between them, are worth more than the wish weighs"


def _first_claim(wish: Any, known: _Known) -> str:
    """Whose wish for the same time was granted instead, and how many are on leave then."""
    claims, begin, until = known.claims, np.datetime64(wish.start), np.datetime64(wish.end)
    first = int(np.searchsorted(claims["start"], np.asarray(begin - known.longest), side="left"))
    near = slice(first, int(np.searchsorted(claims["start"], until, side="left")))
    same = (claims["kind"][near] == wish.kind) & (claims["agent"][near] != wish.agent) & (claims["end"][near] > begin)
    if wish.kind == "work" and isinstance(wish.type, str):
        same &= claims["type"][near] == wish.type
    mine, skills = set(known.skills[wish.agent]), known.skills
    rivals = [
        (weight, agent)
        for weight, agent in zip(claims["weight"][near][same], claims["agent"][near][same], strict=True)
        if not mine or not skills[agent] or mine & set(skills[agent])
    ]
    parts = []
    if rivals:
        weight, agent = max(rivals, key=lambda one: one[0])
        others = f" and {len(rivals) - 1} more" if len(rivals) > 1 else ""
        claim = "claims" if others else "claim"
        parts.append(f"; the {claim} of {agent} (weight {weight:g}){others} to the same time came first")
    away = _on_leave(wish, known)
    if wish.kind == "off" and away:
        parts.append(f"; {away} of {len(known.people.names)} are on leave then")
    return "".join(parts)


def _on_leave(wish: Any, known: _Known) -> int:
    """How many others have leave or time off that meets a wish."""
    away = known.away
    met = (away["start"] < np.datetime64(wish.end)) & (away["end"] > np.datetime64(wish.start))
    return len(set(away["agent"][met & (away["agent"] != wish.agent)]))


def _locked(wish: Any, people: People) -> bool:
    assert people.locks is not None
    own = people.locks[people.locks["agent"] == wish.agent]
    if not len(own):
        return False
    until = np.where(own["end"].isna(), own["start"].dt.normalize() + DAY, own["end"])
    return bool(((own["start"].dt.normalize() < wish.end) & (until > np.datetime64(wish.start))).any())
