"""What a person's days so far must be remembered for each rule: small counters that walk from day to day.

A tracker turns (state, day, work or not) into the next state and a cost, or forbids the step.
`wfm.schedule.lawful.memory` forms the product of their states, over which the dynamic programme of
`wfm.schedule.lawful.best_days` runs: every rule that has a tracker is kept exactly.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from wfm.durations import DAY
from wfm.schedule.lawful.bands import Rest

Step = tuple[Any, float] | None


class Tracker(Protocol):
    """One rule's memory of the days before."""

    def key(self) -> Hashable:
        """What makes two trackers the same for every purpose."""

    def start(self) -> Any:
        """State before the first day."""

    def features(self, day: int) -> npt.NDArray[np.int64]:
        """What matters to the rule of each pattern on a day, as a number."""

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """State after a day with work of that feature, or without work (None), and its cost; None = forbidden."""


@dataclass(frozen=True)
class DaysInARow:
    """Days worked in a row, at most `most`."""

    patterns: int
    days: int
    before: int
    most: int
    hard: bool
    weight: float

    def key(self) -> Hashable:
        """All fields."""
        return self

    def start(self) -> Any:
        """Days in a row up to the horizon."""
        return self._told(min(self.before, self.most), 0)

    def features(self, day: int) -> npt.NDArray[np.int64]:
        """All patterns are alike."""
        return np.zeros(self.patterns, dtype=np.int64)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """One more day in the row, or none."""
        if feature is None:
            return 0, 0.0
        if state < self.most:
            return self._told(state + 1, day + 1), 0.0
        return None if self.hard else (self.most, self.weight)

    def _told(self, state: int, day: int) -> int:
        # A row that can no longer grow too long before the end is as good as none: fewer states.
        return 0 if state + self.days - day <= self.most else state


@dataclass(frozen=True)
class Limit:
    """Least and most of an amount in a period, with the cost of missing or exceeding them; amounts in seconds or days.

    `hour_cost` is paid for what lies beyond the least where the least and the most differ.
    """

    least: tuple[float, ...]
    most: float
    least_hard: bool
    most_hard: bool
    weight: float
    unit: float
    hour_cost: float = 0.0

    def cost(self, done: float, credit: float, period: int) -> float | None:
        """Cost of a period that ends with `done`, of which `credit` without work; None = forbidden."""
        least = self.least[period]
        cost = 0.0
        if done < least - 1e-6:
            if self.least_hard:
                return None
            cost += self.weight * (least - done) / self.unit
        over = min(done - self.most, done - credit)
        if over > 1e-6:
            cost += self.weight * over / self.unit
        if self.hour_cost and self.most > least:
            cost += self.hour_cost * max(0.0, done - max(least, credit)) / self.unit
        return cost


@dataclass(frozen=True)
class PerPeriod:
    """Days and seconds of work in a week or month, credited leave included from the period's first day."""

    periods: tuple[int, ...]
    amounts: tuple[tuple[int, ...], ...]  # by day: seconds that each pattern adds
    fresh_day: tuple[bool, ...]  # by day: whether work makes the day count (no leave did)
    credits: tuple[tuple[int, int], ...]  # by period: (days, seconds) without work of the horizon
    day_limits: tuple[Limit, ...] = ()
    time_limits: tuple[Limit, ...] = ()

    def key(self) -> Hashable:
        """All fields."""
        return self

    def start(self) -> Any:
        """What the first period holds already."""
        return self.credits[0]

    def features(self, day: int) -> npt.NDArray[np.int64]:
        """Seconds that count."""
        return (
            np.array(self.amounts[day], dtype=np.int64)
            if self.time_limits
            else np.zeros(len(self.amounts[day]), dtype=np.int64)
        )

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """Add a day's work; settle the period on its last day."""
        days, time = state
        if feature is not None:
            days, time = days + self.fresh_day[day], time + feature
            if any(limit.most_hard and days > limit.most for limit in self.day_limits):
                return None
            if any(limit.most_hard and time > limit.most + 1e-6 for limit in self.time_limits):
                return None
        if not self.day_limits:
            days = 0
        period = self.periods[day]
        if day + 1 < len(self.periods) and self.periods[day + 1] == period:
            return (days, time), 0.0
        return self._settled(days, time, period)

    def _settled(self, days: int, time: int, period: int) -> Step:
        credit_days, credit_time = self.credits[period]
        cost = 0.0
        for limits, done, credit in ((self.day_limits, days, credit_days), (self.time_limits, time, credit_time)):
            for limit in limits:
                part = limit.cost(done, credit, period)
                if part is None:
                    return None
                cost += part
        return (self.credits[period + 1] if period + 1 < len(self.credits) else (0, 0)), cost


