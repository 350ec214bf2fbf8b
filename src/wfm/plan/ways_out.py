"""Ways out of a broken promise: overtime and more people, each re-solved and re-checked."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from wfm.errors import WfmWarning
from wfm.evaluation import Evaluation
from wfm.plan.aim import aim
from wfm.plan.correct import corrected
from wfm.plan.costs import labour_cost
from wfm.plan.demand import Outlook
from wfm.plan.inputs import Inputs
from wfm.plan.need import Need
from wfm.plan.people_step import ROSTER_UNDER, follows_itself, opening, roster_for
from wfm.queues import Queue
from wfm.schedule import Contract, People, Roster, design_shifts

OVERTIME_DAYS = 1
OVERTIME_HOURS = 9.0
ROUNDS = 1  # corrections of a way out
MOST_HIRES = 0.25  # of the people there are
HIRING_SHARE = 0.2  # of the time limit, for the shifts by which the people to hire are counted
LITTLE = 0.5  # agents: what is missing less than this in an interval hires nobody
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

    def rostered(self, inputs: Inputs, start: Roster | None = None) -> Roster:
        """Changed people for what the plan itself aims at, the promises with their confidence.

        Started from the roster that there is, or from another.
        """
        assert inputs.people is not None
        aimed = aim(inputs, self.outlook, self.need)
        begun = (start or self.roster).table
        return roster_for(aimed, inputs.people, inputs, time_limit=self.time_limit, start_from=begun)

    def finished(self, inputs: Inputs, first: Roster, service: Evaluation | None = None) -> tuple[Roster, Evaluation]:
        """The roster and its service; where a promise is missed though nobody is short, a little more is asked for."""
        people = inputs.people
        assert people is not None

        def again(more: pd.DataFrame, now: Roster) -> Roster:
            return roster_for(more, people, inputs, time_limit=self.time_limit / 2, start_from=now.table)

        def judge(made: Roster, _: Evaluation | None) -> Evaluation:
            return self.judge(made, inputs)

        aimed = aim(inputs, self.outlook, self.need)
        return corrected(aimed, first, again, judge, self.need, service, rounds=ROUNDS)


def ways_out(plight: Plight, evaluation: Evaluation) -> pd.DataFrame:
    """What would mend the plan: way, extra paid hours, extra people, expected service and chance afterwards."""
    if plight.inputs.people is None or all_kept(evaluation, plight.need.queues):
        return pd.DataFrame(columns=COLUMNS)
    longer = overtime(plight)
    found = [longer] if longer.hours >= 1 else []
    most = max(1, math.ceil(MOST_HIRES * len(plight.inputs.people.agents)))
    found.append(more_people(plight, min(most, max(1, hires(plight.roster, plight.need, plight.inputs)))))
    return pd.DataFrame([_row(attempt, plight) for attempt in found], columns=COLUMNS).sort_values(
        "cost", kind="stable", ignore_index=True
    )


def overtime(plight: Plight) -> Attempt:
    """Everybody may work one more day, at the price of the hours."""
    inputs = plight.inputs
    assert inputs.people is not None
    longer = {name: _with_overtime(contract) for name, contract in inputs.people.contracts.items()}
    changed = replace(inputs, people=replace(inputs.people, contracts=longer))
    solved, service = plight.finished(changed, plight.rostered(changed))
    hours = max(0.0, solved.paid_hours - plight.roster.paid_hours)
    return Attempt(
        way=f"{hours:.0f} h overtime",
        hours=hours,
        people=0,
        roster=solved,
        evaluation=service,
    )


def more_people(plight: Plight, count: int) -> Attempt:
    """So many more people of the commonest contract, able to serve every live queue; a few more if that is not enough.

    They are asked for the whole promise with its confidence, as the plan itself is.
    """
    assert plight.inputs.people is not None
    skills = tuple(name for name, queue in plight.need.queues.items() if queue.live)
    most = max(1, math.ceil(MOST_HIRES * len(plight.inputs.people.agents)))
    changed = replace(plight.inputs, people=hire(plight.inputs.people, count, skills))
    first = plight.rostered(changed)
    service = plight.judge(first, changed)
    more = min(most, count + hires(first, plight.need, changed))
    if more > count and not all_kept(service, plight.need.queues):
        count = more
        changed = replace(plight.inputs, people=hire(plight.inputs.people, count, skills))
        first = plight.rostered(changed, first)
        service = plight.judge(first, changed)
    solved, service = plight.finished(changed, first, service)
    return Attempt(
        way=f"{count} more {'people' if count > 1 else 'person'}",
        hours=solved.paid_hours - plight.roster.paid_hours,
        people=count,
        roster=solved,
        evaluation=service,
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


def all_kept(evaluation: Evaluation, queues: Mapping[str, Queue]) -> bool:
    """Whether every queue keeps its promise."""
    return all(
        verdict(evaluation.promise, queue.name, queue.target.scope if queue.target else "week")
        for queue in queues.values()
    )


def promises_kept(evaluation: Evaluation, queues: Mapping[str, Queue]) -> tuple[int, int]:
    """Instances of the queues' promises (a queue's days, or its week) that are kept, and how many there are."""
    kept = total = 0
    for queue in queues.values():
        scope = queue.target.scope if queue.target is not None else "week"
        rows = evaluation.promise[(evaluation.promise["queue"] == queue.name) & (evaluation.promise["scope"] == scope)]
        kept, total = kept + int(rows["kept"].astype(bool).sum()), total + len(rows)
    return kept, total


def chance(evaluation: Evaluation, queues: Mapping[str, Queue]) -> float:
    """The lowest chance over the live queues that an instance of the queue's scope keeps its promise."""
    found = [1.0]
    for queue in queues.values():
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


