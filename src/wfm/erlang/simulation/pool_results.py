"""Tables of a simulation of several queues and groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wfm.erlang.formulas.arguments import Array
from wfm.erlang.simulation.results import Sums, ratio, simulation_of

if TYPE_CHECKING:
    from wfm.erlang.simulation.pools import Centre

_BY_GROUP_ONLY = ["agents", "agent_hours", "occupancy", "occupancy_error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSimulation:
    """Service of each queue and work of each group over replications.

    Attributes
    ----------
    intervals : table       One row a queue and interval: offered, service_level, abandon_rate, asa [s], queue_length,
                            each mean with its standard error as `..._error`.
    replications : table    One row a queue and replication, with longest_wait, shortest_wait, wait_q95 [s].
    total : table           One row a queue, weighted by contacts.
    groups : table          One row a group and interval: agents, occupancy and its error.
    """

    intervals: pd.DataFrame
    replications: pd.DataFrame
    total: pd.DataFrame
    groups: pd.DataFrame


def pool_tables(centre: Centre, sums: list[Sums], busy: Array) -> PoolSimulation:
    """The tables of all queues and groups."""
    nobody = np.zeros((1, centre.grid.count))
    found = {q.name: simulation_of(s, nobody, centre.grid) for q, s in zip(centre.queues, sums, strict=True)}

    def stacked(name: str) -> pd.DataFrame:
        tables = [getattr(simulation, name).assign(queue=queue) for queue, simulation in found.items()]
        table: pd.DataFrame = pd.concat(tables, ignore_index=True).drop(columns=_BY_GROUP_ONLY, errors="ignore")
        return table.reindex(columns=["queue", *table.columns.drop("queue")])

    return PoolSimulation(
        intervals=stacked("intervals"),
        replications=stacked("replications"),
        total=stacked("total"),
        groups=_groups(centre, busy),
    )


def _groups(centre: Centre, busy: Array) -> pd.DataFrame:
    rows = []
    for g, group in enumerate(centre.groups):
        staffed = np.broadcast_to(centre.crews[g].staffed(), busy[:, g].shape)
        occupancy, error = ratio(busy[:, g], staffed)
        rows.append(
            pd.DataFrame(
                {
                    "group": group.name,
                    **centre.grid.columns(),
                    "agents": staffed.mean(axis=0) / centre.grid.width,
                    "occupancy": occupancy,
                    "occupancy_error": error,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
