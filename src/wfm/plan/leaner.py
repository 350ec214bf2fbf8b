"""The last descent of a pool: people leave, or work a shorter shift of the same day, while all that is asked is done.

What counts is that the queues of those who wait now have their people in every slot, that the work which can wait is
done in time by those who are over, and that not too many are on a break at once. How few people those queues really
need is found by halves: every schedule is judged on the plan's own futures. Work that can wait is held to its promise
and no more: a queue without one of its own may be left with as little in time as every such queue must have, 95%, where
apart whole people of its own did all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.evaluation import Evaluation
from wfm.evaluation.presence import coverage_of
from wfm.plan.correct import late_queues, latest_starts, missed
from wfm.plan.inputs import Inputs
from wfm.plan.lighten import Lightening, no_worse, status_of
from wfm.plan.people_step import follows_itself
from wfm.plan.pools_step import Pool, placed_in, pools_of, seated_in
from wfm.schedule import Schedule
from wfm.schedule.design.pools import unparted
from wfm.schedule.results import hours_paid
from wfm.tables import SCHEDULE, check

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
LEAST_PART, MOST_PART = 0.8, 1.12  # of what a waiting queue asks for: nobody looks below or above
HALVINGS, MENDINGS = 4, 8  # of each such part, all at once; then more where that is a little too few
MORE = 0.02  # of what a queue asks for
ROUNDS, TRIES = 6, 6000  # of removals and exchanges
CRUMB = 1e-6


def leaner(lines: Schedule, service: Evaluation, asked: Lightening) -> tuple[Schedule, Evaluation]:
    """The schedule with the fewest paid hours found with which every pool keeps what it kept, and its service.

    Its bound is that of shifts which give the waiting queues as many people and do the other work in time.
    """
    pools = [pool for pool in pools_of(asked.inputs, asked.need) if len(unparted(lines.table, pool.name))]
    bound = lines.paid_hours - sum(hours_paid(unparted(lines.table, pool.name)) for pool in pools)
    for pool in pools:
        live, lines, service = _as_few_as_hold(lines, service, pool, asked)
        bound += placed_in(pool, live, asked.inputs).bound
    bound = min(bound, lines.paid_hours)
    return replace(lines, objective=lines.paid_hours, bound=bound, status=status_of(lines, bound)), service


def _as_few_as_hold(
    lines: Schedule, service: Evaluation, pool: Pool, asked: Lightening
) -> tuple[Floats, Schedule, Evaluation]:
    """The fewest people found for the waiting queues with which nothing gets worse: they, schedule and service."""
    need = asked.need.requirement
    wanted = need[need["queue"].isin(list(pool.queues))].reset_index(drop=True)
    parts = _Parts.of(wanted, pool, service)
    crew = Crew.of(unparted(lines.table, pool.name), pool, asked)
    best, known = (pool.live["rostered"].to_numpy(dtype=float), lines, service), [(lines.table, service)]
    for turn in range(HALVINGS + MENDINGS):
        scaled = parts.asked(wanted)
        live = _summed(scaled, pool)
        people = crew.trimmed(live, live + parts.late)
        tried = _with_people(lines, crew, people, scaled, live, pool, asked)
        judged = next((found for table, found in known if table.equals(tried.table)), None) or asked.judge(
            tried, service
        )
        known.append((tried.table, judged))
        holds = no_worse(judged, service)
        rank = (missed(judged), tried.paid_hours)
        if holds and rank < (missed(best[2]), best[1].paid_hours - 1e-9):
            best = (live, tried, judged)
        if holds and turn >= HALVINGS and not rank[0]:
            break
        parts.learn(judged, wanted, halving=turn < HALVINGS - 1)
        parts.learn_late(judged, pool)
    return best


def _summed(wanted: pd.DataFrame, pool: Pool) -> Floats:
    """People for the waiting queues together, by interval of the pool."""
    live = wanted[~wanted["queue"].isin(list(pool.waiting))]
    sums = live.groupby("start")["rostered"].sum().reindex(pd.DatetimeIndex(pool.live["start"]))
    return np.asarray(sums.fillna(0.0), dtype=float)


@dataclass(slots=True, kw_only=True)
class _Parts:
    """By queue and instance of its promise the part of its requirement to try, between one too small and one enough."""

    before: pd.DataFrame
    place: pd.Series  # instance of every row of the requirement, in `before`; -1 = none
    low: Floats
    high: Floats
    now: Floats
    extra: Floats  # people more in an interval, by row of the requirement
    late: Floats  # people more for work that would be late, by interval of the pool

    @classmethod
    def of(cls, wanted: pd.DataFrame, pool: Pool, service: Evaluation) -> _Parts:
        promised = service.promise[service.promise["kept"].notna()]
        promised = promised[promised["queue"].isin([name for name in pool.queues if name not in pool.waiting])]
        promised = promised.reset_index(drop=True)
        place = pd.Series(-1, index=wanted.index)
        for k, (queue, start, end) in enumerate(
            zip(promised["queue"], promised["start"], promised["end"], strict=True)
        ):
            place[(wanted["queue"] == queue) & (wanted["start"] >= start) & (wanted["start"] < end)] = k
        count = len(promised)
        low, high = np.full(count, LEAST_PART), np.full(count, MOST_PART)
        return cls(
            before=promised,
            place=place,
            low=low,
            high=high,
            now=np.ones(count),
            extra=np.zeros(len(wanted)),
            late=np.zeros(len(pool.live)),
        )

    def asked(self, wanted: pd.DataFrame) -> pd.DataFrame:
        """The requirement at these parts; never below the planner's minimum."""
        part = np.r_[self.now, 1.0][self.place.to_numpy()]
        rostered = wanted["rostered"] * part
        if "minimum" in wanted:
            ratio = (wanted["rostered"] / wanted["agents"]).where(wanted["agents"] > 0, 1.0)
            rostered = np.maximum(rostered, np.minimum(wanted["minimum"].fillna(0.0) * ratio, wanted["rostered"]))
        return wanted.assign(rostered=rostered + self.extra)

    def learn(self, judged: Evaluation, wanted: pd.DataFrame, *, halving: bool) -> None:
        """One person more where the floor is broken too often; of the instance's rest more where too little is kept.

        By halves, and then up alone: who comes is drawn anew for every schedule, so that near the edge a part that was
        enough once may not be so again.
        """
        key = ["queue", "scope", "start"]
        now = self.before[key].merge(judged.promise, on=key, how="left")
        enough = np.zeros(len(now), dtype=bool)
        for queue, rows in now.groupby("queue"):
            service = judged.services[str(queue)]
            confidence = None if service.target is None else service.target.confidence
            if confidence is None:
                enough[rows.index] = rows["kept"].fillna(False).astype(bool)
                continue
            share = service.reached(service.scope).mean(axis=0) >= confidence - 1e-9
            floor_alone = rows["probability"].to_numpy(dtype=float) < confidence - 1e-9
            enough[rows.index] = share & (rows["kept"].fillna(False).astype(bool).to_numpy() | floor_alone)
            broken = service.breaches()
            low = wanted["start"].isin(broken.index[broken > 1 - confidence + 1e-9])
            self.extra[((wanted["queue"] == queue) & low).to_numpy()] += 1.0
        self.high, self.low = np.where(enough, self.now, self.high), np.where(enough, self.low, self.now)
        self.now = (self.low + self.high) / 2 if halving else np.where(enough, self.now, self.now + MORE)
        if not halving:
            self._one_more(judged, wanted, np.flatnonzero(~enough))

    def _one_more(self, judged: Evaluation, wanted: pd.DataFrame, missed: Ints) -> None:
        """One person more in the worst interval of each such instance: a small part more may change no whole number."""
        for k in missed.tolist():
            rows = wanted[(self.place == k) & (wanted["rostered"] > 0)]
            level = judged.coverage[judged.coverage["queue"] == self.before["queue"].iloc[k]]
            level = level.set_index("start")["service_level"].reindex(rows["start"])
            if len(level.dropna()):
                self.extra[rows.index[int(np.nanargmin(level.to_numpy()))]] += 1.0

    def learn_late(self, judged: Evaluation, pool: Pool) -> None:
        """A person more where work comes in that is late: people are whole, on one queue at a time, and some absent."""
        for queue in late_queues(judged, pool.waiting):
            self.late[pool.live["start"].isin(latest_starts(judged, queue)).to_numpy()] += 1.0


