"""How a day runs under a plan: the state at both ends of every interval, and its mean."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.transient.day import Day, Whole
from wfm.erlang.transient.evolution import Pieces, evolve

_EDGE, _NOTHING = 4, 1e-13
_SAME = 1e-14  # states so near each other have the same future


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """States by interval [intervals x states]: at its start with the new staff there, at its end, and on average."""

    staff: Whole
    start: Array
    end: Array
    mean: Array
    pieces: tuple[Pieces, ...]

    def queue(self, day: Day) -> Array:
        """Mean number of waiting contacts by interval."""
        x = np.arange(day.states)
        return np.asarray(np.einsum("ix,ix->i", self.mean, np.maximum(x - day.most * self.staff[:, None], 0.0)))


def run(day: Day, staff: Whole, known: Course | None = None) -> Course:
    """The course of a plan; where it is known for a plan that differs here and there, only what changes is found."""
    count, shape = len(staff), (len(staff), day.states)
    start, end, mean = (np.empty(shape) if known is None else x.copy() for x in _arrays(known))
    pieces: list[Pieces] = [()] * count if known is None else list(known.pieces)
    new = np.ones(count, dtype=bool) if known is None else staff != known.staff
    for i in range(count):
        first = day.begins(i)
        if known is not None and not new[i] and (first or (not new[i - 1] and _near(end[i - 1], known.end[i - 1]))):
            continue  # same start and same staff: the same interval
        if first:
            start[i] = day.start() if i == 0 else np.eye(1, day.states)[0]
        else:
            start[i] = change(day, end[i - 1], int(staff[i - 1]), int(staff[i]))
        row = np.array([i])
        lower, diagonal, upper = day.chain(row, staff[i : i + 1])
        end[i], mean[i], pieces[i] = evolve((lower[0], diagonal[0], upper[0]), day.dt, start[i])
    return Course(staff=staff.copy(), start=start, end=end, mean=mean, pieces=tuple(pieces))


def run_within(day: Day, staff: Whole) -> tuple[Day, Course]:
    """The course of a plan, with as many states as it takes: the last ones hold next to nothing."""
    day = day.sized(staff)
    while True:
        course = run(day, staff)
        if not len(staff) or max(course.end[:, -_EDGE:].max(), course.mean[:, -_EDGE:].max()) < _NOTHING:
            return day, course
        day = replace(day, states=int(1.4 * day.states))


def change(day: Day, p: Array, before: int, now: int) -> Array:
    """State after a change of staff."""
    return p if now >= before else np.bincount(day.moved(before, now), weights=p, minlength=day.states).astype(float)


def _arrays(known: Course | None) -> tuple[Array, ...]:
    nothing = np.empty((0, 0))
    return (nothing,) * 3 if known is None else (known.start, known.end, known.mean)


def _near(one: Array, other: Array) -> bool:
    return one is other or bool(np.abs(one - other).max() <= _SAME)
