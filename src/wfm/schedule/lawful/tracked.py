"""From the rules of stretches, windows and counts to the trackers by which the search keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY
from wfm.schedule.lawful.options import Patterns, shift_table, wish_days, wish_met
from wfm.schedule.lawful.stretch_trackers import (
    AfterNights,
    Between,
    DaysOffAtLeast,
    DaysOnAtLeast,
    Mean,
    NightsInARow,
    RefusedDays,
    RestOfTheWeek,
    Rotation,
    Shape,
    TypesInAWeek,
    WholeWeekend,
    Window,
)
from wfm.schedule.lawful.trackers import Counted, Limit, Tracker
from wfm.schedule.people.people import People
from wfm.schedule.rules.counts import ShiftCount
from wfm.schedule.rules.fairness import Fair, FairWishes
from wfm.schedule.rules.hours import _PerPeriod
from wfm.schedule.rules.kinds import Nights, period_of
from wfm.schedule.rules.rotation import ForwardRotation, RestAfterNights, ShiftTypesPerWeek, WeeklyRest
from wfm.schedule.rules.rule import Rule, each, week_of, weekend_of
from wfm.schedule.rules.stretches import (
    MaxConsecutiveNights,
    MinConsecutiveDays,
    MinDaysOff,
    WholeWeekends,
    absent_days,
)
from wfm.schedule.rules.windows import AverageHours, HoursInWindow
from wfm.schedule.shifts.demand import Demand

if TYPE_CHECKING:
    from wfm.schedule.lawful.lawful_tours import _Maker

Bools = npt.NDArray[np.bool_]
Marks = tuple[tuple[int, ...], ...]
ONE_DAY = pd.Timedelta(days=1)
FREE = -1e9  # an end of a shift so long ago that everybody is rested


class Forms:
    """Every pattern on every day as a table of shifts, and which of them a rule counts; the same for all people."""

    def __init__(self, people: People, demand: Demand, patterns: Patterns) -> None:
        self.people, self.demand, self.patterns = people, demand, patterns
        self.table = shift_table(demand, patterns)
        self.away = absent_days(people)
        self._marks: dict[object, Marks] = {}
        self._periods: dict[object, tuple[pd.Series, tuple[int, ...]]] = {}
        self.limits: dict[object, Limit] = {}  # of all who are known and here since one day

    def marks(self, rule: Rule, counts: Callable[[pd.DataFrame], Any]) -> Marks:
        """By day: 1 for each pattern that a rule counts."""
        if rule not in self._marks:
            found = np.asarray(counts(self.table)).reshape(self.demand.days, self.patterns.number)
            self._marks[rule] = tuple(tuple(int(v) for v in row) for row in found)
        return self._marks[rule]

    def periods(self, rule: _PerPeriod) -> tuple[pd.Series, tuple[int, ...]]:
        """First day and number of the rule's period that each day lies in."""
        if rule not in self._periods:
            labels = rule._period_of(pd.Series(self.demand.dates), self.people)
            self._periods[rule] = labels, tuple(int(k) for k in pd.factorize(labels)[0])
        return self._periods[rule]

    def nights(self, rule: Nights) -> Marks:
        """By day: 1 for each pattern that is a night."""
        return self.marks(rule, rule.is_night)

    def shapes(self, night: Bools | None = None) -> tuple[tuple[Shape, ...], tuple[int, ...]]:
        """The distinct (start, end, night), and which each pattern has."""
        flags = np.zeros(self.patterns.number, dtype=bool) if night is None else night
        whole = [
            (float(a), float(b), bool(n))
            for a, b, n in zip(self.patterns.starts, self.patterns.ends, flags, strict=True)
        ]
        distinct = sorted(set(whole))
        return tuple(distinct), tuple(distinct.index(one) for one in whole)

    def fair(self, rule: Fair, agent: str) -> Tracker:
        """What counts for a fair share."""
        if isinstance(rule, FairWishes):
            return self._refused(agent)
        counts = self.marks(rule, lambda table: rule.counts(table, self.people))
        return Counted(counts=counts, periods=(0,) * self.demand.days, before=0, most=None)

    def _refused(self, agent: str) -> RefusedDays:
        assert self.people.wishes is not None
        wishes = self.people.wishes[self.people.wishes["agent"] == agent]
        begin = np.arange(self.demand.days)[:, None] * DAY + self.patterns.starts
        until = np.arange(self.demand.days)[:, None] * DAY + self.patterns.ends
        work, off = np.zeros(begin.shape, dtype=np.int64), np.zeros(self.demand.days, dtype=np.int64)
        for start, end, kind, name in zip(
            self.demand.seconds(wishes["start"]),
            self.demand.seconds(wishes["end"]),
            wishes["kind"],
            wishes["type"],
            strict=True,
        ):
            met = wish_met(start, end, kind, name, self.patterns, begin, until)
            if kind == "off":
                work |= met
            else:
                days = wish_days(start, end, self.demand.days)
                off[days] = 1
                work[days] |= ~met[days]
        return RefusedDays(work=tuple(tuple(int(v) for v in row) for row in work), off=tuple(int(v) for v in off))


