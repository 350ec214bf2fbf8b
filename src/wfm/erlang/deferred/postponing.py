"""Which work may be late when not all of it is promised in time, so that the fewest agents are needed.

Of each class the share 1 - promise may be done late, though within a further time. A linear program chooses the pieces.
With z_j <= hours_j the hours of piece j that are late, e_t >= 0 the hours beyond the spare ones in interval t, and
moved(s, u) the pieces released in or after s and due by u whose late part is due after u, for every window [s, u)

    sum_{t in [s, u)} e_t + sum_{j in moved(s, u)} z_j >= due(s, u) - spare(s, u)

and sum_{j of class c} z_j <= (1 - promise_c) hours_c. First sum e_t is made least, then the sum over days of the
highest e_t + beside_t of the day, then the late hours. Windows join the program as they are found to lack capacity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wfm.erlang.deferred.levelling import Jobs, Whole, due_in_windows, flattest, in_windows, summed
from wfm.erlang.formulas.arguments import Array

_ROUNDS = 40
_SLACK = 1e-6
_NO_NEED = 1e-4  # weight of a late hour: nothing is late that helps nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """What may be late: the interval behind the last for the late part of each piece, its class, the hours by class."""

    last: Whole
    kind: Whole
    most: Array


def postponed(jobs: Jobs, lateness: Lateness, beside: Array, spare: Array, day: Whole) -> Array:
    """Hours of each piece that may be late, so that the rest takes the fewest hours beyond the spare, then low peaks.

    Parameters
    ----------
    beside, spare : array   As in `flattest` [h].
    day : array             Number of the day of every interval, from 0.

    >>> jobs = Jobs(first=np.array([0, 0]), last=np.array([1, 2]), hours=np.array([4.0, 1.0]))
    >>> late = Lateness(last=np.array([2, 2]), kind=np.array([0, 1]), most=np.array([1.0, 0.0]))
    >>> postponed(jobs, late, np.zeros(2), np.zeros(2), np.zeros(2, dtype=int)).round(6).tolist()
    [1.0, 0.0]
    """
    if not _helps(jobs, lateness, beside, spare, day):
        return np.zeros(len(jobs.hours))
    pieces, back = _merged(jobs, lateness)
    late = _solve(pieces, lateness.most, beside, spare, day)
    share = late / np.maximum(pieces.hours, 1e-300)
    return np.minimum(share[back], 1.0) * jobs.hours


def _helps(jobs: Jobs, lateness: Lateness, beside: Array, spare: Array, day: Whole) -> bool:
    """Whether fewer hours or lower peaks were possible if everything might be late."""
    loose = Jobs(
        first=jobs.first, last=np.where(lateness.most[lateness.kind] > 0, lateness.last, jobs.last), hours=jobs.hours
    )
    least, now = flattest(loose, beside, spare), flattest(jobs, beside, spare)
    crumb = _SLACK * max(1.0, float(jobs.hours.sum()))
    return bool(now.sum() > least.sum() + crumb or _peaks(now + beside, day) > _peaks(least + beside, day) + crumb)


def _peaks(level: Array, day: Whole) -> float:
    high = np.zeros(int(day.max()) + 1)
    np.maximum.at(high, day, level)
    return float(high.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pieces:
    first: Whole
    last: Whole
    late: Whole
    kind: Whole
    hours: Array

    def lack(self, late: Array, capacity: Array) -> Array:
        """Hours by window that nobody does; negative where there is room."""
        count = len(capacity)
        due = due_in_windows(self.first, self.last, self.hours - late, count)
        return due + due_in_windows(self.first, self.late, late, count) - in_windows(capacity)


def _merged(jobs: Jobs, lateness: Lateness) -> tuple[_Pieces, Whole]:
    """Pieces of one class and window are one."""
    key = np.column_stack([jobs.first, jobs.last, lateness.last, lateness.kind])
    unique, back = np.unique(key, axis=0, return_inverse=True)
    place = np.asarray(np.asarray(back).ravel(), dtype=np.int64)
    first, last, late, kind = (np.asarray(column, dtype=np.int64) for column in unique.T)
    hours = summed(place, jobs.hours, len(unique))
    return _Pieces(first=first, last=last, late=late, kind=kind, hours=hours), place


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    """A linear program: late hours z by piece, then further columns whose capacity by interval is `level` + matrix y.

    `least` y is made least in the weights `cost`; `low` bounds y; `limit` is an upper bound of the sum of y, or None.
    """

    cost: Array
    low: Array
    matrix: Array
    level: Array
    peaks: tuple[Array, Array] | None
    total: tuple[Array, float] | None


def _solve(pieces: _Pieces, most: Array, beside: Array, spare: Array, day: Whole) -> Array:
    """Late hours by piece."""
    count, days = len(beside), int(day.max()) + 1
    highest = np.zeros(days)
    np.maximum.at(highest, day, beside)
    of_day = (day[:, None] == np.arange(days)).astype(float)
    if not (spare > 0).any():  # the sum is the work itself; capacity is what is between `beside` and the day's level
        program = _Program(cost=np.ones(days), low=highest, matrix=of_day, level=-beside, peaks=None, total=None)
        return _cut(program, pieces, most)[0]
    by_hour = np.eye(count)
    first = _Program(cost=np.ones(count), low=np.zeros(count), matrix=by_hour, level=spare, peaks=None, total=None)
    _, hours, windows = _cut(first, pieces, most)
    second = _Program(
        cost=np.concatenate([np.zeros(count), np.ones(days)]),
        low=np.concatenate([np.zeros(count), highest]),
        matrix=np.hstack([by_hour, np.zeros((count, days))]),
        level=spare,
        peaks=(np.hstack([by_hour, -of_day]), -beside),
        total=(np.concatenate([np.ones(count), np.zeros(days)]), float(hours.sum())),
    )
    return _cut(second, pieces, most, windows)[0]


def _cut(program: _Program, pieces: _Pieces, most: Array, windows: Whole | None = None) -> tuple[Array, Array, Whole]:
    """Solve, and add windows that lack capacity until none does: late hours, further columns, windows."""
    count = len(program.level)
    late, more = np.zeros(len(pieces.hours)), program.low
    found = np.zeros((0, 2), dtype=np.int64) if windows is None else windows
    due = due_in_windows(pieces.first, pieces.last, pieces.hours, count)
    slack = _SLACK * max(1.0, float(pieces.hours.sum())) / count
    for _ in range(_ROUNDS):
        fresh = _lacking(pieces.lack(late, program.level + program.matrix @ more), slack)
        if len(fresh) == 0:
            break
        found = np.unique(np.concatenate([found, fresh]), axis=0)
        late, more = _optimum(program, pieces, most, found, due)
    return late, more, found


def _lacking(lack: Array, slack: float) -> Whole:
    """The window of every end, and of every begin, that lacks most."""
    above = np.triu(lack, 1)
    ends = np.arange(len(lack))
    found = np.unique(
        np.concatenate([np.column_stack([above.argmax(axis=0), ends]), np.column_stack([ends, above.argmax(axis=1)])]),
        axis=0,
    )
    return np.asarray(found[above[found[:, 0], found[:, 1]] > slack], dtype=np.int64)


def _optimum(program: _Program, pieces: _Pieces, most: Array, windows: Whole, due: Array) -> tuple[Array, Array]:
    """Late hours and further columns that are best for these windows."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, csr_array, hstack, vstack

    j, k, count = len(pieces.hours), len(program.cost), len(program.level)
    begin, end = windows[:, :1], windows[:, 1:]
    slot = np.arange(count)
    inside = ((slot >= begin) & (slot < end)).astype(float)
    moved = ((pieces.first >= begin) & (pieces.last <= end) & (pieces.late > end)).astype(float)
    blocks = [
        hstack([csr_array(-moved), csr_array(-(inside @ program.matrix))]),
        coo_array((np.ones(j), (pieces.kind, np.arange(j))), shape=(len(most), j + k)),
    ]
    limits = [inside @ program.level - due[windows[:, 0], windows[:, 1]], most]
    if program.peaks is not None:
        blocks.append(hstack([csr_array((count, j)), csr_array(program.peaks[0])]))
        limits.append(program.peaks[1])
    if program.total is not None:
        row, bound = program.total
        blocks.append(hstack([csr_array((1, j)), csr_array(row[None, :])]))
        limits.append(np.array([bound * (1 + 1e-7) + 1e-7]))
    found = linprog(
        np.concatenate([np.full(j, _NO_NEED), program.cost]),
        A_ub=vstack(blocks, format="csr"),
        b_ub=np.concatenate(limits),
        bounds=[*((0.0, float(most)) for most in pieces.hours), *((float(low), None) for low in program.low)],
        method="highs",
    )
    if found.x is None:  # nothing late is always allowed
        return np.zeros(j), program.low
    return np.clip(found.x[:j], 0.0, pieces.hours), np.asarray(found.x[j:])
