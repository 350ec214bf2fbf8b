"""What an agent may work on a day: every type and start, less what contract, absence, hours and locks take away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.durations import DAY, clock
from wfm.errors import DataError, SettingError, listed
from wfm.hours import OpeningHours
from wfm.schedule.people.people import People
from wfm.schedule.rules import AllowedShifts, LocksKept, NotWhileAbsent, Rule, SkillsNeeded, with_seniority
from wfm.schedule.rules.each_shift import EachShift
from wfm.schedule.rules.rule import rules_by_person
from wfm.schedule.shifts.demand import Demand
from wfm.schedule.shifts.shift_types import ShiftType

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
INF = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patterns:
    """Every type at every start of the day, in order of start.

    Attributes
    ----------
    types : tuple of ShiftType
    kind : (patterns,)              Number of the type.
    starts, ends, paid : (patterns,)    Seconds after midnight; paid seconds.
    breaks : by pattern, by break   Allowed starts, seconds after midnight.
    open : (queues, days, patterns) Whether the shift may start that day and lies in the queue's hours.
    """

    types: tuple[ShiftType, ...]
    kind: Ints
    starts: Floats
    ends: Floats
    paid: Floats
    breaks: tuple[tuple[tuple[float, ...], ...], ...]
    open: Bools

    @property
    def number(self) -> int:
        """How many patterns there are."""
        return len(self.kind)

    def name(self, pattern: int) -> str:
        """Name of the pattern's type."""
        return str(self.types[self.kind[pattern]].name)

    def is_type(self, names: Sequence[str]) -> Bools:
        """Whether each pattern's type is among the names."""
        return np.isin([kind.name for kind in self.types], list(names))[self.kind]


def patterns_of(shift_types: Sequence[ShiftType], demand: Demand, hours: Mapping[str, OpeningHours]) -> Patterns:
    """All patterns of the shift types; a start at which some break finds no place is left out."""
    found = []
    for number, kind in enumerate(shift_types):
        placed = [
            (start, number, tuple(p.starts(start, kind.length, demand.interval) for p in kind.breaks))
            for start in kind.starts
        ]
        kept = [one for one in placed if _placeable(kind, one[2])]
        if not kept:
            raise SettingError(
                f"shift {kind.name!r} has no start at which all its breaks find a place in their "
                "order. Widen "
                "the windows, or give the breaks a finer `grid`.",
                name="shift_types",
                value=kind.name,
            )
        found += kept
    found.sort(key=lambda one: (one[0], one[1]))
    kinds = np.array([number for _, number, _ in found], dtype=np.int64)
    starts = np.array([start for start, _, _ in found])
    ends = starts + np.array([shift_types[number].length for number in kinds])
    return Patterns(
        types=tuple(shift_types),
        kind=kinds,
        starts=starts,
        ends=ends,
        paid=np.array([shift_types[number].paid_seconds for number in kinds]),
        breaks=tuple(places for _, _, places in found),
        open=_open(shift_types, kinds, starts, ends, demand, hours),
    )


def _placeable(kind: ShiftType, places: Sequence[Sequence[float]]) -> bool:
    """Whether the breaks can be taken in order without meeting."""
    reached = -INF
    for pause, starts in zip(kind.breaks, places, strict=True):
        later = [start for start in starts if start >= reached - 1e-6]
        if not later:
            return False
        reached = min(later) + pause.length
    return True


def _open(
    shift_types: Sequence[ShiftType],
    kinds: Ints,
    starts: Floats,
    ends: Floats,
    demand: Demand,
    hours: Mapping[str, OpeningHours],
) -> Bools:
    days = demand.dates
    may_start = np.array([[kind.starts_on(day) for kind in shift_types] for day in days], dtype=bool)[:, kinds]
    free = np.array([kind.outside_hours for kind in shift_types], dtype=bool)[kinds]
    found = np.repeat(may_start[None], len(demand.queues), axis=0)
    grid = pd.date_range(demand.first, periods=len(demand.cells), freq=pd.Timedelta(seconds=demand.step))
    midnights = np.arange(demand.days)[:, None] * demand.slots_a_day
    first, last = (midnights + np.rint(t / demand.step).astype(np.int64) for t in (starts, ends))
    for number, queue in enumerate(demand.queues):
        if queue in hours:
            inside = np.r_[0, np.cumsum(hours[queue].is_open(grid))]
            found[number] &= free | (inside[last] - inside[first] == last - first)
    return found