def further_trackers(maker: _Maker) -> list[Tracker]:
    """The trackers of a person for the rules of this module."""
    makers: dict[type[Rule], Callable[[Any, _Maker], Tracker]] = {
        WeeklyRest: _weekly_rest,
        RestAfterNights: _after_nights,
        MinDaysOff: _days_off,
        MinConsecutiveDays: _days_on,
        MaxConsecutiveNights: _nights_in_a_row,
        WholeWeekends: _weekends,
        ForwardRotation: _rotation,
        ShiftTypesPerWeek: _types,
        ShiftCount: _between,
        HoursInWindow: _window,
        AverageHours: _mean,
    }
    return [makers[type(rule)](rule, maker) for rule in maker.rules if type(rule) in makers]


def _weekly_rest(rule: WeeklyRest, maker: _Maker) -> Tracker:
    first, calendar = maker.demand.first, maker.people.calendar
    week = calendar.week_of(first)
    reached, enough = (week - first).total_seconds(), False
    shifts = maker.past.shifts
    for start, end in zip(shifts["start"], shifts["end"], strict=True):
        if end > week:
            enough |= (start - first).total_seconds() - reached >= rule.rest - 1e-6
            reached = max(reached, (end - first).total_seconds())
    shapes, number = maker.forms.shapes()
    left = tuple(int((calendar.week_of(day) + 7 * ONE_DAY - day) / ONE_DAY) - 1 for day in maker.demand.dates)
    return RestOfTheWeek(
        hard=rule.hard,
        weight=rule.weight,
        shapes=shapes,
        number=number,
        rest=rule.rest,
        left=left,
        before=(float(reached), bool(enough)),
    )


def _after_nights(rule: RestAfterNights, maker: _Maker) -> Tracker:
    first, shifts = maker.demand.first, maker.past.shifts
    row, before = 0, None
    for shift, night in zip(each(shifts), rule.is_night(shifts) if len(shifts) else (), strict=True):
        goes_on = before is not None and row and night and shift.day - before.day == ONE_DAY
        row = (row + 1 if goes_on else 1) if night else 0
        before = shift
    start = (0, 0.0, False)
    if before is not None and row:
        reached = (before.end - first).total_seconds()
        yesterday = bool(before.day == first - ONE_DAY)
        start = (min(row, rule.after), reached, yesterday) if yesterday or reached + rule.rest > 0 else start
    night_of = np.array(maker.forms.nights(rule)[0], dtype=bool)
    shapes, number = maker.forms.shapes(night_of)
    return AfterNights(
        hard=rule.hard,
        weight=rule.weight,
        shapes=shapes,
        number=number,
        rest=rule.rest,
        after=rule.after,
        before=start,
    )


def _days_off(rule: MinDaysOff, maker: _Maker) -> Tracker:
    worked = maker.past.shifts["day"]
    before = int((maker.demand.first - worked.max()) / ONE_DAY) - 1 if len(worked) else rule.least
    return DaysOffAtLeast(
        hard=rule.hard, weight=rule.weight, patterns=maker.patterns.number, least=rule.least, before=before
    )


def _days_on(rule: MinConsecutiveDays, maker: _Maker) -> Tracker:
    worked, first, known = set(maker.past.shifts["day"]), maker.demand.first, maker.past.known_from
    before = 0
    while first - (before + 1) * ONE_DAY in worked:
        before += 1
    if first - before * ONE_DAY <= known:
        before = rule.least  # nobody knows when the row began
    away = maker.forms.away.get(maker.agent, set())
    return DaysOnAtLeast(
        hard=rule.hard,
        weight=rule.weight,
        patterns=maker.patterns.number,
        least=rule.least,
        before=before,
        absent=tuple(day in away for day in maker.demand.dates),
    )


def _nights_in_a_row(rule: MaxConsecutiveNights, maker: _Maker) -> Tracker:
    past = maker.past.shifts
    nights = set(past["day"][rule.is_night(past)]) if len(past) else set()
    before = 0
    while maker.demand.first - (before + 1) * ONE_DAY in nights:
        before += 1
    return NightsInARow(
        hard=rule.hard, weight=rule.weight, counts=maker.forms.nights(rule), most=rule.most, before=before
    )


