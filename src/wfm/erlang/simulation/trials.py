"""Steady service of several queues for one crew after the other, all meeting the same contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.simulation.crew import Counts
from wfm.erlang.simulation.groups import AgentGroup, ladder
from wfm.erlang.simulation.pools import Centre, Contacts, centre_of, simulated
from wfm.erlang.simulation.results import ratio
from wfm.queues import Pool, Queue

_WARM = 1  # of `_PARTS` parts of a replication are left out: it begins with an empty centre
_PARTS = 5
_SURE = 4.0  # standard errors of five replications beyond which a crew is given up
_SETTLED = 5.0  # handle times that the warm part lasts at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a crew gives, by queue: service level, abandon rate and asa, each with its standard error."""

    service_level: Array
    service_level_error: Array
    abandon_rate: Array
    abandon_rate_error: Array
    asa: Array
    asa_error: Array

    def only(self, q: int) -> Service:
        """That of one queue."""
        return Service(**{name: getattr(self, name)[q : q + 1] for name in Service.__slots__})

    def with_luck(self, errors: float) -> Service:
        """What it might be, so many standard errors better."""
        return replace(
            self,
            service_level=self.service_level + errors * self.service_level_error,
            abandon_rate=self.abandon_rate - errors * self.abandon_rate_error,
            asa=self.asa - errors * self.asa_error,
        )

    def shortfall(self, queues: Sequence[Queue]) -> float:
        """How much is missing to the targets, 0 where all are kept."""
        missing = 0.0
        for q, queue in enumerate(queues):
            target = queue.target
            if target is None:
                continue
            missing += max(0.0, target.share - float(self.service_level[q]))
            if target.max_abandon is not None:
                missing += max(0.0, float(self.abandon_rate[q]) - target.max_abandon)
            if target.max_asa is not None:
                missing += max(0.0, float(self.asa[q]) / target.max_asa - 1)
        return missing


class Trials:
    """Crews tried at constant rates; a crew is simulated once."""

    def __init__(
        self,
        rates: Array,
        *,
        queues: Sequence[Queue],
        groups: Sequence[AgentGroup],
        pool: Pool | None,
        contacts: int,
        seed: int,
    ) -> None:
        slowest = max(max(ladder(queue).aht) for queue in queues)
        total = float(rates.sum())
        counted = 1 - _WARM / _PARTS
        length = max(contacts / (20 * counted) / total, _PARTS * _SETTLED * slowest)
        replications = int(np.clip(contacts / (total * length * counted), 8, 20))
        width = length / _PARTS
        self.centre = centre_of(
            {queue.name: np.full(_PARTS, rate * width) for queue, rate in zip(queues, rates, strict=True)},
            {group.name: 0 for group in groups},
            queues=queues,
            groups=groups,
            pool=pool,
            interval=width,
            handle=None,
            patience=None,
            unplanned=0.0,
            replications=replications,
            seed=seed,
        )
        self.drawn: list[Contacts] = [self.centre.drawn(r) for r in range(replications)]
        self.seen: dict[tuple[int, ...], Service] = {}
        self.queues = queues

    def service(self, agents: tuple[int, ...]) -> Service:
        """Service of a crew, agents by group."""
        if agents not in self.seen:
            self.seen[agents] = self._simulated(agents, self.drawn)
        return self.seen[agents]

    def keeps(self, agents: tuple[int, ...]) -> bool:
        """Whether a crew keeps every target; one that fails by far is known by a quarter of the contacts."""
        if agents not in self.seen and len(self.drawn) >= 16:
            first = self._simulated(agents, self.drawn[: len(self.drawn) // 4])
            if first.with_luck(_SURE).shortfall(self.queues) > 0:
                return False
        return self.shortfall(agents) == 0

    def shortfall(self, agents: tuple[int, ...]) -> float:
        """What a crew misses of the targets."""
        return self.service(agents).shortfall(self.queues)

    def _simulated(self, agents: tuple[int, ...], drawn: list[Contacts]) -> Service:
        grid = self.centre.grid
        crews = tuple(Counts(grid=grid, agents=np.full((1, grid.count), n)) for n in agents)
        centre: Centre = replace(self.centre, crews=crews)
        found = simulated(centre, drawn)[0]
        parts = [
            (
                *ratio(*(x[:, _WARM:].sum(axis=1, keepdims=True) for x in (s.met, s.base)), empty=1.0, share=True),
                *ratio(*(x[:, _WARM:].sum(axis=1, keepdims=True) for x in (s.abandoned, s.offered)), share=True),
                *ratio(*(x[:, _WARM:].sum(axis=1, keepdims=True) for x in (s.wait, s.answered))),
            )
            for s in found
        ]
        names = Service.__slots__
        return Service(**{name: np.array([row[k][0] for row in parts]) for k, name in enumerate(names)})
