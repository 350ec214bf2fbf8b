"""Where the hours go: from paid to contacts, and from load to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wfm.queues import Queue

if TYPE_CHECKING:
    from wfm.plan import WeekPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A bar of a waterfall: it runs from `begin` to `begin + amount` (downwards where negative).

    `name` is a key of the report's texts; `total` marks bars that stand on the ground.
    """

    name: str
    begin: float
    amount: float
    total: bool = False


def hours_waterfall(plan: WeekPlan) -> list[Step]:
    """Paid hours, what leave, breaks and absence take, hours on contacts, hours needed, and the gap."""
    figures = plan.figures
    need = figures.get("need_hours", _agent_hours(plan.requirement))
    if figures.get("have_hours") is None:
        return [Step(name="need", begin=0.0, amount=float(need), total=True)]
    steps = [Step(name="paid", begin=0.0, amount=figures["paid_hours"], total=True)]
    level = figures["paid_hours"]
    for name, key in (("placed", "placed_hours"), ("breaks", "break_hours"), ("absence", "absent_hours")):
        steps.append(Step(name=name, begin=level, amount=-figures[key]))
        level -= figures[key]
    steps += [
        Step(name="have", begin=0.0, amount=figures["have_hours"], total=True),
        Step(name="need", begin=0.0, amount=float(need), total=True),
    ]
    gap = figures["have_hours"] - need
    return [*steps, Step(name="gap_short" if gap < 0 else "gap_spare", begin=float(need), amount=float(gap))]


def busiest(plan: WeekPlan) -> pd.Series | None:
    """The row of the requirement that asks for the most agents; live queues first."""
    table = plan.requirement
    live = table[table["queue"].isin([name for name, queue in plan.queues.items() if queue.live])]
    rows = live if len(live) else table
    return rows.iloc[int(rows["agents"].to_numpy(dtype=float).argmax())] if len(rows) else None


def need_explained(plan: WeekPlan) -> list[Step]:
    """The busiest interval of a live queue: load + randomness - hang-ups + doubt = agents, + absence = rostered.

    Randomness is what the Erlang C formula adds for the queue's target in this interval alone, hang-ups what Erlang A
    takes away again; what is left to the agents asked for is doubt of the forecast, levelling over the scope and
    rounding.
    """
    row = busiest(plan)
    if row is None or "load" not in plan.requirement or not np.isfinite(row["load"]):
        return []
    load, agents = float(row["load"]), float(row["agents"])
    steps, level = [Step(name="load", begin=0.0, amount=load, total=True)], load
    for name, reached in _formulas(plan.queues[str(row["queue"])], row, load):
        steps.append(Step(name=name, begin=level, amount=reached - level))
        level = reached
    steps += [
        Step(name="doubt", begin=level, amount=agents - level),
        Step(name="agents", begin=0.0, amount=agents, total=True),
    ]
    if "rostered" in row.index and np.isfinite(row["rostered"]):
        rostered = float(row["rostered"])
        steps += [
            Step(name="unplanned", begin=agents, amount=rostered - agents),
            Step(name="rostered", begin=0.0, amount=rostered, total=True),
        ]
    return steps


def _formulas(queue: Queue, row: pd.Series, load: float) -> list[tuple[str, float]]:
    from wfm.erlang import erlang_a, erlang_c

    target = queue.target
    if target is None or queue.concurrency > 1 or "aht" not in row.index or not row["aht"] > 0:
        return []
    aht = float(row["aht"])
    patient = float(erlang_c.agents_for(load, aht=aht, within=target.within, share=target.share))
    if queue.patience is None or not np.isfinite(queue.patience):
        return [("randomness", patient)]
    leaving = float(
        erlang_a.agents_for(
            load,
            aht=aht,
            patience=queue.patience,
            within=target.within,
            share=target.share,
            abandoned=target.abandoned,
            short=target.short,
            max_abandon=target.max_abandon,
        )
    )
    return [("randomness", patient), ("hang_ups", leaving)]


def _agent_hours(requirement: pd.DataFrame) -> float:
    return float((requirement["agents"] * (requirement["end"] - requirement["start"]).dt.total_seconds() / 3600).sum())
