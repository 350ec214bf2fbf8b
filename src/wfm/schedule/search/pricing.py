"""What a shift is worth at given values of the cells, its breaks placed where they cost least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wfm.schedule.lawful.options import Choices, Patterns
from wfm.schedule.shifts.demand import Demand

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Prices = Sequence[Floats | None]  # by break: cost of being away up to each slot, summed; None = nothing
BARRED = 1e7


class Duty(NamedTuple):
    """One shift of one person: day, pattern, queue and the start slot of every break from the first midnight."""

    day: int
    pattern: int
    queue: int
    breaks: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Pause:
    """One break of one shift type: allowed starts of all its patterns, padded to one width."""

    length: int
    starts: Ints  # (patterns of the type, places) slots after midnight
    closed: npt.NDArray[np.bool_]  # padding
    after: Ints | None  # place of the last compatible start of the break before; None = windows never meet


class Board:
    """Cells, patterns and how they meet: values of shifts, and the cells that a duty fills."""

    def __init__(self, demand: Demand, patterns: Patterns) -> None:
        self.demand, self.patterns = demand, patterns
        step = demand.step
        self.first = np.rint(patterns.starts / step).astype(np.int64)
        self.last = np.rint(patterns.ends / step).astype(np.int64)
        self.midnight = np.arange(demand.days, dtype=np.int64)[:, None] * demand.slots_a_day
        self._groups = [np.flatnonzero(patterns.kind == k) for k in range(len(patterns.types))]
        self._pauses = [_pauses(patterns, own, step) for own in self._groups]

    def values(self, gain: Floats, choices: Choices) -> Floats:
        """(queues, days, patterns): what each shift's cover is worth, breaks placed best; -inf where impossible."""
        if self.demand.types:
            return self._values_by_type(gain)
        along = gain[:, self.demand.cells]
        away = along
        if choices.cuts:
            along, away = self._cut(along, choices)
        whole = _summed(along)
        value = whole[:, self.midnight + self.last] - whole[:, self.midnight + self.first]
        summed = whole if away is along else _summed(away)
        for own, pauses in zip(self._groups, self._pauses, strict=True):
            if pauses:
                value[:, :, own] -= self._best(pauses, summed)[-1].min(axis=3)
        value[value < -BARRED / 2] = -np.inf
        return value

    def place(
        self, gain: Floats, choices: Choices, day: int, pattern: int, queue: int, prices: Prices | None = None
    ) -> Duty:
        """The duty with its breaks at the least valued moments; `prices` are added to the value of each break."""
        kind = int(self.patterns.kind[pattern])
        pauses = self._pauses[kind]
        if not pauses:
            return Duty(day, pattern, queue, ())
        row = int(np.searchsorted(self._groups[kind], pattern))
        if self.demand.types and prices is None:
            return Duty(day, pattern, queue, self._middle(pauses, row, day, choices))
        cells = self.demand.cells
        along = np.zeros((1, len(cells))) if self.demand.types else gain[queue : queue + 1, cells]
        away = self._cut(along, choices)[1] if choices.cuts else along
        summed = _summed(away)
        one = [
            _Pause(
                p.length,
                p.starts[row : row + 1],
                p.closed[row : row + 1],
                None if p.after is None else p.after[row : row + 1],
            )
            for p in pauses
        ]
        layers = [layer[0, 0, 0] for layer in self._best(one, summed, self.midnight[day : day + 1], prices)]
        return Duty(day, pattern, queue, _chosen(one, layers, int(self.midnight[day, 0])))

    def covered(self, duty: Duty, choices: Choices) -> tuple[Ints, Ints]:
        """Cells that a duty fills, and cells within it that breaks and trainings leave empty."""
        if self.demand.types:
            cell = duty.day * len(self.demand.types) + int(self.patterns.kind[duty.pattern])
            return np.array([cell]), np.zeros(0, dtype=np.int64)
        begin = int(self.midnight[duty.day, 0])
        first, last = begin + int(self.first[duty.pattern]), begin + int(self.last[duty.pattern])
        pauses = self._pauses[int(self.patterns.kind[duty.pattern])]
        holes = [np.arange(start, start + p.length) for start, p in zip(duty.breaks, pauses, strict=True)]
        holes += [np.arange(max(first, a), min(last, b)) for a, b in self._slots(choices) if a < last and b > first]
        cells = self.demand.cells
        return cells[first:last], cells[np.concatenate(holes)] if holes else np.zeros(0, dtype=np.int64)

    def fits(self, duty: Duty, choices: Choices) -> bool:
        """Whether the breaks of a duty are all there, and none meets a training."""
        lengths = self.lengths(duty.pattern)
        away = self._slots(choices)
        return len(duty.breaks) == len(lengths) and not any(
            start < last and start + length > first
            for start, length in zip(duty.breaks, lengths, strict=True)
            for first, last in away
        )

    def lengths(self, pattern: int) -> list[int]:
        """Length of each break of a pattern [slots]."""
        return [pause.length for pause in self._pauses[int(self.patterns.kind[pattern])]]

    def _values_by_type(self, gain: Floats) -> Floats:
        shaped = gain.reshape(len(gain), self.demand.days, len(self.demand.types))
        return np.ascontiguousarray(shaped[:, :, self.patterns.kind])

    def _slots(self, choices: Choices) -> list[tuple[int, int]]:
        """Trainings as slots, rounded outwards."""
        step = self.demand.step
        return [(int(a // step), int(-(-b // step))) for a, b, _, _ in choices.cuts]

    def _cut(self, along: Floats, choices: Choices) -> tuple[Floats, Floats]:
        """Values without those of trainings, and with trainings barred to breaks."""
        along, away = along.copy(), along.copy()
        for first, last in self._slots(choices):
            first, last = max(0, first), max(0, last)
            along[:, first:last] = 0.0
            away[:, first:last] = BARRED
        return along, away

    def _best(
        self, pauses: list[_Pause], summed: Floats, midnight: Ints | None = None, prices: Prices | None = None
    ) -> list[Floats]:
        """Least value lost up to each break, by (queue, day, pattern, place of the break)."""
        midnight = self.midnight if midnight is None else midnight
        layers: list[Floats] = []
        for number, pause in enumerate(pauses):
            at = midnight[:, :, None] + pause.starts
            lost = summed[:, at + pause.length] - summed[:, at]
            price = None if prices is None else prices[number]
            if price is not None:
                lost += price[at + pause.length] - price[at]
            lost[:, :, pause.closed] = BARRED
            if layers:
                before = layers[-1]
                if pause.after is None:
                    lost += before.min(axis=3, keepdims=True)
                else:
                    running = np.concatenate(
                        [np.full((*before.shape[:3], 1), BARRED), np.minimum.accumulate(before, axis=3)], axis=3
                    )
                    lost += np.take_along_axis(running, np.broadcast_to(pause.after + 1, lost.shape), axis=3)
            layers.append(lost)
        return layers

    def _middle(self, pauses: list[_Pause], row: int, day: int, choices: Choices) -> tuple[int, ...]:
        """Breaks in the middle of their windows, later where the one before or a training is in the way."""
        begin, reached = int(self.midnight[day, 0]), -1
        taken = [(a - begin, b - begin) for a, b in self._slots(choices)]
        found = []
        for pause in pauses:
            starts = pause.starts[row][~pause.closed[row]]
            middle = starts[len(starts) // 2]
            free = [
                int(s) for s in starts if s >= reached and not any(s < b and s + pause.length > a for a, b in taken)
            ]
            start = min(free, key=lambda s: abs(s - middle)) if free else int(middle)
            reached = start + pause.length
            found.append(start + begin)
        return tuple(found)


def _summed(values: Floats) -> Floats:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


def _pauses(patterns: Patterns, own: Ints, step: int) -> list[_Pause]:
    if not len(own):
        return []
    found: list[_Pause] = []
    kind = patterns.types[patterns.kind[own[0]]]
    before: Ints | None = None
    reached = np.zeros(0)
    for number, pause in enumerate(kind.breaks):
        places = [np.rint(np.array(patterns.breaks[p][number]) / step).astype(np.int64) for p in own]
        width = max(len(place) for place in places)
        starts = np.array([np.r_[place, np.full(width - len(place), place[-1])] for place in places])
        closed = np.array([np.arange(width) >= len(place) for place in places])
        after = None
        if before is not None and (starts.min(axis=1) < reached).any():
            ends = before + found[-1].length
            after = np.array([np.searchsorted(e, s, side="right") - 1 for e, s in zip(ends, starts, strict=True)])
        found.append(_Pause(round(pause.length / step), starts, closed, after))
        before, reached = starts, starts.max(axis=1) + round(pause.length / step)
    return found


def _chosen(pauses: list[_Pause], layers: list[Floats], midnight: int) -> tuple[int, ...]:
    """The places of the breaks, from the last to the first."""
    found: list[int] = []
    most: int | None = None
    for pause, layer in zip(reversed(pauses), reversed(layers), strict=True):
        place = int(layer[:most].argmin()) if most is not None else int(layer.argmin())
        found.append(int(pause.starts[0, place]) + midnight)
        most = None if pause.after is None else int(pause.after[0, place]) + 1
    return tuple(found[::-1])
