"""Fewer distinct shifts by local search: people of a shift find another way through the week's hours.

Shifts without breaks are arcs of a network from the slot where they start to the slot where they end, and people are a
flow: to send k of them another way is a path from start to end over other shifts, forward where they are joined and
backward where they are left, and over slots where cover may change by k. The cheapest path, at the price of each
distinct shift it opens, is found in well under a millisecond; it is taken where that lowers the cost, or by chance as
in simulated annealing. (Edge-cost flow: Di Gaspero, Gaertner, Kortsarz, Musliu, Schaerf and Slany 2007, Annals of
Operations Research 155; annealing: Kirkpatrick, Gelatt and Vecchi 1983, Science 220.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wfm.schedule.program.clocks import Clock
from wfm.schedule.program.program import FLAG, PART, SHIFT, SHORT, SURPLUS, Floats, Ints, Program
from wfm.schedule.shifts.candidates import Candidates

ARCS = 12  # of a path, at most
REACH = 18 * 3600.0  # how far before a shift's start and after its end a path goes [s]
MOVES = 400  # for every slot of the axis
HEAT = (0.7, 0.1)  # first and last temperature, in distinct shifts
WHOLE_WAY = 0.7  # how often all people of a shift go another way
NEVER = 1e7  # cost of an arc that may not be taken
SEEN = 1500  # solutions that are kept at most
NEAR = 6.0  # the best, in distinct shifts
BETWEEN_LOOKS = 50  # moves between looks at the clock


@dataclass(slots=True)
class Network:
    """The flow of people and what it costs; arcs are shifts forward, shifts backward, slots with less, slots with more.

    `into` holds the arcs that end in each node, padded with an arc that may not be taken.
    """

    tail: Ints
    head: Ints
    into: Ints
    paid: Floats
    fixed: Floats
    spans: list[Ints]
    slack: Floats  # slots x people on duty: cost
    sides: Floats  # rows that bind shifts alone
    low: Floats
    high: Floats
    near: Ints  # shifts x nodes not far from each
    people: Ints
    cover: Ints
    cost: float = np.inf

    def priced(self) -> float:
        """Cost of the flow."""
        slack = self.slack[np.arange(len(self.cover)), self.cover].sum()
        return float(self.paid @ self.people + self.fixed @ (self.people > 0) + slack)

    def try_another_way(self, heat: float, rng: np.random.Generator) -> None:
        """Send people of a shift in use, drawn at random, the cheapest other way unless that costs too much."""
        used = np.flatnonzero(self.people)
        shift = int(rng.choice(used))
        k = int(self.people[shift])
        if k > 1 and rng.random() > WHOLE_WAY:
            k = min(k, int(self.people[rng.choice(used)]))
        alike = used[(self.people[used] == k) & (rng.random(len(used)) < 0.5)]
        costs = self.arc_costs(k, alike)
        costs[[shift, len(self.people) + shift]] = NEVER
        path = self.path(shift, costs)
        before = self.people, self.cover, self.cost
        if path and self.take(self.moved(shift, k, path)) and self.cost - before[2] > heat * rng.exponential():
            self.people, self.cover, self.cost = before

    def arc_costs(self, k: int, leave: Ints) -> Floats:
        """What each arc costs for k people; `leave` are shifts of k people that are left for good or not at all."""
        slots = np.arange(len(self.cover))
        now, most = self.slack[slots, self.cover], self.slack.shape[1] - 1
        fewer = np.where(self.cover >= k, self.slack[slots, np.maximum(self.cover - k, 0)], NEVER) - now
        more = np.where(self.cover + k <= most, self.slack[slots, np.minimum(self.cover + k, most)], NEVER) - now
        forward = self.paid * k + np.where(self.people == 0, self.fixed, 0.0)
        backward = np.where(self.people >= k, -self.paid * k, NEVER)
        forward[leave] = NEVER
        backward[leave] -= self.fixed[leave]
        return np.concatenate([forward, backward, fewer, more, [NEVER]])

    def path(self, shift: int, costs: Floats) -> list[int]:
        """Arcs of the cheapest way from a shift's start to its end over nodes near it; none where there is none."""
        first, last, near = int(self.tail[shift]), int(self.head[shift]), self.near[shift]
        distance = np.full(int(self.head[:-1].max()) + 1, NEVER)
        distance[first] = 0.0
        by = np.full(len(distance), -1)
        into = self.into[near]
        tail, price, rows = self.tail[into], costs[into], np.arange(len(near))
        for _ in range(ARCS):
            through = distance[tail] + price
            best = through.argmin(axis=1)
            nearer = through[rows, best] < distance[near] - 1e-9
            if not nearer.any():
                break
            distance[near[nearer]] = through[rows, best][nearer]
            by[near[nearer]] = into[rows, best][nearer]
        found: list[int] = []
        node = last
        while node != first:
            if by[node] < 0 or len(found) > 2 * ARCS:
                return []
            found.append(int(by[node]))
            node = int(self.tail[by[node]])
        return found if distance[last] < NEVER / 2 else []

    def moved(self, shift: int, k: int, path: list[int]) -> Ints:
        """People by shift when k of one go the way of a path."""
        people, shifts = self.people.copy(), len(self.people)
        people[shift] -= k
        for arc in path:
            if arc < 2 * shifts:
                people[arc % shifts] += k if arc < shifts else -k
        return people

    def take(self, people: Ints) -> bool:
        """Set the people where nobody is negative and no limit is passed."""
        given = self.sides @ people
        if (people < 0).any() or (given < self.low - 1e-6).any() or (given > self.high + 1e-6).any():
            return False
        cover = self.cover.copy()
        for shift in np.flatnonzero(people != self.people):
            np.add.at(cover, self.spans[shift], people[shift] - self.people[shift])
        if cover.max() >= self.slack.shape[1]:
            return False
        self.people, self.cover = people, cover
        self.cost = self.priced()
        return True


