"""Trackers of stretches and windows: rest of the week, after nights, days in a row, whole weekends, rolling hours."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.durations import DAY
from wfm.schedule.lawful.trackers import Step

Ints = npt.NDArray[np.int64]
Shape = tuple[float, float, bool]  # start and end after midnight [s], and whether it is a night


@dataclass(frozen=True)
class Remembered:
    """What all of these have."""

    hard: bool
    weight: float

    def key(self) -> Hashable:
        """All fields."""
        return self

    def broken(self, state: Any, amount: float) -> Step:
        """The state with the cost of a breach, or no step where the rule is hard."""
        if amount <= 1e-9:
            return state, 0.0
        return None if self.hard else (state, self.weight * amount)


@dataclass(frozen=True)
class Alike(Remembered):
    """A rule that asks only whether there is work."""

    patterns: int

    def features(self, day: int) -> Ints:
        """All patterns are alike."""
        return np.zeros(self.patterns, dtype=np.int64)


@dataclass(frozen=True)
class Shaped(Remembered):
    """A rule that asks when shifts start and end."""

    shapes: tuple[Shape, ...]  # distinct ones
    number: tuple[int, ...]  # by pattern

    def features(self, day: int) -> Ints:
        """Number of the shape."""
        return np.array(self.number, dtype=np.int64)


@dataclass(frozen=True)
class RestOfTheWeek(Shaped):
    """The longest time without a shift inside each week: (end of the last shift, enough, any shift of the horizon)."""

    rest: float
    left: tuple[int, ...]  # by day: days of its week after it
    before: tuple[float, bool]  # end of the last shift before, from the first midnight, and whether the rest was had

    def start(self) -> Any:
        """What the week under way holds."""
        return (*self.before, False)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """One shift more; settle the week on its last day."""
        reached, enough, any_shift = state
        if feature is not None:
            begin, end, _ = self.shapes[feature]
            enough |= begin - reached >= self.rest - 1e-6
            reached, any_shift = max(reached, end), True
        enough |= (self.left[day] + 1) * DAY - reached >= self.rest - 1e-6 if self._settles(day) else False
        after = max(reached - DAY, -self.rest)
        if not self._settles(day):
            return (after, enough, any_shift), 0.0
        fresh = (max(after, 0.0), False, any_shift and after > 0)
        return self.broken(fresh, float(any_shift and not enough))

    def _settles(self, day: int) -> bool:
        return self.left[day] == 0 or day + 1 == len(self.left)


@dataclass(frozen=True)
class AfterNights(Shaped):
    """Rest after a row of nights: (nights in the row, end of the last shift, whether it was yesterday)."""

    rest: float
    after: int
    before: tuple[int, float, bool]

    def start(self) -> Any:
        """The row before the horizon."""
        return self.before

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """Ask for the rest, or go on with the row."""
        row, reached, yesterday = state
        if feature is None:
            rested = not row or reached - DAY + self.rest <= 0
            return ((0, 0.0, False) if rested else (row, reached - DAY, False)), 0.0
        begin, end, night = self.shapes[feature]
        goes_on = bool(row and night and yesterday)
        short = 0.0
        if row >= self.after and not goes_on:
            short = max(0.0, self.rest - (begin - reached)) / 3600
        row = (min(row + 1, self.after) if goes_on else 1) if night else 0
        return self.broken((row, end - DAY, True) if row else (0, 0.0, False), short if short > 1e-6 / 3600 else 0.0)


@dataclass(frozen=True)
class DaysOffAtLeast(Alike):
    """Days off in a row, at least `least` between days of work; 0 = at work the day before."""

    least: int
    before: int

    def start(self) -> Any:
        """Days off up to the horizon."""
        return min(self.before, self.least)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """A day off more, or the end of the row."""
        if feature is None:
            return min(state + 1, self.least), 0.0
        return self.broken(0, self.least - state if 0 < state < self.least else 0)


@dataclass(frozen=True)
class DaysOnAtLeast(Alike):
    """Days of work in a row, at least `least`; 0 = off the day before, `least` = enough or not judged."""

    least: int
    before: int
    absent: tuple[bool, ...]

    def start(self) -> Any:
        """Days of work up to the horizon."""
        return min(self.before, self.least)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """A day of work more, or the end of the row."""
        if feature is not None:
            return min(state + 1, self.least), 0.0
        return self.broken(0, self.least - state if 0 < state < self.least and not self.absent[day] else 0)


@dataclass(frozen=True)
class NightsInARow(Remembered):
    """Nights on days in a row, at most `most`."""

    counts: tuple[tuple[int, ...], ...]  # by day: 1 for each pattern that is a night
    most: int
    before: int

    def start(self) -> Any:
        """Nights in a row up to the horizon."""
        return min(self.before, self.most)

    def features(self, day: int) -> Ints:
        """1 where the pattern is a night."""
        return np.array(self.counts[day], dtype=np.int64)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """One more night in the row, or none."""
        if not feature:
            return 0, 0.0
        return (state + 1, 0.0) if state < self.most else self.broken(state, 1.0)


@dataclass(frozen=True)
class WholeWeekend(Alike):
    """All judged days of a weekend worked, or none."""

    number: tuple[int, ...]  # by day: number of the weekend, -1 = not judged
    before: str  # "", "worked", "free" or "mixed": the judged days before the horizon

    def start(self) -> Any:
        """The weekend under way."""
        return self.before

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """Compare with the days before of the same weekend."""
        mine = self.number[day]
        if mine < 0:
            return state, 0.0
        now = "free" if feature is None else "worked"
        split = state not in ("", "mixed", now)
        after = "" if mine not in self.number[day + 1 :] else "mixed" if split or state == "mixed" else now
        return self.broken(after, float(split))


@dataclass(frozen=True)
class Rotation(Shaped):
    """Starts that do not move back from one day to the next; -1 = no shift the day before."""

    tolerance: float
    before: float

    def start(self) -> Any:
        """Start of yesterday's shift, time of day."""
        return self.before

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """Price or forbid an earlier start."""
        if feature is None:
            return -1.0, 0.0
        begin = self.shapes[feature][0]
        early = state - self.tolerance - begin if state >= 0 else 0.0
        return self.broken(begin, max(0.0, early) / 3600 if early > 1e-6 else 0.0)


