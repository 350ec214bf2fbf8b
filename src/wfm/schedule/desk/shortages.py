"""What a roster is short of, who may work then, and which rules keep those who may from coming."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm.durations import DAY
from wfm.schedule.lawful.options import Choices, Patterns
from wfm.schedule.people.people import People
from wfm.schedule.rules import Rule
from wfm.schedule.rules.rule import read_once, shifts_of
from wfm.schedule.shifts.demand import Demand

ONE_DAY = pd.Timedelta(days=1)


def shortages_of(coverage: pd.DataFrame, paid: Mapping[str, float], *, least: float = 0.05) -> pd.DataFrame:
    """Times without a break during which a queue is short, the most agent-hours first.

    Parameters
    ----------
    paid : mapping      Paid hours of each shift type, for a demand by day and shift, which is short of shifts.

    Returns
    -------
    DataFrame       queue, start, end, type, short (people, at the worst), hours (agent-hours missing)
    """
    table = coverage.assign(hours=_hours(coverage, paid) * -coverage["gap"])
    by_type = "type" in table
    found = []
    for queue, rows in table[table["gap"] < -least].groupby("queue", sort=True):
        fresh = (rows["start"] != rows["end"].shift(1)) | by_type
        for _, run in rows.groupby(fresh.cumsum()):
            kind = run["type"].iloc[0] if by_type else None
            worst, hours = float(-run["gap"].min()), float(run["hours"].sum())
            found.append((queue, run["start"].iloc[0], run["end"].iloc[-1], kind, worst, hours))
    short = pd.DataFrame(found, columns=["queue", "start", "end", "type", "short", "hours"])
    return short.sort_values(["hours", "start"], ascending=[False, True], kind="stable", ignore_index=True)


def missing_hours(coverage: pd.DataFrame, paid: Mapping[str, float]) -> float:
    """Agent-hours missing."""
    return float((np.maximum(-coverage["gap"], 0.0) * _hours(coverage, paid)).sum())


def _hours(coverage: pd.DataFrame, paid: Mapping[str, float]) -> pd.Series:
    """Hours that a missing person of each row would work."""
    if "type" in coverage:
        return coverage["type"].map(dict(paid)).astype(float)
    return pd.Series((coverage["end"] - coverage["start"]).dt.total_seconds() / 3600)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """What people may work, as the search knows it."""

    people: People
    demand: Demand
    patterns: Patterns
    choices: Sequence[Choices]
    rules: Sequence[Rule]

    def with_reasons(self, shortages: pd.DataFrame, rows: pd.DataFrame, late: Callable[[], bool]) -> pd.DataFrame:
        """The shortages with `may_work`, `at_work` (people) and `why` in words.

        Which rules are in the way is told while it is not too late, of the first shortage in any case.
        """
        told = [
            self._told(str(queue), start, end, kind, rows, whole=place == 0 or not late())
            for place, (queue, start, end, kind) in enumerate(
                zip(*(shortages[name] for name in ("queue", "start", "end", "type")), strict=True)
            )
        ]
        may, there, why = zip(*told, strict=True) if told else ((), (), ())
        return shortages.assign(may_work=list(may), at_work=list(there), why=list(why))

    def _told(
        self, queue: str, start: pd.Timestamp, end: pd.Timestamp, kind: str | None, rows: pd.DataFrame, *, whole: bool
    ) -> tuple[int, int, str]:
        if kind is None:
            middle = start + (end - start) / 2
            work = rows[(rows["activity"] == "work") & (rows["start"] <= middle) & (rows["end"] > middle)]
            able, when = self._able(queue, middle), "then"
        else:
            queue = queue.removesuffix(f"/{kind}")
            shifts = shifts_of(rows)
            work = shifts[(shifts["day"] == start) & (shifts["shift"] == kind)]
            able, when = self._able(queue, start, kind), f"{kind} on that day"
        there = set(work["agent"][(work["queue"] == queue) | work["queue"].isna()]) & set(able)
        others = [agent for agent in able if agent not in there]
        counted = f"{_only(len(able), len(self.people.names))} may work {when}, {len(there)} of them do"
        if not whole:
            return len(able), len(there), counted
        busy = self._busy(start.normalize(), rows) if kind is None else set[str]()
        blocked = self._blocked({agent: able[agent] for agent in others if agent not in busy}, rows, queue)
        elsewhere = len(busy & set(others))
        parts = [counted, *(f"{number} more would break {name}" for name, number in blocked.items())]
        if elsewhere:
            parts.append(f"{elsewhere} more work at other times of the day or for other queues")
        free = len(others) - elsewhere - sum(blocked.values())
        if free:
            parts.append(f"{free} more could, but would cost more than the hours are worth")
        return len(able), len(there), "; ".join(parts)

    def _busy(self, day: pd.Timestamp, rows: pd.DataFrame) -> set[str]:
        """Who has a shift on a day."""
        shifts = shifts_of(rows)
        return set(shifts["agent"][shifts["day"] == day])

    def _able(self, queue: str, moment: pd.Timestamp, kind: str | None = None) -> dict[str, tuple[int, int]]:
        """Agent -> (day, pattern) of a shift that would hold the moment and that nothing but rules could forbid."""
        row = self.demand.queues.index(queue) if queue in self.demand.queues else 0
        since = (moment - self.demand.first).total_seconds()
        today = int(since // DAY)
        found: dict[str, tuple[int, int]] = {}
        for day in (today,) if kind is not None else (today, today - 1):
            if not 0 <= day < self.demand.days:
                continue
            inside = (self.patterns.starts + day * DAY <= since) & (self.patterns.ends + day * DAY > since)
            inside = (self.patterns.is_type([kind]) if kind is not None else inside) & self.patterns.open[row, day]
            for agent, own in zip(self.people.names, self.choices, strict=True):
                if agent in found or np.isinf(own.queue_cost[row]) or own.queue_locked[day] not in (-1, row):
                    continue
                may = np.flatnonzero(inside & np.isfinite(own.cost[day]))
                if len(may):
                    found[agent] = (day, int(may[len(may) // 2]))
        return found

    def _blocked(self, wanted: dict[str, tuple[int, int]], rows: pd.DataFrame, queue: str) -> dict[str, int]:
        """Rule -> how many people would break it by the shift that is missing; each person counts once."""
        if not wanted:
            return {}
        shifts = shifts_of(rows)
        days = {agent: self.demand.first + day * ONE_DAY for agent, (day, _) in wanted.items()}
        other = shifts["day"] != shifts["agent"].map(days)
        kept = shifts[other & shifts["agent"].isin(list(wanted))]
        more = []
        for agent, (_, pattern) in wanted.items():
            begin = days[agent] + pd.Timedelta(seconds=float(self.patterns.starts[pattern]))
            length = pd.Timedelta(seconds=float(self.patterns.ends[pattern] - self.patterns.starts[pattern]))
            paid = float(self.patterns.paid[pattern]) / 3600
            more.append((agent, begin, begin + length, self.patterns.name(pattern), queue, paid))
        trial = _as_rows(kept, pd.DataFrame(more, columns=["agent", "start", "end", "shift", "queue", "hours"]))
        trial = pd.concat([trial, rows[rows["shift"].isna() & rows["agent"].isin(list(wanted))]])
        with read_once(trial, self.people.previous):
            return self._first_broken(trial, set(wanted))

    def _first_broken(self, trial: pd.DataFrame, left: set[str]) -> dict[str, int]:
        span, found = (self.demand.first, self.demand.last), dict[str, int]()
        for rule in self.rules:
            if rule.hard and not rule.together and left:
                broken = rule.violations(trial, self.people, span)
                now = set(broken["agent"][broken["hard"].astype(bool)]) & left
                if now:
                    found[rule.name] = found.get(rule.name, 0) + len(now)
                    left = left - now
        return found


def _only(able: int, people: int) -> str:
    return f"all {people}" if able == people else f"only {able} of {people}"


def _as_rows(*shifts: pd.DataFrame) -> pd.DataFrame:
    """Shifts as rows of a roster: paid time first, then what is not paid of it."""
    table = pd.concat(shifts, ignore_index=True)
    until = table["start"] + pd.to_timedelta(table["hours"], unit="h")
    worked = table.assign(end=until.where(until < table["end"], table["end"]), paid=True)
    rest = table.assign(start=worked["end"], paid=False)
    both = pd.concat([worked, rest[rest["start"] < rest["end"]]], ignore_index=True)
    columns = ["agent", "start", "end", "activity", "paid", "shift", "queue"]
    return both.assign(activity="work")[columns].sort_values(["agent", "start"], kind="stable", ignore_index=True)