@dataclass(slots=True, kw_only=True, eq=False)
class Choices:
    """What one person may work and what it costs apart from cover.

    Attributes
    ----------
    cost : (days, patterns)     Soft rules and wishes that the shift breaks; infinite where it is not allowed.
    off : (days,)               The same for a day without work.
    queue_cost : (queues,)      0 = has the skill, infinite = may not serve it.
    queue_locked : (days,)      Queue that a lock names, -1 = none.
    cuts : list                 (start, end, activity, paid) of trainings, seconds from the first midnight.
    weight : float              Share of an agent that the person counts as.
    grown : (days,) or None     The same by day, where it changes within the horizon.
    """

    cost: Floats
    off: Floats
    queue_cost: Floats
    queue_locked: Ints
    cuts: list[tuple[float, float, str, bool]]
    weight: float
    grown: Floats | None = None

    def on(self, day: int) -> float:
        """What the person counts as in shifts that start on a day."""
        return self.weight if self.grown is None else float(self.grown[day])

    def along(self, demand: Demand) -> float | Floats:
        """What the person counts as in each cell."""
        if self.grown is None:
            return self.weight
        cells = np.arange(demand.required.shape[1])
        day = cells // (len(demand.types) or demand.slots_a_day)
        return self.grown[np.minimum(day, demand.days - 1)]

    @property
    def by_day(self) -> Floats:
        """What the person counts as, for (days, patterns)."""
        return np.full((1, 1), self.weight) if self.grown is None else self.grown[:, None]


def choices_of(
    people: People, demand: Demand, patterns: Patterns, rules: Sequence[Rule], absences: pd.DataFrame
) -> list[Choices]:
    """The choices of every person, in the order of the agents."""
    begin = np.arange(demand.days)[:, None] * DAY + patterns.starts
    until = np.arange(demand.days)[:, None] * DAY + patterns.ends
    assert people.availability is not None
    assert people.locks is not None
    assert people.wishes is not None
    groups = {
        name: {str(a): t for a, t in table.groupby("agent")}
        for name, table in (
            ("away", people.availability),
            ("locks", people.locks),
            ("wishes", with_seniority(people.wishes, people, rules)),
            ("cuts", absences),
        )
    }
    people.check_shifts(kind.name for kind in patterns.types)
    _check_locks(people.locks, patterns)
    found: list[Choices] = []
    priced: dict[Rule, Floats] = {}
    grown_from, skills = people.grown_from, people.skills
    rows = people.agents.rename(columns={"from": "first_day", "until": "last_day"}).itertuples()
    for row, own in zip(rows, rules_by_person(rules, people), strict=True):
        agent = str(row.agent)
        cost = np.zeros(begin.shape)
        for rule in own:
            if isinstance(rule, AllowedShifts):
                cost += np.where(patterns.is_type(rule.shifts), 0.0, _price(rule))
            elif isinstance(rule, EachShift):
                if rule not in priced:
                    priced[rule] = _each_shift(rule, people, demand, patterns)
                cost += priced[rule]
        choices = Choices(
            cost=cost,
            off=np.zeros(demand.days),
            queue_cost=_queues(skills[agent], demand, own),
            queue_locked=np.full(demand.days, -1),
            weight=float(row.counts_as),  # type: ignore[arg-type]
            grown=_grown(float(row.counts_as), grown_from.get(agent), demand),  # type: ignore[arg-type]
            cuts=_cuts(groups["cuts"].get(agent), demand),
        )
        _take_away(choices, groups["away"].get(agent), own, demand, begin, until)
        _take_unemployed(choices, row, demand)
        _wish(choices, groups["wishes"].get(agent), demand, patterns, begin, until)
        _lock(choices, groups["locks"].get(agent), own, demand, patterns)
        found.append(choices)
    return found


def _grown(weight: float, since: pd.Timestamp | None, demand: Demand) -> Floats | None:
    """What somebody counts as by day who becomes a whole agent within the horizon, or was one before."""
    if since is None or since >= demand.last:
        return None
    return np.where(np.asarray(demand.dates >= since), 1.0, weight)


def _price(rule: Rule) -> float:
    return INF if rule.hard else rule.weight


def _each_shift(rule: EachShift, people: People, demand: Demand, patterns: Patterns) -> Floats:
    """(days, patterns): what a rule that is told of a shift alone asks for each."""
    amounts = rule.amounts(shift_table(demand, patterns), people).reshape(demand.days, patterns.number)
    return np.where(amounts > 1e-9, INF, 0.0) if rule.hard else rule.weight * amounts


def shift_table(demand: Demand, patterns: Patterns) -> pd.DataFrame:
    """Every pattern on every day as a table of shifts: start, end, day, shift, hours."""
    day = np.repeat(demand.dates.to_numpy(), patterns.number)
    return pd.DataFrame(
        {
            "start": day + np.tile(pd.to_timedelta(patterns.starts, unit="s").to_numpy(), demand.days),
            "end": day + np.tile(pd.to_timedelta(patterns.ends, unit="s").to_numpy(), demand.days),
            "day": day,
            "shift": np.tile([patterns.name(p) for p in range(patterns.number)], demand.days),
            "hours": np.tile(patterns.paid / 3600, demand.days),
        }
    )


def _queues(skills: Sequence[str], demand: Demand, rules: Sequence[Rule]) -> Floats:
    if not skills:
        return np.zeros(len(demand.queues))
    price = max((_price(rule) for rule in rules if isinstance(rule, SkillsNeeded)), default=INF)
    return np.array([0.0 if queue in skills else price for queue in demand.queues])


