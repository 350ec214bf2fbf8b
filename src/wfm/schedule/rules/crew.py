"""Who must be there together: a team lead at every hour, so many with a skill, a language, a role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import number_in, put
from wfm.errors import SettingError
from wfm.hours import OpeningHours
from wfm.schedule.people.people import People
from wfm.schedule.rules.each_shift import read_hours
from wfm.schedule.rules.rule import DAY, Rule, Span, span_of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence(Rule):
    """At every moment of `hours`, people at work of whom the rule speaks >= least.

    The amount is hours x people missing. Each counts as one, also those who take no contacts. The rule couples
    everybody, so it is soft: where too few could be there, that is a result and no error. Give it a high weight.

    Attributes
    ----------
    least : int             People.
    hours : opening hours   Times at which it holds; None = while anybody is at work.
    skill : str or None     Only people with this skill or language count, ...
    level : float           ... who have it at this level or above.
    """

    name: ClassVar[str] = "presence"
    together: ClassVar[bool] = True
    example: ClassVar[str] = '{type: presence, roles: lead, least: 1, hours: "08:00-20:00", weight: 50}'

    hard: bool = False
    weight: float = 20.0
    least: int = 1
    hours: Any = None
    skill: str | None = None
    level: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers and read the hours."""
        Rule.__post_init__(self)
        if self.hard:
            raise SettingError(
                f"{self.name} must be soft: who is there depends on everybody. Set hard to false and give it a high "
                "weight.",
                name="hard",
                value=self.hard,
            )
        put(
            self,
            least=int(number_in(self.least, name=f"least of rule {self.name}", low=1, high=1e6)),
            level=number_in(self.level, name=f"level of rule {self.name}", low=0, high=1e6),
        )
        if self.hours is not None:
            put(self, hours=read_hours(self.hours, f"hours of rule {self.name}"))

    def of(self, people: People) -> pd.DataFrame:
        """The people who count."""
        table = Rule.of(self, people)
        if self.skill is None:
            return table
        levels = people.levels
        able = [levels[agent].get(self.skill, -1.0) >= self.level for agent in table["agent"]]
        return table[able]

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every time during which too few are there; amount = hours x people."""
        first, last = span_of(roster, span)
        work = roster[(roster["activity"] == "work") & (roster["start"] < last) & (roster["end"] > first)]
        if self.hours is None and not len(work):
            return self.table([])
        mine = work[work["agent"].isin(self.of(people)["agent"])]
        spans = list(_open_spans(self.hours, first, last))
        bounds = [moment for span_ in spans for moment in span_]
        edges = np.unique(np.r_[_stamps(work["start"]), _stamps(work["end"]), _stamps(pd.Series(bounds))])
        inside = _present(pd.DataFrame(spans, columns=["start", "end"]), edges)
        if self.hours is None:
            inside = np.minimum(inside, _present(work, edges))
        missing = np.where(inside > 0, self.least - _present(mine, edges), 0.0).clip(min=0)
        return self.table(self._runs(edges, missing))

    def _runs(self, edges: npt.NDArray[np.int64], missing: Floats) -> Iterator[tuple[str, pd.Timestamp, float, str]]:
        """Times of the same shortage as one row each."""
        hours = np.r_[np.diff(edges) / 3.6e12, 0.0]
        who = self._said()
        for run in np.split(np.arange(len(edges)), np.flatnonzero(np.diff(missing)) + 1):
            if len(run) and missing[run[0]] > 0:
                begin, length = pd.Timestamp(edges[run[0]]), float(hours[run].sum())
                when = f"{begin:%a %d %b %H:%M}-{begin + pd.Timedelta(hours=length):%H:%M}"
                yield (
                    "",
                    begin,
                    float(missing[run[0]]) * length,
                    f"{self.least - missing[run[0]]:g} of {self.least} {who} at work on {when}",
                )

    def _said(self) -> str:
        named = [*self.roles, *self.teams, *self.contracts]
        if self.skill is not None:
            named.append(self.skill + (f" at level {self.level:g}" if self.level else ""))
        return f"people ({', '.join(named)})" if named else "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillCover(Presence):
    """At every moment of `hours`, people at work who have `skill` at `level` or above >= least.

    The amount is hours x people missing. Soft, as `presence` is.

    Attributes
    ----------
    least : int             People.
    hours : opening hours   Times at which it holds; None = while anybody is at work.
    skill : str             The skill or language, as in the columns skills and languages of the agents.
    level : float           Least level, as in `voice:3`; a skill without a level has level 1.
    """

    name: ClassVar[str] = "skill_cover"
    example: ClassVar[str] = '{type: skill_cover, skill: english, level: 2, least: 2, hours: "09:00-18:00"}'

    def __post_init__(self) -> None:
        """Ask for the skill."""
        Presence.__post_init__(self)
        if not isinstance(self.skill, str) or not self.skill:
            raise SettingError(
                f"skill of rule skill_cover must name a skill or language, got {self.skill!r}.",
                name="skill",
                value=self.skill,
            )


def _open_spans(
    hours: OpeningHours | None, first: pd.Timestamp, last: pd.Timestamp
) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
    """The open times between two moments, cut at midnight, none twice."""
    if hours is None:
        yield first, last
        return
    reached = first
    for day in pd.date_range(first - DAY, last - DAY, freq="D"):
        for begin, end in hours.of(day):
            start = max(reached, day + pd.Timedelta(seconds=begin))
            stop = min(last, day + pd.Timedelta(seconds=end))
            if start < stop:
                yield start, stop
                reached = stop


def _stamps(moments: pd.Series) -> npt.NDArray[np.int64]:
    return np.asarray(pd.to_datetime(moments).astype("datetime64[ns]").astype("int64"))


def _present(rows: pd.DataFrame, edges: npt.NDArray[np.int64]) -> Floats:
    """Rows that hold each moment."""
    starts, ends = np.sort(_stamps(rows["start"])), np.sort(_stamps(rows["end"]))
    return np.asarray(np.searchsorted(starts, edges, side="right") - np.searchsorted(ends, edges, side="right"), float)
