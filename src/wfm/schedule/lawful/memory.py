"""What must be remembered from day to day, as tables: the states of several trackers together, as few as will do.

Each tracker is walked on its own first. States with the same future are one state, states without a future are none,
and shift patterns that no rule tells apart are one class. The product of the trackers is then formed in NumPy and
reduced in the same way. (Minimisation of automata without cycles: Revuz 1992, Theoretical Computer Science 92.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.schedule.lawful.moves import Rows
from wfm.schedule.lawful.trackers import Tracker

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
OFF = 0  # number of the class of days without work; classes of work follow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Day:
    """Steps of one day.

    Attributes
    ----------
    kind : (patterns,)          Class of each pattern, from 1; class 0 is a day without work.
    next : (classes, states)    State after the day; -1 = forbidden.
    cost : (classes, states)    Cost of the step.
    """

    kind: Ints
    next: Ints
    cost: Floats

    def rows(self, kind: int) -> Rows:
        """The steps of one class, in order of the state that they lead to."""
        rows = np.flatnonzero(self.next[kind] >= 0)
        order = rows[np.argsort(self.next[kind, rows], kind="stable")]
        target = self.next[kind, order]
        first = np.flatnonzero(np.diff(np.r_[-1, target]))
        starts = None if len(first) == len(target) else first
        return Rows(order, self.cost[kind, order], starts, target[first])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Memory:
    """The joint states of several trackers.

    Attributes
    ----------
    days : list of Day
    sizes : list of int         Number of states before each day and after the last.
    start : int                 State before the first day; -1 = nothing is lawful.
    final : list of tuples      By state after the last day: what each tracker remembers then; trackers whose end
                                matters to nobody show any one of their states.
    """

    days: list[Day]
    sizes: list[int]
    start: int
    final: list[tuple[Any, ...]]


def memory_of(trackers: Sequence[Tracker], days: int, patterns: int) -> Memory:
    """The joint states of trackers over some days."""
    parts = [_alone(tracker, days, patterns) for tracker in trackers]  # type: ignore[arg-type]  # all are hashable
    codes = np.array([[part.start for part in parts]], dtype=np.int64)
    if (codes < 0).any():
        return _nothing(days, patterns)
    steps: list[Day] = []
    for day in range(days):
        own = [part.days[day] for part in parts]
        step, codes = _joined(own, codes, [part.sizes[day + 1] for part in parts], patterns)
        steps.append(step)
    labels = [tuple(part.final[code][0] for part, code in zip(parts, row, strict=True)) for row in codes.tolist()]
    told = [tuple(part.final[c][0] for part, c in zip(parts, row, strict=True) if part.told) for row in codes.tolist()]
    numbers = {label: k for k, label in enumerate(dict.fromkeys(told))}
    return _reduced(steps, np.array([numbers[label] for label in told], dtype=np.int64), 0, labels)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part(Memory):
    """One tracker alone; `told` where its last state matters."""

    told: bool


@lru_cache(maxsize=256)  # most rules are the same for many people
def _alone(tracker: Tracker, days: int, patterns: int) -> _Part:
    """One tracker walked through the days."""
    states: list[Any] = [tracker.start()]
    steps: list[Day] = []
    for day in range(days):
        features = np.asarray(tracker.features(day), dtype=np.int64)
        distinct, kind = np.unique(features, return_inverse=True)
        number: dict[Any, int] = {}
        after = np.full((len(distinct) + 1, len(states)), -1, dtype=np.int64)
        cost = np.zeros(after.shape)
        for k, feature in enumerate([None, *distinct.tolist()]):
            for row, state in enumerate(states):
                step = tracker.step(state, day, feature)
                if step is not None:
                    after[k, row] = number.setdefault(step[0], len(number))
                    cost[k, row] = step[1]
        steps.append(Day(kind=kind.reshape(patterns) + 1, next=after, cost=cost))
        states = list(number)
    told = bool(getattr(tracker, "told", False))
    labels = np.arange(len(states)) if told else np.zeros(len(states), dtype=np.int64)
    found = _reduced(steps, labels, 0, [(state,) for state in states])
    return _Part(days=found.days, sizes=found.sizes, start=found.start, final=found.final, told=told)


def _joined(own: Sequence[Day], codes: Ints, sizes: Sequence[int], patterns: int) -> tuple[Day, Ints]:
    """One day of several trackers at once, and the codes of the states after it."""
    kinds = np.stack([day.kind for day in own], axis=1) if own else np.zeros((patterns, 0), dtype=np.int64)
    distinct, kind = np.unique(kinds, axis=0, return_inverse=True) if patterns else (kinds, np.zeros(0, np.int64))
    classes = np.concatenate([np.zeros((1, len(own)), dtype=np.int64), distinct])
    shape = (len(classes), len(codes))
    whole, allowed, cost = np.zeros(shape, dtype=np.int64), np.ones(shape, dtype=bool), np.zeros(shape)
    for place, (day, size) in enumerate(zip(own, sizes, strict=True)):
        after = day.next[classes[:, place][:, None], codes[:, place]]
        cost += day.cost[classes[:, place][:, None], codes[:, place]]
        allowed &= after >= 0
        whole = whole * size + after
    reached, number = np.unique(whole[allowed], return_inverse=True)
    after = np.full(shape, -1, dtype=np.int64)
    after[allowed] = number.ravel()
    return Day(kind=kind.reshape(patterns) + 1, next=after, cost=np.where(allowed, cost, 0.0)), _decoded(reached, sizes)


def _decoded(whole: Ints, sizes: Sequence[int]) -> Ints:
    columns = []
    for size in reversed(sizes):
        whole, part = np.divmod(whole, max(size, 1))
        columns.append(part)
    return np.stack(columns[::-1], axis=1) if columns else np.zeros((len(whole), 0), dtype=np.int64)


def _reduced(steps: Sequence[Day], last: Ints, start: int, labels: Sequence[tuple[Any, ...]]) -> Memory:
    """The same memory with as few states and classes as will do; `last` groups the states after the last day."""
    group, days = np.asarray(last, dtype=np.int64), []
    _, members = np.unique(group, return_index=True)
    final, sizes = [labels[k] for k in members], [len(members)]
    for step in reversed(steps):
        after = np.where(step.next >= 0, group[step.next], -1) if len(group) else np.full_like(step.next, -1)
        cost = np.where(after >= 0, step.cost, 0.0)
        alive = (after >= 0).any(axis=0)
        futures = np.concatenate([after, cost])[:, alive]
        members, number = _distinct(futures.T)
        group = np.full(step.next.shape[1], -1, dtype=np.int64)
        group[alive] = number
        kept = np.flatnonzero(alive)[members]
        days.append(_fewer_classes(step.kind, after[:, kept], cost[:, kept]))
        sizes.append(len(kept))
    return Memory(days=days[::-1], sizes=sizes[::-1], start=int(group[start]) if len(group) else -1, final=final)


def _distinct(rows: Floats) -> tuple[Ints, Ints]:
    """(first row of each distinct one, number of every row)."""
    if not rows.shape[0]:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    _, first, number = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first, number.ravel()


def _fewer_classes(kind: Ints, after: Ints, cost: Floats) -> Day:
    """Classes of work that do the same everywhere are one."""
    first, number = _distinct(np.concatenate([after, cost], axis=1)[1:])
    chosen = np.r_[OFF, first + 1]
    return Day(kind=number[kind - 1] + 1, next=after[chosen], cost=cost[chosen])


def _nothing(days: int, patterns: int) -> Memory:
    """A memory in which nothing is lawful."""
    empty = Day(kind=np.ones(patterns, dtype=np.int64), next=np.zeros((2, 0), dtype=np.int64), cost=np.zeros((2, 0)))
    return Memory(days=[empty] * days, sizes=[0] * (days + 1), start=-1, final=[])
