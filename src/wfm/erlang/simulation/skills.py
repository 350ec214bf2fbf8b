"""Several queues and groups of agents, event by event.

Contacts wait in one line a queue, first come first served; those whose patience has ended are dropped when they come to
the head of the line. Agents of a group are alike: those with nothing in hand stand in the group's line in the order in
which they became idle, those with room for more contacts of the queue they work on in a line by group, queue and number
of contacts in hand. Contacts, queues, groups, agents and lines are numbers, and -1 is nobody.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from heapq import heappop, heappush

from wfm.erlang.simulation.groups import Rules

_NEVER = math.inf


class Floor:
    """One replication as it happens.

    Attributes
    ----------
    wait, end, agent : list         Of each contact: wait and end [s], infinite where it was not answered; agent or -1.
    spells : list                   (agent, from, to) of each spell without an idle moment [s].
    group, leaves : list            Of each agent who came: group, and when it had to leave (infinite: never).
    """

    __slots__ = (
        "after",
        "agent",
        "arrival",
        "before",
        "busy",
        "end",
        "events",
        "first",
        "group",
        "hand",
        "head",
        "held",
        "last",
        "leaves",
        "left",
        "patience",
        "queue",
        "rules",
        "since",
        "spells",
        "stamp",
        "standing",
        "wait",
        "waiting",
        "work",
        "working",
    )

    def __init__(
        self,
        arrival: list[float],
        queue: list[int],
        work: list[float],
        patience: list[float],
        rules: Rules,
    ) -> None:
        self.arrival, self.queue, self.work, self.patience, self.rules = arrival, queue, work, patience, rules
        contacts, queues = len(arrival), len(rules.priority)
        self.waiting: list[list[int]] = [[] for _ in range(queues)]  # contacts of each queue by arrival
        self.head = [0] * queues  # place of the first of them who may still wait
        self.wait, self.end, self.agent = [_NEVER] * contacts, [_NEVER] * contacts, [-1] * contacts
        self.spells: list[tuple[int, float, float]] = []
        self.events: list[tuple[float, int, int]] = []  # completions: moment, agent, stamp
        self.group: list[int] = []
        self.leaves: list[float] = []
        self.hand: list[int] = []  # contacts in hand
        self.working: list[int] = []  # queue worked on
        self.since: list[float] = []  # idle, or at the present speed, since
        self.busy: list[float] = []  # without an idle moment since, or -1
        self.stamp: list[int] = []  # of the completion that counts
        self.held: list[list[int]] = []  # the contacts in hand
        self.left: list[list[float]] = []  # work left of each of them
        self.standing: list[int] = []  # line in which the agent stands
        self.before: list[int] = []
        self.after: list[int] = []
        lines = rules.groups_in_all * (1 + queues * (rules.most - 1))
        self.first, self.last = [-1] * lines, [-1] * lines

    def replay(self, changes: Sequence[tuple[float, int, int]]) -> Floor:
        """All contacts, completions and changes of the crew (moment, group, agents more or fewer) in order of time."""
        steps = iter([*changes, (_NEVER, 0, 0)])
        change, group, by = next(steps)
        events, finish = self.events, self.finish
        for i, now in enumerate([*self.arrival, _NEVER]):
            while True:
                end = events[0][0] if events else _NEVER
                if end <= now and end <= change and end < _NEVER:
                    finish(*heappop(events))
                elif change <= now and change < _NEVER:
                    self.staff(change, group, by)
                    change, group, by = next(steps)
                else:
                    break
            if now < _NEVER:
                self.arrive(i, now)
        return self

    def arrive(self, i: int, now: float) -> None:
        """A contact goes to an agent or waits."""
        q = self.queue[i]
        line = self.waiting[q]
        line.append(i)
        if self.head[q] == len(line) - 1 or self.longest_waiting(q, now) == i:
            agent = self.agent_for(q, now)
            if agent >= 0:
                self.head[q] += 1
                self.begin(agent, i, now)

    def longest_waiting(self, q: int, now: float) -> int:
        """First contact of a queue whose patience lasts."""
        line, head = self.waiting[q], self.head[q]
        while head < len(line):
            i = line[head]
            if self.arrival[i] + self.patience[i] >= now:
                self.head[q] = head
                return i
            head += 1
        self.head[q] = head
        return -1

    def agent_for(self, q: int, now: float) -> int:
        """Agent for a contact: fewest contacts in hand, then lowest rank of the group, then longest in line."""
        rules, first = self.rules, self.first
        best, best_rank = -1, 0
        for rank, g in rules.serving[q]:
            if best >= 0 and rank > best_rank:
                break
            agent = first[g]
            if agent >= 0 and (best < 0 or self.since[agent] < self.since[best]):
                best, best_rank = agent, rank
        if best >= 0 or rules.room[q] == 1:
            return best
        for held in range(1, rules.room[q]):
            for rank, g in rules.serving[q]:
                if best >= 0 and rank > best_rank:
                    break
                agent = first[rules.line_of(g, q, held)]
                nearer = agent >= 0 and (best < 0 or self.since[agent] < self.since[best])
                if nearer and not self.more_urgent(g, q, now):
                    best, best_rank = agent, rank
            if best >= 0:
                break
        return best

    def more_urgent(self, g: int, q: int, now: float) -> bool:
        """Whether a contact of higher priority than queue q waits for the group."""
        for priority, other in self.rules.skilled[g]:
            if priority >= self.rules.priority[q]:
                return False
            if self.longest_waiting(other, now) >= 0:
                return True
        return False

    def contact_for(self, agent: int, now: float) -> int:
        """Contact for an agent: highest priority, then oldest; of the queue worked on while some are in hand."""
        g = self.group[agent]
        if self.hand[agent]:
            q = self.working[agent]
            i = self.longest_waiting(q, now)
            return -1 if i < 0 or self.more_urgent(g, q, now) else i
        best, best_priority = -1, 0
        for priority, q in self.rules.skilled[g]:
            if best >= 0 and priority > best_priority:
                break
            if self.head[q] < len(self.waiting[q]):
                i = self.longest_waiting(q, now)
                if i >= 0 and (best < 0 or i < best):  # contacts are numbered by arrival
                    best, best_priority = i, priority
        return best

    def begin(self, agent: int, i: int, now: float) -> None:
        """The agent takes a contact in hand."""
        q = self.queue[i]
        self.wait[i], self.agent[i] = now - self.arrival[i], agent
        if self.standing[agent] >= 0:
            self.leave_line(agent)
        if not self.hand[agent]:
            self.working[agent] = q
            if self.busy[agent] < 0:
                self.busy[agent] = now
        if self.rules.room[q] == 1:
            self.hand[agent] = 1
            self.held[agent] = [i]
            heappush(self.events, (now + self.work[i], agent, self.stamp[agent]))
            return
        self.work_on(agent, now)
        self.held[agent].append(i)
        self.left[agent].append(self.work[i])
        self.hand[agent] += 1
        self.next_completion(agent, now)
        if self.hand[agent] < self.rules.room[q]:
            self.stand_in_line(agent, self.rules.line_of(self.group[agent], q, self.hand[agent]))

    def finish(self, now: float, agent: int, stamp: int) -> None:
        """An agent finishes a contact and looks for the next."""
        if stamp != self.stamp[agent]:
            return
        held = self.held[agent]
        if self.rules.room[self.working[agent]] == 1:
            self.hand[agent] = 0
            self.end[held.pop()] = now
        else:
            self.work_on(agent, now)
            left = self.left[agent]
            place = left.index(min(left))
            left.pop(place)
            self.end[held.pop(place)] = now
            self.hand[agent] -= 1
            if self.standing[agent] >= 0:
                self.leave_line(agent)
            if held:
                self.next_completion(agent, now)
        if self.leaves[agent] == _NEVER:
            self.look(agent, now)
        if not self.hand[agent]:
            self.spells.append((agent, self.busy[agent], now))
            self.busy[agent] = -1.0

    def look(self, agent: int, now: float) -> None:
        """The agent takes what waits while there is room, else stands in line."""
        rules = self.rules
        while (i := self.contact_for(agent, now)) >= 0:
            q = self.queue[i]
            self.head[q] += 1
            self.begin(agent, i, now)
            if self.hand[agent] >= rules.room[q]:
                return
        if self.standing[agent] >= 0:
            return
        g, held = self.group[agent], self.hand[agent]
        if not held:
            self.since[agent] = now
        self.stand_in_line(agent, rules.line_of(g, self.working[agent], held) if held else g)

    def staff(self, now: float, g: int, by: int) -> None:
        """Agents come; or go: the idle first, then busy ones by lot, who finish what is in hand."""
        for _ in range(by):
            self.come(g)
            self.look(len(self.group) - 1, now)
        while by < 0 and self.first[g] >= 0:
            self.leaves[self.first[g]] = now
            self.leave_line(self.first[g])
            by += 1
        for agent in range(len(self.group)):
            if by < 0 and self.group[agent] == g and self.leaves[agent] == _NEVER:
                self.leaves[agent] = now
                if self.standing[agent] >= 0:
                    self.leave_line(agent)
                by += 1

    def come(self, g: int) -> None:
        """A new agent."""
        for numbers, number in (
            (self.group, g),
            (self.hand, 0),
            (self.working, 0),
            (self.stamp, 0),
            (self.standing, -1),
            (self.before, -1),
            (self.after, -1),
        ):
            numbers.append(number)
        for moments, moment in ((self.leaves, _NEVER), (self.since, 0.0), (self.busy, -1.0)):
            moments.append(moment)
        self.held.append([])
        self.left.append([])

    def work_on(self, agent: int, now: float) -> None:
        """Take the work done since the last change of speed off the contacts in hand."""
        held = self.hand[agent]
        if held:
            done = (now - self.since[agent]) * self.rules.speed[self.working[agent]][held - 1]
            self.left[agent] = [left - done for left in self.left[agent]]
        self.since[agent] = now

    def next_completion(self, agent: int, now: float) -> None:
        """Note when the first of the contacts in hand will be finished at the present speed."""
        speed = self.rules.speed[self.working[agent]][self.hand[agent] - 1]
        self.stamp[agent] += 1
        heappush(self.events, (now + max(min(self.left[agent]), 0.0) / speed, agent, self.stamp[agent]))

    def stand_in_line(self, agent: int, line: int) -> None:
        """Last in a line of agents."""
        last = self.last[line]
        self.standing[agent], self.after[agent], self.before[agent] = line, -1, last
        if last >= 0:
            self.after[last] = agent
        else:
            self.first[line] = agent
        self.last[line] = agent

    def leave_line(self, agent: int) -> None:
        """Out of the line of agents."""
        line, after, before = self.standing[agent], self.after[agent], self.before[agent]
        if before >= 0:
            self.after[before] = after
        else:
            self.first[line] = after
        if after >= 0:
            self.before[after] = before
        else:
            self.last[line] = before
        self.standing[agent] = -1
