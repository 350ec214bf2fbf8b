"""The search for the plan: moves of single agents by their exact gains, every step judged by the exact course.

From a plan near the answer each round takes, scope by scope, the agents that are missed least and adds those that help
most, as far as the adjoint says that the promise stays kept; the course then says whether it is. What fails is tried
in smaller steps, at last agent by agent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.transient.course import Course, run
from wfm.erlang.transient.day import Day, Whole
from wfm.erlang.transient.gains import Account, Counting, Worth, account, gains, worth_of

_KEPT = 1e-9  # contacts
_LITTLE = 1e-6  # contacts that an exchange must bring
_TRIES = 2  # of the best on each side, once all together have failed
_ROUNDS = 400
_MOST = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Fewest and most agents by interval, the floor, and the agents that a scope may have in all (or inf)."""

    low: Whole
    high: Whole
    floor: float
    budget: Array

    @property
    def capped(self) -> bool:
        """Whether the best service for so many agents is sought, not the fewest agents."""
        return bool(np.isfinite(self.budget).any())


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A plan with its course and account."""

    course: Course
    account: Account
    sums: Array  # [sums x scopes]

    @property
    def staff(self) -> Whole:
        """Agents by interval."""
        return self.course.staff


@dataclass(slots=True, kw_only=True)
class _Book:
    """What is known of the single moves: gains of one more and loss of one fewer, and which moves have failed."""

    more: Array
    fewer: Array
    allowed: npt.NDArray[np.bool_]  # one fewer leaves the floors kept, as far as the adjoint sees
    fresh: npt.NDArray[np.bool_]
    failed: set[tuple[tuple[int, int], ...]] = field(default_factory=set)


def standing(day: Day, counting: Counting, staff: Whole, before: Standing | None = None) -> Standing:
    """A plan judged exactly."""
    course = run(day, staff, None if before is None else before.course)
    found = account(day, counting, course, None if before is None else (before.course, before.account))
    return Standing(course=course, account=found, sums=found.by_scope(counting))


def improve(day: Day, counting: Counting, limits: Limits, start: Standing) -> Standing:
    """The best plan that single moves and their combinations lead to."""
    now, worth = start, worth_of(day, counting, start.course)
    count, scopes = len(day.rate), now.sums.shape[1]
    book = _Book(
        more=np.zeros(count),
        fewer=np.zeros(count),
        allowed=np.zeros(count, dtype=bool),
        fresh=np.zeros(count, dtype=bool),
    )
    most = np.full(scopes, _MOST)
    _refresh(day, counting, limits, now, worth, book)
    for _ in range(_ROUNDS):
        moves = {d: _proposed(day, counting, limits, now, book, d, int(most[d])) for d in range(scopes)}
        moves = {d: one for d, one in moves.items() if one}
        if not moves:
            if book.fresh.all() and not book.failed:
                break
            stale = not book.fresh.all()
            book.failed.clear()
            _refresh(day, counting, limits, now, worth, book)
            if stale:
                continue
            break
        then, kept = _tried(day, counting, limits, now, moves)
        for d, one in moves.items():
            if d in kept:
                most[d] = min(2 * most[d], _MOST)
                continue
            if most[d] == 1:
                book.failed.add(tuple(one))
            most[d] = len(one) // 3 if len(one) > 3 else 1
        if then is not now:
            worth = worth_of(day, counting, then.course, (now.course, worth))
            touched = np.flatnonzero(then.staff != now.staff)
            book.fresh[np.unique(np.clip(touched[:, None] + np.arange(-1, 2), 0, count - 1))] = False
            now = then
            _refresh(day, counting, limits, now, worth, book)
    return now


def kept_scopes(day: Day, counting: Counting, limits: Limits, now: Standing) -> npt.NDArray[np.bool_]:
    """Whether promise and floor hold, by scope."""
    low = (now.account.level < limits.floor - _KEPT) & (day.rate > 0)
    broken = np.bincount(counting.scope, weights=low, minlength=now.sums.shape[1])
    return np.asarray((now.sums >= -_KEPT).all(axis=0) & (broken == 0))


def _refresh(
    day: Day,
    counting: Counting,
    limits: Limits,
    now: Standing,
    worth: Worth,
    book: _Book,
) -> None:
    """Find the gains that are not fresh."""
    rows = np.flatnonzero(~book.fresh)
    if not rows.size:
        return
    moves = [(i, int(now.staff[i]) + step) for i in rows.tolist() for step in (-1, 1) if now.staff[i] + step >= 0]
    found = gains(day, counting, now.course, now.account, worth, moves)
    value = _combined(now, counting, found.sums, np.array([i for i, _ in moves]))
    for k, (i, s) in enumerate(moves):
        if s > now.staff[i]:
            book.more[i] = value[k]
        else:
            book.fewer[i] = -value[k]
            floors = min(found.level[k] if day.rate[i] > 0 else 1.0, found.before[k] if i else 1.0)
            book.allowed[i] = floors >= limits.floor
    book.fresh[rows] = True


def _combined(now: Standing, counting: Counting, changes: Array, i: Whole) -> Array:
    """Change of the sum that is hardest to keep."""
    if len(changes) == 1:
        return np.asarray(changes[0])
    tight = now.sums.argmin(axis=0)[counting.scope[i]]
    return np.asarray(changes[tight, np.arange(changes.shape[1])])


def _proposed(
    day: Day, counting: Counting, limits: Limits, now: Standing, book: _Book, scope: int, most: int
) -> list[tuple[int, int]]:
    """Moves (interval, +1 or -1) of one scope, at most so many."""
    mine = np.flatnonzero(counting.scope == scope)
    staff = now.staff[mine]
    low = (now.account.level[mine] < limits.floor - _KEPT) & (day.rate[mine] > 0) & (staff < limits.high[mine])
    free = float(limits.budget[scope] - staff.sum())
    if low.any() and free > 0:
        return [(int(i), 1) for i in mine[low][: int(min(free, len(mine)))]]
    add = mine[(staff < limits.high[mine]) & (book.more[mine] > 0)]
    drop = mine[(staff > limits.low[mine]) & book.allowed[mine]]
    add = add[np.argsort(-book.more[add], kind="stable")]
    drop = drop[np.argsort(book.fewer[drop], kind="stable")]
    if limits.capped:
        return _best_for_hours(book, add, drop, int(free), most)
    return _fewest(book, add, drop, float(now.sums[:, scope].min()), most)


def _best_for_hours(book: _Book, add: Whole, drop: Whole, free: int, most: int) -> list[tuple[int, int]]:
    """Spend what is free, then exchange agents missed least for those that help most."""
    if free < 0:
        return [(int(i), -1) for i in drop[: min(-free, most)]]
    if free > 0 and add.size:
        return [(int(i), 1) for i in add[: min(free, most)]]
    return _exchanges(book, add, drop, most)


def _exchanges(book: _Book, add: Whole, drop: Whole, most: int) -> list[tuple[int, int]]:
    """The best exchanges; where only one step is asked for, the best that has not failed."""
    if most > 1:
        pairs = [
            ((a, 1), (r, -1))
            for a, r in zip(add.tolist(), drop.tolist(), strict=False)
            if a != r and book.more[a] - book.fewer[r] > _LITTLE
        ]
        moves = [move for pair in pairs[: most // 2] for move in pair]
        return moves if len({i for i, _ in moves}) == len(moves) else moves[:2]
    for a in add[:_TRIES].tolist():
        for r in drop[:_TRIES].tolist():
            if a != r and book.more[a] - book.fewer[r] > _LITTLE and ((a, 1), (r, -1)) not in book.failed:
                return [(a, 1), (r, -1)]
    return []


def _fewest(book: _Book, add: Whole, drop: Whole, spare: float, most: int) -> list[tuple[int, int]]:
    """Add what is missing; take away what can be spared; exchange, where that makes room."""
    if spare < -_KEPT:
        enough = int(np.searchsorted(np.cumsum(book.more[add]), -spare)) + 1
        return [(int(i), 1) for i in add[: min(enough, most)]]
    drop = np.array([r for r in drop.tolist() if ((r, -1),) not in book.failed], dtype=np.int64)
    if most == 1:
        if drop.size and book.fewer[drop[0]] <= spare + _KEPT:
            return [(int(drop[0]), -1)]
        return _exchanges(book, add, drop, most)
    taken: dict[int, int] = {}
    more = iter(add.tolist())
    for r in drop.tolist():
        if len(taken) + 2 > most:
            break
        if r in taken or taken.get(r - 1) == -1 or taken.get(r + 1) == -1:
            continue  # two neighbours together cost more than their sum
        if book.fewer[r] > spare + _KEPT:
            a = next(more, None)
            if a is None or a == r or a in taken or book.more[a] - book.fewer[r] <= _LITTLE:
                break
            taken[a] = 1
            spare += float(book.more[a])
        taken[r] = -1
        spare -= float(book.fewer[r])
    return list(taken.items())


def _tried(
    day: Day, counting: Counting, limits: Limits, now: Standing, moves: dict[int, list[tuple[int, int]]]
) -> tuple[Standing, set[int]]:
    """The plan with the moves of those scopes that they make better, and these scopes."""
    wanted = set(moves)
    while wanted:
        staff = now.staff.copy()
        for d in wanted:
            for i, step in moves[d]:
                staff[i] += step
        then = standing(day, counting, staff, now)
        better = {d for d in wanted if _better(day, counting, limits, now, then, d)}
        if better == wanted:
            return then, wanted
        wanted = better
    return now, set()


def _better(day: Day, counting: Counting, limits: Limits, now: Standing, then: Standing, scope: int) -> bool:
    return _rank(day, counting, limits, then, scope) < _rank(day, counting, limits, now, scope)


def _rank(day: Day, counting: Counting, limits: Limits, plan: Standing, scope: int) -> tuple[float, ...]:
    """What the search makes small: what is missing, then agents, then what is not met."""
    mine = counting.scope == scope
    agents, worst = float(plan.staff[mine].sum()), float(plan.sums[:, scope].min())
    low = np.where(day.rate[mine] > 0, np.maximum(limits.floor - _KEPT - plan.account.level[mine], 0.0), 0.0)
    if limits.capped:
        return (max(agents - float(limits.budget[scope]), 0.0), float(low.sum()), -round(worst, 9))
    return (float(low.sum()), max(-worst - _KEPT, 0.0), agents, -round(worst, 9))