def hires(roster: Roster, need: Need, inputs: Inputs) -> int:
    """People of the commonest contract whose weeks hold the shifts that a design of what is missing asks for."""
    assert inputs.people is not None
    lacking = _lacking(roster, need)
    contract = inputs.people.contracts[inputs.people.agents["contract"].mode().iloc[0]]
    kinds = [kind for kind in inputs.week.shift_types if not contract.shifts or kind.name in contract.shifts]
    if not kinds or not (lacking["agents"] > 0).any():
        return 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WfmWarning)  # hours that none of these shifts reaches stay as they are
        made = design_shifts(
            lacking,
            kinds,
            under_cost=ROSTER_UNDER,
            cyclic=follows_itself(inputs),
            time_limit=HIRING_SHARE * inputs.week.spec.plan.time_limit,
            seed=inputs.week.spec.plan.seed,
            hours=opening(inputs.week),
        )
    lines = made.table.drop_duplicates("shift")
    by_day = lines.groupby(lines["start"].dt.normalize())["people"].sum()
    days = (contract.days_per_week[1] if contract.days_per_week is not None else 5) * inputs.week.days / 7
    return max(math.ceil(float(by_day.sum()) / days), int(by_day.max())) if len(by_day) else 0


def _lacking(roster: Roster, need: Need) -> pd.DataFrame:
    """What a roster leaves uncovered of the requirement."""
    now = roster.coverage[["queue", "start", "rostered"]].rename(columns={"rostered": "now"})
    both = need.requirement[["queue", "start", "end", "rostered"]].merge(now, on=["queue", "start"])
    agents = (both["rostered"] - both["now"]).clip(lower=0).where(lambda gap: gap >= LITTLE, 0.0)
    return both[["queue", "start", "end"]].assign(agents=agents)


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
        chance(attempt.evaluation, need.queues),
        *promises_kept(attempt.evaluation, need.queues),
        all_kept(attempt.evaluation, need.queues),
        int(soft["hard"].sum()) if "hard" in soft else 0,
    )