def _with_people(
    lines: Schedule,
    crew: Crew,
    people: Ints,
    wanted: pd.DataFrame,
    live: Floats,
    pool: Pool,
    asked: Lightening,
) -> Schedule:
    """The schedule with so many people on the lines of a pool, shared out anew among its queues."""
    own = crew.lines.assign(people=crew.lines["shift"].map(dict(zip(crew.names, people.tolist(), strict=True))))
    wanted = wanted.copy()
    waits = wanted["queue"].isin(list(pool.waiting))
    if waits.any():  # all that are over may be on work that can wait
        over = pd.Series(crew.over(people, live), index=pd.DatetimeIndex(pool.live["start"]))
        share = wanted.loc[waits, "rostered"] / wanted[waits].groupby("start")["rostered"].transform("sum")
        wanted.loc[waits, "rostered"] = wanted.loc[waits, "start"].map(over) * share.fillna(1 / len(pool.waiting))
    out = seated_in(pool, own[own["people"] > 0], wanted, asked.inputs)
    others = lines.table[lines.table["pool"] != pool.name]
    table = check(pd.concat([others, out], ignore_index=True), SCHEDULE)
    return replace(lines, table=table, coverage=coverage_of(asked.wrap(table), asked.need.requirement))


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The lines of a pool on slots of a common step, and what is asked of them.

    Attributes
    ----------
    work, duty : array [lines x slots]  Whether one of the line works, and is there at all.
    away : tuple                        Share that may be away at once, and who is [lines x slots], of each such break.
    interval : array [slots]            Interval of the pool that a slot is in; -1 = none.
    due : array                         Hours of work that come and fall due within each window of intervals.
    """

    lines: pd.DataFrame
    names: list[str]
    people: Ints
    paid: Floats
    day: Ints
    work: Floats
    duty: Floats
    away: tuple[tuple[float, Floats], ...]
    interval: Ints
    due: Floats
    step: float

    @classmethod
    def of(cls, lines: pd.DataFrame, pool: Pool, asked: Lightening) -> Crew:
        """The lines of a pool as they are."""
        from wfm.erlang.deferred.levelling import due_in_windows

        inputs, week = asked.inputs, asked.inputs.week
        moments = pd.concat([lines["start"], lines["end"], pool.live["start"], pool.live["end"]]).unique()
        step = gcd(*np.rint((moments - week.start) / pd.Timedelta(seconds=1)).astype(int).tolist())
        count = round((week.end - week.start).total_seconds()) // step
        first_of = lines.drop_duplicates("shift").set_index("shift")
        names = first_of.index.astype(str).tolist()
        spans = (lines["end"] - lines["start"]).dt.total_seconds() / 3600
        paid = spans.where(lines["paid"].astype(bool), 0.0).groupby(lines["shift"]).sum().reindex(first_of.index)

        def on(rows: pd.DataFrame) -> Floats:
            return _slots_of(rows, names, week.start, step, count, cyclic=follows_itself(inputs))

        interval = np.full(count, -1)
        begins, ends = ((pool.live[key] - week.start) / pd.Timedelta(seconds=step) for key in ("start", "end"))
        for k, (begin, end) in enumerate(zip(begins.round().astype(int), ends.round().astype(int), strict=True)):
            interval[begin:end] = k
        pieces = pool.pieces
        return cls(
            lines=lines,
            names=names,
            people=first_of["people"].to_numpy(dtype=np.int64),
            paid=np.asarray(paid, dtype=float),
            day=np.asarray((first_of["start"] - week.start) // pd.Timedelta(days=1), dtype=np.int64),
            work=on(lines[lines["activity"] == "work"]),
            duty=on(lines),
            away=tuple((share, on(lines[_pauses(lines, name, share, inputs)])) for name, share in _watched(inputs)),
            interval=interval,
            due=due_in_windows(
                pieces["first"].to_numpy(dtype=np.int64),
                pieces["last"].to_numpy(dtype=np.int64),
                pieces["hours"].to_numpy(dtype=float),
                len(pool.live),
            ),
            step=step,
        )

    def asks(self, live: Floats) -> Floats:
        """People for the waiting queues in every slot, from those of every interval."""
        return np.where(self.interval >= 0, live[self.interval], 0.0)

    def over(self, people: Ints, live: Floats) -> Floats:
        """People beyond those for the waiting queues, by interval of the pool."""
        free, inside = np.maximum(people @ self.work - self.asks(live), 0.0), self.interval >= 0
        sums = np.bincount(self.interval[inside], weights=free[inside], minlength=len(live))
        return np.asarray(sums / np.bincount(self.interval[inside], minlength=len(live)))

    def trimmed(self, live: Floats, least: Floats) -> Ints:
        """People by line after removals and exchanges within a day, those that save most first.

        `live` are the people for the waiting queues, `least` those below whom nobody goes, by interval of the pool.
        """
        people, asks, tries = self.people.copy(), self.asks(least), 0
        lacking = self._lacking(people, live)
        for _ in range(ROUNDS):
            before = float(people @ self.paid)
            for gone, come in self._moves(people, asks):
                while people[gone] > 0 and tries < TRIES:
                    tries += 1
                    after = people.copy()
                    after[gone] -= 1
                    if come >= 0:
                        after[come] += 1
                    if not self._holds(after, people, live, asks, lacking):
                        break
                    people = after
            if float(people @ self.paid) > before - 1e-9:
                break
        return people

    def _moves(self, people: Ints, asks: Floats) -> list[tuple[int, int]]:
        """(line left, line taken or -1) that save paid hours and leave the waiting queues enough, dearest first."""
        tight = (people @ self.work - 1 < asks - CRUMB).astype(float)
        found = [(float(self.paid[k]), int(k), -1) for k in np.flatnonzero((people > 0) & (self.work @ tight == 0))]
        for day in np.unique(self.day):
            own = np.flatnonzero(self.day == day)
            lost = (self.work[own] * tight) @ (1 - self.work[own]).T  # slots one leaves, the other does not take
            saved = self.paid[own][:, None] - self.paid[own][None, :]
            for a, b in zip(*np.nonzero((lost == 0) & (saved > CRUMB) & (people[own] > 0)[:, None]), strict=True):
                found.append((float(saved[a, b]), int(own[a]), int(own[b])))
        return [(gone, come) for _, gone, come in sorted(found, key=lambda move: (-move[0], move[1], move[2]))]

    def _holds(self, people: Ints, before: Ints, live: Floats, asks: Floats, lacking: Floats) -> bool:
        """Whether nobody who is asked for in a slot leaves, breaks are kept and the other work is done in time."""
        there, was = people @ self.work, before @ self.work
        if ((there < asks - CRUMB) & (there < was)).any():
            return False
        duty = people @ self.duty
        for share, gone in self.away:
            if (people @ gone > np.maximum(1.0, share * duty) + CRUMB).any():
                return False
        return bool((self._lacking(people, live) <= np.maximum(lacking, 0.0) + CRUMB).all())

    def _lacking(self, people: Ints, live: Floats) -> Floats:
        """Hours of work in each window of intervals for which nobody is over."""
        from wfm.erlang.deferred.levelling import in_windows

        width = self.step / 3600 * np.bincount(self.interval[self.interval >= 0], minlength=len(live))
        return np.asarray(self.due - in_windows(self.over(people, live) * width))


def _slots_of(
    rows: pd.DataFrame, names: list[str], origin: pd.Timestamp, step: int, count: int, *, cyclic: bool
) -> Floats:
    """Which slots the rows of every line take."""
    found, place = np.zeros((len(names), count)), {name: k for k, name in enumerate(names)}
    first, last = ((rows[key] - origin) / pd.Timedelta(seconds=step) for key in ("start", "end"))
    for name, begin, end in zip(rows["shift"].astype(str), first, last, strict=True):
        slots = np.arange(round(begin), round(end))
        slots = slots % count if cyclic else slots[(slots >= 0) & (slots < count)]
        found[place[name], slots] = 1.0
    return found


def _watched(inputs: Inputs) -> list[tuple[str, float]]:
    kinds = inputs.week.shift_types
    found = [(pause.name, pause.most_at_once) for kind in kinds for pause in kind.breaks]
    return sorted({(name, share) for name, share in found if share is not None})


def _pauses(lines: pd.DataFrame, name: str, share: float, inputs: Inputs) -> Bools:
    """Rows that are a watched break: the k-th absence of a line is the k-th break of its type."""
    kinds = {kind.name: kind for kind in inputs.week.shift_types}
    rest = ~lines["activity"].isin(["work", "training", "meeting"])
    number = rest.groupby(lines["shift"]).cumsum() - 1
    return np.array(
        [
            bool(away)
            and k < len(kinds[kind].breaks)
            and (kinds[kind].breaks[k].name, kinds[kind].breaks[k].most_at_once) == (name, share)
            for away, k, kind in zip(rest, number, lines["type"], strict=True)
        ],
        dtype=bool,
    )
