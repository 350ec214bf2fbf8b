"""Shortest paths through the days, where what must be remembered is a few states: the best days of one person.

Everything that runs for every question is three array operations a day: the cost of each state before, plus the cost
of each class of shifts, minimised over the steps that lead to each state after. The least costs to the end list all
days that are nearly the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wfm.schedule.lawful.memory import OFF, Memory

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
INF = float("inf")
FREE = -1  # the pattern of a day without work
ROOM = 4_000_000  # numbers of one array when many people are asked at once


class Steps(NamedTuple):
    """Steps between the states of consecutive days, one entry each."""

    day: Ints
    before: Ints  # state before the day
    after: Ints
    pattern: Ints  # -1 = off
    cost: Floats  # by the rules alone
    above: Floats  # by how much the best sequence with this step is dearer than the best of all


class Paths:
    """All lawful sequences of days of a memory, as the steps between its states."""

    def __init__(self, memory: Memory, patterns: int) -> None:
        self.memory, self.patterns = memory, patterns
        self.days = len(memory.days)
        self._lay_out_classes()
        self._lay_out_steps()

    @property
    def priced(self) -> bool:
        """Whether rules make some steps cost something."""
        return self._extra is not None

    def solve(self, cost: Floats, off: Floats, final: Floats | None = None) -> tuple[float, list[int]]:
        """Least cost and its pattern of every day (-1 = off); (inf, []) where nothing is lawful.

        cost : (days, patterns), off : (days,), final : (states of the last day,)
        """
        if self.memory.start < 0:
            return INF, []
        price = self._class_costs(cost, off)
        layers = self._forward(self._paid(price))
        last = layers[-1] if final is None else layers[-1] + final
        if not len(last) or np.isinf(last.min()):
            return INF, []
        state = int(last.argmin())
        return float(last[state]), self._walk_back(layers, price, cost, state)

    def least(self, cost: Floats, off: Floats) -> Floats:
        """Least cost of many people at once; cost : (people, days, patterns), off : (people, days)."""
        found = np.full(len(cost), INF)
        room = max(1, ROOM // max(1, self._widest))
        for first in range(0, len(cost) if self.memory.start >= 0 else 0, room):
            chunk = slice(first, first + room)
            price = self._class_costs_many(cost[chunk], off[chunk])
            found[chunk] = self._forward_many(price, keep=False)[-1].min(axis=0)
        return found

    def solve_many(self, cost: Floats, off: Floats) -> tuple[Floats, Ints]:
        """Least cost of many people at once and (people, days) their patterns; shapes as in `least`."""
        found, path = np.full(len(cost), INF), np.full((len(cost), self.days), FREE)
        room = max(1, ROOM // max(1, sum(self.memory.sizes), self._widest))
        for first in range(0, len(cost) if self.memory.start >= 0 else 0, room):
            chunk = slice(first, first + room)
            price = self._class_costs_many(cost[chunk], off[chunk])
            layers = self._forward_many(price, keep=True)
            found[chunk] = layers[-1].min(axis=0)
            path[chunk] = self._walk_back_many(layers, price, cost[chunk])
        return found, path

    def near(self, cost: Floats, off: Floats, within: float, most: int) -> Ints | None:
        """(sequences, days): all at most `within` dearer than the best; None where there are more than `most`."""
        if self.memory.start < 0:
            return np.zeros((0, self.days), dtype=np.int64)
        backward = self._backward(self._paid(self._class_costs(cost, off)))
        worst = backward[0][self.memory.start] + within + 1e-9
        done, state, path = np.zeros(1), np.array([self.memory.start]), np.zeros((1, 0), dtype=np.int64)
        for day in range(self.days if np.isfinite(worst) else 0):
            step, rest = self.memory.days[day], backward[day + 1]
            patterns = np.r_[FREE, np.flatnonzero(np.isfinite(cost[day]))]
            kinds = np.where(patterns < 0, OFF, step.kind[patterns])
            own = np.where(patterns < 0, off[day], cost[day][patterns])
            after = step.next[kinds][:, state]
            total = done + own[:, None] + step.cost[kinds][:, state]
            choice, before = np.nonzero((after >= 0) & (total + rest[after] <= worst))
            if len(choice) > most:
                return None
            done, state = total[choice, before], after[choice, before]
            path = np.concatenate([path[before], patterns[choice, None]], axis=1)
        return path if path.shape[1] == self.days else np.zeros((0, self.days), dtype=np.int64)

    def steps(self, cost: Floats, off: Floats, within: float) -> Steps:
        """Every step of every sequence at most `within` dearer than the best."""
        if self.memory.start < 0:
            return _joined([])
        paid = self._paid(self._class_costs(cost, off))
        forward, backward = self._forward(paid), self._backward(paid)
        best = backward[0][self.memory.start]
        found = []
        for day in range(self.days if np.isfinite(best) else 0):
            step, rest = self.memory.days[day], backward[day + 1]
            state = np.flatnonzero(forward[day] + backward[day] <= best + within + 1e-9)
            patterns = np.r_[FREE, np.flatnonzero(np.isfinite(cost[day]))]
            kinds = np.where(patterns < 0, OFF, step.kind[patterns])
            own = np.where(patterns < 0, off[day], cost[day][patterns])
            after, extra = step.next[kinds][:, state], step.cost[kinds][:, state]
            above = forward[day][state] + own[:, None] + extra + rest[after] - best
            choice, before = np.nonzero((after >= 0) & (above <= within + 1e-9))
            place = (choice, before)
            found.append(
                Steps(
                    np.full(len(choice), day), state[before], after[place], patterns[choice], extra[place], above[place]
                )
            )
        return _joined(found)

    def price(self, path: Sequence[int]) -> float:
        """Cost of a sequence of days by the rules alone; infinite where it breaks one."""
        state, total = self.memory.start, 0.0
        if state < 0:
            return INF
        for step, pattern in zip(self.memory.days, path, strict=True):
            kind = OFF if pattern < 0 else int(step.kind[pattern])
            total += float(step.cost[kind, state])
            state = int(step.next[kind, state])
            if state < 0:
                return INF
        return total

    # --- what is built once ---------------------------------------------------------------------------------------

    def _lay_out_classes(self) -> None:
        """Where the patterns of every class of every day lie in one long row."""
        place, starts, offset = [], [], [0]
        width, at = self.patterns + 1, 0
        self._members = [[np.flatnonzero(s.kind == k) for k in range(len(s.next))] for s in self.memory.days]
        for day, step in enumerate(self.memory.days):
            kind = np.r_[OFF, step.kind]  # the first column is the day without work
            order = np.argsort(kind, kind="stable")
            place.append(day * width + order)
            first = np.flatnonzero(np.diff(np.r_[-1, kind[order]]))
            starts.append(at + first)
            at += width
            offset.append(offset[-1] + len(first))
        self._place = np.concatenate(place) if place else np.zeros(0, dtype=np.int64)
        self._class_starts = np.concatenate(starts) if starts else np.zeros(0, dtype=np.int64)
        self._offset = np.array(offset, dtype=np.int64)

    def _lay_out_steps(self) -> None:
        """All steps, by day and by the state that they lead to."""
        source, kinds, target, extra = [], [], [], []
        self._first, self._starts, self._back = [0], [], []
        for day, step in enumerate(self.memory.days):
            kind, state = np.nonzero(step.next >= 0)
            after = step.next[kind, state]
            order = np.argsort(after, kind="stable")
            kind, state, after = kind[order], state[order], after[order]
            self._starts.append(np.flatnonzero(np.diff(np.r_[-1, after])))
            back = np.argsort(state, kind="stable")
            self._back.append((back, np.flatnonzero(np.diff(np.r_[-1, state[back]]))))
            source.append(state)
            kinds.append(kind + self._offset[day])
            target.append(after)
            extra.append(step.cost[kind, state])
            self._first.append(self._first[-1] + len(after))
        none = np.zeros(0, dtype=np.int64)
        self._source, self._class = np.concatenate([none, *source]), np.concatenate([none, *kinds])
        self._target, costs = np.concatenate([none, *target]), np.concatenate([np.zeros(0), *extra])
        self._extra = costs if costs.any() else None
        self._widest = max(np.diff(self._first), default=0)

    # --- what runs for every question -----------------------------------------------------------------------------

    def _class_costs(self, cost: Floats, off: Floats) -> Floats:
        """Least cost of each class of each day, one after another."""
        both = np.concatenate([off[:, None], cost], axis=1).ravel()
        return np.asarray(np.minimum.reduceat(both[self._place], self._class_starts))

    def _class_costs_many(self, cost: Floats, off: Floats) -> Floats:
        """(classes of all days, people)."""
        both = np.concatenate([off[:, :, None], cost], axis=2).reshape(len(cost), -1)
        return np.ascontiguousarray(np.minimum.reduceat(both[:, self._place], self._class_starts, axis=1).T)

    def _paid(self, price: Floats) -> Floats:
        """Cost of every step."""
        paid: Floats = price[self._class]
        return paid if self._extra is None else paid + self._extra

    def _forward_many(self, price: Floats, *, keep: bool) -> list[Floats]:
        """Least cost to every state for many people: (states, people) before the first day, then after each day."""
        value = np.zeros((1, price.shape[1]))
        layers = [value]
        for day in range(self.days):
            own = slice(self._first[day], self._first[day + 1])
            steps = value[self._source[own]] + price[self._class[own]]
            if self._extra is not None:
                steps += self._extra[own, None]
            value = np.minimum.reduceat(steps, self._starts[day], axis=0)
            if keep:
                layers.append(value)
        return layers if keep else [value]

    def _forward(self, paid: Floats) -> list[Floats]:
        """Least cost to every state: before the first day, then after each day."""
        value = np.full(self.memory.sizes[0], INF)
        value[self.memory.start] = 0.0
        layers = [value]
        for day in range(self.days):
            first, last = self._first[day], self._first[day + 1]
            value = np.minimum.reduceat(value[self._source[first:last]] + paid[first:last], self._starts[day])
            layers.append(value)
        return layers

    def _backward(self, paid: Floats) -> list[Floats]:
        """Least cost from every state to the end."""
        value = np.zeros(self.memory.sizes[-1])
        layers = [value]
        for day in range(self.days - 1, -1, -1):
            first, last = self._first[day], self._first[day + 1]
            order, starts = self._back[day]
            value = np.minimum.reduceat((value[self._target[first:last]] + paid[first:last])[order], starts)
            layers.append(value)
        return layers[::-1]

    def _walk_back(self, layers: list[Floats], price: Floats, cost: Floats, state: int) -> list[int]:
        """The days that lead to a state of the last layer."""
        path: list[int] = []
        for day in range(self.days - 1, -1, -1):
            first, starts = self._first[day], self._starts[day]
            begin = first + int(starts[state])
            end = first + int(starts[state + 1]) if state + 1 < len(starts) else self._first[day + 1]
            own = layers[day][self._source[begin:end]] + price[self._class[begin:end]]
            if self._extra is not None:
                own = own + self._extra[begin:end]
            at = begin + int(own.argmin())
            kind, state = int(self._class[at] - self._offset[day]), int(self._source[at])
            path.append(FREE if kind == OFF else self._cheapest(day, kind, cost[day]))
        return path[::-1]

    def _cheapest(self, day: int, kind: int, cost: Floats) -> int:
        members = self._members[day][kind]
        return int(members[0] if len(members) == 1 else members[cost[members].argmin()])

    def _walk_back_many(self, layers: list[Floats], price: Floats, cost: Floats) -> Ints:
        """(people, days): the days that lead to the best state of the last layer."""
        person = np.arange(price.shape[1])
        state, path = layers[-1].argmin(axis=0), np.full((len(person), self.days), FREE)
        for day in range(self.days - 1, -1, -1):
            first = self._first[day] + np.asarray(self._starts[day])
            last = np.r_[first[1:], self._first[day + 1]]
            step = first[state][:, None] + np.arange(int((last - first).max(initial=1)))
            inside = step < last[state][:, None]
            step = np.where(inside, step, first[state][:, None])
            value = layers[day][self._source[step], person[:, None]] + price[self._class[step], person[:, None]]
            if self._extra is not None:
                value += self._extra[step]
            chosen = step[person, np.where(inside, value, INF).argmin(axis=1)]
            state, kind = self._source[chosen], self._class[chosen] - self._offset[day]
            members = np.where(kind[:, None] == self.memory.days[day].kind, cost[:, day], INF)
            path[:, day] = np.where(kind == OFF, FREE, members.argmin(axis=1))
        return path


def _joined(parts: Sequence[Steps]) -> Steps:
    """Steps one after another."""
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Steps(none, none, none, none, np.zeros(0), np.zeros(0))
    return Steps(*(np.concatenate(one) for one in zip(*parts, strict=True)))
