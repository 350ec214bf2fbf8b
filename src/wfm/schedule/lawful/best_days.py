"""The best days for one person at given values: an exact dynamic programme over states of rest, band and rules.

State before a day: (g, b, r) = what the trackers remember, the week's band of starts, and when the person is rested.
Work of pattern p leads to `min over r <= start of V[g, b, r] + cost[p]`; the minimum over r is a running one, so a day
costs a handful of array operations. (A shortest path with resources; exact for every rule that has a tracker.)

Inside a band r need only say how many of the band's starts come too early; where a week ends it is the time itself,
from which the next week's band takes over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.durations import DAY
from wfm.schedule.lawful.bands import Band, Rest, bands_of, outside_band
from wfm.schedule.lawful.memory import OFF as FREE_DAY
from wfm.schedule.lawful.memory import memory_of
from wfm.schedule.lawful.moves import Move
from wfm.schedule.lawful.paths import Paths
from wfm.schedule.lawful.retrace import Retrace
from wfm.schedule.lawful.trackers import Rested, Tracker

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
INF = float("inf")
OFF = -1
ROOM = 4e6  # numbers kept at once when many people are asked
FEW = 24  # spans (start, end) of a day up to which rest is remembered like any other rule
MANY = 1_000_000  # spans x states of the other rules above which it is not


class Tours:
    """All lawful sequences of days for people who share rules, credits and past.

    Parameters
    ----------
    starts, ends : (patterns,)      [s after the day's midnight]
    days : int
    trackers : the rules that look back
    rest : Rest
    rested : float                  When the person is rested, seconds after the first midnight (may be negative).
    band : Band or None             Most by which starts of a week may differ.
    week_first : (days,)            Whether a planning week begins on the day.
    before : starts of the week that is under way
    """

    def __init__(
        self,
        *,
        starts: Floats,
        ends: Floats,
        days: int,
        trackers: Sequence[Tracker],
        rest: Rest,
        rested: float = 0.0,
        band: Band | None = None,
        week_first: Sequence[bool] = (),
        before: Sequence[float] = (),
    ) -> None:
        self.days, self.starts, self.ends, self.rest = days, starts, ends, rest
        self.week_first = tuple(week_first) or (False,) * days
        self.band, self.before, self.rested = band, tuple(before), rested
        self.ready = self._ready_times(rested)
        self.bands = bands_of(starts, band, self.before)
        self.allowed_bands = [
            b
            for b, (anchor, _) in enumerate(self.bands)
            if band is None or all((clock - anchor) % DAY <= band.width + 1e-6 for clock in self.before)
        ]
        later = np.r_[ends + rest.longest - DAY, rested] - DAY
        self.narrow = len(self.bands) > 1 and rest.soft <= rest.hard and bool((later <= self._earliest).all())
        self._clocks = [np.unique(starts[members]) for _, members in self.bands]
        self.depth = max(len(own) for own in self._clocks) + 1 if self.narrow else len(self.ready)
        self.memory = memory_of(trackers, days, len(starts))
        self.trackers: tuple[Tracker, ...] = ()  # every rule, rest included, where all are steps between states
        self.paths = self._few_spans(trackers)
        if self.paths is not None:
            self.memory = self.paths.memory
        else:
            self._index()
            self._retrace = Retrace(self)

    @property
    def width(self) -> int:
        """Length of the flattened (band, rested) axis."""
        return len(self.bands) * self.depth

    def solve(self, cost: Floats, off: Floats, final: Floats | None = None) -> tuple[float, list[int]]:
        """Least cost and its pattern of every day (-1 = off); (inf, []) where nothing is lawful.

        cost : (days, patterns), off : (days,), final : (states of the last day,)
        """
        if self.paths is not None:
            return self.paths.solve(cost, off, final)
        layers = self._forward(cost[None], off[None])
        last = layers[-1][0] if final is None else layers[-1][0] + final[:, None]
        if not last.size or np.isinf(last.min()):
            return INF, []
        path = self._retrace.days(layers, cost[None], off[None], np.array([last.argmin()]))
        return float(last.min()), [int(pattern) for pattern in path[0]]

    def least(self, cost: Floats, off: Floats) -> Floats:
        """Least cost of many people at once; cost : (people, days, patterns), off : (people, days)."""
        if self.paths is not None:
            return self.paths.least(cost, off)
        found = np.full(len(cost), INF)
        room = max(1, int(ROOM // max(1, self.width * max(self.memory.sizes))))
        for first in range(0, len(cost), room):
            last = self._forward(cost[first : first + room], off[first : first + room], keep=False)[-1]
            if last.shape[1]:
                found[first : first + room] = last.min(axis=(1, 2))
        return found

    def solve_many(self, cost: Floats, off: Floats) -> tuple[Floats, Ints]:
        """Least cost of many people at once and (people, days) their patterns; shapes as in `least`."""
        if self.paths is not None:
            return self.paths.solve_many(cost, off)
        found, path = np.full(len(cost), INF), np.full((len(cost), self.days), OFF)
        room = max(1, int(ROOM // max(1, self.width * sum(self.memory.sizes))))
        for first in range(0, len(cost), room):
            own = slice(first, first + room)
            layers = self._forward(cost[own], off[own])
            last = layers[-1].reshape(len(layers[-1]), -1)
            if last.shape[1]:
                found[own] = last.min(axis=1)
                path[own] = self._retrace.days(layers, cost[own], off[own], last.argmin(axis=1))
        return found, path

    def price(self, path: Sequence[int]) -> float:
        """Cost of a sequence of days by the rules alone; infinite where it breaks one."""
        if self.paths is not None:
            return self.paths.price(path)
        state, total, rested, clocks = self.memory.start, 0.0, self.rested, list(self.before)
        fixed = bool(clocks)
        for day, pattern in enumerate(path):
            if day and self.week_first[day]:
                total += self._band_cost(clocks, fixed=fixed)
                clocks, fixed = [], False
            if state < 0:
                return INF
            own = self.memory.days[day]
            kind = FREE_DAY if pattern < 0 else int(own.kind[pattern])
            state, total = int(own.next[kind, state]), total + float(own.cost[kind, state])
            if pattern >= 0:
                short = rested - self.starts[pattern]
                if short > self.rest.longest - self.rest.hard + 1e-6:
                    return INF
                total += self.rest.weight * max(0.0, short) / 3600
                rested = self.ends[pattern] + self.rest.longest
                clocks.append(float(self.starts[pattern]))
            rested -= DAY
        return total + self._band_cost(clocks, fixed=fixed) if state >= 0 else INF

    def final_state(self, path: Sequence[int]) -> tuple[Any, ...]:
        """What the trackers remember at the end of a lawful sequence."""
        state = self.memory.start
        for own, pattern in zip(self.memory.days, path, strict=True):
            state = int(own.next[FREE_DAY if pattern < 0 else own.kind[pattern], state])
        return self.memory.final[state]

    def _band_cost(self, clocks: Sequence[float], *, fixed: bool) -> float:
        """Cost of a week's starts under the band; `fixed` where the week holds starts from before the horizon."""
        if self.band is None or not clocks:
            return 0.0
        if self.band.hard:
            width = self.band.width + 1e-6
            return 0.0 if any(all((t - first) % DAY <= width for t in clocks) for first in clocks) else INF
        times = np.array(clocks)
        outside = min(
            float(outside_band(times, first, self.band.width).sum())
            for first in np.r_[times, (times - self.band.width) % DAY]
            if not outside_band(np.array(self.before if fixed else ()), first, self.band.width).any()
        )
        return self.band.weight * outside / 3600

    # --- what is built once ---------------------------------------------------------------------------------------

    def _few_spans(self, trackers: Sequence[Tracker]) -> Paths | None:
        """Everything as steps between a few states, where there is no band and rest is a matter of few spans."""
        if self.band is not None:
            return None
        latest = max(self.ends.max(initial=0.0) + self.rest.longest - DAY, self.rested)
        if latest <= self.starts.min(initial=DAY):  # everybody is always rested
            self.trackers = tuple(trackers)
            return Paths(self.memory, len(self.starts))
        spans = len(set(zip(self.starts, self.ends, strict=True)))
        if spans > FEW or spans * sum(self.memory.sizes) > MANY:
            return None
        rest = Rested(
            spans=tuple(zip(self.starts.tolist(), self.ends.tolist(), strict=True)), rest=self.rest, before=self.rested
        )
        self.trackers = (*trackers, rest)
        return Paths(memory_of(self.trackers, self.days, len(self.starts)), len(self.starts))

    def _ready_times(self, rested: float) -> Floats:
        """The distinct times at which somebody may be rested, 0 = before any start."""
        earliest = float(self.starts.min(initial=0.0))
        after = self.ends + self.rest.longest - DAY
        times = np.concatenate([[0.0, rested], after, after - DAY])
        k = 2
        while (after - k * DAY > earliest).any() or rested - (k - 1) * DAY > earliest:
            times = np.concatenate([times, after - k * DAY, [rested - (k - 1) * DAY]])
            k += 1
        self._earliest = earliest
        return np.unique(np.where(times <= earliest, 0.0, times))

    def _ready_index(self, times: Floats) -> Ints:
        rounded = np.where(times <= self._earliest, 0.0, times)
        return np.asarray(np.searchsorted(self.ready, rounded - 1e-6), dtype=np.int64)

    def _class(self, band: int, times: Floats) -> Ints:
        """Where times of being rested lie on the axis of a band."""
        if self.narrow:
            return np.asarray(np.searchsorted(self._clocks[band], times - 1e-6), dtype=np.int64)
        return self._ready_index(times)

    def _reach(self, band: int, start: Floats) -> Ints:
        """The last class of a band that lets each start be worked."""
        if self.narrow:
            return np.asarray(np.searchsorted(self._clocks[band], start - 1e-6), dtype=np.int64)
        return np.asarray(np.searchsorted(self.ready, start + 1e-6, side="right") - 1, dtype=np.int64)

    def new_week(self, day: int) -> bool:
        """Whether the band is chosen anew on a day."""
        return 0 < day < self.days and self.week_first[day] and len(self.bands) > 1

    def _index(self) -> None:
        """Index arrays of every day's moves; days alike share them."""
        cells = [self._cells(b, anchor, members) for b, (anchor, members) in enumerate(self.bands)]
        source, pattern, extra, target = (np.concatenate(part) for part in zip(*cells, strict=True))
        at_end = self._ready_index(self.ends + self.rest.longest - DAY)[pattern]
        made: dict[tuple[Any, ...], tuple[Ints, Ints, Floats, Ints | None, Ints]] = {}
        self.moves: list[list[Move]] = []
        for day in range(self.days):
            step, last = self.memory.days[day], self.new_week(day + 1)
            moves = []
            for kind in range(1, len(step.next)):
                rows, mine = step.rows(kind), step.kind == kind
                name = (last, *np.flatnonzero(mine))
                if name not in made:
                    ends = at_end if last else target
                    inside = np.flatnonzero(mine[pattern])
                    inside = inside[np.argsort(ends[inside], kind="stable")]
                    first = np.flatnonzero(np.diff(np.r_[-1, ends[inside]]))
                    made[name] = (
                        source[inside],
                        pattern[inside],
                        extra[inside],
                        None if len(first) == len(inside) else first,
                        ends[inside][first],
                    )
                if len(rows.rows) and len(made[name][0]):
                    moves.append(Move(*made[name], rows.rows, rows.cost, rows.starts, rows.target))
            self.moves.append(moves)
        self.off_rows = [step.rows(FREE_DAY) for step in self.memory.days]
        self.off_class = np.zeros(self.depth, dtype=np.int64) if self.narrow else self._ready_index(self.ready - DAY)
        self._off_starts = np.flatnonzero(np.diff(np.r_[-1, self.off_class]))
        self.takes_over = self._take_over()

    def _take_over(self) -> Ints:
        """For each (band, class) of a new week, the latest time of being rested that it admits."""
        found = np.tile(np.arange(len(self.ready)), (len(self.bands), 1))
        if self.narrow:
            found = np.stack(
                [
                    np.searchsorted(self._class(b, self.ready), np.arange(self.depth), side="right") - 1
                    for b in range(len(self.bands))
                ]
            )
        return found.ravel()

    def _cells(self, band: int, anchor: float, members: Ints) -> tuple[Ints, Ints, Floats, Ints]:
        """(source, pattern, extra cost, destination) of every pattern of a band."""
        start = self.starts[members]
        target = band * self.depth + self._class(band, self.ends[members] + self.rest.longest - DAY)
        source, pattern = [band * self.depth + self._reach(band, start)], [members]
        far = np.zeros(len(members))
        if self.band is not None and not self.band.hard:
            far = self.band.weight * outside_band(start, anchor, self.band.width) / 3600
        extra, targets = [far], [target]
        for k in range(len(members) if self.rest.soft > self.rest.hard else 0):
            short = self.ready - start[k]
            reach = np.flatnonzero((short > 1e-6) & (short <= self.rest.soft - self.rest.hard + 1e-6))
            source.append(self.width + band * self.depth + reach)
            pattern.append(np.full(len(reach), members[k]))
            extra.append(far[k] + self.rest.weight * short[reach] / 3600)
            targets.append(np.full(len(reach), target[k]))
        return np.concatenate(source), np.concatenate(pattern), np.concatenate(extra), np.concatenate(targets)

    # --- what runs for every question -----------------------------------------------------------------------------

    def _first(self, people: int) -> Floats:
        value = np.full((people, self.memory.sizes[0], len(self.bands), self.depth), INF)
        for band in self.allowed_bands if self.memory.start >= 0 else ():
            value[:, self.memory.start, band, int(self._class(band, np.array([self.rested]))[0])] = 0.0
        return value.reshape(people, self.memory.sizes[0], self.width)

    def _forward(self, cost: Floats, off: Floats, *, keep: bool = True) -> list[Floats]:
        """Least cost to every state: before the first day, then after each day."""
        value = self._first(len(cost))
        layers = [value]
        for day in range(self.days):
            value = self.fresh_week(value, day)
            shaped = value.reshape(*value.shape[:2], len(self.bands), self.depth)
            after = np.full(
                (len(cost), self.memory.sizes[day + 1], len(self.ready) if self.new_week(day + 1) else self.width), INF
            )
            self._rest_day(shaped, after, off[:, day], day)
            running = self.running(value)
            for move in self.moves[day]:
                work = running[:, move.rows[:, None], move.source] + (cost[:, day, move.pattern] + move.extra)[:, None]
                if move.columns is not None:
                    work = np.minimum.reduceat(work, move.columns, axis=2)
                work += move.row_cost[:, None]
                if move.row_starts is not None:
                    work = np.minimum.reduceat(work, move.row_starts, axis=1)
                place = (slice(None), move.row_target[:, None], move.target)
                after[place] = np.minimum(after[place], work)
            value = after
            if keep:
                layers.append(value)
        return layers if keep else [value]

    def running(self, value: Floats) -> Floats:
        """Least cost of having been rested by each time of a band; with a soft rest, then that of each time itself."""
        shaped = value.reshape(*value.shape[:2], len(self.bands), self.depth)
        least = np.minimum.accumulate(shaped, axis=3).reshape(value.shape)
        return np.concatenate([least, value], axis=2) if self.rest.soft > self.rest.hard else least

    def _rest_day(self, shaped: Floats, after: Floats, off: Floats, day: int) -> None:
        """Write the states after a day without work."""
        rows = self.off_rows[day]
        if not len(rows.rows):
            return
        idle = np.minimum.reduceat(shaped, self._off_starts, axis=3)[:, rows.rows]
        idle = idle + (rows.cost + off[:, None])[:, :, None, None]
        if rows.starts is not None:
            idle = np.minimum.reduceat(idle, rows.starts, axis=1)
        classes = self.off_class[self._off_starts]
        if self.new_week(day + 1):
            after[:, rows.target[:, None], classes] = idle.min(axis=2)
        else:
            view = after.reshape(*after.shape[:2], len(self.bands), self.depth)
            view[:, rows.target[:, None], :, classes[None, :]] = idle.transpose(1, 3, 0, 2)

    def fresh_week(self, value: Floats, day: int) -> Floats:
        """On the first day of a week the band is chosen anew."""
        if not self.new_week(day):
            return value
        admitted = np.minimum.accumulate(value, axis=2) if self.narrow else value
        return np.ascontiguousarray(admitted[:, :, self.takes_over])