@dataclass(frozen=True)
class TypesInAWeek(Remembered):
    """Different types of a week, as bits."""

    kinds: tuple[int, ...]  # by pattern
    ends_week: tuple[bool, ...]
    most: int
    before: int

    def start(self) -> Any:
        """Types of the week under way."""
        return self.before, max(self.most, self.before.bit_count())

    def features(self, day: int) -> Ints:
        """Number of the type."""
        return np.array(self.kinds, dtype=np.int64)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """One more type, or one that was there."""
        mask, most = state
        after = mask if feature is None else mask | 1 << feature
        over = after != mask and after.bit_count() > most
        return self.broken((0, self.most) if self.ends_week[day] else (after, most), float(over))


@dataclass(frozen=True)
class Between(Remembered):
    """Shifts that count in a period, at least and at most so many."""

    counts: tuple[tuple[int, ...], ...]
    periods: tuple[int, ...]
    least: tuple[float, ...]  # by period
    most: float
    before: int

    def start(self) -> Any:
        """Those before the horizon in the same period."""
        return self.before, max(self.most, float(self.before))

    def features(self, day: int) -> Ints:
        """1 where the pattern counts."""
        return np.array(self.counts[day], dtype=np.int64)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """Count; settle the period on its last day."""
        number, most = state[0] + (1 if feature else 0), state[1]
        amount = 1.0 if feature and number > most else 0.0
        if day + 1 < len(self.periods) and self.periods[day + 1] == self.periods[day]:
            return self.broken((number, most), amount)
        return self.broken((0, self.most), amount + max(0.0, self.least[self.periods[day]] - number))


@dataclass(frozen=True)
class Window(Remembered):
    """Seconds of work of the last `length` - 1 days, at most `most` in `length` days with what is credited anyway."""

    amounts: tuple[tuple[int, ...], ...]  # by day: seconds that each pattern adds
    credited: tuple[float, ...]  # by day: seconds without work of the horizon in the window that ends then
    length: int
    most: float

    def start(self) -> Any:
        """No work of the horizon yet."""
        return (0,) * (self.length - 1)

    def features(self, day: int) -> Ints:
        """Seconds that count."""
        return np.array(self.amounts[day], dtype=np.int64)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """The window that ends on the day."""
        now = feature or 0
        mine = sum(state) + now
        over = min(mine + self.credited[day] - self.most, mine)
        return self.broken((*state, now)[1:], over / 3600 if over > 3.6e-3 else 0.0)


@dataclass(frozen=True)
class Mean(Remembered):
    """Seconds of work by week of the horizon, at most `most` a week in the mean of each window of weeks."""

    amounts: tuple[tuple[int, ...], ...]
    week: tuple[int, ...]  # by day
    windows: tuple[tuple[int, int, int, float], ...]  # first and last week, number of weeks, seconds credited
    most: float

    def start(self) -> Any:
        """No work of the horizon yet."""
        return (0,)

    def features(self, day: int) -> Ints:
        """Seconds that count."""
        return np.array(self.amounts[day], dtype=np.int64)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """Add to the week; judge the windows that end with it."""
        sums = (*state[:-1], state[-1] + (feature or 0))
        week = self.week[day]
        if day + 1 < len(self.week) and self.week[day + 1] == week:
            return sums, 0.0
        over = sum(
            self._over(sums, first, number, credit) for first, last, number, credit in self.windows if last == week
        )
        later = [first for first, last, *_ in self.windows if last > week]
        if not later:
            return self.broken((0,), over)
        return self.broken((sum(sums),) if max(later) <= 0 else (*sums, 0), over)

    def _over(self, sums: tuple[int, ...], first: int, number: int, credit: float) -> float:
        mine = sum(sums[max(0, first) :]) if len(sums) > 1 else sums[0]
        over = min(mine + credit - self.most * number, mine)
        return over / 3600 / number if over > 3.6e-3 else 0.0


@dataclass(frozen=True)
class RefusedDays:
    """Days on which a wish is refused, counted for fairness."""

    work: tuple[tuple[int, ...], ...]  # by day: 1 for each pattern that refuses one
    off: tuple[int, ...]

    told = True

    def key(self) -> Hashable:
        """All fields."""
        return self

    def start(self) -> Any:
        """None yet."""
        return 0

    def features(self, day: int) -> Ints:
        """1 where the pattern refuses a wish."""
        return np.array(self.work[day], dtype=np.int64)

    def step(self, state: Any, day: int, feature: int | None) -> Step:
        """Count."""
        return state + (self.off[day] if feature is None else feature), 0.0
