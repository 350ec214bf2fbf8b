"""Whom a person counts as, and what share of the people who are rostered can work."""

from __future__ import annotations

import pandas as pd

from wfm.evaluation.presence import CountsAs
from wfm.plan.inputs import Inputs
from wfm.plan.need import Need


def counts_as(inputs: Inputs) -> CountsAs:
    """Share of an agent that each person counts as, and the day from which a trainee is a whole one."""
    if inputs.people is None:
        return {}
    shares, whole_from = inputs.people.counts_as, inputs.people.grown_from
    return {**shares, **{agent: (shares[agent], day) for agent, day in whole_from.items()}}


def capacity_of(inputs: Inputs, need: Need) -> pd.DataFrame | None:
    """Share of the agents able to work in each interval, where an event takes capacity away."""
    tables = []
    for event in inputs.week.events:
        if event.capacity == 1.0 or event.end is None:
            continue
        inside = need.requirement[(need.requirement["start"] < event.end) & (need.requirement["end"] > event.start)]
        mine = inside[inside["queue"].map(event.acts_on)]
        tables.append(mine[["queue", "start"]].assign(capacity=event.capacity))
    if "unplanned" in need.requirement:  # more or fewer stay away than usual, by the planner's word
        usual = need.requirement["queue"].map({name: queue.shrinkage.unplanned for name, queue in need.queues.items()})
        come = (1 - need.requirement["unplanned"]) / (1 - usual.astype(float))
        tables.append(need.requirement[["queue", "start"]].assign(capacity=come))
    if not tables:
        return None
    return pd.concat(tables).groupby(["queue", "start"])["capacity"].prod().reset_index()
