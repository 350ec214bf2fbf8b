"""The last descent: people leave a schedule, or move to shorter lines, while the promise holds with its confidence.

A requirement is covered by whole shifts, and what they bring beyond it in one interval lets another do with less. Here
the schedule itself is judged: people leave where, on the futures that decide the promise, they are missed least for the
hours they are paid. Where whole people and absence by person leave a promise missed, they come where they bring most.
The search proposes; what stays is judged anew, exactly and with attendance drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.evaluation import Evaluation
from wfm.evaluation.presence import coverage_of, lines_of
from wfm.plan.descent import NOBODY, Lines, Move, ascent, descent
from wfm.plan.inputs import Inputs
from wfm.plan.need import Need
from wfm.schedule import Schedule, schedule_faults
from wfm.tables import SCHEDULE, check

Ints = npt.NDArray[np.int64]
PASSES, ROUNDS = 2, 4
PARTS = 8  # the number of moves that stay is found to so small a part of them
WITHIN_GAP = 1e-3
WEEK_BEFORE = " (week before)"  # what `wrapped` names a line by that comes in from the end of the plan
MOST_SHAPES = 100  # lines of a queue, wherever in the week, that are tried on the other dates
Pool = pd.DataFrame  # the rows of a schedule, lines without people included


@dataclass(frozen=True, slots=True, kw_only=True)
class Lightening:
    """What a schedule is asked, how it is designed and judged, and how its table follows itself over the plan's end.

    Who judges is told of what was found before: queues of which nothing has changed are not judged again.
    """

    inputs: Inputs
    need: Need
    design: Callable[[pd.DataFrame], Schedule]
    judge: Callable[[Schedule, Evaluation | None], Evaluation]
    wrap: Callable[[pd.DataFrame], pd.DataFrame]


def lightened(schedule: Schedule, service: Evaluation, asked: Lightening) -> tuple[Schedule, Evaluation]:
    """The schedule with the fewest paid hours that descent and design find in turn, and the service it gives.

    Its bound is that of what it covers: no schedule costs less that has so many people in every interval.
    """
    queues = [name for name in service.services if by_promise_alone(name, asked)]
    for _ in range(PASSES):
        lighter, judged = _pass(schedule, service, queues, asked)
        if lighter is schedule:
            break
        schedule, service = _designed_anew(lighter, judged, asked)
    return schedule, service


def strengthened(schedule: Schedule, service: Evaluation, asked: Lightening) -> tuple[Schedule, Evaluation]:
    """The schedule with people added where a promise was missed though all that was asked for is covered."""
    first, queues = schedule, [name for name in service.services if by_promise_alone(name, asked)]
    for _ in range(ROUNDS):
        fuller = schedule
        for queue in queues:
            pool = _pool(schedule.table, queue, asked)
            if pool.empty or _kept(service, queue):
                continue
            names, lines, people = _lines(pool, queue, service, asked)
            moves = ascent(service.services[queue], lines, people)
            fuller = (_after(fuller, pool, names, moves, asked) if moves else None) or fuller
        if fuller is schedule:
            break
        schedule, service = fuller, asked.judge(fuller, service)
    return (schedule, service) if schedule is first else _designed_anew(schedule, service, asked)


def _kept(service: Evaluation, queue: str) -> bool:
    rows = service.promise[(service.promise["queue"] == queue) & service.promise["kept"].notna()]
    return bool(rows["kept"].astype(bool).all())


def _pass(schedule: Schedule, service: Evaluation, queues: list[str], asked: Lightening) -> tuple[Schedule, Evaluation]:
    """One descent of every queue."""
    for queue in queues:
        pool = _pool(schedule.table, queue, asked)
        if pool.empty:
            continue
        names, lines, people = _lines(pool, queue, service, asked)
        moves = descent(service.services[queue], lines, people, _least(queue, service, asked.need))
        found = _as_far_as_it_holds(schedule, service, asked, pool, names, moves)
        schedule, service = (schedule, service) if found is None else found
    return schedule, service


def _designed_anew(schedule: Schedule, service: Evaluation, asked: Lightening) -> tuple[Schedule, Evaluation]:
    """The cheapest shifts found for what a schedule covers, where the judge finds them no worse; else the schedule."""
    cover = schedule.coverage[["queue", "start", "end"]].assign(agents=schedule.coverage["rostered"])
    again = asked.design(cover)
    bound = min(again.bound, schedule.paid_hours)
    if again.paid_hours < schedule.paid_hours - 1e-9:
        again = replace(again, coverage=coverage_of(asked.wrap(again.table), asked.need.requirement))
        judged = asked.judge(again, service)
        if no_worse(judged, service):
            return again, judged
    return replace(schedule, objective=schedule.paid_hours, bound=bound, status=status_of(schedule, bound)), service


def status_of(schedule: Schedule, bound: float) -> str:
    """Optimal, within_gap or feasible, by how far the paid hours lie above the bound."""
    gap = schedule.paid_hours - bound
    return "optimal" if gap <= 1e-6 else ("within_gap" if gap <= WITHIN_GAP * schedule.paid_hours else "feasible")


def by_promise_alone(name: str, asked: Lightening) -> bool:
    """Whether nothing but its promise and its minimum says how many people a queue takes."""
    queue, changes = asked.need.queues[name], asked.inputs.adjustments
    word = changes is not None and bool(((changes["queue"] == name) & (changes["what"] == "agents")).any())
    plain = queue.live and queue.target is not None and queue.callback is None and queue.blend is None
    plain = plain and not any(name in own for own in asked.inputs.week.spec.pools.values())
    return plain and not word and name not in asked.inputs.requirements


def _pool(table: pd.DataFrame, queue: str, asked: Lightening) -> Pool:
    """The queue's lines, and without people the same shifts with the same breaks on the other dates, where allowed."""
    own = table[table["queue"].fillna(queue) == queue]
    shapes: dict[tuple[object, ...], set[pd.Timestamp]] = {}
    rows_of: dict[tuple[object, ...], pd.DataFrame] = {}
    for _, rows in own.groupby("shift", sort=False):
        day = rows["start"].iloc[0].normalize()
        times = zip(rows["start"] - day, rows["end"] - day, rows["activity"], strict=True)
        shape = (rows["type"].iloc[0], *times)
        shapes.setdefault(shape, set()).add(day)
        rows_of.setdefault(shape, rows.assign(start=rows["start"] - day, end=rows["end"] - day))
    days = sorted({day for used in shapes.values() for day in used})
    fresh = [
        rows_of[shape].assign(
            start=rows_of[shape]["start"] + day,
            end=rows_of[shape]["end"] + day,
            people=0,
            shift=f"{queue} {k} {day:%Y-%m-%d}",
        )
        for k, (shape, used) in enumerate(list(shapes.items())[:MOST_SHAPES])
        for day in days
        if day not in used
    ]
    if not fresh:
        return own
    new = pd.concat(fresh, ignore_index=True)
    return pd.concat([own, new[~new["shift"].isin(_unlawful(new, asked.inputs))]], ignore_index=True)


