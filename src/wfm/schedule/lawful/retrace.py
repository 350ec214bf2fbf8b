"""From the least costs of all states back to the days that led to them, for many people at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from wfm.schedule.lawful.moves import Move, Rows

if TYPE_CHECKING:
    from wfm.schedule.lawful.best_days import Tours

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
INF = float("inf")


class _Lists(NamedTuple):
    """For every target, a list of sources padded to one width, with the cost of each step (infinite = padding)."""

    source: Ints  # (targets, width)
    cost: Floats


class _Work(NamedTuple):
    """Work of one class of patterns, told from where it leads."""

    rows: _Lists  # by target row: states before
    entries: _Lists  # by target cell: places in the move's arrays
    move: Move


class Retrace:
    """The steps of some tours turned round; `days` tells each person's days from the layers of a forward pass."""

    def __init__(self, tours: Tours) -> None:
        self.tours = tours
        self._idle: list[tuple[_Lists, _Lists]] = []
        self._work: list[list[_Work]] = []
        ends: dict[bool, Ints] = {}
        for day in range(tours.days):
            rows, last = tours.memory.sizes[day + 1], tours.new_week(day + 1)
            cells = len(tours.ready) if last else tours.width
            if last not in ends:
                ends[last] = self._idle_cells(last)
            self._idle.append(
                (_by_row(tours.off_rows[day], rows), _lists(ends[last], np.arange(len(ends[last])), None))
            )
            self._work.append([_turned(move, rows, cells) for move in tours.moves[day]])

    def days(self, layers: Sequence[Floats], cost: Floats, off: Floats, place: Ints) -> Ints:
        """(people, days): pattern or -1, for the (state, cell) of the last layer that each person ends in.

        layers : by day (people, states, cells), cost : (people, days, patterns), off : (people, days)
        """
        tours = self.tours
        row, cell = place // tours.width, place % tours.width
        person = np.arange(len(place))
        path = np.empty((len(place), tours.days), dtype=np.int64)
        for day in range(tours.days - 1, -1, -1):
            before = tours.fresh_week(layers[day], day)
            row, cell, path[:, day] = self._step(day, before, cost[:, day], off[:, day], row, cell)
            if tours.new_week(day):
                latest = tours.takes_over[cell]
                cell = _least_up_to(layers[day][person, row], latest) if tours.narrow else latest
        return path

    def _step(
        self, day: int, before: Floats, cost: Floats, off: Floats, row: Ints, cell: Ints
    ) -> tuple[Ints, Ints, Ints]:
        """(state, cell, pattern) before a day, for those after it."""
        tours, people = self.tours, np.arange(len(row))
        who = people[:, None, None]
        running = tours.running(before)
        rows, cells = self._idle[day]
        value = before[who, rows.source[row][:, :, None], cells.source[cell][:, None, :]]
        value = value + rows.cost[row][:, :, None] + cells.cost[cell][:, None, :] + off[:, None, None]
        options: list[tuple[Floats, Ints, Ints, Move | None]] = [(value, rows.source, cells.source, None)]
        for work in self._work[day]:
            entry, move = work.entries.source[cell], work.move
            value = running[who, work.rows.source[row][:, :, None], move.source[entry][:, None, :]]
            own = cost[people[:, None], move.pattern[entry]] + move.extra[entry] + work.entries.cost[cell]
            value = value + work.rows.cost[row][:, :, None] + own[:, None, :]
            options.append((value, work.rows.source, work.entries.source, move))
        return self._chosen(options, before, row, cell)

    def _chosen(
        self, options: Sequence[tuple[Floats, Ints, Ints, Move | None]], before: Floats, row: Ints, cell: Ints
    ) -> tuple[Ints, Ints, Ints]:
        flat = [value.reshape(len(row), -1) for value, *_ in options]
        best = np.stack([value.min(axis=1) if value.shape[1] else np.full(len(row), INF) for value in flat])
        which = best.argmin(axis=0)
        state, place, pattern = np.empty_like(row), np.empty_like(cell), np.full_like(row, -1)
        for number, (value, rows, cells, move) in enumerate(options):
            own = np.flatnonzero(which == number)
            if not len(own):
                continue
            first, second = np.divmod(flat[number][own].argmin(axis=1), value.shape[2])
            state[own] = rows[row[own], first]
            entry = cells[cell[own], second]
            if move is None:
                place[own] = entry
            else:
                pattern[own] = move.pattern[entry]
                place[own] = self._cell_of(before[own, state[own]], move.source[entry])
        return state, place, pattern

    def _cell_of(self, values: Floats, source: Ints) -> Ints:
        """The cell whose value a running minimum up to `source` holds; beyond the width it is the cell itself."""
        width, depth = self.tours.width, self.tours.depth
        base = source % width
        first = np.where(source < width, base // depth * depth, base)
        return _least_up_to(values, base, first)

    def _idle_cells(self, last: bool) -> Ints:
        """For every cell after a day without work, the cells before it in rows padded by -1."""
        tours = self.tours
        if last:
            bands = np.arange(len(tours.bands))[:, None] * tours.depth
            own = [(bands + np.flatnonzero(tours.off_class == ready)).ravel() for ready in range(len(tours.ready))]
        else:
            rested = [np.flatnonzero(tours.off_class == ready) for ready in range(tours.depth)]
            own = [band * tours.depth + one for band in range(len(tours.bands)) for one in rested]
        return _padded(own)


def _least_up_to(values: Floats, last: Ints, first: Ints | None = None) -> Ints:
    """Place of the least value of each row between `first` and `last`, both included."""
    at = np.arange(values.shape[1])
    inside = at <= last[:, None]
    if first is not None:
        inside &= at >= first[:, None]
    return np.asarray(np.where(inside, values, INF).argmin(axis=1))


def _padded(lists: Sequence[Ints]) -> Ints:
    width = max((len(one) for one in lists), default=0)
    found = np.full((len(lists), width), -1, dtype=np.int64)
    for number, one in enumerate(lists):
        found[number, : len(one)] = one
    return found


def _lists(padded: Ints, order: Ints, cost: Floats | None) -> _Lists:
    """Lists from padded places of an array whose places have costs."""
    taken = padded[order]
    price = np.zeros(taken.shape) if cost is None else cost[taken]
    return _Lists(np.maximum(taken, 0), np.where(taken < 0, INF, price))


def _spans(starts: Ints | None, target: Ints, number: int, size: int) -> Ints:
    """(number, width): places that lead to each target, padded by -1."""
    first = np.arange(len(target)) if starts is None else starts
    last = np.r_[first[1:], size]
    width = int((last - first).max(initial=0))
    found = np.full((number, width), -1, dtype=np.int64)
    places = first[:, None] + np.arange(width)
    found[target] = np.where(places < last[:, None], places, -1)
    return found


def _by_row(rows: Rows | Move, number: int) -> _Lists:
    """States before, by the state after."""
    if isinstance(rows, Move):
        source, cost, starts, target = rows.rows, rows.row_cost, rows.row_starts, rows.row_target
    else:
        source, cost, starts, target = rows.rows, rows.cost, rows.starts, rows.target
    if not len(source):
        return _Lists(np.zeros((number, 0), dtype=np.int64), np.zeros((number, 0)))
    spans = _spans(starts, target, number, len(source))
    return _Lists(source[np.maximum(spans, 0)], np.where(spans < 0, INF, cost[np.maximum(spans, 0)]))


def _turned(move: Move, rows: int, cells: int) -> _Work:
    spans = _spans(move.columns, move.target, cells, len(move.pattern))
    return _Work(_by_row(move, rows), _lists(spans, np.arange(cells), None), move)
