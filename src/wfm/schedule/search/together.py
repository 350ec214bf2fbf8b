"""The best days of some people together, everybody else as they are.

Column generation: a linear programme chooses shares of the lines found so far; its duals price the cells, each person
answers with the best line at the prices, until nobody has a better one. Any prices give a bound that holds. Then whole
lines are chosen among those that can matter, which is exact where all of them, or the steps that they are made of
(`wfm.schedule.search.flows`), are few enough.
(Dantzig, Wolfe 1960; prices smoothed as in Wentges 1997, International Transactions in Operational Research 4.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.schedule.program.program import DUTY, SHORT, SURPLUS, Builder, Program
from wfm.schedule.program.solver import TOLERANCE, relaxed, whole
from wfm.schedule.search.flows import Flows, can_flow
from wfm.schedule.search.person_by_person import Search
from wfm.schedule.search.pool import Line, Pool

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SMOOTHING = 0.6  # how far prices stay with the best ones so far
FEW_LINES = 15  # lines a person begins with
MOST_KEPT = 30  # lines a person in a linear programme
MOST_LINES = 1_000  # lines a person may be listed with
MOST_CHOICES = 2_000  # lines of a whole-number programme
MOST_STEPS = 6_000  # between states, of lines too many to be listed
NODES = 200
SECONDS = 10.0  # of one solve, on any computer
REDUCING = 2e-5  # seconds by entry of a programme, which the solver takes to reduce it before it looks at the clock


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """What a linear programme says: its cost, a bound that holds, the best prices, and the share of each line."""

    cost: float
    bound: float
    price: Floats  # (queues x cells,) of a whole agent
    lines: list[Line]
    share: Floats
    settled: bool  # nobody has a better line


class Together:
    """People of a search whose days are taken out; `restore` or `give` puts days back."""

    def __init__(
        self, search: Search, pool: Pool, people: Sequence[int], left: Callable[[], float] = lambda: np.inf
    ) -> None:
        self.search, self.pool, self.people, self.left = search, pool, list(people), left
        self.before = {person: pool.present(person) for person in self.people}
        for person in self.people:
            search.take_out(person)
        demand = search.demand
        self.wanted = (demand.required - search.cover).ravel()
        self.hours, self.room = demand.hours.ravel(), None if demand.room is None else demand.room.ravel()
        self.dear = np.zeros(0, dtype=np.int64) if self.room is None else np.flatnonzero(np.isfinite(self.room))
        self.row = {person: k for k, person in enumerate(self.people)}
        self.given = 0.0  # own cost of the lines given
        self.effort = 0  # people x cells of all answers so far

    def cost_of(self, lines: Sequence[Line]) -> float:
        """Cost of one line a person, cover included, apart from fairness."""
        missing = self.wanted.copy()
        for line in lines:
            missing[line.cells] -= line.weights
        cover = self.search.cost.of(missing, self.hours, missing, self.room)
        return float(cover.sum()) + sum(line.cost for line in lines)

    def restore(self) -> None:
        """Everybody who is still of the group has the days of before."""
        self.give([self.before[person] for person in self.people])

    def give(self, lines: Sequence[Line]) -> None:
        """Each person of the lines these days, who is then no longer of the group."""
        for line in lines:
            self.search.put_in(line.person, list(line.week))
            self.wanted[line.cells] -= line.weights
            self.given += line.cost
            del self.row[line.person]
        self.row = {person: k for k, person in enumerate(self.row)}
        self.people = list(self.row)

    # --- shares of lines ------------------------------------------------------------------------------------------

    def relax(self, price: Floats | None, late: Callable[[], bool], *, rounds: int = 400) -> Relaxed:
        """Shares of lines and the prices that belong to them, after so many rounds at most."""
        lines, best, kept = self._first_lines(price), -np.inf, price
        last = Relaxed(np.inf, -np.inf, np.zeros(len(self.wanted)), lines, np.zeros(len(lines)), False)
        for _ in range(rounds):
            found = relaxed(self._program(lines), seconds=min(SECONDS, self.left()), method="highs-ds")
            if found.values is None or found.prices is None:
                break
            cost, dual, shares = self._objective(found.values, lines), found.prices, found.values[: len(lines)]
            kept = dual[: len(self.wanted)] if kept is None else kept
            fresh, bound, tried = self._answers(dual, kept)
            if bound > best:
                best, kept = bound, tried
            last = Relaxed(cost, best, kept, lines, shares, not fresh or cost - best <= 1e-6 * (1 + abs(cost)))
            if last.settled or late():
                break
            lines = self._kept(lines, shares, dual) + fresh
        return last

    def at(self, price: Floats) -> Relaxed:
        """What some prices alone say: a bound that holds, and everybody's best line."""
        lines, total = self._best_lines(price)
        bound = float(price @ self.wanted) + total - self._forgone(price)
        return Relaxed(np.inf, bound, price, lines, np.zeros(len(lines)), False)

    def _kept(self, lines: list[Line], shares: Floats, dual: Floats) -> list[Line]:
        """The lines that the next programme begins with: the dearest leave where there are many."""
        room = MOST_KEPT * len(self.people)
        if len(lines) <= room:
            return lines
        cells = len(self.wanted)
        above = np.array([line.left(dual[:cells]) - dual[cells + self.row[line.person]] for line in lines])
        above[shares > 1e-9] = -1.0
        return [lines[k] for k in np.sort(np.argsort(above, kind="stable")[: room // 2])]

    def _first_lines(self, price: Floats | None) -> list[Line]:
        """The present days of everybody, and the best few lines known."""
        start = np.zeros(len(self.wanted)) if price is None else price
        found: list[Line] = []
        for person in self.people:
            own = self.pool.nearest(person, start, FEW_LINES)
            now = self.before[person]
            found += own if any(line is now for line in own) else [now, *own]
        return found

    def _answers(self, dual: Floats, kept: Floats) -> tuple[list[Line], float, Floats]:
        """(lines that are better at the duals, the best bound at the prices tried, those prices)."""
        cells = len(self.wanted)
        bound, tried, found = -np.inf, kept, []
        for near in (SMOOTHING, 0.0):
            price = self._clipped(near * kept + (1 - near) * dual[:cells])
            answers, total = self._best_lines(price)
            value = float(price @ self.wanted) + total - self._forgone(price)
            if value > bound:
                bound, tried = value, price
            limit = dual[cells:]
            found += [line for line in answers if line.left(dual[:cells]) < limit[self.row[line.person]] - 1e-7]
        return list(dict.fromkeys(found)), bound, tried

    def _best_lines(self, price: Floats) -> tuple[list[Line], float]:
        """Everybody's best line at a price, and what they cost less what the cells pay."""
        search, shape = self.search, self.search.demand.required.shape
        by_queue, found, total = price.reshape(shape), [], 0.0
        self.effort += len(self.people) * price.size
        for person in self.people:
            share = search.choices[person].along(search.demand)
            cost, week = search.best(person, share * by_queue[search.queues[person]], alone=True)
            if week:
                found.append(self.pool.add(person, week))
                total += cost
        return found, total

    def _clipped(self, price: Floats) -> Floats:
        cost = self.search.cost
        return np.asarray(np.clip(price, -cost.over * self.hours, cost.dearest(self.room) * self.hours))

    def _forgone(self, price: Floats) -> float:
        """What prices above that of a missing hour do not earn: so many may be missing before a minimum is broken."""
        above = np.maximum(price - self.search.cost.under * self.hours, 0.0)[self.dear]
        return 0.0 if self.room is None else float(above @ self.room[self.dear])

    def _program(self, lines: Sequence[Line], flows: Flows | None = None, most: Floats | None = None) -> Program:
        """One line a person, cells short or over, of which there may be `most`: (2, cells)."""
        build, cost = Builder(), self.search.cost
        cells = len(self.wanted)
        most = np.full((2, cells), np.inf) if most is None else most
        room = np.inf if self.room is None else self.room
        columns = build.add_columns(DUTY, [line.person for line in lines], [line.cost for line in lines], integer=True)
        short = build.add_columns(SHORT, np.arange(cells), cost.under * self.hours, upper=np.minimum(most[0], room))
        over = build.add_columns(SURPLUS, np.arange(cells), cost.over * self.hours, upper=most[1])
        below = build.add_columns(SHORT, self.dear, (cost.under + cost.minimum) * self.hours[self.dear])
        build.add_rows(self.wanted, self.wanted, cells)
        own = build.add_rows(1.0, 1.0, len(self.people))
        if lines:
            sizes = [len(line.cells) for line in lines]
            build.put(
                np.concatenate([line.cells for line in lines]),
                np.repeat(columns, sizes),
                np.concatenate([line.weights for line in lines]),
            )
            build.put([cells + self.row[line.person] for line in lines], columns, 1.0)
        build.put(np.arange(cells), short, 1.0)
        build.put(np.arange(cells), over, -1.0)
        build.put(self.dear, below, 1.0)
        if flows is not None:
            flows.put(build, own)
        return build.program(0.0)

    def _most_slack(self, price: Floats, within: float) -> Floats:
        """(2, cells): how many may be missing, and too many, where the roster costs `within` above the bound."""
        cost = self.search.cost
        paid = np.stack([cost.under * self.hours - price, cost.over * self.hours + price])
        most = (within + 1e-6) / np.maximum(paid, 1e-9)
        return np.floor(most + 1e-9) if self._whole_people() else most

    def _whole_people(self) -> bool:
        """Whether everybody counts as one, and whole people are wanted."""
        ones = all(np.all(self.search.choices[person].along(self.search.demand) == 1.0) for person in self.people)
        return ones and not np.any(self.wanted % 1.0) and self.room is None

    def _objective(self, values: Floats, lines: Sequence[Line]) -> float:
        own, cost, cells = np.array([line.cost for line in lines]), self.search.cost, len(self.wanted)
        short, over, below = np.split(values[len(lines) :], [cells, 2 * cells])
        dearest = (cost.under + cost.minimum) * self.hours[self.dear] @ below
        return float(own @ values[: len(lines)] + self.hours @ (cost.under * short + cost.over * over) + dearest)

    # --- whole lines ----------------------------------------------------------------------------------------------

    def choose(
        self,
        shares: Relaxed,
        worth: float,
        noise: Floats | None = None,
        *,
        steps: int = MOST_STEPS,
        seconds: float = SECONDS,
        nodes: int | None = NODES,
    ) -> tuple[list[Line] | None, float]:
        """The best whole lines found or None, and what nothing costs less than; what costs `worth` at most is sought.

        No line that costs more than `worth - bound` above a person's best at the prices can be part of them. `noise`
        is added to the costs of the lines, so that among equals now one, now another is chosen. A programme that the
        time left does not suffice for is not begun.
        """
        room = max(worth - shares.bound, 0.0)
        lines, flows, reach = self._candidates(shares, room, steps)
        program = self._program(lines, flows, self._most_slack(shares.price, room))
        if REDUCING * program.matrix.nnz > self.left():
            return None, shares.bound
        if noise is not None:
            whole_ones = np.flatnonzero(program.integer)
            share = 1 if flows is None else self.search.demand.days
            program.cost[whole_ones] += np.resize(noise, len(whole_ones)) / share
        found = whole(program, seconds=seconds, gap=0.0, nodes=nodes)
        low = shares.bound if noise is not None else max(shares.bound, _low(found.bound, shares.bound + reach))
        if found.values is None:
            return None, low
        chosen = [lines[k] for k in np.flatnonzero(found.values[: len(lines)] > 0.5)]
        if flows is not None:
            chosen += [self.pool.add(person, week) for person, week in flows.weeks(found.values).items()]
        return (chosen if len(chosen) == len(self.people) else None), low

    def _candidates(self, shares: Relaxed, room: float, steps: int) -> tuple[list[Line], Flows | None, float]:
        """(lines, steps of further lines, how far above a person's best no line is left out).

        Every line that can matter; or, where they and their steps are too many, the nearest lines known.
        """
        listed = self._listed(shares.price, room)
        if listed is not None and all(len(self.search.queues[person]) <= 1 for person in self.people):
            return listed, None, room
        flows = Flows(self.search, self.people, shares.price, room, steps) if can_flow(self.search) else None
        if flows is not None and flows.reach >= room:
            return [], flows, room
        if listed is not None:
            return listed, None, 0.0  # one queue and one placement of breaks a shift
        share = MOST_CHOICES // (2 * len(self.people))
        found = [line for line, part in zip(shares.lines, shares.share, strict=True) if part > 1e-9]
        found += [self.before[person] for person in self.people]
        for person in self.people:
            found += self.pool.nearest(person, shares.price, share, within=room)
        return list(dict.fromkeys(found)), None, 0.0

    def _listed(self, price: Floats, room: float) -> list[Line] | None:
        """Every line of everybody that can matter; None where they are too many."""
        search, shape = self.search, self.search.demand.required.shape
        by_queue, found = price.reshape(shape), [self.before[person] for person in self.people]
        for person in self.people:
            share = search.choices[person].along(search.demand)
            weeks = search.nearly_best(person, share * by_queue[search.queues[person]], room, MOST_LINES)
            if weeks is None or len(found) + len(weeks) > MOST_CHOICES:
                return None
            found += [self.pool.add(person, week) for week in weeks]
        return list(dict.fromkeys(found))


def _low(bound: float, reach: float) -> float:
    """What nothing costs less than, where all that costs `reach` at most was among the choices and cost `bound`."""
    margin = 2 * TOLERANCE * (1 + abs(reach))
    return reach + margin if bound > reach + margin else min(bound, reach)
