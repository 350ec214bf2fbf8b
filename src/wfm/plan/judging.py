"""How a schedule or a roster is judged: on the plan's own futures, as often as one is tried."""

from __future__ import annotations

from wfm.evaluation import Evaluation, evaluate
from wfm.plan.capacity import capacity_of, counts_as
from wfm.plan.correct import with_carried, wrapped
from wfm.plan.demand import Outlook
from wfm.plan.inputs import Inputs
from wfm.plan.need import Need
from wfm.plan.people_step import follows_itself
from wfm.schedule import Roster, Schedule


def judged(
    plan: Schedule | Roster, inputs: Inputs, outlook: Outlook, need: Need, before: Evaluation | None = None
) -> Evaluation:
    """The service that a schedule or roster gives on the plan's own futures; `before` is that of another."""
    week = inputs.week
    known = set(outlook.paths["queue"])
    if isinstance(plan, Roster):
        previous = None if inputs.people is None else inputs.people.previous
        table = with_carried(plan.table, previous, week.start)
        table = wrapped(table, week.start, week.end) if follows_itself(inputs) else table
    else:
        table = wrapped(plan.table, week.start, week.end) if follows_itself(inputs) else plan.table
    return evaluate(
        table,
        outlook.paths,
        queues={name: queue for name, queue in need.queues.items() if name in known},
        requirement=need.requirement,
        counts_as=counts_as(inputs),
        capacity=capacity_of(inputs, need),
        seed=week.spec.plan.seed,
        before=before,
    )
