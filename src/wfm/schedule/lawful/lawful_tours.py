"""From rules to what the solver keeps: the lawful tours of every person, from contract, past and credited absences."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendars import WEEKDAYS
from wfm.durations import DAY
from wfm.errors import SettingError
from wfm.schedule.lawful.bands import Band, Rest
from wfm.schedule.lawful.best_days import Tours
from wfm.schedule.lawful.crews import Crews
from wfm.schedule.lawful.options import Choices, Patterns
from wfm.schedule.lawful.past import Past, no_past, pasts_of
from wfm.schedule.lawful.tracked import Forms, further_trackers
from wfm.schedule.lawful.trackers import Counted, DaysInARow, Limit, PerPeriod, Successions, Tracker, Weekends
from wfm.schedule.people.people import People
from wfm.schedule.rules import (
    ALWAYS,
    RULES,
    AllowedShifts,
    DaysPerWeek,
    ForbiddenSuccession,
    HoursPerMonth,
    HoursPerPeriod,
    HoursPerWeek,
    MaxConsecutiveDays,
    MaxNights,
    MaxWeekends,
    MinRest,
    Rule,
    StartBand,
)
from wfm.schedule.rules.fairness import Fair
from wfm.schedule.rules.hours import _PerPeriod, counted, employed, with_holidays
from wfm.schedule.rules.kinds import fits_band
from wfm.schedule.rules.rule import Span, rules_by_person, weekend_of
from wfm.schedule.shifts.demand import Demand

Ints = npt.NDArray[np.int64]
ONE_DAY = pd.Timedelta(days=1)
PLAIN = {
    *(*ALWAYS, AllowedShifts, MinRest, MaxConsecutiveDays, HoursPerWeek, DaysPerWeek, HoursPerMonth),
    *(MaxWeekends, MaxNights, ForbiddenSuccession, StartBand),
}  # rules that ask the same of everybody, past and leave apart


@dataclass(slots=True, kw_only=True, eq=False)
class Lawful:
    """The tours of every person, and which trackers of a person count for fairness.

    Attributes
    ----------
    tours : list of Tours           One a person; people alike share one.
    fair : list                     By person: (rule, place of its counter among the trackers).
    crews : Crews                   Who must be there together.
    """

    tours: list[Tours]
    fair: list[list[tuple[Fair, int]]]
    crews: Crews


def lawful_tours(
    people: People,
    demand: Demand,
    patterns: Patterns,
    rules: Sequence[Rule],
    choices: Sequence[Choices],
    absences: pd.DataFrame,
    *,
    hour_cost: float,
) -> Lawful:
    """What every person may lawfully work; people with equal rules, past and credits share the work of finding out."""
    _refuse_unkept(rules)
    key = (tuple(rules), patterns.types, patterns.starts.tobytes(), demand.grid, hour_cost)
    known = _FOUND.setdefault(people, {})
    if key not in known:
        known[key] = _found_out(people, demand, patterns, rules, choices, absences, hour_cost)
    tours, fair = known[key]
    return Lawful(tours=tours, fair=fair, crews=Crews(rules, people, demand))


# People are rostered several times in a row for demands that differ: what they may lawfully work stays.
_FOUND: WeakKeyDictionary[People, dict[Hashable, tuple[list[Tours], list[list[tuple[Fair, int]]]]]] = (
    WeakKeyDictionary()
)
# Other people may live under the same rules with the same past: their tours are the same while anybody has them.
_MADE: WeakValueDictionary[Hashable, Tours] = WeakValueDictionary()


def _found_out(
    people: People,
    demand: Demand,
    patterns: Patterns,
    rules: Sequence[Rule],
    choices: Sequence[Choices],
    absences: pd.DataFrame,
    hour_cost: float,
) -> tuple[list[Tours], list[list[tuple[Fair, int]]]]:
    tours: list[Tours] = []
    fair: list[list[tuple[Fair, int]]] = []
    granted = with_holidays(counted(absences), people, demand.first, demand.last)
    pasts, credited = pasts_of(people, demand), {str(a): t for a, t in granted.groupby("agent")}
    with_us, forms, nothing = employed(people), Forms(people, demand, patterns), no_past(demand)
    first_of_week = WEEKDAYS.index(people.calendar.week_start)
    weeks = tuple(day.day_of_week == first_of_week for day in demand.dates)
    as_made: dict[Hashable, int] = {}  # people whom nothing tells apart -> the first of them
    for row, (agent, own) in enumerate(zip(people.names, rules_by_person(rules, people), strict=True)):
        alone = agent in pasts or agent in credited or choices[row].cuts or any(type(r) not in PLAIN for r in own)
        first = row if alone else as_made.setdefault((tuple(id(rule) for rule in own), with_us[agent]), row)
        if first != row:
            tours.append(tours[first])
            fair.append(fair[first])
            continue
        maker = _Maker(
            agent=agent,
            forms=forms,
            people=people,
            demand=demand,
            patterns=patterns,
            rules=own,
            past=pasts.get(agent, nothing),
            credits=credited.get(agent),
            cuts=choices[row].cuts,
            employed=with_us[agent],
            hour_cost=hour_cost,
        )
        trackers, counters = maker.trackers()
        rest, rested, band, clocks = maker.rest(), maker.rested(), maker.band(), maker.clocks()
        told = tuple((type(t).__name__, t.key()) for t in trackers)
        key = (told, rest, rested, band, clocks, demand.days, weeks, patterns.starts.tobytes(), patterns.ends.tobytes())
        own_tours = _MADE.get(key)
        if own_tours is None:
            own_tours = _MADE[key] = Tours(
                starts=patterns.starts,
                ends=patterns.ends,
                days=demand.days,
                trackers=trackers,
                rest=rest,
                rested=rested,
                band=band,
                before=clocks,
                week_first=weeks,
            )
        tours.append(own_tours)
        fair.append(counters)
    return tours, fair


def _refuse_unkept(rules: Sequence[Rule]) -> None:
    for rule in rules:
        if rule.hard and type(rule) not in RULES.values():
            raise SettingError(
                f"the solver cannot keep the hard rule {rule.name!r} ({type(rule).__name__}). Make it "
                "soft "
                "(hard=False), or give it a tracker.",
                name="rules",
                value=rule,
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Maker:
    """Makes the trackers of one person."""

    agent: str
    forms: Forms
    people: People
    demand: Demand
    patterns: Patterns
    rules: Sequence[Rule]
    past: Past
    credits: pd.DataFrame | None
    cuts: Sequence[tuple[float, float, str, bool]]
    employed: tuple[pd.Timestamp, pd.Timestamp]
    hour_cost: float

    def trackers(self) -> tuple[list[Tracker], list[tuple[Fair, int]]]:
        """All trackers, and the places of those that count for fairness."""
        found: list[Tracker] = []
        counters: list[tuple[Fair, int]] = []
        found += [self._in_a_row(rule) for rule in self.rules if isinstance(rule, MaxConsecutiveDays)]
        weekly = [rule for rule in self.rules if isinstance(rule, (HoursPerWeek, DaysPerWeek))]
        monthly = [rule for rule in self.rules if isinstance(rule, HoursPerMonth)]
        if weekly:
            found.append(self._per_period(weekly, self.hour_cost))
        if monthly:
            found.append(self._per_period(monthly, 0.0 if weekly else self.hour_cost))
        longer = [rule for rule in self.rules if isinstance(rule, HoursPerPeriod)]
        found += [self._per_period([rule], 0.0) for rule in longer]
        found += [self._weekends(rule) for rule in self.rules if isinstance(rule, MaxWeekends)]
        pairs = [rule for rule in self.rules if isinstance(rule, ForbiddenSuccession)]
        if pairs:
            found.append(self._successions(pairs))
        found += [self._nights(rule) for rule in self.rules if isinstance(rule, MaxNights)]
        found += further_trackers(self)
        for rule in self.rules:
            if isinstance(rule, Fair):
                counters.append((rule, len(found)))
                found.append(self.forms.fair(rule, self.agent))
        return found, counters

    def rest(self) -> Rest:
        """The longest hard rest, and the longest soft one."""
        own = [rule for rule in self.rules if isinstance(rule, MinRest)]
        hard = max((rule.rest for rule in own if rule.hard), default=0.0)
        soft = max((rule for rule in own if not rule.hard), key=lambda rule: rule.rest, default=None)
        if soft is None or soft.rest <= hard:
            return Rest(hard=hard)
        return Rest(hard=hard, soft=soft.rest, weight=soft.weight)

    def rested(self) -> float:
        """When the person is rested from the last shift before the horizon [s from the first midnight]."""
        if not len(self.past.shifts):
            return 0.0
        last = (self.past.shifts["end"].max() - self.demand.first).total_seconds()
        return max(0.0, float(last + self.rest().longest))

    def band(self) -> Band | None:
        """The narrowest band; hard before soft."""
        own = sorted((rule for rule in self.rules if isinstance(rule, StartBand)), key=lambda r: (not r.hard, r.band))
        return Band(width=2 * own[0].band, hard=own[0].hard, weight=own[0].weight) if own else None

    def clocks(self) -> tuple[float, ...]:
        """Times of day of the starts in the week that is under way."""
        band = self.band()
        if band is None or not len(self.past.shifts):
            return ()
        week = self.people.calendar.week_of(self.demand.first).to_datetime64()
        day, start = (self.past.shifts[name].to_numpy(dtype="datetime64[ns]") for name in ("day", "start"))
        clocks = sorted({float(t) for t in (start - day)[day >= week] / np.timedelta64(1, "s")})
        return tuple(clocks) if fits_band(np.array(clocks), band.width) else ()

    def _in_a_row(self, rule: MaxConsecutiveDays) -> DaysInARow:
        worked = set(self.past.shifts["day"])
        before = 0
        while self.demand.first - (before + 1) * ONE_DAY in worked:
            before += 1
        return DaysInARow(
            patterns=self.patterns.number,
            days=self.demand.days,
            before=before,
            most=rule.most,
            hard=rule.hard,
            weight=rule.weight,
        )

    def _per_period(self, rules: Sequence[_PerPeriod], hour_cost: float) -> PerPeriod:
        labels, periods = self.forms.periods(rules[0])
        leave, seconds, before = self._credited(labels)
        day_rules = [rule for rule in rules if rule.unit == "days"]
        time_rules = [rule for rule in rules if rule.unit != "days"]
        return PerPeriod(
            periods=periods,
            amounts=self._amounts(bool(time_rules)),
            fresh_day=tuple(not whole for whole in leave),
            credits=tuple(
                (
                    int(before[0] * (k == 0)) + sum(w for w, p in zip(leave, periods, strict=True) if p == k),
                    round(before[1] * (k == 0)) + sum(s for s, p in zip(seconds, periods, strict=True) if p == k),
                )
                for k in range(max(periods) + 1)
            ),
            day_limits=tuple(self._limit(rule, labels, 1.0, 0.0) for rule in day_rules),
            time_limits=tuple(self._limit(rule, labels, 3600.0, hour_cost) for rule in time_rules),
        )

    def _limit(self, rule: _PerPeriod, labels: pd.Series, unit: float, hour_cost: float) -> Limit:
        since = max(self.past.known_from, self.employed[0], self.demand.first - rule.reach * ONE_DAY)
        until = min(self.demand.last, self.employed[1])
        key = (rule, since, until, unit, hour_cost)
        if key not in self.forms.limits:
            self.forms.limits[key] = self._fresh_limit(rule, labels, (since, until), unit, hour_cost)
        return self.forms.limits[key]

    def _fresh_limit(self, rule: _PerPeriod, labels: pd.Series, span: Span, unit: float, hour_cost: float) -> Limit:
        reach = rule.reach * ONE_DAY
        around = pd.Series(pd.date_range(self.demand.first - reach, self.demand.last + reach, freq="D"))
        period = rule._period_of(around, self.people)
        inside = (around >= span[0]) & (around < span[1])
        least = []
        for label in dict.fromkeys(labels):
            due = rule.least * float(inside[(period == label).to_numpy()].mean())
            least.append((float(np.floor(due + 1e-9)) if unit == 1.0 else due) * unit)
        ranged = rule.ranged and np.isfinite(rule.most) and rule.most > rule.least
        return Limit(
            least=tuple(least),
            most=rule.most * unit,
            least_hard=rule.least_hard,
            most_hard=rule.hard,
            weight=rule.weight,
            unit=unit,
            hour_cost=hour_cost if ranged else 0.0,
        )

    def _amounts(self, needed: bool) -> tuple[tuple[int, ...], ...]:
        """Seconds that each pattern adds on each day: its paid time less the trainings that it holds."""
        paid = (
            np.rint(self.patterns.paid).astype(np.int64) if needed else np.zeros(self.patterns.number, dtype=np.int64)
        )
        days = []
        for day in range(self.demand.days):
            own = paid.copy()
            for start, end, _, _ in self.cuts if needed else ():
                held = (self.patterns.starts + day * DAY <= start) & (self.patterns.ends + day * DAY >= end)
                own[held] -= round(end - start)
            days.append(tuple(int(v) for v in own))
        return tuple(days)

    def _credited(self, labels: pd.Series) -> tuple[list[bool], list[int], tuple[float, float]]:
        """Leave days and credited seconds by day, and (days, seconds) of the first period before the horizon."""
        leave, seconds = [False] * self.demand.days, [0] * self.demand.days
        if self.credits is not None:
            for day, done, whole in zip(self.credits["day"], self.credits["done"], self.credits["whole"], strict=True):
                place = int((day - self.demand.first) / ONE_DAY)
                if 0 <= place < self.demand.days:
                    leave[place] |= whole > 0
                    seconds[place] += round(done * 3600)
        day = self.past.counted["day"].to_numpy(dtype="datetime64[ns]")
        done, whole = (self.past.counted[name].to_numpy(dtype=float) for name in ("done", "whole"))
        old = day >= labels.iloc[0].to_datetime64()
        return leave, seconds, (float(len(np.unique(day[old & (whole > 0)]))), float(done[old].sum()) * 3600)

    def _weekends(self, rule: MaxWeekends) -> Weekends:
        dates = pd.Series(self.demand.dates)
        begins = weekend_of(dates, self.people.calendar.weekend)
        known = list(dict.fromkeys(begins.dropna()))
        worked = (
            set(weekend_of(self.past.shifts["day"], self.people.calendar.weekend).dropna())
            if len(self.past.shifts)
            else set()
        )
        first = known[0] if known else self.demand.first
        before = tuple(int(first - 7 * k * ONE_DAY in worked) for k in range(rule.weeks - 1, 0, -1))
        return Weekends(
            number=tuple(-1 if pd.isna(b) else known.index(b) for b in begins),
            before=before,
            under_way=int(first in worked),
            patterns=self.patterns.number,
            most=rule.most,
            hard=rule.hard,
            weight=rule.weight,
        )

    def _successions(self, rules: Sequence[ForbiddenSuccession]) -> Successions:
        first = [self.patterns.is_type(rule.first) for rule in rules]
        then = [self.patterns.is_type(rule.then) for rule in rules]
        marks = tuple(
            (sum(int(f[p]) << k for k, f in enumerate(first)), sum(int(t[p]) << k for k, t in enumerate(then)))
            for p in range(self.patterns.number)
        )
        last = self.past.shifts[self.past.shifts["day"] == self.demand.first - ONE_DAY]["shift"].tolist()
        before = sum(int(bool(set(last) & set(rule.first))) << k for k, rule in enumerate(rules))
        return Successions(marks=marks, before=before, costs=tuple((rule.hard, rule.weight) for rule in rules))

    def _nights(self, rule: MaxNights) -> Counted:
        labels = rule.period_of(pd.Series(self.demand.dates), self.people, self.demand.first)
        old = self.past.shifts[self.past.shifts["day"] >= labels.iloc[0]]
        before = int(rule.is_night(old).sum()) if len(old) and rule.per != "roster" else 0
        return Counted(
            counts=self.forms.nights(rule),
            periods=tuple(int(k) for k in pd.factorize(labels)[0]),
            before=before,
            most=rule.most,
            hard=rule.hard,
            weight=rule.weight,
        )
