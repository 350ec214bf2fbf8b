"""How many shifts of a kind a person has in a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from wfm.checks import number_in, one_of, put
from wfm.errors import SettingError
from wfm.schedule.people.people import People
from wfm.schedule.rules.hours import employed, known_from
from wfm.schedule.rules.kinds import days_said, on_days, period_of, read_days
from wfm.schedule.rules.rule import DAY, Rule, Span, joined, span_of, spoken_of, with_previous


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftCount(Rule):
    """Least <= shifts of a person of `shifts` on `days` in a period <= most; the amount is shifts missing or over.

    A part of a period owes its part of the least, in whole shifts.

    Attributes
    ----------
    shifts : tuple of str   Names or kinds of shift types; empty = all.
    days : tuple of str     Weekdays ("sun"), "weekend" or "holidays"; empty = all.
    least, most : int       Shifts; a most of none leaves it open.
    per : str               week, month or roster.
    """

    name: ClassVar[str] = "shift_count"
    kind_fields: ClassVar[tuple[str, ...]] = ("shifts",)
    example: ClassVar[str] = "{type: shift_count, shifts: late, least: 1, most: 2, per: week}"

    shifts: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None
    per: str = "week"

    def __post_init__(self) -> None:
        """Check the numbers and the words."""
        Rule.__post_init__(self)
        put(
            self,
            least=int(number_in(self.least, name="least of rule shift_count", low=0, high=366)),
            days=read_days(self.days, self.name),
        )
        if self.most is not None:
            put(self, most=int(number_in(self.most, name="most of rule shift_count", low=0, high=366)))
        one_of(self.per, ("week", "month", "roster"), name="per of rule shift_count")
        if self.least > self.ceiling:
            raise SettingError(
                f"least of rule shift_count must be at most its most {self.most}, got {self.least}.",
                name="least",
                value=self.least,
            )

    @property
    def ceiling(self) -> float:
        """The most, infinite where there is none."""
        return np.inf if self.most is None else float(self.most)

    def counts(self, shifts: pd.DataFrame, people: People) -> np.ndarray:
        """Whether each shift (shift, day) counts."""
        wanted = on_days(shifts["day"], self.days, people)
        return wanted & shifts["shift"].isin(self.shifts).to_numpy() if self.shifts else wanted

    def violations(self, roster: pd.DataFrame, people: People, span: Span | None = None) -> pd.DataFrame:
        """Every person and period with too few or too many."""
        first, last = span_of(roster, span)
        shifts = spoken_of(with_previous(roster, people, (first, last)), people, self)
        shifts = shifts[self.counts(shifts, people)]
        if self.per == "roster":
            shifts = shifts[~shifts["old"].astype(bool)]
        shifts = shifts.assign(period=period_of(self.per, shifts["day"], people, first))
        sums = shifts.groupby(["agent", "period"]).agg(number=("shift", "size"), old=("old", "sum"))
        had = {key: (int(n), int(old)) for key, n, old in zip(sums.index, sums["number"], sums["old"], strict=True)}
        few, many = [], []
        for agent, period, least in self.due(people, first, last, list(self.of(people)["agent"])):
            number, old = had.get((agent, period), (0, 0))
            what = self._said(period)
            if number < least:
                text = f"{agent} works {number:g} {what}, at least {least:g} wanted"
                few.append((agent, period, least - number, text))
            if min(number - self.ceiling, number - old) > 0:
                text = f"{agent} works {number:g} {what}, at most {self.most} allowed"
                many.append((agent, period, min(number - self.ceiling, number - old), text))
        return joined([self.table(few), self.table(many)])

    def due(
        self, people: People, first: pd.Timestamp, last: pd.Timestamp, agents: Sequence[str]
    ) -> list[tuple[str, pd.Timestamp, float]]:
        """(agent, period, least) of some agents in every period that the roster touches."""
        days = pd.Series(pd.date_range(first - 31 * DAY, last + 31 * DAY, freq="D"))
        if self.per == "roster":
            days = days[(days >= first) & (days < last)].reset_index(drop=True)
        periods = period_of(self.per, days, people, first)
        known, spans = known_from(people, first), employed(people)
        inside = (days >= known) & (days < last)
        wanted = dict.fromkeys(periods[(days >= first) & (days < last)])
        found = []
        for agent in agents:
            mine = inside & (days >= spans[agent][0]) & (days < spans[agent][1])
            share = mine.groupby(periods).mean()
            found += [(str(agent), period, float(np.floor(self.least * share[period] + 1e-9))) for period in wanted]
        return found

    def _said(self, period: pd.Timestamp) -> str:
        what = "shifts" + (f" of {' or '.join(self.shifts)}" if self.shifts else "")
        when = f" on {days_said(self.days)}" if self.days else ""
        return f"{what}{when} in the {self.per} of {period:%d %b}"