def _cuts(rows: pd.DataFrame | None, demand: Demand) -> list[tuple[float, float, str, bool]]:
    if rows is None:
        return []
    rows = rows[rows["activity"] != "leave"]
    return [
        (float(a), float(b), str(what), bool(paid))
        for a, b, what, paid in zip(
            demand.seconds(rows["start"]), demand.seconds(rows["end"]), rows["activity"], rows["paid"], strict=True
        )
    ]


def _take_away(
    choices: Choices, away: pd.DataFrame | None, rules: Sequence[Rule], demand: Demand, begin: Floats, until: Floats
) -> None:
    """Off, leave and trainings held in part; and everything outside `only`."""
    if away is None:
        return
    price = max((_price(rule) for rule in rules if isinstance(rule, NotWhileAbsent)), default=INF)
    starts, ends = demand.seconds(away["start"]), demand.seconds(away["end"])
    for start, end, kind in zip(starts, ends, away["kind"], strict=True):
        hours = np.clip(np.minimum(until, end) - np.maximum(begin, start), 0, None) / 3600
        if kind in ("off", "leave"):
            choices.cost[hours > 0] += price * hours[hours > 0]
        elif kind in ("training", "meeting"):
            choices.cost[(hours > 0) & ((begin > start) | (until < end))] = INF
    only = (away["kind"] == "only").to_numpy()
    if only.any():
        inside = np.zeros(begin.shape, dtype=bool)
        for start, end in zip(starts[only], ends[only], strict=True):
            inside |= (begin >= start) & (until <= end)
        choices.cost[~inside] += price * ((until - begin) / 3600)[~inside]


def _take_unemployed(choices: Choices, row: object, demand: Demand) -> None:
    first, last = getattr(row, "first_day", None), getattr(row, "last_day", None)
    if first is not None and not pd.isna(first):
        choices.cost[np.asarray(demand.dates < pd.Timestamp(first).normalize())] = INF
    if last is not None and not pd.isna(last):
        choices.cost[np.asarray(demand.dates > pd.Timestamp(last).normalize())] = INF


def _wish(
    choices: Choices, wishes: pd.DataFrame | None, demand: Demand, patterns: Patterns, begin: Floats, until: Floats
) -> None:
    if wishes is None:
        return
    for start, end, kind, name, weight in zip(
        demand.seconds(wishes["start"]),
        demand.seconds(wishes["end"]),
        wishes["kind"],
        wishes["type"],
        wishes["weight"],
        strict=True,
    ):
        days = wish_days(start, end, demand.days)
        if not len(days):
            continue
        met = wish_met(start, end, kind, name, patterns, begin, until)
        share = float(weight) / len(days)
        if kind == "off":
            choices.cost[met] += share
        else:
            choices.off[days] += share
            choices.cost[days] += np.where(met[days], 0.0, share)


def wish_days(start: float, end: float, days: int) -> Ints:
    """The days of the horizon that a span in seconds touches."""
    first, last = int(start // DAY), int(-(-end // DAY))
    return np.arange(max(0, first), min(days, last))


def wish_met(
    start: float, end: float, kind: str, name: object, patterns: Patterns, begin: Floats, until: Floats
) -> Bools:
    """Shifts that overlap the span of a wish, of the type that the wish names where it names one."""
    met = (begin < end) & (until > start)
    if isinstance(name, str):
        met &= patterns.is_type([name])
    return np.asarray(met)


def _lock(
    choices: Choices, locks: pd.DataFrame | None, rules: Sequence[Rule], demand: Demand, patterns: Patterns
) -> None:
    if locks is None:
        return
    price = max((_price(rule) for rule in rules if isinstance(rule, LocksKept)), default=INF)
    for start, end, name, queue in zip(locks["start"], locks["end"], locks["type"], locks["queue"], strict=True):
        day = int((start.normalize() - demand.first) / pd.Timedelta(days=1))
        if not 0 <= day < demand.days:
            continue
        if name == "off":
            until = day + 1 if pd.isna(end) else int(np.ceil((end - demand.first) / pd.Timedelta(days=1)))
            choices.cost[day:until] += price
            continue
        right = patterns.is_type([name])
        if start != start.normalize():
            right = right & (np.abs(patterns.starts - (start - start.normalize()).total_seconds()) < 1e-6)
        choices.cost[day] += np.where(right, 0.0, price)
        choices.off[day] += price
        if isinstance(queue, str) and np.isinf(price):
            choices.queue_locked[day] = demand.queues.index(queue)


def _check_locks(locks: pd.DataFrame, patterns: Patterns) -> None:
    for row, (start, name) in enumerate(zip(locks["start"], locks["type"], strict=True)):
        if name == "off":
            continue
        second = (start - start.normalize()).total_seconds()
        own = patterns.starts[patterns.is_type([name])]
        if second and not (np.abs(own - second) < 1e-6).any():
            raise DataError(
                f"locks.start must be a start of shift {name!r}, got {start:%Y-%m-%d %H:%M} in row {row}, "
                f"agent={locks['agent'].iloc[row]}. Allowed: {listed([clock(s) for s in own], most=12)}. "
                "Move "
                "the lock, or give its day only.",
                table="locks",
                column="start",
                rows=[row],
            )
