"""Bounds of a crew by formula: agents that queues need if they are one, and if they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from wfm.erlang.formulas import erlang_a
from wfm.erlang.formulas.arguments import Array
from wfm.erlang.simulation.groups import AgentGroup, ladder
from wfm.queues import Queue

_SUBSETS = 4  # queues of which all subsets are bounded; of more queues only single ones, pairs and all together

Crew = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Agents that some queues would need if they were one, and the groups that serve any of them."""

    agents: tuple[int, ...]
    serving: tuple[frozenset[int], ...]

    @classmethod
    def of(cls, rates: Array, queues: Sequence[Queue], groups: Sequence[AgentGroup]) -> Needs:
        """Of every queue and of sets of them."""
        subsets = _subsets(len(queues))
        names = [{queues[q].name for q in members} for members in subsets]
        return cls(
            agents=tuple(pooled(rates, queues, members) for members in subsets),
            serving=tuple(
                frozenset(g for g, group in enumerate(groups) if chosen & set(group.skills)) for chosen in names
            ),
        )

    def lacks(self, crew: Crew) -> list[int]:
        """Agents that are missing for each set of queues."""
        return [need - sum(crew[g] for g in able) for need, able in zip(self.agents, self.serving, strict=True)]

    def lack(self, crew: Crew) -> int:
        """The largest of them."""
        return max(self.lacks(crew))

    def covered(self, crew: Crew, groups: Sequence[AgentGroup]) -> Crew:
        """The crew with agents added, each time the one who helps most sets for the money, until none lacks any."""
        while max(lacks := self.lacks(crew)) > 0:
            helped = [
                sum(lack > 0 and g in able for lack, able in zip(lacks, self.serving, strict=True)) / group.cost
                for g, group in enumerate(groups)
            ]
            crew = changed(crew, int(np.argmax(helped)), 1)
        return crew


def changed(crew: Crew, g: int, more: int) -> Crew:
    """The crew with more, or fewer, agents of a group."""
    return (*crew[:g], crew[g] + more, *crew[g + 1 :])


def cost(crew: Crew, groups: Sequence[AgentGroup]) -> float:
    """Cost of all agents."""
    return float(sum(n * group.cost for n, group in zip(crew, groups, strict=True)))


def _subsets(count: int) -> list[tuple[int, ...]]:
    everything = tuple(range(count))
    sizes = range(1, count + 1) if count <= _SUBSETS else (1, 2)
    found = [members for size in sizes for members in combinations(everything, size)]
    return found if everything in found else [*found, everything]


def pooled(rates: Array, queues: Sequence[Queue], members: Sequence[int]) -> int:
    """Agents for some queues if they were one: all loads, the mean share, the longest wait, the mean patience."""
    rate = np.array([rates[q] for q in members])
    if rate.sum() == 0:
        return 0
    weight = rate / rate.sum()
    targets = [target for q in members if (target := queues[q].target) is not None]
    # with several contacts in hand an agent spends aht / contacts on each
    effort = np.array([step.aht[-1] / step.most for step in (ladder(queues[q]) for q in members)])
    patience = np.array([p if (p := queues[q].patience) is not None else 300.0 for q in members])
    strictest = {t.abandoned for t in targets}
    aht = float(weight @ effort)
    return int(
        np.asarray(
            erlang_a.agents_for(
                float(rate.sum()) * aht,
                aht=aht,
                patience=float(weight @ patience),
                within=max(t.within for t in targets),
                share=float(weight @ np.array([t.share for t in targets])),
                abandoned=strictest.pop() if len(strictest) == 1 else "lost",
            )
        )
    )


def separate_crew(rates: Array, queues: Sequence[Queue], groups: Sequence[AgentGroup]) -> Crew:
    """Agents if each queue had its own, from the cheapest group that serves it."""
    crew: Crew = (0,) * len(groups)
    for q, queue in enumerate(queues):
        able = [g for g, group in enumerate(groups) if queue.name in group.skills]
        g = min(able, key=lambda g: (groups[g].cost, len(groups[g].skills)))
        crew = changed(crew, g, pooled(rates, queues, [q]))
    return crew
