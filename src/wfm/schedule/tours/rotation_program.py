"""Cyclic lines of several weeks as a programme: rules across every seam, weeks of one shift type where that is asked.

A line has 7 x k days, its last followed by its first. A group of g people stands in each of its weeks and moves on
by one every week, so that every calendar week sees all k of them. Several lines l stand side by side:

    duty l, p, s  z_lps in {0, 1}: shift s on day p of the line; at most one a day
    week l, w     sum of t_lwb over the tracks b (type and band)  =  1,   z_lps  <=  sum of t_lwb of the tracks with s
    shift s       sum of g_l x z_lps over the lines and their days p on its weekday  =  x_s,  the people of `cover`

Rest, days in a row, days and hours of a week, weekends and stretches of days off are sums of z over days that follow
each other around the line. Without given g a line is scaled by a number of people that is free: a bound for any lines.
(Cyclic rosters: Laporte 1999, Journal of the Operational Research Society 50.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from wfm.durations import DAY
from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.people_per_shift import add_people
from wfm.schedule.people.people import Contract
from wfm.schedule.program.program import DUTY, FLAG, TOUR, Builder, Floats, Ints, Program
from wfm.schedule.shifts.candidates import Candidates
from wfm.schedule.tours.tracks import WEEK, Track

ENDLESS = 366  # days in a row from which a contract knows no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationRules:
    """What a line must keep beside its contract.

    Attributes
    ----------
    weeks : int                 Weeks of the line.
    weekend : tuple of int      Days of the horizon's week that are weekend, 0 = its first.
    least_days_off : int        Days off follow each other at least so many.
    one_type : bool             Whether a week holds one shift type, starts within the band.
    """

    weeks: int
    weekend: tuple[int, ...]
    least_days_off: int
    one_type: bool

    @property
    def days(self) -> int:
        """Days of the line."""
        return WEEK * self.weeks

    def weekends(self) -> list[list[int]]:
        """Days of the line of every weekend, across the seam of a week where it lies there."""
        begins = [p for p in range(self.days) if p % WEEK in self.weekend and (p - 1) % WEEK not in self.weekend]
        found = []
        for first in begins:
            last = first
            while (last + 1) % WEEK in self.weekend:
                last += 1
            found.append([p % self.days for p in range(first, last + 1)])
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationProgram:
    """The programme and what its columns of duties are.

    Attributes
    ----------
    duties : (duties, 3)    Line, day of the line, candidate.
    weeks : int             Weeks of a line.
    groups : tuple of int   People in each week of every line; empty = any number.
    """

    program: Program
    candidates: Candidates
    duties: Ints
    weeks: int
    groups: tuple[int, ...]

    @property
    def cells(self) -> Ints:
        """Number of the line and week that each duty belongs to."""
        return np.asarray(self.duties[:, 0] * self.weeks + self.duties[:, 1] // WEEK)


def rotation_program(
    candidates: Candidates,
    tracks: Sequence[Track],
    contract: Contract,
    required: Floats,
    costs: Costs,
    rules: RotationRules,
    groups: tuple[int, ...],
) -> RotationProgram:
    """The programme of one queue and a line for each of the groups; `required` as in `cover_program`."""
    build = Builder()
    shifts, constant = add_people(build, candidates, required, costs)
    held = {(day, s) for track in tracks for day in range(WEEK) for s in track.shifts[day]}
    duties = np.array(
        [(p, s) for p in range(rules.days) for day, s in sorted(held) if day == p % WEEK], dtype=np.int64
    ).reshape(-1, 2)
    links = build.add_rows(0.0, 0.0, len(shifts))
    build.put(links, shifts, -1.0)
    for k, group in enumerate(groups or (0,)):
        most = 1.0 if groups else np.inf
        columns = build.add_columns(DUTY, duties[:, 0] + rules.days * k, 0.0, upper=most, integer=True)
        build.put(links[duties[:, 1]], columns, float(group or 1))
        line = _Line(build, rules, k if groups else None, duties, columns)
        if rules.one_type:
            line.add_weeks(tracks)
        line.add_rest(candidates, contract)
        line.add_stretches(contract)
        line.add_hours(candidates, contract)
        line.add_weekends(contract)
    number = max(1, len(groups))
    return RotationProgram(
        program=build.program(constant),
        candidates=candidates,
        duties=np.column_stack([np.repeat(np.arange(number), len(duties)), np.tile(duties, (number, 1))]),
        weeks=rules.weeks,
        groups=groups,
    )


class _Line:
    """The rules of a line as rows; limits are scaled by the free number of people where none is given."""

    def __init__(self, build: Builder, rules: RotationRules, number: int | None, duties: Ints, columns: Ints) -> None:
        self.build, self.rules, self.number, self.duties, self.columns = build, rules, number or 0, duties, columns
        self.scale = None if number is not None else int(build.add_columns(TOUR, [-1], 0.0)[0])
        self.of_day = [columns[duties[:, 0] == p] for p in range(rules.days)]
        for own in self.of_day:
            self.limit(own, most=1.0)

    def limit(
        self, columns: Iterable[int] | Ints, weights: Floats | float = 1.0, *, least: float = -np.inf, most: float
    ) -> None:
        """Rows least <= weights @ columns <= most."""
        columns = np.asarray(columns, dtype=np.int64)
        for low, high in [(least, np.inf), (-np.inf, most)] if least < most else [(least, most)]:
            if np.isinf(low) and np.isinf(high):
                continue
            bound = low if np.isfinite(low) else high
            shift = 0.0 if self.scale is None else bound
            row = self.build.add_rows(low - shift, high - shift, 1)
            self.build.put(np.repeat(row, len(columns)), columns, weights)
            if self.scale is not None and bound:
                self.build.put(row, [self.scale], -bound)

    def add_weeks(self, tracks: Sequence[Track]) -> None:
        """Every week has one track, and only its shifts."""
        for week in range(self.rules.weeks):
            cell = self.number * self.rules.weeks + week
            chosen = self.build.add_columns(TOUR, np.full(len(tracks), cell), 0.0, integer=True)
            self.limit(chosen, least=1.0, most=1.0)
            own = np.flatnonzero(self.duties[:, 0] // WEEK == week)
            rows = self.build.add_rows(-np.inf, 0.0, len(own))
            self.build.put(rows, self.columns[own], 1.0)
            for b, track in enumerate(tracks):
                inside = [s in track.shifts[p % WEEK] for p, s in self.duties[own]]
                self.build.put(rows[inside], np.repeat(chosen[b], sum(inside)), -1.0)

    def add_rest(self, candidates: Candidates, contract: Contract) -> None:
        """After a duty nobody starts before the rest is over: one row for each time at which it may be."""
        start = np.array([candidates.shifts[s].clock for s in self.duties[:, 1]])
        ready = start + np.array([candidates.shifts[s].kind.length for s in self.duties[:, 1]]) + contract.min_rest
        for p in range(self.rules.days):
            own = self.duties[:, 0] == p
            for later in (1, 2):
                after = self.duties[:, 0] == (p + later) % self.rules.days
                times = np.unique(ready[own] - later * DAY)
                for time in times[times > start[after].min(initial=np.inf) + 1e-6]:
                    early, late = after & (start < time - 1e-6), own & (ready - later * DAY >= time - 1e-6)
                    both = np.r_[self.columns[late], self.columns[early]]
                    self.limit(np.unique(both), most=1.0)

    def add_stretches(self, contract: Contract) -> None:
        """Days in a row, and days off in a row."""
        most, days = contract.max_consecutive_days, self.rules.days
        if most < days:
            for p in range(days):
                self.limit(np.concatenate([self.of_day[(p + j) % days] for j in range(most + 1)]), most=most)
        elif most < ENDLESS:
            self.limit(self.columns, most=days - 1.0)
        for length in range(1, self.rules.least_days_off):
            for p in range(days):
                ends = [self.of_day[p], self.of_day[(p + length + 1) % days]]
                between = [self.of_day[(p + j) % days] for j in range(1, length + 1)]
                signs = np.r_[np.ones(sum(map(len, ends))), -np.ones(sum(map(len, between)))]
                self.limit(np.concatenate(ends + between), signs, most=1.0)

    def add_hours(self, candidates: Candidates, contract: Contract) -> None:
        """Days and paid hours of every week; hours in the mean of the line where the contract averages them."""
        paid = np.array([candidates.shifts[s].paid_hours for s in self.duties[:, 1]])
        week = self.duties[:, 0] // WEEK
        least, most = contract.hours_per_week or (0.0, 168.0)
        fewest, longest = contract.days_per_week or (0, WEEK)
        cap = min(168.0, contract.max_hours_in_week or 168.0)
        averaged = contract.averaging_weeks is not None
        for number in range(self.rules.weeks):
            own = week == number
            self.limit(self.columns[own], least=float(fewest), most=float(longest))
            self.limit(self.columns[own], paid[own], least=0.0 if averaged else least, most=cap if averaged else most)
            if contract.max_hours_in_week is not None and not averaged:
                self.limit(self.columns[own], paid[own], most=cap)
        if averaged:
            self.limit(self.columns, paid / self.rules.weeks, least=least, most=most)

    def add_weekends(self, contract: Contract) -> None:
        """At most so many weekends with work in any four weeks of the line."""
        if contract.max_weekends is None or not self.rules.weekend:
            return
        weekends = self.rules.weekends()
        first_cell = self.number * self.rules.weeks
        worked = self.build.add_columns(FLAG, first_cell + np.arange(len(weekends)), 0.0, integer=True)
        for flag, days in zip(worked, weekends, strict=True):
            for day in days:
                self.limit(np.r_[self.of_day[day], flag], np.r_[np.ones(len(self.of_day[day])), -1.0], most=0.0)
        for first in range(len(weekends)):
            four = [int(worked[(first + j) % len(weekends)]) for j in range(4)]
            columns, times = np.unique(four, return_counts=True)
            self.limit(columns, times.astype(float), most=float(contract.max_weekends))