def _weekends(rule: WholeWeekends, maker: _Maker) -> Tracker:
    first, last, weekend = maker.demand.first, maker.demand.last, maker.people.calendar.weekend
    away = maker.forms.away.get(maker.agent, set())
    dates = pd.Series(pd.date_range(first - 7 * ONE_DAY, last + 6 * ONE_DAY, freq="D"))
    begins = weekend_of(dates, weekend)
    whole = {
        begin: list(own)
        for begin, own in dates.groupby(begins)
        if own.iloc[0] >= maker.past.known_from and own.iloc[-1] < last and own.iloc[-1] >= first
    }
    number = {day: k for k, own in enumerate(whole.values()) for day in own if day not in away and day >= first}
    worked = set(maker.past.shifts["day"])
    before = ""
    for own in whole.values():
        old = {day in worked for day in own if day < first and day not in away}
        if old:
            before = "mixed" if len(old) == 2 else "worked" if True in old else "free"
    return WholeWeekend(
        hard=rule.hard,
        weight=rule.weight,
        patterns=maker.patterns.number,
        number=tuple(number.get(day, -1) for day in maker.demand.dates),
        before=before,
    )


def _rotation(rule: ForwardRotation, maker: _Maker) -> Tracker:
    past = maker.past.shifts
    old = past[past["day"] == maker.demand.first - ONE_DAY]
    before = float((old["start"] - old["day"]).dt.total_seconds().max()) if len(old) else -1.0
    shapes, number = maker.forms.shapes()
    return Rotation(
        hard=rule.hard, weight=rule.weight, shapes=shapes, number=number, tolerance=rule.tolerance, before=before
    )


def _types(rule: ShiftTypesPerWeek, maker: _Maker) -> Tracker:
    past, calendar = maker.past.shifts, maker.people.calendar
    old = past[past["day"] >= calendar.week_of(maker.demand.first)]["shift"]
    names = list(dict.fromkeys([kind.name for kind in maker.patterns.types] + list(old)))
    week = week_of(pd.Series(maker.demand.dates), calendar.week_start).tolist()
    return TypesInAWeek(
        hard=rule.hard,
        weight=rule.weight,
        kinds=tuple(int(k) for k in maker.patterns.kind),
        ends_week=tuple(day + 1 == len(week) or week[day + 1] != week[day] for day in range(len(week))),
        most=rule.most,
        before=sum({1 << names.index(name) for name in old}),
    )


def _between(rule: ShiftCount, maker: _Maker) -> Tracker:
    first, last, past = maker.demand.first, maker.demand.last, maker.past.shifts
    due = rule.due(maker.people, first, last, [maker.agent])
    labels = [period for _, period, _ in due]
    place = {label: k for k, label in enumerate(labels)}
    periods = period_of(rule.per, pd.Series(maker.demand.dates), maker.people, first)
    old = past[past["day"] >= labels[0]] if rule.per != "roster" else past.iloc[:0]
    return Between(
        hard=rule.hard,
        weight=rule.weight,
        counts=maker.forms.marks(rule, lambda table: rule.counts(table, maker.people)),
        periods=tuple(place[period] for period in periods),
        least=tuple(least for *_, least in due),
        most=rule.ceiling,
        before=int(rule.counts(old, maker.people).sum()) if len(old) else 0,
    )


def _window(rule: HoursInWindow, maker: _Maker) -> Tracker:
    first, days = maker.demand.first, maker.demand.days
    daily = _credited_by_day(maker, first - (rule.days - 1) * ONE_DAY)
    return Window(
        hard=rule.hard,
        weight=rule.weight,
        amounts=maker._amounts(True),
        credited=tuple(float(daily.iloc[day : day + rule.days].sum()) for day in range(days)),
        length=rule.days,
        most=rule.most * 3600,
    )


def _mean(rule: AverageHours, maker: _Maker) -> Tracker:
    first, last, calendar = maker.demand.first, maker.demand.last, maker.people.calendar
    begin = calendar.week_of(first)
    week = ((week_of(pd.Series(maker.demand.dates), calendar.week_start) - begin) / ONE_DAY / 7).astype(int)
    windows = []
    for start, end in rule.windows(maker.people, first, last):
        daily = _credited_by_day(maker, start)
        credit = float(daily[daily.index < end + 7 * ONE_DAY].sum())
        number = round((end - start) / ONE_DAY / 7) + 1
        windows.append((round((start - begin) / ONE_DAY / 7), round((end - begin) / ONE_DAY / 7), number, credit))
    return Mean(
        hard=rule.hard,
        weight=rule.weight,
        amounts=maker._amounts(True),
        week=tuple(int(w) for w in week),
        windows=tuple(windows),
        most=rule.most * 3600,
    )


def _credited_by_day(maker: _Maker, since: pd.Timestamp) -> pd.Series:
    """Seconds without work of the horizon on each day from `since` to the end of the horizon."""
    days = pd.date_range(since, maker.demand.last - ONE_DAY, freq="D")
    _, seconds, _ = maker._credited(pd.Series(maker.demand.dates))
    now = pd.Series(seconds, index=maker.demand.dates, dtype=float).reindex(days, fill_value=0.0)
    old = maker.past.counted
    if not len(old):
        return now
    return now + (old.groupby("day")["done"].sum() * 3600).reindex(days, fill_value=0.0)
