"""The search behind `lighten`: moves of single people between a queue's lines, ranked on the futures that decide.

A line is a shift on a date with its breaks. What one agent more or fewer brings in each interval is looked up on every
future at the load that is there; the service of each scope follows by sums, so that a move costs well under a
millisecond. After a few moves what each interval leaves to the next is reckoned anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.evaluation.service import FEW_CONTACTS, PathLaw, Service
from wfm.queues import Queue

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Move = tuple[int, int]  # a person leaves the first line and works the second; -1 = nobody works it
NOBODY = -1
MOST_MOVES = 3000
TRIES = 24  # of the best moves by rank are tried before the search ends
AT_ONCE = 6  # moves between two reckonings
IDLE = 150  # reckonings in a row that saved no hours, after which hardly any will
DECIDING, FEWEST = 0.15, 12  # futures around the quantile: a share of all, and a number
PRESSING = 4.0  # times what one person brings elsewhere, where the floor is broken too often
WORTH = 0.05  # a move that saves nothing must bring so much of what a person is worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines of one queue: share of each interval that they work, paid hours of a person, number of the date."""

    present: Floats
    paid: Floats
    day: Ints


def descent(service: Service, lines: Lines, people: Ints, least: Floats) -> list[Move]:
    """Moves that save paid hours, in order, each of which leaves every promise kept that was.

    Parameters
    ----------
    people : array [lines]      People on each line.
    least : array [intervals]   Rostered people that must stay.
    """
    assert service.law is not None
    stand = _Stand(service, service.law, lines, people, least)
    done: list[Move] = []
    at_once, idle = AT_ONCE, 0
    while len(done) < MOST_MOVES and idle < IDLE:
        idle += 1
        before = stand.kept_in_mind()
        made: list[Move] = []
        for move in stand.ranked():
            if len(made) < at_once and stand.people[move[0]] > 0 and stand.holds(move):
                stand.make(move)
                made.append(move)
        if not made:
            break
        if stand.reckon():
            done += made
            at_once, idle = AT_ONCE, 0 if stand.saved(made) > 0 else idle
            continue
        stand.back_to(before)
        if len(made) == 1:
            stand.barred.add(made[0])
        at_once = 1
    return done


def ascent(service: Service, lines: Lines, people: Ints) -> list[Move]:
    """People to add, in order, until every promise is kept: where they bring most for the hours they are paid."""
    assert service.law is not None
    stand = _Stand(service, service.law, lines, people, np.zeros(lines.present.shape[1]))
    done: list[Move] = []
    while len(done) < MOST_MOVES:
        made = 0
        while made < AT_ONCE:
            line = stand.wanted()
            if line is None:
                break
            stand.make((NOBODY, line))
            done.append((NOBODY, line))
            made += 1
        stand.reckon()
        if not made:
            break
    return done


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exchanges:
    """Moves within a date: lines left and taken, what comes and goes in some intervals, and paid hours saved."""

    gone: Ints
    come: Ints
    at: Ints
    more: Floats
    fewer: Floats
    saved: Floats

    def ranked(self, chosen: Ints, rank: Floats) -> list[tuple[float, Move]]:
        """Some of the moves with their ranks."""
        return [(float(rank[k]), (int(self.gone[k]), int(self.come[k]))) for k in chosen]


