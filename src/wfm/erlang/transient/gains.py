"""What one agent more or fewer in an interval changes for the whole scope, exactly and all at once.

Forward runs the state p_i at the start of every interval, backward the value v_i(x) of the contacts still to come if
the interval starts in state x (the adjoint). A change of staff in interval i is then felt by the interval itself, by
the waits that cross into it, and by the state it hands on: `v_(i+1)` times the change of that state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.transient.arrivals import Cases, served, width_of, windows, worth_of_start
from wfm.erlang.transient.counted import Chance, Sum
from wfm.erlang.transient.course import Course, change
from wfm.erlang.transient.day import Day, Whole
from wfm.erlang.transient.evolution import along, back_mean, transposed


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What is counted: contacts met and their base, and the sums that must not be negative over any scope."""

    met: Sum
    base: Sum
    sums: tuple[Sum, ...]
    scope: Whole

    @property
    def chances(self) -> list[Chance]:
        """The chances that all of it is made of."""
        found = {chance: None for one in (self.met, self.base, *self.sums) for chance in one.parts}
        return list(found)

    @property
    def times(self) -> list[float]:
        """The waits that count."""
        return [chance[0] for chance in self.chances]

    @property
    def hang_ups(self) -> bool:
        """Whether hang-ups are counted by the time at which they are."""
        return any(one.hung_up for one in (self.met, self.base, *self.sums))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What every interval brings: the sums in contacts [sums x intervals] and the service level of its arrivals."""

    sums: Array
    level: Array
    known: dict[Chance, Array]

    def by_scope(self, counting: Counting) -> Array:
        """Sums by scope [sums x scopes]."""
        count = int(counting.scope.max(initial=-1)) + 1
        return np.stack([np.bincount(counting.scope, weights=row, minlength=count) for row in self.sums])


def account(day: Day, counting: Counting, course: Course, known: tuple[Course, Account] | None = None) -> Account:
    """The account of a course; only where it differs from a known one it is found anew."""
    every = windows(day, course.staff, width_of(day, counting.times))
    new = np.ones(len(day.rate), dtype=bool)
    if known is not None:
        before = windows(day, known[0].staff, every.shape[1])
        new = (every != before).any(axis=1) | (np.abs(course.start - known[0].start).max(axis=1) > 1e-14)
    rows = np.flatnonzero(new)
    cases = _cases(course, every[rows], rows)
    chances = {}
    for chance in counting.chances:
        chances[chance] = np.zeros(len(day.rate)) if known is None else known[1].known[chance].copy()
        chances[chance][rows] = served(day, cases, chance)
    lost = hang_ups(day, course.staff, course.mean) if counting.hang_ups else np.zeros(len(day.rate))
    return Account(
        sums=np.stack([in_contacts(one, day.offered, chances, lost) for one in counting.sums]),
        level=level_of(counting, day.offered, chances, lost),
        known=chances,
    )


def hang_ups(day: Day, staff: Whole, mean: Array) -> Array:
    """Contacts that hang up in the time, by row."""
    waiting = np.maximum(np.arange(day.states) - day.most * staff[:, None], 0.0)
    return np.asarray(day.theta * day.dt * np.einsum("ix,ix->i", mean, waiting))


def in_contacts(one: Sum, offered: Array, chances: dict[Chance, Array], lost: Array) -> Array:
    """A sum of chances in contacts."""
    total = np.full(len(offered), one.constant)
    for chance, factor in one.parts.items():
        total = total + factor * chances[chance]
    return np.asarray(offered * total + one.hung_up * lost)


def level_of(counting: Counting, offered: Array, chances: dict[Chance, Array], lost: Array) -> Array:
    """Service level by row; 1 without contacts."""
    met, base = (in_contacts(one, offered, chances, lost) for one in (counting.met, counting.base))
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(offered > 0, np.where(base > 1e-12 * offered, met / base, 0.0), 1.0)
    return np.asarray(np.clip(level, 0.0, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """By interval and state at its start [sums x intervals x states]: what the interval brings, and the whole rest."""

    own: Array
    rest: Array


def worth_of(day: Day, counting: Counting, course: Course, known: tuple[Course, Worth] | None = None) -> Worth:
    """Worth of each state to the rest of its scope; only where staff differs from a known course it is found anew."""
    count = len(day.rate)
    every = windows(day, course.staff, width_of(day, counting.times))
    new, own = np.ones(count, dtype=bool), np.zeros((len(counting.sums), count, day.states))
    if known is not None:
        new = (every != windows(day, known[0].staff, every.shape[1])).any(axis=1)
        new |= np.array([one != other for one, other in zip(course.pieces, known[0].pieces, strict=True)])
        own = known[1].own.copy()
    rows = np.flatnonzero(new)
    cases = _cases(course, every[rows], rows)
    own[:, rows] = _own_worth(day, counting, cases)
    rest = own.copy()
    for i in range(count - 2, -1, -1):
        if i < day.last[i] and counting.scope[i + 1] == counting.scope[i]:
            handed = rest[:, i + 1][:, day.moved(int(course.staff[i]), int(course.staff[i + 1]))]
            rows = np.full(len(handed), i)
            rest[:, i] += along(transposed(day.chain(rows, course.staff[rows])), course.pieces[i][::-1], handed)[0]
    return Worth(own=own, rest=rest)


def _own_worth(day: Day, counting: Counting, cases: Cases) -> Array:
    own = np.zeros((len(counting.sums), len(cases), day.states))
    for chance in counting.chances:
        if any(chance in one.parts for one in counting.sums):
            worth = day.offered[cases.i, None] * worth_of_start(day, cases, chance)
            for k, one in enumerate(counting.sums):
                own[k] += one.parts.get(chance, 0.0) * worth
    if counting.hang_ups:
        waiting = np.maximum(np.arange(day.states) - day.most * cases.staff[:, :1], 0.0)
        for pieces in dict.fromkeys(cases.pieces):
            some = np.array([r for r in range(len(cases)) if cases.pieces[r] == pieces])
            lost = back_mean(day.chain(cases.i[some], cases.staff[some, 0]), pieces, waiting[some])
            for k, one in enumerate(counting.sums):
                own[k][some] += one.hung_up * day.theta * day.dt * lost
    return own


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """Changes of the sums [sums x moves], and the service levels of the interval and of the one before then."""

    sums: Array
    level: Array
    before: Array


def gains(
    day: Day,
    counting: Counting,
    course: Course,
    known: Account,
    worth: Worth,
    moves: Sequence[tuple[int, int]] | npt.NDArray[np.int64],
) -> Gains:
    """What each move (interval, its new number of agents) by itself changes for the interval's scope."""
    i, now = np.array(moves, dtype=np.int64).reshape(-1, 2).T
    width = width_of(day, counting.times)
    every = windows(day, course.staff, width)
    staff = every[i]
    for k in range(width):  # after the end of a run its last staff is kept
        staff[:, k] = np.where(np.minimum(i + k, day.last[i]) == i, now, staff[:, k])
    start = np.stack([_handed_over(day, course, int(a), int(s)) for a, s in zip(i, now, strict=True)])
    cases = Cases(i=i, staff=staff, start=start, pieces=tuple(course.pieces[a] for a in i))
    end, mean = _through(day, cases)
    cases = replace(cases, end=end)
    lost = hang_ups(day, now, mean) if counting.hang_ups else np.zeros(len(i))
    chances = {chance: served(day, cases, chance) for chance in counting.chances}
    changed = np.stack([in_contacts(one, day.offered[i], chances, lost) for one in counting.sums]) - known.sums[:, i]
    changed += _later(day, counting, course, worth, i, now, end)
    before = known.level[np.maximum(i - 1, 0)]
    for k in range(1, width):
        more, level = _crossing(day, counting, course, known, every, i, now, k)
        changed += more
        before = np.where(np.isnan(level), before, level if k == 1 else np.minimum(before, level))
    return Gains(sums=changed, level=level_of(counting, day.offered[i], chances, lost), before=before)


