"""Whose wishes weigh more: those of people with more years, where the planner says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from wfm.checks import number_in, put
from wfm.errors import SettingError
from wfm.schedule.people.people import People
from wfm.schedule.rules.fairness import history_of
from wfm.schedule.rules.rule import DAY, Rule, Span, each, shifts_of, span_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SeniorWishes(Rule):
    """A refused wish costs `weight` of its own weight more for each year of agents.seniority.

    Years without a number count as none. With weight 0.1, the wish of somebody with ten years costs twice as much as
    that of a newcomer. The amount is years x the weight of the wish x the part of its days on which it is refused.

    Attributes
    ----------
    most : float        Years beyond which no more is added.
    """

    name: ClassVar[str] = "senior_wishes"
    example: ClassVar[str] = "{type: senior_wishes, weight: 0.1, most: 20}"

    hard: bool = False
    weight: float = 0.1
    most: float = 100.0

    def __post_init__(self) -> None:
        """Check the years."""
        Rule.__post_init__(self)
        if self.hard:
            raise SettingError(
                "senior_wishes must be soft: it weighs wishes. Set hard to false; what must be kept is a lock.",
                name="hard",
                value=self.hard,
            )
        put(self, most=number_in(self.most, name="most of rule senior_wishes", low=0, high=100, unit="years"))

    def years(self, people: People) -> dict[str, float]:
        """Years that count, of those of whom the rule speaks."""
        years = np.minimum(history_of(people.agents, "seniority"), self.most)
        own = set(self.of(people)["agent"])
        return {agent: float(n) for agent, n in zip(people.names, years, strict=True) if agent in own and n > 0}

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Each wish that is refused to somebody with years."""
        first, last = span_of(roster, span)
        assert people.wishes is not None
        years = self.years(people)
        met = (people.wishes["start"] < last) & (people.wishes["end"] > first)
        wishes = people.wishes[met & people.wishes["agent"].isin(list(years))]
        shifts = {str(agent): own for agent, own in shifts_of(roster).groupby("agent")} if len(wishes) else {}
        rows = []
        for wish in each(wishes):
            part = _refused(wish, shifts.get(wish.agent), first, last)
            if part > 0:
                amount = years[wish.agent] * wish.weight * part
                who = f"{wish.agent}, {years[wish.agent]:.3g} years with the centre"
                rows.append((wish.agent, wish.start, amount, f"{who}, is refused a wish to {_said(wish)}"))
        return self.table(rows)


def with_seniority(wishes: pd.DataFrame, people: People, rules: Iterable[Rule]) -> pd.DataFrame:
    """The wishes with what their weight becomes by the rules."""
    factor = np.ones(len(wishes))
    for rule in rules:
        if isinstance(rule, SeniorWishes):
            factor += rule.weight * wishes["agent"].map(rule.years(people)).fillna(0.0).to_numpy(dtype=float)
    return wishes.assign(weight=wishes["weight"].to_numpy(dtype=float) * factor)


def _refused(wish: object, own: pd.DataFrame | None, first: pd.Timestamp, last: pd.Timestamp) -> float:
    """Part of the days of a wish on which it is refused."""
    start, end, kind, name = (getattr(wish, word) for word in ("start", "end", "kind", "type"))
    begin = max(start.normalize(), first)
    days = pd.date_range(begin, min(end, last) - pd.Timedelta(1, "ns"), freq=DAY)
    if own is None:
        return 0.0 if kind == "off" else 1.0
    hit = own[(own["start"] < end) & (own["end"] > start)]
    hit = hit[hit["shift"] == name] if isinstance(name, str) else hit
    failed = len(hit) if kind == "off" else len(set(days) - set(hit["day"]))
    return failed / len(days)


def _said(wish: object) -> str:
    kind, name, start = (getattr(wish, word) for word in ("kind", "type", "start"))
    what = "be off" if kind == "off" else "work"
    return f"{what}{f' {name!r}' if isinstance(name, str) else ''} on {start:%a %d %b}"
