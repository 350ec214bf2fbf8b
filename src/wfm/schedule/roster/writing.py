"""From duties to the roster table and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from wfm.durations import DAY
from wfm.schedule.cover.lines import activity_of
from wfm.schedule.lawful.absences import COLUMNS, as_roster
from wfm.schedule.lawful.options import Choices, Patterns
from wfm.schedule.people.people import People
from wfm.schedule.rules.rule import shifts_of
from wfm.schedule.search.pricing import Duty
from wfm.schedule.shifts.demand import Demand

Row = tuple[str, float, float, str, bool, str | None, str | None]


def roster_table(
    weeks: Sequence[Sequence[Duty | None]],
    people: People,
    demand: Demand,
    patterns: Patterns,
    choices: Sequence[Choices],
    absences: pd.DataFrame,
) -> pd.DataFrame:
    """The roster table of everybody's duties and absences."""
    rows: list[Row] = []
    for agent, week, own in zip(people.names, weeks, choices, strict=True):
        held: set[float] = set()
        for duty in week:
            if duty is not None:
                parts = list(_parts(agent, duty, demand, patterns, own))
                rows += parts
                held |= {part[1] for part in parts if part[3] in ("training", "meeting")}
        rows += [
            (agent, start, end, what, paid, None, None) for start, end, what, paid in own.cuts if start not in held
        ]
    leave = absences[absences["activity"] == "leave"]
    away = [tuple(row) for row in leave[list(COLUMNS)].itertuples(index=False)]
    return as_roster([*_dated(rows, demand), *away])


def rows_of_duty(duty: Duty, demand: Demand, patterns: Patterns, choices: Choices, agent: str = "") -> pd.DataFrame:
    """The rows of one duty, for a person who has nothing else that day."""
    return as_roster(_dated(list(_parts(agent, duty, demand, patterns, choices)), demand))


def _dated(rows: Sequence[Row], demand: Demand) -> list[tuple[object, ...]]:
    """The rows with moments in place of seconds from the first midnight."""
    starts, ends = (
        demand.first + pd.TimedeltaIndex(np.rint(np.array(seconds, dtype=float)).astype("timedelta64[s]"))
        for seconds in ([row[1] for row in rows], [row[2] for row in rows])
    )
    return [(row[0], start, end, *row[3:]) for row, start, end in zip(rows, starts, ends, strict=True)]


def _parts(agent: str, duty: Duty, demand: Demand, patterns: Patterns, choices: Choices) -> Iterator[Row]:
    kind = patterns.types[patterns.kind[duty.pattern]]
    begin = duty.day * DAY + float(patterns.starts[duty.pattern])
    end = duty.day * DAY + float(patterns.ends[duty.pattern])
    away = [
        (start * float(demand.step), start * demand.step + pause.length, activity_of(pause), pause.paid)
        for start, pause in zip(duty.breaks, kind.breaks, strict=True)
    ]
    away += [cut for cut in choices.cuts if cut[0] < end and cut[1] > begin]
    queue = demand.queues[duty.queue]
    label = None if demand.types and queue == "all" else queue
    reached = begin
    for start, until, what, paid in sorted(away):
        if start > reached:
            yield agent, reached, start, "work", True, kind.name, label
        yield agent, start, until, what, paid, kind.name, label
        reached = until
    if end > reached:
        yield agent, reached, end, "work", True, kind.name, label


def duties_of(roster: pd.DataFrame, people: People, demand: Demand, patterns: Patterns) -> list[list[Duty | None]]:
    """Everybody's duties as a roster table has them; what is no pattern any more is left out."""
    shifts = shifts_of(roster)
    place = {agent: row for row, agent in enumerate(people.names)}
    away = roster[roster["shift"].notna() & roster["activity"].isin(["break", "meal"])]
    breaks = {str(a): demand.seconds(t["start"]) for a, t in away.sort_values("start").groupby("agent")}
    known = {(patterns.name(p), float(patterns.starts[p])): p for p in range(patterns.number)}
    weeks: list[list[Duty | None]] = [[None] * demand.days for _ in people.names]
    seconds = demand.seconds(shifts["start"])
    until = demand.seconds(shifts["end"])
    for agent, kind, queue, start, end in zip(
        shifts["agent"], shifts["shift"], shifts["queue"], seconds, until, strict=True
    ):
        day = int(start // DAY)
        pattern = known.get((kind, float(round(start - day * DAY))))
        served = queue if isinstance(queue, str) else "all"
        if agent not in place or pattern is None or not 0 <= day < demand.days or served not in demand.queues:
            continue
        own = breaks.get(agent, np.zeros(0))
        taken = own[(own >= start) & (own < end)]
        places = patterns.breaks[pattern]
        right = len(taken) == len(places) and all(
            any(abs(t - day * DAY - s) < 1e-6 for s in starts) for t, starts in zip(taken, places, strict=True)
        )
        slots = tuple(round(t / demand.step) for t in taken) if right else ()
        weeks[place[agent]][day] = Duty(day, pattern, demand.queues.index(served), slots)
    return weeks