class _Stand:
    """Where the search stands: people by line, and service by path and interval."""

    def __init__(self, service: Service, law: PathLaw, lines: Lines, people: Ints, least: Floats) -> None:
        self.queue, self.lines, self.law = service.queue, lines, law
        self.people, self.least = people.copy(), least
        self.here = 1 - service.queue.shrinkage.unplanned
        self.weight, self.scope = service.weight, service.days(service.scope)
        self.counted = service.demand.rate.mean(axis=0) >= FEW_CONTACTS
        self.edges = np.flatnonzero(np.r_[True, np.diff(self.scope) > 0])
        self.contacts = np.maximum(np.add.reduceat(self.weight, self.edges, axis=1), 1e-12)
        self.agents, self.load, self.level = law.agents.copy(), law.load, service.service_level.copy()
        self.missed = self.level - law.service_level(self.agents, self.load)  # by the formula, which stays
        self.met = np.add.reduceat(self.weight * self.level, self.edges, axis=1)
        self.margin = _margins(self.queue, self.met, self.contacts)
        self.low_at_first = self._too_low(self.level)
        broken = np.logical_or.reduceat(self.low_at_first, self.edges) | (self.margin < 0)
        self.least_margin = np.where(broken, self.margin, 0.0) - 1e-12  # what is missed gets no worse
        self.exchanges = list(_exchanges(lines))
        self.barred: set[Move] = set()

    def ranked(self) -> Iterator[Move]:
        """Moves worth a try: first what saves nothing and brings most, then what costs least for the hours it saves."""
        gain, loss, stuck = self._worth()
        free: list[tuple[float, Move]] = []
        paid: list[tuple[float, Move]] = []
        for exchange in self.exchanges:
            able = (self.people[exchange.gone] > 0) & ~(exchange.fewer[:, stuck[exchange.at]] > 0.5).any(axis=1)
            if not able.any():
                continue
            brings = exchange.more @ gain[exchange.at] - exchange.fewer @ loss[exchange.at]
            worth = float(np.median(-brings[exchange.come == NOBODY]))
            still = np.flatnonzero(able & (np.abs(exchange.saved) < 1e-9) & (brings > WORTH * worth))
            if still.size:
                free += exchange.ranked(still[[brings[still].argmax()]], -brings)
            rank = -brings / np.maximum(exchange.saved, 1e-9)
            good = np.flatnonzero(able & (exchange.saved > 1e-9))
            paid += exchange.ranked(good[np.argsort(rank[good], kind="stable")[:TRIES]], rank)
        moves = [move for _, move in sorted(free)] + [move for _, move in sorted(paid)[:TRIES]]
        yield from (move for move in moves if move not in self.barred)

    def holds(self, move: Move) -> bool:
        """Whether every promise that was kept stays kept; a move that saves nothing must widen what is left."""
        at, met, level = self._after(move)
        margin = _margins(self.queue, met, self.contacts)
        fewer = at[self._net(move)[at] < 0]
        if (margin < self.least_margin).any():
            return False
        if (self._rostered(move)[fewer] < self.least[fewer] - 1e-9).any():
            return False
        now = self.level.copy()
        now[:, at] = level
        if (self._too_low(now, fewer) & ~self.low_at_first[fewer]).any():
            return False
        if move[1] != NOBODY and abs(self.lines.paid[move[0]] - self.lines.paid[move[1]]) < 1e-9:
            return bool(margin.sum() > self.margin.sum() + 1e-7)
        return True

    def saved(self, moves: list[Move]) -> float:
        """Paid hours that moves save; one that saves none may make room for one that does."""
        paid = np.append(self.lines.paid, 0.0)  # nobody works the last line
        return round(float(sum(paid[gone] - paid[come] for gone, come in moves)), 6)

    def make(self, move: Move) -> None:
        """One person leaves a line for another, or for good."""
        at, self.met, level = self._after(move)
        self.level[:, at] = level
        self.margin = _margins(self.queue, self.met, self.contacts)
        self.agents += self.here * self._net(move)
        for line, change in zip(move, (-1, 1), strict=True):
            if line != NOBODY:
                self.people[line] += change

    def wanted(self) -> int | None:
        """The line on which one person more brings most where a promise is missed; None where all are kept."""
        low = self._too_low(self.level)
        missed = self.margin < -1e-12
        if not (low.any() or missed.any()):
            return None
        gain, _, _ = self._worth()
        wanted = np.where(missed[self.scope], gain, 0.0)
        wanted = wanted + np.where(low, max(float(wanted.max(initial=0.0)), 1e-6) * PRESSING, 0.0)
        brings = self.lines.present @ wanted / self.lines.paid
        return int(brings.argmax()) if brings.max() > 0 else None

    def reckon(self) -> bool:
        """Service with all that each interval leaves to the next; whether every promise still holds."""
        self.load = self.law.carry(np.maximum(self.agents, 0.0))
        self.level = np.clip(self.law.service_level(self.agents, self.load) + self.missed, 0.0, 1.0)
        self.met = np.add.reduceat(self.weight * self.level, self.edges, axis=1)
        self.margin = _margins(self.queue, self.met, self.contacts)
        low = self._too_low(self.level) & ~self.low_at_first
        return not (low.any() or (self.margin < self.least_margin).any())

    def kept_in_mind(self) -> tuple[Floats, ...]:
        """What `back_to` needs to stand here again."""
        return self.agents.copy(), self.load, self.level.copy(), self.met, self.margin, self.people.astype(float)

    def back_to(self, mind: tuple[Floats, ...]) -> None:
        """Stand where the search stood."""
        self.agents, self.load, self.level, self.met, self.margin = mind[:5]
        self.people = mind[5].astype(np.int64)

    def _rostered(self, move: Move) -> Floats:
        return np.asarray(self.people @ self.lines.present + self._net(move), dtype=float)

    def _net(self, move: Move) -> Floats:
        net = np.zeros(self.lines.present.shape[1])
        for line, change in zip(move, (-1, 1), strict=True):
            if line != NOBODY:
                net += change * self.lines.present[line]
        return net

    def _after(self, move: Move) -> tuple[Ints, Floats, Floats]:
        """Intervals that change, contacts met by path and scope after the move, and the service of those intervals."""
        net = self._net(move)
        at = np.flatnonzero(np.abs(net) > 1e-9)
        by_formula = self.law.service_level(self.agents[:, at] + self.here * net[at], self.load[:, at])
        level = np.clip(by_formula + self.missed[:, at], 0.0, 1.0)
        change = np.zeros(self.level.shape)
        change[:, at] = self.weight[:, at] * (level - self.level[:, at])
        return at, self.met + np.add.reduceat(change, self.edges, axis=1), level

    def _too_low(self, level: Floats, at: Ints | slice = slice(None)) -> Bools:
        """Intervals that fall below the floor more often than the confidence allows, or on average."""
        target = self.queue.target
        assert target is not None
        if target.confidence is None:
            short = level[:, at].mean(axis=0) < target.least - 1e-9
        else:
            short = (level[:, at] < target.least - 1e-9).mean(axis=0) > 1 - target.confidence + 1e-9
        return np.asarray(short & self.counted[at])

    def _worth(self) -> tuple[Floats, Floats, Bools]:
        """What one person more brings and one fewer costs, in service of the scope, and where nobody may go."""
        level = self.level - self.missed
        up = self.law.service_level(self.agents + self.here, self.load) - level
        down = level - self.law.service_level(self.agents - self.here, self.load)
        near = _deciding(self.queue, self.met / self.contacts)
        rows, at = near[:, self.scope], np.arange(len(self.scope))
        weight = self.weight[rows, at] / self.contacts[rows, self.scope]
        stuck = self._too_low(self.level - down) & ~self.low_at_first
        stuck |= self.people @ self.lines.present - 1 < self.least - 1e-9
        return (weight * up[rows, at]).mean(axis=0), (weight * down[rows, at]).mean(axis=0), stuck


