"""What the people there are should aim at: the whole requirement, or the best service that their hours can buy.

Where hours are short, covering a requirement for the full promise hour by hour would leave some hours empty and others
rich. The service curves tell better: the requirement of the highest confidence, then of the highest share, that the
hours allow spreads what is missing to where it hurts least.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from wfm.plan.demand import Outlook
from wfm.plan.inputs import Inputs
from wfm.plan.need import Need, hours_of, live_requirement
from wfm.schedule import Contract

FIT = 0.97  # of the hours there are: shifts never match a curve exactly
LEAST_SHARE = 0.30
STEPS = 6


def aim(inputs: Inputs, outlook: Outlook, need: Need) -> pd.DataFrame:
    """The requirement that the roster is made for; the full one where there are people enough."""
    if inputs.people is None:
        return need.requirement
    room = FIT * hours_there_are(inputs, need) - _fixed_hours(inputs, need)
    live = {name: queue for name, queue in need.queues.items() if queue.live and name not in inputs.requirements}
    if not live or hours_of(need.requirement[need.requirement["queue"].isin(list(live))]) <= room:
        return need.requirement
    low, high, best = LEAST_SHARE, 1.0, None
    for _ in range(STEPS):
        middle = (low + high) / 2
        tables = [_at(name, middle, inputs, outlook, need) for name in live]
        if sum(hours_of(table) for table in tables) <= room:
            low, best = middle, tables
        else:
            high = middle
    tables = best or [_at(name, LEAST_SHARE, inputs, outlook, need) for name in live]
    return _replaced(need.requirement, pd.concat(tables, ignore_index=True))


def hours_there_are(inputs: Inputs, need: Need) -> float:
    """Agent-hours on contacts that the people's contracts hold, less what is placed, breaks and unplanned absence."""
    assert inputs.people is not None
    people, week = inputs.people, inputs.week
    away, weights = _away(inputs), people.counts_as
    total = 0.0
    for agent, contract in people.contract_of.items():
        paid = max(0.0, _contract_hours(contract, inputs) * week.days / 7 - away.get(agent, 0.0))
        total += paid * weights[agent] * _on_contacts(contract, inputs)
    absent = max((queue.shrinkage.unplanned for queue in need.queues.values()), default=0.0)
    return total * (1 - absent)


def _contract_hours(contract: Contract, inputs: Inputs) -> float:
    if contract.hours_per_week is not None:
        return contract.hours_per_week[1]
    days = contract.days_per_week[1] if contract.days_per_week is not None else 5
    shifts = _shifts(contract, inputs)
    return days * max((shift.paid_seconds for shift in shifts), default=0.0) / 3600


def _away(inputs: Inputs) -> dict[str, float]:
    """Paid hours of placed absence inside the plan, by agent; a whole day counts as a day of the contract."""
    people, week = inputs.people, inputs.week
    if people is None or people.availability is None or people.availability.empty:
        return {}
    rows = people.availability[people.availability["kind"].isin(["leave", "training", "meeting"])]
    begin = rows["start"].where(rows["start"] > week.start, week.start)
    end = rows["end"].where(rows["end"] < week.end, week.end)
    hours = ((end - begin).dt.total_seconds() / 3600).clip(lower=0)
    contracts = people.contract_of
    day = rows["agent"].map({agent: _day_hours(contract, inputs) for agent, contract in contracts.items()})
    whole = (hours // 24).clip(upper=5)
    rest = (hours % 24).where(hours < 24 * 6, 0.0)
    sums = (whole * day + np.minimum(rest, day)).groupby(rows["agent"]).sum()
    return {str(agent): float(value) for agent, value in sums.items()}


def _day_hours(contract: Contract, inputs: Inputs) -> float:
    return _contract_hours(contract, inputs) / (contract.days_per_week[1] if contract.days_per_week else 5)


def _on_contacts(contract: Contract, inputs: Inputs) -> float:
    """Share of paid time that is not spent on paid breaks."""
    shifts = _shifts(contract, inputs)
    paid = sum(shift.paid_seconds for shift in shifts)
    breaks = sum(pause.length for shift in shifts for pause in shift.breaks if pause.paid)
    return 1 - breaks / paid if paid else 0.0


def _shifts(contract: Contract, inputs: Inputs) -> list:  # type: ignore[type-arg]
    return [shift for shift in inputs.week.shift_types if not contract.shifts or shift.name in contract.shifts]


def _fixed_hours(inputs: Inputs, need: Need) -> float:
    """Hours of what does not give way: deferred work, and requirements that were handed in."""
    fixed = [name for name, queue in need.queues.items() if not queue.live or name in inputs.requirements]
    return hours_of(need.requirement[need.requirement["queue"].isin(fixed)])


def _at(name: str, part: float, inputs: Inputs, outlook: Outlook, need: Need) -> pd.DataFrame:
    """Requirement of a queue at a part of its share, for the mean forecast; abandonment gives way as well."""
    queue = need.queues[name]
    assert queue.target is not None
    share = queue.target.share * part
    target = replace(
        queue.target,
        share=share,
        floor=min(queue.target.least, share) * part,
        max_abandon=None,
        max_asa=None,
        wait_quantile=None,
    )
    return live_requirement(replace(queue, target=target), outlook, inputs, None)


def _replaced(requirement: pd.DataFrame, lower: pd.DataFrame) -> pd.DataFrame:
    """The requirement with the agents of the live queues lowered; never above what it was."""
    joined = requirement.merge(
        lower[["queue", "start", "agents"]], on=["queue", "start"], how="left", suffixes=("", "_aim")
    )
    agents = joined["agents_aim"].fillna(joined["agents"]).clip(upper=joined["agents"])
    ratio = (joined["rostered"] / joined["agents"]).where(joined["agents"] > 0, 1.0)
    return requirement.assign(agents=agents.to_numpy(), rostered=(agents * ratio).to_numpy())
