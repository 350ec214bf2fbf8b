"""Ways out of a broken promise: overtime and more people, each re-solved and re-checked."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from wfm.evaluation import Evaluation
from wfm.plan.aim import aim
from wfm.plan.costs import labour_cost
from wfm.plan.demand import Outlook
from wfm.plan.inputs import Inputs
from wfm.plan.need import Need
from wfm.plan.people_step import roster_for
from wfm.schedule import Contract, People, Roster

OVERTIME_DAYS = 1
OVERTIME_HOURS = 9.0
MOST_HIRES = 0.25  # of the people there are
COLUMNS = [
    "way",
    "hours",
    "people",
    "cost",
    "service_level",
    "probability",
    "promises_kept",
    "promises",
    "kept",
    "hard_rules_broken",
]
Judge = Callable[[Roster, Inputs], Evaluation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A way that was re-solved."""

    way: str
    hours: float
    people: int
    roster: Roster
    evaluation: Evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class Plight:
    """A plan whose promise is broken, and how it is re-solved and judged."""

    inputs: Inputs
    outlook: Outlook
    need: Need
    roster: Roster
    judge: Judge
    time_limit: float

    def solved(self, inputs: Inputs) -> Roster:
        """The roster of changed people, started from the one there is."""
        assert inputs.people is not None
        return roster_for(
            aim(inputs, self.outlook, self.need),
            inputs.people,
            inputs,
            time_limit=self.time_limit,
            start_from=self.roster.table,
        )


def ways_out(plight: Plight, evaluation: Evaluation) -> pd.DataFrame:
    """What would mend the plan: way, extra paid hours, extra people, expected service and chance afterwards."""
    if plight.inputs.people is None or all_kept(evaluation, plight.need):
        return pd.DataFrame(columns=COLUMNS)
    longer = overtime(plight)
    found = [longer] if longer.hours >= 1 else []
    found.append(more_people(plight, _hires(plight)))
    return pd.DataFrame([_row(attempt, plight) for attempt in found], columns=COLUMNS).sort_values(
        "cost", kind="stable", ignore_index=True
    )


def overtime(plight: Plight) -> Attempt:
    """Everybody may work one more day, at the price of the hours."""
    inputs = plight.inputs
    assert inputs.people is not None
    longer = {name: _with_overtime(contract) for name, contract in inputs.people.contracts.items()}
    changed = replace(inputs, people=replace(inputs.people, contracts=longer))
    solved = plight.solved(changed)
    hours = max(0.0, solved.paid_hours - plight.roster.paid_hours)
    return Attempt(
        way=f"{hours:.0f} h overtime",
        hours=hours,
        people=0,
        roster=solved,
        evaluation=plight.judge(solved, changed),
    )


def more_people(plight: Plight, count: int) -> Attempt:
    """So many more people of the commonest contract, able to serve every live queue."""
    assert plight.inputs.people is not None
    skills = tuple(name for name, queue in plight.need.queues.items() if queue.live)
    changed = replace(plight.inputs, people=hire(plight.inputs.people, count, skills))
    solved = plight.solved(changed)
    return Attempt(
        way=f"{count} more {'people' if count > 1 else 'person'}",
        hours=solved.paid_hours - plight.roster.paid_hours,
        people=count,
        roster=solved,
        evaluation=plight.judge(solved, changed),
    )


def hire(people: People, count: int, skills: tuple[str, ...]) -> People:
    """The same people and `count` new ones, named extra-1, extra-2, ..."""
    contract = people.agents["contract"].mode().iloc[0]
    fresh = pd.DataFrame(
        {"agent": [f"extra-{k + 1}" for k in range(count)], "contract": contract, "skills": "|".join(skills)}
    )
    return replace(people, agents=pd.concat([people.agents, fresh], ignore_index=True))


def verdict(promise: pd.DataFrame, queue: str, scope: str) -> bool:
    """Whether a queue keeps its promise in every instance of its scope."""
    rows = promise[(promise["queue"] == queue) & (promise["scope"] == scope)]
    return bool(rows["kept"].all())


def all_kept(evaluation: Evaluation, need: Need) -> bool:
    """Whether every queue keeps its promise."""
    return all(
        verdict(evaluation.promise, queue.name, queue.target.scope if queue.target else "week")
        for queue in need.queues.values()
    )


def promises_kept(evaluation: Evaluation, need: Need) -> tuple[int, int]:
    """Instances of the queues' promises (a queue's days, or its week) that are kept, and how many there are."""
    kept = total = 0
    for queue in need.queues.values():
        scope = queue.target.scope if queue.target is not None else "week"
        rows = evaluation.promise[(evaluation.promise["queue"] == queue.name) & (evaluation.promise["scope"] == scope)]
        kept, total = kept + int(rows["kept"].astype(bool).sum()), total + len(rows)
    return kept, total


def chance(evaluation: Evaluation, need: Need) -> float:
    """The lowest chance over the live queues that an instance of the queue's scope keeps its promise."""
    found = [1.0]
    for queue in need.queues.values():
        if queue.target is not None:
            rows = evaluation.promise
            rows = rows[(rows["queue"] == queue.name) & (rows["scope"] == queue.target.scope)]
            found.append(float(rows["probability"].min()))
    return min(found)


def _with_overtime(contract: Contract) -> Contract:
    hours, days = contract.hours_per_week, contract.days_per_week
    return replace(
        contract,
        hours_per_week=None if hours is None else (hours[0], min(168.0, hours[1] + OVERTIME_HOURS)),
        days_per_week=None if days is None else (days[0], min(6, days[1] + OVERTIME_DAYS)),
    )


def _hires(plight: Plight) -> int:
    """People whose hours on contacts would close the gap between need and have."""
    assert plight.inputs.people is not None
    table = plight.need.requirement
    rostered = plight.roster.coverage[["queue", "start", "rostered"]]
    both = table.merge(rostered, on=["queue", "start"], suffixes=("", "_now"))
    width = (both["end"] - both["start"]).dt.total_seconds() / 3600
    missing = float(((both["rostered"] - both["rostered_now"]).clip(lower=0) * width).sum())
    work = plight.roster.table[plight.roster.table["activity"] == "work"]
    count = len(plight.inputs.people.agents)
    each = float((work["end"] - work["start"]).dt.total_seconds().sum() / 3600) / max(count, 1)
    return min(math.ceil(MOST_HIRES * count), max(1, math.ceil(missing / max(each, 1.0))))


def _row(attempt: Attempt, plight: Plight) -> tuple[str, float, int, float, float, float, int, int, bool, int]:
    need, costs = plight.need, plight.inputs.week.spec.costs
    extra = 0.0 if attempt.people else attempt.hours
    weeks = attempt.evaluation.promise
    live = [name for name, queue in need.queues.items() if queue.live]
    weeks = weeks[(weeks["scope"] == "week") & weeks["queue"].isin(live)]
    soft = attempt.roster.violations
    return (
        attempt.way,
        attempt.hours,
        attempt.people,
        labour_cost(attempt.roster.table, costs, overtime_hours=extra) - labour_cost(plight.roster.table, costs),
        float(weeks["service_level"].min()),
        chance(attempt.evaluation, need),
        *promises_kept(attempt.evaluation, need),
        all_kept(attempt.evaluation, need),
        int(soft["hard"].sum()) if "hard" in soft else 0,
    )