def _margins(queue: Queue, met: Floats, contacts: Floats) -> Floats:
    """By how much each scope's service lies above its share: at the quantile of its confidence, or on average."""
    target = queue.target
    assert target is not None
    if target.confidence is None:
        return np.asarray(met.sum(axis=0) / contacts.sum(axis=0) - target.share)
    place = int(np.floor((1 - target.confidence) * len(met) + 1e-9))
    return np.asarray(np.partition(met / contacts, place, axis=0)[place] - target.share)


def _deciding(queue: Queue, level: Floats) -> Ints:
    """Futures [some x scopes] on which the promise is decided; all of them where it is promised on average."""
    assert queue.target is not None
    paths = len(level)
    if queue.target.confidence is None:
        return np.repeat(np.arange(paths)[:, None], level.shape[1], axis=1)
    count = min(paths, max(FEWEST, round(DECIDING * paths)))
    first = int(np.clip(round((1 - queue.target.confidence) * paths - count / 2), 0, paths - count))
    return np.asarray(np.argsort(level, axis=0, kind="stable")[first : first + count], dtype=np.int64)


def _exchanges(lines: Lines) -> Iterator[_Exchanges]:
    """Every pair of lines of a date, and every line with nobody."""
    work = np.vstack([lines.present, np.zeros(lines.present.shape[1])])
    paid = np.r_[lines.paid, 0.0]
    for day in np.unique(lines.day):
        own = np.flatnonzero(lines.day == day)
        gone, come = (part.ravel() for part in np.meshgrid(own, np.r_[NOBODY, own], indexing="ij"))
        gone, come = gone[gone != come], come[gone != come]
        at = np.flatnonzero(lines.present[own].any(axis=0))
        net = work[np.ix_(come, at)] - work[np.ix_(gone, at)]
        yield _Exchanges(
            gone=gone,
            come=come,
            at=at,
            more=np.maximum(net, 0.0),
            fewer=np.maximum(-net, 0.0),
            saved=paid[gone] - paid[come],
        )