def _unlawful(lines: pd.DataFrame, inputs: Inputs) -> set[str]:
    """Lines that break a rule of their shift type or lie outside the opening hours."""
    week = inputs.week
    hours = {name: queue.hours for name, queue in week.queues.items()}
    faults = schedule_faults(lines.assign(people=1), week.shift_types, hours, interval=week.spec.interval)
    return set(faults["shift"])


def _lines(pool: Pool, queue: str, service: Evaluation, asked: Lightening) -> tuple[list[str], Lines, Ints]:
    """Names, lines and people of a pool; what runs past the end of the plan counts at its beginning."""
    intervals = service.services[queue].demand.intervals
    first = pool.drop_duplicates("shift").set_index("shift")
    names = first.index.astype(str).tolist()
    rows = asked.wrap(pool.assign(people=1))
    worked = rows.loc[rows["activity"] == "work", "shift"].astype(str)
    line = pd.Index(names).get_indexer(worked.str.removesuffix(WEEK_BEFORE)[~worked.duplicated()])
    present = np.zeros((len(names), len(intervals)))
    np.add.at(present, line, lines_of(rows, queue, intervals).present)
    span = (pool["end"] - pool["start"]).dt.total_seconds() / 3600
    paid = np.asarray(
        span.where(pool["paid"].astype(bool), 0.0).groupby(pool["shift"]).sum().reindex(names), dtype=float
    )
    day = (first["start"].dt.normalize() - first["start"].min().normalize()).dt.days.to_numpy()
    return names, Lines(present=present, paid=paid, day=day), first["people"].to_numpy(dtype=np.int64).copy()


