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
from wfm.schedule.bands import Band, Rest, bands_of, outside_band
from wfm.schedule.moves import Move, Rows, entries, sources
from wfm.schedule.trackers import Together, Tracker

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
INF = float("inf")
OFF = -1


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
        self.together = Together(tuple(trackers))
        self._walk(trackers)
        self._index()

    @property
    def width(self) -> int:
        """Length of the flattened (band, rested) axis."""
        return len(self.bands) * self.depth

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
        room = max(1, int(4e6 // max(1, self.width * max(len(s) for s in self.states))))
        for first in range(0, len(cost), room):
            last = self._forward(cost[first : first + room], off[first : first + room], keep=False)[-1]
            if last.shape[1]:
                found[first : first + room] = last.min(axis=(1, 2))
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
        outside = min(
            float(outside_band(times, first, self.band.width).sum())
            for first in np.r_[times, (times - self.band.width) % DAY]
            if not outside_band(np.array(self.before if fixed else ()), first, self.band.width).any()
        )
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
        self._work: list[dict[tuple[int, ...], Rows]] = []
        self._off: list[Rows] = []
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

    def _steps(self, day: int, key: tuple[int, ...] | None, number: dict[tuple[Any, ...], int]) -> Rows:
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
        return Rows(
            np.array(rows, dtype=np.int64)[order],
            np.array(costs, dtype=float)[order],
            None if len(first) == len(target) else first,
            target[first],
        )

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

    def _new_week(self, day: int) -> bool:
        """Whether the band is chosen anew on a day."""
        return 0 < day < self.days and self.week_first[day] and len(self.bands) > 1

    def _index(self) -> None:
        """Index arrays of every day's moves; days alike share them."""
        cells = [self._cells(b, anchor, members) for b, (anchor, members) in enumerate(self.bands)]
        source, pattern, extra, target = (np.concatenate(part) for part in zip(*cells, strict=True))
        at_end = self._ready_index(self.ends + self.rest.longest - DAY)[pattern]
        made: dict[tuple[Any, ...], tuple[Ints, Ints, Floats, Ints | None, Ints]] = {}
        self._moves: list[list[Move]] = []
        for day in range(self.days):
            features, last = self._day_features[day], self._new_week(day + 1)
            moves = []
            for key, rows in self._work[day].items():
                mine = (features == np.array(key, dtype=np.int64)).all(axis=1)
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
            self._moves.append(moves)
        self._off_class = np.zeros(self.depth, dtype=np.int64) if self.narrow else self._ready_index(self.ready - DAY)
        self._off_starts = np.flatnonzero(np.diff(np.r_[-1, self._off_class]))
        self._takes_over = self._take_over()

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
        value = np.full((people, 1, len(self.bands), self.depth), INF)
        for band in self.allowed_bands:
            value[:, 0, band, int(self._class(band, np.array([self.rested]))[0])] = 0.0
        return value.reshape(people, 1, self.width)

    def _forward(self, cost: Floats, off: Floats, *, keep: bool = True) -> list[Floats]:
        """Least cost to every state: before the first day, then after each day."""
        value = self._first(len(cost))
        layers = [value]
        for day in range(self.days):
            value = self._fresh_week(value, day)
            shaped = value.reshape(*value.shape[:2], len(self.bands), self.depth)
            after = np.full(
                (len(cost), len(self.states[day + 1]), len(self.ready) if self._new_week(day + 1) else self.width), INF
            )
            self._rest_day(shaped, after, off[:, day], day)
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

    def _rest_day(self, shaped: Floats, after: Floats, off: Floats, day: int) -> None:
        """Write the states after a day without work."""
        rows = self._off[day]
        if not len(rows.rows):
            return
        idle = np.minimum.reduceat(shaped, self._off_starts, axis=3)[:, rows.rows]
        idle = idle + (rows.cost + off[:, None])[:, :, None, None]
        if rows.starts is not None:
            idle = np.minimum.reduceat(idle, rows.starts, axis=1)
        classes = self._off_class[self._off_starts]
        if self._new_week(day + 1):
            after[:, rows.target[:, None], classes] = idle.min(axis=2)
        else:
            view = after.reshape(*after.shape[:2], len(self.bands), self.depth)
            view[:, rows.target[:, None], :, classes[None, :]] = idle.transpose(1, 3, 0, 2)

    def _fresh_week(self, value: Floats, day: int) -> Floats:
        """On the first day of a week the band is chosen anew."""
        if not self._new_week(day):
            return value
        admitted = np.minimum.accumulate(value, axis=2) if self.narrow else value
        return np.ascontiguousarray(admitted[:, :, self._takes_over])

    def _walk_back(self, layers: list[Floats], cost: Floats, off: Floats, place: int) -> list[int]:
        """The days that lead to a state of the last layer."""
        row, cell = divmod(place, self.width)
        path: list[int] = []
        for day in range(self.days - 1, -1, -1):
            before = self._fresh_week(layers[day][None], day)[0]
            row, cell, pattern = self._step_back(before, cost[day], off[day], day, row, cell)
            path.append(pattern)
            if self._new_week(day):
                latest = int(self._takes_over[cell])
                cell = int(layers[day][row, : latest + 1].argmin()) if self.narrow else latest
        return path[::-1]

    def _step_back(
        self, before: Floats, cost: Floats, off: float, day: int, row: int, cell: int
    ) -> tuple[int, int, int]:
        """The state before a day and what was done, for the state after it."""
        best, found = INF, (0, 0, OFF)
        idle = self._off[day]
        rows = sources(idle.rows, idle.cost, idle.starts, idle.target, row)
        cells = self._idle_cells(day, cell)
        if rows is not None and len(cells):
            values = before[np.ix_(rows[0], cells)] + rows[1][:, None] + off
            at = np.unravel_index(int(values.argmin()), values.shape)
            if values[at] < best:
                best, found = float(values[at]), (int(rows[0][at[0]]), int(cells[at[1]]), OFF)
        for move in self._moves[day]:
            rows = sources(move.rows, move.row_cost, move.row_starts, move.row_target, row)
            span = entries(move, cell)
            if rows is None or span is None:
                continue
            for k in range(*span):
                source = int(move.source[k])
                base = source % self.width
                first = base // self.depth * self.depth if source < self.width else base
                cells = np.arange(first, base + 1)
                values = before[np.ix_(rows[0], cells)] + rows[1][:, None] + (cost[move.pattern[k]] + move.extra[k])
                at = np.unravel_index(int(values.argmin()), values.shape)
                if values[at] < best:
                    best, found = float(values[at]), (int(rows[0][at[0]]), int(cells[at[1]]), int(move.pattern[k]))
        return found

    def _idle_cells(self, day: int, cell: int) -> Ints:
        """The cells that a day without work leads to a cell."""
        if self._new_week(day + 1):
            own = np.flatnonzero(self._off_class == cell)
            return np.asarray((np.arange(len(self.bands))[:, None] * self.depth + own).ravel(), dtype=np.int64)
        band, rested = divmod(cell, self.depth)
        return np.asarray(band * self.depth + np.flatnonzero(self._off_class == rested), dtype=np.int64)