def rerouted(
    program: Program, candidates: Candidates, values: Floats, clock: Clock, seed: int, seen: list[Ints] | None = None
) -> Floats:
    """Values at no higher cost, for programmes of shifts without breaks where each distinct shift has a cost.

    `seen` takes the people by shift of solutions on the way, near the best.
    """
    if not fits(program):
        return values
    network = _network(program, candidates, values)
    rng = np.random.default_rng(seed)
    touched = np.unique(np.concatenate(network.spans))
    moves = MOVES * len(touched)
    price = float(network.fixed.max())
    best, people = network.cost, network.people
    limit, gone = max(clock.left, 1e-9), 0.0
    for move in range(moves):
        if move % BETWEEN_LOOKS == 0:
            gone = 1 - clock.left / limit
        if not network.people.any() or gone >= 1:
            break
        heat = price * HEAT[0] * (HEAT[1] / HEAT[0]) ** max(move / moves, gone)  # cold in time
        network.try_another_way(heat, rng)
        if seen is not None and move % (moves // SEEN + 1) == 0 and network.cost < best + NEAR * price:
            seen.append(network.people.astype(np.int16))
        if network.cost < best - 1e-9:
            best, people = network.cost, network.people
    found = values.copy()
    found[program.of_kind(SHIFT)] = people
    found = program.settled(found)
    better = program.holds(found) and program.objective(found) < program.objective(values) - 1e-9
    return found if better else values


def fits(program: Program) -> bool:
    """Whether all is shifts, slack and one flag for each shift."""
    shifts, flags = program.number[program.of_kind(SHIFT)], program.number[program.of_kind(FLAG)]
    known = np.isin(program.kind, (SHIFT, FLAG, SHORT, PART, SURPLUS)).all()
    return bool(known and len(shifts) and np.array_equal(shifts, flags))


def _network(program: Program, candidates: Candidates, values: Floats) -> Network:
    axis = candidates.axis
    columns = np.flatnonzero(program.of_kind(SHIFT))
    numbers = program.number[columns]
    begins = candidates.starts[numbers]
    ends = begins + np.array([candidates.shifts[s].length for s in numbers])
    nodes = axis.slots if axis.cyclic else axis.slots + 1
    slots = np.arange(axis.slots)
    if axis.cyclic:
        spans = [np.arange(a, b) % nodes for a, b in zip(begins, ends, strict=True)]
        begins, ends = begins % nodes, ends % nodes
    else:
        ends = np.minimum(ends, axis.slots)
        spans = [np.arange(a, b) for a, b in zip(begins, ends, strict=True)]
    people = np.rint(values[columns]).astype(np.int64)
    cover = np.zeros(axis.slots, dtype=np.int64)
    for span, number in zip(spans, people, strict=True):
        cover[span] += number
    after = (slots + 1) % nodes
    tail = np.concatenate([begins, ends, slots, after, [0]])
    head = np.concatenate([ends, begins, after, slots, [0]])
    sides = sides_of(program, columns)
    longest = max(len(span) for span in spans)
    reach = round(REACH / axis.step)
    if axis.cyclic:  # no arc leaps over what is left out, or a path could go round the cycle the wrong way
        reach = min(reach, max((nodes - 2 * longest) // 2, 1))
    near = begins[:, None] + np.arange(-reach, longest + reach + 1)
    near = near % nodes if axis.cyclic else np.clip(near, 0, nodes - 1)
    network = Network(
        tail=tail,
        head=head,
        into=_into(head[:-1], nodes),
        paid=program.cost[columns],
        fixed=program.cost[program.of_kind(FLAG)],
        spans=spans,
        slack=_slack(program, axis.slots, cover),
        sides=program.matrix[:, columns].tocsr()[sides].toarray(),
        low=program.low[sides],
        high=program.high[sides],
        near=near,
        people=people,
        cover=cover,
    )
    network.cost = network.priced()
    return network


def _into(head: Ints, nodes: int) -> Ints:
    """Arcs by the node where they end, padded with the arc after the last."""
    order = np.argsort(head, kind="stable")
    count = np.bincount(head, minlength=nodes)
    into = np.full((nodes, int(count.max())), len(head))
    into[np.repeat(np.arange(nodes), count), np.concatenate([np.arange(n) for n in count])] = order
    return into


def sides_of(program: Program, columns: Ints) -> Ints:
    """Rows of shifts and nothing else."""
    others = np.ones(len(program.cost))
    others[columns] = 0.0
    return np.flatnonzero(abs(program.matrix) @ others == 0)


def _slack(program: Program, slots: int, cover: Ints) -> Floats:
    """Cost of every slot by the people on duty; slots without a row cost nothing."""
    need = np.zeros(slots)
    columns = {kind: np.flatnonzero(program.of_kind(kind)) for kind in (SHORT, PART, SURPLUS)}
    for kind in (SHORT, SURPLUS):
        own = program.matrix[:, columns[kind]].sorted_indices()
        need[program.number[columns[kind]]] = program.low[own.indices[own.indptr[:-1]]]
    on_duty = np.arange(2 * int(max(need.max(), cover.max(), 1)) + 1)
    missing = np.maximum(need[:, None] - on_duty, 0.0)
    cost = np.zeros(missing.shape)
    for kind, amount in ((PART, missing), (SHORT, missing), (SURPLUS, np.maximum(on_duty - need[:, None], 0.0))):
        number = program.number[columns[kind]]
        taken = np.minimum(amount[number], program.upper[columns[kind]][:, None])
        cost[number] += program.cost[columns[kind]][:, None] * taken
        if kind == PART:
            missing[number] -= taken
        elif kind == SURPLUS:
            cost[number] += NEVER * (amount[number] > taken)
    return cost
