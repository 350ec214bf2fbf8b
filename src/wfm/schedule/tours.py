"""The best days for one person at given values: an exact dynamic programme over states of rest, band and rules.

State before a day: (g, b, r) = what the trackers remember, the week's band of starts, and when the person is rested.
Work of pattern p leads to `min over r <= start of V[g, b, r] + cost[p]`; the minimum over r is a running one, so a day
costs a handful of array operations. (A shortest path with resources; exact for every rule that has a tracker.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.durations import DAY
from wfm.schedule.trackers import Together, Tracker

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
INF = float("inf")
OFF = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Hard rest, and a longer one whose missing hours cost `weight` each [s]."""

    hard: float = 0.0
    soft: float = 0.0
    weight: float = 0.0

    @property
    def longest(self) -> float:
        """The rest after which nothing more is asked."""
        return max(self.hard, self.soft)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Starts of a week lie within `width` seconds of each other; soft = each hour outside costs `weight`."""

    width: float
    hard: bool = True
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class _Move:
    """Work of one class of patterns on one day, as index arrays."""

    source: Ints        # into the last axis of [running minimum, V]
    pattern: Ints
    extra: Floats
    columns: Ints | None    # where equal destinations begin; None = all differ
    target: Ints        # destination on the flattened (band, rested) axis
    rows: Ints
    row_cost: Floats
    row_starts: Ints | None
    row_target: Ints


@dataclass(frozen=True, slots=True)
class _Rows:
    """Which states lead where: rows in order of their target."""

    rows: Ints
    cost: Floats
    starts: Ints | None
    target: Ints


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

    def __init__(self, *, starts: Floats, ends: Floats, days: int, trackers: Sequence[Tracker], rest: Rest,
                 rested: float = 0.0, band: Band | None = None, week_first: Sequence[bool] = (),
                 before: Sequence[float] = ()) -> None:
        self.days, self.starts, self.ends, self.rest = days, starts, ends, rest
        self.week_first = tuple(week_first) or (False,) * days
        self.band, self.before, self.rested = band, tuple(before), rested
        self.ready = self._ready_times(rested)
        self.bands = bands_of(starts, band, self.before)
        self.allowed_bands = [b for b, (anchor, _) in enumerate(self.bands) if band is None or all(
            (clock - anchor) % DAY <= band.width + 1e-6 for clock in self.before)]
        self.together = Together(tuple(trackers))
        self._walk(trackers)
        self._index()

    @property
    def width(self) -> int:
        """Length of the flattened (band, rested) axis."""
        return len(self.bands) * len(self.ready)

    def solve(self, cost: Floats, off: Floats, final: Floats | None = None) -> tuple[float, list[int]]:
        """Least cost and its pattern of every day (-1 = off); (inf, []) where nothing is lawful.

        cost : (days, patterns), off : (days,), final : (states of the last day,)
        """
        layers = self._forward(cost[None], off[None])
        last = layers[-1][0] if final is None else layers[-1][0] + final[:, None]
        if not last.size or np.isinf(last.min()):
            return INF, []
        return float(last.min()), self._walk_back([layer[0] for layer in layers], cost, off, int(last.argmin()))

    def least(self, cost: Floats, off: Floats) -> Floats:
        """Least cost of many people at once; cost : (people, days, patterns), off : (people, days)."""
        found = np.full(len(cost), INF)
        room = max(1, int(2e7 // max(1, self.width * max(len(s) for s in self.states))))
        for first in range(0, len(cost), room):
            last = self._forward(cost[first:first + room], off[first:first + room], keep=False)[-1]
            if last.shape[1]:
                found[first:first + room] = last.min(axis=(1, 2))
        return found

    def price(self, path: Sequence[int]) -> float:
        """Cost of a sequence of days by the rules alone; infinite where it breaks one."""
        state, total, rested, clocks = self.together.start(), 0.0, self.rested, list(self.before)
        fixed = bool(clocks)
        for day, pattern in enumerate(path):
            if day and self.week_first[day]:
                total += self._band_cost(clocks, fixed=fixed)
                clocks, fixed = [], False
            step = self.together.step(state, day, None if pattern < 0 else self._features(day, pattern))
            if step is None:
                return INF
            state, total = step[0], total + step[1]
            if pattern >= 0:
                short = rested - self.starts[pattern]
                if short > self.rest.longest - self.rest.hard + 1e-6:
                    return INF
                total += self.rest.weight * max(0.0, short) / 3600
                rested = self.ends[pattern] + self.rest.longest
                clocks.append(float(self.starts[pattern]))
            rested -= DAY
        return total + self._band_cost(clocks, fixed=fixed)

    def final_state(self, path: Sequence[int]) -> tuple[Any, ...]:
        """What the trackers remember at the end of a lawful sequence."""
        state = self.together.start()
        for day, pattern in enumerate(path):
            step = self.together.step(state, day, None if pattern < 0 else self._features(day, pattern))
            assert step is not None
            state = step[0]
        return state

    def _band_cost(self, clocks: Sequence[float], *, fixed: bool) -> float:
        """Cost of a week's starts under the band; `fixed` where the week holds starts from before the horizon."""
        if self.band is None or not clocks:
            return 0.0
        if self.band.hard:
            width = self.band.width + 1e-6
            return 0.0 if any(all((t - first) % DAY <= width for t in clocks) for first in clocks) else INF
        times = np.array(clocks)
        outside = min(float(outside_band(times, first, self.band.width).sum())
                      for first in np.r_[times, (times - self.band.width) % DAY]
                      if not outside_band(np.array(self.before if fixed else ()), first, self.band.width).any())
        return self.band.weight * outside / 3600

    # --- what is built once ---------------------------------------------------------------------------------------

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

    def _walk(self, trackers: Sequence[Tracker]) -> None:
        """All reachable states of every day and the steps between them."""
        self._day_features = [self._stacked(trackers, day) for day in range(self.days)]
        self.states: list[list[tuple[Any, ...]]] = [[self.together.start()]]
        self._work: list[dict[tuple[int, ...], _Rows]] = []
        self._off: list[_Rows] = []
        for day in range(self.days):
            classes = sorted({tuple(int(v) for v in row) for row in self._day_features[day]})
            number: dict[tuple[Any, ...], int] = {}
            steps = {key: self._steps(day, key, number) for key in [None, *classes]}
            self._off.append(steps.pop(None))
            self._work.append({key: rows for key, rows in steps.items() if key is not None})
            self.states.append(list(number))

    def _stacked(self, trackers: Sequence[Tracker], day: int) -> Ints:
        if not trackers:
            return np.zeros((len(self.starts), 0), dtype=np.int64)
        return np.stack([tracker.features(day) for tracker in trackers], axis=1)

    def _features(self, day: int, pattern: int) -> tuple[int, ...]:
        return tuple(int(v) for v in self._day_features[day][pattern])

    def _steps(self, day: int, key: tuple[int, ...] | None, number: dict[tuple[Any, ...], int]) -> _Rows:
        rows, targets, costs = [], [], []
        for row, state in enumerate(self.states[day]):
            step = self.together.step(state, day, key)
            if step is not None:
                rows.append(row)
                targets.append(number.setdefault(step[0], len(number)))
                costs.append(step[1])
        order = np.argsort(np.array(targets, dtype=np.int64), kind="stable")
        target = np.array(targets, dtype=np.int64)[order]
        first = np.flatnonzero(np.diff(np.r_[-1, target])) if len(target) else np.zeros(0, dtype=np.int64)
        return _Rows(np.array(rows, dtype=np.int64)[order], np.array(costs, dtype=float)[order],
                     None if len(first) == len(target) else first, target[first])

    def _index(self) -> None:
        """Index arrays of every day's moves; days alike share them."""
        ready = len(self.ready)
        cells = [self._cells(b, anchor, members) for b, (anchor, members) in enumerate(self.bands)]
        source, pattern, extra, target = (np.concatenate(part) for part in zip(*cells, strict=True))
        order = np.argsort(target, kind="stable")
        source, pattern, extra, target = source[order], pattern[order], extra[order], target[order]
        made: dict[tuple[Any, ...], tuple[Ints, Ints, Floats, Ints | None, Ints]] = {}
        self._moves: list[list[_Move]] = []
        for day in range(self.days):
            features = self._day_features[day]
            moves = []
            for key, rows in self._work[day].items():
                mine = (features == np.array(key, dtype=np.int64)).all(axis=1)
                name = tuple(np.flatnonzero(mine))
                if name not in made:
                    inside = mine[pattern]
                    ends = target[inside]
                    first = np.flatnonzero(np.diff(np.r_[-1, ends]))
                    made[name] = (source[inside], pattern[inside], extra[inside],
                                  None if len(first) == len(ends) else first, ends[first])
                if len(rows.rows) and len(made[name][0]):
                    moves.append(_Move(*made[name], rows.rows, rows.cost, rows.starts, rows.target))
            self._moves.append(moves)
        self._off_ready = self._ready_index(self.ready - DAY)
        self._off_starts = np.flatnonzero(np.diff(np.r_[-1, self._off_ready]))
        assert ready == len(self._off_ready)

    def _cells(self, band: int, anchor: float, members: Ints) -> tuple[Ints, Ints, Floats, Ints]:
        """(source, pattern, extra cost, destination) of every pattern of a band."""
        ready = len(self.ready)
        start = self.starts[members]
        place = np.searchsorted(self.ready, start + 1e-6, side="right") - 1
        target = band * ready + self._ready_index(self.ends[members] + self.rest.longest - DAY)
        source, pattern = [band * ready + place], [members]
        far = np.zeros(len(members))
        if self.band is not None and not self.band.hard:
            far = self.band.weight * outside_band(start, anchor, self.band.width) / 3600
        extra, targets = [far], [target]
        for k in range(len(members) if self.rest.soft > self.rest.hard else 0):
            short = self.ready - start[k]
            reach = np.flatnonzero((short > 1e-6) & (short <= self.rest.soft - self.rest.hard + 1e-6))
            source.append(self.width + band * ready + reach)
            pattern.append(np.full(len(reach), members[k]))
            extra.append(far[k] + self.rest.weight * short[reach] / 3600)
            targets.append(np.full(len(reach), target[k]))
        return np.concatenate(source), np.concatenate(pattern), np.concatenate(extra), np.concatenate(targets)

    # --- what runs for every question -----------------------------------------------------------------------------

    def _first(self, people: int) -> Floats:
        value = np.full((people, 1, len(self.bands), len(self.ready)), INF)
        value[:, 0, self.allowed_bands, int(self._ready_index(np.array([self.rested]))[0])] = 0.0
        return value.reshape(people, 1, self.width)

    def _forward(self, cost: Floats, off: Floats, *, keep: bool = True) -> list[Floats]:
        """Least cost to every state: before the first day, then after each day."""
        people, bands, ready = len(cost), len(self.bands), len(self.ready)
        value = self._first(people)
        layers = [value]
        for day in range(self.days):
            value = self._fresh_week(value, day)
            shaped = value.reshape(people, -1, bands, ready)
            after = np.full((people, len(self.states[day + 1]), self.width), INF)
            rows = self._off[day]
            if len(rows.rows):
                idle = np.minimum.reduceat(shaped, self._off_starts, axis=3)[:, rows.rows]
                idle = idle + (rows.cost + off[:, day, None])[:, :, None, None]
                if rows.starts is not None:
                    idle = np.minimum.reduceat(idle, rows.starts, axis=1)
                view = after.reshape(people, -1, bands, ready)
                view[:, rows.target[:, None], :, self._off_ready[self._off_starts][None, :]] = idle.transpose(1, 3, 0,
                                                                                                              2)
            running = np.minimum.accumulate(shaped, axis=3).reshape(value.shape)
            if self.rest.soft > self.rest.hard:
                running = np.concatenate([running, value], axis=2)
            for move in self._moves[day]:
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

    def _fresh_week(self, value: Floats, day: int) -> Floats:
        """On the first day of a week the band is chosen anew."""
        if not (day and self.week_first[day] and len(self.bands) > 1):
            return value
        shaped = value.reshape(*value.shape[:2], len(self.bands), len(self.ready))
        best = shaped.min(axis=2, keepdims=True)
        return np.ascontiguousarray(np.broadcast_to(best, shaped.shape)).reshape(value.shape)

    def _walk_back(self, layers: list[Floats], cost: Floats, off: Floats, place: int) -> list[int]:
        """The days that lead to a state of the last layer."""
        ready = len(self.ready)
        row, cell = divmod(place, self.width)
        path: list[int] = []
        for day in range(self.days - 1, -1, -1):
            before = self._fresh_week(layers[day][None], day)[0]
            row, cell, pattern = self._step_back(before, cost[day], off[day], day, row, cell)
            path.append(pattern)
            if before is not layers[day] and day and self.week_first[day] and len(self.bands) > 1:
                choices = layers[day][row].reshape(len(self.bands), ready)[:, cell % ready]
                cell = int(choices.argmin()) * ready + cell % ready
        return path[::-1]

    def _step_back(self, before: Floats, cost: Floats, off: float, day: int, row: int,
                   cell: int) -> tuple[int, int, int]:
        """The state before a day and what was done, for the state after it."""
        ready = len(self.ready)
        band, rested = divmod(cell, ready)
        best, found = INF, (0, 0, OFF)
        rows = self._sources(self._off[day].rows, self._off[day].cost, self._off[day].starts, self._off[day].target,
                             row)
        if rows is not None:
            cells = band * ready + np.flatnonzero(self._off_ready == rested)
            if len(cells):
                values = before[np.ix_(rows[0], cells)] + rows[1][:, None] + off
                at = np.unravel_index(int(values.argmin()), values.shape)
                if values[at] < best:
                    best, found = float(values[at]), (int(rows[0][at[0]]), int(cells[at[1]]), OFF)
        for move in self._moves[day]:
            rows = self._sources(move.rows, move.row_cost, move.row_starts, move.row_target, row)
            span = self._entries(move, cell)
            if rows is None or span is None:
                continue
            for k in range(*span):
                source = int(move.source[k])
                base = source % self.width
                cells = np.arange(base // ready * ready, base + 1) if source < self.width else np.array([base])
                values = before[np.ix_(rows[0], cells)] + rows[1][:, None] + (cost[move.pattern[k]] + move.extra[k])
                at = np.unravel_index(int(values.argmin()), values.shape)
                if values[at] < best:
                    best, found = float(values[at]), (int(rows[0][at[0]]), int(cells[at[1]]), int(move.pattern[k]))
        return found

    @staticmethod
    def _sources(rows: Ints, cost: Floats, starts: Ints | None, target: Ints, row: int) -> tuple[Ints, Floats] | None:
        """The states that lead to state `row`, with the costs of their steps."""
        at = int(np.searchsorted(target, row))
        if at >= len(target) or target[at] != row:
            return None
        if starts is None:
            return rows[at:at + 1], cost[at:at + 1]
        last = starts[at + 1] if at + 1 < len(starts) else len(rows)
        return rows[starts[at]:last], cost[starts[at]:last]

    @staticmethod
    def _entries(move: _Move, cell: int) -> tuple[int, int] | None:
        at = int(np.searchsorted(move.target, cell))
        if at >= len(move.target) or move.target[at] != cell:
            return None
        if move.columns is None:
            return at, at + 1
        last = move.columns[at + 1] if at + 1 < len(move.columns) else len(move.pattern)
        return int(move.columns[at]), int(last)


def bands_of(starts: Floats, band: Band | None, before: Sequence[float] = ()) -> list[tuple[float, Ints]]:
    """(first moment, patterns) of every band that a week may choose; bands inside another one are left out.

    >>> [(a, list(map(int, m))) for a, m in bands_of(np.array([0.0, 3600.0, 7200.0]), Band(width=3600.0))]
    [(0.0, [0, 1]), (3600.0, [1, 2])]
    """
    everything = np.arange(len(starts))
    if band is None or band.width >= DAY:
        return [(0.0, everything)]
    anchors = np.unique(np.concatenate([starts, np.asarray(before, dtype=float)]))
    if not band.hard:
        # A best soft band begins or ends with a start.
        return [(float(first), everything) for first in np.unique(np.r_[anchors, (anchors - band.width) % DAY])]
    found = [(float(first), np.flatnonzero((starts - first) % DAY <= band.width + 1e-6)) for first in anchors]
    if len(before):
        return found
    sets = [set(members.tolist()) for _, members in found]
    return [one for k, one in enumerate(found) if not any(sets[k] < other for other in sets)
            and sets[k] not in sets[:k]]


def outside_band(clocks: Floats, first: float, width: float) -> Floats:
    """Seconds by which each time of day lies outside [first, first + width] on the circle of the day."""
    after = (clocks - first) % DAY
    return np.where(after <= width + 1e-6, 0.0, np.minimum(after - width, DAY - after))