def _least(queue: str, service: Evaluation, need: Need) -> npt.NDArray[np.float64]:
    """Rostered people below which the planner allows no interval to fall."""
    starts = pd.DatetimeIndex(service.services[queue].demand.intervals["start"])
    noun = need.queues[queue]
    return np.asarray(noun.shrinkage.rostered(np.asarray(noun.minimum(starts), dtype=float)))


def _as_far_as_it_holds(
    schedule: Schedule, service: Evaluation, asked: Lightening, pool: Pool, names: list[str], moves: list[Move]
) -> tuple[Schedule, Evaluation] | None:
    """The schedule after as many of the moves as the judge lets stand; None where that saves nothing."""
    best, low, high = None, 0, len(moves) + 1
    middle = len(moves)
    while middle > low and high - low > len(moves) // PARTS:
        tried = _after(schedule, pool, names, moves[:middle], asked)
        judged = None if tried is None else asked.judge(tried, service)
        if tried is not None and judged is not None and no_worse(judged, service):
            low = middle
            best = (tried, judged) if tried.paid_hours < schedule.paid_hours - 1e-9 else best
        else:
            high = middle
        middle = (low + high) // 2
    return best


def no_worse(judged: Evaluation, before: Evaluation) -> bool:
    """Whether every promise that was kept is kept, and one that was missed is missed by no more."""
    asked = before.promise["kept"].notna()
    now, was = judged.promise[asked], before.promise[asked]
    names = ["probability", "service_level"]
    no_less = (now[names].to_numpy() >= was[names].to_numpy() - 1e-9).all(axis=1)
    kept = now["kept"].astype(bool).to_numpy()
    return bool(np.where(was["kept"].astype(bool), kept, kept | no_less).all())


def _after(schedule: Schedule, pool: Pool, names: list[str], moves: list[Move], asked: Lightening) -> Schedule | None:
    """The schedule after some moves; None where too many would then be away at once."""
    people = pool.drop_duplicates("shift").set_index("shift")["people"].reindex(names).to_numpy(dtype=np.int64).copy()
    for move in moves:
        for line, change in zip(move, (-1, 1), strict=True):
            if line != NOBODY:
                people[line] += change
    mine = pool.assign(people=pool["shift"].map(dict(zip(names, people.tolist(), strict=True))))
    known = set(schedule.table["shift"].astype(str))
    others = schedule.table[~schedule.table["shift"].isin(names)]
    queue = str(pool["queue"].iloc[0])
    table = check(pd.concat([others, _named(mine[mine["people"] > 0], known, queue)], ignore_index=True), SCHEDULE)
    if not _together(table, asked.inputs):
        return None
    cover = coverage_of(asked.wrap(table), asked.need.requirement)
    return replace(schedule, table=table, coverage=cover)


def _together(table: pd.DataFrame, inputs: Inputs) -> bool:
    """Whether the lines keep the rules that hold for all of them at once, such as how many are away together."""
    week = inputs.week
    if not any(pause.most_at_once is not None for kind in week.shift_types for pause in kind.breaks):
        return True
    hours = {name: queue.hours for name, queue in week.queues.items()}
    return schedule_faults(table, week.shift_types, hours, interval=week.spec.interval).empty


def _named(lines: pd.DataFrame, known: set[str], queue: str) -> pd.DataFrame:
    """New lines with names such as the design gives: queue, date, type, clock and a number."""
    fresh = lines[~lines["shift"].isin(known)].drop_duplicates("shift")
    taken, names = set(known), {}
    for shift, kind, start in zip(fresh["shift"].astype(str), fresh["type"].astype(str), fresh["start"], strict=True):
        stem = f"{queue}-{start:%Y-%m-%d}-{kind}-{start:%H%M}"
        name = next(f"{stem}-{k}" for k in range(1, len(taken) + 2) if f"{stem}-{k}" not in taken)
        taken.add(name)
        names[shift] = name
    return lines.assign(shift=lines["shift"].replace(names))