def _cases(course: Course, staff: Whole, i: Whole) -> Cases:
    """Intervals as they run, under windows of staff that may differ later."""
    pieces = tuple(course.pieces[a] for a in i)
    return Cases(i=i, staff=staff, start=course.start[i], pieces=pieces, end=course.end[i])


def _handed_over(day: Day, course: Course, i: int, now: int) -> Array:
    if day.begins(i):
        return np.asarray(course.start[i])
    return change(day, course.end[i - 1], int(course.staff[i - 1]), now)


def _through(day: Day, cases: Cases) -> tuple[Array, Array]:
    """States at the end of the cases' intervals, and the means."""
    end, mean = np.empty_like(cases.start), np.empty_like(cases.start)
    for pieces in dict.fromkeys(cases.pieces):
        some = np.array([r for r in range(len(cases)) if cases.pieces[r] == pieces])
        end[some], mean[some] = along(day.chain(cases.i[some], cases.staff[some, 0]), pieces, cases.start[some])
    return end, mean


def _later(day: Day, counting: Counting, course: Course, worth: Worth, i: Whole, now: Whole, end: Array) -> Array:
    """Change of what the following intervals of the scope bring [sums x moves]."""
    out = np.zeros((len(counting.sums), len(i)))
    for r, a in enumerate(i.tolist()):
        if a < day.last[a] and counting.scope[a + 1] == counting.scope[a]:
            handed = change(day, end[r], int(now[r]), int(course.staff[a + 1]))
            out[:, r] = worth.rest[:, a + 1] @ (handed - course.start[a + 1])
    return out


def _crossing(
    day: Day, counting: Counting, course: Course, known: Account, every: Whole, i: Whole, now: Whole, k: int
) -> tuple[Array, Array]:
    """Change by the waits that began k intervals before and cross into the changed one; and the level there then."""
    changed, level = np.zeros((len(counting.sums), len(i))), np.full(len(i), np.nan)
    rows = np.flatnonzero((i >= k) & (day.last[np.maximum(i - k, 0)] >= i) & (day.rate[np.maximum(i - k, 0)] > 0))
    if not rows.size:
        return changed, level
    j = i[rows] - k
    staff = every[j].copy()
    for m in range(k, staff.shape[1]):
        staff[:, m] = np.where(np.minimum(j + m, day.last[j]) == i[rows], now[rows], staff[:, m])
    cases = _cases(course, staff, j)
    chances = {chance: served(day, cases, chance) for chance in counting.chances}
    lost = hang_ups(day, course.staff[j], course.mean[j]) if counting.hang_ups else np.zeros(len(j))
    level[rows] = level_of(counting, day.offered[j], chances, lost)
    mine = counting.scope[j] == counting.scope[i[rows]]
    for n, one in enumerate(counting.sums):
        changed[n, rows] = np.where(mine, in_contacts(one, day.offered[j], chances, lost) - known.sums[n, j], 0.0)
    return changed, level