@dataclass(frozen=True)
class Weekends:
    """Weekends worked among the last few."""

    number: tuple[int, ...]  # by day: number of the weekend, -1 on working days
    before: tuple[int, ...]  # 1 for each of the `weeks` - 1 weekends before the first, oldest first
    under_way: int  # 1 where the first weekend began before the horizon and was worked
    patterns: int
    most: int
    hard: bool
    weight: float

    def key(self) -> Hashable:
        """All fields."""
        return self

    def start(self) -> Any:
        """Weekends before, and the one under way."""
        return self.before, self.under_way, max(0, next((n for n in self.number if n >= 0), 0))

    def features(self, day: int) -> npt.NDArray[np.int64]:
        """All patterns are alike."""
        return np.zeros(self.patterns, dtype=np.int64)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """Mark the weekend as worked, or move on to the next."""
        before, current, number = state
        mine = self.number[day]
        if mine < 0:
            return state, 0.0
        if mine != number:
            before, current, number = (*before, current)[1:] if before else (), 0, mine
        cost = 0.0
        if feature is not None and not current:
            over = sum(before) + 1 - self.most
            if over > 0 and self.hard:
                return None
            cost, current = self.weight * max(0, over), 1
        return (before, current, number), cost


@dataclass(frozen=True)
class Successions:
    """Pairs of shift types that may not follow each other on the next day."""

    marks: tuple[tuple[int, int], ...]  # by pattern: bits of the rules whose `first`, whose `then` it is
    before: int
    costs: tuple[tuple[bool, float], ...]  # by rule: hard, weight

    def key(self) -> Hashable:
        """All fields."""
        return self

    def start(self) -> Any:
        """What the last shift before the horizon was."""
        return self.before

    def features(self, day: int) -> npt.NDArray[np.int64]:
        """Both sets of bits as one number."""
        bits = len(self.costs)
        return np.array([first | then << bits for first, then in self.marks], dtype=np.int64)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """Forbid or price the pair."""
        if feature is None:
            return 0, 0.0
        bits = len(self.costs)
        met, cost = state & feature >> bits, 0.0
        for rule, (hard, weight) in enumerate(self.costs):
            if met >> rule & 1:
                if hard:
                    return None
                cost += weight
        return feature & (1 << bits) - 1, cost


@dataclass(frozen=True)
class Counted:
    """Shifts of some kind in a period, at most `most`; with `most` None they are only counted, for fairness."""

    counts: tuple[tuple[int, ...], ...]  # by day: 1 for each pattern that counts
    periods: tuple[int, ...]
    before: int
    most: int | None
    hard: bool = False
    weight: float = 0.0

    @property
    def told(self) -> bool:
        """Whether the number at the end matters."""
        return self.most is None

    def key(self) -> Hashable:
        """All fields."""
        return self

    def start(self) -> Any:
        """Those before the horizon in the same period."""
        return self.before if self.most is None else min(self.before, self.most)

    def features(self, day: int) -> npt.NDArray[np.int64]:
        """1 where the pattern counts."""
        return np.array(self.counts[day], dtype=np.int64)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """Count; a new period begins at 0."""
        cost = 0.0
        if feature:
            if self.most is not None and state >= self.most:
                if self.hard:
                    return None
                cost = self.weight
            else:
                state += 1
        last = day + 1 == len(self.periods)
        if not last and self.periods[day + 1] != self.periods[day]:
            state = 0
        return state, cost


@dataclass(frozen=True)
class Rested:
    """When the person is rested from the last shift, as seconds after the day's midnight."""

    spans: tuple[tuple[float, float], ...]  # by pattern: start and end
    rest: Rest
    before: float

    def key(self) -> Hashable:
        """All fields."""
        return self

    def start(self) -> Any:
        """Rest from the last shift before the horizon."""
        return max(0.0, self.before)

    def features(self, day: int) -> npt.NDArray[np.int64]:
        """Number of the span."""
        spans = sorted(set(self.spans))
        return np.array([spans.index(span) for span in self.spans], dtype=np.int64)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """Forbid or price a start that comes too early."""
        if feature is None:
            return max(0.0, state - DAY), 0.0
        begin, end = sorted(set(self.spans))[feature]
        short = max(0.0, state - begin)
        if short > self.rest.longest - self.rest.hard + 1e-6:
            return None
        return max(0.0, end + self.rest.longest - DAY), self.rest.weight * short / 3600 if short > 1e-6 else 0.0
